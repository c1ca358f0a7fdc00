"""ApiVersionsResponse, key 18, versions 0-4. Generated from messages.spec, do not edit."""

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
    append_tag,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    long_uvarint,
    skip_tags,
    tag_header,
    too_many,
    undecodable,
    unencodable,
    wrong_tag_size,
)

if TYPE_CHECKING:

    @frozen
    class ApiVersion(Message):
        api_key: int = 0  # v0+
        min_version: int = 0  # v0+
        max_version: int = 0  # v0+

    @frozen
    class SupportedFeatureKey(Message):
        name: str = ""  # v3+
        min_version: int = 0  # v3+
        max_version: int = 0  # v3+

    @frozen
    class FinalizedFeatureKey(Message):
        name: str = ""  # v3+
        max_version_level: int = 0  # v3+
        min_version_level: int = 0  # v3+

    @frozen
    class ApiVersionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.API_VERSIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        error_code: int = 0  # v0+
        api_keys: Sequence[ApiVersion] = ()  # v0+
        throttle_time_ms: int = 0  # v1+
        supported_features: Sequence[SupportedFeatureKey] = ()  # v3+
        finalized_features_epoch: int = -1  # v3+
        finalized_features: Sequence[FinalizedFeatureKey] = ()  # v3+
        zk_migration_ready: bool = False  # v3+

else:

    class ApiVersion(Message):
        __slots__ = ("api_key", "min_version", "max_version")

        def __init__(self, api_key=0, min_version=0, max_version=0):
            self.api_key = api_key
            self.min_version = min_version
            self.max_version = max_version

    class SupportedFeatureKey(Message):
        __slots__ = ("name", "min_version", "max_version")

        def __init__(self, name="", min_version=0, max_version=0):
            self.name = name
            self.min_version = min_version
            self.max_version = max_version

    class FinalizedFeatureKey(Message):
        __slots__ = ("name", "max_version_level", "min_version_level")

        def __init__(self, name="", max_version_level=0, min_version_level=0):
            self.name = name
            self.max_version_level = max_version_level
            self.min_version_level = min_version_level

    class ApiVersionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.API_VERSIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("error_code", "api_keys", "throttle_time_ms", "supported_features", "finalized_features_epoch", "finalized_features", "zk_migration_ready")

        def __init__(self, error_code=0, api_keys=(), throttle_time_ms=0, supported_features=(), finalized_features_epoch=-1, finalized_features=(), zk_migration_ready=False):
            self.error_code = error_code
            self.api_keys = api_keys
            self.throttle_time_ms = throttle_time_ms
            self.supported_features = supported_features
            self.finalized_features_epoch = finalized_features_epoch
            self.finalized_features = finalized_features
            self.zk_migration_ready = zk_migration_ready


_read_hB = Struct(">hB").unpack_from
_read_hhB = Struct(">hhB").unpack_from
_read_hhh = Struct(">hhh").unpack_from
_read_hhhB = Struct(">hhhB").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_o = Struct(">?").unpack_from
_read_q = Struct(">q").unpack_from
_write_h = Struct(">h").pack
_write_hhh = Struct(">hhh").pack
_write_hhhx = Struct(">hhhx").pack
_write_hhx = Struct(">hhx").pack
_write_hi = Struct(">hi").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_q = Struct(">q").pack


def _decode_v0(data: bytes, at: int) -> tuple[ApiVersionsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("ApiVersionsResponse.api_keys", at)
        room -= n * 148
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ApiVersionsResponse.api_keys", n, at)
        items: list[ApiVersion] = []
        for _ in range(n):
            api_key, min_version, max_version = _read_hhh(data, at)
            at += 6
            items.append(ApiVersion(api_key, min_version, max_version))
        api_keys = items
        return ApiVersionsResponse(error_code, api_keys), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ApiVersionsResponse v0", at, error) from None


def _encode_v0(m: ApiVersionsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.api_keys))
        for each_of_api_keys in m.api_keys:
            out += _write_hhh(each_of_api_keys.api_key, each_of_api_keys.min_version, each_of_api_keys.max_version)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ApiVersionsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ApiVersionsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("ApiVersionsResponse.api_keys", at)
        room -= n * 148
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ApiVersionsResponse.api_keys", n, at)
        items: list[ApiVersion] = []
        for _ in range(n):
            api_key, min_version, max_version = _read_hhh(data, at)
            at += 6
            items.append(ApiVersion(api_key, min_version, max_version))
        api_keys = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return ApiVersionsResponse(error_code, api_keys, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ApiVersionsResponse v1-2", at, error) from None


def _encode_v1(m: ApiVersionsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.api_keys))
        for each_of_api_keys in m.api_keys:
            out += _write_hhh(each_of_api_keys.api_key, each_of_api_keys.min_version, each_of_api_keys.max_version)
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ApiVersionsResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ApiVersionsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ApiVersionsResponse.api_keys", at)
        n -= 1
        room -= n * 148
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("ApiVersionsResponse.api_keys", n, at)
        items: list[ApiVersion] = []
        for _ in range(n):
            api_key, min_version, max_version, tags = _read_hhhB(data, at)
            at += 7
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ApiVersion(api_key, min_version, max_version))
        api_keys = items
        supported_features: Sequence[SupportedFeatureKey] = ()
        finalized_features_epoch: int = -1
        finalized_features: Sequence[FinalizedFeatureKey] = ()
        zk_migration_ready: bool = False
        throttle_time_ms, tags_2 = _read_iB(data, at)
        at += 5
        if tags_2:
            if tags_2 > 127:
                tags_2, at = long_uvarint(data, at, tags_2)
            last = -1
            for _ in range(tags_2):
                tag, at, end_of_tag = tag_header(data, at, last)
                last = tag
                if tag == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("ApiVersionsResponse.supported_features", at)
                    n -= 1
                    room -= n * 170
                    if room < 0 or n * 6 > len(data) - at:
                        raise too_many("ApiVersionsResponse.supported_features", n, at)
                    items_2: list[SupportedFeatureKey] = []
                    for _ in range(n):
                        n = data[at]
                        at += 1
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        if not n:
                            raise is_null("SupportedFeatureKey.name", at)
                        end = at + n - 1
                        name = data[at:end].decode()
                        at = end
                        min_version_2, max_version_2, tags_3 = _read_hhB(data, at)
                        at += 5
                        if tags_3:
                            at = skip_tags(data, at, tags_3)
                        items_2.append(SupportedFeatureKey(name, min_version_2, max_version_2))
                    supported_features = items_2
                elif tag == 1:
                    finalized_features_epoch, = _read_q(data, at)
                    at += 8
                elif tag == 2:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("ApiVersionsResponse.finalized_features", at)
                    n -= 1
                    room -= n * 170
                    if room < 0 or n * 6 > len(data) - at:
                        raise too_many("ApiVersionsResponse.finalized_features", n, at)
                    items_3: list[FinalizedFeatureKey] = []
                    for _ in range(n):
                        n = data[at]
                        at += 1
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        if not n:
                            raise is_null("FinalizedFeatureKey.name", at)
                        end = at + n - 1
                        name_2 = data[at:end].decode()
                        at = end
                        max_version_level, min_version_level, tags_4 = _read_hhB(data, at)
                        at += 5
                        if tags_4:
                            at = skip_tags(data, at, tags_4)
                        items_3.append(FinalizedFeatureKey(name_2, max_version_level, min_version_level))
                    finalized_features = items_3
                elif tag == 3:
                    zk_migration_ready, = _read_o(data, at)
                    at += 1
                else:
                    at = end_of_tag
                if at != end_of_tag:
                    raise wrong_tag_size("ApiVersionsResponse", tag, at, end_of_tag)
        return ApiVersionsResponse(error_code, api_keys, throttle_time_ms, supported_features, finalized_features_epoch, finalized_features, zk_migration_ready), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ApiVersionsResponse v3-4", at, error) from None


def _encode_v3(m: ApiVersionsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        n = len(m.api_keys) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_api_keys in m.api_keys:
            out += _write_hhhx(each_of_api_keys.api_key, each_of_api_keys.min_version, each_of_api_keys.max_version)
        out += _write_i(m.throttle_time_ms)
        if m.supported_features or m.finalized_features_epoch != -1 or m.finalized_features or m.zk_migration_ready:
            count = 0
            section = bytearray()
            if m.supported_features:
                count += 1
                tag = bytearray()
                n = len(m.supported_features) + 1
                if n < 128:
                    tag.append(n)
                else:
                    append_uvarint(tag, n)
                for each_of_supported_features in m.supported_features:
                    s = each_of_supported_features.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag.append(n)
                    else:
                        append_string_length(tag, n)
                    tag += s
                    tag += _write_hhx(each_of_supported_features.min_version, each_of_supported_features.max_version)
                append_tag(section, 0, tag)
            if m.finalized_features_epoch != -1:
                count += 1
                tag = bytearray()
                tag += _write_q(m.finalized_features_epoch)
                append_tag(section, 1, tag)
            if m.finalized_features:
                count += 1
                tag = bytearray()
                n = len(m.finalized_features) + 1
                if n < 128:
                    tag.append(n)
                else:
                    append_uvarint(tag, n)
                for each_of_finalized_features in m.finalized_features:
                    s = each_of_finalized_features.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag.append(n)
                    else:
                        append_string_length(tag, n)
                    tag += s
                    tag += _write_hhx(each_of_finalized_features.max_version_level, each_of_finalized_features.min_version_level)
                append_tag(section, 2, tag)
            if m.zk_migration_ready:
                count += 1
                tag = bytearray()
                tag += _write_o(m.zk_migration_ready)
                append_tag(section, 3, tag)
            append_uvarint(out, count)
            out += section
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ApiVersionsResponse v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ApiVersionsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[ApiVersionsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v3,
}
