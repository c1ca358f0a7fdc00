"""ISR changes: AlterPartition from leaders, notifications from brokers of old protocol versions. [pure]

Source: KafkaController.tryProcessAlterPartition, KIP-497, KIP-704, KIP-841.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from zkbroker.controller import reassignment
from zkbroker.controller.brokers import delete_notifications
from zkbroker.controller.context import Context, apply
from zkbroker.controller.events import AlterPartitionCall, AlterPartitionsReceived, IsrChangesNotified
from zkbroker.controller.partitions import adopt_states
from zkbroker.controller.requests import Requests
from zkbroker.controller.steps import Done, Found, Notice, Plan, SetData, read, refuse, reply, report, write
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import LeaderAndIsr, LeaderRecoveryState, TopicId, TopicPartition
from zkbroker.protocol.generated.alter_partition_request import PartitionData as RequestedPartition
from zkbroker.protocol.generated.alter_partition_response import (
    AlterPartitionResponse,
    PartitionData,
    TopicData,
)
from zkbroker.zookeeper import znodes

BY_TOPIC_ID = 2  # from this version topics are named by id, and a refused replica has an error of its own
WITH_BROKER_EPOCHS = 3

Decision = LeaderAndIsr | ErrorCode
"""The state of a partition after a request, or why it was refused."""


def altered(context: Context, event: AlterPartitionsReceived) -> Plan[Context]:
    """Answer requests that waited together; those that name the same partition are taken in turn."""
    waiting = list(event.calls)
    while waiting:
        together: list[AlterPartitionCall] = []
        named: set[TopicPartition] = set()
        for call in waiting:
            asked = {tp for tp, _ in _asked(context, call)}
            if not asked.isdisjoint(named):
                break
            named |= asked
            together.append(call)
        del waiting[: len(together)]
        context = yield from _alter_together(context, together)
    return context


def _asked(context: Context, call: AlterPartitionCall) -> Iterator[tuple[TopicPartition, RequestedPartition]]:
    for topic in call.request.topics:
        name = context.topic_names.get(topic.topic_id) if call.version >= BY_TOPIC_ID else topic.topic_name
        if name is not None:
            for partition in topic.partitions:
                yield TopicPartition(name, partition.partition_index), partition


def _alter_together(context: Context, calls: Sequence[AlterPartitionCall]) -> Plan[Context]:
    accepted: list[AlterPartitionCall] = []
    decisions: dict[TopicPartition, Decision] = {}
    wanted: dict[TopicPartition, LeaderAndIsr] = {}
    for call in calls:
        request = call.request
        broker = context.brokers.get(request.broker_id)
        if broker is None or broker.epoch != request.broker_epoch:
            known = "not registered" if broker is None else f"registered with epoch {broker.epoch}"
            why = f"broker {request.broker_id} with epoch {request.broker_epoch} is {known}"
            yield from refuse(call.ticket, KafkaError(ErrorCode.STALE_BROKER_EPOCH, why))
            continue
        accepted.append(call)
        for tp, asked in _asked(context, call):
            decision = _decide(context, tp, _requested_state(call, asked), call.version)
            if isinstance(decision, LeaderAndIsr) and decision != context.state(tp):
                wanted[tp] = decision
            decisions[tp] = decision
    context, done = yield from _write(context, wanted)
    decisions |= done
    if decisions:
        requests = Requests()
        requests.update_metadata(decisions)
        yield from requests.send(context)
    for call in accepted:
        yield from reply(call.ticket, _response(context, call, decisions))
    grown = [tp for tp, decision in decisions.items() if isinstance(decision, LeaderAndIsr)]
    return (yield from reassignment.completed_by_isr(context, grown))


def _requested_state(call: AlterPartitionCall, asked: RequestedPartition) -> LeaderAndIsr:
    isr = (
        tuple(member.broker_id for member in asked.new_isr_with_epochs)
        if call.version >= WITH_BROKER_EPOCHS
        else tuple(asked.new_isr)
    )
    recovering = asked.leader_recovery_state == LeaderRecoveryState.RECOVERING
    return LeaderAndIsr(
        leader=call.request.broker_id,
        isr=isr,
        leader_epoch=asked.leader_epoch,
        partition_epoch=asked.partition_epoch,
        controller_epoch=0,
        recovery_state=LeaderRecoveryState.RECOVERING if recovering else LeaderRecoveryState.RECOVERED,
    )


def _decide(context: Context, tp: TopicPartition, wanted: LeaderAndIsr, version: int) -> Decision:
    """The checks in Kafka's order; the state known already means that nothing is to be written."""
    partition = context.partition(tp)
    if partition is None or partition.state is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    state = partition.state
    if wanted.partition_epoch > state.partition_epoch or wanted.leader_epoch > state.leader_epoch:
        return ErrorCode.NOT_CONTROLLER  # the leader knows more than we do: somebody else reigns
    if wanted.leader_epoch < state.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    if _is_same(wanted, state):
        return state  # before the partition epoch is compared, so that a repeated request succeeds
    if wanted.partition_epoch < state.partition_epoch:
        return ErrorCode.INVALID_UPDATE_VERSION
    if wanted.recovery_state is LeaderRecoveryState.RECOVERING and (
        len(wanted.isr) > 1 or state.recovery_state is LeaderRecoveryState.RECOVERED
    ):
        return ErrorCode.INVALID_REQUEST
    if not all(context.is_live(member) for member in wanted.isr):  # those that shut down count as dead
        return ErrorCode.INELIGIBLE_REPLICA if version >= BY_TOPIC_ID else ErrorCode.OPERATION_NOT_ATTEMPTED
    return attrs.evolve(wanted, controller_epoch=context.controller_epoch)


def _is_same(wanted: LeaderAndIsr, state: LeaderAndIsr) -> bool:
    """Equal but for an older partition epoch; the order of the ISR counts."""
    return (
        wanted.leader == state.leader
        and wanted.isr == state.isr
        and wanted.leader_epoch == state.leader_epoch
        and wanted.recovery_state is state.recovery_state
        and wanted.partition_epoch <= state.partition_epoch
    )


def _write(
    context: Context, wanted: dict[TopicPartition, LeaderAndIsr]
) -> Plan[tuple[Context, dict[TopicPartition, Decision]]]:
    """Compare-and-set each state at the leader's partition epoch. No second try: the leader decides again."""
    outcomes = yield from write(
        *(
            (SetData(znodes.state_path(tp), znodes.encode_state(state), state.partition_epoch),)
            for tp, state in wanted.items()
        )
    )
    decisions: dict[TopicPartition, Decision] = {}
    done: dict[TopicPartition, LeaderAndIsr] = {}
    refused: dict[TopicPartition, Found | None] = {}
    for tp, state in wanted.items():
        outcome = outcomes[znodes.state_path(tp)]
        if isinstance(outcome, Done):
            decisions[tp] = done[tp] = attrs.evolve(state, partition_epoch=outcome.version)
        else:
            decisions[tp] = ErrorCode.INVALID_UPDATE_VERSION
            refused[tp] = outcome.found
    context, _ = yield from adopt_states(apply(context, done), refused)
    return context, decisions


def _response(
    context: Context, call: AlterPartitionCall, decisions: dict[TopicPartition, Decision]
) -> AlterPartitionResponse:
    topics = []
    for topic in call.request.topics:
        by_id = call.version >= BY_TOPIC_ID
        name = context.topic_names.get(topic.topic_id) if by_id else topic.topic_name
        partitions = []
        for asked in topic.partitions:
            index = asked.partition_index
            decision = ErrorCode.UNKNOWN_TOPIC_ID if name is None else decisions[TopicPartition(name, index)]
            partitions.append(_partition_response(index, decision))
        topics.append(
            TopicData(
                topic_name="" if by_id else topic.topic_name,
                topic_id=topic.topic_id if by_id else TopicId(bytes(16)),
                partitions=partitions,
            )
        )
    return AlterPartitionResponse(topics=topics)


def _partition_response(index: int, decision: Decision) -> PartitionData:
    if isinstance(decision, ErrorCode):
        return PartitionData(partition_index=index, error_code=decision)
    return PartitionData(
        partition_index=index,
        leader_id=decision.leader,
        leader_epoch=decision.leader_epoch,
        isr=decision.isr,
        leader_recovery_state=decision.recovery_state,
        partition_epoch=decision.partition_epoch,
    )


def notified(context: Context, event: IsrChangesNotified) -> Plan[Context]:
    """Leaders wrote states themselves: read them, tell all, finish reassignments, delete the notices."""
    known = [tp for tp in sorted(event.partitions) if context.partition(tp) is not None]
    found = yield from read(*(znodes.state_path(tp) for tp in known))
    context, adopted = yield from adopt_states(context, {tp: found[znodes.state_path(tp)] for tp in known})
    if adopted:
        yield from report(Notice(f"brokers of an old version changed {len(adopted)} partition states"))
        requests = Requests()
        requests.update_metadata(sorted(adopted))
        yield from requests.send(context)
        context = yield from reassignment.completed_by_isr(context, adopted)
    yield from delete_notifications(znodes.ISR_CHANGES, event.names)
    return context
