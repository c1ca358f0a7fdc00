"""Asks the coordinator of a transaction whether a partition is part of it, before its first records are appended.

Without this, a late request of a fenced or finished transaction would begin one that nobody ends. Questions to
one broker go together, one request in flight.
Source: KIP-890 part 1, AddPartitionsToTxnManager of Kafka 3.9.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Set

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.coordinator.markers import PeerLike
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.transaction_coordinator import topics_of
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.metadata import MetadataCache
from zkbroker.model import BrokerInfo, TopicPartition
from zkbroker.protocol.generated.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from zkbroker.protocol.generated.add_partitions_to_txn_response import AddPartitionsToTxnResponse

log = logging.getLogger(__name__)

ADD_PARTITIONS_TO_TXN_VERSION = 4
"""The first with verify_only."""

TIMEOUT_S = 30.0

Answers = Mapping[TopicPartition, ErrorCode]


@attrs.define(eq=False)
class _Question:
    transactional_id: str
    producer: Producer
    partitions: Set[TopicPartition]
    answered: trio.Event = attrs.field(factory=trio.Event)
    answers: Answers | None = None
    failure: ErrorCode = ErrorCode.NETWORK_EXCEPTION

    def ask(self) -> AddPartitionsToTxnTransaction:
        return AddPartitionsToTxnTransaction(
            transactional_id=self.transactional_id,
            producer_id=self.producer.producer_id,
            producer_epoch=self.producer.producer_epoch,
            verify_only=True,
            topics=[
                AddPartitionsToTxnTopic(name=name, partitions=partitions)
                for name, partitions in topics_of(self.partitions).items()
            ],
        )


@attrs.define(eq=False)
class _Line:
    """What is to be asked of one broker."""

    queue: list[_Question] = attrs.field(factory=list)
    moved: Changed = attrs.field(factory=Changed)


@attrs.define(eq=False)
class Verifier:
    """One line to each broker that coordinates transactions; to ourselves there is a shorter way."""

    broker_id: int
    metadata: MetadataCache
    partition_of: Callable[[str], TopicPartition]  # of __transaction_state
    connect: Callable[[BrokerInfo, str], PeerLike]
    verify_here: Callable[[str, Producer, Set[TopicPartition]], Awaitable[Answers]]
    _lines: dict[int, _Line] = attrs.field(factory=dict)
    _nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Ask what there is to ask, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            await trio.sleep_forever()

    async def verify(
        self, transactional_id: str, producer: Producer, partitions: Set[TopicPartition]
    ) -> dict[TopicPartition, ErrorCode]:
        """NONE for each partition of the producer's open transaction, else its error as a producer knows it.

        Errors: TRANSACTION_ABORTABLE, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING, and those that say
        "try again": CONCURRENT_TRANSACTIONS, NETWORK_EXCEPTION, COORDINATOR_NOT_AVAILABLE,
        COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR.
        """
        try:
            found = await self._verify(transactional_id, producer, partitions)
        except KafkaError as error:
            found = dict.fromkeys(partitions, error.code)
        return {
            tp: _AS_PRODUCERS_KNOW.get(code, code)
            for tp in partitions
            for code in (found.get(tp, ErrorCode.UNKNOWN_SERVER_ERROR),)
        }

    async def _verify(
        self, transactional_id: str, producer: Producer, partitions: Set[TopicPartition]
    ) -> Answers:
        snapshot = self.metadata.snapshot
        known = snapshot.partition(self.partition_of(transactional_id))
        if known is None or known.leader not in snapshot.brokers:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "nobody coordinates it now")
        if known.leader == self.broker_id:
            return await self.verify_here(transactional_id, producer, partitions)
        question = _Question(transactional_id, producer, partitions)
        line = self._line(known.leader)
        line.queue.append(question)
        line.moved.notify()
        with trio.move_on_after(TIMEOUT_S):
            await question.answered.wait()
        if question.answers is None:
            raise KafkaError(question.failure, f"broker {known.leader} did not say")
        return question.answers

    def _line(self, broker_id: int) -> _Line:
        line = self._lines.get(broker_id)
        if line is None:
            if self._nursery is None:
                raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "this broker is starting or stopping")
            line = self._lines[broker_id] = _Line()
            self._nursery.start_soon(self._serve, broker_id, line)
        return line

    async def _serve(self, broker_id: int, line: _Line) -> None:
        peer: PeerLike | None = None
        peer_broker: BrokerInfo | None = None
        try:
            while True:
                while not line.queue:
                    await line.moved.wait()
                asked: dict[str, _Question] = {}  # a request names each transactional id once
                later = []
                for question in line.queue:
                    if question.transactional_id in asked:
                        later.append(question)
                    else:
                        asked[question.transactional_id] = question
                line.queue[:] = later
                try:
                    broker = self.metadata.snapshot.brokers.get(broker_id)
                    if broker is None:
                        raise ConnectionError(f"broker {broker_id} is gone")
                    if peer is None or broker != peer_broker:
                        if peer is not None:
                            peer.close()
                        peer, peer_broker = self.connect(broker, f"{self.broker_id}-verification"), broker
                    response = await peer.request(
                        AddPartitionsToTxnRequest(transactions=[each.ask() for each in asked.values()]),
                        ADD_PARTITIONS_TO_TXN_VERSION,
                        timeout_s=TIMEOUT_S,
                    )
                    assert isinstance(response, AddPartitionsToTxnResponse)
                    _take(asked, response)
                except OSError as error:
                    log.warning("broker %d could not verify transactions: %s", broker_id, error)
                finally:
                    for question in asked.values():
                        question.answered.set()
        finally:
            if peer is not None:
                peer.close()


def _take(asked: Mapping[str, _Question], response: AddPartitionsToTxnResponse) -> None:
    code = ErrorCode(response.error_code)
    if code is ErrorCode.CLUSTER_AUTHORIZATION_FAILED:  # not the producer's fault
        code = ErrorCode.INVALID_TXN_STATE
    if code is not ErrorCode.NONE:
        log.warning("verifying transactions failed with %s", code.name)
        for question in asked.values():
            question.failure = code
        return
    for result in response.results_by_transaction:
        found = asked.get(result.transactional_id)
        if found is not None:
            found.answers = {
                TopicPartition(topic.name, each.partition_index): ErrorCode(each.partition_error_code)
                for topic in result.topic_results
                for each in topic.results_by_partition
            }


_AS_PRODUCERS_KNOW = {ErrorCode.PRODUCER_FENCED: ErrorCode.INVALID_PRODUCER_EPOCH}
