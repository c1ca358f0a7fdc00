"""FetchRequest, key 1, versions 0-17. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    PACK_INT32S,
    UNPACK_INT32S,
    ZERO_UUID,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
    append_string_length,
    append_tag,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    long_uvarint,
    not_in_version,
    skip_tags,
    tag_header,
    too_many,
    undecodable,
    unencodable,
    wrong_tag_size,
)

if TYPE_CHECKING:

    @frozen
    class ReplicaState(Message):
        replica_id: int = -1  # v15+
        replica_epoch: int = -1  # v15+

    DEFAULT_ReplicaState: Final = ReplicaState()

    @frozen
    class FetchPartition(Message):
        partition: int = 0  # v0+
        current_leader_epoch: int = -1  # v9+
        fetch_offset: int = 0  # v0+
        last_fetched_epoch: int = -1  # v12+
        log_start_offset: int = -1  # v5+
        partition_max_bytes: int = 0  # v0+
        replica_directory_id: TopicId = ZERO_UUID  # v17+

    @frozen
    class FetchTopic(Message):
        topic: str = ""  # v0-12
        topic_id: TopicId = ZERO_UUID  # v13+
        partitions: Sequence[FetchPartition] = ()  # v0+

    @frozen
    class ForgottenTopic(Message):
        topic: str = ""  # v7-12
        topic_id: TopicId = ZERO_UUID  # v13+
        partitions: Sequence[int] = ()  # v7+

    @frozen
    class FetchRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 17, 12)
        cluster_id: str | None = None  # v12+, null in v12+
        replica_id: int = -1  # v0-14
        replica_state: ReplicaState = DEFAULT_ReplicaState  # v15+
        max_wait_ms: int = 0  # v0+
        min_bytes: int = 0  # v0+
        max_bytes: int = 2147483647  # v3+
        isolation_level: int = 0  # v4+
        session_id: int = 0  # v7+
        session_epoch: int = -1  # v7+
        topics: Sequence[FetchTopic] = ()  # v0+
        forgotten_topics_data: Sequence[ForgottenTopic] = ()  # v7+
        rack_id: str = ""  # v11+

else:

    class ReplicaState(Message):
        __slots__ = ("replica_id", "replica_epoch")

        def __init__(self, replica_id=-1, replica_epoch=-1):
            self.replica_id = replica_id
            self.replica_epoch = replica_epoch

    DEFAULT_ReplicaState: Final = ReplicaState()

    class FetchPartition(Message):
        __slots__ = ("partition", "current_leader_epoch", "fetch_offset", "last_fetched_epoch", "log_start_offset", "partition_max_bytes", "replica_directory_id")

        def __init__(self, partition=0, current_leader_epoch=-1, fetch_offset=0, last_fetched_epoch=-1, log_start_offset=-1, partition_max_bytes=0, replica_directory_id=ZERO_UUID):
            self.partition = partition
            self.current_leader_epoch = current_leader_epoch
            self.fetch_offset = fetch_offset
            self.last_fetched_epoch = last_fetched_epoch
            self.log_start_offset = log_start_offset
            self.partition_max_bytes = partition_max_bytes
            self.replica_directory_id = replica_directory_id

    class FetchTopic(Message):
        __slots__ = ("topic", "topic_id", "partitions")

        def __init__(self, topic="", topic_id=ZERO_UUID, partitions=()):
            self.topic = topic
            self.topic_id = topic_id
            self.partitions = partitions

    class ForgottenTopic(Message):
        __slots__ = ("topic", "topic_id", "partitions")

        def __init__(self, topic="", topic_id=ZERO_UUID, partitions=()):
            self.topic = topic
            self.topic_id = topic_id
            self.partitions = partitions

    class FetchRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 17, 12)
        __slots__ = ("cluster_id", "replica_id", "replica_state", "max_wait_ms", "min_bytes", "max_bytes", "isolation_level", "session_id", "session_epoch", "topics", "forgotten_topics_data", "rack_id")

        def __init__(self, cluster_id=None, replica_id=-1, replica_state=DEFAULT_ReplicaState, max_wait_ms=0, min_bytes=0, max_bytes=2147483647, isolation_level=0, session_id=0, session_epoch=-1, topics=(), forgotten_topics_data=(), rack_id=""):
            self.cluster_id = cluster_id
            self.replica_id = replica_id
            self.replica_state = replica_state
            self.max_wait_ms = max_wait_ms
            self.min_bytes = min_bytes
            self.max_bytes = max_bytes
            self.isolation_level = isolation_level
            self.session_id = session_id
            self.session_epoch = session_epoch
            self.topics = topics
            self.forgotten_topics_data = forgotten_topics_data
            self.rack_id = rack_id


_read_16s = Struct(">16s").unpack_from
_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iiibiiB = Struct(">iiibiiB").unpack_from
_read_iiii = Struct(">iiii").unpack_from
_read_iiiibi = Struct(">iiiibi").unpack_from
_read_iiiibiiB = Struct(">iiiibiiB").unpack_from
_read_iiiibiii = Struct(">iiiibiii").unpack_from
_read_iiiii = Struct(">iiiii").unpack_from
_read_iiqiqiB = Struct(">iiqiqiB").unpack_from
_read_iiqqi = Struct(">iiqqi").unpack_from
_read_iqB = Struct(">iqB").unpack_from
_read_iqi = Struct(">iqi").unpack_from
_read_iqqi = Struct(">iqqi").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iiibii = Struct(">iiibii").pack
_write_iiii = Struct(">iiii").pack
_write_iiiibi = Struct(">iiiibi").pack
_write_iiiibii = Struct(">iiiibii").pack
_write_iiiibiii = Struct(">iiiibiii").pack
_write_iiiii = Struct(">iiiii").pack
_write_iiqiqi = Struct(">iiqiqi").pack
_write_iiqiqix = Struct(">iiqiqix").pack
_write_iiqqi = Struct(">iiqqi").pack
_write_iqi = Struct(">iqi").pack
_write_iqqi = Struct(">iqqi").pack
_write_iqx = Struct(">iqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, n = _read_iiii(data, at)
        at += 16
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 180
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, fetch_offset, partition_max_bytes = _read_iqi(data, at)
                at += 16
                items_2.append(FetchPartition(partition, -1, fetch_offset, -1, -1, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, 2147483647, 0, 0, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v0-2", at, error) from None


def _encode_v0(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v0-2")
        if m.forgotten_topics_data:
            raise not_in_version("FetchRequest.forgotten_topics_data", "FetchRequest v0-2")
        out += _write_iiii(m.replica_id, m.max_wait_ms, m.min_bytes, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v0-2")
                out += _write_iqi(each_of_partitions.partition, each_of_partitions.fetch_offset, each_of_partitions.partition_max_bytes)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, n = _read_iiiii(data, at)
        at += 20
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 180
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, fetch_offset, partition_max_bytes = _read_iqi(data, at)
                at += 16
                items_2.append(FetchPartition(partition, -1, fetch_offset, -1, -1, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, 0, 0, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v3", at, error) from None


def _encode_v3(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v3")
        if m.forgotten_topics_data:
            raise not_in_version("FetchRequest.forgotten_topics_data", "FetchRequest v3")
        out += _write_iiiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v3")
                out += _write_iqi(each_of_partitions.partition, each_of_partitions.fetch_offset, each_of_partitions.partition_max_bytes)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, n = _read_iiiibi(data, at)
        at += 21
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 180
            if room < 0 or n * 16 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, fetch_offset, partition_max_bytes = _read_iqi(data, at)
                at += 16
                items_2.append(FetchPartition(partition, -1, fetch_offset, -1, -1, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, 0, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v4", at, error) from None


def _encode_v4(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v4")
        if m.forgotten_topics_data:
            raise not_in_version("FetchRequest.forgotten_topics_data", "FetchRequest v4")
        out += _write_iiiibi(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v4")
                out += _write_iqi(each_of_partitions.partition, each_of_partitions.fetch_offset, each_of_partitions.partition_max_bytes)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, n = _read_iiiibi(data, at)
        at += 21
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 208
            if room < 0 or n * 24 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, fetch_offset, log_start_offset, partition_max_bytes = _read_iqqi(data, at)
                at += 24
                items_2.append(FetchPartition(partition, -1, fetch_offset, -1, log_start_offset, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, 0, -1, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v5-6", at, error) from None


def _encode_v5(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v5-6")
        if m.forgotten_topics_data:
            raise not_in_version("FetchRequest.forgotten_topics_data", "FetchRequest v5-6")
        out += _write_iiiibi(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v5-6")
                out += _write_iqqi(each_of_partitions.partition, each_of_partitions.fetch_offset, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v5-6", error) from error


def _decode_v7(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiiibiii(data, at)
        at += 29
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 208
            if room < 0 or n * 24 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, fetch_offset, log_start_offset, partition_max_bytes = _read_iqqi(data, at)
                at += 24
                items_2.append(FetchPartition(partition, -1, fetch_offset, -1, log_start_offset, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ForgottenTopic.topic", at)
            end = at + n
            topic_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ForgottenTopic.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_3.append(ForgottenTopic(topic_2, ZERO_UUID, partitions_2))
        forgotten_topics_data = items_3
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v7-8", at, error) from None


def _encode_v7(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v7-8")
        out += _write_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v7-8")
                out += _write_iqqi(each_of_partitions.partition, each_of_partitions.fetch_offset, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
        out += _write_i(len(m.forgotten_topics_data))
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            s = each_of_forgotten_topics_data.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v7-8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiiibiii(data, at)
        at += 29
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 236
            if room < 0 or n * 28 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, fetch_offset, log_start_offset, partition_max_bytes = _read_iiqqi(data, at)
                at += 28
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, -1, log_start_offset, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ForgottenTopic.topic", at)
            end = at + n
            topic_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ForgottenTopic.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_3.append(ForgottenTopic(topic_2, ZERO_UUID, partitions_2))
        forgotten_topics_data = items_3
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v9-10", at, error) from None


def _encode_v9(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v9-10")
        out += _write_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v9-10")
                out += _write_iiqqi(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
        out += _write_i(len(m.forgotten_topics_data))
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            s = each_of_forgotten_topics_data.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v9-10", error) from error


def _decode_v11(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiiibiii(data, at)
        at += 29
        if n < 0:
            raise is_null("FetchRequest.topics", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchTopic.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchTopic.partitions", at)
            room -= n * 236
            if room < 0 or n * 28 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, fetch_offset, log_start_offset, partition_max_bytes = _read_iiqqi(data, at)
                at += 28
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, -1, log_start_offset, partition_max_bytes))
            partitions = items_2
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ForgottenTopic.topic", at)
            end = at + n
            topic_2 = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ForgottenTopic.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items_3.append(ForgottenTopic(topic_2, ZERO_UUID, partitions_2))
        forgotten_topics_data = items_3
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("FetchRequest.rack_id", at)
        end = at + n
        rack_id = data[at:end].decode()
        at = end
        return FetchRequest(None, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v11", at, error) from None


def _encode_v11(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v11")
        out += _write_iiiibiii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch, len(m.topics))
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topics.partitions))
            for each_of_partitions in each_of_topics.partitions:
                if each_of_partitions.last_fetched_epoch != -1:
                    raise not_in_version("FetchPartition.last_fetched_epoch", "FetchRequest v11")
                out += _write_iiqqi(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
        out += _write_i(len(m.forgotten_topics_data))
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            s = each_of_forgotten_topics_data.topic.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
        s = m.rack_id.encode()
        out += _write_h(len(s))
        out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v11", error) from error


def _decode_v12(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiiibiiB(data, at)
        at += 26
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.topics", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("FetchTopic.topic", at)
            end = at + n - 1
            topic = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchTopic.partitions", at)
            n -= 1
            room -= n * 264
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes, tags = _read_iiqiqiB(data, at)
                at += 33
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(FetchTopic(topic, ZERO_UUID, partitions))
        topics = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ForgottenTopic.topic", at)
            end = at + n - 1
            topic_2 = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ForgottenTopic.partitions", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(ForgottenTopic(topic_2, ZERO_UUID, partitions_2))
        forgotten_topics_data = items_3
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.rack_id", at)
        end = at + n - 1
        rack_id = data[at:end].decode()
        at = end
        cluster_id: str | None = None
        tags_4 = data[at]
        at += 1
        if tags_4:
            if tags_4 > 127:
                tags_4, at = long_uvarint(data, at, tags_4)
            last = -1
            for _ in range(tags_4):
                tag, at, end_of_tag = tag_header(data, at, last)
                last = tag
                if tag == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if n:
                        end = at + n - 1
                        cluster_id = data[at:end].decode()
                        at = end
                    else:
                        cluster_id = None
                else:
                    at = end_of_tag
                if at != end_of_tag:
                    raise wrong_tag_size("FetchRequest", tag, at, end_of_tag)
        return FetchRequest(cluster_id, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v12", at, error) from None


def _encode_v12(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v12")
        out += _write_iiiibii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            s = each_of_topics.topic.encode()
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
                out += _write_iiqiqix(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.last_fetched_epoch, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
            out.append(0)
        n = len(m.forgotten_topics_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            s = each_of_forgotten_topics_data.topic.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        s = m.rack_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.cluster_id is not None:
            count = 0
            section = bytearray()
            if m.cluster_id is not None:
                count += 1
                tag = bytearray()
                if m.cluster_id is None:
                    tag.append(0)
                else:
                    s = m.cluster_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag.append(n)
                    else:
                        append_string_length(tag, n)
                    tag += s
                append_tag(section, 0, tag)
            append_uvarint(out, count)
            out += section
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v12", error) from error


def _decode_v13(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        replica_id, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiiibiiB(data, at)
        at += 26
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchTopic.partitions", at)
            n -= 1
            room -= n * 264
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes, tags = _read_iiqiqiB(data, at)
                at += 33
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(FetchTopic("", topic_id, partitions))
        topics = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            topic_id_2, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ForgottenTopic.partitions", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(ForgottenTopic("", topic_id_2, partitions_2))
        forgotten_topics_data = items_3
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.rack_id", at)
        end = at + n - 1
        rack_id = data[at:end].decode()
        at = end
        cluster_id: str | None = None
        tags_4 = data[at]
        at += 1
        if tags_4:
            if tags_4 > 127:
                tags_4, at = long_uvarint(data, at, tags_4)
            last = -1
            for _ in range(tags_4):
                tag, at, end_of_tag = tag_header(data, at, last)
                last = tag
                if tag == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if n:
                        end = at + n - 1
                        cluster_id = data[at:end].decode()
                        at = end
                    else:
                        cluster_id = None
                else:
                    at = end_of_tag
                if at != end_of_tag:
                    raise wrong_tag_size("FetchRequest", tag, at, end_of_tag)
        return FetchRequest(cluster_id, replica_id, DEFAULT_ReplicaState, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v13-14", at, error) from None


def _encode_v13(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            raise not_in_version("FetchRequest.replica_state", "FetchRequest v13-14")
        out += _write_iiiibii(m.replica_id, m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_16s(each_of_topics.topic_id)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iiqiqix(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.last_fetched_epoch, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
            out.append(0)
        n = len(m.forgotten_topics_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            out += _write_16s(each_of_forgotten_topics_data.topic_id)
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        s = m.rack_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.cluster_id is not None:
            count = 0
            section = bytearray()
            if m.cluster_id is not None:
                count += 1
                tag = bytearray()
                if m.cluster_id is None:
                    tag.append(0)
                else:
                    s = m.cluster_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag.append(n)
                    else:
                        append_string_length(tag, n)
                    tag += s
                append_tag(section, 0, tag)
            append_uvarint(out, count)
            out += section
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v13-14", error) from error


def _decode_v15(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiibiiB(data, at)
        at += 22
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchTopic.partitions", at)
            n -= 1
            room -= n * 264
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes, tags = _read_iiqiqiB(data, at)
                at += 33
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(FetchTopic("", topic_id, partitions))
        topics = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            topic_id_2, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ForgottenTopic.partitions", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(ForgottenTopic("", topic_id_2, partitions_2))
        forgotten_topics_data = items_3
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.rack_id", at)
        end = at + n - 1
        rack_id = data[at:end].decode()
        at = end
        cluster_id: str | None = None
        replica_state: ReplicaState = DEFAULT_ReplicaState
        tags_4 = data[at]
        at += 1
        if tags_4:
            if tags_4 > 127:
                tags_4, at = long_uvarint(data, at, tags_4)
            last = -1
            for _ in range(tags_4):
                tag, at, end_of_tag = tag_header(data, at, last)
                last = tag
                if tag == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if n:
                        end = at + n - 1
                        cluster_id = data[at:end].decode()
                        at = end
                    else:
                        cluster_id = None
                elif tag == 1:
                    replica_id, replica_epoch, tags_5 = _read_iqB(data, at)
                    at += 13
                    if tags_5:
                        at = skip_tags(data, at, tags_5)
                    replica_state = ReplicaState(replica_id, replica_epoch)
                else:
                    at = end_of_tag
                if at != end_of_tag:
                    raise wrong_tag_size("FetchRequest", tag, at, end_of_tag)
        return FetchRequest(cluster_id, -1, replica_state, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v15-16", at, error) from None


def _encode_v15(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.replica_id != -1:
            raise not_in_version("FetchRequest.replica_id", "FetchRequest v15-16")
        out += _write_iiibii(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_16s(each_of_topics.topic_id)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iiqiqix(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.last_fetched_epoch, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
            out.append(0)
        n = len(m.forgotten_topics_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            out += _write_16s(each_of_forgotten_topics_data.topic_id)
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        s = m.rack_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.cluster_id is not None or (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            count = 0
            section = bytearray()
            if m.cluster_id is not None:
                count += 1
                tag = bytearray()
                if m.cluster_id is None:
                    tag.append(0)
                else:
                    s = m.cluster_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag.append(n)
                    else:
                        append_string_length(tag, n)
                    tag += s
                append_tag(section, 0, tag)
            if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
                count += 1
                tag = bytearray()
                tag += _write_iqx(m.replica_state.replica_id, m.replica_state.replica_epoch)
                append_tag(section, 1, tag)
            append_uvarint(out, count)
            out += section
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v15-16", error) from error


def _decode_v17(data: bytes, at: int) -> tuple[FetchRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, n = _read_iiibiiB(data, at)
        at += 22
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.topics", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.topics", n, at)
        items: list[FetchTopic] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchTopic.partitions", at)
            n -= 1
            room -= n * 264
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("FetchTopic.partitions", n, at)
            items_2: list[FetchPartition] = []
            for _ in range(n):
                replica_directory_id: TopicId = ZERO_UUID
                partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes, tags = _read_iiqiqiB(data, at)
                at += 33
                if tags:
                    if tags > 127:
                        tags, at = long_uvarint(data, at, tags)
                    last = -1
                    for _ in range(tags):
                        tag, at, end_of_tag = tag_header(data, at, last)
                        last = tag
                        if tag == 0:
                            replica_directory_id, = _read_16s(data, at)
                            at += 16
                        else:
                            at = end_of_tag
                        if at != end_of_tag:
                            raise wrong_tag_size("FetchPartition", tag, at, end_of_tag)
                items_2.append(FetchPartition(partition, current_leader_epoch, fetch_offset, last_fetched_epoch, log_start_offset, partition_max_bytes, replica_directory_id))
            partitions = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(FetchTopic("", topic_id, partitions))
        topics = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.forgotten_topics_data", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchRequest.forgotten_topics_data", n, at)
        items_3: list[ForgottenTopic] = []
        for _ in range(n):
            topic_id_2, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ForgottenTopic.partitions", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("ForgottenTopic.partitions", n, at)
            partitions_2 = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items_3.append(ForgottenTopic("", topic_id_2, partitions_2))
        forgotten_topics_data = items_3
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("FetchRequest.rack_id", at)
        end = at + n - 1
        rack_id = data[at:end].decode()
        at = end
        cluster_id: str | None = None
        replica_state: ReplicaState = DEFAULT_ReplicaState
        tags_4 = data[at]
        at += 1
        if tags_4:
            if tags_4 > 127:
                tags_4, at = long_uvarint(data, at, tags_4)
            last_2 = -1
            for _ in range(tags_4):
                tag_2, at, end_of_tag_2 = tag_header(data, at, last_2)
                last_2 = tag_2
                if tag_2 == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    if n:
                        end = at + n - 1
                        cluster_id = data[at:end].decode()
                        at = end
                    else:
                        cluster_id = None
                elif tag_2 == 1:
                    replica_id, replica_epoch, tags_5 = _read_iqB(data, at)
                    at += 13
                    if tags_5:
                        at = skip_tags(data, at, tags_5)
                    replica_state = ReplicaState(replica_id, replica_epoch)
                else:
                    at = end_of_tag_2
                if at != end_of_tag_2:
                    raise wrong_tag_size("FetchRequest", tag_2, at, end_of_tag_2)
        return FetchRequest(cluster_id, -1, replica_state, max_wait_ms, min_bytes, max_bytes, isolation_level, session_id, session_epoch, topics, forgotten_topics_data, rack_id), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchRequest v17", at, error) from None


def _encode_v17(m: FetchRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.replica_id != -1:
            raise not_in_version("FetchRequest.replica_id", "FetchRequest v17")
        out += _write_iiibii(m.max_wait_ms, m.min_bytes, m.max_bytes, m.isolation_level, m.session_id, m.session_epoch)
        n = len(m.topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topics in m.topics:
            out += _write_16s(each_of_topics.topic_id)
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_iiqiqi(each_of_partitions.partition, each_of_partitions.current_leader_epoch, each_of_partitions.fetch_offset, each_of_partitions.last_fetched_epoch, each_of_partitions.log_start_offset, each_of_partitions.partition_max_bytes)
                if each_of_partitions.replica_directory_id != ZERO_UUID:
                    count = 0
                    section = bytearray()
                    if each_of_partitions.replica_directory_id != ZERO_UUID:
                        count += 1
                        tag = bytearray()
                        tag += _write_16s(each_of_partitions.replica_directory_id)
                        append_tag(section, 0, tag)
                    append_uvarint(out, count)
                    out += section
                else:
                    out.append(0)
            out.append(0)
        n = len(m.forgotten_topics_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_forgotten_topics_data in m.forgotten_topics_data:
            out += _write_16s(each_of_forgotten_topics_data.topic_id)
            numbers = each_of_forgotten_topics_data.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        s = m.rack_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        if m.cluster_id is not None or (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
            count_2 = 0
            section_2 = bytearray()
            if m.cluster_id is not None:
                count_2 += 1
                tag_2 = bytearray()
                if m.cluster_id is None:
                    tag_2.append(0)
                else:
                    s = m.cluster_id.encode()
                    n = len(s) + 1
                    if n < 128:
                        tag_2.append(n)
                    else:
                        append_string_length(tag_2, n)
                    tag_2 += s
                append_tag(section_2, 0, tag_2)
            if (m.replica_state is not DEFAULT_ReplicaState and m.replica_state != DEFAULT_ReplicaState):
                count_2 += 1
                tag_2 = bytearray()
                tag_2 += _write_iqx(m.replica_state.replica_id, m.replica_state.replica_epoch)
                append_tag(section_2, 1, tag_2)
            append_uvarint(out, count_2)
            out += section_2
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchRequest v17", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[FetchRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v7,
    8: _decode_v7,
    9: _decode_v9,
    10: _decode_v9,
    11: _decode_v11,
    12: _decode_v12,
    13: _decode_v13,
    14: _decode_v13,
    15: _decode_v15,
    16: _decode_v15,
    17: _decode_v17,
}

ENCODERS: Final[Mapping[int, Callable[[FetchRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v7,
    8: _encode_v7,
    9: _encode_v9,
    10: _encode_v9,
    11: _encode_v11,
    12: _encode_v12,
    13: _encode_v13,
    14: _encode_v13,
    15: _encode_v15,
    16: _encode_v15,
    17: _encode_v17,
}
