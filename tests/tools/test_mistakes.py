"""Every command given every kind of mistake: a sentence, an exit code that is not 0, and never a traceback.

For each command a line that works; then each of its options is given what it cannot take, and each file what it
cannot hold. What reaches the cluster may be refused there, or even be done: only that nothing breaks is looked at, and
that what cannot be read is refused.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.peers import ToolResult
from tests.tools.conftest import Place
from tests.tools.parity import run_tool
from zkbroker.cli.commands import MODULES, tool_named
from zkbroker.cli.options import Option, whole, whole_long

LINES = {
    "kafka-topics": "{b} --list {config}",
    "kafka-console-producer": "{b} --topic mistaken --producer.config {quick} --max-block-ms 300",
    "kafka-console-consumer": "{b} --topic mistaken --consumer.config {quick} --timeout-ms 300 --from-beginning",
    "kafka-consumer-groups": "{b} --reset-offsets --group g --from-file {file} --dry-run {config}",
    "kafka-configs": "{b} --alter --entity-type topics --entity-name mistaken --add-config-file {file} {config}",
    "zookeeper-shell": "{zk} ls /",
    "kafka-get-offsets": "{b} --topic mistaken {config}",
    "kafka-delete-records": "{b} --offset-json-file {file} {config}",
    "kafka-leader-election": "{b} --election-type preferred --path-to-json-file {file} --admin.config {quick}",
    "kafka-reassign-partitions": "{b} --execute --reassignment-json-file {file} {config}",
    "kafka-log-dirs": "{b} --describe {config}",
    "kafka-transactions": "list {b} {config}",
    "kafka-broker-api-versions": "{b} {config}",
    "kafka-cluster": "cluster-id {b} --config {quick}",
    "kafka-features": "describe {b} {config}",
    "kafka-delegation-tokens": "{b} --expire --expiry-time-period -1 --hmac ä {config}",
    "kafka-dump-log": "--files {file}",
    "kafka-producer-perf-test": "--topic mistaken --num-records 1 --record-size 1 --throughput -1 --producer-props "
    "bootstrap.servers={servers} max.block.ms=300 --producer.config {quick}",
    "kafka-consumer-perf-test": "{b} --topic mistaken --messages 1 --timeout 300 --consumer.config {quick}",
    "kafka-e2e-latency": "{servers} mistaken 1 all 1 {quick}",
    "kafka-verifiable-producer": "{b} --topic mistaken --max-messages 1 --producer.config {quick}",
    "kafka-verifiable-consumer": "{b} --topic mistaken --group-id v --max-messages 0 --consumer.config {quick}",
    "kafka-streams-application-reset": "{b} --application-id a --input-topics mistaken --from-file {file} --dry-run "
    "--config-file {quick}",
    "kafka-acls": "{b} --list {config}",
    "zookeeper-security-migration": "--zookeeper.acl secure --zookeeper.connect {zk}",
    "kafka-server-start": "{file}",
    "zookeeper-server-start": "{file}",
}
"""A line of each command. {file} is what it reads."""

SERVERS = [
    "localhost",
    "localhost:port",
    ":9092",
    "localhost:70000",
    "no such host:1",
    f"{'x' * 70}:1",
    ",",
    "[::1",
]
NO_NUMBERS = ["", "x", "1.5", "99999999999999999999999", "٣x"]
FILES = {
    "empty": b"",
    "binary": bytes(range(256)),
    "no-json": b"{,",
    "list": b"[]",
    "null": b"null",
    "number": b"5",
    "no-list": b'{"partitions": 5, "topics": 5}',
    "no-objects": b'{"partitions": [5], "topics": [5]}',
    "no-names": b'{"partitions": [{}], "topics": [{}]}',
    "other-types": b'{"partitions": [{"topic": 5, "partition": "x", "offset": "y", "replicas": 5}]}',
    "no-number": b'{"partitions": [{"topic": "t", "partition": true, "offset": true, "replicas": [true]}]}',
    "too-large": b'{"partitions": [{"topic": "t", "partition": 99999999999, "offset": 1, "replicas": [1]}]}',
    "no-directories": b'{"partitions": [{"topic": "t", "partition": 0, "offset": 0.5, "replicas": [1], '
    b'"log_dirs": 5}]}',
    "other-version": b'{"partitions": [], "version": 7}',
    "nowhere": b'{"partitions": [{"topic": "nosuch", "partition": 9, "offset": 9, "replicas": [1]}]}',
    "no-fields": b"a\n",
    "no-offset": b"t,x,y\n",
    "huge-offset": b"t,0,99999999999999999999999\n",
    "open-quote": b'"t,0,1\n',
    "wrong-properties": b"security.protocol=NOSUCH\n",
    "wrong-time": b"request.timeout.ms=soon\n",
    "huge-time": b"request.timeout.ms=99999999999999999999999\n",
    "no-login": b"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n",
    "wrong-login": b"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=nonsense\n",
    "no-certificate": b"security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=/nosuch\n",
    "no-character": b"a=\\u12\n",
}
CLIENTS_FILES = (
    "binary",
    "wrong-properties",
    "wrong-time",
    "huge-time",
    "no-login",
    "wrong-login",
    "no-certificate",
    "no-character",
)
"""Those that no client can go by."""


class Mistakes:
    """Fills in a command's line and judges what it says."""

    def __init__(self, place: Place, directory: Path) -> None:
        self._place = place
        self._directory = directory
        for name, content in FILES.items():
            (directory / name).write_bytes(content)
        (directory / "quick").write_text("default.api.timeout.ms=200\nrequest.timeout.ms=2000\n")

    def file(self, name: str) -> str:
        return str(self._directory / name)

    def words(self, command: str, **other: str) -> list[str]:
        servers = other.get("servers", self._place.bootstrap.split(",")[0])
        quick = other.get("quick", self.file("quick"))
        known = {
            "{b}": f"--bootstrap-server\0{servers}",
            "{config}": f"--command-config\0{quick}",
            "{quick}": quick,
            "{file}": other.get("file", self.file("empty")),
            "{zk}": self._place.zookeeper,
            "{servers}": servers,
        }
        line = LINES[command].replace(" ", "\0")
        for name, text in known.items():
            line = line.replace(name, text)
        return line.split("\0")

    def make(self, command: str, words: Sequence[str], *, refused: bool) -> None:
        result: ToolResult = run_tool(
            tool_named(command), words, stdin="a\n"
        )  # raises what the command lets out
        said = result.output + result.errors
        where = f"{command} {words}: {result}"
        assert "Traceback" not in said, where
        if refused:
            assert result.exit_code != 0, where
        if result.exit_code:
            assert said.strip(), where


@pytest.fixture(scope="module")
def topic(place: Place) -> str:
    place.create("mistaken")
    return "mistaken"


@pytest.fixture
def mistakes(place: Place, topic: str, tmp_path: Path) -> Mistakes:
    return Mistakes(place, tmp_path)


def options_of(command: str) -> Iterator[Option]:
    tool = tool_named(command)
    action = LINES[command].split()[0]
    for each in (tool, *tool.actions):
        if each.name in (command, f"{command} {action}"):
            yield from each.all_options


def test_no_command_is_left_out() -> None:
    assert set(LINES) == {name for name in MODULES if not name.endswith("-stop")}


@pytest.mark.parametrize("command", LINES)
def test_mistakes_on_the_command_line(mistakes: Mistakes, command: str) -> None:
    words = mistakes.words(command)
    if tool_named(command).passes_on:
        words = ["-nosuch", *words]
        mistakes.make(command, words, refused=True)
        return
    mistakes.make(command, [*words, "--nosuch"], refused=True)
    for option in options_of(command):
        dashed = f"--{option.name}"
        if option.value is None:
            continue
        at = words.index(dashed) if dashed in words else len(words)
        rest = words[:at] + words[at + 2 :]
        if not option.optional and not option.greedy:
            mistakes.make(command, [*rest, dashed], refused=True)
        if option.kind in (whole, whole_long):
            is_read = option.name in _read(command)
            for text in NO_NUMBERS if is_read else NO_NUMBERS[1:2]:
                mistakes.make(command, [*rest, f"{dashed}={text}"], refused=is_read)


def _read(command: str) -> Sequence[str]:
    """The numbers that the command's line makes use of."""
    return {
        "kafka-console-producer": ("max-block-ms",),
        "kafka-console-consumer": ("timeout-ms",),
        "kafka-producer-perf-test": ("num-records", "record-size", "throughput"),
        "kafka-consumer-perf-test": ("messages", "timeout"),
        "kafka-verifiable-producer": ("max-messages",),
        "kafka-verifiable-consumer": ("max-messages",),
        "kafka-delegation-tokens": ("expiry-time-period",),
    }.get(command, ())


@pytest.mark.parametrize(
    "command", [name for name, line in LINES.items() if "{b}" in line or "{servers}" in line]
)
def test_mistaken_servers(mistakes: Mistakes, place: Place, closed_port: int, command: str) -> None:
    for servers in (*SERVERS, f"localhost:{closed_port}", place.zookeeper):
        began_s = time.monotonic()
        mistakes.make(
            command, mistakes.words(command, servers=servers, file=mistakes.file("nowhere")), refused=True
        )
        assert time.monotonic() - began_s < 30, f"{command} at {servers} is asked for too long"


@pytest.mark.parametrize(
    "command", [name for name, line in LINES.items() if "{config}" in line or "{quick}" in line]
)
def test_mistaken_properties(mistakes: Mistakes, tmp_path: Path, command: str) -> None:
    for file in (str(tmp_path), mistakes.file("nosuch"), *map(mistakes.file, CLIENTS_FILES)):
        words = mistakes.words(command, quick=file, file=mistakes.file("nowhere"))
        mistakes.make(command, words, refused=True)


@pytest.mark.parametrize("command", [name for name, line in LINES.items() if "{file}" in line])
def test_mistaken_files(mistakes: Mistakes, tmp_path: Path, command: str) -> None:
    accepts_anything = command in ("kafka-dump-log", "kafka-configs", "kafka-consumer-groups")
    for name in FILES:
        # No partitions at all: nothing is done.
        is_fine = command == "kafka-leader-election" and name == "other-version"
        words = mistakes.words(command, file=mistakes.file(name))
        mistakes.make(command, words, refused=not accepts_anything and not is_fine)
    for file in (str(tmp_path), mistakes.file("nosuch")):
        mistakes.make(command, mistakes.words(command, file=file), refused=command != "kafka-dump-log")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read(mistakes: Mistakes, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0)
    mistakes.make("kafka-topics", mistakes.words("kafka-topics", quick=str(secret)), refused=True)


@pytest.mark.parametrize(
    "line",
    [
        "{b} --alter --user .. --add-config producer_byte_rate=1",
        "{b} --alter --client . --add-config producer_byte_rate=1",
        "{b} --alter --user .. --add-config SCRAM-SHA-256=[password=secret]",
        "--zookeeper {zk} --describe --entity-type users --entity-name ..",
        "--zookeeper {zk} --alter --entity-type users --entity-name .. --add-config SCRAM-SHA-256=[password=secret]",
    ],
)
def test_names_that_no_znode_can_have(place: Place, line: str) -> None:
    servers = f"--bootstrap-server {place.bootstrap}"
    result = run_tool(
        tool_named("kafka-configs"), line.replace("{b}", servers).replace("{zk}", place.zookeeper).split()
    )
    assert result.exit_code == 1
    assert "ZooKeeper has no place for" in result.output + result.errors, result
