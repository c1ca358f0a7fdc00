"""The lines of courses and books, as they stand there, on a fresh `zkbroker up` with Kafka's ports.

They run by `sh`, with the installed programs in front of PATH. Other ports
stand in for 9092 and 2181, which may be taken.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest

from tests.tools.conftest import Place
from zkbroker.testing.up import UpCluster, up

WAIT_S = 60.0
PROGRAMS = Path(sys.executable).parent


@attrs.frozen
class Terminal:
    """Where the lines are typed."""

    place: Place

    def types(self, line: str, *, stdin: str = "", code: int = 0) -> str:
        """What the line prints. The line is as in the book."""
        servers = self.place.bootstrap.split(",")
        line = line.replace("localhost:9092", servers[0]).replace("localhost:2181", self.place.zookeeper)
        done = subprocess.run(
            line,
            shell=True,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            env=os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        )
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    def sees(self, line: str, wanted: str) -> None:
        """Type the line until what it prints matches.

        Creating a topic is over when every broker was told, or after a second: one that the machine holds up for longer
        knows it a moment later, as with Kafka.
        """
        deadline_s = time.monotonic() + WAIT_S
        while not re.search(wanted, said := self.types(f"{line} || true")):
            assert time.monotonic() < deadline_s, said
            time.sleep(0.05)


@pytest.fixture(scope="module")
def terminal(place: Place) -> Terminal:
    return Terminal(place)


def test_topics(terminal: Terminal) -> None:
    created = terminal.types(
        "kafka-topics --bootstrap-server localhost:9092 --create --topic test-m-topic --partitions 3 "
        "--replication-factor 3"
    )
    assert created == "Created topic test-m-topic.\n"
    created = terminal.types(
        "kafka-topics --create --topic topic-test --bootstrap-server localhost:9092 --partitions 1 "
        "--replication-factor 1"
    )
    assert created == "Created topic topic-test.\n"
    for topic in ("test-m-topic", "topic-test"):
        terminal.sees("kafka-topics.sh --bootstrap-server localhost:9092 --list", rf"(?m)^{topic}$")
    terminal.sees(
        "kafka-topics --bootstrap-server localhost:9092 --describe --topic test-m-topic",
        r"^Topic: test-m-topic\tTopicId: \S{22}\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: \n"
        r"\tTopic: test-m-topic\tPartition: 0\tLeader: \d\tReplicas: \d,\d,\d\tIsr: \d,\d,\d\t",
    )
    terminal.types("kafka-topics --bootstrap-server localhost:9092 --alter --topic topic-test --partitions 2")


def test_console_clients(terminal: Terminal) -> None:
    terminal.types(
        "kafka-console-producer --bootstrap-server localhost:9092 --topic test-m-topic --property parse.key=true "
        "--property key.separator=:",
        stdin="a:1\nb:2\na:3\n",
    )
    terminal.types("kafka-console-producer --topic topic-test --broker-list localhost:9092", stdin="plain\n")
    terminal.types(
        "kafka-console-producer --bootstrap-server localhost:9092 --topic topic-test --producer-property acks=all",
        stdin="acks\n",
    )
    terminal.types(
        "kafka-console-producer --bootstrap-server localhost:9092 --topic topic-test --producer-property "
        "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner",
        stdin="robin\n",
    )
    read = terminal.types(
        "kafka-console-consumer --bootstrap-server localhost:9092 --topic test-m-topic --from-beginning --property "
        "print.key=true --property key.separator=: --property print.timestamp=true --property print.partition=true "
        "--max-messages 3"
    )
    lines = [re.sub(r"CreateTime:\d+:Partition:\d", "", line) for line in read.splitlines()]
    assert sorted(lines) == [":a:1", ":a:3", ":b:2"] and lines.index(":a:1") < lines.index(":a:3")


def test_groups(terminal: Terminal) -> None:
    read = terminal.types(
        "kafka-console-consumer --bootstrap-server localhost:9092 --topic topic-test --from-beginning --group g "
        "--max-messages 3"
    )
    assert sorted(read.split()) == ["acks", "plain", "robin"]
    groups = terminal.types("kafka-consumer-groups --bootstrap-server localhost:9092 --list").splitlines()
    assert "g" in groups
    described = terminal.types("kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group g")
    assert re.search(r"\ng +topic-test +0 +\d+ +\d+ +0 +- +- +-", described)
    reset = (
        "kafka-consumer-groups --bootstrap-server localhost:9092 --group g --reset-offsets --to-earliest --topic "
        "topic-test"
    )
    planned = terminal.types(f"{reset} --dry-run")
    assert re.search(r"g +topic-test +0 +0", planned)
    assert (
        " 0  "
        not in terminal.types(
            "kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group g"
        ).split("CURRENT-OFFSET")[0]
    )
    assert re.search(r"g +topic-test +0 +0", terminal.types(f"{reset} --execute"))
    described = terminal.types("kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group g")
    assert re.search(r"\ng +topic-test +0 +0 +", described)


def test_znodes_and_log_files(terminal: Terminal) -> None:
    assert "[1, 2, 3]" in terminal.types("zookeeper-shell localhost:2181 ls /brokers/ids").splitlines()
    controller = terminal.types("zookeeper-shell localhost:2181 get /controller").splitlines()[-1]
    assert re.fullmatch(
        r'\{"version":2,"brokerid":\d,"timestamp":"\d+","kraftControllerEpoch":-1\}', controller
    )
    (log, *_) = sorted(terminal.place.data.glob("broker-*/**/topic-test-*/00000000000000000000.log"))
    dumped = terminal.types(f"kafka-dump-log --deep-iteration --files {log} --print-data-log")
    assert dumped.startswith(f"Dumping {log}")
    terminal.types("kafka-topics --bootstrap-server localhost:9092 --delete --topic test-m-topic")
    deadline_s = time.monotonic() + WAIT_S
    while (
        "test-m-topic" in terminal.types("kafka-topics --bootstrap-server localhost:9092 --list").splitlines()
    ):
        assert time.monotonic() < deadline_s


def test_a_missing_topic_with_auto_creation(terminal: Terminal) -> None:
    terminal.types(
        "kafka-console-producer --bootstrap-server localhost:9092 --topic made-by-writing", stdin="x\n"
    )
    read = terminal.types(
        "kafka-console-consumer --bootstrap-server localhost:9092 --topic made-by-writing --from-beginning "
        "--max-messages 1"
    )
    assert read == "x\n"


def test_a_missing_topic_without_auto_creation() -> None:
    def nothing(line: str) -> None:
        pass

    cluster: UpCluster
    without = ["--override", "auto.create.topics.enable=false"]
    with up(1, nothing, without, usual_ports=False) as cluster:
        said = next(line for line in cluster.said if line.startswith("zookeeper ready on "))
        terminal = Terminal(Place(cluster.bootstrap, said.split()[3], cluster, cluster.data))
        terminal.types(
            "kafka-console-producer --bootstrap-server localhost:9092 --topic not-made --max-block-ms 1500",
            stdin="x\n",
            code=1,
        )
        assert terminal.types("kafka-topics --bootstrap-server localhost:9092 --list").split() == []
