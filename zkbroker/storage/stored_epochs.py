"""The leader epochs of one log and their file, leader-epoch-checkpoint.

A change is in memory at once and in the file soon. A kill in between costs nothing: recovery finds the epochs in the
batches. Source: LeaderEpochFileCache of Kafka 3.9.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Final

import attrs

from zkbroker.storage import names
from zkbroker.storage.files import Files, read_fully, replace_file
from zkbroker.storage.leader_epochs import LeaderEpochs, decode_leader_epochs, encode_leader_epochs
from zkbroker.storage.segments import Segments
from zkbroker.storage.unsynced import Unsynced

log = logging.getLogger(__name__)

NONE: Final = -1


def _nobody() -> bool:
    return False


@attrs.define(eq=False)
class StoredEpochs:
    """Owner: a Log, through which everybody else asks and changes."""

    known: LeaderEpochs
    segments: Segments  # which know where the files are
    unsynced: Unsynced = attrs.field(factory=Unsynced)
    somebody_writes: Callable[[], bool] = _nobody  # asked after a change; False: it is written at once
    latest: int = attrs.field(init=False)  # the newest epoch, NONE if there is none

    def __attrs_post_init__(self) -> None:
        self.latest = NONE if self.known.latest is None else self.known.latest

    @property
    def entries(self) -> list[tuple[int, int]]:
        """(epoch, start offset), ascending."""
        return self.known.entries

    def assign(self, epoch: int, start_offset: int) -> bool:
        """Note that `epoch` begins at that offset; whether that was news."""
        return epoch >= 0 and self._changed(self.known.assign(epoch, start_offset))

    def truncate_from_end(self, end_offset: int) -> None:
        """The log ends there now."""
        self._changed(self.known.truncate_from_end(end_offset))

    def truncate_from_start(self, start_offset: int) -> None:
        """The log begins there now."""
        self._changed(self.known.truncate_from_start(start_offset))

    def clear(self) -> None:
        """Forget everything."""
        self._changed(self.known.clear())

    def replace(self, known: LeaderEpochs) -> None:
        """Know what another log knows."""
        self.known = known
        self._changed(True)

    def _changed(self, changed: bool) -> bool:
        """Have it stored. A failure is not the caller's: the directory hears of it, and a flush writes again."""
        if changed:
            self.unsynced.add()
            self.latest = NONE if self.known.latest is None else self.known.latest
            if not self.somebody_writes():
                try:
                    self.write()
                except OSError as error:
                    self.segments.log_dir.failed(f"write {self.file()[0]}", error)
        return changed

    def write(self) -> None:
        """Not synced here. Raises: OSError."""
        path, content = self.file()
        replace_file(self.segments.storage.files, path, content, sync=False)

    def file(self) -> tuple[str, bytes]:
        """The path and the content of leader-epoch-checkpoint now."""
        return epochs_path(self.segments.directory), encode_leader_epochs(self.known.entries)


def epochs_path(directory: str) -> str:
    return os.path.join(directory, names.LEADER_EPOCHS)


def read_epochs(files: Files, directory: str) -> LeaderEpochs | None:
    """None if the file is missing or damaged. Raises: OSError."""
    path = epochs_path(directory)
    try:
        return decode_leader_epochs(read_fully(files, path))
    except FileNotFoundError:
        return None
    except ValueError as error:
        log.warning("%s: %s; it is rebuilt from the batches", path, error)
        return None
