"""Commands at a terminal: a real one, of ten lines, of which we see all that is written to it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
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
