"""KAFKA_… variables as the images of Apache, Confluent and Bitnami spell them."""

from __future__ import annotations

import pytest

from zkbroker.config import BROKER_KEYS, settings_from_environment


def keys(*variables: str, listeners: tuple[str, ...] = ()) -> list[str]:
    settings, strangers = settings_from_environment(dict.fromkeys(variables, "x"), listeners)
    assert strangers == []
    return [setting.key for setting in settings]


def test_every_key_of_the_table_can_be_spelled() -> None:
    for key in BROKER_KEYS:
        assert keys("KAFKA_" + key.upper().replace(".", "_")) == [key]
        assert keys("KAFKA_CFG_" + key.upper().replace(".", "_")) == [key]


@pytest.mark.parametrize(
    "variable",
    [
        "KAFKA_LISTENER_NAME_SASL__OUT_SCRAM___SHA___256_SASL_JAAS_CONFIG",  # Apache's rule
        "KAFKA_LISTENER_NAME_SASL___OUT_SCRAM__SHA__256_SASL_JAAS_CONFIG",  # Confluent's
    ],
)
def test_mechanisms_and_listeners_with_hyphens_and_underscores(variable: str) -> None:
    expected = "listener.name.sasl_out.scram-sha-256.sasl.jaas.config"
    assert keys(variable, listeners=("SASL_OUT",)) == [expected]


def test_listeners_of_the_environment_decide_too() -> None:
    settings, strangers = settings_from_environment(
        {
            "KAFKA_LISTENERS": "IN-SIDE://:9092,OUT_SIDE://:9093",
            "KAFKA_LISTENER_NAME_IN__SIDE_MAX_CONNECTIONS": "1",  # Confluent's, or a listener in_side
            "KAFKA_LISTENER_NAME_OUT__SIDE_MAX_CONNECTIONS": "2",  # Apache's
        }
    )
    assert strangers == []
    assert {setting.key: setting.text for setting in settings} == {
        "listeners": "IN-SIDE://:9092,OUT_SIDE://:9093",
        "listener.name.in-side.max.connections": "1",
        "listener.name.out_side.max.connections": "2",
    }


def test_without_knowledge_of_listeners_apaches_rule_counts() -> None:
    assert keys("KAFKA_LISTENER_NAME_A__B_SSL_CLIENT_AUTH") == ["listener.name.a_b.ssl.client.auth"]
    assert keys("KAFKA_LISTENER_NAME_A___B_SSL_CLIENT_AUTH") == ["listener.name.a-b.ssl.client.auth"]


def test_variables_of_the_images_are_no_keys_and_strangers_are_named() -> None:
    settings, strangers = settings_from_environment(
        {
            "KAFKA_HEAP_OPTS": "-Xmx1g",
            "KAFKA_LOG4J_LOGGERS": "kafka=INFO",
            "KAFKA_PORT_9092_TCP_ADDR": "10.0.0.1",
            "PATH": "/bin",
            "CLUSTER_ID": "x",
            "KAFKA_BROKER_ID": "3",
        }
    )
    assert [setting.key for setting in settings] == ["broker.id"]
    assert strangers == ["KAFKA_PORT_9092_TCP_ADDR"]


def test_the_origin_names_the_variable() -> None:
    (setting,), _ = settings_from_environment({"KAFKA_BROKER_ID": "3"})
    assert (setting.text, str(setting.origin)) == ("3", "environment variable KAFKA_BROKER_ID")
