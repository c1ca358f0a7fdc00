"""Moving replicas from one log directory of this broker to another, while they go on being led or followed.

A task copies the log, batch by batch, until the copy has all but the end; the rest is copied, and the copy takes over,
in one sync step. What the log loses meanwhile, by truncation or deletion, the copy loses before it goes on. A kill
leaves the copy where it was; the next start goes on with it.
Source: ReplicaAlterLogDirsThread of Kafka 3.9; KIP-113.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.quotas.replication import ReplicationQuota
from zkbroker.storage import names
from zkbroker.storage.flushing import sync_now
from zkbroker.storage.log import Log, UnexpectedOffset
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.log_manager import LogManager

log = logging.getLogger(__name__)

CHUNK_BYTES: Final = 256 * 1024  # read in a thread, appended in one sync step
TAIL_BYTES: Final = 256 * 1024  # so much at most is copied in the step that lets the copy take over
SYNC_BYTES: Final = 64 * 1024 * 1024  # copied between two syncs, so that the disk sets the pace
MOST_PREPARATIONS: Final = 5
"""A log that is synced all the time (flush.messages) is always ahead: its copy's end is synced in the last step."""
FOLLOW_S: Final = 0.05  # between two looks at what was appended while the copy is brought to disk
LONGEST_REST_S: Final = 1.0  # before a move asks whether it may go on: its quota may be raised meanwhile


@attrs.define(eq=False)
class _Preparing:
    """Whether a copy was brought to disk since it had nearly everything."""

    times: int = 0
    is_under_way: bool = False
    done: Changed = attrs.field(factory=Changed)


@attrs.frozen
class MoveStatistics:
    """The moves of a broker at a glance."""

    under_way: int
    finished: int
    copied_bytes: int


@attrs.define(eq=False)
class LogMoves:
    """Lifetime: `run`, in the broker's background nursery. The copies themselves belong to `LogManager.futures`."""

    logs: LogManager
    quota: ReplicationQuota  # replica.alter.log.dirs.io.max.bytes.per.second
    now_ms: Callable[[], int]
    threads: Callable[[], int]  # how many are copied at a time
    moved: Callable[[Log, Log], None]  # (was, is): called in the step in which a copy takes over
    wall_ms: Callable[[], int]
    _nursery: trio.Nursery | None = None
    _tasks: dict[TopicPartition, trio.CancelScope] = attrs.field(factory=dict)
    _slots: trio.CapacityLimiter = attrs.field(init=False)
    _finished: int = 0
    _copied_bytes: int = 0

    def __attrs_post_init__(self) -> None:
        self._slots = trio.CapacityLimiter(max(1, self.threads()))

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on with the moves that a former run began, and with those to come, until cancelled."""
        async with trio.open_nursery() as self._nursery:
            for tp in self.logs.futures.logs:
                self._start(tp)
            task_status.started()
            await trio.sleep_forever()

    def statistics(self) -> MoveStatistics:
        return MoveStatistics(len(self.logs.futures.logs), self._finished, self._copied_bytes)

    # --- what administrators ask for ---------------------------------------------------------------------------

    def begin(self, tp: TopicPartition, path: str, *, is_hosted: bool) -> None:
        """Move a replica to that log directory. One that moves elsewhere turns round; one that is there stays.

        Raises: INVALID_TOPIC_EXCEPTION (its name leaves no room for a copy's), LOG_DIR_NOT_FOUND,
        KAFKA_STORAGE_ERROR, REPLICA_NOT_AVAILABLE for one that is not here; it will be made there, if it comes.
        """
        if len(names.directory_name(tp)) + len(".-future") + 32 > names.MAX_NAME_LENGTH:
            raise KafkaError(
                ErrorCode.INVALID_TOPIC_EXCEPTION, f"{tp}: the topic's name is too long for a copy of its log"
            )
        log_dir = self._online(path)
        futures, current = self.logs.futures, self.logs.get(tp)
        copy = futures.logs.get(tp)
        if copy is not None and copy.segments.log_dir is not log_dir:
            self.stop(tp)
            futures.drop(tp, f"its replica is to move to {log_dir.path}")
            copy = None
        if current is None or not is_hosted:
            if current is None:
                futures.wanted[tp] = log_dir
            raise KafkaError(ErrorCode.REPLICA_NOT_AVAILABLE, f"{tp} is not on this broker (yet)")
        if current.segments.log_dir is log_dir:
            return
        if copy is None:
            if self.logs.offline_dirs:
                raise KafkaError(
                    ErrorCode.KAFKA_STORAGE_ERROR,
                    f"{tp}: there may be a copy of it in an offline log directory; that has to be settled first",
                )
            futures.create(tp, log_dir, self.logs)
            log.info("%s moves from %s to %s", tp, current.segments.log_dir.path, log_dir.path)
        if tp not in self._tasks:
            self._start(tp)

    def _online(self, path: str) -> LogDirectory:
        log_dir = self.logs.directory(path)
        if log_dir is None:
            raise KafkaError(ErrorCode.LOG_DIR_NOT_FOUND, f"{path} is no log directory of this broker")
        if log_dir.failure is not None:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{path} is offline: {log_dir.failure}")
        return log_dir

    def stop(self, tp: TopicPartition) -> None:
        """End the task of a move; its copy is somebody else's business."""
        scope = self._tasks.pop(tp, None)
        if scope is not None:
            scope.cancel()

    def _start(self, tp: TopicPartition) -> None:
        self.stop(tp)
        if self._nursery is not None:  # else `run` will
            scope = self._tasks[tp] = trio.CancelScope()
            self._nursery.start_soon(self._move, tp, self.logs.futures.logs[tp], scope)

    # --- the work ----------------------------------------------------------------------------------------------

    async def _move(self, tp: TopicPartition, copy: Log, scope: trio.CancelScope) -> None:
        try:
            with scope:
                async with self._slots:
                    self._part_at_divergence(copy)
                    await self._copy(copy)
        except* (KafkaError, UnexpectedOffset, OSError) as errors:
            if self.logs.futures.logs.get(tp) is copy:
                why = errors.exceptions[0]
                log.warning("%s: its move has stopped until it is asked for again: %s", tp, why)
        finally:
            if self._tasks.get(tp) is scope:
                del self._tasks[tp]

    def _original(self, copy: Log) -> Log | None:
        """The log it is a copy of; None if the move is over."""
        return self.logs.get(copy.tp) if self.logs.futures.logs.get(copy.tp) is copy else None

    async def _copy(self, copy: Log) -> None:
        """Copy until the copy has taken over, or the move is over. Raises: KafkaError, UnexpectedOffset, OSError."""
        preparing = _Preparing()
        unsynced = 0
        async with trio.open_nursery() as nursery:
            while (current := self._original(copy)) is not None:
                self._follow_losses(copy, current)
                if self._is_near(copy, current):
                    if not preparing.is_under_way:
                        if preparing.times and self._may_take_over(copy, current, preparing.times):
                            return await self._take_over(copy, current)
                        preparing.is_under_way = True
                        nursery.start_soon(self._prepare, copy, current, preparing)
                    with trio.move_on_after(FOLLOW_S):  # and stay near meanwhile
                        await preparing.done.wait()
                elif rest_ms := self.quota.rest_ms(self.now_ms()):
                    await trio.sleep(min(rest_ms / 1000, LONGEST_REST_S))
                else:
                    taken = await self._copy_chunk(copy, current)
                    self.quota.charge(taken, self.now_ms())
                    unsynced += taken
                    if unsynced >= SYNC_BYTES:
                        unsynced = 0
                        await self.logs.flush(copy)
            nursery.cancel_scope.cancel()

    async def _prepare(self, copy: Log, current: Log, preparing: _Preparing) -> None:
        """Bring the copy to disk, for the time when it takes over. Raises: KAFKA_STORAGE_ERROR."""
        await self.logs.futures.prepare(copy, current)
        preparing.is_under_way = False
        preparing.times += 1
        preparing.done.notify()

    @staticmethod
    def _may_take_over(copy: Log, current: Log, times_prepared: int) -> bool:
        """Whether what is on disk of the log is so of the copy, or a little that can be brought there at once."""
        if copy.recovery_point >= current.recovery_point:
            return True
        sealed = copy.segments[:-1]
        return times_prepared >= MOST_PREPARATIONS and not any(segment.needs_sync for segment in sealed)

    @staticmethod
    def _is_near(copy: Log, current: Log) -> bool:
        """Whether what is missing can be copied at once; the page cache has it, for it is the newest."""
        end = copy.log_end_offset
        if end >= current.log_end_offset:
            return True
        active = current.segments.active
        if end < active.base_offset:
            return False
        with current.read(end, TAIL_BYTES, upper_offset=current.log_end_offset) as rest:
            # Its bytes tell, not its `next_offset`, which is the segment's end where nobody looked.
            return len(rest) <= TAIL_BYTES and rest.position + len(rest) == active.size

    async def _copy_chunk(self, copy: Log, current: Log) -> int:
        """Copy some batches; returns their bytes, 0 if the log was cut meanwhile. Raises: KafkaError, OSError."""
        end, cuts, source = copy.log_end_offset, current.truncations, current.segments.log_dir
        records, problem = b"", None
        most_bytes = min(CHUNK_BYTES, self.quota.most_at_once())
        with current.read(end, most_bytes, upper_offset=current.log_end_offset) as found:
            try:
                records = await self.logs.read_in_thread(source, found.read)
            except OSError as error:
                problem = error
        if self._original(copy) is not current or current.truncations != cuts or copy.log_end_offset != end:
            return 0
        if problem is not None:
            raise source.failed(f"copy {current.tp} from offset {end}", problem) from problem
        return self._append(copy, records)

    def _append(self, copy: Log, records: bytes) -> int:
        appended = copy.append_as_follower(memoryview(records), self.wall_ms())
        size = 0 if appended is None else appended.size_bytes
        self._copied_bytes += size
        return size

    async def _take_over(self, copy: Log, current: Log) -> None:
        """Copy the end and let the copy be the log, in one sync step; then tidy up. Raises: KafkaError, OSError."""
        tp = copy.tp
        while copy.log_end_offset < current.log_end_offset:
            with current.read(copy.log_end_offset, TAIL_BYTES, upper_offset=current.log_end_offset) as found:
                if not self._append(copy, found.read()):
                    raise UnexpectedOffset(f"{tp}: nothing can be read at offset {copy.log_end_offset}")
        if copy.recovery_point < current.recovery_point:
            sync_now(copy, self.wall_ms())
        was, now = self.logs.futures.take_over(tp)
        self.moved(was, now)
        self._tasks.pop(tp, None)  # a move that begins now must not stop the tidying up
        given_up = self.logs.futures.give_up(was)
        # No await since the copy's end was the log's.
        self._finished += 1
        log.info("%s has moved from %s to %s", tp, was.segments.log_dir.path, now.segments.log_dir.path)
        if given_up:
            await self.logs.futures.finish(was, now, self.logs.save_first_dirty)

    # --- following the log backwards ---------------------------------------------------------------------------

    def _follow_losses(self, copy: Log, current: Log) -> None:
        """Lose what the log has lost. Raises: KAFKA_STORAGE_ERROR."""
        cut = self.logs.futures.cuts.pop(copy.tp, None)
        if cut is not None:
            copy.truncate_to(cut)
        if copy.log_end_offset > current.log_end_offset:
            copy.truncate_to(current.log_end_offset)
        if copy.log_end_offset < current.log_start_offset:
            copy.truncate_fully_and_start_at(current.log_start_offset)
        copy.update_high_watermark(current.high_watermark)
        if copy.log_start_offset < current.log_start_offset <= copy.high_watermark:
            copy.maybe_raise_log_start_offset(current.log_start_offset)

    def _part_at_divergence(self, copy: Log) -> None:
        """Drop what a copy of a former run has and its log has not, by their leader epochs. Source: KIP-101.

        Raises: KAFKA_STORAGE_ERROR.
        """
        current = self._original(copy)
        while current is not None and copy.size_bytes:
            latest = copy.latest_epoch()
            epoch, end = current.end_offset_for_epoch(-1 if latest is None else latest)
            own_epoch, own_end = copy.end_offset_for_epoch(epoch)
            target = min(end, own_end) if own_epoch == epoch else own_end
            if target >= copy.log_end_offset:
                return
            if end < 0 or target <= copy.log_start_offset:
                copy.truncate_fully_and_start_at(current.log_start_offset)
                return
            copy.truncate_to(target)
