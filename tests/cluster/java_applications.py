"""Applications of the Kafka project on our brokers, as processes: Streams, Connect, MirrorMaker."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import trio
from confluent_kafka import Consumer, TopicPartition

from tests.support.peers import PEERS, java_argv
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.processes import ManagedProcess, free_port

CONNECT = "org.apache.kafka.connect.cli.ConnectDistributed"
CONNECT_STANDALONE = "org.apache.kafka.connect.cli.ConnectStandalone"
FILE_STREAM = "org.apache.kafka.connect.file.FileStream"
STRINGS = "org.apache.kafka.connect.storage.StringConverter"
MIRROR_MAKER = "org.apache.kafka.connect.mirror.MirrorMaker"
READ_S = 60.0


def word_count(cluster: Cluster, lines: str, counts: str) -> ManagedProcess:
    """tests/peers/WordCount.java, run as the single file it is."""
    argv = java_argv(
        str(PEERS / "WordCount.java"),
        *(cluster.bootstrap, lines, counts, str(cluster.directory / "streams")),
        heap="384m",
        log4j="tools-log4j.properties",
    )
    return ManagedProcess("word-count", argv, cluster.directory / "word-count.log")


@attrs.define(eq=False)
class ConnectWorker:
    """One distributed worker of Kafka Connect with exactly-once sources."""

    cluster: Cluster
    port: int = attrs.field(factory=free_port)
    process: ManagedProcess = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        file = self.cluster.directory / "connect.properties"
        settings = {
            "bootstrap.servers": self.cluster.bootstrap,
            "group.id": "connect",
            "key.converter": STRINGS,
            "value.converter": STRINGS,
            "config.storage.topic": "connect-configs",
            "offset.storage.topic": "connect-offsets",
            "status.storage.topic": "connect-status",
            "offset.storage.partitions": 3,
            "status.storage.partitions": 2,
            "offset.flush.interval.ms": 200,
            "exactly.once.source.support": "enabled",
            "listeners": f"http://127.0.0.1:{self.port}",
            "plugin.discovery": "service_load",  # of the class path
            "session.timeout.ms": 3000,
            "heartbeat.interval.ms": 500,
            "scheduled.rebalance.max.delay.ms": 0,
        }
        _write_properties(file, settings)
        argv = java_argv(CONNECT, str(file), heap="384m", log4j="tools-log4j.properties")
        self.process = ManagedProcess(
            "connect", argv, self.cluster.directory / "connect.log", ready=self._is_ready
        )

    async def _is_ready(self) -> bool:
        return await self._ask("GET", "/connectors") is not None

    async def put_connector(self, name: str, **config: str) -> None:
        """Configure a connector; `config` is in Kafka's keys, underscores for dots."""
        settings = {key.replace("_", "."): value for key, value in config.items()}

        async def is_taken() -> bool:
            return await self._ask("PUT", f"/connectors/{name}/config", settings) is not None

        await self.cluster.wait_until(is_taken, f"the connector {name} is configured")

    async def wait_running(self, name: str) -> None:
        """Wait until the connector and its task run."""

        async def is_so() -> bool:
            status = await self._ask("GET", f"/connectors/{name}/status")
            if status is None:
                return False
            tasks = status["tasks"]
            assert not [task for task in tasks if task["state"] == "FAILED"], tasks
            return bool(tasks) and all(task["state"] == "RUNNING" for task in tasks)

        await self.cluster.wait_until(is_so, f"the connector {name} runs")

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer of the REST interface; None while it does not give one."""

        def call() -> Any:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}{path}",
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as response:
                    return json.load(response)
            except (urllib.error.URLError, OSError):
                return None

        return await trio.to_thread.run_sync(call)


def standalone_worker(cluster: Cluster, source: Path, sink: Path, topic: str) -> ManagedProcess:
    """A standalone worker of Kafka Connect: the lines of one file to a topic, and from there to another file."""
    directory = cluster.directory
    files = {
        "standalone.properties": {
            "bootstrap.servers": cluster.bootstrap,
            "key.converter": STRINGS,
            "value.converter": STRINGS,
            "offset.storage.file.filename": directory / "standalone.offsets",
            "offset.flush.interval.ms": 200,
            "listeners": f"http://127.0.0.1:{free_port()}",
            "plugin.discovery": "service_load",
            "consumer.session.timeout.ms": 3000,
            "consumer.heartbeat.interval.ms": 500,
        },
        "standalone-source.properties": {
            "name": "standalone-source",
            "connector.class": f"{FILE_STREAM}SourceConnector",
            "tasks.max": 1,
            "file": source,
            "topic": topic,
        },
        "standalone-sink.properties": {
            "name": "standalone-sink",
            "connector.class": f"{FILE_STREAM}SinkConnector",
            "tasks.max": 1,
            "file": sink,
            "topics": topic,
        },
    }
    for name, settings in files.items():
        _write_properties(directory / name, settings)
    argv = java_argv(
        CONNECT_STANDALONE,
        *(str(directory / name) for name in files),
        heap="384m",
        log4j="tools-log4j.properties",
    )
    return ManagedProcess("connect-standalone", argv, directory / "standalone.log")


def _write_properties(file: Path, settings: Mapping[str, object]) -> None:
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def read_committed(bootstrap: str, topic: str, partitions: int) -> list[tuple[bytes | None, bytes | None]]:
    """Key and value of all that read_committed shows now, partition by partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "unused",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    found: dict[int, list[tuple[bytes | None, bytes | None]]] = {each: [] for each in range(partitions)}
    try:
        consumer.assign([TopicPartition(topic, each, 0) for each in found])
        left = set(found)
        while left:
            message = consumer.poll(READ_S)
            assert message is not None, f"no end of {topic} within {READ_S} s"
            if message.error() is None:
                found[message.partition() or 0].append((message.key(), message.value()))
            else:
                left.discard(message.partition() or 0)
    finally:
        consumer.close()
    return [pair for each in found.values() for pair in each]


def lines_of(file: Path) -> list[str]:
    """The whole lines of a file somebody writes."""
    return file.read_text().split("\n")[:-1] if file.exists() else []


def mirror_maker(source: Cluster, target: Cluster, topic: str) -> ManagedProcess:
    """MirrorMaker 2 from `source` (called a) to `target` (called b), exactly once, with groups' offsets."""
    file = target.directory / "mirror.properties"
    settings = {
        "clusters": "a, b",
        "a.bootstrap.servers": source.bootstrap,
        "b.bootstrap.servers": target.bootstrap,
        "a->b.enabled": "true",
        "a->b.topics": topic,
        "b->a.enabled": "false",
        "b.exactly.once.source.support": "enabled",
        "dedicated.mode.enable.internal.rest": "true",
        "listeners": f"http://127.0.0.1:{free_port()}",
        "replication.factor": 1,
        "checkpoints.topic.replication.factor": 1,
        "heartbeats.topic.replication.factor": 1,
        "offset-syncs.topic.replication.factor": 1,
        "config.storage.replication.factor": 1,
        "offset.storage.replication.factor": 1,
        "status.storage.replication.factor": 1,
        "offset.storage.partitions": 2,
        "status.storage.partitions": 2,
        "sync.group.offsets.enabled": "true",
        "sync.group.offsets.interval.seconds": 1,
        "emit.checkpoints.interval.seconds": 1,
        "refresh.topics.interval.seconds": 2,
        "refresh.groups.interval.seconds": 2,
        "offset.lag.max": 0,
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 1000,
        "scheduled.rebalance.max.delay.ms": 0,
    }
    _write_properties(file, settings)
    argv = java_argv(MIRROR_MAKER, str(file), heap="512m", log4j="tools-log4j.properties")
    return ManagedProcess("mirror-maker", argv, target.directory / "mirror.log")
