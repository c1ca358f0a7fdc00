"""The znode writes of the admin path: what is stored, what is refused, what a lost answer does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from tests.zookeeper.sessions import CuttableProxy, open_proxy, open_session
from zkbroker import admin_store
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import BrokerInfo, Endpoint, SecurityProtocol, TopicPartition, topic_id_text
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import take_controllership
from zkbroker.zookeeper.session import ANY_VERSION, ZkSession
from zkbroker.zookeeper.znodes import ProducerIdBlock, Undecodable

RACKLESS: dict[int, str | None] = {1: None, 2: None, 3: None}


@asynccontextmanager
async def open_cluster(connect: str) -> AsyncIterator[ZkSession]:
    """A session on a chroot with the top-level nodes and a controller."""
    async with open_session(connect) as session:
        await admin_store.create_top_level_paths(session)
        await take_controllership(session, 1, 1)
        yield session


@asynccontextmanager
async def losing_the_answer_to(request: bytes, connect: str) -> AsyncIterator[ZkSession]:
    """A session that loses the answer to the first request with these bytes, after it was done."""
    async with (
        open_cluster(connect),
        open_proxy(connect) as proxy,
        open_session(proxy.connect) as session,
        trio.open_nursery() as nursery,
    ):
        proxy.lose_answer_to(request)
        nursery.start_soon(cut_when_swallowed, proxy)
        yield session
        assert session.connections == 2


async def cut_when_swallowed(proxy: CuttableProxy) -> None:
    await proxy.swallowed.wait()
    await trio.testing.wait_all_tasks_blocked(0.05)
    proxy.cut()


async def changes(session: ZkSession) -> list[str]:
    """The entity paths of all change notices, in order."""
    names = sorted(await session.get_children(znodes.CONFIG_CHANGES))
    found = await session.get_many(f"{znodes.CONFIG_CHANGES}/{name}" for name in names)
    return [znodes.decode_config_change(path, node.data) for path, node in found.items() if node is not None]


async def stored(session: ZkSession, path: str) -> str:
    return (await session.get(path)).data.decode()


async def refusal(call: Awaitable[object]) -> ErrorCode:
    with pytest.raises(KafkaError) as refused:
        await call
    assert refused.value.message
    return refused.value.code


async def test_the_top_level_paths(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await admin_store.create_top_level_paths(session)
        await admin_store.create_top_level_paths(session)
        found = await session.get_many(znodes.TOP_LEVEL_PATHS)
        assert all(
            node is not None and not node.data and not node.stat.ephemeral_owner for node in found.values()
        )
        assert sorted(await session.get_children("/")) == [
            "admin",
            "brokers",
            "config",
            "consumers",
            "isr_change_notification",
            "latest_producer_id_block",
            "log_dir_event_notification",
        ]
        assert sorted(await session.get_children("/config")) == [
            "brokers",
            "changes",
            "clients",
            "ips",
            "topics",
            "users",
        ]


async def test_the_cluster_id_is_made_once(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        ids: list[str] = []

        async def ask(session: ZkSession) -> None:
            ids.append(await admin_store.cluster_id(session))

        async with trio.open_nursery() as nursery:
            for each in (session, other, session, other):
                nursery.start_soon(ask, each)
        assert len(set(ids)) == 1
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", ids[0])
        assert await stored(session, znodes.CLUSTER_ID) == f'{{"version":"1","id":"{ids[0]}"}}'
        assert await admin_store.cluster_id(session, "another") == ids[0]
        await session.set(znodes.CLUSTER_ID, b"{}", ANY_VERSION)
        with pytest.raises(Undecodable):
            await admin_store.cluster_id(session)


async def test_broker_ids_are_never_given_twice(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        assert await admin_store.next_broker_id(session) == 1001
        assert await admin_store.next_broker_id(session) == 1002
        assert await admin_store.next_broker_id(session, 7) == 10


def test_topic_ids_are_random_and_no_option() -> None:
    ids = {admin_store.new_topic_id() for _ in range(500)}
    assert len(ids) == 500
    assert not any(topic_id_text(topic_id).startswith("-") for topic_id in ids)


async def test_a_topic_is_its_configs_and_then_its_node(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        topic_id = await admin_store.create_topic(
            session, "T", {0: (1, 2), 1: (2, 3)}, {"cleanup.policy": "compact"}
        )
        assert await stored(session, "/config/topics/T") == (
            '{"version":1,"config":{"cleanup.policy":"compact"}}'
        )
        assert await stored(session, "/brokers/topics/T") == (
            f'{{"partitions":{{"0":[1,2],"1":[2,3]}},"topic_id":"{topic_id_text(topic_id)}",'
            '"adding_replicas":{},"removing_replicas":{},"version":3}'
        )
        assert await session.get_children("/brokers/topics/T") == []  # partitions are the controller's
        assert await changes(session) == []
        await admin_store.create_topic(session, "U", {0: (1,)}, {})
        assert await stored(session, "/config/topics/U") == '{"version":1,"config":{}}'
        read = await admin_store.read_topics(session)
        assert sorted(read.topics) == ["T", "U"]
        assert read.topics["T"].topic_id == topic_id
        assert sorted(await admin_store.topic_names(session)) == ["T", "U"]


async def test_topics_that_cannot_be_created(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        one = {0: (1,)}
        await admin_store.create_topic(session, "a.b", one, {})
        await session.create(znodes.delete_topic_path("doomed"), None)
        create = admin_store.create_topic
        assert await refusal(create(session, "a.b", one, {})) is ErrorCode.TOPIC_ALREADY_EXISTS
        assert await refusal(create(session, "doomed", one, {})) is ErrorCode.TOPIC_ALREADY_EXISTS
        assert await refusal(create(session, "a_b", one, {})) is ErrorCode.INVALID_TOPIC_EXCEPTION
        assert await refusal(create(session, "a b", one, {})) is ErrorCode.INVALID_TOPIC_EXCEPTION
        assert await refusal(create(session, "c", {1: (1,)}, {})) is ErrorCode.INVALID_REPLICA_ASSIGNMENT
        assert await refusal(create(session, "c", {0: (1, 1)}, {})) is ErrorCode.INVALID_REPLICA_ASSIGNMENT
        assert await admin_store.topic_names(session) == ["a.b"]
        assert await session.get_children("/config/topics") == ["a.b"]


async def test_two_create_the_same_topic(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session, open_session(zookeeper) as other:
        outcomes: list[str] = []

        async def create(session: ZkSession, broker_id: int) -> None:
            try:
                await admin_store.create_topic(session, "T", {0: (broker_id,)}, {})
                outcomes.append(f"by {broker_id}")
            except KafkaError as error:
                outcomes.append(error.code.name)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(create, session, 1)
            nursery.start_soon(create, other, 2)
        topic = (await admin_store.read_topics(session)).topics["T"]
        assert sorted(outcomes) == ["TOPIC_ALREADY_EXISTS", f"by {topic.partitions[0].replicas[0]}"]


async def test_a_topic_whose_answer_was_lost_is_created_all_the_same(zookeeper: str) -> None:
    async with losing_the_answer_to(b'"topic_id"', zookeeper) as session:
        topic_id = await admin_store.create_topic(session, "T", {0: (1,)}, {})
        assert (await admin_store.read_topics(session)).topics["T"].topic_id == topic_id


async def test_unreadable_nodes_are_set_aside(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        await admin_store.create_topic(session, "good", {0: (1,)}, {"retention.ms": "1"})
        await session.create("/brokers/topics/bad", b"garbage")
        await session.create("/config/topics/bad", b"garbage")
        await session.create("/brokers/ids/4", b"garbage", ephemeral=True)
        await session.create("/brokers/ids/nobody", b"", ephemeral=True)
        info = BrokerInfo(3, (Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "h", 1),))
        await session.create("/brokers/ids/3", znodes.encode_broker(info, 1), ephemeral=True)
        topics = await admin_store.read_topics(session)
        assert list(topics.topics) == ["good"]
        assert [error.path for error in topics.undecodable] == ["/brokers/topics/bad"]
        configs = await admin_store.read_configs(session, "topics")
        assert configs.configs == {"topics/good": {"retention.ms": "1"}}
        assert [error.path for error in configs.undecodable] == ["/config/topics/bad"]
        brokers = await admin_store.read_brokers(session)
        assert list(brokers.brokers) == [3]
        stat = await session.exists("/brokers/ids/3")
        assert stat is not None
        assert brokers.brokers[3].epoch == stat.czxid
        assert [error.path for error in brokers.undecodable] == ["/brokers/ids/4"]


async def test_a_topic_is_marked_for_deletion(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        missing = admin_store.delete_topic(session, "T")
        assert await refusal(missing) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        await admin_store.create_topic(session, "T", {0: (1,)}, {})
        await admin_store.delete_topic(session, "T")
        await admin_store.delete_topic(session, "T")
        assert await session.get_children(znodes.DELETE_TOPICS) == ["T"]
        assert (await session.get(znodes.delete_topic_path("T"))).data == b""


async def test_a_topic_grows(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        topic_id = await admin_store.create_topic(session, "T", {0: (2, 3)}, {})
        grow = admin_store.add_partitions
        planned = await grow(session, "T", 3, RACKLESS, validate_only=True)
        assert (await session.get("/brokers/topics/T")).stat.version == 0
        assert await grow(session, "T", 3, RACKLESS) == planned
        assert await grow(session, "T", 4, RACKLESS, [[3, 1]]) == {3: (3, 1)}
        topic = (await admin_store.read_topics(session)).topics["T"]
        assert topic.topic_id == topic_id
        assert {number: p.replicas for number, p in topic.partitions.items()} == {
            0: (2, 3),
            **planned,
            3: (3, 1),
        }
        assert await refusal(grow(session, "T", 4, RACKLESS)) is ErrorCode.INVALID_PARTITIONS
        assert await refusal(grow(session, "no", 4, RACKLESS)) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        moving = b'{"partitions":{"0":[1,2]},"adding_replicas":{"0":[1]},"removing_replicas":{}}'
        await session.create("/brokers/topics/moving", moving)
        busy = grow(session, "moving", 4, RACKLESS)
        assert await refusal(busy) is ErrorCode.REASSIGNMENT_IN_PROGRESS
        await admin_store.delete_topic(session, "T")
        assert await refusal(grow(session, "T", 9, RACKLESS)) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_a_topic_grows_once_though_the_answer_was_lost(zookeeper: str) -> None:
    async with losing_the_answer_to(b'"2":[', zookeeper) as session:
        await admin_store.create_topic(session, "T", {0: (1,)}, {})
        added = await admin_store.add_partitions(session, "T", 3, RACKLESS)
        assert sorted(added) == [1, 2]
        assert len((await admin_store.read_topics(session)).topics["T"].partitions) == 3


async def test_configs_are_replaced_and_every_change_is_told(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        await admin_store.change_config(session, "topics/T", {"a": "1", "b": "2"})
        await admin_store.change_config(session, "topics/T", {"c": "3"})
        await admin_store.change_config(session, "brokers/<default>", {"d": "4"})
        await admin_store.change_config(session, "topics/T", {})
        assert await admin_store.read_config(session, "topics/T") == {}
        assert await admin_store.read_config(session, "topics/none") == {}
        assert await stored(session, "/config/topics/T") == '{"version":1,"config":{}}'
        assert (await admin_store.read_configs(session, "brokers")).configs == {
            "brokers/<default>": {"d": "4"}
        }
        assert await changes(session) == ["topics/T", "topics/T", "brokers/<default>", "topics/T"]
        assert await stored(session, "/config/changes/config_change_0000000002") == (
            '{"version":2,"entity_path":"brokers/<default>"}'
        )


async def test_configs_are_fenced_by_the_controller(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await admin_store.create_top_level_paths(session)
        write = admin_store.change_config
        assert await refusal(write(session, "topics/T", {})) is ErrorCode.STALE_CONTROLLER_EPOCH
        kraft = b'{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":1}'
        await session.create(znodes.CONTROLLER, kraft)
        assert await refusal(write(session, "topics/T", {})) is ErrorCode.STALE_CONTROLLER_EPOCH
        await session.set(znodes.CONTROLLER, b"garbage", ANY_VERSION)
        assert await refusal(write(session, "topics/T", {})) is ErrorCode.STALE_CONTROLLER_EPOCH
        creation = admin_store.create_topic(session, "T", {0: (1,)}, {})
        assert await refusal(creation) is ErrorCode.STALE_CONTROLLER_EPOCH
        assert await session.get_children("/config/topics") == []
        await session.set(znodes.CONTROLLER, znodes.encode_controller(1, 1), ANY_VERSION)
        await write(session, "topics/T", {"a": "1"})
        assert await changes(session) == ["topics/T"]


async def test_a_controller_that_moves_during_the_write_is_looked_at_again(zookeeper: str) -> None:
    async with (
        open_cluster(zookeeper) as session,
        open_session(zookeeper) as mover,
        trio.open_nursery() as nursery,
    ):
        done = trio.Event()

        @nursery.start_soon
        async def move() -> None:
            while not done.is_set():
                await mover.set(znodes.CONTROLLER, znodes.encode_controller(1, 1), ANY_VERSION)

        for number in range(20):
            await admin_store.change_config(session, "topics/T", {"n": str(number)})
        done.set()
        assert await admin_store.read_config(session, "topics/T") == {"n": "19"}


async def test_quotas_that_are_gone_leave_no_nodes(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        change = admin_store.change_config
        quota = {"producer_byte_rate": "1"}
        await change(session, "clients/c", quota)
        await change(session, "users/u/clients/c", quota)
        await change(session, "users/u/clients/d", quota)
        await change(session, "users/v", quota)
        await change(session, "users/v/clients/c", quota)
        read = await admin_store.read_configs(session, "users", "clients")
        assert list(read.configs) == ["users/u/clients/c", "users/u/clients/d", "users/v/clients/c"]
        users = (await admin_store.read_configs(session, "users")).configs
        assert users == {"users/u": {}, "users/v": quota}  # u is there for its clients' sake

        await change(session, "clients/c", {})
        assert await session.get_children("/config/clients") == []
        await change(session, "users/u/clients/c", {})
        assert await session.get_children("/config/users/u/clients") == ["d"]
        await change(session, "users/u/clients/d", {})
        assert await session.get_children("/config/users") == ["v"]
        await change(session, "users/v", {})  # has a client: keeps its node
        assert await stored(session, "/config/users/v") == '{"version":1,"config":{}}'
        await change(session, "users/v/clients/c", {})
        assert await session.get_children("/config/users") == []
        await change(session, "ips/1.2.3.4", {})  # never had any
        assert len(await changes(session)) == 11


async def test_producer_ids_are_given_in_blocks(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session, open_session(zookeeper) as other:
        assert await admin_store.next_producer_id_block(session, 1) == ProducerIdBlock(1, 0, 999)
        assert await stored(session, znodes.PRODUCER_ID_BLOCK) == (
            '{"version":1,"broker":1,"block_start":"0","block_end":"999"}'
        )
        blocks: list[ProducerIdBlock] = []

        async def take(session: ZkSession, broker_id: int) -> None:
            for _ in range(10):
                blocks.append(await admin_store.next_producer_id_block(session, broker_id))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(take, session, 1)
            nursery.start_soon(take, other, 2)
        assert sorted(block.first for block in blocks) == list(range(1000, 21000, 1000))
        almost = ProducerIdBlock(1, 0, 2**63 - 1000)
        await session.set(znodes.PRODUCER_ID_BLOCK, znodes.encode_producer_id_block(almost), ANY_VERSION)
        last = admin_store.next_producer_id_block(session, 1)
        assert await refusal(last) is ErrorCode.UNKNOWN_SERVER_ERROR
        await session.set(znodes.PRODUCER_ID_BLOCK, b"garbage", ANY_VERSION)
        with pytest.raises(Undecodable):
            await admin_store.next_producer_id_block(session, 1)


async def test_a_lost_answer_gives_no_producer_id_twice(zookeeper: str) -> None:
    async with losing_the_answer_to(b'"block_start":"1000"', zookeeper) as session:
        blocks = [await admin_store.next_producer_id_block(session, 1) for _ in range(3)]
        assert [block.first for block in blocks] == [0, 2000, 3000]


async def test_a_failed_log_directory_is_told(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        await admin_store.report_log_dir_failure(session, 3)
        assert await session.get_children(znodes.LOG_DIR_EVENTS) == ["log_dir_event_0000000000"]
        data = await stored(session, f"{znodes.LOG_DIR_EVENTS}/log_dir_event_0000000000")
        assert data == '{"version":1,"broker":3,"event":1}'


async def test_offsets_of_version_0(zookeeper: str) -> None:
    async with open_cluster(zookeeper) as session:
        tp = TopicPartition("T", 4)
        assert await admin_store.read_consumer_offset(session, "g", tp) is None
        await admin_store.write_consumer_offset(session, "g", tp, 17)
        await admin_store.write_consumer_offset(session, "g", tp, 18)
        assert await admin_store.read_consumer_offset(session, "g", tp) == 18
        assert await stored(session, "/consumers/g/offsets/T/4") == "18"


Write = Callable[[ZkSession], Awaitable[object]]


@pytest.mark.parametrize(
    ("request_with", "write"),
    [
        (b"topics/T", lambda s: admin_store.change_config(s, "topics/T", {"a": "1"})),
        (b"delete_topics/T", lambda s: _create_and_delete(s)),
        (b"offsets/T", lambda s: admin_store.write_consumer_offset(s, "g", TopicPartition("T", 0), 1)),
        (b"log_dir_event_", lambda s: admin_store.report_log_dir_failure(s, 1)),
        (b"seqid", lambda s: admin_store.next_broker_id(s)),
        (b'"version":"1"', lambda s: admin_store.cluster_id(s)),
    ],
    ids=["config", "delete", "offset", "log dir", "broker id", "cluster id"],
)
async def test_a_lost_answer_is_nobodys_trouble(zookeeper: str, request_with: bytes, write: Write) -> None:
    async with losing_the_answer_to(request_with, zookeeper) as session:
        await write(session)


async def _create_and_delete(session: ZkSession) -> None:
    await admin_store.create_topic(session, "T", {0: (1,)}, {})
    await admin_store.delete_topic(session, "T")
