"""LeaveGroupResponse, key 13, versions 0-5. Generated from messages.spec, do not edit."""

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
    class MemberResponse(Message):
        member_id: str = ""  # v3+
        group_instance_id: str | None = ""  # v3+, null in v3+
        error_code: int = 0  # v3+

    @frozen
    class LeaveGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LEAVE_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v0+
        members: Sequence[MemberResponse] = ()  # v3+

else:

    class MemberResponse(Message):
        __slots__ = ("member_id", "group_instance_id", "error_code")

        def __init__(self, member_id="", group_instance_id="", error_code=0):
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.error_code = error_code

    class LeaveGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LEAVE_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        __slots__ = ("throttle_time_ms", "error_code", "members")

        def __init__(self, throttle_time_ms=0, error_code=0, members=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.members = members


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack
_write_ih = Struct(">ih").pack
_write_ihi = Struct(">ihi").pack


def _decode_v0(data: bytes, at: int) -> tuple[LeaveGroupResponse, int]:
    try:
        error_code, = _read_h(data, at)
        at += 2
        return LeaveGroupResponse(0, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupResponse v0", at, error) from None


def _encode_v0(m: LeaveGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.members:
            raise not_in_version("LeaveGroupResponse.members", "LeaveGroupResponse v0")
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[LeaveGroupResponse, int]:
    try:
        throttle_time_ms, error_code = _read_ih(data, at)
        at += 6
        return LeaveGroupResponse(throttle_time_ms, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupResponse v1-2", at, error) from None


def _encode_v1(m: LeaveGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.members:
            raise not_in_version("LeaveGroupResponse.members", "LeaveGroupResponse v1-2")
        out += _write_ih(m.throttle_time_ms, m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[LeaveGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihi(data, at)
        at += 10
        if n < 0:
            raise is_null("LeaveGroupResponse.members", at)
        room -= n * 192
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("LeaveGroupResponse.members", n, at)
        items: list[MemberResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberResponse.member_id", at)
            end = at + n
            member_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            group_instance_id: str | None = None
            if n >= 0:
                end = at + n
                group_instance_id = data[at:end].decode()
                at = end
            error_code_2, = _read_h(data, at)
            at += 2
            items.append(MemberResponse(member_id, group_instance_id, error_code_2))
        members = items
        return LeaveGroupResponse(throttle_time_ms, error_code, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupResponse v3", at, error) from None


def _encode_v3(m: LeaveGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            if each_of_members.group_instance_id is None:
                out += b"\xff" * 2
            else:
                s = each_of_members.group_instance_id.encode()
                out += _write_h(len(s))
                out += s
            out += _write_h(each_of_members.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[LeaveGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaveGroupResponse.members", at)
        n -= 1
        room -= n * 192
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("LeaveGroupResponse.members", n, at)
        items: list[MemberResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MemberResponse.member_id", at)
            end = at + n - 1
            member_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            group_instance_id: str | None = None
            if n:
                end = at + n - 1
                group_instance_id = data[at:end].decode()
                at = end
            error_code_2, tags = _read_hB(data, at)
            at += 3
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MemberResponse(member_id, group_instance_id, error_code_2))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return LeaveGroupResponse(throttle_time_ms, error_code, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupResponse v4-5", at, error) from None


def _encode_v4(m: LeaveGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.members) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            if each_of_members.group_instance_id is None:
                out.append(0)
            else:
                s = each_of_members.group_instance_id.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_hx(each_of_members.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupResponse v4-5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[LeaveGroupResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[LeaveGroupResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v4,
}
