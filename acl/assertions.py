"""[pure] What must hold of a cluster's rules, in sentences a test file holds and people read.

alice may read orders
User:bob may not write,delete topic:orders
billing may read group:billing from 10.0.0.1
everybody may describe topic:public
only alice and User:CN=bob,O=Acme may read topic:salaries
nobody may delete topic:audit

Without an address what may be done may be done from everywhere but where a rule about an address says otherwise; what
may not be done may be done from nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from acl.access import who_can
from acl.evaluate import NO_POLICY, Decision, Policy, Reason, decide
from acl.explain import SOME_HOST, Question, other_hosts
from acl.model import EVERYBODY, Operation, Resource, label
from acl.sets import AclSet
from acl.text import (
    BadWord,
    parse_host,
    parse_operations,
    parse_principal,
    parse_resource,
    require_asked,
    resource_text,
)


@attrs.frozen
class Assertion:
    """One sentence. With `only`, all others named in rules, and everybody else but super users, may not."""

    text: str
    principals: tuple[str, ...]
    may: bool
    operations: tuple[Operation, ...]
    resource: Resource
    host: str | None = None
    only: bool = False


@attrs.frozen
class Failure:
    """An answer that is not the asserted one."""

    principal: str
    operation: Operation
    resource: Resource
    decision: Decision
    host: str | None = None

    def __str__(self) -> str:
        who = "everybody" if self.principal == EVERYBODY else self.principal
        verb = "may" if self.decision.allowed else "may not"
        place = "" if self.host is None else f" from {self.host}"
        return f"{who} {verb} {label(self.operation)} {resource_text(self.resource)}{place}"


@attrs.frozen
class Result:
    """An assertion and what speaks against it; nothing if it holds."""

    assertion: Assertion
    failures: tuple[Failure, ...]


_SENTENCE: Final = re.compile(
    r"(?P<only>only\s+)?(?P<who>.+?)\s+(?P<verb>may not|must not|cannot|can not|may|can)\s+"
    r"(?P<operations>[\w-]+(?:\s*,\s*[\w-]+)*)\s+(?P<resource>.+?)(?:\s+from\s+(?P<host>\S+))?",
    re.IGNORECASE,
)


def parse_assertion(text: str) -> Assertion:
    """Raises: BadWord."""
    found = _SENTENCE.fullmatch(text.strip())
    if found is None:
        raise BadWord(f"{text!r} is no assertion: write, for example, 'alice may read topic:orders'.")
    may = found["verb"].lower() in ("may", "can")
    only, who = found["only"] is not None, found["who"]
    if who.lower() == "nobody":
        if only or not may:
            raise BadWord(f"{text!r}: after 'nobody' comes only 'may'.")
        principals: tuple[str, ...] = ()
        only = True
    else:
        principals = tuple(parse_principal(part) for part in re.split(r"\s+and\s+", who))
    if only and not may:
        raise BadWord(f"{text!r}: after 'only' comes 'may'.")
    operations, resource = parse_operations(found["operations"]), parse_resource(found["resource"])
    for operation in operations:
        require_asked(operation, resource)
    host = None if found["host"] is None else parse_host(found["host"])
    return Assertion(text.strip(), principals, may, operations, resource, host, only)


def check(acls: AclSet, assertion: Assertion, policy: Policy = NO_POLICY) -> Result:
    """Whether the assertion holds of the rules."""
    return Result(assertion, tuple(_failures(acls, assertion, policy)))


def _failures(acls: AclSet, assertion: Assertion, policy: Policy) -> Iterator[Failure]:
    host, resource = assertion.host, assertion.resource
    for operation in assertion.operations:
        for principal in assertion.principals:
            usual = decide(acls, principal, operation, resource, SOME_HOST if host is None else host, policy)
            if usual.allowed != assertion.may:
                yield Failure(principal, operation, resource, usual, host)
            elif not assertion.may:
                asked = Question(principal, operation, resource, host)
                for place, decision in other_hosts(acls, asked, usual, policy):
                    yield Failure(principal, operation, resource, decision, place)
        if assertion.only:
            for access in who_can(acls, operation, resource, host, policy):
                decision = access.decision
                if access.principal in assertion.principals or decision.reason == Reason.SUPER_USER:
                    continue
                if decision.allowed:
                    place_of = host if access.host is None else access.host
                    yield Failure(access.principal, operation, resource, decision, place_of)
