"""AddPartitionsToTxnResponse, key 24, versions 0-5. Generated from messages.spec, do not edit."""

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
    class AddPartitionsToTxnPartitionResult(Message):
        partition_index: int = 0  # v0+
        partition_error_code: int = 0  # v0+

    @frozen
    class AddPartitionsToTxnTopicResult(Message):
        name: str = ""  # v0+
        results_by_partition: Sequence[AddPartitionsToTxnPartitionResult] = ()  # v0+

    @frozen
    class AddPartitionsToTxnResult(Message):
        transactional_id: str = ""  # v4+
        topic_results: Sequence[AddPartitionsToTxnTopicResult] = ()  # v4+

    @frozen
    class AddPartitionsToTxnResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_PARTITIONS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v4+
        results_by_transaction: Sequence[AddPartitionsToTxnResult] = ()  # v4+
        results_by_topic_v3_and_below: Sequence[AddPartitionsToTxnTopicResult] = ()  # v0-3

else:

    class AddPartitionsToTxnPartitionResult(Message):
        __slots__ = ("partition_index", "partition_error_code")

        def __init__(self, partition_index=0, partition_error_code=0):
            self.partition_index = partition_index
            self.partition_error_code = partition_error_code

    class AddPartitionsToTxnTopicResult(Message):
        __slots__ = ("name", "results_by_partition")

        def __init__(self, name="", results_by_partition=()):
            self.name = name
            self.results_by_partition = results_by_partition

    class AddPartitionsToTxnResult(Message):
        __slots__ = ("transactional_id", "topic_results")

        def __init__(self, transactional_id="", topic_results=()):
            self.transactional_id = transactional_id
            self.topic_results = topic_results

    class AddPartitionsToTxnResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ADD_PARTITIONS_TO_TXN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        __slots__ = ("throttle_time_ms", "error_code", "results_by_transaction", "results_by_topic_v3_and_below")

        def __init__(self, throttle_time_ms=0, error_code=0, results_by_transaction=(), results_by_topic_v3_and_below=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.results_by_transaction = results_by_transaction
            self.results_by_topic_v3_and_below = results_by_topic_v3_and_below


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[AddPartitionsToTxnResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n, at)
        items: list[AddPartitionsToTxnTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AddPartitionsToTxnTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("AddPartitionsToTxnTopicResult.results_by_partition", at)
            room -= n * 112
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("AddPartitionsToTxnTopicResult.results_by_partition", n, at)
            items_2: list[AddPartitionsToTxnPartitionResult] = []
            for _ in range(n):
                partition_index, partition_error_code = _read_ih(data, at)
                at += 6
                items_2.append(AddPartitionsToTxnPartitionResult(partition_index, partition_error_code))
            results_by_partition = items_2
            items.append(AddPartitionsToTxnTopicResult(name, results_by_partition))
        results_by_topic_v3_and_below = items
        return AddPartitionsToTxnResponse(throttle_time_ms, 0, (), results_by_topic_v3_and_below), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnResponse v0-2", at, error) from None


def _encode_v0(m: AddPartitionsToTxnResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.results_by_transaction:
            raise not_in_version("AddPartitionsToTxnResponse.results_by_transaction", "AddPartitionsToTxnResponse v0-2")
        out += _write_ii(m.throttle_time_ms, len(m.results_by_topic_v3_and_below))
        for each_of_results_by_topic_v3_and_below in m.results_by_topic_v3_and_below:
            s = each_of_results_by_topic_v3_and_below.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_results_by_topic_v3_and_below.results_by_partition))
            for each_of_results_by_partition in each_of_results_by_topic_v3_and_below.results_by_partition:
                out += _write_ih(each_of_results_by_partition.partition_index, each_of_results_by_partition.partition_error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnResponse v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[AddPartitionsToTxnResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", n, at)
        items: list[AddPartitionsToTxnTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnTopicResult.results_by_partition", at)
            n -= 1
            room -= n * 112
            if room < 0 or n * 7 > len(data) - at:
                raise too_many("AddPartitionsToTxnTopicResult.results_by_partition", n, at)
            items_2: list[AddPartitionsToTxnPartitionResult] = []
            for _ in range(n):
                partition_index, partition_error_code, tags = _read_ihB(data, at)
                at += 7
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(AddPartitionsToTxnPartitionResult(partition_index, partition_error_code))
            results_by_partition = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(AddPartitionsToTxnTopicResult(name, results_by_partition))
        results_by_topic_v3_and_below = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AddPartitionsToTxnResponse(throttle_time_ms, 0, (), results_by_topic_v3_and_below), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnResponse v3", at, error) from None


def _encode_v3(m: AddPartitionsToTxnResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.results_by_transaction:
            raise not_in_version("AddPartitionsToTxnResponse.results_by_transaction", "AddPartitionsToTxnResponse v3")
        out += _write_i(m.throttle_time_ms)
        n = len(m.results_by_topic_v3_and_below) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results_by_topic_v3_and_below in m.results_by_topic_v3_and_below:
            s = each_of_results_by_topic_v3_and_below.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results_by_topic_v3_and_below.results_by_partition) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_results_by_partition in each_of_results_by_topic_v3_and_below.results_by_partition:
                out += _write_ihx(each_of_results_by_partition.partition_index, each_of_results_by_partition.partition_error_code)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[AddPartitionsToTxnResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AddPartitionsToTxnResponse.results_by_transaction", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AddPartitionsToTxnResponse.results_by_transaction", n, at)
        items: list[AddPartitionsToTxnResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnResult.transactional_id", at)
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AddPartitionsToTxnResult.topic_results", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("AddPartitionsToTxnResult.topic_results", n, at)
            items_2: list[AddPartitionsToTxnTopicResult] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AddPartitionsToTxnTopicResult.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("AddPartitionsToTxnTopicResult.results_by_partition", at)
                n -= 1
                room -= n * 112
                if room < 0 or n * 7 > len(data) - at:
                    raise too_many("AddPartitionsToTxnTopicResult.results_by_partition", n, at)
                items_3: list[AddPartitionsToTxnPartitionResult] = []
                for _ in range(n):
                    partition_index, partition_error_code, tags = _read_ihB(data, at)
                    at += 7
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(AddPartitionsToTxnPartitionResult(partition_index, partition_error_code))
                results_by_partition = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(AddPartitionsToTxnTopicResult(name, results_by_partition))
            topic_results = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(AddPartitionsToTxnResult(transactional_id, topic_results))
        results_by_transaction = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return AddPartitionsToTxnResponse(throttle_time_ms, error_code, results_by_transaction), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AddPartitionsToTxnResponse v4-5", at, error) from None


def _encode_v4(m: AddPartitionsToTxnResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.results_by_topic_v3_and_below:
            raise not_in_version("AddPartitionsToTxnResponse.results_by_topic_v3_and_below", "AddPartitionsToTxnResponse v4-5")
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.results_by_transaction) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results_by_transaction in m.results_by_transaction:
            s = each_of_results_by_transaction.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results_by_transaction.topic_results) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topic_results in each_of_results_by_transaction.topic_results:
                s = each_of_topic_results.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                n = len(each_of_topic_results.results_by_partition) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_results_by_partition in each_of_topic_results.results_by_partition:
                    out += _write_ihx(each_of_results_by_partition.partition_index, each_of_results_by_partition.partition_error_code)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AddPartitionsToTxnResponse v4-5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AddPartitionsToTxnResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[AddPartitionsToTxnResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v4,
}
