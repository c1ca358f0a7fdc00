"""A producer for load: confluent-kafka's where it is installed, else kafka-python's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from zkbroker.cli.options import BadOption
from zkbroker.cli.tool import warn

if TYPE_CHECKING:
    from zkbroker.client.settings import ClientSettings

Acknowledged = Callable[[BaseException | None, int, int], None]
"""Called with an error or none, the partition and the offset of each record."""


class Sender(Protocol):
    """What a load tool needs of a producer."""

    def send(self, topic: str, value: bytes, key: bytes | None, acknowledged: Acknowledged) -> None: ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


def open_sender(settings: ClientSettings) -> Sender:
    """Raises: BadOption, CallFailed."""
    from zkbroker.cli.java_clients import require_producer

    require_producer(settings)
    try:
        import confluent_kafka  # noqa: F401
    except ImportError:
        return _PythonSender(settings)
    if settings.uses_tls or settings.uses_sasl:
        return _PythonSender(settings)  # whose configuration is a Java client's
    return _NativeSender(settings)


class _NativeSender:
    """On librdkafka, which knows most of Java's names."""

    def __init__(self, settings: ClientSettings) -> None:
        from confluent_kafka import KafkaException, Producer

        config: dict[str, Any] = {
            "bootstrap.servers": ",".join(map(str, settings.bootstrap)),
            "client.id": settings.client_id,
            "linger.ms": 0,
            "batch.size": 16384,
            "partitioner": "murmur2_random",
            "queue.buffering.max.kbytes": 65536,
        }
        for key, value in settings.properties.items():
            if key in ("bootstrap.servers", "client.id") or key.endswith((".serializer", ".class")):
                continue
            if key == "buffer.memory":
                if not value.isdecimal():
                    raise BadOption(
                        f"Invalid value {value} for configuration {key}: Not a number of type LONG"
                    )
                config["queue.buffering.max.kbytes"] = max(1, int(value) // 1024)
                continue
            config[key] = value
        while True:
            try:
                self._producer = Producer(config)
                break
            except KafkaException as error:
                text = str(error.args[0])
                strange = next((key for key in config if f'"{key}"' in text), None)
                if strange is None or "No such configuration property" not in text:
                    raise BadOption(f"The producer cannot be made: {text}") from None
                warn(f"The property {strange} has no meaning here and is passed over.")
                del config[strange]
        if "transactional.id" in config:
            with _refusals():
                self._producer.init_transactions(30)

    def send(self, topic: str, value: bytes, key: bytes | None, acknowledged: Acknowledged) -> None:
        def report(error: Any, message: Any) -> None:
            failure = None if error is None else BadOption(error.str())
            acknowledged(failure, message.partition() or 0, message.offset() or 0)

        with _refusals():
            while True:
                try:
                    self._producer.produce(topic, value, key, on_delivery=report)
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self._producer.poll(0)

    def begin(self) -> None:
        with _refusals():
            self._producer.begin_transaction()

    def commit(self) -> None:
        with _refusals():
            self._producer.commit_transaction(60)

    def close(self) -> None:
        while self._producer.flush(60):
            pass  # each record is delivered, or given up after its delivery.timeout.ms


@contextmanager
def _refusals() -> Iterator[None]:
    """What librdkafka raises in the block comes out as a sentence. Raises: BadOption."""
    from confluent_kafka import KafkaException

    try:
        yield
    except KafkaException as error:
        failed = error.args[0]
        raise BadOption(str(failed.str() if hasattr(failed, "str") else failed)) from None


class _PythonSender:
    """On kafka-python."""

    def __init__(self, settings: ClientSettings) -> None:
        from kafka import KafkaProducer

        from zkbroker.cli.java_clients import producer_options

        self._producer = KafkaProducer(**producer_options(settings))
        if settings.properties.get("transactional.id"):
            self._producer.init_transactions()

    def send(self, topic: str, value: bytes, key: bytes | None, acknowledged: Acknowledged) -> None:
        future = self._producer.send(topic, value, key)
        future.add_callback(lambda found: acknowledged(None, found.partition, found.offset))
        future.add_errback(lambda error: acknowledged(error, -1, -1))

    def begin(self) -> None:
        self._producer.begin_transaction()

    def commit(self) -> None:
        self._producer.commit_transaction()

    def close(self) -> None:
        self._producer.close()


class Pace:
    """Waits so that no more than so many a second are begun; -1: as many as can be."""

    def __init__(self, per_second: float, now_s: float) -> None:
        self._per_second = per_second
        self._began_s = now_s

    def wait_s(self, done: int, now_s: float) -> float:
        """How long to wait when `done` have been begun."""
        if self._per_second < 0:
            return 0.0
        return max(0.0, self._began_s + done / max(self._per_second, 0.001) - now_s)
