"""Transactions at random beside a Kafka 3.9 broker in ZooKeeper mode: the same answers, and the same logs."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import trio

from tests.interop.transaction_walk import Walk
from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import ZKBROKER, BrokerKind

pytestmark = pytest.mark.peers

STEPS = 100


def test_every_answer_is_kafkas(tmp_path: Path, full_counts: bool, seed: int) -> None:
    seeds = [seed + number for number in range(100 if full_counts else 5)]
    ours = trio.run(_walks, ZKBROKER, tmp_path / "ours", seeds)
    theirs = trio.run(_walks, APACHE_KAFKA, tmp_path / "theirs", seeds)
    wrong = []
    for each, our_walk, their_walk in zip(seeds, ours, theirs, strict=True):
        for step, (mine, kafkas) in enumerate(zip(our_walk, their_walk, strict=False)):
            if mine != kafkas:  # from here on the two walks may part
                wrong.append(f"{each}, step {step}:\n    ours   {mine}\n    theirs {kafkas}")
                break
        else:
            assert len(our_walk) == len(their_walk)
    assert not wrong, f"{len(wrong)} of {len(seeds)} walks differ:\n" + "\n".join(wrong)


async def _walks(kind: BrokerKind, directory: Path, seeds: list[int]) -> list[list[tuple[str, object]]]:
    """All of them one after the other on one broker of this kind, each in a topic and a group of its own."""
    async with open_cluster(
        directory,
        brokers=1,
        kinds={1: kind},
        zookeeper=APACHE_ZOOKEEPER,
        offsets_topic_num_partitions=1,
        transaction_state_log_num_partitions=1,
    ) as cluster:
        await _wait_coordinated(cluster)
        taken = []
        for seed in seeds:
            topic = await cluster.create_topic(f"walked-{seed}", partitions=2)
            names = (f"one-{seed}", f"other-{seed}")
            walk = Walk(cluster.client, cluster.bootstrap, topic, f"group-{seed}", Random(seed), names)
            await walk.take(STEPS)
            taken.append(walk.answers)
        return taken


async def _wait_coordinated(cluster: Cluster) -> None:
    """There are coordinators, and producer ids."""
    ask = cluster.client.request

    async def is_so() -> bool:
        codes = []
        for kind in (0, 1):
            request = FindCoordinatorRequest(key_type=kind, coordinator_keys=["any"])
            found = await ask(cluster.bootstrap, request, FindCoordinatorResponse)
            codes.append(found.coordinators[0].error_code)
        if not any(codes):
            given = await ask(
                cluster.bootstrap, InitProducerIdRequest(transactional_id=None), InitProducerIdResponse
            )
            codes.append(given.error_code)
        return not any(codes)

    await cluster.wait_until(is_so, "coordinators and producer ids")
