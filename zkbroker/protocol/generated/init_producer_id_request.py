"""InitProducerIdRequest, key 22, versions 0-5. Generated from messages.spec, do not edit."""

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
    long_string_length,
    not_in_version,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class InitProducerIdRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.INIT_PRODUCER_ID
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 2)
        transactional_id: str | None = ""  # v0+, null in v0+
        transaction_timeout_ms: int = 0  # v0+
        producer_id: int = -1  # v3+
        producer_epoch: int = -1  # v3+

else:

    class InitProducerIdRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.INIT_PRODUCER_ID
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 2)
        __slots__ = ("transactional_id", "transaction_timeout_ms", "producer_id", "producer_epoch")

        def __init__(self, transactional_id="", transaction_timeout_ms=0, producer_id=-1, producer_epoch=-1):
            self.transactional_id = transactional_id
            self.transaction_timeout_ms = transaction_timeout_ms
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_iqhB = Struct(">iqhB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iqhx = Struct(">iqhx").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[InitProducerIdRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        transactional_id: str | None = None
        if n >= 0:
            end = at + n
            transactional_id = data[at:end].decode()
            at = end
        transaction_timeout_ms, = _read_i(data, at)
        at += 4
        return InitProducerIdRequest(transactional_id, transaction_timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("InitProducerIdRequest v0-1", at, error) from None


def _encode_v0(m: InitProducerIdRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.producer_id != -1:
            raise not_in_version("InitProducerIdRequest.producer_id", "InitProducerIdRequest v0-1")
        if m.producer_epoch != -1:
            raise not_in_version("InitProducerIdRequest.producer_epoch", "InitProducerIdRequest v0-1")
        if m.transactional_id is None:
            out += b"\xff" * 2
        else:
            s = m.transactional_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(m.transaction_timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("InitProducerIdRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[InitProducerIdRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        transactional_id: str | None = None
        if n:
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
        transaction_timeout_ms, tags = _read_iB(data, at)
        at += 5
        if tags:
            at = skip_tags(data, at, tags)
        return InitProducerIdRequest(transactional_id, transaction_timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("InitProducerIdRequest v2", at, error) from None


def _encode_v2(m: InitProducerIdRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.producer_id != -1:
            raise not_in_version("InitProducerIdRequest.producer_id", "InitProducerIdRequest v2")
        if m.producer_epoch != -1:
            raise not_in_version("InitProducerIdRequest.producer_epoch", "InitProducerIdRequest v2")
        if m.transactional_id is None:
            out.append(0)
        else:
            s = m.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_ix(m.transaction_timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("InitProducerIdRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[InitProducerIdRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        transactional_id: str | None = None
        if n:
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
        transaction_timeout_ms, producer_id, producer_epoch, tags = _read_iqhB(data, at)
        at += 15
        if tags:
            at = skip_tags(data, at, tags)
        return InitProducerIdRequest(transactional_id, transaction_timeout_ms, producer_id, producer_epoch), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("InitProducerIdRequest v3-5", at, error) from None


def _encode_v3(m: InitProducerIdRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactional_id is None:
            out.append(0)
        else:
            s = m.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_iqhx(m.transaction_timeout_ms, m.producer_id, m.producer_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("InitProducerIdRequest v3-5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[InitProducerIdRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v3,
    5: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[InitProducerIdRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v3,
    5: _encode_v3,
}
