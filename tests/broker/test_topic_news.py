"""Once the controller has answered about topics, a client may ask any broker, as its next request often does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.broker.in_process import InProcess
from zkbroker.protocol.generated.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from zkbroker.protocol.generated.create_topics_request import CreatableTopic, CreateTopicsRequest
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState

ROUNDS = 10


async def test_every_broker_knows_when_the_controller_answers(
    in_process: Callable[..., Awaitable[InProcess]],
) -> None:
    cluster = await in_process(brokers=3)
    wire = await cluster.wire(
        next(
            b
            for b, broker in cluster.brokers.items()
            if broker.services and broker.services.controller.is_active
        )
    )

    def known_partitions(topic: str) -> list[int]:
        """How many partitions of it each broker knows."""
        return [
            len(broker.services.metadata.snapshot.partitions(topic)) if broker.services else -1
            for broker in cluster.brokers.values()
        ]

    for n in range(ROUNDS):
        name = f"news-{n}"
        topic = CreatableTopic(name=name, num_partitions=2, replication_factor=3)
        await wire.ask(CreateTopicsRequest(topics=[topic], timeout_ms=20_000), 7)
        assert known_partitions(name) == [2, 2, 2]
        grown = CreatePartitionsTopic(name=name, count=4, assignments=None)
        await wire.ask(CreatePartitionsRequest(topics=[grown], timeout_ms=20_000), 3)
        assert known_partitions(name) == [4, 4, 4]
        await wire.ask(DeleteTopicsRequest(topics=[DeleteTopicState(name=name)], timeout_ms=20_000), 6)
        assert known_partitions(name) == [0, 0, 0]
