"""Taking over: from a context that was just read to a cluster in order. [pure]

Source: KafkaController.onControllerFailover.
"""

from __future__ import annotations

from collections.abc import Mapping

from zkbroker.controller import admin, deletion, elections, reassignment
from zkbroker.controller.context import Context, Deletion, apply
from zkbroker.controller.events import CachedTopic, TookOver
from zkbroker.controller.partitions import adopt_states, bring_online, elect_and_shrink, tell_replicas
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import (
    Create,
    Delete,
    Found,
    Notice,
    Plan,
    Reconnect,
    SetData,
    read,
    report,
    wait_delivered,
    write,
)
from zkbroker.controller.topics import read_topics
from zkbroker.model import TopicPartition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import Undecodable


def took_over(context: Context, event: TookOver) -> Plan[Context]:
    """Introduce everybody to everybody, elect where a leader is dead, then bring the cluster into order.

    In two phases. First, with the partition states this broker happens to know, clean elections, and shrinks
    so that no leader waits for a dead follower: most partitions work again before their states were read. Once
    brokers have heard of that, every state is read, and what was cached is forgotten.
    Where Kafka tells the states it read, then those after shrinking, then those after electing, brokers
    hear only the last: leader epochs are raised as often, so the znodes are the same.
    """
    context = context.with_brokers(event.brokers)
    context, topics = yield from read_topics(context, event.topic_nodes)
    context = context.with_topics(topics)
    context = yield from _queue_deletions(context, event)
    yield Reconnect(context.brokers)
    introduction = Requests()
    introduction.update_metadata(())
    yield from introduction.send(context)
    yield from _act_from_cache(context, event.cached)
    yield from _keep_feature_node()
    yield from write(*((Delete(path),) for path in event.old_notifications))
    context = yield from _read_states(context)
    context = yield from _settle(context)
    yield from report(Notice(_summary(context)))
    context, started = yield from reassignment.znode_created(context)
    resumed = reassignment.in_progress(context, context.reassigning - started)
    context = yield from reassignment.proceed(context, resumed)
    context = yield from deletion.resume(context)
    return (yield from admin.preferred_znode_created(context))


def _act_from_cache(context: Context, cached: Mapping[str, CachedTopic]) -> Plan[None]:
    """Phase one: clean elections where the leader is dead, then shrinks where a follower is.

    By compare-and-set on the cached version. A cached state counts only if the topic still has its id and is
    not being deleted; if it is old, the write is refused and the decision is made with the newer state. Recovery
    states are not cached, and do not matter: only partitions with several replicas in sync are acted on, and a
    recovering one has one.
    """
    known = {
        partition.tp: state
        for partition in context.kept_partitions()
        if (topic := cached.get(partition.tp.topic)) is not None
        and topic.topic_id == context.topic_id(partition.tp.topic)
        and (state := topic.states.get(partition.tp.partition)) is not None
    }
    warm = apply(context, known)
    leaderless: dict[TopicPartition, tuple[int, ...]] = {}
    led: dict[TopicPartition, tuple[int, ...]] = {}
    for tp, state in known.items():
        partition = warm.partition(tp)
        if partition is None:
            continue
        online = warm.online(partition)
        gone = tuple(replica for replica in partition.replicas if replica not in online)
        if not set(gone).isdisjoint(state.isr) and not elections.needs_unclean(state.isr, online):
            (led if warm.leader_is_online(partition) else leaderless)[tp] = gone
    for lost in (leaderless, led):
        if not lost:
            continue
        changed = yield from elect_and_shrink(
            warm, "controller failover", among=lost, lost=lost, shrink_first=True, clean_only=True
        )
        if changed.written:
            requests = Requests()
            tell_replicas(requests, warm, changed.context, changed.written, lost)
            yield from requests.send(changed.context)
    if leaderless or led:
        counts = f"{len(leaderless)} partitions whose leader is gone and {len(led)} whose follower is"
        yield from report(Notice(f"acted from cached metadata: {counts}"))
        yield from wait_delivered()


def _read_states(context: Context) -> Plan[Context]:
    """Phase two: every partition state as ZooKeeper has it now."""
    paths = {partition.tp: znodes.state_path(partition.tp) for partition in context.partitions()}
    found = yield from read(*paths.values())
    existing = {tp: node for tp, path in paths.items() if (node := found[path]) is not None}
    context, _ = yield from adopt_states(context, existing)
    return context


def _settle(context: Context) -> Plan[Context]:
    """First states, shrinks and elections, then LeaderAndIsr and metadata of everything."""
    new = [partition.tp for partition in context.kept_partitions() if partition.state is None]
    context = yield from bring_online(context, new, "controller failover")
    lost = {
        partition.tp: gone
        for partition in context.kept_partitions()
        if (gone := tuple(r for r in partition.replicas if not context.is_online(r, partition.tp)))
    }
    changed = yield from elect_and_shrink(context, "controller failover", lost=lost, shrink_first=True)
    context = changed.context
    requests = Requests()
    for partition in context.kept_partitions():
        if partition.state is not None:
            requests.leader_and_isr(context.online(partition), partition.tp)
    for name in context.deletions:
        requests.update_metadata(p.tp for p in context.topics[name].partitions.values())
    yield from requests.send(context)
    return context


def _queue_deletions(context: Context, event: TookOver) -> Plan[Context]:
    """Topics with a marker; halted where a replica is offline or a reassignment is in progress.

    Their deletion may have begun under the last controller: they are given up, unless a reassignment must
    end first.
    """
    context, queued = yield from deletion.queue(context, event.deletion_markers)
    offline = {
        name: gone
        for name in queued
        if (
            gone := {
                replica
                for partition in context.topics[name].partitions.values()
                for replica in partition.replicas
                if not context.is_online(replica, partition.tp)
            }
        )
    }
    busy = {tp.topic for tp in context.reassigning}
    yield from deletion.report_halted(
        {name: deletion.offline_reason(gone) for name, gone in offline.items() if name not in busy}
    )
    return context.with_deletions(
        {name: Deletion(halted=name in busy | offline.keys(), begun=name not in busy) for name in queued}
    )


def _keep_feature_node() -> Plan[None]:
    """Brokers wait for /feature: it says that feature versioning is on and should name no feature."""
    path = znodes.FEATURE
    found: Found | None = (yield from read(path))[path]
    if found is None:
        yield from write((Create(path, znodes.encode_feature(znodes.FeatureNode(True, {})), exist_ok=True),))
        return
    try:
        node = znodes.decode_feature(found.data)
    except Undecodable as error:
        yield from report(Notice(f"left alone: {error}", warning=True))
        return
    kept = znodes.FeatureNode(True, node.max_version_levels if node.enabled else {})
    if node != kept:
        yield from write((SetData(path, znodes.encode_feature(kept), found.version),))


def _summary(context: Context) -> str:
    leaderless = sum(not context.leader_is_online(p) for p in context.kept_partitions())
    total = sum(len(topic.partitions) for topic in context.topics.values())
    text = f"took over {len(context.brokers)} brokers, {len(context.topics)} topics, {total} partitions"
    return f"{text}, {leaderless} of them without a leader" if leaderless else text
