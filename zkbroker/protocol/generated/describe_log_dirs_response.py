"""DescribeLogDirsResponse, key 35, versions 0-4. Generated from messages.spec, do not edit."""

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
    class DescribeLogDirsPartition(Message):
        partition_index: int = 0  # v0+
        partition_size: int = 0  # v0+
        offset_lag: int = 0  # v0+
        is_future_key: bool = False  # v0+

    @frozen
    class DescribeLogDirsTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[DescribeLogDirsPartition] = ()  # v0+

    @frozen
    class DescribeLogDirsResult(Message):
        error_code: int = 0  # v0+
        log_dir: str = ""  # v0+
        topics: Sequence[DescribeLogDirsTopic] = ()  # v0+
        total_bytes: int = -1  # v4+
        usable_bytes: int = -1  # v4+

    @frozen
    class DescribeLogDirsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v3+
        results: Sequence[DescribeLogDirsResult] = ()  # v0+

else:

    class DescribeLogDirsPartition(Message):
        __slots__ = ("partition_index", "partition_size", "offset_lag", "is_future_key")

        def __init__(self, partition_index=0, partition_size=0, offset_lag=0, is_future_key=False):
            self.partition_index = partition_index
            self.partition_size = partition_size
            self.offset_lag = offset_lag
            self.is_future_key = is_future_key

    class DescribeLogDirsTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class DescribeLogDirsResult(Message):
        __slots__ = ("error_code", "log_dir", "topics", "total_bytes", "usable_bytes")

        def __init__(self, error_code=0, log_dir="", topics=(), total_bytes=-1, usable_bytes=-1):
            self.error_code = error_code
            self.log_dir = log_dir
            self.topics = topics
            self.total_bytes = total_bytes
            self.usable_bytes = usable_bytes

    class DescribeLogDirsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        __slots__ = ("throttle_time_ms", "error_code", "results")

        def __init__(self, throttle_time_ms=0, error_code=0, results=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.results = results


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ii = Struct(">ii").unpack_from
_read_iqqo = Struct(">iqq?").unpack_from
_read_iqqoB = Struct(">iqq?B").unpack_from
_read_qqB = Struct(">qqB").unpack_from
_write_h = Struct(">h").pack
_write_hh = Struct(">hh").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ii = Struct(">ii").pack
_write_iqqo = Struct(">iqq?").pack
_write_iqqox = Struct(">iqq?x").pack
_write_qqx = Struct(">qqx").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeLogDirsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DescribeLogDirsResponse.results", at)
        room -= n * 214
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("DescribeLogDirsResponse.results", n, at)
        items: list[DescribeLogDirsResult] = []
        for _ in range(n):
            error_code, n = _read_hh(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeLogDirsResult.log_dir", at)
            end = at + n
            log_dir = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribeLogDirsResult.topics", at)
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("DescribeLogDirsResult.topics", n, at)
            items_2: list[DescribeLogDirsTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribeLogDirsTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("DescribeLogDirsTopic.partitions", at)
                room -= n * 156
                if room < 0 or n * 21 > len(data) - at:
                    raise too_many("DescribeLogDirsTopic.partitions", n, at)
                items_3: list[DescribeLogDirsPartition] = []
                for _ in range(n):
                    partition_index, partition_size, offset_lag, is_future_key = _read_iqqo(data, at)
                    at += 21
                    items_3.append(DescribeLogDirsPartition(partition_index, partition_size, offset_lag, is_future_key))
                partitions = items_3
                items_2.append(DescribeLogDirsTopic(name, partitions))
            topics = items_2
            items.append(DescribeLogDirsResult(error_code, log_dir, topics))
        results = items
        return DescribeLogDirsResponse(throttle_time_ms, 0, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsResponse v0-1", at, error) from None


def _encode_v0(m: DescribeLogDirsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.results))
        for each_of_results in m.results:
            s = each_of_results.log_dir.encode()
            out += _write_hh(each_of_results.error_code, len(s))
            out += s
            out += _write_i(len(each_of_results.topics))
            for each_of_topics in each_of_results.topics:
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
                out += _write_i(len(each_of_topics.partitions))
                for each_of_partitions in each_of_topics.partitions:
                    out += _write_iqqo(each_of_partitions.partition_index, each_of_partitions.partition_size, each_of_partitions.offset_lag, each_of_partitions.is_future_key)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeLogDirsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeLogDirsResponse.results", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DescribeLogDirsResponse.results", n, at)
        items: list[DescribeLogDirsResult] = []
        for _ in range(n):
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.log_dir", at)
            end = at + n - 1
            log_dir = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeLogDirsResult.topics", n, at)
            items_2: list[DescribeLogDirsTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.partitions", at)
                n -= 1
                room -= n * 156
                if room < 0 or n * 22 > len(data) - at:
                    raise too_many("DescribeLogDirsTopic.partitions", n, at)
                items_3: list[DescribeLogDirsPartition] = []
                for _ in range(n):
                    partition_index, partition_size, offset_lag, is_future_key, tags = _read_iqqoB(data, at)
                    at += 22
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(DescribeLogDirsPartition(partition_index, partition_size, offset_lag, is_future_key))
                partitions = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(DescribeLogDirsTopic(name, partitions))
            topics = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(DescribeLogDirsResult(error_code, log_dir, topics))
        results = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeLogDirsResponse(throttle_time_ms, 0, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsResponse v2", at, error) from None


def _encode_v2(m: DescribeLogDirsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.log_dir.encode()
            out += _write_h(each_of_results.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_results.topics:
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
                    out += _write_iqqox(each_of_partitions.partition_index, each_of_partitions.partition_size, each_of_partitions.offset_lag, each_of_partitions.is_future_key)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsResponse v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeLogDirsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeLogDirsResponse.results", at)
        n -= 1
        room -= n * 214
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DescribeLogDirsResponse.results", n, at)
        items: list[DescribeLogDirsResult] = []
        for _ in range(n):
            error_code_2, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.log_dir", at)
            end = at + n - 1
            log_dir = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeLogDirsResult.topics", n, at)
            items_2: list[DescribeLogDirsTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.partitions", at)
                n -= 1
                room -= n * 156
                if room < 0 or n * 22 > len(data) - at:
                    raise too_many("DescribeLogDirsTopic.partitions", n, at)
                items_3: list[DescribeLogDirsPartition] = []
                for _ in range(n):
                    partition_index, partition_size, offset_lag, is_future_key, tags = _read_iqqoB(data, at)
                    at += 22
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(DescribeLogDirsPartition(partition_index, partition_size, offset_lag, is_future_key))
                partitions = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(DescribeLogDirsTopic(name, partitions))
            topics = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(DescribeLogDirsResult(error_code_2, log_dir, topics))
        results = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeLogDirsResponse(throttle_time_ms, error_code, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsResponse v3", at, error) from None


def _encode_v3(m: DescribeLogDirsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.log_dir.encode()
            out += _write_h(each_of_results.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_results.topics:
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
                    out += _write_iqqox(each_of_partitions.partition_index, each_of_partitions.partition_size, each_of_partitions.offset_lag, each_of_partitions.is_future_key)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsResponse v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DescribeLogDirsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeLogDirsResponse.results", at)
        n -= 1
        room -= n * 270
        if room < 0 or n * 21 > len(data) - at:
            raise too_many("DescribeLogDirsResponse.results", n, at)
        items: list[DescribeLogDirsResult] = []
        for _ in range(n):
            error_code_2, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.log_dir", at)
            end = at + n - 1
            log_dir = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeLogDirsResult.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribeLogDirsResult.topics", n, at)
            items_2: list[DescribeLogDirsTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("DescribeLogDirsTopic.partitions", at)
                n -= 1
                room -= n * 156
                if room < 0 or n * 22 > len(data) - at:
                    raise too_many("DescribeLogDirsTopic.partitions", n, at)
                items_3: list[DescribeLogDirsPartition] = []
                for _ in range(n):
                    partition_index, partition_size, offset_lag, is_future_key, tags = _read_iqqoB(data, at)
                    at += 22
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(DescribeLogDirsPartition(partition_index, partition_size, offset_lag, is_future_key))
                partitions = items_3
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(DescribeLogDirsTopic(name, partitions))
            topics = items_2
            total_bytes, usable_bytes, tags_3 = _read_qqB(data, at)
            at += 17
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(DescribeLogDirsResult(error_code_2, log_dir, topics, total_bytes, usable_bytes))
        results = items
        tags_4 = data[at]
        at += 1
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return DescribeLogDirsResponse(throttle_time_ms, error_code, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeLogDirsResponse v4", at, error) from None


def _encode_v4(m: DescribeLogDirsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.log_dir.encode()
            out += _write_h(each_of_results.error_code)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_results.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_results.topics:
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
                    out += _write_iqqox(each_of_partitions.partition_index, each_of_partitions.partition_size, each_of_partitions.offset_lag, each_of_partitions.is_future_key)
                out.append(0)
            out += _write_qqx(each_of_results.total_bytes, each_of_results.usable_bytes)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeLogDirsResponse v4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeLogDirsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
    4: _decode_v4,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeLogDirsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
    4: _encode_v4,
}
