"""A transactional id step by step: ids and epochs, partitions, the end and its markers, time-outs, expiry."""

from __future__ import annotations

from functools import partial

import attrs
import pytest

from tests.pure.coordinator_model import Asked, Driver
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.records import TransactionMetadata, TransactionStatus
from zkbroker.coordinator.transaction import (
    LAST_EPOCH,
    ListedTransaction,
    NeedsProducerId,
    SendMarkers,
    TransactionLimits,
    Transactions,
    Unmarked,
    statuses_named,
)
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)
Status = TransactionStatus


@attrs.define(eq=False)
class Desk:
    """A driver with one transactional id, in the words of the tests."""

    driver: Driver[Transactions] = attrs.field(
        factory=lambda: Driver(lambda: Transactions(TransactionLimits()))
    )
    next_id: int = 7

    def ask(self, name: str, *args: object) -> Asked:
        return self.driver.ask(partial(getattr(self.driver.state, name), *args))

    def done(self, name: str, *args: object) -> Asked:
        asked = self.ask(name, *args)
        self.driver.replicate()
        assert asked.answered
        return asked

    def init(self, expected: Producer | None = None, timeout_ms: int = 60_000) -> Producer | ErrorCode:
        asked = self.done("init_producer_id", "tx", timeout_ms, expected, None)
        if isinstance(asked.reply, NeedsProducerId):
            asked = self.done("init_producer_id", "tx", timeout_ms, expected, self.next_id)
            self.next_id += 1
        return asked.reply if isinstance(asked.reply, Producer) else asked.error

    def producer(self) -> Producer:
        producer = self.init()
        assert isinstance(producer, Producer)
        return producer

    def add(self, producer: Producer, *partitions: TopicPartition) -> ErrorCode:
        return self.done("add_partitions", "tx", producer, frozenset(partitions)).error

    def end(self, producer: Producer, commit: bool = True) -> ErrorCode:
        return self.done("end", "tx", producer, commit).error

    def marked(self, producer: Producer, *partitions: TopicPartition) -> object:
        return self.done("marked", "tx", producer, partitions).reply

    @property
    def now(self) -> TransactionMetadata:
        return self.driver.state.transactions["tx"]


def test_a_producer_begins_commits_and_begins_again() -> None:
    desk = Desk()
    producer = desk.producer()
    assert producer == Producer(7, 0)
    assert desk.add(producer, P0) is ErrorCode.NONE
    assert desk.add(producer, P0, P1) is ErrorCode.NONE
    assert desk.now.status is Status.ONGOING and desk.now.partitions == {P0, P1}
    assert desk.end(producer) is ErrorCode.NONE
    assert desk.driver.effects == [SendMarkers("tx")]
    assert desk.driver.state.unmarked("tx") == Unmarked(producer, True, frozenset({P0, P1}))
    assert desk.marked(producer, P1) is False
    assert desk.driver.state.transactions["tx"].status == Status.PREPARE_COMMIT
    assert desk.marked(producer, P0) is True
    assert (desk.now.status, desk.now.partitions) == (Status.COMPLETE_COMMIT, frozenset())
    assert desk.driver.state.unmarked("tx") is None
    assert desk.add(producer, P1) is ErrorCode.NONE
    assert desk.driver.rebuilt().durable() == desk.driver.state.durable()


def test_a_known_partition_is_not_stored_again() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0)
    batches = len(desk.driver.batches)
    assert desk.add(producer, P0) is ErrorCode.NONE
    assert len(desk.driver.batches) == batches


def test_each_incarnation_gets_the_next_epoch_and_fences_the_one_before() -> None:
    desk = Desk()
    first = desk.producer()
    second = desk.producer()
    assert second == Producer(7, 1)
    assert desk.add(first, P0) is ErrorCode.PRODUCER_FENCED
    assert desk.end(first) is ErrorCode.PRODUCER_FENCED
    assert desk.done("verify_partitions", "tx", first, [P0]).error is ErrorCode.PRODUCER_FENCED
    assert desk.add(Producer(99, 1), P0) is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert desk.done("end", "nobody", first, True).error is ErrorCode.INVALID_PRODUCER_ID_MAPPING


def test_a_new_incarnation_aborts_what_the_old_one_left_open() -> None:
    desk = Desk()
    first = desk.producer()
    desk.add(first, P0)
    assert desk.init() is ErrorCode.CONCURRENT_TRANSACTIONS
    fenced = Producer(7, 1)
    assert desk.driver.state.unmarked("tx") == Unmarked(fenced, False, frozenset({P0}))
    assert desk.end(first) is ErrorCode.PRODUCER_FENCED
    assert desk.init() is ErrorCode.CONCURRENT_TRANSACTIONS
    assert desk.marked(fenced, P0) is True
    assert desk.init() == Producer(7, 2)


@pytest.mark.parametrize("commit", [True, False])
def test_the_end_may_be_repeated_but_not_changed(commit: bool) -> None:
    desk = Desk()
    producer = desk.producer()
    assert desk.end(producer, commit) is ErrorCode.INVALID_TXN_STATE
    desk.add(producer, P0)
    assert desk.end(producer, commit) is ErrorCode.NONE
    assert desk.end(producer, commit) is ErrorCode.CONCURRENT_TRANSACTIONS
    assert desk.end(producer, not commit) is ErrorCode.INVALID_TXN_STATE
    assert desk.add(producer, P1) is ErrorCode.CONCURRENT_TRANSACTIONS
    desk.marked(producer, P0)
    assert desk.end(producer, commit) is ErrorCode.NONE
    assert desk.end(producer, not commit) is ErrorCode.INVALID_TXN_STATE


def test_verifying_tells_which_partitions_are_in_the_transaction() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0)
    assert desk.done("verify_partitions", "tx", producer, [P0, P1]).reply == {
        P0: ErrorCode.NONE,
        P1: ErrorCode.TRANSACTION_ABORTABLE,
    }
    desk.end(producer)
    asked = desk.done("verify_partitions", "tx", producer, [P0])
    assert asked.error is ErrorCode.CONCURRENT_TRANSACTIONS


# -- bumping one's own epoch (KIP-360) ----------------------------------------------------------------------------


def test_a_producer_bumps_its_own_epoch_and_may_repeat_that() -> None:
    desk = Desk()
    producer = desk.producer()
    bumped = desk.init(producer)
    assert bumped == Producer(7, 1)
    assert desk.init(producer) == bumped, "it did not hear of its success"
    assert desk.init(bumped) == Producer(7, 2)
    assert desk.init(producer) is ErrorCode.PRODUCER_FENCED
    assert desk.init(Producer(99, 2)) is ErrorCode.PRODUCER_FENCED


def test_after_another_incarnation_a_bump_is_refused() -> None:
    desk = Desk()
    first = desk.producer()
    desk.producer()
    assert desk.init(first) is ErrorCode.PRODUCER_FENCED


def test_when_epochs_run_out_there_is_a_new_id() -> None:
    desk = Desk()
    desk.producer()
    desk.driver.state.transactions["tx"] = attrs.evolve(desk.now, producer_epoch=LAST_EPOCH)
    last = Producer(7, LAST_EPOCH)
    assert desk.init(last) == Producer(8, 0)
    assert desk.init(last) == Producer(8, 0), "the repetition names the id of before"
    desk.driver.state.transactions["tx"] = attrs.evolve(desk.now, producer_epoch=LAST_EPOCH)
    assert desk.init() == Producer(9, 0)
    assert desk.init(last) is ErrorCode.PRODUCER_FENCED


def test_fencing_uses_the_epoch_that_is_kept_for_it() -> None:
    desk = Desk()
    desk.producer()
    desk.driver.state.transactions["tx"] = attrs.evolve(desk.now, producer_epoch=LAST_EPOCH)
    last = Producer(7, LAST_EPOCH)
    desk.add(last, P0)
    assert desk.init() is ErrorCode.CONCURRENT_TRANSACTIONS
    desk.marked(Producer(7, LAST_EPOCH + 1), P0)
    assert desk.init() == Producer(8, 0)


def test_a_retry_does_not_survive_a_failover_but_nothing_breaks() -> None:
    """The epoch before the last is not in the log, in 3.9."""
    desk = Desk()
    producer = desk.producer()
    bumped = desk.init(producer)
    desk.driver.crash()
    assert desk.init(producer) is ErrorCode.PRODUCER_FENCED
    assert isinstance(bumped, Producer) and desk.init(bumped) == Producer(7, 2)


def test_timeouts_out_of_bounds_are_refused() -> None:
    desk = Desk()
    for timeout_ms in (0, -1, 900_001):
        assert desk.init(timeout_ms=timeout_ms) is ErrorCode.INVALID_TRANSACTION_TIMEOUT


# -- failures -----------------------------------------------------------------------------------------------------


def test_what_the_log_refuses_did_not_happen() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.driver.refuse = ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.add(producer, P0) is ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.now.status is Status.EMPTY
    desk.add(producer, P0)
    desk.driver.refuse = ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.end(producer) is ErrorCode.NOT_ENOUGH_REPLICAS
    assert (desk.now.status, desk.driver.effects) == (Status.ONGOING, [])
    desk.driver.refuse = ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.init() is ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.now.producer_epoch == 0, "an epoch that was not stored is not used up"
    assert desk.end(producer) is ErrorCode.NONE
    desk.driver.refuse = ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.done("marked", "tx", producer, [P0]).error is ErrorCode.NOT_ENOUGH_REPLICAS
    assert desk.marked(producer) is True, "asked again, it remembers the markers"


def test_no_marker_is_sent_before_the_decision_is_replicated() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0)
    asked = desk.ask("end", "tx", producer, True)
    assert not asked.answered and desk.driver.effects == []
    desk.driver.crash()
    assert desk.now.status is Status.ONGOING and desk.driver.effects == []
    assert desk.end(producer, commit=False) is ErrorCode.NONE, "nobody heard of the commit"


def test_after_a_failover_the_markers_are_sent_again() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0, P1)
    desk.end(producer)
    desk.marked(producer, P0)
    desk.driver.effects.clear()
    desk.driver.crash()
    assert desk.driver.effects == [SendMarkers("tx")]
    assert desk.driver.state.unmarked("tx") == Unmarked(producer, True, frozenset({P0, P1}))


def test_late_markers_of_another_transaction_are_not_counted() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0)
    desk.end(producer)
    other = desk.done("marked", "tx", Producer(7, 5), [P0])
    assert other.error is ErrorCode.INVALID_TXN_STATE
    desk.marked(producer, P0)
    again = desk.done("marked", "tx", producer, [P0])
    assert again.error is ErrorCode.INVALID_TXN_STATE


# -- time ---------------------------------------------------------------------------------------------------------


def test_a_transaction_open_for_too_long_is_fenced_and_aborted() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.add(producer, P0)
    desk.driver.advance(60_000)
    assert desk.done("timed_out").reply == []
    desk.driver.advance(1)
    assert desk.done("timed_out").reply == ["tx"]
    assert desk.done("abort_timed_out", "tx").error is ErrorCode.CONCURRENT_TRANSACTIONS
    assert desk.now.status is Status.PREPARE_ABORT
    assert desk.end(producer) is ErrorCode.PRODUCER_FENCED
    assert desk.done("abort_timed_out", "tx").reply is None, "it is no longer open"


def test_ids_that_nobody_used_for_long_are_forgotten() -> None:
    desk = Desk()
    producer = desk.producer()
    desk.driver.advance(604_799_999)
    assert desk.done("expire", ["tx", "nobody"]).reply == 0
    desk.driver.advance(1)
    assert desk.done("expire", ["tx"]).reply == 1
    assert desk.driver.state.transactions == {} == desk.driver.rebuilt().durable()
    assert desk.add(producer, P0) is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    again = desk.producer()
    desk.add(again, P0)
    desk.driver.advance(604_800_000)
    assert desk.done("expire", ["tx"]).reply == 0, "an open transaction is not forgotten"


# -- administration -----------------------------------------------------------------------------------------------


def test_describing_and_listing() -> None:
    desk = Desk()
    assert desk.done("describe", "tx").error is ErrorCode.TRANSACTIONAL_ID_NOT_FOUND
    producer = desk.producer()
    desk.add(producer, P0)
    assert desk.done("describe", "tx").reply == desk.now
    listed = [ListedTransaction("tx", 7, Status.ONGOING)]
    assert desk.done("list", None, frozenset(), -1).reply == listed
    assert desk.done("list", frozenset({Status.ONGOING}), frozenset({7}), -1).reply == listed
    assert desk.done("list", frozenset({Status.EMPTY}), frozenset(), -1).reply == []
    assert desk.done("list", None, frozenset({8}), -1).reply == []
    desk.driver.advance(1_000)
    assert desk.done("list", None, frozenset(), 999).reply == listed
    assert desk.done("list", None, frozenset(), 1_000).reply == []


def test_statuses_have_kafkas_names() -> None:
    assert [status.shown for status in Status] == [
        *("Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort")
    ]
    assert statuses_named(["Ongoing", "odd"]) == (frozenset({Status.ONGOING}), ["odd"])
    assert statuses_named([]) == (None, [])
