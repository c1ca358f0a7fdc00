"""BrokerConfig: one broker's configuration, parsed, resolved and checked. [pure]

Everything that can be wrong is found here, before anything is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

from zkbroker.config.broker_keys import BROKER_KEYS, DYNAMIC_ONLY, OTHER_UNITS, SYNONYMS, BrokerKeys
from zkbroker.config.keys import Key, as_text
from zkbroker.config.listeners import (
    UNSPECIFIED_HOSTS,
    parse_connection_overrides,
    parse_endpoints,
    parse_protocol_map,
    shared_port,
    split_csv,
    zookeeper_connect_problem,
)
from zkbroker.config.protocol_version import parse_protocol_version
from zkbroker.config.security_checks import check_security, check_zookeeper_security
from zkbroker.config.settings import DEFAULT_ORIGIN, ConfigError, Origin, Setting, Source
from zkbroker.config.topic import TopicConfig
from zkbroker.model import Endpoint

T = TypeVar("T")

LISTENER_KEY: Final = re.compile(r"listener\.name\.(?P<listener>[^.]*)\.(?P<key>.+)")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI")
MECHANISM_KEYS: Final = frozenset(
    {
        "sasl.jaas.config",
        "sasl.login.callback.handler.class",
        "sasl.login.class",
        "sasl.server.callback.handler.class",
        "connections.max.reauth.ms",
    }
)

REMOVED_KEYS: Final[Mapping[str, str]] = {
    "host.name": "listeners",
    "port": "listeners",
    "advertised.host.name": "advertised.listeners",
    "advertised.port": "advertised.listeners",
    "quota.producer.default": "kafka-configs --entity-type clients --entity-default",
    "quota.consumer.default": "kafka-configs --entity-type clients --entity-default",
}
"""Keys of older Kafkas, which an old file may still hold, and what took their place."""

STATIC_SOURCES: Final = (Source.FILE, Source.ENVIRONMENT, Source.OVERRIDE)

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000


class BrokerConfig(BrokerKeys):
    """One broker's configuration; never changes after construction.

    Attributes are Kafka's keys with underscores for dots. Resolved ones: `listeners`, `advertised_listeners`
    (hosts may be empty, see `endpoints_for_clients`), `listener_security_protocol_map`,
    `inter_broker_listener_name`, `log_dirs`, `log_retention_ms`, `log_roll_ms`, `log_roll_jitter_ms`,
    `log_flush_interval_ms`, `max_connections_per_ip_overrides`, `zookeeper_connection_timeout_ms`,
    `inter_broker_protocol_version`. A `broker_id` of -1 means: generate one.
    """

    settings: Mapping[str, Setting]  # what was set, by key; the one that counts
    warnings: tuple[str, ...]  # sentences for the log, one for each key that has no effect
    incomplete: (
        ConfigError | None
    )  # what a broker cannot run without, and may find in ZooKeeper when it starts

    def __init__(self, settings: Iterable[Setting] = ()) -> None:
        """A later setting of a key goes before an earlier one.

        Raises: ConfigError.
        """
        # The last place counts, but keys stay in the order of the file, so that its first error is reported.
        chosen = {setting.key: setting for setting in settings}
        attributes = self.__dict__
        attributes["settings"] = chosen
        attributes["_values"] = values = {}
        attributes.update(_DEFAULTS)
        warnings: list[str] = []
        for setting in chosen.values():
            key = BROKER_KEYS.get(setting.key)
            if key is None:
                warnings.extend(_prefixed_or_unknown(setting))
                continue
            value = parse_setting(key, setting)
            if key.name in DYNAMIC_ONLY and setting.origin.source in STATIC_SOURCES:
                warnings.append(f"{_shown(setting, key)} has no effect: it is a dynamic configuration only")
                continue
            values[key.name] = attributes[key.attribute] = value
            if key.tuning is not None:
                warnings.append(f"{_shown(setting, key)} has no effect here: {key.tuning}")
        self._resolve()
        attributes["warnings"] = (*warnings, *self._warnings_of_strange_listeners())
        self._check()

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], place: str = "properties") -> BrokerConfig:
        """A configuration from keys and texts. Raises: ConfigError."""
        origin = Origin(Source.FILE, place)
        return cls(Setting(key, text, origin) for key, text in properties.items())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a BrokerConfig never changes: {name}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={self.text_of(key)}" for key in self._values if key in BROKER_KEYS)
        return f"BrokerConfig({shown})"

    def with_settings(self, settings: Iterable[Setting]) -> BrokerConfig:
        """The same with these set too; what says the same in other units gives way.

        Raises: ConfigError.
        """
        merged = dict(self.settings)
        for setting in settings:
            for group in OTHER_UNITS.values():
                if setting.key in group:
                    for synonym in group:
                        merged.pop(synonym, None)
            merged[setting.key] = setting
        return BrokerConfig(merged.values())

    def with_properties(self, properties: Mapping[str, str], place: str = "override") -> BrokerConfig:
        """The same with these keys set too. Raises: ConfigError."""
        origin = Origin(Source.OVERRIDE, place)
        return self.with_settings(Setting(key, text, origin) for key, text in properties.items())

    def with_broker_id(self, broker_id: int) -> BrokerConfig:
        """The same with the broker id that was generated, which may be above `reserved.broker.max.id`."""
        if broker_id == self.broker_id:
            return self
        copy: BrokerConfig = object.__new__(BrokerConfig)
        copy.__dict__.update(self.__dict__)
        copy.__dict__["broker_id"] = broker_id
        return copy

    def value_of(self, key: str) -> Any:
        """The parsed value of a key as it was set, or its default: what DescribeConfigs shows, not resolved.

        Raises: KeyError for an unknown key.
        """
        return self._values.get(key, BROKER_KEYS[key].default)

    def text_of(self, key: str) -> str | None:
        """`value_of` as Kafka prints it; None for null, secrets hidden. Raises: KeyError."""
        return as_text(self.value_of(key))

    def deciding_key(self, key: str) -> str:
        """The one of a key's synonyms that decides, such as `log.retention.hours`; else the key itself."""
        group = SYNONYMS.get(key, (key,))
        return next((synonym for synonym in group if synonym in self._values), group[-1])

    def origin_of(self, key: str) -> Origin:
        """Where the value of a key was set."""
        setting = self.settings.get(key)
        return DEFAULT_ORIGIN if setting is None else setting.origin

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Where each key that is set was set."""
        return {key: setting.origin for key, setting in self.settings.items()}

    def differences(self, other: BrokerConfig) -> frozenset[str]:
        """The keys, listener-prefixed ones included, that are not set alike."""
        mine = {key: setting.text for key, setting in self.settings.items()}
        theirs = {key: setting.text for key, setting in other.settings.items()}
        return frozenset(key for key, _ in mine.items() ^ theirs.items())

    @property
    def topic_defaults(self) -> TopicConfig:
        """The configuration of a topic that overrides nothing; always the same object."""
        defaults: TopicConfig | None = self.__dict__.get("_topic_defaults")
        if defaults is None:
            defaults = self.__dict__["_topic_defaults"] = TopicConfig.resolve({}, self)
        return defaults

    def for_listener(self, listener: str) -> BrokerConfig:
        """This configuration as that listener sees it: its `listener.name.<listener>.` keys go first."""
        own = self.settings_of_listener(listener)
        view: BrokerConfig = object.__new__(BrokerConfig)
        view.__dict__.update(self.__dict__)
        view.__dict__["_values"] = values = dict(self._values)
        for name, setting in own.items():
            key = BROKER_KEYS.get(name)
            if key is not None:
                values[name] = view.__dict__[key.attribute] = parse_setting(key, setting)
        return view

    def for_mechanism(self, listener: str, mechanism: str) -> BrokerConfig:
        """`for_listener`, with the keys that are prefixed with the SASL mechanism before those."""
        view = self.for_listener(listener)
        prefix = f"{mechanism.lower()}."
        for name, setting in self.settings_of_listener(listener).items():
            if name.startswith(prefix) and name.removeprefix(prefix) in MECHANISM_KEYS:
                key = BROKER_KEYS[name.removeprefix(prefix)]
                view._values[key.name] = view.__dict__[key.attribute] = parse_setting(key, setting)
        return view

    def endpoints_for_clients(
        self, host_name: str, bound_ports: Mapping[str, int] | None = None
    ) -> tuple[Endpoint, ...]:
        """The advertised listeners; `host_name` for an empty host, the listener's bound port for port 0."""
        return tuple(
            Endpoint(
                endpoint.listener,
                endpoint.security_protocol,
                endpoint.host or host_name,
                endpoint.port or (bound_ports or {}).get(endpoint.listener, 0),
            )
            for endpoint in self.advertised_listeners
        )

    @property
    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = self.__dict__["_values"]
        return values

    def settings_of_listener(self, listener: str) -> dict[str, Setting]:
        """What is set for this listener alone, by its key without `listener.name.LISTENER.`."""
        prefix = f"listener.name.{listener.lower()}."
        return {
            key.removeprefix(prefix): setting
            for key, setting in self.settings.items()
            if key.startswith(prefix)
        }

    def _warnings_of_strange_listeners(self) -> list[str]:
        """Kafka looks for lower-case names only, so a slip of the pen would drop what the key asks for."""
        known = {endpoint.listener.lower() for endpoint in self.listeners}
        warnings = []
        for setting in self.settings.values():
            parts = split_listener_key(setting.key)
            if parts is not None and parts.listener not in known:
                listeners = ", ".join(sorted(known))
                warnings.append(
                    f"{_shown(setting, None)} has no effect: the listeners are, in lower case, {listeners}"
                )
        return warnings

    # Resolving: attributes that several keys, or the text of one, decide.

    def _resolve(self) -> None:
        attributes = self.__dict__
        values = self._values
        if "broker.id" not in values:
            attributes["broker_id"] = self.node_id
        attributes["inter_broker_protocol_version"] = parse_protocol_version(
            self.value_of("inter.broker.protocol.version")
        )
        directories = self.value_of("log.dirs")
        attributes["log_dirs"] = tuple(split_csv(self.log_dir if directories is None else directories))
        attributes["log_retention_ms"] = self._milliseconds("log.retention")
        attributes["log_roll_ms"] = self._milliseconds("log.roll")
        attributes["log_roll_jitter_ms"] = self._milliseconds("log.roll.jitter")
        if self.value_of("log.flush.interval.ms") is None:
            attributes["log_flush_interval_ms"] = self.log_flush_scheduler_interval_ms
        if self.value_of("zookeeper.connection.timeout.ms") is None:
            attributes["zookeeper_connection_timeout_ms"] = self.zookeeper_session_timeout_ms
        # A frame that is allowed must fit into the budget, or it would wait for ever.
        if "queued.max.request.bytes" not in values:
            attributes["queued_max_request_bytes"] = max(
                self.queued_max_request_bytes, self.socket_request_max_bytes
            )
        attributes["max_connections_per_ip_overrides"] = self._read(
            "max.connections.per.ip.overrides", parse_connection_overrides
        )
        self._resolve_listeners()

    def _milliseconds(self, prefix: str) -> int:
        """A time from the finest unit that is set; below 0 means without limit."""
        exact: int | None = self.value_of(f"{prefix}.ms")
        if exact is None:
            minutes = self.value_of(f"{prefix}.minutes") if f"{prefix}.minutes" in BROKER_KEYS else None
            exact = minutes * MINUTE_MS if minutes is not None else self.value_of(f"{prefix}.hours") * HOUR_MS
        return -1 if exact < 0 and prefix == "log.retention" else exact

    def _resolve_listeners(self) -> None:
        attributes = self.__dict__
        protocols = self._read("listener.security.protocol.map", parse_protocol_map)
        attributes["listener_security_protocol_map"] = protocols
        listeners = self._read("listeners", lambda text: parse_endpoints(text, protocols))
        attributes["listeners"] = attributes["advertised_listeners"] = listeners
        if self.value_of("advertised.listeners") is not None:
            attributes["advertised_listeners"] = self._read(
                "advertised.listeners", lambda text: parse_endpoints(text, protocols)
            )
        named = self.value_of("inter.broker.listener.name")
        attributes["inter_broker_listener_name"] = (named or self.security_inter_broker_protocol).upper()
        control = self.value_of("control.plane.listener.name")
        attributes["control_plane_listener_name"] = None if control is None else control.upper()

    def _read(self, key: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(self.value_of(key))
        except ValueError as error:
            self._refuse(key, str(error))

    def _refuse(self, key: str, allowed: str) -> NoReturn:
        raise ConfigError(key, self.text_of(key), allowed, self.origin_of(key))

    # Checks that look at more than one key. Source: kafka.server.KafkaConfig.validateValues.

    def _check(self) -> None:
        self._check_identity()
        self._check_listeners()
        check_zookeeper_security(self)
        self._check_security()
        self._check_log()
        if self.replica_fetch_wait_max_ms > self.replica_socket_timeout_ms:
            limit = f"it must be at most replica.socket.timeout.ms ({self.replica_socket_timeout_ms})"
            self._refuse("replica.fetch.wait.max.ms", limit)
        if self.replica_fetch_wait_max_ms > self.replica_lag_time_max_ms:
            limit = f"it must be at most replica.lag.time.max.ms ({self.replica_lag_time_max_ms})"
            self._refuse(
                "replica.fetch.wait.max.ms", f"{limit}, or followers would leave the ISR all the time"
            )
        if 0 < self.queued_max_request_bytes < self.socket_request_max_bytes:
            limit = f"it must be at least socket.request.max.bytes ({self.socket_request_max_bytes})"
            self._refuse("queued.max.request.bytes", limit)
        if self.max_connections_per_ip == 0 and not self.max_connections_per_ip_overrides:
            self._refuse(
                "max.connections.per.ip",
                "it may be 0 only where max.connections.per.ip.overrides allows some",
            )
        if 0 <= self.connections_max_idle_ms <= self.connection_failed_authentication_delay_ms:
            limit = f"it must be less than connections.max.idle.ms ({self.connections_max_idle_ms})"
            self._refuse("connection.failed.authentication.delay.ms", limit)

    def _check_identity(self) -> None:
        if {"broker.id", "node.id"} <= self._values.keys() and self.broker_id != self.node_id:
            self._refuse("node.id", f"it must be the same as broker.id ({self.broker_id}), or not be set")
        key = "broker.id" if "broker.id" in self._values else "node.id"
        if not self.broker_id_generation_enable:
            if self.broker_id < 0:
                self._refuse(key, "it must be 0 or more, since broker.id.generation.enable is false")
        elif not -1 <= self.broker_id <= self.reserved_broker_max_id:
            limit = f"it must be from 0 to reserved.broker.max.id ({self.reserved_broker_max_id})"
            self._refuse(key, f"{limit}, or -1 to generate one above that")
        connect = self.value_of("zookeeper.connect")
        if not connect:
            raise ConfigError("zookeeper.connect", None, "it must be HOST:PORT[,HOST:PORT…][/chroot]")
        if (problem := zookeeper_connect_problem(connect)) is not None:
            self._refuse("zookeeper.connect", problem)

    def _check_listeners(self) -> None:
        listening = [endpoint.listener for endpoint in self.listeners]
        advertised = [endpoint.listener for endpoint in self.advertised_listeners]
        if (port := shared_port(self.listeners)) is not None:
            self._refuse("listeners", f"each listener must have another port, and {port} comes twice")
        strangers = [name for name in advertised if name not in listening]
        if strangers:
            names = f"{', '.join(strangers)} is not in listeners, which are {', '.join(listening)}"
            self._refuse("advertised.listeners", names)
        advertised_key = (
            "listeners" if self.value_of("advertised.listeners") is None else "advertised.listeners"
        )
        if any(endpoint.host in UNSPECIFIED_HOSTS for endpoint in self.advertised_listeners):
            self._refuse(
                advertised_key,
                "clients cannot connect to 0.0.0.0: set advertised.listeners to a name or address they reach",
            )
        if "inter.broker.listener.name" in self._values and "security.inter.broker.protocol" in self._values:
            self._refuse(
                "security.inter.broker.protocol",
                "inter.broker.listener.name is set too, and one of them decides",
            )
        if self.inter_broker_listener_name not in advertised:
            key = "inter.broker.listener.name"
            if key not in self._values:
                key = "security.inter.broker.protocol"
            self._refuse(
                key,
                f"no advertised listener is named {self.inter_broker_listener_name}; "
                f"inter.broker.listener.name must be one of {', '.join(advertised)}",
            )
        control = self.control_plane_listener_name
        if control is not None and control not in advertised:
            self._refuse(
                "control.plane.listener.name",
                f"it must be one of the advertised listeners, which are {', '.join(advertised)}",
            )
        if control is not None and control == self.inter_broker_listener_name:
            self._refuse(
                "control.plane.listener.name", "it must be another listener than inter.broker.listener.name"
            )

    def _check_security(self) -> None:
        """With a password.encoder.secret, what is missing may be in ZooKeeper, encoded."""
        self.__dict__["incomplete"] = None
        try:
            check_security(self)
        except ConfigError as problem:
            if self.password_encoder_secret is None:
                raise
            self.__dict__["incomplete"] = problem

    def _check_log(self) -> None:
        if not self.log_dirs:
            self._refuse("log.dirs", "it must name at least one directory")
        if self.log_retention_ms == 0:
            key = self.deciding_key("log.retention.ms")
            self._refuse(key, "it must be at least a millisecond, or -1 to keep records for ever")
        if self.log_roll_ms < 1:
            self._refuse("log.roll.ms", "it must be 1 or more")
        if self.log_roll_jitter_ms < 0:
            self._refuse("log.roll.jitter.ms", "it must be 0 or more")
        if self.log_cleaner_threads < 1:
            self._refuse(
                "log.cleaner.threads", "it must be 1 or more; log.cleaner.enable=false ends compaction"
            )
        if self.log_cleaner_dedupe_buffer_size <= self.log_cleaner_threads * 1024 * 1024:
            self._refuse(
                "log.cleaner.dedupe.buffer.size",
                "it must be more than 1048576 for each of log.cleaner.threads",
            )
        if self.log_cleaner_min_compaction_lag_ms > self.log_cleaner_max_compaction_lag_ms:
            limit = f"log.cleaner.max.compaction.lag.ms ({self.log_cleaner_max_compaction_lag_ms})"
            self._refuse("log.cleaner.min.compaction.lag.ms", f"it must be at most {limit}")


_DEFAULTS: Final[Mapping[str, object]] = {key.attribute: key.default for key in BROKER_KEYS.values()}


def parse_setting(key: Key[Any], setting: Setting) -> Any:
    """The value of a setting. Raises: ConfigError if it is not allowed, or the key is refused."""
    shown = "[hidden]" if key.is_secret else setting.text
    try:
        value = key.parse(setting.text)
    except ValueError as error:
        raise ConfigError(setting.key, shown, f"it must be {error}", setting.origin) from None
    if key.refusal is not None and value not in key.refusal.unless:
        raise ConfigError(setting.key, shown, key.refusal.reason, setting.origin)
    return value


def _shown(setting: Setting, key: Key[Any] | None) -> str:
    value = "[hidden]" if key is None or key.is_secret else setting.text
    return f"{setting.key}={value} ({setting.origin})" if key else f"{setting.key} ({setting.origin})"


class ListenerKey(NamedTuple):
    """The parts of a `listener.name.<listener>.[<mechanism>.]<key>` key."""

    listener: str
    mechanism: str | None  # in upper case
    key: Key[Any]


def split_listener_key(name: str) -> ListenerKey | None:
    """The parts of a listener-prefixed key; None where the rest of the name is no known key."""
    match = LISTENER_KEY.fullmatch(name)
    if match is None:
        return None
    if match["key"] in BROKER_KEYS:
        return ListenerKey(match["listener"], None, BROKER_KEYS[match["key"]])
    mechanism, _, rest = match["key"].partition(".")
    if mechanism.upper() in MECHANISMS and rest in MECHANISM_KEYS:
        return ListenerKey(match["listener"], mechanism.upper(), BROKER_KEYS[rest])
    return None


def _prefixed_or_unknown(setting: Setting) -> list[str]:
    """Warnings about a key that is not in the table. Raises: ConfigError for a bad value after a prefix."""
    parts = split_listener_key(setting.key)
    if parts is not None:
        parse_setting(parts.key, setting)
        if parts.key.tuning is None:
            return []
        return [f"{_shown(setting, parts.key)} has no effect here: {parts.key.tuning}"]
    if (successor := REMOVED_KEYS.get(setting.key)) is not None:
        return [f"{_shown(setting, None)} has no effect: Kafka 3.0 removed it; use {successor}"]
    return [f"{_shown(setting, None)} is unknown and ignored"]
