"""SyncGroupResponse, key 14, versions 0-5. Generated from messages.spec, do not edit."""

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
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class SyncGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SYNC_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v0+
        protocol_type: str | None = None  # v5+, null in v5+
        protocol_name: str | None = None  # v5+, null in v5+
        assignment: bytes = b""  # v0+

else:

    class SyncGroupResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SYNC_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 4)
        __slots__ = ("throttle_time_ms", "error_code", "protocol_type", "protocol_name", "assignment")

        def __init__(self, throttle_time_ms=0, error_code=0, protocol_type=None, protocol_name=None, assignment=b""):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.protocol_type = protocol_type
            self.protocol_name = protocol_name
            self.assignment = assignment


_read_hi = Struct(">hi").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_write_hi = Struct(">hi").pack
_write_ih = Struct(">ih").pack
_write_ihi = Struct(">ihi").pack


def _decode_v0(data: bytes, at: int) -> tuple[SyncGroupResponse, int]:
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("SyncGroupResponse.assignment", at)
        end = at + n
        assignment = data[at:end]
        at = end
        return SyncGroupResponse(0, error_code, None, None, assignment), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupResponse v0", at, error) from None


def _encode_v0(m: SyncGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.assignment))
        out += m.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[SyncGroupResponse, int]:
    try:
        throttle_time_ms, error_code, n = _read_ihi(data, at)
        at += 10
        if n < 0:
            raise is_null("SyncGroupResponse.assignment", at)
        end = at + n
        assignment = data[at:end]
        at = end
        return SyncGroupResponse(throttle_time_ms, error_code, None, None, assignment), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupResponse v1-3", at, error) from None


def _encode_v1(m: SyncGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, len(m.assignment))
        out += m.assignment
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupResponse v1-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[SyncGroupResponse, int]:
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("SyncGroupResponse.assignment", at)
        end = at + n - 1
        assignment = data[at:end]
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return SyncGroupResponse(throttle_time_ms, error_code, None, None, assignment), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupResponse v4", at, error) from None


def _encode_v4(m: SyncGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.assignment) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.assignment
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupResponse v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[SyncGroupResponse, int]:
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
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
            raise is_null("SyncGroupResponse.assignment", at)
        end = at + n - 1
        assignment = data[at:end]
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return SyncGroupResponse(throttle_time_ms, error_code, protocol_type, protocol_name, assignment), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SyncGroupResponse v5", at, error) from None


def _encode_v5(m: SyncGroupResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
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
        n = len(m.assignment) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.assignment
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SyncGroupResponse v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SyncGroupResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[SyncGroupResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v4,
    5: _encode_v5,
}
