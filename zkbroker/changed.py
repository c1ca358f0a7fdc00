"""One signal for "look again": wakes everyone who waits for some state to move."""

from __future__ import annotations

import attrs
import trio


@attrs.define(eq=False)
class Changed:
    """Wakes all waiters at each `notify()`. It carries no data: a woken task looks at the state itself.

    Owner: the object whose state moves. `notify` is sync and cheap when nobody waits.
    A waiter that looks first and then waits, with no await between, misses nothing.
    """

    _waiting: trio.Event | None = None

    def notify(self) -> None:
        """Wake every task that waits now."""
        if self._waiting is not None:
            self._waiting.set()
            self._waiting = None

    async def wait(self) -> None:
        """Return after the next `notify()`. Cancelling it has no effect on others."""
        if self._waiting is None:
            self._waiting = trio.Event()
        await self._waiting.wait()
