"""ControlledShutdownResponse, key 7, versions 0-3. Generated from messages.spec, do not edit."""

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
    class RemainingPartition(Message):
        topic_name: str = ""  # v0+
        partition_index: int = 0  # v0+

    @frozen
    class ControlledShutdownResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONTROLLED_SHUTDOWN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 3)
        error_code: int = 0  # v0+
        remaining_partitions: Sequence[RemainingPartition] = ()  # v0+

else:

    class RemainingPartition(Message):
        __slots__ = ("topic_name", "partition_index")

        def __init__(self, topic_name="", partition_index=0):
            self.topic_name = topic_name
            self.partition_index = partition_index

    class ControlledShutdownResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CONTROLLED_SHUTDOWN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 3)
        __slots__ = ("error_code", "remaining_partitions")

        def __init__(self, error_code=0, remaining_partitions=()):
            self.error_code = error_code
            self.remaining_partitions = remaining_partitions


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[ControlledShutdownResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("ControlledShutdownResponse.remaining_partitions", at)
        room -= n * 134
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ControlledShutdownResponse.remaining_partitions", n, at)
        items: list[RemainingPartition] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("RemainingPartition.topic_name", at)
            end = at + n
            topic_name = data[at:end].decode()
            at = end
            partition_index, = _read_i(data, at)
            at += 4
            items.append(RemainingPartition(topic_name, partition_index))
        remaining_partitions = items
        return ControlledShutdownResponse(error_code, remaining_partitions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ControlledShutdownResponse v0-2", at, error) from None


def _encode_v0(m: ControlledShutdownResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.remaining_partitions))
        for each_of_remaining_partitions in m.remaining_partitions:
            s = each_of_remaining_partitions.topic_name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(each_of_remaining_partitions.partition_index)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ControlledShutdownResponse v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ControlledShutdownResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ControlledShutdownResponse.remaining_partitions", at)
        n -= 1
        room -= n * 134
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("ControlledShutdownResponse.remaining_partitions", n, at)
        items: list[RemainingPartition] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("RemainingPartition.topic_name", at)
            end = at + n - 1
            topic_name = data[at:end].decode()
            at = end
            partition_index, tags = _read_iB(data, at)
            at += 5
            if tags:
                at = skip_tags(data, at, tags)
            items.append(RemainingPartition(topic_name, partition_index))
        remaining_partitions = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ControlledShutdownResponse(error_code, remaining_partitions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ControlledShutdownResponse v3", at, error) from None


def _encode_v3(m: ControlledShutdownResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        n = len(m.remaining_partitions) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_remaining_partitions in m.remaining_partitions:
            s = each_of_remaining_partitions.topic_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_ix(each_of_remaining_partitions.partition_index)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ControlledShutdownResponse v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ControlledShutdownResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[ControlledShutdownResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
}
