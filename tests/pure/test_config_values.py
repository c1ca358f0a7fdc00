"""One value at a time: what its text may be. The texts were tried on Kafka's ConfigDef."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.config import BROKER_KEYS, TOPIC_KEYS, Kind, Secret
from zkbroker.config.keys import WHOLE_NUMBERS, as_text
from zkbroker.config.protocol_version import (
    LATEST,
    ProtocolVersion,
    fetch_version,
    list_offsets_version,
    parse_protocol_version,
)

ACCEPTED: list[tuple[str, str, object]] = [
    ("num.partitions", " 8 ", 8),
    ("num.partitions", "\t8\n", 8),
    ("num.partitions", "+7", 7),
    ("num.partitions", "007", 7),
    ("log.retention.bytes", "-9223372036854775808", -(2**63)),
    ("offsets.topic.replication.factor", "32767", 32767),
    ("auto.create.topics.enable", "TRUE", True),
    ("auto.create.topics.enable", " False ", False),
    ("log.cleaner.min.cleanable.ratio", ".5", 0.5),
    ("log.cleaner.min.cleanable.ratio", "1d", 1.0),
    ("log.cleaner.io.max.bytes.per.second", "1e3", 1000.0),
    ("log.cleanup.policy", "compact , delete", ("compact", "delete")),
    ("log.cleanup.policy", "", ()),
    ("compression.gzip.level", "-1", -1),
    ("compression.zstd.level", "-131072", -131072),
    ("broker.rack", "  r1 ", "r1"),
    (
        "authorizer.class.name",
        "kafka.security.authorizer.AclAuthorizer",
        "kafka.security.authorizer.AclAuthorizer",
    ),
    ("inter.broker.protocol.version", "3.6", "3.6"),
    ("inter.broker.protocol.version", "3.8.1", "3.8.1"),
    ("log.message.format.version", "0.10.2.1", "0.10.2.1"),
    ("offsets.commit.required.acks", "1", 1),
    ("group.coordinator.rebalance.protocols", "CLASSIC", ("CLASSIC",)),
]

REFUSED = [
    ("num.partitions", "0", "a whole number, 1 or more"),
    ("num.partitions", "8.0", "a whole number, 1 or more"),
    ("num.partitions", "", "a whole number, 1 or more"),
    ("num.partitions", "1_000", "a whole number, 1 or more"),
    ("num.partitions", "\u0661", "a whole number, 1 or more"),
    ("num.partitions", "2147483648", "a whole number, 1 or more"),
    ("num.partitions", "9" * 30, "a whole number, 1 or more"),
    ("broker.id", "one", "a whole number from -2147483648 to 2147483647"),
    ("compression.lz4.level", "18", "a whole number from 1 to 17"),
    ("compression.gzip.level", "0", "a whole number from 1 to 9, or -1"),
    ("compression.type", "GZIP", "one of uncompressed, zstd, lz4, snappy, gzip, producer"),
    ("log.cleanup.policy", "compact,", "a list of compact, delete"),
    ("log.cleanup.policy", "Delete", "a list of compact, delete"),
    ("auto.create.topics.enable", "yes", "true or false"),
    ("log.cleaner.min.cleanable.ratio", "1.0001", "a number from 0 to 1"),
    ("log.cleaner.min.cleanable.ratio", "NaN", "a number from 0 to 1"),
    ("inter.broker.protocol.version", "3.5-IV2", "a version from 3.6-IV0 to 3.9-IV0: "),
    ("inter.broker.protocol.version", "3.6-IV3", "a version from 3.6-IV0 to 3.9-IV0: "),
    ("log.message.format.version", "9.9", "a version from 0.8.0 to 3.9-IV0"),
    (
        "replica.selector.class",
        "org.acme.Nearest",
        "org.apache.kafka.common.replica.RackAwareReplicaSelector",
    ),
    ("principal.builder.class", "org.acme.Builder", "another builder would name other principals"),
    ("sasl.server.callback.handler.class", "org.acme.Check", "its check of passwords would be dropped"),
    ("authorizer.class.name", "org.acme.Authorizer", "would let everybody in"),
    ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "is KRaft's"),
    ("group.coordinator.rebalance.protocols", "classic,consumer", "KRaft mode only"),
    ("offsets.commit.required.acks", "2", "-1, 0 or 1"),
]


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_accepted(name: str, text: str, value: object) -> None:
    assert BROKER_KEYS[name].parse(text) == value


@pytest.mark.parametrize(("name", "text", "allowed"), REFUSED)
def test_refused_with_what_is_allowed(name: str, text: str, allowed: str) -> None:
    with pytest.raises(ValueError) as refused:
        BROKER_KEYS[name].parse(text)
    assert allowed in str(refused.value)


@pytest.mark.parametrize("text", ["", "*", "0:1", "0:1,1:2", "0:1, 2:3", "0:1,"])
def test_throttled_replicas(text: str) -> None:
    TOPIC_KEYS["leader.replication.throttled.replicas"].parse(text)


@pytest.mark.parametrize("text", ["0", "a:b", "*,*", "0:1,*", "0:-1"])
def test_throttled_replicas_refused(text: str) -> None:
    with pytest.raises(ValueError):
        TOPIC_KEYS["leader.replication.throttled.replicas"].parse(text)


def test_a_password_is_never_shown() -> None:
    value = BROKER_KEYS["ssl.key.password"].parse(" hunter2 ")
    assert value == Secret("hunter2")
    assert "hunter2" not in repr(value)
    assert as_text(value) == "[hidden]"


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    for name in (
        "num.partitions",
        "log.retention.ms",
        "log.cleaner.min.cleanable.ratio",
        "log.cleanup.policy",
    ):
        key = BROKER_KEYS[name]
        try:
            value = key.parse(text)
        except ValueError as refused:
            assert key.allowed in str(refused)
        else:
            shown = as_text(value)
            assert shown is not None
            assert key.parse(shown) == value


@given(st.sampled_from([Kind.SHORT, Kind.INT, Kind.LONG]), st.integers())
def test_whole_numbers_are_javas(kind: Kind, number: int) -> None:
    name = {Kind.SHORT: "group.share.max.groups", Kind.INT: "broker.id", Kind.LONG: "log.retention.bytes"}[
        kind
    ]
    key = BROKER_KEYS[name]
    lowest, highest = WHOLE_NUMBERS[kind]
    lowest = lowest if key.at_least is None else int(key.at_least)
    highest = highest if key.at_most is None else int(key.at_most)
    if lowest <= number <= highest:
        assert key.parse(str(number)) == number
    else:
        with pytest.raises(ValueError):
            key.parse(str(number))


def test_versions() -> None:
    assert parse_protocol_version("3.6") == parse_protocol_version("3.6.2") == ProtocolVersion((3, 6), 2)
    assert parse_protocol_version("3.9-IV0") == LATEST
    assert parse_protocol_version("0.9.0") == ProtocolVersion((0, 9, 0), 0)
    assert parse_protocol_version("0.10.2") < parse_protocol_version("3.0-IV1") < LATEST
    assert str(parse_protocol_version("3.7")) == "3.7-IV4"
    for wrong in ("", "3", "3.10", "3.6-IV", "3.6-IVx", "3.6-IV-1", "0.10", "three"):
        with pytest.raises(ValueError):
            parse_protocol_version(wrong)


@pytest.mark.parametrize(
    ("between_brokers", "fetch", "list_offsets"),
    [
        ("3.6-IV0", 15, 8),
        ("3.6", 15, 8),
        ("3.7-IV3", 15, 8),
        ("3.7", 16, 8),
        ("3.8", 16, 8),
        ("3.9", 17, 9),
    ],
)
def test_what_followers_send_under_each_version(between_brokers: str, fetch: int, list_offsets: int) -> None:
    """As org.apache.kafka.server.common.MetadataVersion of 3.9.1 answers; nothing else differs from 3.6 on."""
    version = parse_protocol_version(between_brokers)
    assert (fetch_version(version), list_offsets_version(version)) == (fetch, list_offsets)
