"""A connection's order and limits: pipelined waits, refusals behind them, memory, garbage."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence

import attrs
import trio
import trio.testing

from zkbroker.network.connection import QUIET_S, Answer, Answers, CloseConnection, Connection, Reply
from zkbroker.network.memory import ALWAYS_PASSES_BYTES, RequestMemory
from zkbroker.network.transport import PlainTransport, Sendable


class MemoryTransport:
    """The broker's end of an in-memory stream."""

    def __init__(
        self, stream: trio.testing.MemorySendStream, received: trio.testing.MemoryReceiveStream
    ) -> None:
        self._send, self._receive = stream, received
        self._rest = bytearray()
        self.sends = 0

    async def receive_into(self, get_buffer: Callable[[], memoryview]) -> int:
        if not self._rest:
            self._rest += await self._receive.receive_some()
        buffer = get_buffer()
        data = self._rest[: len(buffer)]
        buffer[: len(data)] = data
        del self._rest[: len(data)]
        return len(data)

    async def send(self, buffers: Sequence[Sendable]) -> None:
        self.sends += 1
        await self._send.send_all(b"".join(bytes(b) for b in buffers if isinstance(b, bytes | bytearray)))

    def close(self) -> None:
        self._send.close()
        self._receive.close()


@attrs.define(eq=False)
class Later:
    """An answer that waits until it is allowed to leave."""

    text: bytes
    ready: trio.Event = attrs.field(factory=trio.Event)

    async def wait(self) -> Sequence[Sendable] | None:
        await self.ready.wait()
        if self.text == b"fail":
            raise CloseConnection("its wait failed")
        return [frame(self.text)]


@attrs.define(eq=False)
class Script:
    """A session: a frame beginning with "w" waits, with "t" waits for its turn first, "!" closes, "-" is silent."""

    seen: list[bytes] = attrs.field(factory=list)
    waiting: dict[bytes, Later] = attrs.field(factory=dict)
    was_closed: bool = False
    arrived: trio.Event = attrs.field(factory=trio.Event)

    async def handle(self, request: memoryview, answers: Answers) -> Reply:
        text = bytes(request)
        if text.startswith(b"t"):
            await answers.settled()
        self.seen.append(text)
        self.arrived.set()
        self.arrived = trio.Event()
        if text.startswith(b"w"):
            self.waiting[text] = Later(text)
            return self.waiting[text]
        if text == b"!":
            raise CloseConnection("as asked")
        if text == b"-":
            return None
        return Answer([frame(text)])

    def is_quick(self, frame: memoryview) -> bool:
        return bytes(frame[:1]) in (b"w", b"q")

    def closed(self) -> None:
        self.was_closed = True

    async def until_seen(self, count: int) -> None:
        while len(self.seen) < count:
            await self.arrived.wait()


def frame(text: bytes) -> bytes:
    return struct.pack(">i", len(text)) + text


@attrs.define(eq=False)
class Client:
    stream: trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]
    buffered: bytes = b""

    async def send(self, *texts: bytes) -> None:
        await self.stream.send_all(b"".join(map(frame, texts)))

    async def receive(self) -> bytes | None:
        """The next answer; None when the broker closed."""
        while True:
            if len(self.buffered) >= 4:
                (size,) = struct.unpack(">i", self.buffered[:4])
                if len(self.buffered) >= 4 + size:
                    text, self.buffered = self.buffered[4 : 4 + size], self.buffered[4 + size :]
                    return text
            data = await self.stream.receive_some()
            if not data:
                return None
            self.buffered += data


def connected(
    nursery: trio.Nursery, *, max_frame: int = 1 << 20, memory: RequestMemory | None = None
) -> tuple[Client, Script]:
    ours, theirs = trio.testing.memory_stream_pair()
    script = Script()
    connection = Connection(
        peer="10.0.0.9:5",
        listener="PLAINTEXT",
        transport=MemoryTransport(theirs.send_stream, theirs.receive_stream),
        memory=memory or RequestMemory(1 << 20),
        max_frame_bytes=max_frame,
    )
    nursery.start_soon(connection.serve, script)
    return Client(ours), script


async def test_answers_come_in_turn(nursery: trio.Nursery) -> None:
    client, script = connected(nursery)
    await client.send(b"a", b"-", b"b")
    assert [await client.receive(), await client.receive()] == [b"a", b"b"]
    assert script.seen == [b"a", b"-", b"b"]


async def test_waits_do_not_hold_the_reader_but_answers_keep_their_order(nursery: trio.Nursery) -> None:
    client, script = connected(nursery)
    await client.send(b"w1", b"w2", b"now", b"w3")
    await script.until_seen(4)  # all were handled while nothing was answered
    for name in (b"w3", b"w2", b"w1"):
        script.waiting[name].ready.set()
    assert [await client.receive() for _ in range(4)] == [b"w1", b"w2", b"now", b"w3"]


async def test_what_must_not_overtake_waits_for_its_turn(nursery: trio.Nursery) -> None:
    client, script = connected(nursery)
    await client.send(b"w1", b"turn")
    await script.until_seen(1)
    await trio.testing.wait_all_tasks_blocked()
    assert script.seen == [b"w1"]
    script.waiting[b"w1"].ready.set()
    assert [await client.receive(), await client.receive()] == [b"w1", b"turn"]


async def test_a_refusal_without_answer_closes_after_the_earlier_answers(nursery: trio.Nursery) -> None:
    client, script = connected(nursery)
    await client.send(b"w1", b"w2", b"!", b"never")
    await script.until_seen(3)
    await trio.testing.wait_all_tasks_blocked()
    script.waiting[b"w1"].ready.set()
    script.waiting[b"w2"].ready.set()
    assert [await client.receive(), await client.receive(), await client.receive()] == [b"w1", b"w2", None]
    assert script.was_closed and b"never" not in script.seen


async def test_a_wait_that_must_close_closes(nursery: trio.Nursery) -> None:
    client, script = connected(nursery)
    await client.send(b"w1", b"w2")
    await script.until_seen(2)
    script.waiting[b"w1"].text = b"fail"
    script.waiting[b"w1"].ready.set()
    assert await client.receive() is None
    await trio.testing.wait_all_tasks_blocked()
    assert script.was_closed


async def test_an_oversized_frame_closes_before_it_is_buffered(nursery: trio.Nursery) -> None:
    client, script = connected(nursery, max_frame=100)
    await client.stream.send_all(struct.pack(">i", 101))
    assert await client.receive() is None
    assert script.seen == [] and script.was_closed


async def test_large_frames_share_the_memory_budget(nursery: trio.Nursery) -> None:
    big = ALWAYS_PASSES_BYTES + 1
    memory = RequestMemory(big + 10)
    first, first_script = connected(nursery, memory=memory)
    second, second_script = connected(nursery, memory=memory)
    small, small_script = connected(nursery, memory=memory)
    await first.stream.send_all(struct.pack(">i", big) + b"x")  # announced, not complete
    await trio.testing.wait_all_tasks_blocked()
    assert memory.statistics().taken_bytes == big
    await second.send(bytes(big))
    await small.send(b"heartbeat")
    assert await small.receive() == b"heartbeat", "small frames always pass"
    await trio.testing.wait_all_tasks_blocked()
    assert second_script.seen == [] and memory.statistics().waiting == 1
    await first.stream.send_all(bytes(big - 1))
    assert len(await first.receive() or b"") == big
    assert len(await second.receive() or b"") == big
    assert memory.statistics().taken_bytes == 0
    assert len(first_script.seen) == len(small_script.seen) == 1


async def test_a_client_that_goes_away_gives_its_memory_back(nursery: trio.Nursery) -> None:
    memory = RequestMemory(1 << 20)
    client, script = connected(nursery, memory=memory)
    await client.stream.send_all(struct.pack(">i", ALWAYS_PASSES_BYTES * 2))
    await trio.testing.wait_all_tasks_blocked()
    assert memory.statistics().taken_bytes == ALWAYS_PASSES_BYTES * 2
    client.stream.send_stream.close()
    await trio.testing.wait_all_tasks_blocked()
    assert memory.statistics().taken_bytes == 0 and script.was_closed


async def test_a_frame_larger_than_the_whole_budget_passes_alone() -> None:
    memory = RequestMemory(10)
    await memory.take(50)
    with trio.move_on_after(0) as waited:
        await memory.take(1)
    assert waited.cancelled_caught
    memory.give(50)
    await memory.take(1)
    assert memory.statistics().waiting == 0


async def test_answers_to_requests_that_are_here_already_leave_together(nursery: trio.Nursery) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    transport, script = MemoryTransport(theirs.send_stream, theirs.receive_stream), Script()
    connection = Connection(
        peer="10.0.0.9:5",
        listener="PLAINTEXT",
        transport=transport,
        memory=RequestMemory(1 << 20),
        max_frame_bytes=1000,
    )
    client = Client(ours)
    await client.send(b"q1", b"q2", b"q3", b"slow", b"q4", b"w1", b"q5", b"!")
    nursery.start_soon(connection.serve, script)
    assert [await client.receive() for _ in range(5)] == [b"q1", b"q2", b"q3", b"slow", b"q4"]
    assert transport.sends == 2, "q1 to q3 before what may be slow; then slow with q4, which is quick"
    script.waiting[b"w1"].ready.set()
    assert [await client.receive() for _ in range(3)] == [b"w1", b"q5", None]


async def test_a_busy_connection_that_was_quiet_goes_on(nursery: trio.Nursery) -> None:
    """Its memory is given back while it waits: what comes then must not be received into what it held before."""
    ours, theirs = socket.socketpair()
    connection = Connection(
        peer="10.0.0.9:5",
        listener="PLAINTEXT",
        transport=PlainTransport(theirs),
        memory=RequestMemory(1 << 20),
        max_frame_bytes=1 << 20,
    )
    nursery.start_soon(connection.serve, Script())
    ours.setblocking(False)
    with trio.fail_after(30):
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        try:
            for number in range(30):
                request = frame(bytes([number + 64]) * 10_000)
                await stream.send_all(request)
                answer = b""
                while len(answer) < len(request) and (piece := await stream.receive_some()):
                    answer += piece
                assert answer == request
                if number == 20:
                    await trio.testing.wait_all_tasks_blocked()
                    connection.shrink_if_quiet(connection.last_active + 2 * QUIET_S)
        finally:
            await stream.aclose()
