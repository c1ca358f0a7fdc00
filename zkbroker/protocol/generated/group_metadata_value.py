"""GroupMetadataValue, versions 0-4. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

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
    class MemberMetadata(Message):
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v3+, null in v3+
        client_id: str = ""  # v0+
        client_host: str = ""  # v0+
        rebalance_timeout: int = -1  # v1+
        session_timeout: int = 0  # v0+
        subscription: bytes = b""  # v0+
        assignment: bytes = b""  # v0+

    @frozen
    class GroupMetadataValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        protocol_type: str = ""  # v0+
        generation: int = 0  # v0+
        protocol: str | None = ""  # v0+, null in v0+
        leader: str | None = ""  # v0+, null in v0+
        current_state_timestamp: int = -1  # v2+
        members: Sequence[MemberMetadata] = ()  # v0+

else:

    class MemberMetadata(Message):
        __slots__ = ("member_id", "group_instance_id", "client_id", "client_host", "rebalance_timeout", "session_timeout", "subscription", "assignment")

        def __init__(self, member_id="", group_instance_id=None, client_id="", client_host="", rebalance_timeout=-1, session_timeout=0, subscription=b"", assignment=b""):
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.client_id = client_id
            self.client_host = client_host
            self.rebalance_timeout = rebalance_timeout
            self.session_timeout = session_timeout
            self.subscription = subscription
            self.assignment = assignment

    class GroupMetadataValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("protocol_type", "generation", "protocol", "leader", "current_state_timestamp", "members")

        def __init__(self, protocol_type="", generation=0, protocol="", leader="", current_state_timestamp=-1, members=()):
            self.protocol_type = protocol_type
            self.generation = generation
            self.protocol = protocol
            self.leader = leader
            self.current_state_timestamp = current_state_timestamp
            self.members = members


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_read_iii = Struct(">iii").unpack_from
_read_qB = Struct(">qB").unpack_from
_read_qi = Struct(">qi").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_iii = Struct(">iii").pack
_write_q = Struct(">q").pack
_write_qi = Struct(">qi").pack


def _decode_v0(data: bytes, at: int) -> tuple[GroupMetadataValue, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("GroupMetadataValue.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        generation, n = _read_ih(data, at)
        at += 6
        protocol: str | None = None
        if n >= 0:
            end = at + n
            protocol = data[at:end].decode()
            at = end
        n, = _read_h(data, at)
        at += 2
        leader: str | None = None
        if n >= 0:
            end = at + n
            leader = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("GroupMetadataValue.members", at)
        room -= n * 350
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("GroupMetadataValue.members", n, at)
        items: list[MemberMetadata] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.member_id", at)
            end = at + n
            member_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_id", at)
            end = at + n
            client_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_host", at)
            end = at + n
            client_host = data[at:end].decode()
            at = end
            session_timeout, n = _read_ii(data, at)
            at += 8
            if n < 0:
                raise is_null("MemberMetadata.subscription", at)
            end = at + n
            subscription = data[at:end]
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("MemberMetadata.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(MemberMetadata(member_id, None, client_id, client_host, -1, session_timeout, subscription, assignment))
        members = items
        return GroupMetadataValue(protocol_type, generation, protocol, leader, -1, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataValue v0", at, error) from None


def _encode_v0(m: GroupMetadataValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(m.generation)
        if m.protocol is None:
            out += b"\xff" * 2
        else:
            s = m.protocol.encode()
            out += _write_h(len(s))
            out += s
        if m.leader is None:
            out += b"\xff" * 2
        else:
            s = m.leader.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_ii(each_of_members.session_timeout, len(each_of_members.subscription))
            out += each_of_members.subscription
            out += _write_i(len(each_of_members.assignment))
            out += each_of_members.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataValue v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[GroupMetadataValue, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("GroupMetadataValue.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        generation, n = _read_ih(data, at)
        at += 6
        protocol: str | None = None
        if n >= 0:
            end = at + n
            protocol = data[at:end].decode()
            at = end
        n, = _read_h(data, at)
        at += 2
        leader: str | None = None
        if n >= 0:
            end = at + n
            leader = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("GroupMetadataValue.members", at)
        room -= n * 378
        if room < 0 or n * 22 > len(data) - at:
            raise too_many("GroupMetadataValue.members", n, at)
        items: list[MemberMetadata] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.member_id", at)
            end = at + n
            member_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_id", at)
            end = at + n
            client_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_host", at)
            end = at + n
            client_host = data[at:end].decode()
            at = end
            rebalance_timeout, session_timeout, n = _read_iii(data, at)
            at += 12
            if n < 0:
                raise is_null("MemberMetadata.subscription", at)
            end = at + n
            subscription = data[at:end]
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("MemberMetadata.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(MemberMetadata(member_id, None, client_id, client_host, rebalance_timeout, session_timeout, subscription, assignment))
        members = items
        return GroupMetadataValue(protocol_type, generation, protocol, leader, -1, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataValue v1", at, error) from None


def _encode_v1(m: GroupMetadataValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(m.generation)
        if m.protocol is None:
            out += b"\xff" * 2
        else:
            s = m.protocol.encode()
            out += _write_h(len(s))
            out += s
        if m.leader is None:
            out += b"\xff" * 2
        else:
            s = m.leader.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_iii(each_of_members.rebalance_timeout, each_of_members.session_timeout, len(each_of_members.subscription))
            out += each_of_members.subscription
            out += _write_i(len(each_of_members.assignment))
            out += each_of_members.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataValue v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[GroupMetadataValue, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("GroupMetadataValue.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        generation, n = _read_ih(data, at)
        at += 6
        protocol: str | None = None
        if n >= 0:
            end = at + n
            protocol = data[at:end].decode()
            at = end
        n, = _read_h(data, at)
        at += 2
        leader: str | None = None
        if n >= 0:
            end = at + n
            leader = data[at:end].decode()
            at = end
        current_state_timestamp, n = _read_qi(data, at)
        at += 12
        if n < 0:
            raise is_null("GroupMetadataValue.members", at)
        room -= n * 378
        if room < 0 or n * 22 > len(data) - at:
            raise too_many("GroupMetadataValue.members", n, at)
        items: list[MemberMetadata] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.member_id", at)
            end = at + n
            member_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_id", at)
            end = at + n
            client_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_host", at)
            end = at + n
            client_host = data[at:end].decode()
            at = end
            rebalance_timeout, session_timeout, n = _read_iii(data, at)
            at += 12
            if n < 0:
                raise is_null("MemberMetadata.subscription", at)
            end = at + n
            subscription = data[at:end]
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("MemberMetadata.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(MemberMetadata(member_id, None, client_id, client_host, rebalance_timeout, session_timeout, subscription, assignment))
        members = items
        return GroupMetadataValue(protocol_type, generation, protocol, leader, current_state_timestamp, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataValue v2", at, error) from None


def _encode_v2(m: GroupMetadataValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(m.generation)
        if m.protocol is None:
            out += b"\xff" * 2
        else:
            s = m.protocol.encode()
            out += _write_h(len(s))
            out += s
        if m.leader is None:
            out += b"\xff" * 2
        else:
            s = m.leader.encode()
            out += _write_h(len(s))
            out += s
        out += _write_qi(m.current_state_timestamp, len(m.members))
        for each_of_members in m.members:
            s = each_of_members.member_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_iii(each_of_members.rebalance_timeout, each_of_members.session_timeout, len(each_of_members.subscription))
            out += each_of_members.subscription
            out += _write_i(len(each_of_members.assignment))
            out += each_of_members.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataValue v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[GroupMetadataValue, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("GroupMetadataValue.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        generation, n = _read_ih(data, at)
        at += 6
        protocol: str | None = None
        if n >= 0:
            end = at + n
            protocol = data[at:end].decode()
            at = end
        n, = _read_h(data, at)
        at += 2
        leader: str | None = None
        if n >= 0:
            end = at + n
            leader = data[at:end].decode()
            at = end
        current_state_timestamp, n = _read_qi(data, at)
        at += 12
        if n < 0:
            raise is_null("GroupMetadataValue.members", at)
        room -= n * 428
        if room < 0 or n * 24 > len(data) - at:
            raise too_many("GroupMetadataValue.members", n, at)
        items: list[MemberMetadata] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.member_id", at)
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
                raise is_null("MemberMetadata.client_id", at)
            end = at + n
            client_id = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MemberMetadata.client_host", at)
            end = at + n
            client_host = data[at:end].decode()
            at = end
            rebalance_timeout, session_timeout, n = _read_iii(data, at)
            at += 12
            if n < 0:
                raise is_null("MemberMetadata.subscription", at)
            end = at + n
            subscription = data[at:end]
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("MemberMetadata.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(MemberMetadata(member_id, group_instance_id, client_id, client_host, rebalance_timeout, session_timeout, subscription, assignment))
        members = items
        return GroupMetadataValue(protocol_type, generation, protocol, leader, current_state_timestamp, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataValue v3", at, error) from None


def _encode_v3(m: GroupMetadataValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(m.generation)
        if m.protocol is None:
            out += b"\xff" * 2
        else:
            s = m.protocol.encode()
            out += _write_h(len(s))
            out += s
        if m.leader is None:
            out += b"\xff" * 2
        else:
            s = m.leader.encode()
            out += _write_h(len(s))
            out += s
        out += _write_qi(m.current_state_timestamp, len(m.members))
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
            s = each_of_members.client_id.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_members.client_host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_iii(each_of_members.rebalance_timeout, each_of_members.session_timeout, len(each_of_members.subscription))
            out += each_of_members.subscription
            out += _write_i(len(each_of_members.assignment))
            out += each_of_members.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataValue v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[GroupMetadataValue, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("GroupMetadataValue.protocol_type", at)
        end = at + n - 1
        protocol_type = data[at:end].decode()
        at = end
        generation, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        protocol: str | None = None
        if n:
            end = at + n - 1
            protocol = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        leader: str | None = None
        if n:
            end = at + n - 1
            leader = data[at:end].decode()
            at = end
        current_state_timestamp, n = _read_qB(data, at)
        at += 9
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("GroupMetadataValue.members", at)
        n -= 1
        room -= n * 428
        if room < 0 or n * 15 > len(data) - at:
            raise too_many("GroupMetadataValue.members", n, at)
        items: list[MemberMetadata] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MemberMetadata.member_id", at)
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
                raise is_null("MemberMetadata.client_id", at)
            end = at + n - 1
            client_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("MemberMetadata.client_host", at)
            end = at + n - 1
            client_host = data[at:end].decode()
            at = end
            rebalance_timeout, session_timeout, n = _read_iiB(data, at)
            at += 9
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MemberMetadata.subscription", at)
            end = at + n - 1
            subscription = data[at:end]
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("MemberMetadata.assignment", at)
            end = at + n - 1
            assignment = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(MemberMetadata(member_id, group_instance_id, client_id, client_host, rebalance_timeout, session_timeout, subscription, assignment))
        members = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return GroupMetadataValue(protocol_type, generation, protocol, leader, current_state_timestamp, members), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataValue v4", at, error) from None


def _encode_v4(m: GroupMetadataValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.protocol_type.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_i(m.generation)
        if m.protocol is None:
            out.append(0)
        else:
            s = m.protocol.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.leader is None:
            out.append(0)
        else:
            s = m.leader.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_q(m.current_state_timestamp)
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
            out += _write_ii(each_of_members.rebalance_timeout, each_of_members.session_timeout)
            n = len(each_of_members.subscription) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_members.subscription
            n = len(each_of_members.assignment) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_members.assignment
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataValue v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[GroupMetadataValue, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[GroupMetadataValue, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
}
