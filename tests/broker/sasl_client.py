"""The client's side of a connection in memory: requests by name, SASL by hand, what the broker closed."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import attrs
import trio
import trio.testing

from tests.broker.test_connection import MemoryTransport
from zkbroker.network.connection import Answer, Answers, Connection, Reply
from zkbroker.network.memory import RequestMemory
from zkbroker.protocol.codec import (
    ApiKey,
    Message,
    RequestHeader,
    decode_response,
    encode_request,
    encode_response,
)
from zkbroker.protocol.generated.api_versions_response import ApiVersionsResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
from zkbroker.security.authorizer import ANONYMOUS, Principal
from zkbroker.security.sasl import ClientExchange, ServerExchange
from zkbroker.security.sasl_session import SaslSession

M = TypeVar("M", bound=Message)

LONGEST_FRAME = 1 << 20
LONGEST_FRAME_BEFORE = 1000


@attrs.define(eq=False)
class Served:
    """The session behind: notes who asked what, and answers heartbeats and ApiVersions."""

    principal: Principal = ANONYMOUS
    seen: list[tuple[int, str]] = attrs.field(factory=list)  # API key and principal
    was_closed: bool = False

    async def handle(self, frame: memoryview, answers: Answers) -> Reply:
        key, version, correlation_id = struct.unpack(">hhi", frame[:8])
        self.seen.append((key, str(self.principal)))
        response: Message = ApiVersionsResponse() if key == ApiKey.API_VERSIONS else HeartbeatResponse()
        if key == ApiKey.SASL_HANDSHAKE:
            response = SaslHandshakeResponse(error_code=34)
        return Answer(encode_response(key, version, correlation_id, response))

    def is_quick(self, frame: memoryview) -> bool:
        return False

    def closed(self) -> None:
        self.was_closed = True


@attrs.define(eq=False)
class ListedMechanisms:
    """Mechanisms that a test gives."""

    exchanges: Mapping[str, Callable[[], ServerExchange]]
    reauth_ms: int = 0
    delay_s: float = 0.0
    counts: list[tuple[str, bool]] = attrs.field(factory=list)

    def enabled(self) -> Sequence[str]:
        return tuple(self.exchanges)

    def begin(self, mechanism: str) -> ServerExchange:
        return self.exchanges[mechanism]()

    def longest_ms(self, mechanism: str) -> int:
        return self.reauth_ms

    def refusal_delay_s(self) -> float:
        return self.delay_s

    def count(self, mechanism: str, *, succeeded: bool) -> None:
        self.counts.append((mechanism, succeeded))


@attrs.define(eq=False)
class SaslClient:
    """A client in front of a SaslSession."""

    stream: trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]
    served: Served
    mechanisms: ListedMechanisms
    _buffered: bytes = b""
    _correlation_id: int = 0

    async def send_frame(self, frame: bytes) -> None:
        await self.stream.send_all(struct.pack(">i", len(frame)) + frame)

    async def receive_frame(self) -> bytes | None:
        """The next frame; None when the broker has closed."""
        while True:
            if len(self._buffered) >= 4:
                (size,) = struct.unpack(">i", self._buffered[:4])
                if len(self._buffered) >= 4 + size:
                    frame, self._buffered = self._buffered[4 : 4 + size], self._buffered[4 + size :]
                    return frame
            data = await self.stream.receive_some()
            if not data:
                return None
            self._buffered += data

    async def ask(self, message: Message, answer: type[M], version: int) -> M | None:
        """The answer; None when the broker closed instead."""
        self._correlation_id += 1
        key = ApiKey(message.API_KEY)
        header = RequestHeader(key, version, self._correlation_id, "test")
        await self.stream.send_all(b"".join(bytes(b) for b in encode_request(header, message)))
        frame = await self.receive_frame()
        if frame is None:
            return None
        correlation_id, response = decode_response(key, version, memoryview(frame))
        assert correlation_id == self._correlation_id
        assert isinstance(response, answer)
        return response

    async def handshake(self, mechanism: str, version: int = 1) -> SaslHandshakeResponse | None:
        return await self.ask(SaslHandshakeRequest(mechanism=mechanism), SaslHandshakeResponse, version)

    async def authenticate(self, token: bytes, version: int = 2) -> SaslAuthenticateResponse | None:
        return await self.ask(SaslAuthenticateRequest(auth_bytes=token), SaslAuthenticateResponse, version)

    async def log_in(self, mechanism: str, exchange: ClientExchange) -> SaslAuthenticateResponse:
        """The whole of it; the last answer, whatever it says."""
        hello = await self.handshake(mechanism)
        assert hello is not None and hello.error_code == 0, hello
        token: bytes | None = next(exchange)
        while True:
            assert token is not None
            answer = await self.authenticate(token)
            assert answer is not None
            if answer.error_code:
                return answer
            try:
                token = exchange.send(answer.auth_bytes)
            except StopIteration:
                return answer

    async def heartbeat(self) -> bool:
        """Whether an ordinary request is answered."""
        return await self.ask(HeartbeatRequest(), HeartbeatResponse, 4) is not None

    async def is_closed(self) -> bool:
        """Whether the broker closes now, without another word."""
        closed = await self.receive_frame() is None
        await trio.testing.wait_all_tasks_blocked()
        return closed and self.served.was_closed


def connected(nursery: trio.Nursery, mechanisms: ListedMechanisms) -> SaslClient:
    ours, theirs = trio.testing.memory_stream_pair()
    served = Served()
    connection = Connection(
        peer="10.0.0.9:5",
        listener="SASL",
        transport=MemoryTransport(theirs.send_stream, theirs.receive_stream),
        memory=RequestMemory(1 << 20),
        max_frame_bytes=LONGEST_FRAME,
    )
    patience = trio.CancelScope()
    connection.hold_back(patience, LONGEST_FRAME_BEFORE, RequestMemory(1 << 20))

    async def serve() -> None:
        with patience:
            await connection.serve(SaslSession(connection, served, mechanisms))

    nursery.start_soon(serve)
    return SaslClient(ours, served, mechanisms)
