"""Apache Kafka's own tool finds nothing wrong with a directory written here."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.storage.compaction_support import Cleaner, put, replicate
from tests.storage.support import NOW, Home, append, read_all
from tests.support.peers import DUMP_LOG, JavaTools
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.records import ControlType, Record, build_batch, control_batch
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.flushing import prepare_clean_stop
from zkbroker.storage.log import Log

pytestmark = pytest.mark.peers


def write_much(log: Log, rng: random.Random) -> None:
    """Every codec, headers, idempotent and transactional producers, epochs, timestamps out of order."""
    sequences = {1: 0, 2: 0, 3: 0}
    now = NOW
    for number in range(400):
        epoch = number // 130
        now += rng.randrange(50)
        times = [now + rng.randrange(-100, 100) for _ in range(rng.randrange(1, 6))]
        codec = rng.choice(list(Codec))
        records = [
            Record(
                0,
                at,
                b"key" if rng.random() < 0.5 else None,
                rng.randbytes(rng.randrange(200)),
                (("h", b"v"),),
            )
            for at in times
        ]
        how: dict[str, object] = {}
        producer_id = rng.choice([None, 1, 2, 3])
        if producer_id is not None:
            how = {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequences[producer_id]}
            how["is_transactional"] = producer_id == 3
            sequences[producer_id] += len(records)
        content = memoryview(build_batch(records, codec=codec, **how))  # type: ignore[arg-type]
        log.append_as_leader(content, leader_epoch=epoch, wall_ms=now)
        if number % 20 == 19:
            kind = ControlType.ABORT if number % 40 == 19 else ControlType.COMMIT
            marker = control_batch(kind, producer_id=3, producer_epoch=0, coordinator_epoch=2, timestamp=now)
            log.append_as_leader(
                memoryview(marker), leader_epoch=epoch, wall_ms=now, origin=AppendOrigin.COORDINATOR
            )


def stop(log: Log) -> None:
    flush = prepare_clean_stop(log)
    assert flush is not None
    flush.run()
    log.close()


def dump(tools: JavaTools, *paths: Path, flags: tuple[str, ...] = ()) -> str:
    files = ",".join(str(path) for path in paths)
    result = tools.run(DUMP_LOG, "--files", files, *flags).require_success()
    return result.output + result.errors  # it complains on the latter


def require_nothing_wrong(tools: JavaTools, directory: Path) -> str:
    """Of batches and indexes; returns the batches and records as they are told."""
    deep = dump(tools, *sorted(directory.glob("*.log")), flags=("--deep-iteration", "--print-data-log"))
    assert "isvalid: false" not in deep
    output = dump(tools, *directory.glob("*.index"), *directory.glob("*.timeindex"))
    for complaint in ("ismatch", "not found", "out of order", "following indexed"):
        assert complaint not in output
    return deep


@pytest.mark.parametrize("written_by", ["a leader", "a follower", "a recovery"])
def test_dump_log_segments(
    tmp_path: Path, java_tools: JavaTools, rng: random.Random, written_by: str
) -> None:
    home = Home(tmp_path / "leader", topic={"segment_bytes": 20_000, "index_interval_bytes": 500})
    home.path.mkdir()
    log = home.create()
    write_much(log, rng)
    log.update_high_watermark(log.log_end_offset)
    if written_by == "a follower":
        copy = Home(tmp_path / "follower", topic=home.topic)
        copy.path.mkdir()
        follower = copy.create()
        while follower.log_end_offset < log.log_end_offset:
            with log.read(follower.log_end_offset, 9_000, upper_offset=log.log_end_offset) as piece:
                follower.append_as_follower(memoryview(bytearray(piece.read())), wall_ms=NOW)
        log.close()
        home, log = copy, follower
    elif written_by == "a recovery":
        log.close()
        require_nothing_wrong(java_tools, home.path / "topic-0")  # as a kill leaves it
        log = home.open()
    end = log.log_end_offset
    aborted = len(log.aborted_transactions(0, end))
    stop(log)

    directory = home.path / "topic-0"
    logs = sorted(directory.glob("*.log"))
    assert len(logs) > 3
    deep = require_nothing_wrong(java_tools, directory)
    assert [int(offset) for offset in re.findall(r"^\| offset: (\d+)", deep, re.M)] == list(range(end))
    offset_indexes = sorted(directory.glob("*.index"))
    time_indexes = sorted(directory.glob("*.timeindex"))
    assert len(offset_indexes) == len(time_indexes) == len(logs)
    assert dump(java_tools, *offset_indexes, *time_indexes).count("offset:") > 20
    sane = dump(java_tools, *offset_indexes, flags=("--index-sanity-check",))
    assert sane.count("passed sanity check") == len(offset_indexes)
    transactions = dump(java_tools, *sorted(directory.glob("*.txnindex")))
    assert transactions.count("producerId: 3") == aborted == 10
    snapshots = sorted(directory.glob("*.snapshot"))
    assert len(snapshots) == len(logs)
    shown = dump(java_tools, snapshots[-1])
    assert all(f"producerId: {producer_id} producerEpoch: 0" in shown for producer_id in (1, 2, 3))


def test_dump_log_segments_of_a_compacted_log(tmp_path: Path, java_tools: JavaTools) -> None:
    """Batches that compaction emptied, with the newest time of all, at ends of segments and within; recovered too."""
    topic = {"cleanup_policy": ("compact",), "segment_bytes": 900, "index_interval_bytes": 100}
    home = Home(tmp_path, topic=topic)
    log = home.create()
    put(log, ("k1", "x"), timestamp=NOW + 1_000, producer_id=9, producer_epoch=0, base_sequence=0)
    for number in range(60):
        put(log, (f"k{number % 7}", f"{number}" * 5), ("same", "x"), timestamp=NOW + number)
        if number in (20, 40):
            put(log, *((f"k{each}", "y" * 60) for each in range(7)), timestamp=NOW + number)
    log.roll(NOW)
    put(log, ("end", "1"))
    replicate(log)
    cleaner = Cleaner()
    cleaner.clean(log, NOW)
    assert cleaner.groups and any(each.record_count == 0 and each.producer_id == 9 for each in read_all(log))
    latest = log.max_timestamp_offset()
    assert latest is not None and latest.timestamp == NOW + 60
    stop(log)
    require_nothing_wrong(java_tools, tmp_path / "topic-0")
    log = home.open()
    stop(log)
    require_nothing_wrong(java_tools, tmp_path / "topic-0")


def test_an_index_of_ours_that_lies_would_be_found(tmp_path: Path, java_tools: JavaTools) -> None:
    """The tool does look: a wrong entry is reported."""
    home = Home(tmp_path, topic={"index_interval_bytes": 50})
    log = home.create()
    for number in range(20):
        append(log, f"{number}" * 30, timestamp=NOW + number)
    stop(log)
    index = tmp_path / "topic-0" / f"{0:020d}.index"
    content = bytearray(index.read_bytes())
    content[3] += 1
    index.write_bytes(content)
    assert "Mismatches" in dump(java_tools, index)
