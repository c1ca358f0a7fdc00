"""UpdateFeaturesResponse, key 57, versions 0-1. Generated from messages.spec, do not edit."""

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
    class UpdatableFeatureResult(Message):
        feature: str = ""  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+

    @frozen
    class UpdateFeaturesResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_FEATURES
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        results: Sequence[UpdatableFeatureResult] = ()  # v0+

else:

    class UpdatableFeatureResult(Message):
        __slots__ = ("feature", "error_code", "error_message")

        def __init__(self, feature="", error_code=0, error_message=""):
            self.feature = feature
            self.error_code = error_code
            self.error_message = error_message

    class UpdateFeaturesResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_FEATURES
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "results")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", results=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.results = results


_read_hB = Struct(">hB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_h = Struct(">h").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[UpdateFeaturesResponse, int]:
    room = MAX_DECODED_BYTES
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
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateFeaturesResponse.results", at)
        n -= 1
        room -= n * 192
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("UpdateFeaturesResponse.results", n, at)
        items: list[UpdatableFeatureResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("UpdatableFeatureResult.feature", at)
            end = at + n - 1
            feature = data[at:end].decode()
            at = end
            error_code_2, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message_2: str | None = None
            if n:
                end = at + n - 1
                error_message_2 = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(UpdatableFeatureResult(feature, error_code_2, error_message_2))
        results = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return UpdateFeaturesResponse(throttle_time_ms, error_code, error_message, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateFeaturesResponse v0-1", at, error) from None


def _encode_v0(m: UpdateFeaturesResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.feature.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out.append(0)
            else:
                s = each_of_results.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateFeaturesResponse v0-1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[UpdateFeaturesResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[UpdateFeaturesResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
}
