"""SaslAuthenticateResponse, key 36, versions 0-2. Generated from messages.spec, do not edit."""

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
    class SaslAuthenticateResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_AUTHENTICATE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        auth_bytes: bytes = b""  # v0+
        session_lifetime_ms: int = 0  # v1+

else:

    class SaslAuthenticateResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_AUTHENTICATE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("error_code", "error_message", "auth_bytes", "session_lifetime_ms")

        def __init__(self, error_code=0, error_message="", auth_bytes=b"", session_lifetime_ms=0):
            self.error_code = error_code
            self.error_message = error_message
            self.auth_bytes = auth_bytes
            self.session_lifetime_ms = session_lifetime_ms


_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_q = Struct(">q").unpack_from
_read_qB = Struct(">qB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_q = Struct(">q").pack
_write_qx = Struct(">qx").pack


def _decode_v0(data: bytes, at: int) -> tuple[SaslAuthenticateResponse, int]:
    try:
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
            raise is_null("SaslAuthenticateResponse.auth_bytes", at)
        end = at + n
        auth_bytes = data[at:end]
        at = end
        return SaslAuthenticateResponse(error_code, error_message, auth_bytes), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslAuthenticateResponse v0", at, error) from None


def _encode_v0(m: SaslAuthenticateResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.auth_bytes))
        out += m.auth_bytes
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslAuthenticateResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[SaslAuthenticateResponse, int]:
    try:
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
            raise is_null("SaslAuthenticateResponse.auth_bytes", at)
        end = at + n
        auth_bytes = data[at:end]
        at = end
        session_lifetime_ms, = _read_q(data, at)
        at += 8
        return SaslAuthenticateResponse(error_code, error_message, auth_bytes, session_lifetime_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslAuthenticateResponse v1", at, error) from None


def _encode_v1(m: SaslAuthenticateResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.auth_bytes))
        out += m.auth_bytes
        out += _write_q(m.session_lifetime_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslAuthenticateResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[SaslAuthenticateResponse, int]:
    try:
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
            raise is_null("SaslAuthenticateResponse.auth_bytes", at)
        end = at + n - 1
        auth_bytes = data[at:end]
        at = end
        session_lifetime_ms, tags = _read_qB(data, at)
        at += 9
        if tags:
            at = skip_tags(data, at, tags)
        return SaslAuthenticateResponse(error_code, error_message, auth_bytes, session_lifetime_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslAuthenticateResponse v2", at, error) from None


def _encode_v2(m: SaslAuthenticateResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
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
        n = len(m.auth_bytes) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.auth_bytes
        out += _write_qx(m.session_lifetime_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslAuthenticateResponse v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SaslAuthenticateResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[SaslAuthenticateResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
}
