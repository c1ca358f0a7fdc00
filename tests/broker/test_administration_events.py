"""What an administrator asks for is told step by step, from the request to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.broker.feed import Feed, listening
from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import batch, produce
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest

Start = Callable[..., Awaitable[InProcess]]
Ask = Callable[[Any, int], Awaitable[Any]]
TP = TopicPartition("t", 0)


def set_unclean(topic: str) -> IncrementalAlterConfigsRequest:
    change = AlterableConfig(name="unclean.leader.election.enable", config_operation=0, value="true")
    resource = AlterConfigsResource(resource_type=2, resource_name=topic, configs=[change])
    return IncrementalAlterConfigsRequest(resources=[resource])


async def test_every_step_has_its_cause(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    controller = next(
        b for b, broker in cluster.brokers.items() if broker.services and broker.services.controller.is_active
    )
    admin = await cluster.wire(controller)

    async def ask(message: Any, version: int) -> Any:
        return await admin.ask(message, version, "admin")

    await cluster.create_topic("t")
    leader = cluster.leader("t")
    other = 3 - leader
    await (await cluster.wire(leader)).ask(produce("t", batch(b"kept")), 9)
    with listening(cluster) as feed:
        await moves(feed, ask, controller, leader, other)
        await is_configured(feed, ask, controller)
        await gets_producer_ids(feed, await cluster.wire(other), other)
        await is_deleted(feed, ask, other)
        await refuses_the_past(feed, await cluster.wire(other), other)


async def moves(feed: Feed, ask: Ask, controller: int, leader: int, other: int) -> None:
    partition = ReassignablePartition(partition_index=0, replicas=[other])
    topic = ReassignableTopic(name="t", partitions=[partition])
    answer = await ask(AlterPartitionReassignmentsRequest(topics=[topic], timeout_ms=20_000), 0)
    assert answer.responses[0].partitions[0].error_code == ErrorCode.NONE
    cause, handled = await feed.next("ControllerHandles", by=controller, kind="ReassignmentsRequested")
    assert cause == "AlterPartitionReassignments of client 'admin'"
    cause, begun = await feed.next("ReassignmentBegun", by=controller, tp=TP)
    assert cause == f"ReassignmentsRequested #{handled.turn}"
    assert (begun.replicas, begun.adding, begun.removing) == ((other, leader), (other,), (leader,))
    await feed.next("FollowingBegun", by=other, tp=TP)
    await feed.next("IsrProposed", by=leader, tp=TP, isr=(leader, other))
    cause, handled = await feed.next("ControllerHandles", by=controller, kind="AlterPartitionsReceived")
    assert cause in ("IsrProposed", f"AlterPartition of client '{leader}-alter-partition'")
    cause, completed = await feed.next("ReassignmentCompleted", by=controller, tp=TP)
    assert cause == f"AlterPartitionsReceived #{handled.turn}" and completed.replicas == (other,)
    await feed.next("ReplicaStopped", by=leader, tp=TP, deleted=True)


async def is_configured(feed: Feed, ask: Ask, controller: int) -> None:
    feed.begin()
    key = "unclean.leader.election.enable"
    assert (await ask(set_unclean("t"), 1)).responses[0].error_code == ErrorCode.NONE
    cause, changed = await feed.next("ConfigChanged", by=controller, entity="topics/t")
    assert changed.keys == (key,) and cause == "configurations in ZooKeeper"
    cause, _ = await feed.next("ControllerHandles", by=controller, kind="UncleanElectionEnabled")
    assert cause == "configurations in ZooKeeper"


async def gets_producer_ids(feed: Feed, wire: Wire, other: int) -> None:
    feed.begin()
    answer: Any = await wire.ask(InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1), 4)
    assert answer.error_code == ErrorCode.NONE
    _, handled = await feed.next("ControllerHandles", kind="ProducerIdsRequested")
    cause, block = await feed.next("ProducerIdsAllocated", to_broker=other)
    assert cause == f"ProducerIdsRequested #{handled.turn}"
    assert block.first <= answer.producer_id <= block.last


async def is_deleted(feed: Feed, ask: Ask, other: int) -> None:
    feed.begin()
    delete = DeleteTopicsRequest(topics=[DeleteTopicState(name="t")], timeout_ms=20_000)
    assert (await ask(delete, 6)).responses[0].error_code == ErrorCode.NONE
    cause, handled = await feed.next("ControllerHandles", kind="DeletionMarkersSeen")
    assert cause == "the watch on /admin/delete_topics"
    cause, _ = await feed.next("TopicDeletionBegun", topic="t")
    assert cause == f"DeletionMarkersSeen #{handled.turn}"
    await feed.next("ReplicaStopped", by=other, tp=TP, deleted=True)
    cause, handled = await feed.next("ControllerHandles", kind="DeletionAnswered")
    assert cause.startswith("DeletionMarkersSeen #"), "the request that was answered had that cause"
    cause, _ = await feed.next("TopicDeleted", topic="t")
    assert cause == f"DeletionAnswered #{handled.turn}"


async def refuses_the_past(feed: Feed, wire: Wire, other: int) -> None:
    feed.begin()
    stale = UpdateMetadataRequest(controller_id=7, controller_epoch=0, broker_epoch=-1)
    answer: Any = await wire.ask(stale, 8, "7")
    assert answer.error_code == ErrorCode.STALE_CONTROLLER_EPOCH
    cause, refused = await feed.next("ControlRequestRefused", by=other)
    assert (cause, refused.api, refused.from_controller) == (
        "UpdateMetadata of client '7'",
        "UpdateMetadata",
        7,
    )
    assert refused.error == "STALE_CONTROLLER_EPOCH"
