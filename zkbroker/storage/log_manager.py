"""All log directories of a broker and their logs.

It places and deletes logs, hands on what they ask for, and takes note of failed directories. How they are found at
the start stands in `opening`, what is done to them every so often in `periodic`.
Source: LogManager of Kafka 3.9; KIP-112, KIP-113.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicId, TopicPartition
from zkbroker.storage import names
from zkbroker.storage.call_watch import CallWatch
from zkbroker.storage.cleaner import LogCleaner
from zkbroker.storage.files import FILES, Files
from zkbroker.storage.future_logs import FutureLogs
from zkbroker.storage.loading import LogSetting, create_log
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory, LogDirectoryError
from zkbroker.storage.opening import Opening, require_online
from zkbroker.storage.periodic import PeriodicWork
from zkbroker.storage.segment import Segment, SegmentStorage
from zkbroker.storage.slices import OpenFiles
from zkbroker.storage.upkeep import DirectoryUpkeep, Removal
from zkbroker.storage.write_back import WaitingPieces, most_waiting_bytes

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig, TopicConfig

__all__ = ["LogDirectoryError", "LogManager", "LogManagerStatistics"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_OPEN_FILES: Final = 4096


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@attrs.frozen
class LogManagerStatistics:
    """The logs of a broker at a glance."""

    logs: int
    log_dirs: int
    offline_log_dirs: int
    open_files: int
    slow_file_calls: int
    waiting_removals: int


@attrs.define(eq=False)
class LogManager:
    """Lifetime: `load`, then `run` in a nursery, then `close`; each once.

    `config` and `topic_config` are asked anew whenever they matter, so that changes take effect.
    """

    config: Callable[[], BrokerConfig]
    topic_config: Callable[[str], TopicConfig]
    files: Files = FILES
    wall_ms: Callable[[], int] = _wall_ms
    on_dir_offline: Callable[[Path], None] | None = None
    on_start_moved: Callable[[Log], None] | None = None  # called within the log's sync method
    open_file_limit: int = _OPEN_FILES
    logs: dict[TopicPartition, Log] = attrs.field(factory=dict)
    log_dirs: list[LogDirectory] = attrs.field(init=False)
    changed: Changed = attrs.field(factory=Changed)  # a directory went offline
    was_clean: bool = True  # whether every directory had been left cleanly
    _loaded: bool = False
    _watch: CallWatch = attrs.field(factory=CallWatch)
    _setting: LogSetting = attrs.field(init=False)
    _upkeep: dict[LogDirectory, DirectoryUpkeep] = attrs.field(init=False)
    _high_watermarks: dict[TopicPartition, int] = attrs.field(factory=dict)  # of the last run
    cleaner: LogCleaner = attrs.field(init=False)
    futures: FutureLogs = attrs.field(init=False)
    periodic: PeriodicWork = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        config = self.config()
        storage = SegmentStorage(self.files, OpenFiles(self.files, self.open_file_limit), watch=self._watch)
        self._setting = LogSetting(storage, deep_validation=config.record_validation == "deep")
        paths = dict.fromkeys(os.path.abspath(path) for path in config.log_dirs)
        self.log_dirs = [LogDirectory(path, self.files, self._dir_failed) for path in paths]
        most_bytes = most_waiting_bytes() // max(len(paths), 1)
        self._upkeep = {
            each: DirectoryUpkeep(each, self._lister(each), self.wall_ms, WaitingPieces(most_bytes))
            for each in self.log_dirs
        }
        self.cleaner = LogCleaner(
            self.config,
            self.logs,
            self.wall_ms,
            flush=self.flush,
            sync_names=self._sync_names,
            save=self.save_first_dirty,
        )
        self.futures = FutureLogs(self.logs, self._setting, self._upkeep, self.cleaner, self.wall_ms)
        self.periodic = PeriodicWork(self.config, self.logs, self._upkeep, self.cleaner, self.wall_ms)

    def _lister(self, log_dir: LogDirectory) -> Callable[[], list[Log]]:
        return lambda: [each for each in self.all_logs() if each.segments.log_dir is log_dir]

    # --- what there is -----------------------------------------------------------------------------------------

    def get(self, tp: TopicPartition) -> Log | None:
        return self.logs.get(tp)

    def all_logs(self) -> list[Log]:
        """Every log, and the copies under way."""
        return [*self.logs.values(), *self.futures.logs.values()]

    def directory(self, path: str) -> LogDirectory | None:
        """The log directory of that path, online or not."""
        path = os.path.abspath(path)
        return next((each for each in self.log_dirs if each.path == path), None)

    async def read_in_thread(self, log_dir: LogDirectory, call: Callable[[], T]) -> T:
        """Run a read that waits for that directory's disk, so that only its own reads wait.

        Raises: what it raises; OSError when the directory is given up meanwhile.
        """
        return await self._upkeep[log_dir].read_in_thread(call)

    @property
    def offline_dirs(self) -> list[Path]:
        return [Path(each.path) for each in self.log_dirs if not each.is_online]

    @property
    def online_dirs(self) -> list[Path]:
        return [Path(each.path) for each in self.log_dirs if each.is_online]

    def statistics(self) -> LogManagerStatistics:
        return LogManagerStatistics(
            len(self.logs),
            len(self.log_dirs),
            len(self.offline_dirs),
            self._setting.storage.open_files.count,
            self._watch.slow_calls,
            sum(upkeep.waiting_removals for upkeep in self._upkeep.values()),
        )

    async def ask(self, log_dir: LogDirectory, call: Callable[[], T]) -> T:
        """The same, for a call whose answer may come too late: who is cancelled does not wait for it."""
        return await self._upkeep[log_dir].in_thread(call, abandon_on_cancel=True)

    # --- loading -----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Lock the directories and open every log in them; those left by a kill are recovered.

        A directory that fails goes offline. Raises: LogDirectoryError if the broker must not start: another one
        holds a directory, there is something in it that is no log, or none works.
        """
        opening = Opening(
            self.config,
            self.topic_config,
            self.files,
            self.wall_ms,
            self.log_dirs,
            self._upkeep,
            self._setting,
            self.cleaner,
            self.futures,
            self.logs,
            self,
        )
        try:
            await opening.run()
            self._high_watermarks, self.was_clean = opening.high_watermarks, opening.was_clean
            self._loaded = True
            for log_dir in self.log_dirs:
                if not log_dir.is_online:
                    self._give_up_logs_of(log_dir)
            require_online(self.log_dirs)
        except BaseException:
            for log_dir in self.log_dirs:
                log_dir.unlock()
            raise
        opening.told()

    def _give_up_logs_of(self, log_dir: LogDirectory) -> None:
        """The logs of a failed directory are closed and no longer ours; the controller learns it from the broker.

        Of a copy in it nothing is lost. A copy of a log in it stays where it is.
        """
        reason = f"the log directory {log_dir.path} is offline: {log_dir.failure}"
        for each in self._upkeep[log_dir].logs():
            self.futures.forget(each.tp, reason)
            if self.logs.get(each.tp) is each:
                each.close(reason)
                self.cleaner.forget(each)
                del self.logs[each.tp]

    # --- creating and deleting ---------------------------------------------------------------------------------

    def get_or_create(
        self, tp: TopicPartition, topic_id: TopicId, config: TopicConfig, *, is_new: bool
    ) -> Log:
        """The partition's log; a missing one is made in the directory with the fewest logs.

        Raises: KAFKA_STORAGE_ERROR if no directory works, or one is offline and the log might be there.
        """
        known = self.logs.get(tp)
        if known is not None:
            if known.config != config:
                known.update_config(config)
            return known
        if not is_new and self.offline_dirs:
            raise KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{tp}: its log may be in an offline directory")
        self.futures.drop_orphans(tp)
        error = KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, f"{tp}: every log directory is offline")
        wanted = self.futures.wanted.get(tp)
        for log_dir in [wanted] if wanted is not None and wanted.is_online else self._least_loaded():
            try:
                self._upkeep[log_dir].forget_start(tp)
                created = create_log(
                    tp, log_dir, names.directory_name(tp), config, self._setting, topic_id, self.wall_ms()
                )
            except FileExistsError:
                path = log_dir.child(names.directory_name(tp))
                raise KafkaError(
                    ErrorCode.KAFKA_STORAGE_ERROR, f"{path} was put there by somebody else"
                ) from None
            except OSError as problem:
                error = log_dir.failed(f"create the log of {tp} in {log_dir.path}", problem)
                continue
            created.owner = self
            self.logs[tp] = created
            self.futures.wanted.pop(tp, None)
            return created
        raise error

    def _least_loaded(self) -> list[LogDirectory]:
        """Online directories, the one with the fewest logs first."""
        counts = {each: 0 for each in self.log_dirs if each.is_online}
        if len(counts) > 1:
            for each in self.logs.values():
                if each.segments.log_dir in counts:
                    counts[each.segments.log_dir] += 1
        return sorted(counts, key=lambda each: counts[each])

    def delete(self, tp: TopicPartition) -> None:
        """Give up a partition's log: its directory is renamed now and removed after file.delete.delay.ms.

        Raises: KAFKA_STORAGE_ERROR.
        """
        doomed = self.logs.get(tp)
        if doomed is None:
            return
        try:
            self.futures.drop(
                tp, "its partition was deleted"
            )  # first: alone it must not be taken for the log
        except KafkaError as error:
            log.warning("a copy of %s stays where it is: %s", tp, error.message)
        log_dir = doomed.segments.log_dir
        name = names.marked_directory_name(tp, uuid.uuid4().hex, names.DELETE)
        try:
            self.files.replace(doomed.segments.directory, log_dir.child(name))
        except OSError as error:
            raise log_dir.failed(f"delete the log of {tp}", error) from error
        doomed.close("its partition was deleted")
        self.cleaner.forget(doomed)
        doomed.segments.moved_to(log_dir.child(name))
        del self.logs[tp]
        upkeep = self._upkeep[log_dir]
        upkeep.forget(doomed)
        delay_ms = doomed.config.file_delete_delay_ms
        upkeep.remove_directory(self.wall_ms() + delay_ms, log_dir.child(name))
        upkeep.checkpoint_soon()

    # --- high watermarks ---------------------------------------------------------------------------------------

    def read_high_watermarks(self) -> dict[TopicPartition, int]:
        """Those of the last run, as `load` found them."""
        return dict(self._high_watermarks)

    async def write_high_watermarks(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Write each directory's replication-offset-checkpoint; partitions without a log are left out."""
        async with trio.open_nursery() as nursery:
            for log_dir, upkeep in self._upkeep.items():
                here = {
                    tp: offset
                    for tp, offset in offsets.items()
                    if (found := self.logs.get(tp)) is not None and found.segments.log_dir is log_dir
                }
                nursery.start_soon(upkeep.write_checkpoint, names.HIGH_WATERMARKS, here)

    # --- what logs ask for (LogOwner) --------------------------------------------------------------------------

    def flush_due(self, log: Log) -> None:
        due = log.log_end_offset - log.recovery_point >= log.config.flush_messages
        self._upkeep[log.segments.log_dir].flush_soon(log, everything=due)

    def write_back_due(self, log: Log) -> None:
        self._upkeep[log.segments.log_dir].write_back_soon(log)

    def remove_later(self, log: Log, segments: list[Segment]) -> None:
        due_ms = self.wall_ms() + log.config.file_delete_delay_ms
        self._upkeep[log.segments.log_dir].remove(Removal(due_ms, tuple(segments)))

    def was_truncated(self, log: Log) -> None:
        if self.logs.get(log.tp) is log:
            self.cleaner.truncated(log)
            self.futures.was_cut(log)
        self._upkeep[log.segments.log_dir].checkpoint_soon()

    def start_moved(self, log: Log) -> None:
        if self.on_start_moved is not None:
            self.on_start_moved(log)

    def epochs_due(self, log: Log) -> bool:
        return self._upkeep[log.segments.log_dir].write_epochs_soon(log)

    async def keep_starts(self, logs: Iterable[Log]) -> None:
        """Write the log start offsets down now: what was deleted must not come back after a kill.

        A directory where that fails goes offline.
        """
        async with trio.open_nursery() as nursery:
            for log_dir in {each.segments.log_dir for each in logs}:
                nursery.start_soon(self._upkeep[log_dir].checkpoint)

    async def flush(self, log: Log) -> None:
        """Wait until everything the log has now is on disk. Raises: KAFKA_STORAGE_ERROR."""
        await self._upkeep[log.segments.log_dir].flush(log)

    async def _sync_names(self, log: Log) -> None:
        await self._upkeep[log.segments.log_dir].sync_names(log)

    async def save_first_dirty(self, log: Log) -> None:
        """Write down how far the logs in that log's directory are compacted."""
        log_dir = log.segments.log_dir
        upkeep = self._upkeep[log_dir]
        known = self.cleaner.first_dirty
        here = {each.tp: known[each.tp] for each in upkeep.logs() if each.tp in known}
        await upkeep.write_checkpoint(names.CLEANER_OFFSETS, here)

    def reconfigured(self) -> None:
        """The broker's configuration changed: what waits by it looks again."""
        self.cleaner.config_changed.notify()

    # --- periodic work -----------------------------------------------------------------------------------------

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Retention, flushes, checkpoints and removals, until cancelled."""
        self._watch.start()
        try:
            async with trio.open_nursery() as nursery:
                for upkeep in self._upkeep.values():
                    nursery.start_soon(upkeep.run)
                nursery.start_soon(self.periodic.run)
                nursery.start_soon(self.cleaner.run)
                task_status.started()
        finally:
            self._watch.stop()

    # --- stopping ----------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Flush everything, mark the directories as cleanly left, and let go of them. `run` has ended.

        A directory that fails meanwhile is not marked. Cancelling leaves the rest as a kill would.
        """
        try:
            async with trio.open_nursery() as nursery:
                for upkeep in self._upkeep.values():
                    nursery.start_soon(upkeep.stop_cleanly)
        finally:
            for each in self.all_logs():
                each.close("the broker is stopping")
            for log_dir in self.log_dirs:
                log_dir.unlock()

    def _dir_failed(self, log_dir: LogDirectory) -> None:
        """Called where the failure was noticed, which may be a thread that opens logs before the broker runs."""
        if not self._loaded:
            return
        self._give_up_logs_of(log_dir)
        self._upkeep[log_dir].directory_failed()
        self.changed.notify()
        if self.on_dir_offline is not None:
            self.on_dir_offline(Path(log_dir.path))
