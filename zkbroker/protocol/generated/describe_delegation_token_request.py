"""DescribeDelegationTokenRequest, key 41, versions 0-3. Generated from messages.spec, do not edit."""

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
    class DescribeDelegationTokenOwner(Message):
        principal_type: str = ""  # v0+
        principal_name: str = ""  # v0+

    @frozen
    class DescribeDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        owners: Sequence[DescribeDelegationTokenOwner] | None = ()  # v0+, null in v0+

else:

    class DescribeDelegationTokenOwner(Message):
        __slots__ = ("principal_type", "principal_name")

        def __init__(self, principal_type="", principal_name=""):
            self.principal_type = principal_type
            self.principal_name = principal_name

    class DescribeDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("owners",)

        def __init__(self, owners=()):
            self.owners = owners


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeDelegationTokenRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        owners: list[DescribeDelegationTokenOwner] | None
        if n >= 0:
            room -= n * 156
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("DescribeDelegationTokenRequest.owners", n, at)
            items: list[DescribeDelegationTokenOwner] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeDelegationTokenOwner.principal_type", at)
                end = at + n
                principal_type = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeDelegationTokenOwner.principal_name", at)
                end = at + n
                principal_name = data[at:end].decode()
                at = end
                items.append(DescribeDelegationTokenOwner(principal_type, principal_name))
            owners = items
        else:
            owners = None
        return DescribeDelegationTokenRequest(owners), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeDelegationTokenRequest v0-1", at, error) from None


def _encode_v0(m: DescribeDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.owners is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.owners))
            for each_of_owners in m.owners:
                s = each_of_owners.principal_type.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_owners.principal_name.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeDelegationTokenRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeDelegationTokenRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        owners: list[DescribeDelegationTokenOwner] | None
        if n:
            n -= 1
            room -= n * 156
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeDelegationTokenRequest.owners", n, at)
            items: list[DescribeDelegationTokenOwner] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeDelegationTokenOwner.principal_type", at)
                end = at + n - 1
                principal_type = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeDelegationTokenOwner.principal_name", at)
                end = at + n - 1
                principal_name = data[at:end].decode()
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(DescribeDelegationTokenOwner(principal_type, principal_name))
            owners = items
        else:
            owners = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeDelegationTokenRequest(owners), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeDelegationTokenRequest v2-3", at, error) from None


def _encode_v2(m: DescribeDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.owners is None:
            out.append(0)
        else:
            n = len(m.owners) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_owners in m.owners:
                s = each_of_owners.principal_type.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_owners.principal_name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeDelegationTokenRequest v2-3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeDelegationTokenRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeDelegationTokenRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
}
