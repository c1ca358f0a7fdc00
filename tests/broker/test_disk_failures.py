"""A disk that is full, broken, read-only or hanging under a running broker."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from tests.broker.feed import listening
from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, fetch, fetched, produce, result
from tests.broker.test_log_dirs import move
from zkbroker.apis.context import Services
from zkbroker.errors import ErrorCode
from zkbroker.metadata import PartitionMetadata
from zkbroker.model import NO_LEADER
from zkbroker.storage import names, upkeep
from zkbroker.storage.files import Files
from zkbroker.zookeeper import znodes

Start = Callable[..., Awaitable[InProcess]]


class FailingFiles(Files):
    """Writes below a path fail as told."""

    def __init__(self) -> None:
        self.error = 0
        self.path = ""
        self.torn = 0  # bytes written before the failure

    def pwrite(self, fd: int, content: bytes | bytearray | memoryview, position: int) -> int:  # type: ignore[override]
        if self.error and self.path in os.readlink(f"/proc/self/fd/{fd}"):
            if self.torn:
                os.pwrite(fd, memoryview(content)[: self.torn], position)
            raise OSError(self.error, os.strerror(self.error))
        return os.pwrite(fd, content, position)


async def test_a_write_that_fails_is_refused_and_its_retry_stored_once(in_process: Start) -> None:
    files = FailingFiles()
    cluster = await in_process(files=files)
    await cluster.create_topic("t")
    wire = await cluster.wire()
    first = batch(b"a", producer_id=9, producer_epoch=0, base_sequence=0)
    second = batch(b"b", producer_id=9, producer_epoch=0, base_sequence=1)
    assert result(await wire.ask(produce("t", first), 11)).base_offset == 0
    files.path, files.error, files.torn = "/t-0/", errno.ENOMEM, 30
    for _ in range(2):
        refused = result(await wire.ask(produce("t", second), 11))
        assert ErrorCode(refused.error_code) is ErrorCode.KAFKA_STORAGE_ERROR
    assert cluster.partition("t").log.log_end_offset == 1
    files.error = 0
    # Were the failed write remembered, the retry would be acknowledged as a duplicate that was never stored.
    assert result(await wire.ask(produce("t", second), 11)).base_offset == 1
    assert result(await wire.ask(produce("t", second), 11)).base_offset == 1
    assert cluster.partition("t").log.log_end_offset == 2
    services = cluster.broker.services
    assert services is not None and services.logs.offline_dirs == []


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS])
async def test_a_broken_directory_takes_its_partitions_only_and_others_lead_on(
    in_process: Start, error: int
) -> None:
    files = FailingFiles()
    cluster = await in_process(files=files, brokers=2)
    await cluster.create_topic("t", replication_factor=2, min_insync_replicas="1")
    leader = cluster.leader("t")
    other = 3 - leader
    await cluster.wait_until(lambda: set(cluster.partition("t", broker_id=leader).isr.committed) == {1, 2})
    wire = await cluster.wire(leader)
    assert result(await wire.ask(produce("t", batch(b"a"), acks=-1), 11)).base_offset == 0
    files.path, files.error = f"logs-{leader}/", error
    refused = result(await wire.ask(produce("t", batch(b"b"), acks=-1), 11))
    assert ErrorCode(refused.error_code) is ErrorCode.KAFKA_STORAGE_ERROR
    await cluster.wait_until(lambda: cluster.partition("t", broker_id=other).is_leader)
    taken_over = await cluster.wire(other)
    assert result(await taken_over.ask(produce("t", batch(b"b"), acks=-1), 11)).base_offset == 1


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS])
async def test_of_two_directories_the_other_serves_on(in_process: Start, tmp_path: Path, error: int) -> None:
    """Its replicas alone go offline; the controller is told by ZooKeeper, and elects where it can."""
    files = FailingFiles()
    dirs = [tmp_path / "a", tmp_path / "b"]
    cluster = await in_process(files=files, log_dirs=",".join(map(str, dirs)))
    await cluster.create_topic("t", partitions=4)
    wire = await cluster.wire()
    services = cluster.broker.services
    assert services is not None
    told = await _watch_log_dir_events(services)
    homes = {n: cluster.partition("t", n).log.directory.parent for n in range(4)}
    assert set(homes.values()) == set(dirs)
    files.path, files.error = str(dirs[0]), error
    lost = next(n for n, home in homes.items() if home == dirs[0])
    with listening(cluster) as feed:
        refused = result(await wire.ask(produce("t", batch(b"a"), partition=lost), 9))
        assert ErrorCode(refused.error_code) is ErrorCode.KAFKA_STORAGE_ERROR
        assert services.logs.offline_dirs == [dirs[0]]
        _, failed = await feed.next("LogDirectoryFailed", directory=str(dirs[0]))
        assert failed.partitions == list(homes.values()).count(dirs[0])
        cause, _ = await feed.next("ControllerHandles", kind="LogDirFailuresNotified")
        assert cause == "the watch on /log_dir_event_notification"
    await cluster.wait_until(
        lambda: all(
            (services.metadata.snapshot.partitions("t")[n].leader == NO_LEADER) == (home == dirs[0])
            for n, home in homes.items()
        )
    )
    with trio.fail_after(10):
        await told.wait()
    for n, home in homes.items():
        code = ErrorCode.KAFKA_STORAGE_ERROR if home == dirs[0] else ErrorCode.NONE
        answer = result(await wire.ask(produce("t", batch(b"b"), partition=n), 9))
        assert ErrorCode(answer.error_code) is code
        found = fetched(await wire.ask(fetch("t", 0, partitions=(n,)), 12))[n]
        assert ErrorCode(found.error_code) is code
    await cluster.create_topic("new", partitions=3)
    assert {cluster.partition("new", n).log.directory.parent for n in range(3)} == {dirs[1]}


async def _watch_log_dir_events(services: Services) -> trio.Event:
    """Set when a child comes under /log_dir_event_notification."""
    session = await services.zk.session()
    children, came = await session.get_children_and_watch(znodes.LOG_DIR_EVENTS)
    assert not children
    return came


class HangingFiles(Files):
    """Syncs below a path wait for a gate."""

    def __init__(self) -> None:
        self.path = ""
        self.hangs, self.gate = threading.Event(), threading.Event()

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        if self.path and self.path in os.readlink(f"/proc/self/fd/{fd}"):
            self.hangs.set()
            self.gate.wait(60)
        os.fsync(fd)


async def test_a_directory_that_hangs_stalls_no_other_and_is_given_up(
    in_process: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "HUNG_S", 4.0)
    files = HangingFiles()
    dirs = [tmp_path / "a", tmp_path / "b"]
    try:
        cluster = await in_process(files=files, log_dirs=",".join(map(str, dirs)))
        await cluster.create_topic("t", partitions=2, segment_bytes="2000")
        wire = await cluster.wire()
        services = cluster.broker.services
        assert services is not None
        (hanging,) = (n for n in range(2) if cluster.partition("t", n).log.directory.parent == dirs[0])
        files.path = str(dirs[0])
        for _ in range(8):  # a sealed segment is synced, and that hangs
            await wire.ask(produce("t", batch(b"x" * 500), partition=hanging), 9)
        await cluster.wait_until(files.hangs.is_set)
        served = 0
        while services.logs.online_dirs != [dirs[1]]:
            with trio.fail_after(20):
                assert not result(
                    await wire.ask(produce("t", batch(b"y" * 500), partition=1 - hanging), 9)
                ).error_code
            served += 1
        assert served > 5
        refused = result(await wire.ask(produce("t", batch(b"x"), partition=hanging), 9))
        assert ErrorCode(refused.error_code) is ErrorCode.KAFKA_STORAGE_ERROR
        await cluster.stop_broker(1)  # does not wait for the call that hangs
        assert (dirs[1] / names.CLEAN_SHUTDOWN).exists() and not (dirs[0] / names.CLEAN_SHUTDOWN).exists()
    finally:
        files.gate.set()


async def test_a_disk_that_is_dead_at_the_start_is_replaced(in_process: Start, tmp_path: Path) -> None:
    """The broker serves on without it, and with an empty one in its place its replicas are fetched again."""
    cluster = await in_process(brokers=1, log_dirs=f"{tmp_path / 'one'}")
    dirs = [tmp_path / "a", tmp_path / "b"]
    overrides = {"log.dirs": ",".join(map(str, dirs)), "replica.lag.time.max.ms": "2000"}
    await cluster.start_broker(2, overrides)
    await cluster.wait_until(lambda: len(cluster.alive(1)) == 2)
    await cluster.create_topic("t", partitions=4, replication_factor=2)
    for n in range(4):
        wire = await cluster.wire(cluster.leader("t", n))
        assert not result(await wire.ask(produce("t", batch(b"%d" % n), acks=-1, partition=n), 9)).error_code
    lost = [n for n in range(4) if cluster.partition("t", n, broker_id=2).log.directory.parent == dirs[0]]
    assert len(lost) == 2
    await cluster.stop_broker(2)
    shutil.rmtree(dirs[0])
    dirs[0].write_text("a dead disk")
    broker = await cluster.start_broker(2, overrides)
    services = broker.services
    assert services is not None
    await cluster.wait_until(lambda: len(services.replicas.partitions) == 2)
    assert services.logs.offline_dirs == [dirs[0]]
    for n in range(4):
        in_sync = {1} if n in lost else {1, 2}
        await cluster.wait_until(
            lambda n=n, in_sync=in_sync: (
                set(_state(cluster, n).isr) == in_sync and _state(cluster, n).leader in in_sync
            )
        )
    await cluster.stop_broker(2)
    dirs[0].unlink()
    await cluster.start_broker(2, overrides)
    await cluster.wait_until(lambda: all(set(_state(cluster, n).isr) == {1, 2} for n in range(4)))
    for n in lost:
        assert cluster.partition("t", n, broker_id=2).log.log_end_offset == 1


async def test_leaders_and_followers_in_a_directory_that_fills_up(in_process: Start, tmp_path: Path) -> None:
    """Who led there is followed by the other broker; who followed there leaves the ISR; the rest is as it was."""
    files = FailingFiles()
    cluster = await in_process(files=files, brokers=1)
    dirs = [tmp_path / "a", tmp_path / "b"]
    await cluster.start_broker(2, {"log.dirs": ",".join(map(str, dirs))})
    await cluster.wait_until(lambda: len(cluster.alive(1)) == 2)
    await cluster.create_topic("t", partitions=8, replication_factor=2)
    wires = {broker_id: await cluster.wire(broker_id) for broker_id in (1, 2)}

    def is_lost(number: int) -> bool:
        return cluster.partition("t", number, broker_id=2).log.directory.parent == dirs[0]

    for leader in (1, 2):  # one that is led by each is in the directory, wherever it was made
        moved = next(n for n in range(8) if _state(cluster, n).leader == leader)
        assert await move(wires[2], "t", dirs[0], partition=moved) is ErrorCode.NONE
        await cluster.wait_until(lambda moved=moved: is_lost(moved))
    lost = {n for n in range(8) if is_lost(n)}
    files.path, files.error = str(dirs[0]), errno.ENOSPC

    async def write(number: int) -> ErrorCode:
        wire = wires[_state(cluster, number).leader]
        answer = result(await wire.ask(produce("t", batch(b"x"), acks=-1, partition=number), 9))
        return ErrorCode(answer.error_code)

    for n in lost:
        await write(n)
    await cluster.wait_until(
        lambda: all(
            (set(_state(cluster, n).isr), _state(cluster, n).leader == 1) == ({1}, True) for n in lost
        )
    )
    for n in range(8):
        assert await write(n) is ErrorCode.NONE
        assert set(_state(cluster, n).isr) == ({1} if n in lost else {1, 2})


def _state(cluster: InProcess, number: int) -> PartitionMetadata:
    """A partition as the first broker knows it."""
    services = cluster.broker.services
    assert services is not None
    return services.metadata.snapshot.partitions("t")[number]
