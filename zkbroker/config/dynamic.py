"""What a broker's dynamic configuration may hold. [pure]

Source: kafka.server.DynamicBrokerConfig.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from zkbroker.config.broker import BrokerConfig, parse_setting, split_listener_key
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

CHANGE_ON_OPEN_LISTENERS: Final = NEED_LISTENER_PREFIX | CLUSTER_WIDE_LISTENER_KEYS
"""Listener-prefixed keys that change while the listener is open; the others are for listeners to come.

Source: kafka.server.DynamicListenerConfig.validateReconfiguration.
"""

THREAD_COUNTS: Final = (
    "num.network.threads",
    "num.io.threads",
    "num.replica.fetchers",
    "num.recovery.threads.per.data.dir",
    "background.threads",
    "log.cleaner.threads",
)
"""Keys that change by a factor of two at a time at most."""


class Passwords(Protocol):
    """How passwords are kept in ZooKeeper. Both raise ValueError with a reason."""

    def encode(self, password: str, /) -> str: ...

    def decode(self, encoded: str, /) -> str: ...


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


def is_known(name: str) -> bool:
    """Whether the key, listener-prefixed or not, is in the table."""
    return name in BROKER_KEYS or split_listener_key(name) is not None


def is_password(name: str) -> bool:
    """Whether the key, listener-prefixed or not, holds a password."""
    parts = split_listener_key(name)
    key = BROKER_KEYS.get(name) if parts is None else parts.key
    return key is not None and key.is_secret


def is_dynamic(name: str) -> bool:
    """Whether DescribeConfigs says that the key can change; listener-prefixed names count as read-only there."""
    key = BROKER_KEYS.get(name)
    return key is not None and key.update is not Update.READ_ONLY and name not in DYNAMIC_ONLY


def require_allowed_change(now: BrokerConfig, new: BrokerConfig) -> None:
    """Whether a running broker can go from one configuration to the other.

    Raises: ConfigError.
    """
    for name in THREAD_COUNTS:
        before, after = now.value_of(name), new.value_of(name)
        if not before // 2 <= after <= before * 2:
            allowed = f"it may change to half or double of what it is ({before}) at a time"
            raise ConfigError(name, str(after), allowed, new.origin_of(name))
    known = {endpoint.listener: endpoint for endpoint in now.listeners}
    for endpoint in new.listeners:
        former = known.get(endpoint.listener)
        if former is None:
            continue
        if former.security_protocol is not endpoint.security_protocol:
            raise ConfigError(
                "listener.security.protocol.map",
                new.text_of("listener.security.protocol.map"),
                f"listener {endpoint.listener} is open and keeps its protocol {former.security_protocol.name}",
                new.origin_of("listener.security.protocol.map"),
            )
        before, after = (config.settings_of_listener(endpoint.listener) for config in (now, new))
        for name in sorted((before.keys() | after.keys()) - CHANGE_ON_OPEN_LISTENERS):
            if _text(before.get(name)) == _text(after.get(name)):
                continue
            raise ConfigError(
                f"listener.name.{endpoint.listener.lower()}.{name}",
                "[hidden]",
                f"listener {endpoint.listener} is open and keeps it: restart the broker, or add another listener",
                after[name].origin if name in after else before[name].origin,
            )


def _text(setting: Setting | None) -> str | None:
    return None if setting is None else setting.text
