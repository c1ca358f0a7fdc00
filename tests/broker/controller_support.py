"""A controller on a real ZooKeeper session, with brokers that are only registrations and recorded requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio

from tests.pure.controller_model import told
from zkbroker import admin_store
from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig
from zkbroker.controller.controller import Controller
from zkbroker.controller.steps import ControlRequest
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.events import EventFeed
from zkbroker.model import BrokerInfo, Endpoint, LeaderAndIsr, SecurityProtocol, TopicId, TopicPartition
from zkbroker.protocol.generated.leader_and_isr_request import LeaderAndIsrRequest
from zkbroker.protocol.generated.leader_and_isr_response import (
    LeaderAndIsrPartitionError,
    LeaderAndIsrResponse,
    LeaderAndIsrTopicError,
)
from zkbroker.protocol.generated.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
)
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.stop_replica_response import (
    StopReplicaPartitionError,
    StopReplicaResponse,
)
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.protocol.generated.update_metadata_response import UpdateMetadataResponse
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import Backoff
from zkbroker.zookeeper.session import ANY_VERSION, ZkSession, ZooKeeper

CONTROLLER_ID = 9
LIMIT_S = 20
QUICK = Backoff(first_s=0.01, longest_s=0.05)
SESSION_TIMEOUT_MS = 4_000


def config(**properties: str) -> BrokerConfig:
    required = {
        "zookeeper.connect": "127.0.0.1:2181",
        "broker.id": str(CONTROLLER_ID),
        "log.dirs": "/nowhere",
    }
    keys = {name.replace("_", "."): value for name, value in properties.items()}
    return BrokerConfig.from_properties({**required, **keys})


@attrs.define(eq=False)
class Brokers:
    """The other side of the senders: records what each broker is sent and answers that all is well."""

    received: list[tuple[int, ControlRequest]] = attrs.field(factory=list)
    versions: set[tuple[str, int]] = attrs.field(factory=set)
    changed: Changed = attrs.field(factory=Changed)
    unreachable: set[int] = attrs.field(factory=set)
    refused: dict[tuple[int, TopicPartition], int] = attrs.field(factory=dict)  # error codes to answer with
    silent: set[int] = attrs.field(factory=set)  # they receive and never answer
    open_connections: int = 0

    def connect(self, broker: BrokerInfo) -> _Line:
        if broker.broker_id in self.unreachable:
            raise ConnectionRefusedError(f"broker {broker.broker_id} refuses")
        self.open_connections += 1
        return _Line(self, broker.broker_id)

    def told(self, broker_id: int) -> list[str]:
        """What one broker was sent so far, in short."""
        return told(request for to, request in self.received if to == broker_id)

    def forget(self) -> None:
        self.received.clear()

    async def wait_told(self, broker_id: int, line: str) -> None:
        """Wait until that broker has been sent a request that reads like this."""
        with trio.fail_after(LIMIT_S):
            while line not in self.told(broker_id):
                await self.changed.wait()

    async def wait_received(self, count: int) -> None:
        with trio.fail_after(LIMIT_S):
            while len(self.received) < count:
                await self.changed.wait()


@attrs.define(eq=False)
class _Line:
    """A connection to one of those brokers."""

    brokers: Brokers
    broker_id: int

    async def request(self, message: Any, version: int, *, timeout_s: float) -> Any:
        await trio.lowlevel.checkpoint()
        if self.broker_id in self.brokers.unreachable:
            raise ConnectionResetError(f"broker {self.broker_id} went away")
        self.brokers.received.append((self.broker_id, message))
        self.brokers.versions.add((type(message).__name__, version))
        self.brokers.changed.notify()
        if self.broker_id in self.brokers.silent:
            await trio.sleep_forever()
        return self._answer(message)

    def _code(self, topic: str, index: int) -> int:
        return self.brokers.refused.get((self.broker_id, TopicPartition(topic, index)), 0)

    def _answer(self, message: ControlRequest) -> Any:
        if isinstance(message, UpdateMetadataRequest):
            return UpdateMetadataResponse()
        if isinstance(message, StopReplicaRequest):
            return StopReplicaResponse(
                partition_errors=[
                    StopReplicaPartitionError(
                        topic_name=t.topic_name,
                        partition_index=p.partition_index,
                        error_code=self._code(t.topic_name, p.partition_index),
                    )
                    for t in message.topic_states
                    for p in t.partition_states
                ]
            )
        assert isinstance(message, LeaderAndIsrRequest)
        return LeaderAndIsrResponse(
            topics=[
                LeaderAndIsrTopicError(
                    topic_id=t.topic_id,
                    partition_errors=[
                        LeaderAndIsrPartitionError(
                            partition_index=p.partition_index,
                            error_code=self._code(t.topic_name, p.partition_index),
                        )
                        for p in t.partition_states
                    ],
                )
                for t in message.topic_states
            ]
        )

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()
        self.brokers.open_connections -= 1


@attrs.define(eq=False)
class World:
    """What a test does to ZooKeeper from outside, with a session of its own."""

    session: ZkSession

    async def register(self, *broker_ids: int) -> None:
        """Brokers start; their registrations stay until `unregister`."""
        for broker_id in broker_ids:
            endpoint = Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, f"host{broker_id}", 9092)
            data = znodes.encode_broker(BrokerInfo(broker_id, (endpoint,)), 0)
            await self.session.create(znodes.broker_path(broker_id), data)

    async def unregister(self, *broker_ids: int) -> None:
        for broker_id in broker_ids:
            await self.session.delete(znodes.broker_path(broker_id), ANY_VERSION)

    async def bounce(self, broker_id: int) -> None:
        """The broker restarts before anybody can look."""
        node = await self.session.get(znodes.broker_path(broker_id))
        await self.session.delete(znodes.broker_path(broker_id), ANY_VERSION)
        await self.session.create(znodes.broker_path(broker_id), node.data)

    async def epoch_of(self, broker_id: int) -> int:
        return (await self.session.get(znodes.broker_path(broker_id))).stat.czxid

    async def create_topic(
        self, name: str, replicas: Mapping[int, Sequence[int]], configs: Mapping[str, str] | None = None
    ) -> TopicId:
        with trio.fail_after(LIMIT_S):
            return await admin_store.create_topic(self.session, name, replicas, configs or {})

    async def state(self, topic: str, partition: int = 0) -> LeaderAndIsr:
        tp = TopicPartition(topic, partition)
        node = await self.session.get(znodes.state_path(tp))
        return znodes.decode_state(tp, node.data, node.stat.version)

    async def wait_state(
        self, topic: str, partition: int, satisfied: Callable[[LeaderAndIsr], bool]
    ) -> LeaderAndIsr:
        """The state once it satisfies."""
        tp = TopicPartition(topic, partition)
        path = znodes.state_path(tp)
        with trio.fail_after(LIMIT_S):
            while True:
                stat, changed = await self.session.exists_and_watch(path)
                if stat is not None:
                    state = await self.state(topic, partition)
                    if satisfied(state):
                        return state
                await changed.wait()

    async def wait_leader(self, topic: str, leader: int, partition: int = 0) -> LeaderAndIsr:
        return await self.wait_state(topic, partition, lambda state: state.leader == leader)

    async def wait_node(self, path: str, satisfied: Callable[[bytes], bool]) -> bytes:
        """The node's content once it satisfies."""
        with trio.fail_after(LIMIT_S):
            while True:
                node, changed = await self.session.get_and_watch(path)
                if satisfied(node.data):
                    return node.data
                await changed.wait()

    async def wait_exists(self, path: str) -> None:
        with trio.fail_after(LIMIT_S):
            while True:
                stat, changed = await self.session.exists_and_watch(path)
                if stat is not None:
                    return
                await changed.wait()

    async def wait_gone(self, path: str) -> None:
        with trio.fail_after(LIMIT_S):
            while True:
                stat, changed = await self.session.exists_and_watch(path)
                if stat is None:
                    return
                await changed.wait()

    async def bump_epoch(self) -> None:
        """What the election of another controller does to ours."""
        node = await self.session.get(znodes.CONTROLLER_EPOCH)
        epoch = znodes.decode_controller_epoch(node.data) + 1
        await self.session.set(
            znodes.CONTROLLER_EPOCH, znodes.encode_controller_epoch(epoch), node.stat.version
        )


@attrs.define(eq=False)
class Standing:
    """A controller that stands for election in the background."""

    controller: Controller
    brokers: Brokers
    world: World
    events: EventFeed
    settings: dict[str, str] = attrs.field(factory=dict)
    elected_uncleanly: list[tuple[TopicPartition, TopicId, LeaderAndIsr]] = attrs.field(factory=list)

    async def settle(self) -> None:
        """Return when all events of now are handled: a call waits for its turn behind them."""
        with trio.fail_after(LIMIT_S):
            await self.controller.list_partition_reassignments(ListPartitionReassignmentsRequest())

    async def wait_reigning(self, after_epoch: int = 0) -> None:
        await wait_reigning(self.controller, after_epoch)


async def wait_reigning(controller: Controller, after_epoch: int = 0) -> None:
    """Wait until it has taken over under a later epoch."""
    with trio.fail_after(LIMIT_S):
        while not (controller.has_taken_over and controller.controller_epoch > after_epoch):
            await controller.changed.wait()


@asynccontextmanager
async def zookeeper(directory: Path) -> AsyncIterator[str]:
    """The connect string of an embedded server."""
    async with trio.open_nursery() as nursery:
        server = EmbeddedZooKeeper(directory / "zookeeper", port=0, fsync=False)
        port = await nursery.start(server.run)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def session_to(connect: str, **options: Any) -> AsyncIterator[ZkSession]:
    """One session inside the block."""

    async def idle(session: ZkSession) -> None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        slot = ZooKeeper(connect, session_timeout_ms=SESSION_TIMEOUT_MS, **options)
        session = await nursery.start(slot.run, idle)
        try:
            yield session
        finally:
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def world_of(connect: str) -> AsyncIterator[World]:
    async with session_to(connect) as session:
        for path in znodes.TOP_LEVEL_PATHS:
            await session.create_path(path)
        yield World(session)


def _as_it_is(session: ZkSession) -> ZkSession:
    return session


@asynccontextmanager
async def standing(
    connect: str,
    world: World,
    brokers: Iterable[int] = (),
    wrap: Callable[[ZkSession], Any] = _as_it_is,
    **properties: str,
) -> AsyncIterator[Standing]:
    """A controller that runs inside the block, after it has taken over; it sees its sessions as `wrap` gives them."""
    await world.register(*brokers)
    receivers, events = Brokers(), EventFeed()
    settings = dict(properties)
    unclean: list[tuple[TopicPartition, TopicId, LeaderAndIsr]] = []
    controller = Controller(
        broker_id=CONTROLLER_ID,
        config=lambda: config(**settings),
        connect=receivers.connect,
        events=events,
        elected_uncleanly=lambda *elected: unclean.append(elected),
        backoff=QUICK,
    )
    stands = Standing(controller, receivers, world, events, settings, unclean)

    async def on_session(session: ZkSession) -> None:
        async with trio.open_nursery() as inner:
            inner.start_soon(controller.run, wrap(session))

    async with trio.open_nursery() as nursery:
        slot = ZooKeeper(connect, session_timeout_ms=SESSION_TIMEOUT_MS)
        await nursery.start(slot.run, on_session)
        try:
            await stands.wait_reigning()
            yield stands
        finally:
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def cluster(directory: Path, brokers: Iterable[int], **properties: str) -> AsyncIterator[Standing]:
    """A ZooKeeper of the test's own, registered brokers, and a controller that has taken over."""
    async with (
        zookeeper(directory) as connect,
        world_of(connect) as world,
        standing(connect, world, brokers, _as_it_is, **properties) as stands,
    ):
        yield stands
