"""`acl`: access control lists of a Kafka cluster, asked, changed and explained.

Exit codes: 0 done, 1 refused, failed or not as asserted, 2 wrong usage, 3 not as declared (drift).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from acl.cli import advice, declared, questions, rules
from acl.cli.failure import Failure
from acl.cli.options import Parser
from acl.document import BadDocument
from acl.files import BadFile
from acl.plan import BadPlan
from acl.stores.store import StoreError
from acl.text import BadWord
from acl.usage import BadUsage

DESCRIPTION = """\
Access control lists of a Kafka cluster, through its brokers or straight in its ZooKeeper.

  acl list --topic orders                        the rules on a topic
  acl explain alice write topic:orders           why somebody may or may not
  acl add --allow-principal User:alice --operation Write --topic orders
  acl plan acls.yaml                             what a declaration would change
"""

FOR_PEOPLE = (StoreError, BadFile, BadDocument, BadPlan, BadWord, BadUsage)


def parser() -> argparse.ArgumentParser:
    """The whole command line. Cheap: no store's library is imported."""
    top = Parser(prog="acl", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for module in (rules, declared, questions, advice):
        module.add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    # What the client libraries say about a connection is said again, in a sentence, by what ends the command.
    logging.basicConfig(level=logging.CRITICAL)
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except Failure as failure:
        sys.stderr.write(f"acl: {failure}\n")
        code = failure.exit_code
    except FOR_PEOPLE as error:
        sys.stderr.write(f"acl: {error}\n")
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to say at exit either
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
