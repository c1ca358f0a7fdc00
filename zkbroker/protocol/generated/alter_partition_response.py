"""AlterPartitionResponse, key 56, versions 0-3. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    UNPACK_INT32S,
    ZERO_UUID,
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
    class PartitionData(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+
        leader_id: int = 0  # v0+
        leader_epoch: int = 0  # v0+
        isr: Sequence[int] = ()  # v0+
        leader_recovery_state: int = 0  # v1+
        partition_epoch: int = 0  # v0+

    @frozen
    class TopicData(Message):
        topic_name: str = ""  # v0-1
        topic_id: TopicId = ZERO_UUID  # v2+
        partitions: Sequence[PartitionData] = ()  # v0+

    @frozen
    class AlterPartitionResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        topics: Sequence[TopicData] = ()  # v0+

else:

    class PartitionData(Message):
        __slots__ = ("partition_index", "error_code", "leader_id", "leader_epoch", "isr", "leader_recovery_state", "partition_epoch")

        def __init__(self, partition_index=0, error_code=0, leader_id=0, leader_epoch=0, isr=(), leader_recovery_state=0, partition_epoch=0):
            self.partition_index = partition_index
            self.error_code = error_code
            self.leader_id = leader_id
            self.leader_epoch = leader_epoch
            self.isr = isr
            self.leader_recovery_state = leader_recovery_state
            self.partition_epoch = partition_epoch

    class TopicData(Message):
        __slots__ = ("topic_name", "topic_id", "partitions")

        def __init__(self, topic_name="", topic_id=ZERO_UUID, partitions=()):
            self.topic_name = topic_name
            self.topic_id = topic_id
            self.partitions = partitions

    class AlterPartitionResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 0)
        __slots__ = ("throttle_time_ms", "error_code", "topics")

        def __init__(self, throttle_time_ms=0, error_code=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.topics = topics


_read_16sB = Struct(">16sB").unpack_from
_read_biB = Struct(">biB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihiiB = Struct(">ihiiB").unpack_from
_write_16s = Struct(">16s").pack
_write_bix = Struct(">bix").pack
_write_ih = Struct(">ih").pack
_write_ihii = Struct(">ihii").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterPartitionResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionResponse.topics", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionResponse.topics", n, at)
        items: list[TopicData] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicData.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicData.partitions", at)
            n -= 1
            room -= n * 292
            if room < 0 or n * 20 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, leader_id, leader_epoch, n = _read_ihiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, tags = _read_iB(data, at)
                at += 5
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, error_code_2, leader_id, leader_epoch, isr, 0, partition_epoch))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TopicData(topic_name, ZERO_UUID, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterPartitionResponse(throttle_time_ms, error_code, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionResponse v0", at, error) from None


def _encode_v0(m: AlterPartitionResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            s = each_of_topics.topic_name.encode()
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
                out += _write_ihii(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_ix(each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[AlterPartitionResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionResponse.topics", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionResponse.topics", n, at)
        items: list[TopicData] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicData.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicData.partitions", at)
            n -= 1
            room -= n * 292
            if room < 0 or n * 21 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, leader_id, leader_epoch, n = _read_ihiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                leader_recovery_state, partition_epoch, tags = _read_biB(data, at)
                at += 6
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, error_code_2, leader_id, leader_epoch, isr, leader_recovery_state, partition_epoch))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TopicData(topic_name, ZERO_UUID, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterPartitionResponse(throttle_time_ms, error_code, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionResponse v1", at, error) from None


def _encode_v1(m: AlterPartitionResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            s = each_of_topics.topic_name.encode()
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
                out += _write_ihii(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_bix(each_of_partitions.leader_recovery_state, each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[AlterPartitionResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionResponse.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("AlterPartitionResponse.topics", n, at)
        items: list[TopicData] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicData.partitions", at)
            n -= 1
            room -= n * 292
            if room < 0 or n * 21 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, leader_id, leader_epoch, n = _read_ihiiB(data, at)
                at += 15
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.isr", n, at)
                isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                leader_recovery_state, partition_epoch, tags = _read_biB(data, at)
                at += 6
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, error_code_2, leader_id, leader_epoch, isr, leader_recovery_state, partition_epoch))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TopicData("", topic_id, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterPartitionResponse(throttle_time_ms, error_code, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionResponse v2-3", at, error) from None


def _encode_v2(m: AlterPartitionResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_16s(each_of_topics.topic_id)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_ihii(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.leader_id, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_bix(each_of_partitions.leader_recovery_state, each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionResponse v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterPartitionResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[AlterPartitionResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
