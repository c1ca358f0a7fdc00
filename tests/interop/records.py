"""What the interoperability tests send, and what they must read back."""

from __future__ import annotations

import time
from collections.abc import Sequence

import attrs

Headers = tuple[tuple[str, bytes], ...]

SPACING_MS = 1000


@attrs.frozen
class Sent:
    """One record as a client is asked to send it; None as timestamp: the client takes its clock."""

    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    timestamp_ms: int | None = None


@attrs.frozen
class Read:
    """One record as a client read it."""

    offset: int
    value: bytes | None
    key: bytes | None
    headers: Headers
    timestamp_ms: int


def varied(count: int) -> list[Sent]:
    """Records with and without keys and headers, empty values too, a second apart, the last one just now."""
    first_ms = int(time.time() * 1000) - count * SPACING_MS
    return [
        Sent(
            value=_value(i),
            key=None if i % 3 == 0 else b"key %d" % i,
            headers=_headers(i),
            timestamp_ms=first_ms + i * SPACING_MS,
        )
        for i in range(count)
    ]


def printable(count: int) -> list[Sent]:
    """As `varied`, for readers that print text: nothing empty, nothing but ASCII, one header."""
    first_ms = int(time.time() * 1000) - count * SPACING_MS
    return [
        Sent(f"value {i}".encode(), f"key {i}".encode(), (("origin", b"interop"),), first_ms + i * SPACING_MS)
        for i in range(count)
    ]


def require_same(sent: Sequence[Sent], read: Sequence[Read], *, from_offset: int = 0) -> None:
    """Raises: AssertionError unless `read` is `sent` at consecutive offsets, every part of it intact."""
    assert [record.offset for record in read] == list(range(from_offset, from_offset + len(sent)))
    for expected, got in zip(sent, read, strict=True):
        assert (got.key, got.value, got.headers) == (expected.key, expected.value, expected.headers)
        if expected.timestamp_ms is not None:
            assert got.timestamp_ms == expected.timestamp_ms
        else:
            assert (
                abs(got.timestamp_ms - time.time() * 1000) < 10 * 60 * 1000
            )  # the client's clock, this machine's


def _value(i: int) -> bytes | None:
    if i % 7 == 3:
        return None if i % 2 and i % 3 else b""  # kafka-python wants a key where there is no value
    return b"value %d " % i + b"\x00\xff\xe4" * (i % 5)


def _headers(i: int) -> Headers:
    return tuple((f"header-{n}", b"\x00\x01" * n) for n in range(i % 4))
