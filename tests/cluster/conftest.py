"""Clusters for tests: of zkbroker on the embedded ZooKeeper, or as --on and a test's parameters say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import APACHE_KAFKA, APACHE_ZOOKEEPER
from zkbroker.testing.cluster import Cluster, open_cluster
from zkbroker.testing.servers import (
    EMBEDDED_ZOOKEEPER,
    ZKBROKER,
    ZooKeeperKind,
    ZooKeeperServer,
    open_zookeeper,
)

NewCluster = Callable[..., AbstractAsyncContextManager[Cluster]]

each_zookeeper = pytest.mark.parametrize(
    "zookeeper_kind",
    [EMBEDDED_ZOOKEEPER, pytest.param(APACHE_ZOOKEEPER, marks=pytest.mark.peers)],
    ids=lambda kind: kind.name,
    indirect=True,
)


@pytest.fixture
def zookeeper_kind(request: pytest.FixtureRequest) -> ZooKeeperKind:
    """What ZooKeeper a test runs on; parametrize it with `each_zookeeper` to run on both."""
    on_kafka = request.config.option.on == "kafka"
    kind: ZooKeeperKind = getattr(request, "param", APACHE_ZOOKEEPER if on_kafka else EMBEDDED_ZOOKEEPER)
    return kind


@pytest.fixture
async def zookeeper(zookeeper_kind: ZooKeeperKind, tmp_path: Path) -> AsyncIterator[ZooKeeperServer]:
    """A ZooKeeper server of its own for the test."""
    async with open_zookeeper(tmp_path, zookeeper_kind) as server:
        yield server


@pytest.fixture
def new_cluster(request: pytest.FixtureRequest, zookeeper: ZooKeeperServer, tmp_path: Path) -> NewCluster:
    """`async with new_cluster(brokers=3, …) as cluster`: a cluster on the test's ZooKeeper; see `open_cluster`."""
    kind = APACHE_KAFKA if request.config.option.on == "kafka" else ZKBROKER
    count = 0

    @asynccontextmanager
    async def new(*, brokers: int = 3, **options: Any) -> AsyncIterator[Cluster]:
        nonlocal count
        count += 1
        kinds = dict.fromkeys(range(1, brokers + 1), kind) | options.pop("kinds", {})
        directory = tmp_path / f"cluster-{count}"
        async with open_cluster(
            directory, brokers=brokers, kinds=kinds, zookeeper=zookeeper, **options
        ) as cluster:
            yield cluster

    return new


@pytest.fixture
async def cluster(new_cluster: NewCluster) -> AsyncIterator[Cluster]:
    """Three brokers."""
    async with new_cluster() as cluster:
        yield cluster
