"""Our controller beside Apache Kafka's: real Kafka brokers obey it, and the same story leaves the same znodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from tests.broker.controller_support import World, world_of
from tests.support.peers import APACHE_KAFKA
from zkbroker import admin_store
from zkbroker.model import Endpoint, LeaderAndIsr, SecurityProtocol, TopicPartition
from zkbroker.network.peer import Peer
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.servers import ZKBROKER, BrokerKind, BrokerServer, new_broker, open_zookeeper
from zkbroker.zookeeper import znodes

pytestmark = pytest.mark.peers

Shown = dict[str, tuple[object, ...]]
PATIENCE_S = 60.0


@attrs.define(eq=False)
class Story:
    """One cluster: a controller without replicas, and two Kafka brokers that hold everything."""

    world: World
    controller: BrokerServer
    brokers: dict[int, BrokerServer]
    chapters: dict[str, Shown] = attrs.field(factory=dict)

    async def until(self, what: str, satisfied: Callable[[Shown], bool]) -> None:
        """Wait until the znodes satisfy and rest, then note them down."""
        with trio.move_on_after(PATIENCE_S):
            while True:
                shown = await self.show()
                if satisfied(shown):
                    await trio.sleep(0.7)  # whatever the controller still does to them
                    if await self.show() == shown:
                        self.chapters[what] = shown
                        return
                await trio.sleep(0.1)
        raise AssertionError(f"{what}: {await self.show()}")

    async def show(self) -> Shown:
        """Every partition: its assignment, leader, ISR, leader epoch and recovery state."""
        session = self.world.session
        shown: Shown = {}
        for name in await admin_store.topic_names(session):
            topic = (await admin_store.read_topics(session, [name])).topics.get(name)
            for number, assignment in (topic.partitions if topic is not None else {}).items():
                tp = TopicPartition(name, number)
                node = (await session.get_many([znodes.state_path(tp)]))[znodes.state_path(tp)]
                state: LeaderAndIsr | None = None
                if node is not None:
                    state = znodes.decode_state(tp, node.data, node.stat.version)
                seen = (
                    ()
                    if state is None
                    else (state.leader, state.isr, state.leader_epoch, state.recovery_state)
                )
                shown[str(tp)] = (assignment.replicas, assignment.adding, assignment.removing, *seen)
        for name in await session.get_children(znodes.DELETE_TOPICS):
            shown[f"marked {name}"] = ()
        return shown


@asynccontextmanager
async def story(directory: Path, controller_kind: BrokerKind) -> AsyncIterator[Story]:
    """The controller starts first and alone, so it is elected and stays."""
    settings = {
        "auto_leader_rebalance_enable": "false",
        "zookeeper_session_timeout_ms": 2_000,
        "controlled_shutdown_retry_backoff_ms": 500,
        "replica_lag_time_max_ms": 30_000,  # no leader drops a dead follower before its session expires
    }
    async with open_zookeeper(directory) as server:
        controller = new_broker(directory, 1, server.connect, controller_kind, **settings)
        brokers = {b: new_broker(directory, b, server.connect, APACHE_KAFKA, **settings) for b in (2, 3)}
        try:
            controller.start()
            await controller.process.wait_ready()
            async with world_of(server.connect) as world:
                await world.wait_exists(znodes.CONTROLLER)
                for broker in brokers.values():
                    broker.start()
                for broker in brokers.values():
                    await broker.process.wait_ready()
                yield Story(world, controller, brokers)
                node = await world.session.get(znodes.CONTROLLER)
                assert znodes.decode_controller(node.data).broker_id == 1, "the controller moved"
        finally:
            for broker in (controller, *brokers.values()):
                broker.process.kill()


async def tell(s: Story) -> dict[str, Shown]:
    """From creation to deletion, with a death, a clean stop, elections, moves and growth in between."""
    session = s.world.session

    def led_by(*leaders: int) -> Callable[[Shown], bool]:
        return lambda shown: [row[3] if len(row) > 3 else None for row in shown.values()] == list(leaders)

    def in_sync(shown: Shown) -> bool:
        return all(len(row) > 4 and set(row[0]) == set(row[4]) for row in shown.values())  # type: ignore[call-overload]

    await s.world.create_topic("t", {0: (2, 3), 1: (3, 2)})
    await s.world.create_topic("u", {0: (2,)})
    await s.until("created", led_by(2, 3, 2))
    await s.world.create_topic("v", {0: (2, 3)}, {"unclean.leader.election.enable": "true"})
    await s.until("one more, whose leader may be anybody", led_by(2, 3, 2, 2))

    s.brokers[3].process.kill()
    await s.until("3 is dead", led_by(2, 2, 2, 2))
    s.brokers[2].process.kill()
    await s.until("all are dead", led_by(-1, -1, -1, -1))
    s.brokers[3].start()
    await s.until("3 is back first, in sync nowhere", led_by(-1, -1, -1, 3))
    s.brokers[2].start()
    await s.until("2 is back, too", lambda shown: in_sync(shown) and led_by(2, 2, 2, 3)(shown))
    await admin_store.delete_topic(session, "v")
    await s.until("v is deleted", lambda shown: len(shown) == 3)

    s.brokers[2].process.kill()
    await s.until("2 is dead", led_by(3, 3, -1))
    s.brokers[2].start()
    await s.until("2 is back", lambda shown: in_sync(shown) and led_by(3, 3, 2)(shown))

    wanted = [TopicPartition("t", 0), TopicPartition("t", 1)]
    await session.create(znodes.PREFERRED_REPLICA_ELECTION, znodes.encode_preferred_election(wanted))
    await s.until("preferred leaders", led_by(2, 3, 2))

    await s.brokers[3].process.stop()
    await s.until("3 has stopped", led_by(2, 2, 2))
    s.brokers[3].start()
    await s.until("3 is back", in_sync)

    moves = {TopicPartition("t", 0): (3, 2), TopicPartition("u", 0): (3,)}
    await session.create(znodes.REASSIGN_PARTITIONS, znodes.encode_reassignments(moves))
    await s.world.wait_gone(znodes.REASSIGN_PARTITIONS)
    await s.until("moved", lambda shown: in_sync(shown) and shown["u-0"][3] == 3)

    await admin_store.add_partitions(session, "t", 3, {2: None, 3: None}, [(2, 3)])
    await s.until("grown", lambda shown: len(shown) == 4 and in_sync(shown))

    s.brokers[2].process.kill()
    await s.until("2 is dead again", lambda shown: all(row[3] == 3 for row in shown.values()))
    await admin_store.delete_topic(session, "t")
    await admin_store.delete_topic(session, "u")
    await s.until("u is deleted, t waits for 2", lambda shown: "u-0" not in shown and "marked u" not in shown)
    s.brokers[2].start()
    await s.until("everything is deleted", lambda shown: not shown)
    return s.chapters


async def test_kafka_brokers_obey_our_controller(tmp_path: Path) -> None:
    """They learn who is there, lead and follow, get their producer ids from it, and change ISRs through it."""
    async with story(tmp_path, ZKBROKER) as s:
        topic_id = await s.world.create_topic("t", {0: (2, 3)}, {"min.insync.replicas": "2"})
        records = PartitionProduceData(index=0, records=build_batch([Record(0, 0, None, b"kept")]))
        produce = ProduceRequest(
            acks=-1, timeout_ms=20_000, topic_data=[TopicProduceData(name="t", partition_data=[records])]
        )

        def stored(response: Any) -> bool:
            answer = response.responses[0].partition_responses[0]
            return bool((answer.error_code, answer.base_offset) == (0, 0))

        await _ask(s.brokers[2], produce, 9, stored)  # with acks=all: so broker 3 follows broker 2

        def known(response: Any) -> bool:
            (topic,) = response.topics
            return bool(
                response.controller_id == 1
                and {broker.node_id for broker in response.brokers} == {1, 2, 3}
                and topic.topic_id == topic_id
                and topic.partitions[0].leader_id == 2
                and list(topic.partitions[0].isr_nodes) == [2, 3]
            )

        wanted = MetadataRequest(topics=[MetadataRequestTopic(name="t")], allow_auto_topic_creation=False)
        for broker in s.brokers.values():
            await _ask(broker, wanted, 12, known)
        ids = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1)
        await _ask(s.brokers[3], ids, 4, lambda response: response.error_code == 0)

        await s.brokers[3].process.stop()  # it asks for a controlled shutdown
        assert (await s.world.wait_state("t", 0, lambda state: state.isr == (2,))).leader_epoch == 1
        s.brokers[3].start()
        await s.world.wait_state("t", 0, lambda state: state.isr == (2, 3))


async def _ask(broker: BrokerServer, message: Any, version: int, good: Callable[[Any], bool]) -> None:
    """Ask a broker until its answer is good: it may not have heard of everything yet."""
    peer = Peer(Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "127.0.0.1", broker.port), "test")
    response: Any = None
    try:
        with trio.move_on_after(PATIENCE_S):
            while True:
                response = await peer.request(message, version, timeout_s=PATIENCE_S)
                if good(response):
                    return
                await trio.sleep(0.1)
    finally:
        await peer.aclose()
    raise AssertionError(f"{broker.process.name} answers {response}")


@pytest.mark.long
async def test_the_same_story_leaves_the_same_znodes_under_both_controllers(tmp_path: Path) -> None:
    async with story(tmp_path / "ours", ZKBROKER) as s:
        ours = await tell(s)
    async with story(tmp_path / "kafkas", APACHE_KAFKA) as s:
        kafkas = await tell(s)
    assert ours.keys() == kafkas.keys()
    for chapter, shown in kafkas.items():
        assert ours[chapter] == shown, chapter
