"""TopicConfig: overrides over the broker's configuration over Kafka's defaults."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.config import TOPIC_KEYS, BrokerConfig, ConfigError, TopicConfig, validate_topic_config
from zkbroker.errors import ErrorCode, KafkaError

BROKER = BrokerConfig.from_properties({"zookeeper.connect": "zk"})
LONGEST = 2**63 - 1


def broker(**properties: str) -> BrokerConfig:
    return BROKER.with_properties({key.replace("_", "."): text for key, text in properties.items()})


def test_no_overrides_and_no_file_are_kafkas_defaults() -> None:
    assert TopicConfig.resolve({}, BROKER) == TopicConfig()
    assert TopicConfig().cleanup_policy == ("delete",)
    assert TopicConfig().deletes_old_segments
    assert not TopicConfig().is_compacted


def test_the_broker_gives_defaults_and_the_topic_overrides_them() -> None:
    given_by_broker = broker(
        log_retention_minutes="1",
        log_segment_bytes="1000",
        log_cleanup_policy="compact",
        log_roll_hours="2",
        log_flush_scheduler_interval_ms="9",
        message_max_bytes="77",
        log_segment_delete_delay_ms="5",
    )
    found = TopicConfig.resolve(
        {"segment.bytes": "2000", "cleanup.policy": "compact,delete"}, given_by_broker
    )
    assert found.retention_ms == 60_000
    assert found.segment_bytes == 2000
    assert found.cleanup_policy == ("compact", "delete")
    assert found.is_compacted
    assert found.deletes_old_segments
    assert found.segment_ms == 7_200_000
    assert found.flush_ms == 9
    assert found.max_message_bytes == 77
    assert found.file_delete_delay_ms == 5


def test_it_is_built_and_changed_as_a_value() -> None:
    assert attrs.evolve(TopicConfig(segment_bytes=100), retention_ms=1) == TopicConfig(
        segment_bytes=100, retention_ms=1
    )


def test_the_deprecated_difference_stands_for_limits_that_are_not_set() -> None:
    found = TopicConfig.resolve({"message.timestamp.difference.max.ms": "5"}, BROKER)
    assert (found.message_timestamp_before_max_ms, found.message_timestamp_after_max_ms) == (5, 5)
    found = TopicConfig.resolve(
        {"message.timestamp.difference.max.ms": "5", "message.timestamp.after.max.ms": "3"}, BROKER
    )
    assert (found.message_timestamp_before_max_ms, found.message_timestamp_after_max_ms) == (5, 3)
    found = TopicConfig.resolve({}, broker(log_message_timestamp_difference_max_ms="8"))
    assert (found.message_timestamp_before_max_ms, found.message_timestamp_after_max_ms) == (8, 8)


def test_the_brokers_message_format_is_ignored() -> None:
    assert (
        TopicConfig.resolve({}, broker(log_message_format_version="2.8")).message_format_version == "3.0-IV1"
    )


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"retention": "1"}, "there is no such topic configuration"),
        ({"log.retention.ms": "1"}, "there is no such topic configuration"),
        ({"retention.ms": "-2"}, "retention.ms=-2 (topic configuration) is not allowed: it must be"),
        ({"retention.ms": "a day"}, "a whole number, -1 or more"),
        ({"min.insync.replicas": "0"}, "a whole number, 1 or more"),
        ({"cleanup.policy": "archive"}, "a list of compact, delete"),
        ({"remote.storage.enable": "true"}, "tiered storage is not served"),
        ({"remote.log.copy.disable": "true"}, "ZooKeeper mode does not have it"),
        ({"remote.log.delete.on.disable": "true"}, "ZooKeeper mode does not have it"),
        ({"min.compaction.lag.ms": "2", "max.compaction.lag.ms": "1"}, "at most max.compaction.lag.ms (1)"),
        ({"max.compaction.lag.ms": "1", "min.compaction.lag.ms": "5"}, "min.compaction.lag.ms=5"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_invalid_config(overrides: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        TopicConfig.resolve(overrides, BROKER)
    assert sentence in str(refused.value)
    with pytest.raises(KafkaError) as answered:
        validate_topic_config(overrides, BROKER)
    assert answered.value.code is ErrorCode.INVALID_CONFIG
    assert sentence in str(answered.value)


def test_a_topic_must_fit_its_brokers_compaction_lags() -> None:
    with pytest.raises(ConfigError, match=r"at most max\.compaction\.lag\.ms"):
        TopicConfig.resolve({"min.compaction.lag.ms": "10"}, broker(log_cleaner_max_compaction_lag_ms="5"))


def test_null_is_no_value() -> None:
    with pytest.raises(KafkaError, match=r"Null value not supported for topic configs: retention\.ms"):
        validate_topic_config({"retention.ms": None}, BROKER)


def test_harmless_values_of_refused_keys_are_accepted() -> None:
    assert TopicConfig.resolve({"remote.storage.enable": "false"}, BROKER) == TopicConfig()


@given(
    st.dictionaries(
        st.sampled_from(sorted(TOPIC_KEYS)), st.one_of(st.text(max_size=8), st.integers().map(str))
    )
)
def test_any_overrides_are_resolved_or_refused(overrides: dict[str, str]) -> None:
    try:
        found = TopicConfig.resolve(overrides, BROKER)
    except ConfigError as refused:
        assert refused.key in {*overrides, "min.compaction.lag.ms"}
    else:
        untouched = (
            TOPIC_KEYS.keys()
            - overrides.keys()
            - {
                "message.timestamp.before.max.ms",
                "message.timestamp.after.max.ms",
            }
        )
        for key in untouched:
            assert getattr(found, key.replace(".", "_")) == TOPIC_KEYS[key].default
