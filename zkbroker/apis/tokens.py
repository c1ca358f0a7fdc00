"""Delegation tokens: create, renew, expire, describe.

Source: KafkaApis.scala, DelegationTokenManager.scala, 3.9.1; KIP-48, KIP-373.
"""

from __future__ import annotations

from acl.model import Operation, Resource, ResourceType
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import SecurityProtocol
from zkbroker.protocol.generated.create_delegation_token_request import CreateDelegationTokenRequest
from zkbroker.protocol.generated.create_delegation_token_response import CreateDelegationTokenResponse
from zkbroker.protocol.generated.describe_delegation_token_request import DescribeDelegationTokenRequest
from zkbroker.protocol.generated.describe_delegation_token_response import (
    DescribedDelegationToken,
    DescribedDelegationTokenRenewer,
    DescribeDelegationTokenResponse,
)
from zkbroker.protocol.generated.expire_delegation_token_request import ExpireDelegationTokenRequest
from zkbroker.protocol.generated.expire_delegation_token_response import ExpireDelegationTokenResponse
from zkbroker.protocol.generated.renew_delegation_token_request import RenewDelegationTokenRequest
from zkbroker.protocol.generated.renew_delegation_token_response import RenewDelegationTokenResponse
from zkbroker.security.authorizer import ANONYMOUS
from zkbroker.security.token_znodes import DelegationToken
from zkbroker.zookeeper.session import SessionLost


def _require_proven(ctx: RequestContext, broker: Services) -> None:
    """Tokens are for those who proved who they are, and not by a token. Raises: ..._REQUEST_NOT_ALLOWED."""
    protocol = broker.guard.protocol_of(ctx.listener)
    if (
        ctx.principal.token_authenticated
        or protocol is SecurityProtocol.PLAINTEXT
        or (protocol is SecurityProtocol.SSL and ctx.principal == ANONYMOUS)
    ):
        raise KafkaError(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED)


def _pair(principal: str) -> tuple[str, str]:
    kind, _, name = principal.partition(":")
    return kind, name


async def create_delegation_token(
    request: CreateDelegationTokenRequest, ctx: RequestContext, broker: Services
) -> CreateDelegationTokenResponse:
    """Versions 0-3. For another owner: checks CREATE_TOKENS on the user.

    Errors: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, DELEGATION_TOKEN_AUTHORIZATION_FAILED, INVALID_PRINCIPAL_TYPE,
    DELEGATION_TOKEN_AUTH_DISABLED, REQUEST_TIMED_OUT.
    """
    requester = str(ctx.principal)
    owner = requester
    if request.owner_principal_name:
        owner = f"{request.owner_principal_type}:{request.owner_principal_name}"
    owner_kind, owner_name = _pair(owner)
    try:
        _require_proven(ctx, broker)
        if owner != requester:
            broker.authorizer.require(ctx, Operation.CREATE_TOKENS, Resource(ResourceType.USER, owner))
        if any(renewer.principal_type != "User" for renewer in request.renewers):
            raise KafkaError(ErrorCode.INVALID_PRINCIPAL_TYPE)
        renewers = [f"{renewer.principal_type}:{renewer.principal_name}" for renewer in request.renewers]
        token = await broker.guard.tokens.create(
            await current_session(broker), owner, requester, renewers, request.max_lifetime_ms
        )
    except (KafkaError, SessionLost) as error:
        return CreateDelegationTokenResponse(
            error_code=_code(error),
            principal_type=owner_kind,
            principal_name=owner_name,
            token_requester_principal_type=ctx.principal.kind,
            token_requester_principal_name=ctx.principal.name,
            issue_timestamp_ms=-1,
            expiry_timestamp_ms=-1,
            max_timestamp_ms=-1,
        )
    return CreateDelegationTokenResponse(
        principal_type=owner_kind,
        principal_name=owner_name,
        token_requester_principal_type=ctx.principal.kind,
        token_requester_principal_name=ctx.principal.name,
        issue_timestamp_ms=token.issued_ms,
        expiry_timestamp_ms=token.expires_ms,
        max_timestamp_ms=token.latest_ms,
        token_id=token.token_id,
        hmac=broker.guard.tokens.hmac_of(token.token_id),
    )


def _code(error: KafkaError | SessionLost) -> ErrorCode:
    return error.code if isinstance(error, KafkaError) else ErrorCode.REQUEST_TIMED_OUT


async def renew_delegation_token(
    request: RenewDelegationTokenRequest, ctx: RequestContext, broker: Services
) -> RenewDelegationTokenResponse:
    """Versions 0-2. For the owner and the renewers.

    Errors: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, ..._AUTH_DISABLED, ..._NOT_FOUND, ..._OWNER_MISMATCH, ..._EXPIRED.
    """
    try:
        _require_proven(ctx, broker)
        expires_ms = await broker.guard.tokens.renew(
            await current_session(broker), str(ctx.principal), request.hmac, request.renew_period_ms
        )
    except (KafkaError, SessionLost) as error:
        return RenewDelegationTokenResponse(error_code=_code(error), expiry_timestamp_ms=-1)
    return RenewDelegationTokenResponse(expiry_timestamp_ms=expires_ms)


async def expire_delegation_token(
    request: ExpireDelegationTokenRequest, ctx: RequestContext, broker: Services
) -> ExpireDelegationTokenResponse:
    """Versions 0-2. As renew."""
    try:
        _require_proven(ctx, broker)
        expires_ms = await broker.guard.tokens.expire(
            await current_session(broker),
            str(ctx.principal),
            request.hmac,
            request.expiry_time_period_ms,
        )
    except (KafkaError, SessionLost) as error:
        return ExpireDelegationTokenResponse(error_code=_code(error), expiry_timestamp_ms=-1)
    return ExpireDelegationTokenResponse(expiry_timestamp_ms=expires_ms)


async def describe_delegation_token(
    request: DescribeDelegationTokenRequest, ctx: RequestContext, broker: Services
) -> DescribeDelegationTokenResponse:
    """Versions 0-3. One's own tokens and those one may renew; of others, those whose id one may DESCRIBE, or whose
    owner's tokens one may (DESCRIBE_TOKENS). Others are left out, not refused.

    Errors: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, DELEGATION_TOKEN_AUTH_DISABLED.
    """
    try:
        _require_proven(ctx, broker)
    except KafkaError as error:
        return DescribeDelegationTokenResponse(error_code=error.code)
    tokens = broker.guard.tokens
    if not tokens.is_enabled:
        return DescribeDelegationTokenResponse(error_code=ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED)
    owners = (
        None
        if request.owners is None
        else {f"{owner.principal_type}:{owner.principal_name}" for owner in request.owners}
    )

    def is_eligible(token: DelegationToken) -> bool:
        if owners is not None and not any(token.belongs_to(owner) for owner in owners):
            return False
        if token.belongs_to(str(ctx.principal)):
            return True
        of_id = Resource(ResourceType.DELEGATION_TOKEN, token.token_id)
        of_owner = Resource(ResourceType.USER, token.owner)
        return broker.authorizer.allows(ctx, Operation.DESCRIBE, of_id) or broker.authorizer.allows(
            ctx, Operation.DESCRIBE_TOKENS, of_owner
        )

    return DescribeDelegationTokenResponse(
        tokens=[_described(token, broker) for token in tokens.chosen(is_eligible)]
    )


def _described(token: DelegationToken, broker: Services) -> DescribedDelegationToken:
    kind, name = _pair(token.owner)
    requester_kind, requester_name = _pair(token.requester)
    return DescribedDelegationToken(
        principal_type=kind,
        principal_name=name,
        token_requester_principal_type=requester_kind,
        token_requester_principal_name=requester_name,
        issue_timestamp=token.issued_ms,
        expiry_timestamp=token.expires_ms,
        max_timestamp=token.latest_ms,
        token_id=token.token_id,
        hmac=broker.guard.tokens.hmac_of(token.token_id),
        renewers=[
            DescribedDelegationTokenRenewer(principal_type=kind, principal_name=name)
            for kind, name in map(_pair, token.renewers)
        ],
    )
