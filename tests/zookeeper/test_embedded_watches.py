"""Watches: who hears what, when, and in which order with the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.zookeeper.embedded_support import (
    RawClient,
    Reply,
    WatchEvent,
    auth_body,
    create_body,
    delete_body,
    multi_body,
    number_body,
    serving,
    set_acl_body,
    set_body,
    set_watches_body,
    watch_body,
)
from zkbroker.embedded_zookeeper.acl import Acl, Identity
from zkbroker.embedded_zookeeper.protocol import OpCode

CREATED, DELETED, CHANGED, CHILDREN = 1, 2, 3, 4
NO_WATCHER = -121
PERSISTENT, RECURSIVE = 0, 1
CHILD_WATCHES, DATA_WATCHES, ANY_WATCHES = 1, 2, 3


@asynccontextmanager
async def two_clients(path: Path) -> AsyncIterator[tuple[RawClient, RawClient]]:
    async with serving(path) as server:
        first, second = (
            await RawClient.connected(server.bound_port),
            await RawClient.connected(server.bound_port),
        )
        try:
            yield first, second
        finally:
            await first.aclose()
            await second.aclose()


async def heard(client: RawClient) -> list[tuple[int, str]]:
    """All events the client has been told by now."""
    await client.call(OpCode.PING, xid=-2)
    events = [(item.type, item.path) for item in client.received if isinstance(item, WatchEvent)]
    client.received.clear()
    return events


async def test_each_kind_of_one_shot_watch(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        assert (await watcher.exists("/a", watch=True)).error == -101
        await writer.create("/a")
        assert await heard(watcher) == [(CREATED, "/a")]
        await writer.set("/a", b"unseen")
        assert await heard(watcher) == []

        await watcher.get("/a", watch=True)
        await writer.set("/a", b"1")
        await writer.set("/a", b"2")
        assert await heard(watcher) == [(CHANGED, "/a")]

        await watcher.children("/a", watch=True)
        await writer.create("/a/b")
        await writer.create("/a/c")
        assert await heard(watcher) == [(CHILDREN, "/a")]

        await watcher.exists("/a/b", watch=True)
        await writer.set("/a/b", b"1")
        assert await heard(watcher) == [(CHANGED, "/a/b")]

        await watcher.get("/nowhere", watch=True)  # it failed, so it left no watch
        await watcher.children("/nowhere", watch=True)
        await writer.create("/nowhere")
        assert await heard(watcher) == []


async def test_a_deletion_is_told_once_however_it_is_watched(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await writer.create("/a")
        await watcher.get("/a", watch=True)
        await watcher.exists("/a", watch=True)
        await watcher.children("/a", watch=True)
        await watcher.children("/", watch=True)
        await writer.delete("/a")
        assert await heard(watcher) == [(DELETED, "/a"), (CHILDREN, "/")]


async def test_an_event_comes_before_the_answer_that_shows_the_change(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await writer.create("/a", b"old")
        await watcher.get("/a", watch=True)
        # its own change: the event, then the answer
        xid = await watcher.start(OpCode.SET_DATA, set_body("/a", b"new"))
        assert await watcher.next() == WatchEvent(CHANGED, "/a")
        answer = await watcher.next()
        assert isinstance(answer, Reply) and answer.xid == xid
        # that of another: the event, then a read that sees it
        await watcher.get("/a", watch=True)
        await writer.set("/a", b"newer")
        xid = await watcher.start(OpCode.GET_DATA, watch_body("/a", False))
        assert await watcher.next() == WatchEvent(CHANGED, "/a")
        answer = await watcher.next()
        assert isinstance(answer, Reply) and answer.data() == b"newer"


async def test_all_events_of_a_multi_come_before_its_answer(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, _):
        await watcher.create("/a")
        await watcher.get("/a", watch=True)
        await watcher.children("/a", watch=True)
        body = multi_body((OpCode.SET_DATA, set_body("/a", b"1")), (OpCode.CREATE, create_body("/a/b", b"")))
        xid = await watcher.start(OpCode.MULTI, body)
        assert await watcher.next() == WatchEvent(CHANGED, "/a")
        assert await watcher.next() == WatchEvent(CHILDREN, "/a")
        answer = await watcher.next()
        assert isinstance(answer, Reply) and answer.xid == xid


async def test_a_refused_multi_tells_nobody(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await writer.create("/a")
        await watcher.get("/a", watch=True)
        body = multi_body((OpCode.SET_DATA, set_body("/a", b"1")), (OpCode.CHECK, delete_body("/a", 9)))
        await writer.call(OpCode.MULTI, body)
        assert await heard(watcher) == []
        await writer.set("/a", b"2")
        assert await heard(watcher) == [(CHANGED, "/a")]


async def test_a_persistent_watch_hears_everything_of_its_znode(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        assert not (await watcher.call(OpCode.ADD_WATCH, number_body("/a", PERSISTENT))).error
        await writer.create("/a")
        await writer.set("/a", b"1")
        await writer.set("/a", b"2")
        await writer.create("/a/b")
        await writer.set("/a/b", b"not here")
        await writer.delete("/a/b")
        await writer.delete("/a")
        assert await heard(watcher) == [
            *((CREATED, "/a"), (CHANGED, "/a"), (CHANGED, "/a")),
            *((CHILDREN, "/a"), (CHILDREN, "/a"), (DELETED, "/a")),
        ]


async def test_a_recursive_watch_hears_of_all_below_but_not_of_lists_of_children(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await watcher.call(OpCode.ADD_WATCH, number_body("/a", RECURSIVE))
        for path in ("/a", "/a/b", "/a/b/c", "/ab"):
            await writer.create(path)
        await writer.set("/a/b/c", b"1")
        await writer.delete("/a/b/c")
        assert await heard(watcher) == [
            *((CREATED, "/a"), (CREATED, "/a/b"), (CREATED, "/a/b/c")),
            *((CHANGED, "/a/b/c"), (DELETED, "/a/b/c")),
        ]
        await watcher.call(OpCode.REMOVE_WATCHES, number_body("/a", ANY_WATCHES))
        await writer.set("/a/b", b"1")
        assert await heard(watcher) == []


async def test_one_kind_of_watch_does_not_replace_another(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await writer.create("/a")
        await watcher.call(OpCode.ADD_WATCH, number_body("/a", PERSISTENT))
        await watcher.get("/a", watch=True)
        await writer.set("/a", b"1")
        await writer.set("/a", b"2")
        assert await heard(watcher) == [(CHANGED, "/a"), (CHANGED, "/a")]


async def test_check_and_remove_watches(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, other):
        await watcher.create("/a")
        await watcher.get("/a", watch=True)

        async def check(client: RawClient, kind: int) -> int:
            return (await client.call(OpCode.CHECK_WATCHES, number_body("/a", kind))).error

        assert await check(watcher, DATA_WATCHES) == 0
        assert await check(watcher, ANY_WATCHES) == 0
        assert await check(watcher, CHILD_WATCHES) == NO_WATCHER
        assert await check(other, ANY_WATCHES) == NO_WATCHER
        removed = await watcher.call(OpCode.REMOVE_WATCHES, number_body("/a", CHILD_WATCHES))
        assert removed.error == NO_WATCHER
        removed = await watcher.call(OpCode.REMOVE_WATCHES, number_body("/a", DATA_WATCHES))
        assert removed.error == 0
        await other.set("/a", b"1")
        assert await heard(watcher) == []


async def test_set_watches_tells_what_was_missed_and_watches_the_rest(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        writer = await RawClient.connected(server.bound_port)
        for path in ("/same", "/changed", "/deleted", "/parent", "/lone"):
            await writer.create(path)
        away = await RawClient.connected(server.bound_port)
        seen = (await away.get("/same")).zxid
        await away.aclose()
        await writer.set("/changed", b"1")
        await writer.delete("/deleted")
        await writer.create("/parent/child")
        await writer.create("/appeared")

        back = await RawClient.connected(server.bound_port, resume=away, last_zxid=seen)
        body = set_watches_body(
            seen,
            ["/same", "/changed", "/deleted"],
            ["/appeared", "/absent"],
            ["/parent", "/lone", "/deleted"],
        )
        assert (await back.call(OpCode.SET_WATCHES, body, xid=-8)).error == 0
        assert await heard(back) == [
            *((CHANGED, "/changed"), (DELETED, "/deleted"), (CREATED, "/appeared")),
            *((CHILDREN, "/parent"), (DELETED, "/deleted")),
        ]
        # and those that had nothing to tell wait on
        await writer.set("/same", b"1")
        await writer.create("/absent")
        await writer.create("/lone/child")
        await writer.set("/changed", b"2")
        assert await heard(back) == [(CHANGED, "/same"), (CREATED, "/absent"), (CHILDREN, "/lone")]
        await back.aclose()
        await writer.aclose()


async def test_set_watches2_renews_persistent_watches(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        body = set_watches_body(0, [], [], [], ["/a"], ["/deep"])
        assert (await watcher.call(OpCode.SET_WATCHES2, body, xid=-8)).error == 0
        await writer.create("/a")
        await writer.set("/a", b"")
        await writer.create("/deep")
        await writer.create("/deep/er")
        assert await heard(watcher) == [
            *((CREATED, "/a"), (CHANGED, "/a"), (CREATED, "/deep"), (CREATED, "/deep/er")),
        ]


async def test_watches_end_with_their_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.create("/a")
        await client.get("/a", watch=True)
        await client.aclose()
        back = await RawClient.connected(server.bound_port, resume=client)
        await back.set("/a", b"1")
        assert await heard(back) == []
        assert server.statistics().watches == 0
        await back.aclose()


async def test_nobody_hears_of_what_it_may_not_read(tmp_path: Path) -> None:
    async with two_clients(tmp_path) as (watcher, writer):
        await writer.call(OpCode.AUTH, auth_body("digest", b"amy:secret"), xid=-4)
        await watcher.call(OpCode.ADD_WATCH, number_body("/", RECURSIVE))
        secret = (Acl(31, Identity("auth", "")),)
        await writer.call(OpCode.CREATE, create_body("/secret", b"", 0, secret))
        await writer.create("/open")
        await writer.set("/secret", b"1")
        await writer.call(OpCode.SET_ACL, set_acl_body("/open", secret))
        await writer.delete("/open")
        assert await heard(watcher) == [(CREATED, "/open")]
