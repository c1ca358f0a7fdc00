"""AddOffsetsToTxnRequest, key 25, versions 0-4. Generated from messages.spec, do not edit."""

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
    append_string_length,
    is_null,
    long_string_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class AddOffsetsToTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_OFFSETS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        transactional_id: str = ""  # v0+
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        group_id: str = ""  # v0+

else:

    class AddOffsetsToTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_OFFSETS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("transactional_id", "producer_id", "producer_epoch", "group_id")

        def __init__(self, transactional_id="", producer_id=0, producer_epoch=0, group_id=""):
            self.transactional_id = transactional_id
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.group_id = group_id


_read_h = Struct(">h").unpack_from
_read_qhB = Struct(">qhB").unpack_from
_read_qhh = Struct(">qhh").unpack_from
_write_h = Struct(">h").pack
_write_qh = Struct(">qh").pack
_write_qhh = Struct(">qhh").pack


def _decode_v0(data: bytes, at: int) -> tuple[AddOffsetsToTxnRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("AddOffsetsToTxnRequest.transactional_id", at)
        end = at + n
        transactional_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, n = _read_qhh(data, at)
        at += 12
        if n < 0:
            raise is_null("AddOffsetsToTxnRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        return AddOffsetsToTxnRequest(transactional_id, producer_id, producer_epoch, group_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddOffsetsToTxnRequest v0-2", at, error) from None


def _encode_v0(m: AddOffsetsToTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.group_id.encode()
        out += _write_qhh(m.producer_id, m.producer_epoch, len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddOffsetsToTxnRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[AddOffsetsToTxnRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("AddOffsetsToTxnRequest.transactional_id", at)
        end = at + n - 1
        transactional_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, n = _read_qhB(data, at)
        at += 11
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("AddOffsetsToTxnRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return AddOffsetsToTxnRequest(transactional_id, producer_id, producer_epoch, group_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddOffsetsToTxnRequest v3-4", at, error) from None


def _encode_v3(m: AddOffsetsToTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.group_id.encode()
        out += _write_qh(m.producer_id, m.producer_epoch)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddOffsetsToTxnRequest v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AddOffsetsToTxnRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[AddOffsetsToTxnRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
}
