"""What is done to all logs every so often: retention, flushes by time, checkpoints, expiry of producers, removals.

Source: LogManager's scheduled tasks in Kafka 3.9.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

import attrs
import trio

from zkbroker.errors import KafkaError
from zkbroker.model import TopicPartition
from zkbroker.storage.cleaner import LogCleaner
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.upkeep import DirectoryUpkeep

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig

log = logging.getLogger(__name__)

_REMOVAL_LOOK_MS: Final = 1000


@attrs.define(eq=False)
class PeriodicWork:
    """Lifetime: `run`. Intervals are asked for anew each time. Owner: the LogManager."""

    config: Callable[[], BrokerConfig]
    logs: Mapping[TopicPartition, Log]
    upkeep: Mapping[LogDirectory, DirectoryUpkeep]
    cleaner: LogCleaner
    wall_ms: Callable[[], int]

    async def run(self) -> None:
        """Until cancelled."""
        config = self.config
        async with trio.open_nursery() as nursery:
            for interval_ms, work in (
                (lambda: config().log_retention_check_interval_ms, self.apply_retention),
                (lambda: config().log_flush_offset_checkpoint_interval_ms, self.checkpoint),
                (lambda: config().log_flush_scheduler_interval_ms, self._flush_by_time),
                (lambda: config().producer_id_expiration_check_interval_ms, self.expire_producers),
                (lambda: _REMOVAL_LOOK_MS, self.remove_due),
            ):
                nursery.start_soon(self._every, interval_ms, work)

    async def _every(self, interval_ms: Callable[[], int], work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await trio.sleep(interval_ms() / 1000)
            await work()

    async def apply_retention(self) -> int:
        """Delete the old segments of every log; returns how many."""
        deleted = 0
        for each in list(self.logs.values()):
            if each.is_closed or self.cleaner.is_cleaning(each):
                continue
            try:
                deleted += each.delete_old_segments(self.wall_ms())
            except KafkaError as error:
                log.warning("retention of %s: %s", each.tp, error)
            await trio.lowlevel.checkpoint()
        return deleted

    async def checkpoint(self) -> None:
        """Write every directory's recovery points and log starts."""
        async with trio.open_nursery() as nursery:
            for upkeep in self.upkeep.values():
                nursery.start_soon(upkeep.checkpoint)

    async def _flush_by_time(self) -> None:
        now_ms = self.wall_ms()
        for each in list(self.logs.values()):
            if (
                now_ms - each.last_flush_ms >= each.config.flush_ms
                and each.log_end_offset > each.recovery_point
            ):
                self.upkeep[each.segments.log_dir].flush_soon(each, everything=True)

    async def expire_producers(self) -> None:
        """Forget producers that were silent for producer.id.expiration.ms."""
        for each in list(self.logs.values()):
            each.remove_expired_producers(self.wall_ms(), self.config().producer_id_expiration_ms)
            await trio.lowlevel.checkpoint()

    async def remove_due(self) -> None:
        """Remove the files and directories that have waited long enough."""
        async with trio.open_nursery() as nursery:
            for upkeep in self.upkeep.values():
                nursery.start_soon(upkeep.remove_due, self.wall_ms())
