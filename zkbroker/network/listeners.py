"""Listeners: bind, accept, and look after the connections that are open."""

from __future__ import annotations

import errno
import logging
import math
import socket
import ssl
from collections.abc import Callable, Iterable

import attrs
import trio

from acl.model import host_of_address
from zkbroker.fairness import Turnstile
from zkbroker.model import Endpoint
from zkbroker.network.admission import Admission
from zkbroker.network.connection import Connection, Session
from zkbroker.network.memory import RequestMemory
from zkbroker.network.tls import TlsFailed, TlsTransport
from zkbroker.network.transport import PlainTransport, Transport

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 10.0

_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_GONE_BEFORE_ACCEPT = (errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.EINTR)

BEFORE_AUTHENTICATION_BYTES = 16 * 1024 * 1024
"""Memory for the larger frames of all clients of a listener that have not said who they are."""

AUTHENTICATION_S = 30.0
"""How long a client may take for TLS and SASL together."""


class CannotListen(Exception):
    """A listener cannot be bound; the message is a sentence for the person who configured it."""


class Refused(Exception):
    """A connection whose client may not come in; the message says why, for the log."""


NewSession = Callable[[Connection], Session]
"""What serves a connection. Raises: Refused."""


@attrs.frozen
class Entrance:
    """What a client of a listener must get through before it is served."""

    tls: Callable[[], ssl.SSLContext] | None = None  # the context of now; None: no TLS
    authenticates: bool = False  # the session calls `Connection.let_in` when it knows who it is
    max_frame_bytes: int = 524288  # before that
    refusal_delay_s: Callable[[], float] = lambda: 0.0  # so that guessing is slow
    patience_s: float = AUTHENTICATION_S

    @property
    def is_open(self) -> bool:
        return self.tls is None and not self.authenticates


OPEN = Entrance()


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
    make_room: Callable[[], None] = lambda: None  # closes a connection of another listener
    _handshakes: Turnstile = attrs.field(
        factory=Turnstile
    )  # a thousand at once must not hold up those inside
    _accepted: int = 0

    def statistics(self) -> ListenerStatistics:
        return ListenerStatistics(self.endpoint.listener, len(self.connections), self._accepted)

    async def accept_into(
        self,
        connections: trio.Nursery,
        new_session: NewSession,
        memory: RequestMemory,
        max_frame_bytes: int,
        entrance: Entrance = OPEN,
        admission: Admission | None = None,
    ) -> None:
        """Accept until cancelled; each connection becomes a task of `connections`.

        Out of descriptors, or of what `admission` allows, accepting pauses; nothing else fails.
        """
        name = self.endpoint.listener
        unknown_memory = RequestMemory(BEFORE_AUTHENTICATION_BYTES)
        while True:
            if admission is not None:
                await admission.wait_room(name)
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
            self._accepted += 1
            host = host_of_address(address[0])
            pause_s = 0.0
            if admission is not None:
                now = trio.current_time()
                pause_s = admission.pause_s(name, now)
                delay_s = admission.address_delay_s(host, now)
                if delay_s:
                    connections.start_soon(_keep_waiting, sock, f"{host}:{address[1]}", name, delay_s)
                    continue
                refusal = admission.admit(name, host)
                if refusal is not None:
                    log.info("refusing the connection of %s on %s: %s", host, name, refusal)
                    sock.close()
                    continue
                if admission.is_over_full:
                    self.make_room()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport: Transport = (
                PlainTransport(sock)
                if entrance.tls is None
                else TlsTransport(sock, entrance.tls(), server_side=True)
            )
            connection = Connection(
                peer=f"{host}:{address[1]}",
                listener=name,
                transport=transport,
                memory=memory,
                max_frame_bytes=max_frame_bytes,
                last_active=trio.current_time(),
            )
            if entrance.is_open:
                connections.start_soon(self._serve, connection, new_session, admission)
            else:
                connections.start_soon(
                    self._serve_behind,
                    entrance,
                    unknown_memory,
                    transport,
                    connection,
                    new_session,
                    admission,
                )
            if pause_s:
                await trio.sleep(pause_s)
            else:
                await trio.lowlevel.checkpoint()

    async def _serve(
        self, connection: Connection, new_session: NewSession, admission: Admission | None
    ) -> None:
        self.connections.add(connection)
        try:
            await connection.serve(new_session(connection))
        finally:
            self.connections.discard(connection)
            if admission is not None:
                admission.leave(connection.listener, connection.host)

    async def _serve_behind(
        self,
        entrance: Entrance,
        unknown_memory: RequestMemory,
        transport: Transport,
        connection: Connection,
        new_session: NewSession,
        admission: Admission | None,
    ) -> None:
        """Serve a client of a listener that asks for something first."""
        self.connections.add(connection)
        try:
            with trio.CancelScope(deadline=trio.current_time() + entrance.patience_s) as patience:
                connection.hold_back(patience, entrance.max_frame_bytes, unknown_memory)
                try:
                    if isinstance(transport, TlsTransport):
                        connection.tls = await transport.handshake(self._handshakes)
                    session = new_session(connection)
                except (TlsFailed, Refused) as reason:
                    log.info(
                        "closing the connection of %s on %s: %s",
                        connection.peer,
                        connection.listener,
                        reason,
                    )
                    await trio.sleep(entrance.refusal_delay_s())
                    return
                except (OSError, trio.ClosedResourceError) as error:
                    log.debug("connection of %s on %s ended: %r", connection.peer, connection.listener, error)
                    return
                if not entrance.authenticates:
                    connection.let_in()
                await connection.serve(session)
            if patience.cancelled_caught and not connection.is_refused:
                log.info(
                    "closing the connection of %s on %s: it did not say who it is within %g s",
                    connection.peer,
                    connection.listener,
                    entrance.patience_s,
                )
        finally:
            connection.close()
            self.connections.discard(connection)
            if admission is not None:
                admission.leave(connection.listener, connection.host)

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
            log.info(
                "closing the connection of %s on %s: idle for more than %g s",
                connection.peer,
                connection.listener,
                idle_s,
            )
            connection.close()
        return len(idle)


async def _keep_waiting(sock: socket.socket, peer: str, listener: str, delay_s: float) -> None:
    """One whose address connects too often: closing it at once would only make it come again."""
    log.info(
        "closing the connection of %s on %s in %g s: its address connects too often (connection_creation_rate)",
        peer,
        listener,
        delay_s,
    )
    try:
        await trio.sleep(delay_s)
    finally:
        sock.close()


def bind(
    endpoint: Endpoint, backlog: int, send_buffer_bytes: int = -1, receive_buffer_bytes: int = -1
) -> Listener:
    """Bind one listener; port 0 takes a free port and the result names it.

    An empty host means every address; buffers of -1 are the kernel's own. Raises: CannotListen.
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
            if send_buffer_bytes > 0:  # accepted sockets inherit both
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
            if receive_buffer_bytes > 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
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


def close_one_idle(listeners: Iterable[Listener], protected: str | None) -> None:
    """Close the connection that was idle longest, of any listener but the protected one. Source: KIP-402."""
    candidates = [c for one in listeners if one.endpoint.listener != protected for c in one.connections]
    if candidates:
        oldest = min(candidates, key=lambda connection: connection.last_active)
        log.info(
            "closing the connection of %s on %s: another broker needs its place (max.connections)",
            oldest.peer,
            oldest.listener,
        )
        oldest.close()


async def sweep(listeners: list[Listener], idle_ms: int) -> None:
    """Close idle connections and shrink quiet ones, for ever. `idle_ms` < 0 closes none.

    Source: connections.max.idle.ms.
    """
    idle_s = idle_ms / 1000 if idle_ms >= 0 else math.inf
    while True:
        await trio.sleep(min(SWEEP_EVERY_S, idle_s / 2))
        now = trio.current_time()
        for listener in listeners:
            listener.close_idle(idle_s, now)
            for connection in listener.connections:
                connection.shrink_if_quiet(now)
