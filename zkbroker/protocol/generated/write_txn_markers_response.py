"""WriteTxnMarkersResponse, key 27, versions 0-1. Generated from messages.spec, do not edit."""

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
    class WritableTxnMarkerPartitionResult(Message):
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class WritableTxnMarkerTopicResult(Message):
        name: str = ""  # v0+
        partitions: Sequence[WritableTxnMarkerPartitionResult] = ()  # v0+

    @frozen
    class WritableTxnMarkerResult(Message):
        producer_id: int = 0  # v0+
        topics: Sequence[WritableTxnMarkerTopicResult] = ()  # v0+

    @frozen
    class WriteTxnMarkersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.WRITE_TXN_MARKERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        markers: Sequence[WritableTxnMarkerResult] = ()  # v0+

else:

    class WritableTxnMarkerPartitionResult(Message):
        __slots__ = ("partition_index", "error_code")

        def __init__(self, partition_index=0, error_code=0):
            self.partition_index = partition_index
            self.error_code = error_code

    class WritableTxnMarkerTopicResult(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class WritableTxnMarkerResult(Message):
        __slots__ = ("producer_id", "topics")

        def __init__(self, producer_id=0, topics=()):
            self.producer_id = producer_id
            self.topics = topics

    class WriteTxnMarkersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.WRITE_TXN_MARKERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("markers",)

        def __init__(self, markers=()):
            self.markers = markers


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_qB = Struct(">qB").unpack_from
_read_qi = Struct(">qi").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack
_write_q = Struct(">q").pack
_write_qi = Struct(">qi").pack


def _decode_v0(data: bytes, at: int) -> tuple[WriteTxnMarkersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("WriteTxnMarkersResponse.markers", at)
        room -= n * 140
        if room < 0 or n * 12 > len(data) - at:
            raise too_many("WriteTxnMarkersResponse.markers", n, at)
        items: list[WritableTxnMarkerResult] = []
        for _ in range(n):
            producer_id, n = _read_qi(data, at)
            at += 12
            if n < 0:
                raise is_null("WritableTxnMarkerResult.topics", at)
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("WritableTxnMarkerResult.topics", n, at)
            items_2: list[WritableTxnMarkerTopicResult] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("WritableTxnMarkerTopicResult.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("WritableTxnMarkerTopicResult.partitions", at)
                room -= n * 112
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("WritableTxnMarkerTopicResult.partitions", n, at)
                items_3: list[WritableTxnMarkerPartitionResult] = []
                for _ in range(n):
                    partition_index, error_code = _read_ih(data, at)
                    at += 6
                    items_3.append(WritableTxnMarkerPartitionResult(partition_index, error_code))
                partitions = items_3
                items_2.append(WritableTxnMarkerTopicResult(name, partitions))
            topics = items_2
            items.append(WritableTxnMarkerResult(producer_id, topics))
        markers = items
        return WriteTxnMarkersResponse(markers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("WriteTxnMarkersResponse v0", at, error) from None


def _encode_v0(m: WriteTxnMarkersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.markers))
        for each_of_markers in m.markers:
            out += _write_qi(each_of_markers.producer_id, len(each_of_markers.topics))
            for each_of_topics in each_of_markers.topics:
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_topics.partitions))
                for each_of_partitions in each_of_topics.partitions:
                    out += _write_ih(each_of_partitions.partition_index, each_of_partitions.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("WriteTxnMarkersResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[WriteTxnMarkersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("WriteTxnMarkersResponse.markers", at)
        n -= 1
        room -= n * 140
        if room < 0 or n * 10 > len(data) - at:
            raise too_many("WriteTxnMarkersResponse.markers", n, at)
        items: list[WritableTxnMarkerResult] = []
        for _ in range(n):
            producer_id, n = _read_qB(data, at)
            at += 9
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("WritableTxnMarkerResult.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("WritableTxnMarkerResult.topics", n, at)
            items_2: list[WritableTxnMarkerTopicResult] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("WritableTxnMarkerTopicResult.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("WritableTxnMarkerTopicResult.partitions", at)
                n -= 1
                room -= n * 112
                if room < 0 or n * 7 > len(data) - at:
                    raise too_many("WritableTxnMarkerTopicResult.partitions", n, at)
                items_3: list[WritableTxnMarkerPartitionResult] = []
                for _ in range(n):
                    partition_index, error_code, tags = _read_ihB(data, at)
                    at += 7
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(WritableTxnMarkerPartitionResult(partition_index, error_code))
                partitions = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(WritableTxnMarkerTopicResult(name, partitions))
            topics = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(WritableTxnMarkerResult(producer_id, topics))
        markers = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return WriteTxnMarkersResponse(markers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("WriteTxnMarkersResponse v1", at, error) from None


def _encode_v1(m: WriteTxnMarkersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.markers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_markers in m.markers:
            out += _write_q(each_of_markers.producer_id)
            n = len(each_of_markers.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_markers.topics:
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
                    out += _write_ihx(each_of_partitions.partition_index, each_of_partitions.error_code)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("WriteTxnMarkersResponse v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[WriteTxnMarkersResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[WriteTxnMarkersResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
