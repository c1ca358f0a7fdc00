"""Access control in ZooKeeper as Kafka's AclAuthorizer keeps it: paths, bytes, change notices.

Paths are relative to the chroot. `encode_*` gives what Kafka 3.9.1 writes, key order included; `decode_*` accepts
and refuses what Kafka does, down to an undecodable text that reads as "no rules".

Source: kafka.zk.ZkData, AclEntry.java, SecurityUtils.java, 3.9.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, NoReturn

import attrs

from acl.model import (
    PATTERN_TYPES,
    RESOURCE_TYPES,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
    ResourceType,
    in_order,
    label,
    split_principal,
)

LITERAL_ROOT: Final = "/kafka-acl"
PREFIXED_ROOT: Final = "/kafka-acl-extended/prefixed"
LITERAL_CHANGES: Final = "/kafka-acl-changes"
EXTENDED_CHANGES: Final = "/kafka-acl-extended-changes"
CHANGE_PREFIX: Final = "acl_changes_"

ROOTS: Final = {PatternType.LITERAL: LITERAL_ROOT, PatternType.PREFIXED: PREFIXED_ROOT}
CHANGES: Final = {PatternType.LITERAL: LITERAL_CHANGES, PatternType.PREFIXED: EXTENDED_CHANGES}

NODE_LIMIT_BYTES: Final = 0xFFFFF - 4096
"""What one pattern's node may hold: ZooKeeper's default jute.maxbuffer, less room for the request around it."""

RETRIES: Final = 10
RETRY_BACKOFF_MS: Final = range(100, 150)
"""After a version conflict: how often, and how long to wait before each. Source: AclAuthorizer.scala."""


class Undecodable(ValueError):
    """A znode or change notice that Kafka would not read either. The message says what is wrong."""


class Unstorable(ValueError):
    """Rules that cannot be kept in a znode. The message is a sentence."""


# ---------------------------------------------------------------------------------------------- paths


def type_path(pattern_type: PatternType, resource_type: ResourceType) -> str:
    return f"{ROOTS[pattern_type]}/{label(resource_type)}"


def path(pattern: Pattern) -> str:
    """The node of a pattern.

    Raises: Unstorable if ZooKeeper has no node for such a name.
    """
    name = pattern.name
    if "/" in name:
        raise Unstorable(f"The name {name!r} holds a slash, which no resource with rules may.")
    if name in ("", ".", "..") or any(_is_refused(char) for char in name):
        raise Unstorable(f"ZooKeeper takes no node named {name!r}.")
    return f"{type_path(pattern.pattern_type, pattern.resource_type)}/{name}"


def _is_refused(char: str) -> bool:
    """Characters no znode's name may hold. Source: PathUtils.java."""
    return char <= "\x1f" or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\uf8ff" or char >= "\ufff0"


PATHS: Final = (
    *(
        path
        for how in PATTERN_TYPES
        for path in (ROOTS[how], *(type_path(how, kind) for kind in RESOURCE_TYPES))
    ),
    *CHANGES.values(),
)
"""What a starting broker creates (parents too), and whoever writes rules before the first broker starts."""


# ---------------------------------------------------------------------------------------------- rules


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """A pattern's node. Entries are sorted: their order means nothing. The keys' order is Java's HashMap's."""
    acls = [
        {
            "principal": entry.principal,
            "permissionType": label(entry.permission),
            "host": entry.host,
            "operation": label(entry.operation),
        }
        for entry in in_order(entries)
    ]
    return _encode({"acls": acls, "version": 1})


def decode_entries(data: bytes | None) -> frozenset[Entry]:
    """The entries of a pattern's node; no data, or what is no JSON, holds none, as Kafka reads it.

    An operation or permission that is not known reads as UNKNOWN and never matches.
    Raises: Undecodable where Kafka fails.
    """
    if not data:
        return frozenset()
    try:
        node = _parse(data)
    except _NotJson:
        return frozenset()
    node = _object(node, "the node")
    if _integer(node, "version") != 1:
        raise Undecodable(f"the version is {node['version']}, and only 1 is known")
    return frozenset(_entry(_object(item, "a rule")) for item in _elements(node.get("acls"), "acls" in node))


def _entry(item: dict[str, object]) -> Entry:
    principal = _string(item, "principal")
    try:
        split_principal(principal)
    except ValueError as error:
        raise Undecodable(str(error)) from None
    permission = _PERMISSIONS.get(text := _string(item, "permissionType")) or _PERMISSIONS.get(text.upper())
    operation = _OPERATIONS.get(text := _string(item, "operation")) or _OPERATIONS.get(text.upper())
    host = _string(item, "host")
    if operation == Operation.ANY or permission == Permission.ANY:
        raise Undecodable(f"a rule has the {'operation' if operation == Operation.ANY else 'permission'} Any")
    return Entry(principal, permission or Permission.UNKNOWN, operation or Operation.UNKNOWN, host)


# ---------------------------------------------------------------------------------------------- changes


def encode_change(pattern: Pattern) -> bytes:
    """What the change notice of a pattern holds; it says where to look, not what is there."""
    if pattern.pattern_type == PatternType.LITERAL:
        return f"{pattern.resource_type.name}:{pattern.name}".encode()
    return _encode(
        {
            "version": 1,
            "resourceType": pattern.resource_type.name,
            "name": pattern.name,
            "patternType": pattern.pattern_type.name,
        }
    )


def change_path(pattern: Pattern) -> str:
    """What a sequential change notice is created as."""
    return f"{CHANGES[pattern.pattern_type]}/{CHANGE_PREFIX}"


def change_number(name: str) -> int | None:
    """The sequence number of a change notice; None for a node of another name."""
    digits = name.removeprefix(CHANGE_PREFIX)
    return int(digits) if digits != name and digits.isascii() and digits.isdecimal() else None


def decode_literal_change(data: bytes) -> Pattern:
    """The pattern a notice under LITERAL_CHANGES is about.

    Raises: Undecodable where Kafka fails.
    """
    text = data.decode(errors="replace")
    kind, colon, name = text.partition(":")
    if not colon:
        raise Undecodable(f"expected a string in format ResourceType:ResourceName but got {text}")
    return _changed(kind, name, PatternType.LITERAL)


def decode_extended_change(data: bytes) -> Pattern:
    """The pattern a notice under EXTENDED_CHANGES is about.

    Raises: Undecodable where Kafka fails, or where the pattern has no node.
    """
    try:
        event = _object(_parse(data), "the notice")
    except _NotJson as error:
        raise Undecodable(str(error)) from None
    strangers = event.keys() - {"version", "resourceType", "name", "patternType"}
    if strangers:
        raise Undecodable(f"the notice has a key {min(strangers)!r}")
    if (version := _integer({"version": 0} | event, "version")) > 1:
        raise Undecodable(f"the notice has version {version}, and only 1 is known")
    how = _string(event, "patternType")
    if how not in PatternType.__members__ or PatternType[how] not in PATTERN_TYPES:
        raise Undecodable(f"there are no rules on patterns of type {how!r}")
    return _changed(_string(event, "resourceType"), _string(event, "name"), PatternType[how])


def _changed(kind: str, name: str, how: PatternType) -> Pattern:
    resource_type = ResourceType.__members__.get(kind.upper(), ResourceType.UNKNOWN)
    if resource_type == ResourceType.ANY:
        raise Undecodable("resourceType must not be ANY")
    return Pattern(resource_type, how, name)


# ---------------------------------------------------------------------------------------------- writes


@attrs.frozen
class NodeWrite:
    """One compare-and-set of a pattern's node. Exactly one of create, set and delete."""

    path: str
    data: bytes | None  # None: delete
    version: int | None  # what the node must have; None: create it


def write_of(pattern: Pattern, entries: frozenset[Entry], version: int | None) -> NodeWrite | None:
    """How to make the pattern's node, now at `version` (None: absent), hold exactly these entries.

    None if it is absent and is to stay so.
    Raises: Unstorable.
    """
    where = path(pattern)
    if not entries:
        return None if version is None else NodeWrite(where, None, version)
    data = encode_entries(entries)
    if len(data) + 2 * len(where.encode()) > NODE_LIMIT_BYTES:  # its notice holds the name again
        raise Unstorable(
            f"The {len(entries)} rules of {label(pattern.resource_type)} {pattern.name!r} would take {len(data)} "
            f"bytes, and ZooKeeper takes at most {NODE_LIMIT_BYTES} in one node: give rules to fewer principals "
            "here, for example by a prefix of several topics or by User:*."
        )
    return NodeWrite(where, data, version)


# ---------------------------------------------------------------------------------------------- JSON


class _NotJson(ValueError):
    """Where Jackson finds no JSON at all."""


def _encode(value: dict[str, object]) -> bytes:
    """Compact JSON in UTF-8, as Jackson writes it: control characters with capital digits."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\\u00" in text:
        text = _ESCAPE.sub(lambda found: found[0] if found[1] is None else f"\\u00{found[1].upper()}", text)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unstorable(f"A name holds half a character: {text!r}.") from None


_ESCAPE: Final = re.compile(r"\\\\|\\u00([0-9a-f]{2})")


def _parse(data: bytes) -> object:
    """The first JSON value; what follows it is not looked at, as Jackson does."""
    try:
        text = data.decode(json.detect_encoding(data)).lstrip("\ufeff \t\r\n")
        if not text:
            raise Undecodable("the node is blank")
        value, end = _DECODER.raw_decode(text)
        if _runs_on(value, text[end : end + 1]):
            raise ValueError(f"{text[: end + 1]} is no value")
    except Undecodable:
        raise
    except (ValueError, RecursionError) as error:
        raise _NotJson(f"not JSON: {error}") from None
    return value


def _runs_on(value: object, following: str) -> bool:
    """Whether the character after a number or a literal makes it none, for Jackson."""
    if isinstance(value, bool) or value is None:
        return following.isalnum() or following in tuple("_$")
    return isinstance(value, int | float) and following not in ("", *" \t\r\n")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Undecodable(f"{what} must be a JSON object")
    return value


def _elements(value: object, is_there: bool) -> list[object]:
    if not is_there or not isinstance(value, list):
        raise Undecodable('"acls" must be a JSON array')
    return value


def _integer(node: dict[str, object], key: str) -> int:
    value = node.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise Undecodable(f'"{key}" must be an integer')
    return value


def _string(node: dict[str, object], key: str) -> str:
    value = node.get(key)
    if not isinstance(value, str):
        raise Undecodable(f'"{key}" must be a string')
    return value


_OPERATIONS: Final = {text: word for word in Operation for text in (label(word), label(word).upper())}
_PERMISSIONS: Final = {text: word for word in Permission for text in (label(word), label(word).upper())}
