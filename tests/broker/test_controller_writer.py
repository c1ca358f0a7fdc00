"""Fenced writes: many in a multi, each for itself, and none once another controller was elected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.broker.controller_support import LIMIT_S, session_to, world_of, zookeeper
from tests.zookeeper.sessions import open_proxy
from zkbroker.controller.steps import (
    ControllerMoved,
    Create,
    Delete,
    Done,
    Found,
    Op,
    Refused,
    SetData,
)
from zkbroker.controller.writer import MAX_BYTES, MAX_OPERATIONS, FencedWriter, pack
from zkbroker.zookeeper import operations as zk
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ANY_VERSION, ZkSession


@attrs.define(eq=False)
class Counting:
    """A session that counts the operations of each multi."""

    session: ZkSession
    multis: list[int] = attrs.field(factory=list)  # operations in each

    def __getattr__(self, name: str) -> object:
        return getattr(self.session, name)

    async def multi(self, operations: list[zk.Operation]) -> list[zk.OperationResult]:
        self.multis.append(len(operations))
        return await self.session.multi(operations)


@attrs.define(eq=False)
class Fixture:
    session: ZkSession
    counting: Counting
    writer: FencedWriter


@asynccontextmanager
async def writer(tmp_path: Path) -> AsyncIterator[Fixture]:
    async with zookeeper(tmp_path) as connect, world_of(connect) as world:
        await world.session.create(znodes.CONTROLLER_EPOCH, b"1")
        counting = Counting(world.session)
        yield Fixture(world.session, counting, FencedWriter(counting, 0))  # type: ignore[arg-type]


async def test_many_operations_go_in_few_multis(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        groups = [(Create(f"/n{i}", b"%d" % i),) for i in range(450)]
        outcomes = await f.writer.write(groups)
        assert outcomes == {f"/n{i}": Done(0) for i in range(450)}
        assert sorted(f.counting.multis) == [51, MAX_OPERATIONS + 1, MAX_OPERATIONS + 1]
        outcomes = await f.writer.write([(SetData(f"/n{i}", b"x", 0),) for i in range(3)])
        assert outcomes == {f"/n{i}": Done(1) for i in range(3)}
        assert await f.writer.write([(Delete("/n0"),), (Delete("/n1"),)]) == {
            "/n0": Done(-1),
            "/n1": Done(-1),
        }
        assert await f.session.exists("/n0") is None


def test_multis_are_bounded_in_size_and_groups_are_not_split() -> None:
    large = b"x" * (MAX_BYTES // 3)
    multis = list(pack([(SetData(f"/{i}", large, 0),) for i in range(5)]))
    assert [len(multi) for multi in multis] == [2, 2, 1]
    group: tuple[Op, ...] = tuple(Create(f"/{i}") for i in range(150))
    assert [len(multi) for multi in pack([group, group, group[:50]])] == [150, 200]
    assert [len(multi) for multi in pack([(SetData("/0", large * 4, 0),), (Create("/1"),)])] == [1, 1]
    assert list(pack([])) == []


async def test_a_refused_operation_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        for i in range(10):
            await f.session.create(f"/n{i}", b"old")
        await f.session.set("/n3", b"newer", 0)
        outcomes = await f.writer.write([(SetData(f"/n{i}", b"new", 0),) for i in range(10)])
        assert outcomes.pop("/n3") == Refused(Found(b"newer", 1))
        assert set(outcomes.values()) == {Done(1)}
        assert f.counting.multis == [11, 10]  # dropped, and the rest sent again


async def test_after_a_second_refusal_everything_left_is_looked_at(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        for i in range(20):
            await f.session.create(f"/n{i}", b"old")
            if i % 2:
                await f.session.set(f"/n{i}", b"newer", 0)
        outcomes = await f.writer.write([(SetData(f"/n{i}", b"new", 0),) for i in range(20)])
        for i in range(20):
            assert outcomes[f"/n{i}"] == (Refused(Found(b"newer", 1)) if i % 2 else Done(1))
        assert len(f.counting.multis) == 3  # not one for each of the ten


async def test_what_exists_or_is_gone_already_is_fine_where_that_was_wanted(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        await f.session.create("/a", None)
        await f.session.create("/b", b"theirs")
        outcomes = await f.writer.write(
            [
                (Create("/a", exist_ok=True), Create("/a/x", b"1")),
                (Create("/b", b"ours"),),
                (Delete("/nothing"),),
                (SetData("/gone", b"1", 0),),
                (Create("/no/parent"),),
            ]
        )
        assert outcomes == {
            "/a": Done(-1),
            "/a/x": Done(0),
            "/b": Refused(Found(b"theirs", 0)),
            "/nothing": Done(-1),
            "/gone": Refused(None),
            "/no/parent": Refused(None),
        }


async def test_the_fence_stops_everything(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        await f.session.create("/n", b"old")
        await f.session.set(znodes.CONTROLLER_EPOCH, b"2", 0)
        with pytest.raises(ControllerMoved):
            await f.writer.write([(SetData("/n", b"new", 0),)])
        assert (await f.session.get("/n")).data == b"old"


async def test_an_error_that_is_no_conflict_is_raised(tmp_path: Path) -> None:
    async with writer(tmp_path) as f:
        with pytest.raises(zk.RequestTooLarge):
            await f.writer.write([(Create("/n", b"x" * (2 << 20)),)])


@pytest.mark.parametrize("arrives", (True, False), ids=("the answer is lost", "the request is lost"))
async def test_after_a_connection_loss_our_own_write_is_recognized(tmp_path: Path, arrives: bool) -> None:
    async with (
        zookeeper(tmp_path) as connect,
        world_of(f"{connect}/test") as world,
        open_proxy(f"{connect}/test") as proxy,
        session_to(proxy.connect) as session,
    ):
        await world.session.create(znodes.CONTROLLER_EPOCH, b"1")
        await world.session.create("/n", b"old")
        await world.session.create("/gone", b"old")
        await world.session.create("/theirs", b"old")
        await world.session.set("/theirs", b"newer", 0)
        if arrives:
            proxy.lose_answer_to(b"marker")
        else:
            proxy.drop_from(b"marker")
        outcomes = {}

        async def write() -> None:
            writes: list[tuple[Op, ...]] = [
                (SetData("/n", b"marker", 0),),
                (Create("/made", b"marker"),),
                (Delete("/gone"),),
            ]
            outcomes.update(await FencedWriter(session, 0).write(writes))

        with trio.fail_after(LIMIT_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                await proxy.swallowed.wait()
                proxy.cut()
                proxy.thaw()
        assert outcomes == {"/n": Done(1), "/made": Done(0), "/gone": Done(-1)}
        assert (await world.session.get("/n")).stat.version == 1, "written once"
        assert await world.session.exists("/gone") is None


async def test_after_a_connection_loss_the_fence_still_holds(tmp_path: Path) -> None:
    async with (
        zookeeper(tmp_path) as connect,
        world_of(f"{connect}/test") as world,
        open_proxy(f"{connect}/test") as proxy,
        session_to(proxy.connect) as session,
    ):
        await world.session.create(znodes.CONTROLLER_EPOCH, b"1")
        await world.session.create("/n", b"old")
        proxy.drop_from(b"marker")

        async def write() -> None:
            with pytest.raises(ControllerMoved):
                await FencedWriter(session, 0).write([(SetData("/n", b"marker", 0),)])

        with trio.fail_after(LIMIT_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                await proxy.swallowed.wait()
                await world.session.set(znodes.CONTROLLER_EPOCH, b"2", ANY_VERSION)
                proxy.cut()
                proxy.thaw()
        assert (await world.session.get("/n")).data == b"old"
