"""AlterPartitionReassignmentsRequest, key 45, versions 0-0. Generated from messages.spec, do not edit."""

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
    class ReassignablePartition(Message):
        partition_index: int = 0  # v0+
        replicas: Sequence[int] | None = None  # v0+, null in v0+

    @frozen
    class ReassignableTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[ReassignablePartition] = ()  # v0+

    @frozen
    class AlterPartitionReassignmentsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        timeout_ms: int = 60000  # v0+
        topics: Sequence[ReassignableTopic] = ()  # v0+

else:

    class ReassignablePartition(Message):
        __slots__ = ("partition_index", "replicas")

        def __init__(self, partition_index=0, replicas=None):
            self.partition_index = partition_index
            self.replicas = replicas

    class ReassignableTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class AlterPartitionReassignmentsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("timeout_ms", "topics")

        def __init__(self, timeout_ms=60000, topics=()):
            self.timeout_ms = timeout_ms
            self.topics = topics


_read_iB = Struct(">iB").unpack_from
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterPartitionReassignmentsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        timeout_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterPartitionReassignmentsRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionReassignmentsRequest.topics", n, at)
        items: list[ReassignableTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ReassignableTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ReassignableTopic.partitions", at)
            n -= 1
            room -= n * 84
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("ReassignableTopic.partitions", n, at)
            items_2: list[ReassignablePartition] = []
            for _ in range(n):
                partition_index, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                replicas: tuple[int, ...] | None
                if n:
                    n -= 1
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("ReassignablePartition.replicas", n, at)
                    replicas = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                else:
                    replicas = None
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(ReassignablePartition(partition_index, replicas))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(ReassignableTopic(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterPartitionReassignmentsRequest(timeout_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionReassignmentsRequest v0", at, error) from None


def _encode_v0(m: AlterPartitionReassignmentsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.timeout_ms)
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
                if each_of_partitions.replicas is None:
                    out.append(0)
                else:
                    numbers = each_of_partitions.replicas
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionReassignmentsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterPartitionReassignmentsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[AlterPartitionReassignmentsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
