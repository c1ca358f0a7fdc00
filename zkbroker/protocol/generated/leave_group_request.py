"""LeaveGroupRequest, key 13, versions 0-5. Generated from messages.spec, do not edit."""

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
    class MemberIdentity(Message):
        member_id: str = ""  # v3+
        group_instance_id: str | None = None  # v3+, null in v3+
        reason: str | None = None  # v5+, null in v5+

    @frozen
    class LeaveGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LEAVE_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        group_id: str = ""  # v0+
        member_id: str = ""  # v0-2
        members: Sequence[MemberIdentity] = ()  # v3+

else:

    class MemberIdentity(Message):
        __slots__ = ("member_id", "group_instance_id", "reason")

        def __init__(self, member_id="", group_instance_id=None, reason=None):
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.reason = reason

    class LeaveGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LEAVE_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        __slots__ = ("group_id", "member_id", "members")

        def __init__(self, group_id="", member_id="", members=()):
            self.group_id = group_id
            self.member_id = member_id
            self.members = members


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[LeaveGroupRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("LeaveGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("LeaveGroupRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        return LeaveGroupRequest(group_id, member_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupRequest v0-2", at, error) from None


def _encode_v0(m: LeaveGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.members:
            raise not_in_version("LeaveGroupRequest.members", "LeaveGroupRequest v0-2")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[LeaveGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("LeaveGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("LeaveGroupRequest.members", at)
        room -= n * 164
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("LeaveGroupRequest.members", n, at)
        items: list[MemberIdentity] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberIdentity.member_id", at)
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
            items.append(MemberIdentity(member_id, group_instance_id))
        members = items
        return LeaveGroupRequest(group_id, "", members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupRequest v3", at, error) from None


def _encode_v3(m: LeaveGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.member_id != "":
            raise not_in_version("LeaveGroupRequest.member_id", "LeaveGroupRequest v3")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.members))
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
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[LeaveGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("LeaveGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaveGroupRequest.members", at)
        n -= 1
        room -= n * 164
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("LeaveGroupRequest.members", n, at)
        items: list[MemberIdentity] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MemberIdentity.member_id", at)
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
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MemberIdentity(member_id, group_instance_id))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return LeaveGroupRequest(group_id, "", members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupRequest v4", at, error) from None


def _encode_v4(m: LeaveGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.member_id != "":
            raise not_in_version("LeaveGroupRequest.member_id", "LeaveGroupRequest v4")
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
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
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[LeaveGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("LeaveGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("LeaveGroupRequest.members", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("LeaveGroupRequest.members", n, at)
        items: list[MemberIdentity] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MemberIdentity.member_id", at)
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
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            reason: str | None = None
            if n:
                end = at + n - 1
                reason = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MemberIdentity(member_id, group_instance_id, reason))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return LeaveGroupRequest(group_id, "", members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("LeaveGroupRequest v5", at, error) from None


def _encode_v5(m: LeaveGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.member_id != "":
            raise not_in_version("LeaveGroupRequest.member_id", "LeaveGroupRequest v5")
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
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
            if each_of_members.reason is None:
                out.append(0)
            else:
                s = each_of_members.reason.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("LeaveGroupRequest v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[LeaveGroupRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[LeaveGroupRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
}
