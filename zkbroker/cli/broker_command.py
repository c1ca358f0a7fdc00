"""`zkbroker broker`: one broker, in this process."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkbroker.cli.collector import spare_the_collector
from zkbroker.cli.failure import Failure, sentence_in

if TYPE_CHECKING:
    from zkbroker.broker import Broker
    from zkbroker.config import BrokerConfig

log = logging.getLogger(__name__)

DESCRIPTION = """\
Run one broker until SIGTERM or Ctrl-C; a second signal ends it at once.

FILE holds Kafka's keys (server.properties). Environment variables such as KAFKA_ZOOKEEPER_CONNECT go before
the file, --override before both. `zkbroker config explain KEY` says what a key does and where it was set.
When the broker serves, it prints "broker N ready on HOST:PORT"; log lines go to stderr.
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "broker",
        help="run one broker",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the broker's server.properties")
    command.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key that counts before all others",
    )
    command.add_argument(
        "--events", type=Path, metavar="FILE", help="write the control-plane events as JSON lines"
    )
    command.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from zkbroker.cli.logs import set_up_logging

    set_up_logging()
    config = load_config(arguments)
    # Everything heavy comes after the mistakes one can make.
    import trio

    from zkbroker.broker import Broker
    from zkbroker.cli.event_log import event_log

    broker = Broker(config)
    with event_log(broker.events, arguments.events, lambda: max(broker.broker_id, config.broker_id)):
        try:
            trio.run(_serve, broker, arguments.stop_with_parent)
        except BaseException as error:
            sentence = sentence_in(error, errors_for_people())
            if sentence is not None:
                raise Failure(sentence) from None
            if isinstance(error, KeyboardInterrupt):
                raise
            log.critical("The broker ends because of an error of its own", exc_info=error)
            return 1
    return 0


def load_config(arguments: argparse.Namespace) -> BrokerConfig:
    """The configuration, its warnings logged. Raises: Failure."""
    from zkbroker.cli.sources import read_settings
    from zkbroker.config import BrokerConfig, ConfigError

    settings, strangers = read_settings(arguments.file, os.environ, arguments.override)
    try:
        config = BrokerConfig(settings)
    except ConfigError as error:
        raise Failure(str(error)) from None
    for warning in config.warnings:
        log.warning("%s", warning)
    if strangers:
        log.warning("Environment variables that name no key are ignored: %s", ", ".join(strangers))
    return config


def errors_for_people() -> tuple[type[BaseException], ...]:
    """What a broker raises when it cannot start or go on, with a message for people."""
    from zkbroker.config import ConfigError
    from zkbroker.network.listeners import CannotListen
    from zkbroker.registration import StartupRefused
    from zkbroker.storage.log_directory import LogDirectoryError
    from zkbroker.zookeeper.session import AuthenticationFailed, Unreachable

    return (ConfigError, CannotListen, StartupRefused, LogDirectoryError, AuthenticationFailed, Unreachable)


class Announcement:
    """Says on stdout that the broker serves; `zkbroker up` and scripts wait for this line."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def started(self, value: object = None) -> None:
        endpoint = self._broker.endpoints[0]
        sys.stdout.write(f"broker {self._broker.broker_id} ready on {endpoint.host}:{endpoint.port}\n")
        sys.stdout.flush()
        spare_the_collector()


async def _serve(broker: Broker, stop_with_parent: bool) -> None:
    import trio

    from zkbroker.cli.stopping import stop_on_signal, wait_parent_gone

    async def stop_without_parent() -> None:
        await wait_parent_gone()
        broker.stop()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_on_signal, broker.stop)
        if stop_with_parent:
            nursery.start_soon(stop_without_parent)
        await broker.run(task_status=Announcement(broker))
        nursery.cancel_scope.cancel()
