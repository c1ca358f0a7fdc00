"""ZooKeeper sessions from outside: learn a client's session from the wire, close it as a second client."""

from __future__ import annotations

import struct

import attrs
import trio

from zkbroker.testing.proxy import Connection, Direction

CLOSE_SESSION = -11
CONNECT_TIMEOUT_S = 20.0
ANSWERS_WITHIN_S = 2.0


@attrs.frozen
class ZooKeeperSession:
    """What a client needs to take a session over."""

    session_id: int
    password: bytes
    timeout_ms: int


@attrs.define(eq=False)
class SessionObserver:
    """Watches a proxy in front of ZooKeeper (as its `observe`) for the sessions that the server grants."""

    last: ZooKeeperSession | None = None
    _beginnings: dict[int, bytes] = attrs.field(factory=dict, init=False)

    def observe(self, connection: Connection, direction: Direction, piece: bytes) -> None:
        """Look at a piece; only the first answer on each connection, the ConnectResponse, matters."""
        if direction is Direction.TO_SERVER or self._beginnings.get(connection.number) == b"done":
            return
        beginning = self._beginnings.get(connection.number, b"") + piece
        session = decode_connect_response(beginning)
        if session is None:
            self._beginnings[connection.number] = beginning
            return
        self._beginnings[connection.number] = b"done"
        if session.session_id:
            self.last = session


def decode_connect_response(data: bytes) -> ZooKeeperSession | None:
    """The session granted by a ConnectResponse with its length before it; None while it is not complete."""
    if len(data) < 4 or len(data) < 4 + struct.unpack_from(">i", data)[0]:
        return None
    _length, _version, timeout_ms, session_id, password_bytes = struct.unpack_from(">iiiqi", data)
    return ZooKeeperSession(session_id, data[24 : 24 + max(0, password_bytes)], timeout_ms)


async def close_session(port: int, session: ZooKeeperSession) -> None:
    """Take the session over and close it: its ephemeral znodes go, its first client is told "expired"."""
    with trio.fail_after(CONNECT_TIMEOUT_S):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            connect = struct.pack(
                ">iqiqi", 0, 0, session.timeout_ms, session.session_id, len(session.password)
            )
            connect += session.password + b"\0"  # not read-only
            await stream.send_all(struct.pack(">i", len(connect)) + connect)
            answer = b""
            while decode_connect_response(answer) is None:
                piece = await stream.receive_some()
                if not piece:
                    raise ConnectionError(
                        "ZooKeeper closed the connection instead of handing over the session"
                    )
                answer += piece
            await stream.send_all(struct.pack(">iii", 8, 1, CLOSE_SESSION))
            while await stream.receive_some():
                pass  # the server answers and closes the connection when the session is gone


async def is_serving_zookeeper(port: int) -> bool:
    """Whether a ZooKeeper server on this port of 127.0.0.1 serves requests.

    It asks "srvr": Apache's answers "ruok" before it serves, and is silent for ever to some who ask too early.
    """
    answer = b""
    with trio.move_on_after(ANSWERS_WITHIN_S):
        try:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(b"srvr")
                async for received in stream:
                    answer += received
        except OSError:
            return False
    return b"\nMode: " in answer
