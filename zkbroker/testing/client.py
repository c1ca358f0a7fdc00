"""A small client for tests, on trio and our own codec: it shows every answer, and hides leaders moving.

Methods that name a topic find its leader and try again within `PATIENCE_S` while errors are retriable;
`request` sends one message to one broker and hides nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import attrs
import trio

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.codec import (
    VERSIONS,
    ApiKey,
    Buffer,
    Message,
    Records,
    RequestHeader,
    decode_response,
    encode_request,
)
from zkbroker.protocol.generated.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.delete_topics_response import DeleteTopicsResponse
from zkbroker.protocol.generated.fetch_request import FetchPartition, FetchRequest, FetchTopic
from zkbroker.protocol.generated.fetch_response import FetchResponse, PartitionData
from zkbroker.protocol.generated.list_offsets_request import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from zkbroker.protocol.generated.list_offsets_response import ListOffsetsResponse
from zkbroker.protocol.generated.metadata_request import MetadataRequest, MetadataRequestTopic
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import PartitionProduceResponse, ProduceResponse
from zkbroker.protocol.records import Record, build_batch, read_batches

PATIENCE_S = 60.0
ANSWER_S = 40.0
RETRY_S = 0.05
FETCH_BYTES = 1 << 20
FETCH_VERSION = 12  # the last that names topics instead of their ids
PRODUCE_VERSION = 9  # this and the next: what every release from 3.6 on knows
LIST_OFFSETS_VERSION = 8

EARLIEST = -2
LATEST = -1

M = TypeVar("M", bound=Message)
T = TypeVar("T")


@attrs.frozen
class PartitionState:
    """What a broker's metadata says of one partition; leader -1: none."""

    leader: int
    leader_epoch: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]


@attrs.define(eq=False)
class Client:
    """Talks to every broker of a cluster, on a connection for each request under way. See `open_client`."""

    bootstrap: Sequence[str]
    client_id: str = "zkbroker-testing"
    _idle: dict[str, list[trio.SocketStream]] = attrs.field(factory=dict, init=False)
    _correlation_id: int = attrs.field(default=0, init=False)

    # --- one message, one broker

    async def request(
        self, address: str, message: Message, answer: type[M], *, version: int | None = None
    ) -> M:
        """Send one message to `host:port` (in its highest version unless told) and return the answer.

        Raises: OSError when the broker is not there, or goes away before it answered.
        """
        api_key = ApiKey(message.API_KEY)
        version = VERSIONS[api_key].highest if version is None else version
        self._correlation_id += 1
        header = RequestHeader(api_key, version, self._correlation_id, self.client_id)
        stream = await self._connection(address)
        try:
            with trio.fail_after(ANSWER_S):
                await stream.send_all(b"".join(bytes(buffer) for buffer in encode_request(header, message)))
                if isinstance(message, ProduceRequest) and message.acks == 0:
                    response: Message = ProduceResponse()
                else:
                    frame = await _receive_frame(stream)
                    correlation_id, response = decode_response(api_key, version, frame)
                    assert correlation_id == header.correlation_id
        except BaseException as error:
            await trio.aclose_forcefully(stream)
            if isinstance(error, trio.TooSlowError | trio.BrokenResourceError):
                what = f"{address} did not answer {type(message).__name__}: {error!r}"
                raise ConnectionError(what) from error
            raise
        self._idle.setdefault(address, []).append(stream)
        assert isinstance(response, answer)
        return response

    async def request_anyone(self, message: Message, answer: type[M], *, version: int | None = None) -> M:
        """Send one message to the first broker of `bootstrap` that answers. Raises: OSError if none does."""
        failure: Exception = ConnectionError("no broker to ask")
        for address in self.bootstrap:
            try:
                with trio.fail_after(5):
                    return await self.request(address, message, answer, version=version)
            except (OSError, trio.TooSlowError) as error:  # a frozen broker accepts, says nothing
                failure = error
        raise ConnectionError(f"none of {', '.join(self.bootstrap)} answers: {failure}") from failure

    # --- metadata

    async def metadata(
        self, topics: Sequence[str] | None = None, address: str | None = None
    ) -> MetadataResponse:
        """The metadata of these topics (None: of all), never creating them, as one broker has it."""
        wanted = None if topics is None else [MetadataRequestTopic(name=name) for name in topics]
        message = MetadataRequest(topics=wanted, allow_auto_topic_creation=False)
        if address is None:
            return await self.request_anyone(message, MetadataResponse)
        return await self.request(address, message, MetadataResponse)

    async def live_brokers(self, address: str | None = None) -> set[int]:
        """Ids of the brokers that a broker's metadata lists."""
        return {broker.node_id for broker in (await self.metadata([], address)).brokers}

    async def partition(self, topic: str, partition: int, address: str | None = None) -> PartitionState:
        """The state of one partition now; leader -1 while there is none, or no such partition."""
        for found in (await self.metadata([topic], address)).topics:
            for p in found.partitions:
                if p.partition_index == partition:
                    replicas, isr = tuple(p.replica_nodes), tuple(p.isr_nodes)
                    return PartitionState(p.leader_id, p.leader_epoch, replicas, isr)
        return PartitionState(-1, -1, (), ())

    async def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int = 1,
        configs: Mapping[str, str] | None = None,
        assignment: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """Create a topic through the controller; `assignment` (partition to brokers) replaces the counts.

        Raises: KafkaError as the controller answers.
        """
        placed = assignment is not None
        topic = CreatableTopic(
            name=name,
            num_partitions=-1 if placed else partitions,
            replication_factor=-1 if placed else replication_factor,
            assignments=[
                CreatableReplicaAssignment(partition_index=index, broker_ids=list(brokers))
                for index, brokers in (assignment or {}).items()
            ],
            configs=[CreatableTopicConfig(name=key, value=value) for key, value in (configs or {}).items()],
        )

        async def create() -> None:
            metadata = await self.metadata([])
            address = _address_of(metadata, metadata.controller_id)
            request = CreateTopicsRequest(topics=[topic], timeout_ms=30_000)
            result = (await self.request(address, request, CreateTopicsResponse)).topics[0]
            _raise_for(result.error_code, f"creating {name}: {result.error_message}")

        await self._patiently(create)

    async def delete_topic(self, name: str) -> None:
        """Delete a topic through the controller. Raises: KafkaError as the controller answers."""

        async def delete() -> None:
            metadata = await self.metadata([])
            address = _address_of(metadata, metadata.controller_id)
            request = DeleteTopicsRequest(topics=[DeleteTopicState(name=name)], timeout_ms=30_000)
            result = (await self.request(address, request, DeleteTopicsResponse)).responses[0]
            _raise_for(result.error_code, f"deleting {name}: {result.error_message}")

        await self._patiently(delete)

    # --- records

    async def produce(
        self,
        topic: str,
        value: bytes | None,
        *,
        partition: int = 0,
        key: bytes | None = None,
        acks: int = -1,
        timestamp_ms: int | None = None,
    ) -> int:
        """Write one record and return its offset (-1 for acks=0). Trying again may write it twice."""
        timestamp_ms = int(time.time() * 1000) if timestamp_ms is None else timestamp_ms
        batch = build_batch([Record(offset=0, timestamp=timestamp_ms, key=key, value=value)])

        async def write() -> int:
            return (await self.produce_batch(topic, partition, batch, acks=acks)).base_offset

        return await self._patiently(write)

    async def produce_batch(
        self,
        topic: str,
        partition: int,
        batch: Buffer,
        *,
        acks: int = -1,
        timeout_ms: int = 30_000,
        address: str | None = None,
    ) -> PartitionProduceResponse:
        """Send these bytes as a partition's records, once, to its leader or to `address`.

        Raises: KafkaError as answered.
        """
        data = PartitionProduceData(index=partition, records=batch)
        topics = [TopicProduceData(name=topic, partition_data=[data])]
        message = ProduceRequest(acks=acks, timeout_ms=timeout_ms, topic_data=topics)
        address = await self._leader(topic, partition) if address is None else address
        answer = await self.request(address, message, ProduceResponse, version=PRODUCE_VERSION)
        if acks == 0:
            return PartitionProduceResponse(index=partition, base_offset=-1)
        result = answer.responses[0].partition_responses[0]
        _raise_for(result.error_code, f"producing to {topic}-{partition}: {result.error_message}")
        return result

    async def fetch(
        self,
        topic: str,
        partition: int,
        offset: int,
        *,
        max_wait_ms: int = 500,
        max_bytes: int = FETCH_BYTES,
        read_committed: bool = False,
    ) -> PartitionData:
        """One answer of the leader to one Fetch without a session. Raises: KafkaError as answered."""
        wanted = FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=max_bytes)
        message = FetchRequest(
            max_wait_ms=max_wait_ms,
            min_bytes=1,
            max_bytes=max_bytes,
            isolation_level=int(read_committed),
            topics=[FetchTopic(topic=topic, partitions=[wanted])],
        )
        address = await self._leader(topic, partition)
        answer = await self.request(address, message, FetchResponse, version=FETCH_VERSION)
        _raise_for(answer.error_code, f"fetching {topic}-{partition}")
        result = answer.responses[0].partitions[0]
        _raise_for(result.error_code, f"fetching {topic}-{partition} from {offset}")
        return result

    async def read(self, topic: str, partition: int, start: int, end: int) -> list[Record]:
        """Every record of the offsets `start` to `end` (exclusive), waiting until they are there."""
        records: list[Record] = []
        position = start

        async def read_some() -> PartitionData:
            return await self.fetch(topic, partition, position)

        with trio.fail_after(PATIENCE_S):
            while position < end:
                answer = await self._patiently(read_some)
                for batch in read_batches(_whole(answer.records), torn_tail=True):
                    if batch.last_offset < position:
                        continue
                    records += [r for r in batch.records() if position <= r.offset < end]
                    position = batch.last_offset + 1
        return records

    async def fetch_one(self, topic: str, partition: int, offset: int) -> bytes | None:
        """The value of the record at an offset, waiting until it is there."""
        (record,) = await self.read(topic, partition, offset, offset + 1)
        return None if record.value is None else bytes(record.value)

    async def list_offset(self, topic: str, partition: int, timestamp: int = LATEST) -> int:
        """The offset ListOffsets answers for a timestamp in ms, or for EARLIEST or LATEST."""
        wanted = ListOffsetsPartition(partition_index=partition, timestamp=timestamp)
        topics = [ListOffsetsTopic(name=topic, partitions=[wanted])]
        message = ListOffsetsRequest(replica_id=-1, topics=topics)

        async def look() -> int:
            leader = await self._leader(topic, partition)
            answer = await self.request(leader, message, ListOffsetsResponse, version=LIST_OFFSETS_VERSION)
            result = answer.topics[0].partitions[0]
            _raise_for(result.error_code, f"offsets of {topic}-{partition}")
            return result.offset

        return await self._patiently(look)

    # --- inside

    async def aclose(self) -> None:
        """Close every connection."""
        for streams in self._idle.values():
            for stream in streams:
                await trio.aclose_forcefully(stream)
        self._idle.clear()

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it works. Raises: KafkaError if not retriable; the last error after PATIENCE_S."""
        deadline = trio.current_time() + PATIENCE_S
        while True:
            try:
                return await attempt()
            except KafkaError as error:
                if not error.code.retriable or trio.current_time() > deadline:
                    raise
            except OSError:
                if trio.current_time() > deadline:
                    raise
            await trio.sleep(RETRY_S)

    async def _leader(self, topic: str, partition: int) -> str:
        metadata = await self.metadata([topic])
        for found in metadata.topics:
            _raise_for(found.error_code, f"metadata of {topic}")
            for p in found.partitions:
                if p.partition_index == partition:
                    return _address_of(metadata, p.leader_id)
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{topic}-{partition}")

    async def _connection(self, address: str) -> trio.SocketStream:
        if idle := self._idle.get(address):
            return idle.pop()
        host, _, port = address.rpartition(":")
        return await trio.open_tcp_stream(host, int(port))


@asynccontextmanager
async def open_client(bootstrap: Sequence[str]) -> AsyncIterator[Client]:
    """A client of the brokers at these `host:port`, closed on exit."""
    async with aclosing(Client(bootstrap)) as client:
        yield client


def _address_of(metadata: MetadataResponse, broker_id: int) -> str:
    for broker in metadata.brokers:
        if broker.node_id == broker_id:
            return f"{broker.host}:{broker.port}"
    raise KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, f"broker {broker_id} is not among the live ones")


def _raise_for(error_code: int, what: str) -> None:
    if error_code:
        raise KafkaError(ErrorCode(error_code), what)


def _whole(records: Records | None) -> bytes:
    """Records as they came out of a decoder."""
    assert records is None or isinstance(records, bytes | bytearray | memoryview)
    return bytes(records or b"")


async def _receive_frame(stream: trio.SocketStream) -> memoryview:
    size = int.from_bytes(await _receive_exactly(stream, 4), "big")
    return memoryview(await _receive_exactly(stream, size))


async def _receive_exactly(stream: trio.SocketStream, count: int) -> bytearray:
    received = bytearray()
    while len(received) < count:
        piece = await stream.receive_some(count - len(received))
        if not piece:
            raise ConnectionError("the broker closed the connection")
        received += piece
    return received
