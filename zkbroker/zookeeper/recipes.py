"""kazoo's blocking recipes, each in a thread of its own, ended with their session."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import attrs
import trio
from kazoo import exceptions

from zkbroker.zookeeper.operations import ZooKeeperError
from zkbroker.zookeeper.translation import translated

log = logging.getLogger(__name__)

_ENDS_WITHIN_S: Final = 5.0


@attrs.define(eq=False)
class Recipe:
    """A recipe of kazoo's that runs in a thread."""

    thread: threading.Thread
    ended: trio.Event = attrs.field(factory=trio.Event)
    error: ZooKeeperError | None = None  # why it ended, if by an error


@attrs.define(eq=False)
class Recipes:
    """Those of one session. Owner: the session."""

    run_soon: Callable[[Callable[..., object]], None]  # from a thread: on the trio thread
    _running: list[Recipe] = attrs.field(factory=list)

    def start(self, recipe: Callable[[], None], path: str) -> Recipe:
        """Run it in a thread. Whoever starts it makes it end; the end of the session makes sure of that."""

        def run() -> None:
            try:
                recipe()
            except exceptions.KazooException as error:
                running.error = translated(error, path)
            finally:
                self.run_soon(running.ended.set)

        running = Recipe(threading.Thread(target=run, name="kazoo-recipe", daemon=True))
        self._running = [other for other in self._running if not other.ended.is_set()]
        self._running.append(running)
        running.thread.start()
        return running

    async def wait_ended(self) -> None:
        """Return when none runs any more."""
        for running in self._running:
            await running.ended.wait()

    async def join(self, session: str) -> None:
        """Wait for their threads, a few seconds at most. Shielded from cancellation."""

        def join_all() -> None:
            for running in self._running:
                running.thread.join(timeout=_ENDS_WITHIN_S)
                if running.thread.is_alive():
                    log.error("A thread of the ZooKeeper session %s did not end", session)

        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(join_all, limiter=trio.CapacityLimiter(1))
