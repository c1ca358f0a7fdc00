"""`kafka-console-consumer`: records as lines. Source: org.apache.kafka.tools.consumer.ConsoleConsumer, 3.9.1."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import BOOTSTRAP, ZOOKEEPER, BadOption, Option, Parsed, WrongUse, key_values, whole
from zkbroker.cli.tool import Tool, warn

if TYPE_CHECKING:
    from zkbroker.cli.record_formatters import Format
    from zkbroker.client.cluster import Cluster
    from zkbroker.client.settings import ClientSettings

EARLIEST: Final = -2
LATEST: Final = -1


@attrs.frozen
class Wanted:
    """What to read, and until when."""

    topic: str | None
    pattern: str | None
    partition: int | None
    offset: int
    max_messages: int | None
    timeout_s: float | None
    skips_bad: bool


class Stopped(BaseException):
    """SIGTERM."""


def run(parsed: Parsed) -> int:
    from zkbroker.cli.record_formatters import UnknownClass, formatter
    from zkbroker.client.cluster import Cluster

    wanted = _wanted(parsed)
    if "zookeeper" not in parsed:
        parsed.require("bootstrap-server")
    settings = _settings(parsed)
    try:
        write = formatter(str(parsed.text("formatter")), _formatter_properties(parsed))
    except UnknownClass as error:
        raise WrongUse(str(error)) from None
    with Cluster(settings.waiting_at_most(wanted.timeout_s)) as cluster:
        cluster.any()  # the sentence for a broker that is not there is ours
        if wanted.partition is not None and wanted.topic is not None:
            _require_readable(cluster, wanted.topic)
    return _consume(wanted, settings, write)


def _require_readable(cluster: Cluster, topic: str) -> None:
    """kafka-python says nothing where one may not see a topic that is read without a group. Raises: Failure."""
    from zkbroker.errors import ErrorCode

    (found,) = cluster.topics([topic])
    if found.error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED:
        raise Failure(f"Error processing message: Not authorized to access topics: [{topic}]")


# ---------------------------------------------------------------------------------------------- options


def _wanted(parsed: Parsed) -> Wanted:
    """Raises: WrongUse."""
    pattern = parsed.text("include") or parsed.text("whitelist")
    if ("topic" in parsed) == (pattern is not None):
        more = "--whitelist is DEPRECATED use --include instead; ignored if --include specified."
        raise WrongUse(
            "Exactly one of --include/--topic is required. " + (more if "whitelist" in parsed else "")
        )
    if "partition" in parsed:
        if "topic" not in parsed:
            raise WrongUse("The topic is required when partition is specified.")
        if "from-beginning" in parsed and "offset" in parsed:
            raise WrongUse("Options from-beginning and offset cannot be specified together.")
    elif "offset" in parsed:
        raise WrongUse("The partition is required when offset is specified.")
    timeout_ms = parsed.number("timeout-ms")
    count = parsed.number("max-messages")
    return Wanted(
        parsed.text("topic"),
        pattern,
        parsed.number("partition"),
        _offset(parsed),
        None if count is None or count == -1 else count,
        None if timeout_ms is None or timeout_ms < 0 else timeout_ms / 1000,
        "skip-message-on-error" in parsed,
    )


def _offset(parsed: Parsed) -> int:
    if "offset" not in parsed:
        return EARLIEST if "from-beginning" in parsed else LATEST
    text = str(parsed.text("offset"))
    named = {"earliest": EARLIEST, "latest": LATEST}.get(text.lower())
    if named is not None:
        return named
    if not text.isdecimal():
        raise WrongUse(
            f"The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a "
            "non-negative long."
        )
    return int(text)


def _settings(parsed: Parsed) -> ClientSettings:
    """The consumer's properties, the options among them. Raises: WrongUse, CallFailed, Failure."""
    from zkbroker.client.settings import ClientSettings, read_properties

    file = parsed.text("consumer.config")
    from_file = read_properties(file) if file is not None else {}
    given = key_values(parsed.texts("consumer-property"))
    groups = {found["group.id"]: None for found in (from_file, given) if "group.id" in found}
    if "group" in parsed:
        groups = {str(parsed.text("group")): None, **groups}
    if len(groups) > 1:
        raise WrongUse(
            "The group ids provided in different places (directly using '--group', via '--consumer-property', or via "
            "'--consumer.config') do not match. Detected group ids: "
            + ", ".join(f"'{group}'" for group in groups)
        )
    if groups and "partition" in parsed:
        raise WrongUse("Options group and partition cannot be specified together.")
    properties = from_file | given
    reset = properties.get("auto.offset.reset")
    if reset is not None and "from-beginning" in parsed and reset != "earliest":
        raise Failure(
            f"Can't simultaneously specify --from-beginning and 'auto.offset.reset={reset}', please remove one option"
        )
    if reset is None:
        properties["auto.offset.reset"] = "earliest" if "from-beginning" in parsed else "latest"
    properties.setdefault("client.id", "console-consumer")
    if "isolation-level" in parsed or "isolation.level" not in properties:
        properties["isolation.level"] = str(parsed.text("isolation-level"))
    if groups:
        properties["group.id"] = next(iter(groups))
    else:
        properties["group.id"] = f"console-consumer-{random.randrange(100000)}"
        properties.setdefault("enable.auto.commit", "false")
    if "zookeeper" in parsed:
        from zkbroker.cli.zookeeper_access import brokers_of

        warn("Using --zookeeper is deprecated: it only says where the brokers are. Use --bootstrap-server.")
        return ClientSettings.of(brokers_of(str(parsed.text("zookeeper"))), properties)
    return ClientSettings.of(parsed.text("bootstrap-server"), properties)


def _formatter_properties(parsed: Parsed) -> dict[str, str]:
    from zkbroker.client.settings import read_properties

    file = parsed.text("formatter-config")
    properties = read_properties(file) if file is not None else {}
    for option in ("key-deserializer", "value-deserializer"):
        if parsed.text(option):
            properties[option.replace("-", ".")] = str(parsed.text(option))
    return properties | key_values(parsed.texts("property"))


# ---------------------------------------------------------------------------------------------- reading


def _consume(wanted: Wanted, settings: ClientSettings, write: Format) -> int:
    """Read and print until told to stop; always says how many there were."""
    from kafka import KafkaConsumer
    from kafka.errors import KafkaError as ClientError

    from zkbroker.cli.java_clients import consumer_options

    options = consumer_options(settings)
    if wanted.partition is not None:
        options["group_id"] = None
        options["enable_auto_commit"] = False
    try:
        consumer = KafkaConsumer(**options)
    except (ClientError, ValueError, AssertionError) as error:
        raise BadOption(f"The consumer cannot be made: {error}") from None
    reading = Reading(consumer, wanted, write)
    code = 0
    try:
        with _sigterm_stops():
            try:
                reading.subscribe()
            except ValueError as error:
                raise BadOption(f"What to read cannot be understood: {error}.") from None
            reading.run()
    except KeyboardInterrupt:
        code = 130
    except Stopped:
        code = 143
    except ClientError as error:
        warn(f"Error processing message, terminating consumer process: {error}")
        code = 1
    finally:
        reading.close()
        warn(f"Processed a total of {reading.count} messages")
    return code


class Reading:
    """One run of the consumer. Offsets are committed only of what was printed."""

    def __init__(self, consumer: Any, wanted: Wanted, write: Format) -> None:
        self.count = 0
        self._consumer = consumer
        self._wanted = wanted
        self._write = write
        self._unprinted: dict[
            Any, int
        ] = {}  # the first offset of each partition that was fetched and not printed

    def subscribe(self) -> None:
        from kafka import TopicPartition

        wanted = self._wanted
        if wanted.partition is None:
            if wanted.topic is not None:
                self._consumer.subscribe([wanted.topic])
            else:
                assert wanted.pattern is not None
                self._consumer.subscribe(pattern=_java_pattern(wanted.pattern))
            return
        partition = TopicPartition(wanted.topic, wanted.partition)
        self._consumer.assign([partition])
        if wanted.offset == EARLIEST:
            self._consumer.seek_to_beginning(partition)
        elif wanted.offset == LATEST:
            self._consumer.seek_to_end(partition)
        else:
            self._consumer.seek(partition, wanted.offset)

    def run(self) -> None:
        """Raises: kafka-python's KafkaError."""
        last_s = time.monotonic()
        left = self._wanted.max_messages
        while left is None or self.count < left:
            found = self._consumer.poll(timeout_ms=self._wait_ms(last_s))
            if found:
                last_s = time.monotonic()
            elif self._wanted.timeout_s is not None and time.monotonic() - last_s >= self._wanted.timeout_s:
                warn(
                    "Error processing message, terminating consumer process: no message came in time (--timeout-ms)"
                )
                return
            self._print(found, left)

    def _wait_ms(self, last_s: float) -> int:
        from zkbroker.cli.java_clients import PATIENCE_S

        if self._wanted.timeout_s is None:
            return int(PATIENCE_S * 1000)
        left_s = last_s + self._wanted.timeout_s - time.monotonic()
        return max(1, int(left_s * 1000))

    def _print(self, found: dict[Any, list[Any]], limit: int | None) -> None:
        out = sys.stdout.buffer
        self._unprinted = {partition: records[0].offset for partition, records in found.items() if records}
        for partition, records in found.items():
            for record in records:
                if limit is not None and self.count >= limit:
                    return
                self.count += 1
                try:
                    out.write(self._write(record))
                except ValueError as error:
                    if not self._wanted.skips_bad:
                        raise BadOption(f"Error processing message: {error}") from None
                    warn(f"Error processing message, skipping this message: {error}")
                self._unprinted[partition] = record.offset + 1
        self._unprinted.clear()
        out.flush()

    def close(self) -> None:
        """Commit what was printed, if the group commits by itself, and leave the group."""
        from kafka.errors import KafkaError as ClientError

        try:
            for partition, offset in self._unprinted.items():
                if partition in self._consumer.assignment():
                    self._consumer.seek(partition, offset)
            self._consumer.close()
        except (ClientError, AssertionError) as error:
            warn(f"The consumer did not leave in order: {error}")
        sys.stdout.buffer.flush()


def _java_pattern(pattern: str) -> str:
    """A whole name must match, as Java's matches() wants it."""
    import re

    try:
        re.compile(pattern)
    except re.error as error:
        raise BadOption(f"{pattern} is no regular expression: {error}.") from None
    return f"^(?:{pattern})$"


@contextmanager
def _sigterm_stops() -> Iterator[None]:
    """SIGTERM ends the reading as Ctrl-C does."""
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


TOOL: Final = Tool(
    name="kafka-console-consumer",
    purpose="This tool helps to read data from Kafka topics and outputs it to standard output.",
    kafka_class="org.apache.kafka.tools.consumer.ConsoleConsumer",
    run=run,
    prints_records=True,
    options=(
        BOOTSTRAP,
        ZOOKEEPER,
        Option("topic", "The topic to read.", "topic", completes="topic"),
        Option("include", "A regular expression for the topics to read.", "Java regex (String)"),
        Option("whitelist", "DEPRECATED: the same as --include.", "Java regex (String)"),
        Option(
            "partition",
            "Read only this partition, from its end unless --offset says more.",
            "partition",
            whole,
        ),
        Option("offset", "Where to begin: a number, earliest or latest.", "consume offset", default="latest"),
        Option("from-beginning", "Begin at the earliest record where the group has no offset yet."),
        Option(
            "group",
            "The consumer group; a new one with a random name by default.",
            "consumer group id",
            completes="group",
        ),
        Option("max-messages", "Stop after so many records.", "num_messages", whole),
        Option("timeout-ms", "Stop when no record has come for so long.", "timeout_ms", whole),
        Option(
            "isolation-level",
            "read_committed leaves out records of open and aborted transactions.",
            "String",
            default="read_uncommitted",
        ),
        Option("skip-message-on-error", "Go on after a record that cannot be printed."),
        Option(
            "property",
            "What to print: print.key, print.value, print.timestamp, print.partition, print.offset, print.headers "
            "(true or false), key.separator (tab), line.separator, headers.separator (,), null.literal, "
            "key.deserializer, value.deserializer, headers.deserializer.",
            "prop",
            many=True,
        ),
        Option(
            "formatter-config",
            "A file with the same; --property counts before it.",
            "config file",
            completes="file",
        ),
        Option(
            "formatter",
            "Java's class that prints; OffsetsMessageFormatter reads __consumer_offsets.",
            "class",
            default="org.apache.kafka.tools.consumer.DefaultMessageFormatter",
        ),
        Option("key-deserializer", "Java's class that reads keys.", "deserializer for key"),
        Option("value-deserializer", "Java's class that reads values.", "deserializer for values"),
        Option("consumer-property", "A property of the consumer.", "consumer_prop", many=True),
        Option(
            "consumer.config",
            "A file with properties of the consumer; --consumer-property counts before it.",
            "config file",
            completes="file",
        ),
        Option("enable-systest-events", "Accepted for Kafka's sake."),
    ),
    examples=(
        "kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --from-beginning",
        "kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --group billing --property "
        "print.key=true",
    ),
)
