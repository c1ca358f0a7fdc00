"""DeleteAclsResponse, key 31, versions 0-3. Generated from messages.spec, do not edit."""

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
    class DeleteAclsMatchingAcl(Message):
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        pattern_type: int = 3  # v1+
        principal: str = ""  # v0+
        host: str = ""  # v0+
        operation: int = 0  # v0+
        permission_type: int = 0  # v0+

    @frozen
    class DeleteAclsFilterResult(Message):
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        matching_acls: Sequence[DeleteAclsMatchingAcl] = ()  # v0+

    @frozen
    class DeleteAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        throttle_time_ms: int = 0  # v0+
        filter_results: Sequence[DeleteAclsFilterResult] = ()  # v0+

else:

    class DeleteAclsMatchingAcl(Message):
        __slots__ = ("error_code", "error_message", "resource_type", "resource_name", "pattern_type", "principal", "host", "operation", "permission_type")

        def __init__(self, error_code=0, error_message="", resource_type=0, resource_name="", pattern_type=3, principal="", host="", operation=0, permission_type=0):
            self.error_code = error_code
            self.error_message = error_message
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.pattern_type = pattern_type
            self.principal = principal
            self.host = host
            self.operation = operation
            self.permission_type = permission_type

    class DeleteAclsFilterResult(Message):
        __slots__ = ("error_code", "error_message", "matching_acls")

        def __init__(self, error_code=0, error_message="", matching_acls=()):
            self.error_code = error_code
            self.error_message = error_message
            self.matching_acls = matching_acls

    class DeleteAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("throttle_time_ms", "filter_results")

        def __init__(self, throttle_time_ms=0, filter_results=()):
            self.throttle_time_ms = throttle_time_ms
            self.filter_results = filter_results


_read_bB = Struct(">bB").unpack_from
_read_bb = Struct(">bb").unpack_from
_read_bbB = Struct(">bbB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_b = Struct(">b").pack
_write_bb = Struct(">bb").pack
_write_bbx = Struct(">bbx").pack
_write_bh = Struct(">bh").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DeleteAclsResponse.filter_results", at)
        room -= n * 198
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("DeleteAclsResponse.filter_results", n, at)
        items: list[DeleteAclsFilterResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DeleteAclsFilterResult.matching_acls", at)
            room -= n * 340
            if room < 0 or n * 13 > len(data) - at:
                raise too_many("DeleteAclsFilterResult.matching_acls", n, at)
            items_2: list[DeleteAclsMatchingAcl] = []
            for _ in range(n):
                error_code_2, n = _read_hh(data, at)
                at += 4
                error_message_2: str | None = None
                if n >= 0:
                    end = at + n
                    error_message_2 = data[at:end].decode()
                    at = end
                resource_type, n = _read_bh(data, at)
                at += 3
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.resource_name", at)
                end = at + n
                resource_name = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.principal", at)
                end = at + n
                principal = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                operation, permission_type = _read_bb(data, at)
                at += 2
                items_2.append(DeleteAclsMatchingAcl(error_code_2, error_message_2, resource_type, resource_name, 3, principal, host, operation, permission_type))
            matching_acls = items_2
            items.append(DeleteAclsFilterResult(error_code, error_message, matching_acls))
        filter_results = items
        return DeleteAclsResponse(throttle_time_ms, filter_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsResponse v0", at, error) from None


def _encode_v0(m: DeleteAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.filter_results))
        for each_of_filter_results in m.filter_results:
            out += _write_h(each_of_filter_results.error_code)
            if each_of_filter_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_filter_results.error_message.encode()
                out += _write_h(len(s))
                out += s
            out += _write_i(len(each_of_filter_results.matching_acls))
            for each_of_matching_acls in each_of_filter_results.matching_acls:
                if each_of_matching_acls.pattern_type != 3:
                    raise not_in_version("DeleteAclsMatchingAcl.pattern_type", "DeleteAclsResponse v0")
                out += _write_h(each_of_matching_acls.error_code)
                if each_of_matching_acls.error_message is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_matching_acls.error_message.encode()
                    out += _write_h(len(s))
                    out += s
                s = each_of_matching_acls.resource_name.encode()
                out += _write_bh(each_of_matching_acls.resource_type, len(s))
                out += s
                s = each_of_matching_acls.principal.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_matching_acls.host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_bb(each_of_matching_acls.operation, each_of_matching_acls.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DeleteAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DeleteAclsResponse.filter_results", at)
        room -= n * 198
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("DeleteAclsResponse.filter_results", n, at)
        items: list[DeleteAclsFilterResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DeleteAclsFilterResult.matching_acls", at)
            room -= n * 340
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DeleteAclsFilterResult.matching_acls", n, at)
            items_2: list[DeleteAclsMatchingAcl] = []
            for _ in range(n):
                error_code_2, n = _read_hh(data, at)
                at += 4
                error_message_2: str | None = None
                if n >= 0:
                    end = at + n
                    error_message_2 = data[at:end].decode()
                    at = end
                resource_type, n = _read_bh(data, at)
                at += 3
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.resource_name", at)
                end = at + n
                resource_name = data[at:end].decode()
                at = end
                pattern_type, n = _read_bh(data, at)
                at += 3
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.principal", at)
                end = at + n
                principal = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DeleteAclsMatchingAcl.host", at)
                end = at + n
                host = data[at:end].decode()
                at = end
                operation, permission_type = _read_bb(data, at)
                at += 2
                items_2.append(DeleteAclsMatchingAcl(error_code_2, error_message_2, resource_type, resource_name, pattern_type, principal, host, operation, permission_type))
            matching_acls = items_2
            items.append(DeleteAclsFilterResult(error_code, error_message, matching_acls))
        filter_results = items
        return DeleteAclsResponse(throttle_time_ms, filter_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsResponse v1", at, error) from None


def _encode_v1(m: DeleteAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.filter_results))
        for each_of_filter_results in m.filter_results:
            out += _write_h(each_of_filter_results.error_code)
            if each_of_filter_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_filter_results.error_message.encode()
                out += _write_h(len(s))
                out += s
            out += _write_i(len(each_of_filter_results.matching_acls))
            for each_of_matching_acls in each_of_filter_results.matching_acls:
                out += _write_h(each_of_matching_acls.error_code)
                if each_of_matching_acls.error_message is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_matching_acls.error_message.encode()
                    out += _write_h(len(s))
                    out += s
                s = each_of_matching_acls.resource_name.encode()
                out += _write_bh(each_of_matching_acls.resource_type, len(s))
                out += s
                s = each_of_matching_acls.principal.encode()
                out += _write_bh(each_of_matching_acls.pattern_type, len(s))
                out += s
                s = each_of_matching_acls.host.encode()
                out += _write_h(len(s))
                out += s
                out += _write_bb(each_of_matching_acls.operation, each_of_matching_acls.permission_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteAclsResponse.filter_results", at)
        n -= 1
        room -= n * 198
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DeleteAclsResponse.filter_results", n, at)
        items: list[DeleteAclsFilterResult] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
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
                raise is_null("DeleteAclsFilterResult.matching_acls", at)
            n -= 1
            room -= n * 340
            if room < 0 or n * 11 > len(data) - at:
                raise too_many("DeleteAclsFilterResult.matching_acls", n, at)
            items_2: list[DeleteAclsMatchingAcl] = []
            for _ in range(n):
                error_code_2, n = _read_hB(data, at)
                at += 3
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message_2: str | None = None
                if n:
                    end = at + n - 1
                    error_message_2 = data[at:end].decode()
                    at = end
                resource_type, n = _read_bB(data, at)
                at += 2
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DeleteAclsMatchingAcl.resource_name", at)
                end = at + n - 1
                resource_name = data[at:end].decode()
                at = end
                pattern_type, n = _read_bB(data, at)
                at += 2
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DeleteAclsMatchingAcl.principal", at)
                end = at + n - 1
                principal = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DeleteAclsMatchingAcl.host", at)
                end = at + n - 1
                host = data[at:end].decode()
                at = end
                operation, permission_type, tags = _read_bbB(data, at)
                at += 3
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DeleteAclsMatchingAcl(error_code_2, error_message_2, resource_type, resource_name, pattern_type, principal, host, operation, permission_type))
            matching_acls = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DeleteAclsFilterResult(error_code, error_message, matching_acls))
        filter_results = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DeleteAclsResponse(throttle_time_ms, filter_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteAclsResponse v2-3", at, error) from None


def _encode_v2(m: DeleteAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.filter_results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_filter_results in m.filter_results:
            out += _write_h(each_of_filter_results.error_code)
            if each_of_filter_results.error_message is None:
                out.append(0)
            else:
                s = each_of_filter_results.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            n = len(each_of_filter_results.matching_acls) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_matching_acls in each_of_filter_results.matching_acls:
                out += _write_h(each_of_matching_acls.error_code)
                if each_of_matching_acls.error_message is None:
                    out.append(0)
                else:
                    s = each_of_matching_acls.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                s = each_of_matching_acls.resource_name.encode()
                out += _write_b(each_of_matching_acls.resource_type)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_matching_acls.principal.encode()
                out += _write_b(each_of_matching_acls.pattern_type)
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_matching_acls.host.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_bbx(each_of_matching_acls.operation, each_of_matching_acls.permission_type)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteAclsResponse v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteAclsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteAclsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
}
