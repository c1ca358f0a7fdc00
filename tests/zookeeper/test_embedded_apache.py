"""The embedded server beside Apache ZooKeeper: the same requests, the same answers, the same files."""

from __future__ import annotations

import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import attrs
import pytest
import trio

from tests.support.peers import APACHE_ZOOKEEPER
from tests.zookeeper.embedded_support import (
    PATIENCE_S,
    RawClient,
    Reply,
    WatchEvent,
    auth_body,
    create_body,
    decode_multi,
    delete_body,
    embedded_kind,
    multi_body,
    number_body,
    set_acl_body,
    set_body,
    watch_body,
)
from zkbroker.embedded_zookeeper.acl import OPEN_ACL, Acl, Identity, decode_acls
from zkbroker.embedded_zookeeper.jute import Decoder, encode_string
from zkbroker.embedded_zookeeper.protocol import OpCode, Stat
from zkbroker.testing.servers import open_zookeeper

pytestmark = pytest.mark.peers

STAT_BYTES = 68

AUTH_ACL = (Acl(31, Identity("auth", "")),)
READ_ONLY = (Acl(1, Identity("world", "anyone")),)
DIGEST = (
    Acl(31, Identity("digest", "amy:kOhTJZzQaKdOd7cGhlLHGQIRGpA=")),
    Acl(1, Identity("world", "anyone")),
)
BY_ADDRESS = (Acl(31, Identity("ip", "127.0.0.0/8")),)
NOT_BY_ADDRESS = (Acl(31, Identity("ip", "10.1.2.3")),)
BAD_ACLS = (
    (),
    (Acl(31, Identity("digest", "nohash")),),
    (Acl(31, Identity("ip", "300.1.1.1")),),
    (Acl(31, Identity("world", "somebody")),),
    (Acl(31, Identity("nobody", "knows")),),
)
ACLS = (OPEN_ACL, OPEN_ACL, AUTH_ACL, READ_ONLY, DIGEST, BY_ADDRESS, NOT_BY_ADDRESS, *BAD_ACLS)

# names that are legal, that are not, and some that only look so
NAMES = ("a", "b", "c", "a/x", "a/y", "b/x", "b/x/z", "c.d", "..e", "é")
BAD_NAMES = ("a//x", "a/", "./a", "a/..", "a/../b", "a\x01", "\x7f", "\ue000", "😀", "a\0b")

Step = tuple[str, OpCode, bytes]  # which client, what, how


@attrs.define(eq=False)
class Script:
    """Makes up requests; the same seed, the same requests."""

    rng: random.Random
    home: str  # everything happens below this znode, so that scripts do not meet

    def path(self) -> str:
        if self.rng.random() < 0.03:
            return f"{self.home}/{self.rng.choice(BAD_NAMES)}"
        if self.rng.random() < 0.03:
            return self.rng.choice(
                ("/", self.home, "/zookeeper", "/zookeeper/config", "nopath", "", f"{self.home}/")
            )
        return f"{self.home}/{self.rng.choice(NAMES)}"

    def version(self) -> int:
        return self.rng.choice((*[-1] * 9, 0, 1, 2))

    def data(self) -> bytes | None:
        return self.rng.choice((None, b"", b"x", b"data" * 10))

    def create(self) -> tuple[OpCode, bytes]:
        op = self.rng.choice((OpCode.CREATE, OpCode.CREATE2))
        flags = self.rng.choice((*[0] * 8, *[1] * 2, *[2] * 3, *[3] * 3, 5, 9))
        acl = self.rng.choice(ACLS) if self.rng.random() < 0.1 else OPEN_ACL
        if self.rng.random() < 0.1:
            op, flags = OpCode.CREATE_CONTAINER, 4
        return op, create_body(self.path(), self.data(), flags, acl)

    def write(self) -> tuple[OpCode, bytes]:
        # a check that holds, outside of a multi, is one thing that an Apache server never answers
        return self.write_or_check(7)

    def write_or_check(self, kinds: int = 8) -> tuple[OpCode, bytes]:
        match self.rng.randrange(kinds):
            case 0 | 1 | 2 | 3:
                return self.create()
            case 4 | 5:
                return OpCode.SET_DATA, set_body(self.path(), self.data(), self.version())
            case 6:
                return OpCode.DELETE, delete_body(self.path(), self.version())
            case _:
                return OpCode.CHECK, delete_body(self.path(), self.version())

    def multi(self) -> tuple[OpCode, bytes]:
        operations: list[tuple[OpCode, bytes]] = []
        while len(operations) < self.rng.randrange(1, 4):
            operations.append(self.write_or_check())
        return OpCode.MULTI, multi_body(*operations)

    def read(self) -> tuple[OpCode, bytes]:
        op = self.rng.choice((OpCode.EXISTS, OpCode.GET_DATA, OpCode.GET_CHILDREN, OpCode.GET_CHILDREN2))
        return op, watch_body(self.path(), self.rng.random() < 0.4)

    def other(self) -> tuple[OpCode, bytes]:
        match self.rng.randrange(9):
            case 0:
                return OpCode.GET_ACL, encode_string(self.path())
            case 1 | 2:
                acl = self.rng.choice((OPEN_ACL, AUTH_ACL, DIGEST, *BAD_ACLS))
                return OpCode.SET_ACL, set_acl_body(self.path(), acl, self.version())
            case 3:
                reads = [
                    (self.rng.choice((OpCode.GET_DATA, OpCode.GET_CHILDREN)), watch_body(self.path(), False))
                    for _ in range(3)
                ]
                return OpCode.MULTI_READ, multi_body(*reads)
            case 4:
                return OpCode.GET_EPHEMERALS, encode_string(
                    self.rng.choice(("", "/", self.home, f"{self.home}/a"))
                )
            case 5:
                return OpCode.GET_ALL_CHILDREN_NUMBER, encode_string(f"{self.home}/{self.rng.choice(NAMES)}")
            case 6:
                return OpCode.SYNC, encode_string(f"{self.home}/{self.rng.choice(NAMES)}")
            case 7:
                return OpCode.WHO_AM_I, b""
            case _:
                return OpCode.REMOVE_WATCHES, number_body(self.path(), self.rng.choice((1, 2, 3)))

    def persistent(self) -> tuple[OpCode, bytes]:
        # each znode is watched in one way: 3.8 lets one kind of watch replace another
        name, mode = self.rng.choice((("p", 1), ("p/x", 0), ("q", 0), ("q/x", 1)))
        if self.rng.random() < 0.2:
            return OpCode.REMOVE_WATCHES, number_body(f"{self.home}/{name}", 3)
        return OpCode.ADD_WATCH, number_body(f"{self.home}/{name}", mode)

    def persistent_write(self) -> tuple[OpCode, bytes]:
        path = f"{self.home}/{self.rng.choice(('p', 'p/x', 'p/x/y', 'q', 'q/x'))}"
        match self.rng.randrange(3):
            case 0:
                return OpCode.CREATE, create_body(path, b"")
            case 1:
                return OpCode.SET_DATA, set_body(path, b"1")
            case _:
                return OpCode.DELETE, delete_body(path)

    def step(self) -> Step:
        who = self.rng.choice("aab")
        if who == "b":
            return who, *self.rng.choice((self.write, self.multi, self.other_without_watches))()
        return who, *self.rng.choice(
            (
                self.write,
                self.write,
                self.multi,
                self.read,
                self.read,
                self.other,
                self.persistent,
                self.persistent_write,
            )
        )()

    def other_without_watches(self) -> tuple[OpCode, bytes]:
        while True:
            op, body = self.other()
            if op is not OpCode.REMOVE_WATCHES:
                return op, body


@attrs.define(eq=False)
class Played:
    """What one server answered, without what must differ: the epoch of zxids, times, session ids."""

    sessions: dict[int, str]
    base_zxid: int

    def stat(self, stat: Stat) -> dict[str, object]:
        return {
            "czxid": self.zxid(stat.czxid),
            "mzxid": self.zxid(stat.mzxid),
            "pzxid": self.zxid(stat.pzxid),
            "version": stat.version,
            "cversion": stat.cversion,
            "aversion": stat.aversion,
            "owner": self.sessions.get(stat.ephemeral_owner, stat.ephemeral_owner),
            "data_length": stat.data_length,
            "num_children": stat.num_children,
            "modified": stat.mtime_ms > stat.ctime_ms or stat.mtime_ms == stat.ctime_ms,
        }

    def zxid(self, zxid: int) -> int | str:
        if 0 < zxid < self.base_zxid:
            return "before"  # servers count their own work too: sessions, containers
        return zxid - self.base_zxid if zxid > 0 else zxid

    def reply(self, op: OpCode, reply: Reply) -> object:
        answer = reply.body if reply.error else self.body(op, reply)
        return {"op": op.name, "zxid": self.zxid(reply.zxid), "error": reply.error, "answer": answer}

    def body(self, op: OpCode, reply: Reply) -> object:
        body = reply.body
        match op:
            case OpCode.CREATE2 | OpCode.CREATE_CONTAINER:
                return reply.path(), self.stat(reply.stat())
            case OpCode.SET_DATA | OpCode.SET_ACL | OpCode.EXISTS:
                assert len(body) == STAT_BYTES
                return self.stat(reply.stat())
            case OpCode.GET_DATA:
                return reply.data(), self.stat(reply.stat())
            case OpCode.GET_CHILDREN2:
                return sorted(reply.paths()), self.stat(reply.stat())
            case OpCode.GET_CHILDREN | OpCode.GET_EPHEMERALS:
                return sorted(reply.paths())
            case OpCode.GET_ACL:
                decoder = Decoder(body)
                return decode_acls(decoder), self.stat(reply.stat())
            case OpCode.WHO_AM_I:
                decoder = Decoder(body)
                return sorted((decoder.string(), decoder.string()) for _ in range(decoder.count(8)))
            case OpCode.MULTI | OpCode.MULTI_READ:
                return [(op_, self.result(result)) for op_, result in decode_multi(body)]
            case _:
                return body

    def result(self, result: object) -> object:
        if isinstance(result, Stat):
            return self.stat(result)
        if isinstance(result, tuple):
            return result[0], self.stat(result[1])
        return result


async def play(port: int, script: list[Step], home: str) -> list[object]:
    """Carry the steps out one by one; after each, what each client received."""
    clients = {"a": await RawClient.connected(port), "b": await RawClient.connected(port)}
    try:
        await clients["b"].call(OpCode.AUTH, auth_body("digest", b"amy:secret"), xid=-4)
        base = await clients["a"].create(home)
        for name in ("a", "b", "a/x"):
            await clients["a"].create(f"{home}/{name}", b"at first")
        played = Played({c.session_id: name for name, c in clients.items()}, base.zxid)
        seen: list[object] = []
        for who, op, body in script:
            client = clients[who]
            reply = await client.reply(await client.start(op, body))
            seen.append((who, *_events(client), played.reply(op, reply)))
            if who == "b" and op in (
                OpCode.MULTI,
                OpCode.DELETE,
                OpCode.SET_DATA,
                OpCode.CREATE,
                OpCode.CREATE2,
            ):
                # what the others were told of it stands before the answer to their next request
                await clients["a"].call(OpCode.PING, xid=-2)
                seen.append(("a", *_events(clients["a"])))
        await clients["b"].close_session()
        await clients["a"].call(OpCode.PING, xid=-2)
        seen.append(("a", "b has gone", sorted(_events(clients["a"]), key=str)))
        await clients[
            "a"
        ].close_session()  # a session that expired later would use up a zxid of another script
        return seen
    finally:
        for client in clients.values():
            await trio.aclose_forcefully(client.stream)


def _events(client: RawClient) -> list[WatchEvent]:
    events = [item for item in client.received if isinstance(item, WatchEvent)]
    client.received.clear()
    return events


@asynccontextmanager
async def both(directory: Path) -> AsyncIterator[tuple[int, int]]:
    """The ports of an embedded and of an Apache server."""
    async with (
        open_zookeeper(directory / "ours", embedded_kind("--no-fsync")) as ours,
        open_zookeeper(directory / "apache", APACHE_ZOOKEEPER) as apache,
    ):
        await _until_it_serves(apache.port)
        yield ours.port, apache.port


async def _until_it_serves(port: int) -> None:
    """Apache answers "ruok" before it takes sessions, and forgets connections made in between."""
    with trio.fail_after(PATIENCE_S):
        while True:
            with trio.move_on_after(0.5), suppress(EOFError, OSError):
                client = await RawClient.connected(port)
                return await client.close_session()
            await trio.sleep(0.05)


async def test_the_same_requests_have_the_same_answers(
    tmp_path: Path, rng: random.Random, full_counts: bool
) -> None:
    async with both(tmp_path) as (ours, apache):
        for number in range(500 if full_counts else 20):
            script = Script(rng, f"/script-{number}")
            steps = [script.step() for _ in range(120)]
            answers = await play(ours, steps, script.home)
            expected = await play(apache, steps, script.home)
            for step, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
                assert answer == wanted, f"script {number}, answer {step}"


async def dump(port: int) -> dict[str, object]:
    """All that can be read of a server's tree."""
    client = await RawClient.connected(port)
    found: dict[str, object] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        data = await client.get(path)
        children = await client.call(OpCode.GET_CHILDREN2, watch_body(path, False))
        acl = await client.call(OpCode.GET_ACL, encode_string(path))
        found[path] = (data.error, data.body, acl.error, acl.body, children.error)
        if not children.error:
            waiting += [f"{path.rstrip('/')}/{name}" for name in children.paths()]
    await client.close_session()
    return found


@pytest.mark.parametrize("snapshot_after", [40, 100_000])
async def test_apache_goes_on_with_our_data_directory(
    tmp_path: Path, rng: random.Random, snapshot_after: int
) -> None:
    async with open_zookeeper(tmp_path, embedded_kind("--snapshot-after", str(snapshot_after))) as ours:
        owner = await _fill(ours.port, rng)
        wanted = await dump(ours.port)
        await ours.process.stop()
    if snapshot_after == 40:
        assert len(list((tmp_path / "zookeeper" / "version-2").glob("snapshot.*"))) > 1
    async with open_zookeeper(tmp_path, APACHE_ZOOKEEPER) as apache:
        await _until_it_serves(apache.port)
        found = await dump(apache.port)
        assert found == wanted
    assert any(owner.session_id in Stat(*_stat_of(entry)) for entry in wanted.values())


async def test_we_go_on_with_the_data_directory_of_apache(tmp_path: Path, rng: random.Random) -> None:
    async with open_zookeeper(tmp_path, APACHE_ZOOKEEPER) as apache:
        await _until_it_serves(apache.port)
        await _fill(apache.port, rng)
        wanted = await dump(apache.port)
        apache.process.kill()
    for _ in range(2):  # from its files, and then from ours
        async with open_zookeeper(tmp_path, embedded_kind("--snapshot-after", "1")) as ours:
            assert await dump(ours.port) == wanted
            await ours.process.stop()


async def _fill(port: int, rng: random.Random) -> RawClient:
    """Do all kinds of things; returns a client that is cut off and whose session owns an ephemeral znode."""
    await play(port, [Script(rng, "/filled").step() for _ in range(400)], "/filled")
    client = await RawClient.connected(port, timeout_ms=30_000)
    assert not (await client.create("/owned", b"", 1)).error
    await client.aclose()
    return client


def _stat_of(entry: object) -> tuple[int, ...]:
    assert isinstance(entry, tuple)
    return struct.unpack("!qqqqiiiqiiq", entry[1][-STAT_BYTES:]) if not entry[0] else (0,) * 11
