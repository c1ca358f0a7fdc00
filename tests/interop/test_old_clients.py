"""Clients made to speak as they did to Kafka 0.8 to 0.10: message sets go in and come out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.clients import TIMEOUT_S, Beginning, ConfluentKafka, Delivery, KafkaPython
from tests.interop.records import Sent
from tests.interop.topics import create_topic

SENT = [
    Sent(b"value %d" % n + b"." * 100, b"key %d" % n if n % 3 else None, (), 1_700_000_000_000 + n)
    for n in range(200)
]


def expected(magic: int) -> list[tuple[int, bytes | None, bytes | None, int]]:
    return [(n, r.key, r.value, (r.timestamp_ms or 0) if magic else -1) for n, r in enumerate(SENT)]


@pytest.mark.parametrize(
    ("speaks", "magic", "codec"),  # LZ4 in magic 0 it has only with another library; librdkafka does it below
    [((0, 8, 2), 0, "none"), ((0, 9), 0, "gzip"), ((0, 10, 0), 1, "snappy"), ((0, 10, 2), 1, "lz4")],
)
def test_kafka_python_as_it_once_was(bootstrap: str, speaks: tuple[int, ...], magic: int, codec: str) -> None:
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition

    topic = create_topic(bootstrap)
    common: dict[str, Any] = {"bootstrap_servers": bootstrap, "api_version": speaks}
    producer = KafkaProducer(
        compression_type=None if codec == "none" else codec, acks=1, enable_idempotence=False, **common
    )
    try:
        futures = [
            producer.send(topic, r.value, r.key, partition=0, timestamp_ms=r.timestamp_ms) for r in SENT
        ]
        assert [future.get(TIMEOUT_S).offset for future in futures] == list(range(len(SENT)))
    finally:
        producer.close(TIMEOUT_S)
    consumer = KafkaConsumer(
        enable_auto_commit=False, group_id=None, consumer_timeout_ms=int(TIMEOUT_S * 1000), **common
    )
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        read = [next(consumer) for _ in SENT]
    finally:
        consumer.close()
    assert [(m.offset, m.key, m.value, -1 if m.timestamp is None else m.timestamp) for m in read] == expected(
        magic
    )
    assert [(m.offset, m.key, m.value, m.timestamp_ms) for m in _new(bootstrap, topic)] == expected(magic)


@pytest.mark.parametrize(
    ("speaks", "magic", "codec"),
    [("0.8.2.1", 0, "lz4"), ("0.9.0.1", 0, "snappy"), ("0.10.0.0", 1, "none"), ("0.10.0.0", 1, "gzip")],
)
def test_librdkafka_as_it_once_was(bootstrap: str, codec: str, speaks: str, magic: int) -> None:
    old = ConfluentKafka(config={"api.version.request": False, "broker.version.fallback": speaks})
    topic = create_topic(bootstrap)
    assert old.produce(bootstrap, topic, SENT, Delivery(codec, "1")) == list(range(len(SENT)))
    for client in (old, ConfluentKafka()):
        read = client.read(bootstrap, topic, Beginning(), len(SENT))
        assert [(m.offset, m.key, m.value) for m in read] == [row[:3] for row in expected(magic)]


def _new(bootstrap: str, topic: str) -> Any:
    return KafkaPython().read(bootstrap, topic, Beginning(), len(SENT))
