"""ApiVersionsRequest, key 18, versions 0-4. Generated from messages.spec, do not edit."""

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
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class ApiVersionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.API_VERSIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        client_software_name: str = ""  # v3+
        client_software_version: str = ""  # v3+

else:

    class ApiVersionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.API_VERSIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("client_software_name", "client_software_version")

        def __init__(self, client_software_name="", client_software_version=""):
            self.client_software_name = client_software_name
            self.client_software_version = client_software_version




def _decode_v0(data: bytes, at: int) -> tuple[ApiVersionsRequest, int]:
    try:
        return ApiVersionsRequest(), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ApiVersionsRequest v0-2", at, error) from None


def _encode_v0(m: ApiVersionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        pass
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ApiVersionsRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ApiVersionsRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("ApiVersionsRequest.client_software_name", at)
        end = at + n - 1
        client_software_name = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("ApiVersionsRequest.client_software_version", at)
        end = at + n - 1
        client_software_version = data[at:end].decode()
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return ApiVersionsRequest(client_software_name, client_software_version), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ApiVersionsRequest v3-4", at, error) from None


def _encode_v3(m: ApiVersionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.client_software_name.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.client_software_version.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ApiVersionsRequest v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ApiVersionsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[ApiVersionsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
}
