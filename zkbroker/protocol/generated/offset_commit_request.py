"""OffsetCommitRequest, key 8, versions 0-9. Generated from messages.spec, do not edit."""

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
    class OffsetCommitRequestPartition(Message):
        partition_index: int = 0  # v0+
        committed_offset: int = 0  # v0+
        committed_leader_epoch: int = -1  # v6+
        commit_timestamp: int = -1  # v1
        committed_metadata: str | None = ""  # v0+, null in v0+

    @frozen
    class OffsetCommitRequestTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[OffsetCommitRequestPartition] = ()  # v0+

    @frozen
    class OffsetCommitRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 8)
        group_id: str = ""  # v0+
        generation_id_or_member_epoch: int = -1  # v1+
        member_id: str = ""  # v1+
        group_instance_id: str | None = None  # v7+, null in v7+
        retention_time_ms: int = -1  # v2-4
        topics: Sequence[OffsetCommitRequestTopic] = ()  # v0+

else:

    class OffsetCommitRequestPartition(Message):
        __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "commit_timestamp", "committed_metadata")

        def __init__(self, partition_index=0, committed_offset=0, committed_leader_epoch=-1, commit_timestamp=-1, committed_metadata=""):
            self.partition_index = partition_index
            self.committed_offset = committed_offset
            self.committed_leader_epoch = committed_leader_epoch
            self.commit_timestamp = commit_timestamp
            self.committed_metadata = committed_metadata

    class OffsetCommitRequestTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class OffsetCommitRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 9, 8)
        __slots__ = ("group_id", "generation_id_or_member_epoch", "member_id", "group_instance_id", "retention_time_ms", "topics")

        def __init__(self, group_id="", generation_id_or_member_epoch=-1, member_id="", group_instance_id=None, retention_time_ms=-1, topics=()):
            self.group_id = group_id
            self.generation_id_or_member_epoch = generation_id_or_member_epoch
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.retention_time_ms = retention_time_ms
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_iqh = Struct(">iqh").unpack_from
_read_iqiB = Struct(">iqiB").unpack_from
_read_iqih = Struct(">iqih").unpack_from
_read_iqqh = Struct(">iqqh").unpack_from
_read_qi = Struct(">qi").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_iq = Struct(">iq").pack
_write_iqi = Struct(">iqi").pack
_write_iqq = Struct(">iqq").pack
_write_qi = Struct(">qi").pack


def _decode_v0(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 186
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, -1, -1, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, -1, "", None, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v0", at, error) from None


def _encode_v0(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("OffsetCommitRequest.group_instance_id", "OffsetCommitRequest v0")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v0")
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 22 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, commit_timestamp, n = _read_iqqh(data, at)
                at += 22
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, -1, commit_timestamp, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, None, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v1", at, error) from None


def _encode_v1(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("OffsetCommitRequest.group_instance_id", "OffsetCommitRequest v1")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id_or_member_epoch, len(s))
        out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqq(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.commit_timestamp)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        retention_time_ms, n = _read_qi(data, at)
        at += 12
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 186
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, -1, -1, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, None, retention_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v2-4", at, error) from None


def _encode_v2(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("OffsetCommitRequest.group_instance_id", "OffsetCommitRequest v2-4")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id_or_member_epoch, len(s))
        out += s
        out += _write_qi(m.retention_time_ms, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v2-4")
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v2-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 186
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, -1, -1, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, None, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v5", at, error) from None


def _encode_v5(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("OffsetCommitRequest.group_instance_id", "OffsetCommitRequest v5")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id_or_member_epoch, len(s))
        out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v5")
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqih(data, at)
                at += 18
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, committed_leader_epoch, -1, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, None, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v6", at, error) from None


def _encode_v6(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.group_instance_id is not None:
            raise not_in_version("OffsetCommitRequest.group_instance_id", "OffsetCommitRequest v6")
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id_or_member_epoch, len(s))
        out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v6")
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_ih(data, at)
        at += 6
        if n < 0:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n
        member_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        group_instance_id: str | None = None
        if n >= 0:
            end = at + n
            group_instance_id = data[at:end].decode()
            at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("OffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            room -= n * 214
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqih(data, at)
                at += 18
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, committed_leader_epoch, -1, committed_metadata))
            partitions = items_2
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, group_instance_id, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v7", at, error) from None


def _encode_v7(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.member_id.encode()
        out += _write_ih(m.generation_id_or_member_epoch, len(s))
        out += s
        if m.group_instance_id is None:
            out += b"\xff" * 2
        else:
            s = m.group_instance_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_i(len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v7")
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("OffsetCommitRequest v7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[OffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("OffsetCommitRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        generation_id_or_member_epoch, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("OffsetCommitRequest.member_id", at)
        end = at + n - 1
        member_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        group_instance_id: str | None = None
        if n:
            end = at + n - 1
            group_instance_id = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("OffsetCommitRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("OffsetCommitRequest.topics", n, at)
        items: list[OffsetCommitRequestTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("OffsetCommitRequestTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("OffsetCommitRequestTopic.partitions", at)
            n -= 1
            room -= n * 214
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("OffsetCommitRequestTopic.partitions", n, at)
            items_2: list[OffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqiB(data, at)
                at += 17
                if n > 127:
                    n, at = long_string_length(data, at, n)
                committed_metadata: str | None = None
                if n:
                    end = at + n - 1
                    committed_metadata = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(OffsetCommitRequestPartition(partition_index, committed_offset, committed_leader_epoch, -1, committed_metadata))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(OffsetCommitRequestTopic(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return OffsetCommitRequest(group_id, generation_id_or_member_epoch, member_id, group_instance_id, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("OffsetCommitRequest v8-9", at, error) from None


def _encode_v8(m: OffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_i(m.generation_id_or_member_epoch)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.group_instance_id is None:
            out.append(0)
        else:
            s = m.group_instance_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
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
                if each_of_partitions.commit_timestamp != -1:
                    raise not_in_version("OffsetCommitRequestPartition.commit_timestamp", "OffsetCommitRequest v8-9")
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.committed_metadata is None:
                    out.append(0)
                else:
                    s = each_of_partitions.committed_metadata.encode()
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
        raise unencodable("OffsetCommitRequest v8-9", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[OffsetCommitRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v5,
    6: _decode_v6,
    7: _decode_v7,
    8: _decode_v8,
    9: _decode_v8,
}

ENCODERS: Final[Mapping[int, Callable[[OffsetCommitRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v5,
    6: _encode_v6,
    7: _encode_v7,
    8: _encode_v8,
    9: _encode_v8,
}
