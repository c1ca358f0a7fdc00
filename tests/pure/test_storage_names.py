"""Names of files and directories, as Kafka gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.model import TopicPartition
from zkbroker.storage import names

UNIQUE = "0123456789abcdef0123456789abcdef"
topics = st.text("abcXYZ019._-", min_size=1, max_size=249).filter(lambda name: name not in (".", ".."))


@given(topics, st.integers(0, 2**31 - 1))
def test_directories_of_any_topic(topic: str, partition: int) -> None:
    tp = TopicPartition(topic, partition)
    assert names.parse_directory_name(names.directory_name(tp)) == tp
    for mark in (names.DELETE, names.FUTURE, names.STRAY):
        marked = names.marked_directory_name(tp, UNIQUE, mark)
        assert len(marked) <= 255
        assert names.parse_directory_name(marked) is None
        parsed = names.parse_marked_directory_name(marked, mark)
        assert parsed is not None
        assert parsed.partition == partition
        assert topic.startswith(parsed.topic)


def test_as_kafka_writes_them() -> None:
    tp = TopicPartition("a.b", 3)
    assert names.directory_name(tp) == "a.b-3"
    assert names.marked_directory_name(tp, UNIQUE, "-delete") == f"a.b-3.{UNIQUE}-delete"
    assert names.offset_name(42, ".timeindex") == "00000000000000000042.timeindex"
    assert names.parse_offset_name("00000000000000000042.snapshot") == (42, ".snapshot")


@pytest.mark.parametrize(
    "name",
    [
        "42.log",
        "00000000000000000042.log.deleted",
        "00000000000000000042.log.swap",
        "leader-epoch-checkpoint",
        "",
    ],
)
def test_other_files(name: str) -> None:
    assert names.parse_offset_name(name) is None


@pytest.mark.parametrize("name", ["topic", "topic-", "topic-x", "-3x", "a b-3", f"t-0.{UNIQUE}-delete", ""])
def test_other_directories(name: str) -> None:
    assert names.parse_directory_name(name) is None


def test_a_topic_that_looks_marked() -> None:
    assert names.parse_directory_name("x-delete-0") == TopicPartition("x-delete", 0)
    assert names.parse_marked_directory_name("x-delete-0", names.DELETE) is None
