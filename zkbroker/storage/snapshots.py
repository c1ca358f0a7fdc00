"""Producer snapshots of one log, and the producer state rebuilt from them and from the log.

A snapshot is named by its exclusive end offset. One is written at each roll and at a clean stop.
Source: ProducerStateManager, UnifiedLog.rebuildProducerState of Kafka 3.9.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from zkbroker.protocol.records import (
    CONTROL,
    TRANSACTIONAL,
    ControlType,
    MalformedRecords,
    RecordBatch,
    control_coordinator_epoch,
)
from zkbroker.storage import names
from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.files import Files, read_fully, remove_file, replace_if_changed
from zkbroker.storage.headers import BatchHeader
from zkbroker.storage.producer_state import (
    ProducerStates,
    decode_snapshot,
    encode_snapshot,
)
from zkbroker.storage.segment import Segment
from zkbroker.storage.segments import Segments

log = logging.getLogger(__name__)

Marker = tuple[bool, int]
"""Whether it aborts its transaction, and the epoch of the coordinator that wrote it."""


def snapshot_path(directory: str, offset: int) -> str:
    return os.path.join(directory, names.offset_name(offset, names.SNAPSHOT))


def snapshot_offsets(files: Files, directory: str) -> list[int]:
    """Offsets of the snapshots there, ascending. Raises: OSError."""
    parsed = (names.parse_offset_name(name) for name in files.listdir(directory))
    return sorted(found[0] for found in parsed if found is not None and found[1] == names.SNAPSHOT)


def write_snapshot(files: Files, directory: str, offset: int, producers: ProducerStates) -> None:
    """Not synced here: the next flush does that. Raises: OSError."""
    replace_if_changed(files, snapshot_path(directory, offset), encode_snapshot(producers.entries.values()))


def remove_snapshots(files: Files, directory: str, offsets: Iterable[int]) -> None:
    """Raises: OSError."""
    for offset in offsets:
        remove_file(files, snapshot_path(directory, offset))


def load_latest_snapshot(
    files: Files, directory: str, producers: ProducerStates, *, lowest: int, highest: int
) -> int | None:
    """Take over the newest good snapshot whose offset is in [lowest, highest]; returns its offset, if any.

    Damaged ones are removed. Raises: OSError.
    """
    for offset in reversed(snapshot_offsets(files, directory)):
        if not lowest <= offset <= highest:
            continue
        path = snapshot_path(directory, offset)
        try:
            producers.load(decode_snapshot(read_fully(files, path)), offset)
        except ValueError as error:
            log.warning("%s: %s; it is removed and rebuilt", path, error)
            remove_file(files, path)
            continue
        return offset
    return None


def rebuild_producers(
    files: Files, directory: str, producers: ProducerStates, segments: Segments, *, start: int, end: int
) -> None:
    """Make `producers` what they were at offset `end`: the newest snapshot, then the batches after it.

    `start` is the log's start offset. Snapshots above `end` are removed. Raises: OSError.
    """
    producers.clear()
    remove_snapshots(
        files, directory, [offset for offset in snapshot_offsets(files, directory) if offset > end]
    )
    loaded = load_latest_snapshot(files, directory, producers, lowest=start, highest=end)
    position = start if loaded is None else loaded
    if position >= end:
        return
    for segment in segments.starting_with(position):
        if segment.base_offset >= end:
            break
        replay_segment(segment, producers, start=position, end=end)


def replay_segment(segment: Segment, producers: ProducerStates, *, start: int, end: int) -> None:
    """Apply the segment's batches in offsets [start, end) to `producers`. Raises: OSError."""
    for header in segment.headers_near(start) if start > segment.base_offset else segment.headers():
        if header.base_offset >= end:
            break
        if header.last_offset >= start and header.producer_id >= 0:
            batch = b""
            if header.attributes & CONTROL:
                batch = segment.storage.files.pread(segment.file().fd, header.size, header.position)
            apply_batch(producers, header, batch)


def apply_batch(
    producers: ProducerStates,
    header: BatchHeader,
    batch: bytes | memoryview,
    segment: Segment | None = None,
) -> None:
    """Apply a batch of a producer as replication does: nothing is refused.

    `batch` is looked at only if it is a control batch. With the segment it was just put into, see `apply_marker`.
    """
    if not header.attributes & CONTROL:
        producers.apply_data(
            header.producer_id,
            header.producer_epoch,
            header.base_sequence,
            header.base_offset,
            header.last_offset,
            header.max_timestamp,
            header.attributes & TRANSACTIONAL != 0,
        )
        return
    marker = parse_marker(batch)
    if marker is not None:
        apply_marker(
            producers,
            marker,
            header.producer_id,
            header.producer_epoch,
            header.last_offset,
            header.max_timestamp,
            segment,
        )


def apply_marker(
    producers: ProducerStates,
    marker: Marker,
    producer_id: int,
    producer_epoch: int,
    offset: int,
    timestamp: int,
    segment: Segment | None,
) -> None:
    """Apply a transaction marker; with a segment, a transaction that it aborts is noted in its index."""
    aborted, coordinator_epoch = marker
    stable = producers.last_stable_offset_after(producer_id, offset)
    completed = producers.apply_marker(
        producer_id, producer_epoch, coordinator_epoch, offset, timestamp, aborted
    )
    if segment is not None and aborted and completed is not None:
        segment.transaction_index.add(AbortedTransaction(producer_id, completed.first_offset, offset, stable))


def parse_marker(batch: bytes | memoryview) -> Marker | None:
    """What a control batch says; None if it is empty or no transaction marker."""
    try:
        view = RecordBatch(memoryview(batch))
        kind = view.control_type()
        for record in view.records():
            return None if kind is None else (kind is ControlType.ABORT, control_coordinator_epoch(record))
    except MalformedRecords as error:
        log.warning("a control batch that cannot be read is passed over: %s", error)
    return None
