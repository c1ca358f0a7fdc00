"""Apache Kafka 3.9.1 brokers and ours in one cluster, either of them controller, while clients run."""

from __future__ import annotations

import random

import pytest
import trio

from tests.broker.controller_support import session_to
from tests.cluster.conftest import NewCluster
from tests.cluster.offices import move_office
from tests.cluster.replicas import require_identical_replicas
from tests.support.peers import APACHE_KAFKA

pytestmark = [pytest.mark.peers, pytest.mark.clients("confluent_kafka")]

OURS = (1, 2)
KAFKAS = (3, 4)
KINDS = dict.fromkeys(KAFKAS, APACHE_KAFKA)


async def test_nothing_is_lost_while_the_controller_moves_between_the_kinds(
    new_cluster: NewCluster, full_counts: bool, rng: random.Random
) -> None:
    """Each broker is restarted once, some by kill -9, and before each restart the office moves to the other kind."""
    from tests.cluster.streams import NumberedStream, run_in_thread

    count = 100_000 if full_counts else 8_000
    restarts = [*OURS, *KAFKAS]
    rng.shuffle(restarts)
    kills = {rng.choice(OURS), rng.choice(KAFKAS)}
    async with (
        new_cluster(brokers=4, kinds=KINDS) as cluster,
        session_to(cluster.zookeeper_connect) as session,
        trio.open_nursery() as nursery,
    ):
        topic = await cluster.create_topic(partitions=1, replication_factor=4, min_insync_replicas=2)
        stream = NumberedStream(cluster.bootstrap, topic, count)
        await nursery.start(run_in_thread, stream)
        piece = count // (2 * len(restarts) + 1)
        sent = 0

        async def run_on() -> None:
            """Let the next piece of the stream go, and what follows happen while it does."""
            nonlocal sent
            sent += piece
            stream.raise_limit(sent + piece)
            await stream.wait_acknowledged(sent, cluster)

        for turn, broker_id in enumerate(restarts):
            await run_on()
            await move_office(cluster, session, KAFKAS if turn % 2 == 0 else OURS)
            await run_on()
            if broker_id in kills:
                await cluster.kill(broker_id)
                await cluster.wait_gone(broker_id)
            await cluster.restart(broker_id)
            await cluster.wait_for_isr(topic, 0, cluster.brokers)
        stream.raise_limit(count)
        await stream.wait_acknowledged(count, cluster)

        assert stream.acknowledged == {number: number for number in range(count)}
        assert await cluster.client.list_offset(topic, 0) == count
        values = [record.value for record in await cluster.client.read(topic, 0, 0, count)]
        assert values == [b"%d" % number for number in range(count)]
        await require_identical_replicas(cluster, topic)
