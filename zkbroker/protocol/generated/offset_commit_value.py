"""OffsetCommitValue, versions 0-4. Generated from messages.spec, do not edit."""

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
    append_string_length,
    is_null,
    long_string_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class OffsetCommitValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        offset: int = 0  # v0+
        leader_epoch: int = -1  # v3+
        metadata: str = ""  # v0+
        commit_timestamp: int = 0  # v0+
        expire_timestamp: int = -1  # v1

else:

    class OffsetCommitValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("offset", "leader_epoch", "metadata", "commit_timestamp", "expire_timestamp")

        def __init__(self, offset=0, leader_epoch=-1, metadata="", commit_timestamp=0, expire_timestamp=-1):
            self.offset = offset
            self.leader_epoch = leader_epoch
            self.metadata = metadata
            self.commit_timestamp = commit_timestamp
            self.expire_timestamp = expire_timestamp


_read_q = Struct(">q").unpack_from
_read_qB = Struct(">qB").unpack_from
_read_qh = Struct(">qh").unpack_from
_read_qiB = Struct(">qiB").unpack_from
_read_qih = Struct(">qih").unpack_from
_read_qq = Struct(">qq").unpack_from
_write_q = Struct(">q").pack
_write_qh = Struct(">qh").pack
_write_qi = Struct(">qi").pack
_write_qih = Struct(">qih").pack
_write_qq = Struct(">qq").pack
_write_qx = Struct(">qx").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetCommitValue, int]:
    try:
        offset, n = _read_qh(data, at)
        at += 10
        if n < 0:
            raise is_null("OffsetCommitValue.metadata", at)
        end = at + n
        metadata = data[at:end].decode()
        at = end
        commit_timestamp, = _read_q(data, at)
        at += 8
        return OffsetCommitValue(offset, -1, metadata, commit_timestamp), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitValue v0-2", at, error) from None


def _encode_v0(m: OffsetCommitValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.metadata.encode()
        out += _write_qh(m.offset, len(s))
        out += s
        out += _write_q(m.commit_timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitValue v0-2", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[OffsetCommitValue, int]:
    try:
        offset, n = _read_qh(data, at)
        at += 10
        if n < 0:
            raise is_null("OffsetCommitValue.metadata", at)
        end = at + n
        metadata = data[at:end].decode()
        at = end
        commit_timestamp, expire_timestamp = _read_qq(data, at)
        at += 16
        return OffsetCommitValue(offset, -1, metadata, commit_timestamp, expire_timestamp), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitValue v1", at, error) from None


def _encode_v1(m: OffsetCommitValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.metadata.encode()
        out += _write_qh(m.offset, len(s))
        out += s
        out += _write_qq(m.commit_timestamp, m.expire_timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitValue v1", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[OffsetCommitValue, int]:
    try:
        offset, leader_epoch, n = _read_qih(data, at)
        at += 14
        if n < 0:
            raise is_null("OffsetCommitValue.metadata", at)
        end = at + n
        metadata = data[at:end].decode()
        at = end
        commit_timestamp, = _read_q(data, at)
        at += 8
        return OffsetCommitValue(offset, leader_epoch, metadata, commit_timestamp), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitValue v3", at, error) from None


def _encode_v3(m: OffsetCommitValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.metadata.encode()
        out += _write_qih(m.offset, m.leader_epoch, len(s))
        out += s
        out += _write_q(m.commit_timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitValue v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[OffsetCommitValue, int]:
    try:
        offset, leader_epoch, n = _read_qiB(data, at)
        at += 13
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("OffsetCommitValue.metadata", at)
        end = at + n - 1
        metadata = data[at:end].decode()
        at = end
        commit_timestamp, tags = _read_qB(data, at)
        at += 9
        if tags:
            at = skip_tags(data, at, tags)
        return OffsetCommitValue(offset, leader_epoch, metadata, commit_timestamp), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitValue v4", at, error) from None


def _encode_v4(m: OffsetCommitValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.metadata.encode()
        out += _write_qi(m.offset, m.leader_epoch)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_qx(m.commit_timestamp)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitValue v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetCommitValue, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetCommitValue, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
}
