"""A stream of numbered records into one partition, by librdkafka, that can be held while a test does something."""

from __future__ import annotations

import threading
from typing import Any

import attrs
import trio
from confluent_kafka import Producer

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
        for number in range(self.count):
            while not self.failures and (
                number >= self.limit or number - len(self.acknowledged) >= IN_FLIGHT
            ):
                if producer.poll(0.05) == 0:
                    with self._moved:
                        self._moved.wait(0.01)
            if self.failures:
                return
            producer.produce(
                self.topic, value=b"%d" % number, partition=0, on_delivery=self._delivered(number)
            )
        while not self.failures and len(self.acknowledged) < self.count:
            producer.poll(0.05)

    def raise_limit(self, limit: int) -> None:
        """Let the records before `limit` go."""
        with self._moved:
            self.limit = limit
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


async def run_in_thread(stream: NumberedStream, *, task_status: trio.TaskStatus[None]) -> None:
    """Run a stream beside other tasks; a cancelled test makes it stop."""
    task_status.started()
    try:
        await trio.to_thread.run_sync(stream.run, abandon_on_cancel=True)
    except trio.Cancelled:
        stream.failures.append("the test is over")  # ends the abandoned thread soon
        raise
