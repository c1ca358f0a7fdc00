"""When segments are rolled and deleted, and what is found by time and by transaction."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.storage.support import NOW, Home, append, batch, values
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.records import ControlType, control_batch
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.flushing import prepare_flush
from zkbroker.storage.log import Log
from zkbroker.storage.lookups import TimestampAndOffset

HOUR = 3_600_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def bases(log: Log) -> list[int]:
    return [segment.base_offset for segment in log.segments]


# --- rolling -------------------------------------------------------------------------------------------------------


def test_roll_by_size(home: Home) -> None:
    size = len(batch("x" * 20))
    home.topic["segment_bytes"] = 2 * size
    log = home.create()
    for _ in range(5):
        append(log, "x" * 20)
    assert bases(log) == [0, 2, 4]
    log.close()


def test_roll_by_record_time(home: Home) -> None:
    home.topic["segment_ms"] = HOUR
    log = home.create()
    append(log, "a", timestamp=NOW)
    append(log, "b", timestamp=NOW + HOUR, wall_ms=NOW + 9 * HOUR)
    append(log, "c", timestamp=NOW + HOUR + 1)
    assert bases(log) == [0, 2]
    log.close()
    log = home.open()
    append(log, "d", timestamp=NOW + 2 * HOUR + 1)
    append(log, "e", timestamp=NOW + 2 * HOUR + 2)
    assert bases(log) == [0, 2, 4]
    log.close()


def test_roll_by_wall_time_where_records_have_none(home: Home) -> None:
    home.topic["segment_ms"] = HOUR
    log = home.create()
    append(log, "a", timestamp=-1)
    append(log, "b", timestamp=-1, wall_ms=NOW + HOUR)
    append(log, "c", timestamp=-1, wall_ms=NOW + HOUR + 1)
    assert bases(log) == [0, 2]
    log.close()


def test_jitter_rolls_earlier(home: Home) -> None:
    home.topic.update(segment_ms=HOUR, segment_jitter_ms=HOUR)
    log = home.create()
    log.segments.random = random.Random(7)
    log.update_config(home.config)
    early = HOUR - random.Random(7).randrange(HOUR)
    append(log, "a", timestamp=NOW)
    append(log, "b", timestamp=NOW + early)
    assert bases(log) == [0]
    append(log, "c", timestamp=NOW + early + 1)
    assert bases(log) == [0, 2]
    log.close()


def test_roll_when_an_index_is_full(home: Home) -> None:
    home.topic.update(index_interval_bytes=0, segment_index_bytes=60)  # 7 offset entries, 5 time entries
    log = home.create()
    for number in range(14):
        append(log, "x", timestamp=NOW + number)
    assert bases(log) == [0, 5, 10]
    log.close()


def test_an_empty_segment_is_not_rolled(home: Home) -> None:
    log = home.create()
    log.roll(NOW)
    assert bases(log) == [0]
    append(log, "a")
    log.roll(NOW)
    log.roll(NOW)
    assert bases(log) == [0, 1]
    log.close()


def test_preallocation_leaves_no_padding(home: Home) -> None:
    home.topic.update(preallocate=True, segment_bytes=1 << 20)
    log = home.create()
    append(log, "a")
    path = Path(log.segments.active.path())
    assert path.stat().st_size == len(batch("a"))
    assert path.stat().st_blocks * 512 >= 1 << 20
    log.close()


# --- retention -----------------------------------------------------------------------------------------------------


def four_segments(home: Home) -> Log:
    """Records at NOW, NOW + 1 h, + 2 h, + 3 h, each in a segment of its own; the last one is active."""
    log = home.create()
    for number in range(4):
        append(
            log,
            f"{number}",
            timestamp=NOW + number * HOUR,
            producer_id=1,
            producer_epoch=0,
            base_sequence=number,
        )
        if number < 3:
            log.roll(NOW)
    log.update_high_watermark(4)
    return log


def configure(log: Log, home: Home, **topic: object) -> None:
    home.topic.update(topic)
    log.update_config(home.config)


def test_retention_by_time(home: Home) -> None:
    log = four_segments(home)
    configure(log, home, retention_ms=2 * HOUR)
    assert log.delete_old_segments(NOW + 2 * HOUR) == 0
    assert log.delete_old_segments(NOW + 3 * HOUR + 1) == 2
    assert (log.log_start_offset, bases(log)) == (2, [2, 3])
    assert log.delete_old_segments(NOW + 99 * HOUR) == 2
    assert (log.log_start_offset, log.log_end_offset, bases(log)) == (4, 4, [4])
    assert append(log, "next").first_offset == 4
    log.close()
    log = home.open(log_start_offset=4)
    assert values(log) == ["next"]
    log.close()


def test_retention_by_file_time_where_records_have_none(home: Home) -> None:
    log = home.create()
    append(log, "a", timestamp=-1)
    log.roll(NOW)
    append(log, "b", timestamp=-1)
    log.update_high_watermark(2)
    os.utime(log.segments.first.path(), (NOW / 1000, NOW / 1000))
    configure(log, home, retention_ms=HOUR)
    assert log.delete_old_segments(NOW + HOUR) == 0
    assert log.delete_old_segments(NOW + HOUR + 1) == 1
    log.close()


def test_retention_by_size(home: Home) -> None:
    log = four_segments(home)
    size = log.segments.first.size
    configure(log, home, retention_bytes=2 * size + 1)
    assert log.delete_old_segments(NOW) == 1
    configure(log, home, retention_bytes=2 * size)
    assert log.delete_old_segments(NOW) == 1
    assert log.size_bytes == 2 * size
    log.close()


def test_nothing_beyond_the_high_watermark_goes(home: Home) -> None:
    log = four_segments(home)
    log.high_watermark = 2
    configure(log, home, retention_bytes=0, retention_ms=0)
    assert log.delete_old_segments(NOW + 99 * HOUR) == 2
    assert log.log_start_offset == 2
    log.close()


@pytest.mark.parametrize("policy", [("delete",), ("compact",)])
def test_segments_below_the_log_start_go(home: Home, policy: tuple[str, ...]) -> None:
    log = four_segments(home)
    configure(log, home, cleanup_policy=policy, retention_ms=-1)
    log.maybe_raise_log_start_offset(2)
    assert log.delete_old_segments(NOW) == 2
    assert bases(log) == [2, 3]
    log.close()


def test_a_compacted_topic_has_no_other_retention(home: Home) -> None:
    log = four_segments(home)
    configure(log, home, cleanup_policy=("compact",), retention_ms=1, retention_bytes=0)
    assert log.delete_old_segments(NOW + 99 * HOUR) == 0
    configure(log, home, cleanup_policy=("compact", "delete"))
    assert log.delete_old_segments(NOW + 99 * HOUR) == 4
    log.close()


def test_snapshots_go_with_their_segments(home: Home) -> None:
    log = four_segments(home)
    configure(log, home, retention_ms=HOUR)
    log.delete_old_segments(NOW + 3 * HOUR)
    directory = home.path / "topic-0"
    assert sorted(path.name for path in directory.glob("*.snapshot")) == [
        f"{2:020d}.snapshot",
        f"{3:020d}.snapshot",
    ]
    log.close()


def test_the_log_start_is_bounded_by_the_high_watermark(home: Home) -> None:
    log = four_segments(home)
    log.high_watermark = 2
    with pytest.raises(KafkaError) as caught:
        log.maybe_raise_log_start_offset(3)
    assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    assert log.maybe_raise_log_start_offset(2)
    assert not log.maybe_raise_log_start_offset(1)
    assert log.update_high_watermark(1) == 2
    assert log.update_high_watermark(99) == 4
    log.close()


# --- by time -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", [Codec.NONE, Codec.LZ4])
@pytest.mark.parametrize("reopened", [False, True])
def test_offsets_by_timestamp(home: Home, codec: Codec, reopened: bool) -> None:
    home.topic.update(segment_bytes=700, index_interval_bytes=100)
    log = home.create()
    times: list[int] = []
    source = random.Random(3)
    now = 1000
    while len(times) < 120:
        some = [now + source.randrange(-20, 20) for _ in range(source.randrange(1, 5))]
        append(log, *("v" * 20 for _ in some), timestamps=some, epoch=len(times) // 50, codec=codec)
        times += some
        now += 10
    log.update_high_watermark(log.log_end_offset)
    log.maybe_raise_log_start_offset(7)
    if reopened:
        log.close()
        log = home.open(log_start_offset=7)
    for wanted in range(900, max(times) + 2, 7):
        found = log.offset_for_timestamp(wanted)
        expected = next((at for at in range(7, len(times)) if times[at] >= wanted), None)
        if expected is None:
            assert found is None
        else:
            assert found is not None
            assert (found.timestamp, found.offset) == (times[expected], expected)
            assert found.leader_epoch == log.epoch_for_offset(expected)
    latest = log.max_timestamp_offset()
    assert latest is not None
    assert (latest.timestamp, latest.offset) == (max(times), times.index(max(times)))
    log.close()


def test_by_time_in_an_empty_log_and_without_timestamps(home: Home) -> None:
    log = home.create()
    assert log.offset_for_timestamp(0) is None
    assert log.max_timestamp_offset() is None
    append(log, "a", timestamp=-1)
    assert log.offset_for_timestamp(0) is None
    assert log.max_timestamp_offset() is None
    append(log, "b", timestamp=0, epoch=3)
    assert log.offset_for_timestamp(0) == TimestampAndOffset(0, 1, 3)
    log.close()


def test_log_append_time_is_every_records_time(home: Home) -> None:
    home.topic["message_timestamp_type"] = "LogAppendTime"
    log = home.create()
    append(log, "a", "b", wall_ms=NOW)
    append(log, "c", "d", wall_ms=NOW + 5)
    assert log.offset_for_timestamp(NOW + 1) == TimestampAndOffset(NOW + 5, 2, 0)
    assert log.max_timestamp_offset() == TimestampAndOffset(NOW + 5, 2, 0)
    log.close()


def test_legacy_offsets(home: Home) -> None:
    log = four_segments(home)
    for number, segment in enumerate(log.segments):
        os.utime(segment.path(), (1000 + number, 1000 + number))
    assert log.legacy_offsets_before(-1, 9, wall_ms=NOW) == [4, 3, 2, 1, 0]
    assert log.legacy_offsets_before(-2, 9, wall_ms=NOW) == [0]
    assert log.legacy_offsets_before(1_002_500, 9, wall_ms=NOW) == [2, 1, 0]
    assert log.legacy_offsets_before(1_002_500, 2, wall_ms=NOW) == [2, 1]
    assert log.legacy_offsets_before(5, 9, wall_ms=NOW) == []
    log.close()


# --- transactions --------------------------------------------------------------------------------------------------


def mark(log: Log, producer_id: int, kind: ControlType) -> int:
    content = control_batch(
        kind, producer_id=producer_id, producer_epoch=0, coordinator_epoch=1, timestamp=NOW
    )
    info = log.append_as_leader(
        memoryview(content), leader_epoch=0, wall_ms=NOW, origin=AppendOrigin.COORDINATOR
    )
    return info.first_offset


def transactional(log: Log, producer_id: int, sequence: int = 0) -> int:
    return append(
        log, "t", producer_id=producer_id, producer_epoch=0, base_sequence=sequence, is_transactional=True
    ).first_offset


def test_the_last_stable_offset(home: Home) -> None:
    log = home.create()
    append(log, "plain")
    transactional(log, 1)
    transactional(log, 2)
    log.update_high_watermark(3)
    assert log.last_stable_offset == 1
    mark(log, 1, ControlType.COMMIT)  # offset 3, not replicated yet
    assert log.last_stable_offset == 1
    log.update_high_watermark(4)
    assert log.last_stable_offset == 2
    mark(log, 2, ControlType.ABORT)
    log.update_high_watermark(5)
    assert log.last_stable_offset == 5
    log.close()


def test_aborted_transactions_by_range_and_across_segments(home: Home) -> None:
    log = home.create()
    transactional(log, 1)  # 0
    transactional(log, 2)  # 1
    mark(log, 1, ControlType.ABORT)  # 2
    log.roll(NOW)
    mark(log, 2, ControlType.ABORT)  # 3
    transactional(log, 3)  # 4
    mark(log, 3, ControlType.COMMIT)  # 5
    transactional(log, 1, 1)  # 6
    mark(log, 1, ControlType.ABORT)  # 7

    def found(start: int, upper: int) -> list[tuple[int, int]]:
        return [(each.producer_id, each.first_offset) for each in log.aborted_transactions(start, upper)]

    for _ in range(2):
        assert found(0, 8) == [(1, 0), (2, 1), (1, 6)]
        assert found(0, 1) == [(1, 0)]
        assert found(2, 8) == [(1, 0), (2, 1), (1, 6)]
        assert found(3, 8) == [(2, 1), (1, 6)]
        assert found(3, 6) == [(2, 1)]
        assert found(4, 6) == []
        log.close()
        log = home.open()
    log.truncate_to(3)
    assert found(0, 3) == [(1, 0)]
    log.close()


def test_a_follower_keeps_transactions_too(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    leader = home.create()
    transactional(leader, 1)
    mark(leader, 1, ControlType.ABORT)
    transactional(leader, 2)
    follower = Home(tmp_path_factory.mktemp("follower")).create()
    with leader.read(0, 1 << 20, upper_offset=3) as piece:
        follower.append_as_follower(memoryview(bytearray(piece.read())), wall_ms=NOW)
    follower.update_high_watermark(3)
    assert follower.last_stable_offset == 2
    assert follower.aborted_transactions(0, 3) == leader.aborted_transactions(0, 3)
    assert [each.producer_id for each in follower.active_producers()] == [1, 2]
    assert follower.active_producers()[1].current_transaction_start_offset == 2
    leader.close()
    follower.close()


# --- flushing ------------------------------------------------------------------------------------------------------


def test_a_flush_moves_the_recovery_point(home: Home) -> None:
    log = four_segments(home)
    sealed = prepare_flush(log, everything=False)
    assert sealed is not None
    sealed.run()
    assert sealed.done(NOW)
    assert log.recovery_point == 3
    everything = prepare_flush(log, everything=True)
    assert everything is not None
    everything.run()
    assert everything.done(NOW)
    assert log.recovery_point == 4
    assert prepare_flush(log, everything=True) is None
    log.close()


def test_a_truncation_voids_a_flush_under_way(home: Home) -> None:
    log = four_segments(home)
    flush = prepare_flush(log, everything=True)
    assert flush is not None
    log.truncate_to(2)
    append(log, "other")
    append(log, "others")
    flush.run()
    assert not flush.done(NOW)
    assert log.recovery_point == 0
    log.close()


def test_what_changes_during_a_flush_needs_another(home: Home) -> None:
    log = four_segments(home)
    flush = prepare_flush(log, everything=True)
    assert flush is not None
    log.maybe_assign_leader_epoch(9)
    log.roll(NOW)
    flush.run()
    assert flush.done(NOW)
    assert log.epochs.unsynced
    assert log.unsynced_names
    assert any(segment.needs_sync for segment in log.segments[:-1])
    again = prepare_flush(log, everything=True)
    assert again is not None
    again.run()
    assert again.done(NOW)
    assert not log.epochs.unsynced
    assert prepare_flush(log, everything=True) is None
    log.close()
