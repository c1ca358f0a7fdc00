"""ApiVersions: what this broker can do. SASL's handshake joins it with the security listeners."""

from __future__ import annotations

import re

from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.api_versions_response import ApiVersion, ApiVersionsResponse

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")

UNSUPPORTED = ApiVersionsResponse(
    error_code=ErrorCode.UNSUPPORTED_VERSION,
    api_keys=[ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=0, max_version=4)],
)
"""The answer, in version 0, to a version of ApiVersions nobody here knows: ask again in one of these."""


async def api_versions(
    request: ApiVersionsRequest, ctx: RequestContext, broker: Services
) -> ApiVersionsResponse:
    """Versions 0-4. Allowed before authentication, and repeatedly.

    Errors: INVALID_REQUEST for a client software name or version of other characters. Source: KIP-35, KIP-511.
    """
    from zkbroker.apis.table import ADVERTISED  # the table names this handler

    if ctx.version >= 3 and not (
        _SOFTWARE.fullmatch(request.client_software_name)
        and _SOFTWARE.fullmatch(request.client_software_version)
    ):
        return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
    return ApiVersionsResponse(api_keys=ADVERTISED, finalized_features_epoch=broker.feature_epoch())
