"""How to reach brokers: a Java client's properties, as --command-config gives them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.client.errors import CallFailed

if TYPE_CHECKING:
    import ssl

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
DEFAULT_CLIENT_ID: Final = "zkbroker-cli"
DEFAULT_REQUEST_TIMEOUT_MS: Final = 30_000
DEFAULT_API_TIMEOUT_MS: Final = 60_000
ABSENT_MS: Final = 10_000
MAX_MS: Final = 2**31 - 1


@attrs.frozen
class Address:
    """Where a broker listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_addresses(text: str) -> tuple[Address, ...]:
    """`host:port,host:port`. Raises: CallFailed."""
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        host, colon, port = part.rpartition(":")
        if "://" in host:
            host = host.partition("://")[2]
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise CallFailed(f"Invalid url in bootstrap.servers: {part}: it must be host:port.")
        found.append(Address(host.strip("[]"), int(port)))
    if not found:
        raise CallFailed("No bootstrap server is named: it must be host:port[,host:port...].")
    return tuple(found)


@attrs.frozen
class ClientSettings:
    """One client's settings, checked. `properties` are the Java client's, as given."""

    bootstrap: tuple[Address, ...]
    properties: Mapping[str, str] = attrs.field(factory=dict)
    client_id: str = DEFAULT_CLIENT_ID
    request_timeout_s: float = DEFAULT_REQUEST_TIMEOUT_MS / 1000
    api_timeout_s: float = DEFAULT_API_TIMEOUT_MS / 1000
    absent_s: float = ABSENT_MS / 1000
    """How long brokers that cannot be reached at all are waited for."""

    @classmethod
    def of(cls, bootstrap: str | None, properties: Mapping[str, str] | None = None) -> ClientSettings:
        """Raises: CallFailed, for a value that cannot be."""
        known = dict(properties or {})
        api_timeout_ms = _milliseconds(known, "default.api.timeout.ms", DEFAULT_API_TIMEOUT_MS)
        absent_ms = api_timeout_ms
        if "default.api.timeout.ms" not in known:
            absent_ms = min(ABSENT_MS, _milliseconds(known, "max.block.ms", ABSENT_MS))  # a producer's
        servers = bootstrap if bootstrap is not None else known.get("bootstrap.servers", "")
        settings = cls(
            parse_addresses(servers),
            known,
            known.get("client.id", DEFAULT_CLIENT_ID),
            max(1, _milliseconds(known, "request.timeout.ms", DEFAULT_REQUEST_TIMEOUT_MS)) / 1000,
            api_timeout_ms / 1000,
            absent_ms / 1000,
        )
        if settings.security_protocol not in PROTOCOLS:
            raise CallFailed(
                f"Invalid value {settings.security_protocol} for configuration security.protocol: "
                f"it must be one of {', '.join(PROTOCOLS)}."
            )
        return settings

    def waiting_at_most(self, timeout_s: float | None) -> ClientSettings:
        """The same, but absent brokers are given up no later."""
        return self if timeout_s is None else attrs.evolve(self, absent_s=min(self.absent_s, timeout_s))

    @property
    def security_protocol(self) -> str:
        return self.properties.get("security.protocol", "PLAINTEXT").upper()

    @property
    def uses_tls(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        return self.security_protocol.startswith("SASL")


def read_properties(file: str) -> dict[str, str]:
    """A client's properties file. Raises: CallFailed."""
    from zkbroker.config.properties import parse_properties

    try:
        return {found.key: found.value for found in parse_properties(Path(file).read_text())}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CallFailed(f"{file} cannot be read: {reason}.") from None


def _milliseconds(properties: Mapping[str, str], key: str, default: int) -> int:
    text = properties.get(key, str(default)).strip()
    if not text.isdecimal() or int(text) > MAX_MS:
        raise CallFailed(
            f"Invalid value {text} for configuration {key}: it must be a number of milliseconds, at most {MAX_MS}."
        )
    return int(text)


def tls_context(properties: Mapping[str, str]) -> ssl.SSLContext:
    """TLS as the ssl.* properties say. Raises: CallFailed."""
    from acl.stores import tls

    try:
        return tls.tls_context(properties)
    except tls.BadStore as error:
        raise CallFailed(str(error)) from None


@attrs.frozen
class SaslLogin:
    """Who we are to the brokers."""

    mechanism: str
    options: Mapping[str, str]

    def require(self, *names: str) -> Sequence[str]:
        """Raises: CallFailed, if an option is missing."""
        for name in names:
            if name not in self.options:
                raise CallFailed(f'sasl.jaas.config for {self.mechanism} needs {name}="...".')
        return [self.options[name] for name in names]


def bearer_token(properties: Mapping[str, str], login: SaslLogin) -> str:
    """The token of a file, as sasl.oauthbearer.token.endpoint.url names it, or an unsecured one of the JAAS options.

    Raises: CallFailed.
    """
    import time
    from urllib.parse import unquote, urlparse

    place = properties.get("sasl.oauthbearer.token.endpoint.url")
    if place is None:
        from zkbroker.security.bearer import unsecured_token

        return unsecured_token(login.options, time.time_ns() // 1_000_000)
    found = urlparse(place)
    if found.scheme != "file":
        raise CallFailed(
            f"sasl.oauthbearer.token.endpoint.url={place} is not served: name a file, as file:///path."
        )
    try:
        return Path(unquote(found.path)).read_text().strip()
    except OSError as error:
        raise CallFailed(f"The token file {found.path} cannot be read: {error.strerror}.") from None


def sasl_login(properties: Mapping[str, str]) -> SaslLogin:
    """Raises: CallFailed."""
    from zkbroker.config.jaas import parse_jaas_line

    mechanism = properties.get("sasl.mechanism", "GSSAPI")
    if mechanism not in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"):
        raise CallFailed(
            f"sasl.mechanism={mechanism} is not served: use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."
        )
    text = properties.get("sasl.jaas.config")
    try:
        if text:
            return SaslLogin(mechanism, dict(parse_jaas_line(text).options))
        return SaslLogin(mechanism, _options_of_jaas_file(os.environ.get("KAFKA_OPTS", "")))
    except ValueError as error:
        raise CallFailed(f"sasl.jaas.config cannot be read: {error}.") from None


def _options_of_jaas_file(java_options: str) -> dict[str, str]:
    """Of the section KafkaClient in the file that KAFKA_OPTS names. Raises: CallFailed, ValueError."""
    from zkbroker.config.jaas import parse_jaas_file

    found = re.search(r"-Djava\.security\.auth\.login\.config=(\S+)", java_options)
    if found is None:
        raise CallFailed(
            "The client's properties need sasl.jaas.config, which says who we are (or KAFKA_OPTS a JAAS file)."
        )
    try:
        modules = parse_jaas_file(Path(found[1]).read_text()).get("KafkaClient")
    except OSError as error:
        raise CallFailed(f"The JAAS file {found[1]} cannot be read: {error.strerror}.") from None
    if not modules:
        raise CallFailed(f"The JAAS file {found[1]} has no section KafkaClient.")
    return dict(modules[0].options)
