"""[pure] What is wrong, pointless or dangerous in a cluster's rules."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from ipaddress import ip_address
from typing import Final

import attrs

from acl.access import given_by, taken_by
from acl.model import (
    CLUSTER,
    EVERYBODY,
    IMPLIED_BY,
    WILDCARD,
    Binding,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
    Resource,
    ResourceType,
    host_of_address,
    label,
)
from acl.sets import AclSet
from acl.text import binding_text, kind_text, never_asked, pattern_text
from acl.usage import Usage


class Level(IntEnum):
    """How bad: a rule that cannot do what was meant; one that does nothing; one to think about."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


@attrs.frozen
class Finding:
    """One remark about one rule."""

    code: str
    level: Level
    rule: Binding
    message: str  # a sentence
    because: Binding | None = None  # the other rule it is about


CODES: Final = {
    "prefixed-star": "PREFIXED * covers only names that begin with an asterisk",
    "literal-star": "a literal name that ends in * covers only that very name",
    "principal-star": "of principals only User:* stands for several; any other * is a letter of a name",
    "no-such-principal": "the principal has no name",
    "bad-host": "the host is compared as text with the client's IP address and can never equal it",
    "no-such-resource": "the name is one that no such resource can have",
    "no-such-operation": "the operation means nothing on this type of resource",
    "unknown-word": "the operation or permission is not known, so that the rule never matches",
    "contradicted": "a Deny takes away all that this Allow gives",
    "shadowed": "a wider rule says the same",
    "implied": "another operation that is allowed brings this one with it",
    "detached": "no resource of that name exists",
    "over-wide": "it gives more than anybody should have without a second look",
    "unused": "it has not decided anything for a while",
}


def lint(
    acls: AclSet,
    *,
    existing: Mapping[ResourceType, frozenset[str]] | None = None,
    usage: Usage | None = None,
    unused_since_ms: int | None = None,
) -> list[Finding]:
    """All findings, the worst first.

    `existing`: names of the resources there are, for the types where that is known. `unused_since_ms`: rules that
    have not decided anything since then, as far as `usage` reaches back.
    """
    findings = [*per_rule(acls), *_shadowed(acls), *_contradicted(acls)]
    findings += _detached(acls, existing or {})
    if usage is not None:
        findings += _unused(acls, usage, usage.since_ms if unused_since_ms is None else unused_since_ms)
    return sorted(findings, key=lambda it: (-it.level, it.rule, it.code))


# ---------------------------------------------------------------------------------------------- one rule


def per_rule(acls: AclSet) -> Iterator[Finding]:
    """What can be said of each rule alone."""
    for rule in acls:
        for code, level, look in _LOOKS:
            message = look(rule)
            if message is not None:
                yield Finding(code, level, rule, message)


def _prefixed_star(rule: Binding) -> str | None:
    pattern = rule.pattern
    if pattern.pattern_type != PatternType.PREFIXED or pattern.name != WILDCARD:
        return None
    return (
        f"Prefixed * covers only a {kind_text(pattern.resource_type)} whose name begins with an asterisk; "
        "for all of them the pattern is literal *."
    )


def _literal_star(rule: Binding) -> str | None:
    pattern = rule.pattern
    name = pattern.name
    if pattern.pattern_type != PatternType.LITERAL or name == WILDCARD or not name.endswith(WILDCARD):
        return None
    return (
        f"The literal name {name!r} covers only a {kind_text(pattern.resource_type)} of that very name; "
        f"for all that begin with {name.removesuffix(WILDCARD)!r} the pattern is prefixed."
    )


def _principal_star(rule: Binding) -> str | None:
    if not rule.entry.principal.endswith(WILDCARD) or rule.entry.principal == EVERYBODY:
        return None
    return (
        f"{rule.entry.principal} is one principal of that very name: only {EVERYBODY} stands for others, "
        "for everybody of whatever type."
    )


def _no_such_principal(rule: Binding) -> str | None:
    if rule.entry.principal.partition(":")[2]:
        return None
    return f"{rule.entry.principal} names nobody."


def _bad_host(rule: Binding) -> str | None:
    host = rule.entry.host
    if host == WILDCARD:
        return None
    try:
        spelled = host_of_address(host)
        ip_address(host.partition("%")[0])
    except ValueError:
        return f"The host {host!r} is no IP address, and nothing else is ever compared with it: no name, no range."
    if spelled != host:
        return f"Brokers write the address {host} as {spelled}, and the texts are compared."
    return None


_TOPIC_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


def _no_such_resource(rule: Binding) -> str | None:
    kind, name = rule.pattern.resource_type, rule.pattern.name
    if kind == ResourceType.CLUSTER and not rule.pattern.covers(CLUSTER):
        return f"The only name of the cluster resource is {CLUSTER.name!r}."
    if kind != ResourceType.TOPIC or name.endswith(WILDCARD):
        return None
    if _TOPIC_NAME.fullmatch(name) and name not in (".", ".."):
        return None
    return f"No topic can have the name {name!r}: letters, digits, '.', '_' and '-', at most 249."


def _no_such_operation(rule: Binding) -> str | None:
    return never_asked(rule.entry.operation, rule.pattern.resource_type)


def _unknown_word(rule: Binding) -> str | None:
    if rule.entry.operation == Operation.UNKNOWN:
        return "The operation is not one that brokers know, so that the rule never matches."
    if rule.entry.permission == Permission.UNKNOWN:
        return "The permission is neither Allow nor Deny, so that the rule never matches."
    return None


_HARMLESS: Final = (Operation.READ, Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS)


def _over_wide(rule: Binding) -> str | None:
    pattern, entry = rule.pattern, rule.entry
    if entry.permission != Permission.ALLOW:
        return None
    kind = kind_text(pattern.resource_type)
    is_all = pattern.pattern_type == PatternType.LITERAL and pattern.name == WILDCARD
    if entry.principal == EVERYBODY and entry.operation not in _HARMLESS:
        return f"Everybody, even without a name (User:ANONYMOUS), may {label(entry.operation)} {pattern_text(pattern)}."
    if entry.principal == EVERYBODY and is_all and entry.operation == Operation.READ:
        return f"Everybody may read every {kind}."
    if entry.operation == Operation.ALL and (is_all or pattern.resource_type == ResourceType.CLUSTER):
        what = "the cluster" if pattern.resource_type == ResourceType.CLUSTER else f"every {kind}"
        return f"All operations on {what} are what a super user has: name the operations."
    if pattern.pattern_type == PatternType.PREFIXED and len(pattern.name) == 1 and pattern.name != WILDCARD:
        return f"The prefix {pattern.name!r} is one character long."
    return None


_Look = Callable[[Binding], "str | None"]
_LOOKS: Final[tuple[tuple[str, Level, _Look], ...]] = (
    ("prefixed-star", Level.ERROR, _prefixed_star),
    ("literal-star", Level.ERROR, _literal_star),
    ("principal-star", Level.ERROR, _principal_star),
    ("no-such-principal", Level.ERROR, _no_such_principal),
    ("bad-host", Level.ERROR, _bad_host),
    ("no-such-resource", Level.ERROR, _no_such_resource),
    ("no-such-operation", Level.WARNING, _no_such_operation),
    ("unknown-word", Level.WARNING, _unknown_word),
    ("over-wide", Level.WARNING, _over_wide),
)


# ---------------------------------------------------------------------------------------------- two rules


def _wider_patterns(acls: AclSet, pattern: Pattern) -> list[tuple[Pattern, frozenset[Entry]]]:
    """The patterns with rules that cover this one, itself included, with their entries."""
    found = acls.covering(Resource(pattern.resource_type, pattern.name))
    return [(wider, acls.entries(wider)) for wider in found if wider.covers_pattern(pattern)]


def _wider_entries(entry: Entry, operations: Iterable[Operation]) -> Iterator[Entry]:
    """Entries that say at least as much, the same one included."""
    for principal in dict.fromkeys((entry.principal, EVERYBODY)):
        for operation in operations:
            for host in dict.fromkeys((entry.host, WILDCARD)):
                yield Entry(principal, entry.permission, operation, host)


def _shadowed(acls: AclSet) -> Iterator[Finding]:
    for pattern in acls.patterns():
        wider = _wider_patterns(acls, pattern)
        for entry in sorted(acls.entries(pattern)):
            rule = Binding(pattern, entry)
            because = next(_shadows(rule, wider), None)
            if because is None:
                continue
            if because.entry.operation in (entry.operation, Operation.ALL):
                message = f"{binding_text(because)} says the same and more."
                yield Finding("shadowed", Level.WARNING, rule, message, because)
            else:  # as Kafka's own --producer and --consumer make them
                message = f"{binding_text(because)} implies it."
                yield Finding("implied", Level.NOTE, rule, message, because)


def _shadows(rule: Binding, wider: list[tuple[Pattern, frozenset[Entry]]]) -> Iterator[Binding]:
    entry = rule.entry
    implying = IMPLIED_BY.get(entry.operation, ()) if entry.permission == Permission.ALLOW else ()
    operations = tuple(dict.fromkeys((entry.operation, Operation.ALL, *implying)))
    for other in _wider_entries(entry, operations):
        for pattern, entries in wider:
            if other in entries and (pattern, other) != (rule.pattern, entry):
                yield Binding(pattern, other)


def _contradicted(acls: AclSet) -> Iterator[Finding]:
    if not any(rule.entry.permission == Permission.DENY for rule in acls):
        return
    for pattern in acls.patterns():
        wider = _wider_patterns(acls, pattern)
        for entry in sorted(acls.entries(pattern)):
            if entry.permission != Permission.ALLOW:
                continue
            rule = Binding(pattern, entry)
            because = next(_denials(entry, wider), None)
            if because is None:
                continue
            left = sorted(set(given_by(rule)) - set(taken_by(because)))
            message = f"{binding_text(because)} takes it away"
            if left and entry.operation != Operation.ALL:
                message += f"; only {', '.join(map(label, left))}, which it implies, is left of it"
            yield Finding("contradicted", Level.WARNING, rule, message + ".", because)


def _denials(entry: Entry, wider: list[tuple[Pattern, frozenset[Entry]]]) -> Iterator[Binding]:
    denied = Entry(entry.principal, Permission.DENY, entry.operation, entry.host)
    for other in _wider_entries(denied, dict.fromkeys((entry.operation, Operation.ALL))):
        for pattern, entries in wider:
            if other in entries:
                yield Binding(pattern, other)


# ---------------------------------------------------------------------------------------------- the cluster


def _detached(acls: AclSet, existing: Mapping[ResourceType, frozenset[str]]) -> Iterator[Finding]:
    in_order = {kind: sorted(names) for kind, names in existing.items()}
    for pattern in acls.patterns():
        names = in_order.get(pattern.resource_type)
        if names is None or pattern.name.endswith(WILDCARD) or _is_there(pattern, names):
            continue
        kind = kind_text(pattern.resource_type)
        if pattern.pattern_type == PatternType.PREFIXED:
            message = f"There is no {kind} whose name begins with {pattern.name!r}."
        else:
            message = f"There is no {kind} {pattern.name!r}."
        for entry in sorted(acls.entries(pattern)):
            yield Finding("detached", Level.NOTE, Binding(pattern, entry), message)


def _is_there(pattern: Pattern, names: Sequence[str]) -> bool:
    """`names` is sorted: what begins with a text stands right after where the text would stand."""
    at = bisect_left(names, pattern.name)
    if pattern.pattern_type == PatternType.PREFIXED:
        return at < len(names) and names[at].startswith(pattern.name)
    return at < len(names) and names[at] == pattern.name


def _unused(acls: AclSet, usage: Usage, since_ms: int) -> Iterator[Finding]:
    if usage.since_ms > since_ms:
        return  # nobody counted for so long
    for rule in acls:
        last_ms = usage.last_used_ms(rule)
        if last_ms is None:
            yield Finding("unused", Level.NOTE, rule, "It has decided nothing since brokers count.")
        elif last_ms < since_ms:
            yield Finding("unused", Level.NOTE, rule, "It has decided nothing in the time asked about.")
