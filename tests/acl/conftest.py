"""A ZooKeeper for the tests of acl: the embedded one in a process of its own, a chroot for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trio
from kazoo.client import KazooClient

from acl.stores.brokers import BrokerStore
from acl.stores.store import wait_for
from acl.stores.zookeeper import ZooKeeperAccess, ZooKeeperStore
from zkbroker.testing.servers import (
    EMBEDDED_ZOOKEEPER,
    ZKBROKER,
    BrokerKind,
    BrokerServer,
    ZooKeeperServer,
    new_broker,
    new_zookeeper,
)

_chroots = itertools.count()


@pytest.fixture(scope="session")
def zookeeper_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZooKeeperServer]:
    """One server for all tests that do it no harm."""
    server = new_zookeeper(tmp_path_factory.mktemp("acl-zookeeper"), EMBEDDED_ZOOKEEPER)
    try:
        server.process.start()
        trio.run(server.process.wait_ready)
        yield server
    finally:
        server.process.kill()


@pytest.fixture
def connect(zookeeper_server: ZooKeeperServer) -> str:
    """A connect string with a chroot that nothing has been written under, which does not exist yet."""
    return f"{zookeeper_server.connect}/acl-{next(_chroots)}/kafka"


@pytest.fixture
def kazoo(zookeeper_server: ZooKeeperServer) -> Iterator[KazooClient]:
    """A client that sees all chroots."""
    client = KazooClient(zookeeper_server.connect)
    client.start()
    try:
        yield client
    finally:
        client.stop()
        client.close()


AUTHORIZER = {
    "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
    "super.users": "User:ANONYMOUS",
}


def run_broker(
    directory: Path, zookeeper: ZooKeeperServer, kind: BrokerKind, **overrides: object
) -> Iterator[BrokerServer]:
    """A broker with an authorizer, whose super user everybody is, on a chroot of its own: for a fixture."""
    connect = f"{zookeeper.connect}/broker-{next(_chroots)}"
    server = new_broker(directory, 1, connect, kind, **overrides)
    server.properties |= AUTHORIZER
    try:
        server.start()
        trio.run(server.process.wait_ready)
        yield server
    finally:
        server.process.kill()


def forget_rules(server: BrokerServer) -> None:
    """Remove what other tests have left, and see that the broker knows: it follows the znodes in its own time."""
    with (
        closing(ZooKeeperStore(ZooKeeperAccess(str(server.properties["zookeeper.connect"])))) as store,
        closing(BrokerStore(server.bootstrap)) as through,
    ):
        wait_for(through, gone=store.change(remove=store.read()).removed)


@pytest.fixture(scope="session")
def zkbroker_server(
    zookeeper_server: ZooKeeperServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrokerServer]:
    """One of our brokers, for the whole run."""
    yield from run_broker(tmp_path_factory.mktemp("acl-zkbroker"), zookeeper_server, ZKBROKER)


Open = Callable[..., ZooKeeperStore]


@pytest.fixture
def open_store(connect: str) -> Iterator[Open]:
    """Opens stores on the test's chroot; they are closed with it."""
    stores: list[ZooKeeperStore] = []

    def open_one(**options: object) -> ZooKeeperStore:
        stores.append(ZooKeeperStore(ZooKeeperAccess(connect, **options)))  # type: ignore[arg-type]
        return stores[-1]

    try:
        yield open_one
    finally:
        for store in stores:
            store.close()


@pytest.fixture
def store(open_store: Open) -> ZooKeeperStore:
    """A store on the test's chroot."""
    return open_store()
