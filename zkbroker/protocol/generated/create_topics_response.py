"""CreateTopicsResponse, key 19, versions 0-7. Generated from messages.spec, do not edit."""

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
    class CreatableTopicConfigs(Message):
        name: str = ""  # v5+
        value: str | None = ""  # v5+, null in v5+
        read_only: bool = False  # v5+
        config_source: int = -1  # v5+
        is_sensitive: bool = False  # v5+

    @frozen
    class CreatableTopicResult(Message):
        name: str = ""  # v0+
        topic_id: TopicId = ZERO_UUID  # v7+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v1+, null in v0+
        topic_config_error_code: int = 0  # v5+
        num_partitions: int = -1  # v5+
        replication_factor: int = -1  # v5+
        configs: Sequence[CreatableTopicConfigs] | None = ()  # v5+, null in v5+

    @frozen
    class CreateTopicsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 5)
        throttle_time_ms: int = 0  # v2+
        topics: Sequence[CreatableTopicResult] = ()  # v0+

else:

    class CreatableTopicConfigs(Message):
        __slots__ = ("name", "value", "read_only", "config_source", "is_sensitive")

        def __init__(self, name="", value="", read_only=False, config_source=-1, is_sensitive=False):
            self.name = name
            self.value = value
            self.read_only = read_only
            self.config_source = config_source
            self.is_sensitive = is_sensitive

    class CreatableTopicResult(Message):
        __slots__ = ("name", "topic_id", "error_code", "error_message", "topic_config_error_code", "num_partitions", "replication_factor", "configs")

        def __init__(self, name="", topic_id=ZERO_UUID, error_code=0, error_message="", topic_config_error_code=0, num_partitions=-1, replication_factor=-1, configs=()):
            self.name = name
            self.topic_id = topic_id
            self.error_code = error_code
            self.error_message = error_message
            self.topic_config_error_code = topic_config_error_code
            self.num_partitions = num_partitions
            self.replication_factor = replication_factor
            self.configs = configs

    class CreateTopicsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 5)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_16shB = Struct(">16shB").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_oboB = Struct(">?b?B").unpack_from
_write_16sh = Struct(">16sh").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack
_write_obox = Struct(">?b?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateTopicsResponse.topics", at)
        room -= n * 182
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("CreateTopicsResponse.topics", n, at)
        items: list[CreatableTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            error_code, = _read_h(data, at)
            at += 2
            items.append(CreatableTopicResult(name, ZERO_UUID, error_code))
        topics = items
        return CreateTopicsResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsResponse v0", at, error) from None


def _encode_v0(m: CreateTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_topics.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[CreateTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateTopicsResponse.topics", at)
        room -= n * 232
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("CreateTopicsResponse.topics", n, at)
        items: list[CreatableTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            items.append(CreatableTopicResult(name, ZERO_UUID, error_code, error_message))
        topics = items
        return CreateTopicsResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsResponse v1", at, error) from None


def _encode_v1(m: CreateTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_topics.error_code)
            if each_of_topics.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_topics.error_message.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreateTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("CreateTopicsResponse.topics", at)
        room -= n * 232
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("CreateTopicsResponse.topics", n, at)
        items: list[CreatableTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            error_code, n = _read_hh(data, at)
            at += 4
            error_message: str | None = None
            if n >= 0:
                end = at + n
                error_message = data[at:end].decode()
                at = end
            items.append(CreatableTopicResult(name, ZERO_UUID, error_code, error_message))
        topics = items
        return CreateTopicsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsResponse v2-4", at, error) from None


def _encode_v2(m: CreateTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_topics.error_code)
            if each_of_topics.error_message is None:
                out += b"\xff" * 2
            else:
                s = each_of_topics.error_message.encode()
                out += _write_h(len(s))
                out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsResponse v2-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[CreateTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateTopicsResponse.topics", at)
        n -= 1
        room -= n * 288
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("CreateTopicsResponse.topics", n, at)
        items: list[CreatableTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            num_partitions, replication_factor, n = _read_ihB(data, at)
            at += 7
            if n > 127:
                n, at = long_length(data, at, n)
            configs: list[CreatableTopicConfigs] | None
            if n:
                n -= 1
                room -= n * 180
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("CreatableTopicResult.configs", n, at)
                items_2: list[CreatableTopicConfigs] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("CreatableTopicConfigs.name", at)
                    end = at + n - 1
                    name_2 = data[at:end].decode()
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
                    read_only, config_source, is_sensitive, tags = _read_oboB(data, at)
                    at += 4
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(CreatableTopicConfigs(name_2, value, read_only, config_source, is_sensitive))
                configs = items_2
            else:
                configs = None
            topic_config_error_code: int = 0
            tags_2 = data[at]
            at += 1
            if tags_2:
                if tags_2 > 127:
                    tags_2, at = long_uvarint(data, at, tags_2)
                last = -1
                for _ in range(tags_2):
                    tag, at, end_of_tag = tag_header(data, at, last)
                    last = tag
                    if tag == 0:
                        topic_config_error_code, = _read_h(data, at)
                        at += 2
                    else:
                        at = end_of_tag
                    if at != end_of_tag:
                        raise wrong_tag_size("CreatableTopicResult", tag, at, end_of_tag)
            items.append(CreatableTopicResult(name, ZERO_UUID, error_code, error_message, topic_config_error_code, num_partitions, replication_factor, configs))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return CreateTopicsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsResponse v5-6", at, error) from None


def _encode_v5(m: CreateTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
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
            out += _write_h(each_of_topics.error_code)
            if each_of_topics.error_message is None:
                out.append(0)
            else:
                s = each_of_topics.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_ih(each_of_topics.num_partitions, each_of_topics.replication_factor)
            if each_of_topics.configs is None:
                out.append(0)
            else:
                n = len(each_of_topics.configs) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_configs in each_of_topics.configs:
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
                    out += _write_obox(each_of_configs.read_only, each_of_configs.config_source, each_of_configs.is_sensitive)
            if each_of_topics.topic_config_error_code != 0:
                count = 0
                section = bytearray()
                if each_of_topics.topic_config_error_code != 0:
                    count += 1
                    tag = bytearray()
                    tag += _write_h(each_of_topics.topic_config_error_code)
                    append_tag(section, 0, tag)
                append_uvarint(out, count)
                out += section
            else:
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsResponse v5-6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[CreateTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateTopicsResponse.topics", at)
        n -= 1
        room -= n * 337
        if room < 0 or n * 28 > len(data) - at:
            raise too_many("CreateTopicsResponse.topics", n, at)
        items: list[CreatableTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            topic_id, error_code, n = _read_16shB(data, at)
            at += 19
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            num_partitions, replication_factor, n = _read_ihB(data, at)
            at += 7
            if n > 127:
                n, at = long_length(data, at, n)
            configs: list[CreatableTopicConfigs] | None
            if n:
                n -= 1
                room -= n * 180
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("CreatableTopicResult.configs", n, at)
                items_2: list[CreatableTopicConfigs] = []
                for _ in range(n):
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if not n:
                        raise is_null("CreatableTopicConfigs.name", at)
                    end = at + n - 1
                    name_2 = data[at:end].decode()
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
                    read_only, config_source, is_sensitive, tags = _read_oboB(data, at)
                    at += 4
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_2.append(CreatableTopicConfigs(name_2, value, read_only, config_source, is_sensitive))
                configs = items_2
            else:
                configs = None
            topic_config_error_code: int = 0
            tags_2 = data[at]
            at += 1
            if tags_2:
                if tags_2 > 127:
                    tags_2, at = long_uvarint(data, at, tags_2)
                last = -1
                for _ in range(tags_2):
                    tag, at, end_of_tag = tag_header(data, at, last)
                    last = tag
                    if tag == 0:
                        topic_config_error_code, = _read_h(data, at)
                        at += 2
                    else:
                        at = end_of_tag
                    if at != end_of_tag:
                        raise wrong_tag_size("CreatableTopicResult", tag, at, end_of_tag)
            items.append(CreatableTopicResult(name, topic_id, error_code, error_message, topic_config_error_code, num_partitions, replication_factor, configs))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return CreateTopicsResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsResponse v7", at, error) from None


def _encode_v7(m: CreateTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
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
            out += _write_16sh(each_of_topics.topic_id, each_of_topics.error_code)
            if each_of_topics.error_message is None:
                out.append(0)
            else:
                s = each_of_topics.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_ih(each_of_topics.num_partitions, each_of_topics.replication_factor)
            if each_of_topics.configs is None:
                out.append(0)
            else:
                n = len(each_of_topics.configs) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_configs in each_of_topics.configs:
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
                    out += _write_obox(each_of_configs.read_only, each_of_configs.config_source, each_of_configs.is_sensitive)
            if each_of_topics.topic_config_error_code != 0:
                count = 0
                section = bytearray()
                if each_of_topics.topic_config_error_code != 0:
                    count += 1
                    tag = bytearray()
                    tag += _write_h(each_of_topics.topic_config_error_code)
                    append_tag(section, 0, tag)
                append_uvarint(out, count)
                out += section
            else:
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsResponse v7", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateTopicsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v7,
}

ENCODERS: Final[Mapping[int, Callable[[CreateTopicsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v7,
}
