"""One log directory of the broker: whether it works, who holds it, and how it was left.

Source: LogManager, LogDirFailureChannel, CleanShutdownFileHandler of Kafka 3.9; KIP-112.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

import attrs

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.storage import names
from zkbroker.storage.files import FILES, Files, read_fully, remove_file, replace_file, sync_directory

log = logging.getLogger(__name__)

_SURVIVABLE: Final = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EINTR,
        errno.EAGAIN,
        errno.EFBIG,
    }
)
"""Errors that say nothing about the health of the disk; any other takes the directory offline."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


_BOOT_ID: Final = "/proc/sys/kernel/random/boot_id"


class LogDirectoryError(Exception):
    """A log directory cannot be used, and the broker must not start: one sentence for a person."""


def _ignore(_: LogDirectory) -> None:
    return None


@attrs.define(eq=False)
class LogDirectory:
    """Owner: the LogManager. Its logs look at `failure` before they touch a file."""

    path: str
    files: Files = FILES
    on_failure: Callable[[LogDirectory], None] = _ignore
    failure: str | None = None  # why it is offline; it stays so until the broker starts again
    _lock_fd: int = -1

    _held: ClassVar[set[tuple[int, int]]] = set()  # POSIX locks do not exclude their own process

    @property
    def is_online(self) -> bool:
        return self.failure is None

    def fail(self, reason: str) -> None:
        """Take the directory offline: its logs refuse from now on, and the owner hears of it once."""
        if self.failure is None:
            self.failure = reason
            log.error("log directory %s is offline: %s", self.path, reason)
            self.on_failure(self)

    def failed(self, doing: str, error: OSError) -> KafkaError:
        """The KAFKA_STORAGE_ERROR to raise after a file call failed; a sick disk goes offline."""
        if error.errno not in _SURVIVABLE:
            self.fail(f"cannot {doing}: {error}")
        else:
            log.error("cannot %s: %s", doing, error)
        return KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"cannot {doing}: {error}")

    def failed_to_store(self, doing: str, error: OSError) -> KafkaError:
        """As `failed`, for records: one where none fit any more is offline too, so that another replica leads."""
        if error.errno in _FULL:
            self.fail(f"cannot {doing}: {error}")
        return self.failed(doing, error)

    def child(self, name: str) -> str:
        return os.path.join(self.path, name)

    def lock(self) -> None:
        """Create the directory if need be and hold its .lock, as Kafka does, against any other broker.

        Raises: LogDirectoryError if another broker holds it; OSError.
        """
        os.makedirs(self.path, exist_ok=True)
        lock = self.child(names.LOCK)
        taken = (
            _identity(lock) in self._held
        )  # do not even open it: closing any descriptor drops our own lock
        if not taken:
            fd = self.files.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.files.close(fd)
                taken = True
        if taken:
            raise LogDirectoryError(f"another broker uses the log directory {self.path}: it holds {lock}")
        self._lock_fd = fd
        self._held.add(_identity(lock))

    def unlock(self) -> None:
        """Let others have the directory. Idempotent."""
        fd, self._lock_fd = self._lock_fd, -1
        if fd >= 0:
            self._held.discard(_identity(self.child(names.LOCK)))
            self.files.close(fd)

    def has_clean_marker(self) -> bool:
        """Whether the last stop was clean."""
        return os.path.exists(self.child(names.CLEAN_SHUTDOWN))

    def remove_clean_marker(self) -> None:
        """From now on a kill leaves work. Durable: the mark may not come back after what is written next.

        Raises: OSError.
        """
        if self.has_clean_marker():
            remove_file(self.files, self.child(names.CLEAN_SHUTDOWN))
            sync_directory(self.files, self.path)

    def lost_power(self) -> bool:
        """Whether the system has been started anew since a broker wrote here; False where that is not known.

        Only then can something be missing that was written: a killed process loses nothing. Raises: OSError.
        """
        try:
            noted = read_fully(self.files, self.child(names.BOOT_ID)).decode("ascii", "replace")
        except FileNotFoundError:
            return False
        return noted != boot_id()

    def note_boot(self) -> None:
        """From now on what is written here may be lost with the power of this run of the system. Raises: OSError."""
        path, now = self.child(names.BOOT_ID), boot_id()
        if now and (not os.path.exists(path) or self.lost_power()):
            replace_file(self.files, path, now.encode(), sync=True)

    def put_clean_marker(self) -> None:
        """Everything is on disk: the next start need not look. Raises: OSError."""
        marker = self.child(names.CLEAN_SHUTDOWN)
        replace_file(self.files, marker, b'{"version":0,"brokerEpoch":-1}', sync=True)


def boot_id() -> str:
    """What the system calls its present run; empty where it does not say."""
    try:
        return Path(_BOOT_ID).read_text().strip()
    except OSError:
        return ""


def _identity(path: str) -> tuple[int, int]:
    """Device and inode, (0, 0) if there is no such file."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)
