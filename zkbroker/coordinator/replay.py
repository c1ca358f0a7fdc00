"""Reads a coordinator's log back into its state. [pure]

Of records with one key only the last counts, so those that another replaces soon after are never even decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

import attrs

from zkbroker.coordinator.outcome import Record
from zkbroker.coordinator.records import NO_PRODUCER_ID, UnknownKey
from zkbroker.protocol.codec import MalformedMessage
from zkbroker.protocol.legacy import MessageSetEntry
from zkbroker.protocol.records import ControlType, MalformedRecords, RecordBatch

WINDOW: Final = 131_072
"""Keys looked back over before what is known of them is applied."""

PAUSE_EVERY: Final = 128
"""Records after which the caller may do something else."""


class Replayed(Protocol):
    """A state that a log rebuilds."""

    def decode(self, key: bytes, value: bytes | None) -> Record: ...

    def apply(self, record: Record, log_offset: int, producer_id: int = NO_PRODUCER_ID) -> None: ...

    def apply_marker(self, producer_id: int, *, commit: bool) -> None: ...


@attrs.define(eq=False)
class Replay:
    """Feed it every batch of the log, in order; then `finish`."""

    _state: Replayed
    next_offset: int = 0  # after the last batch
    records: int = 0  # read so far
    skipped: list[str] = attrs.field(factory=list)  # what could not be read, and where
    _window: dict[bytes, tuple[int, bytes | None]] = attrs.field(factory=dict)

    def feed(self, batch: RecordBatch | MessageSetEntry) -> Iterator[None]:
        """Take one batch; yields now and then, so that the caller can pause."""
        producer_id = NO_PRODUCER_ID
        if isinstance(batch, MessageSetEntry):  # of a log begun before Kafka 0.11
            self.next_offset = batch.offset + 1
        else:
            self.next_offset = batch.last_offset + 1
            if batch.is_control:
                yield from self.finish()
                kind = batch.control_type()
                if kind is not None:
                    self._state.apply_marker(batch.producer_id, commit=kind is ControlType.COMMIT)
                return
            if batch.is_transactional:  # its records keep their place among the commits around them
                producer_id = batch.producer_id
                yield from self.finish()
        window = self._window
        count = 0
        try:
            for record in batch.records():
                count += 1
                if not count % PAUSE_EVERY:
                    yield
                if record.key is None:
                    self.skipped.append(f"offset {record.offset}: a record without a key")
                elif producer_id >= 0:
                    self._apply(record.offset, record.key, record.value, producer_id)
                elif record.value is None:  # it takes along what transactions hold, whatever comes after it
                    window.pop(record.key, None)
                    self._apply(record.offset, record.key, None, NO_PRODUCER_ID)
                else:
                    window[record.key] = (record.offset, record.value)
        except MalformedRecords as error:
            self.skipped.append(f"the batch before offset {self.next_offset}: {error}")
        self.records += count
        if len(window) >= WINDOW:
            yield from self.finish()

    def finish(self) -> Iterator[None]:
        """Apply what is still held back."""
        window, self._window = self._window, {}
        for count, (key, (offset, value)) in enumerate(window.items(), start=1):
            if not count % PAUSE_EVERY:
                yield
            self._apply(offset, key, value, NO_PRODUCER_ID)

    def _apply(self, offset: int, key: bytes, value: bytes | None, producer_id: int) -> None:
        try:
            record = self._state.decode(key, value)
        except (UnknownKey, MalformedMessage) as error:
            self.skipped.append(f"offset {offset}: {error}")
            return
        self._state.apply(record, offset, producer_id)
