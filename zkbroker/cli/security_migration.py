"""`zookeeper-security-migration`: protect the znodes of a cluster, or open them again.

Source: kafka.admin.ZkSecurityMigrator, 3.9.1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zkbroker.cli.failure import Failure
from zkbroker.cli.progress import progress

if TYPE_CHECKING:
    from zkbroker.zookeeper.session import ZkSession

DESCRIPTION = """\
Set the access lists of a cluster's znodes as zookeeper.set.acl=true would have, or open them to everybody.

How to prove to ZooKeeper who we are is read from --zk-tls-config-file (zookeeper.ssl.*, zookeeper.digest,
zookeeper.sasl.jaas.config), or from the Client section of the JAAS file that KAFKA_OPTS names.
"""

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


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog="zookeeper-security-migration",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--zookeeper.acl", dest="acl", choices=("secure", "unsecure"), required=True)
    command.add_argument(
        "--zookeeper.connect", dest="connect", default="localhost:2181", metavar="HOST:PORT[/CHROOT]"
    )
    command.add_argument("--zookeeper.session.timeout", dest="session_ms", type=int, default=30000)
    command.add_argument("--zookeeper.connection.timeout", dest="connection_ms", type=int, default=30000)
    command.add_argument("--zk-tls-config-file", dest="file", type=Path, metavar="FILE")
    command.add_argument(
        "--enable.path.check",
        dest="check",
        action="store_true",
        help="change nothing if the cluster's znodes are not there",
    )
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    arguments = parser().parse_args(argv)
    try:
        _run(arguments)
    except Failure as failure:
        sys.stderr.write(f"zookeeper-security-migration: {failure}\n")
        return failure.exit_code
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from zkbroker.cli.zookeeper_access import read_config, run_with_session

    config = read_config(
        arguments.file,
        arguments.connect,
        (
            f"zookeeper.session.timeout.ms={arguments.session_ms}",
            f"zookeeper.connection.timeout.ms={arguments.connection_ms}",
        ),
    )
    secure = arguments.acl == "secure"
    is_known = config.zookeeper_sasl_jaas_config or config.zookeeper_digest
    if not is_known and config.zookeeper_ssl_keystore_location is None:
        raise Failure(
            "ZooKeeper must know who we are: give --zk-tls-config-file with zookeeper.sasl.jaas.config, "
            "zookeeper.digest or zookeeper.ssl.keystore.location, or a JAAS file by KAFKA_OPTS"
        )
    config = config.with_properties({"zookeeper.set.acl": str(secure).lower()}, "--zookeeper.acl")

    async def migrate(session: ZkSession) -> int:
        if arguments.check and await session.exists("/brokers") is None:
            raise Failure(
                f"{arguments.connect} has no /brokers: is that the path of the cluster? Nothing was changed"
            )
        with progress(f"{'Protecting' if secure else 'Opening'} znodes"):
            return await set_access(session, secure=secure)

    count = run_with_session(config, migrate)
    sys.stdout.write(f"{count} znodes are {'protected' if secure else 'open'} now\n")


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
