"""The embedded ZooKeeper as a process for tests: `python -m ... DATA PORT [--no-fsync] [--tick MS]`."""

from __future__ import annotations

import argparse
import logging
import signal
from pathlib import Path

import trio

from zkbroker.embedded_zookeeper import EmbeddedZooKeeper


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--no-fsync", action="store_true")
    parser.add_argument("--tick", type=int, default=2000)
    parser.add_argument("--max-timeout", type=int, default=None)
    parser.add_argument("--snapshot-after", type=int, default=100_000)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    server = EmbeddedZooKeeper(
        options.data,
        port=options.port,
        fsync=not options.no_fsync,
        tick_ms=options.tick,
        max_session_timeout_ms=options.max_timeout,
        snapshot_after=options.snapshot_after,
    )
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            async for _ in signals:
                nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
