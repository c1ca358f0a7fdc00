"""The offsets groups commit: OffsetCommit, OffsetFetch, OffsetDelete, and TxnOffsetCommit.

Version 0 of commit and fetch keeps them in ZooKeeper, where consumers before Kafka 0.9 had them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from acl.model import Operation
from zkbroker import admin_store
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.apis.transactional_produce import verify_partitions
from zkbroker.coordinator.groups import Commit, Fetched
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import NO_TIMESTAMP, Committed
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.offset_commit_request import OffsetCommitRequest
from zkbroker.protocol.generated.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from zkbroker.protocol.generated.offset_delete_request import OffsetDeleteRequest
from zkbroker.protocol.generated.offset_delete_response import (
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from zkbroker.protocol.generated.offset_fetch_request import OffsetFetchRequest
from zkbroker.protocol.generated.offset_fetch_response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)
from zkbroker.protocol.generated.txn_offset_commit_request import TxnOffsetCommitRequest
from zkbroker.protocol.generated.txn_offset_commit_response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from zkbroker.protocol.records import NO_SEQUENCE
from zkbroker.security.authorizer import group as group_resource
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.security.authorizer import transactional_id as transactional_id_resource
from zkbroker.zookeeper.session import ConnectionLost, SessionLost

if TYPE_CHECKING:
    from zkbroker.protocol.generated.offset_commit_request import OffsetCommitRequestPartition
    from zkbroker.protocol.generated.txn_offset_commit_request import TxnOffsetCommitRequestPartition

P = TypeVar("P", "OffsetCommitRequestPartition", "TxnOffsetCommitRequestPartition")

NO_OFFSET = -1
NO_LEADER_EPOCH = -1
LAST_MS = 2**63 - 1  # the last time that a record has room for

Errors = dict[TopicPartition, ErrorCode]

_UNVERIFIED = {ErrorCode.NETWORK_EXCEPTION: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}


# -- committing ---------------------------------------------------------------------------------------------------


async def offset_commit(
    request: OffsetCommitRequest, ctx: RequestContext, broker: Services
) -> OffsetCommitResponse:
    """Versions 0-9. Checks READ on the group and on each topic. Version 0 commits to ZooKeeper.

    Errors, all per partition: GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED,
    UNKNOWN_TOPIC_OR_PARTITION, OFFSET_METADATA_TOO_LARGE, COORDINATOR_NOT_AVAILABLE,
    COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS,
    FENCED_INSTANCE_ID, INVALID_COMMIT_OFFSET_SIZE, REQUEST_TIMED_OUT. Source: KIP-98, KIP-211, KIP-320, KIP-345.
    """
    try:
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
    except KafkaError as error:
        return commit_failed(request, ctx, error.code)
    topics = [(topic.name, topic.partitions) for topic in request.topics]
    errors, wanted = _sort_out(topics, ctx, broker)
    if ctx.version == 0:
        await _commit_to_zookeeper(request.group_id, wanted, errors, broker)
    elif wanted:
        now_ms = broker.wall_ms()
        retention_ms = request.retention_time_ms
        expire_ms = NO_TIMESTAMP if retention_ms == -1 else min(now_ms + retention_ms, LAST_MS)
        offsets = [
            (
                tp,
                Committed(
                    each.committed_offset,
                    each.committed_leader_epoch,
                    each.committed_metadata or "",
                    now_ms if each.commit_timestamp == -1 else each.commit_timestamp,
                    expire_ms,
                ),
            )
            for tp, each in wanted
        ]
        await _commit(
            request.group_id,
            Commit(
                request.member_id,
                request.group_instance_id,
                request.generation_id_or_member_epoch,
                _of_good_size(offsets, errors, broker),
            ),
            [tp for tp, _ in wanted],
            errors,
            broker,
        )
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=name,
                partitions=[
                    OffsetCommitResponsePartition(
                        partition_index=each.partition_index,
                        error_code=errors[TopicPartition(name, each.partition_index)],
                    )
                    for each in partitions
                ],
            )
            for name, partitions in topics
        ]
    )


async def txn_offset_commit(
    request: TxnOffsetCommitRequest, ctx: RequestContext, broker: Services
) -> TxnOffsetCommitResponse:
    """Versions 0-4. Checks WRITE on the transactional id, READ on the group and on each topic.

    Errors, all per partition: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, and those of OffsetCommit;
    INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE (TRANSACTION_ABORTABLE from 4), COORDINATOR_LOAD_IN_PROGRESS is
    COORDINATOR_NOT_AVAILABLE below 2. Source: KIP-98, KIP-320, KIP-447, KIP-890.
    """
    try:
        broker.authorizer.require(ctx, Operation.WRITE, transactional_id_resource(request.transactional_id))
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
    except KafkaError as error:
        return txn_commit_failed(request, ctx, error.code)
    topics = [(topic.name, topic.partitions) for topic in request.topics]
    errors, wanted = _sort_out(topics, ctx, broker)
    if wanted:
        now_ms = broker.wall_ms()
        offsets = [
            (
                tp,
                Committed(
                    each.committed_offset,
                    each.committed_leader_epoch,
                    each.committed_metadata or "",
                    now_ms,
                ),
            )
            for tp, each in wanted
        ]
        producer = Producer(request.producer_id, request.producer_epoch)
        home = broker.groups.shards.partition_of(request.group_id)
        verified = await verify_partitions(
            request.transactional_id,
            producer,
            [(home, NO_SEQUENCE)],
            broker,
        )
        verification = verified.get(home)
        if isinstance(verification, ErrorCode):
            code = _UNVERIFIED.get(verification, verification)
            if code is ErrorCode.TRANSACTION_ABORTABLE and ctx.version < 4:
                code = ErrorCode.INVALID_TXN_STATE
            errors.update((tp, code) for tp, _ in wanted)
        else:
            commit = Commit(
                request.member_id,
                request.group_instance_id,
                request.generation_id,
                _of_good_size(offsets, errors, broker),
                producer,
                verification,
            )
            await _commit(request.group_id, commit, [tp for tp, _ in wanted], errors, broker)
    if ctx.version < 2:  # producers before Kafka 2.0 do not know that error here
        for tp, code in errors.items():
            if code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
                errors[tp] = ErrorCode.COORDINATOR_NOT_AVAILABLE
    return TxnOffsetCommitResponse(
        topics=[
            TxnOffsetCommitResponseTopic(
                name=name,
                partitions=[
                    TxnOffsetCommitResponsePartition(
                        partition_index=each.partition_index,
                        error_code=errors[TopicPartition(name, each.partition_index)],
                    )
                    for each in partitions
                ],
            )
            for name, partitions in topics
        ]
    )


def _sort_out(
    topics: Sequence[tuple[str, Sequence[P]]], ctx: RequestContext, broker: Services
) -> tuple[Errors, list[tuple[TopicPartition, P]]]:
    """An entry for every partition, and those that may be committed."""
    errors: Errors = {}
    wanted: list[tuple[TopicPartition, P]] = []
    snapshot = broker.metadata.snapshot
    for name, partitions in topics:
        allowed = broker.authorizer.allows(ctx, Operation.READ, topic_resource(name))
        known = snapshot.partitions(name)
        for each in partitions:
            tp = TopicPartition(name, each.partition_index)
            if not allowed:
                errors[tp] = ErrorCode.TOPIC_AUTHORIZATION_FAILED
            elif each.partition_index not in known:
                errors[tp] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                errors[tp] = ErrorCode.NONE
                wanted.append((tp, each))
    return errors, wanted


def _of_good_size(
    offsets: list[tuple[TopicPartition, Committed]], errors: Errors, broker: Services
) -> list[tuple[TopicPartition, Committed]]:
    """Without those whose metadata is too large, which get their error."""
    limit = broker.config.broker.offset_metadata_max_bytes
    kept = []
    for tp, committed in offsets:
        if len(committed.metadata) > limit:
            errors[tp] = ErrorCode.OFFSET_METADATA_TOO_LARGE
        else:
            kept.append((tp, committed))
    return kept


async def _commit(
    group_id: str, commit: Commit, asked: Iterable[TopicPartition], errors: Errors, broker: Services
) -> None:
    """Commit; an error of the group is the error of every partition."""
    try:
        await broker.groups.commit(group_id, commit)
    except KafkaError as error:
        for tp in asked:
            errors[tp] = error.code


async def _commit_to_zookeeper(
    group_id: str,
    wanted: Iterable[tuple[TopicPartition, OffsetCommitRequestPartition]],
    errors: Errors,
    broker: Services,
) -> None:
    limit = broker.config.broker.offset_metadata_max_bytes
    for tp, each in wanted:
        if len(each.committed_metadata or "") > limit:
            errors[tp] = ErrorCode.OFFSET_METADATA_TOO_LARGE
            continue
        try:
            session = await current_session(broker)
            await admin_store.write_consumer_offset(session, group_id, tp, each.committed_offset)
        except (SessionLost, ConnectionLost):
            errors[tp] = ErrorCode.REQUEST_TIMED_OUT
        except KafkaError as error:
            errors[tp] = error.code


# -- fetching -----------------------------------------------------------------------------------------------------


async def offset_fetch(
    request: OffsetFetchRequest, ctx: RequestContext, broker: Services
) -> OffsetFetchResponse:
    """Versions 0-9. Checks DESCRIBE on each group and topic. Version 0 reads from ZooKeeper.

    Errors per group (on every partition below 2): GROUP_AUTHORIZATION_FAILED, COORDINATOR_NOT_AVAILABLE,
    COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR; per partition: TOPIC_AUTHORIZATION_FAILED,
    UNSTABLE_OFFSET_COMMIT, UNKNOWN_TOPIC_OR_PARTITION (version 0 alone). No offset is -1 without an error.
    Source: KIP-88, KIP-447, KIP-709.
    """
    if ctx.version >= 8:
        groups = []
        for group in request.groups:
            topics = None
            if group.topics is not None:
                topics = [(each.name, each.partition_indexes) for each in group.topics]
            groups.append(await _fetch_of_group(group.group_id, topics, request.require_stable, ctx, broker))
        return OffsetFetchResponse(groups=groups)

    wanted = None
    if request.topics is not None:
        wanted = [(each.name, each.partition_indexes) for each in request.topics]
    if ctx.version == 0:
        only = await _fetch_from_zookeeper(request.group_id, wanted or [], ctx, broker)
    else:
        only = await _fetch_of_group(request.group_id, wanted, request.require_stable, ctx, broker)
    if only.error_code and ctx.version < 2:  # no place for it but every partition's
        return fetch_failed(request, ctx, ErrorCode(only.error_code))
    return OffsetFetchResponse(
        error_code=only.error_code,
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=each.partition_index,
                        committed_offset=each.committed_offset,
                        committed_leader_epoch=each.committed_leader_epoch,
                        metadata=each.metadata,
                        error_code=each.error_code,
                    )
                    for each in topic.partitions
                ],
            )
            for topic in only.topics
        ],
    )


Wanted = Sequence[tuple[str, Sequence[int]]]


async def _fetch_of_group(
    group_id: str, topics: Wanted | None, require_stable: bool, ctx: RequestContext, broker: Services
) -> OffsetFetchResponseGroup:
    refused: list[OffsetFetchResponseTopics] = []
    partitions = None
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, group_resource(group_id))
        if topics is not None:
            partitions = []
            for name, indexes in topics:
                if broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(name)):
                    partitions += [TopicPartition(name, index) for index in indexes]
                else:
                    refused.append(_no_offsets(name, indexes, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
        found = await broker.groups.fetch(group_id, partitions, require_stable=require_stable)
    except KafkaError as error:
        return OffsetFetchResponseGroup(group_id=group_id, error_code=error.code)
    by_topic: dict[str, list[Fetched]] = {}
    for each in found:
        by_topic.setdefault(each.tp.topic, []).append(each)
    if topics is None:  # what one may not describe is not shown
        by_topic = {
            name: each
            for name, each in by_topic.items()
            if broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(name))
        }
    return OffsetFetchResponseGroup(
        group_id=group_id,
        topics=[
            OffsetFetchResponseTopics(name=name, partitions=[_fetched(each) for each in offsets])
            for name, offsets in by_topic.items()
        ]
        + refused,
    )


def _fetched(found: Fetched) -> OffsetFetchResponsePartitions:
    committed = found.committed
    if committed is None:
        code = ErrorCode.UNSTABLE_OFFSET_COMMIT if found.unstable else ErrorCode.NONE
        return _no_offset(found.tp.partition, code)
    return OffsetFetchResponsePartitions(
        partition_index=found.tp.partition,
        committed_offset=committed.offset,
        committed_leader_epoch=committed.leader_epoch,
        metadata=committed.metadata,
    )


def _no_offset(partition: int, code: ErrorCode) -> OffsetFetchResponsePartitions:
    return OffsetFetchResponsePartitions(
        partition_index=partition,
        committed_offset=NO_OFFSET,
        committed_leader_epoch=NO_LEADER_EPOCH,
        error_code=code,
    )


def _no_offsets(topic: str, partitions: Sequence[int], code: ErrorCode) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(name=topic, partitions=[_no_offset(each, code) for each in partitions])


async def _fetch_from_zookeeper(
    group_id: str, topics: Wanted, ctx: RequestContext, broker: Services
) -> OffsetFetchResponseGroup:
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, group_resource(group_id))
    except KafkaError as error:
        return OffsetFetchResponseGroup(group_id=group_id, error_code=error.code)
    answers = []
    for name, indexes in topics:
        if not broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(name)):
            answers.append(_no_offsets(name, indexes, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
            continue
        answers.append(
            OffsetFetchResponseTopics(
                name=name,
                partitions=[
                    await _read_from_zookeeper(group_id, TopicPartition(name, index), broker)
                    for index in indexes
                ],
            )
        )
    return OffsetFetchResponseGroup(group_id=group_id, topics=answers)


async def _read_from_zookeeper(
    group_id: str, tp: TopicPartition, broker: Services
) -> OffsetFetchResponsePartitions:
    try:
        offset = None
        if broker.metadata.snapshot.partition(tp) is not None:
            session = await current_session(broker)
            offset = await admin_store.read_consumer_offset(session, group_id, tp)
    except (SessionLost, ConnectionLost):
        return _no_offset(tp.partition, ErrorCode.REQUEST_TIMED_OUT)
    except KafkaError as error:
        return _no_offset(tp.partition, error.code)
    if offset is None:
        return _no_offset(tp.partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return OffsetFetchResponsePartitions(partition_index=tp.partition, committed_offset=offset)


# -- deleting -----------------------------------------------------------------------------------------------------


async def offset_delete(
    request: OffsetDeleteRequest, ctx: RequestContext, broker: Services
) -> OffsetDeleteResponse:
    """Version 0. Checks DELETE on the group, READ on each topic.

    Errors, top: GROUP_AUTHORIZATION_FAILED, INVALID_GROUP_ID, COORDINATOR_NOT_AVAILABLE,
    COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP (with members that are no
    consumers); per partition: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, GROUP_SUBSCRIBED_TO_TOPIC.
    Source: KIP-496.
    """
    errors: dict[TopicPartition, ErrorCode] = {}
    wanted = []
    snapshot = broker.metadata.snapshot
    try:
        broker.authorizer.require(ctx, Operation.DELETE, group_resource(request.group_id))
        for topic in request.topics:
            allowed = broker.authorizer.allows(ctx, Operation.READ, topic_resource(topic.name))
            known = snapshot.partitions(topic.name)
            for each in topic.partitions:
                tp = TopicPartition(topic.name, each.partition_index)
                if not allowed:
                    errors[tp] = ErrorCode.TOPIC_AUTHORIZATION_FAILED
                elif each.partition_index not in known:
                    errors[tp] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                else:
                    wanted.append(tp)
        errors |= await broker.groups.delete_offsets(request.group_id, wanted)
    except KafkaError as error:
        return OffsetDeleteResponse(error_code=error.code)
    return OffsetDeleteResponse(
        topics=[
            OffsetDeleteResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetDeleteResponsePartition(
                        partition_index=each.partition_index,
                        error_code=errors[TopicPartition(topic.name, each.partition_index)],
                    )
                    for each in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


# -- when a handler fails as a whole ------------------------------------------------------------------------------


def commit_failed(request: OffsetCommitRequest, ctx: RequestContext, code: ErrorCode) -> OffsetCommitResponse:
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
                    for each in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def txn_commit_failed(
    request: TxnOffsetCommitRequest, ctx: RequestContext, code: ErrorCode
) -> TxnOffsetCommitResponse:
    return TxnOffsetCommitResponse(
        topics=[
            TxnOffsetCommitResponseTopic(
                name=topic.name,
                partitions=[
                    TxnOffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
                    for each in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def fetch_failed(request: OffsetFetchRequest, ctx: RequestContext, code: ErrorCode) -> OffsetFetchResponse:
    if ctx.version >= 8:
        return OffsetFetchResponse(
            groups=[
                OffsetFetchResponseGroup(group_id=group.group_id, error_code=code) for group in request.groups
            ]
        )
    if ctx.version >= 2:
        return OffsetFetchResponse(error_code=code)
    return OffsetFetchResponse(
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=index, committed_offset=NO_OFFSET, error_code=code
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics or ()
        ]
    )
