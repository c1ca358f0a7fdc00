"""JoinGroupRequest, key 11, versions 0-9. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class JoinGroupRequestProtocol(Message):
        name: str = ""  # v0+
        metadata: bytes = b""  # v0+

    @frozen
    class JoinGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.JOIN_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        group_id: str = ""  # v0+
        session_timeout_ms: int = 0  # v0+
        rebalance_timeout_ms: int = -1  # v1+
        member_id: str = ""  # v0+
        group_instance_id: str | None = None  # v5+, null in v5+
        protocol_type: str = ""  # v0+
        protocols: Sequence[JoinGroupRequestProtocol] = ()  # v0+
        reason: str | None = None  # v8+, null in v8+

else:

    class JoinGroupRequestProtocol(Message):
        __slots__ = ("name", "metadata")

        def __init__(self, name="", metadata=b""):
            self.name = name
            self.metadata = metadata

    class JoinGroupRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.JOIN_GROUP
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("group_id", "session_timeout_ms", "rebalance_timeout_ms", "member_id", "group_instance_id", "protocol_type", "protocols", "reason")

        def __init__(self, group_id="", session_timeout_ms=0, rebalance_timeout_ms=-1, member_id="", group_instance_id=None, protocol_type="", protocols=(), reason=None):
            self.group_id = group_id
            self.session_timeout_ms = session_timeout_ms
            self.rebalance_timeout_ms = rebalance_timeout_ms
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.protocol_type = protocol_type
            self.protocols = protocols
            self.reason = reason


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_read_iih = Struct(">iih").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack
_write_iih = Struct(">iih").pack


def _decode_v0(data: bytes, at: int) -> tuple[JoinGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        session_timeout_ms, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("JoinGroupRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupRequest.protocols", at)
        room -= n * 140
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("JoinGroupRequest.protocols", n, at)
        items: list[JoinGroupRequestProtocol] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupRequestProtocol(name, metadata))
        protocols = items
        return JoinGroupRequest(group_id, session_timeout_ms, -1, member_id, None, protocol_type, protocols), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupRequest v0", at, error) from None


def _encode_v0(m: JoinGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("JoinGroupRequest.group_instance_id", "JoinGroupRequest v0")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.session_timeout_ms, len(s))
        out += s
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.protocols))
        for each_of_protocols in m.protocols:
            s = each_of_protocols.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_protocols.metadata))
            out += each_of_protocols.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[JoinGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        session_timeout_ms, rebalance_timeout_ms, n = _read_iih(data, at)
        at += 10
        if n < 0:
            raise is_null("JoinGroupRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupRequest.protocols", at)
        room -= n * 140
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("JoinGroupRequest.protocols", n, at)
        items: list[JoinGroupRequestProtocol] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupRequestProtocol(name, metadata))
        protocols = items
        return JoinGroupRequest(group_id, session_timeout_ms, rebalance_timeout_ms, member_id, None, protocol_type, protocols), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupRequest v1-4", at, error) from None


def _encode_v1(m: JoinGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("JoinGroupRequest.group_instance_id", "JoinGroupRequest v1-4")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_iih(m.session_timeout_ms, m.rebalance_timeout_ms, len(s))
        out += s
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.protocols))
        for each_of_protocols in m.protocols:
            s = each_of_protocols.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_protocols.metadata))
            out += each_of_protocols.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupRequest v1-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[JoinGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        session_timeout_ms, rebalance_timeout_ms, n = _read_iih(data, at)
        at += 10
        if n < 0:
            raise is_null("JoinGroupRequest.member_id", at)
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
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("JoinGroupRequest.protocol_type", at)
        end = at + n
        protocol_type = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("JoinGroupRequest.protocols", at)
        room -= n * 140
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("JoinGroupRequest.protocols", n, at)
        items: list[JoinGroupRequestProtocol] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("JoinGroupRequestProtocol.metadata", at)
            end = at + n
            metadata = data[at:end]
            at = end
            items.append(JoinGroupRequestProtocol(name, metadata))
        protocols = items
        return JoinGroupRequest(group_id, session_timeout_ms, rebalance_timeout_ms, member_id, group_instance_id, protocol_type, protocols), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupRequest v5", at, error) from None


def _encode_v5(m: JoinGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_iih(m.session_timeout_ms, m.rebalance_timeout_ms, len(s))
        out += s
        if m.group_instance_id is None:
            out += b"\xff" * 2
        else:
            s = m.group_instance_id.encode()
            out += _write_h(len(s))
            out += s
        s = m.protocol_type.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.protocols))
        for each_of_protocols in m.protocols:
            s = each_of_protocols.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_protocols.metadata))
            out += each_of_protocols.metadata
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupRequest v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[JoinGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        session_timeout_ms, rebalance_timeout_ms, n = _read_iiB(data, at)
        at += 9
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.member_id", at)
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
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.protocol_type", at)
        end = at + n - 1
        protocol_type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.protocols", at)
        n -= 1
        room -= n * 140
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("JoinGroupRequest.protocols", n, at)
        items: list[JoinGroupRequestProtocol] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("JoinGroupRequestProtocol.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("JoinGroupRequestProtocol.metadata", at)
            end = at + n - 1
            metadata = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(JoinGroupRequestProtocol(name, metadata))
        protocols = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return JoinGroupRequest(group_id, session_timeout_ms, rebalance_timeout_ms, member_id, group_instance_id, protocol_type, protocols), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupRequest v6-7", at, error) from None


def _encode_v6(m: JoinGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_ii(m.session_timeout_ms, m.rebalance_timeout_ms)
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
        s = m.protocol_type.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        n = len(m.protocols) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_protocols in m.protocols:
            s = each_of_protocols.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_protocols.metadata) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_protocols.metadata
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupRequest v6-7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[JoinGroupRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        session_timeout_ms, rebalance_timeout_ms, n = _read_iiB(data, at)
        at += 9
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.member_id", at)
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
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.protocol_type", at)
        end = at + n - 1
        protocol_type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("JoinGroupRequest.protocols", at)
        n -= 1
        room -= n * 140
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("JoinGroupRequest.protocols", n, at)
        items: list[JoinGroupRequestProtocol] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("JoinGroupRequestProtocol.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("JoinGroupRequestProtocol.metadata", at)
            end = at + n - 1
            metadata = data[at:end]
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(JoinGroupRequestProtocol(name, metadata))
        protocols = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        reason: str | None = None
        if n:
            end = at + n - 1
            reason = data[at:end].decode()
            at = end
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return JoinGroupRequest(group_id, session_timeout_ms, rebalance_timeout_ms, member_id, group_instance_id, protocol_type, protocols, reason), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("JoinGroupRequest v8-9", at, error) from None


def _encode_v8(m: JoinGroupRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_ii(m.session_timeout_ms, m.rebalance_timeout_ms)
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
        s = m.protocol_type.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        n = len(m.protocols) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_protocols in m.protocols:
            s = each_of_protocols.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_protocols.metadata) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_protocols.metadata
            out.append(0)
        if m.reason is None:
            out.append(0)
        else:
            s = m.reason.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("JoinGroupRequest v8-9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[JoinGroupRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v1,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v6,
    8: _decode_v8,
    9: _decode_v8,
}

ENCODERS: Final[Mapping[int, Callable[[JoinGroupRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v1,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v6,
    8: _encode_v8,
    9: _encode_v8,
}
