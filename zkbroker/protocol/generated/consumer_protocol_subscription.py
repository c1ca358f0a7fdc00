"""ConsumerProtocolSubscription, versions 0-3. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_INT32S,
    UNPACK_INT32S,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
    is_null,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class TopicPartition(Message):
        topic: str = ""  # v1+
        partitions: Sequence[int] = ()  # v1+

    @frozen
    class ConsumerProtocolSubscription(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, None)
        topics: Sequence[str] = ()  # v0+
        user_data: bytes | None = None  # v0+, null in v0+
        owned_partitions: Sequence[TopicPartition] = ()  # v1+
        generation_id: int = -1  # v2+
        rack_id: str | None = None  # v3+, null in v3+

else:

    class TopicPartition(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class ConsumerProtocolSubscription(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, None)
        __slots__ = ("topics", "user_data", "owned_partitions", "generation_id", "rack_id")

        def __init__(self, topics=(), user_data=None, owned_partitions=(), generation_id=-1, rack_id=None):
            self.topics = topics
            self.user_data = user_data
            self.owned_partitions = owned_partitions
            self.generation_id = generation_id
            self.rack_id = rack_id


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ih = Struct(">ih").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerProtocolSubscription, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.topics", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.topics", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ConsumerProtocolSubscription.topics", at)
            end = at + n
            topics_2 = data[at:end].decode()
            at = end
            items.append(topics_2)
        topics = items
        n, = _read_i(data, at)
        at += 4
        user_data: bytes | None = None
        if n >= 0:
            end = at + n
            user_data = data[at:end]
            at = end
        return ConsumerProtocolSubscription(topics, user_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerProtocolSubscription v0", at, error) from None


def _encode_v0(m: ConsumerProtocolSubscription, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.encode()
            out += _write_h(len(s))
            out += s
        if m.user_data is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.user_data))
            out += m.user_data
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerProtocolSubscription v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ConsumerProtocolSubscription, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.topics", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.topics", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ConsumerProtocolSubscription.topics", at)
            end = at + n
            topics_2 = data[at:end].decode()
            at = end
            items.append(topics_2)
        topics = items
        n, = _read_i(data, at)
        at += 4
        user_data: bytes | None = None
        if n >= 0:
            end = at + n
            user_data = data[at:end]
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.owned_partitions", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.owned_partitions", n, at)
        items_2: list[TopicPartition] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicPartition.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicPartition.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("TopicPartition.partitions", n, at)
            partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_2.append(TopicPartition(topic, partitions))
        owned_partitions = items_2
        return ConsumerProtocolSubscription(topics, user_data, owned_partitions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerProtocolSubscription v1", at, error) from None


def _encode_v1(m: ConsumerProtocolSubscription, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.encode()
            out += _write_h(len(s))
            out += s
        if m.user_data is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.user_data))
            out += m.user_data
        out += _write_i(len(m.owned_partitions))
        for each_of_owned_partitions in m.owned_partitions:
            s = each_of_owned_partitions.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_owned_partitions.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerProtocolSubscription v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ConsumerProtocolSubscription, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.topics", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.topics", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ConsumerProtocolSubscription.topics", at)
            end = at + n
            topics_2 = data[at:end].decode()
            at = end
            items.append(topics_2)
        topics = items
        n, = _read_i(data, at)
        at += 4
        user_data: bytes | None = None
        if n >= 0:
            end = at + n
            user_data = data[at:end]
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.owned_partitions", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.owned_partitions", n, at)
        items_2: list[TopicPartition] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicPartition.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicPartition.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("TopicPartition.partitions", n, at)
            partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_2.append(TopicPartition(topic, partitions))
        owned_partitions = items_2
        generation_id, = _read_i(data, at)
        at += 4
        return ConsumerProtocolSubscription(topics, user_data, owned_partitions, generation_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerProtocolSubscription v2", at, error) from None


def _encode_v2(m: ConsumerProtocolSubscription, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.encode()
            out += _write_h(len(s))
            out += s
        if m.user_data is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.user_data))
            out += m.user_data
        out += _write_i(len(m.owned_partitions))
        for each_of_owned_partitions in m.owned_partitions:
            s = each_of_owned_partitions.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_owned_partitions.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(m.generation_id)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerProtocolSubscription v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ConsumerProtocolSubscription, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.topics", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.topics", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ConsumerProtocolSubscription.topics", at)
            end = at + n
            topics_2 = data[at:end].decode()
            at = end
            items.append(topics_2)
        topics = items
        n, = _read_i(data, at)
        at += 4
        user_data: bytes | None = None
        if n >= 0:
            end = at + n
            user_data = data[at:end]
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolSubscription.owned_partitions", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ConsumerProtocolSubscription.owned_partitions", n, at)
        items_2: list[TopicPartition] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicPartition.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicPartition.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("TopicPartition.partitions", n, at)
            partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_2.append(TopicPartition(topic, partitions))
        owned_partitions = items_2
        generation_id, n = _read_ih(data, at)
        at += 6
        rack_id: str | None = None
        if n >= 0:
            end = at + n
            rack_id = data[at:end].decode()
            at = end
        return ConsumerProtocolSubscription(topics, user_data, owned_partitions, generation_id, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerProtocolSubscription v3", at, error) from None


def _encode_v3(m: ConsumerProtocolSubscription, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.encode()
            out += _write_h(len(s))
            out += s
        if m.user_data is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.user_data))
            out += m.user_data
        out += _write_i(len(m.owned_partitions))
        for each_of_owned_partitions in m.owned_partitions:
            s = each_of_owned_partitions.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_owned_partitions.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        out += _write_i(m.generation_id)
        if m.rack_id is None:
            out += b"\xff" * 2
        else:
            s = m.rack_id.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerProtocolSubscription v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerProtocolSubscription, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerProtocolSubscription, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
}
