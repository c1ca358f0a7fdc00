"""A broker's logs at work: its start with many partitions, and what its producers notice of a compaction."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trio
from measure import MIB, Figures, say, usage

from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster, open_cluster

PARTITIONS_A_TOPIC: Final = 100
PATIENCE_S: Final = 120.0
BATCH_BYTES: Final = 16 * 1024
BATCHES_PER_S: Final = 300
QUIET_S: Final = 10.0
DIRTY_BYTES: Final = 200_000_000
TOPIC_RESOURCE: Final = 2


async def measure(part: str, directory: Path, turns: int, partitions: int) -> None:
    """`start` or `latency`, on a broker of its own with the embedded ZooKeeper."""
    async with open_cluster(directory / part, brokers=1, log_cleaner_backoff_ms=50) as cluster:
        if part == "start":
            await start(cluster, turns, partitions)
        else:
            await latency(cluster, turns)


# --- start-up and memory ---------------------------------------------------------------------------------------


async def start(cluster: Cluster, turns: int, partitions: int) -> None:
    """Seconds until the broker serves, and until it leads everything again; its memory then."""
    broker = cluster.brokers[1]
    say(f"a broker without partitions: {usage(broker.process.pid).resident_bytes / MIB:.0f} MiB resident")
    topics = [f"bench-{number}" for number in range(-(-partitions // PARTITIONS_A_TOPIC))]
    for topic in topics:
        await cluster.client.create_topic(topic, partitions=min(partitions, PARTITIONS_A_TOPIC))
    for topic in topics:
        await _write_to_each(cluster, topic)
    for how in ("a clean stop", "a kill"):
        ready, led, resident = [], [], []
        for turn in range(turns + 1):
            if how == "a kill":
                await cluster.kill(1)
            else:
                await cluster.stop(1)
            began = time.monotonic()
            broker.start()
            await broker.process.wait_ready()
            ready_s = time.monotonic() - began
            await _all_led(cluster, topics)
            led_s = time.monotonic() - began
            opened = await broker.process.wait_for_line(r"\d+ logs opened in .*")
            memory = usage(broker.process.pid).resident_bytes / MIB
            say(
                f"  {f'run {turn}' if turn else 'warm-up':8} after {how}: serves after {ready_s:.2f} s, "
                f"leads after {led_s:.2f} s, {memory:.0f} MiB resident; {opened[0]}"
            )
            if turn:
                ready.append(ready_s)
                led.append(led_s)
                resident.append(memory)
            await _write_to_each(cluster, topics[0])
        say(
            f"{partitions} partitions, after {how}: serves after {Figures(ready)} s, leads all after {Figures(led)} s, "
            f"{Figures(resident)} MiB resident: median (lowest-highest)"
        )


async def _write_to_each(cluster: Cluster, topic: str) -> None:
    batch = build_batch([Record(0, int(time.time() * 1000), None, os.urandom(1000))])
    data = [PartitionProduceData(index=each, records=batch) for each in range(PARTITIONS_A_TOPIC)]
    request = ProduceRequest(
        acks=1, timeout_ms=30_000, topic_data=[TopicProduceData(name=topic, partition_data=data)]
    )
    with trio.fail_after(PATIENCE_S):
        while True:
            answer = await cluster.client.request(cluster.brokers[1].bootstrap, request, ProduceResponse)
            codes = {each.error_code for each in answer.responses[0].partition_responses}
            if not codes - {0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}:
                return
            await trio.sleep(0.1)


async def _all_led(cluster: Cluster, topics: Sequence[str]) -> None:
    with trio.fail_after(PATIENCE_S):
        while True:
            try:
                found = (await cluster.client.metadata(topics)).topics
            except OSError:
                found = []
            if len(found) == len(topics) and all(p.leader_id == 1 for t in found for p in t.partitions):
                return
            await trio.sleep(0.02)


# --- compaction and producers ----------------------------------------------------------------------------------


async def latency(cluster: Cluster, turns: int) -> None:
    """The 99th percentile of a steady producer's waits, without and with a compaction beside it."""
    await cluster.client.create_topic("steady", configs={"retention.bytes": "100000000"})
    say(f"latency: {BATCHES_PER_S} batches of 16 KiB a second, acks=1")
    ratios: list[float] = []
    for turn in range(turns + 1):
        dirty = f"dirty-{turn}"
        await cluster.client.create_topic(dirty, configs={"segment.bytes": str(32 << 20)})
        await _fill(cluster, dirty)
        without = await _steady(cluster, None)
        began = time.monotonic()
        beside = await _steady(cluster, dirty)
        ratio = _p99(beside) / _p99(without)
        say(
            f"  {f'run {turn}' if turn else 'warm-up':8} p99 {_p99(without):.2f} ms without, {_p99(beside):.2f} ms "
            f"while compacting for {time.monotonic() - began:.1f} s: {ratio:.2f} times "
            f"(medians {_median(without):.2f} and {_median(beside):.2f} ms)"
        )
        if turn:
            ratios.append(ratio)
        await cluster.client.delete_topic(dirty)
    say(f"p99 while compacting / without: {Figures(ratios)}, median (lowest-highest)")


async def _fill(cluster: Cluster, topic: str) -> None:
    """Records of 100 bytes; each key is written ten times."""
    count, value = 1000, os.urandom(70)
    keys = DIRTY_BYTES // 100 // 10
    for first in range(0, DIRTY_BYTES // 100, count):
        now = int(time.time() * 1000)
        made = [Record(0, now, b"key-%012d" % ((first + i) % keys), value) for i in range(count)]
        await cluster.client.produce_batch(
            topic, 0, build_batch(made), acks=1, address=cluster.brokers[1].bootstrap
        )


async def _steady(cluster: Cluster, compacting: str | None) -> list[float]:
    """Milliseconds from when each batch was due to its acknowledgement, for 10 s or until the compaction ends."""
    waits: list[float] = []
    batch = build_batch([Record(0, int(time.time() * 1000), None, os.urandom(BATCH_BYTES - 80))])
    address = cluster.brokers[1].bootstrap

    async def send(due: float) -> None:
        await cluster.client.produce_batch("steady", 0, batch, acks=1, address=address)
        waits.append((trio.current_time() - due) * 1000)

    async def until_done() -> None:
        if compacting is None:
            await trio.sleep(QUIET_S)
        else:
            await _set_policy(cluster, compacting, "compact")
            await cluster.brokers[1].process.wait_for_line(rf"{compacting}-0: compacted offsets .*")
        pace.cancel()

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as pace:
            nursery.start_soon(until_done)
            due = trio.current_time()
            while True:
                due += 1 / BATCHES_PER_S
                await trio.sleep_until(due)
                nursery.start_soon(send, due)
    return waits


async def _set_policy(cluster: Cluster, topic: str, policy: str) -> None:
    change = AlterableConfig(name="cleanup.policy", config_operation=0, value=policy)
    request = IncrementalAlterConfigsRequest(
        resources=[AlterConfigsResource(resource_type=TOPIC_RESOURCE, resource_name=topic, configs=[change])]
    )
    answer = await cluster.client.request_anyone(request, IncrementalAlterConfigsResponse)
    assert not answer.responses[0].error_code, answer.responses[0].error_message


def _p99(waits: Sequence[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.99)]


def _median(waits: Sequence[float]) -> float:
    return sorted(waits)[len(waits) // 2]
