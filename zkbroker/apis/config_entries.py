"""What DescribeConfigs says of a key: value, source, type, and every place it was set in, strongest first.

Source: kafka.server.ConfigHelper, 3.9.1; KIP-226, KIP-569.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

import attrs

from zkbroker.config import BROKER_KEYS, TOPIC_KEYS, TOPIC_SYNONYMS, Key, TopicConfig
from zkbroker.config.broker import split_listener_key
from zkbroker.config.broker_keys import AUTHORIZER_KEYS, DYNAMIC_ONLY, SYNONYMS
from zkbroker.config.documentation import documentation_of
from zkbroker.config.dynamic import is_dynamic
from zkbroker.config.keys import as_text
from zkbroker.dynamic_config import DynamicConfig
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsSynonym,
)


class ConfigSource(IntEnum):
    """Where a value comes from, as on the wire."""

    TOPIC = 1
    DYNAMIC_BROKER = 2
    DYNAMIC_DEFAULT_BROKER = 3
    STATIC_BROKER = 4
    DEFAULT = 5
    DYNAMIC_BROKER_LOGGER = 6


UNKNOWN_TYPE: Final = 0

_RAW_LIMITS: Final = ("message.timestamp.before.max.ms", "message.timestamp.after.max.ms")
"""Keys whose effective value takes the deprecated …difference.max.ms in; what is shown does not."""


@attrs.frozen
class Asked:
    """What a DescribeConfigs wants to know of a resource."""

    keys: frozenset[str] = frozenset()  # none: all of them
    synonyms: bool = False
    documentation: bool = False
    marks_defaults: bool = False  # version 0, which has no sources

    def chosen(self, names: Iterable[str]) -> Iterable[str]:
        return (name for name in names if name in self.keys) if self.keys else names


@attrs.frozen
class BrokerTexts:
    """What is set for a broker, place by place: texts by key, strongest place first."""

    places: tuple[tuple[ConfigSource, Mapping[str, str]], ...]

    @classmethod
    def of(cls, config: DynamicConfig) -> BrokerTexts:
        static = {setting.key: setting.text for setting in config.static.settings.values()}
        for one, other in (("broker.id", "node.id"), ("node.id", "broker.id")):
            if one in static:
                static.setdefault(other, static[one])
        return cls(
            (
                (ConfigSource.DYNAMIC_BROKER, config.texts_of_this_broker),
                (ConfigSource.DYNAMIC_DEFAULT_BROKER, config.texts_of_all_brokers),
                (ConfigSource.STATIC_BROKER, static),
                (ConfigSource.DEFAULT, _Defaults()),
            )
        )

    def synonyms(self, name: str, *, is_sensitive: bool) -> list[DescribeConfigsSynonym]:
        """The places `name` is set in, and after each those of its coarser synonyms, strongest first."""
        found = [
            DescribeConfigsSynonym(
                name=synonym, value=None if is_sensitive else texts[synonym], source=source
            )
            for source, texts in self.places
            for synonym in _synonyms_of(name)
            if synonym in texts
        ]
        for index, synonym in enumerate(found):
            if synonym.name == name:
                return found[index:]
        return []

    def names(self) -> Iterator[str]:
        """Every key that is set somewhere."""
        for source, texts in self.places:
            if source is not ConfigSource.DEFAULT:
                yield from texts


class _Defaults(Mapping[str, str]):
    """The defaults of broker keys as texts; a key without one is not in it."""

    def __getitem__(self, name: str) -> str:
        key = BROKER_KEYS.get(name)
        text = None if key is None or _is_unlisted(name) else as_text(key.default)
        if text is None:
            raise KeyError(name)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(BROKER_KEYS)

    def __len__(self) -> int:
        return len(BROKER_KEYS)


def _is_unlisted(name: str) -> bool:
    """Keys that Kafka's own table does not have: they are shown where they are set, and only there."""
    return name in DYNAMIC_ONLY or name in AUTHORIZER_KEYS or name == "config.providers"


def _synonyms_of(name: str) -> tuple[str, ...]:
    for first, group in SYNONYMS.items():
        if name in group and (name == first or first != "log.flush.interval.ms"):
            return group
    parts = split_listener_key(name)
    return (name,) if parts is None else (name, parts.key.name)


def topic_entries(
    overrides: Mapping[str, str], config: DynamicConfig, asked: Asked
) -> list[DescribeConfigsResourceResult]:
    """A topic's keys. Raises: ConfigError for overrides that do not fit."""
    resolved = TopicConfig.resolve(overrides, config.broker)
    texts = BrokerTexts.of(config)
    entries = []
    for name in asked.chosen(TOPIC_KEYS):
        key = TOPIC_KEYS[name]
        shown = config.broker.topic_defaults if name in _RAW_LIMITS and name not in overrides else resolved
        value = as_text(getattr(shown, key.attribute))
        synonym = TOPIC_SYNONYMS.get(name)
        synonyms = [] if synonym is None else texts.synonyms(synonym, is_sensitive=False)
        if name in overrides:
            synonyms.insert(0, DescribeConfigsSynonym(name=name, value=value, source=ConfigSource.TOPIC))
        entries.append(_entry(name, value, key, synonyms, asked, read_only=False))
    return entries


def broker_entries(
    config: DynamicConfig, asked: Asked, *, per_broker: bool
) -> list[DescribeConfigsResourceResult]:
    """This broker's keys, or what is set for all brokers."""
    texts = BrokerTexts.of(config)
    of_all_brokers = config.texts_of_all_brokers
    if per_broker:
        listed = (name for name, key in BROKER_KEYS.items() if not key.internal and not _is_unlisted(name))
        names: Iterable[str] = dict.fromkeys([*listed, *texts.names()])
    else:
        names = of_all_brokers
    entries = []
    for name in asked.chosen(names):
        key = _key_of(name)
        is_sensitive = key is None or key.is_secret
        synonyms = texts.synonyms(name, is_sensitive=is_sensitive)
        if not per_broker:
            synonyms = [s for s in synonyms if s.source == ConfigSource.DYNAMIC_DEFAULT_BROKER]
        value = None
        if not is_sensitive:
            value = _value_of(name, config, texts) if per_broker else of_all_brokers[name]
        entries.append(_entry(name, value, key, synonyms, asked, read_only=not is_dynamic(name)))
    return entries


def _value_of(name: str, config: DynamicConfig, texts: BrokerTexts) -> str | None:
    if name in BROKER_KEYS and name not in ("broker.id", "node.id"):
        return config.broker.text_of(name)
    for _, place in texts.places:
        if name in place:
            return place[name]
    return None


def _key_of(name: str) -> Key[Any] | None:
    """The key behind a name, listener-prefixed or not; None where Kafka's table does not have it."""
    parts = split_listener_key(name)
    key = BROKER_KEYS.get(name) if parts is None else parts.key
    return None if name in AUTHORIZER_KEYS else key


def _entry(
    name: str,
    value: str | None,
    key: Key[Any] | None,
    synonyms: list[DescribeConfigsSynonym],
    asked: Asked,
    *,
    read_only: bool,
) -> DescribeConfigsResourceResult:
    source = ConfigSource(synonyms[0].source) if synonyms else ConfigSource.DEFAULT
    return DescribeConfigsResourceResult(
        name=name,
        value=value,
        read_only=read_only,
        is_default=asked.marks_defaults and source is ConfigSource.DEFAULT,
        config_source=source,
        is_sensitive=key is None or key.is_secret,
        synonyms=synonyms if asked.synonyms else (),
        config_type=UNKNOWN_TYPE if key is None else key.kind,
        documentation=documentation_of(key.name) if asked.documentation and key is not None else None,
    )
