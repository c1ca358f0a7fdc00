"""OffsetDeleteRequest, key 47, versions 0-0. Generated from messages.spec, do not edit."""

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
    class OffsetDeleteRequestPartition(Message):
        partition_index: int = 0  # v0+

    @frozen
    class OffsetDeleteRequestTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[OffsetDeleteRequestPartition] = ()  # v0+

    @frozen
    class OffsetDeleteRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_DELETE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        group_id: str = ""  # v0+
        topics: Sequence[OffsetDeleteRequestTopic] = ()  # v0+

else:

    class OffsetDeleteRequestPartition(Message):
        __slots__ = ("partition_index",)

        def __init__(self, partition_index=0):
            self.partition_index = partition_index

    class OffsetDeleteRequestTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class OffsetDeleteRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_DELETE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        __slots__ = ("group_id", "topics")

        def __init__(self, group_id="", topics=()):
            self.group_id = group_id
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetDeleteRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetDeleteRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetDeleteRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetDeleteRequest.topics", n, at)
        items: list[OffsetDeleteRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetDeleteRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetDeleteRequestTopic.partitions", at)
            room -= n * 76
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("OffsetDeleteRequestTopic.partitions", n, at)
            items_2: list[OffsetDeleteRequestPartition] = []
            for _ in range(n):
                partition_index, = _read_i(data, at)
                at += 4
                items_2.append(OffsetDeleteRequestPartition(partition_index))
            partitions = items_2
            items.append(OffsetDeleteRequestTopic(name, partitions))
        topics = items
        return OffsetDeleteRequest(group_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetDeleteRequest v0", at, error) from None


def _encode_v0(m: OffsetDeleteRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_i(each_of_partitions.partition_index)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetDeleteRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetDeleteRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetDeleteRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
