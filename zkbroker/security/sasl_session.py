"""What stands before the session of a client on a SASL listener: first who are you, then what do you want.

After the authentication every frame passes through; a SaslHandshake begins it anew, and when the time it was good for
is over nothing else is served any more.

Source: SaslServerAuthenticator.java, KIP-43, KIP-152, KIP-368.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol

import attrs
import trio

from zkbroker.errors import ErrorCode
from zkbroker.network.connection import Answer, Answers, CloseConnection, Connection, Reply, Session
from zkbroker.network.transport import Sendable
from zkbroker.protocol.codec import (
    ApiKey,
    MalformedMessage,
    Message,
    RequestHeader,
    UnsupportedApi,
    decode_request,
    decode_request_header,
    encode_response,
)
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
from zkbroker.security.authorizer import Principal
from zkbroker.security.sasl import Authenticated, AuthenticationRefused, ServerExchange

log = logging.getLogger(__name__)

AGAIN_AFTER_S: Final = 1.0
"""A client may authenticate anew once a second. Source: KafkaChannel.MIN_REAUTH_INTERVAL_ONE_SECOND_NANOS."""

LINGER_S: Final = 0.5
"""How long a client that was refused may take to close; kafka-python looks for the end before it reads the answer."""

_HANDSHAKE_KEY: Final = bytes((0, ApiKey.SASL_HANDSHAKE))


class Mechanisms(Protocol):
    """The SASL mechanisms of one listener."""

    def enabled(self) -> Sequence[str]:
        """Their names, as clients are told."""
        ...

    def begin(self, mechanism: str) -> ServerExchange:
        """An exchange that has not been primed."""
        ...

    def longest_ms(self, mechanism: str) -> int:
        """For how long an authentication is good at most; 0 for ever. Source: connections.max.reauth.ms."""
        ...

    def refusal_delay_s(self) -> float:
        """How long a client that failed waits for the answer."""
        ...

    def count(self, mechanism: str, *, succeeded: bool) -> None:
        """One authentication is over."""
        ...


class ServedSession(Session, Protocol):
    """The session behind this one."""

    principal: Principal


class _Step(Enum):
    HANDSHAKE = "handshake"  # ApiVersions or SaslHandshake
    TOKENS = "tokens"
    DONE = "done"
    FAILED = "failed"


@attrs.define(eq=False)
class SaslSession:
    """One client's way in. Owner: the connection's reader."""

    _connection: Connection
    _client: ServedSession
    _mechanisms: Mechanisms
    _step: _Step = attrs.field(default=_Step.HANDSHAKE, init=False)
    _mechanism: str = attrs.field(default="", init=False)
    _exchange: ServerExchange | None = attrs.field(default=None, init=False)
    _has_headers: bool = attrs.field(default=False, init=False)  # tokens come in SaslAuthenticate, or bare
    _authenticated: Authenticated | None = attrs.field(default=None, init=False)
    _expires_at: float = attrs.field(default=math.inf, init=False)  # by trio's clock
    _last_began: float = attrs.field(default=-math.inf, init=False)
    _changed_mechanism: str | None = attrs.field(default=None, init=False)  # what it wanted instead

    async def handle(self, frame: memoryview, answers: Answers) -> Reply:
        """Serve one frame. Raises: CloseConnection."""
        if self._step is _Step.DONE:
            if frame[:2] != _HANDSHAKE_KEY or not self._may_begin_again():
                if trio.current_time() >= self._expires_at:
                    raise CloseConnection(
                        f"{self._client.principal} did not authenticate anew in time (connections.max.reauth.ms)"
                    )
                return await self._client.handle(frame, answers)
            self._step = _Step.HANDSHAKE
            self._last_began = trio.current_time()
        if self._step is _Step.FAILED:
            raise CloseConnection("it did not authenticate")
        await answers.settled()
        if self._step is _Step.TOKENS:
            if self._has_headers:
                return await self._authenticate(frame)
            return await self._bare_token(bytes(frame))
        return await self._begin(frame, answers)

    def is_quick(self, frame: memoryview) -> bool:
        return self._step is _Step.DONE and self._client.is_quick(frame)

    def closed(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
        self._client.closed()

    def _may_begin_again(self) -> bool:
        return trio.current_time() - self._last_began >= AGAIN_AFTER_S

    # -- the handshake

    async def _begin(self, frame: memoryview, answers: Answers) -> Reply:
        try:
            header, offset = decode_request_header(frame)
            if header.api_key == ApiKey.API_VERSIONS and self._authenticated is None:
                return await self._client.handle(frame, answers)
            if header.api_key != ApiKey.SASL_HANDSHAKE:
                raise await self._refused(f"it sent {ApiKey(header.api_key).name} before SaslHandshake")
            request = decode_request(header, frame, offset)
        except UnsupportedApi as error:
            if error.is_answerable and self._authenticated is None:
                return await self._client.handle(frame, answers)
            raise await self._refused(f"before SaslHandshake it sent what is not served: {error}") from None
        except MalformedMessage as error:
            raise await self._refused(
                f"its bytes are no request ({error}); is it TLS, or a Kerberos token?"
            ) from None
        assert isinstance(request, SaslHandshakeRequest)
        mechanism = request.mechanism
        enabled = list(self._mechanisms.enabled())
        if mechanism not in enabled:
            reason = f"it asks for {mechanism[:40]!r}, and the listener has {', '.join(enabled)}"
            response = SaslHandshakeResponse(
                error_code=ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms=enabled
            )
            return await self._refuse_mechanism(_encode(header, response), reason)
        if self._authenticated is not None and mechanism != self._mechanism:
            self._changed_mechanism = mechanism
        else:
            self._mechanism = mechanism
            self._exchange = self._mechanisms.begin(mechanism)
            next(self._exchange)
        self._has_headers = header.api_version >= 1
        self._step = _Step.TOKENS
        return Answer(_encode(header, SaslHandshakeResponse(mechanisms=enabled)))

    # -- tokens

    async def _authenticate(self, frame: memoryview) -> Reply:
        try:
            header, offset = decode_request_header(frame)
            if header.api_key != ApiKey.SASL_AUTHENTICATE:
                raise await self._refused(
                    f"it sent {ApiKey(header.api_key).name} {self._place_in_exchange()}"
                )
            request = decode_request(header, frame, offset)
        except (UnsupportedApi, MalformedMessage) as error:
            raise await self._refused(f"its SaslAuthenticate request is malformed: {error}") from None
        assert isinstance(request, SaslAuthenticateRequest)
        try:
            token, done = self._step_of_exchange(request.auth_bytes)
        except AuthenticationRefused as refused:
            return await self._refuse(_encode(header, self._failure(refused)), str(refused))
        lifetime_ms = 0 if done is None else self._succeeded(done)
        response = SaslAuthenticateResponse(
            error_message=None, auth_bytes=token, session_lifetime_ms=lifetime_ms
        )
        return Answer(_encode(header, response))

    def _place_in_exchange(self) -> str:
        """Where a request came that has no place; the exchange ends."""
        if self._mechanism == "OAUTHBEARER" and self._exchange is not None:
            try:
                self._exchange.send(b"\x01")  # what a client says that has heard the refusal
            except AuthenticationRefused as refused:
                if refused.shown is not None:
                    return f"after its token was refused: {refused}"
            except StopIteration:
                pass
        return "in the middle of the authentication"

    async def _bare_token(self, token: bytes) -> Reply:
        """A token without a request around it, from a client of before Kafka 1.0."""
        try:
            answer, done = self._step_of_exchange(token)
        except AuthenticationRefused as refused:
            raise await self._refused(str(refused)) from None
        if done is not None:
            self._succeeded(done)
        return Answer([len(answer).to_bytes(4, "big"), answer])

    def _step_of_exchange(self, token: bytes) -> tuple[bytes, Authenticated | None]:
        """The next token for the client, and who it is once that is known. Raises: AuthenticationRefused."""
        before = self._authenticated
        if self._changed_mechanism is not None:
            sentence = (
                f"SASL mechanism '{self._mechanism}' requested by client is not supported for reauthentication "
                f"of mechanism '{self._changed_mechanism}'"
            )
            raise AuthenticationRefused(sentence, sentence)
        assert self._exchange is not None
        try:
            return self._exchange.send(token), None
        except StopIteration as finished:
            done: Authenticated = finished.value
        if before is not None and (before.kind, before.name) != (done.kind, done.name):
            sentence = (
                f"Cannot change principals during re-authentication from {before.kind}.{before.name}: "
                f"{done.kind}.{done.name}"
            )
            raise AuthenticationRefused(sentence, sentence)
        return done.final, done

    # -- how it ends

    def _succeeded(self, done: Authenticated) -> int:
        """Let the client in; returns for how many ms, 0 for ever."""
        limits = []
        longest_ms = self._mechanisms.longest_ms(self._mechanism)
        if longest_ms > 0:
            limits.append(longest_ms)
        if done.expires_wall_ms is not None:
            limits.append(max(0, done.expires_wall_ms - time.time_ns() // 1_000_000))
        self._expires_at = trio.current_time() + min(limits) / 1000 if limits else math.inf
        log.debug(
            "%s on %s %s as %s:%s (%s)",
            self._connection.peer,
            self._connection.listener,
            "authenticated" if self._authenticated is None else "authenticated anew",
            done.kind,
            done.name,
            self._mechanism,
        )
        self._authenticated = done
        self._client.principal = Principal(done.kind, done.name, done.by_token)
        self._exchange = None
        self._step = _Step.DONE
        self._mechanisms.count(self._mechanism, succeeded=True)
        self._connection.let_in()
        return min(limits) if limits else 0

    def _failure(self, refused: AuthenticationRefused) -> SaslAuthenticateResponse:
        what = "authentication" if self._authenticated is None else "re-authentication"
        message = refused.shown or (
            f"Authentication failed during {what} due to invalid credentials with SASL mechanism {self._mechanism}"
        )
        return SaslAuthenticateResponse(
            error_code=ErrorCode.SASL_AUTHENTICATION_FAILED, error_message=message
        )

    async def _refuse(self, answer: Sequence[Sendable], reason: str) -> Reply:
        """Answer late and for the last time."""
        await self._note_refusal(reason)
        self._end(LINGER_S)
        return Answer(answer)

    async def _refuse_mechanism(self, answer: Sequence[Sendable], reason: str) -> Reply:
        """Answer now and close late, as Kafka does."""
        self._tell_refusal(reason)
        self._end(max(LINGER_S, self._mechanisms.refusal_delay_s()))
        return Answer(answer)

    def _end(self, linger_s: float) -> None:
        """Let the client close; what comes together with the end, not every client reads."""
        if not self._connection.end_within(linger_s):
            self._connection.end_after_answer()

    async def _refused(self, reason: str) -> CloseConnection:
        """Close late, without an answer."""
        await self._note_refusal(reason)
        return CloseConnection(f"it did not authenticate: {reason}")

    async def _note_refusal(self, reason: str) -> None:
        self._tell_refusal(reason)
        await trio.sleep(self._mechanisms.refusal_delay_s())

    def _tell_refusal(self, reason: str) -> None:
        log.info(
            "Failed authentication with %s on %s%s: %s",
            self._connection.peer,
            self._connection.listener,
            f" ({self._mechanism})" if self._mechanism else "",
            reason,
        )
        self._step = _Step.FAILED
        self._mechanisms.count(self._mechanism, succeeded=False)


def _encode(header: RequestHeader, response: Message) -> Sequence[Sendable]:
    return encode_response(header.api_key, header.api_version, header.correlation_id, response)
