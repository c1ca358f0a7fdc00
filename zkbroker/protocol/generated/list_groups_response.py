"""ListGroupsResponse, key 16, versions 0-5. Generated from messages.spec, do not edit."""

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
    class ListedGroup(Message):
        group_id: str = ""  # v0+
        protocol_type: str = ""  # v0+
        group_state: str = ""  # v4+
        group_type: str = ""  # v5+

    @frozen
    class ListGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v0+
        groups: Sequence[ListedGroup] = ()  # v0+

else:

    class ListedGroup(Message):
        __slots__ = ("group_id", "protocol_type", "group_state", "group_type")

        def __init__(self, group_id="", protocol_type="", group_state="", group_type=""):
            self.group_id = group_id
            self.protocol_type = protocol_type
            self.group_state = group_state
            self.group_type = group_type

    class ListGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        __slots__ = ("throttle_time_ms", "error_code", "groups")

        def __init__(self, throttle_time_ms=0, error_code=0, groups=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.groups = groups


_read_h = Struct(">h").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_ih = Struct(">ih").pack
_write_ihi = Struct(">ihi").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("ListGroupsResponse.groups", at)
        room -= n * 172
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("ListGroupsResponse.groups", n, at)
        items: list[ListedGroup] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            items.append(ListedGroup(group_id, protocol_type))
        groups = items
        return ListGroupsResponse(0, error_code, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsResponse v0", at, error) from None


def _encode_v0(m: ListGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ListGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihi(data, at)
        at += 10
        if n < 0:
            raise is_null("ListGroupsResponse.groups", at)
        room -= n * 172
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("ListGroupsResponse.groups", n, at)
        items: list[ListedGroup] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ListedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            items.append(ListedGroup(group_id, protocol_type))
        groups = items
        return ListGroupsResponse(throttle_time_ms, error_code, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsResponse v1-2", at, error) from None


def _encode_v1(m: ListGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ListGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsResponse.groups", at)
        n -= 1
        room -= n * 172
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ListGroupsResponse.groups", n, at)
        items: list[ListedGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.protocol_type", at)
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ListedGroup(group_id, protocol_type))
        groups = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ListGroupsResponse(throttle_time_ms, error_code, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsResponse v3", at, error) from None


def _encode_v3(m: ListGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[ListGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsResponse.groups", at)
        n -= 1
        room -= n * 222
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("ListGroupsResponse.groups", n, at)
        items: list[ListedGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.protocol_type", at)
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_state", at)
            end = at + n - 1
            group_state = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ListedGroup(group_id, protocol_type, group_state))
        groups = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ListGroupsResponse(throttle_time_ms, error_code, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsResponse v4", at, error) from None


def _encode_v4(m: ListGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.group_state.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsResponse v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[ListGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsResponse.groups", at)
        n -= 1
        room -= n * 272
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("ListGroupsResponse.groups", n, at)
        items: list[ListedGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.protocol_type", at)
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_state", at)
            end = at + n - 1
            group_state = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListedGroup.group_type", at)
            end = at + n - 1
            group_type = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ListedGroup(group_id, protocol_type, group_state, group_type))
        groups = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ListGroupsResponse(throttle_time_ms, error_code, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsResponse v5", at, error) from None


def _encode_v5(m: ListGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.group_state.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.group_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsResponse v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListGroupsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[ListGroupsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
}
