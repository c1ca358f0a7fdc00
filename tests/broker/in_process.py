"""An in-process cluster, and a connection that says exactly what a test wants to say."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import attrs
import trio

from zkbroker.broker import Broker
from zkbroker.config import BrokerConfig
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.protocol.codec import ApiKey, Message, RequestHeader, decode_response, encode_request
from zkbroker.protocol.generated.create_topics_request import (
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.replication.partition import Partition
from zkbroker.storage.files import FILES, Files

STARTS_WITHIN_S = 30


@attrs.define(eq=False)
class Wire:
    """One connection to a broker; requests and answers are separate steps, so that several can be in flight."""

    stream: trio.SocketStream
    _correlation_id: int = 0
    _sent: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    _buffered: bytes = b""

    async def send(self, message: Message, version: int, client_id: str = "test") -> int:
        """Send a request; returns its correlation id."""
        self._correlation_id += 1
        header = RequestHeader(ApiKey(message.API_KEY), version, self._correlation_id, client_id)
        self._sent[self._correlation_id] = (message.API_KEY, version)
        await self.stream.send_all(b"".join(bytes(part) for part in encode_request(header, message)))
        return self._correlation_id

    async def receive(self) -> tuple[int, Message]:
        """The next answer with its correlation id. Raises: EOFError when the broker closed."""
        frame = await self.receive_frame()
        (correlation_id,) = struct.unpack(">i", frame[:4])
        api_key, version = self._sent.pop(correlation_id)
        return decode_response(api_key, version, memoryview(frame))

    async def receive_frame(self) -> bytes:
        while len(self._buffered) < 4 or len(self._buffered) < 4 + self._size():
            data = await self.stream.receive_some(65536)
            if not data:
                raise EOFError("the broker closed the connection")
            self._buffered += data
        size = self._size()
        frame, self._buffered = self._buffered[4 : 4 + size], self._buffered[4 + size :]
        return frame

    def _size(self) -> int:
        (size,) = struct.unpack(">i", self._buffered[:4])
        return int(size)

    async def ask(self, message: Message, version: int, client_id: str = "test") -> Message:
        correlation_id = await self.send(message, version, client_id)
        answered, response = await self.receive()
        assert answered == correlation_id
        return response

    async def is_closed(self) -> bool:
        """Wait for the end of the stream."""
        try:
            with trio.fail_after(10):
                await self.receive_frame()
        except (EOFError, trio.BrokenResourceError):
            return True
        return False


@attrs.define(eq=False)
class InProcess:
    """A ZooKeeper and brokers 1 to n, all of them tasks of the test."""

    directory: Path
    _nursery: trio.Nursery
    files: Files = FILES
    brokers: dict[int, Broker] = attrs.field(factory=dict)
    zookeeper: EmbeddedZooKeeper = attrs.field(init=False)
    _wires: list[Wire] = attrs.field(factory=list)
    _ended: dict[int, trio.Event] = attrs.field(factory=dict)

    @property
    def broker(self) -> Broker:
        """The only, or the first one."""
        return self.brokers[1]

    async def start(self, count: int, overrides: Mapping[str, str]) -> None:
        self.directory.mkdir()
        self.zookeeper = EmbeddedZooKeeper(
            self.directory / "zookeeper", port=0, fsync=False, tick_ms=500, max_session_timeout_ms=60_000
        )
        await self._nursery.start(self.zookeeper.run)
        for broker_id in range(1, count + 1):
            await self.start_broker(broker_id, overrides)
        await self.wait_until(lambda: all(len(self.alive(b)) == count for b in self.brokers))

    async def start_broker(self, broker_id: int, overrides: Mapping[str, str]) -> Broker:
        config = BrokerConfig.from_properties(
            {
                "broker.id": str(broker_id),
                "listeners": "PLAINTEXT://127.0.0.1:0",
                "log.dirs": str(self.directory / f"logs-{broker_id}"),
                "zookeeper.connect": f"127.0.0.1:{self.zookeeper.bound_port}",
                "zookeeper.session.timeout.ms": "6000",
                "controlled.shutdown.retry.backoff.ms": "200",
            }
            | {key.replace("_", "."): value for key, value in overrides.items()}
        )
        broker = Broker(config, files=self.files)
        self.brokers[broker_id] = broker
        ended = self._ended[broker_id] = trio.Event()

        async def run(*, task_status: trio.TaskStatus[None]) -> None:
            try:
                await broker.run(task_status=task_status)
            finally:
                ended.set()

        with trio.fail_after(STARTS_WITHIN_S):
            await self._nursery.start(run)
        return broker

    async def stop_broker(self, broker_id: int) -> None:
        self.brokers[broker_id].stop()
        with trio.fail_after(STARTS_WITHIN_S):
            await self._ended[broker_id].wait()

    async def stop(self) -> None:
        for wire in self._wires:
            await trio.aclose_forcefully(wire.stream)
        for broker_id in self.brokers:
            await self.stop_broker(broker_id)

    def alive(self, broker_id: int) -> set[int]:
        services = self.brokers[broker_id].services
        return set(services.metadata.snapshot.brokers) if services is not None else set()

    async def wire(self, broker_id: int = 1) -> Wire:
        """A new connection to a broker."""
        endpoint = self.brokers[broker_id].endpoints[0]
        wire = Wire(await trio.open_tcp_stream(endpoint.host, endpoint.port))
        self._wires.append(wire)
        return wire

    async def create_topic(
        self, name: str, *, partitions: int = 1, replication_factor: int = 1, **configs: str
    ) -> None:
        """Through the controller; returns when every broker knows all leaders."""
        controller = next(
            b
            for b, broker in self.brokers.items()
            if broker.services and broker.services.controller.is_active
        )
        wire = await self.wire(controller)
        topic = CreatableTopic(
            name=name,
            num_partitions=partitions,
            replication_factor=replication_factor,
            configs=[CreatableTopicConfig(name=k.replace("_", "."), value=v) for k, v in configs.items()],
        )
        answer = await wire.ask(CreateTopicsRequest(topics=[topic], timeout_ms=20_000), 7)
        assert isinstance(answer, CreateTopicsResponse)
        if answer.topics[0].error_code:
            raise KafkaError(ErrorCode(answer.topics[0].error_code), answer.topics[0].error_message)
        await self.wait_until(
            lambda: all(
                len(broker.services.metadata.snapshot.partitions(name)) == partitions
                for broker in self.brokers.values()
                if broker.services is not None
            )
        )

    def partition(self, topic: str, number: int = 0, broker_id: int = 1) -> Partition:
        services = self.brokers[broker_id].services
        assert services is not None
        return services.replicas.partitions[TopicPartition(topic, number)]

    def leader(self, topic: str, number: int = 0) -> int:
        """The broker that leads a partition, by its own word."""
        for broker_id, broker in self.brokers.items():
            if broker.services is not None:
                found = broker.services.replicas.partitions.get(TopicPartition(topic, number))
                if found is not None and found.is_leader:
                    return broker_id
        raise AssertionError(f"nobody leads {topic}-{number}")

    async def wait_until(self, holds: object, within_s: float = 20) -> None:
        """Look again whenever some broker's metadata or partition moves, and every 10 ms."""
        assert callable(holds)
        with trio.fail_after(within_s):
            while not holds():
                with trio.move_on_after(0.01):
                    await trio.sleep_forever()
