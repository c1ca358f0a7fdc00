"""FetchResponse, key 1, versions 0-17. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    tag_header,
    too_long,
    too_many,
    undecodable,
    unencodable,
    wrong_tag_size,
)

if TYPE_CHECKING:

    @frozen
    class EpochEndOffset(Message):
        epoch: int = -1  # v12+
        end_offset: int = -1  # v12+

    DEFAULT_EpochEndOffset: Final = EpochEndOffset()

    @frozen
    class LeaderIdAndEpoch(Message):
        leader_id: int = -1  # v12+
        leader_epoch: int = -1  # v12+

    DEFAULT_LeaderIdAndEpoch: Final = LeaderIdAndEpoch()

    @frozen
    class SnapshotId(Message):
        end_offset: int = -1  # v0+
        epoch: int = -1  # v0+

    DEFAULT_SnapshotId: Final = SnapshotId()

    @frozen
    class AbortedTransaction(Message):
        producer_id: int = 0  # v4+
        first_offset: int = 0  # v4+

    @frozen
    class PartitionData(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+
        high_watermark: int = 0  # v0+
        last_stable_offset: int = -1  # v4+
        log_start_offset: int = -1  # v5+
        diverging_epoch: EpochEndOffset = DEFAULT_EpochEndOffset  # v12+
        current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch  # v12+
        snapshot_id: SnapshotId = DEFAULT_SnapshotId  # v12+
        aborted_transactions: Sequence[AbortedTransaction] | None = ()  # v4+, null in v4+
        preferred_read_replica: int = -1  # v11+
        records: Records | None = b""  # v0+, null in v0+

    @frozen
    class FetchableTopicResponse(Message):
        topic: str = ""  # v0-12
        topic_id: TopicId = ZERO_UUID  # v13+
        partitions: Sequence[PartitionData] = ()  # v0+

    @frozen
    class NodeEndpoint(Message):
        node_id: int = 0  # v16+
        host: str = ""  # v16+
        port: int = 0  # v16+
        rack: str | None = None  # v16+, null in v16+

    @frozen
    class FetchResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 17, 12)
        throttle_time_ms: int = 0  # v1+
        error_code: int = 0  # v7+
        session_id: int = 0  # v7+
        responses: Sequence[FetchableTopicResponse] = ()  # v0+
        node_endpoints: Sequence[NodeEndpoint] = ()  # v16+

else:

    class EpochEndOffset(Message):
        __slots__ = ("epoch", "end_offset")

        def __init__(self, epoch=-1, end_offset=-1):
            self.epoch = epoch
            self.end_offset = end_offset

    DEFAULT_EpochEndOffset: Final = EpochEndOffset()

    class LeaderIdAndEpoch(Message):
        __slots__ = ("leader_id", "leader_epoch")

        def __init__(self, leader_id=-1, leader_epoch=-1):
            self.leader_id = leader_id
            self.leader_epoch = leader_epoch

    DEFAULT_LeaderIdAndEpoch: Final = LeaderIdAndEpoch()

    class SnapshotId(Message):
        __slots__ = ("end_offset", "epoch")

        def __init__(self, end_offset=-1, epoch=-1):
            self.end_offset = end_offset
            self.epoch = epoch

    DEFAULT_SnapshotId: Final = SnapshotId()

    class AbortedTransaction(Message):
        __slots__ = ("producer_id", "first_offset")

        def __init__(self, producer_id=0, first_offset=0):
            self.producer_id = producer_id
            self.first_offset = first_offset

    class PartitionData(Message):
        __slots__ = ("partition_index", "error_code", "high_watermark", "last_stable_offset", "log_start_offset", "diverging_epoch", "current_leader", "snapshot_id", "aborted_transactions", "preferred_read_replica", "records")

        def __init__(self, partition_index=0, error_code=0, high_watermark=0, last_stable_offset=-1, log_start_offset=-1, diverging_epoch=DEFAULT_EpochEndOffset, current_leader=DEFAULT_LeaderIdAndEpoch, snapshot_id=DEFAULT_SnapshotId, aborted_transactions=(), preferred_read_replica=-1, records=b""):
            self.partition_index = partition_index
            self.error_code = error_code
            self.high_watermark = high_watermark
            self.last_stable_offset = last_stable_offset
            self.log_start_offset = log_start_offset
            self.diverging_epoch = diverging_epoch
            self.current_leader = current_leader
            self.snapshot_id = snapshot_id
            self.aborted_transactions = aborted_transactions
            self.preferred_read_replica = preferred_read_replica
            self.records = records

    class FetchableTopicResponse(Message):
        __slots__ = ("topic", "topic_id", "partitions")

        def __init__(self, topic="", topic_id=ZERO_UUID, partitions=()):
            self.topic = topic
            self.topic_id = topic_id
            self.partitions = partitions

    class NodeEndpoint(Message):
        __slots__ = ("node_id", "host", "port", "rack")

        def __init__(self, node_id=0, host="", port=0, rack=None):
            self.node_id = node_id
            self.host = host
            self.port = port
            self.rack = rack

    class FetchResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.FETCH
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 17, 12)
        __slots__ = ("throttle_time_ms", "error_code", "session_id", "responses", "node_endpoints")

        def __init__(self, throttle_time_ms=0, error_code=0, session_id=0, responses=(), node_endpoints=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.session_id = session_id
            self.responses = responses
            self.node_endpoints = node_endpoints


_read_16sB = Struct(">16sB").unpack_from
_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihiB = Struct(">ihiB").unpack_from
_read_ihii = Struct(">ihii").unpack_from
_read_ihqi = Struct(">ihqi").unpack_from
_read_ihqqi = Struct(">ihqqi").unpack_from
_read_ihqqqB = Struct(">ihqqqB").unpack_from
_read_ihqqqi = Struct(">ihqqqi").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_read_iqB = Struct(">iqB").unpack_from
_read_qiB = Struct(">qiB").unpack_from
_read_qq = Struct(">qq").unpack_from
_read_qqB = Struct(">qqB").unpack_from
_write_16s = Struct(">16s").pack
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ihi = Struct(">ihi").pack
_write_ihii = Struct(">ihii").pack
_write_ihq = Struct(">ihq").pack
_write_ihqq = Struct(">ihqq").pack
_write_ihqqq = Struct(">ihqqq").pack
_write_ii = Struct(">ii").pack
_write_iix = Struct(">iix").pack
_write_iqx = Struct(">iqx").pack
_write_qix = Struct(">qix").pack
_write_qq = Struct(">qq").pack
_write_qqx = Struct(">qqx").pack


def _decode_v0(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 396
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code, high_watermark, n = _read_ihqi(data, at)
                at += 18
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code, high_watermark, -1, -1, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, (), -1, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(0, 0, 0, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v0", at, error) from None


def _encode_v0(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.session_id != 0:
            raise not_in_version("FetchResponse.session_id", "FetchResponse v0")
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v0")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v0")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v0")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v0")
                if each_of_partitions.preferred_read_replica != -1:
                    raise not_in_version("PartitionData.preferred_read_replica", "FetchResponse v0")
                out += _write_ihq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v0", error) from error


def _decode_v1(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 396
            if room < 0 or n * 18 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code, high_watermark, n = _read_ihqi(data, at)
                at += 18
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code, high_watermark, -1, -1, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, (), -1, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(throttle_time_ms, 0, 0, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v1-3", at, error) from None


def _encode_v1(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.session_id != 0:
            raise not_in_version("FetchResponse.session_id", "FetchResponse v1-3")
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v1-3")
        out += _write_ii(m.throttle_time_ms, len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v1-3")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v1-3")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v1-3")
                if each_of_partitions.preferred_read_replica != -1:
                    raise not_in_version("PartitionData.preferred_read_replica", "FetchResponse v1-3")
                out += _write_ihq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v1-3", error) from error


def _decode_v4(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 424
            if room < 0 or n * 30 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code, high_watermark, last_stable_offset, n = _read_ihqqi(data, at)
                at += 26
                aborted_transactions: list[AbortedTransaction] | None
                if n >= 0:
                    room -= n * 112
                    if room < 0 or n * 16 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset = _read_qq(data, at)
                        at += 16
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                n, = _read_i(data, at)
                at += 4
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code, high_watermark, last_stable_offset, -1, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, aborted_transactions, -1, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(throttle_time_ms, 0, 0, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v4", at, error) from None


def _encode_v4(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.session_id != 0:
            raise not_in_version("FetchResponse.session_id", "FetchResponse v4")
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v4")
        out += _write_ii(m.throttle_time_ms, len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v4")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v4")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v4")
                if each_of_partitions.preferred_read_replica != -1:
                    raise not_in_version("PartitionData.preferred_read_replica", "FetchResponse v4")
                out += _write_ihqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset)
                if each_of_partitions.aborted_transactions is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.aborted_transactions))
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qq(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v4", error) from error


def _decode_v5(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 452
            if room < 0 or n * 38 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqi(data, at)
                at += 34
                aborted_transactions: list[AbortedTransaction] | None
                if n >= 0:
                    room -= n * 112
                    if room < 0 or n * 16 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset = _read_qq(data, at)
                        at += 16
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                n, = _read_i(data, at)
                at += 4
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code, high_watermark, last_stable_offset, log_start_offset, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, aborted_transactions, -1, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(throttle_time_ms, 0, 0, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v5-6", at, error) from None


def _encode_v5(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.session_id != 0:
            raise not_in_version("FetchResponse.session_id", "FetchResponse v5-6")
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v5-6")
        out += _write_ii(m.throttle_time_ms, len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v5-6")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v5-6")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v5-6")
                if each_of_partitions.preferred_read_replica != -1:
                    raise not_in_version("PartitionData.preferred_read_replica", "FetchResponse v5-6")
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.aborted_transactions))
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qq(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v5-6", error) from error


def _decode_v7(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, session_id, n = _read_ihii(data, at)
        at += 14
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 452
            if room < 0 or n * 38 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqi(data, at)
                at += 34
                aborted_transactions: list[AbortedTransaction] | None
                if n >= 0:
                    room -= n * 112
                    if room < 0 or n * 16 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset = _read_qq(data, at)
                        at += 16
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                n, = _read_i(data, at)
                at += 4
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, aborted_transactions, -1, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(throttle_time_ms, error_code, session_id, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v7-10", at, error) from None


def _encode_v7(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v7-10")
        out += _write_ihii(m.throttle_time_ms, m.error_code, m.session_id, len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v7-10")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v7-10")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v7-10")
                if each_of_partitions.preferred_read_replica != -1:
                    raise not_in_version("PartitionData.preferred_read_replica", "FetchResponse v7-10")
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.aborted_transactions))
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qq(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v7-10", error) from error


def _decode_v11(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, session_id, n = _read_ihii(data, at)
        at += 14
        if n < 0:
            raise is_null("FetchResponse.responses", at)
        room -= n * 170
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n
            topic = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("FetchableTopicResponse.partitions", at)
            room -= n * 480
            if room < 0 or n * 42 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqi(data, at)
                at += 34
                aborted_transactions: list[AbortedTransaction] | None
                if n >= 0:
                    room -= n * 112
                    if room < 0 or n * 16 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset = _read_qq(data, at)
                        at += 16
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                preferred_read_replica, n = _read_ii(data, at)
                at += 8
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionData(partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, DEFAULT_EpochEndOffset, DEFAULT_LeaderIdAndEpoch, DEFAULT_SnapshotId, aborted_transactions, preferred_read_replica, records))
            partitions = items_2
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        return FetchResponse(throttle_time_ms, error_code, session_id, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v11", at, error) from None


def _encode_v11(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v11")
        out += _write_ihii(m.throttle_time_ms, m.error_code, m.session_id, len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partitions))
            for each_of_partitions in each_of_responses.partitions:
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                    raise not_in_version("PartitionData.diverging_epoch", "FetchResponse v11")
                if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionData.current_leader", "FetchResponse v11")
                if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    raise not_in_version("PartitionData.snapshot_id", "FetchResponse v11")
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.aborted_transactions))
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qq(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                out += _write_i(each_of_partitions.preferred_read_replica)
                if each_of_partitions.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partitions.records))
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v11", error) from error


def _decode_v12(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, session_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchResponse.responses", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("FetchableTopicResponse.topic", at)
            end = at + n - 1
            topic = str(data[at:end], "utf-8")
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchableTopicResponse.partitions", at)
            n -= 1
            room -= n * 480
            if room < 0 or n * 37 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqB(data, at)
                at += 31
                if n > 127:
                    n, at = long_length(data, at, n)
                aborted_transactions: list[AbortedTransaction] | None
                if n:
                    n -= 1
                    room -= n * 112
                    if room < 0 or n * 17 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset, tags = _read_qqB(data, at)
                        at += 17
                        if tags:
                            at = skip_tags(data, at, tags)
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                preferred_read_replica, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                records: Records | None = None
                if n:
                    end = at + n - 1
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                diverging_epoch: EpochEndOffset = DEFAULT_EpochEndOffset
                current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch
                snapshot_id: SnapshotId = DEFAULT_SnapshotId
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
                            epoch, end_offset, tags_3 = _read_iqB(data, at)
                            at += 13
                            if tags_3:
                                at = skip_tags(data, at, tags_3)
                            diverging_epoch = EpochEndOffset(epoch, end_offset)
                        elif tag == 1:
                            leader_id, leader_epoch, tags_4 = _read_iiB(data, at)
                            at += 9
                            if tags_4:
                                at = skip_tags(data, at, tags_4)
                            current_leader = LeaderIdAndEpoch(leader_id, leader_epoch)
                        elif tag == 2:
                            end_offset_2, epoch_2, tags_5 = _read_qiB(data, at)
                            at += 13
                            if tags_5:
                                at = skip_tags(data, at, tags_5)
                            snapshot_id = SnapshotId(end_offset_2, epoch_2)
                        else:
                            at = end_of_tag
                        if at != end_of_tag:
                            raise wrong_tag_size("PartitionData", tag, at, end_of_tag)
                items_2.append(PartitionData(partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, diverging_epoch, current_leader, snapshot_id, aborted_transactions, preferred_read_replica, records))
            partitions = items_2
            tags_6 = data[at]
            at += 1
            if tags_6:
                at = skip_tags(data, at, tags_6)
            items.append(FetchableTopicResponse(topic, ZERO_UUID, partitions))
        responses = items
        tags_7 = data[at]
        at += 1
        if tags_7:
            at = skip_tags(data, at, tags_7)
        return FetchResponse(throttle_time_ms, error_code, session_id, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v12", at, error) from None


def _encode_v12(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v12")
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.session_id)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            s = each_of_responses.topic.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_responses.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_responses.partitions:
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.aborted_transactions) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qqx(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                out += _write_i(each_of_partitions.preferred_read_replica)
                if each_of_partitions.records is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.records) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset) or (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch) or (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    count = 0
                    section = bytearray()
                    if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                        count += 1
                        tag = bytearray()
                        tag += _write_iqx(each_of_partitions.diverging_epoch.epoch, each_of_partitions.diverging_epoch.end_offset)
                        append_tag(section, 0, tag)
                    if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                        count += 1
                        tag = bytearray()
                        tag += _write_iix(each_of_partitions.current_leader.leader_id, each_of_partitions.current_leader.leader_epoch)
                        append_tag(section, 1, tag)
                    if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                        count += 1
                        tag = bytearray()
                        tag += _write_qix(each_of_partitions.snapshot_id.end_offset, each_of_partitions.snapshot_id.epoch)
                        append_tag(section, 2, tag)
                    append_uvarint(out, count)
                    out += section
                else:
                    out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v12", error) from error


def _decode_v13(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, session_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchResponse.responses", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchableTopicResponse.partitions", at)
            n -= 1
            room -= n * 480
            if room < 0 or n * 37 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqB(data, at)
                at += 31
                if n > 127:
                    n, at = long_length(data, at, n)
                aborted_transactions: list[AbortedTransaction] | None
                if n:
                    n -= 1
                    room -= n * 112
                    if room < 0 or n * 17 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset, tags = _read_qqB(data, at)
                        at += 17
                        if tags:
                            at = skip_tags(data, at, tags)
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                preferred_read_replica, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                records: Records | None = None
                if n:
                    end = at + n - 1
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                diverging_epoch: EpochEndOffset = DEFAULT_EpochEndOffset
                current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch
                snapshot_id: SnapshotId = DEFAULT_SnapshotId
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
                            epoch, end_offset, tags_3 = _read_iqB(data, at)
                            at += 13
                            if tags_3:
                                at = skip_tags(data, at, tags_3)
                            diverging_epoch = EpochEndOffset(epoch, end_offset)
                        elif tag == 1:
                            leader_id, leader_epoch, tags_4 = _read_iiB(data, at)
                            at += 9
                            if tags_4:
                                at = skip_tags(data, at, tags_4)
                            current_leader = LeaderIdAndEpoch(leader_id, leader_epoch)
                        elif tag == 2:
                            end_offset_2, epoch_2, tags_5 = _read_qiB(data, at)
                            at += 13
                            if tags_5:
                                at = skip_tags(data, at, tags_5)
                            snapshot_id = SnapshotId(end_offset_2, epoch_2)
                        else:
                            at = end_of_tag
                        if at != end_of_tag:
                            raise wrong_tag_size("PartitionData", tag, at, end_of_tag)
                items_2.append(PartitionData(partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, diverging_epoch, current_leader, snapshot_id, aborted_transactions, preferred_read_replica, records))
            partitions = items_2
            tags_6 = data[at]
            at += 1
            if tags_6:
                at = skip_tags(data, at, tags_6)
            items.append(FetchableTopicResponse("", topic_id, partitions))
        responses = items
        tags_7 = data[at]
        at += 1
        if tags_7:
            at = skip_tags(data, at, tags_7)
        return FetchResponse(throttle_time_ms, error_code, session_id, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v13-15", at, error) from None


def _encode_v13(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("FetchResponse.node_endpoints", "FetchResponse v13-15")
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.session_id)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            out += _write_16s(each_of_responses.topic_id)
            n = len(each_of_responses.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_responses.partitions:
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.aborted_transactions) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qqx(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                out += _write_i(each_of_partitions.preferred_read_replica)
                if each_of_partitions.records is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.records) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset) or (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch) or (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    count = 0
                    section = bytearray()
                    if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                        count += 1
                        tag = bytearray()
                        tag += _write_iqx(each_of_partitions.diverging_epoch.epoch, each_of_partitions.diverging_epoch.end_offset)
                        append_tag(section, 0, tag)
                    if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                        count += 1
                        tag = bytearray()
                        tag += _write_iix(each_of_partitions.current_leader.leader_id, each_of_partitions.current_leader.leader_epoch)
                        append_tag(section, 1, tag)
                    if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                        count += 1
                        tag = bytearray()
                        tag += _write_qix(each_of_partitions.snapshot_id.end_offset, each_of_partitions.snapshot_id.epoch)
                        append_tag(section, 2, tag)
                    append_uvarint(out, count)
                    out += section
                else:
                    out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v13-15", error) from error


def _decode_v16(data: memoryview, at: int) -> tuple[FetchResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, session_id, n = _read_ihiB(data, at)
        at += 11
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("FetchResponse.responses", at)
        n -= 1
        room -= n * 169
        if room < 0 or n * 18 > len(data) - at:
            raise too_many("FetchResponse.responses", n, at)
        items: list[FetchableTopicResponse] = []
        for _ in range(n):
            topic_id, n = _read_16sB(data, at)
            at += 17
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("FetchableTopicResponse.partitions", at)
            n -= 1
            room -= n * 480
            if room < 0 or n * 37 > len(data) - at:
                raise too_many("FetchableTopicResponse.partitions", n, at)
            items_2: list[PartitionData] = []
            for _ in range(n):
                partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, n = _read_ihqqqB(data, at)
                at += 31
                if n > 127:
                    n, at = long_length(data, at, n)
                aborted_transactions: list[AbortedTransaction] | None
                if n:
                    n -= 1
                    room -= n * 112
                    if room < 0 or n * 17 > len(data) - at:
                        raise too_many("PartitionData.aborted_transactions", n, at)
                    items_3: list[AbortedTransaction] = []
                    for _ in range(n):
                        producer_id, first_offset, tags = _read_qqB(data, at)
                        at += 17
                        if tags:
                            at = skip_tags(data, at, tags)
                        items_3.append(AbortedTransaction(producer_id, first_offset))
                    aborted_transactions = items_3
                else:
                    aborted_transactions = None
                preferred_read_replica, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                records: Records | None = None
                if n:
                    end = at + n - 1
                    if end > len(data):
                        raise too_long("PartitionData.records", end - at, at)
                    records = data[at:end]
                    at = end
                diverging_epoch: EpochEndOffset = DEFAULT_EpochEndOffset
                current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch
                snapshot_id: SnapshotId = DEFAULT_SnapshotId
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
                            epoch, end_offset, tags_3 = _read_iqB(data, at)
                            at += 13
                            if tags_3:
                                at = skip_tags(data, at, tags_3)
                            diverging_epoch = EpochEndOffset(epoch, end_offset)
                        elif tag == 1:
                            leader_id, leader_epoch, tags_4 = _read_iiB(data, at)
                            at += 9
                            if tags_4:
                                at = skip_tags(data, at, tags_4)
                            current_leader = LeaderIdAndEpoch(leader_id, leader_epoch)
                        elif tag == 2:
                            end_offset_2, epoch_2, tags_5 = _read_qiB(data, at)
                            at += 13
                            if tags_5:
                                at = skip_tags(data, at, tags_5)
                            snapshot_id = SnapshotId(end_offset_2, epoch_2)
                        else:
                            at = end_of_tag
                        if at != end_of_tag:
                            raise wrong_tag_size("PartitionData", tag, at, end_of_tag)
                items_2.append(PartitionData(partition_index, error_code_2, high_watermark, last_stable_offset, log_start_offset, diverging_epoch, current_leader, snapshot_id, aborted_transactions, preferred_read_replica, records))
            partitions = items_2
            tags_6 = data[at]
            at += 1
            if tags_6:
                at = skip_tags(data, at, tags_6)
            items.append(FetchableTopicResponse("", topic_id, partitions))
        responses = items
        node_endpoints: Sequence[NodeEndpoint] = ()
        tags_7 = data[at]
        at += 1
        if tags_7:
            if tags_7 > 127:
                tags_7, at = long_uvarint(data, at, tags_7)
            last_2 = -1
            for _ in range(tags_7):
                tag_2, at, end_of_tag_2 = tag_header(data, at, last_2)
                last_2 = tag_2
                if tag_2 == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("FetchResponse.node_endpoints", at)
                    n -= 1
                    room -= n * 228
                    if room < 0 or n * 11 > len(data) - at:
                        raise too_many("FetchResponse.node_endpoints", n, at)
                    items_4: list[NodeEndpoint] = []
                    for _ in range(n):
                        node_id, n = _read_iB(data, at)
                        at += 5
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        if not n:
                            raise is_null("NodeEndpoint.host", at)
                        end = at + n - 1
                        host = str(data[at:end], "utf-8")
                        at = end
                        port, n = _read_iB(data, at)
                        at += 5
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        rack: str | None = None
                        if n:
                            end = at + n - 1
                            rack = str(data[at:end], "utf-8")
                            at = end
                        tags_8 = data[at]
                        at += 1
                        if tags_8:
                            at = skip_tags(data, at, tags_8)
                        items_4.append(NodeEndpoint(node_id, host, port, rack))
                    node_endpoints = items_4
                else:
                    at = end_of_tag_2
                if at != end_of_tag_2:
                    raise wrong_tag_size("FetchResponse", tag_2, at, end_of_tag_2)
        return FetchResponse(throttle_time_ms, error_code, session_id, responses, node_endpoints), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("FetchResponse v16-17", at, error) from None


def _encode_v16(m: FetchResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, m.session_id)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            out += _write_16s(each_of_responses.topic_id)
            n = len(each_of_responses.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_responses.partitions:
                out += _write_ihqqq(each_of_partitions.partition_index, each_of_partitions.error_code, each_of_partitions.high_watermark, each_of_partitions.last_stable_offset, each_of_partitions.log_start_offset)
                if each_of_partitions.aborted_transactions is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.aborted_transactions) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    for each_of_aborted_transactions in each_of_partitions.aborted_transactions:
                        out += _write_qqx(each_of_aborted_transactions.producer_id, each_of_aborted_transactions.first_offset)
                out += _write_i(each_of_partitions.preferred_read_replica)
                if each_of_partitions.records is None:
                    out.append(0)
                else:
                    n = len(each_of_partitions.records) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    if len(each_of_partitions.records):
                        buffers.append(each_of_partitions.records)
                        out = bytearray()
                        buffers.append(out)
                if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset) or (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch) or (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                    count = 0
                    section = bytearray()
                    if (each_of_partitions.diverging_epoch is not DEFAULT_EpochEndOffset and each_of_partitions.diverging_epoch != DEFAULT_EpochEndOffset):
                        count += 1
                        tag = bytearray()
                        tag += _write_iqx(each_of_partitions.diverging_epoch.epoch, each_of_partitions.diverging_epoch.end_offset)
                        append_tag(section, 0, tag)
                    if (each_of_partitions.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partitions.current_leader != DEFAULT_LeaderIdAndEpoch):
                        count += 1
                        tag = bytearray()
                        tag += _write_iix(each_of_partitions.current_leader.leader_id, each_of_partitions.current_leader.leader_epoch)
                        append_tag(section, 1, tag)
                    if (each_of_partitions.snapshot_id is not DEFAULT_SnapshotId and each_of_partitions.snapshot_id != DEFAULT_SnapshotId):
                        count += 1
                        tag = bytearray()
                        tag += _write_qix(each_of_partitions.snapshot_id.end_offset, each_of_partitions.snapshot_id.epoch)
                        append_tag(section, 2, tag)
                    append_uvarint(out, count)
                    out += section
                else:
                    out.append(0)
            out.append(0)
        if m.node_endpoints:
            count_2 = 0
            section_2 = bytearray()
            if m.node_endpoints:
                count_2 += 1
                tag_2 = bytearray()
                n = len(m.node_endpoints) + 1
                if n < 128:
                    tag_2.append(n)
                else:
                    append_uvarint(tag_2, n)
                for each_of_node_endpoints in m.node_endpoints:
                    s = each_of_node_endpoints.host.encode()
                    tag_2 += _write_i(each_of_node_endpoints.node_id)
                    n = len(s) + 1
                    if n < 128:
                        tag_2.append(n)
                    else:
                        append_string_length(tag_2, n)
                    tag_2 += s
                    tag_2 += _write_i(each_of_node_endpoints.port)
                    if each_of_node_endpoints.rack is None:
                        tag_2.append(0)
                    else:
                        s = each_of_node_endpoints.rack.encode()
                        n = len(s) + 1
                        if n < 128:
                            tag_2.append(n)
                        else:
                            append_string_length(tag_2, n)
                        tag_2 += s
                    tag_2.append(0)
                append_tag(section_2, 0, tag_2)
            append_uvarint(out, count_2)
            out += section_2
        else:
            out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("FetchResponse v16-17", error) from error


READS_VIEW: Final = True
DECODERS: Final[Mapping[int, Callable[[memoryview, int], tuple[FetchResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v7,
    8: _decode_v7,
    9: _decode_v7,
    10: _decode_v7,
    11: _decode_v11,
    12: _decode_v12,
    13: _decode_v13,
    14: _decode_v13,
    15: _decode_v13,
    16: _decode_v16,
    17: _decode_v16,
}

ENCODERS: Final[Mapping[int, Callable[[FetchResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v7,
    8: _encode_v7,
    9: _encode_v7,
    10: _encode_v7,
    11: _encode_v11,
    12: _encode_v12,
    13: _encode_v13,
    14: _encode_v13,
    15: _encode_v13,
    16: _encode_v16,
    17: _encode_v16,
}
