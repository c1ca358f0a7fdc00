"""What a leader checks of a batch before it appends it.

The default looks at the header and the checksum; record by record only where the topic needs it. Runs on memory
alone, so a large batch may be checked in a worker thread before the append. Source: LogValidator of Kafka 3.9.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

import attrs
from fastcrc import crc32

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.records import (
    CODEC_MASK,
    CONTROL,
    CRC_START,
    CURRENT_MAGIC,
    HEADER,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD,
    NO_TIMESTAMP,
    TRANSACTIONAL,
    BatchBuilder,
    MalformedRecords,
    Record,
    RecordBatch,
    write_crc,
)
from zkbroker.storage.appends import AppendOrigin

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig

LONGEST: Final = 2**63 - 1
_HIGHEST_CODEC: Final = max(Codec)
_ATTRIBUTES_POSITION: Final = 21
_MAX_TIMESTAMP_POSITION: Final = 35
_ATTRIBUTES = Struct(">h")
_TIMESTAMP = Struct(">q")

_CODECS: Final = {
    "uncompressed": Codec.NONE,
    "gzip": Codec.GZIP,
    "snappy": Codec.SNAPPY,
    "lz4": Codec.LZ4,
    "zstd": Codec.ZSTD,
}

FusedHeader = tuple[int, int, int, int, int, int, int, int, int, int, int, int, int]
"""base offset, length, leader epoch, magic, crc, attributes, last offset delta, base timestamp, max timestamp,
producer id, producer epoch, base sequence, record count"""


class RecordsRefused(KafkaError):
    """A refusal that names records. Source: KIP-467."""

    def __init__(self, code: ErrorCode, message: str, records: list[tuple[int, str]]) -> None:
        super().__init__(code, message)
        self.records = records  # (index in the batch, what is wrong with it)


@attrs.frozen
class AppendRules:
    """A topic's configuration as far as it concerns what may be appended."""

    max_message_bytes: int
    timestamp_before_max_ms: int
    timestamp_after_max_ms: int
    log_append_time: bool
    compacted: bool
    codec: int | None  # None: keep the producer's
    compression_level: int | None
    look_inside: bool  # check every record, not only the header
    header_suffices: bool  # what is checked of every batch is all

    @classmethod
    def of(cls, config: TopicConfig, *, deep_validation: bool) -> AppendRules:
        """`deep_validation`: the broker's record.validation is deep."""
        codec = _CODECS.get(config.compression_type)
        levels = {
            Codec.GZIP: config.compression_gzip_level,
            Codec.LZ4: config.compression_lz4_level,
            Codec.ZSTD: config.compression_zstd_level,
        }
        log_append_time = config.message_timestamp_type == "LogAppendTime"
        bounded_before = config.message_timestamp_before_max_ms < LONGEST and not log_append_time
        bounded_after = config.message_timestamp_after_max_ms < LONGEST and not log_append_time
        look_inside = deep_validation or config.is_compacted or bounded_before
        return cls(
            config.max_message_bytes,
            config.message_timestamp_before_max_ms if bounded_before else LONGEST,
            config.message_timestamp_after_max_ms if bounded_after else LONGEST,
            log_append_time,
            config.is_compacted,
            codec,
            None if codec is None else levels.get(codec),
            look_inside,
            not (look_inside or log_append_time or bounded_after) and codec is None,
        )

    def needs_thought(self, records: memoryview) -> bool:
        """Whether `admit` would look at each record, or compress again: work for a thread if the batch is large."""
        if self.header_suffices or len(records) < HEADER_BYTES:
            return False
        codec = records[_ATTRIBUTES_POSITION + 1] & CODEC_MASK
        return self.look_inside or (self.codec is not None and self.codec != codec)


@attrs.frozen
class Admitted:
    """A batch that was checked ahead of its append, under these rules."""

    rules: AppendRules
    records: memoryview
    header: FusedHeader


def admit(
    records: memoryview, rules: AppendRules, wall_ms: int, origin: AppendOrigin, name: str
) -> tuple[memoryview, FusedHeader]:
    """Check one batch; returns it (rewritten where the topic asks for that) and its header.

    `records` must be writable: timestamps are stamped in place. `name` is the partition's, for messages.
    Raises: CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP, UNSUPPORTED_COMPRESSION_TYPE.
    """
    size = len(records)
    if size < HEADER_BYTES:
        raise KafkaError(ErrorCode.CORRUPT_MESSAGE, f"{name}: {size} bytes are no record batch")
    header: FusedHeader = HEADER.unpack_from(records)
    base_offset, length, _, magic, crc, attributes, delta, _, _, producer_id, epoch, sequence, count = header
    if magic != CURRENT_MAGIC:
        raise KafkaError(ErrorCode.INVALID_RECORD, f"{name}: a batch of magic {magic}, not {CURRENT_MAGIC}")
    if length + LOG_OVERHEAD != size:
        if HEADER_BYTES <= length + LOG_OVERHEAD < size:
            raise KafkaError(ErrorCode.INVALID_RECORD, f"{name}: more than one record batch")
        raise KafkaError(
            ErrorCode.CORRUPT_MESSAGE, f"{name}: a batch of {length + LOG_OVERHEAD} bytes in {size} bytes"
        )
    if size > rules.max_message_bytes:
        raise KafkaError(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"{name}: the batch is {size} bytes, max.message.bytes is {rules.max_message_bytes}",
        )
    if crc32.iscsi(records[CRC_START:]) != crc:
        raise KafkaError(ErrorCode.CORRUPT_MESSAGE, f"{name}: the batch does not match its checksum")
    if attributes & CODEC_MASK > _HIGHEST_CODEC:
        raise KafkaError(
            ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, f"{name}: codec {attributes & CODEC_MASK} is not known"
        )
    if count <= 0 or delta != count - 1:
        raise KafkaError(
            ErrorCode.INVALID_RECORD,
            f"{name}: the batch says it has {count} records and ends at offset {delta}",
        )
    if origin is AppendOrigin.CLIENT:
        if base_offset:
            raise KafkaError(
                ErrorCode.INVALID_RECORD, f"{name}: the batch's base offset is {base_offset}, not 0"
            )
        if attributes & CONTROL:
            raise KafkaError(ErrorCode.INVALID_RECORD, f"{name}: clients may not write control records")
        if producer_id >= 0 and (sequence < 0 or epoch < 0):
            raise KafkaError(
                ErrorCode.INVALID_RECORD,
                f"{name}: producer {producer_id} sent epoch {epoch} and sequence {sequence}",
            )
    if attributes & TRANSACTIONAL and producer_id < 0:
        raise KafkaError(ErrorCode.INVALID_RECORD, f"{name}: a transactional batch without a producer id")
    if rules.header_suffices and not attributes & LOG_APPEND_TIME:
        return records, header
    return _admit_thoroughly(records, header, rules, wall_ms, origin, name)


def _admit_thoroughly(
    records: memoryview,
    header: FusedHeader,
    rules: AppendRules,
    wall_ms: int,
    origin: AppendOrigin,
    name: str,
) -> tuple[memoryview, FusedHeader]:
    """The rest of `admit`, for topics that ask for more than the header's checks.

    What our own coordinators write is not looked into: they give every record a key.
    """
    attributes, max_timestamp = header[5], header[8]
    if attributes & LOG_APPEND_TIME and (rules.log_append_time or max_timestamp == NO_TIMESTAMP):
        raise KafkaError(
            ErrorCode.INVALID_TIMESTAMP, f"{name}: a producer may not set the timestamp type to LogAppendTime"
        )
    recompress = (
        rules.codec is not None and rules.codec != attributes & CODEC_MASK and not attributes & CONTROL
    )
    if recompress or (rules.look_inside and origin is AppendOrigin.CLIENT):
        inside = _records_of(records, name)
        _require_good_records(inside, header, rules, wall_ms, name)
        if not attributes & LOG_APPEND_TIME:
            max_timestamp = max(record.timestamp for record in inside)
        if recompress:
            records = _recompressed(inside, header, rules)
            if len(records) > rules.max_message_bytes:
                raise KafkaError(
                    ErrorCode.MESSAGE_TOO_LARGE,
                    f"{name}: compressed as the topic asks, the batch is {len(records)} bytes, "
                    f"max.message.bytes is {rules.max_message_bytes}",
                )
    elif max_timestamp != NO_TIMESTAMP and max_timestamp - wall_ms > rules.timestamp_after_max_ms:
        raise KafkaError(
            ErrorCode.INVALID_TIMESTAMP,
            f"{name}: timestamp {max_timestamp} is later than message.timestamp.after.max.ms allows",
        )
    if rules.log_append_time:
        _stamp_time(records, wall_ms, LOG_APPEND_TIME)
    else:
        _stamp_time(records, max_timestamp, 0)
    return records, HEADER.unpack_from(records)


def _records_of(records: memoryview, name: str) -> list[Record]:
    """All records, decompressed. Raises: INVALID_RECORD."""
    try:
        return list(RecordBatch(records).records())
    except MalformedRecords as error:
        raise KafkaError(ErrorCode.INVALID_RECORD, f"{name}: {error}") from error


def _require_good_records(
    inside: list[Record], header: FusedHeader, rules: AppendRules, wall_ms: int, name: str
) -> None:
    """Raises: INVALID_RECORD for offsets with gaps and missing keys, INVALID_TIMESTAMP."""
    base_offset, attributes = header[0], header[5]
    bounded = not rules.log_append_time and not attributes & LOG_APPEND_TIME
    oldest = wall_ms - rules.timestamp_before_max_ms
    latest = wall_ms + rules.timestamp_after_max_ms
    refused: list[tuple[int, str]] = []
    code = ErrorCode.INVALID_RECORD
    for index, record in enumerate(inside):
        if record.offset != base_offset + index:
            raise KafkaError(
                ErrorCode.INVALID_RECORD,
                f"{name}: record {index} of the batch has offset delta {record.offset - base_offset}",
            )
        if rules.compacted and record.key is None:
            refused.append((index, "Compacted topic cannot accept message without key"))
        elif bounded and record.timestamp != NO_TIMESTAMP and not oldest <= record.timestamp <= latest:
            if not refused:
                code = ErrorCode.INVALID_TIMESTAMP
            refused.append(
                (
                    index,
                    f"Timestamp {record.timestamp} is out of range: it should be within {oldest} and {latest}",
                )
            )
    if refused:
        message = f"{name}: {len(refused)} of {len(inside)} records are refused; {refused[0][1]}"
        raise RecordsRefused(code, message, refused)


def _recompressed(inside: list[Record], header: FusedHeader, rules: AppendRules) -> memoryview:
    """The batch again, with the topic's codec."""
    _, _, _, _, _, attributes, _, _, max_timestamp, producer_id, producer_epoch, sequence, _ = header
    assert rules.codec is not None
    builder = BatchBuilder(rules.codec, rules.compression_level)
    for record in inside:
        builder.append(record.key, record.value, record.timestamp, record.headers)
    return memoryview(
        builder.build(
            producer_id=producer_id,
            producer_epoch=producer_epoch,
            base_sequence=sequence,
            is_transactional=attributes & TRANSACTIONAL != 0,
            log_append_time=max_timestamp if attributes & LOG_APPEND_TIME else None,
        )
    )


def _stamp_time(records: memoryview, max_timestamp: int, kind: int) -> None:
    """Set the timestamp type and the max timestamp; the checksum is made anew only if that changed anything."""
    (attributes,) = _ATTRIBUTES.unpack_from(records, _ATTRIBUTES_POSITION)
    (current,) = _TIMESTAMP.unpack_from(records, _MAX_TIMESTAMP_POSITION)
    wanted = attributes & ~LOG_APPEND_TIME | kind
    if wanted == attributes and current == max_timestamp:
        return
    _ATTRIBUTES.pack_into(records, _ATTRIBUTES_POSITION, wanted)
    _TIMESTAMP.pack_into(records, _MAX_TIMESTAMP_POSITION, max_timestamp)
    write_crc(records)
