"""TxnOffsetCommitRequest, key 28, versions 0-4. Generated from messages.spec, do not edit."""

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
    class TxnOffsetCommitRequestPartition(Message):
        partition_index: int = 0  # v0+
        committed_offset: int = 0  # v0+
        committed_leader_epoch: int = -1  # v2+
        committed_metadata: str | None = ""  # v0+, null in v0+

    @frozen
    class TxnOffsetCommitRequestTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[TxnOffsetCommitRequestPartition] = ()  # v0+

    @frozen
    class TxnOffsetCommitRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.TXN_OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        transactional_id: str = ""  # v0+
        group_id: str = ""  # v0+
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        generation_id: int = -1  # v3+
        member_id: str = ""  # v3+
        group_instance_id: str | None = None  # v3+, null in v3+
        topics: Sequence[TxnOffsetCommitRequestTopic] = ()  # v0+

else:

    class TxnOffsetCommitRequestPartition(Message):
        __slots__ = ("partition_index", "committed_offset", "committed_leader_epoch", "committed_metadata")

        def __init__(self, partition_index=0, committed_offset=0, committed_leader_epoch=-1, committed_metadata=""):
            self.partition_index = partition_index
            self.committed_offset = committed_offset
            self.committed_leader_epoch = committed_leader_epoch
            self.committed_metadata = committed_metadata

    class TxnOffsetCommitRequestTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class TxnOffsetCommitRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.TXN_OFFSET_COMMIT
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 3)
        __slots__ = ("transactional_id", "group_id", "producer_id", "producer_epoch", "generation_id", "member_id", "group_instance_id", "topics")

        def __init__(self, transactional_id="", group_id="", producer_id=0, producer_epoch=0, generation_id=-1, member_id="", group_instance_id=None, topics=()):
            self.transactional_id = transactional_id
            self.group_id = group_id
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.generation_id = generation_id
            self.member_id = member_id
            self.group_instance_id = group_instance_id
            self.topics = topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iqh = Struct(">iqh").unpack_from
_read_iqiB = Struct(">iqiB").unpack_from
_read_iqih = Struct(">iqih").unpack_from
_read_qhi = Struct(">qhi").unpack_from
_read_qhiB = Struct(">qhiB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iq = Struct(">iq").pack
_write_iqi = Struct(">iqi").pack
_write_qhi = Struct(">qhi").pack


def _decode_v0(data: bytes, at: int) -> tuple[TxnOffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.transactional_id", at)
        end = at + n
        transactional_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, n = _read_qhi(data, at)
        at += 14
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("TxnOffsetCommitRequest.topics", n, at)
        items: list[TxnOffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TxnOffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TxnOffsetCommitRequestTopic.partitions", at)
            room -= n * 178
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("TxnOffsetCommitRequestTopic.partitions", n, at)
            items_2: list[TxnOffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, n = _read_iqh(data, at)
                at += 14
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(TxnOffsetCommitRequestPartition(partition_index, committed_offset, -1, committed_metadata))
            partitions = items_2
            items.append(TxnOffsetCommitRequestTopic(name, partitions))
        topics = items
        return TxnOffsetCommitRequest(transactional_id, group_id, producer_id, producer_epoch, -1, "", None, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TxnOffsetCommitRequest v0-1", at, error) from None


def _encode_v0(m: TxnOffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.generation_id != -1:
            raise not_in_version("TxnOffsetCommitRequest.generation_id", "TxnOffsetCommitRequest v0-1")
        if m.member_id != "":
            raise not_in_version("TxnOffsetCommitRequest.member_id", "TxnOffsetCommitRequest v0-1")
        if m.group_instance_id is not None:
            raise not_in_version("TxnOffsetCommitRequest.group_instance_id", "TxnOffsetCommitRequest v0-1")
        s = m.transactional_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_qhi(m.producer_id, m.producer_epoch, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iq(each_of_partitions.partition_index, each_of_partitions.committed_offset)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TxnOffsetCommitRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[TxnOffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.transactional_id", at)
        end = at + n
        transactional_id = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.group_id", at)
        end = at + n
        group_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, n = _read_qhi(data, at)
        at += 14
        if n < 0:
            raise is_null("TxnOffsetCommitRequest.topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("TxnOffsetCommitRequest.topics", n, at)
        items: list[TxnOffsetCommitRequestTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TxnOffsetCommitRequestTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TxnOffsetCommitRequestTopic.partitions", at)
            room -= n * 206
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("TxnOffsetCommitRequestTopic.partitions", n, at)
            items_2: list[TxnOffsetCommitRequestPartition] = []
            for _ in range(n):
                partition_index, committed_offset, committed_leader_epoch, n = _read_iqih(data, at)
                at += 18
                committed_metadata: str | None = None
                if n >= 0:
                    end = at + n
                    committed_metadata = data[at:end].decode()
                    at = end
                items_2.append(TxnOffsetCommitRequestPartition(partition_index, committed_offset, committed_leader_epoch, committed_metadata))
            partitions = items_2
            items.append(TxnOffsetCommitRequestTopic(name, partitions))
        topics = items
        return TxnOffsetCommitRequest(transactional_id, group_id, producer_id, producer_epoch, -1, "", None, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TxnOffsetCommitRequest v2", at, error) from None


def _encode_v2(m: TxnOffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.generation_id != -1:
            raise not_in_version("TxnOffsetCommitRequest.generation_id", "TxnOffsetCommitRequest v2")
        if m.member_id != "":
            raise not_in_version("TxnOffsetCommitRequest.member_id", "TxnOffsetCommitRequest v2")
        if m.group_instance_id is not None:
            raise not_in_version("TxnOffsetCommitRequest.group_instance_id", "TxnOffsetCommitRequest v2")
        s = m.transactional_id.encode()
        out += _write_h(len(s))
        out += s
        s = m.group_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_qhi(m.producer_id, m.producer_epoch, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iqi(each_of_partitions.partition_index, each_of_partitions.committed_offset, each_of_partitions.committed_leader_epoch)
                if each_of_partitions.committed_metadata is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partitions.committed_metadata.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TxnOffsetCommitRequest v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[TxnOffsetCommitRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("TxnOffsetCommitRequest.transactional_id", at)
        end = at + n - 1
        transactional_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("TxnOffsetCommitRequest.group_id", at)
        end = at + n - 1
        group_id = data[at:end].decode()
        at = end
        producer_id, producer_epoch, generation_id, n = _read_qhiB(data, at)
        at += 15
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("TxnOffsetCommitRequest.member_id", at)
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
            raise is_null("TxnOffsetCommitRequest.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("TxnOffsetCommitRequest.topics", n, at)
        items: list[TxnOffsetCommitRequestTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TxnOffsetCommitRequestTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TxnOffsetCommitRequestTopic.partitions", at)
            n -= 1
            room -= n * 206
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("TxnOffsetCommitRequestTopic.partitions", n, at)
            items_2: list[TxnOffsetCommitRequestPartition] = []
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
                items_2.append(TxnOffsetCommitRequestPartition(partition_index, committed_offset, committed_leader_epoch, committed_metadata))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TxnOffsetCommitRequestTopic(name, partitions))
        topics = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return TxnOffsetCommitRequest(transactional_id, group_id, producer_id, producer_epoch, generation_id, member_id, group_instance_id, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TxnOffsetCommitRequest v3-4", at, error) from None


def _encode_v3(m: TxnOffsetCommitRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.transactional_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.group_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.member_id.encode()
        out += _write_qhi(m.producer_id, m.producer_epoch, m.generation_id)
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
        raise unencodable("TxnOffsetCommitRequest v3-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[TxnOffsetCommitRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[TxnOffsetCommitRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v3,
}
