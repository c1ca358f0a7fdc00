"""JAAS lines and files, as people have them in server.properties and kafka_server_jaas.conf."""

from __future__ import annotations

import pytest

from zkbroker.config.jaas import (
    PLAIN_MODULE,
    SCRAM_MODULE,
    ZOOKEEPER_DIGEST_MODULE,
    parse_jaas_file,
    parse_jaas_line,
    settings_of_jaas_file,
)
from zkbroker.config.settings import Origin, Source


def test_a_plain_line_with_users() -> None:
    module = parse_jaas_line(
        f'{PLAIN_MODULE} required \n username="admin" password="a;b" user_admin="a;b" user_a.b-c=x1 ;'
    )
    assert module.name == PLAIN_MODULE
    assert module.options["username"] == "admin"
    assert module.options["password"] == "a;b"
    assert module.users == {"admin": "a;b", "a.b-c": "x1"}


def test_quotes_and_backslashes_are_escaped() -> None:
    module = parse_jaas_line(f'{SCRAM_MODULE} required password="a\\"b\\\\c\\075" username="";')
    assert module.options == {"password": 'a"b\\c=', "username": ""}


def test_nothing_of_a_module_is_shown() -> None:
    assert "secret" not in repr(parse_jaas_line(f'{SCRAM_MODULE} required password="secret";'))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds 0"),
        (f"{PLAIN_MODULE};", "control flag"),
        (f"{PLAIN_MODULE} must;", "must be one of required"),
        (f"{PLAIN_MODULE} required", "end with a ';'"),
        (f'{PLAIN_MODULE} required password="secret', "not closed"),
        (f'{PLAIN_MODULE} required password "secret";', "must be a '=' after the option password"),
        (f"{PLAIN_MODULE} required password=;", "value of the option password is missing"),
        (f"{PLAIN_MODULE} required; {PLAIN_MODULE} required;", "holds 2"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_jaas_line(text)
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)


FILE = f"""
        // the brokers
        KafkaServer {{
            {PLAIN_MODULE} required
            username="admin"
            password="x" /* changed
            last year */ user_admin="x";
            {SCRAM_MODULE} required username="admin" password="q\\"\\\\";
        }};
        internal.KafkaServer {{ {SCRAM_MODULE} required username="broker" password="b"; }};
        # ZooKeeper
        Client {{ {ZOOKEEPER_DIGEST_MODULE} required username="kafka" password="y"; }};
        """


def test_a_file_has_sections() -> None:
    sections = parse_jaas_file(FILE)
    assert sections["KafkaServer"][0].users == {"admin": "x"}
    assert sections["KafkaServer"][1].options["password"] == 'q"\\'
    assert sections["Client"][0].options == {"username": "kafka", "password": "y"}


def test_a_file_says_what_keys_can_say() -> None:
    origin = Origin(Source.ENVIRONMENT, "jaas.conf")
    settings = settings_of_jaas_file(FILE, origin, ["CLIENTS", "Internal"])
    assert {setting.key for setting in settings} == {
        "listener.name.clients.plain.sasl.jaas.config",
        "listener.name.clients.scram-sha-256.sasl.jaas.config",
        "listener.name.clients.scram-sha-512.sasl.jaas.config",
        "listener.name.internal.scram-sha-256.sasl.jaas.config",
        "listener.name.internal.scram-sha-512.sasl.jaas.config",
        "zookeeper.sasl.jaas.config",
    }
    modules = {setting.key: parse_jaas_line(setting.text) for setting in settings}
    assert modules["listener.name.clients.scram-sha-512.sasl.jaas.config"].options["password"] == 'q"\\'
    assert modules["listener.name.internal.scram-sha-256.sasl.jaas.config"].options["username"] == "broker"
    assert all(setting.origin is origin for setting in settings)
