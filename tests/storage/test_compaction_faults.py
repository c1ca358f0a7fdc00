"""Compaction meets a crash, a torn write or a failing disk at each of its file operations, and loses nothing."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.storage.compaction_support import (
    Cleaner,
    Pair,
    end_transaction,
    last_values,
    pairs,
    put,
    replicate,
)
from tests.storage.faulty_files import Fault, FaultyFiles, Stopped
from tests.storage.support import NOW, Home, read_all, require_sound_files
from zkbroker.config import TopicConfig
from zkbroker.errors import KafkaError
from zkbroker.storage.compaction_rules import KEY_BYTES, Uncleanable
from zkbroker.storage.files import sync_directory
from zkbroker.storage.log import Log

TOPIC: dict[str, Any] = {
    "cleanup_policy": ("compact",),
    "segment_bytes": 900,
    "index_interval_bytes": 150,
    "delete_retention_ms": 0,
}


def write(log: Log) -> None:
    """Several segments of updates, tombstones, transactions and idempotent batches."""
    sequence = 0
    for number in range(14):
        epoch = number // 6
        put(log, (f"k{number % 4}", f"{number}"), (f"k{number % 3}", "x" * 40), epoch=epoch)
        if number % 4 == 1:
            put(log, (f"k{number % 3}", None), (f"z{number}", None), epoch=epoch)
        if number % 5 == 2:
            kept: dict[str, Any] = {"producer_id": 9, "producer_epoch": 0, "base_sequence": sequence}
            put(log, ("k0", f"tx{number}"), is_transactional=True, epoch=epoch, **kept)
            end_transaction(log, 9, abort=number == 7, epoch=epoch)
            sequence += 1
    log.roll(NOW)
    put(log, ("k1", "last"), epoch=epoch)
    replicate(log)


@attrs.frozen
class Before:
    """What the log held, and what must still be true of it."""

    values: dict[str, str]
    records: list[tuple[int, str, str | None]]
    end: int
    sequences: dict[int, int]
    epochs: list[tuple[int, int]]


def look(log: Log) -> Before:
    return Before(
        last_values(log),
        pairs(log),
        log.log_end_offset,
        {each.producer_id: each.last_sequence for each in log.producers.entries.values()},
        log.epochs.entries,
    )


def require_kept(log: Log, before: Before) -> None:
    """Compaction, whole or in part, changes nothing that a reader of the keys could tell."""
    assert last_values(log) == before.values
    left = pairs(log)
    offsets = [offset for offset, _, _ in left]
    assert offsets == sorted(set(offsets))
    assert set(left) <= set(before.records)
    assert log.log_end_offset == before.end
    assert {e.producer_id: e.last_sequence for e in log.producers.entries.values()} == before.sequences
    assert log.epochs.entries == before.epochs
    ends = [each.last_offset for each in read_all(log)]
    assert ends == sorted(set(ends))


def run(log: Log) -> None:
    """Two rounds, so that tombstones go too, and what the cleaner does with the names afterwards."""
    for round_ in range(2):
        clean_and_tidy_up(log, Cleaner(), NOW + round_)


def clean_and_tidy_up(log: Log, cleaner: Cleaner, now_ms: int) -> None:
    cleaner.clean(log, now_ms)
    sync_directory(log.segments.storage.files, log.segments.directory)
    for path in sorted(Path(log.segments.directory).glob("*.deleted")):
        log.segments.storage.files.unlink(str(path))


def write_a_value_and_its_tombstone_that_go_together(log: Log) -> None:
    """The memory of a first round ended between them, so that both are still there, and both go in the next one.

    A mixture of old and new segments that has the value and not the tombstone would bring the value back.
    """
    written: tuple[Pair, ...] = (("a", "1" * 60), ("k", "v" * 60), ("x", "1"), ("k", None), ("x", "2"))
    for number, pair in enumerate(written):
        put(log, pair)
        if number != 2:
            log.roll(NOW)
    put(log, ("end", "1"))
    replicate(log)
    cleaner = Cleaner(memory_bytes=3 * KEY_BYTES)
    done = cleaner.clean(log, NOW)
    assert done is not None and done.next_dirty_offset == 3
    assert ("k", "v" * 60) in [pair[1:] for pair in pairs(log)]
    assert [len(list(segment.headers())) for segment in log.segments] == [1, 1, 2, 1, 1]


def run_the_second_round(log: Log) -> None:
    log.update_config(TopicConfig(**{**TOPIC, "segment_bytes": 450}))  # they go into one
    cleaner = Cleaner(first_dirty=3)
    clean_and_tidy_up(log, cleaner, NOW + 1)


@attrs.frozen
class Scenario:
    write: Callable[[Log], None]
    run: Callable[[Log], None]
    least_calls: int
    topic: dict[str, Any] = attrs.field(factory=lambda: TOPIC)


SCENARIOS = {
    "much": Scenario(write, run, 100),
    "together": Scenario(
        write_a_value_and_its_tombstone_that_go_together,
        run_the_second_round,
        30,
        {**TOPIC, "segment_bytes": 165},
    ),
}


@pytest.fixture(scope="module", params=list(SCENARIOS))
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A directory with a log to be compacted, copied for each case."""
    scenario = SCENARIOS[request.param]
    path = tmp_path_factory.mktemp("prepared")
    log = Home(path, topic=scenario.topic).create()
    scenario.write(log)
    log.close()
    return Prepared(path, scenario)


@attrs.frozen
class Prepared:
    path: Path
    scenario: Scenario


def opened(path: Path, files: FaultyFiles | None = None) -> Log:
    log = Home(path, FaultyFiles() if files is None else files, TOPIC).open()
    replicate(log)
    return log


def count_calls(prepared: Prepared, tmp_path: Path) -> int:
    """How many calls an undisturbed run makes."""
    shutil.copytree(prepared.path, tmp_path / "whole")
    files = FaultyFiles()
    log = opened(tmp_path / "whole", files)
    segments = len(log.segments)
    look(log)  # it reads indexes, which the cases have in memory too
    files.arm(0, Fault.STOP)
    prepared.scenario.run(log)
    log.close()
    assert len(log.segments) < segments - 1
    assert files.calls >= prepared.scenario.least_calls
    return files.calls


@pytest.mark.parametrize("fault", list(Fault))
def test_at_every_call(prepared: Prepared, tmp_path: Path, fault: Fault, full_counts: bool) -> None:
    """The short form skips: of the calls that fail, each seventh."""
    total = count_calls(prepared, tmp_path)
    whole = opened(tmp_path / "whole")
    wanted = [pair for pair in pairs(whole) if pair[2] is not None]
    whole.close()
    stops = fault in (Fault.STOP, Fault.TEAR)
    for at in range(1, total + 1, 1 if full_counts or stops else 7):
        case = tmp_path / f"{at}"
        shutil.copytree(prepared.path, case)
        files = FaultyFiles()
        log = opened(case, files)
        before = look(log)
        files.arm(at, fault)
        with contextlib.suppress(Stopped, OSError, KafkaError, Uncleanable):
            prepared.scenario.run(log)
        assert files.calls >= at
        files.at = 0
        if not files.is_stopped and log.segments.log_dir.failure is None:
            require_kept(log, before)  # the process goes on as if nothing had happened
        log.close()
        # Another process finds whatever is there.
        again = opened(case)
        require_kept(again, before)
        require_sound_files(case / "topic-0")
        left = {name.suffix for name in (case / "topic-0").iterdir()}
        assert not left & {".cleaned", ".swap", ".deleted"}, files.log[-1]
        run(again)
        require_kept(again, before)
        assert [pair for pair in pairs(again) if pair[2] is not None] == wanted
        again.close()
        shutil.rmtree(case)


def test_a_clean_start_after_each_crash_of_a_swap(prepared: Prepared, tmp_path: Path) -> None:
    """The clean marker may be there although a swap was cut short: a copied directory, a restored backup."""
    for at in range(1, count_calls(prepared, tmp_path) + 1):
        case = tmp_path / f"{at}"
        shutil.copytree(prepared.path, case)
        files = FaultyFiles()
        log = opened(case, files)
        before = look(log)
        files.arm(at, Fault.STOP)
        with contextlib.suppress(Stopped):
            prepared.scenario.run(log)
        log.close()
        again = Home(case, topic=TOPIC).open(clean=True, recovery_point=before.end)
        replicate(again)
        require_kept(again, before)
        again.close()
        shutil.rmtree(case)
