"""One broker of ours and one of Apache Kafka 3.9.1 in one cluster: what they say of their configurations, what they
refuse to change and how, and that both obey what was changed at either of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs
import pytest
import trio

from tests.broker.in_process import Wire
from tests.cluster.conftest import NewCluster
from tests.support.peers import APACHE_KAFKA
from zkbroker.config.broker_keys import OWN_KEYS
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated import alter_configs_request as legacy
from zkbroker.protocol.generated import incremental_alter_configs_request as incremental
from zkbroker.protocol.generated.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from zkbroker.protocol.generated.alter_client_quotas_response import AlterClientQuotasResponse
from zkbroker.protocol.generated.alter_configs_response import AlterConfigsResponse
from zkbroker.protocol.generated.describe_configs_request import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
)
from zkbroker.protocol.generated.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
)
from zkbroker.protocol.generated.incremental_alter_configs_response import IncrementalAlterConfigsResponse
from zkbroker.protocol.generated.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster

pytestmark = pytest.mark.peers

TOPIC, BROKER, LOGGER, METRICS = 2, 4, 8, 16  # types of resources
SET, DELETE, APPEND, SUBTRACT = range(4)
OURS, KAFKAS = 1, 2

Op = tuple[str, int, str | None]

STATIC: Final[Mapping[str, object]] = {
    # What a Kafka broker of these tests has anyway.
    "num_network_threads": 2,
    "num_io_threads": 4,
    "log_cleaner_dedupe_buffer_size": 4 << 20,
    # Every source, types of their own, synonyms, secrets, and what no table knows.
    "log_retention_hours": 2,
    "log_roll_hours": 7,
    "log_cleanup_policy": "compact",
    "log_segment_bytes": 5_000_000,
    "log_flush_scheduler_interval_ms": 3_000,
    "max_connections_per_ip_overrides": "10.0.0.1:5",
    "password_encoder_secret": "sesame",
    "ssl_key_password": "hunter2",
    "super_users": "User:a",
    "my_own_key": 1,
    "listener.name.plaintext.max.connections": 1_000,
    "listener.name.other.ssl.truststore.password": "hunter2",
}


@attrs.define(eq=False)
class One:
    """One of the two."""

    broker_id: int
    port: int
    wire: Wire

    @classmethod
    async def of(cls, cluster: Cluster, broker_id: int) -> One:
        port = cluster.brokers[broker_id].port
        return cls(broker_id, port, Wire(await trio.open_tcp_stream("127.0.0.1", port)))

    async def another_wire(self) -> Wire:
        """For the caller to close."""
        return Wire(await trio.open_tcp_stream("127.0.0.1", self.port))

    async def describe(self, kind: int, name: str) -> dict[str, DescribeConfigsResourceResult]:
        resource = DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=None)
        request = DescribeConfigsRequest(
            resources=[resource], include_synonyms=True, include_documentation=True
        )
        answer = await self.wire.ask(request, 4)
        assert isinstance(answer, DescribeConfigsResponse) and not answer.results[0].error_code
        return {entry.name: entry for entry in answer.results[0].configs}

    async def alter(self, kind: int, name: str, *ops: Op, validate_only: bool = False) -> ErrorCode:
        resource = incremental.AlterConfigsResource(
            resource_type=kind,
            resource_name=name,
            configs=[
                incremental.AlterableConfig(name=key, config_operation=op, value=value)
                for key, op, value in ops
            ],
        )
        request = incremental.IncrementalAlterConfigsRequest(
            resources=[resource], validate_only=validate_only
        )
        answer = await self.wire.ask(request, 1)
        assert isinstance(answer, IncrementalAlterConfigsResponse)
        return ErrorCode(answer.responses[0].error_code)

    async def would_replace(self, kind: int, name: str, texts: Mapping[str, str | None]) -> ErrorCode:
        """AlterConfigs, which unsets what it does not name; only validated."""
        configs = [legacy.AlterableConfig(name=key, value=value) for key, value in texts.items()]
        resource = legacy.AlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)
        answer = await self.wire.ask(legacy.AlterConfigsRequest(resources=[resource], validate_only=True), 2)
        assert isinstance(answer, AlterConfigsResponse)
        return ErrorCode(answer.responses[0].error_code)

    async def limit(self, client_id: str, rate: float | None) -> None:
        """Set or unset a client's producer_byte_rate."""
        entry = EntryData(
            entity=[EntityData(entity_type="client-id", entity_name=client_id)],
            ops=[OpData(key="producer_byte_rate", value=rate or 0, remove=rate is None)],
        )
        answer = await self.wire.ask(AlterClientQuotasRequest(entries=[entry]), 1)
        assert isinstance(answer, AlterClientQuotasResponse) and not answer.entries[0].error_code


@attrs.define(eq=False)
class Pair:
    """Both, in one cluster."""

    cluster: Cluster
    ours: One
    kafkas: One

    def __iter__(self) -> Iterator[One]:
        return iter((self.ours, self.kafkas))


async def test_they_say_and_do_the_same(new_cluster: NewCluster) -> None:
    async with new_cluster(brokers=2, kinds={KAFKAS: APACHE_KAFKA}, **STATIC) as cluster:
        pair = Pair(cluster, await One.of(cluster, OURS), await One.of(cluster, KAFKAS))
        try:
            await cluster.create_topic(
                "t", partitions=2, replication_factor=2, retention_ms=5_000, cleanup_policy="delete"
            )
            await require_same_descriptions(pair)
            await require_same_refusals(pair)
            await require_that_both_obey(pair)
        finally:
            for one in pair:
                await trio.aclose_forcefully(one.wire.stream)


# -- describing -------------------------------------------------------------------------------------------------

ITS_OWN: Final = {"broker.id", "node.id", "listeners", "log.dirs", "zookeeper.connect"}
"""Keys whose values differ because the brokers do."""

SHOWN_DIFFERENTLY: Final[Mapping[str, str]] = {
    "queued.max.request.bytes": "the default is a limit here, none at Kafka's",
    "log.flush.scheduler.interval.ms": "at Kafka's a dynamic log.flush.interval.ms hides what is set for it",
}
"""Keys whose values differ on purpose."""


async def require_same_descriptions(pair: Pair) -> None:
    """Of a broker, of all brokers and of a topic: names, values, sources, synonyms, types, flags, documentation."""
    await _require_alike(pair)
    for one in pair:
        changed = await one.alter(
            BROKER,
            str(one.broker_id),
            ("log.retention.ms", SET, "7200001"),
            ("message.max.bytes", SET, "2000000"),
            ("log.flush.interval.ms", SET, "4000"),
            ("leader.replication.throttled.rate", SET, "55555555"),
            ("listener.name.plaintext.ssl.keystore.password", SET, "hunter2"),
            ("listener.name.other.ssl.keystore.location", SET, "/tmp/x"),
            ("their.plugin.key", SET, "5"),
        )
        assert changed is ErrorCode.NONE
    of_all: list[Op] = [
        ("log.retention.ms", SET, "7300000"),
        ("log.segment.bytes", SET, "6000000"),
        ("log.cleaner.threads", SET, "2"),
        ("their.plugin.key", SET, "x"),
    ]
    assert await pair.ours.alter(BROKER, "", *of_all) is ErrorCode.NONE
    of_topic: list[Op] = [
        ("min.insync.replicas", SET, "2"),
        ("leader.replication.throttled.replicas", SET, "0:1,1:2"),
    ]
    assert await pair.kafkas.alter(TOPIC, "t", *of_topic) is ErrorCode.NONE

    async def both_know() -> bool:
        known = [await one.describe(BROKER, "") for one in pair]
        topics = [(await one.describe(TOPIC, "t"))["min.insync.replicas"].value for one in pair]
        return all(len(one) == len(of_all) for one in known) and topics == ["2", "2"]

    await pair.cluster.wait_until(both_know, "both brokers know what is set for all brokers and the topic")
    await _require_alike(pair)
    for one in pair:
        for name in (str(one.broker_id), ""):
            held = await one.describe(BROKER, name)
            dynamic = [key for key, entry in held.items() if entry.config_source in (2, 3)]
            ops = [(key, DELETE, None) for key in dynamic]
            assert await one.alter(BROKER, name, *ops) is ErrorCode.NONE


async def _require_alike(pair: Pair) -> None:
    for kind, names in ((BROKER, (str(OURS), str(KAFKAS))), (BROKER, ("", "")), (TOPIC, ("t", "t"))):
        ours, kafkas = [await one.describe(kind, name) for one, name in zip(pair, names, strict=True)]
        assert ours.keys() - (OWN_KEYS if names[0] == str(OURS) else set()) == kafkas.keys()
        different = {
            name: (_shown(name, ours[name]), _shown(name, kafkas[name]))
            for name in kafkas
            if _shown(name, ours[name]) != _shown(name, kafkas[name])
        }
        assert not different
        for name, entry in kafkas.items():
            if entry.documentation:
                assert ours[name].documentation, name


def _shown(name: str, entry: DescribeConfigsResourceResult) -> tuple[object, ...]:
    synonyms: Sequence[object] = [(s.name, s.value, s.source) for s in entry.synonyms]
    value = entry.value
    if name in ITS_OWN or name in SHOWN_DIFFERENTLY:
        value, synonyms = None, [(s.name, s.source) for s in entry.synonyms]
    return (value, entry.config_source, entry.read_only, entry.is_sensitive, entry.config_type, synonyms)


# -- refusing ---------------------------------------------------------------------------------------------------


@attrs.frozen
class Attempt:
    """A change of one resource; where the two answer differently, why."""

    kind: int
    name: str | None  # None: the broker that is asked
    ops: tuple[Op, ...]
    why: str = ""


def sets(kind: int, name: str | None, *texts: tuple[str, str | None], why: str = "") -> Attempt:
    return Attempt(kind, name, tuple((key, SET, text) for key, text in texts), why)


FAILS = "Kafka's fails with an error of its own, UNKNOWN_SERVER_ERROR"
REFUSES_NO_PLUGIN = "the class cannot be loaded there; here a reporter is only metrics nobody keeps"
MAKES_NO_TROUBLE = "Kafka's takes it, has no use for it, and refuses every change of listeners from then on"
CONTRADICTS = "Kafka's takes it, and then no topic can be created"

ATTEMPTS: Final = (
    # Topics
    sets(TOPIC, "t", ("retention.ms", "soon")),
    sets(TOPIC, "t", ("retention.ms", "")),
    sets(TOPIC, "t", ("retention.ms", None)),
    sets(TOPIC, "t", ("no.such.key", "1")),
    sets(TOPIC, "t", ("", "1")),
    Attempt(TOPIC, "t", (("retention.ms", APPEND, "1"),)),
    Attempt(TOPIC, "t", (("retention.ms", SUBTRACT, "1"),)),
    Attempt(TOPIC, "t", (("retention.ms", APPEND, None),)),
    Attempt(TOPIC, "t", (("no.such.key", APPEND, "1"),), why=FAILS),
    Attempt(TOPIC, "t", (("segment.ms", DELETE, None),)),
    Attempt(TOPIC, "t", (("no.such.key", DELETE, None),)),
    Attempt(TOPIC, "t", (("retention.ms", 9, "1"),), why=FAILS),
    Attempt(TOPIC, "t", (("retention.ms", SET, "1"), ("retention.ms", DELETE, None))),
    Attempt(TOPIC, "t", (("cleanup.policy", APPEND, "bad"),)),
    Attempt(TOPIC, "t", (("cleanup.policy", APPEND, "delete"),)),
    Attempt(TOPIC, "t", (("cleanup.policy", SUBTRACT, "delete"),)),
    Attempt(TOPIC, "t", ()),
    sets(TOPIC, "t", ("cleanup.policy", "")),
    sets(TOPIC, "t", ("segment.bytes", "1")),
    sets(TOPIC, "t", ("min.compaction.lag.ms", "5"), ("max.compaction.lag.ms", "4")),
    sets(TOPIC, "t", ("remote.storage.enable", "true")),
    sets(TOPIC, "t", ("remote.log.copy.disable", "true")),
    sets(TOPIC, "t", ("local.retention.ms", "5")),
    sets(TOPIC, "t", ("message.format.version", "0.10.0")),
    sets(TOPIC, "t", ("message.format.version", "7")),
    sets(TOPIC, "t", ("leader.replication.throttled.replicas", "x")),
    sets(TOPIC, "t", ("unclean.leader.election.enable", "maybe")),
    sets(TOPIC, "t", ("compression.gzip.level", "0")),
    sets(TOPIC, "", ("retention.ms", "1")),
    Attempt(TOPIC, "", ()),
    sets(TOPIC, "missing", ("retention.ms", "1")),
    sets(TOPIC, "no good", ("retention.ms", "1")),
    sets(TOPIC, "..", ("retention.ms", "1"), why="Kafka's asks ZooKeeper for a path that there cannot be"),
    # Brokers
    sets(BROKER, "x", ("log.retention.ms", "1")),
    sets(BROKER, "9", ("log.retention.ms", "1")),
    Attempt(BROKER, None, ()),
    Attempt(BROKER, "", ()),
    sets(BROKER, None, ("broker.id", "3")),
    Attempt(BROKER, None, (("broker.id", DELETE, None),)),
    sets(BROKER, None, ("num.partitions", "3")),
    sets(BROKER, "", ("num.partitions", "3")),
    sets(BROKER, None, ("no.such.key", "1")),
    Attempt(BROKER, None, (("no.such.key", DELETE, None),)),
    Attempt(BROKER, "", (("no.such.key", DELETE, None),)),
    sets(BROKER, None, ("", "1")),
    sets(BROKER, None, ("log.retention.ms", "soon")),
    sets(BROKER, "", ("log.retention.ms", "soon")),
    sets(BROKER, None, ("log.retention.ms", None)),
    sets(BROKER, None, ("log.retention.ms", "0")),
    sets(BROKER, None, ("log.retention.ms", "-5")),
    Attempt(BROKER, None, (("log.retention.ms", APPEND, "1"),)),
    Attempt(BROKER, None, (("log.cleanup.policy", APPEND, "delete"),)),
    Attempt(BROKER, None, (("log.cleanup.policy", APPEND, "bad"),)),
    Attempt(BROKER, None, (("metric.reporters", APPEND, "x.y.Z"),), why=REFUSES_NO_PLUGIN),
    sets(BROKER, None, ("ssl.keystore.password", "x")),
    sets(BROKER, None, ("ssl.keystore.location", "/x")),
    sets(BROKER, "", ("listener.name.plaintext.ssl.keystore.location", "/x")),
    sets(BROKER, "", ("listener.name.plaintext.max.connections", "5")),
    sets(BROKER, "", ("listeners", "PLAINTEXT://:1")),
    sets(BROKER, None, ("listeners", "PLAINTEXT://:1,X://:2")),
    sets(BROKER, None, ("listener.security.protocol.map", "PLAINTEXT:SSL")),
    sets(BROKER, None, ("advertised.listeners", "OTHER://h:1")),
    sets(BROKER, None, ("num.io.threads", "800")),
    sets(BROKER, None, ("num.io.threads", "0")),
    sets(BROKER, "", ("num.io.threads", "1")),
    sets(BROKER, None, ("num.network.threads", "100")),
    sets(BROKER, None, ("background.threads", "1")),
    sets(BROKER, None, ("num.replica.fetchers", "100")),
    sets(BROKER, None, ("num.recovery.threads.per.data.dir", "100")),
    sets(BROKER, None, ("log.cleaner.threads", "0")),
    sets(BROKER, None, ("log.cleaner.threads", "3"), ("log.cleaner.dedupe.buffer.size", "99999999")),
    sets(BROKER, None, ("log.cleaner.threads", "200")),
    sets(BROKER, None, ("log.cleaner.dedupe.buffer.size", "1")),
    sets(BROKER, None, ("log.cleaner.io.buffer.load.factor", "x")),
    sets(BROKER, None, ("log.cleaner.io.buffer.size", "-1")),
    sets(BROKER, None, ("max.connections.per.ip", "0")),
    sets(BROKER, None, ("max.connections.per.ip.overrides", "nonsense")),
    sets(BROKER, None, ("max.connections", "-1")),
    sets(BROKER, None, ("listener.name.plaintext.max.connections", "x")),
    sets(BROKER, None, ("listener.name.other.max.connections", "5")),
    sets(BROKER, None, ("listener.name.plaintext.connections.max.reauth.ms", "5"), why=MAKES_NO_TROUBLE),
    sets(BROKER, None, ("listener.name.plaintext.num.partitions", "5"), why=MAKES_NO_TROUBLE),
    sets(BROKER, None, ("principal.builder.class", "no.such.Class")),
    sets(BROKER, None, ("ssl.client.auth", "maybe")),
    sets(BROKER, None, ("ssl.engine.factory.class", "x")),
    sets(BROKER, None, ("sasl.mechanism.inter.broker.protocol", "PLAIN")),
    sets(BROKER, None, ("sasl.enabled.mechanisms", "FOO")),
    sets(
        BROKER,
        None,
        ("log.cleaner.min.compaction.lag.ms", "5"),
        ("log.cleaner.max.compaction.lag.ms", "4"),
        why=CONTRADICTS,
    ),
    sets(BROKER, None, ("leader.replication.throttled.rate", "-1")),
    sets(BROKER, None, ("leader.replication.throttled.rate", "x")),
    sets(BROKER, None, ("remote.fetch.max.wait.ms", "0")),
    sets(BROKER, None, ("remote.fetch.max.wait.ms", "10")),
    sets(BROKER, None, ("log.local.retention.ms", "10")),
    sets(BROKER, None, ("log.message.timestamp.type", "Never")),
    sets(BROKER, None, ("compression.type", "bad")),
    sets(BROKER, None, ("min.insync.replicas", "0")),
    sets(BROKER, None, ("producer.id.expiration.ms", "0")),
    sets(BROKER, None, ("transaction.partition.verification.enable", "x")),
    sets(BROKER, None, ("unclean.leader.election.enable", "x")),
    sets(BROKER, None, ("log.segment.bytes", "5")),
    sets(BROKER, None, ("log.roll.ms", "0")),
    # Loggers, and what is neither
    sets(LOGGER, None, ("root", "LOUD")),
    sets(LOGGER, None, ("no.such.logger", "INFO")),
    Attempt(LOGGER, None, (("root", DELETE, None),)),
    Attempt(LOGGER, None, (("root", APPEND, "INFO"),)),
    Attempt(LOGGER, None, ()),
    sets(LOGGER, "", ("root", "INFO")),
    sets(LOGGER, "9", ("root", "INFO")),
    sets(METRICS, "m", ("a", "b")),
    sets(32, "m", ("a", "b")),
    sets(3, "m", ("a", "b")),
    sets(0, "m", ("a", "b")),
)


async def require_same_refusals(pair: Pair) -> None:
    """By IncrementalAlterConfigs, validated and (where that is refused) really; and by AlterConfigs."""
    unlike: list[str] = []
    for attempt in ATTEMPTS:
        answers = [await _answers(one, attempt) for one in pair]
        if (answers[0] != answers[1]) is not bool(attempt.why):
            unlike.append(f"{attempt}: ours {answers[0]}, Kafka's {answers[1]}")
    assert not unlike, "\n".join(unlike)


async def _answers(one: One, attempt: Attempt) -> dict[str, str]:
    name = str(one.broker_id) if attempt.name is None else attempt.name
    validated = await one.alter(attempt.kind, name, *attempt.ops, validate_only=True)
    answers = {"validated": validated.name}
    if validated is not ErrorCode.NONE:
        answers["done"] = (await one.alter(attempt.kind, name, *attempt.ops)).name
    if all(op == SET for _, op, _ in attempt.ops):
        texts = {key: text for key, _, text in attempt.ops}
        answers["replaced"] = (await one.would_replace(attempt.kind, name, texts)).name
    return answers


# -- obeying ----------------------------------------------------------------------------------------------------


async def require_that_both_obey(pair: Pair) -> None:
    """What is set at one of them, each leading a partition, holds at both; and what is set for one only there."""
    partitions = {await pair.cluster.leader_of("t", partition): partition for partition in (0, 1)}
    await pair.ours.alter(TOPIC, "t", ("min.insync.replicas", DELETE, None))

    async def produced(one: One, size: int, client_id: str = "test") -> ProduceResponse:
        batch = build_batch([Record(0, time.time_ns() // 1_000_000, None, bytes(size))])
        data = PartitionProduceData(index=partitions[one.broker_id], records=bytes(batch))
        topic = TopicProduceData(name="t", partition_data=[data])
        request = ProduceRequest(acks=1, timeout_ms=10_000, topic_data=[topic])
        # A connection each: whoever is throttled rests.
        wire = await one.another_wire()
        try:
            await wire.send(request, 9, client_id)
            answer = (await wire.receive())[1]
        finally:
            await trio.aclose_forcefully(wire.stream)
        assert isinstance(answer, ProduceResponse)
        return answer

    async def become(ours: ErrorCode, kafkas: ErrorCode) -> None:
        async def are_so() -> bool:
            found = [(await produced(one, 5_000)).responses[0].partition_responses[0] for one in pair]
            return [partition.error_code for partition in found] == [ours, kafkas]

        await pair.cluster.wait_until(
            are_so, f"5,000 bytes get {ours.name} here and {kafkas.name} at Kafka's"
        )

    async def are_throttled(wanted: bool) -> None:
        async def are_so() -> bool:
            rests = [(await produced(one, 100, "greedy")).throttle_time_ms for one in pair]
            return all((rest > 0) is wanted for rest in rests)

        await pair.cluster.wait_until(are_so, f"both throttle the client: {wanted}")

    taken, large = ErrorCode.NONE, ErrorCode.MESSAGE_TOO_LARGE
    await become(taken, taken)
    for setter, unsetter in ((pair.ours, pair.kafkas), (pair.kafkas, pair.ours)):
        for kind, name, key in ((TOPIC, "t", "max.message.bytes"), (BROKER, "", "message.max.bytes")):
            assert await setter.alter(kind, name, (key, SET, "1000")) is ErrorCode.NONE
            await become(large, large)
            assert await unsetter.alter(kind, name, (key, DELETE, None)) is ErrorCode.NONE
            await become(taken, taken)
        await setter.limit("greedy", 1)
        await are_throttled(True)
        await unsetter.limit("greedy", None)
        await are_throttled(False)
    await pair.kafkas.alter(BROKER, str(KAFKAS), ("message.max.bytes", SET, "1000"))
    await become(taken, large)
    await pair.ours.alter(BROKER, str(OURS), ("message.max.bytes", SET, "1000"))
    await pair.kafkas.alter(BROKER, str(KAFKAS), ("message.max.bytes", DELETE, None))
    await become(large, taken)
