"""What one asks of ZooKeeper and what can go wrong: plain values and errors, no connection. [pure]"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

import attrs

ANY_VERSION: Final = -1
"""Write whatever the version. Every other int is compared, 0 included."""


class SessionState(Enum):
    """Where a session stands."""

    CONNECTED = "connected"
    SUSPENDED = "suspended"  # no connection now; the session may live on
    LOST = "lost"  # over, for good


@attrs.frozen
class Stat:
    """What ZooKeeper keeps about a node."""

    czxid: int  # transaction that created it; of a registration: the broker epoch
    mzxid: int  # transaction that last set its data
    version: int  # data versions since creation; 0 is a real version
    cversion: int
    ephemeral_owner: int  # session id, 0 if the node is persistent
    num_children: int
    ctime_ms: int
    mtime_ms: int
    data_length: int
    pzxid: int


@attrs.frozen
class Znode:
    """A node as read; no data reads as b""."""

    data: bytes
    stat: Stat


# ------------------------------------------------------------------------------ operations of a multi


@attrs.frozen
class Create:
    """Create a node; `data=None` is ZooKeeper's null, as Kafka creates directories. Result: its path."""

    path: str
    data: bytes | None = None
    ephemeral: bool = False
    sequential: bool = False  # ZooKeeper appends a number to the path


@attrs.frozen
class SetData:
    """Set a node's data if its version is that one. Result: the new Stat."""

    path: str
    data: bytes
    version: int


@attrs.frozen
class Delete:
    """Delete a node without children if its version is that one. Result: None."""

    path: str
    version: int


@attrs.frozen
class Check:
    """Fail unless the node exists and has that version. Result: None."""

    path: str
    version: int


Operation = Create | SetData | Delete | Check
OperationResult = str | Stat | None


def request_size(operations: Sequence[Operation]) -> int:
    """An upper bound of the bytes the operations take in one request (paths, data, headers, ACLs)."""
    return sum(
        150 + len(operation.path) * 3 + len(getattr(operation, "data", None) or b"")
        for operation in operations
    )


# ----------------------------------------------------------------------------------------------- errors


class ZooKeeperError(Exception):
    """ZooKeeper refused, or did not answer. `path` is the node concerned, "" if there is none."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class NoNode(ZooKeeperError):
    """The node, or the parent of one to be created, does not exist."""


class NodeExists(ZooKeeperError):
    """The node to be created exists."""


class BadVersion(ZooKeeperError):
    """The node has another version than the one given."""


class NotEmpty(ZooKeeperError):
    """The node to be deleted has children."""


class NoAuth(ZooKeeperError):
    """Our identity may not do that."""


class RequestTooLarge(ZooKeeperError):
    """The request would pass the limit (jute.maxbuffer) at which a server drops the connection."""


class ConnectionLost(ZooKeeperError):
    """The connection broke before the answer: the outcome is unknown. Read again before deciding anything."""


class SessionLost(ZooKeeperError):
    """The session is over; what it owned is or will be gone. Nothing more can be asked of it."""


class Unreachable(ZooKeeperError):
    """No ZooKeeper answered in the time given at the start. The message is for people."""


class AuthenticationFailed(ZooKeeperError):
    """ZooKeeper refused our credentials. The message is for people."""


class MultiFailed(ZooKeeperError):
    """Nothing of the multi was done. `index` names its first failing operation, `cause` the reason."""

    def __init__(self, index: int, cause: ZooKeeperError) -> None:
        super().__init__(cause.path, f"operation {index} of a multi failed: {cause.message}")
        self.index = index
        self.cause = cause
