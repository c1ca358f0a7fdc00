"""No broker obeys a controller that was replaced, nor what was meant for a registration of its past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from tests.broker.in_process import InProcess
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.leader_and_isr_request import (
    LeaderAndIsrPartitionState,
    LeaderAndIsrRequest,
    LeaderAndIsrTopicState,
)
from zkbroker.protocol.generated.stop_replica_request import (
    StopReplicaPartitionState,
    StopReplicaRequest,
    StopReplicaTopicState,
)
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataPartitionState,
    UpdateMetadataRequest,
    UpdateMetadataTopicState,
)

Start = Callable[..., Awaitable[InProcess]]
FAR = 1_000  # a leader epoch past all others: only the sender's epoch stands against it


def requests(cluster: InProcess) -> list[tuple[Message, int]]:
    """The three requests by which a controller would take the partition away, and their versions."""
    services = cluster.broker.services
    assert services is not None
    topic_id = services.metadata.snapshot.topic_id("t")
    sender: dict[str, Any] = {
        "controller_id": 9,
        "controller_epoch": services.controller.controller_epoch,
        "broker_epoch": services.broker_epoch(),
    }
    leadership = LeaderAndIsrPartitionState(
        partition_index=0,
        controller_epoch=sender["controller_epoch"],
        leader=9,
        leader_epoch=FAR,
        isr=[9],
        partition_epoch=FAR,
        replicas=[1, 9],
    )
    metadata = UpdateMetadataPartitionState(
        partition_index=0, leader=9, leader_epoch=FAR, isr=[9], replicas=[1, 9], zk_version=FAR
    )
    stop = StopReplicaPartitionState(partition_index=0, leader_epoch=FAR, delete_partition=True)
    return [
        (
            LeaderAndIsrRequest(
                **sender,
                topic_states=[
                    LeaderAndIsrTopicState(topic_name="t", topic_id=topic_id, partition_states=[leadership])
                ],
            ),
            7,
        ),
        (
            UpdateMetadataRequest(
                **sender,
                topic_states=[
                    UpdateMetadataTopicState(topic_name="t", topic_id=topic_id, partition_states=[metadata])
                ],
            ),
            8,
        ),
        (
            StopReplicaRequest(
                **sender, topic_states=[StopReplicaTopicState(topic_name="t", partition_states=[stop])]
            ),
            4,
        ),
    ]


@pytest.mark.parametrize(
    ("older", "expected"),
    [
        ("controller_epoch", ErrorCode.STALE_CONTROLLER_EPOCH),
        ("broker_epoch", ErrorCode.STALE_BROKER_EPOCH),
        ("kraft", ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_is_older_than_what_a_broker_knows_is_refused(
    in_process: Start, older: str, expected: ErrorCode
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    assert cluster.broker.services is not None
    before = cluster.broker.services.metadata.snapshot
    wire = await cluster.wire()
    for request, version in requests(cluster):
        if older == "kraft":
            stale = attrs.evolve(request, is_kraft_controller=True)  # type: ignore[misc]
        else:
            stale = attrs.evolve(request, **{older: getattr(request, older) - 1})  # type: ignore[misc]
        answer: Any = await wire.ask(stale, version)
        assert answer.error_code == expected, request
    assert cluster.partition("t").is_leader and cluster.partition("t").leader_epoch == 0
    assert cluster.broker.services.metadata.snapshot is before
    # And the same requests of the present controller are obeyed: nothing else stood against them.
    codes = [(await wire.ask(request, version)).error_code for request, version in requests(cluster)]  # type: ignore[attr-defined]
    assert codes == [ErrorCode.NONE] * 3
    assert TopicPartition("t", 0) not in cluster.broker.services.replicas.partitions
