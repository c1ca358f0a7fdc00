"""The log beside plain loops over the same disk: append, read, recovery, compaction; and what a broker makes of it.

An append is one 16 KiB batch through `Log.append_as_leader`, beside `os.write` of the same bytes; a read is a slice
of 1 MiB sent to a TCP socket, beside `os.sendfile` of the same file; a recovery verifies every batch after a kill,
beside a loop of `os.read`. MB are 10^6 bytes. The parts `start` and `latency` run a broker: see log_serving.py.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import log_serving
import trio
from measure import alternate, say, say_machine, say_ratio

from zkbroker.config import BrokerConfig, TopicConfig
from zkbroker.model import NO_TOPIC_ID, TopicPartition
from zkbroker.protocol.records import Record, build_batch
from zkbroker.storage.log import Log
from zkbroker.storage.log_manager import LogManager

BATCH_BYTES: Final = 16 * 1024
READ_BYTES: Final = 1 << 20
COMPACTED_TOPIC: Final = TopicConfig(cleanup_policy=("compact",), segment_bytes=64 << 20)
PARTS: Final = ("append", "read", "recovery", "compaction", "start", "latency")
OFFSET_BYTES: Final = 8  # of a batch, stamped by the append: a sent copy is used again


@asynccontextmanager
async def managed(
    directory: Path, topic: TopicConfig | None = None, **keys: str
) -> AsyncIterator[LogManager]:
    """The logs of a directory with everything a broker does for them; left as a kill leaves them."""
    properties = {key.replace("_", "."): value for key, value in keys.items()}
    config = BrokerConfig.from_properties(
        {"zookeeper.connect": "localhost:1", "log.dirs": str(directory), **properties}
    )
    configured = TopicConfig() if topic is None else topic
    manager = LogManager(lambda: config, lambda _: configured)
    await manager.load()
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(manager.run)
            yield manager
            nursery.cancel_scope.cancel()
    finally:
        for each in manager.logs.values():
            each.close()
        for log_dir in manager.log_dirs:
            log_dir.unlock()


def create(manager: LogManager, number: int = 0, topic: TopicConfig | None = None) -> Log:
    tp = TopicPartition("bench", number)
    return manager.get_or_create(tp, NO_TOPIC_ID, TopicConfig() if topic is None else topic, is_new=True)


def batches(count: int) -> list[memoryview]:
    """Batches of 16 KiB as they come from a socket: different bytes, writable."""
    now = int(time.time() * 1000)
    around = len(build_batch([Record(0, now, None, bytes(BATCH_BYTES))])) - BATCH_BYTES
    values = (os.urandom(BATCH_BYTES - around) for _ in range(count))
    return [memoryview(build_batch([Record(0, now, None, value)])) for value in values]


async def fill(log: Log, total_bytes: int) -> None:
    """Append so many bytes, and let other tasks run as a broker's loop does between requests."""
    copies = batches(64)
    wall_ms = int(time.time() * 1000)
    unstamped = bytes(OFFSET_BYTES)
    for number in range(total_bytes // BATCH_BYTES):
        records = copies[number & 63]
        records[:OFFSET_BYTES] = unstamped
        log.append_as_leader(records, leader_epoch=0, wall_ms=wall_ms)
        if number & 63 == 63:
            await trio.lowlevel.checkpoint()


async def append(directory: Path, pairs: int, total_bytes: int) -> None:
    """MB/s of appends, and of plain writes."""

    async def ours(_: int) -> float:
        path = directory / "append"
        async with managed(path) as manager:
            log = create(manager)
            began = time.perf_counter()
            await fill(log, total_bytes)
            took = time.perf_counter() - began
        shutil.rmtree(path)
        return total_bytes / took / 1e6

    async def plain(_: int) -> float:
        path = directory / "plain"
        copies = batches(64)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        began = time.perf_counter()
        for number in range(total_bytes // BATCH_BYTES):
            os.write(fd, copies[number & 63])
        took = time.perf_counter() - began
        os.close(fd)
        path.unlink()
        return total_bytes / took / 1e6

    say(f"append: batches of 16 KiB, {total_bytes / 1e6:.0f} MB a run")
    figures = await alternate({"Log.append": ours, "os.write": plain}, pairs, "MB/s")
    say_ratio(figures, "Log.append", "os.write", "MB/s")


@contextmanager
def drain() -> Iterator[socket.socket]:
    """A connection whose other end, in a process of its own, reads everything and forgets it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = os.fork()
        if child == 0:
            with socket.create_connection(server.getsockname()) as reader:
                room = bytearray(READ_BYTES)
                while reader.recv_into(room):
                    pass
            os._exit(0)
        connection, _ = server.accept()
    try:
        with connection:
            yield connection
    finally:
        os.waitpid(child, 0)


async def read(directory: Path, pairs: int, total_bytes: int) -> None:
    """MB/s of slices read and sent, and of plain sendfile."""
    path = directory / "read"
    async with managed(path) as manager:
        log = create(manager)
        await fill(log, total_bytes)
        segments = [(segment.path(), segment.size) for segment in log.segments]

        async def ours(_: int) -> float:
            with drain() as connection:
                began = time.perf_counter()
                offset, end = 0, log.log_end_offset
                while offset < end:
                    with log.read(offset, READ_BYTES, upper_offset=end) as piece:
                        sent = 0
                        while sent < len(piece):
                            sent += piece.sendfile_to(connection.fileno(), sent, READ_BYTES)
                        offset += len(piece) // BATCH_BYTES  # a record each
                return total_bytes / (time.perf_counter() - began) / 1e6

        async def plain(_: int) -> float:
            with drain() as connection:
                began = time.perf_counter()
                for name, size in segments:
                    fd = os.open(name, os.O_RDONLY)
                    sent = 0
                    while sent < size:
                        sent += os.sendfile(connection.fileno(), fd, sent, READ_BYTES)
                    os.close(fd)
                return total_bytes / (time.perf_counter() - began) / 1e6

        say(f"read: 1 MiB a fetch through TCP on this machine, {total_bytes / 1e6:.0f} MB a run")
        figures = await alternate({"Log.read": ours, "os.sendfile": plain}, pairs, "MB/s")
        say_ratio(figures, "Log.read", "os.sendfile", "MB/s")
    shutil.rmtree(path)


async def recovery(directory: Path, pairs: int, total_bytes: int) -> None:
    """MB/s of a start after a kill that has to verify everything, and of reading the same files."""
    path = directory / "recovery"
    logs = 4
    async with managed(path, log_flush_offset_checkpoint_interval_ms="3600000") as manager:
        for number in range(logs):
            await fill(create(manager, number), total_bytes // logs)

    def after_a_kill(threads: int) -> object:
        async def run(_: int) -> float:
            (path / "recovery-point-offset-checkpoint").unlink(missing_ok=True)
            began = time.perf_counter()
            async with managed(path, num_recovery_threads_per_data_dir=str(threads)) as manager:
                took = time.perf_counter() - began
                assert not manager.was_clean and len(manager.logs) == logs
            return total_bytes / took / 1e6

        return run

    async def plain(_: int) -> float:
        began = time.perf_counter()
        for name in sorted(path.glob("*/*.log")):
            fd = os.open(name, os.O_RDONLY)
            while os.read(fd, READ_BYTES):
                pass
            os.close(fd)
        return total_bytes / (time.perf_counter() - began) / 1e6

    say(f"recovery: {logs} logs, {total_bytes / 1e6:.0f} MB a run, files in the page cache")
    runs = {"1 thread": after_a_kill(1), "2 threads": after_a_kill(2), "os.read": plain}
    figures = await alternate(runs, pairs, "MB/s")  # type: ignore[arg-type]
    say_ratio(figures, "2 threads", "os.read", "MB/s")
    shutil.rmtree(path)


async def compaction(directory: Path, pairs: int, total_bytes: int) -> None:
    """MB/s of the log that one cleaning process goes through, for records of 1,000 and of 100 bytes."""
    for record_bytes in (1000, 100):
        rates, records = [], []
        for turn in range(pairs + 1):
            path = directory / "compaction"
            mb_per_s, records_per_s = await _compact_once(path, record_bytes, total_bytes)
            say(
                f"  {f'run {turn}' if turn else 'warm-up':8} {mb_per_s:8.1f} MB/s {records_per_s:10,.0f} records/s"
            )
            if turn:
                rates.append(mb_per_s)
                records.append(records_per_s)
            shutil.rmtree(path)
        say(
            f"compaction, records of {record_bytes} bytes, a tenth of the keys kept: "
            f"{sorted(rates)[len(rates) // 2]:.1f} MB/s, {sorted(records)[len(records) // 2]:,.0f} records/s "
            f"(medians; {min(rates):.1f}-{max(rates):.1f} MB/s)"
        )


async def _compact_once(path: Path, record_bytes: int, total_bytes: int) -> tuple[float, float]:
    delayed = {"log_cleaner_enable": "false"}
    async with managed(path, COMPACTED_TOPIC, **delayed) as manager:
        fill_with_keys(create(manager, topic=COMPACTED_TOPIC), record_bytes, total_bytes)
    async with managed(path, COMPACTED_TOPIC, log_cleaner_io_max_bytes_per_second="1e12") as manager:
        for each in manager.logs.values():
            each.update_high_watermark(each.log_end_offset)
        size = sum(each.size_bytes - each.segments.active.size for each in manager.logs.values())
        count = sum(each.segments.active.base_offset for each in manager.logs.values())
        manager.reconfigured()
        while not manager.cleaner.statistics().compactions:
            await manager.cleaner.cleaned.wait()
        done = manager.cleaner.statistics()
    # The first compaction ends where the memory for keys does, which small records reach before the end of the log.
    return size * done.records_read / count / done.seconds / 1e6, done.records_read / done.seconds


def fill_with_keys(log: Log, record_bytes: int, total_bytes: int) -> None:
    """Batches of about 16 KiB; each key is written ten times."""
    now = int(time.time() * 1000)
    count = BATCH_BYTES // record_bytes
    keys = total_bytes // record_bytes // 10
    value = os.urandom(record_bytes - 30)
    for first in range(0, total_bytes // record_bytes, count):
        made = [Record(0, now, b"key-%012d" % ((first + i) % keys), value) for i in range(count)]
        log.append_as_leader(memoryview(build_batch(made)), leader_epoch=0, wall_ms=now)
    log.update_high_watermark(log.log_end_offset)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument("--pairs", type=int, default=5, help="counted pairs of runs (default %(default)s)")
    parser.add_argument("--mb", type=int, default=1000, help="MB a run (default %(default)s)")
    parser.add_argument("--partitions", type=int, default=2000, help="for `start` (default %(default)s)")
    parser.add_argument("--directory", type=Path, help="on the disk to be measured")
    parsed = parser.parse_args(argv)
    parts = parsed.part or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    say_machine()
    with tempfile.TemporaryDirectory(prefix="zkbroker-bench-", dir=parsed.directory) as directory:
        for part in parts:
            if part in ("start", "latency"):
                trio.run(log_serving.measure, part, Path(directory), parsed.pairs, parsed.partitions)
            else:
                work = {"append": append, "read": read, "recovery": recovery, "compaction": compaction}[part]
                trio.run(work, Path(directory), parsed.pairs, parsed.mb * 10**6)
    return 0
