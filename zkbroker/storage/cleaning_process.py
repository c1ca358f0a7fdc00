"""The broker's side of the process in which logs are compacted (`cleaning_worker`).

Compaction is work for the interpreter, which the event loop needs for itself. The process is started when there is
something to compact and ends when there is nothing left, or when the broker does: its standard input closes then.
Over pipes: frames of a length and a pickled object.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs

from zkbroker.storage.compaction import CleanedGroup, CompactionDone, CompactionJob

if TYPE_CHECKING:
    import trio

LENGTH: Final = struct.Struct(">I")
NICENESS: Final = (
    15  # less, and its share of a busy core shows in producers' p99; more, and busy brokers starve it
)
COMMAND: Final = (  # nice from its first step on: the imports are some 0.1 s of work
    sys.executable,
    "-c",
    f"import os; os.nice({NICENESS}); from zkbroker.storage.cleaning_worker import main; main()",
)


@attrs.frozen
class Failed:
    """A compaction ended early."""

    reason: str
    error: OSError | None = None  # None: the log is uncleanable


@attrs.frozen
class Limit:
    """So much and no more, from now on."""

    bytes_per_s: float


Answer = CleanedGroup | CompactionDone | Failed


class CleaningProcessDied(Exception):
    """The process ended in the middle of its work."""


@attrs.define(eq=False)
class CleaningProcess:
    """Does one compaction at a time. Made by `open_cleaning_process`."""

    _stdin: trio.abc.SendStream
    _stdout: trio.abc.ReceiveStream
    _sending: trio.Lock
    _received: bytearray = attrs.field(factory=bytearray)

    async def limit(self, bytes_per_s: float) -> None:
        """Read and write no more than that from now on, also in the compaction under way."""
        await self._send(Limit(bytes_per_s))

    async def compact(self, job: CompactionJob) -> AsyncIterator[Answer]:
        """Each new segment as it becomes ready, and last a CompactionDone or Failed. Raises: CleaningProcessDied."""
        await self._send(job)
        while True:
            answer = await self._receive()
            yield answer
            if not isinstance(answer, CleanedGroup):
                return

    async def _send(self, message: object) -> None:
        import trio

        content = pickle.dumps(message)
        try:
            async with self._sending:
                await self._stdin.send_all(LENGTH.pack(len(content)) + content)
        except trio.BrokenResourceError as error:
            raise CleaningProcessDied("the cleaning process has ended") from error

    async def _receive(self) -> Answer:
        received = self._received
        while len(received) < 4 or len(received) < 4 + LENGTH.unpack_from(received)[0]:
            content = await self._stdout.receive_some(65536)
            if not content:
                raise CleaningProcessDied("the cleaning process has ended")
            received += content
        end = 4 + LENGTH.unpack_from(received)[0]
        answer: Answer = pickle.loads(bytes(received[4:end]))
        del received[:end]
        return answer


@asynccontextmanager
async def open_cleaning_process() -> AsyncIterator[CleaningProcess]:
    """A process that lives as long as the block; leaving it ends whatever it does. Raises: OSError."""
    import trio

    process = await trio.lowlevel.open_process(COMMAND, stdin=-1, stdout=-1)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield CleaningProcess(process.stdin, process.stdout, trio.Lock())
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdin.aclose()
            await process.stdout.aclose()
