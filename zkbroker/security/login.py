"""How this broker connects to another: TLS and SASL as the listener between brokers asks for them.

Source: KIP-43, KIP-152; SaslClientAuthenticator.java.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import TypeVar

import attrs
import trio

from zkbroker.config import BrokerConfig
from zkbroker.config.security_checks import WITH_SASL, WITH_TLS, login_module
from zkbroker.errors import ErrorCode
from zkbroker.model import Endpoint
from zkbroker.network.peer import Connected, PeerError, open_socket
from zkbroker.network.tls import TlsTransport
from zkbroker.network.transport import PlainTransport, Transport
from zkbroker.protocol.codec import ApiKey, Message, RequestHeader, decode_response, encode_request
from zkbroker.protocol.framing import FrameBuffer
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
from zkbroker.security.entrances import ListenerSecurity
from zkbroker.security.sasl import (
    AuthenticationRefused,
    ClientExchange,
    bearer_client,
    plain_client,
    scram_client,
)

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

MAX_ANSWER_BYTES = 512 * 1024
AUTHENTICATE_VERSION = 1  # with the lifetime of the session


class LoginFailed(PeerError):
    """The other broker does not take our credentials, or we do not take its. The message is for people."""


@attrs.define(eq=False)
class PeerLogin:
    """Connects to other brokers. One for the whole broker."""

    _config: Callable[[], BrokerConfig]
    _listeners: Callable[[str], ListenerSecurity | None]  # by name: our own, whose stores we show

    async def connect(self, endpoint: Endpoint, client_id: str) -> Connected:
        """A connection ready for requests. Raises: OSError."""
        sock = await open_socket(endpoint)
        transport: Transport
        if endpoint.security_protocol not in WITH_TLS:
            transport = PlainTransport(sock)
        else:
            ours = self._listeners(endpoint.listener)
            if ours is None or ours.tls is None:
                sock.close()
                raise LoginFailed(f"{endpoint} speaks TLS, and here no listener has that name and TLS")
            context = ours.tls.current.client
            transport = TlsTransport(sock, context, server_side=False, server_hostname=endpoint.host)
        connected = False
        try:
            if isinstance(transport, TlsTransport):
                await transport.handshake()
            good_until = float("inf")
            if endpoint.security_protocol in WITH_SASL:
                good_until = await _Conversation(endpoint, client_id, transport).log_in(self._config())
            connected = True
            return Connected(transport, good_until)
        finally:
            if not connected:
                transport.close()


@attrs.define(eq=False)
class _Conversation:
    """The requests of one login."""

    _endpoint: Endpoint
    _client_id: str
    _transport: Transport
    _frames: FrameBuffer = attrs.field(factory=lambda: FrameBuffer(MAX_ANSWER_BYTES))
    _correlation_id: int = 0

    async def log_in(self, config: BrokerConfig) -> float:
        """Until when the login is good, by trio's clock. Raises: LoginFailed, OSError."""
        mechanism = config.sasl_mechanism_inter_broker_protocol
        hello = await self._ask(SaslHandshakeRequest(mechanism=mechanism), 1, SaslHandshakeResponse)
        if hello.error_code:
            raise LoginFailed(
                f"{self._endpoint} does not take {mechanism}: it has {', '.join(hello.mechanisms)}"
            )
        exchange = _client_exchange(config, self._endpoint.listener, mechanism)
        began = trio.current_time()
        token: bytes | None = next(exchange)
        lifetime_ms = 0
        try:
            while token is not None:
                request = SaslAuthenticateRequest(auth_bytes=token)
                answer = await self._ask(request, AUTHENTICATE_VERSION, SaslAuthenticateResponse)
                if answer.error_code:
                    name = ErrorCode(answer.error_code).name
                    raise LoginFailed(
                        f"{self._endpoint} refuses our login ({mechanism}): {answer.error_message or name}"
                    )
                lifetime_ms = answer.session_lifetime_ms
                # PBKDF2 takes milliseconds, and lets other threads run.
                token = await trio.to_thread.run_sync(_advance, exchange, answer.auth_bytes)
        except AuthenticationRefused as refused:
            raise LoginFailed(f"logging in at {self._endpoint} ({mechanism}): {refused}") from None
        if lifetime_ms <= 0:
            return float("inf")
        return began + lifetime_ms / 1000 * 0.85  # as Kafka's clients, a little before the end

    async def _ask(self, message: Message, version: int, answer: type[M]) -> M:
        self._correlation_id += 1
        api_key = ApiKey(message.API_KEY)
        header = RequestHeader(api_key, version, self._correlation_id, self._client_id)
        await self._transport.send(encode_request(header, message))
        while (frame := self._frames.next_frame()) is None:
            received = await self._transport.receive_into(self._frames.get_buffer)
            if not received:
                raise LoginFailed(f"{self._endpoint} closed the connection while we logged in")
            self._frames.received(received)
        try:
            _, response = decode_response(api_key, version, frame)
        except ValueError as error:
            raise LoginFailed(f"{self._endpoint} answered our login with nonsense: {error}") from None
        assert isinstance(response, answer)
        return response


def _advance(exchange: ClientExchange, token: bytes) -> bytes | None:
    """The next token, None when the exchange is over. Raises: AuthenticationRefused."""
    try:
        return exchange.send(token)
    except StopIteration:
        return None


def _client_exchange(config: BrokerConfig, listener: str, mechanism: str) -> ClientExchange:
    """With what the listener's JAAS line gives us. check_security has seen to it that it does."""
    module = login_module(config, listener, mechanism)
    assert module is not None
    if mechanism == "OAUTHBEARER":
        from zkbroker.security.bearer import unsecured_token

        return bearer_client(unsecured_token(module.options, time.time_ns() // 1_000_000))
    username, password = module.options["username"], module.options["password"]
    if mechanism == "PLAIN":
        return plain_client(username, password)
    by_token = module.options.get("tokenauth", "").lower() == "true"
    return scram_client(mechanism, username, password, secrets.token_urlsafe(24), by_token=by_token)
