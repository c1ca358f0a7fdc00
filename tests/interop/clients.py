"""Real clients behind one small face: send records to partition 0 of a topic, read them back from some place.

No consumer groups: every reader has its partition assigned. Each call makes a client and closes it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from tests.interop.logins import OPEN, Login
from tests.interop.records import Headers, Read, Sent, varied
from tests.support.peers import RECORD_CLIENT, JavaTools

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TIMEOUT_S = 30.0


@attrs.frozen
class Beginning:
    """Read from the first record there is."""


@attrs.frozen
class AtOffset:
    """Read from this offset on."""

    offset: int


@attrs.frozen
class AtTimestamp:
    """Read from the first record that is not older."""

    timestamp_ms: int


Place = Beginning | AtOffset | AtTimestamp


@attrs.frozen
class Delivery:
    """How to send: the codec, and how sure to be."""

    codec: str = "none"
    acks: str = "all"  # "0", "1", "all"
    idempotent: bool = False

    def __str__(self) -> str:
        return f"{self.codec}-acks-{self.acks}{'-idempotent' if self.idempotent else ''}"


class Client(Protocol):
    """One client library or tool."""

    @property
    def name(self) -> str:
        """As test ids have it."""

    def sample(self, count: int) -> list[Sent]:
        """As varied records as this client can send."""

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        """Send the records; their offsets, or None where the client or acks=0 does not tell."""

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        """Read exactly `count` records from a place on."""


@attrs.frozen
class ConfluentKafka:
    """confluent-kafka: librdkafka from Python."""

    name: str = "confluent-kafka"
    config: Mapping[str, object] = attrs.field(factory=dict)
    login: Login = OPEN

    def sample(self, count: int) -> list[Sent]:
        return varied(count)

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        from confluent_kafka import Producer

        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.type": how.codec,
                "acks": how.acks,
                "enable.idempotence": how.idempotent,
                "linger.ms": 10_000,  # until the flush: a batch of one record is not compressed
                **self.login.librdkafka(),
                **self.config,
            }
        )
        offsets: list[int] = []

        def delivered(error: object, message: Any) -> None:
            assert error is None, error
            offsets.append(message.offset())

        for record in records:
            timestamp: dict[str, Any] = {}
            if record.timestamp_ms is not None:
                timestamp["timestamp"] = record.timestamp_ms
            producer.produce(
                topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=0,
                on_delivery=delivered,
                **timestamp,
            )
        assert producer.flush(TIMEOUT_S) == 0
        return offsets if how.acks != "0" else None

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

        own = {"group.id": "unused", "enable.auto.commit": False}
        consumer = Consumer({"bootstrap.servers": bootstrap, **own, **self.login.librdkafka(), **self.config})
        try:
            offset = OFFSET_BEGINNING
            if isinstance(place, AtOffset):
                offset = place.offset
            elif isinstance(place, AtTimestamp):
                wanted = TopicPartition(topic, 0, place.timestamp_ms)
                offset = consumer.offsets_for_times([wanted], timeout=TIMEOUT_S)[0].offset
            consumer.assign([TopicPartition(topic, 0, offset)])
            messages: list[Read] = []
            while len(messages) < count:
                got = consumer.consume(count - len(messages), timeout=TIMEOUT_S)
                assert got, f"only {len(messages)} of {count} records in {TIMEOUT_S} s"
                for message in got:
                    assert message.error() is None, message.error()
                    messages.append(_from_confluent(message))
            return messages
        finally:
            consumer.close()


def _from_confluent(message: Any) -> Read:
    headers = tuple((name, bytes(value)) for name, value in message.headers() or ())
    return Read(message.offset(), message.value(), message.key(), headers, message.timestamp()[1])


@attrs.frozen
class KafkaPython:
    """kafka-python."""

    name: str = "kafka-python"
    login: Login = OPEN

    def sample(self, count: int) -> list[Sent]:
        return varied(count)

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        from kafka import KafkaProducer

        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if how.codec == "none" else how.codec,
            acks="all" if how.acks == "all" else int(how.acks),
            enable_idempotence=how.idempotent,
            linger_ms=5,
            **self.login.kafka_python(),
        )
        try:
            futures = [
                producer.send(
                    topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=0,
                    timestamp_ms=record.timestamp_ms,
                )
                for record in records
            ]
            producer.flush(TIMEOUT_S)
            offsets = [future.get(TIMEOUT_S).offset for future in futures]
            return offsets if how.acks != "0" else None
        finally:
            producer.close(TIMEOUT_S)

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        from kafka import KafkaConsumer, TopicPartition

        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            consumer_timeout_ms=int(TIMEOUT_S * 1000),
            **self.login.kafka_python(),
        )
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            if isinstance(place, Beginning):
                consumer.seek_to_beginning(partition)
            elif isinstance(place, AtOffset):
                consumer.seek(partition, place.offset)
            else:
                found = consumer.offsets_for_times({partition: place.timestamp_ms})[partition]
                consumer.seek(partition, found.offset)
            messages: list[Read] = []
            for message in consumer:
                headers = tuple((name, bytes(value)) for name, value in message.headers)
                messages.append(Read(message.offset, message.value, message.key, headers, message.timestamp))
                if len(messages) == count:
                    break
            return messages
        finally:
            consumer.close()


@attrs.frozen
class AioKafka:
    """aiokafka, in an asyncio loop that lives for one call."""

    name: str = "aiokafka"
    login: Login = OPEN

    def sample(self, count: int) -> list[Sent]:
        return varied(count)

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        return asyncio.run(asyncio.wait_for(self._produce(bootstrap, topic, records, how), TIMEOUT_S))

    async def _produce(
        self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery
    ) -> list[int] | None:
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if how.codec == "none" else how.codec,
            acks="all" if how.acks == "all" else int(how.acks),
            enable_idempotence=how.idempotent,
            linger_ms=5,
            **self.login.aiokafka(),
        )
        await producer.start()
        try:
            futures = [
                await producer.send(
                    topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=0,
                    timestamp_ms=record.timestamp_ms,
                )
                for record in records
            ]
            await producer.flush()
            if how.acks == "0":
                return None
            return [(await future).offset for future in futures]
        finally:
            await producer.stop()

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        return asyncio.run(asyncio.wait_for(self._read(bootstrap, topic, place, count), TIMEOUT_S))

    async def _read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        from aiokafka import AIOKafkaConsumer, TopicPartition

        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, **self.login.aiokafka()
        )
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            if isinstance(place, Beginning):
                await consumer.seek_to_beginning(partition)
            elif isinstance(place, AtOffset):
                consumer.seek(partition, place.offset)
            else:
                found = (await consumer.offsets_for_times({partition: place.timestamp_ms}))[partition]
                consumer.seek(partition, found.offset)
            messages: list[Read] = []
            while len(messages) < count:
                message = await consumer.getone()
                headers = tuple((name, bytes(value)) for name, value in message.headers)
                messages.append(Read(message.offset, message.value, message.key, headers, message.timestamp))
            return messages
        finally:
            await consumer.stop()


@attrs.frozen
class Kcat:
    """kcat: librdkafka from the shell. It sends lines `key:value`, one set of headers, at its own time."""

    name: str = "kcat"

    def sample(self, count: int) -> list[Sent]:
        return [
            Sent(
                f"value {i}".encode() if i % 7 else None,
                None if i % 3 == 0 else f"key {i}".encode(),
                (("origin", b"kcat"),),
            )
            for i in range(count)
        ]

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        lines = b"".join((record.key or b"") + b":" + (record.value or b"") + b"\n" for record in records)
        headers = [word for name, value in records[0].headers for word in ("-H", f"{name}={value.decode()}")]
        properties = {
            "compression.codec": how.codec,
            "acks": how.acks,
            "enable.idempotence": str(how.idempotent).lower(),
            "linger.ms": 500,  # a batch of one record is not compressed
        }
        options = [word for key, value in properties.items() for word in ("-X", f"{key}={value}")]
        self._run(["-P", "-b", bootstrap, "-t", topic, "-p", "0", "-K:", "-Z", *headers, *options], lines)
        return None

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        where = "beginning"
        if isinstance(place, AtOffset):
            where = str(place.offset)
        elif isinstance(place, AtTimestamp):
            where = f"s@{place.timestamp_ms}"
        output = self._run(
            ["-C", "-b", bootstrap, "-t", topic, "-p", "0", "-o", where, "-c", str(count), "-J", "-q"], b""
        )
        return [
            _from_kcat(json.loads(line)) for line in output.decode("utf-8", "surrogateescape").splitlines()
        ]

    def _run(self, args: Sequence[str], stdin: bytes) -> bytes:
        done = subprocess.run(["kcat", *args], input=stdin, capture_output=True, timeout=TIMEOUT_S)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _from_kcat(message: Mapping[str, object]) -> Read:
    flat = message.get("headers") or []
    assert isinstance(flat, list)
    headers: Headers = tuple(
        (name, value.encode()) for name, value in zip(flat[::2], flat[1::2], strict=True)
    )
    key, value = message["key"], message["payload"]
    return Read(
        offset=int(str(message["offset"])),
        value=str(value).encode() if value is not None else None,
        key=str(key).encode() if key is not None else None,
        headers=headers,
        timestamp_ms=int(str(message["ts"])),
    )


@attrs.frozen
class JavaClients:
    """Kafka 3.9.1's own producer and consumer, through tests/peers/RecordClient.java."""

    tools: JavaTools
    name: str = "java"
    login: Login = OPEN

    def sample(self, count: int) -> list[Sent]:
        return varied(count)

    def produce(self, bootstrap: str, topic: str, records: Sequence[Sent], how: Delivery) -> list[int] | None:
        properties = {
            "compression.type": how.codec,
            "acks": how.acks,
            "enable.idempotence": str(how.idempotent).lower(),
            "linger.ms": "5",
            **self.login.java(),
        }
        result = self.tools.run(
            RECORD_CLIENT,
            "produce",
            bootstrap,
            topic,
            *(f"{key}={value}" for key, value in properties.items()),
            stdin="".join(_to_java(record) for record in records).encode(),
            timeout_s=TIMEOUT_S,
        ).require_success()
        return [int(word) for word in result.output.split()] if how.acks != "0" else None

    def read(self, bootstrap: str, topic: str, place: Place, count: int) -> list[Read]:
        where = ["beginning"]
        if isinstance(place, AtOffset):
            where = ["offset", str(place.offset)]
        elif isinstance(place, AtTimestamp):
            where = ["timestamp", str(place.timestamp_ms)]
        words = [*where, str(count), *(f"{key}={value}" for key, value in self.login.java().items())]
        result = self.tools.run(
            RECORD_CLIENT, "read", bootstrap, topic, *words, timeout_s=TIMEOUT_S
        ).require_success()
        return [_from_java(line) for line in result.output.splitlines()]


def _to_java(record: Sent) -> str:
    words = [str(record.timestamp_ms), _word(record.key), _word(record.value)]
    for name, value in record.headers:
        words += [_word(name.encode()), _word(value)]
    return " ".join(words) + "\n"


def _from_java(line: str) -> Read:
    offset, timestamp_ms, key, value, *flat = line.split(" ")
    headers = tuple(
        ((_bytes(name) or b"").decode(), _bytes(content) or b"")
        for name, content in zip(flat[::2], flat[1::2], strict=True)
    )
    return Read(int(offset), _bytes(value), _bytes(key), headers, int(timestamp_ms))


def _word(content: bytes | None) -> str:
    if content is None:
        return "null"
    return base64.b64encode(content).decode() or "-"


def _bytes(word: str) -> bytes | None:
    if word == "null":
        return None
    return b"" if word == "-" else base64.b64decode(word)
