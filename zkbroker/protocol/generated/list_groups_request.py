"""ListGroupsRequest, key 16, versions 0-5. Generated from messages.spec, do not edit."""

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
    class ListGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        states_filter: Sequence[str] = ()  # v4+
        types_filter: Sequence[str] = ()  # v5+

else:

    class ListGroupsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.LIST_GROUPS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 5, 3)
        __slots__ = ("states_filter", "types_filter")

        def __init__(self, states_filter=(), types_filter=()):
            self.states_filter = states_filter
            self.types_filter = types_filter




def _decode_v0(data: bytes, at: int) -> tuple[ListGroupsRequest, int]:
    try:
        return ListGroupsRequest(), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsRequest v0-2", at, error) from None


def _encode_v0(m: ListGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.states_filter:
            raise not_in_version("ListGroupsRequest.states_filter", "ListGroupsRequest v0-2")
        if m.types_filter:
            raise not_in_version("ListGroupsRequest.types_filter", "ListGroupsRequest v0-2")
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsRequest v0-2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[ListGroupsRequest, int]:
    try:
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return ListGroupsRequest(), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsRequest v3", at, error) from None


def _encode_v3(m: ListGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.states_filter:
            raise not_in_version("ListGroupsRequest.states_filter", "ListGroupsRequest v3")
        if m.types_filter:
            raise not_in_version("ListGroupsRequest.types_filter", "ListGroupsRequest v3")
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsRequest v3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[ListGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsRequest.states_filter", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListGroupsRequest.states_filter", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListGroupsRequest.states_filter", at)
            end = at + n - 1
            states_filter_2 = data[at:end].decode()
            at = end
            items.append(states_filter_2)
        states_filter = items
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return ListGroupsRequest(states_filter), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsRequest v4", at, error) from None


def _encode_v4(m: ListGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.types_filter:
            raise not_in_version("ListGroupsRequest.types_filter", "ListGroupsRequest v4")
        n = len(m.states_filter) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_states_filter in m.states_filter:
            s = each_of_states_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsRequest v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[ListGroupsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsRequest.states_filter", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListGroupsRequest.states_filter", n, at)
        items: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListGroupsRequest.states_filter", at)
            end = at + n - 1
            states_filter_2 = data[at:end].decode()
            at = end
            items.append(states_filter_2)
        states_filter = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("ListGroupsRequest.types_filter", at)
        n -= 1
        room -= n * 58
        if room < 0 or n > len(data) - at:
            raise too_many("ListGroupsRequest.types_filter", n, at)
        items_2: list[str] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ListGroupsRequest.types_filter", at)
            end = at + n - 1
            types_filter_2 = data[at:end].decode()
            at = end
            items_2.append(types_filter_2)
        types_filter = items_2
        tags = data[at]
        at += 1
        if tags:
            at = skip_tags(data, at, tags)
        return ListGroupsRequest(states_filter, types_filter), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("ListGroupsRequest v5", at, error) from None


def _encode_v5(m: ListGroupsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.states_filter) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_states_filter in m.states_filter:
            s = each_of_states_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.types_filter) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_types_filter in m.types_filter:
            s = each_of_types_filter.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("ListGroupsRequest v5", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[ListGroupsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v0,
    3: _decode_v3,
    4: _decode_v4,
    5: _decode_v5,
}

ENCODERS: Final[Mapping[int, Callable[[ListGroupsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v0,
    3: _encode_v3,
    4: _encode_v4,
    5: _encode_v5,
}
