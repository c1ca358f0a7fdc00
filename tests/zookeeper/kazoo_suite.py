"""A pytest plugin under which kazoo's own tests find the embedded ZooKeeper where they would start Apache's.

`python -m pytest -p tests.zookeeper.kazoo_suite --pyargs kazoo.tests.test_lock`
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from zkbroker.testing.processes import die_with_parent, free_port

PATIENCE_S = 30.0


@attrs.define(eq=False)
class Server:
    """One embedded ZooKeeper, under the names by which kazoo's harness knows a server."""

    data: Path
    port: int = attrs.field(factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None

    def run(self) -> None:
        """Start it, if it does not run."""
        if self._process is not None:
            return
        argv = [sys.executable, "-m", "tests.zookeeper.embedded_process", str(self.data), str(self.port)]
        with (self.data / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*die_with_parent(), *argv, "--no-fsync"], stdout=output, stderr=output
            )
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as asking:
                asking.sendall(b"ruok")
                if asking.recv(4) == b"imok":
                    return
            time.sleep(0.02)
        raise RuntimeError("\n".join(self.get_logs(100)))

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def get_logs(self, num_lines: int = 100) -> list[str]:
        """The last lines it wrote."""
        return (self.data / "output.log").read_text().splitlines()[-num_lines:]


@attrs.define(eq=False)
class Ensemble:
    """The one server, as an ensemble of one."""

    servers: tuple[Server, ...]

    def __getitem__(self, index: int) -> Server:
        return self.servers[index]

    def __iter__(self) -> Iterator[Server]:
        return iter(self.servers)

    def start(self) -> None:
        for server in self.servers:
            server.run()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def get_logs(self) -> list[list[str]]:
        return [server.get_logs() for server in self.servers]

    terminate = stop


def pytest_configure(config: Any) -> None:
    # What starts Apache's servers, and needs libraries for their certificates, is not needed.
    starter: Any = types.ModuleType("kazoo.testing.common")
    starter.ZookeeperCluster = Ensemble
    sys.modules[starter.__name__] = starter
    import kazoo.testing.harness as harness

    directory = tempfile.TemporaryDirectory(prefix="kazoo-suite-")
    ensemble = Ensemble((Server(Path(directory.name)),))
    harness.get_global_cluster = lambda: ensemble
    os.environ["ZOOKEEPER_VERSION"] = "3.8.4"

    def clean_up() -> None:
        ensemble.stop()
        directory.cleanup()

    config.add_cleanup(clean_up)
