"""InitProducerIdResponse, key 22, versions 0-5. Generated from messages.spec, do not edit."""

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
    class InitProducerIdResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.INIT_PRODUCER_ID
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 2)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        producer_id: int = -1  # v0+
        producer_epoch: int = 0  # v0+

else:

    class InitProducerIdResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.INIT_PRODUCER_ID
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 2)
        __slots__ = ("throttle_time_ms", "error_code", "producer_id", "producer_epoch")

        def __init__(self, throttle_time_ms=0, error_code=0, producer_id=-1, producer_epoch=0):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch


_read_ihqh = Struct(">ihqh").unpack_from
_read_ihqhB = Struct(">ihqhB").unpack_from
_write_ihqh = Struct(">ihqh").pack
_write_ihqhx = Struct(">ihqhx").pack


def _decode_v0(data: bytes, at: int) -> tuple[InitProducerIdResponse, int]:
    try:
        throttle_time_ms, error_code, producer_id, producer_epoch = _read_ihqh(data, at)
        at += 16
        return InitProducerIdResponse(throttle_time_ms, error_code, producer_id, producer_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("InitProducerIdResponse v0-1", at, error) from None


def _encode_v0(m: InitProducerIdResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihqh(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("InitProducerIdResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[InitProducerIdResponse, int]:
    try:
        throttle_time_ms, error_code, producer_id, producer_epoch, tags = _read_ihqhB(data, at)
        at += 17
        if tags:
            at = skip_tags(data, at, tags)
        return InitProducerIdResponse(throttle_time_ms, error_code, producer_id, producer_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("InitProducerIdResponse v2-5", at, error) from None


def _encode_v2(m: InitProducerIdResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihqhx(m.throttle_time_ms, m.error_code, m.producer_id, m.producer_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("InitProducerIdResponse v2-5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[InitProducerIdResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[InitProducerIdResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v2,
}
