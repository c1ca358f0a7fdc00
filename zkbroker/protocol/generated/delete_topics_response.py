"""DeleteTopicsResponse, key 20, versions 0-6. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.model import TopicId
from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    MAX_DECODED_BYTES,
    ZERO_UUID,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_string_length,
    append_uvarint,
    is_null,
    long_length,
    long_string_length,
    null_not_in_version,
    skip_tags,
    too_many,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class DeletableTopicResult(Message):
        name: str | None = ""  # v0+, null in v6+
        topic_id: TopicId = ZERO_UUID  # v6+
        error_code: int = 0  # v0+
        error_message: str | None = None  # v5+, null in v5+

    @frozen
    class DeleteTopicsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 4)
        throttle_time_ms: int = 0  # v1+
        responses: Sequence[DeletableTopicResult] = ()  # v0+

else:

    class DeletableTopicResult(Message):
        __slots__ = ("name", "topic_id", "error_code", "error_message")

        def __init__(self, name="", topic_id=ZERO_UUID, error_code=0, error_message=None):
            self.name = name
            self.topic_id = topic_id
            self.error_code = error_code
            self.error_message = error_message

    class DeleteTopicsResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DELETE_TOPICS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 6, 4)
        __slots__ = ("throttle_time_ms", "responses")

        def __init__(self, throttle_time_ms=0, responses=()):
            self.throttle_time_ms = throttle_time_ms
            self.responses = responses


_read_16shB = Struct(">16shB").unpack_from
_read_h = Struct(">h").unpack_from
_read_hB = Struct(">hB").unpack_from
_read_i = Struct(">i").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ii = Struct(">ii").unpack_from
_write_16sh = Struct(">16sh").pack
_write_h = Struct(">h").pack
_write_hx = Struct(">hx").pack
_write_i = Struct(">i").pack
_write_ii = Struct(">ii").pack


def _decode_v0(data: bytes, at: int) -> tuple[DeleteTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("DeleteTopicsResponse.responses", at)
        room -= n * 150
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DeleteTopicsResponse.responses", n, at)
        items: list[DeletableTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeletableTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            error_code, = _read_h(data, at)
            at += 2
            items.append(DeletableTopicResult(name, ZERO_UUID, error_code))
        responses = items
        return DeleteTopicsResponse(0, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsResponse v0", at, error) from None


def _encode_v0(m: DeleteTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.responses))
        for each_of_responses in m.responses:
            if each_of_responses.name is None:
                raise null_not_in_version("each_of_responses.name", "DeleteTopicsResponse v0")
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_responses.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DeleteTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_ii(data, at)
        at += 8
        if n < 0:
            raise is_null("DeleteTopicsResponse.responses", at)
        room -= n * 150
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DeleteTopicsResponse.responses", n, at)
        items: list[DeletableTopicResult] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("DeletableTopicResult.name", at)
            end = at + n
            name = data[at:end].decode()
            at = end
            error_code, = _read_h(data, at)
            at += 2
            items.append(DeletableTopicResult(name, ZERO_UUID, error_code))
        responses = items
        return DeleteTopicsResponse(throttle_time_ms, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsResponse v1-3", at, error) from None


def _encode_v1(m: DeleteTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_ii(m.throttle_time_ms, len(m.responses))
        for each_of_responses in m.responses:
            if each_of_responses.name is None:
                raise null_not_in_version("each_of_responses.name", "DeleteTopicsResponse v1-3")
            s = each_of_responses.name.encode()
            out += _write_h(len(s))
            out += s
            out += _write_h(each_of_responses.error_code)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsResponse v1-3", error) from error


def _decode_v4(data: bytes, at: int) -> tuple[DeleteTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteTopicsResponse.responses", at)
        n -= 1
        room -= n * 150
        if room < 0 or n * 4 > len(data) - at:
            raise too_many("DeleteTopicsResponse.responses", n, at)
        items: list[DeletableTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeletableTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            error_code, tags = _read_hB(data, at)
            at += 3
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeletableTopicResult(name, ZERO_UUID, error_code))
        responses = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteTopicsResponse(throttle_time_ms, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsResponse v4", at, error) from None


def _encode_v4(m: DeleteTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            if each_of_responses.name is None:
                raise null_not_in_version("each_of_responses.name", "DeleteTopicsResponse v4")
            s = each_of_responses.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_hx(each_of_responses.error_code)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsResponse v4", error) from error


def _decode_v5(data: bytes, at: int) -> tuple[DeleteTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteTopicsResponse.responses", at)
        n -= 1
        room -= n * 200
        if room < 0 or n * 5 > len(data) - at:
            raise too_many("DeleteTopicsResponse.responses", n, at)
        items: list[DeletableTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DeletableTopicResult.name", at)
            end = at + n - 1
            name = data[at:end].decode()
            at = end
            error_code, n = _read_hB(data, at)
            at += 3
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeletableTopicResult(name, ZERO_UUID, error_code, error_message))
        responses = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteTopicsResponse(throttle_time_ms, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsResponse v5", at, error) from None


def _encode_v5(m: DeleteTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            if each_of_responses.name is None:
                raise null_not_in_version("each_of_responses.name", "DeleteTopicsResponse v5")
            s = each_of_responses.name.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_h(each_of_responses.error_code)
            if each_of_responses.error_message is None:
                out.append(0)
            else:
                s = each_of_responses.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsResponse v5", error) from error


def _decode_v6(data: bytes, at: int) -> tuple[DeleteTopicsResponse, int]:
    room = MAX_DECODED_BYTES
    try:
        throttle_time_ms, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DeleteTopicsResponse.responses", at)
        n -= 1
        room -= n * 249
        if room < 0 or n * 21 > len(data) - at:
            raise too_many("DeleteTopicsResponse.responses", n, at)
        items: list[DeletableTopicResult] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            name: str | None = None
            if n:
                end = at + n - 1
                name = data[at:end].decode()
                at = end
            topic_id, error_code, n = _read_16shB(data, at)
            at += 19
            if n > 127:
                n, at = long_string_length(data, at, n)
            error_message: str | None = None
            if n:
                end = at + n - 1
                error_message = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DeletableTopicResult(name, topic_id, error_code, error_message))
        responses = items
        tags_2 = data[at]
        at += 1
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DeleteTopicsResponse(throttle_time_ms, responses), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DeleteTopicsResponse v6", at, error) from None


def _encode_v6(m: DeleteTopicsResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(m.throttle_time_ms)
        n = len(m.responses) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_responses in m.responses:
            if each_of_responses.name is None:
                out.append(0)
            else:
                s = each_of_responses.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out += _write_16sh(each_of_responses.topic_id, each_of_responses.error_code)
            if each_of_responses.error_message is None:
                out.append(0)
            else:
                s = each_of_responses.error_message.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DeleteTopicsResponse v6", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DeleteTopicsResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
    2: _decode_v1,
    3: _decode_v1,
    4: _decode_v4,
    5: _decode_v5,
    6: _decode_v6,
}

ENCODERS: Final[Mapping[int, Callable[[DeleteTopicsResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
    2: _encode_v1,
    3: _encode_v1,
    4: _encode_v4,
    5: _encode_v5,
    6: _encode_v6,
}
