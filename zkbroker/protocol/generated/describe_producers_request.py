"""DescribeProducersRequest, key 61, versions 0-0. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    UNPACK_INT32S,
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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class TopicRequest(Message):
        name: str = ""  # v0+
        partition_indexes: Sequence[int] = ()  # v0+

    @frozen
    class DescribeProducersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_PRODUCERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        topics: Sequence[TopicRequest] = ()  # v0+

else:

    class TopicRequest(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class DescribeProducersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_PRODUCERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("topics",)

        def __init__(self, topics=()):
            self.topics = topics




def _decode_v0(data: bytes, at: int) -> tuple[DescribeProducersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeProducersRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("DescribeProducersRequest.topics", n, at)
        items: list[TopicRequest] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicRequest.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicRequest.partition_indexes", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("TopicRequest.partition_indexes", n, at)
            partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(TopicRequest(name, partition_indexes))
        topics = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeProducersRequest(topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeProducersRequest v0", at, error) from None


def _encode_v0(m: DescribeProducersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
            numbers = each_of_topics.partition_indexes
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeProducersRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeProducersRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeProducersRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
