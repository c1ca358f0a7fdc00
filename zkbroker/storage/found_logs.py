"""What is in the log directories at the start, and which of it is whose log.

Source: LogManager.loadLogs of Kafka 3.9; KIP-113.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import attrs

from zkbroker.model import TopicPartition
from zkbroker.storage import names
from zkbroker.storage.checkpoints import read_offsets
from zkbroker.storage.files import Files, remove_file, sync_directory
from zkbroker.storage.future_logs import MOVE_MARK, read_mark, settle
from zkbroker.storage.loading import LastRun
from zkbroker.storage.log_directory import LogDirectory, LogDirectoryError

log = logging.getLogger(__name__)


@attrs.frozen
class FoundLog:
    """A log's directory, seen at the start."""

    tp: TopicPartition
    log_dir: LogDirectory
    name: str
    last: LastRun
    is_future: bool = False

    @property
    def path(self) -> str:
        return self.log_dir.child(self.name)


@attrs.frozen
class Contents:
    """One log directory: its logs, what waits to be removed, and what its checkpoints say."""

    log_dir: LogDirectory
    was_clean: bool
    logs: list[FoundLog]
    removals: list[str]
    log_starts: dict[TopicPartition, int]
    high_watermarks: dict[TopicPartition, int]
    first_dirty: dict[TopicPartition, int]


@attrs.define(eq=False)
class Arranged:
    """Every log once; the copies under way; and what is neither."""

    current: dict[TopicPartition, FoundLog] = attrs.field(factory=dict)
    future: dict[TopicPartition, FoundLog] = attrs.field(factory=dict)
    orphans: dict[TopicPartition, list[FoundLog]] = attrs.field(factory=dict)  # copies without a log
    obsolete: list[FoundLog] = attrs.field(factory=list)  # to be removed


def look_into(log_dir: LogDirectory, files: Files) -> Contents:
    """Raises: OSError; LogDirectoryError for something that is no log."""
    clean, lost_power = log_dir.has_clean_marker(), log_dir.lost_power()
    recovery = read_offsets(files, log_dir.child(names.RECOVERY_POINTS))
    starts = read_offsets(files, log_dir.child(names.LOG_STARTS))
    marks = read_offsets(files, log_dir.child(names.HIGH_WATERMARKS))
    first_dirty = read_offsets(files, log_dir.child(names.CLEANER_OFFSETS))
    contents = Contents(log_dir, clean, [], [], starts, marks, first_dirty)
    for name in sorted(files.listdir(log_dir.path)):
        path = log_dir.child(name)
        if not os.path.isdir(path) or name in (names.REMOTE_INDEX_CACHE, "lost+found"):
            continue
        tp = names.parse_directory_name(name)
        copied = names.parse_marked_directory_name(name, names.FUTURE)
        here = tp or copied
        if here is not None:
            last = LastRun(
                clean,
                recovery.get(here, 0),
                starts.get(here, 0),
                marks.get(here, 0),
                lost_power,
                first_dirty.get(here, 0),
            )
            contents.logs.append(FoundLog(here, log_dir, name, last, is_future=tp is None))
        elif names.parse_marked_directory_name(name, names.DELETE) is not None:
            contents.removals.append(path)
        elif names.parse_marked_directory_name(name, names.STRAY) is None:
            raise LogDirectoryError(
                f"{path} is no log of a topic partition; a log directory may hold nothing else"
            )
    if contents.logs and not clean:
        log.info("%s was not left cleanly: %d logs are recovered", log_dir.path, len(contents.logs))
    return contents


def arrange(contents: Sequence[Contents], files: Files) -> Arranged:
    """Decide which directory is whose log, finishing moves that were interrupted.

    A directory that fails goes offline. Raises: LogDirectoryError if a partition has two logs and nothing says which
    one took over.
    """
    arranged = Arranged()
    logs: dict[TopicPartition, list[FoundLog]] = {}
    copies: dict[TopicPartition, list[FoundLog]] = {}
    for each in (each for content in contents for each in content.logs):
        (copies if each.is_future else logs).setdefault(each.tp, []).append(each)
    paths = {content.log_dir.path for content in contents}
    for tp, places in logs.items():
        arranged.current[tp] = _the_log(tp, places, files, arranged.obsolete)
    for tp, places in copies.items():
        if tp not in arranged.current:
            taken = _took_over(places, files, paths)
            log_now = None if taken is None else _put_in_place(taken, files)
            if taken is None or log_now is None:
                log.warning("%s: there is a copy of it in %s, but no log", tp, places[0].path)
                arranged.orphans[tp] = places
                continue
            places.remove(taken)
            arranged.current[tp] = log_now
        for place in places:
            if tp in arranged.future or place.log_dir is arranged.current[tp].log_dir:
                arranged.obsolete.append(place)
            else:
                arranged.future[tp] = place
    for tp, each in arranged.current.items():
        source = _mark_of(each, files)
        if source in paths:  # which holds that log no more
            both = (source, each.log_dir.path)
            start = max(content.log_starts.get(tp, 0) for content in contents if content.log_dir.path in both)
            last = attrs.evolve(each.last, log_start_offset=start)
            arranged.current[tp] = attrs.evolve(each, last=last)
            try:
                remove_file(files, os.path.join(each.path, MOVE_MARK))
            except OSError as error:
                each.log_dir.fail(f"cannot finish the move of {each.tp}: {error}")
    return arranged


def _mark_of(found: FoundLog, files: Files) -> str | None:
    try:
        return read_mark(files, found.path)
    except OSError as error:
        found.log_dir.fail(f"cannot read {found.path}: {error}")
        return None


def _the_log(tp: TopicPartition, places: list[FoundLog], files: Files, obsolete: list[FoundLog]) -> FoundLog:
    if len(places) == 1:
        return places[0]
    winner = settle(places, [_mark_of(place, files) for place in places])
    if winner is None:
        raise LogDirectoryError(
            f"{tp} is in both {places[0].log_dir.path} and {places[1].log_dir.path}; "
            "one of the two directories must be moved away by hand"
        )
    obsolete += [place for place in places if place is not places[winner]]
    log.info("%s: its move to %s is finished", tp, places[winner].log_dir.path)
    return places[winner]


def _took_over(places: Sequence[FoundLog], files: Files, online: set[str]) -> FoundLog | None:
    """The copy whose log was given up for it already, which only a power loss leaves under this name."""
    for place in places:
        if _mark_of(place, files) in online:
            return place
    return None


def _put_in_place(found: FoundLog, files: Files) -> FoundLog | None:
    name = names.directory_name(found.tp)
    try:
        files.replace(found.path, found.log_dir.child(name))
        sync_directory(files, found.log_dir.path)
    except OSError as error:
        found.log_dir.fail(f"cannot finish the move of {found.tp}: {error}")
        return None
    log.info("%s: its move to %s is finished", found.tp, found.log_dir.path)
    return attrs.evolve(found, name=name, is_future=False)
