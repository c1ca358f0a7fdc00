"""`kafka-e2e-latency`: from a producer through the brokers to a consumer, record by record. Source: EndToEndLatency."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final

from zkbroker.cli.kafka_producer_perf_test import quantile
from zkbroker.cli.options import BadOption, Parsed, Terse, WrongUse
from zkbroker.cli.tool import Tool, say

USAGE: Final = (
    "USAGE: broker_list topic num_messages producer_acks message_size_bytes [optional] properties_file"
)
PATIENCE_S: Final = 60.0


def run(parsed: Parsed) -> int:
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition

    from zkbroker.cli.java_clients import consumer_options, producer_options, refusals
    from zkbroker.cli.progress import progress
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    words = parsed.words
    if len(words) not in (5, 6):
        raise WrongUse(USAGE)
    servers, topic, acks = words[0], words[1], words[3]
    if not words[2].isdecimal() or not words[4].isdecimal():
        raise WrongUse(USAGE)
    count, size = int(words[2]), int(words[4])
    if acks not in ("1", "all"):
        raise BadOption("Latency testing requires synchronous acknowledgement. Please use 1 or all")
    properties = read_properties(words[5]) if len(words) == 6 else {}
    settings = ClientSettings.of(servers, properties | {"acks": acks, "linger.ms": "0"})
    with Cluster(settings) as cluster:
        found = cluster.topics([topic])
        if not found or found[0].error_code:
            from zkbroker.client import topics

            say(
                f'Topic "{topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1'
            )
            topics.create(cluster, topic, 1, 1, {}, {})
        partitions = [TopicPartition(topic, row.partition_index) for row in _partitions(cluster, topic)]
    producer = KafkaProducer(**producer_options(settings))
    reading = ClientSettings.of(
        servers, properties | {"auto.offset.reset": "latest", "fetch.max.wait.ms": "0"}
    )
    consumer = KafkaConsumer(**consumer_options(reading))
    try:
        with refusals():
            consumer.assign(partitions)
            consumer.seek_to_end(*partitions)
            for partition in partitions:
                consumer.position(partition)
            with progress(f"Sending {count} records", count, prints=True) as advance:
                latencies_ms = _measure(producer, consumer, topic, count, size, advance)
    finally:
        consumer.close()
        producer.close()
    say(f"Avg latency: {sum(latencies_ms) / max(count, 1):.4f} ms")
    points = [int(quantile(latencies_ms, share)) for share in (0.5, 0.99, 0.999)]
    say(f"Percentiles: 50th = {points[0]}, 99th = {points[1]}, 99.9th = {points[2]}")
    return 0


def _partitions(cluster: Any, topic: str) -> Any:
    """When they have leaders. Raises: Terse."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        (found,) = cluster.topics([topic])
        if found.partitions and all(row.leader_id >= 0 for row in found.partitions):
            return found.partitions
        time.sleep(0.1)
    raise Terse(f"Topic {topic} has no leader")


def _measure(
    producer: Any, consumer: Any, topic: str, count: int, size: int, advance: Callable[[int], None]
) -> list[float]:
    """Raises: Terse, if a record does not come, or another one."""
    latencies_ms = []
    for number in range(count):
        message = bytes(random.randrange(65, 91) for _ in range(size))
        began_s = time.perf_counter()
        producer.send(topic, message).get(PATIENCE_S)
        found: list[Any] = []
        while not found and time.perf_counter() - began_s < PATIENCE_S:
            found = [record for records in consumer.poll(timeout_ms=1000).values() for record in records]
        latencies_ms.append((time.perf_counter() - began_s) * 1000)
        if not found:
            raise Terse(f"poll() timed out before finding a result (timeout:[{PATIENCE_S * 1000:.0f}])")
        if len(found) > 1 or found[0].value != message:
            raise Terse(f"The message read [{found[0].value!r}] did not match the message sent [{message!r}]")
        advance(1)
        if number % 1000 == 0:
            say(f"{number}\t{latencies_ms[-1]}")
    return latencies_ms


TOOL: Final = Tool(
    name="kafka-e2e-latency",
    purpose="Measure how long a record takes from a producer to a consumer, one record at a time.",
    kafka_class="org.apache.kafka.tools.EndToEndLatency",
    run=run,
    prints_records=True,
    words="BROKERS TOPIC NUM_MESSAGES ACKS MESSAGE_SIZE_BYTES [PROPERTIES_FILE]",
    options=(),
)
