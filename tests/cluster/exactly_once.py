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

from tests.cluster.processor import ABORTED, FENCED
from tests.support.peers import compile_classes, java_argv
from zkbroker.coordinator.placement import partition_for
from zkbroker.protocol.generated.describe_transactions_request import DescribeTransactionsRequest
from zkbroker.protocol.generated.describe_transactions_response import DescribeTransactionsResponse
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.processes import ManagedProcess

PARTITIONS = 3
PROGRESS_S = 180.0
RECORDS_A_TRY = 60
GROUP_LOG, TRANSACTION_LOG = "__consumer_offsets", "__transaction_state"
INTERNAL = {GROUP_LOG: 6, TRANSACTION_LOG: 6}
"""Partitions of the coordinators' topics."""

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
    processes: dict[str, ManagedProcess] = attrs.field(factory=dict)  # by transactional id
    zombies: list[ManagedProcess] = attrs.field(factory=list)  # whose transactional ids others have taken
    impatient: set[str] = attrs.field(factory=set)  # transactional ids whose transactions time out soon
    started: int = 0
    hung: int = 0
    fenced: int = 0

    @property
    def group(self) -> str:
        return f"{self.name}-group"

    @property
    def transactional_ids(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(2)]

    async def start(self, transactional_id: str, transaction_timeout_ms: int = 60_000) -> None:
        """Start a process with this transactional id; one that has it still, frozen, is a zombie from now on."""
        old = self.processes.get(transactional_id)
        if old is not None and old.is_running:
            self.zombies.append(old)
        args = (self.cluster.bootstrap, self.group, transactional_id, self.source, self.target)
        log = self.cluster.directory / f"{transactional_id}-{self.started}.log"
        process = ManagedProcess(
            f"{transactional_id} ({self.started})", self.argv(*args, str(transaction_timeout_ms)), log
        )
        self.started += 1
        self.processes[transactional_id] = process
        process.start()
        await process.wait_for_line("^ready")

    async def freeze_in_transaction(self, transactional_id: str, feed: Callable[[int], object]) -> None:
        """Freeze the process at a moment when it has a transaction open, as the coordinator says.

        `feed` lets go of so many more records, that there is something to do.
        """
        process = self.processes[transactional_id]

        async def is_caught() -> bool:
            process.pause()
            if await transaction_state(self.cluster, transactional_id) == "Ongoing":
                return True
            process.resume()
            feed(RECORDS_A_TRY)
            return False

        try:
            await self.cluster.wait_until(is_caught, f"{transactional_id} has a transaction open", PROGRESS_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{process.name}:\n{process.tail()}") from None

    def kill_all(self) -> None:
        for process in (*self.processes.values(), *self.zombies):
            process.kill()

    def tend(self) -> None:
        """Start a hung processor again; but for a signal of ours, only being fenced may end one, and only a zombie or
        one whose transaction timed out may be. Raises: AssertionError.
        """
        for zombie in [each for each in self.zombies if not each.is_running]:
            assert zombie.exit_code == FENCED, f"zombie {zombie.name}: {zombie.exit_code}:\n{zombie.tail()}"
            self.zombies.remove(zombie)
            self.fenced += 1
        for transactional_id, process in self.processes.items():
            code = None if process.is_running else process.exit_code
            if code == -signal.SIGALRM:
                self.hung += 1
                process.start()
            elif code == FENCED and transactional_id in self.impatient:
                self.fenced += 1
                process.start()
            else:
                assert code in (None, -signal.SIGKILL), f"{process.name} ended with {code}:\n{process.tail()}"


async def transaction_state(cluster: Cluster, transactional_id: str) -> str:
    """As its coordinator has it. Empty: it does not know."""
    leader = await cluster.leader_of(
        TRANSACTION_LOG, partition_for(transactional_id, INTERNAL[TRANSACTION_LOG])
    )
    answer = await cluster.client.request(
        cluster.brokers[leader].bootstrap,
        DescribeTransactionsRequest(transactional_ids=[transactional_id]),
        DescribeTransactionsResponse,
    )
    (found,) = answer.transaction_states
    return found.transaction_state


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
        processes = [each for line in pipelines for each in (*line.processes.values(), *line.zombies)]
        said = [f"---- {each.name}\n{each.tail(20)}" for each in processes]
        return f"{numbers} records processed, only {seen}\n" + "\n".join(said)

    try:
        await cluster.wait_until(is_so, "progress", PROGRESS_S)
    except AssertionError as error:
        raise AssertionError(f"{report()}\n{error}") from None


async def wait_fenced(cluster: Cluster, pipelines: Iterable[Pipeline]) -> None:
    """Wait until every zombie has ended because another one has its transactional id. Raises: AssertionError."""
    pipelines = list(pipelines)

    async def is_so() -> bool:
        for pipeline in pipelines:
            pipeline.tend()
        return not any(pipeline.zombies for pipeline in pipelines)

    try:
        await cluster.wait_until(is_so, "the zombies are fenced", PROGRESS_S)
    except AssertionError as error:
        said = "\n".join(f"---- {each.name}\n{each.tail(20)}" for p in pipelines for each in p.zombies)
        raise AssertionError(f"{error}\n{said}") from None


def require_exactly_once(acknowledged: Mapping[int, int], reader: CommittedReader) -> None:
    """Every record of the input once, in the order of its partition, and nothing else. Raises: AssertionError."""
    found: dict[int, list[int]] = {}
    for (partition, _), value in sorted(reader.values.items()):
        found.setdefault(partition, []).append(int(value))
    wanted: dict[int, list[int]] = {}
    for number, _ in sorted(acknowledged.items(), key=lambda item: item[1]):
        wanted.setdefault(number % PARTITIONS, []).append(number)
    assert found == wanted
