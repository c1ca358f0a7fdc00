"""Bringing a log to disk: what the event loop prepares, a thread syncs, and the event loop then notes.

Below the recovery point nothing is looked at after a crash, so before it moves everything must be durable there: the
batches, the indexes of sealed segments, the snapshots at their ends, the leader epochs, and the names themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise

import attrs

from zkbroker.storage import names
from zkbroker.storage.files import Files, sync_directory, sync_files
from zkbroker.storage.log import Log
from zkbroker.storage.segment import Segment
from zkbroker.storage.snapshots import snapshot_path, write_snapshot
from zkbroker.storage.stored_epochs import epochs_path
from zkbroker.storage.unsynced import Unsynced


@attrs.frozen
class Flush:
    """One flush of one log. The thread that runs it touches neither the log nor its segments."""

    log: Log
    end_offset: int  # the recovery point that it earns
    truncations: int  # of the log when it was prepared: a truncation meanwhile voids it
    sealed: tuple[Segment, ...]
    settles: tuple[tuple[Unsynced, int], ...]
    files: Files
    directory: str
    paths: tuple[str, ...]  # to be synced
    with_names: bool

    def run(self, got_on: Callable[[], None] = lambda: None) -> None:
        """Sync everything, telling after each file; for a thread. Raises: OSError."""
        sync_files(self.files, self.paths, got_on)
        if self.with_names:
            sync_directory(self.files, self.directory)
            sync_directory(self.files, os.path.dirname(self.directory))

    @property
    def has_moved(self) -> bool:
        """Whether the log's directory was renamed since: then files may not have been found, and are not synced."""
        return self.log.segments.directory != self.directory

    def done(self, wall_ms: int) -> bool:
        """Note that it ran; whether that still counts."""
        log = self.log
        if log.is_closed or log.truncations != self.truncations or self.has_moved:
            return False
        for segment in self.sealed:
            segment.needs_sync = False
        for unsynced, changes in self.settles:
            unsynced.settle(changes)
        log.flushed_to(self.end_offset, wall_ms)
        return True


def prepare_flush(log: Log, *, everything: bool) -> Flush | None:
    """What must be synced now; None if nothing. With `everything` the active segment too, else only sealed ones.

    Index entries and epochs that are still in memory are written here. Raises: OSError.
    """
    segments = log.segments
    active = segments.active
    end_offset = segments.end_offset if everything else active.base_offset
    ends = {segment: following.base_offset for segment, following in pairwise(segments) if segment.needs_sync}
    if log.is_closed or not (ends or end_offset > log.recovery_point or log.epochs.unsynced):
        return None
    paths = [segment.path(suffix) for segment in ends for suffix in names.SEGMENT_SUFFIXES]
    paths += [snapshot_path(segments.directory, end) for end in ends.values()]
    settled = []
    if everything:
        # Its indexes too: once it is sealed, a recovery that begins at its end does not look into it.
        active.write_indexes()
        indexes = [each for each in active.index_files() if each.unsynced]
        settled += [each.unsynced for each in indexes]
        paths += [active.path(), *(each.path for each in indexes)]
    if log.epochs.unsynced:
        log.epochs.write()
        settled.append(log.epochs.unsynced)
        paths.append(epochs_path(segments.directory))
    if with_names := bool(log.unsynced_names or ends or log.epochs.unsynced):
        settled.append(log.unsynced_names)
        paths.append(os.path.join(segments.directory, names.PARTITION_METADATA))
    return Flush(
        log,
        end_offset,
        log.truncations,
        tuple(ends),
        tuple((unsynced, unsynced.changes) for unsynced in settled),
        segments.storage.files,
        segments.directory,
        tuple(paths),
        with_names,
    )


def sync_now(log: Log, wall_ms: int) -> None:
    """Bring everything to disk in this very step: for the little a sync left a moment ago. Raises: OSError."""
    flush = prepare_flush(log, everything=True)
    if flush is not None:
        flush.run()
        flush.done(wall_ms)


def prepare_clean_stop(log: Log) -> Flush | None:
    """Leave the log as a cleanly stopped broker does: indexes complete, a snapshot at the end; then flush it all.

    None if the log is unchanged since it was loaded. Raises: OSError.
    """
    if log.is_closed:
        return None
    segments = log.segments
    end = segments.end_offset
    snapshot = snapshot_path(segments.directory, end)
    changed = end > log.recovery_point or log.unsynced_names or log.epochs.unsynced
    if not changed and os.path.exists(snapshot):
        return None
    active = segments.active
    active.finish_indexes()
    write_snapshot(segments.storage.files, segments.directory, end, log.producers)
    paths = (*(active.path(suffix) for suffix in names.SEGMENT_SUFFIXES), snapshot)
    flush = prepare_flush(log, everything=True)
    if flush is None:
        files, directory = segments.storage.files, segments.directory
        return Flush(log, end, log.truncations, (), (), files, directory, paths, True)
    return attrs.evolve(flush, paths=(*flush.paths, *paths), with_names=True)
