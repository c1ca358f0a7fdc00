"""Our controller beside Apache Kafka's: real Kafka brokers obey it, and the same story leaves the same znodes."""

from __future__ import annotations

import json
import re
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
from zkbroker.protocol.generated.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from zkbroker.protocol.generated.create_partitions_request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from zkbroker.protocol.generated.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.update_features_request import FeatureUpdateKey, UpdateFeaturesRequest
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.servers import ZKBROKER, BrokerKind, BrokerServer, new_broker, open_zookeeper
from zkbroker.zookeeper import znodes

pytestmark = pytest.mark.peers

Shown = dict[str, tuple[object, ...]]
Tree = dict[str, tuple[str, int]]  # path to content and version
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


# -- the same calls ------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Calls:
    """Asks the controller what administrators and tools ask, and notes down the whole tree after each."""

    story: Story
    trees: dict[str, Tree] = attrs.field(factory=dict)

    async def ask(self, message: Any, version: int, good: Callable[[Any], bool]) -> None:
        await _ask(self.story.controller, message, version, good)

    async def resting(self, chapter: str) -> None:
        """Wait until the tree rests, with everybody in sync, and note it down."""
        with trio.move_on_after(PATIENCE_S):
            before: Tree = {}
            while True:
                tree = await self.tree()
                if tree == before:
                    self.trees[chapter] = tree
                    return
                before = tree
                await trio.sleep(1.0)
        raise AssertionError(f"{chapter}: never rests")

    async def until(self, chapter: str, path: str, satisfied: Callable[[str], bool]) -> None:
        """Wait until a znode's content satisfies, then until all rest."""
        await self.story.world.wait_node(path, lambda data: satisfied(data.decode()))
        await self.resting(chapter)

    async def tree(self) -> Tree:
        """Every znode that a controller or an administrator writes, as it stands there, with its version.

        A partition state's version is left out: where Kafka elects and then shrinks, we write once.
        """
        session, tree = self.story.world.session, {}
        paths = [
            *("/brokers/topics", "/admin", "/config/topics", "/config/brokers", "/feature"),
            *("/isr_change_notification", "/log_dir_event_notification", "/latest_producer_id_block"),
            "/controller_epoch",
        ]
        while paths:
            path = paths.pop()
            node = (await session.get_many([path]))[path]
            if node is not None:
                content = re.sub(r'"topic_id":"[^"]*"', '"topic_id":"..."', node.data.decode())
                if path.startswith("/config/") and content:  # Java keeps its properties in no order
                    content = json.dumps(json.loads(content), sort_keys=True)
                tree[path] = (content, -1 if path.endswith("/state") else node.stat.version)
                paths += [f"{path}/{name}" for name in await session.get_children(path)]
        return tree


def _reassign(replicas: tuple[int, ...] | None) -> AlterPartitionReassignmentsRequest:
    partition = ReassignablePartition(partition_index=0, replicas=replicas)
    return AlterPartitionReassignmentsRequest(
        topics=[ReassignableTopic(name="u", partitions=[partition])], timeout_ms=20_000
    )


def _elect(kind: int, partition: int) -> ElectLeadersRequest:
    return ElectLeadersRequest(
        election_type=kind,
        topic_partitions=[TopicPartitions(topic="t", partitions=[partition])],
        timeout_ms=20_000,
    )


def _set(entity: int, name: str, **values: str) -> IncrementalAlterConfigsRequest:
    configs = [
        AlterableConfig(name=key.replace("_", "."), config_operation=0, value=value)
        for key, value in values.items()
    ]
    resource = AlterConfigsResource(resource_type=entity, resource_name=name, configs=configs)
    return IncrementalAlterConfigsRequest(resources=[resource])


async def call_everything(s: Story) -> dict[str, Tree]:
    """Growth, a move held up by a throttle, cancelled, then done; elections; producer ids; notifications; features."""
    c = Calls(s)
    preferred, unclean = 0, 1
    u_node, u_state = znodes.topic_path("u"), znodes.state_path(TopicPartition("u", 0))
    t_state = znodes.state_path(TopicPartition("t", 0))

    def none(response: Any) -> bool:
        return bool(getattr(response, "error_code", 0) == 0)

    def no_errors(response: Any) -> bool:
        return all(one.error_code == 0 for one in response.results)

    assignments = [CreatableReplicaAssignment(partition_index=0, broker_ids=[2, 3])]
    topics = [
        CreatableTopic(name="t", num_partitions=-1, replication_factor=-1, assignments=assignments),
        CreatableTopic(
            name="u",
            num_partitions=-1,
            replication_factor=-1,
            assignments=[CreatableReplicaAssignment(partition_index=0, broker_ids=[2])],
            configs=[CreatableTopicConfig(name="retention.ms", value="100000")],
        ),
    ]
    create = CreateTopicsRequest(topics=topics, timeout_ms=20_000)
    await c.ask(create, 7, lambda r: all(topic.error_code in (0, 36) for topic in r.topics))
    await c.until("created", u_state, lambda text: '"leader":2' in text)

    grown = CreatePartitionsTopic(
        name="t", count=2, assignments=[CreatePartitionsAssignment(broker_ids=[3, 2])]
    )
    await c.ask(CreatePartitionsRequest(topics=[grown], timeout_ms=20_000), 3, no_errors)
    await c.resting("grown")
    shrunk = attrs.evolve(grown, count=1, assignments=None)
    refused = CreatePartitionsRequest(topics=[shrunk], timeout_ms=20_000)
    await c.ask(refused, 3, lambda r: r.results[0].error_code == 37)
    await c.resting("not shrunk")

    for number in range(20):  # so that there is something to throttle
        records = PartitionProduceData(index=0, records=build_batch([Record(0, 0, None, bytes(10_000))]))
        produce = ProduceRequest(
            acks=1, timeout_ms=20_000, topic_data=[TopicProduceData(name="u", partition_data=[records])]
        )
        await _ask(s.brokers[2], produce, 9, lambda r: none(r.responses[0].partition_responses[0]))
        del number
    rates = {"leader_replication_throttled_rate": "1", "follower_replication_throttled_rate": "1"}
    for broker_id, broker in s.brokers.items():
        await _ask(broker, _set(4, str(broker_id), **rates), 1, lambda r: none(r.responses[0]))
    throttled = {"leader_replication_throttled_replicas": "*", "follower_replication_throttled_replicas": "*"}
    await c.ask(_set(2, "u", **throttled), 1, lambda r: none(r.responses[0]))
    await c.resting("throttled")
    moved = lambda r: none(r) and none(r.responses[0].partitions[0])  # noqa: E731
    await c.ask(_reassign((3,)), 0, moved)
    await c.until("moving", u_node, lambda text: '"adding_replicas":{"0":[3]}' in text)
    await c.ask(_reassign(None), 0, moved)
    await c.until("cancelled", u_node, lambda text: '"adding_replicas":{}' in text)
    await c.ask(_reassign(None), 0, lambda r: r.responses[0].partitions[0].error_code == 85)
    for broker_id, broker in s.brokers.items():
        fast = dict.fromkeys(rates, "100000000")
        await _ask(broker, _set(4, str(broker_id), **fast), 1, lambda r: none(r.responses[0]))
    await c.ask(_reassign((3,)), 0, moved)
    await c.until("moved", u_node, lambda text: '"partitions":{"0":[3]}' in text)
    assert '"leader":3' in c.trees["moved"][u_state][0]

    both = lambda r: none(r) and none(r.replica_election_results[0].partition_result[0])  # noqa: E731
    await c.ask(
        _elect(preferred, 0), 2, lambda r: r.replica_election_results[0].partition_result[0].error_code == 84
    )
    await c.resting("elected, which was not needed")
    await s.brokers[3].process.stop()
    await c.until("3 has stopped", t_state, lambda text: '"isr":[2]' in text)
    await s.brokers[2].process.stop()
    await c.until("2 has stopped", t_state, lambda text: '"leader":-1' in text)
    s.brokers[3].start()
    await s.brokers[3].process.wait_ready()
    await c.resting("3 is back")
    await c.ask(_elect(unclean, 0), 2, both)
    await c.until("elected uncleanly", t_state, lambda text: '"leader":3' in text)
    s.brokers[2].start()
    await c.until("2 is back", t_state, lambda text: '"isr":[3,2]' in text)
    await c.ask(_elect(preferred, 0), 2, both)
    await c.until("elected as preferred", t_state, lambda text: '"leader":2' in text)

    ids = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1)
    await _ask(s.brokers[3], ids, 4, lambda r: r.error_code == 0)
    await c.resting("producer ids")
    session = s.world.session
    notice = '{"version":1,"partitions":[{"topic":"t","partition":0}]}'
    await session.create("/isr_change_notification/isr_change_0000000007", notice.encode())
    await s.world.wait_gone("/isr_change_notification/isr_change_0000000007")
    await session.create(
        "/log_dir_event_notification/log_dir_event_0000000007", b'{"version":1,"broker":2,"event":1}'
    )
    await s.world.wait_gone("/log_dir_event_notification/log_dir_event_0000000007")
    await c.resting("notified")
    strange = UpdateFeaturesRequest(
        feature_updates=[FeatureUpdateKey(feature="metadata.version", max_version_level=19)]
    )
    await c.ask(strange, 1, lambda r: r.error_code != 0 or r.results[0].error_code != 0)
    await c.resting("no feature")
    delete = DeleteTopicsRequest(topics=[DeleteTopicState(name=n) for n in ("t", "u")], timeout_ms=20_000)
    await c.ask(delete, 6, lambda r: all(one.error_code in (0, 3) for one in r.responses))
    await s.world.wait_gone(znodes.delete_topic_path("t"))
    await s.world.wait_gone(znodes.delete_topic_path("u"))
    await c.resting("deleted")
    return c.trees


@pytest.mark.long
async def test_the_same_calls_leave_the_same_trees_under_both_controllers(tmp_path: Path) -> None:
    async with story(tmp_path / "ours", ZKBROKER) as s:
        ours = await call_everything(s)
    async with story(tmp_path / "kafkas", APACHE_KAFKA) as s:
        kafkas = await call_everything(s)
    assert ours.keys() == kafkas.keys()
    for chapter, tree in kafkas.items():
        assert ours[chapter] == tree, chapter
