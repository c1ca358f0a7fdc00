"""The high watermark and the in-sync replicas, by enumeration."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from zkbroker.replication.isr import FollowerProgress, Isr, Pulse, high_watermark, out_of_sync, should_join

LAG_MS = 100
NOW_MS = 1_000


def progress(end: int, caught_up_ms: int = NOW_MS) -> FollowerProgress:
    return FollowerProgress(log_end_offset=end, last_caught_up_ms=caught_up_ms)


def moved_to(
    end: int,
    followers: dict[int, FollowerProgress],
    isr: Isr,
    *,
    min_isr: int = 1,
    dead: frozenset[int] = frozenset(),
) -> int | None:
    return high_watermark(
        end,
        followers.items(),
        isr,
        effective_min_isr=min_isr,
        is_eligible=lambda broker_id: broker_id not in dead,
        now_ms=NOW_MS,
        max_lag_ms=LAG_MS,
    )


def test_the_high_watermark_never_passes_a_replica_of_the_maximal_isr() -> None:
    ends = (-1, 0, 3, 5)
    changes = [None, (1,), (1, 2), (1, 3), (1, 2, 3)]
    for end2, end3, committed, proposed in product(ends, ends, [(1,), (1, 2), (1, 2, 3)], changes):
        followers = {2: progress(end2, 0), 3: progress(end3, 0)}
        isr = Isr(committed, proposed)
        target = moved_to(5, followers, isr, dead=frozenset({2, 3}))
        assert target is not None
        for member in isr.maximal:
            if member != 1:
                assert target <= followers[member].log_end_offset
        assert target == min([5, *(followers[m].log_end_offset for m in isr.maximal if m != 1)])


def test_an_expansion_counts_before_it_is_confirmed_and_a_shrink_does_not() -> None:
    followers = {2: progress(7), 3: progress(4)}
    assert moved_to(9, followers, Isr((1, 2), (1, 2, 3))) == 4
    assert moved_to(9, followers, Isr((1, 2, 3), (1, 2))) == 4
    assert Isr((1, 2, 3), (1, 2)).maximal == (1, 2, 3)
    assert Isr((1, 2), (1, 2, 3)).maximal == (1, 2, 3)


def test_it_waits_for_a_live_follower_that_is_about_to_join() -> None:
    late, dead = {2: progress(4)}, frozenset({2})
    assert moved_to(9, late, Isr((1,))) == 4
    assert moved_to(9, late, Isr((1,)), dead=dead) == 9
    assert moved_to(9, {2: progress(4, caught_up_ms=0)}, Isr((1,))) == 9


def test_it_does_not_move_below_the_minimum_whatever_the_acks() -> None:
    assert moved_to(9, {2: progress(9)}, Isr((1,)), min_isr=2) is None
    assert moved_to(9, {2: progress(9)}, Isr((1, 2)), min_isr=2) == 9
    # A shrink in doubt: committed still counts for the minimum.
    assert moved_to(9, {2: progress(3)}, Isr((1, 2), (1,)), min_isr=2) == 3


def join(
    follower: FollowerProgress, isr: Isr, *, high_watermark: int = 5, start: int = 0, alive: bool = True
) -> bool:
    return should_join(
        2, follower, isr, high_watermark=high_watermark, epoch_start_offset=start, is_eligible=lambda _: alive
    )


def test_a_follower_joins_at_the_high_watermark_and_the_start_of_the_epoch() -> None:
    assert join(progress(5), Isr((1,)))
    assert not join(progress(4), Isr((1,)))
    assert not join(progress(5), Isr((1,)), start=6), "records from before this leader's time may be missing"
    assert not join(progress(5), Isr((1,)), alive=False)
    assert not join(progress(5), Isr((1, 2)))
    assert not join(progress(5), Isr((1,), (1, 3))), "one change at a time"


def test_members_fall_out_by_time_but_never_at_the_leaders_end() -> None:
    followers = {
        2: progress(9, caught_up_ms=0),
        3: progress(8, NOW_MS - LAG_MS),
        4: progress(8, NOW_MS - LAG_MS - 1),
    }

    def gone(isr: Isr) -> frozenset[int]:
        return out_of_sync(1, followers.items(), isr, log_end_offset=9, now_ms=NOW_MS, max_lag_ms=LAG_MS)

    assert gone(Isr((1, 2, 3, 4))) == {4}
    assert gone(Isr((1, 2, 3, 4), (1, 2))) == frozenset(), "in doubt already"
    assert gone(Isr((1, 9))) == {9}, "a member that is not assigned"


def test_a_fetch_tells_when_the_follower_was_caught_up_last() -> None:
    follower = FollowerProgress()
    follower.record_fetch(5, 0, leader_end=10, now_ms=100)
    assert follower.last_caught_up_ms == 0
    follower.record_fetch(10, 0, leader_end=20, now_ms=200)  # all that was there at the fetch of 100 ms
    assert follower.last_caught_up_ms == 100
    follower.record_fetch(20, 0, leader_end=20, now_ms=300)
    assert follower.last_caught_up_ms == 300


def test_an_idle_partition_of_a_fetch_session_counts_as_caught_up_until_the_sessions_last_fetch() -> None:
    follower = FollowerProgress(pulse=Pulse())
    follower.record_fetch(10, 0, leader_end=10, now_ms=100)
    assert follower.pulse is not None
    follower.pulse.last_fetch_ms = 90_000  # fetches went on, this partition had nothing new to say
    follower.leader_appends(10)
    assert follower.is_caught_up(11, now_ms=90_050, max_lag_ms=LAG_MS)
    assert not follower.is_caught_up(11, now_ms=90_101, max_lag_ms=LAG_MS)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 50)), max_size=30),
)
def test_the_time_of_catching_up_never_runs_backwards(fetches: list[tuple[int, int, int]]) -> None:
    follower, now_ms, seen = FollowerProgress(), 0, 0
    for offset, leader_end, step in fetches:
        now_ms += step
        follower.record_fetch(offset, 0, max(leader_end, offset), now_ms)
        assert seen <= follower.last_caught_up_ms <= now_ms
        seen = follower.last_caught_up_ms
