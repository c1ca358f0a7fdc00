"""The control-plane feed: what happened, when, and because of what.

Components emit typed events; sinks (a JSON-lines file, a test, a view) are added elsewhere.
Emitting costs one comparison when nobody listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from zkbroker.model import TopicPartition


@attrs.frozen
class ZnodeWritten:
    """A znode was created, set or deleted by this broker."""

    path: str
    operation: str  # create, set, delete
    version: int  # the version after the write, -1 after a delete


@attrs.frozen
class WatchFired:
    """ZooKeeper said "look again" about a path."""

    path: str


@attrs.frozen
class SessionMoved:
    """The ZooKeeper session changed its state: connected, suspended or lost."""

    session_id: int
    state: str


@attrs.frozen
class ControllerElected:
    """This broker won the fenced multi and reigns under that epoch."""

    broker_id: int
    controller_epoch: int


@attrs.frozen
class ControllerResigned:
    """The reign ended, and why."""

    broker_id: int
    controller_epoch: int
    reason: str


@attrs.frozen
class ControlRequestSent:
    """LeaderAndIsr, UpdateMetadata or StopReplica was answered by a broker."""

    api: str
    to_broker: int
    partitions: int
    error: str


@attrs.frozen
class ControlRequestApplied:
    """LeaderAndIsr, UpdateMetadata or StopReplica was applied by this broker."""

    api: str
    from_controller: int
    controller_epoch: int
    partitions: int


@attrs.frozen
class LeadershipTaken:
    """This broker now leads a partition."""

    tp: TopicPartition
    leader_epoch: int
    log_end_offset: int
    high_watermark: int


@attrs.frozen
class IsrChanged:
    """The controller accepted a new ISR for a partition this broker leads."""

    tp: TopicPartition
    isr: tuple[int, ...]
    leader_epoch: int
    partition_epoch: int


@attrs.frozen
class LogTruncated:
    """A follower dropped what its leader does not have: offsets [to_offset, from_offset)."""

    tp: TopicPartition
    from_offset: int  # the former log end
    to_offset: int  # the new log end
    leader_epoch: int


@attrs.frozen
class UncleanElection:
    """A leader was elected from outside the ISR, as the policy or an administrator asked."""

    tp: TopicPartition
    leader: int
    leader_epoch: int


@attrs.frozen
class PartitionElected:
    """The controller wrote a new leader for a partition."""

    tp: TopicPartition
    leader: int
    isr: tuple[int, ...]
    leader_epoch: int
    reason: str


Event = (
    ZnodeWritten
    | WatchFired
    | SessionMoved
    | ControllerElected
    | ControllerResigned
    | ControlRequestSent
    | ControlRequestApplied
    | LeadershipTaken
    | IsrChanged
    | LogTruncated
    | UncleanElection
    | PartitionElected
)


@attrs.frozen
class Stamped:
    """An event with its time and cause."""

    number: int  # 1, 2, 3 ... in this process
    wall_ms: int
    monotonic_ns: int
    cause: str  # what the emitter was handling, "" if it began by itself
    event: Event


Sink = Callable[[Stamped], None]


@attrs.define(eq=False)
class EventFeed:
    """Hands each event to every sink, in order. Owner: the broker; single-threaded."""

    _sinks: list[Sink] = attrs.field(factory=list)
    _number: int = 0

    def emit(self, event: Event, *, cause: str = "") -> None:
        """Stamp the event and hand it on. A sink must not raise."""
        if not self._sinks:
            return
        self._number += 1
        stamped = Stamped(self._number, time.time_ns() // 1_000_000, time.monotonic_ns(), cause, event)
        for sink in tuple(self._sinks):
            sink(stamped)

    @contextmanager
    def sink(self, sink: Sink) -> Iterator[None]:
        """Hand events to `sink` while the block runs."""
        self._sinks.append(sink)
        try:
            yield
        finally:
            self._sinks.remove(sink)
