"""What compaction keeps of a log, and the batches it makes of what it keeps. [pure]

The last value of each key stays. A key whose last value is null stays too, as a tombstone, until its delete horizon
has passed. Records of aborted transactions go; a transaction's marker goes once nothing of the transaction is left
and its own horizon has passed. Offsets never change.
Source: Cleaner, CleanedTransactionMetadata, MemoryRecords.filterTo of Kafka 3.9; KIP-98, KIP-534.
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import attrs

from zkbroker.protocol.compression import Undecompressible, compress, decompress
from zkbroker.protocol.legacy import MessageSetEntry, build_message_set
from zkbroker.protocol.records import (
    CODEC_MASK,
    CONTROL,
    CURRENT_MAGIC,
    DELETE_HORIZON,
    HEADER,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    LOG_OVERHEAD,
    MAX_DECOMPRESSED_BYTES,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TRANSACTIONAL,
    ControlType,
    MalformedRecords,
    Record,
    RecordBatch,
    append_varint,
    write_crc,
)
from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.headers import BatchHeader

KEY_BYTES: Final = 200
"""Memory that one key takes in `LastOffsets`, in round figures."""

_LONGEST_KEY: Final = 32
_DIGEST_BYTES: Final = 33  # longer than any key that is kept as it is, so the two never meet


class Uncleanable(Exception):
    """The log holds something that compaction cannot work with, and stays as it is: one sentence for a person."""


class LastOffsets:
    """Where each key was written last, in the part of the log that was looked at. Owner: one compaction."""

    __slots__ = ("_limit", "_offsets", "next_offset")

    def __init__(self, memory_bytes: int) -> None:
        """For as many keys as take about so much memory."""
        self._limit = max(memory_bytes // KEY_BYTES, 1)
        self._offsets: dict[bytes, int] = {}
        self.next_offset = 0  # exclusive end of the part that was looked at

    def __len__(self) -> int:
        return len(self._offsets)

    def has_room_for(self, records: int) -> bool:
        """Whether a batch of so many records fits; the first one always does."""
        return not self._offsets or len(self._offsets) + records <= self._limit

    def add_batch(self, batch: memoryview, header: BatchHeader, start_offset: int) -> None:
        """Note the keys of its records from `start_offset` on. Raises: Uncleanable."""
        if header.magic != CURRENT_MAGIC:
            for record in _legacy_records(batch):
                if record.key is not None and record.offset >= start_offset:
                    self._offsets[_short(record.key)] = record.offset
            return
        data = _content(batch, header)
        offsets, base = self._offsets, header.base_offset
        at = 0
        try:
            for _ in range(header.record_count):
                size, at = _varint(data, at)
                end = at + size
                at += 1  # attributes
                while data[at] > 0x7F:  # the time
                    at += 1
                at += 1
                delta = data[at]
                if delta < 0x80:
                    delta = (delta >> 1) ^ -(delta & 1)
                    at += 1
                else:
                    delta, at = _varint(data, at)
                size = data[at]
                if size < 0x80:
                    size = (size >> 1) ^ -(size & 1)
                    at += 1
                else:
                    size, at = _varint(data, at)
                if size >= 0 and base + delta >= start_offset:
                    key = data[at : at + size]
                    offsets[key if size <= _LONGEST_KEY else _short(key)] = base + delta
                at = end
        except IndexError:
            raise Uncleanable(f"the records at offset {base} end too early") from None

    def last(self, key: bytes) -> int:
        """The offset at which it was written last; -1 where it was not seen."""
        return self._offsets.get(key if len(key) <= _LONGEST_KEY else _short(key), -1)


def _short(key: bytes) -> bytes:
    return key if len(key) <= _LONGEST_KEY else hashlib.blake2b(key, digest_size=_DIGEST_BYTES).digest()


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A signed number and where it ends. Raises: IndexError."""
    n = data[at]
    if n < 0x80:
        return (n >> 1) ^ -(n & 1), at + 1
    byte = data[at + 1]
    n = n & 0x7F | (byte & 0x7F) << 7
    at += 2
    shift = 14
    while byte >= 0x80:
        byte = data[at]
        at += 1
        n |= (byte & 0x7F) << shift
        shift += 7
    return (n >> 1) ^ -(n & 1), at


def _content(batch: memoryview, header: BatchHeader) -> bytes:
    """The records of a current batch, decompressed. Raises: Uncleanable."""
    if header.record_count == 0:
        return b""
    try:
        limit = max(MAX_DECOMPRESSED_BYTES, header.size)
        return decompress(header.attributes & CODEC_MASK, batch[HEADER_BYTES:], limit)
    except Undecompressible as error:
        raise Uncleanable(f"the records at offset {header.base_offset}: {error}") from error


def _legacy_records(batch: memoryview) -> list[Record]:
    try:
        return list(MessageSetEntry(batch).records())
    except MalformedRecords as error:
        raise Uncleanable(str(error)) from error


class SeenTransactions:
    """Which transactions the batches met so far belong to, walking a log upwards. Owner: one compaction."""

    def __init__(self, aborted: Iterable[AbortedTransaction]) -> None:
        """`aborted`: those whose marker is not below the first batch."""
        self._coming: list[AbortedTransaction] = []
        for each in aborted:
            insort(self._coming, each, key=lambda transaction: -transaction.first_offset)
        self._aborted: dict[int, AbortedTransaction] = {}  # open here, by producer id
        self._with_data: set[int] = set()  # of those, the producers of which a batch was met
        self._committed: set[int] = set()  # open here and committed later, if a batch was met

    def _begin(self, offset: int) -> None:
        while self._coming and self._coming[-1].first_offset <= offset:
            each = self._coming.pop()
            self._aborted.setdefault(each.producer_id, each)

    def is_aborted(self, header: BatchHeader) -> bool:
        """Take note of a data batch; whether its records were aborted."""
        self._begin(header.last_offset)
        if not header.attributes & TRANSACTIONAL or header.magic != CURRENT_MAGIC:
            return False
        if header.producer_id in self._aborted:
            self._with_data.add(header.producer_id)
            return True
        self._committed.add(header.producer_id)
        return False

    def end(self, header: BatchHeader, batch: memoryview) -> tuple[bool, AbortedTransaction | None]:
        """Take note of a control batch; whether nothing needs it, and the aborted transaction it must tell of.

        Raises: Uncleanable.
        """
        self._begin(header.last_offset)
        producer_id = header.producer_id
        if header.record_count == 0:
            return True, None  # cleaned before
        try:
            kind = RecordBatch(batch).control_type()
        except MalformedRecords as error:
            raise Uncleanable(str(error)) from error
        if kind is ControlType.ABORT:
            aborted = self._aborted.pop(producer_id, None)
            has_data = producer_id in self._with_data
            self._with_data.discard(producer_id)
            if aborted is not None and has_data:
                return False, aborted
            return True, None
        if kind is ControlType.COMMIT:
            had_data = producer_id in self._committed
            self._committed.discard(producer_id)
            return not had_data, None
        return False, None


class LastBatch(NamedTuple):
    """What must stay of a producer that is not forgotten yet."""

    last_offset: int  # of its last data batch, which holds its last sequence; -1: only markers are known
    epoch: int


class Kept(NamedTuple):
    """What becomes of one batch."""

    batch: bytes | memoryview | None  # None: it goes; else what stands in its place
    records: int = 0
    max_timestamp: int = NO_TIMESTAMP  # of the records that stay
    aborted: AbortedTransaction | None = None  # to be noted in the transaction index
    is_unchanged: bool = False


GONE: Final = Kept(None)


@attrs.define(eq=False)
class Rules:
    """Decides batch by batch, in the order of the log. Owner: one compaction."""

    offsets: LastOffsets
    transactions: SeenTransactions
    producers: Mapping[int, LastBatch]
    now_ms: int  # wall clock
    delete_retention_ms: int
    keeps_legacy_tombstones: bool = True  # of the segment at hand

    def decide(self, batch: memoryview, header: BatchHeader) -> Kept:
        """What stays of a batch whose checksum is right. Raises: Uncleanable."""
        if header.magic != CURRENT_MAGIC:
            return self._decide_legacy(batch, header)
        horizon = header.base_timestamp if header.attributes & DELETE_HORIZON else None
        aborted = None
        if header.attributes & CONTROL:
            superfluous, aborted = self.transactions.end(header, batch)
            discard = superfluous and horizon is not None and horizon <= self.now_ms
            if not discard and header.record_count:
                if superfluous and horizon is None:
                    return self._marked(batch, header, aborted)
                return Kept(batch, header.record_count, header.max_timestamp, aborted, True)
        elif not self.transactions.is_aborted(header) and header.record_count:
            return self._decide_data(batch, header, horizon)
        if self._is_last_of_producer(header):
            return _empty(batch, header, aborted)
        return GONE

    def _is_last_of_producer(self, header: BatchHeader) -> bool:
        if header.producer_id < 0:
            return False
        last = self.producers.get(header.producer_id)
        if last is None:
            return False
        if last.last_offset >= 0:
            return header.last_offset == last.last_offset
        return header.attributes & CONTROL != 0 and header.producer_epoch == last.epoch

    def _marked(self, batch: memoryview, header: BatchHeader, aborted: AbortedTransaction | None) -> Kept:
        """A marker of which nothing else is left begins to wait for its horizon."""
        data = _content(batch, header)
        return self._rebuilt(header, batch, data, [(0, len(data))], header.record_count, True, aborted)

    def _decide_data(self, batch: memoryview, header: BatchHeader, horizon: int | None) -> Kept:
        data = _content(batch, header)
        runs: list[tuple[int, int]] = []  # of bytes of `data` that stay
        kept = 0
        max_timestamp = NO_TIMESTAMP
        has_tombstone = False
        last_of = self.offsets.last
        looked_at_to = self.offsets.next_offset
        base, base_timestamp = header.base_offset, header.base_timestamp
        keeps_tombstones = horizon is None or self.now_ms < horizon
        at = run_start = run_end = 0
        try:
            for _ in range(header.record_count):
                start = at
                size, at = _varint(data, at)
                end = at + size
                elapsed, at = _varint(data, at + 1)
                delta = data[at]
                if delta < 0x80:
                    delta = (delta >> 1) ^ -(delta & 1)
                    at += 1
                else:
                    delta, at = _varint(data, at)
                size = data[at]
                if size < 0x80:
                    size = (size >> 1) ^ -(size & 1)
                    at += 1
                else:
                    size, at = _varint(data, at)
                offset = base + delta
                if size < 0:
                    stays, key_end = offset >= looked_at_to, at
                else:
                    key_end = at + size
                    stays = offset >= looked_at_to or last_of(data[at:key_end]) <= offset
                at = end
                if not stays:
                    continue
                if data[key_end] & 1:  # a negative length: no value
                    if not keeps_tombstones and offset < looked_at_to:
                        continue
                    has_tombstone = True
                kept += 1
                if elapsed + base_timestamp > max_timestamp:
                    max_timestamp = elapsed + base_timestamp
                if start != run_end:
                    if run_end > run_start:
                        runs.append((run_start, run_end))
                    run_start = start
                run_end = end
        except IndexError:
            raise Uncleanable(f"the records at offset {base} end too early") from None
        if at != len(data):
            raise Uncleanable(f"{len(data) - at} bytes follow the records at offset {base}")
        if run_end > run_start:
            runs.append((run_start, run_end))
        if not kept:
            return _empty(batch, header, None) if self._is_last_of_producer(header) else GONE
        starts_to_wait = has_tombstone and horizon is None
        if kept == header.record_count and not starts_to_wait:
            return Kept(batch, kept, header.max_timestamp, None, True)
        if header.attributes & LOG_APPEND_TIME:
            max_timestamp = header.max_timestamp
        return self._rebuilt(header, batch, data, runs, kept, starts_to_wait, None, max_timestamp)

    def _rebuilt(
        self,
        header: BatchHeader,
        batch: memoryview,
        data: bytes,
        runs: list[tuple[int, int]],
        count: int,
        starts_to_wait: bool,
        aborted: AbortedTransaction | None,
        max_timestamp: int | None = None,
    ) -> Kept:
        """The batch with these records only; its base offset, last offset and sequences stay."""
        attributes, base_timestamp = header.attributes, header.base_timestamp
        body = b"".join([data[start:end] for start, end in runs])
        if starts_to_wait:
            horizon = self.now_ms + self.delete_retention_ms
            body = _relative_to(body, base_timestamp, horizon)
            attributes |= DELETE_HORIZON
            base_timestamp = horizon
        if attributes & CODEC_MASK:
            body = compress(attributes & CODEC_MASK, body)
        if max_timestamp is None:
            max_timestamp = header.max_timestamp
        out = bytearray(
            HEADER.pack(
                header.base_offset,
                HEADER_BYTES - LOG_OVERHEAD + len(body),
                header.leader_epoch,
                CURRENT_MAGIC,
                0,
                attributes,
                header.last_offset - header.base_offset,
                base_timestamp,
                max_timestamp,
                header.producer_id,
                header.producer_epoch,
                header.base_sequence,
                count,
            )
        )
        out += body
        write_crc(out)
        return Kept(bytes(out), count, max_timestamp, aborted)

    def _decide_legacy(self, batch: memoryview, header: BatchHeader) -> Kept:
        self.transactions.is_aborted(header)
        records = _legacy_records(batch)
        kept = [record for record in records if self._keeps_legacy(record)]
        if not kept:
            return GONE
        if len(kept) == len(records):
            return Kept(batch, len(kept), header.max_timestamp, None, True)
        if header.attributes & LOG_APPEND_TIME:
            newest = header.max_timestamp
        else:
            newest = max(record.timestamp for record in kept)
        rebuilt = build_message_set(
            kept,
            header.magic,
            header.attributes & CODEC_MASK,
            append_time=header.attributes & LOG_APPEND_TIME,
        )
        return Kept(rebuilt, len(kept), newest)

    def _keeps_legacy(self, record: Record) -> bool:
        if record.offset >= self.offsets.next_offset:
            return True
        if record.key is None or self.offsets.last(record.key) > record.offset:
            return False
        return record.value is not None or self.keeps_legacy_tombstones


def _relative_to(body: bytes, before: int, after: int) -> bytes:
    """Records whose times are relative to `before`, with times relative to `after`. Raises: Uncleanable."""
    out = bytearray()
    at = 0
    try:
        while at < len(body):
            size, at = _varint(body, at)
            end = at + size
            elapsed, rest = _varint(body, at + 1)
            record = bytearray(body[at : at + 1])
            append_varint(record, elapsed + before - after)
            record += body[rest:end]
            append_varint(out, len(record))
            out += record
            at = end
    except IndexError:
        raise Uncleanable("records that end too early") from None
    return bytes(out)


def _empty(batch: memoryview, header: BatchHeader, aborted: AbortedTransaction | None) -> Kept:
    """A batch without records, which keeps a producer's last sequence and epoch."""
    if header.record_count == 0:
        return Kept(batch, 0, NO_TIMESTAMP, aborted, True)
    kept_bits = header.attributes & (LOG_APPEND_TIME | TRANSACTIONAL | CONTROL)
    return Kept(
        _header_alone(header, kept_bits, header.producer_id, header.producer_epoch, header.base_sequence),
        0,
        NO_TIMESTAMP,
        aborted,
    )


def placeholder(batch: memoryview, header: BatchHeader) -> Kept:
    """A batch without records or producer that ends at the same offset, so that a segment's end stays known.

    What replaces several segments must reach exactly as far as they did: a crash while they are swapped leaves a
    mixture, and the new one's range is all that tells which of the old ones it stands for.
    """
    if header.record_count == 0 and header.producer_id < 0:
        return Kept(batch, 0, is_unchanged=True)
    content = _header_alone(
        header, header.attributes & LOG_APPEND_TIME, NO_PRODUCER_ID, NO_PRODUCER_EPOCH, NO_SEQUENCE
    )
    return Kept(content)


def _header_alone(
    header: BatchHeader, attributes: int, producer_id: int, producer_epoch: int, base_sequence: int
) -> bytes:
    out = bytearray(
        HEADER.pack(
            header.base_offset,
            HEADER_BYTES - LOG_OVERHEAD,
            header.leader_epoch,
            CURRENT_MAGIC,
            0,
            attributes,
            header.last_offset - header.base_offset,
            NO_TIMESTAMP,
            header.max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            0,
        )
    )
    write_crc(out)
    return bytes(out)
