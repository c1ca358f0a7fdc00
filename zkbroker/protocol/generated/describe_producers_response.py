"""DescribeProducersResponse, key 61, versions 0-0. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class ProducerState(Message):
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        last_sequence: int = -1  # v0+
        last_timestamp: int = -1  # v0+
        coordinator_epoch: int = 0  # v0+
        current_txn_start_offset: int = -1  # v0+

    @frozen
    class PartitionResponse(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = None  # v0+, null in v0+
        active_producers: Sequence[ProducerState] = ()  # v0+

    @frozen
    class TopicResponse(Message):
        name: str = ""  # v0+
        partitions: Sequence[PartitionResponse] = ()  # v0+

    @frozen
    class DescribeProducersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_PRODUCERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        topics: Sequence[TopicResponse] = ()  # v0+

else:

    class ProducerState(Message):
        __slots__ = ("producer_id", "producer_epoch", "last_sequence", "last_timestamp", "coordinator_epoch", "current_txn_start_offset")

        def __init__(self, producer_id=0, producer_epoch=0, last_sequence=-1, last_timestamp=-1, coordinator_epoch=0, current_txn_start_offset=-1):
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.last_sequence = last_sequence
            self.last_timestamp = last_timestamp
            self.coordinator_epoch = coordinator_epoch
            self.current_txn_start_offset = current_txn_start_offset

    class PartitionResponse(Message):
        __slots__ = ("partition_index", "error_code", "error_message", "active_producers")

        def __init__(self, partition_index=0, error_code=0, error_message=None, active_producers=()):
            self.partition_index = partition_index
            self.error_code = error_code
            self.error_message = error_message
            self.active_producers = active_producers

    class TopicResponse(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class DescribeProducersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_PRODUCERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "topics")

        def __init__(self, throttle_time_ms=0, topics=()):
            self.throttle_time_ms = throttle_time_ms
            self.topics = topics


_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_qiiqiqB = Struct(">qiiqiqB").unpack_from
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_qiiqiqx = Struct(">qiiqiqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeProducersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeProducersResponse.topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("DescribeProducersResponse.topics", n, at)
        items: list[TopicResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicResponse.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicResponse.partitions", at)
            n -= 1
            room -= n * 234
            if room < 0 or n * 9 > len(data) - at:
                raise too_many("TopicResponse.partitions", n, at)
            items_2: list[PartitionResponse] = []
            for _ in range(n):
                partition_index, error_code, n = _read_ihB(data, at)
                at += 7
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message: str | None = None
                if n:
                    end = at + n - 1
                    error_message = data[at:end].decode()
                    at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionResponse.active_producers", at)
                n -= 1
                room -= n * 256
                if room < 0 or n * 37 > len(data) - at:
                    raise too_many("PartitionResponse.active_producers", n, at)
                items_3: list[ProducerState] = []
                for _ in range(n):
                    producer_id, producer_epoch, last_sequence, last_timestamp, coordinator_epoch, current_txn_start_offset, tags = _read_qiiqiqB(data, at)
                    at += 37
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(ProducerState(producer_id, producer_epoch, last_sequence, last_timestamp, coordinator_epoch, current_txn_start_offset))
                active_producers = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(PartitionResponse(partition_index, error_code, error_message, active_producers))
            partitions = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(TopicResponse(name, partitions))
        topics = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeProducersResponse(throttle_time_ms, topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeProducersResponse v0", at, error) from None


def _encode_v0(m: DescribeProducersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
            n = len(each_of_topics.partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partitions in each_of_topics.partitions:
                out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
                if each_of_partitions.error_message is None:
                    out.append(0)
                else:
                    s = each_of_partitions.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                n = len(each_of_partitions.active_producers) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_active_producers in each_of_partitions.active_producers:
                    out += _write_qiiqiqx(each_of_active_producers.producer_id, each_of_active_producers.producer_epoch, each_of_active_producers.last_sequence, each_of_active_producers.last_timestamp, each_of_active_producers.coordinator_epoch, each_of_active_producers.current_txn_start_offset)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeProducersResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeProducersResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeProducersResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
