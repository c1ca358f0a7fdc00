"""Many timers, most of which are put off again and again before they are due. [pure]"""

from __future__ import annotations

from heapq import heappop, heappush

import attrs

from zkbroker.coordinator.outcome import TimerKey


@attrs.define(eq=False)
class Timers:
    """Due times in monotonic ms. Putting one off costs no more than a dictionary entry."""

    _due: dict[TimerKey, int] = attrs.field(factory=dict)
    _queue: list[tuple[int, TimerKey]] = attrs.field(factory=list)
    _queued: dict[TimerKey, int] = attrs.field(
        factory=dict
    )  # the entry of the queue that counts, at most its due time

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: TimerKey, due_ms: int | None) -> None:
        """Set or move one; None takes it away."""
        if due_ms is None:
            self._due.pop(key, None)
            return
        self._due[key] = due_ms
        queued = self._queued.get(key)
        if queued is None or due_ms < queued:
            self._queued[key] = due_ms
            heappush(self._queue, (due_ms, key))

    def next_ms(self) -> int | None:
        """When to look again; None while there is none."""
        return self._queue[0][0] if self._queue else None

    def take_due(self, now_ms: int) -> list[TimerKey]:
        """Those that are due by now, earliest first; they are set no longer."""
        fired = []
        while self._queue and self._queue[0][0] <= now_ms:
            at, key = heappop(self._queue)
            if self._queued.get(key) != at:
                continue  # an earlier entry replaced it
            del self._queued[key]
            due_ms = self._due.get(key)
            if due_ms is None:
                continue
            if due_ms > now_ms:  # it was put off meanwhile
                self._queued[key] = due_ms
                heappush(self._queue, (due_ms, key))
            else:
                del self._due[key]
                fired.append(key)
        return fired
