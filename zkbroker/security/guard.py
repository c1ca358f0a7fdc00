"""Everything of security that a broker has, in one place: made and checked before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import trio

from zkbroker.config import BrokerConfig
from zkbroker.network.admission import Admission, FollowedLimits
from zkbroker.network.connection import Connection, Session
from zkbroker.network.listeners import Listener, NewSession, close_one_idle
from zkbroker.security.credentials import EntityConfig
from zkbroker.security.entrances import ListenerSecurity, listener_security
from zkbroker.security.login import PeerLogin
from zkbroker.security.sasl_session import ServedSession
from zkbroker.zookeeper import znodes

CONNECTION_RATE = "connection_creation_rate"


@attrs.define(eq=False)
class Guard:
    """Who may connect, as whom. Owner: the broker; every part follows the configuration in force."""

    _config: Callable[[], BrokerConfig]
    listeners: Mapping[str, ListenerSecurity]  # by listener name
    admission: Admission
    login: PeerLogin

    def new_session(self, listener: str, client: Callable[[Connection], ServedSession]) -> NewSession:
        """What makes the session of each connection of a listener; `client` is what serves it in the end."""
        security = self.listeners[listener]

        def new(connection: Connection) -> Session:
            return security.session(connection, client(connection))

        return new

    def oversee(self, listeners: Sequence[Listener]) -> None:
        """Let the listener between brokers take places from the others."""
        for listener in listeners:
            listener.make_room = lambda: close_one_idle(listeners, self._config().inter_broker_listener_name)

    async def run(self) -> None:
        """Follow what may change, for ever."""
        async with trio.open_nursery() as nursery:
            for listener in self.listeners.values():
                nursery.start_soon(listener.follow)


def new_guard(config: Callable[[], BrokerConfig], entity: EntityConfig) -> Guard:
    """`entity` gives what is set in ZooKeeper for a user or an address. Raises: ConfigError."""
    listeners = {
        endpoint.listener: listener_security(endpoint, config, entity, None)
        for endpoint in config().listeners
    }

    def address_rate(address: str) -> float | None:
        for name in (znodes.sanitize(address), znodes.DEFAULT_ENTITY):
            rate = entity(znodes.entity_path("ips", name)).get(CONNECTION_RATE)
            if rate is not None:
                return float(rate)
        return None

    return Guard(
        config,
        listeners,
        Admission(FollowedLimits(config), address_rate),
        PeerLogin(config, listeners.get),
    )
