"""SaslHandshakeRequest, key 17, versions 0-1. Generated from messages.spec, do not edit."""

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
    is_null,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class SaslHandshakeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_HANDSHAKE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        mechanism: str = ""  # v0+

else:

    class SaslHandshakeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_HANDSHAKE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        __slots__ = ("mechanism",)

        def __init__(self, mechanism=""):
            self.mechanism = mechanism


_read_h = Struct(">h").unpack_from
_write_h = Struct(">h").pack


def _decode_v0(data: bytes, at: int) -> tuple[SaslHandshakeRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("SaslHandshakeRequest.mechanism", at)
        end = at + n
        mechanism = data[at:end].decode()
        at = end
        return SaslHandshakeRequest(mechanism), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslHandshakeRequest v0-1", at, error) from None


def _encode_v0(m: SaslHandshakeRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.mechanism.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslHandshakeRequest v0-1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SaslHandshakeRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[SaslHandshakeRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
}
