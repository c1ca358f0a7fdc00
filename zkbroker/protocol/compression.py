"""Compress and decompress the records of a batch. The only importer of the native codecs.

Source: reference layouts of org.apache.kafka.common.compress, Kafka 3.9.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import IntEnum
from struct import Struct
from struct import error as StructError
from typing import Any, Final

import cramjam

from zkbroker.protocol.primitives import Buffer


class Codec(IntEnum):
    """The lowest three bits of a batch's attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


class Undecompressible(ValueError):
    """Data that is damaged, or that becomes larger than allowed."""


_JAVA_LZ4_DEFAULT_LEVEL: Final = 9  # in Kafka's configuration this number means the fast compressor
_XERIAL_MAGIC: Final = b"\x82SNAPPY\x00"
_XERIAL_HEAD: Final = _XERIAL_MAGIC + b"\x00\x00\x00\x01\x00\x00\x00\x01"  # version and oldest reader
_XERIAL_BLOCK_BYTES: Final = 32 * 1024
_LEAST_GUESS_BYTES: Final = 16 * 1024
_block_size = Struct(">i")


def compress(codec: int, data: Buffer, level: int | None = None) -> bytes:
    """`level` as in Kafka's compression.<codec>.level, None for its default; snappy has none.

    Raises: ValueError for a codec that does not exist.
    """
    if codec == Codec.NONE:
        return bytes(data)
    if codec == Codec.GZIP:
        return zlib.compress(data, -1 if level is None else level, 16 + zlib.MAX_WBITS)
    if codec == Codec.SNAPPY:
        return _compress_xerial(data)
    if codec == Codec.LZ4:
        # Java reads only frames of independent blocks
        fast = level is None or level == _JAVA_LZ4_DEFAULT_LEVEL
        stream = cramjam.lz4.Compressor(
            level=1 if fast else level, content_checksum=False, block_linked=False
        )
        stream.compress(bytes(data))
        return bytes(stream.finish())
    if codec == Codec.ZSTD:
        return bytes(cramjam.zstd.compress(data, level=3 if level is None else level))
    raise ValueError(f"there is no codec {codec}")


def decompress(codec: int, data: Buffer, max_bytes: int) -> bytes:
    """At most `max_bytes` bytes; no more memory than twice that is taken, whatever the data says.

    Raises: Undecompressible.
    """
    if codec == Codec.NONE:
        if len(data) > max_bytes:
            raise _too_large("uncompressed data", max_bytes)
        return bytes(data)
    if codec == Codec.GZIP:
        return _decompress_gzip(data, max_bytes)
    if codec == Codec.SNAPPY:
        return _decompress_snappy(data, max_bytes)
    if codec == Codec.LZ4:
        return _decompress_by_growing(cramjam.lz4.decompress_into, "lz4", data, max_bytes)
    if codec == Codec.ZSTD:
        return _decompress_by_growing(cramjam.zstd.decompress_into, "zstd", data, max_bytes)
    raise Undecompressible(f"there is no codec {codec}")


def _too_large(what: str, max_bytes: int) -> Undecompressible:
    return Undecompressible(f"{what} becomes larger than {max_bytes} bytes")


def _decompress_gzip(data: Buffer, max_bytes: int) -> bytes:
    pieces = []
    left = max_bytes
    rest: Buffer = data
    while rest:  # members follow each other, as Java's reader accepts them
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            piece = stream.decompress(rest, left + 1)
        except zlib.error as error:
            raise Undecompressible(f"gzip: {error}") from None
        left -= len(piece)
        if left < 0:
            raise _too_large("gzip data", max_bytes)
        if not stream.eof:
            raise Undecompressible("gzip: cut short")
        pieces.append(piece)
        rest = stream.unused_data
    if not pieces:
        raise Undecompressible("gzip: no data")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _decompress_by_growing(into: Callable[..., Any], name: str, data: Buffer, max_bytes: int) -> bytes:
    """Decompress into a buffer; while it is too small, into one four times larger."""
    size = min(max_bytes, max(4 * len(data), _LEAST_GUESS_BYTES))
    while True:
        out = bytearray(size)
        try:
            written = into(data, out)
        except cramjam.DecompressionError as error:
            if "failed to write whole buffer" not in str(error):
                raise Undecompressible(f"{name}: {error}") from None
            if size == max_bytes:
                raise _too_large(f"{name} data", max_bytes) from None
            size = min(max_bytes, 4 * size)
        else:
            return bytes(memoryview(out)[:written])


def _compress_xerial(data: Buffer) -> bytes:
    """The framing of xerial's snappy-java. Some clients write raw snappy, but every client reads this."""
    view = memoryview(data)
    out = bytearray(_XERIAL_HEAD)
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + _XERIAL_BLOCK_BYTES]))
        out += _block_size.pack(len(block))
        out += block
    return bytes(out)


def _decompress_snappy(data: Buffer, max_bytes: int) -> bytes:
    view = memoryview(data)
    if bytes(view[:8]) != _XERIAL_MAGIC:
        return _decompress_raw_snappy(view, max_bytes, max_bytes)
    if len(view) < len(_XERIAL_HEAD):
        raise Undecompressible("snappy: cut short")
    pieces = []
    left = max_bytes
    at = len(_XERIAL_HEAD)
    while at < len(view):
        try:
            (size,) = _block_size.unpack_from(view, at)
        except StructError:
            raise Undecompressible("snappy: cut short") from None
        at += 4
        if size < 0 or size > len(view) - at:
            raise Undecompressible(f"snappy: a block of {size} bytes, {len(view) - at} are left")
        piece = _decompress_raw_snappy(view[at : at + size], left, max_bytes)
        left -= len(piece)
        at += size
        pieces.append(piece)
    return b"".join(pieces)


def _decompress_raw_snappy(data: memoryview, left: int, max_bytes: int) -> bytes:
    try:
        if cramjam.snappy.decompress_raw_len(data) > left:
            raise _too_large("snappy data", max_bytes)
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise Undecompressible(str(error)) from None
