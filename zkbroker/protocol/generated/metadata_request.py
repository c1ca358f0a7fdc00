"""MetadataRequest, key 3, versions 0-12. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    ZERO_UUID,
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
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class MetadataRequestTopic(Message):
        topic_id: TopicId = ZERO_UUID  # v10+
        name: str | None = ""  # v0+, null in v10+

    @frozen
    class MetadataRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 12, 9)
        topics: Sequence[MetadataRequestTopic] | None = ()  # v0+, null in v1+
        allow_auto_topic_creation: bool = True  # v4+
        include_cluster_authorized_operations: bool = False  # v8-10
        include_topic_authorized_operations: bool = False  # v8+

else:

    class MetadataRequestTopic(Message):
        __slots__ = ("topic_id", "name")

        def __init__(self, topic_id=ZERO_UUID, name=""):
            self.topic_id = topic_id
            self.name = name

    class MetadataRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.METADATA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 12, 9)
        __slots__ = ("topics", "allow_auto_topic_creation", "include_cluster_authorized_operations", "include_topic_authorized_operations")

        def __init__(self, topics=(), allow_auto_topic_creation=True, include_cluster_authorized_operations=False, include_topic_authorized_operations=False):
            self.topics = topics
            self.allow_auto_topic_creation = allow_auto_topic_creation
            self.include_cluster_authorized_operations = include_cluster_authorized_operations
            self.include_topic_authorized_operations = include_topic_authorized_operations


_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_o = Struct(">?").unpack_from
_read_ooB = Struct(">??B").unpack_from
_read_ooo = Struct(">???").unpack_from
_read_oooB = Struct(">???B").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_o = Struct(">?").pack
_write_ooo = Struct(">???").pack
_write_ooox = Struct(">???x").pack
_write_oox = Struct(">??x").pack


def _decode_v0(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("MetadataRequest.topics", at)
        room -= n * 106
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("MetadataRequest.topics", n, at)
        items: list[MetadataRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("MetadataRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            items.append(MetadataRequestTopic(ZERO_UUID, name))
        topics = items
        return MetadataRequest(topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v0", at, error) from None


def _encode_v0(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if not m.allow_auto_topic_creation:
            raise not_in_version("MetadataRequest.allow_auto_topic_creation", "MetadataRequest v0")
        if m.include_cluster_authorized_operations:
            raise not_in_version("MetadataRequest.include_cluster_authorized_operations", "MetadataRequest v0")
        if m.include_topic_authorized_operations:
            raise not_in_version("MetadataRequest.include_topic_authorized_operations", "MetadataRequest v0")
        if m.topics is None:
            raise null_not_in_version("m.topics", "MetadataRequest v0")
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            if each_of_topics.name is None:
                raise null_not_in_version("each_of_topics.name", "MetadataRequest v0")
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        topics: list[MetadataRequestTopic] | None
        if n >= 0:
            room -= n * 106
            if room < 0 or n * 2 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("MetadataRequestTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                items.append(MetadataRequestTopic(ZERO_UUID, name))
            topics = items
        else:
            topics = None
        return MetadataRequest(topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v1-3", at, error) from None


def _encode_v1(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if not m.allow_auto_topic_creation:
            raise not_in_version("MetadataRequest.allow_auto_topic_creation", "MetadataRequest v1-3")
        if m.include_cluster_authorized_operations:
            raise not_in_version("MetadataRequest.include_cluster_authorized_operations", "MetadataRequest v1-3")
        if m.include_topic_authorized_operations:
            raise not_in_version("MetadataRequest.include_topic_authorized_operations", "MetadataRequest v1-3")
        if m.topics is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topics))
            for each_of_topics in m.topics:
                if each_of_topics.name is None:
                    raise null_not_in_version("each_of_topics.name", "MetadataRequest v1-3")
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v1-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        topics: list[MetadataRequestTopic] | None
        if n >= 0:
            room -= n * 106
            if room < 0 or n * 2 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("MetadataRequestTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                items.append(MetadataRequestTopic(ZERO_UUID, name))
            topics = items
        else:
            topics = None
        allow_auto_topic_creation, = _read_o(data, at)
        at += 1
        return MetadataRequest(topics, allow_auto_topic_creation), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v4-7", at, error) from None


def _encode_v4(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.include_cluster_authorized_operations:
            raise not_in_version("MetadataRequest.include_cluster_authorized_operations", "MetadataRequest v4-7")
        if m.include_topic_authorized_operations:
            raise not_in_version("MetadataRequest.include_topic_authorized_operations", "MetadataRequest v4-7")
        if m.topics is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topics))
            for each_of_topics in m.topics:
                if each_of_topics.name is None:
                    raise null_not_in_version("each_of_topics.name", "MetadataRequest v4-7")
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
        out += _write_o(m.allow_auto_topic_creation)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v4-7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        topics: list[MetadataRequestTopic] | None
        if n >= 0:
            room -= n * 106
            if room < 0 or n * 2 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("MetadataRequestTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                items.append(MetadataRequestTopic(ZERO_UUID, name))
            topics = items
        else:
            topics = None
        allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations = _read_ooo(data, at)
        at += 3
        return MetadataRequest(topics, allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v8", at, error) from None


def _encode_v8(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.topics))
            for each_of_topics in m.topics:
                if each_of_topics.name is None:
                    raise null_not_in_version("each_of_topics.name", "MetadataRequest v8")
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
        out += _write_ooo(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[MetadataRequestTopic] | None
        if n:
            n -= 1
            room -= n * 106
            if room < 0 or n * 2 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("MetadataRequestTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(MetadataRequestTopic(ZERO_UUID, name))
            topics = items
        else:
            topics = None
        allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations, tags_2 = _read_oooB(data, at)
        at += 4
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return MetadataRequest(topics, allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v9", at, error) from None


def _encode_v9(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics is None:
            out.append(0)
        else:
            n = len(m.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in m.topics:
                if each_of_topics.name is None:
                    raise null_not_in_version("each_of_topics.name", "MetadataRequest v9")
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out.append(0)
        out += _write_ooox(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v9", error) from error


def _decode_v10(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[MetadataRequestTopic] | None
        if n:
            n -= 1
            room -= n * 155
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                topic_id, n = _read_16sB(data, at)
                at += 17
                if n > 127:
                    n, at = long_string_length(data, at, n)
                name: str | None = None
                if n:
                    end = at + n - 1
                    name = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(MetadataRequestTopic(topic_id, name))
            topics = items
        else:
            topics = None
        allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations, tags_2 = _read_oooB(data, at)
        at += 4
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return MetadataRequest(topics, allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v10", at, error) from None


def _encode_v10(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics is None:
            out.append(0)
        else:
            n = len(m.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in m.topics:
                out += _write_16s(each_of_topics.topic_id)
                if each_of_topics.name is None:
                    out.append(0)
                else:
                    s = each_of_topics.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
        out += _write_ooox(m.allow_auto_topic_creation, m.include_cluster_authorized_operations, m.include_topic_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v10", error) from error


def _decode_v11(data: bytes, at: int) -> tuple[MetadataRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        topics: list[MetadataRequestTopic] | None
        if n:
            n -= 1
            room -= n * 155
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("MetadataRequest.topics", n, at)
            items: list[MetadataRequestTopic] = []
            for _ in range(n):
                topic_id, n = _read_16sB(data, at)
                at += 17
                if n > 127:
                    n, at = long_string_length(data, at, n)
                name: str | None = None
                if n:
                    end = at + n - 1
                    name = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(MetadataRequestTopic(topic_id, name))
            topics = items
        else:
            topics = None
        allow_auto_topic_creation, include_topic_authorized_operations, tags_2 = _read_ooB(data, at)
        at += 3
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return MetadataRequest(topics, allow_auto_topic_creation, False, include_topic_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("MetadataRequest v11-12", at, error) from None


def _encode_v11(m: MetadataRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.include_cluster_authorized_operations:
            raise not_in_version("MetadataRequest.include_cluster_authorized_operations", "MetadataRequest v11-12")
        if m.topics is None:
            out.append(0)
        else:
            n = len(m.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in m.topics:
                out += _write_16s(each_of_topics.topic_id)
                if each_of_topics.name is None:
                    out.append(0)
                else:
                    s = each_of_topics.name.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
        out += _write_oox(m.allow_auto_topic_creation, m.include_topic_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("MetadataRequest v11-12", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[MetadataRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v4,
    5: _decode_v4,
    6: _decode_v4,
    7: _decode_v4,
    8: _decode_v8,
    9: _decode_v9,
    10: _decode_v10,
    11: _decode_v11,
    12: _decode_v11,
}

ENCODERS: Final[Mapping[int, Callable[[MetadataRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v4,
    5: _encode_v4,
    6: _encode_v4,
    7: _encode_v4,
    8: _encode_v8,
    9: _encode_v9,
    10: _encode_v10,
    11: _encode_v11,
    12: _encode_v11,
}
