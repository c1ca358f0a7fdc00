"""A broker and Apache ZooKeeper that ask each other who they are: SASL, as `zookeeper.set.acl` is used with Kafka."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError

from tests.support.peers import FRUGAL, java_argv
from zkbroker.cli import security_migration
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


MIGRATOR = "kafka.admin.ZkSecurityMigrator"

TREE = (
    "/admin/delete_topics/gone",
    "/admin/reassign_partitions",
    "/brokers/ids/1",
    "/brokers/seqid",
    "/brokers/topics/orders/partitions/0/state",
    "/cluster/id",
    "/config/brokers/<default>",
    "/config/changes/config_change_0000000001",
    "/config/topics/orders",
    "/config/users/alice",
    "/config/users/alice/clients/app",
    "/consumers/old/offsets/orders/0",
    "/controller_epoch",
    "/delegation_token/tokens/abc",
    "/kafka-acl/Topic/orders",
    "/kafka-acl-changes/acl_changes_0000000001",
    "/kafka-acl-extended/prefixed/Group/team-",
    "/latest_producer_id_block",
    "/somebody-elses/node",
)
"""What a cluster may have, without some of what the tools make; the controller's node is there or not."""


@pytest.mark.parametrize(
    "more", [pytest.param((), marks=pytest.mark.long), ("/controller",)], ids=["without", "with"]
)
async def test_the_migration_leaves_what_kafkas_own_tool_leaves(
    asking: ZooKeeperServer, tmp_path: Path, more: tuple[str, ...]
) -> None:
    client_jaas, ours = tmp_path / "client-jaas.conf", tmp_path / "zookeeper.properties"
    client_jaas.write_text(f"Client {{ {jaas(PASSWORD)} }};\n")
    ours.write_text(f"zookeeper.sasl.jaas.config={jaas(PASSWORD)}\n")
    flags = (*FRUGAL, f"-Djava.security.auth.login.config={client_jaas}")

    def migrate_both(acl: str) -> None:
        words = ("--zookeeper.acl", acl, "--zookeeper.connect")
        theirs = java_argv(MIGRATOR, *words, f"{asking.connect}/theirs", flags=flags)
        subprocess.run(theirs, check=True, timeout=60)
        file = ("--zk-tls-config-file", str(ours))
        assert security_migration.TOOL.main([*words, f"{asking.connect}/ours", *file]) == 0

    def compare() -> None:
        login = {"mechanism": "DIGEST-MD5", "username": "kafka", "password": PASSWORD}
        admin = KazooClient(asking.connect, sasl_options=login)
        admin.start()
        try:
            for chroot in ("/theirs", "/ours"):
                for path in (*TREE, *more):
                    admin.create(chroot + path, b"{}", makepath=True)
            before = rights_in(admin, "/theirs")
            assert before == rights_in(admin, "/ours")
            for acl in ("secure", "unsecure", "secure"):
                migrate_both(acl)
                after = rights_in(admin, "/theirs")
                assert rights_in(admin, "/ours") == after
                assert (after == before) is False
                before = after
            assert after["/config/users/alice"] == [("sasl", "kafka", 31)]
        finally:
            admin.stop()
            admin.close()

    await trio.to_thread.run_sync(compare)


def rights_in(client: KazooClient, chroot: str) -> dict[str, list[tuple[str, str, int]]]:
    """Path below the chroot -> who may do what there, for every node."""
    found, waiting = {}, [chroot]
    while waiting:
        path = waiting.pop()
        acls, _ = client.get_acls(path)
        found[path.removeprefix(chroot)] = sorted((acl.id.scheme, acl.id.id, acl.perms) for acl in acls)
        waiting += [f"{path}/{child}" for child in client.get_children(path)]
    return found
