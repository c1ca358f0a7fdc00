"""What a leader checks of a batch, each refusal by its code, and what it rewrites where the topic asks for it."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack_into
from typing import Any

import pytest

from zkbroker.config import TopicConfig
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.records import (
    ControlType,
    Record,
    RecordBatch,
    TimestampType,
    build_batch,
    control_batch,
    write_crc,
)
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.validation import AppendRules, FusedHeader, RecordsRefused, admit

NOW = 1_700_000_000_000
CLIENT, COORDINATOR = AppendOrigin.CLIENT, AppendOrigin.COORDINATOR


def records(*timestamps: int, key: bytes | None = b"k") -> list[Record]:
    return [Record(0, timestamp, key, b"v" * 50) for timestamp in timestamps]


def batch(*timestamps: int, **how: Any) -> memoryview:
    key = how.pop("key", b"k")
    return memoryview(build_batch(records(*(timestamps or (NOW, NOW + 1)), key=key), **how))


def admitted(
    content: memoryview, *, origin: AppendOrigin = CLIENT, deep: bool = False, **config: Any
) -> tuple[memoryview, FusedHeader]:
    rules = AppendRules.of(TopicConfig(**config), deep_validation=deep)
    return admit(content, rules, NOW, origin, "t-0")


def refused(content: memoryview, code: ErrorCode, **how: Any) -> KafkaError:
    with pytest.raises(KafkaError) as caught:
        admitted(content, **how)
    assert caught.value.code is code
    assert "t-0" in str(caught.value)
    return caught.value


def changed(content: memoryview, position: int, layout: str, *values: int, crc: bool = True) -> memoryview:
    pack_into(layout, content, position, *values)
    if crc:
        write_crc(content)
    return content


def test_a_good_batch_is_left_as_it_is() -> None:
    content = batch()
    before = bytes(content)
    same, header = admitted(content)
    assert same is content
    assert bytes(content) == before
    assert header[6] == 1
    assert header[12] == 2


@pytest.mark.parametrize("codec", list(Codec))
def test_every_codec_is_taken(codec: Codec) -> None:
    admitted(batch(codec=codec))
    admitted(batch(codec=codec), deep=True)


BROKEN: dict[str, tuple[Callable[[memoryview], memoryview], ErrorCode]] = {
    "empty": (lambda b: b[:0], ErrorCode.CORRUPT_MESSAGE),
    "less than a header": (lambda b: b[:60], ErrorCode.CORRUPT_MESSAGE),
    "a byte short": (lambda b: b[:-1], ErrorCode.CORRUPT_MESSAGE),
    "two batches": (lambda b: memoryview(bytearray(bytes(b) * 2)), ErrorCode.INVALID_RECORD),
    "a length below the header": (lambda b: changed(b, 8, ">i", 3), ErrorCode.CORRUPT_MESSAGE),
    "a negative length": (lambda b: changed(b, 8, ">i", -100), ErrorCode.CORRUPT_MESSAGE),
    "old magic": (lambda b: changed(b, 16, ">b", 1), ErrorCode.INVALID_RECORD),
    "future magic": (lambda b: changed(b, 16, ">b", 3), ErrorCode.INVALID_RECORD),
    "a flipped bit": (lambda b: changed(b, 80, ">b", 99, crc=False), ErrorCode.CORRUPT_MESSAGE),
    "codec 5": (lambda b: changed(b, 21, ">h", 5), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
    "codec 7": (lambda b: changed(b, 21, ">h", 7), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
    "no records": (lambda b: changed(changed(b, 57, ">i", 0), 23, ">i", -1), ErrorCode.INVALID_RECORD),
    "a negative count": (lambda b: changed(b, 57, ">i", -1), ErrorCode.INVALID_RECORD),
    "a count that is not the offsets'": (lambda b: changed(b, 57, ">i", 3), ErrorCode.INVALID_RECORD),
    "a base offset": (lambda b: changed(b, 0, ">q", 4), ErrorCode.INVALID_RECORD),
    "a control batch": (lambda b: changed(b, 21, ">h", 0x20), ErrorCode.INVALID_RECORD),
    "a transaction without producer": (lambda b: changed(b, 21, ">h", 0x10), ErrorCode.INVALID_RECORD),
    "a producer without sequence": (lambda b: changed(b, 43, ">qhi", 7, 0, -1), ErrorCode.INVALID_RECORD),
    "a producer without epoch": (lambda b: changed(b, 43, ">qhi", 7, -1, 0), ErrorCode.INVALID_RECORD),
    "log append time": (lambda b: changed(b, 21, ">hiqq", 8, 1, NOW, -1), ErrorCode.INVALID_TIMESTAMP),
}


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_batch_is_refused(case: str, deep: bool) -> None:
    breaks, code = BROKEN[case]
    refused(breaks(batch()), code, deep=deep)


def test_a_coordinator_may_write_control_batches() -> None:
    marker = control_batch(
        ControlType.COMMIT, producer_id=7, producer_epoch=0, coordinator_epoch=1, timestamp=NOW
    )
    admitted(memoryview(marker), origin=COORDINATOR)
    admitted(memoryview(marker), origin=COORDINATOR, cleanup_policy=("compact",))


def test_too_large() -> None:
    content = batch()
    admitted(content, max_message_bytes=len(content))
    refused(content, ErrorCode.MESSAGE_TOO_LARGE, max_message_bytes=len(content) - 1)


def test_limits_of_time() -> None:
    admitted(batch(NOW - 5, NOW + 5), message_timestamp_after_max_ms=5)
    refused(batch(NOW - 5, NOW + 6), ErrorCode.INVALID_TIMESTAMP, message_timestamp_after_max_ms=5)
    admitted(batch(NOW - 5, NOW), message_timestamp_before_max_ms=5)
    error = refused(
        batch(NOW - 6, NOW, NOW - 7), ErrorCode.INVALID_TIMESTAMP, message_timestamp_before_max_ms=5
    )
    assert isinstance(error, RecordsRefused)
    assert [index for index, _ in error.records] == [0, 2]
    admitted(batch(-1), message_timestamp_before_max_ms=5, message_timestamp_after_max_ms=5)


def test_compacted_topics_need_keys() -> None:
    admitted(batch(), cleanup_policy=("compact",))
    error = refused(batch(key=None), ErrorCode.INVALID_RECORD, cleanup_policy=("compact", "delete"))
    assert isinstance(error, RecordsRefused)
    assert [index for index, _ in error.records] == [0, 1]


@pytest.mark.parametrize("codec", list(Codec))
def test_log_append_time_replaces_the_producers(codec: Codec) -> None:
    content, header = admitted(batch(5, 6, codec=codec), message_timestamp_type="LogAppendTime")
    view = RecordBatch(content)
    assert view.crc_is_valid()
    assert view.timestamp_type is TimestampType.LOG_APPEND_TIME
    assert header[8] == view.max_timestamp == NOW
    assert [record.timestamp for record in view.records()] == [NOW, NOW]
    refused(batch(5, log_append_time=5), ErrorCode.INVALID_TIMESTAMP, message_timestamp_type="LogAppendTime")


def test_log_append_time_ignores_the_limits() -> None:
    admitted(
        batch(5),
        message_timestamp_type="LogAppendTime",
        message_timestamp_before_max_ms=1,
        message_timestamp_after_max_ms=1,
    )


def test_create_time_takes_the_type_back_from_a_producer() -> None:
    content, _ = admitted(batch(5, 6, log_append_time=9))
    view = RecordBatch(content)
    assert view.crc_is_valid()
    assert view.timestamp_type is TimestampType.CREATE_TIME


def test_a_wrong_max_timestamp_is_corrected_when_records_are_looked_at() -> None:
    content = changed(batch(NOW, NOW - 3), 35, ">q", NOW + 77)
    unchanged, _ = admitted(memoryview(bytearray(content)))
    assert RecordBatch(unchanged).max_timestamp == NOW + 77
    corrected, header = admitted(content, deep=True)
    assert header[8] == RecordBatch(corrected).max_timestamp == NOW
    assert RecordBatch(corrected).crc_is_valid()


@pytest.mark.parametrize("deep", [False, True])
def test_garbage_behind_a_good_header(deep: bool) -> None:
    content = changed(batch(), 61, ">q", -1)
    if deep:
        refused(content, ErrorCode.INVALID_RECORD, deep=True)
    else:
        admitted(content)


def test_offsets_inside_must_count_up() -> None:
    content = batch(NOW, NOW)
    at = bytes(content).index(b"\x00\x02", 61 + 10)  # timestamp delta 0, offset delta 1 of the second record
    refused(changed(content, at + 1, ">b", 6), ErrorCode.INVALID_RECORD, deep=True)


@pytest.mark.parametrize("wanted", ["uncompressed", "gzip", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("codec", list(Codec))
def test_the_topics_codec(codec: Codec, wanted: str) -> None:
    content = batch(
        NOW, NOW + 3, codec=codec, producer_id=7, producer_epoch=2, base_sequence=9, is_transactional=True
    )
    before = RecordBatch(memoryview(bytes(content)))
    after_content, header = admitted(content, compression_type=wanted)
    after = RecordBatch(after_content)
    assert after.codec == {"uncompressed": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}[wanted]
    assert after.crc_is_valid()
    assert list(after.records()) == list(before.records())
    for field in ("producer_id", "producer_epoch", "base_sequence", "record_count", "max_timestamp"):
        assert getattr(after, field) == getattr(before, field)
    assert after.is_transactional
    assert header[1] + 12 == len(after_content)
    if after.codec == codec:
        assert after_content is content


def test_what_needs_a_thread() -> None:
    rules = AppendRules.of(TopicConfig(), deep_validation=False)
    assert not rules.needs_thought(batch())
    assert AppendRules.of(TopicConfig(), deep_validation=True).needs_thought(batch())
    zstd = AppendRules.of(TopicConfig(compression_type="zstd"), deep_validation=False)
    assert zstd.needs_thought(batch())
    assert not zstd.needs_thought(batch(codec=Codec.ZSTD))
    assert not zstd.needs_thought(batch()[:10])
