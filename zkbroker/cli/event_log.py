"""The control-plane feed as a file of JSON lines: one object an event, in the order of this broker.

Several brokers may append to one file: each line is one write.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from zkbroker.cli.failure import Failure
from zkbroker.events import EventFeed, Stamped
from zkbroker.model import TopicPartition

log = logging.getLogger(__name__)


@contextmanager
def event_log(feed: EventFeed, file: Path | None, broker_id: Callable[[], int]) -> Iterator[None]:
    """Append the feed's events to `file` while the block runs; without a file nothing listens.

    `broker_id` is asked for each event: an id may be generated after the first.

    Raises: Failure if the file cannot be opened.
    """
    if file is None:
        yield
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Failure(f"--events {file} cannot be written: {error.strerror}") from None
    try:
        with feed.sink(EventLines(descriptor, broker_id).write):
            yield
    finally:
        os.close(descriptor)


@attrs.define(eq=False)
class EventLines:
    """A sink that writes lines to a descriptor; after a failed write it is silent."""

    _descriptor: int
    _broker_id: Callable[[], int]
    _failed: bool = False

    def write(self, stamped: Stamped) -> None:
        if self._failed:
            return
        try:
            os.write(self._descriptor, as_line(stamped, self._broker_id()))
        except OSError as error:
            self._failed = True
            log.error("Events are no longer written: %s", error.strerror)


def as_line(stamped: Stamped, broker_id: int) -> bytes:
    """`{"broker": 1, "number": 7, "wall_ms": …, "monotonic_ns": …, "cause": "…", "event": "IsrChanged", …}`.

    The event's fields follow, a topic partition as `topic` and `partition`.
    """
    line: dict[str, object] = {
        "broker": broker_id,
        "number": stamped.number,
        "wall_ms": stamped.wall_ms,
        "monotonic_ns": stamped.monotonic_ns,
        "cause": stamped.cause,
        "event": type(stamped.event).__name__,
    }
    for field in attrs.fields(type(stamped.event)):
        value = getattr(stamped.event, field.name)
        if isinstance(value, TopicPartition):
            line["topic"], line["partition"] = value
        else:
            line[field.name] = value
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
