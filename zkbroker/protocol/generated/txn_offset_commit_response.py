"""TxnOffsetCommitResponse, key 28, versions 0-4. Generated from messages.spec, do not edit."""

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
    class TxnOffsetCommitResponsePartition(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class TxnOffsetCommitResponseTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[TxnOffsetCommitResponsePartition] = ()  # v0+

    @frozen
    class TxnOffsetCommitResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.TXN_OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        throttle_time_ms: int = 0  # v0+
        topics: Sequence[TxnOffsetCommitResponseTopic] = ()  # v0+

else:

    class TxnOffsetCommitResponsePartition(Message):
        __slots__ = ("partition_index", "error_code")

        def __init__(self, partition_index=0, error_code=0):
            self.partition_index = partition_index
            self.error_code = error_code

    class TxnOffsetCommitResponseTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class TxnOffsetCommitResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.TXN_OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[TxnOffsetCommitResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("TxnOffsetCommitResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("TxnOffsetCommitResponse.topics", n, at)
        items: list[TxnOffsetCommitResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TxnOffsetCommitResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TxnOffsetCommitResponseTopic.partitions", at)
            room -= n * 112
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("TxnOffsetCommitResponseTopic.partitions", n, at)
            items_2: list[TxnOffsetCommitResponsePartition] = []
            for _ in range(n):
                partition_index, error_code = _read_ih(data, at)
                at += 6
                items_2.append(TxnOffsetCommitResponsePartition(partition_index, error_code))
            partitions = items_2
            items.append(TxnOffsetCommitResponseTopic(name, partitions))
        topics = items
        return TxnOffsetCommitResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TxnOffsetCommitResponse v0-2", at, error) from None


def _encode_v0(m: TxnOffsetCommitResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TxnOffsetCommitResponse v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[TxnOffsetCommitResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("TxnOffsetCommitResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("TxnOffsetCommitResponse.topics", n, at)
        items: list[TxnOffsetCommitResponseTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TxnOffsetCommitResponseTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TxnOffsetCommitResponseTopic.partitions", at)
            n -= 1
            room -= n * 112
            if room < 0 or n * 7 > len(data) - at:
                raise too_many("TxnOffsetCommitResponseTopic.partitions", n, at)
            items_2: list[TxnOffsetCommitResponsePartition] = []
            for _ in range(n):
                partition_index, error_code, tags = _read_ihB(data, at)
                at += 7
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(TxnOffsetCommitResponsePartition(partition_index, error_code))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TxnOffsetCommitResponseTopic(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return TxnOffsetCommitResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TxnOffsetCommitResponse v3-4", at, error) from None


def _encode_v3(m: TxnOffsetCommitResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
                out += _write_ihx(each_of_partitions.partition_index, each_of_partitions.error_code)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TxnOffsetCommitResponse v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[TxnOffsetCommitResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[TxnOffsetCommitResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
}
