"""Servers in the foreground or the background, and how to stop them, as Kafka's start and stop scripts do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from zkbroker.cli.failure import Failure
from zkbroker.cli.tool import say


def start(words: Sequence[str], *, in_background: bool, log: str) -> int:
    """Run `zkbroker WORDS`, in this process or in one of its own session."""
    if not in_background:
        from zkbroker.cli.main import main

        return main(words)
    directory = Path(os.environ.get("LOG_DIR", "logs"))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        output = (directory / log).open("ab")
    except OSError as error:
        raise Failure(f"{directory / log} cannot be written: {error.strerror}") from None
    with output:
        subprocess.Popen(
            [sys.executable, "-m", "zkbroker", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return 0


def stop(what: str, called: str, signal_name: str) -> int:
    """Signal this user's processes that run `zkbroker WHAT`; 1 if there is none."""
    listed = subprocess.run(["ps", "-eo", "pid=,uid=,args="], capture_output=True, text=True, check=True)
    found = pids(listed.stdout, what, os.getuid()) - {os.getpid(), os.getppid()}
    if not found:
        say(f"No {called} server to stop")
        return 1
    for pid in sorted(found):
        try:
            os.kill(pid, getattr(signal, f"SIG{signal_name}"))
        except ProcessLookupError:
            continue  # it has ended by itself
        except PermissionError:
            raise Failure(f"Process {pid} may not be signalled by this user") from None
    return 0


def pids(listed: str, what: str, uid: int) -> set[int]:
    """Of `ps -eo pid=,uid=,args=`: this user's processes that run `zkbroker WHAT`."""
    started_by = {"broker": "/kafka-server-start", "zookeeper": "/zookeeper-server-start"}[what]
    found = set()
    for line in listed.splitlines():
        pid, owner, *words = line.split()
        if int(owner) != uid:
            continue
        pairs = pairwise(words)
        is_ours = any(first.endswith("zkbroker") and second == what for first, second in pairs)
        if is_ours or any(word.removesuffix(".sh").endswith(started_by) for word in words[:2]):
            found.add(int(pid))
    return found
