"""One client's connection: packets in, requests carried out in order, replies and events out in order.

The task that reads carries a request out at once, in one sync step. What it answers waits in the outgoing
queue until the log is durable up to what the answer may depend on, and leaves in the order it was queued.
"""

from __future__ import annotations

import logging
import struct
import time
from collections import deque
from typing import TYPE_CHECKING

import attrs
import trio

from zkbroker.embedded_zookeeper import four_letter, protocol
from zkbroker.embedded_zookeeper.acl import SUPER, Identity, digest_identity
from zkbroker.embedded_zookeeper.database import UnknownOperation
from zkbroker.embedded_zookeeper.digest_md5 import DigestMd5Server, SaslFailed
from zkbroker.embedded_zookeeper.jute import Decoder, MalformedRecord, encode_buffer
from zkbroker.embedded_zookeeper.protocol import Code, ConnectRequest, OpCode, encode_reply
from zkbroker.embedded_zookeeper.sessions import NO_PASSWORD, Session
from zkbroker.embedded_zookeeper.transport import Transport

if TYPE_CHECKING:
    from zkbroker.embedded_zookeeper.server import EmbeddedZooKeeper

log = logging.getLogger(__name__)

_LENGTH = struct.Struct("!i")
_CONNECT_WITHIN_S = 10.0  # from the first byte possible to the whole ConnectRequest
_TURN_S = 0.005  # how long one connection may keep the event loop before others have their turn
_QUEUE_PAUSES_READING = 1 << 20  # bytes
_QUEUE_ENDS_CONNECTION = 32 << 20  # bytes; only watch events can grow it so far
_SEND_BYTES = 256 << 10  # at most so much is joined for one send
_STALLED_AFTER_S = 30.0
_GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)  # the last: `abort` by another task


class Refused(Exception):
    """The connection is to be closed; the message is for the log. Replies queued before still leave."""


@attrs.frozen
class _Outgoing:
    """A frame, and the log position that must be durable before it leaves."""

    position: int
    frame: bytes
    arrived: float  # when the request was read; 0 for events


@attrs.define(eq=False)
class Counters:
    """What the four-letter words tell of a connection."""

    established_ms: int = 0
    received: int = 0
    sent: int = 0
    last_op: str = "NA"
    last_cxid: int = -1
    last_zxid: int = -1
    last_response_ms: int = 0
    last_latency_ms: int = 0
    min_latency_ms: int = 0
    max_latency_ms: int = 0
    total_latency_ms: int = 0
    answered: int = 0

    def answer(self, latency_ms: int) -> None:
        self.last_latency_ms = latency_ms
        self.min_latency_ms = latency_ms if not self.answered else min(self.min_latency_ms, latency_ms)
        self.max_latency_ms = max(self.max_latency_ms, latency_ms)
        self.total_latency_ms += latency_ms
        self.answered += 1


@attrs.define(eq=False)
class Connection:
    """Owner of one client's socket. Its lifetime is `run`."""

    server: EmbeddedZooKeeper
    transport: Transport
    peer: str  # host:port, for people
    identities: list[Identity]
    session: Session[Connection] | None = None
    counters: Counters = attrs.field(factory=Counters)
    _queue: deque[_Outgoing] = attrs.field(factory=deque)
    _queued_bytes: int = 0
    _unsent: bytes = b""  # taken from the queue, and more than the socket would take at once
    _blocked: trio.Event = attrs.field(factory=trio.Event)  # set: `_unsent` waits for its writer
    _drained: trio.Event = attrs.field(factory=trio.Event)
    _is_closing: bool = False  # nothing more is read; close when the queue is empty
    _is_closed: bool = False
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _sasl: DigestMd5Server | None = None
    _arrived: float = 0.0  # when the packets being carried out were read

    @property
    def session_id(self) -> int:
        return self.session.id if self.session is not None else 0

    @property
    def queued(self) -> int:
        """Replies and events not yet sent."""
        return len(self._queue)

    async def run(self) -> None:
        """Serve the client until it goes, or is sent away. Never raises for what a client does."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write_what_is_blocked)
                    await self._read()
                    self._is_closing = True
                    self.flush()
                    # the writer, or the log once it is durable, sends the rest and ends this scope
                    await trio.sleep(_STALLED_AFTER_S)
                    nursery.cancel_scope.cancel()
        finally:
            self._forget()

    def abort(self, reason: str | None = None) -> None:
        """Close at once; what is queued is lost. The session is not touched."""
        if not self._is_closed:
            if reason is not None:
                log.warning("Closed the connection of client %s: %s", self.peer, reason)
            self._forget()
            self._scope.cancel()

    def deliver(self, frame: bytes) -> None:
        """Queue a reply or an event. It leaves when all it may depend on is durable."""
        self._enqueue(frame, 0.0)

    def has_unread_input(self) -> bool:
        return self.transport.has_unread_input()

    def flush(self) -> None:
        """Send what may leave, as far as the socket takes it without waiting."""
        while self._queue and not self._unsent and not self._is_closed:
            data = self._take()
            if not data:
                break
            try:
                sent = self.transport.send_now(data)
            except OSError as error:
                log.debug("Client %s: %s", self.peer, error)
                return self.abort()
            if sent < len(data):
                self._unsent = data[sent:]
                self._blocked.set()
        self._after_sending()

    def _after_sending(self) -> None:
        if self._queued_bytes < _QUEUE_PAUSES_READING:
            self._drained.set()
        if self._is_closing and not self._queue and not self._unsent:
            self._scope.cancel()

    def _take(self) -> bytes:
        """The next frames that may leave, joined."""
        durable, frames, size = self.server.durable, [], 0
        now = time.monotonic()
        while self._queue and self._queue[0].position <= durable and size < _SEND_BYTES:
            item = self._queue.popleft()
            frames.append(item.frame)
            size += len(item.frame)
            if item.arrived:
                self.counters.answer(int((now - item.arrived) * 1000))
                self.server.counters.answer(int((now - item.arrived) * 1000))
        self._queued_bytes -= size
        self.counters.sent += len(frames)
        self.server.counters.sent += len(frames)
        return b"".join(frames)

    def _enqueue(self, frame: bytes, arrived: float) -> None:
        if self._is_closed:
            return
        self._queue.append(_Outgoing(self.server.position, frame, arrived))
        self._queued_bytes += len(frame)
        self.server.has_output(self)
        if self._queued_bytes > _QUEUE_ENDS_CONNECTION:
            self.abort("it does not read what it asked to be told")

    def _forget(self) -> None:
        """The connection is over, whoever ended it. The session lives on until its deadline."""
        if self._is_closed:
            return
        self._is_closed = True
        self.transport.close()
        self._queue.clear()
        self.server.connection_ended(self)

    async def _write_what_is_blocked(self) -> None:
        """Sends what the socket did not take at once."""
        while True:
            await self._blocked.wait()
            self._blocked = trio.Event()
            try:
                with trio.fail_after(_STALLED_AFTER_S):
                    await self.transport.send(self._unsent)
            except trio.TooSlowError:
                return self.abort(f"it has read nothing for {_STALLED_AFTER_S:.0f} s")
            except _GONE as error:
                log.debug("Client %s: %s", self.peer, error)
                return self.abort()
            self._unsent = b""
            self.flush()

    async def _read(self) -> None:
        """Reads packets and carries them out, until the client goes or is to be sent away."""
        buffer = bytearray()
        try:
            with trio.fail_after(_CONNECT_WITHIN_S) as limit:
                await self.transport.start()
                if name := self.transport.peer_name():
                    self._add_identity(Identity("x509", name))
                while True:
                    data = await self.transport.receive()
                    if not data:
                        return
                    buffer += data
                    self._arrived = time.monotonic()
                    await self._consume(buffer)
                    if self._is_closing:
                        return
                    if self.session is not None:
                        limit.deadline = float("inf")
                    await trio.lowlevel.checkpoint()
        except trio.TooSlowError:
            log.info("Client %s did not begin a session in time", self.peer)
        except _GONE as error:
            log.debug("Client %s: %s", self.peer, error)
        except Refused as refused:
            log.info("Client %s: %s", self.peer, refused)
        except MalformedRecord as error:
            log.warning("Client %s sent a malformed packet (%s); closing its connection", self.peer, error)

    async def _consume(self, buffer: bytearray) -> None:
        """Carry out the whole packets in the buffer and leave the rest. Raises: Refused, MalformedRecord."""
        at = 0
        try:
            # once closed by another's doing, nothing more may be carried out: a watch would never end
            while len(buffer) - at >= _LENGTH.size and not (self._is_closing or self._is_closed):
                (length,) = _LENGTH.unpack_from(buffer, at)
                if self.session is None and four_letter.is_known(bytes(buffer[at : at + 4])):
                    return self._answer_word(bytes(buffer[at : at + 4]))
                if not 0 <= length <= self.server.max_request_bytes:
                    raise MalformedRecord(
                        f"length {length}; at most {self.server.max_request_bytes} bytes are allowed"
                    )
                end = at + _LENGTH.size + length
                if len(buffer) < end:
                    return
                self._carry_out(bytes(buffer[at + _LENGTH.size : end]))
                at = end
                if self._queued_bytes >= _QUEUE_PAUSES_READING:
                    await self._wait_drained()
                elif time.monotonic() - self._arrived > _TURN_S and len(buffer) > at:
                    self.server.flush()
                    await trio.lowlevel.checkpoint()
                    self._arrived = time.monotonic()
        finally:
            del buffer[:at]
            self.server.flush()

    async def _wait_drained(self) -> None:
        """Wait until the client has read most of its answers, before more are made."""
        self._drained = trio.Event()
        self.server.flush()
        await self._drained.wait()
        self._arrived = time.monotonic()

    def _carry_out(self, frame: bytes) -> None:
        self.counters.received += 1
        self.server.counters.received += 1
        if self.session is None:
            return self._begin_session(protocol.decode_connect(frame))
        xid, op, body = protocol.decode_header(frame)
        self.server.sessions.touch(self.session, self._arrived * 1000)
        if xid >= 0:
            self.counters.last_cxid = xid
        if op == OpCode.AUTH:
            return self._authenticate(xid, body)
        if op == OpCode.SASL:
            return self._authenticate_sasl(xid, body)
        if not self._is_authenticated_enough():
            self._enqueue(encode_reply(xid, 0, Code.SESSION_CLOSED_REQUIRE_AUTH), self._arrived)
            raise Refused("it sent a request before it authenticated")
        try:
            reply = self.server.execute(self, xid, op, body)
        except UnknownOperation as error:
            self._enqueue(encode_reply(xid, 0, Code.UNIMPLEMENTED), self._arrived)
            raise Refused(f"it sent an unknown {error}") from None
        except MalformedRecord:
            self._enqueue(encode_reply(xid, 0, Code.MARSHALLING_ERROR), self._arrived)
            raise
        self.counters.last_zxid = self.server.last_zxid
        self.counters.last_op = OpCode(op).name
        self._enqueue(reply, self._arrived)
        if op == OpCode.CLOSE_SESSION:
            self.server.session_closed(self.session)
            self._is_closing = True

    def _is_authenticated_enough(self) -> bool:
        required = self.server.require_schemes
        return not required or any(identity.scheme in required for identity in self.identities)

    def _begin_session(self, request: ConnectRequest) -> None:
        """Raises: Refused."""
        if request.last_zxid_seen > self.server.last_zxid:
            raise Refused(
                f"it has seen zxid {request.last_zxid_seen:#x}, and here the last is"
                f" {self.server.last_zxid:#x}: it must have come from another server"
            )
        timeout_ms = self.server.sessions.negotiate(request.timeout_ms)
        with_read_only = request.read_only is not None
        if request.session_id == 0:
            self.session = self.server.open_session(self, timeout_ms)
        else:
            self.session = self.server.resume_session(self, request, timeout_ms)
        if self.session is None:
            self._enqueue(
                protocol.encode_connect_reply(0, 0, NO_PASSWORD, with_read_only=with_read_only), self._arrived
            )
            raise Refused(f"its session {request.session_id:#x} has expired, or its password is wrong")
        password = self.server.sessions.password_of(self.session.id)
        self._enqueue(
            protocol.encode_connect_reply(
                timeout_ms, self.session.id, password, with_read_only=with_read_only
            ),
            self._arrived,
        )

    def _authenticate(self, xid: int, body: Decoder) -> None:
        """Raises: Refused, MalformedRecord."""
        packet = protocol.decode_auth(body)
        match packet.scheme:
            case "digest":
                identity = digest_identity(packet.auth or b"")
                self._add_identity(identity)
                if identity.id == self.server.super_digest:
                    self._add_identity(Identity(SUPER, ""))
            case "ip" if self.identities:
                pass  # known since the connection was made
            case "x509" if any(identity.scheme == "x509" for identity in self.identities):
                pass  # the TLS handshake proved it
            case _:
                self._enqueue(encode_reply(xid, 0, Code.AUTH_FAILED), self._arrived)
                raise Refused(f"it could not authenticate by scheme {packet.scheme!r}")
        self._enqueue(encode_reply(xid, 0), self._arrived)

    def _authenticate_sasl(self, xid: int, body: Decoder) -> None:
        """Raises: Refused, MalformedRecord."""
        token = body.buffer() or b""
        if self._sasl is None or not token:
            self._sasl = self.server.new_sasl_exchange()
        if self._sasl is None:  # no users are known here; a client that can do without goes on
            return self._enqueue(encode_reply(xid, 0, 0, encode_buffer(None)), self._arrived)
        try:
            answer = self._sasl.step(token)
        except SaslFailed as error:
            self._enqueue(encode_reply(xid, 0, Code.AUTH_FAILED, encode_buffer(None)), self._arrived)
            raise Refused(f"SASL: {error}") from None
        if self._sasl.user is not None:
            self._add_identity(Identity("sasl", self._sasl.user))
            self._sasl = None
        self._enqueue(encode_reply(xid, 0, 0, encode_buffer(answer)), self._arrived)

    def _add_identity(self, identity: Identity) -> None:
        if identity not in self.identities:
            self.identities.append(identity)

    def _answer_word(self, word: bytes) -> None:
        answer = four_letter.answer(word, self.server, self)
        # whether the server is there can be said however slow the disk is
        position = 0 if word == b"ruok" else self.server.position
        self._queue.append(_Outgoing(position, answer, self._arrived))
        self._queued_bytes += len(answer)
        self.server.has_output(self)
        self._is_closing = True
