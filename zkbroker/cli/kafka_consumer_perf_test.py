"""`kafka-consumer-perf-test`: read many records and measure. Source: ConsumerPerformance, 3.9.1."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from zkbroker.cli.options import BOOTSTRAP, BROKER_LIST, Option, Parsed, WrongUse, whole, whole_long
from zkbroker.cli.tool import Tool, say
from zkbroker.errors import ErrorCode

if TYPE_CHECKING:
    from zkbroker.cli.progress import Advance
    from zkbroker.client.cluster import Cluster

MIB: Final = 1024 * 1024
JOINING_S: Final = 30.0
"""How long to wait for the group's partitions, where --timeout is shorter."""
FETCHED: Final = ", rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec"


@attrs.define
class Progress:
    """What was read until now."""

    count: int = 0
    size: int = 0
    joined_s: float = 0.0  # until the first assignment


def run(parsed: Parsed) -> int:
    from kafka import KafkaConsumer

    from zkbroker.cli.java_clients import consumer_options, refusals
    from zkbroker.cli.progress import progress
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    if "bootstrap-server" not in parsed and "broker-list" not in parsed:
        raise WrongUse("Missing required option(s) [bootstrap-server]")
    parsed.require("topic", "messages")
    file = parsed.text("consumer.config")
    properties = read_properties(file) if file is not None else {}
    properties |= {
        "group.id": str(parsed.text("group") or f"perf-consumer-{random.randrange(100000)}"),
        "auto.offset.reset": "latest" if "from-latest" in parsed else "earliest",
        "max.partition.fetch.bytes": str(parsed.number("fetch-size")),
        "check.crcs": "false",
    }
    properties.setdefault("client.id", "perf-consumer-client")
    settings = ClientSettings.of(parsed.text("bootstrap-server") or parsed.text("broker-list"), properties)
    topic, patience_s = str(parsed.text("topic")), int(parsed.number("timeout") or 0) / 1000
    with Cluster(settings.waiting_at_most(patience_s)) as cluster:
        _wait_led(cluster, topic, patience_s)
    is_detailed = "show-detailed-stats" in parsed
    if "hide-header" not in parsed:
        first = "time, threadId" if is_detailed else "start.time, end.time"
        say(f"{first}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec{FETCHED}")
    consumer = KafkaConsumer(**consumer_options(settings))
    began, began_s = datetime.now(), time.monotonic()
    try:
        with refusals():
            consumer.subscribe([topic])
            with progress(f"Reading {topic}", parsed.number("messages"), prints=is_detailed) as advance:
                found = _read(consumer, parsed, began_s, is_detailed, advance)
    finally:
        ended, ended_s = datetime.now(), time.monotonic()
        consumer.close()
    if not is_detailed:
        lasted_s = max(ended_s - began_s, 1e-9)
        joined_ms = int(found.joined_s * 1000)
        fetched_ms = max(int(lasted_s * 1000) - joined_ms, 1)
        mib = found.size / MIB
        say(
            f"{_date(began)}, {_date(ended)}, {mib:.4f}, {mib / lasted_s:.4f}, {found.count}, "
            f"{found.count / lasted_s:.4f}, {joined_ms}, {fetched_ms}, {mib / fetched_ms * 1000:.4f}, "
            f"{found.count / fetched_ms * 1000:.4f}"
        )
    return 0


def _wait_led(cluster: Cluster, topic: str, patience_s: float) -> None:
    """Wait until the topic, which may be made by that, has leaders: kafka-python may never finish to join a group when
    it hears of them meanwhile. What else is wrong with the topic is for the consumer to say.
    """
    creates = cluster.settings.properties.get("allow.auto.create.topics", "true").lower() == "true"
    deadline_s = time.monotonic() + patience_s
    while True:
        (found,) = cluster.metadata([topic], create=creates).topics
        is_coming = found.error_code == ErrorCode.LEADER_NOT_AVAILABLE
        is_led = not is_coming and all(row.leader_id >= 0 for row in found.partitions)
        if is_led or time.monotonic() >= deadline_s:
            return
        time.sleep(0.05)


def _read(consumer: Any, parsed: Parsed, began_s: float, is_detailed: bool, advance: Advance) -> Progress:
    wanted = int(parsed.number("messages") or 0)
    patience_s = int(parsed.number("timeout") or 0) / 1000
    interval_s = int(parsed.number("reporting-interval") or 0) / 1000
    progress = Progress()
    last_s = reported_s = time.monotonic()
    before = Progress()
    while progress.count < wanted:
        waited_s = time.monotonic() - last_s
        if waited_s > (patience_s if progress.joined_s else max(patience_s, JOINING_S)):
            say(
                "WARNING: Exiting before consuming the expected number of messages: timeout "
                f"({int(patience_s * 1000)} ms) exceeded. You can use the --timeout option to increase the timeout."
            )
            break
        # As long as possible: see PATIENCE_S of java_clients.
        wait_s = last_s + patience_s - time.monotonic() if progress.joined_s else patience_s
        if is_detailed:
            wait_s = min(wait_s, reported_s + interval_s - time.monotonic())
        found = consumer.poll(timeout_ms=max(1, int(wait_s * 1000)))
        now_s = time.monotonic()
        if not progress.joined_s and consumer.assignment():
            progress.joined_s, last_s = now_s - began_s, now_s
        for records in found.values():
            last_s = now_s
            progress.count += len(records)
            advance(len(records))
            progress.size += sum(len(record.key or b"") + len(record.value or b"") for record in records)
        if is_detailed and now_s - reported_s >= interval_s:
            _report(progress, before, now_s - reported_s)
            before, reported_s = attrs.evolve(progress), now_s
    if is_detailed:
        _report(progress, before, time.monotonic() - reported_s)
    return progress


def _report(progress: Progress, before: Progress, lasted_s: float) -> None:
    mib = (progress.size - before.size) / MIB
    count = progress.count - before.count
    lasted_s = max(lasted_s, 1e-9)
    say(
        f"{_date(datetime.now())}, 0, {progress.size / MIB:.4f}, {mib / lasted_s:.4f}, {progress.count}, "
        f"{count / lasted_s:.4f}, {int(progress.joined_s * 1000) if not before.count else 0}, {int(lasted_s * 1000)}, "
        f"{mib / lasted_s:.4f}, {count / lasted_s:.4f}"
    )


def _date(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}:{when.microsecond // 1000:03d}"


TOOL: Final = Tool(
    name="kafka-consumer-perf-test",
    purpose="This tool is used to verify the consumer performance.",
    kafka_class="org.apache.kafka.tools.ConsumerPerformance",
    run=run,
    prints_records=True,
    options=(
        BOOTSTRAP,
        BROKER_LIST,
        Option("topic", "REQUIRED: The topic to read.", "topic", completes="topic"),
        Option("messages", "REQUIRED: How many records.", "count", whole_long),
        Option("group", "The group; a new one by default.", "gid", completes="group"),
        Option("fetch-size", "Bytes of one fetch of a partition.", "size", whole, 1048576),
        Option("from-latest", "Begin at the end where the group has no offset."),
        Option("socket-buffer-size", "Accepted: receive.buffer.bytes.", "size", whole, 2097152),
        Option("threads", "DEPRECATED: has no effect.", "count", whole),
        Option("num-fetch-threads", "DEPRECATED: has no effect.", "count", whole),
        Option("consumer.config", "A file with properties of the consumer.", "config file", completes="file"),
        Option("print-metrics", "Accepted: there are no metrics of a Java consumer."),
        Option("show-detailed-stats", "A line every --reporting-interval."),
        Option(
            "timeout", "Stop when no record has come for so long, in ms.", "milliseconds", whole_long, 10000
        ),
        Option("reporting-interval", "ms between lines.", "interval_ms", whole_long, 5000),
        Option("date-format", "Accepted: times are as yyyy-MM-dd HH:mm:ss:SSS.", "date format"),
        Option("hide-header", "Without the names of the columns."),
    ),
)
