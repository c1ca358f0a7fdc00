"""The control-plane feed: what happened, when, and because of what.

Components emit typed events; sinks (a JSON-lines file, a test, a view) are added elsewhere. docs/events.md
describes every type for readers of the file. While nobody listens an event costs one comparison: what happens
often or takes work to describe is built only if `is_heard`.

The cause of an event is what its task was handling (`caused_by`): a request, an event of the controller, a
control request that is being delivered. Tasks started meanwhile inherit it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from zkbroker.model import TopicPartition

# -- ZooKeeper -----------------------------------------------------------------------------------------


@attrs.frozen
class SessionMoved:
    """The ZooKeeper session changed its state: connected, suspended or lost."""

    session_id: int
    state: str


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
class BrokerRegistered:
    """This broker's ephemeral znode stands; its czxid is the broker epoch."""

    broker_id: int
    broker_epoch: int


# -- the controller ------------------------------------------------------------------------------------


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
class ControllerHandles:
    """The controller takes an event from its inbox. What it does about it has `kind #turn` as its cause."""

    kind: str  # BrokersSeen, TopicsSeen, AlterPartitionsReceived ...
    turn: int  # 1, 2, 3 ... within the reign
    waiting: int  # events that wait behind it


@attrs.frozen
class ControllerSays:
    """What the controller writes into its log: who came and went, what it took over, what it could not do."""

    text: str


@attrs.frozen
class PartitionStateWritten:
    """The controller stored who leads a partition and who is in sync: the content of its state znode."""

    tp: TopicPartition
    leader: int  # -1: nobody
    isr: tuple[int, ...]
    leader_epoch: int
    partition_epoch: int  # the znode's version
    recovering: bool  # elected from outside the ISR, and not yet past it


@attrs.frozen
class PartitionElected:
    """The controller wrote a new leader for a partition."""

    tp: TopicPartition
    leader: int
    isr: tuple[int, ...]
    leader_epoch: int
    reason: str


@attrs.frozen
class UncleanElection:
    """A leader was elected from outside the ISR, as the policy or an administrator asked."""

    tp: TopicPartition
    leader: int
    leader_epoch: int
    reason: str


@attrs.frozen
class ReassignmentBegun:
    """A partition moves to other brokers: its topic node names target and old replicas."""

    tp: TopicPartition
    replicas: tuple[int, ...]  # target replicas first, then those that will go
    adding: tuple[int, ...]
    removing: tuple[int, ...]


@attrs.frozen
class ReassignmentCancelled:
    """It goes back to where it was."""

    tp: TopicPartition
    replicas: tuple[int, ...]


@attrs.frozen
class ReassignmentCompleted:
    """Every target replica is in sync, the others are told to go, and the topic node names the target alone."""

    tp: TopicPartition
    replicas: tuple[int, ...]


@attrs.frozen
class TopicDeletionBegun:
    """Brokers are told to forget the topic, then to delete their replicas; again after a halt."""

    topic: str


@attrs.frozen
class TopicDeletionHalted:
    """The deletion of a topic waits."""

    topic: str
    reason: str  # a broker that is away, a reassignment, a broker that refused


@attrs.frozen
class TopicDeleted:
    """Every replica is deleted, and what ZooKeeper held of the topic."""

    topic: str


@attrs.frozen
class ProducerIdsAllocated:
    """A broker got a block of producer ids, for idempotent and transactional producers."""

    to_broker: int
    first: int
    last: int  # inclusive


@attrs.frozen
class TopicSetAside:
    """The controller leaves a topic alone because a znode of it cannot be read."""

    topic: str
    reason: str


# -- control requests ----------------------------------------------------------------------------------


@attrs.frozen
class ControlRequestSent:
    """LeaderAndIsr, UpdateMetadata or StopReplica left for a broker; once, however often it is tried."""

    api: str
    to_broker: int
    partitions: int


@attrs.frozen
class ControlRequestAnswered:
    """A broker answered it."""

    api: str
    to_broker: int
    error: str  # NONE, or why the whole request was refused
    after_ms: int  # since it was sent first


@attrs.frozen
class ControlRequestApplied:
    """LeaderAndIsr, UpdateMetadata or StopReplica was applied by this broker."""

    api: str
    from_controller: int
    controller_epoch: int
    partitions: int  # named in it; of LeaderAndIsr and StopReplica those that changed


@attrs.frozen
class ControlRequestRefused:
    """This broker did not obey one: a controller that was replaced, or a request for a former registration."""

    api: str
    from_controller: int
    controller_epoch: int
    error: str


# -- brokers -------------------------------------------------------------------------------------------


@attrs.frozen
class ConfigChanged:
    """A dynamic configuration is in force here from now on."""

    entity: str  # topics/t, brokers/1, brokers/<default>, users/u, clients/c, ips/i
    keys: tuple[str, ...]  # that are set differently now


@attrs.frozen
class EndpointsChanged:
    """This broker's listeners changed: what it has told the cluster since."""

    endpoints: tuple[str, ...]


@attrs.frozen
class LogDirectoryFailed:
    """This broker gave a log directory up, and the replicas in it."""

    directory: str
    partitions: int


# -- replicas ------------------------------------------------------------------------------------------


@attrs.frozen
class LeadershipTaken:
    """This broker now leads a partition. If `unclean`, what committed records others had beyond this end is lost."""

    tp: TopicPartition
    leader_epoch: int
    log_end_offset: int
    high_watermark: int  # the one it knew
    unclean: bool


@attrs.frozen
class FollowingBegun:
    """This broker now follows a partition's leader, from its own log end on."""

    tp: TopicPartition
    leader: int
    leader_epoch: int
    log_end_offset: int
    high_watermark: int


@attrs.frozen
class ReplicaStopped:
    """This broker no longer serves a partition."""

    tp: TopicPartition
    deleted: bool  # its log, too


@attrs.frozen
class IsrProposed:
    """A leader asks the controller for another ISR."""

    tp: TopicPartition
    isr: tuple[int, ...]
    leader_epoch: int
    partition_epoch: int


@attrs.frozen
class IsrChanged:
    """The controller accepted a new ISR for a partition this broker leads."""

    tp: TopicPartition
    isr: tuple[int, ...]
    leader_epoch: int
    partition_epoch: int


@attrs.frozen
class IsrRefused:
    """The controller refused it."""

    tp: TopicPartition
    isr: tuple[int, ...]
    error: str


@attrs.frozen
class HighWatermarkMoved:
    """Records in [from_offset, to_offset) are committed; on a follower: it has heard so."""

    tp: TopicPartition
    from_offset: int
    to_offset: int
    leader_epoch: int
    leads: bool


@attrs.frozen
class LogTruncated:
    """A follower dropped what its leader does not have: offsets [to_offset, from_offset)."""

    tp: TopicPartition
    from_offset: int  # the former log end
    to_offset: int  # the new log end
    records: int  # in the batches that were dropped, markers of transactions included
    committed: int  # offsets of the range below the high watermark this broker knew
    first_dropped_epoch: int  # the leader epoch of the first of them, -1 if unknown
    leader_epoch: int  # of the leader that does not have them


@attrs.frozen
class LogRestarted:
    """A follower's log ended before its leader's begins: it dropped everything and starts there."""

    tp: TopicPartition
    from_offset: int  # the former log end
    to_offset: int  # where the empty log starts
    log_start_offset: int  # the former one: offsets [log_start_offset, from_offset) are gone
    high_watermark: int  # the one it knew
    last_epoch: int  # the leader epoch of the last record, -1 if unknown
    leader_epoch: int


Event = (
    SessionMoved
    | ZnodeWritten
    | WatchFired
    | BrokerRegistered
    | ControllerElected
    | ControllerResigned
    | ControllerHandles
    | ControllerSays
    | PartitionStateWritten
    | PartitionElected
    | UncleanElection
    | ReassignmentBegun
    | ReassignmentCancelled
    | ReassignmentCompleted
    | TopicDeletionBegun
    | TopicDeletionHalted
    | TopicDeleted
    | ProducerIdsAllocated
    | TopicSetAside
    | ControlRequestSent
    | ControlRequestAnswered
    | ControlRequestApplied
    | ControlRequestRefused
    | ConfigChanged
    | EndpointsChanged
    | LogDirectoryFailed
    | LeadershipTaken
    | FollowingBegun
    | ReplicaStopped
    | IsrProposed
    | IsrChanged
    | IsrRefused
    | HighWatermarkMoved
    | LogTruncated
    | LogRestarted
)

# -- the feed ------------------------------------------------------------------------------------------


@attrs.frozen
class Stamped:
    """An event with its time and cause."""

    number: int  # 1, 2, 3 ... in this process
    wall_ms: int
    monotonic_ns: int
    cause: str  # what the emitter was handling, "" if it began by itself
    event: Event


Sink = Callable[[Stamped], None]

_cause: ContextVar[str] = ContextVar("cause", default="")


def set_cause(cause: str) -> None:
    """From now on this task handles that; for a task that handles one thing after another."""
    _cause.set(cause)


def current_cause() -> str:
    """What this task is handling; to be carried along with what another task will do about it."""
    return _cause.get()


@attrs.define(eq=False)
class EventFeed:
    """Hands each event to every sink, in order. Owner: the broker; single-threaded."""

    _sinks: list[Sink] = attrs.field(factory=list)
    _number: int = 0

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens: else there is no need to build an event."""
        return bool(self._sinks)

    def emit(self, event: Event) -> None:
        """Stamp the event and hand it on. A sink must not raise."""
        if not self._sinks:
            return
        self._number += 1
        stamped = Stamped(self._number, time.time_ns() // 1_000_000, time.monotonic_ns(), _cause.get(), event)
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
