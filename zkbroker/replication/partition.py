"""One partition replica on this broker: its role, high watermark, ISR and what it knows of its followers.

Every change is a sync method, so it is atomic among tasks. Epochs are checked by the receiver: requests carry the
leader epoch their sender believes in, LeaderAndIsr carries a newer one or is ignored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum

import attrs

from zkbroker.changed import Changed
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import (
    HighWatermarkMoved,
    IsrChanged,
    IsrProposed,
    IsrRefused,
    LogRestarted,
)
from zkbroker.model import (
    NO_LEADER,
    NO_TOPIC_ID,
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    TopicId,
    TopicPartition,
)
from zkbroker.replication import isr as isr_rules
from zkbroker.replication import reports
from zkbroker.replication.interest import Interest
from zkbroker.replication.isr import UNKNOWN_OFFSET, FollowerProgress, Isr, IsrProposal, Pulse
from zkbroker.replication.surroundings import Surroundings
from zkbroker.storage.appends import AppendOrigin, LogAppendInfo
from zkbroker.storage.log import Log
from zkbroker.storage.producer_state import Verification
from zkbroker.storage.validation import Admitted

log = logging.getLogger(__name__)

ALL_COMMITTED = -1
"""Where DeleteRecords names an offset: up to the high watermark."""
NOT_ASSIGNED = ReplicaAssignment(())
NO_ISR = Isr()


class Role(Enum):
    NONE = "none"
    LEADER = "leader"
    FOLLOWER = "follower"


@attrs.define(eq=False)
class Partition:
    """A partition hosted here. Only mutator of its role, ISR and high watermark: its own sync methods."""

    tp: TopicPartition
    log: Log
    _here: Surroundings
    topic_id: TopicId = NO_TOPIC_ID
    role: Role = Role.NONE
    leader: int = NO_LEADER
    leader_epoch: int = -1
    partition_epoch: int = -1
    controller_epoch: int = -1
    assignment: ReplicaAssignment = NOT_ASSIGNED
    isr: Isr = NO_ISR
    followers: dict[int, FollowerProgress] = attrs.field(factory=dict)
    epoch_start_offset: int = UNKNOWN_OFFSET  # our log end when this leader epoch began
    term: int = 0  # counts unbroken times as leader
    is_recovering: bool = False  # the leader was elected from outside the ISR, as the controller last said
    high_watermark_moved: Changed = attrs.field(factory=Changed)
    role_moved: Changed = attrs.field(factory=Changed)
    _interests: dict[Interest, None] = attrs.field(factory=dict)

    # -- what others see ---------------------------------------------------------------------------------------

    @property
    def is_leader(self) -> bool:
        return self.role is Role.LEADER

    @property
    def high_watermark(self) -> int:
        return self.log.high_watermark

    @property
    def effective_min_isr(self) -> int:
        """min.insync.replicas, but never more than there are replicas."""
        return min(self.log.config.min_insync_replicas, len(self.followers) + 1)

    @property
    def is_under_replicated(self) -> bool:
        return self.is_leader and len(self.isr.committed) < len(self.assignment.replicas)

    def require_leader(self) -> None:
        """Raises: NOT_LEADER_OR_FOLLOWER."""
        if self.role is not Role.LEADER:
            raise KafkaError(
                ErrorCode.NOT_LEADER_OR_FOLLOWER,
                f"{self.tp}: this broker is not the leader, broker {self.leader} is",
            )

    def require_epoch(self, current_leader_epoch: int) -> None:
        """Compare the epoch a client believes in with ours; -1 skips. Source: KIP-320.

        Raises: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
        """
        if current_leader_epoch == -1 or current_leader_epoch == self.leader_epoch:
            return
        if current_leader_epoch < self.leader_epoch:
            raise KafkaError(
                ErrorCode.FENCED_LEADER_EPOCH,
                f"{self.tp}: leader epoch {current_leader_epoch} is over, ours is {self.leader_epoch}",
            )
        raise KafkaError(
            ErrorCode.UNKNOWN_LEADER_EPOCH,
            f"{self.tp}: leader epoch {current_leader_epoch} is not known here yet, ours is {self.leader_epoch}",
        )

    # -- roles -------------------------------------------------------------------------------------------------

    def _take_state(self, state: LeaderAndIsr, assignment: ReplicaAssignment) -> None:
        self.leader = state.leader
        self.leader_epoch = state.leader_epoch
        self.partition_epoch = state.partition_epoch
        self.controller_epoch = state.controller_epoch
        self.is_recovering = state.recovery_state is LeaderRecoveryState.RECOVERING
        self.assignment = assignment

    def become_leader(self, state: LeaderAndIsr, assignment: ReplicaAssignment) -> bool:
        """Lead under a newer epoch; returns whether this broker did not lead before.

        The start of the epoch is noted in the log even without data: followers truncate by it.
        """
        is_new = self.role is not Role.LEADER
        self.log.maybe_assign_leader_epoch(state.leader_epoch)
        now_ms, end = self._here.now_ms(), self.log.log_end_offset
        self._take_state(state, assignment)
        self.isr = Isr(state.isr)
        self.epoch_start_offset = end
        before = {} if is_new else self.followers
        self.followers = {}
        for broker_id in assignment.replicas:
            if broker_id == self._here.broker_id:
                continue
            in_sync = broker_id in state.isr
            progress = before.get(broker_id) or FollowerProgress()
            progress.last_caught_up_ms = now_ms if in_sync else 0
            progress.last_fetch_ms = now_ms if in_sync and not is_new else 0
            progress.pulse = None  # under the new epoch a follower names the partition again, if it is there
            if not is_new:
                progress.leader_end_at_last_fetch = end
            self.followers[broker_id] = progress
        self.role = Role.LEADER
        if is_new:
            self.term += 1
            reports.leadership_taken(self._here, self, end)
        self._role_has_moved()
        self.maybe_advance_high_watermark()
        return is_new

    def become_follower(self, state: LeaderAndIsr, assignment: ReplicaAssignment) -> bool:
        """Follow under a newer epoch; returns whether the leader or the epoch is another than before."""
        moved = self.role is not Role.FOLLOWER or (self.leader, self.leader_epoch) != (
            state.leader,
            state.leader_epoch,
        )
        self._take_state(state, assignment)
        self._leave_leadership(Role.FOLLOWER)
        if moved:
            reports.following_begun(self._here, self)
        return moved

    def stop(self) -> None:
        """This broker no longer serves the partition (StopReplica, or its directory failed)."""
        self._leave_leadership(Role.NONE)

    def _leave_leadership(self, role: Role) -> None:
        self.role = role
        self.isr = NO_ISR
        self.followers = {}
        self.epoch_start_offset = UNKNOWN_OFFSET
        self._role_has_moved()

    def _role_has_moved(self) -> None:
        self.role_moved.notify()
        self.high_watermark_moved.notify()  # those who wait for it must look at the role again
        self._here.low_watermarks_moved.notify()
        for interest in self._interests:
            interest.mark(self.tp, wake=True)

    # -- fetches that wait -------------------------------------------------------------------------------------

    def watch(self, interest: Interest) -> None:
        self._interests[interest] = None

    def unwatch(self, interest: Interest) -> None:
        self._interests.pop(interest, None)

    def _end_has_moved(self) -> None:
        for interest in self._interests:
            if interest.reads_to_end:
                interest.mark(self.tp, wake=True)

    def _high_watermark_has_moved(self) -> None:
        self.high_watermark_moved.notify()
        for interest in self._interests:
            interest.mark(self.tp, wake=not interest.reads_to_end)

    def log_start_has_moved(self) -> None:
        """The log start offset rose (retention, DeleteRecords): fetch sessions tell their clients."""
        for interest in self._interests:
            interest.mark(self.tp, wake=False)
        self._here.low_watermarks_moved.notify()

    # -- leading -----------------------------------------------------------------------------------------------

    def append(
        self,
        records: memoryview,
        *,
        acks: int,
        origin: AppendOrigin = AppendOrigin.CLIENT,
        verification: Verification | None = None,
        admitted: Admitted | None = None,
    ) -> LogAppendInfo:
        """Append a batch as leader: one sync step, all of it or nothing. `admitted`: what was checked of it ahead.

        Raises: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, and what Log.append_as_leader raises.
        """
        self.require_leader()
        if acks == -1 and len(self.isr.committed) < self.effective_min_isr:
            raise KafkaError(
                ErrorCode.NOT_ENOUGH_REPLICAS,
                f"{self.tp}: the in-sync replicas {list(self.isr.committed)} are fewer than "
                f"min.insync.replicas {self.effective_min_isr}",
            )
        end = self.log.log_end_offset
        appended = self.log.append_as_leader(
            records,
            leader_epoch=self.leader_epoch,
            wall_ms=self._here.wall_ms(),
            origin=origin,
            verification=verification,
            admitted=admitted,
        )
        if not appended.duplicate:
            for follower in self.followers.values():
                follower.leader_appends(end)
            self._end_has_moved()
            self.maybe_advance_high_watermark()
        return appended

    def delete_records(self, offset: int) -> int:
        """Make what lies below `offset` unreadable here, -1 meaning all that is committed; returns the offset meant.

        Followers do the same once they hear of it. Raises: NOT_LEADER_OR_FOLLOWER, POLICY_VIOLATION for a topic
        whose cleanup.policy has no delete, OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR. Source: KIP-107.
        """
        self.require_leader()
        if not self.log.config.deletes_old_segments:
            raise KafkaError(
                ErrorCode.POLICY_VIOLATION,
                f"{self.tp}: records of a topic without cleanup.policy delete cannot be deleted",
            )
        target = self.log.high_watermark if offset == ALL_COMMITTED else offset
        if target < 0:
            raise KafkaError(ErrorCode.OFFSET_OUT_OF_RANGE, f"{self.tp}: there is no offset {offset}")
        self.log.maybe_raise_log_start_offset(target)
        return target

    def low_watermark(self) -> int:
        """Where the log begins on every live replica. Raises: NOT_LEADER_OR_FOLLOWER."""
        self.require_leader()
        return isr_rules.low_watermark(self.log.log_start_offset, self.followers.items(), self._here.is_alive)

    def begin_verification(self, producer_id: int, epoch: int, base_sequence: int) -> Verification | None:
        """What a transactional batch must bring along; None if its transaction is open here. Source: KIP-890.

        Raises: NOT_LEADER_OR_FOLLOWER.
        """
        self.require_leader()
        return self.log.begin_verification(producer_id, epoch, base_sequence, self._here.wall_ms())

    def maybe_advance_high_watermark(self) -> bool:
        """Recompute it after an append, a follower's progress or an ISR change; returns whether it moved."""
        if self.role is not Role.LEADER:
            return False
        end = self.log.log_end_offset
        if self.followers:
            target = isr_rules.high_watermark(
                end,
                self.followers.items(),
                self.isr,
                effective_min_isr=self.effective_min_isr,
                is_eligible=self._here.is_alive,
                now_ms=self._here.now_ms(),
                max_lag_ms=self._here.max_lag_ms(),
            )
        else:
            target = end if self.isr.committed else None
        if target is None or target <= self.log.high_watermark:
            return False
        self._move_high_watermark(target)
        return True

    def _move_high_watermark(self, target: int) -> None:
        before = self.log.high_watermark
        self.log.update_high_watermark(target)
        if self._here.events.is_heard:
            moved = HighWatermarkMoved(self.tp, before, target, self.leader_epoch, self.is_leader)
            self._here.events.emit(moved)
        self._high_watermark_has_moved()

    def require_term(self, term: int) -> None:
        """Another leader's high watermark proves nothing about what this one appended.

        Raises: NOT_LEADER_OR_FOLLOWER.
        """
        if self.role is not Role.LEADER or self.term != term:
            raise KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, f"{self.tp}: leadership moved while waiting")

    async def wait_replicated(self, offset: int, term: int) -> None:
        """Wait until every record below `offset` is on all in-sync replicas.

        Cancelling stops the wait, not the replication.
        Raises: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS_AFTER_APPEND.
        """
        while True:
            self.require_term(term)
            if self.log.high_watermark >= offset:
                break
            await self.high_watermark_moved.wait()
        if len(self.isr.maximal) < self.effective_min_isr:
            raise KafkaError(
                ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                f"{self.tp}: written, but the in-sync replicas shrank below min.insync.replicas",
            )

    # -- followers, seen from the leader -----------------------------------------------------------------------

    def require_follower(self, broker_id: int, *, with_epoch: bool) -> FollowerProgress:
        """Raises: UNKNOWN_LEADER_EPOCH (NOT_LEADER_OR_FOLLOWER for old versions) for one not assigned here."""
        progress = self.followers.get(broker_id)
        if progress is None:
            raise KafkaError(
                ErrorCode.UNKNOWN_LEADER_EPOCH if with_epoch else ErrorCode.NOT_LEADER_OR_FOLLOWER,
                f"{self.tp}: broker {broker_id} is not among the replicas {list(self.assignment.replicas)}",
            )
        return progress

    def record_follower_fetch(
        self, broker_id: int, offset: int, log_start_offset: int, pulse: Pulse | None = None
    ) -> None:
        """A follower asked for `offset`: note it, maybe let it join the ISR, maybe move the high watermark."""
        progress = self.followers.get(broker_id)
        if progress is None:
            return
        before = progress.log_end_offset
        progress.pulse = pulse
        if log_start_offset != progress.log_start_offset:
            self._here.low_watermarks_moved.notify()
        progress.record_fetch(offset, log_start_offset, self.log.log_end_offset, self._here.now_ms())
        if self._may_join(broker_id, progress):
            self._propose((*self.isr.committed, broker_id))
        if before != offset:
            self.maybe_advance_high_watermark()

    def maybe_expand_isr(self) -> bool:
        """Propose a follower that may join although it fetched nothing new; returns whether it did.

        A fetch session does not name an idle partition again, so a follower that could not join at its last fetch
        (not yet known to be alive, or refused by the controller) would stay outside until somebody produces. Only a
        session that lives counts: who has restarted since may have lost what it had, and must fetch first.
        """
        if self.role is not Role.LEADER or self.isr.is_in_doubt or not self.is_under_replicated:
            return False
        # One that was about to join holds the high watermark back, until it has died or its time is over.
        self.maybe_advance_high_watermark()
        now_ms = self._here.now_ms()
        for broker_id, progress in self.followers.items():
            pulse = progress.pulse
            if pulse is None or now_ms - pulse.last_fetch_ms > self._here.max_lag_ms():
                continue
            if self._may_join(broker_id, progress):
                self._propose((*self.isr.committed, broker_id))
                return True
        return False

    def _may_join(self, broker_id: int, progress: FollowerProgress) -> bool:
        return isr_rules.should_join(
            broker_id,
            progress,
            self.isr,
            high_watermark=self.log.high_watermark,
            epoch_start_offset=self.epoch_start_offset,
            is_eligible=self._here.is_alive,
        )

    def forget_pulse(self, pulse: Pulse) -> None:
        """That fetch session has ended, or no longer contains this partition."""
        for progress in self.followers.values():
            if progress.pulse is pulse:
                progress.pulse = None

    def maybe_shrink_isr(self) -> bool:
        """Propose to drop members that fell behind; returns whether it did."""
        if self.role is not Role.LEADER:
            return False
        gone = isr_rules.out_of_sync(
            self._here.broker_id,
            self.followers.items(),
            self.isr,
            log_end_offset=self.log.log_end_offset,
            now_ms=self._here.now_ms(),
            max_lag_ms=self._here.max_lag_ms(),
        )
        if not gone:
            return False
        log.info(
            "%s: in-sync replicas shrink from %s without %s (log end %d, high watermark %d, behind: %s)",
            self.tp,
            list(self.isr.committed),
            sorted(gone),
            self.log.log_end_offset,
            self.log.high_watermark,
            {b: self.followers[b].log_end_offset for b in sorted(gone) if b in self.followers},
        )
        self._propose(tuple(b for b in self.isr.committed if b not in gone))
        return True

    def _propose(self, new_isr: tuple[int, ...]) -> None:
        self.isr = Isr(self.isr.committed, new_isr)
        self._here.events.emit(IsrProposed(self.tp, new_isr, self.leader_epoch, self.partition_epoch))
        self._here.propose_isr(
            IsrProposal(self.tp, self.topic_id, new_isr, self.leader_epoch, self.partition_epoch)
        )

    def isr_accepted(self, proposal: IsrProposal, state: LeaderAndIsr) -> None:
        """The controller stored an ISR for our proposal (or had a newer one already)."""
        if self._is_stale(proposal) or state.leader_epoch != self.leader_epoch:
            return
        if state.partition_epoch < self.partition_epoch:
            return
        self.isr = Isr(state.isr)
        self.partition_epoch = state.partition_epoch
        if self.is_recovering and state.recovery_state is LeaderRecoveryState.RECOVERED:
            self.is_recovering = False
            self._here.recovered(self)
        log.info("%s: in-sync replicas are now %s", self.tp, list(state.isr))
        self._here.events.emit(IsrChanged(self.tp, state.isr, self.leader_epoch, self.partition_epoch))
        self.maybe_advance_high_watermark()
        # An acks=all produce may wait for a high watermark that moved while a shrink was in doubt.
        self.high_watermark_moved.notify()

    def isr_refused(self, proposal: IsrProposal, code: ErrorCode) -> bool:
        """The controller refused our proposal; returns whether to send it again.

        Source: Partition.scala handleAlterPartitionError.
        """
        if self._is_stale(proposal):
            return False
        self._here.events.emit(IsrRefused(self.tp, proposal.new_isr, code.name))
        if code in (ErrorCode.OPERATION_NOT_ATTEMPTED, ErrorCode.INELIGIBLE_REPLICA):
            log.info("%s: ISR %s was refused (%s)", self.tp, list(proposal.new_isr), code.name)
            self.isr = Isr(self.isr.committed)
            self.maybe_advance_high_watermark()  # it waited for the member that does not join
            return False
        if code in _GIVE_UP:
            # Our view is out of date: a LeaderAndIsr with the truth is on its way and ends the doubt.
            log.info("%s: ISR %s was refused (%s)", self.tp, list(proposal.new_isr), code.name)
            return False
        return True

    def _is_stale(self, proposal: IsrProposal) -> bool:
        return (
            self.role is not Role.LEADER
            or self.isr.proposed != proposal.new_isr
            or self.leader_epoch != proposal.leader_epoch
            or self.partition_epoch != proposal.partition_epoch
        )

    # -- following ---------------------------------------------------------------------------------------------

    def append_from_leader(
        self, records: memoryview, *, leader_high_watermark: int, leader_log_start_offset: int
    ) -> None:
        """Append what the leader sent, verbatim, and take its high watermark and log start.

        Raises: CORRUPT_MESSAGE, KAFKA_STORAGE_ERROR.
        """
        if len(records):
            self.log.append_as_follower(records, wall_ms=self._here.wall_ms())
            self._end_has_moved()
        high_watermark = max(self.log.log_start_offset, min(leader_high_watermark, self.log.log_end_offset))
        if high_watermark != self.log.high_watermark:
            self._move_high_watermark(high_watermark)
        if leader_log_start_offset > self.log.log_start_offset:
            self.log.maybe_raise_log_start_offset(leader_log_start_offset)

    def truncate(self, offset: int) -> None:
        """Drop what the leader does not have, from `offset` on."""
        end, high_watermark = self.log.log_end_offset, self.log.high_watermark
        if offset >= end:
            self.log.truncate_to(end)  # forgets an epoch in which nothing was written
            return
        records, first_epoch = self.log.counted_from(offset)
        self.log.truncate_to(offset)
        reports.truncated(self._here, self, end, high_watermark, records, first_epoch)

    def restart_at(self, offset: int) -> None:
        """The leader's log begins beyond our end: drop everything and start there."""
        before = self.log
        epoch = before.latest_epoch()
        restarted = LogRestarted(
            self.tp,
            before.log_end_offset,
            offset,
            before.log_start_offset,
            before.high_watermark,
            -1 if epoch is None else epoch,
            self.leader_epoch,
        )
        self.log.truncate_fully_and_start_at(offset)
        reports.restarted(self._here, self, restarted)

    def statistics(self) -> Mapping[str, int | str | list[int]]:
        return {
            "role": self.role.value,
            "leader": self.leader,
            "leader_epoch": self.leader_epoch,
            "isr": list(self.isr.committed),
            "log_start_offset": self.log.log_start_offset,
            "high_watermark": self.log.high_watermark,
            "log_end_offset": self.log.log_end_offset,
        }


_GIVE_UP = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.FENCED_LEADER_EPOCH,
        ErrorCode.INVALID_UPDATE_VERSION,
        ErrorCode.INVALID_REQUEST,
    }
)
