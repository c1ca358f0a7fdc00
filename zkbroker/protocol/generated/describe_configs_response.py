"""DescribeConfigsResponse, key 32, versions 0-4. Generated from messages.spec, do not edit."""

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
    class DescribeConfigsSynonym(Message):
        name: str = ""  # v1+
        value: str | None = ""  # v1+, null in v0+
        source: int = 0  # v1+

    @frozen
    class DescribeConfigsResourceResult(Message):
        name: str = ""  # v0+
        value: str | None = ""  # v0+, null in v0+
        read_only: bool = False  # v0+
        is_default: bool = False  # v0
        config_source: int = -1  # v1+
        is_sensitive: bool = False  # v0+
        synonyms: Sequence[DescribeConfigsSynonym] = ()  # v1+
        config_type: int = 0  # v3+
        documentation: str | None = ""  # v3+, null in v0+

    @frozen
    class DescribeConfigsResult(Message):
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        resource_type: int = 0  # v0+
        resource_name: str = ""  # v0+
        configs: Sequence[DescribeConfigsResourceResult] = ()  # v0+

    @frozen
    class DescribeConfigsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        throttle_time_ms: int = 0  # v0+
        results: Sequence[DescribeConfigsResult] = ()  # v0+

else:

    class DescribeConfigsSynonym(Message):
        __slots__ = ("name", "value", "source")

        def __init__(self, name="", value="", source=0):
            self.name = name
            self.value = value
            self.source = source

    class DescribeConfigsResourceResult(Message):
        __slots__ = ("name", "value", "read_only", "is_default", "config_source", "is_sensitive", "synonyms", "config_type", "documentation")

        def __init__(self, name="", value="", read_only=False, is_default=False, config_source=-1, is_sensitive=False, synonyms=(), config_type=0, documentation=""):
            self.name = name
            self.value = value
            self.read_only = read_only
            self.is_default = is_default
            self.config_source = config_source
            self.is_sensitive = is_sensitive
            self.synonyms = synonyms
            self.config_type = config_type
            self.documentation = documentation

    class DescribeConfigsResult(Message):
        __slots__ = ("error_code", "error_message", "resource_type", "resource_name", "configs")

        def __init__(self, error_code=0, error_message="", resource_type=0, resource_name="", configs=()):
            self.error_code = error_code
            self.error_message = error_message
            self.resource_type = resource_type
            self.resource_name = resource_name
            self.configs = configs

    class DescribeConfigsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CONFIGS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 4)
        __slots__ = ("throttle_time_ms", "results")

        def __init__(self, throttle_time_ms=0, results=()):
            self.throttle_time_ms = throttle_time_ms
            self.results = results


_read_b = Struct(">b").unpack_from
_read_bB = Struct(">bB").unpack_from
_read_bh = Struct(">bh").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_oboB = Struct(">?b?B").unpack_from
_read_oboi = Struct(">?b?i").unpack_from
_read_ooo = Struct(">???").unpack_from
_write_b = Struct(">b").pack
_write_bh = Struct(">bh").pack
_write_bx = Struct(">bx").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_obo = Struct(">?b?").pack
_write_oboi = Struct(">?b?i").pack
_write_ooo = Struct(">???").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeConfigsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeConfigsResponse.results", at)
        room -= n * 264
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("DescribeConfigsResponse.results", n, at)
        items: list[DescribeConfigsResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResult.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeConfigsResult.configs", at)
            room -= n * 212
            if room < 0 or n * 7 > len(data) - at:
                raise too_many("DescribeConfigsResult.configs", n, at)
            items_2: list[DescribeConfigsResourceResult] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeConfigsResourceResult.name", at)
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
                read_only, is_default, is_sensitive = _read_ooo(data, at)
                at += 3
                items_2.append(DescribeConfigsResourceResult(name, value, read_only, is_default, -1, is_sensitive))
            configs = items_2
            items.append(DescribeConfigsResult(error_code, error_message, resource_type, resource_name, configs))
        results = items
        return DescribeConfigsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsResponse v0", at, error) from None


def _encode_v0(m: DescribeConfigsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_results.error_message.encode()
                out += _write_h(len(s))
                out += s
            s = each_of_results.resource_name.encode()
            out += _write_bh(each_of_results.resource_type, len(s))
            out += s
            out += _write_i(len(each_of_results.configs))
            for each_of_configs in each_of_results.configs:
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_ooo(each_of_configs.read_only, each_of_configs.is_default, each_of_configs.is_sensitive)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeConfigsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeConfigsResponse.results", at)
        room -= n * 264
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("DescribeConfigsResponse.results", n, at)
        items: list[DescribeConfigsResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResult.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeConfigsResult.configs", at)
            room -= n * 268
            if room < 0 or n * 11 > len(data) - at:
                raise too_many("DescribeConfigsResult.configs", n, at)
            items_2: list[DescribeConfigsResourceResult] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeConfigsResourceResult.name", at)
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
                read_only, config_source, is_sensitive, n = _read_oboi(data, at)
                at += 7
                if n < 0:
                    raise is_null("DescribeConfigsResourceResult.synonyms", at)
                room -= n * 164
                if room < 0 or n * 5 > len(data) - at:
                    raise too_many("DescribeConfigsResourceResult.synonyms", n, at)
                items_3: list[DescribeConfigsSynonym] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("DescribeConfigsSynonym.name", at)
                    end = at + n
                    name_2 = data[at:end].decode()
                    at = end
                    n, = _read_h(data, at)
                    at += 2
                    value_2: str | None = None
                    if n >= 0:
                        end = at + n
                        value_2 = data[at:end].decode()
                        at = end
                    source, = _read_b(data, at)
                    at += 1
                    items_3.append(DescribeConfigsSynonym(name_2, value_2, source))
                synonyms = items_3
                items_2.append(DescribeConfigsResourceResult(name, value, read_only, False, config_source, is_sensitive, synonyms))
            configs = items_2
            items.append(DescribeConfigsResult(error_code, error_message, resource_type, resource_name, configs))
        results = items
        return DescribeConfigsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsResponse v1-2", at, error) from None


def _encode_v1(m: DescribeConfigsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_results.error_message.encode()
                out += _write_h(len(s))
                out += s
            s = each_of_results.resource_name.encode()
            out += _write_bh(each_of_results.resource_type, len(s))
            out += s
            out += _write_i(len(each_of_results.configs))
            for each_of_configs in each_of_results.configs:
                if each_of_configs.is_default:
                    raise not_in_version("DescribeConfigsResourceResult.is_default", "DescribeConfigsResponse v1-2")
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_oboi(each_of_configs.read_only, each_of_configs.config_source, each_of_configs.is_sensitive, len(each_of_configs.synonyms))
                for each_of_synonyms in each_of_configs.synonyms:
                    s = each_of_synonyms.name.encode()
                    out += _write_h(len(s))
                    out += s
                    if each_of_synonyms.value is None:
                        out += b"\xff" * 2
                    else:
                        s = each_of_synonyms.value.encode()
                        out += _write_h(len(s))
                        out += s
                    out += _write_b(each_of_synonyms.source)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsResponse v1-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeConfigsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeConfigsResponse.results", at)
        room -= n * 264
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("DescribeConfigsResponse.results", n, at)
        items: list[DescribeConfigsResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            resource_type, n = _read_bh(data, at)
            at += 3
            if n < 0:
                raise is_null("DescribeConfigsResult.resource_name", at)
            end = at + n
            resource_name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeConfigsResult.configs", at)
            room -= n * 318
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("DescribeConfigsResult.configs", n, at)
            items_2: list[DescribeConfigsResourceResult] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeConfigsResourceResult.name", at)
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
                read_only, config_source, is_sensitive, n = _read_oboi(data, at)
                at += 7
                if n < 0:
                    raise is_null("DescribeConfigsResourceResult.synonyms", at)
                room -= n * 164
                if room < 0 or n * 5 > len(data) - at:
                    raise too_many("DescribeConfigsResourceResult.synonyms", n, at)
                items_3: list[DescribeConfigsSynonym] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("DescribeConfigsSynonym.name", at)
                    end = at + n
                    name_2 = data[at:end].decode()
                    at = end
                    n, = _read_h(data, at)
                    at += 2
                    value_2: str | None = None
                    if n >= 0:
                        end = at + n
                        value_2 = data[at:end].decode()
                        at = end
                    source, = _read_b(data, at)
                    at += 1
                    items_3.append(DescribeConfigsSynonym(name_2, value_2, source))
                synonyms = items_3
                config_type, n = _read_bh(data, at)
                at += 3
                documentation: str | None = None
                if n >= 0:
                    end = at + n
                    documentation = data[at:end].decode()
                    at = end
                items_2.append(DescribeConfigsResourceResult(name, value, read_only, False, config_source, is_sensitive, synonyms, config_type, documentation))
            configs = items_2
            items.append(DescribeConfigsResult(error_code, error_message, resource_type, resource_name, configs))
        results = items
        return DescribeConfigsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsResponse v3", at, error) from None


def _encode_v3(m: DescribeConfigsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_results.error_message.encode()
                out += _write_h(len(s))
                out += s
            s = each_of_results.resource_name.encode()
            out += _write_bh(each_of_results.resource_type, len(s))
            out += s
            out += _write_i(len(each_of_results.configs))
            for each_of_configs in each_of_results.configs:
                if each_of_configs.is_default:
                    raise not_in_version("DescribeConfigsResourceResult.is_default", "DescribeConfigsResponse v3")
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_oboi(each_of_configs.read_only, each_of_configs.config_source, each_of_configs.is_sensitive, len(each_of_configs.synonyms))
                for each_of_synonyms in each_of_configs.synonyms:
                    s = each_of_synonyms.name.encode()
                    out += _write_h(len(s))
                    out += s
                    if each_of_synonyms.value is None:
                        out += b"\xff" * 2
                    else:
                        s = each_of_synonyms.value.encode()
                        out += _write_h(len(s))
                        out += s
                    out += _write_b(each_of_synonyms.source)
                out += _write_b(each_of_configs.config_type)
                if each_of_configs.documentation is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.documentation.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DescribeConfigsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeConfigsResponse.results", at)
        n -= 1
        room -= n * 264
        if room < 0 or n * 7 > len(data) - at:
            raise too_many("DescribeConfigsResponse.results", n, at)
        items: list[DescribeConfigsResult] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            resource_type, n = _read_bB(data, at)
            at += 2
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeConfigsResult.resource_name", at)
            end = at + n - 1
            resource_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeConfigsResult.configs", at)
            n -= 1
            room -= n * 318
            if room < 0 or n * 9 > len(data) - at:
                raise too_many("DescribeConfigsResult.configs", n, at)
            items_2: list[DescribeConfigsResourceResult] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeConfigsResourceResult.name", at)
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
                read_only, config_source, is_sensitive, n = _read_oboB(data, at)
                at += 4
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribeConfigsResourceResult.synonyms", at)
                n -= 1
                room -= n * 164
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("DescribeConfigsResourceResult.synonyms", n, at)
                items_3: list[DescribeConfigsSynonym] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("DescribeConfigsSynonym.name", at)
                    end = at + n - 1
                    name_2 = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    value_2: str | None = None
                    if n:
                        end = at + n - 1
                        value_2 = data[at:end].decode()
                        at = end
                    source, tags = _read_bB(data, at)
                    at += 2
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(DescribeConfigsSynonym(name_2, value_2, source))
                synonyms = items_3
                config_type, n = _read_bB(data, at)
                at += 2
                if n > 127:
                    n, at = long_string_length(data, at, n)
                documentation: str | None = None
                if n:
                    end = at + n - 1
                    documentation = data[at:end].decode()
                    at = end
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(DescribeConfigsResourceResult(name, value, read_only, False, config_source, is_sensitive, synonyms, config_type, documentation))
            configs = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(DescribeConfigsResult(error_code, error_message, resource_type, resource_name, configs))
        results = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeConfigsResponse(throttle_time_ms, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeConfigsResponse v4", at, error) from None


def _encode_v4(m: DescribeConfigsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
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
            s = each_of_results.resource_name.encode()
            out += _write_b(each_of_results.resource_type)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results.configs) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_configs in each_of_results.configs:
                if each_of_configs.is_default:
                    raise not_in_version("DescribeConfigsResourceResult.is_default", "DescribeConfigsResponse v4")
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
                out += _write_obo(each_of_configs.read_only, each_of_configs.config_source, each_of_configs.is_sensitive)
                n = len(each_of_configs.synonyms) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_synonyms in each_of_configs.synonyms:
                    s = each_of_synonyms.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    if each_of_synonyms.value is None:
                        out.append(0)
                    else:
                        s = each_of_synonyms.value.encode()
                        n = len(s) + 1
                        if n < 128:
                            out.append(n)
                        else:
                            append_string_length(out, n)
                        out += s
                    out += _write_bx(each_of_synonyms.source)
                out += _write_b(each_of_configs.config_type)
                if each_of_configs.documentation is None:
                    out.append(0)
                else:
                    s = each_of_configs.documentation.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeConfigsResponse v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeConfigsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeConfigsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v3,
    4: _encode_v4,
}
