"""The process in which logs are compacted, started by the broker (`cleaning_process.COMMAND`).

Jobs and limits arrive on standard input, answers leave on standard output. While it works, it offers its core to
whoever waits for one every half millisecond: niceness alone lets a broker that wakes up wait until the kernel looks
again, some 4 ms. (The idle class gives way at once, and gets next to nothing beside busy neighbours.)
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from zkbroker.storage.cleaning_process import LENGTH, Answer, Failed, Limit
from zkbroker.storage.compaction import CompactionJob, Pace, compact
from zkbroker.storage.compaction_rules import Uncleanable
from zkbroker.storage.files import FILES

_YIELD_EVERY_S: Final = 0.0005


def main() -> None:
    """Serve standard input until it closes."""
    signal.signal(signal.SIGALRM, lambda *_: os.sched_yield())
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed is no answer
    pace = Pace(sleep=_sleep)
    jobs: queue.SimpleQueue[CompactionJob] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs, pace), daemon=True).start()
    while True:
        job = jobs.get()
        _keep_yielding(True)
        for answer in _run(job, pace):
            content = pickle.dumps(answer)
            rest = memoryview(LENGTH.pack(len(content)) + content)
            while rest:
                rest = rest[os.write(answers, rest) :]
        _keep_yielding(False)


def _keep_yielding(working: bool) -> None:
    every_s = _YIELD_EVERY_S if working else 0.0
    signal.setitimer(signal.ITIMER_REAL, every_s, every_s)


def _sleep(seconds: float) -> None:
    _keep_yielding(False)
    time.sleep(seconds)
    _keep_yielding(True)


def _listen(jobs: queue.SimpleQueue[CompactionJob], pace: Pace) -> None:
    """Take jobs and limits. When the broker is gone, so are we, at once: its successor works on the same files."""
    try:
        while True:
            message = _read_message()
            if isinstance(message, Limit):
                pace.bytes_per_s = message.bytes_per_s
            else:
                jobs.put(message)
    finally:
        os._exit(0)


def _read_message() -> Any:
    (size,) = LENGTH.unpack(_read_exactly(4))
    return pickle.loads(_read_exactly(size))


def _read_exactly(size: int) -> bytes:
    """Raises: EOFError."""
    content = b""
    while len(content) < size:
        piece = os.read(0, size - len(content))
        if not piece:
            raise EOFError
        content += piece
    return content


def _run(job: CompactionJob, pace: Pace) -> Iterator[Answer]:
    try:
        yield from compact(job, FILES, pace)
    except Uncleanable as error:
        yield Failed(str(error))
    except OSError as error:
        yield Failed(str(error), error)
