"""DescribeDelegationTokenResponse, key 41, versions 0-3. Generated from messages.spec, do not edit."""

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
    class DescribedDelegationTokenRenewer(Message):
        principal_type: str = ""  # v0+
        principal_name: str = ""  # v0+

    @frozen
    class DescribedDelegationToken(Message):
        principal_type: str = ""  # v0+
        principal_name: str = ""  # v0+
        token_requester_principal_type: str = ""  # v3+
        token_requester_principal_name: str = ""  # v3+
        issue_timestamp: int = 0  # v0+
        expiry_timestamp: int = 0  # v0+
        max_timestamp: int = 0  # v0+
        token_id: str = ""  # v0+
        hmac: bytes = b""  # v0+
        renewers: Sequence[DescribedDelegationTokenRenewer] = ()  # v0+

    @frozen
    class DescribeDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        error_code: int = 0  # v0+
        tokens: Sequence[DescribedDelegationToken] = ()  # v0+
        throttle_time_ms: int = 0  # v0+

else:

    class DescribedDelegationTokenRenewer(Message):
        __slots__ = ("principal_type", "principal_name")

        def __init__(self, principal_type="", principal_name=""):
            self.principal_type = principal_type
            self.principal_name = principal_name

    class DescribedDelegationToken(Message):
        __slots__ = ("principal_type", "principal_name", "token_requester_principal_type", "token_requester_principal_name", "issue_timestamp", "expiry_timestamp", "max_timestamp", "token_id", "hmac", "renewers")

        def __init__(self, principal_type="", principal_name="", token_requester_principal_type="", token_requester_principal_name="", issue_timestamp=0, expiry_timestamp=0, max_timestamp=0, token_id="", hmac=b"", renewers=()):
            self.principal_type = principal_type
            self.principal_name = principal_name
            self.token_requester_principal_type = token_requester_principal_type
            self.token_requester_principal_name = token_requester_principal_name
            self.issue_timestamp = issue_timestamp
            self.expiry_timestamp = expiry_timestamp
            self.max_timestamp = max_timestamp
            self.token_id = token_id
            self.hmac = hmac
            self.renewers = renewers

    class DescribeDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("error_code", "tokens", "throttle_time_ms")

        def __init__(self, error_code=0, tokens=(), throttle_time_ms=0):
            self.error_code = error_code
            self.tokens = tokens
            self.throttle_time_ms = throttle_time_ms


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hi = Struct(">hi").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_qqqB = Struct(">qqqB").unpack_from
_read_qqqh = Struct(">qqqh").unpack_from
_write_h = Struct(">h").pack
_write_hi = Struct(">hi").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack
_write_qqq = Struct(">qqq").pack
_write_qqqh = Struct(">qqqh").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeDelegationTokenResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hi(data, at)
        at += 6
        if n < 0:
            raise is_null("DescribeDelegationTokenResponse.tokens", at)
        room -= n * 444
        if room < 0 or n * 38 > len(data) - at:
            raise too_many("DescribeDelegationTokenResponse.tokens", n, at)
        items: list[DescribedDelegationToken] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedDelegationToken.principal_type", at)
            end = at + n
            principal_type = data[at:end].decode()
            at = end
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DescribedDelegationToken.principal_name", at)
            end = at + n
            principal_name = data[at:end].decode()
            at = end
            issue_timestamp, expiry_timestamp, max_timestamp, n = _read_qqqh(data, at)
            at += 26
            if n < 0:
                raise is_null("DescribedDelegationToken.token_id", at)
            end = at + n
            token_id = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedDelegationToken.hmac", at)
            end = at + n
            hmac = data[at:end]
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("DescribedDelegationToken.renewers", at)
            room -= n * 156
            if room < 0 or n * 4 > len(data) - at:
                raise too_many("DescribedDelegationToken.renewers", n, at)
            items_2: list[DescribedDelegationTokenRenewer] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedDelegationTokenRenewer.principal_type", at)
                end = at + n
                principal_type_2 = data[at:end].decode()
                at = end
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("DescribedDelegationTokenRenewer.principal_name", at)
                end = at + n
                principal_name_2 = data[at:end].decode()
                at = end
                items_2.append(DescribedDelegationTokenRenewer(principal_type_2, principal_name_2))
            renewers = items_2
            items.append(DescribedDelegationToken(principal_type, principal_name, "", "", issue_timestamp, expiry_timestamp, max_timestamp, token_id, hmac, renewers))
        tokens = items
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return DescribeDelegationTokenResponse(error_code, tokens, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeDelegationTokenResponse v0-1", at, error) from None


def _encode_v0(m: DescribeDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_hi(m.error_code, len(m.tokens))
        for each_of_tokens in m.tokens:
            if each_of_tokens.token_requester_principal_type != "":
                raise not_in_version("DescribedDelegationToken.token_requester_principal_type", "DescribeDelegationTokenResponse v0-1")
            if each_of_tokens.token_requester_principal_name != "":
                raise not_in_version("DescribedDelegationToken.token_requester_principal_name", "DescribeDelegationTokenResponse v0-1")
            s = each_of_tokens.principal_type.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_tokens.principal_name.encode()
            out += _write_h(len(s))
            out += s
            s = each_of_tokens.token_id.encode()
            out += _write_qqqh(each_of_tokens.issue_timestamp, each_of_tokens.expiry_timestamp, each_of_tokens.max_timestamp, len(s))
            out += s
            out += _write_i(len(each_of_tokens.hmac))
            out += each_of_tokens.hmac
            out += _write_i(len(each_of_tokens.renewers))
            for each_of_renewers in each_of_tokens.renewers:
                s = each_of_renewers.principal_type.encode()
                out += _write_h(len(s))
                out += s
                s = each_of_renewers.principal_name.encode()
                out += _write_h(len(s))
                out += s
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeDelegationTokenResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[DescribeDelegationTokenResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeDelegationTokenResponse.tokens", at)
        n -= 1
        room -= n * 444
        if room < 0 or n * 30 > len(data) - at:
            raise too_many("DescribeDelegationTokenResponse.tokens", n, at)
        items: list[DescribedDelegationToken] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.principal_type", at)
            end = at + n - 1
            principal_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.principal_name", at)
            end = at + n - 1
            principal_name = data[at:end].decode()
            at = end
            issue_timestamp, expiry_timestamp, max_timestamp, n = _read_qqqB(data, at)
            at += 25
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.token_id", at)
            end = at + n - 1
            token_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.hmac", at)
            end = at + n - 1
            hmac = data[at:end]
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.renewers", at)
            n -= 1
            room -= n * 156
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribedDelegationToken.renewers", n, at)
            items_2: list[DescribedDelegationTokenRenewer] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedDelegationTokenRenewer.principal_type", at)
                end = at + n - 1
                principal_type_2 = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedDelegationTokenRenewer.principal_name", at)
                end = at + n - 1
                principal_name_2 = data[at:end].decode()
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DescribedDelegationTokenRenewer(principal_type_2, principal_name_2))
            renewers = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DescribedDelegationToken(principal_type, principal_name, "", "", issue_timestamp, expiry_timestamp, max_timestamp, token_id, hmac, renewers))
        tokens = items
        throttle_time_ms, tags_3 = _read_iB(data, at)
        at += 5
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeDelegationTokenResponse(error_code, tokens, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeDelegationTokenResponse v2", at, error) from None


def _encode_v2(m: DescribeDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        n = len(m.tokens) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_tokens in m.tokens:
            if each_of_tokens.token_requester_principal_type != "":
                raise not_in_version("DescribedDelegationToken.token_requester_principal_type", "DescribeDelegationTokenResponse v2")
            if each_of_tokens.token_requester_principal_name != "":
                raise not_in_version("DescribedDelegationToken.token_requester_principal_name", "DescribeDelegationTokenResponse v2")
            s = each_of_tokens.principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.token_id.encode()
            out += _write_qqq(each_of_tokens.issue_timestamp, each_of_tokens.expiry_timestamp, each_of_tokens.max_timestamp)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_tokens.hmac) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_tokens.hmac
            n = len(each_of_tokens.renewers) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_renewers in each_of_tokens.renewers:
                s = each_of_renewers.principal_type.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_renewers.principal_name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out.append(0)
            out.append(0)
        out += _write_ix(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeDelegationTokenResponse v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[DescribeDelegationTokenResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeDelegationTokenResponse.tokens", at)
        n -= 1
        room -= n * 544
        if room < 0 or n * 32 > len(data) - at:
            raise too_many("DescribeDelegationTokenResponse.tokens", n, at)
        items: list[DescribedDelegationToken] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.principal_type", at)
            end = at + n - 1
            principal_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.principal_name", at)
            end = at + n - 1
            principal_name = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.token_requester_principal_type", at)
            end = at + n - 1
            token_requester_principal_type = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.token_requester_principal_name", at)
            end = at + n - 1
            token_requester_principal_name = data[at:end].decode()
            at = end
            issue_timestamp, expiry_timestamp, max_timestamp, n = _read_qqqB(data, at)
            at += 25
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.token_id", at)
            end = at + n - 1
            token_id = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.hmac", at)
            end = at + n - 1
            hmac = data[at:end]
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("DescribedDelegationToken.renewers", at)
            n -= 1
            room -= n * 156
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("DescribedDelegationToken.renewers", n, at)
            items_2: list[DescribedDelegationTokenRenewer] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedDelegationTokenRenewer.principal_type", at)
                end = at + n - 1
                principal_type_2 = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("DescribedDelegationTokenRenewer.principal_name", at)
                end = at + n - 1
                principal_name_2 = data[at:end].decode()
                at = end
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(DescribedDelegationTokenRenewer(principal_type_2, principal_name_2))
            renewers = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(DescribedDelegationToken(principal_type, principal_name, token_requester_principal_type, token_requester_principal_name, issue_timestamp, expiry_timestamp, max_timestamp, token_id, hmac, renewers))
        tokens = items
        throttle_time_ms, tags_3 = _read_iB(data, at)
        at += 5
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return DescribeDelegationTokenResponse(error_code, tokens, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeDelegationTokenResponse v3", at, error) from None


def _encode_v3(m: DescribeDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_h(m.error_code)
        n = len(m.tokens) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_tokens in m.tokens:
            s = each_of_tokens.principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.token_requester_principal_type.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.token_requester_principal_name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            s = each_of_tokens.token_id.encode()
            out += _write_qqq(each_of_tokens.issue_timestamp, each_of_tokens.expiry_timestamp, each_of_tokens.max_timestamp)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_tokens.hmac) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            out += each_of_tokens.hmac
            n = len(each_of_tokens.renewers) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_renewers in each_of_tokens.renewers:
                s = each_of_renewers.principal_type.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                s = each_of_renewers.principal_name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                out.append(0)
            out.append(0)
        out += _write_ix(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeDelegationTokenResponse v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeDelegationTokenResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeDelegationTokenResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
}
