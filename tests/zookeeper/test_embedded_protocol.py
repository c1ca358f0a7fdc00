"""Packets good and bad: operations no library of ours sends, limits, and what strangers may send."""

from __future__ import annotations

import logging
import socket
import struct
from pathlib import Path

import pytest
import trio

from tests.zookeeper.embedded_support import (
    PATIENCE_S,
    RawClient,
    Reply,
    create_body,
    decode_multi,
    multi_body,
    serving,
    set_body,
    watch_body,
)
from zkbroker.embedded_zookeeper import connection
from zkbroker.embedded_zookeeper.jute import encode_buffer, encode_string
from zkbroker.embedded_zookeeper.protocol import OpCode

NO_NODE, MARSHALLING_ERROR, UNIMPLEMENTED, BAD_ARGUMENTS = -101, -5, -6, -8


async def test_create2_and_containers(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        made = await client.call(OpCode.CREATE2, create_body("/a", b"abc", 2))
        assert (made.path(), made.stat().data_length, made.stat().czxid) == ("/a0000000000", 3, made.zxid)
        made = await client.call(OpCode.CREATE_CONTAINER, create_body("/box", b"", 4))
        assert (made.path(), made.stat().ephemeral_owner) == ("/box", 0)

        # a container goes once it has had a child and has none: here when asked, else within a minute
        assert (await client.call(OpCode.DELETE_CONTAINER, b"/a0000000000")).error == -103
        await client.create("/box/thing")
        assert (await client.call(OpCode.DELETE_CONTAINER, b"/box")).error == -111
        assert server.database.delete_unused_containers(0) == []
        await client.delete("/box/thing")
        assert server.database.delete_unused_containers(0) == ["/box"]
        assert (await client.get("/box")).error == NO_NODE
        await client.aclose()


async def test_what_a_standalone_apache_server_does_not_do_either(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        ttl = await client.call(OpCode.CREATE_TTL, create_body("/a", b"", 5) + struct.pack("!q", 1000))
        assert ttl.error == UNIMPLEMENTED
        assert (await client.call(OpCode.RECONFIG, encode_string("") * 3 + bytes(8))).error == -123
        await client.aclose()


async def test_multi_read(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.create("/a", b"data")
        await client.create("/a/b")
        body = multi_body(
            (OpCode.GET_DATA, watch_body("/a", False)),
            (OpCode.GET_DATA, watch_body("/nowhere", False)),
            (OpCode.GET_CHILDREN, watch_body("/a", False)),
        )
        data, missing, children = decode_multi((await client.call(OpCode.MULTI_READ, body)).body)
        assert isinstance(data[1], tuple) and data[1][0] == b"data"
        assert missing == (-1, NO_NODE)
        assert children == (OpCode.GET_CHILDREN, ["b"])
        await client.aclose()


async def test_ephemerals_and_descendants(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        for path in ("/a", "/a/b", "/ab"):
            await client.create(path)
        await client.create("/a/mine", b"", 1)
        await client.create("/mine", b"", 1)
        count = await client.call(OpCode.GET_ALL_CHILDREN_NUMBER, encode_string("/a"))
        assert struct.unpack("!i", count.body) == (2,)
        everything = await client.call(OpCode.GET_ALL_CHILDREN_NUMBER, encode_string("/"))
        assert struct.unpack("!i", everything.body) == (8,)  # /zookeeper and its two included
        for prefix, found in (("", ["/a/mine", "/mine"]), ("/", ["/a/mine", "/mine"]), ("/a", ["/a/mine"])):
            reply = await client.call(OpCode.GET_EPHEMERALS, encode_string(prefix))
            assert reply.paths() == found
        await client.aclose()


@pytest.mark.parametrize(
    "path",
    ["a", "", "//", "/a/", "/a//b", "/.", "/..", "/a/./b", "/a/../b", "/\0", "/\x1f", "/\x7f", "/\ue000"],
)
async def test_paths_no_znode_may_have(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.create("/a")
        assert (await client.create(path)).error in (BAD_ARGUMENTS, NO_NODE)
        assert server.statistics().znodes == 5
        await client.aclose()


async def test_replies_carry_the_zxid_and_refused_writes_use_one_up(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        first = await client.create("/a")
        assert (await client.create("/a")).zxid == first.zxid + 1
        assert (await client.get("/a")).zxid == first.zxid + 1
        assert (await client.set("/a", b"")).zxid == first.zxid + 2
        await client.aclose()


async def test_requests_before_the_connect_answer_are_served(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.open(server.bound_port)
        await client.send(struct.pack("!iqiq", 0, 0, 10_000, 0) + encode_buffer(bytes(16)) + b"\0")
        await client.start(OpCode.CREATE, create_body("/early", b""))
        await client.packet()
        reply = await client.next()
        assert isinstance(reply, Reply) and reply.path() == "/early"
        await client.aclose()


async def test_a_client_from_before_3_4_gets_an_answer_without_read_only(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.open(server.bound_port)
        await client.send(struct.pack("!iqiq", 0, 0, 10_000, 0) + encode_buffer(bytes(16)))
        assert len(await client.packet()) == 4 + 4 + 8 + 4 + 16
        await client.aclose()


async def test_split_at_every_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        client.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        packet = struct.pack("!ii", 5, OpCode.CREATE) + create_body("/a", b"xyz")
        for byte in struct.pack("!i", len(packet)) + packet:
            await client.stream.send_all(bytes([byte]))
        reply = await client.next()
        assert isinstance(reply, Reply) and (reply.xid, reply.error) == (5, 0)
        await client.aclose()


@pytest.mark.parametrize(
    "packet",
    [
        struct.pack("!i", -1),
        struct.pack("!i", 1 << 30),
        struct.pack("!i", 0x100000),
        struct.pack("!i", 3) + b"abc",
        struct.pack("!iii", 8, 7, OpCode.CREATE),
        struct.pack("!iiii", 12, 7, OpCode.GET_DATA, 1 << 20),
        struct.pack("!iiii", 12, 7, OpCode.GET_DATA, -7),
        struct.pack("!iiii", 12, 7, OpCode.GET_DATA, 1) + b"\xff",
        struct.pack("!iiiqi", 20, 7, OpCode.SET_WATCHES, 0, 1 << 24),
        struct.pack("!iiiibi", 17, 7, OpCode.MULTI, 99, 0, -1),
    ],
)
async def test_malformed_packets_end_one_connection_with_one_line(
    tmp_path: Path, packet: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zkbroker.embedded_zookeeper")
    async with serving(tmp_path) as server:
        good, bad = await RawClient.connected(server.bound_port), await RawClient.connected(server.bound_port)
        caplog.clear()
        await bad.stream.send_all(packet)
        assert await bad.is_closed_by_server()
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "malformed" in caplog.text and "127.0.0.1:" in caplog.text
        assert (await good.get("/")).error == 0
        await bad.aclose()
        await good.aclose()


@pytest.mark.parametrize(
    "beginning", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x02hi", b"\x16\x03\x01\x02\x00\x01\x00\x01"]
)
async def test_strangers_are_sent_away(tmp_path: Path, beginning: bytes) -> None:
    async with serving(tmp_path) as server:
        stranger = await RawClient.open(server.bound_port)
        await stranger.stream.send_all(beginning)
        assert await stranger.is_closed_by_server()
        await stranger.aclose()


async def test_unknown_operations_are_answered_and_end_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.send(struct.pack("!ii", 1, 77))
        reply = await client.next()
        assert isinstance(reply, Reply) and reply.error == UNIMPLEMENTED
        assert await client.is_closed_by_server()
        await client.aclose()


async def test_a_body_that_is_no_record_is_answered_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        assert (await client.call(OpCode.CREATE, b"\0")).error == MARSHALLING_ERROR
        assert await client.is_closed_by_server()
        await client.aclose()


async def test_the_largest_packet_allowed(tmp_path: Path) -> None:
    async with serving(tmp_path, max_request_bytes=10_000) as server:
        client = await RawClient.connected(server.bound_port)
        room = 10_000 - 8 - len(create_body("/a", b""))
        assert not (await client.create("/a", bytes(room))).error
        assert (await client.get("/a")).data() == bytes(room)
        await client.start(OpCode.SET_DATA, set_body("/a", bytes(10_000)))
        assert await client.is_closed_by_server()
        await client.aclose()


async def test_a_client_that_saw_another_servers_zxid_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.open(server.bound_port)
        with pytest.raises(EOFError):
            await client.begin_session(last_zxid=server.last_zxid + 1)
        await client.aclose()


async def test_one_connection_does_not_keep_others_from_their_turn(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        busy, patient = (
            await RawClient.connected(server.bound_port),
            await RawClient.connected(server.bound_port),
        )
        packet = struct.pack("!ii", 1, OpCode.EXISTS) + watch_body("/", False)
        flood = (struct.pack("!i", len(packet)) + packet) * 100_000
        async with trio.open_nursery() as nursery:
            nursery.start_soon(busy.stream.send_all, flood)
            with trio.fail_after(PATIENCE_S):
                while server.statistics().packets_received < 1000:
                    await trio.lowlevel.checkpoint()
                await patient.get("/")
            assert server.statistics().packets_received < 100_000
            nursery.cancel_scope.cancel()
        await busy.aclose()
        await patient.aclose()


async def test_a_client_that_never_reads_is_not_read_from_for_ever(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        client.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await client.create("/a", bytes(500_000))
        packet = struct.pack("!ii", 1, OpCode.GET_DATA) + watch_body("/a", False)
        with trio.move_on_after(0.3):
            await client.stream.send_all((struct.pack("!i", len(packet)) + packet) * 200_000)
        (served,) = server.connections
        # a few answers stand in sockets' buffers; the rest was not even asked for
        assert served.queued * 500_000 < 10 << 20
        await client.aclose()


async def test_a_client_that_reads_nothing_of_its_events_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_QUEUE_ENDS_CONNECTION", 100_000)
    async with serving(tmp_path) as server:
        deaf, writer = (
            await RawClient.connected(server.bound_port),
            await RawClient.connected(server.bound_port),
        )
        deaf.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await deaf.call(OpCode.ADD_WATCH, encode_string("/") + struct.pack("!i", 1))
        name = "/" + "n" * 5000
        with trio.fail_after(PATIENCE_S):
            while len(server.connections) > 1:
                await writer.create(name)
                await writer.delete(name)
        assert (await writer.get("/")).error == 0
        await deaf.aclose()
        await writer.aclose()


async def test_who_does_not_begin_a_session_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_CONNECT_WITHIN_S", 0.1)
    async with serving(tmp_path) as server:
        client = await RawClient.open(server.bound_port)
        assert await client.is_closed_by_server()
        await client.aclose()


async def test_out_of_descriptors_clients_wait_and_nothing_else_fails(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        waiting = [await RawClient.open(server.bound_port) for _ in range(3)]
        first_free = _first_free_descriptor()
        sockets = [socket.socket() for _ in range(4)]
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (first_free + 4, hard))
            for one in sockets:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", server.bound_port))
            assert (await client.set("/", b"still here")).error == 0
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for one in sockets:
            one.close()
        late = await RawClient.connected(server.bound_port)
        assert (await late.get("/")).data() == b"still here"
        for other in (client, late, *waiting):
            await other.aclose()


def _first_free_descriptor() -> int:
    with socket.socket() as probe:
        return probe.fileno()
