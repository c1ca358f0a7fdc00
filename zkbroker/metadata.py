"""What this broker knows of the cluster: one immutable snapshot, replaced by each UpdateMetadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from zkbroker.changed import Changed
from zkbroker.model import (
    LEADER_DURING_DELETION,
    NO_TOPIC_ID,
    BrokerInfo,
    Endpoint,
    SecurityProtocol,
    TopicId,
    TopicPartition,
)

if TYPE_CHECKING:
    from zkbroker.protocol.generated.update_metadata_request import (
        UpdateMetadataPartitionState,
        UpdateMetadataRequest,
    )


@attrs.frozen
class PartitionMetadata:
    """One partition as the controller last told us."""

    leader: int  # -1: none
    leader_epoch: int
    isr: tuple[int, ...]
    partition_epoch: int
    replicas: tuple[int, ...]
    offline_replicas: tuple[int, ...]
    controller_epoch: int


@attrs.frozen
class TopicMetadata:
    """One topic with its partitions by number."""

    topic: str
    topic_id: TopicId
    partitions: Mapping[int, PartitionMetadata]


_NOTHING: Mapping[int, PartitionMetadata] = MappingProxyType({})


@attrs.frozen
class ClusterSnapshot:
    """The cluster at one moment. Take it once a request and use that."""

    controller_id: int = -1
    brokers: Mapping[int, BrokerInfo] = attrs.field(factory=dict)  # alive, by id
    topics: Mapping[str, TopicMetadata] = attrs.field(factory=dict)
    topic_names: Mapping[TopicId, str] = attrs.field(factory=dict)

    def partitions(self, topic: str) -> Mapping[int, PartitionMetadata]:
        """The partitions of a topic by number; empty where the topic is unknown."""
        known = self.topics.get(topic)
        return known.partitions if known is not None else _NOTHING

    def partition(self, tp: TopicPartition) -> PartitionMetadata | None:
        return self.partitions(tp.topic).get(tp.partition)

    def topic_id(self, topic: str) -> TopicId:
        """The topic's id, or NO_TOPIC_ID."""
        known = self.topics.get(topic)
        return known.topic_id if known is not None else NO_TOPIC_ID

    def leader_endpoint(self, tp: TopicPartition, listener: str) -> Endpoint | None:
        """Where to reach the partition's leader on that listener, or None."""
        partition = self.partition(tp)
        broker = self.brokers.get(partition.leader) if partition is not None else None
        return broker.endpoint(listener) if broker is not None else None


@attrs.frozen
class MetadataUpdate:
    """What one UpdateMetadata made of a snapshot."""

    snapshot: ClusterSnapshot
    deleted: tuple[TopicPartition, ...] = ()  # partitions that left with their topic
    topics_rebuilt: int = 0  # counted work: only touched topics are rebuilt


def _partition(state: UpdateMetadataPartitionState) -> PartitionMetadata:
    return PartitionMetadata(
        leader=state.leader,
        leader_epoch=state.leader_epoch,
        isr=tuple(state.isr),
        partition_epoch=state.zk_version,
        replicas=tuple(state.replicas),
        offline_replicas=tuple(state.offline_replicas),
        controller_epoch=state.controller_epoch,
    )


def _states_by_topic(
    request: UpdateMetadataRequest,
) -> Iterable[tuple[str, TopicId, Iterable[UpdateMetadataPartitionState]]]:
    for topic in request.topic_states:
        yield topic.topic_name, topic.topic_id, topic.partition_states
    ungrouped: dict[str, list[UpdateMetadataPartitionState]] = {}
    for state in request.ungrouped_partition_states:
        ungrouped.setdefault(state.topic_name, []).append(state)
    for name, states in ungrouped.items():
        yield name, NO_TOPIC_ID, states


def _brokers(request: UpdateMetadataRequest) -> dict[int, BrokerInfo]:
    brokers = {}
    for live in request.live_brokers:
        endpoints = tuple(
            Endpoint(
                e.listener or SecurityProtocol(e.security_protocol).name,
                SecurityProtocol(e.security_protocol),
                e.host,
                e.port,
            )
            for e in live.endpoints
        )
        if not endpoints:  # version 0
            endpoints = (Endpoint("PLAINTEXT", SecurityProtocol.PLAINTEXT, live.v0_host, live.v0_port),)
        brokers[live.id] = BrokerInfo(live.id, endpoints, rack=live.rack)
    return brokers


def update(snapshot: ClusterSnapshot, request: UpdateMetadataRequest) -> MetadataUpdate:
    """The snapshot after `request`: brokers and controller replaced, partitions merged. Pure.

    A leader of -2 drops the partition; a topic without partitions is dropped.
    """
    topics: dict[str, TopicMetadata] | None = None
    names: dict[TopicId, str] | None = None
    deleted: list[TopicPartition] = []
    rebuilt = 0
    for name, topic_id, states in _states_by_topic(request):
        if topics is None:
            topics, names = dict(snapshot.topics), dict(snapshot.topic_names)
        assert names is not None
        before = topics.get(name)
        partitions = dict(before.partitions) if before is not None else {}
        rebuilt += 1
        for state in states:
            if state.leader == LEADER_DURING_DELETION:
                if partitions.pop(state.partition_index, None) is not None:
                    deleted.append(TopicPartition(name, state.partition_index))
            else:
                partitions[state.partition_index] = _partition(state)
        if before is not None and before.topic_id != topic_id:
            names.pop(before.topic_id, None)
        if partitions:
            topics[name] = TopicMetadata(name, topic_id, partitions)
            if topic_id != NO_TOPIC_ID:
                names[topic_id] = name
        else:
            topics.pop(name, None)
            names.pop(topic_id, None)
    return MetadataUpdate(
        ClusterSnapshot(
            controller_id=request.controller_id,
            brokers=_brokers(request),
            topics=topics if topics is not None else snapshot.topics,
            topic_names=names if names is not None else snapshot.topic_names,
        ),
        tuple(deleted),
        rebuilt,
    )


@attrs.frozen
class MetadataStatistics:
    brokers: int
    topics: int
    partitions: int
    controller_id: int


@attrs.define(eq=False)
class MetadataCache:
    """Holds the current snapshot. Only mutator: `replace`, called when an UpdateMetadata is applied."""

    snapshot: ClusterSnapshot = attrs.field(factory=ClusterSnapshot)
    changed: Changed = attrs.field(factory=Changed)

    def replace(self, snapshot: ClusterSnapshot) -> None:
        self.snapshot = snapshot
        self.changed.notify()

    def is_alive(self, broker_id: int) -> bool:
        return broker_id in self.snapshot.brokers

    def statistics(self) -> MetadataStatistics:
        now = self.snapshot
        return MetadataStatistics(
            len(now.brokers),
            len(now.topics),
            sum(len(topic.partitions) for topic in now.topics.values()),
            now.controller_id,
        )
