"""JoinGroupResponse, key 11, versions 0-9. Generated from messages.spec, do not edit."""

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
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class JoinGroupResponseMember(Message):
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v5+, null in v5+
        metadata: bytes = b""  # v0+

    @frozen
    class JoinGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.JOIN_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        throttle_time_ms: int = 0  # v2+
        error_code: int = 0  # v0+
        generation_id: int = -1  # v0+
        protocol_type: str | None = None  # v7+, null in v7+
        protocol_name: str | None = ""  # v0+, null in v7+
        leader: str = ""  # v0+
        skip_assignment: bool = False  # v9+
        member_id: str = ""  # v0+
        members: Sequence[JoinGroupResponseMember] = ()  # v0+

else:

    class JoinGroupResponseMember(Message):
        __slots__ = ("member_id", "group_instance_id", "metadata")

        def __init__(self, member_id="", group_instance_id=None, metadata=b""):
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.metadata = metadata

    class JoinGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.JOIN_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("throttle_time_ms", "error_code", "generation_id", "protocol_type", "protocol_name", "leader", "skip_assignment", "member_id", "members")

        def __init__(self, throttle_time_ms=0, error_code=0, generation_id=-1, protocol_type=None, protocol_name="", leader="", skip_assignment=False, member_id="", members=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.generation_id = generation_id
            self.protocol_type = protocol_type
            self.protocol_name = protocol_name
            self.leader = leader
            self.skip_assignment = skip_assignment
            self.member_id = member_id
            self.members = members


_read_h = Struct(">h").unpack_from
_read_hih = Struct(">hih").unpack_from
_read_i = Struct(">i").unpack_from
_read_ihiB = Struct(">ihiB").unpack_from
_read_ihih = Struct(">ihih").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_h = Struct(">h").pack
_write_hih = Struct(">hih").pack
_write_i = Struct(">i").pack
_write_ihi = Struct(">ihi").pack
_write_ihih = Struct(">ihih").pack
_write_o = Struct(">?").pack


def _decode_v0(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, generation_id, n = _read_hih(data, at)
        at += 8
        if n < 0:
            raise is_null("JoinGroupResponse.protocol_name", at)
        end = at + n
        protocol_name = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n
        leader = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupResponse.members", at)
        room -= n * 148
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n
            member_id_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupResponseMember(member_id_2, None, metadata))
        members = items
        return JoinGroupResponse(0, error_code, generation_id, None, protocol_name, leader, False, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v0-1", at, error) from None


def _encode_v0(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.skip_assignment:
            raise not_in_version("JoinGroupResponse.skip_assignment", "JoinGroupResponse v0-1")
        if m.protocol_name is None:
            raise null_not_in_version("m.protocol_name", "JoinGroupResponse v0-1")
        s = m.protocol_name.encode()
        out += _write_hih(m.error_code, m.generation_id, len(s))
        out += s
        s = m.leader.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_members.metadata))
            out += each_of_members.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, generation_id, n = _read_ihih(data, at)
        at += 12
        if n < 0:
            raise is_null("JoinGroupResponse.protocol_name", at)
        end = at + n
        protocol_name = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n
        leader = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupResponse.members", at)
        room -= n * 148
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n
            member_id_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupResponseMember(member_id_2, None, metadata))
        members = items
        return JoinGroupResponse(throttle_time_ms, error_code, generation_id, None, protocol_name, leader, False, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v2-4", at, error) from None


def _encode_v2(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.skip_assignment:
            raise not_in_version("JoinGroupResponse.skip_assignment", "JoinGroupResponse v2-4")
        if m.protocol_name is None:
            raise null_not_in_version("m.protocol_name", "JoinGroupResponse v2-4")
        s = m.protocol_name.encode()
        out += _write_ihih(m.throttle_time_ms, m.error_code, m.generation_id, len(s))
        out += s
        s = m.leader.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_members.metadata))
            out += each_of_members.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v2-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, generation_id, n = _read_ihih(data, at)
        at += 12
        if n < 0:
            raise is_null("JoinGroupResponse.protocol_name", at)
        end = at + n
        protocol_name = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n
        leader = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupResponse.members", at)
        room -= n * 198
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n
            member_id_2 = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            group_instance_id: str | None = None
            if n >= 0:
                end = at + n
                group_instance_id = data[at:end].decode()
                at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupResponseMember(member_id_2, group_instance_id, metadata))
        members = items
        return JoinGroupResponse(throttle_time_ms, error_code, generation_id, None, protocol_name, leader, False, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v5", at, error) from None


def _encode_v5(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.skip_assignment:
            raise not_in_version("JoinGroupResponse.skip_assignment", "JoinGroupResponse v5")
        if m.protocol_name is None:
            raise null_not_in_version("m.protocol_name", "JoinGroupResponse v5")
        s = m.protocol_name.encode()
        out += _write_ihih(m.throttle_time_ms, m.error_code, m.generation_id, len(s))
        out += s
        s = m.leader.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
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
            out += _write_i(len(each_of_members.metadata))
            out += each_of_members.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, generation_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.protocol_name", at)
        end = at + n - 1
        protocol_name = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n - 1
        leader = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.members", at)
        n -= 1
        room -= n * 198
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n - 1
            member_id_2 = data[at:end].decode()
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
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n - 1
            metadata = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(JoinGroupResponseMember(member_id_2, group_instance_id, metadata))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return JoinGroupResponse(throttle_time_ms, error_code, generation_id, None, protocol_name, leader, False, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v6", at, error) from None


def _encode_v6(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.skip_assignment:
            raise not_in_version("JoinGroupResponse.skip_assignment", "JoinGroupResponse v6")
        if m.protocol_name is None:
            raise null_not_in_version("m.protocol_name", "JoinGroupResponse v6")
        s = m.protocol_name.encode()
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.leader.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
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
            n = len(each_of_members.metadata) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_members.metadata
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, generation_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_string_length(data, at, n)
        protocol_type: str | None = None
        if n:
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        protocol_name: str | None = None
        if n:
            end = at + n - 1
            protocol_name = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n - 1
        leader = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.members", at)
        n -= 1
        room -= n * 198
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n - 1
            member_id_2 = data[at:end].decode()
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
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n - 1
            metadata = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(JoinGroupResponseMember(member_id_2, group_instance_id, metadata))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return JoinGroupResponse(throttle_time_ms, error_code, generation_id, protocol_type, protocol_name, leader, False, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v7-8", at, error) from None


def _encode_v7(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.skip_assignment:
            raise not_in_version("JoinGroupResponse.skip_assignment", "JoinGroupResponse v7-8")
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
        if m.protocol_type is None:
            out.append(0)
        else:
            s = m.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.protocol_name is None:
            out.append(0)
        else:
            s = m.protocol_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        s = m.leader.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
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
            n = len(each_of_members.metadata) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_members.metadata
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v7-8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[JoinGroupResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, generation_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_string_length(data, at, n)
        protocol_type: str | None = None
        if n:
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        protocol_name: str | None = None
        if n:
            end = at + n - 1
            protocol_name = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.leader", at)
        end = at + n - 1
        leader = data[at:end].decode()
        at = end
        skip_assignment, n = _read_oB(data, at)
        at += 2
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("JoinGroupResponse.members", at)
        n -= 1
        room -= n * 198
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("JoinGroupResponse.members", n, at)
        items: list[JoinGroupResponseMember] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.member_id", at)
            end = at + n - 1
            member_id_2 = data[at:end].decode()
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
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("JoinGroupResponseMember.metadata", at)
            end = at + n - 1
            metadata = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(JoinGroupResponseMember(member_id_2, group_instance_id, metadata))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return JoinGroupResponse(throttle_time_ms, error_code, generation_id, protocol_type, protocol_name, leader, skip_assignment, member_id, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupResponse v9", at, error) from None


def _encode_v9(m: JoinGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.generation_id)
        if m.protocol_type is None:
            out.append(0)
        else:
            s = m.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.protocol_name is None:
            out.append(0)
        else:
            s = m.protocol_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        s = m.leader.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_o(m.skip_assignment)
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
            n = len(each_of_members.metadata) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_members.metadata
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupResponse v9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[JoinGroupResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v7,
    8: _decode_v7,
    9: _decode_v9,
}

ENCODERS: Final[Mapping[int, Callable[[JoinGroupResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v7,
    8: _encode_v7,
    9: _encode_v9,
}
