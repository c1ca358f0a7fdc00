"""Applications that read, process and write in transactions, and somebody who reads what they committed."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import trio
from confluent_kafka import Consumer, TopicPartition

from tests.cluster.processor import ABORTED
from tests.support.peers import compile_classes, java_argv
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.processes import ManagedProcess

PARTITIONS = 3
PROGRESS_S = 180.0

Argv = Callable[..., list[str]]


def librdkafka(*args: str) -> list[str]:
    """The command line of tests/cluster/processor.py."""
    return [sys.executable, str(Path(__file__).with_name("processor.py")), *args]


def java(*args: str) -> list[str]:
    """The command line of tests/peers/Processor.java."""
    compile_classes()
    return java_argv("Processor", *args, log4j="tools-log4j.properties")


@attrs.define(eq=False)
class CommittedReader:
    """Reads a topic with read_committed for as long as it is there. `run` blocks a thread."""

    bootstrap: str
    topic: str
    values: dict[tuple[int, int], bytes] = attrs.field(factory=dict)  # (partition, offset) -> value
    numbers: set[int] = attrs.field(factory=set)
    failure: str = ""
    is_over: threading.Event = attrs.field(factory=threading.Event)

    def run(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "unused",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "reconnect.backoff.max.ms": 500,
                "log_level": 2,
            }
        )
        try:
            consumer.assign([TopicPartition(self.topic, each, 0) for each in range(PARTITIONS)])
            while not self.is_over.is_set():
                for message in consumer.consume(500, timeout=0.1):
                    error = message.error()
                    if error is None:
                        self._take(message)
                    elif error.fatal() or error.name() == "_AUTO_OFFSET_RESET":
                        self.failure = self.failure or f"{self.topic}: {error}"
        finally:
            consumer.close()

    def _take(self, message: Any) -> None:
        value, place = message.value(), (message.partition(), message.offset())
        if value == ABORTED:
            self.failure = self.failure or f"{self.topic}: an aborted record was shown at {place}"
        elif int(value) in self.numbers:
            self.failure = self.failure or f"{self.topic}: {value!r} is there twice, again at {place}"
        else:
            self.numbers.add(int(value))
        self.values[place] = value


@attrs.define(eq=False)
class Pipeline:
    """Two processes of one application, from one topic to another."""

    cluster: Cluster
    name: str
    argv: Argv
    source: str
    target: str
    processes: dict[str, ManagedProcess] = attrs.field(factory=dict)
    zombies: int = 0
    hung: int = 0

    @property
    def group(self) -> str:
        return f"{self.name}-group"

    @property
    def transactional_ids(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(2)]

    async def start(self, transactional_id: str) -> None:
        """Start the process of a transactional id, or another one in place of a zombie."""
        old = self.processes.get(transactional_id)
        if old is not None and not old.is_running:
            old.start()
        else:
            self.zombies += old is not None
            args = (self.cluster.bootstrap, self.group, transactional_id, self.source, self.target)
            log = self.cluster.directory / f"{transactional_id}-{self.zombies}.log"
            process = ManagedProcess(transactional_id, self.argv(*args), log)
            self.processes[transactional_id] = process
            process.start()
        await self.processes[transactional_id].wait_for_line("^ready")

    def kill_all(self) -> None:
        for process in self.processes.values():
            process.kill()

    def tend(self) -> None:
        """Start a hung processor again; nothing else but a signal of ours may end one. Raises: AssertionError."""
        for process in self.processes.values():
            code = None if process.is_running else process.exit_code
            if code == -signal.SIGALRM:
                self.hung += 1
                process.start()
            else:
                assert code in (None, -signal.SIGKILL), f"{process.name} ended with {code}:\n{process.tail()}"


async def read_in_thread(reader: CommittedReader, *, task_status: trio.TaskStatus[None]) -> None:
    """Run a reader beside other tasks."""
    task_status.started()
    try:
        await trio.to_thread.run_sync(reader.run, abandon_on_cancel=True)
    finally:
        reader.is_over.set()


async def wait_processed(
    cluster: Cluster, readers: Iterable[CommittedReader], pipelines: Iterable[Pipeline], numbers: int
) -> None:
    """Wait until every reader has seen so many numbers. Raises: AssertionError, also when it saw wrong ones."""
    readers, pipelines = list(readers), list(pipelines)

    async def is_so() -> bool:
        for reader in readers:
            assert not reader.failure, reader.failure
        for pipeline in pipelines:
            pipeline.tend()
        return all(len(reader.numbers) >= numbers for reader in readers)

    def report() -> str:
        seen = {reader.topic: len(reader.numbers) for reader in readers}
        said = [f"---- {p.name}\n{p.tail(20)}" for line in pipelines for p in line.processes.values()]
        return f"{numbers} records processed, only {seen}\n" + "\n".join(said)

    try:
        await cluster.wait_until(is_so, "progress", PROGRESS_S)
    except AssertionError as error:
        raise AssertionError(f"{report()}\n{error}") from None


def require_exactly_once(acknowledged: Mapping[int, int], reader: CommittedReader) -> None:
    """Every record of the input once, in the order of its partition, and nothing else. Raises: AssertionError."""
    found: dict[int, list[int]] = {}
    for (partition, _), value in sorted(reader.values.items()):
        found.setdefault(partition, []).append(int(value))
    wanted: dict[int, list[int]] = {}
    for number, _ in sorted(acknowledged.items(), key=lambda item: item[1]):
        wanted.setdefault(number % PARTITIONS, []).append(number)
    assert found == wanted
