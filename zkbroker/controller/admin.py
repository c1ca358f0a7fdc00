"""What administrators and tools ask the controller: elections, producer ids, features, policies. [pure]

Source: KafkaController.processReplicaLeaderElection, checkAndTriggerAutoLeaderRebalance,
processFeatureUpdatesWithActiveController; ZkProducerIdManager.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import attrs

from zkbroker.controller import elections
from zkbroker.controller.brokers import elect_waiting
from zkbroker.controller.context import Context, Partition
from zkbroker.controller.events import (
    ElectionRequested,
    FeatureUpdatesRequested,
    ProducerIdsRequested,
    UncleanElectionEnabled,
)
from zkbroker.controller.partitions import change_states, elect_and_shrink, report_elections, tell_replicas
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import (
    Allotted,
    Create,
    Delete,
    Done,
    Found,
    Notice,
    Op,
    Plan,
    SetData,
    read,
    refuse,
    reply,
    report,
    write,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import NO_LEADER, LeaderAndIsr, TopicPartition
from zkbroker.protocol.generated.update_features_request import FeatureUpdateKey
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.znodes import ProducerIdBlock, Undecodable

PRODUCER_ID_BLOCK_SIZE = 1000
LAST_PRODUCER_ID = 2**63 - 1

ElectionResults = dict[TopicPartition, int | KafkaError]
"""The leader of each partition after an election, or why there was none."""


# -- preferred and unclean elections -------------------------------------------------------------------


def election_requested(context: Context, event: ElectionRequested) -> Plan[Context]:
    """ElectLeaders; the reply is ElectionResults. For "all", those that need no election are left out."""
    asked = (
        [partition.tp for partition in context.partitions()] if event.partitions is None else event.partitions
    )
    results: ElectionResults = {}
    wanted: list[TopicPartition] = []
    for tp in asked:
        partition = context.partition(tp)
        if partition is None:
            why = "The partition does not exist."
            results[tp] = KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, why)
        elif tp.topic in context.deletions:
            results[tp] = KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, "The topic is being deleted")
        elif not _needs_election(context, partition, unclean=event.unclean):
            results[tp] = KafkaError(ErrorCode.ELECTION_NOT_NEEDED)
        else:
            wanted.append(tp)
    elect = _elect_uncleanly if event.unclean else elect_preferred
    context, elected = yield from elect(context, wanted, "administrator")
    missing = (
        ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE
        if event.unclean
        else ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
    )
    for tp in wanted:
        state = elected.get(tp)
        why = f"Failed to elect leader for partition {tp}"
        results[tp] = KafkaError(missing, why) if state is None else state.leader
    if event.partitions is None:
        results = {tp: result for tp, result in results.items() if not _is_not_needed(result)}
    yield from reply(event.ticket, results)
    return context


def _is_not_needed(result: int | KafkaError) -> bool:
    return isinstance(result, KafkaError) and result.code is ErrorCode.ELECTION_NOT_NEEDED


def _needs_election(context: Context, partition: Partition, *, unclean: bool) -> bool:
    leader = partition.state.leader if partition.state is not None else NO_LEADER
    if unclean:
        return not context.is_live(leader)
    return bool(partition.replicas) and leader != partition.replicas[0]


def elect_preferred(
    context: Context, partitions: Iterable[TopicPartition], reason: str
) -> Plan[tuple[Context, dict[TopicPartition, LeaderAndIsr]]]:
    """Give leadership to the first assigned replica where it is online and in sync; gives the new states."""
    before = context

    def transition(partition: Partition, state: LeaderAndIsr) -> LeaderAndIsr | None:
        if partition.replicas and state.leader == partition.replicas[0]:
            return None
        return elections.elected_preferred(state, partition.replicas, before.online(partition))

    changed = yield from change_states(context, partitions, transition)
    yield from report_elections(before, changed.written, reason)
    if changed.written:
        requests = Requests()
        for tp in changed.written:
            partition = changed.context.partition(tp)
            if partition is not None:
                requests.leader_and_isr(partition.replicas, tp)
        yield from requests.send(changed.context)
    return changed.context, dict(changed.written)


def _elect_uncleanly(
    context: Context, partitions: Collection[TopicPartition], reason: str
) -> Plan[tuple[Context, dict[TopicPartition, LeaderAndIsr]]]:
    """Elect cleanly where possible, else the first online replica, whatever the policy says."""
    before = context
    changed = yield from elect_and_shrink(context, reason, among=partitions, force_unclean=True)
    if changed.written:
        requests = Requests()
        tell_replicas(requests, before, changed.context, changed.written)
        yield from requests.send(changed.context)
    return changed.context, dict(changed.written)


def rebalance(context: Context) -> Plan[Context]:
    """Automatic preferred election for brokers that lead too few of the partitions they should lead."""
    by_preferred: dict[int, list[Partition]] = {}
    for partition in context.kept_partitions():
        if partition.replicas:
            by_preferred.setdefault(partition.replicas[0], []).append(partition)
    wanted: list[TopicPartition] = []
    for broker_id, partitions in by_preferred.items():
        astray = [p for p in partitions if p.state is not None and p.state.leader != broker_id]
        if len(astray) / len(partitions) > context.policy.imbalance_percentage / 100:
            wanted += [p.tp for p in astray if _may_lead(context, p)]
    if not wanted:
        return context
    yield from report(Notice(f"giving {len(wanted)} partitions back to their preferred leaders"))
    context, _ = yield from elect_preferred(context, wanted, "automatic rebalance")
    return context


def _may_lead(context: Context, partition: Partition) -> bool:
    state, online = partition.state, context.online(partition)
    return state is not None and elections.preferred(partition.replicas, state.isr, online) is not None


def preferred_znode_created(context: Context) -> Plan[Context]:
    """Take up /admin/preferred_replica_election; the node is deleted whatever came of it."""
    path = znodes.PREFERRED_REPLICA_ELECTION
    found = (yield from read(path))[path]
    if found is None:
        return context
    try:
        asked = znodes.decode_preferred_election(found.data)
    except Undecodable as error:
        yield from report(Notice(f"ignored: {error}", warning=True))
        asked = ()
    wanted = [tp for tp in asked if tp.topic not in context.deletions and context.partition(tp) is not None]
    context, elected = yield from elect_preferred(context, wanted, "legacy znode")
    yield from report(Notice(f"preferred election through ZooKeeper: {len(elected)} of {len(asked)} moved"))
    yield from write((Delete(path),))
    return context


def unclean_enabled(context: Context, event: UncleanElectionEnabled) -> Plan[Context]:
    """The policy changed in favour of unclean elections: try again where a leader is missing."""
    if event.topic is None:
        return (yield from elect_waiting(context, "unclean election enabled"))
    topic = context.topics.get(event.topic)
    if topic is None:
        return context
    among = frozenset(partition.tp for partition in topic.partitions.values())
    return (yield from elect_waiting(context, "unclean election enabled", among))


# -- producer ids --------------------------------------------------------------------------------------


def producer_ids_requested(context: Context, event: ProducerIdsRequested) -> Plan[Context]:
    """AllocateProducerIds; the reply is a ProducerIdBlock. Source: KIP-730."""
    broker = context.brokers.get(event.broker_id)
    if broker is None:
        why = f"broker {event.broker_id} is not registered"
        yield from refuse(event.ticket, KafkaError(ErrorCode.BROKER_ID_NOT_REGISTERED, why))
    elif broker.epoch != event.broker_epoch:
        why = f"broker {event.broker_id} asks under epoch {event.broker_epoch}, it has {broker.epoch}"
        yield from refuse(event.ticket, KafkaError(ErrorCode.STALE_BROKER_EPOCH, why))
    else:
        block = yield from _next_block(event.broker_id)
        if isinstance(block, ProducerIdBlock):
            yield from report(Allotted(event.broker_id, block))
        yield from reply(event.ticket, block)
    return context


def _next_block(broker_id: int) -> Plan[ProducerIdBlock | KafkaError]:
    path = znodes.PRODUCER_ID_BLOCK
    while True:
        found: Found | None = (yield from read(path))[path]
        first = 0
        if found is not None and found.data:
            try:
                first = znodes.decode_producer_id_block(found.data).last + 1
            except Undecodable as error:
                yield from report(Notice(f"no producer ids: {error}", warning=True))
                return KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error))
        last = first + PRODUCER_ID_BLOCK_SIZE - 1
        if last > LAST_PRODUCER_ID:
            return KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, "All producer ids are used up.")
        block = ProducerIdBlock(broker_id, first, last)
        data = znodes.encode_producer_id_block(block)
        op: Op = Create(path, data) if found is None else SetData(path, data, found.version)
        if isinstance((yield from write((op,)))[path], Done):
            return block


# -- features ------------------------------------------------------------------------------------------


def features_requested(context: Context, event: FeatureUpdatesRequested) -> Plan[Context]:
    """UpdateFeatures; the reply is the error of each feature, or None.

    No feature can be finalized in ZooKeeper mode; one that somebody put there can be removed.
    Source: KIP-584.
    """
    path = znodes.FEATURE
    found: Found | None = (yield from read(path))[path]
    levels: dict[str, int] = {}
    if found is not None:
        try:
            levels = dict(znodes.decode_feature(found.data).max_version_levels)
        except Undecodable as error:
            yield from refuse(event.ticket, KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, str(error)))
            return context
    errors: dict[str, KafkaError | None] = {}
    kept = dict(levels)
    for update in event.request.feature_updates:
        refused = _refuse_feature(update, levels.get(update.feature))
        errors[update.feature] = refused
        if refused is None:
            kept.pop(update.feature, None)
    if found is not None and kept != levels and not event.request.validate_only:
        node = znodes.encode_feature(znodes.FeatureNode(True, kept))
        outcome = (yield from write((SetData(path, node, found.version),)))[path]
        if isinstance(outcome, Done):
            yield from report(Notice(f"features removed: {', '.join(sorted(levels.keys() - kept.keys()))}"))
        else:
            failed = KafkaError(ErrorCode.FEATURE_UPDATE_FAILED)
            errors = {name: failed if error is None else error for name, error in errors.items()}
    yield from reply(event.ticket, errors)
    return context


_UPGRADE, _SAFE_DOWNGRADE, _UNSAFE_DOWNGRADE = 1, 2, 3


def _refuse_feature(update: FeatureUpdateKey, level: int | None) -> KafkaError | None:
    """Why this update cannot be; None only for the removal of a feature that is there."""
    kind = _SAFE_DOWNGRADE if update.allow_downgrade else update.upgrade_type
    removes = update.max_version_level < 1 and kind != _UPGRADE
    if not update.feature:
        why = "Feature name can not be empty."
    elif kind not in (_UPGRADE, _SAFE_DOWNGRADE, _UNSAFE_DOWNGRADE):
        why = "Received unknown upgrade type."
    elif removes and level is None:
        why = "Can not delete non-existing finalized feature."
    elif removes:
        return None
    elif update.max_version_level < 1:
        why = (
            f"Can not provide versionLevel: {update.max_version_level} less"
            " than 1 without setting the SAFE downgradeType in the request."
        )
    else:
        why = "Could not apply finalized feature update because the provided feature is not supported."
    return KafkaError(ErrorCode.INVALID_REQUEST, why)


def with_policy(
    context: Context, *, unclean: bool, deletes_topics: bool, imbalance_percentage: int
) -> Context:
    """The context under the settings as they are now."""
    policy = attrs.evolve(
        context.policy,
        unclean_election=unclean,
        deletes_topics=deletes_topics,
        imbalance_percentage=imbalance_percentage,
    )
    return context if policy == context.policy else attrs.evolve(context, policy=policy)
