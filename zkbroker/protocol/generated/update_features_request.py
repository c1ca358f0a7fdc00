"""UpdateFeaturesRequest, key 57, versions 0-1. Generated from messages.spec, do not edit."""

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
    class FeatureUpdateKey(Message):
        feature: str = ""  # v0+
        max_version_level: int = 0  # v0+
        allow_downgrade: bool = False  # v0
        upgrade_type: int = 1  # v1+

    @frozen
    class UpdateFeaturesRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_FEATURES
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        timeout_ms: int = 60000  # v0+
        feature_updates: Sequence[FeatureUpdateKey] = ()  # v0+
        validate_only: bool = False  # v1+

else:

    class FeatureUpdateKey(Message):
        __slots__ = ("feature", "max_version_level", "allow_downgrade", "upgrade_type")

        def __init__(self, feature="", max_version_level=0, allow_downgrade=False, upgrade_type=1):
            self.feature = feature
            self.max_version_level = max_version_level
            self.allow_downgrade = allow_downgrade
            self.upgrade_type = upgrade_type

    class UpdateFeaturesRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.UPDATE_FEATURES
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("timeout_ms", "feature_updates", "validate_only")

        def __init__(self, timeout_ms=60000, feature_updates=(), validate_only=False):
            self.timeout_ms = timeout_ms
            self.feature_updates = feature_updates
            self.validate_only = validate_only


_read_hbB = Struct(">hbB").unpack_from
_read_hoB = Struct(">h?B").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_hbx = Struct(">hbx").pack
_write_hox = Struct(">h?x").pack
_write_i = Struct(">i").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[UpdateFeaturesRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        timeout_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateFeaturesRequest.feature_updates", at)
        n -= 1
        room -= n * 150
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("UpdateFeaturesRequest.feature_updates", n, at)
        items: list[FeatureUpdateKey] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("FeatureUpdateKey.feature", at)
            end = at + n - 1
            feature = data[at:end].decode()
            at = end
            max_version_level, allow_downgrade, tags = _read_hoB(data, at)
            at += 4
            if tags:
                at = skip_tags(data, at, tags)
            items.append(FeatureUpdateKey(feature, max_version_level, allow_downgrade))
        feature_updates = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return UpdateFeaturesRequest(timeout_ms, feature_updates), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateFeaturesRequest v0", at, error) from None


def _encode_v0(m: UpdateFeaturesRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.validate_only:
            raise not_in_version("UpdateFeaturesRequest.validate_only", "UpdateFeaturesRequest v0")
        out += _write_i(m.timeout_ms)
        n = len(m.feature_updates) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_feature_updates in m.feature_updates:
            if each_of_feature_updates.upgrade_type != 1:
                raise not_in_version("FeatureUpdateKey.upgrade_type", "UpdateFeaturesRequest v0")
            s = each_of_feature_updates.feature.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_hox(each_of_feature_updates.max_version_level, each_of_feature_updates.allow_downgrade)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateFeaturesRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[UpdateFeaturesRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        timeout_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("UpdateFeaturesRequest.feature_updates", at)
        n -= 1
        room -= n * 150
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("UpdateFeaturesRequest.feature_updates", n, at)
        items: list[FeatureUpdateKey] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("FeatureUpdateKey.feature", at)
            end = at + n - 1
            feature = data[at:end].decode()
            at = end
            max_version_level, upgrade_type, tags = _read_hbB(data, at)
            at += 4
            if tags:
                at = skip_tags(data, at, tags)
            items.append(FeatureUpdateKey(feature, max_version_level, False, upgrade_type))
        feature_updates = items
        validate_only, tags_2 = _read_oB(data, at)
        at += 2
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return UpdateFeaturesRequest(timeout_ms, feature_updates, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("UpdateFeaturesRequest v1", at, error) from None


def _encode_v1(m: UpdateFeaturesRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.timeout_ms)
        n = len(m.feature_updates) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_feature_updates in m.feature_updates:
            if each_of_feature_updates.allow_downgrade:
                raise not_in_version("FeatureUpdateKey.allow_downgrade", "UpdateFeaturesRequest v1")
            s = each_of_feature_updates.feature.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_hbx(each_of_feature_updates.max_version_level, each_of_feature_updates.upgrade_type)
        out += _write_ox(m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("UpdateFeaturesRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[UpdateFeaturesRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[UpdateFeaturesRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
