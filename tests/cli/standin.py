"""Stands in for a broker or a ZooKeeper in tests of `zkbroker up`: ready, obedient, or not.

python -m tests.cli.standin NAME ADDRESS JOURNAL [BEHAVIOUR]
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType


def main(name: str, address: str, journal: str, behaviour: str = "") -> None:
    def note(what: str) -> None:
        with open(journal, "a") as file:
            file.write(f"{name} {what}\n")

    def stop(number: int, frame: FrameType | None) -> None:
        note("stopped")
        os._exit(0)

    if behaviour == "refuses":
        sys.stderr.write("a log line\nzkbroker: the disk is full\n")
        sys.exit(1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "deaf" else stop)
    note("started")
    if behaviour != "slow":
        sys.stdout.write(f"{name} ready on {address}\n")
        sys.stdout.flush()
    while sys.stdin.read(1):
        pass
    note("orphaned")
    if behaviour == "deaf":
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
