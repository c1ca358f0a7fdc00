"""Processes that a test starts: ended by their own id, whatever ends the test, with their output kept.

Start them from the main thread: on Linux each is told to die with the thread that started it, so that not
even a `kill -9` of the test run leaves one behind.
"""

from __future__ import annotations

import atexit
import os
import random
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import attrs
import trio

START_TIMEOUT_S = 90.0
POLL_S = 0.02
PORTS = range(10_000, 32_000)  # below the range from which systems take the ports of outgoing connections

_given_ports: set[int] = set()
_running: set[ManagedProcess] = set()
_started: list[ManagedProcess] = []


class ProcessFailed(Exception):
    """A process ended or did not get ready. The message ends with its last output."""


@attrs.define(eq=False)
class ManagedProcess:
    """One process, which may be started again after its end; its output goes to `log_path`, across restarts.

    `ready` says whether the process does its work by now; it is asked until it answers True.
    """

    name: str
    argv: Sequence[str]
    log_path: Path
    ready: Callable[[], Awaitable[bool]] | None = None
    environment: Mapping[str, str] = attrs.field(factory=dict)
    working_directory: Path | None = None
    _popen: subprocess.Popen[bytes] | None = attrs.field(default=None, init=False)
    _log_start_bytes: int = attrs.field(default=0, init=False)
    died_with: int | None = attrs.field(default=None, init=False)
    """The exit code with which it was found ended though nobody had ended it or waited for its end."""

    @property
    def pid(self) -> int:
        """The process id of the current or last run."""
        return self._require_started().pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; a paused process runs."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._require_started().poll()

    def start(self) -> None:
        """Start the process and return at once; `wait_ready` waits for it to be of use."""
        if self.is_running:
            raise ProcessFailed(f"{self.name} runs already (process {self.pid})")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as output:
            self._log_start_bytes = output.tell()
            self._popen = subprocess.Popen(
                [*die_with_parent(), *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=self.working_directory,
                start_new_session=True,  # a Ctrl-C in the terminal reaches us alone; we end what we started
            )
        _running.add(self)
        if self not in _started:
            _started.append(self)

    async def wait_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until `ready` answers True. Raises: ProcessFailed when it ends before, or time does."""
        if self.ready is None:
            return
        with trio.move_on_after(timeout_s):
            while not await self.ready():
                if not self.is_running:
                    raise ProcessFailed(
                        f"{self.name} ended with {self.exit_code} at its start:\n{self.tail()}"
                    )
                await trio.sleep(POLL_S)
            return
        raise ProcessFailed(f"{self.name} was not ready after {timeout_s:.0f} s:\n{self.tail()}")

    async def wait_for_line(self, pattern: str, timeout_s: float = START_TIMEOUT_S) -> re.Match[str]:
        """Wait until this run's output matches, and return the match. Raises: ProcessFailed as wait_ready."""
        regex = re.compile(pattern, re.MULTILINE)
        with trio.move_on_after(timeout_s):
            while True:
                ended = not self.is_running
                if match := regex.search(self.output()):
                    return match
                if ended:
                    raise ProcessFailed(
                        f"{self.name} ended with {self.exit_code}, no {pattern!r}:\n{self.tail()}"
                    )
                await trio.sleep(POLL_S)
        raise ProcessFailed(f"{self.name}: no {pattern!r} in {timeout_s:.0f} s:\n{self.tail()}")

    async def wait(self) -> int:
        """Wait for the end of the process and return its exit code, negative for a signal."""
        popen = self._require_started()
        if hasattr(os, "pidfd_open") and popen.poll() is None:
            descriptor = os.pidfd_open(popen.pid)
            try:
                await trio.lowlevel.wait_readable(descriptor)
            finally:
                os.close(descriptor)
        while (code := popen.poll()) is None:  # noqa: ASYNC110 (systems without pidfd)
            await trio.sleep(POLL_S)
        _running.discard(self)
        return code

    async def stop(self, grace_s: float = 30.0) -> int:
        """Ask the process to end (SIGTERM), insist (SIGKILL) after `grace_s`, and return its exit code."""
        if self.is_running:
            self.resume()
            self.send_signal(signal.SIGTERM)
            with trio.move_on_after(grace_s):
                return await self.wait()
        return self.kill()

    def kill(self) -> int:
        """End the process now (SIGKILL) and collect it; no error if it has ended, or never began (0)."""
        if self._popen is None:
            return 0
        popen = self._popen
        if popen.poll() is None:
            popen.kill()
        elif self in _running:
            self.died_with = popen.returncode
        _running.discard(self)
        return popen.wait()

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): its sockets stay open and nobody answers."""
        self.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self.send_signal(signal.SIGCONT)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to this one process; no error if it has ended."""
        self._require_started().send_signal(number)

    def output(self) -> str:
        """What the current or last run has printed so far."""
        with self.log_path.open("rb") as output:
            output.seek(self._log_start_bytes)
            return output.read().decode(errors="replace")

    def tail(self, lines: int = 40) -> str:
        """The last lines the current or last run has printed."""
        return "\n".join(self.output().splitlines()[-lines:])

    def _require_started(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise ProcessFailed(f"{self.name} was never started")
        return self._popen


def of_interest(since: int) -> list[ManagedProcess]:
    """The processes that run now, and those first started after `mark()` gave `since`."""
    return [process for number, process in enumerate(_started) if number >= since or process.is_running]


def mark() -> int:
    """A point in time for `of_interest`."""
    return len(_started)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on, and that this process has not been given before."""
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if port not in _given_ports and is_free(port):
            _given_ports.add(port)
            return port
    raise OSError("no free TCP port on 127.0.0.1")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def accepts_connections(port: int) -> bool:
    """Whether somebody accepts TCP connections on this port of 127.0.0.1."""
    try:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
    except OSError:
        return False
    await stream.aclose()
    return True


def die_with_parent() -> list[str]:
    """What to put before a command line so that the process dies with the thread that starts it."""
    setpriv = shutil.which("setpriv")  # util-linux; elsewhere atexit has to do
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


@atexit.register
def _end_all() -> None:
    for process in list(_running):
        process.kill()
