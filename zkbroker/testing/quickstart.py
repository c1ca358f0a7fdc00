"""The quickstart: a real file through a cluster whose leader is killed on the way, by a real Kafka client.

`main(["--check"])` stops by itself; its exit code says whether every line came back, once and in order.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Protocol

import attrs
import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import InvalidReplicationFactorError, KafkaError
from rich.console import Console

import zkbroker
from zkbroker.testing.up import UpFailed, up

BROKERS = 3
REPLICAS = 3
MIN_INSYNC_REPLICAS = 2
IN_FLIGHT_LINES = 500  # at most, so that the stream is still running when the leader dies
WAIT_S = 120.0
POLL_S = 0.1


class Disappointed(Exception):
    """Something that the quickstart promises did not hold. The message is for people."""


class Cluster(Protocol):
    """A running cluster, as the quickstart needs it."""

    @property
    def bootstrap(self) -> str:
        """`host:port` of its brokers, separated by commas."""

    def kill(self, broker_id: int) -> int:
        """kill -9 one broker; its process id."""

    def restart(self, broker_id: int) -> None:
        """Start a killed broker again, on its data."""

    def wait(self) -> None:
        """Stay until the cluster ends."""


OpenCluster = Callable[[int, Callable[[str], None]], AbstractContextManager[Cluster]]


def main(argv: Sequence[str] | None = None, open_cluster: OpenCluster = up) -> int:
    """Run the quickstart; 0 if all held, 1 if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="scripts/quickstart",
        description="Start a cluster, stream a file through it, kill the leader on the way: nothing is lost.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="a file to stream line by line (else our sources)")
    parser.add_argument("--check", action="store_true", help="stop at the end; exit code 0 if all held")
    options = parser.parse_args(argv)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it reports every retry, and retries are the point
    console = Console(highlight=False, soft_wrap=True)
    try:
        lines = list(read_lines(options.file))
        started = time.monotonic()
        console.print(f"[bold]1[/]  starting {BROKERS} brokers and a ZooKeeper")

        def pass_on(line: str) -> None:
            if not line.startswith("Up in "):  # it speaks of data that stay; ours go at the end
                console.print(f"   {line}", style="dim", markup=False)

        with open_cluster(BROKERS, pass_on) as cluster:
            console.print(f"   ready after {time.monotonic() - started:.1f} s on {cluster.bootstrap}")
            Show(console, cluster, lines, options.file).run()
            if not options.check:
                console.print(f"\nThe cluster stays up on [bold]{cluster.bootstrap}[/]; Ctrl-C stops it.")
                cluster.wait()
    except (Disappointed, UpFailed, OSError, KafkaError) as failure:
        console.print(f"[bold red]failed:[/] {failure}")
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130 if options.check else 0
    return 0


def read_lines(file: Path | None) -> Iterator[bytes]:
    """The lines of a file, without their ends; of all our own sources if there is none."""
    files = [file] if file is not None else sorted(Path(zkbroker.__file__).parent.rglob("*.py"))
    for source in files:
        yield from source.read_bytes().splitlines()


@attrs.define(eq=False)
class Stream:
    """Lines on their way to one partition: sent in order, a few hundred unacknowledged at a time.

    `run` is for a thread; the rest may be read from any.
    """

    bootstrap: str
    topic: str
    lines: Sequence[bytes]
    hold_at: int  # no line from here on is sent before `go_on` is set
    go_on: threading.Event = attrs.field(factory=threading.Event)
    acknowledged: dict[int, int] = attrs.field(factory=dict)  # line number -> offset
    failures: list[BaseException] = attrs.field(factory=list)
    longest_pause_s: float = 0.0  # between two acknowledgements
    _last_s: float = attrs.field(factory=time.monotonic)

    def run(self) -> None:
        """Send every line and wait for the last acknowledgement; what goes wrong is in `failures`."""
        try:
            producer = KafkaProducer(
                bootstrap_servers=self.bootstrap.split(","),
                acks="all",
                enable_idempotence=True,
                linger_ms=2,
                delivery_timeout_ms=int(WAIT_S * 1000),
            )
            with closing(producer):
                self._send_all(producer)
        except Exception as failure:  # a thread: whoever waits for the acknowledgements must learn of it
            self.failures.append(failure)

    def _send_all(self, producer: KafkaProducer) -> None:
        room = threading.Semaphore(IN_FLIGHT_LINES)
        for number, line in enumerate(self.lines):
            if number == self.hold_at:
                self.go_on.wait(WAIT_S)
            room.acquire()
            if self.failures:
                return
            future = producer.send(self.topic, value=line, partition=0)
            future.add_callback(lambda metadata, number=number: self._acknowledge(number, metadata.offset))
            future.add_errback(self.failures.append)
            future.add_both(lambda _: room.release())
        producer.flush(WAIT_S)

    def _acknowledge(self, number: int, offset: int) -> None:
        now_s = time.monotonic()
        if self.acknowledged:
            self.longest_pause_s = max(self.longest_pause_s, now_s - self._last_s)
        self._last_s = now_s
        self.acknowledged[number] = offset


@attrs.define(eq=False)
class Show:
    """The show itself: topic, stream, kill, read back; each step says what it saw."""

    console: Console
    cluster: Cluster
    lines: Sequence[bytes]
    file: Path | None
    topic: str = attrs.field(factory=lambda: f"quickstart-{time.strftime('%H%M%S')}")

    def run(self) -> None:
        """Raises: Disappointed, saying what did not hold."""
        with closing(KafkaAdminClient(bootstrap_servers=self.cluster.bootstrap.split(","))) as admin:
            self._create_topic(admin)
            stream = Stream(self.cluster.bootstrap, self.topic, self.lines, hold_at=len(self.lines) * 2 // 3)
            thread = threading.Thread(target=stream.run, name="stream", daemon=True)
            thread.start()
            try:
                self._kill_leader(admin, stream)
            finally:
                stream.go_on.set()
            thread.join(WAIT_S)
        self._require_acknowledged(stream)
        self._read_back(stream)

    def _step(self, number: int, text: str) -> None:
        self.console.print(f"[bold]{number}[/]  {text}")

    def _create_topic(self, admin: KafkaAdminClient) -> None:
        configs = {"min.insync.replicas": str(MIN_INSYNC_REPLICAS)}
        topic = NewTopic(self.topic, num_partitions=1, replication_factor=REPLICAS, topic_configs=configs)

        def is_created() -> bool:
            try:
                admin.create_topics([topic], wait_for_metadata=True)
            except InvalidReplicationFactorError:
                return False  # the controller has not met every broker yet
            return True

        _wait_until(is_created, f"{REPLICAS} brokers to put the replicas on")
        leader = self._wait_for_leader(admin, lambda leader, isr: len(isr) == REPLICAS)
        self._step(
            2,
            f"topic {self.topic}: {REPLICAS} replicas, min.insync.replicas={MIN_INSYNC_REPLICAS}, "
            f"led by broker {leader}",
        )

    def _kill_leader(self, admin: KafkaAdminClient, stream: Stream) -> None:
        what = f"the file {self.file}" if self.file else "zkbroker's own sources"
        self._step(
            3,
            f"streaming {what}, {len(self.lines):,} lines, as records, acks=all, by an idempotent producer "
            f"(kafka-python {kafka.__version__})",
        )
        third = len(self.lines) // 3
        _wait_until(lambda: len(stream.acknowledged) >= third or bool(stream.failures), "the first third")
        leader = self._wait_for_leader(admin, lambda leader, isr: True)
        acknowledged = len(stream.acknowledged)
        pid = self.cluster.kill(leader)
        killed_s = time.monotonic()
        self._step(
            4,
            f"{acknowledged:,} lines acknowledged; [red]kill -9[/] of the leader, "
            f"broker {leader} (process {pid})",
        )
        stream.go_on.set()
        successor = self._wait_for_leader(admin, lambda now, isr: now not in (leader, -1))
        self.console.print(f"   broker {successor} leads, {time.monotonic() - killed_s:.1f} s later")
        self.cluster.restart(leader)
        self._wait_for_leader(admin, lambda now, isr: len(isr) == REPLICAS)
        self._step(5, f"broker {leader} started again: it has caught up, {REPLICAS} replicas are in sync")

    def _require_acknowledged(self, stream: Stream) -> None:
        if stream.failures:
            raise Disappointed(f"the producer gave up: {stream.failures[0]!r}")
        acknowledged = len(stream.acknowledged)
        if acknowledged < len(self.lines):
            raise Disappointed(f"only {acknowledged:,} of {len(self.lines):,} lines were acknowledged")
        self._step(
            6,
            f"all {len(self.lines):,} lines acknowledged; "
            f"the longest wait for one was {stream.longest_pause_s:.1f} s",
        )

    def _read_back(self, stream: Stream) -> None:
        records = _read_all(self.cluster.bootstrap, self.topic)
        for number, offset in stream.acknowledged.items():
            if records.get(offset) != self.lines[number]:
                raise Disappointed(f"line {number + 1} was acknowledged at offset {offset} and is not there")
        offsets = [stream.acknowledged[number] for number in range(len(self.lines))]
        if offsets != sorted(offsets):
            raise Disappointed("lines were stored out of order")
        if len(records) != len(self.lines):
            raise Disappointed(f"{len(self.lines):,} lines were sent and {len(records):,} records are there")
        self._step(7, f"[green]read back {len(records):,} records: every line, once and in order[/]")

    def _wait_for_leader(self, admin: KafkaAdminClient, wanted: Callable[[int, Sequence[int]], bool]) -> int:
        """Wait until leader and in-sync replicas of the partition are as wanted; the leader then."""
        found = -1

        def is_so() -> bool:
            nonlocal found
            try:
                (topic,) = admin.describe_topics([self.topic])
            except KafkaError:
                return False  # the broker that was asked is the one that died
            for partition in topic["partitions"]:
                found = partition["leader_id"]
                return found >= 0 and wanted(found, partition["isr_nodes"])
            return False

        _wait_until(is_so, "a leader")
        return found


def _read_all(bootstrap: str, topic: str) -> dict[int, bytes]:
    """Every record of the topic's one partition, by offset. Raises: Disappointed if an offset comes twice."""
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False)
    records: dict[int, bytes] = {}
    with closing(consumer):
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        deadline_s = time.monotonic() + WAIT_S
        while consumer.position(partition) < end:
            if time.monotonic() > deadline_s:
                raise Disappointed(f"{len(records):,} of {end:,} records were read in {WAIT_S:.0f} s")
            for record in consumer.poll(timeout_ms=500, max_records=5000).get(partition, ()):
                if record.offset in records:
                    raise Disappointed(f"offset {record.offset} was read twice")
                records[record.offset] = record.value
    return records


def _wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > deadline_s:
            raise Disappointed(f"waited {WAIT_S:.0f} s for {what}")
        time.sleep(POLL_S)


if __name__ == "__main__":
    sys.exit(main())
