"""ExpireDelegationTokenResponse, key 40, versions 0-2. Generated from messages.spec, do not edit."""

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
    class ExpireDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.EXPIRE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        error_code: int = 0  # v0+
        expiry_timestamp_ms: int = 0  # v0+
        throttle_time_ms: int = 0  # v0+

else:

    class ExpireDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.EXPIRE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("error_code", "expiry_timestamp_ms", "throttle_time_ms")

        def __init__(self, error_code=0, expiry_timestamp_ms=0, throttle_time_ms=0):
            self.error_code = error_code
            self.expiry_timestamp_ms = expiry_timestamp_ms
            self.throttle_time_ms = throttle_time_ms


_read_hqi = Struct(">hqi").unpack_from
_read_hqiB = Struct(">hqiB").unpack_from
_write_hqi = Struct(">hqi").pack
_write_hqix = Struct(">hqix").pack


def _decode_v0(data: bytes, at: int) -> tuple[ExpireDelegationTokenResponse, int]:
    try:
        error_code, expiry_timestamp_ms, throttle_time_ms = _read_hqi(data, at)
        at += 14
        return ExpireDelegationTokenResponse(error_code, expiry_timestamp_ms, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ExpireDelegationTokenResponse v0-1", at, error) from None


def _encode_v0(m: ExpireDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hqi(m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ExpireDelegationTokenResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ExpireDelegationTokenResponse, int]:
    try:
        error_code, expiry_timestamp_ms, throttle_time_ms, tags = _read_hqiB(data, at)
        at += 15
        if tags:
            at = skip_tags(data, at, tags)
        return ExpireDelegationTokenResponse(error_code, expiry_timestamp_ms, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ExpireDelegationTokenResponse v2", at, error) from None


def _encode_v2(m: ExpireDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hqix(m.error_code, m.expiry_timestamp_ms, m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ExpireDelegationTokenResponse v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ExpireDelegationTokenResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[ExpireDelegationTokenResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
