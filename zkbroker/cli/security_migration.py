"""`zookeeper-security-migration`: protect the znodes of a cluster, or open them again.

Source: kafka.admin.ZkSecurityMigrator, 3.9.1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.options import Option, Parsed, whole
from zkbroker.cli.progress import progress
from zkbroker.cli.tool import Tool

if TYPE_CHECKING:
    from zkbroker.zookeeper.session import ZkSession

SECURE_ROOTS: Final = (
    "/admin",
    "/brokers",
    "/cluster",
    "/config",
    "/controller",
    "/controller_epoch",
    "/isr_change_notification",
    "/latest_producer_id_block",
    "/log_dir_event_notification",
    "/delegation_token",
    "/kafka-acl-extended",
    "/migration",
    "/feature",
    "/kafka-acl",
    "/kafka-acl-changes",
    "/kafka-acl-extended/prefixed",
    "/kafka-acl-extended-changes",
)
AT_ONCE: Final = 100


def run(parsed: Parsed) -> int:
    """Raises: Failure."""
    from zkbroker.cli.zookeeper_access import read_config, run_with_session

    connect, file = str(parsed.text("zookeeper.connect")), parsed.text("zk-tls-config-file")
    secure = parsed.text("zookeeper.acl") == "secure"
    config = read_config(
        None if file is None else Path(file),
        connect,
        (
            f"zookeeper.session.timeout.ms={parsed.number('zookeeper.session.timeout')}",
            f"zookeeper.connection.timeout.ms={parsed.number('zookeeper.connection.timeout')}",
        ),
    )
    is_known = config.zookeeper_sasl_jaas_config or config.zookeeper_digest
    if not is_known and config.zookeeper_ssl_keystore_location is None:
        raise Failure(
            "ZooKeeper must know who we are: give --zk-tls-config-file with zookeeper.sasl.jaas.config, "
            "zookeeper.digest or zookeeper.ssl.keystore.location, or a JAAS file by KAFKA_OPTS"
        )
    config = config.with_properties({"zookeeper.set.acl": str(secure).lower()}, "--zookeeper.acl")

    async def migrate(session: ZkSession) -> int:
        if "enable.path.check" in parsed and await session.exists("/brokers") is None:
            raise Failure(f"{connect} has no /brokers: is that the path of the cluster? Nothing was changed")
        with progress(f"{'Protecting' if secure else 'Opening'} znodes"):
            return await set_access(session, secure=secure)

    count = run_with_session(config, migrate)
    sys.stdout.write(f"{count} znodes are {'protected' if secure else 'open'} now\n")
    return 0


async def set_access(session: ZkSession, *, secure: bool) -> int:
    """Set the access list of every znode that Kafka protects, parents first; how many there were."""
    count = 1
    await session.set_acl("/", secure=secure)
    level = []
    for root in SECURE_ROOTS:
        if await session.exists(root) is None:
            if root == "/controller":
                continue  # only its holder creates it
            await session.create_path(root)
        if root.count("/") == 1:
            level.append(root)
    while level:
        below: list[str] = []
        for start in range(0, len(level), AT_ONCE):
            some = level[start : start + AT_ONCE]
            await _set_all(session, some, secure=secure)
            count += len(some)
            for path, children in (await session.get_children_many(some)).items():
                below += [f"{path}/{child}" for child in children or ()]
        level = below
    return count


async def _set_all(session: ZkSession, paths: Sequence[str], *, secure: bool) -> None:
    import trio

    from zkbroker.zookeeper.session import ConnectionLost, NoNode

    async def one(path: str) -> None:
        while True:
            try:
                await session.set_acl(path, secure=secure)
                return
            except NoNode:
                return  # gone meanwhile
            except ConnectionLost:
                continue

    async with trio.open_nursery() as nursery:
        for path in paths:
            nursery.start_soon(one, path)


TOOL: Final = Tool(
    name="zookeeper-security-migration",
    purpose="Set the access lists of a cluster's znodes as zookeeper.set.acl=true would have, or open them to "
    "everybody. How to prove to ZooKeeper who we are is read from --zk-tls-config-file, or from the Client section of "
    "the JAAS file that KAFKA_OPTS names.",
    kafka_class="kafka.admin.ZkSecurityMigrator",
    run=run,
    failed="zookeeper-security-migration: {}",
    reads_all=True,
    options=(
        Option(
            "zookeeper.acl",
            "REQUIRED: secure protects the znodes, unsecure opens them.",
            "String",
            required=True,
            choices=("secure", "unsecure"),
        ),
        Option("zookeeper.connect", "ZooKeeper, as host:port[/chroot].", "String", default="localhost:2181"),
        Option("zookeeper.session.timeout", "The session's timeout, in ms.", "Integer", whole, 30000),
        Option(
            "zookeeper.connection.timeout", "How long to wait for ZooKeeper, in ms.", "Integer", whole, 30000
        ),
        Option(
            "zk-tls-config-file",
            "A file with zookeeper.ssl.*, zookeeper.digest or zookeeper.sasl.jaas.config.",
            "String",
            completes="file",
        ),
        Option("enable.path.check", "Change nothing if the cluster's znodes are not there."),
    ),
)
