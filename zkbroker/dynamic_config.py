"""The configuration in force: what was set at the start, and what ZooKeeper says since.

Owner of the state: this object's sync methods, called by the task in `follow`. Everybody else reads.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.config import BrokerConfig, ConfigError, Setting, TopicConfig
from zkbroker.config.dynamic import Passwords, dynamic_settings, is_known, require_allowed_change
from zkbroker.events import ConfigChanged, EventFeed, set_cause
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ANY_VERSION, NoNode, ZkSession, Znode
from zkbroker.zookeeper.strict_json import Undecodable

log = logging.getLogger(__name__)

CHANGES_KEPT_MS: Final = 15 * 60 * 1000
"""How long a change notice stays, so that every broker sees it. Source: ZkNodeChangeNotificationListener."""

NO_CONFIG: Final[Mapping[str, str]] = {}


@attrs.frozen
class DynamicConfigStatistics:
    topics_with_overrides: int
    entities: int  # users, clients and addresses with a configuration
    changes_seen: int  # notices handled since the start
    undecodable: int  # nodes that could not be read


@attrs.define(eq=False)
class DynamicConfig:
    """Configurations of this broker, of topics, and of users, clients and addresses.

    `broker` and what `topic()` returns are frozen and replaced whole. A callback runs in the same sync step
    as the change, after it; it must not raise.
    """

    _static: BrokerConfig
    _broker_id: int  # the real one, also where it was generated
    passwords: Passwords | None = attrs.field(default=None, kw_only=True)
    """How passwords of dynamic configurations are read; None without a password.encoder.secret."""
    events: EventFeed | None = attrs.field(default=None, kw_only=True)
    _wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    broker: BrokerConfig = attrs.field(init=False)
    changed: Changed = attrs.field(factory=Changed, init=False)  # any of it moved
    caught_up: Changed = attrs.field(factory=Changed, init=False)  # notices were handled, whatever they moved

    on_broker_changed: list[Callable[[frozenset[str]], None]] = attrs.field(factory=list, init=False)
    """Called with the broker keys that are set differently now."""
    on_topic_changed: list[Callable[[str], None]] = attrs.field(factory=list, init=False)
    """Called with the topic whose overrides changed."""
    on_topic_defaults_changed: list[Callable[[], None]] = attrs.field(factory=list, init=False)
    """Called when any topic's configuration may have changed, because the broker's did."""
    on_entity_changed: list[Callable[[str, Mapping[str, str]], None]] = attrs.field(factory=list, init=False)
    """Called with `users/u`, `users/u/clients/c`, `clients/c` or `ips/i` and its keys, none when it is gone."""

    _of_all_brokers: Mapping[str, str] = attrs.field(default=NO_CONFIG, init=False)
    _of_this_broker: Mapping[str, str] = attrs.field(default=NO_CONFIG, init=False)
    _overrides: dict[str, Mapping[str, str]] = attrs.field(
        factory=dict, init=False
    )  # only where there are any
    _topics: dict[str, TopicConfig] = attrs.field(factory=dict, init=False)  # worked out from _overrides
    _entities: dict[str, Mapping[str, str]] = attrs.field(factory=dict, init=False)
    _reading: trio.Lock = attrs.field(
        factory=trio.Lock, init=False
    )  # a read and its application are one step
    _changes_seen: int = attrs.field(default=0, init=False)
    _undecodable: set[str] = attrs.field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self.broker = self._static.with_broker_id(self._broker_id)

    # Reading what is in force.

    def topic(self, name: str) -> TopicConfig:
        """A topic's configuration; the same object until it changes."""
        overrides = self._overrides.get(name)
        if overrides is None:
            return self.broker.topic_defaults
        config = self._topics.get(name)
        if config is None:
            config = self._topics[name] = self._resolve(name, overrides)
        return config

    def topic_overrides(self, name: str) -> Mapping[str, str]:
        """What is set for a topic, as texts."""
        return self._overrides.get(name, NO_CONFIG)

    def usable_overrides(self, overrides: Mapping[str, str]) -> Mapping[str, str]:
        """What is set for some topic, without what cannot be used."""
        return self._fitting(overrides)[0] if overrides else overrides

    def entity(self, path: str) -> Mapping[str, str]:
        """What is set for `users/u`, `users/u/clients/c`, `clients/c` or `ips/i`; names as in ZooKeeper."""
        return self._entities.get(path, NO_CONFIG)

    @property
    def entities(self) -> Mapping[str, Mapping[str, str]]:
        """Every user, client and address with a configuration."""
        return self._entities

    @property
    def static(self) -> BrokerConfig:
        """What was set at the start, without anything from ZooKeeper."""
        return self._static

    @property
    def texts_of_this_broker(self) -> dict[str, str]:
        """What ZooKeeper says for this broker alone, as far as it can be used; passwords decoded."""
        return self.usable_texts(self._of_this_broker, per_broker=True)

    @property
    def texts_of_all_brokers(self) -> dict[str, str]:
        """What ZooKeeper says for every broker, as far as it can be used."""
        return self.usable_texts(self._of_all_brokers, per_broker=False)

    def usable_texts(self, held: Mapping[str, str], *, per_broker: bool) -> dict[str, str]:
        """What can be used of a broker node's texts; passwords decoded."""
        settings, _ = self._usable(held, per_broker=per_broker)
        texts = {setting.key: setting.text for setting in settings}
        # What no table knows is kept for whoever put it there.
        texts |= {name: text for name, text in held.items() if not is_known(name)}
        return texts

    def require_fitting(self, texts: Mapping[str, str], *, per_broker: bool) -> BrokerConfig:
        """What this broker's configuration would be with these texts, passwords in the clear, as its own dynamic ones
        (or those of all brokers).

        Raises: ConfigError for the first that cannot be.
        """
        new, problems = dynamic_settings(texts, per_broker=per_broker, decode_password=str)
        for problem in problems:
            raise problem
        others, _ = self._usable(
            self._of_all_brokers if per_broker else self._of_this_broker, per_broker=not per_broker
        )
        merged = [*others, *new] if per_broker else [*new, *others]
        candidate = self._static.with_settings(merged).with_broker_id(self._broker_id)
        if candidate.incomplete is not None:
            raise candidate.incomplete
        require_allowed_change(self.broker, candidate)
        return candidate

    def statistics(self) -> DynamicConfigStatistics:
        return DynamicConfigStatistics(
            len(self._overrides), len(self._entities), self._changes_seen, len(self._undecodable)
        )

    # Following ZooKeeper.

    async def load_broker(self, session: ZkSession) -> None:
        """Read this broker's dynamic configuration: before logs are opened, which depend on it."""
        async with self._reading:
            for path in self._broker_paths():
                self._apply(path, self._decode(path, await self._read(session, path)))

    async def follow(
        self, session: ZkSession, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep up with ZooKeeper until the session is lost or the caller cancels.

        Started once everything was read. Raises: SessionLost.
        """
        set_cause("configurations in ZooKeeper")
        handled = await self._load(session)
        task_status.started()
        while True:
            try:
                names, moved = await session.get_children_and_watch(znodes.CONFIG_CHANGES)
            except NoNode:
                await session.create_path(znodes.CONFIG_CHANGES)
                continue
            handled = await self._catch_up(session, names, handled)
            await self._remove_old_changes(session, names)
            await moved.wait()

    async def load_topics(self, session: ZkSession, topics: Iterable[str]) -> None:
        """Read the overrides of topics this broker is about to host: no notice tells of a topic's creation."""
        paths = {znodes.entity_path("topics", topic): topic for topic in topics}
        async with self._reading:
            nodes = await session.get_many([znodes.config_path(path) for path in paths])
            for path in paths:
                self._apply(path, self._decode(path, nodes.get(znodes.config_path(path))))

    def forget_topic(self, topic: str) -> None:
        """The topic is gone; should one of its name come again, its overrides are read anew."""
        self._overrides.pop(topic, None)
        self._topics.pop(topic, None)

    async def _load(self, session: ZkSession) -> int:
        """Read everything, and return the number of the last notice that this makes superfluous.

        A session that took over after a long time may have missed notices: nothing less than all will do.
        """
        try:
            notices = await session.get_children(znodes.CONFIG_CHANGES)
        except NoNode:
            notices = []
        async with self._reading:
            paths = [*self._broker_paths(), *await _entity_paths(session)]
            nodes = await session.get_many([znodes.config_path(path) for path in paths])
            for path in self._known_paths() - set(paths):
                self._apply(path, NO_CONFIG)
            for path in paths:
                self._apply(path, self._decode(path, nodes.get(znodes.config_path(path))))
        return max(map(znodes.sequence_number, notices), default=-1)

    async def _catch_up(self, session: ZkSession, names: Iterable[str], handled: int) -> int:
        """Look again at what notices after number `handled` name; returns the number of the last one."""
        new = sorted(
            (name for name in names if znodes.sequence_number(name) > handled), key=znodes.sequence_number
        )
        if not new:
            return handled
        notices = await session.get_many([f"{znodes.CONFIG_CHANGES}/{name}" for name in new])
        # A notice is only a reason to look: several about one entity are one look.
        changed = dict.fromkeys(path for notice in notices.items() if (path := self._named_by(*notice)))
        async with self._reading:
            nodes = await session.get_many([znodes.config_path(path) for path in changed])
            for path in changed:
                self._apply(path, self._decode(path, nodes.get(znodes.config_path(path))))
        self._changes_seen += len(new)
        self.caught_up.notify()
        return znodes.sequence_number(new[-1])

    def _named_by(self, path: str, notice: Znode | None) -> str | None:
        """The entity a notice names, if it is one that concerns this broker."""
        if notice is None:
            return None
        try:
            changed = znodes.decode_config_change(path, notice.data)
        except Undecodable as error:
            self._complain(path, error)
            return None
        concerns_us = not changed.startswith("brokers/") or changed in self._broker_paths()
        return changed if concerns_us else None

    async def _remove_old_changes(self, session: ZkSession, names: Iterable[str]) -> None:
        """Delete notices that everybody had time to see, oldest first."""
        for name in sorted(names, key=znodes.sequence_number):
            path = f"{znodes.CONFIG_CHANGES}/{name}"
            try:
                notice = await session.get(path)
                if self._wall_ms() - notice.stat.ctime_ms <= CHANGES_KEPT_MS:
                    return
                await session.delete(path, ANY_VERSION)
            except NoNode:
                continue  # another broker was faster

    async def _read(self, session: ZkSession, path: str) -> Znode | None:
        try:
            return await session.get(znodes.config_path(path))
        except NoNode:
            return None

    def _decode(self, path: str, node: Znode | None) -> Mapping[str, str] | None:
        """What is set for an entity; None if that cannot be read, which changes nothing.

        Falling back to defaults could delete records that the lost overrides keep.
        """
        if node is None:
            return NO_CONFIG
        try:
            config = znodes.decode_entity_config(znodes.config_path(path), node.data)
        except Undecodable as error:
            self._complain(path, error)
            return None
        self._undecodable.discard(path)
        return config

    def _complain(self, path: str, error: Exception) -> None:
        """Say it once: a broken node stays broken for every session and notice."""
        if path not in self._undecodable:
            self._undecodable.add(path)
            log.error("A configuration in ZooKeeper cannot be read; what was in force stays: %s", error)

    def _broker_paths(self) -> tuple[str, str]:
        return (
            znodes.entity_path("brokers", znodes.DEFAULT_ENTITY),
            znodes.entity_path("brokers", str(self._broker_id)),
        )

    def _known_paths(self) -> set[str]:
        topics = {znodes.entity_path("topics", topic) for topic in self._overrides}
        return topics | self._entities.keys()

    # Changes of state: no await below.

    def _apply(self, path: str, config: Mapping[str, str] | None) -> None:
        """Let `config` be what is set for the entity, and tell who wants to know if it differs."""
        if config is None:
            return
        entity_type, _, name = path.partition("/")
        if entity_type == "topics":
            self._apply_topic(name, config)
        elif entity_type == "brokers":
            self._apply_broker(name, config)
        elif config != (former := self._entities.get(path, NO_CONFIG)):
            self._tell(path, _differing(former, config))
            if config:
                self._entities[path] = config
            else:
                del self._entities[path]
            for tell in self.on_entity_changed:
                tell(path, config)
            self.changed.notify()

    def _apply_topic(self, topic: str, overrides: Mapping[str, str]) -> None:
        former = self._overrides.get(topic, NO_CONFIG)
        if overrides == former:
            return
        self._tell(znodes.entity_path("topics", topic), _differing(former, overrides))
        self._topics.pop(topic, None)
        if overrides:
            self._overrides[topic] = overrides
        else:
            del self._overrides[topic]
        for tell in self.on_topic_changed:
            tell(topic)
        self.changed.notify()

    def _apply_broker(self, name: str, texts: Mapping[str, str]) -> None:
        if name == znodes.DEFAULT_ENTITY:
            before, self._of_all_brokers = self._of_all_brokers, texts
        else:
            before, self._of_this_broker = self._of_this_broker, texts
        if texts == before:
            return
        settings = []
        for per_broker, held in ((False, self._of_all_brokers), (True, self._of_this_broker)):
            usable, problems = self._usable(held, per_broker=per_broker)
            settings += usable
            for problem in problems:
                log.error("A dynamic configuration is ignored: %s", problem)
        former = self.broker
        try:
            candidate = self._static.with_settings(settings).with_broker_id(self._broker_id)
            if candidate.incomplete is not None and former.incomplete is None:
                raise candidate.incomplete
            self.broker = candidate
        except ConfigError as error:
            log.error("The dynamic configuration of brokers/%s does not fit and is not used: %s", name, error)
            return
        keys = former.differences(self.broker)
        if not keys:
            return
        self._topics.clear()
        log.info("Configuration changed: %s", ", ".join(sorted(keys)))
        self._tell(znodes.entity_path("brokers", name), keys)
        for warning in self.broker.warnings:
            if warning not in former.warnings:
                log.warning("%s", warning)
        for tell_keys in self.on_broker_changed:
            tell_keys(keys)
        if former.topic_defaults != self.broker.topic_defaults:
            for tell in self.on_topic_defaults_changed:
                tell()
        self.changed.notify()

    def _tell(self, entity: str, keys: Iterable[str]) -> None:
        if self.events is not None and self.events.is_heard:
            self.events.emit(ConfigChanged(entity, tuple(sorted(keys))))

    def _usable(
        self, held: Mapping[str, str], *, per_broker: bool
    ) -> tuple[list[Setting], list[ConfigError]]:
        """What can be used of a node's texts, and what cannot."""
        decode = None if self.passwords is None else self.passwords.decode
        return dynamic_settings(held, per_broker=per_broker, decode_password=decode)

    def _resolve(self, topic: str, overrides: Mapping[str, str]) -> TopicConfig:
        """What can be used of the overrides: others may have written what Kafka would not accept."""
        usable, problems = self._fitting(overrides)
        for problem in problems:
            log.error("Topic %s: an override is ignored: %s", topic, problem)
        return TopicConfig.resolve(usable, self.broker)

    def _fitting(self, overrides: Mapping[str, str]) -> tuple[dict[str, str], list[ConfigError]]:
        """The overrides that fit, and why others do not."""
        usable, problems = dict(overrides), []
        while True:
            try:
                TopicConfig.resolve(usable, self.broker)
            except ConfigError as error:
                problems.append(error)
                # The two compaction lags may contradict each other; then either goes.
                usable.pop(error.key if error.key in usable else "max.compaction.lag.ms")
            else:
                return usable, problems


async def _entity_paths(session: ZkSession) -> list[str]:
    """Every topic, client, user, user's client and address that has a config node."""
    parents = [f"{znodes.CONFIG}/{entity_type}" for entity_type in ("topics", "clients", "users", "ips")]
    found = await session.get_children_many(parents)
    paths = [f"{parent}/{name}" for parent, names in found.items() for name in names or ()]
    users = [path for path in paths if path.startswith(f"{znodes.CONFIG}/users/")]
    clients = await session.get_children_many([f"{user}/clients" for user in users])
    paths += [f"{parent}/{name}" for parent, names in clients.items() for name in names or ()]
    return [path.removeprefix(f"{znodes.CONFIG}/") for path in paths]


def _differing(former: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {key for key in former.keys() | now.keys() if former.get(key) != now.get(key)}
