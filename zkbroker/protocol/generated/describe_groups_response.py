"""DescribeGroupsResponse, key 15, versions 0-5. Generated from messages.spec, do not edit."""

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
    class DescribedGroupMember(Message):
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v4+, null in v4+
        client_id: str = ""  # v0+
        client_host: str = ""  # v0+
        member_metadata: bytes = b""  # v0+
        member_assignment: bytes = b""  # v0+

    @frozen
    class DescribedGroup(Message):
        error_code: int = 0  # v0+
        group_id: str = ""  # v0+
        group_state: str = ""  # v0+
        protocol_type: str = ""  # v0+
        protocol_data: str = ""  # v0+
        members: Sequence[DescribedGroupMember] = ()  # v0+
        authorized_operations: int = -2147483648  # v3+

    @frozen
    class DescribeGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 5)
        throttle_time_ms: int = 0  # v1+
        groups: Sequence[DescribedGroup] = ()  # v0+

else:

    class DescribedGroupMember(Message):
        __slots__ = ("member_id", "group_instance_id", "client_id", "client_host", "member_metadata", "member_assignment")

        def __init__(self, member_id="", group_instance_id=None, client_id="", client_host="", member_metadata=b"", member_assignment=b""):
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.client_id = client_id
            self.client_host = client_host
            self.member_metadata = member_metadata
            self.member_assignment = member_assignment

    class DescribedGroup(Message):
        __slots__ = ("error_code", "group_id", "group_state", "protocol_type", "protocol_data", "members", "authorized_operations")

        def __init__(self, error_code=0, group_id="", group_state="", protocol_type="", protocol_data="", members=(), authorized_operations=-2147483648):
            self.error_code = error_code
            self.group_id = group_id
            self.group_state = group_state
            self.protocol_type = protocol_type
            self.protocol_data = protocol_data
            self.members = members
            self.authorized_operations = authorized_operations

    class DescribeGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 5)
        __slots__ = ("throttle_time_ms", "groups")

        def __init__(self, throttle_time_ms=0, groups=()):
            self.throttle_time_ms = throttle_time_ms
            self.groups = groups


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_hh = Struct(">hh").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeGroupsResponse.groups", at)
        room -= n * 380
        if room < 0 or n * 14 > len(data) - at:
            raise too_many("DescribeGroupsResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n
            group_state = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_data", at)
            end = at + n
            protocol_data = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.members", at)
            room -= n * 306
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[DescribedGroupMember] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.member_id", at)
                end = at + n
                member_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_id", at)
                end = at + n
                client_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_host", at)
                end = at + n
                client_host = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_metadata", at)
                end = at + n
                member_metadata = data[at:end]
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_assignment", at)
                end = at + n
                member_assignment = data[at:end]
                at = end
                items_2.append(DescribedGroupMember(member_id, None, client_id, client_host, member_metadata, member_assignment))
            members = items_2
            items.append(DescribedGroup(error_code, group_id, group_state, protocol_type, protocol_data, members))
        groups = items
        return DescribeGroupsResponse(0, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsResponse v0", at, error) from None


def _encode_v0(m: DescribeGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.groups))
        for each_of_groups in m.groups:
            if each_of_groups.authorized_operations != -2147483648:
                raise not_in_version("DescribedGroup.authorized_operations", "DescribeGroupsResponse v0")
            s = each_of_groups.group_id.encode()
            out += _write_hh(each_of_groups.error_code, len(s))
            out += s
            s = each_of_groups.group_state.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_data.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_groups.members))
            for each_of_members in each_of_groups.members:
                s = each_of_members.member_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_members.member_metadata))
                out += each_of_members.member_metadata
                out += _write_i(len(each_of_members.member_assignment))
                out += each_of_members.member_assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeGroupsResponse.groups", at)
        room -= n * 380
        if room < 0 or n * 14 > len(data) - at:
            raise too_many("DescribeGroupsResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n
            group_state = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_data", at)
            end = at + n
            protocol_data = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.members", at)
            room -= n * 306
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[DescribedGroupMember] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.member_id", at)
                end = at + n
                member_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_id", at)
                end = at + n
                client_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_host", at)
                end = at + n
                client_host = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_metadata", at)
                end = at + n
                member_metadata = data[at:end]
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_assignment", at)
                end = at + n
                member_assignment = data[at:end]
                at = end
                items_2.append(DescribedGroupMember(member_id, None, client_id, client_host, member_metadata, member_assignment))
            members = items_2
            items.append(DescribedGroup(error_code, group_id, group_state, protocol_type, protocol_data, members))
        groups = items
        return DescribeGroupsResponse(throttle_time_ms, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsResponse v1-2", at, error) from None


def _encode_v1(m: DescribeGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.groups))
        for each_of_groups in m.groups:
            if each_of_groups.authorized_operations != -2147483648:
                raise not_in_version("DescribedGroup.authorized_operations", "DescribeGroupsResponse v1-2")
            s = each_of_groups.group_id.encode()
            out += _write_hh(each_of_groups.error_code, len(s))
            out += s
            s = each_of_groups.group_state.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_data.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_groups.members))
            for each_of_members in each_of_groups.members:
                s = each_of_members.member_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_members.member_metadata))
                out += each_of_members.member_metadata
                out += _write_i(len(each_of_members.member_assignment))
                out += each_of_members.member_assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeGroupsResponse.groups", at)
        room -= n * 408
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("DescribeGroupsResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n
            group_state = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_data", at)
            end = at + n
            protocol_data = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.members", at)
            room -= n * 306
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[DescribedGroupMember] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.member_id", at)
                end = at + n
                member_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_id", at)
                end = at + n
                client_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_host", at)
                end = at + n
                client_host = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_metadata", at)
                end = at + n
                member_metadata = data[at:end]
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_assignment", at)
                end = at + n
                member_assignment = data[at:end]
                at = end
                items_2.append(DescribedGroupMember(member_id, None, client_id, client_host, member_metadata, member_assignment))
            members = items_2
            authorized_operations, = _read_i(data, at)
            at += 4
            items.append(DescribedGroup(error_code, group_id, group_state, protocol_type, protocol_data, members, authorized_operations))
        groups = items
        return DescribeGroupsResponse(throttle_time_ms, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsResponse v3", at, error) from None


def _encode_v3(m: DescribeGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            out += _write_hh(each_of_groups.error_code, len(s))
            out += s
            s = each_of_groups.group_state.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_data.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_groups.members))
            for each_of_members in each_of_groups.members:
                s = each_of_members.member_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_members.member_metadata))
                out += each_of_members.member_metadata
                out += _write_i(len(each_of_members.member_assignment))
                out += each_of_members.member_assignment
            out += _write_i(each_of_groups.authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DescribeGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeGroupsResponse.groups", at)
        room -= n * 408
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("DescribeGroupsResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n
            group_state = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_type", at)
            end = at + n
            protocol_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedGroup.protocol_data", at)
            end = at + n
            protocol_data = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedGroup.members", at)
            room -= n * 356
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[DescribedGroupMember] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.member_id", at)
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
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_id", at)
                end = at + n
                client_id = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedGroupMember.client_host", at)
                end = at + n
                client_host = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_metadata", at)
                end = at + n
                member_metadata = data[at:end]
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribedGroupMember.member_assignment", at)
                end = at + n
                member_assignment = data[at:end]
                at = end
                items_2.append(DescribedGroupMember(member_id, group_instance_id, client_id, client_host, member_metadata, member_assignment))
            members = items_2
            authorized_operations, = _read_i(data, at)
            at += 4
            items.append(DescribedGroup(error_code, group_id, group_state, protocol_type, protocol_data, members, authorized_operations))
        groups = items
        return DescribeGroupsResponse(throttle_time_ms, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsResponse v4", at, error) from None


def _encode_v4(m: DescribeGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.groups))
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            out += _write_hh(each_of_groups.error_code, len(s))
            out += s
            s = each_of_groups.group_state.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_groups.protocol_data.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_groups.members))
            for each_of_members in each_of_groups.members:
                s = each_of_members.member_id.encode()
                out += _write_h(len(s))
                out += s
                if each_of_members.group_instance_id is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_members.group_instance_id.encode()
                    out += _write_h(len(s))
                    out += s
                s = each_of_members.client_id.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_members.client_host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_members.member_metadata))
                out += each_of_members.member_metadata
                out += _write_i(len(each_of_members.member_assignment))
                out += each_of_members.member_assignment
            out += _write_i(each_of_groups.authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsResponse v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[DescribeGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeGroupsResponse.groups", at)
        n -= 1
        room -= n * 408
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("DescribeGroupsResponse.groups", n, at)
        items: list[DescribedGroup] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.group_state", at)
            end = at + n - 1
            group_state = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.protocol_type", at)
            end = at + n - 1
            protocol_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.protocol_data", at)
            end = at + n - 1
            protocol_data = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedGroup.members", at)
            n -= 1
            room -= n * 356
            if room < 0 or n * 7 > len(data) - at:
                raise too_many("DescribedGroup.members", n, at)
            items_2: list[DescribedGroupMember] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedGroupMember.member_id", at)
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
                if not n:
                    raise is_null("DescribedGroupMember.client_id", at)
                end = at + n - 1
                client_id = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedGroupMember.client_host", at)
                end = at + n - 1
                client_host = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribedGroupMember.member_metadata", at)
                end = at + n - 1
                member_metadata = data[at:end]
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribedGroupMember.member_assignment", at)
                end = at + n - 1
                member_assignment = data[at:end]
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DescribedGroupMember(member_id, group_instance_id, client_id, client_host, member_metadata, member_assignment))
            members = items_2
            authorized_operations, tags_2 = _read_iB(data, at)
            at += 5
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DescribedGroup(error_code, group_id, group_state, protocol_type, protocol_data, members, authorized_operations))
        groups = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeGroupsResponse(throttle_time_ms, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeGroupsResponse v5", at, error) from None


def _encode_v5(m: DescribeGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            out += _write_h(each_of_groups.error_code)
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
            s = each_of_groups.protocol_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_groups.protocol_data.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_groups.members) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_members in each_of_groups.members:
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
                s = each_of_members.client_id.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_members.client_host.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                n = len(each_of_members.member_metadata) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                out += each_of_members.member_metadata
                n = len(each_of_members.member_assignment) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                out += each_of_members.member_assignment
                out.append(0)
            out += _write_ix(each_of_groups.authorized_operations)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeGroupsResponse v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeGroupsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeGroupsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
}
