"""[pure] Jute, ZooKeeper's record encoding: big-endian numbers, length-prefixed strings, buffers and vectors.

Length -1 means null; null and empty are different values and both survive a round trip.
Source: org.apache.jute.BinaryInputArchive, BinaryOutputArchive.
"""

from __future__ import annotations

import struct

_INT = struct.Struct("!i")
_LONG = struct.Struct("!q")
_NULL = b"\xff\xff\xff\xff"


class MalformedRecord(ValueError):
    """Bytes that are not the record they should be. The message says what was wrong and at which byte."""


class Decoder:
    """Reads the fields of one record in order. It never reads past its end.

    Raises: MalformedRecord from every method when the bytes do not hold what is asked for.
    """

    __slots__ = ("_data", "_end", "at")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._end = len(data)
        self.at = at  # the byte the next field begins at

    def remaining(self) -> int:
        """How many bytes are left."""
        return self._end - self.at

    def int32(self) -> int:
        try:
            (value,) = _INT.unpack_from(self._data, self.at)
        except struct.error:
            raise self._cut_short("an int") from None
        self.at += 4
        return int(value)

    def int64(self) -> int:
        try:
            (value,) = _LONG.unpack_from(self._data, self.at)
        except struct.error:
            raise self._cut_short("a long") from None
        self.at += 8
        return int(value)

    def boolean(self) -> bool:
        if self.at >= self._end:
            raise self._cut_short("a boolean")
        value = self._data[self.at]
        self.at += 1
        return value != 0

    def fields(self, layout: struct.Struct) -> tuple[int, ...]:
        """Several numbers at once."""
        try:
            values = layout.unpack_from(self._data, self.at)
        except struct.error:
            raise self._cut_short(f"{layout.size} bytes of numbers") from None
        self.at += layout.size
        return values

    def buffer(self) -> bytes | None:
        length = self.int32()
        if length < 0:
            if length == -1:
                return None
            raise MalformedRecord(f"length {length} at byte {self.at - 4}")
        start, end = self.at, self.at + length
        if end > self._end:
            raise self._cut_short(f"a buffer of {length} bytes")
        self.at = end
        return self._data[start:end]

    def string(self) -> str | None:
        raw = self.buffer()
        if raw is None:
            return None
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise MalformedRecord(f"no UTF-8 in the string that ends at byte {self.at}") from None

    def rest_as_text(self) -> str:
        """All that is left, as text."""
        raw = self._data[self.at :]
        self.at = self._end
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise MalformedRecord("no UTF-8 in the rest of the record") from None

    def count(self, least_bytes: int) -> int:
        """The length of a vector, null counting as empty. `least_bytes`: the size of the smallest element."""
        count = self.int32()
        if count < -1 or count * least_bytes > self._end - self.at:
            raise MalformedRecord(f"vector of {count} elements at byte {self.at - 4}")
        return max(count, 0)

    def strings(self) -> list[str]:
        """A vector of strings; null elements are left out."""
        found = [self.string() for _ in range(self.count(4))]
        return [text for text in found if text is not None]

    def _cut_short(self, wanted: str) -> MalformedRecord:
        return MalformedRecord(f"{wanted} expected at byte {self.at}, but the record ends at {self._end}")


def encode_string(text: str | None) -> bytes:
    """A string with its length, or null."""
    if text is None:
        return _NULL
    raw = text.encode()
    return _INT.pack(len(raw)) + raw


def encode_buffer(data: bytes | None) -> bytes:
    """A buffer with its length, or null."""
    if data is None:
        return _NULL
    return _INT.pack(len(data)) + data


def encode_strings(texts: list[str] | tuple[str, ...]) -> bytes:
    """A vector of strings."""
    out = [_INT.pack(len(texts))]
    for text in texts:
        raw = text.encode()
        out.append(_INT.pack(len(raw)))
        out.append(raw)
    return b"".join(out)
