"""Deleting topics: tell brokers, delete every replica, then the znodes. [pure]

A topic is halted while one of its replicas is on a dead broker or it is being reassigned, and goes on when
the broker returns or the reassignment ends. The marker under /admin/delete_topics is removed last, so a new
controller goes on where the old one stopped.
Source: kafka.controller.TopicDeletionManager.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from zkbroker.controller import elections
from zkbroker.controller.context import Context, Deletion, DeletionState, Partition, Topic
from zkbroker.controller.events import DeletionAnswered, DeletionMarkersSeen
from zkbroker.controller.partitions import change_states
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import (
    Delete,
    Deleted,
    Deleting,
    Notice,
    Plan,
    read,
    read_trees,
    report,
    write,
)
from zkbroker.errors import ErrorCode
from zkbroker.model import LeaderAndIsr, TopicPartition
from zkbroker.zookeeper import znodes

REASSIGNED = "it is being reassigned"


def report_halted(reasons: Mapping[str, str]) -> Plan[None]:
    yield from report(*(Deleted(topic, Deleting.HALTED, reason) for topic, reason in sorted(reasons.items())))


def offline_reason(brokers: Collection[int]) -> str:
    """Why a deletion waits when replicas on these brokers are offline."""
    return f"replicas are offline, on brokers {', '.join(map(str, sorted(brokers)))}"


def markers_seen(context: Context, event: DeletionMarkersSeen) -> Plan[Context]:
    """Queue the marked topics; markers of topics that do not exist are removed."""
    context, queued = yield from queue(context, event.topics)
    return (yield from resume(context)) if queued else context


def queue(context: Context, marked: Collection[str]) -> Plan[tuple[Context, frozenset[str]]]:
    """Put marked topics into the queue; gives those that were not in it before.

    A topic that this controller has not seen yet may just have been created: its marker stays, and the
    topic is queued when its node is seen.
    """
    unknown = sorted(topic for topic in marked if topic not in context.topics)
    if not context.policy.deletes_topics:
        if marked:
            yield from report(Notice(f"topic deletion is off, not deleted: {', '.join(sorted(marked))}"))
        yield from delete_markers(marked)
        return context, frozenset()
    nodes = yield from read(*(znodes.topic_path(topic) for topic in unknown))
    missing = [topic for topic in unknown if nodes[znodes.topic_path(topic)] is None]
    if missing:
        yield from report(Notice(f"not deleted, because they do not exist: {', '.join(missing)}"))
        yield from delete_remainders(missing)  # perhaps of a deletion that stopped half way
    fresh = frozenset(topic for topic in marked if topic in context.topics and topic not in context.deletions)
    reassigned = {tp.topic for tp in context.reassigning}
    context = context.with_deletions({topic: Deletion(halted=topic in reassigned) for topic in fresh})
    yield from report_halted(dict.fromkeys(fresh & reassigned, REASSIGNED))
    return context, fresh


def delete_markers(topics: Iterable[str]) -> Plan[None]:
    """Nothing asks for the deletion of these topics any more."""
    yield from write(*((Delete(znodes.delete_topic_path(topic)),) for topic in topics))


def delete_remainders(topics: Collection[str]) -> Plan[None]:
    """What is left of topics whose nodes are gone: their configuration and, last, what asks for the deletion."""
    configs = (znodes.config_path(znodes.entity_path("topics", topic)) for topic in topics)
    yield from write(*((Delete(path),) for path in configs))
    yield from delete_markers(topics)


def halt(context: Context, topics: Collection[str]) -> Context:
    """Deletion of these topics, where queued, waits until `resume` names them."""
    return context.with_deletions(
        {t: attrs.evolve(context.deletions[t], halted=True) for t in topics if t in context.deletions}
    )


def resume(context: Context, topics: Collection[str] = ()) -> Plan[Context]:
    """Go on with every queued topic that can; the halt of the named ones is over, unless they are reassigned."""
    busy = {tp.topic for tp in context.reassigning}
    context = context.with_deletions(
        {
            topic: attrs.evolve(context.deletions[topic], halted=topic in busy)
            for topic in topics
            if topic in context.deletions
        }
    )
    complete = [name for name, deletion in context.deletions.items() if _is_complete(context, deletion, name)]
    if complete:
        context = yield from _delete_nodes(context, complete)
    begin = []
    for name, deletion in context.deletions.items():
        if deletion.any_in(DeletionState.STARTED):
            continue
        if deletion.any_in(DeletionState.INELIGIBLE):
            retried = {r: s for r, s in deletion.replicas.items() if s is not DeletionState.INELIGIBLE}
            context = context.with_deletions({name: attrs.evolve(deletion, replicas=retried)})
        if not deletion.halted:
            begin.append(name)
    return (yield from _begin(context, begin)) if begin else context


def _replicas(topic: Topic) -> list[tuple[int, int]]:
    return [(p, replica) for p, partition in topic.partitions.items() for replica in partition.replicas]


def _is_complete(context: Context, deletion: Deletion, name: str) -> bool:
    replicas = _replicas(context.topics[name])
    return all(deletion.replicas.get(replica) is DeletionState.SUCCESSFUL for replica in replicas)


def _begin(context: Context, names: Collection[str]) -> Plan[Context]:
    """Brokers drop the topics from their metadata; reachable replicas are stopped, then deleted."""
    partitions = [p for name in names for p in context.topics[name].partitions.values()]
    yield from report(
        Notice(f"deleting topics {', '.join(sorted(names))}"),
        *(Deleted(name, Deleting.BEGUN) for name in names),
    )
    announcement = Requests()
    announcement.update_metadata(partition.tp for partition in partitions)
    yield from announcement.send(context)
    stopped: dict[TopicPartition, tuple[int, ...]] = {}
    deletions: dict[str, Deletion] = {}
    offline: dict[str, set[int]] = {}
    for name in names:
        deletion = context.deletions[name]
        states = dict(deletion.replicas)
        for partition in context.topics[name].partitions.values():
            tp = partition.tp
            for broker_id in partition.replicas:
                replica = (tp.partition, broker_id)
                if not context.is_online(broker_id, tp):
                    offline.setdefault(name, set()).add(broker_id)
                    if states.get(replica) is not DeletionState.SUCCESSFUL:
                        states[replica] = DeletionState.INELIGIBLE
                elif states.get(replica) is not DeletionState.SUCCESSFUL:
                    states[replica] = DeletionState.STARTED
                    stopped[tp] = (*stopped.get(tp, ()), broker_id)
        deletions[name] = Deletion(halted=name in offline, begun=True, replicas=states)
    yield from report_halted({name: offline_reason(brokers) for name, brokers in offline.items()})

    def shrink(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        result = None
        for broker_id in stopped.get(partition.tp, ()):
            result = elections.without_replica(result or state, broker_id) or result
        return result

    for delete in (False, True):
        if delete:
            changed = yield from change_states(context, stopped, shrink)
            context = changed.context.with_deletions(
                {t: d for t, d in deletions.items() if t in changed.context.topics}
            )
        requests = Requests()
        for tp, brokers in stopped.items():
            for broker_id in brokers:
                requests.stop_replica(broker_id, tp, delete=delete)
        yield from requests.send(context)
    return context


def answered(context: Context, event: DeletionAnswered) -> Plan[Context]:
    """A broker deleted replicas, or said why not."""
    broker = context.brokers.get(event.broker_id)
    if broker is None or broker.epoch != event.broker_epoch:
        return context
    deletions: dict[str, Deletion] = {}
    refused: dict[str, str] = {}
    for tp, error in event.errors.items():
        deletion = deletions.get(tp.topic, context.deletions.get(tp.topic))
        replica = (tp.partition, event.broker_id)
        if deletion is None or deletion.replicas.get(replica) is not DeletionState.STARTED:
            continue
        failed = error != ErrorCode.NONE
        if failed:
            refused[tp.topic] = f"broker {event.broker_id} answered {ErrorCode(error).name}"
        state = DeletionState.INELIGIBLE if failed else DeletionState.SUCCESSFUL
        deletions[tp.topic] = attrs.evolve(
            deletion, halted=deletion.halted or failed, replicas={**deletion.replicas, replica: state}
        )
    if not deletions:
        return context
    yield from report_halted(refused)
    return (yield from resume(context.with_deletions(deletions)))


def replicas_failed(context: Context, lost: Mapping[TopicPartition, tuple[int, ...]]) -> Plan[Context]:
    """Replicas of queued topics went offline: they cannot be deleted now, and their topics wait."""
    deletions: dict[str, Deletion] = {}
    gone: dict[str, set[int]] = {}
    for tp, brokers in lost.items():
        deletion = deletions.get(tp.topic, context.deletions.get(tp.topic))
        if deletion is None:
            continue
        gone.setdefault(tp.topic, set()).update(brokers)
        states = dict(deletion.replicas)
        for broker_id in brokers:
            if states.get((tp.partition, broker_id)) is not DeletionState.SUCCESSFUL:
                states[tp.partition, broker_id] = DeletionState.INELIGIBLE
        deletions[tp.topic] = attrs.evolve(deletion, halted=True, replicas=states)
    if not deletions:
        return context
    yield from report_halted({topic: offline_reason(brokers) for topic, brokers in gone.items()})
    return (yield from resume(context.with_deletions(deletions)))


def _delete_nodes(context: Context, names: Collection[str]) -> Plan[Context]:
    """Delete what ZooKeeper holds of topics whose replicas are all gone, and forget them.

    Children before parents, level by level; the marker last.
    """
    trees = yield from read_trees(*(znodes.topic_path(name) for name in names))
    levels: dict[int, list[str]] = {}
    for paths in trees.values():
        for path in paths:
            levels.setdefault(path.count("/"), []).append(path)
    for depth in sorted(levels, reverse=True):
        yield from write(*((Delete(path),) for path in levels[depth]))
    yield from delete_remainders(names)
    yield from report(
        Notice(f"deleted topics {', '.join(sorted(names))}"),
        *(Deleted(name, Deleting.DONE) for name in names),
    )
    return context.without_topics(names)
