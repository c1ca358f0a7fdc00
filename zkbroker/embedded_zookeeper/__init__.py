"""A single-node ZooKeeper server on trio, speaking ZooKeeper's own client protocol.

It is the default on one machine; its data directory is in Apache ZooKeeper's own format, so that a
cluster can move to a real ensemble later.
"""

from __future__ import annotations

from pathlib import Path

import trio

from zkbroker.embedded_zookeeper.server import EmbeddedZooKeeper, PortTaken, Statistics
from zkbroker.embedded_zookeeper.storage import StorageError

__all__ = ["EmbeddedZooKeeper", "PortTaken", "Statistics", "StorageError", "serve"]


async def serve(
    data_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 2181,
    fsync: bool = True,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a server with the usual settings until cancelled; "started" is the bound port.

    Raises: StorageError, PortTaken: their messages are sentences for a person.
    """
    await EmbeddedZooKeeper(data_dir, host=host, port=port, fsync=fsync).run(task_status=task_status)
