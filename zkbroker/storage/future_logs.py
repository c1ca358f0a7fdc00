"""Logs that are copied from one directory of this broker to another, and take over when they have everything.

The copy lives in a `-future` directory. Before it takes over, everything it needs is made durable and a mark is put
into it that names the directory it comes from; then two renames in one step let it take over: the copy's to the
log's own name, the old one's to `-delete`. Whatever a kill or a power loss leaves of them, the mark says who is the
log (`settle`). Kafka makes the same renames and does not start again if only one of them happened.
Source: LogManager.replaceCurrentWithFutureLog of Kafka 3.9; KIP-113.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from zkbroker.errors import KafkaError
from zkbroker.model import TopicPartition
from zkbroker.storage import names
from zkbroker.storage.cleaner import LogCleaner
from zkbroker.storage.files import Files, read_fully, remove_file, replace_file
from zkbroker.storage.loading import LogSetting, create_log
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.log_owner import LogOwner

if TYPE_CHECKING:
    from zkbroker.storage.upkeep import DirectoryUpkeep

log = logging.getLogger(__name__)

MOVE_MARK: Final = "moved-from"
"""In a log's directory: it took over, or is about to, from the log in the directory the file names."""


class Place(Protocol):
    """A log's directory, as found at the start."""

    @property
    def log_dir(self) -> LogDirectory: ...

    @property
    def name(self) -> str: ...


def put_mark(files: Files, directory: str, source: str) -> None:
    """Durably. Raises: OSError."""
    replace_file(files, os.path.join(directory, MOVE_MARK), source.encode(), sync=True)


def read_mark(files: Files, directory: str) -> str | None:
    """The directory this log came from, if its move may not have been finished. Raises: OSError."""
    try:
        return read_fully(files, os.path.join(directory, MOVE_MARK)).decode()
    except FileNotFoundError:
        return None


def settle(places: Sequence[Place], marks: Sequence[str | None]) -> int | None:
    """Which of several directories of one log is the log: the one that took over from all others.

    None if that cannot be told. `marks` are those of `places`.
    """
    winners = [
        index
        for index, mark in enumerate(marks)
        if mark is not None
        and all(
            marks[other] is None or mark == place.log_dir.path
            for other, place in enumerate(places)
            if other != index
        )
    ]
    return winners[0] if len(winners) == 1 else None


@attrs.define(eq=False)
class FutureLogs:
    """The copies under way. Owner: the LogManager; who copies into them is none of its business."""

    current: dict[TopicPartition, Log]  # the manager's
    setting: LogSetting
    upkeep: Mapping[LogDirectory, DirectoryUpkeep]
    cleaner: LogCleaner
    wall_ms: Callable[[], int]
    logs: dict[TopicPartition, Log] = attrs.field(factory=dict)
    orphans: dict[TopicPartition, Sequence[Place]] = attrs.field(
        factory=dict
    )  # without a log they are copies of
    wanted: dict[TopicPartition, LogDirectory] = attrs.field(
        factory=dict
    )  # where to make logs that are yet to come
    cuts: dict[TopicPartition, int] = attrs.field(factory=dict)  # to what end the log was cut that is copied

    def create(self, tp: TopicPartition, log_dir: LogDirectory, owner: LogOwner) -> Log:
        """An empty copy of a log, in another directory than its own. Raises: KAFKA_STORAGE_ERROR."""
        current = self.current[tp]
        name = names.marked_directory_name(tp, uuid.uuid4().hex, names.FUTURE)
        try:
            made = create_log(
                tp, log_dir, name, current.config, self.setting, current.topic_id, self.wall_ms()
            )
        except OSError as error:
            raise log_dir.failed(f"begin a copy of {tp} in {log_dir.path}", error) from error
        if current.log_start_offset:
            made.truncate_fully_and_start_at(current.log_start_offset)
        made.owner = owner
        self.adopt(made)
        return made

    def adopt(self, made: Log) -> None:
        """From now on this is the copy of its log, which is not compacted meanwhile."""
        self.logs[made.tp] = made
        self.cuts.pop(made.tp, None)
        self.cleaner.pause(self.current[made.tp])

    def was_cut(self, current: Log) -> None:
        """The log was truncated: what its copy has beyond that is not to be kept."""
        if current.tp in self.logs:
            end = current.log_end_offset
            self.cuts[current.tp] = min(end, self.cuts.get(current.tp, end))

    def forget(self, tp: TopicPartition, reason: str) -> Log | None:
        """Close the copy and leave its files alone; returns it."""
        dropped = self.logs.pop(tp, None)
        if dropped is not None:
            dropped.close(reason)
            self.cuts.pop(tp, None)
            self.upkeep[dropped.segments.log_dir].forget(dropped)
            self.cleaner.resume(tp)
        return dropped

    def drop(self, tp: TopicPartition, reason: str) -> None:
        """Give the copy up: its directory is renamed now and removed after file.delete.delay.ms.

        Raises: KAFKA_STORAGE_ERROR.
        """
        dropped = self.forget(tp, reason)
        if dropped is not None:
            self._delete(tp, dropped.segments.log_dir, dropped.segments.directory, dropped)

    def drop_orphans(self, tp: TopicPartition) -> None:
        """Give up copies of a log that is gone, because it begins anew. Raises: KAFKA_STORAGE_ERROR."""
        for place in self.orphans.pop(tp, ()):
            log.warning("%s: a copy without its log in %s is removed", tp, place.log_dir.path)
            self._delete(tp, place.log_dir, place.log_dir.child(place.name), None)

    def _delete(self, tp: TopicPartition, log_dir: LogDirectory, directory: str, closed: Log | None) -> None:
        path = log_dir.child(names.marked_directory_name(tp, uuid.uuid4().hex, names.DELETE))
        try:
            self.setting.storage.files.replace(directory, path)
        except OSError as error:
            raise log_dir.failed(f"delete {directory}", error) from error
        if closed is not None:
            closed.segments.moved_to(path)
        delay_ms = closed.config.file_delete_delay_ms if closed is not None else 0
        self.upkeep[log_dir].remove_directory(self.wall_ms() + delay_ms, path)
        self.upkeep[log_dir].checkpoint_soon()

    # --- taking over -------------------------------------------------------------------------------------------

    async def prepare(self, copy: Log, current: Log) -> None:
        """Make durable what the copy has, and that it is about to take over. Both may move on meanwhile.

        Raises: KAFKA_STORAGE_ERROR.
        """
        upkeep = self.upkeep[copy.segments.log_dir]
        await upkeep.flush(copy)
        await upkeep.checkpoint()
        if copy.is_closed or copy.segments.log_dir.failure is not None:
            raise copy.unusable()
        files, directory, source = self._files, copy.segments.directory, current.segments.log_dir.path
        try:
            await upkeep.in_thread(lambda: put_mark(files, directory, source))
        except OSError as error:
            raise copy.segments.log_dir.failed(f"mark {directory} as moved", error) from error

    def take_over(self, tp: TopicPartition) -> tuple[Log, Log]:
        """Let the copy be the log, one sync step; returns (the log that was, the log that is).

        They end at the same offset, and the copy was prepared. The old one is closed and still to be given up.
        Raises: KAFKA_STORAGE_ERROR, nothing has changed then.
        """
        current, copy = self.current[tp], self.logs[tp]
        log_dir = copy.segments.log_dir
        place = log_dir.child(names.directory_name(tp))
        try:
            self._files.replace(copy.segments.directory, place)
        except OSError as error:
            raise log_dir.failed(f"let the copy of {tp} take over", error) from error
        current.close(f"its replica has moved to {log_dir.path}")
        copy.segments.moved_to(place)
        copy.take_over(current)
        del self.logs[tp]
        self.cuts.pop(tp, None)
        self.current[tp] = copy
        self.upkeep[current.segments.log_dir].forget(current)
        self.cleaner.moved(current)
        return current, copy

    def give_up(self, was: Log) -> bool:
        """Rename the directory of the log that was, which is removed later; whether that went well."""
        try:
            self._delete(was.tp, was.segments.log_dir, was.segments.directory, was)
        except KafkaError as error:
            log.warning("%s has moved, but its old directory stays: %s", was.tp, error.message)
            return False
        return True

    async def finish(self, was: Log, now: Log, save: Callable[[Log], Awaitable[None]]) -> None:
        """Make the exchange durable, then take the mark away. A failure takes the directory offline."""
        for each in (now, was):
            upkeep = self.upkeep[each.segments.log_dir]
            await upkeep.sync_directory()
            await upkeep.checkpoint()
            await save(each)
        if was.segments.log_dir.failure is None and now.segments.log_dir.failure is None:
            await self.upkeep[now.segments.log_dir].try_in_thread(
                "finish a move", lambda: remove_file(self._files, os.path.join(now.directory, MOVE_MARK))
            )

    @property
    def _files(self) -> Files:
        return self.setting.storage.files
