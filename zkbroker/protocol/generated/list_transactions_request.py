"""ListTransactionsRequest, key 66, versions 0-1. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT64S,
    UNPACK_INT64S,
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
    class ListTransactionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        state_filters: Sequence[str] = ()  # v0+
        producer_id_filters: Sequence[int] = ()  # v0+
        duration_filter: int = -1  # v1+

else:

    class ListTransactionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("state_filters", "producer_id_filters", "duration_filter")

        def __init__(self, state_filters=(), producer_id_filters=(), duration_filter=-1):
            self.state_filters = state_filters
            self.producer_id_filters = producer_id_filters
            self.duration_filter = duration_filter


_read_qB = Struct(">qB").unpack_from
_write_qx = Struct(">qx").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListTransactionsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsRequest.state_filters", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListTransactionsRequest.state_filters", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListTransactionsRequest.state_filters", at)
            end = at + n - 1
            state_filters_2 = data[at:end].decode()
            at = end
            items.append(state_filters_2)
        state_filters = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsRequest.producer_id_filters", at)
        n -= 1
        room -= n * 36
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("ListTransactionsRequest.producer_id_filters", n, at)
        producer_id_filters = UNPACK_INT64S[n](data, at) if n < FEW else unpack_from(f">{n}q", data, at)
        at += n * 8
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return ListTransactionsRequest(state_filters, producer_id_filters), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListTransactionsRequest v0", at, error) from None


def _encode_v0(m: ListTransactionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.duration_filter != -1:
            raise not_in_version("ListTransactionsRequest.duration_filter", "ListTransactionsRequest v0")
        n = len(m.state_filters) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_state_filters in m.state_filters:
            s = each_of_state_filters.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        numbers = m.producer_id_filters
        n = len(numbers)
        if n < FEW:
            out += PACK_COMPACT_INT64S[n](n + 1, *numbers)
        else:
            append_numbers(out, "q", numbers, True)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListTransactionsRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[ListTransactionsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsRequest.state_filters", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListTransactionsRequest.state_filters", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListTransactionsRequest.state_filters", at)
            end = at + n - 1
            state_filters_2 = data[at:end].decode()
            at = end
            items.append(state_filters_2)
        state_filters = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsRequest.producer_id_filters", at)
        n -= 1
        room -= n * 36
        if room < 0 or n * 8 > len(data) - at:
            raise too_many("ListTransactionsRequest.producer_id_filters", n, at)
        producer_id_filters = UNPACK_INT64S[n](data, at) if n < FEW else unpack_from(f">{n}q", data, at)
        at += n * 8
        duration_filter, tags = _read_qB(data, at)
        at += 9
        if tags:
            at = skip_tags(data, at, tags)
        return ListTransactionsRequest(state_filters, producer_id_filters, duration_filter), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListTransactionsRequest v1", at, error) from None


def _encode_v1(m: ListTransactionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.state_filters) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_state_filters in m.state_filters:
            s = each_of_state_filters.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        numbers = m.producer_id_filters
        n = len(numbers)
        if n < FEW:
            out += PACK_COMPACT_INT64S[n](n + 1, *numbers)
        else:
            append_numbers(out, "q", numbers, True)
        out += _write_qx(m.duration_filter)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListTransactionsRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListTransactionsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[ListTransactionsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
