"""ListOffsetsRequest, key 2, versions 0-9. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class ListOffsetsPartition(Message):
        partition_index: int = 0  # v0+
        current_leader_epoch: int = -1  # v4+
        timestamp: int = 0  # v0+
        max_num_offsets: int = 1  # v0

    @frozen
    class ListOffsetsTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[ListOffsetsPartition] = ()  # v0+

    @frozen
    class ListOffsetsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_OFFSETS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        replica_id: int = 0  # v0+
        isolation_level: int = 0  # v2+
        topics: Sequence[ListOffsetsTopic] = ()  # v0+

else:

    class ListOffsetsPartition(Message):
        __slots__ = ("partition_index", "current_leader_epoch", "timestamp", "max_num_offsets")

        def __init__(self, partition_index=0, current_leader_epoch=-1, timestamp=0, max_num_offsets=1):
            self.partition_index = partition_index
            self.current_leader_epoch = current_leader_epoch
            self.timestamp = timestamp
            self.max_num_offsets = max_num_offsets

    class ListOffsetsTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class ListOffsetsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_OFFSETS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("replica_id", "isolation_level", "topics")

        def __init__(self, replica_id=0, isolation_level=0, topics=()):
            self.replica_id = replica_id
            self.isolation_level = isolation_level
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ibB = Struct(">ibB").unpack_from
_read_ibi = Struct(">ibi").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iiq = Struct(">iiq").unpack_from
_read_iiqB = Struct(">iiqB").unpack_from
_read_iq = Struct(">iq").unpack_from
_read_iqi = Struct(">iqi").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ib = Struct(">ib").pack
_write_ibi = Struct(">ibi").pack
_write_ii = Struct(">ii").pack
_write_iiq = Struct(">iiq").pack
_write_iiqx = Struct(">iiqx").pack
_write_iq = Struct(">iq").pack
_write_iqi = Struct(">iqi").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListOffsetsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("ListOffsetsRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsRequest.topics", n, at)
        items: list[ListOffsetsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopic.partitions", at)
            room -= n * 156
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("ListOffsetsTopic.partitions", n, at)
            items_2: list[ListOffsetsPartition] = []
            for _ in range(n):
                partition_index, timestamp, max_num_offsets = _read_iqi(data, at)
                at += 16
                items_2.append(ListOffsetsPartition(partition_index, -1, timestamp, max_num_offsets))
            partitions = items_2
            items.append(ListOffsetsTopic(name, partitions))
        topics = items
        return ListOffsetsRequest(replica_id, 0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsRequest v0", at, error) from None


def _encode_v0(m: ListOffsetsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.isolation_level != 0:
            raise not_in_version("ListOffsetsRequest.isolation_level", "ListOffsetsRequest v0")
        out += _write_ii(m.replica_id, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.timestamp, each_of_partitions.max_num_offsets)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ListOffsetsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("ListOffsetsRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsRequest.topics", n, at)
        items: list[ListOffsetsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopic.partitions", at)
            room -= n * 128
            if room < 0 or n * 12 > len(data) - at:
                raise too_many("ListOffsetsTopic.partitions", n, at)
            items_2: list[ListOffsetsPartition] = []
            for _ in range(n):
                partition_index, timestamp = _read_iq(data, at)
                at += 12
                items_2.append(ListOffsetsPartition(partition_index, -1, timestamp))
            partitions = items_2
            items.append(ListOffsetsTopic(name, partitions))
        topics = items
        return ListOffsetsRequest(replica_id, 0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsRequest v1", at, error) from None


def _encode_v1(m: ListOffsetsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.isolation_level != 0:
            raise not_in_version("ListOffsetsRequest.isolation_level", "ListOffsetsRequest v1")
        out += _write_ii(m.replica_id, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.max_num_offsets != 1:
                    raise not_in_version("ListOffsetsPartition.max_num_offsets", "ListOffsetsRequest v1")
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ListOffsetsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, isolation_level, n = _read_ibi(data, at)
        at += 9
        if n < 0:
            raise is_null("ListOffsetsRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsRequest.topics", n, at)
        items: list[ListOffsetsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopic.partitions", at)
            room -= n * 128
            if room < 0 or n * 12 > len(data) - at:
                raise too_many("ListOffsetsTopic.partitions", n, at)
            items_2: list[ListOffsetsPartition] = []
            for _ in range(n):
                partition_index, timestamp = _read_iq(data, at)
                at += 12
                items_2.append(ListOffsetsPartition(partition_index, -1, timestamp))
            partitions = items_2
            items.append(ListOffsetsTopic(name, partitions))
        topics = items
        return ListOffsetsRequest(replica_id, isolation_level, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsRequest v2-3", at, error) from None


def _encode_v2(m: ListOffsetsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ibi(m.replica_id, m.isolation_level, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.max_num_offsets != 1:
                    raise not_in_version("ListOffsetsPartition.max_num_offsets", "ListOffsetsRequest v2-3")
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsRequest v2-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[ListOffsetsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, isolation_level, n = _read_ibi(data, at)
        at += 9
        if n < 0:
            raise is_null("ListOffsetsRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ListOffsetsRequest.topics", n, at)
        items: list[ListOffsetsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListOffsetsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ListOffsetsTopic.partitions", at)
            room -= n * 156
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("ListOffsetsTopic.partitions", n, at)
            items_2: list[ListOffsetsPartition] = []
            for _ in range(n):
                partition_index, current_leader_epoch, timestamp = _read_iiq(data, at)
                at += 16
                items_2.append(ListOffsetsPartition(partition_index, current_leader_epoch, timestamp))
            partitions = items_2
            items.append(ListOffsetsTopic(name, partitions))
        topics = items
        return ListOffsetsRequest(replica_id, isolation_level, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsRequest v4-5", at, error) from None


def _encode_v4(m: ListOffsetsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ibi(m.replica_id, m.isolation_level, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.max_num_offsets != 1:
                    raise not_in_version("ListOffsetsPartition.max_num_offsets", "ListOffsetsRequest v4-5")
                out += _write_iiq(each_of_partitions.partition_index, each_of_partitions.current_leader_epoch, each_of_partitions.timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsRequest v4-5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[ListOffsetsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, isolation_level, n = _read_ibB(data, at)
        at += 6
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListOffsetsRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ListOffsetsRequest.topics", n, at)
        items: list[ListOffsetsTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListOffsetsTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ListOffsetsTopic.partitions", at)
            n -= 1
            room -= n * 156
            if room < 0 or n * 17 > len(data) - at:
                raise too_many("ListOffsetsTopic.partitions", n, at)
            items_2: list[ListOffsetsPartition] = []
            for _ in range(n):
                partition_index, current_leader_epoch, timestamp, tags = _read_iiqB(data, at)
                at += 17
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(ListOffsetsPartition(partition_index, current_leader_epoch, timestamp))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(ListOffsetsTopic(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ListOffsetsRequest(replica_id, isolation_level, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListOffsetsRequest v6-9", at, error) from None


def _encode_v6(m: ListOffsetsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ib(m.replica_id, m.isolation_level)
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
                if each_of_partitions.max_num_offsets != 1:
                    raise not_in_version("ListOffsetsPartition.max_num_offsets", "ListOffsetsRequest v6-9")
                out += _write_iiqx(each_of_partitions.partition_index, each_of_partitions.current_leader_epoch, each_of_partitions.timestamp)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListOffsetsRequest v6-9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListOffsetsRequest, int]]]] = {
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

ENCODERS: Final[Mapping[int, Callable[[ListOffsetsRequest, bytearray, list[Buffer | Records]], None]]] = {
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
