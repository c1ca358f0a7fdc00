"""[pure] The least rules that would have allowed what an authorizer's log shows as denied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from acl.authorizer_log import Logged
from acl.evaluate import NO_POLICY, Policy, Reason, decide, decide_by_type
from acl.model import (
    IMPLIED_BY,
    WILDCARD,
    Binding,
    Operation,
    Pattern,
    Resource,
    ResourceType,
    allow,
    literal,
    prefixed,
)
from acl.sets import AclSet


@attrs.frozen
class Suggestion:
    """A rule to add, and the denials it answers."""

    rule: Binding
    denials: int
    hosts: tuple[str, ...]
    requests: tuple[str, ...]


@attrs.frozen
class Unanswered:
    """Denials that no added rule answers."""

    logged: Logged
    denials: int
    why: str
    rule: Binding | None = None  # the Deny in the way


@attrs.frozen
class Suggestions:
    add: tuple[Suggestion, ...]
    unanswered: tuple[Unanswered, ...]
    already_allowed: int  # denials that today's rules would not make


@attrs.define
class _Denied:
    """What is counted of one kind of denial."""

    denials: int = 0
    hosts: set[str] = attrs.Factory(set)
    requests: set[str] = attrs.Factory(set)

    def merge(self, other: _Denied) -> None:
        self.denials += other.denials
        self.hosts |= other.hosts
        self.requests |= other.requests


_Key = tuple[str, Resource, Operation, str]  # principal, resource, operation, host of the rule


def suggest(
    acls: AclSet,
    log: Iterable[Logged],
    policy: Policy = NO_POLICY,
    *,
    by_host: bool = False,
    prefixes: Iterable[str] = (),
) -> Suggestions:
    """What to add so that the log's denials would not happen again, Describe left out where it is implied.

    With `by_host` a rule names the host of its denials, else every host. Resources whose name begins with one of
    `prefixes` share one prefixed rule.
    """
    counts: dict[Logged, int] = {}
    for logged in log:
        if not logged.allowed:
            key = attrs.evolve(logged, time="", rule="")
            counts[key] = counts.get(key, 0) + 1
    wanted: dict[_Key, _Denied] = {}
    unanswered: list[Unanswered] = []
    already = 0
    for logged, denials in counts.items():
        answer = _answer(acls, logged, policy)
        if answer is None:
            key_host = logged.question.host if by_host and logged.question.host else WILDCARD
            question = logged.question
            denied = wanted.setdefault(
                (question.principal, question.resource, question.operation, key_host), _Denied()
            )
            denied.merge(_Denied(denials, {question.host or WILDCARD}, {logged.request} - {""}))
        elif isinstance(answer, int):
            already += denials
        else:
            unanswered.append(attrs.evolve(answer, denials=denials))
    _leave_out_implied(wanted)
    return Suggestions(_rules(wanted, tuple(prefixes)), tuple(unanswered), already)


ALLOWED: Final = 1


def _answer(acls: AclSet, logged: Logged, policy: Policy) -> Unanswered | int | None:
    """What today's rules say: ALLOWED, why an Allow would not help, or None: a rule is missing."""
    question = logged.question
    host = question.host or ""
    if logged.by_type:
        kind = question.resource.resource_type
        by_type = decide_by_type(acls, question.principal, question.operation, kind, host, policy)
        if by_type.allowed:
            return ALLOWED
        return Unanswered(
            logged, 0, "it was asked of any resource of the type: name one to allow", by_type.rule
        )
    decision = decide(acls, question.principal, question.operation, question.resource, host, policy)
    if decision.allowed:
        return ALLOWED
    if decision.reason == Reason.DENIED_BY_RULE:
        return Unanswered(logged, 0, "a rule denies it", decision.rule)
    return None


def _leave_out_implied(wanted: dict[_Key, _Denied]) -> None:
    """Read, Write, Delete and Alter bring Describe with them, AlterConfigs DescribeConfigs."""
    for key in [key for key in wanted if key[2] in IMPLIED_BY]:
        principal, resource, operation, host = key
        for source in IMPLIED_BY[operation]:
            stronger = wanted.get((principal, resource, source, host))
            if stronger is not None:
                stronger.merge(wanted.pop(key))
                break


def _rules(wanted: dict[_Key, _Denied], prefixes: tuple[str, ...]) -> tuple[Suggestion, ...]:
    merged: dict[Binding, _Denied] = {}
    for (principal, resource, operation, host), denied in wanted.items():
        rule = allow(principal, operation, _pattern(resource, prefixes), host)
        merged.setdefault(rule, _Denied()).merge(denied)
    return tuple(
        Suggestion(rule, denied.denials, tuple(sorted(denied.hosts)), tuple(sorted(denied.requests)))
        for rule, denied in sorted(merged.items(), key=lambda item: item[0].entry.principal)
    )


def _pattern(resource: Resource, prefixes: tuple[str, ...]) -> Pattern:
    if resource.resource_type != ResourceType.CLUSTER:
        for prefix in sorted(prefixes, key=len, reverse=True):
            if prefix and resource.name.startswith(prefix):
                return prefixed(resource.resource_type, prefix)
    return literal(resource.resource_type, resource.name)
