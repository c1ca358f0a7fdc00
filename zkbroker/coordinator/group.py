"""One group of the classic protocol: who is in it, and how a rebalance goes. [pure]

    Empty -> PreparingRebalance -> CompletingRebalance -> Stable, and back to PreparingRebalance

The log holds the last generation that got its assignment (or became empty). Members that are joining, who waits for
an answer, and timers are not in it: after a failover the group goes on from the stored generation.
Source: GroupCoordinator, GroupMetadata, DelayedJoin, InitialDelayedJoin, DelayedSync of Kafka 3.9; KIP-345, KIP-394.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import attrs

from zkbroker.coordinator.members import (
    NO_MEMBER,
    GroupLimits,
    Join,
    Joined,
    Member,
    Phase,
    Sync,
    Synced,
    member_of,
    selected_protocol,
    stored_error,
)
from zkbroker.coordinator.offsets import Offsets
from zkbroker.coordinator.outcome import Outcome, TimerKey, Token
from zkbroker.coordinator.records import (
    NO_TIMESTAMP,
    GroupMember,
    GroupMetadata,
    GroupRecord,
    subscribed_topics,
)
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import MalformedMessage

NEW_MEMBER_JOIN_MS: Final = 5 * 60 * 1000
"""How long a new member's JoinGroup may wait: it cannot send heartbeats yet."""

CONSUMER: Final = "consumer"  # the protocol type of consumers, whose subscriptions we can read

SESSION, PENDING, JOIN, SYNC = "session", "pending", "join", "sync"  # kinds of timers


@attrs.define(eq=False)
class Group:
    """Commands collect into an Outcome and change only who waits and who is joining; `apply` does the rest."""

    group_id: str
    limits: GroupLimits
    phase: Phase = Phase.EMPTY
    changed_ms: int = NO_TIMESTAMP  # wall clock: when the phase last changed
    protocol_type: str | None = None
    protocol: str | None = None
    generation: int = 0
    leader: str | None = None
    members: dict[str, Member] = attrs.field(factory=dict)  # in the order they joined
    pending: set[str] = attrs.field(factory=set)  # ids given out, not joined with yet
    offsets: Offsets = attrs.field(factory=Offsets)
    stored: GroupMetadata | None = None  # the last record
    _static: dict[str, str] = attrs.field(factory=dict)  # instance id -> member id
    _awaiting_sync: set[str] = attrs.field(factory=set)
    _support: Counter[str] = attrs.field(factory=Counter)  # protocol -> members that know it
    _initial_left_ms: int | None = None  # what is left of the delay of a first rebalance; None: no such one
    _someone_came: bool = False  # during that delay

    # -- the log -----------------------------------------------------------------------------------------------

    def apply(self, metadata: GroupMetadata | None) -> None:
        """Become what a record says. Nobody may be waiting to join."""
        self.stored = None if metadata is None else metadata.stored()
        self.members.clear()
        self._static.clear()
        self._support.clear()
        if metadata is None:
            self.phase, self.changed_ms = Phase.EMPTY, NO_TIMESTAMP
            self.protocol_type = self.protocol = self.leader = None
            self.generation = 0
            return
        self.protocol_type = metadata.protocol_type or None
        self.protocol, self.leader = metadata.protocol, metadata.leader
        self.generation, self.changed_ms = metadata.generation, metadata.changed_ms
        for stored in metadata.members:
            self._put(member_of(stored))
        self.phase = Phase.STABLE if self.members else Phase.EMPTY

    def loaded(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """The log was read: sessions begin anew, and a group that is too large by now sheds members."""
        if len(self.members) > self.limits.max_size:
            self._prepare_rebalance(now_ms, wall_ms, out)
        for member in self.members.values():
            self._renew_session(member, now_ms, out)

    @property
    def is_gone(self) -> bool:
        """Nothing of it is stored, and nobody is about to join."""
        return self.phase is Phase.EMPTY and self.stored is None and not self.offsets and not self.pending

    # -- joining -----------------------------------------------------------------------------------------------

    def join(self, join: Join, token: Token, now_ms: int, wall_ms: int, out: Outcome) -> None:
        if not self._has_room_for(join.member_id):
            self._remove(join.member_id, out)
            out.reply(token, Joined(ErrorCode.GROUP_MAX_SIZE_REACHED, NO_MEMBER))
        elif not self._supports(join):
            out.reply(token, Joined(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, join.member_id))
        elif join.is_new:
            self._join_new(join, token, now_ms, wall_ms, out)
        else:
            self._join_again(join, token, now_ms, wall_ms, out)
        self._maybe_complete_join(now_ms, wall_ms, out)

    def _has_room_for(self, member_id: str) -> bool:
        member = self.members.get(member_id)
        if self.phase is Phase.EMPTY:
            return True
        if self.phase is Phase.PREPARING:
            if member is not None and member.joining is not None:
                return True
            return sum(m.joining is not None for m in self.members.values()) < self.limits.max_size
        return member is not None or len(self.members) < self.limits.max_size

    def _supports(self, join: Join) -> bool:
        """Whether the group can go on with such a member: the same kind, and a protocol that everybody knows."""
        if self.phase is Phase.EMPTY:
            return bool(join.protocol_type and join.protocols)
        return self.protocol_type == join.protocol_type and any(
            self._support[name] == len(self.members) for name, _ in join.protocols
        )

    def _join_new(self, join: Join, token: Token, now_ms: int, wall_ms: int, out: Outcome) -> None:
        known = None if join.instance_id is None else self._static.get(join.instance_id)
        if known is not None:
            self._replace_static(self.members[known], join, token, now_ms, wall_ms, out)
        elif join.requires_member_id:
            self.pending.add(join.new_member_id)
            out.timers[TimerKey(PENDING, self.group_id, join.new_member_id)] = (
                now_ms + join.session_timeout_ms
            )
            out.reply(token, Joined(ErrorCode.MEMBER_ID_REQUIRED, join.new_member_id))
        else:
            self._add(join, join.new_member_id, token, now_ms, wall_ms, out)

    def _join_again(self, join: Join, token: Token, now_ms: int, wall_ms: int, out: Outcome) -> None:
        if join.member_id in self.pending and join.instance_id is None:
            out.timers[TimerKey(PENDING, self.group_id, join.member_id)] = None
            self._add(join, join.member_id, token, now_ms, wall_ms, out)
            return
        error = self._check_member(join.member_id, join.instance_id)
        if error is not ErrorCode.NONE:
            out.reply(token, Joined(error, join.member_id))
            return
        member = self.members[join.member_id]
        is_same = member.protocols == join.protocols
        if self.phase is Phase.COMPLETING and is_same:
            # It may not have received the answer to its JoinGroup: here it is again.
            out.reply(token, self._joined(member))
        elif self.phase is Phase.STABLE and is_same and self.leader != member.member_id:
            out.reply(token, self._joined(member, with_members=False))
        elif self.phase is Phase.EMPTY:
            out.reply(token, Joined(ErrorCode.UNKNOWN_MEMBER_ID, join.member_id))
        else:
            # A leader that joins again wants a rebalance: it saw something that members do not say.
            self._update(member, join, token, out)
            self._maybe_prepare_rebalance(now_ms, wall_ms, out)

    def _add(self, join: Join, member_id: str, token: Token, now_ms: int, wall_ms: int, out: Outcome) -> None:
        member = Member(
            member_id,
            join.instance_id,
            join.client_id,
            join.client_host,
            join.session_timeout_ms,
            join.rebalance_timeout_ms,
            join.protocols,
            joining=token,
            is_new=True,
        )
        self.pending.discard(member_id)
        if self.phase is Phase.PREPARING and self.generation == 0:
            self._someone_came = True
        if not self.members:
            self.protocol_type = join.protocol_type
        if self.leader is None:
            self.leader = member_id
        self._put(member)
        out.timers[TimerKey(SESSION, self.group_id, member_id)] = now_ms + NEW_MEMBER_JOIN_MS
        self._maybe_prepare_rebalance(now_ms, wall_ms, out)

    def _update(self, member: Member, join: Join, token: Token, out: Outcome) -> None:
        if member.joining is not None:  # its client gave up that request, or a second one uses its id
            out.reply(member.joining, Joined(ErrorCode.REBALANCE_IN_PROGRESS, member.member_id))
        self._support.subtract(name for name, _ in member.protocols)
        self._support.update(name for name, _ in join.protocols)
        member.protocols = join.protocols
        member.session_timeout_ms = join.session_timeout_ms
        member.rebalance_timeout_ms = join.rebalance_timeout_ms
        member.joining = token

    def _replace_static(
        self, member: Member, join: Join, token: Token, now_ms: int, wall_ms: int, out: Outcome
    ) -> None:
        """A static member came back without its id: it goes on under a new one, the old id is fenced."""
        old_id, new_id = member.member_id, join.new_member_id
        if self.phase is Phase.STABLE:
            members = tuple(
                attrs.evolve(
                    m.as_stored(),
                    member_id=new_id,
                    session_timeout_ms=join.session_timeout_ms,
                    rebalance_timeout_ms=join.rebalance_timeout_ms,
                    protocols=join.protocols,
                )
                if m is member
                else m.as_stored()
                for m in self.members.values()
            )
            if selected_protocol([m.protocols for m in members]) == self.protocol:
                self._replace_without_rebalance(member, members, join, token, now_ms, out)
                return
        self._fence(member, out)
        out.timers[TimerKey(SESSION, self.group_id, old_id)] = None
        self.members = {
            (new_id if m is member else m.member_id): m for m in self.members.values()
        }  # in its place
        member.member_id = new_id
        assert member.instance_id is not None
        self._static[member.instance_id] = new_id
        if self.leader == old_id:
            self.leader = new_id
        self._update(member, join, token, out)
        self._renew_session(member, now_ms, out)
        # In CompletingRebalance the leader may be assigning to the old id just now: that must not be waited for.
        self._maybe_prepare_rebalance(now_ms, wall_ms, out)

    def _replace_without_rebalance(
        self,
        member: Member,
        members: tuple[GroupMember, ...],
        join: Join,
        token: Token,
        now_ms: int,
        out: Outcome,
    ) -> None:
        """Everything but its id stays: one record, and no rebalance."""
        assert self.stored is not None
        old_id, new_id, old_leader = member.member_id, join.new_member_id, self.leader or ""
        leader = new_id if old_leader == old_id else old_leader
        metadata = attrs.evolve(self.stored, leader=leader, members=members)
        out.records.append(
            GroupRecord(self.group_id, metadata)
        )  # in Stable nobody waits who had to be fenced
        self._awaiting_sync.discard(old_id)
        out.timers[TimerKey(SESSION, self.group_id, old_id)] = None
        out.timers[TimerKey(SESSION, self.group_id, new_id)] = now_ms + join.session_timeout_ms
        leads = leader == new_id
        joined = Joined(
            ErrorCode.NONE, new_id, self.generation, self.protocol_type, self.protocol, old_leader
        )
        if join.may_skip_assignment:  # it may know that it leads, but not assign: nobody would ask for that
            shown = tuple((m.member_id, m.instance_id, m.metadata(self.protocol)) for m in members)
            joined = attrs.evolve(
                joined, leader=leader, skip_assignment=leads, members=shown if leads else ()
            )
        out.reply(token, joined)

        def refused(code: ErrorCode) -> Outcome:
            again = Outcome()
            again.reply(token, attrs.evolve(joined, error=stored_error(code), member_id=NO_MEMBER))
            again.timers[TimerKey(SESSION, self.group_id, new_id)] = None
            self._renew_session(member, now_ms, again)
            return again

        out.if_refused = refused

    def _fence(self, member: Member, out: Outcome) -> None:
        if member.joining is not None:
            out.reply(member.joining, Joined(ErrorCode.FENCED_INSTANCE_ID, member.member_id))
        if member.syncing is not None:
            out.reply(member.syncing, Synced(ErrorCode.FENCED_INSTANCE_ID))
        member.joining = member.syncing = None

    def _joined(self, member: Member, *, with_members: bool = True) -> Joined:
        leads = self.leader == member.member_id
        shown: tuple[tuple[str, str | None, bytes], ...] = ()
        if leads and with_members:
            shown = tuple(
                (m.member_id, m.instance_id, m.metadata(self.protocol)) for m in self.members.values()
            )
        return Joined(
            ErrorCode.NONE,
            member.member_id,
            self.generation,
            self.protocol_type,
            self.protocol,
            self.leader or "",
            members=shown,
        )

    # -- the join phase ----------------------------------------------------------------------------------------

    def _maybe_prepare_rebalance(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        if self.phase is not Phase.PREPARING:
            self._prepare_rebalance(now_ms, wall_ms, out)

    def _prepare_rebalance(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """Begin a rebalance: everybody has to join again."""
        if self.phase is Phase.COMPLETING:
            self._propagate_error(ErrorCode.REBALANCE_IN_PROGRESS, now_ms, out)
        self._awaiting_sync.clear()
        out.timers[TimerKey(SYNC, self.group_id)] = None
        if self.phase is Phase.EMPTY:  # more members than the first may be about to come
            delay = self.limits.initial_delay_ms
            self._initial_left_ms = max(self._rebalance_timeout_ms() - delay, 0)
            self._someone_came = False
            wait_ms = delay
        else:
            self._initial_left_ms = None
            wait_ms = self._rebalance_timeout_ms()
        self._enter(Phase.PREPARING, wall_ms)
        out.timers[TimerKey(JOIN, self.group_id)] = now_ms + wait_ms
        self._maybe_complete_join(now_ms, wall_ms, out)

    def _maybe_complete_join(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        if (
            self.phase is Phase.PREPARING
            and self._initial_left_ms is None
            and not self.pending
            and all(member.joining is not None for member in self.members.values())
        ):
            self._complete_join(now_ms, wall_ms, out)

    def join_timed_out(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """The delay of a first rebalance, or the time members had to join again, is over."""
        if self.phase is not Phase.PREPARING:
            return
        if self._initial_left_ms is not None and self._someone_came and self._initial_left_ms:
            self._someone_came = False
            delay = min(self.limits.initial_delay_ms, self._initial_left_ms)
            self._initial_left_ms -= delay
            out.timers[TimerKey(JOIN, self.group_id)] = now_ms + delay
        else:
            self._complete_join(now_ms, wall_ms, out)

    def _complete_join(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """Those who joined make the next generation; static members stay in it whether they joined or not."""
        for member in list(self.members.values()):
            if member.joining is None and not member.is_static:
                self._remove(member.member_id, out)
        joined = [member for member in self.members.values() if member.joining is not None]
        if self.members and not joined:
            # Only static members that are away: until their sessions end there is nobody to lead.
            self._initial_left_ms = None
            out.timers[TimerKey(JOIN, self.group_id)] = now_ms + self._rebalance_timeout_ms()
            return
        out.timers[TimerKey(JOIN, self.group_id)] = None
        self._initial_left_ms = None
        self.generation += 1
        if not self.members:
            self.protocol = None
            self._enter(Phase.EMPTY, wall_ms)
            empty = GroupMetadata(self.protocol_type or "", self.generation, None, None, wall_ms)
            out.records.append(GroupRecord(self.group_id, empty))
            # Should it be refused: the generation before it counts again after a failover, and its members are gone.
            out.if_refused = lambda code: Outcome(replies=out.replies, timers=out.timers)
            return
        if self.leader not in {member.member_id for member in joined}:
            self.leader = joined[0].member_id
        self.protocol = selected_protocol([member.protocols for member in self.members.values()])
        self._enter(Phase.COMPLETING, wall_ms)
        for member in self.members.values():
            if member.joining is not None:
                out.reply(member.joining, self._joined(member))
            member.joining = None
            member.is_new = False
            self._renew_session(member, now_ms, out)
            self._awaiting_sync.add(member.member_id)
        out.timers[TimerKey(SYNC, self.group_id)] = now_ms + self._rebalance_timeout_ms()

    # -- the sync phase ----------------------------------------------------------------------------------------

    def sync(self, sync: Sync, token: Token, now_ms: int, wall_ms: int, out: Outcome) -> None:
        error = self._check_member(sync.member_id, sync.instance_id)
        if error is ErrorCode.NONE:
            if sync.generation != self.generation:
                error = ErrorCode.ILLEGAL_GENERATION
            elif sync.protocol_type not in (None, self.protocol_type) or sync.protocol not in (
                None,
                self.protocol,
            ):
                error = ErrorCode.INCONSISTENT_GROUP_PROTOCOL
            elif self.phase is Phase.EMPTY:
                error = ErrorCode.UNKNOWN_MEMBER_ID
            elif self.phase is Phase.PREPARING:
                error = ErrorCode.REBALANCE_IN_PROGRESS
        if error is not ErrorCode.NONE:
            out.reply(token, Synced(error))
            return
        member = self.members[sync.member_id]
        self._awaiting_sync.discard(member.member_id)
        if not self._awaiting_sync:
            out.timers[TimerKey(SYNC, self.group_id)] = None
        if self.phase is Phase.STABLE:
            out.reply(token, self._synced(member.assignment))
            self._renew_session(member, now_ms, out)
            return
        if member.syncing is not None:
            out.reply(member.syncing, Synced(ErrorCode.REBALANCE_IN_PROGRESS))
        member.syncing = token
        if member.member_id == self.leader:
            self._store_assignment(sync.assignments, now_ms, wall_ms, out)

    def _synced(self, assignment: bytes) -> Synced:
        return Synced(ErrorCode.NONE, self.protocol_type, self.protocol, assignment)

    def _store_assignment(
        self, assignments: Mapping[str, bytes], now_ms: int, wall_ms: int, out: Outcome
    ) -> None:
        """The leader has assigned: once that is stored, whoever waits gets its share and the group is stable."""
        metadata = GroupMetadata(
            protocol_type=self.protocol_type or "",
            generation=self.generation,
            protocol=self.protocol,
            leader=self.leader,
            changed_ms=wall_ms,
            members=tuple(m.as_stored(assignments.get(m.member_id, b"")) for m in self.members.values()),
        )
        out.records.append(GroupRecord(self.group_id, metadata))
        waiting: list[Token] = []
        for member in self.members.values():
            if member.syncing is not None:
                waiting.append(member.syncing)
                out.reply(member.syncing, self._synced(assignments.get(member.member_id, b"")))
                member.syncing = None
                self._renew_session(member, now_ms, out)

        def refused(code: ErrorCode) -> Outcome:
            again = Outcome(timers=dict(out.timers))
            for token in waiting:
                again.reply(token, Synced(stored_error(code)))
            self._prepare_rebalance(now_ms, wall_ms, again)
            return again

        out.if_refused = refused

    def _propagate_error(self, error: ErrorCode, now_ms: int, out: Outcome) -> None:
        for member in self.members.values():
            member.assignment = b""
            if member.syncing is not None:
                out.reply(member.syncing, Synced(error))
                member.syncing = None
                self._renew_session(member, now_ms, out)

    def sync_timed_out(self, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """Members that took no part in the sync phase in time are dropped."""
        if self._awaiting_sync and self.phase in (Phase.COMPLETING, Phase.STABLE):
            for member_id in list(self._awaiting_sync):
                self._remove(member_id, out)
            self._prepare_rebalance(now_ms, wall_ms, out)

    # -- staying and leaving -----------------------------------------------------------------------------------

    def heartbeat(
        self, member_id: str, instance_id: str | None, generation: int, now_ms: int, out: Outcome
    ) -> ErrorCode:
        error = self._check_member(member_id, instance_id)
        if error is not ErrorCode.NONE:
            return error
        if generation != self.generation:
            return ErrorCode.ILLEGAL_GENERATION
        if self.phase is Phase.EMPTY:
            return ErrorCode.UNKNOWN_MEMBER_ID
        self._renew_session(self.members[member_id], now_ms, out)
        return ErrorCode.REBALANCE_IN_PROGRESS if self.phase is Phase.PREPARING else ErrorCode.NONE

    def leave(
        self, member_id: str, instance_id: str | None, now_ms: int, wall_ms: int, out: Outcome
    ) -> ErrorCode:
        """One member leaves; an administrator may name a static one by its instance id alone."""
        if member_id == NO_MEMBER:
            known = None if instance_id is None else self._static.get(instance_id)
            if known is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            member_id = known
        elif member_id in self.pending:
            self._forget_pending(member_id, now_ms, wall_ms, out)
            return ErrorCode.NONE
        else:
            error = self._check_member(member_id, instance_id)
            if error is not ErrorCode.NONE:
                return error
        self._drop(member_id, now_ms, wall_ms, out)
        return ErrorCode.NONE

    def session_timed_out(self, member_id: str, now_ms: int, wall_ms: int, out: Outcome) -> bool:
        """No word from a member in its session timeout; returns whether it was dropped."""
        member = self.members.get(member_id)
        if member is None:
            return False
        if not member.is_new and (member.joining is not None or member.syncing is not None):
            return False  # it waits for us; its session begins again with our answer
        self._drop(member_id, now_ms, wall_ms, out)
        return True

    def pending_timed_out(self, member_id: str, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """A member got its id and did not come back with it."""
        if member_id in self.pending:
            self._forget_pending(member_id, now_ms, wall_ms, out)

    def _forget_pending(self, member_id: str, now_ms: int, wall_ms: int, out: Outcome) -> None:
        self.pending.discard(member_id)
        out.timers[TimerKey(PENDING, self.group_id, member_id)] = None
        self._maybe_complete_join(now_ms, wall_ms, out)

    def _drop(self, member_id: str, now_ms: int, wall_ms: int, out: Outcome) -> None:
        """Without that member, the rest needs another assignment."""
        self._remove(member_id, out)
        if self.phase is Phase.PREPARING:
            self._maybe_complete_join(now_ms, wall_ms, out)
        elif self.phase is not Phase.EMPTY:
            self._prepare_rebalance(now_ms, wall_ms, out)

    def _remove(self, member_id: str, out: Outcome) -> None:
        self.pending.discard(member_id)
        self._awaiting_sync.discard(member_id)
        member = self.members.pop(member_id, None)
        if member is None:
            return
        if member.joining is not None:
            out.reply(member.joining, Joined(ErrorCode.UNKNOWN_MEMBER_ID, NO_MEMBER))
        if member.syncing is not None:
            out.reply(member.syncing, Synced(ErrorCode.UNKNOWN_MEMBER_ID))
        out.timers[TimerKey(SESSION, self.group_id, member_id)] = None
        self._support.subtract(name for name, _ in member.protocols)
        if member.instance_id is not None:
            self._static.pop(member.instance_id, None)
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)

    # -- questions ---------------------------------------------------------------------------------------------

    def check_commit(
        self, member_id: str, instance_id: str | None, generation: int, *, transactional: bool
    ) -> ErrorCode:
        """Whether it may commit offsets. A generation of -1 is no member: a simple consumer, or an administrator."""
        if generation < 0 and self.phase is Phase.EMPTY:
            return ErrorCode.NONE
        if generation >= 0 or member_id != NO_MEMBER or instance_id is not None:
            error = self._check_member(member_id, instance_id)
            if error is ErrorCode.NONE and generation != self.generation:
                return ErrorCode.ILLEGAL_GENERATION
            if error is ErrorCode.NONE and not transactional and self.phase is Phase.COMPLETING:
                return ErrorCode.REBALANCE_IN_PROGRESS
            return error
        # Transactional commits of old producers say nothing of a member.
        return ErrorCode.NONE if transactional else ErrorCode.UNKNOWN_MEMBER_ID

    def saw(self, member_id: str, now_ms: int, out: Outcome) -> None:
        """A member's commit counts as a heartbeat."""
        member = self.members.get(member_id)
        if member is not None:
            self._renew_session(member, now_ms, out)

    def subscribed_topics(self) -> frozenset[str] | None:
        """What the members of a consumer group read; None where that is unknown."""
        if self.protocol_type != CONSUMER:
            return None
        if not self.members:
            return frozenset()
        if self.protocol is None:
            return None
        topics: set[str] = set()
        for member in self.members.values():
            try:
                topics |= subscribed_topics(member.metadata(self.protocol))
            except MalformedMessage:
                return None
        return frozenset(topics)

    def _check_member(self, member_id: str, instance_id: str | None) -> ErrorCode:
        if instance_id is not None:
            known = self._static.get(instance_id)
            if known is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            if known != member_id:
                return ErrorCode.FENCED_INSTANCE_ID
        return ErrorCode.NONE if member_id in self.members else ErrorCode.UNKNOWN_MEMBER_ID

    # -- small parts -------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, wall_ms: int) -> None:
        self.phase, self.changed_ms = phase, wall_ms

    def _put(self, member: Member) -> None:
        self.members[member.member_id] = member
        self._support.update(name for name, _ in member.protocols)
        if member.instance_id is not None:
            self._static[member.instance_id] = member.member_id

    def _renew_session(self, member: Member, now_ms: int, out: Outcome) -> None:
        key = TimerKey(SESSION, self.group_id, member.member_id)
        out.timers[key] = now_ms + member.session_timeout_ms

    def _rebalance_timeout_ms(self) -> int:
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)
