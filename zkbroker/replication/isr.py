"""The in-sync replicas of a partition this broker leads, and the high watermark they allow. [pure]

A change is proposed to the controller and stays in doubt until it answers. While in doubt, the *maximal* ISR
counts for the high watermark: a proposed member already, a member proposed for removal still. So whichever way
the controller decides, nothing was exposed that a later leader could lack. Source: KIP-497.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from zkbroker.model import TopicId, TopicPartition

UNKNOWN_OFFSET = -1


@attrs.frozen
class Isr:
    """The committed in-sync replicas, and the change in doubt if there is one."""

    committed: tuple[int, ...] = ()
    proposed: tuple[int, ...] | None = None

    @property
    def is_in_doubt(self) -> bool:
        return self.proposed is not None

    @property
    def maximal(self) -> tuple[int, ...]:
        """Every replica that is in the ISR whatever the controller decides, committed order first."""
        if self.proposed is None or len(self.proposed) <= len(self.committed):
            return self.committed
        return self.proposed


@attrs.frozen
class IsrProposal:
    """A change this leader asks the controller for."""

    tp: TopicPartition
    topic_id: TopicId
    new_isr: tuple[int, ...]
    leader_epoch: int
    partition_epoch: int


@attrs.define(eq=False)
class Pulse:
    """When one follower last fetched anything: a fetch session vouches for partitions it does not name again."""

    last_fetch_ms: int = 0


@attrs.define(eq=False)
class FollowerProgress:
    """What the leader knows of one follower. Owner: the Partition."""

    log_end_offset: int = UNKNOWN_OFFSET
    log_start_offset: int = UNKNOWN_OFFSET
    last_caught_up_ms: int = 0  # monotonic
    last_fetch_ms: int = 0
    leader_end_at_last_fetch: int = UNKNOWN_OFFSET
    pulse: Pulse | None = None  # of the fetch session that contains this partition

    def record_fetch(self, offset: int, log_start_offset: int, leader_end: int, now_ms: int) -> None:
        """The follower asks for `offset`, so it has everything below. Source: Kafka's Replica.scala."""
        if offset >= leader_end:
            self.last_caught_up_ms = max(self.last_caught_up_ms, now_ms)
        elif offset >= self.leader_end_at_last_fetch:
            self.last_caught_up_ms = max(self.last_caught_up_ms, self.last_fetch_ms)
        self.log_end_offset = offset
        self.log_start_offset = log_start_offset
        self.leader_end_at_last_fetch = max(leader_end, self.leader_end_at_last_fetch)
        self.last_fetch_ms = now_ms

    def leader_appends(self, leader_end: int) -> None:
        """Called before the leader's end moves: until its session's last fetch the follower was caught up."""
        if self.pulse is not None and self.log_end_offset >= leader_end:
            self.last_caught_up_ms = max(self.last_caught_up_ms, self.pulse.last_fetch_ms)

    def is_caught_up(self, leader_end: int, now_ms: int, max_lag_ms: int) -> bool:
        return self.log_end_offset == leader_end or now_ms - self.last_caught_up_ms <= max_lag_ms


def high_watermark(
    log_end_offset: int,
    followers: Iterable[tuple[int, FollowerProgress]],
    isr: Isr,
    *,
    effective_min_isr: int,
    is_eligible: Callable[[int], bool],
    now_ms: int,
    max_lag_ms: int,
) -> int | None:
    """The highest offset (exclusive) that may be exposed, or None if it must not move now.

    The least end offset over this broker, the maximal ISR, and live followers that are about to join it. It does
    not move while the committed ISR is smaller than the effective minimum, whatever the producers' acks.
    """
    if len(isr.committed) < effective_min_isr:
        return None
    lowest = log_end_offset
    maximal = isr.maximal
    for broker_id, follower in followers:
        if follower.log_end_offset < lowest and (
            broker_id in maximal
            or (follower.is_caught_up(log_end_offset, now_ms, max_lag_ms) and is_eligible(broker_id))
        ):
            lowest = follower.log_end_offset
    return lowest


def low_watermark(
    log_start_offset: int,
    followers: Iterable[tuple[int, FollowerProgress]],
    is_alive: Callable[[int], bool],
) -> int:
    """The least log start offset of this broker and the live followers: below it nobody has anything any more.

    A follower that has not fetched from this leader yet counts as -1. Source: KIP-107.
    """
    lowest = log_start_offset
    for broker_id, follower in followers:
        if follower.log_start_offset < lowest and is_alive(broker_id):
            lowest = follower.log_start_offset
    return lowest


def should_join(
    broker_id: int,
    follower: FollowerProgress,
    isr: Isr,
    *,
    high_watermark: int,
    epoch_start_offset: int,
    is_eligible: Callable[[int], bool],
) -> bool:
    """Whether a follower that just fetched should be proposed for the ISR.

    It must have all that was exposed and all that this leader found when its epoch began; how long it lagged
    does not matter.
    """
    return (
        not isr.is_in_doubt
        and broker_id not in isr.committed
        and follower.log_end_offset >= high_watermark
        and follower.log_end_offset >= epoch_start_offset
        and is_eligible(broker_id)
    )


def out_of_sync(
    leader_id: int,
    followers: Iterable[tuple[int, FollowerProgress]],
    isr: Isr,
    *,
    log_end_offset: int,
    now_ms: int,
    max_lag_ms: int,
) -> frozenset[int]:
    """The members that fell behind: neither at the leader's end nor caught up within `max_lag_ms`."""
    if isr.is_in_doubt:
        return frozenset()
    progress = dict(followers)
    return frozenset(
        member
        for member in isr.committed
        if member != leader_id
        and (member not in progress or not progress[member].is_caught_up(log_end_offset, now_ms, max_lag_ms))
    )
