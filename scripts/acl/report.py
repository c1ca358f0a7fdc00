#!/usr/bin/env python3
"""For auditors: who may read and who may write each topic, as CSV; `*` stands for everybody that no rule names."""

import sys
from argparse import Namespace
from contextlib import closing

from acl.access import Access, who_can
from acl.cli.options import Parser, connection, open_store, policy, policy_options, read_rules
from acl.cli.output import write
from acl.cli.running import run
from acl.files import to_csv
from acl.model import EVERYBODY, Operation, Resource, ResourceType

OPERATIONS = {"read": Operation.READ, "write": Operation.WRITE}


def _who(access: Access) -> str:
    name = "*" if access.principal == EVERYBODY else access.principal
    return name if access.host is None else f"{name} (from {access.host})"


def report(arguments: Namespace) -> int:
    with closing(open_store(arguments)) as store:
        acls = read_rules(store)
        topics = sorted(store.existing().get(ResourceType.TOPIC, ()))
    super_users_and_more = policy(arguments)
    rows = []
    for topic in topics:
        row = {"topic": topic}
        for column, operation in OPERATIONS.items():
            everyone = who_can(
                acls, operation, Resource(ResourceType.TOPIC, topic), None, super_users_and_more
            )
            row[column] = " ".join(_who(access) for access in everyone if access.decision.allowed)
        rows.append(row)
    write(to_csv(("topic", *OPERATIONS), rows))
    return 0


parser = Parser(prog="report.py", parents=[connection(), policy_options()], description=__doc__)
if __name__ == "__main__":
    sys.exit(run(report, parser.parse_args()))
