"""Following: one task per leader broker fetches for every partition this broker follows there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.config.protocol_version import LATEST as LATEST_PROTOCOL
from zkbroker.config.protocol_version import ProtocolVersion, fetch_version, list_offsets_version
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import set_cause
from zkbroker.model import BrokerInfo, TopicId, TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.fetch_response import FetchResponse, PartitionData
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.list_offsets_response import ListOffsetsResponse
from zkbroker.quotas.replication import ReplicationQuota
from zkbroker.replication.fetch_session import NO_LIMIT, FetchFrom, FetchLimits, FetchSessionClient
from zkbroker.replication.partition import Partition, Role
from zkbroker.storage.log import UnexpectedOffset

log = logging.getLogger(__name__)

LATEST, EARLIEST = -1, -2
TIMEOUT_S = 30.0
FIRST_DELAY_S = 0.02
"""Before the second attempt where the leader refuses; it doubles up to replica.fetch.backoff.ms."""
LONGEST_REST_S = 1.0
"""Before a throttled partition asks whether it may have more: the quota may be raised meanwhile."""


class PeerLike(Protocol):
    """Our client to one broker (network.Peer, or a test's)."""

    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message: ...

    def close(self) -> None: ...


@attrs.define(eq=False)
class FetcherSettings:
    """What fetchers need of their broker. Callables, because configuration changes at run time."""

    limits: Callable[[], FetchLimits]
    backoff_s: Callable[[], float]  # replica.fetch.backoff.ms
    broker: Callable[[int], BrokerInfo | None]  # from the metadata cache
    metadata_changed: Changed
    connect: Callable[[BrokerInfo, str], PeerLike]  # to its inter-broker endpoint, under that client id
    quota: ReplicationQuota
    sync: Callable[[Partition], Awaitable[None]]  # all that its log has to disk
    now_ms: Callable[[], int]
    between_brokers: ProtocolVersion = LATEST_PROTOCOL  # inter.broker.protocol.version


@attrs.define(eq=False)
class _Followed:
    """One partition as its fetcher sees it. Replaced whole at every new leader or epoch."""

    partition: Partition
    leader_epoch: int
    delayed_until: float = 0.0  # trio time
    failed: bool = False  # until the next LeaderAndIsr
    refusals: int = 0  # in a row
    caught_up: bool = False  # had all the leader had committed, at its last answer


@attrs.define(eq=False)
class ReplicaFetcher:
    """Fetches from one leader broker. `run` is its lifetime."""

    leader: int
    settings: FetcherSettings
    partitions: dict[TopicPartition, _Followed] = attrs.field(factory=dict)
    moved: Changed = attrs.field(factory=Changed)
    _session: FetchSessionClient = attrs.field(init=False)
    _names: dict[TopicId, str] = attrs.field(factory=dict)
    _delayed: dict[TopicPartition, None] = attrs.field(factory=dict)
    _unreachable: bool = False
    _throttled_max_bytes: int = NO_LIMIT  # of a throttled partition that is behind, in one answer

    def __attrs_post_init__(self) -> None:
        self._session = FetchSessionClient(with_topic_ids=fetch_version(self.settings.between_brokers))

    def add(self, partition: Partition) -> None:
        """Follow this partition from its log end on."""
        followed = _Followed(partition, partition.leader_epoch)
        self.partitions[partition.tp] = followed
        if partition.log.latest_epoch() is None:
            # Nothing to compare by epoch: what was never exposed may differ.
            partition.truncate(partition.high_watermark)
        self._names[partition.topic_id] = partition.tp.topic
        self._want(followed)
        self.moved.notify()

    def remove(self, tp: TopicPartition) -> None:
        if self.partitions.pop(tp, None) is not None:
            self._delayed.pop(tp, None)
            self._session.drop(tp)
            self.moved.notify()

    def _want(self, followed: _Followed) -> None:
        partition = followed.partition
        log_ = partition.log
        epoch = log_.latest_epoch()
        is_held_back = not followed.caught_up and self.settings.quota.throttles(partition.tp)
        self._session.want(
            partition.tp,
            FetchFrom(
                topic_id=partition.topic_id,
                offset=log_.log_end_offset,
                leader_epoch=followed.leader_epoch,
                last_fetched_epoch=epoch if epoch is not None else -1,
                log_start_offset=log_.log_start_offset,
                max_bytes=self._throttled_max_bytes if is_held_back else NO_LIMIT,
            ),
        )

    def _delay(self, tp: TopicPartition, followed: _Followed, seconds: float | None = None) -> None:
        pause_s = self.settings.backoff_s() if seconds is None else seconds
        followed.delayed_until = trio.current_time() + pause_s
        self._session.drop(tp)
        self._delayed[tp] = None

    def _delay_refused(self, tp: TopicPartition, followed: _Followed) -> None:
        """Try again soon, then less and less: the leader may just not have heard yet that it leads."""
        delay_s = FIRST_DELAY_S * 2 ** min(followed.refusals, 16)
        followed.refusals += 1
        self._delay(tp, followed, min(delay_s, self.settings.backoff_s()))

    def _fail(self, tp: TopicPartition, followed: _Followed, why: str) -> None:
        followed.failed = True
        self._session.drop(tp)
        log.warning("%s: not fetching from broker %d until the next LeaderAndIsr: %s", tp, self.leader, why)

    def _resume_delayed(self) -> None:
        now = trio.current_time()
        for tp in list(self._delayed):
            followed = self.partitions[tp]
            if followed.delayed_until <= now:
                del self._delayed[tp]
                self._want(followed)

    def _keep_to_throttle(self) -> None:
        """Leave out what is throttled and behind until the quota allows more, and let it share that. Source: KIP-73."""
        quota = self.settings.quota
        behind = [
            tp for tp in self._session.wanted if quota.throttles(tp) and not self.partitions[tp].caught_up
        ]
        if not behind:
            return
        rest_s = min(quota.rest_ms(self.settings.now_ms()) / 1000, LONGEST_REST_S)
        if rest_s:
            for tp in behind:
                self._delay(tp, self.partitions[tp], rest_s)
            return
        sharers = (
            1 << (len(behind) - 1).bit_length()
        )  # the next power of two: the leader is told of each change
        max_bytes = max(1, quota.most_at_once() // sharers)
        if max_bytes != self._throttled_max_bytes:
            self._throttled_max_bytes = max_bytes
            for tp in behind:
                self._want(self.partitions[tp])

    async def run(self) -> None:
        """Fetch until cancelled."""
        set_cause(f"fetching from broker {self.leader}")
        peer: PeerLike | None = None
        try:
            while True:
                self._resume_delayed()
                if self.settings.quota:
                    self._keep_to_throttle()
                if not self._session.wanted:
                    await self._wait_for_work()
                    continue
                if peer is None:
                    peer = await self._connect()
                try:
                    await self._fetch_once(peer)
                    self._unreachable = False
                except OSError as error:
                    peer.close()
                    peer = None
                    self._session.reset()
                    if not self._unreachable:
                        log.info("fetching from broker %d failed, trying again: %s", self.leader, error)
                    self._unreachable = True
                    with trio.move_on_after(self.settings.backoff_s()):
                        await self.settings.metadata_changed.wait()
        finally:
            if peer is not None:
                peer.close()

    async def _wait_for_work(self) -> None:
        deadline = min((self.partitions[tp].delayed_until for tp in self._delayed), default=float("inf"))
        with trio.move_on_at(deadline):
            await self.moved.wait()

    async def _connect(self) -> PeerLike:
        while True:
            broker = self.settings.broker(self.leader)
            if broker is not None:
                limits = self.settings.limits()
                return self.settings.connect(broker, f"broker-{limits.replica_id}-fetcher-0")
            await self.settings.metadata_changed.wait()

    async def _fetch_once(self, peer: PeerLike) -> None:
        """One request and all that follows from its answer. Raises: OSError when the connection failed."""
        limits = self.settings.limits()
        request, version = self._session.next_request(limits)
        asked = dict(self._session.wanted)
        response = await peer.request(request, version, timeout_s=TIMEOUT_S + limits.max_wait_ms / 1000)
        assert isinstance(response, FetchResponse)
        if response.error_code != ErrorCode.NONE:
            log.info(
                "broker %d ended the fetch session: %s", self.leader, ErrorCode(response.error_code).name
            )
            self._session.reset()
            return
        self._session.accepted(response.session_id)
        out_of_range: list[tuple[TopicPartition, _Followed]] = []
        unsynced: list[Partition] = []
        for topic in response.responses:
            name = topic.topic or self._names.get(topic.topic_id, "")
            for answer in topic.partitions:
                tp = TopicPartition(name, answer.partition_index)
                followed, fetch = self.partitions.get(tp), asked.get(tp)
                if followed is None or fetch is None or not self._is_current(followed, fetch):
                    continue  # re-assigned, or moved to another epoch, while we waited
                try:
                    if self._apply(tp, followed, fetch, answer):
                        out_of_range.append((tp, followed))
                    elif not followed.failed and tp not in self._delayed:
                        self._want(followed)
                    if followed.partition.log.needs_flush:
                        unsynced.append(followed.partition)
                except KafkaError as error:
                    if error.code is ErrorCode.CORRUPT_MESSAGE:
                        log.error("%s: broker %d sent corrupt records: %s", tp, self.leader, error.message)
                        self._delay(tp, followed)
                    elif followed.partition.log.segments.log_dir.is_online:
                        self._delay_refused(tp, followed)  # for want of descriptors, say: it may pass
                    else:
                        self._fail(tp, followed, str(error))
                except UnexpectedOffset as error:
                    self._fail(tp, followed, str(error))
        for (
            partition
        ) in unsynced:  # our next request tells the leader that we have it: flush.messages says for good
            try:
                await self.settings.sync(partition)
            except KafkaError as error:
                log.warning("%s: cannot be synced: %s", partition.tp, error)
        for tp, followed in out_of_range:
            await self._find_start(peer, tp, followed)

    @staticmethod
    def _is_current(followed: _Followed, fetch: FetchFrom) -> bool:
        partition = followed.partition
        return (
            not followed.failed
            and partition.role is Role.FOLLOWER
            and partition.leader_epoch == followed.leader_epoch == fetch.leader_epoch
            and partition.log.log_end_offset == fetch.offset
        )

    def _apply(
        self, tp: TopicPartition, followed: _Followed, fetch: FetchFrom, answer: PartitionData
    ) -> bool:
        """Apply one partition's answer, in one sync step; returns whether its offset is out of range."""
        partition = followed.partition
        code = answer.error_code
        if code == ErrorCode.NONE:
            followed.refusals = 0
            if answer.diverging_epoch.end_offset >= 0:
                self._truncate_at_divergence(
                    partition, answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset
                )
            else:
                records = answer.records if answer.records is not None else memoryview(b"")
                if self.settings.quota.throttles(tp):
                    self.settings.quota.charge(len(records), self.settings.now_ms())
                partition.append_from_leader(
                    records,
                    leader_high_watermark=answer.high_watermark,
                    leader_log_start_offset=answer.log_start_offset,
                )
                followed.caught_up = partition.log.log_end_offset >= answer.high_watermark
            return False
        if code == ErrorCode.OFFSET_OUT_OF_RANGE:
            return True
        if code == ErrorCode.FENCED_LEADER_EPOCH and fetch.leader_epoch == partition.leader_epoch:
            self._fail(tp, followed, f"the leader is past our epoch {fetch.leader_epoch}")
        else:
            log.debug("%s: broker %d answered %s", tp, self.leader, ErrorCode(code).name)
            self._delay_refused(tp, followed)
        return False

    @staticmethod
    def _truncate_at_divergence(partition: Partition, epoch: int, end_offset: int) -> None:
        """Our log parted from the leader's at or before `end_offset`, the end of `epoch` there."""
        own_epoch, own_end = partition.log.end_offset_for_epoch(epoch)
        end = partition.log.log_end_offset
        if own_end == -1:
            target = min(end_offset, end)
        elif own_epoch != epoch:
            target = min(own_end, end)  # fetch again with the epoch we have there
        else:
            target = min(end_offset, own_end, end)
        partition.truncate(target)

    async def _find_start(self, peer: PeerLike, tp: TopicPartition, followed: _Followed) -> None:
        """The leader does not have our end: truncate to its end, or start over at its start."""
        fetch = self._session.wanted.get(tp)
        if fetch is None:
            return
        latest = await self._list_offset(peer, tp, followed, LATEST)
        if latest is None or self.partitions.get(tp) is not followed or not self._is_current(followed, fetch):
            return
        partition = followed.partition
        if latest < partition.log.log_end_offset:
            log.warning("%s: our end is past the leader's end %d", tp, latest)
            partition.truncate(latest)
            self._want(followed)
            return
        earliest = await self._list_offset(peer, tp, followed, EARLIEST)
        if (
            earliest is None
            or self.partitions.get(tp) is not followed
            or not self._is_current(followed, fetch)
        ):
            return
        if earliest > partition.log.log_end_offset:
            partition.restart_at(earliest)
            self._want(followed)
        else:
            self._delay(tp, followed)

    async def _list_offset(
        self, peer: PeerLike, tp: TopicPartition, followed: _Followed, timestamp: int
    ) -> int | None:
        """The leader's log end or start; None (and a delay) where it refuses."""
        request = ListOffsetsRequest(
            replica_id=self.settings.limits().replica_id,
            topics=[
                ListOffsetsTopic(
                    name=tp.topic,
                    partitions=[
                        ListOffsetsPartition(
                            partition_index=tp.partition,
                            current_leader_epoch=followed.leader_epoch,
                            timestamp=timestamp,
                        )
                    ],
                )
            ],
        )
        version = list_offsets_version(self.settings.between_brokers)
        response = await peer.request(request, version, timeout_s=TIMEOUT_S)
        assert isinstance(response, ListOffsetsResponse)
        for topic in response.topics:
            for answer in topic.partitions:
                if answer.error_code == ErrorCode.NONE:
                    return answer.offset
                log.debug("%s: ListOffsets was refused: %s", tp, ErrorCode(answer.error_code).name)
        if self.partitions.get(tp) is followed:
            self._delay(tp, followed)
        return None


@attrs.define(eq=False)
class ReplicaFetchers:
    """Which partition is fetched from which broker. Owner: ReplicaManager, in the replication nursery."""

    settings: FetcherSettings
    _fetchers: dict[int, tuple[ReplicaFetcher, trio.CancelScope]] = attrs.field(factory=dict)
    _leader_of: dict[TopicPartition, int] = attrs.field(factory=dict)
    _nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """The nursery of the fetcher tasks, for ever."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    def follow(self, partition: Partition) -> None:
        """Fetch from the partition's leader, from its log end, under its present leader epoch."""
        self.stop(partition.tp)
        if partition.leader < 0:
            return
        self._leader_of[partition.tp] = partition.leader
        if partition.leader not in self._fetchers:
            assert self._nursery is not None
            fetcher = ReplicaFetcher(partition.leader, self.settings)
            scope = trio.CancelScope()
            self._fetchers[partition.leader] = (fetcher, scope)
            self._nursery.start_soon(self._run_fetcher, fetcher, scope)
        self._fetchers[partition.leader][0].add(partition)

    @staticmethod
    async def _run_fetcher(fetcher: ReplicaFetcher, scope: trio.CancelScope) -> None:
        with scope:
            await fetcher.run()

    def stop(self, tp: TopicPartition) -> None:
        """Fetch this partition no longer."""
        leader = self._leader_of.pop(tp, None)
        if leader is not None:
            self._fetchers[leader][0].remove(tp)

    def end_idle(self) -> None:
        """End the tasks that have nothing left to fetch: their connections close."""
        for leader, (fetcher, scope) in list(self._fetchers.items()):
            if not fetcher.partitions:
                scope.cancel()
                del self._fetchers[leader]
