"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs: topics, this broker, all brokers, loggers.

What is written goes into the znodes of /config with a notice, and takes effect on every broker that reads it.
Source: kafka.server.ConfigHelper, ConfigAdminManager, ZkAdminManager, 3.9.1.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, Protocol

import attrs

from acl.model import CLUSTER, Operation
from zkbroker import admin_store
from zkbroker.apis import broker_loggers
from zkbroker.apis.config_entries import Asked, ConfigSource, broker_entries, topic_entries
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.config import BROKER_KEYS, TOPIC_KEYS, ConfigError, Kind, validate_topic_config
from zkbroker.config.dynamic import is_password
from zkbroker.config.keys import as_text
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.alter_configs_request import AlterConfigsRequest
from zkbroker.protocol.generated.alter_configs_response import (
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)
from zkbroker.protocol.generated.describe_configs_request import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
)
from zkbroker.protocol.generated.incremental_alter_configs_request import IncrementalAlterConfigsRequest
from zkbroker.protocol.generated.incremental_alter_configs_response import (
    AlterConfigsResourceResponse as IncrementalAlterConfigsResourceResponse,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.topic_names import require_topic_name
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ConnectionLost, SessionLost
from zkbroker.zookeeper.strict_json import Undecodable

log = logging.getLogger(__name__)

HIDDEN: Final = "[hidden]"


class ResourceType(IntEnum):
    """Whose configuration it is, as on the wire."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8


class Change(IntEnum):
    """What happens to one key, as on the wire. Source: KIP-339."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class Resource(Protocol):
    """A resource in a request of either kind."""

    @property
    def resource_type(self) -> int: ...

    @property
    def resource_name(self) -> str: ...


@attrs.frozen
class KeyChange:
    """One key's part of an alteration."""

    name: str
    change: int
    value: str | None

    def __str__(self) -> str:
        value = HIDDEN if is_password(self.name) else self.value
        return (
            f"{self.name}={value}" if self.change == Change.SET else f"{Change(self.change).name} {self.name}"
        )


# -- describing -------------------------------------------------------------------------------------------------


async def describe_configs(
    request: DescribeConfigsRequest, ctx: RequestContext, broker: Services
) -> DescribeConfigsResponse:
    """Versions 0-4. Checks DESCRIBE_CONFIGS on the topics, or on the cluster for brokers and loggers.

    Errors, per resource: TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION,
    INVALID_TOPIC_EXCEPTION, INVALID_REQUEST. Source: KIP-133, KIP-226, KIP-412, KIP-569.
    """
    results = []
    for resource in request.resources:
        asked = Asked(
            frozenset(resource.configuration_keys or ()),
            synonyms=request.include_synonyms,
            documentation=request.include_documentation,
            marks_defaults=ctx.version == 0,
        )
        code, message = ErrorCode.NONE, None
        configs: Sequence[DescribeConfigsResourceResult] = ()
        try:
            _require_may(ctx, broker, Operation.DESCRIBE_CONFIGS, resource)
            configs = await _described(resource, asked, broker)
        except KafkaError as error:
            code, message = error.code, error.message
        results.append(
            DescribeConfigsResult(
                error_code=code,
                error_message=message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
                configs=configs,
            )
        )
    return DescribeConfigsResponse(results=results)


async def _described(
    resource: DescribeConfigsResource, asked: Asked, broker: Services
) -> Sequence[DescribeConfigsResourceResult]:
    """A topic's from its znode, as Kafka does: of topics it does not host, a broker has not been told everything.

    Raises: KafkaError.
    """
    name, kind = resource.resource_name, resource.resource_type
    if kind == ResourceType.TOPIC:
        require_topic_name(name)
        if name not in broker.metadata.snapshot.topics:
            raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        overrides = broker.config.usable_overrides(await _stored_overrides(name, broker))
        return topic_entries(overrides, broker.config, asked)
    if kind == ResourceType.BROKER:
        if name:
            _require_own_id(name, broker)
        return broker_entries(broker.config, asked, per_broker=bool(name))
    if not name:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
    _require_own_id(name, broker)
    found = broker_loggers.levels()
    return [
        DescribeConfigsResourceResult(
            name=logger,
            value=found[logger],
            config_source=ConfigSource.DYNAMIC_BROKER_LOGGER,
            documentation=None,
        )
        for logger in asked.chosen(found)
    ]


async def _stored_overrides(topic: str, broker: Services) -> Mapping[str, str]:
    """Raises: REQUEST_TIMED_OUT, while ZooKeeper is away."""
    try:
        return await admin_store.read_config(
            await current_session(broker), znodes.entity_path("topics", topic)
        )
    except (SessionLost, ConnectionLost):
        raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, "ZooKeeper cannot be reached now.") from None
    except Undecodable:
        return broker.config.topic_overrides(topic)  # what it was when it could be read


def _require_may(ctx: RequestContext, broker: Services, operation: Operation, resource: Resource) -> None:
    """Raises: TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED; INVALID_REQUEST for an unknown type."""
    if resource.resource_type == ResourceType.TOPIC:
        broker.authorizer.require(ctx, operation, topic_resource(resource.resource_name))
    elif resource.resource_type in (ResourceType.BROKER, ResourceType.BROKER_LOGGER):
        broker.authorizer.require(ctx, operation, CLUSTER)
    else:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {resource.resource_type}")


def _require_own_id(name: str, broker: Services) -> None:
    """Raises: INVALID_REQUEST if the name is not this broker's id: only a broker itself knows its configuration."""
    try:
        broker_id = int(name)
    except ValueError:
        raise KafkaError(
            ErrorCode.INVALID_REQUEST, f"Broker id must be an integer, but it is: {name}"
        ) from None
    if broker_id != broker.broker_id:
        raise KafkaError(
            ErrorCode.INVALID_REQUEST,
            f"Unexpected broker id, expected {broker.broker_id}, but received {name}",
        )


# -- altering ---------------------------------------------------------------------------------------------------


async def alter_configs(
    request: AlterConfigsRequest, ctx: RequestContext, broker: Services
) -> AlterConfigsResponse:
    """Versions 0-2. Checks ALTER_CONFIGS on the topics, or on the cluster. What is not named is unset.

    Errors, per resource: as incremental_alter_configs. Source: KIP-133.
    """
    times_named = Counter((r.resource_type, r.resource_name) for r in request.resources)
    responses = []
    for resource in request.resources:
        code, message = ErrorCode.NONE, None
        try:
            _require_named_once(resource, times_named)
            changes = [KeyChange(c.name, Change.SET, c.value) for c in resource.configs]
            if resource.resource_type == ResourceType.BROKER_LOGGER:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Unknown resource type 8")
            await _alter(resource, changes, ctx, broker, validate_only=request.validate_only, replaces=True)
        except KafkaError as error:
            code, message = error.code, error.message
        responses.append(
            AlterConfigsResourceResponse(
                error_code=code,
                error_message=message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
        )
    return AlterConfigsResponse(responses=responses)


async def incremental_alter_configs(
    request: IncrementalAlterConfigsRequest, ctx: RequestContext, broker: Services
) -> IncrementalAlterConfigsResponse:
    """Versions 0-1. Checks ALTER_CONFIGS on the topics, or on the cluster. What is not named stays.

    Errors, per resource: TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION,
    INVALID_REQUEST, INVALID_CONFIG, STALE_CONTROLLER_EPOCH, REQUEST_TIMED_OUT. Source: KIP-339, KIP-412.
    """
    times_named = Counter((r.resource_type, r.resource_name) for r in request.resources)
    responses = []
    for resource in request.resources:
        code, message = ErrorCode.NONE, None
        try:
            _require_named_once(resource, times_named)
            changes = [KeyChange(c.name, c.config_operation, c.value) for c in resource.configs]
            await _alter(resource, changes, ctx, broker, validate_only=request.validate_only, replaces=False)
        except KafkaError as error:
            code, message = error.code, error.message
        responses.append(
            IncrementalAlterConfigsResourceResponse(
                error_code=code,
                error_message=message,
                resource_type=resource.resource_type,
                resource_name=resource.resource_name,
            )
        )
    return IncrementalAlterConfigsResponse(responses=responses)


def _require_named_once(resource: Resource, times_named: Counter[tuple[int, str]]) -> None:
    if times_named[resource.resource_type, resource.resource_name] > 1:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")


async def _alter(
    resource: Resource,
    changes: Sequence[KeyChange],
    ctx: RequestContext,
    broker: Services,
    *,
    validate_only: bool,
    replaces: bool,
) -> None:
    """Check one resource's changes and write what comes of them. Raises: KafkaError."""
    _require_may(ctx, broker, Operation.ALTER_CONFIGS, resource)
    _require_well_formed(changes)
    name = resource.resource_name
    if resource.resource_type == ResourceType.BROKER_LOGGER:
        _alter_loggers(name, changes, broker, validate_only=validate_only)
        return
    try:
        if resource.resource_type == ResourceType.TOPIC:
            await _alter_topic(name, changes, broker, validate_only=validate_only, replaces=replaces)
        else:
            await _alter_broker(name, changes, broker, validate_only=validate_only, replaces=replaces)
    except SessionLost:
        raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again.") from None


def _require_well_formed(changes: Sequence[KeyChange]) -> None:
    """Raises: INVALID_REQUEST."""
    if any(times > 1 for times in Counter(change.name for change in changes).values()):
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Error due to duplicate config keys")
    nulls = [c.name for c in changes if c.value is None and c.change != Change.DELETE]
    if nulls:
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"Null value not supported for : {', '.join(nulls)}")
    for change in changes:
        if change.change not in tuple(Change):
            raise KafkaError(ErrorCode.INVALID_REQUEST, f"Unknown operations type {change.change}")


async def _alter_topic(
    topic: str, changes: Sequence[KeyChange], broker: Services, *, validate_only: bool, replaces: bool
) -> None:
    if not topic:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
    if topic not in broker.metadata.snapshot.topics:
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{topic}' does not exist.")
    session = await current_session(broker)
    path = znodes.entity_path("topics", topic)
    held = {} if replaces else await _stored(broker, path)
    lists = {name: as_text(key.default) for name, key in TOPIC_KEYS.items() if key.kind is Kind.LIST}
    texts = _changed(held, changes, lists)
    validate_topic_config(texts, broker.config.broker)
    if not validate_only:
        log.info("topic %s: configuration changes: %s", topic, _shown(changes, replaces))
        await admin_store.change_config(session, path, texts)


async def _alter_broker(
    name: str, changes: Sequence[KeyChange], broker: Services, *, validate_only: bool, replaces: bool
) -> None:
    """Change this broker's dynamic configuration, or that of all brokers where the name is empty."""
    config = broker.config
    if name:
        _require_own_id(name, broker)
    per_broker = bool(name)
    session = await current_session(broker)
    path = znodes.entity_path("brokers", str(broker.broker_id) if per_broker else znodes.DEFAULT_ENTITY)
    stored = await _stored(broker, path)
    held = {} if replaces else config.usable_texts(stored, per_broker=per_broker)
    lists = {key: as_text(row.default) for key, row in BROKER_KEYS.items() if row.kind is Kind.LIST}
    texts = _changed(held, changes, lists)
    try:
        candidate = config.require_fitting(texts, per_broker=per_broker)
        await broker.guard.require_usable(candidate)
        # A password that nobody named keeps the text it is stored as.
        named = {change.name for change in changes}
        persistent = {
            key: text
            if not is_password(key)
            else stored[key]
            if key not in named
            else _encoded(key, text, broker)
            for key, text in texts.items()
        }
    except ConfigError as error:
        raise KafkaError(ErrorCode.INVALID_REQUEST, str(error)) from None  # so it is in Kafka: KAFKA-13609
    if not validate_only:
        who = f"broker {name}" if per_broker else "all brokers"
        log.info("%s: configuration changes: %s", who, _shown(changes, replaces))
        await admin_store.change_config(session, path, persistent)


def _alter_loggers(name: str, changes: Sequence[KeyChange], broker: Services, *, validate_only: bool) -> None:
    _require_own_id(name, broker)
    for change in changes:
        if change.change in (Change.APPEND, Change.SUBTRACT):
            operation = Change(change.change).name
            raise KafkaError(
                ErrorCode.INVALID_REQUEST,
                f"{operation} operation is not allowed for the BROKER_LOGGER resource",
            )
        broker_loggers.require_level(change.name, change.value if change.change == Change.SET else None)
    if validate_only:
        return
    for change in changes:
        level = change.value if change.change == Change.SET else None
        broker_loggers.set_level(change.name, level)
        log.warning("The log level of %s is now %s", change.name, level or "that of its parent")


def _changed(
    held: Mapping[str, str], changes: Sequence[KeyChange], list_defaults: Mapping[str, str | None]
) -> dict[str, str]:
    """What is set after the changes. Raises: INVALID_CONFIG where a value that is no list is added to."""
    texts = dict(held)
    for change in changes:
        name, value = change.name, change.value or ""
        if change.change == Change.SET:
            texts[name] = value
        elif change.change == Change.DELETE:
            texts.pop(name, None)
        else:
            if name not in list_defaults:
                operation = Change(change.change).name.lower()
                raise KafkaError(
                    ErrorCode.INVALID_CONFIG,
                    f"Config value {operation} is not allowed for config key: {name}",
                )
            before = texts.get(name, list_defaults[name] or "")
            items = before.split(",") if before else []
            named = value.split(",")
            if change.change == Change.APPEND:
                items += [item for item in named if item not in items]
            else:
                for item in named:
                    if item in items:
                        items.remove(item)
            texts[name] = ",".join(items)
    return texts


def _encoded(key: str, text: str, broker: Services) -> str:
    """Raises: ConfigError."""
    passwords = broker.config.passwords
    if passwords is None:
        reason = "a password can be stored in ZooKeeper only where password.encoder.secret is set"
        raise ConfigError(key, HIDDEN, reason, "this request")
    return passwords.encode(text)


async def _stored(broker: Services, path: str) -> dict[str, str]:
    """Raises: UNKNOWN_SERVER_ERROR for a node that cannot be read."""
    try:
        return await admin_store.read_config(await current_session(broker), path)
    except Undecodable as error:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)) from None


def _shown(changes: Sequence[KeyChange], replaces: bool) -> str:
    return ("only " if replaces else "") + (", ".join(map(str, changes)) or "nothing is set")
