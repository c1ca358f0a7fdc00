"""GroupMetadataKey, versions 2-2. Generated from messages.spec, do not edit."""

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
    class GroupMetadataKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(2, 2, None)
        group: str = ""  # v2

else:

    class GroupMetadataKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(2, 2, None)
        __slots__ = ("group",)

        def __init__(self, group=""):
            self.group = group


_read_h = Struct(">h").unpack_from
_write_h = Struct(">h").pack


def _decode_v2(data: bytes, at: int) -> tuple[GroupMetadataKey, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("GroupMetadataKey.group", at)
        end = at + n
        group = data[at:end].decode()
        at = end
        return GroupMetadataKey(group), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("GroupMetadataKey v2", at, error) from None


def _encode_v2(m: GroupMetadataKey, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("GroupMetadataKey v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[GroupMetadataKey, int]]]] = {
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[GroupMetadataKey, bytearray, list[Buffer | Records]], None]]] = {
    2: _encode_v2,
}
