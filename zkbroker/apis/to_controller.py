"""What brokers ask the controller: AlterPartition, ControlledShutdown, AllocateProducerIds."""

from __future__ import annotations

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.protocol.generated.allocate_producer_ids_response import AllocateProducerIdsResponse
from zkbroker.protocol.generated.alter_partition_request import AlterPartitionRequest
from zkbroker.protocol.generated.alter_partition_response import AlterPartitionResponse
from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
from zkbroker.protocol.generated.controlled_shutdown_response import ControlledShutdownResponse


async def alter_partition(
    request: AlterPartitionRequest, ctx: RequestContext, broker: Services
) -> AlterPartitionResponse:
    """Versions 0-3. Checks CLUSTER_ACTION. Source: KIP-497, KIP-704, KIP-841.

    Errors, top: NOT_CONTROLLER, STALE_BROKER_EPOCH; per partition: UNKNOWN_TOPIC_ID,
    UNKNOWN_TOPIC_OR_PARTITION, NOT_CONTROLLER, FENCED_LEADER_EPOCH, INVALID_UPDATE_VERSION,
    INELIGIBLE_REPLICA, INVALID_REQUEST.
    """
    try:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
        return await broker.controller.alter_partition(request, ctx.version)
    except KafkaError as error:
        return AlterPartitionResponse(error_code=error.code)


async def controlled_shutdown(
    request: ControlledShutdownRequest, ctx: RequestContext, broker: Services
) -> ControlledShutdownResponse:
    """Versions 0-3. Checks CLUSTER_ACTION. Errors: STALE_CONTROLLER_EPOCH (not the controller), STALE_BROKER_EPOCH."""
    try:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
        return await broker.controller.controlled_shutdown(request, ctx.version)
    except KafkaError as error:
        code = error.code
        if code is ErrorCode.NOT_CONTROLLER:
            code = ErrorCode.STALE_CONTROLLER_EPOCH
        return ControlledShutdownResponse(error_code=code)


async def allocate_producer_ids(
    request: AllocateProducerIdsRequest, ctx: RequestContext, broker: Services
) -> AllocateProducerIdsResponse:
    """Version 0. Checks CLUSTER_ACTION. Source: KIP-730.

    Errors: NOT_CONTROLLER, BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH.
    """
    try:
        broker.authorizer.require(ctx, Operation.CLUSTER_ACTION)
        return await broker.controller.allocate_producer_ids(request)
    except KafkaError as error:
        return AllocateProducerIdsResponse(error_code=error.code)
