"""The lines of `kafka-dump-log` for a .log file: one for each batch, and one for each record in it.

Source: kafka.tools.DumpLogSegments, 3.9.1.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.legacy import MessageSetEntry
from zkbroker.protocol.records import (
    CURRENT_MAGIC,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD,
    MAGIC_POSITION,
    NO_SEQUENCE,
    MalformedRecords,
    Record,
    RecordBatch,
    control_coordinator_epoch,
)

Batch = RecordBatch | MessageSetEntry
Decoder = Callable[[Record], tuple[str | None, str | None]]
"""Key and value as text; None: nothing is printed of it."""

LEAST_BYTES: Final = 14  # of an entry after offset and length: nothing smaller is a record
CONTROL_TYPES: Final = {
    0: "ABORT",
    1: "COMMIT",
    2: "LEADER_CHANGE",
    3: "SNAPSHOT_HEADER",
    4: "SNAPSHOT_FOOTER",
    5: "KRAFT_VERSION",
    6: "KRAFT_VOTERS",
}
_LENGTH = struct.Struct(">i")


def walk(content: memoryview, path: str, position: int = 0) -> Iterator[tuple[int, Batch]]:
    """(position, batch) one after the other, until the bytes end in the middle of one. Raises: Failure."""
    while position + MAGIC_POSITION < len(content):
        (size,) = _LENGTH.unpack_from(content, position + LOG_OVERHEAD - 4)
        if size < LEAST_BYTES:
            raise Failure(
                f"Found record size {size} smaller than minimum record overhead (14) in file {path}."
            )
        end = position + LOG_OVERHEAD + size
        if end > len(content):
            return
        piece = content[position:end]
        magic = piece[MAGIC_POSITION]
        try:
            if magic >= CURRENT_MAGIC and len(piece) < HEADER_BYTES:
                raise MalformedRecords(f"a batch of {len(piece)} bytes")
            yield position, RecordBatch(piece) if magic >= CURRENT_MAGIC else MessageSetEntry(piece)
        except (MalformedRecords, struct.error) as error:
            raise Failure(f"{path}, byte {position}: {error}") from error
        position = end


def last_offset(batch: Batch) -> int:
    return batch.last_offset if isinstance(batch, RecordBatch) else batch.offset


def max_timestamp_of_records(batch: Batch, path: str) -> int:
    """-1 if there are none. Raises: Failure."""
    return max((record.timestamp for record in records_of(batch, path)), default=-1)


def records_of(batch: Batch, path: str) -> list[Record]:
    """Raises: Failure, if they cannot be read."""
    try:
        return list(batch.records())
    except MalformedRecords as error:
        raise Failure(f"{path}: {error}") from error


@attrs.frozen
class LogDump:
    """How a .log file is to be shown. `say` takes text without the end of its line, or with it."""

    say: Callable[[str], object]
    deep: bool = False
    decoder: Decoder | None = None  # None: contents are not shown
    without_metadata: bool = False
    max_bytes: int | None = None

    def dump(
        self, path: str, content: memoryview, advance: Callable[[int], None] = lambda size: None
    ) -> list[tuple[int, int]]:
        """Print the file; returns the pairs of offsets that follow each other with a gap between.

        `advance` is told the size of each batch. Raises: Failure.
        """
        cut = content if self.max_bytes is None else content[: self.max_bytes]
        gaps: list[tuple[int, int]] = []
        previous = -1
        valid_bytes = 0
        for position, batch in walk(cut, path):
            advance(batch.size_in_bytes)
            self.say(f"{batch_line(batch, position)}\n")
            if self.deep:
                checksums = batch.checksums() if isinstance(batch, MessageSetEntry) else ()
                for record, checksum in zip_longest(records_of(batch, path), checksums):
                    if previous not in (-1, record.offset - 1):
                        gaps.append((previous, record.offset))
                    previous = record.offset
                    self._record(record, batch, checksum)
            valid_bytes = position + batch.size_in_bytes
        if self.max_bytes is None and valid_bytes < len(content):
            name = os.path.basename(path)
            self.say(f"Found {len(content) - valid_bytes} invalid bytes at the end of {name}\n")
        return gaps

    def _record(self, record: Record, batch: Batch, checksum: int | None) -> None:
        is_control = isinstance(batch, RecordBatch) and batch.is_control
        prefix, line = "| ", ""
        if not self.without_metadata:
            line = f"| {record_text(record, batch)}"
            if checksum is not None:
                line += f" isValid: {_java(batch.crc_is_valid())} crc: {checksum}}}"  # the brace is Kafka's
            prefix = " "
            if isinstance(batch, RecordBatch) and batch.is_control:
                line += control_text(record)
        if self.decoder is not None and not is_control:
            key, value = self.decoder(record)
            if key is not None:
                line += f"{prefix}key: {key}"
            if value is not None:
                line += f" payload: {value}"
        self.say(f"{line}\n")


def batch_line(batch: Batch, position: int) -> str:
    if isinstance(batch, RecordBatch):
        horizon = batch.delete_horizon_ms
        line = (
            f"baseOffset: {batch.base_offset} lastOffset: {batch.last_offset} count: {batch.record_count}"
            f" baseSequence: {batch.base_sequence} lastSequence: {batch.last_sequence}"
            f" producerId: {batch.producer_id} producerEpoch: {batch.producer_epoch}"
            f" partitionLeaderEpoch: {batch.partition_leader_epoch}"
            f" isTransactional: {_java(batch.is_transactional)} isControl: {_java(batch.is_control)}"
            f" deleteHorizonMs: {optional(horizon)}"
        )
        timestamp = batch.max_timestamp
    else:
        line = f"offset: {batch.offset}"
        timestamp = batch.timestamp
    codec = Codec(batch.codec).name.lower() if batch.codec <= max(Codec) else f"unknown codec {batch.codec}"
    return (
        f"{line} position: {position} {_timestamp_type(batch)}: {timestamp} size: {batch.size_in_bytes}"
        f" magic: {batch.magic} compresscodec: {codec} crc: {batch.crc} isvalid: {_java(batch.crc_is_valid())}"
    )


def record_text(record: Record, batch: Batch) -> str:
    """What is printed of a record besides its contents."""
    text = (
        f"offset: {record.offset} {_timestamp_type(batch)}: {record.timestamp}"
        f" keySize: {_size(record.key)} valueSize: {_size(record.value)}"
    )
    if isinstance(batch, RecordBatch):
        sequence = batch.base_sequence
        if sequence != NO_SEQUENCE:
            sequence = (sequence + record.offset - batch.base_offset) & 0x7FFFFFFF
        keys = ",".join(key for key, _ in record.headers)
        return f"{text} sequence: {sequence} headerKeys: [{keys}]"
    return text


def control_text(record: Record) -> str:
    key = record.key or b""
    number = int.from_bytes(key[2:4], "big", signed=True) if len(key) >= 4 else -1
    if number in (0, 1):
        epoch = control_coordinator_epoch(record)
        return f" endTxnMarker: {CONTROL_TYPES[number]} coordinatorEpoch: {epoch}"
    return f" controlType: {CONTROL_TYPES.get(number, 'UNKNOWN')}({number})"


def optional(value: int | None) -> str:
    """As Java prints an OptionalLong."""
    return "OptionalLong.empty" if value is None else f"OptionalLong[{value}]"


def _timestamp_type(batch: Batch) -> str:
    if batch.magic == 0:
        return "NoTimestampType"
    return "LogAppendTime" if batch.attributes & LOG_APPEND_TIME else "CreateTime"


def _java(value: bool) -> str:
    return "true" if value else "false"


def _size(content: bytes | None) -> int:
    return -1 if content is None else len(content)
