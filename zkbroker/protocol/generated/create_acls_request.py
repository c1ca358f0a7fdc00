"""CreateAclsRequest, key 30, versions 0-3. Generated from messages.spec, do not edit."""

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
    class AclCreation(Message):
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        resource_pattern_type: int = 3  # v1+
        principal: str = ""  # v0+
        host: str = ""  # v0+
        operation: int = 0  # v0+
        permission_type: int = 0  # v0+

    @frozen
    class CreateAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        creations: Sequence[AclCreation] = ()  # v0+

else:

    class AclCreation(Message):
        __slots__ = ("resource_type", "resource_name", "resource_pattern_type", "principal", "host", "operation", "permission_type")

        def __init__(self, resource_type=0, resource_name="", resource_pattern_type=3, principal="", host="", operation=0, permission_type=0):
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.resource_pattern_type = resource_pattern_type
            self.principal = principal
            self.host = host
            self.operation = operation
            self.permission_type = permission_type

    class CreateAclsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("creations",)

        def __init__(self, creations=()):
            self.creations = creations


_read_bB = Struct(">bB").unpack_from
_read_bb = Struct(">bb").unpack_from
_read_bbB = Struct(">bbB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_b = Struct(">b").pack
_write_bb = Struct(">bb").pack
_write_bbx = Struct(">bbx").pack
_write_bh = Struct(">bh").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateAclsRequest.creations", at)
        room -= n * 246
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("CreateAclsRequest.creations", n, at)
        items: list[AclCreation] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("AclCreation.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AclCreation.principal", at)
            end = at + n
            principal = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AclCreation.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            operation, permission_type = _read_bb(data, at)
            at += 2
            items.append(AclCreation(resource_type, resource_name, 3, principal, host, operation, permission_type))
        creations = items
        return CreateAclsRequest(creations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateAclsRequest v0", at, error) from None


def _encode_v0(m: CreateAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.creations))
        for each_of_creations in m.creations:
            if each_of_creations.resource_pattern_type != 3:
                raise not_in_version("AclCreation.resource_pattern_type", "CreateAclsRequest v0")
            s = each_of_creations.resource_name.encode()
            out += _write_bh(each_of_creations.resource_type, len(s))
            out += s
            s = each_of_creations.principal.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_creations.host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_bb(each_of_creations.operation, each_of_creations.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateAclsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[CreateAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateAclsRequest.creations", at)
        room -= n * 246
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("CreateAclsRequest.creations", n, at)
        items: list[AclCreation] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("AclCreation.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            resource_pattern_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("AclCreation.principal", at)
            end = at + n
            principal = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AclCreation.host", at)
            end = at + n
            host = data[at:end].decode()
            at = end
            operation, permission_type = _read_bb(data, at)
            at += 2
            items.append(AclCreation(resource_type, resource_name, resource_pattern_type, principal, host, operation, permission_type))
        creations = items
        return CreateAclsRequest(creations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateAclsRequest v1", at, error) from None


def _encode_v1(m: CreateAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.creations))
        for each_of_creations in m.creations:
            s = each_of_creations.resource_name.encode()
            out += _write_bh(each_of_creations.resource_type, len(s))
            out += s
            s = each_of_creations.principal.encode()
            out += _write_bh(each_of_creations.resource_pattern_type, len(s))
            out += s
            s = each_of_creations.host.encode()
            out += _write_h(len(s))
            out += s
            out += _write_bb(each_of_creations.operation, each_of_creations.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateAclsRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreateAclsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateAclsRequest.creations", at)
        n -= 1
        room -= n * 246
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("CreateAclsRequest.creations", n, at)
        items: list[AclCreation] = []
        for _ in range(n):
            resource_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AclCreation.resource_name", at)
            end = at + n - 1
            resource_name = data[at:end].decode()
            at = end
            resource_pattern_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AclCreation.principal", at)
            end = at + n - 1
            principal = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AclCreation.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            operation, permission_type, tags = _read_bbB(data, at)
            at += 3
            if tags:
                at = skip_tags(data, at, tags)
            items.append(AclCreation(resource_type, resource_name, resource_pattern_type, principal, host, operation, permission_type))
        creations = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return CreateAclsRequest(creations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateAclsRequest v2-3", at, error) from None


def _encode_v2(m: CreateAclsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.creations) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_creations in m.creations:
            s = each_of_creations.resource_name.encode()
            out += _write_b(each_of_creations.resource_type)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_creations.principal.encode()
            out += _write_b(each_of_creations.resource_pattern_type)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_creations.host.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_bbx(each_of_creations.operation, each_of_creations.permission_type)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateAclsRequest v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateAclsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[CreateAclsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
