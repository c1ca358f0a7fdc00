"""What a broker's dynamic configuration may hold. [pure]

Source: kafka.server.DynamicBrokerConfig.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from zkbroker.config.broker import parse_setting, split_listener_key
from zkbroker.config.broker_keys import BROKER_KEYS, DYNAMIC_ONLY
from zkbroker.config.keys import Key, Update
from zkbroker.config.settings import ConfigError, Origin, Setting, Source

NEED_LISTENER_PREFIX: Final = frozenset(
    {
        "ssl.keystore.type",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "ssl.keystore.key",
        "ssl.keystore.certificate.chain",
        "ssl.key.password",
        "ssl.truststore.type",
        "ssl.truststore.location",
        "ssl.truststore.password",
        "ssl.truststore.certificates",
    }
)
"""Keys that change at run time for one listener only. Source: SslConfigs.RECONFIGURABLE_CONFIGS."""

CLUSTER_WIDE_LISTENER_KEYS: Final = frozenset(
    {"max.connections", "max.connection.creation.rate", "num.network.threads"}
)
"""Listener-prefixed keys that may also be set for all brokers."""


def dynamic_settings(
    texts: Mapping[str, str], *, per_broker: bool, decode_password: Callable[[str], str] | None = None
) -> tuple[list[Setting], list[ConfigError]]:
    """The settings of a broker's own, or the cluster-wide, dynamic configuration; and what cannot be used.

    Keys of nobody's are passed over, as Kafka does for plug-ins. Passwords are stored encoded.
    """
    source = Source.DYNAMIC_BROKER if per_broker else Source.DYNAMIC_DEFAULT
    origin = Origin(source, source.value)
    settings: list[Setting] = []
    problems: list[ConfigError] = []
    for name, text in texts.items():
        parts = split_listener_key(name)
        key = BROKER_KEYS.get(name) if parts is None else parts.key
        if key is None:
            continue
        try:
            _require_dynamic(name, key, prefixed=parts is not None, per_broker=per_broker, origin=origin)
            if key.is_secret:
                text = _decoded(name, text, decode_password, origin)
            setting = Setting(name, text, origin)
            parse_setting(key, setting)
        except ConfigError as problem:
            problems.append(problem)
        else:
            settings.append(setting)
    return settings, problems


def _require_dynamic(name: str, key: Key[Any], *, prefixed: bool, per_broker: bool, origin: Origin) -> None:
    value = "[hidden]"  # what a broken node holds for a key may be anybody's secret
    if prefixed:
        if not per_broker and key.name not in CLUSTER_WIDE_LISTENER_KEYS:
            raise ConfigError(name, value, "it can be set for one broker only, not for all of them", origin)
        return
    if name in NEED_LISTENER_PREFIX:
        raise ConfigError(
            name, value, f"it must be set for one listener: listener.name.LISTENER.{name}", origin
        )
    if key.update is Update.READ_ONLY and name not in DYNAMIC_ONLY:
        raise ConfigError(name, value, "it cannot change at run time", origin)
    if key.update is Update.PER_BROKER and not per_broker:
        raise ConfigError(name, value, "it can be set for one broker only, not for all of them", origin)


def _decoded(name: str, text: str, decode: Callable[[str], str] | None, origin: Origin) -> str:
    if decode is None:
        raise ConfigError(name, "[hidden]", "there is no password.encoder.secret to decode it with", origin)
    try:
        return decode(text)
    except ValueError as error:
        raise ConfigError(name, "[hidden]", f"it cannot be decoded: {error}", origin) from None
