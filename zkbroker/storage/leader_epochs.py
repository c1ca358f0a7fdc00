"""Which leader epoch began at which offset, and the questions replication asks of it. [pure]

Source: LeaderEpochFileCache, KIP-101, KIP-279.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import attrs

UNDEFINED_EPOCH = -1
UNDEFINED_OFFSET = -1


@attrs.define(eq=False)
class LeaderEpochs:
    """Epochs with their start offsets, both strictly ascending. Owner: a Log, which also stores them."""

    _epochs: list[int] = attrs.field(factory=list)
    _starts: list[int] = attrs.field(factory=list)

    @property
    def entries(self) -> list[tuple[int, int]]:
        """(epoch, start offset), ascending."""
        return list(zip(self._epochs, self._starts, strict=True))

    @property
    def latest(self) -> int | None:
        """The newest epoch, or None if none is known."""
        return self._epochs[-1] if self._epochs else None

    def assign(self, epoch: int, start_offset: int) -> bool:
        """Note that `epoch` begins at that offset; returns whether anything changed.

        Entries it contradicts (an epoch or a start not below the new one) are dropped.
        Raises: ValueError for negative arguments.
        """
        if epoch < 0 or start_offset < 0:
            raise ValueError(f"epoch {epoch} at offset {start_offset}: both must be at least 0")
        epochs, starts = self._epochs, self._starts
        if epochs and epoch == epochs[-1] and start_offset >= starts[-1]:
            return False
        while epochs and (epochs[-1] >= epoch or starts[-1] >= start_offset):
            epochs.pop()
            starts.pop()
        epochs.append(epoch)
        starts.append(start_offset)
        return True

    def end_offset_for(self, epoch: int, log_end_offset: int) -> tuple[int, int]:
        """The largest known epoch that is not above `epoch`, and where it ends (exclusive).

        (-1, -1) if `epoch` is above every known one; (epoch, first start) if below every known one.
        """
        epochs = self._epochs
        if epoch < 0 or not epochs:
            return UNDEFINED_EPOCH, UNDEFINED_OFFSET
        if epoch == epochs[-1]:
            return epoch, log_end_offset
        higher = bisect_right(epochs, epoch)
        if higher == len(epochs):
            return UNDEFINED_EPOCH, UNDEFINED_OFFSET
        return (epochs[higher - 1] if higher else epoch), self._starts[higher]

    def epoch_for(self, offset: int) -> int | None:
        """The epoch under which that offset was, or would be, written; None below the first start."""
        index = bisect_right(self._starts, offset) - 1
        return self._epochs[index] if index >= 0 else None

    def found(self, epoch: int, offset: int) -> None:
        """A batch of that epoch is at that offset, and all before it were told; -1: of no epoch.

        What says otherwise is of another history of the log, and is dropped.
        """
        epochs, starts = self._epochs, self._starts
        if epoch < 0 or (epochs and epoch == epochs[-1] and offset >= starts[-1]):
            return
        begun = bisect_right(starts, offset)
        higher = bisect_right(epochs, epoch)
        if begun > higher:
            del epochs[higher:], starts[higher:]
            begun = higher
        if not begun or epochs[begun - 1] != epoch:
            epochs[begun:higher], starts[begun:higher] = [epoch], [offset]

    def truncate_from_end(self, end_offset: int) -> bool:
        """Forget epochs that begin at or after the log's new end; returns whether anything changed."""
        keep = bisect_left(self._starts, end_offset)
        if keep == len(self._starts):
            return False
        del self._epochs[keep:], self._starts[keep:]
        return True

    def truncate_from_start(self, start_offset: int) -> bool:
        """Forget what lies before the log's new start; the epoch in force there begins there now."""
        below = bisect_right(self._starts, start_offset)
        if below == 0 or (below == 1 and self._starts[0] == start_offset):
            return False
        del self._epochs[: below - 1], self._starts[: below - 1]
        self._starts[0] = start_offset
        return True

    def clear(self) -> bool:
        """Forget everything; returns whether anything changed."""
        changed = bool(self._epochs)
        self._epochs.clear()
        self._starts.clear()
        return changed


def encode_leader_epochs(entries: list[tuple[int, int]]) -> bytes:
    """The text of a leader-epoch-checkpoint."""
    lines = ["0", str(len(entries)), *(f"{epoch} {start}" for epoch, start in entries)]
    return ("\n".join(lines) + "\n").encode()


def decode_leader_epochs(content: bytes) -> LeaderEpochs:
    """Raises: ValueError saying what is wrong with the file."""
    lines = content.decode("ascii").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if len(lines) < 2 or lines[0] != "0":
        raise ValueError("a leader-epoch-checkpoint begins with its version 0 and a count")
    count = int(lines[1])
    if count != len(lines) - 2:
        raise ValueError(f"the leader-epoch-checkpoint announces {count} entries and has {len(lines) - 2}")
    epochs = LeaderEpochs()
    for line in lines[2:]:
        epoch, start = line.split(" ")
        epochs.assign(int(epoch), int(start))
    return epochs
