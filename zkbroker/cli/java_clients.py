"""kafka-python's producer and consumer, set up from a Java client's properties.

What has the same meaning under another name is translated, what has no meaning here is passed over with a line that
says so, and what would drop a check is refused.
"""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from zkbroker.cli.options import whole_long
from zkbroker.cli.tool import warn
from zkbroker.client.errors import CallFailed, sentence_of
from zkbroker.client.settings import MAX_MS, ClientSettings, SaslLogin, bearer_token, sasl_login, tls_context

SILENT: Final = frozenset(
    {
        "bootstrap.servers",
        "key.serializer",
        "value.serializer",
        "key.deserializer",
        "value.deserializer",
        "security.protocol",
        "client.id",
        "default.api.timeout.ms",
        "buffer.memory",
        "send.buffer.bytes",
        "receive.buffer.bytes",
        "partitioner.class",
        "partition.assignment.strategy",
        "interceptor.classes",
        "acks",
        "group.protocol",
    }
)
"""What is seen to elsewhere, or changes nothing that could be seen."""

ACKS: Final = ("all", "-1", "0", "1")
CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
RESETS: Final = ("latest", "earliest", "none")
ISOLATIONS: Final = ("read_committed", "read_uncommitted")
DEFAULT_PARTITIONERS: Final = ("DefaultPartitioner", "UniformStickyPartitioner")


def require_producer(settings: ClientSettings) -> None:
    """Raises: CallFailed, for what Java's producer refuses and the libraries do not."""
    _require_one_of(settings, "acks", ACKS)
    _require_one_of(settings, "compression.type", CODECS)


def producer_options(settings: ClientSettings) -> dict[str, Any]:
    """kafka-python's options for a producer. Raises: CallFailed."""
    from kafka import KafkaProducer

    options = _options(settings, KafkaProducer.DEFAULT_CONFIG)
    require_producer(settings)
    acks = settings.properties.get("acks", "all")
    options["acks"] = "all" if acks in ("all", "-1") else int(acks)
    explicit = str(settings.properties.get("enable.idempotence", "")).lower()
    if not explicit and options["acks"] != "all":
        options["enable_idempotence"] = False
    if explicit == "true" and options["acks"] != "all":
        raise CallFailed(
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
        )
    chosen = settings.properties.get("partitioner.class")
    if chosen:
        name = chosen.rpartition(".")[2]
        if name == "RoundRobinPartitioner":
            from kafka.partitioner import Partitioner

            Partitioner.register(RoundRobin)
            options["partitioner"] = RoundRobin()
        elif name not in DEFAULT_PARTITIONERS:
            raise CallFailed(
                f"partitioner.class={chosen} is a class of Java's; here there are RoundRobinPartitioner and "
                f"{' and '.join(DEFAULT_PARTITIONERS)}."
            )
    return options


def consumer_options(settings: ClientSettings) -> dict[str, Any]:
    """kafka-python's options for a consumer. Raises: CallFailed."""
    from kafka import KafkaConsumer

    options = _options(settings, KafkaConsumer.DEFAULT_CONFIG)
    _require_one_of(settings, "auto.offset.reset", RESETS)
    _require_one_of(settings, "isolation.level", ISOLATIONS)
    chosen = settings.properties.get("partition.assignment.strategy")
    if chosen:
        options["partition_assignment_strategy"] = list(_assignors(chosen))
    return options


PATIENCE_S: Final = 3600.0
"""How long to wait in one poll where nothing else limits it; it ends as soon as there are records, and by a signal.

kafka-python 3.0.12 never finishes a rebalance that its consumer began because of new metadata, if the poll ends in
its middle. Short polls in a loop run into that on a busy machine, and then hang.
"""


@contextmanager
def refusals() -> Iterator[None]:
    """What kafka-python raises in the block comes out as a sentence. Raises: CallFailed."""
    from kafka.errors import KafkaError as ClientError

    try:
        yield
    except ClientError as error:
        told = ", ".join(map(str, error.args))
        meaning = sentence_of(error.errno) if error.errno > 0 else type(error).__name__
        raise CallFailed(f"{meaning} ({told})" if told else meaning) from None


class RoundRobin:
    """A partitioner: one partition after the other, whatever the key. Source: RoundRobinPartitioner."""

    def __init__(self) -> None:
        self._numbers: dict[str, Iterator[int]] = defaultdict(itertools.count)
        self._again: int | None = None  # the same record is asked about a second time

    def on_new_batch(self, topic: str, cluster: Any, partition: int) -> None:
        """A batch is begun for the record, which is no reason for another partition (Kafka's bug KAFKA-9965)."""
        self._again = partition

    def partition(self, topic: str, *_: Any, cluster: Any = None) -> int:
        """`cluster` is the last argument, or named. Source: kafka.partitioner.Partitioner, kafka-python 3.0."""
        if self._again is not None:
            partition, self._again = self._again, None
            return partition
        known = _[-1] if cluster is None else cluster
        everywhere = known.available_partitions_for_topic(topic) or known.partitions_for_topic(topic)
        among = sorted(everywhere)
        return int(among[next(self._numbers[topic]) % len(among)])


def _assignors(names: str) -> Iterator[Any]:
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
    from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

    known = {
        "RangeAssignor": RangePartitionAssignor,
        "RoundRobinAssignor": RoundRobinPartitionAssignor,
        "StickyAssignor": StickyPartitionAssignor,
    }
    for name in names.split(","):
        short = name.strip().rpartition(".")[2]
        if short not in known:
            raise CallFailed(
                f"partition.assignment.strategy={name} is not served; there are {', '.join(known)}."
            )
        yield known[short]


def _options(settings: ClientSettings, known: Mapping[str, Any]) -> dict[str, Any]:
    """Raises: CallFailed."""
    logging.basicConfig(level=logging.ERROR, format="[%(asctime)s] %(levelname)s %(message)s (%(name)s)")
    options: dict[str, Any] = {
        "bootstrap_servers": [str(address) for address in settings.bootstrap],
        "client_id": settings.client_id,
        "security_protocol": settings.security_protocol,
    }
    for key, text in settings.properties.items():
        if key in SILENT or key.startswith(("ssl.", "sasl.")):
            continue
        name = key.replace(".", "_")
        if name not in known:
            warn(f"The property {key} has no meaning here and is passed over.")
        elif text != "":
            options[name] = _typed(key, text, known[name])
    if settings.uses_tls:
        options["ssl_context"] = tls_context(settings.properties)
    if settings.uses_sasl:
        login = sasl_login(settings.properties)
        if login.mechanism == "OAUTHBEARER":
            options["sasl_mechanism"] = login.mechanism
            options["sasl_oauth_token_provider"] = _token_provider(settings.properties, login)
            return options
        if login.options.get("tokenauth", "").lower() == "true":
            raise CallFailed(
                "Delegation tokens (tokenauth) are not served by this command: use PLAIN or SCRAM."
            )
        username, password = login.require("username", "password")
        options["sasl_mechanism"] = login.mechanism
        options["sasl_plain_username"] = username
        options["sasl_plain_password"] = password
    return options


def _token_provider(properties: Mapping[str, str], login: SaslLogin) -> Any:
    """kafka-python's way to a bearer token."""
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Given(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python is untyped
        def token(self) -> str:
            return bearer_token(properties, login)

    return Given()


def _require_one_of(settings: ClientSettings, key: str, allowed: Sequence[str]) -> None:
    """Raises: CallFailed."""
    text = settings.properties.get(key)
    if text is not None and text not in allowed:
        raise CallFailed(
            f"Invalid value {text} for configuration {key}: String must be one of: {', '.join(allowed)}"
        )


def _typed(key: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise CallFailed(
                f"Invalid value {text} for configuration {key}: Expected value to be either true or false"
            )
        return text.lower() == "true"
    if text == "none" and key == "compression.type":
        return None
    if isinstance(default, int | float) or (default is None and text.lstrip("-").isdecimal()):
        return _number(key, text)
    return text


def _number(key: str, text: str) -> int:
    """A time is cut to 24 days, which is what Python's clocks can wait."""
    try:
        number = whole_long(text)
        return min(number, MAX_MS) if key.endswith(".ms") else number
    except ValueError:
        raise CallFailed(f"Invalid value {text} for configuration {key}: Not a number of type INT") from None
