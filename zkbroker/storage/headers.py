"""Batch headers as scans of segments and of a leader's answer see them, old message formats included. [pure]

Source: DefaultRecordBatch, KIP-98; AbstractLegacyRecordBatch for the entries of old message sets.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from fastcrc import crc32

from zkbroker.protocol.records import (
    CRC_START,
    CURRENT_MAGIC,
    HEADER,
    HEADER_BYTES,
    LOG_OVERHEAD,
    MAGIC_POSITION,
    NO_TIMESTAMP,
)

_LEGACY = struct.Struct(">qiIbbq")  # offset, size, crc, magic, attributes, timestamp (magic 1)
_LEGACY_CRC_START = 16
LEGACY_LEAST_BYTES: Final = 26  # a magic 0 record with null key and value


class BatchHeader(NamedTuple):
    """A batch as a scan of a segment finds it."""

    position: int
    size: int  # bytes, header included
    base_offset: int
    last_offset: int
    magic: int
    leader_epoch: int
    attributes: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def newest_timestamp(self) -> int:
        """Of the records that are there: a batch that compaction emptied has none, whatever its header keeps."""
        return self.max_timestamp if self.record_count else NO_TIMESTAMP


class TornBatch(Exception):
    """What begins at `position` is not a whole, valid batch."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"{reason} at byte {position}")
        self.position = position


def parse_header(buffer: bytes | memoryview, at: int, position: int) -> BatchHeader:
    """The header at `at`; the caller has made sure that enough bytes are there. Raises: TornBatch."""
    magic = buffer[at + MAGIC_POSITION]
    if magic == CURRENT_MAGIC:
        (
            base_offset,
            length,
            leader_epoch,
            _,
            _,
            attributes,
            last_offset_delta,
            base_timestamp,
            max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            record_count,
        ) = HEADER.unpack_from(buffer, at)
        return BatchHeader(
            position,
            length + LOG_OVERHEAD,
            base_offset,
            base_offset + last_offset_delta,
            magic,
            leader_epoch,
            attributes,
            base_timestamp,
            max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            record_count,
        )
    if magic > CURRENT_MAGIC:
        raise TornBatch(position, f"magic {magic}")
    offset, length, _, _, attributes, timestamp = _LEGACY.unpack_from(buffer, at)
    if magic == 0:
        timestamp = -1
    size = length + LOG_OVERHEAD
    return BatchHeader(
        position, size, offset, offset, magic, -1, attributes, timestamp, timestamp, -1, -1, -1, -1
    )


def is_intact(batch: memoryview) -> bool:
    """Whether a whole batch or legacy entry matches its checksum."""
    if batch[MAGIC_POSITION] == CURRENT_MAGIC:
        return int.from_bytes(batch[17:21], "big") == crc32.iscsi(batch[CRC_START:])
    stored = int.from_bytes(batch[12:16], "big")
    return stored == crc32.iso_hdlc(batch[_LEGACY_CRC_START:])


def least_bytes(magic: int) -> int:
    """No batch or entry of that format is smaller."""
    return HEADER_BYTES if magic == CURRENT_MAGIC else LEGACY_LEAST_BYTES
