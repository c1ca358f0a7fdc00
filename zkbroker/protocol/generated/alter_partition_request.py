"""AlterPartitionRequest, key 56, versions 0-3. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class BrokerState(Message):
        broker_id: int = 0  # v3+
        broker_epoch: int = -1  # v3+

    @frozen
    class PartitionData(Message):
        partition_index: int = 0  # v0+
        leader_epoch: int = 0  # v0+
        new_isr: Sequence[int] = ()  # v0-2
        new_isr_with_epochs: Sequence[BrokerState] = ()  # v3+
        leader_recovery_state: int = 0  # v1+
        partition_epoch: int = 0  # v0+

    @frozen
    class TopicData(Message):
        topic_name: str = ""  # v0-1
        topic_id: TopicId = ZERO_UUID  # v2+
        partitions: Sequence[PartitionData] = ()  # v0+

    @frozen
    class AlterPartitionRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 0)
        broker_id: int = 0  # v0+
        broker_epoch: int = -1  # v0+
        topics: Sequence[TopicData] = ()  # v0+

else:

    class BrokerState(Message):
        __slots__ = ("broker_id", "broker_epoch")

        def __init__(self, broker_id=0, broker_epoch=-1):
            self.broker_id = broker_id
            self.broker_epoch = broker_epoch

    class PartitionData(Message):
        __slots__ = ("partition_index", "leader_epoch", "new_isr", "new_isr_with_epochs", "leader_recovery_state", "partition_epoch")

        def __init__(self, partition_index=0, leader_epoch=0, new_isr=(), new_isr_with_epochs=(), leader_recovery_state=0, partition_epoch=0):
            self.partition_index = partition_index
            self.leader_epoch = leader_epoch
            self.new_isr = new_isr
            self.new_isr_with_epochs = new_isr_with_epochs
            self.leader_recovery_state = leader_recovery_state
            self.partition_epoch = partition_epoch

    class TopicData(Message):
        __slots__ = ("topic_name", "topic_id", "partitions")

        def __init__(self, topic_name="", topic_id=ZERO_UUID, partitions=()):
            self.topic_name = topic_name
            self.topic_id = topic_id
            self.partitions = partitions

    class AlterPartitionRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 0)
        __slots__ = ("broker_id", "broker_epoch", "topics")

        def __init__(self, broker_id=0, broker_epoch=-1, topics=()):
            self.broker_id = broker_id
            self.broker_epoch = broker_epoch
            self.topics = topics


_read_16sB = Struct(">16sB").unpack_from
_read_biB = Struct(">biB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_read_iqB = Struct(">iqB").unpack_from
_write_16s = Struct(">16s").pack
_write_bix = Struct(">bix").pack
_write_ii = Struct(">ii").pack
_write_iq = Struct(">iq").pack
_write_iqx = Struct(">iqx").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterPartitionRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        broker_id, broker_epoch, n = _read_iqB(data, at)
        at += 13
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionRequest.topics", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionRequest.topics", n, at)
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
            room -= n * 228
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, leader_epoch, n = _read_iiB(data, at)
                at += 9
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.new_isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.new_isr", n, at)
                new_isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                partition_epoch, tags = _read_iB(data, at)
                at += 5
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, leader_epoch, new_isr, (), 0, partition_epoch))
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
        return AlterPartitionRequest(broker_id, broker_epoch, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionRequest v0", at, error) from None


def _encode_v0(m: AlterPartitionRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iq(m.broker_id, m.broker_epoch)
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
                if each_of_partitions.new_isr_with_epochs:
                    raise not_in_version("PartitionData.new_isr_with_epochs", "AlterPartitionRequest v0")
                if each_of_partitions.leader_recovery_state != 0:
                    raise not_in_version("PartitionData.leader_recovery_state", "AlterPartitionRequest v0")
                out += _write_ii(each_of_partitions.partition_index, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.new_isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_ix(each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[AlterPartitionRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        broker_id, broker_epoch, n = _read_iqB(data, at)
        at += 13
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionRequest.topics", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionRequest.topics", n, at)
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
            room -= n * 228
            if room < 0 or n * 15 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, leader_epoch, n = _read_iiB(data, at)
                at += 9
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.new_isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.new_isr", n, at)
                new_isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                leader_recovery_state, partition_epoch, tags = _read_biB(data, at)
                at += 6
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, leader_epoch, new_isr, (), leader_recovery_state, partition_epoch))
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
        return AlterPartitionRequest(broker_id, broker_epoch, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionRequest v1", at, error) from None


def _encode_v1(m: AlterPartitionRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iq(m.broker_id, m.broker_epoch)
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
                if each_of_partitions.new_isr_with_epochs:
                    raise not_in_version("PartitionData.new_isr_with_epochs", "AlterPartitionRequest v1")
                out += _write_ii(each_of_partitions.partition_index, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.new_isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_bix(each_of_partitions.leader_recovery_state, each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[AlterPartitionRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        broker_id, broker_epoch, n = _read_iqB(data, at)
        at += 13
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionRequest.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("AlterPartitionRequest.topics", n, at)
        items: list[TopicData] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicData.partitions", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 15 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, leader_epoch, n = _read_iiB(data, at)
                at += 9
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.new_isr", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionData.new_isr", n, at)
                new_isr = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                leader_recovery_state, partition_epoch, tags = _read_biB(data, at)
                at += 6
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionData(partition_index, leader_epoch, new_isr, (), leader_recovery_state, partition_epoch))
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
        return AlterPartitionRequest(broker_id, broker_epoch, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionRequest v2", at, error) from None


def _encode_v2(m: AlterPartitionRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iq(m.broker_id, m.broker_epoch)
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
                if each_of_partitions.new_isr_with_epochs:
                    raise not_in_version("PartitionData.new_isr_with_epochs", "AlterPartitionRequest v2")
                out += _write_ii(each_of_partitions.partition_index, each_of_partitions.leader_epoch)
                numbers = each_of_partitions.new_isr
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out += _write_bix(each_of_partitions.leader_recovery_state, each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[AlterPartitionRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        broker_id, broker_epoch, n = _read_iqB(data, at)
        at += 13
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionRequest.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("AlterPartitionRequest.topics", n, at)
        items: list[TopicData] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicData.partitions", at)
            n -= 1
            room -= n * 228
            if room < 0 or n * 15 > len(data) - at:
                raise too_many("TopicData.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, leader_epoch, n = _read_iiB(data, at)
                at += 9
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionData.new_isr_with_epochs", at)
                n -= 1
                room -= n * 112
                if room < 0 or n * 13 > len(data) - at:
                    raise too_many("PartitionData.new_isr_with_epochs", n, at)
                items_3: list[BrokerState] = []
                for _ in range(n):
                    broker_id_2, broker_epoch_2, tags = _read_iqB(data, at)
                    at += 13
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(BrokerState(broker_id_2, broker_epoch_2))
                new_isr_with_epochs = items_3
                leader_recovery_state, partition_epoch, tags_2 = _read_biB(data, at)
                at += 6
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(PartitionData(partition_index, leader_epoch, (), new_isr_with_epochs, leader_recovery_state, partition_epoch))
            partitions = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(TopicData("", topic_id, partitions))
        topics = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return AlterPartitionRequest(broker_id, broker_epoch, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionRequest v3", at, error) from None


def _encode_v3(m: AlterPartitionRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iq(m.broker_id, m.broker_epoch)
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
                if each_of_partitions.new_isr:
                    raise not_in_version("PartitionData.new_isr", "AlterPartitionRequest v3")
                out += _write_ii(each_of_partitions.partition_index, each_of_partitions.leader_epoch)
                n = len(each_of_partitions.new_isr_with_epochs) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_new_isr_with_epochs in each_of_partitions.new_isr_with_epochs:
                    out += _write_iqx(each_of_new_isr_with_epochs.broker_id, each_of_new_isr_with_epochs.broker_epoch)
                out += _write_bix(each_of_partitions.leader_recovery_state, each_of_partitions.partition_epoch)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionRequest v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterPartitionRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[AlterPartitionRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
}
