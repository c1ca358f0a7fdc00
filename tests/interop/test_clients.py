"""Unmodified clients: every codec, every acks, read back from the beginning, an offset and a timestamp."""

from __future__ import annotations

import itertools
import shutil

import pytest

from tests.interop.clients import (
    CODECS,
    AioKafka,
    AtOffset,
    AtTimestamp,
    Beginning,
    Client,
    ConfluentKafka,
    Delivery,
    JavaClients,
    KafkaPython,
    Kcat,
)
from tests.interop.conftest import Server
from tests.interop.records import printable, require_same, varied
from tests.interop.topics import create_topic
from tests.support.peers import JavaTools
from zkbroker.testing.logs import read_log

COUNT = 40
DELIVERIES = [
    *(Delivery(codec, acks) for codec, acks in itertools.product(CODECS, ("0", "1", "all"))),
    *(Delivery(codec, "all", idempotent=True) for codec in CODECS),
]
CLIENTS = [
    pytest.param("confluent-kafka", marks=pytest.mark.clients("confluent_kafka")),
    pytest.param("kafka-python", marks=pytest.mark.clients("kafka", "lz4", "snappy", "zstandard")),
    pytest.param("aiokafka", marks=pytest.mark.clients("aiokafka")),
    pytest.param(
        "kcat", marks=pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
    ),
    pytest.param("java", marks=pytest.mark.peers),
]


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    """The client that a test is parametrised with."""
    return client_named(request.param, request)


def client_named(name: str, request: pytest.FixtureRequest) -> Client:
    """A client by its name."""
    if name == "java":
        tools: JavaTools = request.getfixturevalue("java_tools")
        return JavaClients(tools)
    known: list[Client] = [ConfluentKafka(), KafkaPython(), AioKafka(), Kcat()]
    return next(client for client in known if client.name == name)


@pytest.mark.parametrize("how", DELIVERIES, ids=str)
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_what_was_sent_is_read_back(client: Client, how: Delivery, server: Server) -> None:
    bootstrap = server.bootstrap
    topic = create_topic(bootstrap)
    sent = client.sample(COUNT)
    offsets = client.produce(bootstrap, topic, sent, how)
    assert offsets is None or offsets == list(range(COUNT))
    require_same(sent, client.read(bootstrap, topic, Beginning(), COUNT))
    stored = read_log(server.broker.log_dir / f"{topic}-0")
    # A batch of one record, which a busy machine may bring about, librdkafka does not compress.
    assert {batch.codec for batch in stored.batches if batch.last_offset > batch.base_offset} == {how.codec}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("reader", CLIENTS)
def test_reading_from_an_offset_and_from_a_timestamp(
    reader: str, codec: str, bootstrap: str, request: pytest.FixtureRequest
) -> None:
    """The records lie in several batches and the places within one, so that reading starts inside a batch."""
    writer, client = client_named("kafka-python", request), client_named(reader, request)
    topic = create_topic(bootstrap)
    sent = printable(3 * COUNT) if reader == "kcat" else varied(3 * COUNT)
    for start in range(0, 3 * COUNT, COUNT):
        writer.produce(bootstrap, topic, sent[start : start + COUNT], Delivery(codec))
    middle = COUNT + COUNT // 2
    require_same(
        sent[middle:],
        client.read(bootstrap, topic, AtOffset(middle), len(sent) - middle),
        from_offset=middle,
    )
    timestamp_ms = sent[middle].timestamp_ms
    assert timestamp_ms is not None
    for asked_ms in (timestamp_ms, timestamp_ms - 1):
        found = client.read(bootstrap, topic, AtTimestamp(asked_ms), COUNT)
        require_same(sent[middle : middle + COUNT], found, from_offset=middle)
