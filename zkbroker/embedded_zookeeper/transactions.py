"""[pure] What is written to the log: an entry for each change, in the encoding of ZooKeeper's own log.

A data directory can therefore be opened by Apache ZooKeeper, and one of Apache's by us.
Source: zookeeper.jute (org.apache.zookeeper.txn), SerializeUtils.deserializeTxn of ZooKeeper 3.8.4.
"""

from __future__ import annotations

import struct

import attrs

from zkbroker.embedded_zookeeper.acl import Acl, decode_acls, encode_acls
from zkbroker.embedded_zookeeper.jute import (
    Decoder,
    MalformedRecord,
    encode_buffer,
    encode_string,
    encode_strings,
)
from zkbroker.embedded_zookeeper.protocol import OpCode

_HEADER = struct.Struct("!qiqqi")
_INT = struct.Struct("!i")
_EPHEMERAL_AND_CVERSION = struct.Struct("!bi")


@attrs.frozen
class CreateTxn:
    """A znode appears. `parent_cversion` is the parent's count of creations with this one."""

    op: OpCode  # CREATE, CREATE2 or CREATE_CONTAINER
    path: str
    data: bytes | None
    acl: tuple[Acl, ...]
    ephemeral: bool
    parent_cversion: int


@attrs.frozen
class DeleteTxn:
    op: OpCode  # DELETE or DELETE_CONTAINER
    path: str


@attrs.frozen
class SetDataTxn:
    """`version` is the version after the change."""

    path: str
    data: bytes | None
    version: int
    op: OpCode = OpCode.SET_DATA


@attrs.frozen
class SetAclTxn:
    """`version` is the ACL version after the change."""

    path: str
    acl: tuple[Acl, ...]
    version: int
    op: OpCode = OpCode.SET_ACL


@attrs.frozen
class CheckTxn:
    """Within a multi: the check that held. It changes nothing."""

    path: str
    version: int
    op: OpCode = OpCode.CHECK


@attrs.frozen
class MultiTxn:
    """Several changes under one zxid."""

    parts: tuple[CreateTxn | DeleteTxn | SetDataTxn | CheckTxn, ...]
    op: OpCode = OpCode.MULTI


@attrs.frozen
class CreateSessionTxn:
    timeout_ms: int
    op: OpCode = OpCode.CREATE_SESSION


@attrs.frozen
class CloseSessionTxn:
    """A session ends, and with it its ephemeral znodes. None: those which the tree knows (old logs)."""

    paths: tuple[str, ...] | None
    op: OpCode = OpCode.CLOSE_SESSION


@attrs.frozen
class ErrorTxn:
    """A refused write. Apache ZooKeeper logs those, we do not."""

    code: int
    op: OpCode = OpCode.ERROR


Part = CreateTxn | DeleteTxn | SetDataTxn | CheckTxn
Txn = Part | SetAclTxn | MultiTxn | CreateSessionTxn | CloseSessionTxn | ErrorTxn


@attrs.frozen
class LogEntry:
    """One change with its number, its session and its time."""

    session_id: int
    cxid: int  # the client's number of the request
    zxid: int
    wall_ms: int
    txn: Txn


def encode_entry(entry: LogEntry) -> bytes:
    header = _HEADER.pack(entry.session_id, entry.cxid, entry.zxid, entry.wall_ms, entry.txn.op)
    return header + _encode_txn(entry.txn)


def decode_entry(raw: bytes) -> LogEntry:
    """Raises: MalformedRecord. What follows the transaction (Apache's tree digest) is left alone."""
    decoder = Decoder(raw)
    session_id, cxid, zxid, wall_ms, op = decoder.fields(_HEADER)
    return LogEntry(session_id, cxid, zxid, wall_ms, _decode_txn(op, decoder))


def _encode_txn(txn: Txn) -> bytes:
    match txn:
        case SetDataTxn():
            return encode_string(txn.path) + encode_buffer(txn.data) + _INT.pack(txn.version)
        case CreateTxn():
            start = encode_string(txn.path) + encode_buffer(txn.data) + encode_acls(txn.acl)
            if txn.op is OpCode.CREATE_CONTAINER:
                return start + _INT.pack(txn.parent_cversion)
            return start + _EPHEMERAL_AND_CVERSION.pack(txn.ephemeral, txn.parent_cversion)
        case DeleteTxn():
            return encode_string(txn.path)
        case CheckTxn():
            return encode_string(txn.path) + _INT.pack(txn.version)
        case MultiTxn():
            parts = [_INT.pack(len(txn.parts))]
            for part in txn.parts:
                parts.append(_INT.pack(part.op))
                parts.append(encode_buffer(_encode_txn(part)))
            return b"".join(parts)
        case SetAclTxn():
            return encode_string(txn.path) + encode_acls(txn.acl) + _INT.pack(txn.version)
        case CreateSessionTxn():
            return _INT.pack(txn.timeout_ms)
        case CloseSessionTxn():
            return encode_strings(txn.paths or ())
        case ErrorTxn():
            return _INT.pack(txn.code)


def _decode_txn(op: int, decoder: Decoder) -> Txn:
    match op:
        case OpCode.SET_DATA | OpCode.RECONFIG:
            return SetDataTxn(_path(decoder), decoder.buffer(), decoder.int32())
        case OpCode.CREATE | OpCode.CREATE2:
            path, data, acl = _path(decoder), decoder.buffer(), decode_acls(decoder)
            ephemeral = decoder.boolean()
            # before ZooKeeper 3.3.4 the count was not written
            cversion = decoder.int32() if decoder.remaining() else -1
            return CreateTxn(OpCode(op), path, data, acl, ephemeral, cversion)
        case OpCode.CREATE_CONTAINER:
            path, data, acl = _path(decoder), decoder.buffer(), decode_acls(decoder)
            return CreateTxn(OpCode.CREATE_CONTAINER, path, data, acl, False, decoder.int32())
        case OpCode.DELETE | OpCode.DELETE_CONTAINER:
            return DeleteTxn(OpCode(op), _path(decoder))
        case OpCode.CHECK:
            return CheckTxn(_path(decoder), decoder.int32())
        case OpCode.SET_ACL:
            return SetAclTxn(_path(decoder), decode_acls(decoder), decoder.int32())
        case OpCode.MULTI:
            return _decode_multi(decoder)
        case OpCode.CREATE_SESSION:
            return CreateSessionTxn(decoder.int32())
        case OpCode.CLOSE_SESSION:
            if not decoder.remaining():
                return CloseSessionTxn(None)
            return CloseSessionTxn(tuple(decoder.strings()))
        case OpCode.ERROR:
            return ErrorTxn(decoder.int32())
    raise MalformedRecord(f"transactions of type {op} are not supported")


def _decode_multi(decoder: Decoder) -> MultiTxn | ErrorTxn:
    parts: list[Part] = []
    for _ in range(decoder.count(8)):
        op, raw = decoder.int32(), decoder.buffer()
        part = _decode_txn(op, Decoder(raw or b""))
        if isinstance(part, ErrorTxn):
            return part  # Apache logs a refused multi too: one error in it means nothing of it happened
        if not isinstance(part, CreateTxn | DeleteTxn | SetDataTxn | CheckTxn):
            raise MalformedRecord(f"a transaction of type {op} within a multi")
        parts.append(part)
    return MultiTxn(tuple(parts))


def _path(decoder: Decoder) -> str:
    path = decoder.string()
    if path is None:
        raise MalformedRecord("a transaction without a path")
    return path
