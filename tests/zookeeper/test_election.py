"""Who becomes the controller, and how it ends: alone, among our own brokers, and beside Apache Kafka's."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from tests.zookeeper.sessions import CuttableProxy, expire, open_proxy, open_session, open_sessions
from zkbroker.changed import Changed
from zkbroker.events import ControllerElected, ControllerResigned, EventFeed, Stamped
from zkbroker.testing.processes import ManagedProcess
from zkbroker.testing.servers import ZooKeeperServer
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import Backoff, Reign, campaign, step_down, take_controllership
from zkbroker.zookeeper.session import (
    ANY_VERSION,
    BadVersion,
    Check,
    Create,
    MultiFailed,
    SessionLost,
    ZkSession,
)

QUICK = Backoff(first_s=0.01, longest_s=0.05)
LIMIT_S = 20


@attrs.define(eq=False)
class Reigns:
    """Follows the reigns of one candidate."""

    broker_id: int
    begun: list[Reign] = attrs.field(factory=list)
    ended: list[Reign] = attrs.field(factory=list)
    changed: Changed = attrs.field(factory=Changed)
    give_up: trio.Event = attrs.field(factory=trio.Event)
    bug: Exception | None = None

    async def reign(self, won: Reign) -> None:
        self.begun.append(won)
        self.changed.notify()
        try:
            if self.bug is not None:
                raise self.bug
            await self.give_up.wait()
        finally:
            self.ended.append(won)
            self.changed.notify()

    @property
    def reigns(self) -> bool:
        return len(self.begun) > len(self.ended)

    async def reach(self, epoch: int) -> Reign:
        """The reign of that epoch, once it has begun."""
        while True:
            for won in self.begun:
                if won.controller_epoch == epoch:
                    return won
            await self.changed.wait()

    async def reach_end(self, epoch: int) -> None:
        while all(won.controller_epoch != epoch for won in self.ended):
            await self.changed.wait()


@asynccontextmanager
async def candidate(session: ZkSession, broker_id: int, **options: Any) -> AsyncIterator[Reigns]:
    """A broker that stands for controller inside the block."""
    reigns = Reigns(broker_id)
    options.setdefault("backoff", QUICK)

    async def stand() -> None:
        await campaign(session, broker_id=broker_id, reign=reigns.reign, **options)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stand)
        try:
            with trio.fail_after(LIMIT_S):
                yield reigns
        finally:
            nursery.cancel_scope.cancel()


async def controller_of(session: ZkSession) -> int:
    return znodes.decode_controller((await session.get(znodes.CONTROLLER)).data).broker_id


async def in_line(session: ZkSession, count: int) -> None:
    """Wait until so many stand for the office, its holder included."""
    while len((await session.get_children_many([znodes.ELECTION]))[znodes.ELECTION] or []) != count:
        await trio.lowlevel.checkpoint()


async def test_the_first_controller_has_epoch_1(zookeeper: str) -> None:
    feed, seen = EventFeed(), list[Stamped]()
    with feed.sink(seen.append):
        async with open_session(zookeeper) as session, candidate(session, 7, events=feed) as broker:
            won = await broker.reach(1)
            assert won == Reign(controller_epoch=1, epoch_version=1)
            node = await session.get(znodes.CONTROLLER)
            assert node.stat.ephemeral_owner == session.session_id
            assert znodes.decode_controller(node.data) == znodes.ControllerNode(7)
            epoch = await session.get(znodes.CONTROLLER_EPOCH)
            assert epoch.data == b"1"
            assert epoch.stat.version == won.epoch_version
            assert epoch.stat.ephemeral_owner == 0
            await session.multi([Check(znodes.CONTROLLER_EPOCH, won.epoch_version)])
    assert [stamped.event for stamped in seen] == [
        ControllerElected(7, 1),
        ControllerResigned(7, 1, "it was cancelled"),
    ]


async def test_the_epoch_goes_on_from_what_is_written(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create(znodes.CONTROLLER_EPOCH, b"40")
        await session.set(znodes.CONTROLLER_EPOCH, b"41", 0)
        async with candidate(session, 1) as broker:
            assert await broker.reach(42) == Reign(42, 2)


async def test_only_one_reigns_and_the_next_follows_at_once(zookeeper: str) -> None:
    async with open_session(zookeeper) as second, candidate(second, 2) as two:
        await two.reach(1)
        async with open_session(zookeeper) as first, candidate(first, 1) as one:
            await in_line(second, 2)  # one waits for the office as long as two holds it
            assert not one.begun
            two.give_up.set()
            await one.reach(2)
            assert not two.reigns
            assert await controller_of(second) == 1
            two.give_up = trio.Event()
            await in_line(second, 2)
        assert one.ended == one.begun  # closing a session ends its reign first
        await two.reach(3)
        assert await controller_of(second) == 2


async def test_the_end_of_a_campaign_hands_over_before_the_session_ends(zookeeper: str) -> None:
    async with open_session(zookeeper) as first, open_session(zookeeper) as second:
        async with candidate(second, 2, backoff=Backoff(first_s=60)) as two:
            await two.reach(1)
            async with candidate(first, 1) as one:
                await in_line(second, 2)
                two.give_up.set()
                await one.reach(2)
            # One's campaign was cancelled, its session lives: office and controllership are free.
            assert await first.exists(znodes.CONTROLLER) is None
        async with candidate(second, 2) as two_again:
            await two_again.reach(3)
        assert first.is_usable


async def test_another_kind_of_broker_holds_the_controllership(zookeeper: str) -> None:
    """Apache Kafka's brokers never look at our office: they race for the multi alone."""
    async with open_session(zookeeper) as session, open_session(zookeeper) as foreign:
        theirs = await take_controllership(foreign, 9, 1)
        assert theirs == Reign(1, 1)
        async with candidate(session, 1) as broker:
            await in_line(session, 1)
            assert await take_controllership(session, 1, 1) is None  # NODEEXISTS: not ours to take
            assert not broker.begun
            await step_down(foreign)
            won = await broker.reach(2)
            assert won == Reign(2, 2)
            assert await take_controllership(foreign, 9, 1) is None
            with pytest.raises(MultiFailed) as fenced:  # what the former one still writes
                await foreign.multi([Check(znodes.CONTROLLER_EPOCH, theirs.epoch_version), Create("/late")])
            assert isinstance(fenced.value.cause, BadVersion)


async def test_a_node_deleted_by_hand_moves_the_controller(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, candidate(session, 1) as broker:
        await broker.reach(1)
        await session.delete(znodes.CONTROLLER, ANY_VERSION)
        await broker.reach_end(1)
        assert await broker.reach(2) == Reign(2, 2)


async def test_a_node_rewritten_by_hand_ends_the_reign(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, candidate(session, 1) as broker:
        await broker.reach(1)
        await session.set(znodes.CONTROLLER, znodes.encode_controller(5, 1), 0)
        await broker.reach(2)
        await session.set(znodes.CONTROLLER, b"garbage", 0)
        await broker.reach(3)
        assert await controller_of(session) == 1


async def test_the_answer_to_the_winning_multi_is_lost(zookeeper: str) -> None:
    async with (
        open_session(zookeeper) as observer,
        open_proxy(zookeeper) as proxy,
        open_session(proxy.connect) as session,
        trio.open_nursery() as nursery,
    ):
        proxy.lose_answer_to(b'"brokerid":1')
        nursery.start_soon(cut_when_done, proxy, observer)
        async with candidate(session, 1) as broker:
            assert await broker.reach(1) == Reign(1, 1)
            assert session.connections == 2
            assert broker.reigns
        assert (await observer.get(znodes.CONTROLLER_EPOCH)).data == b"1"


async def cut_when_done(proxy: CuttableProxy, observer: ZkSession) -> None:
    await proxy.swallowed.wait()
    while True:
        stat, changed = await observer.exists_and_watch(znodes.CONTROLLER)
        if stat is not None:
            break
        await changed.wait()
    proxy.cut()


async def test_the_multi_never_arrived(zookeeper: str) -> None:
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        await session.create(znodes.CONTROLLER_EPOCH, b"6")
        outcomes: list[Reign | None] = []

        async def take() -> None:
            outcomes.append(await take_controllership(session, 1, 1))

        proxy.drop_from(b'"brokerid":1')
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            await proxy.swallowed.wait()
            proxy.thaw()
        assert outcomes == [None]
        assert (await session.get(znodes.CONTROLLER_EPOCH)).data == b"6"
        assert await take_controllership(session, 1, 1) == Reign(7, 1)


async def test_the_answer_is_lost_and_another_won(zookeeper: str) -> None:
    async with (
        open_session(zookeeper) as foreign,
        open_proxy(zookeeper) as proxy,
        open_session(proxy.connect) as session,
    ):
        await session.create(znodes.CONTROLLER_EPOCH, b"6")
        outcomes: list[Reign | None] = []

        async def take() -> None:
            outcomes.append(await take_controllership(session, 1, 1))

        proxy.drop_from(b'"brokerid":1')
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            await proxy.swallowed.wait()
            assert await take_controllership(foreign, 9, 1) == Reign(7, 1)
            proxy.thaw()
        assert outcomes == [None]


async def test_a_reign_survives_a_short_disconnection(zookeeper: str) -> None:
    async with (
        open_proxy(zookeeper) as proxy,
        open_session(proxy.connect) as session,
        candidate(session, 1) as broker,
    ):
        await broker.reach(1)
        proxy.cut()
        await session.wait_disconnected()
        await session.wait_connected()
        await session.sync("/")
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert broker.reigns
        assert len(broker.begun) == 1
        await session.delete(znodes.CONTROLLER, ANY_VERSION)  # and it is watched again
        await broker.reach(2)


async def test_what_happened_during_a_disconnection_is_seen_after_it(zookeeper: str) -> None:
    async with (
        open_session(zookeeper) as observer,
        open_proxy(zookeeper) as proxy,
        open_session(proxy.connect) as session,
        candidate(session, 1) as broker,
    ):
        await broker.reach(1)
        proxy.freeze()
        proxy.cut()
        await session.wait_disconnected()
        await observer.set(znodes.CONTROLLER_EPOCH, b"8", ANY_VERSION)
        assert broker.reigns
        proxy.thaw()
        assert await broker.reach(9) == Reign(9, 3)


async def test_a_candidate_in_line_survives_disconnections(zookeeper: str) -> None:
    async with (
        open_session(zookeeper) as first,
        open_proxy(zookeeper) as proxy,
        open_session(proxy.connect) as second,
        candidate(first, 1, backoff=Backoff(first_s=60)) as one,
    ):
        await one.reach(1)
        async with candidate(second, 2) as two:
            for _ in range(3):
                await in_line(second, 2)
                proxy.cut()
                await second.wait_disconnected()
                await second.wait_connected()
            one.give_up.set()
            await two.reach(2)
            one.give_up = trio.Event()
        await in_line(second, 0)  # those that were given up leave nothing behind


async def test_a_candidacy_of_our_own_that_was_left_behind_blocks_nobody(zookeeper: str) -> None:
    """kazoo tries once to delete a cancelled candidacy's node; if the connection breaks then, it stays."""
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        await session.create_path(znodes.ELECTION)
        remainder = f"{znodes.ELECTION}/{'0' * 32}__lock__"
        await session.create(remainder, b"1", ephemeral=True, sequential=True)
        async with candidate(other, 2) as two, candidate(session, 1) as one:
            assert (await first_of(one, two)).controller_epoch == 1


async def first_of(*reigns: Reigns) -> Reign:
    """The first reign of any of them."""
    while True:
        for each in reigns:
            if each.begun:
                return each.begun[0]
        await trio.lowlevel.checkpoint()


async def test_a_bug_ends_the_reign_and_is_loud_the_third_time(
    zookeeper: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zkbroker")
    async with open_session(zookeeper) as session, candidate(session, 1) as broker:
        broker.bug = KeyError("half a context")
        await broker.reach(4)
        broker.bug = None
        won = await broker.reach(broker.begun[-1].controller_epoch)
        while not broker.reigns:
            await broker.changed.wait()
        assert won.controller_epoch >= 4
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) >= 3
    assert all(record.exc_info is not None for record in errors)
    assert any("has failed 3 times" in record.getMessage() for record in caplog.records)


async def test_the_loss_of_the_session_ends_the_reign_and_the_next_session_campaigns(zookeeper: str) -> None:
    async with open_sessions(zookeeper) as sessions:
        first, reigns = sessions.current, Reigns(1)
        feed, seen = EventFeed(), list[Stamped]()

        async def stand() -> None:
            with pytest.raises(SessionLost), feed.sink(seen.append):
                await campaign(first, broker_id=1, reign=reigns.reign, backoff=QUICK, events=feed)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stand)
            with trio.fail_after(LIMIT_S):
                await reigns.reach(1)
                await expire(zookeeper, first)
                await reigns.reach_end(1)
        told = seen[-1].event
        assert isinstance(told, ControllerResigned)
        assert told.reason == f"its session was lost: {first.loss_reason}"
        async with candidate(await sessions.next(first), 1) as broker:
            await broker.reach(2)


async def test_what_a_former_session_of_ours_left_is_not_waited_for(zookeeper: str) -> None:
    async with open_session(zookeeper) as former, open_session(zookeeper) as session:
        assert await take_controllership(former, 1, 1) == Reign(1, 1)
        session.former_sessions.add(former.session_id)
        async with candidate(session, 1) as broker:
            await broker.reach(2)
            assert former.is_usable


async def test_what_an_earlier_reign_of_this_session_left_is_not_waited_for(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        assert await take_controllership(session, 1, 1) == Reign(1, 1)
        async with candidate(session, 1) as broker:
            await broker.reach(2)


@pytest.mark.parametrize(
    ("path", "data", "line"),
    [
        (znodes.MIGRATION, b"{}", "a migration to KRaft owns the controllership"),
        (
            znodes.CONTROLLER,
            b'{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":4}',
            "a KRaft controller (3000) owns the controllership",
        ),
        (znodes.CONTROLLER, b"garbage", "whom one cannot read"),
    ],
)
async def test_no_election_during_a_migration(
    zookeeper: str, path: str, data: bytes, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "zkbroker")
    async with open_session(zookeeper) as session:
        await session.create(path, data)
        async with candidate(session, 1) as broker:
            while not any(line in record.getMessage() for record in caplog.records):
                await trio.lowlevel.checkpoint()
            await session.set(path, data, ANY_VERSION)
            await session.sync("/")
            await trio.testing.wait_all_tasks_blocked(0.05)
            assert not broker.begun
            await session.delete(path, ANY_VERSION)
            await broker.reach(1)
    assert len([record for record in caplog.records if line in record.getMessage()]) == 1


async def test_an_unreadable_epoch_is_bad_input(zookeeper: str, caplog: pytest.LogCaptureFixture) -> None:
    async with open_session(zookeeper) as session:
        await session.create(znodes.CONTROLLER_EPOCH, b"seven")
        async with candidate(session, 1) as broker:
            while "/controller_epoch: the node must be a decimal number" not in caplog.text:
                await trio.lowlevel.checkpoint()
            await session.set(znodes.CONTROLLER_EPOCH, b"7", 0)
            await broker.reach(8)


async def test_a_candidate_in_another_process_is_killed(zookeeper: str, tmp_path: Path) -> None:
    process = ManagedProcess(
        "candidate",
        [sys.executable, "-m", "tests.zookeeper.candidate", zookeeper, "2", "1000"],
        tmp_path / "candidate.log",
    )
    process.start()
    try:
        with trio.fail_after(LIMIT_S):
            await process.wait_for_line("reign 1$")
        async with open_session(zookeeper) as session, candidate(session, 1) as broker:
            assert await controller_of(session) == 2
            process.kill()
            await broker.reach(2)
            process.start()
            await in_line(session, 2)
            broker.give_up.set()
            await process.wait_for_line("reign 3$")
    finally:
        process.kill()


async def test_a_reign_goes_on_after_the_server_was_killed(own_zookeeper: ZooKeeperServer) -> None:
    async with (
        open_session(own_zookeeper.connect, session_timeout_ms=20_000) as session,
        candidate(session, 1) as broker,
    ):
        await broker.reach(1)
        own_zookeeper.process.kill()
        await session.wait_disconnected()
        own_zookeeper.process.start()
        await own_zookeeper.process.wait_ready()
        await session.wait_connected()
        assert broker.reigns  # the session goes on, and so does what it holds
        await session.delete(znodes.CONTROLLER, ANY_VERSION)
        await broker.reach(2)


async def test_storms_of_disconnections_leave_no_zombies(
    zookeeper: str, rng: random.Random, full_counts: bool
) -> None:
    """In whatever moment it was cut, somebody reigns soon after, and no epoch is won twice."""
    proxies: list[CuttableProxy] = []
    epochs: list[int] = []
    moved = Changed()

    async def stand(session: ZkSession, broker_id: int) -> None:
        async def reign(won: Reign) -> None:
            epochs.append(won.controller_epoch)
            moved.notify()
            for _ in range(rng.randrange(5)):
                await session.get(znodes.CONTROLLER_EPOCH)

        await campaign(session, broker_id=broker_id, reign=reign, backoff=Backoff(0.001, 0.02))

    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(trio.open_nursery())
        for broker_id in range(3):
            proxies.append(await stack.enter_async_context(open_proxy(zookeeper)))
            session = await stack.enter_async_context(
                open_session(proxies[-1].connect, session_timeout_ms=20_000)
            )
            nursery.start_soon(stand, session, broker_id)
        for _ in range(150 if full_counts else 8):
            for proxy in proxies:
                proxy.cut_after(*(rng.randrange(1, 20) for _ in range(rng.randrange(8))))
            reigns = len(epochs)
            with trio.fail_after(LIMIT_S):
                while len(epochs) < reigns + 3:
                    await moved.wait()
        nursery.cancel_scope.cancel()
    assert epochs == sorted(set(epochs))


def test_the_back_off_doubles_and_a_stable_reign_wipes_it_out() -> None:
    backoff = Backoff()
    pauses, pause_s = [], 0.0
    for reigned_s in (0, 5, 0, 0, 0, 0, 0, 61, 0):
        pause_s = backoff.after(pause_s, reigned_s)
        pauses.append(pause_s)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 1, 2]
