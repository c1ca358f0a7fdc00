"""SCRAM credentials of users: who has which, and new ones. They are kept in `/config/users`.

Source: kafka.server.ZkAdminManager, 3.9.1; KIP-554.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from acl.model import CLUSTER, Operation
from zkbroker import admin_store
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.alter_user_scram_credentials_request import (
    AlterUserScramCredentialsRequest,
    ScramCredentialUpsertion,
)
from zkbroker.protocol.generated.alter_user_scram_credentials_response import (
    AlterUserScramCredentialsResponse,
    AlterUserScramCredentialsResult,
)
from zkbroker.protocol.generated.describe_user_scram_credentials_request import (
    DescribeUserScramCredentialsRequest,
)
from zkbroker.protocol.generated.describe_user_scram_credentials_response import (
    CredentialInfo,
    DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResult,
)
from zkbroker.security.scram import (
    CODES,
    MAX_ITERATIONS,
    MIN_ITERATIONS,
    credential_from_salted,
    decode_credential,
    encode_credential,
)
from zkbroker.zookeeper.session import SessionLost
from zkbroker.zookeeper.strict_json import Undecodable
from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, desanitize, entity_path, is_node_name, sanitize

log = logging.getLogger(__name__)

HASH_BYTES: Final = {1: 32, 2: 64}
"""How long a salted password is, by the mechanism's number."""

# -- describing -------------------------------------------------------------------------------------------------


async def describe_user_scram_credentials(
    request: DescribeUserScramCredentialsRequest, ctx: RequestContext, broker: Services
) -> DescribeUserScramCredentialsResponse:
    """Version 0. Checks DESCRIBE on the cluster. Never shows a credential: its mechanism and iterations only.

    Errors: CLUSTER_AUTHORIZATION_FAILED, REQUEST_TIMED_OUT; per user RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE.
    """
    names = [user.name for user in request.users or ()]
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE, CLUSTER)
        stored = await _stored(broker)
    except KafkaError as error:
        return describe_failed(request, ctx, error.code)
    except SessionLost:
        return describe_failed(request, ctx, ErrorCode.REQUEST_TIMED_OUT)
    results = []
    for name in dict.fromkeys(names) if names else sorted(stored):
        if names.count(name) > 1:
            results.append(
                _undescribed(
                    name,
                    ErrorCode.DUPLICATE_RESOURCE,
                    f"Cannot describe SCRAM credentials for the same user twice in a single request: {name}",
                )
            )
        elif name not in stored:
            results.append(
                _undescribed(
                    name,
                    ErrorCode.RESOURCE_NOT_FOUND,
                    f"Attempt to describe a user credential that does not exist: {name}",
                )
            )
        else:
            infos = [CredentialInfo(mechanism=code, iterations=n) for code, n in stored[name].items()]
            results.append(
                DescribeUserScramCredentialsResult(user=name, error_message=None, credential_infos=infos)
            )
    return DescribeUserScramCredentialsResponse(error_message=None, results=results)


async def _stored(broker: Services) -> dict[str, dict[int, int]]:
    """The iterations of each credential there is, by user and mechanism."""
    read = await admin_store.read_configs(await current_session(broker), "users")
    for broken in read.undecodable:
        log.error("A user in ZooKeeper cannot be read: %s", broken)
    stored: dict[str, dict[int, int]] = {}
    for path, texts in read.configs.items():
        name = path.partition("/")[2]
        for code, mechanism in CODES.items():
            if mechanism in texts and name != DEFAULT_ENTITY:
                try:
                    iterations = decode_credential(texts[mechanism]).iterations
                except ValueError as error:
                    log.error("The %s credential of user %r cannot be used: %s", mechanism, name, error)
                    continue
                stored.setdefault(desanitize(name), {})[code] = iterations
    return stored


def _undescribed(name: str, code: ErrorCode, message: str) -> DescribeUserScramCredentialsResult:
    return DescribeUserScramCredentialsResult(user=name, error_code=code, error_message=message)


def describe_failed(
    request: DescribeUserScramCredentialsRequest, ctx: RequestContext, code: ErrorCode
) -> DescribeUserScramCredentialsResponse:
    """The code for the request, and for every user it names."""
    return DescribeUserScramCredentialsResponse(
        error_code=code,
        error_message=None,
        results=[
            DescribeUserScramCredentialsResult(user=user.name, error_code=code, error_message=None)
            for user in request.users or ()
        ],
    )


# -- altering ---------------------------------------------------------------------------------------------------


async def alter_user_scram_credentials(
    request: AlterUserScramCredentialsRequest, ctx: RequestContext, broker: Services
) -> AlterUserScramCredentialsResponse:
    """Version 0. Checks ALTER on the cluster. The controller does it; each user stands alone.

    Errors, per user: NOT_CONTROLLER, CLUSTER_AUTHORIZATION_FAILED, UNACCEPTABLE_CREDENTIAL,
    UNSUPPORTED_SASL_MECHANISM, DUPLICATE_RESOURCE, RESOURCE_NOT_FOUND, STALE_CONTROLLER_EPOCH, REQUEST_TIMED_OUT.
    """
    if not broker.controller.is_active:
        return alter_failed(request, ctx, ErrorCode.NOT_CONTROLLER)
    try:
        broker.authorizer.require(ctx, Operation.ALTER, CLUSTER)
    except KafkaError as error:
        return alter_failed(request, ctx, error.code)
    results = []
    for name in _users(request):
        code, message = ErrorCode.NONE, None
        try:
            await _alter(name, request, broker)
        except KafkaError as error:
            code, message = error.code, error.message or None
        except SessionLost:
            code, message = ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again."
        results.append(AlterUserScramCredentialsResult(user=name, error_code=code, error_message=message))
    return AlterUserScramCredentialsResponse(results=results)


async def _alter(name: str, request: AlterUserScramCredentialsRequest, broker: Services) -> None:
    """Raises: KafkaError."""
    removed = [deletion.mechanism for deletion in request.deletions if deletion.name == name]
    upserted = [upsertion for upsertion in request.upsertions if upsertion.name == name]
    _require_acceptable(name, removed, upserted)
    path = entity_path("users", sanitize(name))
    session = await current_session(broker)
    try:
        texts = await admin_store.read_config(session, path)
    except Undecodable as error:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None
    for code in removed:
        if texts.pop(CODES[code], None) is None:
            raise KafkaError(
                ErrorCode.RESOURCE_NOT_FOUND,
                "Attempt to delete a user credential that does not exist",
            )
    for upsertion in upserted:
        mechanism = CODES[upsertion.mechanism]
        credential = credential_from_salted(
            mechanism, upsertion.salted_password, upsertion.salt, upsertion.iterations
        )
        texts[mechanism] = encode_credential(credential)
    log.info(
        "credentials of user %r: %s",
        name,
        ", ".join([f"{CODES[u.mechanism]} set" for u in upserted] + [f"{CODES[c]} removed" for c in removed]),
    )
    await admin_store.change_config(session, path, texts)


def _require_acceptable(
    name: str, removed: Sequence[int], upserted: Sequence[ScramCredentialUpsertion]
) -> None:
    """Raises: UNACCEPTABLE_CREDENTIAL, UNSUPPORTED_SASL_MECHANISM, DUPLICATE_RESOURCE."""
    if not name:
        raise KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, "Username must not be empty")
    if not is_node_name(sanitize(name)):
        raise KafkaError(
            ErrorCode.UNACCEPTABLE_CREDENTIAL, f"ZooKeeper has no place for a user called {name}"
        )
    codes = [*removed, *(upsertion.mechanism for upsertion in upserted)]
    if any(code not in CODES for code in codes):
        raise KafkaError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism")
    for upsertion in upserted:
        if upsertion.iterations < MIN_ITERATIONS:
            raise KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too few iterations")
        if upsertion.iterations > MAX_ITERATIONS:
            raise KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, "Too many iterations")
        if not upsertion.salt:
            raise KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, "Salt must not be empty")
        if len(upsertion.salted_password) != HASH_BYTES[upsertion.mechanism]:
            raise KafkaError(
                ErrorCode.UNACCEPTABLE_CREDENTIAL,
                f"The salted password must have {HASH_BYTES[upsertion.mechanism]} bytes",
            )
    if len(set(codes)) != len(codes):
        raise KafkaError(
            ErrorCode.DUPLICATE_RESOURCE,
            "A user credential cannot be altered twice in the same request",
        )


def _users(request: AlterUserScramCredentialsRequest) -> Mapping[str, None]:
    """Each user once."""
    return dict.fromkeys(
        [
            *(deletion.name for deletion in request.deletions),
            *(upsertion.name for upsertion in request.upsertions),
        ]
    )


def alter_failed(
    request: AlterUserScramCredentialsRequest, ctx: RequestContext, code: ErrorCode
) -> AlterUserScramCredentialsResponse:
    return AlterUserScramCredentialsResponse(
        results=[
            AlterUserScramCredentialsResult(user=name, error_code=code, error_message=None)
            for name in _users(request)
        ]
    )
