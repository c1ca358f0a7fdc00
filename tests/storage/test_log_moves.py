"""A log moves to another directory: what it loses meanwhile, and a kill or a power loss at any moment of it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests.storage.faulty_files import Fault, FaultyFiles, Stopped
from tests.storage.site import Site, checkpoint, until
from tests.storage.support import NOW, TP, append, require_sound_files, values
from zkbroker.errors import KafkaError
from zkbroker.protocol.records import ControlType, control_batch
from zkbroker.quotas.rates import Windows
from zkbroker.quotas.replication import ReplicationQuota, log_moves_quota
from zkbroker.replication.log_moves import LogMoves
from zkbroker.storage import names
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.files import FILES, Files
from zkbroker.storage.future_logs import MOVE_MARK
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectoryError
from zkbroker.storage.log_manager import LogManager

SMALL = {"segment_bytes": 2000, "index_interval_bytes": 200, "file_delete_delay_ms": 0}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site([tmp_path / "a", tmp_path / "b"], topic=dict(SMALL))


def moves_of(site: Site, manager: LogManager) -> LogMoves:
    return LogMoves(
        logs=manager,
        quota=log_moves_quota(lambda: site.broker),
        now_ms=lambda: site.now_ms,
        threads=lambda: 2,
        moved=lambda was, now: None,
        wall_ms=lambda: site.now_ms,
    )


@asynccontextmanager
async def moving(site: Site, manager: LogManager) -> AsyncIterator[LogMoves]:
    """Moves that go on until the block ends."""
    async with trio.open_nursery() as nursery:
        moves = moves_of(site, manager)
        await nursery.start(moves.run)
        yield moves
        nursery.cancel_scope.cancel()


def fill(log: Log, batches: int, *, epoch: int = 0) -> list[str]:
    """Append to the log; returns all its values."""
    for number in range(batches):
        append(log, f"{log.log_end_offset}".ljust(60 + number % 40, "."), epoch=epoch)
    log.update_high_watermark(log.log_end_offset)
    return values(log)


def other(site: Site, log: Log) -> Path:
    (found,) = (path for path in site.paths if str(path) != log.segments.log_dir.path)
    return found


def directories(site: Site) -> list[str]:
    """Of logs and copies, as `a/topic-0`; those that are to be removed not among them."""
    return sorted(
        f"{path.name}/{name.replace(name[7:-7], '…') if name.endswith('-future') else name}"
        for path in site.paths
        for name in os.listdir(path)
        if name.startswith("topic-0") and not name.endswith(names.DELETE)
    )


async def test_a_log_moves_and_is_what_it_was(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        expected = fill(log, 50)
        log.maybe_assign_leader_epoch(3)  # an epoch without a batch
        expected = fill(log, 50, epoch=3)
        log.maybe_raise_log_start_offset(7)
        expected = expected[7:]
        target = other(site, log)
        async with moving(site, manager) as moves:
            moves.begin(TP, str(target), is_hosted=True)
            await until(lambda: manager.logs[TP] is not log)
            now = manager.logs[TP]
            assert (now.log_start_offset, now.high_watermark, now.log_end_offset) == (7, 100, 100)
            assert now.epochs.entries == log.epochs.entries
            assert values(now) == expected
            await until(lambda: not (now.directory / MOVE_MARK).exists())
        assert directories(site) == [f"{target.name}/topic-0"]
        require_sound_files(now.directory)
        append(now, "on", epoch=3)
    async with site.running() as manager:
        assert values(manager.logs[TP]) == [*expected, "on"]
        assert manager.logs[TP].directory == target / "topic-0"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_log_is_not_nearly_there_while_much_is_missing(site: Site, restarted: bool) -> None:
    """Else what is missing would be copied in one step, without regard for the quota or anybody else."""
    site.topic |= {"segment_bytes": 10_000_000, "index_interval_bytes": 4096}
    async with site.running() as manager:
        log = site.create(manager, TP)
        for _ in range(20):
            append(log, "x" * 100_000)
    async with site.running() as manager:
        log = manager.logs[TP]
        if not restarted:
            for _ in range(20):
                append(log, "x" * 100_000)
        async with moving(site, manager) as moves:
            moves.quota = ReplicationQuota(lambda: 1_000_000, Windows)
            moves.begin(TP, str(other(site, log)), is_hosted=True)
            for _ in range(40):
                await until(lambda: moves.quota.rest_ms(site.now_ms) > 0 or manager.logs[TP] is not log)
                copied = moves.statistics().copied_bytes
                # At most what the time allows, a second's worth at once, and the last two pieces.
                assert copied <= 1_000_000 * (1 + (site.now_ms - NOW) / 1000) + 2 * 256 * 1024
                if manager.logs[TP] is not log:
                    break
                site.now_ms += moves.quota.rest_ms(site.now_ms)
            await until(lambda: manager.logs[TP] is not log)


async def test_the_checkpoints_move_along_and_compaction_rests_meanwhile(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        fill(log, 40)
        manager.cleaner.first_dirty[TP] = 20
        target = other(site, log)
        manager.futures.create(TP, manager.directory(str(target)) or log.segments.log_dir, manager)
        assert TP in manager.cleaner._paused
        async with moving(site, manager):
            await until(lambda: manager.logs[TP] is not log)
            await until(lambda: not (manager.logs[TP].directory / MOVE_MARK).exists())
        assert TP not in manager.cleaner._paused
        source = log.directory.parent
        assert checkpoint(target, "cleaner-offset") == {TP: 20}
        assert checkpoint(source, "cleaner-offset") == {}
        assert checkpoint(target, "recovery-point-offset").keys() == {TP}
        assert checkpoint(source, "recovery-point-offset") == {}
        await manager.write_high_watermarks({TP: 33})
    async with site.running() as manager:
        assert manager.cleaner.first_dirty == {TP: 20}
        assert manager.read_high_watermarks() == {TP: 33}


async def test_transactions_go_on_across_the_exchange(site: Site) -> None:
    def write(log: Log, producer_id: int, sequence: int) -> None:
        how = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequence}
        append(log, f"{producer_id}:{sequence}", is_transactional=True, **how)

    def end(log: Log, producer_id: int, kind: ControlType) -> None:
        marker = control_batch(
            kind, producer_id=producer_id, producer_epoch=0, coordinator_epoch=0, timestamp=NOW
        )
        log.append_as_leader(memoryview(marker), leader_epoch=0, wall_ms=NOW, origin=AppendOrigin.COORDINATOR)

    async with site.running() as manager:
        log = site.create(manager, TP)
        for sequence in range(20):
            for producer_id in (1, 2, 3):
                write(log, producer_id, sequence)
            if sequence % 5 == 4:
                end(log, 1, ControlType.ABORT)
                end(log, 2, ControlType.COMMIT)
        log.update_high_watermark(log.log_end_offset)
        aborted = log.aborted_transactions(0, log.log_end_offset)
        assert len(aborted) == 4 and log.last_stable_offset == 2, "the third producer's is open"
        active = log.active_producers()
        async with moving(site, manager) as moves:
            moves.begin(TP, str(other(site, log)), is_hosted=True)
            await until(lambda: manager.logs[TP] is not log)
        now = manager.logs[TP]
        assert now.aborted_transactions(0, now.log_end_offset) == aborted
        assert (now.last_stable_offset, now.active_producers()) == (2, active)
        write(now, 3, 20)
        with pytest.raises(KafkaError, match="OUT_OF_ORDER"):
            write(now, 3, 22)
        end(now, 3, ControlType.ABORT)
        now.update_high_watermark(now.log_end_offset)
        assert now.last_stable_offset == now.log_end_offset
        found = now.aborted_transactions(0, now.log_end_offset)
        assert [(each.producer_id, each.first_offset) for each in found][-1] == (3, 2)
        producers = now.active_producers()
    async with site.running() as manager:
        assert manager.logs[TP].aborted_transactions(0, now.log_end_offset) == found
        assert manager.logs[TP].active_producers() == producers


@pytest.mark.parametrize("fails", ["the source", "the target"])
async def test_a_directory_that_fails_ends_the_move(site: Site, fails: str) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        expected = fill(log, 40)
        source = log.segments.log_dir
        target = manager.directory(str(other(site, log)))
        assert target is not None
        copy = manager.futures.create(TP, target, manager)
        (source if fails == "the source" else target).fail("told to")
        assert copy.is_closed and not manager.futures.logs
        async with moving(site, manager):
            pass
        if fails == "the target":
            assert values(manager.logs[TP]) == expected
            append(manager.logs[TP], "on")
        else:
            assert TP not in manager.logs
    async with site.running() as manager:  # and goes on at the next start
        async with moving(site, manager):
            await until(lambda: TP not in manager.futures.logs)
        assert values(manager.logs[TP])[:40] == expected
        assert manager.logs[TP].directory.parent == Path(target.path)


async def test_a_copy_loses_what_the_log_loses(site: Site) -> None:
    """Truncations, a restart and deletions of a log whose copy is ahead of what is left."""
    async with site.running() as manager:
        log = site.create(manager, TP)
        fill(log, 60)
        target = manager.directory(str(other(site, log)))
        assert target is not None
        copy = manager.futures.create(TP, target, manager)
        moves = moves_of(site, manager)  # stepped by hand

        async def step() -> None:
            moves._follow_losses(copy, log)
            await moves._copy_chunk(copy, log)

        while copy.log_end_offset < 60:
            await step()
        log.truncate_to(40)
        fill(log, 30, epoch=5)  # other records at the same offsets, beyond the copy's end again
        while copy.log_end_offset < log.log_end_offset:
            await step()
        assert values(copy) == values(log)
        log.update_high_watermark(50)
        log.maybe_raise_log_start_offset(33)
        moves._follow_losses(copy, log)
        assert copy.log_start_offset == 33
        log.truncate_fully_and_start_at(1000)
        fill(log, 3, epoch=6)
        while copy.log_end_offset < log.log_end_offset:
            await step()
        assert values(copy) == values(log)
        assert copy.log_start_offset == 1000


class Gated(Files):
    """Reads in threads wait for a gate."""

    def __init__(self) -> None:
        self.is_waiting, self.gate = threading.Event(), threading.Event()

    def pread(self, fd: int, size: int, position: int) -> bytes:
        if threading.current_thread() is not threading.main_thread():
            self.is_waiting.set()
            assert self.gate.wait(10)
        return os.pread(fd, size, position)


async def test_what_is_read_when_the_log_is_cut_is_not_copied(site: Site) -> None:
    site.files = gated = Gated()
    async with site.running() as manager:
        log = site.create(manager, TP)
        fill(log, 10)
        target = manager.directory(str(other(site, log)))
        assert target is not None
        copy = manager.futures.create(TP, target, manager)
        moves = moves_of(site, manager)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(moves._copy_chunk, copy, log)
            await until(gated.is_waiting.is_set)
            log.truncate_to(5)
            fill(log, 5, epoch=1)
            gated.gate.set()
        assert copy.log_end_offset == 0


async def test_a_copy_of_a_former_run_parts_where_epochs_differ(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        fill(log, 20)
        target = manager.directory(str(other(site, log)))
        assert target is not None
        copy = manager.futures.create(TP, target, manager)
        await moves_of(site, manager)._copy_chunk(copy, log)
        append(copy, "never in the log", epoch=1)
        fill(log, 20, epoch=2)
    async with site.running() as manager:
        assert manager.futures.logs[TP].log_end_offset >= 2
        async with moving(site, manager):
            await until(lambda: TP not in manager.futures.logs)
        assert manager.logs[TP].log_end_offset == 40
        assert "never in the log" not in values(manager.logs[TP])


async def test_a_log_in_two_directories_without_a_mark_stops_the_start(site: Site) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        fill(log, 3)
        target = other(site, log)
        source = log.directory
    shutil.copytree(source, target / "topic-0")
    with pytest.raises(LogDirectoryError, match="moved away by hand"):
        await site.manager().load()
    (target / "topic-0" / MOVE_MARK).write_text(str(source.parent))
    async with site.running() as manager:
        assert manager.logs[TP].directory == target / "topic-0"
        assert not (target / "topic-0" / MOVE_MARK).exists()
    assert directories(site) == [f"{target.name}/topic-0"]


async def test_a_mark_stays_while_the_old_directory_is_offline(site: Site, tmp_path: Path) -> None:
    async with site.running() as manager:
        fill(site.create(manager, TP), 3)
        here = manager.logs[TP].directory
    (here / MOVE_MARK).write_text(str(tmp_path / "gone"))
    async with site.running():
        assert (here / MOVE_MARK).exists()


def _copy_of(site: Site, place: Path) -> Site:
    paths = [place / path.name for path in site.paths]
    for old, new in zip(site.paths, paths, strict=True):
        shutil.copytree(old, new)
    return Site(paths, topic=site.topic)


EXCHANGE = "replace topic-0"  # the copy takes the log's name


class FromTheExchange(FaultyFiles):
    """The calls before the exchange do not count."""

    def _meet(self, what: str) -> bool:
        if what == EXCHANGE and what not in self.log:
            self.calls = 0
        elif EXCHANGE not in self.log:
            self.calls = -2  # never the one that is wanted
        return super()._meet(what)


async def _move_until_stopped(site: Site, files: FaultyFiles, at: int, fault: Fault) -> None:
    """Move the log to the other directory on those files, and die at that call."""
    site.files = files
    manager = site.manager()
    await manager.load()
    target = other(site, manager.logs[TP])
    files.arm(at, fault)
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(manager.run)
            moves = moves_of(site, manager)
            await nursery.start(moves.run)
            moves.begin(TP, str(target), is_hosted=True)
            log = manager.logs[TP]
            await until(
                lambda: manager.logs.get(TP) is not log and not os.path.exists(target / "topic-0" / MOVE_MARK)
            )
            nursery.cancel_scope.cancel()
    except* Stopped:
        pass
    finally:
        files.at, files.is_stopped = 0, False
        for each in manager.all_logs():
            each.close()
        for file in list(manager._setting.storage.open_files._open):  # of what was being made
            manager._setting.storage.open_files.close(file)
        for log_dir in manager.log_dirs:
            log_dir.unlock()


@pytest.mark.parametrize("fault", [Fault.STOP, Fault.TEAR])
async def test_a_kill_at_any_file_call_loses_nothing(
    site: Site, tmp_path: Path, fault: Fault, full_counts: bool
) -> None:
    async with site.running() as manager:
        log = site.create(manager, TP)
        expected = fill(log, 30)
        log.maybe_raise_log_start_offset(5)
    expected = expected[5:]
    outcomes: set[tuple[str, ...]] = set()

    async def kill_at(at: int, files: FaultyFiles) -> FaultyFiles:
        here = _copy_of(site, tmp_path / str(at))
        await _move_until_stopped(here, files, at, fault)
        outcomes.add(tuple(directories(here)))
        here.files = FILES
        async with here.running() as manager:
            assert values(manager.logs[TP]) == expected, at
            async with moving(here, manager):  # what was begun is finished
                await until(lambda: TP not in manager.futures.logs)
            assert values(manager.logs[TP]) == expected, at
            require_sound_files(manager.logs[TP].directory)
        assert len(directories(here)) == 1, (at, directories(here))
        shutil.rmtree(tmp_path / str(at))
        return files

    calls = (await kill_at(0, FaultyFiles())).log
    if full_counts or fault is Fault.STOP:
        for at in range(1, len(calls) + 1, 1 if full_counts else 30):
            await kill_at(at, FaultyFiles())
    for after in range(1, len(calls) - calls.index(EXCHANGE) + 1):
        await kill_at(after, FromTheExchange())
    if fault is Fault.STOP:
        assert ("a/topic-0", "b/topic-0") in outcomes, "between the two renames"


@pytest.mark.parametrize("copy_renamed", [False, True])
@pytest.mark.parametrize("old_renamed", [False, True])
async def test_a_power_loss_may_forget_either_rename(
    site: Site, copy_renamed: bool, old_renamed: bool
) -> None:
    """What was prepared is on disk with its mark; of the exchange itself any part may be."""
    async with site.running() as manager:
        log = site.create(manager, TP)
        expected = fill(log, 20)
        source, target = log.directory, manager.directory(str(other(site, log)))
        assert target is not None
        copy = manager.futures.create(TP, target, manager)
        await moves_of(site, manager)._copy_chunk(copy, log)
        await moves_of(site, manager)._copy_chunk(copy, log)
        while copy.log_end_offset < 20:
            await moves_of(site, manager)._copy_chunk(copy, log)
        await manager.futures.prepare(copy, log)
        assert copy.recovery_point == 20
    for path in site.paths:
        (path / names.CLEAN_SHUTDOWN).unlink()
    if copy_renamed:
        copy.directory.rename(Path(target.path) / "topic-0")
    if old_renamed:
        source.rename(source.parent / names.marked_directory_name(TP, "0" * 32, names.DELETE))
    async with site.running() as manager:
        assert values(manager.logs[TP]) == expected
        moved = copy_renamed or old_renamed
        assert manager.logs[TP].directory.parent == (Path(target.path) if moved else source.parent)
        assert bool(manager.futures.logs) != moved
        assert not (manager.logs[TP].directory / MOVE_MARK).exists()
