"""kafka-configs beside Kafka's ConfigCommand."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both, run_tool, sorted_lines
from zkbroker.cli.commands import tool_named

CONFIGS, TOPICS = "kafka-configs", "kafka-topics"
WAIT_S = 30.0


def eventually(place: Place, line: str, wanted: str) -> None:
    """Wait until every broker says so.

    Brokers follow what is written to ZooKeeper a moment later, as Kafka's do, and Kafka's command asks any of them.
    """
    deadline_s = time.monotonic() + WAIT_S
    for server in place.bootstrap.split(","):
        words = ["--bootstrap-server", server, *line.split()]
        while wanted not in (said := run_tool(tool_named(CONFIGS), words)).output:
            assert time.monotonic() < deadline_s, said
            time.sleep(0.05)


def sorted_values(text: str) -> str:
    """Quotas in any order: Kafka's come from a hash table."""
    return "\n".join(
        f"{start} are {', '.join(sorted(values.split(', ')))}"
        for start, _, values in (line.partition(" are ") for line in sorted(text.splitlines()))
    )


def count(text: str) -> str:
    """How many lines."""
    return str(text.count("\n"))


@pytest.mark.peers
def test_topics(both: Both) -> None:
    both.same(TOPICS, "{b} --create --topic {me}-configured", code=0)
    added = "--add-config retention.ms=1000,cleanup.policy=[delete,compact],min.insync.replicas=1"
    both.same(CONFIGS, "{b} --alter --topic {me}-configured " + added, code=0)
    both.same(CONFIGS, "{b} --describe --topic {me}-configured", code=0)
    both.same(CONFIGS, "{b} --describe --entity-type topics --entity-name {me}-configured --all", code=0)
    both.same(
        CONFIGS, "{b} --alter --topic {me}-configured --delete-config retention.ms,cleanup.policy", code=0
    )
    both.same(CONFIGS, "{b} --alter --topic {me}-configured --delete-config retention.ms", code=1)
    both.same(CONFIGS, "{b} --describe --entity-type topics --entity-name {me}-configured", code=0)


@pytest.mark.peers
def test_brokers(both: Both, place: Place) -> None:
    for side in (both.kafka, both.ours):
        set_up = side(CONFIGS, "{b} --alter --broker 1 --add-config log.cleaner.threads=2")
        assert (set_up.code, set_up.output) == (0, "Completed updating config for broker 1.\n")
    eventually(place, "--describe --broker 1", "log.cleaner.threads=2")
    both.same(CONFIGS, "{b} --describe --broker 1", code=0)
    both.same(CONFIGS, "{b} --describe --entity-type brokers --entity-name 1", code=0)
    both.same(CONFIGS, "{b} --describe --broker 2 --all", code=0)
    assert both.ours(CONFIGS, "{b} --alter --broker-defaults --add-config log.retention.ms=5000000").code == 0
    eventually(place, "--describe --broker-defaults", "log.retention.ms=5000000")
    both.same(CONFIGS, "{b} --describe --broker-defaults", code=0)
    both.same(CONFIGS, "{b} --alter --broker-defaults --delete-config nosuch", code=1)
    assert both.ours(CONFIGS, "{b} --alter --broker-defaults --delete-config log.retention.ms").code == 0
    assert both.ours(CONFIGS, "{b} --alter --broker 1 --delete-config log.cleaner.threads").code == 0


@pytest.mark.peers
def test_quotas_and_users(both: Both, place: Place) -> None:
    both.same(
        CONFIGS,
        "{b} --alter --user {me} --add-config producer_byte_rate=1024,consumer_byte_rate=2048",
        code=0,
    )
    both.same(CONFIGS, "{b} --alter --user {me} --client c --add-config request_percentage=50", code=0)
    both.same(CONFIGS, "{b} --alter --client {me}-c --add-config producer_byte_rate=5", code=0)
    for me in ("java", "ours"):
        pair = f"--entity-type users --entity-name {me} --entity-type clients --entity-name c"
        eventually(place, "--describe " + pair, "request_percentage")
        eventually(place, "--describe --entity-type clients", f"{me}-c")
    both.same(CONFIGS, "{b} --describe --user {me}", normalise=sorted_values, code=0)
    both.same(
        CONFIGS,
        "{b} --describe --entity-type clients --entity-name c --entity-type users --entity-name {me}",
        code=0,
    )
    both.same(CONFIGS, "{b} --describe --entity-type users --entity-type clients", normalise=count)
    both.same(
        CONFIGS, "{b} --alter --user {me} --delete-config producer_byte_rate,consumer_byte_rate", code=0
    )
    both.same(
        CONFIGS,
        "{b} --alter --user {me} --add-config SCRAM-SHA-256=[iterations=8192,password=secret]",
        code=0,
    )
    for me in ("java", "ours"):
        eventually(place, f"--describe --user {me}", "SCRAM-SHA-256=iterations=8192")
    both.same(CONFIGS, "{b} --describe --user {me}", code=0)
    both.same(CONFIGS, "{b} --alter --user {me} --delete-config SCRAM-SHA-256", code=0)
    both.same(CONFIGS, "{b} --alter --user nosuch --delete-config SCRAM-SHA-256", code=1)
    both.same(CONFIGS, "{b} --alter --ip 127.0.0.9 --add-config connection_creation_rate=10", code=0)
    eventually(place, "--describe --ip 127.0.0.9", "connection_creation_rate=10.0")
    both.same(CONFIGS, "{b} --describe --ip 127.0.0.9", code=0)
    both.same(CONFIGS, "{b} --alter --client-defaults --add-config producer_byte_rate=5000000", code=0)
    eventually(place, "--describe --client-defaults", "producer_byte_rate")
    both.same(CONFIGS, "{b} --describe --client-defaults", code=0)
    both.ours(CONFIGS, "{b} --alter --client-defaults --delete-config producer_byte_rate")
    both.ours(CONFIGS, "{b} --alter --ip 127.0.0.9 --delete-config connection_creation_rate")


@pytest.mark.peers
@pytest.mark.parametrize(
    "line",
    [
        "{b} --describe --topic nosuch",
        "{b} --alter --topic {me}-x --add-config nosuch",
        "{b} --alter --topic __consumer_offsets --add-config retention.ms=foo",
        "{b} --alter --topic __consumer_offsets --add-config nosuch=1",
        "{b} --alter --broker 1 --add-config broker.id=2",
        "{b} --alter --broker x --add-config broker.id=2",
        "{b} --alter --user bob --add-config SCRAM-SHA-256=[iterations=1,password=secret]",
        "{b} --alter --user a --add-config foo=1",
        "{b} --alter --client a --add-config foo=1",
        "{b} --alter --client a --delete-config producer_byte_rate",
        "{b} --alter --ip 127.0.0.1 --add-config foo=1",
        "{b} --alter --user-defaults --add-config SCRAM-SHA-256=[password=secret]",
        "{b} --describe",
        "{b}",
        "--describe --topic z",
        "{b} --alter --entity-type topics --add-config a=b",
        "{b} --alter --entity-type users --add-config a=b",
        "{b} --describe --entity-type foo",
        "--zookeeper {zk} --alter --broker 9 --add-config listener.name.l.ssl.key.password=x",
        "{b} --describe --entity-type topics --entity-type brokers",
        "{b} --describe --topic z --delete-config x",
        "{b} --zookeeper {zk} --describe --entity-type users",
        "--version",
    ],
)
def test_errors(both: Both, line: str) -> None:
    both.same(CONFIGS, line, code=0 if line == "--version" else 1)


@pytest.mark.peers
def test_zookeeper(both: Both) -> None:
    where = "--zookeeper {zk} "
    added = "--add-config SCRAM-SHA-512=[password=x]"
    both.same(CONFIGS, where + "--alter --entity-type users --entity-name {me} " + added, code=0)
    said = both.ours(CONFIGS, where + "--describe --entity-type users --entity-name ours")
    theirs = both.kafka(CONFIGS, where + "--describe --entity-type users --entity-name ours")
    shown = [sorted(re.split(r"[, ]", line.replace("ours", "side"))) for line in theirs.lines]
    assert [sorted(re.split(r"[, ]", line)) for line in said.lines] == shown  # the keys come in any order
    both.same(
        CONFIGS,
        where + "--alter --entity-type users --entity-name {me} --delete-config SCRAM-SHA-512",
        code=0,
    )
    both.same(
        CONFIGS,
        where + "--alter --entity-type users --entity-name {me} --delete-config SCRAM-SHA-512",
        code=1,
    )
    alter = "--alter --entity-type brokers --entity-name 1 --add-config log.cleaner.threads=2"
    for side in (both.ours, both.kafka):
        running = side(CONFIGS, where + alter)
        assert running.code == 1 and "broker 1 is running" in running.output + running.sentence


def test_zookeeper_as_in_kafka_2(place: Place) -> None:
    """Old courses configure topics and quotas so; what is written there counts at once."""

    def said(line: str, code: int = 0) -> str:
        result = run_tool(tool_named(CONFIGS), ["--zookeeper", place.zookeeper, *line.split()])
        assert result.exit_code == code, result
        assert result.output.startswith("Warning: --zookeeper is deprecated"), result
        return "\n".join([*result.output.splitlines()[2:], *result.errors.splitlines()])

    place.create("course")
    topic = "--entity-type topics --entity-name course"
    assert said(f"--alter {topic} --add-config min.insync.replicas=1,retention.ms=99") == (
        "Completed updating config for entity: topics 'course'."
    )
    assert (
        said(f"--describe {topic}") == "Configs for topics 'course' are min.insync.replicas=1,retention.ms=99"
    )
    assert said(f"--alter {topic} --delete-config retention.ms").startswith("Completed")
    eventually(place, "--describe --topic course", "min.insync.replicas=1")
    assert "Configs for topics 'course' are min.insync.replicas=1" in said("--describe --entity-type topics")
    for wrong, sentence in (
        (f"{topic} --add-config nosuch=1", "nosuch"),
        (f"{topic} --add-config retention.ms=soon", "retention.ms"),
        (f"{topic} --delete-config retention.ms", "Invalid config(s): retention.ms"),
        ("--entity-type topics --entity-name nosuch --add-config retention.ms=1", "'nosuch' does not exist"),
        (
            "--entity-type clients --entity-name c2 --add-config producer_byte_rate=fast",
            "a whole number above 0",
        ),
        (
            "--entity-type clients --entity-name c2 --add-config nosuch=1",
            "Unknown Dynamic Configuration: nosuch",
        ),
    ):
        assert sentence in said(f"--alter {wrong}", code=1), wrong
    client = "--entity-type clients --entity-name c2"
    both = f"{client} --entity-type users --entity-name u2"
    for entity, called in (
        (client, "client-id 'c2'"),
        (both, "user-principal 'u2', client-id 'c2'"),
        ("--entity-type clients --entity-default", "the default client-id"),
        ("--entity-type ips --entity-name 127.0.0.3", "ip '127.0.0.3'"),
    ):
        quota = "connection_creation_rate=1000000" if "ips" in entity else "producer_byte_rate=1000000000"
        done = said(f"--alter {entity} --add-config {quota}")
        assert done == f"Completed updating config for entity: {called}."
        assert said(f"--describe {entity}") == f"Configs for {called} are {quota}"
        eventually(place, f"--describe {entity}", quota)
        said(f"--alter {entity} --delete-config {quota.partition('=')[0]}")
    throttle = "--entity-type brokers --entity-name 1 --{} leader.replication.throttled.rate"
    said("--alter " + throttle.format("add-config") + "=1000000000")
    eventually(place, "--describe --broker 1", "leader.replication.throttled.rate=1000000000")
    assert said("--describe --entity-type brokers --entity-name 1").startswith("Configs for brokers '1' are ")
    said("--alter " + throttle.format("delete-config"))
    run_tool(tool_named(TOPICS), ["--bootstrap-server", place.bootstrap, "--delete", "--topic", "course"])


def test_output_for_programs(place: Place) -> None:
    words = [
        "--bootstrap-server",
        place.bootstrap,
        "--describe",
        "--broker",
        "1",
        "--all",
        "--output",
        "json",
    ]
    rows = {row["key"]: row for row in json.loads(run_tool(tool_named(CONFIGS), words).output)}
    assert rows["broker.id"]["value"] == "1"
    assert rows["log.cleaner.threads"]["source"] in ("DEFAULT_CONFIG", "DYNAMIC_BROKER_CONFIG")
    assert sorted_lines("\n".join(rows)) == "\n".join(rows)
