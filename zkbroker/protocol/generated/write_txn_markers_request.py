"""WriteTxnMarkersRequest, key 27, versions 0-1. Generated from messages.spec, do not edit."""

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
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class WritableTxnMarkerTopic(Message):
        name: str = ""  # v0+
        partition_indexes: Sequence[int] = ()  # v0+

    @frozen
    class WritableTxnMarker(Message):
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        transaction_result: bool = False  # v0+
        topics: Sequence[WritableTxnMarkerTopic] = ()  # v0+
        coordinator_epoch: int = 0  # v0+

    @frozen
    class WriteTxnMarkersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.WRITE_TXN_MARKERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        markers: Sequence[WritableTxnMarker] = ()  # v0+

else:

    class WritableTxnMarkerTopic(Message):
        __slots__ = ("name", "partition_indexes")

        def __init__(self, name="", partition_indexes=()):
            self.name = name
            self.partition_indexes = partition_indexes

    class WritableTxnMarker(Message):
        __slots__ = ("producer_id", "producer_epoch", "transaction_result", "topics", "coordinator_epoch")

        def __init__(self, producer_id=0, producer_epoch=0, transaction_result=False, topics=(), coordinator_epoch=0):
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.transaction_result = transaction_result
            self.topics = topics
            self.coordinator_epoch = coordinator_epoch

    class WriteTxnMarkersRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.WRITE_TXN_MARKERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("markers",)

        def __init__(self, markers=()):
            self.markers = markers


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_qhoB = Struct(">qh?B").unpack_from
_read_qhoi = Struct(">qh?i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack
_write_qho = Struct(">qh?").pack
_write_qhoi = Struct(">qh?i").pack


def _decode_v0(data: bytes, at: int) -> tuple[WriteTxnMarkersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("WriteTxnMarkersRequest.markers", at)
        room -= n * 220
        if room < 0 or n * 19 > len(data) - at:
            raise too_many("WriteTxnMarkersRequest.markers", n, at)
        items: list[WritableTxnMarker] = []
        for _ in range(n):
            producer_id, producer_epoch, transaction_result, n = _read_qhoi(data, at)
            at += 15
            if n < 0:
                raise is_null("WritableTxnMarker.topics", at)
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("WritableTxnMarker.topics", n, at)
            items_2: list[WritableTxnMarkerTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("WritableTxnMarkerTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("WritableTxnMarkerTopic.partition_indexes", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("WritableTxnMarkerTopic.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_2.append(WritableTxnMarkerTopic(name, partition_indexes))
            topics = items_2
            coordinator_epoch, = _read_i(data, at)
            at += 4
            items.append(WritableTxnMarker(producer_id, producer_epoch, transaction_result, topics, coordinator_epoch))
        markers = items
        return WriteTxnMarkersRequest(markers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("WriteTxnMarkersRequest v0", at, error) from None


def _encode_v0(m: WriteTxnMarkersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.markers))
        for each_of_markers in m.markers:
            out += _write_qhoi(each_of_markers.producer_id, each_of_markers.producer_epoch, each_of_markers.transaction_result, len(each_of_markers.topics))
            for each_of_topics in each_of_markers.topics:
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topics.partition_indexes
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
            out += _write_i(each_of_markers.coordinator_epoch)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("WriteTxnMarkersRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[WriteTxnMarkersRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("WriteTxnMarkersRequest.markers", at)
        n -= 1
        room -= n * 220
        if room < 0 or n * 17 > len(data) - at:
            raise too_many("WriteTxnMarkersRequest.markers", n, at)
        items: list[WritableTxnMarker] = []
        for _ in range(n):
            producer_id, producer_epoch, transaction_result, n = _read_qhoB(data, at)
            at += 12
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("WritableTxnMarker.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("WritableTxnMarker.topics", n, at)
            items_2: list[WritableTxnMarkerTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("WritableTxnMarkerTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("WritableTxnMarkerTopic.partition_indexes", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("WritableTxnMarkerTopic.partition_indexes", n, at)
                partition_indexes = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(WritableTxnMarkerTopic(name, partition_indexes))
            topics = items_2
            coordinator_epoch, tags_2 = _read_iB(data, at)
            at += 5
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(WritableTxnMarker(producer_id, producer_epoch, transaction_result, topics, coordinator_epoch))
        markers = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return WriteTxnMarkersRequest(markers), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("WriteTxnMarkersRequest v1", at, error) from None


def _encode_v1(m: WriteTxnMarkersRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.markers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_markers in m.markers:
            out += _write_qho(each_of_markers.producer_id, each_of_markers.producer_epoch, each_of_markers.transaction_result)
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
                numbers = each_of_topics.partition_indexes
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out += _write_ix(each_of_markers.coordinator_epoch)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("WriteTxnMarkersRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[WriteTxnMarkersRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[WriteTxnMarkersRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
