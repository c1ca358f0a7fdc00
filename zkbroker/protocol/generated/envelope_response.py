"""EnvelopeResponse, key 58, versions 0-0. Generated from messages.spec, do not edit."""

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
    long_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class EnvelopeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ENVELOPE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        response_data: bytes | None = None  # v0+, null in v0+
        error_code: int = 0  # v0+

else:

    class EnvelopeResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ENVELOPE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("response_data", "error_code")

        def __init__(self, response_data=None, error_code=0):
            self.response_data = response_data
            self.error_code = error_code


_read_hB = Struct(">hB").unpack_from
_write_hx = Struct(">hx").pack


def _decode_v0(data: bytes, at: int) -> tuple[EnvelopeResponse, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        response_data: bytes | None = None
        if n:
            end = at + n - 1
            response_data = data[at:end]
            at = end
        error_code, tags = _read_hB(data, at)
        at += 3
        if tags:
            at = skip_tags(data, at, tags)
        return EnvelopeResponse(response_data, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("EnvelopeResponse v0", at, error) from None


def _encode_v0(m: EnvelopeResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.response_data is None:
            out.append(0)
        else:
            n = len(m.response_data) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += m.response_data
        out += _write_hx(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("EnvelopeResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[EnvelopeResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[EnvelopeResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
