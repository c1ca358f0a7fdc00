"""A compacted log on a disk that stops, tears, fails, or forgets what was not synced, at any of its calls.

What was acknowledged is there; what failed is not, and its retry is stored and not taken for a duplicate; offsets
never run backwards; the indexes agree with the segments. After a power loss that holds up to the recovery point,
and what follows is a prefix of what was there.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.storage.compaction_support import Cleaner, Pair, keyed, replicate
from tests.storage.faulty_files import Fault, FaultyFiles, Stopped
from tests.storage.support import NOW, TP, Home, require_sound_files
from tests.storage.test_power_loss import Forgetful
from zkbroker.errors import KafkaError
from zkbroker.protocol.records import RecordBatch, read_batches
from zkbroker.storage.appends import LogAppendInfo
from zkbroker.storage.compaction_rules import Uncleanable
from zkbroker.storage.files import sync_directory
from zkbroker.storage.flushing import prepare_clean_stop, prepare_flush
from zkbroker.storage.log import Log

PRODUCER_ID = 9
TOPIC: dict[str, Any] = {
    "cleanup_policy": ("compact", "delete"),
    "segment_bytes": 700,
    "index_interval_bytes": 120,
    "delete_retention_ms": 0,
}
Seen = tuple[int, str, str | None]
"""Offset, key and value of a record in the log."""
Met = tuple[int, Fault] | None
MET = st.one_of(st.none(), st.tuples(st.integers(1, 25), st.sampled_from(list(Fault))))
SOON = st.one_of(st.none(), st.tuples(st.integers(1, 3), st.sampled_from(list(Fault))))


class Disk(FaultyFiles, Forgetful):
    """Both: it meets a fault at one call, and remembers what would survive a power loss."""

    def __init__(self, root: Path) -> None:
        Forgetful.__init__(self, root)
        FaultyFiles.__init__(self)
        self._open: set[int] = set()

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]
        self._meet(f"open {os.path.basename(path)}")
        fd = Forgetful.open(self, path, flags, mode)
        self._open.add(fd)
        return fd

    def close(self, fd: int) -> None:
        self._open.discard(fd)
        os.close(fd)

    def end_process(self) -> None:
        """Whatever was open is closed; the next process meets no fault."""
        self.at = 0
        self.is_stopped = False
        for fd in list(self._open):
            self.close(fd)

    def replace(self, source: str, target: str) -> None:  # type: ignore[override]
        self._meet(f"replace {os.path.basename(target)}")
        Forgetful.replace(self, source, target)

    def unlink(self, path: str) -> None:  # type: ignore[override]
        self._meet(f"unlink {os.path.basename(path)}")
        Forgetful.unlink(self, path)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self._meet("fsync")
        Forgetful.fsync(self, fd)

    def fdatasync(self, fd: int) -> None:  # type: ignore[override]
        self.fsync(fd)


@attrs.frozen
class Written:
    """An acknowledged record."""

    offset: int
    key: str
    value: str | None
    batch_end: int  # last offset of its batch

    @property
    def seen(self) -> Seen:
        return (self.offset, self.key, self.value)


@attrs.frozen
class Sent:
    """A batch that was sent and not acknowledged."""

    pairs: tuple[Pair, ...]
    sequence: int

    def content(self) -> memoryview:
        return keyed(self.pairs, producer_id=PRODUCER_ID, producer_epoch=0, base_sequence=self.sequence)


class FaultMachine(RuleBasedStateMachine):
    """`records` is what was acknowledged; compaction may have taken some, which `_require_kept` knows."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="zkbroker-faults-"))
        self.lives = 0
        self.records: list[Written] = []
        self.sent: Sent | None = None
        self.sequence = 0
        self.start = 0
        self.durable = 0  # the recovery point on disk
        self.versions: list[list[Seen]] = []  # the log before truncations that may not be on disk
        self.ever: set[Seen] = set()  # all that was ever sent
        self.rewritten_to = 0  # below it, compaction may have changed any of the versions
        self.compacted_to = 0
        self.epoch = 0
        self.counter = 0
        self.cleaner = Cleaner()
        self._begin(None)

    def _begin(self, root: Path | None) -> None:
        """A new disk, with what is in `root` on it and synced."""
        self.lives += 1
        path = self.base / f"live-{self.lives}"
        if root is None:
            path.mkdir()
        else:
            root.rename(path)
        self.disk = Disk(path)
        self.disk.settle()
        self.home = Home(path, self.disk, TOPIC)
        if (path / str(TP)).exists():
            self._open(clean=False, lost_power=True)
        else:
            self.log: Log = self.home.create()
            self.disk.settle()

    def teardown(self) -> None:
        self.log.close()
        self.disk.end_process()
        shutil.rmtree(self.base)

    # --- faults ---

    def _do(self, met: Met, work: Callable[[], object]) -> bool | None:
        """Whether it worked; None: the process ended meanwhile, and another one has opened the log."""
        self.disk.arm(*(met or (0, Fault.STOP)))
        done: bool | None = True
        try:
            work()
        except Stopped:
            done = None
        except (KafkaError, OSError, Uncleanable):
            assert met is not None and self.disk.calls >= met[0], "it failed by itself"
            done = False
        self.disk.at = 0
        if done is None or self.log.segments.log_dir.failure is not None:
            self._restart()
            return None
        return done

    def _restart(self) -> None:
        """What a new process finds after a kill."""
        self.log.close()
        self.disk.end_process()
        self._open(clean=False)

    def _open(self, *, clean: bool, lost_power: bool = False) -> None:
        self.log = self.home.open(
            clean=clean,
            recovery_point=self.durable,
            log_start_offset=self.start,
            lost_power=lost_power,
            first_dirty=self.cleaner.first_dirty or 0,
        )
        replicate(self.log)

    # --- appends ---

    @rule(
        keys=st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 60)), min_size=1, max_size=3),
        met=SOON,
    )
    def append(self, keys: list[tuple[int, int]], met: Met) -> None:
        """The producer sends what it has not got through yet, or something new."""
        if self.sent is None:
            self.counter += 1
            values = [
                (f"k{key}", None if size < 0 else f"{self.counter}".ljust(size, ".")) for key, size in keys
            ]
            self.sent = Sent(tuple(values), self.sequence)
        answers: list[LogAppendInfo] = []
        end = self.log.log_end_offset
        content = self.sent.content()

        def send() -> None:
            answers.append(self.log.append_as_leader(content, leader_epoch=self.epoch, wall_ms=NOW))

        done = self._do(met, send)
        if done:
            self._acknowledged(answers[0])
        elif done is False:
            assert self.log.log_end_offset == end
            self._require_kept()

    def _acknowledged(self, info: LogAppendInfo) -> None:
        assert self.sent is not None
        assert info.last_offset - info.first_offset + 1 == len(self.sent.pairs)
        assert not self.records or info.first_offset > self.records[-1].offset
        last = self.sent.sequence + len(self.sent.pairs) - 1
        for index, (key, value) in enumerate(self.sent.pairs):
            self.records.append(Written(info.first_offset + index, key, value, info.last_offset))
        self.sequence, self.sent = last + 1, None
        replicate(self.log)

    # --- the life of segments ---

    @rule(met=MET)
    def roll(self, met: Met) -> None:
        self._do(met, lambda: self.log.roll(NOW))

    @rule(met=MET, everything=st.booleans())
    def flush(self, met: Met, everything: bool) -> None:
        def work() -> None:
            self._flush(everything=everything)

        if self._do(met, work):
            self.durable = self.log.recovery_point

    def _flush(self, *, everything: bool) -> None:
        flush = prepare_flush(self.log, everything=everything)
        if flush is not None:
            flush.run()
            assert flush.done(NOW)
            if everything and self.log.recovery_point == self.log.log_end_offset:
                self.versions.clear()

    @rule(part=st.floats(0, 1), met=MET)
    def delete_records(self, part: float, met: Met) -> None:
        highest = self.log.high_watermark
        if self.sent is not None:  # it may be stored: nobody deletes what nobody has been told of
            highest = self.records[-1].offset + 1 if self.records else self.start
        target = self.start + int(part * (highest - self.start))
        self.log.maybe_raise_log_start_offset(target)
        self.start = target
        self.records = [each for each in self.records if each.offset >= target]

        def work() -> None:
            self.log.delete_old_segments(NOW)

        self._do(met, work)

    @precondition(lambda self: self.sent is None)  # else it may take part of what is in doubt
    @rule(met=MET)
    def compact(self, met: Met) -> None:
        """As the LogCleaner does: what is to be compacted is on disk before."""
        self._flush(everything=True)
        self.durable = self.log.recovery_point
        self._is_compacting()

        def work() -> None:
            self.cleaner.clean(self.log, NOW)
            sync_directory(self.disk, self.log.segments.directory)

        if not self._do(met, work):
            self.cleaner = Cleaner()

    def _is_compacting(self) -> None:
        self.compacted_to = max(self.compacted_to, self.log.segments.active.base_offset)
        self.rewritten_to = max(self.rewritten_to, self.compacted_to)

    @precondition(lambda self: self.records)
    @rule(part=st.floats(0, 1), met=MET)
    def truncate(self, part: float, met: Met) -> None:
        """As a follower does under another leader: the producer sees what is left.

        After an unclean election that may be less than what was compacted: a record that went for the sake of a later
        one is gone with it.
        """
        lowest = max(self.start, self.log.segments.first.base_offset)
        target = lowest + int(part * max(self.log.log_end_offset - lowest, 0))
        before = self._found(whole=True)
        certain = [each for each in self.records if each.batch_end < target and each.seen in before]
        self.versions.append(before)
        self.durable = min(self.durable, target)
        self.epoch += 1
        done = self._do(met, lambda: self.log.truncate_to(target))
        # False: it is truncated, only the files it gave up could not be removed, which a LogManager does later
        self.durable = min(self.durable, self.log.recovery_point)
        found = {each[0] for each in self._found()}
        rest = [each for each in self.records if each.batch_end >= target and each.offset in found]
        assert done is None or not rest
        self.records = certain + rest
        self._forget_the_rest()

    def _forget_the_rest(self) -> None:
        """The log may have lost its tail for good: the producer begins again after what is there."""
        self.sent = None
        entry = self.log.producers.entries.get(PRODUCER_ID)
        self.sequence = 0 if entry is None else entry.last_sequence + 1
        self.compacted_to = min(self.compacted_to, self.log.log_end_offset)
        self.start = self.log.log_start_offset
        self.cleaner = Cleaner()
        extra = set(self._found()) - {each.seen for each in self.records}
        ends = {record.offset: batch.last_offset for batch in self._batches() for record in batch.records()}
        for offset, key, value in extra:  # stored, never acknowledged
            self.records.append(Written(offset, key, value, ends[offset]))
        self.records.sort(key=lambda each: each.offset)
        replicate(self.log)

    # --- stops ---

    @rule(met=MET)
    def stop_and_start(self, met: Met) -> None:
        def work() -> None:
            flush = prepare_clean_stop(self.log)
            if flush is not None:
                flush.run()
                flush.done(NOW)

        if self._do(met, work):
            self.durable = self.log.log_end_offset
            self.log.close()
            self._open(clean=True)

    @rule(met=MET)
    def kill_and_start(self, met: Met) -> None:
        """The recovery meets a fault, too."""
        self.log.close()
        if self._do(met, lambda: self._open(clean=False)) is False:
            self._restart()

    @rule(seed=st.integers(0, 2**32), met=MET, what=st.sampled_from(["roll", "flush", "compact"]))
    def lose_power(self, seed: int, met: Met, what: str) -> None:
        """In the middle of something, perhaps."""
        works: dict[str, Callable[[], object]] = {
            "roll": lambda: self.log.roll(NOW),
            "flush": lambda: self._flush(everything=True),
            "compact": lambda: self.cleaner.clean(self.log, NOW) if self._is_flushed() else None,
        }
        if met is not None and met[1] is Fault.STOP:
            self.disk.arm(*met)
            with contextlib.suppress(Stopped):
                works[what]()
            self.disk.at = 0
        if what == "compact" and self._is_flushed():
            self._is_compacting()
        versions = [*self.versions, self._found(whole=True)]
        self.ever.update(versions[-1])
        self.log.close()
        self.disk.end_process()
        after = self.base / "after"
        self.disk.after_power_loss(after, random.Random(seed))
        self._begin(after)
        end = self.log.log_end_offset
        # A log that was cut within what compaction left empty ends where its last batch does, as Kafka's.
        assert not any(end <= each[0] < self.durable for each in versions[-1])
        assert all(each.offset >= self.durable for each in self.records if each.offset >= end)
        self._require_prefix_of_one(versions)
        below = self.durable if self.versions else end  # what was truncated may be back
        self.records = [each for each in self.records if each.offset < below]
        self.durable = min(self.durable, end)
        self._require_kept(whole=False)
        self._forget_the_rest()
        self.versions.clear()
        self.rewritten_to = self.compacted_to

    def _require_prefix_of_one(self, versions: list[list[Seen]]) -> None:
        """Beyond the recovery point nothing is invented, and no two histories of the log are mixed."""
        found = self._found()
        assert self.ever.issuperset(found)
        beyond = max(self.durable, self.rewritten_to, self.start)
        rest = [each for each in found if each[0] >= beyond]
        assert any(
            [each for each in version if each[0] >= beyond][: len(rest)] == rest for version in versions
        ), f"{rest} is the beginning of none of {versions} from {beyond} on"

    def _is_flushed(self) -> bool:
        return self.log.recovery_point >= self.log.segments.active.base_offset

    # --- always ---

    @invariant()
    def keeps_what_was_acknowledged(self) -> None:
        self._require_kept()
        self.ever.update(self._found(whole=True))

    def _found(self, *, whole: bool = False) -> list[Seen]:
        """Every record from the log's start on, which may lie within a batch; `whole`: all that is in its files."""
        start = 0 if whole else self.log.log_start_offset
        return [
            (each.offset, (each.key or b"").decode(), None if each.value is None else each.value.decode())
            for batch in self._batches()
            for each in batch.records()
            if each.offset >= start
        ]

    def _batches(self) -> Iterator[RecordBatch]:
        """Those in the files. Not by reading the log: it may end after a gap that compaction left."""
        for segment in self.log.segments:
            yield from read_batches(Path(segment.path()).read_bytes()[: segment.size])

    def _require_kept(self, *, whole: bool = True) -> None:
        """`whole`: what was sent last may be there, and the producer state says so."""
        found = self._found()
        offsets = [offset for offset, _, _ in found]
        assert offsets == sorted(set(offsets))
        known = {each.seen for each in self.records}
        extra = [each for each in found if each not in known]
        if whole and extra:
            assert self.sent is not None
            assert tuple(each[1:] for each in extra) == self.sent.pairs
            assert not self.records or extra[0][0] > self.records[-1].offset
        later = {key: offset for offset, key, _ in [*(e.seen for e in self.records), *extra]}
        there = set(found)
        for each in self.records:
            if each.seen not in there:
                assert each.offset < self.compacted_to, f"{each} is lost"
                assert later[each.key] > each.offset or each.value is None, f"{each} was the last of its key"
        if whole and self.records and self.records[-1].seen in there:
            entry = self.log.producers.entries[PRODUCER_ID]
            sent = len(self.sent.pairs) if extra and self.sent is not None else 0
            assert entry.last_sequence == self.sequence + sent - 1
        assert self.log.log_end_offset >= max(offsets, default=-1) + 1
        assert self.log.log_start_offset == self.start

    @invariant()
    def knows_every_epoch(self) -> None:
        for each in self._batches():
            if each.last_offset >= self.log.log_start_offset:
                at = max(each.base_offset, self.log.log_start_offset)
                assert self.log.epoch_for_offset(at) == each.partition_leader_epoch

    @invariant()
    def has_sound_files(self) -> None:
        """The entries in memory are written first, as any flush would."""
        for segment in self.log.segments:
            if segment.size:
                segment.write_indexes()
        require_sound_files(Path(self.log.segments.directory))


TestFaults = FaultMachine.TestCase
TestFaults.settings = settings(
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
