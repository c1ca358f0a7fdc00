"""Logs in a directory of the test, batches to put into them, and a look at their files."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from zkbroker.config import TopicConfig
from zkbroker.model import NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.records import Record, RecordBatch, build_batch, read_batches
from zkbroker.storage.appends import AppendOrigin, LogAppendInfo
from zkbroker.storage.files import FILES, Buffer, Files
from zkbroker.storage.loading import LastRun, LogSetting, create_log, open_log
from zkbroker.storage.log import Log
from zkbroker.storage.log_directory import LogDirectory
from zkbroker.storage.segment import SegmentStorage
from zkbroker.storage.slices import OpenFiles

TP = TopicPartition("topic", 0)
NOW = 1_700_000_000_000
TOPIC_ID = TopicId(bytes(range(16)))


def batch(
    *values: bytes | str, timestamp: int = NOW, timestamps: list[int] | None = None, **how: Any
) -> memoryview:
    """A writable batch of records with these values; keywords are those of `build_batch`."""
    times = timestamps or [timestamp] * len(values)
    content = [
        Record(0, time, None, value.encode() if isinstance(value, str) else value)
        for value, time in zip(values, times, strict=True)
    ]
    return memoryview(build_batch(content, **how))


def append(log: Log, *values: bytes | str, epoch: int = 0, wall_ms: int = NOW, **how: Any) -> LogAppendInfo:
    """Append one batch as leader."""
    origin = how.pop("origin", AppendOrigin.CLIENT)
    return log.append_as_leader(batch(*values, **how), leader_epoch=epoch, wall_ms=wall_ms, origin=origin)


def stored(content: Buffer) -> memoryview:
    """The same bytes as they came from a socket."""
    return memoryview(bytearray(content))


@attrs.define(eq=False)
class Home:
    """A log directory of a test, where one log lives and is opened again and again."""

    path: Path
    files: Files = FILES
    topic: dict[str, Any] = attrs.field(factory=dict)
    log_dir: LogDirectory = attrs.field(init=False)
    setting: LogSetting = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        """As a new process sees the directory."""
        self.log_dir = LogDirectory(str(self.path), self.files)
        self.setting = LogSetting(SegmentStorage(self.files, OpenFiles(self.files)))

    @property
    def config(self) -> TopicConfig:
        return TopicConfig(**self.topic)

    def create(self, topic_id: TopicId = NO_TOPIC_ID) -> Log:
        return create_log(TP, self.log_dir, f"{TP}", self.config, self.setting, topic_id, NOW)

    def open(self, *, clean: bool = False, recovery_point: int = 0, **last: Any) -> Log:
        """Open the log as a new process does."""
        self.fresh()
        last_run = LastRun(clean, recovery_point, **last)
        return open_log(TP, self.log_dir, f"{TP}", self.config, self.setting, last_run, NOW)


def read_all(log: Log, from_offset: int | None = None, max_bytes: int = 1 << 20) -> Iterator[RecordBatch]:
    """All batches up to the log's end."""
    offset = log.log_start_offset if from_offset is None else from_offset
    while offset < log.log_end_offset:
        with log.read(offset, max_bytes, upper_offset=log.log_end_offset) as piece:
            content = piece.read()
        batches = list(read_batches(content, torn_tail=True))
        assert batches, f"nothing to read at {offset}, the log ends at {log.log_end_offset}"
        yield from batches
        offset = batches[-1].last_offset + 1


def values(log: Log, **how: Any) -> list[str]:
    """The values of all records from the log's start on."""
    return [
        (record.value or b"").decode()
        for each in read_all(log, **how)
        for record in each.records()
        if record.offset >= log.log_start_offset
    ]


def require_sound_files(directory: Path) -> None:
    """What Kafka's DumpLogSegments checks, and that no index ends in padding."""
    for log_file in sorted(directory.glob("*.log")):
        base = int(log_file.stem)
        content = log_file.read_bytes()
        batches = {}
        position = 0
        last_offset = base - 1
        for each in read_batches(content):
            assert each.crc_is_valid()
            assert each.base_offset > last_offset
            last_offset = each.last_offset
            batches[position] = each
            position += each.size_in_bytes
        assert position == len(content)
        by_last_offset = {each.last_offset: each for each in batches.values()}
        index = log_file.with_suffix(".index")
        if index.exists():
            previous = (-1, -1)
            for at in range(0, len(entries := index.read_bytes()), 8):
                entry = (
                    int.from_bytes(entries[at : at + 4], "big"),
                    int.from_bytes(entries[at + 4 : at + 8], "big"),
                )
                assert entry > previous and entry[1] > previous[1]
                assert batches[entry[1]].last_offset == base + entry[0]
                previous = entry
        time_index = log_file.with_suffix(".timeindex")
        if time_index.exists():
            before = (-1, -1)
            for at in range(0, len(entries := time_index.read_bytes()), 12):
                timestamp = int.from_bytes(entries[at : at + 8], "big")
                relative = int.from_bytes(entries[at + 8 : at + 12], "big")
                assert timestamp > before[0] and relative >= before[1]
                found = by_last_offset[base + relative]
                assert found.max_timestamp == timestamp
                before = (timestamp, relative)


class Broken(Files):
    """Files whose next calls fail as a test wants: `fail` is asked before each call by name and path or descriptor."""

    def __init__(self) -> None:
        self.fail: Callable[[str], OSError | int | None] = lambda call: None
        self.calls: list[str] = []

    def _ask(self, call: str) -> int | None:
        """Raises what `fail` gives; an int is a number of bytes after which a write stops."""
        self.calls.append(call)
        answer = self.fail(call)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]
        self._ask("open " + os.path.basename(path))
        return os.open(path, flags, mode)

    def pwrite(self, fd: int, content: Buffer, position: int) -> int:  # type: ignore[override]
        limit = self._ask("pwrite")
        return os.pwrite(fd, content if limit is None else memoryview(content)[:limit], position)

    def pread(self, fd: int, size: int, position: int) -> bytes:
        self._ask("pread")
        return os.pread(fd, size, position)

    def ftruncate(self, fd: int, size: int) -> None:
        self._ask("ftruncate")
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self._ask("fsync")

    def replace(self, source: str, target: str) -> None:  # type: ignore[override]
        self._ask("replace " + os.path.basename(target))
        os.replace(source, target)

    def mkdir(self, path: str) -> None:  # type: ignore[override]
        self._ask("mkdir " + os.path.basename(path))
        os.mkdir(path)


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_memory() -> OSError:
    """A failure that says nothing of the disk, and may pass."""
    return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


def sick_disk() -> OSError:
    return OSError(errno.EIO, os.strerror(errno.EIO))
