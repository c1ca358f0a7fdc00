"""Runs `zkbroker` as a user does: a process, its exit code, what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

LIMIT_S = 60.0


@attrs.frozen
class Outcome:
    code: int
    stdout: str
    stderr: str

    @property
    def sentence(self) -> str:
        """The one line on stderr that is not a log line."""
        lines = [line for line in self.stderr.splitlines() if not line.startswith("[")]
        assert len(lines) == 1, self.stderr
        return lines[0]


def zkbroker(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    module: str = "zkbroker",
) -> Outcome:
    """`python -m zkbroker …` to its end, without the KAFKA_ variables of whoever runs the tests."""
    completed = subprocess.run(
        command(*arguments, module=module),
        env=clean_environment() | dict(environment or {}),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert "Traceback" not in completed.stderr, completed.stderr
    return Outcome(completed.returncode, completed.stdout, completed.stderr)


def command(*arguments: str, module: str = "zkbroker") -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("KAFKA_")}
