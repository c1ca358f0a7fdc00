"""The transaction coordinator of this broker: finds the shard of a transactional id, asks it, sends the markers.

Source: TransactionCoordinator, TransactionStateManager of Kafka 3.9.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any, Final

import attrs
import trio

from zkbroker.coordinator.markers import MarkerSenders
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.producer_ids import ProducerIds
from zkbroker.coordinator.records import TransactionMetadata, TransactionStatus
from zkbroker.coordinator.shard import Command, Shard
from zkbroker.coordinator.shards import Shards
from zkbroker.coordinator.transaction import (
    ListedTransaction,
    NeedsProducerId,
    SendMarkers,
    Transactions,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition

log = logging.getLogger(__name__)

IDS_AT_A_TIME = 256
"""Transactional ids that one look for expired ones goes through in one piece."""


@attrs.define(eq=False)
class TransactionCoordinator:
    """Answers for the transactional ids whose partition of __transaction_state this broker leads."""

    shards: Shards[Transactions]
    markers: MarkerSenders
    producer_ids: ProducerIds
    request_timeout_ms: int
    abort_check_interval_ms: int
    expiry_check_interval_ms: int

    def __attrs_post_init__(self) -> None:
        self.shards.on_effect = self._on_effect

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.markers.run)
            await nursery.start(self.shards.run)
            nursery.start_soon(_every, self.abort_check_interval_ms, self._abort_timed_out)
            nursery.start_soon(_every, self.expiry_check_interval_ms, self._expire)
            task_status.started()

    def _on_effect(self, shard: Shard[Transactions], effect: object) -> None:
        assert isinstance(effect, SendMarkers)
        self.markers.send(shard, effect.transactional_id)

    # -- producers ---------------------------------------------------------------------------------------------

    async def init_producer_id(
        self, transactional_id: str, timeout_ms: int, expected: Producer | None
    ) -> Producer:
        """The id and epoch a producer works under from now on; older ones are fenced.

        Raises: INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, and what
        `_ask` raises.
        """
        require_transactional_id(transactional_id)
        fresh: int | None = None

        def begin(state: Transactions) -> Command:
            return partial(state.init_producer_id, transactional_id, timeout_ms, expected, fresh)

        while True:
            answer = await self._ask(transactional_id, begin)
            if isinstance(answer, Producer):
                return answer
            assert isinstance(answer, NeedsProducerId)
            fresh = await self.producer_ids.next()

    async def add_partitions(
        self, transactional_id: str, producer: Producer, partitions: Set[TopicPartition]
    ) -> None:
        """Begin or extend a transaction.

        Raises: INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, and what
        `_ask` raises.
        """
        require_transactional_id(transactional_id)
        await self._ask(
            transactional_id,
            lambda state: partial(state.add_partitions, transactional_id, producer, partitions),
        )

    async def verify_partitions(
        self, transactional_id: str, producer: Producer, partitions: Set[TopicPartition]
    ) -> Mapping[TopicPartition, ErrorCode]:
        """NONE or TRANSACTION_ABORTABLE for each. Raises: as `add_partitions`."""
        require_transactional_id(transactional_id)
        found: Mapping[TopicPartition, ErrorCode] = await self._ask(
            transactional_id,
            lambda state: partial(state.verify_partitions, transactional_id, producer, partitions),
        )
        return found

    async def end(self, transactional_id: str, producer: Producer, *, commit: bool) -> None:
        """Returns when the decision is replicated; the markers follow.

        Raises: INVALID_TXN_STATE, and as `add_partitions`.
        """
        require_transactional_id(transactional_id)
        await self._ask(
            transactional_id, lambda state: partial(state.end, transactional_id, producer, commit)
        )

    # -- administration ----------------------------------------------------------------------------------------

    async def describe(self, transactional_id: str) -> TransactionMetadata:
        """Raises: INVALID_REQUEST, TRANSACTIONAL_ID_NOT_FOUND, and what `_ask` raises."""
        require_transactional_id(transactional_id)
        found: TransactionMetadata = await self._ask(
            transactional_id, lambda state: partial(state.describe, transactional_id)
        )
        return found

    async def list(
        self, statuses: Set[TransactionStatus] | None, producer_ids: Set[int], min_duration_ms: int
    ) -> list[ListedTransaction]:
        """Those of this broker. Raises: COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS."""
        if not self.shards.is_running:
            raise KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "this broker is starting or stopping")
        if self.shards.is_loading:
            raise KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "not every partition is loaded yet")
        found: list[ListedTransaction] = []
        for shard in self.shards.loaded():
            try:
                found += await shard.ask(
                    partial(shard.state.list, statuses, producer_ids, min_duration_ms),
                    timeout_s=self._timeout_s,
                )
            except KafkaError as moved:
                log.debug("%s is left out of a list: %s", shard.partition.tp, moved)
        return found

    # -- time --------------------------------------------------------------------------------------------------

    async def _abort_timed_out(self) -> None:
        for shard in self.shards.loaded():
            try:
                for name in await shard.ask(shard.state.timed_out):
                    await self._abort_one(shard, name)
            except KafkaError as error:
                log.info("%s: time-outs are looked at again later: %s", shard.partition.tp, error)

    async def _abort_one(self, shard: Shard[Transactions], name: str) -> None:
        try:
            await shard.ask(partial(shard.state.abort_timed_out, name), depends_on=name)
        except KafkaError as error:
            if error.code is not ErrorCode.CONCURRENT_TRANSACTIONS:
                raise
            log.info("the transaction of %r was open for too long, it is aborted", name)

    async def _expire(self) -> None:
        for shard in self.shards.loaded():
            names = list(shard.state.transactions)
            count = 0
            try:
                for start in range(0, len(names), IDS_AT_A_TIME):
                    count += await shard.ask(
                        partial(shard.state.expire, names[start : start + IDS_AT_A_TIME])
                    )
            except KafkaError as error:
                log.info("%s: expired ids are looked for again later: %s", shard.partition.tp, error)
            if count:
                log.info("%s: %d transactional ids expired", shard.partition.tp, count)

    # -- asking ------------------------------------------------------------------------------------------------

    async def _ask(self, transactional_id: str, command: Callable[[Transactions], Command]) -> Any:
        """Raises: the command's errors; COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR."""
        shard = self.shards.of(transactional_id)
        try:
            return await shard.ask(
                command(shard.state), depends_on=transactional_id, timeout_s=self._timeout_s
            )
        except KafkaError as error:
            raise KafkaError(_LOG_ERRORS.get(error.code, error.code), error.message) from None

    @property
    def _timeout_s(self) -> float:
        return self.request_timeout_ms / 1000


def require_transactional_id(transactional_id: str) -> None:
    """Raises: INVALID_REQUEST for an empty one."""
    if not transactional_id:
        raise KafkaError(ErrorCode.INVALID_REQUEST, "the transactional id is empty")


async def _every(interval_ms: int, work: Callable[[], Any]) -> None:
    while True:
        await trio.sleep(interval_ms / 1000)
        await work()


def topics_of(partitions: Set[TopicPartition]) -> dict[str, Sequence[int]]:
    """Partition numbers by topic, both in order."""
    topics: dict[str, list[int]] = {}
    for tp in sorted(partitions):
        topics.setdefault(tp.topic, []).append(tp.partition)
    return dict(topics)


_LOG_ERRORS: Final = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.REQUEST_TIMED_OUT: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_LEADER_OR_FOLLOWER: ErrorCode.NOT_COORDINATOR,
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.UNKNOWN_SERVER_ERROR,
}
