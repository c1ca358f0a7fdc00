"""Whole messages: what reads and writes an API key and version; headers; what ApiVersions does otherwise.

Frames given to a decoder come without their int32 size; buffers that leave an encoder begin with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from struct import Struct
from struct import error as StructError
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import attrs

from zkbroker.protocol.generated.api_keys import VERSIONS, ApiKey
from zkbroker.protocol.primitives import (
    Buffer,
    MalformedMessage,
    Message,
    Records,
    VersionRange,
    skip_tags,
)

__all__ = [
    "VERSIONS",
    "ApiKey",
    "Buffer",
    "MalformedMessage",
    "Message",
    "Records",
    "RequestHeader",
    "UnsupportedApi",
    "VersionRange",
    "decode_data",
    "decode_request",
    "decode_request_header",
    "decode_response",
    "decode_versioned_data",
    "encode_data",
    "encode_request",
    "encode_response",
    "encode_versioned_data",
]

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    value = attrs.define  # a frozen one takes three times as long to make, and there is one for each request

M = TypeVar("M", bound=Message)

_Decode: TypeAlias = Callable[[Any, int], tuple[Message, int]]
_Encode: TypeAlias = Callable[[Any, bytearray, list[Buffer | Records]], None]


@value
class RequestHeader:
    """What stands in front of every request. The response repeats the correlation id."""

    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None  # Kafka treats null as ""


class UnsupportedApi(ValueError):
    """A request of a key or version Kafka 3.9 does not have.

    Such a request closes its connection, but one for ApiVersions `is_answerable`: by a response of version 0
    with UNSUPPORTED_VERSION and the one row for ApiVersions itself.
    """

    def __init__(self, header: RequestHeader) -> None:
        super().__init__(f"no API has key {header.api_key} and version {header.api_version}")
        self.header = header

    @property
    def is_answerable(self) -> bool:
        return self.header.api_key == ApiKey.API_VERSIONS


# ---- generated modules, imported when first needed

_request_decoders: Final[dict[int, tuple[_Decode, bool]]] = {}
_request_encoders: Final[dict[int, _Encode]] = {}
_response_decoders: Final[dict[int, tuple[_Decode, bool]]] = {}
_response_encoders: Final[dict[int, _Encode]] = {}


def _module(name: str) -> ModuleType:
    return import_module(f"zkbroker.protocol.generated.{name}")


def _load(
    api_key: int, kind: str, decoders: dict[int, tuple[_Decode, bool]], encoders: dict[int, _Encode]
) -> None:
    """Fill both tables for one API. Raises: KeyError if there is no such API."""
    if api_key not in _BY_NUMBER:
        raise KeyError(api_key)
    module = _module(f"{ApiKey(api_key).name.lower()}_{kind}")
    for version, decode in module.DECODERS.items():
        decoders[api_key << 16 | version] = decode, module.READS_VIEW
    for version, encode in module.ENCODERS.items():
        encoders[api_key << 16 | version] = encode


def _response_encoder(api_key: int, api_version: int) -> _Encode:
    key = api_key << 16 | api_version
    if key not in _response_encoders:
        _load(api_key, "response", _response_decoders, _response_encoders)
    return _response_encoders[key]


_BY_NUMBER: Final = {int(key): versions for key, versions in VERSIONS.items()}
"""The same ranges under plain ints, whose hash costs less than an enum's."""

# ---- requests

_read_head = Struct(">hhih").unpack_from
_write_head = Struct(">ihhi").pack


def decode_request_header(frame: memoryview) -> tuple[RequestHeader, int]:
    """The header and where the body begins.

    The client id is lenient as in Kafka: what is not UTF-8 is replaced.
    Raises: UnsupportedApi, with the header as far as it could be read; MalformedMessage.
    """
    size = len(frame)
    try:
        api_key, api_version, correlation_id, n = _read_head(frame, 0)
    except StructError:
        raise MalformedMessage(f"a frame of {size} bytes is too short for a request header") from None
    versions = _BY_NUMBER.get(api_key)
    if versions is None:
        raise UnsupportedApi(RequestHeader(api_key, api_version, correlation_id, None))
    if api_version == 0 and api_key == ApiKey.CONTROLLED_SHUTDOWN:  # alone has no client id
        return RequestHeader(api_key, api_version, correlation_id, None), 8
    at = 10
    client_id = None
    if n >= 0:
        at += n
        if at > size:
            raise MalformedMessage(f"a client id of {n} bytes at byte 10, {size - 10} are left")
        client_id = str(frame[10:at], "utf-8", "replace")
    header = RequestHeader(api_key, api_version, correlation_id, client_id)
    if api_version < versions.lowest or api_version > versions.highest:
        raise UnsupportedApi(header)
    if versions.flexible_from is not None and api_version >= versions.flexible_from:
        at = _skip_header_tags(frame, at)
    return header, at


def _skip_header_tags(frame: Buffer, at: int) -> int:
    try:
        tags = frame[at]
        return skip_tags(frame, at + 1, tags) if tags else at + 1
    except IndexError:
        raise MalformedMessage("a header is cut short") from None


def decode_request(header: RequestHeader, frame: memoryview, offset: int) -> Message:
    """The body. Bytes after it are ignored, as Kafka does. Records are views of the frame.

    Raises: MalformedMessage.
    """
    key = header.api_key << 16 | header.api_version
    found = _request_decoders.get(key)
    if found is None:
        _load(header.api_key, "request", _request_decoders, _request_encoders)
        found = _request_decoders[key]
    decode, reads_view = found
    message, end = decode(frame if reads_view else bytes(frame), offset)
    if end > len(frame):
        raise _cut_short(message, end, len(frame))
    return message


def _cut_short(message: Message, end: int, size: int) -> MalformedMessage:
    return MalformedMessage(f"{type(message).__name__} ends at byte {end} of a frame of {size} bytes")


def encode_request(header: RequestHeader, message: Message) -> list[Buffer | Records]:
    """The frame, its size first. Records are elements of their own, the objects they were in the message.

    Raises: ValueError if the message says something its version cannot.
    """
    api_key, api_version = header.api_key, header.api_version
    key = api_key << 16 | api_version
    encode = _request_encoders.get(key)
    if encode is None:
        _load(api_key, "request", _request_decoders, _request_encoders)
        encode = _request_encoders[key]
    out = bytearray(_write_head(0, api_key, api_version, header.correlation_id))
    if key != ApiKey.CONTROLLED_SHUTDOWN << 16:
        if header.client_id is None:
            out += b"\xff\xff"
        else:
            client_id = header.client_id.encode()
            out += len(client_id).to_bytes(2, "big")
            out += client_id
        if _BY_NUMBER[api_key].is_flexible(api_version):
            out.append(0)
    return _finished(encode, message, out)


# ---- responses

_read_correlation_id = Struct(">i").unpack_from
_write_response_head = Struct(">ii").pack
_write_flexible_response_head = Struct(">iix").pack
_write_size = Struct(">i").pack_into


def encode_response(
    api_key: int, api_version: int, correlation_id: int, message: Message
) -> list[Buffer | Records]:
    """The frame, its size first. Records are elements of their own, the objects they were in the message;
    those of length 0 are left out.

    Raises: ValueError if the message says something its version cannot.
    """
    encode = _response_encoders.get(api_key << 16 | api_version)
    if encode is None:
        encode = _response_encoder(api_key, api_version)
    if _has_flexible_response_header(api_key, api_version):
        out = bytearray(_write_flexible_response_head(0, correlation_id))
    else:
        out = bytearray(_write_response_head(0, correlation_id))
    return _finished(encode, message, out)


def _has_flexible_response_header(api_key: int, api_version: int) -> bool:
    """ApiVersions has none: its client may not know the version the broker answers in. Source: KIP-511."""
    flexible_from = _BY_NUMBER[api_key].flexible_from
    return flexible_from is not None and api_version >= flexible_from and api_key != 18


def _finished(encode: _Encode, message: Message, out: bytearray) -> list[Buffer | Records]:
    buffers: list[Buffer | Records] = [out]
    encode(message, out, buffers)
    size = len(out) if len(buffers) == 1 else sum(map(len, buffers))
    _write_size(out, 0, size - 4)
    if len(buffers) > 1 and not len(buffers[-1]):
        buffers.pop()
    return buffers


def decode_response(api_key: int, api_version: int, frame: memoryview) -> tuple[int, Message]:
    """The correlation id and the body of an answer to a request of that version.

    An ApiVersions answer that does not read as its version is read as version 0, in which a broker answers
    that does not know the version. Raises: MalformedMessage.
    """
    key = api_key << 16 | api_version
    if key not in _response_decoders:
        _load(api_key, "response", _response_decoders, _response_encoders)
    decode, reads_view = _response_decoders[key]
    try:
        (correlation_id,) = _read_correlation_id(frame, 0)
    except StructError:
        raise MalformedMessage(f"a frame of {len(frame)} bytes is too short for a response header") from None
    at = 4
    if _has_flexible_response_header(api_key, api_version):
        at = _skip_header_tags(frame, at)
    try:
        message, end = decode(frame if reads_view else bytes(frame), at)
        if end > len(frame):
            raise _cut_short(message, end, len(frame))
    except MalformedMessage:
        if api_key == ApiKey.API_VERSIONS and api_version > 0:
            return decode_response(api_key, 0, frame)
        raise
    return correlation_id, message


# ---- what is stored, or travels inside other messages


def decode_data(kind: type[M], version: int, buffer: Buffer, *, newer: bool = False) -> M:
    """A data message without a version in front. With `newer`, what follows is of a later version, ignored.

    Raises: MalformedMessage, also for a version the message does not have.
    """
    module = _data_module(kind)
    decode = module.DECODERS.get(version)
    if decode is None:
        raise MalformedMessage(f"{kind.__name__} has no version {version}")
    data = bytes(buffer)
    message, end = decode(data, 0)
    if end > len(data):
        raise _cut_short(message, end, len(data))
    if end < len(data) and not newer:
        raise MalformedMessage(f"{len(data) - end} bytes follow {kind.__name__} v{version} at byte {end}")
    assert isinstance(message, kind)
    return message


def encode_data(message: Message, version: int) -> bytes:
    """A data message without a version in front. Raises: ValueError, as encode_response."""
    out = bytearray()
    _data_module(type(message)).ENCODERS[version](message, out, [out])
    return bytes(out)


def decode_versioned_data(kind: type[M], buffer: Buffer, *, newer: bool = False) -> tuple[int, M]:
    """An int16 version and a data message of it; the version as it stands there.

    With `newer`, a version later than the newest known is read as the newest, and what follows ignored.
    Raises: MalformedMessage.
    """
    data = bytes(buffer)
    if len(data) < 2:
        raise MalformedMessage(f"{len(data)} bytes are too short for the version of {kind.__name__}")
    version = int.from_bytes(data[:2], "big", signed=True)
    known = min(version, kind.VERSIONS.highest) if newer else version
    return version, decode_data(kind, known, data[2:], newer=newer)


def encode_versioned_data(message: Message, version: int) -> bytes:
    """The int16 version, then the message: so Kafka writes keys and values of its own topics, principals."""
    return version.to_bytes(2, "big") + encode_data(message, version)


def _data_module(kind: type[Message]) -> ModuleType:
    return _module(kind.__module__.rpartition(".")[2])


def total_size(buffers: Sequence[Buffer | Records]) -> int:
    """Bytes of what an encoder made."""
    return sum(map(len, buffers))
