"""ElectLeadersRequest, key 43, versions 0-2. Generated from messages.spec, do not edit."""

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
    class TopicPartitions(Message):
        topic: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class ElectLeadersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ELECT_LEADERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        election_type: int = 0  # v1+
        topic_partitions: Sequence[TopicPartitions] | None = ()  # v0+, null in v0+
        timeout_ms: int = 60000  # v0+

else:

    class TopicPartitions(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class ElectLeadersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ELECT_LEADERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("election_type", "topic_partitions", "timeout_ms")

        def __init__(self, election_type=0, topic_partitions=(), timeout_ms=60000):
            self.election_type = election_type
            self.topic_partitions = topic_partitions
            self.timeout_ms = timeout_ms


_read_bB = Struct(">bB").unpack_from
_read_bi = Struct(">bi").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_write_b = Struct(">b").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[ElectLeadersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        topic_partitions: list[TopicPartitions] | None
        if n >= 0:
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("ElectLeadersRequest.topic_partitions", n, at)
            items: list[TopicPartitions] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("TopicPartitions.topic", at)
                end = at + n
                topic = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("TopicPartitions.partitions", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("TopicPartitions.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items.append(TopicPartitions(topic, partitions))
            topic_partitions = items
        else:
            topic_partitions = None
        timeout_ms, = _read_i(data, at)
        at += 4
        return ElectLeadersRequest(0, topic_partitions, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersRequest v0", at, error) from None


def _encode_v0(m: ElectLeadersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.election_type != 0:
            raise not_in_version("ElectLeadersRequest.election_type", "ElectLeadersRequest v0")
        if m.topic_partitions is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topic_partitions))
            for each_of_topic_partitions in m.topic_partitions:
                s = each_of_topic_partitions.topic.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topic_partitions.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
        out += _write_i(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ElectLeadersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        election_type, n = _read_bi(data, at)
        at += 5
        topic_partitions: list[TopicPartitions] | None
        if n >= 0:
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("ElectLeadersRequest.topic_partitions", n, at)
            items: list[TopicPartitions] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("TopicPartitions.topic", at)
                end = at + n
                topic = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("TopicPartitions.partitions", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("TopicPartitions.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items.append(TopicPartitions(topic, partitions))
            topic_partitions = items
        else:
            topic_partitions = None
        timeout_ms, = _read_i(data, at)
        at += 4
        return ElectLeadersRequest(election_type, topic_partitions, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersRequest v1", at, error) from None


def _encode_v1(m: ElectLeadersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_b(m.election_type)
        if m.topic_partitions is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topic_partitions))
            for each_of_topic_partitions in m.topic_partitions:
                s = each_of_topic_partitions.topic.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topic_partitions.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
        out += _write_i(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ElectLeadersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        election_type, n = _read_bB(data, at)
        at += 2
        if n > 127:
            n, at = long_length(data, at, n)
        topic_partitions: list[TopicPartitions] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("ElectLeadersRequest.topic_partitions", n, at)
            items: list[TopicPartitions] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("TopicPartitions.topic", at)
                end = at + n - 1
                topic = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
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
                items.append(TopicPartitions(topic, partitions))
            topic_partitions = items
        else:
            topic_partitions = None
        timeout_ms, tags_2 = _read_iB(data, at)
        at += 5
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ElectLeadersRequest(election_type, topic_partitions, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersRequest v2", at, error) from None


def _encode_v2(m: ElectLeadersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_b(m.election_type)
        if m.topic_partitions is None:
            out.append(0)
        else:
            n = len(m.topic_partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topic_partitions in m.topic_partitions:
                s = each_of_topic_partitions.topic.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_topic_partitions.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out += _write_ix(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ElectLeadersRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[ElectLeadersRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
}
