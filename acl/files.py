"""Rules in files: YAML declarations, JSON, CSV in Kafka Security Manager's columns, scripts of kafka-acls calls."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from acl.document import BadDocument, Document, read_document, write_document
from acl.kafka_options import RuleOptions, added_rules, parse_words
from acl.model import Binding, Entry, Operation, Pattern
from acl.scripts import BadScript, read_script
from acl.text import BadWord, add_arguments, binding_text, command_text, from_fields, to_fields

CSV_COLUMNS: Final = {
    "KafkaPrincipal": "principal",
    "ResourceType": "resource_type",
    "PatternType": "pattern_type",
    "ResourceName": "name",
    "Operation": "operation",
    "PermissionType": "permission",
    "Host": "host",
}
"""Kafka Security Manager's columns; files of its early versions have no PatternType."""

FORMATS: Final = ("yaml", "json", "csv", "kafka-acls")


class BadFile(Exception):
    """A file that cannot be read as what it should hold. The message is a sentence."""


@attrs.frozen
class Loaded:
    """What a file of rules holds."""

    document: Document
    format: str
    notes: tuple[str, ...] = ()  # sentences on what was passed over

    @property
    def rules(self) -> frozenset[Binding]:
        return self.document.rules


# ---------------------------------------------------------------------------------------------- reading


def read_text(path: Path) -> str:
    """Raises: BadFile."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(f"{path} is no text in UTF-8.") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from None


def load_rules(path: Path, form: str | None = None) -> Loaded:
    """The rules of a file, whose format follows from its name and content if it is not given.

    Raises: BadFile.
    """
    text = read_text(path)
    form = form or _format_of(path, text)
    try:
        if form == "csv":
            return Loaded(Document(frozenset(_from_csv(text))), form)
        if form == "kafka-acls":
            script = read_script(text)
            notes = [f"{path}, line {line}: removals are not imported." for line in script.removals] + (
                [] if script.calls else [f"{path} has no call of kafka-acls."]
            )
            return Loaded(Document(frozenset(script.rules)), form, tuple(notes))
        content = load_json(text) if form == "json" else load_yaml(text)
        if isinstance(content, list):
            return Loaded(Document(frozenset(_from_list(content))), form)
        document = read_document(content)
        return Loaded(document, form, tuple(f"{path}, {doubt}" for doubt in document.doubts))
    except (BadWord, BadDocument, BadScript, BadFile) as error:
        raise BadFile(f"{path}: {error}") from None


def load_plain(path: Path) -> object:
    """What a JSON or YAML file holds. Raises: BadFile."""
    text = read_text(path)
    try:
        return load_json(text) if text.lstrip()[:1] in ("{", "[") else load_yaml(text)
    except BadFile as error:
        raise BadFile(f"{path}: {error}") from None


def _format_of(path: Path, text: str) -> str:
    by_suffix = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv", ".sh": "kafka-acls"}
    if path.suffix.lower() in by_suffix:
        return by_suffix[path.suffix.lower()]
    start = text.lstrip()
    if start[:1] in ("{", "["):
        return "json"
    if start.startswith("KafkaPrincipal"):
        return "csv"
    return "kafka-acls" if "kafka-acls" in text else "yaml"


def _from_csv(text: str) -> Iterable[Binding]:
    rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    header = [column.strip() for column in next(rows, [])]
    if (
        "KafkaPrincipal" not in header
        or not set(header) <= set(CSV_COLUMNS)
        or len(set(header)) < len(header)
    ):
        raise BadFile(f"The first line must name the columns {','.join(CSV_COLUMNS)}.")
    keys = [CSV_COLUMNS[column] for column in header]
    for row in rows:
        if not row or row[0].startswith("#"):
            continue
        if len(row) != len(keys):
            raise BadFile(
                f"Line {rows.line_num} has {len(row)} columns, and the first line names {len(keys)} "
                "(a comma inside of a column needs quotation marks around the column)."
            )
        fields = {
            key: value if key in _EXACT else value.strip() for key, value in zip(keys, row, strict=True)
        }
        try:
            yield from_fields(fields)
        except BadWord as error:
            raise BadFile(f"Line {rows.line_num}: {error}") from None


_EXACT: Final = ("principal", "name")
"""Columns in which blanks count, as they do in Kafka Security Manager."""


def _delimiter(text: str) -> str:
    """What stands behind the name of the first column, where Kafka Security Manager is told to use another one."""
    found = re.match(r"\s*\w+\s*([,;|\t])", text)
    return found[1] if found else ","


def _from_list(content: Sequence[object]) -> Iterable[Binding]:
    for number, item in enumerate(content):
        if not isinstance(item, Mapping):
            raise BadFile(f"[{number}] is no rule but {item!r}.")
        try:
            yield from_fields(item)
        except BadWord as error:
            raise BadFile(f"[{number}]: {error}") from None


def load_json(text: str) -> object:
    """Raises: BadFile."""
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"it is no JSON: {error}.") from None
    return content


def load_yaml(text: str) -> object:
    """As plain data; a key that stands twice is an error. Raises: BadFile."""
    yaml = _yaml()
    try:
        _refuse_double_keys(yaml.compose(text, Loader=yaml.SafeLoader), set())
        content: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadFile(f"it is no YAML: {' '.join(str(error).split())}.") from None
    return content


def _refuse_double_keys(node: Any, seen_nodes: set[int]) -> None:
    if node is None or id(node) in seen_nodes or isinstance(node.value, str):
        return
    seen_nodes.add(id(node))
    keys = set()
    for item in node.value:
        for part in item if isinstance(item, tuple) else (item,):
            _refuse_double_keys(part, seen_nodes)
        if isinstance(item, tuple) and isinstance(item[0].value, str):
            if item[0].value in keys:
                line = item[0].start_mark.line + 1
                raise BadFile(f"line {line}: the key {item[0].value!r} stands twice.")
            keys.add(item[0].value)


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise BadFile("YAML needs the Python package PyYAML (pip install 'zkbroker[cli]').") from None
    return yaml


# ---------------------------------------------------------------------------------------------- writing


def write_rules(rules: Iterable[Binding], form: str, *, connection: Sequence[str] = ()) -> str:
    """The text of a file that load_rules reads as these rules. `connection`: options of each kafka-acls call."""
    known = sorted(rule for rule in rules if not rule.is_unknown)
    if form == "csv":
        return to_csv(list(CSV_COLUMNS), [_csv_row(rule) for rule in known])
    if form == "json":
        return dump_json([to_fields(rule) for rule in known])
    if form == "kafka-acls":
        return _script(known, connection)
    return dump_yaml(write_document(known))


def _csv_row(rule: Binding) -> dict[str, str]:
    fields = to_fields(rule)
    return {column: fields[key] for column, key in CSV_COLUMNS.items()}


def is_for_kafka_acls(rule: Binding) -> bool:
    """Whether kafka-acls can add the rule: it refuses some that brokers take."""
    try:
        return added_rules(RuleOptions.of_words(parse_words(["--add", *add_arguments(rule)]))) == [rule]
    except ValueError:
        return False


def _script(rules: Sequence[Binding], connection: Sequence[str]) -> str:
    together: dict[tuple[Pattern, Entry], list[Operation]] = {}
    refused = [rule for rule in rules if not is_for_kafka_acls(rule)]
    for rule in sorted(set(rules) - set(refused)):
        key = rule.pattern, attrs.evolve(rule.entry, operation=Operation.ALL)
        together.setdefault(key, []).append(rule.entry.operation)
    lines = [
        command_text(
            ["kafka-acls.sh", *connection, "--add", *add_arguments(Binding(pattern, entry), operations)]
        )
        for (pattern, entry), operations in together.items()
    ]
    lines += [f"# kafka-acls does not add: {binding_text(rule)}" for rule in refused]
    return "\n".join(["#!/bin/sh", *lines]) + "\n"


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def dump_json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def dump_yaml(content: object) -> str:
    """Raises: BadFile where PyYAML is missing."""
    yaml = _yaml()
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})

    def short_list(dumper: Any, data: list[object]) -> Any:
        is_short = all(isinstance(item, str) for item in data) and sum(map(len, map(str, data))) < 80
        return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_short)

    yaml.add_representer(list, short_list, dumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
