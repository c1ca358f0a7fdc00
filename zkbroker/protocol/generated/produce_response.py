"""ProduceResponse, key 0, versions 0-11. Generated from messages.spec, do not edit."""

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
    append_tag,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    long_uvarint,
    not_in_version,
    skip_tags,
    tag_header,
    too_many,
    undecodable,
    unencodable,
    wrong_tag_size,
)

if TYPE_CHECKING:

    @frozen
    class BatchIndexAndErrorMessage(Message):
        batch_index: int = 0  # v8+
        batch_index_error_message: str | None = None  # v8+, null in v8+

    @frozen
    class LeaderIdAndEpoch(Message):
        leader_id: int = -1  # v10+
        leader_epoch: int = -1  # v10+

    DEFAULT_LeaderIdAndEpoch: Final = LeaderIdAndEpoch()

    @frozen
    class PartitionProduceResponse(Message):
        index: int = 0  # v0+
        error_code: int = 0  # v0+
        base_offset: int = 0  # v0+
        log_append_time_ms: int = -1  # v2+
        log_start_offset: int = -1  # v5+
        record_errors: Sequence[BatchIndexAndErrorMessage] = ()  # v8+
        error_message: str | None = None  # v8+, null in v8+
        current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch  # v10+

    @frozen
    class TopicProduceResponse(Message):
        name: str = ""  # v0+
        partition_responses: Sequence[PartitionProduceResponse] = ()  # v0+

    @frozen
    class NodeEndpoint(Message):
        node_id: int = 0  # v10+
        host: str = ""  # v10+
        port: int = 0  # v10+
        rack: str | None = None  # v10+, null in v10+

    @frozen
    class ProduceResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.PRODUCE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 11, 9)
        responses: Sequence[TopicProduceResponse] = ()  # v0+
        throttle_time_ms: int = 0  # v1+
        node_endpoints: Sequence[NodeEndpoint] = ()  # v10+

else:

    class BatchIndexAndErrorMessage(Message):
        __slots__ = ("batch_index", "batch_index_error_message")

        def __init__(self, batch_index=0, batch_index_error_message=None):
            self.batch_index = batch_index
            self.batch_index_error_message = batch_index_error_message

    class LeaderIdAndEpoch(Message):
        __slots__ = ("leader_id", "leader_epoch")

        def __init__(self, leader_id=-1, leader_epoch=-1):
            self.leader_id = leader_id
            self.leader_epoch = leader_epoch

    DEFAULT_LeaderIdAndEpoch: Final = LeaderIdAndEpoch()

    class PartitionProduceResponse(Message):
        __slots__ = ("index", "error_code", "base_offset", "log_append_time_ms", "log_start_offset", "record_errors", "error_message", "current_leader")

        def __init__(self, index=0, error_code=0, base_offset=0, log_append_time_ms=-1, log_start_offset=-1, record_errors=(), error_message=None, current_leader=DEFAULT_LeaderIdAndEpoch):
            self.index = index
            self.error_code = error_code
            self.base_offset = base_offset
            self.log_append_time_ms = log_append_time_ms
            self.log_start_offset = log_start_offset
            self.record_errors = record_errors
            self.error_message = error_message
            self.current_leader = current_leader

    class TopicProduceResponse(Message):
        __slots__ = ("name", "partition_responses")

        def __init__(self, name="", partition_responses=()):
            self.name = name
            self.partition_responses = partition_responses

    class NodeEndpoint(Message):
        __slots__ = ("node_id", "host", "port", "rack")

        def __init__(self, node_id=0, host="", port=0, rack=None):
            self.node_id = node_id
            self.host = host
            self.port = port
            self.rack = rack

    class ProduceResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.PRODUCE
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 11, 9)
        __slots__ = ("responses", "throttle_time_ms", "node_endpoints")

        def __init__(self, responses=(), throttle_time_ms=0, node_endpoints=()):
            self.responses = responses
            self.throttle_time_ms = throttle_time_ms
            self.node_endpoints = node_endpoints


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihq = Struct(">ihq").unpack_from
_read_ihqq = Struct(">ihqq").unpack_from
_read_ihqqq = Struct(">ihqqq").unpack_from
_read_ihqqqB = Struct(">ihqqqB").unpack_from
_read_ihqqqi = Struct(">ihqqqi").unpack_from
_read_iiB = Struct(">iiB").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ihq = Struct(">ihq").pack
_write_ihqq = Struct(">ihqq").pack
_write_ihqqq = Struct(">ihqqq").pack
_write_ihqqqi = Struct(">ihqqqi").pack
_write_iix = Struct(">iix").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ProduceResponse.responses", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceResponse.partition_responses", at)
            room -= n * 188
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset = _read_ihq(data, at)
                at += 14
                items_2.append(PartitionProduceResponse(index, error_code, base_offset))
            partition_responses = items_2
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        return ProduceResponse(responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v0", at, error) from None


def _encode_v0(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v0")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partition_responses))
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v0")
                out += _write_ihq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ProduceResponse.responses", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceResponse.partition_responses", at)
            room -= n * 188
            if room < 0 or n * 14 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset = _read_ihq(data, at)
                at += 14
                items_2.append(PartitionProduceResponse(index, error_code, base_offset))
            partition_responses = items_2
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return ProduceResponse(responses, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v1", at, error) from None


def _encode_v1(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v1")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partition_responses))
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v1")
                out += _write_ihq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset)
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ProduceResponse.responses", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceResponse.partition_responses", at)
            room -= n * 216
            if room < 0 or n * 22 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset, log_append_time_ms = _read_ihqq(data, at)
                at += 22
                items_2.append(PartitionProduceResponse(index, error_code, base_offset, log_append_time_ms))
            partition_responses = items_2
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return ProduceResponse(responses, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v2-4", at, error) from None


def _encode_v2(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v2-4")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partition_responses))
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v2-4")
                out += _write_ihqq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset, each_of_partition_responses.log_append_time_ms)
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v2-4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ProduceResponse.responses", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceResponse.partition_responses", at)
            room -= n * 244
            if room < 0 or n * 30 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset, log_append_time_ms, log_start_offset = _read_ihqqq(data, at)
                at += 30
                items_2.append(PartitionProduceResponse(index, error_code, base_offset, log_append_time_ms, log_start_offset))
            partition_responses = items_2
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return ProduceResponse(responses, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v5-7", at, error) from None


def _encode_v5(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v5-7")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partition_responses))
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v5-7")
                out += _write_ihqqq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset, each_of_partition_responses.log_append_time_ms, each_of_partition_responses.log_start_offset)
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v5-7", error) from error


def _decode_v8(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("ProduceResponse.responses", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("TopicProduceResponse.partition_responses", at)
            room -= n * 350
            if room < 0 or n * 36 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset, log_append_time_ms, log_start_offset, n = _read_ihqqqi(data, at)
                at += 34
                if n < 0:
                    raise is_null("PartitionProduceResponse.record_errors", at)
                room -= n * 134
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("PartitionProduceResponse.record_errors", n, at)
                items_3: list[BatchIndexAndErrorMessage] = []
                for _ in range(n):
                    batch_index, n = _read_ih(data, at)
                    at += 6
                    batch_index_error_message: str | None = None
                    if n >= 0:
                        end = at + n
                        batch_index_error_message = data[at:end].decode()
                        at = end
                    items_3.append(BatchIndexAndErrorMessage(batch_index, batch_index_error_message))
                record_errors = items_3
                n, = _read_h(data, at)
                at += 2
                error_message: str | None = None
                if n >= 0:
                    end = at + n
                    error_message = data[at:end].decode()
                    at = end
                items_2.append(PartitionProduceResponse(index, error_code, base_offset, log_append_time_ms, log_start_offset, record_errors, error_message))
            partition_responses = items_2
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return ProduceResponse(responses, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v8", at, error) from None


def _encode_v8(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v8")
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_responses.partition_responses))
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v8")
                out += _write_ihqqqi(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset, each_of_partition_responses.log_append_time_ms, each_of_partition_responses.log_start_offset, len(each_of_partition_responses.record_errors))
                for each_of_record_errors in each_of_partition_responses.record_errors:
                    out += _write_i(each_of_record_errors.batch_index)
                    if each_of_record_errors.batch_index_error_message is None:
                        out += b"\xff" * 2
                    else:
                        s = each_of_record_errors.batch_index_error_message.encode()
                        out += _write_h(len(s))
                        out += s
                if each_of_partition_responses.error_message is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partition_responses.error_message.encode()
                    out += _write_h(len(s))
                    out += s
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v8", error) from error


def _decode_v9(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ProduceResponse.responses", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicProduceResponse.partition_responses", at)
            n -= 1
            room -= n * 350
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset, log_append_time_ms, log_start_offset, n = _read_ihqqqB(data, at)
                at += 31
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionProduceResponse.record_errors", at)
                n -= 1
                room -= n * 134
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("PartitionProduceResponse.record_errors", n, at)
                items_3: list[BatchIndexAndErrorMessage] = []
                for _ in range(n):
                    batch_index, n = _read_iB(data, at)
                    at += 5
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    batch_index_error_message: str | None = None
                    if n:
                        end = at + n - 1
                        batch_index_error_message = data[at:end].decode()
                        at = end
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(BatchIndexAndErrorMessage(batch_index, batch_index_error_message))
                record_errors = items_3
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message: str | None = None
                if n:
                    end = at + n - 1
                    error_message = data[at:end].decode()
                    at = end
                tags_2 = data[at]
                at += 1
                if tags_2:
                    at = skip_tags(data, at, tags_2)
                items_2.append(PartitionProduceResponse(index, error_code, base_offset, log_append_time_ms, log_start_offset, record_errors, error_message))
            partition_responses = items_2
            tags_3 = data[at]
            at += 1
            if tags_3:
                at = skip_tags(data, at, tags_3)
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        throttle_time_ms, tags_4 = _read_iB(data, at)
        at += 5
        if tags_4:
            at = skip_tags(data, at, tags_4)
        return ProduceResponse(responses, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v9", at, error) from None


def _encode_v9(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.node_endpoints:
            raise not_in_version("ProduceResponse.node_endpoints", "ProduceResponse v9")
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_responses.partition_responses) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_responses in each_of_responses.partition_responses:
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    raise not_in_version("PartitionProduceResponse.current_leader", "ProduceResponse v9")
                out += _write_ihqqq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset, each_of_partition_responses.log_append_time_ms, each_of_partition_responses.log_start_offset)
                n = len(each_of_partition_responses.record_errors) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_record_errors in each_of_partition_responses.record_errors:
                    out += _write_i(each_of_record_errors.batch_index)
                    if each_of_record_errors.batch_index_error_message is None:
                        out.append(0)
                    else:
                        s = each_of_record_errors.batch_index_error_message.encode()
                        n = len(s) + 1
                        if n < 128:
                            out.append(n)
                        else:
                            append_string_length(out, n)
                        out += s
                    out.append(0)
                if each_of_partition_responses.error_message is None:
                    out.append(0)
                else:
                    s = each_of_partition_responses.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
            out.append(0)
        out += _write_ix(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ProduceResponse v9", error) from error


def _decode_v10(data: bytes, at: int) -> tuple[ProduceResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ProduceResponse.responses", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ProduceResponse.responses", n, at)
        items: list[TopicProduceResponse] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TopicProduceResponse.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("TopicProduceResponse.partition_responses", at)
            n -= 1
            room -= n * 350
            if room < 0 or n * 33 > len(data) - at:
                raise too_many("TopicProduceResponse.partition_responses", n, at)
            items_2: list[PartitionProduceResponse] = []
            for _ in range(n):
                index, error_code, base_offset, log_append_time_ms, log_start_offset, n = _read_ihqqqB(data, at)
                at += 31
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("PartitionProduceResponse.record_errors", at)
                n -= 1
                room -= n * 134
                if room < 0 or n * 6 > len(data) - at:
                    raise too_many("PartitionProduceResponse.record_errors", n, at)
                items_3: list[BatchIndexAndErrorMessage] = []
                for _ in range(n):
                    batch_index, n = _read_iB(data, at)
                    at += 5
                    if n > 127:
                        n, at = long_string_length(data, at, n)
                    batch_index_error_message: str | None = None
                    if n:
                        end = at + n - 1
                        batch_index_error_message = data[at:end].decode()
                        at = end
                    tags = data[at]
                    at += 1
                    if tags:
                        at = skip_tags(data, at, tags)
                    items_3.append(BatchIndexAndErrorMessage(batch_index, batch_index_error_message))
                record_errors = items_3
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message: str | None = None
                if n:
                    end = at + n - 1
                    error_message = data[at:end].decode()
                    at = end
                current_leader: LeaderIdAndEpoch = DEFAULT_LeaderIdAndEpoch
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
                            leader_id, leader_epoch, tags_3 = _read_iiB(data, at)
                            at += 9
                            if tags_3:
                                at = skip_tags(data, at, tags_3)
                            current_leader = LeaderIdAndEpoch(leader_id, leader_epoch)
                        else:
                            at = end_of_tag
                        if at != end_of_tag:
                            raise wrong_tag_size("PartitionProduceResponse", tag, at, end_of_tag)
                items_2.append(PartitionProduceResponse(index, error_code, base_offset, log_append_time_ms, log_start_offset, record_errors, error_message, current_leader))
            partition_responses = items_2
            tags_4 = data[at]
            at += 1
            if tags_4:
                at = skip_tags(data, at, tags_4)
            items.append(TopicProduceResponse(name, partition_responses))
        responses = items
        node_endpoints: Sequence[NodeEndpoint] = ()
        throttle_time_ms, tags_5 = _read_iB(data, at)
        at += 5
        if tags_5:
            if tags_5 > 127:
                tags_5, at = long_uvarint(data, at, tags_5)
            last_2 = -1
            for _ in range(tags_5):
                tag_2, at, end_of_tag_2 = tag_header(data, at, last_2)
                last_2 = tag_2
                if tag_2 == 0:
                    n = data[at]
                    at += 1
                    if n > 127:
                        n, at = long_length(data, at, n)
                    if not n:
                        raise is_null("ProduceResponse.node_endpoints", at)
                    n -= 1
                    room -= n * 228
                    if room < 0 or n * 11 > len(data) - at:
                        raise too_many("ProduceResponse.node_endpoints", n, at)
                    items_4: list[NodeEndpoint] = []
                    for _ in range(n):
                        node_id, n = _read_iB(data, at)
                        at += 5
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        if not n:
                            raise is_null("NodeEndpoint.host", at)
                        end = at + n - 1
                        host = data[at:end].decode()
                        at = end
                        port, n = _read_iB(data, at)
                        at += 5
                        if n > 127:
                            n, at = long_string_length(data, at, n)
                        rack: str | None = None
                        if n:
                            end = at + n - 1
                            rack = data[at:end].decode()
                            at = end
                        tags_6 = data[at]
                        at += 1
                        if tags_6:
                            at = skip_tags(data, at, tags_6)
                        items_4.append(NodeEndpoint(node_id, host, port, rack))
                    node_endpoints = items_4
                else:
                    at = end_of_tag_2
                if at != end_of_tag_2:
                    raise wrong_tag_size("ProduceResponse", tag_2, at, end_of_tag_2)
        return ProduceResponse(responses, throttle_time_ms, node_endpoints), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ProduceResponse v10-11", at, error) from None


def _encode_v10(m: ProduceResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            s = each_of_responses.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_responses.partition_responses) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_responses in each_of_responses.partition_responses:
                out += _write_ihqqq(each_of_partition_responses.index, each_of_partition_responses.error_code, each_of_partition_responses.base_offset, each_of_partition_responses.log_append_time_ms, each_of_partition_responses.log_start_offset)
                n = len(each_of_partition_responses.record_errors) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_uvarint(out, n)
                for each_of_record_errors in each_of_partition_responses.record_errors:
                    out += _write_i(each_of_record_errors.batch_index)
                    if each_of_record_errors.batch_index_error_message is None:
                        out.append(0)
                    else:
                        s = each_of_record_errors.batch_index_error_message.encode()
                        n = len(s) + 1
                        if n < 128:
                            out.append(n)
                        else:
                            append_string_length(out, n)
                        out += s
                    out.append(0)
                if each_of_partition_responses.error_message is None:
                    out.append(0)
                else:
                    s = each_of_partition_responses.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                    count = 0
                    section = bytearray()
                    if (each_of_partition_responses.current_leader is not DEFAULT_LeaderIdAndEpoch and each_of_partition_responses.current_leader != DEFAULT_LeaderIdAndEpoch):
                        count += 1
                        tag = bytearray()
                        tag += _write_iix(each_of_partition_responses.current_leader.leader_id, each_of_partition_responses.current_leader.leader_epoch)
                        append_tag(section, 0, tag)
                    append_uvarint(out, count)
                    out += section
                else:
                    out.append(0)
            out.append(0)
        out += _write_i(m.throttle_time_ms)
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
        raise unencodable("ProduceResponse v10-11", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ProduceResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
    5: _decode_v5,
    6: _decode_v5,
    7: _decode_v5,
    8: _decode_v8,
    9: _decode_v9,
    10: _decode_v10,
    11: _decode_v10,
}

ENCODERS: Final[Mapping[int, Callable[[ProduceResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
    5: _encode_v5,
    6: _encode_v5,
    7: _encode_v5,
    8: _encode_v8,
    9: _encode_v9,
    10: _encode_v10,
    11: _encode_v10,
}
