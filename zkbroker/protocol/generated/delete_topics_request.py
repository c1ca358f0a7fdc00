"""DeleteTopicsRequest, key 20, versions 0-6. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class DeleteTopicState(Message):
        name: str | None = None  # v6+, null in v6+
        topic_id: TopicId = ZERO_UUID  # v6+

    @frozen
    class DeleteTopicsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 4)
        topics: Sequence[DeleteTopicState] = ()  # v6+
        topic_names: Sequence[str] = ()  # v0-5
        timeout_ms: int = 0  # v0+

else:

    class DeleteTopicState(Message):
        __slots__ = ("name", "topic_id")

        def __init__(self, name=None, topic_id=ZERO_UUID):
            self.name = name
            self.topic_id = topic_id

    class DeleteTopicsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 4)
        __slots__ = ("topics", "topic_names", "timeout_ms")

        def __init__(self, topics=(), topic_names=(), timeout_ms=0):
            self.topics = topics
            self.topic_names = topic_names
            self.timeout_ms = timeout_ms


_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_write_16sx = Struct(">16sx").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteTopicsRequest.topic_names", at)
        room -= n * 58
        if room < 0 or n * 2 > len(data) - at:
            raise too_many("DeleteTopicsRequest.topic_names", n, at)
        items: list[str] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeleteTopicsRequest.topic_names", at)
            end = at + n
            topic_names_2 = data[at:end].decode()
            at = end
            items.append(topic_names_2)
        topic_names = items
        timeout_ms, = _read_i(data, at)
        at += 4
        return DeleteTopicsRequest((), topic_names, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsRequest v0-3", at, error) from None


def _encode_v0(m: DeleteTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics:
            raise not_in_version("DeleteTopicsRequest.topics", "DeleteTopicsRequest v0-3")
        out += _write_i(len(m.topic_names))
        for each_of_topic_names in m.topic_names:
            s = each_of_topic_names.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsRequest v0-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DeleteTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteTopicsRequest.topic_names", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("DeleteTopicsRequest.topic_names", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeleteTopicsRequest.topic_names", at)
            end = at + n - 1
            topic_names_2 = data[at:end].decode()
            at = end
            items.append(topic_names_2)
        topic_names = items
        timeout_ms, tags = _read_iB(data, at)
        at += 5
        if tags:
            at = skip_tags(data, at, tags)
        return DeleteTopicsRequest((), topic_names, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsRequest v4-5", at, error) from None


def _encode_v4(m: DeleteTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics:
            raise not_in_version("DeleteTopicsRequest.topics", "DeleteTopicsRequest v4-5")
        n = len(m.topic_names) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_names in m.topic_names:
            s = each_of_topic_names.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_ix(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsRequest v4-5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[DeleteTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteTopicsRequest.topics", at)
        n -= 1
        room -= n * 155
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("DeleteTopicsRequest.topics", n, at)
        items: list[DeleteTopicState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            name: str | None = None
            if n:
                end = at + n - 1
                name = data[at:end].decode()
                at = end
            topic_id, tags = _read_16sB(data, at)
            at += 17
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeleteTopicState(name, topic_id))
        topics = items
        timeout_ms, tags_2 = _read_iB(data, at)
        at += 5
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteTopicsRequest(topics, (), timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsRequest v6", at, error) from None


def _encode_v6(m: DeleteTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
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
            out += _write_16sx(each_of_topics.topic_id)
        out += _write_ix(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsRequest v6", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteTopicsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v0,
    4: _decode_v4,
    5: _decode_v4,
    6: _decode_v6,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteTopicsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v0,
    4: _encode_v4,
    5: _encode_v4,
    6: _encode_v6,
}
