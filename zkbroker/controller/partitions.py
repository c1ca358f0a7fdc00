"""Changing partition states: first states, elections, shrinks, each a compare-and-set. [pure]

Nothing is read before a write: the context holds every state with its version, a write that meets another
version is refused, and only then is the state read and the decision made again.
Source: kafka.controller.PartitionStateMachine, ReplicaStateMachine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import attrs

from zkbroker.controller import elections
from zkbroker.controller.context import Context, Partition, apply
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import (
    ControllerMoved,
    Create,
    Done,
    Elected,
    Found,
    Notice,
    Op,
    Plan,
    Refused,
    SetAside,
    SetData,
    read,
    report,
    write,
)
from zkbroker.model import NO_LEADER, LeaderAndIsr, TopicPartition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import Undecodable

Transition = Callable[[Partition, LeaderAndIsr], LeaderAndIsr | None]
"""What a state becomes, or None to leave it. Called again with the newer state when a write was refused."""

UNCLEAN_ELECTION_KEY = "unclean.leader.election.enable"

PARTITIONS_IN_A_GROUP = 60
"""First states created in one group: three operations at most for each, and a multi holds 200."""


@attrs.frozen
class Changed:
    """What came of changing states."""

    context: Context
    written: Mapping[TopicPartition, LeaderAndIsr]  # what this plan wrote
    adopted: frozenset[TopicPartition] = frozenset()  # what somebody else had written meanwhile


def change_states(
    context: Context, partitions: Iterable[TopicPartition], transition: Transition
) -> Plan[Changed]:
    """Bring partitions into the states `transition` gives; partitions without a state are left.

    Raises: ControllerMoved if a state was written under a higher controller epoch.
    """
    remaining = tuple(partitions)
    written: dict[TopicPartition, LeaderAndIsr] = {}
    while remaining:
        planned: dict[str, tuple[TopicPartition, LeaderAndIsr]] = {}
        for tp in remaining:
            partition = context.partition(tp)
            if partition is None or partition.state is None:
                continue
            state = transition(partition, partition.state)
            if state is not None:
                state = state.under(context.controller_epoch)
                planned[znodes.state_path(tp)] = tp, state
        outcomes = yield from write(
            *(
                (SetData(path, znodes.encode_state(state), state.partition_epoch),)
                for path, (_, state) in planned.items()
            )
        )
        done: dict[TopicPartition, LeaderAndIsr] = {}
        refused: dict[TopicPartition, Found | None] = {}
        for path, (tp, state) in planned.items():
            outcome = outcomes[path]
            if isinstance(outcome, Done):
                done[tp] = state.at_version(outcome.version)
            else:
                refused[tp] = outcome.found
        context = apply(context, done)
        written |= done
        context, adopted = yield from adopt_states(context, refused)
        remaining = tuple(adopted)
    return Changed(context, written)


def create_states(context: Context, partitions: Iterable[TopicPartition]) -> Plan[Changed]:
    """Give new partitions their first state; those without an online replica stay new.

    A state that exists already is adopted, where Kafka would leave the partition stuck.
    """
    new: dict[str, dict[TopicPartition, LeaderAndIsr]] = {}
    lonely: list[TopicPartition] = []
    for tp in partitions:
        partition = context.partition(tp)
        if partition is None or partition.state is not None:
            continue
        state = elections.first(partition.replicas, context.online(partition))
        if state is None:
            lonely.append(tp)
            continue
        new.setdefault(tp.topic, {})[tp] = state.under(context.controller_epoch)
    if lonely:
        some = ", ".join(str(tp) for tp in lonely[:5])
        yield from report(Notice(f"{len(lonely)} new partitions have no online replica: {some}"))
    outcomes = yield from write(*(group for states in new.values() for group in _creations(states)))
    done: dict[TopicPartition, LeaderAndIsr] = {}
    refused: dict[TopicPartition, Found | None] = {}
    for states in new.values():
        for tp, state in states.items():
            outcome = outcomes[znodes.state_path(tp)]
            if isinstance(outcome, Refused):
                refused[tp] = outcome.found
            else:
                done[tp] = state.at_version(outcome.version)
    context = apply(context, done)
    context, adopted = yield from adopt_states(context, refused)
    return Changed(context, done, adopted)


def _creations(states: Mapping[TopicPartition, LeaderAndIsr]) -> Iterable[tuple[Op, ...]]:
    """The nodes of one topic's new partitions, parents first, in groups that fit into one multi."""
    items = list(states.items())
    for start in range(0, len(items), PARTITIONS_IN_A_GROUP):
        group: list[Op] = [Create(znodes.partitions_path(items[start][0].topic), exist_ok=True)]
        for tp, state in items[start : start + PARTITIONS_IN_A_GROUP]:
            group.append(Create(znodes.partition_path(tp), exist_ok=True))
            group.append(Create(znodes.state_path(tp), znodes.encode_state(state)))
        yield tuple(group)


def adopt_states(
    context: Context, found: Mapping[TopicPartition, Found | None]
) -> Plan[tuple[Context, frozenset[TopicPartition]]]:
    """Take over states as they were read; gives the partitions that really have one.

    A state that is gone changes nothing: a new one would begin at leader epoch 0 again. One that cannot be
    read sets its topic aside.
    Raises: ControllerMoved if a state was written under a higher controller epoch.
    """
    states: dict[TopicPartition, LeaderAndIsr] = {}
    unreadable: dict[str, str] = {}
    gone: list[TopicPartition] = []
    for tp, node in found.items():
        if node is None:
            gone.append(tp)
            continue
        try:
            state = znodes.decode_state(tp, node.data, node.version)
        except Undecodable as error:
            unreadable.setdefault(tp.topic, str(error))
            continue
        if state.controller_epoch > context.controller_epoch:
            raise ControllerMoved(
                f"the state of {tp} was written under controller epoch {state.controller_epoch}, "
                f"ours is {context.controller_epoch}"
            )
        states[tp] = state
    if gone:
        some = ", ".join(str(tp) for tp in gone[:5])
        yield from report(
            Notice(f"the state znodes of {len(gone)} partitions are gone: {some}", warning=True)
        )
    context = yield from set_aside(context, unreadable)
    kept = {tp: state for tp, state in states.items() if tp.topic not in unreadable}
    return apply(context, kept), frozenset(kept)


def set_aside(context: Context, topics: Mapping[str, str]) -> Plan[Context]:
    """Leave topics alone, each for its reason."""
    for topic, reason in topics.items():
        if context.set_aside.get(topic) != reason:
            yield from report(SetAside(topic, reason))
        context = context.with_set_aside(topic, reason)
    return context


# -- elections -----------------------------------------------------------------------------------------


def unclean_topics(context: Context, partitions: Iterable[Partition]) -> Plan[frozenset[str]]:
    """The topics among these whose policy, read at this moment, allows an unclean election.

    Only partitions without an online ISR member are asked about. A config that cannot be read: not allowed.
    """
    asked = {}
    for partition in partitions:
        if partition.state is None or context.leader_is_online(partition):
            continue
        online = context.online(partition)
        if online and elections.needs_unclean(partition.state.isr, online):
            topic = partition.tp.topic
            asked[topic] = znodes.config_path(znodes.entity_path("topics", topic))
    found = yield from read(*asked.values())
    allowed = set()
    for topic, path in asked.items():
        node = found[path]
        try:
            overrides = {} if node is None else znodes.decode_entity_config(path, node.data)
        except Undecodable as error:
            yield from report(Notice(f"no unclean election for topic {topic}: {error}", warning=True))
            continue
        default = "true" if context.policy.unclean_election else "false"
        if overrides.get(UNCLEAN_ELECTION_KEY, default).strip().lower() == "true":
            allowed.add(topic)
    return frozenset(allowed)


def elect_and_shrink(
    context: Context,
    reason: str,
    *,
    among: Collection[TopicPartition] | None = None,
    lost: Mapping[TopicPartition, tuple[int, ...]] | None = None,
    shrink_first: bool = False,
    force_unclean: bool = False,
    clean_only: bool = False,
) -> Plan[Changed]:
    """Elect for partitions without an online leader, and take lost replicas out of their ISRs.

    One write a partition, its leader epoch raised once for each of the steps Kafka takes one by one.
    `among`: elect only for these, else for all that are kept. `lost`: replicas that just went offline.
    `shrink_first`: a new controller shrinks before it elects; after a failure it is the other way round.
    `force_unclean` and `clean_only` take the place of the topics' policies.
    """
    lost = lost or {}
    candidates = [
        partition
        for partition in _named(context, among)
        if partition.tp in lost or not context.leader_is_online(partition)
    ]
    allowed: frozenset[str] = frozenset()
    if force_unclean:
        allowed = frozenset(partition.tp.topic for partition in candidates)
    elif not clean_only:
        allowed = yield from unclean_topics(context, candidates)
    start = context
    uncleanly: set[TopicPartition] = set()

    def elected(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        uncleanly.discard(partition.tp)
        if start.is_online(state.leader, partition.tp):
            return None
        unclean = partition.tp.topic in allowed
        new = elections.elected_offline(state, partition.replicas, start.online(partition), unclean=unclean)
        if new is not None and new.leader not in state.isr:
            uncleanly.add(partition.tp)
        return new

    def shrunk(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        result = None
        for replica in lost.get(partition.tp, ()):
            result = elections.without_replica(result or state, replica) or result
        return result

    passes = (shrunk, elected) if shrink_first else (elected, shrunk)

    def transition(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        result = None
        for each in passes:
            result = each(partition, result or state) or result
        return result

    changed = yield from change_states(context, (p.tp for p in candidates), transition)
    yield from report_elections(start, changed.written, reason, uncleanly)
    return changed


def _named(context: Context, among: Collection[TopicPartition] | None) -> Iterable[Partition]:
    if among is None:
        return context.kept_partitions()
    return [
        partition
        for tp in among
        if context.is_kept(tp.topic) and (partition := context.partition(tp)) is not None
    ]


def was_elected(before: Context, tp: TopicPartition, state: LeaderAndIsr) -> bool:
    """Whether this state gives the partition another leader than it had."""
    known = before.state(tp)
    return state.leader != NO_LEADER and (known is None or known.leader != state.leader)


def report_elections(
    before: Context,
    written: Mapping[TopicPartition, LeaderAndIsr],
    reason: str,
    uncleanly: Collection[TopicPartition] = (),
) -> Plan[None]:
    """Tell the feed which partitions got another leader, and which of them uncleanly."""
    yield from report(
        *(
            Elected(tp, before.topic_id(tp.topic), state, reason, tp in uncleanly)
            for tp, state in written.items()
            if was_elected(before, tp, state)
        )
    )


def tell_replicas(
    requests: Requests,
    before: Context,
    context: Context,
    changed: Iterable[TopicPartition],
    lost: Mapping[TopicPartition, tuple[int, ...]] | None = None,
) -> None:
    """LeaderAndIsr of changed partitions: an election to online replicas, a shrink to all but the lost."""
    for tp in changed:
        partition = context.partition(tp)
        if partition is None or partition.state is None:
            continue
        if was_elected(before, tp, partition.state):
            brokers = context.online(partition)
        else:
            gone = lost.get(tp, ()) if lost else ()
            brokers = tuple(b for b in context.online_or_shutting_down(partition) if b not in gone)
        requests.leader_and_isr(brokers, tp)


def bring_online(context: Context, partitions: Collection[TopicPartition], reason: str) -> Plan[Context]:
    """First states for new partitions, and leaders for adopted ones; brokers are told."""
    created = yield from create_states(context, partitions)
    yield from report_elections(context, created.written, reason)
    elected = yield from elect_and_shrink(created.context, reason, among=created.adopted)
    requests = Requests()
    for tp, state in created.written.items():
        requests.leader_and_isr(state.isr, tp, is_new=True)
    tell_replicas(requests, context, elected.context, created.adopted)
    if created.written or created.adopted:
        yield from requests.send(elected.context)
    return elected.context
