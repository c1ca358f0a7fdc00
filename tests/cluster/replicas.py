"""Whether all replicas of a partition hold the same bytes."""

from __future__ import annotations

from collections.abc import Collection

from zkbroker.testing.cluster import Cluster
from zkbroker.testing.logs import StoredLog, read_log, require_identical


async def require_identical_replicas(
    cluster: Cluster, topic: str, partition: int = 0, replicas: Collection[int] | None = None
) -> None:
    """Wait until every replica (of all brokers) is in sync, at one end and on the disk, and compare them.

    A leader epoch in which nothing was written is known to its leader alone: then a record is added.
    """
    holders = set(cluster.brokers if replicas is None else replicas)
    await cluster.wait_for_isr(topic, partition, holders)

    def logs() -> dict[int, StoredLog]:
        return {broker: read_log(cluster.replica_directory(broker, topic, partition)) for broker in holders}

    async def ends_meet() -> bool:
        found = list(logs().values())
        if any(log.leader_epochs and log.leader_epochs[-1][1] == log.end_offset for log in found):
            await cluster.client.produce(topic, b"one more", partition=partition, acks=-1)
            return False
        return len({(log.end_offset, log.leader_epochs[-1:]) for log in found}) == 1

    await cluster.wait_until(ends_meet, "all replicas end at the same offset and epoch")
    require_identical(logs())
