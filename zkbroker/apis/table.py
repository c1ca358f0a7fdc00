"""The table of contents: which API is served, in which versions, by which handler.

What Kafka 3.9 serves and is missing here stands in GAPS.md, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from zkbroker.apis import (
    acls,
    configs,
    credentials,
    deleted_records,
    failures,
    features,
    fetch,
    from_controller,
    group_offsets,
    groups,
    handshake,
    log_dirs,
    metadata,
    offsets,
    partitions,
    produce,
    quotas,
    to_controller,
    tokens,
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
    _api(ApiKey.OFFSET_COMMIT, group_offsets.offset_commit, group_offsets.commit_failed),
    _api(ApiKey.OFFSET_FETCH, group_offsets.offset_fetch, group_offsets.fetch_failed),
    _api(ApiKey.FIND_COORDINATOR, groups.find_coordinator, groups.find_failed),
    _api(ApiKey.JOIN_GROUP, groups.join_group, groups.join_failed),
    _api(ApiKey.HEARTBEAT, groups.heartbeat),
    _api(ApiKey.LEAVE_GROUP, groups.leave_group),
    _api(ApiKey.SYNC_GROUP, groups.sync_group),
    _api(ApiKey.DESCRIBE_GROUPS, groups.describe_groups, groups.describe_failed),
    _api(ApiKey.LIST_GROUPS, groups.list_groups),
    _api(ApiKey.SASL_HANDSHAKE, handshake.sasl_handshake),
    _api(ApiKey.API_VERSIONS, handshake.api_versions),
    _api(ApiKey.CREATE_TOPICS, topics.create_topics, failures.create_topics),
    _api(ApiKey.DELETE_TOPICS, topics.delete_topics, failures.delete_topics),
    _api(ApiKey.DELETE_RECORDS, deleted_records.delete_records, deleted_records.delete_failed),
    _api(ApiKey.INIT_PRODUCER_ID, transactions.init_producer_id, transactions.init_failed),
    _api(ApiKey.OFFSET_FOR_LEADER_EPOCH, offsets.offset_for_leader_epoch, failures.offset_for_leader_epoch),
    _api(
        ApiKey.ADD_PARTITIONS_TO_TXN, transactions.add_partitions_to_txn, transactions.add_partitions_failed
    ),
    _api(ApiKey.ADD_OFFSETS_TO_TXN, transactions.add_offsets_to_txn),
    _api(ApiKey.END_TXN, transactions.end_txn),
    _api(ApiKey.WRITE_TXN_MARKERS, transactions.write_txn_markers, transactions.write_markers_failed),
    _api(ApiKey.TXN_OFFSET_COMMIT, group_offsets.txn_offset_commit, group_offsets.txn_commit_failed),
    _api(ApiKey.DESCRIBE_ACLS, acls.describe_acls),
    _api(ApiKey.CREATE_ACLS, acls.create_acls, acls.create_failed),
    _api(ApiKey.DELETE_ACLS, acls.delete_acls, acls.delete_failed),
    _api(ApiKey.ALTER_REPLICA_LOG_DIRS, log_dirs.alter_replica_log_dirs, log_dirs.alter_failed),
    _api(ApiKey.DESCRIBE_LOG_DIRS, log_dirs.describe_log_dirs),
    _api(ApiKey.SASL_AUTHENTICATE, handshake.sasl_authenticate),
    _api(ApiKey.CREATE_PARTITIONS, partitions.create_partitions, failures.create_partitions),
    _api(ApiKey.CREATE_DELEGATION_TOKEN, tokens.create_delegation_token),
    _api(ApiKey.RENEW_DELEGATION_TOKEN, tokens.renew_delegation_token),
    _api(ApiKey.EXPIRE_DELEGATION_TOKEN, tokens.expire_delegation_token),
    _api(ApiKey.DESCRIBE_DELEGATION_TOKEN, tokens.describe_delegation_token),
    _api(ApiKey.DELETE_GROUPS, groups.delete_groups, groups.delete_failed),
    _api(ApiKey.ELECT_LEADERS, partitions.elect_leaders, failures.elect_leaders),
    _api(ApiKey.ALTER_PARTITION_REASSIGNMENTS, partitions.alter_partition_reassignments),
    _api(ApiKey.LIST_PARTITION_REASSIGNMENTS, partitions.list_partition_reassignments),
    _api(ApiKey.OFFSET_DELETE, group_offsets.offset_delete),
    _api(ApiKey.UPDATE_FEATURES, features.update_features),
    _api(
        ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS,
        credentials.describe_user_scram_credentials,
        credentials.describe_failed,
    ),
    _api(
        ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
        credentials.alter_user_scram_credentials,
        credentials.alter_failed,
    ),
    _api(ApiKey.ALTER_PARTITION, to_controller.alter_partition),
    _api(ApiKey.DESCRIBE_CLUSTER, metadata.describe_cluster),
    _api(ApiKey.DESCRIBE_PRODUCERS, transactions.describe_producers, transactions.describe_producers_failed),
    _api(
        ApiKey.DESCRIBE_TRANSACTIONS,
        transactions.describe_transactions,
        transactions.describe_transactions_failed,
    ),
    _api(ApiKey.LIST_TRANSACTIONS, transactions.list_transactions),
    _api(ApiKey.ALLOCATE_PRODUCER_IDS, to_controller.allocate_producer_ids),
    _api(ApiKey.CONSUMER_GROUP_HEARTBEAT, groups.consumer_group_heartbeat),
    _api(ApiKey.CONSUMER_GROUP_DESCRIBE, groups.consumer_group_describe, groups.consumer_describe_failed),
    _api(ApiKey.DESCRIBE_CONFIGS, configs.describe_configs, failures.describe_configs),
    _api(ApiKey.ALTER_CONFIGS, configs.alter_configs, failures.alter_configs),
    _api(
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        configs.incremental_alter_configs,
        failures.incremental_alter_configs,
    ),
    _api(ApiKey.DESCRIBE_CLIENT_QUOTAS, quotas.describe_client_quotas),
    _api(ApiKey.ALTER_CLIENT_QUOTAS, quotas.alter_client_quotas, failures.alter_client_quotas),
)

API_TABLE: dict[int, Api] = {int(api.key): api for api in _SERVED}

ADVERTISED = tuple(
    ApiVersion(api_key=api.key, min_version=api.lowest, max_version=api.highest) for api in _SERVED
)
"""What ApiVersions answers."""
