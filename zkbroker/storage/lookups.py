"""Searching the segments of a log: by timestamp, and for aborted transactions.

Source: UnifiedLog.fetchOffsetByTimestamp, collectAbortedTransactions of Kafka 3.9.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.legacy import read_any
from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.headers import BatchHeader
from zkbroker.storage.segment import Segment
from zkbroker.storage.segments import Segments

LATEST: Final = -1
EARLIEST: Final = -2


class TimestampAndOffset(NamedTuple):
    """Where a look-up by time ended."""

    timestamp: int
    offset: int
    leader_epoch: int  # -1 where unknown


def first_at_or_after(segments: Segments, timestamp: int, start_offset: int) -> TimestampAndOffset | None:
    """The first record from `start_offset` on whose timestamp is not below `timestamp`. Raises: OSError."""
    for segment in segments:
        if not segment.timestamps_known:
            segment.load_timestamps()
        if segment.max_timestamp < timestamp:
            continue
        from_offset = max(segment.time_index.floor_offset(timestamp), start_offset)
        for header in segment.headers_near(from_offset):
            if header.max_timestamp >= timestamp and header.last_offset >= start_offset:
                for offset, record_timestamp in _timestamps(segment, header):
                    if record_timestamp >= timestamp and offset >= start_offset:
                        return TimestampAndOffset(record_timestamp, offset, header.leader_epoch)
    return None


def latest(segments: Segments) -> TimestampAndOffset | None:
    """The first record that has the log's largest timestamp; None if no record has one. Raises: OSError."""
    best: Segment | None = None
    for segment in segments:
        if not segment.timestamps_known:
            segment.load_timestamps()
        if segment.max_timestamp >= 0 and (best is None or segment.max_timestamp > best.max_timestamp):
            best = segment
    if best is None:
        return None
    for header in best.headers_near(best.max_timestamp_offset):
        if header.max_timestamp == best.max_timestamp:
            for offset, timestamp in _timestamps(best, header):
                if timestamp == header.max_timestamp:
                    return TimestampAndOffset(timestamp, offset, header.leader_epoch)
    return None


def _timestamps(segment: Segment, header: BatchHeader) -> list[tuple[int, int]]:
    """(offset, timestamp) of each record of a stored batch. Raises: OSError, CORRUPT_MESSAGE."""
    batch = segment.storage.files.pread(segment.file().fd, header.size, header.position)
    try:
        return [(record.offset, record.timestamp) for each in read_any(batch) for record in each.records()]
    except ValueError as error:
        raise KafkaError(
            ErrorCode.CORRUPT_MESSAGE, f"{segment.path()}: the batch at offset {header.base_offset}: {error}"
        ) from error


def aborted_transactions(segments: Segments, from_offset: int, upper_offset: int) -> list[AbortedTransaction]:
    """Those that overlap [from_offset, upper_offset), by segment and marker. Raises: OSError."""
    found: list[AbortedTransaction] = []
    for segment in segments.starting_with(from_offset):
        for aborted in segment.transaction_index:
            if aborted.last_offset >= from_offset and aborted.first_offset < upper_offset:
                found.append(aborted)
            if aborted.last_stable_offset >= upper_offset:
                return found
    return found


def counted_from(segments: Segments, offset: int) -> tuple[int, int]:
    """How many records the batches hold that reach to `offset` or beyond, and the leader epoch of the first.

    The epoch is -1 where nothing is found or an old format has none. Reads a header a batch. Raises: OSError.
    """
    records, first_epoch = 0, -1
    for segment in segments.starting_with(offset):
        for header in segment.headers_near(offset):
            if header.last_offset >= offset:
                if not records:
                    first_epoch = header.leader_epoch
                records += max(header.record_count, 1)  # an entry of an old format does not say
    return records, first_epoch


def offsets_before(
    segments: Segments, timestamp: int, max_offsets: int, log_start_offset: int, wall_ms: int
) -> list[int]:
    """For ListOffsets v0: see `Log.legacy_offsets_before`. Raises: OSError."""
    known = [
        (max(segment.base_offset, log_start_offset), segment.storage.files.modified_ms(segment.path()))
        for segment in segments
    ]
    if segments.active.size:
        known.append((segments.end_offset, wall_ms))
    if timestamp == LATEST:
        last = len(known) - 1
    elif timestamp == EARLIEST:
        last = 0
    else:
        last = max((i for i, (_, modified_ms) in enumerate(known) if modified_ms <= timestamp), default=-1)
    return [offset for offset, _ in reversed(known[: last + 1])][:max_offsets]
