"""`zkbroker up` as a child process: what the quickstart and users' own tests start a cluster with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from zkbroker.testing.processes import die_with_parent, free_port, is_free

START_S = 60.0
STOP_S = 60.0
FIRST_PORT, ZOOKEEPER_PORT = 9092, 2181

_READY = re.compile(r"broker (\d+) ready on (\S+) \(process (\d+)\)")
_DEATH = re.compile(r"(broker \d+|zookeeper) (ended with exit code|was killed by) ")
_LOG = re.compile(r"its log is (\S+)")
_BOOTSTRAP = re.compile(r"bootstrap\.servers=(\S+)")


class UpFailed(Exception):
    """`zkbroker up` ended, or did not get ready. The message ends with what it said."""


@attrs.define(eq=False)
class UpCluster:
    """A running `zkbroker up`. Its lines go to `on_line` as they come, from another thread."""

    process: subprocess.Popen[str]
    data: Path
    on_line: Callable[[str], None] = lambda line: None
    bootstrap: str = ""
    pids: dict[int, int] = attrs.field(factory=dict)  # broker id -> process id, as of the start
    said: list[str] = attrs.field(factory=list)
    _restarted: list[subprocess.Popen[bytes]] = attrs.field(factory=list)
    _settled: threading.Event = attrs.field(factory=threading.Event)  # it is up, or has ended

    def read_lines(self) -> None:
        """Read what it says until it ends; for a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            text = line.rstrip()
            self.said.append(text)
            if ready := _READY.search(text):
                self.pids[int(ready[1])] = int(ready[3])
            if found := _BOOTSTRAP.search(text):
                self.bootstrap = found[1]
                self._settled.set()
            self.on_line(text)
        self._settled.set()

    def wait_ready(self) -> None:
        """Wait for the bootstrap line. Raises: UpFailed."""
        settled = self._settled.wait(START_S)
        if not self.bootstrap:
            why = "ended" if settled else f"was not ready after {START_S:.0f} s"
            raise UpFailed("\n".join([f"zkbroker up {why}", *self.said, *self._named_log()]))

    def _named_log(self) -> list[str]:
        """The end of the log that it named last: the file goes with its directory."""
        found = _LOG.search(self.said[-1] if self.said else "")
        return Path(found[1]).read_text(errors="replace").splitlines()[-20:] if found else []

    def deaths(self) -> list[str]:
        """What it said of processes that ended unasked."""
        return [line for line in self.said if _DEATH.match(line)]

    def log(self, name: str, lines: int = 30) -> str:
        """What a process ("broker-1", "zookeeper") wrote last, after every error that it wrote before."""
        text = (self.data / "logs" / f"{name}.log").read_text(errors="replace").splitlines()
        errors = [line for line in text[:-lines] if " ERROR " in line]
        return "\n".join([*errors, *text[-lines:]])

    def kill(self, broker_id: int) -> int:
        """kill -9 one broker; its process id."""
        pid = self.pids[broker_id]
        os.kill(pid, signal.SIGKILL)
        return pid

    def restart(self, broker_id: int) -> None:
        """Start a killed broker again, as a process beside `zkbroker up`; it is stopped with the cluster."""
        properties = self.data / f"broker-{broker_id}" / "server.properties"
        with (self.data / "logs" / f"broker-{broker_id}-again.log").open("ab") as log:
            self._restarted.append(
                subprocess.Popen(
                    [*die_with_parent(), sys.executable, "-m", "zkbroker", "broker", str(properties)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def wait(self) -> None:
        """Stay until it ends by itself."""
        self.process.wait()

    def stop(self) -> None:
        """Stop it in order, by force if it takes longer than `STOP_S`."""
        everything: list[subprocess.Popen[Any]] = [*self._restarted, self.process]
        for process in everything:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()  # if it is `up`, its brokers notice, and stop too
                process.wait()


@contextmanager
def up(
    brokers: int = 3,
    on_line: Callable[[str], None] = lambda line: None,
    arguments: Sequence[str] = (),
    *,
    usual_ports: bool = True,
) -> Iterator[UpCluster]:
    """A cluster on its usual ports, or on free ones where those are taken; its data goes with it.

    Without `usual_ports` on free ones anyway: two that start at once find the usual ones free and one of them fails.
    `arguments` are further ones for `zkbroker up`.
    Raises: UpFailed.
    """
    first_port = first_of_free_ports(brokers, FIRST_PORT if usual_ports else free_port())
    zookeeper_port = ZOOKEEPER_PORT if usual_ports and is_free(ZOOKEEPER_PORT) else free_port()
    with tempfile.TemporaryDirectory(prefix="zkbroker-") as directory:
        argv = [sys.executable, "-m", "zkbroker", "up", "--brokers", str(brokers)]
        argv += ["--port", str(first_port), "--zookeeper-port", str(zookeeper_port)]
        data = Path(directory, "data")
        argv += ["--data", str(data), *arguments]
        with subprocess.Popen(
            [*die_with_parent(), *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
        ) as process:
            cluster = UpCluster(process, data, on_line)
            reader = threading.Thread(target=cluster.read_lines, name="zkbroker up", daemon=True)
            reader.start()
            try:
                cluster.wait_ready()
                yield cluster
            finally:
                cluster.stop()
                reader.join(STOP_S)


def first_of_free_ports(count: int, first: int = FIRST_PORT) -> int:
    """The first of `count` free ports in a row: from `first` on if they are free."""
    while not all(is_free(port) for port in range(first, first + count)):
        first = free_port()
    return first
