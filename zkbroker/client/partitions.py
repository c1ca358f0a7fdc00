"""Partitions through the brokers: elections, reassignments, and where replicas lie on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs

from zkbroker.client.cluster import Cluster
from zkbroker.client.errors import refusal, require_success, sentence_of
from zkbroker.client.groups import by_topic
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.alter_partition_reassignments_response import (
    AlterPartitionReassignmentsResponse,
)
from zkbroker.protocol.generated.alter_replica_log_dirs_request import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from zkbroker.protocol.generated.alter_replica_log_dirs_response import AlterReplicaLogDirsResponse
from zkbroker.protocol.generated.describe_log_dirs_request import DescribeLogDirsRequest
from zkbroker.protocol.generated.describe_log_dirs_response import (
    DescribeLogDirsResponse,
    DescribeLogDirsResult,
)
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from zkbroker.protocol.generated.elect_leaders_response import ElectLeadersResponse

Answer = tuple[int, str]
"""An error code, 0 for none, and what it means."""


def elect(
    cluster: Cluster, election_type: int, partitions: Sequence[TopicPartition] | None
) -> dict[TopicPartition, Answer]:
    """Each partition's answer; of all partitions (None) only those that something was to be done for.

    Raises: KafkaError.
    """
    topics = (
        None
        if partitions is None
        else [
            TopicPartitions(topic=name, partitions=[tp.partition for tp in rows])
            for name, rows in by_topic(partitions).items()
        ]
    )
    timeout_ms = int(cluster.settings.request_timeout_s * 1000)

    def attempt() -> ElectLeadersResponse:
        request = ElectLeadersRequest(
            election_type=election_type, topic_partitions=topics, timeout_ms=timeout_ms
        )
        answer = cluster.ask_controller(request, ElectLeadersResponse)
        require_success(answer.error_code)
        return answer

    return {
        TopicPartition(topic.topic, row.partition_id): (
            row.error_code,
            sentence_of(row.error_code, row.error_message),
        )
        for topic in cluster.patiently(attempt).replica_election_results
        for row in topic.partition_result
    }


def reassign(
    cluster: Cluster, wanted: Mapping[TopicPartition, Sequence[int] | None]
) -> dict[TopicPartition, Answer]:
    """Begin reassignments, or with None stop them; each partition's answer. Raises: KafkaError."""
    topics = [
        ReassignableTopic(
            name=name,
            partitions=[
                ReassignablePartition(
                    partition_index=tp.partition,
                    replicas=None if (replicas := wanted[tp]) is None else list(replicas),
                )
                for tp in rows
            ],
        )
        for name, rows in by_topic(wanted).items()
    ]

    def attempt() -> AlterPartitionReassignmentsResponse:
        request = AlterPartitionReassignmentsRequest(topics=topics)
        answer = cluster.ask_controller(request, AlterPartitionReassignmentsResponse)
        require_success(answer.error_code, answer.error_message)
        return answer

    return {
        TopicPartition(topic.name, row.partition_index): (
            row.error_code,
            sentence_of(row.error_code, row.error_message) if row.error_code else "",
        )
        for topic in cluster.patiently(attempt).responses
        for row in topic.partitions
    }


@attrs.frozen
class ReplicaPlace:
    """Where a replica lies, and where it is moving to, if it is."""

    current: str | None = None
    future: str | None = None
    future_lag: int = -1


def log_dirs(cluster: Cluster, broker_id: int) -> Sequence[DescribeLogDirsResult]:
    """Every log directory of a broker with its replicas. Raises: KafkaError, CallFailed."""
    request = DescribeLogDirsRequest(topics=None)
    answer = cluster.ask(lambda: cluster.broker(broker_id), request, DescribeLogDirsResponse)
    require_success(answer.error_code)
    return answer.results


def replica_places(
    cluster: Cluster, replicas: Iterable[tuple[TopicPartition, int]]
) -> dict[tuple[TopicPartition, int], ReplicaPlace]:
    """Where replicas of brokers lie. Raises: KafkaError, CallFailed."""
    by_broker: dict[int, set[TopicPartition]] = defaultdict(set)
    for tp, broker_id in replicas:
        by_broker[broker_id].add(tp)
    found: dict[tuple[TopicPartition, int], ReplicaPlace] = {}
    for broker_id, wanted in by_broker.items():
        for directory in log_dirs(cluster, broker_id):
            for topic in directory.topics:
                for row in topic.partitions:
                    tp = TopicPartition(topic.name, row.partition_index)
                    if tp not in wanted:
                        continue
                    held = found.get((tp, broker_id), ReplicaPlace())
                    found[tp, broker_id] = (
                        attrs.evolve(held, future=directory.log_dir, future_lag=row.offset_lag)
                        if row.is_future_key
                        else attrs.evolve(held, current=directory.log_dir)
                    )
    return found


def move_log_dirs(
    cluster: Cluster, wanted: Mapping[tuple[TopicPartition, int], str]
) -> dict[tuple[TopicPartition, int], int]:
    """Let replicas move to directories of their brokers; each one's error code. Raises: CallFailed."""
    by_broker: dict[int, dict[str, list[TopicPartition]]] = defaultdict(lambda: defaultdict(list))
    for (tp, broker_id), path in wanted.items():
        by_broker[broker_id][path].append(tp)
    found = {}
    for broker_id, directories in by_broker.items():
        request = AlterReplicaLogDirsRequest(
            dirs=[
                AlterReplicaLogDir(
                    path=path,
                    topics=[
                        AlterReplicaLogDirTopic(name=name, partitions=[tp.partition for tp in rows])
                        for name, rows in by_topic(partitions).items()
                    ],
                )
                for path, partitions in directories.items()
            ]
        )
        answer = cluster.broker(broker_id).request(request, AlterReplicaLogDirsResponse)
        for topic in answer.results:
            for row in topic.partitions:
                found[TopicPartition(topic.topic_name, row.partition_index), broker_id] = row.error_code
    return found


def require_all_done(answers: Mapping[TopicPartition, Answer]) -> None:
    """Raises: KafkaError of the first that was refused."""
    for code, message in answers.values():
        if code:
            raise refusal(ErrorCode(code), message)
