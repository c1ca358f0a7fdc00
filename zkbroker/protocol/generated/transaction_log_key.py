"""TransactionLogKey, versions 0-0. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.primitives import (
    Buffer,
    Message,
    Records,
    VersionRange,
    is_null,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class TransactionLogKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        transactional_id: str = ""  # v0

else:

    class TransactionLogKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, None)
        __slots__ = ("transactional_id",)

        def __init__(self, transactional_id=""):
            self.transactional_id = transactional_id


_read_h = Struct(">h").unpack_from
_write_h = Struct(">h").pack


def _decode_v0(data: bytes, at: int) -> tuple[TransactionLogKey, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("TransactionLogKey.transactional_id", at)
        end = at + n
        transactional_id = data[at:end].decode()
        at = end
        return TransactionLogKey(transactional_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TransactionLogKey v0", at, error) from None


def _encode_v0(m: TransactionLogKey, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TransactionLogKey v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[TransactionLogKey, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[TransactionLogKey, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
