"""ConsumerGroupHeartbeatResponse, key 68, versions 0-0. Generated from messages.spec, do not edit."""

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
    class TopicPartitions(Message):
        topic_id: TopicId = ZERO_UUID  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class Assignment(Message):
        topic_partitions: Sequence[TopicPartitions] = ()  # v0+

    @frozen
    class ConsumerGroupHeartbeatResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = None  # v0+, null in v0+
        member_id: str | None = None  # v0+, null in v0+
        member_epoch: int = 0  # v0+
        heartbeat_interval_ms: int = 0  # v0+
        assignment: Assignment | None = None  # v0+, null in v0+

else:

    class TopicPartitions(Message):
        __slots__ = ("topic_id", "partitions")

        def __init__(self, topic_id=ZERO_UUID, partitions=()):
            self.topic_id = topic_id
            self.partitions = partitions

    class Assignment(Message):
        __slots__ = ("topic_partitions",)

        def __init__(self, topic_partitions=()):
            self.topic_partitions = topic_partitions

    class ConsumerGroupHeartbeatResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "member_id", "member_epoch", "heartbeat_interval_ms", "assignment")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message=None, member_id=None, member_epoch=0, heartbeat_interval_ms=0, assignment=None):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.member_id = member_id
            self.member_epoch = member_epoch
            self.heartbeat_interval_ms = heartbeat_interval_ms
            self.assignment = assignment


_read_16sB = Struct(">16sB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_iib = Struct(">iib").unpack_from
_write_16s = Struct(">16s").pack
_write_b = Struct(">b").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerGroupHeartbeatResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_string_length(data, at, n)
        error_message: str | None = None
        if n:
            end = at + n - 1
            error_message = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        member_id: str | None = None
        if n:
            end = at + n - 1
            member_id = data[at:end].decode()
            at = end
        assignment: Assignment | None = None
        member_epoch, heartbeat_interval_ms, presence = _read_iib(data, at)
        at += 9
        if presence >= 0:
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("Assignment.topic_partitions", at)
            n -= 1
            room -= n * 161
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("Assignment.topic_partitions", n, at)
            items: list[TopicPartitions] = []
            for _ in range(n):
                topic_id, n = _read_16sB(data, at)
                at += 17
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("TopicPartitions.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("TopicPartitions.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(TopicPartitions(topic_id, partitions))
            topic_partitions = items
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            assignment = Assignment(topic_partitions)
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ConsumerGroupHeartbeatResponse(throttle_time_ms, error_code, error_message, member_id, member_epoch, heartbeat_interval_ms, assignment), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerGroupHeartbeatResponse v0", at, error) from None


def _encode_v0(m: ConsumerGroupHeartbeatResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out.append(0)
        else:
            s = m.error_message.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.member_id is None:
            out.append(0)
        else:
            s = m.member_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_ii(m.member_epoch, m.heartbeat_interval_ms)
        if m.assignment is None:
            out.append(255)
        else:
            out += _write_b(1)
            n = len(m.assignment.topic_partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topic_partitions in m.assignment.topic_partitions:
                out += _write_16s(each_of_topic_partitions.topic_id)
                numbers = each_of_topic_partitions.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerGroupHeartbeatResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerGroupHeartbeatResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerGroupHeartbeatResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
