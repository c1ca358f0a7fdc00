"""Rates over a few windows of time, and buckets of tokens. [pure]

The arithmetic is Kafka's, so that the same quota gives the same rate.
Source: org.apache.kafka.common.metrics.stats.Rate, SampledStat, TokenBucket, 3.9.1.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class Windows:
    """Over which time a rate is taken: `count` windows of `size_ms`."""

    count: int = 11
    size_ms: int = 1000


@attrs.define
class _Sample:
    """What was recorded in one window."""

    start_ms: int
    last_ms: int
    value: float = 0.0


@attrs.define(eq=False)
class WindowedRate:
    """The rate of what is recorded, a second. Times are monotonic milliseconds and never fall."""

    windows: Windows
    least_window_ms: int = 0
    """The shortest time a rate is taken over; 0: all windows but the last, however little time has gone by."""

    _samples: list[_Sample] = attrs.field(factory=list, init=False)
    _current: int = attrs.field(default=0, init=False)

    def record(self, value: float, now_ms: int) -> None:
        """Add to what was recorded; a negative value takes back."""
        if not self._samples:
            self._samples.append(_Sample(now_ms, now_ms))
        sample = self._samples[self._current]
        if now_ms - sample.start_ms >= self.windows.size_ms:
            sample = self._next(now_ms)
        sample.value += value
        sample.last_ms = now_ms

    def measure(self, now_ms: int) -> tuple[float, int]:
        """The rate a second, and the milliseconds it was taken over."""
        expires_after_ms = self.windows.count * self.windows.size_ms
        total, oldest_ms = 0.0, now_ms
        for sample in self._samples:
            if now_ms - sample.last_ms >= expires_after_ms:
                sample.start_ms = sample.last_ms = now_ms
                sample.value = 0.0
            total += sample.value
            oldest_ms = min(oldest_ms, sample.start_ms)
        elapsed_ms = now_ms - oldest_ms
        if self.least_window_ms:
            over_ms = max(elapsed_ms, self.least_window_ms)
        else:
            missing = self.windows.count - 1 - elapsed_ms // self.windows.size_ms
            over_ms = max(elapsed_ms + max(missing, 0) * self.windows.size_ms, 1)
        return total * 1000 / over_ms, over_ms

    @property
    def last_recorded_ms(self) -> int:
        return max((sample.last_ms for sample in self._samples), default=0)

    def _next(self, now_ms: int) -> _Sample:
        # One more than there are windows: the oldest may reach into the time that is looked at.
        self._current = (self._current + 1) % (self.windows.count + 1)
        if self._current >= len(self._samples):
            self._samples.append(_Sample(now_ms, now_ms))
        else:
            self._samples[self._current] = _Sample(now_ms, now_ms)
        return self._samples[self._current]


@attrs.define(eq=False)
class TokenBucket:
    """Tokens that come at a rate and are kept for as long as the windows last. It begins full."""

    windows: Windows
    _tokens: float | None = attrs.field(default=None, init=False)
    _at_ms: int = attrs.field(default=0, init=False)

    def tokens(self, rate: float, now_ms: int) -> float:
        """What is there now, at `rate` tokens a second; below 0 if more were taken."""
        most = rate * self.windows.count * self.windows.size_ms / 1000
        if self._tokens is None:
            self._tokens = most
        else:
            self._tokens = min(most, self._tokens + rate * (now_ms - self._at_ms) / 1000)
        self._at_ms = now_ms
        return self._tokens

    def take(self, count: float, rate: float, now_ms: int) -> None:
        """Take tokens, whether they are there or not."""
        self._tokens = self.tokens(rate, now_ms) - count

    @property
    def last_recorded_ms(self) -> int:
        return self._at_ms


def throttle_ms(rate: float, limit: float, over_ms: int) -> int:
    """How long to wait until a rate taken over so many milliseconds has come down to the limit."""
    if rate <= limit:
        return 0
    if limit <= 0:
        return LONGEST_MS
    return min(round((rate - limit) / limit * over_ms), LONGEST_MS)


LONGEST_MS = 2**31 - 1
"""What fits into a response."""
