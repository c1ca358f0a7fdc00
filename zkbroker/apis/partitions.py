"""What administrators do with partitions: CreatePartitions, ElectLeaders, and moving them to other brokers.

The controller decides and writes; a handler checks who asks, and waits until this broker knows the outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import trio

from acl.model import Operation
from zkbroker import admin_store
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.topics import current_session
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import ClusterSnapshot
from zkbroker.model import NO_LEADER, TopicPartition
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
)
from zkbroker.protocol.generated.alter_partition_reassignments_response import (
    AlterPartitionReassignmentsResponse,
)
from zkbroker.protocol.generated.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from zkbroker.protocol.generated.create_partitions_response import (
    CreatePartitionsResponse,
    CreatePartitionsTopicResult,
)
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest
from zkbroker.protocol.generated.elect_leaders_response import (
    ElectLeadersResponse,
    PartitionResult,
    ReplicaElectionResult,
)
from zkbroker.protocol.generated.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
)
from zkbroker.protocol.generated.list_partition_reassignments_response import (
    ListPartitionReassignmentsResponse,
)
from zkbroker.security.authorizer import topic as topic_resource
from zkbroker.zookeeper.session import SessionLost

PREFERRED: Final = 0
UNCLEAN: Final = 1


# -- more partitions --------------------------------------------------------------------------------------------


async def create_partitions(
    request: CreatePartitionsRequest, ctx: RequestContext, broker: Services
) -> CreatePartitionsResponse:
    """Versions 0-3. Checks ALTER on the topics. Answers when every new partition has a leader.

    Errors: NOT_CONTROLLER, INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED, INVALID_TOPIC_EXCEPTION (being deleted),
    UNKNOWN_TOPIC_OR_PARTITION, REASSIGNMENT_IN_PROGRESS, INVALID_PARTITIONS (a topic never shrinks),
    INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, THROTTLING_QUOTA_EXCEEDED (from 3),
    REQUEST_TIMED_OUT (they exist all the same). Source: KIP-195, KIP-599.
    """
    if not broker.controller.is_active:
        why = KafkaError(ErrorCode.NOT_CONTROLLER)
        return CreatePartitionsResponse(results=[_growth_result(t.name, why) for t in request.topics])
    times_named = Counter(topic.name for topic in request.topics)
    deadline = trio.current_time() + request.timeout_ms / 1000
    changes = broker.changes(ctx, strict_since=3)
    results: dict[str, KafkaError | None] = {}
    grown: dict[str, int] = {}
    for wanted in request.topics:
        if wanted.name in results:
            continue
        try:
            if times_named[wanted.name] > 1:
                raise KafkaError(ErrorCode.INVALID_REQUEST, "Duplicate topic in request.")
            broker.authorizer.require(ctx, Operation.ALTER, topic_resource(wanted.name))
            if not request.validate_only:
                existing = len(broker.metadata.snapshot.partitions(wanted.name))
                changes.count(max(0, wanted.count - existing))
            await _grow(wanted, broker, validate_only=request.validate_only)
            results[wanted.name] = None
            if not request.validate_only:
                grown[wanted.name] = wanted.count
        except KafkaError as error:
            results[wanted.name] = error.kept()

    def not_led(snapshot: ClusterSnapshot) -> list[str]:
        return [name for name, count in grown.items() if not _is_led(snapshot, name, count)]

    for name in await _wait_until_none(not_led, broker, deadline) if grown else ():
        why = KafkaError(ErrorCode.REQUEST_TIMED_OUT, "Partitions are added; not every leader is known yet.")
        results[name] = why
    ctx.throttle_ms = changes.rest_ms()
    return CreatePartitionsResponse(results=[_growth_result(name, error) for name, error in results.items()])


async def _grow(wanted: CreatePartitionsTopic, broker: Services, *, validate_only: bool) -> None:
    """Raises: KafkaError with the reason the topic cannot grow like this."""
    if broker.controller.is_being_deleted(wanted.name):
        raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, "The topic is queued for deletion.")
    session = await current_session(broker)
    try:
        await admin_store.add_partitions(
            session,
            wanted.name,
            wanted.count,
            {info.broker_id: info.rack for info in broker.metadata.snapshot.brokers.values()},
            None if wanted.assignments is None else [tuple(a.broker_ids) for a in wanted.assignments],
            validate_only=validate_only,
        )
    except SessionLost:
        raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, "The ZooKeeper session ended; try again.") from None


def _growth_result(name: str, error: KafkaError | None) -> CreatePartitionsTopicResult:
    if error is None:
        return CreatePartitionsTopicResult(name=name)
    return CreatePartitionsTopicResult(name=name, error_code=error.code, error_message=error.message)


def _is_led(snapshot: ClusterSnapshot, name: str, count: int) -> bool:
    known = snapshot.partitions(name)
    return len(known) >= count and all(partition.leader != NO_LEADER for partition in known.values())


async def _wait_until_none(
    waiting: Callable[[ClusterSnapshot], list[str]], broker: Services, deadline: float
) -> list[str]:
    """What still waits when this broker's metadata leaves nothing to wait for, or at the deadline.

    Where nothing waits, the other brokers had the news too.
    """
    left = waiting(broker.metadata.snapshot)
    with trio.move_on_at(deadline):
        while left:
            await broker.metadata.changed.wait()
            left = waiting(broker.metadata.snapshot)
        await broker.controller.wait_told()
    return left


# -- elections --------------------------------------------------------------------------------------------------


async def elect_leaders(
    request: ElectLeadersRequest, ctx: RequestContext, broker: Services
) -> ElectLeadersResponse:
    """Versions 0-2. Checks ALTER on the cluster. Answers when this broker knows the new leaders.

    Errors, a partition each: NOT_CONTROLLER, UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION (being
    deleted), ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE,
    REQUEST_TIMED_OUT (elected all the same). Without partitions all are meant, and those that need no election
    are left out. Source: KIP-183, KIP-460.
    """
    broker.authorizer.require(ctx, Operation.ALTER)
    deadline = trio.current_time() + request.timeout_ms / 1000
    asked = None
    if request.topic_partitions is not None:
        asked = [
            TopicPartition(topic.topic, number)
            for topic in request.topic_partitions
            for number in topic.partitions
        ]
    if request.election_type not in (PREFERRED, UNCLEAN):
        raise KafkaError(ErrorCode.INVALID_REQUEST, f"there is no election type {request.election_type}")
    try:
        elected = await broker.controller.elect_leaders(asked, unclean=request.election_type == UNCLEAN)
    except KafkaError as error:
        named = asked if asked is not None else _all_partitions(broker.metadata.snapshot)
        return _election_response(dict.fromkeys(named, error))
    results: dict[TopicPartition, KafkaError | None] = {}
    expected: dict[TopicPartition, int] = {}
    for tp, outcome in elected.items():
        if isinstance(outcome, KafkaError):
            results[tp] = outcome
        else:
            results[tp], expected[tp] = None, outcome
    for tp in await _wait_until_led(expected, broker, deadline):
        results[tp] = KafkaError(ErrorCode.REQUEST_TIMED_OUT, "Elected; this broker has not heard of it yet.")
    return _election_response(results)


def _all_partitions(snapshot: ClusterSnapshot) -> list[TopicPartition]:
    return [TopicPartition(name, n) for name, topic in snapshot.topics.items() for n in topic.partitions]


async def _wait_until_led(
    expected: Mapping[TopicPartition, int], broker: Services, deadline: float
) -> Iterable[TopicPartition]:
    """Wait until this broker knows these leaders; the partitions of which it does not by the deadline."""
    left = dict(expected)
    with trio.move_on_at(deadline):
        while True:
            snapshot = broker.metadata.snapshot
            for tp, leader in list(left.items()):
                known = snapshot.partition(tp)
                if known is not None and known.leader == leader:
                    del left[tp]
            if not left:
                break
            await broker.metadata.changed.wait()
        if expected:
            await broker.controller.wait_told()
    return left


def _election_response(results: Mapping[TopicPartition, KafkaError | None]) -> ElectLeadersResponse:
    by_topic: dict[str, list[PartitionResult]] = {}
    for tp, error in results.items():
        by_topic.setdefault(tp.topic, []).append(
            PartitionResult(
                partition_id=tp.partition,
                error_code=ErrorCode.NONE if error is None else error.code,
                error_message=None if error is None else error.message,
            )
        )
    return ElectLeadersResponse(
        replica_election_results=[
            ReplicaElectionResult(topic=topic, partition_result=found) for topic, found in by_topic.items()
        ]
    )


# -- other brokers ----------------------------------------------------------------------------------------------


async def alter_partition_reassignments(
    request: AlterPartitionReassignmentsRequest, ctx: RequestContext, broker: Services
) -> AlterPartitionReassignmentsResponse:
    """Version 0. Checks ALTER on the cluster. Answers when the moves have begun. Source: KIP-455.

    Errors, top: NOT_CONTROLLER, CLUSTER_AUTHORIZATION_FAILED; per partition: INVALID_REPLICA_ASSIGNMENT,
    NO_REASSIGNMENT_IN_PROGRESS (nothing to cancel), UNKNOWN_TOPIC_OR_PARTITION.
    """
    try:
        broker.authorizer.require(ctx, Operation.ALTER)
        return await broker.controller.alter_partition_reassignments(request)
    except KafkaError as error:
        return AlterPartitionReassignmentsResponse(error_code=error.code, error_message=error.message)


async def list_partition_reassignments(
    request: ListPartitionReassignmentsRequest, ctx: RequestContext, broker: Services
) -> ListPartitionReassignmentsResponse:
    """Version 0. Checks DESCRIBE on the cluster. Source: KIP-455.

    Errors: NOT_CONTROLLER, CLUSTER_AUTHORIZATION_FAILED.
    """
    try:
        broker.authorizer.require(ctx, Operation.DESCRIBE)
        return await broker.controller.list_partition_reassignments(request)
    except KafkaError as error:
        return ListPartitionReassignmentsResponse(error_code=error.code, error_message=error.message)
