"""HeartbeatRequest, key 12, versions 0-4. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class HeartbeatRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        group_id: str = ""  # v0+
        generation_id: int = 0  # v0+
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v3+, null in v3+

else:

    class HeartbeatRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.HEARTBEAT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("group_id", "generation_id", "member_id", "group_instance_id")

        def __init__(self, group_id="", generation_id=0, member_id="", group_instance_id=None):
            self.group_id = group_id
            self.generation_id = generation_id
            self.member_id = member_id
            self.group_instance_id = group_instance_id


_read_h = Struct(">h").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[HeartbeatRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("HeartbeatRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("HeartbeatRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        return HeartbeatRequest(group_id, generation_id, member_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatRequest v0-2", at, error) from None


def _encode_v0(m: HeartbeatRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("HeartbeatRequest.group_instance_id", "HeartbeatRequest v0-2")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id, len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[HeartbeatRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("HeartbeatRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("HeartbeatRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        group_instance_id: str | None = None
        if n >= 0:
            end = at + n
            group_instance_id = data[at:end].decode()
            at = end
        return HeartbeatRequest(group_id, generation_id, member_id, group_instance_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatRequest v3", at, error) from None


def _encode_v3(m: HeartbeatRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id, len(s))
        out += s
        if m.group_instance_id is None:
            out += b"\xff" * 2
        else:
            s = m.group_instance_id.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[HeartbeatRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("HeartbeatRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        generation_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("HeartbeatRequest.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        group_instance_id: str | None = None
        if n:
            end = at + n - 1
            group_instance_id = data[at:end].decode()
            at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return HeartbeatRequest(group_id, generation_id, member_id, group_instance_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("HeartbeatRequest v4", at, error) from None


def _encode_v4(m: HeartbeatRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_i(m.generation_id)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.group_instance_id is None:
            out.append(0)
        else:
            s = m.group_instance_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("HeartbeatRequest v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[HeartbeatRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[HeartbeatRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
}
