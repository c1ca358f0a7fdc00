"""Groups and transactional ids land where Kafka puts them, or a coordinator could not move between the two."""

from __future__ import annotations

import pytest

from zkbroker.coordinator.placement import java_hash, partition_for


@pytest.mark.parametrize(
    ("key", "value", "partition"),
    [
        ("test-group", 627841412, 12),
        ("groupé", -1237460406, 6),
        ("my-txn", -1061187895, 45),
        ("polygenelubricants", -(1 << 31), 0),
        ("", 0, 0),
        ("\N{GRINNING FACE}", 1772899, 49),  # two UTF-16 code units: 0xD83D * 31 + 0xDE00
    ],
)
def test_the_hash_is_javas(key: str, value: int, partition: int) -> None:
    assert java_hash(key) == value
    assert partition_for(key, 50) == partition
