"""InitProducerId: an id for idempotent producers."""

from __future__ import annotations

from acl.model import CLUSTER, Operation, ResourceType
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse


async def init_producer_id(
    request: InitProducerIdRequest, ctx: RequestContext, broker: Services
) -> InitProducerIdResponse:
    """Versions 0-5. Checks IDEMPOTENT_WRITE on the cluster or WRITE on any topic. Source: KIP-98, KIP-360, KIP-679.

    Errors: CLUSTER_AUTHORIZATION_FAILED, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE.
    """
    try:
        if request.transactional_id is not None:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "transactions are not served yet")
        if not broker.authorizer.allows(
            ctx, Operation.IDEMPOTENT_WRITE, CLUSTER, log=False
        ) and not broker.authorizer.allows_any(ctx, Operation.WRITE, ResourceType.TOPIC):
            raise KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
        producer_id = await broker.producer_ids.next()
    except KafkaError as error:
        return InitProducerIdResponse(error_code=error.code)
    return InitProducerIdResponse(producer_id=producer_id, producer_epoch=0)
