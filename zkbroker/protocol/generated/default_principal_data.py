"""DefaultPrincipalData, versions 0-0. Generated from messages.spec, do not edit."""

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
    class DefaultPrincipalData(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        type: str = ""  # v0+
        name: str = ""  # v0+
        token_authenticated: bool = False  # v0+

else:

    class DefaultPrincipalData(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("type", "name", "token_authenticated")

        def __init__(self, type="", name="", token_authenticated=False):
            self.type = type
            self.name = name
            self.token_authenticated = token_authenticated


_read_oB = Struct(">?B").unpack_from
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[DefaultPrincipalData, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("DefaultPrincipalData.type", at)
        end = at + n - 1
        type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("DefaultPrincipalData.name", at)
        end = at + n - 1
        name = data[at:end].decode()
        at = end
        token_authenticated, tags = _read_oB(data, at)
        at += 2
        if tags:
            at = skip_tags(data, at, tags)
        return DefaultPrincipalData(type, name, token_authenticated), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DefaultPrincipalData v0", at, error) from None


def _encode_v0(m: DefaultPrincipalData, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.type.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.name.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_ox(m.token_authenticated)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DefaultPrincipalData v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DefaultPrincipalData, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DefaultPrincipalData, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
