"""FindCoordinatorResponse, key 10, versions 0-6. Generated from messages.spec, do not edit."""

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
    class Coordinator(Message):
        key: str = ""  # v4+
        node_id: int = 0  # v4+
        host: str = ""  # v4+
        port: int = 0  # v4+
        error_code: int = 0  # v4+
        error_message: str | None = ""  # v4+, null in v4+

    @frozen
    class FindCoordinatorResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.FIND_COORDINATOR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 3)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v0-3
        error_message: str | None = ""  # v1-3, null in v1-3
        node_id: int = 0  # v0-3
        host: str = ""  # v0-3
        port: int = 0  # v0-3
        coordinators: Sequence[Coordinator] = ()  # v4+

else:

    class Coordinator(Message):
        __slots__ = ("key", "node_id", "host", "port", "error_code", "error_message")

        def __init__(self, key="", node_id=0, host="", port=0, error_code=0, error_message=""):
            self.key = key
            self.node_id = node_id
            self.host = host
            self.port = port
            self.error_code = error_code
            self.error_message = error_message

    class FindCoordinatorResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.FIND_COORDINATOR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 3)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "node_id", "host", "port", "coordinators")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", node_id=0, host="", port=0, coordinators=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.node_id = node_id
            self.host = host
            self.port = port
            self.coordinators = coordinators


_read_hih = Struct(">hih").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihh = Struct(">ihh").unpack_from
_write_h = Struct(">h").pack
_write_hih = Struct(">hih").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[FindCoordinatorResponse, int]:
    try:
        error_code, node_id, n = _read_hih(data, at)
        at += 8
        if n < 0:
            raise is_null("FindCoordinatorResponse.host", at)
        end = at + n
        host = data[at:end].decode()
        at = end
        port, = _read_i(data, at)
        at += 4
        return FindCoordinatorResponse(0, error_code, "", node_id, host, port), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorResponse v0", at, error) from None


def _encode_v0(m: FindCoordinatorResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.coordinators:
            raise not_in_version("FindCoordinatorResponse.coordinators", "FindCoordinatorResponse v0")
        s = m.host.encode()
        out += _write_hih(m.error_code, m.node_id, len(s))
        out += s
        out += _write_i(m.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[FindCoordinatorResponse, int]:
    try:
        throttle_time_ms, error_code, n = _read_ihh(data, at)
        at += 8
        error_message: str | None = None
        if n >= 0:
            end = at + n
            error_message = data[at:end].decode()
            at = end
        node_id, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("FindCoordinatorResponse.host", at)
        end = at + n
        host = data[at:end].decode()
        at = end
        port, = _read_i(data, at)
        at += 4
        return FindCoordinatorResponse(throttle_time_ms, error_code, error_message, node_id, host, port), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorResponse v1-2", at, error) from None


def _encode_v1(m: FindCoordinatorResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.coordinators:
            raise not_in_version("FindCoordinatorResponse.coordinators", "FindCoordinatorResponse v1-2")
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        s = m.host.encode()
        out += _write_ih(m.node_id, len(s))
        out += s
        out += _write_i(m.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[FindCoordinatorResponse, int]:
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_string_length(data, at, n)
        error_message: str | None = None
        if n:
            end = at + n - 1
            error_message = data[at:end].decode()
            at = end
        node_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FindCoordinatorResponse.host", at)
        end = at + n - 1
        host = data[at:end].decode()
        at = end
        port, tags = _read_iB(data, at)
        at += 5
        if tags:
            at = skip_tags(data, at, tags)
        return FindCoordinatorResponse(throttle_time_ms, error_code, error_message, node_id, host, port), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorResponse v3", at, error) from None


def _encode_v3(m: FindCoordinatorResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.coordinators:
            raise not_in_version("FindCoordinatorResponse.coordinators", "FindCoordinatorResponse v3")
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out.append(0)
        else:
            s = m.error_message.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        s = m.host.encode()
        out += _write_i(m.node_id)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_ix(m.port)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[FindCoordinatorResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FindCoordinatorResponse.coordinators", at)
        n -= 1
        room -= n * 322
        if room < 0 or n * 14 > len(data) - at:
            raise too_many("FindCoordinatorResponse.coordinators", n, at)
        items: list[Coordinator] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("Coordinator.key", at)
            end = at + n - 1
            key = data[at:end].decode()
            at = end
            node_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("Coordinator.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, error_code, n = _read_ihB(data, at)
            at += 7
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(Coordinator(key, node_id, host, port, error_code, error_message))
        coordinators = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return FindCoordinatorResponse(throttle_time_ms, 0, "", 0, "", 0, coordinators), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorResponse v4-6", at, error) from None


def _encode_v4(m: FindCoordinatorResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.error_code != 0:
            raise not_in_version("FindCoordinatorResponse.error_code", "FindCoordinatorResponse v4-6")
        if m.node_id != 0:
            raise not_in_version("FindCoordinatorResponse.node_id", "FindCoordinatorResponse v4-6")
        if m.host != "":
            raise not_in_version("FindCoordinatorResponse.host", "FindCoordinatorResponse v4-6")
        if m.port != 0:
            raise not_in_version("FindCoordinatorResponse.port", "FindCoordinatorResponse v4-6")
        out += _write_i(m.throttle_time_ms)
        n = len(m.coordinators) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_coordinators in m.coordinators:
            s = each_of_coordinators.key.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_coordinators.host.encode()
            out += _write_i(each_of_coordinators.node_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ih(each_of_coordinators.port, each_of_coordinators.error_code)
            if each_of_coordinators.error_message is None:
                out.append(0)
            else:
                s = each_of_coordinators.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorResponse v4-6", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[FindCoordinatorResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v4,
    6: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[FindCoordinatorResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v4,
    6: _encode_v4,
}
