"""ConsumerProtocolAssignment, versions 0-3. Generated from messages.spec, do not edit."""

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
        topic: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class ConsumerProtocolAssignment(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, None)
        assigned_partitions: Sequence[TopicPartition] = ()  # v0+
        user_data: bytes | None = None  # v0+, null in v0+

else:

    class TopicPartition(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class ConsumerProtocolAssignment(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, None)
        __slots__ = ("assigned_partitions", "user_data")

        def __init__(self, assigned_partitions=(), user_data=None):
            self.assigned_partitions = assigned_partitions
            self.user_data = user_data


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerProtocolAssignment, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ConsumerProtocolAssignment.assigned_partitions", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ConsumerProtocolAssignment.assigned_partitions", n, at)
        items: list[TopicPartition] = []
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
            items.append(TopicPartition(topic, partitions))
        assigned_partitions = items
        n, = _read_i(data, at)
        at += 4
        user_data: bytes | None = None
        if n >= 0:
            end = at + n
            user_data = data[at:end]
            at = end
        return ConsumerProtocolAssignment(assigned_partitions, user_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerProtocolAssignment v0-3", at, error) from None


def _encode_v0(m: ConsumerProtocolAssignment, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.assigned_partitions))
        for each_of_assigned_partitions in m.assigned_partitions:
            s = each_of_assigned_partitions.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_assigned_partitions.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        if m.user_data is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.user_data))
            out += m.user_data
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerProtocolAssignment v0-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerProtocolAssignment, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerProtocolAssignment, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v0,
}
