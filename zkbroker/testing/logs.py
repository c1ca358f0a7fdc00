"""Partition logs as they lie on disk, read without the broker's own code, and compared across replicas."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

_HEADER = struct.Struct(
    ">qiibIh"
)  # base offset, length after this field, leader epoch, magic, CRC, attributes
_LENGTH_BEFORE_BATCH = 12
_LAST_OFFSET_DELTA = struct.Struct(">i")
_LAST_OFFSET_DELTA_POSITION = 23

CODEC_NAMES = ("none", "gzip", "snappy", "lz4", "zstd")


@attrs.frozen
class StoredBatch:
    """One record batch (format version 2) of a segment file, whole."""

    base_offset: int
    last_offset: int
    leader_epoch: int
    codec: str
    content: bytes

    def __str__(self) -> str:
        offsets = f"offsets {self.base_offset}-{self.last_offset}"
        return f"{offsets}, epoch {self.leader_epoch}, {len(self.content)} bytes"


@attrs.frozen
class StoredLog:
    """All batches of one replica in order, and its leader-epoch-checkpoint as (epoch, start offset)."""

    batches: tuple[StoredBatch, ...]
    leader_epochs: tuple[tuple[int, int], ...]

    @property
    def start_offset(self) -> int:
        """The first offset there is; 0 in an empty log."""
        return self.batches[0].base_offset if self.batches else 0

    @property
    def end_offset(self) -> int:
        """One past the last offset."""
        return self.batches[-1].last_offset + 1 if self.batches else 0


def read_log(directory: Path) -> StoredLog:
    """The log in a partition's directory, while nobody writes to it; a torn end is left out."""
    segments = sorted(directory.glob("*.log"))
    batches = tuple(batch for segment in segments for batch in _read_segment(segment.read_bytes()))
    return StoredLog(batches, read_leader_epochs(directory))


def read_leader_epochs(directory: Path) -> tuple[tuple[int, int], ...]:
    """The (epoch, start offset) pairs of a partition's leader-epoch-checkpoint; none without the file."""
    file = directory / "leader-epoch-checkpoint"
    if not file.exists():
        return ()
    _version, count, *lines = file.read_text().split("\n")
    pairs = (line.split() for line in lines[: int(count)])
    return tuple((int(epoch), int(offset)) for epoch, offset in pairs)


def require_identical(logs: Mapping[int, StoredLog]) -> None:
    """Every replica (by broker id) holds the same log: the same batches byte for byte from the highest log
    start to one end, and the same leader epochs.

    Raises: AssertionError that names the first difference.
    """
    start = max(log.start_offset for log in logs.values())
    first, *others = sorted(logs)
    reference = [batch for batch in logs[first].batches if batch.base_offset >= start]
    for other in others:
        found = [batch for batch in logs[other].batches if batch.base_offset >= start]
        for ours, theirs in zip(reference, found, strict=False):
            assert ours == theirs, f"broker {first} has {ours}, broker {other} has {theirs}"
        ends = {broker_id: logs[broker_id].end_offset for broker_id in (first, other)}
        assert len(reference) == len(found), f"the logs end at different offsets: {ends}"
        epochs = {broker_id: _epochs_from(logs[broker_id], start) for broker_id in (first, other)}
        assert epochs[first] == epochs[other], f"the leader epochs differ: {epochs}"


def _epochs_from(log: StoredLog, start: int) -> list[tuple[int, int]]:
    """The leader epochs from `start` on; one that began earlier counts from there."""
    later = [(epoch, offset) for epoch, offset in log.leader_epochs if offset > start]
    earlier = [(epoch, start) for epoch, offset in log.leader_epochs if offset <= start]
    return earlier[-1:] + later


def _read_segment(content: bytes) -> Iterator[StoredBatch]:
    position = 0
    while position + _HEADER.size <= len(content):
        base_offset, length, leader_epoch, magic, _crc, attributes = _HEADER.unpack_from(content, position)
        end = position + _LENGTH_BEFORE_BATCH + length
        if length <= 0 or end > len(content):
            return
        assert magic == 2, f"a batch of format {magic} at byte {position}"
        (delta,) = _LAST_OFFSET_DELTA.unpack_from(content, position + _LAST_OFFSET_DELTA_POSITION)
        codec = CODEC_NAMES[attributes & 0x07]
        yield StoredBatch(base_offset, base_offset + delta, leader_epoch, codec, content[position:end])
        position = end
