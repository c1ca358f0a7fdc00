#!/usr/bin/env python3
"""Remove every rule of PRINCIPAL, and say what it may still do by the rules of everybody."""

import sys
from argparse import Namespace
from contextlib import closing

from acl.access import can
from acl.cli.options import PRINCIPAL, Parser, connection, open_store, read_rules
from acl.cli.output import place_text, write
from acl.cli.rules import add_yes, remove_rules
from acl.cli.running import run
from acl.model import BindingFilter, EntryFilter
from acl.stores.store import wait_for
from acl.text import pattern_text


def offboard(arguments: Namespace) -> int:
    with closing(open_store(arguments)) as store:
        its_own = BindingFilter(entry=EntryFilter(principal=arguments.principal))
        rules = sorted(read_rules(store).matching(its_own))
        code = remove_rules(store, rules, arguments)
        left = can(wait_for(store, gone=rules), arguments.principal)
    for grant in left:
        where = f"{pattern_text(grant.pattern)}{place_text(grant.host)}"
        write(f"It still has what everybody has on {where}.\n")
    return code


parser = Parser(prog="offboard.py", parents=[connection()], description=__doc__)
parser.add_argument("principal", type=PRINCIPAL, metavar="PRINCIPAL")
add_yes(parser)
parser.set_defaults(expect=None, dry_run=False)
if __name__ == "__main__":
    sys.exit(run(offboard, parser.parse_args()))
