"""Compaction: what stays and what goes, in cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.storage.compaction_support import (
    Cleaner,
    committed,
    end_transaction,
    last_values,
    pairs,
    put,
    replicate,
)
from tests.storage.support import NOW, Home, append, read_all, require_sound_files
from zkbroker.protocol.compression import Codec
from zkbroker.storage.cleaner import plan_compaction
from zkbroker.storage.compaction import Pace, compact
from zkbroker.storage.compaction_rules import Uncleanable
from zkbroker.storage.log import Log

DAY = 86_400_000


def home(tmp_path: Path, **topic: Any) -> Home:
    config: dict[str, Any] = {"cleanup_policy": ("compact",), "segment_bytes": 1 << 20, **topic}
    return Home(tmp_path, topic=config)


def seal(log: Log) -> None:
    """Everything so far may be compacted."""
    log.roll(NOW)
    replicate(log)


def markers(log: Log) -> list[tuple[int, int | None]]:
    """(offset, delete horizon) of every control batch."""
    return [(each.base_offset, each.delete_horizon_ms) for each in read_all(log) if each.is_control]


def test_the_last_value_of_each_key_stays_at_its_offset(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    put(log, ("a", "1"), ("b", "1"))
    put(log, ("a", "2"))
    put(log, ("c", "1"), ("a", "3"), ("c", "2"))
    seal(log)
    put(log, ("b", "2"))
    cleaner = Cleaner()
    done = cleaner.clean(log)
    assert done is not None and done.next_dirty_offset == 6 and done.keys == 3
    assert pairs(log) == [(1, "b", "1"), (4, "a", "3"), (5, "c", "2"), (6, "b", "2")]
    assert log.log_end_offset == 7
    first, second, _ = read_all(log)
    assert (first.base_offset, first.last_offset, first.record_count) == (0, 1, 1)
    assert (second.base_offset, second.last_offset, second.record_count) == (3, 5, 2)
    for offset in range(7):  # every offset can be asked for, there or not
        with log.read(offset, 1, upper_offset=7) as piece:
            assert len(piece)
    assert all(record.headers == [("h", b"v")] for each in read_all(log) for record in each.records())
    log.close()
    require_sound_files(tmp_path / "topic-0")


def test_segments_are_merged_and_the_second_time_nothing_is_rewritten(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    for number in range(5):
        put(log, ("a", f"{number}"), (f"k{number}", "v"))
        log.roll(NOW)
    seal(log)
    put(log, ("z", "z"))
    cleaner = Cleaner()
    assert cleaner.clean(log) is not None
    assert [group.sources for group in cleaner.groups] == [(0, 2, 4, 6, 8)]
    assert [segment.base_offset for segment in log.segments] == [0, 10]
    before = pairs(log)
    assert before == [
        (1, "k0", "v"),
        (3, "k1", "v"),
        (5, "k2", "v"),
        (7, "k3", "v"),
        (8, "a", "4"),
        (9, "k4", "v"),
        (10, "z", "z"),
    ]
    log.roll(NOW)
    replicate(log)
    again = Cleaner()  # even from the start
    assert again.clean(log) is not None
    assert pairs(log) == before
    third = Cleaner()
    assert third.clean(log) is not None
    assert third.groups == []
    assert not list((tmp_path / "topic-0").glob("*.cleaned"))
    log.close()


@pytest.mark.parametrize("codec", list(Codec))
def test_every_codec_keeps_its_own(tmp_path: Path, codec: Codec) -> None:
    log = home(tmp_path).create()
    put(log, ("a", "x" * 500), ("b", "y" * 500), codec=codec)
    put(log, ("a", "z" * 300), codec=codec)
    seal(log)
    Cleaner().clean(log)
    assert pairs(log) == [(1, "b", "y" * 500), (2, "a", "z" * 300)]
    assert [each.codec for each in read_all(log)] == [codec, codec]
    log.close()


def test_a_tombstone_waits_for_its_horizon(tmp_path: Path) -> None:
    log = home(tmp_path, delete_retention_ms=1000).create()
    put(log, ("a", "1"), ("b", "1"), ("a", None), timestamp=NOW - 5 * DAY)
    seal(log)
    put(log, ("end", "1"))
    cleaner = Cleaner()
    cleaner.clean(log, NOW)
    assert pairs(log)[:2] == [(1, "b", "1"), (2, "a", None)]
    first = next(read_all(log))
    assert first.delete_horizon_ms == NOW + 1000
    assert [record.timestamp for record in first.records()] == [NOW - 5 * DAY + 1, NOW - 5 * DAY + 2]
    assert first.max_timestamp == NOW - 5 * DAY + 2
    Cleaner().clean(log, NOW + 999)  # the horizon stands once it is set
    assert next(read_all(log)).delete_horizon_ms == NOW + 1000
    assert len(pairs(log)) == 3
    Cleaner().clean(log, NOW + 1000)
    assert pairs(log) == [(1, "b", "1"), (3, "end", "1")]
    log.close()


def test_a_tombstone_beyond_what_fits_into_memory_stays(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    for number in range(40):
        put(log, (f"key {number}", "1"))
    for number in range(40):
        put(log, (f"key {number}", None if number % 2 else "2"))
    seal(log)
    cleaner = Cleaner(memory_bytes=200 * 10)  # ten keys
    rounds = 0
    while cleaner.first_dirty != log.log_end_offset:
        done = cleaner.clean(log)
        assert done is not None and 0 < done.keys <= 10
        rounds += 1
    assert rounds == 8
    assert last_values(log) == {f"key {number}": "2" for number in range(0, 40, 2)}
    assert len(pairs(log)) == 40
    log.close()


def test_long_keys_are_told_apart(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    put(log, ("k" * 100, "1"), ("k" * 99 + "l", "1"), ("k" * 32, "1"), ("", "1"))
    put(log, ("k" * 100, "2"))
    put(log, ("", "2"))
    seal(log)
    Cleaner().clean(log)
    assert last_values(log) == {"k" * 100: "2", "k" * 99 + "l": "1", "k" * 32: "1", "": "2"}
    assert len(pairs(log)) == 4
    log.close()


def test_aborted_records_go_at_once_and_the_marker_waits(tmp_path: Path) -> None:
    log = home(tmp_path, delete_retention_ms=1000).create()
    put(log, ("a", "kept"))
    put(log, ("a", "aborted"), producer_id=1, producer_epoch=0, base_sequence=0, is_transactional=True)
    end_transaction(log, 1, abort=True)
    put(log, ("b", "new"), producer_id=1, producer_epoch=0, base_sequence=1, is_transactional=True)
    end_transaction(log, 1, abort=False)
    seal(log)
    cleaner = Cleaner()
    cleaner.clean(log, NOW)
    assert pairs(log) == [(0, "a", "kept"), (3, "b", "new")]
    assert [each.first_offset for each in log.aborted_transactions(0, 10)] == [1]
    assert markers(log) == [(2, None), (4, None)]  # until it is known that nothing is left
    Cleaner().clean(log, NOW + 1)
    assert log.aborted_transactions(0, 10) == []
    assert markers(log) == [(2, NOW + 1001), (4, None)]
    Cleaner().clean(log, NOW + 1000)
    assert len(markers(log)) == 2
    Cleaner().clean(log, NOW + 1001)
    assert markers(log) == [(4, None)]
    log.close()


def test_a_marker_stays_while_a_record_of_its_transaction_does(tmp_path: Path) -> None:
    """The aborted batch is the producer's last: it stays, without records, for its sequence."""
    log = home(tmp_path, delete_retention_ms=0).create()
    put(log, ("a", "aborted"), producer_id=1, producer_epoch=0, base_sequence=7, is_transactional=True)
    end_transaction(log, 1, abort=True)
    put(log, ("a", "kept"))
    seal(log)
    cleaner = Cleaner()
    for _ in range(3):
        cleaner.first_dirty = None
        cleaner.clean(log, NOW + DAY)
        batches = list(read_all(log))
        assert [(each.base_offset, each.record_count) for each in batches] == [(0, 0), (1, 1), (2, 1)]
        assert batches[0].last_sequence == 7 and batches[0].is_transactional
        assert [each.producer_id for each in log.aborted_transactions(0, 3)] == [1]
    assert [record.value for record in committed(log)] == [b"kept"]
    log.close()


def test_the_last_sequence_of_a_producer_survives_without_its_records(tmp_path: Path) -> None:
    where = home(tmp_path)
    log = where.create()
    put(log, ("a", "1"), ("b", "1"), producer_id=5, producer_epoch=3, base_sequence=41)
    put(log, ("a", "2"), ("b", "2"))
    seal(log)
    Cleaner().clean(log)
    empty = next(read_all(log))
    assert (empty.record_count, empty.base_offset, empty.last_offset) == (0, 0, 1)
    assert (empty.producer_id, empty.producer_epoch, empty.last_sequence) == (5, 3, 42)
    log.close()
    (tmp_path / "topic-0" / f"{4:020d}.snapshot").unlink()
    opened = where.open()  # from the batches alone
    assert opened.producers.entries[5].last_sequence == 42
    assert opened.producers.entries[5].epoch == 3
    opened.close()
    opened = where.open()
    opened.producers.remove_expired(NOW + DAY, 1)
    opened.update_high_watermark(4)
    Cleaner().clean(opened)
    assert [each.record_count for each in read_all(opened)] == [2]  # forgotten: nothing need stay of it
    opened.close()


def test_nothing_beyond_the_last_stable_offset_is_touched(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    put(log, ("a", "1"))
    log.roll(NOW)
    put(log, ("a", "2"), producer_id=1, producer_epoch=0, base_sequence=0, is_transactional=True)
    log.roll(NOW)
    put(log, ("a", "3"))
    log.roll(NOW)
    log.update_high_watermark(3)
    cleaner = Cleaner()
    found = cleaner.part(log)
    assert found is not None and found.end_offset == 1
    cleaner.clean(log)
    assert len(pairs(log)) == 3
    end_transaction(log, 1, abort=False)
    log.update_high_watermark(2)
    found = cleaner.part(log)
    assert found is not None and found.end_offset == 1  # complete, but not replicated
    log.update_high_watermark(4)
    found = cleaner.part(log)
    assert found is not None and found.end_offset == 3
    cleaner.clean(log)
    assert pairs(log) == [(2, "a", "3")]
    log.close()


def test_the_youngest_wait_and_the_oldest_hurry(tmp_path: Path) -> None:
    where = home(tmp_path, min_compaction_lag_ms=1000, min_cleanable_dirty_ratio=1.0)
    log = where.create()
    put(log, ("a", "1"), timestamp=NOW - 5000)
    log.roll(NOW)
    put(log, ("a", "2"), timestamp=NOW - 999)
    seal(log)
    found = Cleaner().part(log)
    assert found is not None and (found.end_offset, found.is_due) == (1, False)
    where.topic["max_compaction_lag_ms"] = 5001
    log.update_config(where.config)
    found = Cleaner().part(log)
    assert found is not None and not found.is_overdue
    where.topic["max_compaction_lag_ms"] = 4999
    log.update_config(where.config)
    found = Cleaner().part(log)
    assert found is not None and found.is_overdue and found.is_due
    log.close()


def test_a_compacted_topic_rolls_in_time_for_its_longest_lag(tmp_path: Path) -> None:
    log = home(tmp_path, max_compaction_lag_ms=1000, segment_ms=10_000).create()
    put(log, ("a", "1"))
    put(log, ("a", "2"), timestamp=NOW + 1000)
    assert len(log.segments) == 1
    put(log, ("a", "3"), timestamp=NOW + 1001)
    assert len(log.segments) == 2
    log.close()


def test_the_dirty_ratio(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    for _ in range(4):
        put(log, ("a", "1"))
        log.roll(NOW)
    replicate(log)
    assert (found := Cleaner().part(log)) is not None and found.dirty_ratio == 1.0
    assert (found := Cleaner(first_dirty=3).part(log)) is not None and found.dirty_ratio == 0.25
    assert not found.is_due
    assert (found := Cleaner(first_dirty=4).part(log)) is not None and found.dirty_ratio == 0
    assert (found := Cleaner(first_dirty=99).part(log)) is not None and found.first_dirty_offset == 0
    log.maybe_raise_log_start_offset(2)
    assert (found := Cleaner(first_dirty=1).part(log)) is not None and found.first_dirty_offset == 2
    log.close()


def test_an_end_that_is_gone_leaves_its_offset(tmp_path: Path) -> None:
    """Were the new segment shorter than the old ones, a crash could bring back some of them."""
    log = home(tmp_path).create()
    put(log, ("a", "1"))
    log.roll(NOW)
    put(log, ("b", "1"))
    seal(log)
    put(log, ("b", "2"), ("a", "2"))
    log.roll(NOW)
    replicate(log)
    log.update_config(home(tmp_path, segment_bytes=170).config)
    cleaner = Cleaner()
    cleaner.clean(log)
    assert [group.sources for group in cleaner.groups] == [(0, 1)]
    left = [(each.base_offset, each.last_offset, each.record_count) for each in read_all(log)]
    assert left == [(1, 1, 0), (2, 3, 2)]
    assert next(read_all(log)).producer_id == -1
    log.close()


def test_records_without_a_key_go(tmp_path: Path) -> None:
    """They are from before the topic was compacted."""
    where = home(tmp_path, cleanup_policy=("delete",))
    log = where.create()
    append(log, "no key")
    put(log, ("a", "1"))
    where.topic["cleanup_policy"] = ("compact",)
    log.update_config(where.config)
    seal(log)
    Cleaner().clean(log)
    assert pairs(log) == [(1, "a", "1")]
    log.close()


def test_a_damaged_batch_is_not_dressed_up(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    put(log, ("a", "1"), ("b", "1"))
    put(log, ("a", "2"))
    seal(log)
    path = tmp_path / "topic-0" / f"{0:020d}.log"
    content = bytearray(path.read_bytes())
    content[70] ^= 1
    path.write_bytes(content)
    found = Cleaner().part(log)
    assert found is not None
    with pytest.raises(Uncleanable, match="checksum"):
        list(compact(plan_compaction(found, 1 << 20, NOW), log.segments.storage.files, Pace()))
    log.close()


def test_readers_keep_what_they_hold(tmp_path: Path) -> None:
    log = home(tmp_path).create()
    put(log, ("a", "1"))
    put(log, ("a", "2"))
    seal(log)
    piece = log.read(0, 1000, upper_offset=2)
    content = piece.read()
    Cleaner().clean(log)
    assert piece.is_valid and piece.read() == content
    piece.release()
    assert pairs(log) == [(1, "a", "2")]
    log.close()


def test_a_log_that_lost_a_segment_meanwhile_is_left_alone(tmp_path: Path) -> None:
    log = home(tmp_path, cleanup_policy=("compact", "delete"), retention_bytes=0).create()
    for number in range(3):
        put(log, ("a", f"{number}"))
        log.roll(NOW)
    replicate(log)
    found = Cleaner().part(log)
    assert found is not None
    answers = compact(plan_compaction(found, 1 << 20, NOW), log.segments.storage.files, Pace())
    first = next(answers)
    assert log.delete_old_segments(NOW) == 3
    assert not log.replace_segments(first.sources, first.size, NOW)  # type: ignore[union-attr]
    log.close()


def test_io_under_a_limit() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(1_000_000, clock=lambda: now[0], sleep=sleep)
    for _ in range(100):
        pace.spend(100_000)
    assert 9.5 < now[0] - 100 < 10.1
    pace.bytes_per_s = float("inf")
    pace.spend(1 << 30)
    pace.spend(1 << 30)
    assert len(slept) < 100 and now[0] - 100 < 10.1
