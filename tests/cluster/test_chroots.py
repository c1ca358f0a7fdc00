"""Two clusters share one ZooKeeper under two chroots and know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import trio
from kazoo.client import KazooClient

from tests.cluster.conftest import NewCluster, each_zookeeper
from zkbroker.testing.servers import ZooKeeperServer


@each_zookeeper
async def test_killing_one_cluster_leaves_the_other_alone(
    new_cluster: NewCluster, zookeeper: ZooKeeperServer
) -> None:
    async with new_cluster(brokers=2, chroot="/first/nested") as first:
        async with new_cluster(brokers=1, chroot="/second") as second:
            topics = [await each.create_topic("same-name") for each in (first, second)]
            offsets = [await each.client.produce("same-name", b"mine") for each in (first, second)]
            assert topics == ["same-name", "same-name"] and offsets == [0, 0]
            before = await trio.to_thread.run_sync(dump, zookeeper.connect, "/first/nested")
            await second.kill(1)
        await trio.to_thread.run_sync(wait_until_gone, zookeeper.connect, "/second/brokers/ids/1")
        assert await trio.to_thread.run_sync(dump, zookeeper.connect, "/first/nested") == before
        assert await first.client.produce("same-name", b"still here", acks=-1) == 1
        assert await first.client.live_brokers() == {1, 2}


def dump(connect: str, root: str) -> dict[str, tuple[bytes, int, int]]:
    """Every znode under `root`: data, version, and zxid of its last change."""

    def walk(path: str) -> Iterator[tuple[str, tuple[bytes, int, int]]]:
        data, stat = client.get(path)
        yield path, (data, stat.version, stat.mzxid)
        for child in client.get_children(path):
            yield from walk(f"{path}/{child}")

    client = KazooClient(connect)
    client.start()
    with closing(client):
        try:
            return dict(walk(root))
        finally:
            client.stop()


def wait_until_gone(connect: str, path: str) -> None:
    """Wait until a znode does not exist."""
    import threading

    client = KazooClient(connect)
    client.start()
    with closing(client):
        try:
            while True:
                gone = threading.Event()
                if client.exists(path, watch=lambda _event, gone=gone: gone.set()) is None:
                    return
                assert gone.wait(30), f"{path} is still there"
        finally:
            client.stop()
