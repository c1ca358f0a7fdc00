"""What is in the log directories, and replicas that move between them under load."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import trio

from tests.broker.in_process import InProcess, Wire
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.generated.alter_replica_log_dirs_request import (
    AlterReplicaLogDir,
    AlterReplicaLogDirsRequest,
    AlterReplicaLogDirTopic,
)
from zkbroker.protocol.generated.alter_replica_log_dirs_response import AlterReplicaLogDirsResponse
from zkbroker.protocol.generated.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from zkbroker.protocol.generated.delete_topics_response import DeleteTopicsResponse
from zkbroker.protocol.generated.describe_log_dirs_request import (
    DescribableLogDirTopic,
    DescribeLogDirsRequest,
)
from zkbroker.protocol.generated.describe_log_dirs_response import (
    DescribeLogDirsPartition,
    DescribeLogDirsResponse,
)
from zkbroker.protocol.generated.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from zkbroker.replication.log_moves import LogMoves
from zkbroker.storage.future_logs import MOVE_MARK

BROKER = 4  # the resource type

Start = Callable[..., Awaitable[InProcess]]


@pytest.fixture
def dirs(tmp_path: Path) -> list[Path]:
    return [tmp_path / name for name in ("a", "b", "c")]


def log_dirs(dirs: list[Path]) -> str:
    return ",".join(map(str, dirs))


async def move(wire: Wire, topic: str, where: Path, *, version: int = 2, partition: int = 0) -> ErrorCode:
    wanted = AlterReplicaLogDirTopic(name=topic, partitions=[partition])
    request = AlterReplicaLogDirsRequest(dirs=[AlterReplicaLogDir(path=str(where), topics=[wanted])])
    answer = await wire.ask(request, version)
    assert isinstance(answer, AlterReplicaLogDirsResponse)
    assert answer.results[0].topic_name == topic
    return ErrorCode(answer.results[0].partitions[0].error_code)


async def describe(
    wire: Wire, version: int = 4, topics: list[DescribableLogDirTopic] | None = None
) -> dict[tuple[str, str], DescribeLogDirsPartition]:
    """By directory name and `topic-partition`."""
    answer = await wire.ask(DescribeLogDirsRequest(topics=topics), version)
    assert isinstance(answer, DescribeLogDirsResponse) and not answer.error_code
    return {
        (Path(each.log_dir).name, f"{topic.name}-{p.partition_index}"): p
        for each in answer.results
        for topic in each.topics
        for p in topic.partitions
    }


def moves(cluster: InProcess) -> LogMoves:
    assert cluster.broker.services is not None
    return cluster.broker.services.log_moves


def place(cluster: InProcess, topic: str) -> str:
    return cluster.partition(topic).log.directory.parent.name


def elsewhere(dirs: list[Path], cluster: InProcess, topic: str) -> Iterator[Path]:
    return (each for each in dirs if each.name != place(cluster, topic))


async def limit(cluster: InProcess, wire: Wire, bytes_per_second: int) -> None:
    """Set the quota of moves at run time; returns when it is in force."""
    key = "replica.alter.log.dirs.io.max.bytes.per.second"
    await wire.ask(
        IncrementalAlterConfigsRequest(
            resources=[
                AlterConfigsResource(
                    resource_type=BROKER,
                    resource_name="1",
                    configs=[AlterableConfig(name=key, config_operation=0, value=str(bytes_per_second))],
                )
            ]
        ),
        1,
    )
    services = cluster.broker.services
    assert services is not None
    config = services.config
    await cluster.wait_until(
        lambda: config.broker.replica_alter_log_dirs_io_max_bytes_per_second == bytes_per_second
    )


async def read_all(wire: Wire, topic: str, end: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < end:
        got = values(fetched(await wire.ask(fetch(topic, len(found), max_wait_ms=5_000), 12))[0])
        assert got
        found += got
    return found


async def test_every_version_describes_the_directories(in_process: Start, dirs: list[Path]) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    await cluster.create_topic("t", partitions=3)
    await cluster.create_topic("u")
    wire = await cluster.wire()
    await wire.ask(produce("t", batch(b"a" * 1000)), 9)
    size = cluster.partition("t").log.size_bytes
    assert size > 1000
    for version in range(5):
        answer = await wire.ask(DescribeLogDirsRequest(topics=None), version)
        assert isinstance(answer, DescribeLogDirsResponse)
        assert {each.log_dir for each in answer.results} == {str(each) for each in dirs}
        for each in answer.results:
            space = os.statvfs(each.log_dir)
            expected = space.f_blocks * space.f_frsize if version >= 4 else -1
            assert (each.error_code, each.total_bytes) == (0, expected)
            assert (each.usable_bytes > 0) == (version >= 4)
        found = await describe(wire, version)
        assert sorted(name for _, name in found) == ["t-0", "t-1", "t-2", "u-0"]
        first = found[place(cluster, "t"), "t-0"]
        assert (first.partition_size, first.offset_lag, first.is_future_key) == (size, 0, False)
        one = [DescribableLogDirTopic(topic="t", partitions=[1, 7])]
        assert [name for _, name in await describe(wire, version, one)] == ["t-1"]


async def test_a_move_that_cannot_be_is_refused(in_process: Start, dirs: list[Path], tmp_path: Path) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    await cluster.create_topic("t")
    long = "x" * 214
    await cluster.create_topic(long)
    wire = await cluster.wire()
    target = next(elsewhere(dirs, cluster, "t"))
    for version in range(3):
        assert await move(wire, "t", tmp_path / "none", version=version) is ErrorCode.LOG_DIR_NOT_FOUND
        assert await move(wire, "t", target, partition=1) is ErrorCode.REPLICA_NOT_AVAILABLE
        assert await move(wire, long, target) is ErrorCode.INVALID_TOPIC_EXCEPTION
    services = cluster.broker.services
    assert services is not None
    failed = next(each for each in services.logs.log_dirs if each.path == str(target))
    failed.fail("told to")
    assert await move(wire, "t", target) is ErrorCode.KAFKA_STORAGE_ERROR
    third = next(each for each in elsewhere(dirs, cluster, "t") if each != target)
    assert await move(wire, "t", third) is ErrorCode.KAFKA_STORAGE_ERROR, (
        "a copy may be in the one that failed"
    )
    answer = await wire.ask(DescribeLogDirsRequest(topics=None), 4)
    assert isinstance(answer, DescribeLogDirsResponse)
    codes = {each.log_dir: ErrorCode(each.error_code) for each in answer.results}
    assert codes.pop(str(target)) is ErrorCode.KAFKA_STORAGE_ERROR
    assert set(codes.values()) == {ErrorCode.NONE}


async def test_a_replica_not_here_yet_is_made_where_it_was_wanted(
    in_process: Start, dirs: list[Path]
) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    wire = await cluster.wire()
    for number, target in enumerate((dirs[2], dirs[2], dirs[1])):
        assert await move(wire, f"t{number}", target) is ErrorCode.REPLICA_NOT_AVAILABLE
        await cluster.create_topic(f"t{number}")
        assert place(cluster, f"t{number}") == target.name


async def test_a_replica_moves_while_it_is_written_and_read(in_process: Start, dirs: list[Path]) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    await cluster.create_topic("t", segment_bytes="1000000")
    wire, other = await cluster.wire(), await cluster.wire()
    sent = 0

    async def send() -> None:
        nonlocal sent
        answer = result(await wire.ask(produce("t", batch(b"%06d" % sent + b"x" * 5000), acks=-1), 9))
        assert (answer.error_code, answer.base_offset) == (0, sent)
        sent += 1

    for _ in range(200):
        await send()
    for _ in range(4):
        was = cluster.partition("t").log
        target = next(elsewhere(dirs, cluster, "t"))
        assert await move(other, "t", target) is ErrorCode.NONE
        assert await move(other, "t", target) is ErrorCode.NONE, "it is on its way already"
        with trio.fail_after(30):
            while cluster.partition("t").log is was:
                await send()
        for _ in range(20):
            await send()
        log = cluster.partition("t").log
        assert log.directory == target / "t-0"
        await cluster.wait_until(lambda log=log: not (log.directory / MOVE_MARK).exists())
    assert [value[:6] for value in await read_all(wire, "t", sent)] == [b"%06d" % n for n in range(sent)]
    before = await wire.ask(fetch("t", 0, max_bytes=10**8, partition_max_bytes=10**8), 12)
    await cluster.stop_broker(1)
    broker = await cluster.start_broker(1, {"log.dirs": log_dirs(dirs)})
    await cluster.wait_until(
        lambda: (
            broker.services is not None
            and (p := broker.services.replicas.partitions.get(TopicPartition("t", 0))) is not None
            and p.is_leader
        )
    )
    assert cluster.partition("t").log.directory == target / "t-0"
    again = await cluster.wire()
    after = await again.ask(fetch("t", 0, max_bytes=10**8, partition_max_bytes=10**8), 12)
    assert values(fetched(after)[0]) == values(fetched(before)[0])
    assert len(await read_all(again, "t", sent)) == sent


async def test_a_move_turns_round_and_a_deleted_topic_takes_its_copy_along(
    in_process: Start, dirs: list[Path]
) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    await cluster.create_topic("t")
    wire = await cluster.wire()
    await limit(cluster, wire, 200_000)
    for _ in range(3):
        await wire.ask(produce("t", batch(b"x" * 400_000)), 9)
    home = place(cluster, "t")
    first, second = elsewhere(dirs, cluster, "t")
    services = cluster.broker.services
    assert services is not None
    futures = services.logs.futures
    tp = TopicPartition("t", 0)
    assert await move(wire, "t", first) is ErrorCode.NONE
    await cluster.wait_until(lambda: futures.logs[tp].log_end_offset >= 1)
    copy = (await describe(wire))[first.name, "t-0"]
    assert copy.is_future_key and copy.offset_lag == 3 - futures.logs[tp].log_end_offset
    assert await move(wire, "t", second) is ErrorCode.NONE
    assert futures.logs[tp].directory.parent == second
    assert {name for name in os.listdir(first) if name.endswith("-future")} == set()
    assert await move(wire, "t", dirs[[d.name for d in dirs].index(home)]) is ErrorCode.NONE
    assert not futures.logs, "it stays where it is"
    assert await move(wire, "t", first) is ErrorCode.NONE
    await cluster.wait_until(lambda: futures.logs[tp].log_end_offset >= 1)
    deletion = DeleteTopicsRequest(topics=[DeleteTopicState(name="t")], timeout_ms=10_000)
    answer = await wire.ask(deletion, 6)
    assert isinstance(answer, DeleteTopicsResponse) and not answer.responses[0].error_code
    await cluster.wait_until(lambda: tp not in services.logs.logs)
    assert not futures.logs
    left = [name for each in dirs for name in os.listdir(each) if name.startswith("t-0")]
    assert left and all(name.endswith("-delete") for name in left)


async def test_moves_keep_to_their_quota_which_changes_at_run_time(
    in_process: Start, dirs: list[Path]
) -> None:
    cluster = await in_process(log_dirs=log_dirs(dirs))
    await cluster.create_topic("t")
    wire = await cluster.wire()
    for _ in range(40):
        await wire.ask(produce("t", batch(b"x" * 100_000)), 9)
    await limit(cluster, wire, 1_000_000)
    was = cluster.partition("t").log
    began = trio.current_time()
    assert await move(wire, "t", next(elsewhere(dirs, cluster, "t"))) is ErrorCode.NONE
    await cluster.wait_until(lambda: moves(cluster).statistics().copied_bytes >= 2_000_000)
    took = trio.current_time() - began
    assert took > 0.7, (
        "two seconds' worth, of which one window may come at once, and the last piece is not waited for"
    )
    assert cluster.partition("t").log is was
    await limit(cluster, wire, 1_000_000_000)
    await cluster.wait_until(lambda: cluster.partition("t").log is not was)
    assert await read_all(wire, "t", 40) == [b"x" * 100_000] * 40
    assert moves(cluster).statistics().finished == 1
