"""The authorizer that asks the rules: each decision with the rule that made it, logged and counted.

Source: kafka.security.authorizer.AclAuthorizer, 3.9.1.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
import trio

from acl.evaluate import Decision, Policy, decide, decide_by_type
from acl.model import Binding, Operation, PatternType, Resource, ResourceType, label
from acl.sets import AclSet
from acl.text import binding_text
from acl.usage import BadUsage, Hits, Usage, decode_usage, encode_usage
from zkbroker.model import LONGEST_REMEMBERED
from zkbroker.protocol.codec import ApiKey
from zkbroker.security.authorizer import Authorizer, Principal, Subject

log = logging.getLogger(__name__)

audit = logging.getLogger("kafka.authorizer.logger")
"""What was denied at INFO, what was allowed at DEBUG; lines as Kafka's, with the rule that decided at their end."""

MOST_VERDICTS: Final = 50_000
"""Remembered until the rules change; then, or beyond this, forgotten."""

SAVE_S: Final = 60.0

_NAMES: Final = {int(key): "".join(part.capitalize() for part in key.name.split("_")) for key in ApiKey}


def _on_one_line(text: str) -> str:
    """Names come from clients: none may end the line and begin another that looks like ours."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


class _Counted:
    """How often one rule decided."""

    __slots__ = ("count", "last_ms")

    def __init__(self, count: int = 0, last_ms: int = 0) -> None:
        self.count = count
        self.last_ms = last_ms


class _Verdict:
    """A decision, ready to be given again."""

    __slots__ = ("allowed", "counted", "decision")

    def __init__(self, decision: Decision, counted: _Counted | None) -> None:
        self.allowed = decision.allowed
        self.decision = decision
        self.counted = counted


@attrs.frozen
class AuthorizerStatistics:
    allowed: int
    denied: int
    rules: int


@attrs.define(eq=False)
class AclAuthorizer(Authorizer):
    """Decides by the rules of now. Owner of the rules: AclRules, which calls `replace`."""

    _policy: Policy
    _wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    is_configured = True
    acls: AclSet = attrs.field(factory=AclSet, init=False)
    _verdicts: dict[tuple[Principal, str, Operation, Resource], _Verdict] = attrs.field(
        factory=dict, init=False
    )
    _counts: dict[Binding, _Counted] = attrs.field(factory=dict, init=False)
    _since_ms: int = attrs.field(init=False)
    _allowed: int = attrs.field(default=0, init=False)
    _denied: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._since_ms = self._wall_ms()

    def statistics(self) -> AuthorizerStatistics:
        return AuthorizerStatistics(self._allowed, self._denied, len(self.acls))

    def replace(self, acls: AclSet) -> None:
        """From here on these rules decide."""
        self.acls = acls
        self._verdicts = {}

    # -- deciding

    def allows(self, subject: Subject, operation: Operation, resource: Resource, *, log: bool = True) -> bool:
        key = (subject.principal, subject.host, operation, resource)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._decide(key)
        counted = verdict.counted
        if counted is not None:
            counted.count += 1
            counted.last_ms = self._wall_ms()
        if verdict.allowed:
            self._allowed += 1
            if audit.isEnabledFor(logging.DEBUG):
                self._log(logging.DEBUG, subject, operation, resource, PatternType.LITERAL, verdict.decision)
            return True
        self._denied += 1
        if log:
            self._log(logging.INFO, subject, operation, resource, PatternType.LITERAL, verdict.decision)
        return False

    def allows_any(self, subject: Subject, operation: Operation, resource_type: ResourceType) -> bool:
        principal = str(subject.principal)
        found = decide_by_type(self.acls, principal, operation, resource_type, subject.host, self._policy)
        if found.rule is not None:
            self._count(found.rule)
        level = logging.DEBUG if found.allowed else logging.INFO
        resource = Resource(resource_type, "NONE")  # as Kafka has it in such lines
        self._log(level, subject, operation, resource, PatternType.UNKNOWN, found)
        return found.allowed

    def _decide(self, key: tuple[Principal, str, Operation, Resource]) -> _Verdict:
        principal, host, operation, resource = key
        found = decide(self.acls, str(principal), operation, resource, host, self._policy)
        counted = None
        if found.rule is not None:
            counted = self._counts.setdefault(found.rule, _Counted())
        if len(self._verdicts) >= MOST_VERDICTS:
            self._verdicts.clear()
        verdict = _Verdict(found, counted)
        if len(resource.name) <= LONGEST_REMEMBERED:
            self._verdicts[key] = verdict
        return verdict

    def _count(self, rule: Binding) -> None:
        counted = self._counts.setdefault(rule, _Counted())
        counted.count += 1
        counted.last_ms = self._wall_ms()

    def _log(
        self,
        level: int,
        subject: Subject,
        operation: Operation,
        resource: Resource,
        pattern_type: PatternType,
        found: Decision,
    ) -> None:
        audit.log(
            level,
            "Principal = %s is %s operation = %s from host = %s on resource = %s:%s:%s for request = %s "
            "with resourceRefCount = 1, rule = %s",
            _on_one_line(str(subject.principal)),
            "Allowed" if found.allowed else "Denied",
            label(operation),
            subject.host,
            label(resource.resource_type),
            pattern_type.name,
            _on_one_line(resource.name),
            _NAMES.get(subject.api_key, subject.api_key),
            found.reason.value if found.rule is None else _on_one_line(binding_text(found.rule)),
        )

    # -- hits

    def usage(self) -> Usage:
        """How often each rule decided since the counting began; only rules that exist."""
        hits = {
            rule: Hits(counted.count, counted.last_ms)
            for rule, counted in self._counts.items()
            if counted.count and rule in self.acls
        }
        return Usage(self._since_ms, self._wall_ms(), hits)

    def resume(self, usage: Usage) -> None:
        """Count on from what was counted before a restart."""
        self._since_ms = min(self._since_ms, usage.since_ms)
        for rule, hits in usage.hits.items():
            counted = self._counts.setdefault(rule, _Counted())
            counted.count += hits.count
            counted.last_ms = max(counted.last_ms, hits.last_ms)


@attrs.define(eq=False)
class UsageFile:
    """Keeps the hits of an authorizer in a file, for `acl lint --usage`. Owner: the task in `run`."""

    path: Path
    _authorizer: AclAuthorizer
    _complained: bool = attrs.field(default=False, init=False)

    def load(self) -> None:
        """Take up what an earlier run has counted."""
        try:
            self._authorizer.resume(decode_usage(self.path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, BadUsage) as error:
            log.warning("Counting the uses of rules begins anew, %s cannot be read: %s", self.path, error)

    async def run(self) -> None:
        """Write it every minute, and when cancelled."""
        try:
            while True:
                await trio.sleep(SAVE_S)
                self.save()
        finally:
            self.save()

    def save(self) -> None:
        """Replace the file. What cannot be written is said once."""
        fresh = self.path.with_name(self.path.name + ".tmp")
        try:
            fresh.write_bytes(encode_usage(self._authorizer.usage()))
            os.replace(fresh, self.path)
            self._complained = False
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.error("The uses of rules cannot be kept in %s: %s", self.path, error)
