"""One broker for all interoperability tests of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import trio

from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.testing.servers import (
    EMBEDDED_ZOOKEEPER,
    ZKBROKER,
    BrokerServer,
    ZooKeeperServer,
    new_broker,
    new_zookeeper,
)


@attrs.frozen
class Server:
    """A single broker and its ZooKeeper."""

    broker: BrokerServer
    zookeeper: ZooKeeperServer

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return self.broker.bootstrap


def new_zookeeper_of(directory: Path, *, on_kafka: bool) -> ZooKeeperServer:
    """The ZooKeeper that goes with what is under test, not started yet."""
    return new_zookeeper(directory, APACHE_ZOOKEEPER if on_kafka else EMBEDDED_ZOOKEEPER)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The broker under test (--on), for the whole run."""
    on_kafka = request.config.option.on == "kafka"
    directory = tmp_path_factory.mktemp("interop")
    zookeeper = new_zookeeper_of(directory, on_kafka=on_kafka)
    broker = new_broker(directory, 1, zookeeper.connect, APACHE_KAFKA if on_kafka else ZKBROKER)

    async def start() -> None:
        zookeeper.process.start()
        await zookeeper.process.wait_ready()
        broker.start()
        await broker.process.wait_ready()

    async def stop() -> None:
        await broker.process.stop(grace_s=10)
        await zookeeper.process.stop(grace_s=10)

    try:
        trio.run(start)
        yield Server(broker, zookeeper)
        trio.run(stop)
    finally:
        for process in (broker.process, zookeeper.process):
            process.kill()


@pytest.fixture
def bootstrap(server: Server) -> str:
    """`host:port` of the broker under test."""
    return server.bootstrap
