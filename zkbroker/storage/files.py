"""The few file operations storage needs, behind one object.

Tests hand in another `Files` that stops, tears, fails or forgets what was not synced; everything else uses `FILES`.
All methods are the operating system's calls and raise OSError; none keeps state, so any thread may use them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Final

Buffer = bytes | bytearray | memoryview

PIECE_BYTES: Final = 8 * 1024 * 1024
"""So much is given to the disk at a time: even a slow one is done with it before anybody believes that it hangs."""

_SYNC_FILE_RANGE_WRITE: Final = 2
_FALLOC_FL_KEEP_SIZE: Final = 1
_RWF_NOWAIT: Final[int] = getattr(os, "RWF_NOWAIT", 0)


def _libc_function(name: str, *argument_types: object) -> Callable[..., int] | None:
    """A function of the C library that Python does not wrap, or None where there is none (not Linux)."""
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    function.argtypes = argument_types
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]


_sync_file_range = _libc_function(
    "sync_file_range", ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint
)
_fallocate = _libc_function("fallocate", ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class Files:
    """The operating system's file calls."""

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    pread = staticmethod(os.pread)
    pwrite = staticmethod(os.pwrite)
    ftruncate = staticmethod(os.ftruncate)
    fdatasync = staticmethod(getattr(os, "fdatasync", os.fsync))
    fsync = staticmethod(os.fsync)
    sendfile = staticmethod(os.sendfile)
    replace = staticmethod(os.replace)
    unlink = staticmethod(os.unlink)
    mkdir = staticmethod(os.mkdir)
    rmdir = staticmethod(os.rmdir)
    listdir = staticmethod(os.listdir)

    def size(self, path: str) -> int:
        """Bytes of the file. Raises: FileNotFoundError."""
        return os.stat(path).st_size

    def modified_ms(self, path: str) -> int:
        """Time of the last write, wall clock."""
        return os.stat(path).st_mtime_ns // 1_000_000

    def set_modified_ms(self, path: str, wall_ms: int) -> None:
        """Let the file look as if it had last been written then."""
        os.utime(path, ns=(wall_ms * 1_000_000, wall_ms * 1_000_000))

    def start_write_back(self, fd: int, position: int, size: int) -> None:
        """Ask the kernel to begin writing that range; may wait for a slow disk, so call it in a thread."""
        if _sync_file_range is not None and _sync_file_range(fd, position, size, _SYNC_FILE_RANGE_WRITE) == 0:
            return
        self.fdatasync(fd)

    def preallocate(self, fd: int, size: int) -> None:
        """Reserve disk space without changing the file's length; a no-op where the file system cannot."""
        if _fallocate is not None and _fallocate(fd, _FALLOC_FL_KEEP_SIZE, 0, size) != 0:
            code = ctypes.get_errno()
            if code not in (errno.EOPNOTSUPP, errno.ENOSYS):
                raise OSError(code, os.strerror(code))

    def is_cached(self, fd: int, position: int) -> bool:
        """Whether reading that byte needs no disk. True where the system cannot tell."""
        if not _RWF_NOWAIT:
            return True
        try:
            os.preadv(fd, [bytearray(1)], position, _RWF_NOWAIT)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL):
                return True
            raise
        return True


FILES: Final = Files()


def write_fully(files: Files, fd: int, content: Buffer, position: int) -> None:
    """Write everything at that position, going on after short writes. Raises: OSError, some of it then written."""
    rest = memoryview(content)
    while rest:
        written = files.pwrite(fd, rest, position)
        if written <= 0:
            raise OSError(errno.EIO, "the file system took no bytes")
        position += written
        rest = rest[written:]


def read_fully(files: Files, path: str) -> bytes:
    """The whole file. Raises: FileNotFoundError."""
    fd = files.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_range(files, fd, 0, os.fstat(fd).st_size)
    finally:
        files.close(fd)


def read_range(files: Files, fd: int, position: int, size: int) -> bytes:
    """Up to `size` bytes from that position; fewer only at the end of the file."""
    first = files.pread(fd, size, position)
    if len(first) == size or not first:
        return first
    pieces = [first]
    have = len(first)
    while have < size and (piece := files.pread(fd, size - have, position + have)):
        pieces.append(piece)
        have += len(piece)
    return b"".join(pieces)


def sync_directory(files: Files, path: str) -> None:
    """Make creations, renames and removals in a directory survive a power loss."""
    fd = files.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        files.fsync(fd)
    finally:
        files.close(fd)


def replace_file(files: Files, path: str, content: Buffer, *, sync: bool) -> None:
    """Give a file new content, whole or not at all: write aside, (sync,) rename, (sync the directory).

    Without `sync` a kill of the process cannot tear it, a power loss can.
    """
    replace_with_pieces(files, path, (content,), sync=sync)


def replace_with_pieces(files: Files, path: str, pieces: Iterable[Buffer], *, sync: bool) -> None:
    """The same for what is too much to be held at once."""
    aside = path + ".tmp"
    position = 0
    fd = files.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        for piece in pieces:
            write_fully(files, fd, piece, position)
            position += len(piece)
        if sync:
            files.fsync(fd)
    finally:
        files.close(fd)
    files.replace(aside, path)
    if sync:
        sync_directory(files, os.path.dirname(path))


def replace_if_changed(files: Files, path: str, content: Buffer) -> None:
    """The same without `sync`, unless the file has that content already. Raises: OSError.

    Renaming over a file makes some file systems (ext4) write the new one's bytes at once, a millisecond or two each:
    for thousands of logs after a kill, most of a start.
    """
    try:
        if read_fully(files, path) == content:
            return
    except FileNotFoundError:
        pass
    replace_file(files, path, content, sync=False)


def sync_file(files: Files, path: str) -> None:
    """fsync a file by name; a file that is gone meanwhile needs none."""
    try:
        fd = files.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        files.fsync(fd)
    finally:
        files.close(fd)


def sync_files(files: Files, paths: Sequence[str], got_on: Callable[[], None] = lambda: None) -> None:
    """fsync several files by name, telling of each step; the disk is given all of them first. Raises: OSError.

    So it writes them together, a journal commits once for all of them, and no single call has much to wait for.
    """
    for path in paths:
        try:
            fd = files.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            for position in range(0, os.fstat(fd).st_size, PIECE_BYTES):
                files.start_write_back(fd, position, PIECE_BYTES)
                got_on()
        finally:
            files.close(fd)
    for path in paths:
        sync_file(files, path)
        got_on()


def remove_file(files: Files, path: str) -> None:
    """Unlink; gone already is fine."""
    with contextlib.suppress(FileNotFoundError):
        files.unlink(path)


def remove_tree(files: Files, path: str) -> None:
    """Unlink a directory of files and the directory; gone already is fine."""
    try:
        names = files.listdir(path)
    except FileNotFoundError:
        return
    for name in names:
        child = os.path.join(path, name)
        if os.path.isdir(child) and not os.path.islink(child):
            remove_tree(files, child)
        else:
            remove_file(files, child)
    files.rmdir(path)
