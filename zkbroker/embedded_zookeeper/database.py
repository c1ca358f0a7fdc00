"""[pure] What requests do: the tree, the watches and the log put together, without sockets, files or clocks.

A write is planned, appended to the log, applied, and its watch events handed out, in one sync call; the
reply follows the events, so that nobody sees a change before its event. Whether any of it may leave the
machine yet is the server's care: it holds back what the disk does not have (storage.py).
Source: FinalRequestProcessor of ZooKeeper 3.8.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from zkbroker.embedded_zookeeper import acl as access
from zkbroker.embedded_zookeeper import protocol
from zkbroker.embedded_zookeeper.acl import Acl, Identity
from zkbroker.embedded_zookeeper.jute import Decoder
from zkbroker.embedded_zookeeper.paths import ROOT
from zkbroker.embedded_zookeeper.planning import Planner
from zkbroker.embedded_zookeeper.protocol import (
    Code,
    EventType,
    OpCode,
    Perms,
    RequestError,
    Stat,
    WriteRequest,
    encode_event,
    encode_reply,
)
from zkbroker.embedded_zookeeper.transactions import (
    CloseSessionTxn,
    CreateSessionTxn,
    CreateTxn,
    LogEntry,
    MultiTxn,
    Part,
    SetAclTxn,
    Txn,
    encode_entry,
)
from zkbroker.embedded_zookeeper.tree import DataTree, Node
from zkbroker.embedded_zookeeper.watches import ONCE, AddWatchMode, WatcherType, Watches


class Client(Protocol):
    """A connection, as far as requests need one. It is also what a watch belongs to."""

    def __hash__(self) -> int: ...

    @property
    def session_id(self) -> int: ...

    @property
    def identities(self) -> Sequence[Identity]: ...

    def deliver(self, frame: bytes) -> None:
        """Queue bytes for the client, after all that was queued before."""


class UnknownOperation(Exception):
    """A request with an operation no client has."""


@attrs.frozen
class _Request:
    """What a handler needs to know of a request beside its body."""

    client: Client
    op: OpCode
    cxid: int
    wall_ms: int


Handler = Callable[["Database", _Request, Decoder], bytes]


@attrs.define(eq=False)
class Database:
    """All that clients read and write. Every method is one atomic step."""

    tree: DataTree
    append: Callable[[bytes], None]  # the log; it cannot refuse
    watches: Watches[Client] = attrs.field(factory=Watches)

    def execute(self, client: Client, xid: int, op: int, body: Decoder, wall_ms: int) -> bytes:
        """Carry out one request and return the framed reply.

        Raises: UnknownOperation; MalformedRecord when the body is not the request's record.
        """
        try:
            known = OpCode(op)
            handler = _HANDLERS[known]
        except (ValueError, KeyError):
            raise UnknownOperation(f"operation {op}") from None
        try:
            answer = handler(self, _Request(client, known, xid, wall_ms), body)
        except RequestError as error:
            return encode_reply(xid, self.tree.last_zxid, error.code)
        return encode_reply(xid, self.tree.last_zxid, 0, answer)

    def open_session(self, session_id: int, timeout_ms: int, wall_ms: int) -> None:
        self._commit(session_id, 0, self._next_zxid(), wall_ms, CreateSessionTxn(timeout_ms))

    def close_session(self, session_id: int, wall_ms: int, cxid: int = 0) -> None:
        """End a session; its ephemeral znodes go in the same transaction."""
        paths = tuple(self.tree.ephemerals_of(session_id))
        self._commit(session_id, cxid, self._next_zxid(), wall_ms, CloseSessionTxn(paths))

    def delete_unused_containers(self, wall_ms: int) -> list[str]:
        """Remove the containers whose last child has gone; returns their paths."""
        unused = self.tree.unused_containers()
        for path in unused:
            planner = Planner(self.tree, (Identity(access.SUPER, ""),))
            txn = planner.plan_delete_container(path)
            self._commit(0, 0, self._next_zxid(), wall_ms, txn)
        return unused

    def _next_zxid(self) -> int:
        # a refused write uses up a number too, as it does on an Apache server
        self.tree.last_zxid += 1
        return self.tree.last_zxid

    def _commit(self, session_id: int, cxid: int, zxid: int, wall_ms: int, txn: Txn) -> list[Stat | None]:
        entry = LogEntry(session_id, cxid, zxid, wall_ms, txn)
        self.append(encode_entry(entry))
        return self.tree.apply(entry, self._fire)

    def _fire(self, event: EventType, path: str, acl: tuple[Acl, ...]) -> None:
        watchers = self.watches.trigger(event, path)
        if not watchers:
            return
        frame = encode_event(event, path)
        for client in watchers:
            if access.is_allowed(acl, Perms.READ, client.identities):
                client.deliver(frame)

    def _write(self, request: _Request, wanted: WriteRequest) -> tuple[Part | SetAclTxn, Stat | None]:
        zxid = self._next_zxid()
        txn = Planner(self.tree, request.client.identities).plan(wanted)
        (stat,) = self._commit(request.client.session_id, request.cxid, zxid, request.wall_ms, txn)
        return txn, stat

    def _create(self, request: _Request, body: Decoder) -> bytes:
        txn, stat = self._write(request, protocol.decode_create(body, request.op))
        return _created(txn, stat)

    def _delete(self, request: _Request, body: Decoder) -> bytes:
        self._write(request, protocol.decode_delete(body))
        return b""

    def _delete_container(self, request: _Request, body: Decoder) -> bytes:
        # the one request that is no record: the rest of the packet is the path
        path = body.rest_as_text()
        zxid = self._next_zxid()
        txn = Planner(self.tree, request.client.identities).plan_delete_container(path)
        self._commit(request.client.session_id, request.cxid, zxid, request.wall_ms, txn)
        return b""

    def _set_data(self, request: _Request, body: Decoder) -> bytes:
        _, stat = self._write(request, protocol.decode_set_data(body))
        return protocol.encode_stat(_present(stat))

    def _set_acl(self, request: _Request, body: Decoder) -> bytes:
        _, stat = self._write(request, protocol.decode_set_acl(body))
        return protocol.encode_stat(_present(stat))

    def _check(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_check(body)
        self._next_zxid()
        Planner(self.tree, request.client.identities).plan(wanted)
        return protocol.encode_stat(self._node(wanted.path).stat())

    def _multi(self, request: _Request, body: Decoder) -> bytes:
        zxid = self._next_zxid()
        wanted = protocol.decode_multi(body)
        planner = Planner.for_multi(self.tree, request.client.identities)
        parts: list[Part] = []
        for index, operation in enumerate(wanted):
            try:
                part = planner.plan(operation)
            except RequestError as error:
                return _rolled_back(index, error.code, len(wanted))
            assert not isinstance(part, SetAclTxn)  # setACL cannot stand in a multi
            parts.append(part)
        stats = self._commit(
            request.client.session_id, request.cxid, zxid, request.wall_ms, MultiTxn(tuple(parts))
        )
        results = [
            protocol.encode_multi_result(*_multi_result(part, stat))
            for part, stat in zip(parts, stats, strict=True)
        ]
        return b"".join(results) + protocol.MULTI_END

    def _multi_read(self, request: _Request, body: Decoder) -> bytes:
        results = []
        for op, path in protocol.decode_multi_read(body):
            try:
                node = self._readable(path, request.client)
            except RequestError as error:
                results.append(protocol.encode_multi_error(error.code))
                continue
            if op is OpCode.GET_DATA:
                answer = protocol.encode_data_and_stat(node.data, node.stat())
            else:
                answer = protocol.encode_children(list(node.children or ()))
            results.append(protocol.encode_multi_result(op, answer))
        return b"".join(results) + protocol.MULTI_END

    def _exists(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_watch(body)
        path = _require_path(wanted.path)
        if "\0" in path:
            raise RequestError(Code.BAD_ARGUMENTS, path)
        node = self.tree.nodes.get(path or ROOT)
        if node is not None:
            self._require(node, Perms.READ, path, request.client)
        if wanted.watch:  # also on a znode that is not there yet
            self.watches.data.add(path, request.client, ONCE)
        if node is None:
            raise RequestError(Code.NO_NODE, path)
        return protocol.encode_stat(node.stat())

    def _get_data(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_watch(body)
        node = self._readable(wanted.path, request.client)
        if wanted.watch:
            self.watches.data.add(_require_path(wanted.path), request.client, ONCE)
        return protocol.encode_data_and_stat(node.data, node.stat())

    def _get_children(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_watch(body)
        node = self._readable(wanted.path, request.client)
        if wanted.watch:
            self.watches.child.add(_require_path(wanted.path), request.client, ONCE)
        children = protocol.encode_children(list(node.children or ()))
        if request.op is OpCode.GET_CHILDREN2:
            return children + protocol.encode_stat(node.stat())
        return children

    def _get_all_children_number(self, request: _Request, body: Decoder) -> bytes:
        path = _require_path(body.string())
        self._readable(path, request.client)
        return protocol.encode_number(self.tree.count_below(path))

    def _get_ephemerals(self, request: _Request, body: Decoder) -> bytes:
        prefix = (body.string() or "").strip()
        owned = self.tree.ephemerals_of(request.client.session_id)
        return protocol.encode_children(
            [path for path in owned if prefix in ("", "/") or path.startswith(prefix)]
        )

    def _get_acl(self, request: _Request, body: Decoder) -> bytes:
        path = _require_path(body.string())
        node = self._node(path)
        self._require(node, Perms.READ | Perms.ADMIN, path, request.client)
        acl = node.acl
        if not access.is_allowed(acl, Perms.ADMIN, request.client.identities):
            acl = access.without_digests(acl)
        return protocol.encode_acl_and_stat(acl, node.stat())

    def _sync(self, request: _Request, body: Decoder) -> bytes:
        return protocol.encode_path(_require_path(body.string()))

    def _ping(self, request: _Request, body: Decoder) -> bytes:
        return b""

    def _reconfig(self, request: _Request, body: Decoder) -> bytes:
        raise RequestError(Code.RECONFIG_DISABLED)

    def _who_am_i(self, request: _Request, body: Decoder) -> bytes:
        return protocol.encode_client_infos(
            [(who.scheme or "", access.user_of(who)) for who in request.client.identities]
        )

    def _close_session(self, request: _Request, body: Decoder) -> bytes:
        self.close_session(request.client.session_id, request.wall_ms, request.cxid)
        return b""

    def _add_watch(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_number(body)
        try:
            mode = AddWatchMode(wanted.number)
        except ValueError:
            raise RequestError(Code.MARSHALLING_ERROR, wanted.path) from None
        self.watches.add(_require_path(wanted.path), request.client, mode)
        return protocol.encode_number(0)

    def _check_watches(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_number(body)
        self.watches.require(_require_path(wanted.path), request.client, _watcher_type(wanted.number))
        return b""

    def _remove_watches(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_path_number(body)
        self.watches.remove(_require_path(wanted.path), request.client, _watcher_type(wanted.number))
        return b""

    def _set_watches(self, request: _Request, body: Decoder) -> bytes:
        wanted = protocol.decode_set_watches(body, persistent=request.op is OpCode.SET_WATCHES2)
        client, nodes, seen = request.client, self.tree.nodes, wanted.relative_zxid
        for path in wanted.data:
            node = nodes.get(path)
            if node is None:
                client.deliver(encode_event(EventType.NODE_DELETED, path))
            elif node.mzxid > seen:
                client.deliver(encode_event(EventType.NODE_DATA_CHANGED, path))
            else:
                self.watches.data.add(path, client, ONCE)
        for path in wanted.exist:
            if path in nodes:
                client.deliver(encode_event(EventType.NODE_CREATED, path))
            else:
                self.watches.data.add(path, client, ONCE)
        for path in wanted.child:
            node = nodes.get(path)
            if node is None:
                client.deliver(encode_event(EventType.NODE_DELETED, path))
            elif node.pzxid > seen:
                client.deliver(encode_event(EventType.NODE_CHILDREN_CHANGED, path))
            else:
                self.watches.child.add(path, client, ONCE)
        for path in wanted.persistent:
            self.watches.add(path, client, AddWatchMode.PERSISTENT)
        for path in wanted.persistent_recursive:
            self.watches.add(path, client, AddWatchMode.PERSISTENT_RECURSIVE)
        return b""

    def _node(self, path: str | None) -> Node:
        known = _require_path(path)
        node = self.tree.nodes.get(known or ROOT)  # to those who only read, an empty path is the root
        if node is None:
            raise RequestError(Code.NO_NODE, known)
        return node

    def _readable(self, path: str | None, client: Client) -> Node:
        node = self._node(path)
        self._require(node, Perms.READ, path, client)
        return node

    def _require(self, node: Node, perms: int, path: str | None, client: Client) -> None:
        if not access.is_allowed(node.acl, perms, client.identities):
            raise RequestError(Code.NO_AUTH, path)


_HANDLERS: dict[OpCode, Handler] = {
    OpCode.CREATE: Database._create,
    OpCode.CREATE2: Database._create,
    OpCode.CREATE_CONTAINER: Database._create,
    OpCode.CREATE_TTL: Database._create,
    OpCode.DELETE: Database._delete,
    OpCode.DELETE_CONTAINER: Database._delete_container,
    OpCode.SET_DATA: Database._set_data,
    OpCode.SET_ACL: Database._set_acl,
    OpCode.CHECK: Database._check,
    OpCode.MULTI: Database._multi,
    OpCode.MULTI_READ: Database._multi_read,
    OpCode.EXISTS: Database._exists,
    OpCode.GET_DATA: Database._get_data,
    OpCode.GET_CHILDREN: Database._get_children,
    OpCode.GET_CHILDREN2: Database._get_children,
    OpCode.GET_ALL_CHILDREN_NUMBER: Database._get_all_children_number,
    OpCode.GET_EPHEMERALS: Database._get_ephemerals,
    OpCode.GET_ACL: Database._get_acl,
    OpCode.SYNC: Database._sync,
    OpCode.PING: Database._ping,
    OpCode.RECONFIG: Database._reconfig,
    OpCode.WHO_AM_I: Database._who_am_i,
    OpCode.CLOSE_SESSION: Database._close_session,
    OpCode.ADD_WATCH: Database._add_watch,
    OpCode.CHECK_WATCHES: Database._check_watches,
    OpCode.REMOVE_WATCHES: Database._remove_watches,
    OpCode.SET_WATCHES: Database._set_watches,
    OpCode.SET_WATCHES2: Database._set_watches,
}


def _created(txn: Part | SetAclTxn, stat: Stat | None) -> bytes:
    assert isinstance(txn, CreateTxn)
    if txn.op is OpCode.CREATE:
        return protocol.encode_path(txn.path)
    return protocol.encode_path_and_stat(txn.path, _present(stat))


def _multi_result(part: Part, stat: Stat | None) -> tuple[OpCode, bytes]:
    if isinstance(part, CreateTxn):
        return (OpCode.CREATE if part.op is OpCode.CREATE else OpCode.CREATE2), _created(part, stat)
    return part.op, protocol.encode_stat(stat) if stat is not None else b""


def _rolled_back(failed: int, code: Code, count: int) -> bytes:
    """What each operation of a refused multi answers: those before the refused one would have been OK."""
    before = protocol.encode_multi_error(Code.OK) * failed
    after = protocol.encode_multi_error(Code.RUNTIME_INCONSISTENCY) * (count - failed - 1)
    return before + protocol.encode_multi_error(code) + after + protocol.MULTI_END


def _present(stat: Stat | None) -> Stat:
    assert stat is not None  # what was planned on this tree fits this tree
    return stat


def _require_path(path: str | None) -> str:
    if path is None:
        raise RequestError(Code.MARSHALLING_ERROR)
    return path


def _watcher_type(number: int) -> WatcherType:
    try:
        return WatcherType(number)
    except ValueError:
        raise RequestError(Code.MARSHALLING_ERROR) from None
