"""What a log asks of whoever keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zkbroker.storage.segment import Segment

if TYPE_CHECKING:
    from zkbroker.storage.log import Log


class LogOwner(Protocol):
    """What a log asks of its LogManager. Called within the log's sync methods, so each only notes and returns."""

    def flush_due(self, log: Log) -> None:
        """A segment was sealed, or flush.messages is reached."""

    def write_back_due(self, log: Log) -> None:
        """Another PIECE_BYTES were appended."""

    def remove_later(self, log: Log, segments: list[Segment]) -> None:
        """These were renamed to .deleted and wait for file.delete.delay.ms."""

    def was_truncated(self, log: Log) -> None:
        """The recovery point on disk may now lie beyond the log's end."""

    def start_moved(self, log: Log) -> None:
        """The log start offset rose."""

    def epochs_due(self, log: Log) -> bool:
        """The leader epochs changed; whether they will be written soon, so that the log need not do it itself."""


class NoOwner:
    """A log on its own: nothing waits."""

    def flush_due(self, log: Log) -> None:
        return None

    def write_back_due(self, log: Log) -> None:
        return None

    def remove_later(self, log: Log, segments: list[Segment]) -> None:
        for segment in segments:
            segment.remove_files()

    def was_truncated(self, log: Log) -> None:
        return None

    def start_moved(self, log: Log) -> None:
        return None

    def epochs_due(self, log: Log) -> bool:
        return False
