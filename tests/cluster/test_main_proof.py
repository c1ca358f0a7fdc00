"""The main promise: what was acknowledged stays, once and in order, while brokers are killed one after the other."""

from __future__ import annotations

import pytest
import trio

from tests.cluster.conftest import NewCluster
from tests.cluster.replicas import require_identical_replicas
from tests.support.peers import APACHE_KAFKA
from zkbroker.testing.servers import BrokerKind

pytestmark = pytest.mark.clients("confluent_kafka")


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param({}, id="alone"),
        pytest.param({3: APACHE_KAFKA}, marks=pytest.mark.peers, id="with-a-kafka-broker"),
    ],
)
async def test_nothing_is_lost_doubled_or_reordered_while_each_broker_is_killed(
    new_cluster: NewCluster, full_counts: bool, kinds: dict[int, BrokerKind]
) -> None:
    from tests.cluster.streams import NumberedStream, run_in_thread

    count = 200_000 if full_counts else 10_000
    async with new_cluster(kinds=kinds) as cluster, trio.open_nursery() as nursery:
        topic = await cluster.create_topic(partitions=1, replication_factor=3, min_insync_replicas=2)
        stream = NumberedStream(cluster.bootstrap, topic, count)
        await nursery.start(run_in_thread, stream)
        for turn, broker_id in enumerate(cluster.brokers, start=1):
            stream.raise_limit(count * turn // 4 + count // 8)
            await stream.wait_acknowledged(count * turn // 4, cluster)
            await cluster.kill(broker_id)
            await cluster.wait_gone(broker_id)
            await stream.wait_acknowledged(count * turn // 4 + count // 8, cluster)
            await cluster.restart(broker_id)
            await cluster.wait_for_isr(topic, 0, cluster.brokers)
        stream.raise_limit(count)
        await stream.wait_acknowledged(count, cluster)

        assert stream.acknowledged == {number: number for number in range(count)}
        assert await cluster.client.list_offset(topic, 0) == count
        values = [record.value for record in await cluster.client.read(topic, 0, 0, count)]
        assert values == [b"%d" % number for number in range(count)]
        await require_identical_replicas(cluster, topic)
