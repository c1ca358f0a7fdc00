"""OffsetForLeaderEpochRequest, key 23, versions 0-4. Generated from messages.spec, do not edit."""

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
    class OffsetForLeaderPartition(Message):
        partition: int = 0  # v0+
        current_leader_epoch: int = -1  # v2+
        leader_epoch: int = 0  # v0+

    @frozen
    class OffsetForLeaderTopic(Message):
        topic: str = ""  # v0+
        partitions: Sequence[OffsetForLeaderPartition] = ()  # v0+

    @frozen
    class OffsetForLeaderEpochRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FOR_LEADER_EPOCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        replica_id: int = -2  # v3+
        topics: Sequence[OffsetForLeaderTopic] = ()  # v0+

else:

    class OffsetForLeaderPartition(Message):
        __slots__ = ("partition", "current_leader_epoch", "leader_epoch")

        def __init__(self, partition=0, current_leader_epoch=-1, leader_epoch=0):
            self.partition = partition
            self.current_leader_epoch = current_leader_epoch
            self.leader_epoch = leader_epoch

    class OffsetForLeaderTopic(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class OffsetForLeaderEpochRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FOR_LEADER_EPOCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("replica_id", "topics")

        def __init__(self, replica_id=-2, topics=()):
            self.replica_id = replica_id
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iii = Struct(">iii").unpack_from
_read_iiiB = Struct(">iiiB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_iii = Struct(">iii").pack
_write_iiix = Struct(">iiix").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetForLeaderEpochRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetForLeaderEpochRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochRequest.topics", n, at)
        items: list[OffsetForLeaderTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopic.partitions", at)
            room -= n * 120
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("OffsetForLeaderTopic.partitions", n, at)
            items_2: list[OffsetForLeaderPartition] = []
            for _ in range(n):
                partition, leader_epoch = _read_ii(data, at)
                at += 8
                items_2.append(OffsetForLeaderPartition(partition, -1, leader_epoch))
            partitions = items_2
            items.append(OffsetForLeaderTopic(topic, partitions))
        topics = items
        return OffsetForLeaderEpochRequest(-2, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochRequest v0-1", at, error) from None


def _encode_v0(m: OffsetForLeaderEpochRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_ii(each_of_partitions.partition, each_of_partitions.leader_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[OffsetForLeaderEpochRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetForLeaderEpochRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochRequest.topics", n, at)
        items: list[OffsetForLeaderTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopic.partitions", at)
            room -= n * 148
            if room < 0 or n * 12 > len(data) - at:
                raise too_many("OffsetForLeaderTopic.partitions", n, at)
            items_2: list[OffsetForLeaderPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, leader_epoch = _read_iii(data, at)
                at += 12
                items_2.append(OffsetForLeaderPartition(partition, current_leader_epoch, leader_epoch))
            partitions = items_2
            items.append(OffsetForLeaderTopic(topic, partitions))
        topics = items
        return OffsetForLeaderEpochRequest(-2, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochRequest v2", at, error) from None


def _encode_v2(m: OffsetForLeaderEpochRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iii(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.leader_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[OffsetForLeaderEpochRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("OffsetForLeaderEpochRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetForLeaderEpochRequest.topics", n, at)
        items: list[OffsetForLeaderTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetForLeaderTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetForLeaderTopic.partitions", at)
            room -= n * 148
            if room < 0 or n * 12 > len(data) - at:
                raise too_many("OffsetForLeaderTopic.partitions", n, at)
            items_2: list[OffsetForLeaderPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, leader_epoch = _read_iii(data, at)
                at += 12
                items_2.append(OffsetForLeaderPartition(partition, current_leader_epoch, leader_epoch))
            partitions = items_2
            items.append(OffsetForLeaderTopic(topic, partitions))
        topics = items
        return OffsetForLeaderEpochRequest(replica_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochRequest v3", at, error) from None


def _encode_v3(m: OffsetForLeaderEpochRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.replica_id, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iii(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.leader_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[OffsetForLeaderEpochRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetForLeaderEpochRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("OffsetForLeaderEpochRequest.topics", n, at)
        items: list[OffsetForLeaderTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetForLeaderTopic.topic", at)
            end = at + n - 1
            topic = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OffsetForLeaderTopic.partitions", at)
            n -= 1
            room -= n * 148
            if room < 0 or n * 13 > len(data) - at:
                raise too_many("OffsetForLeaderTopic.partitions", n, at)
            items_2: list[OffsetForLeaderPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, leader_epoch, tags = _read_iiiB(data, at)
                at += 13
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(OffsetForLeaderPartition(partition, current_leader_epoch, leader_epoch))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetForLeaderTopic(topic, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetForLeaderEpochRequest(replica_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetForLeaderEpochRequest v4", at, error) from None


def _encode_v4(m: OffsetForLeaderEpochRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.replica_id)
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
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iiix(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.leader_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetForLeaderEpochRequest v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetForLeaderEpochRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetForLeaderEpochRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
}
