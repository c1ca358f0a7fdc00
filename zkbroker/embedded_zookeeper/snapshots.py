"""[pure] Snapshots in ZooKeeper's own format: header, sessions, access lists, znodes, a checksum.

Source: FileSnap, SnapStream, DataTree.serialize of ZooKeeper 3.8.4.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from zkbroker.embedded_zookeeper.acl import OPEN_ACL, Acl, decode_acls, encode_acls
from zkbroker.embedded_zookeeper.jute import Decoder, MalformedRecord, encode_buffer, encode_string
from zkbroker.embedded_zookeeper.paths import ROOT
from zkbroker.embedded_zookeeper.tree import DataTree, Node, Point

_HEADER = struct.Struct("!4siq")
_MAGIC, _VERSION, _DATABASE_ID = b"ZKSN", 2, -1
_INT = struct.Struct("!i")
_LONG = struct.Struct("!q")
_SESSION = struct.Struct("!qi")
_NODE = struct.Struct("!qqqqqiiiqq")  # access list, then the statistics
_OPEN_ACL_ID = -1
_NODES_A_PIECE = 500  # some 2 ms of the event loop
_END = encode_string(ROOT)  # the root itself stands under the empty path


def encode_pieces(point: Point) -> Iterator[bytes]:
    """A whole snapshot in pieces, each a short step of work. The tree may change between two pieces."""
    checksum = 1
    for piece in _unsealed(point):
        checksum = zlib.adler32(piece, checksum)
        yield piece
    yield _LONG.pack(checksum) + _END


def _unsealed(point: Point) -> Iterator[bytes]:
    head = [_HEADER.pack(_MAGIC, _VERSION, _DATABASE_ID), _INT.pack(len(point.sessions))]
    head.extend(_SESSION.pack(session_id, timeout) for session_id, timeout in point.sessions.items())
    acl_ids: dict[tuple[Acl, ...], int] = {OPEN_ACL: _OPEN_ACL_ID}
    others = [acl for acl in point.acls if acl != OPEN_ACL]
    head.append(_INT.pack(len(others)))
    for number, acl in enumerate(others, 1):
        acl_ids[acl] = number
        head.append(_LONG.pack(number) + encode_acls(acl))
    yield b"".join(head)
    for start in range(0, len(point.paths), _NODES_A_PIECE):
        pieces = []
        for path, node in point.nodes(point.paths[start : start + _NODES_A_PIECE]):
            pieces.append(encode_string("" if path == ROOT else path))
            pieces.append(encode_buffer(node.data))
            pieces.append(
                _NODE.pack(
                    acl_ids[node.acl],
                    node.czxid,
                    node.mzxid,
                    node.ctime_ms,
                    node.mtime_ms,
                    node.version,
                    node.cversion,
                    node.aversion,
                    node.owner,
                    node.pzxid,
                )
            )
        yield b"".join(pieces)
    yield _END


def decode_snapshot(raw: bytes, zxid: int) -> DataTree:
    """The tree of a snapshot taken at `zxid` (which stands in its file's name).

    Raises: MalformedRecord when it is no snapshot, or damaged.
    """
    decoder = Decoder(raw)
    magic, version, _ = decoder.fields(_HEADER)
    if magic != _MAGIC or version != _VERSION:  # type: ignore[comparison-overlap]
        raise MalformedRecord("not a snapshot of ZooKeeper")
    tree = DataTree(last_zxid=zxid)
    for _ in range(decoder.count(_SESSION.size)):
        session_id, timeout_ms = decoder.fields(_SESSION)
        tree.sessions[session_id] = timeout_ms
    acls: dict[int, tuple[Acl, ...]] = {_OPEN_ACL_ID: OPEN_ACL}
    for _ in range(decoder.count(12)):
        number = decoder.int64()
        acls[number] = decode_acls(decoder)
    while True:
        path = decoder.string()
        if path == ROOT:
            break
        data = decoder.buffer()
        acl_id, czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, pzxid = decoder.fields(_NODE)
        try:
            node = Node(
                data, acls[acl_id], czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, pzxid
            )
            tree.restore(path or ROOT, node)
        except (KeyError, ValueError):
            raise MalformedRecord(f"znode {path!r} has no parent or no access list") from None
    end = decoder.at
    if decoder.int64() != zlib.adler32(memoryview(raw)[:end]):
        raise MalformedRecord("wrong checksum")
    if ROOT not in tree.nodes:
        raise MalformedRecord("no root")
    return tree
