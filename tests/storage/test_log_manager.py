"""The broker's log directories: placing, loading, deleting, checkpointing, failing."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.storage.site import Site, checkpoint, until
from tests.storage.support import NOW, TOPIC_ID, Broken, append, full_disk, sick_disk, values
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.storage.files import FILES, Files
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogDirectoryError
from zkbroker.storage.opening import Progress

A, B, C = (TopicPartition("a", 0), TopicPartition("b", 0), TopicPartition("c", 7))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site([tmp_path / "one"])


@pytest.fixture
def two(tmp_path: Path) -> Site:
    return Site([tmp_path / "one", tmp_path / "two"])


async def test_a_log_is_made_and_found_again(site: Site) -> None:
    async with site.running() as manager:
        log = manager.get_or_create(A, TOPIC_ID, site.config, is_new=True)
        assert manager.get(A) is log
        assert manager.get(B) is None
        append(log, "a", "b", epoch=3)
        await manager.write_high_watermarks({A: 2, B: 9})
        assert not (site.paths[0] / ".kafka_cleanshutdown").exists()
    assert (site.paths[0] / ".kafka_cleanshutdown").read_text() == '{"version":0,"brokerEpoch":-1}'
    assert checkpoint(site.paths[0], "recovery-point-offset") == {A: 2}
    assert checkpoint(site.paths[0], "replication-offset") == {A: 2}
    assert checkpoint(site.paths[0], "log-start-offset") == {}
    async with site.running() as manager:
        assert manager.was_clean
        assert manager.read_high_watermarks() == {A: 2}
        log = manager.logs[A]
        assert (log.log_end_offset, log.recovery_point, log.topic_id) == (2, 2, TOPIC_ID)
        assert log.epochs.entries == [(3, 0)]
        assert values(log) == ["a", "b"]


async def test_after_a_kill_logs_are_recovered(site: Site) -> None:
    site.topic["segment_bytes"] = 300
    async with site.killed() as manager:
        for tp in (A, B, C):
            log = site.create(manager, tp)
            for number in range(20):
                append(log, f"{number}" * 10)
    async with site.running() as manager:
        assert not manager.was_clean
        for tp in (A, B, C):
            assert values(manager.logs[tp]) == [f"{number}" * 10 for number in range(20)]


class TwoAtOnce(Files):
    """Whoever looks into a log's directory first waits for another one to do so too, for a while."""

    def __init__(self) -> None:
        self.first = threading.Semaphore(1)
        self.two = threading.Event()

    def listdir(self, path: str) -> list[str]:  # type: ignore[override]
        if os.path.basename(path) in ("a-0", "b-0"):
            if self.first.acquire(blocking=False):
                self.two.wait(5)
            else:
                self.two.set()
        return super().listdir(path)


async def test_logs_are_recovered_in_parallel(site: Site) -> None:
    site.set(num_recovery_threads_per_data_dir="2")
    async with site.killed() as manager:
        for tp in (A, B):
            append(site.create(manager, tp), "x")
    site.files = files = TwoAtOnce()
    async with site.running() as manager:
        assert files.two.is_set()
        assert [values(manager.logs[tp]) for tp in (A, B)] == [["x"], ["x"]]


def test_a_line_now_and_then_while_many_logs_are_opened(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "zkbroker.storage.opening")
    now = 100.0
    progress = Progress(500, lambda: now)
    for seconds, count in ((0.5, 100), (1.6, 50), (0.1, 50), (1.0, 100), (1.0, 200)):
        now += seconds
        progress.add(count)
    assert caplog.messages == ["150 of 500 logs opened", "500 of 500 logs opened"]


async def test_sealed_segments_are_flushed(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a")
        log.roll(NOW)
        append(log, "b")
        await until(lambda: log.recovery_point == 1)
        await manager.flush(log)
        assert log.recovery_point == 2
        await manager.flush(log)


async def test_flush_messages(site: Site) -> None:
    site.topic["flush_messages"] = 3
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a", "b")
        await trio.testing.wait_all_tasks_blocked()
        assert log.recovery_point == 0
        append(log, "c", "d")
        await until(lambda: log.recovery_point == 4)


class Together(Files):
    """The first fsync waits until another one is under way as well, for a while."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(1)
        self.two = threading.Event()

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        if self.inside.acquire(blocking=False):
            self.two.wait(5)
            self.inside.release()
        else:
            self.two.set()
        super().fsync(fd)


async def test_logs_of_one_directory_are_flushed_together(site: Site) -> None:
    """A file system commits once for all who wait; one after the other, each would wait for its own."""
    site.files = files = Together()
    async with site.running() as manager:
        async with trio.open_nursery() as nursery:
            for tp in (A, B):
                append(site.create(manager, tp), "x")
                nursery.start_soon(manager.flush, manager.logs[tp])
        assert files.two.is_set()
        assert [manager.logs[tp].recovery_point for tp in (A, B)] == [1, 1]


async def test_flush_ms(site: Site) -> None:
    site.properties["log.flush.scheduler.interval.ms"] = "5"
    site.topic["flush_ms"] = 1000
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a")
        site.now_ms += 999
        with trio.move_on_after(0.03):
            await until(lambda: log.recovery_point == 1)
        assert log.recovery_point == 0
        site.now_ms += 1
        await until(lambda: log.recovery_point == 1)


async def test_many_bytes_are_written_back(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        for _ in range(10):
            append(log, b"x" * 1_000_000)
        await until(lambda: log.segments.active.written_back > 8_000_000)


async def test_new_logs_go_where_the_fewest_are(two: Site) -> None:
    async with two.running() as manager:
        placed = [site_of(two.create(manager, TopicPartition("t", number))) for number in range(6)]
        assert sorted(placed) == ["one"] * 3 + ["two"] * 3
        assert {*placed[:2]} == {"one", "two"}
        assert manager.statistics().logs == 6
    async with two.running() as manager:
        assert [site_of(manager.logs[TopicPartition("t", number)]) for number in range(6)] == placed


def site_of(log: Log) -> str:
    return log.directory.parent.name


async def test_a_partition_in_two_directories_stops_the_start(two: Site) -> None:
    async with two.running() as manager:
        two.create(manager, A)
    for path in two.paths:
        (path / "a-0").mkdir(exist_ok=True)
    with pytest.raises(LogDirectoryError, match="a-0 is in both"):
        await two.manager().load()
    assert all((path / ".kafka_cleanshutdown").exists() for path in two.paths), (
        "a refused start costs no recovery"
    )


@pytest.mark.parametrize("name", ["not a log", "nopartition", "a-x", "a-0.zz-unknown"])
async def test_anything_else_in_a_directory_stops_the_start(site: Site, name: str) -> None:
    (site.paths[0] / name).mkdir(parents=True)
    with pytest.raises(LogDirectoryError, match="no log of a topic partition"):
        await site.manager().load()
    (site.paths[0] / name).rmdir()
    async with site.running():
        pass


async def test_what_belongs_to_others_is_left_alone(site: Site) -> None:
    unique = "0123456789abcdef0123456789abcdef"
    kept = ["remote-log-index-cache", f"a-0.{unique}-future", f"b-0.{unique}-stray", "lost+found"]
    for name in kept:
        (site.paths[0] / name).mkdir(parents=True)
    (site.paths[0] / "some file").write_text("x")
    async with site.running() as manager:
        assert manager.logs == {}
    assert all((site.paths[0] / name).is_dir() for name in kept)


async def test_a_second_broker_is_refused(site: Site) -> None:
    async with site.running():
        with pytest.raises(LogDirectoryError, match="another broker uses"):
            await site.manager().load()
        script = (
            "import sys\n"
            "from zkbroker.storage.log_directory import LogDirectory, LogDirectoryError\n"
            "try: LogDirectory(sys.argv[1]).lock()\n"
            "except LogDirectoryError as error: sys.exit(f'refused: {error}')\n"
        )
        second = await trio.run_process(
            [sys.executable, "-c", script, str(site.paths[0])], capture_stderr=True, check=False
        )
        assert second.returncode == 1
        assert b"another broker uses" in second.stderr
    async with site.running():
        pass


async def test_no_directory_at_all_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogDirectoryError, match="no log directory can be used"):
        await Site([tmp_path / "file" / "below"]).manager().load()


async def test_a_directory_that_cannot_be_used_is_offline(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    site = Site([tmp_path / "file" / "below", tmp_path / "good"])
    async with site.running() as manager:
        assert manager.offline_dirs == [tmp_path / "file" / "below"]
        assert manager.online_dirs == [tmp_path / "good"]
        assert site_of(site.create(manager, A)) == "good"
        with pytest.raises(KafkaError) as caught:
            site.create(manager, B, is_new=False)
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR


async def test_deletion_waits_for_its_delay(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "gone")
        piece = log.read(0, 1000, upper_offset=1)
        manager.delete(A)
        manager.delete(A)
        assert manager.get(A) is None
        (renamed,) = site.paths[0].glob("a-0.*-delete")
        with pytest.raises(KafkaError) as caught:
            append(log, "x")
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        assert log.directory == renamed
        again = site.create(manager, A)
        assert again.log_end_offset == 0
        append(again, "new")
        site.now_ms += site.config.file_delete_delay_ms
        await until(lambda: not renamed.exists())
        assert len(piece.read()) > 0
        piece.release()
        assert values(again) == ["new"]


async def test_a_deletion_is_finished_after_a_kill(site: Site) -> None:
    async with site.killed() as manager:
        append(site.create(manager, A), "gone")
        manager.delete(A)
    assert list(site.paths[0].glob("*-delete"))
    async with site.running() as manager:
        assert manager.logs == {}
        await until(lambda: not list(site.paths[0].glob("*-delete")))


async def test_a_new_log_of_the_same_name_has_nothing_of_the_old(site: Site) -> None:
    """Not even its start offset, which a checkpoint would bring back."""
    async with site.killed() as manager:
        log = site.create(manager, A)
        append(log, *(f"{number}" for number in range(10)))
        log.update_high_watermark(10)
        log.maybe_raise_log_start_offset(8)
        await manager._upkeep[manager.log_dirs[0]].checkpoint()
        assert checkpoint(site.paths[0], "log-start-offset") == {A: 8}
        manager.delete(A)
        append(site.create(manager, A), "new")
    async with site.running() as manager:
        assert values(manager.logs[A]) == ["new"]


async def test_log_starts_are_kept(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a", "b", "c")
        log.update_high_watermark(3)
        log.maybe_raise_log_start_offset(2)
    assert checkpoint(site.paths[0], "log-start-offset") == {A: 2}
    async with site.running() as manager:
        assert manager.logs[A].log_start_offset == 2
        assert values(manager.logs[A]) == ["c"]


async def test_what_a_kill_left_of_a_deleted_logs_start_is_not_the_new_ones(site: Site) -> None:
    """The deletion had not come to the checkpoint yet."""
    async with site.killed() as manager:
        log = site.create(manager, A)
        append(log, *(f"{number}" for number in range(10)))
        log.update_high_watermark(10)
        log.maybe_raise_log_start_offset(8)
        await manager.keep_starts([log])
        left = (site.paths[0] / "log-start-offset-checkpoint").read_bytes()
        manager.delete(A)
    (site.paths[0] / "log-start-offset-checkpoint").write_bytes(left)
    async with site.killed() as manager:
        append(site.create(manager, A), "new")
    async with site.running() as manager:
        assert values(manager.logs[A]) == ["new"]


class SlowToRename(Files):
    """A thread that is about to rename log-start-offset-checkpoint into place waits until it may."""

    def __init__(self) -> None:
        self.arrived, self.may_go_on = threading.Event(), threading.Event()
        self.loops_own: list[str] = []  # checkpoints that the event loop wrote itself

    def replace(self, src: Any, dst: Any, **how: Any) -> None:
        if dst.endswith("log-start-offset-checkpoint"):
            if threading.current_thread() is threading.main_thread():
                self.loops_own.append(dst)
            else:
                self.arrived.set()
                self.may_go_on.wait(60)
        super().replace(src, dst, **how)


async def test_a_log_is_deleted_while_log_starts_are_written(site: Site) -> None:
    site.files = files = SlowToRename()
    async with site.running() as manager:
        for tp in (A, B):
            log = site.create(manager, tp)
            append(log, "a", "b", "c")
            log.update_high_watermark(3)
            log.maybe_raise_log_start_offset(2)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(manager.keep_starts, [manager.logs[B]])
            await until(files.arrived.is_set)
            manager.delete(A)
            assert files.loops_own == [], "others need not wait for the disk meanwhile"
            threading.Timer(0.2, files.may_go_on.set).start()
            append(site.create(manager, A), "new")
            assert len(files.loops_own) == 1
        assert site.offline == []
        assert checkpoint(site.paths[0], "log-start-offset") == {B: 2}
    async with site.running() as manager:
        assert values(manager.logs[A]) == ["new"]


async def test_a_truncation_lowers_the_checkpoint(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a")
        append(log, "b")
        await manager.flush(log)
        await manager._upkeep[manager.log_dirs[0]].checkpoint()
        assert checkpoint(site.paths[0], "recovery-point-offset") == {A: 2}
        log.truncate_to(1)
        await until(lambda: checkpoint(site.paths[0], "recovery-point-offset") == {A: 1})


async def test_retention_runs_by_itself(site: Site) -> None:
    site.properties["log.retention.check.interval.ms"] = "5"
    site.topic.update(retention_ms=1000, file_delete_delay_ms=0)
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "old", timestamp=NOW)
        log.update_high_watermark(1)
        site.now_ms += 1001
        await until(lambda: log.log_start_offset == 1)
        await until(lambda: not list(log.directory.glob("*.deleted")))
        assert [path.name for path in log.directory.glob("*.log")] == [f"{1:020d}.log"]


async def test_producers_expire_by_themselves(site: Site) -> None:
    site.properties.update(
        {"producer.id.expiration.check.interval.ms": "5", "producer.id.expiration.ms": "1000"}
    )
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a", producer_id=1, producer_epoch=0, base_sequence=0)
        assert len(log.producers) == 1
        site.now_ms += 1000
        await until(lambda: len(log.producers) == 0)


@pytest.mark.parametrize("name", ["recovery-point-offset", "replication-offset", "log-start-offset"])
async def test_a_damaged_checkpoint_costs_no_data(site: Site, name: str) -> None:
    async with site.running() as manager:
        append(site.create(manager, A), "a")
    (site.paths[0] / f"{name}-checkpoint").write_bytes(b"0\n1\na 0\n\0\0")
    async with site.running() as manager:
        assert values(manager.logs[A]) == ["a"]


async def test_a_configuration_given_with_the_partition_counts(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        site.topic["segment_bytes"] = 100
        assert site.create(manager, A) is log
        append(log, "a")
        append(log, "b")
        assert len(log.segments) == 2


# --- failing directories -------------------------------------------------------------------------------------------


async def test_a_failed_directory_takes_only_its_logs(two: Site) -> None:
    broken = Broken()
    two.files = broken
    async with two.running() as manager:
        sick, sound = (two.create(manager, tp) for tp in (A, B))
        append(sound, "before")
        changed = False

        async def notice() -> None:
            nonlocal changed
            await manager.changed.wait()
            changed = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(notice)
            await trio.testing.wait_all_tasks_blocked()
            broken.fail = lambda call: sick_disk() if call == "pwrite" else None
            with pytest.raises(KafkaError):
                append(sick, "lost")
            broken.fail = lambda call: None
        assert changed
        assert two.offline == manager.offline_dirs == [sick.directory.parent]
        append(sound, "after")
        assert values(sound) == ["before", "after"]
        assert manager.get(A) is None
        with pytest.raises(KafkaError) as caught:
            sick.read(0, 10, upper_offset=0)
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        assert site_of(two.create(manager, C)) == sound.directory.parent.name
        with pytest.raises(KafkaError):
            two.create(manager, TopicPartition("d", 0), is_new=False)
        failed = sick.directory.parent
    assert not (failed / ".kafka_cleanshutdown").exists()
    assert all((path / ".kafka_cleanshutdown").exists() for path in two.paths if path != failed)
    two.files = FILES
    async with two.running() as manager:
        assert values(manager.logs[A]) == []
        assert values(manager.logs[B]) == ["before", "after"]


async def test_a_failing_sync_takes_the_directory_offline(site: Site) -> None:
    site.files = broken = Broken()
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a")
        broken.fail = lambda call: sick_disk() if call == "fsync" else None
        with pytest.raises(KafkaError) as caught:
            with trio.fail_after(5):
                await manager.flush(log)
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        assert manager.offline_dirs == site.paths
        assert log.recovery_point == 0
        with pytest.raises(KafkaError):
            await manager.flush(log)
        broken.fail = lambda call: None
    assert not (site.paths[0] / ".kafka_cleanshutdown").exists()


async def test_a_failing_stop_is_not_marked_clean(site: Site) -> None:
    site.files = broken = Broken()
    async with site.running() as manager:
        append(site.create(manager, A), "a")
        broken.fail = lambda call: sick_disk() if call == "fsync" else None
    broken.fail = lambda call: None
    assert not (site.paths[0] / ".kafka_cleanshutdown").exists()
    async with site.running() as manager:
        assert not manager.was_clean
        assert values(manager.logs[A]) == ["a"]


async def test_no_room_for_a_new_log(two: Site) -> None:
    two.files = broken = Broken()
    async with two.running() as manager:
        broken.fail = lambda call: full_disk() if call == "mkdir a-0" else None
        with pytest.raises(KafkaError) as caught:
            two.create(manager, A)
        assert caught.value.code is ErrorCode.KAFKA_STORAGE_ERROR
        broken.fail = lambda call: full_disk() if call.startswith("open 0000") else None
        with pytest.raises(KafkaError):
            two.create(manager, A)
        broken.fail = lambda call: None
        assert manager.offline_dirs == []
        assert not any((path / "a-0").exists() for path in two.paths)
        append(two.create(manager, A), "a")


async def test_a_log_that_cannot_be_opened_takes_its_directory_offline(two: Site) -> None:
    async with two.running() as manager:
        for tp in (A, B):
            append(two.create(manager, tp), "kept")
    two.files = broken = Broken()
    broken.fail = lambda call: sick_disk() if call == f"open {0:020d}.index" else None
    with pytest.raises(LogDirectoryError, match="no log directory can be used"):
        await two.manager().load()
    broken.fail = lambda call: None
    async with two.running() as manager:
        assert len(manager.logs) == 2


def test_kill_minus_nine_of_a_writing_process(tmp_path: Path) -> None:
    """A process appends and prints what it has appended; killed at any moment, all that was printed is there."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.storage.support import Home, append\n"
        "home = Home(Path(sys.argv[1]), topic={'segment_bytes': 20000})\n"
        "log = home.create()\n"
        "while True:\n"
        "    info = append(log, 'x' * 1000, producer_id=1, producer_epoch=0, base_sequence=log.log_end_offset)\n"
        "    sys.stdout.write(f'{info.last_offset}\\n'); sys.stdout.flush()\n"
    )
    from tests.storage.support import Home, require_sound_files

    for number, wanted in enumerate((1, 37, 200)):
        path = tmp_path / str(number)
        path.mkdir()
        with subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            acknowledged = -1
            while acknowledged < wanted:
                acknowledged = int(process.stdout.readline())
            process.kill()
            rest = process.stdout.read().split("\n")[:-1]
        acknowledged = int(rest[-1]) if rest else acknowledged
        log = Home(path, topic={"segment_bytes": 20000}).open()
        assert log.log_end_offset >= acknowledged + 1
        assert log.producers.entries[1].last_sequence == log.log_end_offset - 1
        assert len(values(log)) == log.log_end_offset
        log.close()
        require_sound_files(path / "topic-0")


async def test_who_waits_for_a_flush_hears_of_a_failure_elsewhere(site: Site) -> None:
    site.files = broken = Broken()
    async with site.running() as manager:
        logs = [site.create(manager, tp) for tp in (A, B, C)]
        for log in logs:
            append(log, "a")
        refused: list[Log] = []

        async def flush(log: Log) -> None:
            try:
                await manager.flush(log)
            except KafkaError:
                refused.append(log)

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for log in logs:
                    nursery.start_soon(flush, log)
                await trio.testing.wait_all_tasks_blocked(0.0)
                manager.log_dirs[0].fail("pulled out")
        assert set(refused) | {log for log in logs if log.recovery_point} == set(logs)
        assert manager.logs == {}
        broken.fail = lambda call: None


async def test_who_waits_for_a_flush_hears_of_a_deletion(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, A)
        append(log, "a")
        manager.flush_due(log)
        manager.delete(A)
        with pytest.raises(KafkaError):
            await manager.flush(log)
