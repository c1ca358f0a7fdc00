"""The rate of each quota with a real client, over half a minute after the first window, and its neighbour's.

A client that takes all it can get uses up a whole window's share at once and then rests until that leaves the window:
half a minute sees two or three such bursts, of Kafka's brokers as of ours. So the rate is the mean of all the half
minutes that begin within one window; the lowest and the highest are printed beside it. The neighbour runs at a fixed
rate well under what the broker can do. With `--on kafka` Apache Kafka's broker shows what it does.
"""

from __future__ import annotations

import contextlib
import socket
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
from zkbroker.quotas.clients import RateQuota
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import ZKBROKER, BrokerKind
from zkbroker.zookeeper.session import ZkSession

pytestmark = [pytest.mark.long, pytest.mark.clients("confluent_kafka", "kafka")]

WINDOW_S = 11  # quota.window.num
MEASURED_S = 30
OVER_S = 2 * WINDOW_S + MEASURED_S
QUOTA = 4_000_000
NEIGHBOUR = 1_000_000  # bytes a second
WITHIN = 0.1
NEIGHBOUR_KEEPS = 0.95


@attrs.frozen
class Rate:
    """A rate a second over half a minute: the mean over all that begin within a window, the least and the most."""

    mean: float
    least: float
    most: float


@attrs.define(eq=False)
class Meter:
    """Counts what happens, second by second. Threads add, the test reads."""

    _began: float = attrs.field(factory=time.monotonic)
    _seconds: list[float] = attrs.field(factory=lambda: [0.0] * OVER_S)
    over: threading.Event = attrs.field(factory=threading.Event)

    def add(self, amount: float) -> None:
        second = int(time.monotonic() - self._began)
        if second < OVER_S:
            self._seconds[second] += amount

    async def rate(self) -> Rate:
        """Once the time is over."""
        await trio.sleep(max(0.0, OVER_S - (time.monotonic() - self._began)))
        rates = [
            sum(self._seconds[begin : begin + MEASURED_S]) / MEASURED_S
            for begin in range(WINDOW_S, 2 * WINDOW_S)
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


def growing(file: Path, meter: Meter) -> Callable[[], None]:
    """How a file grows."""

    def work() -> None:
        size = file.stat().st_size
        while not meter.over.wait(0.1):
            before, size = size, file.stat().st_size
            meter.add(size - before)

    return work


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


def judge(kind: str, rate: Rate, quota: float, neighbour: Rate, expected: float) -> None:
    print(  # noqa: T201
        f"\n{kind}: {rate.mean:.6g} a second with a quota of {quota:g} ({rate.mean / quota:.1%}, a half minute "
        f"{rate.least / quota:.1%} to {rate.most / quota:.1%}); the neighbour {neighbour.mean / expected:.1%} of its "
        f"{expected:g} ({neighbour.least / expected:.1%} to {neighbour.most / expected:.1%})"
    )
    assert abs(rate.mean / quota - 1) <= WITHIN
    assert neighbour.least / expected >= NEIGHBOUR_KEEPS


async def test_producer_byte_rate(cluster: Cluster) -> None:
    limited, free = await cluster.create_topic(), await cluster.create_topic()
    await set_quota(cluster, "clients/limited", producer_byte_rate=str(QUOTA))
    meter, neighbour = Meter(), Meter()
    async with in_threads(
        (meter, neighbour),
        producing(cluster.bootstrap, limited, "limited", meter, None),
        producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR),
    ):
        rate, other = await meter.rate(), await neighbour.rate()
    judge("producer_byte_rate", rate, QUOTA, other, NEIGHBOUR)


async def test_consumer_byte_rate(cluster: Cluster) -> None:
    full, free = await cluster.create_topic(), await cluster.create_topic()
    await cluster.client.produce(full, b"first")

    def fill() -> None:
        from confluent_kafka import Producer

        producer: Any = Producer(
            {"bootstrap.servers": cluster.bootstrap, "batch.size": 500_000, "linger.ms": 5}
        )
        for _ in range(300):
            for _ in range(1000):
                producer.produce(full, bytes(1000))
            producer.flush()

    await trio.to_thread.run_sync(fill)
    await set_quota(cluster, "users/ANONYMOUS/clients/limited", consumer_byte_rate=str(QUOTA))
    meter, neighbour = Meter(), Meter()
    async with in_threads(
        (meter, neighbour),
        consuming(cluster.bootstrap, full, "limited", meter),
        producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR),
    ):
        rate, other = await meter.rate(), await neighbour.rate()
    judge("consumer_byte_rate", rate, QUOTA, other, NEIGHBOUR)


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


@pytest.mark.parametrize("side", ["leader", "follower"])
async def test_replication_throttle(tmp_path: Path, side: str, kind: BrokerKind) -> None:
    """A follower that was away copies what it missed; a producer to another topic goes on meanwhile."""
    quota = QUOTA
    async with open_cluster(tmp_path, brokers=2, kinds={1: kind, 2: kind}) as cluster:
        topic = await cluster.create_topic(replication_factor=2)
        leader = await cluster.leader_of(topic, 0)
        follower = 3 - leader
        log = cluster.replica_directory(follower, topic, 0) / "00000000000000000000.log"
        await set_quota(cluster, f"topics/{topic}", **{f"{side}.replication.throttled.replicas": "*"})
        await set_quota(cluster, "brokers/<default>", **{f"{side}.replication.throttled.rate": str(quota)})
        await cluster.stop(follower)
        bootstrap = cluster.brokers[leader].bootstrap

        def fill() -> None:
            from confluent_kafka import Producer

            producer: Any = Producer({"bootstrap.servers": bootstrap, "acks": 1, "batch.size": 500_000})
            for _ in range(300):
                for _ in range(1000):
                    producer.produce(topic, bytes(1000))
                producer.flush()

        await trio.to_thread.run_sync(fill)
        free = await cluster.create_topic()  # on the leader of the other: nobody else is there
        await cluster.restart(follower)
        neighbour = Meter()
        copied = Meter()
        async with in_threads(
            (copied, neighbour),
            producing(bootstrap, free, "free", neighbour, NEIGHBOUR),
            growing(log, copied),
        ):
            rate, other = await copied.rate(), await neighbour.rate()
        judge(f"{side}.replication.throttled.rate", rate, quota, other, NEIGHBOUR)
