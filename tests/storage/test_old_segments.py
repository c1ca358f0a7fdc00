"""Segments that a Kafka before 0.11 wrote: message sets of magic 0 and 1, which stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.compaction_support import Cleaner, keyed, put, replicate
from tests.storage.support import NOW, Home
from tests.storage.test_kafka_reads_our_files import require_nothing_wrong, stop
from tests.support.peers import JavaTools
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.legacy import build_message_set, read_any
from zkbroker.protocol.records import Record
from zkbroker.storage.log import Log

CODECS = (Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4)


def old_records(start: int, count: int, key: str | None = "k") -> list[Record]:
    """Keys `k0` to `k9` again and again; every fifth is a tombstone."""
    return [
        Record(
            offset,
            NOW + offset,
            None if key is None else f"{key}{offset % 10}".encode(),
            None if offset % 5 == 4 else f"v{offset}".encode(),
        )
        for offset in range(start, start + count)
    ]


def segment(start: int, sizes: list[int], magic: int, codec: Codec) -> bytes:
    """Message sets, one after the other, as so many produce requests left them."""
    content = b""
    for count in sizes:
        content += build_message_set(old_records(start, count), magic, codec, append_time=0)
        start += count
    return content


@pytest.fixture(params=[(magic, codec) for magic in (0, 1) for codec in CODECS], ids=str)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """Two sealed segments of an old format, and one that goes on with current batches; no indexes."""
    magic, codec = request.param
    home = Home(
        tmp_path,
        topic={"segment_bytes": 6_000, "index_interval_bytes": 60, "cleanup_policy": ("compact",)},
    )
    directory = tmp_path / "topic-0"
    directory.mkdir()
    (directory / f"{0:020d}.log").write_bytes(segment(0, [1, 7, 4, 1, 1, 6], magic, codec))
    (directory / f"{20:020d}.log").write_bytes(segment(20, [5, 5, 10], magic, codec))
    last = segment(40, [2, 3], magic, codec)
    last += bytes(keyed([("new", "1"), ("newer", "1")], NOW + 45, base_offset=45))
    (directory / f"{40:020d}.log").write_bytes(last)
    return home


def contents(log: Log, start: int = 0) -> Iterator[Record]:
    offset = start
    while offset < log.log_end_offset:
        with log.read(offset, 1 << 20, upper_offset=log.log_end_offset) as piece:
            content = piece.read()
            following = piece.next_offset
        if following <= offset:
            return  # a hole at the end
        for each in read_any(content):
            yield from (record for record in each.records() if record.offset >= start)
        offset = following


def times(log: Log) -> bool:
    """Whether the old format has timestamps."""
    return next(contents(log)).timestamp >= 0


@pytest.mark.parametrize("clean", [True, False])
def test_every_record_is_read_found_and_kept(old: Home, clean: bool) -> None:
    log = old.open(clean=clean, recovery_point=47 if clean else 0)
    assert log.log_end_offset == 47
    expected = [(each.offset, each.key, each.value) for each in old_records(0, 45)]
    found = [(each.offset, each.key, each.value) for each in contents(log)]
    assert found[:45] == expected
    assert [offset for offset, _, _ in found[45:]] == [45, 46]
    for start in range(47):
        assert next(contents(log, start)).offset == start
    if times(log):
        for offset in range(45):
            there = log.offset_for_timestamp(NOW + offset)
            assert there is not None and (there.offset, there.timestamp) == (offset, NOW + offset)
    else:
        there = log.offset_for_timestamp(NOW)
        assert there is not None and there.offset == 45
    assert put(log, ("k", "x")).first_offset == 47
    log.close()


def test_a_follower_takes_them(old: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    log = old.open()
    copy = Home(tmp_path_factory.mktemp("copy"), topic=old.topic)
    follower = copy.create()
    while follower.log_end_offset < log.log_end_offset:
        with log.read(follower.log_end_offset, 300, upper_offset=log.log_end_offset) as piece:
            follower.append_as_follower(memoryview(bytearray(piece.read())), wall_ms=NOW)
    assert list(contents(follower)) == list(contents(log))
    log.close()
    follower.close()


@pytest.mark.parametrize(("offset", "kept"), [(3, 1), (8, 8), (21, 20), (43, 42), (46, 45)])
def test_a_truncation_drops_the_whole_wrapper_and_the_leader_sends_it_again(
    old: Home, offset: int, kept: int
) -> None:
    log = old.open()
    before = list(contents(log))
    with log.read(offset, 1 << 20, upper_offset=47) as piece:
        again = memoryview(bytearray(piece.read()))
    assert log.truncate_to(offset)
    assert log.log_end_offset in (kept, offset)
    left = list(contents(log))
    assert left == before[: len(left)] and kept <= len(left) <= offset
    log.append_as_follower(again, wall_ms=NOW)
    found = list(contents(log))
    assert found == before[: len(found)] and len(found) > offset
    log.close()


def test_compaction_keeps_the_last_of_each_key(old: Home) -> None:
    log = old.open()
    log.roll(NOW)
    put(log, ("end", "1"))
    replicate(log)
    before = list(contents(log))
    cleaner = Cleaner()
    for _ in range(2):
        assert cleaner.clean(log, NOW)
    last: dict[bytes, Record] = {}
    for each in before:
        if each.key is not None:
            last[each.key] = each
    kept = [each for each in contents(log) if each.value is not None]
    assert kept == sorted(
        (each for each in last.values() if each.value is not None), key=lambda each: each.offset
    )
    log.close()
    again = old.open()
    assert list(contents(again)) == list(contents(again))
    assert [each for each in contents(again) if each.value is not None] == kept
    again.close()


@pytest.mark.peers
def test_dump_log_segments(old: Home, java_tools: JavaTools) -> None:
    """Kafka's tool agrees with the indexes that were rebuilt."""
    log = old.open()
    stop(log)
    require_nothing_wrong(java_tools, old.path / "topic-0")
