"""What the rows of test_every_dynamic_key.py are made of: a running broker, its levels, and what a key may be."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import attrs

from tests.broker.in_process import InProcess, Wire
from tests.broker.test_configs import BROKER, DELETE, SET, TOPIC, Administrator
from tests.broker.test_data_path import fetch, fetched, produce, result
from zkbroker.apis.context import Services
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.records import Record, RecordBatch, build_batch, read_batches
from zkbroker.storage.log import Log

HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@attrs.frozen
class Level:
    """Where a key is set: on a topic, on this broker, on all brokers. A finer one goes before a coarser one."""

    kind: int
    name: str
    called: str


THIS_BROKER = Level(BROKER, "1", "this broker")
ALL_BROKERS = Level(BROKER, "", "all brokers")


@attrs.define(eq=False)
class Place:
    """One running broker (of a cluster, perhaps), changed by IncrementalAlterConfigs and looked at."""

    cluster: InProcess
    admin: Administrator

    @classmethod
    async def of(cls, cluster: InProcess) -> Place:
        return cls(cluster, Administrator(cluster, await cluster.wire()))

    @property
    def wire(self) -> Wire:
        return self.admin.wire

    @property
    def services(self) -> Services:
        services = self.cluster.broker.services
        assert services is not None
        return services

    async def set(self, level: Level, key: str, value: str | None) -> None:
        """Returns when the broker has seen it; None unsets."""
        op = (key, DELETE, None) if value is None else (key, SET, value)
        code = await self.admin.alter(level.kind, level.name, op)
        assert code is ErrorCode.NONE, f"{key}={value} for {level.called}: {code.name}"

    async def create(
        self, topics: Mapping[str, Mapping[str, str]], *, replicas: tuple[int, ...] = (1,)
    ) -> None:
        """Topics of one partition with these configurations, all at once; the first replica leads."""
        assignment = [CreatableReplicaAssignment(partition_index=0, broker_ids=replicas)]
        request = CreateTopicsRequest(
            topics=[
                CreatableTopic(
                    name=name,
                    num_partitions=-1,
                    replication_factor=-1,
                    assignments=assignment,
                    configs=[CreatableTopicConfig(name=key, value=value) for key, value in texts.items()],
                )
                for name, texts in topics.items()
            ],
            timeout_ms=20_000,
        )
        controller = next(
            broker_id
            for broker_id, broker in self.cluster.brokers.items()
            if broker.services is not None and broker.services.controller.is_active
        )
        answer = await (await self.cluster.wire(controller)).ask(request, 7)
        assert isinstance(answer, CreateTopicsResponse)
        assert not any(topic.error_code for topic in answer.topics), answer.topics

        def is_so() -> bool:
            found = [self.services.metadata.snapshot.partitions(name) for name in topics]
            return all(0 in one and set(one[0].isr) == set(replicas) for one in found)

        await self.cluster.wait_until(is_so)

    def log(self, topic: str) -> Log:
        return self.cluster.partition(topic).log

    async def append(self, topic: str, batch: bytes | bytearray, *, acks: int = 1) -> ErrorCode:
        answer = await self.wire.ask(produce(topic, batch, acks=acks), 9)
        return ErrorCode(result(answer).error_code)

    async def send(
        self, topic: str, size: int = 500, *, age_ms: int = 0, key: bytes | None = None
    ) -> ErrorCode:
        """Produce one record of so many bytes, so old."""
        record = Record(0, now_ms() - age_ms, key, b"x" * size)
        return await self.append(topic, build_batch([record]))

    async def fetched(self, topic: str, offset: int, version: int = 12) -> ErrorCode:
        data = fetched(await self.wire.ask(fetch(topic, offset), version))[0]
        return ErrorCode(data.error_code)

    async def last_batch(self, topic: str) -> RecordBatch:
        """The newest batch, as it is stored."""
        offset = self.log(topic).log_end_offset - 1
        data = fetched(await self.wire.ask(fetch(topic, offset), 12))[0]
        assert data.records is not None
        return list(read_batches(memoryview(bytes(data.records))))[-1]


See = Callable[[Place, str], Awaitable[object]]
"""What the broker does now, seen from outside or in what it keeps. The text names the row's own topic."""


@attrs.frozen
class Acts:
    """With `value` the broker does something else than by default; with `like_default` the same."""

    value: str
    like_default: str
    before: object
    after: object
    see: See
    topic: Mapping[str, str] = attrs.field(factory=dict)  # what the row's topic has besides
    further: tuple[Callable[..., object], ...] = ()  # tests of what follows from it


@attrs.frozen
class Elsewhere:
    """These tests set it on a running broker and see what it does."""

    tests: tuple[Callable[..., object], ...]


@attrs.frozen
class Tuning:
    """It has no effect here, which setting it says once."""

    value: str


@attrs.frozen
class Refused:
    """Every other value than the default would drop something that is asked for."""

    value: str


@attrs.frozen
class NoEffect:
    """It has none in Apache Kafka 3.9 either, where it is kept and shown."""

    value: str
    why: str


Row = Acts | Elsewhere | Tuning | Refused | NoEffect


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Say with every failure which row and which step it was."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


async def climb(place: Place, topic: str, row: Acts, keys: Mapping[Level, str]) -> None:
    """Set the key on every level, coarsest first, and unset it again: the finest always holds, then the default.

    `keys` is what it is called on the levels where it can be set, coarsest first.
    """

    async def expect(expected: object, step: str) -> None:
        with naming(f"{', '.join({*keys.values()})}: {step}"):
            seen = await row.see(place, topic)
            assert seen == expected, f"{step}: {seen!r} instead of {expected!r}"

    texts = (row.value, row.like_default, row.value)
    acts = (row.after, row.before, row.after)
    levels = list(zip(keys.items(), texts, acts, strict=False))
    await expect(row.before, "by default")
    for (level, key), text, expected in levels:
        with naming(f"{key}={text} for {level.called}"):
            await place.set(level, key, text)
        await expect(expected, f"set to {text} for {level.called}")
    for number, ((level, key), _, _) in reversed(list(enumerate(levels))):
        with naming(f"{key} no longer for {level.called}"):
            await place.set(level, key, None)
        await expect(acts[number - 1] if number else row.before, f"no longer set for {level.called}")


def on_topic(topic: str) -> Level:
    return Level(TOPIC, topic, "the topic")
