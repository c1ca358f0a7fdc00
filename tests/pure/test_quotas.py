"""Rates, buckets and whose limit holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.errors import ErrorCode
from zkbroker.quotas.clients import MutationQuota, QuotaExceeded, RateQuota
from zkbroker.quotas.limits import Limits
from zkbroker.quotas.rates import LONGEST_MS, TokenBucket, WindowedRate, Windows, throttle_ms

START = 1_000_000


def test_a_rate_begins_as_if_all_windows_but_the_last_had_passed() -> None:
    rate = WindowedRate(Windows(11, 1000))
    rate.record(1000, START)
    assert rate.measure(START) == (100.0, 10_000)
    assert rate.measure(START + 500) == (1000 * 1000 / 10_500, 10_500)


def test_a_rate_forgets_what_is_older_than_its_windows() -> None:
    rate = WindowedRate(Windows(11, 1000))
    rate.record(1000, START)
    assert rate.measure(START + 10_999)[0] > 0
    assert rate.measure(START + 11_000) == (0.0, 10_000)


def test_a_replication_rate_takes_one_window_for_its_first_moments() -> None:
    rate = WindowedRate(Windows(11, 1000), least_window_ms=1000)
    rate.record(1000, START)
    assert rate.measure(START + 1) == (1000.0, 1000)
    assert rate.measure(START + 4000) == (250.0, 4000)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 5000)), min_size=1, max_size=60))
def test_a_rate_is_never_above_all_that_its_time_saw(steps: list[tuple[int, int]]) -> None:
    windows = Windows(5, 1000)
    rate, now = WindowedRate(windows), START
    seen: list[tuple[int, int]] = []
    for wait_ms, value in steps:
        now += wait_ms
        rate.record(value, now)
        seen.append((now, value))
        measured, over_ms = rate.measure(now)
        assert over_ms >= 4000
        # Windows overlap what is looked at by one at most.
        recent = sum(v for at, v in seen if now - at <= 6000)
        assert measured * over_ms / 1000 <= recent + 1e-6


@pytest.mark.parametrize(
    ("rate", "limit", "rest_ms"), [(99.0, 100, 0), (100.0, 100, 0), (150.0, 100, 5000), (1.0, 0, LONGEST_MS)]
)
def test_how_long_to_rest(rate: float, limit: float, rest_ms: int) -> None:
    assert throttle_ms(rate, limit, 10_000) == rest_ms


@given(st.lists(st.integers(1, 3_000), min_size=30, max_size=200))
def test_who_rests_as_told_keeps_the_limit(amounts: list[int]) -> None:
    limits = Limits()
    limits.set("clients/c", 1000)
    quota = RateQuota(limits, Windows(11, 1000))
    now, total = START, 0
    for amount in amounts:
        now += quota.charge("u", "c", amount, now)
        total += amount
    elapsed_s = (now - START) / 1000
    # A full burst may come before the first rest.
    assert total <= 1000 * (elapsed_s + 11) + 3000


def test_what_was_given_back_was_not_used() -> None:
    limits = Limits()
    limits.set("clients/<default>", 100)
    quota = RateQuota(limits, Windows(11, 1000))
    assert quota.charge("u", "c", 100_000, START) > 0
    quota.give_back("u", "c", 100_000, START)
    assert quota.charge("u", "c", 100, START) == 0
    assert quota.most_at_once("u", "c") == 1000
    assert quota.charge("u", "d", 1, START) == 0, "each client id has an account of its own"


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
