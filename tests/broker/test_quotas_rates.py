"""The rate of each quota with real clients that take all they can get, and their neighbour's.

Every half minute of the minute after the first window must keep the quota. What the broker let through is measured
where it can be seen (the log's growth, the time it charged), so that a client without processor time is told from a
broker that does not keep the rate. The neighbour runs at a fixed rate well under what the broker can do. With
`--on kafka` Apache Kafka's broker shows what it does, and fails: it lets a window's share through at once.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from tests.broker.in_process import InProcess
from tests.support import peers
from zkbroker import admin_store
from zkbroker.protocol.generated.alter_replica_log_dirs_request import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from zkbroker.protocol.generated.alter_replica_log_dirs_response import AlterReplicaLogDirsResponse
from zkbroker.quotas.clients import RateQuota
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import ZKBROKER, BrokerKind
from zkbroker.zookeeper.session import ZkSession

pytestmark = [pytest.mark.long, pytest.mark.clients("confluent_kafka", "kafka")]

WINDOW_S = 11  # quota.window.num
HALF_MINUTE_S = 30
OVER_S = WINDOW_S + 2 * HALF_MINUTE_S
QUOTA = 2_000_000
NEIGHBOUR = 500_000  # bytes a second
FILL = 200_000  # records of 1,000 bytes: more than the quota lets through while it is measured
WITHIN = 0.1
NEIGHBOUR_KEEPS = 0.95


@attrs.frozen
class Rate:
    """A rate a second over half a minute: the mean over all after the first window, the least and the most."""

    mean: float
    least: float
    most: float


@attrs.define(eq=False)
class Meter:
    """Counts what happens, second by second from the first on. Threads add, the test reads."""

    _began: float = 0.0
    _first: threading.Event = attrs.field(factory=threading.Event)
    _seconds: list[float] = attrs.field(factory=lambda: [0.0] * OVER_S)
    over: threading.Event = attrs.field(factory=threading.Event)

    def add(self, amount: float) -> None:
        if not amount:
            return
        now = time.monotonic()
        if not self._first.is_set():
            self._began = now
            self._first.set()
        second = int(now - self._began)
        if second < OVER_S:
            self._seconds[second] += amount

    async def rate(self) -> Rate:
        """Once the time is over."""
        assert await trio.to_thread.run_sync(self._first.wait, 60), "nothing happened within a minute"
        await trio.sleep(max(0.0, self._began + OVER_S - time.monotonic()))
        rates = [
            sum(self._seconds[begin : begin + HALF_MINUTE_S]) / HALF_MINUTE_S
            for begin in range(WINDOW_S, OVER_S - HALF_MINUTE_S + 1)
        ]
        return Rate(sum(rates) / len(rates), min(rates), max(rates))


@contextlib.asynccontextmanager
async def in_threads(meters: Sequence[Meter], *works: Callable[[], None]) -> AsyncIterator[None]:
    """Each work in a thread, until the block ends; the loop goes on meanwhile: the proxies run in it."""
    async with trio.open_nursery() as nursery:
        for work in works:
            nursery.start_soon(trio.to_thread.run_sync, work)
        try:
            yield
        finally:
            for meter in meters:
                meter.over.set()


def producing(
    bootstrap: str, topic: str, client_id: str, meter: Meter, rate: int | None
) -> Callable[[], None]:
    """Produce as fast as one may, or at a fixed rate."""
    from confluent_kafka import Producer

    def work() -> None:
        producer: Any = Producer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "linger.ms": 5,
                "batch.size": 65536,
                "queue.buffering.max.messages": 2000,
                "message.timeout.ms": 120_000,
            }
        )
        value, began, sent = bytes(1000), time.monotonic(), 0

        def delivered(error: object, message: Any) -> None:
            if error is None:
                meter.add(len(value))

        while not meter.over.is_set():
            if rate is not None and sent > (time.monotonic() - began) * rate:
                producer.poll(0.005)
                continue
            try:
                producer.produce(topic, value, on_delivery=delivered)
                sent += len(value)
                producer.poll(0)
            except BufferError:
                producer.poll(0.05)
        producer.purge()
        producer.flush(5)

    return work


def producing_java(bootstrap: str, topic: str, client_id: str, records: int) -> Callable[[], None]:
    """Kafka's kafka-producer-perf-test, as fast as it may."""
    args = [
        *("--topic", topic, "--num-records", str(records), "--record-size", "1000", "--throughput", "-1"),
        *("--producer-props", f"bootstrap.servers={bootstrap}", f"client.id={client_id}"),
    ]

    def work() -> None:
        peers.run_alone(peers.PRODUCER_PERFORMANCE, *args, timeout_s=240).require_success()

    return work


def consuming(bootstrap: str, topic: str, client_id: str, meter: Meter) -> Callable[[], None]:
    """Read the topic from the beginning as fast as one may."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    def work() -> None:
        consumer: Any = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "group.id": "rates",
                "enable.auto.commit": False,
                "fetch.message.max.bytes": 1_000_000,
                "queued.max.messages.kbytes": 4096,
            }
        )
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while not meter.over.is_set():
            for message in consumer.consume(500, 0.1):
                if message.error() is None:
                    meter.add(len(message.value()))
        consumer.close()

    return work


def consuming_java(bootstrap: str, topic: str, client_id: str, meter: Meter) -> Callable[[], None]:
    """Kafka's kafka-consumer-perf-test from the beginning, as fast as it may; it says how far it is."""
    del client_id  # the tool's own is perf-consumer-client
    args = [
        *("--bootstrap-server", bootstrap, "--topic", topic, "--messages", str(FILL), "--timeout", "60000"),
        *("--show-detailed-stats", "--hide-header", "--reporting-interval", "200"),
    ]
    argv = peers.java_argv(peers.CONSUMER_PERFORMANCE, *args, log4j="tools-log4j.properties")

    def work() -> None:
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as tool:
            assert tool.stdout is not None
            read = 0.0
            for line in tool.stdout:
                before, read = read, float(line.split(", ")[2]) * 1024 * 1024
                meter.add(read - before)
                if meter.over.is_set():
                    break
            tool.kill()

    return work


def growing(files: Sequence[Path], meter: Meter) -> Callable[[], None]:
    """How files grow."""

    def size() -> int:
        return sum(file.stat().st_size for file in files if file.exists())

    def work() -> None:
        now = size()
        while not meter.over.wait(0.1):
            before, now = now, size()
            meter.add(now - before)

    return work


def fill(bootstrap: str, topic: str) -> None:
    """Fill a topic's partitions evenly; all is written when it returns."""
    from confluent_kafka import Producer

    producer: Any = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": 1,
            "batch.size": 500_000,
            "linger.ms": 5,
            "partitioner": "random",
            "sticky.partitioning.linger.ms": 0,
        }
    )
    for _ in range(FILL // 1000):
        for _ in range(1000):
            producer.produce(topic, bytes(1000))
        producer.flush()


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    if request.config.option.on == "kafka":
        if (reason := peers.missing()) is not None:
            pytest.skip(reason)
        return peers.APACHE_KAFKA
    return ZKBROKER


@pytest.fixture
async def cluster(tmp_path: Path, kind: BrokerKind) -> AsyncIterator[Cluster]:
    async with open_cluster(tmp_path, brokers=1, kinds={1: kind}) as cluster:
        yield cluster


async def set_quota(cluster: Cluster, path: str, **texts: str) -> None:
    """Write an entity's configuration as any broker would; its topics tell when it is in force."""
    from kazoo.client import KazooClient

    from zkbroker.zookeeper import znodes

    def write() -> None:
        client = KazooClient(cluster.zookeeper_connect)
        client.start(10)
        try:
            node = znodes.config_path(path)
            client.ensure_path(node)
            client.set(node, znodes.encode_entity_config(texts))
            prefix = f"{znodes.CONFIG_CHANGES}/{znodes.CONFIG_CHANGE_PREFIX}"
            client.create(prefix, znodes.encode_config_change(path), sequence=True)
        finally:
            client.stop()
            client.close()

    await trio.to_thread.run_sync(write)
    await trio.sleep(1)


def log_of(cluster: Cluster, broker_id: int, topic: str, partition: int) -> Path:
    """The only segment of a log, for it is small."""
    return cluster.replica_directory(broker_id, topic, partition) / "00000000000000000000.log"


def judge(kind: str, rate: Rate, quota: float, neighbour: Rate, expected: float) -> None:
    print(  # noqa: T201
        f"\n{kind}: {rate.mean:.6g} a second with a quota of {quota:g} ({rate.mean / quota:.1%}, a half minute "
        f"{rate.least / quota:.1%} to {rate.most / quota:.1%}); the neighbour {neighbour.mean / expected:.1%} of its "
        f"{expected:g} ({neighbour.least / expected:.1%} to {neighbour.most / expected:.1%})"
    )
    assert rate.least / quota >= 1 - WITHIN
    assert rate.most / quota <= 1 + WITHIN
    assert neighbour.least / expected >= NEIGHBOUR_KEEPS


@pytest.mark.parametrize("client", ["librdkafka", pytest.param("java", marks=pytest.mark.peers)])
async def test_producer_byte_rate(cluster: Cluster, client: str) -> None:
    limited, free = await cluster.create_topic(), await cluster.create_topic()
    await set_quota(cluster, "clients/limited", producer_byte_rate=str(QUOTA))
    meter, neighbour = Meter(), Meter()
    greedy = (
        producing(cluster.bootstrap, limited, "limited", Meter(over=meter.over), None)
        if client == "librdkafka"
        else producing_java(cluster.bootstrap, limited, "limited", QUOTA * (OVER_S + 2 * WINDOW_S) // 1000)
    )
    async with in_threads(
        (meter, neighbour),
        greedy,
        growing([log_of(cluster, 1, limited, 0)], meter),
        producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR),
    ):
        rate, other = await meter.rate(), await neighbour.rate()
    judge(f"producer_byte_rate of {client}", rate, QUOTA, other, NEIGHBOUR)


@pytest.mark.parametrize(
    ("client", "count"),
    [("librdkafka", 1), ("librdkafka", 3), pytest.param("java", 1, marks=pytest.mark.peers)],
)
async def test_consumer_byte_rate(cluster: Cluster, client: str, count: int) -> None:
    """Several of one account share it, each with a connection of its own."""
    full, free = await cluster.create_topic(), await cluster.create_topic()
    await cluster.client.produce(full, b"first")
    await trio.to_thread.run_sync(fill, cluster.bootstrap, full)
    name = "limited" if client == "librdkafka" else "perf-consumer-client"
    await set_quota(cluster, f"users/ANONYMOUS/clients/{name}", consumer_byte_rate=str(QUOTA))
    meter, neighbour = Meter(), Meter()
    reading = consuming if client == "librdkafka" else consuming_java
    async with in_threads(
        (meter, neighbour),
        *[reading(cluster.bootstrap, full, name, meter) for _ in range(count)],
        producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR),
    ):
        rate, other = await meter.rate(), await neighbour.rate()
    judge(f"consumer_byte_rate of {count} {client}", rate, QUOTA, other, NEIGHBOUR)


async def test_controller_mutation_rate(cluster: Cluster) -> None:
    free = await cluster.create_topic()
    quota = 4.0
    await set_quota(cluster, "clients/limited", controller_mutation_rate=str(quota))
    meter, neighbour = Meter(), Meter()

    def create() -> None:
        from confluent_kafka.admin import AdminClient
        from confluent_kafka.cimpl import NewTopic

        admin: Any = AdminClient({"bootstrap.servers": cluster.bootstrap, "client.id": "limited"})
        number = 0
        while not meter.over.is_set():
            number += 1
            (future,) = admin.create_topics([NewTopic(f"made-{number}", 2, 1)]).values()
            try:
                future.result(60)
                meter.add(2)
            except Exception as error:  # the client's own exceptions carry Kafka's code as an argument
                # Its version is not strict: it rests instead.
                raise AssertionError(error) from None

    neighbours = producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR)
    async with in_threads((meter, neighbour), create, neighbours):
        rate, other = await meter.rate(), await neighbour.rate()
    judge("controller_mutation_rate", rate, quota, other, NEIGHBOUR)


async def test_connection_creation_rate(cluster: Cluster) -> None:
    free = await cluster.create_topic()
    quota = 10
    meter, neighbour = Meter(), Meter()
    await set_quota(cluster, "ips/127.0.0.2", connection_creation_rate=str(quota))
    host, port = cluster.bootstrap.split(":")
    request = bytes.fromhex("0000000e0012000000000001000474657374")  # ApiVersions, version 0

    def connect() -> None:
        while not meter.over.is_set():
            with socket.socket() as sock:
                sock.bind(("127.0.0.2", 0))
                sock.settimeout(0.02)  # nobody waits who is kept waiting
                with contextlib.suppress(OSError):
                    sock.connect((host, int(port)))
                    sock.sendall(request)
                    if sock.recv(1):
                        meter.add(1)

    neighbours = producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR)
    async with in_threads((meter, neighbour), connect, neighbours):
        rate, other = await meter.rate(), await neighbour.rate()
    judge("connection_creation_rate", rate, quota, other, NEIGHBOUR)


async def test_request_percentage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, so that the time that was charged can be added up."""
    meter, neighbour = Meter(), Meter()
    charge = RateQuota.charge

    def counted(self: RateQuota, user: str, client_id: str, amount: float, now_ms: int) -> int:
        if client_id == "limited":
            meter.add(amount)
        return charge(self, user, client_id, amount, now_ms)

    monkeypatch.setattr(RateQuota, "charge", counted)
    quota = 5.0
    async with trio.open_nursery() as nursery:
        cluster = InProcess(tmp_path / "cluster", nursery)
        await cluster.start(1, {})
        await cluster.create_topic("free")
        services = cluster.broker.services
        assert services is not None
        session = services.zk.current
        assert isinstance(session, ZkSession)
        await admin_store.change_config(session, "clients/limited", {"request_percentage": str(quota)})
        await cluster.wait_until(lambda: services.quotas.request_time is not None)
        endpoint = cluster.broker.endpoints[0]
        bootstrap = f"{endpoint.host}:{endpoint.port}"

        def ask() -> None:
            from confluent_kafka.admin import AdminClient

            admin: Any = AdminClient({"bootstrap.servers": bootstrap, "client.id": "limited"})
            while not meter.over.is_set():
                admin.list_topics(timeout=60)

        neighbours = producing(bootstrap, "free", "free", neighbour, NEIGHBOUR // 4)
        async with in_threads((meter, neighbour), ask, neighbours):
            rate, other = await meter.rate(), await neighbour.rate()
        judge("request_percentage", rate, quota, other, NEIGHBOUR // 4)
        await cluster.stop()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("partitions", [1, 5])
@pytest.mark.parametrize("side", ["leader", "follower"])
async def test_replication_throttle(tmp_path: Path, side: str, partitions: int, kind: BrokerKind) -> None:
    """A follower that was away copies what it missed; a producer to another topic goes on meanwhile."""
    quota = QUOTA
    async with open_cluster(tmp_path, brokers=2, kinds={1: kind, 2: kind}) as cluster:
        topic = await cluster.create_topic(partitions=partitions, replication_factor=2)
        await set_quota(cluster, f"topics/{topic}", **{f"{side}.replication.throttled.replicas": "*"})
        await set_quota(cluster, "brokers/<default>", **{f"{side}.replication.throttled.rate": str(quota)})
        leader, follower = 1, 2
        await cluster.stop(follower)
        bootstrap = cluster.brokers[leader].bootstrap
        await trio.to_thread.run_sync(fill, bootstrap, topic)
        free = await cluster.create_topic()  # on the leader of the other: nobody else is there
        await cluster.restart(follower)
        neighbour = Meter()
        copied = Meter()
        async with in_threads(
            (copied, neighbour),
            producing(bootstrap, free, "free", neighbour, NEIGHBOUR),
            growing([log_of(cluster, follower, topic, number) for number in range(partitions)], copied),
        ):
            rate, other = await copied.rate(), await neighbour.rate()
        of = f"{side}.replication.throttled.rate of {partitions} partitions"
        judge(of, rate, quota, other, NEIGHBOUR)


async def test_moves_between_log_directories(tmp_path: Path) -> None:
    """`replica.alter.log.dirs.io.max.bytes.per.second`; a producer to another topic goes on meanwhile."""
    async with open_cluster(tmp_path, brokers=1, log_dirs=2) as cluster:
        full, free = await cluster.create_topic(), await cluster.create_topic()
        broker = cluster.brokers[1]
        await trio.to_thread.run_sync(fill, cluster.bootstrap, full)
        rate_key = "replica.alter.log.dirs.io.max.bytes.per.second"
        await set_quota(cluster, "brokers/<default>", **{rate_key: str(QUOTA)})
        (there,) = [path for path in broker.log_dirs if not (path / f"{full}-0").exists()]
        wanted = AlterReplicaLogDirTopic(name=full, partitions=[0])
        request = AlterReplicaLogDirsRequest(dirs=[AlterReplicaLogDir(path=str(there), topics=[wanted])])
        answer = await cluster.client.request(broker.bootstrap, request, AlterReplicaLogDirsResponse)
        assert answer.results[0].partitions[0].error_code == 0
        (copy,) = there.glob(f"{full}-0.*-future/*.log")
        copied, neighbour = Meter(), Meter()
        async with in_threads(
            (copied, neighbour),
            producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR),
            growing([copy], copied),
        ):
            rate, other = await copied.rate(), await neighbour.rate()
        judge(rate_key, rate, QUOTA, other, NEIGHBOUR)
