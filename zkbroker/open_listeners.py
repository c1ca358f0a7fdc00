"""The listeners of a broker: those of its configuration, opened and closed as it changes at run time.

A listener that fails to open at run time is logged and not advertised; at the start it stops the broker.
Source: KIP-226, kafka.server.DynamicListenerConfig.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Collection

import attrs
import trio

from zkbroker import registration
from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.config.settings import Source
from zkbroker.model import Endpoint
from zkbroker.network.connection import Connection
from zkbroker.network.listeners import CannotListen, Listener, bind
from zkbroker.network.memory import RequestMemory
from zkbroker.security.guard import Guard
from zkbroker.security.sasl_session import ServedSession

log = logging.getLogger(__name__)


@attrs.frozen(eq=False)
class _Open:
    """One listener that is open: what was asked for, and what came of it."""

    asked: Endpoint
    listener: Listener
    acceptor: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    closed: trio.Event = attrs.field(factory=trio.Event)

    def is_at(self, port: int) -> bool:
        """Whether it need not move for this port. Another host alone waits for the next start."""
        return port in (self.asked.port, self.listener.endpoint.port)


@attrs.define(eq=False)
class OpenListeners:
    """Which listeners are open. Owner: first `open_all`, then the task in `accept`."""

    _config: Callable[[], BrokerConfig]  # in force now
    _guard: Guard
    listeners: list[Listener] = attrs.field(factory=list)  # the same list for ever
    advertised: tuple[Endpoint, ...] = ()  # what clients are told, with the ports really bound
    changed: Changed = attrs.field(factory=Changed)  # `advertised` moved
    _open: dict[str, _Open] = attrs.field(factory=dict)  # by listener name
    _tried: tuple[tuple[Endpoint, ...], ...] = ()  # what was asked for last, even where it failed
    _reconfigured: Changed = attrs.field(factory=Changed)

    def open_all(self) -> None:
        """Bind every listener of the configuration, or none.

        Raises: CannotListen, ConfigError, StartupRefused.
        """
        config = self._config()
        self._tried = _wanted(config)
        try:
            for endpoint in config.listeners:
                self._guard.secure(endpoint)
                self._opened(endpoint, _bind(endpoint, config))
            self.advertised = _checked(self._to_advertise(config, socket.getfqdn(), ()))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop listening; open connections stay. No acceptor may run any more."""
        for listener in self.listeners:
            listener.close()

    def configuration_changed(self, keys: frozenset[str]) -> None:
        """Callback of the dynamic configuration: `accept` looks at the listeners again."""
        if keys & {"listeners", "advertised.listeners", "listener.security.protocol.map"}:
            self._reconfigured.notify()

    # -- accepting ---------------------------------------------------------------------------------------------

    async def accept(
        self,
        connections: trio.Nursery,
        client: Callable[[Connection], ServedSession],
        memory: RequestMemory,
        max_frame_bytes: int,
    ) -> None:
        """Accept on every listener, and follow the configuration, until cancelled.

        Each connection becomes a task of `connections`; `client` makes what serves it.
        """

        async def accept_on(opened: _Open) -> None:
            name = opened.asked.listener
            with opened.acceptor:
                await opened.listener.accept_into(
                    connections,
                    self._guard.new_session(name, client),
                    memory,
                    max_frame_bytes,
                    self._guard.listeners[name].entrance,
                    self._guard.admission,
                )
            opened.listener.close()  # not before: it would raise where somebody waits for the socket
            opened.listener.close_quiet()
            opened.closed.set()

        async with trio.open_nursery() as acceptors:
            for opened in self._open.values():
                acceptors.start_soon(accept_on, opened)
            while True:
                config = self._config()
                if _wanted(config) == self._tried:
                    await self._reconfigured.wait()
                    continue
                self._tried = _wanted(config)
                await self._close_removed(config)
                failed = []
                for endpoint in config.listeners:
                    former = self._open.get(endpoint.listener)
                    if former is None or not former.is_at(endpoint.port):
                        fresh = await self._open_another(endpoint, config)
                        if fresh is None:
                            failed.append(endpoint.listener)
                        else:
                            acceptors.start_soon(accept_on, fresh)
                await self._advertise(config, failed)

    async def _close_removed(self, config: BrokerConfig) -> None:
        """First, because another listener may want the port."""
        names = {endpoint.listener for endpoint in config.listeners}
        for name in [name for name in self._open if name not in names]:
            gone = self._open.pop(name)
            self.listeners.remove(gone.listener)
            gone.acceptor.cancel()
            await gone.closed.wait()
            self._guard.forget(name)
            log.info("listener %s is closed", name)

    async def _open_another(self, endpoint: Endpoint, config: BrokerConfig) -> _Open | None:
        """A listener that is new, or moves: then the old address closes once the new one is open."""
        former = self._open.get(endpoint.listener)
        try:
            self._guard.secure(endpoint)
            bound = await trio.to_thread.run_sync(_bind, endpoint, config)
        except (CannotListen, ConfigError) as error:
            log.error("listener %s is not %s: %s", endpoint.listener, "moved" if former else "opened", error)
            return None
        if former is not None:
            self.listeners.remove(former.listener)
            former.acceptor.cancel()
        log.info("listener %s is open", bound.endpoint)
        return self._opened(endpoint, bound)

    def _opened(self, asked: Endpoint, bound: Listener) -> _Open:
        self.listeners.append(bound)
        self._guard.oversee(self.listeners)
        opened = self._open[asked.listener] = _Open(asked, bound)
        return opened

    # -- what clients are told ---------------------------------------------------------------------------------

    async def _advertise(self, config: BrokerConfig, failed: Collection[str]) -> None:
        host = await trio.to_thread.run_sync(socket.getfqdn)
        wanted = self._to_advertise(config, host, failed)
        try:
            advertised = await trio.to_thread.run_sync(_checked, wanted)
        except registration.StartupRefused as error:
            log.error("the advertised listeners stay as they were: %s", error)
            return
        if advertised != self.advertised:
            self.advertised = advertised
            log.info("advertised now: %s", ", ".join(str(endpoint) for endpoint in advertised))
            self.changed.notify()

    def _to_advertise(self, config: BrokerConfig, host: str, failed: Collection[str]) -> tuple[Endpoint, ...]:
        """The advertised listeners that are open; what failed to open is told as it was before, if at all."""
        ports = {name: opened.listener.endpoint.port for name, opened in self._open.items()}
        before = {endpoint.listener: endpoint for endpoint in self.advertised}
        named = (
            before.get(endpoint.listener) if endpoint.listener in failed else endpoint
            for endpoint in config.endpoints_for_clients(host, ports)
        )
        return tuple(endpoint for endpoint in named if endpoint is not None)


def _wanted(config: BrokerConfig) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
    return config.listeners, config.advertised_listeners


def _checked(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    registration.check_endpoints(endpoints)
    return endpoints


def _bind(endpoint: Endpoint, config: BrokerConfig) -> Listener:
    return bind(
        endpoint,
        max(config.socket_listen_backlog_size, 128),
        _if_set(config, "socket.send.buffer.bytes"),
        _if_set(config, "socket.receive.buffer.bytes"),
    )


def _if_set(config: BrokerConfig, key: str) -> int:
    """A size somebody chose; -1 where it is Kafka's default, which is slower than the kernel's own choice."""
    value: int = config.value_of(key)
    return -1 if config.origin_of(key).source is Source.DEFAULT else value
