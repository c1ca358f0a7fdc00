"""AddPartitionsToTxnRequest, key 24, versions 0-5. Generated from messages.spec, do not edit."""

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
    class AddPartitionsToTxnTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class AddPartitionsToTxnTransaction(Message):
        transactional_id: str = ""  # v4+
        producer_id: int = 0  # v4+
        producer_epoch: int = 0  # v4+
        verify_only: bool = False  # v4+
        topics: Sequence[AddPartitionsToTxnTopic] = ()  # v4+

    @frozen
    class AddPartitionsToTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_PARTITIONS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        transactions: Sequence[AddPartitionsToTxnTransaction] = ()  # v4+
        v3_and_below_transactional_id: str = ""  # v0-3
        v3_and_below_producer_id: int = 0  # v0-3
        v3_and_below_producer_epoch: int = 0  # v0-3
        v3_and_below_topics: Sequence[AddPartitionsToTxnTopic] = ()  # v0-3

else:

    class AddPartitionsToTxnTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class AddPartitionsToTxnTransaction(Message):
        __slots__ = ("transactional_id", "producer_id", "producer_epoch", "verify_only", "topics")

        def __init__(self, transactional_id="", producer_id=0, producer_epoch=0, verify_only=False, topics=()):
            self.transactional_id = transactional_id
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.verify_only = verify_only
            self.topics = topics

    class AddPartitionsToTxnRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_PARTITIONS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        __slots__ = ("transactions", "v3_and_below_transactional_id", "v3_and_below_producer_id", "v3_and_below_producer_epoch", "v3_and_below_topics")

        def __init__(self, transactions=(), v3_and_below_transactional_id="", v3_and_below_producer_id=0, v3_and_below_producer_epoch=0, v3_and_below_topics=()):
            self.transactions = transactions
            self.v3_and_below_transactional_id = v3_and_below_transactional_id
            self.v3_and_below_producer_id = v3_and_below_producer_id
            self.v3_and_below_producer_epoch = v3_and_below_producer_epoch
            self.v3_and_below_topics = v3_and_below_topics


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_qhB = Struct(">qhB").unpack_from
_read_qhi = Struct(">qhi").unpack_from
_read_qhoB = Struct(">qh?B").unpack_from
_write_h = Struct(">h").pack
_write_qh = Struct(">qh").pack
_write_qhi = Struct(">qhi").pack
_write_qho = Struct(">qh?").pack


def _decode_v0(data: bytes, at: int) -> tuple[AddPartitionsToTxnRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("AddPartitionsToTxnRequest.v3_and_below_transactional_id", at)
        end = at + n
        v3_and_below_transactional_id = data[at:end].decode()
        at = end
        v3_and_below_producer_id, v3_and_below_producer_epoch, n = _read_qhi(data, at)
        at += 14
        if n < 0:
            raise is_null("AddPartitionsToTxnRequest.v3_and_below_topics", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("AddPartitionsToTxnRequest.v3_and_below_topics", n, at)
        items: list[AddPartitionsToTxnTopic] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AddPartitionsToTxnTopic.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("AddPartitionsToTxnTopic.partitions", at)
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("AddPartitionsToTxnTopic.partitions", n, at)
            partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            items.append(AddPartitionsToTxnTopic(name, partitions))
        v3_and_below_topics = items
        return AddPartitionsToTxnRequest((), v3_and_below_transactional_id, v3_and_below_producer_id, v3_and_below_producer_epoch, v3_and_below_topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnRequest v0-2", at, error) from None


def _encode_v0(m: AddPartitionsToTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactions:
            raise not_in_version("AddPartitionsToTxnRequest.transactions", "AddPartitionsToTxnRequest v0-2")
        s = m.v3_and_below_transactional_id.encode()
        out += _write_h(len(s))
        out += s
        out += _write_qhi(m.v3_and_below_producer_id, m.v3_and_below_producer_epoch, len(m.v3_and_below_topics))
        for each_of_v3_and_below_topics in m.v3_and_below_topics:
            s = each_of_v3_and_below_topics.name.encode()
            out += _write_h(len(s))
            out += s
            numbers = each_of_v3_and_below_topics.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_INT32S[n](n, *numbers)
            else:
                append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[AddPartitionsToTxnRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("AddPartitionsToTxnRequest.v3_and_below_transactional_id", at)
        end = at + n - 1
        v3_and_below_transactional_id = data[at:end].decode()
        at = end
        v3_and_below_producer_id, v3_and_below_producer_epoch, n = _read_qhB(data, at)
        at += 11
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AddPartitionsToTxnRequest.v3_and_below_topics", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AddPartitionsToTxnRequest.v3_and_below_topics", n, at)
        items: list[AddPartitionsToTxnTopic] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTopic.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTopic.partitions", at)
            n -= 1
            room -= n * 36
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("AddPartitionsToTxnTopic.partitions", n, at)
            partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
            at += n * 4
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(AddPartitionsToTxnTopic(name, partitions))
        v3_and_below_topics = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return AddPartitionsToTxnRequest((), v3_and_below_transactional_id, v3_and_below_producer_id, v3_and_below_producer_epoch, v3_and_below_topics), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnRequest v3", at, error) from None


def _encode_v3(m: AddPartitionsToTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.transactions:
            raise not_in_version("AddPartitionsToTxnRequest.transactions", "AddPartitionsToTxnRequest v3")
        s = m.v3_and_below_transactional_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_qh(m.v3_and_below_producer_id, m.v3_and_below_producer_epoch)
        n = len(m.v3_and_below_topics) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_v3_and_below_topics in m.v3_and_below_topics:
            s = each_of_v3_and_below_topics.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            numbers = each_of_v3_and_below_topics.partitions
            n = len(numbers)
            if n < FEW:
                out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
            else:
                append_numbers(out, "i", numbers, True)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[AddPartitionsToTxnRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AddPartitionsToTxnRequest.transactions", at)
        n -= 1
        room -= n * 242
        if room < 0 or n * 14 > len(data) - at:
            raise too_many("AddPartitionsToTxnRequest.transactions", n, at)
        items: list[AddPartitionsToTxnTransaction] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTransaction.transactional_id", at)
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
            producer_id, producer_epoch, verify_only, n = _read_qhoB(data, at)
            at += 12
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTransaction.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("AddPartitionsToTxnTransaction.topics", n, at)
            items_2: list[AddPartitionsToTxnTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AddPartitionsToTxnTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("AddPartitionsToTxnTopic.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("AddPartitionsToTxnTopic.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(AddPartitionsToTxnTopic(name, partitions))
            topics = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(AddPartitionsToTxnTransaction(transactional_id, producer_id, producer_epoch, verify_only, topics))
        transactions = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AddPartitionsToTxnRequest(transactions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnRequest v4-5", at, error) from None


def _encode_v4(m: AddPartitionsToTxnRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.v3_and_below_transactional_id != "":
            raise not_in_version("AddPartitionsToTxnRequest.v3_and_below_transactional_id", "AddPartitionsToTxnRequest v4-5")
        if m.v3_and_below_producer_id != 0:
            raise not_in_version("AddPartitionsToTxnRequest.v3_and_below_producer_id", "AddPartitionsToTxnRequest v4-5")
        if m.v3_and_below_producer_epoch != 0:
            raise not_in_version("AddPartitionsToTxnRequest.v3_and_below_producer_epoch", "AddPartitionsToTxnRequest v4-5")
        if m.v3_and_below_topics:
            raise not_in_version("AddPartitionsToTxnRequest.v3_and_below_topics", "AddPartitionsToTxnRequest v4-5")
        n = len(m.transactions) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_transactions in m.transactions:
            s = each_of_transactions.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_qho(each_of_transactions.producer_id, each_of_transactions.producer_epoch, each_of_transactions.verify_only)
            n = len(each_of_transactions.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_transactions.topics:
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_topics.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnRequest v4-5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AddPartitionsToTxnRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[AddPartitionsToTxnRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v4,
}
