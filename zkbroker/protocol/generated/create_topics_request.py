"""CreateTopicsRequest, key 19, versions 0-7. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class CreatableReplicaAssignment(Message):
        partition_index: int = 0  # v0+
        broker_ids: Sequence[int] = ()  # v0+

    @frozen
    class CreatableTopicConfig(Message):
        name: str = ""  # v0+
        value: str | None = ""  # v0+, null in v0+

    @frozen
    class CreatableTopic(Message):
        name: str = ""  # v0+
        num_partitions: int = 0  # v0+
        replication_factor: int = 0  # v0+
        assignments: Sequence[CreatableReplicaAssignment] = ()  # v0+
        configs: Sequence[CreatableTopicConfig] = ()  # v0+

    @frozen
    class CreateTopicsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 5)
        topics: Sequence[CreatableTopic] = ()  # v0+
        timeout_ms: int = 60000  # v0+
        validate_only: bool = False  # v1+

else:

    class CreatableReplicaAssignment(Message):
        __slots__ = ("partition_index", "broker_ids")

        def __init__(self, partition_index=0, broker_ids=()):
            self.partition_index = partition_index
            self.broker_ids = broker_ids

    class CreatableTopicConfig(Message):
        __slots__ = ("name", "value")

        def __init__(self, name="", value=""):
            self.name = name
            self.value = value

    class CreatableTopic(Message):
        __slots__ = ("name", "num_partitions", "replication_factor", "assignments", "configs")

        def __init__(self, name="", num_partitions=0, replication_factor=0, assignments=(), configs=()):
            self.name = name
            self.num_partitions = num_partitions
            self.replication_factor = replication_factor
            self.assignments = assignments
            self.configs = configs

    class CreateTopicsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 7, 5)
        __slots__ = ("topics", "timeout_ms", "validate_only")

        def __init__(self, topics=(), timeout_ms=60000, validate_only=False):
            self.topics = topics
            self.timeout_ms = timeout_ms
            self.validate_only = validate_only


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_io = Struct(">i?").unpack_from
_read_ioB = Struct(">i?B").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihi = Struct(">ihi").pack
_write_io = Struct(">i?").pack
_write_iox = Struct(">i?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateTopicsRequest.topics", at)
        room -= n * 298
        if room < 0 or n * 16 > len(data) - at:
            raise too_many("CreateTopicsRequest.topics", n, at)
        items: list[CreatableTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            num_partitions, replication_factor, n = _read_ihi(data, at)
            at += 10
            if n < 0:
                raise is_null("CreatableTopic.assignments", at)
            room -= n * 140
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("CreatableTopic.assignments", n, at)
            items_2: list[CreatableReplicaAssignment] = []
            for _ in range(n):
                partition_index, n = _read_ii(data, at)
                at += 8
                if n < 0:
                    raise is_null("CreatableReplicaAssignment.broker_ids", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("CreatableReplicaAssignment.broker_ids", n, at)
                broker_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_2.append(CreatableReplicaAssignment(partition_index, broker_ids))
            assignments = items_2
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("CreatableTopic.configs", at)
            room -= n * 156
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("CreatableTopic.configs", n, at)
            items_3: list[CreatableTopicConfig] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("CreatableTopicConfig.name", at)
                end = at + n
                name_2 = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                value: str | None = None
                if n >= 0:
                    end = at + n
                    value = data[at:end].decode()
                    at = end
                items_3.append(CreatableTopicConfig(name_2, value))
            configs = items_3
            items.append(CreatableTopic(name, num_partitions, replication_factor, assignments, configs))
        topics = items
        timeout_ms, = _read_i(data, at)
        at += 4
        return CreateTopicsRequest(topics, timeout_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsRequest v0", at, error) from None


def _encode_v0(m: CreateTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.validate_only:
            raise not_in_version("CreateTopicsRequest.validate_only", "CreateTopicsRequest v0")
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_ihi(each_of_topics.num_partitions, each_of_topics.replication_factor, len(each_of_topics.assignments))
            for each_of_assignments in each_of_topics.assignments:
                out += _write_i(each_of_assignments.partition_index)
                numbers = each_of_assignments.broker_ids
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
            out += _write_i(len(each_of_topics.configs))
            for each_of_configs in each_of_topics.configs:
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_i(m.timeout_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[CreateTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateTopicsRequest.topics", at)
        room -= n * 298
        if room < 0 or n * 16 > len(data) - at:
            raise too_many("CreateTopicsRequest.topics", n, at)
        items: list[CreatableTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("CreatableTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            num_partitions, replication_factor, n = _read_ihi(data, at)
            at += 10
            if n < 0:
                raise is_null("CreatableTopic.assignments", at)
            room -= n * 140
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("CreatableTopic.assignments", n, at)
            items_2: list[CreatableReplicaAssignment] = []
            for _ in range(n):
                partition_index, n = _read_ii(data, at)
                at += 8
                if n < 0:
                    raise is_null("CreatableReplicaAssignment.broker_ids", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("CreatableReplicaAssignment.broker_ids", n, at)
                broker_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_2.append(CreatableReplicaAssignment(partition_index, broker_ids))
            assignments = items_2
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("CreatableTopic.configs", at)
            room -= n * 156
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("CreatableTopic.configs", n, at)
            items_3: list[CreatableTopicConfig] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("CreatableTopicConfig.name", at)
                end = at + n
                name_2 = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                value: str | None = None
                if n >= 0:
                    end = at + n
                    value = data[at:end].decode()
                    at = end
                items_3.append(CreatableTopicConfig(name_2, value))
            configs = items_3
            items.append(CreatableTopic(name, num_partitions, replication_factor, assignments, configs))
        topics = items
        timeout_ms, validate_only = _read_io(data, at)
        at += 5
        return CreateTopicsRequest(topics, timeout_ms, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsRequest v1-4", at, error) from None


def _encode_v1(m: CreateTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_ihi(each_of_topics.num_partitions, each_of_topics.replication_factor, len(each_of_topics.assignments))
            for each_of_assignments in each_of_topics.assignments:
                out += _write_i(each_of_assignments.partition_index)
                numbers = each_of_assignments.broker_ids
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
            out += _write_i(len(each_of_topics.configs))
            for each_of_configs in each_of_topics.configs:
                s = each_of_configs.name.encode()
                out += _write_h(len(s))
                out += s
                if each_of_configs.value is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_configs.value.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_io(m.timeout_ms, m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsRequest v1-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[CreateTopicsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateTopicsRequest.topics", at)
        n -= 1
        room -= n * 298
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("CreateTopicsRequest.topics", n, at)
        items: list[CreatableTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("CreatableTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            num_partitions, replication_factor, n = _read_ihB(data, at)
            at += 7
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("CreatableTopic.assignments", at)
            n -= 1
            room -= n * 140
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("CreatableTopic.assignments", n, at)
            items_2: list[CreatableReplicaAssignment] = []
            for _ in range(n):
                partition_index, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("CreatableReplicaAssignment.broker_ids", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("CreatableReplicaAssignment.broker_ids", n, at)
                broker_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(CreatableReplicaAssignment(partition_index, broker_ids))
            assignments = items_2
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("CreatableTopic.configs", at)
            n -= 1
            room -= n * 156
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("CreatableTopic.configs", n, at)
            items_3: list[CreatableTopicConfig] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("CreatableTopicConfig.name", at)
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
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_3.append(CreatableTopicConfig(name_2, value))
            configs = items_3
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(CreatableTopic(name, num_partitions, replication_factor, assignments, configs))
        topics = items
        timeout_ms, validate_only, tags_4 = _read_ioB(data, at)
        at += 6
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return CreateTopicsRequest(topics, timeout_ms, validate_only), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateTopicsRequest v5-7", at, error) from None


def _encode_v5(m: CreateTopicsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
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
            out += _write_ih(each_of_topics.num_partitions, each_of_topics.replication_factor)
            n = len(each_of_topics.assignments) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_assignments in each_of_topics.assignments:
                out += _write_i(each_of_assignments.partition_index)
                numbers = each_of_assignments.broker_ids
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
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
                out.append(0)
            out.append(0)
        out += _write_iox(m.timeout_ms, m.validate_only)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateTopicsRequest v5-7", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateTopicsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v1,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[CreateTopicsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v1,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v5,
}
