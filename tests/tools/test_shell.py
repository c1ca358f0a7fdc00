"""zookeeper-shell beside ZooKeeper's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trio

from tests.cli.terminals import dialogue
from tests.tools.conftest import Place
from tests.tools.parity import Both, Said, run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.cli.zookeeper_shell import Completer
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, new_zookeeper
from zkbroker.zookeeper.client import Credentials
from zkbroker.zookeeper.shell_session import ShellError, ShellSession

SHELL = "zookeeper-shell"


def quiet(text: str) -> str:
    """Without the word of the connection, which theirs says when it happens, and the numbers of a stat."""
    kept = [
        line for line in text.splitlines() if line not in ("", "WATCHER::") and "WatchedEvent" not in line
    ]
    text = "\n".join(line for line in kept if not line.startswith(("Connecting", "WatchedEvent")))
    return re.sub(r"(?m)^(.Zxid|.time|ephemeralOwner) = .*$", r"\1 = N", text)


@pytest.mark.peers
@pytest.mark.parametrize("me", ["{me}"])
def test_reading_and_writing(both: Both, me: str) -> None:
    def same(line: str, code: int = 0) -> Said:
        return both.same(SHELL, "-server {zk} " + line, normalise=quiet, code=code)

    assert same("ls /brokers/ids").lines == ["[1, 2, 3]"]
    assert same("get /controller").output.startswith('{"version":2,"brokerid":')
    same("ls /")
    same("ls -s /brokers")
    same("ls -R /brokers/ids")
    same("get -s /controller")
    same("get /brokers/ids")
    same("stat /brokers")
    same("create /{me}-node bar")
    same("create /{me}-node bar", code=1)
    same("create -s /{me}-node/x")
    same("create -e /{me}-gone x")
    same("get /{me}-node")
    same("set /{me}-node baz")
    same("set -s -v 1 /{me}-node 'two words'")
    same("set -v 7 /{me}-node no", code=1)
    same("getAcl /{me}-node")
    same("setAcl /{me}-node world:anyone:cdrw")
    same("getAcl -s /{me}-node")
    same("getAllChildrenNumber /{me}-node")
    same("sync /")
    same("delete /{me}-node", code=1)
    same("deleteall /{me}-node")
    same("get /{me}-node", code=1)
    same("ls /nosuch", code=1)
    same("stat /nosuch", code=1)
    same("delete /nosuch", code=1)
    same("get nosuch", code=1)
    same("ls /brokers/", code=1)
    unknown = both.ours(SHELL, "{zk} nosuch")
    assert (unknown.code, both.kafka(SHELL, "-server {zk} nosuch").code) == (127, 127)
    assert unknown.sentence.startswith("Command not found: Command not found nosuch")


def test_line_by_line(place: Place) -> None:
    lines = "create /typed 1\nget /typed\nhistory\nredo 1\nnosuch\ndelete /typed\nquit\nls /\n"
    result = run_tool(tool_named(SHELL), [place.zookeeper], stdin=lines)
    said = quiet(result.output).splitlines()
    assert said == ["Welcome to ZooKeeper!", "JLine support is disabled", "1", *said[3:6], "1"]
    assert said[3:6] == ["0 - create /typed 1", "1 - get /typed", "2 - history"]
    assert result.exit_code == 0
    assert result.errors.startswith("Created /typed\nCommand not found")


def test_completion(place: Place) -> None:
    session = ShellSession(place.zookeeper, Credentials(), timeout_s=10)
    try:
        complete = Completer(session)
        assert complete.candidates("/bro") == ["/brokers"]
        assert complete.candidates("/brokers/i") == ["/brokers/ids"]
        assert complete.candidates("/brokers/ids") == [f"/brokers/ids/{number}" for number in (1, 2, 3)]
        assert complete.candidates("/controller") == ["/controller", "/controller_epoch"]
        assert complete.candidates("getA") == ["getAcl ", "getAllChildrenNumber "]
        assert complete.candidates("/nosuch/x") == []
    finally:
        session.close()


def test_a_dialogue(place: Place, tmp_path: Path) -> None:
    """At a terminal: names are completed, mistakes go on, and the next shell knows what was typed."""
    pytest.importorskip("readline")
    prompt = r"\(CONNECTED\) {}\] "
    with dialogue(SHELL, place.zookeeper, environment={"HOME": str(tmp_path)}) as shell:
        assert "Welcome to ZooKeeper!" in shell.waits_for(prompt.format(0))
        assert "[1, 2, 3]" in shell.types("ls /bro\tids\x7f\x7f\x7f/id\t\r", prompt.format(1))
        assert "help shows what there is" in shell.types("nosuch\r", prompt.format(2))
        assert "The line cannot be read" in shell.types("ls '/\r", prompt.format(3))
        assert "Unrecognized option: -x" in shell.types("ls -x /\r", prompt.format(4))
        assert '"brokerid":' in shell.types("get /controlle\x7fer\r", prompt.format(5))
        shell.types("quit\r", "quit")
        assert shell.process.wait(30) == 0
    with dialogue(SHELL, place.zookeeper, environment={"HOME": str(tmp_path)}) as shell:
        shell.waits_for(prompt.format(0))
        shell.types("\x1b[A", "quit")
        assert '"brokerid":' in shell.types("\x1b[A\r", prompt.format(1))
        shell.types("\x04", "\n")
        assert shell.process.wait(30) == 0


def test_a_zookeeper_that_goes_away(tmp_path: Path) -> None:
    """kazoo would keep what is asked, and the shell wait for ever."""
    zookeeper = new_zookeeper(tmp_path, EMBEDDED_ZOOKEEPER)

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()

    trio.run(start)
    session = ShellSession(zookeeper.connect, Credentials(), timeout_s=1)
    try:
        assert session.children("/") == ["zookeeper"]
        zookeeper.process.kill()
        with pytest.raises(ShellError, match=r"does not answer any more|ConnectionLoss"):
            session.children("/")
        with pytest.raises(ShellError, match=r"does not answer any more|ConnectionLoss"):
            session.set("/", b"")
    finally:
        session.close()
        zookeeper.process.kill()
