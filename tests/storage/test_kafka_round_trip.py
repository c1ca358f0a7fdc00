"""One directory, passed between Apache Kafka and us: neither finds anything changed or missing."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.storage.support import require_sound_files, stored
from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.config import BrokerConfig, TopicConfig
from zkbroker.model import TopicPartition
from zkbroker.protocol.records import Record, build_batch, read_batches
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogManager
from zkbroker.testing.client import Client, open_client
from zkbroker.testing.processes import ProcessFailed
from zkbroker.testing.servers import BrokerServer, new_broker, open_zookeeper

pytestmark = [pytest.mark.peers, pytest.mark.clients("confluent_kafka")]

TP = TopicPartition("passed", 0)
TOPIC = {"segment.bytes": "9000", "index.interval.bytes": "200"}


@attrs.frozen
class Seen:
    """What must be the same for everybody who opens the log."""

    end_offset: int
    epochs: list[tuple[int, int]]
    last_sequences: dict[int, tuple[int, int]]  # by producer id: epoch, last sequence
    aborted: list[tuple[int, int, int]]
    content: bytes


def look(log: Log) -> Seen:
    content = bytearray()
    while (offset := _next_offset(content)) < log.log_end_offset:
        with log.read(offset, 1 << 20, upper_offset=log.log_end_offset) as piece:
            content += piece.read()
    producers = {
        each.producer_id: (each.epoch, each.last_sequence) for each in log.producers.entries.values()
    }
    aborted = [
        (each.producer_id, each.first_offset, each.last_offset)
        for each in log.aborted_transactions(0, log.log_end_offset)
    ]
    return Seen(log.log_end_offset, log.epochs.entries, producers, aborted, bytes(content))


def _next_offset(content: bytearray) -> int:
    batches = list(read_batches(bytes(content)))
    return batches[-1].last_offset + 1 if batches else 0


@asynccontextmanager
async def opened_by_us(log_dir: Path) -> AsyncIterator[LogManager]:
    config = BrokerConfig.from_properties({"zookeeper.connect": "localhost:1", "log.dirs": str(log_dir)})
    topic = TopicConfig(segment_bytes=9000, index_interval_bytes=200)
    manager = LogManager(lambda: config, lambda _: topic)
    await manager.load()
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(manager.run)
            yield manager
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await manager.close()


@asynccontextmanager
async def opened_by_kafka(broker: BrokerServer) -> AsyncIterator[Client]:
    try:
        while True:
            broker.start()
            try:
                await broker.process.wait_ready()
                break
            except ProcessFailed as failure:
                if "NodeExists" not in str(failure):  # the killed broker's session, which is about to expire
                    raise
        async with open_client([broker.bootstrap]) as client:
            yield client
    finally:
        if broker.process.is_running:
            await broker.process.stop()


def write(bootstrap: str, round_: int) -> None:
    """Plain, idempotent and transactional records, of which a transaction is aborted."""
    from confluent_kafka import Producer

    plain = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4"})
    for number in range(300):
        plain.produce(TP.topic, hashlib.sha512(f"{round_}-{number}".encode()).digest(), partition=0)
        if number % 10 == 0:
            plain.flush()
    assert plain.flush(20) == 0
    transactional = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"tx-{round_}"})
    transactional.init_transactions(20)
    for commit in (True, False, True):
        transactional.begin_transaction()
        for number in range(20):
            transactional.produce(TP.topic, hashlib.sha512(f"tx-{number}".encode()).digest(), partition=0)
        transactional.flush(20)
        if commit:
            transactional.commit_transaction(20)
        else:
            transactional.abort_transaction(20)


def append_ours(log: Log, epoch: int) -> None:
    for number in range(120):
        content = stored(
            build_batch(
                [Record(0, 1_900_000_000_000 + number, b"k", b"ours" * 10)],
                producer_id=777_777,
                producer_epoch=0,
                base_sequence=log.producers.entries[777_777].last_sequence + 1
                if 777_777 in log.producers.entries
                else 0,
            )
        )
        log.append_as_leader(content, leader_epoch=epoch, wall_ms=1_900_000_000_000)


async def test_back_and_forth(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path, APACHE_ZOOKEEPER) as zookeeper:
        broker = new_broker(
            tmp_path,
            1,
            zookeeper.connect,
            APACHE_KAFKA,
            transaction_state_log_num_partitions=1,
            zookeeper_session_timeout_ms=1_500,
        )
        directory = broker.log_dir / str(TP)
        with trio.fail_after(150):
            async with opened_by_kafka(broker) as kafka:
                await kafka.create_topic(TP.topic, partitions=1, replication_factor=1, configs=TOPIC)
                await trio.to_thread.run_sync(write, broker.bootstrap, 0)
            async with opened_by_us(broker.log_dir) as manager:
                assert manager.was_clean
                log = manager.logs[TP]
                first = look(log)
                assert len(log.segments) > 1
                assert len(first.aborted) == 1
                assert len(first.last_sequences) == 2
                append_ours(log, epoch=log.latest_epoch() or 0)
                ours = look(log)
                assert ours.content.startswith(first.content)
            require_sound_files(directory)
            async with opened_by_kafka(broker) as kafka:
                assert await kafka.list_offset(TP.topic, 0) == ours.end_offset
                records = await kafka.read(TP.topic, 0, 0, ours.end_offset)
                assert [record.offset for record in records] == list(range(ours.end_offset))
                await trio.to_thread.run_sync(write, broker.bootstrap, 1)
                broker.process.kill()
            async with opened_by_us(broker.log_dir) as manager:
                assert not manager.was_clean
                log = manager.logs[TP]
                second = look(log)
                assert second.content.startswith(ours.content)
                assert len(second.aborted) == 2
                assert second.last_sequences.items() > ours.last_sequences.items()
                assert [entry for entry in second.epochs if entry[1] < ours.end_offset] == ours.epochs
                append_ours(log, epoch=(log.latest_epoch() or 0))
                last = look(log)
            require_sound_files(directory)
            # And once more after our own kill: Kafka recovers what we left.
            manager = LogManager(
                lambda: BrokerConfig.from_properties(
                    {"zookeeper.connect": "localhost:1", "log.dirs": str(broker.log_dir)}
                ),
                lambda _: TopicConfig(segment_bytes=9000, index_interval_bytes=200),
            )
            await manager.load()
            append_ours(manager.logs[TP], epoch=manager.logs[TP].latest_epoch() or 0)
            killed_at = manager.logs[TP].log_end_offset
            for log in manager.logs.values():
                log.close()
            for log_dir in manager.log_dirs:
                log_dir.unlock()
            assert killed_at == last.end_offset + 120
            async with opened_by_kafka(broker) as kafka:
                # The killed broker's coordinator may send the last transaction's marker once more.
                assert await kafka.list_offset(TP.topic, 0) >= killed_at
            async with opened_by_us(broker.log_dir) as manager:
                final = look(manager.logs[TP])
                assert final.content.startswith(last.content)
                assert final.end_offset >= killed_at
                assert final.last_sequences == {**last.last_sequences, 777_777: (0, 359)}
