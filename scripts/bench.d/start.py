"""From the shell to the bootstrap line of `zkbroker up`, and what the processes take when nobody uses them."""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measure import MIB, Figures, say, say_machine, usage

from zkbroker.testing.processes import die_with_parent, free_port
from zkbroker.testing.up import first_of_free_ports

READY = re.compile(r"(zookeeper|broker \d+) ready on \S+ \(process (\d+)\)")


def start(data: Path, brokers: int) -> tuple[subprocess.Popen[str], float, dict[str, int]]:
    """The running `up`, the seconds until its bootstrap line, and its processes by name."""
    argv = [str(Path(sys.executable).parent / "zkbroker"), "up", "--brokers", str(brokers)]
    argv += ["--port", str(first_of_free_ports(brokers)), "--zookeeper-port", str(free_port())]
    argv += ["--data", str(data)]
    began_s = time.monotonic()
    process = subprocess.Popen(
        [*die_with_parent(), *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    pids: dict[str, int] = {"up": process.pid}
    for line in process.stdout:
        if ready := READY.search(line):
            pids[ready[1]] = int(ready[2])
        if "bootstrap.servers=" in line:
            return process, time.monotonic() - began_s, pids
        say(f"    {line.rstrip()}")
    raise SystemExit("zkbroker up ended")


def say_idle(pids: dict[str, int], idle_s: float) -> None:
    """Memory and CPU of each process over a while without clients."""
    before = {name: usage(pid) for name, pid in pids.items()}
    time.sleep(idle_s)
    for name, pid in sorted(pids.items()):
        after = usage(pid)
        cpu = (after.cpu_s - before[name].cpu_s) / idle_s * 100
        say(f"  {name:10} {after.resident_bytes / MIB:6.1f} MiB resident, {cpu:5.2f} % CPU")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5, help="counted runs, after one discarded")
    parser.add_argument(
        "--idle", type=float, default=30.0, metavar="S", help="how long to watch the last one"
    )
    parsed = parser.parse_args(argv)
    say_machine()
    seconds: list[float] = []
    for run in range(parsed.runs + 1):
        with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as directory:
            process, took_s, pids = start(Path(directory), parsed.brokers)
            say(f"  {f'run {run}' if run else 'warm-up':8} {took_s:.2f} s to the bootstrap line")
            if run:
                seconds.append(took_s)
            if run == parsed.runs:
                say(f"idle for {parsed.idle:.0f} s:")
                say_idle(pids, parsed.idle)
            began_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate()
            say(f"           {time.monotonic() - began_s:.2f} s to stop")
    say(f"{parsed.brokers} brokers and the embedded ZooKeeper: {Figures(seconds)} s, median (lowest-highest)")
    return 0
