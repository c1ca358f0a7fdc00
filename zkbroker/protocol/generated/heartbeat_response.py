"""HeartbeatResponse, key 12, versions 0-4. Generated from messages.spec, do not edit."""

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
    class HeartbeatResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v0+

else:

    class HeartbeatResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("throttle_time_ms", "error_code")

        def __init__(self, throttle_time_ms=0, error_code=0):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code


_read_h = Struct(">h").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_h = Struct(">h").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack


def _decode_v0(data: bytes, at: int) -> tuple[HeartbeatResponse, int]:
    try:
        error_code, = _read_h(data, at)
        at += 2
        return HeartbeatResponse(0, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatResponse v0", at, error) from None


def _encode_v0(m: HeartbeatResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[HeartbeatResponse, int]:
    try:
        throttle_time_ms, error_code = _read_ih(data, at)
        at += 6
        return HeartbeatResponse(throttle_time_ms, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatResponse v1-3", at, error) from None


def _encode_v1(m: HeartbeatResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatResponse v1-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[HeartbeatResponse, int]:
    try:
        throttle_time_ms, error_code, tags = _read_ihB(data, at)
        at += 7
        if tags:
            at = skip_tags(data, at, tags)
        return HeartbeatResponse(throttle_time_ms, error_code), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatResponse v4", at, error) from None


def _encode_v4(m: HeartbeatResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihx(m.throttle_time_ms, m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatResponse v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[HeartbeatResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[HeartbeatResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v4,
}
