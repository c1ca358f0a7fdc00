"""Read, process, write: every input exactly once in the output, while brokers and processors are killed."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio

from tests.cluster.conftest import NewCluster
from zkbroker.coordinator.placement import partition_for
from zkbroker.testing.cluster import Cluster

if TYPE_CHECKING:
    from tests.cluster.exactly_once import Pipeline

pytestmark = [pytest.mark.clients("confluent_kafka"), pytest.mark.peers]

RECORDS_A_ROUND = 300
INTERNAL = {"__consumer_offsets": 6, "__transaction_state": 6}


async def test_exactly_once_while_brokers_coordinators_and_processors_are_killed(
    new_cluster: NewCluster, full_counts: bool, rng: random.Random
) -> None:
    from tests.cluster.exactly_once import (
        PARTITIONS,
        CommittedReader,
        Pipeline,
        java,
        librdkafka,
        read_in_thread,
        require_exactly_once,
        wait_processed,
    )
    from tests.cluster.streams import NumberedStream, run_in_thread

    kinds = ("broker", "transaction coordinator", "group coordinator", "processor")
    kills = (
        [rng.choice(kinds) for _ in range(50)] if full_counts else ["transaction coordinator", "processor"]
    )
    rounds = len(kills)
    options: dict[str, object] = {
        "group_min_session_timeout_ms": 1000,
        "offsets_topic_num_partitions": 6,
        "transaction_state_log_num_partitions": 6,
        "default_replication_factor": 3,
    }
    async with new_cluster(**options) as cluster, trio.open_nursery() as nursery:
        create = partial(
            cluster.create_topic, partitions=PARTITIONS, replication_factor=3, min_insync_replicas=2
        )
        source = await create("input")
        pipelines = [
            Pipeline(cluster, name, argv, source, await create(f"output-{name}"))
            for name, argv in (("librdkafka", librdkafka), ("java", java))
        ]
        readers = [CommittedReader(cluster.bootstrap, pipeline.target) for pipeline in pipelines]
        stream = NumberedStream(
            cluster.bootstrap, source, (rounds + 2) * RECORDS_A_ROUND, partitions=PARTITIONS
        )
        await nursery.start(run_in_thread, stream)
        for reader in readers:
            await nursery.start(read_in_thread, reader)
        try:
            for pipeline in pipelines:
                for transactional_id in pipeline.transactional_ids:
                    await pipeline.start(transactional_id)
            stream.raise_limit(RECORDS_A_ROUND)
            await wait_processed(cluster, readers, pipelines, RECORDS_A_ROUND)
            for turn, what in enumerate(kills, start=1):
                stream.raise_limit((turn + 1) * RECORDS_A_ROUND)
                before = turn * RECORDS_A_ROUND
                await wait_processed(
                    cluster, readers[:1], pipelines, before + rng.randrange(RECORDS_A_ROUND // 2)
                )
                pipeline = rng.choice(pipelines)
                transactional_id = rng.choice(pipeline.transactional_ids)
                if what == "processor":
                    pipeline.processes[transactional_id].kill()
                    _say(f"{turn}: killed the processor {transactional_id}")
                    await pipeline.start(transactional_id)
                    await wait_processed(cluster, readers, pipelines, before + RECORDS_A_ROUND)
                else:
                    broker_id = await _victim(cluster, what, pipeline, transactional_id, rng)
                    await cluster.kill(broker_id)
                    _say(f"{turn}: killed broker {broker_id}, the {what}")
                    await cluster.wait_gone(broker_id)
                    # librdkafka waits for the group coordinator it knew to come back; Java looks for the new one.
                    await wait_processed(cluster, readers[1:], pipelines, before + RECORDS_A_ROUND)
                    await cluster.restart(broker_id)
                    await wait_processed(cluster, readers, pipelines, before + RECORDS_A_ROUND)
                    await _wait_all_in_sync(cluster)
            stream.raise_limit(stream.count)
            await wait_processed(cluster, readers, pipelines, stream.count)
            for reader in readers:
                require_exactly_once(stream.acknowledged, reader)
            _say(f"{rounds} kills; processors that hung by themselves: {[each.hung for each in pipelines]}")
        finally:
            for pipeline in pipelines:
                pipeline.kill_all()
            for reader in readers:
                reader.is_over.set()


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201 (the long run is watched)


async def _victim(
    cluster: Cluster, what: str, pipeline: Pipeline, transactional_id: str, rng: random.Random
) -> int:
    if what == "transaction coordinator":
        return await cluster.leader_of(
            "__transaction_state", partition_for(transactional_id, INTERNAL["__transaction_state"])
        )
    if what == "group coordinator":
        return await cluster.leader_of(
            "__consumer_offsets", partition_for(pipeline.group, INTERNAL["__consumer_offsets"])
        )
    return rng.choice(sorted(cluster.running))


async def _wait_all_in_sync(cluster: Cluster) -> None:
    topics = {"input": 3, "output-java": 3, "output-librdkafka": 3, **INTERNAL}
    for topic, partitions in topics.items():
        for partition in range(partitions):
            await cluster.wait_for_isr_size(topic, partition, 3)
