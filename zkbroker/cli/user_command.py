"""`zkbroker user`: SCRAM credentials straight in ZooKeeper, so that brokers which log in with them can start."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkbroker.cli import zookeeper_access
from zkbroker.cli.failure import Failure

if TYPE_CHECKING:
    from zkbroker.zookeeper.session import ZkSession

DESCRIPTION = """\
Keep the users of SCRAM listeners in ZooKeeper, also before any broker runs.

While brokers run, the admin API does the same (kafka-configs --entity-type users). The password is asked for on a
terminal, else read as a line from standard input.
"""
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")


def add_to(commands: Any) -> None:
    command: argparse.ArgumentParser = commands.add_parser(
        "user",
        help="keep the users of SCRAM listeners",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = command.add_subparsers(metavar="ACTION", required=True)
    add: argparse.ArgumentParser = actions.add_parser("add", help="add a user, or give one a new password")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--password-file", type=Path, metavar="FILE", help="a file whose first line is the password"
    )
    add.add_argument("--iterations", type=int, default=4096, metavar="N", help="4096 (default) to 16384")
    remove: argparse.ArgumentParser = actions.add_parser("remove", help="remove a user's credentials")
    remove.add_argument("name", metavar="NAME")
    listing: argparse.ArgumentParser = actions.add_parser("list", help="list the users")
    for action in (add, remove):
        action.add_argument(
            "--mechanism",
            action="append",
            choices=MECHANISMS,
            help="SCRAM-SHA-256 or SCRAM-SHA-512; both if none is named",
        )
    for action, run in ((add, _add), (remove, _remove), (listing, _list)):
        zookeeper_access.add_arguments(action)
        action.set_defaults(run=run)


def _add(arguments: argparse.Namespace) -> int:
    import secrets

    from zkbroker.security.scram import MAX_ITERATIONS, MIN_ITERATIONS, credential_of, encode_credential

    if not MIN_ITERATIONS <= arguments.iterations <= MAX_ITERATIONS:
        raise Failure(f"--iterations must be from {MIN_ITERATIONS} to {MAX_ITERATIONS}", exit_code=2)
    if not arguments.name:
        raise Failure("a user needs a name", exit_code=2)
    config = zookeeper_access.config_of(arguments)
    password = _password(arguments.password_file)
    mechanisms = arguments.mechanism or MECHANISMS
    credentials: dict[str, str | None] = {
        mechanism: encode_credential(
            credential_of(mechanism, password, secrets.token_bytes(32), arguments.iterations)
        )
        for mechanism in mechanisms
    }

    async def write(session: ZkSession) -> None:
        await _change(session, arguments.name, credentials)

    zookeeper_access.run_with_session(config, write)
    sys.stdout.write(f"{arguments.name}: {', '.join(mechanisms)}\n")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    config = zookeeper_access.config_of(arguments)
    mechanisms = arguments.mechanism or MECHANISMS

    async def write(session: ZkSession) -> bool:
        return await _change(session, arguments.name, dict.fromkeys(mechanisms))

    if not zookeeper_access.run_with_session(config, write):
        raise Failure(f"{arguments.name} has no credentials of {' or '.join(mechanisms)}")
    sys.stdout.write(f"{arguments.name}: removed\n")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from zkbroker import admin_store
    from zkbroker.zookeeper.znodes import DEFAULT_ENTITY, desanitize

    async def read(session: ZkSession) -> list[str]:
        read = await admin_store.read_configs(session, "users")
        lines = []
        for path, texts in sorted(read.configs.items()):
            name = path.partition("/")[2]
            held = [mechanism for mechanism in MECHANISMS if mechanism in texts]
            if held and name != DEFAULT_ENTITY:
                lines.append(f"{desanitize(name)}: {', '.join(held)}\n")
        return lines

    config = zookeeper_access.config_of(arguments)
    sys.stdout.writelines(zookeeper_access.run_with_session(config, read))
    return 0


async def _change(session: ZkSession, name: str, changes: dict[str, str | None]) -> bool:
    """Set, or with None remove, a user's credentials; whether anything changed."""
    from zkbroker import admin_store
    from zkbroker.zookeeper.znodes import entity_path, is_node_name, sanitize

    if not is_node_name(sanitize(name)):
        raise Failure(f"ZooKeeper has no place for a user called {name!r}")
    path = entity_path("users", sanitize(name))
    texts = await admin_store.read_config(session, path)
    before = dict(texts)
    for mechanism, text in changes.items():
        if text is None:
            texts.pop(mechanism, None)
        else:
            texts[mechanism] = text
    if texts == before:
        return False
    await admin_store.change_config(session, path, texts, fenced=False)
    return True


def _password(file: Path | None) -> str:
    """Raises: Failure."""
    import getpass

    if file is not None:
        try:
            text = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(f"{file} cannot be read: {error}") from None
        password = text.partition("\n")[0].removesuffix("\r")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise Failure("the two passwords differ")
    else:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not password:
        raise Failure("the password is empty")
    return password
