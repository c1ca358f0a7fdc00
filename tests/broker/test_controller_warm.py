"""A warm takeover on a real ZooKeeper, after a controller that died at the worst moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from tests.broker.controller_support import (
    CONTROLLER_ID,
    LIMIT_S,
    Brokers,
    World,
    config,
    session_to,
    world_of,
    zookeeper,
)
from zkbroker import admin_store
from zkbroker.changed import Changed
from zkbroker.controller.context import Context
from zkbroker.controller.events import ReassignmentsListed, ReassignmentsRequested
from zkbroker.controller.reign import Reign
from zkbroker.metadata import ClusterSnapshot, update
from zkbroker.model import ReplicaAssignment, TopicAssignment, TopicId, TopicPartition
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.zookeeper import operations as zk
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import take_controllership
from zkbroker.zookeeper.session import ZkSession

MOVING = TopicPartition("moving", 0)


@attrs.define(eq=False)
class Mortal:
    """A session whose reign ends right after a write that `kills`: it is in ZooKeeper, nobody was told."""

    session: ZkSession
    kills: Callable[[list[zk.Operation]], bool] = lambda _operations: False
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    async def multi(self, operations: list[zk.Operation]) -> list[zk.OperationResult]:
        await trio.lowlevel.checkpoint()
        results = await self.session.multi(operations)
        if self.kills(operations):
            self.scope.cancel()
        return results


@attrs.define(eq=False)
class Reigning:
    """A reign that has taken over, and what it told the brokers."""

    reign: Reign
    mortal: Mortal
    brokers: Brokers
    ended: trio.Event

    async def settle(self) -> None:
        """Return when all events of now are handled."""
        with trio.fail_after(LIMIT_S):
            await self.reign.ask(lambda ticket: ReassignmentsListed(ticket, None))


@asynccontextmanager
async def reigning(connect: str, snapshot: ClusterSnapshot | None = None) -> AsyncIterator[Reigning]:
    """A controller inside the block; warm if it is given what its metadata cache holds."""
    async with session_to(connect) as session, trio.open_nursery() as nursery:
        election = await take_controllership(session, CONTROLLER_ID, 0)
        assert election is not None
        mortal, brokers, moved, ended = Mortal(session), Brokers(), Changed(), trio.Event()
        reign = Reign(
            mortal,  # type: ignore[arg-type]
            election,
            CONTROLLER_ID,
            config,
            brokers.connect,
            cluster_snapshot=None if snapshot is None else lambda: snapshot,
            on_taken_over=moved.notify,
        )

        async def run() -> None:
            with mortal.scope:
                await reign.run()
            ended.set()

        nursery.start_soon(run)
        with trio.fail_after(LIMIT_S):
            while not reign.has_taken_over:
                await moved.wait()
        yield Reigning(reign, mortal, brokers, ended)
        nursery.cancel_scope.cancel()


def cache_of(brokers: Brokers, broker_id: int) -> ClusterSnapshot:
    """The metadata of a broker that heard all this."""
    snapshot = ClusterSnapshot()
    for to, request in brokers.received:
        if to == broker_id and isinstance(request, UpdateMetadataRequest):
            snapshot = update(snapshot, request).snapshot
    return snapshot


async def die_between_write_and_request(connect: str, world: World) -> ClusterSnapshot:
    """The first controller's life; what broker 3 knows at its end."""
    async with reigning(connect) as first:
        await world.create_topic("t", dict.fromkeys(range(40), (1, 2, 3)))
        await world.create_topic("again", {0: (1, 2)})
        await world.create_topic("moving", {0: (1, 2)})
        await world.create_topic("doomed", {0: (1, 3)})
        await world.create_topic("alone", {0: (1,)})
        for topic in ("t", "again", "moving", "doomed", "alone"):
            await world.wait_leader(topic, 1)
        await first.settle()
        # a reassignment that is half done: the new replica is not in sync yet
        with trio.fail_after(LIMIT_S):
            targets = {MOVING: (3, 2)}
            await first.reign.ask(lambda ticket: ReassignmentsRequested(ticket, targets))
        await first.settle()
        with trio.fail_after(LIMIT_S):
            while any(sender.queued for sender in first.reign.statistics().senders):
                await first.brokers.changed.wait()
        told = len(first.brokers.received)
        # a broker dies; the controller writes who leads now, and dies before anybody hears of it
        state = znodes.state_path(TopicPartition("t", 0))
        first.mortal.kills = lambda operations: any(op.path == state for op in operations)
        await world.unregister(1)
        with trio.fail_after(LIMIT_S):
            await first.ended.wait()
        assert (await world.state("t")).leader == 2, "the write is there"
        assert len(first.brokers.received) == told, "nobody was told"
        return cache_of(first.brokers, 3)


async def test_after_phase_two_a_warm_takeover_knows_what_a_cold_one_knows(tmp_path: Path) -> None:
    """Both begin with the same znodes, a copy for each: a takeover may write."""
    async with (
        zookeeper(tmp_path / "one") as connect,
        world_of(connect) as world,
        zookeeper(tmp_path / "other") as other_connect,
        session_to(other_connect) as other,
    ):
        await world.register(1, 2, 3)
        cached = await die_between_write_and_request(connect, world)
        assert cached.topics["t"].partitions[0].leader == 1, "the cache is old"
        # while nobody reigns: a topic is deleted and created anew, another is to be deleted
        old_id = cached.topics["again"].topic_id
        assert await delete_and_create(world, "again", (3, 1)) != old_id
        await admin_store.delete_topic(world.session, "doomed")
        await copy_tree(world.session, other, "")

        async with reigning(connect, cached) as warm:
            await warm.settle()
            known = warm.reign.context
        async with reigning(other_connect) as cold:
            await cold.settle()
            read = cold.reign.context
        assert without_czxids(known) == without_czxids(read)
        # the warm one was not idle in its first phase: it elected before it read, and told the replicas
        first_told = next(line for line in warm.brokers.told(2) if not line.startswith("UMR"))
        assert first_told.startswith("LISR") and "again" not in first_told
        # and what both know is right
        assert known.topics["again"].topic_id != old_id
        assert {state.leader for p in range(40) if (state := known.state(TopicPartition("t", p)))} == {2}
        for topic, leader in (("again", 3), ("moving", 2), ("alone", -1)):
            state = known.state(TopicPartition(topic, 0))
            assert state is not None and state.leader == leader, topic
        moving = known.partition(MOVING)
        assert moving is not None and known.reassigning == {MOVING}
        assert moving.assignment == ReplicaAssignment((3, 2, 1), adding=(3,), removing=(1,))
        assert known.deletions.keys() == {"doomed"}, "it waits for broker 1"


async def delete_and_create(world: World, topic: str, replicas: tuple[int, ...]) -> TopicId:
    """As two controllers would that nobody here has heard of; the new topic's id."""
    await delete_tree(world.session, znodes.topic_path(topic))
    node = TopicAssignment(topic, admin_store.new_topic_id(), {0: ReplicaAssignment(replicas)})
    await world.session.create(znodes.topic_path(topic), znodes.encode_topic(node))
    return node.topic_id


async def delete_tree(session: ZkSession, path: str) -> None:
    for name in (await session.get_children_many([path]))[path] or ():
        await delete_tree(session, f"{path}/{name}")
    await session.delete(path, -1)


async def copy_tree(source: ZkSession, target: ZkSession, path: str) -> None:
    """All persistent nodes with their versions."""
    for name in await source.get_children(path or "/"):
        below = f"{path}/{name}"
        node = await source.get(below)
        if name == "zookeeper" or node.stat.ephemeral_owner:
            continue
        await target.create(below, node.data)
        for version in range(node.stat.version):
            await target.set(below, node.data, version)
        await copy_tree(source, target, below)


def without_czxids(context: Context) -> Context:
    """Without the broker epochs, which are another ZooKeeper's."""
    brokers = {b: attrs.evolve(info, epoch=0) for b, info in context.brokers.items()}
    return attrs.evolve(context, brokers=brokers)
