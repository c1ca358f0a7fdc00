"""DescribeAclsRequest, key 29, versions 0-3. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    Buffer,
    Message,
    Records,
    VersionRange,
    append_string_length,
    long_string_length,
    not_in_version,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class DescribeAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        resource_type_filter: int = 0  # v0+
        resource_name_filter: str | None = ""  # v0+, null in v0+
        pattern_type_filter: int = 3  # v1+
        principal_filter: str | None = ""  # v0+, null in v0+
        host_filter: str | None = ""  # v0+, null in v0+
        operation: int = 0  # v0+
        permission_type: int = 0  # v0+

else:

    class DescribeAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("resource_type_filter", "resource_name_filter", "pattern_type_filter", "principal_filter", "host_filter", "operation", "permission_type")

        def __init__(self, resource_type_filter=0, resource_name_filter="", pattern_type_filter=3, principal_filter="", host_filter="", operation=0, permission_type=0):
            self.resource_type_filter = resource_type_filter
            self.resource_name_filter = resource_name_filter
            self.pattern_type_filter = pattern_type_filter
            self.principal_filter = principal_filter
            self.host_filter = host_filter
            self.operation = operation
            self.permission_type = permission_type


_read_bB = Struct(">bB").unpack_from
_read_bb = Struct(">bb").unpack_from
_read_bbB = Struct(">bbB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_write_b = Struct(">b").pack
_write_bb = Struct(">bb").pack
_write_bbx = Struct(">bbx").pack
_write_h = Struct(">h").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeAclsRequest, int]:
    try:
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
        return DescribeAclsRequest(resource_type_filter, resource_name_filter, 3, principal_filter, host_filter, operation, permission_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsRequest v0", at, error) from None


def _encode_v0(m: DescribeAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.pattern_type_filter != 3:
            raise not_in_version("DescribeAclsRequest.pattern_type_filter", "DescribeAclsRequest v0")
        out += _write_b(m.resource_type_filter)
        if m.resource_name_filter is None:
            out += b"\xff" * 2
        else:
            s = m.resource_name_filter.encode()
            out += _write_h(len(s))
            out += s
        if m.principal_filter is None:
            out += b"\xff" * 2
        else:
            s = m.principal_filter.encode()
            out += _write_h(len(s))
            out += s
        if m.host_filter is None:
            out += b"\xff" * 2
        else:
            s = m.host_filter.encode()
            out += _write_h(len(s))
            out += s
        out += _write_bb(m.operation, m.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeAclsRequest, int]:
    try:
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
        return DescribeAclsRequest(resource_type_filter, resource_name_filter, pattern_type_filter, principal_filter, host_filter, operation, permission_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsRequest v1", at, error) from None


def _encode_v1(m: DescribeAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_b(m.resource_type_filter)
        if m.resource_name_filter is None:
            out += b"\xff" * 2
        else:
            s = m.resource_name_filter.encode()
            out += _write_h(len(s))
            out += s
        out += _write_b(m.pattern_type_filter)
        if m.principal_filter is None:
            out += b"\xff" * 2
        else:
            s = m.principal_filter.encode()
            out += _write_h(len(s))
            out += s
        if m.host_filter is None:
            out += b"\xff" * 2
        else:
            s = m.host_filter.encode()
            out += _write_h(len(s))
            out += s
        out += _write_bb(m.operation, m.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeAclsRequest, int]:
    try:
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
        return DescribeAclsRequest(resource_type_filter, resource_name_filter, pattern_type_filter, principal_filter, host_filter, operation, permission_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsRequest v2-3", at, error) from None


def _encode_v2(m: DescribeAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_b(m.resource_type_filter)
        if m.resource_name_filter is None:
            out.append(0)
        else:
            s = m.resource_name_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_b(m.pattern_type_filter)
        if m.principal_filter is None:
            out.append(0)
        else:
            s = m.principal_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.host_filter is None:
            out.append(0)
        else:
            s = m.host_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_bbx(m.operation, m.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsRequest v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeAclsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeAclsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
