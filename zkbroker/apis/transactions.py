"""Idempotent and transactional producers: ids and epochs, transactions, their markers, and what administrators see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from acl.model import CLUSTER, Operation, ResourceType
from zkbroker.apis.context import RequestContext, Services
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from zkbroker.coordinator.transaction import statuses_named
from zkbroker.coordinator.transaction_coordinator import topics_of
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from zkbroker.protocol.generated.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from zkbroker.protocol.generated.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from zkbroker.protocol.generated.add_partitions_to_txn_response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from zkbroker.protocol.generated.describe_producers_request import DescribeProducersRequest
from zkbroker.protocol.generated.describe_producers_response import (
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)
from zkbroker.protocol.generated.describe_transactions_request import DescribeTransactionsRequest
from zkbroker.protocol.generated.describe_transactions_response import (
    DescribeTransactionsResponse,
    TopicData,
    TransactionState,
)
from zkbroker.protocol.generated.end_txn_request import EndTxnRequest
from zkbroker.protocol.generated.end_txn_response import EndTxnResponse
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.protocol.generated.list_transactions_request import ListTransactionsRequest
from zkbroker.protocol.generated.list_transactions_response import ListTransactionsResponse
from zkbroker.protocol.generated.list_transactions_response import TransactionState as ListedState
from zkbroker.protocol.generated.write_txn_markers_request import WriteTxnMarkersRequest
from zkbroker.protocol.generated.write_txn_markers_response import (
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)
from zkbroker.security.authorizer import group as group_resource
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.security.authorizer import transactional_id as transactional_id_resource
from zkbroker.topic_names import require_topic_name

INTERNAL_TOPICS = frozenset({"__consumer_offsets", "__transaction_state"})


# -- producers ----------------------------------------------------------------------------------------------------


async def init_producer_id(
    request: InitProducerIdRequest, ctx: RequestContext, broker: Services
) -> InitProducerIdResponse:
    """Versions 0-5. Checks WRITE on the transactional id, or IDEMPOTENT_WRITE on the cluster or WRITE on any topic.

    Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED, INVALID_REQUEST,
    INVALID_TRANSACTION_TIMEOUT, CONCURRENT_TRANSACTIONS, PRODUCER_FENCED (INVALID_PRODUCER_EPOCH below 4),
    COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR.
    Source: KIP-98, KIP-360, KIP-588, KIP-679.
    """
    transactional_id = request.transactional_id
    try:
        if transactional_id is not None:
            broker.authorizer.require(ctx, Operation.WRITE, transactional_id_resource(transactional_id))
        elif not broker.authorizer.allows(
            ctx, Operation.IDEMPOTENT_WRITE, CLUSTER, log=False
        ) and not broker.authorizer.allows_any(ctx, Operation.WRITE, ResourceType.TOPIC):
            raise KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
        expected = Producer(request.producer_id, request.producer_epoch)
        if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH):
            raise KafkaError(ErrorCode.INVALID_REQUEST, "a producer id goes with its epoch")
        if transactional_id is None:
            producer = Producer(await broker.producer_ids.next(), 0)
        else:
            producer = await broker.transactions.init_producer_id(
                transactional_id,
                request.transaction_timeout_ms,
                None if request.producer_id == NO_PRODUCER_ID else expected,
            )
    except KafkaError as error:
        return InitProducerIdResponse(
            error_code=_known_to(error.code, ctx, since=4), producer_epoch=NO_PRODUCER_EPOCH
        )
    return InitProducerIdResponse(producer_id=producer.producer_id, producer_epoch=producer.producer_epoch)


def _known_to(code: ErrorCode, ctx: RequestContext, *, since: int) -> ErrorCode:
    """PRODUCER_FENCED for clients that know it. Source: KIP-588."""
    if code is ErrorCode.PRODUCER_FENCED and ctx.version < since:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    return code


# -- transactions -------------------------------------------------------------------------------------------------


async def add_partitions_to_txn(
    request: AddPartitionsToTxnRequest, ctx: RequestContext, broker: Services
) -> AddPartitionsToTxnResponse:
    """Versions 0-5; from 4 on for brokers: several transactions, or only verifying.

    Checks below 4: WRITE on the transactional id and each topic; from 4: CLUSTER_ACTION.
    Errors, all per partition (CLUSTER_AUTHORIZATION_FAILED on top): TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, OPERATION_NOT_ATTEMPTED (beside those),
    INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED (INVALID_PRODUCER_EPOCH below 2),
    CONCURRENT_TRANSACTIONS, TRANSACTION_ABORTABLE (verifying), COORDINATOR_NOT_AVAILABLE,
    COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR. Source: KIP-98, KIP-588, KIP-890.
    """
    if ctx.version >= 4:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
        return AddPartitionsToTxnResponse(
            results_by_transaction=[
                AddPartitionsToTxnResult(
                    transactional_id=each.transactional_id,
                    topic_results=_by_topic(await _add_partitions(each, ctx, broker)),
                )
                for each in request.transactions
            ]
        )
    only = AddPartitionsToTxnTransaction(
        transactional_id=request.v3_and_below_transactional_id,
        producer_id=request.v3_and_below_producer_id,
        producer_epoch=request.v3_and_below_producer_epoch,
        topics=request.v3_and_below_topics,
    )
    return AddPartitionsToTxnResponse(
        results_by_topic_v3_and_below=_by_topic(await _add_partitions(only, ctx, broker))
    )


async def _add_partitions(
    asked: AddPartitionsToTxnTransaction, ctx: RequestContext, broker: Services
) -> Mapping[TopicPartition, ErrorCode]:
    partitions = _partitions(asked.topics)
    name, producer = asked.transactional_id, Producer(asked.producer_id, asked.producer_epoch)
    try:
        if ctx.version < 4:
            broker.authorizer.require(ctx, Operation.WRITE, transactional_id_resource(name))
        refused = _refused(partitions, ctx, broker)
        if refused:  # all or nothing
            return {tp: refused.get(tp, ErrorCode.OPERATION_NOT_ATTEMPTED) for tp in partitions}
        if asked.verify_only:
            return await broker.transactions.verify_partitions(name, producer, partitions)
        await broker.transactions.add_partitions(name, producer, partitions)
    except KafkaError as error:
        return dict.fromkeys(partitions, _known_to(error.code, ctx, since=2))
    return dict.fromkeys(partitions, ErrorCode.NONE)


def _refused(
    partitions: Iterable[TopicPartition], ctx: RequestContext, broker: Services
) -> dict[TopicPartition, ErrorCode]:
    """Partitions that may not be written, or do not exist. Brokers were asked by somebody who may."""
    refused = {}
    for tp in partitions:
        if ctx.version < 4 and (
            tp.topic in INTERNAL_TOPICS
            or not broker.authorizer.allows(ctx, Operation.WRITE, topic_resource(tp.topic))
        ):
            refused[tp] = ErrorCode.TOPIC_AUTHORIZATION_FAILED
        elif broker.metadata.snapshot.partition(tp) is None:
            refused[tp] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return refused


def _partitions(topics: Iterable[AddPartitionsToTxnTopic]) -> frozenset[TopicPartition]:
    return frozenset(TopicPartition(topic.name, each) for topic in topics for each in topic.partitions)


def _by_topic(codes: Mapping[TopicPartition, ErrorCode]) -> list[AddPartitionsToTxnTopicResult]:
    topics: dict[str, list[AddPartitionsToTxnPartitionResult]] = {}
    for tp, code in codes.items():
        topics.setdefault(tp.topic, []).append(
            AddPartitionsToTxnPartitionResult(partition_index=tp.partition, partition_error_code=code)
        )
    return [AddPartitionsToTxnTopicResult(name=n, results_by_partition=p) for n, p in topics.items()]


async def add_offsets_to_txn(
    request: AddOffsetsToTxnRequest, ctx: RequestContext, broker: Services
) -> AddOffsetsToTxnResponse:
    """Versions 0-4. Checks WRITE on the transactional id, READ on the group.

    Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, INVALID_REQUEST,
    INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED (INVALID_PRODUCER_EPOCH below 2), CONCURRENT_TRANSACTIONS,
    COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR. Source: KIP-98, KIP-588.
    """
    name = request.transactional_id
    try:
        broker.authorizer.require(ctx, Operation.WRITE, transactional_id_resource(name))
        broker.authorizer.require(ctx, Operation.READ, group_resource(request.group_id))
        partition = broker.groups.shards.partition_of(request.group_id)
        producer = Producer(request.producer_id, request.producer_epoch)
        await broker.transactions.add_partitions(name, producer, frozenset({partition}))
    except KafkaError as error:
        return AddOffsetsToTxnResponse(error_code=_known_to(error.code, ctx, since=2))
    return AddOffsetsToTxnResponse()


async def end_txn(request: EndTxnRequest, ctx: RequestContext, broker: Services) -> EndTxnResponse:
    """Versions 0-4. Checks WRITE on the transactional id. Answers when the decision is stored; markers follow.

    Errors: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED
    (INVALID_PRODUCER_EPOCH below 2), CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE, COORDINATOR_NOT_AVAILABLE,
    COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR. Source: KIP-98, KIP-588.
    """
    name = request.transactional_id
    try:
        broker.authorizer.require(ctx, Operation.WRITE, transactional_id_resource(name))
        producer = Producer(request.producer_id, request.producer_epoch)
        await broker.transactions.end(name, producer, commit=request.committed)
    except KafkaError as error:
        return EndTxnResponse(error_code=_known_to(error.code, ctx, since=2))
    return EndTxnResponse()


async def write_txn_markers(
    request: WriteTxnMarkersRequest, ctx: RequestContext, broker: Services
) -> WriteTxnMarkersResponse:
    """Versions 0-1. Checks ALTER or CLUSTER_ACTION on the cluster. Waits for the replicas.

    Errors, all per partition: CLUSTER_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
    INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, NOT_ENOUGH_REPLICAS,
    NOT_ENOUGH_REPLICAS_AFTER_APPEND, REQUEST_TIMED_OUT, KAFKA_STORAGE_ERROR. Source: KIP-98, KIP-664.
    """
    if not broker.authorizer.allows(ctx, Operation.ALTER, CLUSTER, log=False):
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
    return await broker.coordinators.marker_writer.write(request)


# -- administration -----------------------------------------------------------------------------------------------


async def describe_producers(
    request: DescribeProducersRequest, ctx: RequestContext, broker: Services
) -> DescribeProducersResponse:
    """Version 0. Checks READ on each topic. Answers for partitions led here.

    Errors per partition: INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION,
    NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR. Source: KIP-664.
    """
    topics = []
    for topic in request.topics:
        indexes = topic.partition_indexes
        try:
            require_topic_name(topic.name)
            broker.authorizer.require(ctx, Operation.READ, topic_resource(topic.name))
            if topic.name not in broker.metadata.snapshot.topics:
                raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"There is no topic {topic.name}.")
        except KafkaError as error:
            partitions = [_no_producers(index, error) for index in indexes]
        else:
            partitions = [_producers_of(TopicPartition(topic.name, index), broker) for index in indexes]
        topics.append(TopicResponse(name=topic.name, partitions=partitions))
    return DescribeProducersResponse(topics=topics)


def _no_producers(index: int, error: KafkaError) -> PartitionResponse:
    return PartitionResponse(partition_index=index, error_code=error.code, error_message=error.message)


def _producers_of(tp: TopicPartition, broker: Services) -> PartitionResponse:
    try:
        if broker.metadata.snapshot.partition(tp) is None:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"There is no partition {tp}.")
        producers = broker.replicas.leader(tp).log.active_producers()
    except KafkaError as error:
        return _no_producers(tp.partition, error)
    return PartitionResponse(
        partition_index=tp.partition,
        active_producers=[
            ProducerState(
                producer_id=each.producer_id,
                producer_epoch=each.producer_epoch,
                last_sequence=each.last_sequence,
                last_timestamp=each.last_timestamp,
                coordinator_epoch=each.coordinator_epoch,
                current_txn_start_offset=each.current_transaction_start_offset,
            )
            for each in producers
        ],
    )


async def describe_transactions(
    request: DescribeTransactionsRequest, ctx: RequestContext, broker: Services
) -> DescribeTransactionsResponse:
    """Version 0. Checks DESCRIBE on each transactional id; shows topics with DESCRIBE.

    Errors per id: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST, TRANSACTIONAL_ID_NOT_FOUND,
    COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR. Source: KIP-664.
    """
    return DescribeTransactionsResponse(
        transaction_states=[await _describe(name, ctx, broker) for name in request.transactional_ids]
    )


async def _describe(name: str, ctx: RequestContext, broker: Services) -> TransactionState:
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, transactional_id_resource(name))
        found = await broker.transactions.describe(name)
    except KafkaError as error:
        return TransactionState(transactional_id=name, error_code=error.code)
    return TransactionState(
        transactional_id=name,
        transaction_state=found.status.shown,
        transaction_timeout_ms=found.timeout_ms,
        transaction_start_time_ms=found.started_ms,
        producer_id=found.producer_id,
        producer_epoch=found.producer_epoch,
        topics=[
            TopicData(topic=topic, partitions=partitions)
            for topic, partitions in topics_of(found.partitions).items()
            if broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(topic))
        ],
    )


async def list_transactions(
    request: ListTransactionsRequest, ctx: RequestContext, broker: Services
) -> ListTransactionsResponse:
    """Versions 0-1. Shows the transactional ids with DESCRIBE.

    Errors: COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS. Source: KIP-664, KIP-994.
    """
    statuses, unknown = statuses_named(request.state_filters)
    try:
        found = await broker.transactions.list(
            statuses, frozenset(request.producer_id_filters), request.duration_filter
        )
    except KafkaError as error:
        return ListTransactionsResponse(error_code=error.code)
    return ListTransactionsResponse(
        unknown_state_filters=unknown,
        transaction_states=[
            ListedState(
                transactional_id=each.transactional_id,
                producer_id=each.producer_id,
                transaction_state=each.status.shown,
            )
            for each in found
            if broker.authorizer.allows(
                ctx, Operation.DESCRIBE, transactional_id_resource(each.transactional_id)
            )
        ],
    )


# -- when a handler fails as a whole ------------------------------------------------------------------------------


def init_failed(
    request: InitProducerIdRequest, ctx: RequestContext, code: ErrorCode
) -> InitProducerIdResponse:
    return InitProducerIdResponse(error_code=code, producer_epoch=NO_PRODUCER_EPOCH)


def add_partitions_failed(
    request: AddPartitionsToTxnRequest, ctx: RequestContext, code: ErrorCode
) -> AddPartitionsToTxnResponse:
    if ctx.version >= 4:
        return AddPartitionsToTxnResponse(error_code=code)
    partitions = _partitions(request.v3_and_below_topics)
    return AddPartitionsToTxnResponse(
        results_by_topic_v3_and_below=_by_topic(dict.fromkeys(partitions, code))
    )


def write_markers_failed(
    request: WriteTxnMarkersRequest, ctx: RequestContext, code: ErrorCode
) -> WriteTxnMarkersResponse:
    return WriteTxnMarkersResponse(
        markers=[
            WritableTxnMarkerResult(
                producer_id=marker.producer_id,
                topics=[
                    WritableTxnMarkerTopicResult(
                        name=topic.name,
                        partitions=[
                            WritableTxnMarkerPartitionResult(partition_index=each, error_code=code)
                            for each in topic.partition_indexes
                        ],
                    )
                    for topic in marker.topics
                ],
            )
            for marker in request.markers
        ]
    )


def describe_producers_failed(
    request: DescribeProducersRequest, ctx: RequestContext, code: ErrorCode
) -> DescribeProducersResponse:
    return DescribeProducersResponse(
        topics=[
            TopicResponse(
                name=topic.name,
                partitions=[
                    PartitionResponse(partition_index=each, error_code=code)
                    for each in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


def describe_transactions_failed(
    request: DescribeTransactionsRequest, ctx: RequestContext, code: ErrorCode
) -> DescribeTransactionsResponse:
    return DescribeTransactionsResponse(
        transaction_states=[
            TransactionState(transactional_id=name, error_code=code) for name in request.transactional_ids
        ]
    )
