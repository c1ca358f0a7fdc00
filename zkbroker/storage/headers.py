"""Batch headers as scans of segments and of a leader's answer see them, old message formats included.

Source: DefaultRecordBatch, KIP-98; AbstractLegacyRecordBatch for the entries of old message sets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from fastcrc import crc32

from zkbroker.protocol.records import (
    CRC_START,
    CURRENT_MAGIC,
    HEADER,
    HEADER_BYTES,
    LOG_OVERHEAD,
    MAGIC_POSITION,
)
from zkbroker.storage.files import Files, read_range

_PREFIX = struct.Struct(">qi")
_LEGACY = struct.Struct(">qiIbbq")  # offset, size, crc, magic, attributes, timestamp (magic 1)
_LEGACY_CRC_START = 16
_LEGACY_MIN_BYTES = 26  # a magic 0 record with null key and value
_SCAN_BYTES = 1024 * 1024
_HEADER_READ_BYTES = 4096


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


def _least_bytes(magic: int) -> int:
    return HEADER_BYTES if magic == CURRENT_MAGIC else _LEGACY_MIN_BYTES


def scan_headers(files: Files, fd: int, position: int, end: int) -> Iterator[BatchHeader]:
    """Headers of the batches in [position, end), reading as little as possible; stops at a torn one.

    For bytes known to be good, or for finding where they end.
    """
    chunk = b""
    chunk_position = position
    while position + _LEGACY_MIN_BYTES <= end:
        at = position - chunk_position
        if at + HEADER_BYTES > len(chunk):
            chunk = files.pread(fd, min(_HEADER_READ_BYTES, end - position), position)
            chunk_position, at = position, 0
            if len(chunk) < _LEGACY_MIN_BYTES or len(chunk) < _least_bytes(chunk[MAGIC_POSITION]):
                return
        try:
            header = parse_header(chunk, at, position)
        except TornBatch:
            return
        if header.size < _least_bytes(header.magic) or position + header.size > end:
            return
        yield header
        position += header.size


def scan_batches(files: Files, fd: int, position: int, end: int) -> Iterator[tuple[BatchHeader, memoryview]]:
    """Headers and whole bytes of the batches in [position, end), each checked against its checksum.

    The memoryview is valid until the next step. Raises: TornBatch at the first that is not whole and valid; OSError.
    """
    chunk = b""
    chunk_position = position
    while position < end:
        at = position - chunk_position
        if at + LOG_OVERHEAD > len(chunk) or at + _announced_size(chunk, at) > len(chunk):
            chunk = read_range(files, fd, position, min(_SCAN_BYTES, end - position))
            chunk_position, at = position, 0
            if len(chunk) < _LEGACY_MIN_BYTES:
                raise TornBatch(position, f"{len(chunk)} bytes, which are no batch,")
        size = _announced_size(chunk, at)
        if size < _least_bytes(chunk[at + MAGIC_POSITION]):
            raise TornBatch(position, f"a batch of {size} bytes")
        if size > end - position:
            raise TornBatch(position, f"a batch of {size} bytes that ends after the file")
        if size > len(chunk):
            chunk = read_range(files, fd, position, size)
            if len(chunk) < size:
                raise TornBatch(position, f"a batch of {size} bytes that ends after the file")
        header = parse_header(chunk, at, position)
        batch = memoryview(chunk)[at : at + size]
        if not is_intact(batch):
            raise TornBatch(position, "a batch that does not match its checksum")
        if header.last_offset < header.base_offset:
            raise TornBatch(position, f"offsets {header.base_offset} to {header.last_offset}")
        yield header, batch
        position += size


def _announced_size(chunk: bytes, at: int) -> int:
    length: int = _PREFIX.unpack_from(chunk, at)[1]
    return length + LOG_OVERHEAD
