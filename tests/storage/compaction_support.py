"""Logs with keys, compacted in the test's own process, and what compaction may and may not do to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from tests.storage.support import NOW, read_all
from zkbroker.protocol.records import ControlType, Record, build_batch, control_batch
from zkbroker.storage.appends import AppendOrigin, LogAppendInfo
from zkbroker.storage.cleaner import Cleanable, cleanable_part, plan_compaction
from zkbroker.storage.compaction import CleanedGroup, CompactionDone, Pace, compact
from zkbroker.storage.log import Log

MEMORY = 1 << 20
Pair = tuple[str, str | None]
"""Key and value; None: a tombstone."""


def keyed(pairs: Sequence[Pair], timestamp: int = NOW, **how: Any) -> memoryview:
    """A batch of records with keys."""
    content = [
        Record(0, timestamp + i, key.encode(), None if value is None else value.encode(), (("h", b"v"),))
        for i, (key, value) in enumerate(pairs)
    ]
    return memoryview(build_batch(content, **how))


def put(log: Log, *pairs: Pair, timestamp: int = NOW, epoch: int = 0, **how: Any) -> LogAppendInfo:
    return log.append_as_leader(keyed(pairs, timestamp, **how), leader_epoch=epoch, wall_ms=NOW)


def end_transaction(
    log: Log, producer_id: int, *, abort: bool, epoch: int = 0, timestamp: int = NOW
) -> LogAppendInfo:
    kind = ControlType.ABORT if abort else ControlType.COMMIT
    marker = control_batch(
        kind, producer_id=producer_id, producer_epoch=0, coordinator_epoch=0, timestamp=timestamp
    )
    return log.append_as_leader(
        memoryview(marker), leader_epoch=epoch, wall_ms=NOW, origin=AppendOrigin.COORDINATOR
    )


def replicate(log: Log) -> None:
    log.update_high_watermark(log.log_end_offset)


@attrs.define(eq=False)
class Cleaner:
    """Remembers what is compacted, as the LogCleaner does."""

    memory_bytes: int = MEMORY
    first_dirty: int | None = None
    groups: list[CleanedGroup] = attrs.field(factory=list)

    def part(self, log: Log, now_ms: int = NOW) -> Cleanable | None:
        return cleanable_part(log, self.first_dirty, now_ms)

    def clean(self, log: Log, now_ms: int = NOW) -> CompactionDone | None:
        """Compact what can be; None if there is nothing."""
        found = self.part(log, now_ms)
        if found is None or found.end_offset <= log.segments.first.base_offset:
            return None
        job = plan_compaction(found, self.memory_bytes, now_ms)
        self.groups = []
        for answer in compact(job, log.segments.storage.files, Pace()):
            if isinstance(answer, CompactionDone):
                self.first_dirty = answer.next_dirty_offset
                return answer
            assert log.replace_segments(answer.sources, answer.size, NOW)
            self.groups.append(answer)
        raise AssertionError("a compaction ends with CompactionDone")


def records(log: Log) -> list[Record]:
    """Every data record from the log's first segment on, whatever its transaction came to."""
    return [
        record
        for each in read_all(log, log.log_start_offset)
        if not each.is_control
        for record in each.records()
    ]


def pairs(log: Log) -> list[tuple[int, str, str | None]]:
    """(offset, key, value) of every data record."""
    return [
        (
            each.offset,
            (each.key or b"").decode(),
            None if each.value is None else each.value.decode(),
        )
        for each in records(log)
    ]


def committed(log: Log) -> Iterator[Record]:
    """What a consumer that reads committed records gets."""
    aborted = log.aborted_transactions(log.log_start_offset, log.log_end_offset)
    coming = sorted(aborted, key=lambda each: each.first_offset)
    open_: set[int] = set()
    for each in read_all(log, log.log_start_offset):
        while coming and coming[0].first_offset <= each.last_offset:
            open_.add(coming.pop(0).producer_id)
        if each.is_control:
            if each.control_type() is ControlType.ABORT:
                open_.discard(each.producer_id)
        elif not (each.is_transactional and each.producer_id in open_):
            yield from each.records()


def last_values(log: Log) -> dict[str, str]:
    """What a reader of committed records believes in the end."""
    found: dict[str, str] = {}
    for each in committed(log):
        assert each.key is not None
        if each.value is None:
            found.pop(each.key.decode(), None)
        else:
            found[each.key.decode()] = each.value.decode()
    return found
