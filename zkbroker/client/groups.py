"""Consumer groups through the brokers: which there are, their members, their offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from zkbroker.client.cluster import Cluster, CoordinatorKind
from zkbroker.client.connection import Connection
from zkbroker.client.errors import require_success
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import ApiKey, MalformedMessage, decode_versioned_data
from zkbroker.protocol.generated.consumer_protocol_assignment import ConsumerProtocolAssignment
from zkbroker.protocol.generated.delete_groups_request import DeleteGroupsRequest
from zkbroker.protocol.generated.delete_groups_response import DeleteGroupsResponse
from zkbroker.protocol.generated.describe_groups_request import DescribeGroupsRequest
from zkbroker.protocol.generated.describe_groups_response import DescribeGroupsResponse
from zkbroker.protocol.generated.list_groups_request import ListGroupsRequest
from zkbroker.protocol.generated.list_groups_response import ListGroupsResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_commit_response import OffsetCommitResponse
from zkbroker.protocol.generated.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from zkbroker.protocol.generated.offset_delete_response import OffsetDeleteResponse
from zkbroker.protocol.generated.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestGroup
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse

CONSUMER = "consumer"


@attrs.frozen
class Listed:
    """A group as the list has it. `group_type` is empty where the broker does not tell."""

    group_id: str
    state: str
    group_type: str


@attrs.frozen
class Member:
    """One consumer of a group."""

    member_id: str
    instance_id: str
    client_id: str
    host: str
    partitions: tuple[TopicPartition, ...]


@attrs.frozen
class Group:
    """A group as its coordinator has it."""

    group_id: str
    state: str
    assignor: str
    members: tuple[Member, ...]
    coordinator: str  # host:port
    coordinator_id: int


def list_groups(cluster: Cluster, states: Sequence[str] = (), types: Sequence[str] = ()) -> list[Listed]:
    """Consumer groups, and those that only commit offsets, of every broker, by name. Raises: KafkaError."""
    found: dict[str, Listed] = {}
    for broker in cluster.brokers():
        for row in _listed_by(cluster, broker.node_id, states, types).groups:
            if row.protocol_type in (CONSUMER, ""):
                found[row.group_id] = Listed(row.group_id, row.group_state, row.group_type)
    return [found[name] for name in sorted(found)]


def _listed_by(
    cluster: Cluster, broker_id: int, states: Sequence[str], types: Sequence[str]
) -> ListGroupsResponse:
    def attempt() -> ListGroupsResponse:
        connection = cluster.broker(broker_id)
        version = connection.highest(ApiKey.LIST_GROUPS)
        if (states and version < 4) or (types and version < 5):
            raise KafkaError(
                ErrorCode.UNSUPPORTED_VERSION, f"Broker {broker_id} cannot list groups by state or type."
            )
        request = ListGroupsRequest(states_filter=states, types_filter=types)
        answer = connection.request(request, ListGroupsResponse, version=version)
        require_success(answer.error_code)
        return answer

    return cluster.patiently(attempt)


def describe(cluster: Cluster, group_id: str) -> Group:
    """Raises: KafkaError."""

    def attempt() -> Group:
        connection = _coordinator(cluster, group_id)
        request = DescribeGroupsRequest(groups=[group_id])
        (row,) = connection.request(request, DescribeGroupsResponse).groups
        require_success(row.error_code)
        members = tuple(
            Member(
                member.member_id,
                member.group_instance_id or "",
                member.client_id,
                member.client_host,
                _assigned(member.member_assignment) if row.protocol_type == CONSUMER else (),
            )
            for member in row.members
        )
        broker_id = next(
            (
                broker.node_id
                for broker in cluster.brokers()
                if (broker.host, broker.port) == _place(connection)
            ),
            -1,
        )
        return Group(
            group_id, row.group_state, row.protocol_data, members, str(connection.address), broker_id
        )

    return cluster.patiently(attempt)


def _place(connection: Connection) -> tuple[str, int]:
    return connection.address.host, connection.address.port


def _assigned(data: bytes) -> tuple[TopicPartition, ...]:
    if not data:
        return ()
    try:
        _, assignment = decode_versioned_data(ConsumerProtocolAssignment, data, newer=True)
    except MalformedMessage:
        return ()
    return tuple(
        TopicPartition(topic.topic, partition)
        for topic in assignment.assigned_partitions
        for partition in topic.partitions
    )


def committed(cluster: Cluster, group_id: str) -> dict[TopicPartition, int]:
    """Every offset a group has committed, as far as transactions have settled it. Raises: KafkaError."""

    def attempt() -> dict[TopicPartition, int]:
        connection = _coordinator(cluster, group_id)
        version = connection.highest(ApiKey.OFFSET_FETCH)
        many = version >= 8  # KIP-709
        request = OffsetFetchRequest(
            group_id="" if many else group_id,
            topics=() if many else None,
            groups=[OffsetFetchRequestGroup(group_id=group_id, topics=None)] if many else (),
        )
        answer: Any = connection.request(request, OffsetFetchResponse, version=version)
        held = answer.groups[0] if many else answer
        require_success(held.error_code)
        found = {}
        for topic in held.topics:
            for row in topic.partitions:
                require_success(row.error_code)
                if row.committed_offset >= 0:
                    found[TopicPartition(topic.name, row.partition_index)] = row.committed_offset
        return found

    return cluster.patiently(attempt)


def commit(cluster: Cluster, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Set offsets of a group without members. Raises: KafkaError."""
    topics = [
        OffsetCommitRequestTopic(
            name=name,
            partitions=[
                OffsetCommitRequestPartition(partition_index=tp.partition, committed_offset=offsets[tp])
                for tp in partitions
            ],
        )
        for name, partitions in by_topic(offsets).items()
    ]

    def attempt() -> None:
        request = OffsetCommitRequest(group_id=group_id, topics=topics)
        version = (connection := _coordinator(cluster, group_id)).highest(ApiKey.OFFSET_COMMIT, at_most=8)
        for topic in connection.request(request, OffsetCommitResponse, version=version).topics:
            for row in topic.partitions:
                require_success(row.error_code)

    if topics:
        cluster.patiently(attempt)


def delete(cluster: Cluster, group_id: str) -> None:
    """Raises: KafkaError: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND ..."""

    def attempt() -> None:
        request = DeleteGroupsRequest(groups_names=[group_id])
        (row,) = _coordinator(cluster, group_id).request(request, DeleteGroupsResponse).results
        require_success(row.error_code)

    cluster.patiently(attempt)


def delete_offsets(
    cluster: Cluster, group_id: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Forget committed offsets; the error code of each partition. Raises: KafkaError of the whole group."""
    wanted = list(partitions)
    topics = [
        OffsetDeleteRequestTopic(
            name=name,
            partitions=[OffsetDeleteRequestPartition(partition_index=tp.partition) for tp in rows],
        )
        for name, rows in by_topic(wanted).items()
    ]

    def attempt() -> OffsetDeleteResponse:
        request = OffsetDeleteRequest(group_id=group_id, topics=topics)
        answer = _coordinator(cluster, group_id).request(request, OffsetDeleteResponse)
        require_success(answer.error_code)
        return answer

    return {
        TopicPartition(topic.name, row.partition_index): row.error_code
        for topic in cluster.patiently(attempt).topics
        for row in topic.partitions
    }


def remove_members(cluster: Cluster, group_id: str, member_ids: Sequence[str]) -> None:
    """Let members leave the group. Raises: KafkaError."""
    from zkbroker.protocol.generated.leave_group_request import LeaveGroupRequest, MemberIdentity
    from zkbroker.protocol.generated.leave_group_response import LeaveGroupResponse

    def attempt() -> None:
        members = [MemberIdentity(member_id=member_id) for member_id in member_ids]
        request = LeaveGroupRequest(group_id=group_id, members=members)
        answer = _coordinator(cluster, group_id).request(request, LeaveGroupResponse)
        require_success(answer.error_code)
        for member in answer.members:
            require_success(member.error_code)

    cluster.patiently(attempt)


def by_topic(partitions: Iterable[TopicPartition]) -> dict[str, list[TopicPartition]]:
    """Partitions under their topics."""
    found: dict[str, list[TopicPartition]] = defaultdict(list)
    for tp in partitions:
        found[tp.topic].append(tp)
    return found


def _coordinator(cluster: Cluster, group_id: str) -> Connection:
    return cluster.coordinator(group_id, CoordinatorKind.GROUP)
