"""EndTxnRequest, key 26, versions 0-4. Generated from messages.spec, do not edit."""

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
    class EndTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.END_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        transactional_id: str = ""  # v0+
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        committed: bool = False  # v0+

else:

    class EndTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.END_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("transactional_id", "producer_id", "producer_epoch", "committed")

        def __init__(self, transactional_id="", producer_id=0, producer_epoch=0, committed=False):
            self.transactional_id = transactional_id
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.committed = committed


_read_h = Struct(">h").unpack_from
_read_qho = Struct(">qh?").unpack_from
_read_qhoB = Struct(">qh?B").unpack_from
_write_h = Struct(">h").pack
_write_qho = Struct(">qh?").pack
_write_qhox = Struct(">qh?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[EndTxnRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("EndTxnRequest.transactional_id", at)
        end = at + n
        transactional_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, committed = _read_qho(data, at)
        at += 11
        return EndTxnRequest(transactional_id, producer_id, producer_epoch, committed), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("EndTxnRequest v0-2", at, error) from None


def _encode_v0(m: EndTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_qho(m.producer_id, m.producer_epoch, m.committed)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("EndTxnRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[EndTxnRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("EndTxnRequest.transactional_id", at)
        end = at + n - 1
        transactional_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, committed, tags = _read_qhoB(data, at)
        at += 12
        if tags:
            at = skip_tags(data, at, tags)
        return EndTxnRequest(transactional_id, producer_id, producer_epoch, committed), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("EndTxnRequest v3-4", at, error) from None


def _encode_v3(m: EndTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_qhox(m.producer_id, m.producer_epoch, m.committed)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("EndTxnRequest v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[EndTxnRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[EndTxnRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
}
