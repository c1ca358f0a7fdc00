"""ZooKeeper's own shell reads our znodes, and finds them as Kafka writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from tests.cluster.conftest import NewCluster
from tests.support.peers import ZOOKEEPER_SHELL, run_alone
from zkbroker.testing.cluster import Cluster

pytestmark = pytest.mark.peers


async def read(cluster: Cluster, path: str) -> dict[str, Any]:
    """A znode's JSON, by `zookeeper-shell HOST:PORT get PATH`."""
    result = await trio.to_thread.run_sync(
        run_alone, ZOOKEEPER_SHELL, "-server", cluster.zookeeper_connect, "get", path
    )
    lines = [line for line in result.require_success().output.splitlines() if line.startswith("{")]
    value: dict[str, Any] = json.loads(lines[-1])
    return value


async def test_the_shell_reads_controller_broker_and_partition(new_cluster: NewCluster) -> None:
    async with new_cluster(brokers=1, chroot="/shell") as cluster:
        topic = await cluster.create_topic()
        controller = await read(cluster, "/controller")
        assert int(controller.pop("timestamp")) > 0
        assert controller == {"version": 2, "brokerid": 1, "kraftControllerEpoch": -1}

        broker = await read(cluster, "/brokers/ids/1")
        assert int(broker.pop("timestamp")) > 0
        assert broker == {
            "version": 5,
            "host": "127.0.0.1",
            "port": cluster.brokers[1].port,
            "jmx_port": -1,
            "endpoints": [f"PLAINTEXT://127.0.0.1:{cluster.brokers[1].port}"],
            "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"},
            "features": {},
        }

        state = await read(cluster, f"/brokers/topics/{topic}/partitions/0/state")
        assert state == {"version": 1, "controller_epoch": 1, "leader": 1, "leader_epoch": 0, "isr": [1]}
