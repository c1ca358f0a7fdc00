"""What clients may use: bytes produced and fetched, time of the broker, changes of topics.

Source: kafka.server.ClientQuotaManager, ClientRequestQuotaManager, ControllerMutationQuotaManager, 3.9.1;
KIP-13, KIP-55, KIP-124, KIP-599.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Final, Generic, Protocol, TypeVar

import attrs

from zkbroker.config import BrokerConfig
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.quotas.limits import Account, Limits
from zkbroker.quotas.rates import LONGEST_MS, Pace, TokenBucket, Windows, share
from zkbroker.quotas.task_times import TaskTimes

log = logging.getLogger(__name__)

PRODUCER_BYTE_RATE: Final = "producer_byte_rate"
CONSUMER_BYTE_RATE: Final = "consumer_byte_rate"
REQUEST_PERCENTAGE: Final = "request_percentage"
CONTROLLER_MUTATION_RATE: Final = "controller_mutation_rate"

FORGOTTEN_AFTER_MS: Final = 3_600_000
"""An account nobody used for so long is forgotten."""

MANY_ACCOUNTS: Final = 1_000
NS_PER_PERCENT: Final = 10_000_000  # a hundredth of a second's time


class _Measure(Protocol):
    @property
    def last_used_ms(self) -> int: ...


Measure = TypeVar("Measure", bound=_Measure)


@attrs.define(eq=False)
class _Accounts(Generic[Measure]):
    """What measures each account that was used of late."""

    _make: Callable[[], Measure]
    _by_account: dict[Account, Measure] = attrs.field(factory=dict, init=False)

    def of(self, account: Account, now_ms: int) -> Measure:
        measure = self._by_account.get(account)
        if measure is None:
            if len(self._by_account) >= MANY_ACCOUNTS:
                self._forget_idle(now_ms)
            measure = self._by_account[account] = self._make()
        return measure

    def _forget_idle(self, now_ms: int) -> None:
        for account, measure in list(self._by_account.items()):
            if now_ms - measure.last_used_ms > FORGOTTEN_AFTER_MS:
                del self._by_account[account]


@attrs.define(eq=False)
class RateQuota:
    """Limits on a rate: bytes a second, or per cent of a thread. Sync; owned by `ClientQuotas`."""

    _limits: Limits
    _windows: Windows
    longest_ms: int = LONGEST_MS
    """The longest rest. If there is one, no more is owed than the windows allow, for Kafka's forget the rest too."""

    _paces: _Accounts[Pace] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        most_owed_ms = math.inf if self.longest_ms == LONGEST_MS else self._windows.past_ms
        self._paces = _Accounts(lambda: Pace(self._windows, most_owed_ms))

    def charge(self, user: str, client_id: str, amount: float, now_ms: int) -> int:
        """Add to what this client used; returns for how many milliseconds it has to rest."""
        limit = self._limits.of(user, client_id)
        if limit.value is None:
            return 0
        pace = self._paces.of(limit.account, now_ms)
        return min(pace.use(amount, limit.value, now_ms), self.longest_ms)

    def overdue_ms(self, user: str, client_id: str, amount: float, now_ms: int) -> int:
        """0 if that amount may be given; else for how many milliseconds the client has to rest before it asks again.

        Who owes a little is given something all the same and rests the longer, so that several connections of one
        account take turns; who owes more than its windows allow is not, nor who may have nothing.
        """
        limit = self._limits.of(user, client_id)
        if limit.value is None or not amount:
            return 0
        if limit.value <= 0:
            return LONGEST_MS
        rest_ms = self._paces.of(limit.account, now_ms).rest_ms(limit.value, now_ms)
        return rest_ms if rest_ms > self._windows.past_ms else 0

    def most_at_once(self, user: str, client_id: str) -> int:
        """How much one answer may carry; more than fits into one without a limit."""
        limit = self._limits.of(user, client_id).value
        return LONGEST_MS if limit is None else share(limit)


@attrs.define(eq=False)
class MutationQuota:
    """Limits on partitions created and deleted a second. Sync; owned by `ClientQuotas`."""

    _limits: Limits
    _windows: Windows
    _buckets: _Accounts[TokenBucket] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._buckets = _Accounts(lambda: TokenBucket(self._windows))

    def take(self, user: str, client_id: str, count: int, now_ms: int, *, strict: bool) -> int:
        """Count so many changes; returns for how many milliseconds the client has to rest.

        Strict: nothing is allowed once the bucket is in debt, but what is allowed needs no rest. Not strict: all is
        allowed, at the price of a rest. Raises: THROTTLING_QUOTA_EXCEEDED if strict.
        """
        limit = self._limits.of(user, client_id)
        if limit.value is None:
            return 0
        bucket = self._buckets.of(limit.account, now_ms)
        if strict:
            if bucket.tokens(limit.value, now_ms) < 0:
                raise QuotaExceeded(self._rest_ms(bucket, limit.value, now_ms))
            bucket.take(count, limit.value, now_ms)
            return 0
        bucket.take(count, limit.value, now_ms)
        return self._rest_ms(bucket, limit.value, now_ms)

    @staticmethod
    def _rest_ms(bucket: TokenBucket, rate: float, now_ms: int) -> int:
        debt = -bucket.tokens(rate, now_ms)
        if debt <= 0:
            return 0
        return min(round(debt / rate * 1000), LONGEST_MS) if rate > 0 else LONGEST_MS


@attrs.define(eq=False)
class Changes:
    """One request's changes of topics, counted against its client's quota."""

    _quota: MutationQuota | None
    _user: str
    _client_id: str
    _now_ms: Callable[[], int]
    _strict: bool
    _rest_until_ms: int = attrs.field(default=0, init=False)

    def count(self, partitions: int) -> None:
        """So many partitions are about to be created or deleted. Raises: THROTTLING_QUOTA_EXCEEDED."""
        if self._quota is None:
            return
        now_ms = self._now_ms()
        try:
            rest_ms = self._quota.take(self._user, self._client_id, partitions, now_ms, strict=self._strict)
        except QuotaExceeded as error:
            self._rest_until_ms = now_ms + error.throttle_ms
            raise
        self._rest_until_ms = max(self._rest_until_ms, now_ms + rest_ms)

    def rest_ms(self) -> int:
        """For how long the client has to rest from now on: the request itself may have taken some of it."""
        return max(0, self._rest_until_ms - self._now_ms()) if self._rest_until_ms else 0


class QuotaExceeded(KafkaError):
    """The client has to rest before it may change more."""

    def __init__(self, throttle_ms: int) -> None:
        super().__init__(ErrorCode.THROTTLING_QUOTA_EXCEEDED, "The throttling quota has been exceeded.")
        self.throttle_ms = throttle_ms


@attrs.define(eq=False)
class ClientQuotas:
    """The quotas of users and clients. Follows `DynamicConfig.on_entity_changed`.

    Each of the four is None while nobody is limited by it.
    """

    _config: Callable[[], BrokerConfig]
    produce: RateQuota | None = attrs.field(default=None, init=False)
    fetch: RateQuota | None = attrs.field(default=None, init=False)
    request_time: RateQuota | None = attrs.field(default=None, init=False)
    mutations: MutationQuota | None = attrs.field(default=None, init=False)
    task_times: TaskTimes = attrs.field(factory=TaskTimes, init=False)
    _limits: dict[str, Limits] = attrs.field(factory=dict, init=False)

    def entity_changed(self, path: str, texts: Mapping[str, str]) -> None:
        """The configuration of `users/u`, `users/u/clients/c` or `clients/c`; {} when it is gone.

        Addresses have limits of their own, which the listeners keep.
        """
        if path.startswith("ips/"):
            return
        for key in (PRODUCER_BYTE_RATE, CONSUMER_BYTE_RATE, REQUEST_PERCENTAGE, CONTROLLER_MUTATION_RATE):
            self._limits.setdefault(key, Limits()).set(path, _number(path, key, texts))
        self._switch()

    def charge_request_time(self, user: str, client_id: str, now_ms: int) -> int:
        """Charge the time since this task's last request; returns for how many milliseconds the client must rest."""
        if self.request_time is None:
            return 0
        percent = self.task_times.take_ns() / NS_PER_PERCENT
        return self.request_time.charge(user, client_id, percent, now_ms)

    def changes(self, user: str, client_id: str, now_ms: Callable[[], int], *, strict: bool) -> Changes:
        """What a request that changes topics counts its changes with. `strict`: its version knows the error."""
        return Changes(self.mutations, user, client_id, now_ms, strict)

    def _switch(self) -> None:
        config = self._config()
        windows = Windows(config.quota_window_num, config.quota_window_size_seconds * 1000)
        self.produce = self._rate_quota(PRODUCER_BYTE_RATE, self.produce, windows)
        self.fetch = self._rate_quota(CONSUMER_BYTE_RATE, self.fetch, windows)
        was_timed = self.request_time is not None
        self.request_time = self._rate_quota(REQUEST_PERCENTAGE, self.request_time, windows, windows.size_ms)
        if was_timed != (self.request_time is not None):
            self.task_times.switch(not was_timed)
        limits = self._limits[CONTROLLER_MUTATION_RATE]
        if not limits:
            self.mutations = None
        elif self.mutations is None:
            self.mutations = MutationQuota(
                limits,
                Windows(
                    config.controller_quota_window_num, config.controller_quota_window_size_seconds * 1000
                ),
            )

    def _rate_quota(
        self, key: str, quota: RateQuota | None, windows: Windows, longest_ms: int = LONGEST_MS
    ) -> RateQuota | None:
        limits = self._limits[key]
        if not limits:
            return None
        return RateQuota(limits, windows, longest_ms) if quota is None else quota


def _number(path: str, key: str, texts: Mapping[str, str]) -> float | None:
    text = texts.get(key)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        log.error("The quota %s=%s of %s is no number and is ignored", key, text, path)
        return None
