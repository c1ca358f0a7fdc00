"""DescribeAclsResponse, key 29, versions 0-3. Generated from messages.spec, do not edit."""

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
    class AclDescription(Message):
        principal: str = ""  # v0+
        host: str = ""  # v0+
        operation: int = 0  # v0+
        permission_type: int = 0  # v0+

    @frozen
    class DescribeAclsResource(Message):
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        pattern_type: int = 3  # v1+
        acls: Sequence[AclDescription] = ()  # v0+

    @frozen
    class DescribeAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        resources: Sequence[DescribeAclsResource] = ()  # v0+

else:

    class AclDescription(Message):
        __slots__ = ("principal", "host", "operation", "permission_type")

        def __init__(self, principal="", host="", operation=0, permission_type=0):
            self.principal = principal
            self.host = host
            self.operation = operation
            self.permission_type = permission_type

    class DescribeAclsResource(Message):
        __slots__ = ("resource_type", "resource_name", "pattern_type", "acls")

        def __init__(self, resource_type=0, resource_name="", pattern_type=3, acls=()):
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.pattern_type = pattern_type
            self.acls = acls

    class DescribeAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "resources")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", resources=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.resources = resources


_read_bB = Struct(">bB").unpack_from
_read_bb = Struct(">bb").unpack_from
_read_bbB = Struct(">bbB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_bi = Struct(">bi").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihh = Struct(">ihh").unpack_from
_write_b = Struct(">b").pack
_write_bb = Struct(">bb").pack
_write_bbx = Struct(">bbx").pack
_write_bh = Struct(">bh").pack
_write_bi = Struct(">bi").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihh(data, at)
        at += 8
        error_message: str | None = None
        if n >= 0:
            end = at + n
            error_message = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeAclsResponse.resources", at)
        room -= n * 178
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("DescribeAclsResponse.resources", n, at)
        items: list[DescribeAclsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeAclsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeAclsResource.acls", at)
            room -= n * 172
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("DescribeAclsResource.acls", n, at)
            items_2: list[AclDescription] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AclDescription.principal", at)
                end = at + n
                principal = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AclDescription.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                operation, permission_type = _read_bb(data, at)
                at += 2
                items_2.append(AclDescription(principal, host, operation, permission_type))
            acls = items_2
            items.append(DescribeAclsResource(resource_type, resource_name, 3, acls))
        resources = items
        return DescribeAclsResponse(throttle_time_ms, error_code, error_message, resources), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsResponse v0", at, error) from None


def _encode_v0(m: DescribeAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            if each_of_resources.pattern_type != 3:
                raise not_in_version("DescribeAclsResource.pattern_type", "DescribeAclsResponse v0")
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            out += _write_i(len(each_of_resources.acls))
            for each_of_acls in each_of_resources.acls:
                s = each_of_acls.principal.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_acls.host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_bb(each_of_acls.operation, each_of_acls.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihh(data, at)
        at += 8
        error_message: str | None = None
        if n >= 0:
            end = at + n
            error_message = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeAclsResponse.resources", at)
        room -= n * 178
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("DescribeAclsResponse.resources", n, at)
        items: list[DescribeAclsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeAclsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            pattern_type, n = _read_bi(data, at)
            at += 5
            if n < 0:
                raise is_null("DescribeAclsResource.acls", at)
            room -= n * 172
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("DescribeAclsResource.acls", n, at)
            items_2: list[AclDescription] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AclDescription.principal", at)
                end = at + n
                principal = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AclDescription.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                operation, permission_type = _read_bb(data, at)
                at += 2
                items_2.append(AclDescription(principal, host, operation, permission_type))
            acls = items_2
            items.append(DescribeAclsResource(resource_type, resource_name, pattern_type, acls))
        resources = items
        return DescribeAclsResponse(throttle_time_ms, error_code, error_message, resources), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsResponse v1", at, error) from None


def _encode_v1(m: DescribeAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            out += _write_bi(each_of_resources.pattern_type, len(each_of_resources.acls))
            for each_of_acls in each_of_resources.acls:
                s = each_of_acls.principal.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_acls.host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_bb(each_of_acls.operation, each_of_acls.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_string_length(data, at, n)
        error_message: str | None = None
        if n:
            end = at + n - 1
            error_message = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeAclsResponse.resources", at)
        n -= 1
        room -= n * 178
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DescribeAclsResponse.resources", n, at)
        items: list[DescribeAclsResource] = []
        for _ in range(n):
            resource_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeAclsResource.resource_name", at)
            end = at + n - 1
            resource_name = data[at:end].decode()
            at = end
            pattern_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeAclsResource.acls", at)
            n -= 1
            room -= n * 172
            if room < 0 or n * 5 > len(data) - at:
                raise too_many("DescribeAclsResource.acls", n, at)
            items_2: list[AclDescription] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AclDescription.principal", at)
                end = at + n - 1
                principal = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AclDescription.host", at)
                end = at + n - 1
                host = data[at:end].decode()
                at = end
                operation, permission_type, tags = _read_bbB(data, at)
                at += 3
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(AclDescription(principal, host, operation, permission_type))
            acls = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DescribeAclsResource(resource_type, resource_name, pattern_type, acls))
        resources = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeAclsResponse(throttle_time_ms, error_code, error_message, resources), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeAclsResponse v2-3", at, error) from None


def _encode_v2(m: DescribeAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out.append(0)
        else:
            s = m.error_message.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.resources) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_b(each_of_resources.resource_type)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_b(each_of_resources.pattern_type)
            n = len(each_of_resources.acls) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_acls in each_of_resources.acls:
                s = each_of_acls.principal.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_acls.host.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_bbx(each_of_acls.operation, each_of_acls.permission_type)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeAclsResponse v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeAclsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeAclsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
