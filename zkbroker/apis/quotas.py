"""DescribeClientQuotas and AlterClientQuotas: what users, client ids and addresses may use.

Source: kafka.server.ZkAdminManager, 3.9.1; KIP-546, KIP-612.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
import trio

from acl.model import CLUSTER, Operation
from zkbroker import admin_store
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.config.keys import as_text
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.alter_client_quotas_request import AlterClientQuotasRequest, OpData
from zkbroker.protocol.generated.alter_client_quotas_request import EntryData as Alteration
from zkbroker.protocol.generated.alter_client_quotas_response import AlterClientQuotasResponse
from zkbroker.protocol.generated.alter_client_quotas_response import EntityData as AlteredEntity
from zkbroker.protocol.generated.alter_client_quotas_response import EntryData as Altered
from zkbroker.protocol.generated.describe_client_quotas_request import (
    ComponentData,
    DescribeClientQuotasRequest,
)
from zkbroker.protocol.generated.describe_client_quotas_response import (
    DescribeClientQuotasResponse,
    EntityData,
    EntryData,
    ValueData,
)
from zkbroker.zookeeper.session import SessionLost, ZkSession
from zkbroker.zookeeper.strict_json import Undecodable
from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, desanitize, entity_path, is_node_name, sanitize

log = logging.getLogger(__name__)

USER: Final = "user"
CLIENT: Final = "client-id"
ADDRESS: Final = "ip"
EXACT, DEFAULT, ANY = 0, 1, 2  # how a component matches

WHOLE: Final = "a whole number"
NUMBER: Final = "a number"
OF_CLIENTS: Final[Mapping[str, str]] = {
    "producer_byte_rate": WHOLE,
    "consumer_byte_rate": WHOLE,
    "request_percentage": NUMBER,
    "controller_mutation_rate": NUMBER,
}
OF_ADDRESSES: Final[Mapping[str, str]] = {"connection_creation_rate": WHOLE}
EPSILON: Final = 1e-6

Entity = tuple[tuple[str, str | None], ...]
"""Types with names, None for the default of the type; user before client-id."""


# -- describing -------------------------------------------------------------------------------------------------


async def describe_client_quotas(
    request: DescribeClientQuotasRequest, ctx: RequestContext, broker: Services
) -> DescribeClientQuotasResponse:
    """Versions 0-1. Checks DESCRIBE_CONFIGS on the cluster.

    Errors: CLUSTER_AUTHORIZATION_FAILED, INVALID_REQUEST, UNSUPPORTED_VERSION for an unknown entity type,
    REQUEST_TIMED_OUT without ZooKeeper. Source: KIP-546, KIP-612.
    """
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE_CONFIGS, CLUSTER)
        components = _checked(request.components)
        found = await _found(await current_session(broker), components, strict=request.strict)
    except KafkaError as error:
        return DescribeClientQuotasResponse(error_code=error.code, error_message=error.message, entries=None)
    except SessionLost:
        return DescribeClientQuotasResponse(error_code=ErrorCode.REQUEST_TIMED_OUT, entries=None)
    return DescribeClientQuotasResponse(
        error_message=None,
        entries=[
            EntryData(
                entity=[EntityData(entity_type=kind, entity_name=name) for kind, name in entity],
                values=[ValueData(key=key, value=value) for key, value in values.items()],
            )
            for entity, values in found
        ],
    )


def _checked(components: Sequence[ComponentData]) -> dict[str, ComponentData]:
    """The components by type. Raises: INVALID_REQUEST, UNSUPPORTED_VERSION."""
    by_type: dict[str, ComponentData] = {}
    for component in components:
        kind = component.entity_type
        if not kind:
            raise KafkaError(ErrorCode.INVALID_REQUEST, "Unexpected empty filter component entity type")
        if kind not in (USER, CLIENT, ADDRESS):
            raise KafkaError(ErrorCode.UNSUPPORTED_VERSION, f"Custom entity type '{kind}' not supported")
        if kind in by_type:
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Duplicate {kind} filter component entity type")
        if component.match_type not in (EXACT, DEFAULT, ANY):
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unexpected match type: {component.match_type}")
        by_type[kind] = component
    if ADDRESS in by_type and len(by_type) > 1:
        raise KafkaError(
            ErrorCode.INVALID_REQUEST,
            "Invalid entity filter component combination, IP filter component should not be used with "
            "user or clientId filter component.",
        )
    return by_type


async def _found(
    session: ZkSession, components: Mapping[str, ComponentData], *, strict: bool
) -> list[tuple[Entity, dict[str, float]]]:
    """The entities that the components match, with their quotas.

    Strict: an entity has the named types and no other; else it may have more.
    """
    found: list[tuple[Entity, dict[str, float]]] = []
    for sort, sub_sort, keys in (
        ("users", None, OF_CLIENTS),
        ("clients", None, OF_CLIENTS),
        ("users", "clients", OF_CLIENTS),
        ("ips", None, OF_ADDRESSES),
    ):
        if components and (sort == "ips") != (ADDRESS in components):
            continue
        read = await admin_store.read_configs(session, sort, sub_sort)
        for broken in read.undecodable:
            log.error("A quota in ZooKeeper cannot be read: %s", broken)
        for path, texts in read.configs.items():
            entity = _entity_of(path)
            values = {key: float(text) for key, text in texts.items() if key in keys and _is_number(text)}
            if values and _matches(entity, components, strict=strict):
                found.append((entity, values))
    return found


def _entity_of(path: str) -> Entity:
    """The entity of `users/u`, `users/u/clients/c`, `clients/c` or `ips/i`."""
    words = path.split("/")
    kinds = {"users": USER, "clients": CLIENT, "ips": ADDRESS}
    return tuple(
        (kinds[sort], None if name == DEFAULT_ENTITY else desanitize(name))
        for sort, name in zip(words[::2], words[1::2], strict=True)
    )


def _matches(entity: Entity, components: Mapping[str, ComponentData], *, strict: bool) -> bool:
    has = dict(entity)
    if strict and has.keys() != components.keys():
        return False
    for kind, component in components.items():
        if kind not in has:
            return False
        if component.match_type == EXACT and has[kind] != component.match:
            return False
        if component.match_type == DEFAULT and has[kind] is not None:
            return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# -- altering ---------------------------------------------------------------------------------------------------


async def alter_client_quotas(
    request: AlterClientQuotasRequest, ctx: RequestContext, broker: Services
) -> AlterClientQuotasResponse:
    """Versions 0-1. Checks ALTER_CONFIGS on the cluster. Any broker does it.

    Errors, per entity: CLUSTER_AUTHORIZATION_FAILED, INVALID_REQUEST, STALE_CONTROLLER_EPOCH, REQUEST_TIMED_OUT.
    Source: KIP-546, KIP-612.
    """
    entries = []
    for alteration in request.entries:
        code, message = ErrorCode.NONE, None
        try:
            broker.authorizer.require(ctx, Operation.ALTER_CONFIGS, CLUSTER)
            await _alter(alteration, broker, validate_only=request.validate_only)
        except KafkaError as error:
            code, message = error.code, error.message
        except SessionLost:
            code, message = ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again."
        entries.append(
            Altered(
                error_code=code,
                error_message=message,
                entity=[
                    AlteredEntity(entity_type=part.entity_type, entity_name=part.entity_name)
                    for part in alteration.entity
                ],
            )
        )
    return AlterClientQuotasResponse(entries=entries)


@attrs.frozen
class _Target:
    """Where an entity's quotas are kept, and which it may have."""

    path: str
    keys: Mapping[str, str]


async def _alter(alteration: Alteration, broker: Services, *, validate_only: bool) -> None:
    """Raises: KafkaError."""
    target = await _target((part.entity_type, part.entity_name) for part in alteration.entity)
    session = await current_session(broker)
    try:
        texts = await admin_store.read_config(session, target.path)
    except Undecodable as error:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None
    for op in alteration.ops:
        if op.remove:
            texts.pop(op.key, None)
        else:
            texts[op.key] = _text(op, target.keys)
    if not validate_only:
        log.info("quotas of %s: %s", target.path, ", ".join(map(_shown, alteration.ops)))
        await admin_store.change_config(session, target.path, texts)


async def _target(parts: Iterable[tuple[str, str | None]]) -> _Target:
    """Raises: INVALID_REQUEST."""
    named: dict[str, str] = {}
    for kind, name in parts:
        if kind not in (USER, CLIENT, ADDRESS):
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unhandled client quota entity type: {kind}")
        if name == "":
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Empty {kind} not supported")
        if name is not None and not is_node_name(sanitize(name)):
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"ZooKeeper has no place for a {kind} called {name}")
        named[kind] = DEFAULT_ENTITY if name is None else sanitize(name)
    if not named:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Invalid empty client quota entity")
    if ADDRESS in named:
        if len(named) > 1:
            raise KafkaError(
                ErrorCode.INVALID_REQUEST,
                "Invalid quota entity combination, IP entity should not be used with user/client ID entity.",
            )
        await _require_address(named[ADDRESS])
        return _Target(entity_path("ips", named[ADDRESS]), OF_ADDRESSES)
    if USER not in named:
        return _Target(entity_path("clients", named[CLIENT]), OF_CLIENTS)
    if CLIENT not in named:
        return _Target(entity_path("users", named[USER]), OF_CLIENTS)
    return _Target(entity_path("users", named[USER], "clients", named[CLIENT]), OF_CLIENTS)


async def _require_address(name: str) -> None:
    """Raises: INVALID_REQUEST for what is neither an address nor a name of one."""
    if name == DEFAULT_ENTITY:
        return
    try:
        await trio.socket.getaddrinfo(desanitize(name), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise KafkaError(
            ErrorCode.INVALID_REQUEST, f"{desanitize(name)} is not a valid IP or resolvable host."
        ) from None


def _text(op: OpData, keys: Mapping[str, str]) -> str:
    """The value as it is stored. Raises: INVALID_REQUEST."""
    kind = keys.get(op.key)
    if kind is None:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Invalid configuration key {op.key}")
    if op.value != op.value or op.value in (float("inf"), float("-inf")):
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Configuration {op.key} must be {kind}")
    if kind == NUMBER:
        return as_text(op.value) or ""
    whole = int(op.value + EPSILON)
    if abs(whole - op.value) > EPSILON:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Configuration {op.key} must be {kind}")
    return str(whole)


def _shown(op: OpData) -> str:
    return f"{op.key} unset" if op.remove else f"{op.key}={op.value:g}"
