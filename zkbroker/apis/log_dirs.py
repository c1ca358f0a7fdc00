"""The broker's log directories: what is in them (DescribeLogDirs), and moving replicas between them."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

import trio

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.alter_replica_log_dirs_request import AlterReplicaLogDirsRequest
from zkbroker.protocol.generated.alter_replica_log_dirs_response import (
    AlterReplicaLogDirPartitionResult,
    AlterReplicaLogDirsResponse,
    AlterReplicaLogDirTopicResult,
)
from zkbroker.protocol.generated.describe_log_dirs_request import DescribeLogDirsRequest
from zkbroker.protocol.generated.describe_log_dirs_response import (
    DescribeLogDirsPartition,
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
    DescribeLogDirsTopic,
)
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory

UNKNOWN_LAG: Final = -1
UNKNOWN_BYTES: Final = -1
SPACE_WITHIN_S: Final = 5.0
"""How long a directory may take to tell its free space; the answer does not wait longer for one that hangs."""


async def describe_log_dirs(
    request: DescribeLogDirsRequest, ctx: RequestContext, broker: Services
) -> DescribeLogDirsResponse:
    """Versions 0-4. Checks DESCRIBE of the cluster.

    Errors, top: CLUSTER_AUTHORIZATION_FAILED (from 3; before, no directories); per directory: KAFKA_STORAGE_ERROR
    for one that is offline. Source: KIP-113, KIP-784, KIP-827.
    """
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE)
    except KafkaError as error:
        return DescribeLogDirsResponse(error_code=error.code)
    wanted = None
    if request.topics is not None:
        wanted = {TopicPartition(t.topic, number) for t in request.topics for number in t.partitions}
    space = dict.fromkeys(broker.logs.log_dirs, (UNKNOWN_BYTES, UNKNOWN_BYTES))
    if ctx.version >= 4:
        async with trio.open_nursery() as nursery:
            for log_dir in space:
                nursery.start_soon(_ask_space, log_dir, space, broker)
    return DescribeLogDirsResponse(
        results=[_describe(log_dir, wanted, *known, broker) for log_dir, known in space.items()]
    )


async def _ask_space(
    log_dir: LogDirectory, space: dict[LogDirectory, tuple[int, int]], broker: Services
) -> None:
    """Total and usable bytes of the file system a directory is on; unknown where it does not say."""
    if log_dir.failure is not None:
        return
    with trio.move_on_after(SPACE_WITHIN_S):
        try:
            found = await broker.logs.ask(log_dir, lambda: os.statvfs(log_dir.path))
        except OSError as error:
            log_dir.failed(f"ask for the free space of {log_dir.path}", error)
            return
        space[log_dir] = (found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def _describe(
    log_dir: LogDirectory,
    wanted: Collection[TopicPartition] | None,
    total_bytes: int,
    usable_bytes: int,
    broker: Services,
) -> DescribeLogDirsResult:
    if log_dir.failure is not None:
        return DescribeLogDirsResult(error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=log_dir.path)
    topics: dict[str, list[DescribeLogDirsPartition]] = {}
    for each in broker.logs.all_logs():
        if each.segments.log_dir is log_dir and (wanted is None or each.tp in wanted):
            topics.setdefault(each.tp.topic, []).append(_describe_log(each, broker))
    return DescribeLogDirsResult(
        error_code=ErrorCode.NONE,
        log_dir=log_dir.path,
        topics=[DescribeLogDirsTopic(name=name, partitions=logs) for name, logs in topics.items()],
        total_bytes=total_bytes,
        usable_bytes=usable_bytes,
    )


def _describe_log(this: Log, broker: Services) -> DescribeLogDirsPartition:
    """Its lag: a copy's behind its log, a log's behind the high watermark."""
    current = broker.logs.get(this.tp)
    is_copy = current is not this
    partition = broker.replicas.partitions.get(this.tp)
    lag = UNKNOWN_LAG
    if partition is not None and current is not None:
        end = current.log_end_offset if is_copy else current.high_watermark
        lag = max(end - this.log_end_offset, 0)
    return DescribeLogDirsPartition(
        partition_index=this.tp.partition,
        partition_size=this.size_bytes,
        offset_lag=lag,
        is_future_key=is_copy,
    )


async def alter_replica_log_dirs(
    request: AlterReplicaLogDirsRequest, ctx: RequestContext, broker: Services
) -> AlterReplicaLogDirsResponse:
    """Versions 0-2. Checks ALTER of the cluster. Answers when the moves have begun.

    Errors, per partition: CLUSTER_AUTHORIZATION_FAILED, INVALID_TOPIC_EXCEPTION (too long a name),
    LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR (a directory is offline), REPLICA_NOT_AVAILABLE (not here; it will be
    made there if it comes). Source: KIP-113.
    """
    refused = None
    try:
        broker.authorizer.require(ctx, Operation.ALTER)
    except KafkaError as error:
        refused = error
    results: dict[str, list[AlterReplicaLogDirPartitionResult]] = {}
    for wanted in request.dirs:
        for topic in wanted.topics:
            for number in topic.partitions:
                code = ErrorCode.NONE
                try:
                    if refused is not None:
                        raise refused
                    _move(TopicPartition(topic.name, number), wanted.path, broker)
                except KafkaError as error:
                    code = error.code
                results.setdefault(topic.name, []).append(
                    AlterReplicaLogDirPartitionResult(partition_index=number, error_code=code)
                )
    return AlterReplicaLogDirsResponse(
        results=[
            AlterReplicaLogDirTopicResult(topic_name=name, partitions=partitions)
            for name, partitions in results.items()
        ]
    )


def _move(tp: TopicPartition, path: str, broker: Services) -> None:
    """Raises: KafkaError."""
    lost = broker.replicas.offline.get(tp)
    if lost is not None and broker.logs.directory(path) is not None:
        raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{tp}: its directory {lost} has failed")
    broker.log_moves.begin(tp, path, is_hosted=tp in broker.replicas.partitions)


def alter_failed(
    request: AlterReplicaLogDirsRequest, ctx: RequestContext, code: ErrorCode
) -> AlterReplicaLogDirsResponse:
    results: dict[str, list[AlterReplicaLogDirPartitionResult]] = {}
    for wanted in request.dirs:
        for topic in wanted.topics:
            results.setdefault(topic.name, []).extend(
                AlterReplicaLogDirPartitionResult(partition_index=number, error_code=code)
                for number in topic.partitions
            )
    return AlterReplicaLogDirsResponse(
        results=[
            AlterReplicaLogDirTopicResult(topic_name=name, partitions=partitions)
            for name, partitions in results.items()
        ]
    )
