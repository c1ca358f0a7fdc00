"""docs/acl.md: every command is run, through a broker and straight on the znodes, and answers what the page says.

With REWRITE_WALKTHROUGH set the page's answers are written anew, to be read over before they are committed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from tests.acl.conftest import forget_rules
from tests.acl.walkthrough import DOCUMENT, Call, File, Reader, steps, with_answers
from zkbroker.testing.servers import BrokerServer

TOPICS = ("audit", "orders", "shop-carts")
BROKERS_ONLY = ("acl lint --only detached",)
"""What the page says only brokers can answer."""


def walk(reader: Reader, without: tuple[str, ...] = ()) -> list[tuple[Call, str]]:
    found = []
    try:
        for step in steps(DOCUMENT.read_text()):
            if isinstance(step, File):
                (reader.directory / step.name).write_text(step.text)
            elif not step.line.startswith(without):
                found.append((step, reader.do(step.line)))
    finally:
        reader.close()
    return found


def require_as_written(walked: Sequence[tuple[Call, str]]) -> None:
    for call, answer in walked:
        assert answer == call.answer, call.line


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's own directory and environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("ACL_BOOTSTRAP_SERVER", "ACL_ZOOKEEPER", "ACL_COMMAND_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_through_a_broker(
    zkbroker_server: BrokerServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kafka.admin import KafkaAdminClient, NewTopic

    forget_rules(zkbroker_server)
    admin = KafkaAdminClient(bootstrap_servers=zkbroker_server.bootstrap)
    try:
        admin.create_topics([NewTopic(name, 1, 1) for name in TOPICS], wait_for_metadata=True)
    finally:
        admin.close()
    monkeypatch.setenv("ACL_BOOTSTRAP_SERVER", zkbroker_server.bootstrap)
    walked = walk(Reader(tmp_path, ("--bootstrap-server", zkbroker_server.bootstrap)))
    if os.environ.get("REWRITE_WALKTHROUGH"):
        DOCUMENT.write_text(with_answers(DOCUMENT.read_text(), [answer for _, answer in walked]))
    require_as_written(walked)


def test_straight_on_znodes(
    connect: str, kazoo: KazooClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = connect[connect.index("/") :]
    for name in TOPICS:
        kazoo.create(f"{root}/brokers/topics/{name}", makepath=True)
    kazoo.create(f"{root}/cluster/id", b'{"version":"1","id":"here"}', makepath=True)
    monkeypatch.setenv("ACL_ZOOKEEPER", connect)
    reader = Reader(tmp_path, ("--authorizer-properties", f"zookeeper.connect={connect}"))
    require_as_written(walk(reader, BROKERS_ONLY))
