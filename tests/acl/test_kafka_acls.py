"""Our kafka-acls and Kafka's, the same calls one after the other on a chroot each: same output, same rules after."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import closing

import attrs
import pytest

from acl.kafka_options import OPTIONS
from acl.model import Operation, ResourceType, allow, deny, literal, prefixed
from acl.stores.store import Store
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from tests.acl.conftest import forget_rules
from tests.support.peers import JavaTools
from zkbroker.cli import kafka_acls
from zkbroker.testing.servers import BrokerServer

ACL_COMMAND = "kafka.admin.AclCommand"
TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP

CALLS = """
--add --allow-principal User:alice --operation Read --operation Write --topic orders
--add --allow-principal User:alice --allow-principal User:bob --allow-host 10.0.0.1 --allow-host 10.0.0.2 --operation describe --topic orders --topic other
--add --deny-principal User:* --deny-host 10.0.0.9 --operation All --topic orders- --resource-pattern-type prefixed
--add --allow-principal User:prod --producer --topic orders
--add --allow-principal User:prod --producer --idempotent --topic orders --transactional-id tx
--add --allow-principal User:cons --consumer --topic orders --group g
--add --allow-principal User:both --producer --consumer --topic orders --group g --transactional-id tx
--add --allow-principal User:pre --consumer --topic pre- --group pre- --resource-pattern-type PREFIXED
--add --allow-principal User:admin --cluster
--add --allow-principal User:admin --operation ClusterAction --cluster
--add --allow-principal User:t --operation Describe --delegation-token tok
--add --allow-principal User:t --operation CreateTokens --user-principal User:bob
--add --allow-principal User:CN=x,O=y --operation Alter --topic orders
--list
--list --topic orders
--list --topic orders --topic other --group g
--list --topic orders --resource-pattern-type any
--list --topic orders-1 --resource-pattern-type match
--list --cluster
--list --principal User:alice
--list --principal User:alice --principal User:prod --topic orders
--list --principal User:nobody
--list --topic nothing
--list --transactional-id tx --delegation-token tok --user-principal User:bob
--remove --allow-principal User:alice --operation Read --topic orders --force
--remove --allow-principal User:nobody --operation Read --topic orders --force
--remove --allow-principal User:prod --producer --topic orders --force
--remove --topic other --force
--remove --topic orders-1 --resource-pattern-type match --force
--remove --group g --resource-pattern-type any --force
y|--remove --cluster
n|--remove --transactional-id tx
y|--remove --allow-principal User:t --operation Describe --delegation-token tok
--list
--add --allow-principal alice --topic orders
--add --topic orders
--add --allow-principal User:a
--add --allow-principal User:a --topic t --resource-pattern-type match
--add --allow-principal User:a --operation Nonsense --topic t
--add --allow-principal User:a --operation ClusterAction --topic t
--add --list
--list --producer
--add --producer --operation Read --topic t --allow-principal User:a
--add --consumer --topic t --allow-principal User:a
--add --idempotent --cluster --allow-principal User:a
--add --principal User:a --topic t
--add --producer --allow-principal User:a
--list --bogus
--list --topic
--list --resource-pattern-type nonsense
--list --command-config x
--list --bootstrap-server localhost:1 --authorizer x
""".strip().splitlines()  # noqa: E501


@attrs.frozen
class Said:
    """What a call answered, made comparable: the order of rules and of their patterns means nothing."""

    code: int
    output: tuple[str, ...]
    complaint: str  # the first line on standard error that is no warning


def said(code: int, output: str, errors: str) -> Said:
    paragraphs = []
    output = re.sub(r"^(ACLs for principal .*)\n", r"\1 \n\n", output, flags=re.MULTILINE)
    for text in output.split(" \n\n"):
        lines = [line.strip() for line in text.splitlines() if line.strip() and not _is_trace(line)]
        paragraphs.append("\n".join(sorted(lines)))
    complaints = [line.rstrip() for line in errors.splitlines() if line and not line.startswith("Warning: ")]
    complaints = [re.sub(r"operations .*", "operations", line) for line in complaints]
    return Said(code, tuple(sorted(paragraphs)), complaints[0] if complaints else "")


def _is_trace(line: str) -> bool:
    """A line of a Java stack trace, which repeats the message before it; or what stands for the JVM's end."""
    if "ToolExit" in line or line == "Error while executing ACL command: exit 1":
        return True
    return line.startswith(("\tat ", "Caused by: ", "\t... ", "java.", "joptsimple.", "org.apache."))


@pytest.fixture
def two_chroots(connect: str) -> Iterator[tuple[str, str, Store, Store]]:
    theirs, ours = f"{connect}/theirs", f"{connect}/ours"
    with (
        closing(ZooKeeperStore(ZooKeeperAccess(theirs))) as their_store,
        closing(ZooKeeperStore(ZooKeeperAccess(ours))) as our_store,
    ):
        for store in (their_store, our_store):
            store.change(add=[allow("User:x", Operation.READ, literal(TOPIC, "x"))])
        yield theirs, ours, their_store, our_store


def our_call(
    words: list[str], stdin: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Said:
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    code = kafka_acls.TOOL.main(words)
    captured = capsys.readouterr()
    return said(code, captured.out, captured.err)


@pytest.mark.peers
def test_every_call_says_and_does_the_same(
    two_chroots: tuple[str, str, Store, Store],
    java_tools: JavaTools,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs, ours, their_store, our_store = two_chroots
    for call in CALLS:
        stdin, _, line = call.rpartition("|")
        stdin += "\n" if stdin else ""
        words = line.split()
        if "--bootstrap-server" not in words:
            words = ["--authorizer-properties", "zookeeper.connect={}", *words]
        result = java_tools.run(ACL_COMMAND, *(word.format(theirs) for word in words), stdin=stdin.encode())
        expected = said(result.exit_code, result.output, result.errors)
        found = our_call([word.format(ours) for word in words], stdin, capsys, monkeypatch)
        if "recognized" in found.complaint or "argument" in found.complaint:  # Java shows a stack trace
            assert found.complaint.removeprefix("kafka-acls: ") in result.errors, call
            expected = attrs.evolve(expected, complaint=found.complaint)
        assert found == expected, call
        assert our_store.read() == their_store.read(), call


@pytest.mark.peers
def test_kafkas_own_command_through_our_broker(
    zkbroker_server: BrokerServer,
    java_tools: JavaTools,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kafka's and ours in turn, both through the broker: each sees what the other did, in the same words."""
    connect = str(zkbroker_server.properties["zookeeper.connect"])
    where = ["--bootstrap-server", zkbroker_server.bootstrap]
    forget_rules(zkbroker_server)
    with closing(ZooKeeperStore(ZooKeeperAccess(connect))) as store:
        for call, rules in (
            ("--add --allow-principal User:a --producer --topic orders --transactional-id tx", 5),
            (
                "--add --deny-principal User:* --operation Delete --topic o --resource-pattern-type prefixed",
                6,
            ),
            ("--list --topic orders --resource-pattern-type match", 6),
            ("--remove --topic o --resource-pattern-type prefixed --force", 5),
            ("--remove --allow-principal User:a --producer --topic orders --transactional-id tx --force", 0),
        ):
            result = java_tools.run(ACL_COMMAND, *where, *call.split())
            theirs = said(result.exit_code, result.output, result.errors)
            assert theirs.code == 0
            assert len(store.read()) == rules, call
            if call.startswith("--list"):
                assert our_call([*where, *call.split()], "", capsys, monkeypatch) == theirs


def test_old_and_new_rules_side_by_side(
    connect: str, store: ZooKeeperStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the peers: what a call does to the znodes, and what it prints, to the byte."""
    where = ["--authorizer-properties", f"zookeeper.connect={connect}"]
    words = ["--add", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "orders"]
    assert kafka_acls.TOOL.main([*where, *words]) == 0
    assert capsys.readouterr().out == (
        "Adding ACLs for resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`: \n"
        " \t(principal=User:alice, host=*, operation=READ, permissionType=ALLOW) \n\n"
    )
    assert set(store.read()) == {allow("User:alice", Operation.READ, literal(TOPIC, "orders"))}
    assert kafka_acls.TOOL.main([*where, "--list", "--topic", "orders"]) == 0
    assert capsys.readouterr().out == (
        "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`: \n"
        " \t(principal=User:alice, host=*, operation=READ, permissionType=ALLOW) \n\n"
    )
    assert kafka_acls.TOOL.main([*where, "--list", "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row.values()) == ["TOPIC", "orders", "LITERAL", "User:alice", "*", "READ", "ALLOW"]
    assert kafka_acls.TOOL.main([*where, "--list", "--output", "csv", "--principal", "User:b"]) == 0
    assert capsys.readouterr().out == ""
    store.change(add=[deny("User:b", Operation.ALL, prefixed(GROUP, "g"))])
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert (
        kafka_acls.TOOL.main([*where, *["--remove", "--group", "g", "--resource-pattern-type", "any"]]) == 0
    )
    assert capsys.readouterr().out == (
        "Are you sure you want to delete all ACLs for resource filter "
        "`ResourcePattern(resourceType=GROUP, name=g, patternType=ANY)`? (y/n)\n"
    )
    assert len(store.read()) == 2
    assert (
        kafka_acls.TOOL.main(
            [*where, *["--remove", "--group", "g", "--resource-pattern-type", "any", "--force"]]
        )
        == 0
    )
    assert len(store.read()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--list", "--authorizer-properties", "zookeeper.connect="],
            "Missing value for key zookeeper.connect}",
        ),
        (["--list", "--authorizer-properties", "x=y"], 'Missing required configuration "zookeeper.connect"'),
        (
            ["--list", "--authorizer", "x.Y", "--authorizer-properties", "zookeeper.connect=h:1"],
            "x.Y is not served",
        ),
        (["--list", "--bootstrap-server", "localhost:1", "--command-config", "/nonexistent"], "No such file"),
        (
            ["--list", "--bootstrap-server", "localhost:1", "--command-config", "/"],
            "/ cannot be read: Is a dir",
        ),
        (["--list", "--bootstrap-server", "localhost"], "Invalid url in bootstrap.servers: localhost"),
    ],
)
def test_failures_are_a_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kafka_acls.TOOL.main(words) == 1
    output = capsys.readouterr().out
    assert output.startswith("Error while executing ACL command: ")
    assert sentence in output
    assert output.count("\n") == 1


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert kafka_acls.TOOL.main([]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("This tool helps to manage acls on kafka.\nOption ")
    assert all(f"--{name}" in errors for name in OPTIONS)
    assert kafka_acls.TOOL.main(["--version"]) == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", capsys.readouterr().out)
