"""What the controller knows of the cluster: one immutable value, replaced after each write. [pure]

Two levels: topic name -> frozen `Topic` -> partitions. A change rebuilds only the topics it touches and, in
them, only the partitions it touches; everything else is shared with the context before.

Three words about brokers, as Kafka has them: *registered* brokers have a znode (they may be shutting down);
*live* ones are registered and not shutting down; a *replica* is online if its broker is live and has not
said that this replica's directory is gone.
Source: kafka.controller.ControllerContext.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum

import attrs

from zkbroker.model import (
    EPOCH_DURING_DELETION,
    NO_EPOCH,
    NO_TOPIC_ID,
    BrokerInfo,
    LeaderAndIsr,
    ReplicaAssignment,
    TopicAssignment,
    TopicId,
    TopicPartition,
)


@attrs.frozen
class Partition:
    """One partition: where it should be, and who leads it."""

    tp: TopicPartition
    assignment: ReplicaAssignment
    state: LeaderAndIsr | None = None  # None: new, no state znode yet

    @property
    def replicas(self) -> tuple[int, ...]:
        return self.assignment.replicas


@attrs.frozen
class Topic:
    """One topic as its znode says, with the states of its partitions."""

    name: str
    topic_id: TopicId  # NO_TOPIC_ID only until the id is written
    node_version: int  # version of /brokers/topics/NAME
    partitions: Mapping[int, Partition]  # never changed after construction

    def node(self) -> TopicAssignment:
        """The content of the topic's znode."""
        assigned = {number: partition.assignment for number, partition in self.partitions.items()}
        return TopicAssignment(self.name, self.topic_id, assigned)


class DeletionState(IntEnum):
    """How far the deletion of one replica is. Absent: not begun, or to be tried again."""

    STARTED = 4  # StopReplica with delete is under way
    SUCCESSFUL = 5  # its broker deleted it
    INELIGIBLE = 6  # its broker is dead or refused


@attrs.frozen
class Deletion:
    """The deletion of one topic."""

    halted: bool = False  # a dead replica or a reassignment stands in the way
    begun: bool = False  # its partitions are given up: no elections, no LeaderAndIsr
    replicas: Mapping[tuple[int, int], DeletionState] = attrs.field(factory=dict)  # (partition, broker)

    def any_in(self, state: DeletionState) -> bool:
        return state in self.replicas.values()


@attrs.frozen
class Policy:
    """The settings that decide something here, as they are now."""

    unclean_election: bool = False  # the default; topics may override it
    deletes_topics: bool = True
    imbalance_percentage: int = 10  # share of partitions a preferred leader may be without


NOTHING: Collection[TopicPartition] = frozenset()


@attrs.frozen
class Context:
    """The cluster as the reigning controller knows it."""

    broker_id: int
    controller_epoch: int
    brokers: Mapping[int, BrokerInfo] = attrs.field(factory=dict)  # registered
    shutting_down: frozenset[int] = frozenset()
    offline_replicas: Mapping[int, frozenset[TopicPartition]] = attrs.field(factory=dict)  # by broker
    topics: Mapping[str, Topic] = attrs.field(factory=dict)
    topic_names: Mapping[TopicId, str] = attrs.field(factory=dict)
    reassigning: frozenset[TopicPartition] = frozenset()
    deletions: Mapping[str, Deletion] = attrs.field(factory=dict)
    set_aside: Mapping[str, str] = attrs.field(factory=dict)  # topics with an unreadable znode: the reason
    policy: Policy = Policy()

    # -- questions ---------------------------------------------------------------------------------

    def partition(self, tp: TopicPartition) -> Partition | None:
        topic = self.topics.get(tp.topic)
        return topic.partitions.get(tp.partition) if topic is not None else None

    def state(self, tp: TopicPartition) -> LeaderAndIsr | None:
        partition = self.partition(tp)
        return partition.state if partition is not None else None

    def partitions(self) -> Iterator[Partition]:
        """All partitions, those of topics being deleted included."""
        for topic in self.topics.values():
            yield from topic.partitions.values()

    def kept_partitions(self) -> Iterator[Partition]:
        """All partitions but those whose deletion has begun. One that waits for a reassignment goes on."""
        for topic in self.topics.values():
            if self.is_kept(topic.name):
                yield from topic.partitions.values()

    def is_kept(self, topic: str) -> bool:
        deletion = self.deletions.get(topic)
        return deletion is None or not deletion.begun

    def topic_id(self, topic: str) -> TopicId:
        known = self.topics.get(topic)
        return known.topic_id if known is not None else NO_TOPIC_ID

    def is_live(self, broker_id: int) -> bool:
        return broker_id in self.brokers and broker_id not in self.shutting_down

    def live_brokers(self) -> frozenset[int]:
        return frozenset(self.brokers) - self.shutting_down

    def is_online(self, broker_id: int, tp: TopicPartition) -> bool:
        """Whether this replica can serve."""
        return self.is_live(broker_id) and tp not in self.offline_replicas.get(broker_id, NOTHING)

    def online(self, partition: Partition) -> tuple[int, ...]:
        """The assigned replicas that can serve, in assignment order."""
        return tuple(replica for replica in partition.replicas if self.is_online(replica, partition.tp))

    def online_or_shutting_down(self, partition: Partition) -> tuple[int, ...]:
        """The assigned replicas that can be reached, brokers that are about to stop included."""
        return tuple(
            replica
            for replica in partition.replicas
            if replica in self.brokers and partition.tp not in self.offline_replicas.get(replica, NOTHING)
        )

    def leader_is_online(self, partition: Partition) -> bool:
        return partition.state is not None and self.is_online(partition.state.leader, partition.tp)

    def stop_epoch(self, tp: TopicPartition) -> int:
        """The leader epoch a StopReplica for this partition carries."""
        if tp.topic in self.deletions:
            return EPOCH_DURING_DELETION
        state = self.state(tp)
        return state.leader_epoch if state is not None else NO_EPOCH

    # -- brokers -----------------------------------------------------------------------------------

    def with_brokers(self, brokers: Mapping[int, BrokerInfo]) -> Context:
        """These brokers are registered; what was known of others is forgotten."""
        return attrs.evolve(
            self,
            brokers=dict(brokers),
            shutting_down=self.shutting_down & brokers.keys(),
            offline_replicas={b: tps for b, tps in self.offline_replicas.items() if b in brokers},
        )

    def with_shutting_down(self, broker_id: int) -> Context:
        return attrs.evolve(self, shutting_down=self.shutting_down | {broker_id})

    def with_offline_replicas(self, broker_id: int, offline: frozenset[TopicPartition]) -> Context:
        """The broker's replicas in directories it lost."""
        others = {b: tps for b, tps in self.offline_replicas.items() if b != broker_id}
        return attrs.evolve(self, offline_replicas={**others, broker_id: offline} if offline else others)

    # -- topics ------------------------------------------------------------------------------------

    def with_topics(self, topics: Iterable[Topic]) -> Context:
        """Add or replace whole topics."""
        added = {topic.name: topic for topic in topics}
        if not added:
            return self
        names = dict(self.topic_names)
        for topic in added.values():
            before = self.topics.get(topic.name)
            if before is not None and before.topic_id != topic.topic_id:
                names.pop(before.topic_id, None)
            if topic.topic_id != NO_TOPIC_ID:
                names[topic.topic_id] = topic.name
        return attrs.evolve(
            self,
            topics={**self.topics, **added},
            topic_names=names if names != self.topic_names else self.topic_names,
            reassigning=frozenset(tp for tp in self.reassigning if tp.topic not in added)
            | frozenset(
                partition.tp
                for topic in added.values()
                for partition in topic.partitions.values()
                if partition.assignment.is_being_reassigned
            ),
            set_aside={name: why for name, why in self.set_aside.items() if name not in added},
        )

    def without_topics(self, topics: Collection[str]) -> Context:
        """Forget topics, their deletion included."""
        if not topics:
            return self
        return attrs.evolve(
            self,
            topics={name: topic for name, topic in self.topics.items() if name not in topics},
            topic_names={i: name for i, name in self.topic_names.items() if name not in topics},
            reassigning=frozenset(tp for tp in self.reassigning if tp.topic not in topics),
            deletions={name: d for name, d in self.deletions.items() if name not in topics},
            offline_replicas={
                broker_id: left
                for broker_id, tps in self.offline_replicas.items()
                if (left := frozenset(tp for tp in tps if tp.topic not in topics))
            },
            set_aside={name: why for name, why in self.set_aside.items() if name not in topics},
        )

    def with_set_aside(self, topic: str, reason: str) -> Context:
        """Leave a topic alone: one of its znodes cannot be read."""
        forgotten = self.without_topics((topic,))
        return attrs.evolve(forgotten, set_aside={**forgotten.set_aside, topic: reason})

    def with_assignment(self, tp: TopicPartition, assignment: ReplicaAssignment) -> Context:
        """Another assignment of a known partition, in memory."""
        topic = self.topics[tp.topic]
        partition = attrs.evolve(topic.partitions[tp.partition], assignment=assignment)
        topic = attrs.evolve(topic, partitions={**topic.partitions, tp.partition: partition})
        return attrs.evolve(self, topics={**self.topics, tp.topic: topic})

    def with_node_version(self, topic: str, version: int) -> Context:
        known = attrs.evolve(self.topics[topic], node_version=version)
        return attrs.evolve(self, topics={**self.topics, topic: known})

    def with_reassigning(self, tp: TopicPartition, *, active: bool) -> Context:
        return attrs.evolve(self, reassigning=self.reassigning | {tp} if active else self.reassigning - {tp})

    # -- deletions ---------------------------------------------------------------------------------

    def with_deletions(self, deletions: Mapping[str, Deletion]) -> Context:
        """Add or replace the deletions of these topics."""
        return attrs.evolve(self, deletions={**self.deletions, **deletions}) if deletions else self


def apply(context: Context, written: Mapping[TopicPartition, LeaderAndIsr]) -> Context:
    """The context after these partition states were written or read.

    One pass for a whole batch of writes: each touched topic is rebuilt once. Partitions the context does
    not know are ignored.
    """
    touched: dict[str, dict[int, Partition]] = {}
    for tp, state in written.items():
        partition = context.partition(tp)
        if partition is not None and partition.state != state:
            changed = Partition(partition.tp, partition.assignment, state)
            touched.setdefault(tp.topic, {})[tp.partition] = changed
    if not touched:
        return context
    topics = dict(context.topics)
    for name, partitions in touched.items():
        topics[name] = attrs.evolve(topics[name], partitions={**topics[name].partitions, **partitions})
    return attrs.evolve(context, topics=topics)


def topic_from_node(node: TopicAssignment, node_version: int, known: Topic | None = None) -> Topic:
    """A topic as its znode says; states of partitions that were known are kept."""
    states = known.partitions if known is not None else {}
    return Topic(
        node.topic,
        node.topic_id,
        node_version,
        {
            number: Partition(
                TopicPartition(node.topic, number),
                assignment,
                states[number].state if number in states else None,
            )
            for number, assignment in node.partitions.items()
        },
    )
