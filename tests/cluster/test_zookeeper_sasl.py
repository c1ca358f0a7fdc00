"""A broker and Apache ZooKeeper that ask each other who they are: SASL, as `zookeeper.set.acl` is used with Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError

from tests.support.peers import FRUGAL, java_argv
from zkbroker.testing.client import open_client
from zkbroker.testing.servers import ZooKeeperKind, ZooKeeperServer, new_broker, new_zookeeper

pytestmark = [pytest.mark.peers, pytest.mark.clients("puresasl")]

MODULE = "org.apache.zookeeper.server.auth.DigestLoginModule"
PASSWORD = "for-the-znodes-7"


def _argv(data: Path, port: int) -> list[str]:
    """A server that knows the user kafka."""
    jaas, config = data / "jaas.conf", data / "zoo.cfg"
    jaas.write_text(f'Server {{ {MODULE} required user_kafka="{PASSWORD}"; }};\n')
    settings = {
        "tickTime": 500,
        "dataDir": data,
        "clientPort": port,
        "clientPortAddress": "127.0.0.1",
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "*",
        "authProvider.sasl": "org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
    }
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    flags = (*FRUGAL, f"-Djava.security.auth.login.config={jaas}")
    return java_argv("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(config), flags=flags)


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[ZooKeeperServer]:
    server = new_zookeeper(tmp_path, ZooKeeperKind("apache-zookeeper", _argv))
    try:
        server.process.start()
        await server.process.wait_ready()
        yield server
    finally:
        server.process.kill()


def jaas(password: str) -> str:
    return f'{MODULE} required username="kafka" password="{password}";'


async def test_a_broker_proves_who_it_is(asking: ZooKeeperServer, tmp_path: Path) -> None:
    broker = new_broker(tmp_path, 1, asking.connect, zookeeper_set_acl="true")
    broker.properties["zookeeper.sasl.jaas.config"] = jaas(PASSWORD)
    try:
        broker.start()
        await broker.process.wait_ready()
        async with open_client([broker.bootstrap]) as client:
            await client.create_topic("orders")
        await trio.to_thread.run_sync(_require_protected, asking.connect)
        assert PASSWORD not in broker.process.output()
    finally:
        broker.process.kill()


def _require_protected(connect: str) -> None:
    stranger = KazooClient(connect)
    stranger.start()
    try:
        for path in ("/brokers/topics/orders", "/brokers/ids/1", "/controller", "/config/topics/orders"):
            rights = {(acl.id.scheme, acl.id.id): acl.perms for acl in stranger.get_acls(path)[0]}
            assert rights == {("sasl", "kafka"): 31, ("world", "anyone"): 1}, path
            with pytest.raises(NoAuthError):
                stranger.set(path, b"mine now")
        with pytest.raises(NoAuthError):
            stranger.get_children("/config/users")
    finally:
        stranger.stop()
        stranger.close()


async def test_a_wrong_password_stops_the_start(asking: ZooKeeperServer, tmp_path: Path) -> None:
    broker = new_broker(tmp_path, 1, asking.connect)
    broker.properties["zookeeper.sasl.jaas.config"] = jaas("wrong")
    try:
        broker.start()
        with trio.fail_after(60):
            assert await broker.process.wait() == 1
        said = broker.process.output()
        assert "Traceback" not in said
        assert "ZooKeeper refused our credentials" in said or "refused our credentials" in said
    finally:
        broker.process.kill()
