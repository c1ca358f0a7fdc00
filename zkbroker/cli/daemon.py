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
from zkbroker.client.errors import CallFailed
from zkbroker.client.settings import read_properties


def start(words: Sequence[str], *, in_background: bool, log: str) -> int:
    """Run `zkbroker WORDS`, in this process or in one of its own session."""
    if not in_background:
        from zkbroker.cli.main import WRONG_USAGE, main

        code = main(words)
        return 1 if code == WRONG_USAGE else code  # Kafka's server has one code for all that is wrong
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


def stop(what: str, called: str, number: signal.Signals, node_id: int | None = None) -> int:
    """Signal this user's processes that run `zkbroker WHAT`, or the broker of this id; 1 if there is none."""
    listed = subprocess.run(["ps", "-eo", "pid=,uid=,args="], capture_output=True, text=True, check=True)
    found = {
        pid: words
        for pid, words in servers(listed.stdout, what, os.getuid()).items()
        if pid not in (os.getpid(), os.getppid())
    }
    if node_id is not None:
        found = {
            pid: words for pid, words in found.items() if broker_id_of(words, _directory_of(pid)) == node_id
        }
    if not found:
        say(f"No {called} server to stop")
        return 1
    for pid in sorted(found):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue  # it has ended by itself
        except PermissionError:
            raise Failure(f"Process {pid} may not be signalled by this user") from None
    return 0


def servers(listed: str, what: str, uid: int) -> dict[int, list[str]]:
    """Of `ps -eo pid=,uid=,args=`: this user's processes that run `zkbroker WHAT`, with their arguments."""
    started_by = {"broker": "/kafka-server-start", "zookeeper": "/zookeeper-server-start"}[what]
    found = {}
    for line in listed.splitlines():
        pid, owner, *words = line.split()
        if int(owner) != uid:
            continue
        pairs = list(pairwise(words))
        for at, (first, second) in enumerate(pairs):
            if first.endswith("zkbroker") and second == what:
                found[int(pid)] = words[at + 2 :]
        for at, word in enumerate(words[:2]):
            if word.removesuffix(".sh").endswith(started_by):
                found[int(pid)] = words[at + 1 :]
    return found


def broker_id_of(words: Sequence[str], directory: Path) -> int | None:
    """The id by the arguments of a broker that runs in this directory: --override counts before the file."""
    found: dict[str, str] = {}
    overrides = {}
    for at, word in enumerate(words):
        pair = (
            words[at + 1]
            if word == "--override" and at + 1 < len(words)
            else word.removeprefix("--override=")
        )
        if word.startswith("--override"):
            key, _, value = pair.partition("=")
            overrides[key] = value
        elif word.endswith(".properties") and not found:
            try:
                found = read_properties(str(directory / word))
            except CallFailed:
                continue  # it is gone, or another user's
    known = found | overrides
    text = known.get("broker.id", known.get("node.id", "")).strip()
    return int(text) if text.isdecimal() else None


def _directory_of(pid: int) -> Path:
    """Where it runs; where that cannot be known, here, as Kafka's script supposes."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return Path.cwd()
