"""LeaderAndIsr 7, UpdateMetadata 8 and StopReplica 4, built from the context. [pure]

One `Requests` collects what brokers are to hear after one change and builds a request of each kind per
broker, in Kafka's order: LeaderAndIsr, UpdateMetadata, StopReplica. Every LeaderAndIsr of a partition is
followed by its UpdateMetadata to all brokers.
Source: kafka.controller.AbstractControllerBrokerRequestBatch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import attrs

from zkbroker.controller.context import Context, Partition
from zkbroker.controller.steps import ControlRequest, Plan, Send
from zkbroker.model import LEADER_DURING_DELETION, TopicPartition
from zkbroker.protocol.generated.leader_and_isr_request import (
    LeaderAndIsrPartitionState,
    LeaderAndIsrRequest,
    LeaderAndIsrTopicState,
)
from zkbroker.protocol.generated.stop_replica_request import (
    StopReplicaPartitionState,
    StopReplicaRequest,
    StopReplicaTopicState,
)
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataBroker,
    UpdateMetadataEndpoint,
    UpdateMetadataPartitionState,
    UpdateMetadataRequest,
    UpdateMetadataTopicState,
)

LEADER_AND_ISR_VERSION: Final = 7
UPDATE_METADATA_VERSION: Final = 8
STOP_REPLICA_VERSION: Final = 4


@attrs.define(eq=False)
class Requests:
    """What to tell brokers after one change. A partition may be named repeatedly."""

    _leader_and_isr: dict[int, dict[TopicPartition, bool]] = attrs.field(factory=dict)  # value: is new
    _update_metadata: dict[TopicPartition, None] = attrs.field(factory=dict)  # a set that keeps its order
    _metadata_to: set[int] | None = attrs.field(factory=set)  # None: all registered brokers
    _stop_replica: dict[int, dict[TopicPartition, bool]] = attrs.field(factory=dict)  # value: delete

    def leader_and_isr(self, brokers: Iterable[int], tp: TopicPartition, *, is_new: bool = False) -> None:
        """Tell replicas about leadership, and all brokers the metadata. Once new, new for the whole batch."""
        for broker_id in brokers:
            told = self._leader_and_isr.setdefault(broker_id, {})
            told[tp] = is_new or told.get(tp, False)
        self.update_metadata((tp,))

    def update_metadata(
        self, partitions: Iterable[TopicPartition], *, to: Collection[int] | None = None
    ) -> None:
        """Tell brokers (all, unless some are named) these partitions and, always, who is there."""
        self._update_metadata.update(dict.fromkeys(partitions))
        if to is None:
            self._metadata_to = None
        elif self._metadata_to is not None:
            self._metadata_to.update(to)

    def stop_replica(self, broker_id: int, tp: TopicPartition, *, delete: bool) -> None:
        """Stop a replica; `delete` also deletes its log. Once delete, delete for the whole batch."""
        stopped = self._stop_replica.setdefault(broker_id, {})
        stopped[tp] = delete or stopped.get(tp, False)

    def send(self, context: Context) -> Plan[None]:
        """Send everything collected, with the states of this context, to brokers that are registered."""
        requests = self.build(context)
        if requests:
            yield Send(requests)

    def build(self, context: Context) -> Mapping[int, tuple[ControlRequest, ...]]:
        """The requests of each broker, in order."""
        built: dict[int, list[ControlRequest]] = {}
        states = _LeadershipStates(context)
        for broker_id, told in self._leader_and_isr.items():
            if broker_id in context.brokers and (topics := states.topics(told)):
                request = LeaderAndIsrRequest(
                    controller_id=context.broker_id,
                    controller_epoch=context.controller_epoch,
                    broker_epoch=context.brokers[broker_id].epoch,
                    topic_states=topics,
                )
                built.setdefault(broker_id, []).append(request)
        metadata_to = context.brokers.keys() if self._metadata_to is None else self._metadata_to
        if metadata_to:
            metadata = UpdateMetadataRequest(
                controller_id=context.broker_id,
                controller_epoch=context.controller_epoch,
                topic_states=_metadata_topics(context, self._update_metadata),
                live_brokers=_registered(context),
            )
            for broker_id in sorted(metadata_to & context.brokers.keys()):
                epoch = context.brokers[broker_id].epoch
                built.setdefault(broker_id, []).append(attrs.evolve(metadata, broker_epoch=epoch))
        for broker_id, stopped in self._stop_replica.items():
            if broker_id in context.brokers:
                stop = StopReplicaRequest(
                    controller_id=context.broker_id,
                    controller_epoch=context.controller_epoch,
                    broker_epoch=context.brokers[broker_id].epoch,
                    topic_states=_stopped_topics(context, stopped),
                )
                built.setdefault(broker_id, []).append(stop)
        return {broker_id: tuple(requests) for broker_id, requests in built.items()}


@attrs.define(eq=False)
class _LeadershipStates:
    """Leadership of partitions as LeaderAndIsr carries it; each is built once and shared by all brokers."""

    _context: Context
    _built: dict[tuple[TopicPartition, bool], LeaderAndIsrPartitionState] = attrs.field(factory=dict)

    def topics(self, told: Mapping[TopicPartition, bool]) -> list[LeaderAndIsrTopicState]:
        by_topic: dict[str, list[LeaderAndIsrPartitionState]] = {}
        for key in told.items():
            state = self._built.get(key)
            if state is None:
                partition = self._context.partition(key[0])
                if partition is None or partition.state is None:
                    continue
                state = self._built[key] = _leadership(partition, is_new=key[1])
            by_topic.setdefault(key[0].topic, []).append(state)
        return [
            LeaderAndIsrTopicState(
                topic_name=topic, topic_id=self._context.topic_id(topic), partition_states=states
            )
            for topic, states in by_topic.items()
        ]


def _leadership(partition: Partition, *, is_new: bool) -> LeaderAndIsrPartitionState:
    state, assignment = partition.state, partition.assignment
    assert state is not None
    return LeaderAndIsrPartitionState(
        partition_index=partition.tp.partition,
        controller_epoch=state.controller_epoch,
        leader=state.leader,
        leader_epoch=state.leader_epoch,
        isr=state.isr,
        partition_epoch=state.partition_epoch,
        replicas=assignment.replicas,
        adding_replicas=assignment.adding,
        removing_replicas=assignment.removing,
        is_new=is_new,
        leader_recovery_state=state.recovery_state,
    )


def _metadata_topics(
    context: Context, partitions: Iterable[TopicPartition]
) -> list[UpdateMetadataTopicState]:
    by_topic: dict[str, list[UpdateMetadataPartitionState]] = {}
    for tp in partitions:
        partition = context.partition(tp)
        if partition is not None and partition.state is not None:
            by_topic.setdefault(tp.topic, []).append(_metadata(context, partition))
    return [
        UpdateMetadataTopicState(topic_name=topic, topic_id=context.topic_id(topic), partition_states=states)
        for topic, states in by_topic.items()
    ]


def _metadata(context: Context, partition: Partition) -> UpdateMetadataPartitionState:
    state, tp = partition.state, partition.tp
    assert state is not None
    deleting = tp.topic in context.deletions
    return UpdateMetadataPartitionState(
        partition_index=tp.partition,
        controller_epoch=state.controller_epoch,
        leader=LEADER_DURING_DELETION if deleting else state.leader,
        leader_epoch=0 if deleting else state.leader_epoch,
        isr=state.isr,
        zk_version=0 if deleting else state.partition_epoch,
        replicas=partition.replicas,
        offline_replicas=tuple(r for r in partition.replicas if not context.is_online(r, tp)),
    )


def _registered(context: Context) -> list[UpdateMetadataBroker]:
    """Every registered broker: those shutting down are still listed, and the list replaces what was known."""
    return [
        UpdateMetadataBroker(
            id=broker_id,
            endpoints=[
                UpdateMetadataEndpoint(
                    port=endpoint.port,
                    host=endpoint.host,
                    listener=endpoint.listener,
                    security_protocol=endpoint.security_protocol,
                )
                for endpoint in broker.endpoints
            ],
            rack=broker.rack,
        )
        for broker_id, broker in sorted(context.brokers.items())
    ]


def _stopped_topics(context: Context, stopped: Mapping[TopicPartition, bool]) -> list[StopReplicaTopicState]:
    by_topic: dict[str, list[StopReplicaPartitionState]] = {}
    for tp, delete in stopped.items():
        by_topic.setdefault(tp.topic, []).append(
            StopReplicaPartitionState(
                partition_index=tp.partition, leader_epoch=context.stop_epoch(tp), delete_partition=delete
            )
        )
    return [
        StopReplicaTopicState(topic_name=topic, partition_states=states) for topic, states in by_topic.items()
    ]
