"""CreatePartitionsRequest, key 37, versions 0-3. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class CreatePartitionsAssignment(Message):
        broker_ids: Sequence[int] = ()  # v0+

    @frozen
    class CreatePartitionsTopic(Message):
        name: str = ""  # v0+
        count: int = 0  # v0+
        assignments: Sequence[CreatePartitionsAssignment] | None = ()  # v0+, null in v0+

    @frozen
    class CreatePartitionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_PARTITIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        topics: Sequence[CreatePartitionsTopic] = ()  # v0+
        timeout_ms: int = 0  # v0+
        validate_only: bool = False  # v0+

else:

    class CreatePartitionsAssignment(Message):
        __slots__ = ("broker_ids",)

        def __init__(self, broker_ids=()):
            self.broker_ids = broker_ids

    class CreatePartitionsTopic(Message):
        __slots__ = ("name", "count", "assignments")

        def __init__(self, name="", count=0, assignments=()):
            self.name = name
            self.count = count
            self.assignments = assignments

    class CreatePartitionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_PARTITIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("topics", "timeout_ms", "validate_only")

        def __init__(self, topics=(), timeout_ms=0, validate_only=False):
            self.topics = topics
            self.timeout_ms = timeout_ms
            self.validate_only = validate_only


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_io = Struct(">i?").unpack_from
_read_ioB = Struct(">i?B").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_io = Struct(">i?").pack
_write_iox = Struct(">i?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreatePartitionsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreatePartitionsRequest.topics", at)
        room -= n * 142
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("CreatePartitionsRequest.topics", n, at)
        items: list[CreatePartitionsTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatePartitionsTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            count, n = _read_ii(data, at)
            at += 8
            assignments: list[CreatePartitionsAssignment] | None
            if n >= 0:
                room -= n * 104
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("CreatePartitionsTopic.assignments", n, at)
                items_2: list[CreatePartitionsAssignment] = []
                for _ in range(n):
                    n, = _read_i(data, at)
                    at += 4
                    if n < 0:
                        raise is_null("CreatePartitionsAssignment.broker_ids", at)
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("CreatePartitionsAssignment.broker_ids", n, at)
                    broker_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                    items_2.append(CreatePartitionsAssignment(broker_ids))
                assignments = items_2
            else:
                assignments = None
            items.append(CreatePartitionsTopic(name, count, assignments))
        topics = items
        timeout_ms, validate_only = _read_io(data, at)
        at += 5
        return CreatePartitionsRequest(topics, timeout_ms, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreatePartitionsRequest v0-1", at, error) from None


def _encode_v0(m: CreatePartitionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(each_of_topics.count)
            if each_of_topics.assignments is None:
                out += b"\xff" * 4
            else:
                out += _write_i(len(each_of_topics.assignments))
                for each_of_assignments in each_of_topics.assignments:
                    numbers = each_of_assignments.broker_ids
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_INT32S[n](n, *numbers)
                    else:
                        append_numbers(out, "i", numbers, False)
        out += _write_io(m.timeout_ms, m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreatePartitionsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreatePartitionsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreatePartitionsRequest.topics", at)
        n -= 1
        room -= n * 142
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("CreatePartitionsRequest.topics", n, at)
        items: list[CreatePartitionsTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatePartitionsTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            count, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_length(data, at, n)
            assignments: list[CreatePartitionsAssignment] | None
            if n:
                n -= 1
                room -= n * 104
                if room < 0 or n * 2 > len(data) - at:
                    raise too_many("CreatePartitionsTopic.assignments", n, at)
                items_2: list[CreatePartitionsAssignment] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("CreatePartitionsAssignment.broker_ids", at)
                    n -= 1
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("CreatePartitionsAssignment.broker_ids", n, at)
                    broker_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(CreatePartitionsAssignment(broker_ids))
                assignments = items_2
            else:
                assignments = None
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(CreatePartitionsTopic(name, count, assignments))
        topics = items
        timeout_ms, validate_only, tags_3 = _read_ioB(data, at)
        at += 6
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return CreatePartitionsRequest(topics, timeout_ms, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreatePartitionsRequest v2-3", at, error) from None


def _encode_v2(m: CreatePartitionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
            out += _write_i(each_of_topics.count)
            if each_of_topics.assignments is None:
                out.append(0)
            else:
                n = len(each_of_topics.assignments) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_assignments in each_of_topics.assignments:
                    numbers = each_of_assignments.broker_ids
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                    out.append(0)
            out.append(0)
        out += _write_iox(m.timeout_ms, m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreatePartitionsRequest v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreatePartitionsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[CreatePartitionsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
}
