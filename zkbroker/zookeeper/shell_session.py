"""A blocking ZooKeeper session for the shell: one call at a time, every node, exactly what was asked.

Raises everywhere: ShellError, with the sentence of ZooKeeper's own shell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
from kazoo.client import KazooClient
from kazoo.exceptions import (
    BadVersionError,
    InvalidACLError,
    KazooException,
    NoAuthError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
)
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.interfaces import IAsyncResult
from kazoo.security import ACL, Id, Permissions

from zkbroker.zookeeper.client import Credentials, new_client

PERMISSIONS: Final = {
    "c": Permissions.CREATE,
    "d": Permissions.DELETE,
    "r": Permissions.READ,
    "w": Permissions.WRITE,
    "a": Permissions.ADMIN,
}
ANY_VERSION: Final = -1


class ShellError(Exception):
    """What was asked cannot be done. The message is for people."""


@attrs.frozen
class Access:
    """One entry of an access list; permissions as letters out of cdrwa."""

    scheme: str
    identity: str
    permissions: str


class ShellSession:
    """Owner of one session; `close` ends it."""

    def __init__(self, connect: str, credentials: Credentials, *, timeout_s: float) -> None:
        self._connect = connect
        self._timeout_s = timeout_s
        hosts, slash, chroot = connect.partition("/")
        self._client: KazooClient
        self._client, _ = new_client(hosts, 30_000, credentials, set_acl=False)
        self._client.chroot = f"/{chroot}" if slash and chroot else ""
        try:
            self._client.start(timeout_s)
        except (KazooTimeoutError, KazooException) as error:
            self._client.stop()
            self._client.close()
            raise ShellError(
                f"ZooKeeper at {connect} does not answer ({error or 'no connection'})."
            ) from None

    def close(self) -> None:
        self._client.stop()
        self._client.close()

    def _call(self, path: str, ask: Callable[[], IAsyncResult]) -> Any:
        """The answer. kazoo keeps a request until it is connected again: whoever waits for it is told after a while."""
        sentences = {
            NoNodeError: f"Node does not exist: {path}",
            NodeExistsError: f"Node already exists: {path}",
            NotEmptyError: f"Node not empty: {path}",
            BadVersionError: f"version No is not valid : {path}",
            NoAuthError: f"Insufficient permission : {path}",
            InvalidACLError: f"Acl is not valid : {path}",
            NoChildrenForEphemeralsError: f"Ephemerals cannot have children: {path}",
        }
        try:
            return ask().get(timeout=self._timeout_s)
        except KazooTimeoutError:
            raise ShellError(
                f"ZooKeeper at {self._connect} does not answer any more; what was asked may still be done: {path}"
            ) from None
        except KazooException as error:
            raise ShellError(sentences.get(type(error), f"{type(error).__name__}: {path}")) from None
        except ValueError as error:
            raise ShellError(f"{error}") from None

    def get(self, path: str) -> tuple[bytes | None, Any]:
        """Data and stat."""
        data, stat = self._call(path, lambda: self._client.get_async(path))
        return data, stat

    def stat(self, path: str) -> Any:
        found = self._call(path, lambda: self._client.exists_async(path))
        if found is None:
            raise ShellError(f"Node does not exist: {path}")
        return found

    def children(self, path: str) -> list[str]:
        """In order of name."""
        return sorted(self._call(path, lambda: self._client.get_children_async(path)))

    def tree(self, path: str) -> Iterator[str]:
        """The node and all below it, parents first."""
        yield path
        for child in self.children(path):
            yield from self.tree(f"{path.rstrip('/')}/{child}")

    def create(
        self, path: str, data: bytes | None, acl: list[Access] | None, *, ephemeral: bool, sequence: bool
    ) -> str:
        """Its path, with the number if it is sequential."""
        entries = None if acl is None else [_entry(access) for access in acl]
        made: str = self._call(
            path,
            lambda: self._client.create_async(path, data, entries, ephemeral=ephemeral, sequence=sequence),
        )
        return made

    def set(self, path: str, data: bytes, version: int = ANY_VERSION) -> Any:
        """The new stat."""
        return self._call(path, lambda: self._client.set_async(path, data, version))

    def delete(self, path: str, version: int = ANY_VERSION) -> None:
        self._call(path, lambda: self._client.delete_async(path, version))

    def delete_all(self, path: str) -> None:
        """With everything below it, deepest first."""
        for node in reversed(list(self.tree(path))):
            self.delete(node)

    def acl(self, path: str) -> tuple[list[Access], Any]:
        """The access list and the stat."""
        entries, stat = self._call(path, lambda: self._client.get_acls_async(path))
        found = [
            Access(
                entry.id.scheme,
                entry.id.id,
                "".join(letter for letter, bit in PERMISSIONS.items() if entry.perms & bit),
            )
            for entry in entries
        ]
        return found, stat

    def set_acl(self, path: str, acl: list[Access], version: int = ANY_VERSION) -> Any:
        return self._call(
            path, lambda: self._client.set_acls_async(path, [_entry(access) for access in acl], version)
        )

    def sync(self, path: str) -> None:
        self._call(path, lambda: self._client.sync_async(path))

    def add_auth(self, scheme: str, credential: str) -> None:
        self._call("", lambda: self._client.add_auth_async(scheme, credential))


def _entry(access: Access) -> ACL:
    bits = sum(PERMISSIONS[letter] for letter in set(access.permissions))
    return ACL(bits, Id(access.scheme, access.identity))
