"""One cluster for all tests of commands: three brokers by `zkbroker up`, and the tools of both makers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.support.peers import JavaTools
from tests.tools.parity import Both, run_tool
from zkbroker.cli.commands import tool_named
from zkbroker.testing.processes import free_port
from zkbroker.testing.up import UpCluster, up

BROKERS = 3
WAIT_S = 30.0


@attrs.frozen
class Place:
    """Where the cluster is."""

    bootstrap: str  # of all brokers
    zookeeper: str
    cluster: UpCluster
    data: Path

    def create(self, topic: str, *words: str) -> None:
        """A topic that every broker knows all leaders of."""
        tool = tool_named("kafka-topics")
        made = run_tool(tool, ["--bootstrap-server", self.bootstrap, "--create", "--topic", topic, *words])
        assert made.exit_code == 0, made
        deadline_s = time.monotonic() + WAIT_S
        for server in self.bootstrap.split(","):
            while "Leader: none" in (said := self._described(server, topic)) or "Leader: " not in said:
                assert time.monotonic() < deadline_s, said
                time.sleep(0.05)

    def _described(self, server: str, topic: str) -> str:
        words = ["--bootstrap-server", server, "--describe", "--topic", topic]
        return run_tool(tool_named("kafka-topics"), words).output


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    # As it comes, but that a new group does not wait three seconds for more members.
    at_once = ("--override", "group.initial.rebalance.delay.ms=0")
    with up(BROKERS, lambda line: None, at_once, usual_ports=False) as cluster:
        said = next(line for line in cluster.said if line.startswith("zookeeper ready on "))
        yield Place(cluster.bootstrap, said.split()[3], cluster, cluster.data)


@pytest.fixture(autouse=True)
def everybody_lives(request: pytest.FixtureRequest) -> Iterator[None]:
    """A broker that ended unasked fails the test in which it did, with its last words."""
    if "place" not in request.fixturenames:
        yield
        return
    cluster = request.getfixturevalue("place").cluster
    known = len(cluster.deaths())
    yield
    for death in cluster.deaths()[known:]:
        name = "zookeeper" if death.startswith("zookeeper") else "-".join(death.split()[:2])
        pytest.fail(f"{death}\n{cluster.log(name)}", pytrace=False)


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
