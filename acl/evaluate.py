"""[pure] May this principal do that? A decision with the rule that made it.

The rules of Kafka's AclAuthorizer: super users may everything; rules of the literal name, of the literal `*` and
of every prefix of the name apply; where none applies, `allow.everyone.if.no.acl.found` answers; a matching Deny
denies; else a matching Allow allows; else it is denied. Only an Allow implies other operations.

Source: kafka.security.authorizer.AclAuthorizer, 3.9.1; by-type checks: KIP-679.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

import attrs

from acl.model import (
    EVERYBODY,
    IMPLIED_BY,
    OPERATIONS,
    WILDCARD,
    Binding,
    Operation,
    Permission,
    Resource,
    ResourceType,
    split_principal,
)
from acl.sets import AclSet


class Reason(Enum):
    """What kind of thing decided; the value is the word of logs and outputs."""

    SUPER_USER = "super-user"
    NO_RULE_ON_RESOURCE = "no-rule-on-resource"  # the broker's allow.everyone.if.no.acl.found decided
    DENIED_BY_RULE = "denied-by-rule"
    ALLOWED_BY_RULE = "allowed-by-rule"
    NO_RULE_ALLOWS = "no-rule-allows"  # rules apply to the resource, none of them allows this


@attrs.frozen
class Decision:
    """An answer and what it rests on."""

    allowed: bool
    reason: Reason
    rule: Binding | None = None  # the rule that decided, if one did


@attrs.frozen
class Policy:
    """What a broker's configuration decides."""

    super_users: frozenset[str] = frozenset()  # Type:name
    allow_everyone_if_no_rule: bool = False  # allow.everyone.if.no.acl.found

    @classmethod
    def of_settings(cls, super_users: str | None, allow_everyone: str | None) -> Policy:
        """From Kafka's values of super.users (`;` between) and allow.everyone.if.no.acl.found.

        Raises: ValueError for a super user without a type.
        """
        names = [name.strip() for name in (super_users or "").split(";")] if super_users else []
        while names and not names[-1]:
            names.pop()  # Java's split drops trailing empty parts
        for name in names:
            split_principal(name)
        return cls(frozenset(names), (allow_everyone or "").strip().lower() == "true")


NO_POLICY: Final = Policy()

_SUPER_USER: Final = Decision(True, Reason.SUPER_USER)
_NO_RULE_ALLOWS: Final = Decision(False, Reason.NO_RULE_ALLOWS)
_NO_RULE: Final = {allowed: Decision(allowed, Reason.NO_RULE_ON_RESOURCE) for allowed in (False, True)}

# The operations of a rule that answer the one asked for: itself, ALL, and for Allow what implies it.
_DENYING: Final = {asked: (asked, Operation.ALL) for asked in OPERATIONS}
_ALLOWING: Final = {asked: (asked, Operation.ALL, *IMPLIED_BY.get(asked, ())) for asked in OPERATIONS}


def decide(
    acls: AclSet,
    principal: str,
    operation: Operation,
    resource: Resource,
    host: str,
    policy: Policy = NO_POLICY,
) -> Decision:
    """Whether the principal (`Type:name`) may do the operation on the resource from the host.

    `host` is the peer's address in Java's spelling (model.host_of_address). Not answered here: ANY, UNKNOWN.
    """
    if principal in policy.super_users:
        return _SUPER_USER
    principals, hosts = (principal, EVERYBODY), (host, WILDCARD)
    rule = acls.find(Permission.DENY, principals, _DENYING[operation], hosts, resource)
    if rule is not None:
        return Decision(False, Reason.DENIED_BY_RULE, rule)
    rule = acls.find(Permission.ALLOW, principals, _ALLOWING[operation], hosts, resource)
    if rule is not None:
        return Decision(True, Reason.ALLOWED_BY_RULE, rule)
    if acls.covers(resource):
        return _NO_RULE_ALLOWS
    return _NO_RULE[policy.allow_everyone_if_no_rule]


def decide_by_type(
    acls: AclSet,
    principal: str,
    operation: Operation,
    resource_type: ResourceType,
    host: str,
    policy: Policy = NO_POLICY,
) -> Decision:
    """Whether the principal may do the operation on at least one resource of the type. Source: KIP-679.

    As Kafka answers it: implied operations do not count; a Deny of the literal `*` denies; an Allow counts
    unless a Deny of its own name or of a prefix of its name takes all of it away.
    """
    if principal in policy.super_users:
        return _SUPER_USER
    asked = ((principal, EVERYBODY), (operation, Operation.ALL), (host, WILDCARD), resource_type)
    denied = list(acls.names(Permission.DENY, *asked))
    for literal, _ in denied:
        if WILDCARD in literal:
            return Decision(False, Reason.DENIED_BY_RULE, literal[WILDCARD])
    if policy.allow_everyone_if_no_rule:
        return _NO_RULE[True]
    taken: Binding | None = None
    for literal, prefixed in acls.names(Permission.ALLOW, *asked):
        for names, is_literal in ((prefixed, False), (literal, True)):
            for name, rule in names.items():
                dominant = None
                if not (is_literal and name == WILDCARD):
                    dominant = _dominant_deny(name, is_literal, denied)
                if dominant is None:
                    return Decision(True, Reason.ALLOWED_BY_RULE, rule)
                taken = dominant
    if taken is not None:
        return Decision(False, Reason.DENIED_BY_RULE, taken)
    return _NO_RULE_ALLOWS


_ByName = tuple[Mapping[str, Binding], Mapping[str, Binding]]


def _dominant_deny(name: str, is_literal: bool, denied: Iterable[_ByName]) -> Binding | None:
    """The Deny that takes away all that an Allow of this name gives."""
    for literal, prefixed in denied:
        if is_literal and name in literal:
            return literal[name]
        for length in range(1, len(name) + 1):
            if name[:length] in prefixed:
                return prefixed[name[:length]]
    return None
