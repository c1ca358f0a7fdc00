"""StopReplicaResponse, key 5, versions 0-4. Generated from messages.spec, do not edit."""

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
    class StopReplicaPartitionError(Message):
        topic_name: str = ""  # v0+
        partition_index: int = 0  # v0+
        error_code: int = 0  # v0+

    @frozen
    class StopReplicaResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.STOP_REPLICA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        error_code: int = 0  # v0+
        partition_errors: Sequence[StopReplicaPartitionError] = ()  # v0+

else:

    class StopReplicaPartitionError(Message):
        __slots__ = ("topic_name", "partition_index", "error_code")

        def __init__(self, topic_name="", partition_index=0, error_code=0):
            self.topic_name = topic_name
            self.partition_index = partition_index
            self.error_code = error_code

    class StopReplicaResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.STOP_REPLICA
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 4, 2)
        __slots__ = ("error_code", "partition_errors")

        def __init__(self, error_code=0, partition_errors=()):
            self.error_code = error_code
            self.partition_errors = partition_errors


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_ih = Struct(">ih").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_ih = Struct(">ih").pack
_write_ihx = Struct(">ihx").pack


def _decode_v0(data: bytes, at: int) -> tuple[StopReplicaResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("StopReplicaResponse.partition_errors", at)
        room -= n * 170
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("StopReplicaResponse.partition_errors", n, at)
        items: list[StopReplicaPartitionError] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("StopReplicaPartitionError.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, error_code_2 = _read_ih(data, at)
            at += 6
            items.append(StopReplicaPartitionError(topic_name, partition_index, error_code_2))
        partition_errors = items
        return StopReplicaResponse(error_code, partition_errors), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaResponse v0-1", at, error) from None


def _encode_v0(m: StopReplicaResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.partition_errors))
        for each_of_partition_errors in m.partition_errors:
            s = each_of_partition_errors.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_ih(each_of_partition_errors.partition_index, each_of_partition_errors.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[StopReplicaResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("StopReplicaResponse.partition_errors", at)
        n -= 1
        room -= n * 170
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("StopReplicaResponse.partition_errors", n, at)
        items: list[StopReplicaPartitionError] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("StopReplicaPartitionError.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            partition_index, error_code_2, tags = _read_ihB(data, at)
            at += 7
            if tags:
                at = skip_tags(data, at, tags)
            items.append(StopReplicaPartitionError(topic_name, partition_index, error_code_2))
        partition_errors = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return StopReplicaResponse(error_code, partition_errors), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("StopReplicaResponse v2-4", at, error) from None


def _encode_v2(m: StopReplicaResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        n = len(m.partition_errors) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_partition_errors in m.partition_errors:
            s = each_of_partition_errors.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ihx(each_of_partition_errors.partition_index, each_of_partition_errors.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("StopReplicaResponse v2-4", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[StopReplicaResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v2,
    4: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[StopReplicaResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v2,
    4: _encode_v2,
}
