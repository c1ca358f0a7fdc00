"""`zkbroker zookeeper`: the embedded ZooKeeper alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkbroker.cli.collector import spare_the_collector
from zkbroker.cli.failure import Failure, sentence_in

if TYPE_CHECKING:
    from zkbroker.embedded_zookeeper import EmbeddedZooKeeper

DEFAULT_PORT = 2181
FAREWELL_S = 20.0
"""How long brokers whose common parent has died may still use ZooKeeper to stop in order."""

DESCRIPTION = """\
Run a single-node server of ZooKeeper's protocol until SIGTERM or Ctrl-C.

It is meant for one machine; a cluster that must survive a machine needs an ensemble of Apache ZooKeeper.
When it serves, it prints "zookeeper ready on HOST:PORT"; log lines go to stderr.
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "zookeeper",
        help="run the embedded ZooKeeper",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="0 takes any free one (default: 2181)"
    )
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    command.add_argument(
        "--data",
        type=Path,
        default=Path("zkbroker-data/zookeeper"),
        metavar="DIR",
        help="where it keeps its data (default: ./zkbroker-data/zookeeper)",
    )
    command.add_argument(
        "--no-fsync",
        dest="fsync",
        action="store_false",
        help="do not wait for the disk: faster, and a power failure may corrupt the brokers' logs",
    )
    command.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    command.set_defaults(run=run)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to 65535")
    return number


def run(arguments: argparse.Namespace) -> int:
    import trio

    from zkbroker.cli.logs import set_up_logging
    from zkbroker.embedded_zookeeper import EmbeddedZooKeeper, PortTaken, StorageError

    set_up_logging()
    server = EmbeddedZooKeeper(
        arguments.data, host=arguments.host, port=arguments.port, fsync=arguments.fsync
    )
    try:
        trio.run(_serve, server, arguments.stop_with_parent)
    except BaseException as error:
        if (sentence := sentence_in(error, (PortTaken,))) is not None:
            raise Failure(f"{sentence}; choose another port with --port") from None
        if (sentence := sentence_in(error, (StorageError,))) is not None:
            raise Failure(sentence) from None
        raise
    return 0


class Announcement:
    """Says on stdout that the server serves."""

    def __init__(self, host: str) -> None:
        self._host = host

    def started(self, value: int = 0) -> None:
        sys.stdout.write(f"zookeeper ready on {self._host}:{value}\n")
        sys.stdout.flush()
        spare_the_collector()


async def _serve(server: EmbeddedZooKeeper, stop_with_parent: bool) -> None:
    import trio

    from zkbroker.cli.stopping import stop_on_signal, wait_parent_gone

    serving = trio.CancelScope()

    async def stop_without_parent() -> None:
        await wait_parent_gone()
        with trio.move_on_after(FAREWELL_S):
            while server.connections:  # noqa: ASYNC110 (brokers leave when they have stopped; nothing tells of it)
                await trio.sleep(0.1)
        serving.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_on_signal, serving.cancel)
        if stop_with_parent:
            nursery.start_soon(stop_without_parent)
        with serving:
            await server.run(task_status=Announcement(server.host))
        nursery.cancel_scope.cancel()
