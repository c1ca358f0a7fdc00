"""Who may still connect: limits on the number of connections, and on how fast they come.

A listener that is full does not accept: clients wait in the kernel's queue. The listener between brokers, where it is
not the only one, is never kept waiting by clients of the others: it closes one of theirs that is idle.

Source: KIP-402, KIP-612; kafka.network.ConnectionQuotas.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig

NO_LIMIT = 2**31 - 1


@attrs.frozen
class ConnectionLimits:
    """The limits in force; NO_LIMIT for none."""

    connections: int = NO_LIMIT  # of the broker
    per_second: int = NO_LIMIT
    per_address: int = NO_LIMIT
    address_overrides: dict[str, int] = attrs.field(factory=dict)
    listener_connections: dict[str, int] = attrs.field(factory=dict)  # by listener name
    listener_per_second: dict[str, int] = attrs.field(factory=dict)
    protected_listener: str | None = None  # between brokers, if there are others


@attrs.frozen
class AdmissionStatistics:
    connections: int
    by_listener: dict[str, int]
    refused: int  # for the limit of their address
    delayed: int  # for the rate of their address


@attrs.define(eq=False)
class _Pace:
    """A token bucket that holds a second's worth; `now` is monotonic seconds."""

    _tokens: float
    _at: float

    def take(self, rate: float, now: float) -> float:
        """Take one; returns for how many seconds to wait because it was one too many."""
        most = max(rate, 1.0)
        self._tokens = min(most, self._tokens + (now - self._at) * rate) - 1
        self._at = now
        if self._tokens >= 0:
            return 0.0
        return -self._tokens / rate if rate > 0 else math.inf


@attrs.define(eq=False)
class Admission:
    """Counts the broker's connections. Owner: the acceptors, by sync calls."""

    _limits: Callable[[], ConnectionLimits]
    _address_rate: Callable[[str], float | None] = lambda _: None
    """Connections a second that an address may make; None: any number."""

    _total: int = attrs.field(default=0, init=False)
    _by_listener: dict[str, int] = attrs.field(factory=dict, init=False)
    _by_address: dict[str, int] = attrs.field(factory=dict, init=False)
    _paces: dict[str, _Pace] = attrs.field(factory=dict, init=False)  # of listeners, addresses, and "" of all
    _freed: Changed = attrs.field(factory=Changed, init=False)
    _refused: int = attrs.field(default=0, init=False)
    _delayed: int = attrs.field(default=0, init=False)

    def statistics(self) -> AdmissionStatistics:
        return AdmissionStatistics(self._total, dict(self._by_listener), self._refused, self._delayed)

    async def wait_room(self, listener: str) -> None:
        """Return when the listener may accept one more. Limits may change meanwhile."""
        while not self._has_room(listener):
            with trio.move_on_after(1):
                await self._freed.wait()

    def _has_room(self, listener: str) -> bool:
        limits = self._limits()
        if self._by_listener.get(listener, 0) >= limits.listener_connections.get(listener, NO_LIMIT):
            return False
        return listener == limits.protected_listener or self._total < limits.connections

    @property
    def is_over_full(self) -> bool:
        """Whether the listener between brokers has taken a place that was not free."""
        return self._total > self._limits().connections

    def limits_changed(self) -> None:
        """There may be room where there was none."""
        self._freed.notify()

    def admit(self, listener: str, address: str) -> str | None:
        """Count a connection in; each is counted out by `leave`. Or say why this address may have no more."""
        limits = self._limits()
        allowed = limits.address_overrides.get(address, limits.per_address)
        count = self._by_address.get(address, 0)
        if count >= allowed:
            self._refused += 1
            return f"its address has {count} connections, as many as it may (max.connections.per.ip)"
        self._by_address[address] = count + 1
        self._by_listener[listener] = self._by_listener.get(listener, 0) + 1
        self._total += 1
        return None

    def leave(self, listener: str, address: str) -> None:
        """A connection that was admitted is gone."""
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]
        self._by_listener[listener] -= 1
        self._total -= 1
        self._freed.notify()

    def pause_s(self, listener: str, now: float) -> float:
        """How long the acceptor has to wait after this connection, to keep the rates."""
        limits = self._limits()
        pause = 0.0
        for name, rate in (
            ("", limits.per_second),
            (listener, limits.listener_per_second.get(listener, NO_LIMIT)),
        ):
            if rate != NO_LIMIT:
                pause = max(pause, self._pace(name, rate, now).take(rate, now))
        return min(pause, 1.0)  # the rate may be raised meanwhile

    def address_delay_s(self, address: str, now: float) -> float:
        """0, or for how long an address that connects too often is kept waiting before it is closed."""
        rate = self._address_rate(address)
        if rate is None:
            return 0.0
        if len(self._paces) > 10_000:  # addresses that came once
            self._paces = {name: pace for name, pace in self._paces.items() if now - pace._at < 60}
        pace = self._pace(f"@{address}", rate, now)
        delay = pace.take(rate, now)
        if delay:
            pace._tokens += 1  # it was not let in
            self._delayed += 1
        return min(delay, 30.0)

    def _pace(self, name: str, rate: float, now: float) -> _Pace:
        pace = self._paces.get(name)
        if pace is None:
            pace = self._paces[name] = _Pace(max(rate, 1.0), now)
        return pace


def limits_of(config: BrokerConfig) -> ConnectionLimits:
    """What the `max.connection…` keys say; a listener's own keys limit it further."""
    own_counts: dict[str, int] = {}
    own_rates: dict[str, int] = {}
    for endpoint in config.listeners:
        listener = endpoint.listener
        prefix = f"listener.name.{listener.lower()}."
        view = config.for_listener(listener)
        if f"{prefix}max.connections" in config.settings:
            own_counts[listener] = view.max_connections
        if f"{prefix}max.connection.creation.rate" in config.settings:
            own_rates[listener] = view.max_connection_creation_rate
    return ConnectionLimits(
        connections=config.max_connections,
        per_second=config.max_connection_creation_rate,
        per_address=config.max_connections_per_ip,
        address_overrides=dict(config.max_connections_per_ip_overrides),
        listener_connections=own_counts,
        listener_per_second=own_rates,
        protected_listener=config.inter_broker_listener_name if len(config.listeners) > 1 else None,
    )


@attrs.define(eq=False)
class FollowedLimits:
    """The limits of the configuration in force, worked out anew when it has changed."""

    _config: Callable[[], BrokerConfig]
    _seen: BrokerConfig | None = None
    _limits: ConnectionLimits = attrs.field(factory=ConnectionLimits)

    def __call__(self) -> ConnectionLimits:
        config = self._config()
        if config is not self._seen:
            self._seen, self._limits = config, limits_of(config)
        return self._limits
