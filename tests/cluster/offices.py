"""Who is controller, and moving the office to another broker by deleting /controller by hand."""

from __future__ import annotations

from collections.abc import Collection

import trio

from zkbroker.testing.cluster import Cluster
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import BadVersion, NoNode, ZkSession

LIMIT_S = 90.0


async def wait_controller(session: ZkSession) -> int:
    """The broker that holds /controller; waits while nobody does."""
    with trio.fail_after(LIMIT_S):
        while True:
            stat, changed = await session.exists_and_watch(znodes.CONTROLLER)
            if stat is not None:
                try:
                    return znodes.decode_controller((await session.get(znodes.CONTROLLER)).data).broker_id
                except NoNode:
                    continue
            await changed.wait()


async def move_office(cluster: Cluster, session: ZkSession, wanted: Collection[int]) -> int:
    """Delete /controller until one of the wanted brokers wins the election; then wait until all obey it."""
    with trio.fail_after(LIMIT_S):
        while (holder := await wait_controller(session)) not in wanted:
            node = await session.get(znodes.CONTROLLER)
            try:
                await session.delete(znodes.CONTROLLER, node.stat.version)
            except (NoNode, BadVersion):
                continue
    await wait_obeyed(cluster, holder)
    return holder


async def wait_obeyed(cluster: Cluster, controller: int) -> None:
    """Wait until the metadata of every running broker names this controller."""

    async def is_so() -> bool:
        answers = [
            await cluster.client.metadata([], address=cluster.brokers[broker].bootstrap)
            for broker in cluster.running
        ]
        return all(answer.controller_id == controller for answer in answers)

    await cluster.wait_until(is_so, f"every broker obeys controller {controller}")
