"""The server's side of one client connection: frames in, answers out, in the order of the requests.

Most requests are answered in turn: the next frame is read when the answer has left. A Produce that waits for its
replicas is different: it is appended at once, its wait is queued, and the reader goes on, so that a producer's
five requests in flight do not wait for each other. Such a connection gets a second task that answers in order.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.network.memory import ALWAYS_PASSES_BYTES, RequestMemory
from zkbroker.network.tls import TlsFacts
from zkbroker.network.transport import Sendable, Transport
from zkbroker.protocol.framing import FrameBuffer, FrameTooLarge

log = logging.getLogger(__name__)

QUIET_S = 5.0
"""A connection without a request for so long holds no more memory than an idle one."""

MAX_HELD_ANSWERS = 16

MAX_WAITING_ANSWERS = 128
"""Answers queued on one connection before its reader stops. They hold no record bytes."""


class CloseConnection(Exception):
    """The client must be disconnected; the message says why, for the log."""


class WaitingAnswer(Protocol):
    """An answer to a request that has taken effect but must wait before the client may hear of it."""

    async def wait(self) -> Sequence[Sendable] | None:
        """The response, or None where the client expects none. Raises: CloseConnection."""
        ...


@attrs.frozen
class Answer:
    """A response to send now."""

    buffers: Sequence[Sendable]


Reply = Answer | WaitingAnswer | None


class Session(Protocol):
    """What turns frames into replies; the API layer's state of this client."""

    async def handle(self, frame: memoryview, answers: Answers) -> Reply:
        """Handle one request. The frame's memory is reused after it returns.

        A request that must not overtake the ones before it awaits `answers.settled()` first.
        Raises: CloseConnection.
        """
        ...

    def is_quick(self, frame: memoryview) -> bool:
        """Whether this request is handled at once, so that the answers before it may leave together with its own."""
        ...

    def closed(self) -> None:
        """The connection is gone."""
        ...


class Answers(Protocol):
    """The answers of one connection that have not left yet."""

    async def settled(self) -> None:
        """Return when every earlier answer has left."""
        ...


def _release(buffers: Sequence[Sendable]) -> None:
    for buffer in buffers:
        if not isinstance(buffer, (bytes, bytearray, memoryview)):
            buffer.release()


def _perhaps(size: int) -> str:
    """What may have been meant by bytes that were read as the size of a frame."""
    first = size.to_bytes(4, "big", signed=True)
    if first[:2] == b"\x16\x03":
        return " (is it TLS? this listener does not speak it)"
    return " (is it HTTP?)" if first in (b"GET ", b"POST", b"HEAD", b"PUT ") else ""


@attrs.define(eq=False, slots=True)
class Connection:
    """One accepted connection. `serve` is its lifetime; everything else is called by its own tasks."""

    peer: str  # host:port of the client, for the log
    listener: str  # listener name
    _transport: Transport
    _memory: RequestMemory
    max_frame_bytes: int
    tls: TlsFacts | None = None  # what the handshake found out
    clock: Callable[[], float] = trio.current_time
    last_active: float = 0.0  # by `clock`; the sweeper closes what is idle too long
    muted: bool = False
    rest_ms: int = 0  # set by the session with a reply: for so long nothing more is read from this client
    _waiting: deque[WaitingAnswer | Answer] = attrs.field(factory=deque)
    _answering: bool = False
    _moved: Changed = attrs.field(factory=Changed)
    _serving: bool = False
    _ending: bool = False
    is_refused: bool = False  # told so; it ends in a moment
    _patience: trio.CancelScope | None = None  # ends one that does not say who it is
    _full: tuple[int, RequestMemory] | None = None  # frame size and memory of those who did
    _frames: FrameBuffer | None = None

    async def serve(self, session: Session) -> None:
        """Serve until the client goes away or must go. Raises nothing but what is a bug, and Cancelled."""
        self.last_active = self.clock()
        try:
            await self._serve(session)
        except CloseConnection as reason:
            log.info("closing the connection of %s on %s: %s", self.peer, self.listener, reason)
        except FrameTooLarge as reason:
            log.warning(
                "closing the connection of %s on %s: %s%s",
                self.peer,
                self.listener,
                reason,
                _perhaps(reason.size),
            )
        except (OSError, trio.ClosedResourceError, trio.BrokenResourceError) as error:
            log.debug("connection of %s on %s ended: %r", self.peer, self.listener, error)
        finally:
            session.closed()
            self._transport.close()

    @property
    def host(self) -> str:
        """The client's address, as Java writes it."""
        return self.peer.rpartition(":")[0]

    def close(self) -> None:
        """Disconnect the client; `serve` returns soon after."""
        self._transport.close()

    def shrink_if_quiet(self, now: float) -> None:
        """Give memory back that only a busy connection needs."""
        if self._frames is not None and not self._serving and now - self.last_active > QUIET_S:
            self._frames.shrink()

    def end_after_answer(self) -> None:
        """Disconnect now if no request is being served, else once its answer has left."""
        self._ending = True
        if not self._serving and not self._waiting and not self._answering:
            self._transport.close()

    def end_within(self, delay_s: float) -> bool:
        """Disconnect after so long whoever has not been let in, and say nothing of it. Whether that is so."""
        if self._patience is None:
            return False
        self.is_refused = True
        self._patience.deadline = min(self._patience.deadline, trio.current_time() + delay_s)
        return True

    def hold_back(self, patience: trio.CancelScope, max_frame_bytes: int, memory: RequestMemory) -> None:
        """Until `let_in`: smaller frames, out of a memory of their own, and not for ever."""
        self._full = (self.max_frame_bytes, self._memory)
        self._patience, self.max_frame_bytes, self._memory = patience, max_frame_bytes, memory

    def let_in(self) -> None:
        """The client has said who it is. Calling it again is harmless."""
        if self._patience is not None and self._full is not None:
            self._patience.deadline = math.inf
            self.max_frame_bytes, self._memory = self._full
            self._patience = self._full = None

    async def settled(self) -> None:
        while self._waiting or self._answering:
            await self._moved.wait()

    async def _serve(self, session: Session) -> None:
        frames = self._frames = FrameBuffer(self.max_frame_bytes)
        first = await self._serve_until_one_waits(frames, session)
        if first is None:
            return
        # From here on, answers may wait while requests are read: a second task, only for those who need it.
        failure: BaseException | None = None
        async with trio.open_nursery() as nursery:
            self._queue(first)
            nursery.start_soon(self._answer_in_order, nursery.cancel_scope)
            if self.rest_ms:
                await self._rest()
            try:
                while True:
                    waiting = await self._serve_until_one_waits(frames, session)
                    if waiting is None:
                        break
                    self._queue(waiting)
                    if self.rest_ms:
                        await self._rest()
                    while len(self._waiting) >= MAX_WAITING_ANSWERS:
                        await self._moved.wait()
            except CloseConnection as reason:
                await self.settled()  # what was answered before must still arrive
                failure = reason
            except (OSError, trio.ClosedResourceError, FrameTooLarge) as error:
                failure = error
            nursery.cancel_scope.cancel()
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # or it and this frame would hold each other, and the connection's memory

    def _queue(self, answer: WaitingAnswer | Answer) -> None:
        self._waiting.append(answer)
        self._moved.notify()

    async def _answer_in_order(self, scope: trio.CancelScope) -> None:
        try:
            while True:
                while not self._waiting:
                    await self._moved.wait()
                answer = self._waiting.popleft()
                self._answering = True
                buffers = answer.buffers if isinstance(answer, Answer) else await answer.wait()
                if buffers is not None:
                    await self._send(buffers)
                self._answering = False
                self._moved.notify()
                if not self._waiting:
                    self._served()
        except (CloseConnection, OSError, trio.ClosedResourceError) as error:
            log.info("closing the connection of %s on %s: %s", self.peer, self.listener, error)
            self._transport.close()
            scope.cancel()

    async def _send(self, buffers: Sequence[Sendable]) -> None:
        try:
            await self._transport.send(buffers)
        finally:
            _release(buffers)
        self.last_active = self.clock()

    async def _serve_until_one_waits(self, frames: FrameBuffer, session: Session) -> WaitingAnswer | None:
        """Answer requests in turn; returns the first answer that must wait, None at the end of the stream."""
        taken = 0  # bytes of the memory budget that the frame in the buffer holds
        memory = self._memory  # the budget they are taken from
        receive_into = self._transport.receive_into
        held: list[Sendable] = []  # answers that leave together, because the next request is here already
        try:
            while True:
                frame = frames.next_frame()
                if held and (frame is None or len(held) >= MAX_HELD_ANSWERS or not session.is_quick(frame)):
                    sending, held = held, []
                    await self._send(sending)
                    self._served()
                if frame is None:
                    announced = frames.pending_frame_bytes
                    if announced > ALWAYS_PASSES_BYTES and not taken:
                        memory = self._memory
                        await memory.take(announced)
                        taken = announced
                    received = await receive_into(frames.get_buffer)
                    if received == 0:
                        return None
                    frames.received(received)
                    continue
                self.last_active = self.clock()
                self._serving = True
                try:
                    reply = await session.handle(frame, self)
                except CloseConnection:
                    if held:
                        await self._send(held)
                    raise
                if taken:
                    memory.give(taken)
                    taken = 0
                frames.max_frame_bytes = self.max_frame_bytes
                if reply is None:
                    if self.rest_ms:
                        if held:
                            await self._send(held)
                            held = []
                        await self._rest()
                    if not held:
                        self._served()
                elif not isinstance(reply, Answer):
                    if held:
                        await self._send(held)
                    return reply
                elif self._waiting or self._answering:  # a Produce that need not wait, behind one that does
                    self._queue(reply)
                    if self.rest_ms:
                        await self._rest()
                    while len(self._waiting) >= MAX_WAITING_ANSWERS:
                        await self._moved.wait()
                elif len(reply.buffers) == 1 and not self.rest_ms:
                    held.append(reply.buffers[0])
                else:
                    await self._send([*held, *reply.buffers])
                    held = []
                    if self.rest_ms:
                        await self._rest()
                    self._served()
        finally:
            if taken:
                memory.give(taken)

    def _served(self) -> None:
        self._serving = False
        if self._ending:
            self._transport.close()

    async def _rest(self) -> None:
        """Read nothing for a while: the client is over a quota and was told so. Source: KIP-219."""
        self.muted = True
        await trio.sleep(self.rest_ms / 1000)
        self.muted = False
        self.rest_ms = 0
        self.last_active = self.clock()
