"""FindCoordinatorRequest, key 10, versions 0-6. Generated from messages.spec, do not edit."""

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
    class FindCoordinatorRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.FIND_COORDINATOR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 3)
        key: str = ""  # v0-3
        key_type: int = 0  # v1+
        coordinator_keys: Sequence[str] = ()  # v4+

else:

    class FindCoordinatorRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.FIND_COORDINATOR
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 3)
        __slots__ = ("key", "key_type", "coordinator_keys")

        def __init__(self, key="", key_type=0, coordinator_keys=()):
            self.key = key
            self.key_type = key_type
            self.coordinator_keys = coordinator_keys


_read_b = Struct(">b").unpack_from
_read_bB = Struct(">bB").unpack_from
_read_h = Struct(">h").unpack_from
_write_b = Struct(">b").pack
_write_bx = Struct(">bx").pack
_write_h = Struct(">h").pack


def _decode_v0(data: bytes, at: int) -> tuple[FindCoordinatorRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("FindCoordinatorRequest.key", at)
        end = at + n
        key = data[at:end].decode()
        at = end
        return FindCoordinatorRequest(key), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorRequest v0", at, error) from None


def _encode_v0(m: FindCoordinatorRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.key_type != 0:
            raise not_in_version("FindCoordinatorRequest.key_type", "FindCoordinatorRequest v0")
        if m.coordinator_keys:
            raise not_in_version("FindCoordinatorRequest.coordinator_keys", "FindCoordinatorRequest v0")
        s = m.key.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[FindCoordinatorRequest, int]:
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("FindCoordinatorRequest.key", at)
        end = at + n
        key = data[at:end].decode()
        at = end
        key_type, = _read_b(data, at)
        at += 1
        return FindCoordinatorRequest(key, key_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorRequest v1-2", at, error) from None


def _encode_v1(m: FindCoordinatorRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.coordinator_keys:
            raise not_in_version("FindCoordinatorRequest.coordinator_keys", "FindCoordinatorRequest v1-2")
        s = m.key.encode()
        out += _write_h(len(s))
        out += s
        out += _write_b(m.key_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorRequest v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[FindCoordinatorRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FindCoordinatorRequest.key", at)
        end = at + n - 1
        key = data[at:end].decode()
        at = end
        key_type, tags = _read_bB(data, at)
        at += 2
        if tags:
            at = skip_tags(data, at, tags)
        return FindCoordinatorRequest(key, key_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorRequest v3", at, error) from None


def _encode_v3(m: FindCoordinatorRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.coordinator_keys:
            raise not_in_version("FindCoordinatorRequest.coordinator_keys", "FindCoordinatorRequest v3")
        s = m.key.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_bx(m.key_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[FindCoordinatorRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        key_type, n = _read_bB(data, at)
        at += 2
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FindCoordinatorRequest.coordinator_keys", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("FindCoordinatorRequest.coordinator_keys", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("FindCoordinatorRequest.coordinator_keys", at)
            end = at + n - 1
            coordinator_keys_2 = data[at:end].decode()
            at = end
            items.append(coordinator_keys_2)
        coordinator_keys = items
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return FindCoordinatorRequest("", key_type, coordinator_keys), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FindCoordinatorRequest v4-6", at, error) from None


def _encode_v4(m: FindCoordinatorRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.key != "":
            raise not_in_version("FindCoordinatorRequest.key", "FindCoordinatorRequest v4-6")
        out += _write_b(m.key_type)
        n = len(m.coordinator_keys) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_coordinator_keys in m.coordinator_keys:
            s = each_of_coordinator_keys.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FindCoordinatorRequest v4-6", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[FindCoordinatorRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v4,
    6: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[FindCoordinatorRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v4,
    6: _encode_v4,
}
