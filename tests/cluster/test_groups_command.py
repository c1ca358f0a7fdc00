"""Kafka's own ConsumerGroupCommand at work on a cluster of three."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from tests.cluster.consumer_groups import ConsumerGroup
from tests.support.peers import CONSUMER_GROUPS, JavaTools, ToolResult
from zkbroker.testing.cluster import Cluster

pytestmark = pytest.mark.peers

HOUR_MS = 3_600_000
AGES_H = (5, 4, 3, 2, 1)  # of the records of each partition: one an hour, the last an hour old

Offsets = dict[tuple[str, int], int]


@attrs.frozen
class Command:
    """Runs the tool against the whole cluster."""

    tools: JavaTools
    bootstrap: str

    async def run(self, *args: str) -> ToolResult:
        result = await self.tools.run_in_thread(CONSUMER_GROUPS, "--bootstrap-server", self.bootstrap, *args)
        return result.require_success()

    async def say(self, *args: str) -> str:
        """What it prints, on either stream."""
        result = await self.run(*args)
        return result.output + result.errors

    async def table(self, *args: str) -> list[dict[str, str]]:
        """The rows it prints, by the names of their columns; no cell has a space in it."""
        lines = [line.split() for line in (await self.say(*args)).splitlines()]
        at = next(number for number, words in enumerate(lines) if words[:1] == ["GROUP"])
        header, *rows = [words for words in lines[at:] if words]
        return [dict(zip(header, row, strict=True)) for row in rows if row != header]


@pytest.fixture
def command(cluster: Cluster, java_tools: JavaTools) -> Command:
    return Command(java_tools, cluster.bootstrap)


async def test_a_group_at_work_is_described_and_left_alone(cluster: Cluster, command: Command) -> None:
    topic = await cluster.create_topic("read", partitions=4, replication_factor=3)
    group = ConsumerGroup(cluster, "at-work", topic, 4)
    try:
        for partition in range(4):
            await cluster.client.produce(topic, b"before", partition=partition)
        first = group.add("confluent_kafka", session_ms=60_000)
        second = group.add("confluent_kafka", session_ms=60_000)
        await group.wait_shared(first, second, what="two members")
        await group.wait_committed(dict.fromkeys(range(4), 1))
        for member in (first, second):  # alive for a minute yet, and behind from now on
            member.process.pause()
        for partition in range(4):
            for _ in range(partition):
                await cluster.client.produce(topic, b"after", partition=partition)

        rows = await command.table("--describe", "--group", "at-work")
        assert {
            int(row["PARTITION"]): (row["CURRENT-OFFSET"], row["LOG-END-OFFSET"], row["LAG"]) for row in rows
        } == {partition: ("1", str(1 + partition), str(partition)) for partition in range(4)}
        assert {row["TOPIC"] for row in rows} == {topic} and {row["HOST"] for row in rows} == {"/127.0.0.1"}
        owners: dict[str, set[int]] = {}
        for row in rows:
            owners.setdefault(row["CONSUMER-ID"], set()).add(int(row["PARTITION"]))
        assert sorted(map(sorted, owners.values())) == sorted(map(sorted, (first.owned, second.owned)))

        members = await command.table("--describe", "--group", "at-work", "--members", "--verbose")
        assert {row["CONSUMER-ID"] for row in members} == set(owners)
        assert {row["#PARTITIONS"] for row in members} == {"2"}
        assert {row["ASSIGNMENT"] for row in members} == {"(0,1)", "(2,3)"}  # 3.9 forgot the topic

        stated = (await command.say("--describe", "--group", "at-work", "--state")).split()
        coordinator = cluster.brokers[await group.coordinator()]
        assert stated[-6:] == [
            "at-work",
            coordinator.bootstrap,
            f"({coordinator.broker_id})",
            "range",
            "Stable",
            "2",
        ]

        assert (await command.say("--list")).split() == ["at-work"]
        assert (await command.say("--list", "--state", "Stable")).split()[-2:] == ["at-work", "Stable"]
        assert "at-work" not in await command.say("--list", "--state", "Empty,Dead")
        assert (await command.say("--list", "--type")).split()[-2:] == ["at-work", "Classic"]
        assert "at-work" not in await command.say("--list", "--type", "consumer")

        reset = ("--reset-offsets", "--group", "at-work", "--all-topics", "--to-earliest", "--execute")
        assert "group 'at-work' is inactive, but the current state is Stable" in await command.say(*reset)
        assert "NotEmptyException" in await command.say("--delete", "--group", "at-work")
        refused = await command.say("--delete-offsets", "--group", "at-work", "--topic", topic)
        assert refused.count("subscribed to it") >= 4, refused
        assert await group.committed() == dict.fromkeys(range(4), 1)
    finally:
        group.end()


async def test_groups_without_members(cluster: Cluster, command: Command) -> None:
    """Of a dozen groups, kept by all three brokers, each is found, described, and deleted."""
    topic = await cluster.create_topic("read", partitions=2, replication_factor=3)
    names = sorted(f"group-{number}" for number in range(12))
    groups = [ConsumerGroup(cluster, name, topic, 2) for name in names]
    for number, group in enumerate(groups):
        await group.commit({(topic, 0): number, (topic, 1): number})
    assert len({await group.coordinator() for group in groups}) == 3
    assert sorted((await command.say("--list")).split()) == names
    said = await command.say("--describe", "--all-groups")
    assert all(f"Consumer group '{name}' has no active members." in said for name in names)
    assert sum(line.startswith("group-") for line in said.splitlines()) == 24
    said = await command.say("--describe", "--group", "group-3", "--state")
    assert said.split("\nConsumer group")[0].split()[-2:] == ["Empty", "0"]
    assert "Consumer group 'nobody' does not exist." in await command.say("--describe", "--group", "nobody")

    said = await command.say("--delete-offsets", "--group", "group-3", "--topic", f"{topic}:1")
    assert said.split()[-3:] == [topic, "1", "Successful"], said
    assert await groups[names.index("group-3")].committed() == {0: names.index("group-3")}
    deleted = await command.say("--delete", "--group", "group-1", "--group", "group-2")
    assert "successful" in deleted
    assert sorted((await command.say("--list")).split()) == sorted(set(names) - {"group-1", "group-2"})
    assert "GroupIdNotFoundException" in await command.say("--delete", "--group", "group-1")
    assert "successful" in await command.say("--delete", "--all-groups")
    assert (await command.say("--list")).split() == []


# -- resetting ----------------------------------------------------------------------------------------------------

BASE = 2  # where every partition stands before a reset


@attrs.frozen
class Reset:
    """A kind of reset: its options, and the offset every partition gets."""

    name: str
    options: Sequence[str]
    offset: int


def resets(now_ms: int) -> list[Reset]:
    def at(hours: float) -> str:
        return datetime.fromtimestamp(now_ms / 1000 - hours * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%S.000")

    return [
        Reset("earliest", ["--to-earliest"], 0),
        Reset("latest", ["--to-latest"], 5),
        Reset("current", ["--to-current"], BASE),
        Reset("offset", ["--to-offset", "3"], 3),
        Reset("offset too high", ["--to-offset", "33"], 5),
        Reset("forward", ["--shift-by", "2"], 4),
        Reset("back", ["--shift-by", "-1"], 1),
        Reset("back too far", ["--shift-by", "-9"], 0),
        Reset("datetime", ["--to-datetime", at(3.5)], 2),
        Reset("datetime after all", ["--to-datetime", at(0.1)], 5),
        Reset("duration", ["--by-duration", "PT1H30M"], 4),
        Reset("long duration", ["--by-duration", "P1D"], 0),
    ]


async def test_offsets_are_reset(
    cluster: Cluster, command: Command, tmp_path: Path, full_counts: bool
) -> None:
    """Every kind of reset in every scope, of which the short run takes one for each kind."""
    now_ms = int(time.time() * 1000)
    topics = [await cluster.create_topic(name, partitions=2, replication_factor=3) for name in ("one", "two")]
    everything = [(topic, partition) for topic in topics for partition in range(2)]
    for topic, partition in everything:
        for age in AGES_H:
            await cluster.client.produce(
                topic, b"old", partition=partition, timestamp_ms=now_ms - age * HOUR_MS
            )
    group = ConsumerGroup(cluster, "reset", topics[0], 2)
    scopes: Mapping[tuple[str, ...], list[tuple[str, int]]] = {
        ("--all-topics",): everything,
        ("--topic", "one"): [("one", 0), ("one", 1)],
        ("--topic", "one:1"): [("one", 1)],
        ("--topic", "one:0,1", "--topic", "two:0"): [("one", 0), ("one", 1), ("two", 0)],
    }
    kinds = resets(now_ms)
    cases = (
        list(itertools.product(kinds, scopes)) if full_counts else list(zip(kinds, itertools.cycle(scopes)))
    )
    base = dict.fromkeys(everything, BASE)
    for kind, scope in cases:
        await group.commit(base)
        wanted = dict.fromkeys(scopes[scope], kind.offset)
        call = ("--reset-offsets", "--group", "reset", *scope, *kind.options)
        for how in (("--dry-run",), ()):
            assert await _planned(command, *call, *how) == wanted, (kind, scope, how)
            assert await group.all_committed() == base, (kind, scope, how)
        assert await _planned(command, *call, "--execute") == wanted, (kind, scope)
        assert await group.all_committed() == base | wanted, (kind, scope)

    exported = await command.say(
        "--reset-offsets", "--group", "reset", "--all-topics", "--to-latest", "--export"
    )
    plan = tmp_path / "plan.csv"
    plan.write_text("\n".join(line for line in exported.splitlines() if line[:3] in ("one", "two")))
    assert len(plan.read_text().splitlines()) == 4, exported
    call = ("--reset-offsets", "--group", "reset", "--from-file", str(plan))
    await group.commit(base)
    wanted = dict.fromkeys(everything, 5)
    assert await _planned(command, *call, "--dry-run") == wanted
    assert await group.all_committed() == base
    assert await _planned(command, *call, "--execute") == wanted
    assert await group.all_committed() == wanted


async def _planned(command: Command, *args: str) -> Offsets:
    """The offsets that a reset prints. 3.9 forgets to end the lines of that table."""
    words = (await command.run(*args)).output.split()
    rows = words[words.index("NEW-OFFSET") + 1 :]
    return {
        (topic, int(number)): int(offset)
        for topic, number, offset in zip(rows[1::4], rows[2::4], rows[3::4], strict=True)
    }
