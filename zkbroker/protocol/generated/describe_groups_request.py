"""DescribeGroupsRequest, key 15, versions 0-5. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class DescribeGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 5)
        groups: Sequence[str] = ()  # v0+
        include_authorized_operations: bool = False  # v3+

else:

    class DescribeGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 5)
        __slots__ = ("groups", "include_authorized_operations")

        def __init__(self, groups=(), include_authorized_operations=False):
            self.groups = groups
            self.include_authorized_operations = include_authorized_operations


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeGroupsRequest.groups", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("DescribeGroupsRequest.groups", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribeGroupsRequest.groups", at)
            end = at + n
            groups_2 = data[at:end].decode()
            at = end
            items.append(groups_2)
        groups = items
        return DescribeGroupsRequest(groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsRequest v0-2", at, error) from None


def _encode_v0(m: DescribeGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.include_authorized_operations:
            raise not_in_version("DescribeGroupsRequest.include_authorized_operations", "DescribeGroupsRequest v0-2")
        out += _write_i(len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeGroupsRequest.groups", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("DescribeGroupsRequest.groups", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribeGroupsRequest.groups", at)
            end = at + n
            groups_2 = data[at:end].decode()
            at = end
            items.append(groups_2)
        groups = items
        include_authorized_operations, = _read_o(data, at)
        at += 1
        return DescribeGroupsRequest(groups, include_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsRequest v3-4", at, error) from None


def _encode_v3(m: DescribeGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.encode()
            out += _write_h(len(s))
            out += s
        out += _write_o(m.include_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsRequest v3-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[DescribeGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeGroupsRequest.groups", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("DescribeGroupsRequest.groups", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeGroupsRequest.groups", at)
            end = at + n - 1
            groups_2 = data[at:end].decode()
            at = end
            items.append(groups_2)
        groups = items
        include_authorized_operations, tags = _read_oB(data, at)
        at += 2
        if tags:
            at = skip_tags(data, at, tags)
        return DescribeGroupsRequest(groups, include_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsRequest v5", at, error) from None


def _encode_v5(m: DescribeGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_ox(m.include_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsRequest v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeGroupsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeGroupsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
    5: _encode_v5,
}
