"""AlterPartitionReassignmentsResponse, key 45, versions 0-0. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    Buffer,
    Message,
    Records,
    VersionRange,
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
    class ReassignablePartitionResponse(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+

    @frozen
    class ReassignableTopicResponse(Message):
        name: str = ""  # v0+
        partitions: Sequence[ReassignablePartitionResponse] = ()  # v0+

    @frozen
    class AlterPartitionReassignmentsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        responses: Sequence[ReassignableTopicResponse] = ()  # v0+

else:

    class ReassignablePartitionResponse(Message):
        __slots__ = ("partition_index", "error_code", "error_message")

        def __init__(self, partition_index=0, error_code=0, error_message=""):
            self.partition_index = partition_index
            self.error_code = error_code
            self.error_message = error_message

    class ReassignableTopicResponse(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class AlterPartitionReassignmentsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_PARTITION_REASSIGNMENTS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "responses")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", responses=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.responses = responses


_read_ihB = Struct(">ihB").unpack_from
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterPartitionReassignmentsResponse, int]:
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
            raise is_null("AlterPartitionReassignmentsResponse.responses", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterPartitionReassignmentsResponse.responses", n, at)
        items: list[ReassignableTopicResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ReassignableTopicResponse.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ReassignableTopicResponse.partitions", at)
            n -= 1
            room -= n * 170
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("ReassignableTopicResponse.partitions", n, at)
            items_2: list[ReassignablePartitionResponse] = []
            for _ in range(n):
                partition_index, error_code_2, n = _read_ihB(data, at)
                at += 7
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message_2: str | None = None
                if n:
                    end = at + n - 1
                    error_message_2 = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(ReassignablePartitionResponse(partition_index, error_code_2, error_message_2))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(ReassignableTopicResponse(name, partitions))
        responses = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterPartitionReassignmentsResponse(throttle_time_ms, error_code, error_message, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterPartitionReassignmentsResponse v0", at, error) from None


def _encode_v0(m: AlterPartitionReassignmentsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_responses.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_responses.partitions:
                out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
                if each_of_partitions.error_message is None:
                    out.append(0)
                else:
                    s = each_of_partitions.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterPartitionReassignmentsResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterPartitionReassignmentsResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[AlterPartitionReassignmentsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
