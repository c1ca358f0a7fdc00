"""CreateAclsResponse, key 30, versions 0-3. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class AclCreationResult(Message):
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+

    @frozen
    class CreateAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        throttle_time_ms: int = 0  # v0+
        results: Sequence[AclCreationResult] = ()  # v0+

else:

    class AclCreationResult(Message):
        __slots__ = ("error_code", "error_message")

        def __init__(self, error_code=0, error_message=""):
            self.error_code = error_code
            self.error_message = error_message

    class CreateAclsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_ACLS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("throttle_time_ms", "results")

        def __init__(self, throttle_time_ms=0, results=()):
            self.throttle_time_ms = throttle_time_ms
            self.results = results


_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("CreateAclsResponse.results", at)
        room -= n * 134
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("CreateAclsResponse.results", n, at)
        items: list[AclCreationResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            items.append(AclCreationResult(error_code, error_message))
        results = items
        return CreateAclsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateAclsResponse v0-1", at, error) from None


def _encode_v0(m: CreateAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_results.error_message.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateAclsResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreateAclsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateAclsResponse.results", at)
        n -= 1
        room -= n * 134
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("CreateAclsResponse.results", n, at)
        items: list[AclCreationResult] = []
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
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(AclCreationResult(error_code, error_message))
        results = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return CreateAclsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateAclsResponse v2-3", at, error) from None


def _encode_v2(m: CreateAclsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out.append(0)
            else:
                s = each_of_results.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateAclsResponse v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateAclsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[CreateAclsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
}
