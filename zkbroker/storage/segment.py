"""One segment: a .log file with its indexes.

A segment opens nothing before it is used: a loaded, sealed one is a base offset and a size.
Source: LogSegment of Kafka 3.9.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from zkbroker.storage import names
from zkbroker.storage.call_watch import CallWatch
from zkbroker.storage.files import Files, remove_file, sync_files
from zkbroker.storage.headers import BatchHeader
from zkbroker.storage.indexes import (
    MAX_RELATIVE_OFFSET,
    OFFSET_ENTRY_BYTES,
    TIME_ENTRY_BYTES,
    TRANSACTION_ENTRY_BYTES,
    EntryFile,
    IndexCache,
    OffsetIndex,
    TimeIndex,
    TransactionIndex,
)
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.scanning import scan_headers
from zkbroker.storage.slices import LogFile, OpenFiles

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig

log = logging.getLogger(__name__)


@attrs.define(eq=False)
class SegmentStorage:
    """What segments need from outside; one for all logs of a broker."""

    files: Files
    open_files: OpenFiles
    index_cache: IndexCache = attrs.field(factory=IndexCache)
    watch: CallWatch = attrs.field(factory=CallWatch)  # of the calls the event loop makes itself


@attrs.define(eq=False)
class Segment:
    """Owner: a Log, which alone appends to and truncates it."""

    storage: SegmentStorage
    log_dir: LogDirectory
    directory: str  # follows the log's directory when that is renamed
    base_offset: int
    size: int = 0  # bytes of the .log file that count
    created_ms: int = 0  # wall clock: when this process made or loaded it
    max_timestamp: int = -1
    max_timestamp_offset: int = -1  # last offset of the batch that holds max_timestamp
    first_timestamp: int | None = None  # max timestamp of the first batch; -1: none, None: not read yet
    index_interval_bytes: int = 4096
    max_index_entries: int = 0  # of the offset index
    max_time_entries: int = 0
    roll_after_ms: int = 0  # segment.ms less this segment's jitter
    index_full: bool = False
    _index_room: int = 0  # entries that fit into the indexes for certain
    bytes_since_index_entry: int = 0
    timestamps_known: bool = True  # False: max_timestamp is still in the time index
    written_back: int = 0  # bytes the kernel was asked to write to disk
    needs_sync: bool = True  # something in its files may not be on disk
    suffix: str = ""  # .deleted once it was given up, .cleaned and .swap while it is being made
    _file: LogFile | None = None
    _offset_index: OffsetIndex | None = None
    _time_index: TimeIndex | None = None
    _transaction_index: TransactionIndex | None = None

    def path(self, suffix: str = names.LOG) -> str:
        """Path of the segment's file of that kind."""
        return os.path.join(self.directory, names.offset_name(self.base_offset, suffix) + self.suffix)

    def configure(self, config: TopicConfig, jitter_ms: int) -> None:
        """Take over what the topic's configuration says about indexes and rolling."""
        self.index_interval_bytes = config.index_interval_bytes
        self.max_index_entries = config.segment_index_bytes // OFFSET_ENTRY_BYTES
        self.max_time_entries = config.segment_index_bytes // TIME_ENTRY_BYTES
        longest_ms = config.segment_ms
        if config.is_compacted:  # the active segment is never compacted
            longest_ms = min(longest_ms, config.max_compaction_lag_ms)
        self.roll_after_ms = longest_ms - jitter_ms
        self._measure_indexes()

    # --- files -------------------------------------------------------------------------------------------------

    def file(self) -> LogFile:
        """The open .log file. Raises: OSError."""
        file = self._file
        if file is None or file.closing:
            file = self._file = self.storage.open_files.open(self.path(), self._timed)
        file.recently_used = True
        return file

    def _timed(self) -> CallWatch:
        """Begin to time a call on the segment's file."""
        self.storage.watch.begin(self.log_dir)
        return self.storage.watch

    def create_file(self) -> LogFile:
        """Make an empty .log file, in place of any stale files. Raises: OSError."""
        for suffix in (names.OFFSET_INDEX, names.TIME_INDEX, names.TRANSACTION_INDEX):
            remove_file(self.storage.files, self.path(suffix))
        self._file = self.storage.open_files.open(self.path(), self._timed, create=True)
        return self._file

    def close(self) -> None:
        """Give up the descriptor; slices keep theirs."""
        file, self._file = self._file, None
        if file is not None:
            self.storage.open_files.close(file)

    @property
    def offset_index(self) -> OffsetIndex:
        index = self._offset_index
        if index is None:
            entries = self._entry_file(names.OFFSET_INDEX, OFFSET_ENTRY_BYTES)
            index = self._offset_index = OffsetIndex(self.base_offset, entries)
        return index

    @property
    def time_index(self) -> TimeIndex:
        index = self._time_index
        if index is None:
            entries = self._entry_file(names.TIME_INDEX, TIME_ENTRY_BYTES)
            index = self._time_index = TimeIndex(self.base_offset, entries)
        return index

    @property
    def transaction_index(self) -> TransactionIndex:
        index = self._transaction_index
        if index is None:
            entries = self._entry_file(names.TRANSACTION_INDEX, TRANSACTION_ENTRY_BYTES)
            index = self._transaction_index = TransactionIndex(entries)
        return index

    def _entry_file(self, suffix: str, entry_bytes: int) -> EntryFile:
        """The index as its file has it."""
        files, cache = self.storage.files, self.storage.index_cache
        entries = EntryFile(files, cache, self.path(suffix), entry_bytes)
        if self.size:
            entries.open_stored()
        return entries

    def load_timestamps(self) -> None:
        """Learn max_timestamp from the time index: a sealed segment's last entry has it. Raises: OSError."""
        index = self.time_index
        if not index.is_sound or not (index.entries.count or self._has_no_timestamps()):
            self._rebuild_indexes()
            return
        self.max_timestamp, self.max_timestamp_offset = index.last_entry()
        self.timestamps_known = True

    def _has_no_timestamps(self) -> bool:
        """As its first batch with records tells. Raises: OSError."""
        first = next((header for header in self.headers() if header.record_count), None)
        return first is None or first.max_timestamp < 0

    def _rebuild_indexes(self) -> None:
        """Make the offset and the time index anew from the batches' headers. Raises: OSError.

        After a kill a recovery does that, with checksums; this is for files that were damaged while no broker ran.
        """
        log.warning("%s: an index is damaged and is rebuilt", self.path())
        size = self.size
        self.offset_index.entries.reset()
        self.time_index.entries.reset()
        self._time_index = None
        self.max_timestamp = self.max_timestamp_offset = -1
        self.bytes_since_index_entry = 0
        for header in self.headers():
            self.appended(header.last_offset, header.newest_timestamp, header.position, header.size)
        self.size = size
        self.timestamps_known = True
        self.finish_indexes()

    @property
    def largest_timestamp_ms(self) -> int:
        """What retention by time looks at: the largest timestamp, else when the file was last written."""
        if not self.timestamps_known:
            self.load_timestamps()
        if self.max_timestamp >= 0:
            return self.max_timestamp
        return self.storage.files.modified_ms(self.path())

    # --- appending ---------------------------------------------------------------------------------------------

    def appended(self, last_offset: int, max_timestamp: int, position: int, size: int) -> None:
        """Account for a batch that was just written at `position`."""
        if max_timestamp > self.max_timestamp:
            self.max_timestamp = max_timestamp
            self.max_timestamp_offset = last_offset
        since = self.bytes_since_index_entry
        if since > self.index_interval_bytes:
            (self._offset_index or self.offset_index).add(last_offset, position)
            (self._time_index or self.time_index).add_if_later(self.max_timestamp, self.max_timestamp_offset)
            since = 0
            self._index_room -= 1
            if self._index_room <= 0:
                self._measure_indexes()
        self.bytes_since_index_entry = since + size
        self.size = position + size
        self.needs_sync = True

    def _measure_indexes(self) -> None:
        """Whether they are full, and else how many appends later to look again."""
        if self._offset_index is None or self._time_index is None:
            self._index_room, self.index_full = 0, False
            return
        self._index_room = min(
            self.max_index_entries - self._offset_index.entries.count,
            self.max_time_entries - 1 - self._time_index.entries.count,
        )
        self.index_full = self._index_room <= 0

    def load_first_timestamp(self) -> int:
        """The max timestamp of the first batch, -1 if the segment is empty. Raises: OSError."""
        first = -1
        if self.size:
            for header in scan_headers(self.storage.files, self.file().fd, 0, self.size):
                first = header.max_timestamp
                break
        self.first_timestamp = first
        return first

    def finish_indexes(self) -> None:
        """Bring the index files up to date, the time index with the largest timestamp as its last entry.

        Afterwards the files are what a cleanly closed segment of Kafka's has. Raises: OSError.
        """
        if not self.timestamps_known:
            return  # nothing was appended since it was loaded
        if self.max_timestamp >= 0:
            self.time_index.add_if_later(self.max_timestamp, self.max_timestamp_offset)
        self.write_indexes()

    def index_files(self) -> list[EntryFile]:
        """Those of the indexes in use."""
        used = (self._offset_index, self._time_index, self._transaction_index)
        return [index.entries for index in used if index is not None]

    def write_indexes(self) -> None:
        """Write the index entries that are still in memory. Raises: OSError."""
        for index in (self.offset_index, self.time_index):
            if index.entries.has_tail or not index.entries.unsynced.changes:
                index.entries.write_tail()
        if self._transaction_index is not None:
            self._transaction_index.entries.write_tail(create=False)

    def reset(self) -> None:
        """Forget what is known of the batches and the indexes: a recovery finds it again. Raises: OSError."""
        self.offset_index.entries.reset()
        self.time_index.entries.reset()
        self.transaction_index.entries.reset(remove=True)
        self._time_index = None
        self.size = 0
        self.max_timestamp = self.max_timestamp_offset = -1
        self.timestamps_known = True
        self.first_timestamp = None
        self.bytes_since_index_entry = 0
        self._index_room, self.index_full = 0, False

    def sync(self) -> None:
        """fsync every file of the segment; runs in a thread, by path, so that no descriptor can change under it.

        Raises: OSError.
        """
        sync_files(self.storage.files, [self.path(suffix) for suffix in names.SEGMENT_SUFFIXES])

    # --- searching ---------------------------------------------------------------------------------------------

    def find(self, offset: int) -> BatchHeader | None:
        """The first batch whose last offset is not below `offset`. Raises: OSError."""
        for header in self.headers_near(offset):
            if header.last_offset >= offset:
                return header
        return None

    def headers(self, position: int = 0) -> Iterator[BatchHeader]:
        """Batch headers from a batch's position on. Raises: OSError."""
        if position < self.size:
            yield from scan_headers(self.storage.files, self.file().fd, position, self.size)

    def headers_near(self, offset: int) -> Iterator[BatchHeader]:
        """Batch headers from a little before the batch that holds `offset`, as the index says. Raises: OSError."""
        return self._headers_from(*self.offset_index.floor(offset))

    def _headers_from(self, last_offset: int, position: int) -> Iterator[BatchHeader]:
        """Those from an entry of the offset index on; one that leads to no such batch has the indexes rebuilt."""
        if not position:
            yield from self.headers()
            return
        if 0 < position < self.size:
            walk = scan_headers(self.storage.files, self.file().fd, position, self.size)
            first = next(walk, None)
            if first is not None and first.last_offset == last_offset:
                yield first
                yield from walk
                return
        self._rebuild_indexes()
        yield from self._headers_from(*self.offset_index.floor(last_offset))

    def last_header(self) -> BatchHeader | None:
        """The last batch. Raises: OSError."""
        last = None
        for header in self._headers_from(*self.offset_index.last_entry):
            last = header
        return last

    # --- cutting and deleting ----------------------------------------------------------------------------------

    def truncate(self, position: int, end_offset: int) -> None:
        """Cut the .log file at a batch's position and drop the index entries beyond. Raises: OSError.

        `end_offset`: exclusive end of what stays. Slices that reach beyond become invalid.
        """
        if not self.timestamps_known:
            self.load_timestamps()
        file = self.file()
        file.truncations.append(position)  # first: what a slice may no longer send
        self.storage.files.ftruncate(file.fd, position)
        self.size = position
        self.offset_index.truncate(position)
        self.time_index.truncate(end_offset)
        self.transaction_index.truncate(end_offset)
        if self.max_timestamp_offset >= end_offset:
            self._remeasure_timestamps()
        self.written_back = min(self.written_back, position)
        if position == 0:
            self.first_timestamp = None
        self._measure_indexes()
        self.bytes_since_index_entry = 0
        self.needs_sync = True

    def invalidate_slices(self) -> None:
        """The whole segment is truncated away: no slice of it may be sent any more."""
        if self._file is not None:
            self._file.truncations.append(0)

    def _remeasure_timestamps(self) -> None:
        self.max_timestamp, self.max_timestamp_offset = self.time_index.last_entry()
        for header in self.headers_near(self.max_timestamp_offset):
            if header.newest_timestamp > self.max_timestamp:
                self.max_timestamp = header.newest_timestamp
                self.max_timestamp_offset = header.last_offset

    def rename_to_deleted(self) -> None:
        """Mark the files .deleted, so that a restart finishes what `remove_files` will do. Raises: OSError."""
        self.close()
        self.rename_to(names.DELETED)
        for index in (self._offset_index, self._time_index, self._transaction_index):
            if index is not None:
                self.storage.index_cache.drop(index.entries)

    def rename_to(self, suffix: str) -> None:
        """Give the files another suffix in place of the present one. Raises: OSError.

        The .log goes last: a crash in between leaves a segment whose missing index is rebuilt.
        """
        for kind in (names.OFFSET_INDEX, names.TIME_INDEX, names.TRANSACTION_INDEX, names.LOG):
            path = self.path(kind)
            try:
                self.storage.files.replace(path, path.removesuffix(self.suffix) + suffix)
            except FileNotFoundError:
                if kind == names.LOG and suffix != names.DELETED:
                    raise
        self.suffix = suffix

    def remove_files(self) -> None:
        """Unlink the files. Any thread. Raises: OSError."""
        for suffix in names.SEGMENT_SUFFIXES:
            remove_file(self.storage.files, self.path(suffix))

    def moved_to(self, directory: str) -> None:
        """The log's directory was renamed."""
        self.directory = directory
        for index, suffix in (
            (self._offset_index, names.OFFSET_INDEX),
            (self._time_index, names.TIME_INDEX),
            (self._transaction_index, names.TRANSACTION_INDEX),
        ):
            if index is not None:
                index.entries.path = self.path(suffix)

    def can_hold(self, offset: int) -> bool:
        """Whether the offset's distance from the base fits the index's 31 bits."""
        return 0 <= offset - self.base_offset <= MAX_RELATIVE_OFFSET
