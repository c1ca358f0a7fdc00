"""What a command prints may not arrive: whoever read it is gone, or the disk is full."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Final

UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})


def printing(name: str, run: Callable[[], int]) -> int:
    """Run a command to its end, which is when all it printed has arrived; its exit code.

    Who leaves has seen enough, and that is no failure.
    """
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_the_rest()
        return 0
    except OSError as failed:
        if failed.errno not in UNWRITABLE or failed.filename is not None:
            raise
        _drop_the_rest()
        sys.stderr.write(f"{name}: standard output: {failed.strerror}\n")
        return 1
    return code


def _drop_the_rest() -> None:
    """It goes nowhere, so that the interpreter's end does not fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
