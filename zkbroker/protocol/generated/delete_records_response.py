"""DeleteRecordsResponse, key 21, versions 0-2. Generated from messages.spec, do not edit."""

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
    class DeleteRecordsPartitionResult(Message):
        partition_index: int = 0  # v0+
        low_watermark: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class DeleteRecordsTopicResult(Message):
        name: str = ""  # v0+
        partitions: Sequence[DeleteRecordsPartitionResult] = ()  # v0+

    @frozen
    class DeleteRecordsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_RECORDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        throttle_time_ms: int = 0  # v0+
        topics: Sequence[DeleteRecordsTopicResult] = ()  # v0+

else:

    class DeleteRecordsPartitionResult(Message):
        __slots__ = ("partition_index", "low_watermark", "error_code")

        def __init__(self, partition_index=0, low_watermark=0, error_code=0):
            self.partition_index = partition_index
            self.low_watermark = low_watermark
            self.error_code = error_code

    class DeleteRecordsTopicResult(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class DeleteRecordsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_RECORDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iqh = Struct(">iqh").unpack_from
_read_iqhB = Struct(">iqhB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_iqh = Struct(">iqh").pack
_write_iqhx = Struct(">iqhx").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteRecordsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DeleteRecordsResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("DeleteRecordsResponse.topics", n, at)
        items: list[DeleteRecordsTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeleteRecordsTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DeleteRecordsTopicResult.partitions", at)
            room -= n * 148
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DeleteRecordsTopicResult.partitions", n, at)
            items_2: list[DeleteRecordsPartitionResult] = []
            for _ in range(n):
                partition_index, low_watermark, error_code = _read_iqh(data, at)
                at += 14
                items_2.append(DeleteRecordsPartitionResult(partition_index, low_watermark, error_code))
            partitions = items_2
            items.append(DeleteRecordsTopicResult(name, partitions))
        topics = items
        return DeleteRecordsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteRecordsResponse v0-1", at, error) from None


def _encode_v0(m: DeleteRecordsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqh(each_of_partitions.partition_index, each_of_partitions.low_watermark, each_of_partitions.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteRecordsResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteRecordsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteRecordsResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("DeleteRecordsResponse.topics", n, at)
        items: list[DeleteRecordsTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeleteRecordsTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DeleteRecordsTopicResult.partitions", at)
            n -= 1
            room -= n * 148
            if room < 0 or n * 15 > len(data) - at:
                raise too_many("DeleteRecordsTopicResult.partitions", n, at)
            items_2: list[DeleteRecordsPartitionResult] = []
            for _ in range(n):
                partition_index, low_watermark, error_code, tags = _read_iqhB(data, at)
                at += 15
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DeleteRecordsPartitionResult(partition_index, low_watermark, error_code))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DeleteRecordsTopicResult(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DeleteRecordsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteRecordsResponse v2", at, error) from None


def _encode_v2(m: DeleteRecordsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
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
                out += _write_iqhx(each_of_partitions.partition_index, each_of_partitions.low_watermark, each_of_partitions.error_code)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteRecordsResponse v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteRecordsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteRecordsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
