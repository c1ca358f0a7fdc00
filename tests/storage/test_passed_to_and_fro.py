"""One broker's directory, served by Apache Kafka and by zkbroker in turn: the same records, epochs and producers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
from kazoo.client import KazooClient

from tests.storage.support import require_sound_files
from tests.storage.test_kafka_round_trip import TOPIC, TP, write
from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.protocol.generated.describe_producers_request import DescribeProducersRequest, TopicRequest
from zkbroker.protocol.generated.describe_producers_response import DescribeProducersResponse
from zkbroker.testing.client import Client, open_client
from zkbroker.testing.logs import read_leader_epochs
from zkbroker.testing.processes import ProcessFailed
from zkbroker.testing.servers import ZKBROKER, BrokerServer, new_broker, open_zookeeper

pytestmark = [pytest.mark.peers, pytest.mark.clients("confluent_kafka")]

ROUNDS = 3


@attrs.frozen
class Seen:
    """What a client and a look at the directory tell of the log."""

    end_offset: int
    records: list[tuple[int, int, bytes | None, bytes | None]]  # offset, timestamp, key, value
    producers: dict[int, tuple[int, int, int, int, int]]
    epochs: list[tuple[int, int]]  # under which something was written


async def producers_of(client: Client, broker: BrokerServer) -> dict[int, tuple[int, int, int, int, int]]:
    """By id; once the last transaction has its marker, which comes after the answer to its commit."""
    request = DescribeProducersRequest(topics=[TopicRequest(name=TP.topic, partition_indexes=[0])])
    while True:
        answer = await client.request(broker.bootstrap, request, DescribeProducersResponse)
        found = answer.topics[0].partitions[0]
        assert not found.error_code
        if all(each.current_txn_start_offset == -1 for each in found.active_producers):
            return {
                each.producer_id: (
                    each.producer_epoch,
                    each.last_sequence,
                    each.last_timestamp,
                    each.coordinator_epoch,
                    each.current_txn_start_offset,
                )
                for each in found.active_producers
            }


async def look(client: Client, broker: BrokerServer) -> Seen:
    await client.list_offset(TP.topic, 0)  # which waits for the leader
    producers = await producers_of(client, broker)
    end = await client.list_offset(TP.topic, 0)
    records = [
        (each.offset, each.timestamp, each.key, each.value) for each in await client.read(TP.topic, 0, 0, end)
    ]
    epochs = [pair for pair in read_leader_epochs(broker.log_dir / str(TP)) if pair[1] < end]
    return Seen(end, records, producers, epochs)


@asynccontextmanager
async def served(broker: BrokerServer, *, kill: bool) -> AsyncIterator[Client]:
    """The broker, started on what the last one left, and stopped in good order or not."""
    while True:
        broker.start()
        try:
            await broker.process.wait_ready()
            break
        except ProcessFailed as failure:
            if "NodeExists" not in str(failure):  # the killed one's session, which is about to expire
                raise
    try:
        async with open_client([broker.bootstrap]) as client:
            yield client
        if not kill:
            assert await broker.process.stop() in (0, 143)  # Java's code for SIGTERM
    finally:
        broker.process.kill()


def begin_another_epoch(connect: str) -> None:
    """As a controller does that sees the leader fail; a broker that is its own controller has nobody to do it."""
    client = KazooClient(connect)
    client.start()
    try:
        path = f"/brokers/topics/{TP.topic}/partitions/0/state"
        state = json.loads(client.get(path)[0])
        state["leader_epoch"] += 1
        client.set(path, json.dumps(state).encode())
    finally:
        client.stop()
        client.close()


async def test_to_and_fro(tmp_path: Path, full_counts: bool) -> None:
    """Stopped in good order and killed by turns, on both sides."""
    rounds = ROUNDS if full_counts else 1
    how = {"transaction_state_log_num_partitions": 1, "zookeeper_session_timeout_ms": 1_500}
    async with open_zookeeper(tmp_path, APACHE_ZOOKEEPER) as zookeeper:
        kafka = new_broker(tmp_path, 1, zookeeper.connect, APACHE_KAFKA, **how)
        ours = new_broker(tmp_path, 1, zookeeper.connect, ZKBROKER, **how)
        assert kafka.log_dir == ours.log_dir
        last: Seen | None = None
        turns = [(broker, round_) for round_ in range(rounds) for broker in (kafka, ours)]
        with trio.fail_after(120 * rounds):
            for number, (broker, round_) in enumerate([*turns, (kafka, rounds)]):
                kill = round_ % 2 == 1
                async with served(broker, kill=kill) as client:
                    if last is None:
                        await client.create_topic(TP.topic, configs=TOPIC)
                    else:
                        found = await look(client, broker)
                        assert found == last, f"what {broker.kind.name} finds in turn {number}"
                    await trio.to_thread.run_sync(write, broker.bootstrap, number)
                    last = await look(client, broker)
                if broker is ours and not kill:
                    require_sound_files(ours.log_dir / str(TP))
                await trio.to_thread.run_sync(begin_another_epoch, zookeeper.connect)
        assert last is not None and len(last.epochs) >= 2 * rounds + 1
