"""Quotas on a broker: told in the response, kept by resting the connection, and nobody else is slowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import attrs
import pytest
import trio

from tests.broker.in_process import InProcess, Wire
from zkbroker import admin_store
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import Message
from zkbroker.protocol.generated.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from zkbroker.protocol.generated.alter_client_quotas_response import AlterClientQuotasResponse
from zkbroker.protocol.generated.create_partitions_request import (
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from zkbroker.protocol.generated.create_partitions_response import CreatePartitionsResponse
from zkbroker.protocol.generated.create_topics_request import CreatableTopic, CreateTopicsRequest
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest
from zkbroker.protocol.generated.delete_topics_response import DeleteTopicsResponse
from zkbroker.protocol.generated.describe_client_quotas_request import (
    ComponentData,
    DescribeClientQuotasRequest,
)
from zkbroker.protocol.generated.describe_client_quotas_response import DescribeClientQuotasResponse
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic
from zkbroker.protocol.generated.fetch_response import FetchResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.records import Record, build_batch

Start = Callable[..., Awaitable[InProcess]]
Named = str | None

# Three windows of a second, so that a rate is taken over two seconds at least.
SHORT = {"quota_window_num": "3", "controller_quota_window_num": "2"}
RATE = 100_000
BURST = 300_000  # half as much again as two seconds allow: a rest of a second


@attrs.define
class Quotas:
    """Sets and shows quotas on one broker, and waits until it has seen what was set."""

    cluster: InProcess
    wire: Wire

    async def alter(self, *entity: tuple[str, Named], **values: Named) -> ErrorCode:
        """Set quotas; None unsets one."""
        return await self.apply(entity, values)

    async def apply(
        self, entity: Sequence[tuple[str, Named]], values: Mapping[str, Named], validate_only: bool = False
    ) -> ErrorCode:
        ops = [
            OpData(key=key, value=float(value or 0), remove=value is None) for key, value in values.items()
        ]
        entry = EntryData(entity=[EntityData(entity_type=k, entity_name=n) for k, n in entity], ops=ops)
        seen = self.seen()
        answer = await self.wire.ask(
            AlterClientQuotasRequest(entries=[entry], validate_only=validate_only), 1
        )
        assert isinstance(answer, AlterClientQuotasResponse)
        code = ErrorCode(answer.entries[0].error_code)
        if code is ErrorCode.NONE and not validate_only:
            await self.cluster.wait_until(lambda: self.seen() > seen)
        return code

    async def describe(
        self, *components: tuple[str, int, Named], strict: bool = False
    ) -> dict[tuple[tuple[str, Named], ...], dict[str, float]]:
        parts = [ComponentData(entity_type=k, match_type=m, match=n) for k, m, n in components]
        answer = await self.wire.ask(DescribeClientQuotasRequest(components=parts, strict=strict), 1)
        assert isinstance(answer, DescribeClientQuotasResponse)
        if answer.error_code:
            raise RuntimeError(ErrorCode(answer.error_code).name)
        return {
            tuple((e.entity_type, e.entity_name) for e in entry.entity): {
                v.key: v.value for v in entry.values
            }
            for entry in answer.entries or ()
        }

    def seen(self) -> int:
        services = self.cluster.brokers[1].services
        assert services is not None
        return services.config.statistics().changes_seen


async def quotas_on(in_process: Start, brokers: int = 1, **overrides: str) -> Quotas:
    cluster = await in_process(brokers=brokers, **{**SHORT, **overrides})
    return Quotas(cluster, await cluster.wire())


def produce(size: int, *, topic: str = "t", acks: int = 1) -> ProduceRequest:
    batch = build_batch([Record(offset=0, timestamp=0, key=None, value=bytes(size))])
    data = [PartitionProduceData(index=0, records=batch)]
    return ProduceRequest(
        acks=acks, timeout_ms=10_000, topic_data=[TopicProduceData(name=topic, partition_data=data)]
    )


def fetch(offset: int = 0, *, session_id: int = 0, epoch: int = -1, max_bytes: int = 1 << 20) -> FetchRequest:
    partition = FetchPartition(partition=0, fetch_offset=offset, partition_max_bytes=max_bytes)
    topics = [FetchTopic(topic="t", partitions=[partition])] if epoch <= 0 else []
    return FetchRequest(
        max_wait_ms=0,
        min_bytes=1,
        max_bytes=max_bytes,
        session_id=session_id,
        session_epoch=epoch,
        topics=topics,
    )


@contextmanager
def takes(least_s: float, most_s: float = 30) -> Iterator[None]:
    began = trio.current_time()
    yield
    assert least_s <= trio.current_time() - began <= most_s


async def answer_of(wire: Wire, request: Message, version: int, client_id: str = "test") -> Message:
    await wire.send(request, version, client_id)
    return (await wire.receive())[1]


async def test_a_producer_over_its_quota_is_told_and_rests(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    await quotas.cluster.create_topic("t")
    assert await quotas.alter(("client-id", "greedy"), producer_byte_rate=str(RATE)) is ErrorCode.NONE
    wire, other = await quotas.cluster.wire(), await quotas.cluster.wire()
    answer = await answer_of(wire, produce(BURST), 9, "greedy")
    assert isinstance(answer, ProduceResponse)
    assert 800 <= answer.throttle_time_ms <= 1300
    assert answer.responses[0].partition_responses[0].error_code == 0, "it was written all the same"
    with takes(answer.throttle_time_ms / 1000 - 0.1):
        await wire.send(MetadataRequest(topics=[]), 9, "greedy")
        for _ in range(20):  # meanwhile, another client is served at once
            free = await answer_of(other, produce(10_000), 9, "modest")
            assert isinstance(free, ProduceResponse) and free.throttle_time_ms == 0
        assert isinstance((await wire.receive())[1], MetadataResponse)


async def test_a_producer_without_acknowledgements_rests_too(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    await quotas.cluster.create_topic("t")
    assert await quotas.alter(("client-id", None), producer_byte_rate=str(RATE)) is ErrorCode.NONE
    wire = await quotas.cluster.wire()
    with takes(0.8):
        await wire.send(produce(BURST, acks=0), 9)
        del wire._sent[1]  # never answered
        await answer_of(wire, MetadataRequest(topics=[]), 9)


async def test_a_producer_that_waits_for_replicas_rests_while_it_waits(in_process: Start) -> None:
    quotas = await quotas_on(in_process, brokers=2)
    cluster = quotas.cluster
    await cluster.create_topic("t", replication_factor=2)
    assert await quotas.alter(("user", "ANONYMOUS"), producer_byte_rate=str(RATE)) is ErrorCode.NONE
    leader = cluster.leader("t")
    services = cluster.brokers[leader].services
    assert services is not None
    await cluster.wait_until(lambda: services.quotas.produce is not None)
    wire = await cluster.wire(leader)
    with takes(0.8):
        await wire.send(produce(BURST, acks=-1), 9)
        await wire.send(MetadataRequest(topics=[]), 9)
        answer = (await wire.receive())[1]
        assert isinstance(answer, ProduceResponse) and answer.throttle_time_ms >= 800
        assert isinstance((await wire.receive())[1], MetadataResponse)


def size_of(answer: Message) -> int:
    """The bytes of records in a fetch of one partition."""
    assert isinstance(answer, FetchResponse)
    return sum(len(data.records or b"") for topic in answer.responses for data in topic.partitions)


async def test_a_consumer_over_its_quota_gets_a_little_at_a_time_and_rests(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    await quotas.cluster.create_topic("t")
    wire = await quotas.cluster.wire()
    for _ in range(10):
        await answer_of(wire, produce(20_000), 9)
    assert await quotas.alter(("client-id", "test"), consumer_byte_rate=str(RATE)) is ErrorCode.NONE
    answer = await answer_of(wire, fetch(epoch=0), 12)
    assert isinstance(answer, FetchResponse) and answer.session_id > 0
    sizes, rests = [size_of(answer)], [answer.throttle_time_ms]
    with takes(
        1.1
    ):  # for 320,000 bytes, of which two windows allow 200,000 at once and the last is not waited for
        for epoch in range(1, 9):
            answer = await answer_of(wire, fetch(epoch=epoch, session_id=answer.session_id), 12)
            assert isinstance(answer, FetchResponse)
            sizes.append(size_of(answer))
            rests.append(answer.throttle_time_ms)
    assert all(40_000 < size <= RATE / 2 for size in sizes), "half a second's worth, in whole batches"
    assert rests[:4] == [0] * 4
    assert max(rests) <= 410, "the price of one answer"


async def test_a_consumer_far_over_its_quota_gets_nothing_and_then_the_same(in_process: Start) -> None:
    """Another connection of the same client took a batch that costs more than the windows allow."""
    quotas = await quotas_on(in_process)
    await quotas.cluster.create_topic("t")
    greedy, old, new = [await quotas.cluster.wire() for _ in range(3)]
    assert await quotas.alter(("client-id", "test"), consumer_byte_rate="50000") is ErrorCode.NONE
    began = await answer_of(old, fetch(epoch=0), 12)
    assert isinstance(began, FetchResponse) and began.session_id > 0
    await answer_of(greedy, produce(340_000), 9)
    taken = await answer_of(greedy, fetch(), 12)
    assert isinstance(taken, FetchResponse)
    assert size_of(taken) > 340_000 and 4800 <= taken.throttle_time_ms <= 4810
    # Who has a session keeps it; a full answer without partitions would be taken for no session at all.
    for wire, request, session_id in (
        (old, fetch(epoch=1, session_id=began.session_id), began.session_id),
        (new, fetch(epoch=0), 0),
    ):
        refused = await answer_of(wire, request, 12)
        assert isinstance(refused, FetchResponse)
        assert (refused.session_id, len(refused.responses)) == (session_id, 0)
        assert 2000 < refused.throttle_time_ms <= taken.throttle_time_ms
    services = quotas.cluster.brokers[1].services
    assert services is not None and set(services.fetch_sessions._sessions) == {began.session_id}
    assert size_of(await answer_of(old, fetch(epoch=2, session_id=began.session_id), 12)) == size_of(taken)


async def test_a_quota_that_is_raised_counts_at_once(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    await quotas.cluster.create_topic("t")
    assert await quotas.alter(("client-id", "greedy"), producer_byte_rate="1000") is ErrorCode.NONE
    wire, other = await quotas.cluster.wire(), await quotas.cluster.wire()
    answer = await answer_of(wire, produce(1_000_000), 9, "greedy")
    assert isinstance(answer, ProduceResponse) and answer.throttle_time_ms > 900_000
    assert await quotas.alter(("client-id", "greedy"), producer_byte_rate="10000000") is ErrorCode.NONE
    answer = await answer_of(other, produce(10_000), 9, "greedy")
    assert isinstance(answer, ProduceResponse) and answer.throttle_time_ms <= 110


async def test_the_time_of_the_broker_is_limited(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    assert await quotas.alter(("client-id", "busy"), request_percentage="0.01") is ErrorCode.NONE
    wire, other = await quotas.cluster.wire(), await quotas.cluster.wire()
    told = [0]
    with takes(0.9):
        while told[-1] < 1000:  # one window at most
            answer = await answer_of(wire, MetadataRequest(), 9, "busy")
            assert isinstance(answer, MetadataResponse)
            told.append(answer.throttle_time_ms)
        await answer_of(wire, MetadataRequest(), 9, "busy")
    assert max(told) == 1000
    for _ in range(20):
        free = await answer_of(other, MetadataRequest(), 9, "idle")
        assert isinstance(free, MetadataResponse) and free.throttle_time_ms == 0
    services = quotas.cluster.brokers[1].services
    assert services is not None
    assert await quotas.alter(("client-id", "busy"), request_percentage=None) is ErrorCode.NONE
    assert services.quotas.request_time is None and not services.quotas.task_times._is_on


async def test_creating_and_deleting_is_limited(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    assert await quotas.alter(("client-id", "test"), controller_mutation_rate="2") is ErrorCode.NONE
    wire = await quotas.cluster.wire()

    def create(*names: str) -> CreateTopicsRequest:
        topics = [CreatableTopic(name=name, num_partitions=3, replication_factor=1) for name in names]
        return CreateTopicsRequest(topics=topics, timeout_ms=10_000)

    answer = await answer_of(wire, create("a", "b", "c"), 6)
    assert isinstance(answer, CreateTopicsResponse)
    codes = {topic.name: topic.error_code for topic in answer.topics}
    # The bucket holds four: two topics bring it into debt, the third is refused.
    assert codes == {"a": 0, "b": 0, "c": ErrorCode.THROTTLING_QUOTA_EXCEEDED}
    assert 0 < answer.throttle_time_ms <= 1000
    growth = CreatePartitionsTopic(name="a", count=5, assignments=None)
    grown = await answer_of(wire, CreatePartitionsRequest(topics=[growth], timeout_ms=10_000), 3)
    assert isinstance(grown, CreatePartitionsResponse)
    assert grown.results[0].error_code == 0
    deleted = await answer_of(wire, DeleteTopicsRequest(topic_names=["a", "b"], timeout_ms=10_000), 5)
    assert isinstance(deleted, DeleteTopicsResponse)
    assert ErrorCode.THROTTLING_QUOTA_EXCEEDED in {r.error_code for r in deleted.responses} or (
        deleted.throttle_time_ms == 0
    )
    # Older versions do not know the error: everything is done, and then there is a rest.
    lenient = await answer_of(wire, create("d", "e", "f"), 5)
    assert isinstance(lenient, CreateTopicsResponse)
    assert {topic.error_code for topic in lenient.topics} == {0}
    assert lenient.throttle_time_ms > 1000


async def test_a_quota_that_is_gone_costs_nothing(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    services = quotas.cluster.brokers[1].services
    assert services is not None
    every = ("producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate")
    assert await quotas.apply([("user", None)], dict.fromkeys(every, "1")) is ErrorCode.NONE
    live = services.quotas
    assert None not in (live.produce, live.fetch, live.request_time, live.mutations)
    await trio.sleep(1)  # our own request was charged as well
    assert await quotas.apply([("user", None)], dict.fromkeys(every)) is ErrorCode.NONE
    assert (live.produce, live.fetch, live.request_time, live.mutations) == (None,) * 4


async def test_quotas_are_described_as_they_were_set(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    for entity, rate in (
        ([("user", "a b")], "1"),
        ([("user", None)], "2"),
        ([("client-id", "c")], "3"),
        ([("client-id", None)], "4"),
        ([("user", "a b"), ("client-id", "c")], "5"),
        ([("user", "a b"), ("client-id", None)], "6"),
        ([("user", None), ("client-id", None)], "7"),
    ):
        assert await quotas.alter(*entity, producer_byte_rate=rate) is ErrorCode.NONE
    assert await quotas.alter(("ip", "127.0.0.9"), connection_creation_rate="8") is ErrorCode.NONE
    assert await quotas.alter(("ip", None), connection_creation_rate="9") is ErrorCode.NONE

    async def rates(*components: tuple[str, int, Named], strict: bool = False) -> list[float]:
        found = await quotas.describe(*components, strict=strict)
        return sorted(next(iter(values.values())) for values in found.values())

    exact, default, some = 0, 1, 2
    assert await rates() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert await rates(("user", exact, "a b")) == [1, 5, 6]
    assert await rates(("user", exact, "a b"), strict=True) == [1]
    assert await rates(("user", default, None)) == [2, 7]
    assert await rates(("user", some, None), strict=True) == [1, 2]
    assert await rates(("client-id", some, None), strict=True) == [3, 4]
    assert await rates(("user", some, None), ("client-id", some, None)) == [5, 6, 7]
    assert await rates(("user", exact, "a b"), ("client-id", exact, "c")) == [5]
    assert await rates(("ip", exact, "127.0.0.9")) == [8]
    assert await rates(("ip", some, None)) == [8, 9]
    assert await rates(("user", exact, "nobody")) == []
    for bad in (
        [("user", 0, "a"), ("user", 0, "b")],
        [("user", 0, "a"), ("ip", 0, "1.2.3.4")],
        [("", 0, "a")],
        [("user", 7, "a")],
    ):
        with pytest.raises(RuntimeError, match="INVALID_REQUEST"):
            await quotas.describe(*bad)
    with pytest.raises(RuntimeError, match="UNSUPPORTED_VERSION"):
        await quotas.describe(("team", 0, "a"))


@pytest.mark.parametrize(
    ("entity", "values"),
    [
        ([], {"producer_byte_rate": "1"}),
        ([("team", "a")], {"producer_byte_rate": "1"}),
        ([("user", "")], {"producer_byte_rate": "1"}),
        ([("user", "..")], {"producer_byte_rate": "1"}),
        ([("client-id", ".")], {"producer_byte_rate": "1"}),
        ([("user", "a"), ("ip", "1.2.3.4")], {"producer_byte_rate": "1"}),
        ([("user", "a")], {"connection_creation_rate": "1"}),
        ([("ip", "1.2.3.4")], {"producer_byte_rate": "1"}),
        ([("ip", "no.such.host.invalid")], {"connection_creation_rate": "1"}),
        ([("user", "a")], {"producer_byte_rate": "1.5"}),
        ([("user", "a")], {"SCRAM-SHA-256": "1"}),
    ],
)
async def test_what_is_no_quota(
    in_process: Start, entity: list[tuple[str, Named]], values: dict[str, Named]
) -> None:
    quotas = await quotas_on(in_process)
    assert await quotas.apply(entity, values) is ErrorCode.INVALID_REQUEST


async def test_only_validating_sets_nothing(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    assert (
        await quotas.apply([("user", "a")], {"producer_byte_rate": "1"}, validate_only=True) is ErrorCode.NONE
    )
    assert await quotas.describe() == {}


async def test_an_address_that_connects_too_often_is_kept_waiting(in_process: Start) -> None:
    quotas = await quotas_on(in_process)
    assert await quotas.alter(("ip", "127.0.0.1"), connection_creation_rate="2") is ErrorCode.NONE
    answered = 0
    for _ in range(4):
        wire = await quotas.cluster.wire()
        with trio.move_on_after(0.3), suppress(trio.BrokenResourceError, EOFError):
            await answer_of(wire, MetadataRequest(topics=[]), 9)
            answered += 1
    assert 2 <= answered <= 3
    await trio.sleep(1)  # the rate allows more again
    with trio.fail_after(5):
        await answer_of(await quotas.cluster.wire(), MetadataRequest(topics=[]), 9)


@pytest.mark.parametrize("side", ["leader", "follower"])
async def test_a_replica_that_catches_up_keeps_to_the_throttle(in_process: Start, side: str) -> None:
    """A follower that is in sync is never held back; one that has to copy 1.2 MB at 400 KB/s takes its time."""
    overrides = {"replication_quota_window_num": "3", "replica_fetch_max_bytes": "100000"}
    quotas = await quotas_on(in_process, brokers=2, **overrides)
    cluster = quotas.cluster
    await cluster.create_topic("t", replication_factor=2, max_message_bytes="200000")
    leader = cluster.leader("t")
    follower = 3 - leader
    services = cluster.brokers[leader].services
    assert services is not None and services.zk.current is not None
    key = f"{side}.replication.throttled"
    session = services.zk.current
    await admin_store.change_config(session, "topics/t", {f"{key}.replicas": "*"})
    await admin_store.change_config(session, "brokers/<default>", {f"{key}.rate": "400000"})
    await cluster.wait_until(lambda: f"{key}.rate" in services.config.broker.settings)
    await cluster.stop_broker(follower)
    await cluster.wait_until(lambda: follower not in cluster.alive(leader))
    wire = await cluster.wire(leader)
    for _ in range(12):
        await answer_of(wire, produce(100_000), 9)
    began = trio.current_time()
    await cluster.start_broker(follower, {**SHORT, **overrides})
    await cluster.wait_until(lambda: set(cluster.partition("t", 0, leader).isr.committed) == {1, 2})
    elapsed = trio.current_time() - began
    assert 1.4 <= elapsed <= 15, (
        "a second's worth is copied at once, and the last half second's is not waited for"
    )
    # In sync now: what is produced is replicated at once, over the quota or not: within it, 1.2 MB take 3 s.
    with takes(0, 2.8):
        for _ in range(12):
            answer = await answer_of(wire, produce(100_000, acks=-1), 9)
            assert isinstance(answer, ProduceResponse)
            assert answer.responses[0].partition_responses[0].error_code == 0
