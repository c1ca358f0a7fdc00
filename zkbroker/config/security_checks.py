"""What a listener's security settings must not be, because it would not be honoured. [pure]

Each refusal names the line to write or the command to run instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from zkbroker.config.jaas import MODULES, ZOOKEEPER_DIGEST_MODULE, LoginModule, parse_jaas_line
from zkbroker.config.keys import as_text
from zkbroker.config.settings import ConfigError
from zkbroker.model import Endpoint, SecurityProtocol

if TYPE_CHECKING:
    from zkbroker.config.broker import BrokerConfig

SERVED_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
SERVED_STORES: Final = ("PEM", "PKCS12")

WITH_SASL: Final = (SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL)
WITH_TLS: Final = (SecurityProtocol.SSL, SecurityProtocol.SASL_SSL)


def check_zookeeper_security(config: BrokerConfig) -> None:
    """Raises: ConfigError."""
    if config.zookeeper_ssl_client_enable:
        _check_zookeeper_stores(config)
    _check_zookeeper_credentials(config)


def check_security(config: BrokerConfig) -> None:
    """Raises: ConfigError for what a listener, or this broker at another one, lacks."""
    for endpoint in config.listeners:
        if endpoint.security_protocol in WITH_SASL:
            _check_mechanisms(config, endpoint.listener)
            _check_credentials(config, endpoint.listener)
        if endpoint.security_protocol in WITH_TLS:
            _check_stores(config, endpoint)
    between_brokers = config.listener_security_protocol_map[config.inter_broker_listener_name]
    if between_brokers in WITH_SASL:
        _check_mechanism_between_brokers(config)


def _check_mechanisms(config: BrokerConfig, listener: str) -> None:
    for mechanism in config.for_listener(listener).sasl_enabled_mechanisms:
        if mechanism not in SERVED_MECHANISMS:
            default = " (Kerberos, Kafka's default)" if mechanism == "GSSAPI" else ""
            _refuse(
                config,
                listener,
                "sasl.enabled.mechanisms",
                f"{mechanism}{default} is not served on listener {listener}; "
                f"write listener.name.{listener.lower()}.sasl.enabled.mechanisms=SCRAM-SHA-512, "
                f"or another of {', '.join(SERVED_MECHANISMS)}",
            )


def _check_mechanism_between_brokers(config: BrokerConfig) -> None:
    listener = config.inter_broker_listener_name
    mechanism = config.sasl_mechanism_inter_broker_protocol
    enabled = config.for_listener(listener).sasl_enabled_mechanisms
    if mechanism not in enabled:
        raise ConfigError(
            "sasl.mechanism.inter.broker.protocol",
            mechanism,
            f"brokers speak to each other on listener {listener}, so it must be one of "
            f"its sasl.enabled.mechanisms, which are {', '.join(enabled)}",
            config.origin_of("sasl.mechanism.inter.broker.protocol"),
        )


def jaas_key(config: BrokerConfig, listener: str, mechanism: str) -> str:
    """The key that holds a mechanism's JAAS line on a listener: the finest that is set, else the one to set."""
    finest = f"listener.name.{listener.lower()}.{mechanism.lower()}.sasl.jaas.config"
    coarser = (f"listener.name.{listener.lower()}.sasl.jaas.config", "sasl.jaas.config")
    return next((key for key in (finest, *coarser) if key in config.settings), finest)


def login_module(config: BrokerConfig, listener: str, mechanism: str) -> LoginModule | None:
    """The JAAS entry of a mechanism on a listener; None where none is set for it.

    A line without the mechanism in its key is for the mechanism whose class it names.
    Raises: ConfigError.
    """
    text = config.for_mechanism(listener, mechanism).sasl_jaas_config
    if text is None:
        return None
    key = jaas_key(config, listener, mechanism)
    try:
        module = parse_jaas_line(text.text)
    except ValueError as error:
        raise ConfigError(key, "[hidden]", str(error), config.origin_of(key)) from None
    if module.name == MODULES[mechanism]:
        return module
    if not key.endswith(f".{mechanism.lower()}.sasl.jaas.config"):
        return None
    allowed = f"its login module must be {MODULES[mechanism]}, and is {module.name}"
    raise ConfigError(key, "[hidden]", allowed, config.origin_of(key))


def _check_credentials(config: BrokerConfig, listener: str) -> None:
    """Whoever may log in, and the brokers themselves, must have something to log in with."""
    is_between_brokers = listener == config.inter_broker_listener_name or (
        listener == config.control_plane_listener_name
    )
    ours = config.sasl_mechanism_inter_broker_protocol if is_between_brokers else None
    for mechanism in config.for_listener(listener).sasl_enabled_mechanisms:
        module = login_module(config, listener, mechanism)
        key = jaas_key(config, listener, mechanism)
        where = config.origin_of(key)
        shown = None if module is None else "[hidden]"
        if mechanism == "PLAIN" and (module is None or not module.users):
            line = f'{key}={MODULES[mechanism]} required user_NAME="PASSWORD";'
            raise ConfigError(key, shown, f"PLAIN needs to know its users; write {line}", where)
        if mechanism == "OAUTHBEARER":
            _check_bearer(config, listener, ours == mechanism, module)
        elif ours == mechanism and (
            module is None or not module.options.get("username") or not module.options.get("password")
        ):
            users = ' user_NAME="PASSWORD"' if mechanism == "PLAIN" else ""
            line = f'{key}={MODULES[mechanism]} required username="NAME" password="PASSWORD"{users};'
            raise ConfigError(key, shown, f"brokers log in at each other with it; write {line}", where)
        elif ours == mechanism == "PLAIN":
            assert module is not None
            if module.users.get(module.options["username"]) != module.options["password"]:
                allowed = (
                    "brokers log in at each other with username and password, which must be among the users"
                )
                raise ConfigError(key, shown, allowed, where)


def _check_bearer(config: BrokerConfig, listener: str, is_ours: bool, module: LoginModule | None) -> None:
    view = config.for_mechanism(listener, "OAUTHBEARER")
    is_signed = bool(view.sasl_server_callback_handler_class)
    if is_signed and not view.sasl_oauthbearer_jwks_endpoint_url:
        _refuse(
            config,
            listener,
            "sasl.oauthbearer.jwks.endpoint.url",
            f"listener {listener} checks signed tokens: name the file of the keys, as file:///PATH",
        )
    if not is_signed and module is not None:
        _check_numbers(config, jaas_key(config, listener, "OAUTHBEARER"), module)
    if is_signed and is_ours:
        raise ConfigError(
            "sasl.mechanism.inter.broker.protocol",
            "OAUTHBEARER",
            "brokers cannot fetch signed tokens for themselves; "
            f"let them log in with SCRAM-SHA-512, which listener {listener} must then enable too",
            config.origin_of("sasl.mechanism.inter.broker.protocol"),
        )
    if is_ours and (module is None or not any(k.startswith("unsecuredLogin") for k in module.options)):
        key = jaas_key(config, listener, "OAUTHBEARER")
        line = f'{key}={MODULES["OAUTHBEARER"]} required unsecuredLoginStringClaim_sub="NAME";'
        shown = None if module is None else "[hidden]"
        allowed = f"brokers log in at each other with it; write {line}"
        raise ConfigError(key, shown, allowed, config.origin_of(key))


_WHOLE: Final = ("unsecuredValidatorAllowableClockSkewMs", "unsecuredLoginLifetimeSeconds")


def _check_numbers(config: BrokerConfig, key: str, module: LoginModule) -> None:
    """Options of unsigned tokens that are numbers. Source: OAuthBearerUnsecuredLoginCallbackHandler."""
    for option, text in module.options.items():
        is_claim = option.startswith("unsecuredLoginNumberClaim_")
        if (option in _WHOLE and not text.isdecimal()) or (is_claim and not _NUMBER.fullmatch(text)):
            raise ConfigError(key, "[hidden]", f"{option} must be a number", config.origin_of(key))


_NUMBER: Final = re.compile(r"-?\d+(\.\d*)?([eE][+-]?\d{1,2})?", re.ASCII)


def _check_stores(config: BrokerConfig, endpoint: Endpoint) -> None:
    view = config.for_listener(endpoint.listener)
    for store, inline in (
        ("keystore", view.ssl_keystore_key),
        ("truststore", view.ssl_truststore_certificates),
    ):
        store_type = view.ssl_keystore_type if store == "keystore" else view.ssl_truststore_type
        if inline is not None and store_type.upper() != "PEM":
            _refuse(
                config,
                endpoint.listener,
                f"ssl.{store}.type",
                f"keys and certificates in the configuration itself are PEM texts; set ssl.{store}.type=PEM",
            )
        location = view.ssl_keystore_location if store == "keystore" else view.ssl_truststore_location
        if inline is not None and location is not None:
            _refuse(
                config,
                endpoint.listener,
                f"ssl.{store}.location",
                f"ssl.{store}.{'key' if store == 'keystore' else 'certificates'} is set as well: remove one of them",
            )
    if view.ssl_keystore_location is None and view.ssl_keystore_key is None:
        _refuse(
            config,
            endpoint.listener,
            "ssl.keystore.location",
            f"listener {endpoint.listener} speaks {endpoint.security_protocol.name} and needs a key and its "
            "certificate: name a PKCS12 or PEM file, and its ssl.keystore.type",
        )
    for store, location in (
        ("keystore", view.ssl_keystore_location),
        ("truststore", view.ssl_truststore_location),
    ):
        store_type = view.ssl_keystore_type if store == "keystore" else view.ssl_truststore_type
        if location is not None and store_type.upper() not in SERVED_STORES:
            _refuse(
                config, endpoint.listener, f"ssl.{store}.type", _convert(store_type, location, f"ssl.{store}")
            )


def zookeeper_login_module(config: BrokerConfig) -> LoginModule | None:
    """With what to log in at ZooKeeper by SASL. Raises: ConfigError."""
    key = "zookeeper.sasl.jaas.config"
    text = config.zookeeper_sasl_jaas_config
    if text is None:
        return None
    try:
        module = parse_jaas_line(text.text)
        if module.name != ZOOKEEPER_DIGEST_MODULE:
            raise ValueError(f"its login module must be {ZOOKEEPER_DIGEST_MODULE}, and is {module.name}")
        if not module.options.get("username") or "password" not in module.options:
            raise ValueError('it must have username="NAME" and password="PASSWORD"')
    except ValueError as error:
        raise ConfigError(key, "[hidden]", str(error), config.origin_of(key)) from None
    return module


def _check_zookeeper_credentials(config: BrokerConfig) -> None:
    module = zookeeper_login_module(config)
    digest = config.zookeeper_digest
    if digest is not None and not all(digest.text.partition(":")):
        origin = config.origin_of("zookeeper.digest")
        raise ConfigError("zookeeper.digest", "[hidden]", "it must be USER:PASSWORD", origin)
    shows_certificate = (
        config.zookeeper_ssl_client_enable and config.zookeeper_ssl_keystore_location is not None
    )
    if config.zookeeper_set_acl and module is None and digest is None and not shows_certificate:
        raise ConfigError(
            "zookeeper.set.acl",
            "true",
            "ZooKeeper must know who we are, or nobody could be kept out: set zookeeper.sasl.jaas.config, "
            "zookeeper.digest, or zookeeper.ssl.client.enable=true with zookeeper.ssl.keystore.location",
            config.origin_of("zookeeper.set.acl"),
        )


def store_kind_of(location: str, store_type: str | None) -> str:
    """The form of a store of `zookeeper.ssl.*`: Java's client goes by the file's name where no type is given."""
    by_name = {"jks": "JKS", "p12": "PKCS12", "pem": "PEM"}.get(location.rpartition(".")[2].lower(), "JKS")
    return (store_type or by_name).upper()


def _check_zookeeper_stores(config: BrokerConfig) -> None:
    for store, location, store_type in (
        ("keystore", config.zookeeper_ssl_keystore_location, config.zookeeper_ssl_keystore_type),
        ("truststore", config.zookeeper_ssl_truststore_location, config.zookeeper_ssl_truststore_type),
    ):
        if location is None:
            continue
        kind = store_kind_of(location, store_type)
        if kind not in SERVED_STORES:
            key = f"zookeeper.ssl.{store}.type"
            allowed = _convert(kind, location, f"zookeeper.ssl.{store}")
            raise ConfigError(key, kind, allowed, config.origin_of(key))


def _convert(store_type: str, location: str, prefix: str) -> str:
    converted = f"{location.rpartition('.')[0] or location}.p12"
    return (
        f"{store_type} stores cannot be read here; run keytool -importkeystore -srckeystore {location} "
        f"-destkeystore {converted} -deststoretype PKCS12 and set {prefix}.location={converted} and "
        f"{prefix}.type=PKCS12"
    )


def _refuse(config: BrokerConfig, listener: str, key: str, allowed: str) -> NoReturn:
    """Names the key that decides: the listener's own, if it is set."""
    own = f"listener.name.{listener.lower()}.{key}"
    deciding = own if own in config.settings else key
    value = as_text(config.for_listener(listener).value_of(key))
    raise ConfigError(deciding, value, allowed, config.origin_of(deciding))
