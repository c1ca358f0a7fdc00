"""What of a partition one may read: followers up to the log's end, clients what is committed.

Nothing here changes a partition, but that a follower's fetch tells it how far that follower is.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.replication.isr import UNKNOWN_OFFSET, Pulse
from zkbroker.replication.partition import Partition, Role
from zkbroker.storage.appends import AbortedTransaction
from zkbroker.storage.slices import LogSlice


@attrs.define(eq=False)
class PartitionRead:
    """What a fetch gets of one partition. `records` holds a reference to its file: send it or release it."""

    records: LogSlice | None
    high_watermark: int
    log_start_offset: int
    last_stable_offset: int
    log_end_offset: int
    diverging_epoch: int = -1  # with diverging_end_offset: the follower's log parted from ours there
    diverging_end_offset: int = -1
    aborted: Sequence[AbortedTransaction] | None = None  # None for read_uncommitted

    @property
    def size(self) -> int:
        return len(self.records) if self.records is not None else 0


@attrs.define(eq=False)
class FollowerFetch:
    """Who fetches, when it is a follower that names the partition: its position is news for us."""

    broker_id: int
    log_start_offset: int
    pulse: Pulse | None  # of its fetch session


def read(
    partition: Partition,
    offset: int,
    max_bytes: int,
    *,
    current_leader_epoch: int,
    last_fetched_epoch: int,
    to_end: bool,
    committed_only: bool,
    from_leader_only: bool,
    min_one_batch: bool,
    follower: FollowerFetch | None = None,
) -> PartitionRead:
    """Read from `offset`: up to the log end for followers, else to the high watermark or last stable offset.

    A follower whose log parted from ours gets no records but the place to truncate to.

    Raises: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE,
    KAFKA_STORAGE_ERROR.
    """
    partition.require_epoch(current_leader_epoch)
    if partition.role is not Role.LEADER and (from_leader_only or partition.role is Role.NONE):
        raise KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, f"{partition.tp}: broker {partition.leader} leads")
    if follower is not None:
        partition.require_follower(follower.broker_id, with_epoch=current_leader_epoch != -1)
    this = partition.log
    log_start = this.log_start_offset
    if last_fetched_epoch != -1:
        epoch, end = this.end_offset_for_epoch(last_fetched_epoch)
        if end == UNKNOWN_OFFSET:
            raise KafkaError(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                f"{partition.tp}: no end offset is known for epoch {last_fetched_epoch}",
            )
        if offset < log_start:
            raise KafkaError(
                ErrorCode.OFFSET_OUT_OF_RANGE, f"{partition.tp}: offset {offset} is below {log_start}"
            )
        if epoch < last_fetched_epoch or end < offset:
            read = position(partition, current_leader_epoch=current_leader_epoch)
            read.diverging_epoch, read.diverging_end_offset = epoch, end
            return read
    if follower is not None and log_start <= offset <= this.log_end_offset:
        partition.record_follower_fetch(follower.broker_id, offset, follower.log_start_offset, follower.pulse)
    high_watermark, last_stable = this.high_watermark, this.last_stable_offset
    if to_end:
        upper = this.log_end_offset
    elif committed_only:
        upper = last_stable
    else:
        upper = high_watermark
    records = this.read(offset, max_bytes, upper_offset=upper, min_one_batch=min_one_batch)
    read = PartitionRead(records, high_watermark, log_start, last_stable, this.log_end_offset)
    if committed_only:
        read.aborted = this.aborted_transactions(offset, records.next_offset) if len(records) else []
    return read


def position(partition: Partition, *, current_leader_epoch: int) -> PartitionRead:
    """Where the log stands, without records. Raises: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH."""
    partition.require_epoch(current_leader_epoch)
    this = partition.log
    return PartitionRead(
        None, this.high_watermark, this.log_start_offset, this.last_stable_offset, this.log_end_offset
    )


def end_offset_for_epoch(
    partition: Partition, current_leader_epoch: int, leader_epoch: int
) -> tuple[int, int]:
    """(epoch, end offset) for OffsetForLeaderEpoch; -1, -1 where unknown.

    Raises: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER.
    """
    partition.require_epoch(current_leader_epoch)
    partition.require_leader()
    return partition.log.end_offset_for_epoch(leader_epoch)
