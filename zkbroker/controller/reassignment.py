"""Moving partitions to other brokers: by API, by a legacy znode, or resumed from the topic nodes. [pure]

While a partition is being reassigned its topic node holds the target replicas first, then the old ones, and
which are being added and removed. The node with nothing but the target is written last, so that whoever takes
over in between finishes the work.
Source: KafkaController.onPartitionReassignment, KIP-455.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import attrs

from zkbroker.controller import deletion, elections
from zkbroker.controller.context import Context, Partition
from zkbroker.controller.events import ReassignmentsListed, ReassignmentsRequested
from zkbroker.controller.partitions import change_states, report_elections, set_aside
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import (
    Delete,
    Done,
    Moved,
    Moving,
    Notice,
    Plan,
    SetData,
    read,
    reply,
    report,
    write,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import LeaderAndIsr, ReplicaAssignment, TopicAssignment, TopicPartition
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import Undecodable


def target(assignment: ReplicaAssignment) -> tuple[int, ...]:
    """Where the partition shall be."""
    return tuple(replica for replica in assignment.replicas if replica not in assignment.removing)


def original(assignment: ReplicaAssignment) -> tuple[int, ...]:
    """Where the partition was before."""
    return tuple(replica for replica in assignment.replicas if replica not in assignment.adding)


def toward(assignment: ReplicaAssignment, wanted: tuple[int, ...]) -> ReplicaAssignment:
    """The assignment while the partition moves to `wanted`, target replicas first."""
    before = original(assignment)
    replicas = tuple(dict.fromkeys((*wanted, *before)))
    return ReplicaAssignment(
        replicas,
        adding=tuple(replica for replica in replicas if replica not in before),
        removing=tuple(replica for replica in replicas if replica not in wanted),
    )


def is_complete(partition: Partition) -> bool:
    """Whether every target replica is in sync, so that the old ones can go."""
    if not partition.assignment.is_being_reassigned:
        return True
    return partition.state is not None and set(target(partition.assignment)) <= set(partition.state.isr)


def in_progress(
    context: Context, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, ReplicaAssignment]:
    """The assignments these partitions are moving to."""
    known = ((tp, context.partition(tp)) for tp in partitions)
    return {tp: partition.assignment for tp, partition in known if partition is not None}


# -- the phases ----------------------------------------------------------------------------------------


def proceed(context: Context, wanted: Mapping[TopicPartition, ReplicaAssignment]) -> Plan[Context]:
    """Bring these partitions a step further: to the new assignment, and to its end where that is possible.

    Partitions whose topic node is gone are skipped.
    """
    wanted = {tp: a for tp, a in wanted.items() if context.partition(tp) is not None}
    if not wanted:
        return context
    context = deletion.halt(context, {tp.topic for tp in wanted})
    changed = {tp: a for tp, a in wanted.items() if _known(context, tp).assignment != a}
    unneeded = {
        tp: tuple(r for r in _known(context, tp).replicas if r not in assignment.replicas)
        for tp, assignment in changed.items()
    }
    before = context
    context, written = yield from _write_assignments(context, changed)
    cancelled = {
        tp
        for tp, assignment in written.items()
        if _known(before, tp).assignment.is_being_reassigned and not assignment.is_being_reassigned
    }
    yield from report(
        *(Moved(tp, Moving.CANCELLED if tp in cancelled else Moving.BEGUN, a) for tp, a in written.items())
    )
    wanted = {tp: a for tp, a in wanted.items() if tp in written or tp not in changed}
    for tp, assignment in wanted.items():
        context = context.with_reassigning(tp, active=assignment.is_being_reassigned)
    context = yield from _stop_removed(context, {tp: unneeded.get(tp, ()) for tp in wanted})
    left = [partition for tp in wanted if (partition := context.partition(tp)) is not None]
    done = [partition.tp for partition in left if is_complete(partition)]
    context = yield from _move_on(context, [p.tp for p in left if not is_complete(p)])
    possible = [tp for tp in done if context.partition(tp) is not None]
    return (yield from _complete(context, possible, cancelled))


def _known(context: Context, tp: TopicPartition) -> Partition:
    return context.topics[tp.topic].partitions[tp.partition]


def _move_on(context: Context, partitions: Iterable[TopicPartition]) -> Plan[Context]:
    """Raise the leader epoch, so that the leader takes the longer replica list; start the added replicas."""
    changed = yield from change_states(context, partitions, lambda _, state: elections.next_epoch(state))
    context = changed.context
    requests = Requests()
    for tp in changed.written:
        if (partition := context.partition(tp)) is None:
            continue
        assignment = partition.assignment
        requests.leader_and_isr(original(assignment), tp)
        # is_new lets an added replica choose any of its directories; one that is known must not be made anew
        requests.leader_and_isr(assignment.adding, tp, is_new=True)
    if changed.written:
        yield from requests.send(context)
    return context


def _complete(
    context: Context, partitions: Iterable[TopicPartition], cancelled: Collection[TopicPartition]
) -> Plan[Context]:
    """All targets are in sync: one of them leads, the other replicas leave the ISR and are deleted.

    `cancelled`: those that are back where they were.
    A partition none of whose target replicas is online stays as it is; Kafka would drop its leader.
    """
    possible = {}
    idle = []
    for tp in partitions:
        partition = _known(context, tp)
        wanted = target(partition.assignment)
        state = partition.state
        online = [replica for replica in wanted if context.is_online(replica, tp)]
        if state is None or elections.reassign(wanted, state.isr, online) is not None:
            possible[tp] = partition.assignment
        elif not partition.assignment.is_being_reassigned:
            idle.append(tp)  # asked to move where it is: nothing to wait for
    if idle:
        yield from strip_znode(lambda tp, _: tp in idle)
    if not possible:
        return context
    before = context
    for tp, assignment in possible.items():
        context = context.with_assignment(tp, ReplicaAssignment(target(assignment)))
    final = context

    def transition(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        wanted = partition.replicas
        if state.leader in wanted and final.is_online(state.leader, partition.tp):
            result = elections.next_epoch(state)
        else:
            moved = elections.elected_reassigned(state, wanted, final.online(partition))
            if moved is None:
                return None
            result = moved
        for replica in possible[partition.tp].removing:
            result = elections.without_replica(result, replica) or result
        return result

    changed = yield from change_states(context, possible, transition)
    context = changed.context
    yield from report_elections(before, changed.written, "reassignment")
    finished = _settled(before, context, possible, changed.written)
    for tp in possible.keys() - finished.keys():
        if context.partition(tp) is not None:
            context = context.with_assignment(tp, possible[tp])
    requests = Requests()
    for tp in changed.written.keys() & finished.keys():
        requests.leader_and_isr(finished[tp].replicas, tp)
    yield from _send_stops(context, requests, {tp: possible[tp].removing for tp in finished})
    context, written = yield from _write_assignments(context, finished)
    yield from report(*(Moved(tp, Moving.COMPLETED, a) for tp, a in written.items() if tp not in cancelled))
    yield from strip_znode(lambda tp, replicas: tp in written and replicas == written[tp].replicas)
    for tp in written:
        context = context.with_reassigning(tp, active=False)
    final_metadata = Requests()
    final_metadata.update_metadata(written)
    yield from final_metadata.send(context)
    return (yield from deletion.resume(context, {tp.topic for tp in written}))


def _settled(
    before: Context,
    context: Context,
    possible: Collection[TopicPartition],
    written: Collection[TopicPartition],
) -> dict[TopicPartition, ReplicaAssignment]:
    """The final assignments of partitions whose state is written, or that never had one."""
    return {
        tp: partition.assignment
        for tp in possible
        if (partition := context.partition(tp)) is not None and (tp in written or before.state(tp) is None)
    }


def _stop_removed(context: Context, removed: Mapping[TopicPartition, tuple[int, ...]]) -> Plan[Context]:
    """Replicas that a newer reassignment no longer wants leave the ISR and are deleted."""
    removed = {tp: replicas for tp, replicas in removed.items() if replicas}
    if not removed:
        return context

    def transition(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        result = None
        for replica in removed[partition.tp]:
            result = elections.without_replica(result or state, replica) or result
        return result

    changed = yield from change_states(context, removed, transition)
    context = changed.context
    requests = Requests()
    for tp in changed.written:
        if (partition := context.partition(tp)) is not None:
            requests.leader_and_isr((r for r in partition.replicas if r not in removed[tp]), tp)
    requests.update_metadata(removed)
    yield from _send_stops(context, requests, removed)
    return context


def _send_stops(
    context: Context, requests: Requests, removed: Mapping[TopicPartition, tuple[int, ...]]
) -> Plan[None]:
    """What was collected, then the removed replicas stopped, then deleted; nobody waits for the answers."""
    for delete in (False, True):
        for tp, replicas in removed.items():
            for replica in replicas:
                requests.stop_replica(replica, tp, delete=delete)
        yield from requests.send(context)
        requests = Requests()


def _write_assignments(
    context: Context, wanted: Mapping[TopicPartition, ReplicaAssignment]
) -> Plan[tuple[Context, Mapping[TopicPartition, ReplicaAssignment]]]:
    """Write assignments into their topic nodes, then into the context; gives those that were written.

    One write a topic. Partitions that somebody else added to the node meanwhile are kept in it; their own
    event will bring them into the context.
    """
    by_topic: dict[str, dict[int, ReplicaAssignment]] = {}
    for tp, assignment in wanted.items():
        by_topic.setdefault(tp.topic, {})[tp.partition] = assignment
    nodes = {
        name: (context.topics[name].node(), context.topics[name].node_version)
        for name in by_topic
        if name in context.topics
    }
    written: dict[TopicPartition, ReplicaAssignment] = {}
    while nodes:
        planned = {znodes.topic_path(name): name for name in nodes}
        outcomes = yield from write(
            *(
                (SetData(path, znodes.encode_topic(_merged(nodes[name][0], by_topic[name])), nodes[name][1]),)
                for path, name in planned.items()
            )
        )
        again: dict[str, tuple[TopicAssignment, int]] = {}
        for path, name in planned.items():
            outcome = outcomes[path]
            if isinstance(outcome, Done):
                context = context.with_node_version(name, outcome.version)
                for number, assignment in by_topic[name].items():
                    tp = TopicPartition(name, number)
                    context = context.with_assignment(tp, assignment)
                    written[tp] = assignment
            elif outcome.found is None:
                yield from report(Notice(f"topic {name} is gone, not reassigned", warning=True))
            else:
                try:
                    again[name] = znodes.decode_topic(name, outcome.found.data), outcome.found.version
                except Undecodable as error:
                    context = yield from set_aside(context, {name: str(error)})
        nodes = again
    return context, written


def _merged(node: TopicAssignment, changed: Mapping[int, ReplicaAssignment]) -> TopicAssignment:
    return attrs.evolve(node, partitions={**node.partitions, **changed})


# -- who asks ------------------------------------------------------------------------------------------


def completed_by_isr(context: Context, partitions: Iterable[TopicPartition]) -> Plan[Context]:
    """ISRs grew: finish the reassignments that waited for it."""
    ready = {
        tp: partition.assignment
        for tp in partitions
        if tp in context.reassigning
        and (partition := context.partition(tp)) is not None
        and is_complete(partition)
    }
    return (yield from proceed(context, ready))


def requested(context: Context, event: ReassignmentsRequested) -> Plan[Context]:
    """AlterPartitionReassignments; the reply is the error of each partition, or None."""
    errors: dict[TopicPartition, KafkaError | None] = {}
    wanted: dict[TopicPartition, ReplicaAssignment] = {}
    for tp, replicas in event.targets.items():
        try:
            wanted[tp] = _accepted(context, tp, replicas)
        except KafkaError as error:
            errors[tp] = error
    if wanted:
        yield from strip_znode(lambda tp, _: tp in wanted)
    context = yield from proceed(context, wanted)
    for tp in wanted:
        known = context.partition(tp)
        lost = KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "The partition does not exist.")
        errors[tp] = lost if known is None else None
    yield from reply(event.ticket, errors)
    return context


def _accepted(context: Context, tp: TopicPartition, replicas: tuple[int, ...] | None) -> ReplicaAssignment:
    """The assignment to move to. None cancels what is in progress.

    Raises: INVALID_REPLICA_ASSIGNMENT, NO_REASSIGNMENT_IN_PROGRESS, UNKNOWN_TOPIC_OR_PARTITION.
    """
    partition = context.partition(tp)
    current = partition.assignment if partition is not None else ReplicaAssignment(())
    if replicas is None and not current.is_being_reassigned:
        raise KafkaError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    if replicas is not None:
        _require_replicas(context, current, replicas)
    if partition is None or tp.topic in context.deletions:
        raise KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "The partition does not exist.")
    wanted = toward(current, original(current) if replicas is None else replicas)
    if not _keeps_a_copy(partition, wanted):
        raise KafkaError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            f"No replica of {tp} in {list(wanted.replicas)} is in sync: its records would be lost.",
        )
    return wanted


def _keeps_a_copy(partition: Partition, wanted: ReplicaAssignment) -> bool:
    """Whether replicas that stay assigned hold the partition's records. Kafka's ZooKeeper mode does not look."""
    return partition.state is None or not set(partition.state.isr).isdisjoint(wanted.replicas)


def _require_replicas(context: Context, current: ReplicaAssignment, replicas: tuple[int, ...]) -> None:
    invalid = ErrorCode.INVALID_REPLICA_ASSIGNMENT
    if not replicas:
        raise KafkaError(invalid, "Empty replica list specified in partition reassignment.")
    if len(set(replicas)) != len(replicas):
        raise KafkaError(invalid, f"Duplicate replica ids in partition reassignment replica list: {replicas}")
    if any(replica < 0 for replica in replicas):
        raise KafkaError(invalid, f"Invalid broker id in replica list: {replicas}")
    adding, live = toward(current, replicas).adding, context.live_brokers()
    if not live.issuperset(adding):
        raise KafkaError(
            invalid,
            "Replica assignment has brokers that are not alive. Replica list: "
            f"{list(adding)}, live broker list: {sorted(live)}",
        )


def listed(context: Context, event: ReassignmentsListed) -> Plan[Context]:
    """ListPartitionReassignments; the reply is the assignment of each partition that is being reassigned."""
    asked = context.reassigning if event.partitions is None else event.partitions
    found = {}
    for tp in asked:
        partition = context.partition(tp)
        if partition is not None and partition.assignment.is_being_reassigned:
            found[tp] = partition.assignment
    yield from reply(event.ticket, found)
    return context


# -- the legacy znode ----------------------------------------------------------------------------------


def znode_created(context: Context) -> Plan[tuple[Context, frozenset[TopicPartition]]]:
    """Take up /admin/reassign_partitions; gives the partitions it started. Entries that fail are removed.

    A node that cannot be read stays, as it does with Kafka.
    """
    entries = yield from _read_znode()
    wanted: dict[TopicPartition, ReplicaAssignment] = {}
    failed = []
    for tp, replicas in (entries or {}).items():
        partition = context.partition(tp)
        if partition is None or tp.topic in context.deletions or not replicas:
            failed.append(tp)
            continue
        assignment = toward(partition.assignment, replicas)
        if _keeps_a_copy(partition, assignment):
            wanted[tp] = assignment
        else:
            failed.append(tp)
    if failed:
        some = ", ".join(str(tp) for tp in failed[:5])
        yield from report(Notice(f"cannot be reassigned through ZooKeeper: {some}", warning=True))
        yield from strip_znode(lambda tp, _: tp in failed)
    context = yield from proceed(context, wanted)
    return context, frozenset(wanted)


def _read_znode() -> Plan[dict[TopicPartition, tuple[int, ...]] | None]:
    """The entries of the legacy znode; None if it is absent or unreadable."""
    found = (yield from read(znodes.REASSIGN_PARTITIONS))[znodes.REASSIGN_PARTITIONS]
    if found is None:
        return None
    try:
        return znodes.decode_reassignments(found.data)
    except Undecodable as error:
        yield from report(Notice(f"ignored: {error}", warning=True))
        return None


def strip_znode(obsolete: Callable[[TopicPartition, tuple[int, ...]], bool]) -> Plan[None]:
    """Remove entries from the legacy znode, if there is one; an empty one is deleted."""
    path = znodes.REASSIGN_PARTITIONS
    while True:
        found = (yield from read(path))[path]
        if found is None:
            return
        try:
            entries = znodes.decode_reassignments(found.data)
        except Undecodable:
            return
        kept = {tp: replicas for tp, replicas in entries.items() if not obsolete(tp, replicas)}
        if entries and len(kept) == len(entries):
            return
        if not kept:
            yield from write((Delete(path),))
            return
        written = SetData(path, znodes.encode_reassignments(kept), found.version)
        if isinstance((yield from write((written,)))[path], Done):
            return
