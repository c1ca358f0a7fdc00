"""The embedded ZooKeeper as a process of its own; its short ticks allow sessions of a second."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from zkbroker.embedded_zookeeper import EmbeddedZooKeeper


async def main(data: Path, port: int) -> None:
    await EmbeddedZooKeeper(data, port=port, tick_ms=500, max_session_timeout_ms=60_000).run()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
