"""Whom a login makes: users of JAAS lines, SCRAM credentials in znodes, delegation tokens, bearer tokens."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import attrs

from zkbroker.config import BrokerConfig
from zkbroker.config.security_checks import login_module
from zkbroker.security.sasl import (
    BearerToken,
    ScramUser,
    ServerExchange,
    TokenRefused,
    bearer_server,
    plain_server,
    scram_server,
)
from zkbroker.security.scram import HASHES, decode_credential
from zkbroker.zookeeper.znodes import entity_path, sanitize

log = logging.getLogger(__name__)

EntityConfig = Callable[[str], Mapping[str, str]]
"""What is set for `users/<name as in ZooKeeper>`."""


class TokenLogins(Protocol):
    """The delegation tokens one can log in with."""

    def login(self, mechanism: str, token_id: str) -> ScramUser | None:
        """The owner, or None for a token that is unknown or has expired."""
        ...


def stored_user(entity: EntityConfig, mechanism: str, name: str) -> ScramUser | None:
    """A user with a SCRAM credential in `/config/users`."""
    text = entity(entity_path("users", sanitize(name))).get(mechanism)
    if text is None:
        return None
    try:
        return ScramUser(decode_credential(text), name)
    except ValueError as error:
        log.error("The %s credential of user %r cannot be used: %s", mechanism, name, error)
        return None


@attrs.frozen
class MechanismStatistics:
    succeeded: Mapping[str, int]
    failed: Mapping[str, int]


@attrs.define(eq=False)
class SaslMechanisms:
    """The mechanisms of one listener, as its configuration has them now."""

    listener: str
    _config: Callable[[], BrokerConfig]
    _entity: EntityConfig
    _tokens: TokenLogins | None
    _wall_ms: Callable[[], int]
    _decoy_key: bytes = attrs.field(factory=lambda: secrets.token_bytes(32))
    _succeeded: dict[str, int] = attrs.field(factory=dict, init=False)
    _failed: dict[str, int] = attrs.field(factory=dict, init=False)
    _seen: BrokerConfig | None = attrs.field(default=None, init=False)
    _users: Mapping[str, str] = attrs.field(factory=dict, init=False)  # of PLAIN, in `_seen`
    _bearer: Callable[[str], BearerToken] | None = attrs.field(default=None, init=False)

    def statistics(self) -> MechanismStatistics:
        return MechanismStatistics(dict(self._succeeded), dict(self._failed))

    def enabled(self) -> Sequence[str]:
        return self._config().for_listener(self.listener).sasl_enabled_mechanisms

    def begin(self, mechanism: str) -> ServerExchange:
        self._look_at_configuration()
        if mechanism in HASHES:
            nonce = secrets.token_urlsafe(24)
            return scram_server(
                mechanism,
                lambda name, by_token: self._scram_user(mechanism, name, by_token),
                nonce,
                self._decoy_key,
            )
        if mechanism == "PLAIN":
            return plain_server(self._users.get)
        return bearer_server(self._validate)

    def longest_ms(self, mechanism: str) -> int:
        return self._config().for_mechanism(self.listener, mechanism).connections_max_reauth_ms

    def refusal_delay_s(self) -> float:
        return self._config().connection_failed_authentication_delay_ms / 1000

    def count(self, mechanism: str, *, succeeded: bool) -> None:
        counts = self._succeeded if succeeded else self._failed
        counts[mechanism] = counts.get(mechanism, 0) + 1

    def _scram_user(self, mechanism: str, name: str, by_token: bool) -> ScramUser | None:
        if by_token:
            return None if self._tokens is None else self._tokens.login(mechanism, name)
        return stored_user(self._entity, mechanism, name)

    def _validate(self, token: str) -> BearerToken:
        if self._bearer is None:
            raise TokenRefused("the listener takes no bearer tokens")
        return self._bearer(token)

    def _look_at_configuration(self) -> None:
        """Work out what depends on it, when it is another one than last time. Raises: ConfigError."""
        config = self._config()
        if config is self._seen:
            return
        self._seen = config
        enabled = self.enabled()
        if "PLAIN" in enabled:
            module = login_module(config, self.listener, "PLAIN")
            self._users = {} if module is None else module.users
        if "OAUTHBEARER" in enabled and self._bearer is None:
            from zkbroker.security.bearer import (
                Expectations,
                KeySetFile,
                SignedTokens,
                UnsecuredTokens,
                file_of_url,
            )

            view = config.for_mechanism(self.listener, "OAUTHBEARER")
            if view.sasl_server_callback_handler_class:
                expected = Expectations(
                    audiences=view.sasl_oauthbearer_expected_audience or (),
                    issuer=view.sasl_oauthbearer_expected_issuer,
                    scope_claim=view.sasl_oauthbearer_scope_claim_name,
                    subject_claim=view.sasl_oauthbearer_sub_claim_name,
                    clock_skew_s=view.sasl_oauthbearer_clock_skew_seconds,
                )
                keys = KeySetFile(file_of_url(view.sasl_oauthbearer_jwks_endpoint_url or ""))
                self._bearer = SignedTokens(keys, expected, self._wall_ms).validate
            else:
                module = login_module(config, self.listener, "OAUTHBEARER")
                options = {} if module is None else module.options
                self._bearer = UnsecuredTokens(options, self._wall_ms).validate

    def prepare(self) -> None:
        """Find out now what would not work later. Raises: ConfigError, ValueError."""
        self._look_at_configuration()
