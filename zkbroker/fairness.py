"""Work on the event loop that others need not wait for: long work in slices, much work one after the other."""

from __future__ import annotations

import time

import attrs
import trio

SLICE_S = 0.001
"""How long one may keep other tasks waiting."""


@attrs.define(eq=False)
class Slices:
    """Cuts one piece of long work into slices."""

    _until: float = attrs.field(factory=lambda: time.perf_counter() + SLICE_S)

    async def pause(self) -> None:
        """Let others run if the present slice is used up."""
        if time.perf_counter() >= self._until:
            await trio.lowlevel.checkpoint()
            self._until = time.perf_counter() + SLICE_S


@attrs.define(eq=False)
class Turnstile:
    """Lets one through in each round of the event loop, in the order they came, however many come at once."""

    _passing: trio.Lock = attrs.field(factory=trio.Lock)

    async def wait(self) -> None:
        """Return when it is our turn. Cancelled, one leaves the queue."""
        async with self._passing:
            await trio.lowlevel.checkpoint()
