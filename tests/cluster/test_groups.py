"""Real consumers share a topic while members come, go, freeze and die, and while their coordinator dies."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio

from tests.cluster.consumer_groups import ConsumerGroup
from zkbroker.testing.cluster import Cluster

PARTITIONS = 6
LONG_SESSION_MS = 60_000  # longer than any client needs to start again

MARKS = {
    "confluent_kafka": pytest.mark.clients("confluent_kafka"),
    "kafka_python": pytest.mark.clients("kafka"),
    "aiokafka": pytest.mark.clients("aiokafka"),
    "java": pytest.mark.peers,
}


def each_library(short: str) -> pytest.MarkDecorator:
    """Every client; a short run has this one alone."""
    return pytest.mark.parametrize(
        "library",
        [
            pytest.param(library, marks=(mark,) if library == short else (mark, pytest.mark.long))
            for library, mark in MARKS.items()
        ],
    )


@asynccontextmanager
async def open_group(
    cluster: Cluster, group_id: str, replicas: Sequence[int] = (1, 2, 3)
) -> AsyncIterator[ConsumerGroup]:
    """A group without members yet, its topic (on `replicas`) being written to; at the end what must always hold
    is checked.
    """
    assignment = {
        each: [*replicas[each % len(replicas) :], *replicas][: len(replicas)] for each in range(PARTITIONS)
    }
    await cluster.client.create_topic("read", assignment=assignment)
    for partition in assignment:
        await cluster.wait_for_isr("read", partition, replicas)
    group = ConsumerGroup(cluster, group_id, "read", PARTITIONS)
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(group.watch)
            async with trio.open_nursery() as feeding:
                await feeding.start(group.feed)
                yield group
                group.is_fed = False
            # The last records are in the topic now: only then is there an end to read to.
            await group.wait_read_on(what="at the end")
            nursery.cancel_scope.cancel()
        group.require_all_read(await group.ends())
        group.require_offsets_never_went_back()
    finally:
        group.end()


@each_library(short="confluent_kafka")
@pytest.mark.parametrize("strategy", [pytest.param("eager", marks=pytest.mark.long), "cooperative"])
async def test_a_member_is_added_killed_and_restarted(cluster: Cluster, library: str, strategy: str) -> None:
    if (library, strategy) == ("aiokafka", "cooperative"):
        pytest.skip("aiokafka has no cooperative assignor")
    async with open_group(cluster, f"{library}-{strategy}") as group:
        first = group.add(library, strategy)
        await group.wait_shared(first, what="one member")
        second = group.add(library, strategy)
        await group.wait_shared(first, second, what="one added")
        await group.wait_read_on(what="with two members")
        second.process.kill()
        await group.wait_shared(first, what="one killed")
        second.start()
        await group.wait_shared(first, second, what="one restarted")
        assert await first.process.stop() in (0, 143)  # a JVM ends as the signal says
        await group.wait_shared(second, what="one left")
        await group.wait_state("Stable")


@each_library(short="kafka_python")
async def test_a_static_member_comes_back_to_its_partitions(cluster: Cluster, library: str) -> None:
    async with open_group(cluster, f"{library}-static") as group:
        first = group.add(library, instance="a", session_ms=LONG_SESSION_MS)
        second = group.add(library, instance="b", session_ms=LONG_SESSION_MS)
        await group.wait_shared(first, second, what="two static members")
        share, told = second.owned, len(first.rebalances)
        for end in ("killed", "stopped"):
            if end == "killed":
                second.process.kill()
            else:
                await second.process.stop()
            second.start()
            await group.wait_shared(first, second, what=f"one {end} and restarted")
            assert second.owned == share
            assert len(first.rebalances) == told, "the other one noticed"
        await group.wait_read_on(what="with both back")
        second.process.kill()
        await group.remove_static("b")
        await group.wait_shared(first, what="one removed by an administrator")


@each_library(short="confluent_kafka")
async def test_of_two_with_one_instance_id_one_is_fenced(cluster: Cluster, library: str) -> None:
    async with open_group(cluster, f"{library}-twins") as group:
        first = group.add(library, instance="a", session_ms=LONG_SESSION_MS)
        await group.wait_shared(first, what="one static member")
        second = group.add(library, instance="a", session_ms=LONG_SESSION_MS)
        left = await group.wait_one_fenced(first, second)
        if (
            library != "aiokafka"
        ):  # which commits without its instance id, and joins again when that is refused
            assert left is second
        await group.wait_shared(left, what="the other twin")


@each_library(short="aiokafka")
async def test_the_coordinator_dies_in_the_middle_of_a_rebalance(cluster: Cluster, library: str) -> None:
    async with open_group(cluster, f"{library}-rebalance") as group:
        first, second = group.add(library), group.add(library)
        await group.wait_shared(first, second, what="two members")
        second.process.pause()  # so that the rebalance waits for it
        third = group.add(library)
        await group.wait_state("PreparingRebalance")
        dead = await group.coordinator()
        await cluster.kill(dead)
        second.process.resume()
        await group.wait_shared(first, second, third, what="a new coordinator")
        await group.wait_read_on(what="with a new coordinator")
        await cluster.restart(dead)
        await group.wait_read_on(what="with the old one back")


@each_library(short="kafka_python")
async def test_the_coordinator_dies_in_the_middle_of_commits(cluster: Cluster, library: str) -> None:
    group_id = f"{library}-commit"
    dead = await ConsumerGroup(cluster, group_id, "read", PARTITIONS).coordinator()
    follower, other = {1, 2, 3} - {dead}
    async with open_group(cluster, group_id, replicas=(dead, other)) as group:
        first, second = group.add(library), group.add(library)
        await group.wait_shared(first, second, what="two members")
        await group.wait_read_on(what="before")
        cluster.pause(follower)  # so that commits wait for a replica, while there is ever more to read
        await group.wait_commits_hang(first, second)
        await cluster.kill(dead)
        cluster.resume(follower)
        await group.wait_read_on(what="with a new coordinator")
        await cluster.restart(dead)
        await group.wait_shared(first, second, what="at the end")


ROUNDS = 25


@pytest.mark.long
@pytest.mark.peers
@pytest.mark.clients("confluent_kafka", "kafka", "aiokafka")
async def test_a_group_of_all_clients_goes_through_everything(cluster: Cluster, rng: random.Random) -> None:
    """Four libraries in one group; members and brokers end and come back in every way, at random.

    No member is static: kafka-python, where it leads, forgets some members of a group that has both kinds.
    """
    async with open_group(cluster, "mixed") as group:
        members = [group.add(library) for library in MARKS]
        await group.wait_shared(*members, what="at the beginning")
        for number in range(ROUNDS):
            what = rng.choice(
                (
                    "kill member",
                    "stop member",
                    "freeze member",
                    "kill broker",
                    "stop broker",
                    "expire session",
                )
            )
            member, broker = rng.choice(members), await group.coordinator()
            if rng.random() < 0.3:
                broker = rng.choice(sorted({1, 2, 3} - {broker}))
            said = f"round {number}: {what}, {member.library}, broker {broker}"
            print(said)  # noqa: T201
            if what == "kill member":
                member.process.kill()
                member.start()
            elif what == "stop member":
                await member.process.stop()
                await group.wait_read_on(what=said)
                member.start()
            elif what == "freeze member":
                member.process.pause()
                await group.wait_members(len(members) - 1)  # its session ends
                member.process.resume()
            elif what == "kill broker":
                await cluster.kill(broker)
                await group.wait_read_on(what=said)
                await cluster.restart(broker)
            elif what == "stop broker":
                assert await cluster.stop(broker) == 0
                await cluster.restart(broker)
            else:
                await cluster.expire_session(broker)
            await group.wait_read_on(what=said)
            await group.wait_shared(*members, what=said)
            for partition in range(PARTITIONS):  # or two deaths in a row could take the last in-sync copy
                await cluster.wait_for_isr("read", partition, {1, 2, 3})
