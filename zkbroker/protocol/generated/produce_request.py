"""ProduceRequest, key 0, versions 0-11. Generated from messages.spec, do not edit."""

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
    too_long,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class PartitionProduceData(Message):
        index: int = 0  # v0+
        records: Records | None = b""  # v0+, null in v0+

    @frozen
    class TopicProduceData(Message):
        name: str = ""  # v0+
        partition_data: Sequence[PartitionProduceData] = ()  # v0+

    @frozen
    class ProduceRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.PRODUCE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 11, 9)
        transactional_id: str | None = None  # v3+, null in v3+
        acks: int = 0  # v0+
        timeout_ms: int = 0  # v0+
        topic_data: Sequence[TopicProduceData] = ()  # v0+

else:

    class PartitionProduceData(Message):
        __slots__ = ("index", "records")

        def __init__(self, index=0, records=b""):
            self.index = index
            self.records = records

    class TopicProduceData(Message):
        __slots__ = ("name", "partition_data")

        def __init__(self, name="", partition_data=()):
            self.name = name
            self.partition_data = partition_data

    class ProduceRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.PRODUCE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 11, 9)
        __slots__ = ("transactional_id", "acks", "timeout_ms", "topic_data")

        def __init__(self, transactional_id=None, acks=0, timeout_ms=0, topic_data=()):
            self.transactional_id = transactional_id
            self.acks = acks
            self.timeout_ms = timeout_ms
            self.topic_data = topic_data


_read_h = Struct(">h").unpack_from
_read_hiB = Struct(">hiB").unpack_from
_read_hii = Struct(">hii").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_hii = Struct(">hii").pack
_write_i = Struct(">i").pack


def _decode_v0(data: memoryview, at: int) -> tuple[ProduceRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        acks, timeout_ms, n = _read_hii(data, at)
        at += 10
        if n < 0:
            raise is_null("ProduceRequest.topic_data", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceRequest.topic_data", n, at)
        items: list[TopicProduceData] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceData.name", at)
            end = at + n
            name = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceData.partition_data", at)
            room -= n * 268
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("TopicProduceData.partition_data", n, at)
            items_2: list[PartitionProduceData] = []
            for _ in range(n):
                index, n = _read_ii(data, at)
                at += 8
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionProduceData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionProduceData(index, records))
            partition_data = items_2
            items.append(TopicProduceData(name, partition_data))
        topic_data = items
        return ProduceRequest(None, acks, timeout_ms, topic_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceRequest v0-2", at, error) from None


def _encode_v0(m: ProduceRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactional_id is not None:
            raise not_in_version("ProduceRequest.transactional_id", "ProduceRequest v0-2")
        out += _write_hii(m.acks, m.timeout_ms, len(m.topic_data))
        for each_of_topic_data in m.topic_data:
            s = each_of_topic_data.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topic_data.partition_data))
            for each_of_partition_data in each_of_topic_data.partition_data:
                out += _write_i(each_of_partition_data.index)
                if each_of_partition_data.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partition_data.records))
                    if len(each_of_partition_data.records):
                        buffers.append(each_of_partition_data.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceRequest v0-2", error) from error


def _decode_v3(data: memoryview, at: int) -> tuple[ProduceRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        transactional_id: str | None = None
        if n >= 0:
            end = at + n
            transactional_id = str(data[at:end], "utf-8")
            at = end
        acks, timeout_ms, n = _read_hii(data, at)
        at += 10
        if n < 0:
            raise is_null("ProduceRequest.topic_data", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceRequest.topic_data", n, at)
        items: list[TopicProduceData] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceData.name", at)
            end = at + n
            name = str(data[at:end], "utf-8")
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceData.partition_data", at)
            room -= n * 268
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("TopicProduceData.partition_data", n, at)
            items_2: list[PartitionProduceData] = []
            for _ in range(n):
                index, n = _read_ii(data, at)
                at += 8
                records: Records | None = None
                if n >= 0:
                    end = at + n
                    if end > len(data):
                        raise too_long("PartitionProduceData.records", end - at, at)
                    records = data[at:end]
                    at = end
                items_2.append(PartitionProduceData(index, records))
            partition_data = items_2
            items.append(TopicProduceData(name, partition_data))
        topic_data = items
        return ProduceRequest(transactional_id, acks, timeout_ms, topic_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceRequest v3-8", at, error) from None


def _encode_v3(m: ProduceRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactional_id is None:
            out += b"\xff" * 2
        else:
            s = m.transactional_id.encode()
            out += _write_h(len(s))
            out += s
        out += _write_hii(m.acks, m.timeout_ms, len(m.topic_data))
        for each_of_topic_data in m.topic_data:
            s = each_of_topic_data.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_topic_data.partition_data))
            for each_of_partition_data in each_of_topic_data.partition_data:
                out += _write_i(each_of_partition_data.index)
                if each_of_partition_data.records is None:
                    out += b"\xff" * 4
                else:
                    out += _write_i(len(each_of_partition_data.records))
                    if len(each_of_partition_data.records):
                        buffers.append(each_of_partition_data.records)
                        out = bytearray()
                        buffers.append(out)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceRequest v3-8", error) from error


def _decode_v9(data: memoryview, at: int) -> tuple[ProduceRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        transactional_id: str | None = None
        if n:
            end = at + n - 1
            transactional_id = str(data[at:end], "utf-8")
            at = end
        acks, timeout_ms, n = _read_hiB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ProduceRequest.topic_data", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ProduceRequest.topic_data", n, at)
        items: list[TopicProduceData] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicProduceData.name", at)
            end = at + n - 1
            name = str(data[at:end], "utf-8")
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicProduceData.partition_data", at)
            n -= 1
            room -= n * 268
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("TopicProduceData.partition_data", n, at)
            items_2: list[PartitionProduceData] = []
            for _ in range(n):
                index, n = _read_iB(data, at)
                at += 5
                if n > 127:
                    n, at = long_length(data, at, n)
                records: Records | None = None
                if n:
                    end = at + n - 1
                    if end > len(data):
                        raise too_long("PartitionProduceData.records", end - at, at)
                    records = data[at:end]
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionProduceData(index, records))
            partition_data = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TopicProduceData(name, partition_data))
        topic_data = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ProduceRequest(transactional_id, acks, timeout_ms, topic_data), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceRequest v9-11", at, error) from None


def _encode_v9(m: ProduceRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactional_id is None:
            out.append(0)
        else:
            s = m.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out += _write_hi(m.acks, m.timeout_ms)
        n = len(m.topic_data) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_topic_data in m.topic_data:
            s = each_of_topic_data.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_topic_data.partition_data) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_data in each_of_topic_data.partition_data:
                out += _write_i(each_of_partition_data.index)
                if each_of_partition_data.records is None:
                    out.append(0)
                else:
                    n = len(each_of_partition_data.records) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_uvarint(out, n)
                    if len(each_of_partition_data.records):
                        buffers.append(each_of_partition_data.records)
                        out = bytearray()
                        buffers.append(out)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceRequest v9-11", error) from error


READS_VIEW: Final = True
DECODERS: Final[Mapping[int, Callable[[memoryview, int], tuple[ProduceRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v3,
    5: _decode_v3,
    6: _decode_v3,
    7: _decode_v3,
    8: _decode_v3,
    9: _decode_v9,
    10: _decode_v9,
    11: _decode_v9,
}

ENCODERS: Final[Mapping[int, Callable[[ProduceRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v3,
    5: _encode_v3,
    6: _encode_v3,
    7: _encode_v3,
    8: _encode_v3,
    9: _encode_v9,
    10: _encode_v9,
    11: _encode_v9,
}
