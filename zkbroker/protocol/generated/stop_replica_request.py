"""StopReplicaRequest, key 5, versions 0-4. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class StopReplicaPartitionV0(Message):
        topic_name: str = ""  # v0
        partition_index: int = 0  # v0

    @frozen
    class StopReplicaTopicV1(Message):
        name: str = ""  # v1-2
        partition_indexes: Sequence[int] = ()  # v1-2

    @frozen
    class StopReplicaPartitionState(Message):
        partition_index: int = 0  # v3+
        leader_epoch: int = -1  # v3+
        delete_partition: bool = False  # v3+

    @frozen
    class StopReplicaTopicState(Message):
        topic_name: str = ""  # v3+
        partition_states: Sequence[StopReplicaPartitionState] = ()  # v3+

    @frozen
    class StopReplicaRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.STOP_REPLICA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        controller_id: int = 0  # v0+
        is_kraft_controller: bool = False  # v4+
        controller_epoch: int = 0  # v0+
        broker_epoch: int = -1  # v1+
        delete_partitions: bool = False  # v0-2
        ungrouped_partitions: Sequence[StopReplicaPartitionV0] = ()  # v0
        topics: Sequence[StopReplicaTopicV1] = ()  # v1-2
        topic_states: Sequence[StopReplicaTopicState] = ()  # v3+

else:

    class StopReplicaPartitionV0(Message):
        __slots__ = ("topic_name", "partition_index")

        def __init__(self, topic_name="", partition_index=0):
            self.topic_name = topic_name
            self.partition_index = partition_index

    class StopReplicaTopicV1(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class StopReplicaPartitionState(Message):
        __slots__ = ("partition_index", "leader_epoch", "delete_partition")

        def __init__(self, partition_index=0, leader_epoch=-1, delete_partition=False):
            self.partition_index = partition_index
            self.leader_epoch = leader_epoch
            self.delete_partition = delete_partition

    class StopReplicaTopicState(Message):
        __slots__ = ("topic_name", "partition_states")

        def __init__(self, topic_name="", partition_states=()):
            self.topic_name = topic_name
            self.partition_states = partition_states

    class StopReplicaRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.STOP_REPLICA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        __slots__ = ("controller_id", "is_kraft_controller", "controller_epoch", "broker_epoch", "delete_partitions", "ungrouped_partitions", "topics", "topic_states")

        def __init__(self, controller_id=0, is_kraft_controller=False, controller_epoch=0, broker_epoch=-1, delete_partitions=False, ungrouped_partitions=(), topics=(), topic_states=()):
            self.controller_id = controller_id
            self.is_kraft_controller = is_kraft_controller
            self.controller_epoch = controller_epoch
            self.broker_epoch = broker_epoch
            self.delete_partitions = delete_partitions
            self.ungrouped_partitions = ungrouped_partitions
            self.topics = topics
            self.topic_states = topic_states


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iioB = Struct(">ii?B").unpack_from
_read_iioi = Struct(">ii?i").unpack_from
_read_iiqB = Struct(">iiqB").unpack_from
_read_iiqoB = Struct(">iiq?B").unpack_from
_read_iiqoi = Struct(">iiq?i").unpack_from
_read_ioiqB = Struct(">i?iqB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iioi = Struct(">ii?i").pack
_write_iiox = Struct(">ii?x").pack
_write_iiq = Struct(">iiq").pack
_write_iiqo = Struct(">iiq?").pack
_write_iiqoi = Struct(">iiq?i").pack
_write_ioiq = Struct(">i?iq").pack


def _decode_v0(data: bytes, at: int) -> tuple[StopReplicaRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, delete_partitions, n = _read_iioi(data, at)
        at += 13
        if n < 0:
            raise is_null("StopReplicaRequest.ungrouped_partitions", at)
        room -= n * 134
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("StopReplicaRequest.ungrouped_partitions", n, at)
        items: list[StopReplicaPartitionV0] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("StopReplicaPartitionV0.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, = _read_i(data, at)
            at += 4
            items.append(StopReplicaPartitionV0(topic_name, partition_index))
        ungrouped_partitions = items
        return StopReplicaRequest(controller_id, False, controller_epoch, -1, delete_partitions, ungrouped_partitions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaRequest v0", at, error) from None


def _encode_v0(m: StopReplicaRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("StopReplicaRequest.is_kraft_controller", "StopReplicaRequest v0")
        if m.topics:
            raise not_in_version("StopReplicaRequest.topics", "StopReplicaRequest v0")
        if m.topic_states:
            raise not_in_version("StopReplicaRequest.topic_states", "StopReplicaRequest v0")
        out += _write_iioi(m.controller_id, m.controller_epoch, m.delete_partitions, len(m.ungrouped_partitions))
        for each_of_ungrouped_partitions in m.ungrouped_partitions:
            s = each_of_ungrouped_partitions.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(each_of_ungrouped_partitions.partition_index)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[StopReplicaRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, delete_partitions, n = _read_iiqoi(data, at)
        at += 21
        if n < 0:
            raise is_null("StopReplicaRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("StopReplicaRequest.topics", n, at)
        items: list[StopReplicaTopicV1] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("StopReplicaTopicV1.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("StopReplicaTopicV1.partition_indexes", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("StopReplicaTopicV1.partition_indexes", n, at)
            partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(StopReplicaTopicV1(name, partition_indexes))
        topics = items
        return StopReplicaRequest(controller_id, False, controller_epoch, broker_epoch, delete_partitions, (), topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaRequest v1", at, error) from None


def _encode_v1(m: StopReplicaRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("StopReplicaRequest.is_kraft_controller", "StopReplicaRequest v1")
        if m.ungrouped_partitions:
            raise not_in_version("StopReplicaRequest.ungrouped_partitions", "StopReplicaRequest v1")
        if m.topic_states:
            raise not_in_version("StopReplicaRequest.topic_states", "StopReplicaRequest v1")
        out += _write_iiqoi(m.controller_id, m.controller_epoch, m.broker_epoch, m.delete_partitions, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_topics.partition_indexes
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[StopReplicaRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, delete_partitions, n = _read_iiqoB(data, at)
        at += 18
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("StopReplicaRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("StopReplicaRequest.topics", n, at)
        items: list[StopReplicaTopicV1] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicV1.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicV1.partition_indexes", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("StopReplicaTopicV1.partition_indexes", n, at)
            partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(StopReplicaTopicV1(name, partition_indexes))
        topics = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return StopReplicaRequest(controller_id, False, controller_epoch, broker_epoch, delete_partitions, (), topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaRequest v2", at, error) from None


def _encode_v2(m: StopReplicaRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("StopReplicaRequest.is_kraft_controller", "StopReplicaRequest v2")
        if m.ungrouped_partitions:
            raise not_in_version("StopReplicaRequest.ungrouped_partitions", "StopReplicaRequest v2")
        if m.topic_states:
            raise not_in_version("StopReplicaRequest.topic_states", "StopReplicaRequest v2")
        out += _write_iiqo(m.controller_id, m.controller_epoch, m.broker_epoch, m.delete_partitions)
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
        raise unencodable("StopReplicaRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[StopReplicaRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, controller_epoch, broker_epoch, n = _read_iiqB(data, at)
        at += 17
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("StopReplicaRequest.topic_states", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("StopReplicaRequest.topic_states", n, at)
        items: list[StopReplicaTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicState.partition_states", at)
            n -= 1
            room -= n * 120
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("StopReplicaTopicState.partition_states", n, at)
            items_2: list[StopReplicaPartitionState] = []
            for _ in range(n):
                partition_index, leader_epoch, delete_partition, tags = _read_iioB(data, at)
                at += 10
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(StopReplicaPartitionState(partition_index, leader_epoch, delete_partition))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(StopReplicaTopicState(topic_name, partition_states))
        topic_states = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return StopReplicaRequest(controller_id, False, controller_epoch, broker_epoch, False, (), (), topic_states), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaRequest v3", at, error) from None


def _encode_v3(m: StopReplicaRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.is_kraft_controller:
            raise not_in_version("StopReplicaRequest.is_kraft_controller", "StopReplicaRequest v3")
        if m.delete_partitions:
            raise not_in_version("StopReplicaRequest.delete_partitions", "StopReplicaRequest v3")
        if m.ungrouped_partitions:
            raise not_in_version("StopReplicaRequest.ungrouped_partitions", "StopReplicaRequest v3")
        if m.topics:
            raise not_in_version("StopReplicaRequest.topics", "StopReplicaRequest v3")
        out += _write_iiq(m.controller_id, m.controller_epoch, m.broker_epoch)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                out += _write_iiox(each_of_partition_states.partition_index, each_of_partition_states.leader_epoch, each_of_partition_states.delete_partition)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[StopReplicaRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        controller_id, is_kraft_controller, controller_epoch, broker_epoch, n = _read_ioiqB(data, at)
        at += 18
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("StopReplicaRequest.topic_states", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("StopReplicaRequest.topic_states", n, at)
        items: list[StopReplicaTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicState.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("StopReplicaTopicState.partition_states", at)
            n -= 1
            room -= n * 120
            if room < 0 or n * 10 > len(data) - at:
                raise too_many("StopReplicaTopicState.partition_states", n, at)
            items_2: list[StopReplicaPartitionState] = []
            for _ in range(n):
                partition_index, leader_epoch, delete_partition, tags = _read_iioB(data, at)
                at += 10
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(StopReplicaPartitionState(partition_index, leader_epoch, delete_partition))
            partition_states = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(StopReplicaTopicState(topic_name, partition_states))
        topic_states = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return StopReplicaRequest(controller_id, is_kraft_controller, controller_epoch, broker_epoch, False, (), (), topic_states), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaRequest v4", at, error) from None


def _encode_v4(m: StopReplicaRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.delete_partitions:
            raise not_in_version("StopReplicaRequest.delete_partitions", "StopReplicaRequest v4")
        if m.ungrouped_partitions:
            raise not_in_version("StopReplicaRequest.ungrouped_partitions", "StopReplicaRequest v4")
        if m.topics:
            raise not_in_version("StopReplicaRequest.topics", "StopReplicaRequest v4")
        out += _write_ioiq(m.controller_id, m.is_kraft_controller, m.controller_epoch, m.broker_epoch)
        n = len(m.topic_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_states in m.topic_states:
            s = each_of_topic_states.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_topic_states.partition_states) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_states in each_of_topic_states.partition_states:
                out += _write_iiox(each_of_partition_states.partition_index, each_of_partition_states.leader_epoch, each_of_partition_states.delete_partition)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaRequest v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[StopReplicaRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[StopReplicaRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
}
