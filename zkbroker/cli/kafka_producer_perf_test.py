"""`kafka-producer-perf-test`: write many records and measure. Source: ProducerPerformance, 3.9.1."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import attrs

from zkbroker.cli.options import BadOption, Option, Parsed, WrongUse, key_values, whole, whole_long
from zkbroker.cli.tool import Tool, say

WINDOW_S: Final = 5.0
KEPT: Final = 500_000
MIB: Final = 1024 * 1024


@attrs.define
class Statistics:
    """What was acknowledged, in all and since the last report; times in s."""

    began_s: float
    count: int = 0
    size: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0
    failed: int = 0
    latencies_ms: list[float] = attrs.field(factory=list)
    _window: list[float] = attrs.field(factory=lambda: [0, 0, 0.0, 0.0])
    _window_began_s: float = 0.0
    sampling: int = 1

    def record(self, latency_ms: float, size: int, now_s: float) -> None:
        self.count += 1
        self.size += size
        self.total_ms += latency_ms
        self.longest_ms = max(self.longest_ms, latency_ms)
        if self.count % self.sampling == 0:
            self.latencies_ms.append(latency_ms)
        window = self._window
        window[0] += 1
        window[1] += size
        window[2] += latency_ms
        window[3] = max(window[3], latency_ms)
        began_s = self._window_began_s or self.began_s
        if now_s - began_s >= WINDOW_S:
            say(window_line(int(window[0]), int(window[1]), window[2], window[3], now_s - began_s))
            self._window = [0, 0, 0.0, 0.0]
            self._window_began_s = now_s

    def last_line(self, now_s: float) -> str:
        lasted_s = max(now_s - self.began_s, 1e-9)
        points = [int(quantile(self.latencies_ms, share)) for share in (0.5, 0.95, 0.99, 0.999)]
        average_ms = self.total_ms / self.count if self.count else 0.0
        return (
            f"{self.count} records sent, {self.count / lasted_s:f} records/sec "
            f"({self.size / lasted_s / MIB:.2f} MB/sec), {average_ms:.2f} ms avg latency, "
            f"{self.longest_ms:.2f} ms max latency, {points[0]} ms 50th, {points[1]} ms 95th, "
            f"{points[2]} ms 99th, {points[3]} ms 99.9th."
        )


def window_line(count: int, size: int, total_ms: float, longest_ms: float, lasted_s: float) -> str:
    return (
        f"{count} records sent, {count / lasted_s:.1f} records/sec ({size / lasted_s / MIB:.2f} MB/sec), "
        f"{total_ms / max(count, 1):.1f} ms avg latency, {longest_ms:.1f} ms max latency."
    )


def quantile(values: Sequence[float], share: float) -> float:
    """0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def run(parsed: Parsed) -> int:
    from zkbroker.cli.perf_clients import Pace, open_sender
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    if "producer-props" not in parsed and "producer.config" not in parsed:
        raise WrongUse("Either --producer-props or --producer.config must be specified.")
    payloads = ("record-size", "payload-file", "payload-monotonic")
    if sum(name in parsed for name in payloads) != 1:
        raise WrongUse("one of the arguments --record-size --payload-file --payload-monotonic is required")
    topic, count = str(parsed.text("topic")), int(parsed.number("num-records") or 0)
    file = parsed.text("producer.config")
    properties = read_properties(file) if file is not None else {}
    for text in parsed.texts("producer-props"):
        if "=" not in text:
            raise BadOption(f"Invalid property: {text}")
    properties |= key_values(parsed.texts("producer-props"))
    properties.setdefault("client.id", "perf-producer-client")
    transactional = "transactional-id" in parsed or "transaction-duration-ms" in parsed
    if transactional:
        properties["transactional.id"] = (
            parsed.text("transactional-id") or f"performance-producer-{random.random()}"
        )
    settings = ClientSettings.of(None, properties)
    payload = _payloads(parsed)
    with Cluster(settings) as cluster:
        cluster.any()
    sender = open_sender(settings)
    statistics = Statistics(time.monotonic(), sampling=max(1, count // KEPT))
    pace = Pace(float(parsed.number("throughput") or -1), statistics.began_s)
    lasting_s = (parsed.number("transaction-duration-ms") or 3000) / 1000
    began_s = 0.0

    def send(value: bytes) -> None:
        sent_s = time.monotonic()

        def acknowledged(error: BaseException | None, partition: int, offset: int) -> None:
            now_s = time.monotonic()
            if error is None:
                statistics.record((now_s - sent_s) * 1000, len(value), now_s)
            else:
                statistics.failed += 1
                if statistics.failed == 1:
                    say(f"A record could not be sent: {error}")

        sender.send(topic, value, None, acknowledged)

    for number in range(count):
        if transactional and not began_s:
            sender.begin()
            began_s = time.monotonic()
        send(payload(number))
        if transactional and time.monotonic() - began_s >= lasting_s:
            sender.commit()
            began_s = 0.0
        wait_s = pace.wait_s(number + 1, time.monotonic())
        if wait_s > 0.001:
            time.sleep(wait_s)
    if transactional and began_s:
        sender.commit()
    sender.close()
    say(statistics.last_line(time.monotonic()))
    return 1 if statistics.failed else 0


def _payloads(parsed: Parsed) -> Callable[[int], bytes]:
    """What the record of a number holds. Raises: BadOption."""
    size = parsed.number("record-size")
    if size is not None:
        if size <= 0:
            raise BadOption("--record-size should be a value greater than zero.")
        payload = bytes(random.randrange(65, 91) for _ in range(size))
        return lambda number: payload
    file = parsed.text("payload-file")
    if file is None:
        return lambda number: str(number).encode()
    delimiter = str(parsed.text("payload-delimiter")).replace("\\n", "\n")
    try:
        text = Path(file).read_text()
    except OSError as error:
        raise BadOption(f"{file} cannot be read: {error.strerror}") from None
    if not text:
        raise BadOption("File does not exist or empty file provided.")
    say(f"Reading payloads from: {Path(file).absolute()}")
    lines = [line.encode() for line in text.removesuffix(delimiter).split(delimiter)]
    say(f"Number of messages read: {len(lines)}")
    return lambda number: random.choice(lines)


TOOL: Final = Tool(
    name="kafka-producer-perf-test",
    purpose="This tool is used to verify the producer performance. To enable transactions, you can specify a "
    "transaction id or set a transaction duration using --transaction-duration-ms.",
    kafka_class="org.apache.kafka.tools.ProducerPerformance",
    run=run,
    prints_records=True,
    explained_with=0,
    reads_all=True,
    options=(
        Option("topic", "The topic to write to.", "TOPIC", required=True, completes="topic"),
        Option("num-records", "How many records.", "NUM-RECORDS", whole_long, required=True),
        Option(
            "throughput",
            "Records a second at most; -1: as fast as it goes.",
            "THROUGHPUT",
            whole_long,
            required=True,
        ),
        Option("record-size", "Bytes of each record.", "RECORD-SIZE", whole),
        Option("payload-file", "A file with payloads to choose from.", "PAYLOAD-FILE", completes="file"),
        Option("payload-delimiter", "What stands between them.", "PAYLOAD-DELIMITER", default="\\n"),
        Option("payload-monotonic", "Records hold their numbers."),
        Option(
            "producer-props", "Properties of the producer: key=value ...", "PROP-NAME=PROP-VALUE", greedy=True
        ),
        Option("producer.config", "A file with properties.", "CONFIG-FILE", completes="file"),
        Option("print-metrics", "Accepted: there are no metrics of a Java producer."),
        Option("transactional-id", "Write in transactions, with this id.", "TRANSACTIONAL-ID"),
        Option("transaction-duration-ms", "Commit so often, in ms.", "TRANSACTION-DURATION", whole_long),
    ),
    examples=(
        "kafka-producer-perf-test --topic load --num-records 100000 --record-size 1000 --throughput -1 "
        "--producer-props bootstrap.servers=localhost:9092 acks=all",
    ),
)
