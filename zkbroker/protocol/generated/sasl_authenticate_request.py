"""SaslAuthenticateRequest, key 36, versions 0-2. Generated from messages.spec, do not edit."""

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
    append_uvarint,
    is_null,
    long_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class SaslAuthenticateRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_AUTHENTICATE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        auth_bytes: bytes = b""  # v0+

else:

    class SaslAuthenticateRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_AUTHENTICATE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("auth_bytes",)

        def __init__(self, auth_bytes=b""):
            self.auth_bytes = auth_bytes


_read_i = Struct(">i").unpack_from
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[SaslAuthenticateRequest, int]:
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("SaslAuthenticateRequest.auth_bytes", at)
        end = at + n
        auth_bytes = data[at:end]
        at = end
        return SaslAuthenticateRequest(auth_bytes), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslAuthenticateRequest v0-1", at, error) from None


def _encode_v0(m: SaslAuthenticateRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.auth_bytes))
        out += m.auth_bytes
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslAuthenticateRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[SaslAuthenticateRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("SaslAuthenticateRequest.auth_bytes", at)
        end = at + n - 1
        auth_bytes = data[at:end]
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return SaslAuthenticateRequest(auth_bytes), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslAuthenticateRequest v2", at, error) from None


def _encode_v2(m: SaslAuthenticateRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.auth_bytes) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.auth_bytes
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslAuthenticateRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SaslAuthenticateRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[SaslAuthenticateRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
