"""[pure] The data tree: znodes, their statistics, ephemerals and sessions. Only `apply` changes it.

The live server and the replay of the log call the same `apply`, so that replay rebuilds what was.
Whether a request is allowed is decided before (planning.py); `apply` only carries out.
Source: DataTree, DataNode of ZooKeeper 3.8.4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import attrs

from zkbroker.embedded_zookeeper import paths
from zkbroker.embedded_zookeeper.acl import OPEN_ACL, READ_ACL, Acl
from zkbroker.embedded_zookeeper.protocol import EventType, OpCode, Stat
from zkbroker.embedded_zookeeper.transactions import (
    CheckTxn,
    CloseSessionTxn,
    CreateSessionTxn,
    CreateTxn,
    DeleteTxn,
    ErrorTxn,
    LogEntry,
    MultiTxn,
    Part,
    SetAclTxn,
    SetDataTxn,
)

CONTAINER_OWNER = -(2**63)  # stands in `owner` of a container znode

# told of each change: what happened, where, and the access list that governs who may hear of it
Fire = Callable[[EventType, str, tuple[Acl, ...]], None]


def fire_nothing(event: EventType, path: str, acl: tuple[Acl, ...]) -> None:
    """For replay: nobody watches."""


@attrs.define(eq=False)
class Node:
    """One znode. `cversion` counts creations of children only; `Stat.cversion` is derived from it."""

    data: bytes | None
    acl: tuple[Acl, ...]  # interned by the tree, so that equal lists are one object
    czxid: int = 0
    mzxid: int = 0
    ctime_ms: int = 0
    mtime_ms: int = 0
    version: int = 0
    cversion: int = 0
    aversion: int = 0
    owner: int = 0  # session id of an ephemeral, CONTAINER_OWNER, or 0
    pzxid: int = 0
    children: dict[str, None] | None = None  # names in order of creation; None: never had one

    @property
    def child_count(self) -> int:
        return len(self.children) if self.children else 0

    @property
    def is_ephemeral(self) -> bool:
        return self.owner != 0 and self.owner != CONTAINER_OWNER

    def stat(self) -> Stat:
        children = len(self.children) if self.children else 0
        return Stat(
            self.czxid,
            self.mzxid,
            self.ctime_ms,
            self.mtime_ms,
            self.version,
            # every deletion was once a creation: creations twice, less those still there
            int32(self.cversion * 2 - children),
            self.aversion,
            0 if self.owner == CONTAINER_OWNER else self.owner,
            len(self.data) if self.data else 0,
            children,
            self.pzxid,
        )


def int32(number: int) -> int:
    """Wrapped as Java's int does."""
    return (number + 0x80000000) % 0x100000000 - 0x80000000


@attrs.define(eq=False)
class DataTree:
    """All znodes and sessions. Owner: the server's database, which is its only mutator."""

    last_zxid: int = 0
    nodes: dict[str, Node] = attrs.field(factory=dict)  # a parent always stands before its children
    sessions: dict[int, int] = attrs.field(factory=dict)  # id -> timeout in ms
    ephemerals: dict[int, dict[str, None]] = attrs.field(factory=dict)  # session id -> paths
    containers: dict[str, None] = attrs.field(factory=dict)
    data_bytes: int = 0  # paths and data
    _acls: dict[tuple[Acl, ...], tuple[Acl, ...]] = attrs.field(factory=lambda: {OPEN_ACL: OPEN_ACL})
    _point: Point | None = None

    @classmethod
    def new(cls) -> DataTree:
        """A tree with the four znodes that every server has."""
        tree = cls()
        tree.restore(paths.ROOT, Node(b"", OPEN_ACL))
        tree.restore(paths.ZOOKEEPER, Node(b"", OPEN_ACL))
        tree.restore(paths.QUOTA, Node(b"", OPEN_ACL))
        tree.restore(paths.CONFIG, Node(b"", READ_ACL, aversion=-1))
        return tree

    def restore(self, path: str, node: Node) -> None:
        """Put a node of a snapshot where it was. Raises: KeyError if its parent is not there yet."""
        node.acl = self.intern(node.acl)
        if path != paths.ROOT:
            self._adopt(self.nodes[paths.parent_of(path)], paths.name_of(path))
        self.nodes[path] = node
        self.data_bytes += len(path) + len(node.data or b"")
        self._index_owner(path, node.owner)

    def children(self, path: str) -> list[str]:
        """Names of a znode's children. Raises: KeyError."""
        return list(self.nodes[path].children or ())

    def count_below(self, path: str) -> int:
        """How many znodes stand below this one, at any depth."""
        if path == paths.ROOT:
            return len(self.nodes) - 1
        prefix = path + "/"
        return sum(1 for other in self.nodes if other.startswith(prefix))

    def ephemerals_of(self, session_id: int) -> Collection[str]:
        return self.ephemerals.get(session_id, {}).keys()

    def ephemeral_count(self) -> int:
        return sum(len(owned) for owned in self.ephemerals.values())

    def unused_containers(self) -> list[str]:
        """Containers that once had children and have none now."""
        found = []
        for path in self.containers:
            node = self.nodes[path]
            if not node.children and node.cversion > 0:
                found.append(path)
        return found

    def intern(self, acl: tuple[Acl, ...]) -> tuple[Acl, ...]:
        """The one object for all access lists equal to this."""
        return self._acls.setdefault(acl, acl)

    def apply(self, entry: LogEntry, fire: Fire = fire_nothing) -> list[Stat | None]:
        """Carry out one entry of the log; tell `fire` of what watches may wait for.

        Returns the znode's statistics after each part (one part, or those of a multi); None for a
        deletion, a check, a session.

        A part that does not fit the tree (its znode is there already, or is not there) changes only the
        parent's counters: Apache's snapshots hold some of what the log after them repeats.
        """
        txn = entry.txn
        results: list[Stat | None] = [None]
        match txn:
            case MultiTxn():
                results = [self._apply_part(part, entry, fire) for part in txn.parts]
            case SetAclTxn():
                results = [self._set_acl(txn)]
            case CreateSessionTxn():
                self.sessions[entry.session_id] = txn.timeout_ms
            case CloseSessionTxn():
                self._close_session(entry, txn, fire)
            case ErrorTxn():
                pass
            case _:
                results = [self._apply_part(txn, entry, fire)]
        if entry.zxid > self.last_zxid:
            self.last_zxid = entry.zxid
        return results

    def _apply_part(self, part: Part, entry: LogEntry, fire: Fire) -> Stat | None:
        match part:
            case SetDataTxn():
                return self._set_data(part, entry, fire)
            case CreateTxn():
                return self._create(part, entry, fire)
            case DeleteTxn():
                self._delete(part.path, entry.zxid, fire)
            case CheckTxn():
                pass
        return None

    def _create(self, txn: CreateTxn, entry: LogEntry, fire: Fire) -> Stat | None:
        parent_path = paths.parent_of(txn.path)
        parent = self.nodes.get(parent_path)
        if parent is None:
            return None
        self._preserve(parent_path, parent)
        cversion = txn.parent_cversion if txn.parent_cversion != -1 else parent.cversion + 1
        if cversion > parent.cversion:  # a replayed creation never turns the count back
            parent.cversion = cversion
            parent.pzxid = entry.zxid
        if txn.path in self.nodes:
            return None
        owner = 0
        if txn.op is OpCode.CREATE_CONTAINER:
            owner = CONTAINER_OWNER
        elif txn.ephemeral:
            owner = entry.session_id
        acl = self.intern(txn.acl)
        node = Node(
            txn.data,
            acl,
            czxid=entry.zxid,
            mzxid=entry.zxid,
            ctime_ms=entry.wall_ms,
            mtime_ms=entry.wall_ms,
            owner=owner,
            pzxid=entry.zxid,
        )
        self._adopt(parent, paths.name_of(txn.path))
        self.nodes[txn.path] = node
        self.data_bytes += len(txn.path) + len(txn.data or b"")
        self._index_owner(txn.path, owner)
        fire(EventType.NODE_CREATED, txn.path, acl)
        fire(EventType.NODE_CHILDREN_CHANGED, parent_path, parent.acl)
        return node.stat()

    def _delete(self, path: str, zxid: int, fire: Fire) -> None:
        parent_path = paths.parent_of(path)
        parent = self.nodes.get(parent_path)
        if parent is None:
            return
        self._preserve(parent_path, parent)
        if zxid > parent.pzxid:
            parent.pzxid = zxid
        node = self.nodes.pop(path, None)
        if node is None:
            return
        self._preserve(path, node)
        if parent.children:
            parent.children.pop(paths.name_of(path), None)
        self.data_bytes -= len(path) + len(node.data or b"")
        if node.owner == CONTAINER_OWNER:
            self.containers.pop(path, None)
        elif node.owner:
            owned = self.ephemerals.get(node.owner)
            if owned is not None:
                owned.pop(path, None)
                if not owned:
                    del self.ephemerals[node.owner]
        fire(EventType.NODE_DELETED, path, node.acl)
        fire(EventType.NODE_CHILDREN_CHANGED, parent_path, parent.acl)

    def _set_data(self, txn: SetDataTxn, entry: LogEntry, fire: Fire) -> Stat | None:
        node = self.nodes.get(txn.path)
        if node is None:
            return None
        self._preserve(txn.path, node)
        self.data_bytes += len(txn.data or b"") - len(node.data or b"")
        node.data = txn.data
        node.version = txn.version
        node.mzxid = entry.zxid
        node.mtime_ms = entry.wall_ms
        fire(EventType.NODE_DATA_CHANGED, txn.path, node.acl)
        return node.stat()

    def _set_acl(self, txn: SetAclTxn) -> Stat | None:
        node = self.nodes.get(txn.path)
        if node is None:
            return None
        self._preserve(txn.path, node)
        node.acl = self.intern(txn.acl)
        node.aversion = txn.version
        return node.stat()

    def _close_session(self, entry: LogEntry, txn: CloseSessionTxn, fire: Fire) -> None:
        self.sessions.pop(entry.session_id, None)
        owned = txn.paths if txn.paths is not None else tuple(self.ephemerals_of(entry.session_id))
        for path in owned:
            self._delete(path, entry.zxid, fire)

    def _adopt(self, parent: Node, name: str) -> None:
        if parent.children is None:
            parent.children = {}
        parent.children[name] = None

    def _index_owner(self, path: str, owner: int) -> None:
        if owner == CONTAINER_OWNER:
            self.containers[path] = None
        elif owner:
            self.ephemerals.setdefault(owner, {})[path] = None

    def _preserve(self, path: str, node: Node) -> None:
        """Called before each change of a node: a snapshot under way still needs it as it was."""
        if self._point is not None:
            self._point.preserve(path, node)

    def begin_point(self) -> Point:
        """The tree as it is now, to be read piece by piece while it goes on changing.

        End it with `end_point`; there is one at a time.
        """
        # lists that no znode has any more are forgotten here, so that the table does not only grow
        self._acls = {node.acl: node.acl for node in self.nodes.values()}
        self._acls.setdefault(OPEN_ACL, OPEN_ACL)
        self._point = Point(
            zxid=self.last_zxid,
            sessions=dict(self.sessions),
            acls=list(self._acls),
            tree=self,
            paths=list(self.nodes),
        )
        return self._point

    def end_point(self) -> None:
        self._point = None


@attrs.define(eq=False)
class Point:
    """The tree at one zxid. What changes later is kept here as it was."""

    zxid: int
    sessions: dict[int, int]
    acls: list[tuple[Acl, ...]]
    tree: DataTree
    paths: list[str]  # parents before children
    _preserved: dict[str, Node] = attrs.field(factory=dict)

    def preserve(self, path: str, node: Node) -> None:
        if path not in self._preserved and node.czxid <= self.zxid:
            self._preserved[path] = attrs.evolve(node, children=None)

    def nodes(self, wanted: Iterable[str]) -> Iterator[tuple[str, Node]]:
        """Some of `paths` with their nodes as they were."""
        for path in wanted:
            yield path, self._preserved.get(path) or self.tree.nodes[path]
