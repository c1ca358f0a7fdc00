"""A process that registers broker 1, keeps its session's id in a directory, and stays until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from zkbroker.model import BrokerInfo, Endpoint, SecurityProtocol
from zkbroker.registration import register, remember_session
from zkbroker.zookeeper.session import ZkSession, ZooKeeper

BROKER = BrokerInfo(1, (Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, "h1", 9092),))


async def main(connect: str, directory: Path) -> None:
    async def on_session(session: ZkSession) -> None:
        remember_session(directory, session)
        await register(session, BROKER)
        print("registered", flush=True)  # noqa: T201

    await ZooKeeper(connect, session_timeout_ms=60_000).run(on_session)


if __name__ == "__main__":
    trio.run(main, sys.argv[1], Path(sys.argv[2]))
