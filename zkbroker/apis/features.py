"""UpdateFeatures: in ZooKeeper mode no feature can be finalized, and one that somebody put there can be removed."""

from __future__ import annotations

from acl.model import Operation
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import KafkaError
from zkbroker.protocol.generated.update_features_request import UpdateFeaturesRequest
from zkbroker.protocol.generated.update_features_response import UpdateFeaturesResponse


async def update_features(
    request: UpdateFeaturesRequest, ctx: RequestContext, broker: Services
) -> UpdateFeaturesResponse:
    """Versions 0-1. Checks ALTER on the cluster. Source: KIP-584.

    Errors, top: NOT_CONTROLLER, CLUSTER_AUTHORIZATION_FAILED, UNKNOWN_SERVER_ERROR (/feature cannot be read);
    per feature: INVALID_REQUEST, FEATURE_UPDATE_FAILED.
    """
    try:
        broker.authorizer.require(ctx, Operation.ALTER)
        return await broker.controller.update_features(request)
    except KafkaError as error:
        return UpdateFeaturesResponse(error_code=error.code, error_message=error.message)
