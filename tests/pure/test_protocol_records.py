"""Record batches, message sets and codecs, against Kafka's own bytes and an independent implementation (aiokafka)."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.libraries import library
from zkbroker.protocol.compression import Codec, Undecompressible, compress, decompress
from zkbroker.protocol.legacy import (
    CorruptRecords,
    MessageSetEntry,
    UnsupportedCodec,
    convert_down,
    convert_up,
    read_any,
    read_entries,
)
from zkbroker.protocol.records import (
    HEADER_BYTES,
    BatchBuilder,
    ControlType,
    MalformedRecords,
    Record,
    RecordBatch,
    TimestampType,
    append_varint,
    build_batch,
    control_batch,
    control_coordinator_epoch,
    read_batches,
    write_crc,
)

GOLDEN_BATCH = bytes.fromhex(
    "000000000000000000000045ffffffff02d7bd8f470000000000010000018bcfe568000000018bcfe56805"
    "ffffffffffffffffffffffffffff0000000218000000026b027602026802780c000a02010100"
)
GOLDEN_RECORDS = [
    Record(0, 1700000000000, b"k", b"v", [("h", b"x")]),
    Record(1, 1700000000005, None, None),
]
GOLDEN_MARKER = bytes.fromhex(
    "000000000000000a000000420000000402c60df61d0030000000000000018bcfe568000000018bcfe56800"
    "00000000000000070003ffffffff000000012000000008000000010c00000000000500"
)


def the_batch(data: bytes | bytearray) -> RecordBatch:
    (batch,) = read_batches(data)
    return batch


# ---- golden bytes


@pytest.mark.parametrize(
    ("number", "golden"),
    [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-2, "03"),
        (300, "d804"),
        (-129, "8102"),
        (2**31 - 1, "feffffff0f"),
        (-(2**31), "ffffffff0f"),
        (2**63 - 1, "feffffffffffffffff01"),
        (-(2**63), "ffffffffffffffffff01"),
    ],
)
def test_varints(number: int, golden: str) -> None:
    out = bytearray()
    append_varint(out, number)
    assert out.hex() == golden


def test_a_batch_is_written_as_kafka_does() -> None:
    assert build_batch(GOLDEN_RECORDS) == GOLDEN_BATCH


def test_a_batch_is_read() -> None:
    batch = the_batch(GOLDEN_BATCH)
    assert (batch.base_offset, batch.last_offset, batch.last_offset_delta) == (0, 1, 1)
    assert (batch.size_in_bytes, batch.batch_length, batch.magic) == (81, 69, 2)
    assert (batch.base_timestamp, batch.max_timestamp) == (1700000000000, 1700000000005)
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence, batch.last_sequence) == (
        -1,
        -1,
        -1,
        -1,
    )
    assert (batch.codec, batch.timestamp_type) == (Codec.NONE, TimestampType.CREATE_TIME)
    assert (batch.is_transactional, batch.is_control, batch.delete_horizon_ms) == (False, False, None)
    assert (batch.record_count, batch.partition_leader_epoch) == (2, -1)
    assert batch.crc == 0xD7BD8F47
    assert batch.crc_is_valid()
    assert list(batch.records()) == GOLDEN_RECORDS


def test_a_marker() -> None:
    marker = control_batch(
        ControlType.COMMIT,
        producer_id=7,
        producer_epoch=3,
        coordinator_epoch=5,
        timestamp=1700000000000,
        base_offset=10,
        partition_leader_epoch=4,
    )
    assert marker == GOLDEN_MARKER
    batch = the_batch(marker)
    assert batch.is_control
    assert batch.is_transactional
    assert batch.control_type() is ControlType.COMMIT
    assert [control_coordinator_epoch(record) for record in batch.records()] == [5]


def test_a_control_batch_of_another_kind_has_no_type() -> None:
    for key, expected in ((b"\0\0\0\0", ControlType.ABORT), (b"\0\0\0\2", None), (b"\0\0\xff\xff", None)):
        batch = the_batch(build_batch([Record(0, 0, key, b"")], is_control=True))
        assert batch.control_type() is expected
    with pytest.raises(MalformedRecords):
        the_batch(build_batch([Record(0, 0, b"\0\0", b"")], is_control=True)).control_type()


# ---- Kafka's own bytes

JAVA = [
    line.split()
    for line in (Path(__file__).parent / "recorded" / "java_records.txt").read_text().splitlines()
    if not line.startswith("#")
]
JAVA_RECORDS = [
    Record(100, 1700000000000, b"k", b"v" * 300, [("h", b"x"), ("n", None)]),
    Record(101, 1699999999990, None, b"second"),
    Record(102, 1700000000007, b"gone", None),
]


def expected_of(magic: int, timestamp_type: str) -> list[Record]:
    return [
        Record(
            record.offset,
            -1 if magic == 0 else 1700000009999 if timestamp_type == "append" else record.timestamp,
            record.key,
            record.value,
            record.headers if magic == 2 else (),
        )
        for record in JAVA_RECORDS
    ]


@pytest.mark.parametrize(("magic", "codec", "timestamp_type", "golden"), JAVA, ids=lambda text: text[:6])
def test_what_java_wrote_is_read(magic: str, codec: str, timestamp_type: str, golden: str) -> None:
    data = bytes.fromhex(golden)
    pieces = list(read_any(data))
    assert b"".join(piece.data for piece in pieces) == data
    assert all(piece.crc_is_valid() for piece in pieces)
    assert {piece.codec for piece in pieces} == {Codec[codec.upper()]}
    records = [record for piece in pieces for record in piece.records()]
    assert records == expected_of(int(magic), timestamp_type)


@pytest.mark.parametrize(
    ("magic", "codec", "timestamp_type", "golden"),
    [line for line in JAVA if line[1] == "none"],  # a compressor's choices are its own
    ids=lambda text: text[:6],
)
def test_what_java_wrote_is_written_alike(magic: str, codec: str, timestamp_type: str, golden: str) -> None:
    append_time = 1700000009999 if timestamp_type == "append" else None
    written: bytes | bytearray = build_batch(
        JAVA_RECORDS,
        base_offset=100,
        partition_leader_epoch=4,
        producer_id=7,
        producer_epoch=3,
        base_sequence=5,
        log_append_time=append_time,
    )
    if magic != "2":
        written = convert_down(written, int(magic))
    assert written.hex() == golden


# ---- round trips

timestamps = st.integers(0, 2**40)
content = st.none() | st.binary(max_size=200)
header_list = st.lists(st.tuples(st.text(max_size=5), content), max_size=3)
record_lists = st.lists(
    st.builds(lambda t, k, v, h: Record(0, t, k, v, h), timestamps, content, content, header_list),
    min_size=1,
    max_size=8,
)


def numbered(records: list[Record], base_offset: int) -> list[Record]:
    return [
        Record(base_offset + index, record.timestamp, record.key, record.value, tuple(record.headers))
        for index, record in enumerate(records)
    ]


def read_back(batch: RecordBatch) -> list[Record]:
    return [Record(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in batch.records()]


@given(record_lists, st.sampled_from(list(Codec)), st.integers(0, 2**62))
def test_what_is_built_is_read_back(records: list[Record], codec: Codec, base_offset: int) -> None:
    data = build_batch(
        records,
        codec=codec,
        base_offset=base_offset,
        producer_id=2**40,
        producer_epoch=1,
        base_sequence=2**31 - 1,
    )
    batch = the_batch(data)
    assert batch.crc_is_valid()
    assert batch.codec == codec
    assert batch.last_offset == base_offset + len(records) - 1
    assert batch.max_timestamp == max(record.timestamp for record in records)
    assert batch.last_sequence == (2**31 - 1 if len(records) == 1 else len(records) - 2)
    assert read_back(batch) == numbered(records, base_offset)


@given(record_lists, st.sampled_from(list(Codec)))
def test_aiokafka_reads_what_we_write(records: list[Record], codec: Codec) -> None:
    aiokafka = library("aiokafka.record.default_records")
    data = bytes(build_batch(records, codec=codec, base_offset=5))
    theirs = aiokafka.DefaultRecordBatch(data)
    assert theirs.validate_crc()
    read = [Record(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in theirs]
    assert read == numbered(records, 5)


@given(record_lists, st.sampled_from(list(Codec)))
def test_we_read_what_aiokafka_writes(records: list[Record], codec: Codec) -> None:
    aiokafka = library("aiokafka.record.default_records")
    builder = aiokafka.DefaultRecordBatchBuilder(
        magic=2,
        compression_type=int(codec),
        is_transactional=0,
        producer_id=7,
        producer_epoch=1,
        base_sequence=3,
        batch_size=1_000_000,
    )
    for offset, record in enumerate(records):
        assert builder.append(offset, record.timestamp, record.key, record.value, list(record.headers))
    batch = the_batch(builder.build())
    assert batch.crc_is_valid()
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence) == (7, 1, 3)
    assert read_back(batch) == numbered(records, 0)


@given(
    record_lists, st.sampled_from([Codec.NONE, Codec.GZIP, Codec.SNAPPY, Codec.LZ4]), st.sampled_from([0, 1])
)
def test_message_sets_there_and_back(records: list[Record], codec: Codec, magic: int) -> None:
    old = convert_down(build_batch(records, codec=codec, base_offset=30), magic)
    expected = [
        Record(record.offset, record.timestamp if magic else -1, record.key, record.value)
        for record in numbered(records, 30)
    ]
    entries = list(read_entries(old))
    assert all(entry.crc_is_valid() and entry.magic == magic for entry in entries)
    assert [record for entry in entries for record in entry.records()] == expected
    new = the_batch(convert_up(old))
    assert new.crc_is_valid()
    assert new.codec == codec
    assert read_back(new) == numbered(expected, 0)


@given(record_lists, st.sampled_from([0, 1]), st.sampled_from([Codec.NONE, Codec.GZIP, Codec.SNAPPY]))
def test_aiokafka_reads_our_message_sets(records: list[Record], magic: int, codec: int) -> None:
    aiokafka = library("aiokafka.record.memory_records")
    old = convert_down(build_batch(records, codec=codec, base_offset=30), magic)
    theirs = aiokafka.MemoryRecords(old)
    read = []
    while (batch := theirs.next_batch()) is not None:
        assert batch.validate_crc()
        read += [(record.offset, record.timestamp, record.key, record.value) for record in batch]
    expected = [(r.offset, r.timestamp if magic else None, r.key, r.value) for r in numbered(records, 30)]
    assert read == expected


def test_header_keys_that_are_not_utf8_survive() -> None:
    data = bytearray(GOLDEN_BATCH)
    data[data.index(b"h", HEADER_BYTES)] = 0xFF
    write_crc(data)
    (first, _) = the_batch(data).records()
    assert first.headers == [("\udcff", b"x")]
    assert build_batch(the_batch(data).records()) == data


def test_log_append_time_is_every_records_time() -> None:
    batch = the_batch(build_batch(GOLDEN_RECORDS, log_append_time=1800000000000))
    assert batch.timestamp_type is TimestampType.LOG_APPEND_TIME
    assert batch.max_timestamp == 1800000000000
    assert [record.timestamp for record in batch.records()] == [1800000000000] * 2


def test_what_compaction_builds() -> None:
    builder = BatchBuilder(Codec.GZIP, delete_horizon_ms=1800000000000)
    assert len(builder) == 0
    assert builder.append(b"a", b"1", 1700000000000, offset_delta=3) == 3
    assert builder.append(b"b", None, 1700000000001, offset_delta=7) == 7
    assert len(builder) == 2
    batch = the_batch(builder.build(base_offset=100, last_offset_delta=9))
    assert (batch.base_offset, batch.last_offset, batch.record_count) == (100, 109, 2)
    assert batch.delete_horizon_ms == 1800000000000
    assert [(r.offset, r.timestamp) for r in batch.records()] == [(103, 1700000000000), (107, 1700000000001)]
    empty = the_batch(BatchBuilder(Codec.GZIP).build(base_offset=100, last_offset_delta=9, producer_id=7))
    assert (empty.last_offset, empty.record_count, empty.size_in_bytes) == (109, 0, HEADER_BYTES)
    assert list(empty.records()) == []


def test_offset_and_epoch_are_stamped_without_a_new_checksum() -> None:
    data = bytearray(GOLDEN_BATCH)
    struct.pack_into(">q", data, 0, 1_000_000)
    struct.pack_into(">i", data, 12, 9)
    batch = the_batch(data)
    assert batch.crc_is_valid()
    assert (batch.base_offset, batch.partition_leader_epoch) == (1_000_000, 9)
    assert [record.offset for record in batch.records()] == [1_000_000, 1_000_001]


# ---- several batches, torn ones, garbage


def test_batches_one_after_the_other() -> None:
    second = build_batch(GOLDEN_RECORDS, base_offset=2, codec=Codec.ZSTD)
    batches = list(read_batches(memoryview(GOLDEN_BATCH + second + GOLDEN_MARKER)))
    assert [batch.base_offset for batch in batches] == [0, 2, 10]
    assert [bytes(batch.data) for batch in batches] == [GOLDEN_BATCH, second, GOLDEN_MARKER]
    assert list(read_batches(b"")) == []


def test_a_torn_batch_is_refused_or_left_out() -> None:
    for size in range(1, len(GOLDEN_MARKER)):
        torn = GOLDEN_BATCH + GOLDEN_MARKER[:size]
        batches = read_batches(torn)
        assert next(batches).base_offset == 0
        with pytest.raises(MalformedRecords, match="at byte 81"):
            next(batches)
        assert [batch.base_offset for batch in read_batches(torn, torn_tail=True)] == [0]


def test_garbage_is_no_batch() -> None:
    wrong_length = bytearray(GOLDEN_BATCH)
    wrong_length[8:12] = struct.pack(">i", 48)
    negative = bytearray(GOLDEN_BATCH)
    negative[8:12] = struct.pack(">i", -13)
    old = convert_down(GOLDEN_BATCH, 1)
    for data in (wrong_length, negative, old + GOLDEN_BATCH, b"\xff" * 100, bytes(100)):
        for torn_tail in (False, True):
            with pytest.raises(MalformedRecords):
                list(read_batches(data, torn_tail=torn_tail))


def test_every_flipped_bit_after_the_checksum_is_noticed() -> None:
    for at in range(17, len(GOLDEN_BATCH)):
        for bit in range(8):
            data = bytearray(GOLDEN_BATCH)
            data[at] ^= 1 << bit
            assert not RecordBatch(memoryview(data)).crc_is_valid()


def survives(data: bytes | bytearray) -> None:
    try:
        for piece in read_any(data):
            list(piece.records(100_000))
    except MalformedRecords:
        pass


def test_damaged_records_raise_nothing_else() -> None:
    """As if the checksum were right: whoever damages records can compute it."""
    pick = random.Random(3)
    for magic, *_, golden in JAVA:
        whole = bytes.fromhex(golden)
        for at in range(61 if magic == "2" else 16, len(whole), 1 if len(whole) < 200 else 5):
            for byte in (0, 1, 0x7F, 0x80, 0xFF):
                survives(whole[:at] + bytes([byte]) + whole[at + 1 :])
            survives(whole[:at] + pick.randbytes(3) + whole[at + 3 :])
            survives(whole[:at])


@pytest.mark.parametrize(
    ("count", "body", "reason"),
    [
        (1, b"", "less than 1 records"),
        (1, b"\x14\0\0\0", "ends after the batch"),
        (2, b"\x0c\0\0\0\1\1\0", "less than 2 records"),
        (1, b"\x0c\0\0\0\1\1\0" + b"x", "1 bytes follow"),
        (0, b"\x0c\0\0\0\1\1\0", "7 bytes follow"),
        (1, b"\x0e\0\0\0\1\1\0\0", "should end at byte 8"),
        (1, b"\x0c\0\0\0\x7e\1\0", "less than 1 records"),
        (1, b"\x0c\0\0\0\1\1\2", "1 headers"),
        (1, b"\x0c\0\0\0\1\1\1", "-1 headers"),
        (1, b"\x10\0\0\0\1\1\2\1\1", "header key of -1 bytes"),
        (1, b"\x0c" + b"\xff" * 11, "more than 10 bytes"),
        (-1, b"\x0c\0\0\0\1\1\0", "7 bytes follow"),
        (2**31 - 1, b"", "less than"),
    ],
)
def test_records_that_do_not_fit_their_batch(count: int, body: bytes, reason: str) -> None:
    head = bytearray(build_batch([Record(0, 0, None, None)])[:HEADER_BYTES])
    head[57:61] = struct.pack(">i", count)
    head[8:12] = struct.pack(">i", HEADER_BYTES - 12 + len(body))
    with pytest.raises(MalformedRecords, match=reason):
        list(the_batch(head + body).records())


# ---- message sets


def test_a_damaged_entry_is_noticed_inside_and_outside() -> None:
    for codec in (Codec.NONE, Codec.GZIP):
        old = bytearray(convert_down(build_batch(GOLDEN_RECORDS, codec=codec), 1))
        old[-1] ^= 1
        with pytest.raises(CorruptRecords):
            convert_up(old)
    inner = bytearray(convert_down(build_batch(GOLDEN_RECORDS), 1))
    inner[-1] ^= 1
    wrapper = wrap(bytes(inner))
    assert MessageSetEntry(memoryview(wrapper)).crc_is_valid()
    with pytest.raises(CorruptRecords):
        convert_up(wrapper)


def wrap(inner: bytes, attributes: int = Codec.GZIP) -> bytes:
    """A compressed entry of magic 1 around these bytes."""
    value = compress(Codec.GZIP, inner)
    body = struct.pack(">bbqii", 1, attributes, 5, -1, len(value)) + value
    return struct.pack(">qiI", 1, 4 + len(body), zlib.crc32(body)) + body


def test_message_sets_kafka_refuses() -> None:
    inner = convert_down(build_batch(GOLDEN_RECORDS), 1)
    with pytest.raises(MalformedRecords, match="not alone"):
        convert_up(wrap(inner) + wrap(inner))
    with pytest.raises(MalformedRecords, match="another kind"):
        convert_up(wrap(wrap(inner)))
    with pytest.raises(MalformedRecords, match="another kind"):
        convert_up(wrap(convert_down(build_batch(GOLDEN_RECORDS), 0)))
    with pytest.raises(MalformedRecords, match="record batch inside"):
        convert_up(GOLDEN_BATCH)
    with pytest.raises(MalformedRecords, match="without records"):
        convert_up(b"")
    with pytest.raises(MalformedRecords, match="no codec 7"):
        convert_up(wrap(inner, attributes=7))


def test_what_old_consumers_are_not_sent() -> None:
    data = GOLDEN_BATCH + GOLDEN_MARKER + build_batch(GOLDEN_RECORDS, base_offset=11)
    offsets = [entry.offset for entry in read_entries(convert_down(data, 1, first_offset=1))]
    assert offsets == [1, 11, 12]
    assert convert_down(data[:-1], 1, first_offset=1) == convert_down(GOLDEN_BATCH, 1, first_offset=1)
    with pytest.raises(UnsupportedCodec):
        convert_down(build_batch(GOLDEN_RECORDS, codec=Codec.ZSTD), 1)


def test_old_segments_mix_formats() -> None:
    mixed = convert_down(GOLDEN_BATCH, 0) + convert_down(GOLDEN_BATCH, 1) + GOLDEN_BATCH
    assert [piece.magic for piece in read_any(mixed)] == [0, 0, 1, 1, 2]
    assert [entry.magic for entry in read_entries(convert_down(mixed, 1))] == [0, 0, 1, 1, 1, 1]
    assert [entry.magic for entry in read_entries(convert_down(mixed, 0))] == [0] * 6
    for size in range(len(mixed)):
        whole = [piece.magic for piece in read_any(mixed[:size], torn_tail=True)]
        assert whole == [0, 0, 1, 1, 2][: len(whole)]


# ---- codecs

PLAIN = random.Random(4).randbytes(3000) * 40


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("plain", [b"", b"x", PLAIN], ids=len)
def test_codecs_there_and_back(codec: Codec, plain: bytes) -> None:
    packed = compress(codec, plain)
    assert decompress(codec, packed, len(plain)) == plain
    assert decompress(codec, memoryview(bytearray(packed)), 1_000_000) == plain
    assert compress(codec, memoryview(bytearray(plain))) == packed


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.LZ4, Codec.ZSTD])
def test_levels(codec: Codec) -> None:
    assert decompress(codec, compress(codec, PLAIN, 1), len(PLAIN)) == PLAIN
    assert decompress(codec, compress(codec, PLAIN, 9), len(PLAIN)) == PLAIN


def test_snappy_is_written_in_xerials_framing_and_read_in_both() -> None:
    framed = compress(Codec.SNAPPY, PLAIN)
    assert framed.startswith(b"\x82SNAPPY\0\0\0\0\1\0\0\0\1")
    raw = bytes(cramjam.snappy.compress_raw(PLAIN))
    assert decompress(Codec.SNAPPY, raw, len(PLAIN)) == PLAIN


def test_lz4_frames_have_independent_blocks_or_java_cannot_read_them() -> None:
    for level in (None, 9, 12):
        packed = compress(Codec.LZ4, PLAIN, level)
        assert packed[:4] == bytes.fromhex("04224d18")
        assert packed[4] & 0x20


def test_gzip_members_may_follow_each_other() -> None:
    packed = compress(Codec.GZIP, b"ab") + compress(Codec.GZIP, b"cd")
    assert decompress(Codec.GZIP, packed, 4) == b"abcd"
    with pytest.raises(Undecompressible):
        decompress(Codec.GZIP, packed, 3)


@pytest.mark.parametrize("codec", list(Codec))
def test_what_becomes_too_large_is_refused(codec: Codec) -> None:
    packed = compress(codec, PLAIN)
    with pytest.raises(Undecompressible, match=f"larger than {len(PLAIN) - 1} bytes"):
        decompress(codec, packed, len(PLAIN) - 1)


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD])
def test_a_bomb_takes_no_memory(codec: Codec) -> None:
    bomb = compress(codec, bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Undecompressible, match="larger than"):
            decompress(codec, bomb, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(bomb) + 1_000_000
    finally:
        tracemalloc.stop()


def test_a_raw_snappy_block_that_claims_four_gigabytes() -> None:
    with pytest.raises(Undecompressible, match="larger than"):
        decompress(Codec.SNAPPY, b"\xff\xff\xff\xff\x0fabc", 2**30)


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD, 5, 7])
def test_damaged_data(codec: int) -> None:
    packed = compress(codec, PLAIN[:5000]) if codec < 5 else PLAIN
    cuts = [packed[:size] for size in (0, 1, 5, 15, 17, 19, len(packed) // 2, len(packed) - 1)]
    for data in [*cuts, b"\xff" * 100, bytes(100)]:
        if codec == Codec.SNAPPY and data == packed[:16]:
            continue
        with pytest.raises(Undecompressible):
            decompress(codec, data, 1_000_000)
    if codec >= 5:
        with pytest.raises(ValueError, match=f"no codec {codec}"):
            compress(codec, b"")
