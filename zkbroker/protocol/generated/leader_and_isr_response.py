"""LeaderAndIsrResponse, key 4, versions 0-7. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    ZERO_UUID,
    Buffer,
    Message,
    Records,
    VersionRange,
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
    class LeaderAndIsrPartitionError(Message):
        topic_name: str = ""  # v0-4
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class LeaderAndIsrTopicError(Message):
        topic_id: TopicId = ZERO_UUID  # v5+
        partition_errors: Sequence[LeaderAndIsrPartitionError] = ()  # v5+

    @frozen
    class LeaderAndIsrResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LEADER_AND_ISR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 4)
        error_code: int = 0  # v0+
        partition_errors: Sequence[LeaderAndIsrPartitionError] = ()  # v0-4
        topics: Sequence[LeaderAndIsrTopicError] = ()  # v5+

else:

    class LeaderAndIsrPartitionError(Message):
        __slots__ = ("topic_name", "partition_index", "error_code")

        def __init__(self, topic_name="", partition_index=0, error_code=0):
            self.topic_name = topic_name
            self.partition_index = partition_index
            self.error_code = error_code

    class LeaderAndIsrTopicError(Message):
        __slots__ = ("topic_id", "partition_errors")

        def __init__(self, topic_id=ZERO_UUID, partition_errors=()):
            self.topic_id = topic_id
            self.partition_errors = partition_errors

    class LeaderAndIsrResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LEADER_AND_ISR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 4)
        __slots__ = ("error_code", "partition_errors", "topics")

        def __init__(self, error_code=0, partition_errors=(), topics=()):
            self.error_code = error_code
            self.partition_errors = partition_errors
            self.topics = topics


_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack


def _decode_v0(data: bytes, at: int) -> tuple[LeaderAndIsrResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("LeaderAndIsrResponse.partition_errors", at)
        room -= n * 170
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("LeaderAndIsrResponse.partition_errors", n, at)
        items: list[LeaderAndIsrPartitionError] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("LeaderAndIsrPartitionError.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, error_code_2 = _read_ih(data, at)
            at += 6
            items.append(LeaderAndIsrPartitionError(topic_name, partition_index, error_code_2))
        partition_errors = items
        return LeaderAndIsrResponse(error_code, partition_errors), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrResponse v0-3", at, error) from None


def _encode_v0(m: LeaderAndIsrResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics:
            raise not_in_version("LeaderAndIsrResponse.topics", "LeaderAndIsrResponse v0-3")
        out += _write_hi(m.error_code, len(m.partition_errors))
        for each_of_partition_errors in m.partition_errors:
            s = each_of_partition_errors.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_ih(each_of_partition_errors.partition_index, each_of_partition_errors.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrResponse v0-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[LeaderAndIsrResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrResponse.partition_errors", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("LeaderAndIsrResponse.partition_errors", n, at)
        items: list[LeaderAndIsrPartitionError] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrPartitionError.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            partition_index, error_code_2, tags = _read_ihB(data, at)
            at += 7
            if tags:
                at = skip_tags(data, at, tags)
            items.append(LeaderAndIsrPartitionError(topic_name, partition_index, error_code_2))
        partition_errors = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return LeaderAndIsrResponse(error_code, partition_errors), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrResponse v4", at, error) from None


def _encode_v4(m: LeaderAndIsrResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics:
            raise not_in_version("LeaderAndIsrResponse.topics", "LeaderAndIsrResponse v4")
        out += _write_h(m.error_code)
        n = len(m.partition_errors) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_partition_errors in m.partition_errors:
            s = each_of_partition_errors.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ihx(each_of_partition_errors.partition_index, each_of_partition_errors.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrResponse v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[LeaderAndIsrResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaderAndIsrResponse.topics", at)
        n -= 1
        room -= n * 161
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("LeaderAndIsrResponse.topics", n, at)
        items: list[LeaderAndIsrTopicError] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("LeaderAndIsrTopicError.partition_errors", at)
            n -= 1
            room -= n * 120
            if room < 0 or n * 7 > len(data) - at:
                raise too_many("LeaderAndIsrTopicError.partition_errors", n, at)
            items_2: list[LeaderAndIsrPartitionError] = []
            for _ in range(n):
                partition_index, error_code_2, tags = _read_ihB(data, at)
                at += 7
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(LeaderAndIsrPartitionError("", partition_index, error_code_2))
            partition_errors = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(LeaderAndIsrTopicError(topic_id, partition_errors))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return LeaderAndIsrResponse(error_code, (), topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaderAndIsrResponse v5-7", at, error) from None


def _encode_v5(m: LeaderAndIsrResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.partition_errors:
            raise not_in_version("LeaderAndIsrResponse.partition_errors", "LeaderAndIsrResponse v5-7")
        out += _write_h(m.error_code)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_16s(each_of_topics.topic_id)
            n = len(each_of_topics.partition_errors) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_errors in each_of_topics.partition_errors:
                out += _write_ihx(each_of_partition_errors.partition_index, each_of_partition_errors.error_code)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaderAndIsrResponse v5-7", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[LeaderAndIsrResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v0,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[LeaderAndIsrResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v0,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v5,
}
