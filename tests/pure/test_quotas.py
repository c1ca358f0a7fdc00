"""Buckets, what they let clients and replicas do over time, and whose limit holds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from heapq import heapify, heapreplace
from itertools import cycle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.errors import ErrorCode
from zkbroker.quotas.clients import MutationQuota, QuotaExceeded, RateQuota
from zkbroker.quotas.limits import Limits
from zkbroker.quotas.rates import LONGEST_MS, SHARE_S, TokenBucket, Windows
from zkbroker.quotas.replication import ReplicationQuota

START = 1_000_000
RATE = 1000.0
WINDOWS = Windows(11, 1000)
PAST_S = 10
FIRST_WINDOW_MS = 11_000
HALF_MINUTE_MS = 30_000
MEASURED_MS = FIRST_WINDOW_MS + 3 * HALF_MINUTE_MS


def rate_quota(rate: float = RATE, windows: Windows = WINDOWS, longest_ms: int = LONGEST_MS) -> RateQuota:
    limits = Limits()
    limits.set("clients/c", rate)
    return RateQuota(limits, windows, longest_ms)


# --- rates over time, by a virtual clock -----------------------------------------------------------------------


@attrs.define
class Used:
    """What was used, and when."""

    at_ms: list[int] = attrs.field(factory=list)
    total: list[float] = attrs.field(factory=lambda: [0.0])  # before each, and after the last

    def add(self, now_ms: int, amount: float) -> None:
        self.at_ms.append(now_ms)
        self.total.append(self.total[-1] + amount)

    def between(self, begin_ms: int, end_ms: int) -> float:
        """In [begin, end)."""
        return self.total[bisect_left(self.at_ms, end_ms)] - self.total[bisect_left(self.at_ms, begin_ms)]

    def rates(self, over_ms: int = HALF_MINUTE_MS, after_ms: int = FIRST_WINDOW_MS) -> list[float]:
        """The rate a second of every interval that begins after the first window, where it may be highest or lowest."""
        last = START + MEASURED_MS - over_ms
        begins = {at + late for at in self.at_ms for late in (0, 1)}
        begins |= {at + late - over_ms for at in self.at_ms for late in (0, 1)}
        return [
            self.between(begin, begin + over_ms) * 1000 / over_ms
            for begin in begins
            if START + after_ms <= begin <= last
        ]


Step = Callable[[int], tuple[float, int]]
"""What a connection does at a time: what it used, and for how many milliseconds it does nothing after."""


def run(*connections: Step) -> Used:
    """Let connections act, each in its own time, until all is measured."""
    used = Used()
    turns = [(START, number) for number in range(len(connections))]
    heapify(turns)
    while turns[0][0] < START + MEASURED_MS:
        now_ms, number = turns[0]
        amount, rest_ms = connections[number](now_ms)
        if amount:
            used.add(now_ms, amount)
        heapreplace(turns, (now_ms + max(1, rest_ms), number))
    return used


Amounts = list[float]
"""In seconds of the quota."""


def amounts(least: float, most: float) -> st.SearchStrategy[Amounts]:
    return st.lists(st.floats(least, most), min_size=1, max_size=20)


lateness = st.lists(st.floats(0, 0.9), min_size=1, max_size=20)
"""How long a client takes for a request, as a part of what the request costs: it could do more than it may."""

stalls = st.lists(st.integers(0, 1000), min_size=1, max_size=20)
"""Milliseconds a client does nothing, once in five seconds."""


def stalling(stalls: list[int]) -> Callable[[int], int]:
    pauses, due_ms = cycle(stalls), START

    def pause(now_ms: int) -> int:
        nonlocal due_ms
        if now_ms < due_ms:
            return 0
        due_ms = now_ms + 5000
        return next(pauses)

    return pause


def require_kept(used: Used, rate: float = RATE, within: float = 0.1) -> None:
    rates = used.rates()
    assert rates
    assert min(rates) >= rate * (1 - within)
    assert max(rates) <= rate * (1 + within)


@given(st.lists(st.tuples(amounts(0.02, 0.4), lateness), min_size=1, max_size=4), stalls)
def test_every_half_minute_of_who_produces_all_he_can_keeps_the_rate(
    producers: list[tuple[Amounts, list[float]]], stalls: list[int]
) -> None:
    """Requests of any sizes, over several connections, written before anybody rests for them."""
    quota, pause = rate_quota(), stalling(stalls)

    def producing(sizes: Iterator[float], late: Iterator[float]) -> Step:
        def step(now_ms: int) -> tuple[float, int]:
            size = next(sizes)
            rest_ms = quota.charge("u", "c", size * RATE, now_ms)
            took_ms = round(size * next(late) * 1000 / len(producers))
            return size * RATE, max(rest_ms, took_ms) + pause(now_ms)

        return step

    require_kept(run(*(producing(cycle(sizes), cycle(late)) for sizes, late in producers)))


def fetching(
    quota: RateQuota, batches: Iterator[float], late: Iterator[float], pause: Callable[[int], int]
) -> Step:
    """As `apis.fetch` does it: as many bytes as an answer may carry, a batch at least."""

    def step(now_ms: int) -> tuple[float, int]:
        size = max(next(batches) * RATE, quota.most_at_once("u", "c"))
        rest_ms = quota.overdue_ms("u", "c", size, now_ms)
        if rest_ms:
            return 0, rest_ms
        rest_ms = quota.charge("u", "c", size, now_ms)
        return size, rest_ms + round(next(late) * 100) + pause(now_ms)

    return step


@given(st.lists(st.tuples(amounts(0.001, 0.7), lateness), min_size=1, max_size=3), stalls)
def test_every_half_minute_of_who_fetches_all_he_can_keeps_the_rate(
    consumers: list[tuple[Amounts, list[float]]], stalls: list[int]
) -> None:
    quota, pause = rate_quota(), stalling(stalls)
    require_kept(run(*(fetching(quota, cycle(sizes), cycle(late), pause) for sizes, late in consumers)))


@given(st.integers(1, 60), amounts(0.001, 3), st.lists(st.integers(0, 2000), min_size=1, max_size=20))
def test_many_consumers_of_one_account_all_get_something_and_never_wait_long(
    count: int, batches: Amounts, pauses: list[int]
) -> None:
    """Also batches that are larger than all that an answer should carry, and more consumers than can take turns."""
    quota, pause = rate_quota(), cycle(pauses)
    got: list[int] = [0] * count
    longest_ms = 0

    def consuming(number: int) -> Step:
        fetch = fetching(quota, cycle(batches), cycle([0.0]), lambda now_ms: 0)

        def step(now_ms: int) -> tuple[float, int]:
            nonlocal longest_ms
            amount, rest_ms = fetch(now_ms)
            longest_ms = max(longest_ms, rest_ms)
            got[number] += amount > 0
            return amount, rest_ms + next(pause)

        return step

    used = run(*(consuming(number) for number in range(count)))
    largest = max(max(batches), SHARE_S)
    assert longest_ms <= WINDOWS.past_ms + largest * 1000 + 1, "no client's patience is at an end before"
    allowed_s = 2 * PAST_S + largest  # what was saved, and what may be owed
    assert used.total[-1] <= RATE * (MEASURED_MS / 1000 + allowed_s) + 1
    if count * largest <= PAST_S:
        assert min(got) >= 1, "they take turns"


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.floats(0, 15)), min_size=1, max_size=60),
    st.sampled_from([Windows(11, 1000), Windows(3, 1000), Windows(2, 5000)]),
)
def test_nobody_ever_gets_more_than_the_rate_and_what_he_saved(
    requests: list[tuple[int, float]], windows: Windows
) -> None:
    """Whatever is asked and whenever: the rate, what the windows allow at once, and one request."""
    quota, used, now_ms = rate_quota(windows=windows), Used(), START
    for pause_ms, size in requests:
        used.add(now_ms, size * RATE)
        now_ms += quota.charge("u", "c", size * RATE, now_ms) + pause_ms
    largest = max(size for _, size in requests)
    for first, begin_ms in enumerate(used.at_ms):
        for end_ms in used.at_ms[first:]:
            allowed_s = (end_ms - begin_ms) / 1000 + windows.past_ms / 1000 + largest
            assert used.between(begin_ms, end_ms + 1) <= RATE * allowed_s + 1


@given(
    st.lists(st.tuples(st.integers(0, 8000), st.floats(0.1, 10)), min_size=1, max_size=60),
    st.sampled_from([Windows(11, 1000), Windows(3, 1000), Windows(2, 5000)]),
)
def test_who_uses_no_more_than_the_windows_allow_never_rests(
    requests: list[tuple[int, float]], windows: Windows
) -> None:
    """Nobody whom Kafka would not throttle, wherever its windows begin, is throttled here."""
    used, now_ms = Used(), START
    for pause_ms, size in requests:
        now_ms += pause_ms
        used.add(now_ms, size)
    over_ms = windows.past_ms + windows.size_ms
    most = max(used.between(at_ms, at_ms + over_ms) for at_ms in used.at_ms)
    quota = rate_quota(windows=windows)
    for at_ms, (_, size) in zip(used.at_ms, requests, strict=True):
        assert quota.charge("u", "c", size / most * RATE * windows.past_ms / 1000 * 0.999, at_ms) == 0


def test_the_first_window_allows_what_it_always_did() -> None:
    quota = rate_quota(windows=Windows(11, 2000))
    assert quota.charge("u", "c", 20 * RATE, START) == 0
    assert quota.charge("u", "c", RATE, START) == 1000
    quota = rate_quota(windows=Windows(1, 1000))
    assert quota.charge("u", "c", RATE, START) == 1000, "with one window nothing is saved"


# --- quotas of clients -----------------------------------------------------------------------------------------


def test_a_higher_limit_counts_at_once_and_a_lower_one_does_not_lengthen_what_is_owed() -> None:
    limits = Limits()
    limits.set("clients/c", 100)
    quota = RateQuota(limits, WINDOWS)
    assert quota.charge("u", "c", 1500, START) == 5000
    limits.set("clients/c", 500)
    assert quota.charge("u", "c", 0, START) == 1000
    limits.set("clients/c", 5)
    assert quota.charge("u", "c", 0, START) == 1000
    assert quota.charge("u", "c", 5, START) == 2000
    limits.set("clients/c", 1000)
    assert quota.charge("u", "c", 0, START + 1000) == 5


def test_what_was_saved_under_a_higher_limit_is_not_kept() -> None:
    limits = Limits()
    limits.set("clients/c", 1_000_000)
    quota = RateQuota(limits, WINDOWS)
    assert quota.charge("u", "c", 1, START) == 0
    limits.set("clients/c", 10)
    assert quota.charge("u", "c", 110, START) == 1000


def test_who_owes_more_than_the_windows_allow_is_given_nothing() -> None:
    quota = rate_quota(100, Windows(3, 1000))
    assert quota.most_at_once("u", "c") == 50
    assert quota.overdue_ms("u", "c", 300, START) == 0
    assert quota.charge("u", "c", 300, START) == 1000
    assert quota.overdue_ms("u", "c", 300, START) == 0, "another connection has its turn"
    assert quota.charge("u", "c", 300, START) == 4000
    assert quota.overdue_ms("u", "c", 1, START) == 4000
    assert quota.overdue_ms("u", "c", 0, START) == 0, "nothing costs nothing"
    assert quota.overdue_ms("u", "c", 1, START + 1999) == 2001
    assert quota.overdue_ms("u", "c", 1, START + 2000) == 0
    assert quota.overdue_ms("u", "d", 1, START) == 0, "nobody limits that client"
    assert quota.most_at_once("u", "d") == LONGEST_MS


def test_a_limit_of_nothing_allows_nothing() -> None:
    quota = rate_quota(0)
    assert quota.charge("u", "c", 1, START) == LONGEST_MS
    assert quota.overdue_ms("u", "c", 1, START) == LONGEST_MS
    assert quota.most_at_once("u", "c") == 0


def test_each_client_id_of_a_default_has_an_account_of_its_own() -> None:
    limits = Limits()
    limits.set("clients/<default>", 100)
    quota = RateQuota(limits, WINDOWS)
    assert quota.charge("u", "c", 2000, START) == 10_000
    assert quota.charge("u", "d", 1000, START) == 0
    assert quota.charge("v", "c", 1, START) > 10_000, "the same client id of another user shares it"


@given(amounts(0.03, 0.1))
def test_every_half_minute_of_request_time_keeps_the_rate(costs: Amounts) -> None:
    quota = rate_quota(5.0, longest_ms=1000)
    requests = cycle(costs)

    def step(now_ms: int) -> tuple[float, int]:
        cost = next(requests) * 5.0
        return cost, quota.charge("u", "c", cost, now_ms)

    require_kept(run(step), 5.0)


def test_a_rest_for_request_time_is_a_window_at_most_and_so_is_not_all_that_is_owed() -> None:
    quota = rate_quota(1.0, Windows(3, 1000), longest_ms=1000)
    for number in range(100):  # ten seconds' worth every second: the limit cannot be kept so
        assert quota.charge("u", "c", 10.0, START + 1000 * number) == 1000
    later = START + 99_000 + 9000
    assert quota.charge("u", "c", 0, later) == 1000
    assert quota.charge("u", "c", 0, later + 1000) == 0, (
        "the longest rest was for one request, not for a hundred"
    )


# --- quotas of replication ---------------------------------------------------------------------------------------


def replication_quota(rate: float = RATE) -> ReplicationQuota:
    return ReplicationQuota(lambda: int(rate), lambda: WINDOWS)


@given(st.integers(1, 3), amounts(0.001, 0.7), st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_every_half_minute_of_replicas_that_catch_up_keeps_the_rate(
    followers: int, batches: Amounts, late_ms: list[int]
) -> None:
    quota, late = replication_quota(), cycle(late_ms)

    def copying(sizes: Iterator[float]) -> Step:
        def step(now_ms: int) -> tuple[float, int]:
            if rest_ms := quota.rest_ms(now_ms):
                return 0, rest_ms + next(late)
            size = round(max(next(sizes) * RATE, quota.most_at_once()))
            quota.charge(size, now_ms)
            return size, 1

        return step

    require_kept(run(*(copying(cycle(batches)) for _ in range(followers))))


def test_a_replication_quota_allows_one_window_at_once() -> None:
    quota = replication_quota()
    assert quota.rest_ms(START) == 0
    quota.charge(1000, START)
    assert quota.rest_ms(START) == 0
    quota.charge(500, START)
    assert quota.rest_ms(START) == 500
    assert quota.rest_ms(START + 500) == 0


def test_what_replicas_in_sync_took_holds_nobody_back_for_longer_than_the_windows() -> None:
    quota = replication_quota()
    for second in range(100):
        quota.charge(50_000, START + 1000 * second)
    assert quota.rest_ms(START + 99_000) == 50_000, "one piece is owed in any case"
    quota = replication_quota()
    for step in range(1000):
        quota.charge(5000, START + 100 * step)
    assert quota.rest_ms(START + 99_900) == WINDOWS.past_ms


# --- whose limit holds -----------------------------------------------------------------------------------------


ENTITIES = (
    "users/u/clients/c",
    "users/u/clients/<default>",
    "users/u",
    "users/<default>/clients/c",
    "users/<default>/clients/<default>",
    "users/<default>",
    "clients/c",
    "clients/<default>",
)


def test_the_most_special_entity_counts() -> None:
    limits = Limits()
    assert not limits
    assert limits.of("u", "c").value is None
    for number, path in reversed(list(enumerate(ENTITIES))):
        limits.set(path, number)
        assert limits.of("u", "c").value == number
    for number, path in enumerate(ENTITIES[:-1]):
        limits.set(path, None)
        assert limits.of("u", "c").value == number + 1
    limits.set(ENTITIES[-1], None)
    assert not limits


@pytest.mark.parametrize(
    ("path", "account"),
    [
        ("users/u/clients/c", ("u", "c")),
        ("users/<default>/clients/<default>", ("u", "c")),
        ("users/u", ("u", "")),
        ("users/<default>", ("u", "")),
        ("clients/c", ("", "c")),
        ("clients/<default>", ("", "c")),
    ],
)
def test_whose_consumption_is_added_up(path: str, account: tuple[str, str]) -> None:
    limits = Limits()
    limits.set(path, 1)
    assert limits.of("u", "c").account == account


def test_names_are_those_of_znodes() -> None:
    limits = Limits()
    limits.set("users/%3Cdefault%3E", 1)
    limits.set("clients/a%20b%2A", 2)
    assert limits.of("<default>", "x").value == 1
    assert limits.of("v", "a b*").value == 2
    assert limits.of("v", "x").value is None


def test_a_bucket_is_full_at_first_and_may_get_into_debt() -> None:
    bucket = TokenBucket(Windows(10, 1000))
    assert bucket.tokens(5, START) == 50
    bucket.take(56, 5, START)
    assert bucket.tokens(5, START) == -6
    assert bucket.tokens(5, START + 1200) == 0
    assert bucket.tokens(5, START + 1_000_000) == 50


def mutations(rate: float) -> MutationQuota:
    limits = Limits()
    limits.set("users/u", rate)
    return MutationQuota(limits, Windows(10, 1000))


def test_a_strict_quota_refuses_only_once_it_is_in_debt() -> None:
    quota = mutations(5)
    assert quota.take("u", "c", 60, START, strict=True) == 0
    with pytest.raises(QuotaExceeded) as refused:
        quota.take("u", "d", 1, START, strict=True)
    assert refused.value.code is ErrorCode.THROTTLING_QUOTA_EXCEEDED
    assert refused.value.throttle_ms == 2000
    assert quota.take("u", "c", 1, START + 2000, strict=True) == 0
    assert quota.take("v", "c", 1000, START, strict=True) == 0, "nobody limits this user"


def test_a_lenient_quota_delays() -> None:
    quota = mutations(5)
    assert quota.take("u", "c", 50, START, strict=False) == 0
    assert quota.take("u", "c", 10, START, strict=False) == 2000
