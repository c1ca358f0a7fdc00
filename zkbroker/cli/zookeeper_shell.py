"""`zookeeper-shell`: look at znodes and change them, with one command or line by line.

On a terminal lines have history and completion. Source: org.apache.zookeeper.ZooKeeperMain, 3.8.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import Option, Parsed
from zkbroker.cli.progress import progress
from zkbroker.cli.tool import Tool, say, warn

if TYPE_CHECKING:
    from zkbroker.zookeeper.shell_session import Access, ShellSession

CONNECT_S: Final = 15.0
UNKNOWN: Final = 127
HISTORY: Final = Path("~/.zkbroker-zookeeper-shell")


class Unusable(Exception):
    """The line cannot be read; the message is how it must be."""


@attrs.frozen
class Command:
    """One of the shell's commands. `flags` take no argument, `values` one; then come its arguments."""

    usage: str
    run: Callable[[Shell, Line], None]
    flags: str = ""
    values: str = ""
    least: int = 0
    most: int = 1

    def parse(self, words: Sequence[str]) -> Line:
        """Raises: Unusable."""
        flags: set[str] = set()
        values: dict[str, str] = {}
        rest: list[str] = []
        left = iter(words)
        for word in left:
            letter = word[1:]
            if len(word) == 2 and word[0] == "-" and letter in self.flags and not rest:
                flags.add(letter)
            elif len(word) == 2 and word[0] == "-" and letter in self.values and not rest:
                values[letter] = next(left, "")
            elif word.startswith("-") and not rest:
                raise Unusable(f"Unrecognized option: {word}")
            else:
                rest.append(word)
        if not self.least <= len(rest) <= self.most or not all(values.values()):
            raise Unusable(self.usage)
        return Line(frozenset(flags), values, rest)


@attrs.frozen
class Line:
    """A command line, taken apart."""

    flags: frozenset[str]
    values: dict[str, str]
    words: list[str]

    @property
    def path(self) -> str:
        """Raises: ShellError, for what cannot be a path."""
        from zkbroker.zookeeper.shell_session import ShellError

        path = self.words[0]
        if not path.startswith("/"):
            raise ShellError("Path must start with / character")
        if len(path) > 1 and path.endswith("/"):
            raise ShellError("Path must not end with / character")
        return path

    @property
    def version(self) -> int:
        text = self.values.get("v", "-1")
        if not text.lstrip("-").isdecimal():
            raise Unusable(f'For input string: "{text}"')
        return int(text)


class Shell:
    """A session and what was typed."""

    def __init__(self, session: ShellSession) -> None:
        self.session = session
        self.history: list[str] = []
        self.is_over = False

    def run(self, words: Sequence[str]) -> int:
        """One command; its exit code."""
        from zkbroker.zookeeper.shell_session import ShellError

        command = COMMANDS.get(words[0])
        if command is None:
            warn(f"Command not found: Command not found {words[0]}; help shows what there is")
            return UNKNOWN
        try:
            command.run(self, command.parse(words[1:]))
            return 0
        except (ShellError, Unusable) as error:
            warn(str(error))
            return 1

    def run_line(self, line: str) -> int:
        try:
            words = shlex.split(line)
        except ValueError as error:
            warn(f"The line cannot be read: {error}")
            return 1
        if not words:
            return 0
        self.history.append(line)
        return self.run(words)


# ---------------------------------------------------------------------------------------------- commands


def _show_stat(stat: Any) -> None:
    def when(timestamp_ms: int) -> str:
        return time.strftime("%a %b %d %H:%M:%S %Z %Y", time.localtime(timestamp_ms / 1000))

    say(f"cZxid = {stat.czxid:#x}")
    say(f"ctime = {when(stat.ctime)}")
    say(f"mZxid = {stat.mzxid:#x}")
    say(f"mtime = {when(stat.mtime)}")
    say(f"pZxid = {stat.pzxid:#x}")
    say(f"cversion = {stat.cversion}")
    say(f"dataVersion = {stat.version}")
    say(f"aclVersion = {stat.aversion}")
    say(f"ephemeralOwner = {stat.ephemeralOwner:#x}")
    say(f"dataLength = {stat.dataLength}")
    say(f"numChildren = {stat.numChildren}")


def _ls(shell: Shell, line: Line) -> None:
    path = line.path
    if "R" in line.flags:
        for node in shell.session.tree(path):
            say(node)
        return
    say(f"[{', '.join(shell.session.children(path))}]")
    if "s" in line.flags:
        _show_stat(shell.session.stat(path))


def _get(shell: Shell, line: Line) -> None:
    data, stat = shell.session.get(line.path)
    say("null" if not data and stat.dataLength == 0 else (data or b"").decode("utf-8", "replace"))
    if "s" in line.flags:
        _show_stat(stat)


def _set(shell: Shell, line: Line) -> None:
    stat = shell.session.set(line.path, line.words[1].encode(), line.version)
    if "s" in line.flags:
        _show_stat(stat)


def _create(shell: Shell, line: Line) -> None:
    if "c" in line.flags or "t" in line.values:
        raise Unusable("Containers and nodes with a time to live are not served by this shell")
    acl = _parse_acl(line.words[2]) if len(line.words) > 2 else None
    data = line.words[1].encode() if len(line.words) > 1 else None
    made = shell.session.create(line.path, data, acl, ephemeral="e" in line.flags, sequence="s" in line.flags)
    warn(f"Created {made}")


def _parse_acl(text: str) -> list[Access]:
    """`scheme:id:cdrwa,...`. Raises: Unusable."""
    from zkbroker.zookeeper.shell_session import PERMISSIONS, Access

    found = []
    for part in text.split(","):
        scheme, first, rest = part.partition(":")
        identity, second, letters = rest.rpartition(":")
        if not first or not second or not set(letters) <= set(PERMISSIONS):
            raise Unusable(f"{part} does not have the form scheme:id:perm")
        found.append(Access(scheme, identity, letters))
    return found


def _get_acl(shell: Shell, line: Line) -> None:
    entries, stat = shell.session.acl(line.path)
    for entry in entries:
        say(f"'{entry.scheme},'{entry.identity}")
        say(f": {entry.permissions}")
    if "s" in line.flags:
        _show_stat(stat)


def _set_acl(shell: Shell, line: Line) -> None:
    acl = _parse_acl(line.words[1])
    nodes = list(shell.session.tree(line.path)) if "R" in line.flags else [line.path]
    for node in nodes:
        stat = shell.session.set_acl(node, acl, line.version)
        if "s" in line.flags:
            _show_stat(stat)


def _delete(shell: Shell, line: Line) -> None:
    shell.session.delete(line.path, line.version)


def _delete_all(shell: Shell, line: Line) -> None:
    shell.session.delete_all(line.path)


def _stat(shell: Shell, line: Line) -> None:
    _show_stat(shell.session.stat(line.path))


def _count(shell: Shell, line: Line) -> None:
    say(str(sum(1 for _ in shell.session.tree(line.path)) - 1))


def _sync(shell: Shell, line: Line) -> None:
    shell.session.sync(line.path)
    say("Sync is OK")


def _add_auth(shell: Shell, line: Line) -> None:
    shell.session.add_auth(line.words[0], line.words[1] if len(line.words) > 1 else "")


def _version(shell: Shell, line: Line) -> None:
    import zkbroker

    say(f"ZooKeeper CLI version: 3.8, zkbroker {zkbroker.__version__}")


def _history(shell: Shell, line: Line) -> None:
    for number, text in enumerate(shell.history[-11:], start=max(0, len(shell.history) - 11)):
        say(f"{number} - {text}")


def _redo(shell: Shell, line: Line) -> None:
    text = line.words[0]
    if not text.isdecimal() or int(text) >= len(shell.history):
        raise Unusable("Command index out of range")
    shell.run_line(shell.history[int(text)])


def _quit(shell: Shell, line: Line) -> None:
    shell.is_over = True


def _help(shell: Shell, line: Line) -> None:
    for command in COMMANDS.values():
        say(f"\t{command.usage}")


COMMANDS: Final[dict[str, Command]] = {
    "addauth": Command("addauth scheme auth", _add_auth, least=1, most=2),
    "create": Command("create [-s] [-e] path [data] [acl]", _create, "sec", "t", 1, 3),
    "delete": Command("delete [-v version] path", _delete, "", "v", 1),
    "deleteall": Command("deleteall path", _delete_all, "", "b", 1),
    "get": Command("get [-s] path", _get, "sw", "", 1),
    "getAcl": Command("getAcl [-s] path", _get_acl, "s", "", 1),
    "getAllChildrenNumber": Command("getAllChildrenNumber path", _count, "", "", 1),
    "help": Command("help", _help, most=99),
    "history": Command("history", _history),
    "ls": Command("ls [-s] [-R] path", _ls, "swR", "", 1),
    "quit": Command("quit", _quit),
    "redo": Command("redo cmdno", _redo, "", "", 1),
    "set": Command("set [-s] [-v version] path data", _set, "s", "v", 2, 2),
    "setAcl": Command("setAcl [-s] [-v version] [-R] path acl", _set_acl, "sR", "v", 2, 2),
    "stat": Command("stat path", _stat, "w", "", 1),
    "sync": Command("sync path", _sync, "", "", 1),
    "version": Command("version", _version),
}


# ---------------------------------------------------------------------------------------------- the shell


def run(parsed: Parsed) -> int:
    from zkbroker.cli.zookeeper_access import read_config
    from zkbroker.security.zookeeper_login import zookeeper_credentials
    from zkbroker.zookeeper.shell_session import ShellError, ShellSession

    words = list(parsed.words)
    place = parsed.text("server") or (words.pop(0) if words else "localhost:2181")
    file = parsed.text("zk-tls-config-file")
    config = read_config(None if file is None else Path(file), place)
    say(f"Connecting to {place}")
    timeout_ms = parsed.number("timeout")
    timeout_s = CONNECT_S if timeout_ms is None else timeout_ms / 1000
    try:
        with progress(f"Waiting for ZooKeeper at {place}"):
            session = ShellSession(place, zookeeper_credentials(config), timeout_s=timeout_s)
    except ShellError as error:
        raise Failure(str(error)) from None
    try:
        shell = Shell(session)
        if words:
            say("\nWATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null")
            return shell.run(words)
        return _converse(shell, place)
    finally:
        session.close()


def _converse(shell: Shell, place: str) -> int:
    """Line by line until quit or the end of the input; the code of the last line, as ZooKeeper's shell."""
    say("Welcome to ZooKeeper!")
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not is_terminal:
        say("JLine support is disabled")
    say("\nWATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null")
    code = 0
    for line in _typed(shell, place) if is_terminal else sys.stdin:
        code = shell.run_line(line.strip())
        sys.stdout.flush()
        if shell.is_over:
            break
    return code


def _typed(shell: Shell, place: str) -> Iterator[str]:
    """Lines of a terminal, with history and completion where readline is."""
    history = HISTORY.expanduser()
    try:
        import readline
    except ImportError:
        readline = None  # type: ignore[assignment]
    if readline is not None:
        if history.exists():
            readline.read_history_file(history)
        readline.set_completer(Completer(shell.session))
        readline.set_completer_delims(" ")
        readline.parse_and_bind("tab: complete")
    number = 0
    try:
        while True:
            try:
                yield input(f"[zk: {place}(CONNECTED) {number}] ")
            except EOFError:
                say()
                return
            number += 1
    finally:
        if readline is not None:
            readline.set_history_length(1000)
            readline.write_history_file(history)


class Completer:
    """Completes the first word to a command, others to paths."""

    def __init__(self, session: ShellSession) -> None:
        self._session = session
        self._found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        if state == 0:
            self._found = self.candidates(text)
        return self._found[state] if state < len(self._found) else None

    def candidates(self, text: str) -> list[str]:
        from zkbroker.zookeeper.shell_session import ShellError

        if not text.startswith("/"):
            return [f"{name} " for name in COMMANDS if name.startswith(text)]
        parent, _, start = text.rpartition("/")
        try:
            found = [child for child in self._session.children(parent or "/") if child.startswith(start)]
            if found == [start]:  # it is whole: what is below it
                return [f"{text}/{child}" for child in self._session.children(text)] or [text]
        except ShellError:
            return []
        return [f"{parent}/{child}" for child in found]


TOOL: Final = Tool(
    name="zookeeper-shell",
    purpose="Look at the znodes of a ZooKeeper and change them. Without a command, lines are read; help shows which.",
    kafka_class="org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka",
    run=run,
    prints_records=True,
    words="HOST:PORT[/CHROOT] [COMMAND [ARGUMENT...]]",
    passes_on=True,
    options=(
        Option("server", "ZooKeeper's address, which may also be the first word.", "HOST:PORT[/CHROOT]"),
        Option("timeout", "How long to wait for the connection.", "milliseconds", int),
        Option(
            "zk-tls-config-file",
            "A file with zookeeper.ssl.*, zookeeper.digest or zookeeper.sasl.jaas.config.",
            "FILE",
            completes="file",
        ),
    ),
    examples=(
        "zookeeper-shell localhost:2181 ls /brokers/ids",
        "zookeeper-shell localhost:2181 get /controller",
    ),
)
