"""Brokers come, go, bounce, lose directories and stop cleanly. [pure]

Source: KafkaController.processBrokerChange, onBrokerStartup, onBrokerFailure, onReplicasBecomeOffline,
doControlledShutdown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from zkbroker.controller import deletion, elections, reassignment
from zkbroker.controller.context import Context, Partition
from zkbroker.controller.events import (
    BrokersSeen,
    ControlledShutdownReceived,
    LeaderAndIsrAnswered,
    LogDirFailuresNotified,
)
from zkbroker.controller.partitions import (
    bring_online,
    change_states,
    elect_and_shrink,
    report_elections,
    tell_replicas,
)
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import Delete, Notice, Plan, Reconnect, refuse, reply, report, write
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import NO_EPOCH, BrokerInfo, LeaderAndIsr, TopicPartition
from zkbroker.zookeeper import znodes


def brokers_changed(context: Context, event: BrokersSeen) -> Plan[Context]:
    """Compare the registrations with what was known and act on each difference.

    Failures come first: a broker that bounced has failed, and then it has started. A registration that
    cannot be read leaves a known broker as it was.
    """
    known = context.brokers
    kept_unreadable = {b: known[b] for b in event.unreadable if b in known}
    seen: dict[int, BrokerInfo] = {**kept_unreadable, **event.brokers}
    dead = known.keys() - seen.keys()
    bounced = {b for b in known.keys() & seen.keys() if seen[b].epoch > known[b].epoch}
    new = seen.keys() - known.keys()
    moved = {
        b for b in known.keys() & seen.keys() if b not in bounced and seen[b].endpoints != known[b].endpoints
    }
    if not (dead or bounced or new or moved):
        return context
    yield from report(Notice(_difference(dead, bounced, new, moved)))
    staying = {b: seen[b] if b in moved else known[b] for b in known.keys() & seen.keys() if b not in bounced}
    yield Reconnect({**staying, **{b: seen[b] for b in new | bounced}})
    if dead or bounced:
        context = yield from brokers_failed(context, dead | bounced, staying)
    started = new | bounced
    if started:
        context = context.with_brokers({**staying, **{b: seen[b] for b in started}})
        context = yield from brokers_started(context, started)
    if moved and not dead | bounced | new:
        context = context.with_brokers(staying)
        requests = Requests()
        requests.update_metadata(())
        yield from requests.send(context)
    return context


def _difference(
    dead: Collection[int], bounced: Collection[int], new: Collection[int], moved: set[int]
) -> str:
    kinds = (("new", new), ("dead", dead), ("restarted", bounced), ("with other listeners", moved))
    return "brokers " + "; ".join(
        f"{kind}: {', '.join(str(broker_id) for broker_id in sorted(ids))}" for kind, ids in kinds if ids
    )


def brokers_failed(
    context: Context, failed: Collection[int], staying: Mapping[int, BrokerInfo]
) -> Plan[Context]:
    """Elect for what these brokers led and take them out of every ISR; the rest hears of it."""
    context = context.with_brokers(staying)
    lost: dict[TopicPartition, tuple[int, ...]] = {}
    for partition in context.partitions():
        gone = tuple(sorted(replica for replica in partition.replicas if replica in failed))
        if gone:
            lost[partition.tp] = gone
    return (yield from replicas_lost(context, lost, "broker failure"))


def replicas_lost(
    context: Context, lost: Mapping[TopicPartition, tuple[int, ...]], reason: str
) -> Plan[Context]:
    """What follows when replicas went offline, with their broker or with one of its directories."""
    kept = {tp: replicas for tp, replicas in lost.items() if context.is_kept(tp.topic)}
    new = [partition.tp for partition in context.kept_partitions() if partition.state is None]
    context = yield from bring_online(context, new, reason)
    before = context
    changed = yield from elect_and_shrink(context, reason, lost=kept)
    context = changed.context
    requests = Requests()
    tell_replicas(requests, before, context, changed.written, kept)
    requests.update_metadata(kept)
    for tp, replicas in kept.items():
        for broker_id in replicas:
            if broker_id in context.brokers:
                requests.stop_replica(broker_id, tp, delete=False)
    yield from requests.send(context)
    deleting = {tp: replicas for tp, replicas in lost.items() if tp.topic in context.deletions}
    return (yield from deletion.replicas_failed(context, deleting))


def brokers_started(context: Context, started: Collection[int]) -> Plan[Context]:
    """Tell all who is there, the new ones everything; then elect, reassign, delete what waited for them."""
    others = Requests()
    others.update_metadata((), to=context.brokers.keys() - set(started))
    yield from others.send(context)
    newcomers = Requests()
    newcomers.update_metadata(
        (p.tp for p in context.kept_partitions() if p.state is not None), to=set(started)
    )
    yield from newcomers.send(context)
    hosted = [p for p in context.kept_partitions() if not set(started).isdisjoint(p.replicas)]
    leadership = Requests()
    for partition in hosted:
        if partition.state is not None:
            leadership.leader_and_isr((r for r in partition.replicas if r in started), partition.tp)
    if hosted:
        yield from leadership.send(context)
    context = yield from elect_waiting(context, "broker start")
    waited = reassignment.in_progress(context, context.reassigning)
    resumed = {tp: a for tp, a in waited.items() if not set(reassignment.target(a)).isdisjoint(started)}
    context = yield from reassignment.proceed(context, resumed)
    returned = {
        name
        for name in context.deletions
        if any(not set(started).isdisjoint(p.replicas) for p in context.topics[name].partitions.values())
    }
    return (yield from deletion.resume(context, returned))


def elect_waiting(
    context: Context, reason: str, among: Collection[TopicPartition] | None = None
) -> Plan[Context]:
    """Try again for every kept partition (or those named) that is new or has no online leader."""
    waiting = [p for p in context.kept_partitions() if among is None or p.tp in among]
    new = [partition.tp for partition in waiting if partition.state is None]
    context = yield from bring_online(context, new, reason)
    before = context
    leaderless = {p.tp for p in waiting if p.state is not None and not context.leader_is_online(p)}
    changed = yield from elect_and_shrink(context, reason, among=leaderless)
    if changed.written:
        requests = Requests()
        tell_replicas(requests, before, changed.context, changed.written)
        yield from requests.send(changed.context)
    return changed.context


# -- log directories -----------------------------------------------------------------------------------


def log_dirs_failed(context: Context, event: LogDirFailuresNotified) -> Plan[Context]:
    """Ask the brokers which of their replicas are gone: LeaderAndIsr with what they should know already."""
    requests = Requests()
    for partition in context.kept_partitions():
        if partition.state is not None:
            asked = [b for b in partition.replicas if b in event.brokers]
            if asked:
                requests.leader_and_isr(asked, partition.tp)
    yield from requests.send(context)
    yield from delete_notifications(znodes.LOG_DIR_EVENTS, event.names)
    return context


def delete_notifications(parent: str, names: Collection[str]) -> Plan[None]:
    yield from write(*((Delete(f"{parent}/{name}"),) for name in names))


def leader_and_isr_answered(context: Context, event: LeaderAndIsrAnswered) -> Plan[Context]:
    """Replicas in a lost directory are offline from now on; those accepted are not."""
    broker = context.brokers.get(event.broker_id)
    if broker is None or broker.epoch != event.broker_epoch:
        return context
    before = context.offline_replicas.get(event.broker_id, frozenset())
    known = frozenset(tp for tp in event.offline if context.partition(tp) is not None)
    after = (before - event.accepted) | known
    if after == before:
        return context
    context = context.with_offline_replicas(event.broker_id, after)
    lost = dict.fromkeys(sorted(after - before), (event.broker_id,))
    if not lost:
        return context
    yield from report(
        Notice(f"broker {event.broker_id} lost the directories of {len(lost)} replicas", warning=True)
    )
    return (yield from replicas_lost(context, lost, "log directory failure"))


# -- controlled shutdown -------------------------------------------------------------------------------


def controlled_shutdown(context: Context, event: ControlledShutdownReceived) -> Plan[Context]:
    """Move leadership away from a broker that wants to stop; the reply is what it still leads."""
    broker = context.brokers.get(event.broker_id)
    if broker is None:
        why = f"broker {event.broker_id} is not registered"
        yield from refuse(event.ticket, KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, why))
        return context
    if event.broker_epoch != NO_EPOCH and event.broker_epoch < broker.epoch:
        why = f"broker {event.broker_id} asks under epoch {event.broker_epoch}, it has {broker.epoch}"
        yield from refuse(event.ticket, KafkaError(ErrorCode.STALE_BROKER_EPOCH, why))
        return context
    yield from report(Notice(f"broker {event.broker_id} is shutting down"))
    stopping = event.broker_id
    context = context.with_shutting_down(stopping)
    movable = [
        partition
        for partition in context.kept_partitions()
        if stopping in partition.replicas and len(partition.replicas) > 1 and partition.state is not None
    ]
    led = {p.tp for p in movable if p.state is not None and p.state.leader == stopping}
    followed = {p.tp: (stopping,) for p in movable if p.tp not in led}
    before = context

    def transition(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        if partition.tp not in led:
            return elections.without_replica(state, stopping)
        return elections.elected_for_shutdown(
            state, partition.replicas, before.online_or_shutting_down(partition), before.shutting_down
        )

    stop = Requests()
    for tp in followed:
        stop.stop_replica(stopping, tp, delete=False)
    yield from stop.send(context)
    changed = yield from change_states(context, (p.tp for p in movable), transition)
    context = changed.context
    yield from report_elections(before, changed.written, "controlled shutdown")
    requests = Requests()
    for tp in changed.written:
        partition = context.partition(tp)
        if partition is not None:
            gone = followed.get(tp, ())
            reachable = context.online_or_shutting_down(partition)
            requests.leader_and_isr((b for b in reachable if b not in gone), tp)
    requests.update_metadata(followed)
    yield from requests.send(context)
    still_led = frozenset(
        partition.tp
        for partition in context.kept_partitions()
        if partition.state is not None and partition.state.leader == stopping and len(partition.replicas) > 1
    )
    text = f"broker {stopping} led {len(led)} partitions and leads {len(still_led)} now"
    yield from report(Notice(text))
    yield from reply(event.ticket, still_led)
    return context
