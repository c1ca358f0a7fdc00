"""ListTransactionsResponse, key 66, versions 0-1. Generated from messages.spec, do not edit."""

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
    class TransactionState(Message):
        transactional_id: str = ""  # v0+
        producer_id: int = 0  # v0+
        transaction_state: str = ""  # v0+

    @frozen
    class ListTransactionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        unknown_state_filters: Sequence[str] = ()  # v0+
        transaction_states: Sequence[TransactionState] = ()  # v0+

else:

    class TransactionState(Message):
        __slots__ = ("transactional_id", "producer_id", "transaction_state")

        def __init__(self, transactional_id="", producer_id=0, transaction_state=""):
            self.transactional_id = transactional_id
            self.producer_id = producer_id
            self.transaction_state = transaction_state

    class ListTransactionsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("throttle_time_ms", "error_code", "unknown_state_filters", "transaction_states")

        def __init__(self, throttle_time_ms=0, error_code=0, unknown_state_filters=(), transaction_states=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.unknown_state_filters = unknown_state_filters
            self.transaction_states = transaction_states


_read_ihB = Struct(">ihB").unpack_from
_read_qB = Struct(">qB").unpack_from
_write_ih = Struct(">ih").pack
_write_q = Struct(">q").pack


def _decode_v0(data: bytes, at: int) -> tuple[ListTransactionsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsResponse.unknown_state_filters", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListTransactionsResponse.unknown_state_filters", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListTransactionsResponse.unknown_state_filters", at)
            end = at + n - 1
            unknown_state_filters_2 = data[at:end].decode()
            at = end
            items.append(unknown_state_filters_2)
        unknown_state_filters = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListTransactionsResponse.transaction_states", at)
        n -= 1
        room -= n * 192
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("ListTransactionsResponse.transaction_states", n, at)
        items_2: list[TransactionState] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TransactionState.transactional_id", at)
            end = at + n - 1
            transactional_id = data[at:end].decode()
            at = end
            producer_id, n = _read_qB(data, at)
            at += 9
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("TransactionState.transaction_state", at)
            end = at + n - 1
            transaction_state = data[at:end].decode()
            at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items_2.append(TransactionState(transactional_id, producer_id, transaction_state))
        transaction_states = items_2
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return ListTransactionsResponse(throttle_time_ms, error_code, unknown_state_filters, transaction_states), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListTransactionsResponse v0-1", at, error) from None


def _encode_v0(m: ListTransactionsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        n = len(m.unknown_state_filters) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_unknown_state_filters in m.unknown_state_filters:
            s = each_of_unknown_state_filters.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.transaction_states) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_transaction_states in m.transaction_states:
            s = each_of_transaction_states.transactional_id.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_transaction_states.transaction_state.encode()
            out += _write_q(each_of_transaction_states.producer_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListTransactionsResponse v0-1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListTransactionsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[ListTransactionsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
}
