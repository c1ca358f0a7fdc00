"""What a partition knows of its producers: sequences, epochs, open transactions. [pure]

Checking and changing are apart: `check_*` raises or finds a duplicate and changes nothing, so that a write that
fails leaves no trace; `apply_*` runs after the write and cannot fail. The same `apply_*` rebuild the state from a log.
Source: ProducerStateManager, ProducerAppendInfo, ProducerStateEntry of Kafka 3.9; KIP-98, KIP-360.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Final

import attrs
from fastcrc import crc32

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.storage.appends import ActiveProducer, AppendOrigin

NO_PRODUCER: Final = -1
NO_SEQUENCE: Final = -1
NO_OFFSET: Final = -1
MAX_SEQUENCE: Final = 2**31 - 1
BATCHES_REMEMBERED: Final = 5  # max.in.flight.requests.per.connection of an idempotent producer

StoredBatch = tuple[int, int, int, int]
"""last sequence, last offset, offset delta (= records - 1), max timestamp. A bare tuple: one is made per append."""


def next_sequence(sequence: int) -> int:
    """The sequence after that one; 2^31-1 wraps to 0."""
    return 0 if sequence == MAX_SEQUENCE else sequence + 1


def last_sequence_of(base_sequence: int, offset_delta: int) -> int:
    """The last sequence of a batch that begins at `base_sequence`; -1 stays -1."""
    if base_sequence == NO_SEQUENCE:
        return NO_SEQUENCE
    last = base_sequence + offset_delta
    return last if last <= MAX_SEQUENCE else last - MAX_SEQUENCE - 1


def first_sequence_of(last_sequence: int, offset_delta: int) -> int:
    """The first sequence of a batch that ends at `last_sequence`."""
    first = last_sequence - offset_delta
    return first if first >= 0 else first + MAX_SEQUENCE + 1


@attrs.define(eq=False)
class ProducerEntry:
    """One producer id."""

    producer_id: int
    epoch: int = -1
    coordinator_epoch: int = -1  # of the last transaction marker
    transaction_first_offset: int = NO_OFFSET  # -1: no transaction is open
    last_timestamp: int = -1
    batches: list[StoredBatch] = attrs.field(factory=list)  # oldest first, at most 5

    @property
    def last_sequence(self) -> int:
        return self.batches[-1][0] if self.batches else NO_SEQUENCE

    @property
    def last_offset(self) -> int:
        return self.batches[-1][1] if self.batches else NO_OFFSET


@attrs.frozen
class CompletedTransaction:
    """A transaction that got its marker."""

    producer_id: int
    first_offset: int
    last_offset: int  # offset of the marker
    aborted: bool


@attrs.define(eq=False)
class Verification:
    """The transaction coordinator is asked whether a producer's transaction includes this partition.

    Only the one begun last may let records in: an answer that a marker has overtaken does not. Source: KIP-890.
    """

    epoch: int
    lowest_sequence: int  # of the batches that wait for the answer
    since_ms: int  # wall clock

    def also(self, epoch: int, base_sequence: int) -> None:
        """Another batch waits for the same answer."""
        if epoch > self.epoch:
            self.epoch, self.lowest_sequence = epoch, base_sequence
        elif epoch == self.epoch and base_sequence < self.lowest_sequence:
            self.lowest_sequence = base_sequence


MUST_BE_OPEN: Final = Verification(-1, -1, -1)
"""In place of one: the transaction was found open here, and must still be."""


@attrs.define(eq=False)
class ProducerStates:
    """All producers of one partition. Owner: a Log."""

    name: str = "partition"  # for error messages
    touched_to: int = 0  # no batch at or after this offset has any part in the state
    _entries: dict[int, ProducerEntry] = attrs.field(factory=dict)
    _open: dict[int, int] = attrs.field(factory=dict)  # first offset -> producer id, ascending
    _unreplicated: dict[int, int] = attrs.field(factory=dict)  # first offset -> marker offset
    _verifications: dict[int, Verification] = attrs.field(factory=dict)  # by producer id; not in any snapshot

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[int, ProducerEntry]:
        """By producer id; not to be changed by the caller."""
        return self._entries

    @property
    def has_transactions(self) -> bool:
        """Whether any transaction is open, or complete but not yet replicated."""
        return bool(self._open or self._unreplicated)

    @property
    def first_unstable_offset(self) -> int | None:
        """Where the earliest transaction begins that is open, or whose marker is not yet below the high watermark."""
        first = next(iter(self._open)) if self._open else None
        if self._unreplicated:
            completed = min(self._unreplicated)
            return completed if first is None or completed < first else first
        return first

    def check_data(
        self,
        producer_id: int,
        epoch: int,
        base_sequence: int,
        offset_delta: int,
        *,
        transactional: bool,
        origin: AppendOrigin,
    ) -> StoredBatch | None:
        """Whether this batch may be appended; returns the stored batch it repeats, if it does.

        Raises: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE.
        """
        entry = self._entries.get(producer_id)
        if entry is None:
            return None  # an unknown producer may start anywhere
        if epoch == entry.epoch:
            last = entry.last_sequence
            in_sequence = base_sequence == last + 1 or (base_sequence == 0 and last == MAX_SEQUENCE)
            if not in_sequence and origin is AppendOrigin.CLIENT:
                last_sequence = last_sequence_of(base_sequence, offset_delta)
                for stored in entry.batches:
                    if stored[0] == last_sequence and stored[2] == offset_delta:
                        return stored
                raise KafkaError(
                    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"{self.name}: producer {producer_id} sent sequence {base_sequence} after {last}",
                )
        elif epoch < entry.epoch:
            if origin is not AppendOrigin.REPLICATION:
                raise KafkaError(
                    ErrorCode.INVALID_PRODUCER_EPOCH,
                    f"{self.name}: producer {producer_id} sent epoch {epoch}, the current one is {entry.epoch}",
                )
        elif base_sequence != 0 and origin is AppendOrigin.CLIENT and entry.epoch >= 0:
            raise KafkaError(
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"{self.name}: producer {producer_id} began epoch {epoch} with sequence {base_sequence}, not 0",
            )
        if (
            not transactional
            and entry.transaction_first_offset >= 0
            and origin is not AppendOrigin.REPLICATION
        ):
            raise KafkaError(
                ErrorCode.INVALID_TXN_STATE,
                f"{self.name}: producer {producer_id} has an open transaction and sent a non-transactional batch",
            )
        return None

    def begin_verification(
        self, producer_id: int, epoch: int, base_sequence: int, wall_ms: int
    ) -> Verification | None:
        """What a transactional batch must bring along to be the first; None if the transaction is open already."""
        if self._is_open(producer_id, epoch):
            return None
        begun = self._verifications.get(producer_id)
        if begun is None:
            begun = self._verifications[producer_id] = Verification(epoch, base_sequence, wall_ms)
        else:
            begun.also(epoch, base_sequence)
        return begun

    def _is_open(self, producer_id: int, epoch: int) -> bool:
        """Whether a transaction of this producer has records here and no marker yet.

        An earlier epoch is refused by its own check. A later one, which somebody made up, would keep out the
        marker, and the transaction would hang.
        """
        entry = self._entries.get(producer_id)
        return entry is not None and entry.transaction_first_offset >= 0 and epoch <= entry.epoch

    def check_verified(
        self,
        producer_id: int,
        epoch: int,
        base_sequence: int,
        verification: Verification,
        *,
        origin: AppendOrigin,
    ) -> None:
        """Whether a transactional batch may begin or continue a transaction here.

        Raises: INVALID_TXN_STATE, OUT_OF_ORDER_SEQUENCE_NUMBER (a lower one still waits to be verified).
        """
        if not self._is_open(producer_id, epoch):
            begun = self._verifications.get(producer_id)
            if begun is None or begun is not verification:
                raise KafkaError(
                    ErrorCode.INVALID_TXN_STATE,
                    f"{self.name}: producer {producer_id} has no transaction here that was verified",
                )
            if origin is AppendOrigin.CLIENT and base_sequence > begun.lowest_sequence:
                raise KafkaError(
                    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                    f"{self.name}: producer {producer_id} sent sequence {base_sequence} "
                    f"before {begun.lowest_sequence}",
                )

    def apply_data(
        self,
        producer_id: int,
        epoch: int,
        base_sequence: int,
        first_offset: int,
        last_offset: int,
        timestamp: int,
        transactional: bool,
    ) -> None:
        """Note an appended data batch. `timestamp` is its max timestamp."""
        entry = self._entries.get(producer_id)
        if entry is None:
            entry = self._entries[producer_id] = ProducerEntry(producer_id)
        batches = entry.batches
        if entry.epoch != epoch:
            entry.epoch = epoch
            batches.clear()
        elif len(batches) == BATCHES_REMEMBERED:
            del batches[0]
        self.touched_to = last_offset + 1
        delta = last_offset - first_offset
        batches.append((last_sequence_of(base_sequence, delta), last_offset, delta, timestamp))
        entry.last_timestamp = timestamp
        if transactional:
            if self._verifications:
                self._verifications.pop(producer_id, None)
            if entry.transaction_first_offset < 0:
                entry.transaction_first_offset = first_offset
                self._open[first_offset] = producer_id

    def check_marker(
        self, producer_id: int, epoch: int, coordinator_epoch: int, *, origin: AppendOrigin
    ) -> None:
        """Whether this transaction marker may be appended; it needs no open transaction.

        Raises: INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED.
        """
        entry = self._entries.get(producer_id)
        if entry is None or origin is AppendOrigin.REPLICATION:
            return
        if epoch < entry.epoch:
            raise KafkaError(
                ErrorCode.INVALID_PRODUCER_EPOCH,
                f"{self.name}: marker of epoch {epoch} for producer {producer_id}, whose epoch is {entry.epoch}",
            )
        if coordinator_epoch < entry.coordinator_epoch:
            raise KafkaError(
                ErrorCode.TRANSACTION_COORDINATOR_FENCED,
                f"{self.name}: marker for producer {producer_id} from coordinator epoch {coordinator_epoch}, "
                f"already seen {entry.coordinator_epoch}",
            )

    def apply_marker(
        self, producer_id: int, epoch: int, coordinator_epoch: int, offset: int, timestamp: int, aborted: bool
    ) -> CompletedTransaction | None:
        """Note an appended marker; returns the transaction it ended, if one with data was open.

        Ask `last_stable_offset_after` before this call what the index entry of an abort needs.
        """
        entry = self._entries.get(producer_id)
        if entry is None:
            entry = self._entries[producer_id] = ProducerEntry(producer_id)
        if entry.epoch != epoch:
            entry.epoch = epoch
            entry.batches.clear()
        self.touched_to = offset + 1
        entry.coordinator_epoch = coordinator_epoch
        entry.last_timestamp = timestamp
        self._verifications.pop(producer_id, None)
        first_offset = entry.transaction_first_offset
        if first_offset < 0:
            return None
        entry.transaction_first_offset = NO_OFFSET
        self._open.pop(first_offset, None)
        self._unreplicated[first_offset] = offset
        return CompletedTransaction(producer_id, first_offset, offset, aborted)

    def last_stable_offset_after(self, producer_id: int, marker_offset: int) -> int:
        """The last stable offset once that producer's transaction has ended at `marker_offset`."""
        for first_offset, owner in self._open.items():
            if owner != producer_id:
                return first_offset
        return marker_offset + 1

    def replicated_to(self, high_watermark: int) -> None:
        """Forget completed transactions whose marker is below the high watermark."""
        if self._unreplicated:
            done = [first for first, marker in self._unreplicated.items() if marker < high_watermark]
            for first in done:
                del self._unreplicated[first]

    def remove_expired(self, wall_ms: int, expiration_ms: int) -> int:
        """Forget producers without an open transaction that were silent that long; returns how many."""
        expired = [
            entry.producer_id
            for entry in self._entries.values()
            if entry.transaction_first_offset < 0 and wall_ms - entry.last_timestamp >= expiration_ms
        ]
        for producer_id in expired:
            del self._entries[producer_id]
        unanswered = [
            producer_id
            for producer_id, begun in self._verifications.items()
            if wall_ms - begun.since_ms >= expiration_ms
        ]
        for producer_id in unanswered:
            del self._verifications[producer_id]
        return len(expired)

    def active_producers(self) -> list[ActiveProducer]:
        """For DescribeProducers."""
        return [
            ActiveProducer(
                entry.producer_id,
                entry.epoch,
                entry.last_sequence,
                entry.last_timestamp,
                entry.coordinator_epoch,
                entry.transaction_first_offset,
            )
            for entry in self._entries.values()
        ]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._open.clear()
        self._unreplicated.clear()
        self._verifications.clear()
        self.touched_to = 0

    def load(self, entries: Iterable[ProducerEntry], end_offset: int) -> None:
        """Become what a snapshot taken at `end_offset` (exclusive) says."""
        self.clear()
        self.touched_to = end_offset
        self._entries.update((entry.producer_id, entry) for entry in entries)
        self._open.update(
            sorted(
                (entry.transaction_first_offset, entry.producer_id)
                for entry in self._entries.values()
                if entry.transaction_first_offset >= 0
            )
        )


_SNAPSHOT_HEAD = struct.Struct(">hI")
_SNAPSHOT_COUNT = struct.Struct(">i")
_SNAPSHOT_ENTRY = struct.Struct(">qhiqiqiq")
_SNAPSHOT_VERSION = 1


def encode_snapshot(entries: Iterable[ProducerEntry]) -> bytes:
    """The content of a .snapshot file. Of each producer's batches only the last is kept, as in Kafka."""
    packed = []
    for entry in entries:
        sequence, offset, delta, _ = entry.batches[-1] if entry.batches else (NO_SEQUENCE, NO_OFFSET, 0, -1)
        packed.append(
            _SNAPSHOT_ENTRY.pack(
                entry.producer_id,
                entry.epoch,
                sequence,
                offset,
                delta,
                entry.last_timestamp,
                entry.coordinator_epoch,
                entry.transaction_first_offset,
            )
        )
    body = _SNAPSHOT_COUNT.pack(len(packed)) + b"".join(packed)
    return _SNAPSHOT_HEAD.pack(_SNAPSHOT_VERSION, crc32.iscsi(body)) + body


def decode_snapshot(content: bytes) -> list[ProducerEntry]:
    """Raises: ValueError saying what is wrong with the file, in Kafka's words where it has some."""
    if len(content) < _SNAPSHOT_HEAD.size + _SNAPSHOT_COUNT.size:
        raise ValueError(f"{len(content)} bytes are too few for a producer snapshot")
    version, crc = _SNAPSHOT_HEAD.unpack_from(content)
    if version != _SNAPSHOT_VERSION:
        raise ValueError(f"Snapshot contained an unknown file version {version}")
    body = content[_SNAPSHOT_HEAD.size :]
    if (found := crc32.iscsi(body)) != crc:
        raise ValueError(
            f"Snapshot is corrupt (CRC is no longer valid). Stored crc: {crc}. Computed crc: {found}"
        )
    (count,) = _SNAPSHOT_COUNT.unpack_from(body)
    if count < 0 or len(body) != _SNAPSHOT_COUNT.size + count * _SNAPSHOT_ENTRY.size:
        raise ValueError(f"the producer snapshot announces {count} producers in {len(content)} bytes")
    entries = []
    for fields in _SNAPSHOT_ENTRY.iter_unpack(memoryview(body)[_SNAPSHOT_COUNT.size :]):
        producer_id, epoch, sequence, offset, delta, timestamp, coordinator_epoch, transaction = fields
        batches = [(sequence, offset, delta, timestamp)] if offset >= 0 else []
        entries.append(ProducerEntry(producer_id, epoch, coordinator_epoch, transaction, timestamp, batches))
    return entries
