"""Our client to another broker: one connection, one request in flight."""

from __future__ import annotations

import logging
import math
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import attrs
import trio

from zkbroker.model import Endpoint
from zkbroker.network.transport import PlainTransport, Transport
from zkbroker.protocol.codec import ApiKey, RequestHeader, decode_response, encode_request
from zkbroker.protocol.framing import FrameBuffer

if TYPE_CHECKING:
    from zkbroker.protocol.codec import Message

log = logging.getLogger(__name__)

MAX_RESPONSE_BYTES = 100 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0


class PeerError(OSError):
    """The other broker could not be reached, went away, or answered nonsense. The outcome is unknown."""


@attrs.frozen(eq=False)
class Connected:
    """A connection on which requests are welcome."""

    transport: Transport
    good_until: float = math.inf  # by trio's clock; then its authentication has expired


Connect = Callable[[Endpoint, str], Awaitable[Connected]]
"""Connects to an endpoint as a client id. Raises: OSError."""


async def open_socket(endpoint: Endpoint) -> socket.socket:
    """A TCP connection. Raises: OSError."""
    stream = await trio.open_tcp_stream(endpoint.host, endpoint.port)
    raw = stream.socket
    sock = socket.socket(raw.family, raw.type, raw.proto, fileno=raw.detach())
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


async def connect_plain(endpoint: Endpoint, client_id: str) -> Connected:
    """Without asking and without being asked who it is. Raises: OSError."""
    return Connected(PlainTransport(await open_socket(endpoint)))


@attrs.define(eq=False)
class Peer:
    """A connection to one broker's endpoint, opened when first needed and again after it broke.

    Owner: one task at a time. Without version discovery: a peer of this cluster accepts what we send
    (reference: inter-broker channels send fixed versions).
    """

    endpoint: Endpoint
    client_id: str
    _connect: Connect = connect_plain
    _transport: Transport | None = None
    _good_until: float = math.inf
    _frames: FrameBuffer = attrs.field(factory=lambda: FrameBuffer(MAX_RESPONSE_BYTES))
    _correlation_id: int = 0

    async def request(self, message: Message, version: int, *, timeout_s: float) -> Message:
        """Send one request and return its response.

        A `records` field of the response is a view of a buffer that the next call reuses.
        Raises: PeerError. Cancelling closes the connection: the outcome is then unknown.
        """
        finished = False
        try:
            with trio.fail_after(timeout_s):
                response = await self._exchange(message, version)
            finished = True
            return response
        except trio.TooSlowError:
            raise PeerError(
                f"{self.endpoint} did not answer {type(message).__name__} in {timeout_s:g} s"
            ) from None
        except ValueError as error:
            raise PeerError(
                f"{self.endpoint} answered {type(message).__name__} with nonsense: {error}"
            ) from error
        except PeerError:
            raise
        except (OSError, trio.ClosedResourceError) as error:
            raise PeerError(f"{self.endpoint}: {error}") from error
        finally:
            if not finished:
                self.close()

    async def _exchange(self, message: Message, version: int) -> Message:
        if trio.current_time() >= self._good_until:
            self.close()
        transport = self._transport
        if transport is None:
            with trio.move_on_after(CONNECT_TIMEOUT_S):
                connected = await self._connect(self.endpoint, self.client_id)
                transport = self._transport = connected.transport
                self._good_until = connected.good_until
            if transport is None:
                raise PeerError(f"{self.endpoint} did not accept a connection in {CONNECT_TIMEOUT_S:g} s")
            self._frames = FrameBuffer(MAX_RESPONSE_BYTES)
        self._correlation_id = (self._correlation_id + 1) & 0x7FFFFFFF
        api_key = ApiKey(message.API_KEY)
        header = RequestHeader(api_key, version, self._correlation_id, self.client_id)
        await transport.send(encode_request(header, message))
        while True:
            frame = self._frames.next_frame()
            if frame is not None:
                break
            received = await transport.receive_into(self._frames.get_buffer)
            if received == 0:
                raise PeerError(f"{self.endpoint} closed the connection")
            self._frames.received(received)
        correlation_id, response = decode_response(api_key, version, frame)
        if correlation_id != self._correlation_id:
            raise PeerError(f"{self.endpoint} answered request {correlation_id}, not {self._correlation_id}")
        return response

    def close(self) -> None:
        """Disconnect; the next request connects again."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            self._good_until = math.inf

    async def aclose(self) -> None:
        self.close()
        await trio.lowlevel.checkpoint()
