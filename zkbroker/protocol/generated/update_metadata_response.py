"""UpdateMetadataResponse, key 6, versions 0-8. Generated from messages.spec, do not edit."""

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
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class UpdateMetadataResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 8, 6)
        error_code: int = 0  # v0+

else:

    class UpdateMetadataResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 8, 6)
        __slots__ = ("error_code",)

        def __init__(self, error_code=0):
            self.error_code = error_code


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack


def _decode_v0(data: bytes, at: int) -> tuple[UpdateMetadataResponse, int]:
    try:
        error_code, = _read_h(data, at)
        at += 2
        return UpdateMetadataResponse(error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataResponse v0-5", at, error) from None


def _encode_v0(m: UpdateMetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataResponse v0-5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[UpdateMetadataResponse, int]:
    try:
        error_code, tags = _read_hB(data, at)
        at += 3
        if tags:
            at = skip_tags(data, at, tags)
        return UpdateMetadataResponse(error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateMetadataResponse v6-8", at, error) from None


def _encode_v6(m: UpdateMetadataResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hx(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateMetadataResponse v6-8", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[UpdateMetadataResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v0,
    4: _decode_v0,
    5: _decode_v0,
    6: _decode_v6,
    7: _decode_v6,
    8: _decode_v6,
}

ENCODERS: Final[Mapping[int, Callable[[UpdateMetadataResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v0,
    4: _encode_v0,
    5: _encode_v0,
    6: _encode_v6,
    7: _encode_v6,
    8: _encode_v6,
}
