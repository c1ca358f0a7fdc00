"""Opening a log after a kill: what is whole is there, nothing torn is, and what hangs on the batches is rebuilt."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.storage.support import NOW, TOPIC_ID, Home, append, batch, read_all, require_sound_files, values
from zkbroker.protocol.records import ControlType, control_batch, read_batches
from zkbroker.storage.appends import AbortedTransaction, AppendOrigin
from zkbroker.storage.files import Files
from zkbroker.storage.flushing import prepare_clean_stop
from zkbroker.storage.log import Log


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "log-dir", topic={"segment_bytes": 600, "index_interval_bytes": 100})


@pytest.fixture(autouse=True)
def directory(home: Home) -> Path:
    home.path.mkdir()
    return home.path / "topic-0"


def marker(kind: ControlType, producer_id: int) -> memoryview:
    return memoryview(
        control_batch(kind, producer_id=producer_id, producer_epoch=0, coordinator_epoch=3, timestamp=NOW)
    )


def filled(home: Home) -> Log:
    """Three segments, two epochs, an idempotent producer, an aborted and an open transaction."""
    log = home.create(TOPIC_ID)
    for number in range(12):
        epoch = 0 if number < 7 else 2
        append(log, f"{number}" * 20, epoch=epoch, producer_id=5, producer_epoch=1, base_sequence=number)
        if number == 2:
            append(log, "aborted", producer_id=8, producer_epoch=0, base_sequence=0, is_transactional=True)
        if number == 4:
            log.append_as_leader(
                marker(ControlType.ABORT, 8), leader_epoch=0, wall_ms=NOW, origin=AppendOrigin.COORDINATOR
            )
        if number == 8:
            append(
                log, "open", epoch=2, producer_id=9, producer_epoch=0, base_sequence=0, is_transactional=True
            )
    log.update_high_watermark(log.log_end_offset)
    return log


def stopped_cleanly(log: Log) -> int:
    flush = prepare_clean_stop(log)
    assert flush is not None
    flush.run()
    assert flush.done(NOW)
    log.close()
    return log.log_end_offset


ABORTED = [AbortedTransaction(8, 3, 6, 7)]


def require_filled(log: Log) -> None:
    assert log.log_end_offset == 15
    assert len(values(log)) == 15
    assert log.epochs.entries == [(0, 0), (2, 9)]
    assert log.producers.entries[5].last_sequence == 11
    assert log.producers.entries[9].transaction_first_offset == 11
    assert log.producers.entries[8].coordinator_epoch == 3
    assert log.aborted_transactions(0, 15) == ABORTED
    log.update_high_watermark(15)
    assert log.last_stable_offset == 11
    assert log.topic_id == TOPIC_ID


def test_a_clean_stop(home: Home, directory: Path) -> None:
    end = stopped_cleanly(filled(home))
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    require_sound_files(directory)
    log = home.open(clean=True, recovery_point=end)
    require_filled(log)
    assert log.recovery_point == end
    log.close()
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_a_clean_start_reads_no_segment(home: Home, directory: Path) -> None:
    """Only the last batch of the active segment, however much there is."""
    end = stopped_cleanly(filled(home))
    for path in sorted(directory.glob("*.log"))[:-1]:
        path.write_bytes(bytes(path.stat().st_size))
    log = home.open(clean=True, recovery_point=end)
    assert log.log_end_offset == end
    log.close()


class Counting(Files):
    """How many bytes were read."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def pread(self, fd: int, size: int, position: int) -> bytes:
        content = os.pread(fd, size, position)
        self.read_bytes += len(content)
        return content


def test_a_clean_start_reads_no_index_either(tmp_path: Path) -> None:
    """Of 2,000 logs with a GiB each they would be gigabytes."""
    home = Home(tmp_path / "much", topic={"index_interval_bytes": 1})
    home.path.mkdir()
    log = home.create()
    for number in range(2_000):
        append(log, "x", timestamp=NOW + number)
    end = stopped_cleanly(log)
    least = min((home.path / "topic-0").glob("*index"), key=lambda path: path.stat().st_size).stat().st_size
    assert least > 15_000
    home.files = files = Counting()
    log = home.open(clean=True, recovery_point=end)
    assert log.log_end_offset == end and log.segments.active.max_timestamp == NOW + 1_999
    assert files.read_bytes < least
    log.close()


def test_a_kill(home: Home, directory: Path) -> None:
    filled(home).close()
    log = home.open()
    require_filled(log)
    assert log.recovery_point == 0
    log.close()
    require_sound_files(directory)
    bases = [int(path.stem) for path in directory.glob("*.log")]
    assert len(bases) >= 3
    assert {int(path.stem) for path in directory.glob("*.snapshot")} == {*bases, 15} - {0}


def test_torn_at_every_byte(home: Home, directory: Path) -> None:
    """The last batch, cut at every length: it is there only if it is whole."""
    log = filled(home)
    before = log.segments.active.size
    append(log, "the last one", epoch=3)
    whole = log.segments.active.size
    name = Path(log.segments.active.path()).name
    log.close()
    saved = home.path.parent / "saved"
    shutil.copytree(directory, saved)
    for size in range(before, whole + 1):
        shutil.rmtree(directory)
        shutil.copytree(saved, directory)
        with open(directory / name, "r+b") as file:
            file.truncate(size)
        log = home.open()
        assert log.log_end_offset == (16 if size == whole else 15)
        assert (directory / name).stat().st_size == (whole if size == whole else before)
        assert log.latest_epoch() == (3 if size == whole else 2)
        append(log, "after", epoch=4)
        assert values(log)[-1] == "after"
        log.close()


@pytest.mark.parametrize("at", [8, 11, 16, 17, 22, 23, 45, 57, 61, 70])
def test_a_flipped_bit_cuts_the_log_there(home: Home, directory: Path, at: int) -> None:
    log = filled(home)
    second = log.segments[1]
    header = list(second.headers())[1]
    log.close()
    path = directory / Path(second.path()).name
    content = bytearray(path.read_bytes())
    content[header.position + at] ^= 0x40
    path.write_bytes(content)
    log = home.open()
    assert log.log_end_offset == header.base_offset
    assert log.segments.active.base_offset == second.base_offset
    require_sound_files(directory)
    assert len(list(directory.glob("*.log"))) == 2
    append(log, "goes on", epoch=5)
    log.close()


def test_only_what_may_be_torn_is_verified(home: Home, directory: Path) -> None:
    """Below the recovery point nothing is read, so damage there is not noticed."""
    log = filled(home)
    recovery_point = log.segments.active.base_offset
    for segment in log.segments:
        segment.finish_indexes()
    log.close()
    first = directory / "00000000000000000000.log"
    content = bytearray(first.read_bytes())
    content[70] ^= 1
    first.write_bytes(content)
    log = home.open(recovery_point=recovery_point)
    assert log.log_end_offset == 15
    assert log.recovery_point == recovery_point
    assert log.producers.entries[5].last_sequence == 11
    log.close()


@pytest.mark.parametrize("kind", ["index", "timeindex", "txnindex", "snapshot", "leader-epoch-checkpoint"])
@pytest.mark.parametrize("damage", ["missing", "emptied", "torn", "garbage"])
@pytest.mark.parametrize("clean", [True, False])
def test_lost_companions_are_rebuilt(
    home: Home, directory: Path, kind: str, damage: str, clean: bool
) -> None:
    if clean and kind == "txnindex" and damage in ("missing", "emptied"):
        pytest.skip("that a segment has no aborted transactions is no damage")
    end = stopped_cleanly(filled(home))
    sound = {path.name: path.read_bytes() for path in directory.iterdir()}
    for path in directory.iterdir():
        if path.name.endswith(f".{kind}") or path.name == kind:
            if damage == "missing":
                path.unlink()
            elif damage == "emptied":
                path.write_bytes(b"")
            elif damage == "torn":
                path.write_bytes(path.read_bytes()[:-3])
            else:
                path.write_bytes(b"\0\0\0\1garb" * 30 + b"x")
    log = home.open(clean=clean, recovery_point=end if clean else 0)
    require_filled(log)
    for offset in range(15):
        assert next(read_all(log, offset)).base_offset == offset
    there = log.offset_for_timestamp(NOW)
    assert there is not None and there.offset == 0
    assert all(segment.largest_timestamp_ms == NOW for segment in log.segments)
    flush = prepare_clean_stop(log)
    if flush is not None:
        flush.run()
    log.close()
    require_sound_files(directory)
    if not (
        clean and kind == "index" and damage in ("emptied", "torn")
    ):  # what is left leads to where it says
        rebuilt = {path.name: path.read_bytes() for path in directory.iterdir()}
        for name in sound:
            if name.endswith((".index", ".timeindex", ".txnindex", ".log")):
                assert rebuilt[name] == sound[name], name


def test_a_killed_brokers_padded_indexes(home: Home, directory: Path) -> None:
    """Apache Kafka maps 10 MiB of zeros behind the entries of an active segment; a kill leaves them."""
    end = stopped_cleanly(filled(home))
    padded = [*directory.glob("*.index"), *directory.glob("*.timeindex")]
    before = {path: path.read_bytes() for path in padded}
    for path in padded:
        path.write_bytes(before[path] + bytes(24 * 1000))
    log = home.open(recovery_point=end)
    for segment in log.segments:  # sealed ones are looked at when they are used
        assert (
            segment.offset_index.entries.count
            == len(before[directory / f"{segment.base_offset:020d}.index"]) // 8
        )
        assert segment.time_index.last_timestamp == NOW
    require_filled(log)
    log.close()
    assert {path: path.read_bytes() for path in padded} == before


def test_given_up_files_are_removed(home: Home, directory: Path) -> None:
    stopped_cleanly(filled(home))
    for name in (
        "00000000000000000000.log.deleted",
        "00000000000000000099.index.deleted",
        "00000000000000000003.log.cleaned",
        "leader-epoch-checkpoint.tmp",
    ):
        (directory / name).write_bytes(b"x")
    (directory / "00000000000000000777.index").write_bytes(bytes(8))
    log = home.open()
    require_filled(log)
    log.close()
    names = {path.name for path in directory.iterdir()}
    assert not any(name.endswith((".deleted", ".cleaned", ".tmp")) for name in names)
    assert "00000000000000000777.index" not in names


def test_an_interrupted_swap_is_finished(home: Home, directory: Path) -> None:
    """A complete cleaning replaces the segments it was made from, wherever the crash came."""
    log = filled(home)
    bases = [segment.base_offset for segment in log.segments]
    stopped_cleanly(log)
    cleaned = bytes(batch("survivor", base_offset=1)) + bytes(batch("last", base_offset=bases[2] - 1))
    (directory / f"{0:020d}.log.swap").write_bytes(cleaned)
    (directory / f"{0:020d}.index.swap").write_bytes(b"")
    (directory / f"{0:020d}.timeindex.swap").write_bytes(b"")
    (directory / f"{0:020d}.log").unlink()  # the swap had begun
    log = home.open()
    assert [segment.base_offset for segment in log.segments] == [0, *bases[2:]]
    assert values(log)[:2] == ["survivor", "last"]
    assert log.log_end_offset == 15
    log.close()
    assert not list(directory.glob("*.swap"))
    require_sound_files(directory)


def test_a_swap_that_had_not_begun_is_dropped(home: Home, directory: Path) -> None:
    stopped_cleanly(filled(home))
    (directory / f"{0:020d}.log.swap").write_bytes(bytes(batch("no")))
    (directory / f"{0:020d}.index.cleaned").write_bytes(b"")
    log = home.open()
    require_filled(log)
    log.close()
    assert not [*directory.glob("*.swap"), *directory.glob("*.cleaned")]


def test_a_log_that_ends_below_its_start_begins_anew(home: Home, directory: Path) -> None:
    stopped_cleanly(filled(home))
    log = home.open(clean=True, log_start_offset=40, recovery_point=15)
    assert (log.log_start_offset, log.log_end_offset) == (40, 40)
    assert len(log.producers) == 0
    assert append(log, "new", epoch=7).first_offset == 40
    log.close()
    assert [path.name for path in directory.glob("*.log")] == [f"{40:020d}.log"]


def test_an_empty_directory_is_an_empty_log(home: Home, directory: Path) -> None:
    directory.mkdir()
    log = home.open()
    assert log.log_end_offset == 0
    append(log, "first")
    assert values(log) == ["first"]
    log.close()


def test_old_snapshots_do_not_pile_up(home: Home, directory: Path) -> None:
    log = home.create()
    for number in range(5):
        append(log, "x", producer_id=1, producer_epoch=0, base_sequence=number)
        end = stopped_cleanly(log)
        log = home.open(clean=True, recovery_point=end)
    log.close()
    assert [path.name for path in directory.glob("*.snapshot")] == [f"{5:020d}.snapshot"]


def test_an_unchanged_log_is_left_alone_at_the_stop(home: Home) -> None:
    end = stopped_cleanly(filled(home))
    log = home.open(clean=True, recovery_point=end)
    assert prepare_clean_stop(log) is None
    log.close()


FAR = [0, 1, 3_000_000_000, 3_000_000_001, 7_000_000_000]


def far_apart(directory: Path, *offsets: int) -> None:
    """One segment of batches at those offsets, without indexes."""
    content = b"".join(bytes(batch(f"{at}", base_offset=at)) for at in offsets)
    (directory / f"{offsets[0]:020d}.log").write_bytes(content)


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("left", ["as it was", "both by a crash"])
def test_offsets_that_no_index_holds_together_get_segments_of_their_own(
    home: Home, directory: Path, clean: bool, left: str
) -> None:
    """Kafka before 1.1 merged segments so when it compacted them, and later ones take them apart (KAFKA-6264)."""
    directory.mkdir()
    far_apart(directory, *FAR)
    if left == "both by a crash":
        far_apart(directory, *FAR[2:])
    log = home.open(clean=clean, recovery_point=FAR[-1] + 1 if clean else 0)
    assert [segment.base_offset for segment in log.segments] == [0, FAR[2], FAR[4]]
    assert values(log) == [str(at) for at in FAR]
    assert log.log_end_offset == FAR[-1] + 1
    assert append(log, "next").first_offset == FAR[-1] + 1
    log.close()
    require_sound_files(directory)
    again = home.open()
    assert values(again) == [*(str(at) for at in FAR), "next"]
    again.close()


@pytest.mark.parametrize("lost_power", [True, False])
@pytest.mark.parametrize("compacted", ["not at all", "before it", "beyond it"])
def test_a_segment_that_lost_its_tail(home: Home, directory: Path, lost_power: bool, compacted: str) -> None:
    """After a power loss nothing may follow a hole; a killed process loses nothing, and compaction makes holes."""
    filled(home).close()
    names = sorted(directory.glob("*.log"))
    second, third = names[1], int(names[2].stem)
    batches = list(read_batches(second.read_bytes()))
    second.write_bytes(second.read_bytes()[: -batches[-1].size_in_bytes])
    if compacted != "not at all":
        home.topic["cleanup_policy"] = ("compact",)
    first_dirty = {"not at all": 0, "before it": third - 1, "beyond it": third}[compacted]
    log = home.open(lost_power=lost_power, first_dirty=first_dirty)
    if lost_power and compacted != "beyond it":
        assert log.log_end_offset == batches[-1].base_offset
        assert [int(path.stem) for path in sorted(directory.glob("*.log"))][-1] == int(second.stem)
    else:
        assert log.log_end_offset == 15
    log.close()
    require_sound_files(directory)
