"""Requests leave nothing behind that only the garbage collector could free, refused ones neither.

It seldom comes in a broker (cli/collector.py), and what is left may hold the bytes of a whole request.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
import trio

import zkbroker
from tests.broker.in_process import InProcess
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.describe_producers_request import DescribeProducersRequest, TopicRequest
from zkbroker.protocol.generated.end_txn_request import EndTxnRequest
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.records import Record, build_batch

TIMES = 3
REQUESTS_PASS = tuple(
    f"{zkbroker.__path__[0]}/{package}/"
    for package in ("apis", "coordinator", "network", "replication", "storage")
)


def produce(topic: str = "orders", *, acks: int = 1, damaged: bool = False) -> ProduceRequest:
    batch = build_batch([Record(offset=0, timestamp=1, key=None, value=b"x" * 100_000)])
    batch[-1] ^= damaged
    data = PartitionProduceData(index=0, records=batch)
    return ProduceRequest(
        acks=acks, timeout_ms=1000, topic_data=[TopicProduceData(name=topic, partition_data=[data])]
    )


def fetch(topic: str = "orders", offset: int = 0, min_bytes: int = 1) -> FetchRequest:
    partition = FetchPartition(partition=0, fetch_offset=offset, partition_max_bytes=1 << 20)
    return FetchRequest(
        max_wait_ms=20,
        min_bytes=min_bytes,
        session_epoch=-1,
        topics=[FetchTopic(topic=topic, partitions=[partition])],
    )


def commit(generation: int, topic: str = "orders") -> OffsetCommitRequest:
    partition = OffsetCommitRequestPartition(partition_index=0, committed_offset=1)
    return OffsetCommitRequest(
        group_id="readers",
        generation_id_or_member_epoch=generation,
        topics=[OffsetCommitRequestTopic(name=topic, partitions=[partition])],
    )


def list_offsets(topic: str) -> ListOffsetsRequest:
    partition = ListOffsetsPartition(partition_index=0, timestamp=-1)
    return ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name=topic, partitions=[partition])])


def producers(topic: str, partition: int) -> DescribeProducersRequest:
    return DescribeProducersRequest(topics=[TopicRequest(name=topic, partition_indexes=[partition])])


def join() -> JoinGroupRequest:
    return JoinGroupRequest(
        group_id="readers",
        session_timeout_ms=1,  # refused
        member_id="",
        protocol_type="consumer",
        protocols=[JoinGroupRequestProtocol(name="range", metadata=b"")],
    )


REQUESTS: dict[str, tuple[Callable[[], Message], int]] = {
    "produce": (produce, 9),
    "produce, all replicas": (lambda: produce(acks=-1), 9),
    "produce, damaged": (lambda: produce(damaged=True), 9),
    "produce, unknown topic": (lambda: produce("nowhere"), 9),
    "produce, acks of 7": (lambda: produce(acks=7), 9),
    "fetch": (fetch, 11),
    "fetch that waits": (lambda: fetch(offset=1, min_bytes=1 << 20), 11),
    "fetch, out of range": (lambda: fetch(offset=1 << 40), 11),
    "fetch, unknown topic": (lambda: fetch("nowhere"), 11),
    "list offsets": (lambda: list_offsets("orders"), 5),
    "list offsets, unknown topic": (lambda: list_offsets("nowhere"), 5),
    "commit": (lambda: commit(-1), 8),
    "commit, no member": (lambda: commit(5), 8),
    "commit, unknown topic": (lambda: commit(-1, "nowhere"), 8),
    "join, refused": (join, 5),
    "heartbeat, no member": (
        lambda: HeartbeatRequest(group_id="readers", generation_id=1, member_id="x"),
        4,
    ),
    "producers, unknown topic": (lambda: producers("nowhere", 0), 0),
    "producers, unknown partition": (lambda: producers("orders", 7), 0),
    "end of a transaction, unknown": (
        lambda: EndTxnRequest(transactional_id="t", producer_id=1, producer_epoch=0, committed=True),
        3,
    ),
}


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left_behind() -> list[str]:
    """What only the garbage collector could free now: our frames, and bytes of requests."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = [
        each.f_code.co_qualname if isinstance(each, FrameType) else repr(each)
        for each in gc.garbage
        if isinstance(each, memoryview)
        or (isinstance(each, FrameType) and each.f_code.co_filename.startswith(REQUESTS_PASS))
    ]
    gc.garbage.clear()
    return found


async def test_requests_leave_no_cycles(in_process: Callable[..., object], without_collector: None) -> None:
    cluster = await in_process(offsets_topic_replication_factor="1", offsets_topic_num_partitions="1")  # type: ignore[misc]
    assert isinstance(cluster, InProcess)
    await cluster.create_topic("orders")
    wire = await cluster.wire()
    await _wait_coordinated(cluster)
    for name, (make, version) in REQUESTS.items():
        await wire.ask(make(), version)  # what is made once is made now
        left_behind()
        for _ in range(TIMES):
            await wire.ask(make(), version)
        assert left_behind() == [], name
    await wire.stream.aclose()


async def test_connections_leave_no_cycles(
    in_process: Callable[..., object], without_collector: None
) -> None:
    """Those that end in peace, in the middle of their requests, and because of what they sent."""
    cluster = await in_process()  # type: ignore[misc]
    assert isinstance(cluster, InProcess)
    await cluster.create_topic("orders")
    assert cluster.broker.listeners is not None
    listener = next(iter(cluster.broker.listeners.listeners))
    of_brokers = len(listener.connections)
    for round_number in range(2):
        for _ in range(TIMES):
            wire = await cluster.wire()
            await wire.ask(produce(), 9)
            await wire.stream.aclose()
            wire = await cluster.wire()
            for _ in range(5):
                await wire.send(produce(acks=-1), 9)
            await wire.stream.aclose()
            wire = await cluster.wire()
            await wire.stream.send_all(b"\x7f\xff\xff\xff no frame")
            assert await wire.is_closed()
            await wire.stream.aclose()
        await cluster.wait_until(lambda: len(listener.connections) <= of_brokers)
        found = left_behind()
        assert found == [] or round_number == 0


async def _wait_coordinated(cluster: InProcess) -> None:
    wire = await cluster.wire()
    found: list[int] = []

    async def look() -> None:
        answer = await wire.ask(FindCoordinatorRequest(coordinator_keys=["readers"]), 4)
        assert isinstance(answer, FindCoordinatorResponse)
        found.append(answer.coordinators[0].error_code)

    with trio.fail_after(20):
        while not found or found[-1] != ErrorCode.NONE:
            await look()
            await cluster.wait_until(lambda: True)
    await wire.ask(commit(-1), 8)
    await wire.stream.aclose()
