"""`zkbroker user` and `zookeeper-security-migration`: what they leave in ZooKeeper, and what they refuse."""

from __future__ import annotations

import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError

from zkbroker.cli import security_migration
from zkbroker.cli.main import main
from zkbroker.security.scram import credential_from_salted, decode_credential, salted_password
from zkbroker.testing.servers import EMBEDDED_ZOOKEEPER, ZooKeeperServer, new_zookeeper

DIGEST = "kafka:secret"
_chroots = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZooKeeperServer]:
    found = new_zookeeper(tmp_path_factory.mktemp("secrets"), EMBEDDED_ZOOKEEPER)
    try:
        found.process.start()
        trio.run(found.process.wait_ready)
        yield found
    finally:
        found.process.kill()


@pytest.fixture
def connect(server: ZooKeeperServer) -> str:
    return f"{server.connect}/secrets-{next(_chroots)}"


@pytest.fixture
def kazoo(connect: str) -> Iterator[KazooClient]:
    """Somebody without a credential."""
    client = KazooClient(connect)
    client.start()
    try:
        yield client
    finally:
        client.stop()
        client.close()


# ------------------------------------------------------------------------------------------------- users


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_users_come_and_go(
    connect: str, kazoo: KazooClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--zookeeper", connect]
    type_in(monkeypatch, "pass word\n")
    assert main(["user", "add", "alice ü", *where]) == 0
    assert capsys.readouterr().out == "alice ü: SCRAM-SHA-256, SCRAM-SHA-512\n"
    node = json.loads(kazoo.get("/config/users/alice%20%C3%BC")[0])
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        held = decode_credential(node["config"][mechanism])
        salted = salted_password(mechanism, "pass word", held.salt, held.iterations)
        assert held == credential_from_salted(mechanism, salted, held.salt, held.iterations)
    type_in(monkeypatch, "other\n")
    assert main(["user", "add", "bob", "--mechanism", "SCRAM-SHA-512", "--iterations", "5000", *where]) == 0
    capsys.readouterr()
    assert main(["user", "list", *where]) == 0
    assert capsys.readouterr().out == "alice ü: SCRAM-SHA-256, SCRAM-SHA-512\nbob: SCRAM-SHA-512\n"
    assert main(["user", "remove", "alice ü", "--mechanism", "SCRAM-SHA-256", *where]) == 0
    assert main(["user", "remove", "bob", *where]) == 0
    capsys.readouterr()
    assert main(["user", "list", *where]) == 0
    assert capsys.readouterr().out == "alice ü: SCRAM-SHA-512\n"


@pytest.mark.parametrize(
    ("words", "typed", "code", "sentence"),
    [
        (["add", "a"], "\n", 1, "the password is empty"),
        (["add", "a", "--iterations", "100"], "x\n", 2, "--iterations must be from 4096 to 16384"),
        (["add", "a", "--password-file", "/nowhere"], "", 1, "/nowhere cannot be read"),
        (["remove", "a"], "", 1, "a has no credentials of SCRAM-SHA-256 or SCRAM-SHA-512"),
    ],
)
def test_refusals_are_a_sentence(
    connect: str,
    words: list[str],
    typed: str,
    code: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    type_in(monkeypatch, typed)
    assert main(["user", *words, "--zookeeper", connect]) == code
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""


# ------------------------------------------------------------------------------------------------- znodes


@pytest.fixture
def credential(tmp_path: Path) -> Path:
    file = tmp_path / "zookeeper.properties"
    file.write_text(f"zookeeper.digest={DIGEST}\n")
    return file


PUBLIC = ("/brokers/topics/orders", "/config/topics/orders", "/kafka-acl/Topic/orders", "/controller_epoch")
SECRET = ("/config/users/alice", "/delegation_token/tokens/t")
CONSUMERS = "/consumers/old"  # clients' own: never protected


def migrate(connect: str, acl: str, credential: Path, *more: str) -> int:
    words = ["--zookeeper.acl", acl, "--zookeeper.connect", connect, "--zk-tls-config-file", str(credential)]
    return security_migration.TOOL.main([*words, *more])


def test_protected_and_opened_again(
    connect: str, kazoo: KazooClient, credential: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (*PUBLIC, *SECRET, CONSUMERS):
        kazoo.create(path, b"{}", makepath=True)
    assert migrate(connect, "secure", credential) == 0
    assert capsys.readouterr().out.endswith(" znodes are protected now\n")
    ours = ("digest", "kafka:x")  # whoever may not change the list is not shown the digest either
    for path in PUBLIC:
        rights = {(acl.id.scheme, acl.id.id): acl.perms for acl in kazoo.get_acls(path)[0]}
        assert rights == {ours: 31, ("world", "anyone"): 1}, path
        assert kazoo.get(path)[0] == b"{}"
        with pytest.raises(NoAuthError):
            kazoo.set(path, b"changed")
    for path in SECRET:
        with pytest.raises(NoAuthError):
            kazoo.get(path)
    kazoo.set(CONSUMERS, b"mine")

    assert migrate(connect, "unsecure", credential) == 0
    assert capsys.readouterr().out.endswith(" znodes are open now\n")
    for path in (*PUBLIC, *SECRET):
        kazoo.set(path, b"changed")


def test_without_a_credential_or_a_cluster(
    connect: str, credential: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = tmp_path / "nobody.properties"
    nobody.write_text("")
    assert migrate(connect, "secure", nobody) == 1
    assert "ZooKeeper must know who we are" in capsys.readouterr().err
    assert migrate(connect, "secure", credential, "--enable.path.check") == 1
    assert "has no /brokers" in capsys.readouterr().err
