"""Produce: append each partition's batch, then wait for its replicas if the producer asked for that."""

from __future__ import annotations

from functools import partial

import attrs
import trio

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.old_formats import OLDEST_PRODUCE_OF_BATCHES, Converted, convert_produce
from zkbroker.apis.transactional_produce import Verified, is_transactional, verify_produce
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import ClusterSnapshot
from zkbroker.model import TopicPartition
from zkbroker.network.connection import CloseConnection
from zkbroker.protocol.generated.produce_request import ProduceRequest
from zkbroker.protocol.generated.produce_response import (
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from zkbroker.replication.partition import Partition
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.storage.log import THREAD_BYTES
from zkbroker.storage.producer_state import Verification
from zkbroker.storage.validation import Admitted

INTERNAL_TOPICS = frozenset({"__consumer_offsets", "__transaction_state"})
ADMIN_CLIENT_ID = "__admin_client"
_ATTRIBUTES_LOW_BYTE = 22  # of a record batch; its lowest three bits name the codec
_ZSTD = 4

_SAYS_NOTHING_OF_THE_LOG = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.MESSAGE_TOO_LARGE,
        ErrorCode.RECORD_LIST_TOO_LARGE,
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.KAFKA_STORAGE_ERROR,
    }
)
"""Refusals that do not say where the log begins, as Kafka's; a producer that lost its place may ask for that."""

_AdmittedAhead = dict[TopicPartition, Admitted | KafkaError]


@attrs.define(eq=False)
class _Outcome:
    """One partition's result; the wait for its replicas may still turn it into an error."""

    partition_index: int
    base_offset: int = -1
    log_append_time_ms: int = -1
    log_start_offset: int = -1
    error: KafkaError | None = None
    partition: Partition | None = None  # with `offset` and `term`: still to be replicated, or synced
    offset: int = -1  # -1: no replica is waited for
    term: int = -1
    must_sync: bool = False  # flush.messages: the disk is waited for


@attrs.define(eq=False)
class ProduceWaiting:
    """A Produce whose batches are appended and whose answer waits for replicas. Holds no record bytes."""

    _outcomes: list[tuple[str, list[_Outcome]]]
    _timeout_ms: int
    _ctx: RequestContext
    _broker: Services

    async def wait(self) -> ProduceResponse:
        """The response once every partition is replicated, refused, or out of time."""
        with trio.move_on_after(self._timeout_ms / 1000):
            for _, outcomes in self._outcomes:
                for outcome in outcomes:
                    await _wait_for(outcome, self._broker)
        for topic, outcomes in self._outcomes:
            for outcome in outcomes:
                if outcome.partition is not None:
                    outcome.error = KafkaError(
                        ErrorCode.REQUEST_TIMED_OUT,
                        f"{topic}-{outcome.partition_index}: written, but not replicated in time",
                    )
        return _response(self._outcomes, self._ctx, self._broker)


async def _wait_for(outcome: _Outcome, broker: Services) -> None:
    partition = outcome.partition
    if partition is None:
        return
    try:
        if outcome.offset >= 0:
            await partition.wait_replicated(outcome.offset, outcome.term)
        if outcome.must_sync:
            await broker.replicas.wait_synced(partition)
    except KafkaError as error:
        outcome.error = error.kept()
    outcome.partition = None


async def produce(
    request: ProduceRequest, ctx: RequestContext, broker: Services
) -> ProduceResponse | ProduceWaiting | None:
    """Versions 0-11. Checks WRITE on the topics, and on the transactional id of transactional batches.

    Appends happen before it returns, waits after; the coordinator is asked first where a transaction begins.

    Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, INVALID_RECORD,
    CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_REQUIRED_ACKS, NOT_ENOUGH_REPLICAS,
    NOT_ENOUGH_REPLICAS_AFTER_APPEND, REQUEST_TIMED_OUT, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
    INVALID_TIMESTAMP, UNSUPPORTED_COMPRESSION_TYPE, KAFKA_STORAGE_ERROR, TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, TRANSACTION_ABORTABLE (from 11).
    Source: KIP-98, KIP-467, KIP-890, KIP-951.
    """
    acks = request.acks
    converted: Converted = {}
    if ctx.version < OLDEST_PRODUCE_OF_BATCHES:
        converted = await convert_produce(request)
    verified: Verified = {}
    if any(is_transactional(data.records) for topic in request.topic_data for data in topic.partition_data):
        verified = await verify_produce(request, ctx, broker)
    admitted: _AdmittedAhead = {}
    if any(_is_large(data.records) for topic in request.topic_data for data in topic.partition_data):
        admitted = await _admit_ahead(request, converted, ctx, broker)
    outcomes: list[tuple[str, list[_Outcome]]] = []
    must_wait = failed = False
    for topic in request.topic_data:
        allowed = broker.authorizer.allows(ctx, Operation.WRITE, topic_resource(topic.name))
        results: list[_Outcome] = []
        outcomes.append((topic.name, results))
        for data in topic.partition_data:
            outcome = _Outcome(data.index)
            results.append(outcome)
            try:
                if not allowed:
                    raise KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
                tp = TopicPartition(topic.name, data.index)
                verification = verified.get(tp)
                if isinstance(verification, KafkaError):
                    raise verification
                records = converted.get(tp, data.records)
                if isinstance(records, KafkaError):
                    raise records
                ahead = admitted.get(tp)
                if isinstance(ahead, KafkaError):
                    raise ahead
                _append(outcome, tp, records, acks, ctx, broker, verification, ahead)
            except KafkaError as error:
                outcome.error = error.kept()
                failed = True
            if outcome.partition is not None:
                must_wait = True

    quota = broker.quotas.produce
    if quota is not None:
        ctx.throttle_ms = quota.charge(ctx.principal.name, ctx.client_id, ctx.request_bytes, broker.now_ms())
    if acks == 0:
        if failed:
            first = next(o.error for _, results in outcomes for o in results if o.error is not None)
            raise CloseConnection(f"a produce without acknowledgement failed: {first}")
        return None
    if must_wait:
        return ProduceWaiting(outcomes, request.timeout_ms, ctx, broker)
    return _response(outcomes, ctx, broker)


def _is_large(records: memoryview | None) -> bool:
    return records is not None and len(records) > THREAD_BYTES


async def _admit_ahead(
    request: ProduceRequest, converted: Converted, ctx: RequestContext, broker: Services
) -> _AdmittedAhead:
    """Check in a thread what takes long: large batches whose records must be looked into, or compressed anew.

    The event loop goes on meanwhile; this connection's next request waits, so its order stays.
    """
    ahead: _AdmittedAhead = {}
    for topic in request.topic_data:
        for data in topic.partition_data:
            tp = TopicPartition(topic.name, data.index)
            records = converted.get(tp, data.records)
            partition = broker.replicas.partitions.get(tp)
            if partition is None or not partition.is_leader or not isinstance(records, memoryview):
                continue
            if not partition.log.needs_thread(records):
                continue
            if broker.authorizer.allows(ctx, Operation.WRITE, topic_resource(topic.name), log=False):
                admit = partial(partition.log.admit, records, wall_ms=broker.wall_ms())
                try:
                    ahead[tp] = await trio.to_thread.run_sync(admit)
                except KafkaError as error:
                    ahead[tp] = error.kept()
    return ahead


def _append(
    outcome: _Outcome,
    tp: TopicPartition,
    records: memoryview | None,
    acks: int,
    ctx: RequestContext,
    broker: Services,
    verification: Verification | None,
    admitted: Admitted | None,
) -> None:
    """Append one partition's records and note what the producer waits for. Raises: KafkaError."""
    partition = broker.replicas.partitions.get(tp)
    if partition is None:
        if broker.metadata.snapshot.partition(tp) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{tp} does not exist")
        partition = broker.replicas.get(tp)
    if records is None or not len(records):
        raise KafkaError(ErrorCode.INVALID_RECORD, f"{tp}: a produce needs at least one record batch")
    if acks not in (-1, 0, 1):
        raise KafkaError(ErrorCode.INVALID_REQUIRED_ACKS, f"acks must be all, 0 or 1, not {acks}")
    if tp.topic in INTERNAL_TOPICS and ctx.client_id != ADMIN_CLIENT_ID:
        raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"{tp.topic} is for the brokers alone")
    if ctx.version < 7 and len(records) > _ATTRIBUTES_LOW_BYTE and records[_ATTRIBUTES_LOW_BYTE] & 7 == _ZSTD:
        raise KafkaError(
            ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, f"{tp}: zstd needs Produce version 7, not {ctx.version}"
        )
    try:
        appended = partition.append(records, acks=acks, verification=verification, admitted=admitted)
    except KafkaError as error:
        if error.code not in _SAYS_NOTHING_OF_THE_LOG:
            outcome.log_start_offset = partition.log.log_start_offset
        raise
    outcome.base_offset = appended.first_offset
    outcome.log_append_time_ms = appended.log_append_time_ms
    outcome.log_start_offset = partition.log.log_start_offset
    if acks == -1 and partition.high_watermark <= appended.last_offset:
        outcome.partition = partition
        outcome.offset = appended.last_offset + 1
        outcome.term = partition.term
    if partition.log.needs_flush and acks:
        outcome.partition = partition
        outcome.must_sync = True


def _response(
    outcomes: list[tuple[str, list[_Outcome]]], ctx: RequestContext, broker: Services
) -> ProduceResponse:
    leaders: dict[int, NodeEndpoint] = {}
    snapshot = broker.metadata.snapshot
    return ProduceResponse(
        responses=[
            TopicProduceResponse(
                name=topic,
                partition_responses=[_partition(topic, o, ctx, broker, snapshot, leaders) for o in results],
            )
            for topic, results in outcomes
        ],
        node_endpoints=list(leaders.values()),
    )


def _partition(
    topic: str,
    outcome: _Outcome,
    ctx: RequestContext,
    broker: Services,
    snapshot: ClusterSnapshot,
    leaders: dict[int, NodeEndpoint],
) -> PartitionProduceResponse:
    error = outcome.error
    if error is None:
        return PartitionProduceResponse(
            index=outcome.partition_index,
            error_code=0,
            base_offset=outcome.base_offset,
            log_append_time_ms=outcome.log_append_time_ms,
            log_start_offset=outcome.log_start_offset,
        )
    current = LeaderIdAndEpoch()
    if ctx.version >= 10 and error.code is ErrorCode.NOT_LEADER_OR_FOLLOWER:  # KIP-951
        known = snapshot.partition(TopicPartition(topic, outcome.partition_index))
        if known is not None:
            current = LeaderIdAndEpoch(leader_id=known.leader, leader_epoch=known.leader_epoch)
            leader = snapshot.brokers.get(known.leader)
            endpoint = leader.endpoint(ctx.listener) if leader is not None else None
            if leader is not None and endpoint is not None:
                leaders[known.leader] = NodeEndpoint(
                    node_id=known.leader, host=endpoint.host, port=endpoint.port, rack=leader.rack
                )
    return PartitionProduceResponse(
        index=outcome.partition_index,
        error_code=error.code,
        base_offset=-1,
        log_start_offset=outcome.log_start_offset,
        error_message=error.message,
        current_leader=current,
    )
