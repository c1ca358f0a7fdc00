"""The table of contents: which API is served, in which versions, by which handler.

What Kafka 3.9 serves and is missing here stands in GAPS.md, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from zkbroker.apis import (
    configs,
    failures,
    features,
    fetch,
    from_controller,
    groups,
    handshake,
    metadata,
    offsets,
    partitions,
    produce,
    to_controller,
    topics,
    transactions,
)
from zkbroker.apis.context import RequestContext, Services
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import VERSIONS, ApiKey, Message
from zkbroker.protocol.generated.api_versions_response import ApiVersion

Handler = Callable[[Any, RequestContext, Services], Awaitable[Any]]
Failed = Callable[[Any, RequestContext, ErrorCode], Message]


@attrs.frozen
class Api:
    """One served API."""

    key: ApiKey
    handler: Handler
    failed: Failed  # the response when the handler raised what it should not
    lowest: int
    highest: int


def _api(key: ApiKey, handler: Handler, failed: Failed | None = None) -> Api:
    versions = VERSIONS[key]
    return Api(key, handler, failed or failures.top_level(key), versions.lowest, versions.highest)


_SERVED = (
    _api(ApiKey.PRODUCE, produce.produce, failures.produce),
    _api(ApiKey.FETCH, fetch.fetch),
    _api(ApiKey.LIST_OFFSETS, offsets.list_offsets, failures.list_offsets),
    _api(ApiKey.METADATA, metadata.metadata, failures.metadata),
    _api(ApiKey.LEADER_AND_ISR, from_controller.leader_and_isr),
    _api(ApiKey.STOP_REPLICA, from_controller.stop_replica),
    _api(ApiKey.UPDATE_METADATA, from_controller.update_metadata),
    _api(ApiKey.CONTROLLED_SHUTDOWN, to_controller.controlled_shutdown),
    _api(ApiKey.FIND_COORDINATOR, groups.find_coordinator),
    _api(ApiKey.SASL_HANDSHAKE, handshake.sasl_handshake),
    _api(ApiKey.API_VERSIONS, handshake.api_versions),
    _api(ApiKey.CREATE_TOPICS, topics.create_topics, failures.create_topics),
    _api(ApiKey.DELETE_TOPICS, topics.delete_topics, failures.delete_topics),
    _api(ApiKey.INIT_PRODUCER_ID, transactions.init_producer_id),
    _api(ApiKey.OFFSET_FOR_LEADER_EPOCH, offsets.offset_for_leader_epoch, failures.offset_for_leader_epoch),
    _api(ApiKey.SASL_AUTHENTICATE, handshake.sasl_authenticate),
    _api(ApiKey.CREATE_PARTITIONS, partitions.create_partitions, failures.create_partitions),
    _api(ApiKey.ELECT_LEADERS, partitions.elect_leaders, failures.elect_leaders),
    _api(ApiKey.ALTER_PARTITION_REASSIGNMENTS, partitions.alter_partition_reassignments),
    _api(ApiKey.LIST_PARTITION_REASSIGNMENTS, partitions.list_partition_reassignments),
    _api(ApiKey.UPDATE_FEATURES, features.update_features),
    _api(ApiKey.ALTER_PARTITION, to_controller.alter_partition),
    _api(ApiKey.DESCRIBE_CLUSTER, metadata.describe_cluster),
    _api(ApiKey.ALLOCATE_PRODUCER_IDS, to_controller.allocate_producer_ids),
    _api(ApiKey.DESCRIBE_CONFIGS, configs.describe_configs, failures.describe_configs),
    _api(ApiKey.ALTER_CONFIGS, configs.alter_configs, failures.alter_configs),
    _api(
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        configs.incremental_alter_configs,
        failures.incremental_alter_configs,
    ),
)

API_TABLE: dict[int, Api] = {int(api.key): api for api in _SERVED}

ADVERTISED = tuple(
    ApiVersion(api_key=api.key, min_version=api.lowest, max_version=api.highest) for api in _SERVED
)
"""What ApiVersions answers."""
