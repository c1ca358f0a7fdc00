"""A broker that is controller and leads a third of all partitions is killed: how long until all is well again.

The clock starts when an independent ZooKeeper client sees the broker's registration vanish. All is well when
every surviving broker's metadata shows a live leader for every partition and records sent to 50 of them with
acks=all are acknowledged. The time from the request to create the topics to the same condition is measured, too.
A *warm* takeover is by a broker that holds metadata, a *cold* one by a broker that was told to forget it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio
from kazoo.client import KazooClient
from measure import Figures, say, say_machine, usage

from tests.support.peers import APACHE_KAFKA_AS_SHIPPED, APACHE_ZOOKEEPER, missing
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.generated.create_topics_request import CreatableTopic, CreateTopicsRequest
from zkbroker.protocol.generated.create_topics_response import CreateTopicsResponse
from zkbroker.protocol.generated.elect_leaders_request import ElectLeadersRequest
from zkbroker.protocol.generated.elect_leaders_response import ElectLeadersResponse
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.protocol.generated.produce_request import (
    PartitionProduceData,
    ProduceRequest,
    TopicProduceData,
)
from zkbroker.protocol.generated.produce_response import ProduceResponse
from zkbroker.protocol.records import Record, build_batch
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZKBROKER, BrokerKind, ZooKeeperKind
from zkbroker.zookeeper import znodes

BROKERS = 3
PARTITIONS_A_TOPIC = 10
PRODUCED_TO = 50
LOOK_EVERY_S = 0.03
PATIENCE_S = 180.0

FORGETFUL = """
import sys
from zkbroker.controller.reign import Reign
from zkbroker.__main__ import main
Reign._cached = lambda reign: {}
sys.exit(main(["broker", *sys.argv[1:]]))
"""
COLD = BrokerKind("zkbroker-cold", lambda file: [sys.executable, "-c", FORGETFUL, str(file)])
KINDS: Mapping[str, tuple[BrokerKind, ZooKeeperKind]] = {
    "warm": (ZKBROKER, EMBEDDED_ZOOKEEPER),
    "warm-apache-zookeeper": (ZKBROKER, APACHE_ZOOKEEPER),
    "cold": (COLD, EMBEDDED_ZOOKEEPER),
    "kafka": (APACHE_KAFKA_AS_SHIPPED, APACHE_ZOOKEEPER),
}
LEADERS = dict[tuple[str, int], int]
GIVEN = """\
given, not measured here (Apache Kafka 3.9.1, 2 cores, 3 brokers, 2,000 partitions, 6 s session):
ZooKeeper mode 8.5 s until all is led, KRaft mode 4.7 s; 41 s for the topics in ZooKeeper mode"""


@attrs.define(eq=False)
class Measurement:
    """One cluster under measurement."""

    cluster: Cluster
    partitions: int
    zookeeper: KazooClient
    created_s: float = 0.0
    led_s: list[float] = attrs.field(factory=list)  # until metadata is complete everywhere
    well_s: list[float] = attrs.field(factory=list)  # until the records are acknowledged, too

    async def create(self) -> None:
        """All topics in one request."""
        topics = -(-self.partitions // PARTITIONS_A_TOPIC)
        a_topic = min(self.partitions, PARTITIONS_A_TOPIC)
        request = CreateTopicsRequest(
            topics=[
                CreatableTopic(name=f"bench-{number:04d}", num_partitions=a_topic, replication_factor=BROKERS)
                for number in range(topics)
            ],
            timeout_ms=int(PATIENCE_S * 1000),
        )
        address = self.cluster.brokers[self._controller()].bootstrap
        began = time.monotonic()
        answer = await self.cluster.client.request(address, request, CreateTopicsResponse)
        answered_s = time.monotonic() - began
        refused = {topic.error_code for topic in answer.topics} - {0}
        if refused:
            raise SystemExit(f"topics were not created: {[ErrorCode(code).name for code in refused]}")
        await self._all_led(self.cluster.running)
        await self._produce()
        self.created_s = time.monotonic() - began
        say(
            f"    {topics} topics, {self.partitions} partitions: answered after {answered_s:.2f} s, "
            f"all is well after {self.created_s:.2f} s"
        )

    async def fail_over(self, turn: int) -> None:
        """Kill the controller, wait until all is well; then bring it back and its leaderships with it."""
        victim = self._controller()
        survivors = self.cluster.running - {victim}
        with self._vanishing(victim) as vanished:
            before = self._cpu_s(survivors)
            await self.cluster.kill(victim)
            killed = time.monotonic()
            with trio.fail_after(PATIENCE_S):
                gone = await vanished()
            leaders = await self._all_led(survivors)
            led_s = time.monotonic() - gone
            await self._produce(leaders)
            well_s = time.monotonic() - gone
            cpu_s = self._cpu_s(survivors) - before
        say(
            f"    {f'round {turn}' if turn else 'warm-up'}: gone {gone - killed:.1f} s after the kill; "
            f"from then: all led {led_s:.3f} s, all well {well_s:.3f} s; survivors' CPU {cpu_s:.2f} s"
        )
        if turn:
            self.led_s.append(led_s)
            self.well_s.append(well_s)
        await self.cluster.restart(victim)
        await self._settle()

    def _controller(self) -> int:
        return znodes.decode_controller(self.zookeeper.get(znodes.CONTROLLER)[0]).broker_id

    def _cpu_s(self, brokers: set[int]) -> float:
        return sum(usage(self.cluster.brokers[b].process.pid).cpu_s for b in brokers)

    @contextmanager
    def _vanishing(self, broker_id: int) -> Iterator[Callable[[], Awaitable[float]]]:
        """Waits for the moment when the registration is seen to be gone."""
        seen: list[float] = []
        token, told = trio.lowlevel.current_trio_token(), trio.Event()

        def look(event: object) -> None:
            now = time.monotonic()
            if self.zookeeper.exists(znodes.broker_path(broker_id), watch=look) is None:
                seen.append(now)
                token.run_sync_soon(told.set)

        async def vanished() -> float:
            await told.wait()
            return seen[0]

        assert self.zookeeper.exists(znodes.broker_path(broker_id), watch=look) is not None
        yield vanished

    async def _all_led(self, brokers: set[int]) -> LEADERS:
        """Wait until each of these brokers says that one of them leads each partition; who leads what."""
        leaders: LEADERS = {}
        with trio.fail_after(PATIENCE_S):
            for broker_id in brokers:
                while True:
                    answer = await self._metadata(broker_id)
                    leaders = {} if answer is None else _leaders(answer)
                    if len(leaders) >= self.partitions and set(leaders.values()) <= brokers:
                        break
                    await trio.sleep(LOOK_EVERY_S)
        return leaders

    async def _metadata(self, broker_id: int) -> MetadataResponse | None:
        try:
            return await self.cluster.client.metadata(None, self.cluster.brokers[broker_id].bootstrap)
        except OSError:
            return None

    async def _produce(self, leaders: LEADERS | None = None) -> None:
        """A record to each of 50 partitions, acks=all, again until every one is acknowledged."""
        if leaders is None:
            leaders = await self._all_led(self.cluster.running)
        step = max(1, len(leaders) // PRODUCED_TO)
        left = set(sorted(leaders)[::step][:PRODUCED_TO])
        with trio.fail_after(PATIENCE_S):
            while left:
                async with trio.open_nursery() as nursery:
                    for leader in {leaders[key] for key in left}:
                        mine = [key for key in left if leaders[key] == leader]
                        nursery.start_soon(self._produce_to, leader, mine, left)
                if left:
                    await trio.sleep(LOOK_EVERY_S)
                    leaders = await self._all_led(self.cluster.running)

    async def _produce_to(
        self, leader: int, partitions: Sequence[tuple[str, int]], left: set[tuple[str, int]]
    ) -> None:
        by_topic: dict[str, list[PartitionProduceData]] = {}
        for topic, number in partitions:
            batch = build_batch([Record(0, int(time.time() * 1000), None, b"alive")])
            by_topic.setdefault(topic, []).append(PartitionProduceData(index=number, records=batch))
        request = ProduceRequest(
            acks=-1,
            timeout_ms=10_000,
            topic_data=[TopicProduceData(name=name, partition_data=data) for name, data in by_topic.items()],
        )
        try:
            address = self.cluster.brokers[leader].bootstrap
            answer = await self.cluster.client.request(address, request, ProduceResponse, version=9)
        except OSError:
            return
        for answered in answer.responses:
            for partition in answered.partition_responses:
                if partition.error_code == ErrorCode.NONE:
                    left.discard((answered.name, partition.index))

    async def _settle(self) -> None:
        """Wait until every replica is in sync; then the preferred replicas lead again."""

        async def in_sync() -> bool:
            answer = await self._metadata(min(self.cluster.running))
            return answer is not None and all(
                len(p.isr_nodes) == BROKERS for topic in answer.topics for p in topic.partitions
            )

        await self.cluster.wait_until(in_sync, "all replicas are in sync", timeout_s=PATIENCE_S)

        async def preferred() -> bool:
            address = self.cluster.brokers[self._controller()].bootstrap
            request = ElectLeadersRequest(election_type=0, topic_partitions=None, timeout_ms=30_000)
            answer = await self.cluster.client.request(address, request, ElectLeadersResponse, version=2)
            codes = {p.error_code for t in answer.replica_election_results for p in t.partition_result}
            return answer.error_code == ErrorCode.NONE and codes <= {ErrorCode.NONE}

        try:
            await self.cluster.wait_until(preferred, "preferred replicas lead", timeout_s=PATIENCE_S)
        except KafkaError as error:
            raise SystemExit(f"no preferred election: {error}") from None


def _leaders(answer: MetadataResponse) -> LEADERS:
    """Who leads each partition that has a leader."""
    return {
        (topic.name or "", p.partition_index): p.leader_id
        for topic in answer.topics
        for p in topic.partitions
        if p.leader_id >= 0 and p.error_code == ErrorCode.NONE
    }


async def measure(kind: str, partitions: int, rounds: int, directory: Path) -> Measurement:
    """A fresh cluster, its topics, one discarded failover and `rounds` that count."""
    broker, zookeeper = KINDS[kind]
    say(f"{kind}, {partitions} partitions:")
    async with open_cluster(
        directory,
        brokers=BROKERS,
        kinds=dict.fromkeys(range(1, BROKERS + 1), broker),
        zookeeper=zookeeper,
        auto_leader_rebalance_enable="false",
        controlled_shutdown_enable="true",
    ) as cluster:
        watcher = KazooClient(cluster.zookeeper_connect, timeout=30.0)
        await trio.to_thread.run_sync(watcher.start)
        try:
            measurement = Measurement(cluster, partitions, watcher)
            await measurement.create()
            for turn in range(rounds + 1):
                await measurement.fail_over(turn)
            return measurement
        finally:
            watcher.stop()
            watcher.close()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="counted failovers (default %(default)s)")
    parser.add_argument("--partitions", type=int, nargs="*", default=[2000], metavar="N")
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=["warm", "cold", "kafka"])
    parser.add_argument("--keep", type=Path, help="keep the brokers' output under this directory")
    parsed = parser.parse_args(argv)
    kinds = list(parsed.kinds)
    if reason := missing():
        say(f"without Apache Kafka: {reason}")
        kinds = [kind for kind in kinds if KINDS[kind][1] is EMBEDDED_ZOOKEEPER]
    say_machine()
    lines = []
    for partitions in parsed.partitions:
        for kind in kinds:
            with tempfile.TemporaryDirectory(prefix="zkbroker-bench-") as temporary:
                home = Path(temporary) if parsed.keep is None else parsed.keep / f"{kind}-{partitions}"
                done = trio.run(measure, kind, partitions, parsed.rounds, home)
            lines.append(
                f"{kind:22} {partitions:6} partitions: all led {Figures(done.led_s)} s, "
                f"all well {Figures(done.well_s)} s; created in {done.created_s:.2f} s"
            )
    say("median (lowest-highest), from the moment the registration is gone:")
    for line in lines:
        say(line)
    say(GIVEN)
    return 0
