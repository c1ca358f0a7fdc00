"""DescribeClientQuotasRequest, key 48, versions 0-1. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class ComponentData(Message):
        entity_type: str = ""  # v0+
        match_type: int = 0  # v0+
        match: str | None = ""  # v0+, null in v0+

    @frozen
    class DescribeClientQuotasRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        components: Sequence[ComponentData] = ()  # v0+
        strict: bool = False  # v0+

else:

    class ComponentData(Message):
        __slots__ = ("entity_type", "match_type", "match")

        def __init__(self, entity_type="", match_type=0, match=""):
            self.entity_type = entity_type
            self.match_type = match_type
            self.match = match

    class DescribeClientQuotasRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("components", "strict")

        def __init__(self, components=(), strict=False):
            self.components = components
            self.strict = strict


_read_bB = Struct(">bB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_b = Struct(">b").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeClientQuotasRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeClientQuotasRequest.components", at)
        room -= n * 164
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DescribeClientQuotasRequest.components", n, at)
        items: list[ComponentData] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ComponentData.entity_type", at)
            end = at + n
            entity_type = data[at:end].decode()
            at = end
            match_type, n = _read_bh(data, at)
            at += 3
            match: str | None = None
            if n >= 0:
                end = at + n
                match = data[at:end].decode()
                at = end
            items.append(ComponentData(entity_type, match_type, match))
        components = items
        strict, = _read_o(data, at)
        at += 1
        return DescribeClientQuotasRequest(components, strict), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClientQuotasRequest v0", at, error) from None


def _encode_v0(m: DescribeClientQuotasRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.components))
        for each_of_components in m.components:
            s = each_of_components.entity_type.encode()
            out += _write_h(len(s))
            out += s
            out += _write_b(each_of_components.match_type)
            if each_of_components.match is None:
                out += b"\xff" * 2
            else:
                s = each_of_components.match.encode()
                out += _write_h(len(s))
                out += s
        out += _write_o(m.strict)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClientQuotasRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeClientQuotasRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeClientQuotasRequest.components", at)
        n -= 1
        room -= n * 164
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DescribeClientQuotasRequest.components", n, at)
        items: list[ComponentData] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ComponentData.entity_type", at)
            end = at + n - 1
            entity_type = data[at:end].decode()
            at = end
            match_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            match: str | None = None
            if n:
                end = at + n - 1
                match = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ComponentData(entity_type, match_type, match))
        components = items
        strict, tags_2 = _read_oB(data, at)
        at += 2
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeClientQuotasRequest(components, strict), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClientQuotasRequest v1", at, error) from None


def _encode_v1(m: DescribeClientQuotasRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.components) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_components in m.components:
            s = each_of_components.entity_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_b(each_of_components.match_type)
            if each_of_components.match is None:
                out.append(0)
            else:
                s = each_of_components.match.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out += _write_ox(m.strict)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClientQuotasRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeClientQuotasRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeClientQuotasRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
