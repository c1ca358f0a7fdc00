"""messages.spec as values. Only the generator reads it; its head explains the notation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

_NEWEST: Final = 0x7FFF

FIXED: Final = {
    "bool": ("?", 1),
    "int8": ("b", 1),
    "int16": ("h", 2),
    "int32": ("i", 4),
    "int64": ("q", 8),
    "float64": ("d", 8),
    "uuid": ("16s", 16),
}
"""Type -> struct letter and size in bytes."""

_SIMPLE: Final = frozenset({*FIXED, "string", "bytes", "records"})


@attrs.frozen
class Versions:
    """Both ends inclusive; the empty range contains nothing."""

    lowest: int
    highest: int

    def __contains__(self, version: int) -> bool:
        return self.lowest <= version <= self.highest


NEVER: Final = Versions(1, 0)


@attrs.frozen
class Field:
    name: str  # as Kafka writes it
    type: str  # a simple type, or the name of a struct
    is_array: bool
    versions: Versions
    tag: int | None
    tagged: Versions
    nullable: Versions
    default: str | None  # None where the spec gives none
    ignorable: bool

    @property
    def attribute(self) -> str:
        return snake_case(self.name)

    @property
    def is_struct(self) -> bool:
        return self.type not in _SIMPLE

    @property
    def is_ever_null(self) -> bool:
        return self.nullable != NEVER or self.default == "null"


@attrs.frozen
class Struct:
    name: str
    fields: tuple[Field, ...]


@attrs.frozen
class MessageSpec:
    name: str
    kind: str  # request, response or data
    key: int | None  # API key; None for data
    versions: Versions
    flexible: Versions
    structs: Mapping[str, Struct]  # by name; each after the structs it uses, the message itself last

    @property
    def body(self) -> Struct:
        return self.structs[self.name]

    @property
    def has_records(self) -> bool:
        return any(field.type == "records" for struct in self.structs.values() for field in struct.fields)

    def layouts(self) -> dict[tuple[object, ...], list[int]]:
        """Versions that look alike on the wire, together: signature -> its versions, ascending."""
        alike: dict[tuple[object, ...], list[int]] = {}
        for version in range(self.versions.lowest, self.versions.highest + 1):
            alike.setdefault(self._signature(self.body, version), []).append(version)
        return alike

    def _signature(self, struct: Struct, version: int) -> tuple[object, ...]:
        parts: list[object] = [version in self.flexible]
        for field in struct.fields:
            if version in field.versions:
                inner = self._signature(self.structs[field.type], version) if field.is_struct else field.type
                parts.append((field.name, inner, version in field.nullable, version in field.tagged))
        return tuple(parts)


def snake_case(name: str) -> str:
    """TransactionalId -> transactional_id, isKRaftController -> is_kraft_controller."""
    name = name.replace("KRaft", "Kraft")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def parse(text: str) -> list[MessageSpec]:
    """The messages in the order of the text. Raises: ValueError with the line that is wrong."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if _has_content(line)]
    messages, start = [], 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or not lines[end][1].startswith(" "):
            messages.append(_parse_message(lines[start:end]))
            start = end
    return messages


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _parse_message(lines: list[tuple[int, str]]) -> MessageSpec:
    name, kind, *attributes = lines[0][1].split()
    options = dict(attribute.split("=", 1) for attribute in attributes)
    structs: dict[str, Struct] = {}
    _parse_struct(name, lines[1:], 2, structs)
    return MessageSpec(
        name=name,
        kind=kind,
        key=int(options["key"]) if "key" in options else None,
        versions=_versions(options["versions"]),
        flexible=_versions(options["flexible"]),
        structs=_in_order_of_use(structs, name),
    )


def _parse_struct(name: str, lines: list[tuple[int, str]], indent: int, structs: dict[str, Struct]) -> None:
    """Add the struct of these lines, and those nested in it."""
    fields = []
    for head, body in _blocks(lines, indent):
        words = head[1].split()
        if words[0] == "common":
            _parse_struct(words[1], body, indent + 2, structs)
            continue
        try:
            field = _parse_field(words)
        except (ValueError, IndexError, KeyError) as error:
            raise ValueError(f"line {head[0]}: {head[1].strip()!r}: {error}") from error
        fields.append(field)
        if body:
            _parse_struct(field.type, body, indent + 2, structs)
    if name in structs:
        raise ValueError(f"line {lines[0][0]}: struct {name} is there twice")
    structs[name] = Struct(name, tuple(fields))


def _blocks(
    lines: list[tuple[int, str]], indent: int
) -> Iterator[tuple[tuple[int, str], list[tuple[int, str]]]]:
    """Each line of that indent with the deeper lines below it."""
    for index, (_, line) in enumerate(lines):
        if len(line) - len(line.lstrip()) == indent:
            end = index + 1
            while end < len(lines) and len(lines[end][1]) - len(lines[end][1].lstrip()) > indent:
                end += 1
            yield lines[index], lines[index + 1 : end]


def _parse_field(words: list[str]) -> Field:
    name, kind, versions, *attributes = words
    options = dict(attribute.split("=", 1) for attribute in attributes if "=" in attribute)
    tag, tagged = options["tag"].split("@") if "tag" in options else (None, None)
    return Field(
        name=name,
        type=kind.removeprefix("[]").removeprefix("struct:"),
        is_array=kind.startswith("[]"),
        versions=_versions(versions),
        tag=None if tag is None else int(tag),
        tagged=NEVER if tagged is None else _versions(tagged),
        nullable=_versions(options["null"]) if "null" in options else NEVER,
        default=options.get("default"),
        ignorable="ignorable" in attributes,
    )


def _versions(text: str) -> Versions:
    if text == "none":
        return NEVER
    if text.endswith("+"):
        return Versions(int(text[:-1]), _NEWEST)
    lowest, _, highest = text.partition("-")
    return Versions(int(lowest), int(highest or lowest))


def _in_order_of_use(structs: dict[str, Struct], last: str) -> dict[str, Struct]:
    ordered: dict[str, Struct] = {}

    def add(name: str) -> None:
        if name not in ordered:
            for field in structs[name].fields:
                if field.is_struct:
                    add(field.type)
            ordered[name] = structs[name]

    add(last)
    return ordered
