"""DeleteGroupsResponse, key 42, versions 0-2. Generated from messages.spec, do not edit."""

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
    class DeletableGroupResult(Message):
        group_id: str = ""  # v0+
        error_code: int = 0  # v0+

    @frozen
    class DeleteGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        throttle_time_ms: int = 0  # v0+
        results: Sequence[DeletableGroupResult] = ()  # v0+

else:

    class DeletableGroupResult(Message):
        __slots__ = ("group_id", "error_code")

        def __init__(self, group_id="", error_code=0):
            self.group_id = group_id
            self.error_code = error_code

    class DeleteGroupsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("throttle_time_ms", "results")

        def __init__(self, throttle_time_ms=0, results=()):
            self.throttle_time_ms = throttle_time_ms
            self.results = results


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DeleteGroupsResponse.results", at)
        room -= n * 134
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DeleteGroupsResponse.results", n, at)
        items: list[DeletableGroupResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeletableGroupResult.group_id", at)
            end = at + n
            group_id = data[at:end].decode()
            at = end
            error_code, = _read_h(data, at)
            at += 2
            items.append(DeletableGroupResult(group_id, error_code))
        results = items
        return DeleteGroupsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteGroupsResponse v0-1", at, error) from None


def _encode_v0(m: DeleteGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            s = each_of_results.group_id.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_results.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteGroupsResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DeleteGroupsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteGroupsResponse.results", at)
        n -= 1
        room -= n * 134
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DeleteGroupsResponse.results", n, at)
        items: list[DeletableGroupResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeletableGroupResult.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            error_code, tags = _read_hB(data, at)
            at += 3
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeletableGroupResult(group_id, error_code))
        results = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteGroupsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteGroupsResponse v2", at, error) from None


def _encode_v2(m: DeleteGroupsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_hx(each_of_results.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteGroupsResponse v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteGroupsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteGroupsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
