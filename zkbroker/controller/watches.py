"""What a reign watches: each task re-reads and re-arms in one call and puts what it saw into the inbox.

A watch only says "look again"; it fires on every disconnection too, so nothing that changed meanwhile is
missed. What cannot be read is input: it is reported once and left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable

import attrs
import trio

from zkbroker.controller.events import (
    BrokersSeen,
    DeletionMarkersSeen,
    Event,
    IsrChangesNotified,
    LogDirFailuresNotified,
    PreferredElectionZnodeCreated,
    ReassignmentZnodeCreated,
    TookOver,
    TopicNodeSeen,
    TopicsSeen,
)
from zkbroker.controller.steps import Found
from zkbroker.events import set_cause
from zkbroker.model import BrokerInfo, TopicPartition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import NoNode, ZkSession
from zkbroker.zookeeper.znodes import Undecodable

log = logging.getLogger(__name__)

Put = Callable[[Event], None]


@attrs.define(eq=False)
class Watches:
    """The watches of one reign. `arm` first, `follow` once the reign is ready for what they see."""

    session: ZkSession
    put: Put
    nursery: trio.Nursery
    _brokers: list[trio.Event] = attrs.field(factory=list)
    _topics: trio.Event = attrs.field(factory=trio.Event)
    _nodes: dict[str, trio.Event] = attrs.field(factory=dict)  # by topic; those with a task
    _markers: trio.Event = attrs.field(factory=trio.Event)
    _isr_changes: trio.Event = attrs.field(factory=trio.Event)
    _log_dir_events: trio.Event = attrs.field(factory=trio.Event)
    _reassignment: tuple[int, trio.Event] = attrs.field(factory=lambda: (0, trio.Event()))
    _preferred: tuple[int, trio.Event] = attrs.field(factory=lambda: (0, trio.Event()))
    _topic_gone: trio.Event = attrs.field(factory=trio.Event)
    _unreadable: dict[str, str] = attrs.field(factory=dict)  # by path: what was reported

    async def arm(self) -> TookOver:
        """Read everything a reign begins with, each node with its watch."""
        seen = await self._see_brokers()
        self._reassignment = await self._see_node(znodes.REASSIGN_PARTITIONS)
        self._preferred = await self._see_node(znodes.PREFERRED_REPLICA_ELECTION)
        markers, self._markers = await self._children(znodes.DELETE_TOPICS)
        isr_changes, self._isr_changes = await self._children(znodes.ISR_CHANGES)
        log_dir_events, self._log_dir_events = await self._children(znodes.LOG_DIR_EVENTS)
        names, self._topics = await self._children(znodes.TOPICS)
        nodes = await self._see_topics(names)
        return TookOver(
            seen.brokers,
            nodes,
            frozenset(markers),
            (
                *(f"{znodes.ISR_CHANGES}/{name}" for name in isr_changes),
                *(f"{znodes.LOG_DIR_EVENTS}/{name}" for name in log_dir_events),
            ),
        )

    def follow(self) -> None:
        """Start a task for each watch."""
        start = self.nursery.start_soon
        start(self._follow_brokers)
        start(self._follow_topics)
        start(self._follow_markers)
        start(self._follow_isr_changes)
        start(self._follow_log_dir_events)
        start(self._follow_node, znodes.REASSIGN_PARTITIONS, self._reassignment, ReassignmentZnodeCreated())
        start(
            self._follow_node,
            znodes.PREFERRED_REPLICA_ELECTION,
            self._preferred,
            PreferredElectionZnodeCreated(),
        )
        for topic in self._nodes:
            start(self._follow_topic, topic)

    def unreadable(self) -> dict[str, str]:
        """Znodes that cannot be read, and why."""
        return dict(self._unreadable)

    # -- reading, armed ----------------------------------------------------------------------------

    async def _children(self, path: str) -> tuple[list[str], trio.Event]:
        """Children with their watch; the node is made where somebody deleted it."""
        while True:
            try:
                return await self.session.get_children_and_watch(path)
            except NoNode:
                await self.session.create_path(path)

    async def _see_node(self, path: str) -> tuple[int, trio.Event]:
        """The creation transaction of a node, 0 if it does not exist, with a watch for any change."""
        stat, changed = await self.session.exists_and_watch(path)
        return (0 if stat is None else stat.czxid), changed

    async def _see_brokers(self) -> BrokersSeen:
        names, children = await self._children(znodes.BROKER_IDS)
        ids = [int(name) for name in names if name.isascii() and name.isdecimal()]
        nodes = await self.session.get_many_and_watch([znodes.broker_path(b) for b in ids])
        brokers: dict[int, BrokerInfo] = {}
        unreadable = set()
        for broker_id in ids:
            path = znodes.broker_path(broker_id)
            node = nodes[path][0]
            if node is None:
                continue  # it left this moment; the watch on the children has fired
            try:
                brokers[broker_id] = znodes.decode_broker(broker_id, node.data, node.stat.czxid)
                self._unreadable.pop(path, None)
            except Undecodable as error:
                unreadable.add(broker_id)
                self._report_unreadable(path, error)
        self._brokers = [children, *(changed for node, changed in nodes.values() if node is not None)]
        return BrokersSeen(brokers, frozenset(unreadable))

    async def _see_topics(self, names: Iterable[str]) -> dict[str, Found]:
        """The nodes of topics that are not watched yet."""
        new = {znodes.topic_path(name): name for name in names if name not in self._nodes}
        found = {}
        for path, (node, changed) in (await self.session.get_many_and_watch(new)).items():
            if node is not None:
                self._nodes[new[path]] = changed
                found[new[path]] = Found(node.data, node.stat.version)
        return found

    def _report_unreadable(self, path: str, error: Undecodable) -> None:
        if self._unreadable.get(path) != str(error):
            self._unreadable[path] = str(error)
            log.error("Left alone: %s", error)

    # -- following ---------------------------------------------------------------------------------

    async def _follow_brokers(self) -> None:
        set_cause(_cause(znodes.BROKER_IDS))
        while True:
            await _first_of(self._brokers)
            self.put(await self._see_brokers())

    async def _follow_topics(self) -> None:
        set_cause(_cause(znodes.TOPICS))
        while True:
            await _first_of((self._topics, self._topic_gone))
            if self._topic_gone.is_set():
                self._topic_gone = trio.Event()
            names, self._topics = await self._children(znodes.TOPICS)
            for topic in await self._see_topics(names):
                self.nursery.start_soon(self._follow_topic, topic)
            self.put(TopicsSeen(frozenset(names)))

    async def _follow_topic(self, topic: str) -> None:
        """One topic's node, until it is deleted. Then the list is looked at again: it may be back already."""
        path = znodes.topic_path(topic)
        set_cause(_cause(path))
        while True:
            await self._nodes[topic].wait()
            try:
                node, self._nodes[topic] = await self.session.get_and_watch(path)
            except NoNode:
                del self._nodes[topic]
                self._topic_gone.set()
                return
            self.put(TopicNodeSeen(topic, node.data, node.stat.version))

    async def _follow_markers(self) -> None:
        set_cause(_cause(znodes.DELETE_TOPICS))
        while True:
            await self._markers.wait()
            topics, self._markers = await self._children(znodes.DELETE_TOPICS)
            if topics:
                self.put(DeletionMarkersSeen(frozenset(topics)))

    async def _follow_isr_changes(self) -> None:
        set_cause(_cause(znodes.ISR_CHANGES))
        handled: set[str] = set()
        while True:
            await self._isr_changes.wait()
            names, self._isr_changes = await self._children(znodes.ISR_CHANGES)
            new = self._unhandled(handled, names)
            partitions: set[TopicPartition] = set()
            for name, node in (await self._read_all(znodes.ISR_CHANGES, new)).items():
                try:
                    partitions.update(znodes.decode_isr_change(name, node))
                except Undecodable as error:
                    log.error("Dropped: %s", error)
            if new:
                self.put(IsrChangesNotified(tuple(new), frozenset(partitions)))

    async def _follow_log_dir_events(self) -> None:
        set_cause(_cause(znodes.LOG_DIR_EVENTS))
        handled: set[str] = set()
        while True:
            await self._log_dir_events.wait()
            names, self._log_dir_events = await self._children(znodes.LOG_DIR_EVENTS)
            new = self._unhandled(handled, names)
            brokers: set[int] = set()
            for name, node in (await self._read_all(znodes.LOG_DIR_EVENTS, new)).items():
                try:
                    brokers.add(znodes.decode_log_dir_event(name, node))
                except Undecodable as error:
                    log.error("Dropped: %s", error)
            if new:
                self.put(LogDirFailuresNotified(tuple(new), frozenset(brokers)))

    @staticmethod
    def _unhandled(handled: set[str], names: Collection[str]) -> list[str]:
        """Notifications that are in nobody's hands yet; the plan that handles them deletes them."""
        handled.intersection_update(names)
        new = sorted(name for name in names if name not in handled)
        handled.update(new)
        return new

    async def _read_all(self, parent: str, names: Collection[str]) -> dict[str, bytes]:
        nodes = await self.session.get_many([f"{parent}/{name}" for name in names]) if names else {}
        return {path.rpartition("/")[2]: node.data for path, node in nodes.items() if node is not None}

    async def _follow_node(self, path: str, seen: tuple[int, trio.Event], created: Event) -> None:
        """Say when the node is created, not when it is written: we write it ourselves."""
        last, changed = seen
        set_cause(_cause(path))
        while True:
            await changed.wait()
            czxid, changed = await self._see_node(path)
            if czxid not in (0, last):
                self.put(created)
            last = czxid


def _cause(path: str) -> str:
    return f"the watch on {path}"


async def _first_of(events: Collection[trio.Event]) -> None:
    """Return when any of them is set."""
    async with trio.open_nursery() as nursery:

        async def wait(event: trio.Event) -> None:
            await event.wait()
            nursery.cancel_scope.cancel()

        for event in events:
            nursery.start_soon(wait, event)
