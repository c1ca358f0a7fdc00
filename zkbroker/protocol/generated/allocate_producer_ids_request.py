"""AllocateProducerIdsRequest, key 67, versions 0-0. Generated from messages.spec, do not edit."""

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
    class AllocateProducerIdsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALLOCATE_PRODUCER_IDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        broker_id: int = 0  # v0+
        broker_epoch: int = -1  # v0+

else:

    class AllocateProducerIdsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALLOCATE_PRODUCER_IDS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("broker_id", "broker_epoch")

        def __init__(self, broker_id=0, broker_epoch=-1):
            self.broker_id = broker_id
            self.broker_epoch = broker_epoch


_read_iqB = Struct(">iqB").unpack_from
_write_iqx = Struct(">iqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[AllocateProducerIdsRequest, int]:
    try:
        broker_id, broker_epoch, tags = _read_iqB(data, at)
        at += 13
        if tags:
            at = skip_tags(data, at, tags)
        return AllocateProducerIdsRequest(broker_id, broker_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AllocateProducerIdsRequest v0", at, error) from None


def _encode_v0(m: AllocateProducerIdsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iqx(m.broker_id, m.broker_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AllocateProducerIdsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AllocateProducerIdsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[AllocateProducerIdsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
