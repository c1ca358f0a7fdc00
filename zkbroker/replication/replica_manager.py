"""Hosts this broker's partitions: applies what the controller decided, keeps followers fetching, ISRs honest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from zkbroker.config import TopicConfig
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import ControlRequestApplied, ReplicaStopped, set_cause
from zkbroker.model import (
    EPOCH_DURING_DELETION,
    NO_EPOCH,
    NO_TOPIC_ID,
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    TopicId,
    TopicPartition,
)
from zkbroker.protocol.generated.leader_and_isr_request import (
    LeaderAndIsrPartitionState,
    LeaderAndIsrRequest,
)
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.replication.fetcher import ReplicaFetchers
from zkbroker.replication.interest import Interest
from zkbroker.replication.partition import Partition, Role
from zkbroker.replication.surroundings import Surroundings
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogManager

log = logging.getLogger(__name__)

EXPAND_EVERY_S = 1.0
EXPECT_MS = 1_000
"""How long after we begin to lead partitions their followers are expected to ask for them."""


@attrs.frozen
class RolesApplied:
    """What one control request changed. The coordinators learn from it which partitions they own."""

    errors: Mapping[TopicPartition, ErrorCode]  # one entry per partition of the request
    leaders: tuple[Partition, ...] = ()  # now led here: newly, or under a newer epoch
    followers: tuple[Partition, ...] = ()  # now followed here
    stopped: tuple[TopicPartition, ...] = ()  # no longer served here
    topic_ids: Mapping[str, TopicId] = attrs.field(factory=dict)


@attrs.frozen
class ReplicaStatistics:
    partitions: int
    leaders: int
    under_replicated: int
    under_min_isr: int
    offline: int


@attrs.define(eq=False)
class ReplicaManager:
    """The hosted partitions. Only mutators of the hosting: `apply_leader_and_isr`, `stop_replica`, `dir_failed`."""

    logs: LogManager
    fetchers: ReplicaFetchers
    topic_config: Callable[[str], TopicConfig]
    _here: Surroundings
    partitions: dict[TopicPartition, Partition] = attrs.field(factory=dict)
    offline: dict[TopicPartition, Path] = attrs.field(factory=dict)  # in a failed directory
    controller_epoch: int = 0  # the highest seen in any control request
    has_applied: bool = False  # a LeaderAndIsr came: from now on our high watermarks are worth keeping
    _checkpointed: dict[TopicPartition, int] = attrs.field(factory=dict)
    _expected: dict[int, int] = attrs.field(factory=dict)  # follower -> until then (ms)
    _waiting: dict[Interest, int] = attrs.field(factory=dict)  # fetches of followers that wait, and whose

    def load_high_watermarks(self) -> None:
        """Remember the high watermarks of the last run, for partitions yet to be hosted."""
        self._checkpointed = self.logs.read_high_watermarks()

    # -- what the controller says ------------------------------------------------------------------------------

    def take_controller_epoch(self, controller_epoch: int) -> None:
        """Raises: STALE_CONTROLLER_EPOCH for a controller that has been replaced."""
        if controller_epoch < self.controller_epoch:
            raise KafkaError(
                ErrorCode.STALE_CONTROLLER_EPOCH,
                f"controller epoch {controller_epoch} is over, {self.controller_epoch} reigns",
            )
        self.controller_epoch = controller_epoch

    def apply_leader_and_isr(self, request: LeaderAndIsrRequest) -> RolesApplied:
        """Become leader or follower as told, partition by partition; one sync step.

        A partition whose leader epoch is not newer than ours is left alone. Source: ReplicaManager.scala
        becomeLeaderOrFollower.
        """
        errors: dict[TopicPartition, ErrorCode] = {}
        leaders: list[Partition] = []
        followers: list[Partition] = []
        topic_ids: dict[str, TopicId] = {}
        begun: list[Partition] = []  # led here, and not before
        for name, topic_id, states in _states_by_topic(request):
            topic_ids[name] = topic_id
            for state in states:
                tp = TopicPartition(name, state.partition_index)
                led = (known := self.partitions.get(tp)) is not None and known.is_leader
                try:
                    partition = self._apply_state(tp, topic_id, state)
                except KafkaError as error:
                    if error.code is not ErrorCode.STALE_CONTROLLER_EPOCH:
                        log.warning("%s: LeaderAndIsr was not applied: %s", tp, error)
                    errors[tp] = error.code
                    continue
                errors[tp] = ErrorCode.NONE
                if partition is not None:
                    (leaders if partition.is_leader else followers).append(partition)
                    if partition.is_leader and not led:
                        begun.append(partition)
        self.fetchers.end_idle()
        self._expect_followers(begun)
        self.has_applied = True
        self._here.events.emit(
            ControlRequestApplied(
                "LeaderAndIsr", request.controller_id, request.controller_epoch, len(leaders) + len(followers)
            )
        )
        return RolesApplied(errors, tuple(leaders), tuple(followers), (), topic_ids)

    def _expect_followers(self, begun: Iterable[Partition]) -> None:
        """These partitions are led here from now on: their followers are to ask for them without delay.

        A follower has one fetch at a time under way to us, which does not name these partitions yet, and may wait
        for half a second for records of others. So it is answered now, and what it sends meanwhile soon.
        """
        here = self._here
        followers = {b for partition in begun for b in partition.followers}
        self._expected |= dict.fromkeys(followers, here.now_ms() + EXPECT_MS)
        for interest, follower in self._waiting.items():
            if follower in followers:
                interest.moved.notify()

    def expects(self, follower: int) -> bool:
        """Whether this follower should ask for more partitions any moment: it must not wait long for records."""
        until_ms = self._expected.get(follower)
        if until_ms is None:
            return False
        if self._here.now_ms() < until_ms:
            return True
        del self._expected[follower]
        return False

    @contextmanager
    def waiting(self, follower: int, interest: Interest) -> Iterator[None]:
        """While the block runs, a fetch of this follower waits for `interest` to move."""
        self._waiting[interest] = follower
        try:
            yield
        finally:
            self._waiting.pop(interest, None)

    def _apply_state(
        self, tp: TopicPartition, topic_id: TopicId, state: LeaderAndIsrPartitionState
    ) -> Partition | None:
        """The partition if its role was set anew, None where there was nothing to do. Raises: KafkaError."""
        if tp in self.offline:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"its directory {self.offline[tp]} has failed")
        partition = self.partitions.get(tp)
        if partition is not None:
            known = partition.log.topic_id
            if topic_id != NO_TOPIC_ID and known != NO_TOPIC_ID and topic_id != known:
                raise KafkaError(
                    ErrorCode.INCONSISTENT_TOPIC_ID, "the log belongs to another topic of the same name"
                )
            if state.leader_epoch <= partition.leader_epoch:
                if (
                    state.leader_epoch == partition.leader_epoch
                    and topic_id != NO_TOPIC_ID
                    and known == NO_TOPIC_ID
                ):
                    partition.log.assign_topic_id(topic_id)
                    partition.topic_id = topic_id
                    return None
                raise KafkaError(
                    ErrorCode.STALE_CONTROLLER_EPOCH,
                    f"leader epoch {state.leader_epoch} is not newer than {partition.leader_epoch}",
                )
            if state.partition_epoch < partition.partition_epoch:
                return None
        if self._here.broker_id not in state.replicas:
            raise KafkaError(
                ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
                f"this broker is not among the replicas {list(state.replicas)}",
            )
        if partition is None:
            partition = self._host(tp, topic_id, is_new=state.is_new)
        leader_and_isr = LeaderAndIsr(
            leader=state.leader,
            isr=tuple(state.isr),
            leader_epoch=state.leader_epoch,
            partition_epoch=state.partition_epoch,
            controller_epoch=state.controller_epoch,
            recovery_state=LeaderRecoveryState(state.leader_recovery_state),
        )
        assignment = ReplicaAssignment(
            tuple(state.replicas), tuple(state.adding_replicas), tuple(state.removing_replicas)
        )
        if state.leader == self._here.broker_id:
            self.fetchers.stop(tp)
            partition.become_leader(leader_and_isr, assignment)
        elif partition.become_follower(leader_and_isr, assignment):
            self.fetchers.follow(partition)
        return partition

    def _host(self, tp: TopicPartition, topic_id: TopicId, *, is_new: bool) -> Partition:
        opened = self.logs.get_or_create(tp, topic_id, self.topic_config(tp.topic), is_new=is_new)
        if topic_id != NO_TOPIC_ID:
            if opened.topic_id == NO_TOPIC_ID:
                opened.assign_topic_id(topic_id)
            elif opened.topic_id != topic_id:
                raise KafkaError(
                    ErrorCode.INCONSISTENT_TOPIC_ID, "the log belongs to another topic of the same name"
                )
        kept = self._checkpointed.pop(tp, 0)
        opened.update_high_watermark(max(opened.log_start_offset, min(kept, opened.log_end_offset)))
        partition = Partition(tp, opened, self._here, topic_id=opened.topic_id)
        self.partitions[tp] = partition
        return partition

    def stop_replica(self, request: StopReplicaRequest) -> RolesApplied:
        """Stop serving partitions, and delete those the controller says; one sync step.

        Source: ReplicaManager.scala stopReplicas.
        """
        errors: dict[TopicPartition, ErrorCode] = {}
        stopped: list[TopicPartition] = []
        for tp, leader_epoch, delete in _stops(request):
            if tp in self.offline:
                errors[tp] = ErrorCode.KAFKA_STORAGE_ERROR
                continue
            partition = self.partitions.get(tp)
            if (
                partition is not None
                and leader_epoch not in (NO_EPOCH, EPOCH_DURING_DELETION)
                and leader_epoch < partition.leader_epoch
            ):
                errors[tp] = ErrorCode.FENCED_LEADER_EPOCH
                continue
            self.fetchers.stop(tp)
            if partition is not None:
                partition.stop()
                stopped.append(tp)
                self._here.events.emit(ReplicaStopped(tp, delete))
            errors[tp] = ErrorCode.NONE
            if delete:
                self.partitions.pop(tp, None)
                try:
                    if self.logs.get(tp) is not None:
                        self.logs.delete(tp)
                except KafkaError as error:
                    log.warning("%s: cannot be deleted: %s", tp, error)
                    errors[tp] = error.code
        self.fetchers.end_idle()
        self._here.events.emit(
            ControlRequestApplied(
                "StopReplica", request.controller_id, request.controller_epoch, len(stopped)
            )
        )
        return RolesApplied(errors, stopped=tuple(stopped))

    def dir_failed(self, directory: Path) -> tuple[TopicPartition, ...]:
        """A log directory failed: its partitions go offline; returns them."""
        lost = [tp for tp, p in self.partitions.items() if p.log.directory.parent == directory]
        for tp in lost:
            self.fetchers.stop(tp)
            self.partitions.pop(tp).stop()
            self.offline[tp] = directory
        self.fetchers.end_idle()
        return tuple(lost)

    # -- what handlers ask -------------------------------------------------------------------------------------

    def get(self, tp: TopicPartition) -> Partition:
        """The hosted partition, whatever its role.

        Raises: KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER if it is not hosted here.
        """
        partition = self.partitions.get(tp)
        if partition is not None:
            return partition
        if tp in self.offline:
            raise KafkaError(
                ErrorCode.KAFKA_STORAGE_ERROR, f"{tp}: its directory {self.offline[tp]} has failed"
            )
        raise KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, f"{tp} is not hosted here")

    def leader(self, tp: TopicPartition) -> Partition:
        """The partition, led here. Raises: KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER."""
        partition = self.get(tp)
        partition.require_leader()
        return partition

    # -- periodic work -----------------------------------------------------------------------------------------

    def shrink_isrs(self) -> int:
        """Propose to drop members that fell behind; returns how many partitions did."""
        return sum(partition.maybe_shrink_isr() for partition in self.partitions.values())

    def expand_isrs(self) -> int:
        """Propose followers that may join now, of partitions where nobody fetches anything new; returns how many."""
        return sum(partition.maybe_expand_isr() for partition in self.partitions.values())

    async def watch_isrs(self) -> None:
        """Expand every second, shrink every half of replica.lag.time.max.ms, for ever."""
        set_cause("the regular look at in-sync replicas")
        shrink_at = trio.current_time() + self._here.max_lag_ms() / 2 / 1000
        while True:
            await trio.sleep(EXPAND_EVERY_S)
            self.expand_isrs()
            if trio.current_time() >= shrink_at:
                self.shrink_isrs()
                shrink_at = trio.current_time() + self._here.max_lag_ms() / 2 / 1000

    def log_start_moved(self, moved: Log) -> None:
        """A log's start rose, for whatever reason: whoever fetches from it, or waits for that, hears of it."""
        partition = self.partitions.get(moved.tp)
        if partition is not None and partition.log is moved:
            partition.log_start_has_moved()

    def log_moved(self, was: Log, now: Log) -> None:
        """A log has moved to another directory: the partition goes on with it where it was."""
        partition = self.partitions.get(now.tp)
        if partition is not None and partition.log is was:
            partition.log = now

    def brokers_moved(self) -> None:
        """Other brokers live than before: followers that came alive may join, the dead are not waited for."""
        self.expand_isrs()
        self._here.low_watermarks_moved.notify()

    async def wait_synced(self, partition: Partition) -> None:
        """Wait until all that the partition's log has now is on disk. Raises: KAFKA_STORAGE_ERROR."""
        while True:
            waited_for = partition.log
            try:
                return await self.logs.flush(waited_for)
            except KafkaError:
                if partition.log is waited_for:
                    raise  # else it has moved to another directory, and is synced there

    async def wait_low_watermarks_moved(self) -> None:
        """Wait until `Partition.low_watermark` of some partition may be another."""
        await self._here.low_watermarks_moved.wait()

    def high_watermarks(self) -> dict[TopicPartition, int]:
        """What the checkpoint must say: of hosted partitions, and of those the controller has not named yet."""
        return {**self._checkpointed, **{tp: p.high_watermark for tp, p in self.partitions.items()}}

    async def checkpoint_high_watermarks(self) -> None:
        """Write them down, once a LeaderAndIsr has come."""
        if self.has_applied:
            await self.logs.write_high_watermarks(self.high_watermarks())

    async def keep_checkpoints(self, interval_ms: Callable[[], int]) -> None:
        while True:
            await trio.sleep(interval_ms() / 1000)
            await self.checkpoint_high_watermarks()

    def statistics(self) -> ReplicaStatistics:
        led = [p for p in self.partitions.values() if p.role is Role.LEADER]
        return ReplicaStatistics(
            partitions=len(self.partitions),
            leaders=len(led),
            under_replicated=sum(p.is_under_replicated for p in led),
            under_min_isr=sum(len(p.isr.committed) < p.effective_min_isr for p in led),
            offline=len(self.offline),
        )


def _states_by_topic(
    request: LeaderAndIsrRequest,
) -> Iterable[tuple[str, TopicId, Iterable[LeaderAndIsrPartitionState]]]:
    for topic in request.topic_states:
        yield topic.topic_name, topic.topic_id, topic.partition_states
    for state in request.ungrouped_partition_states:
        yield state.topic_name, NO_TOPIC_ID, (state,)


def _stops(request: StopReplicaRequest) -> Iterable[tuple[TopicPartition, int, bool]]:
    """(partition, leader epoch, delete) in every version's layout."""
    for topic in request.topic_states:
        for state in topic.partition_states:
            tp = TopicPartition(topic.topic_name, state.partition_index)
            yield tp, state.leader_epoch, state.delete_partition
    for old in request.topics:
        for index in old.partition_indexes:
            yield TopicPartition(old.name, index), NO_EPOCH, request.delete_partitions
    for oldest in request.ungrouped_partitions:
        yield TopicPartition(oldest.topic_name, oldest.partition_index), NO_EPOCH, request.delete_partitions
