"""The data directory: a lock, snapshots, and the transaction log with its group commit.

    <data dir>/lock               held by the running server
    <data dir>/session-secret     passwords of sessions are derived from it
    <data dir>/version-2/snapshot.<zxid>, log.<first zxid>     in ZooKeeper's own formats

Every start begins a new epoch (the upper half of the zxid) and a new log file, whose name is what makes
the epoch durable. A log is written ahead with zeros, so that its fsync need not change the file's size.
Source: FileTxnLog, FileTxnSnapLog of ZooKeeper 3.8.4.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.embedded_zookeeper.jute import MalformedRecord
from zkbroker.embedded_zookeeper.snapshots import decode_snapshot, encode_pieces
from zkbroker.embedded_zookeeper.transactions import decode_entry
from zkbroker.embedded_zookeeper.tree import DataTree, Point

log = logging.getLogger(__name__)

_LOG_HEADER = struct.Struct("!4siq")
_LOG_MAGIC, _LOG_VERSION = b"ZKLG", 2
_ENTRY_HEADER = struct.Struct("!qi")  # Adler-32 of the entry, its length
_ENTRY_END = b"B"
_SECRET_BYTES = 32
_GROUP_BYTES = 4 << 20  # at most so much is written before an fsync, unless one entry is larger
_PAD_BYTES = 1 << 20
_SNAPSHOTS_KEPT = 3
_SLOW_FSYNC_S = 1.0
_EPOCH_SHIFT = 32


class StorageError(Exception):
    """The data directory cannot be used; the message is one sentence for a person."""


@attrs.define(eq=False)
class DataDir:
    """An open, locked data directory. Owner: the server; `close` gives up the lock."""

    path: Path
    _lock_fd: int

    @classmethod
    def open(cls, path: Path) -> DataDir:
        """Create the directory if need be and lock it. Raises: StorageError."""
        try:
            (path / "version-2").mkdir(parents=True, exist_ok=True)
            fd = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(f"cannot use {path} as a data directory: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(fd, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise StorageError(f"{path} is in use by another ZooKeeper server (process {holder})") from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        return cls(path, fd)

    def close(self) -> None:
        os.close(self._lock_fd)

    @property
    def files(self) -> Path:
        return self.path / "version-2"

    def session_secret(self) -> bytes:
        """The same bytes at every start. Raises: StorageError."""
        path = self.path / "session-secret"
        try:
            known = path.read_bytes()
        except FileNotFoundError:
            known = secrets.token_bytes(_SECRET_BYTES)
            _write_durably(path, [known], mode=0o600)
        if len(known) != _SECRET_BYTES:
            raise StorageError(f"{path} is damaged; delete it, and all sessions will have to begin anew")
        return known

    def load(self) -> tuple[DataTree, int]:
        """The tree as the newest readable snapshot and the logs after it have it, its zxid at the beginning
        of a new epoch; and how many entries were replayed. A torn tail of the last log is cut.

        Raises: StorageError when acknowledged data would be missing.
        """
        tree = self._load_snapshot()
        logs = _numbered(self.files, "log")
        before = [zxid for zxid, _ in logs if zxid <= tree.last_zxid + 1]
        needed = [(zxid, path) for zxid, path in logs if not before or zxid >= before[-1]]
        replayed = 0
        for number, (_, path) in enumerate(needed):
            for raw in read_log(path, is_last=number == len(needed) - 1):
                try:
                    entry = decode_entry(raw)
                except MalformedRecord as error:
                    raise StorageError(f"{path} holds an entry that cannot be read: {error}") from error
                if entry.zxid > tree.last_zxid:
                    tree.apply(entry)
                    replayed += 1
        newest = max([tree.last_zxid, *(zxid for zxid, _ in logs)])
        tree.last_zxid = ((newest >> _EPOCH_SHIFT) + 1) << _EPOCH_SHIFT
        return tree, replayed

    def _load_snapshot(self) -> DataTree:
        found = _numbered(self.files, "snapshot")
        for zxid, path in reversed(found):
            try:
                return decode_snapshot(path.read_bytes(), zxid)
            except MalformedRecord as error:
                log.warning("Snapshot %s cannot be read (%s); trying the one before it", path, error)
        if found or _numbered(self.files, "log"):
            raise StorageError(f"{self.files} holds data, but no snapshot that can be read")
        tree = DataTree.new()
        point = tree.begin_point()
        _write_durably(self.files / "snapshot.0", encode_pieces(point))
        tree.end_point()
        return tree

    async def write_snapshot(self, point: Point) -> Path:
        """Write a snapshot piece by piece, the event loop running on between them. Raises: OSError."""
        path = self.files / f"snapshot.{point.zxid:x}"
        temporary = path.with_suffix(path.suffix + ".tmp")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            for piece in encode_pieces(point):
                await trio.to_thread.run_sync(_write_all, fd, piece)
            await trio.to_thread.run_sync(os.fsync, fd)
            await trio.to_thread.run_sync(_rename_durably, temporary, path)
        finally:
            os.close(fd)
            temporary.unlink(missing_ok=True)
        return path

    def purge(self) -> None:
        """Remove the snapshots beyond those kept, the logs that only they needed, and what was left over."""
        snapshots = _numbered(self.files, "snapshot")
        kept = snapshots[-_SNAPSHOTS_KEPT:]
        for _, path in snapshots[:-_SNAPSHOTS_KEPT]:
            path.unlink()
        logs = _numbered(self.files, "log")
        needed = [zxid for zxid, _ in logs if zxid <= kept[0][0] + 1]
        for path in self.files.glob("*.tmp"):  # of a server that was killed
            path.unlink()
        for zxid, path in logs[:-1]:  # the last one is being written, and its name holds the epoch
            if (needed and zxid < needed[-1]) or path.stat().st_size <= _LOG_HEADER.size:
                path.unlink()


@attrs.define(eq=False)
class _NextFile:
    """Stands among the entries where a new log file begins."""

    zxid: int


@attrs.define(eq=False)
class TransactionLog:
    """The log being written. `append` only queues; `run` writes and syncs whatever is queued, as one group.

    `position` counts appended entries, `durable` those that are on disk. Whatever was computed at position
    p may be shown to a client once `durable >= p`. Owner: the server.

    Syncs run in a thread, so that a slow disk does not stop the event loop; but while they usually take
    less than `quick_fsync_s`, in the loop itself: handing one to a thread would cost as much, and nobody
    can be answered before it is done.
    """

    directory: Path
    _zxid: int  # the first file is named after it
    fsync: bool = True
    on_durable: Callable[[], None] = lambda: None  # sync, at each move of `durable`
    sync_file: Callable[[int], None] = os.fdatasync
    quick_fsync_s: float = 0.0
    durable_moved: Changed = attrs.field(factory=Changed)
    position: int = 0
    durable: int = 0
    written_bytes: int = 0
    groups: int = 0
    _pending: list[bytes | _NextFile] = attrs.field(factory=list)
    _queued: Changed = attrs.field(factory=Changed)
    _usual_fsync_s: float = float("inf")  # of late
    _is_file_empty: bool = True  # nothing was appended since the file began
    _fd: int = -1
    _path: Path = Path()
    _size: int = 0  # bytes of the current file that hold something
    _padded: int = 0  # bytes of the current file that exist

    def open(self) -> None:
        """Begin the first file and make its name durable. Raises: OSError."""
        self._begin_file(self._zxid)

    def append(self, entry: bytes) -> None:
        """Queue one entry. It is neither written nor durable when this returns."""
        payload = entry + _ENTRY_END
        # the checksum leaves out the end mark, the length too
        self._pending.append(_ENTRY_HEADER.pack(zlib.adler32(entry), len(entry)) + payload)
        self.position += 1
        self._is_file_empty = False
        self._queued.notify()

    def begin_file(self, zxid: int) -> None:
        """The entries from here on go into a new file; `zxid` is the last one before."""
        if not self._is_file_empty:
            self._is_file_empty = True
            self._pending.append(_NextFile(zxid + 1))
            self._queued.notify()

    def commit_without_fsync(self) -> None:
        """Hand what is queued to the operating system, which a kill of this process does not touch.

        Raises: OSError.
        """
        while self._pending:
            group, count = self._take_group()
            self._write_group(group)
            self.durable += count
        self.durable_moved.notify()

    async def run(self) -> None:
        """Write and sync groups until cancelled. Raises: OSError; then nothing more may be shown."""
        limiter = trio.CapacityLimiter(1)
        while True:
            await trio.lowlevel.checkpoint()  # here: a group that was taken must be written
            while not self._pending:
                await self._queued.wait()
            group, count = self._take_group()
            if self._usual_fsync_s < self.quick_fsync_s:
                self._write_and_sync(group)
            else:
                # a cancelled wait would leave the thread writing while somebody closes the file
                with trio.CancelScope(shield=True):
                    await trio.to_thread.run_sync(self._write_and_sync, group, limiter=limiter)
            self.durable += count
            self.durable_moved.notify()
            self.on_durable()

    async def wait_durable(self, position: int) -> None:
        """Return once `durable` has reached a position."""
        while self.durable < position:
            await self.durable_moved.wait()

    def close(self, *, write: bool = True) -> None:
        """Close the file, what is queued written and the padding cut off. Raises: OSError.

        With `write=False`, after a failure: what is queued was promised to nobody.
        """
        if self._fd < 0:
            return
        if write:
            self.commit_without_fsync()
            self._finish_file()
        else:
            os.close(self._fd)
            self._fd = -1

    def _take_group(self) -> tuple[list[bytes | _NextFile], int]:
        size, count, end = 0, 0, 0
        for item in self._pending:
            if isinstance(item, bytes):
                if count and size + len(item) > _GROUP_BYTES:
                    break
                size += len(item)
                count += 1
            end += 1
        group = self._pending[:end]
        del self._pending[:end]
        return group, count

    def _write_and_sync(self, group: list[bytes | _NextFile]) -> None:
        self._write_group(group)
        started = time.monotonic()
        self.sync_file(self._fd)
        took = time.monotonic() - started
        known = self._usual_fsync_s
        self._usual_fsync_s = took if known == float("inf") else 0.9 * known + 0.1 * took
        if took > _SLOW_FSYNC_S:
            log.warning("fsync of %s took %.1f s; clients had to wait for it", self._path, took)

    def _write_group(self, group: list[bytes | _NextFile]) -> None:
        entries: list[bytes] = []
        for item in group:
            if isinstance(item, bytes):
                entries.append(item)
                continue
            self._write_entries(entries)
            entries = []
            self._finish_file()
            self._begin_file(item.zxid)
        self._write_entries(entries)
        self.groups += 1

    def _write_entries(self, entries: list[bytes]) -> None:
        data = b"".join(entries)
        if not data:
            return
        if self.fsync and self._size + len(data) > self._padded:
            self._pad(len(data))
        _write_all(self._fd, data, self._size)
        self._size += len(data)
        self.written_bytes += len(data)

    def _pad(self, needed: int) -> None:
        pad = _PAD_BYTES * (1 + needed // _PAD_BYTES)
        try:
            _write_all(self._fd, bytes(pad), self._size)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return  # what must be written may still find room
        self._padded = self._size + pad

    def _begin_file(self, zxid: int) -> None:
        self._path = self.directory / f"log.{zxid:x}"
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        _write_all(self._fd, _LOG_HEADER.pack(_LOG_MAGIC, _LOG_VERSION, 0), 0)
        self._size = self._padded = _LOG_HEADER.size
        if self.fsync:
            os.fsync(self._fd)
            _sync_directory(self.directory)

    def _finish_file(self) -> None:
        os.ftruncate(self._fd, self._size)
        if self.fsync:
            os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1


def read_log(path: Path, *, is_last: bool) -> Iterator[bytes]:
    """The entries of a log file. Of the last one a torn tail, which no client was told of, is cut off.

    Raises: StorageError when an entry is damaged that clients were told of.
    """
    raw = path.read_bytes()
    if len(raw) < _LOG_HEADER.size:
        if is_last:
            return  # killed while the file was being made
        raise StorageError(f"{path} has no header")
    magic, version, _ = _LOG_HEADER.unpack_from(raw)
    if magic != _LOG_MAGIC or version != _LOG_VERSION:
        raise StorageError(f"{path} is not a transaction log of ZooKeeper")
    at = _LOG_HEADER.size
    while (entry := _entry_at(raw, at)) is not None:
        yield entry
        at += _ENTRY_HEADER.size + len(entry) + 1
    tail = raw[at:].rstrip(b"\0")
    if not tail:
        return
    if not is_last or len(tail) > _GROUP_BYTES:
        # more than one group: an fsync stood between, so that this was acknowledged
        raise StorageError(f"{path} is damaged at byte {at}; entries that clients were told of follow")
    log.warning("Cut a torn tail of %d bytes off %s: it was never acknowledged", len(tail), path)
    with path.open("r+b") as file:
        file.truncate(at)
        os.fsync(file.fileno())


def _entry_at(raw: bytes, at: int) -> bytes | None:
    """The entry that begins there, or None where the log ends or is torn."""
    if at + _ENTRY_HEADER.size > len(raw):
        return None
    checksum, length = _ENTRY_HEADER.unpack_from(raw, at)
    start = at + _ENTRY_HEADER.size
    end = start + length
    if length <= 0 or end >= len(raw) or raw[end : end + 1] != _ENTRY_END:
        return None
    entry = raw[start:end]
    return entry if zlib.adler32(entry) == checksum else None


def _numbered(directory: Path, prefix: str) -> list[tuple[int, Path]]:
    """Files `prefix.<zxid in hex>`, lowest first."""
    found = []
    for path in directory.iterdir():
        name, _, number = path.name.partition(".")
        if name == prefix:
            try:
                found.append((int(number, 16), path))
            except ValueError:
                continue  # a temporary file of a snapshot that was not finished
    return sorted(found)


def _write_all(fd: int, data: bytes, at: int | None = None) -> None:
    view = memoryview(data)
    while view:
        written = os.write(fd, view) if at is None else os.pwrite(fd, view, at)
        view = view[written:]
        if at is not None:
            at += written


def _write_durably(path: Path, pieces: Iterator[bytes] | list[bytes], mode: int = 0o644) -> None:
    temporary = path.with_name(path.name + ".tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        for piece in pieces:
            _write_all(fd, piece)
        os.fsync(fd)
    finally:
        os.close(fd)
    _rename_durably(temporary, path)


def _rename_durably(temporary: Path, path: Path) -> None:
    temporary.rename(path)
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
