"""The start of a broker's logs: its directories are locked and looked into, and every log in them is opened.

Source: LogManager.loadLogs of Kafka 3.9.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import trio

from zkbroker.model import TopicPartition
from zkbroker.storage import names
from zkbroker.storage.cleaner import LogCleaner
from zkbroker.storage.files import Files
from zkbroker.storage.found_logs import Arranged, Contents, FoundLog, arrange, look_into
from zkbroker.storage.future_logs import FutureLogs
from zkbroker.storage.loading import LogSetting, open_log
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory, LogDirectoryError
from zkbroker.storage.log_owner import LogOwner
from zkbroker.storage.upkeep import DirectoryUpkeep

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig, TopicConfig

log = logging.getLogger(__name__)

_LOAD_BATCH: Final = 64  # clean logs one thread opens before it reports
_PROGRESS_SECONDS: Final = 2.0


@attrs.define(eq=False)
class Opening:
    """Fills what is the LogManager's: its logs, their copies, and what the last run left. Lifetime: `run`, once."""

    config: Callable[[], BrokerConfig]
    topic_config: Callable[[str], TopicConfig]
    files: Files
    wall_ms: Callable[[], int]
    log_dirs: Sequence[LogDirectory]
    upkeep: Mapping[LogDirectory, DirectoryUpkeep]
    setting: LogSetting
    cleaner: LogCleaner
    futures: FutureLogs
    logs: dict[TopicPartition, Log]
    owner: LogOwner  # of every log
    high_watermarks: dict[TopicPartition, int] = attrs.field(factory=dict)  # of the last run
    was_clean: bool = True  # whether every directory had been left cleanly
    _opened: int = 0
    _seconds: float = 0.0

    async def run(self) -> None:
        """Open every log; a directory that fails goes offline. Raises: LogDirectoryError (see `LogManager.load`)."""
        contents: list[Contents] = []
        for log_dir in self.log_dirs:
            try:
                log_dir.lock()
                contents.append(await self.upkeep[log_dir].in_thread(partial(look_into, log_dir, self.files)))
            except OSError as error:
                log_dir.fail(str(error))
        require_online(self.log_dirs)
        arranged = await trio.to_thread.run_sync(arrange, contents, self.files)
        self._note_checkpoints(contents, arranged)
        for log_dir in self.log_dirs:
            if log_dir.is_online:
                try:
                    await self.upkeep[log_dir].in_thread(log_dir.remove_clean_marker)
                except OSError as error:
                    log_dir.fail(str(error))
        started = trio.current_time()
        wanted = [*arranged.current.values(), *arranged.future.values()]
        progress = Progress(len(wanted), trio.current_time)
        async with trio.open_nursery() as nursery:
            for log_dir in self.log_dirs:
                threads = trio.CapacityLimiter(self.config().num_recovery_threads_per_data_dir)
                here = [each for each in wanted if each.log_dir is log_dir]
                batch = _LOAD_BATCH if all(each.last.clean for each in here) else 1
                for start in range(0, len(here), batch):
                    nursery.start_soon(self._open_all, here[start : start + batch], threads, progress)
        self._adopt_copies()
        await self._note_boot()
        self._opened, self._seconds = len(wanted), trio.current_time() - started

    def told(self) -> None:
        """Say how it went."""
        if self._opened:
            log.info(
                "%d logs opened in %.1f s%s",
                len(self.logs),
                self._seconds,
                "" if self.was_clean else ", recovered from an unclean stop",
            )

    def _note_checkpoints(self, contents: Sequence[Contents], arranged: Arranged) -> None:
        """What the last run left: a log's own directory knows best, until a move's first checkpoint the old one."""
        now_ms = self.wall_ms()
        for content in contents:
            self.was_clean = self.was_clean and (content.was_clean or not content.logs)
            self.high_watermarks |= content.high_watermarks
            self.cleaner.first_dirty |= content.first_dirty
            self.upkeep[content.log_dir].starts_found(content.log_starts)
            for path in content.removals:
                self.upkeep[content.log_dir].remove_directory(now_ms, path)
        own = {content.log_dir: content for content in contents}
        for tp, each in arranged.current.items():
            for known, noted in (
                (self.high_watermarks, own[each.log_dir].high_watermarks),
                (self.cleaner.first_dirty, own[each.log_dir].first_dirty),
            ):
                if tp in noted:
                    known[tp] = noted[tp]
        self.futures.orphans.update(arranged.orphans)
        for each in arranged.obsolete:
            doomed = each.log_dir.child(names.marked_directory_name(each.tp, uuid.uuid4().hex, names.DELETE))
            try:
                self.files.replace(each.path, doomed)
            except OSError as error:
                each.log_dir.failed(f"remove {each.path}", error)
                continue
            self.upkeep[each.log_dir].remove_directory(now_ms, doomed)

    async def _note_boot(self) -> None:
        """Only now: a recovery that is cut short must know as much as this one did."""
        for log_dir in self.log_dirs:
            if log_dir.is_online:
                try:
                    await self.upkeep[log_dir].in_thread(log_dir.note_boot)
                except OSError as error:
                    log_dir.fail(str(error))

    def _adopt_copies(self) -> None:
        """Copies that were under way are so again, if their logs could be opened."""
        copies, self.futures.logs = self.futures.logs, {}
        for tp, copy in copies.items():
            if tp in self.logs:
                self.futures.adopt(copy)
            else:
                copy.close("its log could not be opened")

    async def _open_all(
        self, found: Sequence[FoundLog], threads: trio.CapacityLimiter, progress: Progress
    ) -> None:
        configs = [self.topic_config(each.tp.topic) for each in found]
        opened = await trio.to_thread.run_sync(self._open_each, found, configs, limiter=threads)
        copies = {(each.tp, each.path) for each in found if each.is_future}
        for each in opened:
            each.owner = self.owner
            is_copy = (each.tp, each.segments.directory) in copies
            (self.futures.logs if is_copy else self.logs)[each.tp] = each
        progress.add(len(found))

    def _open_each(self, found: Sequence[FoundLog], configs: Sequence[TopicConfig]) -> list[Log]:
        opened = []
        for each, config in zip(found, configs, strict=True):
            if each.log_dir.failure is not None:
                continue
            try:
                opened.append(
                    open_log(
                        each.tp,
                        each.log_dir,
                        each.name,
                        config,
                        self.setting,
                        each.last,
                        self.wall_ms(),
                    )
                )
            except OSError as error:
                each.log_dir.fail(f"cannot open {each.name}: {error}")
        return opened


def require_online(log_dirs: Sequence[LogDirectory]) -> None:
    """Raises: LogDirectoryError if none of them works."""
    if not any(each.is_online for each in log_dirs):
        reasons = "; ".join(f"{each.path}: {each.failure}" for each in log_dirs)
        raise LogDirectoryError(f"no log directory can be used ({reasons})")


@attrs.define(eq=False)
class Progress:
    """A line now and then while many logs are opened."""

    total: int
    clock: Callable[[], float]
    _done: int = 0
    _told: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._told = self.clock()

    def add(self, count: int) -> None:
        self._done += count
        now = self.clock()
        if now - self._told >= _PROGRESS_SECONDS:
            self._told = now
            log.info("%d of %d logs opened", self._done, self.total)
