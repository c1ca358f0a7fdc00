"""Commands at secured listeners: every way in by --command-config, refusals, delegation tokens beside Kafka's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
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


@pytest.mark.parametrize(
    ("listener", "changes", "sentence"),
    [
        (
            "SASLTLS",
            {"password": "guessed"},
            "Authentication failed during authentication due to invalid credentials",
        ),
        ("BROKERS", {"mechanism": "PLAIN"}, "The broker does not support the requested SASL mechanism"),
        (
            "SASLTLS",
            {"protocol": "SASL_PLAINTEXT", "trusted": None},
            "Does the listener speak SASL_PLAINTEXT",
        ),
        ("TLS", {"trusted": None, "certificate": None}, "certificate verify failed"),
    ],
)
def test_acl_says_why_it_is_not_let_in(
    secured: Secured, tmp_path: Path, listener: str, changes: dict[str, str | None], sentence: str
) -> None:
    login = secured.login("admin", listener, None if listener == "TLS" else "SCRAM-SHA-256")
    file = write(tmp_path / "admin", attrs.evolve(login, **changes))  # type: ignore[arg-type]
    file.write_text(f"{file.read_text()}default.api.timeout.ms=2000\n")
    where = secured.bootstrap(listener)
    words = [sys.executable, "-m", "acl", "list", "--bootstrap-server", where, "--command-config", str(file)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert said.stderr.startswith(f"acl: No broker of {where} could be reached: ")
    assert sentence in said.stderr and "guessed" not in said.stderr


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


AS_MALLORY = [
    ("kafka-topics", "--create --topic theirs --partitions 1"),
    ("kafka-topics", "--alter --topic theirs --partitions 9"),
    ("kafka-topics", "--delete --topic theirs"),
    ("kafka-topics", "--describe --topic theirs"),
    ("kafka-console-producer", "--topic theirs --max-block-ms 2000"),
    ("kafka-console-consumer", "--topic theirs --partition 0 --offset 0 --timeout-ms 5000"),
    ("kafka-console-consumer", "--topic theirs --group theirs --timeout-ms 5000"),
    ("kafka-consumer-groups", "--describe --group theirs"),
    ("kafka-consumer-groups", "--delete --group theirs"),
    ("kafka-consumer-groups", "--reset-offsets --group theirs --topic theirs --to-earliest --execute"),
    ("kafka-consumer-groups", "--delete-offsets --group theirs --topic theirs"),
    ("kafka-configs", "--describe --entity-type topics --entity-name theirs"),
    ("kafka-configs", "--alter --entity-type topics --entity-name theirs --add-config retention.ms=1"),
    ("kafka-configs", "--describe --entity-type brokers --entity-name 1 --all"),
    ("kafka-configs", "--alter --entity-type users --entity-name u --add-config producer_byte_rate=1"),
    (
        "kafka-configs",
        "--alter --entity-type users --entity-name u --add-config SCRAM-SHA-256=[password=secret]",
    ),
    ("kafka-configs", "--describe --entity-type users --entity-name u"),
    ("kafka-delete-records", "--offset-json-file {offsets}"),
    ("kafka-leader-election", "--election-type preferred --all-topic-partitions"),
    ("kafka-reassign-partitions", "--list"),
    ("kafka-reassign-partitions", "--execute --reassignment-json-file {moves}"),
    ("kafka-reassign-partitions", "--cancel --reassignment-json-file {moves}"),
    ("kafka-log-dirs", "--describe"),
    ("kafka-transactions", "describe --transactional-id theirs"),
    ("kafka-transactions", "describe-producers --topic theirs --partition 0"),
    ("kafka-transactions", "abort --topic theirs --partition 0 --start-offset 0"),
    ("kafka-features", "upgrade --feature metadata.version=5"),
    ("kafka-producer-perf-test", "--topic theirs --num-records 1 --record-size 1 --throughput -1"),
    ("kafka-consumer-perf-test", "--topic theirs --messages 1 --timeout 5000"),
    ("kafka-verifiable-producer", "--topic theirs --max-messages 1"),
    ("kafka-verifiable-consumer", "--topic theirs --group-id theirs --max-messages 1"),
    ("kafka-streams-application-reset", "--application-id theirs --input-topics theirs"),
    ("kafka-e2e-latency", "{servers} theirs 1 all 1 {properties}"),
]


@pytest.fixture(scope="module")
def theirs(secured: Secured, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A topic with a record that mallory may not see, and the files that commands want."""
    directory = tmp_path_factory.mktemp("theirs")
    admin = write(directory / "admin", secured.login("admin", "SASL", "PLAIN"))
    assert run("kafka-topics", secured, "SASL", admin, "--create", "--topic", "theirs").exit_code == 0
    assert (
        run("kafka-console-producer", secured, "SASL", admin, "--topic", "theirs", stdin="x\n").exit_code == 0
    )
    (directory / "offsets").write_text('{"partitions": [{"topic": "theirs", "partition": 0, "offset": 1}]}')
    (directory / "moves").write_text('{"partitions": [{"topic": "theirs", "partition": 0, "replicas": [1]}]}')
    properties = write(directory / "mallory", secured.login("mallory", "SASL", "PLAIN"))
    names = {name: str(directory / name) for name in ("offsets", "moves")}
    return names | {"properties": str(properties), "servers": secured.bootstrap("SASL")}


PROPERTIES_OPTION = {
    "kafka-console-producer": "--producer.config",
    "kafka-console-consumer": "--consumer.config",
    "kafka-leader-election": "--admin.config",
    "kafka-producer-perf-test": "--producer.config",
    "kafka-consumer-perf-test": "--consumer.config",
    "kafka-verifiable-producer": "--producer.config",
    "kafka-verifiable-consumer": "--consumer.config",
    "kafka-streams-application-reset": "--config-file",
}


@pytest.mark.parametrize(("command", "line"), AS_MALLORY)
def test_what_one_may_not_is_a_sentence(theirs: dict[str, str], command: str, line: str) -> None:
    words = [word.format(**theirs) for word in line.split()]
    if command == "kafka-producer-perf-test":
        words += ["--producer-props", f"bootstrap.servers={theirs['servers']}", "max.block.ms=2000"]
    elif command != "kafka-e2e-latency":
        words += ["--bootstrap-server", theirs["servers"]]
    if command != "kafka-e2e-latency":
        words += [PROPERTIES_OPTION.get(command, "--command-config"), theirs["properties"]]
    result = run_tool(tool_named(command), words, stdin="x\n")
    said = result.output + result.errors
    assert result.exit_code != 0, result
    assert re.search(r"[Aa]uthoriz|not exist|not host|could not be found|AUTHORIZATION", said), result
    assert "Traceback" not in said and "mallorys-own-7" not in said, result
