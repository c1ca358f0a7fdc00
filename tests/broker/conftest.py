"""Brokers inside the test's own trio loop, on an embedded ZooKeeper: their parts can be looked into and hurt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio

from tests.broker.in_process import InProcess
from zkbroker.storage.files import FILES, Files


@pytest.fixture
async def in_process(tmp_path: Path) -> AsyncIterator[Callable[..., InProcess]]:
    """Makes an in-process cluster that ends with the test: `cluster = await in_process(brokers=3, key=value)`."""
    async with trio.open_nursery() as nursery:
        clusters: list[InProcess] = []

        async def start(*, brokers: int = 1, files: Files = FILES, **overrides: str) -> InProcess:
            cluster = InProcess(tmp_path / f"cluster-{len(clusters)}", nursery, files)
            clusters.append(cluster)
            await cluster.start(brokers, overrides)
            return cluster

        yield start  # type: ignore[misc]
        for cluster in clusters:
            await cluster.stop()
        nursery.cancel_scope.cancel()
