"""The slow work for one log directory: syncs, write-back, checkpoints, removals; in threads of its own.

A directory that hangs thus stalls no other. Owner: the LogManager.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.model import TopicPartition
from zkbroker.storage import names
from zkbroker.storage.checkpoints import OffsetsFile
from zkbroker.storage.files import PIECE_BYTES, Files, remove_tree, replace_file, sync_directory
from zkbroker.storage.flushing import Flush, prepare_clean_stop, prepare_flush
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.segment import Segment
from zkbroker.storage.write_back import WaitingPieces

log = logging.getLogger(__name__)

T = TypeVar("T")

HUNG_S = 30.0
"""After so long without an end of a file call, the directory is given up: its replicas go offline."""
_FLUSHES: Final = 4  # logs that are synced at a time: a journal commits once for all of them
_THREADS: Final = _FLUSHES + 2
_READERS: Final = 16
_STOP_BATCH: Final = 32  # logs one thread syncs before it reports
_EPOCHS_BATCH: Final = 100  # logs whose leader epochs one thread writes


@attrs.frozen
class Removal:
    """Renamed segments or a renamed directory that wait for file.delete.delay.ms."""

    due_ms: int  # wall clock
    segments: tuple[Segment, ...] = ()
    directory: str | None = None


@attrs.define(eq=False)
class _Job:
    """Work in a thread, and when it last got on; waiting for a thread does not count."""

    _since: float | None = None

    def got_on(self) -> None:
        """It begins, or one of its calls has ended. For any thread."""
        self._since = time.monotonic()

    def stands_still_s(self) -> float:
        return 0.0 if self._since is None else time.monotonic() - self._since


@attrs.define(eq=False)
class DirectoryUpkeep:
    """Sync methods note what is due; `run` does it. Nothing here changes a log but its recovery point."""

    log_dir: LogDirectory
    logs: Callable[[], Iterable[Log]]  # those in this directory
    wall_ms: Callable[[], int]
    write_backs: WaitingPieces
    _threads: trio.CapacityLimiter = attrs.field(factory=lambda: trio.CapacityLimiter(_THREADS))
    _readers: trio.CapacityLimiter = attrs.field(factory=lambda: trio.CapacityLimiter(_READERS))
    _flushes: dict[Log, bool] = attrs.field(factory=dict)  # whether the active segment too
    _flushing: set[Log] = attrs.field(factory=set)  # in the hands of a thread
    _removals: list[Removal] = attrs.field(factory=list)
    _checkpoint_due: bool = False
    _epochs: dict[Log, None] = attrs.field(factory=dict)  # whose leader-epoch-checkpoint is to be written
    _epochs_work: Changed = attrs.field(factory=Changed)
    _writing_epochs: trio.Lock = attrs.field(factory=trio.Lock)  # a file has one writer at a time
    _jobs: dict[trio.CancelScope, _Job] = attrs.field(
        factory=dict
    )  # under way in threads, or waiting for one
    _runs: bool = False
    _work: Changed = attrs.field(factory=Changed)
    _write_back_work: Changed = attrs.field(factory=Changed)
    _flushed: Changed = attrs.field(factory=Changed)
    _writing_checkpoints: trio.Lock = attrs.field(factory=trio.Lock)
    _checkpoints: dict[str, OffsetsFile] = attrs.field(factory=dict)

    @property
    def waiting_removals(self) -> int:
        return len(self._removals)

    def flush_soon(self, log: Log, *, everything: bool) -> None:
        """Flush its sealed segments, with `everything` all of it."""
        self._flushes[log] = everything or self._flushes.get(log, False)
        self._work.notify()

    def write_back_soon(self, log: Log) -> None:
        """Another piece was appended: ask the kernel to write it before long."""
        self.write_backs.add(log, trio.current_time())
        self._write_back_work.notify()

    def write_epochs_soon(self, log: Log) -> bool:
        """Write its leader epochs in a thread, for making a file takes longer than all else a new leader does.

        False if nobody would do it. A kill before that costs nothing: recovery finds the epochs in the batches.
        """
        if self._runs:
            self._epochs[log] = None
            self._epochs_work.notify()
        return self._runs

    def checkpoint_soon(self) -> None:
        """Recovery points and log starts on disk must not lie beyond what the logs have."""
        self._checkpoint_due = True
        self._work.notify()

    def remove(self, removal: Removal) -> None:
        self._removals.append(removal)

    def remove_directory(self, due_ms: int, directory: str) -> None:
        """Remove a renamed directory when its time has come (wall clock)."""
        self.remove(Removal(due_ms, directory=directory))

    def forget(self, log: Log) -> None:
        """The log is deleted."""
        self._flushes.pop(log, None)
        self.write_backs.forget(log)
        self._epochs.pop(log, None)
        self._flushed.notify()

    def directory_failed(self) -> None:
        """Nothing more will be done here: whoever waits hears of it, and calls that hang are left to themselves."""
        for scope in self._jobs:
            scope.cancel()
        self._work.notify()
        self._flushed.notify()

    async def run(self) -> None:
        """Until cancelled; ends by itself when the directory goes offline."""
        self._runs = True
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_writing_back)
                nursery.start_soon(self._keep_writing_epochs)
                nursery.start_soon(self._watch_jobs)
                for _ in range(_FLUSHES):
                    nursery.start_soon(self._keep_flushing)
                while self.log_dir.is_online:
                    if self._checkpoint_due:
                        await self.checkpoint()
                    else:
                        await self._work.wait()
                nursery.cancel_scope.cancel()
        finally:
            self._runs = False

    async def _keep_flushing(self) -> None:
        """One of a few who do: a log is only in the hands of one of them at a time."""
        while True:
            wanted = next((log for log in self._flushes if log not in self._flushing), None)
            if wanted is None:
                await self._work.wait()
                continue
            everything = self._flushes.pop(wanted)
            self._flushing.add(wanted)
            try:
                await self._flush(wanted, everything)
            finally:
                self._flushing.discard(wanted)

    async def flush(self, flushing: Log) -> None:
        """Bring everything the log has now to disk. Raises: KAFKA_STORAGE_ERROR."""
        wanted = flushing.log_end_offset
        while flushing.recovery_point < min(wanted, flushing.log_end_offset):
            if self.log_dir.failure is not None or flushing.is_closed:
                raise flushing.unusable()
            self.flush_soon(flushing, everything=True)
            await self._flushed.wait()

    async def _flush(self, flushing: Log, everything: bool) -> None:
        flush = None
        try:
            async with self._writing_epochs:
                flush = prepare_flush(flushing, everything=everything)
            if flush is not None:
                await self._run_flush(flush)
                flush.done(self.wall_ms())
        except OSError as error:
            if flush is None or not (flushing.is_closed or flush.has_moved):
                self.log_dir.fail(f"cannot sync {flushing.tp}: {error}")
        if flush is not None and flush.has_moved and not flushing.is_closed:
            self.flush_soon(flushing, everything=everything)
        self._flushed.notify()

    async def _keep_writing_epochs(self) -> None:
        while True:
            while self._epochs:
                async with self._writing_epochs:
                    batch = list(islice(self._epochs, _EPOCHS_BATCH))
                    contents = [log.epochs.file() for log in batch if not log.is_closed]
                    for written in batch:
                        self._epochs.pop(written, None)
                    write = partial(_replace_all, self.log_dir.files, contents)
                    try:
                        failed = await self.in_thread(write)
                    except OSError:
                        return  # the directory was given up
                if failed is not None:
                    self.log_dir.failed(f"write {failed[0]}", failed[1])
            await self._epochs_work.wait()

    async def _keep_writing_back(self) -> None:
        while True:
            while (due_in_s := self.write_backs.due_in_s(trio.current_time())) <= 0:
                await self._write_back(self.write_backs.take())
            with trio.move_on_after(due_in_s):
                await self._write_back_work.wait()

    async def _write_back(self, writing: Log) -> None:
        """The next piece. Nothing of a segment that was sealed meanwhile: it is synced."""
        segment = writing.segments.active
        start = segment.written_back
        end = min(start + PIECE_BYTES, segment.size)
        if writing.is_closed or start >= end:
            return
        try:
            file = segment.file()
            file.acquire()
            try:
                files = self.log_dir.files
                await self.in_thread(lambda: files.start_write_back(file.fd, start, end - start))
            finally:
                file.release()
        except OSError as error:
            self.log_dir.failed(f"write back {writing.tp}", error)
            return
        segment.written_back = max(segment.written_back, min(end, segment.size))

    async def checkpoint(self) -> None:
        """Write the recovery points and log starts of this directory's logs."""
        async with self._writing_checkpoints:
            self._checkpoint_due = False
            recovery = {each.tp: each.recovery_point for each in self.logs()}
            await self.write_checkpoint(names.RECOVERY_POINTS, recovery)
            await self.write_checkpoint(names.LOG_STARTS, self._starts())

    def starts_found(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The log starts that the last run left, of logs that are gone among them."""
        self._checkpoint(names.LOG_STARTS).found(offsets)

    def forget_start(self, tp: TopicPartition) -> None:
        """A log of that name is to be made, which must never be cut to the start of an older one.

        The disk is waited for only if the older one's deletion has not come to the checkpoint yet. Raises: OSError.
        """
        checkpoint = self._checkpoint(names.LOG_STARTS)
        if checkpoint.may_hold(tp) and self.log_dir.failure is None:
            starts = self._starts()
            taken = checkpoint.take(starts)
            checkpoint.write(taken, starts)
            checkpoint.written(taken, starts)

    def _starts(self) -> dict[TopicPartition, int]:
        return {
            each.tp: each.log_start_offset
            for each in self.logs()
            if each.log_start_offset > each.segments.first.base_offset
        }

    def _checkpoint(self, name: str) -> OffsetsFile:
        known = self._checkpoints.get(name)
        if known is None:
            known = self._checkpoints[name] = OffsetsFile(self.log_dir.files, self.log_dir.child(name))
        return known

    async def write_checkpoint(self, name: str, offsets: dict[TopicPartition, int]) -> None:
        """Replace one of the directory's offset checkpoints; a failure takes the directory offline."""
        if self.log_dir.failure is not None:
            return
        checkpoint = self._checkpoint(name)
        taken = checkpoint.take(offsets)
        try:
            await self.in_thread(lambda: checkpoint.write(taken, offsets))
        except OSError as error:
            self.log_dir.failed(f"write {checkpoint.path}", error)
        else:
            checkpoint.written(taken, offsets)

    async def sync_directory(self) -> None:
        """Make the names of the log directory itself durable; a failure takes it offline."""
        path = self.log_dir.path
        await self.try_in_thread(f"sync {path}", lambda: sync_directory(self.log_dir.files, path))

    async def try_in_thread(self, doing: str, call: Callable[[], object]) -> None:
        """Do it unless the directory is offline; an OSError is the directory's."""
        if self.log_dir.failure is None:
            try:
                await self.in_thread(call)
            except OSError as error:
                self.log_dir.failed(doing, error)

    async def sync_names(self, log: Log) -> None:
        """Make the names of a log's files durable; a failure takes the directory offline."""
        try:
            directory = log.segments.directory
            await self.in_thread(lambda: sync_directory(self.log_dir.files, directory))
        except OSError as error:
            if not log.is_closed and log.segments.directory == directory:  # else it was renamed
                self.log_dir.fail(f"cannot sync {directory}: {error}")

    async def remove_due(self, wall_ms: int) -> None:
        """Remove what has waited long enough."""
        due = [removal for removal in self._removals if removal.due_ms <= wall_ms]
        if not due or self.log_dir.failure is not None:
            return
        self._removals = [removal for removal in self._removals if removal.due_ms > wall_ms]
        try:
            await self.in_thread(lambda: _remove_all(self.log_dir, due))
        except OSError as error:
            self.log_dir.failed(f"remove deleted files in {self.log_dir.path}", error)

    async def stop_cleanly(self) -> None:
        """Flush every log and leave the directory as a clean stop does; no more appends come."""
        if self.log_dir.failure is not None:
            return
        try:
            flushes = [flush for each in self.logs() if (flush := prepare_clean_stop(each)) is not None]
            async with trio.open_nursery() as nursery:
                for start in range(0, len(flushes), _STOP_BATCH):
                    nursery.start_soon(self._flush_all, flushes[start : start + _STOP_BATCH])
            await self.checkpoint()
            if self.log_dir.failure is None:
                await self.in_thread(self.log_dir.put_clean_marker, abandon_on_cancel=True)
        except* OSError as errors:
            self.log_dir.fail(f"cannot stop cleanly: {errors.exceptions[0]}")

    async def _flush_all(self, flushes: Sequence[Flush]) -> None:
        for flush in flushes:
            await self._run_flush(flush, abandon_on_cancel=True)
            flush.done(self.wall_ms())

    async def _run_flush(self, flush: Flush, *, abandon_on_cancel: bool = False) -> None:
        """Sync file after file; each has its own time in which it must end. Raises: OSError."""
        job = _Job()
        await self._in_thread(
            lambda: flush.run(job.got_on), job, self._threads, abandon_on_cancel=abandon_on_cancel
        )

    async def in_thread(self, call: Callable[[], T], *, abandon_on_cancel: bool = False) -> T:
        """Run a call that waits for this directory's disk; cancelling waits for its end, unless it may be abandoned.

        Raises: what it raises; OSError when the directory went offline meanwhile, and nobody waits for it any more.
        """
        return await self._in_thread(call, _Job(), self._threads, abandon_on_cancel=abandon_on_cancel)

    async def read_in_thread(self, call: Callable[[], T]) -> T:
        """The same for a read, which does not wait for those that write."""
        return await self._in_thread(call, _Job(), self._readers, abandon_on_cancel=False)

    async def _in_thread(
        self, call: Callable[[], T], job: _Job, limiter: trio.CapacityLimiter, *, abandon_on_cancel: bool
    ) -> T:
        def run() -> T:
            job.got_on()
            return call()

        scope = trio.CancelScope(shield=not abandon_on_cancel)
        self._jobs[scope] = job
        try:
            with scope:
                return await trio.to_thread.run_sync(run, limiter=limiter, abandon_on_cancel=True)
        finally:
            del self._jobs[scope]
        raise OSError(errno.EIO, f"{self.log_dir.path} was given up")

    async def _watch_jobs(self) -> None:
        """Give the directory up when one of its file calls does not end."""
        while True:
            await trio.sleep(HUNG_S / 10)
            longest_s = max((job.stands_still_s() for job in self._jobs.values()), default=0.0)
            if longest_s > HUNG_S:
                self.log_dir.fail(f"a file call has not ended for {longest_s:.0f} s")


def _replace_all(files: Files, contents: Sequence[tuple[str, bytes]]) -> tuple[str, OSError] | None:
    """Replace files; which one failed first, and why. For a thread."""
    failed = None
    for path, content in contents:
        try:
            replace_file(files, path, content, sync=False)
        except FileNotFoundError:
            continue  # deleted, or moved to another directory, meanwhile
        except OSError as error:
            failed = failed or (path, error)
    return failed


def _remove_all(log_dir: LogDirectory, removals: Sequence[Removal]) -> None:
    for removal in removals:
        for segment in removal.segments:
            segment.remove_files()
        if removal.directory is not None:
            remove_tree(log_dir.files, removal.directory)
