"""The segments of one log: batches in, slices out. Knows offsets, but no producer, epoch or high watermark.

Source: LocalLog, LogSegments of Kafka 3.9.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, overload

import attrs

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.storage import names
from zkbroker.storage.files import Buffer, write_fully
from zkbroker.storage.headers import BatchHeader
from zkbroker.storage.indexes import MAX_RELATIVE_OFFSET
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.segment import Segment, SegmentStorage
from zkbroker.storage.slices import EMPTY_SLICE, LogSlice

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig

_RECENT_BATCHES: Final = 512  # positions remembered of the newest batches


def _nothing(_: int) -> None:
    return None


@attrs.define(eq=False)
class Segments:
    """Never empty once its log is open; the last segment is active, the others are sealed. Owner: a Log."""

    log_dir: LogDirectory
    storage: SegmentStorage
    config: TopicConfig
    directory: str
    random: random.Random = attrs.field(factory=random.Random)
    before_roll: Callable[[int], None] = _nothing  # gets the new segment's base; may raise OSError
    end_offset: int = 0  # exclusive
    active: Segment = attrs.field(init=False, default=None)
    _segments: list[Segment] = attrs.field(factory=list)
    _bases: list[int] = attrs.field(factory=list)
    _segment_bytes: int = 0
    _recent_base: int = 0  # the remembered batches begin at this offset
    _recent_ends: array[int] = attrs.field(factory=lambda: array("q"))  # their exclusive end offsets
    _recent_positions: array[int] = attrs.field(
        factory=lambda: array("q")
    )  # their places in the active segment

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> list[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | list[Segment]:
        return self._segments[index]

    @property
    def first(self) -> Segment:
        return self._segments[0]

    @property
    def size_bytes(self) -> int:
        return sum(segment.size for segment in self._segments)

    def configure(self, config: TopicConfig) -> None:
        """Take over a changed configuration, from the next append on."""
        self.config = config
        self._segment_bytes = config.segment_bytes
        if self.active is not None:
            self.active.configure(config, self._jitter_ms())

    def _jitter_ms(self) -> int:
        longest = min(self.config.segment_jitter_ms, self.config.segment_ms)
        return self.random.randrange(longest) if longest else 0

    # --- the chain ---------------------------------------------------------------------------------------------

    def add(self, segment: Segment) -> None:
        """Put a segment at the end and make it the active one."""
        self._segments.append(segment)
        self._bases.append(segment.base_offset)
        self.active = segment
        segment.configure(self.config, self._jitter_ms())
        self._forget_positions()

    def insert_after(self, segment: Segment, new: Segment) -> None:
        """Put a segment behind one of the chain, whose offsets it goes on with."""
        if segment is self.active:
            self.add(new)
            return
        at = self._segments.index(segment) + 1
        self._segments.insert(at, new)
        self._bases.insert(at, new.base_offset)
        new.configure(self.config, 0)

    def remove_first(self) -> Segment:
        """Take the oldest segment, which is not the active one, out of the chain."""
        assert len(self._segments) > 1
        del self._bases[0]
        return self._segments.pop(0)

    def remove_last(self) -> Segment:
        """Take the active segment, which is not the only one, out of the chain."""
        assert len(self._segments) > 1
        self._bases.pop()
        removed = self._segments.pop()
        self.active = self._segments[-1]
        self._forget_positions()
        return removed

    def neighbours(self, bases: Sequence[int]) -> list[Segment] | None:
        """The sealed segments that begin at these offsets; None unless they (still) stand side by side."""
        at = bisect_right(self._bases, bases[0]) - 1
        if at < 0 or self._bases[at : at + len(bases)] != list(bases) or at + len(bases) >= len(self._bases):
            return None
        return self._segments[at : at + len(bases)]

    def swap_in(self, old: Sequence[Segment], size: int, wall_ms: int) -> None:
        """Put the segment whose files wait as .cleaned, synced, into the place of these neighbours.

        First it becomes .swap: from then on a restart finishes the exchange. Raises: OSError, half done.
        """
        new = Segment(
            self.storage,
            self.log_dir,
            self.directory,
            old[0].base_offset,
            size,
            created_ms=wall_ms,
            timestamps_known=False,
            needs_sync=False,
            suffix=names.CLEANED,
        )
        new.rename_to(names.SWAP)
        for segment in old:  # oldest first: what a crash leaves must not bring back what a tombstone deleted
            segment.rename_to_deleted()
        new.rename_to("")
        new.configure(self.config, 0)
        at = self._segments.index(old[0])
        self._segments[at : at + len(old)] = [new]
        self._bases[at : at + len(old)] = [new.base_offset]

    def index_of(self, offset: int) -> int:
        """Index of the last segment whose base is not above `offset`; -1 if there is none."""
        return bisect_right(self._bases, offset) - 1

    def holding(self, offset: int) -> Segment:
        """The segment whose range holds `offset`; the first one for offsets below it."""
        return self._segments[max(self.index_of(offset), 0)]

    def starting_with(self, offset: int) -> list[Segment]:
        """The segment that may hold `offset`, and all later ones."""
        return self._segments[max(self.index_of(offset), 0) :]

    def create(self, base_offset: int, wall_ms: int) -> Segment:
        """A new, empty segment with its file, not yet in the chain. Raises: OSError."""
        segment = Segment(
            self.storage, self.log_dir, self.directory, base_offset, created_ms=wall_ms, first_timestamp=-1
        )
        file = segment.create_file()
        if self.config.preallocate:
            self.storage.files.preallocate(file.fd, self.config.segment_bytes)
        return segment

    # --- appending ---------------------------------------------------------------------------------------------

    def append(
        self,
        batch: Buffer,
        size: int,
        first_offset: int,
        last_offset: int,
        max_timestamp: int,
        wall_ms: int,
    ) -> Segment:
        """Append one batch, rolling before it where that is due; returns the segment it is in.

        Raises: RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR; nothing has changed then, save that a segment may have
        been rolled.
        """
        segment = self.active
        if segment.size:
            first = segment.first_timestamp
            if first is None or first < 0 or max_timestamp < 0:
                waited = self._waited_ms(segment, max_timestamp, wall_ms)
            else:
                waited = max_timestamp - first
            if (
                size > self._segment_bytes - segment.size
                or waited > segment.roll_after_ms
                or segment.index_full
                or last_offset - segment.base_offset > MAX_RELATIVE_OFFSET
            ):
                self._require_size(size)
                segment = self.roll(first_offset, wall_ms)
        elif size > self._segment_bytes or last_offset - segment.base_offset > MAX_RELATIVE_OFFSET:
            self._require_size(size)
            segment = self.roll(first_offset, wall_ms)
        position = segment.size
        self._write(segment, batch, position, size)
        # From here on nothing may fail: the batch is stored.
        segment.appended(last_offset, max_timestamp, position, size)
        if not position:
            segment.first_timestamp = max_timestamp
        ends = self._recent_ends
        if not ends:
            self._recent_base = first_offset
        ends.append(last_offset + 1)
        self._recent_positions.append(position)
        self.end_offset = last_offset + 1
        if len(ends) >= _RECENT_BATCHES:
            self._forget_old_positions()
        return segment

    def _require_size(self, size: int) -> None:
        if size > self._segment_bytes:
            raise KafkaError(
                ErrorCode.RECORD_LIST_TOO_LARGE,
                f"{self.directory}: {size} bytes, segment.bytes is {self._segment_bytes}",
            )

    def make_room(self, batches: Sequence[BatchHeader], wall_ms: int) -> int:
        """Roll if the first of these neighbouring batches needs a new segment; returns how many of them fit.

        Raises: KAFKA_STORAGE_ERROR.
        """
        segment = self.active
        filled = segment.size
        for index, batch in enumerate(batches):
            fits = batch.last_offset - segment.base_offset <= MAX_RELATIVE_OFFSET
            if filled:
                waited = self._waited_ms(segment, batch.max_timestamp, wall_ms) if not index else 0
                fits = (
                    fits
                    and batch.size <= self._segment_bytes - filled
                    and waited <= segment.roll_after_ms
                    and not segment.index_full
                )
            if not fits:
                if index:
                    return index
                # Without a gap, also where the leader's compaction left one: a start after a power loss cuts there.
                reaches = batch.last_offset - self.end_offset <= MAX_RELATIVE_OFFSET
                segment = self.roll(self.end_offset if filled and reaches else batch.base_offset, wall_ms)
                filled = 0
            filled += batch.size
        return len(batches)

    def append_run(self, content: memoryview, batches: Sequence[BatchHeader]) -> None:
        """Write neighbouring batches at once; their positions are those in `content`. They fit (`make_room`).

        Raises: KAFKA_STORAGE_ERROR; nothing has changed then.
        """
        segment = self.active
        start = batches[0].position
        end = batches[-1].position + batches[-1].size
        shift = segment.size - start
        self._write(segment, content[start:end], segment.size, end - start)
        if segment.size == 0:
            segment.first_timestamp = batches[0].max_timestamp
        if not self._recent_ends:
            self._recent_base = batches[0].base_offset
        for batch in batches:
            position = shift + batch.position
            segment.appended(batch.last_offset, batch.newest_timestamp, position, batch.size)
            self._recent_ends.append(batch.last_offset + 1)
            self._recent_positions.append(position)
        self.end_offset = batches[-1].last_offset + 1
        if len(self._recent_ends) >= _RECENT_BATCHES:
            self._forget_old_positions()

    def _waited_ms(self, segment: Segment, max_timestamp: int, wall_ms: int) -> int:
        """How long the segment has been filling: by record timestamps where there are any."""
        first = segment.first_timestamp
        if first is None:
            first = segment.load_first_timestamp()
        if first >= 0 and max_timestamp >= 0:
            return max_timestamp - first
        return wall_ms - segment.created_ms

    def _write(self, segment: Segment, content: Buffer, position: int, size: int) -> None:
        """Write at the segment's end, all of it or nothing. Raises: KAFKA_STORAGE_ERROR."""
        watch = self.storage.watch
        watch.begin(self.log_dir)
        try:
            fd = segment.file().fd
            files = self.storage.files
            written = files.pwrite(fd, content, position)
            if written != size:
                write_fully(files, fd, memoryview(content)[written:], position + written)
        except OSError as error:
            self._take_back(segment, position)
            raise self.log_dir.failed_to_store(f"append to {segment.path()}", error) from error
        finally:
            watch.end()

    def _take_back(self, segment: Segment, position: int) -> None:
        """Cut off what a failed write may have left; where that fails too, the directory is given up."""
        try:
            self.storage.files.ftruncate(segment.file().fd, position)
        except OSError as error:
            self.log_dir.fail(f"{segment.path()} cannot be cut back to {position} bytes: {error}")

    def roll(self, base_offset: int, wall_ms: int) -> Segment:
        """Seal the active segment and begin another; an empty one gives way to it.

        Raises: KAFKA_STORAGE_ERROR; nothing has changed then.
        """
        old = self.active
        try:
            self.before_roll(base_offset)
            old.finish_indexes()
            segment = self.create(base_offset, wall_ms)
        except OSError as error:
            raise self.log_dir.failed_to_store(f"roll {old.path()}", error) from error
        if old.size == 0:
            self._segments.pop()
            self._bases.pop()
            old.close()
            if old.base_offset != base_offset:
                old.remove_files()
        self.add(segment)  # the old file stays open: a truncation must reach the slices of it
        return segment

    # --- reading -----------------------------------------------------------------------------------------------

    def read(self, offset: int, max_bytes: int, upper_offset: int, min_one_batch: bool) -> LogSlice:
        """Batches from the one that holds `offset` up to `upper_offset` (exclusive), of one segment.

        Whole batches, as far as the limit allows to tell without looking. Raises: OSError.
        """
        ends = self._recent_ends
        if not ends or offset < self._recent_base:
            return self._read_indexed(offset, max_bytes, upper_offset, min_one_batch)
        positions = self._recent_positions
        count = len(ends)
        first = bisect_right(ends, offset)
        beyond = count if upper_offset >= self.end_offset else bisect_right(ends, upper_offset)
        if first >= beyond:
            return EMPTY_SLICE
        segment = self.active
        start = positions[first]
        stop = segment.size if beyond == count else positions[beyond]
        if stop - start > max_bytes:
            beyond = bisect_right(positions, start + max_bytes, first) - 1
            if beyond <= first:
                if not min_one_batch:
                    return EMPTY_SLICE
                beyond = first + 1
            stop = segment.size if beyond == count else positions[beyond]
        return LogSlice(segment.file(), start, stop - start, ends[beyond - 1])

    def _read_indexed(self, offset: int, max_bytes: int, upper_offset: int, min_one_batch: bool) -> LogSlice:
        """The same for batches whose positions are not remembered; it may have to look into files."""
        watch = self.storage.watch
        watch.begin(self.log_dir)
        try:
            return self._search(offset, max_bytes, upper_offset, min_one_batch)
        finally:
            watch.end()

    def _search(self, offset: int, max_bytes: int, upper_offset: int, min_one_batch: bool) -> LogSlice:
        index = max(self.index_of(offset), 0)
        while True:
            segment = self._segments[index]
            following = index + 1
            first = segment.find(offset)
            if first is not None:
                break
            if following == len(self._segments):
                return EMPTY_SLICE
            index = following
        if first.base_offset >= upper_offset:
            return EMPTY_SLICE
        segment_end = self._bases[following] if following < len(self._bases) else self.end_offset
        stop, next_offset = segment.size, segment_end
        if upper_offset < segment_end:
            last = segment.find(upper_offset)
            if last is not None:
                stop, next_offset = last.position, upper_offset
        start = first.position
        if stop - start > max_bytes:
            if first.size > max_bytes:
                if not min_one_batch:
                    return EMPTY_SLICE
                return LogSlice(segment.file(), start, first.size, first.last_offset + 1)
            stop = start + max_bytes
            boundary = segment.offset_index.last_boundary(stop)
            if boundary > start:
                stop = boundary
        elif stop <= start:
            return EMPTY_SLICE
        return LogSlice(segment.file(), start, stop - start, next_offset)

    def _forget_positions(self) -> None:
        del self._recent_ends[:], self._recent_positions[:]

    def _forget_old_positions(self) -> None:
        drop = len(self._recent_ends) - _RECENT_BATCHES // 2
        self._recent_base = self._recent_ends[drop - 1]
        del self._recent_ends[:drop], self._recent_positions[:drop]

    # --- cutting -----------------------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> list[Segment]:
        """Drop the batch that holds `offset` and all after it; returns segments that were dropped whole.

        They are renamed to .deleted, newest first, so that what a crash leaves is a prefix. Raises: OSError.
        """
        dropped = []
        while len(self._segments) > 1 and self.active.base_offset > offset:
            self.active.invalidate_slices()
            self.active.rename_to_deleted()
            dropped.append(self.remove_last())
        self._forget_positions()
        segment = self.active
        segment.configure(self.config, self._jitter_ms())
        end = min(self.end_offset, dropped[-1].base_offset) if dropped else self.end_offset
        cut = segment.find(offset)
        if cut is not None:
            end = cut.base_offset
            segment.truncate(cut.position, end)
        self.end_offset = max(min(end, offset), segment.base_offset)
        return dropped

    def restart_at(self, offset: int, wall_ms: int) -> list[Segment]:
        """Drop everything and begin an empty segment at `offset`; returns what was dropped. Raises: OSError."""
        dropped = list(reversed(self._segments))
        for segment in dropped:
            segment.invalidate_slices()
            segment.rename_to_deleted()
        self._segments.clear()
        self._bases.clear()
        self.add(self.create(offset, wall_ms))
        self.end_offset = offset
        return dropped

    def moved_to(self, directory: str) -> None:
        """The log's directory was renamed."""
        self.directory = directory
        for segment in self._segments:
            segment.moved_to(directory)

    def close(self) -> None:
        """Give up all descriptors; slices keep theirs."""
        for segment in self._segments:
            segment.close()
