"""What a plan asks of the reign, and what it gets back. Values only. [pure]

A plan is a generator: it yields steps, the reign carries each out and sends the answer back, and the plan
returns the new context. So a plan reads top to bottom like the procedure it is, and yet touches nothing: a
test drives it with a dictionary for ZooKeeper and can stop it after any step.

| step | answer |
|---|---|
| `Read` | `Mapping[path, Found | None]` |
| `ReadTree` | `Mapping[path, tuple[str, ...]]`: all paths at and below it, children first |
| `Write` | `Mapping[path, Outcome]` |
| `FreshTopicIds` | `tuple[TopicId, ...]` |
| `Reconnect`, `Send`, `Delivered`, `Reply`, `Report` | None |
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from enum import Enum
from typing import Any, TypeVar

import attrs

from zkbroker.errors import KafkaError
from zkbroker.model import BrokerInfo, LeaderAndIsr, ReplicaAssignment, TopicId, TopicPartition
from zkbroker.protocol.generated.leader_and_isr_request import LeaderAndIsrRequest
from zkbroker.protocol.generated.stop_replica_request import StopReplicaRequest
from zkbroker.protocol.generated.update_metadata_request import UpdateMetadataRequest
from zkbroker.zookeeper.znodes import ProducerIdBlock

ControlRequest = LeaderAndIsrRequest | UpdateMetadataRequest | StopReplicaRequest


class ControllerMoved(Exception):
    """Another controller reigns: nothing may be written or sent any more."""


# -- reading and writing znodes ------------------------------------------------------------------------


@attrs.frozen
class Found:
    """A znode as it was read."""

    data: bytes
    version: int


@attrs.frozen
class Create:
    """Create a persistent znode. With `exist_ok`, one that exists already is fine whatever it holds."""

    path: str
    data: bytes | None = None  # None: no data at all, as Kafka makes directories
    exist_ok: bool = False


@attrs.frozen
class SetData:
    """Replace the content of a znode that has this version. Versions are explicit; 0 is a real one."""

    path: str
    data: bytes
    version: int


@attrs.frozen
class Delete:
    """Delete a znode, whatever its version; one that is gone already is fine."""

    path: str


Op = Create | SetData | Delete


@attrs.frozen
class Done:
    """The write is in ZooKeeper."""

    version: int  # the znode's version now; -1 after a delete


@attrs.frozen
class Refused:
    """ZooKeeper holds something else than the plan thought."""

    found: Found | None  # read after the refusal; None: there is no such znode


Outcome = Done | Refused


@attrs.frozen
class Read:
    paths: tuple[str, ...]


@attrs.frozen
class ReadTree:
    paths: tuple[str, ...]


@attrs.frozen
class Write:
    """Fenced writes. Each operation succeeds or is refused for itself; no path appears twice.

    The operations of one group are tried in order; groups may overtake each other.
    """

    groups: tuple[tuple[Op, ...], ...]


# -- brokers and callers -------------------------------------------------------------------------------


@attrs.frozen
class Reconnect:
    """Exactly these brokers have a sender from now on. One with a new epoch starts with an empty queue."""

    brokers: Mapping[int, BrokerInfo]


@attrs.frozen
class Send:
    """Requests for each broker, in order, after everything sent to it before."""

    requests: Mapping[int, tuple[ControlRequest, ...]]


@attrs.frozen
class Delivered:
    """Wait, for a moment at most, until brokers have answered what was sent: they come before what follows."""


@attrs.frozen
class Reply:
    """The answer to an API call that came in with this ticket."""

    ticket: int
    answer: object  # a KafkaError is raised to the caller


@attrs.frozen
class FreshTopicIds:
    """Random topic ids for topics whose node has none."""

    count: int


# -- what happened, for people and the event feed ------------------------------------------------------


@attrs.frozen
class Elected:
    """A partition has a new leader."""

    tp: TopicPartition
    topic_id: TopicId
    state: LeaderAndIsr
    reason: str
    unclean: bool = False


@attrs.frozen
class SetAside:
    """A topic is left alone because a znode of it cannot be read."""

    topic: str
    reason: str


class Moving(Enum):
    """Where a reassignment is."""

    BEGUN = "begun"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


@attrs.frozen
class Moved:
    """A partition begins to move to other brokers, has moved, or stays where it was."""

    tp: TopicPartition
    stage: Moving
    assignment: ReplicaAssignment


class Deleting(Enum):
    """Where the deletion of a topic is."""

    BEGUN = "begun"
    HALTED = "halted"
    DONE = "done"


@attrs.frozen
class Deleted:
    """The deletion of a topic begins (again), waits for something, or is done."""

    topic: str
    stage: Deleting
    reason: str = ""  # what it waits for


@attrs.frozen
class Allotted:
    """A broker got producer ids."""

    broker_id: int
    block: ProducerIdBlock


@attrs.frozen
class Notice:
    """A line for the log."""

    text: str
    warning: bool = False


News = Elected | SetAside | Moved | Deleted | Allotted | Notice


@attrs.frozen
class Report:
    news: tuple[News, ...]


Step = Read | ReadTree | Write | Reconnect | Send | Delivered | Reply | FreshTopicIds | Report

T = TypeVar("T")
Plan = Generator[Step, Any, T]
"""A plan that returns a T; the answers it is sent are typed by the functions below."""


def read(*paths: str) -> Plan[Mapping[str, Found | None]]:
    """Read znodes; absent ones are None."""
    if not paths:
        return {}
    found: Mapping[str, Found | None] = yield Read(paths)
    return found


def read_trees(*paths: str) -> Plan[Mapping[str, tuple[str, ...]]]:
    """All paths at and below each path, children before parents."""
    trees: Mapping[str, tuple[str, ...]] = yield ReadTree(paths)
    return trees


def write(*groups: tuple[Op, ...]) -> Plan[Mapping[str, Outcome]]:
    """Fenced writes; the outcome of each path."""
    kept = tuple(group for group in groups if group)
    if not kept:
        return {}
    outcomes: Mapping[str, Outcome] = yield Write(kept)
    return outcomes


def wait_delivered() -> Plan[None]:
    yield Delivered()


def fresh_topic_ids(count: int) -> Plan[tuple[TopicId, ...]]:
    ids: tuple[TopicId, ...] = yield FreshTopicIds(count)
    return ids


def reply(ticket: int, answer: object) -> Plan[None]:
    yield Reply(ticket, answer)


def refuse(ticket: int, error: KafkaError) -> Plan[None]:
    yield Reply(ticket, error)


def report(*news: News) -> Plan[None]:
    if news:
        yield Report(news)


def say(text: str, *, warning: bool = False) -> Plan[None]:
    yield Report((Notice(text, warning),))
