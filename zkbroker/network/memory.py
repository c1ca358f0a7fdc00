"""The budget for request bytes in flight, so that clients cannot make the broker swallow its machine's memory."""

from __future__ import annotations

from collections import deque

import attrs
import trio

ALWAYS_PASSES_BYTES = 64 * 1024
"""Frames up to this size are never counted: heartbeats and metadata must not wait behind big produces."""


@attrs.frozen
class MemoryStatistics:
    limit_bytes: int
    taken_bytes: int
    waiting: int


@attrs.define(eq=False)
class RequestMemory:
    """Bytes of large request frames, over all connections. Owner: the broker; sync, so atomic among tasks.

    A frame larger than the whole budget passes when nothing else is taken, so that no frame the size limit
    allows can wait for ever. Source: queued.max.request.bytes, KIP-72.
    """

    limit_bytes: int  # negative: without limit
    _taken_bytes: int = 0
    _queue: deque[tuple[int, trio.Event]] = attrs.field(factory=deque)

    def statistics(self) -> MemoryStatistics:
        return MemoryStatistics(self.limit_bytes, self._taken_bytes, len(self._queue))

    def _fits(self, size: int) -> bool:
        return self.limit_bytes < 0 or self._taken_bytes == 0 or self._taken_bytes + size <= self.limit_bytes

    async def take(self, size: int) -> None:
        """Wait, first come first served, until `size` bytes fit. Cancelling takes nothing."""
        if not self._queue and self._fits(size):
            self._taken_bytes += size
            return
        turn = trio.Event()
        self._queue.append((size, turn))
        try:
            await turn.wait()
        except trio.Cancelled:
            if turn.is_set():  # granted in the same tick: hand it back
                self.give(size)
            else:
                self._queue.remove((size, turn))
                self._grant()
            raise

    def give(self, size: int) -> None:
        """Return `size` bytes and let those who wait for them go on."""
        self._taken_bytes -= size
        self._grant()

    def _grant(self) -> None:
        while self._queue and self._fits(self._queue[0][0]):
            size, turn = self._queue.popleft()
            self._taken_bytes += size
            turn.set()
