"""OffsetDeleteResponse, key 47, versions 0-0. Generated from messages.spec, do not edit."""

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
    is_null,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class OffsetDeleteResponsePartition(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class OffsetDeleteResponseTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[OffsetDeleteResponsePartition] = ()  # v0+

    @frozen
    class OffsetDeleteResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_DELETE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        error_code: int = 0  # v0+
        throttle_time_ms: int = 0  # v0+
        topics: Sequence[OffsetDeleteResponseTopic] = ()  # v0+

else:

    class OffsetDeleteResponsePartition(Message):
        __slots__ = ("partition_index", "error_code")

        def __init__(self, partition_index=0, error_code=0):
            self.partition_index = partition_index
            self.error_code = error_code

    class OffsetDeleteResponseTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class OffsetDeleteResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_DELETE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        __slots__ = ("error_code", "throttle_time_ms", "topics")

        def __init__(self, error_code=0, throttle_time_ms=0, topics=()):
            self.error_code = error_code
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_hii = Struct(">hii").unpack_from
_read_i = Struct(">i").unpack_from
_read_ih = Struct(">ih").unpack_from
_write_h = Struct(">h").pack
_write_hii = Struct(">hii").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetDeleteResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, throttle_time_ms, n = _read_hii(data, at)
        at += 10
        if n < 0:
            raise is_null("OffsetDeleteResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetDeleteResponse.topics", n, at)
        items: list[OffsetDeleteResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetDeleteResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetDeleteResponseTopic.partitions", at)
            room -= n * 112
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("OffsetDeleteResponseTopic.partitions", n, at)
            items_2: list[OffsetDeleteResponsePartition] = []
            for _ in range(n):
                partition_index, error_code_2 = _read_ih(data, at)
                at += 6
                items_2.append(OffsetDeleteResponsePartition(partition_index, error_code_2))
            partitions = items_2
            items.append(OffsetDeleteResponseTopic(name, partitions))
        topics = items
        return OffsetDeleteResponse(error_code, throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetDeleteResponse v0", at, error) from None


def _encode_v0(m: OffsetDeleteResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hii(m.error_code, m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetDeleteResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetDeleteResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetDeleteResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
