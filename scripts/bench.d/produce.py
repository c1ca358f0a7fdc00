"""One partition, one producer: Java's producer-performance tool against zkbroker and Apache Kafka in turn.

The producer's defaults (16 KiB batches), acks=1. Both brokers run all the time; only one has work.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import attrs
import trio
from measure import Figures, alternate, say, say_machine, say_ratio, usage

from tests.support.peers import (
    APACHE_KAFKA_AS_SHIPPED,
    APACHE_ZOOKEEPER,
    PRODUCER_PERFORMANCE,
    java_argv,
    missing,
)
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZKBROKER

OURS, THEIRS = ZKBROKER.name, APACHE_KAFKA_AS_SHIPPED.name


@attrs.frozen
class Load:
    """What the producer sends, and how."""

    records: int
    record_bytes: int
    properties: Sequence[str]

    @property
    def total_bytes(self) -> int:
        return self.records * self.record_bytes


@attrs.define(eq=False)
class Contestant:
    """One cluster, its topic per run, and what its brokers used."""

    cluster: Cluster
    load: Load
    replication_factor: int = 1
    topic_configs: dict[str, Any] = attrs.field(factory=dict)
    cpu_s_per_gb: list[float] = attrs.field(factory=list)

    async def run(self, turn: int) -> float:
        """MB/s (2^20 bytes) of one run into a topic of its own, as the tool reports it."""
        topic = await self.cluster.create_topic(
            f"run-{turn}",
            replication_factor=self.replication_factor,
            file_delete_delay_ms=100,
            **self.topic_configs,
        )
        before = self._cpu_s()
        mb_per_s = await produce(self.cluster.bootstrap, topic, self.load)
        if turn:
            self.cpu_s_per_gb.append((self._cpu_s() - before) / (self.load.total_bytes / 1e9))
        await self.cluster.client.delete_topic(topic)  # or its writing to disk would slow the next run
        return mb_per_s

    def _cpu_s(self) -> float:
        return sum(usage(broker.process.pid).cpu_s for broker in self.cluster.brokers.values())

    def say_usage(self, name: str) -> None:
        """CPU for the work, and the memory it took, of all brokers."""
        resident = [usage(b.process.pid).resident_bytes for b in self.cluster.brokers.values()]
        say(
            f"{name:16} broker CPU {Figures(self.cpu_s_per_gb)} s/GB, "
            f"resident now {max(resident) / 1e6:.0f} MB a broker"
        )


async def produce(bootstrap: str, topic: str, load: Load) -> float:
    """Run the tool once in a JVM of its own; MB/s as it reports them."""
    argv = java_argv(
        PRODUCER_PERFORMANCE,
        *("--topic", topic, "--num-records", str(load.records), "--record-size", str(load.record_bytes)),
        *("--throughput", "-1", "--producer-props", f"bootstrap.servers={bootstrap}", *load.properties),
        heap="512m",
        log4j="tools-log4j.properties",
        flags=(),
    )
    done = await trio.run_process(argv, capture_stdout=True)
    last = done.stdout.decode().strip().splitlines()[-1]
    return float(last.split("(")[1].split()[0])  # "… records/sec (54.21 MB/sec), …"


def options(description: str | None, **defaults: int) -> argparse.ArgumentParser:
    """The options that produce and replicated share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pairs", type=int, default=5, help="counted pairs of runs (default %(default)s)")
    parser.add_argument(
        "--records", type=int, default=defaults["records"], help="a run (default %(default)s)"
    )
    parser.add_argument(
        "--record-bytes", type=int, default=1024, help="size of a record (default %(default)s)"
    )
    parser.add_argument("--only", choices=(OURS, THEIRS), help="measure one alone")
    parser.add_argument("property", nargs="*", help="more of the producer's properties, key=value")
    return parser


async def compare(
    parsed: argparse.Namespace, producer: Sequence[str], brokers: int, topic_configs: dict[str, Any]
) -> None:
    """Start a cluster of each, run the load on them in turn, and say what came out."""
    load = Load(parsed.records, parsed.record_bytes, [*producer, *parsed.property])
    say_machine()
    say(f"{load.records:,} records of {load.record_bytes} bytes a run, {brokers} broker(s)")
    say(f"producer: {' '.join(load.properties)}")
    kinds = {OURS: (ZKBROKER, EMBEDDED_ZOOKEEPER), THEIRS: (APACHE_KAFKA_AS_SHIPPED, APACHE_ZOOKEEPER)}
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as directory:
        async with AsyncExitStack() as stack:
            contestants: dict[str, Contestant] = {}
            for name, (kind, zookeeper) in kinds.items():
                if parsed.only in (None, name):
                    cluster = await stack.enter_async_context(
                        open_cluster(
                            Path(directory, name),
                            brokers=brokers,
                            kinds=dict.fromkeys(range(1, brokers + 1), kind),
                            zookeeper=zookeeper,
                        )
                    )
                    contestants[name] = Contestant(cluster, load, brokers, topic_configs)
            runs = {name: contestant.run for name, contestant in contestants.items()}
            figures = await alternate(runs, parsed.pairs, "MB/s")
            for name, contestant in contestants.items():
                contestant.say_usage(name)
            if parsed.only is None:
                say_ratio(figures, OURS, THEIRS, "MB/s")


def main(argv: Sequence[str]) -> int:
    parsed = options(__doc__, records=500_000).parse_args(argv)
    if reason := missing():
        say(f"this measurement needs Apache Kafka's jars: {reason}")
        return 1
    trio.run(compare, parsed, ["acks=1", "enable.idempotence=false"], 1, {})
    return 0
