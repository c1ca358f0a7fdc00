"""What was acknowledged is never lost, and what is not durable is never shown."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.zookeeper.embedded_support import (
    RawClient,
    Reply,
    WatchEvent,
    create_body,
    embedded_kind,
    multi_body,
    serving,
    set_body,
    watch_body,
)
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper, PortTaken, StorageError
from zkbroker.embedded_zookeeper.protocol import OpCode
from zkbroker.embedded_zookeeper.storage import DataDir
from zkbroker.testing.servers import open_zookeeper

CHANGED = 3


@attrs.define(eq=False)
class Disk:
    """An fsync that waits while the disk is slow, and fails while it is broken."""

    quick: threading.Event = attrs.field(factory=threading.Event)
    broken: OSError | None = None

    def sync(self, fd: int) -> None:
        self.quick.wait()
        if self.broken is not None:
            raise self.broken
        os.fdatasync(fd)


@contextmanager
def slow_disk() -> Iterator[Disk]:
    disk = Disk()
    disk.quick.set()
    try:
        yield disk
    finally:
        disk.quick.set()


async def test_nothing_that_depends_on_a_write_leaves_before_it_is_on_disk(tmp_path: Path) -> None:
    with slow_disk() as disk:
        async with serving(tmp_path, fsync=True, sync_file=disk.sync, quick_fsync_ms=0) as server:
            writer, reader, watcher = [await RawClient.connected(server.bound_port) for _ in range(3)]
            await writer.create("/a", b"old")
            await watcher.get("/a", watch=True)

            disk.quick.clear()
            wrote = await writer.start(OpCode.SET_DATA, set_body("/a", b"new"))
            assert await writer.hears_nothing()
            read = await reader.start(OpCode.GET_DATA, watch_body("/a", False))
            newcomer = await RawClient.open(server.bound_port)
            assert await watcher.hears_nothing()  # no event
            assert await reader.hears_nothing()  # no read
            assert await writer.hears_nothing()  # no answer
            async with trio.open_nursery() as nursery:
                nursery.start_soon(newcomer.begin_session)
                assert await reader.hears_nothing()
                assert newcomer.session_id == 0  # no session

                disk.quick.set()
                answer = await writer.next()
                assert isinstance(answer, Reply) and answer.xid == wrote
                seen = await reader.next()
                assert isinstance(seen, Reply) and seen.xid == read and seen.data() == b"new"
                assert await watcher.next() == WatchEvent(CHANGED, "/a")
            assert newcomer.session_id != 0
            for client in (writer, reader, watcher, newcomer):
                await client.aclose()


async def test_reads_go_on_while_nothing_is_being_written(tmp_path: Path) -> None:
    with slow_disk() as disk:
        async with serving(tmp_path, fsync=True, sync_file=disk.sync, quick_fsync_ms=0) as server:
            client = await RawClient.connected(server.bound_port)
            await client.create("/a", b"1")
            disk.quick.clear()
            assert (await client.get("/a")).data() == b"1"
            await client.aclose()


async def test_writes_share_one_fsync(tmp_path: Path) -> None:
    with slow_disk() as disk:
        async with serving(tmp_path, fsync=True, sync_file=disk.sync, quick_fsync_ms=0) as server:
            client = await RawClient.connected(server.bound_port)
            await client.create("/a")
            before = server.statistics().log_groups
            disk.quick.clear()
            xids = [await client.start(OpCode.SET_DATA, set_body("/a", b"%d" % n)) for n in range(100)]
            await trio.testing.wait_all_tasks_blocked(0.05)
            disk.quick.set()
            for xid in xids:
                assert (await client.reply(xid)).error == 0
            assert server.statistics().log_groups - before <= 4
            await client.aclose()


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
async def test_a_disk_that_fails_ends_the_server_and_acknowledges_nothing(
    tmp_path: Path, number: int
) -> None:
    with slow_disk() as disk:
        server = EmbeddedZooKeeper(tmp_path, port=0, sync_file=disk.sync)
        with pytest.raises(ExceptionGroup) as caught:
            async with trio.open_nursery() as nursery:
                port = await nursery.start(server.run)
                client = await RawClient.connected(port)
                disk.broken = OSError(number, os.strerror(number))
                await client.start(OpCode.CREATE, create_body("/never", b""))
                with trio.CancelScope(shield=True):
                    with pytest.raises(EOFError):
                        await client.packet()
                    await client.aclose()
        (error,) = caught.value.exceptions
        assert isinstance(error, StorageError)
        assert str(error) == f"cannot write to {tmp_path}: {os.strerror(number)}"


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    async with open_zookeeper(tmp_path, embedded_kind("--snapshot-after", "500")) as zookeeper:
        acknowledged: dict[str, int] = {}
        enough: dict[str, trio.Event] = {}

        async def write(name: str, client: RawClient) -> None:
            await client.create(f"/{name}")
            for number in range(1, 100_000):
                body = multi_body(
                    (OpCode.SET_DATA, set_body(f"/{name}", b"%d" % number, number - 1)),
                    (OpCode.CREATE, create_body(f"/{name}/n", b"", 2)),
                )
                try:
                    await client.call(OpCode.MULTI, body)
                except (EOFError, OSError, trio.BrokenResourceError):
                    return
                acknowledged[name] = number
                if number == 150:
                    enough[name].set()

        for restart in range(3):
            clients = {f"{restart}-{n}": await RawClient.connected(zookeeper.port) for n in range(4)}
            async with trio.open_nursery() as nursery:
                for name, client in clients.items():
                    enough[name] = trio.Event()
                    nursery.start_soon(write, name, client)
                for name in clients:
                    await enough[name].wait()
                zookeeper.process.kill()  # in the middle of it
            for client in clients.values():
                await client.aclose()
            await zookeeper.restart()
        reader = await RawClient.connected(zookeeper.port)
        for name, number in acknowledged.items():
            reply = await reader.get(f"/{name}")
            version = reply.stat().version
            assert version >= number
            # both halves of each multi, or neither
            assert reply.data() == b"%d" % version
            assert reply.stat().num_children == version
        await reader.aclose()


async def test_every_start_begins_a_new_epoch(tmp_path: Path) -> None:
    seen = 0
    for epoch in range(1, 4):
        async with serving(tmp_path) as server:
            client = await RawClient.open(server.bound_port)
            assert await client.begin_session(last_zxid=seen)  # nobody has seen a later one
            assert server.last_zxid >> 32 == epoch
            # a refused write uses up a zxid and leaves no trace in the log
            seen = (await client.create("/no/parent")).zxid
            await client.aclose()
    async with serving(tmp_path) as server:
        assert server.last_zxid == 4 << 32


async def test_a_torn_tail_is_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_zookeeper(tmp_path, embedded_kind()) as zookeeper:
        client = await RawClient.connected(zookeeper.port)
        await client.create("/a", b"kept")
        zookeeper.process.kill()
        await client.aclose()
    directory = tmp_path / "zookeeper"
    (log,) = (directory / "version-2").glob("log.*")
    whole = log.read_bytes()
    end = len(whole.rstrip(b"\0"))
    # part of a further entry reached the disk
    log.write_bytes(whole[:end] + whole[16:60] + bytes(5000))
    async with serving(directory) as server:
        client = await RawClient.connected(server.bound_port)
        assert (await client.get("/a")).data() == b"kept"
        await client.create("/b", b"later")
        await client.aclose()
    assert "torn tail" in caplog.text
    assert log.stat().st_size == end
    async with serving(directory) as server:
        client = await RawClient.connected(server.bound_port)
        assert (await client.get("/b")).data() == b"later"
        await client.aclose()


async def test_a_log_cut_at_any_byte_loses_only_its_end(tmp_path: Path) -> None:
    async with serving(tmp_path / "whole") as server:
        client = await RawClient.connected(server.bound_port)
        for number in range(5):
            await client.create(f"/{number}")
        await client.aclose()
    (log,) = (tmp_path / "whole" / "version-2").glob("log.*")
    whole = log.read_bytes()
    counts = []
    for length in (*range(0, len(whole), 7), len(whole)):
        copy = tmp_path / f"cut-{length}"
        (copy / "version-2").mkdir(parents=True)
        (copy / "version-2" / "snapshot.0").write_bytes(
            (tmp_path / "whole" / "version-2" / "snapshot.0").read_bytes()
        )
        (copy / "version-2" / log.name).write_bytes(whole[:length])
        directory = DataDir.open(copy)
        tree, _ = directory.load()
        directory.close()
        counts.append(len(tree.nodes))
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (4, 9)


async def test_damage_to_what_was_acknowledged_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.create("/a", b"x" * 100)
        await client.aclose()
    (log,) = (tmp_path / "version-2").glob("log.*")
    async with serving(tmp_path):
        pass  # one more log follows: the first is complete
    raw = bytearray(log.read_bytes())
    raw[-20] ^= 1
    log.write_bytes(raw)
    (later,) = [path for path in (tmp_path / "version-2").glob("log.*") if path != log]
    assert later.stat().st_size == 16
    with pytest.raises(StorageError, match="is damaged at byte"):
        await EmbeddedZooKeeper(tmp_path, port=0).run()


async def test_snapshots_are_kept_and_the_one_before_is_used_when_the_last_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path, snapshot_after=50) as server:
        client = await RawClient.connected(server.bound_port)
        for number in range(400):
            await client.create(f"/{number:03d}", b"x" * number)
            while server.statistics().snapshots < number // 50:
                await client.get("/")
        await client.aclose()
    files = tmp_path / "version-2"
    snapshots = sorted(files.glob("snapshot.*"), key=lambda path: int(path.suffix[1:], 16))
    assert len(snapshots) == 3
    assert len(list(files.glob("log.*"))) <= 4  # older ones went with the snapshots that needed them
    snapshots[-1].write_bytes(snapshots[-1].read_bytes()[:-30])
    async with serving(tmp_path) as server:
        assert server.statistics().znodes == 404
    assert "cannot be read" in caplog.text
    for path in files.glob("snapshot.*"):
        path.unlink()
    with pytest.raises(StorageError, match="no snapshot that can be read"):
        await EmbeddedZooKeeper(tmp_path, port=0).run()


async def test_writes_go_on_while_a_snapshot_is_written(tmp_path: Path) -> None:
    async with serving(tmp_path, snapshot_after=150) as server:
        client = await RawClient.connected(server.bound_port)
        for start in range(0, 20_000, 200):
            creates = [
                (OpCode.CREATE, create_body(f"/{n:05d}", b"before")) for n in range(start, start + 200)
            ]
            await client.call(OpCode.MULTI, multi_body(*creates))
        meanwhile = 0
        while server.statistics().snapshots == 0:
            await client.set("/00000", b"after")
            meanwhile += bool(list((tmp_path / "version-2").glob("*.tmp")))
        assert meanwhile > 5
        await client.aclose()
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        assert server.statistics().znodes == 20_004
        assert (await client.get("/19999")).data() == b"before"
        assert (await client.get("/00000")).data() == b"after"
        await client.aclose()


async def test_a_second_server_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path):
        with pytest.raises(StorageError) as caught:
            await EmbeddedZooKeeper(tmp_path, port=0).run()
        assert str(caught.value) == (
            f"{tmp_path} is in use by another ZooKeeper server (process {os.getpid()})"
        )
    async with serving(tmp_path):
        pass


async def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path / "a") as server:
        with pytest.raises(
            PortTaken, match=f"cannot listen on 127.0.0.1:{server.bound_port}: Address already"
        ):
            await EmbeddedZooKeeper(tmp_path / "b", port=server.bound_port).run()


async def test_a_directory_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot use .* as a data directory: Not a directory"):
        await EmbeddedZooKeeper(tmp_path / "file" / "data", port=0).run()
