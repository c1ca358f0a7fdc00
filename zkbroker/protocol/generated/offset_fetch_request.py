"""OffsetFetchRequest, key 9, versions 0-9. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    PACK_INT32S,
    UNPACK_INT32S,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    not_in_version,
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class OffsetFetchRequestTopic(Message):
        name: str = ""  # v0-7
        partition_indexes: Sequence[int] = ()  # v0-7

    @frozen
    class OffsetFetchRequestTopics(Message):
        name: str = ""  # v8+
        partition_indexes: Sequence[int] = ()  # v8+

    @frozen
    class OffsetFetchRequestGroup(Message):
        group_id: str = ""  # v8+
        member_id: str | None = None  # v9+, null in v9+
        member_epoch: int = -1  # v9+
        topics: Sequence[OffsetFetchRequestTopics] | None = ()  # v8+, null in v8+

    @frozen
    class OffsetFetchRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        group_id: str = ""  # v0-7
        topics: Sequence[OffsetFetchRequestTopic] | None = ()  # v0-7, null in v2-7
        groups: Sequence[OffsetFetchRequestGroup] = ()  # v8+
        require_stable: bool = False  # v7+

else:

    class OffsetFetchRequestTopic(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class OffsetFetchRequestTopics(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class OffsetFetchRequestGroup(Message):
        __slots__ = ("group_id", "member_id", "member_epoch", "topics")

        def __init__(self, group_id="", member_id=None, member_epoch=-1, topics=()):
            self.group_id = group_id
            self.member_id = member_id
            self.member_epoch = member_epoch
            self.topics = topics

    class OffsetFetchRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("group_id", "topics", "groups", "require_stable")

        def __init__(self, group_id="", topics=(), groups=(), require_stable=False):
            self.group_id = group_id
            self.topics = topics
            self.groups = groups
            self.require_stable = require_stable


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_oB = Struct(">?B").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetFetchRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetFetchRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetFetchRequest.topics", n, at)
        items: list[OffsetFetchRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetFetchRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetFetchRequestTopic.partition_indexes", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("OffsetFetchRequestTopic.partition_indexes", n, at)
            partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(OffsetFetchRequestTopic(name, partition_indexes))
        topics = items
        return OffsetFetchRequest(group_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v0-1", at, error) from None


def _encode_v0(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchRequest.groups", "OffsetFetchRequest v0-1")
        if m.require_stable:
            raise not_in_version("OffsetFetchRequest.require_stable", "OffsetFetchRequest v0-1")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        if m.topics is None:
            raise null_not_in_version("m.topics", "OffsetFetchRequest v0-1")
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_topics.partition_indexes
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetFetchRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        topics: list[OffsetFetchRequestTopic] | None
        if n >= 0:
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("OffsetFetchRequest.topics", n, at)
            items: list[OffsetFetchRequestTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("OffsetFetchRequestTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("OffsetFetchRequestTopic.partition_indexes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OffsetFetchRequestTopic.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items.append(OffsetFetchRequestTopic(name, partition_indexes))
            topics = items
        else:
            topics = None
        return OffsetFetchRequest(group_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v2-5", at, error) from None


def _encode_v2(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchRequest.groups", "OffsetFetchRequest v2-5")
        if m.require_stable:
            raise not_in_version("OffsetFetchRequest.require_stable", "OffsetFetchRequest v2-5")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        if m.topics is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topics))
            for each_of_topics in m.topics:
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topics.partition_indexes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v2-5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[OffsetFetchRequestTopic] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("OffsetFetchRequest.topics", n, at)
            items: list[OffsetFetchRequestTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchRequestTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchRequestTopic.partition_indexes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OffsetFetchRequestTopic.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(OffsetFetchRequestTopic(name, partition_indexes))
            topics = items
        else:
            topics = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return OffsetFetchRequest(group_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v6", at, error) from None


def _encode_v6(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchRequest.groups", "OffsetFetchRequest v6")
        if m.require_stable:
            raise not_in_version("OffsetFetchRequest.require_stable", "OffsetFetchRequest v6")
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.topics is None:
            out.append(0)
        else:
            n = len(m.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in m.topics:
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_topics.partition_indexes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[OffsetFetchRequestTopic] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("OffsetFetchRequest.topics", n, at)
            items: list[OffsetFetchRequestTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchRequestTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchRequestTopic.partition_indexes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("OffsetFetchRequestTopic.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(OffsetFetchRequestTopic(name, partition_indexes))
            topics = items
        else:
            topics = None
        require_stable, tags_2 = _read_oB(data, at)
        at += 2
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return OffsetFetchRequest(group_id, topics, (), require_stable), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v7", at, error) from None


def _encode_v7(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchRequest.groups", "OffsetFetchRequest v7")
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.topics is None:
            out.append(0)
        else:
            n = len(m.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in m.topics:
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_topics.partition_indexes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out += _write_ox(m.require_stable)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchRequest.groups", at)
        n -= 1
        room -= n * 122
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("OffsetFetchRequest.groups", n, at)
        items: list[OffsetFetchRequestGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchRequestGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            topics: list[OffsetFetchRequestTopics] | None
            if n:
                n -= 1
                room -= n * 162
                if room < 0 or n * 3 > len(data) - at:
                    raise too_many("OffsetFetchRequestGroup.topics", n, at)
                items_2: list[OffsetFetchRequestTopics] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("OffsetFetchRequestTopics.name", at)
                    end = at + n - 1
                    name = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("OffsetFetchRequestTopics.partition_indexes", at)
                    n -= 1
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("OffsetFetchRequestTopics.partition_indexes", n, at)
                    partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(OffsetFetchRequestTopics(name, partition_indexes))
                topics = items_2
            else:
                topics = None
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetFetchRequestGroup(group_id, None, -1, topics))
        groups = items
        require_stable, tags_3 = _read_oB(data, at)
        at += 2
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetFetchRequest("", (), groups, require_stable), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v8", at, error) from None


def _encode_v8(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_id != "":
            raise not_in_version("OffsetFetchRequest.group_id", "OffsetFetchRequest v8")
        if (m.topics is None or len(m.topics)):
            raise not_in_version("OffsetFetchRequest.topics", "OffsetFetchRequest v8")
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            if each_of_groups.topics is None:
                out.append(0)
            else:
                n = len(each_of_groups.topics) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_topics in each_of_groups.topics:
                    s = each_of_topics.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    numbers = each_of_topics.partition_indexes
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                    out.append(0)
            out.append(0)
        out += _write_ox(m.require_stable)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[OffsetFetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchRequest.groups", at)
        n -= 1
        room -= n * 200
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("OffsetFetchRequest.groups", n, at)
        items: list[OffsetFetchRequestGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchRequestGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            member_id: str | None = None
            if n:
                end = at + n - 1
                member_id = data[at:end].decode()
                at = end
            member_epoch, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_length(data, at, n)
            topics: list[OffsetFetchRequestTopics] | None
            if n:
                n -= 1
                room -= n * 162
                if room < 0 or n * 3 > len(data) - at:
                    raise too_many("OffsetFetchRequestGroup.topics", n, at)
                items_2: list[OffsetFetchRequestTopics] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("OffsetFetchRequestTopics.name", at)
                    end = at + n - 1
                    name = data[at:end].decode()
                    at = end
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("OffsetFetchRequestTopics.partition_indexes", at)
                    n -= 1
                    room -= n * 36
                    if room < 0 or n * 4 > len(data) - at:
                        raise too_many("OffsetFetchRequestTopics.partition_indexes", n, at)
                    partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                    at += n * 4
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(OffsetFetchRequestTopics(name, partition_indexes))
                topics = items_2
            else:
                topics = None
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetFetchRequestGroup(group_id, member_id, member_epoch, topics))
        groups = items
        require_stable, tags_3 = _read_oB(data, at)
        at += 2
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetFetchRequest("", (), groups, require_stable), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchRequest v9", at, error) from None


def _encode_v9(m: OffsetFetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_id != "":
            raise not_in_version("OffsetFetchRequest.group_id", "OffsetFetchRequest v9")
        if (m.topics is None or len(m.topics)):
            raise not_in_version("OffsetFetchRequest.topics", "OffsetFetchRequest v9")
        n = len(m.groups) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_groups in m.groups:
            s = each_of_groups.group_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            if each_of_groups.member_id is None:
                out.append(0)
            else:
                s = each_of_groups.member_id.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_i(each_of_groups.member_epoch)
            if each_of_groups.topics is None:
                out.append(0)
            else:
                n = len(each_of_groups.topics) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_topics in each_of_groups.topics:
                    s = each_of_topics.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                    numbers = each_of_topics.partition_indexes
                    n = len(numbers)
                    if n < FEW:
                        out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                    else:
                        append_numbers(out, "i", numbers, True)
                    out.append(0)
            out.append(0)
        out += _write_ox(m.require_stable)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchRequest v9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetFetchRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v2,
    6: _decode_v6,
    7: _decode_v7,
    8: _decode_v8,
    9: _decode_v9,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetFetchRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v2,
    6: _encode_v6,
    7: _encode_v7,
    8: _encode_v8,
    9: _encode_v9,
}
