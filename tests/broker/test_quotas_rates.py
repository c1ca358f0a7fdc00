"""The rate of each quota with a real client, over half a minute after the first window, and its neighbour's.

Each prints what it measured; the neighbour runs at a fixed rate well under what the broker can do.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from tests.broker.in_process import InProcess
from zkbroker import admin_store
from zkbroker.quotas.clients import RateQuota
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.zookeeper.session import ZkSession

pytestmark = [pytest.mark.long, pytest.mark.clients("confluent_kafka", "kafka")]

WARM_UP_S = 12  # the first window
MEASURED_S = 30
QUOTA = 4_000_000
NEIGHBOUR = 1_000_000  # bytes a second
WITHIN = 0.1
NEIGHBOUR_KEEPS = 0.95


@attrs.define(eq=False)
class Meter:
    """Counts what happens in the measured half minute. Threads add, the test reads."""

    _began: float = attrs.field(factory=time.monotonic)
    total: float = 0.0
    over: threading.Event = attrs.field(factory=threading.Event)

    def add(self, amount: float) -> None:
        now = time.monotonic() - self._began
        if WARM_UP_S <= now < WARM_UP_S + MEASURED_S:
            self.total += amount

    async def rate(self) -> float:
        """The rate a second, once the time is over."""
        await trio.sleep(WARM_UP_S + MEASURED_S - (time.monotonic() - self._began))
        self.over.set()
        return self.total / MEASURED_S


@contextlib.contextmanager
def in_threads(*works: Callable[[], None]) -> Iterator[None]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(60)


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


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with open_cluster(tmp_path, brokers=1) as cluster:
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


def judge(kind: str, rate: float, quota: float, neighbour: float, expected: float) -> None:
    print(  # noqa: T201
        f"\n{kind}: {rate:.6g} a second with a quota of {quota:g} ({rate / quota:.1%}); "
        f"the neighbour {neighbour:.6g} of {expected:g} ({neighbour / expected:.1%})"
    )
    assert abs(rate / quota - 1) <= WITHIN
    assert neighbour / expected >= NEIGHBOUR_KEEPS


async def test_producer_byte_rate(cluster: Cluster) -> None:
    limited, free = await cluster.create_topic(), await cluster.create_topic()
    await set_quota(cluster, "clients/limited", producer_byte_rate=str(QUOTA))
    meter, neighbour = Meter(), Meter()
    with in_threads(
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
    with in_threads(
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

    with in_threads(create, producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR)):
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

    with in_threads(connect, producing(cluster.bootstrap, free, "free", neighbour, NEIGHBOUR)):
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

        with_neighbour = in_threads(ask, producing(bootstrap, "free", "free", neighbour, NEIGHBOUR // 4))
        with with_neighbour:
            rate, other = await meter.rate(), await neighbour.rate()
        judge("request_percentage", rate, quota, other, NEIGHBOUR // 4)
        await cluster.stop()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("side", ["leader", "follower"])
async def test_replication_throttle(tmp_path: Path, side: str) -> None:
    """A follower that was away copies 200 MB back; a producer to another topic goes on meanwhile."""
    quota = QUOTA
    async with open_cluster(tmp_path, brokers=2) as cluster:
        free = await cluster.create_topic()
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
            for _ in range(220):
                for _ in range(1000):
                    producer.produce(topic, bytes(1000))
                producer.flush()

        await trio.to_thread.run_sync(fill)
        if await cluster.leader_of(free, 0) != leader:
            free = topic  # its leader is away: there is nobody else to be a neighbour of
        await cluster.restart(follower)
        neighbour = Meter()
        marks: list[int] = []
        works = [producing(bootstrap, free, "free", neighbour, NEIGHBOUR)] if free != topic else []
        with in_threads(*works):
            await trio.sleep(WARM_UP_S)
            marks.append(log.stat().st_size)
            await trio.sleep(MEASURED_S)
            marks.append(log.stat().st_size)
            other = await neighbour.rate() if works else NEIGHBOUR
        judge(
            f"{side}.replication.throttled.rate", (marks[1] - marks[0]) / MEASURED_S, quota, other, NEIGHBOUR
        )
