"""The process in which logs are compacted: `python -m zkbroker.storage.cleaning_worker`, started by the broker.

Jobs and limits arrive on standard input, answers leave on standard output (`cleaning_process`).
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
from collections.abc import Iterator
from typing import Any, Final

from zkbroker.storage.cleaning_process import LENGTH, Answer, Failed, Limit
from zkbroker.storage.compaction import CompactionJob, Pace, compact
from zkbroker.storage.compaction_rules import Uncleanable
from zkbroker.storage.files import FILES

_NICENESS: Final = (
    15  # less, and its share of a busy core shows in producers' p99; more, and busy brokers starve it
)


def main() -> None:
    """Serve standard input until it closes."""
    os.nice(_NICENESS)
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed is no answer
    pace = Pace()
    jobs: queue.SimpleQueue[CompactionJob] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs, pace), daemon=True).start()
    while True:
        for answer in _run(jobs.get(), pace):
            content = pickle.dumps(answer)
            rest = memoryview(LENGTH.pack(len(content)) + content)
            while rest:
                rest = rest[os.write(answers, rest) :]


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


if __name__ == "__main__":
    main()
