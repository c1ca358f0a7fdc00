"""Metadata and DescribeCluster: who leads what, and where to find the brokers."""

from __future__ import annotations

from acl.model import CLUSTER, Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import INTERNAL_TOPICS, auto_create
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import ClusterSnapshot, PartitionMetadata, TopicMetadata
from zkbroker.model import NO_LEADER, NO_TOPIC_ID
from zkbroker.protocol.generated.describe_cluster_request import DescribeClusterRequest
from zkbroker.protocol.generated.describe_cluster_response import (
    DescribeClusterBroker,
    DescribeClusterResponse,
)
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from zkbroker.security.authorizer import topic as topic_resource

NOT_ASKED = -2147483648
"""An authorized-operations field that the client did not ask for."""

BROKERS, CONTROLLERS = 1, 2


async def metadata(request: MetadataRequest, ctx: RequestContext, broker: Services) -> MetadataResponse:
    """Versions 0-12. Checks DESCRIBE on the topics; CREATE on the cluster or topic for automatic creation.

    Errors per topic: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
    LEADER_NOT_AVAILABLE (creation has begun), INVALID_TOPIC_EXCEPTION, INVALID_REPLICATION_FACTOR,
    INVALID_REQUEST; per partition: LEADER_NOT_AVAILABLE, LISTENER_NOT_FOUND.
    Source: KIP-4, KIP-430, KIP-516.
    """
    snapshot = broker.metadata.snapshot
    wants_all = request.topics is None or (ctx.version == 0 and not request.topics)
    topics: list[MetadataResponseTopic] = []
    if wants_all:
        for name, known in snapshot.topics.items():
            if broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(name), log=False):
                topics.append(_topic(known, request, ctx, broker, snapshot))
    else:
        for wanted in request.topics or ():
            topics.append(await _wanted(wanted, request, ctx, broker, snapshot))
    return MetadataResponse(
        brokers=[
            MetadataResponseBroker(
                node_id=info.broker_id, host=endpoint.host, port=endpoint.port, rack=info.rack
            )
            for info in snapshot.brokers.values()
            if (endpoint := info.endpoint(ctx.listener)) is not None
        ],
        cluster_id=broker.cluster_id,
        controller_id=snapshot.controller_id if snapshot.controller_id in snapshot.brokers else NO_LEADER,
        topics=topics,
        cluster_authorized_operations=_cluster_operations(ctx, broker)
        if request.include_cluster_authorized_operations
        else NOT_ASKED,
    )


def _cluster_operations(ctx: RequestContext, broker: Services) -> int:
    if not broker.authorizer.allows(ctx, Operation.DESCRIBE, CLUSTER, log=False):
        return 0
    return broker.authorizer.operations(ctx, CLUSTER)


async def _wanted(
    wanted: MetadataRequestTopic,
    request: MetadataRequest,
    ctx: RequestContext,
    broker: Services,
    snapshot: ClusterSnapshot,
) -> MetadataResponseTopic:
    """One topic the client named, by name or (version 12) by id."""
    name, by_id = wanted.name, False
    if ctx.version >= 10 and (wanted.topic_id != NO_TOPIC_ID or name is None):
        if ctx.version < 12 or (name is not None and wanted.topic_id != NO_TOPIC_ID):
            return MetadataResponseTopic(
                error_code=ErrorCode.INVALID_REQUEST, name=name or "", topic_id=wanted.topic_id
            )
        name, by_id = snapshot.topic_names.get(wanted.topic_id), True
        if name is None:
            return MetadataResponseTopic(
                error_code=ErrorCode.UNKNOWN_TOPIC_ID, name=None, topic_id=wanted.topic_id
            )
    assert name is not None
    if not broker.authorizer.allows(ctx, Operation.DESCRIBE, topic_resource(name)):
        # By id, neither the name nor whether it exists may leak.
        return MetadataResponseTopic(
            error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
            name=None if by_id else name,
            topic_id=wanted.topic_id,
            is_internal=name in INTERNAL_TOPICS and not by_id,
        )
    known = snapshot.topics.get(name)
    if known is not None:
        return _topic(known, request, ctx, broker, snapshot)
    code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if request.allow_auto_topic_creation and (
        broker.config.broker.auto_create_topics_enable or name in INTERNAL_TOPICS
    ):
        try:
            if not broker.authorizer.allows(ctx, Operation.CREATE, CLUSTER, log=False):
                broker.authorizer.require(ctx, Operation.CREATE, topic_resource(name))
            await auto_create(name, broker)
            code = ErrorCode.LEADER_NOT_AVAILABLE
        except KafkaError as error:
            code = error.code
    return MetadataResponseTopic(error_code=code, name=name, is_internal=name in INTERNAL_TOPICS)


def _topic(
    topic: TopicMetadata,
    request: MetadataRequest,
    ctx: RequestContext,
    broker: Services,
    snapshot: ClusterSnapshot,
) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        error_code=0,
        name=topic.topic,
        topic_id=topic.topic_id,
        is_internal=topic.topic in INTERNAL_TOPICS,
        partitions=[
            _partition(number, partition, ctx, snapshot) for number, partition in topic.partitions.items()
        ],
        topic_authorized_operations=broker.authorizer.operations(ctx, topic_resource(topic.topic))
        if request.include_topic_authorized_operations
        else NOT_ASKED,
    )


def _partition(
    number: int, partition: PartitionMetadata, ctx: RequestContext, snapshot: ClusterSnapshot
) -> MetadataResponsePartition:
    leader, code = partition.leader, ErrorCode.NONE
    info = snapshot.brokers.get(leader)
    replicas, isr = partition.replicas, partition.isr
    if info is None:
        leader, code = NO_LEADER, ErrorCode.LEADER_NOT_AVAILABLE
    elif info.endpoint(ctx.listener) is None:
        leader = NO_LEADER
        code = ErrorCode.LISTENER_NOT_FOUND if ctx.version >= 6 else ErrorCode.LEADER_NOT_AVAILABLE
    if ctx.version == 0:
        alive = tuple(replica for replica in replicas if replica in snapshot.brokers)
        alive_isr = tuple(replica for replica in isr if replica in snapshot.brokers)
        if code is ErrorCode.NONE and (len(alive) < len(replicas) or len(alive_isr) < len(isr)):
            code = ErrorCode.REPLICA_NOT_AVAILABLE
        replicas, isr = alive, alive_isr
    return MetadataResponsePartition(
        error_code=code,
        partition_index=number,
        leader_id=leader,
        leader_epoch=partition.leader_epoch,
        replica_nodes=replicas,
        isr_nodes=isr,
        offline_replicas=partition.offline_replicas,
    )


async def describe_cluster(
    request: DescribeClusterRequest, ctx: RequestContext, broker: Services
) -> DescribeClusterResponse:
    """Versions 0-1. No check; the operations field needs DESCRIBE on the cluster.

    Errors: MISMATCHED_ENDPOINT_TYPE, UNSUPPORTED_ENDPOINT_TYPE. Source: KIP-700, KIP-919.
    """
    if request.endpoint_type != BROKERS:
        code, message = ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, f"unknown endpoint type {request.endpoint_type}"
        if request.endpoint_type == CONTROLLERS:
            code, message = ErrorCode.MISMATCHED_ENDPOINT_TYPE, "this is a broker, not a KRaft controller"
        return DescribeClusterResponse(error_code=code, error_message=message)
    snapshot = broker.metadata.snapshot
    return DescribeClusterResponse(
        cluster_id=broker.cluster_id,
        controller_id=snapshot.controller_id if snapshot.controller_id in snapshot.brokers else NO_LEADER,
        brokers=[
            DescribeClusterBroker(
                broker_id=info.broker_id, host=endpoint.host, port=endpoint.port, rack=info.rack
            )
            for info in snapshot.brokers.values()
            if (endpoint := info.endpoint(ctx.listener)) is not None
        ],
        cluster_authorized_operations=_cluster_operations(ctx, broker)
        if request.include_cluster_authorized_operations
        else NOT_ASKED,
    )
