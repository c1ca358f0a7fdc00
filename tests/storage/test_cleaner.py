"""The cleaner at work: which log is next, what it remembers, what stops it, and what may change meanwhile."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from tests.storage.compaction_support import pairs, put, replicate
from tests.storage.site import Site, checkpoint, until
from tests.storage.support import NOW, require_sound_files
from zkbroker.config import TopicConfig
from zkbroker.model import TopicPartition
from zkbroker.storage.cleaning_process import Answer, CleaningProcess, Failed, open_cleaning_process
from zkbroker.storage.compaction import CompactionJob
from zkbroker.storage.files import Files
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogManager

A, B = TopicPartition("a", 0), TopicPartition("b", 0)
COMPACTED: dict[str, Any] = {"cleanup_policy": ("compact",), "min_cleanable_dirty_ratio": 0.01}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site([tmp_path / "one"], properties={"log.cleaner.backoff.ms": "20"}, topic=dict(COMPACTED))


def fill(log: Log, times: int = 3, size: int = 10) -> None:
    """So many values of one key, each in a segment of its own, all of which may be compacted."""
    for number in range(times):
        put(log, ("k", f"{number}".ljust(size, ".")))
        log.roll(NOW)
    replicate(log)


async def cleaned(manager: LogManager, log: Log, offset: int) -> None:
    with trio.fail_after(20):
        while manager.cleaner.first_dirty.get(log.tp) != offset or manager.cleaner.is_cleaning(log):
            await manager.cleaner.cleaned.wait()


async def test_it_compacts_and_remembers_how_far(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        fill(log, 5)
        await cleaned(manager, log, 5)
        assert pairs(log) == [(4, "k", "4.........")]
        assert len(log.segments) == 2
        assert checkpoint(site.paths[0], "cleaner-offset") == {A: 5}
        statistics = manager.cleaner.statistics()
        assert (statistics.compactions, statistics.records_read, statistics.records_kept) == (1, 5, 1)
        assert statistics.bytes_read == 2 * 5 * 83 and statistics.bytes_written == 83
        site.now_ms += 60_000
        await until(lambda: not list((site.paths[0] / "a-0").glob("*.deleted")))
    require_sound_files(site.paths[0] / "a-0")
    async with site.running() as manager:
        assert manager.cleaner.first_dirty == {A: 5}
        log = manager.logs[A]
        replicate(log)
        fill(log, 1)
        await cleaned(manager, log, 6)
        assert [offset for offset, _, _ in pairs(log)] == [5]


class HeldSyncs(Files):
    """A disk that finishes no sync while it may not."""

    def __init__(self) -> None:
        self.may_finish = threading.Event()
        self.may_finish.set()

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self.may_finish.wait(20)
        os.fsync(fd)


async def test_what_it_compacts_is_on_disk_before(site: Site) -> None:
    """Else a power loss could take the later record of a key when the earlier one is gone already."""
    site.files = disk = HeldSyncs()
    on_disk: list[bool] = []

    @attrs.define(eq=False)
    class Watched:
        process: CleaningProcess
        log: Log

        async def limit(self, bytes_per_s: float) -> None:
            await self.process.limit(bytes_per_s)

        async def compact(self, job: CompactionJob) -> AsyncIterator[Answer]:
            on_disk.append(self.log.recovery_point >= job.end_offset)
            async for answer in self.process.compact(job):
                yield answer

    async with site.running() as manager:
        log = site.create(manager, A)

        @asynccontextmanager
        async def watched() -> AsyncIterator[Any]:
            async with open_cleaning_process() as process:
                yield Watched(process, log)

        manager.cleaner.open_process = watched
        disk.may_finish.clear()
        fill(log)
        await until(lambda: manager.cleaner.is_cleaning(log))
        await trio.testing.wait_all_tasks_blocked(0.05)
        disk.may_finish.set()
        await cleaned(manager, log, 3)
    assert on_disk == [True]


async def test_a_log_cut_while_the_process_starts_is_looked_at_again(site: Site) -> None:
    """What lay in sealed segments when it was chosen may be about to be written anew."""
    jobs: list[CompactionJob] = []

    class Noting:
        def __init__(self, process: Any) -> None:
            self.process, self.limit = process, process.limit

        async def compact(self, job: CompactionJob) -> AsyncIterator[Answer]:
            jobs.append(job)
            async for answer in self.process.compact(job):
                yield answer

    site.set(log_cleaner_enable="false")
    async with site.running() as manager:
        log = site.create(manager, A)
        fill(log, 6)

        @asynccontextmanager
        async def cut_first() -> AsyncIterator[Any]:
            if not jobs:
                log.truncate_to(3)
                put(log, ("k0", "another history"))
            async with open_cleaning_process() as process:
                yield Noting(process)

        manager.cleaner.open_process = cut_first
        site.set(log_cleaner_enable="true")
        manager.reconfigured()
        await cleaned(manager, log, 3)
        assert jobs and all(job.end_offset <= log.segments.active.base_offset for job in jobs)


async def test_others_run_while_many_logs_are_looked_at(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zkbroker.fairness.SLICE_S", 0.0)
    site.set(log_cleaner_enable="false")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with site.running() as manager:
        for number in range(50):
            fill(site.create(manager, TopicPartition("a", number)), 1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(count)
            assert await manager.cleaner._filthiest() is not None
            nursery.cancel_scope.cancel()
    assert turns >= 40


async def test_the_dirtiest_first(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "zkbroker.storage.cleaner")
    site.set(log_cleaner_enable="false")
    async with site.running() as manager:
        half, whole = site.create(manager, A), site.create(manager, B)
        fill(half, 6)
        fill(whole, 2)
        manager.cleaner.first_dirty[A] = 3
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert not caplog.messages  # it is switched off
        site.set(log_cleaner_enable="true")
        manager.reconfigured()
        await cleaned(manager, half, 6)
        await cleaned(manager, whole, 2)
        assert [message[:3] for message in caplog.messages] == ["b-0", "a-0"]


async def test_topics_that_only_delete_are_left_alone(site: Site) -> None:
    site.topics["b"] = TopicConfig(cleanup_policy=("delete",))
    async with site.running() as manager:
        compacted, other = site.create(manager, A), site.create(manager, B)
        fill(other)
        fill(compacted)
        await cleaned(manager, compacted, 3)
        assert len(pairs(other)) == 3 and B not in manager.cleaner.first_dirty
        other.update_config(TopicConfig(**COMPACTED))  # from now on it is compacted as well
        await cleaned(manager, other, 3)
        assert len(pairs(other)) == 1


async def test_a_topic_may_be_compacted_and_lose_what_is_old(site: Site) -> None:
    """`compact,delete`: both rules hold for one log, and its start may be moved as well."""
    site.topics["a"] = TopicConfig(
        cleanup_policy=("compact", "delete"), min_cleanable_dirty_ratio=0.01, retention_ms=60_000
    )
    site.set(log_cleaner_enable="false")
    async with site.running() as manager:
        log = site.create(manager, A)
        put(log, ("old", "1"), timestamp=NOW - 120_000)
        log.roll(NOW)
        fill(log, 4)
        assert await manager.periodic.apply_retention() == 1
        assert log.log_start_offset == 1
        site.set(log_cleaner_enable="true")
        manager.reconfigured()
        await cleaned(manager, log, 5)
        assert [(offset, key) for offset, key, _ in pairs(log)] == [(4, "k")]
        site.now_ms += 120_000
        assert await manager.periodic.apply_retention() == 1
        assert log.log_start_offset == log.log_end_offset == 5


async def test_the_limit_on_reading_and_writing_changes_at_run_time(site: Site) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="1000")
    async with site.running() as manager:
        log = site.create(manager, A)
        fill(log, 3, size=200_000)
        await until(lambda: manager.cleaner.is_cleaning(log))
        with trio.move_on_after(0.4) as soon:
            await cleaned(manager, log, 3)
        assert soon.cancelled_caught  # it would take ten minutes
        site.set(log_cleaner_io_max_bytes_per_second="1e9")
        manager.reconfigured()
        await cleaned(manager, log, 3)
        assert len(pairs(log)) == 1


async def slow(site: Site, manager: LogManager) -> Log:
    """A log whose compaction is under way and takes too long for a test."""
    log = site.create(manager, A)
    fill(log, 4, size=200_000)
    await until(lambda: bool(list((site.paths[0] / "a-0").glob("*.cleaned"))))
    return log


async def test_a_deleted_log_ends_its_compaction_and_others_follow(site: Site) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="300000")
    async with site.running() as manager:
        log = await slow(site, manager)
        manager.delete(A)
        other = site.create(manager, B)
        fill(other)
        await cleaned(manager, other, 3)
        assert log.is_closed and A not in manager.cleaner.first_dirty


async def test_a_truncation_ends_it_and_what_is_left_of_it_goes(site: Site) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="300000")
    async with site.running() as manager:
        log = await slow(site, manager)
        manager.cleaner.first_dirty[A] = 2
        log.truncate_to(1)
        assert manager.cleaner.first_dirty[A] == 1
        await until(lambda: not manager.cleaner.is_cleaning(log))
        await until(lambda: not list((site.paths[0] / "a-0").glob("*.cleaned")))
        assert len(pairs(log)) == 1
        site.set(log_cleaner_io_max_bytes_per_second="1e9")
        manager.reconfigured()
        fill(log, 2, size=200_000)
        await cleaned(manager, log, 3)
        assert [offset for offset, _, _ in pairs(log)] == [2]


async def test_retention_leaves_a_log_alone_while_it_is_compacted(site: Site) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="300000")
    site.topic |= {"cleanup_policy": ("compact", "delete"), "retention_bytes": 0}
    async with site.running() as manager:
        await slow(site, manager)
        assert await manager.periodic.apply_retention() == 0
        manager.cleaner.pause(manager.logs[A])
        await until(lambda: not manager.cleaner.is_cleaning(manager.logs[A]))
        assert await manager.periodic.apply_retention() == 4
        manager.cleaner.resume(A)


async def test_a_log_with_a_damaged_batch_is_given_up_and_others_are_not(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with site.running() as manager:
        broken, good = site.create(manager, A), site.create(manager, B)
        put(broken, ("k", "1"))
        broken.roll(NOW)
        path = site.paths[0] / "a-0" / f"{0:020d}.log"
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        replicate(broken)
        fill(good)
        await cleaned(manager, good, 3)
        await until(lambda: manager.cleaner.statistics().uncleanable == 1)
        assert "a-0 cannot be compacted and stays as it is" in caplog.text
        assert not list((site.paths[0] / "a-0").glob("*.cleaned"))


async def test_a_process_that_dies_is_started_again(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="300000")
    others = children()  # servers of other tests
    async with site.running() as manager:
        log = await slow(site, manager)
        for pid in children() - others:
            os.kill(pid, signal.SIGKILL)
        await until(lambda: "begins again later" in caplog.text)
        site.set(log_cleaner_io_max_bytes_per_second="1e9")
        manager.reconfigured()
        await cleaned(manager, log, 4)
        assert len(pairs(log)) == 1


async def test_the_number_of_threads_changes_at_run_time(site: Site) -> None:
    site.set(log_cleaner_io_max_bytes_per_second="300000")
    others = children()
    async with site.running() as manager:
        await slow(site, manager)
        other = site.create(manager, B)
        fill(other)
        assert len(children() - others) == 1
        site.set(log_cleaner_threads="2")
        manager.reconfigured()
        await cleaned(manager, other, 3)
        assert manager.cleaner.is_cleaning(manager.logs[A])


def children() -> set[int]:
    """Our child processes, whichever thread started them."""
    lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    return {int(pid) for each in lists for pid in each.split()}


async def test_a_killed_broker_takes_its_cleaning_process_along(tmp_path: Path) -> None:
    """An orphan would write into the files of the broker's successor."""
    script = """
import sys, time, subprocess
from zkbroker.storage.cleaning_process import COMMAND
worker = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(worker.pid, flush=True)
time.sleep(60)
"""
    process = await trio.lowlevel.open_process([sys.executable, "-c", script], stdout=-1)
    assert process.stdout is not None
    pid = int(await process.stdout.receive_some(100))
    process.kill()
    await process.wait()
    await process.stdout.aclose()
    await until(
        lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
    )


async def test_a_full_disk_is_waited_out(site: Site) -> None:
    """The directory stays online: what was there is there, and the disk may get room again."""

    @attrs.define
    class Full:
        jobs: int = 0

        async def limit(self, bytes_per_s: float) -> None:
            pass

        async def compact(self, job: object) -> Any:
            self.jobs += 1
            yield Failed("no space", OSError(28, "no space"))

    full = Full()

    @asynccontextmanager
    async def open_full() -> Any:
        yield full

    async with site.running() as manager:
        manager.cleaner.open_process = open_full
        log = site.create(manager, A)
        fill(log)
        await until(lambda: full.jobs >= 2)
        assert log.segments.log_dir.is_online
        manager.cleaner.open_process = open_cleaning_process
        await cleaned(manager, log, 3)
