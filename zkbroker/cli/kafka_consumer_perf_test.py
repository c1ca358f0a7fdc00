"""`kafka-consumer-perf-test`: read many records and measure. Source: ConsumerPerformance, 3.9.1."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import Any, Final

import attrs

from zkbroker.cli.options import BOOTSTRAP, BROKER_LIST, Option, Parsed, WrongUse, whole, whole_long
from zkbroker.cli.tool import Tool, say

MIB: Final = 1024 * 1024
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
    with Cluster(settings) as cluster:
        cluster.any()
    is_detailed = "show-detailed-stats" in parsed
    if "hide-header" not in parsed:
        first = "time, threadId" if is_detailed else "start.time, end.time"
        say(f"{first}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec{FETCHED}")
    consumer = KafkaConsumer(**consumer_options(settings))
    began, began_s = datetime.now(), time.monotonic()
    try:
        with refusals():
            consumer.subscribe([str(parsed.text("topic"))])
            progress = _read(consumer, parsed, began_s, is_detailed)
    finally:
        ended, ended_s = datetime.now(), time.monotonic()
        consumer.close()
    if not is_detailed:
        lasted_s = max(ended_s - began_s, 1e-9)
        joined_ms = int(progress.joined_s * 1000)
        fetched_ms = max(int(lasted_s * 1000) - joined_ms, 1)
        mib = progress.size / MIB
        say(
            f"{_date(began)}, {_date(ended)}, {mib:.4f}, {mib / lasted_s:.4f}, {progress.count}, "
            f"{progress.count / lasted_s:.4f}, {joined_ms}, {fetched_ms}, {mib / fetched_ms * 1000:.4f}, "
            f"{progress.count / fetched_ms * 1000:.4f}"
        )
    return 0


def _read(consumer: Any, parsed: Parsed, began_s: float, is_detailed: bool) -> Progress:
    wanted = int(parsed.number("messages") or 0)
    patience_s = int(parsed.number("timeout") or 0) / 1000
    interval_s = int(parsed.number("reporting-interval") or 0) / 1000
    progress = Progress()
    last_s = reported_s = time.monotonic()
    before = Progress()
    while progress.count < wanted:
        if time.monotonic() - last_s > patience_s and progress.joined_s:
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
