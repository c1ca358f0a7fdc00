"""Configurations through the brokers: what counts for a topic, broker or logger, and changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

import attrs

from zkbroker.client.cluster import Cluster
from zkbroker.client.connection import Connection
from zkbroker.client.errors import require_success
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.describe_configs_request import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
)
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse


class ResourceType(IntEnum):
    """Whose configuration it is, as on the wire."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16


class ConfigSource(IntEnum):
    """Where a value was set, as on the wire; the names are printed."""

    UNKNOWN = 0
    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    DYNAMIC_BROKER_LOGGER_CONFIG = 6
    DYNAMIC_CLIENT_METRICS_CONFIG = 7


class Change(IntEnum):
    """What happens to a key. Source: KIP-339."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


@attrs.frozen
class KeyChange:
    """A change of one key."""

    name: str
    change: Change
    value: str | None = None


def describe(
    cluster: Cluster, kind: ResourceType, names: Sequence[str], *, synonyms: bool = False
) -> dict[str, Sequence[DescribeConfigsResourceResult]]:
    """Every key of each resource, by the resource's name. Raises: KafkaError."""
    found: dict[str, Sequence[DescribeConfigsResourceResult]] = {}
    for whom, asked in _by_broker(cluster, kind, names):
        resources = [
            DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=None)
            for name in asked
        ]
        request = DescribeConfigsRequest(resources=resources, include_synonyms=synonyms)
        answer = whom.request(request, DescribeConfigsResponse)
        for result in answer.results:
            require_success(result.error_code, result.error_message)
            found[result.resource_name] = result.configs
    return found


def alter(cluster: Cluster, kind: ResourceType, name: str, changes: Sequence[KeyChange]) -> None:
    """Raises: KafkaError."""
    resource = AlterConfigsResource(
        resource_type=kind,
        resource_name=name,
        configs=[
            AlterableConfig(name=change.name, config_operation=change.change, value=change.value)
            for change in changes
        ],
    )
    for whom, _ in _by_broker(cluster, kind, [name]):
        request = IncrementalAlterConfigsRequest(resources=[resource])
        for result in whom.request(request, IncrementalAlterConfigsResponse).responses:
            require_success(result.error_code, result.error_message)


def _by_broker(
    cluster: Cluster, kind: ResourceType, names: Sequence[str]
) -> list[tuple[Connection, Sequence[str]]]:
    """Whom to ask: a broker's own configuration only that broker knows."""
    if kind not in (ResourceType.BROKER, ResourceType.BROKER_LOGGER):
        return [(cluster.any(), names)] if names else []
    return [(cluster.broker(int(name)) if name.isdecimal() else cluster.any(), [name]) for name in names]


def supports_incremental(cluster: Cluster) -> bool:
    """Whether the brokers know IncrementalAlterConfigs (Kafka 2.3)."""
    return ApiKey.INCREMENTAL_ALTER_CONFIGS in cluster.any().versions


def overrides(entries: Sequence[DescribeConfigsResourceResult]) -> Mapping[str, str]:
    """The keys that somebody set, in the broker's order."""
    return {
        entry.name: entry.value or ""
        for entry in entries
        if entry.config_source != ConfigSource.DEFAULT_CONFIG and not entry.is_default
    }
