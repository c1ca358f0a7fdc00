"""Compacts the logs whose topics ask for it: picks the dirtiest, has it compacted elsewhere, swaps the result in.

Owner: the LogManager. Every change of a log is one sync step of its own (`Log.replace_segments`); a log that changed
in another way meanwhile makes the rest of the work void. Source: LogCleaner, LogCleanerManager of Kafka 3.9.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.errors import KafkaError
from zkbroker.fairness import Slices
from zkbroker.model import TopicPartition
from zkbroker.storage.cleaning_process import (
    CleaningProcess,
    CleaningProcessDied,
    Failed,
    open_cleaning_process,
)
from zkbroker.storage.compaction import (
    CompactionDone,
    CompactionJob,
    least_memory,
    remove_leftovers,
)
from zkbroker.storage.log import Log

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig

log = logging.getLogger(__name__)

_ALWAYS: Final = 2**63 - 1
_MB: Final = 1 << 20
_NOTHING_DONE: Final = CompactionDone(0, 0, 0, 0, 0, 0, 0, 0.0)


@attrs.frozen
class Cleanable:
    """A log, and the part of it that could be compacted now."""

    log: Log
    first_dirty_offset: int
    end_offset: int  # exclusive; the start of a segment
    dirty_bytes: int
    dirty_ratio: float  # of what is compacted or could be
    is_overdue: bool  # max.compaction.lag.ms has passed

    @property
    def is_due(self) -> bool:
        if self.is_overdue and self.dirty_bytes:
            return True
        return self.dirty_ratio > self.log.config.min_cleanable_dirty_ratio


@attrs.frozen
class CleanerStatistics:
    """Compaction at a glance; the sums are since the broker started."""

    cleaning: int  # logs that are being compacted now
    compactions: int
    uncleanable: int  # logs that compaction gave up
    bytes_read: int
    bytes_written: int
    records_read: int
    records_kept: int
    seconds: float  # spent compacting
    max_dirty_ratio: float  # of the dirtiest log, when last looked at


def cleanable_part(this: Log, last_clean_offset: int | None, wall_ms: int) -> Cleanable | None:
    """What could be compacted of a log, None if it is empty. Raises: OSError.

    Not the active segment, nothing at or beyond the last stable offset, nothing younger than min.compaction.lag.ms.
    """
    segments, config = this.segments, this.config
    first_dirty = this.log_start_offset
    if last_clean_offset is not None and first_dirty <= last_clean_offset <= this.log_end_offset:
        first_dirty = last_clean_offset
    sealed = list(segments)[:-1]
    dirty = sealed[max(segments.index_of(first_dirty), 0) :]
    uncleanable = min(this.last_stable_offset, segments.active.base_offset)
    if config.min_compaction_lag_ms > 0:
        youngest = wall_ms - config.min_compaction_lag_ms
        for segment in dirty:
            if segment.largest_timestamp_ms > youngest:
                uncleanable = min(uncleanable, segment.base_offset)
                break
    end = segments.holding(max(first_dirty, uncleanable)).base_offset
    start = min(first_dirty, end)
    first = segments.holding(start).base_offset
    dirty_bytes = sum(each.size for each in sealed if first <= each.base_offset < end)
    clean_bytes = sum(each.size for each in segments if each.base_offset < first_dirty)
    if not clean_bytes + dirty_bytes:
        return None
    return Cleanable(
        this,
        first_dirty,
        end,
        dirty_bytes,
        dirty_bytes / (clean_bytes + dirty_bytes),
        _is_overdue(this, first_dirty, wall_ms),
    )


def _is_overdue(this: Log, first_dirty: int, wall_ms: int) -> bool:
    longest = this.config.max_compaction_lag_ms
    if longest >= _ALWAYS:
        return False
    for segment in list(this.segments)[max(this.segments.index_of(first_dirty), 0) : -1]:
        first = segment.first_timestamp
        if first is None:
            first = segment.load_first_timestamp()
        if 0 < first < wall_ms - longest:
            return True
    return False


def plan_compaction(found: Cleanable, memory_bytes: int, wall_ms: int) -> CompactionJob:
    """The job that compacts that part, with the log as it is now. Raises: KAFKA_STORAGE_ERROR."""
    this, config = found.log, found.log.config
    segments = this.segments
    return CompactionJob(
        segments.directory,
        tuple((each.base_offset, each.size) for each in segments if each.base_offset < found.end_offset),
        found.first_dirty_offset,
        found.end_offset,
        tuple(this.aborted_transactions(segments.first.base_offset, found.end_offset)),
        {
            producer_id: (entry.last_offset, entry.epoch)
            for producer_id, entry in this.producers.entries.items()
            if entry.last_offset < found.end_offset
        },
        wall_ms,
        memory_bytes,
        config.segment_bytes,
        config.segment_index_bytes,
        config.index_interval_bytes,
        config.delete_retention_ms,
    )


@attrs.define(eq=False)
class LogCleaner:
    """Lifetime: `run`. `abort`, `forget`, `pause` and the like are sync and may be called at any time."""

    config: Callable[[], BrokerConfig]
    logs: Mapping[TopicPartition, Log]
    wall_ms: Callable[[], int]
    flush: Callable[[Log], Awaitable[None]]  # until everything the log has now is on disk
    sync_names: Callable[[Log], Awaitable[None]]  # of the log's files
    save: Callable[[Log], Awaitable[None]]  # the first dirty offsets of its log directory
    open_process: Callable[[], AbstractAsyncContextManager[CleaningProcess]] = open_cleaning_process
    first_dirty: dict[TopicPartition, int] = attrs.field(factory=dict)
    config_changed: Changed = attrs.field(factory=Changed)
    cleaned: Changed = attrs.field(factory=Changed)  # a compaction has ended, well or not
    _cleaning: dict[Log, trio.CancelScope] = attrs.field(factory=dict)
    _paused: set[TopicPartition] = attrs.field(factory=set)
    _uncleanable: dict[Log, str] = attrs.field(factory=dict)
    _tasks: set[int] = attrs.field(factory=set)
    _total: CompactionDone = _NOTHING_DONE
    _compactions: int = 0
    _max_dirty_ratio: float = 0.0

    def statistics(self) -> CleanerStatistics:
        total = self._total
        return CleanerStatistics(
            len(self._cleaning),
            self._compactions,
            len(self._uncleanable),
            total.bytes_read + total.bytes_indexed,
            total.bytes_written,
            total.records_read,
            total.records_kept,
            total.seconds,
            self._max_dirty_ratio,
        )

    # --- what the log manager says -----------------------------------------------------------------------------

    def is_cleaning(self, this: Log) -> bool:
        """Whether its segments are being compacted: retention leaves them alone meanwhile."""
        return this in self._cleaning

    def abort(self, this: Log) -> None:
        """Nothing of a compaction that is under way takes effect any more."""
        scope = self._cleaning.get(this)
        if scope is not None:
            scope.cancel()

    def forget(self, this: Log) -> None:
        """The log is gone."""
        self.abort(this)
        self._uncleanable.pop(this, None)
        self.first_dirty.pop(this.tp, None)
        self._paused.discard(this.tp)

    def moved(self, this: Log) -> None:
        """Another log has taken its place, with the same records."""
        self.abort(this)
        self._uncleanable.pop(this, None)
        self._paused.discard(this.tp)

    def truncated(self, this: Log) -> None:
        """What was compacted beyond the log's end is so no longer."""
        self.abort(this)
        known = self.first_dirty.get(this.tp)
        if known is not None and known > this.log_end_offset:
            self.first_dirty[this.tp] = this.log_end_offset

    def pause(self, this: Log) -> None:
        """Do not compact it, until `resume`: it is being copied to another directory."""
        self.abort(this)
        self._paused.add(this.tp)

    def resume(self, tp: TopicPartition) -> None:
        self._paused.discard(tp)

    # --- choosing ----------------------------------------------------------------------------------------------

    def _may_clean(self, this: Log) -> bool:
        return (
            this.config.is_compacted
            and this not in self._cleaning
            and this not in self._uncleanable
            and this.tp not in self._paused
            and not this.is_closed
            and this.segments.log_dir.failure is None
        )

    def _cleanable(self, this: Log) -> Cleanable | None:
        """What could be compacted of it now, if anything."""
        try:
            return cleanable_part(this, self.first_dirty.get(this.tp), self.wall_ms())
        except OSError as error:
            this.segments.log_dir.failed(f"look for what can be compacted of {this.tp}", error)
            return None

    async def _filthiest(self) -> Log | None:
        """The log that is most worth compacting, of those that are due. Others run meanwhile: there may be thousands.

        So it may have changed, or be in work already, when this returns.
        """
        slices = Slices()
        best: Cleanable | None = None
        highest = 0.0
        for this in list(self.logs.values()):
            await slices.pause()
            found = self._cleanable(this) if self._may_clean(this) else None
            if found is not None:
                highest = max(highest, found.dirty_ratio)
                if found.is_due and (best is None or found.dirty_ratio > best.dirty_ratio):
                    best = found
        self._max_dirty_ratio = highest
        return None if best is None else best.log

    # --- working -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Compact what is due, log.cleaner.threads logs at a time, until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                for number in range(self._wanted_tasks()):
                    if number not in self._tasks:
                        self._tasks.add(number)
                        nursery.start_soon(self._work, number)
                await self.config_changed.wait()

    def _wanted_tasks(self) -> int:
        config = self.config()
        return config.log_cleaner_threads if config.log_cleaner_enable else 0

    async def _work(self, number: int) -> None:
        try:
            while number < self._wanted_tasks():
                dirty = await self._filthiest()
                if dirty is not None:
                    try:
                        await self._clean_while_due(dirty, number)
                    except* (CleaningProcessDied, OSError) as errors:
                        error = errors.exceptions[0]
                        log.warning("compaction has stopped and begins again later: %s", error)
                with trio.move_on_after(self.config().log_cleaner_backoff_ms / 1000):
                    await self.config_changed.wait()
        finally:
            self._tasks.discard(number)

    async def _clean_while_due(self, dirty: Log | None, number: int) -> None:
        """Compact one log after the other, until none is due or one cannot be.

        Raises: CleaningProcessDied, OSError, in groups.
        """
        async with self.open_process() as process, trio.open_nursery() as nursery:
            await nursery.start(self._keep_limit, process)
            while dirty is not None and number < self._wanted_tasks() and await self._clean(dirty, process):
                dirty = await self._filthiest()
            nursery.cancel_scope.cancel()

    async def _keep_limit(
        self, process: CleaningProcess, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Hand on log.cleaner.io.max.bytes.per.second, now and when it changes."""
        while True:
            config = self.config()
            await process.limit(
                config.log_cleaner_io_max_bytes_per_second / max(config.log_cleaner_threads, 1)
            )
            task_status.started()
            task_status = trio.TASK_STATUS_IGNORED
            await self.config_changed.wait()

    async def _clean(self, this: Log, process: CleaningProcess) -> bool:
        """Compact one log, if it is still due; whether nothing went wrong. Raises: CleaningProcessDied."""
        found = self._cleanable(this) if self._may_clean(this) else None
        if found is None or not found.is_due:
            return True
        scope = self._cleaning[this] = trio.CancelScope()
        is_done = False
        try:
            config = self.config()
            memory = least_memory(config.log_cleaner_threads, config.log_cleaner_dedupe_buffer_size)
            with scope:
                if this.recovery_point < found.end_offset:
                    # A power loss must not take a key's later record after its earlier one was compacted away.
                    await self.flush(this)
                job = plan_compaction(found, memory, self.wall_ms())
                done = await self._swap_all(this, process, job, scope)
                if done is not None:
                    await self.sync_names(this)
                    if not scope.cancel_called:
                        self.first_dirty[this.tp] = min(done.next_dirty_offset, this.log_end_offset)
                        await self.save(this)
                        self._note(this, job, done)
                        is_done = True
        except KafkaError as error:
            log.warning("compaction of %s: %s", this.tp, error)
        finally:
            del self._cleaning[this]
            self.cleaned.notify()
        if not is_done:
            log.info("%s: the compaction was given up", this.tp)
            await self._remove_leftovers(this)
        return is_done

    async def _swap_all(
        self, this: Log, process: CleaningProcess, job: CompactionJob, scope: trio.CancelScope
    ) -> CompactionDone | None:
        """Swap in what the process makes; None if that ended early. Raises: CleaningProcessDied, KafkaError."""
        async for answer in process.compact(job):
            if scope.cancel_called or not this.config.is_compacted:
                return None
            if isinstance(answer, CompactionDone):
                return answer
            if isinstance(answer, Failed):
                self._failed(this, answer)
                return None
            if not this.replace_segments(answer.sources, answer.size, self.wall_ms()):
                return None
        return None

    def _failed(self, this: Log, failure: Failed) -> None:
        if failure.error is None:
            self._uncleanable[this] = failure.reason
            log.error("%s cannot be compacted and stays as it is: %s", this.tp, failure.reason)
        elif not isinstance(failure.error, FileNotFoundError):  # else a segment was deleted meanwhile
            this.segments.log_dir.failed(f"compact {this.tp}", failure.error)

    async def _remove_leftovers(self, this: Log) -> None:
        if this.is_closed or this.segments.log_dir.failure is not None:
            return
        files, directory = this.segments.storage.files, this.segments.directory
        try:
            await trio.to_thread.run_sync(remove_leftovers, files, directory)
        except OSError as error:
            log.warning("what is left of a compaction in %s cannot be removed: %s", directory, error)

    def _note(self, this: Log, job: CompactionJob, done: CompactionDone) -> None:
        total = self._total
        self._compactions += 1
        self._total = CompactionDone(
            0,
            0,
            total.records_read + done.records_read,
            total.records_kept + done.records_kept,
            total.bytes_read + done.bytes_read,
            total.bytes_indexed + done.bytes_indexed,
            total.bytes_written + done.bytes_written,
            total.seconds + done.seconds,
        )
        log.info(
            "%s: compacted offsets %d to %d in %.1f s: %.1f MB read, %d keys, %d of %d records kept, %.1f MB written",
            this.tp,
            job.first_dirty_offset,
            done.next_dirty_offset,
            done.seconds,
            (done.bytes_read + done.bytes_indexed) / _MB,
            done.keys,
            done.records_kept,
            done.records_read,
            done.bytes_written / _MB,
        )
