"""Listeners: bind, accept, and look after the connections that are open."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable

import attrs
import trio

from zkbroker.model import Endpoint
from zkbroker.network.connection import Connection, Session
from zkbroker.network.memory import RequestMemory
from zkbroker.network.transport import PlainTransport

log = logging.getLogger(__name__)

_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_GONE_BEFORE_ACCEPT = (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.EINTR)

NewSession = Callable[[Connection], Session]


class CannotListen(Exception):
    """A listener cannot be bound; the message is a sentence for the person who configured it."""


@attrs.frozen
class ListenerStatistics:
    listener: str
    connections: int
    accepted: int


@attrs.define(eq=False)
class Listener:
    """One bound listener and its open connections."""

    endpoint: Endpoint  # with the port really bound
    _socket: socket.socket
    connections: set[Connection] = attrs.field(factory=set)
    _accepted: int = 0

    def statistics(self) -> ListenerStatistics:
        return ListenerStatistics(self.endpoint.listener, len(self.connections), self._accepted)

    async def accept_into(
        self,
        connections: trio.Nursery,
        new_session: NewSession,
        memory: RequestMemory,
        max_frame_bytes: int,
    ) -> None:
        """Accept until cancelled; each connection becomes a task of `connections`.

        Out of descriptors, accepting pauses until some connection has closed; nothing else fails.
        """
        while True:
            try:
                sock, address = self._socket.accept()
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
                continue
            except OSError as error:
                if error.errno in _GONE_BEFORE_ACCEPT:
                    await trio.lowlevel.checkpoint()
                    continue
                if error.errno in _OUT_OF_DESCRIPTORS:
                    log.error(
                        "cannot accept on %s: %s; trying again in a second", self.endpoint, error.strerror
                    )
                    await trio.sleep(1)
                    continue
                raise
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(
                peer=f"{address[0]}:{address[1]}",
                listener=self.endpoint.listener,
                transport=PlainTransport(sock),
                memory=memory,
                max_frame_bytes=max_frame_bytes,
            )
            self._accepted += 1
            connections.start_soon(self._serve, connection, new_session)
            await trio.lowlevel.checkpoint()

    async def _serve(self, connection: Connection, new_session: NewSession) -> None:
        self.connections.add(connection)
        try:
            await connection.serve(new_session(connection))
        finally:
            self.connections.discard(connection)

    def close(self) -> None:
        """Stop listening; open connections stay."""
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()

    def close_quiet(self) -> None:
        """Close the connections that are answering nothing now; the others end after their answer."""
        for connection in tuple(self.connections):
            connection.end_after_answer()

    def close_idle(self, idle_s: float, now: float) -> int:
        """Close connections that neither sent nor took a byte for `idle_s`; returns how many. Source: KIP-43."""
        idle = [c for c in self.connections if not c.muted and now - c.last_active > idle_s]
        for connection in idle:
            log.info("closing the connection of %s: idle for more than %g s", connection.peer, idle_s)
            connection.close()
        return len(idle)


def bind(endpoint: Endpoint, backlog: int) -> Listener:
    """Bind one listener; port 0 takes a free port and the result names it.

    An empty host means every address. Raises: CannotListen.
    """
    host = endpoint.host or None
    try:
        found = socket.getaddrinfo(host, endpoint.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {endpoint}: the host {endpoint.host!r} does not resolve ({error})"
        ) from None
    # Every address: IPv6 with both families where the machine has it, else IPv4.
    found.sort(key=lambda info: info[0] != (socket.AF_INET6 if host is None else socket.AF_INET))
    last: OSError | None = None
    for family, kind, protocol, _, address in found:
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            last = error
            continue
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6 and host is None:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(address)
            sock.listen(backlog)
            sock.setblocking(False)
        except OSError as error:
            sock.close()
            last = error
            if error.errno == errno.EADDRINUSE:
                break
            continue
        return Listener(attrs.evolve(endpoint, port=sock.getsockname()[1]), sock)
    if last is not None and last.errno == errno.EADDRINUSE:
        raise CannotListen(
            f"cannot listen on {endpoint}: port {endpoint.port} is taken by another program; "
            "choose another port in listeners"
        )
    raise CannotListen(f"cannot listen on {endpoint}: {last}")


async def sweep(listeners: list[Listener], idle_ms: int) -> None:
    """Close idle connections, for ever. `idle_ms` < 0 never closes any. Source: connections.max.idle.ms."""
    if idle_ms < 0:
        await trio.sleep_forever()
    idle_s = idle_ms / 1000
    while True:
        await trio.sleep(min(30.0, idle_s / 2))
        now = trio.current_time()
        for listener in listeners:
            listener.close_idle(idle_s, now)
