"""`kafka-configs --zookeeper`: the znodes themselves, as Kafka 2 did it; brokers are told, and follow.

Kafka 3.9 does this for SCRAM users and stopped brokers only. Source: kafka.admin.ConfigCommand.processCommandWithZk,
3.9.1 and 2.8.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.kafka_configs import (
    BROKERS,
    CLIENTS,
    IP_QUOTAS,
    IPS,
    QUOTAS,
    SCRAM,
    TOPICS,
    USERS,
    Entities,
    added,
    credential,
    deleted,
)
from zkbroker.cli.options import BadOption, Parsed
from zkbroker.cli.tool import say

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig
    from zkbroker.zookeeper.session import ZkSession

ONLY_STOPPED: Final = (
    "Broker configuration operations using ZooKeeper are only supported if the affected broker(s) are not "
    "running."
)
WHILE_RUNNING: Final = frozenset(
    {
        "leader.replication.throttled.rate",
        "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    }
)
"""What a running broker takes from ZooKeeper as well as from a request."""

CALLED: Final = {
    USERS: "user-principal",
    CLIENTS: "client-id",
    IPS: "ip",
    BROKERS: "brokers",
    TOPICS: "topics",
}
NUMBERS: Final = frozenset({"request_percentage", "controller_mutation_rate"})
"""Quotas that need not be whole."""


def run(entities: Entities, parsed: Parsed) -> int:
    """Raises: BadOption, Failure, KafkaError."""
    from pathlib import Path

    from zkbroker.cli.zookeeper_access import read_config, run_tool_with_session

    say("Warning: --zookeeper is deprecated and will be removed in a future version of Kafka.")
    say("Use --bootstrap-server instead to specify a broker to connect to.")
    if "alter" in parsed and len(entities.names) != len(entities.types):
        raise Failure(
            "--entity-name or --entity-default must be specified with each --entity-type for --alter"
        )
    wanted, unwanted = added(parsed), deleted(parsed)
    if entities.head == BROKERS:
        wanted = _for_brokers(wanted, per_broker=bool(entities.names and entities.names[0]))
    file = parsed.text("zk-tls-config-file")
    config = read_config(None if file is None else Path(file), parsed.text("zookeeper"))

    async def use(session: ZkSession) -> None:
        if entities.head == BROKERS and not {*wanted, *unwanted} <= WHILE_RUNNING:
            await _require_stopped(session, entities)
        if "alter" in parsed:
            await _alter(session, entities, wanted, unwanted, config)
        else:
            await _describe(session, entities)

    run_tool_with_session(config, use)
    return 0


def _stored(mechanism: str, text: str) -> str:
    from zkbroker.security.scram import credential_of, encode_credential

    iterations, password = credential(mechanism, text)
    return encode_credential(credential_of(mechanism, password, secrets.token_bytes(32), iterations))


def _for_brokers(wanted: dict[str, str], *, per_broker: bool) -> dict[str, str]:
    """What may be stored of a broker's keys: checked, and passwords encoded as `password.encoder.…` among them says,
    which itself is not stored.

    Raises: BadOption, Failure.
    """
    from zkbroker.config import BrokerConfig, ConfigError
    from zkbroker.config.dynamic import dynamic_settings, is_password

    encoding = {key: text for key, text in wanted.items() if key.startswith("password.encoder.")}
    texts = {key: text for key, text in wanted.items() if key not in encoding}
    _, problems = dynamic_settings(texts, per_broker=per_broker, decode_password=str)
    if problems:
        raise Failure(str(problems[0]))
    secrets_among = [key for key in texts if is_password(key)]
    if not secrets_among:
        return texts
    if "password.encoder.secret" not in encoding:
        raise BadOption(
            "requirement failed: password.encoder.secret must be specified to update "
            f"{', '.join(secrets_among)}. Other password encoder configs like cipher algorithm and iterations may also "
            "be specified to override the default encoding parameters. Password encoder configs will not be persisted "
            "in ZooKeeper."
        )
    from zkbroker.security.password_encoder import encoder_of

    try:
        encoder = encoder_of(BrokerConfig.from_properties({"zookeeper.connect": "none"} | encoding))
        assert encoder is not None
        return texts | {key: encoder.encode(texts[key]) for key in secrets_among}
    except (ConfigError, ValueError) as problem:
        raise Failure(str(problem)) from None


async def _require_stopped(session: ZkSession, entities: Entities) -> None:
    """Raises: BadOption."""
    from zkbroker import admin_store

    running = (await admin_store.read_brokers(session)).brokers
    names = [name for name in entities.names if name]
    start = f"requirement failed: --bootstrap-server option must be specified to update {BROKERS}"
    for name in names:
        if int(name) in running:
            raise BadOption(f"{start} - broker {name} is running. {ONLY_STOPPED}")
    if not names and running:
        raise BadOption(f"{start} - {len(running)} brokers are running. {ONLY_STOPPED}")


def _node_name(kind: str, name: str) -> str:
    """As it stands in ZooKeeper. Raises: BadOption."""
    from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, is_node_name, sanitize

    node = sanitize(name) if kind in (USERS, CLIENTS, IPS) else name
    if name and not is_node_name(node):
        raise BadOption(f"ZooKeeper has no place for {kind} called {name}")
    return node or DEFAULT_ENTITY


def _path(entities: Entities) -> str:
    """Where the configuration of what is named stands. Raises: BadOption."""
    from zkbroker.zookeeper.znodes import entity_path

    named = sorted(
        zip(entities.types, entities.names, strict=False), reverse=True
    )  # users before their clients
    (kind, name), *rest = named
    path = entity_path(kind, _node_name(kind, name))
    return "/".join([path, *(entity_path(kind, _node_name(kind, name)) for kind, name in rest)])


def _shown(path: str) -> str:
    """An entity as Kafka says it."""
    from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, desanitize

    words = path.split("/")
    said = []
    for kind, node in zip(words[::2], words[1::2], strict=True):
        is_default = node == DEFAULT_ENTITY and kind != BROKERS
        name = desanitize(node) if kind in (USERS, CLIENTS, IPS) else node
        said.append(f"the default {CALLED[kind]}" if is_default else f"{CALLED[kind]} '{name}'")
    return ", ".join(said)


async def _alter(
    session: ZkSession, entities: Entities, wanted: dict[str, str], unwanted: list[str], config: BrokerConfig
) -> None:
    from zkbroker import admin_store

    path = _path(entities)
    held = await admin_store.read_config(session, path)
    strange = [key for key in unwanted if key not in held]
    if strange:
        raise BadOption(f"Invalid config(s): {','.join(strange)}")
    texts = {key: text for key, text in held.items() if key not in unwanted}
    await _require_valid(session, entities, wanted, texts, config)
    if entities.types == [USERS]:
        wanted = {key: _stored(key, text) if key in SCRAM else text for key, text in wanted.items()}
    await admin_store.change_config(session, path, texts | wanted, fenced=False)
    say(f"Completed updating config for entity: {_shown(path)}.")


async def _require_valid(
    session: ZkSession,
    entities: Entities,
    wanted: Mapping[str, str],
    held: Mapping[str, str],
    config: BrokerConfig,
) -> None:
    """No broker looks before it is written. Raises: BadOption, KafkaError."""
    from zkbroker import admin_store
    from zkbroker.config import validate_topic_config

    if entities.head == TOPICS:
        if entities.names[0] not in await admin_store.topic_names(session):
            raise BadOption(f"Topic '{entities.names[0]}' does not exist.")
        validate_topic_config({**held, **wanted}, config)
        return
    if entities.head == BROKERS:
        return
    known = IP_QUOTAS if entities.head == IPS else QUOTAS
    for key, text in wanted.items():
        if key in SCRAM and entities.types == [USERS]:
            if not entities.names[0]:
                raise BadOption(f"{key} belongs to a user, not to the default")
            continue
        if key not in known:
            raise BadOption(f"Unknown Dynamic Configuration: {key}; there are {', '.join(sorted(known))}")
        if not _is_quota(key, text):
            wanted_is = "a number" if key in NUMBERS else "a whole number"
            raise BadOption(f"Invalid value {text} for configuration {key}: it must be {wanted_is} above 0")


def _is_quota(key: str, text: str) -> bool:
    try:
        number = float(text) if key in NUMBERS else int(text)
    except ValueError:
        return False
    return math.isfinite(number) and number > 0


async def _describe(session: ZkSession, entities: Entities) -> None:
    from zkbroker import admin_store

    if len(entities.names) == len(entities.types):
        path = _path(entities)
        _say(path, await admin_store.read_config(session, path))
        return
    head, *below = sorted(entities.types, reverse=True)
    found = (await admin_store.read_configs(session, head, below[0] if below else None)).configs
    under = f"{head}/{_node_name(head, entities.names[0])}/" if entities.names else ""
    for path, texts in sorted(found.items()):
        if path.startswith(under) and (texts or entities.types != [USERS]):
            _say(path, texts)


def _say(path: str, texts: Mapping[str, str]) -> None:
    say(f"Configs for {_shown(path)} are {','.join(f'{key}={text}' for key, text in texts.items())}")
