"""A bare client of ZooKeeper's protocol, and servers to try it on."""

from __future__ import annotations

import struct
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import trio
from kazoo.client import KazooClient

from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.embedded_zookeeper.acl import OPEN_ACL, Acl, encode_acls
from zkbroker.embedded_zookeeper.jute import Decoder, encode_buffer, encode_string, encode_strings
from zkbroker.embedded_zookeeper.protocol import OpCode, Stat
from zkbroker.testing.servers import ZooKeeperKind

R = TypeVar("R")

PATIENCE_S = 20.0  # how long anything may take before a test fails
NEVER_S = 0.2  # how long a test listens for what must not come

_STAT = struct.Struct("!qqqqiiiqiiq")


def embedded_kind(*options: str) -> ZooKeeperKind:
    """The embedded server in a process of its own (embedded_process.py)."""
    return ZooKeeperKind(
        "embedded-zookeeper",
        lambda data, port: [
            sys.executable,
            "-m",
            "tests.zookeeper.embedded_process",
            str(data),
            str(port),
            *options,
        ],
    )


@asynccontextmanager
async def serving(data_dir: Path, **settings: Any) -> AsyncIterator[EmbeddedZooKeeper]:
    """A server within this test's event loop, on a free port, ended on exit. Without fsync unless asked."""
    server = EmbeddedZooKeeper(data_dir, **{"port": 0, "fsync": False, **settings})
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        yield server
        nursery.cancel_scope.cancel()


async def with_kazoo(port: int, use: Callable[[KazooClient], R], **settings: Any) -> R:
    """Call `use` with a started kazoo client in a thread, and stop the client."""

    def run() -> R:
        client = KazooClient(f"127.0.0.1:{port}", timeout=10.0, **settings)
        client.start(timeout=PATIENCE_S)
        try:
            return use(client)
        finally:
            client.stop()
            client.close()

    return await trio.to_thread.run_sync(run)


@attrs.frozen
class Reply:
    """One packet from the server."""

    xid: int
    zxid: int
    error: int
    body: bytes

    def stat(self) -> Stat:
        """The body, or its end, as statistics."""
        return Stat(*_STAT.unpack(self.body[-_STAT.size :]))

    def path(self) -> str:
        """The body's first string."""
        return Decoder(self.body).string() or ""

    def paths(self) -> list[str]:
        """The body's first vector of strings."""
        return Decoder(self.body).strings()

    def data(self) -> bytes | None:
        """The body's first buffer."""
        return Decoder(self.body).buffer()


@attrs.frozen
class WatchEvent:
    """One watch event."""

    type: int
    path: str


@attrs.define(eq=False)
class RawClient:
    """Speaks the protocol packet by packet; keeps watch events in order with replies."""

    stream: trio.SocketStream
    session_id: int = 0
    password: bytes = bytes(16)
    timeout_ms: int = 0
    last_zxid: int = 0
    received: deque[Reply | WatchEvent] = attrs.field(factory=deque)
    _buffer: bytearray = attrs.field(factory=bytearray)
    _xid: int = 0

    @classmethod
    async def open(cls, port: int) -> RawClient:
        """A connection without a session."""
        return cls(await trio.open_tcp_stream("127.0.0.1", port))

    @classmethod
    async def connected(
        cls, port: int, *, timeout_ms: int = 10_000, resume: RawClient | None = None, last_zxid: int = 0
    ) -> RawClient:
        """A connection with a session: a new one, or that of `resume`."""
        client = await cls.open(port)
        if resume is not None:
            client.session_id, client.password = resume.session_id, resume.password
        try:
            await client.begin_session(timeout_ms=timeout_ms, last_zxid=last_zxid)
        except BaseException:
            await trio.aclose_forcefully(client.stream)
            raise
        return client

    async def begin_session(self, *, timeout_ms: int = 10_000, last_zxid: int = 0) -> bool:
        """Send a ConnectRequest; returns whether there is a session."""
        request = struct.pack("!iqiq", 0, last_zxid, timeout_ms, self.session_id)
        await self.send(request + encode_buffer(self.password) + b"\0")
        answer = Decoder(await self.packet())
        answer.int32()
        self.timeout_ms, self.session_id = answer.int32(), answer.int64()
        self.password = answer.buffer() or b""
        return self.timeout_ms > 0

    async def aclose(self) -> None:
        """Cut the connection; the session stays."""
        await self.stream.aclose()

    async def send(self, packet: bytes) -> None:
        """Send a packet with its length."""
        await self.stream.send_all(struct.pack("!i", len(packet)) + packet)

    async def packet(self) -> bytes:
        """The next packet without its length. Raises: EOFError at the end of the connection."""
        with trio.fail_after(PATIENCE_S):
            while len(self._buffer) < 4 or len(self._buffer) < 4 + int.from_bytes(self._buffer[:4], "big"):
                piece = await self.stream.receive_some(65536)
                if not piece:
                    raise EOFError
                self._buffer += piece
        length = int.from_bytes(self._buffer[:4], "big")
        packet = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return packet

    async def start(self, op: OpCode, body: bytes = b"", *, xid: int | None = None) -> int:
        """Send a request and return its xid."""
        if xid is None:
            self._xid += 1
            xid = self._xid
        await self.send(struct.pack("!ii", xid, op) + body)
        return xid

    async def next(self) -> Reply | WatchEvent:
        """The next reply or event, in the order of the wire."""
        packet = await self.packet()
        xid, zxid, error = struct.unpack_from("!iqi", packet)
        if xid == -1:
            decoder = Decoder(packet, 16)
            event, _state = decoder.int32(), decoder.int32()
            return WatchEvent(event, decoder.string() or "")
        if zxid > 0:
            self.last_zxid = zxid
        return Reply(xid, zxid, error, packet[16:])

    async def reply(self, xid: int) -> Reply:
        """The reply to a request; events before it are put aside in `received`."""
        while True:
            item = await self.next()
            if isinstance(item, Reply) and item.xid == xid:
                return item
            self.received.append(item)

    async def call(self, op: OpCode, body: bytes = b"", *, xid: int | None = None) -> Reply:
        """A request and its reply."""
        return await self.reply(await self.start(op, body, xid=xid))

    async def event(self) -> WatchEvent:
        """The next watch event, put aside or still to come."""
        item = self.received.popleft() if self.received else await self.next()
        assert isinstance(item, WatchEvent), item
        return item

    async def is_closed_by_server(self) -> bool:
        """Read on to the end of the connection, which must come."""
        with trio.fail_after(PATIENCE_S):
            try:
                while await self.stream.receive_some(65536):
                    pass
            except trio.BrokenResourceError:
                pass
        return True

    async def hears_nothing(self, for_s: float = NEVER_S) -> bool:
        """Whether no byte comes for a while."""
        with trio.move_on_after(for_s):
            self._buffer += await self.stream.receive_some(65536)
            return False
        return not self._buffer

    async def create(self, path: str, data: bytes | None = b"", flags: int = 0) -> Reply:
        return await self.call(OpCode.CREATE, create_body(path, data, flags))

    async def set(self, path: str, data: bytes, version: int = -1) -> Reply:
        return await self.call(OpCode.SET_DATA, set_body(path, data, version))

    async def delete(self, path: str, version: int = -1) -> Reply:
        return await self.call(OpCode.DELETE, delete_body(path, version))

    async def get(self, path: str, *, watch: bool = False) -> Reply:
        return await self.call(OpCode.GET_DATA, watch_body(path, watch))

    async def exists(self, path: str, *, watch: bool = False) -> Reply:
        return await self.call(OpCode.EXISTS, watch_body(path, watch))

    async def children(self, path: str, *, watch: bool = False) -> Reply:
        return await self.call(OpCode.GET_CHILDREN, watch_body(path, watch))

    async def close_session(self) -> None:
        """End the session; the server closes the connection."""
        await self.call(OpCode.CLOSE_SESSION)
        assert await self.is_closed_by_server()
        await self.aclose()


def create_body(path: str, data: bytes | None, flags: int = 0, acl: tuple[Acl, ...] = OPEN_ACL) -> bytes:
    return encode_string(path) + encode_buffer(data) + encode_acls(acl) + struct.pack("!i", flags)


def set_body(path: str, data: bytes | None, version: int = -1) -> bytes:
    return encode_string(path) + encode_buffer(data) + struct.pack("!i", version)


def delete_body(path: str, version: int = -1) -> bytes:
    return encode_string(path) + struct.pack("!i", version)


def watch_body(path: str, watch: bool) -> bytes:
    return encode_string(path) + struct.pack("!b", watch)


def number_body(path: str, number: int) -> bytes:
    """addWatch, checkWatches, removeWatches."""
    return encode_string(path) + struct.pack("!i", number)


def set_acl_body(path: str, acl: tuple[Acl, ...], version: int = -1) -> bytes:
    return encode_string(path) + encode_acls(acl) + struct.pack("!i", version)


def auth_body(scheme: str, auth: bytes) -> bytes:
    return struct.pack("!i", 0) + encode_string(scheme) + encode_buffer(auth)


def multi_body(*operations: tuple[OpCode, bytes]) -> bytes:
    parts = [struct.pack("!ibi", op, 0, -1) + body for op, body in operations]
    return b"".join(parts) + struct.pack("!ibi", -1, 1, -1)


def set_watches_body(zxid: int, *watches: list[str]) -> bytes:
    """setWatches with three lists, setWatches2 with five."""
    return struct.pack("!q", zxid) + b"".join(encode_strings(paths) for paths in watches)


def decode_multi(body: bytes) -> list[tuple[int, object]]:
    """(operation, result) of each part: -1 and the code of an error, a path, statistics, ..."""
    decoder = Decoder(body)
    results: list[tuple[int, object]] = []
    while True:
        op, done, error = decoder.int32(), decoder.boolean(), decoder.int32()
        if done:
            return results
        match op:
            case OpCode.ERROR:
                assert decoder.int32() == error
                results.append((op, error))
            case OpCode.CREATE:
                results.append((op, decoder.string()))
            case OpCode.CREATE2:
                results.append((op, (decoder.string(), Stat(*decoder.fields(_STAT)))))
            case OpCode.SET_DATA:
                results.append((op, Stat(*decoder.fields(_STAT))))
            case OpCode.GET_DATA:
                results.append((op, (decoder.buffer(), Stat(*decoder.fields(_STAT)))))
            case OpCode.GET_CHILDREN:
                results.append((op, sorted(decoder.strings())))
            case _:
                results.append((op, None))
