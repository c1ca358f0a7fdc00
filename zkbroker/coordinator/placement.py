"""Which partition of a coordinator's topic keeps a group or a transactional id. [pure]"""

from __future__ import annotations

from functools import lru_cache

from zkbroker.model import LONGEST_REMEMBERED


def java_hash(text: str) -> int:
    """Java's String.hashCode: over UTF-16 code units, wrapping at 32 bits."""
    return _remembered_hash(text) if len(text) <= LONGEST_REMEMBERED else _hash(text)


@lru_cache(maxsize=4096)  # a group asks again and again
def _remembered_hash(text: str) -> int:
    return _hash(text)


def _hash(text: str) -> int:
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for at in range(0, len(units), 2):
        value = (31 * value + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def partition_for(key: str, partitions: int) -> int:
    """Source: Utils.abs(key.hashCode) % partitions; the one hash without a positive counterpart counts as 0."""
    value = java_hash(key)
    return (0 if value == -(1 << 31) else abs(value)) % partitions
