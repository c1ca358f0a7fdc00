"""kazoo's values and exceptions as ours, and our operations as its transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from kazoo import exceptions
from kazoo.client import KazooClient
from kazoo.protocol.states import ZnodeStat

from zkbroker.zookeeper.operations import (
    BadVersion,
    Check,
    ConnectionLost,
    Create,
    Delete,
    NoAuth,
    NodeExists,
    NoNode,
    NotEmpty,
    Operation,
    SessionLost,
    SetData,
    Stat,
    Znode,
    ZooKeeperError,
)


def as_stat(stat: ZnodeStat) -> Stat:
    return Stat(
        czxid=stat.czxid,
        mzxid=stat.mzxid,
        version=stat.version,
        cversion=stat.cversion,
        ephemeral_owner=stat.ephemeralOwner,
        num_children=stat.numChildren,
        ctime_ms=stat.ctime,
        mtime_ms=stat.mtime,
        data_length=stat.dataLength,
        pzxid=stat.pzxid,
    )


def as_znode(result: tuple[bytes | None, ZnodeStat]) -> Znode:
    data, stat = result
    return Znode(data or b"", as_stat(stat))


_ERRORS: Final[tuple[tuple[type[Exception], type[ZooKeeperError], str], ...]] = (
    (exceptions.NoNodeError, NoNode, "no such node"),
    (exceptions.NodeExistsError, NodeExists, "the node exists"),
    (exceptions.BadVersionError, BadVersion, "the node has another version"),
    (exceptions.NotEmptyError, NotEmpty, "the node has children"),
    (exceptions.NoAuthError, NoAuth, "our identity may not do that"),
    (exceptions.ConnectionLoss, ConnectionLost, "the connection broke before the answer"),
    (exceptions.OperationTimeoutError, ConnectionLost, "ZooKeeper gave up waiting for itself"),
    (exceptions.SessionMovedError, ConnectionLost, "the session has moved to another connection"),
    (exceptions.SessionExpiredError, SessionLost, "the session has expired"),
    (exceptions.ConnectionClosedError, SessionLost, "the session is closed"),
    (exceptions.AuthFailedError, SessionLost, "our credentials were refused"),
)


def translated(error: Exception, path: str) -> ZooKeeperError:
    """kazoo's exception as ours."""
    for theirs, ours, message in _ERRORS:
        if isinstance(error, theirs):
            return ours(path, message)
    return ZooKeeperError(path, f"{type(error).__name__} {error}".strip())


def first_failure(results: Sequence[object]) -> tuple[int, Exception] | None:
    """Index and cause of the operation that failed a multi; kazoo returns these, it does not raise them."""
    bystanders = (exceptions.RolledBackError, exceptions.RuntimeInconsistency)
    for index, result in enumerate(results):
        if isinstance(result, Exception) and not isinstance(result, bystanders):
            return index, result
    return None


def transaction_of(
    kazoo: KazooClient,
    operations: Sequence[Operation],
    full: Callable[[str], str],
    acl: Callable[[str], Any],
) -> Any:
    """A transaction of kazoo's, ready to commit. `full` gives the path with its chroot, `acl` who may do what there."""
    transaction = kazoo.transaction()
    for operation in operations:
        path = full(operation.path)
        match operation:
            case Create(relative, data, ephemeral, sequential):
                transaction.create(path, data or b"", acl(relative), ephemeral, sequential)
                if data is None:  # kazoo's method takes no null, its request does
                    transaction.operations[-1] = transaction.operations[-1]._replace(data=None)
            case SetData(_, data, version):
                transaction.set_data(path, data, version)
            case Delete(_, version):
                transaction.delete(path, version)
            case Check(_, version):
                transaction.check(path, version)
    return transaction
