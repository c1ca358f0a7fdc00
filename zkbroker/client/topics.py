"""Topics through the brokers: create, delete, more partitions, what they are, what is being reassigned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from zkbroker.client.cluster import Cluster
from zkbroker.client.errors import require_success
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import ApiKey
from zkbroker.protocol.generated.create_partitions_request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from zkbroker.protocol.generated.create_partitions_response import CreatePartitionsResponse
from zkbroker.protocol.generated.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.delete_topics_response import DeleteTopicsResponse
from zkbroker.protocol.generated.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsTopics,
)
from zkbroker.protocol.generated.list_partition_reassignments_response import (
    ListPartitionReassignmentsResponse,
)
from zkbroker.protocol.generated.metadata_response import MetadataResponseTopic

DEFAULT_BY_BROKER = -1


@attrs.frozen
class Reassignment:
    """One partition on its way. `replicas`: those it has now, of both sides."""

    replicas: tuple[int, ...]
    adding: tuple[int, ...]
    removing: tuple[int, ...]


def create(
    cluster: Cluster,
    name: str,
    partitions: int | None,
    replication_factor: int | None,
    configs: Mapping[str, str],
    assignment: Mapping[int, Sequence[int]],
) -> None:
    """Without numbers the broker's defaults count (KIP-464). Raises: KafkaError."""
    wanted = CreatableTopic(
        name=name,
        num_partitions=DEFAULT_BY_BROKER if partitions is None else partitions,
        replication_factor=DEFAULT_BY_BROKER if replication_factor is None else replication_factor,
        assignments=[
            CreatableReplicaAssignment(partition_index=index, broker_ids=list(brokers))
            for index, brokers in assignment.items()
        ],
        configs=[CreatableTopicConfig(name=key, value=value) for key, value in configs.items()],
    )
    timeout_ms = int(cluster.settings.request_timeout_s * 1000)

    def attempt() -> None:
        request = CreateTopicsRequest(topics=[wanted], timeout_ms=timeout_ms)
        (result,) = cluster.ask_controller(request, CreateTopicsResponse).topics
        require_success(result.error_code, result.error_message)

    cluster.patiently(attempt)


def delete(cluster: Cluster, names: Sequence[str]) -> None:
    """Raises: KafkaError of the first that was refused, when all have been tried."""
    timeout_ms = int(cluster.settings.request_timeout_s * 1000)

    def attempt() -> None:
        by_id = cluster.controller().highest(ApiKey.DELETE_TOPICS) >= 6
        request = DeleteTopicsRequest(
            topics=[DeleteTopicState(name=name) for name in names] if by_id else (),
            topic_names=() if by_id else names,
            timeout_ms=timeout_ms,
        )
        for result in cluster.ask_controller(request, DeleteTopicsResponse).responses:
            require_success(result.error_code, result.error_message)

    if names:
        cluster.patiently(attempt)


def add_partitions(
    cluster: Cluster, wanted: Mapping[str, tuple[int, Sequence[Sequence[int]] | None]]
) -> None:
    """Topics to their new count, and where the new partitions go. Raises: KafkaError."""
    topics = [
        CreatePartitionsTopic(
            name=name,
            count=count,
            assignments=None
            if placed is None
            else [CreatePartitionsAssignment(broker_ids=list(brokers)) for brokers in placed],
        )
        for name, (count, placed) in wanted.items()
    ]
    timeout_ms = int(cluster.settings.request_timeout_s * 1000)

    def attempt() -> None:
        request = CreatePartitionsRequest(topics=topics, timeout_ms=timeout_ms)
        for result in cluster.ask_controller(request, CreatePartitionsResponse).results:
            require_success(result.error_code, result.error_message)

    cluster.patiently(attempt)


def describe(cluster: Cluster, names: Iterable[str]) -> list[MetadataResponseTopic]:
    """Topics in order of name, their partitions in order. Raises: KafkaError, if one is not there."""
    found = cluster.topics(names)
    for topic in found:
        if topic.error_code not in (ErrorCode.NONE, ErrorCode.LEADER_NOT_AVAILABLE):
            require_success(topic.error_code)
    return found


def list_reassignments(
    cluster: Cluster, partitions: Mapping[str, Sequence[int]] | None = None
) -> dict[TopicPartition, Reassignment]:
    """What is being reassigned among these partitions (None: at all). Raises: KafkaError."""
    topics = (
        None
        if partitions is None
        else [
            ListPartitionReassignmentsTopics(name=name, partition_indexes=list(numbers))
            for name, numbers in partitions.items()
        ]
    )

    def attempt() -> ListPartitionReassignmentsResponse:
        request = ListPartitionReassignmentsRequest(topics=topics)
        answer = cluster.ask_controller(request, ListPartitionReassignmentsResponse)
        require_success(answer.error_code, answer.error_message)
        return answer

    return {
        TopicPartition(topic.name, row.partition_index): Reassignment(
            tuple(row.replicas), tuple(row.adding_replicas), tuple(row.removing_replicas)
        )
        for topic in cluster.patiently(attempt).topics
        for row in topic.partitions
    }


def list_reassignments_if_allowed(
    cluster: Cluster, partitions: Mapping[str, Sequence[int]]
) -> dict[TopicPartition, Reassignment]:
    """As `list_reassignments`; nothing for whoever may not ask, or where nobody answers that."""
    try:
        return list_reassignments(cluster, partitions)
    except KafkaError as error:
        if error.code in (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, ErrorCode.UNSUPPORTED_VERSION):
            return {}
        raise
