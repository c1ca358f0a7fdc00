"""Security settings that would not be honoured stop the start, with the line or command to use instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from acl.properties import parse_properties
from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.config.jaas import OAUTH_MODULE, PLAIN_MODULE, SCRAM_MODULE, ZOOKEEPER_DIGEST_MODULE
from zkbroker.config.security_checks import login_module
from zkbroker.model import SecurityProtocol


def of(properties: dict[str, str]) -> BrokerConfig:
    return BrokerConfig.from_properties({"zookeeper.connect": "zk", **properties})


def refusal(properties: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as refused:
        of(properties)
    return str(refused.value)


SASL = {"listeners": "SASL_PLAINTEXT://h:1", "security.inter.broker.protocol": "SASL_PLAINTEXT"}
SCRAM_LINE = f'{SCRAM_MODULE} required username="admin" password="admin-secret";'
SCRAM = SASL | {
    "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": SCRAM_LINE,
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
}
SSL = {"listeners": "SSL://h:1", "security.inter.broker.protocol": "SSL"}
PKCS12 = SSL | {"ssl.keystore.location": "/k.p12", "ssl.keystore.type": "PKCS12"}


def test_kafkas_default_mechanism_is_refused_with_the_line_to_write() -> None:
    found = refusal(SASL)
    assert found.startswith("sasl.enabled.mechanisms=GSSAPI (default)")
    assert "write listener.name.sasl_plaintext.sasl.enabled.mechanisms=SCRAM-SHA-512" in found


def test_the_listeners_own_key_is_named_where_it_decides() -> None:
    found = refusal(SCRAM | {"listener.name.sasl_plaintext.sasl.enabled.mechanisms": "PLAIN,DIGEST-MD5"})
    assert found.startswith(
        "listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN,DIGEST-MD5 (properties)"
    )
    assert "DIGEST-MD5 is not served on listener SASL_PLAINTEXT" in found


def test_mechanisms_of_a_listener_without_sasl_do_not_matter() -> None:
    assert of({"sasl.enabled.mechanisms": "GSSAPI"}).warnings == ()


def test_brokers_must_be_able_to_log_in_at_each_other() -> None:
    assert of(SCRAM)
    found = refusal(SCRAM | {"sasl.mechanism.inter.broker.protocol": "PLAIN"})
    assert "sasl.mechanism.inter.broker.protocol=PLAIN" in found
    assert "which are SCRAM-SHA-512" in found


def test_a_tls_listener_needs_a_key() -> None:
    assert "needs a key and its certificate" in refusal(SSL)
    assert of(PKCS12)


@pytest.mark.parametrize(("store", "text"), [("keystore", "key"), ("truststore", "certificates")])
def test_a_store_is_a_file_or_a_text(store: str, text: str) -> None:
    both = {f"ssl.{store}.type": "PEM", f"ssl.{store}.location": "/s.pem", f"ssl.{store}.{text}": "PEM"}
    found = refusal(PKCS12 | both)
    assert found.startswith(f"ssl.{store}.location=/s.pem") and f"ssl.{store}.{text} is set as well" in found


def test_with_a_secret_for_passwords_what_is_missing_may_be_in_zookeeper() -> None:
    incomplete = of(SSL | {"password.encoder.secret": "sesame"}).incomplete
    assert incomplete is not None and "needs a key and its certificate" in str(incomplete)
    assert of(PKCS12).incomplete is None


@pytest.mark.parametrize("store", ["keystore", "truststore"])
def test_java_key_stores_are_refused_with_the_command_that_converts_them(store: str) -> None:
    found = refusal(PKCS12 | {f"ssl.{store}.location": "/etc/kafka/s.jks", f"ssl.{store}.type": "JKS"})
    assert (
        "run keytool -importkeystore -srckeystore /etc/kafka/s.jks -destkeystore /etc/kafka/s.p12 "
        f"-deststoretype PKCS12 and set ssl.{store}.location=/etc/kafka/s.p12 and ssl.{store}.type=PKCS12"
    ) in found


def test_jks_is_also_what_no_type_means() -> None:
    assert refusal(SSL | {"ssl.keystore.location": "/k"}).startswith("ssl.keystore.type=JKS (default)")


def test_zookeepers_stores_go_by_their_file_name() -> None:
    tls = {"zookeeper.ssl.client.enable": "true"}
    assert of(tls | {"zookeeper.ssl.truststore.location": "/t.pem"})
    found = refusal(tls | {"zookeeper.ssl.truststore.location": "/t.jks"})
    assert found.startswith("zookeeper.ssl.truststore.type=JKS (default)")
    assert "zookeeper.ssl.truststore.type=PKCS12" in found


PREFIX = "listener.name.sasl_plaintext"
PLAIN = SASL | {"sasl.enabled.mechanisms": "PLAIN", "sasl.mechanism.inter.broker.protocol": "PLAIN"}
BEARER = SCRAM | {"sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER"}
VALIDATOR = "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler"
PLAIN_LINE = f'{PLAIN_MODULE} required username="a" password="a-secret" user_a="a-secret" user_b="b-secret";'


@pytest.mark.parametrize(
    "key",
    [f"{PREFIX}.plain.sasl.jaas.config", f"{PREFIX}.sasl.jaas.config", "sasl.jaas.config"],
)
def test_a_jaas_line_counts_wherever_it_stands(key: str) -> None:
    module = login_module(of(PLAIN | {key: PLAIN_LINE}), "SASL_PLAINTEXT", "PLAIN")
    assert module is not None and module.users == {"a": "a-secret", "b": "b-secret"}


@pytest.mark.parametrize(
    ("properties", "key", "problem"),
    [
        (
            PLAIN,
            f"{PREFIX}.plain.sasl.jaas.config",
            f"write {PREFIX}.plain.sasl.jaas.config={PLAIN_MODULE} required",
        ),
        (PLAIN | {"sasl.jaas.config": SCRAM_LINE}, "sasl.jaas.config", "PLAIN needs to know its users"),
        (
            PLAIN | {"sasl.jaas.config": f'{PLAIN_MODULE} required user_a="a-secret";'},
            "sasl.jaas.config",
            "brokers log in at each other",
        ),
        (
            PLAIN | {"sasl.jaas.config": PLAIN_LINE.replace('user_a="a', 'user_a="other')},
            "sasl.jaas.config",
            "must be among the users",
        ),
        (PLAIN | {"sasl.jaas.config": PLAIN_LINE[:-1]}, "sasl.jaas.config", "must end with a ';'"),
        (
            PLAIN | {f"{PREFIX}.plain.sasl.jaas.config": SCRAM_LINE},
            f"{PREFIX}.plain.sasl.jaas.config",
            f"its login module must be {PLAIN_MODULE}",
        ),
        (
            SCRAM | {f"{PREFIX}.scram-sha-512.sasl.jaas.config": f"{SCRAM_MODULE} required;"},
            f"{PREFIX}.scram-sha-512.sasl.jaas.config",
            f'write {PREFIX}.scram-sha-512.sasl.jaas.config={SCRAM_MODULE} required username="NAME"',
        ),
        (
            BEARER | {f"{PREFIX}.oauthbearer.sasl.server.callback.handler.class": VALIDATOR},
            "sasl.oauthbearer.jwks.endpoint.url",
            "name the file of the keys, as file:///PATH",
        ),
        (
            BEARER | {"sasl.mechanism.inter.broker.protocol": "OAUTHBEARER"},
            f"{PREFIX}.oauthbearer.sasl.jaas.config",
            "unsecuredLoginStringClaim_sub",
        ),
        (
            BEARER
            | {
                "sasl.mechanism.inter.broker.protocol": "OAUTHBEARER",
                "sasl.server.callback.handler.class": VALIDATOR,
                "sasl.oauthbearer.jwks.endpoint.url": "file:///keys",
            },
            "sasl.mechanism.inter.broker.protocol",
            "let them log in with SCRAM-SHA-512",
        ),
        (SSL | {"ssl.keystore.key": "PEM text"}, "ssl.keystore.type", "set ssl.keystore.type=PEM"),
    ],
)
def test_what_a_login_lacks_is_named(properties: dict[str, str], key: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        of(properties)
    assert refused.value.key == key
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)


def test_unsigned_bearer_tokens_between_brokers_need_a_name() -> None:
    line = f'{OAUTH_MODULE} required unsecuredLoginStringClaim_sub="admin";'
    assert of(
        BEARER
        | {
            "sasl.mechanism.inter.broker.protocol": "OAUTHBEARER",
            f"{PREFIX}.oauthbearer.sasl.jaas.config": line,
        }
    )


@pytest.mark.parametrize(
    "option",
    [
        'unsecuredValidatorAllowableClockSkewMs="secret"',
        'unsecuredValidatorAllowableClockSkewMs="-5"',
        'unsecuredLoginLifetimeSeconds="0.5"',
        'unsecuredLoginNumberClaim_level="secret"',
        'unsecuredLoginNumberClaim_level="nan"',
    ],
)
def test_numbers_of_unsigned_bearer_tokens(option: str) -> None:
    """Each login would have ended the broker with a traceback."""
    key = f"{PREFIX}.oauthbearer.sasl.jaas.config"
    with pytest.raises(ConfigError, match=f"{option.partition('=')[0]} must be a number") as refused:
        of(BEARER | {key: f"{OAUTH_MODULE} required {option};"})
    assert refused.value.key == key
    assert "secret" not in str(refused.value)


DIGEST_LINE = f'{ZOOKEEPER_DIGEST_MODULE} required username="kafka" password="zk-secret";'


@pytest.mark.parametrize(
    "credentials",
    [
        {"zookeeper.sasl.jaas.config": DIGEST_LINE},
        {"zookeeper.digest": "kafka:zk-secret"},
        {"zookeeper.ssl.client.enable": "true", "zookeeper.ssl.keystore.location": "/k.pem"},
    ],
)
def test_protected_znodes_need_an_identity(credentials: dict[str, str]) -> None:
    secured = {"zookeeper.set.acl": "true"}
    assert "ZooKeeper must know who we are" in refusal(secured)
    assert "ZooKeeper must know who we are" in refusal(secured | {"zookeeper.ssl.client.enable": "true"})
    assert of(secured | credentials)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("zookeeper.digest", "zk-secret", "it must be USER:PASSWORD"),
        ("zookeeper.sasl.jaas.config", PLAIN_LINE, "its login module must be"),
        ("zookeeper.sasl.jaas.config", DIGEST_LINE.replace("username", "user"), 'must have username="NAME"'),
    ],
)
def test_credentials_for_zookeeper_are_checked(key: str, value: str, problem: str) -> None:
    found = refusal({key: value})
    assert found.startswith(f"{key}=[hidden]") and problem in found
    assert "secret" not in found


def test_the_example_of_the_manual() -> None:
    """docs/security.md: what it says to write is a configuration, with nothing to warn of."""
    manual = (Path(__file__).parent.parent.parent / "docs" / "security.md").read_text()
    example = manual.partition("```properties\n")[2].partition("```")[0]
    config = BrokerConfig.from_properties(parse_properties(example))
    assert config.warnings == ()
    assert config.zookeeper_set_acl and config.authorizer_class_name
    assert [endpoint.security_protocol for endpoint in config.listeners] == [SecurityProtocol.SASL_SSL] * 2
