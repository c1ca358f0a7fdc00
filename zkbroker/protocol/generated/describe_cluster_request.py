"""DescribeClusterRequest, key 60, versions 0-1. Generated from messages.spec, do not edit."""

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
    not_in_version,
    skip_tags,
    undecodable,
    unencodable,
)

if TYPE_CHECKING:

    @frozen
    class DescribeClusterRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLUSTER
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        include_cluster_authorized_operations: bool = False  # v0+
        endpoint_type: int = 1  # v1+

else:

    class DescribeClusterRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.DESCRIBE_CLUSTER
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 1, 0)
        __slots__ = ("include_cluster_authorized_operations", "endpoint_type")

        def __init__(self, include_cluster_authorized_operations=False, endpoint_type=1):
            self.include_cluster_authorized_operations = include_cluster_authorized_operations
            self.endpoint_type = endpoint_type


_read_oB = Struct(">?B").unpack_from
_read_obB = Struct(">?bB").unpack_from
_write_obx = Struct(">?bx").pack
_write_ox = Struct(">?x").pack


def _decode_v0(data: bytes, at: int) -> tuple[DescribeClusterRequest, int]:
    try:
        include_cluster_authorized_operations, tags = _read_oB(data, at)
        at += 2
        if tags:
            at = skip_tags(data, at, tags)
        return DescribeClusterRequest(include_cluster_authorized_operations), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClusterRequest v0", at, error) from None


def _encode_v0(m: DescribeClusterRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        if m.endpoint_type != 1:
            raise not_in_version("DescribeClusterRequest.endpoint_type", "DescribeClusterRequest v0")
        out += _write_ox(m.include_cluster_authorized_operations)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClusterRequest v0", error) from error


def _decode_v1(data: bytes, at: int) -> tuple[DescribeClusterRequest, int]:
    try:
        include_cluster_authorized_operations, endpoint_type, tags = _read_obB(data, at)
        at += 3
        if tags:
            at = skip_tags(data, at, tags)
        return DescribeClusterRequest(include_cluster_authorized_operations, endpoint_type), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("DescribeClusterRequest v1", at, error) from None


def _encode_v1(m: DescribeClusterRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_obx(m.include_cluster_authorized_operations, m.endpoint_type)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("DescribeClusterRequest v1", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[DescribeClusterRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v1,
}

ENCODERS: Final[Mapping[int, Callable[[DescribeClusterRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v1,
}
