"""[pure] Why somebody may or may not, what nearly made it otherwise, and what would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from acl.evaluate import NO_POLICY, Decision, Policy, Reason, decide
from acl.model import (
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
    allow,
    label,
    literal,
)
from acl.sets import AclSet
from acl.text import kind_text, resource_text

SOME_HOST: Final = ""
"""A host that no rule names: what holds for it holds for every host without rules of its own."""


@attrs.frozen
class Question:
    """May this principal do that? `host` None: from a host that no rule names."""

    principal: str
    operation: Operation
    resource: Resource
    host: str | None = None

    def __str__(self) -> str:
        place = "" if self.host is None else f" from {self.host}"
        return f"{self.principal} {label(self.operation)} {resource_text(self.resource)}{place}"


@attrs.frozen
class NearMiss:
    """A rule that would have allowed, but for one thing."""

    rule: Binding
    why: str  # what keeps it from applying, in words


@attrs.frozen
class Explanation:
    """An answer with all that one wants to know about it."""

    question: Question
    decision: Decision
    near_misses: tuple[NearMiss, ...] = ()
    denials: tuple[Binding, ...] = ()  # every rule that denies this, the deciding one first
    otherwise: Decision | None = None  # the answer if the denials were not there
    other_hosts: tuple[tuple[str, Decision], ...] = ()  # hosts with another answer, when none was asked about
    missing: Binding | None = None  # the rule to add, after removing the denials, for this to be allowed


def explain(acls: AclSet, question: Question, policy: Policy = NO_POLICY, *, misses: int = 5) -> Explanation:
    """The answer, the rules behind it, up to `misses` near ones, and what would make it allowed."""
    principal, operation, resource = question.principal, question.operation, question.resource
    host = SOME_HOST if question.host is None else question.host
    decision = decide(acls, principal, operation, resource, host, policy)
    others = tuple(other_hosts(acls, question, decision, policy))
    if decision.allowed:
        return Explanation(question, decision, other_hosts=others)
    denials = tuple(_denials(acls, question, host, decision))
    otherwise = (
        decide(acls.remove(denials), principal, operation, resource, host, policy) if denials else None
    )
    is_missing = not (otherwise is not None and otherwise.allowed)
    near = sorted(_near_misses(acls, question, host), key=_nearness) if is_missing else []
    return Explanation(
        question,
        decision,
        tuple(miss for _, miss in near[:misses]),
        denials,
        otherwise,
        others,
        allow(principal, operation, literal(resource.resource_type, resource.name)) if is_missing else None,
    )


def _denials(acls: AclSet, question: Question, host: str, decision: Decision) -> Iterator[Binding]:
    if decision.rule is not None:
        yield decision.rule
    for rule in acls.applicable(question.resource):
        entry = rule.entry
        if (
            entry.permission == Permission.DENY
            and entry.principal in (question.principal, EVERYBODY)
            and entry.operation in (question.operation, Operation.ALL)
            and entry.host in (host, WILDCARD)
            and rule != decision.rule
        ):
            yield rule


def other_hosts(
    acls: AclSet, question: Question, usual: Decision, policy: Policy = NO_POLICY
) -> Iterator[tuple[str, Decision]]:
    """The hosts with another answer than the usual one, where the question names none."""
    if question.host is not None:
        return
    hosts = {
        rule.entry.host
        for rule in acls.applicable(question.resource)
        if rule.entry.principal in (question.principal, EVERYBODY)
    }
    for host in sorted(hosts - {WILDCARD}):
        found = decide(acls, question.principal, question.operation, question.resource, host, policy)
        if found.allowed != usual.allowed:
            yield host, found


# ---------------------------------------------------------------------------------------------- near misses


def _near_misses(acls: AclSet, question: Question, host: str) -> Iterator[tuple[int, NearMiss]]:
    """With a rank: the smaller, the nearer."""
    granting = (question.operation, Operation.ALL, *IMPLIED_BY.get(question.operation, ()))
    for pattern in acls.patterns():
        covers = pattern.covers(question.resource)
        wrong_name = None if covers else _name_miss(pattern, question.resource)
        if not covers and wrong_name is None:
            continue
        for entry in acls.entries(pattern):
            if entry.permission != Permission.ALLOW:
                continue
            misses: list[tuple[int, str] | None] = [] if wrong_name is None else [wrong_name]
            if entry.principal not in (question.principal, EVERYBODY):
                misses.append(_principal_miss(entry.principal, question.principal))
            if entry.operation not in granting:
                misses.append((1, f"it allows {label(entry.operation)}, not {label(question.operation)}"))
            if entry.host not in (host, WILDCARD):
                misses.append(_host_miss(entry, question))
            if len(misses) == 1 and misses[0] is not None:
                rank, why = misses[0]
                yield rank, NearMiss(Binding(pattern, entry), why)


def _nearness(ranked: tuple[int, NearMiss]) -> tuple[int, Binding]:
    return ranked[0], ranked[1].rule


def _host_miss(entry: Entry, question: Question) -> tuple[int, str]:
    if question.host is None:
        return 0, f"it allows this from {entry.host} only"
    return 0, f"it allows this from {entry.host}, not from {question.host}"


def _principal_miss(named: str, asked: str) -> tuple[int, str] | None:
    """Principals that are easily taken for each other: capitals, types, a certificate's name and its CN."""
    if named.lower() == asked.lower():
        return 0, f"it names {named}: capitals count"
    (kind, _, name), (asked_kind, _, asked_name) = named.partition(":"), asked.partition(":")
    if name == asked_name:
        return 2, f"it names a {kind}, not a {asked_kind}"
    for certificate, plain in ((name, asked_name), (asked_name, name)):
        if _common_name(certificate) == plain.lower():
            return 2, f"it names {named}, which is another principal than {asked}"
    if _squeezed(name) == _squeezed(asked_name):
        return 3, f"it names {named}, not {asked}: blanks count"
    return None


def _common_name(distinguished_name: str) -> str | None:
    for part in distinguished_name.split(","):
        key, equals, value = part.strip().partition("=")
        if equals and key.upper() == "CN":
            return value.lower()
    return None


def _squeezed(name: str) -> str:
    return name.replace(" ", "").lower()


def _name_miss(pattern: Pattern, resource: Resource) -> tuple[int, str] | None:
    """Why a pattern that looks like it does not cover the resource; None if it does not look like it."""
    name, asked = pattern.name, resource.name
    if pattern.resource_type != resource.resource_type:
        if ResourceType.CLUSTER in (pattern.resource_type, resource.resource_type):
            return None
        if not pattern.covers(Resource(pattern.resource_type, asked)) or name == WILDCARD:
            return None
        kinds = kind_text(pattern.resource_type), kind_text(resource.resource_type)
        return 6, f"it is about the {kinds[0]} of that name, not the {kinds[1]}"
    if pattern.pattern_type == PatternType.PREFIXED and name == WILDCARD:
        return 0, "prefixed * covers only names that begin with an asterisk; literal * covers all"
    if pattern.pattern_type == PatternType.LITERAL and name.endswith(WILDCARD) and len(name) > 1:
        if asked.startswith(name.removesuffix(WILDCARD)):
            return 0, f"it is literal, so it covers only the name {name!r}; a prefix is another pattern type"
        return None
    if pattern.pattern_type == PatternType.LITERAL and asked.startswith(name):
        return 4, f"it is literal, so it covers only {name!r}"
    if name.lower() == asked[: len(name)].lower() and (
        pattern.pattern_type == PatternType.PREFIXED or len(name) == len(asked)
    ):
        return 2, f"{name!r} is in other capitals"
    if _separators(name) == _separators(asked):
        return 3, f"{name!r} and {asked!r} differ in a separator"
    if _is_one_change_apart(name, asked):
        return 4, f"{name!r} and {asked!r} differ in one character"
    return None


def _separators(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()


def _is_one_change_apart(one: str, other: str) -> bool:
    """One character more, less or different; of short names everything would be."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    size = min(len(one), len(other))
    at = next((i for i in range(size) if one[i] != other[i]), size)
    return one[at + 1 :] == other[at + (len(one) == len(other)) :] or one[at:] == other[at + 1 :]


# ---------------------------------------------------------------------------------------------- in words

REASONS: Final = {
    Reason.SUPER_USER: "a super user may everything",
    Reason.NO_RULE_ALLOWS: "rules apply to the resource, but none allows this",
}


def reason_text(decision: Decision) -> str:
    """What an answer rests on, without the rule itself."""
    if decision.reason == Reason.NO_RULE_ON_RESOURCE:
        return (
            "no rule applies to the resource, and allow.everyone.if.no.acl.found is true"
            if decision.allowed
            else "no rule applies to the resource"
        )
    return REASONS.get(decision.reason, "a rule allows it" if decision.allowed else "a rule denies it")
