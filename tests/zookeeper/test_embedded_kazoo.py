"""Everything kazoo can ask of a ZooKeeper, asked of the embedded one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import (
    BadArgumentsError,
    BadVersionError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.recipe.watchers import ChildrenWatch, DataWatch

from tests.zookeeper.embedded_support import PATIENCE_S, serving, with_kazoo


async def test_create_read_write_delete(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        assert zk.create("/a", b"one") == "/a"
        data, stat = zk.get("/a")
        assert (data, stat.version, stat.cversion, stat.aversion, stat.numChildren) == (b"one", 0, 0, 0, 0)
        assert stat.czxid == stat.mzxid == stat.pzxid
        changed = zk.set("/a", b"three", version=0)
        assert (changed.version, changed.dataLength, changed.czxid) == (1, 5, stat.czxid)
        assert changed.mzxid > stat.mzxid
        assert zk.exists("/nowhere") is None
        zk.delete("/a", version=1)
        assert zk.exists("/a") is None

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_errors(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        zk.create("/a/b", b"", makepath=True)
        with pytest.raises(NodeExistsError):
            zk.create("/a", b"")
        with pytest.raises(NoNodeError):
            zk.create("/nowhere/b", b"")
        with pytest.raises(NoNodeError):
            zk.get("/nowhere")
        with pytest.raises(NoNodeError):
            zk.get_children("/nowhere")
        with pytest.raises(BadVersionError):
            zk.set("/a", b"", version=7)
        with pytest.raises(BadVersionError):
            zk.delete("/a/b", version=7)
        with pytest.raises(NotEmptyError):
            zk.delete("/a")
        with pytest.raises(BadArgumentsError):
            zk.delete("/zookeeper/quota")
        zk.create("/a/short", b"", ephemeral=True)
        with pytest.raises(NoChildrenForEphemeralsError):
            zk.create("/a/short/c", b"")

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_every_server_has_these_znodes(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        assert zk.get_children("/") == ["zookeeper"]
        assert sorted(zk.get_children("/zookeeper")) == ["config", "quota"]
        _, stat = zk.get("/")
        assert (stat.czxid, stat.cversion, stat.numChildren) == (0, -1, 1)

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_sequence_numbers_count_the_children_ever_made(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        zk.create("/queue", b"")
        assert zk.create("/queue/n-", b"", sequence=True) == "/queue/n-0000000000"
        assert zk.create("/queue/n-", b"", sequence=True) == "/queue/n-0000000001"
        zk.create("/queue/unnumbered", b"")
        zk.delete("/queue/n-0000000001")
        assert zk.create("/queue/m-", b"", sequence=True, ephemeral=True) == "/queue/m-0000000003"
        assert zk.create("/queue/", b"", sequence=True) == "/queue/0000000004"
        _, stat = zk.get("/queue")
        assert (stat.cversion, stat.numChildren) == (6, 4)  # five made, one deleted
        failed = zk.transaction()
        failed.create("/queue/n-", b"", sequence=True)
        failed.check("/queue", 99)
        failed.commit()
        assert zk.create("/queue/n-", b"", sequence=True) == "/queue/n-0000000005"  # none was lost

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_a_multi_happens_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        made = zk.transaction()
        made.create("/a", b"1")
        made.create("/a/b", b"2")
        made.set_data("/a", b"3")
        made.check("/a", 1)
        made.delete("/a/b")
        path, child, stat, checked, deleted = made.commit()
        assert (path, child, checked, deleted, stat.version) == ("/a", "/a/b", True, True, 1)
        assert zk.exists("/a").mzxid == zk.exists("/a").czxid  # one zxid for all of it

        refused = zk.transaction()
        refused.set_data("/a", b"4")
        refused.create("/c", b"")
        refused.delete("/a", version=9)
        refused.create("/d", b"")
        results = refused.commit()
        kinds = (RolledBackError, RolledBackError, BadVersionError, RuntimeInconsistency)
        assert tuple(type(result) for result in results) == kinds
        assert zk.get("/a")[0] == b"3"
        assert zk.exists("/c") is None

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_ephemeral_znodes_go_with_their_session(tmp_path: Path) -> None:
    def own(zk: KazooClient) -> int:
        zk.create("/here", b"", ephemeral=True)
        session_id: int = zk.client_id[0]
        assert zk.exists("/here").ephemeralOwner == session_id
        return session_id

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, own)
        assert await with_kazoo(server.bound_port, lambda zk: zk.exists("/here")) is None


async def test_watches_and_recipes(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        seen: list[object] = []
        moved = threading.Condition()

        def saw(what: object) -> None:
            with moved:
                seen.append(what)
                moved.notify()

        def wait_for(what: object) -> None:
            with moved:
                assert moved.wait_for(lambda: what in seen, PATIENCE_S), seen

        zk.create("/dir", b"")
        ChildrenWatch(zk, "/dir", lambda children: saw(sorted(children)))
        DataWatch(zk, "/dir/a", lambda data, stat: saw(data))
        wait_for([])
        wait_for(None)
        zk.create("/dir/a", b"1")
        wait_for(["a"])
        wait_for(b"1")
        zk.set("/dir/a", b"2")
        wait_for(b"2")
        with zk.Lock("/lock"):
            assert len(zk.get_children("/lock")) == 1
        zk.Counter("/counter").__add__(3)
        assert zk.Counter("/counter").value == 3
        queue = zk.LockingQueue("/jobs")
        queue.put(b"job")
        assert queue.get(timeout=PATIENCE_S) == b"job"
        queue.consume()
        elected = threading.Event()
        zk.Election("/election", "me").run(elected.set)
        assert elected.is_set()
        party = zk.Party("/party", "me")
        party.join()
        assert list(party) == ["me"]

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_null_and_empty_data_differ(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        zk.create("/empty", b"")
        assert zk.get("/empty")[0] == b""
        zk.set("/empty", None)
        assert zk.get("/empty")[0] is None

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


async def test_many_requests_in_flight_are_answered_in_order(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        zk.create("/n", b"")
        results = [zk.set_async("/n", str(number).encode()) for number in range(2000)]
        versions = [result.get(timeout=PATIENCE_S).version for result in results]
        assert versions == list(range(1, 2001))

    async with serving(tmp_path, fsync=True) as server:
        await with_kazoo(server.bound_port, use)


async def test_kazoo_recognises_the_version(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        assert await with_kazoo(server.bound_port, lambda zk: zk.server_version()) == (3, 8, 4)
