"""Kafka Streams and Kafka Connect, unchanged: killed in the middle and started again, the result is right."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import attrs
import pytest
import trio

from tests.cluster.conftest import NewCluster
from zkbroker.testing.cluster import Cluster

pytestmark = [pytest.mark.clients("confluent_kafka"), pytest.mark.peers]

WORDS = ("kafka", "zookeeper", "broker", "topic", "partition", "leader", "epoch")
WAIT_S = 120
SMALL: dict[str, object] = {
    "offsets_topic_num_partitions": 3,
    "transaction_state_log_num_partitions": 3,
    "group_min_session_timeout_ms": 1000,  # who was killed is missed soon
}


async def test_a_word_count_of_kafka_streams(
    new_cluster: NewCluster, full_counts: bool, rng: random.Random
) -> None:
    """exactly_once_v2; every count of a word is written once, so each word's counts are 1, 2, 3, …"""
    from confluent_kafka import Producer

    from tests.cluster.java_applications import read_committed, word_count

    kills = 10 if full_counts else 1
    async with new_cluster(**SMALL) as cluster:
        lines = await cluster.create_topic("lines", partitions=2, replication_factor=3)
        counts = await cluster.create_topic("counts", partitions=2, replication_factor=3)
        expected: Counter[str] = Counter()

        def say(count: int) -> None:
            producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True})
            for number in range(count):
                line = rng.choices(WORDS, k=3)
                expected.update(line)
                producer.produce(lines, value=" ".join(line), partition=number % 2)
            assert producer.flush(WAIT_S) == 0

        def read() -> dict[str, list[int]]:
            found: dict[str, list[int]] = {}
            for key, value in read_committed(cluster.bootstrap, counts, 2):
                found.setdefault((key or b"").decode(), []).append(int.from_bytes(value or b"", "big"))
            return found

        async def wait_counted(words: int) -> None:
            async def is_so() -> bool:
                return sum(map(len, (await trio.to_thread.run_sync(read)).values())) >= words

            await cluster.wait_until(is_so, f"{words} words are counted", WAIT_S)

        application = word_count(cluster, lines, counts)
        application.start()
        try:
            await trio.to_thread.run_sync(say, 100)
            await wait_counted(100)
            for turn in range(kills):
                before = expected.total()
                await trio.to_thread.run_sync(say, 300)
                await wait_counted(before + rng.randrange(600))
                if turn % 2:
                    broker_id = rng.choice(sorted(cluster.brokers))
                    await cluster.kill(broker_id)
                    await cluster.wait_gone(broker_id)
                    await cluster.restart(broker_id)
                    for partition in range(3):
                        await cluster.wait_for_isr_size("__transaction_state", partition, 3)
                else:
                    application.kill()
                    application.start()
            await wait_counted(expected.total())
        finally:
            application.kill()
        found = await trio.to_thread.run_sync(read)
        assert found == {word: list(range(1, count + 1)) for word, count in expected.items()}


@attrs.define(eq=False)
class Files:
    """The file that Connect reads and the one that it writes."""

    cluster: Cluster
    written: list[str] = attrs.field(factory=list)

    @property
    def source(self) -> Path:
        return self.cluster.directory / "source.txt"

    @property
    def sink(self) -> Path:
        return self.cluster.directory / "sink.txt"

    def write(self, count: int) -> None:
        """So many more lines, each a new one."""
        more = [f"line {len(self.written) + number}" for number in range(count)]
        self.written.extend(more)
        with self.source.open("a") as file:
            file.write("".join(f"{line}\n" for line in more))

    async def wait_sunk(self, count: int) -> None:
        """Wait until so many different lines have arrived."""
        from tests.cluster.java_applications import lines_of

        async def is_so() -> bool:
            return len(set(lines_of(self.sink))) >= count

        await self.cluster.wait_until(is_so, f"{count} lines are sunk", WAIT_S)


async def test_a_source_and_a_sink_of_kafka_connect(new_cluster: NewCluster, full_counts: bool) -> None:
    """FileStream, exactly-once for the source; a sink may write again what it had not committed, never less."""
    from tests.cluster.java_applications import FILE_STREAM, ConnectWorker, lines_of, read_committed

    kills = 5 if full_counts else 1
    async with new_cluster(**SMALL) as cluster:
        topic = await cluster.create_topic("copied", partitions=1, replication_factor=3)
        files = Files(cluster)
        write, wait_sunk, written = files.write, files.wait_sunk, files.written

        worker = ConnectWorker(cluster)
        worker.process.start()
        try:
            await worker.process.wait_ready()
            write(200)
            await worker.put_connector(
                "source",
                connector_class=f"{FILE_STREAM}SourceConnector",
                tasks_max="1",
                file=str(files.source),
                topic=topic,
            )
            await worker.put_connector(
                "sink",
                connector_class=f"{FILE_STREAM}SinkConnector",
                tasks_max="1",
                file=str(files.sink),
                topics=topic,
                consumer_override_isolation_level="read_committed",
                consumer_override_session_timeout_ms="3000",
                consumer_override_heartbeat_interval_ms="500",
            )
            await wait_sunk(200)
            for _ in range(kills):
                before = len(written)
                write(500)
                await wait_sunk(before + 100)
                write(500)
                worker.process.kill()
                write(300)
                worker.process.start()
                await worker.process.wait_ready()
                await worker.wait_running("source")
                await wait_sunk(len(written))
        finally:
            worker.process.kill()
        copied = await trio.to_thread.run_sync(read_committed, cluster.bootstrap, topic, 1)
        assert [(value or b"").decode() for _, value in copied] == written
        assert list(dict.fromkeys(lines_of(files.sink))) == written


async def test_a_standalone_worker_of_kafka_connect(new_cluster: NewCluster, full_counts: bool) -> None:
    """File to topic to file. Killed -9 it may repeat what it had not noted yet; nothing is lost, and in good order
    nothing is there twice.
    """
    from tests.cluster.java_applications import lines_of, read_committed, standalone_worker

    kills = 5 if full_counts else 1
    async with new_cluster(**SMALL) as cluster:
        topic = await cluster.create_topic("copied", partitions=1, replication_factor=3)
        files = Files(cluster)
        write, wait_sunk, written = files.write, files.wait_sunk, files.written

        async def copied() -> list[str]:
            found = await trio.to_thread.run_sync(read_committed, cluster.bootstrap, topic, 1)
            return [(value or b"").decode() for _, value in found]

        write(500)
        worker = standalone_worker(cluster, files.source, files.sink, topic)
        worker.start()
        try:
            await wait_sunk(500)
            assert await worker.stop() in (0, 143)
            assert await copied() == lines_of(files.sink) == written
            worker.start()
            for _ in range(kills):
                before = len(written)
                write(500)
                await wait_sunk(before + 100)
                write(500)
                worker.kill()
                write(300)
                worker.start()
                await wait_sunk(len(written))
        finally:
            worker.kill()
        assert list(dict.fromkeys(await copied())) == written
        assert list(dict.fromkeys(lines_of(files.sink))) == written


@pytest.mark.long
async def test_mirror_maker_from_one_cluster_to_another(new_cluster: NewCluster) -> None:
    """Records once and in order, and the offset of a group, through a kill of MirrorMaker."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    from tests.cluster.java_applications import mirror_maker, read_committed

    internal = {"offsets_topic_num_partitions": 2, "transaction_state_log_num_partitions": 2}
    async with (
        new_cluster(brokers=1, chroot="/a", **internal) as source,
        new_cluster(brokers=1, chroot="/b", **internal) as target,
    ):
        topic = await source.create_topic("orders", partitions=1)
        sent: list[bytes] = []

        def send(count: int) -> None:
            producer = Producer({"bootstrap.servers": source.bootstrap, "enable.idempotence": True})
            more = [b"order %d" % (len(sent) + number) for number in range(count)]
            for value in more:
                producer.produce(topic, value=value, partition=0)
            assert producer.flush(WAIT_S) == 0
            sent.extend(more)

        def mirrored() -> list[bytes]:
            found = read_committed(target.bootstrap, f"a.{topic}", 1)
            return [value or b"" for _, value in found]

        async def wait_mirrored(count: int) -> None:
            async def is_so() -> bool:
                topics = (await target.client.metadata()).topics
                if f"a.{topic}" not in {each.name for each in topics}:
                    return False
                return len(await trio.to_thread.run_sync(mirrored)) >= count

            await target.wait_until(is_so, f"{count} records are mirrored", WAIT_S)

        def at(cluster_bootstrap: str, name: str, commit: int | None = None) -> int:
            """The group's offset, after committing one if told."""
            config = {"bootstrap.servers": cluster_bootstrap, "group.id": "readers"}
            consumer = Consumer({**config, "enable.auto.commit": False})
            try:
                if commit is not None:
                    consumer.commit(offsets=[TopicPartition(name, 0, commit)], asynchronous=False)
                return int(consumer.committed([TopicPartition(name, 0)], timeout=WAIT_S)[0].offset)
            finally:
                consumer.close()

        await trio.to_thread.run_sync(send, 500)
        mirror = mirror_maker(source, target, topic)
        mirror.start()
        try:
            await wait_mirrored(500)
            await trio.to_thread.run_sync(send, 2000)
            mirror.kill()
            await trio.to_thread.run_sync(send, 100)
            mirror.start()
            await wait_mirrored(2600)
            await trio.to_thread.run_sync(at, source.bootstrap, topic, 2600)

            async def is_translated() -> bool:
                return await trio.to_thread.run_sync(at, target.bootstrap, f"a.{topic}") >= 2600

            await target.wait_until(is_translated, "the group's offset is translated", WAIT_S)
        finally:
            mirror.kill()
        assert await trio.to_thread.run_sync(mirrored) == sent
