"""[pure] The rules of a cluster as a declaration: what a YAML file says, as plain data, and back.

owns:                                   # what this file alone decides; elsewhere it only adds
  resources: [topic:billing-*, group:billing-*]
  principals: [User:billing-*]
roles:                                  # beside the built-in producer and consumer
  auditor: {topic: [Read, DescribeConfigs], group: [Read]}
acls:
  - principal: User:billing-app         # or principals: [...]
    role: consumer                      # or roles: [...], or operations: [...]
    resources: [topic:orders, group:billing-app]
  - principal: User:*
    permission: Deny                    # else Allow
    operations: [Delete]
    resources: [topic:billing-*]
    hosts: [10.0.0.7]                   # else every host
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import attrs

from acl.model import (
    CLUSTER,
    SUPPORTED_OPERATIONS,
    WILDCARD,
    Binding,
    Entry,
    Operation,
    Pattern,
    Permission,
    ResourceType,
    label,
)
from acl.text import (
    BadWord,
    kind_text,
    parse_operation,
    parse_pattern,
    parse_permission,
    parse_principal,
    parse_resource_type,
    pattern_text,
)

_Word = TypeVar("_Word")
Role = Mapping[ResourceType, tuple[Operation, ...]]

PRODUCER: Final[Role] = {
    ResourceType.TOPIC: (Operation.WRITE, Operation.DESCRIBE, Operation.CREATE),
    ResourceType.TRANSACTIONAL_ID: (Operation.WRITE, Operation.DESCRIBE),
    ResourceType.CLUSTER: (Operation.IDEMPOTENT_WRITE,),
}
"""What Kafka's tool gives for --producer. Source: AclCommand.scala."""

CONSUMER: Final[Role] = {
    ResourceType.TOPIC: (Operation.READ, Operation.DESCRIBE),
    ResourceType.GROUP: (Operation.READ,),
}
"""What Kafka's tool gives for --consumer. Source: AclCommand.scala."""

BUILT_IN_ROLES: Final = {"producer": PRODUCER, "consumer": CONSUMER}


class BadDocument(ValueError):
    """A declaration that cannot be understood. The message is a sentence that begins with the place."""


@attrs.frozen
class Owned:
    """The part of a cluster that a declaration alone decides: what stands there undeclared is to go."""

    resources: tuple[Pattern, ...] = ()
    principals: tuple[str, ...] = ()  # a * at the end stands for any ending
    everything: bool = False

    def __contains__(self, rule: Binding) -> bool:
        if self.everything:
            return True
        principal = rule.entry.principal
        return any(owned.covers_pattern(rule.pattern) for owned in self.resources) or any(
            principal == owned or (owned.endswith(WILDCARD) and principal.startswith(owned[:-1]))
            for owned in self.principals
        )

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.resources or self.principals)


NOTHING: Final = Owned()


@attrs.frozen
class Document:
    """What a declaration wants to be there, and where it wants nothing else."""

    rules: frozenset[Binding]
    owned: Owned = NOTHING
    doubts: tuple[str, ...] = ()  # sentences on rules that can never matter


# ---------------------------------------------------------------------------------------------- reading


def read_document(content: object) -> Document:
    """Raises: BadDocument."""
    top = _mapping(content, "the file", ("version", "owns", "roles", "acls"))
    if top.get("version", 1) != 1:
        raise BadDocument(f"version: {top['version']!r} is not known, only 1 is.")
    roles = {**BUILT_IN_ROLES, **_read_roles(top.get("roles"))}
    rules: set[Binding] = set()
    doubts: list[str] = []
    for number, item in enumerate(_sequence(top.get("acls"), "acls")):
        found = set(_read_item(item, f"acls[{number}]", roles))
        doubts += sorted({f"acls[{number}]: {doubt}" for rule in found if (doubt := _doubts(rule))})
        rules |= found
    return Document(frozenset(rules), _read_owned(top.get("owns")), tuple(doubts))


def _read_owned(content: object) -> Owned:
    if content is None:
        return NOTHING
    if content == "everything":
        return Owned(everything=True)
    owned = _mapping(content, "owns", ("resources", "principals"))
    patterns = tuple(
        _parsed(parse_pattern, text, "owns.resources") for text in _texts(owned, "resources", "owns")
    )
    principals = tuple(
        _parsed(parse_principal, text, "owns.principals") for text in _texts(owned, "principals", "owns")
    )
    return Owned(patterns, principals)


def _read_roles(content: object) -> dict[str, Role]:
    if content is None:
        return {}
    roles: dict[str, Role] = {}
    for name, parts in _mapping(content, "roles", None).items():
        place = f"roles.{name}"
        role = _mapping(parts, place, None)
        roles[name] = {
            _parsed(parse_resource_type, kind, place): tuple(
                _parsed(parse_operation, text, f"{place}.{kind}") for text in _texts(role, kind, place)
            )
            for kind in role
        }
    return roles


_ITEM_KEYS: Final = (
    "principal",
    "principals",
    "role",
    "roles",
    "operation",
    "operations",
    "resource",
    "resources",
    "permission",
    "host",
    "hosts",
)


def _read_item(content: object, place: str, roles: Mapping[str, Role]) -> Iterator[Binding]:
    item = _mapping(content, place, _ITEM_KEYS)
    principals = [_parsed(parse_principal, text, place) for text in _both(item, "principal", place)]
    patterns = [_parsed(parse_pattern, text, place) for text in _both(item, "resource", place)]
    named_roles = _both(item, "role", place)
    operations = [_parsed(parse_operation, text, place) for text in _both(item, "operation", place)]
    hosts = _both(item, "host", place) or [WILDCARD]
    permission = _parsed(parse_permission, item.get("permission", "Allow"), f"{place}.permission")
    if not principals:
        raise BadDocument(f"{place}: it names no principal.")
    if not patterns:
        raise BadDocument(f"{place}: it names no resource.")
    if not named_roles and not operations:
        raise BadDocument(f"{place}: it names neither operations nor a role.")
    for pattern in patterns:
        wanted = [*operations, *_operations_of(named_roles, pattern, place, roles)]
        for operation in wanted:
            for principal in principals:
                for host in hosts:
                    yield Binding(pattern, Entry(principal, permission, operation, host))


def _operations_of(
    names: Iterable[str], pattern: Pattern, place: str, roles: Mapping[str, Role]
) -> Iterator[Operation]:
    for name in names:
        role = roles.get(name)
        if role is None:
            raise BadDocument(f"{place}: there is no role {name!r}; there are {', '.join(sorted(roles))}.")
        if pattern.resource_type not in role:
            kinds = ", ".join(map(kind_text, role))
            raise BadDocument(
                f"{place}: the role {name!r} says nothing about a {kind_text(pattern.resource_type)}, "
                f"only about {kinds}."
            )
        yield from role[pattern.resource_type]


def _doubts(rule: Binding) -> str | None:
    """What makes a rule meaningless. It is no error: brokers keep such rules, and they must be adoptable."""
    operation, pattern = rule.entry.operation, rule.pattern
    supported = SUPPORTED_OPERATIONS[pattern.resource_type]
    if operation not in (Operation.ALL, *supported):
        known = ", ".join(map(label, supported))
        return f"{label(operation)} means nothing on a {kind_text(pattern.resource_type)}, only {known} and All do."
    if pattern.resource_type == ResourceType.CLUSTER and not pattern.covers(CLUSTER):
        return f"{pattern_text(pattern)!r} is no resource: the only one is written 'cluster'."
    return None


def _both(item: Mapping[str, object], key: str, place: str) -> list[str]:
    """One under the key, several under its plural."""
    if key in item and f"{key}s" in item:
        raise BadDocument(f"{place}: write {key} or {key}s, not both.")
    return _texts(item, key if key in item else f"{key}s", place)


def _texts(item: Mapping[str, object], key: str, place: str) -> list[str]:
    value = item.get(key)
    if value is None:
        return []
    texts: list[str] = []
    for text in value if isinstance(value, list) else [value]:
        if not isinstance(text, str):
            raise BadDocument(f"{place}.{key}: must be text or a list of texts, is {value!r}.")
        texts.append(text)
    return texts


def _parsed(parse: Callable[[str], _Word], text: object, place: str) -> _Word:
    if not isinstance(text, str):
        raise BadDocument(f"{place}: {text!r} must be text.")
    try:
        return parse(text)
    except BadWord as error:
        raise BadDocument(f"{place}: {error}") from None


def _mapping(content: object, place: str, keys: Sequence[str] | None) -> Mapping[str, object]:
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise BadDocument(f"{place}: must be a mapping, is {content!r}.")
    strangers = [key for key in content if keys is not None and key not in keys]
    if strangers:
        raise BadDocument(f"{place}: {strangers[0]!r} is not one of {', '.join(keys or ())}.")
    return content


def _sequence(content: object, place: str) -> Sequence[object]:
    if content is None:
        return ()
    if not isinstance(content, list):
        raise BadDocument(f"{place}: must be a list, is {content!r}.")
    return content


# ---------------------------------------------------------------------------------------------- writing


def write_document(rules: Iterable[Binding]) -> dict[str, object]:
    """The declaration of these rules as plain data, each thing said once where it can be."""
    by_host: dict[tuple[Permission, str, Pattern, str], set[Operation]] = {}
    for rule in rules:
        entry = rule.entry
        by_host.setdefault((entry.permission, entry.principal, rule.pattern, entry.host), set()).add(
            entry.operation
        )
    by_operations: dict[tuple[Permission, str, Pattern, tuple[Operation, ...]], list[str]] = {}
    for (permission, principal, pattern, host), operations in sorted(by_host.items(), key=lambda it: it[0]):
        key = (permission, principal, pattern, tuple(sorted(operations)))
        by_operations.setdefault(key, []).append(host)
    by_resources: dict[tuple[Permission, str, tuple[Operation, ...], tuple[str, ...]], list[Pattern]] = {}
    for (permission, principal, pattern, together), hosts in by_operations.items():
        by_resources.setdefault((permission, principal, together, tuple(hosts)), []).append(pattern)
    by_principals: dict[
        tuple[Permission, tuple[Operation, ...], tuple[str, ...], tuple[Pattern, ...]], list[str]
    ] = {}
    for (permission, principal, together, at), patterns in by_resources.items():
        by_principals.setdefault((permission, together, at, tuple(patterns)), []).append(principal)
    items = [
        _item(principals, permission, operations, hosts, patterns)
        for (permission, operations, hosts, patterns), principals in by_principals.items()
    ]
    return {"version": 1, "acls": sorted(items, key=_by_principal)}


def _by_principal(item: Mapping[str, object]) -> str:
    named = item.get("principals", [item.get("principal")])
    return str(named[0]) if isinstance(named, list) else ""


def _item(
    principals: Sequence[str],
    permission: Permission,
    operations: Sequence[Operation],
    hosts: Sequence[str],
    patterns: Sequence[Pattern],
) -> dict[str, object]:
    item = _one_or_more("principal", principals)
    if permission != Permission.ALLOW:
        item["permission"] = label(permission)
    item |= {"operations": [label(operation) for operation in operations]}
    item |= _one_or_more("resource", [pattern_text(pattern) for pattern in patterns])
    return item if list(hosts) == [WILDCARD] else item | {"hosts": list(hosts)}


def _one_or_more(key: str, values: Sequence[str]) -> dict[str, object]:
    return {key: values[0]} if len(values) == 1 else {f"{key}s": list(values)}
