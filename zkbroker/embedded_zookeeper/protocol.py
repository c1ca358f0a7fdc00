"""[pure] The records of ZooKeeper's client protocol: requests decoded, replies encoded.

Every packet is an int32 length and a record. A client's first packet is a ConnectRequest; after that each
has an 8-byte header (xid, operation). Replies carry xid, the server's last zxid and an error code.
Source: zookeeper.jute, ZooDefs, MultiOperationRecord, MultiResponse of ZooKeeper 3.8.4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

import attrs

from zkbroker.embedded_zookeeper.acl import Acl, decode_acls, encode_acls
from zkbroker.embedded_zookeeper.jute import (
    Decoder,
    MalformedRecord,
    encode_buffer,
    encode_string,
    encode_strings,
)


class OpCode(IntEnum):
    """The operation in a request's header, and the kind of a transaction in the log."""

    CREATE_SESSION = -10
    CLOSE_SESSION = -11
    ERROR = -1
    CREATE = 1
    DELETE = 2
    EXISTS = 3
    GET_DATA = 4
    SET_DATA = 5
    GET_ACL = 6
    SET_ACL = 7
    GET_CHILDREN = 8
    SYNC = 9
    PING = 11
    GET_CHILDREN2 = 12
    CHECK = 13
    MULTI = 14
    CREATE2 = 15
    RECONFIG = 16
    CHECK_WATCHES = 17
    REMOVE_WATCHES = 18
    CREATE_CONTAINER = 19
    DELETE_CONTAINER = 20
    CREATE_TTL = 21
    MULTI_READ = 22
    AUTH = 100
    SET_WATCHES = 101
    SASL = 102
    GET_EPHEMERALS = 103
    GET_ALL_CHILDREN_NUMBER = 104
    SET_WATCHES2 = 105
    ADD_WATCH = 106
    WHO_AM_I = 107


class Code(IntEnum):
    """A result code. Source: KeeperException.Code."""

    OK = 0
    SYSTEM_ERROR = -1
    RUNTIME_INCONSISTENCY = -2
    MARSHALLING_ERROR = -5
    UNIMPLEMENTED = -6
    BAD_ARGUMENTS = -8
    NO_NODE = -101
    NO_AUTH = -102
    BAD_VERSION = -103
    NO_CHILDREN_FOR_EPHEMERALS = -108
    NODE_EXISTS = -110
    NOT_EMPTY = -111
    SESSION_EXPIRED = -112
    INVALID_ACL = -114
    AUTH_FAILED = -115
    NO_WATCHER = -121
    RECONFIG_DISABLED = -123
    SESSION_CLOSED_REQUIRE_AUTH = -124


class RequestError(Exception):
    """A request that is answered with an error code and changes nothing."""

    def __init__(self, code: Code, path: str | None = None) -> None:
        super().__init__(f"{code.name} for {path}")
        self.code = code
        self.path = path


class Perms:
    """Permission bits of an ACL."""

    READ = 1
    WRITE = 2
    CREATE = 4
    DELETE = 8
    ADMIN = 16
    ALL = 31


class EventType(IntEnum):
    """What a watch event says happened."""

    NODE_CREATED = 1
    NODE_DELETED = 2
    NODE_DATA_CHANGED = 3
    NODE_CHILDREN_CHANGED = 4


class Stat(NamedTuple):
    """A znode's statistics, in the order of the wire. `cversion` counts children made and deleted."""

    czxid: int
    mzxid: int
    ctime_ms: int
    mtime_ms: int
    version: int
    cversion: int
    aversion: int
    ephemeral_owner: int
    data_length: int
    num_children: int
    pzxid: int


@attrs.frozen
class ConnectRequest:
    """The first packet: begin a session, or go on with one."""

    last_zxid_seen: int
    timeout_ms: int
    session_id: int  # 0 asks for a new session
    password: bytes
    read_only: bool | None  # None: a client from before 3.4, whose answer must not hold the field either


@attrs.frozen
class CreateRequest:
    """create, create2, createContainer and createTTL."""

    op: OpCode
    path: str | None
    data: bytes | None
    acl: tuple[Acl, ...]
    flags: int
    ttl_ms: int = -1


@attrs.frozen
class DeleteRequest:
    path: str | None
    version: int


@attrs.frozen
class SetDataRequest:
    path: str | None
    data: bytes | None
    version: int


@attrs.frozen
class SetAclRequest:
    path: str | None
    acl: tuple[Acl, ...]
    version: int


@attrs.frozen
class CheckRequest:
    path: str | None
    version: int


@attrs.frozen
class PathWatchRequest:
    """exists, getData, getChildren, getChildren2."""

    path: str | None
    watch: bool


@attrs.frozen
class PathNumberRequest:
    """addWatch (mode), checkWatches and removeWatches (type)."""

    path: str | None
    number: int


@attrs.frozen
class SetWatchesRequest:
    """The watches a client had before it reconnected. Those whose event it missed fire at once."""

    relative_zxid: int
    data: list[str]
    exist: list[str]
    child: list[str]
    persistent: list[str]
    persistent_recursive: list[str]


@attrs.frozen
class AuthPacket:
    scheme: str | None
    auth: bytes | None


WriteRequest = CreateRequest | DeleteRequest | SetDataRequest | SetAclRequest | CheckRequest
ReadOp = tuple[OpCode, str | None]

_CONNECT = struct.Struct("!iqiq")
_CONNECT_REPLY = struct.Struct("!iiiq")
_HEADER = struct.Struct("!ii")
_REPLY = struct.Struct("!iiqi")
_MULTI_HEADER = struct.Struct("!ibi")
_STAT = struct.Struct("!qqqqiiiqiiq")
_EVENT = struct.Struct("!iiqiii")
_INT = struct.Struct("!i")

NOTIFICATION_XID = -1
PING_XID = -2
SYNC_CONNECTED = 3
MULTI_END = _MULTI_HEADER.pack(-1, 1, -1)


def decode_connect(frame: bytes) -> ConnectRequest:
    """Raises: MalformedRecord."""
    decoder = Decoder(frame)
    _, last_zxid, timeout_ms, session_id = decoder.fields(_CONNECT)
    password = decoder.buffer() or b""
    read_only = decoder.boolean() if decoder.remaining() else None
    return ConnectRequest(last_zxid, timeout_ms, session_id, password, read_only)


def encode_connect_reply(timeout_ms: int, session_id: int, password: bytes, *, with_read_only: bool) -> bytes:
    """A framed ConnectResponse. Timeout 0 and session 0 say that the session is gone."""
    tail = encode_buffer(password) + (b"\0" if with_read_only else b"")
    return _CONNECT_REPLY.pack(16 + len(tail), 0, timeout_ms, session_id) + tail


def decode_header(frame: bytes) -> tuple[int, int, Decoder]:
    """xid, operation and a decoder for the rest. Raises: MalformedRecord."""
    try:
        xid, op = _HEADER.unpack_from(frame)
    except struct.error:
        raise MalformedRecord(f"a request of {len(frame)} bytes has no header") from None
    return xid, op, Decoder(frame, _HEADER.size)


def encode_reply(xid: int, zxid: int, code: int = 0, body: bytes = b"") -> bytes:
    """A framed reply. An error has no body."""
    return _REPLY.pack(16 + len(body), xid, zxid, code) + body


def encode_event(event: EventType, path: str) -> bytes:
    """A framed watch event."""
    raw = path.encode()
    return (
        _EVENT.pack(28 + len(raw), NOTIFICATION_XID, -1, 0, event, SYNC_CONNECTED) + _INT.pack(len(raw)) + raw
    )


def encode_stat(stat: Stat) -> bytes:
    return _STAT.pack(*stat)


def encode_path(path: str) -> bytes:
    """Reply of create and sync."""
    return encode_string(path)


def encode_path_and_stat(path: str, stat: Stat) -> bytes:
    """Reply of create2 and createContainer."""
    return encode_string(path) + _STAT.pack(*stat)


def encode_data_and_stat(data: bytes | None, stat: Stat) -> bytes:
    """Reply of getData."""
    return encode_buffer(data) + _STAT.pack(*stat)


def encode_children(children: list[str]) -> bytes:
    """Reply of getChildren and getEphemerals."""
    return encode_strings(children)


def encode_acl_and_stat(acl: tuple[Acl, ...], stat: Stat) -> bytes:
    """Reply of getACL."""
    return encode_acls(acl) + _STAT.pack(*stat)


def encode_number(number: int) -> bytes:
    """Reply of getAllChildrenNumber and addWatch."""
    return _INT.pack(number)


def encode_client_infos(infos: list[tuple[str, str]]) -> bytes:
    """Reply of whoAmI: (scheme, user) of each identity."""
    parts = [_INT.pack(len(infos))]
    for scheme, user in infos:
        parts.append(encode_string(scheme) + encode_string(user))
    return b"".join(parts)


def encode_multi_result(op: OpCode, body: bytes = b"") -> bytes:
    """One result within the reply of a multi."""
    return _MULTI_HEADER.pack(op, 0, 0) + body


def encode_multi_error(code: int) -> bytes:
    """One failed (or rolled back) result within the reply of a multi."""
    return _MULTI_HEADER.pack(OpCode.ERROR, 0, code) + _INT.pack(code)


def decode_create(decoder: Decoder, op: OpCode) -> CreateRequest:
    path, data, acl, flags = decoder.string(), decoder.buffer(), decode_acls(decoder), decoder.int32()
    ttl_ms = decoder.int64() if op is OpCode.CREATE_TTL else -1
    return CreateRequest(op, path, data, acl, flags, ttl_ms)


def decode_delete(decoder: Decoder) -> DeleteRequest:
    return DeleteRequest(decoder.string(), decoder.int32())


def decode_set_data(decoder: Decoder) -> SetDataRequest:
    return SetDataRequest(decoder.string(), decoder.buffer(), decoder.int32())


def decode_set_acl(decoder: Decoder) -> SetAclRequest:
    return SetAclRequest(decoder.string(), decode_acls(decoder), decoder.int32())


def decode_check(decoder: Decoder) -> CheckRequest:
    return CheckRequest(decoder.string(), decoder.int32())


def decode_path_watch(decoder: Decoder) -> PathWatchRequest:
    return PathWatchRequest(decoder.string(), decoder.boolean())


def decode_path_number(decoder: Decoder) -> PathNumberRequest:
    return PathNumberRequest(decoder.string(), decoder.int32())


def decode_auth(decoder: Decoder) -> AuthPacket:
    decoder.int32()  # a type nobody uses
    return AuthPacket(decoder.string(), decoder.buffer())


def decode_set_watches(decoder: Decoder, *, persistent: bool) -> SetWatchesRequest:
    zxid = decoder.int64()
    data, exist, child = decoder.strings(), decoder.strings(), decoder.strings()
    if not persistent:
        return SetWatchesRequest(zxid, data, exist, child, [], [])
    return SetWatchesRequest(zxid, data, exist, child, decoder.strings(), decoder.strings())


_FLAGS_IN_MULTI = range(5)  # all but TTL
_MULTI_WRITES: dict[int, Callable[[Decoder], WriteRequest]] = {
    OpCode.CREATE: lambda decoder: decode_create(decoder, OpCode.CREATE),
    OpCode.CREATE2: lambda decoder: decode_create(decoder, OpCode.CREATE2),
    OpCode.CREATE_CONTAINER: lambda decoder: decode_create(decoder, OpCode.CREATE_CONTAINER),
    OpCode.CREATE_TTL: lambda decoder: decode_create(decoder, OpCode.CREATE_TTL),
    OpCode.DELETE: decode_delete,
    OpCode.SET_DATA: decode_set_data,
    OpCode.CHECK: decode_check,
}


def decode_multi(decoder: Decoder) -> list[WriteRequest]:
    """The operations of a multi.

    Raises: MalformedRecord, also for an operation that cannot stand in a multi; RequestError for a kind of
    znode that cannot be created there, which ZooKeeper finds out when it reads the packet.
    """
    requests: list[WriteRequest] = []
    while True:
        op, done, _ = decoder.fields(_MULTI_HEADER)
        if done:
            return requests
        decode = _MULTI_WRITES.get(op)
        if decode is None:
            raise MalformedRecord(f"operation {op} cannot stand in a multi")
        request = decode(decoder)
        if isinstance(request, CreateRequest) and request.flags not in _FLAGS_IN_MULTI:
            raise RequestError(Code.MARSHALLING_ERROR, request.path)
        requests.append(request)


def decode_multi_read(decoder: Decoder) -> list[ReadOp]:
    """The operations of a multiRead: getData and getChildren. Raises: MalformedRecord."""
    requests: list[ReadOp] = []
    while True:
        op, done, _ = decoder.fields(_MULTI_HEADER)
        if done:
            return requests
        if op not in (OpCode.GET_DATA, OpCode.GET_CHILDREN):
            raise MalformedRecord(f"operation {op} cannot stand in a multiRead")
        requests.append((OpCode(op), decode_path_watch(decoder).path))
