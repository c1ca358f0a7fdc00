"""ZooKeeper servers for tests: each test runs on the embedded one and, where the peers are, on Apache's."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.support.peers import APACHE_ZOOKEEPER
from zkbroker.testing.servers import ZooKeeperKind, ZooKeeperServer, new_zookeeper

EMBEDDED = ZooKeeperKind(
    "embedded-zookeeper",
    lambda data, port: [sys.executable, "-m", "tests.zookeeper.embedded_server", str(data), str(port)],
)
_chroots = itertools.count()


def _serve(directory: Path, kind: ZooKeeperKind) -> Iterator[ZooKeeperServer]:
    server = new_zookeeper(directory, kind)
    try:
        server.process.start()
        trio.run(server.process.wait_ready)
        yield server
    finally:
        server.process.kill()


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(EMBEDDED, id="embedded"),
        pytest.param(APACHE_ZOOKEEPER, id="apache", marks=pytest.mark.peers),
    ],
)
def zookeeper_kind(request: pytest.FixtureRequest) -> ZooKeeperKind:
    """Which ZooKeeper."""
    kind: ZooKeeperKind = request.param
    return kind


@pytest.fixture(scope="session")
def shared_zookeeper(
    zookeeper_kind: ZooKeeperKind, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ZooKeeperServer]:
    """One server for all the tests that do it no harm."""
    yield from _serve(tmp_path_factory.mktemp("zookeeper"), zookeeper_kind)


@pytest.fixture
def zookeeper(shared_zookeeper: ZooKeeperServer) -> str:
    """A connect string with a chroot of the test's own."""
    return f"{shared_zookeeper.connect}/test-{next(_chroots)}"


@pytest.fixture
def own_zookeeper(zookeeper_kind: ZooKeeperKind, tmp_path: Path) -> Iterator[ZooKeeperServer]:
    """A server that the test may pause, kill and restart."""
    yield from _serve(tmp_path, zookeeper_kind)
