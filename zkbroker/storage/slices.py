"""Open .log files with counted references, and the slices of them that readers hold across awaits.

A closed descriptor's number is given to the next file opened, so a descriptor closes only when the last slice of it
is released. A truncation changes bytes under a slice, so it marks what it cuts; the sender looks at the mark in the
same sync step as each sendfile.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from typing import Final

import attrs

from zkbroker.storage.call_watch import CallWatch
from zkbroker.storage.files import Files, read_range

_PROBE_STRIDE_BYTES: Final = 128 * 1024  # the kernel's usual read-ahead


class SliceInvalid(OSError):
    """The bytes of a slice were truncated away, or are missing; the connection that was sending them must end."""


class LogFile:
    """One open .log file. Owner: its segment, through `OpenFiles`; slices and flushes hold references."""

    __slots__ = ("_files", "_references", "_timed", "closing", "fd", "path", "recently_used", "truncations")

    def __init__(self, files: Files, path: str, fd: int, timed: Callable[[], CallWatch]) -> None:
        self._files = files
        self._timed = timed  # begins to time a call, and returns what ends that
        self.path = path
        self.fd = fd  # -1 once closed
        self.truncations: list[int] = []  # sizes the file was cut to, in order
        self.recently_used = True
        self.closing = False
        self._references = 0

    def acquire(self) -> None:
        """Keep the descriptor open until the matching `release`."""
        self._references += 1

    def release(self) -> None:
        self._references -= 1
        if self.closing and self._references == 0:
            self._close_now()

    @property
    def is_referenced(self) -> bool:
        return self._references > 0

    def close(self) -> None:
        """Close as soon as nobody holds a reference; new readers need a new LogFile."""
        if not self.closing:
            self.closing = True
            if self._references == 0:
                self._close_now()

    def _close_now(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            self._files.close(fd)


@attrs.define(eq=False)
class OpenFiles:
    """Keeps the number of open .log files near a limit by closing those not used lately. One for all logs."""

    files: Files
    limit: int = 4096
    _open: dict[LogFile, None] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)  # for the threads that recover logs

    @property
    def count(self) -> int:
        return len(self._open)

    def open(self, path: str, timed: Callable[[], CallWatch], *, create: bool = False) -> LogFile:
        """Raises: OSError."""
        if len(self._open) >= self.limit:
            self._close_unused()
        flags = os.O_RDWR | os.O_CLOEXEC
        if create:
            flags |= os.O_CREAT | os.O_TRUNC
        try:
            fd = self.files.open(path, flags, 0o644)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._close_unused()
            fd = self.files.open(path, flags, 0o644)
        file = LogFile(self.files, path, fd, timed)
        with self._lock:
            self._open[file] = None
        return file

    def close(self, file: LogFile) -> None:
        """The owner needs it no more."""
        with self._lock:
            self._open.pop(file, None)
        file.close()

    def _close_unused(self) -> None:
        """Second chance: whatever was used since the last pass stays, unless that would close too few."""
        with self._lock:
            idle = [file for file in self._open if not file.recently_used and not file.is_referenced]
            if len(self._open) - len(idle) >= self.limit:
                least = len(self._open) - self.limit + 1 + self.limit // 8
                idle = [file for file in self._open if not file.is_referenced][:least]
            for file in self._open:
                file.recently_used = False
        for file in idle:
            self.close(file)


class LogSlice:
    """Some bytes of a segment: whole batches, save that the last may be cut short by the caller's limit.

    Owner: whoever called `Log.read`; it may outlive awaits, truncation and deletion, and must be released.
    """

    __slots__ = ("_file", "_seen", "_size", "next_offset", "position")

    def __init__(self, file: LogFile | None, position: int, size: int, next_offset: int) -> None:
        self._file = file
        self._size = size
        self.position = position
        self.next_offset = next_offset  # exclusive: records in the slice lie below it
        if file is not None:
            file._references += 1
            self._seen = len(file.truncations)
        else:
            self._seen = 0

    def __len__(self) -> int:
        return self._size

    @property
    def is_valid(self) -> bool:
        """False once the segment was truncated below the slice's end, or the slice was released."""
        file = self._file
        if file is None:
            return self._size == 0
        if len(file.truncations) == self._seen:
            return True
        return min(file.truncations[self._seen :]) >= self.position + self._size

    def sendfile_to(self, socket_fd: int, sent: int, max_bytes: int) -> int:
        """One sendfile of up to `max_bytes`, skipping the first `sent` bytes of the slice; returns bytes taken.

        Raises: SliceInvalid; OSError (BlockingIOError among them) from the socket or the disk.
        """
        file = self._file
        if file is None or (len(file.truncations) != self._seen and not self.is_valid):
            raise SliceInvalid("the slice was truncated or released")
        count = self._size - sent
        if count > max_bytes:
            count = max_bytes
        watch = file._timed()
        try:
            taken = file._files.sendfile(socket_fd, file.fd, self.position + sent, count)
        finally:
            watch.end()
        if taken == 0 and count:
            raise SliceInvalid(f"{file.path} ends before byte {self.position + self._size}")
        return taken

    def read(self, start: int = 0, max_bytes: int | None = None) -> bytes:
        """The bytes from `start` on, at most so many, for TLS, loaders and tests. Raises: SliceInvalid, OSError."""
        file = self._file
        size = self._size - start if max_bytes is None else min(max_bytes, self._size - start)
        if file is None:
            if self._size:
                raise SliceInvalid("the slice was released")
            return b""
        if not self.is_valid:
            raise SliceInvalid("the slice was truncated")
        content = read_range(file._files, file.fd, self.position + start, size)
        if len(content) != size:
            raise SliceInvalid(f"{file.path} ends before byte {self.position + self._size}")
        return content

    def is_cached(self) -> bool:
        """Whether sending it (very likely) needs no disk: one byte of each read-ahead window is probed."""
        file = self._file
        if file is None:
            return True
        probe, fd = file._files.is_cached, file.fd
        end = self.position + self._size
        return all(
            probe(fd, at) for at in (*range(self.position, end, _PROBE_STRIDE_BYTES), end - 1) if at < end
        )

    def read_ahead(self) -> None:
        """Bring it into the page cache; waits for the disk, so call it in a thread while holding the slice."""
        file = self._file
        if file is not None:
            for at in range(self.position, self.position + self._size, 1 << 20):
                file._files.pread(file.fd, min(1 << 20, self.position + self._size - at), at)

    def release(self) -> None:
        """Give the bytes up. Idempotent."""
        file = self._file
        if file is not None:
            self._file = None
            file.release()

    def __enter__(self) -> LogSlice:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


EMPTY_SLICE: Final = LogSlice(None, 0, 0, 0)
"""No bytes; shared, and releasing it does nothing."""
