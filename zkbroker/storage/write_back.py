"""When appended bytes are given to the disk: not at once, and before the kernel has to slow down whoever appends.

An append to a file that is being written waits for its turn again and again, so what is new stays in memory for a
while; but a kernel that finds too much of it there holds up the event loop in its next write.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.storage.files import PIECE_BYTES

if TYPE_CHECKING:
    from zkbroker.storage.log import Log

_SHARE_OF_MEMORY: Final = 32  # the kernel itself begins to write at a tenth (vm.dirty_background_ratio)
_LONGEST_S: Final = 5.0
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def memory_bytes() -> int:
    """What this process may use at most: the machine's memory, or its container's."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such limit
        return machine


def most_waiting_bytes() -> int:
    """How much a broker may leave in memory, in all its directories together."""
    return memory_bytes() // _SHARE_OF_MEMORY


@attrs.define(eq=False)
class WaitingPieces:
    """Pieces of PIECE_BYTES that were appended in one log directory, oldest first. Owner: its DirectoryUpkeep."""

    most_bytes: int
    longest_s: float = _LONGEST_S
    _pieces: deque[tuple[float, Log]] = attrs.field(factory=deque)

    def add(self, log: Log, now_s: float) -> None:
        """One more piece of that log."""
        self._pieces.append((now_s, log))

    def forget(self, log: Log) -> None:
        self._pieces = deque(piece for piece in self._pieces if piece[1] is not log)

    def due_in_s(self, now_s: float) -> float:
        """How long the oldest piece may still wait; not above 0: it is due."""
        if len(self._pieces) * PIECE_BYTES > self.most_bytes:
            return 0.0
        return self._pieces[0][0] + self.longest_s - now_s if self._pieces else float("inf")

    def take(self) -> Log:
        """The log of the oldest piece."""
        return self._pieces.popleft()[1]
