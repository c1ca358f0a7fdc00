"""AlterUserScramCredentialsRequest, key 51, versions 0-0. Generated from messages.spec, do not edit."""

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
    class ScramCredentialDeletion(Message):
        name: str = ""  # v0+
        mechanism: int = 0  # v0+

    @frozen
    class ScramCredentialUpsertion(Message):
        name: str = ""  # v0+
        mechanism: int = 0  # v0+
        iterations: int = 0  # v0+
        salt: bytes = b""  # v0+
        salted_password: bytes = b""  # v0+

    @frozen
    class AlterUserScramCredentialsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        deletions: Sequence[ScramCredentialDeletion] = ()  # v0+
        upsertions: Sequence[ScramCredentialUpsertion] = ()  # v0+

else:

    class ScramCredentialDeletion(Message):
        __slots__ = ("name", "mechanism")

        def __init__(self, name="", mechanism=0):
            self.name = name
            self.mechanism = mechanism

    class ScramCredentialUpsertion(Message):
        __slots__ = ("name", "mechanism", "iterations", "salt", "salted_password")

        def __init__(self, name="", mechanism=0, iterations=0, salt=b"", salted_password=b""):
            self.name = name
            self.mechanism = mechanism
            self.iterations = iterations
            self.salt = salt
            self.salted_password = salted_password

    class AlterUserScramCredentialsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("deletions", "upsertions")

        def __init__(self, deletions=(), upsertions=()):
            self.deletions = deletions
            self.upsertions = upsertions


_read_bB = Struct(">bB").unpack_from
_read_biB = Struct(">biB").unpack_from
_write_bi = Struct(">bi").pack
_write_bx = Struct(">bx").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterUserScramCredentialsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterUserScramCredentialsRequest.deletions", at)
        n -= 1
        room -= n * 106
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterUserScramCredentialsRequest.deletions", n, at)
        items: list[ScramCredentialDeletion] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ScramCredentialDeletion.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            mechanism, tags = _read_bB(data, at)
            at += 2
            if tags:
                at = skip_tags(data, at, tags)
            items.append(ScramCredentialDeletion(name, mechanism))
        deletions = items
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterUserScramCredentialsRequest.upsertions", at)
        n -= 1
        room -= n * 226
        if room < 0 or n * 9 > len(data) - at:
            raise too_many("AlterUserScramCredentialsRequest.upsertions", n, at)
        items_2: list[ScramCredentialUpsertion] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("ScramCredentialUpsertion.name", at)
            end = at + n - 1
            name_2 = data[at:end].decode()
            at = end
            mechanism_2, iterations, n = _read_biB(data, at)
            at += 6
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ScramCredentialUpsertion.salt", at)
            end = at + n - 1
            salt = data[at:end]
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("ScramCredentialUpsertion.salted_password", at)
            end = at + n - 1
            salted_password = data[at:end]
            at = end
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items_2.append(ScramCredentialUpsertion(name_2, mechanism_2, iterations, salt, salted_password))
        upsertions = items_2
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterUserScramCredentialsRequest(deletions, upsertions), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterUserScramCredentialsRequest v0", at, error) from None


def _encode_v0(m: AlterUserScramCredentialsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.deletions) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_deletions in m.deletions:
            s = each_of_deletions.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_bx(each_of_deletions.mechanism)
        n = len(m.upsertions) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_upsertions in m.upsertions:
            s = each_of_upsertions.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_bi(each_of_upsertions.mechanism, each_of_upsertions.iterations)
            n = len(each_of_upsertions.salt) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_upsertions.salt
            n = len(each_of_upsertions.salted_password) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_upsertions.salted_password
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterUserScramCredentialsRequest v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterUserScramCredentialsRequest, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[AlterUserScramCredentialsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
