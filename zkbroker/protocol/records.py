"""Record batches (magic 2) as views: the header is unpacked once, records only when somebody asks for them.

The checksum covers what stands after it, so base offset and leader epoch, which stand before it, may be stamped
into a batch at no cost. Source: KIP-98; reference layout of org.apache.kafka.common.record.DefaultRecordBatch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
from fastcrc import crc32

from zkbroker.protocol.compression import Codec, Undecompressible, compress, decompress
from zkbroker.protocol.primitives import Buffer

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    value = attrs.define  # a frozen one takes five times as long to make, and there is one for each record

HEADER: Final = Struct(">qiibIhiqqqhii")
HEADER_BYTES: Final = HEADER.size
LOG_OVERHEAD: Final = 12  # base offset and length, which the length does not count
CRC_POSITION: Final = 17
CRC_START: Final = 21  # what the checksum covers begins here
MAGIC_POSITION: Final = 16
CURRENT_MAGIC: Final = 2

CODEC_MASK: Final = 0x07
LOG_APPEND_TIME: Final = 0x08
TRANSACTIONAL: Final = 0x10
CONTROL: Final = 0x20
DELETE_HORIZON: Final = 0x40

NO_TIMESTAMP: Final = -1
NO_PRODUCER_ID: Final = -1
NO_PRODUCER_EPOCH: Final = -1
NO_SEQUENCE: Final = -1
NO_LEADER_EPOCH: Final = -1

MAX_DECOMPRESSED_BYTES: Final = 128 * 1024 * 1024
"""What the records of one batch may become, unless the caller allows more or less."""

Header: TypeAlias = tuple[str, bytes | None]
"""Key and value. Bytes of a key that are not UTF-8 survive as surrogates."""


class MalformedRecords(ValueError):
    """Bytes that are no record batch; says what was wrong, and at which byte of what was given."""


class TimestampType(IntEnum):
    CREATE_TIME = 0  # each record has its own, from its producer
    LOG_APPEND_TIME = 1  # all have the batch's, from the broker


class ControlType(IntEnum):
    """What a control record says."""

    ABORT = 0
    COMMIT = 1


@value
class Record:
    """One record; in a batch to be built, the offset does not count."""

    offset: int
    timestamp: int  # ms of wall time, -1 none
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


class RecordBatch:
    """A batch in somebody else's memory. `data` is exactly the batch.

    Attributes are the header as it stands there; nothing is checked but what `read_batches` checks.
    """

    __slots__ = (
        "attributes",
        "base_offset",
        "base_sequence",
        "base_timestamp",
        "batch_length",
        "crc",
        "data",
        "last_offset_delta",
        "magic",
        "max_timestamp",
        "partition_leader_epoch",
        "producer_epoch",
        "producer_id",
        "record_count",
    )

    data: memoryview
    base_offset: int
    batch_length: int  # bytes after this field: size_in_bytes - 12
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int  # the delete horizon, where attributes say so
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    def __init__(self, data: memoryview) -> None:
        """Raises: struct.error if `data` is shorter than a header."""
        self.data = data
        (
            self.base_offset,
            self.batch_length,
            self.partition_leader_epoch,
            self.magic,
            self.crc,
            self.attributes,
            self.last_offset_delta,
            self.base_timestamp,
            self.max_timestamp,
            self.producer_id,
            self.producer_epoch,
            self.base_sequence,
            self.record_count,
        ) = HEADER.unpack_from(data)

    def __repr__(self) -> str:
        return (
            f"<RecordBatch offsets {self.base_offset} to {self.last_offset}, {self.record_count} records, "
            f"{self.size_in_bytes} bytes, leader epoch {self.partition_leader_epoch}>"
        )

    @property
    def size_in_bytes(self) -> int:
        return self.batch_length + LOG_OVERHEAD

    @property
    def last_offset(self) -> int:
        return self.base_offset + self.last_offset_delta

    @property
    def last_sequence(self) -> int:
        """-1 without a sequence; after 2**31 - 1 comes 0."""
        if self.base_sequence == NO_SEQUENCE:
            return NO_SEQUENCE
        return (self.base_sequence + self.last_offset_delta) & 0x7FFFFFFF

    @property
    def codec(self) -> int:
        """A Codec, or 5 to 7, which do not exist."""
        return self.attributes & CODEC_MASK

    @property
    def timestamp_type(self) -> TimestampType:
        return TimestampType((self.attributes & LOG_APPEND_TIME) >> 3)

    @property
    def is_transactional(self) -> bool:
        return bool(self.attributes & TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        return bool(self.attributes & CONTROL)

    @property
    def delete_horizon_ms(self) -> int | None:
        """From when tombstones and markers in it may be removed. Source: KIP-534."""
        return self.base_timestamp if self.attributes & DELETE_HORIZON else None

    def crc_is_valid(self) -> bool:
        return self.crc == crc32.iscsi(self.data[CRC_START:])

    def records(self, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> Iterator[Record]:
        """The records in order, decompressed to at most `max_bytes`.

        Raises: MalformedRecords, possibly after good ones.
        """
        if self.record_count == 0 and len(self.data) == HEADER_BYTES:
            return iter(())  # what compaction leaves of a producer's last batch
        body = self.data[HEADER_BYTES:]
        try:
            content = decompress(self.codec, body, max(max_bytes, len(body)))
        except Undecompressible as error:
            raise MalformedRecords(f"records at offset {self.base_offset}: {error}") from None
        append_time = self.max_timestamp if self.attributes & LOG_APPEND_TIME else None
        return _read_records(content, self.record_count, self.base_offset, self.base_timestamp, append_time)

    def control_type(self) -> ControlType | None:
        """What a control batch says, None for one of no known type. Raises: MalformedRecords."""
        for record in self.records():
            if record.key is None or len(record.key) < 4:
                raise MalformedRecords(f"a control record without a type at offset {record.offset}")
            number = int.from_bytes(record.key[2:4], "big", signed=True)
            return ControlType(number) if number in (0, 1) else None
        return None


def read_batches(buffer: Buffer, *, torn_tail: bool = False) -> Iterator[RecordBatch]:
    """The batches that stand one after the other in `buffer`, checksums not verified.

    With `torn_tail`, a batch that goes on after the buffer ends is left out: so Fetch cuts what it sends.
    Raises: MalformedRecords, at the batch that is none.
    """
    view = memoryview(buffer)
    end = len(view)
    at = 0
    while at < end:
        left = end - at
        if left >= HEADER_BYTES:
            batch = RecordBatch(view[at:])
            size = batch.batch_length + LOG_OVERHEAD
            if batch.magic != CURRENT_MAGIC:
                raise MalformedRecords(f"a batch of magic {batch.magic} at byte {at}")
            if size < HEADER_BYTES:
                raise MalformedRecords(f"a batch of {size} bytes at byte {at}")
            if size <= left:
                batch.data = view[at : at + size]
                yield batch
                at += size
                continue
        else:
            size = HEADER_BYTES
        if torn_tail:
            return
        raise MalformedRecords(f"a batch of at least {size} bytes at byte {at}, {left} are left")


def _read_records(
    data: bytes, count: int, base_offset: int, base_timestamp: int, append_time: int | None
) -> Iterator[Record]:
    at = 0
    limit = len(data)
    timestamp = append_time
    try:
        for _ in range(count):
            start = at
            n = data[at]
            at += 1
            if n > 127:
                n, at = _long_varint(data, at, n)
            end = at + ((n >> 1) ^ -(n & 1))
            if end > limit:
                raise MalformedRecords(f"a record that ends after the batch, at byte {start} of the records")
            at += 1  # attributes, of which there are none yet
            n = data[at]
            at += 1
            if n > 127:
                n, at = _long_varint(data, at, n)
            if append_time is None:
                timestamp = base_timestamp + ((n >> 1) ^ -(n & 1))
            n = data[at]
            at += 1
            if n > 127:
                n, at = _long_varint(data, at, n)
            offset = base_offset + ((n >> 1) ^ -(n & 1))
            n = data[at]
            at += 1
            if n > 127:
                n, at = _long_varint(data, at, n)
            key = None
            if not n & 1:
                n >>= 1
                key = data[at : at + n]
                at += n
            n = data[at]
            at += 1
            if n > 127:
                n, at = _long_varint(data, at, n)
            content = None
            if not n & 1:
                n >>= 1
                content = data[at : at + n]
                at += n
            n = data[at]
            at += 1
            headers: Sequence[Header] = ()
            if n:
                headers, at = _read_headers(data, at, n, end)
            if at != end:
                raise MalformedRecords(
                    f"a record should end at byte {end} of the records and ends at byte {at}"
                )
            yield Record(offset, timestamp, key, content, headers)  # type: ignore[arg-type]
    except IndexError:
        raise MalformedRecords(f"{limit} bytes hold less than {count} records") from None
    if at != limit:
        raise MalformedRecords(f"{limit - at} bytes follow the last of {count} records")


def _read_headers(data: bytes, at: int, first: int, end: int) -> tuple[list[Header], int]:
    """The headers of a record that ends at `end`, and where they end. `first` begins their count, `at` is next."""
    n = first
    if n > 127:
        n, at = _long_varint(data, at, n)
    count = (n >> 1) ^ -(n & 1)
    if count < 0 or 2 * count > end - at:
        raise MalformedRecords(f"a record with {count} headers before byte {at} of the records")
    headers: list[Header] = []
    for _ in range(count):
        size, at = _varint(data, at)
        if size < 0 or size > end - at:
            raise MalformedRecords(f"a header key of {size} bytes before byte {at} of the records")
        key = data[at : at + size].decode("utf-8", "surrogateescape")
        at += size
        size, at = _varint(data, at)
        content = None
        if size >= 0:
            content = data[at : at + size]
            at += size
        headers.append((key, content))
    return headers, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    n = data[at]
    at += 1
    if n > 127:
        n, at = _long_varint(data, at, n)
    return (n >> 1) ^ -(n & 1), at


def _long_varint(data: bytes, at: int, first: int) -> tuple[int, int]:
    """A varint before zigzag, and where it ends; `first` is its first byte, `at` the next."""
    n = first & 0x7F
    shift = 7
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 0x7F) << shift
        if byte < 0x80:
            return n, at
        shift += 7
        if shift > 63:
            raise MalformedRecords(f"a varint of more than 10 bytes before byte {at} of the records")


class BatchBuilder:
    """Collects records and makes one batch of them."""

    def __init__(
        self, codec: int = Codec.NONE, level: int | None = None, *, delete_horizon_ms: int | None = None
    ) -> None:
        """With a delete horizon, the batch has it in the place of its first timestamp. Source: KIP-534."""
        self._codec = codec
        self._level = level
        self._body = bytearray()
        self._horizon = delete_horizon_ms
        self._base_timestamp = NO_TIMESTAMP if delete_horizon_ms is None else delete_horizon_ms
        self._max_timestamp = NO_TIMESTAMP
        self._last_offset_delta = -1
        self._count = 0

    def __len__(self) -> int:
        """How many records it has."""
        return self._count

    @property
    def size_in_bytes(self) -> int:
        """What the batch takes before compression."""
        return HEADER_BYTES + len(self._body)

    def append(
        self,
        key: bytes | None,
        value: bytes | None,
        timestamp: int,
        headers: Sequence[Header] = (),
        *,
        offset_delta: int | None = None,
    ) -> int:
        """Add a record; returns its offset delta: the next one, unless compaction keeps a gap."""
        delta = self._last_offset_delta + 1 if offset_delta is None else offset_delta
        if not self._count and self._horizon is None:
            self._base_timestamp = timestamp
        record = bytearray(1)  # attributes
        append_varint(record, timestamp - self._base_timestamp)
        append_varint(record, delta)
        _append_bytes(record, key)
        _append_bytes(record, value)
        append_varint(record, len(headers))
        for name, content in headers:
            _append_bytes(record, name.encode("utf-8", "surrogateescape"))
            _append_bytes(record, content)
        append_varint(self._body, len(record))
        self._body += record
        self._count += 1
        self._last_offset_delta = delta
        self._max_timestamp = max(self._max_timestamp, timestamp)
        return delta

    def build(
        self,
        *,
        base_offset: int = 0,
        partition_leader_epoch: int = NO_LEADER_EPOCH,
        producer_id: int = NO_PRODUCER_ID,
        producer_epoch: int = NO_PRODUCER_EPOCH,
        base_sequence: int = NO_SEQUENCE,
        is_transactional: bool = False,
        is_control: bool = False,
        log_append_time: int | None = None,
        last_offset_delta: int | None = None,
    ) -> bytearray:
        """The batch. `last_offset_delta` is the last record's, unless compaction keeps a larger one.

        With `log_append_time` the batch has that type and time, whatever its records say.
        """
        attributes = self._codec
        max_timestamp = self._max_timestamp
        if log_append_time is not None:
            attributes |= LOG_APPEND_TIME
            max_timestamp = log_append_time
        if is_transactional:
            attributes |= TRANSACTIONAL
        if is_control:
            attributes |= CONTROL
        if self._horizon is not None:
            attributes |= DELETE_HORIZON
        body: Buffer = self._body
        if self._codec != Codec.NONE and self._count:
            body = compress(self._codec, body, self._level)
        batch = bytearray(
            HEADER.pack(
                base_offset,
                HEADER_BYTES - LOG_OVERHEAD + len(body),
                partition_leader_epoch,
                CURRENT_MAGIC,
                0,
                attributes,
                self._last_offset_delta if last_offset_delta is None else last_offset_delta,
                self._base_timestamp,
                max_timestamp,
                producer_id,
                producer_epoch,
                base_sequence,
                self._count,
            )
        )
        batch += body
        write_crc(batch)
        return batch


def build_batch(
    records: Iterable[Record],
    *,
    codec: int = Codec.NONE,
    level: int | None = None,
    base_offset: int = 0,
    partition_leader_epoch: int = NO_LEADER_EPOCH,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    base_sequence: int = NO_SEQUENCE,
    is_transactional: bool = False,
    is_control: bool = False,
    log_append_time: int | None = None,
) -> bytearray:
    """One batch of these records, at the offsets from `base_offset` on."""
    builder = BatchBuilder(codec, level)
    for record in records:
        builder.append(record.key, record.value, record.timestamp, record.headers)
    return builder.build(
        base_offset=base_offset,
        partition_leader_epoch=partition_leader_epoch,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        is_transactional=is_transactional,
        is_control=is_control,
        log_append_time=log_append_time,
    )


_marker_key = Struct(">hh")
_marker_value = Struct(">hi")


def control_batch(
    control_type: ControlType,
    *,
    producer_id: int,
    producer_epoch: int,
    coordinator_epoch: int,
    timestamp: int,
    base_offset: int = 0,
    partition_leader_epoch: int = NO_LEADER_EPOCH,
) -> bytearray:
    """The marker that ends a transaction in a partition."""
    builder = BatchBuilder()
    builder.append(_marker_key.pack(0, control_type), _marker_value.pack(0, coordinator_epoch), timestamp)
    return builder.build(
        base_offset=base_offset,
        partition_leader_epoch=partition_leader_epoch,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        is_transactional=True,
        is_control=True,
    )


def control_coordinator_epoch(record: Record) -> int:
    """The coordinator epoch in the value of a marker. Raises: MalformedRecords."""
    if record.value is None or len(record.value) < _marker_value.size:
        raise MalformedRecords(f"a marker of {len(record.value or b'')} bytes at offset {record.offset}")
    return int(_marker_value.unpack_from(record.value)[1])


def write_crc(batch: bytearray | memoryview) -> None:
    """Write the checksum that the rest of the batch has."""
    checksum = crc32.iscsi(memoryview(batch)[CRC_START:])
    batch[CRC_POSITION:CRC_START] = checksum.to_bytes(4, "big")


def append_varint(out: bytearray, value: int) -> None:
    """A signed number: zigzag, then seven bits a byte."""
    n = (value << 1) ^ (value >> 63)
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)


def _append_bytes(out: bytearray, content: bytes | None) -> None:
    if content is None:
        out.append(1)  # -1
    else:
        append_varint(out, len(content))
        out += content
