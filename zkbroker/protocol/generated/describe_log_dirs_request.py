"""DescribeLogDirsRequest, key 35, versions 0-4. Generated from messages.spec, do not edit."""

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
    PACK_INT32S,
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
    class DescribableLogDirTopic(Message):
        topic: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class DescribeLogDirsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        topics: Sequence[DescribableLogDirTopic] | None = ()  # v0+, null in v0+

else:

    class DescribableLogDirTopic(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class DescribeLogDirsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        __slots__ = ("topics",)

        def __init__(self, topics=()):
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeLogDirsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        topics: list[DescribableLogDirTopic] | None
        if n >= 0:
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("DescribeLogDirsRequest.topics", n, at)
            items: list[DescribableLogDirTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribableLogDirTopic.topic", at)
                end = at + n
                topic = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribableLogDirTopic.partitions", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("DescribableLogDirTopic.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items.append(DescribableLogDirTopic(topic, partitions))
            topics = items
        else:
            topics = None
        return DescribeLogDirsRequest(topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsRequest v0-1", at, error) from None


def _encode_v0(m: DescribeLogDirsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topics))
            for each_of_topics in m.topics:
                s = each_of_topics.topic.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topics.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeLogDirsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[DescribableLogDirTopic] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeLogDirsRequest.topics", n, at)
            items: list[DescribableLogDirTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribableLogDirTopic.topic", at)
                end = at + n - 1
                topic = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribableLogDirTopic.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("DescribableLogDirTopic.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(DescribableLogDirTopic(topic, partitions))
            topics = items
        else:
            topics = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeLogDirsRequest(topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsRequest v2-4", at, error) from None


def _encode_v2(m: DescribeLogDirsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics is None:
            out.append(0)
        else:
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
                numbers = each_of_topics.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsRequest v2-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeLogDirsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeLogDirsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
}
