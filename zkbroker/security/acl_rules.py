"""The rules of access in ZooKeeper: followed as they change, and changed as AclAuthorizer changes them.

A pattern's node is written by compare-and-set together with its notice, in one transaction, so that no broker can miss
what another has written. Source: kafka.security.authorizer.AclAuthorizer, 3.9.1.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs
import trio

from acl import znodes
from acl.chosen import Filters
from acl.model import (
    EVERYBODY,
    PATTERN_TYPES,
    RESOURCE_TYPES,
    Binding,
    BindingFilter,
    Entry,
    Operation,
    Pattern,
    PatternType,
    Permission,
)
from acl.sets import NO_ENTRIES, AclSet, by_pattern
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.fairness import Slices
from zkbroker.zookeeper.session import (
    ANY_VERSION,
    BadVersion,
    ConnectionLost,
    Create,
    Delete,
    MultiFailed,
    NodeExists,
    NoNode,
    RequestTooLarge,
    SetData,
    Stat,
    ZkSession,
    Znode,
)

log = logging.getLogger(__name__)

NOTICES_KEPT_MS: Final = 15 * 60 * 1000
"""How long a notice stays, so that every broker sees it. Source: ZkNodeChangeNotificationListener."""

WRITES_AT_ONCE: Final = 64
"""Patterns of one request that are under way together."""

APPLIED_AT_ONCE: Final = 20
"""Patterns of one reading that change in one step: some milliseconds of work where each has dozens of rules."""

CLOSED: Final = frozenset({Entry(EVERYBODY, Permission.DENY, Operation.ALL)})
"""What counts for a pattern whose node cannot be read: letting everybody in that it keeps out would be worse."""

_DECODERS: Final = {
    PatternType.LITERAL: znodes.decode_literal_change,
    PatternType.PREFIXED: znodes.decode_extended_change,
}


@attrs.frozen
class _Written:
    """A pattern as its node now is."""

    entries: frozenset[Entry]
    version: int | None  # None: there is no node


@attrs.frozen
class AclRulesStatistics:
    rules: int
    patterns: int
    changes_seen: int
    unreadable: int


@attrs.define(eq=False)
class AclRules:
    """The rules this broker knows. Owner of `acls`: its own sync `_apply`; everybody else reads."""

    _replaced: Callable[[AclSet], None]  # told of every new set, in the same sync step
    _wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    acls: AclSet = attrs.field(factory=AclSet, init=False)
    _versions: dict[Pattern, int] = attrs.field(factory=dict, init=False)  # of the nodes `acls` was read from
    _changing: trio.Lock = attrs.field(factory=trio.Lock, init=False)
    """A read, or a write, and its application are one step: what is older never comes later."""
    _handled: dict[PatternType, int] = attrs.field(factory=dict, init=False)  # number of the last notice
    _own_notices: dict[PatternType, set[int]] = attrs.field(factory=dict, init=False)
    """Notices to come of this broker's own writes: it knows what they tell of."""
    _unreadable: set[Pattern] = attrs.field(factory=set, init=False)
    _changes_seen: int = attrs.field(default=0, init=False)

    def statistics(self) -> AclRulesStatistics:
        return AclRulesStatistics(
            len(self.acls), len(self._versions), self._changes_seen, len(self._unreadable)
        )

    # ------------------------------------------------------------------------------------- following

    async def follow(
        self, session: ZkSession, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep up with ZooKeeper until the session is lost or the caller cancels.

        Started once every rule was read. Raises: SessionLost.
        """
        found = await session.get_many(znodes.PATHS)
        for path, node in found.items():
            if node is None:
                await session.create_path(path)
        moved: dict[PatternType, trio.Event] = {}
        for kind in PATTERN_TYPES:  # what is written from here on gives notice
            names, moved[kind] = await session.get_children_and_watch(znodes.CHANGES[kind])
            self._handled[kind] = max((znodes.change_number(name) or 0 for name in names), default=-1)
            self._own_notices[kind] = set()
        async with self._changing:
            await self._load(session)
        task_status.started()
        async with trio.open_nursery() as nursery:
            for kind in PATTERN_TYPES:
                nursery.start_soon(self._follow_notices, session, kind, moved[kind])

    async def _follow_notices(self, session: ZkSession, kind: PatternType, moved: trio.Event) -> None:
        own = self._own_notices[kind]
        while True:
            await moved.wait()
            try:
                names, moved = await session.get_children_and_watch(znodes.CHANGES[kind])
            except NoNode:
                self._handled[kind] = -1
                own.clear()
                await session.create_path(znodes.CHANGES[kind])
                continue
            numbers = {number: name for name in names if (number := znodes.change_number(name)) is not None}
            if numbers and max(numbers) < self._handled[kind]:  # the directory is a new one and counts anew
                self._handled[kind] = -1
                own.clear()
            new = sorted(number for number in numbers if number > self._handled[kind])
            if new:
                self._handled[kind] = new[-1]
                self._changes_seen += len(new)
                foreign = [number for number in new if number not in own]
                own.difference_update(new)
                await self._look_again(session, kind, [numbers[number] for number in foreign])
            await self._remove_old_notices(session, kind, [numbers[number] for number in sorted(numbers)])

    async def _look_again(self, session: ZkSession, kind: PatternType, names: Sequence[str]) -> None:
        """Read the patterns that these notices name."""
        paths = [f"{znodes.CHANGES[kind]}/{name}" for name in names]
        patterns = set()
        for path, notice in (await session.get_many(paths)).items():
            if notice is not None:
                try:
                    pattern = _DECODERS[kind](notice.data)
                    znodes.path(pattern)
                except (znodes.Undecodable, znodes.Unstorable) as error:
                    log.error("The notice %s is passed over: %s", path, error)
                else:
                    patterns.add(pattern)
        async with self._changing:
            await self._read(session, patterns)

    async def _remove_old_notices(self, session: ZkSession, kind: PatternType, names: Sequence[str]) -> None:
        """Delete notices that everybody had time to see, oldest first."""
        for name in names:
            path = f"{znodes.CHANGES[kind]}/{name}"
            try:
                notice = await session.get(path)
                if self._wall_ms() - notice.stat.ctime_ms <= NOTICES_KEPT_MS:
                    return
                await session.delete(path, ANY_VERSION)
            except (NoNode, ConnectionLost):
                continue  # another broker was faster, or will be

    async def _load(self, session: ZkSession) -> None:
        """Read every pattern there is."""
        began_s = time.monotonic()
        parents = {
            znodes.type_path(how, kind): (how, kind) for how in PATTERN_TYPES for kind in RESOURCE_TYPES
        }
        children = await session.get_children_many(parents)
        patterns = [
            Pattern(kind, how, name) for path, (how, kind) in parents.items() for name in children[path] or ()
        ]
        nodes = await session.get_many([_path_as_found(pattern) for pattern in patterns])
        found: dict[Pattern, _Written] = {}
        slices = Slices()  # a session that is the second one begins while clients are served
        for pattern in patterns:
            await slices.pause()
            node = nodes[_path_as_found(pattern)]
            if node is not None:
                entries = self._decode(pattern, node)
                found[pattern] = _Written(CLOSED if entries is None else entries, node.stat.version)
        gone = {pattern: _Written(NO_ENTRIES, None) for pattern in self._versions if pattern not in found}
        self._apply(gone | found)
        took_s = time.monotonic() - began_s
        log.info(
            "%d access rules on %d patterns are known, read in %.2f s", len(self.acls), len(found), took_s
        )

    async def _read(self, session: ZkSession, named: Iterable[Pattern]) -> None:
        """Read these patterns again."""
        paths = {znodes.path(pattern): pattern for pattern in named}
        found: dict[Pattern, _Written] = {}
        slices = Slices()
        for path, node in (await session.get_many(paths)).items():
            await slices.pause()
            pattern = paths[path]
            if node is None:
                self._unreadable.discard(pattern)
                found[pattern] = _Written(NO_ENTRIES, None)
                continue
            entries = self._decode(pattern, node)
            if entries is not None:
                found[pattern] = _Written(entries, node.stat.version)
        patterns = list(found)
        for start in range(0, len(patterns), APPLIED_AT_ONCE):  # each was written by itself, too
            await slices.pause()
            self._apply({each: found[each] for each in patterns[start : start + APPLIED_AT_ONCE]})

    def _decode(self, pattern: Pattern, node: Znode) -> frozenset[Entry] | None:
        """None for a node that cannot be read: what was known of it stays; what was not keeps everybody out."""
        try:
            entries = znodes.decode_entries(node.data)
        except znodes.Undecodable as error:
            if pattern not in self._unreadable:
                self._unreadable.add(pattern)
                log.error(
                    "The rules of %s cannot be read: %s. %s", pattern, error, "What was known of them stays."
                    if pattern in self._versions
                    else "Nobody but super users may use what it covers, until it is repaired or deleted.",
                )  # fmt: skip
            return None
        self._unreadable.discard(pattern)
        return entries

    def _apply(self, written: Mapping[Pattern, _Written]) -> None:
        """Let these patterns be as they are in ZooKeeper. Sync: nobody sees a half."""
        changed = {
            pattern: now.entries
            for pattern, now in written.items()
            if now.entries != self.acls.entries(pattern)
        }
        for pattern, now in written.items():
            if now.version is None:
                self._versions.pop(pattern, None)
            else:
                self._versions[pattern] = now.version
        if changed:
            self.acls = self.acls.replace(changed)
            self._replaced(self.acls)

    # -------------------------------------------------------------------------------------- changing

    async def create(
        self, session: ZkSession, bindings: Sequence[Binding]
    ) -> dict[Binding, KafkaError | None]:
        """Add rules; each with why it could not be, if so. Those of one pattern stand and fall together.

        Once it returns, this broker knows them. Raises: SessionLost.
        """
        outcome: dict[Binding, KafkaError | None] = dict.fromkeys(bindings)
        wanted = by_pattern(bindings)

        def more(pattern: Pattern, entries: frozenset[Entry]) -> frozenset[Entry]:
            return entries | wanted[pattern]

        for pattern, failure in (await self._change(session, wanted, more)).items():
            for entry in wanted[pattern]:
                outcome[Binding(pattern, entry)] = failure
        return outcome

    async def delete(
        self, session: ZkSession, filters: Sequence[BindingFilter]
    ) -> list[list[tuple[Binding, KafkaError | None]]]:
        """Remove what each filter chooses (a rule counts for the first); with why it could not be, if so.

        Raises: SessionLost.
        """
        removed: dict[Binding, int] = {}
        chosen = Filters(filters)

        def less(pattern: Pattern, entries: frozenset[Entry]) -> frozenset[Entry]:
            first, kept = chosen.on(pattern), set(entries)
            for entry in entries:
                index = first(entry)
                if index is not None:
                    removed.setdefault(Binding(pattern, entry), index)
                    kept.discard(entry)
            return frozenset(kept)

        patterns = {each for each in chosen.patterns(self.acls.patterns()) if _has_node(each)}
        failures = await self._change(session, patterns, less)
        results: list[list[tuple[Binding, KafkaError | None]]] = [[] for _ in filters]
        for binding in sorted(removed):
            results[removed[binding]].append((binding, failures.get(binding.pattern)))
        return results

    async def _change(
        self,
        session: ZkSession,
        patterns: Iterable[Pattern],
        change: Callable[[Pattern, frozenset[Entry]], frozenset[Entry]],
    ) -> dict[Pattern, KafkaError]:
        """Write what `change` makes of each pattern's entries; the patterns that could not be, and why."""
        written: dict[Pattern, _Written] = {}
        failures: dict[Pattern, KafkaError] = {}
        limit = trio.Semaphore(WRITES_AT_ONCE)

        async def one(pattern: Pattern) -> None:
            async with limit:
                try:
                    written[pattern] = await self._change_pattern(session, pattern, change)
                except KafkaError as error:
                    failures[pattern] = error.kept()

        async with self._changing:
            try:
                async with trio.open_nursery() as nursery:
                    for pattern in patterns:
                        nursery.start_soon(one, pattern)
            finally:
                self._apply(written)
        return failures

    async def _change_pattern(
        self,
        session: ZkSession,
        pattern: Pattern,
        change: Callable[[Pattern, frozenset[Entry]], frozenset[Entry]],
    ) -> _Written:
        """Raises: KafkaError."""
        before = _Written(self.acls.entries(pattern), self._versions.get(pattern))
        if pattern in self._unreadable or change(pattern, before.entries) == before.entries:
            before = await self._current(session, pattern)  # nothing to do, as far as we know: make sure
        for attempt in range(znodes.RETRIES + 1):
            if attempt:
                await trio.sleep(random.choice(znodes.RETRY_BACKOFF_MS) / 1000)
                before = await self._current(session, pattern)
            entries = change(pattern, before.entries)
            if entries == before.entries:
                return before
            try:
                write = znodes.write_of(pattern, entries, before.version)
            except znodes.Unstorable as error:
                raise KafkaError(ErrorCode.INVALID_REQUEST, str(error)) from None
            if write is None:
                return before
            after = await self._write(session, pattern, write)
            if after is not None:
                return attrs.evolve(after, entries=entries)
        raise KafkaError(
            ErrorCode.UNKNOWN_SERVER_ERROR,
            f"Failed to update ACLs for {pattern} after trying a maximum of {znodes.RETRIES} times",
        )

    async def _current(self, session: ZkSession, pattern: Pattern) -> _Written:
        """Raises: KafkaError for a node that cannot be read."""
        try:
            node = await session.get(znodes.path(pattern))
            return _Written(znodes.decode_entries(node.data), node.stat.version)
        except NoNode:
            return _Written(NO_ENTRIES, None)
        except (znodes.Undecodable, znodes.Unstorable) as error:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"The rules of {pattern}: {error}") from None

    async def _write(self, session: ZkSession, pattern: Pattern, write: znodes.NodeWrite) -> _Written | None:
        """The node after the write, without its entries; None if it has to be read first."""
        operation: Create | SetData | Delete
        if write.data is None:
            assert write.version is not None
            operation = Delete(write.path, write.version)
        elif write.version is None:
            operation = Create(write.path, write.data)
        else:
            operation = SetData(write.path, write.data, write.version)
        notice = Create(znodes.change_path(pattern), znodes.encode_change(pattern), sequential=True)
        try:
            result, notice_path = await session.multi([operation, notice])
        except MultiFailed as failed:
            if isinstance(failed.cause, NoNode) and not isinstance(operation, SetData):
                for parent in (write.path, notice.path):
                    await session.create_path(parent.rpartition("/")[0])
            elif not isinstance(failed.cause, (BadVersion, NodeExists, NoNode)):
                raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(failed.cause)) from None
            return None
        except ConnectionLost:
            return None
        except RequestTooLarge as error:
            raise KafkaError(ErrorCode.INVALID_REQUEST, str(error)) from None
        assert isinstance(notice_path, str)
        number = znodes.change_number(notice_path.rpartition("/")[2])
        kind = pattern.pattern_type
        if number is not None and number > self._handled.get(kind, -1):  # else it has been read already
            self._own_notices.setdefault(kind, set()).add(number)
        if isinstance(result, Stat):
            return _Written(NO_ENTRIES, result.version)
        return _Written(NO_ENTRIES, None if write.data is None else 0)


def _has_node(pattern: Pattern) -> bool:
    try:
        znodes.path(pattern)
    except znodes.Unstorable:
        return False
    return True


def _path_as_found(pattern: Pattern) -> str:
    """The node of a pattern that was listed, so that its name needs no check."""
    return f"{znodes.type_path(pattern.pattern_type, pattern.resource_type)}/{pattern.name}"
