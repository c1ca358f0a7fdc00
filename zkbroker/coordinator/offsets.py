"""The offsets one group committed, and those its transactions may yet commit. [pure]

Each is kept with the log offset of its record: when a transaction ends, a commit that stands later in the log wins.
Source: GroupMetadata of Kafka 3.9; KIP-98, KIP-447.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from zkbroker.coordinator.records import NO_TIMESTAMP, Committed
from zkbroker.model import TopicPartition

Stored = tuple[Committed, int]
"""What was committed, and the log offset of the record that says so."""


@attrs.define(eq=False)
class Offsets:
    """Changed only by `apply` and `complete`."""

    _committed: dict[TopicPartition, Stored] = attrs.field(factory=dict)
    _pending: dict[int, dict[TopicPartition, Stored]] = attrs.field(factory=dict)  # by producer id

    def __bool__(self) -> bool:
        """Whether anything is committed or may yet be."""
        return bool(self._committed or self._pending)

    def __len__(self) -> int:
        return len(self._committed)

    def apply(
        self, tp: TopicPartition, committed: Committed | None, log_offset: int, producer_id: int
    ) -> None:
        """A record of the log; `producer_id` is -1 unless it is part of a transaction."""
        if producer_id >= 0:
            pending = self._pending.setdefault(producer_id, {})
            if committed is None:
                pending.pop(tp, None)
            else:
                pending[tp] = (committed, log_offset)
        elif committed is None:
            self._committed.pop(tp, None)
        else:
            self._committed[tp] = (committed, log_offset)

    def complete(self, producer_id: int, *, commit: bool) -> None:
        """A transaction's marker: what was pending counts, unless something later already does, or is dropped."""
        for tp, (committed, log_offset) in self._pending.pop(producer_id, {}).items():
            if commit:
                known = self._committed.get(tp)
                if known is None or known[1] < log_offset:
                    self._committed[tp] = (committed, log_offset)

    def get(self, tp: TopicPartition) -> Committed | None:
        found = self._committed.get(tp)
        return None if found is None else found[0]

    def partitions(self) -> Iterable[TopicPartition]:
        """Those with a committed offset."""
        return self._committed.keys()

    def is_unstable(self, tp: TopicPartition) -> bool:
        """Whether an open transaction may yet commit another offset for it. Source: KIP-447."""
        return any(tp in pending for pending in self._pending.values())

    @property
    def open_producers(self) -> Iterable[int]:
        """Producers whose transactions hold offsets of this group."""
        return self._pending.keys()

    def expired(
        self, wall_ms: int, retention_ms: int, since_ms: Callable[[Committed], int]
    ) -> list[TopicPartition]:
        """Those kept long enough: since `since_ms`, or past the time the client itself asked for."""
        return [
            tp
            for tp, (committed, _) in self._committed.items()
            if (
                wall_ms - since_ms(committed) >= retention_ms
                if committed.expire_ms == NO_TIMESTAMP
                else wall_ms >= committed.expire_ms
            )
        ]

    def durable(
        self,
    ) -> tuple[Mapping[TopicPartition, Stored], Mapping[int, Mapping[TopicPartition, Stored]]]:
        """All of it is in the log."""
        return dict(self._committed), {pid: dict(pending) for pid, pending in self._pending.items()}
