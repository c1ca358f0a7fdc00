"""Indexes: what is stored and what is still in memory answer alike; padding never counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.files import FILES
from zkbroker.storage.indexes import (
    OFFSET_ENTRY_BYTES,
    TIME_ENTRY_BYTES,
    TRANSACTION_ENTRY_BYTES,
    EntryFile,
    IndexCache,
    OffsetIndex,
    TimeIndex,
    TransactionIndex,
    encode_aborted_transaction,
    valid_index_bytes,
)


def entry_file(path: Path, entry_bytes: int) -> EntryFile:
    return EntryFile(FILES, IndexCache(), str(path), entry_bytes)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 500)), max_size=40),
    st.lists(st.integers(0, 40), max_size=3),
)
def test_the_floor_of_an_offset_index(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[tuple[int, int]], written_at: list[int]
) -> None:
    path = tmp_path_factory.mktemp("index") / "i"
    index = OffsetIndex(1000, entry_file(path, OFFSET_ENTRY_BYTES))
    offset, position = 1000, 0
    known = []
    for number, (offset_gap, position_gap) in enumerate(gaps):
        if number in written_at:
            index.entries.write_tail()
        offset += offset_gap
        position += position_gap
        index.add(offset, position)
        known.append((offset, position))
    for wanted in {990, 1000, offset + 5} | {at + d for at, _ in known for d in (-1, 0, 1)}:
        assert index.floor(wanted)[1] == max((p for o, p in known if o <= wanted), default=0)
    for wanted in {0, position + 1} | {at + d for _, at in known for d in (-1, 0, 1)}:
        assert index.last_boundary(wanted) == max((p for _, p in known if p <= wanted), default=0)
    assert index.last_entry[1] == position
    if known:
        cut = known[len(known) // 2][1]
        index.truncate(cut)
        assert index.entries.count == sum(p < cut for _, p in known)
        index.entries.write_tail()
        assert path.stat().st_size == index.entries.count * OFFSET_ENTRY_BYTES


def test_a_time_index_only_grows(tmp_path: Path) -> None:
    index = TimeIndex(10, entry_file(tmp_path / "t", TIME_ENTRY_BYTES))
    assert index.last_entry() == (-1, 10)
    assert index.floor_offset(5) == 10
    index.add_if_later(100, 12)
    index.add_if_later(100, 13)
    index.add_if_later(90, 14)
    index.entries.write_tail()
    index.add_if_later(110, 15)
    assert index.last_entry() == (110, 15)
    assert [index.floor_offset(at) for at in (99, 100, 109, 110, 999)] == [10, 12, 12, 15, 15]
    index.truncate(15)
    assert index.last_timestamp == 100
    index.truncate(0)
    assert index.last_timestamp == -1


def test_the_golden_transaction_entry(tmp_path: Path) -> None:
    aborted = AbortedTransaction(7, 100, 110, 120)
    golden = bytes.fromhex("0000000000000000000700000000000000640000000000" + "00006e0000000000000078")
    assert encode_aborted_transaction(aborted) == golden
    index = TransactionIndex(entry_file(tmp_path / "x", TRANSACTION_ENTRY_BYTES))
    index.entries.write_tail(create=False)
    assert not (tmp_path / "x").exists(), "a segment without aborted transactions has no file"
    index.add(aborted)
    index.entries.write_tail(create=False)
    assert (tmp_path / "x").read_bytes() == golden
    index.add(AbortedTransaction(8, 130, 140, 141))
    assert [each.producer_id for each in index] == [7, 8]
    index.truncate(140)
    assert list(index) == [aborted]


def test_a_long_tail_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "i"
    index = OffsetIndex(0, entry_file(path, OFFSET_ENTRY_BYTES))
    for number in range(1, 20_001):
        index.add(number, number * 10)
    assert 16_384 * 8 <= path.stat().st_size < 20_000 * 8
    assert index.entries.count == 20_000
    for number in (1, 8_191, 8_192, 8_193, 16_384, 20_000):
        assert index.floor(number)[1] == number * 10


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"\0" * 20, b"\1" * 5])
def test_padding_and_pieces_are_no_entries(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i"
    path.write_bytes(b"\0\0\0\1\0\0\0\2" + content)
    entries = entry_file(path, OFFSET_ENTRY_BYTES)
    entries.open_stored()
    assert entries.count == 1
    assert path.stat().st_size == 8


@given(st.binary(max_size=64), st.integers(0, 40))
def test_what_is_valid_ends_with_an_entry(content: bytes, zeros: int) -> None:
    size = valid_index_bytes(content + bytes(zeros), 8)
    assert size % 8 == 0
    assert size <= len(content) + 7
    assert size == 0 or any((content + bytes(zeros))[size - 8 : size])


def test_the_cache_forgets_the_oldest(tmp_path: Path) -> None:
    cache = IndexCache(limit_bytes=25)
    files = [EntryFile(FILES, cache, str(tmp_path / name), 1) for name in "abc"]
    for file in files[:2]:
        cache.put(file, bytes(10))
    assert cache.get(files[0]) is not None
    cache.put(files[2], bytes(10))
    assert cache.get(files[1]) is None
    assert cache.get(files[0]) is not None
    cache.put(files[0], bytes(99))
    assert cache.get(files[0]) == bytes(99)
    assert cache.get(files[2]) is None
    cache.drop(files[0])
    cache.drop(files[0])
    assert cache.get(files[0]) is None
