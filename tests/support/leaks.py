"""What a test may not leave behind: threads and open descriptors. (Tasks cannot outlive their nursery.)"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GRACE_S = 5.0
POLL_S = 0.01


@contextmanager
def no_leaks() -> Iterator[None]:
    """Fail if a thread or descriptor that is new since the start is still there `GRACE_S` after the end."""
    threads_before, descriptors_before = _threads(), _descriptors()
    yield
    deadline = time.monotonic() + GRACE_S
    while leaked := _leaked(threads_before, descriptors_before):
        if time.monotonic() > deadline:
            raise AssertionError("the test left behind: " + ", ".join(leaked))
        gc.collect()  # a closed client's cycles may hold the last reference to its sockets
        time.sleep(POLL_S)


def _leaked(threads_before: set[threading.Thread], descriptors_before: dict[int, str]) -> list[str]:
    threads = [f"thread {thread.name}" for thread in _threads() - threads_before]
    now = _descriptors()
    descriptors = [f"{what}" for number, what in now.items() if descriptors_before.get(number) != what]
    return threads + descriptors


def _threads() -> set[threading.Thread]:
    """Living threads, without trio's idle workers, which wait a while for more work."""
    return {t for t in threading.enumerate() if not (t.daemon and t.name.startswith("Trio thread"))}


def _descriptors() -> dict[int, str]:
    """Open sockets and files by number (none where there is no /proc); pipes belong to libraries."""
    found: dict[int, str] = {}
    with suppress(OSError):
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                what = os.readlink(link)
                if what.startswith(("socket:", "/")) and not what.startswith(("/dev/", "/proc/")):
                    found[int(link.name)] = what
    return found
