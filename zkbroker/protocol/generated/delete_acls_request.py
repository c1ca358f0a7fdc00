"""DeleteAclsRequest, key 31, versions 0-3. Generated from messages.spec, do not edit."""

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
    class DeleteAclsFilter(Message):
        resource_type_filter: int = 0  # v0+
        resource_name_filter: str | None = ""  # v0+, null in v0+
        pattern_type_filter: int = 3  # v1+
        principal_filter: str | None = ""  # v0+, null in v0+
        host_filter: str | None = ""  # v0+, null in v0+
        operation: int = 0  # v0+
        permission_type: int = 0  # v0+

    @frozen
    class DeleteAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        filters: Sequence[DeleteAclsFilter] = ()  # v0+

else:

    class DeleteAclsFilter(Message):
        __slots__ = ("resource_type_filter", "resource_name_filter", "pattern_type_filter", "principal_filter", "host_filter", "operation", "permission_type")

        def __init__(self, resource_type_filter=0, resource_name_filter="", pattern_type_filter=3, principal_filter="", host_filter="", operation=0, permission_type=0):
            self.resource_type_filter = resource_type_filter
            self.resource_name_filter = resource_name_filter
            self.pattern_type_filter = pattern_type_filter
            self.principal_filter = principal_filter
            self.host_filter = host_filter
            self.operation = operation
            self.permission_type = permission_type

    class DeleteAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("filters",)

        def __init__(self, filters=()):
            self.filters = filters


_read_bB = Struct(">bB").unpack_from
_read_bb = Struct(">bb").unpack_from
_read_bbB = Struct(">bbB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_b = Struct(">b").pack
_write_bb = Struct(">bb").pack
_write_bbx = Struct(">bbx").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteAclsRequest.filters", at)
        room -= n * 246
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("DeleteAclsRequest.filters", n, at)
        items: list[DeleteAclsFilter] = []
        for _ in range(n):
            resource_type_filter, n = _read_bh(data, at)
            at += 3
            resource_name_filter: str | None = None
            if n >= 0:
                end = at + n
                resource_name_filter = data[at:end].decode()
                at = end
            n, = _read_h(data, at)
            at += 2
            principal_filter: str | None = None
            if n >= 0:
                end = at + n
                principal_filter = data[at:end].decode()
                at = end
            n, = _read_h(data, at)
            at += 2
            host_filter: str | None = None
            if n >= 0:
                end = at + n
                host_filter = data[at:end].decode()
                at = end
            operation, permission_type = _read_bb(data, at)
            at += 2
            items.append(DeleteAclsFilter(resource_type_filter, resource_name_filter, 3, principal_filter, host_filter, operation, permission_type))
        filters = items
        return DeleteAclsRequest(filters), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsRequest v0", at, error) from None


def _encode_v0(m: DeleteAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.filters))
        for each_of_filters in m.filters:
            if each_of_filters.pattern_type_filter != 3:
                raise not_in_version("DeleteAclsFilter.pattern_type_filter", "DeleteAclsRequest v0")
            out += _write_b(each_of_filters.resource_type_filter)
            if each_of_filters.resource_name_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.resource_name_filter.encode()
                out += _write_h(len(s))
                out += s
            if each_of_filters.principal_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.principal_filter.encode()
                out += _write_h(len(s))
                out += s
            if each_of_filters.host_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.host_filter.encode()
                out += _write_h(len(s))
                out += s
            out += _write_bb(each_of_filters.operation, each_of_filters.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DeleteAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteAclsRequest.filters", at)
        room -= n * 246
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("DeleteAclsRequest.filters", n, at)
        items: list[DeleteAclsFilter] = []
        for _ in range(n):
            resource_type_filter, n = _read_bh(data, at)
            at += 3
            resource_name_filter: str | None = None
            if n >= 0:
                end = at + n
                resource_name_filter = data[at:end].decode()
                at = end
            pattern_type_filter, n = _read_bh(data, at)
            at += 3
            principal_filter: str | None = None
            if n >= 0:
                end = at + n
                principal_filter = data[at:end].decode()
                at = end
            n, = _read_h(data, at)
            at += 2
            host_filter: str | None = None
            if n >= 0:
                end = at + n
                host_filter = data[at:end].decode()
                at = end
            operation, permission_type = _read_bb(data, at)
            at += 2
            items.append(DeleteAclsFilter(resource_type_filter, resource_name_filter, pattern_type_filter, principal_filter, host_filter, operation, permission_type))
        filters = items
        return DeleteAclsRequest(filters), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsRequest v1", at, error) from None


def _encode_v1(m: DeleteAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.filters))
        for each_of_filters in m.filters:
            out += _write_b(each_of_filters.resource_type_filter)
            if each_of_filters.resource_name_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.resource_name_filter.encode()
                out += _write_h(len(s))
                out += s
            out += _write_b(each_of_filters.pattern_type_filter)
            if each_of_filters.principal_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.principal_filter.encode()
                out += _write_h(len(s))
                out += s
            if each_of_filters.host_filter is None:
                out += b"\xff" * 2
            else:
                s = each_of_filters.host_filter.encode()
                out += _write_h(len(s))
                out += s
            out += _write_bb(each_of_filters.operation, each_of_filters.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteAclsRequest.filters", at)
        n -= 1
        room -= n * 246
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("DeleteAclsRequest.filters", n, at)
        items: list[DeleteAclsFilter] = []
        for _ in range(n):
            resource_type_filter, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            resource_name_filter: str | None = None
            if n:
                end = at + n - 1
                resource_name_filter = data[at:end].decode()
                at = end
            pattern_type_filter, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            principal_filter: str | None = None
            if n:
                end = at + n - 1
                principal_filter = data[at:end].decode()
                at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            host_filter: str | None = None
            if n:
                end = at + n - 1
                host_filter = data[at:end].decode()
                at = end
            operation, permission_type, tags = _read_bbB(data, at)
            at += 3
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeleteAclsFilter(resource_type_filter, resource_name_filter, pattern_type_filter, principal_filter, host_filter, operation, permission_type))
        filters = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteAclsRequest(filters), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsRequest v2-3", at, error) from None


def _encode_v2(m: DeleteAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.filters) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_filters in m.filters:
            out += _write_b(each_of_filters.resource_type_filter)
            if each_of_filters.resource_name_filter is None:
                out.append(0)
            else:
                s = each_of_filters.resource_name_filter.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_b(each_of_filters.pattern_type_filter)
            if each_of_filters.principal_filter is None:
                out.append(0)
            else:
                s = each_of_filters.principal_filter.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            if each_of_filters.host_filter is None:
                out.append(0)
            else:
                s = each_of_filters.host_filter.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_bbx(each_of_filters.operation, each_of_filters.permission_type)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsRequest v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteAclsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteAclsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
