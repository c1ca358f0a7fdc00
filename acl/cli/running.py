"""How every command of the package ends: an exit code, and for people a sentence."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable

from acl.cli.failure import Failure
from acl.document import BadDocument
from acl.files import BadFile
from acl.plan import BadPlan
from acl.stores.store import StoreError
from acl.text import BadWord
from acl.usage import BadUsage

FOR_PEOPLE = (StoreError, BadFile, BadDocument, BadPlan, BadWord, BadUsage)


def run(command: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run a command; its exit code. What goes wrong in a known way becomes a sentence on stderr."""
    # What the client libraries say about a connection is said again, in a sentence, by what ends the command.
    logging.basicConfig(level=logging.CRITICAL)
    try:
        code = command(arguments)
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
