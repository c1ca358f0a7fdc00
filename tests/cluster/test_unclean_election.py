"""When every in-sync replica is gone: who waits, who is elected from outside, when, and what that costs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import trio

from tests.cli.commands import Outcome, zkbroker
from tests.cluster.conftest import NewCluster
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from zkbroker.protocol.generated.elect_leaders_response import ElectLeadersResponse
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import BrokerKind
from zkbroker.testing.zookeeper_session import close_session

KEY = "unclean.leader.election.enable"
WITH_EVENTS = BrokerKind(
    "zkbroker",
    lambda file: [
        *(sys.executable, "-m", "zkbroker", "broker", str(file)),
        *("--events", str(file.parent.parent / "events.jsonl")),
    ],
)
FIRST, LATER, ELSEWHERE = 1, 2, 3  # who leads first, who falls behind, who has no replica and stays alive
SHARED, LOST = 5, 10
UNCLEAN, TOPIC, BROKER = 1, 2, 4  # ElectLeaders' type; the types of config resources


async def test_each_policy_acts_at_once_on_partitions_that_wait(
    new_cluster: NewCluster, tmp_path: Path
) -> None:
    async with new_cluster(kinds=dict.fromkeys((1, 2, 3), WITH_EVENTS)) as cluster:
        topics = ("asked-for", "by-topic", "by-default", "never")
        for topic in topics:
            await create(cluster, topic, {KEY: "false"} if topic == "never" else {})
        await lose_every_replica(cluster, topics)
        assert (await unclean_elections(cluster)).stdout == "No unclean election has been noted.\n"
        # the policy is off: whoever is not in sync waits for who was
        await cluster.restart(LATER)
        await wait_leaders(cluster, dict.fromkeys(topics, -1))
        await elect_uncleanly(cluster, "asked-for")
        await wait_leaders(cluster, {**dict.fromkeys(topics, -1), "asked-for": LATER})
        await set_config(cluster, TOPIC, "by-topic")
        await wait_leaders(cluster, {"asked-for": LATER, "by-topic": LATER, "by-default": -1, "never": -1})
        await set_config(cluster, BROKER, "")
        elected = dict.fromkeys(topics[:3], LATER)
        await wait_leaders(cluster, {**elected, "never": -1})
        for topic in elected:
            assert await cluster.client.produce(topic, b"after", acks=1) == SHARED, "the rest is lost"
        # the in-sync replica is back: it leads what waited for it, and drops what the others chose to lose
        await cluster.restart(FIRST)
        await wait_leaders(cluster, {**elected, "never": FIRST})
        for topic in topics:
            await cluster.wait_for_isr(topic, 0, {FIRST, LATER})
        assert await cluster.client.list_offset("never", 0) == SHARED + LOST
        kept = [b"shared"] * SHARED + [b"after"]
        for topic in elected:
            records = await cluster.client.read(topic, 0, 0, SHARED + 1)
            assert [record.value for record in records] == kept
        await check_notes(cluster, elected)
        check_feed(cluster, elected)


async def test_with_the_policy_on_the_first_to_return_leads(new_cluster: NewCluster) -> None:
    """The broker default, in server.properties; a topic's override counts for more, also while it runs."""
    async with new_cluster(unclean_leader_election_enable="true") as cluster:
        await create(cluster, "any", {})
        await create(cluster, "in-sync", {})
        await set_config(cluster, TOPIC, "in-sync", "false")
        await lose_every_replica(cluster, ("any", "in-sync"))
        await cluster.restart(LATER)
        await wait_leaders(cluster, {"any": LATER, "in-sync": -1})
        assert await cluster.client.produce("any", b"after", acks=1) == SHARED
        # the leader dies and returns: it is in the ISR now, alone, and that is no unclean election
        await lose(cluster, LATER)
        await wait_leaders(cluster, {"any": -1, "in-sync": -1})
        await cluster.restart(LATER)
        await wait_leaders(cluster, {"any": LATER, "in-sync": -1})
        await cluster.restart(FIRST)
        await wait_leaders(cluster, {"any": LATER, "in-sync": FIRST})
        assert await cluster.client.list_offset("in-sync", 0) == SHARED + LOST
        await cluster.wait_for_isr("any", 0, {FIRST, LATER})

        async def is_recovered() -> bool:
            return bool((await noted(cluster))["any"][-1]["recovered"])

        await cluster.wait_until(is_recovered, "the leader has noted that it is past its recovery")
        (election,) = (await noted(cluster))["any"]
        assert (election["leader"], election["log_end_offset"]) == (LATER, SHARED)
        assert [each["records"] for each in election["dropped"]] == [LOST]


# -- what happens ---------------------------------------------------------------------------------------


async def create(cluster: Cluster, topic: str, configs: dict[str, str]) -> None:
    """A partition that FIRST leads and LATER follows."""
    request = CreateTopicsRequest(
        topics=[
            CreatableTopic(
                name=topic,
                num_partitions=-1,
                replication_factor=-1,
                assignments=[CreatableReplicaAssignment(partition_index=0, broker_ids=[FIRST, LATER])],
                configs=[CreatableTopicConfig(name=key, value=text) for key, text in configs.items()],
            )
        ],
        timeout_ms=30_000,
    )
    answer = await cluster.client.request(await controller(cluster), request, CreateTopicsResponse)
    assert [each.error_code for each in answer.topics] == [0]
    await cluster.wait_for_isr(topic, 0, {FIRST, LATER})


async def lose_every_replica(cluster: Cluster, topics: Iterable[str]) -> None:
    """LATER dies, FIRST takes records alone, FIRST dies."""
    for topic in topics:
        for _ in range(SHARED):
            await cluster.client.produce(topic, b"shared", acks=-1)
    await lose(cluster, LATER)
    for topic in topics:
        await cluster.wait_for_isr(topic, 0, {FIRST})
        batch = build_batch([Record(n, int(time.time() * 1000), None, b"lost") for n in range(LOST)])
        await cluster.client.produce_batch(topic, 0, batch, acks=1)
    await lose(cluster, FIRST)
    await wait_leaders(cluster, dict.fromkeys(topics, -1))


async def lose(cluster: Cluster, broker_id: int) -> None:
    """A broker dies, and its session with it."""
    await cluster.kill(broker_id)
    session = cluster.brokers[broker_id].zookeeper_session.last
    assert session is not None
    await close_session(cluster.zookeeper.port, session)


async def wait_leaders(cluster: Cluster, leaders: dict[str, int]) -> None:
    """Wait until exactly these lead, as the broker says that is always there."""
    asked = cluster.brokers[ELSEWHERE].bootstrap

    async def is_so() -> bool:
        found = {topic: await cluster.client.partition(topic, 0, asked) for topic in leaders}
        return {topic: state.leader for topic, state in found.items()} == leaders

    await cluster.wait_until(is_so, f"the leaders are {leaders}")


async def controller(cluster: Cluster) -> str:
    """The controller's address."""
    found = -1

    async def is_there() -> bool:
        nonlocal found
        answer = await cluster.client.metadata([], cluster.brokers[ELSEWHERE].bootstrap)
        found = answer.controller_id
        return found in cluster.running

    await cluster.wait_until(is_there, "a controller that runs")
    return cluster.brokers[found].bootstrap


async def elect_uncleanly(cluster: Cluster, topic: str) -> None:
    partitions = [TopicPartitions(topic=topic, partitions=[0])]
    request = ElectLeadersRequest(election_type=UNCLEAN, topic_partitions=partitions, timeout_ms=30_000)
    answer = await cluster.client.request(await controller(cluster), request, ElectLeadersResponse)
    assert answer.error_code == ErrorCode.NONE
    assert [p.error_code for t in answer.replica_election_results for p in t.partition_result] == [0]


async def set_config(cluster: Cluster, kind: int, name: str, text: str = "true") -> None:
    """Set the policy of a topic, or (a broker without a name) of the whole cluster."""
    change = AlterableConfig(name=KEY, config_operation=0, value=text)
    resource = AlterConfigsResource(resource_type=kind, resource_name=name, configs=[change])
    request = IncrementalAlterConfigsRequest(resources=[resource])
    answer = await cluster.client.request(await controller(cluster), request, IncrementalAlterConfigsResponse)
    assert [each.error_code for each in answer.responses] == [0]


# -- what it cost, and where that is read --------------------------------------------------------------


async def unclean_elections(cluster: Cluster, *arguments: str) -> Outcome:
    command = ("unclean-elections", "--zookeeper", cluster.zookeeper_connect, *arguments)
    return await trio.to_thread.run_sync(lambda: zkbroker(*command))


async def noted(cluster: Cluster) -> dict[str, list[dict[str, Any]]]:
    """The elections of each topic's one partition."""
    lines = (await unclean_elections(cluster, "--json")).stdout.splitlines()
    return {(told := json.loads(line))["topic"]: told["elections"] for line in lines}


async def check_notes(cluster: Cluster, elected: Iterable[str]) -> None:
    """One command tells who was elected, where it began, and what the old leader dropped."""

    async def all_is_noted() -> bool:
        lines = (await unclean_elections(cluster, "--json")).stdout.splitlines()
        return len(lines) == 3 and all(json.loads(line)["elections"][0]["dropped"] for line in lines)

    await cluster.wait_until(all_is_noted, "every broker has noted what it lost")
    found = {}
    for line in (await unclean_elections(cluster, "--json")).stdout.splitlines():
        partition = json.loads(line)
        found[partition["topic"]] = partition["elections"]
    assert found.keys() == set(elected)
    for topic, elections in found.items():
        assert len(elections) == 1
        election = elections[0]
        assert (election["leader"], election["log_end_offset"]) == (LATER, SHARED)
        assert 0 <= election["high_watermark"] <= SHARED
        (dropped,) = election["dropped"]
        assert dropped["broker_id"] == FIRST
        assert (dropped["first_offset"], dropped["end_offset"]) == (SHARED, SHARED + LOST)
        assert dropped["records"] == LOST
        assert 0 <= dropped["committed"] <= LOST
        text = (await unclean_elections(cluster, "--topic", topic)).stdout
        assert f"{topic}-0: broker {LATER} was elected from outside the ISR" in text
        assert f"broker {FIRST} dropped offsets {SHARED} to {SHARED + LOST - 1}: {LOST} records" in text


def check_feed(cluster: Cluster, elected: Iterable[str]) -> None:
    """The event file of all brokers tells the same, each with the epoch of its election."""
    lines = (cluster.directory / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]

    def named(event: str, topic: str, **fields: Any) -> list[dict[str, Any]]:
        wanted = {"event": event, "topic": topic, **fields}
        return [each for each in events if wanted.items() <= each.items()]

    for topic in elected:
        (election,) = named("UncleanElection", topic)
        epoch = election["leader_epoch"]
        assert election["leader"] == LATER and election["reason"]
        written = named("PartitionStateWritten", topic, leader_epoch=epoch)
        assert written[0] | {"leader": LATER, "isr": [LATER], "recovering": True} == written[0]
        (taken,) = named("LeadershipTaken", topic, unclean=True)
        assert taken | {"broker": LATER, "leader_epoch": epoch, "log_end_offset": SHARED} == taken
        (dropped,) = named("LogTruncated", topic)
        assert dropped["broker"] == FIRST and dropped["leader_epoch"] >= epoch
        assert (dropped["to_offset"], dropped["from_offset"]) == (SHARED, SHARED + LOST)
        assert dropped["records"] == LOST
    assert not named("UncleanElection", "never") and not named("LogTruncated", "never")
    logged = "".join(broker.process.log_path.read_text() for broker in cluster.brokers.values())
    assert logged.count("Unclean election (") == 3
    assert logged.count("led here after an unclean election") == 3
