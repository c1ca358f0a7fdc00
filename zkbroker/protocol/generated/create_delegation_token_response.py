"""CreateDelegationTokenResponse, key 38, versions 0-3. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
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
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class CreateDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        error_code: int = 0  # v0+
        principal_type: str = ""  # v0+
        principal_name: str = ""  # v0+
        token_requester_principal_type: str = ""  # v3+
        token_requester_principal_name: str = ""  # v3+
        issue_timestamp_ms: int = 0  # v0+
        expiry_timestamp_ms: int = 0  # v0+
        max_timestamp_ms: int = 0  # v0+
        token_id: str = ""  # v0+
        hmac: bytes = b""  # v0+
        throttle_time_ms: int = 0  # v0+

else:

    class CreateDelegationTokenResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.CREATE_DELEGATION_TOKEN
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 3, 2)
        __slots__ = ("error_code", "principal_type", "principal_name", "token_requester_principal_type", "token_requester_principal_name", "issue_timestamp_ms", "expiry_timestamp_ms", "max_timestamp_ms", "token_id", "hmac", "throttle_time_ms")

        def __init__(self, error_code=0, principal_type="", principal_name="", token_requester_principal_type="", token_requester_principal_name="", issue_timestamp_ms=0, expiry_timestamp_ms=0, max_timestamp_ms=0, token_id="", hmac=b"", throttle_time_ms=0):
            self.error_code = error_code
            self.principal_type = principal_type
            self.principal_name = principal_name
            self.token_requester_principal_type = token_requester_principal_type
            self.token_requester_principal_name = token_requester_principal_name
            self.issue_timestamp_ms = issue_timestamp_ms
            self.expiry_timestamp_ms = expiry_timestamp_ms
            self.max_timestamp_ms = max_timestamp_ms
            self.token_id = token_id
            self.hmac = hmac
            self.throttle_time_ms = throttle_time_ms


_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_hh = Struct(">hh").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_qqqB = Struct(">qqqB").unpack_from
_read_qqqh = Struct(">qqqh").unpack_from
_write_h = Struct(">h").pack
_write_hh = Struct(">hh").pack
_write_i = Struct(">i").pack
_write_ix = Struct(">ix").pack
_write_qqq = Struct(">qqq").pack
_write_qqqh = Struct(">qqqh").pack


def _decode_v0(data: bytes, at: int) -> tuple[CreateDelegationTokenResponse, int]:
    try:
        error_code, n = _read_hh(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateDelegationTokenResponse.principal_type", at)
        end = at + n
        principal_type = data[at:end].decode()
        at = end
        n, = _read_h(data, at)
        at += 2
        if n < 0:
            raise is_null("CreateDelegationTokenResponse.principal_name", at)
        end = at + n
        principal_name = data[at:end].decode()
        at = end
        issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, n = _read_qqqh(data, at)
        at += 26
        if n < 0:
            raise is_null("CreateDelegationTokenResponse.token_id", at)
        end = at + n
        token_id = data[at:end].decode()
        at = end
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("CreateDelegationTokenResponse.hmac", at)
        end = at + n
        hmac = data[at:end]
        at = end
        throttle_time_ms, = _read_i(data, at)
        at += 4
        return CreateDelegationTokenResponse(error_code, principal_type, principal_name, "", "", issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, token_id, hmac, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenResponse v0-1", at, error) from None


def _encode_v0(m: CreateDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.token_requester_principal_type != "":
            raise not_in_version("CreateDelegationTokenResponse.token_requester_principal_type", "CreateDelegationTokenResponse v0-1")
        if m.token_requester_principal_name != "":
            raise not_in_version("CreateDelegationTokenResponse.token_requester_principal_name", "CreateDelegationTokenResponse v0-1")
        s = m.principal_type.encode()
        out += _write_hh(m.error_code, len(s))
        out += s
        s = m.principal_name.encode()
        out += _write_h(len(s))
        out += s
        s = m.token_id.encode()
        out += _write_qqqh(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms, len(s))
        out += s
        out += _write_i(len(m.hmac))
        out += m.hmac
        out += _write_i(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenResponse v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[CreateDelegationTokenResponse, int]:
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.principal_type", at)
        end = at + n - 1
        principal_type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.principal_name", at)
        end = at + n - 1
        principal_name = data[at:end].decode()
        at = end
        issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, n = _read_qqqB(data, at)
        at += 25
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.token_id", at)
        end = at + n - 1
        token_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.hmac", at)
        end = at + n - 1
        hmac = data[at:end]
        at = end
        throttle_time_ms, tags = _read_iB(data, at)
        at += 5
        if tags:
            at = skip_tags(data, at, tags)
        return CreateDelegationTokenResponse(error_code, principal_type, principal_name, "", "", issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, token_id, hmac, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenResponse v2", at, error) from None


def _encode_v2(m: CreateDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.token_requester_principal_type != "":
            raise not_in_version("CreateDelegationTokenResponse.token_requester_principal_type", "CreateDelegationTokenResponse v2")
        if m.token_requester_principal_name != "":
            raise not_in_version("CreateDelegationTokenResponse.token_requester_principal_name", "CreateDelegationTokenResponse v2")
        s = m.principal_type.encode()
        out += _write_h(m.error_code)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.principal_name.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.token_id.encode()
        out += _write_qqq(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        n = len(m.hmac) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.hmac
        out += _write_ix(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenResponse v2", error) from error


def _decode_v3(data: bytes, at: int) -> tuple[CreateDelegationTokenResponse, int]:
    try:
        error_code, n = _read_hB(data, at)
        at += 3
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.principal_type", at)
        end = at + n - 1
        principal_type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.principal_name", at)
        end = at + n - 1
        principal_name = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.token_requester_principal_type", at)
        end = at + n - 1
        token_requester_principal_type = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.token_requester_principal_name", at)
        end = at + n - 1
        token_requester_principal_name = data[at:end].decode()
        at = end
        issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, n = _read_qqqB(data, at)
        at += 25
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.token_id", at)
        end = at + n - 1
        token_id = data[at:end].decode()
        at = end
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("CreateDelegationTokenResponse.hmac", at)
        end = at + n - 1
        hmac = data[at:end]
        at = end
        throttle_time_ms, tags = _read_iB(data, at)
        at += 5
        if tags:
            at = skip_tags(data, at, tags)
        return CreateDelegationTokenResponse(error_code, principal_type, principal_name, token_requester_principal_type, token_requester_principal_name, issue_timestamp_ms, expiry_timestamp_ms, max_timestamp_ms, token_id, hmac, throttle_time_ms), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("CreateDelegationTokenResponse v3", at, error) from None


def _encode_v3(m: CreateDelegationTokenResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        s = m.principal_type.encode()
        out += _write_h(m.error_code)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.principal_name.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.token_requester_principal_type.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.token_requester_principal_name.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        s = m.token_id.encode()
        out += _write_qqq(m.issue_timestamp_ms, m.expiry_timestamp_ms, m.max_timestamp_ms)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        n = len(m.hmac) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        out += m.hmac
        out += _write_ix(m.throttle_time_ms)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("CreateDelegationTokenResponse v3", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[CreateDelegationTokenResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
    3: _decode_v3,
}

ENCODERS: Final[Mapping[int, Callable[[CreateDelegationTokenResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
    3: _encode_v3,
}
