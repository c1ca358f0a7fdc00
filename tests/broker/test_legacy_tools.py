"""A tool of before the admin APIs (CMAK, kafka-topics --zookeeper) writes znodes, as version 1 had them, and waits."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio

from tests.broker.controller_support import World, session_to
from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, produce, result
from zkbroker.errors import ErrorCode
from zkbroker.metadata import PartitionMetadata
from zkbroker.model import NO_TOPIC_ID, TopicId

Start = Callable[..., Awaitable[InProcess]]


def text(**content: Any) -> bytes:
    return json.dumps({"version": 1, **content}).encode()


@attrs.define(eq=False)
class Seen:
    """What the brokers know of the topic."""

    cluster: InProcess

    def by(self, broker_id: int) -> dict[int, PartitionMetadata]:
        services = self.cluster.brokers[broker_id].services
        assert services is not None
        return dict(services.metadata.snapshot.partitions("c"))

    async def wait(self, *expected: tuple[tuple[int, ...], int]) -> None:
        """Until both brokers know these replicas and leaders, with everybody in sync."""

        def is_so() -> bool:
            return all(
                tuple((p.replicas, p.leader) for _, p in sorted(self.by(b).items())) == expected
                and all(set(p.isr) == set(p.replicas) for p in self.by(b).values())
                for b in (1, 2)
            )

        await self.cluster.wait_until(is_so)

    def topic_id(self) -> TopicId:
        services = self.cluster.broker.services
        assert services is not None
        return services.metadata.snapshot.topic_id("c")


async def test_a_topics_life_by_znodes_alone(in_process: Start) -> None:
    cluster = await in_process(brokers=2, auto_leader_rebalance_enable="false")
    seen = Seen(cluster)
    async with session_to(f"127.0.0.1:{cluster.zookeeper.bound_port}") as session:
        world = World(session)
        await session.create("/config/topics/c", text(config={"retention.ms": "500000"}))
        await session.create("/brokers/topics/c", text(partitions={"0": [1, 2]}))
        await seen.wait(((1, 2), 1))
        topic_id = seen.topic_id()
        assert topic_id != NO_TOPIC_ID
        wire = await cluster.wire(1)
        assert result(await wire.ask(produce("c", batch(b"kept")), 9)).error_code == ErrorCode.NONE

        node = await session.get("/brokers/topics/c")
        await session.set("/brokers/topics/c", text(partitions={"0": [1, 2], "1": [2, 1]}), node.stat.version)
        await seen.wait(((1, 2), 1), ((2, 1), 2))
        await world.wait_node("/brokers/topics/c", lambda data: b"topic_id" in data)

        await session.set("/config/topics/c", text(config={"retention.ms": "600000"}), 0)
        notice = text(entity_type="topics", entity_name="c")
        await session.create("/config/changes/config_change_0000000099", notice)
        services = cluster.broker.services
        assert services is not None
        await cluster.wait_until(lambda: services.config.topic("c").retention_ms == 600_000)

        move = text(partitions=[{"topic": "c", "partition": 0, "replicas": [2, 1]}])
        await session.create("/admin/reassign_partitions", move)
        await world.wait_gone("/admin/reassign_partitions")
        await seen.wait(((2, 1), 1), ((2, 1), 2))
        election = text(partitions=[{"topic": "c", "partition": 0}])
        await session.create("/admin/preferred_replica_election", election)
        await world.wait_gone("/admin/preferred_replica_election")
        await seen.wait(((2, 1), 2), ((2, 1), 2))
        assert seen.topic_id() == topic_id

        await session.create("/admin/delete_topics/c", b"")
        await world.wait_gone("/admin/delete_topics/c")
        assert await session.exists("/brokers/topics/c") is None
        await cluster.wait_until(lambda: not seen.by(1) and not seen.by(2))
        logs = [trio.Path(cluster.directory / f"logs-{b}" / "c-0") for b in (1, 2)]
        assert not any([await log.exists() for log in logs])
