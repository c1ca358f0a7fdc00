"""The life of one partition, request by request, beside what Kafka's own controller does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pure.controller_model import Cluster, told
from zkbroker.controller.events import (
    AlterPartitionCall,
    AlterPartitionsReceived,
    ControlledShutdownReceived,
    RebalanceDue,
)
from zkbroker.model import LeaderAndIsr
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Controller epoch 5, brokers 1 to 3, topic t with one partition on all of them."""
    cluster = Cluster()
    for broker_id in (1, 2, 3):
        cluster.register(broker_id)
    for _ in range(5):
        cluster.take_over()
    cluster.heard()
    cluster.write_topic("t", {0: (1, 2, 3)})
    cluster.see_topics()
    yield cluster


def lines(cluster: Cluster) -> dict[int, list[str]]:
    return {broker_id: told(requests) for broker_id, requests in sorted(cluster.heard().items())}


def state(leader: int, isr: tuple[int, ...], leader_epoch: int, version: int) -> LeaderAndIsr:
    return LeaderAndIsr(leader, isr, leader_epoch, version, 5)


def test_one_partition_from_its_creation_to_the_next_controller(cluster: Cluster) -> None:
    # topic created
    assert cluster.state("t", 0) == state(1, (1, 2, 3), 0, 0)
    assert lines(cluster) == {b: ["LISR t-0:1@0/0[1,2,3] new", "UMR t-0:1@0"] for b in (1, 2, 3)}

    # broker 1 dies; Kafka sends the same LeaderAndIsr a second time, which no broker heeds
    del cluster.registered[1]
    cluster.see_brokers()
    assert cluster.state("t", 0) == state(2, (2, 3), 1, 1)
    assert lines(cluster) == {b: ["LISR t-0:2@1/1[2,3]", "UMR t-0:2@1"] for b in (2, 3)}

    # broker 1 is back: the others hear that first, then it hears everything
    returned = cluster.register(1)
    cluster.see_brokers()
    assert cluster.state("t", 0) == state(2, (2, 3), 1, 1)
    assert lines(cluster) == {
        1: ["UMR t-0:2@1", "LISR t-0:2@1/1[2,3]", "UMR t-0:2@1"],
        2: ["UMR -", "UMR t-0:2@1"],
        3: ["UMR -", "UMR t-0:2@1"],
    }

    # broker 1 catches up, and the leader says so: no new leader epoch, no LeaderAndIsr
    cluster.handle(AlterPartitionsReceived((alter_isr(cluster, 1, (2, 3, 1), leader_epoch=1, version=1),)))
    assert cluster.state("t", 0) == state(2, (2, 3, 1), 1, 2)
    assert lines(cluster) == {b: ["UMR t-0:2@1"] for b in (1, 2, 3)}
    response = cluster.reply(1).topics[0].partitions[0]
    assert (response.error_code, response.leader_id, response.partition_epoch) == (0, 2, 2)
    assert (tuple(response.isr), response.leader_epoch) == ((2, 3, 1), 1)

    # the automatic rebalance gives it back to its preferred leader
    cluster.handle(RebalanceDue())
    assert cluster.state("t", 0) == state(1, (2, 3, 1), 2, 3)
    assert lines(cluster) == {b: ["LISR t-0:1@2/3[2,3,1]", "UMR t-0:1@2"] for b in (1, 2, 3)}

    # broker 1 stops cleanly
    cluster.handle(ControlledShutdownReceived(2, 1, returned.epoch))
    assert cluster.state("t", 0) == state(2, (2, 3), 3, 4)
    assert lines(cluster) == {b: ["LISR t-0:2@3/4[2,3]", "UMR t-0:2@3"] for b in (1, 2, 3)}
    assert cluster.reply(2) == frozenset()
    del cluster.registered[1]
    cluster.see_brokers()
    assert cluster.state("t", 0) == state(2, (2, 3), 3, 4)
    assert lines(cluster) == {b: ["UMR t-0:2@3"] for b in (2, 3)}

    # the controller moves: brokers only raise their controller epoch
    cluster.take_over()
    assert cluster.state("t", 0) == state(2, (2, 3), 3, 4)
    heard = cluster.heard()
    for requests in heard.values():
        assert told(requests) == ["UMR -", "LISR t-0:2@3/4[2,3]", "UMR t-0:2@3"]
        assert {request.controller_epoch for request in requests} == {6}


def alter_isr(
    cluster: Cluster, ticket: int, isr: tuple[int, ...], *, leader_epoch: int, version: int
) -> AlterPartitionCall:
    request = AlterPartitionRequest(
        broker_id=2,
        broker_epoch=cluster.registered[2].epoch,
        topics=[
            TopicData(
                topic_id=cluster.topic_node("t").topic_id,
                partitions=[
                    PartitionData(
                        partition_index=0,
                        leader_epoch=leader_epoch,
                        new_isr_with_epochs=[BrokerState(broker_id=b) for b in isr],
                        partition_epoch=version,
                    )
                ],
            )
        ],
    )
    return AlterPartitionCall(ticket, 3, request)


def test_metadata_lists_every_registered_broker_and_the_replicas_that_are_offline(cluster: Cluster) -> None:
    cluster.heard()
    cluster.handle(ControlledShutdownReceived(1, 3, cluster.registered[3].epoch))
    metadata = [r for r in cluster.heard()[1] if isinstance(r, UpdateMetadataRequest)][-1]
    assert [b.id for b in metadata.live_brokers] == [1, 2, 3]  # one that is stopping is still there
    assert tuple(metadata.topic_states[0].partition_states[0].offline_replicas) == (3,)
    endpoint = metadata.live_brokers[0].endpoints[0]
    assert (endpoint.host, endpoint.port, endpoint.listener) == ("host1", 9092, "PLAINTEXT")
