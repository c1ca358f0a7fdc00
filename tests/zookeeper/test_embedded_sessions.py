"""Sessions: begun, resumed, taken over, expired, and kept across a restart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import trio

from tests.zookeeper.embedded_support import PATIENCE_S, RawClient, WatchEvent, embedded_kind, serving
from zkbroker.embedded_zookeeper.protocol import OpCode
from zkbroker.testing.servers import open_zookeeper

NO_NODE = -101
DELETED, CHILDREN = 2, 4

BRIEF = {"min_session_timeout_ms": 200, "max_session_timeout_ms": 20_000}


async def refused(port: int, session: RawClient, password: bytes | None = None) -> bool:
    """Whether the server says that the session is gone, and closes the connection."""
    client = await RawClient.open(port)
    client.session_id = session.session_id
    client.password = session.password if password is None else password
    assert not await client.begin_session()
    assert (client.session_id, client.password) == (0, bytes(16))
    assert await client.is_closed_by_server()
    await client.aclose()
    return True


@pytest.mark.parametrize(("wanted", "granted"), [(1, 4000), (6000, 6000), (18_000, 18_000), (90_000, 40_000)])
async def test_timeouts_are_negotiated_as_zookeeper_does(tmp_path: Path, wanted: int, granted: int) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port, timeout_ms=wanted)
        assert client.timeout_ms == granted
        await client.aclose()


async def test_a_silent_session_expires_with_all_it_owns(tmp_path: Path) -> None:
    async with serving(tmp_path, **BRIEF) as server:
        silent = await RawClient.connected(server.bound_port, timeout_ms=200)
        watcher = await RawClient.connected(server.bound_port)
        began = trio.current_time()
        await silent.create("/mine", b"", 1)
        await watcher.get("/mine", watch=True)
        assert await watcher.event() == WatchEvent(DELETED, "/mine")
        assert trio.current_time() - began >= 0.2
        assert await silent.is_closed_by_server()
        assert await refused(server.bound_port, silent)
        await silent.aclose()
        await watcher.aclose()


async def test_a_session_without_a_connection_expires_too(tmp_path: Path) -> None:
    async with serving(tmp_path, **BRIEF) as server:
        gone = await RawClient.connected(server.bound_port, timeout_ms=200)
        watcher = await RawClient.connected(server.bound_port)
        await gone.create("/mine", b"", 1)
        await watcher.get("/mine", watch=True)
        await gone.aclose()
        assert await watcher.event() == WatchEvent(DELETED, "/mine")
        await watcher.aclose()


async def test_pings_keep_a_session(tmp_path: Path) -> None:
    async with serving(tmp_path, **BRIEF) as server:
        client = await RawClient.connected(server.bound_port, timeout_ms=200)
        until = trio.current_time() + 0.6
        while trio.current_time() < until:
            assert (await client.call(OpCode.PING, xid=-2)).error == 0
            await trio.sleep(0.05)
        assert (await client.create("/still", b"")).error == 0
        await client.aclose()


async def test_a_stall_of_the_server_expires_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path, **BRIEF) as server:
        connected = await RawClient.connected(server.bound_port, timeout_ms=200)
        away = await RawClient.connected(server.bound_port, timeout_ms=200)
        await away.aclose()
        await trio.testing.wait_all_tasks_blocked()
        time.sleep(0.5)  # noqa: ASYNC251 (the stall: nothing runs)
        assert (await connected.create("/still", b"")).error == 0
        assert await RawClient.connected(server.bound_port, resume=away)
        assert server.statistics().sessions == 2


async def test_a_stopped_process_expires_nobody(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path, embedded_kind("--tick", "100")) as zookeeper:
        client = await RawClient.connected(zookeeper.port, timeout_ms=1000)
        await client.create("/mine", b"", 1)
        zookeeper.process.pause()
        await client.start(OpCode.PING, xid=-2)
        await trio.sleep(2.0)  # two timeouts
        zookeeper.process.resume()
        await client.reply(-2)
        assert (await client.exists("/mine")).error == 0
        await client.aclose()


async def test_a_session_moves_to_its_clients_new_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        first = await RawClient.connected(server.bound_port)
        await first.create("/mine", b"", 1)
        second = await RawClient.connected(server.bound_port, resume=first)
        assert (second.session_id, second.password) == (first.session_id, first.password)
        assert await first.is_closed_by_server()
        assert (await second.exists("/mine")).stat().ephemeral_owner == first.session_id
        assert server.statistics().sessions == 1
        await first.aclose()
        await second.aclose()


async def test_without_the_password_nobody_gets_or_disturbs_a_session(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        owner = await RawClient.connected(server.bound_port)
        assert await refused(server.bound_port, owner, password=bytes(16))
        assert await refused(server.bound_port, owner, password=b"")
        assert (await owner.create("/still", b"")).error == 0
        await owner.aclose()


async def test_a_second_client_that_closes_the_session_expires_the_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        first = await RawClient.connected(server.bound_port)
        await first.create("/mine", b"", 1)
        second = await RawClient.connected(server.bound_port, resume=first)
        await second.close_session()
        assert await first.is_closed_by_server()
        assert await refused(server.bound_port, first)
        third = await RawClient.connected(server.bound_port)
        assert (await third.exists("/mine")).error == NO_NODE
        await first.aclose()
        await third.aclose()


async def test_sessions_and_their_znodes_survive_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port, timeout_ms=15_000)
        await client.create("/mine", b"", 1)
        zxid = (await client.get("/mine")).zxid
        await client.aclose()
    async with serving(tmp_path) as server:
        back = await RawClient.connected(server.bound_port, resume=client, timeout_ms=15_000, last_zxid=zxid)
        assert back.session_id == client.session_id
        assert (await back.exists("/mine")).stat().ephemeral_owner == client.session_id
        another = await RawClient.connected(server.bound_port)
        assert another.session_id > client.session_id
        await back.close_session()
        await another.aclose()
    async with serving(tmp_path) as server:
        assert server.statistics().sessions == 1
        assert server.statistics().ephemerals == 0


async def test_a_restart_gives_every_session_its_whole_timeout_again(tmp_path: Path) -> None:
    async with serving(tmp_path, **BRIEF) as server:
        client = await RawClient.connected(server.bound_port, timeout_ms=600)
        await client.create("/mine", b"", 1)
        await client.aclose()
        await trio.sleep(0.4)
    async with serving(tmp_path, **BRIEF) as server:
        began = trio.current_time()
        watcher = await RawClient.connected(server.bound_port)
        await watcher.exists("/mine", watch=True)
        with trio.fail_after(PATIENCE_S):
            assert await watcher.event() == WatchEvent(DELETED, "/mine")
        assert trio.current_time() - began > 0.5
        await watcher.aclose()


async def test_closing_a_session_tells_the_watchers_of_each_znode_and_its_parent(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        owner, watcher = (
            await RawClient.connected(server.bound_port),
            await RawClient.connected(server.bound_port),
        )
        await owner.create("/a", b"", 1)
        await owner.create("/b", b"", 1)
        before = await watcher.get("/", watch=False)
        await watcher.children("/", watch=True)
        await watcher.get("/a", watch=True)
        await owner.close_session()
        assert [await watcher.event(), await watcher.event()] == [
            WatchEvent(DELETED, "/a"),
            WatchEvent(CHILDREN, "/"),
        ]
        after = await watcher.get("/")
        assert after.stat().cversion == before.stat().cversion + 2
        assert after.stat().pzxid == before.zxid + 1
        await watcher.aclose()
