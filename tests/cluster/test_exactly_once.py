"""Read, process, write: every input exactly once in the output, while brokers and processors are killed and frozen."""

from __future__ import annotations

import random
import sys
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
SHORT_TIMEOUT_MS = 5_000

KILLED = ("broker", "transaction coordinator", "group coordinator", "processor")
REPLACED = "frozen processor that was replaced"
TIMED_OUT = "frozen processor whose transaction timed out"


@pytest.mark.parametrize(
    "part", [1, pytest.param(2, marks=pytest.mark.long)]
)  # of the 60 faults of a long run
async def test_exactly_once_while_brokers_coordinators_and_processors_die_and_freeze(
    new_cluster: NewCluster, full_counts: bool, rng: random.Random, part: int
) -> None:
    """A frozen processor is in the middle of a transaction and stays so for longer than its session.

    Another one took its transactional id meanwhile: it is fenced as soon as it goes on. Or nobody did, and its
    transaction timed out: it is fenced, or begins anew.
    """
    from tests.cluster.exactly_once import (
        INTERNAL,
        PARTITIONS,
        CommittedReader,
        Pipeline,
        java,
        librdkafka,
        read_in_thread,
        require_exactly_once,
        wait_fenced,
        wait_processed,
    )
    from tests.cluster.streams import NumberedStream, run_in_thread

    faults = ["transaction coordinator", REPLACED]
    if full_counts:
        faults = [rng.choice(KILLED) for _ in range(25)] + [REPLACED] * 3 + [TIMED_OUT] * 2
        rng.shuffle(faults)
    options: dict[str, object] = {
        "group_min_session_timeout_ms": 1000,
        "offsets_topic_num_partitions": INTERNAL["__consumer_offsets"],
        "transaction_state_log_num_partitions": INTERNAL["__transaction_state"],
        "transaction_abort_timed_out_transaction_cleanup_interval_ms": 1000,
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
        stream = NumberedStream(cluster.bootstrap, source, sys.maxsize, partitions=PARTITIONS)

        def feed(more: int) -> int:
            """Let go of so many more records; how many are let go now."""
            stream.raise_limit(stream.limit + more)
            return stream.limit

        wait = partial(wait_processed, cluster)
        await nursery.start(run_in_thread, stream)
        for reader in readers:
            await nursery.start(read_in_thread, reader)
        try:
            for pipeline in pipelines:
                for transactional_id in pipeline.transactional_ids:
                    await pipeline.start(transactional_id)
            await wait(readers, pipelines, feed(RECORDS_A_ROUND))
            for turn, what in enumerate(faults, start=1):
                before = stream.limit
                feed(RECORDS_A_ROUND)
                await wait(readers[:1], pipelines, before + rng.randrange(RECORDS_A_ROUND // 2))
                pipeline = rng.choice(pipelines)
                transactional_id = rng.choice(pipeline.transactional_ids)
                if what == "processor":
                    pipeline.processes[transactional_id].kill()
                    _say(f"{turn}: killed the processor {transactional_id}")
                    await pipeline.start(transactional_id)
                elif what == REPLACED:
                    await pipeline.freeze_in_transaction(transactional_id, feed)
                    _say(f"{turn}: froze the processor {transactional_id}")
                    await pipeline.start(transactional_id)
                    await wait(readers, pipelines, stream.limit)  # so its session is over
                    for zombie in pipeline.zombies:
                        zombie.resume()
                    feed(RECORDS_A_ROUND)
                    await wait_fenced(cluster, pipelines)
                elif what == TIMED_OUT:
                    pipeline.processes[transactional_id].kill()
                    pipeline.impatient.add(transactional_id)
                    await pipeline.start(transactional_id, SHORT_TIMEOUT_MS)
                    await pipeline.freeze_in_transaction(transactional_id, feed)
                    _say(f"{turn}: froze the processor {transactional_id}, whose transactions time out soon")
                    await wait(
                        readers, pipelines, stream.limit
                    )  # so its transaction is over, and its session
                    pipeline.processes[transactional_id].resume()
                    await wait(readers, pipelines, feed(RECORDS_A_ROUND))
                    pipeline.processes[transactional_id].kill()
                    pipeline.impatient.remove(transactional_id)
                    await pipeline.start(transactional_id)
                else:
                    broker_id = await _victim(cluster, what, pipeline, transactional_id, rng)
                    await cluster.kill(broker_id)
                    _say(f"{turn}: killed broker {broker_id}, the {what}")
                    await cluster.wait_gone(broker_id)
                    # librdkafka waits for the group coordinator it knew to come back; Java looks for the new one.
                    await wait(readers[1:], pipelines, stream.limit)
                    await cluster.restart(broker_id)
                await wait(readers, pipelines, stream.limit)
                if what in KILLED and what != "processor":
                    await _wait_all_in_sync(cluster)
            stream.end_at_limit()
            await wait(readers, pipelines, stream.count)
            for reader in readers:
                require_exactly_once(stream.acknowledged, reader)
            fenced = sum(each.fenced for each in pipelines)
            assert fenced >= faults.count(REPLACED)
            _say(
                f"{len(faults)} faults, {stream.count} records; {fenced} processors were fenced; "
                f"those that hung by themselves: {[each.hung for each in pipelines]}"
            )
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
    from tests.cluster.exactly_once import GROUP_LOG, INTERNAL, TRANSACTION_LOG

    if what == "transaction coordinator":
        return await cluster.leader_of(
            TRANSACTION_LOG, partition_for(transactional_id, INTERNAL[TRANSACTION_LOG])
        )
    if what == "group coordinator":
        return await cluster.leader_of(GROUP_LOG, partition_for(pipeline.group, INTERNAL[GROUP_LOG]))
    return rng.choice(sorted(cluster.running))


async def _wait_all_in_sync(cluster: Cluster) -> None:
    from tests.cluster.exactly_once import INTERNAL

    topics = {"input": 3, "output-java": 3, "output-librdkafka": 3, **INTERNAL}
    for topic, partitions in topics.items():
        for partition in range(partitions):
            await cluster.wait_for_isr_size(topic, partition, 3)
