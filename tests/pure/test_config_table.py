"""The table of keys agrees with Apache Kafka's own definitions."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import attrs
import pytest

from zkbroker.config import BROKER_KEYS, TOPIC_KEYS, TOPIC_SYNONYMS, Key, TopicConfig, Treatment, Update
from zkbroker.config.broker_keys import AUTHORIZER_KEYS, DYNAMIC_ONLY, OWN_KEYS, SYNONYMS, BrokerKeys
from zkbroker.config.documentation import _sentences, documentation_of
from zkbroker.config.keys import as_text


class Definition(NamedTuple):
    kind: str
    name: str
    type: str
    default: str
    valid: str
    internal: str
    extra: str  # broker key: update mode; topic key: broker synonym


LINES = Path(__file__).with_name("kafka_config_keys.tsv").read_text().splitlines()
DEFINITIONS = [Definition(*line.split("\t")) for line in LINES if not line.startswith("#")]
BROKER = [definition for definition in DEFINITIONS if definition.kind == "broker"]
TOPIC = [definition for definition in DEFINITIONS if definition.kind == "topic"]

DIFFERENT_DEFAULTS = {"queued.max.request.bytes": str(256 * 1024 * 1024)}  # Kafka's is without limit

CHECKED_BY_FUNCTION = {
    "authorizer.class.name",
    "compression.gzip.level",
    "group.coordinator.rebalance.protocols",
    "inter.broker.protocol.version",
    "log.message.format.version",
    "message.format.version",
    "leader.replication.throttled.replicas",
    "follower.replication.throttled.replicas",
}

WITHOUT_EFFECT_SO_UNCHECKED = {
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "group.consumer.migration.policy",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.expiration.thread.pool.size",
    "remote.log.metadata.manager.class.name",
    "remote.log.metadata.manager.impl.prefix",
    "remote.log.metadata.manager.listener.name",
    "remote.log.storage.manager.class.name",
    "remote.log.storage.manager.impl.prefix",
}


def table_of(definition: Definition) -> Key[object]:
    return (BROKER_KEYS if definition.kind == "broker" else TOPIC_KEYS)[definition.name]


def kafkas_default(definition: Definition) -> str:
    text = definition.default.removeprefix("class ")
    return text.strip("[]").replace(", ", ",") if text.startswith("[") else text


def limits(key: Key[object]) -> str:
    """The limits as Kafka prints them."""
    if key.one_of:
        return f"[{', '.join(key.one_of)}]"
    if key.at_least is None:
        return ""
    upper = "" if key.at_most is None else f",{key.at_most:g}"
    if key.at_most is not None and key.at_most > 999_999:
        upper = f",{int(key.at_most)}"
    return f"[{key.at_least:g},...{upper}]" if key.at_least > -9999 else f"[{int(key.at_least)},...{upper}]"


def test_every_key_of_kafka_is_in_the_table_and_nothing_unexplained_is() -> None:
    beyond = OWN_KEYS | AUTHORIZER_KEYS | DYNAMIC_ONLY | {"config.providers"}
    assert {definition.name for definition in BROKER} | beyond == BROKER_KEYS.keys()
    assert {definition.name for definition in TOPIC} == TOPIC_KEYS.keys()
    assert len(TOPIC_KEYS) == 36


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: f"{d.kind}-{d.name}")
def test_type_default_and_limits_are_kafkas(definition: Definition) -> None:
    key = table_of(definition)
    assert key.kind.name == definition.type
    expected = DIFFERENT_DEFAULTS.get(definition.name, kafkas_default(definition))
    default = as_text(key.default)
    assert ("null" if default is None else default) == expected
    assert key.internal == bool(definition.internal)
    if definition.name in CHECKED_BY_FUNCTION:
        assert key.check is not None
    elif definition.name == "offsets.topic.compression.codec":
        assert limits(key) == "[0,...,4]"  # Kafka finds that out later
    elif definition.name not in WITHOUT_EFFECT_SO_UNCHECKED:
        assert limits(key) == definition.valid


@pytest.mark.parametrize("definition", BROKER, ids=lambda d: d.name)
def test_keys_may_change_when_kafkas_may(definition: Definition) -> None:
    assert BROKER_KEYS[definition.name].update.value == definition.extra


def test_topic_synonyms_are_kafkas() -> None:
    assert {d.name: d.extra for d in TOPIC if d.extra} == TOPIC_SYNONYMS
    for topic_key, broker_key in TOPIC_SYNONYMS.items():
        default = TOPIC_KEYS[topic_key].default
        # Where the broker's is null, it is worked out from a key in hours.
        assert BROKER_KEYS[broker_key].default in (default, None), topic_key


def test_every_default_is_a_value_the_key_accepts() -> None:
    for key in (*BROKER_KEYS.values(), *TOPIC_KEYS.values()):
        text = as_text(key.default)
        if text is not None:
            assert key.parse(text) == key.default, key
            assert key.refusal is None or key.default in key.refusal.unless, key


def test_every_refused_key_has_a_harmless_value_and_a_way_out() -> None:
    refused = [key for key in BROKER_KEYS.values() if key.treatment is Treatment.REFUSED]
    assert {"process.roles", "create.topic.policy.class.name", "ssl.engine.factory.class"} <= {
        key.name for key in refused
    }
    for key in refused:
        assert key.refusal is not None
        assert key.refusal.unless, key
        assert "remove it" in key.refusal.reason or "write" in key.refusal.reason, key


def test_attributes_are_keys_with_underscores() -> None:
    assert BrokerKeys.log_retention_ms.name == "log.retention.ms"
    assert all(key.attribute == name.replace(".", "_") for name, key in BROKER_KEYS.items())
    assert {field.name for field in attrs.fields(TopicConfig)} == {
        name.replace(".", "_") for name in TOPIC_KEYS
    }


def test_synonyms_are_of_the_table() -> None:
    for key, group in SYNONYMS.items():
        assert group[0] == key
        assert set(group) <= BROKER_KEYS.keys()


def test_only_security_and_listener_keys_change_for_one_broker_only() -> None:
    prefixes = ("ssl.", "sasl.", "listener", "advertised.listeners", "principal.builder")
    for key in BROKER_KEYS.values():
        if key.update is Update.PER_BROKER:
            assert key.name.startswith(prefixes), key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (("a", "b"), "a,b"),
        ((), ""),
        (0.5, "0.5"),
        (1e-4, "1.0E-4"),
        (9.9e-4, "9.9E-4"),
        (1e7, "1.0E7"),
        (123456789.123, "1.23456789123E8"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
    ],
)
def test_values_print_as_javas(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_every_key_is_documented_in_a_sentence_and_nothing_else_is() -> None:
    assert _sentences().keys() == BROKER_KEYS.keys() | TOPIC_KEYS.keys()
    for key in _sentences():
        sentence = documentation_of(key)
        assert sentence[0].isupper(), key
        assert sentence.endswith((".", "…")), key
