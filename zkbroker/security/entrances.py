"""What each listener asks of those who connect: made of the configuration once, before anything is bound."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import trio

from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.config.security_checks import WITH_SASL, WITH_TLS
from zkbroker.model import Endpoint
from zkbroker.network.connection import Connection, Session
from zkbroker.network.listeners import OPEN, Entrance, Refused
from zkbroker.security.authorizer import Principal
from zkbroker.security.credentials import EntityConfig, SaslMechanisms, TokenLogins
from zkbroker.security.principals import (
    NoRuleApplies,
    PrincipalMapping,
    parse_mapping_rules,
    subject_name,
)
from zkbroker.security.sasl_session import SaslSession, ServedSession

if TYPE_CHECKING:
    from zkbroker.security.tls import ListenerTls  # brings cryptography: for those who need it

log = logging.getLogger(__name__)


@attrs.define(eq=False)
class ListenerSecurity:
    """One listener's."""

    endpoint: Endpoint
    _config: Callable[[], BrokerConfig]
    _mapping: PrincipalMapping
    tls: ListenerTls | None
    mechanisms: SaslMechanisms | None

    @property
    def entrance(self) -> Entrance:
        """What the listener does with a connection before it has a session."""
        if self.tls is None and self.mechanisms is None:
            return OPEN
        tls = self.tls
        return Entrance(
            tls=None if tls is None else lambda: tls.current.server,
            authenticates=self.mechanisms is not None,
            max_frame_bytes=self._config().sasl_server_max_receive_size,
            refusal_delay_s=lambda: self._config().connection_failed_authentication_delay_ms / 1000,
        )

    def session(self, connection: Connection, client: ServedSession) -> Session:
        """The session of a new connection: `client`, or what stands before it. Raises: Refused."""
        if self.mechanisms is not None:
            return SaslSession(connection, client, self.mechanisms)
        if connection.tls is not None and connection.tls.peer_certificate is not None:
            client.principal = self._principal_of(connection.tls.peer_certificate)
        return client

    def _principal_of(self, certificate: bytes) -> Principal:
        try:
            return Principal("User", self._mapping.principal_name(subject_name(certificate)))
        except (NoRuleApplies, ValueError) as error:
            raise Refused(f"its certificate gives it no name: {error}") from None

    def warn_of_weakness(self) -> None:
        """Say what is allowed and had better not be."""
        if self.mechanisms is not None:
            _warn_of_weakness(self._config(), self.endpoint)

    async def follow(self) -> None:
        """Keep what may change up to date, for ever."""
        if self.tls is not None:
            await self.tls.follow()
        else:
            await trio.sleep_forever()


def listener_security(
    endpoint: Endpoint,
    config: Callable[[], BrokerConfig],
    entity: EntityConfig,
    tokens: TokenLogins | None,
) -> ListenerSecurity:
    """Read and check what a listener needs: stores, rules, users. Raises: ConfigError."""
    now = config()
    listener, protocol = endpoint.listener, endpoint.security_protocol
    try:
        mapping = parse_mapping_rules(now.for_listener(listener).ssl_principal_mapping_rules)
    except ValueError as error:
        raise _problem(now, listener, "ssl.principal.mapping.rules", str(error)) from None
    tls: ListenerTls | None = None
    if protocol in WITH_TLS:
        from zkbroker.security.tls import ListenerTls

        between = (now.inter_broker_listener_name, now.control_plane_listener_name)
        tls = ListenerTls(listener, config, listener in between)
    mechanisms = None
    if protocol in WITH_SASL:
        mechanisms = SaslMechanisms(listener, config, entity, tokens, lambda: time.time_ns() // 1_000_000)
        try:
            mechanisms.prepare()
        except ValueError as error:
            raise _problem(now, listener, "sasl.oauthbearer.jwks.endpoint.url", str(error)) from None
    return ListenerSecurity(endpoint, config, mapping, tls, mechanisms)


def _problem(config: BrokerConfig, listener: str, key: str, allowed: str) -> ConfigError:
    own = f"listener.name.{listener.lower()}.{key}"
    deciding = own if own in config.settings else key
    return ConfigError(
        deciding, config.for_listener(listener).text_of(key), allowed, config.origin_of(deciding)
    )


def _ignored_client_auth(config: BrokerConfig, listener: str) -> str | None:
    """What a listener with SASL does not ask of its clients, as Kafka's does not. Source: KIP-684."""
    own = "ssl.client.auth" in config.settings_of_listener(listener)
    return None if own or config.ssl_client_auth == "none" else config.ssl_client_auth


def _warn_of_weakness(config: BrokerConfig, endpoint: Endpoint) -> None:
    enabled = config.for_listener(endpoint.listener).sasl_enabled_mechanisms
    if endpoint.security_protocol not in WITH_TLS:
        for mechanism in ("PLAIN", "OAUTHBEARER"):
            if mechanism in enabled:
                log.warning(
                    "Listener %s takes %s without TLS: whoever listens in on the network reads what proves "
                    "who somebody is",
                    endpoint.listener,
                    "passwords (PLAIN)" if mechanism == "PLAIN" else "tokens (OAUTHBEARER)",
                )
    elif (ignored := _ignored_client_auth(config, endpoint.listener)) is not None:
        log.warning(
            "ssl.client.auth=%s is for listeners without SASL; listener.name.%s.ssl.client.auth=%s would ask those "
            "of listener %s for a certificate, too",
            ignored,
            endpoint.listener.lower(),
            ignored,
            endpoint.listener,
        )
    if "OAUTHBEARER" in enabled:
        view = config.for_mechanism(endpoint.listener, "OAUTHBEARER")
        if not view.sasl_server_callback_handler_class:
            log.warning(
                "Listener %s takes bearer tokens that nobody has signed, so that everybody is who they say; "
                "listener.name.%s.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common."
                "security.oauthbearer.OAuthBearerValidatorCallbackHandler would check them",
                endpoint.listener,
                endpoint.listener.lower(),
            )
