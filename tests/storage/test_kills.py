"""A loaded broker is killed at any moment, again and again: what it acknowledged is there, once and in order."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
import trio

from tests.storage.support import require_sound_files
from zkbroker.errors import KafkaError
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.records import Record, RecordBatch, build_batch, read_batches
from zkbroker.testing.cluster import Cluster, open_cluster

RUNS, SHORT_RUNS = 200, 3
PLAIN, COMPACTED = "plain", "compacted"
PLAIN_PARTITIONS = 5
KEYS = 40
LONGEST_LOAD_S = 0.6
PATIENCE_S = 60.0


@attrs.define(eq=False)
class Producer:
    """An idempotent producer of one partition, that sends a batch again until it is acknowledged."""

    cluster: Cluster
    topic: str
    partition: int
    rng: random.Random
    sequence: int = 0
    pending: bytearray | None = None  # sent, and perhaps stored
    acknowledged: dict[int, bytes] = attrs.field(factory=dict)  # of this run: first offset -> batch as sent
    latest: dict[bytes, tuple[int, bytes | None]] = attrs.field(factory=dict)  # by key: offset, value
    checked_to: int = 0  # offset below which an earlier run has looked at everything

    @property
    def directory(self) -> Path:
        return self.cluster.replica_directory(1, self.topic, self.partition)

    async def send(self) -> None:
        """Until the broker is gone."""
        while True:
            if self.pending is None:
                self.pending = self._batch()
            sent = bytes(self.pending)
            try:
                answer = await self.cluster.client.produce_batch(
                    self.topic,
                    self.partition,
                    self.pending,
                    acks=-1,
                    address=self.cluster.brokers[1].bootstrap,
                )
            except KafkaError as error:
                if not error.code.retriable:
                    raise
                await trio.lowlevel.checkpoint()
                continue
            except OSError:
                return
            self._acknowledge(answer.base_offset, RecordBatch(memoryview(sent)))

    def _batch(self) -> bytearray:
        count = self.rng.randrange(1, 8)
        size = int(math.exp(self.rng.uniform(0, math.log(20_000))))
        records = [
            Record(
                0,
                1_700_000_000_000 + self.sequence,
                b"%d" % self.rng.randrange(KEYS),
                self.rng.randbytes(size) if self.topic == PLAIN or self.rng.random() < 0.9 else None,
            )
            for _ in range(count)
        ]
        return build_batch(
            records,
            codec=self.rng.choice([Codec.NONE, Codec.NONE, Codec.LZ4]),
            producer_id=1000 + self.partition,
            producer_epoch=0,
            base_sequence=self.sequence,
        )

    def _acknowledge(self, offset: int, batch: RecordBatch) -> None:
        self.pending = None
        self.sequence += batch.record_count
        self.acknowledged[offset] = bytes(batch.data)
        for index, record in enumerate(batch.records()):
            assert record.key is not None
            self.latest[record.key] = (offset + index, record.value)

    # --- after a restart

    async def require_kept(self) -> int:
        """Every record that was acknowledged is there, no batch is torn or twice; returns the log's end."""
        if self.topic == COMPACTED:
            self.acknowledged.clear()
            return await self._require_latest()
        stored = {batch.base_offset: batch for batch in self._stored(self.checked_to)}
        end = max((batch.last_offset + 1 for batch in stored.values()), default=0)
        for offset, sent in self.acknowledged.items():
            assert self._as_sent(stored[offset]) == sent
        self._require_no_gaps(list(stored.values()))
        self.checked_to = end
        self.acknowledged.clear()
        return end

    def _require_no_gaps(self, batches: list[RecordBatch]) -> None:
        for before, after in pairwise(batches):
            assert after.base_offset == before.last_offset + 1
            assert after.base_sequence == before.last_sequence + 1
        unsure = 0 if self.pending is None else RecordBatch(memoryview(self.pending)).record_count
        assert batches[-1].last_sequence + 1 - self.sequence in (0, unsure)

    async def _require_latest(self) -> int:
        """Of each key the last acknowledged record, unless a later one is there. Read from the broker, for its cleaner
        may be at work on the files; returns the log's end.
        """
        client = self.cluster.client
        end = await client.list_offset(self.topic, self.partition)
        found = {
            record.key: (record.offset, record.value)
            for record in await client.read(self.topic, self.partition, 0, end)
        }
        for key, (offset, value) in self.latest.items():
            if key in found and found[key][0] > offset:
                continue
            assert found.get(key, (offset, None)) == (offset, value), key
        assert end >= max((offset + 1 for offset, _ in self.latest.values()), default=0)
        return end

    def _stored(self, start: int) -> Iterator[RecordBatch]:
        """The batches of the segments from the one that holds `start` on."""
        logs = sorted(self.directory.glob("*.log"))
        first = max((n for n, log in enumerate(logs) if int(log.stem) <= start), default=0)
        previous = -1
        for log in logs[first:]:
            for batch in read_batches(log.read_bytes()):
                assert batch.crc_is_valid()
                assert batch.base_offset > previous
                previous = batch.last_offset
                yield batch

    def _as_sent(self, batch: RecordBatch) -> bytes:
        """Without what the broker stamped: the offset and the leader epoch."""
        content = bytearray(batch.data)
        content[:8] = bytes(8)
        content[12:16] = b"\xff\xff\xff\xff"
        return bytes(content)


async def run_once(cluster: Cluster, producers: list[Producer], rng: random.Random) -> int:
    """Load, kill, perhaps kill the recovery too, and look; returns how many batches were acknowledged."""
    broker = cluster.brokers[1]
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            for producer in producers:
                nursery.start_soon(producer.send)
            while not any(producer.acknowledged for producer in producers):  # noqa: ASYNC110 (a client in this loop)
                await trio.sleep(0.01)
            await trio.sleep(rng.uniform(0, LONGEST_LOAD_S))  # the moment of the kill
            await cluster.kill(1)
        count = sum(len(producer.acknowledged) for producer in producers)
        if rng.random() < 0.3:
            broker.start()
            await trio.sleep(rng.uniform(0.1, 1.0))
            await cluster.kill(1)
        await cluster.restart(1)
        for producer in producers:
            end = await producer.require_kept()
            assert await cluster.client.list_offset(producer.topic, producer.partition) == end
    return count


async def test_kills(tmp_path: Path, rng: random.Random, full_counts: bool) -> None:
    runs = RUNS if full_counts else SHORT_RUNS
    properties = {
        "log_cleaner_backoff_ms": 50,
        "log_flush_offset_checkpoint_interval_ms": 100,
        "zookeeper_session_timeout_ms": 2_000,  # a killed broker's registration is soon gone
    }
    async with open_cluster(tmp_path, brokers=1, **properties) as cluster:  # type: ignore[arg-type]
        sized = {"segment.bytes": "150000", "index.interval.bytes": "1000"}
        await cluster.client.create_topic(PLAIN, partitions=PLAIN_PARTITIONS, configs=sized)
        await cluster.client.create_topic(
            COMPACTED, configs={**sized, "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        )
        producers = [Producer(cluster, PLAIN, number, rng) for number in range(PLAIN_PARTITIONS)]
        producers.append(Producer(cluster, COMPACTED, 0, rng))
        counts = [await run_once(cluster, producers, rng) for _ in range(runs)]
        assert await cluster.stop(1) == 0
        for producer in producers:
            require_sound_files(producer.directory)
            producer.checked_to = 0
            if producer.topic == PLAIN:
                producer._require_no_gaps(list(producer._stored(0)))
        log = (tmp_path / "broker-1.log").read_text()
        assert log.count("recovered from an unclean stop") >= runs
        compactions = log.count("compacted offsets")
        print(  # noqa: T201 (for docs/proofs.md)
            f"{runs} kills, {sum(counts)} acknowledged batches, {compactions} compactions"
        )


@pytest.mark.parametrize("at", [0, 3])
async def test_the_check_can_fail(tmp_path: Path, at: int) -> None:
    """A log that lost a batch in the middle, or its last one, is noticed."""
    directory = tmp_path / "broker-1" / "data" / f"{PLAIN}-0"
    directory.mkdir(parents=True)
    batches = [
        build_batch([Record(0, 1, b"k", b"%d" % n)], producer_id=1000, producer_epoch=0, base_sequence=n)
        for n in range(4)
    ]

    class Here:
        def replica_directory(self, *_: object) -> Path:
            return directory

    producer = Producer(Here(), PLAIN, 0, random.Random(1))  # type: ignore[arg-type]
    content = bytearray()
    for offset, sent in enumerate(batches):
        producer._acknowledge(offset, RecordBatch(memoryview(bytes(sent))))
        stamped = bytearray(sent)
        stamped[:8] = offset.to_bytes(8, "big")
        if offset != at:
            content += stamped
    (directory / f"{0:020d}.log").write_bytes(content)
    with pytest.raises((AssertionError, KeyError)):
        await producer.require_kept()
