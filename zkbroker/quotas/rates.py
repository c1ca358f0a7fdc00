"""What keeps a rate: a pace for bytes and time, a bucket of tokens for changes. [pure]

Kafka takes the mean over the last windows. That lets a client have at once all that these allow, and then nothing
until it has left them; a half minute sees three such bursts, or two. A `Pace` allows as much to whoever used nothing
and throttles nobody sooner, but remembers whoever was over the limit as one who used the rate evenly: there is no
second burst, unless he rests of his own accord. The bucket of tokens is Kafka's own.
Source: org.apache.kafka.common.metrics.stats.Rate, SampledStat, TokenBucket, 3.9.1; KIP-13, KIP-599.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import attrs

LONGEST_MS: Final = 2**31 - 1
"""What fits into a response."""

SHARE_S: Final = 0.5
"""An answer with records carries what its quota allows in this time, and no less than a batch."""


@attrs.frozen
class Windows:
    """The time Kafka takes a rate over: `count` windows of `size_ms`, of which the last is under way."""

    count: int = 11
    size_ms: int = 1000

    @property
    def past_ms(self) -> int:
        """All but the one under way: what they allow may be used at once by whoever used nothing."""
        return (self.count - 1) * self.size_ms


@attrs.define
class _Use:
    """What was used in the window that began then."""

    began_ms: int
    cost_ms: float


@attrs.define(eq=False)
class Pace:
    """Keeps what is used to a rate. Times are monotonic milliseconds and never fall.

    What is used costs the time in which the rate allows as much. The windows have room for their own length: who uses
    more owes the rest, and counts from then on as having used the rate evenly until all is paid.
    """

    windows: Windows
    most_owed_ms: float = math.inf  # or what was used at once, if that is more
    last_used_ms: int = attrs.field(default=0, init=False)
    _even_until_ms: float = attrs.field(default=-math.inf, init=False)  # beyond now: until all is paid
    _since: deque[_Use] = attrs.field(factory=deque, init=False)
    _rate: float = attrs.field(default=0.0, init=False)

    def use(self, amount: float, rate: float, now_ms: int) -> int:
        """Count what is used; returns for how many milliseconds whoever used it has to rest."""
        owed_ms = self._owed_ms(rate, now_ms)
        self.last_used_ms = now_ms
        if rate <= 0:
            return LONGEST_MS
        if not amount:
            return _told(owed_ms)
        cost_ms = amount * 1000 / rate
        over_ms = self._used_ms(now_ms) + cost_ms - self.windows.past_ms
        if over_ms <= 0:
            self._note(cost_ms, now_ms)
            return 0
        self._since.clear()
        owed_ms = max(owed_ms, min(over_ms, max(self.most_owed_ms, cost_ms)))
        self._even_until_ms = now_ms + owed_ms
        return _told(owed_ms)

    def rest_ms(self, rate: float, now_ms: int) -> int:
        """For how long to rest until all is paid that was used before."""
        return _told(self._owed_ms(rate, now_ms))

    def _owed_ms(self, rate: float, now_ms: int) -> float:
        """A higher rate pays it sooner at once; a lower one does not make it last longer."""
        owed_ms = max(0.0, self._even_until_ms - now_ms)
        if owed_ms and rate > self._rate:
            owed_ms *= self._rate / rate
            self._even_until_ms = now_ms + owed_ms
        self._rate = rate
        return owed_ms

    def _used_ms(self, now_ms: int) -> float:
        """How much of the windows is used up."""
        begin_ms, since, size_ms = now_ms - self.windows.past_ms, self._since, self.windows.size_ms
        while since and since[0].began_ms + size_ms <= begin_ms:
            since.popleft()
        used_ms = max(0.0, self._even_until_ms - begin_ms)
        if since:
            oldest = since[0]
            gone = max(0.0, (begin_ms - oldest.began_ms) / size_ms)
            used_ms += sum(use.cost_ms for use in since) - gone * oldest.cost_ms
        return used_ms

    def _note(self, cost_ms: float, now_ms: int) -> None:
        since = self._since
        if since and now_ms - since[-1].began_ms < self.windows.size_ms:
            since[-1].cost_ms += cost_ms
        else:
            since.append(_Use(now_ms, cost_ms))


def _told(owed_ms: float) -> int:
    return min(round(owed_ms), LONGEST_MS) if owed_ms < LONGEST_MS else LONGEST_MS


def share(rate: float) -> int:
    """How much an answer with records may carry at that rate."""
    return min(int(rate * SHARE_S), LONGEST_MS)


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
    def last_used_ms(self) -> int:
        return self._at_ms
