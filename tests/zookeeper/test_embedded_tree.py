"""The tree by itself: replaying its log, from the beginning or from a snapshot, rebuilds it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zookeeper.embedded_support import create_body, delete_body, multi_body, set_acl_body, set_body
from zkbroker.embedded_zookeeper import paths
from zkbroker.embedded_zookeeper.acl import OPEN_ACL, Acl, Identity
from zkbroker.embedded_zookeeper.database import Database
from zkbroker.embedded_zookeeper.jute import Decoder, MalformedRecord
from zkbroker.embedded_zookeeper.protocol import OpCode
from zkbroker.embedded_zookeeper.snapshots import decode_snapshot, encode_pieces
from zkbroker.embedded_zookeeper.transactions import decode_entry, encode_entry
from zkbroker.embedded_zookeeper.tree import DataTree

READABLE = (Acl(31, Identity("ip", "127.0.0.1")), Acl(1, Identity("world", "anyone")))


@attrs.define(eq=False)
class Somebody:
    """A client without a socket."""

    session_id: int
    identities: Sequence[Identity] = (Identity("ip", "127.0.0.1"),)
    frames: list[bytes] = attrs.field(factory=list)

    def deliver(self, frame: bytes) -> None:
        self.frames.append(frame)


names = st.sampled_from(("a", "b", "a/x", "a/y", "a/x/z", "c"))
path_of = names.map(lambda name: f"/{name}")
versions = st.sampled_from((-1, -1, -1, 0, 1))
data = st.sampled_from((None, b"", b"some"))
creates = st.tuples(
    st.sampled_from((OpCode.CREATE, OpCode.CREATE2, OpCode.CREATE_CONTAINER)),
    st.builds(
        create_body, path_of, data, st.sampled_from((0, 0, 1, 2, 3, 4)), st.sampled_from((OPEN_ACL, READABLE))
    ),
)
sets = st.tuples(st.just(OpCode.SET_DATA), st.builds(set_body, path_of, data, versions))
deletes = st.tuples(st.just(OpCode.DELETE), st.builds(delete_body, path_of, versions))
checks = st.tuples(st.just(OpCode.CHECK), st.builds(delete_body, path_of, versions))
acls = st.tuples(
    st.just(OpCode.SET_ACL), st.builds(set_acl_body, path_of, st.sampled_from((OPEN_ACL, READABLE)), versions)
)
multis = st.tuples(
    st.just(OpCode.MULTI),
    st.lists(st.one_of(creates, sets, deletes, checks), max_size=4).map(lambda parts: multi_body(*parts)),
)
closes = st.tuples(st.just(OpCode.CLOSE_SESSION), st.just(b""))
requests = st.tuples(
    st.integers(0, 2), st.one_of(creates, creates, sets, deletes, multis, multis, acls, closes)
)


@attrs.define(eq=False)
class Keeper:
    """A database whose log is a list."""

    log: list[bytes] = attrs.field(factory=list)
    tree: DataTree = attrs.field(factory=DataTree.new)
    clock: int = 1_000_000

    def __attrs_post_init__(self) -> None:
        self.database = Database(self.tree, self.log.append)
        self.clients = {number: self.new_client(number) for number in range(3)}

    def new_client(self, number: int) -> Somebody:
        client = Somebody(100 + number)
        self.database.open_session(client.session_id, 5000, self.clock)
        return client

    def do(self, number: int, op: OpCode, body: bytes) -> None:
        self.clock += 7
        self.database.execute(self.clients[number], 1, op, Decoder(body), self.clock)
        if op is OpCode.CLOSE_SESSION:
            self.clients[number] = self.new_client(number)

    database: Database = attrs.field(init=False)
    clients: dict[int, Somebody] = attrs.field(init=False)


def everything(tree: DataTree) -> dict[str, object]:
    """All of a tree that must be durable."""
    return {
        "zxid": tree.last_zxid,
        "sessions": tree.sessions,
        "nodes": {path: (node.data, node.acl, node.owner, node.stat()) for path, node in tree.nodes.items()},
        "children": {path: sorted(node.children or ()) for path, node in tree.nodes.items()},
        "ephemerals": {owner: sorted(owned) for owner, owned in tree.ephemerals.items() if owned},
        "containers": sorted(tree.containers),
        "bytes": tree.data_bytes,
    }


def replay(tree: DataTree, log: list[bytes]) -> DataTree:
    for raw in log:
        entry = decode_entry(raw)
        assert encode_entry(entry) == raw
        tree.apply(entry)
    return tree


@given(st.lists(requests, max_size=60))
def test_replaying_the_log_rebuilds_the_tree(script: list[tuple[int, tuple[OpCode, bytes]]]) -> None:
    keeper = Keeper()
    for number, (op, body) in script:
        keeper.do(number, op, body)
    rebuilt = replay(DataTree.new(), keeper.log)
    rebuilt.last_zxid = keeper.tree.last_zxid  # refused writes are not in the log
    assert everything(rebuilt) == everything(keeper.tree)


@given(st.lists(requests, max_size=40), st.lists(requests, max_size=40), st.data())
def test_a_snapshot_is_of_one_moment_however_long_it_takes(
    before: list[tuple[int, tuple[OpCode, bytes]]],
    meanwhile: list[tuple[int, tuple[OpCode, bytes]]],
    when: st.DataObject,
) -> None:
    keeper = Keeper()
    for number, (op, body) in before:
        keeper.do(number, op, body)
    expected, entries = everything(keeper.tree), len(keeper.log)

    point = keeper.tree.begin_point()
    waiting = list(meanwhile)
    found = []
    for path in point.paths:
        for _ in range(when.draw(st.integers(0, 3))):
            if waiting:
                number, (op, body) = waiting.pop()
                keeper.do(number, op, body)
        found += [
            (path_, node.stat()._replace(num_children=0, cversion=0), node.data, node.acl)
            for path_, node in point.nodes([path])
        ]
    keeper.tree.end_point()
    for number, (op, body) in waiting:
        keeper.do(number, op, body)
    nodes = expected["nodes"]
    assert isinstance(nodes, dict)
    wanted = [
        (path, stat._replace(num_children=0, cversion=0), data, acl)
        for path, (data, acl, _, stat) in nodes.items()
    ]
    assert found == wanted

    # and with the log after it, it makes the tree as it is now
    again = keeper.tree.begin_point()
    snapshot = b"".join(encode_pieces(again))
    keeper.tree.end_point()
    assert everything(decode_snapshot(snapshot, keeper.tree.last_zxid)) == everything(keeper.tree)
    assert entries <= len(keeper.log)


@given(st.lists(requests, max_size=60), st.integers(0, 60))
def test_a_snapshot_and_the_log_after_it_rebuild_the_tree(
    script: list[tuple[int, tuple[OpCode, bytes]]], at: int
) -> None:
    keeper = Keeper()
    snapshot, zxid, start = b"", 0, 0
    for step, (number, (op, body)) in enumerate([*script, (0, (OpCode.PING, b""))]):
        if step == min(at, len(script)):
            point = keeper.tree.begin_point()
            snapshot, zxid, start = b"".join(encode_pieces(point)), point.zxid, len(keeper.log)
            keeper.tree.end_point()
        keeper.do(number, op, body)
    rebuilt = replay(decode_snapshot(snapshot, zxid), keeper.log[start:])
    rebuilt.last_zxid = keeper.tree.last_zxid
    assert everything(rebuilt) == everything(keeper.tree)


@given(st.lists(requests, max_size=50))
def test_what_holds_of_every_tree(script: list[tuple[int, tuple[OpCode, bytes]]]) -> None:
    keeper = Keeper()
    zxid = 0
    for number, (op, body) in script:
        keeper.do(number, op, body)
        tree = keeper.tree
        assert tree.last_zxid >= zxid
        zxid = tree.last_zxid
        owners = {path: node.owner for path, node in tree.nodes.items() if node.is_ephemeral}
        assert owners == {path: owner for owner, owned in tree.ephemerals.items() for path in owned}
        assert set(owners.values()) <= tree.sessions.keys()
        for path, node in tree.nodes.items():
            assert paths.is_valid(path)
            if path != "/":
                assert paths.name_of(path) in (tree.nodes[paths.parent_of(path)].children or {})
            assert node.child_count == 0 or not node.is_ephemeral
            assert node.czxid <= node.mzxid <= tree.last_zxid
        assert sum(node.child_count for node in tree.nodes.values()) == len(tree.nodes) - 1


@given(
    st.lists(requests, max_size=30),
    st.lists(st.one_of(creates, sets, deletes, checks), min_size=1, max_size=5),
)
def test_a_multi_is_its_operations_one_by_one_or_nothing(
    script: list[tuple[int, tuple[OpCode, bytes]]], parts: list[tuple[OpCode, bytes]]
) -> None:
    together, apart = Keeper(), Keeper()
    for keeper in (together, apart):
        for number, (op, body) in script:
            keeper.do(number, op, body)
    before, entries = everything(together.tree), len(together.log)
    together.do(0, OpCode.MULTI, multi_body(*parts))
    for op, body in parts:
        apart.do(0, op, body)
    refused = len(together.log) == entries
    after = everything(together.tree)
    if refused:
        assert {**after, "zxid": 0} == {**before, "zxid": 0}
    else:
        assert after["children"] == everything(apart.tree)["children"]
        versions = [
            {path: (node.data, node.version, node.cversion) for path, node in keeper.tree.nodes.items()}
            for keeper in (together, apart)
        ]
        assert versions[0] == versions[1]


@given(st.binary(max_size=200))
def test_garbage_is_no_snapshot_and_no_transaction(raw: bytes) -> None:
    with pytest.raises(MalformedRecord):
        decode_snapshot(raw, 1)
    with pytest.raises(MalformedRecord):
        decode_entry(raw + b"\0" * 4)


@given(st.lists(requests, max_size=10), st.data())
def test_a_damaged_snapshot_is_found_out(
    script: list[tuple[int, tuple[OpCode, bytes]]], when: st.DataObject
) -> None:
    keeper = Keeper()
    for number, (op, body) in script:
        keeper.do(number, op, body)
    snapshot = bytearray(b"".join(encode_pieces(keeper.tree.begin_point())))
    at = when.draw(st.integers(0, len(snapshot) - 6))  # what follows the checksum says nothing
    snapshot[at] ^= when.draw(st.integers(1, 255))
    with pytest.raises(MalformedRecord):
        decode_snapshot(bytes(snapshot), keeper.tree.last_zxid)
