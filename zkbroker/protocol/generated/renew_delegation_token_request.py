"""RenewDelegationTokenRequest, key 39, versions 0-2. Generated from messages.spec, do not edit."""

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
    class RenewDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.RENEW_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        hmac: bytes = b""  # v0+
        renew_period_ms: int = 0  # v0+

else:

    class RenewDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.RENEW_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("hmac", "renew_period_ms")

        def __init__(self, hmac=b"", renew_period_ms=0):
            self.hmac = hmac
            self.renew_period_ms = renew_period_ms


_read_i = Struct(">i").unpack_from
_read_q = Struct(">q").unpack_from
_read_qB = Struct(">qB").unpack_from
_write_i = Struct(">i").pack
_write_q = Struct(">q").pack
_write_qx = Struct(">qx").pack


def _decode_v0(data: bytes, at: int) -> tuple[RenewDelegationTokenRequest, int]:
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("RenewDelegationTokenRequest.hmac", at)
        end = at + n
        hmac = data[at:end]
        at = end
        renew_period_ms, = _read_q(data, at)
        at += 8
        return RenewDelegationTokenRequest(hmac, renew_period_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("RenewDelegationTokenRequest v0-1", at, error) from None


def _encode_v0(m: RenewDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.hmac))
        out += m.hmac
        out += _write_q(m.renew_period_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("RenewDelegationTokenRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[RenewDelegationTokenRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("RenewDelegationTokenRequest.hmac", at)
        end = at + n - 1
        hmac = data[at:end]
        at = end
        renew_period_ms, tags = _read_qB(data, at)
        at += 9
        if tags:
            at = skip_tags(data, at, tags)
        return RenewDelegationTokenRequest(hmac, renew_period_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("RenewDelegationTokenRequest v2", at, error) from None


def _encode_v2(m: RenewDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.hmac) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.hmac
        out += _write_qx(m.renew_period_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("RenewDelegationTokenRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[RenewDelegationTokenRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[RenewDelegationTokenRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
