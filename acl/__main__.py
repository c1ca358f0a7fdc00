"""`acl`: access control lists of a Kafka cluster, asked, changed and explained.

Exit codes: 0 done, 1 refused, failed or not as asserted, 2 wrong usage, 3 not as declared (drift).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from acl.cli import advice, declared, questions, rules
from acl.cli.options import Parser
from acl.cli.running import run

DESCRIPTION = """\
Access control lists of a Kafka cluster, through its brokers or straight in its ZooKeeper.

  acl list --topic orders                        the rules on a topic
  acl explain alice write topic:orders           why somebody may or may not
  acl add --allow-principal User:alice --operation Write --topic orders
  acl plan acls.yaml                             what a declaration would change
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Cheap: no store's library is imported."""
    top = Parser(prog="acl", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for module in (rules, declared, questions, advice):
        module.add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    arguments = parser().parse_args(argv)
    return run(arguments.run, arguments)


if __name__ == "__main__":
    sys.exit(main())
