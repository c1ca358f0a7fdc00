"""`kafka-configs --zookeeper`: SCRAM users and stopped brokers, before anybody can ask a broker.

Source: kafka.admin.ConfigCommand.processCommandWithZk, 3.9.1.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from zkbroker.cli.failure import Failure
from zkbroker.cli.kafka_configs import BROKERS, CLIENTS, SCRAM, USERS, Entities, added, credential, deleted
from zkbroker.cli.options import BadOption, Parsed
from zkbroker.cli.tool import say

if TYPE_CHECKING:
    from zkbroker.zookeeper.session import ZkSession

ONLY_STOPPED = (
    "Broker configuration operations using ZooKeeper are only supported if the affected broker(s) are not "
    "running."
)


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
    if entities.head == USERS and "alter" in parsed:
        strange = [key for key in (*wanted, *unwanted) if key not in SCRAM]
        if strange or CLIENTS in entities.types:
            raise Failure(
                f"requirement failed: --bootstrap-server option must be specified to update {USERS} configs. User "
                "configuration updates using ZooKeeper are only supported for SCRAM credential updates."
            )
        wanted = {mechanism: _stored(mechanism, text) for mechanism, text in wanted.items()}
    if entities.head == BROKERS:
        wanted = _for_brokers(wanted, per_broker=bool(entities.names and entities.names[0]))
    file = parsed.text("zk-tls-config-file")
    config = read_config(None if file is None else Path(file), parsed.text("zookeeper"))

    async def use(session: ZkSession) -> None:
        if entities.head == BROKERS:
            await _require_stopped(session, entities, "update" if "alter" in parsed else "describe")
        if "alter" in parsed:
            await _alter(session, entities, wanted, unwanted)
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


async def _require_stopped(session: ZkSession, entities: Entities, verb: str) -> None:
    """Raises: BadOption."""
    from zkbroker import admin_store

    running = (await admin_store.read_brokers(session)).brokers
    names = [name for name in entities.names if name]
    start = f"requirement failed: --bootstrap-server option must be specified to {verb} {BROKERS}"
    for name in names:
        if int(name) in running:
            raise BadOption(f"{start} - broker {name} is running. {ONLY_STOPPED}")
    if not names and running:
        raise BadOption(f"{start} - {len(running)} brokers are running. {ONLY_STOPPED}")


def _paths(entities: Entities) -> tuple[str, str]:
    """Where an entity's configuration stands, and how it is called."""
    from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, entity_path, is_node_name, sanitize

    name = entities.names[0]
    if name and not is_node_name(sanitize(name)):
        raise BadOption(f"ZooKeeper has no place for {entities.head} called {name}")
    stored = (sanitize(name) if entities.head == USERS else name) or DEFAULT_ENTITY
    called = {USERS: "user-principal", BROKERS: "brokers"}[entities.head]
    shown = f"{called} '{name}'" if name else f"the default {called}"
    if entities.head == BROKERS:
        shown = f"brokers '{name or DEFAULT_ENTITY}'"
    return entity_path(entities.head, stored), shown


async def _alter(session: ZkSession, entities: Entities, wanted: dict[str, str], unwanted: list[str]) -> None:
    from zkbroker import admin_store

    path, shown = _paths(entities)
    held = await admin_store.read_config(session, path)
    strange = [key for key in unwanted if key not in held]
    if strange:
        raise BadOption(f"Invalid config(s): {','.join(strange)}")
    texts = {key: text for key, text in held.items() if key not in unwanted} | wanted
    await admin_store.change_config(session, path, texts, fenced=False)
    say(f"Completed updating config for entity: {shown}.")


async def _describe(session: ZkSession, entities: Entities) -> None:
    from zkbroker import admin_store
    from zkbroker.zookeeper.znodes import desanitize

    if entities.names:
        path, shown = _paths(entities)
        _say(shown, await admin_store.read_config(session, path))
        return
    for path, texts in sorted((await admin_store.read_configs(session, entities.head)).configs.items()):
        if texts or entities.head != USERS:
            called = "user-principal" if entities.head == USERS else entities.head
            _say(f"{called} '{desanitize(path.partition('/')[2])}'", texts)


def _say(shown: str, texts: dict[str, str] | object) -> None:
    assert isinstance(texts, dict)
    say(f"Configs for {shown} are {','.join(f'{key}={text}' for key, text in texts.items())}")
