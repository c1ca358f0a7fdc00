"""AlterReplicaLogDirsRequest, key 34, versions 0-2. Generated from messages.spec, do not edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, error as StructError, unpack_from
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import frozen

from zkbroker.protocol.generated.api_keys import ApiKey
from zkbroker.protocol.primitives import (
    FEW,
    MAX_DECODED_BYTES,
    PACK_COMPACT_INT32S,
    PACK_INT32S,
    UNPACK_INT32S,
    Buffer,
    Message,
    Records,
    VersionRange,
    append_numbers,
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
    class AlterReplicaLogDirTopic(Message):
        name: str = ""  # v0+
        partitions: Sequence[int] = ()  # v0+

    @frozen
    class AlterReplicaLogDir(Message):
        path: str = ""  # v0+
        topics: Sequence[AlterReplicaLogDirTopic] = ()  # v0+

    @frozen
    class AlterReplicaLogDirsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_REPLICA_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        dirs: Sequence[AlterReplicaLogDir] = ()  # v0+

else:

    class AlterReplicaLogDirTopic(Message):
        __slots__ = ("name", "partitions")

        def __init__(self, name="", partitions=()):
            self.name = name
            self.partitions = partitions

    class AlterReplicaLogDir(Message):
        __slots__ = ("path", "topics")

        def __init__(self, path="", topics=()):
            self.path = path
            self.topics = topics

    class AlterReplicaLogDirsRequest(Message):
        API_KEY: ClassVar[int] = ApiKey.ALTER_REPLICA_LOG_DIRS
        VERSIONS: ClassVar[VersionRange] = VersionRange(0, 2, 2)
        __slots__ = ("dirs",)

        def __init__(self, dirs=()):
            self.dirs = dirs


_read_h = Struct(">h").unpack_from
_read_i = Struct(">i").unpack_from
_write_h = Struct(">h").pack
_write_i = Struct(">i").pack


def _decode_v0(data: bytes, at: int) -> tuple[AlterReplicaLogDirsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n, = _read_i(data, at)
        at += 4
        if n < 0:
            raise is_null("AlterReplicaLogDirsRequest.dirs", at)
        room -= n * 162
        if room < 0 or n * 6 > len(data) - at:
            raise too_many("AlterReplicaLogDirsRequest.dirs", n, at)
        items: list[AlterReplicaLogDir] = []
        for _ in range(n):
            n, = _read_h(data, at)
            at += 2
            if n < 0:
                raise is_null("AlterReplicaLogDir.path", at)
            end = at + n
            path = data[at:end].decode()
            at = end
            n, = _read_i(data, at)
            at += 4
            if n < 0:
                raise is_null("AlterReplicaLogDir.topics", at)
            room -= n * 162
            if room < 0 or n * 6 > len(data) - at:
                raise too_many("AlterReplicaLogDir.topics", n, at)
            items_2: list[AlterReplicaLogDirTopic] = []
            for _ in range(n):
                n, = _read_h(data, at)
                at += 2
                if n < 0:
                    raise is_null("AlterReplicaLogDirTopic.name", at)
                end = at + n
                name = data[at:end].decode()
                at = end
                n, = _read_i(data, at)
                at += 4
                if n < 0:
                    raise is_null("AlterReplicaLogDirTopic.partitions", at)
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("AlterReplicaLogDirTopic.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                items_2.append(AlterReplicaLogDirTopic(name, partitions))
            topics = items_2
            items.append(AlterReplicaLogDir(path, topics))
        dirs = items
        return AlterReplicaLogDirsRequest(dirs), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterReplicaLogDirsRequest v0-1", at, error) from None


def _encode_v0(m: AlterReplicaLogDirsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        out += _write_i(len(m.dirs))
        for each_of_dirs in m.dirs:
            s = each_of_dirs.path.encode()
            out += _write_h(len(s))
            out += s
            out += _write_i(len(each_of_dirs.topics))
            for each_of_topics in each_of_dirs.topics:
                s = each_of_topics.name.encode()
                out += _write_h(len(s))
                out += s
                numbers = each_of_topics.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_INT32S[n](n, *numbers)
                else:
                    append_numbers(out, "i", numbers, False)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterReplicaLogDirsRequest v0-1", error) from error


def _decode_v2(data: bytes, at: int) -> tuple[AlterReplicaLogDirsRequest, int]:
    room = MAX_DECODED_BYTES
    try:
        n = data[at]
        at += 1
        if n > 127:
            n, at = long_length(data, at, n)
        if not n:
            raise is_null("AlterReplicaLogDirsRequest.dirs", at)
        n -= 1
        room -= n * 162
        if room < 0 or n * 3 > len(data) - at:
            raise too_many("AlterReplicaLogDirsRequest.dirs", n, at)
        items: list[AlterReplicaLogDir] = []
        for _ in range(n):
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_string_length(data, at, n)
            if not n:
                raise is_null("AlterReplicaLogDir.path", at)
            end = at + n - 1
            path = data[at:end].decode()
            at = end
            n = data[at]
            at += 1
            if n > 127:
                n, at = long_length(data, at, n)
            if not n:
                raise is_null("AlterReplicaLogDir.topics", at)
            n -= 1
            room -= n * 162
            if room < 0 or n * 3 > len(data) - at:
                raise too_many("AlterReplicaLogDir.topics", n, at)
            items_2: list[AlterReplicaLogDirTopic] = []
            for _ in range(n):
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_string_length(data, at, n)
                if not n:
                    raise is_null("AlterReplicaLogDirTopic.name", at)
                end = at + n - 1
                name = data[at:end].decode()
                at = end
                n = data[at]
                at += 1
                if n > 127:
                    n, at = long_length(data, at, n)
                if not n:
                    raise is_null("AlterReplicaLogDirTopic.partitions", at)
                n -= 1
                room -= n * 36
                if room < 0 or n * 4 > len(data) - at:
                    raise too_many("AlterReplicaLogDirTopic.partitions", n, at)
                partitions = UNPACK_INT32S[n](data, at) if n < FEW else unpack_from(f">{n}i", data, at)
                at += n * 4
                tags = data[at]
                at += 1
                if tags:
                    at = skip_tags(data, at, tags)
                items_2.append(AlterReplicaLogDirTopic(name, partitions))
            topics = items_2
            tags_2 = data[at]
            at += 1
            if tags_2:
                at = skip_tags(data, at, tags_2)
            items.append(AlterReplicaLogDir(path, topics))
        dirs = items
        tags_3 = data[at]
        at += 1
        if tags_3:
            at = skip_tags(data, at, tags_3)
        return AlterReplicaLogDirsRequest(dirs), at
    except (IndexError, StructError, UnicodeDecodeError) as error:
        raise undecodable("AlterReplicaLogDirsRequest v2", at, error) from None


def _encode_v2(m: AlterReplicaLogDirsRequest, out: bytearray, buffers: list[Buffer | Records]) -> None:
    try:
        n = len(m.dirs) + 1
        if n < 128:
            out.append(n)
        else:
            append_uvarint(out, n)
        for each_of_dirs in m.dirs:
            s = each_of_dirs.path.encode()
            n = len(s) + 1
            if n < 128:
                out.append(n)
            else:
                append_string_length(out, n)
            out += s
            n = len(each_of_dirs.topics) + 1
            if n < 128:
                out.append(n)
            else:
                append_uvarint(out, n)
            for each_of_topics in each_of_dirs.topics:
                s = each_of_topics.name.encode()
                n = len(s) + 1
                if n < 128:
                    out.append(n)
                else:
                    append_string_length(out, n)
                out += s
                numbers = each_of_topics.partitions
                n = len(numbers)
                if n < FEW:
                    out += PACK_COMPACT_INT32S[n](n + 1, *numbers)
                else:
                    append_numbers(out, "i", numbers, True)
                out.append(0)
            out.append(0)
        out.append(0)
    except (AttributeError, TypeError, StructError) as error:
        raise unencodable("AlterReplicaLogDirsRequest v2", error) from error


READS_VIEW: Final = False
DECODERS: Final[Mapping[int, Callable[[bytes, int], tuple[AlterReplicaLogDirsRequest, int]]]] = {
    0: _decode_v0,
    1: _decode_v0,
    2: _decode_v2,
}

ENCODERS: Final[Mapping[int, Callable[[AlterReplicaLogDirsRequest, bytearray, list[Buffer | Records]], None]]] = {
    0: _encode_v0,
    1: _encode_v0,
    2: _encode_v2,
}
