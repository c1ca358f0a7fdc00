"""ListOffsets and OffsetForLeaderEpoch: where a log begins, ends, and where an epoch or a time lies in it."""

from __future__ import annotations

from acl.model import CLUSTER, Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest
from zkbroker.protocol.generated.list_offsets_response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from zkbroker.protocol.generated.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
)
from zkbroker.protocol.generated.offset_for_leader_epoch_response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)
from zkbroker.replication.partition import Partition
from zkbroker.replication.reading import end_offset_for_epoch
from zkbroker.security.authorizer import topic as topic_resource

LATEST = -1
EARLIEST = -2
MAX_TIMESTAMP = -3
EARLIEST_LOCAL = -4
LATEST_TIERED = -5

CONSUMER_ID = -1
DEBUG_CONSUMER_ID = -2
READ_COMMITTED = 1

# The first version in which a negative timestamp means something.
_SINCE_VERSION = {LATEST: 0, EARLIEST: 0, MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9}


async def list_offsets(
    request: ListOffsetsRequest, ctx: RequestContext, broker: Services
) -> ListOffsetsResponse:
    """Versions 0-9. Checks DESCRIBE on the topics.

    Errors: TOPIC_AUTHORIZATION_FAILED, INVALID_REQUEST (a partition named twice), UNSUPPORTED_VERSION,
    UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
    OFFSET_NOT_AVAILABLE (LEADER_NOT_AVAILABLE below 5), KAFKA_STORAGE_ERROR. Source: KIP-79, KIP-207, KIP-734.
    """
    seen: set[TopicPartition] = set()
    twice: set[TopicPartition] = set()
    for topic in request.topics:
        for wanted in topic.partitions:
            tp = TopicPartition(topic.name, wanted.partition_index)
            (twice if tp in seen else seen).add(tp)
    topics = []
    for topic in request.topics:
        allowed = broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(topic.name))
        results = []
        for wanted in topic.partitions:
            tp = TopicPartition(topic.name, wanted.partition_index)
            try:
                if not allowed:
                    raise KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
                if tp in twice:
                    raise KafkaError(ErrorCode.INVALID_REQUEST, f"{tp} is named twice")
                results.append(_list_offset(tp, wanted, request, ctx, broker))
            except KafkaError as error:
                results.append(
                    ListOffsetsPartitionResponse(
                        partition_index=wanted.partition_index, error_code=error.code
                    )
                )
        topics.append(ListOffsetsTopicResponse(name=topic.name, partitions=results))
    return ListOffsetsResponse(topics=topics)


def _list_offset(
    tp: TopicPartition,
    wanted: ListOffsetsPartition,
    request: ListOffsetsRequest,
    ctx: RequestContext,
    broker: Services,
) -> ListOffsetsPartitionResponse:
    if wanted.timestamp < 0 and ctx.version < _SINCE_VERSION.get(wanted.timestamp, 1 << 15):
        raise KafkaError(ErrorCode.UNSUPPORTED_VERSION)
    partition = hosted(tp, broker)
    partition.require_epoch(wanted.current_leader_epoch)
    if request.replica_id != DEBUG_CONSUMER_ID:
        partition.require_leader()
    if ctx.version == 0:
        return _old_style(partition, wanted, request, broker)
    # A follower sees the log to its end, a consumer what is exposed to it.
    log = partition.log
    if request.replica_id != CONSUMER_ID:
        end = log.log_end_offset
    elif request.isolation_level == READ_COMMITTED:
        end = log.last_stable_offset
    else:
        end = log.high_watermark
    found: tuple[int, int, int | None] | None  # timestamp, offset, leader epoch
    if wanted.timestamp == LATEST:
        _require_high_watermark_known(partition, request, ctx)
        found = (-1, end, partition.leader_epoch)
    elif wanted.timestamp in (EARLIEST, EARLIEST_LOCAL):
        found = (-1, log.log_start_offset, log.epoch_for_offset(log.log_start_offset))
    elif wanted.timestamp == LATEST_TIERED:
        found = None  # nothing is tiered here
    else:
        if wanted.timestamp == MAX_TIMESTAMP:
            found = log.max_timestamp_offset()
        else:
            found = log.offset_for_timestamp(wanted.timestamp)
        if found is None or found[1] >= end:
            _require_high_watermark_known(partition, request, ctx)
            found = None
    timestamp, offset, epoch = found if found is not None else (-1, -1, None)
    return ListOffsetsPartitionResponse(
        partition_index=wanted.partition_index,
        error_code=0,
        timestamp=timestamp,
        offset=offset,
        leader_epoch=epoch if epoch is not None and ctx.version >= 4 else -1,
    )


def _require_high_watermark_known(
    partition: Partition, request: ListOffsetsRequest, ctx: RequestContext
) -> None:
    """A new leader whose high watermark has not caught up would show consumers an end that went back.

    Raises: OFFSET_NOT_AVAILABLE, LEADER_NOT_AVAILABLE for old clients. Source: KIP-207.
    """
    if request.replica_id == CONSUMER_ID and partition.high_watermark < partition.epoch_start_offset:
        raise KafkaError(
            ErrorCode.OFFSET_NOT_AVAILABLE if ctx.version >= 5 else ErrorCode.LEADER_NOT_AVAILABLE,
            f"{partition.tp}: the new leader's high watermark has not caught up yet",
        )


def _old_style(
    partition: Partition, wanted: ListOffsetsPartition, request: ListOffsetsRequest, broker: Services
) -> ListOffsetsPartitionResponse:
    """Version 0: up to N segment starts before a time, newest first."""
    offsets = partition.log.legacy_offsets_before(wanted.timestamp, wanted.max_num_offsets, broker.wall_ms())
    if request.replica_id == CONSUMER_ID:
        high_watermark = partition.high_watermark
        if any(offset > high_watermark for offset in offsets):
            offsets = [high_watermark, *(offset for offset in offsets if offset < high_watermark)]
    return ListOffsetsPartitionResponse(
        partition_index=wanted.partition_index,
        error_code=0,
        old_style_offsets=offsets[: wanted.max_num_offsets],
    )


def hosted(tp: TopicPartition, broker: Services) -> Partition:
    """The partition as hosted here.

    Raises: UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR.
    """
    partition = broker.replicas.partitions.get(tp)
    if partition is not None:
        return partition
    if broker.metadata.snapshot.partition(tp) is None and tp not in broker.replicas.offline:
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{tp} does not exist")
    return broker.replicas.get(tp)


async def offset_for_leader_epoch(
    request: OffsetForLeaderEpochRequest, ctx: RequestContext, broker: Services
) -> OffsetForLeaderEpochResponse:
    """Versions 0-4. Checks CLUSTER_ACTION, or DESCRIBE on each topic.

    Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
    FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR. Source: KIP-101, KIP-279, KIP-320.
    """
    is_broker = broker.authorizer.allows(ctx, Operation.CLUSTER_ACTION, CLUSTER, log=False)
    topics = []
    for topic in request.topics:
        allowed = is_broker or broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(topic.topic))
        topics.append(
            OffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[_epoch_end(topic.topic, wanted, allowed, broker) for wanted in topic.partitions],
            )
        )
    return OffsetForLeaderEpochResponse(topics=topics)


def _epoch_end(
    topic: str, wanted: OffsetForLeaderPartition, allowed: bool, broker: Services
) -> EpochEndOffset:
    try:
        if not allowed:
            raise KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
        partition = hosted(TopicPartition(topic, wanted.partition), broker)
        epoch, end = end_offset_for_epoch(partition, wanted.current_leader_epoch, wanted.leader_epoch)
    except KafkaError as error:
        return EpochEndOffset(error_code=error.code, partition=wanted.partition)
    return EpochEndOffset(error_code=0, partition=wanted.partition, leader_epoch=epoch, end_offset=end)
