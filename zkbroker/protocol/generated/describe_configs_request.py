"""DescribeConfigsRequest, key 32, versions 0-4. Generated from messages.spec, do not edit."""

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
    class DescribeConfigsResource(Message):
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        configuration_keys: Sequence[str] | None = ()  # v0+, null in v0+

    @frozen
    class DescribeConfigsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        resources: Sequence[DescribeConfigsResource] = ()  # v0+
        include_synonyms: bool = False  # v1+
        include_documentation: bool = False  # v3+

else:

    class DescribeConfigsResource(Message):
        __slots__ = ("resource_type", "resource_name", "configuration_keys")

        def __init__(self, resource_type=0, resource_name="", configuration_keys=()):
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.configuration_keys = configuration_keys

    class DescribeConfigsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("resources", "include_synonyms", "include_documentation")

        def __init__(self, resources=(), include_synonyms=False, include_documentation=False):
            self.resources = resources
            self.include_synonyms = include_synonyms
            self.include_documentation = include_documentation


_read_bB = Struct(">bB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_oo = Struct(">??").unpack_from
_read_ooB = Struct(">??B").unpack_from
_write_b = Struct(">b").pack
_write_bh = Struct(">bh").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_oo = Struct(">??").pack
_write_oox = Struct(">??x").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeConfigsRequest.resources", at)
        room -= n * 114
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("DescribeConfigsRequest.resources", n, at)
        items: list[DescribeConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            configuration_keys: list[str] | None
            if n >= 0:
                room -= n * 58
                if room < 0 or n * 2 > len(data) - at:
                    raise too_many("DescribeConfigsResource.configuration_keys", n, at)
                items_2: list[str] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("DescribeConfigsResource.configuration_keys", at)
                    end = at + n
                    configuration_keys_2 = data[at:end].decode()
                    at = end
                    items_2.append(configuration_keys_2)
                configuration_keys = items_2
            else:
                configuration_keys = None
            items.append(DescribeConfigsResource(resource_type, resource_name, configuration_keys))
        resources = items
        return DescribeConfigsRequest(resources), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsRequest v0", at, error) from None


def _encode_v0(m: DescribeConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.include_synonyms:
            raise not_in_version("DescribeConfigsRequest.include_synonyms", "DescribeConfigsRequest v0")
        if m.include_documentation:
            raise not_in_version("DescribeConfigsRequest.include_documentation", "DescribeConfigsRequest v0")
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            if each_of_resources.configuration_keys is None:
                out += b"\xff" * 4
            else:
                out += _write_i(len(each_of_resources.configuration_keys))
                for each_of_configuration_keys in each_of_resources.configuration_keys:
                    s = each_of_configuration_keys.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeConfigsRequest.resources", at)
        room -= n * 114
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("DescribeConfigsRequest.resources", n, at)
        items: list[DescribeConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            configuration_keys: list[str] | None
            if n >= 0:
                room -= n * 58
                if room < 0 or n * 2 > len(data) - at:
                    raise too_many("DescribeConfigsResource.configuration_keys", n, at)
                items_2: list[str] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("DescribeConfigsResource.configuration_keys", at)
                    end = at + n
                    configuration_keys_2 = data[at:end].decode()
                    at = end
                    items_2.append(configuration_keys_2)
                configuration_keys = items_2
            else:
                configuration_keys = None
            items.append(DescribeConfigsResource(resource_type, resource_name, configuration_keys))
        resources = items
        include_synonyms, = _read_o(data, at)
        at += 1
        return DescribeConfigsRequest(resources, include_synonyms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsRequest v1-2", at, error) from None


def _encode_v1(m: DescribeConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.include_documentation:
            raise not_in_version("DescribeConfigsRequest.include_documentation", "DescribeConfigsRequest v1-2")
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            if each_of_resources.configuration_keys is None:
                out += b"\xff" * 4
            else:
                out += _write_i(len(each_of_resources.configuration_keys))
                for each_of_configuration_keys in each_of_resources.configuration_keys:
                    s = each_of_configuration_keys.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_o(m.include_synonyms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsRequest v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DescribeConfigsRequest.resources", at)
        room -= n * 114
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("DescribeConfigsRequest.resources", n, at)
        items: list[DescribeConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResource.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            configuration_keys: list[str] | None
            if n >= 0:
                room -= n * 58
                if room < 0 or n * 2 > len(data) - at:
                    raise too_many("DescribeConfigsResource.configuration_keys", n, at)
                items_2: list[str] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("DescribeConfigsResource.configuration_keys", at)
                    end = at + n
                    configuration_keys_2 = data[at:end].decode()
                    at = end
                    items_2.append(configuration_keys_2)
                configuration_keys = items_2
            else:
                configuration_keys = None
            items.append(DescribeConfigsResource(resource_type, resource_name, configuration_keys))
        resources = items
        include_synonyms, include_documentation = _read_oo(data, at)
        at += 2
        return DescribeConfigsRequest(resources, include_synonyms, include_documentation), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsRequest v3", at, error) from None


def _encode_v3(m: DescribeConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.resources))
        for each_of_resources in m.resources:
            s = each_of_resources.resource_name.encode()
            out += _write_bh(each_of_resources.resource_type, len(s))
            out += s
            if each_of_resources.configuration_keys is None:
                out += b"\xff" * 4
            else:
                out += _write_i(len(each_of_resources.configuration_keys))
                for each_of_configuration_keys in each_of_resources.configuration_keys:
                    s = each_of_configuration_keys.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_oo(m.include_synonyms, m.include_documentation)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DescribeConfigsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeConfigsRequest.resources", at)
        n -= 1
        room -= n * 114
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DescribeConfigsRequest.resources", n, at)
        items: list[DescribeConfigsResource] = []
        for _ in range(n):
            resource_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeConfigsResource.resource_name", at)
            end = at + n - 1
            resource_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            configuration_keys: list[str] | None
            if n:
                n -= 1
                room -= n * 58
                if room < 0 or n > len(data) - at:
                    raise too_many("DescribeConfigsResource.configuration_keys", n, at)
                items_2: list[str] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("DescribeConfigsResource.configuration_keys", at)
                    end = at + n - 1
                    configuration_keys_2 = data[at:end].decode()
                    at = end
                    items_2.append(configuration_keys_2)
                configuration_keys = items_2
            else:
                configuration_keys = None
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DescribeConfigsResource(resource_type, resource_name, configuration_keys))
        resources = items
        include_synonyms, include_documentation, tags_2 = _read_ooB(data, at)
        at += 3
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeConfigsRequest(resources, include_synonyms, include_documentation), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsRequest v4", at, error) from None


def _encode_v4(m: DescribeConfigsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
            if each_of_resources.configuration_keys is None:
                out.append(0)
            else:
                n = len(each_of_resources.configuration_keys) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_configuration_keys in each_of_resources.configuration_keys:
                    s = each_of_configuration_keys.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
            out.append(0)
        out += _write_oox(m.include_synonyms, m.include_documentation)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsRequest v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeConfigsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeConfigsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
}
