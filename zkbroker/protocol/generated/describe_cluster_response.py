"""DescribeClusterResponse, key 60, versions 0-1. Generated from messages.spec, do not edit."""

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
    class DescribeClusterBroker(Message):
        broker_id: int = 0  # v0+
        host: str = ""  # v0+
        port: int = 0  # v0+
        rack: str | None = None  # v0+, null in v0+

    @frozen
    class DescribeClusterResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLUSTER
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        throttle_time_ms: int = 0  # v0+
        error_code: int = 0  # v0+
        error_message: str | None = None  # v0+, null in v0+
        endpoint_type: int = 1  # v1+
        cluster_id: str = ""  # v0+
        controller_id: int = -1  # v0+
        brokers: Sequence[DescribeClusterBroker] = ()  # v0+
        cluster_authorized_operations: int = -2147483648  # v0+

else:

    class DescribeClusterBroker(Message):
        __slots__ = ("broker_id", "host", "port", "rack")

        def __init__(self, broker_id=0, host="", port=0, rack=None):
            self.broker_id = broker_id
            self.host = host
            self.port = port
            self.rack = rack

    class DescribeClusterResponse(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLUSTER
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("throttle_time_ms", "error_code", "error_message", "endpoint_type", "cluster_id", "controller_id", "brokers", "cluster_authorized_operations")

        def __init__(self, throttle_time_ms=0, error_code=0, error_message=None, endpoint_type=1, cluster_id="", controller_id=-1, brokers=(), cluster_authorized_operations=-2147483648):
            self.throttle_time_ms = throttle_time_ms
            self.error_code = error_code
            self.error_message = error_message
            self.endpoint_type = endpoint_type
            self.cluster_id = cluster_id
            self.controller_id = controller_id
            self.brokers = brokers
            self.cluster_authorized_operations = cluster_authorized_operations


_read_bB = Struct(">bB").unpack_from
_read_iB = Struct(">iB").unpack_from
_read_ihB = Struct(">ihB").unpack_from
_write_b = Struct(">b").pack
_write_i = Struct(">i").pack
_write_ih = Struct(">ih").pack
_write_ix = Struct(">ix").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeClusterResponse, int]:
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
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("DescribeClusterResponse.cluster_id", at)
        end = at + n - 1
        cluster_id = data[at:end].decode()
        at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeClusterResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("DescribeClusterResponse.brokers", n, at)
        items: list[DescribeClusterBroker] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeClusterBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DescribeClusterBroker(broker_id, host, port, rack))
        brokers = items
        cluster_authorized_operations, tags_2 = _read_iB(data, at)
        at += 5
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeClusterResponse(throttle_time_ms, error_code, error_message, 1, cluster_id, controller_id, brokers, cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClusterResponse v0", at, error) from None


def _encode_v0(m: DescribeClusterResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.endpoint_type != 1:
            raise not_in_version("DescribeClusterResponse.endpoint_type", "DescribeClusterResponse v0")
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
        s = m.cluster_id.encode()
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_i(m.controller_id)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out += _write_ix(m.cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClusterResponse v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeClusterResponse, int]:
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
        endpoint_type, n = _read_bB(data, at)
        at += 2
        if n > 127:
            n, at = long_string_length(data, at, n)
        if not n:
            raise is_null("DescribeClusterResponse.cluster_id", at)
        end = at + n - 1
        cluster_id = data[at:end].decode()
        at = end
        controller_id, n = _read_iB(data, at)
        at += 5
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("DescribeClusterResponse.brokers", at)
        n -= 1
        room -= n * 228
        if room < 0 or n * 11 > len(data) - at:
            raise too_many("DescribeClusterResponse.brokers", n, at)
        items: list[DescribeClusterBroker] = []
        for _ in range(n):
            broker_id, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("DescribeClusterBroker.host", at)
            end = at + n - 1
            host = data[at:end].decode()
            at = end
            port, n = _read_iB(data, at)
            at += 5
            if n > 127:
                n, at = long_string_length(data, at, n)
            rack: str | None = None
            if n:
                end = at + n - 1
                rack = data[at:end].decode()
                at = end
            tags = data[at]
            at += 1
            if tags:
                at = skip_tags(data, at, tags)
            items.append(DescribeClusterBroker(broker_id, host, port, rack))
        brokers = items
        cluster_authorized_operations, tags_2 = _read_iB(data, at)
        at += 5
        if tags_2:
            at = skip_tags(data, at, tags_2)
        return DescribeClusterResponse(throttle_time_ms, error_code, error_message, endpoint_type, cluster_id, controller_id, brokers, cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClusterResponse v1", at, error) from None


def _encode_v1(m: DescribeClusterResponse, out: bytearray, buffers: list[Buffer | Records]) -> None:
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
        s = m.cluster_id.encode()
        out += _write_b(m.endpoint_type)
        n = len(s) + 1
        if n < 128:
            out.append(n)
        else:
            append_string_length(out, n)
        out += s
        out += _write_i(m.controller_id)
        n = len(m.brokers) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_brokers in m.brokers:
            s = each_of_brokers.host.encode()
            out += _write_i(each_of_brokers.broker_id)
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            out += _write_i(each_of_brokers.port)
            if each_of_brokers.rack is None:
                out.append(0)
            else:
                s = each_of_brokers.rack.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
            out.append(0)
        out += _write_ix(m.cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClusterResponse v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeClusterResponse, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeClusterResponse, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
