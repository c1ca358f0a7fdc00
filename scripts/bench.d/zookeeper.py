"""Writes per second through kazoo: the embedded ZooKeeper and Apache's in turn, with and without fsync.

All servers run all the time; only one has work. The client is one kazoo client in this process, so that the
highest figures are as much kazoo's as the server's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import attrs
import trio
from kazoo.client import KazooClient
from measure import Figures, alternate, say, say_machine, say_ratio, usage

from tests.support import peers
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZooKeeperKind, ZooKeeperServer, open_zookeeper

OURS, OURS_UNSYNCED = "embedded", "embedded no-fsync"
THEIRS, THEIRS_UNSYNCED = "apache", "apache no-fsync"
READY_WITHIN_S = 30.0


def _ours(*options: str) -> ZooKeeperKind:
    return ZooKeeperKind("embedded", lambda data, port: [*EMBEDDED_ZOOKEEPER.argv(data, port), *options])


def _apache(*flags: str) -> ZooKeeperKind:
    """As shipped: Java's own choice of compiler and collector."""

    def argv(data: Path, port: int) -> list[str]:
        frugal = list(peers.APACHE_ZOOKEEPER.argv(data, port))
        main_class = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        return peers.java_argv(main_class, frugal[-1], heap="1g", flags=flags)

    return ZooKeeperKind("apache", argv)


@attrs.frozen
class Load:
    """What the client does: `writes` of `data_bytes` each."""

    name: str
    writes: int
    in_flight: int  # requests
    a_multi: int = 1  # writes in one request
    data_bytes: int = 100

    def run(self, client: KazooClient) -> float:
        """Writes per second."""
        waiting: deque[object] = deque()
        data = bytes(self.data_bytes)
        started = time.perf_counter()
        for number in range(self.writes // self.a_multi):
            path = f"/bench/{number % 100:02d}"
            if self.a_multi == 1:
                waiting.append(client.set_async(path, data))
            else:
                multi = client.transaction()
                for _ in range(self.a_multi):
                    multi.set_data(path, data)
                waiting.append(multi.commit_async())
            if len(waiting) >= self.in_flight:
                waiting.popleft().get()  # type: ignore[attr-defined]
        while waiting:
            waiting.popleft().get()  # type: ignore[attr-defined]
        return self.writes / (time.perf_counter() - started)


LOADS = (
    Load("one at a time", 2_000, 1),
    Load("100 in flight", 10_000, 100),
    Load("multis of 200, 4 in flight", 40_000, 4, 200),
)


@attrs.define(eq=False)
class Contestant:
    """One server and its client."""

    server: ZooKeeperServer
    client: KazooClient

    @classmethod
    def of(cls, server: ZooKeeperServer) -> Contestant:
        client = KazooClient(server.connect, timeout=30.0)
        client.start(timeout=READY_WITHIN_S)
        for number in range(100):
            client.ensure_path(f"/bench/{number:02d}")
        return cls(server, client)

    async def run(self, load: Load, turn: int) -> float:
        return await trio.to_thread.run_sync(load.run, self.client)

    def close(self) -> None:
        self.client.stop()
        self.client.close()


async def compare(pairs: int) -> None:
    say_machine()
    kinds = {OURS: _ours(), OURS_UNSYNCED: _ours("--no-fsync")}
    if (reason := peers.missing()) is None:
        kinds |= {THEIRS: _apache(), THEIRS_UNSYNCED: _apache("-Dzookeeper.forceSync=no")}
    else:
        say(f"without Apache ZooKeeper: {reason}")
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-", dir=os.environ.get("TMPDIR")) as directory:
        async with AsyncExitStack() as stack:
            contestants: dict[str, Contestant] = {}
            for number, (name, kind) in enumerate(kinds.items()):
                server = await stack.enter_async_context(open_zookeeper(Path(directory, str(number)), kind))
                contestants[name] = await trio.to_thread.run_sync(Contestant.of, server)
                stack.callback(contestants[name].close)
            for load in LOADS:
                say(f"{load.name}: {load.writes:,} writes of {load.data_bytes} bytes a run")
                runs: dict[str, Callable[[int], object]] = {
                    name: partial(contestant.run, load) for name, contestant in contestants.items()
                }
                figures = await alternate(runs, pairs, "writes/s")  # type: ignore[arg-type]
                _say_figures(figures)
            for name, contestant in contestants.items():
                used = usage(contestant.server.process.pid)
                say(f"{name:18} {used.cpu_s:.1f} s of CPU, {used.resident_bytes / 1e6:.0f} MB resident")


def _say_figures(figures: dict[str, Figures]) -> None:
    for ours, theirs in ((OURS, THEIRS), (OURS_UNSYNCED, THEIRS_UNSYNCED)):
        if theirs in figures:
            say_ratio({name: figures[name] for name in (ours, theirs)}, ours, theirs, "writes/s")
        else:
            say(f"{ours:18} {figures[ours]} writes/s: median (lowest-highest)")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="counted rounds of runs (default %(default)s)")
    trio.run(compare, parser.parse_args(argv).pairs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
