"""No write of a controller lands after another one was elected, whatever it was doing; and none while it is cut off."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from tests.broker.controller_support import (
    CONTROLLER_ID,
    LIMIT_S,
    QUICK,
    Brokers,
    World,
    cluster,
    config,
    session_to,
    wait_reigning,
    world_of,
    zookeeper,
)
from tests.zookeeper.sessions import open_proxy
from zkbroker import admin_store
from zkbroker.controller.controller import Controller
from zkbroker.controller.reign import Reign
from zkbroker.errors import KafkaError
from zkbroker.events import EventFeed
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.allocate_producer_ids_request import AllocateProducerIdsRequest
from zkbroker.zookeeper import operations as zk
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import take_controllership
from zkbroker.zookeeper.session import ANY_VERSION, ZkSession, ZooKeeper


@attrs.define(eq=False)
class Overtaken:
    """A session whose n-th multi comes just after the election of another controller."""

    session: ZkSession
    world: World
    at: int
    multis: int = 0
    landed: list[zk.Operation] = attrs.field(factory=list)  # after the other election

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    async def multi(self, operations: list[zk.Operation]) -> list[zk.OperationResult]:
        if self.multis == self.at:
            await self.world.bump_epoch()
        self.multis += 1
        results = await self.session.multi(operations)
        if self.multis > self.at:
            self.landed += operations
        return results


async def _create(world: World) -> None:
    await world.create_topic("t", {0: (1, 2), 1: (2, 1)})
    await world.wait_leader("t", 1)
    await world.wait_leader("t", 2, 1)


async def _fail(world: World) -> None:
    await world.unregister(1)
    await world.wait_leader("t", 2)
    await world.wait_state("t", 1, lambda state: state.isr == (2,))


async def _reassign(world: World) -> None:
    await world.register(1)
    moves = znodes.encode_reassignments({TopicPartition("t", 0): (2,)})
    await world.session.create(znodes.REASSIGN_PARTITIONS, moves)
    await world.wait_gone(znodes.REASSIGN_PARTITIONS)


async def _delete(world: World) -> None:
    await admin_store.delete_topic(world.session, "t")
    await world.wait_gone(znodes.delete_topic_path("t"))


STORY: tuple[Callable[[World], Awaitable[None]], ...] = (_create, _fail, _reassign, _delete)


@pytest.mark.parametrize("at", range(14))
async def test_another_election_before_any_write_ends_the_reign(tmp_path: Path, at: int) -> None:
    """The story of a topic; before the n-th multi somebody else is elected."""
    async with zookeeper(tmp_path) as connect, world_of(connect) as world, session_to(connect) as session:
        await world.register(1, 2)
        election = await take_controllership(session, CONTROLLER_ID, 0)
        assert election is not None
        overtaken = Overtaken(session, world, at)
        reign = Reign(overtaken, election, CONTROLLER_ID, config, Brokers().connect)  # type: ignore[arg-type]
        with trio.fail_after(LIMIT_S):
            async with trio.open_nursery() as nursery:

                async def tell_the_story() -> None:
                    for chapter in STORY:
                        await chapter(world)

                nursery.start_soon(tell_the_story)
                await reign.run()
                nursery.cancel_scope.cancel()
        assert overtaken.landed == []
        assert overtaken.multis == at + 1, "it went on after the fence had failed"


async def test_the_story_has_an_end(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        for chapter in STORY:
            await chapter(stands.world)
        assert await stands.world.session.exists(znodes.topic_path("t")) is None
        assert stands.controller.controller_epoch == 1


async def test_controller_deleted_by_hand_makes_a_new_reign(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1,)) as stands:
        await stands.world.create_topic("t", {0: (1,)})
        await stands.world.wait_leader("t", 1)
        await stands.world.session.delete(znodes.CONTROLLER, ANY_VERSION)
        await stands.wait_reigning(after_epoch=1)
        assert stands.controller.controller_epoch == 2
        await stands.brokers.wait_told(1, "LISR t-0:1@0/0[1]")
        assert {r.controller_epoch for _, r in stands.brokers.received} == {1, 2}


async def test_a_state_written_under_a_higher_epoch_ends_the_reign(tmp_path: Path) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        world = stands.world
        await world.create_topic("t", {0: (1, 2)})
        state = await world.wait_leader("t", 1)
        theirs = attrs.evolve(state, controller_epoch=7, leader=2, leader_epoch=5)
        path = znodes.state_path(TopicPartition("t", 0))
        await world.session.set(path, znodes.encode_state(theirs), ANY_VERSION)
        await world.unregister(1)  # it would elect now
        await stands.wait_reigning(after_epoch=1)
        assert (await world.state("t")).controller_epoch == 7


async def test_a_bug_ends_the_reign_and_the_next_one_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(tmp_path, (1, 2)) as stands:
        await stands.world.create_topic("t", {0: (1, 2)})
        await stands.world.wait_leader("t", 1)
        reign = stands.controller._reign
        assert reign is not None
        with caplog.at_level(logging.ERROR):
            reign.put(None)  # type: ignore[arg-type]
            await stands.wait_reigning(after_epoch=1)
        assert any("failed in epoch 1" in line for line in caplog.messages)
        await stands.world.unregister(1)
        await stands.world.wait_leader("t", 2)


# -- cut off -------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class CutOff:
    """A controller behind a connection that can be frozen, beside a world that is not."""

    controller: Controller
    brokers: Brokers
    world: World
    proxy: Any


@asynccontextmanager
async def cut_off_controller(tmp_path: Path) -> AsyncIterator[CutOff]:
    async with (
        zookeeper(tmp_path) as connect,
        world_of(f"{connect}/test") as world,
        open_proxy(f"{connect}/test") as proxy,
    ):
        await world.register(1, 2)
        receivers = Brokers()
        controller = Controller(
            broker_id=CONTROLLER_ID,
            config=config,
            connect=receivers.connect,
            events=EventFeed(),
            backoff=QUICK,
        )

        async def on_session(session: ZkSession) -> None:
            async with trio.open_nursery() as inner:
                inner.start_soon(controller.run, session)

        async with trio.open_nursery() as nursery:
            slot = ZooKeeper(proxy.connect, session_timeout_ms=4_000)
            session = await nursery.start(slot.run, on_session)
            cut_off = CutOff(controller, receivers, world, proxy)
            try:
                await wait_reigning(controller)
                await world.create_topic("t", {0: (1, 2)})
                await receivers.wait_told(2, "UMR t-0:1@0")
                proxy.freeze()
                proxy.cut()
                with trio.fail_after(LIMIT_S):
                    await session.wait_disconnected()
                receivers.forget()
                yield cut_off
            finally:
                nursery.cancel_scope.cancel()


async def test_a_short_cut_only_pauses_the_reign(tmp_path: Path) -> None:
    async with cut_off_controller(tmp_path) as c:
        await c.world.unregister(1)
        with trio.move_on_after(0.3):  # nothing is to come, so nothing can be waited for
            await c.brokers.changed.wait()
        assert c.brokers.received == [] and (await c.world.state("t")).leader == 1
        c.proxy.thaw()
        await c.world.wait_leader("t", 2)
        await c.brokers.wait_told(2, "LISR t-0:2@1/1[2]")
        assert c.controller.controller_epoch == 1


async def test_calls_wait_while_the_reign_is_paused(tmp_path: Path) -> None:
    async with cut_off_controller(tmp_path) as c:
        epoch = await c.world.epoch_of(1)
        with trio.move_on_after(0.2) as gave_up:
            await c.controller.allocate_producer_ids(AllocateProducerIdsRequest(1, epoch))
        assert gave_up.cancelled_caught
        c.proxy.thaw()
        with trio.fail_after(LIMIT_S):
            block = await c.controller.allocate_producer_ids(AllocateProducerIdsRequest(1, epoch))
        # the call that was given up was carried out all the same: its block is lost, never given twice
        assert block.producer_id_start == 1000


async def test_whoever_was_replaced_while_cut_off_sends_nothing_more(tmp_path: Path) -> None:
    async with cut_off_controller(tmp_path) as c:
        await c.world.session.delete(znodes.CONTROLLER, ANY_VERSION)
        replaced = await take_controllership(c.world.session, 7, 0)
        assert replaced is not None
        await c.world.unregister(1)
        c.proxy.thaw()
        with trio.fail_after(LIMIT_S):
            while c.controller.is_active:
                await c.controller.changed.wait()
        assert c.brokers.received == []
        assert (await c.world.state("t")).leader == 1
        with pytest.raises(KafkaError, match="NOT_CONTROLLER"):
            await c.controller.allocate_producer_ids(AllocateProducerIdsRequest())
