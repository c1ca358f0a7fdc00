"""Everything of security that a broker has, in one place: made and checked before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import trio

from acl.evaluate import Policy
from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.model import Endpoint, SecurityProtocol
from zkbroker.network.admission import Admission, FollowedLimits
from zkbroker.network.connection import Connection, Session
from zkbroker.network.listeners import Listener, NewSession, close_one_idle
from zkbroker.security.acl_authorizer import AclAuthorizer, UsageFile
from zkbroker.security.acl_rules import AclRules
from zkbroker.security.authorizer import Authorizer
from zkbroker.security.credentials import EntityConfig
from zkbroker.security.entrances import ListenerSecurity, listener_security
from zkbroker.security.login import PeerLogin
from zkbroker.security.sasl_session import ServedSession
from zkbroker.security.tokens import DelegationTokens
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ZkSession

CONNECTION_RATE = "connection_creation_rate"


@attrs.define(eq=False)
class Guard:
    """Who may connect, as whom. Owner: the broker; every part follows the configuration in force."""

    _config: Callable[[], BrokerConfig]
    _new_listener: Callable[[Endpoint, Callable[[], BrokerConfig]], ListenerSecurity]
    listeners: dict[str, ListenerSecurity]  # by listener name; `secure` and `forget` change it
    admission: Admission
    login: PeerLogin
    tokens: DelegationTokens
    authorizer: Authorizer
    rules: AclRules | None  # where an authorizer is configured
    usage: UsageFile | None
    _following: dict[str, trio.CancelScope] = attrs.field(factory=dict, init=False)
    _nursery: trio.Nursery | None = attrs.field(default=None, init=False)  # while `run` does

    def secure(self, endpoint: Endpoint) -> None:
        """Make ready what a listener that opens later asks of its clients. Raises: ConfigError."""
        name = endpoint.listener
        if name not in self.listeners:
            self.listeners[name] = self._new_listener(endpoint, self._config)
            self.listeners[name].warn_of_weakness()
            self._follow_listener(name)

    def forget(self, listener: str) -> None:
        """The listener is closed; one of its name that comes again begins anew."""
        self.listeners.pop(listener, None)
        scope = self._following.pop(listener, None)
        if scope is not None:
            scope.cancel()

    def reconfigured(self) -> None:
        """The configuration in force is another one: what waits looks again."""
        self.admission.limits_changed()
        for listener in self.listeners.values():
            if listener.tls is not None:
                listener.tls.config_changed.notify()

    async def require_usable(self, config: BrokerConfig) -> None:
        """Whether every listener could go on with this configuration: its stores are read. Raises: ConfigError."""
        for endpoint in config.listeners:
            open_now = self.listeners.get(endpoint.listener)
            if open_now is None:
                await trio.to_thread.run_sync(self._new_listener, endpoint, lambda: config)
            elif open_now.tls is not None:
                await open_now.tls.require_usable(config)

    def protocol_of(self, listener: str) -> SecurityProtocol:
        return self.listeners[listener].endpoint.security_protocol

    async def follow(
        self, session: ZkSession, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep up with the rules and tokens in ZooKeeper; started when they are known. Raises: SessionLost."""
        async with trio.open_nursery() as nursery:
            if self.rules is not None:
                await nursery.start(self.rules.follow, session)
            await nursery.start(self.tokens.follow, session)
            task_status.started()

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
        async with trio.open_nursery() as self._nursery:
            for listener in self.listeners:
                self._follow_listener(listener)
            if self.usage is not None:
                self._nursery.start_soon(self.usage.run)
            await trio.sleep_forever()

    def _follow_listener(self, name: str) -> None:
        if self._nursery is not None:
            scope = self._following[name] = trio.CancelScope()
            self._nursery.start_soon(_follow_within, scope, self.listeners[name])


async def _follow_within(scope: trio.CancelScope, listener: ListenerSecurity) -> None:
    with scope:
        await listener.follow()


def new_guard(config: Callable[[], BrokerConfig], entity: EntityConfig) -> Guard:
    """`entity` gives what is set in ZooKeeper for a user or an address. Raises: ConfigError."""
    now = config()
    tokens = DelegationTokens(config)

    def new_listener(endpoint: Endpoint, config: Callable[[], BrokerConfig]) -> ListenerSecurity:
        return listener_security(endpoint, config, entity, tokens)

    listeners = {endpoint.listener: new_listener(endpoint, config) for endpoint in now.listeners}
    for listener in listeners.values():
        listener.warn_of_weakness()

    def address_rate(address: str) -> float | None:
        for name in (znodes.sanitize(address), znodes.DEFAULT_ENTITY):
            rate = entity(znodes.entity_path("ips", name)).get(CONNECTION_RATE)
            if rate is not None:
                return float(rate)
        return None

    authorizer, rules, usage = Authorizer(), None, None
    if now.authorizer_class_name:
        by_rules = AclAuthorizer(_policy(now))
        authorizer, rules = by_rules, AclRules(by_rules.replace)
        if now.authorizer_usage_file:
            usage = UsageFile(Path(now.authorizer_usage_file), by_rules)
            usage.load()
    return Guard(
        config,
        new_listener,
        listeners,
        Admission(FollowedLimits(config), address_rate),
        PeerLogin(config, listeners.get),
        tokens,
        authorizer,
        rules,
        usage,
    )


def _policy(config: BrokerConfig) -> Policy:
    """Raises: ConfigError."""
    everybody = str(config.allow_everyone_if_no_acl_found).lower()
    try:
        return Policy.of_settings(config.super_users, everybody)
    except ValueError as error:
        raise ConfigError(
            "super.users", config.super_users, str(error), config.origin_of("super.users")
        ) from None
