"""What plans report, as events of the feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from zkbroker import events
from zkbroker.controller.steps import (
    Allotted,
    Deleted,
    Deleting,
    Elected,
    Moved,
    Moving,
    News,
    Notice,
    SetAside,
)


def told(news: News) -> Iterator[events.Event]:
    """The events that tell it, in order."""
    match news:
        case Notice(text):
            yield events.ControllerSays(text)
        case SetAside(topic, reason):
            yield events.TopicSetAside(topic, reason)
        case Elected(tp, _, state, reason, unclean):
            if unclean:
                yield events.UncleanElection(tp, state.leader, state.leader_epoch, reason)
            yield events.PartitionElected(tp, state.leader, state.isr, state.leader_epoch, reason)
        case Moved(tp, Moving.BEGUN, to):
            yield events.ReassignmentBegun(tp, to.replicas, to.adding, to.removing)
        case Moved(tp, Moving.CANCELLED, to):
            yield events.ReassignmentCancelled(tp, to.replicas)
        case Moved(tp, _, to):
            yield events.ReassignmentCompleted(tp, to.replicas)
        case Deleted(topic, Deleting.BEGUN):
            yield events.TopicDeletionBegun(topic)
        case Deleted(topic, Deleting.HALTED, reason):
            yield events.TopicDeletionHalted(topic, reason)
        case Deleted(topic):
            yield events.TopicDeleted(topic)
        case Allotted(broker_id, block):
            yield events.ProducerIdsAllocated(broker_id, block.first, block.last)
        case _:
            assert_never(news)
