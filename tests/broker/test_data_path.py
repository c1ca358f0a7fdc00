"""Produce and Fetch on real sockets: order, refusals, sessions, slices that outlive what they were cut from."""

from __future__ import annotations

import random
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
import trio

from tests.broker.in_process import InProcess, Wire
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import Message
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from zkbroker.protocol.generated.fetch_response import FetchResponse, PartitionData
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.list_offsets_response import ListOffsetsResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.protocol.generated.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from zkbroker.protocol.generated.produce_response import PartitionProduceResponse, ProduceResponse
from zkbroker.protocol.records import Record, build_batch, read_batches
from zkbroker.replication import reading
from zkbroker.replication.isr import Isr, IsrProposal
from zkbroker.replication.partition import Partition
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.log import THREAD_BYTES, Log
from zkbroker.storage.validation import Admitted

Start = Callable[..., Awaitable[InProcess]]


def batch(*values: bytes, **options: Any) -> bytearray:
    records = [Record(offset=n, timestamp=1_000 + n, key=None, value=v) for n, v in enumerate(values)]
    return build_batch(records, **options)


def produce(topic: str, records: bytes | bytearray, *, acks: int = 1, partition: int = 0) -> ProduceRequest:
    data = PartitionProduceData(index=partition, records=bytes(records))
    return ProduceRequest(
        acks=acks, timeout_ms=10_000, topic_data=[TopicProduceData(name=topic, partition_data=[data])]
    )


def result(response: Message) -> PartitionProduceResponse:
    assert isinstance(response, ProduceResponse)
    return response.responses[0].partition_responses[0]


def fetch(
    topic: str,
    offset: int,
    *,
    partitions: Sequence[int] = (0,),
    max_wait_ms: int = 0,
    min_bytes: int = 1,
    max_bytes: int = 1 << 20,
    partition_max_bytes: int = 1 << 20,
    session: tuple[int, int] = (0, -1),
    forgotten: Sequence[int] = (),
    **options: Any,
) -> FetchRequest:
    return FetchRequest(
        max_wait_ms=max_wait_ms,
        min_bytes=min_bytes,
        max_bytes=max_bytes,
        session_id=session[0],
        session_epoch=session[1],
        topics=[
            FetchTopic(
                topic=topic,
                partitions=[
                    FetchPartition(partition=p, fetch_offset=offset, partition_max_bytes=partition_max_bytes)
                    for p in partitions
                ],
            )
        ]
        if partitions
        else [],
        forgotten_topics_data=[ForgottenTopic(topic=topic, partitions=list(forgotten))] if forgotten else [],
        **options,
    )


def fetched(response: Message) -> dict[int, PartitionData]:
    assert isinstance(response, FetchResponse) and response.error_code == 0, response
    return {p.partition_index: p for topic in response.responses for p in topic.partitions}


def values(data: PartitionData) -> list[bytes]:
    records = data.records if data.records is not None else b""
    return [
        bytes(r.value or b"")
        for b in read_batches(memoryview(bytes(records)), torn_tail=True)
        for r in b.records()
    ]


# -- producing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(3, 12))
async def test_every_produce_version_stores_and_every_fetch_version_reads(
    in_process: Start, version: int
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    answer = result(await wire.ask(produce("t", batch(b"a", b"b")), version))
    assert (answer.error_code, answer.base_offset) == (0, 0)
    for fetch_version in (4, 5, 7, 11, 12):
        data = fetched(await wire.ask(fetch("t", 0), fetch_version))[0]
        assert values(data) == [b"a", b"b"] and data.high_watermark == 2


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (b"", ErrorCode.INVALID_RECORD),
        (bytes(5), ErrorCode.CORRUPT_MESSAGE),
        (batch(b"x") + batch(b"y"), ErrorCode.INVALID_RECORD),
        (batch(b"x")[:-1], ErrorCode.CORRUPT_MESSAGE),
        (batch(b"x")[:-1] + b"\xff", ErrorCode.CORRUPT_MESSAGE),  # the checksum no longer fits
        (batch(bytes(1 << 21)), ErrorCode.MESSAGE_TOO_LARGE),
        (batch(b"x", producer_id=5, producer_epoch=-1, base_sequence=0), ErrorCode.INVALID_RECORD),
    ],
)
async def test_bad_records_are_refused_and_nothing_is_stored(
    in_process: Start, records: bytes, code: ErrorCode
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    answer = result(await wire.ask(produce("t", records), 11))
    assert ErrorCode(answer.error_code) is code
    assert cluster.partition("t").log.log_end_offset == 0
    assert result(await wire.ask(produce("t", batch(b"good")), 11)).base_offset == 0


async def test_acks_and_topics_that_do_not_exist_are_refused(in_process: Start) -> None:
    cluster = await in_process(auto_create_topics_enable="false")
    await cluster.create_topic("t")
    wire = await cluster.wire()
    wrong_acks = result(await wire.ask(produce("t", batch(b"x"), acks=2), 11))
    assert ErrorCode(wrong_acks.error_code) is ErrorCode.INVALID_REQUIRED_ACKS
    unknown = result(await wire.ask(produce("nope", batch(b"x")), 11))
    assert ErrorCode(unknown.error_code) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    internal = result(await wire.ask(produce("t", batch(b"x"), partition=9), 11))
    assert ErrorCode(internal.error_code) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_a_batch_sent_again_is_acknowledged_and_stored_once(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    same = batch(b"a", b"b", producer_id=7, producer_epoch=0, base_sequence=0)
    for _ in range(3):
        assert result(await wire.ask(produce("t", same, acks=-1), 11)).base_offset == 0
    gap = batch(b"z", producer_id=7, producer_epoch=0, base_sequence=5)
    answer = result(await wire.ask(produce("t", gap, acks=-1), 11))
    assert ErrorCode(answer.error_code) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert cluster.partition("t").log.log_end_offset == 2


async def test_an_error_without_acks_closes_the_connection_after_the_earlier_answers(
    in_process: Start,
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await wire.send(produce("t", batch(b"a")), 11)
    await wire.send(produce("nope", batch(b"x"), acks=0), 11)
    assert result((await wire.receive())[1]).base_offset == 0
    assert await wire.is_closed()


async def test_five_in_flight_of_mixed_kinds_against_a_serial_model(
    in_process: Start, rng: random.Random
) -> None:
    """acks=all waits for a replica that is held back; whatever is mixed in, order and answers are the serial ones."""
    cluster = await in_process(brokers=2, replica_lag_time_max_ms="20000")
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    for _ in range(6):
        wire = await cluster.wire(leader)
        start = cluster.partition("t", broker_id=leader).log.log_end_offset
        model_end, sent = start, list[int]()
        expected: list[tuple[int, tuple[str, Any]]] = []
        for n in range(rng.randrange(5, 12)):
            kind = rng.choice(["all", "all", "one", "none", "refused", "fetch", "metadata", "offsets"])
            if kind in ("all", "one", "none"):
                count = rng.randrange(1, 4)
                acks = {"all": -1, "one": 1, "none": 0}[kind]
                message: Message = produce("t", batch(*[b"%d" % n] * count), acks=acks)
                answer: tuple[str, Any] | None = None if kind == "none" else ("produced", model_end)
                model_end += count
            elif kind == "refused":
                message, answer = produce("t", b"garbage"), ("error", ErrorCode.CORRUPT_MESSAGE)
            elif kind == "fetch":
                message, answer = fetch("t", start), ("fetched", None)
            elif kind == "metadata":
                message, answer = MetadataRequest(topics=[MetadataRequestTopic(name="t")]), ("metadata", None)
            else:
                # A consumer sees what is exposed: everything before it on this connection with acks=all is.
                wanted = ListOffsetsPartition(partition_index=0, timestamp=-2)
                message = ListOffsetsRequest(topics=[ListOffsetsTopic(name="t", partitions=[wanted])])
                answer = ("offsets", 0)
            version = {ProduceRequest: 11, FetchRequest: 12, MetadataRequest: 12, ListOffsetsRequest: 9}[
                type(message)
            ]
            sent.append(await wire.send(message, version))
            if answer is not None:
                expected.append((sent[-1], answer))
        for correlation_id, (kind, what) in expected:
            with trio.fail_after(15):
                answered, response = await wire.receive()
            assert answered == correlation_id, "answers come in the order of the requests"
            if kind == "produced":
                assert (result(response).error_code, result(response).base_offset) == (0, what)
            elif kind == "error":
                assert ErrorCode(result(response).error_code) is what
            elif kind == "offsets":
                assert isinstance(response, ListOffsetsResponse)
                assert response.topics[0].partitions[0].offset == what
            elif kind == "fetched":
                assert fetched(response)[0].error_code == 0
            else:
                assert isinstance(response, MetadataResponse) and response.topics[0].error_code == 0
        assert cluster.partition("t", broker_id=leader).log.log_end_offset == model_end


async def test_waits_for_replicas_do_not_hold_the_next_produce(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    follower = 3 - leader
    await cluster.wait_until(lambda: cluster.partition("t", broker_id=leader).isr.committed != ())
    services = cluster.brokers[follower].services
    assert services is not None
    services.replicas.fetchers.stop(cluster.partition("t", broker_id=leader).tp)  # nothing is replicated now
    wire = await cluster.wire(leader)
    ids = [await wire.send(produce("t", batch(b"%d" % n), acks=-1), 11) for n in range(5)]
    log = cluster.partition("t", broker_id=leader).log
    await cluster.wait_until(lambda: log.log_end_offset == 5)  # all are appended, none is answered
    assert cluster.partition("t", broker_id=leader).high_watermark == 0
    services.replicas.fetchers.follow(cluster.partition("t", broker_id=follower))
    answers = [await wire.receive() for _ in ids]
    assert [a for a, _ in answers] == ids
    assert [result(r).base_offset for _, r in answers] == [0, 1, 2, 3, 4]


async def test_large_batches_are_looked_into_in_a_thread_and_order_stays(
    in_process: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = await in_process()
    await cluster.create_topic("t", compression_type="zstd")
    threads: list[str] = []
    admit = Log.admit

    def watched(log: Log, *words: Any, **named: Any) -> Admitted:
        threads.append(threading.current_thread().name)
        return admit(log, *words, **named)

    monkeypatch.setattr(Log, "admit", watched)
    wire = await cluster.wire()
    large = random.Random(1).randbytes(THREAD_BYTES)
    ids = [await wire.send(produce("t", batch(value)), 11) for value in (b"small", large, b"after")]
    ids.append(await wire.send(produce("t", batch(large)[:-1] + b"!"), 11))
    answers = [await wire.receive() for _ in ids]
    assert [answered for answered, _ in answers] == ids
    assert [result(response).base_offset for _, response in answers] == [0, 1, 2, -1]
    assert ErrorCode(result(answers[3][1]).error_code) is ErrorCode.CORRUPT_MESSAGE
    assert len(threads) == 2 and all(name != threading.main_thread().name for name in threads)
    read = fetched(await wire.ask(fetch("t", 0), 12))[0]
    assert values(read) == [b"small", large, b"after"]
    assert {b.codec for b in read_batches(memoryview(bytes(read.records or b"")))} == {Codec.ZSTD}


# -- fetching ---------------------------------------------------------------------------------------------------


async def test_a_fetch_waits_for_enough_bytes_and_no_longer_than_it_said(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    reader, writer = await cluster.wire(), await cluster.wire()
    begun = trio.current_time()
    assert values(fetched(await reader.ask(fetch("t", 0, max_wait_ms=150), 12))[0]) == []
    assert trio.current_time() - begun >= 0.15
    one = len(batch(b"x"))
    await reader.send(fetch("t", 0, max_wait_ms=20_000, min_bytes=2 * one), 12)
    await writer.ask(produce("t", batch(b"x")), 11)
    await writer.ask(produce("t", batch(b"y")), 11)
    with trio.fail_after(5):
        _, response = await reader.receive()
    assert values(fetched(response)[0]) == [b"x", b"y"]


async def test_limits_give_one_whole_batch_at_least_and_may_cut_the_last(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    for n in range(3):
        await wire.ask(produce("t", batch(b"%d" % n * 1000)), 11)
    size = len(batch(b"0" * 1000))
    first = fetched(await wire.ask(fetch("t", 0, partition_max_bytes=10), 12))[0]
    assert len(first.records or b"") == size
    cut = fetched(await wire.ask(fetch("t", 0, partition_max_bytes=size + 100), 12))[0]
    assert size <= len(cut.records or b"") <= size + 100 and len(values(cut)) == 1
    hard = fetched(await wire.ask(fetch("t", 0, max_bytes=10), 12))[0]
    assert len(hard.records or b"") == size


async def test_offsets_out_of_range_are_said_at_once(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"x")), 11)
    for offset in (2, -1):
        with trio.fail_after(5):
            data = fetched(await wire.ask(fetch("t", offset, max_wait_ms=60_000), 12))[0]
        assert ErrorCode(data.error_code) is ErrorCode.OFFSET_OUT_OF_RANGE


async def test_a_session_sends_only_what_is_new(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t", partitions=3)
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"a"), partition=1), 11)
    opened = await wire.ask(fetch("t", 0, partitions=(0, 1, 2), session=(0, 0)), 12)
    assert isinstance(opened, FetchResponse) and opened.session_id > 0
    assert {p: values(d) for p, d in fetched(opened).items()} == {0: [], 1: [b"a"], 2: []}
    s = opened.session_id
    again = fetched(await wire.ask(fetch("t", 0, partitions=(), session=(s, 1)), 12))
    assert {p: values(d) for p, d in again.items()} == {1: [b"a"]}, "not acknowledged by a new position yet"
    moved_on = fetched(await wire.ask(fetch("t", 1, partitions=(1,), session=(s, 2)), 12))
    assert moved_on == {}, "the high watermark was told before"
    await wire.send(fetch("t", 0, partitions=(), session=(s, 3), max_wait_ms=20_000), 12)
    other = await cluster.wire()
    await other.ask(produce("t", batch(b"b"), partition=2), 11)
    with trio.fail_after(5):
        _, response = await wire.receive()
    assert {p: values(d) for p, d in fetched(response).items()} == {2: [b"b"]}
    forgotten = await wire.ask(fetch("t", 0, partitions=(), session=(s, 4), forgotten=(1, 2)), 12)
    assert fetched(forgotten) == {}
    wrong = await wire.ask(fetch("t", 0, partitions=(), session=(s, 4)), 12)
    assert isinstance(wrong, FetchResponse)
    assert ErrorCode(wrong.error_code) is ErrorCode.INVALID_FETCH_SESSION_EPOCH
    closed = await wire.ask(fetch("t", 0, partitions=(), session=(s, -1)), 12)
    assert isinstance(closed, FetchResponse) and closed.session_id == 0
    gone = await wire.ask(fetch("t", 0, partitions=(), session=(s, 5)), 12)
    assert isinstance(gone, FetchResponse)
    assert ErrorCode(gone.error_code) is ErrorCode.FETCH_SESSION_ID_NOT_FOUND


async def test_what_had_no_room_in_a_sessions_first_answer_is_in_its_second(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t", partitions=3)
    wire = await cluster.wire()
    for partition in range(3):
        await wire.ask(produce("t", batch(bytes(1000)), partition=partition), 11)
    opened = await wire.ask(fetch("t", 0, partitions=(0, 1, 2), session=(0, 0), max_bytes=1100), 12)
    assert isinstance(opened, FetchResponse) and opened.session_id > 0
    assert [p for p, d in fetched(opened).items() if values(d)] == [0]
    for epoch in (1, 2):  # nobody names them again, and nothing is appended
        request = fetch("t", 1, partitions=(epoch - 1,), session=(opened.session_id, epoch), max_bytes=1100)
        answer = fetched(await wire.ask(request, 12))
        assert [p for p, d in answer.items() if values(d)] == [epoch]


async def test_a_fetch_session_ends_with_its_connection(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await wire.ask(fetch("t", 0, session=(0, 0)), 12)
    services = cluster.broker.services
    assert services is not None and services.fetch_sessions.statistics().sessions == 1
    await trio.aclose_forcefully(wire.stream)
    await cluster.wait_until(lambda: services.fetch_sessions.statistics().sessions == 0)


async def test_a_wake_up_looks_only_at_what_moved(in_process: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted work: one append to one of 60 partitions costs one read, not 60."""
    cluster = await in_process()
    await cluster.create_topic("t", partitions=60)
    wire, writer = await cluster.wire(), await cluster.wire()
    opened = await wire.ask(fetch("t", 0, partitions=range(60), session=(0, 0)), 12)
    assert isinstance(opened, FetchResponse)
    reads: list[int] = []
    real = reading.read

    def counting(partition: Partition, *args: Any, **options: Any) -> Any:
        reads.append(partition.tp.partition)
        return real(partition, *args, **options)

    monkeypatch.setattr(reading, "read", counting)
    await wire.send(fetch("t", 0, partitions=(), session=(opened.session_id, 1), max_wait_ms=20_000), 12)
    await writer.ask(produce("t", batch(b"x"), partition=37), 11)
    with trio.fail_after(5):
        await wire.receive()
    assert reads == [37]


async def test_fetching_by_topic_id(in_process: Start) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"x")), 11)
    described = await wire.ask(MetadataRequest(topics=[MetadataRequestTopic(name="t")]), 12)
    assert isinstance(described, MetadataResponse)
    topic_id = described.topics[0].topic_id

    def by_id(id_: bytes) -> FetchRequest:
        wanted = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
        return FetchRequest(max_wait_ms=0, topics=[FetchTopic(topic_id=id_, partitions=[wanted])])  # type: ignore[arg-type]

    for version in range(13, 18):
        assert values(fetched(await wire.ask(by_id(topic_id), version))[0]) == [b"x"]
    unknown = fetched(await wire.ask(by_id(bytes(15) + b"\x07"), 17))[0]
    assert ErrorCode(unknown.error_code) is ErrorCode.UNKNOWN_TOPIC_ID


async def test_a_topic_that_is_gone_can_still_be_forgotten(in_process: Start) -> None:
    """Else the session would say at once, at every fetch for ever, that it does not know it."""
    cluster = await in_process()
    for name in ("gone", "kept"):
        await cluster.create_topic(name)
    services = cluster.broker.services
    assert services is not None
    ids = {name: topic_id for topic_id, name in services.metadata.snapshot.topic_names.items()}
    wire = await cluster.wire()
    wanted = [FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)]
    topics = [FetchTopic(topic_id=ids[name], partitions=wanted) for name in ("gone", "kept")]
    first = await wire.ask(FetchRequest(session_id=0, session_epoch=0, max_wait_ms=0, topics=topics), 17)
    assert isinstance(first, FetchResponse) and first.session_id
    deletion = DeleteTopicsRequest(topics=[DeleteTopicState(name="gone")], timeout_ms=10_000)
    await (await cluster.wire()).ask(deletion, 6)
    await cluster.wait_until(
        lambda: (
            ids["gone"] not in services.metadata.snapshot.topic_names
            and TopicPartition("gone", 0) not in services.replicas.partitions
        )
    )
    forgotten = [ForgottenTopic(topic_id=ids["gone"], partitions=[0])]
    second = await wire.ask(
        FetchRequest(
            session_id=first.session_id, session_epoch=1, max_wait_ms=0, forgotten_topics_data=forgotten
        ),
        17,
    )
    assert isinstance(second, FetchResponse)
    assert (second.error_code, second.responses) == (0, [])


# -- slow readers -----------------------------------------------------------------------------------------------


async def _slow_fetch(cluster: InProcess) -> tuple[Wire, bytes]:
    """A reader that asks for 24 MB and takes none of it yet; what it must get if it gets all."""
    await cluster.create_topic("t", max_message_bytes="10000000", segment_bytes="9000000")
    writer, reader = await cluster.wire(), await cluster.wire()
    big = [batch(bytes([n]) * 8_000_000) for n in range(3)]
    for one in big:
        assert result(await writer.ask(produce("t", one), 11)).error_code == 0
    await reader.send(fetch("t", 0, max_bytes=50_000_000, partition_max_bytes=50_000_000), 12)
    await trio.testing.wait_all_tasks_blocked(0.05)  # the broker filled the socket and waits for us
    return reader, bytes(big[0])


async def test_a_slow_reader_gets_its_bytes_after_the_topic_was_deleted(in_process: Start) -> None:
    cluster = await in_process()
    reader, first = await _slow_fetch(cluster)
    services = cluster.broker.services
    assert services is not None
    tp = cluster.partition("t").tp
    services.replicas.partitions.pop(tp).stop()
    services.logs.delete(tp)
    with trio.fail_after(20):
        _, response = await reader.receive()
    records = bytes(fetched(response)[0].records or b"")
    assert records[61:] == first[61:], "the slice kept its file open"


async def test_a_slow_reader_of_truncated_bytes_is_disconnected(in_process: Start) -> None:
    cluster = await in_process()
    reader, _ = await _slow_fetch(cluster)
    cluster.partition("t").log.truncate_to(0)
    assert await reader.is_closed(), "better no bytes than another leader's"


async def test_a_slow_reader_is_no_matter_to_appends_and_rolls(in_process: Start) -> None:
    cluster = await in_process()
    reader, first = await _slow_fetch(cluster)
    writer = await cluster.wire()
    for _ in range(3):
        assert result(await writer.ask(produce("t", batch(bytes(4_000_000))), 11)).error_code == 0
    with trio.fail_after(20):
        _, response = await reader.receive()
    assert bytes(fetched(response)[0].records or b"")[61:] == first[61:]


# -- bytes that are no requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x00\x00\x05hello",
        b"\x7f\xff\xff\xff",  # a frame of 2 GiB
        b"\xff\xff\xff\xff",  # of a negative size
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x0a\x03\xe7\x00\x00\x00\x00\x00\x01\xff\xff",  # API key 999
        b"\x00\x00\x00\x0a\x00\x01\x00\x63\x00\x00\x00\x01\xff\xff",  # Fetch version 99
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),  # a TLS hello
    ],
)
async def test_garbage_closes_that_connection_only(in_process: Start, sent: bytes) -> None:
    cluster = await in_process()
    good, bad = await cluster.wire(), await cluster.wire()
    await bad.stream.send_all(sent)
    assert await bad.is_closed()
    assert isinstance(await good.ask(MetadataRequest(topics=None), 12), MetadataResponse)


async def test_an_unknown_version_of_api_versions_is_answered_in_version_0(in_process: Start) -> None:
    cluster = await in_process()
    wire = await cluster.wire()
    await wire.stream.send_all(b"\x00\x00\x00\x0a\x00\x12\x00\x63\x00\x00\x00\x07\xff\xff")
    assert await wire.receive_frame() == bytes.fromhex("00000007002300000001001200000004")
    answer = await wire.ask(ApiVersionsRequest(client_software_name="x", client_software_version="1"), 4)
    keys = {row.api_key: (row.min_version, row.max_version) for row in answer.api_keys}  # type: ignore[attr-defined]
    assert keys[0] == (0, 11) and keys[1] == (0, 17) and keys[18] == (0, 4)
    refused = await wire.ask(ApiVersionsRequest(client_software_name="a b", client_software_version="1"), 3)
    assert ErrorCode(refused.error_code) is ErrorCode.INVALID_REQUEST  # type: ignore[attr-defined]


async def test_a_follower_joins_an_idle_partition_that_it_does_not_name_again(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    partition = cluster.partition("t", broker_id=leader)
    await cluster.wait_until(lambda: partition.isr.committed != () and partition.followers[3 - leader].pulse)
    # As after a refusal by the controller: outside the ISR, caught up, and no record comes to be fetched.
    partition.isr = Isr((leader,))
    await cluster.wait_until(lambda: partition.isr.is_in_doubt or set(partition.isr.committed) == {1, 2})


async def test_a_follower_that_restarts_must_fetch_before_it_joins(in_process: Start) -> None:
    """What it had before may be gone with its disk: a position of an earlier connection proves nothing."""
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    follower, partition = 3 - leader, cluster.partition("t", broker_id=leader)
    await cluster.wait_until(lambda: partition.isr.committed != () and partition.followers[follower].pulse)
    services = cluster.brokers[leader].services
    assert services is not None
    before = services.metadata.snapshot
    await cluster.stop_broker(follower)
    await cluster.wait_until(lambda: cluster.alive(leader) == {leader} and partition.isr == Isr((leader,)))
    # it registers again, and has not fetched yet
    services.metadata.replace(before)
    assert not partition.maybe_expand_isr()
    assert partition.isr == Isr((leader,))


async def test_who_does_not_join_after_all_holds_no_acknowledgement_back(in_process: Start) -> None:
    """Nobody else may fetch or append any more: the producer waits for just this record."""
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    follower, partition = 3 - leader, cluster.partition("t", broker_id=leader)
    services = cluster.brokers[leader].services
    assert services is not None
    await cluster.wait_until(lambda: partition.isr.committed != () and partition.followers[follower].pulse)
    with_follower = services.metadata.snapshot
    await cluster.stop_broker(follower)
    await cluster.wait_until(lambda: cluster.alive(leader) == {leader} and partition.isr == Isr((leader,)))
    without_follower = services.metadata.snapshot

    # it shuts down: still known to live, caught up a moment ago, proposed, and refused by the controller
    services.metadata.replace(with_follower)
    partition.followers[follower].last_caught_up_ms = services.now_ms()
    proposed = (leader, follower)
    partition.isr = Isr((leader,), proposed)
    partition.append(memoryview(batch(b"1")), acks=-1, origin=AppendOrigin.CLIENT)
    assert partition.high_watermark == 0
    proposal = IsrProposal(
        partition.tp, partition.topic_id, proposed, partition.leader_epoch, partition.partition_epoch
    )
    assert not partition.isr_refused(proposal, ErrorCode.INELIGIBLE_REPLICA)
    assert partition.high_watermark == 0, "it may still join"
    services.metadata.replace(without_follower)
    services.replicas.brokers_moved()
    assert partition.high_watermark == 1

    # refused while it is known to be gone
    partition.isr = Isr((leader,), proposed)
    partition.append(memoryview(batch(b"2")), acks=-1, origin=AppendOrigin.CLIENT)
    assert partition.high_watermark == 1
    assert not partition.isr_refused(proposal, ErrorCode.INELIGIBLE_REPLICA)
    assert partition.high_watermark == 2
