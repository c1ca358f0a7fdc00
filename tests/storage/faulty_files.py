"""Files that stop, tear or fail at the n-th call that matters, for walks through every such call of some work."""

from __future__ import annotations

import errno
import os
from enum import Enum

from zkbroker.storage.files import Buffer, Files


class Fault(Enum):
    STOP = "the process is killed before the call"
    TEAR = "the process is killed in the middle of a write"
    FULL = "the call fails: the disk is full"
    SICK = "the call fails: the disk is broken"


class Stopped(BaseException):
    """The process is dead; nothing it would still do happens."""


class FaultyFiles(Files):
    """Counts the calls that change something, or that read; the one numbered `at` meets the fault."""

    def __init__(self) -> None:
        self.calls = 0
        self.at = 0  # 0: never
        self.fault = Fault.STOP
        self.is_stopped = False
        self.log: list[str] = []

    def arm(self, at: int, fault: Fault) -> None:
        """The at-th call from now on meets the fault."""
        self.calls, self.at, self.fault = 0, at, fault
        self.log.clear()

    def _meet(self, what: str) -> bool:
        """Whether a write is to be torn. Raises: Stopped, OSError."""
        if self.is_stopped:
            raise Stopped
        self.calls += 1
        self.log.append(what)
        if self.calls != self.at:
            return False
        if self.fault is Fault.TEAR and what.startswith("pwrite"):
            return True
        if self.fault in (Fault.STOP, Fault.TEAR):
            self.is_stopped = True
            raise Stopped
        code = errno.ENOSPC if self.fault is Fault.FULL else errno.EIO
        raise OSError(code, os.strerror(code))

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]
        self._meet(f"open {os.path.basename(path)}")
        return os.open(path, flags, mode)

    def pread(self, fd: int, size: int, position: int) -> bytes:
        self._meet("pread")
        return os.pread(fd, size, position)

    def pwrite(self, fd: int, content: Buffer, position: int) -> int:  # type: ignore[override]
        if self._meet("pwrite"):
            os.pwrite(fd, memoryview(content)[: len(content) // 2], position)
            self.is_stopped = True
            raise Stopped
        return os.pwrite(fd, content, position)

    def ftruncate(self, fd: int, size: int) -> None:
        self._meet("ftruncate")
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self._meet("fsync")

    def fdatasync(self, fd: int) -> None:  # type: ignore[override]
        self._meet("fdatasync")

    def replace(self, source: str, target: str) -> None:  # type: ignore[override]
        self._meet(f"replace {os.path.basename(target)}")
        os.replace(source, target)

    def unlink(self, path: str) -> None:  # type: ignore[override]
        self._meet(f"unlink {os.path.basename(path)}")
        os.unlink(path)

    def listdir(self, path: str) -> list[str]:  # type: ignore[override]
        self._meet("listdir")
        return os.listdir(path)

    def mkdir(self, path: str) -> None:  # type: ignore[override]
        self._meet("mkdir")
        os.mkdir(path)

    def set_modified_ms(self, path: str, wall_ms: int) -> None:
        self._meet(f"utime {os.path.basename(path)}")
        super().set_modified_ms(path, wall_ms)
