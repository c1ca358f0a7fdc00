"""The TLS settings of a listener as OpenSSL contexts, followed as files and settings change.

A connection keeps the context it began with; whoever connects next gets the new one.
"""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NoReturn

import attrs
import trio
from cryptography import x509

from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig, ConfigError, Secret
from zkbroker.config.security_checks import WITH_SASL
from zkbroker.security.stores import (
    StoreProblem,
    StoreSource,
    load_into,
    read_key_store,
    read_trust_store,
    trust,
)

log = logging.getLogger(__name__)

LOOK_AGAIN_S: Final = 5.0
"""How often the files of the stores are looked at. Kafka waits for somebody to set their names anew."""

WARN_AGAIN_S: Final = 86400.0

VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
_TLS_1_3_SUITES: Final = frozenset(
    ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
)
_CLIENT_AUTH: Final = {
    "none": ssl.CERT_NONE,
    "requested": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


@attrs.frozen
class TlsSettings:
    """What one listener's `ssl.*` keys ask for. Made by `settings_of`, so every value is one that is served."""

    listener: str
    key_store: StoreSource | None
    trust_store: StoreSource | None  # None: the system's authorities
    client_auth: str  # none, requested, required
    versions: tuple[str, ...]
    cipher_suites: tuple[str, ...]  # in IANA's words; none: OpenSSL's choice
    check_host_names: bool
    allow_other_names: tuple[bool, bool]  # may a reload change the subject's DN, its alternative names?

    def stamp(self) -> tuple[object, ...]:
        stores = (store.stamp() for store in (self.key_store, self.trust_store) if store is not None)
        return (self, *stores)


@attrs.frozen(eq=False)
class TlsContexts:
    """Both directions of one listener: of those who connect, and of our connections to other brokers'."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    certificate: x509.Certificate


def settings_of(config: BrokerConfig, listener: str) -> TlsSettings:
    """Raises: ConfigError for what cannot be honoured."""
    view = config.for_listener(listener)
    unknown = [name for name in view.ssl_enabled_protocols if name not in VERSIONS]
    if unknown or not view.ssl_enabled_protocols:
        _refuse(config, listener, "ssl.enabled.protocols", f"it must be a list of {', '.join(VERSIONS)}")
    return TlsSettings(
        listener=listener,
        key_store=StoreSource(
            view.ssl_keystore_type.upper(),
            view.ssl_keystore_location,
            _text(view.ssl_keystore_password),
            _text(view.ssl_key_password),
            _text(view.ssl_keystore_key),
            _text(view.ssl_keystore_certificate_chain),
        )
        if view.ssl_keystore_location is not None or view.ssl_keystore_key is not None
        else None,
        trust_store=StoreSource(
            view.ssl_truststore_type.upper(),
            view.ssl_truststore_location,
            _text(view.ssl_truststore_password),
            certificates=_text(view.ssl_truststore_certificates),
        )
        if view.ssl_truststore_location is not None or view.ssl_truststore_certificates is not None
        else None,
        client_auth=_client_auth(config, listener),
        versions=view.ssl_enabled_protocols,
        cipher_suites=view.ssl_cipher_suites,
        check_host_names=view.ssl_endpoint_identification_algorithm.lower() == "https",
        allow_other_names=(view.ssl_allow_dn_changes, view.ssl_allow_san_changes),
    )


def _client_auth(config: BrokerConfig, listener: str) -> str:
    """Who logs in by SASL needs no certificate, unless the listener's own key asks for one. Source: KIP-684."""
    has_sasl = config.listener_security_protocol_map[listener] in WITH_SASL
    if has_sasl and "ssl.client.auth" not in config.settings_of_listener(listener):
        return "none"
    return config.for_listener(listener).ssl_client_auth


def _text(secret: Secret | None) -> str | None:
    return None if secret is None else secret.text


def _refuse(config: BrokerConfig, listener: str, key: str, allowed: str) -> NoReturn:
    own = f"listener.name.{listener.lower()}.{key}"
    deciding = own if own in config.settings else key
    value = config.for_listener(listener).text_of(key)
    raise ConfigError(deciding, value, allowed, config.origin_of(deciding))


def build_contexts(config: BrokerConfig, settings: TlsSettings) -> TlsContexts:
    """Read the stores: files, and some milliseconds of arithmetic. Raises: ConfigError naming the key."""
    listener = settings.listener
    key = "ssl.keystore.location"
    try:
        if settings.key_store is None:
            raise StoreProblem(f"listener {listener} needs a key and its certificate")
        if settings.key_store.location is None:
            key = "ssl.keystore.key"
        keys = read_key_store(settings.key_store)
        authorities: Iterable[x509.Certificate] | None = None
        if settings.trust_store is not None:
            key = "ssl.truststore." + (
                "certificates" if settings.trust_store.location is None else "location"
            )
            authorities = read_trust_store(settings.trust_store)
        contexts = []
        for purpose in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT):
            context = ssl.SSLContext(purpose)
            key = "ssl.enabled.protocols"
            limit_versions(context, settings.versions)
            key = "ssl.cipher.suites"
            limit_ciphers(context, settings.cipher_suites)
            key = "ssl.keystore.location"
            load_into(context, keys)
            if authorities is None:
                context.load_default_certs()
            else:
                trust(context, list(authorities))
            contexts.append(context)
    except StoreProblem as problem:
        _refuse(config, listener, key, str(problem))
    server, client = contexts
    server.verify_mode = _CLIENT_AUTH[settings.client_auth]
    server.options |= ssl.OP_NO_RENEGOTIATION
    client.check_hostname = settings.check_host_names
    return TlsContexts(server, client, keys.chain[0])


def limit_versions(context: ssl.SSLContext, names: Sequence[str]) -> None:
    """Raises: StoreProblem for a version that is not served."""
    unknown = [name for name in names if name not in VERSIONS]
    if unknown:
        raise StoreProblem(f"{unknown[0]} is not served; it must be a list of {', '.join(VERSIONS)}")
    allowed = [VERSIONS[name] for name in names]
    context.minimum_version, context.maximum_version = min(allowed), max(allowed)


def openssl_cipher(name: str) -> str:
    """OpenSSL's name of a TLS 1.2 cipher suite that IANA (and so Java) calls `name`."""
    name = name.removeprefix("TLS_").replace("_WITH_", "_").removeprefix("RSA_")
    name = re.sub(r"AES_(128|256)_", r"AES\1_", name).replace("_CBC_", "_")
    return name.replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305").replace("_", "-")


def limit_ciphers(context: ssl.SSLContext, suites: Sequence[str]) -> None:
    """Raises: StoreProblem where OpenSSL (through Python) cannot do what is asked."""
    if not suites:
        return
    modern = _TLS_1_3_SUITES & set(suites)
    older = [name for name in suites if name not in _TLS_1_3_SUITES]
    if not modern:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    elif modern != _TLS_1_3_SUITES:
        every = ", ".join(sorted(_TLS_1_3_SUITES))
        raise StoreProblem(f"of the TLS 1.3 suites all or none can be allowed: {every}")
    if not older:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return
    try:
        context.set_ciphers(":".join(openssl_cipher(name) for name in older))
    except ssl.SSLError:
        raise StoreProblem("OpenSSL knows none of these cipher suites") from None
    known = {entry["name"] for entry in context.get_ciphers()}
    strangers = [name for name in older if openssl_cipher(name) not in known]
    if strangers:
        raise StoreProblem(f"OpenSSL does not know the cipher suite {strangers[0]}, or finds it too weak")


def require_same_names(former: x509.Certificate, new: x509.Certificate, settings: TlsSettings) -> None:
    """A reload must not change who the broker says it is. Raises: ValueError. Source: KIP-978, SslFactory."""
    may_change_subject, may_change_alternatives = settings.allow_other_names
    if not may_change_subject and former.subject != new.subject:
        raise ValueError(
            f"its subject is {new.subject.rfc4514_string()}, and was {former.subject.rfc4514_string()} "
            "(ssl.allow.dn.changes=true would allow that)"
        )
    if not may_change_alternatives and not _alternative_names(former) <= _alternative_names(new):
        lost = ", ".join(sorted(_alternative_names(former) - _alternative_names(new)))
        raise ValueError(f"its alternative names lack {lost} (ssl.allow.san.changes=true would allow that)")


def _alternative_names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(name.value) for name in extension.value)


def require_mutual_trust(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Let the two shake hands in memory, host names aside. Raises: ssl.SSLError if they would not."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [server.wrap_bio(to_server, to_client, server_side=True)]
    checks_host_names = client.check_hostname
    client.check_hostname = False
    try:
        ends.append(client.wrap_bio(to_client, to_server, server_side=False))
    finally:
        client.check_hostname = checks_host_names
    for _ in range(6):  # more than the flights of any handshake
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


@attrs.define(eq=False)
class ListenerTls:
    """The contexts of one listener. Owner: its own `follow`; connections take what is current."""

    listener: str
    _config: Callable[[], BrokerConfig]  # in force now
    is_between_brokers: bool  # our own connections use it too
    current: TlsContexts = attrs.field(init=False)
    config_changed: Changed = attrs.field(factory=Changed, init=False)  # look at the settings now
    reloads: int = attrs.field(default=0, init=False)
    _stamp: tuple[object, ...] = attrs.field(init=False)
    _looked_at: BrokerConfig = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Raises: ConfigError."""
        config = self._looked_at = self._config()
        settings = settings_of(config, self.listener)
        self._stamp = settings.stamp()
        self.current = build_contexts(config, settings)
        if self.is_between_brokers:
            try:
                require_mutual_trust(self.current.server, self.current.client)
            except ssl.SSLError as error:
                _refuse(
                    config,
                    self.listener,
                    "ssl.keystore.location",
                    f"brokers would not trust each other on listener {self.listener}: "
                    f"ssl.truststore.* must hold what ssl.keystore.* is signed by ({error.reason})",
                )

    async def follow(self) -> None:
        """Look at files and settings again and again, for ever; what cannot be used changes nothing."""
        while True:
            self._warn_of_expiry()
            warn_again_at = trio.current_time() + WARN_AGAIN_S
            while trio.current_time() < warn_again_at:
                if self._config() is self._looked_at:
                    with trio.move_on_after(LOOK_AGAIN_S):
                        await self.config_changed.wait()
                if await self.look_again():
                    break

    def _warn_of_expiry(self) -> None:
        """Say it in time: an expired certificate shuts out everybody who checks it."""
        left_days = (self.current.certificate.not_valid_after_utc.timestamp() - time.time()) / 86400
        if left_days <= 0:
            log.error("The certificate of listener %s has expired", self.listener)
        elif left_days < 14:
            log.warning("The certificate of listener %s expires in %.1f days", self.listener, left_days)

    async def require_usable(self, config: BrokerConfig) -> None:
        """Whether this listener could go on with that configuration. Raises: ConfigError."""
        settings = settings_of(config, self.listener)
        if settings == settings_of(self._config(), self.listener):
            return  # what its files hold now is looked at anyway
        try:
            await self._exchangeable(config, settings)
        except (ValueError, ssl.SSLError) as problem:
            _refuse(config, self.listener, "ssl.keystore.location", str(problem))

    async def _exchangeable(self, config: BrokerConfig, settings: TlsSettings) -> TlsContexts:
        """Contexts that may take the place of the current ones. Raises: ConfigError, ValueError, ssl.SSLError."""
        contexts = await trio.to_thread.run_sync(build_contexts, config, settings)
        require_same_names(self.current.certificate, contexts.certificate, settings)
        if self.is_between_brokers:
            require_mutual_trust(contexts.server, contexts.client)
        return contexts

    async def look_again(self) -> bool:
        """Whether there was something new that is now in use."""
        config = self._looked_at = self._config()
        try:
            settings = settings_of(config, self.listener)
            stamp = settings.stamp()
            if stamp == self._stamp:
                return False
            self._stamp = stamp  # also if it cannot be used: that is said once
            contexts = await self._exchangeable(config, settings)
        except (ConfigError, ValueError, ssl.SSLError) as problem:
            log.error(
                "Listener %s keeps its certificate: the new one cannot be used: %s", self.listener, problem
            )
            return False
        changed = contexts.certificate != self.current.certificate
        self.current = contexts
        self.reloads += 1
        log.info(
            "Listener %s has %s: %s, valid until %s",
            self.listener,
            "a new certificate" if changed else "new TLS settings",
            contexts.certificate.subject.rfc4514_string(),
            contexts.certificate.not_valid_after_utc.isoformat(sep=" "),
        )
        return True
