"""BrokerConfig: parsed, resolved, checked, and able to say where each value came from."""

from __future__ import annotations

import pytest

from zkbroker.config import BROKER_KEYS, BrokerConfig, ConfigError, Origin, Setting, Source, TopicConfig
from zkbroker.config.keys import WHOLE_NUMBERS, Key, Kind, as_text
from zkbroker.model import Endpoint, SecurityProtocol

PLAINTEXT = SecurityProtocol.PLAINTEXT


def config(**properties: str) -> BrokerConfig:
    """Underscores stand for dots."""
    return of({key.replace("_", "."): text for key, text in properties.items()})


def of(properties: dict[str, str]) -> BrokerConfig:
    return BrokerConfig.from_properties({"zookeeper.connect": "zk:2181", **properties}, "server.properties")


def refusal(**properties: str) -> str:
    with pytest.raises(ConfigError) as refused:
        config(**properties)
    return str(refused.value)


def test_defaults() -> None:
    defaults = config()
    assert defaults.listeners == (Endpoint("PLAINTEXT", PLAINTEXT, "", 9092),)
    assert defaults.advertised_listeners == defaults.listeners
    assert defaults.inter_broker_listener_name == "PLAINTEXT"
    assert defaults.control_plane_listener_name is None
    assert defaults.broker_id == -1
    assert defaults.log_dirs == ("/tmp/kafka-logs",)
    assert defaults.log_retention_ms == 7 * 24 * 3_600_000
    assert defaults.log_roll_ms == 7 * 24 * 3_600_000
    assert defaults.log_roll_jitter_ms == 0
    assert defaults.log_flush_interval_ms == 2**63 - 1
    assert defaults.zookeeper_connection_timeout_ms == 18000
    assert defaults.queued_max_request_bytes == 256 * 1024 * 1024
    assert defaults.record_validation == "header"
    assert defaults.warnings == ()
    assert defaults.topic_defaults == TopicConfig()
    assert defaults.topic_defaults is defaults.topic_defaults


def test_every_attribute_of_the_table_has_a_value() -> None:
    defaults = config()
    for key in BROKER_KEYS.values():
        getattr(defaults, key.attribute)


def test_it_never_changes() -> None:
    with pytest.raises(AttributeError, match="never changes"):
        config().broker_id = 5  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("properties", "retention_ms"),
    [
        ({"log.retention.hours": "1"}, 3_600_000),
        ({"log.retention.minutes": "1", "log.retention.hours": "1"}, 60_000),
        ({"log.retention.ms": "5", "log.retention.minutes": "1"}, 5),
        ({"log.retention.ms": "-1"}, -1),
        ({"log.retention.minutes": "-5"}, -1),
    ],
)
def test_the_finest_unit_of_retention_counts(properties: dict[str, str], retention_ms: int) -> None:
    resolved = of(properties)
    assert resolved.log_retention_ms == retention_ms
    assert resolved.topic_defaults.retention_ms == retention_ms


def test_raw_values_stay_as_they_were_set() -> None:
    found = config(log_retention_hours="1")
    assert found.value_of("log.retention.ms") is None
    assert found.text_of("log.retention.hours") == "1"
    assert found.text_of("listeners") == "PLAINTEXT://:9092"


def test_log_dirs_go_before_log_dir() -> None:
    assert config(log_dir="/a").log_dirs == ("/a",)
    assert config(log_dir="/a", log_dirs=" /b , /c,").log_dirs == ("/b", "/c")
    assert "at least one directory" in refusal(log_dirs=",")
    assert "at least one directory" in refusal(log_dirs="", log_dir="/a")


def test_listeners_are_resolved() -> None:
    found = of(
        {
            "listeners": "client://:9092,BETWEEN://127.0.0.1:9093",
            "advertised.listeners": "CLIENT://kafka.example.org:19092,BETWEEN://[::1]:9093",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,between:PLAINTEXT",
            "inter.broker.listener.name": "between",
        }
    )
    assert found.listeners == (
        Endpoint("CLIENT", PLAINTEXT, "", 9092),
        Endpoint("BETWEEN", PLAINTEXT, "127.0.0.1", 9093),
    )
    assert found.advertised_listeners == (
        Endpoint("CLIENT", PLAINTEXT, "kafka.example.org", 19092),
        Endpoint("BETWEEN", PLAINTEXT, "::1", 9093),
    )
    assert found.inter_broker_listener_name == "BETWEEN"


def test_clients_are_told_the_hosts_name_and_the_bound_port() -> None:
    found = config(listeners="PLAINTEXT://:0")
    assert found.endpoints_for_clients("host.example.org", {"PLAINTEXT": 32123}) == (
        Endpoint("PLAINTEXT", PLAINTEXT, "host.example.org", 32123),
    )


def test_ipv4_and_ipv6_may_share_a_port() -> None:
    protocols = "A:PLAINTEXT,B:PLAINTEXT"
    both = {"listener.security.protocol.map": protocols, "inter.broker.listener.name": "A"}
    assert len(of({"listeners": "A://127.0.0.1:9092,B://[::1]:9092", **both}).listeners) == 2
    assert len(of({"listeners": "A://127.0.0.1:0,B://127.0.0.1:0", **both}).listeners) == 2
    with pytest.raises(ConfigError, match="another port, and 9092 comes twice"):
        of({"listeners": "A://127.0.0.1:9092,B://127.0.0.1:9092", **both})


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        (
            {"num_partitions": "0"},
            "num.partitions=0 (server.properties) is not allowed: it must be a whole number",
        ),
        (
            {"listeners": "PLAINTEXT:9092"},
            "NAME://HOST:PORT entries separated by commas, which PLAINTEXT:9092 is not",
        ),
        ({"listeners": "PLAINTEXT://h:99999"}, "which PLAINTEXT://h:99999 is not"),
        ({"listeners": "FAST://h:1"}, "gives listener FAST no security protocol"),
        ({"listeners": "PLAINTEXT://h:1,PLAINTEXT://h:2"}, "PLAINTEXT comes twice"),
        ({"listeners": ""}, "at least one listener"),
        ({"listener_security_protocol_map": "A:TLS"}, "PROTOCOL one of PLAINTEXT, SSL"),
        ({"listeners": "PLAINTEXT://0.0.0.0:9092"}, "set advertised.listeners to a name or address"),
        (
            {"advertised_listeners": "PLAINTEXT://0.0.0.0:9092"},
            "advertised.listeners=PLAINTEXT://0.0.0.0:9092",
        ),
        ({"advertised_listeners": "SSL://h:1"}, "SSL is not in listeners, which are PLAINTEXT"),
        ({"inter_broker_listener_name": "X"}, "inter.broker.listener.name must be one of PLAINTEXT"),
        ({"security_inter_broker_protocol": "SSL"}, "no advertised listener is named SSL"),
        (
            {"inter_broker_listener_name": "PLAINTEXT", "security_inter_broker_protocol": "PLAINTEXT"},
            "one of them decides",
        ),
        ({"control_plane_listener_name": "X"}, "must be one of the advertised listeners"),
        ({"control_plane_listener_name": "PLAINTEXT"}, "another listener than inter.broker.listener.name"),
        ({"broker_id": "1001"}, "from 0 to reserved.broker.max.id (1000), or -1"),
        ({"broker_id": "-2"}, "or -1 to generate one"),
        ({"broker_id_generation_enable": "false"}, "0 or more, since broker.id.generation.enable is false"),
        (
            {"broker_id": "1", "node_id": "2"},
            "node.id=2 (server.properties) is not allowed: it must be the same",
        ),
        ({"log_retention_hours": "0"}, "log.retention.hours=0"),
        ({"log_retention_ms": "0"}, "log.retention.ms=0"),
        ({"log_roll_ms": "0"}, "log.roll.ms=0"),
        ({"log_roll_jitter_ms": "-1"}, "log.roll.jitter.ms=-1"),
        ({"log_cleaner_dedupe_buffer_size": "1048576"}, "for each of log.cleaner.threads"),
        (
            {"log_cleaner_min_compaction_lag_ms": "2", "log_cleaner_max_compaction_lag_ms": "1"},
            "at most log.cleaner.max.compaction.lag.ms (1)",
        ),
        ({"replica_lag_time_max_ms": "100"}, "replica.fetch.wait.max.ms=500 (default) is not allowed"),
        ({"replica_socket_timeout_ms": "100"}, "at most replica.socket.timeout.ms (100)"),
        ({"queued_max_request_bytes": "1000"}, "at least socket.request.max.bytes (104857600)"),
        ({"max_connections_per_ip": "0"}, "only where max.connections.per.ip.overrides allows some"),
        ({"max_connections_per_ip_overrides": "h"}, "HOST:COUNT pairs"),
        ({"connections_max_idle_ms": "100"}, "less than connections.max.idle.ms (100)"),
        ({"zookeeper_connect": ""}, "zookeeper.connect is not set: it must be HOST:PORT"),
        ({"zookeeper_connect": "a b:2181"}, "HOST:PORT[,HOST:PORT…][/chroot]"),
        ({"zookeeper_connect": "a:2181/x//y"}, "HOST:PORT[,HOST:PORT…][/chroot]"),
        ({"ssl_key_password": "x", "process_roles": "broker"}, "KRaft mode is not served"),
        (
            {"zookeeper_metadata_migration_enable": "true"},
            "a migration to KRaft needs Apache Kafka brokers; remove it",
        ),
        ({"controller_quorum_voters": "3000@h:9093"}, "there is no KRaft quorum"),
        ({"inter_broker_protocol_version": "3.5"}, "no older messages are spoken between brokers"),
    ],
)
def test_what_is_wrong_is_one_sentence(properties: dict[str, str], sentence: str) -> None:
    found = refusal(**properties)
    assert sentence in found
    assert "\n" not in found


def test_without_zookeeper_there_is_nothing() -> None:
    with pytest.raises(ConfigError, match=r"zookeeper\.connect is not set"):
        BrokerConfig()


REFUSED = [key for key in BROKER_KEYS.values() if key.refusal is not None]
ASKS_FOR_SOMETHING = {"process.roles": "broker,controller"}


@pytest.mark.parametrize("key", REFUSED, ids=lambda key: key.name)
def test_each_refused_key_stops_the_start_and_says_what_to_do(key: object) -> None:
    row = next(row for row in REFUSED if row is key)
    assert row.refusal is not None
    text = ASKS_FOR_SOMETHING.get(row.name, "true" if row.kind.name == "BOOLEAN" else "org.acme.Thing")
    with pytest.raises(ConfigError) as refused:
        of({row.name: text})
    assert str(refused.value) == f"{row.name}={text} (server.properties) is not allowed: {row.refusal.reason}"
    for harmless in row.refusal.unless:
        assert of({row.name: as_text(harmless) or ""}).warnings == ()


def wrong_texts(key: Key[object]) -> list[str]:
    """What is no value of a key, as far as its type and limits tell."""
    if key.kind in (Kind.BOOLEAN, Kind.DOUBLE) or key.kind in WHOLE_NUMBERS:
        texts = ["soon", ""]
    else:
        texts = ["nonsense"] if key.one_of or key.check is not None else []
    if key.at_least is not None:
        texts.append(str(int(key.at_least) - 1))
    if key.at_most is not None:
        texts.append(str(int(key.at_most) + 1))
    return texts


WITH_A_CHECK_OF_ITS_OWN = {
    "advertised.listeners": "nonsense",
    "broker.id": "1001",
    "control.plane.listener.name": "NONE",
    "inter.broker.listener.name": "NONE",
    "listener.security.protocol.map": "nonsense",
    "listeners": "nonsense",
    "log.dirs": "",
    "max.connections.per.ip.overrides": "nonsense",
    "zookeeper.connect": "/only",
}
"""Texts without limits in the table that are read once more."""


@pytest.mark.parametrize("key", BROKER_KEYS.values(), ids=lambda key: key.name)
def test_a_wrong_value_stops_the_start_with_what_is_allowed_and_where_it_was_set(key: Key[object]) -> None:
    own = WITH_A_CHECK_OF_ITS_OWN.get(key.name)
    texts = [*wrong_texts(key), *([] if own is None else [own])]
    for text in texts:
        with pytest.raises(ConfigError) as refused:
            of({key.name: text})
        wrong = refused.value
        assert (wrong.key, wrong.value, wrong.where) == (key.name, text, "server.properties")
        if key.name not in WITH_A_CHECK_OF_ITS_OWN and key.check is None:
            assert wrong.allowed == f"it must be {key.allowed}"
        assert str(wrong) == f"{key.name}={text} (server.properties) is not allowed: {wrong.allowed}"
    assert texts or key.kind in (Kind.STRING, Kind.LIST, Kind.CLASS, Kind.PASSWORD), "a text of any kind"


@pytest.mark.parametrize("key", [k for k in BROKER_KEYS.values() if k.tuning], ids=lambda key: key.name)
def test_every_tuning_key_is_warned_about_once(key: Key[object]) -> None:
    text = as_text(key.default) or "5"
    assert of({key.name: text}).warnings == (
        f"{key.name}={text} (server.properties) has no effect here: {key.tuning}",
    )


def test_tuning_keys_are_warned_about_once_and_served_ones_never() -> None:
    found = of({"num.io.threads": "16", "num.partitions": "3", "log.message.format.version": "2.8"})
    assert found.num_io_threads == 16
    assert found.warnings == (
        "num.io.threads=16 (server.properties) has no effect here: "
        "one event loop does the work of Kafka's thread pools",
        "log.message.format.version=2.8 (server.properties) has no effect here: "
        "records are always kept in the current format, as in Kafka 3.0 and later",
    )


def test_unknown_and_removed_keys_are_warned_about_without_their_values() -> None:
    found = of({"my.secret": "hunter2", "port": "9093", "leader.replication.throttled.rate": "5"})
    assert found.warnings == (
        "my.secret (server.properties) is unknown and ignored",
        "port (server.properties) has no effect: Kafka 3.0 removed it; use listeners",
        "leader.replication.throttled.rate=5 (server.properties) has no effect: "
        "it is a dynamic configuration only",
    )
    assert found.leader_replication_throttled_rate == 2**63 - 1


def test_secrets_are_shown_nowhere() -> None:
    found = of({"ssl.key.password": "hunter2", "listener.name.plaintext.ssl.key.password": "hunter2"})
    assert found.text_of("ssl.key.password") == "[hidden]"
    assert "hunter2" not in repr(found)
    assert found.ssl_key_password is not None
    assert found.ssl_key_password.text == "hunter2"


def test_origins_say_where_each_value_was_set() -> None:
    line = Origin(Source.FILE, "server.properties, line 3")
    variable = Origin(Source.ENVIRONMENT, "environment variable KAFKA_NUM_PARTITIONS")
    found = BrokerConfig(
        [
            Setting("zookeeper.connect", "zk:2181", line),
            Setting("num.partitions", "2", line),
            Setting("num.partitions", "3", variable),
        ]
    )
    assert found.num_partitions == 3
    assert found.origin_of("num.partitions") == variable
    assert str(found.origin_of("zookeeper.connect")) == "server.properties, line 3"
    assert found.origin_of("listeners").source is Source.DEFAULT
    assert found.origins.keys() == {"zookeeper.connect", "num.partitions"}
    with pytest.raises(ConfigError, match="environment variable KAFKA_NUM_PARTITIONS"):
        BrokerConfig([Setting("num.partitions", "x", variable)])


def test_a_value_that_is_overridden_need_not_be_right() -> None:
    line = Origin(Source.FILE, "file")
    assert BrokerConfig([Setting("zookeeper.connect", " ", line), Setting("zookeeper.connect", "zk", line)])


def test_an_override_takes_the_place_of_its_synonyms() -> None:
    static = config(log_retention_ms="5", log_roll_hours="2")
    found = static.with_properties({"log.retention.hours": "1", "log.roll.ms": "7"})
    assert found.log_retention_ms == 3_600_000
    assert found.log_roll_ms == 7
    assert static.log_retention_ms == 5
    assert static.differences(found) == {
        "log.retention.ms",
        "log.retention.hours",
        "log.roll.hours",
        "log.roll.ms",
    }
    assert static.differences(config(log_retention_ms="5", log_roll_hours="2")) == frozenset()


def test_an_override_is_resolved_again() -> None:
    found = config(listeners="PLAINTEXT://a:1").with_properties({"listeners": "PLAINTEXT://b:2"})
    assert found.advertised_listeners == (Endpoint("PLAINTEXT", PLAINTEXT, "b", 2),)


def test_the_byte_budget_holds_the_largest_frame() -> None:
    assert config(socket_request_max_bytes="600000000").queued_max_request_bytes == 600_000_000
    assert config(queued_max_request_bytes="-1").queued_max_request_bytes == -1


def test_connection_overrides() -> None:
    found = config(max_connections_per_ip_overrides="127.0.0.1:5, ::1:6,host:0")
    assert found.max_connections_per_ip_overrides == {"127.0.0.1": 5, "::1": 6, "host": 0}


def test_node_id_stands_for_broker_id() -> None:
    assert config(node_id="7").broker_id == 7
    assert config(node_id="7", broker_id="7").broker_id == 7


LISTENER_KEYS = {
    "listeners": "IN://h:1,OUT://h:2",
    "listener.security.protocol.map": "IN:PLAINTEXT,OUT:PLAINTEXT",
    "inter.broker.listener.name": "IN",
    "max.connections": "9",
    "connections.max.reauth.ms": "1",
    "listener.name.out.max.connections": "5",
    "listener.name.out.connections.max.reauth.ms": "2",
    "listener.name.out.scram-sha-256.connections.max.reauth.ms": "3",
}


def test_listener_keys_go_before_the_base_key_of_that_listener_only() -> None:
    found = of(LISTENER_KEYS)
    assert found.warnings == ()
    assert found.for_listener("OUT").max_connections == 5
    assert found.for_listener("IN").max_connections == found.max_connections == 9
    assert found.for_listener("OUT").text_of("max.connections") == "5"


def test_the_mechanism_goes_before_the_listener() -> None:
    found = of(LISTENER_KEYS)
    assert found.for_mechanism("OUT", "SCRAM-SHA-256").connections_max_reauth_ms == 3
    assert found.for_mechanism("OUT", "PLAIN").connections_max_reauth_ms == 2
    assert found.for_mechanism("IN", "PLAIN").connections_max_reauth_ms == 1


def test_values_of_listener_keys_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"listener\.name\.out\.max\.connections=x"):
        of(LISTENER_KEYS | {"listener.name.out.max.connections": "x"})
    with pytest.raises(ConfigError, match=r"listener\.name\.out\.ssl\.engine\.factory\.class=org\.acme"):
        of(LISTENER_KEYS | {"listener.name.out.ssl.engine.factory.class": "org.acme.Engine"})


@pytest.mark.parametrize("listener", ["OUT", "outt"])
def test_a_name_no_listener_has_is_warned_about(listener: str) -> None:
    found = of(LISTENER_KEYS | {f"listener.name.{listener}.ssl.client.auth": "required"})
    assert found.warnings == (
        f"listener.name.{listener}.ssl.client.auth (server.properties) has no effect: "
        "the listeners are, in lower case, in, out",
    )


def test_a_generated_id_may_be_above_the_reserved_ones() -> None:
    static = config(num_partitions="3")
    generated = static.with_broker_id(1001)
    assert (generated.broker_id, generated.num_partitions, static.broker_id) == (1001, 3, -1)
    assert generated.with_broker_id(1001) is generated


def test_the_key_that_decides_is_known() -> None:
    assert config().deciding_key("log.retention.ms") == "log.retention.hours"
    assert config(log_retention_minutes="1").deciding_key("log.retention.ms") == "log.retention.minutes"
    assert config().deciding_key("num.partitions") == "num.partitions"
