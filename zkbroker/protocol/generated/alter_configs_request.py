"""AlterConfigsRequest, key 33, versions 0-2. Generated from messages.spec, do not edit."""

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
    class AlterableConfig(Message):
        name: str = ""  # v0+
        value: str | None = ""  # v0+, null in v0+

    @frozen
    class AlterConfigsResource(Message):
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        configs: Sequence[AlterableConfig] = ()  # v0+

    @frozen
    class AlterConfigsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        resources: Sequence[AlterConfigsResource] = ()  # v0+
        validate_only: bool = False  # v0+

else:

    class AlterableConfig(Message):
        __slots__ = ("name", "value")

        def __init__(self, name="", value=""):
            self.name = name
            self.value = value

    class AlterConfigsResource(Message):
        __slots__ = ("resource_type", "resource_name", "configs")

        def __init__(self, resource_type=0, resource_name="", configs=()):
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.configs = configs

    class AlterConfigsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("resources", "validate_only")

        def __init__(self, resources=(), validate_only=False):
            self.resources = resources
            self.validate_only = validate_only


_read_bB = Struct(">bB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_b = Struct(">b").pack
_write_bh = Struct(">bh").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("AlterConfigsRequest.resources", at)
        room -= n * 170
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("AlterConfigsRequest.resources", n, at)
        items: list[AlterConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("AlterConfigsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("AlterConfigsResource.configs", at)
            room -= n * 156
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("AlterConfigsResource.configs", n, at)
            items_2: list[AlterableConfig] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AlterableConfig.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                value: str | None = None
                if n >= 0:
                    end = at + n
                    value = data[at:end].decode()
                    at = end
                items_2.append(AlterableConfig(name, value))
            configs = items_2
            items.append(AlterConfigsResource(resource_type, resource_name, configs))
        resources = items
        validate_only, = _read_o(data, at)
        at += 1
        return AlterConfigsRequest(resources, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterConfigsRequest v0-1", at, error) from None


def _encode_v0(m: AlterConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            out += _write_i(len(each_of_resources.configs))
            for each_of_configs in each_of_resources.configs:
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_o(m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterConfigsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[AlterConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterConfigsRequest.resources", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("AlterConfigsRequest.resources", n, at)
        items: list[AlterConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AlterConfigsResource.resource_name", at)
            end = at + n - 1
            resource_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AlterConfigsResource.configs", at)
            n -= 1
            room -= n * 156
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("AlterConfigsResource.configs", n, at)
            items_2: list[AlterableConfig] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AlterableConfig.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                value: str | None = None
                if n:
                    end = at + n - 1
                    value = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(AlterableConfig(name, value))
            configs = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(AlterConfigsResource(resource_type, resource_name, configs))
        resources = items
        validate_only, tags_3 = _read_oB(data, at)
        at += 2
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterConfigsRequest(resources, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterConfigsRequest v2", at, error) from None


def _encode_v2(m: AlterConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.resources) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_b(each_of_resources.resource_type)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_resources.configs) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_configs in each_of_resources.configs:
                s = each_of_configs.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                if each_of_configs.value is None:
                    out.append(0)
                else:
                    s = each_of_configs.value.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
            out.append(0)
        out += _write_ox(m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterConfigsRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterConfigsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[AlterConfigsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
