"""DeleteRecords: who may begin where, who waits for whom, and what is left after a kill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, fetch, fetched, produce
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from zkbroker.protocol.generated.delete_records_response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
)
from zkbroker.storage import names
from zkbroker.storage.checkpoints import read_offsets
from zkbroker.storage.files import FILES

Start = Callable[..., Awaitable[InProcess]]


def delete(topic: str, offset: int, *, partition: int = 0, timeout_ms: int = 10_000) -> DeleteRecordsRequest:
    wanted = DeleteRecordsPartition(partition_index=partition, offset=offset)
    return DeleteRecordsRequest(
        topics=[DeleteRecordsTopic(name=topic, partitions=[wanted])], timeout_ms=timeout_ms
    )


def deleted(response: Message) -> DeleteRecordsPartitionResult:
    assert isinstance(response, DeleteRecordsResponse)
    return response.topics[0].partitions[0]


async def test_records_below_the_offset_are_gone_in_every_version(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    for _ in range(5):
        await wire.ask(produce("t", batch(b"a", b"b")), 9)
    for version, offset in ((0, 3), (1, 4), (2, 6)):
        answer = deleted(await wire.ask(delete("t", offset), version))
        assert (answer.error_code, answer.low_watermark) == (0, offset)
        assert cluster.partition("t").log.log_start_offset == offset
    refused = fetched(await wire.ask(fetch("t", 5), 12))[0]
    assert ErrorCode(refused.error_code) is ErrorCode.OFFSET_OUT_OF_RANGE
    again = deleted(await wire.ask(delete("t", 2), 2))
    assert (again.error_code, again.low_watermark) == (0, 6)
    everything = deleted(await wire.ask(delete("t", -1), 2))
    assert (everything.error_code, everything.low_watermark) == (0, 10)
    directory = cluster.partition("t").log.directory.parent
    starts = read_offsets(FILES, str(directory / names.LOG_STARTS))
    assert {tp.topic: offset for tp, offset in starts.items()} == {"t": 10}, "before the answer, on disk"


async def test_what_cannot_be_deleted_is_refused(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    await cluster.create_topic("compacted", cleanup_policy="compact")
    await cluster.create_topic("both", cleanup_policy="compact,delete")
    await cluster.create_topic("__transaction_state")
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"a", b"b")), 9)
    for topic, offset, partition, code in (
        ("t", 3, 0, ErrorCode.OFFSET_OUT_OF_RANGE),
        ("t", -2, 0, ErrorCode.OFFSET_OUT_OF_RANGE),
        ("t", 0, 7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("nowhere", 0, 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("compacted", 0, 0, ErrorCode.POLICY_VIOLATION),
        ("__transaction_state", 0, 0, ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("both", 0, 0, ErrorCode.NONE),
    ):
        answer = deleted(await wire.ask(delete(topic, offset, partition=partition), 2))
        assert ErrorCode(answer.error_code) is code, topic
        assert answer.low_watermark == (-1 if code else 0)


async def test_the_answer_waits_for_live_followers_and_they_delete_too(in_process: Start) -> None:
    cluster = await in_process(brokers=3)
    await cluster.create_topic("t", replication_factor=3)
    leader = cluster.leader("t")
    others = [b for b in cluster.brokers if b != leader]
    wire = await cluster.wire(leader)
    await wire.ask(produce("t", batch(b"a", b"b", b"c"), acks=-1), 9)
    follower = await cluster.wire(others[0])
    refused = deleted(await follower.ask(delete("t", 2), 2))
    assert ErrorCode(refused.error_code) is ErrorCode.NOT_LEADER_OR_FOLLOWER
    answer = deleted(await wire.ask(delete("t", 2), 2))
    assert (answer.error_code, answer.low_watermark) == (0, 2)
    for broker_id in cluster.brokers:
        assert cluster.partition("t", broker_id=broker_id).log.log_start_offset == 2


async def test_a_follower_that_hangs_ends_the_wait_in_time_and_a_dead_one_at_once(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    wire = await cluster.wire(leader)
    await wire.ask(produce("t", batch(b"a", b"b", b"c"), acks=-1), 9)
    partition = cluster.partition("t", broker_id=leader)
    services = cluster.brokers[3 - leader].services
    assert services is not None
    services.replicas.fetchers.stop(partition.tp)
    late = deleted(await wire.ask(delete("t", 1, timeout_ms=300), 2))
    assert ErrorCode(late.error_code) is ErrorCode.REQUEST_TIMED_OUT
    assert late.low_watermark == 0
    assert partition.log.log_start_offset == 1, "deleted here all the same"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(cluster.stop_broker, 3 - leader)
        answer = deleted(await wire.ask(delete("t", 2, timeout_ms=30_000), 2))
    assert (answer.error_code, answer.low_watermark) == (0, 2)


async def test_a_start_within_a_batch_reaches_a_new_follower(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    follower = 3 - leader
    wire = await cluster.wire(leader)
    await wire.ask(produce("t", batch(b"a", b"b", b"c"), acks=-1), 9)
    assert deleted(await wire.ask(delete("t", 2), 2)).error_code == 0
    partition = cluster.partition("t", broker_id=follower)
    services = cluster.brokers[follower].services
    assert services is not None
    services.replicas.fetchers.stop(partition.tp)
    partition.log.truncate_fully_and_start_at(0)  # as if it had never had anything
    services.replicas.fetchers.follow(partition)
    log = partition.log
    await cluster.wait_until(lambda: (log.log_start_offset, log.log_end_offset) == (2, 3))
    assert log.segments.first.base_offset == 0, "the batch that holds the start is whole"
