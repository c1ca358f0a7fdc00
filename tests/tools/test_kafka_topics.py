"""kafka-topics beside Kafka's TopicCommand."""

from __future__ import annotations

import json
import re

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both, run_tool
from zkbroker.cli.commands import tool_named

TOPICS = "kafka-topics"


def by_topic(text: str) -> str:
    """The blocks of --describe in order of topic: Kafka's come from a hash table. No broker ids: they are random."""
    blocks = re.split(r"(?m)^(?=Topic: )", text)
    text = "".join(sorted(blocks))
    return re.sub(
        r"(Leader|Replicas|Isr): [\d,]+", lambda found: f"{found[1]}: {len(found[0].split(','))}", text
    )


@pytest.mark.peers
def test_the_life_of_a_topic(both: Both) -> None:
    both.same(TOPICS, "{b} --create --topic {me}-life --partitions 3 --replication-factor 3", code=0)
    both.same(TOPICS, "{b} --create --topic {me}-life --partitions 3 --replication-factor 3", code=1)
    both.same(TOPICS, "{b} --create --topic {me}-life --if-not-exists", code=0)
    both.same(
        TOPICS, "{b} --create --topic {me}-configs --config cleanup.policy=compact --config retention.ms=1000"
    )
    both.same(TOPICS, "{b} --create --topic {me}.dotted_name", code=0)
    both.same(TOPICS, "{b} --create --topic {me}-placed --replica-assignment 1:2,3:1", code=0)
    both.same(TOPICS, "{b} --describe --topic {me}-(life|configs|placed)", normalise=by_topic, code=0)
    both.same(TOPICS, "{b} --describe --topic {me}-life --exclude-internal", normalise=by_topic)
    both.same(TOPICS, "{b} --describe --topics-with-overrides --topic {me}-.*", normalise=by_topic)
    both.same(TOPICS, "{b} --describe --under-replicated-partitions")
    both.same(TOPICS, "{b} --describe --unavailable-partitions")
    both.same(TOPICS, "{b} --describe --at-min-isr-partitions --topic {me}-configs", normalise=by_topic)
    both.same(TOPICS, "{b} --alter --topic {me}-life --partitions 2", code=1)
    both.same(TOPICS, "{b} --alter --topic {me}-life --partitions 5", code=0)
    both.same(
        TOPICS, "{b} --alter --topic {me}-placed --partitions 3 --replica-assignment 1:2,3:1,2:3", code=0
    )
    both.same(TOPICS, "{b} --describe --topic {me}-placed,{me}-life", normalise=by_topic, code=0)
    both.same(TOPICS, "{b} --list --topic {me}.*", code=0)
    both.same(TOPICS, "{b} --list --exclude-internal --topic {me}.*", code=0)
    both.same(TOPICS, "{b} --delete --topic {me}-life", code=0)
    both.same(TOPICS, "{b} --delete --topic {me}.*", code=0)
    both.same(TOPICS, "{b} --list --topic {me}.*", code=0)


@pytest.mark.peers
@pytest.mark.parametrize(
    "line",
    [
        "{b} --create --topic bad/name",
        "{b} --create --topic {me}-x --config retention.ms",
        "{b} --create --topic {me}-x --partitions 0",
        "{b} --create --topic {me}-x --replication-factor 0",
        "{b} --create --topic {me}-x --replica-assignment 1:1",
        "{b} --create --topic {me}-x --replica-assignment 1:2,3",
        "{b} --create --topic {me}-x --replica-assignment 1:2 --partitions 3",
        "{b} --describe --topic-id AAAAAAAAAAAAAAAAAAAAAQ",
        "{b} --describe --if-exists",
        "{b} --describe --topic nosuch --if-exists",
        "{b} --alter --topic nosuch --partitions 2",
        "{b} --alter --topic nosuch --partitions 2 --if-exists",
        "{b} --alter --topic {me}",
        "{b} --alter --topic {me} --config x=y",
        "{b} --delete --topic nosuch",
        "{b} --delete --topic nosuch --if-exists",
        "{b} --delete",
        "--list",
        "{b}",
        "{b} --topic",
        "{b} --list --partitions 3",
        "{b} --list --replication-factor 3",
        "{b} --delete --topic x --config a=b",
        "{b} --describe --topic a --topic b",
        "{b} --list --if-exists",
        "{b} --describe --if-not-exists --topic x",
        "{b} --describe --topics-with-overrides --under-replicated-partitions",
        "--version",
    ],
)
def test_errors(both: Both, line: str) -> None:
    both.same(TOPICS, line)


@pytest.mark.peers
@pytest.mark.parametrize(("pair", "named"), [("nosuch=1", "nosuch"), ("retention.ms=abc", "retention.ms")])
def test_a_bad_property(both: Both, pair: str, named: str) -> None:
    """The sentence is the broker's, which says more than Kafka's client."""
    line = f"{{b}} --create --topic {{me}}-x --config {pair}"
    for said in (both.kafka(TOPICS, line), both.ours(TOPICS, line)):
        assert said.code == 1
        assert re.fullmatch(rf"Error while executing topic command : .*{named}.*\n", said.output)


def test_output_for_programs(place: Place) -> None:
    servers = ["--bootstrap-server", place.bootstrap]
    topics = tool_named(TOPICS)
    assert run_tool(topics, [*servers, "--create", "--topic", "programs", "--partitions", "2"]).exit_code == 0
    words = [*servers, "--describe", "--topic", "programs", "--output"]
    rows = json.loads(run_tool(topics, [*words, "json"]).output)
    assert [(row["topic"], row["partition"], len(row["replicas"])) for row in rows] == [
        ("programs", 0, 1),
        ("programs", 1, 1),
    ]
    lines = run_tool(topics, [*words, "csv"]).output.splitlines()
    assert lines[0].startswith("topic,topic_id,partition,leader,") and len(lines) == 3
    run_tool(topics, [*servers, "--delete", "--topic", "programs"])


def test_configs_are_described_by_every_broker(place: Place) -> None:
    topics = tool_named(TOPICS)
    servers = place.bootstrap.split(",")
    place.create("told", "--config", "retention.ms=1234", "--replication-factor", "1")
    for server in servers:
        said = run_tool(topics, ["--bootstrap-server", server, "--describe", "--topic", "told"]).output
        assert "Configs: retention.ms=1234\n" in said, server
    run_tool(topics, ["--bootstrap-server", servers[0], "--delete", "--topic", "told"])


def test_zookeeper_as_in_kafka_2(place: Place) -> None:
    topics = tool_named(TOPICS)
    where = ["--zookeeper", place.zookeeper]

    def said(*words: str) -> list[str]:
        result = run_tool(topics, [*where, *words])
        assert result.exit_code == 0, result
        assert result.errors.startswith("Warning: --zookeeper is deprecated")
        return result.output.splitlines()

    created = [
        "--topic",
        "old",
        "--partitions",
        "2",
        "--replication-factor",
        "3",
        "--config",
        "retention.ms=9",
    ]
    assert said("--create", *created) == ["Created topic old."]
    assert "old" in said("--list")
    heading, first, _ = said("--describe", "--topic", "old")
    assert heading == "Topic: old\tPartitionCount: 2\tReplicationFactor: 3\tConfigs: retention.ms=9"
    assert re.fullmatch(r"\tTopic: old\tPartition: 0\tLeader: \S+\tReplicas: \d,\d,\d\tIsr: [\d,]*", first)
    assert said("--alter", "--topic", "old", "--partitions", "3")[-1] == "Adding partitions succeeded!"
    assert said("--alter", "--topic", "old", "--delete-config", "retention.ms") == [
        "Updated config for topic old."
    ]
    assert len(said("--describe", "--topic", "old")) == 4
    assert said("--delete", "--topic", "old")[0] == "Topic old is marked for deletion."
    result = run_tool(
        topics, [*where, "--create", "--topic", "old2", "--partitions", "2", "--replication-factor", "9"]
    )
    assert result.exit_code == 1
    assert result.output == (
        "Error while executing topic command : Replication factor: 9 larger than available brokers: 3.\n"
    )
