"""Topic names as Kafka's Topic class judges them."""

from __future__ import annotations

import pytest

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.topic_names import problem_with, require_no_collision, require_topic_name


@pytest.mark.parametrize("name", ["a", "a.b_c-D9", "...", "__consumer_offsets", "a" * 249])
def test_good_names(name: str) -> None:
    require_topic_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Topic name is invalid: the empty string is not allowed"),
        (".", "Topic name is invalid: '.' is not allowed"),
        ("..", "Topic name is invalid: '..' is not allowed"),
        (
            "a b",
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, "
            "'.', '_' and '-'",
        ),
        (
            "a" * 250,
            f"Topic name is invalid: the length of '{'a' * 250}' is longer than the max allowed length 249",
        ),
    ],
)
def test_bad_names_in_the_words_of_kafka(name: str, message: str) -> None:
    with pytest.raises(KafkaError) as refused:
        require_topic_name(name)
    assert refused.value.code is ErrorCode.INVALID_TOPIC_EXCEPTION
    assert refused.value.message == message


@pytest.mark.parametrize("name", ["é", "a/b", "a\n", "a\0"])
def test_characters_that_break_paths(name: str) -> None:
    assert problem_with(name) is not None


def test_names_that_metrics_do_not_tell_apart() -> None:
    require_no_collision("a.b", ["a.b", "ab", "a-b"])
    require_no_collision("ab", ["a.b"])
    with pytest.raises(KafkaError, match=r"Topic 'a\.b' collides with existing topics: a_b"):
        require_no_collision("a.b", ["a_b", "c"])
