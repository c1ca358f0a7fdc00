"""What a command on a coordinator's state gives back: records to store, and whom to answer once they are. [pure]

A command looks, and changes only what no log holds (who waits, timers, members still joining). What the log holds
is changed by applying the record, after the log took it, by the same function that loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import attrs

from zkbroker.errors import ErrorCode

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value  # there is one for each request, and frozen takes three times as long

Token = Hashable
"""Stands for one request that waits for a reply."""


class Record(Protocol):
    """The next state of one thing, as the coordinator's topic stores it."""

    @property
    def subject(self) -> Hashable:
        """What a command that depends on this record names."""
        ...

    def encode(self) -> tuple[bytes, bytes | None]: ...


class TimerKey(NamedTuple):
    """Names one timer: of what, whose."""

    kind: str
    group: str
    member: str = ""


@value
class Reply:
    """An answer to one waiting request."""

    token: Token
    value: object
    shows_log: bool = True  # it tells of something stored: held until that is replicated


@attrs.frozen
class Producer:
    """Under whose id records are stored as part of a transaction."""

    producer_id: int
    producer_epoch: int


@attrs.define(eq=False)
class Outcome:
    """Collected by a command.

    Records are stored in one batch or not at all. Replies to a command with records, and its effects, wait until
    they are replicated; if the log refuses them, `if_refused` says what then, else every token gets the log's error.
    """

    records: list[Record] = attrs.field(factory=list)
    producer: Producer | None = None  # the records are part of this producer's transaction
    verification: object = None  # what the log wants to see before the first record of a transaction
    may_split: bool = False  # the records may be stored in several batches, in order
    replies: list[Reply] = attrs.field(factory=list)
    timers: dict[TimerKey, int | None] = attrs.field(factory=dict)  # monotonic ms when due; None: no longer
    effects: list[object] = attrs.field(factory=list)  # for the coordinator, in order
    if_refused: Callable[[ErrorCode], Outcome] | None = None

    def reply(self, token: Token, value: object, *, shows_log: bool = True) -> None:
        self.replies.append(Reply(token, value, shows_log))


def answer(token: Token, value: object, *, shows_log: bool = True) -> Outcome:
    """An outcome that is nothing but a reply."""
    outcome = Outcome()
    outcome.replies.append(Reply(token, value, shows_log))
    return outcome
