"""`kafka-console-producer`: lines of standard input as records. Source: kafka.tools.ConsoleProducer, 3.9.1."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

import attrs

from zkbroker.cli.options import (
    BOOTSTRAP,
    BROKER_LIST,
    BadOption,
    Option,
    Parsed,
    WrongUse,
    key_values,
    whole,
    whole_long,
)
from zkbroker.cli.tool import Tool, warn

MERGED: Final = {
    "timeout": "linger.ms",
    "request-required-acks": "acks",
    "request-timeout-ms": "request.timeout.ms",
    "message-send-max-retries": "retries",
    "retry-backoff-ms": "retry.backoff.ms",
    "socket-buffer-size": "send.buffer.bytes",
    "max-memory-bytes": "buffer.memory",
    "batch-size": "batch.size",
    "max-partition-memory-bytes": "batch.size",
    "metadata-expiry-ms": "metadata.max.age.ms",
    "max-block-ms": "max.block.ms",
}
"""Options that are the producer's properties by another name."""

LINE_READERS: Final = ("LineMessageReader", "ConsoleProducer$LineMessageReader")

Header = tuple[str, bytes | None]


class BadLine(BadOption):
    """A line does not have the parts it should have."""


@attrs.frozen
class Line:
    """One record to be."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]


@attrs.define
class LineReader:
    """Takes lines apart as --property says. Source: LineMessageReader."""

    parse_key: bool = False
    parse_headers: bool = False
    ignore_error: bool = False
    key_separator: bytes = b"\t"
    headers_delimiter: bytes = b"\t"
    headers_separator: str = ","
    headers_key_separator: bytes = b":"
    null_marker: bytes | None = None
    line_number: int = 0

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> LineReader:
        """Raises: BadOption."""

        def is_true(key: str) -> bool:
            return properties.get(key, "").strip().lower() == "true"

        def separator(key: str, default: str) -> bytes:
            return properties.get(key, default).encode()

        marker = properties.get("null.marker")
        reader = cls(
            is_true("parse.key"),
            is_true("parse.headers"),
            is_true("ignore.error"),
            separator("key.separator", "\t"),
            separator("headers.delimiter", "\t"),
            properties.get("headers.separator", ","),
            separator("headers.key.separator", ":"),
            None if marker is None else marker.encode(),
        )
        reader._require_different()
        return reader

    def _require_different(self) -> None:
        names = {
            "headers.delimiter": self.headers_delimiter,
            "headers.separator": self.headers_separator.encode(),
            "headers.key.separator": self.headers_key_separator,
        }
        pairs = (
            ("headers.delimiter", "headers.separator"),
            ("headers.delimiter", "headers.key.separator"),
            ("headers.separator", "headers.key.separator"),
        )
        for one, other in pairs:
            if names[one] == names[other]:
                raise BadOption(f"{one} and {other} may not be equal")
        names = {"key.separator": self.key_separator, **names}
        for name in ("key.separator", "headers.separator", "headers.delimiter", "headers.key.separator"):
            if self.null_marker is not None and self.null_marker == names[name]:
                raise BadOption(f"null.marker and {name} may not be equal")

    def take_apart(self, line: bytes) -> Line:
        """Raises: BadLine, with the number of the line."""
        self.line_number += 1
        headers = self._part(self.parse_headers, line, 0, self.headers_delimiter, "headers delimiter")
        at = 0 if headers is None else len(headers) + len(self.headers_delimiter)
        key = self._part(self.parse_key, line, at, self.key_separator, "key separator")
        at += 0 if key is None else len(key) + len(self.key_separator)
        found: list[Header] = []
        if headers is not None and headers != self.null_marker:
            found = [self._header(pair) for pair in self._pairs(headers)]
        return Line(self._unless_null(key), self._unless_null(line[at:]), found)

    def _unless_null(self, part: bytes | None) -> bytes | None:
        return None if part is not None and part == self.null_marker else part

    def _part(self, is_wanted: bool, line: bytes, start: int, separator: bytes, what: str) -> bytes | None:
        if not is_wanted:
            return None
        end = line.find(separator, start)
        if end >= 0:
            return line[start:end]
        if self.ignore_error:
            return None
        text = line.decode("utf-8", "replace")
        raise BadLine(f"No {what} found on line number {self.line_number}: '{text}'")

    def _pairs(self, headers: bytes) -> list[bytes]:
        import re

        return re.split(self.headers_separator.encode(), headers)

    def _header(self, pair: bytes) -> Header:
        key, separator, value = pair.partition(self.headers_key_separator)
        text = pair.decode("utf-8", "replace")
        if not separator:
            if self.ignore_error:
                return text, None
            raise BadLine(f"No header key separator found in pair '{text}' on line number {self.line_number}")
        if self.null_marker is not None and key == self.null_marker:
            shown = self.null_marker.decode()
            raise BadLine(
                f"Header keys should not be equal to the null marker '{shown}' as they can't be null"
            )
        return key.decode("utf-8", "replace"), self._unless_null(value)


def run(parsed: Parsed) -> int:
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings, read_properties

    if "bootstrap-server" not in parsed and "broker-list" not in parsed:
        raise WrongUse("Missing required option(s) [bootstrap-server]")
    parsed.require("topic")
    kind = str(parsed.text("line-reader"))
    if kind.rpartition(".")[2] not in LINE_READERS:
        raise BadOption(f"--line-reader {kind} is a class of Java's; only lines are read here.")
    topic = str(parsed.text("topic"))
    reader = LineReader.of(_reader_properties(parsed))
    servers = parsed.text("bootstrap-server") or parsed.text("broker-list")
    file = parsed.text("producer.config")
    properties = read_properties(file) if file is not None else {}
    properties |= key_values(parsed.texts("producer-property"))
    for name, key in MERGED.items():
        if name in parsed or (key not in properties and parsed.options[name].default is not None):
            properties[key] = str(parsed.value(name))
    if "compression-codec" in parsed:
        properties["compression.type"] = (parsed.texts("compression-codec") or ["gzip"])[0]
    properties.setdefault("client.id", "console-producer")
    settings = ClientSettings.of(servers, properties)
    with Cluster(settings) as cluster:
        cluster.any()  # the sentence for a broker that is not there is ours
    return _send(topic, reader, settings, is_sync="sync" in parsed)


def _reader_properties(parsed: Parsed) -> dict[str, str]:
    from zkbroker.client.settings import read_properties

    file = parsed.text("reader-config")
    return (read_properties(file) if file is not None else {}) | key_values(parsed.texts("property"))


def lines_of(stream: IO[bytes], prompt: str | None) -> Iterator[bytes]:
    """Lines without their ends, as Java reads them."""
    while True:
        if prompt is not None:
            sys.stdout.write(prompt)
            sys.stdout.flush()
        line = stream.readline()
        if not line:
            return
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _send(topic: str, reader: LineReader, settings: Any, *, is_sync: bool) -> int:
    """Send every line; 1 if one of them could not be sent."""
    from kafka import KafkaProducer
    from kafka.errors import KafkaError as ClientError

    from zkbroker.cli.java_clients import producer_options

    failures = 0

    def failed(line: Line, error: BaseException) -> None:
        nonlocal failures
        failures += 1
        key = "null" if line.key is None else f"{len(line.key)} bytes"
        value = "null" if line.value is None else f"{len(line.value)} bytes"
        warn(
            f"Error when sending message to topic {topic} with key: {key}, value: {value} with error: {error}"
        )

    try:
        producer = KafkaProducer(**producer_options(settings))
    except (ClientError, ValueError, AssertionError) as error:
        raise BadOption(f"The producer cannot be made: {error}") from None
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        for text in lines_of(sys.stdin.buffer, ">" if is_terminal else None):
            line = reader.take_apart(text)
            try:
                future = producer.send(topic, line.value, line.key, line.headers)
                if is_sync:
                    future.get()
                else:
                    future.add_errback(lambda error, line=line: failed(line, error))
            except (ClientError, ValueError, AssertionError) as error:
                failed(line, error)
                if is_sync:
                    break
    finally:
        producer.close()
    return 1 if failures else 0


TOOL: Final = Tool(
    name="kafka-console-producer",
    purpose="This tool helps to read data from standard input and publish it to Kafka.",
    kafka_class="kafka.tools.ConsoleProducer",
    run=run,
    prints_records=True,
    options=(
        BOOTSTRAP,
        BROKER_LIST,
        Option("topic", "REQUIRED: The topic to write to.", "topic", completes="topic"),
        Option("sync", "Wait for each record to be acknowledged before the next line is read."),
        Option(
            "compression-codec",
            "none, gzip, snappy, lz4 or zstd; gzip if only the option is given.",
            "compression-codec",
            optional=True,
        ),
        Option("batch-size", "Bytes of a batch (batch.size).", "size", whole, 16384),
        Option("message-send-max-retries", "How often to try again (retries).", "Integer", whole, 3),
        Option(
            "retry-backoff-ms", "How long to wait before that (retry.backoff.ms).", "Long", whole_long, 100
        ),
        Option(
            "timeout", "How long a batch waits for more records (linger.ms).", "timeout_ms", whole_long, 1000
        ),
        Option(
            "request-required-acks", "Acknowledgements wanted (acks).", "request required acks", default="-1"
        ),
        Option("request-timeout-ms", "How long an answer may take (request.timeout.ms).", "ms", whole, 1500),
        Option(
            "metadata-expiry-ms",
            "When to look again where leaders are (metadata.max.age.ms).",
            "metadata expiration interval",
            whole_long,
            300000,
        ),
        Option(
            "max-block-ms",
            "How long to wait for a topic to be known, or for memory (max.block.ms).",
            "max block on send",
            whole_long,
            60000,
        ),
        Option("max-memory-bytes", "Accepted: buffer.memory.", "total memory in bytes", whole_long, 33554432),
        Option(
            "max-partition-memory-bytes",
            "Bytes of a batch (batch.size); counts before --batch-size.",
            "memory in bytes per partition",
            whole,
            16384,
        ),
        Option(
            "line-reader",
            "Java's class that reads lines; only the default one is served.",
            "reader_class",
            default="org.apache.kafka.tools.LineMessageReader",
        ),
        Option("socket-buffer-size", "Accepted: send.buffer.bytes.", "size", whole, 102400),
        Option(
            "property",
            "How lines are read: parse.key, key.separator (tab), parse.headers, headers.delimiter (tab), "
            "headers.separator (,), headers.key.separator (:), null.marker, ignore.error.",
            "prop",
            many=True,
        ),
        Option(
            "reader-config",
            "A file with the same; --property counts before it.",
            "config file",
            completes="file",
        ),
        Option("producer-property", "A property of the producer: acks=all.", "producer_prop", many=True),
        Option(
            "producer.config",
            "A file with properties of the producer; --producer-property counts before it.",
            "config file",
            completes="file",
        ),
    ),
    examples=(
        "kafka-console-producer --bootstrap-server localhost:9092 --topic orders",
        "kafka-console-producer --bootstrap-server localhost:9092 --topic orders --property parse.key=true --property "
        "key.separator=:",
    ),
)
