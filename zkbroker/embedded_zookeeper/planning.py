"""[pure] From a write request to a transaction: all checks of ZooKeeper in its order. It changes nothing.

In a multi each operation sees what the earlier ones will have done (`Drafts`); when one fails, the drafts
are dropped and nothing happened. Source: PrepRequestProcessor of ZooKeeper 3.8.4.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from zkbroker.embedded_zookeeper import acl as access
from zkbroker.embedded_zookeeper import paths
from zkbroker.embedded_zookeeper.acl import Acl, Identity
from zkbroker.embedded_zookeeper.protocol import (
    CheckRequest,
    Code,
    CreateRequest,
    DeleteRequest,
    OpCode,
    Perms,
    RequestError,
    SetAclRequest,
    SetDataRequest,
    WriteRequest,
)
from zkbroker.embedded_zookeeper.transactions import (
    CheckTxn,
    CreateTxn,
    DeleteTxn,
    Part,
    SetAclTxn,
    SetDataTxn,
)
from zkbroker.embedded_zookeeper.tree import CONTAINER_OWNER, DataTree, Node, int32

ANY_VERSION = -1

# flags of a create: (ephemeral, sequential); the rest is container and TTL
_PERSISTENT_OR_EPHEMERAL = {0: (False, False), 1: (True, False), 2: (False, True), 3: (True, True)}
_CONTAINER_FLAG = 4
_TTL_FLAGS = (5, 6)


@attrs.define(eq=False)
class Draft:
    """What a znode will be once the earlier operations of a multi have happened."""

    acl: tuple[Acl, ...]
    version: int
    cversion: int
    child_count: int
    is_ephemeral: bool


@attrs.define(eq=False)
class Planner:
    """Plans the operations of one request, one after the other. Make a new one for each request.

    Raises: RequestError from every method, when the operation must be refused.
    """

    _tree: DataTree
    _identities: Sequence[Identity]
    _drafts: dict[str, Draft | None] | None = None  # None: a single operation needs none

    @classmethod
    def for_multi(cls, tree: DataTree, identities: Sequence[Identity]) -> Planner:
        return cls(tree, identities, {})

    def plan(self, request: WriteRequest) -> Part | SetAclTxn:
        match request:
            case SetDataRequest():
                return self._plan_set_data(request)
            case CreateRequest():
                return self._plan_create(request)
            case DeleteRequest():
                return self._plan_delete(request)
            case CheckRequest():
                return self._plan_check(request)
            case SetAclRequest():
                return self._plan_set_acl(request)

    def plan_delete_container(self, path: str) -> DeleteTxn:
        """Remove an empty container. Raises: BAD_VERSION for any other kind of znode, NOT_EMPTY."""
        parent_path = self._parent_of_deletable(path)
        node = self._require(path)
        self._require_permission(self._require(parent_path), Perms.DELETE, path)
        if node.child_count:
            raise RequestError(Code.NOT_EMPTY, path)
        live = self._tree.nodes.get(path)
        if live is None or live.owner != CONTAINER_OWNER:
            raise RequestError(Code.BAD_VERSION, path)
        return DeleteTxn(OpCode.DELETE_CONTAINER, path)

    def _plan_create(self, request: CreateRequest) -> CreateTxn:
        path = _require_path(request.path)
        ephemeral, sequential = _create_mode(request)
        if "/" not in path or "\0" in path:
            raise RequestError(Code.BAD_ARGUMENTS, path)
        parent_path = paths.parent_of(path)
        acl = self._expand(request.acl, path)
        parent = self._require(parent_path)
        self._require_permission(parent, Perms.CREATE, path)
        if sequential:
            path += f"{parent.cversion:010d}"
        if not paths.is_valid(path):
            raise RequestError(Code.BAD_ARGUMENTS, path)
        if self._find(path) is not None:
            raise RequestError(Code.NODE_EXISTS, path)
        if parent.is_ephemeral:
            raise RequestError(Code.NO_CHILDREN_FOR_EPHEMERALS, path)
        cversion = int32(parent.cversion + 1)
        if self._drafts is not None:
            draft = self._draft(parent_path, parent)
            draft.cversion = cversion
            draft.child_count += 1
            self._drafts[path] = Draft(acl, 0, 0, 0, ephemeral)
        return CreateTxn(request.op, path, request.data, acl, ephemeral, cversion)

    def _plan_delete(self, request: DeleteRequest) -> DeleteTxn:
        path = _require_path(request.path)
        parent_path = self._parent_of_deletable(path)
        parent = self._require(parent_path)
        self._require_permission(parent, Perms.DELETE, path)
        node = self._require(path)
        _next_version(node.version, request.version, path)
        if node.child_count:
            raise RequestError(Code.NOT_EMPTY, path)
        if self._drafts is not None:
            self._draft(parent_path, parent).child_count -= 1
            self._drafts[path] = None
        return DeleteTxn(OpCode.DELETE, path)

    def _plan_set_data(self, request: SetDataRequest) -> SetDataTxn:
        path, node = self._require_node(request.path)
        self._require_permission(node, Perms.WRITE, path)
        version = _next_version(node.version, request.version, path)
        if self._drafts is not None:
            self._draft(path, node).version = version
        return SetDataTxn(path, request.data, version)

    def _plan_check(self, request: CheckRequest) -> CheckTxn:
        path, node = self._require_node(request.path)
        self._require_permission(node, Perms.READ, path)
        return CheckTxn(path, _next_version(node.version, request.version, path))

    def _plan_set_acl(self, request: SetAclRequest) -> SetAclTxn:
        path = _require_path(request.path)
        if not paths.is_valid(path):
            raise RequestError(Code.BAD_ARGUMENTS, path)
        acl = self._expand(request.acl, path)
        node = self._tree.nodes.get(path)  # never in a multi
        if node is None:
            raise RequestError(Code.NO_NODE, path)
        self._require_permission(node, Perms.ADMIN, path)
        return SetAclTxn(path, acl, _next_version(node.aversion, request.version, path))

    def _find(self, path: str) -> Node | Draft | None:
        if self._drafts is not None and path in self._drafts:
            return self._drafts[path]
        return self._tree.nodes.get(path)

    def _require(self, path: str) -> Node | Draft:
        node = self._find(path)
        if node is None:
            raise RequestError(Code.NO_NODE, path)
        return node

    def _require_node(self, path: str | None) -> tuple[str, Node | Draft]:
        known = _require_path(path)
        if not paths.is_valid(known):
            raise RequestError(Code.BAD_ARGUMENTS, known)
        return known, self._require(known)

    def _require_permission(self, node: Node | Draft, perms: int, path: str) -> None:
        if not access.is_allowed(node.acl, perms, self._identities):
            raise RequestError(Code.NO_AUTH, path)

    def _expand(self, acl: tuple[Acl, ...], path: str) -> tuple[Acl, ...]:
        if acl == access.OPEN_ACL:
            return access.OPEN_ACL
        stored = access.expand(acl, self._identities)
        if stored is None:
            raise RequestError(Code.INVALID_ACL, path)
        return self._tree.intern(stored)

    def _parent_of_deletable(self, path: str) -> str:
        if "/" not in path or "\0" in path or path in paths.SPECIAL:
            raise RequestError(Code.BAD_ARGUMENTS, path)
        return paths.parent_of(path)

    def _draft(self, path: str, node: Node | Draft) -> Draft:
        assert self._drafts is not None
        if isinstance(node, Draft):
            return node
        draft = Draft(node.acl, node.version, node.cversion, node.child_count, node.is_ephemeral)
        self._drafts[path] = draft
        return draft


def _require_path(path: str | None) -> str:
    if path is None:  # where Java meets a null pointer
        raise RequestError(Code.MARSHALLING_ERROR)
    return path


def _create_mode(request: CreateRequest) -> tuple[bool, bool]:
    """(ephemeral, sequential). Raises: BAD_ARGUMENTS for unknown flags, UNIMPLEMENTED for TTL nodes,
    which an Apache server does not allow by default either.
    """
    if request.op is OpCode.CREATE_TTL or request.flags in _TTL_FLAGS:
        raise RequestError(Code.UNIMPLEMENTED, request.path)
    if request.flags == _CONTAINER_FLAG:
        return False, False
    mode = _PERSISTENT_OR_EPHEMERAL.get(request.flags)
    if mode is None:
        raise RequestError(Code.BAD_ARGUMENTS, request.path)
    return mode


def _next_version(current: int, expected: int, path: str) -> int:
    if expected not in (ANY_VERSION, current):
        raise RequestError(Code.BAD_VERSION, path)
    return int32(current + 1)
