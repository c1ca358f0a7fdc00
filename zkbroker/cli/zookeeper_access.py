"""A ZooKeeper session for a command, reached as a broker's configuration says."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zkbroker.cli.failure import Failure, sentence_in
from zkbroker.cli.progress import progress

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig
    from zkbroker.zookeeper.session import ZkSession

T = TypeVar("T")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Where ZooKeeper is, and how to prove to it who we are."""
    command.add_argument(
        "--zookeeper", metavar="HOST:PORT[/CHROOT]", help="where ZooKeeper is (default: localhost:2181)"
    )
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a broker's server.properties: its zookeeper.* keys count",
    )
    command.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key that counts before all others",
    )


def config_of(arguments: argparse.Namespace) -> BrokerConfig:
    """Raises: Failure."""
    return read_config(arguments.config, arguments.zookeeper, arguments.override)


def read_config(file: Path | None, connect: str | None, overrides: Sequence[str] = ()) -> BrokerConfig:
    """The `zookeeper.*` keys of a file, and where to connect. Raises: Failure."""
    import os

    from zkbroker.cli.sources import parse_override, read_file, read_jaas_file
    from zkbroker.config import BrokerConfig, ConfigError, Origin, Setting, Source

    here = Origin(Source.OVERRIDE, "command line")
    settings = [Setting("zookeeper.connect", "localhost:2181", Origin(Source.DEFAULT, "default"))]
    settings += read_jaas_file(os.environ, ())
    if file is not None:
        settings += [setting for setting in read_file(file) if setting.key.startswith("zookeeper.")]
    if connect is not None:
        settings.append(Setting("zookeeper.connect", connect, here))
    settings += [parse_override(override) for override in overrides]
    try:
        return BrokerConfig(settings)
    except ConfigError as error:
        raise Failure(str(error)) from None


def run_with_session(config: BrokerConfig, use: Callable[[ZkSession], Awaitable[T]]) -> T:
    """Connect, do it, disconnect. Raises: Failure."""
    import trio

    from zkbroker.config import ConfigError
    from zkbroker.errors import KafkaError
    from zkbroker.security.zookeeper_login import zookeeper_credentials
    from zkbroker.zookeeper.session import AuthenticationFailed, NoAuth, Unreachable, ZooKeeper
    from zkbroker.zookeeper.strict_json import Undecodable

    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("zkbroker").setLevel(logging.ERROR)

    async def nothing(session: ZkSession) -> None:
        await trio.lowlevel.checkpoint()

    async def main() -> T:
        zk = ZooKeeper(
            config.zookeeper_connect,
            session_timeout_ms=config.zookeeper_session_timeout_ms,
            connection_timeout_ms=config.zookeeper_connection_timeout_ms,
            credentials=zookeeper_credentials(config),
            set_acl=config.zookeeper_set_acl,
        )
        async with trio.open_nursery() as nursery:
            with progress(f"Waiting for ZooKeeper at {config.zookeeper_connect}"):
                session = await nursery.start(zk.run, nothing)
            result = await use(session)
            nursery.cancel_scope.cancel()
        return result

    try:
        return trio.run(main)
    except BaseException as error:
        for_people = (
            ConfigError,
            KafkaError,
            AuthenticationFailed,
            NoAuth,
            Unreachable,
            Undecodable,
            Failure,
        )
        sentence = sentence_in(error, for_people)
        if sentence is None:
            raise
        raise Failure(sentence) from None


def run_tool_with_session(config: BrokerConfig, use: Callable[[ZkSession], Awaitable[T]]) -> T:
    """As run_with_session, for Kafka's commands, which have their own words for a refusal.

    Raises: BadOption and KafkaError of `use` as they are; Failure.
    """
    from zkbroker.cli.options import BadOption
    from zkbroker.errors import KafkaError

    refused: list[BadOption | KafkaError] = []

    async def guarded(session: ZkSession) -> list[T]:
        try:
            return [await use(session)]
        except (BadOption, KafkaError) as error:  # out of the nursery it would come as a group
            refused.append(error)
            return []

    result = run_with_session(config, guarded)
    if refused:
        raise refused[0]
    return result[0]


def brokers_of(connect: str) -> str:
    """`host:port` of the brokers that are registered at a ZooKeeper, with commas between. Raises: Failure."""
    from zkbroker import admin_store

    found = run_with_session(read_config(None, connect), admin_store.read_brokers).brokers
    places = [
        f"{info.endpoints[0].host}:{info.endpoints[0].port}" for info in found.values() if info.endpoints
    ]
    if not places:
        raise Failure(f"No broker is registered in ZooKeeper at {connect}")
    return ",".join(places)
