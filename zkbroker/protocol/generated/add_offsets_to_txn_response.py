"""AddOffsetsToTxnResponse, key 25, versions 0-4. Generated from messages.spec, do not edit."""

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
    class AddOffsetsToTxnResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_OFFSETS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+

else:

    class AddOffsetsToTxnResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_OFFSETS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("throttle_time_ms", "error_code")

        def __init__(self, throttle_time_ms=0, error_code=0):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code


_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack


def _decode_v0(data: bytes, at: int) -> tuple[AddOffsetsToTxnResponse, int]:
    try:
        throttle_time_ms, error_code = _read_ih(data, at)
        at += 6
        return AddOffsetsToTxnResponse(throttle_time_ms, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddOffsetsToTxnResponse v0-2", at, error) from None


def _encode_v0(m: AddOffsetsToTxnResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddOffsetsToTxnResponse v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[AddOffsetsToTxnResponse, int]:
    try:
        throttle_time_ms, error_code, tags = _read_ihB(data, at)
        at += 7
        if tags:
            at = skip_tags(data, at, tags)
        return AddOffsetsToTxnResponse(throttle_time_ms, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddOffsetsToTxnResponse v3-4", at, error) from None


def _encode_v3(m: AddOffsetsToTxnResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihx(m.throttle_time_ms, m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddOffsetsToTxnResponse v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AddOffsetsToTxnResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[AddOffsetsToTxnResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
}
