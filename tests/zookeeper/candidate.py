"""A candidate for controller as a process of its own: prints a line for each reign and reigns until it is ended."""

from __future__ import annotations

import sys

import trio

from zkbroker.zookeeper.election import Reign, campaign
from zkbroker.zookeeper.session import ZkSession, ZooKeeper


async def main(connect: str, broker_id: int, session_timeout_ms: int) -> None:
    async def reign(won: Reign) -> None:
        print(f"reign {won.controller_epoch}", flush=True)  # noqa: T201
        await trio.sleep_forever()

    async def on_session(session: ZkSession) -> None:
        await campaign(session, broker_id=broker_id, reign=reign)

    await ZooKeeper(connect, session_timeout_ms=session_timeout_ms).run(on_session)


if __name__ == "__main__":
    trio.run(main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
