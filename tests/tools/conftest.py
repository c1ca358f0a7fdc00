"""One cluster for all tests of commands: three brokers by `zkbroker up`, and the tools of both makers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.support.peers import JavaTools
from tests.tools.parity import Both
from zkbroker.testing.processes import free_port
from zkbroker.testing.up import UpCluster, up

BROKERS = 3


@attrs.frozen
class Place:
    """Where the cluster is."""

    bootstrap: str  # of all brokers
    zookeeper: str
    cluster: UpCluster
    data: Path


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with up(BROKERS, lambda line: None) as cluster:
        said = next(line for line in cluster.said if line.startswith("zookeeper ready on "))
        yield Place(cluster.bootstrap, said.split()[3], cluster, cluster.data)


@pytest.fixture
def both(place: Place, java_tools: JavaTools) -> Both:
    return Both(place.bootstrap.split(",")[0], place.zookeeper, java_tools)


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    port = free_port()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return port
