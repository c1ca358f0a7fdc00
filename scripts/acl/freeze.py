#!/usr/bin/env python3
"""In an emergency: nobody writes to TOPIC any more, whatever the rules say, until `freeze.py --undo TOPIC`."""

import sys
from argparse import Namespace
from contextlib import closing

from acl.cli.failure import Failure
from acl.cli.options import Parser, connection, open_store
from acl.cli.output import write
from acl.cli.running import run
from acl.model import EVERYBODY, Operation, ResourceType, deny, literal
from acl.stores.store import wait_for


def freeze(arguments: Namespace) -> int:
    rule = deny(EVERYBODY, Operation.WRITE, literal(ResourceType.TOPIC, arguments.topic))
    with closing(open_store(arguments)) as store:
        if arguments.undo:
            if not store.change(remove=[rule]).removed:
                raise Failure(f"{arguments.topic} was not frozen.")
            wait_for(store, gone=[rule])
        else:
            store.change(add=[rule])
            wait_for(store, there=[rule])
    write(
        f"{arguments.topic} {'may be written again' if arguments.undo else 'is frozen, but for super users'}.\n"
    )
    return 0


parser = Parser(prog="freeze.py", parents=[connection()], description=__doc__)
parser.add_argument("topic", metavar="TOPIC")
parser.add_argument("--undo", action="store_true")
if __name__ == "__main__":
    sys.exit(run(freeze, parser.parse_args()))
