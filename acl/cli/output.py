"""Answers as a table for people, or as JSON, YAML or CSV for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from acl.files import dump_json, dump_yaml, to_csv
from acl.model import WILDCARD, Binding, label
from acl.text import FIELDS, pattern_text, to_fields

FORMS: Final = ("table", "json", "yaml", "csv")

Row = Mapping[str, object]


def write(text: str) -> None:
    """To standard output, at once: the reader may be waiting."""
    sys.stdout.write(text)
    sys.stdout.flush()


def note(text: str) -> None:
    """A remark for people, beside the answer."""
    sys.stderr.write(f"acl: {text}\n")


def emit(
    form: str, content: object, *, lines: Iterable[str], rows: Sequence[Row], columns: Sequence[str]
) -> None:
    """One answer in the wanted form: `content` as JSON and YAML, `lines` for people, `rows` as CSV."""
    if form == "json":
        write(dump_json(content))
    elif form == "yaml":
        write(dump_yaml(content))
    elif form == "csv":
        write(to_csv(columns, rows))
    else:
        write("".join(f"{line}\n" for line in lines))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with aligned columns under their names; none for no rows."""
    cells = [list(row) for row in rows]
    if not cells:
        return []
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in ([name.upper() for name in columns], *cells)
    ]


RULE_COLUMNS: Final = ("principal", "permission", "operation", "resource", "host")


def rule_cells(rule: Binding) -> tuple[str, ...]:
    entry = rule.entry
    resource = pattern_text(rule.pattern)
    return entry.principal, label(entry.permission), label(entry.operation), resource, entry.host


def emit_rules(form: str, rules: Sequence[Binding]) -> None:
    """A list of rules."""
    fields = [to_fields(rule) for rule in rules]
    lines = table(RULE_COLUMNS, map(rule_cells, rules))
    emit(form, fields, lines=lines, rows=fields, columns=FIELDS)


def emit_changes(
    form: str, *, added: Sequence[Binding] = (), removed: Sequence[Binding] = (), lines: Iterable[str] = ()
) -> None:
    """Rules that came and went."""
    content = {"added": [to_fields(rule) for rule in added], "removed": [to_fields(rule) for rule in removed]}
    rows = [{"change": change, **fields} for change, several in content.items() for fields in several]
    emit(form, content, lines=lines, rows=rows, columns=("change", *FIELDS))


def place_text(host: str | None) -> str:
    """`from HOST`, or nothing where every host is meant."""
    return "" if host in (None, WILDCARD) else f" from {host}"
