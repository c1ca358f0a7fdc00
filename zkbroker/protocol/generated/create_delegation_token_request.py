"""CreateDelegationTokenRequest, key 38, versions 0-3. Generated from messages.spec, do not edit."""

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
    class CreatableRenewers(Message):
        principal_type: str = ""  # v0+
        principal_name: str = ""  # v0+

    @frozen
    class CreateDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        owner_principal_type: str | None = ""  # v3+, null in v3+
        owner_principal_name: str | None = ""  # v3+, null in v3+
        renewers: Sequence[CreatableRenewers] = ()  # v0+
        max_lifetime_ms: int = 0  # v0+

else:

    class CreatableRenewers(Message):
        __slots__ = ("principal_type", "principal_name")

        def __init__(self, principal_type="", principal_name=""):
            self.principal_type = principal_type
            self.principal_name = principal_name

    class CreateDelegationTokenRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("owner_principal_type", "owner_principal_name", "renewers", "max_lifetime_ms")

        def __init__(self, owner_principal_type="", owner_principal_name="", renewers=(), max_lifetime_ms=0):
            self.owner_principal_type = owner_principal_type
            self.owner_principal_name = owner_principal_name
            self.renewers = renewers
            self.max_lifetime_ms = max_lifetime_ms


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_q = Struct(">q").unpack_from
_read_qB = Struct(">qB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_q = Struct(">q").pack
_write_qx = Struct(">qx").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateDelegationTokenRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateDelegationTokenRequest.renewers", at)
        room -= n * 156
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("CreateDelegationTokenRequest.renewers", n, at)
        items: list[CreatableRenewers] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableRenewers.principal_type", at)
            end = at + n
            principal_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableRenewers.principal_name", at)
            end = at + n
            principal_name = data[at:end].decode()
            at = end
            items.append(CreatableRenewers(principal_type, principal_name))
        renewers = items
        max_lifetime_ms, = _read_q(data, at)
        at += 8
        return CreateDelegationTokenRequest("", "", renewers, max_lifetime_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenRequest v0-1", at, error) from None


def _encode_v0(m: CreateDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.owner_principal_type != "":
            raise not_in_version("CreateDelegationTokenRequest.owner_principal_type", "CreateDelegationTokenRequest v0-1")
        if m.owner_principal_name != "":
            raise not_in_version("CreateDelegationTokenRequest.owner_principal_name", "CreateDelegationTokenRequest v0-1")
        out += _write_i(len(m.renewers))
        for each_of_renewers in m.renewers:
            s = each_of_renewers.principal_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_renewers.principal_name.encode()
            out += _write_h(len(s))
            out += s
        out += _write_q(m.max_lifetime_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreateDelegationTokenRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenRequest.renewers", at)
        n -= 1
        room -= n * 156
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("CreateDelegationTokenRequest.renewers", n, at)
        items: list[CreatableRenewers] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableRenewers.principal_type", at)
            end = at + n - 1
            principal_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableRenewers.principal_name", at)
            end = at + n - 1
            principal_name = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(CreatableRenewers(principal_type, principal_name))
        renewers = items
        max_lifetime_ms, tags_2 = _read_qB(data, at)
        at += 9
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return CreateDelegationTokenRequest("", "", renewers, max_lifetime_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenRequest v2", at, error) from None


def _encode_v2(m: CreateDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.owner_principal_type != "":
            raise not_in_version("CreateDelegationTokenRequest.owner_principal_type", "CreateDelegationTokenRequest v2")
        if m.owner_principal_name != "":
            raise not_in_version("CreateDelegationTokenRequest.owner_principal_name", "CreateDelegationTokenRequest v2")
        n = len(m.renewers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_renewers in m.renewers:
            s = each_of_renewers.principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_renewers.principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out += _write_qx(m.max_lifetime_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[CreateDelegationTokenRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        owner_principal_type: str | None = None
        if n:
            end = at + n - 1
            owner_principal_type = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        owner_principal_name: str | None = None
        if n:
            end = at + n - 1
            owner_principal_name = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenRequest.renewers", at)
        n -= 1
        room -= n * 156
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("CreateDelegationTokenRequest.renewers", n, at)
        items: list[CreatableRenewers] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableRenewers.principal_type", at)
            end = at + n - 1
            principal_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableRenewers.principal_name", at)
            end = at + n - 1
            principal_name = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(CreatableRenewers(principal_type, principal_name))
        renewers = items
        max_lifetime_ms, tags_2 = _read_qB(data, at)
        at += 9
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return CreateDelegationTokenRequest(owner_principal_type, owner_principal_name, renewers, max_lifetime_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenRequest v3", at, error) from None


def _encode_v3(m: CreateDelegationTokenRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.owner_principal_type is None:
            out.append(0)
        else:
            s = m.owner_principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        if m.owner_principal_name is None:
            out.append(0)
        else:
            s = m.owner_principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.renewers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_renewers in m.renewers:
            s = each_of_renewers.principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_renewers.principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out += _write_qx(m.max_lifetime_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenRequest v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateDelegationTokenRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[CreateDelegationTokenRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
}
