"""One client's conversation with the broker: frame in, handler called, frame out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import attrs

from zkbroker.apis import handshake
from zkbroker.apis.context import RequestContext, Services
from zkbroker.apis.table import API_TABLE, Api
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import set_cause
from zkbroker.network.connection import Answer, Answers, CloseConnection, Connection, Reply
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
from zkbroker.protocol.generated.fetch_request import FetchRequest
from zkbroker.security.authorizer import ANONYMOUS, Principal

log = logging.getLogger(__name__)


_PRODUCE_KEY = int(ApiKey.PRODUCE).to_bytes(2, "big")

_BETWEEN_BROKERS = frozenset(
    {
        ApiKey.LEADER_AND_ISR,
        ApiKey.STOP_REPLICA,
        ApiKey.UPDATE_METADATA,
        ApiKey.CONTROLLED_SHUTDOWN,
        ApiKey.ALTER_PARTITION,
        ApiKey.ALLOCATE_PRODUCER_IDS,
        ApiKey.WRITE_TXN_MARKERS,
    }
)
"""Requests whose time is nobody's: the cluster must not slow down for a quota."""


class Waiting(Protocol):
    """A handler's response that must wait for replicas, with nothing else left to do."""

    async def wait(self) -> Message: ...


@attrs.define(eq=False)
class _WaitingAnswer:
    """A Waiting with what its bytes need: the connection sends it in its turn."""

    _waiting: Waiting  # not the request: that would keep its record bytes
    _header: RequestHeader
    _throttle_ms: int

    async def wait(self) -> Sequence[Sendable]:
        response = await self._waiting.wait()
        if self._throttle_ms:
            _tell_throttle(response, self._throttle_ms)
        return _encode(self._header, response)


def _is_exempt(request: Message, response: object) -> bool:
    """Whether the time of this request is not charged: between brokers, or without an answer to say it in."""
    if request.API_KEY in _BETWEEN_BROKERS or response is None:
        return True
    if isinstance(request, FetchRequest):
        return max(request.replica_id, request.replica_state.replica_id) >= 0
    return False


def _encode(header: RequestHeader, response: Message) -> Sequence[Sendable]:
    buffers = encode_response(header.api_key, header.api_version, header.correlation_id, response)
    return buffers  # records in a response are bytes or log slices


def _tell_throttle(response: Message, throttle_ms: int) -> None:
    """Tell the client how long it will not be read. Messages are frozen to their users; this one is still ours."""
    if hasattr(response, "throttle_time_ms"):
        object.__setattr__(response, "throttle_time_ms", throttle_ms)


def _failure(error: Exception, api: Api, request: Message, ctx: RequestContext) -> Message:
    if isinstance(error, KafkaError):
        code = error.code
    else:
        code = ErrorCode.UNKNOWN_SERVER_ERROR
        log.error(
            "%s version %d of client %r at %s failed",
            api.key.name,
            ctx.version,
            ctx.client_id,
            ctx.host,
            exc_info=error,
        )
    return api.failed(request, ctx, code)


@attrs.define(eq=False)
class ClientSession:
    """What the broker knows of one connection's client. Owner: the connection's reader."""

    _connection: Connection
    _broker: Services
    principal: Principal = ANONYMOUS  # who it is; set before anything but ApiVersions is served
    _host: str = attrs.field(init=False)
    _fetch_session_ids: set[int] = attrs.field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._host = self._connection.host

    async def handle(self, frame: memoryview, answers: Answers) -> Reply:
        """Serve one request.

        Everything but Produce waits for its turn: what is still waiting to be answered is answered first.
        Raises: CloseConnection for bytes that are no request, or one that is not served.
        """
        try:
            header, offset = decode_request_header(frame)
        except UnsupportedApi as error:
            if error.is_answerable:
                await answers.settled()
                header = attrs.evolve(error.header, api_version=0)
                return Answer(_encode(header, handshake.UNSUPPORTED))
            raise CloseConnection(str(error)) from None
        except MalformedMessage as error:
            raise CloseConnection(f"its bytes are no request: {error}") from None
        api = API_TABLE.get(header.api_key)
        if api is None:
            raise CloseConnection(f"{ApiKey(header.api_key).name} is not served")
        try:
            request = decode_request(header, frame, offset)
        except MalformedMessage as error:
            raise CloseConnection(f"its {api.key.name} request is malformed: {error}") from None
        ctx = RequestContext(
            api_key=header.api_key,
            version=header.api_version,
            client_id=header.client_id or "",
            listener=self._connection.listener,
            host=self._host,
            principal=self.principal,
            request_bytes=len(frame),
            fetch_session_ids=self._fetch_session_ids,
        )
        if header.api_key != ApiKey.PRODUCE:
            await answers.settled()
        if self._broker.events.is_heard:
            set_cause(f"{type(request).__name__.removesuffix('Request')} of client {ctx.client_id!r}")
        try:
            response = await api.handler(request, ctx, self._broker)
            if self._broker.quotas.request_time is not None and not _is_exempt(request, response):
                self._charge_time(ctx)
            if ctx.throttle_ms:
                self._connection.rest_ms = ctx.throttle_ms
            if response is None:
                return None
            if isinstance(response, Message):
                if ctx.throttle_ms:
                    _tell_throttle(response, ctx.throttle_ms)
                return Answer(_encode(header, response))
            return _WaitingAnswer(response, header, ctx.throttle_ms)
        except CloseConnection:
            raise
        except Exception as error:  # a bug: it costs this request, not the broker
            return Answer(_encode(header, _failure(error, api, request, ctx)))

    def _charge_time(self, ctx: RequestContext) -> None:
        """Charge what this client's requests have cost since the last one was charged."""
        broker = self._broker
        rest_ms = broker.quotas.charge_request_time(ctx.principal.name, ctx.client_id, broker.now_ms())
        ctx.throttle_ms = max(ctx.throttle_ms, rest_ms)

    def is_quick(self, frame: memoryview) -> bool:
        """A Produce is: it is appended and either answered at once or left to wait."""
        return frame[:2] == _PRODUCE_KEY

    def closed(self) -> None:
        """The connection is gone, and its fetch sessions with it: a dead one would be told of every append."""
        for session_id in self._fetch_session_ids:
            self._broker.fetch_sessions.close(session_id)
        self._broker.quotas.task_times.forget()
