"""kafka-dump-log beside Apache Kafka's own: the same files, the same lines."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.compaction_support import Cleaner, put, replicate
from tests.storage.support import NOW, Home, append
from tests.storage.test_kafka_reads_our_files import stop, write_much
from tests.support.peers import DUMP_LOG, JavaTools
from zkbroker.cli.kafka_dump_log import TOOL
from zkbroker.coordinator.records import (
    Committed,
    GroupMember,
    GroupMetadata,
    GroupRecord,
    OffsetRecord,
    TransactionMetadata,
    TransactionRecord,
    TransactionStatus,
)
from zkbroker.model import TopicPartition
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.legacy import build_message_set
from zkbroker.protocol.records import Record, build_batch

SUBSCRIPTION = b"\0\3\0\0\0\1\0\1t\xff\xff\xff\xff\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\7\0\2r1"
ASSIGNMENT = b"\0\1\0\0\0\1\0\1t\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\2hi"


def zkbroker(*words: str) -> tuple[int, str, str]:
    """Exit code, output, messages."""
    raw, messages = io.BytesIO(), io.StringIO()
    output = io.TextIOWrapper(raw, "utf-8", newline="")
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(messages):
        code = TOOL.main(list(words))
    output.flush()
    return code, raw.getvalue().decode(), messages.getvalue()


def name_of(offset: int, kind: str = ".log") -> str:
    return f"{offset:020d}{kind}"


def file_of(directory: Path, records: list[Record], **how: object) -> Path:
    """A .log file of one batch."""
    directory.mkdir()
    path = directory / name_of(0)
    path.write_bytes(build_batch(records, **how))  # type: ignore[arg-type]
    return path


@pytest.fixture
def same(java_tools: JavaTools) -> Callable[..., str]:
    """Runs both, compares what they print, and returns it."""

    def run(*words: str) -> str:
        theirs = java_tools.run(DUMP_LOG, *words).require_success()
        code, output, messages = zkbroker(*words)
        assert output == theirs.output
        assert messages == theirs.errors
        assert code == 0
        return output

    return run


@pytest.mark.peers
def test_the_files_of_a_log(tmp_path: Path, same: Callable[..., str], rng: random.Random) -> None:
    home = Home(tmp_path, topic={"segment_bytes": 20_000, "index_interval_bytes": 500})
    log = home.create()
    write_much(log, rng)
    stop(log)
    directory = tmp_path / "topic-0"
    logs = [str(path) for path in sorted(directory.glob("*.log"))]
    others = [
        str(path)
        for kind in ("index", "timeindex", "txnindex", "snapshot")
        for path in directory.glob(f"*.{kind}")
    ]
    assert len(logs) > 3 and len(others) > 12
    assert same("--files", ",".join(logs)).count("baseOffset:") > 400
    assert "endTxnMarker: ABORT" in same("--deep-iteration", "--files", logs[0])
    same("--deep-iteration", "--skip-record-metadata", "--files", logs[0])
    same("--max-bytes", "3000", "--deep-iteration", "--files", logs[0])
    assert "producerId: 3" in same("--files", ",".join(others))
    indexes = ",".join(path for path in others if path.endswith("index"))
    assert "passed sanity check" in same(
        "--index-sanity-check", "--files", indexes.replace(".txnindex", ".index")
    )
    same(
        "--verify-index-only", "--files", ",".join(p for p in others if p.endswith((".index", ".timeindex")))
    )


@pytest.mark.peers
def test_contents(tmp_path: Path, same: Callable[..., str]) -> None:
    records = [
        Record(0, NOW, b"key", "größe\ttab 日本".encode(), (("h", b"v"), ("", None), ("ü", b""))),
        Record(0, NOW, None, b"v"),
        Record(0, NOW, b"", None),
    ]
    path = str(
        file_of(
            tmp_path / "texts",
            records,
            codec=Codec.ZSTD,
            producer_id=5,
            producer_epoch=1,
            base_sequence=2**31 - 2,
        )
    )
    assert "key: key payload: größe" in same("--print-data-log", "--files", path)
    same("--print-data-log", "--skip-record-metadata", "--files", path)


@pytest.mark.peers
def test_gaps_tombstones_and_delete_horizons(tmp_path: Path, same: Callable[..., str]) -> None:
    topic = {"cleanup_policy": ("compact",), "segment_bytes": 900, "index_interval_bytes": 100}
    log = Home(tmp_path, topic=topic).create()
    for number in range(40):
        put(log, (f"k{number % 5}", f"{number}"), (f"once-{number}", "1"), (f"d{number % 7}", None))
    log.roll(NOW)
    put(log, ("end", "1"))
    replicate(log)
    Cleaner().clean(log, NOW)
    stop(log)
    files = sorted((tmp_path / "topic-0").glob("*.log"))
    output = "".join(same("--print-data-log", "--files", str(path)) for path in files)
    assert "deleteHorizonMs: OptionalLong[" in output and "valueSize: -1" in output
    assert "is followed by" in zkbroker("--deep-iteration", "--files", str(files[1]))[2]


@pytest.mark.peers
def test_files_with_something_wrong(tmp_path: Path, same: Callable[..., str]) -> None:
    log = Home(tmp_path, topic={"index_interval_bytes": 50}).create()
    for number in range(30):
        append(log, f"{number}" * 30, timestamp=NOW + number)
    stop(log)
    directory = tmp_path / "topic-0"
    index, times = directory / name_of(0, ".index"), directory / name_of(0, ".timeindex")
    content = bytearray(index.read_bytes())
    content[3] += 1
    content[11] += 1
    index.write_bytes(content)
    content = bytearray(times.read_bytes())
    content[7] += 3  # another timestamp
    content[12 * 5 + 11] += 100  # an offset beyond the log
    content[12 * 8 : 12 * 8 + 8] = content[12 * 2 : 12 * 2 + 8]  # an earlier timestamp
    times.write_bytes(content)
    same("--files", str(index))
    same("--files", str(times))
    assert "Mismatches" in zkbroker("--verify-index-only", "--files", str(index))[2]
    index.write_bytes(index.read_bytes() + bytes(800))  # as a killed broker leaves it
    same("--files", str(index))
    whole = directory / name_of(0)
    whole.write_bytes(whole.read_bytes()[:-40])
    assert "invalid bytes at the end" in same("--files", str(whole))
    flipped = bytearray(whole.read_bytes())
    flipped[70] ^= 1
    whole.write_bytes(flipped)
    assert "isvalid: false" in same("--files", str(whole))
    snapshot = directory / name_of(0, ".snapshot")
    good = next(directory.glob("*.snapshot")).read_bytes()
    for damaged in (good[:3] + b"\1" + good[4:], b"\0\7" + good[2:], b"\0\1" + bytes(8)):
        snapshot.write_bytes(damaged)
        same("--files", str(snapshot))
    (directory / "leader-epoch.checkpoint2").touch()
    same("--files", str(directory / "leader-epoch.checkpoint2"))
    empty = directory / name_of(7)
    empty.touch()
    empty.with_suffix(".index").touch()
    same("--files", f"{empty},{empty.with_suffix('.index')}")


@pytest.mark.peers
@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [Codec.NONE, Codec.GZIP])
def test_old_formats(tmp_path: Path, same: Callable[..., str], magic: int, codec: Codec) -> None:
    records = [Record(offset, NOW + offset, b"k" if offset else None, b"v%d" % offset) for offset in range(4)]
    path = tmp_path / name_of(0)
    path.write_bytes(build_message_set(records, magic, codec, append_time=0))
    same("--print-data-log", "--files", str(path))


@pytest.mark.peers
def test_offsets_and_groups(tmp_path: Path, same: Callable[..., str]) -> None:
    good = GroupMember("m-1", None, "c", "/127.0.0.1", 1000, 2000, (("range", SUBSCRIPTION),), ASSIGNMENT)
    strange = GroupMember("m-2", "inst", "c", "/127.0.0.1", 1000, 2000, (("range", b"xx"),), b"")
    states: list[OffsetRecord | GroupRecord] = [
        OffsetRecord("g", "t", 0, Committed(5, 3, 'meta"é\n\t', NOW)),
        OffsetRecord("g", "t", 1, Committed(5, 3, "", NOW, NOW + 5)),
        OffsetRecord("g", "t", 0, None),
        GroupRecord("g", GroupMetadata("consumer", 3, "range", "m-1", NOW, (good, strange))),
        GroupRecord("g", GroupMetadata("", 0, None, None, NOW)),
        GroupRecord("g", GroupMetadata("connect", 3, "range", "m-1", NOW, (good,))),
        GroupRecord("g", None),
    ]
    records = [Record(0, NOW, *each.encode()) for each in states]
    records += [Record(0, NOW, b"\0\x63what", b"v")]
    old = OffsetRecord("g", "t", 0, None).encode()[0]
    records += [Record(0, NOW, b"\0\0" + old[2:], b"\0\0" + bytes(7) + b"\5\0\1x" + bytes(8))]
    output = same("--offsets-decoder", "--files", str(file_of(tmp_path / "offsets", records)))
    assert '"rackId":"r1"' in output and "<DELETE>" in output and "Unknown record type 99" in output


@pytest.mark.peers
def test_transactions(tmp_path: Path, same: Callable[..., str], rng: random.Random) -> None:
    records = []
    for status in TransactionStatus:
        for count in (0, 1, 4, 13, 60):
            partitions = frozenset(
                TopicPartition(
                    rng.choice(["orders", "a.b", "Ünü"[1:2] + "x", "payments-2024"]), rng.randrange(500)
                )
                for _ in range(count if status is not TransactionStatus.EMPTY else 0)
            )
            state = TransactionMetadata(7, 1, 60_000, status, partitions, NOW, NOW)
            records.append(Record(0, NOW, *TransactionRecord(f"tx-{count}", state).encode()))
    records.append(Record(0, NOW, *TransactionRecord("tx-1", None).encode()))
    records.append(Record(0, NOW, b"\0\7what", b"v"))
    output = same("--transaction-log-decoder", "--files", str(file_of(tmp_path / "tx", records)))
    assert "unknown::version=7" in output and "state=PrepareAbort" in output


@pytest.mark.peers
def test_decoder_classes(tmp_path: Path, same: Callable[..., str]) -> None:
    path = str(
        file_of(tmp_path / "numbers", [Record(0, NOW, b"\0\0\0\7", b"\xff" * 8), Record(0, NOW, None, None)])
    )
    package = "org.apache.kafka.tools.api"
    numbers = (
        "--key-decoder-class",
        f"{package}.IntegerDecoder",
        "--value-decoder-class",
        f"{package}.LongDecoder",
    )
    assert "key: 7 payload: -1" in same(*numbers, "--files", path)


def test_what_a_user_sees(tmp_path: Path) -> None:
    """Without Java: a log, a missing file, a name that is none, no files at all."""
    path = file_of(tmp_path / "one", [Record(0, NOW, b"k", b"v", (("h", b"x"),))])
    code, output, messages = zkbroker("--print-data-log", "--files", str(path))
    assert (code, messages) == (0, "")
    assert output.splitlines()[:2] == [f"Dumping {path}", "Log starting offset: 0"]
    assert output.endswith(
        f"| offset: 0 CreateTime: {NOW} keySize: 1 valueSize: 1 sequence: -1 headerKeys: [h] key: k payload: v\n"
    )
    code, _, messages = zkbroker("--files", str(tmp_path / name_of(9)))
    assert (code, messages) == (1, f"{tmp_path / name_of(9)}: No such file or directory\n")
    code, _, messages = zkbroker("--files", "some.log")
    assert code == 1 and "begins with an offset" in messages
    assert zkbroker("--files", "") == (1, "", "--files names no file.\n")
    code, _, messages = zkbroker("--deep-iteration")
    assert code == 1 and messages.startswith('Missing required argument "[files]"')
    code, _, messages = zkbroker("--value-decoder-class", "com.example.Mine", "--files", str(path))
    assert code == 1 and "com.example.Mine is a Java class that cannot be loaded here" in messages
