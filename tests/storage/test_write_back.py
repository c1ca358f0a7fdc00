"""What was appended is given to the disk when much of it waits, or has waited long: piece by piece, oldest first."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest
import trio.testing

from tests.storage.site import Site, until
from tests.storage.support import batch
from zkbroker.model import TopicPartition
from zkbroker.storage import files as files_module
from zkbroker.storage import log as log_module
from zkbroker.storage import upkeep as upkeep_module
from zkbroker.storage import write_back
from zkbroker.storage.files import Files
from zkbroker.storage.log import Log
from zkbroker.storage.write_back import WaitingPieces

PIECE = 1000


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (files_module, log_module, upkeep_module, write_back):
        monkeypatch.setattr(module, "PIECE_BYTES", PIECE)


@attrs.define(eq=False)
class Noting(Files):
    """Remembers the ranges the kernel was asked to write, by file."""

    asked: list[tuple[str, int, int]] = attrs.field(factory=list)

    def start_write_back(self, fd: int, position: int, size: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{fd}"))
        if name.suffix == ".log":
            self.asked.append((name.parent.name, position, size))


def fill(log: Log, pieces: int) -> None:
    for _ in range(pieces):
        log.append_as_leader(batch("x" * (PIECE - 80)), leader_epoch=0, wall_ms=0)
        while log._unwritten_bytes:
            log.append_as_leader(batch("y"), leader_epoch=0, wall_ms=0)


async def test_what_is_over_the_limit_is_written_oldest_first(tmp_path: Path) -> None:
    files = Noting()
    site = Site([tmp_path], files=files)
    async with site.running() as manager:
        waiting = next(iter(manager._upkeep.values())).write_backs
        waiting.most_bytes = 3 * PIECE
        first, second = (site.create(manager, TopicPartition("topic", number)) for number in range(2))
        fill(first, 2)
        fill(second, 1)
        await trio.testing.wait_all_tasks_blocked()
        assert files.asked == []
        fill(second, 2)
        await until(lambda: len(files.asked) == 2)
        assert [(name, size) for name, _, size in files.asked] == [("topic-0", PIECE)] * 2
        assert [position for _, position, _ in files.asked] == [0, PIECE]


async def test_what_has_waited_long_is_written(tmp_path: Path) -> None:
    files = Noting()
    site = Site([tmp_path], files=files)
    async with site.running() as manager:
        waiting = next(iter(manager._upkeep.values())).write_backs
        waiting.longest_s = 0.01
        fill(site.create(manager, TopicPartition("topic", 0)), 1)
        await until(lambda: bool(files.asked))


def test_pieces_wait_until_there_are_too_many_or_they_are_old(tmp_path: Path) -> None:
    one, other = object(), object()
    pieces = WaitingPieces(2 * PIECE, 5.0)
    assert pieces.due_in_s(100.0) == float("inf")
    pieces.add(one, 100.0)  # type: ignore[arg-type]
    pieces.add(other, 101.0)  # type: ignore[arg-type]
    assert pieces.due_in_s(102.0) == 3.0
    assert pieces.due_in_s(105.0) == 0.0
    pieces.add(one, 102.0)  # type: ignore[arg-type]
    assert pieces.due_in_s(102.0) == 0.0
    assert pieces.take() is one
    assert pieces.due_in_s(102.0) == 4.0
    pieces.forget(other)  # type: ignore[arg-type]
    assert pieces.due_in_s(102.0) == 5.0


def test_the_limit_is_a_share_of_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = write_back.memory_bytes()
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(write_back, "_CGROUP_LIMIT", limit)
    for content, expected in (("max\n", machine), (str(1 << 20), 1 << 20), (str(1 << 60), machine)):
        limit.write_text(content)
        assert write_back.memory_bytes() == expected
    assert write_back.most_waiting_bytes() == machine // 32


def test_directories_share_the_limit(tmp_path: Path) -> None:
    manager = Site([tmp_path / "one", tmp_path / "two"]).manager()
    limits = [upkeep.write_backs.most_bytes for upkeep in manager._upkeep.values()]
    assert limits == [write_back.most_waiting_bytes() // 2] * 2
