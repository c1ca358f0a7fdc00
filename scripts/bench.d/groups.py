"""The group coordinator, zkbroker's and Apache Kafka's in turn, on one broker each.

load:       a coordinator's log of a million offset records is read after a restart; the clock runs while the broker
            answers COORDINATOR_LOAD_IN_PROGRESS. Meanwhile another topic is written to and read from: how long the
            slowest of those requests took tells whether the load stalls them.
commits:    connections that commit one offset after the other, each for a group of its own.
rebalance:  a stable group of 100 members, all of which join again: until the last one has its assignment.
"""

from __future__ import annotations

import argparse
import selectors
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import attrs
import trio
from measure import Figures, alternate, say, say_machine, say_ratio, usage

from tests.support.peers import APACHE_KAFKA_AS_SHIPPED, APACHE_ZOOKEEPER, missing
from zkbroker.coordinator.records import Committed, OffsetRecord
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey, RequestHeader, encode_request, encode_versioned_data
from zkbroker.protocol.generated.consumer_protocol_subscription import ConsumerProtocolSubscription
from zkbroker.protocol.generated.find_coordinator_request import FindCoordinatorRequest
from zkbroker.protocol.generated.find_coordinator_response import FindCoordinatorResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.protocol.generated.heartbeat_response import HeartbeatResponse
from zkbroker.protocol.generated.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from zkbroker.protocol.generated.join_group_response import JoinGroupResponse
from zkbroker.protocol.generated.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from zkbroker.protocol.generated.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from zkbroker.protocol.generated.offset_fetch_response import OffsetFetchResponse
from zkbroker.protocol.generated.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment
from zkbroker.protocol.generated.sync_group_response import SyncGroupResponse
from zkbroker.protocol.records import BatchBuilder
from zkbroker.testing.client import Client, open_client
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZKBROKER

OURS, THEIRS = ZKBROKER.name, APACHE_KAFKA_AS_SHIPPED.name
LOG = "__consumer_offsets"
TOPIC = "bench"
RECORDS_A_BATCH = 5_000
COMMIT_VERSION = 8
PATIENCE_S = 120.0


@attrs.define(eq=False)
class Contestant:
    """A broker under measurement."""

    cluster: Cluster
    options: argparse.Namespace
    cpu_s: list[float] = attrs.field(factory=list)
    slowest_ms: list[float] = attrs.field(factory=list)  # produce or fetch, a load each

    @property
    def address(self) -> str:
        return self.cluster.brokers[1].bootstrap

    @property
    def client(self) -> Client:
        return self.cluster.client

    async def prepare(self) -> None:
        """The topics; and, for a load, a log of offsets in Kafka's format, written as only an admin may."""
        await self.cluster.create_topic(TOPIC)
        message = FindCoordinatorRequest(coordinator_keys=["any"])

        async def is_found() -> bool:
            answer = await self.client.request(self.address, message, FindCoordinatorResponse)
            return answer.coordinators[0].error_code == ErrorCode.NONE

        await self.cluster.wait_until(is_found, "there is a coordinator")
        if self.options.what == "load":
            await self._write_log()

    async def _write_log(self) -> None:
        wall_ms = int(time.time() * 1000)
        groups, partitions = self.options.groups, self.options.partitions
        async with open_client([self.address]) as admin:
            admin.client_id = "__admin_client"
            for start in range(0, self.options.records, RECORDS_A_BATCH):
                builder = BatchBuilder()
                for number in range(start, min(start + RECORDS_A_BATCH, self.options.records)):
                    key = number % (groups * partitions)
                    committed = Committed(number, 0, "", wall_ms)
                    record = OffsetRecord(f"group-{key % groups:04d}", TOPIC, key // groups, committed)
                    builder.append(*record.encode(), wall_ms)
                await admin.produce_batch(LOG, 0, builder.build())

    # -- load

    async def load(self, turn: int) -> float:
        """Seconds from the first answer to the first that is not COORDINATOR_LOAD_IN_PROGRESS."""
        await self.cluster.restart(1)
        waits: list[float] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._use_another_topic, waits)
            before = usage(self.cluster.brokers[1].process.pid).cpu_s
            seconds = await self._wait_loaded()
            spent = usage(self.cluster.brokers[1].process.pid).cpu_s - before
            nursery.cancel_scope.cancel()
        if turn:
            self.cpu_s.append(spent)
            self.slowest_ms.append(1000 * max(waits, default=0.0))
        return seconds

    async def _wait_loaded(self) -> float:
        last = (self.options.records - 1) % (self.options.groups * self.options.partitions)
        wanted = OffsetFetchRequestTopics(name=TOPIC, partition_indexes=[last // self.options.groups])
        group = OffsetFetchRequestGroup(group_id=f"group-{last % self.options.groups:04d}", topics=[wanted])
        message = OffsetFetchRequest(groups=[group])
        began = None
        with trio.fail_after(PATIENCE_S):
            while True:
                answer = await self.client.request(self.address, message, OffsetFetchResponse)
                code = ErrorCode(answer.groups[0].error_code)
                if code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS and began is None:
                    began = time.perf_counter()
                elif code is ErrorCode.NONE:
                    (found,) = answer.groups[0].topics[0].partitions
                    assert found.committed_offset == self.options.records - 1, found
                    return 0.0 if began is None else time.perf_counter() - began
                await trio.sleep(0.005)

    async def _use_another_topic(self, waits: list[float]) -> None:
        """Write a record and read it again, one after the other, noting how long each request took."""
        while True:
            began = time.perf_counter()
            offset = await self.client.produce(TOPIC, b"x" * 100, acks=1)
            written = time.perf_counter()
            await self.client.fetch(TOPIC, 0, offset)
            waits += [written - began, time.perf_counter() - written]
            await trio.sleep(0.002)

    # -- commits

    async def commits(self, turn: int) -> float:
        """Commits a second over all connections; each waits for its answer before it sends the next."""
        before = usage(self.cluster.brokers[1].process.pid).cpu_s
        count, seconds = await trio.to_thread.run_sync(
            commit_for, self.address, self.options.connections, self.options.seconds
        )
        if turn:
            self.cpu_s.append((usage(self.cluster.brokers[1].process.pid).cpu_s - before) / count * 1e6)
        return count / seconds

    # -- rebalance

    async def rebalance(self, turn: int) -> float:
        """Milliseconds from the first JoinGroup of a rebalance to the last answer to a SyncGroup."""
        group = BenchGroup(self.client, self.address, f"rebalance-{turn}", self.options.members)
        with trio.fail_after(PATIENCE_S):
            await group.rebalance("one")
            began = time.perf_counter()
            return 1000 * (await group.rebalance("two") - began)


@attrs.define(eq=False)
class BenchGroup:
    """Members, each a task, that join together and heed each other."""

    client: Client
    address: str
    group_id: str
    size: int
    ids: dict[int, str] = attrs.field(factory=dict)
    generations: dict[int, int] = attrs.field(factory=dict)  # of those that have their assignment
    metadata: bytes = b""
    stable_at: float = 0.0  # when the last of them had its assignment

    async def rebalance(self, topic: str) -> float:
        """Everybody joins, to read this topic; when the last one of a generation had its assignment."""
        subscription = ConsumerProtocolSubscription(topics=[topic], user_data=b"x" * 50)
        self.metadata = encode_versioned_data(subscription, 0)
        self.generations.clear()
        async with trio.open_nursery() as nursery:
            for member in range(self.size):
                nursery.start_soon(self._be_member, member)
        return self.stable_at

    def _is_stable(self) -> bool:
        return len(self.generations) == self.size and len(set(self.generations.values())) == 1

    async def _be_member(self, member: int) -> None:
        """Join, sync, and again while others still come."""
        while not self._is_stable():
            generation = await self._join(member)
            if generation is None:
                continue
            self.generations[member] = generation
            self.stable_at = time.perf_counter()
            beat = HeartbeatRequest(
                group_id=self.group_id, generation_id=generation, member_id=self.ids[member]
            )
            while not self._is_stable():
                await trio.sleep(0.2)
                answer = await self.client.request(self.address, beat, HeartbeatResponse)
                if answer.error_code != ErrorCode.NONE:
                    break

    async def _join(self, member: int) -> int | None:
        """The generation in which it got its assignment; the leader assigns a little to everybody."""
        join = JoinGroupRequest(
            group_id=self.group_id,
            session_timeout_ms=60_000,
            rebalance_timeout_ms=60_000,
            member_id=self.ids.get(member, ""),
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range", metadata=self.metadata)],
        )
        joined = await self.client.request(self.address, join, JoinGroupResponse)
        self.ids[member] = joined.member_id
        if joined.error_code != ErrorCode.NONE:
            expected = (ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.REBALANCE_IN_PROGRESS)
            assert joined.error_code in expected, ErrorCode(joined.error_code)
            return None
        sync = SyncGroupRequest(
            group_id=self.group_id,
            generation_id=joined.generation_id,
            member_id=joined.member_id,
            protocol_type="consumer",
            protocol_name="range",
            assignments=[
                SyncGroupRequestAssignment(member_id=each.member_id, assignment=b"assignment" * 10)
                for each in joined.members
            ],
        )
        synced = await self.client.request(self.address, sync, SyncGroupResponse)
        if synced.error_code == ErrorCode.NONE:
            return joined.generation_id
        assert synced.error_code == ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode(synced.error_code)
        return None


def commit_for(address: str, connections: int, seconds: float) -> tuple[int, float]:
    """Commit over so many connections for so long; how many were acknowledged, in how many seconds.

    A selector and ready-made bytes: the client should cost as little as it can beside the broker.
    """
    host, _, port = address.rpartition(":")
    frames: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as selector:
        for number in range(connections):
            connection = socket.create_connection((host, int(port)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            partition = OffsetCommitRequestPartition(partition_index=0, committed_offset=number)
            topic = OffsetCommitRequestTopic(name=TOPIC, partitions=[partition])
            message = OffsetCommitRequest(group_id=f"committer-{number}", topics=[topic])
            header = RequestHeader(ApiKey.OFFSET_COMMIT, COMMIT_VERSION, number, "bench")
            frames[connection] = b"".join(bytes(part) for part in encode_request(header, message))
            selector.register(connection, selectors.EVENT_READ)
        began = time.perf_counter()
        count = 0
        for connection, frame in frames.items():
            connection.sendall(frame)
        while (now := time.perf_counter()) < began + seconds:
            for key, _ in selector.select(1.0):
                assert isinstance(key.fileobj, socket.socket)
                answer = key.fileobj.recv(4096)
                assert len(answer) == 4 + int.from_bytes(answer[:4], "big"), "an answer came in pieces"
                assert answer[-5:-3] == b"\0\0", "a commit was refused"
                count += 1
                key.fileobj.sendall(frames[key.fileobj])
    for connection in frames:
        connection.close()
    return count, now - began


UNITS = {"load": "s", "commits": "commits/s", "rebalance": "ms"}


async def compare(options: argparse.Namespace) -> None:
    kinds = {OURS: (ZKBROKER, EMBEDDED_ZOOKEEPER), THEIRS: (APACHE_KAFKA_AS_SHIPPED, APACHE_ZOOKEEPER)}
    unit = UNITS[options.what]
    async with AsyncExitStack() as stack:
        contestants: dict[str, Contestant] = {}
        for name, (kind, zookeeper) in kinds.items():
            if options.only not in (None, name):
                continue
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zkbroker-bench-")))
            cluster = await stack.enter_async_context(
                open_cluster(
                    directory,
                    brokers=1,
                    kinds={1: kind},
                    zookeeper=zookeeper,
                    offsets_topic_num_partitions=1,
                )
            )
            contestants[name] = Contestant(cluster, options)
            await contestants[name].prepare()
        runs: dict[str, Callable[[int], Awaitable[float]]] = {
            name: getattr(each, options.what) for name, each in contestants.items()
        }
        figures = await alternate(runs, options.pairs, unit)
        if len(figures) == 2:
            say_ratio(figures, OURS, THEIRS, unit)
        else:
            for name, found in figures.items():
                say(f"{name:16} {found} {unit}")
        for name, each in contestants.items():
            resident_mb = usage(each.cluster.brokers[1].process.pid).resident_bytes / 1e6
            if options.what == "load":
                say(
                    f"{name:16} broker CPU {Figures(each.cpu_s)} s a load; slowest produce or fetch meanwhile "
                    f"{Figures(each.slowest_ms)} ms; resident {resident_mb:.0f} MB"
                )
            elif options.what == "commits":
                say(f"{name:16} broker CPU {Figures(each.cpu_s)} µs a commit; resident {resident_mb:.0f} MB")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="?", choices=list(UNITS), help="one alone; all without it")
    parser.add_argument("--pairs", type=int, default=5, help="counted pairs of runs (default %(default)s)")
    parser.add_argument("--only", choices=(OURS, THEIRS), help="measure one broker alone")
    parser.add_argument("--records", type=int, default=1_000_000, help="in the log (default %(default)s)")
    parser.add_argument("--groups", type=int, default=1_000, help="that committed (default %(default)s)")
    parser.add_argument("--partitions", type=int, default=100, help="of each group (default %(default)s)")
    parser.add_argument("--connections", type=int, default=50, help="that commit (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="a run of commits (default %(default)s)")
    parser.add_argument("--members", type=int, default=100, help="of the group (default %(default)s)")
    options = parser.parse_args(argv)
    if options.only != OURS and (reason := missing()):
        say(f"without Apache Kafka: {reason}")
        options.only = OURS
    say_machine()
    for what in UNITS if options.what is None else [options.what]:
        say(f"{what}:")
        trio.run(compare, argparse.Namespace(**{**vars(options), "what": what}))
    return 0
