#!/usr/bin/env python3
"""Write every rule into a dated file of DIRECTORY: for cron, or before a change. `acl import FILE` brings them back."""

import sys
from argparse import Namespace
from contextlib import closing
from datetime import datetime
from pathlib import Path

from acl.cli.failure import Failure
from acl.cli.options import Parser, connection, open_store, read_rules
from acl.cli.output import write
from acl.cli.running import run
from acl.files import write_rules
from acl.text import counted


def backup(arguments: Namespace) -> int:
    with closing(open_store(arguments)) as store:
        rules = sorted(read_rules(store))
    file = arguments.directory / f"acls-{datetime.now():%Y%m%d-%H%M%S}.yaml"
    try:
        file.write_text(write_rules(rules, "yaml"), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}.") from None
    write(f"{counted(len(rules), 'rule')} in {file}\n")
    return 0


parser = Parser(prog="backup.py", parents=[connection()], description=__doc__)
parser.add_argument("directory", type=Path, metavar="DIRECTORY")
if __name__ == "__main__":
    sys.exit(run(backup, parser.parse_args()))
