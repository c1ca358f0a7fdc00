"""A disk that is full, or broken, under a running broker."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, produce, result
from zkbroker.errors import ErrorCode
from zkbroker.storage.files import Files

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


async def test_a_full_disk_refuses_and_the_retry_is_stored_once(in_process: Start) -> None:
    files = FailingFiles()
    cluster = await in_process(files=files)
    await cluster.create_topic("t")
    wire = await cluster.wire()
    first = batch(b"a", producer_id=9, producer_epoch=0, base_sequence=0)
    second = batch(b"b", producer_id=9, producer_epoch=0, base_sequence=1)
    assert result(await wire.ask(produce("t", first), 11)).base_offset == 0
    files.path, files.error, files.torn = "/t-0/", errno.ENOSPC, 30
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


async def test_a_broken_directory_takes_its_partitions_only_and_others_lead_on(in_process: Start) -> None:
    files = FailingFiles()
    cluster = await in_process(files=files, brokers=2)
    await cluster.create_topic("t", replication_factor=2, min_insync_replicas="1")
    leader = cluster.leader("t")
    other = 3 - leader
    await cluster.wait_until(lambda: set(cluster.partition("t", broker_id=leader).isr.committed) == {1, 2})
    wire = await cluster.wire(leader)
    assert result(await wire.ask(produce("t", batch(b"a"), acks=-1), 11)).base_offset == 0
    files.path, files.error = f"logs-{leader}/", errno.EIO
    refused = result(await wire.ask(produce("t", batch(b"b"), acks=-1), 11))
    assert ErrorCode(refused.error_code) is ErrorCode.KAFKA_STORAGE_ERROR
    await cluster.wait_until(lambda: cluster.partition("t", broker_id=other).is_leader)
    taken_over = await cluster.wire(other)
    assert result(await taken_over.ask(produce("t", batch(b"b"), acks=-1), 11)).base_offset == 1
