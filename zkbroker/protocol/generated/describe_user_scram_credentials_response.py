"""DescribeUserScramCredentialsResponse, key 50, versions 0-0. Generated from messages.spec, do not edit."""

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
    class CredentialInfo(Message):
        mechanism: int = 0  # v0+
        iterations: int = 0  # v0+

    @frozen
    class DescribeUserScramCredentialsResult(Message):
        user: str = ""  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        credential_infos: Sequence[CredentialInfo] = ()  # v0+

    @frozen
    class DescribeUserScramCredentialsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = ""  # v0+, null in v0+
        results: Sequence[DescribeUserScramCredentialsResult] = ()  # v0+

else:

    class CredentialInfo(Message):
        __slots__ = ("mechanism", "iterations")

        def __init__(self, mechanism=0, iterations=0):
            self.mechanism = mechanism
            self.iterations = iterations

    class DescribeUserScramCredentialsResult(Message):
        __slots__ = ("user", "error_code", "error_message", "credential_infos")

        def __init__(self, user="", error_code=0, error_message="", credential_infos=()):
            self.user = user
            self.error_code = error_code
            self.error_message = error_message
            self.credential_infos = credential_infos

    class DescribeUserScramCredentialsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 0, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "results")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message="", results=()):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.results = results


_read_biB = Struct(">biB").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_bix = Struct(">bix").pack
_write_h = Struct(">h").pack
_write_ih = Struct(">ih").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeUserScramCredentialsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, error_code, n = _read_ihB(data, at)
        at += 7
        if n > 127:
            n, at = long_string_length(data, at, n)
        error_message: str | None = None
        if n:
            end = at + n - 1
            error_message = data[at:end].decode()
            at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeUserScramCredentialsResponse.results", at)
        n -= 1
        room -= n * 256
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("DescribeUserScramCredentialsResponse.results", n, at)
        items: list[DescribeUserScramCredentialsResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeUserScramCredentialsResult.user", at)
            end = at + n - 1
            user = data[at:end].decode()
            at = end
            error_code_2, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message_2: str | None = None
            if n:
                end = at + n - 1
                error_message_2 = data[at:end].decode()
                at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribeUserScramCredentialsResult.credential_infos", at)
            n -= 1
            room -= n * 84
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("DescribeUserScramCredentialsResult.credential_infos", n, at)
            items_2: list[CredentialInfo] = []
            for _ in range(n):
                mechanism, iterations, tags = _read_biB(data, at)
                at += 6
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(CredentialInfo(mechanism, iterations))
            credential_infos = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DescribeUserScramCredentialsResult(user, error_code_2, error_message_2, credential_infos))
        results = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeUserScramCredentialsResponse(throttle_time_ms, error_code, error_message, results), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeUserScramCredentialsResponse v0", at, error) from None


def _encode_v0(m: DescribeUserScramCredentialsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ih(m.throttle_time_ms, m.error_code)
        if m.error_message is None:
            out.append(0)
        else:
            s = m.error_message.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
        n = len(m.results) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_results in m.results:
            s = each_of_results.user.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_h(each_of_results.error_code)
            if each_of_results.error_message is None:
                out.append(0)
            else:
                s = each_of_results.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            n = len(each_of_results.credential_infos) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_credential_infos in each_of_results.credential_infos:
                out += _write_bix(each_of_credential_infos.mechanism, each_of_credential_infos.iterations)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeUserScramCredentialsResponse v0", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeUserScramCredentialsResponse, int]]]] = {
    0: _decode_v0,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeUserScramCredentialsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
}
