"""`zkbroker`: reads the command line and hands over to the command.

Exit codes: 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import zkbroker
from zkbroker.cli import (
    broker_command,
    completion_command,
    config_command,
    unclean_command,
    up_command,
    user_command,
    zookeeper_command,
)
from zkbroker.cli.failure import Failure
from zkbroker.cli.standard_output import printing

WRONG_USAGE = 2
"""The exit code."""

DESCRIPTION = """\
A broker cluster that speaks Apache Kafka's wire protocol and keeps its coordination in ZooKeeper.

  zkbroker up                        three brokers and a ZooKeeper in this terminal
  zkbroker broker server.properties  one broker
  zkbroker zookeeper                 the embedded ZooKeeper alone
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Cheap: no command's work is imported."""
    top = argparse.ArgumentParser(
        prog="zkbroker", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"zkbroker {zkbroker.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (
        up_command,
        broker_command,
        zookeeper_command,
        config_command,
        user_command,
        unclean_command,
        completion_command,
    ):
        command.add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    arguments = parser().parse_args(argv)

    def run() -> int:
        code: int = arguments.run(arguments)
        return code

    try:
        code = printing("zkbroker", run)
    except Failure as failure:
        sys.stderr.write(f"zkbroker: {failure}\n")
        code = failure.exit_code
    except KeyboardInterrupt:
        code = 130
    return code
