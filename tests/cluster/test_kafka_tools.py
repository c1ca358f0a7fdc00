"""Kafka's own tools for topics, configurations, reassignments and elections, on a cluster of three.

With --on kafka the same commands run on Apache Kafka and prove what is expected here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.cluster.conftest import NewCluster
from tests.support.peers import (
    CONFIG_COMMAND,
    LEADER_ELECTION,
    REASSIGN_PARTITIONS,
    TOPIC_COMMAND,
    JavaTools,
    ToolResult,
)
from zkbroker.testing.cluster import Cluster

pytestmark = pytest.mark.peers

PARTITION = re.compile(r"Partition: (\d+)\s+Leader: (\S+)\s+Replicas: (\S+)\s+Isr: (\S+)")


@attrs.define(eq=False)
class Operator:
    """Runs the tools on a cluster."""

    cluster: Cluster
    tools: JavaTools
    directory: Path

    async def run(self, tool: str, *args: str) -> ToolResult:
        running = [b.bootstrap for n, b in self.cluster.brokers.items() if n in self.cluster.running]
        return await self.tools.run_in_thread(tool, "--bootstrap-server", ",".join(running), *args)

    async def done(self, tool: str, *args: str) -> str:
        return (await self.run(tool, *args)).require_success().output

    def file(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.directory / name
        path.write_text(json.dumps(content))
        return str(path)

    async def described(self, topic: str) -> list[tuple[int, str, str, str]]:
        """Number, leader, replicas and ISR of each partition, as kafka-topics --describe shows them; none at times:
        it says that a topic does not exist when it asks a broker that has just started.
        """
        shown = (await self.run(TOPIC_COMMAND, "--describe", "--topic", topic)).output
        return [(int(number), *rest) for number, *rest in PARTITION.findall(shown)]

    async def wait_described(self, topic: str, *expected: tuple[int, str, str, str]) -> None:
        async def is_so() -> bool:
            return await self.described(topic) == list(expected)

        await self.cluster.wait_until(is_so, f"{topic} is {expected}")

    async def configs(self, *entity: str) -> dict[str, str]:
        """What kafka-configs --describe shows of an entity's own configuration."""
        shown = await self.done(CONFIG_COMMAND, "--describe", *entity)
        return dict(re.findall(r"^  (\S+?)=(\S*) ", shown, re.MULTILINE))

    async def wait_configs(self, entity: Sequence[str], expected: Mapping[str, str]) -> None:
        """Brokers follow their own configuration a moment later."""

        async def is_so() -> bool:
            return await self.configs(*entity) == expected

        await self.cluster.wait_until(is_so, f"{' '.join(entity)} has {dict(expected)}")

    def moves(self, name: str, topic: str, replicas: Sequence[Sequence[int]]) -> str:
        """A file for --reassignment-json-file: replica lists of partition 0, 1, …"""
        partitions = [
            {"topic": topic, "partition": number, "replicas": list(brokers)}
            for number, brokers in enumerate(replicas)
        ]
        return self.file(name, {"version": 1, "partitions": partitions})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


async def test_topics_and_configurations(
    new_cluster: NewCluster, java_tools: JavaTools, directory: Path
) -> None:
    async with new_cluster() as cluster:
        op = Operator(cluster, java_tools, directory)
        created = await op.done(TOPIC_COMMAND, "--create", "--topic", "t", "--replica-assignment", "1:2,2:3")
        assert "Created topic t." in created
        await op.wait_described("t", (0, "1", "1,2", "1,2"), (1, "2", "2,3", "2,3"))
        await op.done(TOPIC_COMMAND, "--alter", "--topic", "t", "--partitions", "3")

        async def has_grown() -> bool:
            return [row[0] for row in await op.described("t")] == [0, 1, 2]

        await cluster.wait_until(has_grown, "t has three partitions")
        refused = await op.run(TOPIC_COMMAND, "--alter", "--topic", "t", "--partitions", "2")
        assert refused.exit_code == 1
        assert "Topic currently has 3 partitions, which is higher than the requested 2." in refused.output

        topic = ("--entity-type", "topics", "--entity-name", "t")
        added = ("--alter", "--add-config", "retention.ms=60000,cleanup.policy=[compact,delete]")
        assert "Completed updating config for topic t." in await op.done(CONFIG_COMMAND, *topic, *added)
        assert await op.configs(*topic) == {"retention.ms": "60000", "cleanup.policy": "compact,delete"}
        await op.done(CONFIG_COMMAND, *topic, "--alter", "--delete-config", "cleanup.policy")
        assert await op.configs(*topic) == {"retention.ms": "60000"}

        everyone = ("--entity-type", "brokers", "--entity-default")
        one = ("--entity-type", "brokers", "--entity-name", "2")
        await op.done(CONFIG_COMMAND, *everyone, "--alter", "--add-config", "log.retention.ms=70000")
        await op.done(CONFIG_COMMAND, *one, "--alter", "--add-config", "log.retention.ms=80000")
        await op.wait_configs(everyone, {"log.retention.ms": "70000"})
        await op.wait_configs(one, {"log.retention.ms": "80000"})
        await op.done(CONFIG_COMMAND, *one, "--alter", "--delete-config", "log.retention.ms")
        await op.wait_configs(one, {})
        bad = await op.run(CONFIG_COMMAND, *one, "--alter", "--add-config", "zookeeper.connect=elsewhere:1")
        assert bad.exit_code == 1

        await op.done(TOPIC_COMMAND, "--delete", "--topic", "t")

        async def has_gone() -> bool:
            return (await op.done(TOPIC_COMMAND, "--list")).split() == []

        await cluster.wait_until(has_gone, "no topic is left")


async def test_a_reassignment_generated_executed_with_a_throttle_verified_and_cancelled(
    new_cluster: NewCluster, java_tools: JavaTools, directory: Path
) -> None:
    async with new_cluster() as cluster:
        op = Operator(cluster, java_tools, directory)
        await op.done(TOPIC_COMMAND, "--create", "--topic", "t", "--replica-assignment", "1:2,2:1")
        for _ in range(40):
            await cluster.client.produce("t", bytes(50_000), acks=-1)

        topics = op.file("topics.json", {"version": 1, "topics": [{"topic": "t"}]})
        generated = await op.done(
            REASSIGN_PARTITIONS, "--generate", "--topics-to-move-json-file", topics, "--broker-list", "2,3"
        )
        current, proposed = (json.loads(line) for line in generated.splitlines() if line.startswith("{"))
        assert [p["replicas"] for p in current["partitions"]] == [[1, 2], [2, 1]]
        assert {b for p in proposed["partitions"] for b in p["replicas"]} == {2, 3}

        moves = op.moves("moves.json", "t", [(2, 3), (2, 1)])
        file = ("--reassignment-json-file", moves)
        executed = await op.done(REASSIGN_PARTITIONS, "--execute", *file, "--throttle", "100000")
        assert "The inter-broker throttle limit was set to 100000 B/s" in executed
        assert "Successfully started partition reassignments for t-0,t-1" in executed
        topic = ("--entity-type", "topics", "--entity-name", "t")
        throttled = await op.configs(*topic)
        assert set(throttled["leader.replication.throttled.replicas"].split(",")) == {
            "0:1",
            "0:2",
            "1:1",
            "1:2",
        }
        assert throttled["follower.replication.throttled.replicas"] == "0:3"
        broker = ("--entity-type", "brokers", "--entity-name", "3")
        rates = dict.fromkeys(
            ("leader.replication.throttled.rate", "follower.replication.throttled.rate"), "100000"
        )
        await op.wait_configs(broker, rates)
        shown = await op.done(REASSIGN_PARTITIONS, "--list")
        assert re.search(r"t-0: replicas: 2,3,1\. adding: 3\. removing: 1\.", shown), shown
        verified = await op.done(REASSIGN_PARTITIONS, "--verify", *file)
        assert "Reassignment of partition t-0 is still in progress." in verified
        assert "Reassignment of partition t-1 is completed." in verified

        cancelled = await op.done(REASSIGN_PARTITIONS, "--cancel", *file)
        assert "Successfully cancelled partition reassignment for: t-0" in cancelled
        await op.wait_described("t", (0, "1", "2,1", "1,2"), (1, "2", "2,1", "2,1"))
        assert await op.configs(*topic) == {}, "cancelling clears the throttles"
        assert "No partition reassignments found." in await op.done(REASSIGN_PARTITIONS, "--list")

        await op.done(REASSIGN_PARTITIONS, "--execute", *file, "--throttle", "50000000")

        async def is_complete() -> bool:
            said = await op.done(REASSIGN_PARTITIONS, "--verify", *file)
            return "Reassignment of partition t-0 is completed." in said

        await cluster.wait_until(is_complete, "the reassignment is complete")
        (first, *_) = await op.described("t")
        assert first[:3] == (0, "2", "2,3") and set(first[3]) == set("2,3")
        assert await op.configs(*topic) == {}, "so does verifying one that is complete"
        await op.wait_configs(broker, {})
        assert await cluster.client.list_offset("t", 0) == 40


async def test_leaders_elected_preferred_and_unclean(
    new_cluster: NewCluster, java_tools: JavaTools, directory: Path
) -> None:
    async with new_cluster(auto_leader_rebalance_enable="false") as cluster:
        op = Operator(cluster, java_tools, directory)
        await op.done(TOPIC_COMMAND, "--create", "--topic", "t", "--replica-assignment", "1:2")
        one = ("--topic", "t", "--partition", "0")
        needless = await op.done(LEADER_ELECTION, "--election-type", "preferred", *one)
        assert "Valid replica already elected for partitions t-0" in needless
        await op.done(
            REASSIGN_PARTITIONS, "--execute", "--reassignment-json-file", op.moves("m", "t", [(2, 1)])
        )
        await op.wait_described("t", (0, "1", "2,1", "1,2"))
        elected = await op.done(LEADER_ELECTION, "--election-type", "preferred", "--all-topic-partitions")
        assert "Successfully completed leader election (PREFERRED) for partitions t-0" in elected
        await op.wait_described("t", (0, "2", "2,1", "1,2"))

        await cluster.stop(1)
        await op.wait_described("t", (0, "2", "2,1", "2"))
        await cluster.stop(2)
        await op.wait_described("t", (0, "none", "2,1", "2"))
        await cluster.restart(1)
        await op.wait_described("t", (0, "none", "2,1", "2"))
        elected = await op.done(LEADER_ELECTION, "--election-type", "unclean", *one)
        assert "Successfully completed leader election (UNCLEAN) for partitions t-0" in elected
        await op.wait_described("t", (0, "1", "2,1", "1"))
        again = await op.done(LEADER_ELECTION, "--election-type", "unclean", *one)
        assert "Valid replica already elected for partitions t-0" in again
        nobody = await op.run(LEADER_ELECTION, "--election-type", "preferred", *one)
        assert nobody.exit_code == 1
        assert "1 replica(s) could not be elected" in nobody.output + nobody.errors
