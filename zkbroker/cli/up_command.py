"""`zkbroker up`: a cluster in one terminal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

DEFAULT_BROKERS = 3
DEFAULT_PORT = 9092
DEFAULT_ZOOKEEPER_PORT = 2181

DESCRIPTION = """\
Run a cluster in this terminal until Ctrl-C: each broker and the embedded ZooKeeper is a process of its own.

The brokers listen on PORT, PORT+1, …; when all of them serve, the line bootstrap.servers=… is what clients
need. Data and logs stay in the data directory, and the next `up` goes on with them.
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "up",
        help="run a cluster in this terminal",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--brokers", type=_positive, default=DEFAULT_BROKERS, metavar="N", help="how many (default: 3)"
    )
    command.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="of the first broker; the others follow (default: 9092)",
    )
    command.add_argument(
        "--host",
        default="localhost",
        help="the name by which clients reach this machine; other than localhost, the brokers listen on all "
        "interfaces (default: localhost)",
    )
    command.add_argument(
        "--data",
        type=Path,
        default=Path("zkbroker-data"),
        metavar="DIR",
        help="where everything is kept (default: ./zkbroker-data)",
    )
    command.add_argument(
        "--zookeeper",
        metavar="HOST:PORT[,…][/CHROOT]",
        help="a ZooKeeper that runs already, instead of the embedded one",
    )
    command.add_argument(
        "--zookeeper-port",
        type=_port,
        default=DEFAULT_ZOOKEEPER_PORT,
        metavar="PORT",
        help="of the embedded ZooKeeper (default: 2181)",
    )
    command.add_argument(
        "--chroot",
        metavar="/NAME",
        help="keep the cluster below this path of ZooKeeper, beside other clusters",
    )
    command.add_argument(
        "--restart", action="store_true", help="start a broker again that has died, instead of only saying so"
    )
    command.add_argument(
        "--override", action="append", default=[], metavar="KEY=VALUE", help="a key for all brokers"
    )
    command.add_argument(
        "--events",
        type=Path,
        metavar="FILE",
        help="write the control-plane events of all brokers as JSON lines",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import os

    from zkbroker.cli.cluster_plan import plan_cluster
    from zkbroker.cli.up import run_cluster

    plan = plan_cluster(
        brokers=arguments.brokers,
        first_port=arguments.port,
        host=arguments.host,
        data=arguments.data,
        zookeeper=arguments.zookeeper,
        zookeeper_port=arguments.zookeeper_port,
        chroot=arguments.chroot,
        overrides=arguments.override,
        events=arguments.events,
        environment=os.environ,
    )
    return run_cluster(plan, restart=arguments.restart)


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 100")
    return number


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port from 1 to 65535")
    return number
