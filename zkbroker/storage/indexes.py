"""The three indexes of a segment: offset, time and transaction index.

An index is a file of fixed-size entries plus a tail that is still in memory. The tail is written when it is large,
when the segment is rolled, flushed or closed; after a kill the segments whose index may lack a tail are recovered,
which rebuilds it. Files never hold padding: a reader of Kafka's would take trailing zeros for entries.
Source: OffsetIndex, TimeIndex, TransactionIndex of Kafka 3.9.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import attrs

from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.files import Files, read_fully, read_range, remove_file, sync_file, write_fully
from zkbroker.storage.unsynced import Unsynced

log = logging.getLogger(__name__)

MAX_RELATIVE_OFFSET: Final = 2**31 - 1
_TAIL_BYTES: Final = 64 * 1024  # a larger tail is written out
_CACHE_BYTES: Final = 32 * 1024 * 1024

_OFFSET_ENTRY = struct.Struct(">ii")
_TIME_ENTRY = struct.Struct(">qi")
_TRANSACTION_ENTRY = struct.Struct(">hqqqq")
_RELATIVE = struct.Struct(">i")
_LONG = struct.Struct(">q")


@attrs.define(eq=False)
class IndexCache:
    """The stored part of recently searched indexes, up to a number of bytes.

    One for all logs of a broker; its lock is for the threads that recover logs.
    """

    limit_bytes: int = _CACHE_BYTES
    _contents: OrderedDict[EntryFile, bytes] = attrs.field(factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def get(self, index: EntryFile) -> bytes | None:
        with self._lock:
            content = self._contents.get(index)
            if content is not None:
                self._contents.move_to_end(index)
            return content

    def put(self, index: EntryFile, content: bytes) -> None:
        with self._lock:
            self._remove(index)
            self._contents[index] = content
            self._bytes += len(content)
            while self._bytes > self.limit_bytes and len(self._contents) > 1:
                _, oldest = self._contents.popitem(last=False)
                self._bytes -= len(oldest)

    def drop(self, index: EntryFile) -> None:
        with self._lock:
            self._remove(index)

    def _remove(self, index: EntryFile) -> None:
        content = self._contents.pop(index, None)
        if content is not None:
            self._bytes -= len(content)


@attrs.define(eq=False)
class EntryFile:
    """Entries of one size: `stored_bytes` of them in the file, the rest in `_tail`."""

    files: Files
    cache: IndexCache
    path: str
    entry_bytes: int
    stored_bytes: int = 0
    unsynced: Unsynced = attrs.field(factory=Unsynced)
    is_torn: bool = False  # the file ended in the middle of an entry when it was opened
    first_found: bytes = b""  # its first entry then
    _stored_last: bytes | None = None  # the last entry in the file, known without reading all of it
    _tail: bytearray = attrs.field(factory=bytearray)

    def open_stored(self) -> None:
        """Take over what the file holds, if there is one, but not the padding of a killed broker. Raises: OSError."""
        try:
            fd = self.files.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            found = os.fstat(fd).st_size
            size = found - found % self.entry_bytes
            self.is_torn = size != found
            if size and not any(self.files.pread(fd, self.entry_bytes, size - self.entry_bytes)):
                size = valid_index_bytes(read_range(self.files, fd, 0, size), self.entry_bytes)
            if size != found:
                self.files.ftruncate(fd, size)
            self.stored_bytes = size
            if size:
                self.first_found = self.files.pread(fd, self.entry_bytes, 0)
                self._stored_last = self.files.pread(fd, self.entry_bytes, size - self.entry_bytes)
        finally:
            self.files.close(fd)

    @property
    def has_tail(self) -> bool:
        """Whether entries wait to be written."""
        return bool(self._tail)

    @property
    def last(self) -> bytes | None:
        """The last entry, None if there is none. Raises: OSError."""
        if self._tail:
            return bytes(self._tail[-self.entry_bytes :])
        if self.stored_bytes and self._stored_last is None:
            self._stored_last = self.stored()[-self.entry_bytes :]
        return self._stored_last if self.stored_bytes else None

    @property
    def count(self) -> int:
        return (self.stored_bytes + len(self._tail)) // self.entry_bytes

    def add(self, entry: bytes) -> None:
        """Append an entry. It runs after the write of its batch and must not fail: a long tail is written out if
        that works, and stays in memory if not.
        """
        tail = self._tail
        tail += entry
        if len(tail) >= _TAIL_BYTES and len(tail) % _TAIL_BYTES < self.entry_bytes:
            try:
                self.write_tail()
            except OSError as error:
                log.warning("%s: cannot write the index yet: %s", self.path, error)

    def stored(self) -> bytes:
        """The entries in the file. Raises: OSError."""
        if not self.stored_bytes:
            return b""
        content = self.cache.get(self)
        if content is None:
            content = read_fully(self.files, self.path)[: self.stored_bytes]
            self.cache.put(self, content)
        return content

    def part_for(self, index: int) -> tuple[bytes | bytearray, int]:
        """The buffer that holds entry `index`, and the entry's position in it. Raises: OSError."""
        position = index * self.entry_bytes
        if position >= self.stored_bytes:
            return self._tail, position - self.stored_bytes
        return self.stored(), position

    def write_tail(self, *, create: bool = True) -> None:
        """Bring the file up to date; with `create` it exists afterwards even if it is empty. Raises: OSError."""
        if not self._tail and not create:
            return
        fd = self.files.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if self._tail:
                write_fully(self.files, fd, self._tail, self.stored_bytes)
        finally:
            self.files.close(fd)
        self.unsynced.add()
        if self._tail:
            self.stored_bytes += len(self._tail)
            self._stored_last = bytes(self._tail[-self.entry_bytes :])
            self._tail = bytearray()
            self.cache.drop(self)

    def keep(self, count: int) -> None:
        """Drop the entries after the first `count`. Raises: OSError."""
        size = count * self.entry_bytes
        if size >= self.stored_bytes:
            del self._tail[size - self.stored_bytes :]
            return
        fd = self.files.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            self.files.ftruncate(fd, size)
        finally:
            self.files.close(fd)
        self.cache.drop(self)
        self.unsynced.add()
        self.stored_bytes = size
        self._stored_last = None
        self._tail = bytearray()

    def reset(self, *, remove: bool = False) -> None:
        """Become empty, whatever the file holds; a file that is needed anyway is emptied, which is cheaper than
        making it again. Raises: OSError.
        """
        self.cache.drop(self)
        self.stored_bytes = 0
        self.is_torn = False
        self._stored_last = None
        self._tail = bytearray()
        if remove:
            remove_file(self.files, self.path)
            return
        with contextlib.suppress(FileNotFoundError):
            self.files.close(self.files.open(self.path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC))

    def sync(self) -> None:
        """fsync the file. Raises: OSError."""
        sync_file(self.files, self.path)


@attrs.define(eq=False)
class OffsetIndex:
    """Sparse map from the last offset of a batch to the batch's position in the segment."""

    base_offset: int
    entries: EntryFile

    def add(self, last_offset: int, position: int) -> None:
        """`last_offset` is that of the batch which begins at `position`; both grow."""
        self.entries.add(_OFFSET_ENTRY.pack(last_offset - self.base_offset, position))

    def floor(self, offset: int) -> tuple[int, int]:
        """(last offset, position) of the last batch indexed whose last offset is not above `offset`.

        Position 0 if there is none.
        """
        entries = self.entries
        relative = offset - self.base_offset
        if relative >= MAX_RELATIVE_OFFSET:
            relative = MAX_RELATIVE_OFFSET
        tail = entries._tail
        part: bytes | bytearray = tail
        if entries.stored_bytes and not (tail and _RELATIVE.unpack_from(tail)[0] <= relative):
            part = entries.stored()
        index = bisect_right(
            range(len(part) // 8), relative, key=lambda i: _RELATIVE.unpack_from(part, i * 8)[0]
        )
        if not index:
            return self.base_offset - 1, 0
        found, position = _OFFSET_ENTRY.unpack_from(part, index * 8 - 8)
        return self.base_offset + found, position

    def last_boundary(self, position: int) -> int:
        """The largest indexed batch position that is not above `position`; 0 if there is none."""
        entries = self.entries
        tail = entries._tail
        part: bytes | bytearray = tail
        if entries.stored_bytes and not (tail and _RELATIVE.unpack_from(tail, 4)[0] <= position):
            part = entries.stored()
        index = bisect_right(
            range(len(part) // 8), position, key=lambda i: _RELATIVE.unpack_from(part, i * 8 + 4)[0]
        )
        return _RELATIVE.unpack_from(part, index * 8 - 4)[0] if index else 0

    @property
    def last_entry(self) -> tuple[int, int]:
        """(last offset, position) of the last batch indexed; position 0 if there is none. Raises: OSError."""
        last = self.entries.last
        if last is None:
            return self.base_offset - 1, 0
        found, position = _OFFSET_ENTRY.unpack(last)
        return self.base_offset + found, position

    def entry(self, index: int) -> tuple[int, int]:
        """(last offset, position)."""
        part, at = self.entries.part_for(index)
        relative, position = _OFFSET_ENTRY.unpack_from(part, at)
        return self.base_offset + relative, position

    def truncate(self, position: int) -> None:
        """Drop entries of batches at or after `position`."""
        entries = self.entries
        entries.keep(bisect_left(range(entries.count), position, key=lambda i: self.entry(i)[1]))


@attrs.define(eq=False)
class TimeIndex:
    """Sparse map from a timestamp to the last offset of the batch that holds it; both grow."""

    base_offset: int
    entries: EntryFile
    _last_timestamp: int | None = None  # None: not read from the file yet

    @property
    def last_timestamp(self) -> int:
        """Timestamp of the last entry, -1 if there is none."""
        last = self._last_timestamp
        if last is None:
            last = self._last_timestamp = self.last_entry()[0]
        return last

    def last_entry(self) -> tuple[int, int]:
        """(timestamp, offset) of the last entry; (-1, base offset) if there is none. Raises: OSError."""
        last = self.entries.last
        if last is None:
            return -1, self.base_offset
        timestamp, relative = _TIME_ENTRY.unpack(last)
        return timestamp, self.base_offset + relative

    @property
    def is_sound(self) -> bool:
        """Whether what the file held can be a whole index: to be asked before anything is added. Raises: OSError.

        It looks at the ends alone, as Kafka's sanity check does.
        """
        first = self.entries.first_found
        if self.entries.is_torn or not first:
            return not self.entries.is_torn
        timestamp, offset = self.last_entry()
        return offset >= self.base_offset and timestamp >= _TIME_ENTRY.unpack(first)[0]

    def add_if_later(self, timestamp: int, offset: int) -> None:
        """Add an entry unless the last one is at least as late."""
        last = self._last_timestamp
        if last is None:
            last = self.last_timestamp
        if timestamp > last:
            self._last_timestamp = timestamp
            self.entries.add(_TIME_ENTRY.pack(timestamp, offset - self.base_offset))

    def floor_offset(self, timestamp: int) -> int:
        """Offset of the last entry whose timestamp is not above `timestamp`; the base offset if there is none."""
        index = bisect_right(range(self.entries.count), timestamp, key=lambda i: self.entry(i)[0])
        return self.entry(index - 1)[1] if index else self.base_offset

    def entry(self, index: int) -> tuple[int, int]:
        """(timestamp, offset)."""
        part, at = self.entries.part_for(index)
        timestamp, relative = _TIME_ENTRY.unpack_from(part, at)
        return timestamp, self.base_offset + relative

    def truncate(self, end_offset: int) -> None:
        """Drop entries of offsets at or after `end_offset`."""
        count = self.entries.count
        keep = bisect_left(range(count), end_offset, key=lambda i: self.entry(i)[1])
        if keep < count:
            self.entries.keep(keep)
            self._last_timestamp = None


@attrs.define(eq=False)
class TransactionIndex:
    """The aborted transactions whose marker lies in the segment. Most segments have none, and then no file."""

    entries: EntryFile

    def add(self, aborted: AbortedTransaction) -> None:
        self.entries.add(encode_aborted_transaction(aborted))

    def __iter__(self) -> Iterator[AbortedTransaction]:
        for index in range(self.entries.count):
            part, at = self.entries.part_for(index)
            _, producer_id, first, last, stable = _TRANSACTION_ENTRY.unpack_from(part, at)
            yield AbortedTransaction(producer_id, first, last, stable)

    def is_sound(self, base_offset: int) -> bool:
        """Whether every entry can be one of the segment that begins there. Raises: OSError."""
        if self.entries.is_torn:
            return False
        for index in range(self.entries.count):
            part, at = self.entries.part_for(index)
            version, _, first, last, _ = _TRANSACTION_ENTRY.unpack_from(part, at)
            if version != 0 or last < base_offset or first > last:
                return False
        return True

    def truncate(self, end_offset: int) -> None:
        """Drop transactions whose marker is at or after `end_offset`."""
        keep = sum(aborted.last_offset < end_offset for aborted in self)
        if keep < self.entries.count:
            self.entries.keep(keep)


def encode_aborted_transaction(aborted: AbortedTransaction) -> bytes:
    """The 34 bytes of a transaction index entry."""
    return _TRANSACTION_ENTRY.pack(
        0, aborted.producer_id, aborted.first_offset, aborted.last_offset, aborted.last_stable_offset
    )


OFFSET_ENTRY_BYTES: Final = _OFFSET_ENTRY.size
TIME_ENTRY_BYTES: Final = _TIME_ENTRY.size
TRANSACTION_ENTRY_BYTES: Final = _TRANSACTION_ENTRY.size


def valid_index_bytes(content: bytes, entry_bytes: int) -> int:
    """How many bytes of a stored index are entries: whole ones, before the zeros a killed broker left.

    Offsets of an index grow, so after the first entry an entry of zeros is padding; so is a first one of zeros only.
    """
    end = len(content) - len(content) % entry_bytes
    while end and not any(content[end - entry_bytes : end]):
        end -= entry_bytes
    return end
