"""The transactional ids of one partition of __transaction_state, and the commands on them. [pure]

    Empty -> Ongoing -> PrepareCommit -> CompleteCommit
                     -> PrepareAbort  -> CompleteAbort        and from the complete ones to Ongoing or Empty again

What was prepared is decided: it is completed whatever happens, by writing a marker to each of its partitions.
Every state is in the log; which markers are written is not, they are written again after a failover.
Source: TransactionCoordinator, TransactionMetadata, TransactionStateManager of Kafka 3.9; KIP-98, KIP-360, KIP-890.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

import attrs

from zkbroker.coordinator.outcome import Outcome, Producer, Record, TimerKey, Token, answer
from zkbroker.coordinator.records import (
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    TransactionMetadata,
    TransactionRecord,
    TransactionStatus,
    decode_transaction_record,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition

LAST_EPOCH: Final = 2**15 - 2
"""The last epoch a producer may get; the one after it is kept for fencing it."""

NEVER_LISTED: Final = frozenset({"PrepareEpochFence", "Dead"})
"""States Kafka has between two others while it writes; a filter may name them, and finds nothing."""

Status = TransactionStatus
_PREPARED = {True: Status.PREPARE_COMMIT, False: Status.PREPARE_ABORT}
_COMPLETE = {Status.PREPARE_COMMIT: Status.COMPLETE_COMMIT, Status.PREPARE_ABORT: Status.COMPLETE_ABORT}
_DECIDED = {
    Status.PREPARE_COMMIT: True,
    Status.COMPLETE_COMMIT: True,
    Status.PREPARE_ABORT: False,
    Status.COMPLETE_ABORT: False,
}


@attrs.frozen
class TransactionLimits:
    """What the broker's configuration allows."""

    timeout_max_ms: int = 900_000
    id_expiration_ms: int = 604_800_000


class NeedsProducerId(NamedTuple):
    """The answer to an InitProducerId for which a new producer id must be brought along."""


class SendMarkers(NamedTuple):
    """An effect: this transaction is decided, its markers must be written."""

    transactional_id: str


class Unmarked(NamedTuple):
    """A decided transaction and the partitions that still lack its marker."""

    producer: Producer
    commit: bool
    partitions: frozenset[TopicPartition]


class ListedTransaction(NamedTuple):
    transactional_id: str
    producer_id: int
    status: TransactionStatus


@attrs.define(eq=False)
class Transactions:
    """Everything this partition knows of its transactional ids. A command with an error raises KafkaError."""

    limits: TransactionLimits
    transactions: dict[str, TransactionMetadata] = attrs.field(factory=dict)
    _unmarked: dict[str, set[TopicPartition]] = attrs.field(factory=dict)  # of those that are prepared

    # -- the log -----------------------------------------------------------------------------------------------

    def decode(self, key: bytes, value: bytes | None) -> Record:
        """Raises: UnknownKey, MalformedMessage."""
        return decode_transaction_record(key, value)

    def apply(self, record: Record, log_offset: int, producer_id: int = NO_PRODUCER_ID) -> None:
        """Take over what the log holds."""
        assert isinstance(record, TransactionRecord)
        name, now = record.transactional_id, record.metadata
        self._unmarked.pop(name, None)
        if now is None:
            self.transactions.pop(name, None)
            return
        self.transactions[name] = now
        if now.status.is_prepared:
            self._unmarked[name] = set(now.partitions)

    def apply_marker(self, producer_id: int, *, commit: bool) -> None:
        """No transaction writes to this topic."""

    def loaded(self, now_ms: int, wall_ms: int) -> Outcome:
        """What was decided before is completed now."""
        return Outcome(effects=[SendMarkers(name) for name in self._unmarked])

    def timer(self, key: TimerKey, now_ms: int, wall_ms: int) -> Outcome:
        return Outcome()  # time-outs are looked for all at once, see `timed_out`

    def durable(self) -> Mapping[str, TransactionMetadata]:
        """What the log holds."""
        return {name: metadata.stored() for name, metadata in self.transactions.items()}

    # -- producers ---------------------------------------------------------------------------------------------

    def init_producer_id(
        self,
        name: str,
        timeout_ms: int,
        expected: Producer | None,
        fresh_producer_id: int | None,
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """A producer begins, or bumps its own epoch by naming the one it has. Source: KIP-360.

        Answers with a Producer, or NeedsProducerId. Raises: INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED,
        CONCURRENT_TRANSACTIONS.
        """
        if not 0 < timeout_ms <= self.limits.timeout_max_ms:
            raise KafkaError(
                ErrorCode.INVALID_TRANSACTION_TIMEOUT, f"{name!r} asked for a timeout of {timeout_ms} ms"
            )
        known = self.transactions.get(name)
        if known is None:
            if fresh_producer_id is None:
                return answer(token, NeedsProducerId())
            begun = TransactionMetadata(
                fresh_producer_id,
                0,
                timeout_ms,
                Status.EMPTY,
                updated_ms=wall_ms,
                previous_producer_id=fresh_producer_id,
            )
            return self._store(name, begun, token, Producer(fresh_producer_id, 0))
        if expected is not None and not _may_go_on(expected, known):
            raise _fenced(name, expected, known)
        if known.status.is_prepared:
            raise KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS, f"{name!r} is ending a transaction")
        if known.status is Status.ONGOING:
            # Whoever began it is fenced, and it is aborted; the client tries again when that is done.
            return self._fence(name, known, token, wall_ms)
        is_exhausted = known.producer_epoch >= LAST_EPOCH
        if is_exhausted and (expected is None or expected.producer_epoch == known.producer_epoch):
            if fresh_producer_id is None:
                return answer(token, NeedsProducerId())
            producer = Producer(fresh_producer_id, 0)
            previous = NO_PRODUCER_EPOCH if expected is None else known.producer_epoch
        elif expected is None:
            producer, previous = Producer(known.producer_id, known.producer_epoch + 1), NO_PRODUCER_EPOCH
        elif expected.producer_epoch == known.producer_epoch:
            producer = Producer(known.producer_id, known.producer_epoch + 1)
            previous = known.producer_epoch
        elif expected.producer_epoch == known.previous_producer_epoch:  # it did not hear of its success
            return answer(token, Producer(known.producer_id, known.producer_epoch))
        else:
            raise _fenced(name, expected, known)
        begun = TransactionMetadata(
            producer.producer_id,
            producer.producer_epoch,
            timeout_ms,
            Status.EMPTY,
            updated_ms=wall_ms,
            previous_producer_id=known.producer_id,
            previous_producer_epoch=previous,
        )
        return self._store(name, begun, token, producer)

    def _fence(self, name: str, known: TransactionMetadata, token: Token, wall_ms: int) -> Outcome:
        """Abort with the next epoch, which nobody gets to use. Answers with CONCURRENT_TRANSACTIONS."""
        aborted = attrs.evolve(
            known,
            producer_epoch=known.producer_epoch + 1,
            previous_producer_id=known.producer_id,
            previous_producer_epoch=NO_PRODUCER_EPOCH,
            status=Status.PREPARE_ABORT,
            updated_ms=wall_ms,
        )
        again = KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS, f"the open transaction of {name!r} is aborted")
        outcome = self._store(name, aborted, token, again)
        outcome.effects.append(SendMarkers(name))
        return outcome

    def _store(self, name: str, metadata: TransactionMetadata, token: Token, value: object) -> Outcome:
        outcome = answer(token, value)
        outcome.records.append(TransactionRecord(name, metadata))
        return outcome

    def _known(self, name: str, producer: Producer) -> TransactionMetadata:
        """Raises: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED."""
        known = self.transactions.get(name)
        if known is None or known.producer_id != producer.producer_id:
            raise KafkaError(
                ErrorCode.INVALID_PRODUCER_ID_MAPPING,
                f"{name!r} does not belong to producer {producer.producer_id}",
            )
        if known.producer_epoch != producer.producer_epoch:
            raise _fenced(name, producer, known)
        return known

    # -- transactions ------------------------------------------------------------------------------------------

    def add_partitions(
        self,
        name: str,
        producer: Producer,
        partitions: Set[TopicPartition],
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Begins a transaction or extends it. Answers with None.

        Raises: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS.
        """
        known = self._known(name, producer)
        if known.status.is_prepared:
            raise KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS, f"{name!r} is ending a transaction")
        is_open = known.status is Status.ONGOING
        if is_open and partitions <= known.partitions:
            return answer(token, None)
        extended = attrs.evolve(
            known,
            status=Status.ONGOING,
            partitions=known.partitions | partitions,
            started_ms=known.started_ms if is_open else wall_ms,
            updated_ms=wall_ms,
        )
        return self._store(name, extended, token, None)

    def verify_partitions(
        self,
        name: str,
        producer: Producer,
        partitions: Iterable[TopicPartition],
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Whether they are in the open transaction: answers with NONE or TRANSACTION_ABORTABLE for each.

        Raises: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS. Source: KIP-890.
        """
        known = self._known(name, producer)
        if known.status.is_prepared:
            raise KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS, f"{name!r} is ending a transaction")
        return answer(
            token,
            {
                tp: ErrorCode.NONE if tp in known.partitions else ErrorCode.TRANSACTION_ABORTABLE
                for tp in partitions
            },
        )

    def end(
        self, name: str, producer: Producer, commit: bool, token: Token, now_ms: int, wall_ms: int
    ) -> Outcome:
        """Decides the transaction; its markers follow. Answers with None, also for a repetition.

        Raises: INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE.
        """
        known = self._known(name, producer)
        if known.status is Status.ONGOING:
            decided = attrs.evolve(known, status=_PREPARED[commit], updated_ms=wall_ms)
            outcome = self._store(name, decided, token, None)
            outcome.effects.append(SendMarkers(name))
            return outcome
        if _DECIDED.get(known.status) is not commit:
            raise KafkaError(
                ErrorCode.INVALID_TXN_STATE,
                f"{name!r} is in {known.status.shown}, it cannot {'commit' if commit else 'abort'}",
            )
        if known.status.is_prepared:
            raise KafkaError(ErrorCode.CONCURRENT_TRANSACTIONS, f"{name!r} is ending that transaction")
        return answer(token, None)

    def unmarked(self, name: str) -> Unmarked | None:
        """A decided transaction whose markers are not all written; None if there is none."""
        known, partitions = self.transactions.get(name), self._unmarked.get(name)
        if known is None or partitions is None:
            return None
        producer = Producer(known.producer_id, known.producer_epoch)
        return Unmarked(producer, known.status is Status.PREPARE_COMMIT, frozenset(partitions))

    def marked(
        self,
        name: str,
        producer: Producer,
        partitions: Iterable[TopicPartition],
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Markers are written (or have nowhere to go); with the last one the transaction is complete.

        Answers with whether it is. Raises: INVALID_TXN_STATE if it is not that transaction that is decided.
        """
        known, left = self.transactions.get(name), self._unmarked.get(name)
        if known is None or left is None or producer != Producer(known.producer_id, known.producer_epoch):
            raise KafkaError(ErrorCode.INVALID_TXN_STATE, f"no markers of {name!r} are being written")
        left.difference_update(partitions)
        if left:
            return answer(token, False)
        complete = attrs.evolve(
            known, status=_COMPLETE[known.status], partitions=frozenset(), updated_ms=wall_ms
        )
        return self._store(name, complete, token, True)

    # -- time --------------------------------------------------------------------------------------------------

    def timed_out(self, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with the ids whose transactions are open for too long."""
        found = [name for name, known in self.transactions.items() if _is_late(known, wall_ms)]
        return answer(token, found)

    def abort_timed_out(self, name: str, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Fence and abort, if it still is open for too long. Answers with CONCURRENT_TRANSACTIONS if so, or None."""
        known = self.transactions.get(name)
        if known is None or not _is_late(known, wall_ms):
            return answer(token, None)
        return self._fence(name, known, token, wall_ms)

    def expire(self, names: Iterable[str], token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Forget ids that nobody used for long. Answers with how many."""
        outcome = Outcome(may_split=True)
        until_ms = wall_ms - self.limits.id_expiration_ms
        for name in names:
            known = self.transactions.get(name)
            if known is not None and known.status.is_over and known.updated_ms <= until_ms:
                outcome.records.append(TransactionRecord(name, None))
        outcome.reply(token, len(outcome.records))
        return outcome

    # -- administration ----------------------------------------------------------------------------------------

    def describe(self, name: str, token: Token, now_ms: int, wall_ms: int) -> Outcome:
        """Answers with a TransactionMetadata. Raises: TRANSACTIONAL_ID_NOT_FOUND."""
        known = self.transactions.get(name)
        if known is None:
            raise KafkaError(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, f"there is no transactional id {name!r}")
        return answer(token, known)

    def list(
        self,
        statuses: Set[TransactionStatus] | None,
        producer_ids: Set[int],
        min_duration_ms: int,
        token: Token,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Answers with a ListedTransaction each; `statuses` None and no producer ids mean any, a duration < 0 too."""
        return answer(
            token,
            [
                ListedTransaction(name, known.producer_id, known.status)
                for name, known in self.transactions.items()
                if (statuses is None or known.status in statuses)
                and (not producer_ids or known.producer_id in producer_ids)
                and (min_duration_ms < 0 or wall_ms - known.started_ms > min_duration_ms)
            ],
        )


def _may_go_on(expected: Producer, known: TransactionMetadata) -> bool:
    """Whether a producer that names this id is the one we know, or was before its epochs ran out."""
    return expected.producer_id == known.producer_id or (
        expected.producer_id == known.previous_producer_id and expected.producer_epoch >= LAST_EPOCH
    )


def _fenced(name: str, producer: Producer, known: TransactionMetadata) -> KafkaError:
    return KafkaError(
        ErrorCode.PRODUCER_FENCED,
        f"{name!r}: producer {producer.producer_id} with epoch {producer.producer_epoch}, "
        f"now it is {known.producer_id} with {known.producer_epoch}",
    )


def _is_late(known: TransactionMetadata, wall_ms: int) -> bool:
    return known.status is Status.ONGOING and known.started_ms + known.timeout_ms < wall_ms


def statuses_named(names: Sequence[str]) -> tuple[frozenset[TransactionStatus] | None, list[str]]:
    """The statuses of these names (None if none is given), and the names nothing has."""
    by_name = {status.shown: status for status in TransactionStatus}
    unknown = [name for name in names if name not in by_name and name not in NEVER_LISTED]
    found = frozenset(by_name[name] for name in names if name in by_name)
    return (found if names else None), unknown
