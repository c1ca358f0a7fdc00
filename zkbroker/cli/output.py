"""What was found, as JSON or CSV for programs, or as a table for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any


def print_rows(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Rows with the same keys: a JSON array of objects, or CSV with a line of names, lists joined by spaces."""
    if form == "json":
        import json

        json.dump(list(rows), sys.stdout, indent=2, default=str)
        sys.stdout.write("\n")
        return
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = list(dict.fromkeys(name for row in rows for name in row))
    if names:
        writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" for key, each in value.items())
    return "" if value is None else value
