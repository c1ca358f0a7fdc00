"""Producers, transactions and administrators at random, honest and not: a walk to be taken on two brokers.

Everything is drawn from a seed and from the answers, so two brokers that answer alike are asked alike. Producer ids
are named in the order they are given out, and times are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any, Final, TypeVar

import attrs
import trio

from zkbroker.protocol.codec import VERSIONS, ApiKey, Message
from zkbroker.protocol.generated.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from zkbroker.protocol.generated.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from zkbroker.protocol.generated.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from zkbroker.protocol.generated.add_partitions_to_txn_response import AddPartitionsToTxnResponse
from zkbroker.protocol.generated.delete_groups_request import DeleteGroupsRequest
from zkbroker.protocol.generated.delete_groups_response import DeleteGroupsResponse
from zkbroker.protocol.generated.describe_producers_request import DescribeProducersRequest, TopicRequest
from zkbroker.protocol.generated.describe_producers_response import DescribeProducersResponse
from zkbroker.protocol.generated.describe_transactions_request import DescribeTransactionsRequest
from zkbroker.protocol.generated.describe_transactions_response import DescribeTransactionsResponse
from zkbroker.protocol.generated.end_txn_request import EndTxnRequest
from zkbroker.protocol.generated.end_txn_response import EndTxnResponse
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic
from zkbroker.protocol.generated.fetch_response import FetchResponse
from zkbroker.protocol.generated.init_producer_id_request import InitProducerIdRequest
from zkbroker.protocol.generated.init_producer_id_response import InitProducerIdResponse
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.list_offsets_response import ListOffsetsResponse
from zkbroker.protocol.generated.list_transactions_request import ListTransactionsRequest
from zkbroker.protocol.generated.list_transactions_response import ListTransactionsResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_commit_response import OffsetCommitResponse
from zkbroker.protocol.generated.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from zkbroker.protocol.generated.offset_delete_response import OffsetDeleteResponse
from zkbroker.protocol.generated.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.generated.txn_offset_commit_request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.txn_offset_commit_response import TxnOffsetCommitResponse
from zkbroker.protocol.generated.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from zkbroker.protocol.generated.write_txn_markers_response import WriteTxnMarkersResponse
from zkbroker.protocol.records import Record, build_batch, read_batches
from zkbroker.testing.client import Client

M = TypeVar("M", bound=Message)

PARTITIONS: Final = (0, 1)
READ_COMMITTED: Final = 1
STATES: Final = (
    *("Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"),
    *("Dead", "PrepareEpochFence", "nonsense", "ongoing"),
)
_PREPARED: Final = frozenset({"PrepareCommit", "PrepareAbort", "PrepareEpochFence"})
_TIMES: Final = frozenset(
    {"transaction_start_time_ms", "last_timestamp", "log_append_time_ms", "throttle_time_ms", "error_message"}
)
_PRODUCER_IDS: Final = frozenset({"producer_id"})

Producer = tuple[int, int]
"""Id and epoch."""


@attrs.define(eq=False)
class Walk:
    """Taken on one broker, whose `topic` has two partitions; `answers` is what came of it."""

    client: Client
    address: str
    topic: str
    group: str
    random: Random
    names: Sequence[str]  # two transactional ids
    answers: list[tuple[str, object]] = attrs.field(factory=list)
    producers: dict[str, list[Producer]] = attrs.field(factory=dict)  # ever had, by transactional id
    plain: list[Producer] = attrs.field(factory=list)  # of idempotent producers
    sequences: dict[tuple[Producer, int], int] = attrs.field(factory=dict)
    _ids: dict[int, int] = attrs.field(factory=dict)
    _count: int = 0

    # -- asking

    async def ask(self, label: str, message: Message, answer: type[M], version: int) -> M:
        got = await self.client.request(self.address, message, answer, version=version)
        self.answers.append((f"{label} ({type(message).__name__} {version})", self.normal(got)))
        return got

    def version(self, key: ApiKey, least: int = 0) -> int:
        known = VERSIONS[key]
        return self.random.randint(max(least, known.lowest), known.highest)

    def normal(self, value: Any) -> object:
        """The answer as plain values, comparable between brokers."""
        if isinstance(value, Message):
            return {
                name: self.named(getattr(value, name))
                if name in _PRODUCER_IDS
                else self.normal(getattr(value, name))
                for name in value.__slots__
                if name not in _TIMES
            }
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            return sorted((self.normal(each) for each in value), key=repr)
        return value

    def named(self, producer_id: int) -> object:
        """Ids that a broker gave out by the order in which it did."""
        return f"#{self._ids[producer_id]}" if producer_id in self._ids else producer_id

    # -- choosing

    def name(self) -> str:
        return self.random.choice(self.names)

    def producer(self, name: str, *, may_be_early: bool = True) -> Producer:
        """Mostly the last one; else an earlier one, the other's, one that nobody had, or an epoch not given yet."""
        known = self.producers.get(name)
        chance = self.random.random()
        if not known or chance > 0.96:
            return self.random.choice([(99_999, 0), (99_999, 5)])
        if chance > 0.93:
            return self.random.choice([each for ids in self.producers.values() for each in ids])
        if chance > 0.85:
            return self.random.choice(known)
        producer_id, epoch = known[-1]
        if chance > 0.82:
            return producer_id, max(0, epoch + (1 if may_be_early else -1))
        return producer_id, epoch

    def real_producer(self, name: str) -> Producer:
        """One that was given out: another one's epoch in a partition would keep out the markers of real ones."""
        return self.random.choice(self.producers.get(name) or [(99_999, 0)])

    def partitions(self) -> list[int]:
        chosen = [each for each in PARTITIONS if self.random.random() < 0.6] or [0]
        return [*chosen, 7] if self.random.random() < 0.05 else chosen

    # -- steps

    async def init(self) -> None:
        name = self.name()
        version = self.version(ApiKey.INIT_PRODUCER_ID)
        expected: Producer = (-1, -1)
        if version >= 3 and self.random.random() < 0.5:
            expected = self.producer(name)
        if version >= 3 and self.random.random() < 0.05:
            expected = self.random.choice([(5, -1), (-1, 5)])
        transactional_id = self.random.choice([name] * 12 + [None, ""])
        request = InitProducerIdRequest(
            transactional_id=transactional_id,
            transaction_timeout_ms=self.random.choice([60_000] * 12 + [0, -1, 900_001]),
            **{"producer_id": expected[0], "producer_epoch": expected[1]} if version >= 3 else {},
        )
        label = f"init {transactional_id} {self.named(expected[0])} {expected[1]}"
        answer = await self.client.request(self.address, request, InitProducerIdResponse, version=version)
        if not answer.error_code:
            self._ids.setdefault(answer.producer_id, len(self._ids))
            given = (answer.producer_id, answer.producer_epoch)
            if transactional_id:
                self.producers.setdefault(name, []).append(given)
            else:
                self.plain.append(given)
        self.answers.append((f"{label} (InitProducerId {version})", self.normal(answer)))
        await self.settle()

    async def add(self) -> None:
        version = self.version(ApiKey.ADD_PARTITIONS_TO_TXN)
        if version >= 4:
            names = self.random.sample(self.names, self.random.randint(1, len(self.names)))
            transactions = []
            for name in names:
                producer_id, epoch = self.producer(name)
                transactions.append(
                    AddPartitionsToTxnTransaction(
                        transactional_id=name,
                        producer_id=producer_id,
                        producer_epoch=epoch,
                        verify_only=self.random.random() < 0.5,
                        topics=[AddPartitionsToTxnTopic(name=self.topic, partitions=self.partitions())],
                    )
                )
            request = AddPartitionsToTxnRequest(transactions=transactions)
            label = (
                f"add {[(self.named(t.producer_id), t.producer_epoch, t.verify_only) for t in transactions]}"
            )
        else:
            name = self.name()
            producer_id, epoch = self.producer(name)
            topic = self.random.choice([self.topic] * 12 + ["nosuch", "__consumer_offsets"])
            request = AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=self.random.choice([name] * 15 + [""]),
                v3_and_below_producer_id=producer_id,
                v3_and_below_producer_epoch=epoch,
                v3_and_below_topics=[AddPartitionsToTxnTopic(name=topic, partitions=self.partitions())],
            )
            label = f"add {topic} to {name} of {self.named(producer_id)} {epoch}"
        await self.ask(label, request, AddPartitionsToTxnResponse, version)

    async def add_offsets(self) -> None:
        name = self.name()
        producer_id, epoch = self.producer(name)
        request = AddOffsetsToTxnRequest(
            transactional_id=name, producer_id=producer_id, producer_epoch=epoch, group_id=self.group
        )
        label = f"add offsets to {name} of {self.named(producer_id)} {epoch}"
        version = self.version(ApiKey.ADD_OFFSETS_TO_TXN)
        await self.ask(label, request, AddOffsetsToTxnResponse, version)

    async def commit_offsets(self) -> None:
        name = self.name()
        producer_id, epoch = self.producer(name, may_be_early=False)
        version = self.version(ApiKey.TXN_OFFSET_COMMIT)
        member = self.random.random() < 0.2 and version >= 3
        self._count += 1
        request = TxnOffsetCommitRequest(
            transactional_id=name,
            group_id=self.group,
            producer_id=producer_id,
            producer_epoch=epoch,
            member_id="stranger" if member else "",
            generation_id=1 if member else -1,
            topics=[
                TxnOffsetCommitRequestTopic(
                    name=self.topic,
                    partitions=[
                        TxnOffsetCommitRequestPartition(partition_index=each, committed_offset=self._count)
                        for each in self.partitions()
                    ],
                )
            ],
        )
        label = f"commit {self._count} in {name} of {self.named(producer_id)} {epoch}"
        await self.ask(label, request, TxnOffsetCommitResponse, version)

    async def commit_plainly(self) -> None:
        self._count += 1
        request = OffsetCommitRequest(
            group_id=self.group,
            topics=[
                OffsetCommitRequestTopic(
                    name=self.topic,
                    partitions=[
                        OffsetCommitRequestPartition(partition_index=each, committed_offset=self._count)
                        for each in self.partitions()
                    ],
                )
            ],
        )
        await self.ask(f"commit {self._count}", request, OffsetCommitResponse, 8)

    async def delete_offsets(self) -> None:
        await self.commit_plainly()  # so that there is a group: of a refused commit Kafka keeps an empty one
        wanted = [OffsetDeleteRequestPartition(partition_index=each) for each in self.partitions()]
        topics = [OffsetDeleteRequestTopic(name=self.topic, partitions=wanted)]
        await self.ask(
            "delete offsets", OffsetDeleteRequest(group_id=self.group, topics=topics), OffsetDeleteResponse, 0
        )

    async def delete_group(self) -> None:
        await self.commit_plainly()
        await self.ask("delete", DeleteGroupsRequest(groups_names=[self.group]), DeleteGroupsResponse, 2)

    async def fetch_offsets(self) -> None:
        stable = self.random.random() < 0.5
        topics = [OffsetFetchRequestTopics(name=self.topic, partition_indexes=PARTITIONS)]
        group = OffsetFetchRequestGroup(group_id=self.group, topics=self.random.choice([topics, None]))
        request = OffsetFetchRequest(groups=[group], require_stable=stable)
        await self.ask(f"offsets, stable {stable}", request, OffsetFetchResponse, 9)

    async def produce(self) -> None:
        name = self.name()
        partition = self.random.choice(PARTITIONS)
        transactional = self.random.random() < 0.9
        if transactional:
            producer = self.producer(name, may_be_early=False)
        else:
            producer = self.random.choice(self.plain or [(99_998, 0)])
        expected = self.sequences.get((producer, partition), 0)
        sequence = max(0, expected + self.random.choice([0] * 12 + [-1, 1, -3]))
        records = self.random.randint(1, 3)
        batch = build_batch(
            [Record(each, int(time.time() * 1000), None, b"%d" % each) for each in range(records)],
            producer_id=producer[0],
            producer_epoch=producer[1],
            base_sequence=sequence,
            is_transactional=transactional,
        )
        data = PartitionProduceData(index=partition, records=memoryview(bytes(batch)))
        transactional_id = self.random.choice([name] * 15 + [None])
        request = ProduceRequest(
            transactional_id=transactional_id,
            acks=-1,
            timeout_ms=30_000,
            topic_data=[TopicProduceData(self.topic, [data])],
        )
        kind = "transactional" if transactional else "plain"
        label = f"produce {kind} {sequence} to {partition} of {transactional_id}: {self.named(producer[0])}"
        answer = await self.ask(label, request, ProduceResponse, self.version(ApiKey.PRODUCE, 3))
        if not answer.responses[0].partition_responses[0].error_code and sequence == expected:
            self.sequences[producer, partition] = sequence + records

    async def end(self) -> None:
        name = self.name()
        producer_id, epoch = self.producer(name)
        commit = self.random.random() < 0.5
        request = EndTxnRequest(
            transactional_id=name, producer_id=producer_id, producer_epoch=epoch, committed=commit
        )
        label = f"{'commit' if commit else 'abort'} {name} of {self.named(producer_id)} {epoch}"
        await self.ask(label, request, EndTxnResponse, self.version(ApiKey.END_TXN))
        await self.settle()

    async def mark(self) -> None:
        """An administrator ends what he takes for a hanging transaction."""
        producer_id, epoch = self.real_producer(self.name())
        partitions = self.partitions()
        coordinator_epoch = self.random.choice((-1, 0))
        marker = WritableTxnMarker(
            producer_id=producer_id,
            producer_epoch=epoch,
            transaction_result=self.random.random() < 0.3,
            topics=[WritableTxnMarkerTopic(name=self.topic, partition_indexes=partitions)],
            coordinator_epoch=coordinator_epoch,
        )
        label = f"mark {partitions} for {self.named(producer_id)} {epoch}, coordinator {coordinator_epoch}"
        await self.ask(label, WriteTxnMarkersRequest(markers=[marker]), WriteTxnMarkersResponse, 1)

    async def describe(self) -> None:
        names = self.random.sample([*self.names, "nobody", ""], 2)
        request = DescribeTransactionsRequest(transactional_ids=names)
        await self.ask(f"describe {names}", request, DescribeTransactionsResponse, 0)

    async def list(self) -> None:
        version = self.version(ApiKey.LIST_TRANSACTIONS)
        count = self.random.choice((0, 0, 1, 2, 3))
        producer_ids = [self.producer(self.name())[0] for _ in range(self.random.choice((0, 0, 1, 2)))]
        duration_ms = self.random.choice((-1, 3_600_000, -5)) if version else -1
        # Kafka measures an empty one from the last transaction, until a failover: the log does not have that.
        states = self.random.sample(STATES if duration_ms < 0 else STATES[1:], max(count, duration_ms > 0))
        request = ListTransactionsRequest(
            state_filters=states,
            producer_id_filters=producer_ids,
            **{"duration_filter": duration_ms} if version else {},
        )
        label = f"list {states} of {[self.named(each) for each in producer_ids]} for {duration_ms} ms"
        answer = await self.client.request(self.address, request, ListTransactionsResponse, version=version)
        mine = [each for each in answer.transaction_states if each.transactional_id in self.names]
        self.answers.append((label, (self.normal(mine), self.normal(answer.unknown_state_filters))))

    async def describe_producers(self) -> None:
        topics = [TopicRequest(name=self.topic, partition_indexes=(*PARTITIONS, 7))]
        if self.random.random() < 0.2:
            topics += [TopicRequest(name=name, partition_indexes=[0]) for name in ("nosuch", "no such")]
        await self.ask("producers", DescribeProducersRequest(topics=topics), DescribeProducersResponse, 0)

    async def ends(self) -> None:
        """Where readers of either kind may read to."""
        for isolation in (0, READ_COMMITTED):
            request = ListOffsetsRequest(
                isolation_level=isolation,
                topics=[
                    ListOffsetsTopic(
                        name=self.topic,
                        partitions=[
                            ListOffsetsPartition(partition_index=each, timestamp=-1) for each in PARTITIONS
                        ],
                    )
                ],
            )
            await self.ask(f"ends, isolation {isolation}", request, ListOffsetsResponse, 8)

    async def read(self) -> None:
        """The whole of each partition, as both kinds of readers get it."""
        for isolation in (0, READ_COMMITTED):
            for partition in PARTITIONS:
                wanted = FetchPartition(partition=partition, fetch_offset=0, partition_max_bytes=1 << 24)
                request = FetchRequest(
                    max_wait_ms=0,
                    min_bytes=0,
                    max_bytes=1 << 24,
                    isolation_level=isolation,
                    topics=[FetchTopic(topic=self.topic, partitions=[wanted])],
                )
                answer = await self.client.request(self.address, request, FetchResponse, version=12)
                found = answer.responses[0].partitions[0]
                batches = [
                    (
                        batch.base_offset,
                        batch.last_offset,
                        self.named(batch.producer_id),
                        batch.producer_epoch,
                        batch.base_sequence,
                        batch.is_control and str(batch.control_type()),
                        batch.is_transactional,
                    )
                    for batch in read_batches(bytes(found.records or b""))
                ]
                aborted = sorted(
                    (str(self.named(each.producer_id)), each.first_offset)
                    for each in found.aborted_transactions or ()
                )
                told = (found.error_code, found.high_watermark, found.last_stable_offset)
                self.answers.append((f"read {partition}, isolation {isolation}", (*told, batches, aborted)))

    async def settle(self) -> None:
        """Wait until what was decided is done: how long that takes means nothing."""
        request = DescribeTransactionsRequest(transactional_ids=self.names)
        with trio.fail_after(60):
            while True:
                found = await self.client.request(self.address, request, DescribeTransactionsResponse)
                if not any(each.transaction_state in _PREPARED for each in found.transaction_states):
                    return
                await trio.sleep(0.01)

    # -- the walk

    async def take(self, steps: int) -> None:
        likely: list[tuple[int, Callable[[], Coroutine[Any, Any, None]]]] = [
            (8, self.init),
            (16, self.add),
            (8, self.add_offsets),
            (10, self.commit_offsets),
            (3, self.commit_plainly),
            (2, self.delete_offsets),
            (1, self.delete_group),
            (5, self.fetch_offsets),
            (20, self.produce),
            (14, self.end),
            (2, self.mark),
            (4, self.describe),
            (4, self.list),
            (3, self.describe_producers),
            (3, self.ends),
            (2, self.read),
        ]
        weights, kinds = zip(*likely, strict=True)
        for _ in range(steps):
            (step,) = self.random.choices(kinds, weights)
            await step()
        for step in (self.describe_producers, self.ends, self.read, self.fetch_offsets, self.list):
            await step()
