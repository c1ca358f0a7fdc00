"""ApiVersions: what this broker can do; and SASL requests that come when they must not."""

from __future__ import annotations

import re

from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.api_versions_response import ApiVersion, ApiVersionsResponse
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse

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


async def sasl_handshake(
    request: SaslHandshakeRequest, ctx: RequestContext, broker: Services
) -> SaslHandshakeResponse:
    """Versions 0-1. On a SASL listener it does not come this far while it is due (security/sasl_session.py).

    Errors: ILLEGAL_SASL_STATE. Source: KIP-43.
    """
    return SaslHandshakeResponse(error_code=ErrorCode.ILLEGAL_SASL_STATE)


async def sasl_authenticate(
    request: SaslAuthenticateRequest, ctx: RequestContext, broker: Services
) -> SaslAuthenticateResponse:
    """Versions 0-2. As SaslHandshake. Errors: ILLEGAL_SASL_STATE. Source: KIP-152."""
    message = "SaslAuthenticate request received after successful authentication"
    return SaslAuthenticateResponse(error_code=ErrorCode.ILLEGAL_SASL_STATE, error_message=message)
