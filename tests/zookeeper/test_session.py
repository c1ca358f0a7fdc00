"""What one can ask of a session, and what becomes of it when ZooKeeper or the way to it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable

import pytest
import trio
import trio.lowlevel
import trio.testing
from kazoo.client import KazooClient

from tests.zookeeper.sessions import (
    SESSION_TIMEOUT_MS,
    CuttableProxy,
    expire,
    open_proxy,
    open_session,
    open_sessions,
)
from zkbroker.events import EventFeed, SessionMoved, Stamped, WatchFired, ZnodeWritten
from zkbroker.testing.processes import free_port
from zkbroker.testing.servers import ZooKeeperServer
from zkbroker.zookeeper.operations import Operation
from zkbroker.zookeeper.session import (
    ANY_VERSION,
    AuthenticationFailed,
    BadVersion,
    Check,
    ConnectionLost,
    Create,
    Credentials,
    Delete,
    MultiFailed,
    NodeExists,
    NoNode,
    NotEmpty,
    RequestTooLarge,
    SessionLost,
    SessionState,
    SetData,
    Stat,
    Unreachable,
    ZkSession,
    ZooKeeper,
    split_connect,
)

TIMEOUT_S = SESSION_TIMEOUT_MS / 1000


async def test_nodes_are_created_read_set_and_deleted(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        assert await session.create("/a", b"one") == "/a"
        node = await session.get("/a")
        assert node.data == b"one"
        assert node.stat.version == 0
        assert node.stat.ephemeral_owner == 0
        stat = await session.set("/a", b"two", 0)
        assert stat.version == 1
        assert stat.czxid == node.stat.czxid < stat.mzxid
        assert await session.exists("/a") == stat
        assert await session.exists("/b") is None
        await session.create("/a/child", None, ephemeral=True)
        child = await session.exists("/a/child")
        assert child is not None
        assert child.ephemeral_owner == session.session_id
        assert await session.get_children("/a") == ["child"]
        await session.delete("/a/child", 0)
        await session.delete("/a", ANY_VERSION)
        assert await session.get_children("/") == []


async def test_refusals_are_errors_that_name_the_path(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create("/a", b"")
        await session.create("/a/b", b"")
        with pytest.raises(NodeExists) as exists:
            await session.create("/a", b"")
        assert exists.value.path == "/a"
        with pytest.raises(NoNode):
            await session.create("/no/parent", b"")
        with pytest.raises(NoNode):
            await session.get("/no")
        with pytest.raises(BadVersion):
            await session.set("/a", b"", 1)
        with pytest.raises(NotEmpty):
            await session.delete("/a", 0)
        await session.set("/a", b"", 0)
        with pytest.raises(BadVersion):  # 0 is a version, not "any"
            await session.set("/a", b"", 0)
        with pytest.raises(BadVersion):
            await session.delete("/a", 0)


async def test_sequential_nodes_count_up(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        names = [await session.create("/n_", b"", sequential=True) for _ in range(2)]
        assert names == ["/n_0000000000", "/n_0000000001"]


async def test_a_path_is_made_with_its_parents(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create_path("/deep/er/still")
        await session.create_path("/deep/er/still")
        stat = await session.exists("/deep/er/still")
        assert stat is not None
        assert stat.ephemeral_owner == 0


async def test_the_chroot_is_made_and_invisible(shared_zookeeper: ZooKeeperServer) -> None:
    async with open_session(f"{shared_zookeeper.connect}/made/for/this") as session:
        await session.create("/node", None)
        assert await session.multi([Create("/other")]) == ["/other"]
    async with open_session(shared_zookeeper.connect) as session:
        assert sorted(await session.get_children("/made/for/this")) == ["node", "other"]


async def test_a_multi_does_all(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create("/a", b"")
        await session.create("/gone", b"")
        results = await session.multi(
            [
                Check("/a", 0),
                SetData("/a", b"x", 0),
                Create("/e", b"data", ephemeral=True),
                Create("/null"),
                Delete("/gone", 0),
            ]
        )
        stat = results[1]
        assert isinstance(stat, Stat)
        assert stat.version == 1
        assert results == [None, stat, "/e", "/null", None]
        assert (await session.get("/e")).data == b"data"
        assert await session.multi([]) == []


@pytest.mark.parametrize(
    ("position", "operation", "cause"),
    [
        (0, Check("/a", 7), BadVersion),
        (1, SetData("/a", b"", 7), BadVersion),
        (2, Create("/a"), NodeExists),
        (1, Delete("/none", ANY_VERSION), NoNode),
        (2, Create("/none/child"), NoNode),
    ],
)
async def test_a_multi_does_nothing_and_names_its_first_failure(
    zookeeper: str, position: int, operation: Operation, cause: type[Exception]
) -> None:
    async with open_session(zookeeper) as session:
        await session.create("/a", b"")
        operations: list[Operation] = [Create("/b"), Check("/b", 0), SetData("/b", b"", 0)]
        operations[position:position] = [operation]
        with pytest.raises(MultiFailed) as failed:
            await session.multi(operations)
        assert failed.value.index == position
        assert isinstance(failed.value.cause, cause)
        assert failed.value.cause.path == operation.path
        assert await session.exists("/b") is None


async def test_many_reads_are_one_pass(zookeeper: str) -> None:
    paths = [f"/n{number}" for number in range(1_100)]
    async with open_session(zookeeper) as session:
        await session.multi([Create(path, path.encode()) for path in paths])
        found = await session.get_many(["/none", *paths])
        assert list(found) == ["/none", *paths]
        assert found["/none"] is None
        assert [node.data.decode() for node in found.values() if node is not None] == paths
        children = await session.get_children_many(["/", "/none", "/n0"])
        assert children["/none"] is None
        assert children["/n0"] == []
        assert len(children["/"] or []) == len(paths)


async def test_a_watch_says_look_again(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        stat, created = await session.exists_and_watch("/a")
        assert stat is None
        await session.create("/a", b"")
        await created.wait()
        _, changed = await session.get_and_watch("/a")
        children, child_came = await session.get_children_and_watch("/a")
        assert children == []
        await session.set("/a", b"x", ANY_VERSION)
        await changed.wait()
        assert not child_came.is_set()
        await session.create("/a/c", b"")
        await child_came.wait()
        watched = await session.get_many_and_watch(["/a", "/none"])
        assert watched["/none"][0] is None
        await session.delete("/a/c", 0)
        await session.delete("/a", ANY_VERSION)
        await watched["/a"][1].wait()


async def test_looking_again_before_it_fires_arms_no_second_watch(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create("/a", b"")
        for _ in range(100):
            _, changed = await session.get_and_watch("/a")
        assert session.statistics().watches == 1
        await session.set("/a", b"x", 0)
        await changed.wait()
        assert session.statistics().watches == 0


async def test_what_is_done_is_told(zookeeper: str) -> None:
    feed = EventFeed()
    seen: list[Stamped] = []
    with feed.sink(seen.append):
        async with open_session(zookeeper, events=feed) as session:
            await session.create("/a", b"")
            _, changed = await session.get_and_watch("/a")
            await session.multi([SetData("/a", b"", 0), Create("/b")])
            await changed.wait()
            await session.delete("/a", 1)
    watches = [stamped.event for stamped in seen if isinstance(stamped.event, WatchFired)]
    assert watches == [WatchFired("/a")]  # its place among the rest is chance: another thread brings it
    assert [stamped.event for stamped in seen if stamped.event not in watches] == [
        SessionMoved(session.session_id, "connected"),
        ZnodeWritten("/a", "create", 0),
        ZnodeWritten("/a", "set", 1),
        ZnodeWritten("/b", "create", 0),
        ZnodeWritten("/a", "delete", -1),
        SessionMoved(session.session_id, "lost"),
    ]


async def test_a_request_beyond_the_limit_is_refused_before_it_breaks_the_connection(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        with pytest.raises(RequestTooLarge, match="/a"):
            await session.create("/a", bytes(1 << 20))
        with pytest.raises(RequestTooLarge):
            await session.multi([Create(f"/{number}", bytes(1 << 18)) for number in range(5)])
        await session.create("/a", bytes(1_000_000))
        assert session.connections == 1


async def test_cancelling_a_call_disturbs_nobody(zookeeper: str) -> None:
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        await session.create("/a", b"")
        proxy.freeze()
        with trio.move_on_after(0.05) as scope:
            await session.get("/a")
        assert scope.cancelled_caught
        proxy.thaw()
        assert (await session.get("/a")).data == b""
        assert session.connections == 1


async def test_a_break_of_the_connection_is_survived(zookeeper: str) -> None:
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        await session.create("/e", b"", ephemeral=True)
        _, changed = await session.get_and_watch("/e")
        _, child = await session.get_children_and_watch("/")
        proxy.freeze()
        proxy.cut()
        await session.wait_disconnected()
        assert session.state is SessionState.SUSPENDED
        assert changed.is_set()  # nobody may trust a watch across a disconnection
        assert child.is_set()
        with trio.move_on_after(0.05) as scope:  # a call waits as long as its caller wants
            await session.get("/e")
        assert scope.cancelled_caught
        proxy.thaw()
        with trio.fail_after(TIMEOUT_S):
            node = await session.get("/e")
        assert node.stat.ephemeral_owner == session.session_id
        _, changed = await session.get_and_watch("/e")
        await session.set("/e", b"x", 0)
        await changed.wait()


async def test_a_read_in_flight_repeats_itself_and_a_write_does_not(zookeeper: str) -> None:
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        await session.create("/a", b"kept")
        outcomes: list[str] = []

        async def read() -> None:
            outcomes.append(f"read {(await session.get('/a')).data.decode()}")

        async def write() -> None:
            with pytest.raises(ConnectionLost):
                await session.set("/a", b"new", 0)
            outcomes.append("write unknown")

        proxy.freeze()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            nursery.start_soon(write)
            await trio.testing.wait_all_tasks_blocked(0.05)
            proxy.cut()
            proxy.thaw()
        assert sorted(outcomes) == ["read kept", "write unknown"]


async def test_the_answer_to_a_write_is_lost_and_the_write_done(zookeeper: str) -> None:
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        async with trio.open_nursery() as nursery:
            proxy.lose_answer_to(b"precious")
            nursery.start_soon(break_when_swallowed, proxy)
            with pytest.raises(ConnectionLost):
                await session.create("/a", b"precious")
        assert (await session.get("/a")).data == b"precious"
        assert session.statistics().connection_losses == 1


async def break_when_swallowed(proxy: CuttableProxy) -> None:
    await proxy.swallowed.wait()
    await trio.testing.wait_all_tasks_blocked(0.05)  # the server has it by now
    proxy.cut()


async def test_many_reads_survive_breaks(zookeeper: str) -> None:
    paths = [f"/n{number}" for number in range(600)]
    async with open_proxy(zookeeper) as proxy, open_session(proxy.connect) as session:
        await session.multi([Create(path, path.encode()) for path in paths])
        proxy.freeze()
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def read() -> None:
                found = await session.get_many(paths)
                assert [node.data.decode() for node in found.values() if node is not None] == paths

            await trio.testing.wait_all_tasks_blocked(0.05)
            proxy.cut()
            proxy.thaw()
        assert session.connections == 2


async def test_an_expired_session_ends_its_nursery_and_the_next_begins(zookeeper: str) -> None:
    with trio.fail_after(20):
        async with open_sessions(zookeeper) as sessions:
            first = sessions.current
            await first.create("/e", b"", ephemeral=True)
            _, changed = await first.get_and_watch("/e")
            await expire(zookeeper, first)
            await first.lost.wait()
            assert first.state is SessionState.LOST
            assert "expired" in first.loss_reason
            assert changed.is_set()
            second = await sessions.next(first)
            assert second.session_id != first.session_id
            assert sessions.ended == [first]
            assert sessions.begun == [first, second]
            assert first.session_id in second.former_sessions
            assert await second.exists("/e") is None
            for call in (first.get("/e"), first.create("/x", b""), first.multi([Create("/x")])):
                with pytest.raises(SessionLost):
                    await call
            assert await second.exists("/x") is None
            assert sessions.zk.statistics().sessions == 2


async def test_calls_that_wait_when_the_session_is_lost_are_told(zookeeper: str) -> None:
    with trio.fail_after(20):
        async with open_proxy(zookeeper) as proxy, open_sessions(proxy.connect) as sessions:
            first = sessions.current
            told: list[str] = []

            async def call(name: str, expected: type[Exception], waiting: Awaitable[object]) -> None:
                with pytest.raises(expected):
                    await waiting
                told.append(name)

            proxy.freeze()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call, "write in flight", ConnectionLost, first.create("/a", b""))
                nursery.start_soon(call, "read", SessionLost, first.get("/a"))
                nursery.start_soon(call, "many reads", SessionLost, first.get_many(["/a", "/b"]))
                await first.wait_disconnected()
                nursery.start_soon(call, "write while suspended", SessionLost, first.create("/a", b""))
            assert sorted(told) == ["many reads", "read", "write in flight", "write while suspended"]
            proxy.thaw()
            await sessions.next(first)


async def test_silence_for_the_session_timeout_is_the_end_by_our_own_clock(zookeeper: str) -> None:
    with trio.fail_after(30):
        async with open_proxy(zookeeper) as proxy, open_sessions(proxy.connect) as sessions:
            first = sessions.current
            await first.sync("/")
            began = trio.current_time()
            proxy.freeze()
            await first.wait_disconnected()
            assert not first.lost.is_set()  # kazoo notices before our deadline
            await first.lost.wait()
            assert trio.current_time() - began >= TIMEOUT_S - 0.2
            assert "has not answered" in first.loss_reason
            proxy.thaw()
            second = await sessions.next(first)
            assert second.session_id != first.session_id


async def test_a_paused_server_costs_the_session_and_its_return_begins_another(
    own_zookeeper: ZooKeeperServer,
) -> None:
    with trio.fail_after(30):
        async with open_sessions(own_zookeeper.connect) as sessions:
            first = sessions.current
            own_zookeeper.process.pause()
            await first.lost.wait()
            own_zookeeper.process.resume()
            second = await sessions.next(first)
            assert await second.exists("/") is not None


async def test_a_paused_server_does_not_hold_up_our_end(own_zookeeper: ZooKeeperServer) -> None:
    with trio.fail_after(25):  # less than the session's time-out
        async with open_sessions(own_zookeeper.connect, session_timeout_ms=30_000):
            own_zookeeper.process.pause()
    own_zookeeper.process.resume()


async def test_a_session_survives_the_kill_and_restart_of_its_server(own_zookeeper: ZooKeeperServer) -> None:
    with trio.fail_after(60):
        async with open_sessions(own_zookeeper.connect, session_timeout_ms=20_000) as sessions:
            session = sessions.current
            await session.create("/e", b"kept", ephemeral=True)
            own_zookeeper.process.kill()
            await session.wait_disconnected()
            own_zookeeper.process.start()
            await own_zookeeper.process.wait_ready()
            with trio.fail_after(15):  # kazoo is not asleep for long
                node = await session.get("/e")
            assert node.data == b"kept"
            assert node.stat.ephemeral_owner == session.session_id
            assert sessions.begun == [session]


async def test_a_session_whose_server_stays_away_too_long_is_replaced_when_it_is_back(
    own_zookeeper: ZooKeeperServer, caplog: pytest.LogCaptureFixture
) -> None:
    with trio.fail_after(60), caplog.at_level(logging.INFO, "zkbroker"):
        async with open_sessions(own_zookeeper.connect) as sessions:
            first = sessions.current
            await own_zookeeper.process.stop()
            await first.lost.wait()
            own_zookeeper.process.start()
            await own_zookeeper.process.wait_ready()
            with trio.fail_after(15):
                await sessions.next(first)
    lines = "\n".join(record.getMessage() for record in caplog.records)
    assert f"session {first} is lost: ZooKeeper has not answered" in lines
    assert len(caplog.records) < 12  # a person reads this


async def nothing_to_do(session: ZkSession) -> None:
    await trio.lowlevel.checkpoint()


async def test_no_zookeeper_at_the_start_is_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    zk = ZooKeeper(f"127.0.0.1:{port}/kafka", connection_timeout_ms=3_000)
    caplog.set_level(logging.WARNING, "zkbroker")
    with trio.fail_after(20), pytest.raises(Unreachable) as refused:
        await zk.run(nothing_to_do)
    assert str(refused.value) == (
        f"ZooKeeper at 127.0.0.1:{port} cannot be reached (Connection refused): "
        "is it running, and is zookeeper.connect right?"
    )
    assert [record.getMessage() for record in caplog.records] == [
        f"ZooKeeper at 127.0.0.1:{port} cannot be reached (Connection refused); still trying"
    ]


async def test_something_that_is_no_zookeeper_is_not_waited_for_for_ever() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    zk = ZooKeeper(f"127.0.0.1:{port}", connection_timeout_ms=1_000)
    with trio.fail_after(20), pytest.raises(Unreachable, match="said nothing"):
        await zk.run(nothing_to_do)
    for listener in listeners:
        await listener.aclose()


async def test_refused_credentials_are_one_sentence(zookeeper: str) -> None:
    zk = ZooKeeper(zookeeper, credentials=Credentials(auth=(("nonsense", "x"),)))
    with trio.fail_after(20), pytest.raises(AuthenticationFailed, match="refused our credentials"):
        await zk.run(nothing_to_do)


async def test_a_lost_write_that_nobody_caught_begins_a_new_session(zookeeper: str) -> None:
    seen: list[ZkSession] = []

    async def careless(session: ZkSession) -> None:
        seen.append(session)
        if len(seen) == 1:
            raise ConnectionLost("/a", "the connection broke before the answer")
        raise KeyError("a bug")

    with trio.fail_after(20), pytest.raises(ExceptionGroup) as raised:
        await ZooKeeper(zookeeper).run(careless)
    assert raised.group_contains(KeyError, match="a bug")  # and a bug is nobody's to swallow
    assert seen[0].session_id != seen[1].session_id


async def test_requests_wait_for_the_next_session(zookeeper: str) -> None:
    with trio.fail_after(20):
        async with open_sessions(zookeeper) as sessions:
            first = sessions.current
            await expire(zookeeper, first)
            await first.lost.wait()
            second = await sessions.zk.session()
            assert second is not first
            assert second.is_usable


async def test_no_thread_outlives_its_session(zookeeper: str) -> None:
    def kazoo_threads() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("kazoo")}

    with trio.fail_after(20):
        async with open_sessions(zookeeper) as sessions:
            first = sessions.current
            of_first = kazoo_threads()
            assert len(of_first) == 3
            await expire(zookeeper, first)
            await sessions.next(first)
            assert len(kazoo_threads()) == 3
            assert not kazoo_threads() & of_first
        assert not kazoo_threads()


async def test_nodes_are_protected_when_that_is_asked_for(zookeeper: str) -> None:
    credentials = Credentials(auth=(("digest", "kafka:secret"),))
    async with open_session(zookeeper, credentials=credentials, set_acl=True) as session:
        await session.create_path("/config/users/alice")
        await session.create_path("/consumers")
        await session.multi([Create("/controller", b"")])

    def acls(path: str) -> set[tuple[str, int]]:
        client = KazooClient(zookeeper, auth_data={("digest", "kafka:secret")})
        client.start()
        try:
            return {(acl.id.scheme, acl.perms) for acl in client.get_acls(path)[0]}
        finally:
            client.stop()
            client.close()

    everything, read = 31, 1
    assert await trio.to_thread.run_sync(acls, "/controller") == {("digest", everything), ("world", read)}
    assert await trio.to_thread.run_sync(acls, "/config/users/alice") == {("digest", everything)}
    assert await trio.to_thread.run_sync(acls, "/consumers") == {("world", everything)}


def test_the_connect_string_is_split_at_its_first_slash() -> None:
    assert split_connect("a:1,b:2/kafka/east") == ("a:1,b:2", "/kafka/east")
    assert split_connect("a:1") == ("a:1", "")
    assert split_connect(" a:1/ ") == ("a:1", "")
    with pytest.raises(ValueError, match="names no ZooKeeper host"):
        split_connect("/kafka")
