"""[pure] Effective access: who may do something, and all that one principal may do."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from acl.evaluate import NO_POLICY, Decision, Policy, decide
from acl.explain import SOME_HOST, Question, other_hosts
from acl.model import (
    EVERYBODY,
    IMPLIED_BY,
    SUPPORTED_OPERATIONS,
    WILDCARD,
    Binding,
    Operation,
    Pattern,
    Permission,
    Resource,
)
from acl.sets import AclSet


@attrs.frozen
class Access:
    """One principal's answer. `User:*` stands for everybody whom no rule names."""

    principal: str
    decision: Decision
    host: str | None = None  # from there it is this, and not what holds elsewhere


def who_can(
    acls: AclSet,
    operation: Operation,
    resource: Resource,
    host: str | None = None,
    policy: Policy = NO_POLICY,
) -> list[Access]:
    """The answer for every principal a rule on the resource names, for super users, and for everybody else.

    Without a host it is that from an address no rule names, followed by those from addresses where it differs.
    """
    named = {rule.entry.principal for rule in acls.applicable(resource)} | policy.super_users
    found = []
    for name in (*sorted(named - {EVERYBODY}), EVERYBODY):
        usual = decide(acls, name, operation, resource, SOME_HOST if host is None else host, policy)
        found.append(Access(name, usual))
        others = other_hosts(acls, Question(name, operation, resource, host), usual, policy)
        found += [Access(name, decision, place) for place, decision in others]
    return found


@attrs.frozen
class Grant:
    """What a principal may do on the resources of a pattern."""

    pattern: Pattern
    operations: tuple[Operation, ...]  # what may be done, implied operations included
    denied: tuple[Operation, ...] = ()  # what rules here would allow and a Deny takes away
    except_on: tuple[Binding, ...] = ()  # rules that deny some of it on some of the resources
    rules: tuple[Binding, ...] = ()  # the rules that allow
    host: str | None = None  # from there it is this, and not what holds elsewhere


def can(acls: AclSet, principal: str, host: str | None = None) -> list[Grant]:
    """What the principal may do, pattern by pattern; its own rules and those of everybody.

    Without a host it is that from an address no rule names, followed by that from addresses where it differs.
    """
    mine = [rule for rule in acls if rule.entry.principal in (principal, EVERYBODY)]
    allowing: dict[Pattern, list[Binding]] = {}
    for rule in mine:
        if rule.entry.permission == Permission.ALLOW:
            allowing.setdefault(rule.pattern, []).append(rule)
    denying = [rule for rule in mine if rule.entry.permission == Permission.DENY]
    found: list[Grant] = []
    for pattern, rules in allowing.items():
        usual = _grant(pattern, rules, denying, SOME_HOST if host is None else host)
        found += [usual] if usual.rules else []
        if host is None:
            about = [rule for rule in denying if _meet(rule.pattern, pattern)]
            for place in sorted({rule.entry.host for rule in (*rules, *about)} - {WILDCARD}):
                there = _grant(pattern, rules, about, place)
                if _answers(there) != _answers(usual):
                    found.append(attrs.evolve(there, host=place))
    return found


def _answers(grant: Grant) -> tuple[object, ...]:
    return grant.operations, grant.denied, grant.except_on


def _meet(one: Pattern, other: Pattern) -> bool:
    """Whether there may be resources that both cover: of two patterns one covers the other, or they have none."""
    return one.covers_pattern(other) or other.covers_pattern(one)


def _grant(pattern: Pattern, allowing: list[Binding], all_denying: list[Binding], host: str) -> Grant:
    rules = [rule for rule in allowing if rule.entry.host in (host, WILDCARD)]
    denying = [rule for rule in all_denying if rule.entry.host in (host, WILDCARD)]
    given = sorted({operation for rule in rules for operation in given_by(rule)})
    covering = [rule for rule in denying if rule.pattern.covers_pattern(pattern)]
    taken = {operation for rule in covering for operation in taken_by(rule)}
    left = tuple(operation for operation in given if operation not in taken)
    within = [
        rule
        for rule in denying
        if pattern.covers_pattern(rule.pattern)
        and not rule.pattern.covers_pattern(pattern)
        and any(operation in left for operation in taken_by(rule))
    ]
    return Grant(
        pattern,
        left,
        tuple(operation for operation in given if operation in taken),
        tuple(within),
        tuple(rules),
    )


def given_by(rule: Binding) -> Iterator[Operation]:
    """The operations an Allow answers, implied ones included."""
    operation, supported = rule.entry.operation, SUPPORTED_OPERATIONS.get(rule.pattern.resource_type, ())
    if operation == Operation.ALL:
        yield from supported
        return
    yield operation
    for implied, sources in IMPLIED_BY.items():
        if operation in sources and implied in supported:
            yield implied


def taken_by(rule: Binding) -> Iterator[Operation]:
    """The operations a Deny answers: no others than its own."""
    if rule.entry.operation == Operation.ALL:
        yield from SUPPORTED_OPERATIONS.get(rule.pattern.resource_type, ())
    else:
        yield rule.entry.operation
