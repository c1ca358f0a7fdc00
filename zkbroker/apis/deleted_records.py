"""DeleteRecords: let partitions begin at a later offset, on every live replica."""

from __future__ import annotations

import attrs
import trio

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.produce import INTERNAL_TOPICS
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.delete_records_request import DeleteRecordsRequest
from zkbroker.protocol.generated.delete_records_response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from zkbroker.security.authorizer import topic as topic_resource

NO_LOW_WATERMARK = -1


@attrs.define(eq=False)
class _Deletion:
    """One partition's result, which waits while its low watermark is below `target`."""

    tp: TopicPartition
    target: int = 0
    low_watermark: int = NO_LOW_WATERMARK
    code: ErrorCode = ErrorCode.REQUEST_TIMED_OUT
    is_waiting: bool = False

    def begin(self, offset: int, broker: Services) -> None:
        """Delete here. Raises: KafkaError."""
        if broker.metadata.snapshot.partition(self.tp) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{self.tp} does not exist")
        if self.tp.topic in INTERNAL_TOPICS:
            raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"{self.tp.topic} is for the brokers alone")
        partition = broker.replicas.leader(self.tp)
        self.target = partition.delete_records(offset)
        self.low_watermark = partition.low_watermark()
        self.is_waiting = True

    def look(self, broker: Services) -> None:
        """Whether every live replica has followed; losing the leadership ends the wait."""
        try:
            low_watermark = broker.replicas.leader(self.tp).low_watermark()
        except KafkaError as error:
            self.fail(error)
            return
        if low_watermark >= self.target:
            self.low_watermark, self.code, self.is_waiting = low_watermark, ErrorCode.NONE, False

    def fail(self, error: KafkaError) -> None:
        self.low_watermark, self.code, self.is_waiting = NO_LOW_WATERMARK, error.code, False


async def delete_records(
    request: DeleteRecordsRequest, ctx: RequestContext, broker: Services
) -> DeleteRecordsResponse:
    """Versions 0-2. Checks DELETE on the topics. Answers when every live replica begins there, and after a
    restart still will.

    Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
    INVALID_TOPIC_EXCEPTION (internal topics), POLICY_VIOLATION (cleanup.policy without delete),
    OFFSET_OUT_OF_RANGE (above the high watermark), REQUEST_TIMED_OUT (deleted here, not everywhere yet),
    KAFKA_STORAGE_ERROR. Source: KIP-107.
    """
    deletions: list[tuple[str, list[_Deletion]]] = []
    for topic in request.topics:
        allowed = broker.authorizer.allows(ctx, Operation.DELETE, topic_resource(topic.name))
        results: list[_Deletion] = []
        deletions.append((topic.name, results))
        for wanted in topic.partitions:
            deletion = _Deletion(TopicPartition(topic.name, wanted.partition_index))
            results.append(deletion)
            try:
                if not allowed:
                    raise KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
                deletion.begin(wanted.offset, broker)
            except KafkaError as error:
                deletion.fail(error)
    waiting = [each for _, results in deletions for each in results if each.is_waiting]
    deadline = trio.current_time() + request.timeout_ms / 1000
    await broker.logs.keep_starts([log for each in waiting if (log := broker.logs.get(each.tp)) is not None])
    while _look(waiting, broker) and trio.current_time() < deadline:
        with trio.move_on_at(deadline):
            await broker.replicas.wait_low_watermarks_moved()
    return DeleteRecordsResponse(
        topics=[
            DeleteRecordsTopicResult(name=name, partitions=[_result(each) for each in results])
            for name, results in deletions
        ]
    )


def _look(waiting: list[_Deletion], broker: Services) -> bool:
    """Look again at each deletion that waits; whether any still does."""
    for each in waiting:
        if each.is_waiting:
            each.look(broker)
    return any(each.is_waiting for each in waiting)


def _result(deletion: _Deletion) -> DeleteRecordsPartitionResult:
    return DeleteRecordsPartitionResult(
        partition_index=deletion.tp.partition,
        low_watermark=deletion.low_watermark,
        error_code=deletion.code,
    )


def delete_failed(
    request: DeleteRecordsRequest, ctx: RequestContext, code: ErrorCode
) -> DeleteRecordsResponse:
    return DeleteRecordsResponse(
        topics=[
            DeleteRecordsTopicResult(
                name=topic.name,
                partitions=[
                    DeleteRecordsPartitionResult(
                        partition_index=p.partition_index, low_watermark=NO_LOW_WATERMARK, error_code=code
                    )
                    for p in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )
