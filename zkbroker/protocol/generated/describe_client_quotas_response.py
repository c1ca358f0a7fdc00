"""DescribeClientQuotasResponse, key 48, versions 0-1. Generated from messages.spec, do not edit."""

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
    class EntityData(Message):
        entity_type: str = ""  # v0+
        entity_name: str | None = ""  # v0+, null in v0+

    @frozen
    class ValueData(Message):
        key: str = ""  # v0+
        value: float = 0.0  # v0+

    @frozen
    class EntryData(Message):
        entity: Sequence[EntityData] = ()  # v0+
        values: Sequence[ValueData] = ()  # v0+

    @frozen
    class DescribeClientQuotasResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        entries: Sequence[EntryData] | None = ()  # v0+, null in v0+

else:

    class EntityData(Message):
        __slots__ = ("entity_type", "entity_name")

        def __init__(self, entity_type="", entity_name=""):
            self.entity_type = entity_type
            self.entity_name = entity_name

    class ValueData(Message):
        __slots__ = ("key", "value")

        def __init__(self, key="", value=0.0):
            self.key = key
            self.value = value

    class EntryData(Message):
        __slots__ = ("entity", "values")

        def __init__(self, entity=(), values=()):
            self.entity = entity
            self.values = values

    class DescribeClientQuotasResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "entries")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", entries=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.entries = entries


_read_d = Struct(">d").unpack_from
_read_dB = Struct(">dB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihh = Struct(">ihh").unpack_from
_write_d = Struct(">d").pack
_write_dx = Struct(">dx").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeClientQuotasResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihh(data, at)
        at += 8
        error_message: str | None = None
        if n >= 0:
            end = at + n
            error_message = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        entries: list[EntryData] | None
        if n >= 0:
            room -= n * 168
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("DescribeClientQuotasResponse.entries", n, at)
            items: list[EntryData] = []
            for _ in range(n):
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("EntryData.entity", at)
                room -= n * 156
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("EntryData.entity", n, at)
                items_2: list[EntityData] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("EntityData.entity_type", at)
                    end = at + n
                    entity_type = data[at:end].decode()
                    at = end
                    n, = _read_h(data, at)
                    at += 2
                    entity_name: str | None = None
                    if n >= 0:
                        end = at + n
                        entity_name = data[at:end].decode()
                        at = end
                    items_2.append(EntityData(entity_type, entity_name))
                entity = items_2
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("EntryData.values", at)
                room -= n * 130
                if room < 0 or n * 10 > len(data) - at:
                    raise too_many("EntryData.values", n, at)
                items_3: list[ValueData] = []
                for _ in range(n):
                    n, = _read_h(data, at)
                    at += 2
                    if n < 0:
                        raise is_null("ValueData.key", at)
                    end = at + n
                    key = data[at:end].decode()
                    at = end
                    value, = _read_d(data, at)
                    at += 8
                    items_3.append(ValueData(key, value))
                values = items_3
                items.append(EntryData(entity, values))
            entries = items
        else:
            entries = None
        return DescribeClientQuotasResponse(throttle_time_ms, error_code, error_message, entries), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClientQuotasResponse v0", at, error) from None


def _encode_v0(m: DescribeClientQuotasResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out += b"\xff" * 2
        else:
            s = m.error_message.encode()
            out += _write_h(len(s))
            out += s
        if m.entries is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.entries))
            for each_of_entries in m.entries:
                out += _write_i(len(each_of_entries.entity))
                for each_of_entity in each_of_entries.entity:
                    s = each_of_entity.entity_type.encode()
                    out += _write_h(len(s))
                    out += s
                    if each_of_entity.entity_name is None:
                        out += b"\xff" * 2
                    else:
                        s = each_of_entity.entity_name.encode()
                        out += _write_h(len(s))
                        out += s
                out += _write_i(len(each_of_entries.values))
                for each_of_values in each_of_entries.values:
                    s = each_of_values.key.encode()
                    out += _write_h(len(s))
                    out += s
                    out += _write_d(each_of_values.value)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClientQuotasResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeClientQuotasResponse, int]:
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
        entries: list[EntryData] | None
        if n:
            n -= 1
            room -= n * 168
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeClientQuotasResponse.entries", n, at)
            items: list[EntryData] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("EntryData.entity", at)
                n -= 1
                room -= n * 156
                if room < 0 or n * 3 > len(data) - at:
                    raise too_many("EntryData.entity", n, at)
                items_2: list[EntityData] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("EntityData.entity_type", at)
                    end = at + n - 1
                    entity_type = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    entity_name: str | None = None
                    if n:
                        end = at + n - 1
                        entity_name = data[at:end].decode()
                        at = end
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(EntityData(entity_type, entity_name))
                entity = items_2
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("EntryData.values", at)
                n -= 1
                room -= n * 130
                if room < 0 or n * 10 > len(data) - at:
                    raise too_many("EntryData.values", n, at)
                items_3: list[ValueData] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("ValueData.key", at)
                    end = at + n - 1
                    key = data[at:end].decode()
                    at = end
                    value, tags_2 = _read_dB(data, at)
                    at += 9
                    if tags_2:
                        at = skip_tags(data, at, tags_2)
                    items_3.append(ValueData(key, value))
                values = items_3
                tags_3 = data[at]
                at += 1
                if tags_3:
                    at = skip_tags(data, at, tags_3)
                items.append(EntryData(entity, values))
            entries = items
        else:
            entries = None
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeClientQuotasResponse(throttle_time_ms, error_code, error_message, entries), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClientQuotasResponse v1", at, error) from None


def _encode_v1(m: DescribeClientQuotasResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
        if m.entries is None:
            out.append(0)
        else:
            n = len(m.entries) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_entries in m.entries:
                n = len(each_of_entries.entity) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_entity in each_of_entries.entity:
                    s = each_of_entity.entity_type.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    if each_of_entity.entity_name is None:
                        out.append(0)
                    else:
                        s = each_of_entity.entity_name.encode()
                        n = len(s) + 1
                        if n < 128:
                            out.append(n)
                        else:
                            append_string_length(out, n)
                        out += s
                    out.append(0)
                n = len(each_of_entries.values) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_values in each_of_entries.values:
                    s = each_of_values.key.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    out += _write_dx(each_of_values.value)
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClientQuotasResponse v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeClientQuotasResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeClientQuotasResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
