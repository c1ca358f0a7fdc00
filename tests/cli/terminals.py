"""Commands at a terminal: a real one, of ten lines, of which we see all that is written to it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import attrs

from tests.cli.commands import clean_environment

ESCAPE = "\x1b["
LIMIT_S = 30.0
ROWS, COLUMNS = 10, 80


@attrs.frozen
class Shown:
    code: int
    terminal: str
    errors: str  # standard error, where that is not the terminal


def on_terminal(
    *words: str, environment: dict[str, str] | None = None, errors_too: bool = True, output_too: bool = True
) -> Shown:
    """Run one of Kafka's commands at a terminal of 10 lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    unset = {name: text for name, text in clean_environment().items() if name not in ("NO_COLOR", "LESS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "zkbroker.cli.commands", *words],
        stdin=theirs,
        stdout=theirs if output_too else subprocess.DEVNULL,
        stderr=theirs if errors_too else subprocess.PIPE,
        env=unset | {"TERM": "xterm", "PAGER": ""} | (environment or {}),
        start_new_session=True,
    )
    os.close(theirs)
    terminal = b"".join(_until_gone(ours))
    os.close(ours)
    _, errors = process.communicate(timeout=LIMIT_S)
    return Shown(
        process.returncode,
        terminal.decode().replace("\r\n", "\n"),
        "" if errors is None else errors.decode(),
    )


@attrs.define(eq=False)
class Dialogue:
    """One of Kafka's commands at a terminal, and who types there."""

    process: subprocess.Popen[bytes]
    _ours: int
    _seen: str = ""

    def waits_for(self, pattern: str) -> str:
        """What it shows until this matches, from where the last match ended."""
        deadline_s = time.monotonic() + LIMIT_S
        while (found := re.search(pattern, self._seen)) is None:
            ready, _, _ = select.select([self._ours], [], [], deadline_s - time.monotonic())
            assert ready, f"no {pattern} in {self._seen!r}"
            self._seen += os.read(self._ours, 65536).decode().replace("\r\n", "\n")
        shown, self._seen = self._seen[: found.end()], self._seen[found.end() :]
        return shown

    def types(self, keys: str, pattern: str) -> str:
        os.write(self._ours, keys.encode())
        return self.waits_for(pattern)


@contextmanager
def dialogue(*words: str, environment: dict[str, str]) -> Iterator[Dialogue]:
    """At a terminal of 160 columns; it is ended with the block."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, 2 * COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "zkbroker.cli.commands", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment() | {"TERM": "xterm"} | environment,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Dialogue(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _until_gone(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            return
        if not chunk:
            return
        yield chunk


def piped(*words: str, stdout: IO[bytes] | int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zkbroker.cli.commands", *words],
        env=clean_environment(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT_S,
    )


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)
