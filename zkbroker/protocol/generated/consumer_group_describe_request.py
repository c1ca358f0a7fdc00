"""ConsumerGroupDescribeRequest, key 69, versions 0-0. Generated from messages.spec, do not edit."""

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
    class ConsumerGroupDescribeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_DESCRIBE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        group_ids: Sequence[str] = ()  # v0+
        include_authorized_operations: bool = False  # v0+

else:

    class ConsumerGroupDescribeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONSUMER_GROUP_DESCRIBE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("group_ids", "include_authorized_operations")

        def __init__(self, group_ids=(), include_authorized_operations=False):
            self.group_ids = group_ids
            self.include_authorized_operations = include_authorized_operations


_read_oB = Struct(">?B").unpack_from
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[ConsumerGroupDescribeRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ConsumerGroupDescribeRequest.group_ids", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ConsumerGroupDescribeRequest.group_ids", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ConsumerGroupDescribeRequest.group_ids", at)
            end = at + n - 1
            group_ids_2 = data[at:end].decode()
            at = end
            items.append(group_ids_2)
        group_ids = items
        include_authorized_operations, tags = _read_oB(data, at)
        at += 2
        if tags:
            at = skip_tags(data, at, tags)
        return ConsumerGroupDescribeRequest(group_ids, include_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ConsumerGroupDescribeRequest v0", at, error) from None


def _encode_v0(m: ConsumerGroupDescribeRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.group_ids) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_group_ids in m.group_ids:
            s = each_of_group_ids.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_ox(m.include_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ConsumerGroupDescribeRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ConsumerGroupDescribeRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ConsumerGroupDescribeRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
