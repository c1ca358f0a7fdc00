"""zookeeper-shell beside ZooKeeper's own."""

from __future__ import annotations

import re

import pytest

from tests.tools.conftest import Place
from tests.tools.parity import Both, Said, run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.cli.zookeeper_shell import Completer
from zkbroker.zookeeper.client import Credentials
from zkbroker.zookeeper.shell_session import ShellSession

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
        assert complete.candidates("getA") == ["getAcl ", "getAllChildrenNumber "]
        assert complete.candidates("/nosuch/x") == []
    finally:
        session.close()
