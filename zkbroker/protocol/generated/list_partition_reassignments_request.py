"""ListPartitionReassignmentsRequest, key 46, versions 0-0. Generated from messages.spec, do not edit."""

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
    class ListPartitionReassignmentsTopics(Message):
        name: str = ""  # v0+
        partition_indexes: Sequence[int] = ()  # v0+

    @frozen
    class ListPartitionReassignmentsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        timeout_ms: int = 60000  # v0+
        topics: Sequence[ListPartitionReassignmentsTopics] | None = None  # v0+, null in v0+

else:

    class ListPartitionReassignmentsTopics(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class ListPartitionReassignmentsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("timeout_ms", "topics")

        def __init__(self, timeout_ms=60000, topics=None):
            self.timeout_ms = timeout_ms
            self.topics = topics


_read_iB = Struct(">iB").unpack_from
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListPartitionReassignmentsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        timeout_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[ListPartitionReassignmentsTopics] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("ListPartitionReassignmentsRequest.topics", n, at)
            items: list[ListPartitionReassignmentsTopics] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("ListPartitionReassignmentsTopics.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("ListPartitionReassignmentsTopics.partition_indexes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("ListPartitionReassignmentsTopics.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(ListPartitionReassignmentsTopics(name, partition_indexes))
            topics = items
        else:
            topics = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ListPartitionReassignmentsRequest(timeout_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListPartitionReassignmentsRequest v0", at, error) from None


def _encode_v0(m: ListPartitionReassignmentsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.timeout_ms)
        if m.topics is None:
            out.append(0)
        else:
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
        raise unencodable("ListPartitionReassignmentsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListPartitionReassignmentsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ListPartitionReassignmentsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
