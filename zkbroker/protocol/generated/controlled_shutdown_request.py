"""ControlledShutdownRequest, key 7, versions 0-3. Generated from messages.spec, do not edit."""

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
    class ControlledShutdownRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONTROLLED_SHUTDOWN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 3)
        broker_id: int = 0  # v0+
        broker_epoch: int = -1  # v2+

else:

    class ControlledShutdownRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CONTROLLED_SHUTDOWN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 3)
        __slots__ = ("broker_id", "broker_epoch")

        def __init__(self, broker_id=0, broker_epoch=-1):
            self.broker_id = broker_id
            self.broker_epoch = broker_epoch


_read_i = Struct(">i").unpack_from
_read_iq = Struct(">iq").unpack_from
_read_iqB = Struct(">iqB").unpack_from
_write_i = Struct(">i").pack
_write_iq = Struct(">iq").pack
_write_iqx = Struct(">iqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[ControlledShutdownRequest, int]:
    try:
        broker_id, = _read_i(data, at)
        at += 4
        return ControlledShutdownRequest(broker_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ControlledShutdownRequest v0-1", at, error) from None


def _encode_v0(m: ControlledShutdownRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.broker_id)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ControlledShutdownRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ControlledShutdownRequest, int]:
    try:
        broker_id, broker_epoch = _read_iq(data, at)
        at += 12
        return ControlledShutdownRequest(broker_id, broker_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ControlledShutdownRequest v2", at, error) from None


def _encode_v2(m: ControlledShutdownRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iq(m.broker_id, m.broker_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ControlledShutdownRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ControlledShutdownRequest, int]:
    try:
        broker_id, broker_epoch, tags = _read_iqB(data, at)
        at += 13
        if tags:
            at = skip_tags(data, at, tags)
        return ControlledShutdownRequest(broker_id, broker_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ControlledShutdownRequest v3", at, error) from None


def _encode_v3(m: ControlledShutdownRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_iqx(m.broker_id, m.broker_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ControlledShutdownRequest v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ControlledShutdownRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[ControlledShutdownRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
}
