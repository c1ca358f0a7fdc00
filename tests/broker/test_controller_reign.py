"""The controller on a real ZooKeeper: what it writes, what it sends, what it answers, and how it ends."""

from __future__ import annotations

import logging
from pathlib import Path

import attrs
import pytest
import trio

from tests.broker.controller_support import LIMIT_S, Standing, World, cluster, standing, world_of, zookeeper
from zkbroker import admin_store
from zkbroker.controller.controller import Controller
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import PartitionElected, Stamped, TopicSetAside, UncleanElection
from zkbroker.model import LeaderAndIsr, LeaderRecoveryState, ReplicaAssignment, TopicPartition
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.protocol.generated.controlled_shutdown_request import ControlledShutdownRequest
from zkbroker.protocol.generated.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
)
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ANY_VERSION

T0 = TopicPartition("t", 0)


async def alter_isr(stands: Standing, isr: tuple[int, ...]) -> int:
    """The error code the leader of t-0 gets for proposing an ISR."""
    state = await stands.world.state("t")
    node = znodes.decode_topic("t", (await stands.world.session.get(znodes.topic_path("t"))).data)
    request = AlterPartitionRequest(
        broker_id=state.leader,
        broker_epoch=await stands.world.epoch_of(state.leader),
        topics=[
            TopicData(
                topic_id=node.topic_id,
                partitions=[
                    PartitionData(
                        partition_index=0,
                        leader_epoch=state.leader_epoch,
                        new_isr_with_epochs=[BrokerState(broker_id=b) for b in isr],
                        partition_epoch=state.partition_epoch,
                    )
                ],
            )
        ],
    )
    response = await stands.controller.alter_partition(request, 3)
    return response.topics[0].partitions[0].error_code


async def test_a_topic_is_created_failed_over_and_deleted(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2, 3)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2, 3), 1: (2, 3, 1)})
        await stands.brokers.wait_told(3, "UMR t-0:1@0 t-1:2@0")
        assert await world.state("t") == LeaderAndIsr(1, (1, 2, 3), 0, 0, 1)
        assert "LISR t-1:2@0/0[2,3,1] new" in stands.brokers.told(2)
        assert stands.brokers.told(2)[0] == "UMR -"  # brokers hear of each other before anything else
        assert stands.brokers.versions == {("LeaderAndIsrRequest", 7), ("UpdateMetadataRequest", 8)}

        await world.unregister(1)
        assert (await world.wait_leader("t", 2)).isr == (2, 3)
        assert (await world.wait_state("t", 1, lambda s: s.isr == (2, 3))).leader_epoch == 1
        await stands.brokers.wait_told(2, "LISR t-0:2@1/1[2,3]")

        await world.register(1)
        await stands.brokers.wait_told(1, "LISR t-0:2@1/1[2,3]")
        assert await alter_isr(stands, (2, 3, 1)) == ErrorCode.NONE
        assert await world.state("t") == LeaderAndIsr(2, (2, 3, 1), 1, 2, 1)

        await admin_store.delete_topic(world.session, "t")
        await world.wait_gone(znodes.delete_topic_path("t"))
        assert await world.session.get_children(znodes.TOPICS) == []
        assert await world.session.exists("/config/topics/t") is None
        for broker_id in (1, 2, 3):
            assert {"SR t-0@-2 delete", "SR t-1@-2 delete"} <= set(stands.brokers.told(broker_id))
        assert ("StopReplicaRequest", 4) in stands.brokers.versions


async def test_partitions_are_added_to_a_topic(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        topic_id = await world.create_topic("t", {0: (1, 2)})
        await world.wait_leader("t", 1)
        await admin_store.add_partitions(world.session, "t", 3, {1: None, 2: None}, [(2, 1), (1, 2)])
        assert (await world.wait_leader("t", 2, 1)).isr == (2, 1)
        await world.wait_leader("t", 1, 2)
        await stands.brokers.wait_told(1, "LISR t-2:1@0/0[1,2] new")
        node = await world.session.get(znodes.topic_path("t"))
        assert znodes.decode_topic("t", node.data).topic_id == topic_id


async def test_a_broker_that_bounces_unseen_fails_and_starts(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        await world.create_topic("alone", {0: (1,)})
        await world.wait_leader("alone", 1)
        await world.bounce(1)
        assert (await world.wait_leader("t", 2)).isr == (2,)
        # the only in-sync replica leads again; nobody else may
        state = await world.wait_state("alone", 0, lambda s: s.leader == 1 and s.leader_epoch == 2)
        assert state.isr == (1,)
        await stands.brokers.wait_told(1, "LISR alone-0:1@2/2[1]")
        epochs = [r.broker_epoch for to, r in stands.brokers.received if to == 1]
        assert epochs == sorted(epochs) and epochs[-1] == await world.epoch_of(1)


async def test_what_brokers_ask(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2, 3)) as stands:
        world = stands.world
        controller = stands.controller
        await world.create_topic("t", {0: (1, 2, 3)})
        await world.wait_leader("t", 1)
        epoch = await world.epoch_of(1)

        blocks = []
        for _ in range(2):
            request = AllocateProducerIdsRequest(broker_id=1, broker_epoch=epoch)
            block = await controller.allocate_producer_ids(request)
            blocks.append((block.producer_id_start, block.producer_id_len))
        assert blocks == [(0, 1000), (1000, 1000)]
        with pytest.raises(KafkaError, match="STALE_BROKER_EPOCH"):
            await controller.allocate_producer_ids(AllocateProducerIdsRequest(1, epoch - 1))
        with pytest.raises(KafkaError, match="BROKER_ID_NOT_REGISTERED"):
            await controller.allocate_producer_ids(AllocateProducerIdsRequest(7, epoch))

        await stands.brokers.wait_told(1, "UMR t-0:1@0")
        remaining = await controller.controlled_shutdown(
            ControlledShutdownRequest(broker_id=1, broker_epoch=epoch), 3
        )
        assert list(remaining.remaining_partitions) == []
        assert await world.state("t") == LeaderAndIsr(2, (2, 3), 1, 1, 1)
        # a broker that is stopping may not come back into an ISR
        assert await alter_isr(stands, (2, 3, 1)) == ErrorCode.INELIGIBLE_REPLICA
        with pytest.raises(KafkaError, match="STALE_BROKER_EPOCH"):
            await controller.controlled_shutdown(ControlledShutdownRequest(broker_id=2, broker_epoch=1), 3)


async def test_a_partition_moves_to_other_brokers(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2, 3)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        await world.wait_leader("t", 1)
        topic = ReassignableTopic(
            name="t", partitions=[ReassignablePartition(partition_index=0, replicas=[3, 2])]
        )
        asked = AlterPartitionReassignmentsRequest(topics=[topic])
        response = await stands.controller.alter_partition_reassignments(asked)
        assert response.responses[0].partitions[0].error_code == ErrorCode.NONE
        listed = await stands.controller.list_partition_reassignments(ListPartitionReassignmentsRequest())
        ongoing = listed.topics[0].partitions[0]
        assert (tuple(ongoing.adding_replicas), tuple(ongoing.removing_replicas)) == ((3,), (1,))
        await stands.brokers.wait_told(3, "LISR t-0:1@1/1[1,2] new")

        await alter_isr(stands, (1, 2, 3))
        assert (await world.wait_leader("t", 3)).isr == (2, 3)
        await stands.brokers.wait_told(1, "SR t-0@3 delete")
        await world.wait_node(znodes.topic_path("t"), lambda data: b'adding_replicas":{}' in data)
        assert await assignment(world) == ReplicaAssignment((3, 2))
        await stands.settle()
        listed = await stands.controller.list_partition_reassignments(ListPartitionReassignmentsRequest())
        assert list(listed.topics) == []


async def assignment(world: World) -> ReplicaAssignment:
    node = await world.session.get(znodes.topic_path("t"))
    return znodes.decode_topic("t", node.data).partitions[0]


async def test_a_lost_directory_takes_its_replicas_offline(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2), 1: (1, 2)})
        await world.wait_leader("t", 1, 1)
        stands.brokers.refused[1, T0] = ErrorCode.KAFKA_STORAGE_ERROR
        await admin_store.report_log_dir_failure(world.session, 1)
        assert (await world.wait_leader("t", 2)).isr == (2,)
        await stands.settle()
        assert (await world.state("t", 1)).leader == 1
        assert await world.session.get_children(znodes.LOG_DIR_EVENTS) == []


async def test_a_refused_deletion_is_tried_again_when_the_broker_returns(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        await world.wait_leader("t", 1)
        stands.brokers.refused[2, T0] = ErrorCode.KAFKA_STORAGE_ERROR
        await admin_store.delete_topic(world.session, "t")
        await stands.brokers.wait_told(2, "SR t-0@-2 delete")
        await stands.brokers.wait_told(1, "SR t-0@-2 delete")
        assert await world.session.exists(znodes.topic_path("t")) is not None
        stands.brokers.refused.clear()
        await world.bounce(2)
        await world.wait_gone(znodes.delete_topic_path("t"))


async def test_an_unclean_election_follows_the_policy_as_it_is_now(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        seen: list[Stamped] = []
        with stands.events.sink(seen.append):
            await world.create_topic("t", {0: (1, 2)})
            await world.wait_leader("t", 1)
            await alter_isr(stands, (1,))
            await world.unregister(1)
            assert (await world.wait_leader("t", -1)).isr == (1,)
            with caplog.at_level(logging.WARNING):
                allowed = {"unclean.leader.election.enable": "true"}
                await admin_store.change_config(world.session, "topics/t", allowed)
                stands.controller.unclean_election_enabled("t")
                state = await world.wait_leader("t", 2)
                await stands.settle()
        assert state.recovery_state is LeaderRecoveryState.RECOVERING
        assert state.isr == (2,)
        assert any("Unclean election" in line and "t-0" in line for line in caplog.messages)
        told = [stamped.event for stamped in seen]
        assert UncleanElection(T0, 2, state.leader_epoch, "unclean election enabled") in told
        assert any(isinstance(e, PartitionElected) and e.leader == 2 for e in told)
        statistics = stands.controller.statistics()
        assert statistics is not None and statistics.unclean_elections == 1
        topic_id = znodes.decode_topic("t", (await world.session.get(znodes.topic_path("t"))).data).topic_id
        assert stands.elected_uncleanly == [(T0, topic_id, state)]


async def test_legacy_znodes_are_obeyed_and_removed(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        await world.wait_leader("t", 1)
        await world.session.create(znodes.REASSIGN_PARTITIONS, znodes.encode_reassignments({T0: (2, 1)}))
        await world.wait_gone(znodes.REASSIGN_PARTITIONS)
        assert await assignment(world) == ReplicaAssignment((2, 1))
        await world.session.create(znodes.PREFERRED_REPLICA_ELECTION, znodes.encode_preferred_election((T0,)))
        await world.wait_leader("t", 2)
        await world.wait_gone(znodes.PREFERRED_REPLICA_ELECTION)
        results = await stands.controller.elect_leaders((T0,), unclean=False)
        error = results[T0]
        assert isinstance(error, KafkaError) and error.code is ErrorCode.ELECTION_NOT_NEEDED


async def test_what_a_leader_wrote_itself_is_read_and_told(tmp_path: Path) -> None:
    """As leaders did before AlterPartition, and as tools of that time still do."""
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        state = await world.wait_leader("t", 1)
        path = znodes.state_path(T0)
        await world.session.set(
            path, znodes.encode_state(attrs.evolve(state, isr=(1,))), state.partition_epoch
        )
        change = f"{znodes.ISR_CHANGES}/isr_change_0000000003"
        await world.session.create(change, b'{"version":1,"partitions":[{"topic":"t","partition":0}]}')
        await world.wait_gone(change)
        await stands.settle()
        last = [r for to, r in stands.brokers.received if to == 2 and isinstance(r, UpdateMetadataRequest)][
            -1
        ]
        (told,) = last.topic_states[0].partition_states
        assert (list(told.isr), told.leader_epoch, told.zk_version) == ([1], 0, state.partition_epoch + 1)
        # and what is done next starts from there
        await world.unregister(1)
        assert (await world.wait_leader("t", -1)).isr == (1,)


async def test_leaders_go_back_to_preferred_replicas_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zkbroker.controller.reign.FIRST_REBALANCE_S", 0.05)
    interval = {"leader_imbalance_check_interval_seconds": "1"}
    async with cluster(tmp_path, (1, 2), **interval) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        await world.wait_leader("t", 1)
        await world.unregister(1)
        await world.wait_leader("t", 2)
        await world.register(1)
        with trio.fail_after(20):
            while (code := await alter_isr(stands, (2, 1))) == ErrorCode.INELIGIBLE_REPLICA:
                await stands.settle()  # it has not seen that broker 1 is back
        assert code == ErrorCode.NONE
        state = await world.wait_leader("t", 1)  # nobody asked
        assert (state.isr, state.leader_epoch) == ((2, 1), 2)


async def test_the_next_controller_finishes_what_was_begun(tmp_path: Path) -> None:
    async with zookeeper(tmp_path) as connect, world_of(connect) as world:
        async with standing(connect, world, (1, 2, 3)):
            await world.create_topic("t", {0: (1, 2)})
            await world.create_topic("gone", {0: (2,)})
            await world.wait_leader("gone", 2)
            await world.wait_leader("t", 1)
        # nobody reigns: a broker dies, a topic is created, grows no leader, another is marked for deletion
        await world.unregister(1)
        await world.session.create(znodes.delete_topic_path("gone"), None)
        await world.session.create(znodes.topic_path("old"), b'{"version":1,"partitions":{"0":[3,2]}}')
        async with standing(connect, world) as stands:
            assert stands.controller.controller_epoch == 2
            state = await world.wait_leader("t", 2)
            assert (state.isr, state.leader_epoch) == ((2,), 2)  # shrunk, then elected
            assert (await world.wait_leader("old", 3)).isr == (3, 2)
            await world.wait_gone(znodes.delete_topic_path("gone"))
            node = await world.session.get(znodes.topic_path("old"))
            assert znodes.decode_topic("old", node.data).topic_id != bytes(16)


async def test_garbage_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("bad", {0: (1, 2)})
        await world.create_topic("good", {0: (1, 2)})
        await world.wait_leader("good", 1)
        await world.wait_leader("bad", 1)
        seen: list[Stamped] = []
        with caplog.at_level(logging.ERROR), stands.events.sink(seen.append):
            await world.session.set(znodes.state_path(TopicPartition("bad", 0)), b"{", ANY_VERSION)
            await world.session.create(znodes.broker_path(5), b"not json")
            await world.session.create(znodes.topic_path("worse"), b"[]")
            await world.session.create(znodes.REASSIGN_PARTITIONS, b"\xff")
            await world.session.create(znodes.PREFERRED_REPLICA_ELECTION, b"\xff")
            await world.session.create(
                f"{znodes.ISR_CHANGES}/{znodes.ISR_CHANGE_PREFIX}", b"{", sequential=True
            )
            await world.session.create(
                f"{znodes.LOG_DIR_EVENTS}/{znodes.LOG_DIR_EVENT_PREFIX}", b"{", sequential=True
            )
            await world.wait_gone(znodes.PREFERRED_REPLICA_ELECTION)
            await world.unregister(1)
            assert (await world.wait_leader("good", 2)).isr == (2,)
            await stands.settle()
        assert stands.controller.controller_epoch == 1
        statistics = stands.controller.statistics()
        assert statistics is not None
        assert set(statistics.set_aside) == {"bad", "worse"}
        assert set(statistics.unreadable) == {znodes.broker_path(5)}
        assert sum("Topic bad is left alone" in line for line in caplog.messages) == 1
        told = [stamped.event.topic for stamped in seen if isinstance(stamped.event, TopicSetAside)]
        assert sorted(told) == ["bad", "worse"]

        # repaired: its node is written again, and the topic is taken up with the state it has
        state = LeaderAndIsr(1, (1, 2), 0, 0, 1)
        await world.session.set(
            znodes.state_path(TopicPartition("bad", 0)), znodes.encode_state(state), ANY_VERSION
        )
        node = await world.session.get(znodes.topic_path("bad"))
        await world.session.set(znodes.topic_path("bad"), node.data, ANY_VERSION)
        assert (await world.wait_leader("bad", 2)).leader_epoch == 1


async def test_who_does_not_reign_answers_not_controller() -> None:
    controller = Controller(broker_id=1, config=lambda: None, connect=lambda broker: None)  # type: ignore[arg-type,return-value]
    assert not controller.is_active and controller.controller_epoch == 0
    with pytest.raises(KafkaError, match="NOT_CONTROLLER"):
        await controller.alter_partition(AlterPartitionRequest(), 3)
    with pytest.raises(KafkaError, match="NOT_CONTROLLER"):
        await controller.elect_leaders(None, unclean=False)
    with pytest.raises(KafkaError, match="STALE_CONTROLLER_EPOCH"):
        await controller.controlled_shutdown(ControlledShutdownRequest(), 3)


async def test_calls_that_wait_when_the_reign_ends_are_refused(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1,)) as stands:
        world = stands.world
        refusals = []

        async def ask() -> None:
            request = AllocateProducerIdsRequest(1, await world.epoch_of(1))
            while True:
                try:
                    await stands.controller.allocate_producer_ids(request)
                except KafkaError as error:
                    refusals.append(error.code)
                    return

        with trio.fail_after(LIMIT_S):
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(ask)
                await world.session.delete(znodes.CONTROLLER, ANY_VERSION)
        assert refusals == [ErrorCode.NOT_CONTROLLER] * 3
        await stands.wait_reigning(after_epoch=1)
