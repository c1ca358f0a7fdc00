"""TopicConfig: what a topic's overrides and its broker's configuration come to. [pure]"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import attrs

from zkbroker.config.broker_keys import CLEANUP_POLICIES, COMPRESSION_TYPES, TIMESTAMP_TYPES
from zkbroker.config.keys import LONGEST, Key, Refusal, boolean, decimal, integer, long, names, text
from zkbroker.config.settings import ConfigError, Origin, Source
from zkbroker.config.value_checks import gzip_level_problem, version_problem
from zkbroker.errors import ErrorCode, KafkaError

if TYPE_CHECKING:
    from zkbroker.config.broker import BrokerConfig

T = TypeVar("T")

REPLICA: Final = re.compile(r"([0-9]+:[0-9]+)?")


def throttled_replicas_problem(replicas: tuple[str, ...]) -> str | None:
    if "".join(replicas) == "*" or all(REPLICA.fullmatch(replica) for replica in replicas):
        return None
    return "* or a list of PARTITION:BROKER"


def _row(key: Key[T], synonym: str | None = None) -> T:
    """A field for a topic key; `synonym` is the broker key (and attribute) that holds its default."""
    return cast(T, attrs.field(default=key.default, metadata={"key": key, "synonym": synonym}))


@attrs.frozen(kw_only=True)
class TopicConfig:
    """One topic's configuration; the defaults are Kafka's. Units are in the names; -1 means without limit."""

    cleanup_policy: tuple[str, ...] = _row(names("delete", one_of=CLEANUP_POLICIES), "log.cleanup.policy")
    compression_type: str = _row(text("producer", one_of=COMPRESSION_TYPES), "compression.type")
    compression_gzip_level: int = _row(integer(-1, check=gzip_level_problem), "compression.gzip.level")
    compression_lz4_level: int = _row(integer(9, at_least=1, at_most=17), "compression.lz4.level")
    compression_zstd_level: int = _row(integer(3, at_least=-131072, at_most=22), "compression.zstd.level")
    delete_retention_ms: int = _row(long(86400000, at_least=0), "log.cleaner.delete.retention.ms")
    file_delete_delay_ms: int = _row(long(60000, at_least=0), "log.segment.delete.delay.ms")
    flush_messages: int = _row(long(LONGEST, at_least=1), "log.flush.interval.messages")
    flush_ms: int = _row(long(LONGEST, at_least=0), "log.flush.interval.ms")
    follower_replication_throttled_replicas: tuple[str, ...] = _row(names(check=throttled_replicas_problem))
    index_interval_bytes: int = _row(integer(4096, at_least=0), "log.index.interval.bytes")
    leader_replication_throttled_replicas: tuple[str, ...] = _row(names(check=throttled_replicas_problem))
    local_retention_bytes: int = _row(long(-2, at_least=-2), "log.local.retention.bytes")
    local_retention_ms: int = _row(long(-2, at_least=-2), "log.local.retention.ms")
    max_compaction_lag_ms: int = _row(long(LONGEST, at_least=1), "log.cleaner.max.compaction.lag.ms")
    max_message_bytes: int = _row(integer(1048588, at_least=0), "message.max.bytes")
    message_downconversion_enable: bool = _row(boolean(True), "log.message.downconversion.enable")
    message_format_version: str = _row(text("3.0-IV1", check=version_problem), "log.message.format.version")
    message_timestamp_after_max_ms: int = _row(
        long(LONGEST, at_least=0), "log.message.timestamp.after.max.ms"
    )
    message_timestamp_before_max_ms: int = _row(
        long(LONGEST, at_least=0), "log.message.timestamp.before.max.ms"
    )
    message_timestamp_difference_max_ms: int = _row(
        long(LONGEST, at_least=0), "log.message.timestamp.difference.max.ms"
    )
    message_timestamp_type: str = _row(
        text("CreateTime", one_of=TIMESTAMP_TYPES), "log.message.timestamp.type"
    )
    min_cleanable_dirty_ratio: float = _row(
        decimal(0.5, at_least=0, at_most=1), "log.cleaner.min.cleanable.ratio"
    )
    min_compaction_lag_ms: int = _row(long(0, at_least=0), "log.cleaner.min.compaction.lag.ms")
    min_insync_replicas: int = _row(integer(1, at_least=1), "min.insync.replicas")
    preallocate: bool = _row(boolean(False), "log.preallocate")
    remote_log_copy_disable: bool = _row(
        boolean(False, refused=Refusal("ZooKeeper mode does not have it", unless=(False,)))
    )
    remote_log_delete_on_disable: bool = _row(
        boolean(False, refused=Refusal("ZooKeeper mode does not have it", unless=(False,)))
    )
    remote_storage_enable: bool = _row(
        boolean(False, refused=Refusal("tiered storage is not served", unless=(False,)))
    )
    retention_bytes: int = _row(long(-1), "log.retention.bytes")
    retention_ms: int = _row(long(604800000, at_least=-1), "log.retention.ms")
    segment_bytes: int = _row(integer(1073741824, at_least=14), "log.segment.bytes")
    segment_index_bytes: int = _row(integer(10485760, at_least=4), "log.index.size.max.bytes")
    segment_jitter_ms: int = _row(long(0, at_least=0), "log.roll.jitter.ms")
    segment_ms: int = _row(long(604800000, at_least=1), "log.roll.ms")
    unclean_leader_election_enable: bool = _row(boolean(False), "unclean.leader.election.enable")

    @property
    def is_compacted(self) -> bool:
        return "compact" in self.cleanup_policy

    @property
    def deletes_old_segments(self) -> bool:
        return "delete" in self.cleanup_policy

    @classmethod
    def resolve(cls, overrides: Mapping[str, str], broker: BrokerConfig) -> TopicConfig:
        """The overrides (keys and texts of a topic) over the broker's defaults.

        The limits before and after that are not set take the deprecated `…difference.max.ms`, as in Kafka.
        Raises: ConfigError for the first override that is not allowed.
        """
        values = {
            attribute: getattr(broker, synonym.replace(".", "_"))
            for attribute, synonym in _BROKER_ATTRIBUTES.items()
        }
        # Records are always kept in the current format, whatever the broker's file says.
        del values["message_format_version"]
        values.update(parse_topic_overrides(overrides))
        difference = values["message_timestamp_difference_max_ms"]
        for limit in ("message_timestamp_before_max_ms", "message_timestamp_after_max_ms"):
            if values[limit] == LONGEST:
                values[limit] = difference
        config = cls(**values)
        if config.min_compaction_lag_ms > config.max_compaction_lag_ms:
            where = overrides.get("min.compaction.lag.ms", str(config.min_compaction_lag_ms))
            limit = f"it must be at most max.compaction.lag.ms ({config.max_compaction_lag_ms})"
            raise ConfigError("min.compaction.lag.ms", where, limit, TOPIC_ORIGIN)
        return config


TOPIC_ORIGIN: Final = Origin(Source.TOPIC, "topic configuration")

TOPIC_KEYS: Final[Mapping[str, Key[Any]]] = {
    field.name.replace("_", "."): field.metadata["key"] for field in attrs.fields(TopicConfig)
}
for _field in attrs.fields(TopicConfig):
    _field.metadata["key"].__set_name__(TopicConfig, _field.name)

TOPIC_SYNONYMS: Final[Mapping[str, str]] = {
    field.name.replace("_", "."): field.metadata["synonym"]
    for field in attrs.fields(TopicConfig)
    if field.metadata["synonym"] is not None
}
"""The broker key that holds a topic key's default."""

_BROKER_ATTRIBUTES: Final[Mapping[str, str]] = {
    key.replace(".", "_"): synonym for key, synonym in TOPIC_SYNONYMS.items()
}


def parse_topic_overrides(overrides: Mapping[str, str]) -> dict[str, Any]:
    """Values by attribute. Raises: ConfigError for the first unknown key or value that is not allowed."""
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        key = TOPIC_KEYS.get(name)
        if key is None:
            raise ConfigError(name, value, "there is no such topic configuration", TOPIC_ORIGIN)
        try:
            parsed = key.parse(value)
        except ValueError as error:
            raise ConfigError(name, value, f"it must be {error}", TOPIC_ORIGIN) from None
        if key.refusal is not None and parsed not in key.refusal.unless:
            raise ConfigError(name, value, key.refusal.reason, TOPIC_ORIGIN)
        values[key.attribute] = parsed
    return values


def validate_topic_config(overrides: Mapping[str, str | None], broker: BrokerConfig) -> TopicConfig:
    """What a topic with these overrides would have.

    Raises: INVALID_CONFIG with a sentence.
    """
    for name, value in overrides.items():
        if value is None:
            raise KafkaError(ErrorCode.INVALID_CONFIG, f"Null value not supported for topic configs: {name}")
    try:
        return TopicConfig.resolve(cast(Mapping[str, str], overrides), broker)
    except ConfigError as error:
        raise KafkaError(ErrorCode.INVALID_CONFIG, str(error)) from None
