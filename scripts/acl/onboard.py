#!/usr/bin/env python3
"""Give PRINCIPAL all topics, groups and transactional ids under PREFIX. Run again, it changes nothing."""

import sys
from argparse import Namespace
from contextlib import closing

from acl.cli.options import PRINCIPAL, Parser, connection, open_store
from acl.cli.rules import add_rules
from acl.cli.running import run
from acl.model import CLUSTER_PATTERN, Operation, ResourceType, allow, prefixed

OPERATIONS = {
    ResourceType.TOPIC: (Operation.CREATE, Operation.READ, Operation.WRITE, Operation.DESCRIBE_CONFIGS),
    ResourceType.GROUP: (Operation.READ,),
    ResourceType.TRANSACTIONAL_ID: (Operation.WRITE,),
}


def onboard(arguments: Namespace) -> int:
    rules = [
        allow(arguments.principal, operation, prefixed(kind, arguments.prefix))
        for kind, operations in OPERATIONS.items()
        for operation in operations
    ]
    rules.append(allow(arguments.principal, Operation.IDEMPOTENT_WRITE, CLUSTER_PATTERN))
    with closing(open_store(arguments)) as store:
        return add_rules(store, rules, arguments.output, dry_run=arguments.dry_run)


parser = Parser(prog="onboard.py", parents=[connection()], description=__doc__)
parser.add_argument("principal", type=PRINCIPAL, metavar="PRINCIPAL")
parser.add_argument("prefix", metavar="PREFIX", help="such as shop-")
parser.add_argument("--dry-run", action="store_true", help="only show what would be added")
if __name__ == "__main__":
    sys.exit(run(onboard, parser.parse_args()))
