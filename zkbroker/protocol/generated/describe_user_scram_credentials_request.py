"""DescribeUserScramCredentialsRequest, key 50, versions 0-0. Generated from messages.spec, do not edit."""

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
    class UserName(Message):
        name: str = ""  # v0+

    @frozen
    class DescribeUserScramCredentialsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        users: Sequence[UserName] | None = ()  # v0+, null in v0+

else:

    class UserName(Message):
        __slots__ = ("name",)

        def __init__(self, name=""):
            self.name = name

    class DescribeUserScramCredentialsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("users",)

        def __init__(self, users=()):
            self.users = users




def _decode_v0(data: bytes, at: int) -> tuple[DescribeUserScramCredentialsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        users: list[UserName] | None
        if n:
            n -= 1
            room -= n * 98
            if room < 0 or n * 2 > len(data) - at:
                raise too_many("DescribeUserScramCredentialsRequest.users", n, at)
            items: list[UserName] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("UserName.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items.append(UserName(name))
            users = items
        else:
            users = None
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeUserScramCredentialsRequest(users), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeUserScramCredentialsRequest v0", at, error) from None


def _encode_v0(m: DescribeUserScramCredentialsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.users is None:
            out.append(0)
        else:
            n = len(m.users) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_users in m.users:
                s = each_of_users.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeUserScramCredentialsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeUserScramCredentialsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeUserScramCredentialsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
