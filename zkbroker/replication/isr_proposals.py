"""Carries this broker's ISR proposals to the controller: one AlterPartition in flight, many partitions each."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.events import set_cause
from zkbroker.model import LeaderAndIsr, LeaderRecoveryState, TopicId, TopicPartition
from zkbroker.protocol.generated.alter_partition_request import (
    AlterPartitionRequest,
    BrokerState,
    PartitionData,
    TopicData,
)
from zkbroker.protocol.generated.alter_partition_response import AlterPartitionResponse
from zkbroker.replication.isr import IsrProposal
from zkbroker.replication.partition import Partition

log = logging.getLogger(__name__)

RETRY_AFTER_S = 0.05

AskController = Callable[[AlterPartitionRequest], Awaitable[AlterPartitionResponse]]
"""Delivers to whoever is controller now; waits while nobody is. Raises: KafkaError for a refusal."""


@attrs.define(eq=False)
class IsrProposals:
    """The queue of proposals. One per partition: a partition in doubt proposes nothing more."""

    broker_id: int
    broker_epoch: Callable[[], int]
    partition: Callable[[TopicPartition], Partition | None]
    ask_controller: AskController
    _queued: dict[TopicPartition, IsrProposal] = attrs.field(factory=dict)
    _moved: Changed = attrs.field(factory=Changed)

    def propose(self, proposal: IsrProposal) -> None:
        self._queued[proposal.tp] = proposal
        self._moved.notify()

    async def run(self) -> None:
        """Send what is queued, for ever."""
        while True:
            while not self._queued:
                await self._moved.wait()
            set_cause("IsrProposed")
            sent, self._queued = self._queued, {}
            try:
                response = await self.ask_controller(self._request(sent))
                set_cause("the controller answered AlterPartition")
            except KafkaError as error:
                log.info("AlterPartition was refused: %s", error)
                self._again(sent)
            else:
                if response.error_code != ErrorCode.NONE:
                    log.info("AlterPartition was refused: %s", ErrorCode(response.error_code).name)
                    self._again(sent)
                elif not self._take(sent, response):
                    continue
            await trio.sleep(RETRY_AFTER_S)

    def _again(self, sent: dict[TopicPartition, IsrProposal]) -> None:
        # A newer proposal of the same partition, made after a LeaderAndIsr ended the doubt, wins.
        self._queued = {**sent, **self._queued}
        for tp, proposal in list(self._queued.items()):
            partition = self.partition(tp)
            if partition is None or partition.isr.proposed != proposal.new_isr:
                del self._queued[tp]

    def _request(self, proposals: dict[TopicPartition, IsrProposal]) -> AlterPartitionRequest:
        topics: dict[TopicId, list[PartitionData]] = {}
        for proposal in proposals.values():
            topics.setdefault(proposal.topic_id, []).append(
                PartitionData(
                    partition_index=proposal.tp.partition,
                    leader_epoch=proposal.leader_epoch,
                    new_isr_with_epochs=[BrokerState(broker_id=b) for b in proposal.new_isr],
                    leader_recovery_state=LeaderRecoveryState.RECOVERED,
                    partition_epoch=proposal.partition_epoch,
                )
            )
        return AlterPartitionRequest(
            broker_id=self.broker_id,
            broker_epoch=self.broker_epoch(),
            topics=[TopicData(topic_id=i, partitions=found) for i, found in topics.items()],
        )

    def _take(self, sent: dict[TopicPartition, IsrProposal], response: AlterPartitionResponse) -> bool:
        """Hand each partition its answer; returns whether something must be sent again."""
        by_id = {(p.topic_id, p.tp.partition): p for p in sent.values()}
        again: dict[TopicPartition, IsrProposal] = {}
        for topic in response.topics:
            for answer in topic.partitions:
                proposal = by_id.pop((topic.topic_id, answer.partition_index), None)
                partition = self.partition(proposal.tp) if proposal is not None else None
                if proposal is None or partition is None:
                    continue
                if answer.error_code != ErrorCode.NONE:
                    if partition.isr_refused(proposal, ErrorCode(answer.error_code)):
                        again[proposal.tp] = proposal
                    continue
                partition.isr_accepted(
                    proposal,
                    LeaderAndIsr(
                        leader=answer.leader_id,
                        isr=tuple(answer.isr),
                        leader_epoch=answer.leader_epoch,
                        partition_epoch=answer.partition_epoch,
                        controller_epoch=partition.controller_epoch,
                        recovery_state=LeaderRecoveryState(answer.leader_recovery_state),
                    ),
                )
        for proposal in by_id.values():  # not answered at all
            again[proposal.tp] = proposal
        if again:
            self._again(again)
        return bool(again)
