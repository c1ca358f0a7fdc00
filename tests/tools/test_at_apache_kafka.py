"""Our commands at a broker of Apache Kafka's, beside its own: the client speaks to any 3.9 cluster."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.support.peers import APACHE_KAFKA, JavaTools
from tests.tools.parity import Both, Said, sorted_lines
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, new_broker, new_zookeeper

pytestmark = pytest.mark.peers
WAIT_S = 60.0


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory, java_tools: JavaTools) -> Iterator[Both]:
    directory = tmp_path_factory.mktemp("at-kafka")
    zookeeper = new_zookeeper(directory, EMBEDDED_ZOOKEEPER)
    broker = new_broker(directory, 1, zookeeper.connect, APACHE_KAFKA)

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()
        broker.start()
        await broker.process.wait_ready()

    try:
        trio.run(start)
        yield Both(broker.bootstrap, zookeeper.connect, java_tools)
    finally:
        for process in (broker.process, zookeeper.process):
            process.kill()


def ready(kafka: Both, topic: str) -> None:
    """Wait until it has a leader."""
    deadline_s = time.monotonic() + WAIT_S
    while "Leader: 1" not in kafka.ours("kafka-topics", f"{{b}} --describe --topic {topic}").output:
        assert time.monotonic() < deadline_s


def test_the_whole_family(kafka: Both, tmp_path: Path) -> None:
    def same(command: str, line: str, code: int = 0) -> Said:
        return kafka.same(command, "{b} " + line, code=code, normalise=sorted_lines)

    same("kafka-topics", "--create --topic {me}-t --partitions 2 --config retention.ms=99999999")
    ready(kafka, "ours-t")
    ready(kafka, "java-t")
    same("kafka-topics", "--describe --topic {me}-t")
    same("kafka-topics", "--create --topic {me}-t", 1)
    for me in ("java", "ours"):
        keyed = (
            f"{{b}} --topic {me}-t --property parse.key=true --property key.separator=:"  # to one partition
        )
        assert kafka.ours("kafka-console-producer", keyed, stdin="k:1\nk:2\n").code == 0
        reading = f"{{b}} --topic {me}-t --group {me}-g --from-beginning --max-messages 2"
        assert sorted(kafka.ours("kafka-console-consumer", reading).lines) == ["1", "2"]
        plan = [{"topic": f"{me}-t", "partition": partition, "offset": -1} for partition in (0, 1)]
        (tmp_path / me).write_text(json.dumps({"partitions": plan, "version": 1}))
    same("kafka-consumer-groups", "--describe --group {me}-g --state")
    assert kafka.ours("kafka-consumer-groups", "{b} --describe --group ours-g").code == 0
    same("kafka-configs", "--describe --topic {me}-t")
    same("kafka-configs", "--describe --broker 1 --all")
    same("kafka-configs", "--alter --user {me} --add-config producer_byte_rate=1000000")
    same("kafka-delete-records", f"--offset-json-file {tmp_path}/{{me}}")
    same("kafka-leader-election", "--election-type preferred --topic {me}-t --partition 0")
    same("kafka-reassign-partitions", "--list")
    same("kafka-broker-api-versions", "")
    assert (
        kafka.kafka("kafka-log-dirs", "{b} --describe").code
        == kafka.ours("kafka-log-dirs", "{b} --describe").code
    )
    same("kafka-transactions list", "")
    found = same("kafka-get-offsets", "--topic {me}-t")
    assert sum(int(line.rpartition(":")[2]) for line in found.lines) == 2
    assert re.search(r"Cluster ID: \S{22}", kafka.ours("kafka-cluster cluster-id", "{b}").output)
    same("kafka-topics", "--delete --topic {me}-t")
