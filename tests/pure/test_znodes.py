"""Znode formats against what Kafka 3.9.1's own classes wrote and accepted (recorded from kafka.zk.ZkData)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.model import (
    NO_TOPIC_ID,
    BrokerInfo,
    Endpoint,
    LeaderAndIsr,
    LeaderRecoveryState,
    ReplicaAssignment,
    SecurityProtocol,
    TopicAssignment,
    TopicId,
    TopicPartition,
    parse_topic_id,
)
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import Undecodable

TP = TopicPartition("T", 0)
PLAIN = Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "h1", 9092)
SASL = Endpoint("INT", SecurityProtocol.SASL_SSL, "h1", 9093)
SASL_V6 = Endpoint("INT", SecurityProtocol.SASL_SSL, "::1", 9093)
TOPIC_ID = parse_topic_id("cG1rTrDVRnqB4pNhTkFi4g")
ASSIGNMENTS = {0: ReplicaAssignment((4, 2, 1), (4,), (1,)), 1: ReplicaAssignment((2, 1))}

WRITTEN_BY_KAFKA: list[tuple[bytes, str]] = [
    (
        znodes.encode_broker(BrokerInfo(1, (PLAIN, SASL)), 1718000000000),
        '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","INT":"SASL_SSL"},'
        '"endpoints":["PLAINTEXT://h1:9092","INT://h1:9093"],"jmx_port":-1,"port":9092,"host":"h1",'
        '"version":5,"timestamp":"1718000000000"}',
    ),
    (
        znodes.encode_broker(BrokerInfo(1, (PLAIN, SASL), rack="r1"), 1718000000000),
        '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","INT":"SASL_SSL"},'
        '"endpoints":["PLAINTEXT://h1:9092","INT://h1:9093"],"rack":"r1","jmx_port":-1,"port":9092,'
        '"host":"h1","version":5,"timestamp":"1718000000000"}',
    ),
    (
        znodes.encode_broker(BrokerInfo(1, (SASL_V6,), rack='r"é/1'), 1718000000000),
        '{"features":{},"listener_security_protocol_map":{"INT":"SASL_SSL"},"endpoints":["INT://[::1]:9093"],'
        '"rack":"r\\"é/1","jmx_port":-1,"port":-1,"host":null,"version":5,"timestamp":"1718000000000"}',
    ),
    (
        znodes.encode_topic(TopicAssignment("T", TOPIC_ID, ASSIGNMENTS)),
        '{"partitions":{"0":[4,2,1],"1":[2,1]},"topic_id":"cG1rTrDVRnqB4pNhTkFi4g",'
        '"adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]},"version":3}',
    ),
    (
        znodes.encode_topic(TopicAssignment("T", NO_TOPIC_ID, ASSIGNMENTS)),
        '{"partitions":{"0":[4,2,1],"1":[2,1]},"adding_replicas":{"0":[4]},"removing_replicas":{"0":[1]},'
        '"version":3}',
    ),
    (
        znodes.encode_state(LeaderAndIsr(1, (1, 2), 3, 0, 7)),
        '{"controller_epoch":7,"leader":1,"version":1,"leader_epoch":3,"isr":[1,2]}',
    ),
    (
        znodes.encode_state(LeaderAndIsr(-1, (1, 2), 3, 0, 7, LeaderRecoveryState.RECOVERING)),
        '{"controller_epoch":7,"leader":-1,"version":1,"leader_recovery_state":1,"leader_epoch":3,"isr":[1,2]}',
    ),
    (
        znodes.encode_controller(1, 1718000000000),
        '{"version":2,"brokerid":1,"timestamp":"1718000000000","kraftControllerEpoch":-1}',
    ),
    (znodes.encode_controller_epoch(7), "7"),
    (
        znodes.encode_reassignments({TP: [3, 4]}),
        '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":[3,4]}]}',
    ),
    (
        znodes.encode_preferred_election([TP]),
        '{"version":1,"partitions":[{"topic":"T","partition":0}]}',
    ),
    (znodes.encode_isr_change([TP]), '{"version":1,"partitions":[{"topic":"T","partition":0}]}'),
    (znodes.encode_log_dir_event(1), '{"version":1,"broker":1,"event":1}'),
    (znodes.encode_entity_config({}), '{"version":1,"config":{}}'),
    (
        znodes.encode_entity_config({"cleanup.policy": "compact", "retention.ms": "1000"}),
        '{"version":1,"config":{"cleanup.policy":"compact","retention.ms":"1000"}}',
    ),
    (
        znodes.encode_config_change("users/a/clients/<default>"),
        '{"version":2,"entity_path":"users/a/clients/<default>"}',
    ),
    (
        znodes.encode_producer_id_block(znodes.ProducerIdBlock(1, 0, 999)),
        '{"version":1,"broker":1,"block_start":"0","block_end":"999"}',
    ),
    (znodes.encode_cluster_id("vPeOCWypqUOSepEvx0cbog"), '{"version":"1","id":"vPeOCWypqUOSepEvx0cbog"}'),
    (znodes.encode_feature(znodes.FeatureNode(True, {})), '{"features":{},"version":2,"status":1}'),
    (znodes.encode_consumer_offset(42), "42"),
]


@pytest.mark.parametrize(("written", "by_kafka"), WRITTEN_BY_KAFKA)
def test_we_write_what_kafka_writes(written: bytes, by_kafka: str) -> None:
    assert written.decode() == by_kafka


def test_paths() -> None:
    assert znodes.state_path(TP) == "/brokers/topics/T/partitions/0/state"
    assert znodes.partition_path(TP) == "/brokers/topics/T/partitions/0"
    assert znodes.partitions_path("T") == "/brokers/topics/T/partitions"
    assert znodes.broker_path(7) == "/brokers/ids/7"
    assert znodes.delete_topic_path("T") == "/admin/delete_topics/T"
    assert znodes.consumer_offset_path("g", TopicPartition("t", 3)) == "/consumers/g/offsets/t/3"
    assert znodes.config_path(znodes.entity_path("users", "u", "clients", "<default>")) == (
        "/config/users/u/clients/<default>"
    )
    assert znodes.sequence_number("config_change_0000000012") == 12
    assert znodes.sequence_number("config_change_x") == -1


def test_what_only_its_creator_may_read() -> None:
    assert znodes.is_sensitive("/config/users/alice")
    assert znodes.is_sensitive("/config/brokers")
    assert not znodes.is_sensitive("/config/topics/T")
    assert not znodes.is_sensitive("/brokers/ids/1")


@pytest.mark.parametrize(
    ("name", "in_zookeeper"),
    [
        ("alice", "alice"),
        ("a b*c/d", "a%20b%2Ac%2Fd"),
        ("~x", "%7Ex"),
        ("<default>", "%3Cdefault%3E"),
        ("é", "%C3%A9"),
    ],
)
def test_names_are_sanitized_as_kafka_does(name: str, in_zookeeper: str) -> None:
    assert znodes.sanitize(name) == in_zookeeper
    assert znodes.desanitize(in_zookeeper) == name


def broker(text: str) -> object:
    return znodes.decode_broker(1, text.encode(), 17).endpoints


def topic(text: str) -> object:
    read = znodes.decode_topic("T", text.encode())
    return read.topic_id, read.partitions


def state(text: str) -> object:
    return znodes.decode_state(TP, text.encode(), 4)


def controller(text: str) -> object:
    return znodes.decode_controller(text.encode())


def controller_epoch(text: str) -> object:
    return znodes.decode_controller_epoch(text.encode())


def config(text: str) -> object:
    return znodes.decode_entity_config("/config/topics/T", text.encode())


def change(text: str) -> object:
    return znodes.decode_config_change("/config/changes/config_change_0000000000", text.encode())


def reassignments(text: str) -> object:
    return znodes.decode_reassignments(text.encode())


def preferred(text: str) -> object:
    return znodes.decode_preferred_election(text.encode())


def isr_change(text: str) -> object:
    return znodes.decode_isr_change("isr_change_0000000000", text.encode())


def log_dir_event(text: str) -> object:
    return znodes.decode_log_dir_event("log_dir_event_0000000000", text.encode())


def producer_ids(text: str) -> object:
    return znodes.decode_producer_id_block(text.encode())


def cluster_id(text: str) -> object:
    return znodes.decode_cluster_id(text.encode())


def feature(text: str) -> object:
    return znodes.decode_feature(text.encode())


def offset(text: str) -> object:
    return znodes.decode_consumer_offset("/consumers/g/offsets/T/0", text.encode())


H1 = (Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "h", 1),)


def ssl(host: str, listener: str = "X") -> tuple[Endpoint, ...]:
    return (Endpoint(listener, SecurityProtocol.SSL, host, 1),)


def leadership(recovery: LeaderRecoveryState = LeaderRecoveryState.RECOVERED) -> LeaderAndIsr:
    return LeaderAndIsr(1, (1, 2), 3, 4, 7, recovery)


ACCEPTED_BY_KAFKA: list[tuple[Callable[[str], object], str, object]] = [
    (broker, '{"version":5,"jmx_port":-1,"endpoints":["PLAINTEXT://h:1"]}', H1),
    (broker, '{"version":1,"jmx_port":-1,"host":"h","port":1}', H1),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":["ssl://h:1"]}', ssl("h", "SSL")),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["x://h:1"],"listener_security_protocol_map":{"X":"SSL"}}',
        ssl("h"),
    ),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://h:1"],"listener_security_protocol_map":{"X":"ssl"}}',
        ssl("h"),
    ),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://[::1]:1"],"listener_security_protocol_map":{"X":"SSL"}}',
        ssl("::1"),
    ),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://h_o:1"],"listener_security_protocol_map":{"X":"SSL"}}',
        ssl("h_o"),
    ),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":[],"rack":null,"features":null}', ()),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":[],"features":{"f":{"min_version":1,"max_version":2}}}',
        (),
    ),
    (topic, "{}", (NO_TOPIC_ID, {})),
    (topic, '{"partitions":{"0":[1]}}', (NO_TOPIC_ID, {0: ReplicaAssignment((1,))})),
    (topic, '{"partitions":{"0":[1]},"version":"x"}', (NO_TOPIC_ID, {0: ReplicaAssignment((1,))})),
    (topic, '{"partitions":{"0":[]}}', (NO_TOPIC_ID, {0: ReplicaAssignment(())})),
    (
        topic,
        '{"partitions":{"0":[1]},"topic_id":"AAAAAAAAAAAAAAAAAAAAAA"}',
        (NO_TOPIC_ID, {0: ReplicaAssignment((1,))}),
    ),
    (
        topic,
        '{"partitions":{"0":[1]},"adding_replicas":{"7":"x"}}',
        (NO_TOPIC_ID, {0: ReplicaAssignment((1,))}),
    ),
    (state, '{"version":1,"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1,2]}', leadership()),
    (state, '{"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1,2]}', leadership()),
    (
        state,
        '{"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1,2],"leader_recovery_state":1}',
        leadership(LeaderRecoveryState.RECOVERING),
    ),
    (controller, '{"brokerid":1}', znodes.ControllerNode(1)),
    (
        controller,
        '{"version":2,"brokerid":1,"timestamp":"1","kraftControllerEpoch":4}',
        znodes.ControllerNode(1, 4),
    ),
    (controller_epoch, "7", 7),
    (controller_epoch, "+7", 7),
    (controller_epoch, "-7", -7),
    (config, '{"version":1,"config":{}}', {}),
    (config, '{"config":{"a":"b"}}', {"a": "b"}),
    (config, '{"version":1}', {}),
    (config, '{"version":1,"config":null}', {}),
    (config, "", {}),
    (config, '{"version":2,"config":{"a":"b"}}', {"a": "b"}),
    (change, '{"version":2,"entity_path":"topics/T"}', "topics/T"),
    (change, '{"version":1,"entity_type":"clients","entity_name":"c"}', "clients/c"),
    (
        reassignments,
        '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":[3,4]}]}',
        {TP: (3, 4)},
    ),
    (reassignments, '{"partitions":[]}', {}),
    (preferred, '{"version":1,"partitions":[{"topic":"T","partition":0}]}', (TP,)),
    (preferred, '{"partitions":[{"topic":"T","partition":0,"x":5}]}', (TP,)),
    (isr_change, '{"version":1,"partitions":[{"topic":"T","partition":0}]}', (TP,)),
    (log_dir_event, '{"version":1,"broker":1,"event":1}', 1),
    (log_dir_event, '{"broker":1}', 1),
    (
        producer_ids,
        '{"broker":1,"block_start":"0","block_end":"999"}',
        znodes.ProducerIdBlock(1, 0, 999),
    ),
    (cluster_id, '{"version":"1","id":"x"}', "x"),
    (cluster_id, '{"id":"x"}', "x"),
    (feature, '{"version":2,"status":1,"features":{}}', znodes.FeatureNode(True, {})),
    (
        feature,
        '{"version":2,"status":0,"features":{"a":{"max_version_level":2}}}',
        znodes.FeatureNode(False, {"a": 2}),
    ),
    (
        feature,
        '{"version":1,"status":1,"features":{"a":{"min_version_level":1,"max_version_level":2}}}',
        znodes.FeatureNode(True, {"a": 2}, 1),
    ),
    (offset, "42", 42),
    (offset, "-1", -1),
]


@pytest.mark.parametrize(("decode", "text", "value"), ACCEPTED_BY_KAFKA)
def test_we_read_what_kafka_reads(decode: Callable[[str], object], text: str, value: object) -> None:
    assert decode(text) == value


REFUSED_BY_KAFKA: list[tuple[Callable[[str], object], str]] = [
    (broker, '{"version":5,"endpoints":["PLAINTEXT://h:1"]}'),
    (broker, '{"version":0,"jmx_port":-1,"endpoints":["PLAINTEXT://h:1"]}'),
    (broker, '{"version":1,"jmx_port":-1,"host":"h","port":"1"}'),
    (broker, '{"version":1,"jmx_port":-1,"host":"h","port":1.0}'),
    (broker, '{"version":1,"jmx_port":-1,"host":null,"port":1}'),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":["X://h:1"]}'),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://h:1"],"listener_security_protocol_map":{"x":"ssl"}}',
    ),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://h"],"listener_security_protocol_map":{"X":"SSL"}}',
    ),
    (
        broker,
        '{"version":6,"jmx_port":-1,"endpoints":["X://h:1"],"listener_security_protocol_map":{"X":"TLS"}}',
    ),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":["SSL://h:1"],"listener_security_protocol_map":null}'),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":[],"rack":5}'),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":[],"features":{"f":{"min_version":1}}}'),
    (broker, '{"version":6,"jmx_port":-1,"endpoints":[],"features":[]}'),
    (broker, '{"version":5000000000,"jmx_port":-1,"endpoints":[]}'),
    (broker, '{"version":true,"jmx_port":-1,"endpoints":[]}'),
    (broker, "[]"),
    (broker, ""),
    (broker, "null"),
    (topic, "[]"),
    (topic, ""),
    (topic, "null"),
    (topic, '{"partitions":{"a":[1]}}'),
    (topic, '{"partitions":{"0":[1.0]}}'),
    (topic, '{"partitions":{"0":["1"]}}'),
    (topic, '{"partitions":{"0":1}}'),
    (topic, '{"partitions":[]}'),
    (topic, '{"partitions":null}'),
    (topic, '{"partitions":{"0":[1]},"topic_id":null}'),
    (topic, '{"partitions":{"0":[1]},"topic_id":"x"}'),
    (topic, '{"partitions":{"0":[1]},"topic_id":""}'),
    (topic, '{"partitions":{"0":[1]},"adding_replicas":null}'),
    (topic, '{"partitions":{"0":[1]},"adding_replicas":{"0":"x"}}'),
    (state, '{"leader":1,"leader_epoch":3,"controller_epoch":7}'),
    (state, '{"leader":"1","leader_epoch":3,"controller_epoch":7,"isr":[1,2]}'),
    (state, '{"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1,"2"]}'),
    (state, '{"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1],"leader_recovery_state":2}'),
    (state, '{"leader":1,"leader_epoch":3,"controller_epoch":7,"isr":[1],"leader_recovery_state":null}'),
    (state, ""),
    (controller, '{"version":2,"brokerid":"1"}'),
    (controller, '{"version":2}'),
    (controller, '{"version":2,"brokerid":1,"kraftControllerEpoch":"a"}'),
    (controller, '{"version":2,"brokerid":1,"kraftControllerEpoch":null}'),
    (controller, "x"),
    (controller_epoch, " 7"),
    (controller_epoch, ""),
    (controller_epoch, "99999999999"),
    (config, '{"version":1,"config":{"a":1}}'),
    (change, '{"version":3,"entity_path":"topics/T"}'),
    (change, '{"version":1,"entity_type":"brokers","entity_name":"1"}'),
    (change, '{"version":2,"entity_path":"topics"}'),
    (
        reassignments,
        '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":[3],"log_dirs":["any"]}]}',
    ),
    (reassignments, '{"version":1,"partitions":[],"x":1}'),
    (reassignments, '{"version":1}'),
    (reassignments, ""),
    (reassignments, "x"),
    (preferred, '{"version":1}'),
    (preferred, '{"version":1,"partitions":[{"topic":"T","partition":"0"}]}'),
    (isr_change, '{"version":1}'),
    (log_dir_event, '{"version":1,"broker":"1","event":1}'),
    (log_dir_event, "{}"),
    (producer_ids, '{"version":1,"broker":1,"block_start":0,"block_end":999}'),
    (producer_ids, '{"version":1,"broker":1,"block_start":"x","block_end":"999"}'),
    (producer_ids, "x"),
    (cluster_id, '{"id":5}'),
    (cluster_id, "{}"),
    (feature, '{"version":2,"status":1}'),
    (feature, '{"version":0,"status":1,"features":{}}'),
    (feature, '{"version":3,"status":1,"features":{}}'),
    (feature, '{"version":2,"status":7,"features":{}}'),
    (feature, '{"version":1,"status":1,"features":{"a":{"max_version_level":2}}}'),
    (feature, '{"version":2,"status":1,"features":{"a":{}}}'),
    (offset, ""),
    (offset, "x"),
    (offset, " 42"),
]
REFUSED_BY_US: list[tuple[Callable[[str], object], str]] = [
    # Kafka logs and carries on with nothing, or with nonsense; here it is bad input that somebody should see.
    (topic, "garbage"),
    (topic, '{"partitions":{"-1":[1]}}'),
    (state, "x"),
    (preferred, "x"),
    (isr_change, "x"),
    (log_dir_event, "x"),
    (config, "x"),
    (change, "x"),
    (broker, '{"version":5,"jmx_port":-1,"endpoints":[]} trailing'),
    (reassignments, '{"version":1,"partitions":[{"topic":5,"partition":0,"replicas":[3,4]}]}'),
    (reassignments, '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":[3.7]}]}'),
    (producer_ids, '{"version":1,"broker":1,"block_start":"999","block_end":"0"}'),
    (controller, '{"brokerid":NaN}'),
    (controller, "[" * 100_000),
    (controller, '{"brokerid":' + "9" * 5000 + "}"),
]


@pytest.mark.parametrize(("decode", "text"), REFUSED_BY_KAFKA + REFUSED_BY_US)
def test_bad_input_is_undecodable_and_says_where(decode: Callable[[str], object], text: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode(text)
    assert refused.value.path.startswith("/")
    assert refused.value.path in str(refused.value)
    assert len(str(refused.value)) < 500


DECODERS = sorted({decode for decode, *_ in ACCEPTED_BY_KAFKA}, key=lambda decode: decode.__name__)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "partitions", "leader", "isr", "config", "0", "id", "broker"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(DECODERS), json_values.map(json.dumps) | st.text())
def test_no_input_raises_anything_but_undecodable(decode: Callable[[str], object], text: str) -> None:
    try:
        decode(text)
    except Undecodable as refused:
        assert refused.reason


@given(st.binary())
def test_bytes_that_are_no_text_are_undecodable(data: bytes) -> None:
    for decode in (znodes.decode_controller, znodes.decode_controller_epoch, znodes.decode_cluster_id):
        try:
            decode(data)
        except Undecodable as refused:
            assert refused.reason


hosts = st.sampled_from(["h", "10.0.0.1", "::1", "broker-1.example.org"])
endpoints = st.builds(
    Endpoint,
    st.sampled_from(["PLAINTEXT", "CLIENTS", "INTERNAL"]),
    st.sampled_from(SecurityProtocol),
    hosts,
    st.integers(0, 65535),
)
int32 = st.integers(-(2**31), 2**31 - 1)


@given(
    st.builds(
        BrokerInfo,
        int32,
        st.lists(endpoints, max_size=3, unique_by=lambda e: e.listener).map(tuple),
        st.integers(0),
        st.none() | st.text(),
    )
)
def test_a_registration_survives_the_round_trip(info: BrokerInfo) -> None:
    data = znodes.encode_broker(info, 1)
    assert znodes.decode_broker(info.broker_id, data, info.epoch) == info


replicas = st.lists(int32, max_size=4).map(tuple)


@given(
    st.dictionaries(st.integers(0, 2**31 - 1), st.builds(ReplicaAssignment, replicas, replicas, replicas)),
    st.binary(min_size=16, max_size=16),
)
def test_a_topic_survives_the_round_trip(partitions: dict[int, ReplicaAssignment], topic_id: bytes) -> None:
    topic = TopicAssignment("T", TopicId(topic_id), partitions)
    assert znodes.decode_topic("T", znodes.encode_topic(topic)) == topic


@given(st.builds(LeaderAndIsr, int32, replicas, int32, int32, int32, st.sampled_from(LeaderRecoveryState)))
def test_a_state_survives_the_round_trip(leadership: LeaderAndIsr) -> None:
    data = znodes.encode_state(leadership)
    assert znodes.decode_state(TP, data, leadership.partition_epoch) == leadership
