"""What the controller does about each event: the table of contents of its decisions. [pure]

`plan(context, event)` gives a generator of steps that returns the context after it (see steps.py). It is told
the outcome of every write, so the context it returns holds what ZooKeeper holds. If it is stopped half way,
its context is thrown away and the next reign starts from what was written.
"""

from __future__ import annotations

from typing import assert_never

from zkbroker.controller import (
    admin,
    brokers,
    deletion,
    failover,
    isr,
    reassignment,
    topics,
)
from zkbroker.controller.context import Context
from zkbroker.controller.events import (
    AlterPartitionsReceived,
    BrokersSeen,
    ControlledShutdownReceived,
    DeletionAnswered,
    DeletionMarkersSeen,
    ElectionRequested,
    Event,
    FeatureUpdatesRequested,
    IsrChangesNotified,
    LeaderAndIsrAnswered,
    LogDirFailuresNotified,
    PreferredElectionZnodeCreated,
    ProducerIdsRequested,
    ReassignmentsListed,
    ReassignmentsRequested,
    ReassignmentZnodeCreated,
    RebalanceDue,
    TookOver,
    TopicNodeSeen,
    TopicsSeen,
    UncleanElectionEnabled,
)
from zkbroker.controller.steps import Plan


def plan(context: Context, event: Event) -> Plan[Context]:
    """The steps that answer this event.

    Raises: ControllerMoved, from within the generator, if another controller turns out to reign.
    """
    match event:
        case TookOver():
            return failover.took_over(context, event)
        case BrokersSeen():
            return brokers.brokers_changed(context, event)
        case TopicsSeen():
            return topics.topics_seen(context, event)
        case TopicNodeSeen():
            return topics.node_seen(context, event)
        case DeletionMarkersSeen():
            return deletion.markers_seen(context, event)
        case DeletionAnswered():
            return deletion.answered(context, event)
        case AlterPartitionsReceived():
            return isr.altered(context, event)
        case IsrChangesNotified():
            return isr.notified(context, event)
        case LogDirFailuresNotified():
            return brokers.log_dirs_failed(context, event)
        case LeaderAndIsrAnswered():
            return brokers.leader_and_isr_answered(context, event)
        case ControlledShutdownReceived():
            return brokers.controlled_shutdown(context, event)
        case ProducerIdsRequested():
            return admin.producer_ids_requested(context, event)
        case ElectionRequested():
            return admin.election_requested(context, event)
        case RebalanceDue():
            return admin.rebalance(context)
        case UncleanElectionEnabled():
            return admin.unclean_enabled(context, event)
        case PreferredElectionZnodeCreated():
            return admin.preferred_znode_created(context)
        case FeatureUpdatesRequested():
            return admin.features_requested(context, event)
        case ReassignmentsRequested():
            return reassignment.requested(context, event)
        case ReassignmentsListed():
            return reassignment.listed(context, event)
        case ReassignmentZnodeCreated():
            return _reassignment_znode(context)
        case _:
            assert_never(event)


def _reassignment_znode(context: Context) -> Plan[Context]:
    context, _ = yield from reassignment.znode_created(context)
    return context
