"""The command line itself: help, versions, and a user's errors, which are one sentence and never a traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cli.commands import zkbroker

BROKER = {"zookeeper.connect": "127.0.0.1:1", "listeners": "PLAINTEXT://127.0.0.1:0"}


def server_properties(directory: Path, **properties: str) -> str:
    file = directory / "server.properties"
    given = BROKER | {key.replace("_", "."): text for key, text in properties.items()}
    file.write_text("# a comment\n" + "".join(f"{key}={text}\n" for key, text in given.items()))
    return str(file)


@pytest.mark.parametrize(
    "arguments", [(), ("up",), ("broker",), ("zookeeper",), ("config",), ("config", "explain")]
)
def test_help_is_there_for_everything(arguments: tuple[str, ...]) -> None:
    outcome = zkbroker(*arguments, "--help")
    assert outcome.code == 0
    assert outcome.stdout.startswith("usage: zkbroker")
    assert "--stop-with-parent" not in outcome.stdout
    assert outcome.stderr == ""


def test_version() -> None:
    assert zkbroker("--version").stdout.startswith("zkbroker ")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("up", "--brokers", "0"),
        ("up", "--brokers", "three"),
        ("up", "--port", "65536"),
        ("zookeeper", "--port", "x"),
        ("config",),
        ("broker", "--override", "novalue"),
        ("broker", "--override", "=5"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    outcome = zkbroker(*arguments)
    assert outcome.code == 2
    assert outcome.stderr


def test_a_missing_file(tmp_path: Path) -> None:
    outcome = zkbroker("broker", str(tmp_path / "none.properties"))
    assert outcome.code == 1
    assert (
        outcome.sentence == f"zkbroker: {tmp_path}/none.properties cannot be read: No such file or directory"
    )


def test_a_broken_file(tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    file.write_text("a=1\nb=\\u12\n")
    outcome = zkbroker("broker", str(file))
    assert outcome.code == 1
    assert outcome.sentence.startswith(f"zkbroker: {file}, line 2: \\u12 is no character")


def test_a_wrong_value_names_its_line(tmp_path: Path) -> None:
    outcome = zkbroker("broker", server_properties(tmp_path, num_partitions="many"))
    assert outcome.code == 1
    assert outcome.sentence == (
        "zkbroker: num.partitions=many (server.properties, line 4) is not allowed: "
        "it must be a whole number, 1 or more"
    )


def test_a_wrong_override_and_a_wrong_variable_name_themselves(tmp_path: Path) -> None:
    file = server_properties(tmp_path)
    assert (
        "num.partitions=0 (--override) is not allowed"
        in zkbroker("broker", file, "--override", "num.partitions=0").sentence
    )
    outcome = zkbroker("broker", file, environment={"KAFKA_NUM_PARTITIONS": "0"})
    assert "num.partitions=0 (environment variable KAFKA_NUM_PARTITIONS) is not allowed" in outcome.sentence


def test_a_refused_key_says_what_to_do(tmp_path: Path) -> None:
    outcome = zkbroker("broker", server_properties(tmp_path, process_roles="broker"))
    assert outcome.code == 1
    assert outcome.sentence.endswith("KRaft mode is not served; remove it and set zookeeper.connect")


def test_a_protection_that_cannot_be_had_stops_the_start(tmp_path: Path) -> None:
    file = server_properties(tmp_path, authorizer_class_name="com.example.MyAuthorizer")
    outcome = zkbroker("broker", file)
    assert outcome.code == 1
    assert "would let everybody in" in outcome.sentence


def test_a_taken_port_of_the_embedded_zookeeper(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = zkbroker("zookeeper", "--port", str(port), "--data", str(tmp_path))
    assert outcome.code == 1
    assert str(port) in outcome.sentence
    assert outcome.sentence.endswith("choose another port with --port")


def test_explain_says_value_origin_and_effect(tmp_path: Path) -> None:
    file = server_properties(tmp_path, log_retention_hours="2", num_io_threads="4")
    outcome = zkbroker("config", "explain", "log.retention.ms", file)
    assert outcome.code == 0
    assert "log.retention.ms=null  (default)" in outcome.stdout
    assert "in force   7200000  (log.retention.hours, server.properties, line 4)" in outcome.stdout
    assert "How long records are kept" in outcome.stdout
    outcome = zkbroker("config", "explain", "num.io.threads", file)
    assert "num.io.threads=4  (server.properties, line 5)" in outcome.stdout
    assert "accepted, without effect here: one event loop" in outcome.stdout


def test_explain_without_a_file_and_of_topic_keys() -> None:
    outcome = zkbroker("config", "explain", "retention.ms", "--override", "log.retention.minutes=1")
    assert (
        "retention.ms=60000  (a topic that does not set it: broker key log.retention.minutes"
        in outcome.stdout
    )
    assert "refused if true" in zkbroker("config", "explain", "remote.storage.enable").stdout
    assert "refused unless it is nothing" in zkbroker("config", "explain", "process.roles").stdout


def test_explain_hides_secrets() -> None:
    outcome = zkbroker("config", "explain", "ssl.key.password", "--override", "ssl.key.password=hunter2")
    assert "ssl.key.password=[hidden]  (--override)" in outcome.stdout
    assert "hunter2" not in outcome.stdout


def test_explain_lists_keys_by_a_part_of_their_name() -> None:
    outcome = zkbroker("config", "explain", "lag.time")
    assert outcome.stdout == "broker replica.lag.time.max.ms\n"
    outcome = zkbroker("config", "explain", "no.such.key")
    assert outcome.code == 1
    assert outcome.sentence == "zkbroker: no.such.key is no configuration key, nor a part of one"


@pytest.mark.parametrize(
    "key", ["broker.id", "leader.replication.throttled.rate", "zookeeper.clientCnxnSocket"]
)
def test_explain_knows_every_kind_of_key(key: str) -> None:
    assert zkbroker("config", "explain", key).stdout.startswith(f"{key}=")
