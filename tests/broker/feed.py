"""The event feed of all brokers of an in-process cluster, read line by line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import attrs

from tests.broker.in_process import InProcess
from zkbroker.events import Stamped


@attrs.define(eq=False)
class Feed:
    """What all brokers told, in order, each line with the broker that told it."""

    cluster: InProcess
    lines: list[tuple[int, Stamped]] = attrs.field(factory=list)
    _at: int = 0

    def heard(self, broker_id: int, stamped: Stamped) -> None:
        self.lines.append((broker_id, stamped))

    def begin(self) -> None:
        """`next` looks at what is told from now on."""
        self._at = len(self.lines)

    async def next(self, event: str, *, by: int | None = None, **fields: object) -> tuple[str, Any]:
        """The cause and the event itself: the next of that kind after the one found last; waits for it."""

        def find() -> int | None:
            for index, (broker_id, stamped) in enumerate(self.lines[self._at :], start=self._at):
                told = stamped.event
                if (
                    type(told).__name__ == event
                    and by in (None, broker_id)
                    and all(getattr(told, key) == value for key, value in fields.items())
                ):
                    return index
            return None

        await self.cluster.wait_until(lambda: find() is not None)
        found = find()
        assert found is not None
        self._at = found + 1
        stamped = self.lines[found][1]
        return stamped.cause, stamped.event


@contextmanager
def listening(cluster: InProcess) -> Iterator[Feed]:
    """While the block runs, every broker's feed is heard."""
    feed = Feed(cluster)
    with ExitStack() as sinks:
        for broker_id, broker in cluster.brokers.items():
            sinks.enter_context(broker.events.sink(partial(feed.heard, broker_id)))
        yield feed
