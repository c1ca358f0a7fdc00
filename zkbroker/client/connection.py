"""One connection to one broker: its versions, TLS, SASL, and one request after the other. Blocking."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from zkbroker.client.errors import CallFailed, LoginFailed
from zkbroker.client.settings import Address, ClientSettings, bearer_token, sasl_login, tls_context
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import (
    VERSIONS,
    ApiKey,
    MalformedMessage,
    Message,
    RequestHeader,
    VersionRange,
    decode_response,
    encode_request,
)
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.api_versions_response import ApiVersionsResponse

if TYPE_CHECKING:
    from zkbroker.security.sasl import ClientExchange

M = TypeVar("M", bound=Message)

MAX_FRAME_BYTES = 200 * 1024 * 1024
API_VERSIONS_VERSION = 3


class ConnectionFailed(OSError):
    """The broker is not there, went away or answered nonsense. The outcome of what was asked is unknown."""


class Connection:
    """Owner: whoever made it, one call at a time."""

    def __init__(self, address: Address, settings: ClientSettings) -> None:
        """Connects and logs in. Raises: ConnectionFailed, CallFailed."""
        self.address = address
        self.versions: Mapping[int, VersionRange] = {}
        self.features: ApiVersionsResponse | None = None
        self._settings = settings
        self._correlation_id = 0
        self._socket = _connect(address, settings)
        try:
            self._learn_versions()
            if settings.uses_sasl:
                self._log_in()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def highest(self, api_key: ApiKey, *, at_most: int | None = None) -> int:
        """The highest version both sides know. Raises: CallFailed, if there is none."""
        ours, theirs = VERSIONS[api_key], self.versions.get(api_key)
        top = ours.highest if at_most is None else min(ours.highest, at_most)
        if theirs is None or min(top, theirs.highest) < max(ours.lowest, theirs.lowest):
            raise CallFailed(f"The broker does not support {_shown(api_key)}.")
        return min(top, theirs.highest)

    def request(
        self,
        message: Message,
        answer: type[M],
        *,
        version: int | None = None,
        timeout_s: float | None = None,
        answered: bool = True,
    ) -> M:
        """Send one request, in the highest version both know, and wait for its answer.

        `timeout_s` counts on top of what the request itself may take. Without `answered` (a Produce with acks=0)
        an empty answer is made up. Raises: ConnectionFailed; CallFailed, if no version fits.
        """
        api_key = ApiKey(message.API_KEY)
        chosen = self.highest(api_key) if version is None else version
        self._socket.settimeout(self._settings.request_timeout_s if timeout_s is None else timeout_s)
        return self._exchange(message, answer, chosen, answered)

    def _exchange(self, message: Message, answer: type[M], version: int, answered: bool = True) -> M:
        api_key = ApiKey(message.API_KEY)
        self._correlation_id = (self._correlation_id + 1) & 0x7FFFFFFF
        header = RequestHeader(api_key, version, self._correlation_id, self._settings.client_id)
        try:
            frame = b"".join(bytes(buffer) for buffer in encode_request(header, message))
        except ValueError as error:
            raise CallFailed(f"The broker's version of {_shown(api_key)} cannot say this: {error}.") from None
        try:
            self._socket.sendall(frame)
            if not answered:
                return answer()
            correlation_id, response = decode_response(api_key, version, self._receive())
        except TimeoutError:
            self.close()
            raise ConnectionFailed(f"{self.address} did not answer {_shown(api_key)} in time") from None
        except (OSError, MalformedMessage) as error:
            self.close()
            raise ConnectionFailed(f"{self.address}: {_reason(error)}") from None
        if correlation_id != self._correlation_id or not isinstance(response, answer):
            self.close()
            raise ConnectionFailed(f"{self.address} answered another question than the one asked")
        return response

    def _receive(self) -> memoryview:
        size = int.from_bytes(self._receive_exactly(4), "big", signed=True)
        if not 0 <= size <= MAX_FRAME_BYTES:
            raise ConnectionFailed("what answers there does not speak Kafka's protocol, or expects TLS")
        return self._receive_exactly(size)

    def _receive_exactly(self, size: int) -> memoryview:
        memory = memoryview(bytearray(size))
        at = 0
        while at < size:
            received = self._socket.recv_into(memory[at:])
            if not received:
                raise ConnectionFailed("the connection was closed")
            at += received
        return memory

    def _learn_versions(self) -> None:
        import zkbroker

        hello = ApiVersionsRequest(
            client_software_name="zkbroker-cli", client_software_version=zkbroker.__version__
        )
        found = self._exchange(hello, ApiVersionsResponse, API_VERSIONS_VERSION)
        if found.error_code == ErrorCode.UNSUPPORTED_VERSION:
            found = self._exchange(ApiVersionsRequest(), ApiVersionsResponse, 0)
        if found.error_code:
            raise ConnectionFailed(f"{self.address} does not say what it supports ({found.error_code})")
        self.features = found
        self.versions = {
            row.api_key: VersionRange(row.min_version, row.max_version, None) for row in found.api_keys
        }

    def _log_in(self) -> None:
        from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
        from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
        from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
        from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
        from zkbroker.security.sasl import AuthenticationRefused

        login = sasl_login(self._settings.properties)
        hello = self._exchange(SaslHandshakeRequest(mechanism=login.mechanism), SaslHandshakeResponse, 1)
        if hello.error_code:
            raise LoginFailed(
                f"{self.address} does not take {login.mechanism}: it has {', '.join(hello.mechanisms) or 'nothing'}."
            )
        exchange = _client_exchange(self._settings.properties)
        version = self.highest(ApiKey.SASL_AUTHENTICATE)
        try:
            token: bytes | None = next(exchange)
            while token is not None:
                request = SaslAuthenticateRequest(auth_bytes=token)
                answer = self._exchange(request, SaslAuthenticateResponse, version)
                if answer.error_code:
                    raise LoginFailed(answer.error_message or f"{self.address} refuses the login.")
                try:
                    token = exchange.send(answer.auth_bytes)
                except StopIteration:
                    token = None
        except AuthenticationRefused as refused:
            raise LoginFailed(f"Logging in at {self.address} failed: {refused}.") from None


def _connect(address: Address, settings: ClientSettings) -> socket.socket:
    """Raises: ConnectionFailed, CallFailed."""
    context = tls_context(settings.properties) if settings.uses_tls else None
    try:
        found = socket.create_connection((address.host, address.port), settings.request_timeout_s)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except socket.gaierror as error:
        raise ConnectionFailed(f"the name {address.host} is not known: {error.strerror}") from None
    except UnicodeError as error:  # no name at all: a part of more than 63 characters
        raise ConnectionFailed(f"the name {address.host} is not known: {error}") from None
    except OSError as error:
        raise ConnectionFailed(f"{address}: {_reason(error)}") from None
    if context is None:
        return found
    try:
        return context.wrap_socket(found, server_hostname=address.host)
    except (OSError, ValueError) as error:
        found.close()
        raise LoginFailed(f"The TLS handshake with {address} failed: {_reason(error)}.") from None


def _client_exchange(properties: Mapping[str, str]) -> ClientExchange:
    """The client's side of the mechanism. Raises: CallFailed."""
    import secrets

    from zkbroker.security.sasl import bearer_client, plain_client, scram_client

    login = sasl_login(properties)
    if login.mechanism == "OAUTHBEARER":
        return bearer_client(bearer_token(properties, login))
    username, password = login.require("username", "password")
    if login.mechanism == "PLAIN":
        return plain_client(username, password)
    by_token = login.options.get("tokenauth", "").lower() == "true"
    return scram_client(login.mechanism, username, password, secrets.token_urlsafe(24), by_token=by_token)


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()


def _shown(api_key: ApiKey) -> str:
    return api_key.name.upper()
