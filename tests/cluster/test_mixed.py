"""Apache Kafka 3.9.1 brokers and ours in one cluster, either of them controller, while clients run.

With --older-kafka LIBS Kafka's brokers are of that release, and all speak the messages of 3.6.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio

from tests.broker.controller_support import session_to
from tests.cluster.conftest import NewCluster
from tests.cluster.offices import move_office
from tests.cluster.replicas import require_identical_replicas
from tests.support.peers import APACHE_KAFKA, REASSIGN_PARTITIONS, JavaTools, older_kafka
from zkbroker import admin_store
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import ZKBROKER, BrokerKind
from zkbroker.zookeeper.session import ZkSession

INTERNAL = ("__consumer_offsets", "__transaction_state")

pytestmark = [pytest.mark.peers, pytest.mark.clients("confluent_kafka")]

OURS = (1, 2)
KAFKAS = (3, 4)


@attrs.frozen
class Theirs:
    """Kafka's brokers of this run, and what they ask of ours."""

    kind: BrokerKind = APACHE_KAFKA
    settings: Mapping[str, object] = attrs.field(factory=dict)

    @property
    def kinds(self) -> dict[int, BrokerKind]:
        return dict.fromkeys(KAFKAS, self.kind)


@pytest.fixture
def theirs(request: pytest.FixtureRequest) -> Theirs:
    libs: Path | None = request.config.option.older_kafka
    return Theirs() if libs is None else Theirs(older_kafka(libs), {"inter_broker_protocol_version": "3.6"})


async def test_nothing_is_lost_while_the_controller_moves_between_the_kinds(
    new_cluster: NewCluster, theirs: Theirs, full_counts: bool, rng: random.Random
) -> None:
    """Each broker is restarted once, some by kill -9, and before each restart the office moves to the other kind.
    The short form restarts one of each kind.
    """
    from tests.cluster.streams import NumberedStream, run_in_thread

    count = 100_000 if full_counts else 8_000
    restarts = [*OURS, *KAFKAS] if full_counts else [rng.choice(OURS), rng.choice(KAFKAS)]
    rng.shuffle(restarts)
    kills = {rng.choice(OURS), rng.choice(KAFKAS)} if full_counts else {restarts[0]}
    async with (
        new_cluster(brokers=4, kinds=theirs.kinds, **theirs.settings) as cluster,
        session_to(cluster.zookeeper_connect) as session,
        trio.open_nursery() as nursery,
    ):
        topic = await cluster.create_topic(partitions=1, replication_factor=4, min_insync_replicas=2)
        stream = NumberedStream(cluster.bootstrap, topic, count)
        await nursery.start(run_in_thread, stream)
        piece = count // (2 * len(restarts) + 1)
        sent = 0

        async def run_on() -> None:
            """Let the next piece of the stream go, and what follows happen while it does."""
            nonlocal sent
            sent += piece
            stream.raise_limit(sent + piece)
            await stream.wait_acknowledged(sent, cluster)

        for turn, broker_id in enumerate(restarts):
            await run_on()
            await move_office(cluster, session, KAFKAS if turn % 2 == 0 else OURS)
            await run_on()
            if broker_id in kills:
                await cluster.kill(broker_id)
                await cluster.wait_gone(broker_id)
            await cluster.restart(broker_id)
            await cluster.wait_for_isr(topic, 0, cluster.brokers)
        stream.raise_limit(count)
        await stream.wait_acknowledged(count, cluster)

        assert stream.acknowledged == {number: number for number in range(count)}
        assert await cluster.client.list_offset(topic, 0) == count
        values = [record.value for record in await cluster.client.read(topic, 0, 0, count)]
        assert values == [b"%d" % number for number in range(count)]
        await require_identical_replicas(cluster, topic)


async def test_a_cluster_is_migrated_to_the_other_kind_and_back_while_clients_run(
    new_cluster: NewCluster, theirs: Theirs, java_tools: JavaTools, tmp_path: Path, full_counts: bool
) -> None:
    """Kafka's tool moves every partition from kind to kind: of data, groups and transactions; with the controller at
    one side and then at the other. An idempotent stream, transactions and a group go on meanwhile.
    """
    from tests.cluster.streams import NumberedStream, Transactions, read_as_group, run_in_thread

    count = 60_000 if full_counts else 6_000
    settings: dict[str, object] = {
        "control_plane": True,
        "offsets_topic_num_partitions": 2,
        "transaction_state_log_num_partitions": 2,
        "inter_broker_protocol_version": "3.6",  # the other test speaks the latest
    }
    rounds = (
        (OURS, OURS),
        (KAFKAS, KAFKAS),
        (OURS, KAFKAS),
        (KAFKAS, OURS),
    )  # to whom, under whose controller
    piece = count // (len(rounds) + 1)
    read: list[bytes] = []
    async with (
        new_cluster(brokers=4, kinds=theirs.kinds, **settings) as cluster,
        session_to(cluster.zookeeper_connect) as session,
    ):
        for topic in ("stream", "transactions"):
            await admin_store.create_topic(session, topic, {0: KAFKAS}, {"min.insync.replicas": "1"})
            await cluster.wait_for_isr(topic, 0, KAFKAS)
        stream = NumberedStream(cluster.bootstrap, "stream", count)
        transactions = Transactions(cluster.bootstrap, "transactions")

        async def read_group(group: str, topic: str, number: int, **options: str) -> list[bytes]:
            bound = partial(read_as_group, cluster.bootstrap, group, topic, number, **options)
            return await trio.to_thread.run_sync(bound)

        async with trio.open_nursery() as nursery:
            await nursery.start(run_in_thread, stream)
            await nursery.start(run_in_thread, transactions)
            stream.raise_limit(piece)
            read += await read_group("group", "stream", piece)
            await transactions.wait_committed(9, cluster)
            for number, (to, controllers) in enumerate(rounds, start=1):
                await move_office(cluster, session, controllers)
                stream.raise_limit(piece * (number + 1))
                await move_everything(cluster, java_tools, tmp_path / f"moves-{number}.json", to)
                for topic in ("stream", "transactions", *INTERNAL):
                    assert await cluster.leader_of(topic, 0) in to
                await transactions.wait_committed(9, cluster)
                read += await read_group("group", "stream", piece)
            stream.raise_limit(count)
            await stream.wait_acknowledged(count, cluster)
            transactions.stop()

        numbers = [b"%d" % number for number in range(count)]
        assert stream.acknowledged == {number: number for number in range(count)}
        assert [r.value for r in await cluster.client.read("stream", 0, 0, count)] == numbers
        assert read == numbers[: len(read)], "the group goes on where it committed, whoever coordinates it"
        assert transactions.failures == [] and transactions.aborted > 0
        committed = [b"%d" % number for number in transactions.committed]
        isolated = {"isolation.level": "read_committed"}
        assert await read_group("after", "transactions", len(committed), **isolated) == committed
        for topic in ("stream", "transactions"):
            await require_identical_replicas(cluster, topic, replicas=KAFKAS)
        for controllers in (OURS, KAFKAS):
            await move_office(cluster, session, controllers)
            await come_and_go(cluster, session, f"under-{controllers[0]}-or-{controllers[1]}")


async def come_and_go(cluster: Cluster, session: ZkSession, topic: str) -> None:
    """A topic with leaders of both kinds is made, written and deleted, on every disk."""
    await admin_store.create_topic(session, topic, {0: (1, 3), 1: (4, 2)}, {})
    await cluster.wait_for_isr(topic, 0, {1, 3})
    await cluster.wait_for_isr(topic, 1, {4, 2})
    for partition in (0, 1):
        assert await cluster.client.produce(topic, b"brief", partition=partition, acks=-1) == 0
    directories = [
        trio.Path(cluster.replica_directory(broker, topic, partition))
        for partition, brokers in enumerate([(1, 3), (4, 2)])
        for broker in brokers
    ]
    assert all([await directory.exists() for directory in directories])
    await cluster.client.delete_topic(topic)

    async def is_gone() -> bool:
        nodes = [await session.exists(f"{path}/{topic}") for path in ("/brokers/topics", "/config/topics")]
        return not any(nodes) and not any([await directory.exists() for directory in directories])

    await cluster.wait_until(is_gone, f"{topic} is gone from ZooKeeper and every disk")


@pytest.mark.long
async def test_brokers_become_the_other_kind_in_place_and_change_back(
    new_cluster: NewCluster, theirs: Theirs
) -> None:
    """A cluster of Kafka's, one broker after the other stopped or killed and started as ours on the same data; and
    the other way round.
    """
    from tests.cluster.streams import NumberedStream, run_in_thread

    count = 40_000
    brokers = [1, 2, 3]
    changes = [*((b, ZKBROKER) for b in brokers), *((b, theirs.kind) for b in brokers)]
    async with (
        new_cluster(brokers=3, kinds=dict.fromkeys(brokers, theirs.kind), **theirs.settings) as cluster,
        trio.open_nursery() as nursery,
    ):
        topic = await cluster.create_topic(partitions=1, replication_factor=3, min_insync_replicas=2)
        stream = NumberedStream(cluster.bootstrap, topic, count)
        await nursery.start(run_in_thread, stream)
        piece = count // (len(changes) + 1)
        for turn, (broker_id, kind) in enumerate(changes, start=1):
            stream.raise_limit(piece * turn)
            await stream.wait_acknowledged(piece * turn - piece // 2, cluster)
            if turn % 2:
                await cluster.stop(broker_id)
            else:
                await cluster.kill(broker_id)
                await cluster.wait_gone(broker_id)
            cluster.become(broker_id, kind)
            await cluster.restart(broker_id)
            await cluster.wait_for_isr(topic, 0, cluster.brokers)
        stream.raise_limit(count)
        await stream.wait_acknowledged(count, cluster)

        assert stream.acknowledged == {number: number for number in range(count)}
        values = [record.value for record in await cluster.client.read(topic, 0, 0, count)]
        assert values == [b"%d" % number for number in range(count)]
        await require_identical_replicas(cluster, topic)


async def move_everything(cluster: Cluster, tools: JavaTools, file: Path, to: Collection[int]) -> None:
    """Every partition of the cluster to these brokers, by kafka-reassign-partitions; returns when it is done."""
    partitions = [
        {"topic": topic.name, "partition": p.partition_index, "replicas": [*to]}
        for topic in (await cluster.client.metadata()).topics
        for p in topic.partitions
    ]
    await trio.Path(file).write_text(json.dumps({"version": 1, "partitions": partitions}))
    command = ("--bootstrap-server", cluster.bootstrap, "--reassignment-json-file", str(file))
    throttle = ("--throttle", "50000000")
    executed = await tools.run_in_thread(REASSIGN_PARTITIONS, *command, "--execute", *throttle)
    assert "Successfully started partition reassignments" in executed.require_success().output

    async def is_complete() -> bool:
        verified = await tools.run_in_thread(REASSIGN_PARTITIONS, *command, "--verify")
        return verified.output.count(" is completed.") == len(partitions)

    await cluster.wait_until(is_complete, "everything has moved")
