"""DescribeTransactionsRequest, key 65, versions 0-0. Generated from messages.spec, do not edit."""

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
    class DescribeTransactionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        transactional_ids: Sequence[str] = ()  # v0+

else:

    class DescribeTransactionsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_TRANSACTIONS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("transactional_ids",)

        def __init__(self, transactional_ids=()):
            self.transactional_ids = transactional_ids




def _decode_v0(data: bytes, at: int) -> tuple[DescribeTransactionsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeTransactionsRequest.transactional_ids", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("DescribeTransactionsRequest.transactional_ids", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeTransactionsRequest.transactional_ids", at)
            end = at + n - 1
            transactional_ids_2 = data[at:end].decode()
            at = end
            items.append(transactional_ids_2)
        transactional_ids = items
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return DescribeTransactionsRequest(transactional_ids), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeTransactionsRequest v0", at, error) from None


def _encode_v0(m: DescribeTransactionsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.transactional_ids) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_transactional_ids in m.transactional_ids:
            s = each_of_transactional_ids.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeTransactionsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeTransactionsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeTransactionsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
