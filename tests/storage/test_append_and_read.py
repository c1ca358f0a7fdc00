"""Appending and reading: offsets, stamps, limits, duplicates, followers, and what a failed write leaves: nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage.support import (
    NOW,
    TOPIC_ID,
    Broken,
    Home,
    append,
    batch,
    full_disk,
    no_memory,
    read_all,
    require_sound_files,
    sick_disk,
    stored,
    values,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.records import RecordBatch, TimestampType, read_batches
from zkbroker.storage.log import Log, UnexpectedOffset


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_batch_gets_its_offset_and_epoch(home: Home) -> None:
    log = home.create(TOPIC_ID)
    append(log, "a", "b", "c", epoch=4)
    info = append(log, "d", "e", epoch=5)
    assert (info.first_offset, info.last_offset, info.max_timestamp) == (3, 4, NOW)
    assert (info.log_append_time_ms, info.log_start_offset, info.duplicate) == (-1, 0, False)
    second = list(read_all(log))[1]
    assert (second.base_offset, second.partition_leader_epoch, second.crc_is_valid()) == (3, 5, True)
    assert values(log) == ["a", "b", "c", "d", "e"]
    assert log.epochs.entries == [(4, 0), (5, 3)]
    assert (home.path / "topic-0" / "partition.metadata").read_text() == (
        "version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw"
    )
    assert (home.path / "topic-0" / "leader-epoch-checkpoint").read_text() == "0\n2\n4 0\n5 3\n"
    log.close()


def test_offsets_that_are_not_there(home: Home) -> None:
    log = home.create()
    append(log, "a", "b")
    log.update_high_watermark(2)
    log.maybe_raise_log_start_offset(1)
    for offset in (0, 3, -1):
        with pytest.raises(KafkaError) as caught:
            log.read(offset, 100, upper_offset=2)
        assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    assert len(log.read(2, 100, upper_offset=2)) == 0
    assert len(log.read(1, 100, upper_offset=1)) == 0
    log.close()


@pytest.mark.parametrize("remembered", [True, False])
def test_limits_of_a_read(home: Home, remembered: bool) -> None:
    home.topic["index_interval_bytes"] = 0
    log = home.create()
    for name in "abcdef":
        append(log, name * 30)
    size = len(batch("a" * 30))
    if not remembered:
        log.close()
        log = home.open()
    end = log.log_end_offset

    def offsets(offset: int, max_bytes: int, upper: int = end, *, one: bool = True) -> list[int]:
        with log.read(offset, max_bytes, upper_offset=upper, min_one_batch=one) as piece:
            return [each.base_offset for each in read_batches(piece.read(), torn_tail=True)]

    assert offsets(0, 10_000) == [0, 1, 2, 3, 4, 5]
    assert offsets(2, 10_000) == [2, 3, 4, 5]
    assert offsets(2, 10_000, upper=4) == [2, 3]
    assert offsets(1, 2 * size) == [1, 2]
    assert offsets(1, 2 * size + 1) == [1, 2]
    assert offsets(1, 1) == [1]
    assert offsets(1, 1, one=False) == []
    assert offsets(1, size, one=False) == [1]
    log.close()


def test_an_offset_within_a_batch_finds_that_batch(home: Home) -> None:
    log = home.create()
    append(log, "a", "b", "c")
    append(log, "d", "e", "f")
    for offset, first in ((0, 0), (1, 0), (2, 0), (3, 3), (5, 3)):
        with log.read(offset, 1 << 20, upper_offset=6) as piece:
            assert RecordBatch(memoryview(piece.read())).base_offset == first
    with log.read(0, 1 << 20, upper_offset=5) as piece:  # the second batch reaches beyond: not in it
        assert len(list(read_batches(piece.read()))) == 1
    log.close()


def test_a_read_ends_with_its_segment(home: Home) -> None:
    log = home.create()
    append(log, "a")
    log.roll(NOW)
    append(log, "b")
    with log.read(0, 1 << 20, upper_offset=2) as piece:
        assert (piece.next_offset, len(list(read_batches(piece.read())))) == (1, 1)
    assert values(log) == ["a", "b"]
    log.close()


def test_many_batches_are_found_again(home: Home) -> None:
    """More than the positions that are remembered, over several segments and stretches of index."""
    home.topic.update(segment_bytes=50_000, index_interval_bytes=1000)
    log = home.create()
    for number in range(1500):
        append(log, f"{number}", "x" * (number % 90))
    log.flushed_to(0, NOW)
    for offset in range(0, 3000, 7):
        with log.read(offset, 1, upper_offset=3000) as piece:
            found = RecordBatch(memoryview(piece.read()))
            assert found.base_offset == offset - offset % 2
    log.close()
    reopened = home.open()
    assert [int(value) for value in values(reopened)[::2]] == list(range(1500))
    reopened.close()
    require_sound_files(home.path / "topic-0")


def test_log_append_time(home: Home) -> None:
    home.topic["message_timestamp_type"] = "LogAppendTime"
    log = home.create()
    info = append(log, "a", timestamp=5, wall_ms=NOW + 9)
    assert (info.max_timestamp, info.log_append_time_ms) == (NOW + 9, NOW + 9)
    (found,) = read_all(log)
    assert found.timestamp_type is TimestampType.LOG_APPEND_TIME
    assert found.crc_is_valid()
    log.close()


def test_a_duplicate_is_answered_with_the_original(home: Home) -> None:
    log = home.create()
    how: dict[str, Any] = {"producer_id": 9, "producer_epoch": 0}
    append(log, "other")
    first = batch("a", "b", base_sequence=0, **how)
    again = stored(first)
    info = log.append_as_leader(first, leader_epoch=0, wall_ms=NOW)
    append(log, "c", base_sequence=2, **how)
    repeated = log.append_as_leader(again, leader_epoch=0, wall_ms=NOW)
    assert repeated.duplicate
    assert (repeated.first_offset, repeated.last_offset) == (info.first_offset, info.last_offset) == (1, 2)
    assert repeated.size_bytes == 0
    assert values(log) == ["other", "a", "b", "c"]
    log.close()


def test_a_changed_configuration_counts_from_the_next_append_on(home: Home) -> None:
    log = home.create()
    append(log, "a" * 200)
    home.topic["max_message_bytes"] = 150
    log.update_config(home.config)
    with pytest.raises(KafkaError) as caught:
        append(log, "a" * 200)
    assert caught.value.code is ErrorCode.MESSAGE_TOO_LARGE
    append(log, "b")
    home.topic.update(segment_bytes=100)
    log.update_config(home.config)
    with pytest.raises(KafkaError) as caught:
        append(log, "c" * 50)
    assert caught.value.code is ErrorCode.RECORD_LIST_TOO_LARGE
    append(log, "d")
    assert len(log.segments) == 2
    log.close()


def test_a_topic_id_is_noted_once(home: Home) -> None:
    log = home.create()
    log.assign_topic_id(TOPIC_ID)
    log.assign_topic_id(TOPIC_ID)
    other = type(TOPIC_ID)(bytes(15) + b"x")
    with pytest.raises(KafkaError) as caught:
        log.assign_topic_id(other)
    assert caught.value.code is ErrorCode.INCONSISTENT_TOPIC_ID
    log.close()
    assert home.open().topic_id == TOPIC_ID


# --- followers -----------------------------------------------------------------------------------------------------


def from_leader(*batches: memoryview) -> memoryview:
    return memoryview(bytearray(b"".join(batches)))


def test_a_follower_takes_what_it_is_sent(home: Home) -> None:
    log = home.create()
    sent = from_leader(
        batch("a", "b", base_offset=5, partition_leader_epoch=2),
        batch("c", base_offset=9, partition_leader_epoch=3),
    )
    info = log.append_as_follower(sent, wall_ms=NOW)
    assert info is not None
    assert (info.first_offset, info.last_offset, log.log_end_offset) == (5, 9, 10)
    with log.read(0, 1 << 20, upper_offset=10) as piece:
        assert piece.read() == bytes(sent)
    assert log.epochs.entries == [(2, 5), (3, 9)]
    assert log.append_as_follower(batch("torn", base_offset=10)[:-1], wall_ms=NOW) is None
    log.close()


@pytest.mark.parametrize("at", [8, 16, 17, 30, 61, 65])
def test_a_follower_refuses_damage_and_keeps_nothing_of_it(home: Home, at: int) -> None:
    log = home.create()
    sent = from_leader(batch("a", base_offset=0), batch("b", base_offset=1), batch("c", base_offset=2))
    second = len(batch("a"))
    sent[second + at] ^= 0x81
    with pytest.raises(KafkaError) as caught:
        log.append_as_follower(sent, wall_ms=NOW)
    assert caught.value.code is ErrorCode.CORRUPT_MESSAGE
    assert log.log_end_offset == 0
    log.close()


def test_a_follower_refuses_what_it_has(home: Home) -> None:
    log = home.create()
    append(log, "a", "b")
    with pytest.raises(UnexpectedOffset):
        log.append_as_follower(batch("b", base_offset=1), wall_ms=NOW)
    with pytest.raises(KafkaError):
        log.append_as_follower(from_leader(batch("c", base_offset=3), batch("d", base_offset=3)), wall_ms=NOW)
    log.close()


def test_a_follower_rolls_within_one_answer(home: Home) -> None:
    home.topic["segment_bytes"] = 300
    log = home.create()
    sent = from_leader(
        *(batch("x" * 60, base_offset=offset) for offset in range(7)), batch("y" * 400, base_offset=7)
    )
    log.append_as_follower(sent, wall_ms=NOW)
    assert [segment.base_offset for segment in log.segments] == [0, 2, 4, 6, 7]
    assert len(values(log)) == 8
    log.append_as_follower(batch("far", base_offset=2**33), wall_ms=NOW)
    assert log.segments.active.base_offset == 2**33
    log.close()


def test_a_follower_of_a_compacted_log_has_no_gap_between_segments(home: Home) -> None:
    """A start after a power loss takes such a gap for a tail that was lost."""
    home.topic["segment_bytes"] = 300
    log = home.create()
    sent = from_leader(*(batch("x" * 200, base_offset=offset) for offset in (3, 10, 20)))
    log.append_as_follower(sent, wall_ms=NOW)
    assert [segment.base_offset for segment in log.segments] == [0, 4, 11]
    assert [each.base_offset for each in read_all(log)] == [3, 10, 20]
    log.close()


# --- failing disks -------------------------------------------------------------------------------------------------


@pytest.fixture
def broken() -> Broken:
    return Broken()


def log_with(home_path: Path, broken: Broken, **topic: int) -> Log:
    home = Home(home_path, broken, dict(topic))
    log = home.create()
    append(log, "kept", producer_id=1, producer_epoch=0, base_sequence=0)
    return log


@pytest.mark.parametrize("written", [0, 1, 60, 70])
def test_a_write_that_fails_keeps_nothing_of_the_batch(tmp_path: Path, broken: Broken, written: int) -> None:
    log = log_with(tmp_path, broken)
    size = log.size_bytes
    failing: Iterator[OSError | int] = iter([written, no_memory()] if written else [no_memory()])
    broken.fail = lambda call: next(failing) if call == "pwrite" else None
    content = batch("lost", producer_id=1, producer_epoch=0, base_sequence=1)
    again = stored(content)
    with pytest.raises(KafkaError) as caught:
        log.append_as_leader(content, leader_epoch=3, wall_ms=NOW)
    assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert log.log_end_offset == 1
    assert log.epochs.latest == 0
    assert (tmp_path / "topic-0" / "00000000000000000000.log").stat().st_size == size
    broken.fail = lambda call: None
    info = log.append_as_leader(again, leader_epoch=3, wall_ms=NOW)
    assert not info.duplicate
    assert info.first_offset == 1
    assert values(log) == ["kept", "lost"]
    assert log.segments.log_dir.is_online
    log.close()


def test_short_writes_go_on(tmp_path: Path, broken: Broken) -> None:
    log = log_with(tmp_path, broken)
    broken.fail = lambda call: 7 if call == "pwrite" else None
    append(log, "piece by piece")
    broken.fail = lambda call: None
    assert values(log) == ["kept", "piece by piece"]
    log.close()


def test_a_follower_whose_write_fails_keeps_nothing(tmp_path: Path, broken: Broken) -> None:
    log = log_with(tmp_path, broken)
    broken.fail = lambda call: no_memory() if call == "pwrite" else None
    with pytest.raises(KafkaError):
        log.append_as_follower(batch("b", base_offset=1), wall_ms=NOW)
    broken.fail = lambda call: None
    assert log.log_end_offset == 1
    log.append_as_follower(batch("c", base_offset=1), wall_ms=NOW)
    assert values(log) == ["kept", "c"]
    log.close()


@pytest.mark.parametrize("trouble", [sick_disk, full_disk])
def test_a_sick_disk_and_a_full_one_are_given_up(
    tmp_path: Path, broken: Broken, trouble: Callable[[], OSError]
) -> None:
    log = log_with(tmp_path, broken)
    told: list[str] = []
    log.segments.log_dir.on_failure = lambda log_dir: told.append(log_dir.path)
    broken.fail = lambda call: trouble() if call == "pwrite" else None
    with pytest.raises(KafkaError):
        append(log, "lost")
    broken.fail = lambda call: None
    assert told == [str(tmp_path)]
    for refused in (
        lambda: append(log, "more"),
        lambda: log.read(0, 10, upper_offset=1),
        lambda: log.truncate_to(0),
        lambda: log.append_as_follower(batch("b", base_offset=1), wall_ms=NOW),
        lambda: log.delete_old_segments(NOW),
    ):
        with pytest.raises(KafkaError) as caught:
            refused()
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert told == [str(tmp_path)]
    log.close()


def test_a_write_that_cannot_be_taken_back_gives_the_directory_up(tmp_path: Path, broken: Broken) -> None:
    log = log_with(tmp_path, broken)
    answers = {"pwrite": no_memory(), "ftruncate": OSError(errno.EROFS, "read-only")}
    broken.fail = answers.get
    with pytest.raises(KafkaError):
        append(log, "lost")
    broken.fail = lambda call: None
    assert not log.segments.log_dir.is_online
    log.close()


ROLL_CALLS = ("open", "pwrite", "replace")


@pytest.mark.parametrize("number", range(12))
def test_a_roll_that_fails_changes_nothing(tmp_path: Path, broken: Broken, number: int) -> None:
    """The n-th file operation of an append that has to roll fails."""
    log = log_with(tmp_path, broken, segment_bytes=200)
    append(log, "second")
    count = -1

    def fail(call: str) -> OSError | None:
        nonlocal count
        if call.startswith(ROLL_CALLS):
            count += 1
            if count == number:
                return no_memory()
        return None

    broken.fail = fail
    how = {"producer_id": 1, "producer_epoch": 0, "base_sequence": 1}
    failed = False
    try:
        append(log, "third" * 15, **how)
    except KafkaError as error:
        failed = True
        assert error.code is ErrorCode.KAFKA_STORAGE_ERROR
        assert values(log) == ["kept", "second"]
    broken.fail = lambda call: None
    if failed:
        assert log.log_end_offset == 2
        append(log, "third" * 15, **how)
    assert values(log) == ["kept", "second", "third" * 15]
    assert log.segments.log_dir.is_online
    log.close()
    reopened = Home(tmp_path, topic={"segment_bytes": 200}).open()
    assert values(reopened) == ["kept", "second", "third" * 15]
    assert reopened.producers.entries[1].last_sequence == 1
    reopened.close()
    assert failed or number >= 6, "the roll has fewer steps than this test thinks"


# --- checked in a thread -------------------------------------------------------------------------------------------


def test_large_batches_that_must_be_looked_into_may_be_checked_ahead(home: Home) -> None:
    home.topic["compression_type"] = "zstd"
    log = home.create()
    small, large = batch("a"), batch("b" * 40_000)
    assert not log.needs_thread(small)
    assert log.needs_thread(large)
    admitted = log.admit(large, wall_ms=NOW)
    log.append_as_leader(large, leader_epoch=2, wall_ms=NOW, admitted=admitted)
    (found,) = read_all(log)
    assert found.codec == 4
    assert found.crc_is_valid()
    admitted = log.admit(batch("c" * 40_000), wall_ms=NOW)
    home.topic["compression_type"] = "gzip"  # changed meanwhile: it is checked again
    log.update_config(home.config)
    log.append_as_leader(batch("c" * 40_000), leader_epoch=2, wall_ms=NOW, admitted=admitted)
    assert [each.codec for each in read_all(log)] == [4, 1]
    log.close()


def test_what_flush_messages_wants(home: Home) -> None:
    home.topic["flush_messages"] = 2
    log = home.create()
    append(log, "a")
    assert not log.needs_flush
    append(log, "b")
    assert log.needs_flush
    log.flushed_to(2, NOW)
    assert not log.needs_flush
    log.close()
