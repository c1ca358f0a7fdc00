"""`zkbroker unclean-elections`: what elections from outside the ISR cost, as the brokers noted it in ZooKeeper."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zkbroker.cli import zookeeper_access
from zkbroker.cli.failure import Failure

if TYPE_CHECKING:
    from zkbroker.model import TopicPartition
    from zkbroker.unclean_elections import Elections
    from zkbroker.zookeeper.session import ZkSession
    from zkbroker.zookeeper.strict_json import Undecodable

DESCRIPTION = """\
Show every unclean leader election that brokers of this cluster noted: who was elected, under which leader epoch, where
its log ended and which high watermark it knew; and each range of records that another broker dropped because of it.
"""


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "unclean-elections",
        help="show what unclean leader elections cost",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--topic", metavar="NAME", help="of this topic only")
    command.add_argument("--json", action="store_true", help="a JSON object a line, one line a partition")
    zookeeper_access.add_arguments(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from zkbroker.unclean_elections import described, encode_elections, read_all

    async def read(session: ZkSession) -> tuple[dict[TopicPartition, Elections], list[Undecodable]]:
        return await read_all(session)

    found, unreadable = zookeeper_access.run_with_session(zookeeper_access.config_of(arguments), read)
    if arguments.topic is not None:
        found = {tp: elections for tp, elections in found.items() if tp.topic == arguments.topic}
    if not found and not arguments.json:
        sys.stdout.write("No unclean election has been noted.\n")
    for tp, elections in found.items():
        if arguments.json:
            head = f'{{"topic":"{tp.topic}","partition":{tp.partition},'
            sys.stdout.write(head + encode_elections(elections).decode()[1:] + "\n")
        else:
            sys.stdout.writelines(line + "\n" for line in described(tp, elections, _at))
    if unreadable:
        raise Failure("; ".join(str(error) for error in unreadable))
    return 0


def _at(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
