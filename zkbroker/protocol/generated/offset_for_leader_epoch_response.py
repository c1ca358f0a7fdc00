"""OffsetForLeaderEpochResponse, key 23, versions 0-4. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class EpochEndOffset(Message):
        error_code: int = 0  # v0+
        partition: int = 0  # v0+
        leader_epoch: int = -1  # v1+
        end_offset: int = -1  # v0+

    @frozen
    class OffsetForLeaderTopicResult(Message):
        topic: str = ""  # v0+
        partitions: Sequence[EpochEndOffset] = ()  # v0+

    @frozen
    class OffsetForLeaderEpochResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FOR_LEADER_EPOCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        throttle_time_ms: int = 0  # v2+
        topics: Sequence[OffsetForLeaderTopicResult] = ()  # v0+

else:

    class EpochEndOffset(Message):
        __slots__ = ("error_code", "partition", "leader_epoch", "end_offset")

        def __init__(self, error_code=0, partition=0, leader_epoch=-1, end_offset=-1):
            self.error_code = error_code
            self.partition = partition
            self.leader_epoch = leader_epoch
            self.end_offset = end_offset

    class OffsetForLeaderTopicResult(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class OffsetForLeaderEpochResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FOR_LEADER_EPOCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_hiiq = Struct(">hiiq").unpack_from
_read_hiiqB = Struct(">hiiqB").unpack_from
_read_hiq = Struct(">hiq").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_hiiq = Struct(">hiiq").pack
_write_hiiqx = Struct(">hiiqx").pack
_write_hiq = Struct(">hiq").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetForLeaderEpochResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetForLeaderEpochResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochResponse.topics", n, at)
        items: list[OffsetForLeaderTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.partitions", at)
            room -= n * 156
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("OffsetForLeaderTopicResult.partitions", n, at)
            items_2: list[EpochEndOffset] = []
            for _ in range(n):
                error_code, partition, end_offset = _read_hiq(data, at)
                at += 14
                items_2.append(EpochEndOffset(error_code, partition, -1, end_offset))
            partitions = items_2
            items.append(OffsetForLeaderTopicResult(topic, partitions))
        topics = items
        return OffsetForLeaderEpochResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochResponse v0", at, error) from None


def _encode_v0(m: OffsetForLeaderEpochResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiq(each_of_partitions.error_code, each_of_partitions.partition, each_of_partitions.end_offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[OffsetForLeaderEpochResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetForLeaderEpochResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochResponse.topics", n, at)
        items: list[OffsetForLeaderTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.partitions", at)
            room -= n * 184
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("OffsetForLeaderTopicResult.partitions", n, at)
            items_2: list[EpochEndOffset] = []
            for _ in range(n):
                error_code, partition, leader_epoch, end_offset = _read_hiiq(data, at)
                at += 18
                items_2.append(EpochEndOffset(error_code, partition, leader_epoch, end_offset))
            partitions = items_2
            items.append(OffsetForLeaderTopicResult(topic, partitions))
        topics = items
        return OffsetForLeaderEpochResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochResponse v1", at, error) from None


def _encode_v1(m: OffsetForLeaderEpochResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiiq(each_of_partitions.error_code, each_of_partitions.partition, each_of_partitions.leader_epoch, each_of_partitions.end_offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[OffsetForLeaderEpochResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("OffsetForLeaderEpochResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochResponse.topics", n, at)
        items: list[OffsetForLeaderTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopicResult.partitions", at)
            room -= n * 184
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("OffsetForLeaderTopicResult.partitions", n, at)
            items_2: list[EpochEndOffset] = []
            for _ in range(n):
                error_code, partition, leader_epoch, end_offset = _read_hiiq(data, at)
                at += 18
                items_2.append(EpochEndOffset(error_code, partition, leader_epoch, end_offset))
            partitions = items_2
            items.append(OffsetForLeaderTopicResult(topic, partitions))
        topics = items
        return OffsetForLeaderEpochResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochResponse v2-3", at, error) from None


def _encode_v2(m: OffsetForLeaderEpochResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiiq(each_of_partitions.error_code, each_of_partitions.partition, each_of_partitions.leader_epoch, each_of_partitions.end_offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochResponse v2-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[OffsetForLeaderEpochResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetForLeaderEpochResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("OffsetForLeaderEpochResponse.topics", n, at)
        items: list[OffsetForLeaderTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetForLeaderTopicResult.topic", at)
            end = at + n - 1
            topic = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OffsetForLeaderTopicResult.partitions", at)
            n -= 1
            room -= n * 184
            if room < 0 or n * 19 > len(data) - at:
                raise too_many("OffsetForLeaderTopicResult.partitions", n, at)
            items_2: list[EpochEndOffset] = []
            for _ in range(n):
                error_code, partition, leader_epoch, end_offset, tags = _read_hiiqB(data, at)
                at += 19
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(EpochEndOffset(error_code, partition, leader_epoch, end_offset))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetForLeaderTopicResult(topic, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetForLeaderEpochResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochResponse v4", at, error) from None


def _encode_v4(m: OffsetForLeaderEpochResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_hiiqx(each_of_partitions.error_code, each_of_partitions.partition, each_of_partitions.leader_epoch, each_of_partitions.end_offset)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochResponse v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetForLeaderEpochResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetForLeaderEpochResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v4,
}
