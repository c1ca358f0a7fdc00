"""Transaction markers: writing those for partitions led here, and sending those of our transactions to their leaders.

A decided transaction is complete when every partition it touched has its marker. Each broker has one sender here,
with one request in flight; a marker that could not be written goes to whoever leads its partition by then.
Source: TransactionMarkerChannelManager, TransactionMarkerRequestCompletionHandler, KafkaApis of Kafka 3.9.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.coordinator.groups import Groups
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.shard import Shard
from zkbroker.coordinator.shards import Shards
from zkbroker.coordinator.transaction import Transactions
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import MetadataCache
from zkbroker.model import BrokerInfo, TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from zkbroker.protocol.generated.write_txn_markers_response import (
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)
from zkbroker.protocol.records import ControlType, control_batch
from zkbroker.replication.partition import Partition
from zkbroker.replication.replica_manager import ReplicaManager
from zkbroker.storage.appends import AppendOrigin

log = logging.getLogger(__name__)

WRITE_TXN_MARKERS_VERSION = 1
TIMEOUT_S = 30.0
RETRY_AFTER_S = 0.1
UNKNOWN_FOR_S = 10.0
"""How long a partition must be missing from the metadata before its marker is given up: its topic is deleted."""

Errors = dict[TopicPartition, ErrorCode]


class PeerLike(Protocol):
    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message: ...

    def close(self) -> None: ...


# -- writing ------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class MarkerWriter:
    """Writes the markers that WriteTxnMarkers brings into partitions led here."""

    replicas: ReplicaManager
    group_shards: Shards[Groups]
    wall_ms: Callable[[], int]
    timeout_ms: int  # request.timeout.ms

    async def write(self, request: WriteTxnMarkersRequest) -> WriteTxnMarkersResponse:
        """Append every marker, wait for the replicas, answer for each partition."""
        results: dict[int, Errors] = {}
        waiting: list[tuple[int, Partition, int, int]] = []
        for marker in request.markers:
            errors = results.setdefault(marker.producer_id, {})
            for topic in marker.topics:
                for index in topic.partition_indexes:
                    tp = TopicPartition(topic.name, index)
                    try:
                        partition, end = self._append(tp, marker)
                    except KafkaError as error:
                        errors[tp] = error.code
                    else:
                        errors[tp] = ErrorCode.REQUEST_TIMED_OUT  # unless the replicas come in time
                        waiting.append((marker.producer_id, partition, end, partition.term))
        with trio.move_on_after(self.timeout_ms / 1000):
            for producer_id, partition, end, term in waiting:
                try:
                    await partition.wait_replicated(end, term)
                    results[producer_id][partition.tp] = ErrorCode.NONE
                except KafkaError as error:
                    results[producer_id][partition.tp] = error.code
        return _response(results)

    def _append(self, tp: TopicPartition, marker: WritableTxnMarker) -> tuple[Partition, int]:
        """Append one marker; returns the offset after it. Raises: KafkaError."""
        partition = self.replicas.partitions.get(tp)
        if partition is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{tp} is not hosted here")
        commit = marker.transaction_result
        batch = control_batch(
            ControlType.COMMIT if commit else ControlType.ABORT,
            producer_id=marker.producer_id,
            producer_epoch=marker.producer_epoch,
            coordinator_epoch=marker.coordinator_epoch,
            timestamp=self.wall_ms(),
        )
        if tp.topic == self.group_shards.topic:
            shard = self.group_shards.at(tp.partition)
            if (
                shard is not None and shard.partition is partition
            ):  # offsets of the transaction count from now on
                return partition, shard.append_marker(batch, marker.producer_id, commit=commit)
        appended = partition.append(memoryview(batch), acks=-1, origin=AppendOrigin.COORDINATOR)
        return partition, appended.last_offset + 1


def _response(results: dict[int, Errors]) -> WriteTxnMarkersResponse:
    answers = []
    for producer_id, errors in results.items():
        topics: dict[str, list[WritableTxnMarkerPartitionResult]] = {}
        for tp, code in errors.items():
            topics.setdefault(tp.topic, []).append(
                WritableTxnMarkerPartitionResult(partition_index=tp.partition, error_code=code)
            )
        answers.append(
            WritableTxnMarkerResult(
                producer_id=producer_id,
                topics=[WritableTxnMarkerTopicResult(name=t, partitions=p) for t, p in topics.items()],
            )
        )
    return WriteTxnMarkersResponse(markers=answers)


# -- sending ------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class _Errand:
    """Markers of one transaction on their way."""

    shard: Shard[Transactions]
    transactional_id: str
    producer: Producer
    commit: bool
    partitions: set[TopicPartition]
    unknown_since: float | None = None

    def marker(self) -> WritableTxnMarker:
        topics: dict[str, list[int]] = {}
        for tp in sorted(self.partitions):
            topics.setdefault(tp.topic, []).append(tp.partition)
        return WritableTxnMarker(
            producer_id=self.producer.producer_id,
            producer_epoch=self.producer.producer_epoch,
            transaction_result=self.commit,
            topics=[WritableTxnMarkerTopic(name=name, partition_indexes=p) for name, p in topics.items()],
            coordinator_epoch=self.shard.partition.leader_epoch,
        )

    def part(self, partitions: Iterable[TopicPartition]) -> _Errand:
        return attrs.evolve(self, partitions=set(partitions), unknown_since=None)


@attrs.define(eq=False)
class _Sender:
    queue: list[_Errand] = attrs.field(factory=list)
    moved: Changed = attrs.field(factory=Changed)
    is_unreachable: bool = False  # and that was logged


_AGAIN = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.NOT_ENOUGH_REPLICAS,
        ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ErrorCode.REQUEST_TIMED_OUT,
        ErrorCode.KAFKA_STORAGE_ERROR,
    }
)
_POINTLESS = frozenset({ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, ErrorCode.UNSUPPORTED_VERSION})


@attrs.define(eq=False)
class MarkerSenders:
    """Sends markers until they are written. Only mutators of the queues: `send` and the senders themselves."""

    broker_id: int
    metadata: MetadataCache
    connect: Callable[[BrokerInfo, str], PeerLike]
    write_here: Callable[[WriteTxnMarkersRequest], Awaitable[WriteTxnMarkersResponse]]
    _senders: dict[int, _Sender] = attrs.field(factory=dict)
    _homeless: list[_Errand] = attrs.field(factory=list)  # nobody leads their partitions now
    _homeless_moved: Changed = attrs.field(factory=Changed)
    _nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send what there is to send, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._find_homes)
            task_status.started()
            await trio.sleep_forever()

    def send(self, shard: Shard[Transactions], transactional_id: str) -> None:
        """Take on the markers of a decided transaction."""
        found = shard.state.unmarked(transactional_id)
        if found is not None:
            errand = _Errand(shard, transactional_id, found.producer, found.commit, set(found.partitions))
            self._dispatch(errand)

    def _dispatch(self, errand: _Errand) -> None:
        """To the present leaders; what has none waits."""
        if not errand.shard.is_loaded:
            return  # whoever leads the transaction's partition next sends them anew
        if not errand.partitions:
            self._start(self._marked, errand, errand.partitions)
            return
        snapshot = self.metadata.snapshot
        by_broker: dict[int, set[TopicPartition]] = {}
        homeless = set()
        for tp in errand.partitions:
            known = snapshot.partition(tp)
            if known is not None and known.leader in snapshot.brokers:
                by_broker.setdefault(known.leader, set()).add(tp)
            else:
                homeless.add(tp)
        for broker_id, partitions in by_broker.items():
            sender = self._sender(broker_id)
            sender.queue.append(errand.part(partitions))
            sender.moved.notify()
        if homeless:
            self._homeless.append(attrs.evolve(errand, partitions=homeless))
            self._homeless_moved.notify()

    def _sender(self, broker_id: int) -> _Sender:
        sender = self._senders.get(broker_id)
        if sender is None:
            sender = self._senders[broker_id] = _Sender()
            self._start(self._serve, broker_id, sender)
        return sender

    def _start(self, task: Callable[..., Awaitable[None]], *args: object) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(task, *args)

    async def _serve(self, broker_id: int, sender: _Sender) -> None:
        """Send to one broker, everything queued in one request."""
        peer: PeerLike | None = None
        peer_broker: BrokerInfo | None = None
        try:
            while True:
                while not sender.queue:
                    await sender.moved.wait()
                errands = [errand for errand in sender.queue if errand.shard.is_loaded]
                sender.queue.clear()
                if not errands:
                    continue
                request = WriteTxnMarkersRequest(markers=[errand.marker() for errand in errands])
                try:
                    if broker_id == self.broker_id:
                        response: Message = await self.write_here(request)
                    else:
                        broker = self.metadata.snapshot.brokers.get(broker_id)
                        if broker is None:
                            raise ConnectionError(f"broker {broker_id} is gone")
                        if peer is None or broker != peer_broker:
                            if peer is not None:
                                peer.close()
                            peer, peer_broker = self.connect(broker, f"{self.broker_id}-markers"), broker
                        response = await peer.request(request, WRITE_TXN_MARKERS_VERSION, timeout_s=TIMEOUT_S)
                except OSError as error:
                    if not sender.is_unreachable:
                        log.info("transaction markers did not reach broker %d, again: %s", broker_id, error)
                    sender.is_unreachable = True
                    self._start(self._again, errands)
                    continue
                sender.is_unreachable = False
                assert isinstance(response, WriteTxnMarkersResponse)
                self._take(errands, response)
        finally:
            if peer is not None:
                peer.close()

    async def _again(self, errands: list[_Errand]) -> None:
        await trio.sleep(RETRY_AFTER_S)
        for errand in errands:
            self._dispatch(errand)

    def _take(self, errands: list[_Errand], response: WriteTxnMarkersResponse) -> None:
        results = {
            (marker.producer_id, topic.name, each.partition_index): ErrorCode(each.error_code)
            for marker in response.markers
            for topic in marker.topics
            for each in topic.partitions
        }
        again: list[_Errand] = []
        for errand in errands:
            done, retry, fenced = set(), set(), []
            for tp in errand.partitions:
                key = (errand.producer.producer_id, tp.topic, tp.partition)
                code = results.get(key, ErrorCode.UNKNOWN_SERVER_ERROR)
                if code is ErrorCode.NONE or code in _POINTLESS:
                    done.add(tp)
                elif code in (ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.TRANSACTION_COORDINATOR_FENCED):
                    fenced.append(f"{tp}: {code.name}")
                else:
                    if code not in _AGAIN:
                        log.warning(
                            "marker of %r for %s failed with %s", errand.transactional_id, tp, code.name
                        )
                    retry.add(tp)
            if fenced:  # another coordinator, or a later epoch of the producer, has been there
                log.warning("markers of %r are not wanted: %s", errand.transactional_id, ", ".join(fenced))
            if done:
                self._start(self._marked, errand, done)
            if retry:
                again.append(errand.part(retry))
        if again:
            self._start(self._again, again)

    async def _marked(self, errand: _Errand, partitions: set[TopicPartition]) -> None:
        """Tell the transaction, until the log takes it."""
        shard = errand.shard
        while shard.is_loaded:
            try:
                await shard.ask(
                    lambda token, now_ms, wall_ms: shard.state.marked(
                        errand.transactional_id, errand.producer, partitions, token, now_ms, wall_ms
                    ),
                    depends_on=errand.transactional_id,
                )
                return
            except KafkaError as error:
                if error.code is ErrorCode.INVALID_TXN_STATE:
                    return  # told before
                log.info("the end of %r is not stored yet: %s", errand.transactional_id, error)
            await trio.sleep(RETRY_AFTER_S)

    async def _find_homes(self) -> None:
        """Look again for leaders whenever the metadata moves; give up on partitions that stay unknown."""
        while True:
            if not self._homeless:
                await self._homeless_moved.wait()
            with trio.move_on_after(1):
                await self.metadata.changed.wait()
            waiting, self._homeless = self._homeless, []
            now, snapshot = trio.current_time(), self.metadata.snapshot
            for errand in waiting:
                unknown = {tp for tp in errand.partitions if snapshot.partition(tp) is None}
                since = errand.unknown_since
                if not unknown:
                    errand.unknown_since = None
                elif since is None:
                    errand.unknown_since = now
                elif now - since > UNKNOWN_FOR_S:
                    names = ", ".join(map(str, sorted(unknown)))
                    log.info("%r: no marker for %s, deleted meanwhile", errand.transactional_id, names)
                    self._start(self._marked, errand, unknown)
                    errand.partitions -= unknown
                    if not errand.partitions:
                        continue
                self._dispatch(errand)
