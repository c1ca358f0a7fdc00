"""DeleteRecordsRequest, key 21, versions 0-2. Generated from messages.spec, do not edit."""

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
    class DeleteRecordsPartition(Message):
        partition_index: int = 0  # v0+
        offset: int = 0  # v0+

    @frozen
    class DeleteRecordsTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[DeleteRecordsPartition] = ()  # v0+

    @frozen
    class DeleteRecordsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_RECORDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        topics: Sequence[DeleteRecordsTopic] = ()  # v0+
        timeout_ms: int = 0  # v0+

else:

    class DeleteRecordsPartition(Message):
        __slots__ = ("partition_index", "offset")

        def __init__(self, partition_index=0, offset=0):
            self.partition_index = partition_index
            self.offset = offset

    class DeleteRecordsTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class DeleteRecordsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_RECORDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("topics", "timeout_ms")

        def __init__(self, topics=(), timeout_ms=0):
            self.topics = topics
            self.timeout_ms = timeout_ms


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_iq = Struct(">iq").unpack_from
_read_iqB = Struct(">iqB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iq = Struct(">iq").pack
_write_iqx = Struct(">iqx").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteRecordsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteRecordsRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("DeleteRecordsRequest.topics", n, at)
        items: list[DeleteRecordsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeleteRecordsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DeleteRecordsTopic.partitions", at)
            room -= n * 112
            if room < 0 or n * 12 > len(data) - at:
                raise too_many("DeleteRecordsTopic.partitions", n, at)
            items_2: list[DeleteRecordsPartition] = []
            for _ in range(n):
                partition_index, offset = _read_iq(data, at)
                at += 12
                items_2.append(DeleteRecordsPartition(partition_index, offset))
            partitions = items_2
            items.append(DeleteRecordsTopic(name, partitions))
        topics = items
        timeout_ms, = _read_i(data, at)
        at += 4
        return DeleteRecordsRequest(topics, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteRecordsRequest v0-1", at, error) from None


def _encode_v0(m: DeleteRecordsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.offset)
        out += _write_i(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteRecordsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteRecordsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteRecordsRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("DeleteRecordsRequest.topics", n, at)
        items: list[DeleteRecordsTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeleteRecordsTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DeleteRecordsTopic.partitions", at)
            n -= 1
            room -= n * 112
            if room < 0 or n * 13 > len(data) - at:
                raise too_many("DeleteRecordsTopic.partitions", n, at)
            items_2: list[DeleteRecordsPartition] = []
            for _ in range(n):
                partition_index, offset, tags = _read_iqB(data, at)
                at += 13
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DeleteRecordsPartition(partition_index, offset))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DeleteRecordsTopic(name, partitions))
        topics = items
        timeout_ms, tags_3 = _read_iB(data, at)
        at += 5
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DeleteRecordsRequest(topics, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteRecordsRequest v2", at, error) from None


def _encode_v2(m: DeleteRecordsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
                out += _write_iqx(each_of_partitions.partition_index, each_of_partitions.offset)
            out.append(0)
        out += _write_ix(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteRecordsRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteRecordsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteRecordsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
