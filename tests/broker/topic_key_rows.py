"""What each topic configuration, and the broker key that holds its default, does to a log that is open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from tests.broker import test_quotas, test_replica_keys_at_run_time, test_topic_configs_at_run_time
from tests.broker.dynamic_keys import HOUR_MS, Acts, Elsewhere, NoEffect, Place, Refused, Row, See, now_ms
from tests.broker.test_data_path import produce, result
from tests.broker.test_deleted_records import delete, deleted
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.compression import Codec, compress
from zkbroker.protocol.records import HEADER_BYTES, Record, build_batch
from zkbroker.quotas.replication import ReplicationQuota
from zkbroker.storage.cleaner import cleanable_part, plan_compaction

NONE: Final = ErrorCode.NONE
DAY_MS: Final = 86_400_000
COMPACTED: Final = {"cleanup.policy": "compact"}
CONTENT: Final = b"".join(b"%d " % (n * n) for n in range(1_000))
MARKER: Final = "flushed-at-once"
"""A topic with flush.ms=1: when it was due, every other log that was due then is flushed or about to be."""


async def a_large_record(place: Place, topic: str) -> ErrorCode:
    return await place.send(topic, 5_000)


async def segments_for_three_records(place: Place, topic: str) -> int:
    before = len(place.log(topic).segments)
    for _ in range(3):
        assert await place.send(topic, 500) is NONE
    return len(place.log(topic).segments) - before


async def rolls_after_a_minute(place: Place, topic: str) -> bool:
    log = place.log(topic)
    log.roll(now_ms())
    await place.send(topic, age_ms=90_000)
    before = len(log.segments)
    await place.send(topic)
    return len(log.segments) > before


async def rolls_at_a_time_of_its_own(place: Place, topic: str) -> bool:
    log = place.log(topic)
    log.roll(now_ms())
    await place.send(topic)
    return 0 <= log.segments.active.roll_after_ms < 7 * DAY_MS


async def index_is_dense(place: Place, topic: str) -> bool:
    log = place.log(topic)
    log.roll(now_ms())
    for _ in range(10):
        await place.send(topic, 300)
    active = log.segments.active
    active.write_indexes()
    return (log.directory / f"{active.base_offset:020d}.index").stat().st_size // 8 >= 8


async def index_is_soon_full(place: Place, topic: str) -> bool:
    log = place.log(topic)
    log.roll(now_ms())
    before = len(log.segments)
    for _ in range(12):
        await place.send(topic, 4_500)
    return len(log.segments) > before


async def old_segments_go(place: Place, topic: str) -> bool:
    log = place.log(topic)
    await place.send(topic, age_ms=HOUR_MS)
    log.roll(now_ms())
    before = log.log_start_offset
    await place.services.logs.periodic.apply_retention()
    return log.log_start_offset > before


async def a_record_without_a_key(place: Place, topic: str) -> ErrorCode:
    return await place.send(topic)


async def deleted_files_stay(place: Place, topic: str) -> bool:
    log, logs = place.log(topic), place.services.logs

    def waiting() -> set[str]:
        return {name for name in os.listdir(log.directory) if name.endswith(".deleted")}

    before = waiting()
    await place.send(topic)
    log.roll(now_ms())
    assert not deleted(await place.wire.ask(delete(topic, log.log_end_offset), 2)).error_code
    await logs.periodic.apply_retention()
    await logs.periodic.remove_due()
    return waiting() > before


async def on_disk_before_the_answer(place: Place, topic: str) -> bool:
    log = place.log(topic)
    assert await place.send(topic) is NONE
    return log.recovery_point == log.log_end_offset


async def on_disk_soon(place: Place, topic: str) -> bool:
    log, marker = place.log(topic), place.log(MARKER)
    await place.send(topic)
    await place.send(MARKER)
    upkeep = place.services.logs._upkeep[log.segments.log_dir]

    def looked_and_done() -> bool:
        is_looked_at = marker.recovery_point == marker.log_end_offset
        return is_looked_at and not upkeep._flushes and not upkeep._flushing

    await place.cluster.wait_until(looked_and_done)
    return log.recovery_point == log.log_end_offset


async def disk_space_is_reserved(place: Place, topic: str) -> bool:
    log = place.log(topic)
    log.roll(now_ms())
    await place.send(topic)
    return os.stat(log.segments.active.path()).st_blocks * 512 >= 1_000_000


async def stamped_by_the_broker(place: Place, topic: str) -> bool:
    record = build_batch([Record(0, now_ms() - 5_000, None, b"x")])
    return result(await place.wire.ask(produce(topic, record), 9)).log_append_time_ms > 0


async def an_hour_ago(place: Place, topic: str) -> ErrorCode:
    return await place.send(topic, age_ms=HOUR_MS)


async def in_half_an_hour(place: Place, topic: str) -> ErrorCode:
    return await place.send(topic, age_ms=-HOUR_MS // 2)


async def codec(place: Place, topic: str) -> int:
    await place.send(topic)
    return (await place.last_batch(topic)).codec


def level(*candidates: int) -> See:
    """How dense the records are that the broker compresses, as the one of these levels that makes them so."""

    async def see(place: Place, topic: str) -> int:
        sent = build_batch([Record(0, now_ms(), None, CONTENT)])
        assert await place.append(topic, sent) is NONE
        stored = await place.last_batch(topic)
        (found,) = [
            each
            for each in candidates
            if HEADER_BYTES + len(compress(stored.codec, bytes(sent[HEADER_BYTES:]), each))
            == stored.size_in_bytes
        ]
        return found

    return see


async def a_fetch_of_old_messages(place: Place, topic: str) -> ErrorCode:
    assert await place.send(topic) is NONE
    return await place.fetched(topic, place.log(topic).log_end_offset - 1, version=3)


async def is_due_for_compaction(place: Place, topic: str) -> bool:
    """What the cleaner, which looks when it likes, says of this log now."""
    log = place.log(topic)
    await place.send(topic, age_ms=5_000, key=b"k")
    log.roll(now_ms())
    found = cleanable_part(log, None, now_ms())
    return found is not None and found.is_due


async def tombstones_stay_ms(place: Place, topic: str) -> int:
    """What a compaction that begins now is told."""
    log = place.log(topic)
    await place.send(topic, key=b"k")
    log.roll(now_ms())
    found = cleanable_part(log, None, now_ms())
    assert found is not None
    return plan_compaction(found, 1 << 20, now_ms()).delete_retention_ms


def is_throttled(side: str) -> See:
    """What a fetch between replicas is told of this partition."""

    async def see(place: Place, topic: str) -> bool:
        quota: ReplicationQuota = getattr(place.services.replication_quotas, side)
        return quota.throttles(TopicPartition(topic, 0))

    return see


NO_TIERS: Final = "only a topic with tiered storage has a local part"

TOPIC_ROWS: Final[Mapping[str, Row]] = {
    "max.message.bytes": Acts("1000", "10000", NONE, ErrorCode.MESSAGE_TOO_LARGE, a_large_record),
    "segment.bytes": Acts("700", "100000000", 0, 3, segments_for_three_records),
    "segment.ms": Acts("60000", "600000", False, True, rolls_after_a_minute),
    "segment.jitter.ms": Acts(str(7 * DAY_MS), "0", False, True, rolls_at_a_time_of_its_own),
    "index.interval.bytes": Acts("100", "100000", False, True, index_is_dense),
    "segment.index.bytes": Acts("80", "10000000", False, True, index_is_soon_full),
    "retention.bytes": Acts("0", "100000000", False, True, old_segments_go),
    "retention.ms": Acts("60000", str(DAY_MS), False, True, old_segments_go),
    "cleanup.policy": Acts("compact", "delete", NONE, ErrorCode.INVALID_RECORD, a_record_without_a_key),
    "file.delete.delay.ms": Acts("0", str(DAY_MS), True, False, deleted_files_stay),
    "flush.messages": Acts("1", "1000000", False, True, on_disk_before_the_answer),
    "flush.ms": Acts("1", "6000000", False, True, on_disk_soon),
    "preallocate": Acts("true", "false", False, True, disk_space_is_reserved, {"segment.bytes": "1000000"}),
    "message.timestamp.type": Acts("LogAppendTime", "CreateTime", False, True, stamped_by_the_broker),
    "message.timestamp.before.max.ms": Acts(
        "1000000", "100000000", NONE, ErrorCode.INVALID_TIMESTAMP, an_hour_ago
    ),
    "message.timestamp.difference.max.ms": Acts(
        "1000000", "100000000", NONE, ErrorCode.INVALID_TIMESTAMP, an_hour_ago
    ),
    "message.timestamp.after.max.ms": Acts(
        "60000", str(HOUR_MS), NONE, ErrorCode.INVALID_TIMESTAMP, in_half_an_hour
    ),
    "compression.type": Acts("gzip", "producer", Codec.NONE, Codec.GZIP, codec),
    "compression.gzip.level": Acts("1", "-1", -1, 1, level(-1, 1), {"compression.type": "gzip"}),
    "compression.lz4.level": Acts("12", "9", 9, 12, level(9, 12), {"compression.type": "lz4"}),
    "compression.zstd.level": Acts("9", "3", 3, 9, level(3, 9), {"compression.type": "zstd"}),
    "message.downconversion.enable": Acts(
        "false", "true", NONE, ErrorCode.UNSUPPORTED_VERSION, a_fetch_of_old_messages
    ),
    "min.cleanable.dirty.ratio": Acts("1.0", "0.2", True, False, is_due_for_compaction, COMPACTED),
    "min.compaction.lag.ms": Acts("600000", "0", True, False, is_due_for_compaction, COMPACTED),
    "max.compaction.lag.ms": Acts(
        "1000",
        str(DAY_MS),
        False,
        True,
        is_due_for_compaction,
        COMPACTED | {"min.cleanable.dirty.ratio": "1.0"},
    ),
    "delete.retention.ms": Acts("1000", str(DAY_MS), DAY_MS, 1000, tombstones_stay_ms, COMPACTED),
    "min.insync.replicas": Elsewhere((test_replica_keys_at_run_time.test_min_insync_replicas,)),
    "unclean.leader.election.enable": Elsewhere(
        (test_replica_keys_at_run_time.test_unclean_leader_election,)
    ),
    **{
        f"{side}.replication.throttled.replicas": Acts(
            "0:1,5:2",
            "",
            False,
            True,
            is_throttled(side),
            further=(test_quotas.test_a_replica_that_catches_up_keeps_to_the_throttle,),
        )
        for side in ("leader", "follower")
    },
    "message.format.version": NoEffect("2.8-IV1", "since 3.0 records are kept in the current format"),
    "local.retention.bytes": NoEffect("1000000", NO_TIERS),
    "local.retention.ms": NoEffect("1000000", NO_TIERS),
    "remote.storage.enable": Refused("true"),
    "remote.log.copy.disable": Refused("true"),
    "remote.log.delete.on.disable": Refused("true"),
}

AT_RUN_TIME: Final = test_topic_configs_at_run_time
"""Of a follower, and of compaction from one end to the other."""
