"""One partition replica's log: the only mutator of its segments, producer state and leader epochs.

All methods are sync and direct; each is atomic among tasks. An append checks first, writes second, and changes state
only when the write succeeded, so that a failed write is never taken for a stored one.
Source: UnifiedLog of Kafka 3.9.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import attrs

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.records import CONTROL, TRANSACTIONAL
from zkbroker.storage import lookups, retention
from zkbroker.storage.appends import (
    AbortedTransaction,
    ActiveProducer,
    AppendOrigin,
    LogAppendInfo,
    LogStatistics,
)
from zkbroker.storage.checkpoints import write_partition_metadata
from zkbroker.storage.files import PIECE_BYTES, Files
from zkbroker.storage.incoming import incoming_batches
from zkbroker.storage.log_owner import LogOwner, NoOwner
from zkbroker.storage.lookups import TimestampAndOffset
from zkbroker.storage.producer_state import ProducerStates, StoredBatch, Verification
from zkbroker.storage.segments import Segments
from zkbroker.storage.slices import EMPTY_SLICE, LogSlice
from zkbroker.storage.snapshots import (
    apply_batch,
    apply_marker,
    parse_marker,
    rebuild_producers,
    remove_snapshots,
    snapshot_offsets,
    write_snapshot,
)
from zkbroker.storage.stored_epochs import StoredEpochs
from zkbroker.storage.unsynced import Unsynced
from zkbroker.storage.validation import Admitted, AppendRules, admit

if TYPE_CHECKING:
    from zkbroker.config import TopicConfig

log = logging.getLogger(__name__)

THREAD_BYTES: Final = 32 * 1024  # records that must be looked into, from this size on better in a thread
_NEVER: Final = 2**63 - 1
_OFFSET_STAMP = struct.Struct(">q")
_EPOCH_STAMP = struct.Struct(">i")
_EPOCH_POSITION: Final = 12


class UnexpectedOffset(Exception):
    """A leader sent a batch that does not follow our log's end."""


@attrs.define(eq=False)
class Log:
    """Offsets [log_start_offset, log_end_offset). Made by `loading.open_log` and `loading.create_log`."""

    tp: TopicPartition
    segments: Segments
    producers: ProducerStates
    epochs: StoredEpochs
    topic_id: TopicId = NO_TOPIC_ID
    owner: LogOwner = attrs.field(factory=NoOwner)
    log_start_offset: int = 0
    high_watermark: int = 0  # moved by the Partition alone
    recovery_point: int = 0  # below it everything is on disk
    deep_validation: bool = False  # the broker's record.validation
    unsynced_names: Unsynced = attrs.field(factory=Unsynced)  # files that came or went
    truncations: int = 0  # how often; a flush under way compares
    last_flush_ms: int = 0  # wall clock
    _closed: str | None = None  # why the log takes no more calls
    _rules: AppendRules = attrs.field(init=False)
    _flush_at: int = _NEVER  # log end offset at which flush.messages is reached
    _unwritten_bytes: int = 0  # appended since the last piece for the write-back

    def __attrs_post_init__(self) -> None:
        self.producers.name = str(self.tp)
        self.segments.before_roll = self._before_roll
        self.epochs.somebody_writes = self._epochs_due
        self.update_config(self.segments.config)

    # --- properties --------------------------------------------------------------------------------------------

    @property
    def config(self) -> TopicConfig:
        """The topic's configuration, as last given to `update_config`."""
        return self.segments.config

    @property
    def directory(self) -> Path:
        """Where the files are now."""
        return Path(self.segments.directory)

    @property
    def log_end_offset(self) -> int:
        """Exclusive."""
        return self.segments.end_offset

    @property
    def size_bytes(self) -> int:
        return self.segments.size_bytes

    @property
    def is_closed(self) -> bool:
        return self._closed is not None

    @property
    def needs_flush(self) -> bool:
        """Whether flush.messages wants what was appended on disk before it is acknowledged."""
        return self.segments.end_offset > self._flush_at

    @property
    def last_stable_offset(self) -> int:
        """The high watermark, or where the earliest transaction begins that is not finished below it."""
        if self.producers.has_transactions:
            first = self.producers.first_unstable_offset
            if first is not None and first < self.high_watermark:
                return max(first, self.log_start_offset)
        return self.high_watermark

    def statistics(self) -> LogStatistics:
        return LogStatistics(
            len(self.segments),
            self.size_bytes,
            self.log_start_offset,
            self.log_end_offset,
            self.high_watermark,
            self.recovery_point,
            len(self.producers),
        )

    def begin_verification(
        self, producer_id: int, epoch: int, base_sequence: int, wall_ms: int
    ) -> Verification | None:
        """See `ProducerStates.begin_verification`."""
        return self.producers.begin_verification(producer_id, epoch, base_sequence, wall_ms)

    def active_producers(self) -> list[ActiveProducer]:
        """For DescribeProducers. Source: KIP-664."""
        return self.producers.active_producers()

    def update_config(self, config: TopicConfig) -> None:
        """Take over a topic's changed configuration, from the next append on."""
        self.segments.configure(config)
        self._rules = AppendRules.of(config, deep_validation=self.deep_validation)
        self._set_flush_at()

    def assign_topic_id(self, topic_id: TopicId) -> None:
        """Note the id of a topic whose log had none. Raises: INCONSISTENT_TOPIC_ID, KAFKA_STORAGE_ERROR."""
        if self.topic_id == topic_id:
            return
        if self.topic_id != NO_TOPIC_ID:
            raise KafkaError(
                ErrorCode.INCONSISTENT_TOPIC_ID, f"{self.tp}: the log belongs to another topic id"
            )
        self._require_usable()
        try:
            write_partition_metadata(self._files, self.segments.directory, topic_id)
        except OSError as error:
            self._fail("write partition.metadata", error)
        self.unsynced_names.add()
        self.topic_id = topic_id

    # --- appending ---------------------------------------------------------------------------------------------

    def append_as_leader(
        self,
        records: memoryview,
        *,
        leader_epoch: int,
        wall_ms: int,
        origin: AppendOrigin = AppendOrigin.CLIENT,
        admitted: Admitted | None = None,
        verification: Verification | None = None,
    ) -> LogAppendInfo:
        """Append one record batch; offset, epoch (and time, where the topic says so) are stamped into `records`.

        `records` is writable memory; `admitted` is what `admit` made of it, if it was asked. A batch that repeats a
        stored one is answered with that one's offsets. With a `verification`, a transactional batch must be covered
        by it.
        Raises: what `validation.admit`, `ProducerStates.check_data` and `check_verified` raise, RECORD_LIST_TOO_LARGE,
        KAFKA_STORAGE_ERROR (nothing of the batch is stored then).
        """
        segments = self.segments
        if self._closed is not None or segments.log_dir.failure is not None:
            self._require_usable()
        rules = self._rules
        if admitted is not None and admitted.rules is rules:
            records, header = admitted.records, admitted.header
        else:
            records, header = admit(records, rules, wall_ms, origin, self.producers.name)
        _, _, _, _, _, attributes, delta, _, max_timestamp, producer_id, producer_epoch, sequence, _ = header
        marker = None
        if producer_id >= 0:
            if attributes & CONTROL:
                marker = parse_marker(records)
                if marker is not None:
                    self.producers.check_marker(producer_id, producer_epoch, marker[1], origin=origin)
            else:
                stored = self.producers.check_data(
                    producer_id,
                    producer_epoch,
                    sequence,
                    delta,
                    transactional=attributes & TRANSACTIONAL != 0,
                    origin=origin,
                )
                if stored is not None:
                    return self._duplicate(stored)
                if verification is not None and attributes & TRANSACTIONAL:
                    self.producers.check_verified(
                        producer_id, producer_epoch, sequence, verification, origin=origin
                    )
        first_offset = segments.end_offset
        last_offset = first_offset + delta
        size = len(records)
        _OFFSET_STAMP.pack_into(records, 0, first_offset)
        _EPOCH_STAMP.pack_into(records, _EPOCH_POSITION, leader_epoch)
        segment = segments.append(records, size, first_offset, last_offset, max_timestamp, wall_ms)
        # From here on nothing may fail: the batch is stored.
        if producer_id >= 0:
            if marker is not None:
                apply_marker(
                    self.producers, marker, producer_id, producer_epoch, last_offset, max_timestamp, segment
                )
            elif not attributes & CONTROL:
                self.producers.apply_data(
                    producer_id,
                    producer_epoch,
                    sequence,
                    first_offset,
                    last_offset,
                    max_timestamp,
                    attributes & TRANSACTIONAL != 0,
                )
        if leader_epoch != self.epochs.latest:
            self.epochs.assign(leader_epoch, first_offset)
        self._unwritten_bytes += size
        if self._unwritten_bytes >= PIECE_BYTES or last_offset >= self._flush_at:
            self._appended_much()
        return LogAppendInfo(
            first_offset,
            last_offset,
            max_timestamp,
            max_timestamp if rules.log_append_time else -1,
            self.log_start_offset,
            size,
        )

    def needs_thread(self, records: memoryview) -> bool:
        """Whether checking these records takes long enough to do it in a thread, with `admit`, before the append."""
        return len(records) > THREAD_BYTES and self._rules.needs_thought(records)

    def admit(
        self, records: memoryview, *, wall_ms: int, origin: AppendOrigin = AppendOrigin.CLIENT
    ) -> Admitted:
        """The part of `append_as_leader` that needs only the records; the one method for any thread.

        Raises: as `validation.admit`.
        """
        rules = self._rules
        return Admitted(rules, *admit(records, rules, wall_ms, origin, self.producers.name))

    def append_as_follower(self, records: memoryview, wall_ms: int) -> LogAppendInfo | None:
        """Append what a leader sent, verbatim: whole batches with their offsets and epochs; a torn last one is left.

        Returns None if there was no whole batch. Raises: CORRUPT_MESSAGE (nothing is stored then); UnexpectedOffset
        if the first batch begins below the log's end, unless the log is empty and within that batch;
        KAFKA_STORAGE_ERROR (earlier batches may be stored then).
        """
        self._require_usable()
        batches = incoming_batches(records, self.producers.name)
        if not batches:
            return None
        segments = self.segments
        end = segments.end_offset
        if batches[0].base_offset < end:
            if self.size_bytes or batches[0].last_offset < end:
                raise UnexpectedOffset(
                    f"{self.tp}: the leader sent offset {batches[0].base_offset}, our log ends at {end}"
                )
            # The leader's log begins within that batch (DeleteRecords): the whole batch is stored, and the caller
            # raises our start to the leader's.
            self.truncate_fully_and_start_at(batches[0].base_offset)
        done = 0
        while done < len(batches):
            rest = batches[done:] if done else batches
            run = rest[: segments.make_room(rest, wall_ms)]
            segments.append_run(records, run)
            for batch in run:
                if batch.producer_id >= 0:
                    content = records
                    if batch.attributes & CONTROL:
                        content = records[batch.position : batch.position + batch.size]
                    apply_batch(self.producers, batch, content, segments.active)
                if batch.leader_epoch > self.epochs.latest:
                    self.epochs.assign(batch.leader_epoch, batch.base_offset)
            done += len(run)
        size = batches[-1].position + batches[-1].size
        self._unwritten_bytes += size
        if self._unwritten_bytes >= PIECE_BYTES or segments.end_offset > self._flush_at:
            self._appended_much()
        return LogAppendInfo(
            batches[0].base_offset,
            batches[-1].last_offset,
            max(batch.max_timestamp for batch in batches),
            -1,
            self.log_start_offset,
            size,
        )

    def _duplicate(self, stored: StoredBatch) -> LogAppendInfo:
        _, last_offset, delta, timestamp = stored
        append_time_ms = timestamp if self._rules.log_append_time else -1
        return LogAppendInfo(
            last_offset - delta, last_offset, timestamp, append_time_ms, self.log_start_offset, 0, True
        )

    def _appended_much(self) -> None:
        if self._unwritten_bytes >= PIECE_BYTES:
            self._unwritten_bytes = 0
            self.owner.write_back_due(self)
        if self.log_end_offset > self._flush_at:
            self.owner.flush_due(self)

    # --- rolling -----------------------------------------------------------------------------------------------

    def roll(self, wall_ms: int) -> None:
        """Seal the active segment, unless it is empty, and begin a new one. Raises: KAFKA_STORAGE_ERROR."""
        self._require_usable()
        if self.segments.active.size:
            self.segments.roll(self.log_end_offset, wall_ms)

    def _before_roll(self, base_offset: int) -> None:
        write_snapshot(self._files, self.segments.directory, base_offset, self.producers)
        self.unsynced_names.add()
        self.owner.flush_due(self)

    # --- reading -----------------------------------------------------------------------------------------------

    def read(self, offset: int, max_bytes: int, *, upper_offset: int, min_one_batch: bool = True) -> LogSlice:
        """Batches from the one that holds `offset`, of one segment, up to `upper_offset` (exclusive).

        About `max_bytes` at most, in whole batches where that costs no look; the last one may be cut short. If the
        first batch is larger: all of it with `min_one_batch`, else nothing. The caller releases the slice.
        Raises: OFFSET_OUT_OF_RANGE outside [log start, log end], KAFKA_STORAGE_ERROR.
        """
        segments = self.segments
        if offset < self.log_start_offset or offset > segments.end_offset:
            raise KafkaError(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                f"{self.tp}: offset {offset} is not in {self.log_start_offset} to {segments.end_offset}",
            )
        if self._closed is not None or segments.log_dir.failure is not None:
            self._require_usable()
        if offset >= upper_offset:
            return EMPTY_SLICE
        try:
            return segments.read(offset, max_bytes, upper_offset, min_one_batch)
        except OSError as error:
            self._fail(f"read {self.tp} at offset {offset}", error)

    def aborted_transactions(self, from_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        """Aborted transactions that overlap offsets [from_offset, upper_offset). Raises: KAFKA_STORAGE_ERROR."""
        try:
            return lookups.aborted_transactions(self.segments, from_offset, upper_offset)
        except OSError as error:
            self._fail(f"read the transaction index of {self.tp}", error)

    def offset_for_timestamp(self, timestamp: int) -> TimestampAndOffset | None:
        """The first record whose timestamp is not below `timestamp`. Raises: KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE."""
        self._require_usable()
        try:
            return lookups.first_at_or_after(self.segments, timestamp, self.log_start_offset)
        except OSError as error:
            self._fail(f"look up a timestamp in {self.tp}", error)

    def max_timestamp_offset(self) -> TimestampAndOffset | None:
        """The record with the largest timestamp. Source: KIP-734. Raises: KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE."""
        self._require_usable()
        try:
            return lookups.latest(self.segments)
        except OSError as error:
            self._fail(f"look up the largest timestamp in {self.tp}", error)

    def legacy_offsets_before(self, timestamp: int, max_offsets: int, wall_ms: int) -> list[int]:
        """For ListOffsets v0: segment starts (and the log end) modified no later than `timestamp`, latest first.

        -1 means the latest, -2 the earliest. Raises: KAFKA_STORAGE_ERROR.
        """
        self._require_usable()
        try:
            return lookups.offsets_before(
                self.segments, timestamp, max_offsets, self.log_start_offset, wall_ms
            )
        except OSError as error:
            self._fail(f"look up segments of {self.tp}", error)

    # --- offsets -----------------------------------------------------------------------------------------------

    def update_high_watermark(self, offset: int) -> int:
        """Set the high watermark, kept within [log start, log end]; returns it."""
        end = self.segments.end_offset
        if offset > end:
            offset = end
        if offset < self.log_start_offset:
            offset = self.log_start_offset
        self.high_watermark = offset
        if self.producers.has_transactions:
            self.producers.replicated_to(offset)
        return offset

    def maybe_raise_log_start_offset(self, offset: int) -> bool:
        """Make records below `offset` unreadable; whether anything changed. Segments go with the next retention pass.

        Raises: OFFSET_OUT_OF_RANGE above the high watermark, KAFKA_STORAGE_ERROR.
        """
        self._require_usable()
        if offset > self.high_watermark:
            raise KafkaError(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                f"{self.tp}: the log cannot start at {offset}, above the high watermark {self.high_watermark}",
            )
        if offset <= self.log_start_offset:
            return False
        self.log_start_offset = offset
        self.epochs.truncate_from_start(offset)
        self.owner.start_moved(self)
        return True

    # --- leader epochs -----------------------------------------------------------------------------------------

    def latest_epoch(self) -> int | None:
        """The newest leader epoch that wrote, or began to lead, this log."""
        return self.epochs.known.latest

    def maybe_assign_leader_epoch(self, epoch: int) -> bool:
        """A leader begins at the log's end; whether that was news."""
        return epoch != self.epochs.latest and self.epochs.assign(epoch, self.log_end_offset)

    def end_offset_for_epoch(self, epoch: int) -> tuple[int, int]:
        """The largest known epoch not above `epoch`, and its end offset; (-1, -1) where unknown. Source: KIP-279."""
        return self.epochs.known.end_offset_for(epoch, self.segments.end_offset)

    def epoch_for_offset(self, offset: int) -> int | None:
        """The leader epoch under which that offset was written, if it is known."""
        return self.epochs.known.epoch_for(offset)

    def _epochs_due(self) -> bool:
        return self.owner.epochs_due(self)

    # --- truncating --------------------------------------------------------------------------------------------

    def truncate_to(self, offset: int) -> bool:
        """Drop the batch that holds `offset` and everything after it; whether anything was dropped.

        The log then ends at `offset`, or earlier if that is within a batch. Slices that reach beyond become invalid.
        Nothing to drop may still mean an epoch without records, which the leader does not know: it is forgotten.
        Raises: KAFKA_STORAGE_ERROR (and the directory is offline).
        """
        self._require_usable()
        if offset >= self.log_end_offset:
            # An epoch in which this broker led and wrote nothing goes all the same: the leader may not know it.
            self.epochs.truncate_from_end(self.log_end_offset)
            return False
        if offset < self.segments.first.base_offset:
            self.truncate_fully_and_start_at(offset)
            return True
        segments = self.segments
        try:
            dropped = segments.truncate_to(offset)
            end = segments.end_offset
            self._forget_beyond(end)
            if self.producers.touched_to <= end:
                above = [at for at in snapshot_offsets(self._files, segments.directory) if at > end]
                remove_snapshots(self._files, segments.directory, above)
            else:
                rebuild_producers(
                    self._files,
                    segments.directory,
                    self.producers,
                    segments,
                    start=min(self.log_start_offset, end),
                    end=end,
                )
                self.producers.replicated_to(self.high_watermark)
        except OSError as error:
            segments.log_dir.fail(f"cannot truncate {self.tp} to {offset}: {error}")
            raise self.unusable() from error
        if dropped:
            self.owner.remove_later(self, dropped)
        self.owner.was_truncated(self)
        return True

    def counted_from(self, offset: int) -> tuple[int, int]:
        """What a truncation to `offset` would drop: how many records, and the leader epoch of the first (-1: unknown).

        Raises: KAFKA_STORAGE_ERROR (and the directory is offline).
        """
        self._require_usable()
        try:
            return lookups.counted_from(self.segments, offset)
        except OSError as error:
            self.segments.log_dir.fail(f"cannot read {self.tp} from {offset} on: {error}")
            raise self.unusable() from error

    def truncate_fully_and_start_at(self, offset: int) -> None:
        """Drop everything; the empty log then starts and ends at `offset`.

        Raises: KAFKA_STORAGE_ERROR (and the directory is offline).
        """
        self._require_usable()
        segments = self.segments
        try:
            dropped = segments.restart_at(offset, segments.active.created_ms)
            remove_snapshots(
                self._files, segments.directory, snapshot_offsets(self._files, segments.directory)
            )
        except OSError as error:
            segments.log_dir.fail(f"cannot restart {self.tp} at {offset}: {error}")
            raise self.unusable() from error
        self.producers.clear()
        self.log_start_offset = offset
        self._forget_beyond(offset)
        self.epochs.clear()
        self.high_watermark = offset
        self.owner.remove_later(self, dropped)
        self.owner.was_truncated(self)

    def _forget_beyond(self, end: int) -> None:
        """The log ends at `end` now: so do the things that know offsets."""
        self.truncations += 1
        self.unsynced_names.add()
        self.recovery_point = min(self.recovery_point, end)
        self.log_start_offset = min(self.log_start_offset, end)
        self.high_watermark = min(self.high_watermark, end)
        self._set_flush_at()
        self.epochs.truncate_from_end(end)

    # --- retention ---------------------------------------------------------------------------------------------

    def delete_old_segments(self, wall_ms: int) -> int:
        """Drop segments that retention no longer keeps, never beyond the high watermark; returns how many.

        Raises: KAFKA_STORAGE_ERROR.
        """
        self._require_usable()
        segments = self.segments
        try:
            doomed = retention.deletable(
                segments, self.config, self.log_start_offset, self.high_watermark, wall_ms
            )
            if not doomed:
                return 0
            if doomed[-1] is segments.active:
                segments.roll(self.log_end_offset, wall_ms)
            for segment in doomed:
                segments.remove_first()
                segment.rename_to_deleted()
            remove_snapshots(
                self._files,
                segments.directory,
                [segment.base_offset for segment in doomed],
            )
        except OSError as error:
            self._fail(f"delete old segments of {self.tp}", error)
        self.unsynced_names.add()
        start = segments.first.base_offset
        if start > self.log_start_offset:
            self.maybe_raise_log_start_offset(start)
        log.info(
            "%s: %d old segments deleted, the log starts at %d", self.tp, len(doomed), self.log_start_offset
        )
        self.owner.remove_later(self, doomed)
        return len(doomed)

    def replace_segments(self, bases: Sequence[int], size: int, wall_ms: int) -> bool:
        """Put a compacted segment, whose files wait as .cleaned, into the place of those that begin at `bases`.

        Returns False, having done nothing, if the log lost one of them meanwhile. Slices of them stay valid.
        Raises: KAFKA_STORAGE_ERROR (and the directory is offline).
        """
        self._require_usable()
        segments = self.segments
        old = segments.neighbours(bases)
        if old is None:
            return False
        try:
            segments.swap_in(old, size, wall_ms)
            remove_snapshots(self._files, segments.directory, bases[1:])
        except OSError as error:
            segments.log_dir.fail(f"cannot replace segments of {self.tp} by their compaction: {error}")
            raise self.unusable() from error
        self.unsynced_names.add()
        self.owner.remove_later(self, old)
        return True

    def remove_expired_producers(self, wall_ms: int, expiration_ms: int) -> int:
        """Forget producers that were silent that long; returns how many."""
        return self.producers.remove_expired(wall_ms, expiration_ms)

    def take_over(self, other: Log) -> None:
        """Know what the log that this one is a copy of knows beyond its batches. They have the same end."""
        assert self.log_end_offset == other.log_end_offset
        self.producers = other.producers
        self.log_start_offset = max(self.log_start_offset, other.log_start_offset)
        self.high_watermark = other.high_watermark
        self.unsynced_names.add()
        self.epochs.replace(other.epochs.known)

    # --- life --------------------------------------------------------------------------------------------------

    def flushed_to(self, offset: int, wall_ms: int) -> None:
        """Everything below `offset` is on disk."""
        self.recovery_point = max(self.recovery_point, min(offset, self.log_end_offset))
        self.last_flush_ms = wall_ms
        self._set_flush_at()

    def _set_flush_at(self) -> None:
        self._flush_at = self.recovery_point + self.config.flush_messages - 1

    def close(self, reason: str = "the log is closed") -> None:
        """Refuse all further calls and give up the descriptors; slices keep theirs. Idempotent."""
        if self._closed is None:
            self._closed = reason
        self.segments.close()

    @property
    def _files(self) -> Files:
        return self.segments.storage.files

    def _require_usable(self) -> None:
        """Raises: KAFKA_STORAGE_ERROR if the log is closed or its directory offline."""
        if self._closed is not None or self.segments.log_dir.failure is not None:
            raise self.unusable()

    def unusable(self) -> KafkaError:
        """The KAFKA_STORAGE_ERROR that says why the log takes no calls."""
        directory = self.segments.log_dir
        why = self._closed or f"the log directory {directory.path} is offline: {directory.failure}"
        return KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.tp}: {why}")

    def _fail(self, doing: str, error: OSError) -> NoReturn:
        raise self.segments.log_dir.failed(doing, error) from error
