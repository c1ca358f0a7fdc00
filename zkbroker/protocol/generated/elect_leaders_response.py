"""ElectLeadersResponse, key 43, versions 0-2. Generated from messages.spec, do not edit."""

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
    class PartitionResult(Message):
        partition_id: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+

    @frozen
    class ReplicaElectionResult(Message):
        topic: str = ""  # v0+
        partition_result: Sequence[PartitionResult] = ()  # v0+

    @frozen
    class ElectLeadersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ELECT_LEADERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v1+
        replica_election_results: Sequence[ReplicaElectionResult] = ()  # v0+

else:

    class PartitionResult(Message):
        __slots__ = ("partition_id", "error_code", "error_message")

        def __init__(self, partition_id=0, error_code=0, error_message=""):
            self.partition_id = partition_id
            self.error_code = error_code
            self.error_message = error_message

    class ReplicaElectionResult(Message):
        __slots__ = ("topic", "partition_result")

        def __init__(self, topic="", partition_result=()):
            self.topic = topic
            self.partition_result = partition_result

    class ElectLeadersResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.ELECT_LEADERS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("throttle_time_ms", "error_code", "replica_election_results")

        def __init__(self, throttle_time_ms=0, error_code=0, replica_election_results=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.replica_election_results = replica_election_results


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_read_ihh = Struct(">ihh").unpack_from
_read_ihi = Struct(">ihi").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ihi = Struct(">ihi").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[ElectLeadersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("ElectLeadersResponse.replica_election_results", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ElectLeadersResponse.replica_election_results", n, at)
        items: list[ReplicaElectionResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ReplicaElectionResult.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ReplicaElectionResult.partition_result", at)
            room -= n * 170
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("ReplicaElectionResult.partition_result", n, at)
            items_2: list[PartitionResult] = []
            for _ in range(n):
                partition_id, error_code, n = _read_ihh(data, at)
                at += 8
                error_message: str | None = None
                if n >= 0:
                    end = at + n
                    error_message = data[at:end].decode()
                    at = end
                items_2.append(PartitionResult(partition_id, error_code, error_message))
            partition_result = items_2
            items.append(ReplicaElectionResult(topic, partition_result))
        replica_election_results = items
        return ElectLeadersResponse(throttle_time_ms, 0, replica_election_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersResponse v0", at, error) from None


def _encode_v0(m: ElectLeadersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.error_code != 0:
            raise not_in_version("ElectLeadersResponse.error_code", "ElectLeadersResponse v0")
        out += _write_ii(m.throttle_time_ms, len(m.replica_election_results))
        for each_of_replica_election_results in m.replica_election_results:
            s = each_of_replica_election_results.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_replica_election_results.partition_result))
            for each_of_partition_result in each_of_replica_election_results.partition_result:
                out += _write_ih(each_of_partition_result.partition_id, each_of_partition_result.error_code)
                if each_of_partition_result.error_message is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partition_result.error_message.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ElectLeadersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihi(data, at)
        at += 10
        if n < 0:
            raise is_null("ElectLeadersResponse.replica_election_results", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ElectLeadersResponse.replica_election_results", n, at)
        items: list[ReplicaElectionResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("ReplicaElectionResult.topic", at)
            end = at + n
            topic = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("ReplicaElectionResult.partition_result", at)
            room -= n * 170
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("ReplicaElectionResult.partition_result", n, at)
            items_2: list[PartitionResult] = []
            for _ in range(n):
                partition_id, error_code_2, n = _read_ihh(data, at)
                at += 8
                error_message: str | None = None
                if n >= 0:
                    end = at + n
                    error_message = data[at:end].decode()
                    at = end
                items_2.append(PartitionResult(partition_id, error_code_2, error_message))
            partition_result = items_2
            items.append(ReplicaElectionResult(topic, partition_result))
        replica_election_results = items
        return ElectLeadersResponse(throttle_time_ms, error_code, replica_election_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersResponse v1", at, error) from None


def _encode_v1(m: ElectLeadersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ihi(m.throttle_time_ms, m.error_code, len(m.replica_election_results))
        for each_of_replica_election_results in m.replica_election_results:
            s = each_of_replica_election_results.topic.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_replica_election_results.partition_result))
            for each_of_partition_result in each_of_replica_election_results.partition_result:
                out += _write_ih(each_of_partition_result.partition_id, each_of_partition_result.error_code)
                if each_of_partition_result.error_message is None:
                    out += b"\xff" * 2
                else:
                    s = each_of_partition_result.error_message.encode()
                    out += _write_h(len(s))
                    out += s
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersResponse v1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[ElectLeadersResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ElectLeadersResponse.replica_election_results", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("ElectLeadersResponse.replica_election_results", n, at)
        items: list[ReplicaElectionResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ReplicaElectionResult.topic", at)
            end = at + n - 1
            topic = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ReplicaElectionResult.partition_result", at)
            n -= 1
            room -= n * 170
            if room < 0 or n * 8 > len(data) - at:
                raise too_many("ReplicaElectionResult.partition_result", n, at)
            items_2: list[PartitionResult] = []
            for _ in range(n):
                partition_id, error_code_2, n = _read_ihB(data, at)
                at += 7
                if n > 127:
                    n, at = long_string_length(data, at, n)
                error_message: str | None = None
                if n:
                    end = at + n - 1
                    error_message = data[at:end].decode()
                    at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(PartitionResult(partition_id, error_code_2, error_message))
            partition_result = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(ReplicaElectionResult(topic, partition_result))
        replica_election_results = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return ElectLeadersResponse(throttle_time_ms, error_code, replica_election_results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ElectLeadersResponse v2", at, error) from None


def _encode_v2(m: ElectLeadersResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.replica_election_results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_replica_election_results in m.replica_election_results:
            s = each_of_replica_election_results.topic.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_replica_election_results.partition_result) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_partition_result in each_of_replica_election_results.partition_result:
                out += _write_ih(each_of_partition_result.partition_id, each_of_partition_result.error_code)
                if each_of_partition_result.error_message is None:
                    out.append(0)
                else:
                    s = each_of_partition_result.error_message.encode()
                    n = len(s) + 1
                    if n < 128:
                        out.append(n)
                    else:
                        append_string_length(out, n)
                    out += s
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ElectLeadersResponse v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ElectLeadersResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[ElectLeadersResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v2,
}
