"""ListPartitionReassignmentsResponse, key 46, versions 0-0. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class OngoingPartitionReassignment(Message):
        partition_index: int = 0  # v0+
        replicas: Sequence[int] = ()  # v0+
        adding_replicas: Sequence[int] = ()  # v0+
        removing_replicas: Sequence[int] = ()  # v0+

    @frozen
    class OngoingTopicReassignment(Message):
        name: str = ""  # v0+
        partitions: Sequence[OngoingPartitionReassignment] = ()  # v0+

    @frozen
    class ListPartitionReassignmentsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        topics: Sequence[OngoingTopicReassignment] = ()  # v0+

else:

    class OngoingPartitionReassignment(Message):
        __slots__ = ("partition_index", "replicas", "adding_replicas", "removing_replicas")

        def __init__(self, partition_index=0, replicas=(), adding_replicas=(), removing_replicas=()):
            self.partition_index = partition_index
            self.replicas = replicas
            self.adding_replicas = adding_replicas
            self.removing_replicas = removing_replicas

    class OngoingTopicReassignment(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class ListPartitionReassignmentsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "topics")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.topics = topics


_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListPartitionReassignmentsResponse, int]:
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
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListPartitionReassignmentsResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ListPartitionReassignmentsResponse.topics", n, at)
        items: list[OngoingTopicReassignment] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OngoingTopicReassignment.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OngoingTopicReassignment.partitions", at)
            n -= 1
            room -= n * 268
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("OngoingTopicReassignment.partitions", n, at)
            items_2: list[OngoingPartitionReassignment] = []
            for _ in range(n):
                partition_index, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OngoingPartitionReassignment.replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OngoingPartitionReassignment.replicas", n, at)
                replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OngoingPartitionReassignment.adding_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OngoingPartitionReassignment.adding_replicas", n, at)
                adding_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OngoingPartitionReassignment.removing_replicas", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OngoingPartitionReassignment.removing_replicas", n, at)
                removing_replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(OngoingPartitionReassignment(partition_index, replicas, adding_replicas, removing_replicas))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OngoingTopicReassignment(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ListPartitionReassignmentsResponse(throttle_time_ms, error_code, error_message, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListPartitionReassignmentsResponse v0", at, error) from None


def _encode_v0(m: ListPartitionReassignmentsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
                out += _write_i(each_of_partitions.partition_index)
                numbers = each_of_partitions.replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.adding_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                numbers = each_of_partitions.removing_replicas
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListPartitionReassignmentsResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListPartitionReassignmentsResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ListPartitionReassignmentsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
