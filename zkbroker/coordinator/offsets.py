"""The offsets one group committed, and those its transactions may yet commit. [pure]

Each is kept with the log offset of its record: when a transaction ends, what stands later in the log wins. That goes
for a commit and for a tombstone, for the cleaner keeps the last record alone.
Source: GroupMetadata of Kafka 3.9; KIP-98, KIP-447.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from zkbroker.coordinator.records import NO_TIMESTAMP, Committed
from zkbroker.model import TopicPartition

Stored = tuple[Committed, int]
"""What was committed, and the log offset of the record that says so."""

Packed = tuple[int, int, int, str, int, int]
"""The same: the log offset, then the fields of Committed.

Of a plain tuple of plain values the garbage collector lets go. Over as many objects as there are offsets, each of its
full rounds would hold the whole broker: 0.1 s for 100,000.
"""


@attrs.define(eq=False)
class Offsets:
    """Changed only by `apply` and `complete`."""

    _committed: dict[str, dict[int, Packed]] = attrs.field(factory=dict)  # topic -> partition; none is empty
    _pending: dict[int, dict[TopicPartition, Stored]] = attrs.field(factory=dict)  # by producer id

    def __bool__(self) -> bool:
        """Whether anything is committed or may yet be."""
        return bool(self._committed or self._pending)

    def __len__(self) -> int:
        return sum(map(len, self._committed.values()))

    def apply(
        self, topic: str, partition: int, committed: Committed | None, log_offset: int, producer_id: int
    ) -> None:
        """A record of the log; `producer_id` is -1 unless it is part of a transaction."""
        if producer_id >= 0:
            pending = self._pending.setdefault(producer_id, {})
            tp = TopicPartition(topic, partition)
            if committed is None:
                pending.pop(tp, None)
            else:
                pending[tp] = (committed, log_offset)
        elif committed is None:
            self._drop(topic, partition)
        else:
            self._put(topic, partition, committed, log_offset)

    def _drop(self, topic: str, partition: int) -> None:
        partitions = self._committed.get(topic)
        if partitions is not None:
            partitions.pop(partition, None)
            if not partitions:
                del self._committed[topic]
        if self._pending:  # what stands before the tombstone is gone with it
            tp = TopicPartition(topic, partition)
            for pending in self._pending.values():
                pending.pop(tp, None)
            self._pending = {producer_id: left for producer_id, left in self._pending.items() if left}

    def _put(self, topic: str, partition: int, committed: Committed, log_offset: int) -> None:
        partitions = self._committed.get(topic)
        if partitions is None:
            partitions = self._committed[topic] = {}
        partitions[partition] = (
            log_offset,
            committed.offset,
            committed.leader_epoch,
            committed.metadata,
            committed.commit_ms,
            committed.expire_ms,
        )

    def complete(self, producer_id: int, *, commit: bool) -> None:
        """A transaction's marker: what was pending counts, unless something later already does, or is dropped."""
        for tp, (committed, log_offset) in self._pending.pop(producer_id, {}).items():
            if commit:
                known = self._committed.get(tp.topic, {}).get(tp.partition)
                if known is None or known[0] < log_offset:
                    self._put(tp.topic, tp.partition, committed, log_offset)

    def get(self, tp: TopicPartition) -> Committed | None:
        partitions = self._committed.get(tp.topic)
        found = None if partitions is None else partitions.get(tp.partition)
        return None if found is None else Committed(*found[1:])

    def partitions(self) -> Iterator[TopicPartition]:
        """Those with a committed offset."""
        for topic, partitions in self._committed.items():
            for partition in partitions:
                yield TopicPartition(topic, partition)

    def known_partitions(self) -> set[TopicPartition]:
        """Those with an offset that is committed or may yet be."""
        return set(self.partitions()).union(*self._pending.values())

    def is_unstable(self, tp: TopicPartition) -> bool:
        """Whether an open transaction may yet commit another offset for it. Source: KIP-447."""
        return any(tp in pending for pending in self._pending.values())

    def expired(
        self, wall_ms: int, retention_ms: int, since_ms: Callable[[int], int]
    ) -> list[TopicPartition]:
        """Those kept long enough: since `since_ms` of the time of the commit, or past the time the client asked for.

        Not those for which an open transaction may yet commit another: a tombstone after its record would undo it.
        """
        found = [
            TopicPartition(topic, partition)
            for topic, partitions in self._committed.items()
            for partition, (_, _, _, _, commit_ms, expire_ms) in partitions.items()
            if (
                wall_ms - since_ms(commit_ms) >= retention_ms
                if expire_ms == NO_TIMESTAMP
                else wall_ms >= expire_ms
            )
        ]
        return [tp for tp in found if not self.is_unstable(tp)] if self._pending else found

    def durable(
        self,
    ) -> tuple[Mapping[TopicPartition, Stored], Mapping[int, Mapping[TopicPartition, Stored]]]:
        """All of it is in the log."""
        committed = {
            TopicPartition(topic, partition): (Committed(*found[1:]), found[0])
            for topic, partitions in self._committed.items()
            for partition, found in partitions.items()
        }
        return committed, {producer_id: dict(pending) for producer_id, pending in self._pending.items()}
