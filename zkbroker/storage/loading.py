"""Opening a log's directory: after a clean stop by its names and sizes, after a kill by looking at what may be torn.

Runs in threads, before the log has an owner. Source: LogLoader of Kafka 3.9.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING

import attrs

from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.storage import names
from zkbroker.storage.checkpoints import read_partition_metadata, write_partition_metadata
from zkbroker.storage.files import (
    PIECE_BYTES,
    Files,
    read_range,
    remove_file,
    replace_if_changed,
    replace_with_pieces,
)
from zkbroker.storage.headers import BatchHeader, TornBatch
from zkbroker.storage.leader_epochs import LeaderEpochs, encode_leader_epochs
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.producer_state import ProducerStates
from zkbroker.storage.scanning import scan_batches
from zkbroker.storage.segment import Segment, SegmentStorage
from zkbroker.storage.segments import Segments
from zkbroker.storage.snapshots import (
    apply_batch,
    load_latest_snapshot,
    rebuild_producers,
    remove_snapshots,
    replay_segment,
    snapshot_offsets,
    write_snapshot,
)
from zkbroker.storage.stored_epochs import StoredEpochs, epochs_path, read_epochs
from zkbroker.storage.unsynced import Unsynced

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig

log = logging.getLogger(__name__)


class OutOfRange(TornBatch):
    """A whole, valid batch whose offset the indexes of its segment cannot hold."""

    def __init__(self, header: BatchHeader) -> None:
        super().__init__(header.position, f"offset {header.last_offset}, out of the segment's range,")
        self.base_offset = header.base_offset


@attrs.frozen
class LogSetting:
    """What all logs of a broker share."""

    storage: SegmentStorage
    deep_validation: bool = False


@attrs.frozen
class LastRun:
    """What the checkpoints of the last run say of one log."""

    clean: bool  # the broker stopped cleanly: nothing needs a look
    recovery_point: int = 0
    log_start_offset: int = 0
    high_watermark: int = 0
    lost_power: bool = False  # something that was written may be missing
    first_dirty: int = 0  # compaction may have left holes below it


def create_log(
    tp: TopicPartition,
    log_dir: LogDirectory,
    name: str,
    config: TopicConfig,
    setting: LogSetting,
    topic_id: TopicId,
    wall_ms: int,
) -> Log:
    """A new, empty log in a new directory of that name. Raises: OSError."""
    files = setting.storage.files
    directory = log_dir.child(name)
    files.mkdir(directory)
    try:
        if topic_id != NO_TOPIC_ID:
            write_partition_metadata(files, directory, topic_id)
        segments = Segments(log_dir, setting.storage, config, directory)
        segments.add(segments.create(0, wall_ms))
    except OSError:
        _remove_what_was_begun(files, directory)
        raise
    return Log(
        tp,
        segments,
        ProducerStates(),
        StoredEpochs(LeaderEpochs(), segments),
        topic_id,
        unsynced_names=Unsynced(1),
        deep_validation=setting.deep_validation,
        last_flush_ms=wall_ms,
    )


def _remove_what_was_begun(files: Files, directory: str) -> None:
    try:
        for name in files.listdir(directory):
            remove_file(files, os.path.join(directory, name))
        files.rmdir(directory)
    except OSError as error:
        log.warning("%s is left half made: %s", directory, error)


def open_log(
    tp: TopicPartition,
    log_dir: LogDirectory,
    name: str,
    config: TopicConfig,
    setting: LogSetting,
    last: LastRun,
    wall_ms: int,
) -> Log:
    """The log in an existing directory. Raises: OSError."""
    storage, directory = setting.storage, log_dir.child(name)
    files = storage.files
    present = _finish_interrupted_work(files, directory)
    segments = Segments(log_dir, storage, config, directory)
    bases = _segment_bases(files, directory, present)
    for base, following in zip_longest(bases, bases[1:]):
        size = files.size(os.path.join(directory, names.offset_name(base, names.LOG)))
        segments.add(
            Segment(
                storage,
                log_dir,
                directory,
                base,
                size,
                created_ms=wall_ms,
                timestamps_known=False,
                # Also that which ends at the recovery point: a truncation to there may be in its file alone.
                needs_sync=not last.clean and (following is None or following >= last.recovery_point),
            )
        )
    if not len(segments):
        segments.add(segments.create(last.log_start_offset, wall_ms))
    epochs = read_epochs(files, directory)
    producers = ProducerStates(str(tp))
    log_start_offset = max(last.log_start_offset, segments.first.base_offset)
    recovered = not last.clean
    if epochs is None:
        epochs = LeaderEpochs()
        _collect_epochs(segments, epochs)
    if recovered:
        _recover(segments, producers, epochs, last, log_start_offset)
    for segment in segments:
        if segment.size and not _has_indexes(segment, present):
            log.info("%s: an index is missing or damaged and is rebuilt", segment.path())
            then = ProducerStates(str(tp))
            _prepare_producers(segments, then, segment.base_offset, log_start_offset)
            torn = _rebuild_segment(segment, then, epochs, log_start_offset)
            if isinstance(torn, OutOfRange):
                _split(segments, segment, torn)
            elif torn is not None:
                log.warning("%s: %s; the segment is cut there", segment.path(), torn)
    active = segments.active
    last_batch = active.last_header() if active.size else None
    segments.end_offset = active.base_offset if last_batch is None else last_batch.last_offset + 1
    if not active.timestamps_known:
        active.load_timestamps()
    end = segments.end_offset
    if log_start_offset > end:
        log.warning("%s ends at %d, below its start %d: it begins anew there", tp, end, log_start_offset)
        for segment in segments.restart_at(log_start_offset, wall_ms):
            segment.remove_files()
        remove_snapshots(files, directory, snapshot_offsets(files, directory))
        producers.clear()
        end = log_start_offset
    elif not recovered:
        rebuild_producers(files, directory, producers, segments, start=log_start_offset, end=end)
    if recovered:
        write_snapshot(files, directory, end, producers)
    _remove_stray_snapshots(files, directory, segments, end)
    cut = epochs.truncate_from_end(end)
    if epochs.truncate_from_start(log_start_offset) or cut or recovered:
        replace_if_changed(files, epochs_path(directory), encode_leader_epochs(epochs.entries))
    for segment in segments:
        segment.close()
    return Log(
        tp,
        segments,
        producers,
        StoredEpochs(epochs, segments, Unsynced(int(recovered))),
        read_partition_metadata(files, directory),
        log_start_offset=log_start_offset,
        recovery_point=end if last.clean else min(last.recovery_point, end),
        deep_validation=setting.deep_validation,
        unsynced_names=Unsynced(int(recovered)),
        last_flush_ms=wall_ms,
    )


def _finish_interrupted_work(files: Files, directory: str) -> set[str]:
    """Remove what was given up, put complete cleanings into place; returns the names that are left. Raises: OSError.

    A `.swap` is complete and replaces every segment within its offsets, unless a `.cleaned` of the same cleaning is
    still there: then the originals are all there too, and the cleaning is dropped.
    """
    present = set(files.listdir(directory))
    cleaned = [
        int(name[:20])
        for name in present
        if name.endswith(names.CLEANED) and names.parse_offset_name(name[: -len(names.CLEANED)])
    ]
    dropped_from = min(cleaned, default=None)
    for name in sorted(present):
        offset = names.parse_offset_name(name.removesuffix(names.SWAP)) if name.endswith(names.SWAP) else None
        undone = offset is not None and dropped_from is not None and offset[0] >= dropped_from
        if undone or name.endswith((names.DELETED, names.CLEANED, ".tmp")):
            remove_file(files, os.path.join(directory, name))
            present.discard(name)
    swaps = sorted(name for name in present if name.endswith(names.LOG + names.SWAP))
    for name in swaps:
        _put_into_place(files, directory, present, name)
    for name in [name for name in present if name.endswith(names.SWAP)]:
        remove_file(files, os.path.join(directory, name))  # an index whose log is in place already
        present.discard(name)
    return present


def _put_into_place(files: Files, directory: str, present: set[str], swap: str) -> None:
    """Let a complete `.log.swap` take the place of the segments it was made from. Raises: OSError."""
    base = int(swap[:20])
    end = base
    path = os.path.join(directory, swap)
    fd = files.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for header, _ in scan_batches(files, fd, 0, os.fstat(fd).st_size):
            end = header.last_offset + 1
    except TornBatch as error:
        log.warning("%s: %s", path, error)
    finally:
        files.close(fd)
    for name in sorted(present):
        parsed = names.parse_offset_name(name)
        if (
            parsed is not None
            and parsed[1] in names.SEGMENT_SUFFIXES
            and base <= parsed[0] < max(end, base + 1)
        ):
            remove_file(files, os.path.join(directory, name))
            present.discard(name)
    for suffix in (names.OFFSET_INDEX, names.TIME_INDEX, names.TRANSACTION_INDEX, names.LOG):
        name = names.offset_name(base, suffix)
        if name + names.SWAP in present:
            files.replace(os.path.join(directory, name + names.SWAP), os.path.join(directory, name))
            present.discard(name + names.SWAP)
            present.add(name)
    log.info("%s: a cleaning that was interrupted is finished", os.path.join(directory, swap))


def _segment_bases(files: Files, directory: str, present: set[str]) -> list[int]:
    """Base offsets of the .log files, ascending; index files without one are removed. Raises: OSError."""
    parsed = [(name, found) for name in present if (found := names.parse_offset_name(name)) is not None]
    bases = {found[0] for _, found in parsed if found[1] == names.LOG}
    for name, (offset, suffix) in parsed:
        if suffix in names.SEGMENT_SUFFIXES and offset not in bases:
            log.warning("%s has no .log file and is removed", os.path.join(directory, name))
            remove_file(files, os.path.join(directory, name))
    return sorted(bases)


def _collect_epochs(segments: Iterable[Segment], epochs: LeaderEpochs) -> None:
    for segment in segments:
        for header in segment.headers():
            epochs.found(header.leader_epoch, header.base_offset)


def _has_indexes(segment: Segment, present: set[str]) -> bool:
    """Whether a segment that was not recovered has its indexes. Raises: OSError.

    What is in them is looked at when they are used, save for the few aborted transactions.
    """
    if segment.timestamps_known:
        return True  # just rebuilt
    if not {os.path.basename(segment.path(s)) for s in (names.OFFSET_INDEX, names.TIME_INDEX)} <= present:
        return False
    if os.path.basename(segment.path(names.TRANSACTION_INDEX)) not in present:
        return True
    return segment.transaction_index.is_sound(segment.base_offset)


def _recover(
    segments: Segments,
    producers: ProducerStates,
    epochs: LeaderEpochs,
    last: LastRun,
    log_start_offset: int,
) -> None:
    """Verify every batch from the segment that holds the recovery point on, and rebuild what depends on them.

    The log is cut at the first batch that is not whole and valid, and, if power was lost, where a segment does not end
    where the next begins. Raises: OSError.
    """
    files, directory = segments.storage.files, segments.directory
    # What was flushed while it was active may have been sealed since: its time index has one entry more.
    suspects = segments.starting_with(max(last.recovery_point - last.lost_power, 0))
    first = suspects[0].base_offset
    _prepare_producers(segments, producers, first, log_start_offset)
    remove_snapshots(files, directory, [at for at in snapshot_offsets(files, directory) if at > first])
    number = 0
    while number < len(suspects):
        segment = suspects[number]
        if segment.base_offset > first:
            write_snapshot(files, directory, segment.base_offset, producers)
        torn = _rebuild_segment(segment, producers, epochs, log_start_offset)
        producers.replicated_to(last.high_watermark)
        if isinstance(torn, OutOfRange):
            _split(segments, segment, torn)
            suspects = segments.starting_with(first)
            torn = None
        number += 1
        following = suspects[number] if number < len(suspects) else None
        reason = None if torn is None else str(torn)
        if reason is None and following is not None and last.lost_power:
            reason = _gap(segment, following, last.first_dirty)
        if reason is not None:
            log.warning("%s: %s; the log is cut there", segment.path(), reason)
            for _ in suspects[number:]:
                later = segments.remove_last()
                later.close()
                later.remove_files()
            return


def _split(segments: Segments, segment: Segment, at: OutOfRange) -> None:
    """Give the batches that are out of a segment's range one of their own, which follows it. Raises: OSError.

    A compaction of Kafka before 1.1 merged segments whose offsets no index can hold together (KAFKA-6264). A crash
    leaves the batches in the old segment, or in both; then this runs again.
    """
    files, position = segment.storage.files, at.position
    end = files.size(segment.path())
    if segments.holding(at.base_offset) is segment:
        log.warning("%s: %s; what follows gets a segment of its own", segment.path(), at)
        new = Segment(
            segment.storage,
            segment.log_dir,
            segment.directory,
            at.base_offset,
            end - position,
            created_ms=segment.created_ms,
            timestamps_known=False,
        )
        pieces = (
            read_range(files, segment.file().fd, start, min(PIECE_BYTES, end - start))
            for start in range(position, end, PIECE_BYTES)
        )
        replace_with_pieces(files, new.path(), pieces, sync=True)
        segments.insert_after(segment, new)
    files.ftruncate(segment.file().fd, position)
    segment.sync()


def _gap(segment: Segment, following: Segment, first_dirty: int) -> str | None:
    """Why a log that lost power cannot go on from one segment to the next; None if it can. Raises: OSError.

    Either the tail of the first was not on disk, and its successor was; below `first_dirty` that may be the work of
    compaction. Or they are of two histories of the log: a truncation in between is on disk only in part.
    """
    last = segment.last_header()
    end = segment.base_offset if last is None else last.last_offset + 1
    if end == following.base_offset or end < following.base_offset <= first_dirty:
        return None
    return f"it ends at offset {end}, the next segment begins at {following.base_offset}"


def _prepare_producers(
    segments: Segments, producers: ProducerStates, offset: int, log_start_offset: int
) -> None:
    """Make `producers` what they were at the start of a segment. Raises: OSError."""
    if offset <= log_start_offset:
        return
    directory = segments.directory
    loaded = load_latest_snapshot(
        segments.storage.files, directory, producers, lowest=log_start_offset, highest=offset
    )
    position = log_start_offset if loaded is None else loaded
    for segment in segments.starting_with(position):
        if segment.base_offset >= offset:
            break
        replay_segment(segment, producers, start=position, end=offset)


def _rebuild_segment(
    segment: Segment, producers: ProducerStates, epochs: LeaderEpochs, log_start_offset: int
) -> TornBatch | None:
    """Verify the batches, make the indexes anew, and cut what is torn, which is returned.

    `producers` and `epochs` are what they were at the segment's start, and afterwards at its end. Raises: OSError.
    """
    size = segment.size
    files = segment.storage.files
    segment.reset()
    torn = None
    try:
        for header, batch in scan_batches(files, segment.file().fd, 0, size):
            if not segment.can_hold(header.last_offset):
                if header.base_offset > segment.base_offset:
                    raise OutOfRange(header)
                raise TornBatch(header.position, f"offset {header.last_offset}, out of the segment's range,")
            segment.appended(header.last_offset, header.newest_timestamp, header.position, header.size)
            epochs.found(header.leader_epoch, header.base_offset)
            if header.producer_id < 0 or header.last_offset < log_start_offset:
                continue
            apply_batch(producers, header, batch, segment)
    except TornBatch as error:
        torn = error
        if not isinstance(torn, OutOfRange):
            files.ftruncate(segment.file().fd, segment.size)
    segment.finish_indexes()
    if torn is not None:
        segment.sync()  # at once: a later segment may be flushed, and then nobody looks at what comes back here
    return torn


def _remove_stray_snapshots(files: Files, directory: str, segments: Segments, end: int) -> None:
    """Keep only the snapshots segments begin with, and the one at the end. Raises: OSError."""
    keep = {segment.base_offset for segment in segments} | {end}
    strays = [offset for offset in snapshot_offsets(files, directory) if offset not in keep]
    remove_snapshots(files, directory, strays)
