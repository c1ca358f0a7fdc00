"""ListOffsetsResponse, key 2, versions 0-9. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_INT64S,
    UNPACK_INT64S,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class ListOffsetsPartitionResponse(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+
        old_style_offsets: Sequence[int] = ()  # v0
        timestamp: int = -1  # v1+
        offset: int = -1  # v1+
        leader_epoch: int = -1  # v4+

    @frozen
    class ListOffsetsTopicResponse(Message):
        name: str = ""  # v0+
        partitions: Sequence[ListOffsetsPartitionResponse] = ()  # v0+

    @frozen
    class ListOffsetsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_OFFSETS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        throttle_time_ms: int = 0  # v2+
        topics: Sequence[ListOffsetsTopicResponse] = ()  # v0+

else:

    class ListOffsetsPartitionResponse(Message):
        __slots__ = ("partition_index", "error_code", "old_style_offsets", "timestamp", "offset", "leader_epoch")

        def __init__(self, partition_index=0, error_code=0, old_style_offsets=(), timestamp=-1, offset=-1, leader_epoch=-1):
            self.partition_index = partition_index
            self.error_code = error_code
            self.old_style_offsets = old_style_offsets
            self.timestamp = timestamp
            self.offset = offset
            self.leader_epoch = leader_epoch

    class ListOffsetsTopicResponse(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class ListOffsetsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_OFFSETS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_read_ihqq = Struct(">ihqq").unpack_from
_read_ihqqi = Struct(">ihqqi").unpack_from
_read_ihqqiB = Struct(">ihqqiB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihqq = Struct(">ihqq").pack
_write_ihqqi = Struct(">ihqqi").pack
_write_ihqqix = Struct(">ihqqix").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListOffsetsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ListOffsetsResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsResponse.topics", n, at)
        items: list[ListOffsetsTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.partitions", at)
            room -= n * 200
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("ListOffsetsTopicResponse.partitions", n, at)
            items_2: list[ListOffsetsPartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, n = _read_ihi(data, at)
                at += 10
                if n < 0:
                    raise is_null("ListOffsetsPartitionResponse.old_style_offsets", at)
                room -= n * 36
                if room < 0 or n * 8 > len(data) - at:
                    raise too_many("ListOffsetsPartitionResponse.old_style_offsets", n, at)
                old_style_offsets = UNPACK_INT64S[n](data, at) if n < FEW else unpack_from(f">{n}q", data, at)
                at += n * 8
                items_2.append(ListOffsetsPartitionResponse(partition_index, error_code, old_style_offsets))
            partitions = items_2
            items.append(ListOffsetsTopicResponse(name, partitions))
        topics = items
        return ListOffsetsResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsResponse v0", at, error) from None


def _encode_v0(m: ListOffsetsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.timestamp != -1:
                    raise not_in_version("ListOffsetsPartitionResponse.timestamp", "ListOffsetsResponse v0")
                if each_of_partitions.offset != -1:
                    raise not_in_version("ListOffsetsPartitionResponse.offset", "ListOffsetsResponse v0")
                if each_of_partitions.leader_epoch != -1:
                    raise not_in_version("ListOffsetsPartitionResponse.leader_epoch", "ListOffsetsResponse v0")
                out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
                numbers = each_of_partitions.old_style_offsets
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT64S[n](n, *numbers)
                else:
                    append_numbers(out, "q", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ListOffsetsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ListOffsetsResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsResponse.topics", n, at)
        items: list[ListOffsetsTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.partitions", at)
            room -= n * 200
            if room < 0 or n * 22 > len(data) - at:
                raise too_many("ListOffsetsTopicResponse.partitions", n, at)
            items_2: list[ListOffsetsPartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, timestamp, offset = _read_ihqq(data, at)
                at += 22
                items_2.append(ListOffsetsPartitionResponse(partition_index, error_code, (), timestamp, offset))
            partitions = items_2
            items.append(ListOffsetsTopicResponse(name, partitions))
        topics = items
        return ListOffsetsResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsResponse v1", at, error) from None


def _encode_v1(m: ListOffsetsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.old_style_offsets:
                    raise not_in_version("ListOffsetsPartitionResponse.old_style_offsets", "ListOffsetsResponse v1")
                if each_of_partitions.leader_epoch != -1:
                    raise not_in_version("ListOffsetsPartitionResponse.leader_epoch", "ListOffsetsResponse v1")
                out += _write_ihqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.timestamp, each_of_partitions.offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ListOffsetsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("ListOffsetsResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsResponse.topics", n, at)
        items: list[ListOffsetsTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.partitions", at)
            room -= n * 200
            if room < 0 or n * 22 > len(data) - at:
                raise too_many("ListOffsetsTopicResponse.partitions", n, at)
            items_2: list[ListOffsetsPartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, timestamp, offset = _read_ihqq(data, at)
                at += 22
                items_2.append(ListOffsetsPartitionResponse(partition_index, error_code, (), timestamp, offset))
            partitions = items_2
            items.append(ListOffsetsTopicResponse(name, partitions))
        topics = items
        return ListOffsetsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsResponse v2-3", at, error) from None


def _encode_v2(m: ListOffsetsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.old_style_offsets:
                    raise not_in_version("ListOffsetsPartitionResponse.old_style_offsets", "ListOffsetsResponse v2-3")
                if each_of_partitions.leader_epoch != -1:
                    raise not_in_version("ListOffsetsPartitionResponse.leader_epoch", "ListOffsetsResponse v2-3")
                out += _write_ihqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.timestamp, each_of_partitions.offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsResponse v2-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[ListOffsetsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("ListOffsetsResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsResponse.topics", n, at)
        items: list[ListOffsetsTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopicResponse.partitions", at)
            room -= n * 228
            if room < 0 or n * 26 > len(data) - at:
                raise too_many("ListOffsetsTopicResponse.partitions", n, at)
            items_2: list[ListOffsetsPartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, timestamp, offset, leader_epoch = _read_ihqqi(data, at)
                at += 26
                items_2.append(ListOffsetsPartitionResponse(partition_index, error_code, (), timestamp, offset, leader_epoch))
            partitions = items_2
            items.append(ListOffsetsTopicResponse(name, partitions))
        topics = items
        return ListOffsetsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsResponse v4-5", at, error) from None


def _encode_v4(m: ListOffsetsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.old_style_offsets:
                    raise not_in_version("ListOffsetsPartitionResponse.old_style_offsets", "ListOffsetsResponse v4-5")
                out += _write_ihqqi(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.timestamp, each_of_partitions.offset, each_of_partitions.leader_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsResponse v4-5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[ListOffsetsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListOffsetsResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ListOffsetsResponse.topics", n, at)
        items: list[ListOffsetsTopicResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListOffsetsTopicResponse.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ListOffsetsTopicResponse.partitions", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 27 > len(data) - at:
                raise too_many("ListOffsetsTopicResponse.partitions", n, at)
            items_2: list[ListOffsetsPartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, timestamp, offset, leader_epoch, tags = _read_ihqqiB(data, at)
                at += 27
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(ListOffsetsPartitionResponse(partition_index, error_code, (), timestamp, offset, leader_epoch))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(ListOffsetsTopicResponse(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ListOffsetsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsResponse v6-9", at, error) from None


def _encode_v6(m: ListOffsetsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
                if each_of_partitions.old_style_offsets:
                    raise not_in_version("ListOffsetsPartitionResponse.old_style_offsets", "ListOffsetsResponse v6-9")
                out += _write_ihqqix(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.timestamp, each_of_partitions.offset, each_of_partitions.leader_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsResponse v6-9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListOffsetsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v4,
    5: _decode_v4,
    6: _decode_v6,
    7: _decode_v6,
    8: _decode_v6,
    9: _decode_v6,
}

ENCODERS: Final[Mapping[int, Callable[[ListOffsetsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v4,
    5: _encode_v4,
    6: _encode_v6,
    7: _encode_v6,
    8: _encode_v6,
    9: _encode_v6,
}
