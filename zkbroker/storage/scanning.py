"""Walking the batches of a segment file.

A walk for headers reads as little as it can; a walk that verifies reads everything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from zkbroker.protocol.records import HEADER_BYTES, LOG_OVERHEAD, MAGIC_POSITION
from zkbroker.storage.files import Files, read_range
from zkbroker.storage.headers import (
    LEGACY_LEAST_BYTES,
    BatchHeader,
    TornBatch,
    is_intact,
    least_bytes,
    parse_header,
)

_PREFIX = struct.Struct(">qi")
_SCAN_BYTES: Final = 1024 * 1024
_HEADER_READ_BYTES: Final = 4096


def scan_headers(files: Files, fd: int, position: int, end: int) -> Iterator[BatchHeader]:
    """Headers of the batches in [position, end), reading as little as possible; stops at a torn one.

    For bytes known to be good, or for finding where they end.
    """
    chunk = b""
    chunk_position = position
    while position + LEGACY_LEAST_BYTES <= end:
        at = position - chunk_position
        if at + HEADER_BYTES > len(chunk):
            chunk = files.pread(fd, min(_HEADER_READ_BYTES, end - position), position)
            chunk_position, at = position, 0
            if len(chunk) < LEGACY_LEAST_BYTES or len(chunk) < least_bytes(chunk[MAGIC_POSITION]):
                return
        try:
            header = parse_header(chunk, at, position)
        except TornBatch:
            return
        if header.size < least_bytes(header.magic) or position + header.size > end:
            return
        yield header
        position += header.size


def scan_batches(files: Files, fd: int, position: int, end: int) -> Iterator[tuple[BatchHeader, memoryview]]:
    """Headers and whole bytes of the batches in [position, end), each checked against its checksum.

    The memoryview is valid until the next step. Raises: TornBatch at the first that is not whole and valid; OSError.
    """
    chunk = b""
    chunk_position = position
    next_offset = -1
    while position < end:
        at = position - chunk_position
        if at + LEGACY_LEAST_BYTES > len(chunk) or at + _announced_size(chunk, at) > len(chunk):
            chunk = read_range(files, fd, position, min(_SCAN_BYTES, end - position))
            chunk_position, at = position, 0
            if len(chunk) < LEGACY_LEAST_BYTES:
                raise TornBatch(position, f"{len(chunk)} bytes, which are no batch,")
        size = _announced_size(chunk, at)
        if size < least_bytes(chunk[at + MAGIC_POSITION]):
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
        if header.last_offset < header.base_offset or header.base_offset < next_offset:
            raise TornBatch(position, f"offsets {header.base_offset} to {header.last_offset}, out of order,")
        next_offset = header.last_offset + 1
        yield header, batch
        position += size


def _announced_size(chunk: bytes, at: int) -> int:
    length: int = _PREFIX.unpack_from(chunk, at)[1]
    return length + LOG_OVERHEAD
