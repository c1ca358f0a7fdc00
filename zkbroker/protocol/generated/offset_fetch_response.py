"""OffsetFetchResponse, key 9, versions 0-9. Generated from messages.spec, do not edit."""

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
    class OffsetFetchResponsePartition(Message):
        partition_index: int = 0  # v0-7
        committed_offset: int = 0  # v0-7
        committed_leader_epoch: int = -1  # v5-7
        metadata: str | None = ""  # v0-7, null in v0-7
        error_code: int = 0  # v0-7

    @frozen
    class OffsetFetchResponseTopic(Message):
        name: str = ""  # v0-7
        partitions: Sequence[OffsetFetchResponsePartition] = ()  # v0-7

    @frozen
    class OffsetFetchResponsePartitions(Message):
        partition_index: int = 0  # v8+
        committed_offset: int = 0  # v8+
        committed_leader_epoch: int = -1  # v8+
        metadata: str | None = ""  # v8+, null in v8+
        error_code: int = 0  # v8+

    @frozen
    class OffsetFetchResponseTopics(Message):
        name: str = ""  # v8+
        partitions: Sequence[OffsetFetchResponsePartitions] = ()  # v8+

    @frozen
    class OffsetFetchResponseGroup(Message):
        group_id: str = ""  # v8+
        topics: Sequence[OffsetFetchResponseTopics] = ()  # v8+
        error_code: int = 0  # v8+

    @frozen
    class OffsetFetchResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        throttle_time_ms: int = 0  # v3+
        topics: Sequence[OffsetFetchResponseTopic] = ()  # v0-7
        error_code: int = 0  # v2-7
        groups: Sequence[OffsetFetchResponseGroup] = ()  # v8+

else:

    class OffsetFetchResponsePartition(Message):
        __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "metadata", "error_code")

        def __init__(self, partition_index=0, committed_offset=0, committed_leader_epoch=-1, metadata="", error_code=0):
            self.partition_index = partition_index
            self.committed_offset = committed_offset
            self.committed_leader_epoch = committed_leader_epoch
            self.metadata = metadata
            self.error_code = error_code

    class OffsetFetchResponseTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class OffsetFetchResponsePartitions(Message):
        __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "metadata", "error_code")

        def __init__(self, partition_index=0, committed_offset=0, committed_leader_epoch=-1, metadata="", error_code=0):
            self.partition_index = partition_index
            self.committed_offset = committed_offset
            self.committed_leader_epoch = committed_leader_epoch
            self.metadata = metadata
            self.error_code = error_code

    class OffsetFetchResponseTopics(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class OffsetFetchResponseGroup(Message):
        __slots__ = ("group_id", "topics", "error_code")

        def __init__(self, group_id="", topics=(), error_code=0):
            self.group_id = group_id
            self.topics = topics
            self.error_code = error_code

    class OffsetFetchResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 6)
        __slots__ = ("throttle_time_ms", "topics", "error_code", "groups")

        def __init__(self, throttle_time_ms=0, topics=(), error_code=0, groups=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics
            self.error_code = error_code
            self.groups = groups


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iqh = Struct(">iqh").unpack_from
_read_iqiB = Struct(">iqiB").unpack_from
_read_iqih = Struct(">iqih").unpack_from
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack
_write_iq = Struct(">iq").pack
_write_iqi = Struct(">iqi").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetFetchResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetFetchResponse.topics", n, at)
        items: list[OffsetFetchResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("OffsetFetchResponseTopic.partitions", n, at)
            items_2: list[OffsetFetchResponsePartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                metadata: str | None = None
                if n >= 0:
                    end = at + n
                    metadata = data[at:end].decode()
                    at = end
                error_code, = _read_h(data, at)
                at += 2
                items_2.append(OffsetFetchResponsePartition(partition_index, committed_offset, -1, metadata, error_code))
            partitions = items_2
            items.append(OffsetFetchResponseTopic(name, partitions))
        topics = items
        return OffsetFetchResponse(0, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v0-1", at, error) from None


def _encode_v0(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchResponse.groups", "OffsetFetchResponse v0-1")
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.metadata.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_h(each_of_partitions.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetFetchResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetFetchResponse.topics", n, at)
        items: list[OffsetFetchResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("OffsetFetchResponseTopic.partitions", n, at)
            items_2: list[OffsetFetchResponsePartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                metadata: str | None = None
                if n >= 0:
                    end = at + n
                    metadata = data[at:end].decode()
                    at = end
                error_code, = _read_h(data, at)
                at += 2
                items_2.append(OffsetFetchResponsePartition(partition_index, committed_offset, -1, metadata, error_code))
            partitions = items_2
            items.append(OffsetFetchResponseTopic(name, partitions))
        topics = items
        error_code_2, = _read_h(data, at)
        at += 2
        return OffsetFetchResponse(0, topics, error_code_2), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v2", at, error) from None


def _encode_v2(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchResponse.groups", "OffsetFetchResponse v2")
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.metadata.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_h(each_of_partitions.error_code)
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("OffsetFetchResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetFetchResponse.topics", n, at)
        items: list[OffsetFetchResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("OffsetFetchResponseTopic.partitions", n, at)
            items_2: list[OffsetFetchResponsePartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                metadata: str | None = None
                if n >= 0:
                    end = at + n
                    metadata = data[at:end].decode()
                    at = end
                error_code, = _read_h(data, at)
                at += 2
                items_2.append(OffsetFetchResponsePartition(partition_index, committed_offset, -1, metadata, error_code))
            partitions = items_2
            items.append(OffsetFetchResponseTopic(name, partitions))
        topics = items
        error_code_2, = _read_h(data, at)
        at += 2
        return OffsetFetchResponse(throttle_time_ms, topics, error_code_2), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v3-4", at, error) from None


def _encode_v3(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchResponse.groups", "OffsetFetchResponse v3-4")
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.metadata.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_h(each_of_partitions.error_code)
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v3-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("OffsetFetchResponse.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetFetchResponse.topics", n, at)
        items: list[OffsetFetchResponseTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetFetchResponseTopic.partitions", at)
            room -= n * 242
            if room < 0 or n * 20 > len(data) - at:
                raise too_many("OffsetFetchResponseTopic.partitions", n, at)
            items_2: list[OffsetFetchResponsePartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqih(data, at)
                at += 18
                metadata: str | None = None
                if n >= 0:
                    end = at + n
                    metadata = data[at:end].decode()
                    at = end
                error_code, = _read_h(data, at)
                at += 2
                items_2.append(OffsetFetchResponsePartition(partition_index, committed_offset, committed_leader_epoch, metadata, error_code))
            partitions = items_2
            items.append(OffsetFetchResponseTopic(name, partitions))
        topics = items
        error_code_2, = _read_h(data, at)
        at += 2
        return OffsetFetchResponse(throttle_time_ms, topics, error_code_2), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v5", at, error) from None


def _encode_v5(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchResponse.groups", "OffsetFetchResponse v5")
        out += _write_ii(m.throttle_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.metadata.encode()
                    out += _write_h(len(s))
                    out += s
                out += _write_h(each_of_partitions.error_code)
        out += _write_h(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("OffsetFetchResponse.topics", n, at)
        items: list[OffsetFetchResponseTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchResponseTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchResponseTopic.partitions", at)
            n -= 1
            room -= n * 242
            if room < 0 or n * 20 > len(data) - at:
                raise too_many("OffsetFetchResponseTopic.partitions", n, at)
            items_2: list[OffsetFetchResponsePartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_string_length(data, at, n)
                metadata: str | None = None
                if n:
                    end = at + n - 1
                    metadata = data[at:end].decode()
                    at = end
                error_code, tags = _read_hB(data, at)
                at += 3
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(OffsetFetchResponsePartition(partition_index, committed_offset, committed_leader_epoch, metadata, error_code))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetFetchResponseTopic(name, partitions))
        topics = items
        error_code_2, tags_3 = _read_hB(data, at)
        at += 3
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetFetchResponse(throttle_time_ms, topics, error_code_2), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v6-7", at, error) from None


def _encode_v6(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.groups:
            raise not_in_version("OffsetFetchResponse.groups", "OffsetFetchResponse v6-7")
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
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.metadata is None:
                    out.append(0)
                else:
                    s = each_of_partitions.metadata.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out += _write_hx(each_of_partitions.error_code)
            out.append(0)
        out += _write_hx(m.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v6-7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[OffsetFetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetFetchResponse.groups", at)
        n -= 1
        room -= n * 198
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("OffsetFetchResponse.groups", n, at)
        items: list[OffsetFetchResponseGroup] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchResponseGroup.group_id", at)
            end = at + n - 1
            group_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OffsetFetchResponseGroup.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("OffsetFetchResponseGroup.topics", n, at)
            items_2: list[OffsetFetchResponseTopics] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchResponseTopics.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("OffsetFetchResponseTopics.partitions", at)
                n -= 1
                room -= n * 242
                if room < 0 or n * 20 > len(data) - at:
                    raise too_many("OffsetFetchResponseTopics.partitions", n, at)
                items_3: list[OffsetFetchResponsePartitions] = []
                for _ in range(n):
                    partition_index, committed_offset, committed_leader_epoch, n = _read_iqiB(data, at)
                    at += 17
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    metadata: str | None = None
                    if n:
                        end = at + n - 1
                        metadata = data[at:end].decode()
                        at = end
                    error_code, tags = _read_hB(data, at)
                    at += 3
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(OffsetFetchResponsePartitions(partition_index, committed_offset, committed_leader_epoch, metadata, error_code))
                partitions = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(OffsetFetchResponseTopics(name, partitions))
            topics = items_2
            error_code_2, tags_3 = _read_hB(data, at)
            at += 3
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(OffsetFetchResponseGroup(group_id, topics, error_code_2))
        groups = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return OffsetFetchResponse(throttle_time_ms, (), 0, groups), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetFetchResponse v8-9", at, error) from None


def _encode_v8(m: OffsetFetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.topics:
            raise not_in_version("OffsetFetchResponse.topics", "OffsetFetchResponse v8-9")
        out += _write_i(m.throttle_time_ms)
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
                n = len(each_of_topics.partitions) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_partitions in each_of_topics.partitions:
                    out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                    if each_of_partitions.metadata is None:
                        out.append(0)
                    else:
                        s = each_of_partitions.metadata.encode()
                        n = len(s) + 1
                        if n < 128:
                            out.append(n)
                        else:
                            append_string_length(out, n)
                        out += s
                    out += _write_hx(each_of_partitions.error_code)
                out.append(0)
            out += _write_hx(each_of_groups.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetFetchResponse v8-9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetFetchResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v3,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v6,
    8: _decode_v8,
    9: _decode_v8,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetFetchResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v3,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v6,
    8: _encode_v8,
    9: _encode_v8,
}
