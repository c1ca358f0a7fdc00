"""OffsetCommitKey, versions 0-1. Generated from messages.spec, do not edit."""

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
    class OffsetCommitKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        group: str = ""  # v0-1
        topic: str = ""  # v0-1
        partition: int = 0  # v0-1

else:

    class OffsetCommitKey(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, None)
        __slots__ = ("group", "topic", "partition")

        def __init__(self, group="", topic="", partition=0):
            self.group = group
            self.topic = topic
            self.partition = partition


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetCommitKey, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitKey.group", at)
        end = at + n
        group = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitKey.topic", at)
        end = at + n
        topic = data[at:end].decode()
        at = end
        partition, = _read_i(data, at)
        at += 4
        return OffsetCommitKey(group, topic, partition), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitKey v0-1", at, error) from None


def _encode_v0(m: OffsetCommitKey, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group.encode()
        out += _write_h(len(s))
        out += s
        s = m.topic.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(m.partition)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitKey v0-1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetCommitKey, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetCommitKey, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
}
