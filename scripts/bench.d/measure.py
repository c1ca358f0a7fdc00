"""What the measurements share: alternating runs, medians with their spread, a process's time and memory."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import attrs

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_machine() -> None:
    """One line on where the figures come from."""
    cores = len(os.sched_getaffinity(0))
    say(f"{platform.node()}: {cores} cores, Python {platform.python_version()}, {platform.platform()}")


@attrs.frozen
class Usage:
    """What a process has used so far."""

    cpu_s: float
    resident_bytes: int
    peak_resident_bytes: int


def usage(pid: int) -> Usage:
    """A process's CPU time (user and system) and memory. Linux only."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Usage(
        cpu_s=(int(after_name[11]) + int(after_name[12])) / TICKS_PER_S,
        resident_bytes=int(status["VmRSS"].split()[0]) * 1024,
        peak_resident_bytes=int(status["VmHWM"].split()[0]) * 1024,
    )


@attrs.frozen
class Figures:
    """The same measurement several times."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.values):.2f}-{max(self.values):.2f})"


async def alternate(
    runs: Mapping[str, Callable[[int], Awaitable[float]]], pairs: int, unit: str
) -> dict[str, Figures]:
    """Run each of two measurements in turn, `pairs` times after one discarded turn, and say every figure."""
    values: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(pairs + 1):
        for name, run in runs.items():
            value = await run(turn)
            say(f"  {'warm-up' if turn == 0 else f'pair {turn}':8} {name:16} {value:8.1f} {unit}")
            if turn:
                values[name].append(value)
    return {name: Figures(found) for name, found in values.items()}


def say_ratio(figures: Mapping[str, Figures], ours: str, theirs: str, unit: str) -> None:
    """The medians with their spread, and ours as a multiple of theirs."""
    for name, found in figures.items():
        say(f"{name:16} {found} {unit}: median (lowest-highest) of {len(found.values)}")
    pairs = [a / b for a, b in zip(figures[ours].values, figures[theirs].values, strict=True)]
    ratio = figures[ours].median / figures[theirs].median
    say(f"{ours} / {theirs}: {ratio:.2f} (pair by pair {min(pairs):.2f}-{max(pairs):.2f})")
