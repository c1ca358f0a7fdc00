"""TransactionLogValue, versions 0-1. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

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
    class PartitionsSchema(Message):
        topic: str = ""  # v0+
        partition_ids: Sequence[int] = ()  # v0+

    @frozen
    class TransactionLogValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        transaction_timeout_ms: int = 0  # v0+
        transaction_status: int = 0  # v0+
        transaction_partitions: Sequence[PartitionsSchema] | None = ()  # v0+, null in v0+
        transaction_last_update_timestamp_ms: int = 0  # v0+
        transaction_start_timestamp_ms: int = 0  # v0+

else:

    class PartitionsSchema(Message):
        __slots__ = ("topic", "partition_ids")

        def __init__(self, topic="", partition_ids=()):
            self.topic = topic
            self.partition_ids = partition_ids

    class TransactionLogValue(Message):
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 1)
        __slots__ = ("producer_id", "producer_epoch", "transaction_timeout_ms", "transaction_status", "transaction_partitions", "transaction_last_update_timestamp_ms", "transaction_start_timestamp_ms")

        def __init__(self, producer_id=0, producer_epoch=0, transaction_timeout_ms=0, transaction_status=0, transaction_partitions=(), transaction_last_update_timestamp_ms=0, transaction_start_timestamp_ms=0):
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.transaction_timeout_ms = transaction_timeout_ms
            self.transaction_status = transaction_status
            self.transaction_partitions = transaction_partitions
            self.transaction_last_update_timestamp_ms = transaction_last_update_timestamp_ms
            self.transaction_start_timestamp_ms = transaction_start_timestamp_ms


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_qhibB = Struct(">qhibB").unpack_from
_read_qhibi = Struct(">qhibi").unpack_from
_read_qq = Struct(">qq").unpack_from
_read_qqB = Struct(">qqB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_qhib = Struct(">qhib").pack
_write_qq = Struct(">qq").pack
_write_qqx = Struct(">qqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[TransactionLogValue, int]:
    room = MAX_DECODED_BYTES
    try:
        producer_id, producer_epoch, transaction_timeout_ms, transaction_status, n = _read_qhibi(data, at)
        at += 19
        transaction_partitions: list[PartitionsSchema] | None
        if n >= 0:
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("TransactionLogValue.transaction_partitions", n, at)
            items: list[PartitionsSchema] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("PartitionsSchema.topic", at)
                end = at + n
                topic = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("PartitionsSchema.partition_ids", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionsSchema.partition_ids", n, at)
                partition_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items.append(PartitionsSchema(topic, partition_ids))
            transaction_partitions = items
        else:
            transaction_partitions = None
        transaction_last_update_timestamp_ms, transaction_start_timestamp_ms = _read_qq(data, at)
        at += 16
        return TransactionLogValue(producer_id, producer_epoch, transaction_timeout_ms, transaction_status, transaction_partitions, transaction_last_update_timestamp_ms, transaction_start_timestamp_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TransactionLogValue v0", at, error) from None


def _encode_v0(m: TransactionLogValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_qhib(m.producer_id, m.producer_epoch, m.transaction_timeout_ms, m.transaction_status)
        if m.transaction_partitions is None:
            out += b"\xff" * 4
        else:
            out += _write_i(len(m.transaction_partitions))
            for each_of_transaction_partitions in m.transaction_partitions:
                s = each_of_transaction_partitions.topic.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_transaction_partitions.partition_ids
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
        out += _write_qq(m.transaction_last_update_timestamp_ms, m.transaction_start_timestamp_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TransactionLogValue v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[TransactionLogValue, int]:
    room = MAX_DECODED_BYTES
    try:
        producer_id, producer_epoch, transaction_timeout_ms, transaction_status, n = _read_qhibB(data, at)
        at += 16
        if n > 127:
            n, at = long_length(data, at, n)
        transaction_partitions: list[PartitionsSchema] | None
        if n:
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("TransactionLogValue.transaction_partitions", n, at)
            items: list[PartitionsSchema] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("PartitionsSchema.topic", at)
                end = at + n - 1
                topic = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionsSchema.partition_ids", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("PartitionsSchema.partition_ids", n, at)
                partition_ids = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(PartitionsSchema(topic, partition_ids))
            transaction_partitions = items
        else:
            transaction_partitions = None
        transaction_last_update_timestamp_ms, transaction_start_timestamp_ms, tags_2 = _read_qqB(data, at)
        at += 17
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return TransactionLogValue(producer_id, producer_epoch, transaction_timeout_ms, transaction_status, transaction_partitions, transaction_last_update_timestamp_ms, transaction_start_timestamp_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("TransactionLogValue v1", at, error) from None


def _encode_v1(m: TransactionLogValue, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_qhib(m.producer_id, m.producer_epoch, m.transaction_timeout_ms, m.transaction_status)
        if m.transaction_partitions is None:
            out.append(0)
        else:
            n = len(m.transaction_partitions) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_transaction_partitions in m.transaction_partitions:
                s = each_of_transaction_partitions.topic.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_transaction_partitions.partition_ids
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
        out += _write_qqx(m.transaction_last_update_timestamp_ms, m.transaction_start_timestamp_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("TransactionLogValue v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[TransactionLogValue, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[TransactionLogValue, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
