"""The groups of one partition of __consumer_offsets, and the commands on them. [pure]

Source: GroupCoordinator, GroupMetadataManager of Kafka 3.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

import attrs

from zkbroker.coordinator.group import CONSUMER, JOIN, PENDING, SESSION, SYNC, Group
from zkbroker.coordinator.members import DEAD, GroupLimits, Join, Joined, Phase, Sync, Synced
from zkbroker.coordinator.outcome import Outcome, Producer, Record, TimerKey, Token, answer
from zkbroker.coordinator.records import (
    NO_PRODUCER_ID,
    NO_TIMESTAMP,
    Committed,
    GroupRecord,
    OffsetRecord,
    decode_group_record,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value  # there is one for each request, and frozen takes three times as long

CLASSIC = "classic"  # the only type of group in ZooKeeper mode


class Leaving(NamedTuple):
    """One member that a LeaveGroup names."""

    member_id: str
    instance_id: str | None


@value
class Commit:
    """An OffsetCommit or TxnOffsetCommit request, without what was refused already."""

    member_id: str
    instance_id: str | None
    generation: int
    offsets: Sequence[tuple[TopicPartition, Committed]]
    producer: Producer | None = None  # of a transaction
    verification: object = None  # that this partition is part of it


class Fetched(NamedTuple):
    """One partition of an OffsetFetch answer."""

    tp: TopicPartition
    committed: Committed | None
    unstable: bool = False


@attrs.frozen
class DescribedMember:
    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    metadata: bytes
    assignment: bytes


@attrs.frozen
class DescribedGroup:
    state: str
    protocol_type: str = ""
    protocol: str = ""
    members: tuple[DescribedMember, ...] = ()


class ListedGroup(NamedTuple):
    group_id: str
    protocol_type: str
    state: str


class MemberFailed(NamedTuple):
    """A member was dropped because its session timed out: worth a line in the log."""

    group_id: str
    member_id: str


DoomedOf = Callable[[Group], list[TopicPartition]]


@attrs.define(eq=False)
class Groups:
    """Everything this partition knows of its groups. A command with an error of its own raises KafkaError."""

    limits: GroupLimits
    groups: dict[str, Group] = attrs.field(factory=dict)
    _open: dict[int, set[str]] = attrs.field(
        factory=dict
    )  # producer id -> groups its transaction commits for

    # -- the log -----------------------------------------------------------------------------------------------

    def decode(self, key: bytes, value: bytes | None) -> Record:
        """Raises: UnknownKey, MalformedMessage."""
        return decode_group_record(key, value)

    def apply(self, record: Record, log_offset: int, producer_id: int = NO_PRODUCER_ID) -> None:
        """Take over what the log holds; `producer_id` where the record is part of a transaction."""
        if isinstance(record, OffsetRecord):
            group = self._at(record.group)
            group.offsets.apply(record.topic, record.partition, record.committed, log_offset, producer_id)
            if producer_id >= 0:
                self._open.setdefault(producer_id, set()).add(record.group)
            is_tombstone = record.committed is None
        else:
            assert isinstance(record, GroupRecord)
            group = self._at(record.group)
            group.apply(record.metadata)
            is_tombstone = record.metadata is None
        if is_tombstone and group.is_gone:
            self.groups.pop(group.group_id, None)

    def apply_marker(self, producer_id: int, *, commit: bool) -> None:
        """A transaction ended in this partition: its offsets count from now on, or never will."""
        for group_id in self._open.pop(producer_id, ()):
            group = self.groups.get(group_id)
            if group is not None:
                group.offsets.complete(producer_id, commit=commit)
                if group.is_gone:
                    del self.groups[group_id]

    def loaded(self, now_ms: int, wall_ms: int) -> Outcome:
        out = Outcome()
        for group in self.groups.values():
            group.loaded(now_ms, wall_ms, out)
        return out

    def _at(self, group_id: str) -> Group:
        group = self.groups.get(group_id)
        if group is None:
            group = self.groups[group_id] = Group(group_id, self.limits)
        return group

    def durable(self) -> Mapping[str, object]:
        """What the log holds of every group."""
        kept = {}
        for group_id, group in self.groups.items():
            offsets = group.offsets.durable()
            if group.stored is not None or any(offsets):
                kept[group_id] = (group.stored, offsets)
        return kept

    # -- members -----------------------------------------------------------------------------------------------

    def join(self, group_id: str, join: Join, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Joins, or waits for the rest of the group. Answers with Joined."""
        out = Outcome()
        timeout = join.session_timeout_ms
        if not self.limits.session_timeout_min_ms <= timeout <= self.limits.session_timeout_max_ms:
            out.reply(token, Joined(ErrorCode.INVALID_SESSION_TIMEOUT, join.member_id))
            return out
        group = self.groups.get(group_id)
        if group is None:
            if not join.is_new:
                out.reply(token, Joined(ErrorCode.UNKNOWN_MEMBER_ID, join.member_id))
                return out
            group = self._at(group_id)
        group.join(join, token, now_ms, wall_ms, out)
        self._forget_if_gone(group)
        return out

    def sync(self, group_id: str, sync: Sync, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Hands in the assignment, or waits for it. Answers with Synced."""
        out = Outcome()
        group = self.groups.get(group_id)
        if group is None:
            out.reply(token, Synced(ErrorCode.UNKNOWN_MEMBER_ID))
        else:
            group.sync(sync, token, now_ms, wall_ms, out)
        return out

    def heartbeat(
        self,
        group_id: str,
        member_id: str,
        instance_id: str | None,
        generation: int,
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Answers with an ErrorCode, which tells nothing of the log: it is not held back."""
        out = Outcome()
        group = self.groups.get(group_id)
        error = ErrorCode.UNKNOWN_MEMBER_ID
        if group is not None:
            error = group.heartbeat(member_id, instance_id, generation, now_ms, out)
        out.reply(token, error, shows_log=False)
        return out

    def leave(
        self, group_id: str, leaving: Sequence[Leaving], token: Token, now_ms: int, wall_ms: int
    ) -> Outcome:
        """Answers with an ErrorCode for each of `leaving`."""
        out = Outcome()
        group = self.groups.get(group_id)
        if group is None:
            out.reply(token, [ErrorCode.UNKNOWN_MEMBER_ID] * len(leaving))
            return out
        errors = [group.leave(one.member_id, one.instance_id, now_ms, wall_ms, out) for one in leaving]
        out.reply(token, errors)
        self._forget_if_gone(group)
        return out

    def timer(self, key: TimerKey, now_ms: int, wall_ms: int) -> Outcome:
        """A timer is due."""
        out = Outcome()
        group = self.groups.get(key.group)
        if group is None:
            return out
        if key.kind == SESSION:
            if group.session_timed_out(key.member, now_ms, wall_ms, out):
                out.effects.append(MemberFailed(key.group, key.member))
        elif key.kind == PENDING:
            group.pending_timed_out(key.member, now_ms, wall_ms, out)
        elif key.kind == JOIN:
            group.join_timed_out(now_ms, wall_ms, out)
        elif key.kind == SYNC:
            group.sync_timed_out(now_ms, wall_ms, out)
        self._forget_if_gone(group)
        return out

    def _forget_if_gone(self, group: Group) -> None:
        """A group that nothing was ever stored of, and that nobody joined in the end, is no group."""
        if group.is_gone and self.groups.get(group.group_id) is group:
            del self.groups[group.group_id]

    # -- offsets -----------------------------------------------------------------------------------------------

    def commit(self, group_id: str, commit: Commit, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with None. Raises: ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID,
        REBALANCE_IN_PROGRESS.
        """
        out = Outcome(producer=commit.producer, verification=commit.verification)
        group = self.groups.get(group_id)
        transactional = commit.producer is not None
        if group is not None:
            error = group.check_commit(
                commit.member_id, commit.instance_id, commit.generation, transactional=transactional
            )
            if error is ErrorCode.NONE and not transactional:
                group.saw(commit.member_id, now_ms, out)
        elif commit.generation < 0:  # no member: the group needs none
            error = ErrorCode.NONE
        else:
            error = ErrorCode.UNKNOWN_MEMBER_ID if transactional else ErrorCode.ILLEGAL_GENERATION
        if error is not ErrorCode.NONE:
            raise KafkaError(error, f"group {group_id!r}, member {commit.member_id!r}")
        for tp, committed in commit.offsets:
            out.records.append(OffsetRecord(group_id, tp.topic, tp.partition, committed))
        out.reply(token, None)
        return out

    def fetch(
        self,
        group_id: str,
        partitions: Sequence[TopicPartition] | None,
        require_stable: bool,
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Answers with a Fetched for each partition; None asks for all that are committed."""
        group = self.groups.get(group_id)
        if group is None:
            return answer(token, [Fetched(tp, None) for tp in partitions or ()])
        offsets = group.offsets
        wanted = list(offsets.partitions()) if partitions is None else partitions
        return answer(
            token,
            [
                Fetched(tp, None, True)
                if require_stable and offsets.is_unstable(tp)
                else Fetched(tp, offsets.get(tp))
                for tp in wanted
            ],
        )

    def delete_offsets(
        self, group_id: str, partitions: Sequence[TopicPartition], token: Token, now_ms: int, wall_ms: int
    ) -> Outcome:
        """Answers with an ErrorCode for each partition. Raises: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP."""
        group = self.groups.get(group_id)
        if group is None:
            raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, f"there is no group {group_id!r}")
        subscribed: frozenset[str] | None = frozenset()
        if group.phase is not Phase.EMPTY:
            if group.protocol_type != CONSUMER:
                raise KafkaError(ErrorCode.NON_EMPTY_GROUP, f"group {group_id!r} has members")
            subscribed = group.subscribed_topics()
        errors = {
            tp: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
            if subscribed is None or tp.topic in subscribed
            else ErrorCode.NONE
            for tp in partitions
        }
        out = Outcome(may_split=True)
        self._drop_offsets(group, [tp for tp, error in errors.items() if error is ErrorCode.NONE], out)
        out.reply(token, errors)
        return out

    def forget_partitions(
        self,
        partitions: Set[TopicPartition],
        group_ids: Iterable[str],
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Partitions were deleted: so are the offsets committed for them. Answers with how many."""
        return self._drop_from_groups(
            group_ids,
            lambda group: [tp for tp in group.offsets.known_partitions() if tp in partitions],
            token,
        )

    def expire(self, group_ids: Iterable[str], token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Drops what these groups kept long enough. Answers with how many. Source: KIP-211."""
        return self._drop_from_groups(group_ids, lambda group: self._expired(group, wall_ms), token)

    def _drop_from_groups(self, group_ids: Iterable[str], doomed_of: DoomedOf, token: Token) -> Outcome:
        out = Outcome(may_split=True)
        count = 0
        for group_id in group_ids:
            group = self.groups.get(group_id)
            if group is not None:
                doomed = doomed_of(group)
                count += len(doomed)
                self._drop_offsets(group, doomed, out)
        out.reply(token, count)
        return out

    def _expired(self, group: Group, wall_ms: int) -> list[TopicPartition]:
        retention_ms = self.limits.offset_retention_ms
        if group.protocol_type is None:  # no members ever: a simple consumer
            return group.offsets.expired(wall_ms, retention_ms, lambda commit_ms: commit_ms)
        if group.phase is Phase.EMPTY:
            since = group.changed_ms
            return group.offsets.expired(
                wall_ms, retention_ms, lambda commit_ms: commit_ms if since == NO_TIMESTAMP else since
            )
        subscribed = group.subscribed_topics()
        if group.phase is Phase.STABLE and subscribed is not None:
            found = group.offsets.expired(wall_ms, retention_ms, lambda commit_ms: commit_ms)
            return [tp for tp in found if tp.topic not in subscribed]
        return []

    def _drop_offsets(self, group: Group, doomed: Sequence[TopicPartition], out: Outcome) -> None:
        """Tombstones; and one for the group itself, if nothing is left of it then."""
        kept = group.offsets.known_partitions()
        doomed = [tp for tp in doomed if tp in kept]
        for tp in doomed:
            out.records.append(OffsetRecord(group.group_id, tp.topic, tp.partition, None))
        is_empty = group.phase is Phase.EMPTY and not group.pending
        if is_empty and group.stored is not None and len(doomed) == len(kept):
            out.records.append(GroupRecord(group.group_id, None))

    # -- administration ----------------------------------------------------------------------------------------

    def describe(self, group_id: str, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with a DescribedGroup; one that does not exist is Dead."""
        group = self.groups.get(group_id)
        if group is None:
            return answer(token, DescribedGroup(DEAD))
        stable = group.phase is Phase.STABLE
        protocol = group.protocol if stable else None
        return answer(
            token,
            DescribedGroup(
                group.phase.value,
                group.protocol_type or "",
                protocol or "",
                tuple(
                    DescribedMember(
                        member.member_id,
                        member.instance_id,
                        member.client_id,
                        member.client_host,
                        member.metadata(protocol) if stable else b"",
                        member.assignment if stable else b"",
                    )
                    for member in group.members.values()
                ),
            ),
        )

    def list(self, states: Set[str], token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with a ListedGroup each; `states` in lower case, empty means all."""
        return answer(
            token,
            [
                ListedGroup(group.group_id, group.protocol_type or "", group.phase.value)
                for group in self.groups.values()
                if not states or group.phase.value.lower() in states
            ],
        )

    def delete(self, group_id: str, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with None. Raises: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP."""
        group = self.groups.get(group_id)
        if group is None:
            raise KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, f"there is no group {group_id!r}")
        if group.phase is not Phase.EMPTY:
            raise KafkaError(ErrorCode.NON_EMPTY_GROUP, f"group {group_id!r} has members")
        out = Outcome(may_split=True)
        for member_id in group.pending:
            out.timers[TimerKey(PENDING, group_id, member_id)] = None
        group.pending.clear()
        for tp in group.offsets.known_partitions():
            out.records.append(OffsetRecord(group_id, tp.topic, tp.partition, None))
        if group.stored is not None:
            out.records.append(GroupRecord(group_id, None))
        out.reply(token, None)
        self._forget_if_gone(group)
        return out
