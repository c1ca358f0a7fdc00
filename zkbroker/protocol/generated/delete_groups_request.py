"""DeleteGroupsRequest, key 42, versions 0-2. Generated from messages.spec, do not edit."""

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
    class DeleteGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        groups_names: Sequence[str] = ()  # v0+

else:

    class DeleteGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("groups_names",)

        def __init__(self, groups_names=()):
            self.groups_names = groups_names


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteGroupsRequest.groups_names", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("DeleteGroupsRequest.groups_names", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeleteGroupsRequest.groups_names", at)
            end = at + n
            groups_names_2 = data[at:end].decode()
            at = end
            items.append(groups_names_2)
        groups_names = items
        return DeleteGroupsRequest(groups_names), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteGroupsRequest v0-1", at, error) from None


def _encode_v0(m: DeleteGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.groups_names))
        for each_of_groups_names in m.groups_names:
            s = each_of_groups_names.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteGroupsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteGroupsRequest.groups_names", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("DeleteGroupsRequest.groups_names", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeleteGroupsRequest.groups_names", at)
            end = at + n - 1
            groups_names_2 = data[at:end].decode()
            at = end
            items.append(groups_names_2)
        groups_names = items
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return DeleteGroupsRequest(groups_names), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteGroupsRequest v2", at, error) from None


def _encode_v2(m: DeleteGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.groups_names) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups_names in m.groups_names:
            s = each_of_groups_names.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteGroupsRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteGroupsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteGroupsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
