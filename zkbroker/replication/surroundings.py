"""What a partition needs of the broker that hosts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from zkbroker.changed import Changed
from zkbroker.events import EventFeed, LeadershipTaken, LogRestarted, LogTruncated
from zkbroker.replication.isr import IsrProposal

if TYPE_CHECKING:
    from zkbroker.replication.partition import Partition


@attrs.define(eq=False)
class Surroundings:
    """One object for all partitions. Its callables never wait."""

    broker_id: int
    is_alive: Callable[[int], bool]  # is that broker in the metadata cache
    propose_isr: Callable[[IsrProposal], None]
    now_ms: Callable[[], int]  # monotonic
    wall_ms: Callable[[], int]
    max_lag_ms: Callable[[], int]  # replica.lag.time.max.ms
    events: EventFeed
    low_watermarks_moved: Changed = attrs.field(factory=Changed)
    """Some partition's log start, role or followers, or a broker's life: those who wait for deletions look again."""
    leads_uncleanly: Callable[[Partition, LeadershipTaken], None] = lambda _partition, _taken: None
    recovered: Callable[[Partition], None] = lambda _partition: None
    truncated: Callable[[Partition, LogTruncated], None] = lambda _partition, _dropped: None
    restarted: Callable[[Partition, LogRestarted], None] = lambda _partition, _dropped: None
