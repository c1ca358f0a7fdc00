"""Commands at secured listeners: every way in by --command-config, refusals, delegation tokens beside Kafka's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.logins import Login
from tests.interop.secured import MECHANISMS, SECRETS, Secured, open_secured
from tests.support.peers import JavaTools, ToolResult
from tests.tools.parity import run_tool
from zkbroker.cli.commands import tool_named

TOKENS = "kafka-delegation-tokens"
WAYS = [("TLS", None), *(("SASLTLS", mechanism) for mechanism in MECHANISMS), ("SASL", "SCRAM-SHA-256")]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with open_secured(tmp_path_factory.mktemp("secured-tools")) as cluster:
        yield cluster


def write(file: Path, login: Login) -> Path:
    """A Java client's properties."""
    file.write_text("".join(f"{key}={value}\n" for key, value in login.java().items()))
    return file


def run(
    command: str, secured: Secured, listener: str, file: Path, *words: str, stdin: str = ""
) -> ToolResult:
    option = {"kafka-console-producer": "--producer.config", "kafka-console-consumer": "--consumer.config"}
    where = [
        "--bootstrap-server",
        secured.bootstrap(listener),
        option.get(command, "--command-config"),
        str(file),
    ]
    return run_tool(tool_named(command), [*where, *words], stdin=stdin)


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
def test_every_way_in(secured: Secured, tmp_path: Path, listener: str, mechanism: str | None) -> None:
    file = write(tmp_path / "admin.properties", secured.login("admin", listener, mechanism))
    topic = f"by-{listener}-{mechanism}"
    made = run("kafka-topics", secured, listener, file, "--create", "--topic", topic)
    assert made.output == f"Created topic {topic}.\n", made
    assert topic in run("kafka-topics", secured, listener, file, "--list").output.splitlines()
    sent = run("kafka-console-producer", secured, listener, file, "--topic", topic, stdin="told\n")
    assert sent.exit_code == 0, sent
    words = ["--topic", topic, "--partition", "0", "--offset", "earliest", "--max-messages", "1"]
    assert run("kafka-console-consumer", secured, listener, file, *words).output == "told\n"


def test_a_jaas_file_in_kafka_opts(secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "without-jaas"
    file.write_text("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n")
    nobody = run("kafka-topics", secured, "SASL", file, "--list")
    assert nobody.exit_code == 1 and "need sasl.jaas.config" in nobody.output
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    jaas = tmp_path / "client.jaas"
    jaas.write_text(f'KafkaClient {{ {module} required username="admin" password="{SECRETS["admin"]}"; }};\n')
    monkeypatch.setenv("KAFKA_OPTS", f"-Xmx1g -Djava.security.auth.login.config={jaas}")
    assert run("kafka-topics", secured, "SASL", file, "--list").exit_code == 0


@pytest.mark.parametrize("listener", ["SASL", "SASLTLS"])
def test_a_wrong_password_is_one_sentence(secured: Secured, tmp_path: Path, listener: str) -> None:
    trusted = secured.trusted if listener == "SASLTLS" else None
    login = Login(
        "SASL_SSL" if trusted else "SASL_PLAINTEXT", "SCRAM-SHA-256", "admin", "guessed", trusted=trusted
    )
    result = run("kafka-topics", secured, listener, write(tmp_path / "wrong", login), "--list")
    assert result.exit_code == 1
    assert (
        result.output.startswith("Error while executing topic command : ") and result.output.count("\n") == 1
    )
    assert "guessed" not in result.output + result.errors


def test_plain_text_where_tls_is_spoken(secured: Secured, tmp_path: Path) -> None:
    file = tmp_path / "open"
    file.write_text("default.api.timeout.ms=100\n")
    result = run("kafka-topics", secured, "TLS", file, "--list")
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result


def test_what_one_may_not(secured: Secured, tmp_path: Path) -> None:
    file = write(tmp_path / "mallory", secured.login("mallory", "SASL", "PLAIN"))
    result = run("kafka-topics", secured, "SASL", file, "--create", "--topic", "not-mine")
    assert (result.exit_code, result.output) == (
        1,
        "Error while executing topic command : Authorization failed.\n",
    ) or re.fullmatch(r"Error while executing topic command : .*[Aa]uthoriz.*\n", result.output), result


@pytest.mark.peers
def test_delegation_tokens(secured: Secured, java_tools: JavaTools, tmp_path: Path) -> None:
    """Made by either, described alike; a token logs in."""
    file = write(tmp_path / "alice", secured.login("alice", "SASLTLS", "SCRAM-SHA-512"))
    java_class = tool_named(TOKENS).kafka_class

    def kafka(*words: str) -> ToolResult:
        where = ("--bootstrap-server", secured.bootstrap("SASLTLS"), "--command-config", str(file))
        return java_tools.run(java_class, *where, *words).require_success()

    def ours(*words: str) -> ToolResult:
        return run(TOKENS, secured, "SASLTLS", file, *words).require_success()

    def shape(text: str) -> list[str]:
        """Without ids, HMACs, times and spaces."""
        text = re.sub(r"\S{22} \S{80,}", "TOKEN", text)
        text = re.sub(r"tokenId : \S+", "tokenId", text)
        return [
            re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d", "T", re.sub(" +", " ", line)).strip()
            for line in text.split("\n")
            if line
        ]

    create = ("--create", "--max-life-time-period", "-1", "--renewer-principal", "User:renewer")
    theirs, mine = kafka(*create), ours(*create)
    assert shape(mine.output) == shape(theirs.output)
    token_id, hmac = mine.output.splitlines()[-1].split()[:2]
    described = ("--describe", "--owner-principal", "User:alice")
    assert sorted(shape(ours(*described).output)) == sorted(shape(kafka(*described).output))
    assert token_id in ours("--describe").output
    for command in (("--renew", "--renew-time-period", "-1"), ("--renew", "--renew-time-period", "60000")):
        assert shape(ours(*command, "--hmac", hmac).output) == shape(kafka(*command, "--hmac", hmac).output)
    login = Login(
        "SASL_SSL", "SCRAM-SHA-256", token_id, hmac, trusted=secured.trusted, by_delegation_token=True
    )
    by_token = write(tmp_path / "token", login)
    assert run("kafka-topics", secured, "SASLTLS", by_token, "--list").exit_code == 0
    assert (
        "Completed expire operation" in ours("--expire", "--expiry-time-period", "-1", "--hmac", hmac).output
    )
    assert token_id not in ours("--describe").output
    assert SECRETS["alice"] not in mine.output
