"""Sessions and cuttable connections for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio

from zkbroker.testing.proxy import Connection, Direction, TcpProxy
from zkbroker.testing.zookeeper_session import ZooKeeperSession, close_session
from zkbroker.zookeeper.session import ZkSession, ZooKeeper

SESSION_TIMEOUT_MS = 2_000


@attrs.define(eq=False)
class Sessions:
    """A slot whose sessions a test can follow."""

    zk: ZooKeeper
    begun: list[ZkSession] = attrs.field(factory=list)
    ended: list[ZkSession] = attrs.field(factory=list)

    @property
    def current(self) -> ZkSession:
        assert self.zk.current is not None
        return self.zk.current

    async def on_session(self, session: ZkSession) -> None:
        self.begun.append(session)
        try:
            await trio.sleep_forever()
        finally:
            self.ended.append(session)

    async def next(self, former: ZkSession) -> ZkSession:
        """The session after that one, once it is usable."""
        with trio.fail_after(20):
            await former.lost.wait()
            while (session := await self.zk.session()) is former:
                await trio.lowlevel.checkpoint()
            return session


@asynccontextmanager
async def open_sessions(connect: str, **options: Any) -> AsyncIterator[Sessions]:
    """A slot that runs inside the block, with its first session established."""
    options.setdefault("session_timeout_ms", SESSION_TIMEOUT_MS)
    options.setdefault("connection_timeout_ms", 20_000)
    sessions = Sessions(ZooKeeper(connect, **options))
    async with trio.open_nursery() as nursery:
        await nursery.start(sessions.zk.run, sessions.on_session)
        try:
            yield sessions
        finally:
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_session(connect: str, **options: Any) -> AsyncIterator[ZkSession]:
    """One session that is not to be lost, however slow the machine."""
    options.setdefault("session_timeout_ms", 20_000)
    async with open_sessions(connect, **options) as sessions:
        yield sessions.current


def split(connect: str) -> tuple[int, str]:
    """Port and chroot of a connect string of these tests."""
    address, _, chroot = connect.partition("/")
    return int(address.rpartition(":")[2]), chroot


async def expire(connect: str, session: ZkSession) -> None:
    """End the session as a second client with the same id and password: real expiry for the first."""
    port, _ = split(connect)
    await close_session(
        port, ZooKeeperSession(session.session_id, session.session_password, session.timeout_ms)
    )


@attrs.define(eq=False)
class CuttableProxy:
    """A connection to ZooKeeper that can be cut, frozen, or robbed of the answer to one request."""

    proxy: TcpProxy
    connect: str
    frozen: bool = False
    swallowed: trio.Event = attrs.field(factory=trio.Event)  # the answer that was to be lost is lost
    _answer_to: bytes | None = None
    _dropped_from: bytes | None = None
    _cuts: list[int] = attrs.field(factory=list)
    _robbed: set[int] = attrs.field(factory=set)

    def freeze(self) -> None:
        """Nothing passes any more, nothing is refused: a network that drops packets."""
        self.frozen = True

    def thaw(self) -> None:
        """Let pass again what was held and what comes."""
        self.frozen = False
        self.proxy.look_again()

    def cut(self) -> None:
        """Close the connections of now; new ones are let through unless frozen."""
        self.proxy.reset_connections()

    def cut_after(self, *pieces: int) -> None:
        """Cut when so many pieces (requests or answers, about) have come; then, if there are more, again."""
        self._cuts = [*pieces]

    def lose_answer_to(self, request: bytes) -> None:
        """The next request with these bytes reaches the server, its answer is held until `cut`."""
        self._answer_to = request

    def drop_from(self, request: bytes) -> None:
        """The next request with these bytes never arrives: its connection breaks; frozen from then on."""
        self._dropped_from = request

    def _holds(self, connection: Connection) -> bool:
        return self.frozen or connection.number in self._robbed

    def _observe(self, connection: Connection, direction: Direction, piece: bytes) -> None:
        if self._cuts:
            self._cuts[0] -= 1
            if self._cuts[0] <= 0:
                del self._cuts[0]
                self.cut()
        if direction is Direction.TO_CLIENT:
            return
        if self._answer_to is not None and self._answer_to in piece:
            self._answer_to = None
            self._robbed.add(connection.number)
            self.swallowed.set()
        if self._dropped_from is not None and self._dropped_from in piece:
            self._dropped_from = None
            self.frozen = True
            self.swallowed.set()
            raise ConnectionResetError("dropped")


@asynccontextmanager
async def open_proxy(connect: str) -> AsyncIterator[CuttableProxy]:
    """A proxy in front of the server of `connect`, same chroot."""
    port, chroot = split(connect)
    proxy = TcpProxy(port)
    cuttable = CuttableProxy(proxy, f"127.0.0.1:{proxy.port}/{chroot}")
    proxy.holds, proxy.observe = cuttable._holds, cuttable._observe
    async with trio.open_nursery() as nursery:
        await nursery.start(proxy.run)
        try:
            yield cuttable
        finally:
            nursery.cancel_scope.cancel()
