"""What asks a process to stop: signals, and the end of the process that started it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable

import trio

log = logging.getLogger(__name__)


async def stop_on_signal(stop: Callable[[], None]) -> None:
    """Call `stop` at the first SIGTERM, SIGINT or SIGHUP; a second one ends the process at once."""
    signals = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks to stay
        signals.append(signal.SIGHUP)
    with trio.open_signal_receiver(*signals) as received:
        number = await anext(received)
    for each in signals:
        signal.signal(each, signal.SIG_DFL)
    log.info("Stopping: %s", signal.Signals(number).name)
    stop()


async def wait_parent_gone() -> None:
    """Return when the process at the other end of our standard input has ended, however it did."""
    async with trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())) as stdin:
        while await stdin.receive_some(64):
            pass
