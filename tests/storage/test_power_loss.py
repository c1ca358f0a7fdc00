"""Power is lost: what was never synced is gone, files and names alike. Below the recovery point nothing may be."""

from __future__ import annotations

import os
import random
import shutil
import stat
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.compaction_support import put
from tests.storage.site import Site
from tests.storage.support import NOW, Home, append, read_all, require_sound_files, values
from zkbroker.model import TopicPartition
from zkbroker.storage.checkpoints import decode_offsets
from zkbroker.storage.files import Buffer, Files, sync_directory, sync_file, sync_files
from zkbroker.storage.flushing import prepare_clean_stop, prepare_flush
from zkbroker.storage.log import Log

Names = dict[str, int | None]
"""Name to number of the file; None: a directory."""


class Forgetful(Files):
    """A disk that keeps what was synced: a file's content by fsync, a directory's names by fsync of that.

    Beyond that it may keep the beginning of what was appended to a file, and of what was done to a directory's names.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._number = 0
        self._lock = threading.Lock()  # a broker syncs in threads
        self._files: dict[int, int] = {}  # inode -> number of the file, as inodes are used again
        self._synced: dict[int, bytes] = {}  # by number
        self._names: dict[str, Names] = {}  # by directory
        self._since: dict[str, list[Names]] = {}  # what the kernel may have written by itself, in this order

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:  # type: ignore[override]
        with self._lock:
            is_new = flags & os.O_CREAT and not os.path.exists(path)
            fd = os.open(path, flags, mode)
            if is_new:
                self._number += 1
                self._files[os.fstat(fd).st_ino] = self._number
                self._renamed(path)
        return fd

    def replace(self, source: str, target: str) -> None:  # type: ignore[override]
        with self._lock:
            os.replace(source, target)
            self._renamed(target)

    def unlink(self, path: str) -> None:  # type: ignore[override]
        with self._lock:
            os.unlink(path)
            self._renamed(path)

    def _renamed(self, path: str) -> None:
        directory = os.path.dirname(path)
        if directory in self._names:
            self._since.setdefault(directory, []).append(self._names_of(directory))

    def _names_of(self, directory: str) -> Names:
        return {
            entry.name: None if entry.is_dir() else self._files[entry.inode()]
            for entry in os.scandir(directory)
        }

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            directory = os.readlink(f"/proc/self/fd/{fd}")
            with self._lock:
                self._names[directory] = self._names_of(directory)
                self._since.pop(directory, None)
        else:
            self._synced[self._files[status.st_ino]] = Path(f"/proc/self/fd/{fd}").read_bytes()

    def fdatasync(self, fd: int) -> None:  # type: ignore[override]
        self.fsync(fd)

    def settle(self) -> None:
        """Everything there is now is on the disk."""
        for directory, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(directory, name)
                self._number += 1
                self._files[os.stat(path).st_ino] = self._number
                self._synced[self._number] = Path(path).read_bytes()
            self._names[directory] = self._names_of(directory)

    def after_power_loss(self, target: Path, rng: random.Random) -> None:
        """What is on the disk: of a file whose name is there but not its content, nothing or some of it."""
        live = {self._files[e.stat().st_ino]: e.read_bytes() for e in self.root.rglob("*") if e.is_file()}
        self._restore(str(self.root), target, live, rng)

    def _restore(self, directory: str, target: Path, live: Mapping[int, bytes], rng: random.Random) -> None:
        target.mkdir()
        names = self._names.get(directory, {})
        if (since := self._since.get(directory)) and rng.random() < 0.5:
            names = rng.choice(since)
        for name, number in names.items():
            if number is None:
                self._restore(os.path.join(directory, name), target / name, live, rng)
                continue
            content = self._synced.get(number, b"")
            unsynced = live.get(number, b"")
            if len(unsynced) > len(content) and unsynced.startswith(content) and rng.random() < 0.6:
                written = rng.randrange(len(content), len(unsynced) + 1)  # the kernel wrote some by itself,
                length = rng.randrange(written, len(unsynced) + 1)  # and the length, maybe, before the rest
                content = unsynced[:written] + bytes(length - written)
            (target / name).write_bytes(content)


def test_the_disk_forgets(tmp_path: Path) -> None:
    """The fake itself: synced names with synced content come back, and others perhaps."""
    (tmp_path / "live").mkdir()
    disk = Forgetful(tmp_path / "live")

    def write(name: str, content: Buffer, *, sync: bool) -> None:
        fd = disk.open(str(tmp_path / "live" / name), os.O_RDWR | os.O_CREAT, 0o600)
        disk.pwrite(fd, content, 0)
        if sync:
            disk.fsync(fd)
        os.close(fd)

    write("a", b"synced", sync=True)
    fd = os.open(tmp_path / "live", os.O_RDONLY)
    disk.fsync(fd)
    os.close(fd)
    write("b", b"no name", sync=True)
    write("a", b"SYNCED", sync=False)
    os.rename(tmp_path / "live" / "b", tmp_path / "live" / "a")
    seen = []
    for seed in range(20):
        after = tmp_path / f"after-{seed}"
        disk.after_power_loss(after, random.Random(seed))
        found = {path.name: path.read_bytes() for path in after.iterdir()}
        if found not in seen:
            seen.append(found)
    assert sorted(seen, key=len) == [{"a": b"synced"}, {"a": b"synced", "b": b"no name"}]


def test_files_to_be_synced_are_all_given_to_the_disk_first(tmp_path: Path) -> None:
    calls: list[tuple[str, int]] = []

    class Noting(Files):
        def start_write_back(self, fd: int, position: int, size: int) -> None:
            calls.append(("write", os.fstat(fd).st_ino))

        def fsync(self, fd: int) -> None:  # type: ignore[override]
            calls.append(("sync", os.fstat(fd).st_ino))

    paths = [tmp_path / "a", tmp_path / "gone", tmp_path / "b"]
    for path in (paths[0], paths[2]):
        path.write_bytes(b"x")
    sync_files(Noting(), [str(path) for path in paths])
    numbers = [path.stat().st_ino for path in (paths[0], paths[2])]
    assert calls == [(call, number) for call in ("write", "sync") for number in numbers]


steps = st.lists(
    st.sampled_from(["append", "append", "append", "roll", "flush", "flush sealed", "epoch"]),
    max_size=30,
)


@given(steps, st.integers(0, 2**32), st.booleans())
def test_everything_below_the_recovery_point_is_there(script: list[str], seed: int, stop: bool) -> None:
    rng = random.Random(seed)
    base = Path(tempfile.mkdtemp(prefix="zkbroker-power-"))
    try:
        live = base / "live"
        live.mkdir()
        home = Home(live, Forgetful(live), {"segment_bytes": 500, "index_interval_bytes": 100})
        log = home.create()
        epoch = 0
        written: list[str] = []
        for number, step in enumerate(script):
            if step == "append":
                text = f"{number}".ljust(rng.randrange(5, 90), ".")
                append(log, text, epoch=epoch, producer_id=4, producer_epoch=0, base_sequence=len(written))
                written.append(text)
            elif step == "roll":
                log.roll(NOW)
            elif step == "epoch":
                epoch += 1
            elif step.startswith("flush"):
                flush_now(log, everything=step == "flush")
        if stop:
            flush = prepare_clean_stop(log)
            if flush is not None:
                flush.run()
                assert flush.done(NOW)
        recovery_point, entries = log.recovery_point, log.epochs.entries
        log.close()
        assert isinstance(home.files, Forgetful)
        home.files.after_power_loss(base / "after", rng)
        after = Home(base / "after", topic=home.topic)
        if recovery_point == 0 and not (base / "after" / "topic-0").exists():
            return
        opened = after.open(recovery_point=recovery_point, lost_power=True)
        found = values(opened)
        assert written[: len(found)] == found
        assert len(found) >= recovery_point
        assert opened.epochs.entries == [entry for entry in entries if entry[1] < len(found)]
        if found:
            assert opened.producers.entries[4].last_sequence == len(found) - 1
        opened.close()
        require_sound_files(base / "after" / "topic-0")
        if stop:
            assert found == written
    finally:
        shutil.rmtree(base)


def flush_now(log: Log, *, everything: bool) -> None:
    flush = prepare_flush(log, everything=everything)
    if flush is not None:
        flush.run()
        assert flush.done(NOW)


def test_a_segment_sealed_after_it_was_flushed(tmp_path: Path) -> None:
    """The last entry of its time index is written then, and may not be on disk although the new segment's name is."""
    for seed in range(20):
        live, after = tmp_path / f"live-{seed}", tmp_path / f"after-{seed}"
        live.mkdir()
        disk = Forgetful(live)
        log = Home(live, disk).create()
        append(log, "a")
        flush_now(log, everything=True)
        log.roll(NOW)
        log.close()
        disk.after_power_loss(after, random.Random(seed))
        opened = Home(after).open(recovery_point=1, lost_power=True)
        assert opened.segments.first.largest_timestamp_ms == NOW
        opened.close()
        require_sound_files(after / "topic-0")


def test_what_was_cut_off_down_to_the_recovery_point_stays_away(tmp_path: Path) -> None:
    """After a kill the segment that ends there is synced too: on the disk its file may be as long as before."""
    (tmp_path / "live").mkdir()
    disk = Forgetful(tmp_path / "live")
    home = Home(tmp_path / "live", disk)
    log = home.create()
    for value in ("a", "b"):
        append(log, value)
    flush_now(log, everything=True)
    log.truncate_to(1)
    log.roll(NOW)
    log.close()
    log = home.open(recovery_point=1)  # after a kill
    append(log, "c")
    flush_now(log, everything=True)
    log.close()
    disk.after_power_loss(tmp_path / "after", random.Random(1))
    found = Home(tmp_path / "after").open(recovery_point=2, lost_power=True)
    assert values(found) == ["a", "c"]
    found.close()


def test_without_a_sync_all_may_be_lost(tmp_path: Path) -> None:
    """So that the test above can fail."""
    (tmp_path / "live").mkdir()
    home = Home(tmp_path / "live", Forgetful(tmp_path / "live"))
    log = home.create()
    append(log, "a")
    log.close()
    assert isinstance(home.files, Forgetful)
    home.files.after_power_loss(tmp_path / "after", random.Random(1))
    assert not (tmp_path / "after" / "topic-0").exists()
    with pytest.raises(FileNotFoundError):
        Home(tmp_path / "after").open()


async def test_a_broker_and_its_checkpoints(tmp_path: Path, rng: random.Random, full_counts: bool) -> None:
    """What the recovery-point checkpoint on the disk promises is on the disk, whenever the power goes."""
    promised = 0
    for number in range(300 if full_counts else 15):
        live, after = tmp_path / f"live-{number}", tmp_path / f"after-{number}"
        live.mkdir()
        disk = Forgetful(live)
        topic = {"segment_bytes": 500, "index_interval_bytes": 100}
        written: dict[TopicPartition, list[str]] = {}
        async with Site([live], files=disk, topic=topic).killed() as manager:
            site = Site([live], files=disk, topic=topic)
            for step in range(rng.randrange(60)):
                tp = TopicPartition("topic", rng.randrange(2))
                log = manager.get(tp) or site.create(manager, tp)
                what = rng.random()
                if what < 0.7:
                    text = f"{step}".ljust(rng.randrange(5, 90), ".")
                    append(log, text)
                    written.setdefault(tp, []).append(text)
                elif what < 0.8:
                    log.roll(NOW)
                elif what < 0.9:
                    await manager.flush(log)
                else:
                    await manager.periodic.checkpoint()
        disk.after_power_loss(after, rng)
        name = after / "recovery-point-offset-checkpoint"
        (after / ".boot-id").write_text("an earlier run of the system")
        points = decode_offsets(name.read_bytes()) if name.exists() and name.stat().st_size else {}
        async with Site([after], topic=topic).running() as manager:
            for tp in {*points, *manager.logs}:
                found = values(manager.logs[tp])
                assert written.get(tp, [])[: len(found)] == found
                assert len(found) >= points.get(tp, 0)
                promised += points.get(tp, 0)
            directories = [Path(log.segments.directory) for log in manager.logs.values()]
        for directory in directories:
            require_sound_files(directory)
        shutil.rmtree(live)
        shutil.rmtree(after)
    assert promised


def test_what_a_recovery_cut_off_stays_cut_off(tmp_path: Path, rng: random.Random) -> None:
    """Also if the process is killed before any flush: the next one begins behind it."""
    live = tmp_path / "live"
    live.mkdir()
    log = Home(live).create()
    append(log, "kept")
    log.close()
    first = live / "topic-0" / f"{0:020d}.log"
    first.write_bytes(first.read_bytes() + b"torn")
    disk = Forgetful(live)
    disk.settle()
    log = Home(live, disk).open(recovery_point=1)
    log.close()
    disk.after_power_loss(tmp_path / "after", rng)
    assert not (tmp_path / "after" / "topic-0" / first.name).read_bytes().endswith(b"torn")


@pytest.mark.parametrize("policy", ["delete", "compact"])
@pytest.mark.parametrize("synced", ["the cut segment", "the names", "the names and the epochs"])
def test_a_truncation_of_which_half_was_on_disk(
    tmp_path: Path, rng: random.Random, synced: str, policy: str
) -> None:
    """What was written after it and what it dropped are two histories: what is left is of one of them."""
    live = tmp_path / "live"
    live.mkdir()
    disk = Forgetful(live)
    home = Home(live, disk, {"cleanup_policy": (policy,)})
    log = home.create()
    for value in ("a", "b", "c", "d"):
        if value == "c":
            log.roll(NOW)
        put(log, ("k", value))
    flush_now(log, everything=True)
    log.truncate_to(1)
    for value in ("B", "C", "D", "E"):
        if value == "D":
            log.roll(NOW)
        put(log, ("k", value), epoch=1)
    if synced == "the names and the epochs":
        sync_file(disk, log.epochs.file()[0])
    if synced == "the cut segment":
        for segment in log.segments:
            sync_file(disk, segment.path())
    else:
        sync_directory(disk, log.segments.directory)
    log.close()
    disk.after_power_loss(tmp_path / "after", rng)
    found = Home(tmp_path / "after", topic=home.topic).open(recovery_point=1, lost_power=True)
    assert values(found) in (
        ["a", "b"],
        ["a", "b", "c", "d"],
        ["a", "B", "C", "D", "E"][: len(values(found))],
    )
    assert found.log_end_offset == len(values(found))
    assert all(
        found.epoch_for_offset(each.base_offset) == each.partition_leader_epoch for each in read_all(found)
    )
    found.close()
    require_sound_files(tmp_path / "after" / "topic-0")
