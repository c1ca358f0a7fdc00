"""AlterClientQuotasRequest, key 49, versions 0-1. Generated from messages.spec, do not edit."""

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
    class OpData(Message):
        key: str = ""  # v0+
        value: float = 0.0  # v0+
        remove: bool = False  # v0+

    @frozen
    class EntryData(Message):
        entity: Sequence[EntityData] = ()  # v0+
        ops: Sequence[OpData] = ()  # v0+

    @frozen
    class AlterClientQuotasRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        entries: Sequence[EntryData] = ()  # v0+
        validate_only: bool = False  # v0+

else:

    class EntityData(Message):
        __slots__ = ("entity_type", "entity_name")

        def __init__(self, entity_type="", entity_name=""):
            self.entity_type = entity_type
            self.entity_name = entity_name

    class OpData(Message):
        __slots__ = ("key", "value", "remove")

        def __init__(self, key="", value=0.0, remove=False):
            self.key = key
            self.value = value
            self.remove = remove

    class EntryData(Message):
        __slots__ = ("entity", "ops")

        def __init__(self, entity=(), ops=()):
            self.entity = entity
            self.ops = ops

    class AlterClientQuotasRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_CLIENT_QUOTAS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("entries", "validate_only")

        def __init__(self, entries=(), validate_only=False):
            self.entries = entries
            self.validate_only = validate_only


_read_do = Struct(">d?").unpack_from
_read_doB = Struct(">d?B").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_do = Struct(">d?").pack
_write_dox = Struct(">d?x").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterClientQuotasRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("AlterClientQuotasRequest.entries", at)
        room -= n * 168
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("AlterClientQuotasRequest.entries", n, at)
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
                raise is_null("EntryData.ops", at)
            room -= n * 138
            if room < 0 or n * 11 > len(data) - at:
                raise too_many("EntryData.ops", n, at)
            items_3: list[OpData] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("OpData.key", at)
                end = at + n
                key = data[at:end].decode()
                at = end
                value, remove = _read_do(data, at)
                at += 9
                items_3.append(OpData(key, value, remove))
            ops = items_3
            items.append(EntryData(entity, ops))
        entries = items
        validate_only, = _read_o(data, at)
        at += 1
        return AlterClientQuotasRequest(entries, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterClientQuotasRequest v0", at, error) from None


def _encode_v0(m: AlterClientQuotasRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
            out += _write_i(len(each_of_entries.ops))
            for each_of_ops in each_of_entries.ops:
                s = each_of_ops.key.encode()
                out += _write_h(len(s))
                out += s
                out += _write_do(each_of_ops.value, each_of_ops.remove)
        out += _write_o(m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterClientQuotasRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[AlterClientQuotasRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterClientQuotasRequest.entries", at)
        n -= 1
        room -= n * 168
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterClientQuotasRequest.entries", n, at)
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
                raise is_null("EntryData.ops", at)
            n -= 1
            room -= n * 138
            if room < 0 or n * 11 > len(data) - at:
                raise too_many("EntryData.ops", n, at)
            items_3: list[OpData] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("OpData.key", at)
                end = at + n - 1
                key = data[at:end].decode()
                at = end
                value, remove, tags_2 = _read_doB(data, at)
                at += 10
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(OpData(key, value, remove))
            ops = items_3
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(EntryData(entity, ops))
        entries = items
        validate_only, tags_4 = _read_oB(data, at)
        at += 2
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return AlterClientQuotasRequest(entries, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterClientQuotasRequest v1", at, error) from None


def _encode_v1(m: AlterClientQuotasRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
            n = len(each_of_entries.ops) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_ops in each_of_entries.ops:
                s = each_of_ops.key.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out += _write_dox(each_of_ops.value, each_of_ops.remove)
            out.append(0)
        out += _write_ox(m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterClientQuotasRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterClientQuotasRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[AlterClientQuotasRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
