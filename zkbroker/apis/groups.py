"""FindCoordinator: which broker keeps a consumer group or a transactional id."""

from __future__ import annotations

from acl.model import CLUSTER, Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import GROUP_OFFSETS, TRANSACTION_STATE, auto_create
from zkbroker.coordinator.placement import partition_for
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import Coordinator, FindCoordinatorResponse
from zkbroker.security.authorizer import group as group_resource
from zkbroker.security.authorizer import transactional_id as transactional_id_resource

GROUP, TRANSACTION, SHARE = 0, 1, 2


async def find_coordinator(
    request: FindCoordinatorRequest, ctx: RequestContext, broker: Services
) -> FindCoordinatorResponse:
    """Versions 0-6. Checks DESCRIBE on the group or transactional id.

    Errors: GROUP_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST,
    COORDINATOR_NOT_AVAILABLE (its topic is being created, or has no leader now). Source: KIP-699, KIP-932.
    """
    keys = request.coordinator_keys if ctx.version >= 4 else [request.key]
    found = [await _coordinator(key, request.key_type, ctx, broker) for key in keys]
    if ctx.version >= 4:
        return FindCoordinatorResponse(coordinators=found)
    (only,) = found
    return FindCoordinatorResponse(
        error_code=only.error_code,
        error_message=only.error_message,
        node_id=only.node_id,
        host=only.host,
        port=only.port,
    )


async def _coordinator(key: str, key_type: int, ctx: RequestContext, broker: Services) -> Coordinator:
    try:
        return await _find(key, key_type, ctx, broker)
    except KafkaError as error:
        return Coordinator(
            key=key, node_id=-1, host="", port=-1, error_code=error.code, error_message=error.message
        )


async def _find(key: str, key_type: int, ctx: RequestContext, broker: Services) -> Coordinator:
    if key_type == GROUP:
        broker.authorizer.require(ctx, Operation.DESCRIBE, group_resource(key))
        topic, partitions = GROUP_OFFSETS, broker.config.broker.offsets_topic_num_partitions
    elif key_type == TRANSACTION:
        broker.authorizer.require(ctx, Operation.DESCRIBE, transactional_id_resource(key))
        topic, partitions = TRANSACTION_STATE, broker.config.broker.transaction_state_log_num_partitions
    elif key_type == SHARE and ctx.version >= 6:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION, CLUSTER)
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "ZooKeeper mode has no share groups.")
    else:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown coordinator type {key_type}.")
    snapshot = broker.metadata.snapshot
    existing = snapshot.partitions(topic)
    if not existing:
        try:
            await auto_create(topic, broker)
        except KafkaError as error:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(error)) from None
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, f"{topic} is being created.")
    number = partition_for(key, len(existing) or partitions)
    endpoint = snapshot.leader_endpoint(TopicPartition(topic, number), ctx.listener)
    if endpoint is None:
        raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, f"{topic}-{number} has no leader now.")
    leader = existing[number].leader
    return Coordinator(key=key, node_id=leader, host=endpoint.host, port=endpoint.port, error_message="")
