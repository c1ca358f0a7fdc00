"""Times the direct file calls of the event loop, and gives up a directory that hangs.

A call that hangs holds the whole loop, so only another thread can say so while it does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

import attrs

from zkbroker.storage.log_directory import LogDirectory

log = logging.getLogger(__name__)

SLOW_SECONDS: Final = 1.0
HUNG_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.5


@attrs.define(eq=False)
class CallWatch:
    """One for all logs of a broker. `begin` and `end` enclose each direct call; they never nest."""

    clock: Callable[[], float] = time.monotonic
    slow_calls: int = 0
    _directory: LogDirectory | None = None
    _since: float = 0.0  # monotonic seconds, 0: no call is under way
    _stop: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self, directory: LogDirectory) -> None:
        self._directory = directory
        self._since = self.clock()

    def end(self) -> None:
        took = self.clock() - self._since
        self._since = 0.0
        if took > SLOW_SECONDS:
            self._was_slow(took)

    def _was_slow(self, took: float) -> None:
        self.slow_calls += 1
        directory = self._directory
        assert directory is not None
        log.warning("a file call in %s took %.1f s; the broker waited for it", directory.path, took)
        if took > HUNG_SECONDS:
            directory.fail(f"a file call took {took:.0f} s")

    def start(self) -> None:
        """Watch from a thread too, until `stop`."""
        self._thread = threading.Thread(target=self._look, name="storage-call-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _look(self) -> None:
        told = 0.0
        while not self._stop.wait(_LOOK_SECONDS):
            since, directory = self._since, self._directory
            if since and directory is not None and since != told and self.clock() - since > SLOW_SECONDS:
                told = since
                log.warning("a file call in %s hangs; the broker waits for it", directory.path)
