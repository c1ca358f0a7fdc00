"""Compaction of one log: its sealed segments are read, and new ones written beside them without what may go.

It changes nothing of the log itself. What it writes has the suffix .cleaned until `Log.replace_segments` puts it
into place. Runs in a process of its own (`cleaning_process`), and knows no event loop.
Source: Cleaner of Kafka 3.9.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from zkbroker.protocol.records import CONTROL
from zkbroker.storage import names
from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.compaction_rules import (
    KEY_BYTES,
    Kept,
    LastBatch,
    LastOffsets,
    Rules,
    SeenTransactions,
    Uncleanable,
    placeholder,
)
from zkbroker.storage.files import PIECE_BYTES, Files, remove_file, write_fully
from zkbroker.storage.headers import BatchHeader, TornBatch
from zkbroker.storage.indexes import MAX_RELATIVE_OFFSET
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.scanning import scan_batches
from zkbroker.storage.segment import Segment, SegmentStorage
from zkbroker.storage.slices import OpenFiles

_WRITE_BYTES: Final = 1024 * 1024
_PACE_BYTES: Final = 128 * 1024
_LONGEST_SLEEP_S: Final = 0.1  # so that a higher limit is soon felt
_UNLIMITED: Final = 1e15
_MOST_SOURCES: Final = (
    32  # segments that one new one may replace: they are renamed in one step of the event loop
)


@attrs.frozen
class CompactionJob:
    """One log as its broker sees it when a compaction begins."""

    directory: str
    segments: tuple[tuple[int, int], ...]  # base offset and size of every sealed one below `end_offset`
    first_dirty_offset: int  # below it an earlier compaction has seen everything
    end_offset: int  # exclusive: where the first segment begins that must not be touched
    aborted: tuple[AbortedTransaction, ...]  # that reach below `end_offset`
    producers: Mapping[int, tuple[int, int]]  # as in LastBatch: bare ones are pickled ten times as fast
    now_ms: int  # wall clock
    memory_bytes: int
    segment_bytes: int
    segment_index_bytes: int
    index_interval_bytes: int
    delete_retention_ms: int


@attrs.frozen
class CleanedGroup:
    """A new segment whose files wait, synced, with the suffix .cleaned; it begins where the first source does."""

    sources: tuple[int, ...]  # base offsets of the neighbours that it stands for
    size: int  # bytes of the .log


@attrs.frozen
class CompactionDone:
    """What a compaction did."""

    next_dirty_offset: int  # exclusive end of what is compacted now
    keys: int
    records_read: int
    records_kept: int
    bytes_read: int  # while records were kept or dropped; the dirty part was read once more before
    bytes_indexed: int  # in that earlier reading
    bytes_written: int
    seconds: float


@attrs.define(eq=False)
class Pace:
    """Keeps reading and writing under a limit of bytes a second, which another thread may change."""

    bytes_per_s: float = float("inf")
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _debt: float = 0.0  # bytes that were spent and not yet waited for
    _settled_at: float = attrs.field(init=False)  # by `clock`

    def __attrs_post_init__(self) -> None:
        self._settled_at = self.clock()

    def spend(self, count: int) -> None:
        """So many bytes were read or written; returns when more may be."""
        self._debt += count
        if self._debt < _PACE_BYTES:
            return
        self._settle()
        while self._debt >= _PACE_BYTES:
            self.sleep(min(self._debt / self.bytes_per_s, _LONGEST_SLEEP_S))
            self._settle()

    def _settle(self) -> None:
        now, rate = self.clock(), self.bytes_per_s
        paid = (now - self._settled_at) * rate if rate < _UNLIMITED else self._debt
        self._debt = max(self._debt - paid, 0.0)
        self._settled_at = now


def compact(job: CompactionJob, files: Files, pace: Pace) -> Iterator[CleanedGroup | CompactionDone]:
    """Yields each new segment when it is complete, and last what was done.

    Segments in which nothing may go are left alone. Raises: Uncleanable; OSError (FileNotFoundError among them, if
    the log lost a segment meanwhile).
    """
    return _Run(job, files, pace).run()


@attrs.define(eq=False)
class _Run:
    job: CompactionJob
    files: Files
    pace: Pace
    _storage: SegmentStorage = attrs.field(init=False)
    _segments: list[Segment] = attrs.field(init=False)
    records_read: int = 0
    records_kept: int = 0
    bytes_read: int = 0
    bytes_indexed: int = 0
    bytes_written: int = 0

    def __attrs_post_init__(self) -> None:
        self._storage = SegmentStorage(self.files, OpenFiles(self.files, 16))
        self._segments = [self._segment(base, size) for base, size in self.job.segments]

    def _segment(self, base: int, size: int, suffix: str = "") -> Segment:
        directory = self.job.directory
        log_dir = LogDirectory(os.path.dirname(directory), self.files)
        return Segment(
            self._storage,
            log_dir,
            directory,
            base,
            size,
            index_interval_bytes=self.job.index_interval_bytes,
            max_index_entries=MAX_RELATIVE_OFFSET,
            max_time_entries=MAX_RELATIVE_OFFSET,
            suffix=suffix,
        )

    def run(self) -> Iterator[CleanedGroup | CompactionDone]:
        began = time.monotonic()
        job = self.job
        remove_leftovers(self.files, job.directory)
        offsets = LastOffsets(job.memory_bytes)
        try:
            self._note_keys(offsets)
            legacy_horizon_ms = self._legacy_horizon_ms()
            rules = Rules(
                offsets,
                SeenTransactions(
                    each for each in job.aborted if each.last_offset >= self._segments[0].base_offset
                ),
                {producer_id: LastBatch(*last) for producer_id, last in job.producers.items()},
                job.now_ms,
                job.delete_retention_ms,
            )
            for group in self._groups(offsets.next_offset):
                size = self._clean(group, rules, legacy_horizon_ms)
                if size is not None:
                    yield CleanedGroup(tuple(each.base_offset for each in group), size)
        finally:
            for segment in self._segments:
                segment.close()
        yield CompactionDone(
            offsets.next_offset,
            len(offsets),
            self.records_read,
            self.records_kept,
            self.bytes_read,
            self.bytes_indexed,
            self.bytes_written,
            time.monotonic() - began,
        )

    def _batches(self, segment: Segment, position: int) -> Iterator[tuple[BatchHeader, memoryview]]:
        try:
            for header, batch in scan_batches(self.files, segment.file().fd, position, segment.size):
                self.pace.spend(header.size)
                yield header, batch
        except TornBatch as error:
            raise Uncleanable(f"{segment.path()}: {error}") from error

    # --- the keys of the dirty part ----------------------------------------------------------------------------

    def _note_keys(self, offsets: LastOffsets) -> None:
        """Learn where each key was written last; ends early when the memory is full."""
        start = self.job.first_dirty_offset
        offsets.next_offset = start
        seen = SeenTransactions(each for each in self.job.aborted if each.last_offset >= start)
        ends = [*(base for base, _ in self.job.segments[1:]), self.job.end_offset]
        for segment, end in zip(self._segments, ends, strict=True):
            if end <= start:
                continue
            near = next(segment.headers_near(start), None)
            for header, batch in self._batches(segment, 0 if near is None else near.position):
                if header.attributes & CONTROL:
                    seen.end(header, batch)
                elif not seen.is_aborted(header):
                    if not offsets.has_room_for(header.record_count):
                        return
                    offsets.add_batch(batch, header, start)
                offsets.next_offset = max(offsets.next_offset, header.last_offset + 1)
                self.bytes_indexed += header.size
            offsets.next_offset = end

    # --- new segments ------------------------------------------------------------------------------------------

    def _groups(self, next_dirty_offset: int) -> Iterator[list[Segment]]:
        """Neighbours that fit into one new segment, all that begin below that offset. Source: groupSegmentsBySize."""
        job = self.job
        segments = [each for each in self._segments if each.base_offset < next_dirty_offset]
        ends = {base: end for (base, _), (end, _) in zip(job.segments, job.segments[1:], strict=False)}
        group: list[Segment] = []
        sizes = (0, 0, 0)
        for segment in segments:
            own = (
                segment.size,
                self._file_size(segment, names.OFFSET_INDEX),
                self._file_size(segment, names.TIME_INDEX),
            )
            together = (sizes[0] + own[0], sizes[1] + own[1], sizes[2] + own[2])
            end = ends.get(segment.base_offset, job.end_offset)
            if group and (
                together[0] > job.segment_bytes
                or max(together[1:]) > job.segment_index_bytes
                or end - 1 - group[0].base_offset > MAX_RELATIVE_OFFSET
                or len(group) == _MOST_SOURCES
            ):
                yield group
                group, sizes = [segment], own
            else:
                group.append(segment)
                sizes = together
        if group:
            yield group

    def _file_size(self, segment: Segment, suffix: str) -> int:
        try:
            return self.files.size(segment.path(suffix))
        except FileNotFoundError:
            return 0

    def _clean(self, group: Sequence[Segment], rules: Rules, legacy_horizon_ms: int) -> int | None:
        """Write the segment that takes the place of a group; its bytes, None if it would be the same."""
        new = _NewSegment(self, self._segment(group[0].base_offset, 0, names.CLEANED))
        is_unchanged = len(group) == 1
        last: tuple[memoryview, BatchHeader, Kept] | None = None
        try:
            for segment in group:
                rules.keeps_legacy_tombstones = self.files.modified_ms(segment.path()) > legacy_horizon_ms
                for header, batch in self._batches(segment, 0):
                    if last is not None and last[2].batch is None:
                        is_unchanged = False
                    kept = rules.decide(batch, header)
                    self.bytes_read += header.size
                    self.records_read += max(header.record_count, 1)
                    self.records_kept += kept.records
                    if kept.batch is not None:
                        is_unchanged = is_unchanged and kept.is_unchanged
                        new.add(kept, header)
                    last = (batch, header, kept)
            if last is not None and last[2].batch is None:
                batch, header, _ = last
                kept = placeholder(batch, header)
                is_unchanged = is_unchanged and kept.is_unchanged
                new.add(kept, header)
            if is_unchanged:
                new.drop()
                return None
            new.finish(self.files.modified_ms(group[-1].path()))
        finally:
            new.segment.close()
        return new.segment.size

    def _legacy_horizon_ms(self) -> int:
        """The old formats know no delete horizon: their tombstones go from files last written before this time."""
        cleaned = [each for each in self._segments if each.base_offset < self.job.first_dirty_offset]
        if not cleaned:
            return 0
        return self.files.modified_ms(cleaned[-1].path()) - self.job.delete_retention_ms


@attrs.define(eq=False)
class _NewSegment:
    """A segment that is being written, in larger pieces than its batches."""

    _run: _Run
    segment: Segment
    _buffer: bytearray = attrs.field(factory=bytearray)
    _written: int = 0
    _written_back: int = 0

    def __attrs_post_init__(self) -> None:
        self.segment.create_file()

    def add(self, kept: Kept, header: BatchHeader) -> None:
        assert kept.batch is not None
        segment, size = self.segment, len(kept.batch)
        if not segment.can_hold(header.last_offset):
            raise Uncleanable(f"{segment.path()}: offset {header.last_offset} is out of the segment's range")
        segment.appended(header.last_offset, kept.max_timestamp, segment.size, size)
        if kept.aborted is not None:
            segment.transaction_index.add(kept.aborted)
        self._buffer += kept.batch
        if len(self._buffer) >= _WRITE_BYTES:
            self._write()

    def _write(self) -> None:
        run, fd, count = self._run, self.segment.file().fd, len(self._buffer)
        write_fully(run.files, fd, self._buffer, self._written)
        self._written += count
        run.bytes_written += count
        self._buffer.clear()
        if self._written - self._written_back >= PIECE_BYTES:
            run.files.start_write_back(fd, self._written_back, self._written - self._written_back)
            self._written_back = self._written
        run.pace.spend(count)

    def finish(self, modified_ms: int) -> None:
        """Bring everything to disk."""
        if self._buffer:
            self._write()
        self.segment.finish_indexes()
        self.segment.sync()
        self._run.files.set_modified_ms(self.segment.path(), modified_ms)

    def drop(self) -> None:
        self.segment.close()
        self.segment.remove_files()


def remove_leftovers(files: Files, directory: str) -> None:
    """Remove what an earlier compaction left unfinished. Raises: OSError.

    A stale .cleaned would make a start after a crash believe that a later swap had not begun.
    """
    for name in files.listdir(directory):
        if name.endswith(names.CLEANED):
            remove_file(files, os.path.join(directory, name))


def least_memory(threads: int, memory_bytes: int) -> int:
    """What each of so many compactions at a time may take."""
    return max(memory_bytes // max(threads, 1), KEY_BYTES)
