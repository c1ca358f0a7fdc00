"""What the controller's inbox holds. Values only. [pure]

Three kinds: what a watch saw (level-triggered: "this is what the znode said when it was read last"), what
brokers answered, and API calls, which carry a ticket that their reply names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from zkbroker.controller.steps import Found
from zkbroker.model import BrokerInfo, LeaderAndIsr, TopicId, TopicPartition

if TYPE_CHECKING:
    from zkbroker.protocol.generated.alter_partition_request import AlterPartitionRequest
    from zkbroker.protocol.generated.update_features_request import UpdateFeaturesRequest

# -- the reign itself ----------------------------------------------------------------------------------


@attrs.frozen
class CachedTopic:
    """What this broker's metadata cache says of a topic: perhaps old, and without recovery states."""

    topic_id: TopicId
    states: Mapping[int, LeaderAndIsr]  # by partition


@attrs.frozen
class TookOver:
    """A reign begins: what was read while its watches were armed."""

    brokers: Mapping[int, BrokerInfo] = attrs.field(factory=dict)
    topic_nodes: Mapping[str, Found] = attrs.field(factory=dict)
    deletion_markers: frozenset[str] = frozenset()
    old_notifications: tuple[str, ...] = ()  # paths; what they told is read anyway
    cached: Mapping[str, CachedTopic] = attrs.field(factory=dict)  # empty: a cold start


@attrs.frozen
class RebalanceDue:
    """The interval of the automatic preferred-leader rebalance is over."""


@attrs.frozen
class UncleanElectionEnabled:
    """The policy of this topic, or the default of all (None), now allows unclean elections."""

    topic: str | None


# -- what watches saw ----------------------------------------------------------------------------------


@attrs.frozen
class BrokersSeen:
    """All registrations that can be read."""

    brokers: Mapping[int, BrokerInfo]
    unreadable: frozenset[int] = frozenset()  # registered, but their node is garbage


@attrs.frozen
class TopicsSeen:
    """The children of /brokers/topics."""

    names: frozenset[str]


@attrs.frozen
class TopicNodeSeen:
    """A topic node, as its data watch read it."""

    topic: str
    data: bytes
    version: int


@attrs.frozen
class DeletionMarkersSeen:
    """The children of /admin/delete_topics."""

    topics: frozenset[str]


@attrs.frozen
class ReassignmentZnodeCreated:
    """A legacy tool wrote /admin/reassign_partitions."""


@attrs.frozen
class PreferredElectionZnodeCreated:
    """A legacy tool wrote /admin/preferred_replica_election."""


@attrs.frozen
class IsrChangesNotified:
    """Brokers of an old inter-broker protocol changed these partitions' states themselves."""

    names: tuple[str, ...]  # the notification nodes, to be deleted afterwards
    partitions: frozenset[TopicPartition]


@attrs.frozen
class LogDirFailuresNotified:
    """These brokers lost a log directory."""

    names: tuple[str, ...]  # the notification nodes, to be deleted afterwards
    brokers: frozenset[int]


# -- what brokers answered -----------------------------------------------------------------------------


@attrs.frozen
class LeaderAndIsrAnswered:
    """Which replicas a broker said are in a lost directory, and which it accepted."""

    broker_id: int
    broker_epoch: int
    offline: frozenset[TopicPartition]
    accepted: frozenset[TopicPartition]


@attrs.frozen
class DeletionAnswered:
    """The error code of each replica a broker was told to delete."""

    broker_id: int
    broker_epoch: int
    errors: Mapping[TopicPartition, int]


# -- API calls -----------------------------------------------------------------------------------------


@attrs.frozen
class AlterPartitionCall:
    ticket: int
    version: int
    request: AlterPartitionRequest


@attrs.frozen
class AlterPartitionsReceived:
    """ISR changes that waited in the inbox together; they are written together."""

    calls: tuple[AlterPartitionCall, ...]


@attrs.frozen
class ControlledShutdownReceived:
    ticket: int
    broker_id: int
    broker_epoch: int  # -1: the broker does not know it


@attrs.frozen
class ProducerIdsRequested:
    ticket: int
    broker_id: int
    broker_epoch: int


@attrs.frozen
class ElectionRequested:
    """ElectLeaders. No partitions given: all of them."""

    ticket: int
    partitions: tuple[TopicPartition, ...] | None
    unclean: bool  # else preferred


@attrs.frozen
class ReassignmentsRequested:
    """AlterPartitionReassignments: the target replicas, or None to cancel."""

    ticket: int
    targets: Mapping[TopicPartition, tuple[int, ...] | None]


@attrs.frozen
class ReassignmentsListed:
    """ListPartitionReassignments. No partitions given: all that are being reassigned."""

    ticket: int
    partitions: tuple[TopicPartition, ...] | None


@attrs.frozen
class FeatureUpdatesRequested:
    ticket: int
    request: UpdateFeaturesRequest


ApiCall = (
    ControlledShutdownReceived
    | ProducerIdsRequested
    | ElectionRequested
    | ReassignmentsRequested
    | ReassignmentsListed
    | FeatureUpdatesRequested
)

Event = (
    TookOver
    | RebalanceDue
    | UncleanElectionEnabled
    | BrokersSeen
    | TopicsSeen
    | TopicNodeSeen
    | DeletionMarkersSeen
    | ReassignmentZnodeCreated
    | PreferredElectionZnodeCreated
    | IsrChangesNotified
    | LogDirFailuresNotified
    | LeaderAndIsrAnswered
    | DeletionAnswered
    | AlterPartitionsReceived
    | ApiCall
)
