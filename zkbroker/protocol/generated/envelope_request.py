"""EnvelopeRequest, key 58, versions 0-0. Generated from messages.spec, do not edit."""

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
    append_uvarint,
    is_null,
    long_length,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class EnvelopeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ENVELOPE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        request_data: bytes = b""  # v0+
        request_principal: bytes | None = b""  # v0+, null in v0+
        client_host_address: bytes = b""  # v0+

else:

    class EnvelopeRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ENVELOPE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("request_data", "request_principal", "client_host_address")

        def __init__(self, request_data=b"", request_principal=b"", client_host_address=b""):
            self.request_data = request_data
            self.request_principal = request_principal
            self.client_host_address = client_host_address




def _decode_v0(data: bytes, at: int) -> tuple[EnvelopeRequest, int]:
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("EnvelopeRequest.request_data", at)
        end = at + n - 1
        request_data = data[at:end]
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        request_principal: bytes | None = None
        if n:
            end = at + n - 1
            request_principal = data[at:end]
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("EnvelopeRequest.client_host_address", at)
        end = at + n - 1
        client_host_address = data[at:end]
        at = end
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return EnvelopeRequest(request_data, request_principal, client_host_address), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("EnvelopeRequest v0", at, error) from None


def _encode_v0(m: EnvelopeRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.request_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.request_data
        if m.request_principal is None:
            out.append(0)
        else:
            n = len(m.request_principal) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += m.request_principal
        n = len(m.client_host_address) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.client_host_address
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("EnvelopeRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[EnvelopeRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[EnvelopeRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
