"""A stream of numbered records, by librdkafka, that can be held while a test does something."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import trio
from confluent_kafka import Consumer, KafkaException, Producer

from zkbroker.testing.cluster import Cluster

IN_FLIGHT = 1_000  # records at most, so that the stream is still running when something happens
DELIVERY_S = 180.0


@attrs.define(eq=False)
class NumberedStream:
    """Sends `0`, `1`, … `count - 1` in order, idempotent, acks=all; nothing from `limit` on before it is raised.

    `run` blocks a thread; the rest may be called from anywhere.
    """

    bootstrap: str
    topic: str
    count: int
    limit: int = 0
    partitions: int = 1  # number N goes to partition N modulo this
    acknowledged: dict[int, int] = attrs.field(factory=dict)  # number -> offset
    failures: list[str] = attrs.field(factory=list)
    _moved: threading.Condition = attrs.field(factory=threading.Condition, init=False)

    def run(self) -> None:
        """Send everything and wait for the last acknowledgement, or the first failure."""
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 2,
                "message.timeout.ms": int(DELIVERY_S * 1000),
                "reconnect.backoff.max.ms": 1000,
                "log_level": 2,
            }
        )
        for number in itertools.count():
            while (
                not self.failures
                and number < self.count
                and (number >= self.limit or number - len(self.acknowledged) >= IN_FLIGHT)
            ):
                if producer.poll(0.05) == 0:
                    with self._moved:
                        self._moved.wait(0.01)
            if self.failures or number >= self.count:
                break
            producer.produce(
                self.topic,
                value=b"%d" % number,
                partition=number % self.partitions,
                on_delivery=self._delivered(number),
            )
        while not self.failures and len(self.acknowledged) < self.count:
            producer.poll(0.05)

    def raise_limit(self, limit: int) -> None:
        """Let the records before `limit` go."""
        with self._moved:
            self.limit = limit
            self._moved.notify_all()

    def end_at_limit(self) -> None:
        """No more records than those let go by now."""
        with self._moved:
            self.count = self.limit
            self._moved.notify_all()

    async def wait_acknowledged(self, count: int, cluster: Cluster) -> None:
        """Wait until so many records are acknowledged. Raises: AssertionError when one failed."""

        async def is_so() -> bool:
            assert not self.failures, self.failures[0]
            return len(self.acknowledged) >= count

        await cluster.wait_until(is_so, f"{count} acknowledged records", timeout_s=DELIVERY_S)

    def _delivered(self, number: int) -> Any:
        def delivered(error: object, message: Any) -> None:
            if error is not None:
                self.failures.append(f"record {number}: {error}")
            else:
                self.acknowledged[number] = message.offset()

        return delivered


@attrs.define(eq=False)
class Transactions:
    """Writes numbered records in transactions of three, each third transaction aborted, until told to stop.

    `run` blocks a thread; the rest may be called from anywhere.
    """

    bootstrap: str
    topic: str
    committed: list[int] = attrs.field(factory=list)
    failures: list[str] = attrs.field(factory=list)
    aborted: int = 0
    _stopping: threading.Event = attrs.field(factory=threading.Event, init=False)

    def run(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "transactional.id": "numbers",
                "transaction.timeout.ms": 30_000,
                "reconnect.backoff.max.ms": 1000,
                "log_level": 2,
            }
        )
        try:
            _persist(producer.init_transactions)
            next_number = 0
            while not self._stopping.is_set():
                numbers = range(next_number, next_number := next_number + 3)
                self._one(producer, numbers, commits=numbers[0] // 3 % 3 != 2)
        except KafkaException as error:
            self.failures.append(str(error))

    def _one(self, producer: Any, numbers: range, *, commits: bool) -> None:
        producer.begin_transaction()
        for number in numbers:
            producer.produce(self.topic, value=b"%d" % number, partition=0)
        try:
            if commits:
                _persist(producer.commit_transaction)
                self.committed += numbers
                return
            # Aborting what is not registered yet may be fatal: github.com/confluentinc/librdkafka/issues/4849
            producer.flush(DELIVERY_S)
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
        _persist(producer.abort_transaction)
        self.aborted += 1

    def stop(self) -> None:
        """End after the transaction under way."""
        self._stopping.set()

    async def wait_committed(self, more: int, cluster: Cluster) -> None:
        """Wait until so many more records are committed. Raises: AssertionError when it failed."""
        wanted = len(self.committed) + more

        async def is_so() -> bool:
            assert not self.failures, self.failures[0]
            return len(self.committed) >= wanted

        await cluster.wait_until(is_so, f"{wanted} committed records", timeout_s=DELIVERY_S)


def _persist(call: Callable[[], object]) -> None:
    """Do it again while the failure is one that passes. Raises: KafkaException."""
    deadline = time.monotonic() + DELIVERY_S
    while True:
        try:
            call()
            return
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise


def read_as_group(bootstrap: str, group: str, topic: str, count: int, **settings: str) -> list[bytes]:
    """The next `count` values a group has not committed, committed one batch after the other; a new member each time.

    Blocks. Raises: AssertionError when they do not come.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 2,
            **settings,
        }
    )
    values: list[bytes] = []
    deadline = time.monotonic() + DELIVERY_S
    try:
        consumer.subscribe([topic])
        while len(values) < count:
            assert time.monotonic() < deadline, (
                f"{len(values)} of {count} records of {topic} in {DELIVERY_S} s"
            )
            messages = [m for m in consumer.consume(min(500, count - len(values)), 0.2) if m.error() is None]
            if messages:
                values += [message.value() or b"" for message in messages]
                _persist(lambda: consumer.commit(message=messages[-1], asynchronous=False))  # noqa: B023
    finally:
        consumer.close()
    return values


async def run_in_thread(stream: NumberedStream | Transactions, *, task_status: trio.TaskStatus[None]) -> None:
    """Run a stream beside other tasks; a cancelled test makes it stop."""
    task_status.started()
    try:
        await trio.to_thread.run_sync(stream.run, abandon_on_cancel=True)
    except trio.Cancelled:
        stream.failures.append("the test is over")  # ends the abandoned thread soon
        if isinstance(stream, Transactions):
            stream.stop()
        raise
