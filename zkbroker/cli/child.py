"""A process of a cluster: started, watched, stopped.

Its standard input is a pipe that only this process holds: should this process end, however it does, the child
reads the end of it and stops. It is in a session of its own, so that Ctrl-C does not reach it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from typing import Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.cli.cluster_plan import PlannedProcess

READY: Final = " ready on "
LAST_BYTES: Final = 4096


@attrs.define(eq=False)
class Child:
    """One process at a time, which may be run again after its end. Owner: the task in `run`."""

    planned: PlannedProcess
    moved: Changed  # told when it became ready, or ended; the cluster's processes share it
    address: str = attrs.field(default="", init=False)  # where it serves, once it is ready
    pid: int = attrs.field(default=0, init=False)
    exit_code: int | None = attrs.field(default=None, init=False)  # of the last run that ended
    _process: trio.Process | None = attrs.field(default=None, init=False)
    _runs: int = attrs.field(default=0, init=False)

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def is_ready(self) -> bool:
        return bool(self.address)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    async def run(self) -> int:
        """Start the process and return its exit code (negative: the signal) when it has ended.

        Cancelling kills it. Output on stderr goes to the log file; an earlier cluster's is kept as `.1`.
        """
        with _opened(self.planned.log_file, rotate=self._runs == 0) as log_descriptor:
            process = await trio.lowlevel.open_process(
                self.planned.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_descriptor.fileno(),
                start_new_session=True,
            )
        self._runs += 1
        self._process = process
        self.pid, self.exit_code = process.pid, None
        try:
            await self._read_lines(process)
            return await process.wait()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
                for stream in (process.stdin, process.stdout):
                    if stream is not None:
                        await stream.aclose()
            self._process = None
            self.exit_code = process.returncode
            self.address = ""
            self.moved.notify()

    async def _read_lines(self, process: trio.Process) -> None:
        """Look for the line that says it is ready; read on to the end, so that it is never held up."""
        assert process.stdout is not None
        line = b""
        async for chunk in process.stdout:
            *lines, line = (line + chunk).split(b"\n")
            for found in lines:
                _, ready, address = found.decode(errors="replace").partition(READY)
                if ready:
                    self.address = address
                    self.moved.notify()

    def ask_to_stop(self) -> None:
        """SIGTERM; a process that has ended does not mind."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL; a process that has ended does not mind."""
        if self._process is not None:
            self._process.kill()

    async def wait_ended(self) -> None:
        while self._process is not None:
            await self.moved.wait()

    def last_words(self) -> str:
        """The sentence it ended with, if it wrote one for people; else where its log is."""
        with suppress(OSError), self.planned.log_file.open("rb") as log_file:
            log_file.seek(max(0, os.fstat(log_file.fileno()).st_size - LAST_BYTES))
            lines = log_file.read().decode(errors="replace").splitlines()
            if lines and lines[-1].startswith("zkbroker: "):
                return lines[-1].removeprefix("zkbroker: ")
        return f"its log is {self.planned.log_file}"


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _opened(log_file: Path, *, rotate: bool) -> BufferedWriter:
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if rotate and log_file.exists():
        log_file.replace(log_file.with_name(log_file.name + ".1"))
    return log_file.open("ab")
