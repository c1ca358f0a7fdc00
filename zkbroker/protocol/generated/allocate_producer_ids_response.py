"""AllocateProducerIdsResponse, key 67, versions 0-0. Generated from messages.spec, do not edit."""

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
    class AllocateProducerIdsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALLOCATE_PRODUCER_IDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        producer_id_start: int = 0  # v0+
        producer_id_len: int = 0  # v0+

else:

    class AllocateProducerIdsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ALLOCATE_PRODUCER_IDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "error_code", "producer_id_start", "producer_id_len")

        def __init__(self, throttle_time_ms=0, error_code=0, producer_id_start=0, producer_id_len=0):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.producer_id_start = producer_id_start
            self.producer_id_len = producer_id_len


_read_ihqiB = Struct(">ihqiB").unpack_from
_write_ihqix = Struct(">ihqix").pack


def _decode_v0(data: bytes, at: int) -> tuple[AllocateProducerIdsResponse, int]:
    try:
        throttle_time_ms, error_code, producer_id_start, producer_id_len, tags = _read_ihqiB(data, at)
        at += 19
        if tags:
            at = skip_tags(data, at, tags)
        return AllocateProducerIdsResponse(throttle_time_ms, error_code, producer_id_start, producer_id_len), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AllocateProducerIdsResponse v0", at, error) from None


def _encode_v0(m: AllocateProducerIdsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihqix(m.throttle_time_ms, m.error_code, m.producer_id_start, m.producer_id_len)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AllocateProducerIdsResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AllocateProducerIdsResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[AllocateProducerIdsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
