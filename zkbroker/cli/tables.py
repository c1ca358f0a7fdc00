"""A table as Kafka's ToolsUtils prints it: padded columns, each with a tab behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zkbroker.cli.options import Parsed
from zkbroker.cli.tool import say


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], parsed: Parsed) -> None:
    """Print it, or the rows as --output says."""
    form = str(parsed.text("output"))
    if form != "text":
        from zkbroker.cli.output import print_rows

        named: list[Mapping[str, Any]] = [dict(zip(headers, row, strict=True)) for row in rows]
        print_rows(named, form)
        return
    lines = [[str(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        say("".join(f"{cell:{width}}\t" for cell, width in zip(line, widths, strict=True)))
