"""SaslHandshakeResponse, key 17, versions 0-1. Generated from messages.spec, do not edit."""

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
    is_null,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class SaslHandshakeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_HANDSHAKE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        error_code: int = 0  # v0+
        mechanisms: Sequence[str] = ()  # v0+

else:

    class SaslHandshakeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.SASL_HANDSHAKE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        __slots__ = ("error_code", "mechanisms")

        def __init__(self, error_code=0, mechanisms=()):
            self.error_code = error_code
            self.mechanisms = mechanisms


_read_h = Struct(">h").unpack_from
_read_hi = Struct(">hi").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack


def _decode_v0(data: bytes, at: int) -> tuple[SaslHandshakeResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("SaslHandshakeResponse.mechanisms", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("SaslHandshakeResponse.mechanisms", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("SaslHandshakeResponse.mechanisms", at)
            end = at + n
            mechanisms_2 = data[at:end].decode()
            at = end
            items.append(mechanisms_2)
        mechanisms = items
        return SaslHandshakeResponse(error_code, mechanisms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("SaslHandshakeResponse v0-1", at, error) from None


def _encode_v0(m: SaslHandshakeResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.mechanisms))
        for each_of_mechanisms in m.mechanisms:
            s = each_of_mechanisms.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("SaslHandshakeResponse v0-1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[SaslHandshakeResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[SaslHandshakeResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
}
