"""SyncGroupRequest, key 14, versions 0-5. Generated from messages.spec, do not edit."""

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
    class SyncGroupRequestAssignment(Message):
        member_id: str = ""  # v0+
        assignment: bytes = b""  # v0+

    @frozen
    class SyncGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SYNC_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        group_id: str = ""  # v0+
        generation_id: int = 0  # v0+
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v3+, null in v3+
        protocol_type: str | None = None  # v5+, null in v5+
        protocol_name: str | None = None  # v5+, null in v5+
        assignments: Sequence[SyncGroupRequestAssignment] = ()  # v0+

else:

    class SyncGroupRequestAssignment(Message):
        __slots__ = ("member_id", "assignment")

        def __init__(self, member_id="", assignment=b""):
            self.member_id = member_id
            self.assignment = assignment

    class SyncGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SYNC_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        __slots__ = ("group_id", "generation_id", "member_id", "group_instance_id", "protocol_type", "protocol_name", "assignments")

        def __init__(self, group_id="", generation_id=0, member_id="", group_instance_id=None, protocol_type=None, protocol_name=None, assignments=()):
            self.group_id = group_id
            self.generation_id = generation_id
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.protocol_type = protocol_type
            self.protocol_name = protocol_name
            self.assignments = assignments


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[SyncGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("SyncGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("SyncGroupRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("SyncGroupRequest.assignments", at)
        room -= n * 140
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("SyncGroupRequest.assignments", n, at)
        items: list[SyncGroupRequestAssignment] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("SyncGroupRequestAssignment.member_id", at)
            end = at + n
            member_id_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("SyncGroupRequestAssignment.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(SyncGroupRequestAssignment(member_id_2, assignment))
        assignments = items
        return SyncGroupRequest(group_id, generation_id, member_id, None, None, None, assignments), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupRequest v0-2", at, error) from None


def _encode_v0(m: SyncGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("SyncGroupRequest.group_instance_id", "SyncGroupRequest v0-2")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id, len(s))
        out += s
        out += _write_i(len(m.assignments))
        for each_of_assignments in m.assignments:
            s = each_of_assignments.member_id.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_assignments.assignment))
            out += each_of_assignments.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[SyncGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("SyncGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("SyncGroupRequest.member_id", at)
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
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("SyncGroupRequest.assignments", at)
        room -= n * 140
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("SyncGroupRequest.assignments", n, at)
        items: list[SyncGroupRequestAssignment] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("SyncGroupRequestAssignment.member_id", at)
            end = at + n
            member_id_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("SyncGroupRequestAssignment.assignment", at)
            end = at + n
            assignment = data[at:end]
            at = end
            items.append(SyncGroupRequestAssignment(member_id_2, assignment))
        assignments = items
        return SyncGroupRequest(group_id, generation_id, member_id, group_instance_id, None, None, assignments), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupRequest v3", at, error) from None


def _encode_v3(m: SyncGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id, len(s))
        out += s
        if m.group_instance_id is None:
            out += b"\xff" * 2
        else:
            s = m.group_instance_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.assignments))
        for each_of_assignments in m.assignments:
            s = each_of_assignments.member_id.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_assignments.assignment))
            out += each_of_assignments.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[SyncGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.member_id", at)
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
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.assignments", at)
        n -= 1
        room -= n * 140
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("SyncGroupRequest.assignments", n, at)
        items: list[SyncGroupRequestAssignment] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("SyncGroupRequestAssignment.member_id", at)
            end = at + n - 1
            member_id_2 = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("SyncGroupRequestAssignment.assignment", at)
            end = at + n - 1
            assignment = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(SyncGroupRequestAssignment(member_id_2, assignment))
        assignments = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return SyncGroupRequest(group_id, generation_id, member_id, group_instance_id, None, None, assignments), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupRequest v4", at, error) from None


def _encode_v4(m: SyncGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_i(m.generation_id)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.group_instance_id is None:
            out.append(0)
        else:
            s = m.group_instance_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.assignments) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_assignments in m.assignments:
            s = each_of_assignments.member_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_assignments.assignment) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_assignments.assignment
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[SyncGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.member_id", at)
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
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("SyncGroupRequest.assignments", at)
        n -= 1
        room -= n * 140
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("SyncGroupRequest.assignments", n, at)
        items: list[SyncGroupRequestAssignment] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("SyncGroupRequestAssignment.member_id", at)
            end = at + n - 1
            member_id_2 = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("SyncGroupRequestAssignment.assignment", at)
            end = at + n - 1
            assignment = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(SyncGroupRequestAssignment(member_id_2, assignment))
        assignments = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return SyncGroupRequest(group_id, generation_id, member_id, group_instance_id, protocol_type, protocol_name, assignments), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupRequest v5", at, error) from None


def _encode_v5(m: SyncGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_i(m.generation_id)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.group_instance_id is None:
            out.append(0)
        else:
            s = m.group_instance_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
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
        n = len(m.assignments) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_assignments in m.assignments:
            s = each_of_assignments.member_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_assignments.assignment) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_assignments.assignment
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupRequest v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SyncGroupRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[SyncGroupRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
}
