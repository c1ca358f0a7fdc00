"""DescribeTransactionsResponse, key 65, versions 0-0. Generated from messages.spec, do not edit."""

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
    class TopicData(Message):
        topic: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class TransactionState(Message):
        error_code: int = 0  # v0+
        transactional_id: str = ""  # v0+
        transaction_state: str = ""  # v0+
        transaction_timeout_ms: int = 0  # v0+
        transaction_start_time_ms: int = 0  # v0+
        producer_id: int = 0  # v0+
        producer_epoch: int = 0  # v0+
        topics: Sequence[TopicData] = ()  # v0+

    @frozen
    class DescribeTransactionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        transaction_states: Sequence[TransactionState] = ()  # v0+

else:

    class TopicData(Message):
        __slots__ = ("topic", "partitions")

        def __init__(self, topic="", partitions=()):
            self.topic = topic
            self.partitions = partitions

    class TransactionState(Message):
        __slots__ = ("error_code", "transactional_id", "transaction_state", "transaction_timeout_ms", "transaction_start_time_ms", "producer_id", "producer_epoch", "topics")

        def __init__(self, error_code=0, transactional_id="", transaction_state="", transaction_timeout_ms=0, transaction_start_time_ms=0, producer_id=0, producer_epoch=0, topics=()):
            self.error_code = error_code
            self.transactional_id = transactional_id
            self.transaction_state = transaction_state
            self.transaction_timeout_ms = transaction_timeout_ms
            self.transaction_start_time_ms = transaction_start_time_ms
            self.producer_id = producer_id
            self.producer_epoch = producer_epoch
            self.topics = topics

    class DescribeTransactionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "transaction_states")

        def __init__(self, throttle_time_ms=0, transaction_states=()):
            self.throttle_time_ms = throttle_time_ms
            self.transaction_states = transaction_states


_read_hB = Struct(">hB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_iqqhB = Struct(">iqqhB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_iqqh = Struct(">iqqh").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeTransactionsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeTransactionsResponse.transaction_states", at)
        n -= 1
        room -= n * 400
        if room < 0 or n * 28 > len(data) - at:
            raise too_many("DescribeTransactionsResponse.transaction_states", n, at)
        items: list[TransactionState] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TransactionState.transactional_id", at)
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TransactionState.transaction_state", at)
            end = at + n - 1
            transaction_state = data[at:end].decode()
            at = end
            transaction_timeout_ms, transaction_start_time_ms, producer_id, producer_epoch, n = _read_iqqhB(data, at)
            at += 23
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TransactionState.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("TransactionState.topics", n, at)
            items_2: list[TopicData] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("TopicData.topic", at)
                end = at + n - 1
                topic = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("TopicData.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("TopicData.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(TopicData(topic, partitions))
            topics = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(TransactionState(error_code, transactional_id, transaction_state, transaction_timeout_ms, transaction_start_time_ms, producer_id, producer_epoch, topics))
        transaction_states = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeTransactionsResponse(throttle_time_ms, transaction_states), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeTransactionsResponse v0", at, error) from None


def _encode_v0(m: DescribeTransactionsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.transaction_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_transaction_states in m.transaction_states:
            s = each_of_transaction_states.transactional_id.encode()
            out += _write_h(each_of_transaction_states.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_transaction_states.transaction_state.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_iqqh(each_of_transaction_states.transaction_timeout_ms, each_of_transaction_states.transaction_start_time_ms, each_of_transaction_states.producer_id, each_of_transaction_states.producer_epoch)
            n = len(each_of_transaction_states.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_transaction_states.topics:
                s = each_of_topics.topic.encode()
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
        raise unencodable("DescribeTransactionsResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeTransactionsResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeTransactionsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
