"""What a topic may be called. [pure]

Source: org.apache.kafka.common.internals.Topic, 3.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from zkbroker.errors import ErrorCode, KafkaError

MAX_LENGTH: Final = 249
_LEGAL: Final = re.compile(r"[a-zA-Z0-9._-]+")


def problem_with(name: str) -> str | None:
    """Why the name cannot be a topic's, in Kafka's words; None if it can."""
    if not name:
        return "the empty string is not allowed"
    if name in (".", ".."):
        return f"'{name}' is not allowed"
    if len(name) > MAX_LENGTH:
        return f"the length of '{name}' is longer than the max allowed length {MAX_LENGTH}"
    if _LEGAL.fullmatch(name) is None:
        return f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    return None


def require_topic_name(name: str) -> None:
    """Raises: INVALID_TOPIC_EXCEPTION."""
    problem = problem_with(name)
    if problem is not None:
        raise KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {problem}")


def may_collide(name: str) -> bool:
    """Whether another topic could differ from it in "." and "_" alone, which metric names do not tell apart."""
    return "." in name or "_" in name


def require_no_collision(name: str, existing: Iterable[str]) -> None:
    """Raises: INVALID_TOPIC_EXCEPTION if another topic's name is the same once "." is taken for "_"."""
    if not may_collide(name):
        return
    unified = name.replace(".", "_")
    colliding = sorted(other for other in existing if other != name and other.replace(".", "_") == unified)
    if colliding:
        raise KafkaError(
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            f"Topic '{name}' collides with existing topics: {', '.join(colliding)}",
        )
