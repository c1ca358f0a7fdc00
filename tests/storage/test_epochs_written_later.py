"""Leader epochs are written in a thread while the directory is looked after; nothing is lost by that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio
import trio.testing

from tests.storage.site import Site
from tests.storage.support import TOPIC_ID, Broken, append, sick_disk, values
from tests.storage.test_log_manager import A, B


async def until(holds: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while not holds():
            with trio.move_on_after(0.005):
                await trio.sleep_forever()


def stored(directory: Path, name: str) -> str:
    file = directory / name / "leader-epoch-checkpoint"
    return file.read_text() if file.exists() else ""


async def test_a_new_leader_does_not_wait_for_its_file(tmp_path: Path) -> None:
    site = Site([tmp_path / "d"])
    async with site.running() as manager:
        await trio.testing.wait_all_tasks_blocked()
        logs = [manager.get_or_create(tp, TOPIC_ID, site.config, is_new=True) for tp in (A, B)]
        for log in logs:
            log.maybe_assign_leader_epoch(3)
            assert log.latest_epoch() == 3
            assert stored(tmp_path / "d", str(log.tp)) == ""
        await until(lambda: all(stored(tmp_path / "d", str(log.tp)) == "0\n1\n3 0\n" for log in logs))
        append(logs[0], "x", epoch=4)
        await until(lambda: "4 0\n" in stored(tmp_path / "d", "a-0"))


async def test_a_kill_before_that_costs_no_epoch_that_wrote(tmp_path: Path) -> None:
    site = Site([tmp_path / "d"])
    async with site.killed() as manager:
        await trio.testing.wait_all_tasks_blocked()
        log = manager.get_or_create(A, TOPIC_ID, site.config, is_new=True)
        append(log, "x", epoch=2)
        append(log, "y", epoch=5)
        assert stored(tmp_path / "d", "a-0") == ""
    async with site.running() as manager:
        log = manager.logs[A]
        assert values(log) == ["x", "y"]
        assert log.epochs.entries == [(2, 0), (5, 1)]


async def test_a_clean_stop_leaves_the_file(tmp_path: Path) -> None:
    site = Site([tmp_path / "d"])
    async with site.running() as manager:
        manager.get_or_create(A, TOPIC_ID, site.config, is_new=True).maybe_assign_leader_epoch(7)
    assert stored(tmp_path / "d", "a-0") == "0\n1\n7 0\n"


async def test_a_log_deleted_meanwhile_is_no_failure(tmp_path: Path) -> None:
    site = Site([tmp_path / "d"])
    async with site.running() as manager:
        manager.get_or_create(A, TOPIC_ID, site.config, is_new=True).maybe_assign_leader_epoch(7)
        manager.delete(A)
        manager.get_or_create(B, TOPIC_ID, site.config, is_new=True).maybe_assign_leader_epoch(1)
        await until(lambda: stored(tmp_path / "d", "b-0") == "0\n1\n1 0\n")
        assert not site.offline


async def test_a_sick_disk_goes_offline(tmp_path: Path) -> None:
    files = Broken()
    site = Site([tmp_path / "d", tmp_path / "e"], files=files)
    async with site.running() as manager:
        log = manager.get_or_create(A, TOPIC_ID, site.config, is_new=True)
        files.fail = lambda call: sick_disk() if call == "replace leader-epoch-checkpoint" else None
        log.maybe_assign_leader_epoch(7)
        await until(lambda: bool(site.offline))


async def test_a_truncation_at_the_end_forgets_the_epoch_in_which_nothing_was_written(tmp_path: Path) -> None:
    """It led and was replaced before its first append; a follower that kept that epoch would part from every leader."""
    site = Site([tmp_path / "d"])
    async with site.running() as manager:
        log = manager.get_or_create(A, TOPIC_ID, site.config, is_new=True)
        append(log, "x", epoch=4)
        log.maybe_assign_leader_epoch(5)
        assert log.latest_epoch() == 5
        assert not log.truncate_to(log.log_end_offset)
        assert log.latest_epoch() == 4
        assert values(log) == ["x"]
    assert stored(tmp_path / "d", "a-0") == "0\n1\n4 0\n"
