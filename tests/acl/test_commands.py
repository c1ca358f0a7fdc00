"""The acl command, through a broker and straight on the znodes: each form of each answer, refusals, and real logs.

What a person reads of each command stands in docs/acl.md, and test_walkthrough.py holds it to that.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import trio
import yaml

from acl.__main__ import main, parser
from acl.model import CLUSTER_PATTERN, EVERYBODY, Operation, ResourceType, allow, deny, literal, prefixed
from acl.sets import AclSet
from acl.stores.store import Store
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.acl.conftest import AUTHORIZER
from tests.acl.walkthrough import DOCUMENT, ROOT
from zkbroker.testing.client import open_client
from zkbroker.testing.servers import BrokerServer, ZooKeeperServer, new_broker

TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
RULES = (
    allow("User:alice", Operation.READ, literal(TOPIC, "orders")),
    allow("User:alice", Operation.WRITE, prefixed(TOPIC, "orders-"), "10.0.0.1"),
    deny(EVERYBODY, Operation.DELETE, literal(TOPIC, "*")),
    allow("User:CN=bob,O=Größe", Operation.READ, literal(GROUP, "g")),
)
LOG = (
    "Principal = User:carol is Denied operation = Read from host = 10.0.0.5 on resource = Topic:LITERAL:orders "
    "for request = Fetch with resourceRefCount = 1\n"
)
DECLARED = """
owns: {resources: [topic:orders]}
acls:
- {principal: alice, operations: [Read, Write], resource: topic:orders}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["znodes", "brokers"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[list[str], Store]]:
    """The options that name the store, and the same rules by a way of the test's own."""
    if request.param == "znodes":
        connect = str(request.getfixturevalue("connect"))
        where = ["--zookeeper", connect]
    else:
        server: BrokerServer = request.getfixturevalue("zkbroker_server")
        connect = str(server.properties["zookeeper.connect"])
        where = ["--bootstrap-server", server.bootstrap]
    with closing(ZooKeeperStore(ZooKeeperAccess(connect))) as store:
        store.change(add=RULES)
        store.change(remove=[rule for rule in store.read() if rule not in RULES])
        _wait(where, set(RULES))
        yield where, store


def _wait(where: Sequence[str], rules: set[object]) -> None:
    """Until the place tells these rules: a broker follows the znodes in its own time."""
    from acl.cli.options import open_store

    with closing(open_store(parser().parse_args(["list", *where]))) as store:
        deadline = time.monotonic() + 30
        while set(store.read()) != rules:
            assert time.monotonic() < deadline, f"{where} never told the rules"


@pytest.fixture
def run(place: tuple[list[str], Store], capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("list", …)`: exit code, output, errors."""

    def go(command: str, *words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([command, *map(str, words), *place[0]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


# ------------------------------------------------------------------------------------------------- forms


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "denied.log").write_text(LOG)
    (tmp_path / "declared.yaml").write_text(DECLARED)
    (tmp_path / "wanted.txt").write_text("alice may read topic:orders\ncarol may read topic:orders\n")
    return tmp_path


ANSWERS: dict[str, tuple[list[str], int, int]] = {  # words, exit code, rows of CSV
    "list": (["list"], 0, 4),
    "add": (["add", "--allow-principal", "d", "--operation", "Read", "--topic", "t", "--dry-run"], 0, 1),
    "remove": (["remove", "--topic", "orders", "--dry-run"], 0, 1),
    "import": (["import", "{}/declared.yaml", "--dry-run"], 0, 1),
    "plan": (["plan", "{}/declared.yaml"], 0, 1),
    "drift": (["drift", "{}/declared.yaml"], 3, 1),
    "explain": (["explain", "carol", "read", "topic:orders"], 0, 1),
    "explain-log": (["explain", "--log", "{}/denied.log"], 0, 1),
    "who-can": (["who-can", "read", "topic:orders"], 0, 1),
    "can": (["can", "alice", "--host", "10.0.0.1"], 0, 2),
    "test": (["test", "{}/wanted.txt"], 1, 2),
    "suggest": (["suggest", "--log", "{}/denied.log"], 0, 1),
    "lint": (["lint", "--only", "contradicted", "--only", "over-wide", "--fail-on", "never"], 0, 0),
    "rename": (["rename-principal", "alice", "alicia", "--dry-run"], 0, 4),
    "copy": (["copy-principal", "alice", "alicia", "--dry-run"], 0, 2),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_same_answer_in_every_form(name: str, run: Run, files: Path) -> None:
    (command, *words), code, rows = ANSWERS[name]
    words = [word.replace("{}", str(files)) for word in words]
    found = {form: run(command, *words, "--output", form) for form in ("table", "json", "yaml", "csv")}
    for form, (exit_code, output, errors) in found.items():
        assert (exit_code, errors) == (code, ""), form
        assert output or (name == "lint" and form == "csv"), form
    as_json = json.loads(found["json"][1])
    as_yaml = yaml.safe_load(found["yaml"][1])
    if name != "suggest":  # whose YAML is a declaration
        assert as_yaml == as_json
    table = list(csv.DictReader(io.StringIO(found["csv"][1])))
    assert len(table) == rows


def test_no_command_is_without_a_test() -> None:
    """Here or in the walk-through, which changes things."""
    (commands,) = [action for action in parser()._actions if action.dest == "==SUPPRESS==" or action.choices]
    assert commands.choices is not None
    walked = DOCUMENT.read_text()
    for command in commands.choices:
        assert f"$ acl {command}" in walked, command


# ------------------------------------------------------------------------------------------------- changes


def test_what_is_asked_is_answered_from_one_reading(run: Run, place: tuple[list[str], Store]) -> None:
    code, output, errors = run("remove", "--topic", "orders", "--yes")
    assert (code, errors) == (0, "")
    assert output == "- Allow User:alice Read topic:orders\n1 rule removed.\n"
    assert set(place[1].read()) == set(RULES[1:])
    code, output, errors = run("remove", "--topic", "orders", "--yes")
    assert (code, output) == (1, "")
    assert "nothing was removed" in errors


def test_nothing_is_removed_without_an_answer(run: Run, place: tuple[list[str], Store]) -> None:
    code, output, errors = run("remove", "--principal", "User:alice")
    assert code == 1 and "there is no terminal to ask on" in errors
    assert output.startswith("- Allow User:alice"), "it shows what it would have removed"
    code, _, errors = run("remove", "--principal", "User:alice", "--expect", "3")
    assert code == 1 and "2 rules would go, not 3" in errors
    code, _, errors = run("remove")
    assert code == 2 and "without any option that chooses" in errors
    assert set(place[1].read()) == set(RULES)


def test_roles_as_kafka_gives_and_takes_them(run: Run, place: tuple[list[str], Store]) -> None:
    words = (
        "--producer",
        "--consumer",
        "--topic",
        "t",
        "--group",
        "g",
        "--transactional-id",
        "x",
        "--idempotent",
    )
    code, _, _ = run("add", "--allow-principal", "d", *words)
    assert code == 0
    given = set(place[1].read()) - set(RULES)
    assert len(given) == 8
    code, output, _ = run("remove", "--principal", "d", *words, "--expect", "8")
    assert code == 0 and output.endswith("8 rules removed.\n")
    assert set(place[1].read()) == set(RULES)


def test_a_plan_adopts_what_is_there_and_is_refused_after_a_change(
    run: Run, place: tuple[list[str], Store], files: Path
) -> None:
    assert run("export", "--to", files / "all.yaml")[0] == 0
    code, output, _ = run("plan", files / "all.yaml", "--delete")
    assert (code, output) == (0, "Nothing to do: the cluster is as declared (4 as declared).\n")
    assert run("plan", files / "declared.yaml", "--delete", "--out", files / "p.json")[0] == 0
    place[1].change(add=[allow("User:x", Operation.READ, literal(TOPIC, "x"))])
    _wait(place[0], {*place[1].read()})
    code, _, errors = run("apply", files / "p.json")
    assert code == 1 and "have changed since the plan was made" in errors
    assert run("apply", files / "declared.yaml", "--delete", "--yes")[0] == 0
    assert run("drift", files / "declared.yaml")[0] == 0


def test_export_and_import_in_every_format(run: Run, place: tuple[list[str], Store], files: Path) -> None:
    for form, name in (("yaml", "a.yaml"), ("json", "a.json"), ("csv", "a.csv"), ("kafka-acls", "a.sh")):
        code, _, errors = run("export", "--format", form, "--to", files / name)
        assert code == 0, errors
        place[1].change(remove=place[1].read())
        _wait(place[0], set())
        code, _, errors = run("import", files / name)
        assert code == 0, errors
        assert place[1].read() == AclSet(RULES), form


def test_a_backup_brings_everything_back(run: Run, place: tuple[list[str], Store], files: Path) -> None:
    script = str(ROOT / "scripts" / "acl" / "backup.py")
    done = subprocess.run(
        [sys.executable, script, str(files), *place[0]], capture_output=True, text=True, timeout=60, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    (backup,) = files.glob("acls-*.yaml")
    assert (done.stdout, done.stderr) == (f"4 rules in {backup}\n", "")
    place[1].change(remove=place[1].read())
    _wait(place[0], set())
    assert run("import", backup)[0] == 0
    assert place[1].read() == AclSet(RULES)


# ------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["list"], 2, "Say where the rules are"),
        (["list", "--zookeeper", "h:1", "--bootstrap-server", "h:2"], 2, "name two places"),
        (["explain", "alice", "--acls", "/dev/null"], 2, "Name PRINCIPAL, OPERATION and RESOURCE"),
        (["lint", "--unused-since", "30d", "--acls", "/dev/null"], 2, "--unused-since needs --usage"),
        (
            ["add", "--allow-principal", "a", "--topic", "t", "--producer", "--operation", "Read"],
            2,
            "take no --operation",
        ),
        (
            ["add", "--allow-principal", "User:x-*", "--topic", "t", "--zookeeper", "h:1"],
            1,
            "only User:* stands for others",
        ),
        (
            ["explain", "a", "read", "cluster", "--acls", "/dev/null"],
            1,
            "No request asks for Read on a cluster",
        ),
        (["who-can", "write", "group:g", "--acls", "/dev/null"], 1, "No request asks for Write on a group"),
        (["plan", "/nowhere.yaml", "--zookeeper", "h:1"], 1, "/nowhere.yaml cannot be read"),
    ],
)
def test_refusals_are_a_sentence(
    words: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("ACL_BOOTSTRAP_SERVER", "ACL_ZOOKEEPER", "ACL_COMMAND_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    assert main(words) == code
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.startswith("acl: ") and captured.err.count("\n") == 1
    assert captured.out == ""


def test_wrong_words_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["bogus"], ["list", "--bogus"], ["explain", "a", "fly", "topic:t", "--acls", "x"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2
        assert capsys.readouterr().err.startswith("acl: ")


def test_importable_alone() -> None:
    """Nothing of the broker comes with the package, and no client library before one is needed."""
    code = (
        "import sys, acl.__main__, acl.cli.options, acl.lint, acl.plan, acl.evaluate\n"
        "acl.__main__.parser()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('zkbroker', 'kafka', 'kazoo', 'trio')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


# ------------------------------------------------------------------------------------------------- brokers' own files


def test_a_brokers_own_log_and_counts(
    zookeeper_server: ZooKeeperServer, connect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a broker logs and counts, `acl` reads: a denial explained and answered, rules used and unused told apart."""
    usage = tmp_path / "usage.json"
    used = allow("User:ANONYMOUS", Operation.DESCRIBE, prefixed(TOPIC, "open-"))
    unused = allow("User:gone", Operation.READ, literal(TOPIC, "old"))
    between_brokers = allow("User:ANONYMOUS", Operation.CLUSTER_ACTION, CLUSTER_PATTERN)
    with closing(ZooKeeperStore(ZooKeeperAccess(connect))) as store:
        store.change(add=[used, unused, between_brokers])
    server = new_broker(tmp_path, 1, connect, authorizer_usage_file=usage)
    server.properties |= AUTHORIZER | {"super.users": "User:admin"}

    async def talk() -> None:
        server.start()
        await server.process.wait_ready()
        async with open_client([server.bootstrap]) as client:
            await client.metadata(["secret", "open-house"])
        await server.process.stop()

    try:
        trio.run(talk)
    finally:
        server.process.kill()
    where = ["--zookeeper", connect]
    log = str(server.process.log_path)
    assert main(["explain", "--log", log, *where]) == 0
    told = capsys.readouterr().out
    assert "DENIED: User:ANONYMOUS may not Describe topic:secret from 127.0.0.1" in told
    assert main(["suggest", "--log", log, *where]) == 0
    suggested = capsys.readouterr().out
    assert suggested.startswith(
        f"acl add --zookeeper {connect} --allow-principal User:ANONYMOUS --operation Describe --topic secret  #"
    )
    assert main(["lint", "--usage", str(usage), "--only", "unused", "--fail-on", "note", *where]) == 1
    found = capsys.readouterr().out
    assert "unused             Allow User:gone Read topic:old" in found
    assert "open-" not in found and "cluster" not in found
    assert main(["lint", "--usage", str(usage), "--unused-since", "30d", "--only", "unused", *where]) == 0
    assert "brokers count only since" in capsys.readouterr().err
