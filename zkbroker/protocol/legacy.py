"""Message sets, as records looked before record batches (magic 0 and 1): read, converted up, and converted down.

Old producers (Produce 0 to 2) send them, old consumers (Fetch 0 to 3) want them, old segments hold them. A compressed
entry holds a message set as its value. Source: KIP-31, KIP-32; reference layout of
org.apache.kafka.common.record.AbstractLegacyRecordBatch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final

from fastcrc import crc32

from zkbroker.protocol.compression import Codec, Undecompressible, compress, decompress
from zkbroker.protocol.primitives import Buffer
from zkbroker.protocol.records import (
    CODEC_MASK,
    CURRENT_MAGIC,
    LOG_APPEND_TIME,
    LOG_OVERHEAD,
    MAGIC_POSITION,
    MAX_DECOMPRESSED_BYTES,
    NO_TIMESTAMP,
    BatchBuilder,
    MalformedRecords,
    Record,
    RecordBatch,
    read_batches,
)

_HEAD: Final = Struct(">qiIbb")  # offset, size, crc, magic, attributes
_TIME: Final = Struct(">q")
_LENGTH: Final = Struct(">i")
_CRC_START: Final = 16
_LEAST_BYTES: Final = (_HEAD.size + 8, _HEAD.size + 16)  # by magic; key and value null


class CorruptRecords(MalformedRecords):
    """An entry that does not match its checksum."""


class UnsupportedCodec(ValueError):
    """Old clients cannot read that codec at all."""


class MessageSetEntry:
    """One entry in somebody else's memory: a record, or a wrapper around compressed ones."""

    __slots__ = ("attributes", "crc", "data", "key", "magic", "offset", "timestamp", "value")

    data: memoryview
    offset: int  # of a wrapper: its last record's
    crc: int
    magic: int
    attributes: int
    timestamp: int  # of a wrapper: its largest; -1 in magic 0
    key: memoryview | None
    value: memoryview | None

    def __init__(self, data: memoryview) -> None:
        """Raises: MalformedRecords."""
        self.data = data
        self.offset, _, self.crc, self.magic, self.attributes = _HEAD.unpack_from(data)
        at = _HEAD.size
        self.timestamp = NO_TIMESTAMP
        if self.magic == 1:
            (self.timestamp,) = _TIME.unpack_from(data, at)
            at += _TIME.size
        self.key, at = self._bytes(at)
        self.value, at = self._bytes(at)
        if at != len(data):
            raise MalformedRecords(f"{len(data) - at} bytes follow the value at offset {self.offset}")

    def _bytes(self, at: int) -> tuple[memoryview | None, int]:
        if at + 4 > len(self.data):
            raise MalformedRecords(f"an entry that is cut short at offset {self.offset}")
        (size,) = _LENGTH.unpack_from(self.data, at)
        at += 4
        if size < 0:
            return None, at
        if size > len(self.data) - at:
            raise MalformedRecords(f"a key or value of {size} bytes at offset {self.offset}")
        return self.data[at : at + size], at + size

    @property
    def codec(self) -> int:
        return self.attributes & CODEC_MASK

    @property
    def size_in_bytes(self) -> int:
        return len(self.data)

    def crc_is_valid(self) -> bool:
        return self.crc == crc32.iso_hdlc(self.data[_CRC_START:])

    def records(self, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> Iterator[Record]:
        """The record, or those inside, with absolute offsets and their own checksums verified.

        Raises: MalformedRecords; CorruptRecords for one inside.
        """
        if self.codec == Codec.NONE:
            key = None if self.key is None else bytes(self.key)
            value = None if self.value is None else bytes(self.value)
            return iter((Record(self.offset, self.timestamp, key, value),))
        return self._inner(max_bytes)

    def checksums(self, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> list[int]:
        """Those that `records` verifies: its own, or of each entry inside. Raises: MalformedRecords."""
        return [self.crc] if self.codec == Codec.NONE else [each.crc for each in self._entries(max_bytes)]

    def _entries(self, max_bytes: int) -> list[MessageSetEntry]:
        if self.value is None:
            raise MalformedRecords(f"a compressed entry without a value at offset {self.offset}")
        content: Buffer = self.value
        if self.codec == Codec.LZ4 and self.magic == 0:
            content = _with_header_checksum(content, from_byte=4)
        try:
            return list(read_entries(decompress(self.codec, content, max_bytes)))
        except Undecompressible as error:
            raise MalformedRecords(f"records at offset {self.offset}: {error}") from None

    def _inner(self, max_bytes: int) -> Iterator[Record]:
        entries = self._entries(max_bytes)
        # in magic 1, offsets inside are relative, and the wrapper has the last one's
        shift = self.offset - entries[-1].offset if entries and self.magic == 1 else 0
        for entry in entries:
            if entry.codec != Codec.NONE or entry.magic != self.magic:
                raise MalformedRecords(f"an entry of another kind inside the one at offset {self.offset}")
            if not entry.crc_is_valid():
                raise CorruptRecords(f"an entry with a wrong checksum inside the one at offset {self.offset}")
            for record in entry.records():
                timestamp = self.timestamp if self.attributes & LOG_APPEND_TIME else record.timestamp
                yield Record(record.offset + shift, timestamp, record.key, record.value)


def read_entries(buffer: Buffer, *, torn_tail: bool = False) -> Iterator[MessageSetEntry]:
    """The entries of a message set, not looking into wrappers, checksums not verified.

    With `torn_tail`, an entry that goes on after the buffer ends is left out. Raises: MalformedRecords.
    """
    for magic, data in _split(memoryview(buffer), torn_tail):
        if magic == CURRENT_MAGIC:
            raise MalformedRecords("a record batch inside a message set")
        yield MessageSetEntry(data)


def read_any(buffer: Buffer, *, torn_tail: bool = False) -> Iterator[RecordBatch | MessageSetEntry]:
    """Record batches and message set entries, as old segments mix them. Raises: MalformedRecords."""
    for magic, data in _split(memoryview(buffer), torn_tail):
        if magic == CURRENT_MAGIC:
            yield from read_batches(data)
        else:
            yield MessageSetEntry(data)


def _split(view: memoryview, torn_tail: bool) -> Iterator[tuple[int, memoryview]]:
    """Magic and bytes of what stands one after the other."""
    at = 0
    while at < len(view):
        left = len(view) - at
        size = LOG_OVERHEAD
        if left > MAGIC_POSITION:
            size += int.from_bytes(view[at + 8 : at + 12], "big", signed=True)
            magic = view[at + MAGIC_POSITION]
            if magic > CURRENT_MAGIC or (magic < 2 and size < _LEAST_BYTES[magic]) or size <= MAGIC_POSITION:
                raise MalformedRecords(f"magic {magic} and a size of {size} bytes at byte {at}")
            if size <= left:
                yield magic, view[at : at + size]
                at += size
                continue
        if torn_tail:
            return
        raise MalformedRecords(f"an entry of at least {size} bytes at byte {at}, {left} are left")


def convert_up(message_set: Buffer, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> bytearray:
    """The same records as one record batch from offset 0 on, in the same codec.

    Raises: MalformedRecords, also for a compressed entry that is not alone, as in Kafka; CorruptRecords.
    """
    entries = list(read_entries(message_set))
    codec = entries[0].codec if entries else Codec.NONE
    builder = BatchBuilder(codec)
    log_append_time = None
    for entry in entries:
        if entry.codec != Codec.NONE and len(entries) > 1:
            raise MalformedRecords("a compressed entry that is not alone in its message set")
        if not entry.crc_is_valid():
            raise CorruptRecords(f"an entry with a wrong checksum at offset {entry.offset}")
        if entry.attributes & LOG_APPEND_TIME:
            log_append_time = entry.timestamp
        for record in entry.records(max_bytes):
            builder.append(record.key, record.value, record.timestamp)
    if not len(builder):
        raise MalformedRecords("a message set without records")
    return builder.build(log_append_time=log_append_time)


def convert_down(
    records: Buffer, magic: int, *, first_offset: int = 0, max_bytes: int = MAX_DECOMPRESSED_BYTES
) -> bytes:
    """Batches as a message set of that magic, 0 or 1, without headers, markers and offsets under `first_offset`.

    A last batch that is cut short is left out. Raises: UnsupportedCodec for zstd; MalformedRecords.
    """
    out = bytearray()
    for batch in read_any(records, torn_tail=True):
        if isinstance(batch, RecordBatch):
            if batch.is_control:
                continue
            append_time = batch.attributes & LOG_APPEND_TIME
        elif batch.magic <= magic:
            out += batch.data
            continue
        else:
            append_time = batch.attributes & LOG_APPEND_TIME
        if batch.codec == Codec.ZSTD:
            raise UnsupportedCodec("zstd needs Fetch version 10")
        kept = [record for record in batch.records(max_bytes) if record.offset >= first_offset]
        if kept:
            out += build_message_set(kept, magic, batch.codec, append_time=append_time if magic else 0)
    return bytes(out)


def build_message_set(records: Sequence[Record], magic: int, codec: int, *, append_time: int) -> bytes:
    """These records at their offsets; `append_time` is the attribute bit that says whose the timestamps are, or 0."""
    if codec == Codec.NONE:
        return b"".join(_entry(r.offset, magic, append_time, r.timestamp, r.key, r.value) for r in records)
    first = records[0].offset if magic else 0
    inner = b"".join(
        _entry(record.offset - first, magic, append_time, record.timestamp, record.key, record.value)
        for record in records
    )
    content = compress(codec, inner)
    if codec == Codec.LZ4 and magic == 0:
        content = _with_header_checksum(content, from_byte=0)
    newest = max(record.timestamp for record in records)
    return _entry(records[-1].offset, magic, codec | append_time, newest, None, content)


def _entry(
    offset: int, magic: int, attributes: int, timestamp: int, key: bytes | None, value: bytes | None
) -> bytes:
    body = bytearray((magic, attributes))
    if magic:
        body += _TIME.pack(timestamp)
    for content in (key, value):
        body += _LENGTH.pack(-1 if content is None else len(content))
        body += content or b""
    crc = int(crc32.iso_hdlc(bytes(body)))
    return _TIME.pack(offset) + _LENGTH.pack(4 + len(body)) + crc.to_bytes(4, "big") + body


# ---- LZ4 in magic 0: Kafka 0.8 took the checksum of the frame's header from byte 0 instead of byte 4


def _with_header_checksum(frame: Buffer, from_byte: int) -> bytes:
    """The frame with its header's checksum taken from that byte on."""
    fixed = bytearray(frame)
    if len(fixed) > 5:
        end = 6 + (8 if fixed[4] & 0x08 else 0) + (4 if fixed[4] & 0x01 else 0)  # content size, dictionary id
        if end < len(fixed):
            fixed[end] = _xxh32(bytes(fixed[from_byte:end])) >> 8 & 0xFF
    return bytes(fixed)


_P1, _P2, _P3, _P4, _P5 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
_32_BITS: Final = 0xFFFFFFFF


def _xxh32(data: bytes) -> int:
    """XXH32 with seed 0 of fewer than 16 bytes; frame headers are shorter, or longer only with what nobody writes."""
    total = _P5 + len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        total = total + int.from_bytes(data[at : at + 4], "little") * _P3 & _32_BITS
        total = (total << 17 | total >> 15) * _P4 & _32_BITS
    for byte in data[whole:]:
        total = total + byte * _P5 & _32_BITS
        total = (total << 11 | total >> 21) * _P1 & _32_BITS
    total = (total ^ total >> 15) * _P2 & _32_BITS
    total = (total ^ total >> 13) * _P3 & _32_BITS
    return total ^ total >> 16
