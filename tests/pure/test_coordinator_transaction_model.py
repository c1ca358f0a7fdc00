"""Transactions under any sequence of commands, refusals, time-outs, lagging replicas, late records and crashes.

What must hold: the log rebuilds the state; every record of a transaction has one fate, the one its producer was
told; and once a producer has its epoch, nothing of an earlier one gets through, neither here nor in a partition.
Partitions are the real producer states of the storage, with their check of every batch.
"""

from __future__ import annotations

from functools import partial

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.coordinator_model import Asked, Driver
from zkbroker.coordinator.outcome import Producer
from zkbroker.coordinator.transaction import (
    NeedsProducerId,
    SendMarkers,
    TransactionLimits,
    Transactions,
)
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.model import TopicPartition
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.producer_state import MUST_BE_OPEN, ProducerStates, Verification

PARTITIONS = tuple(TopicPartition("t", number) for number in range(3))
TIMEOUT_MS = 10_000
REFUSALS = (ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.KAFKA_STORAGE_ERROR)

Transaction = tuple[int, Producer, int]
"""Which application, under which id and epoch, its how manieth."""


@attrs.define(eq=False)
class Record:
    """One record in a partition, and what became of its transaction there."""

    transaction: Transaction
    partition: TopicPartition
    producer_id: int
    committed: bool | None = None


@attrs.define(eq=False)
class Late:
    """A batch whose verification is under way."""

    application: Application
    transaction: Transaction
    partition: TopicPartition
    verification: Verification
    asked: Asked
    is_fenced: bool


@attrs.define(eq=False)
class Application:
    """A transactional producer. Two share one transactional id: each fences the other."""

    number: int
    transactional_id: str
    producer: Producer | None = None
    transactions: int = 0
    added: set[TopicPartition] = attrs.field(factory=set)
    sequences: dict[TopicPartition, int] = attrs.field(factory=dict)
    request: Asked | None = None
    kind: str = ""
    what: object = None  # what the request was about
    ending: bool | None = None  # what it asked for last; until it knows of success it can only ask again
    was_fenced: bool = False  # when it asked

    @property
    def transaction(self) -> Transaction:
        assert self.producer is not None
        return self.number, self.producer, self.transactions


@attrs.define(eq=False)
class World:
    driver: Driver[Transactions] = attrs.field(
        factory=lambda: Driver(lambda: Transactions(TransactionLimits()))
    )
    applications: list[Application] = attrs.field(
        factory=lambda: [Application(0, "a"), Application(1, "a"), Application(2, "b")]
    )
    partitions: dict[TopicPartition, ProducerStates] = attrs.field(
        factory=lambda: {tp: ProducerStates(str(tp)) for tp in PARTITIONS}
    )
    ends: dict[TopicPartition, int] = attrs.field(factory=lambda: dict.fromkeys(PARTITIONS, 0))
    records: list[Record] = attrs.field(factory=list)
    told: dict[Transaction, bool] = attrs.field(factory=dict)  # what EndTxn was answered NONE for
    current: dict[str, Producer] = attrs.field(factory=dict)  # the last producer each id was given to
    decided: dict[str, tuple[Producer, bool]] = attrs.field(factory=dict)  # whose markers are to be written
    given: dict[tuple[str, Producer], int] = attrs.field(factory=dict)  # which application has it
    late: list[Late] = attrs.field(factory=list)
    next_producer_id: int = 100

    def ask(self, name: str, *args: object) -> Asked:
        return self.driver.ask(partial(getattr(self.driver.state, name), *args))

    def is_fenced(self, application: Application) -> bool:
        return application.producer != self.current.get(application.transactional_id)

    # -- requests

    def start(self, application: Application, kind: str, what: object, asked: Asked) -> None:
        application.kind, application.what, application.request = kind, what, asked
        application.was_fenced = self.is_fenced(application)

    def init(self, application: Application, expected: Producer | None, fresh: int | None = None) -> None:
        name = application.transactional_id
        self.start(
            application, "init", expected, self.ask("init_producer_id", name, TIMEOUT_MS, expected, fresh)
        )

    def send(self, application: Application, tp: TopicPartition) -> None:
        """A record; where its transaction is new to the partition, the coordinator is asked first."""
        producer = application.producer
        if producer is None or tp not in application.added:
            return
        sequence = application.sequences.get(tp, 0)
        states = self.partitions[tp]
        begun = states.begin_verification(
            producer.producer_id, producer.producer_epoch, sequence, self.driver.wall_ms
        )
        if begun is None:
            self.append(application, application.transaction, tp, MUST_BE_OPEN, self.is_fenced(application))
            return
        asked = self.ask("verify_partitions", application.transactional_id, producer, [tp])
        self.late.append(
            Late(application, application.transaction, tp, begun, asked, self.is_fenced(application))
        )

    def append(
        self,
        application: Application,
        transaction: Transaction,
        tp: TopicPartition,
        verification: Verification,
        is_fenced: bool,
    ) -> None:
        _, producer, _ = transaction
        states, offset = self.partitions[tp], self.ends[tp]
        sequence = application.sequences.get(tp, 0) if application.producer == producer else 0
        try:
            repeated = states.check_data(
                producer.producer_id,
                producer.producer_epoch,
                sequence,
                0,
                transactional=True,
                origin=AppendOrigin.CLIENT,
            )
            if repeated is not None:
                return
            states.check_verified(
                producer.producer_id,
                producer.producer_epoch,
                sequence,
                verification,
                origin=AppendOrigin.CLIENT,
            )
        except KafkaError:
            return
        assert not is_fenced, "a record of a fenced producer was appended"
        states.apply_data(producer.producer_id, producer.producer_epoch, sequence, offset, offset, 0, True)
        self.ends[tp] += 1
        if application.producer == producer:
            application.sequences[tp] = sequence + 1
        self.records.append(Record(transaction, tp, producer.producer_id))

    # -- markers

    def write_markers(self, number: int) -> None:
        """Some of the markers that are to be written are."""
        for effect in self.driver.effects:
            assert isinstance(effect, SendMarkers)
            found = self.driver.state.unmarked(effect.transactional_id)
            if found is not None:
                self.decided[effect.transactional_id] = (found.producer, found.commit)
        self.driver.effects.clear()
        for name, decision in self.decided.items():
            found = self.driver.state.unmarked(name)
            if found is None or (found.producer, found.commit) != decision:
                continue  # another one, which is not replicated yet
            written = [tp for i, tp in enumerate(sorted(found.partitions)) if number >> i & 1 or number > 20]
            for tp in written:
                self._write_marker(tp, found.producer, found.commit)
            self.ask("marked", name, found.producer, written)

    def _write_marker(self, tp: TopicPartition, producer: Producer, commit: bool) -> None:
        states = self.partitions[tp]
        states.check_marker(producer.producer_id, producer.producer_epoch, 0, origin=AppendOrigin.COORDINATOR)
        states.apply_marker(producer.producer_id, producer.producer_epoch, 0, self.ends[tp], 0, not commit)
        self.ends[tp] += 1
        for record in self.records:
            if (record.partition, record.producer_id, record.committed) == (tp, producer.producer_id, None):
                record.committed = commit

    # -- answers

    def hear(self) -> None:
        for application in self.applications:
            if application.request is not None and application.request.answered:
                asked, application.request = application.request, None
                self._heard(application, asked)

    def arrive(self) -> None:
        """Records whose verification was answered reach their partitions; by then much may have happened."""
        for late in [each for each in self.late if each.asked.answered]:
            self.late.remove(late)
            if isinstance(late.asked.reply, dict) and late.asked.reply[late.partition] is ErrorCode.NONE:
                self.append(
                    late.application, late.transaction, late.partition, late.verification, late.is_fenced
                )

    def _heard(self, application: Application, asked: Asked) -> None:
        kind, error = application.kind, asked.error
        if kind == "init":
            self._initialized(application, asked)
            return
        if error is ErrorCode.NONE:
            assert not application.was_fenced, f"a fenced producer got through with {kind}"
        if kind == "end" and error in (ErrorCode.NONE, ErrorCode.INVALID_TXN_STATE):
            application.ending = None  # done, or there was nothing to end
        if kind == "add" and error is ErrorCode.NONE:
            assert isinstance(application.what, TopicPartition)
            application.added.add(application.what)
        elif kind == "end" and error is ErrorCode.NONE:
            assert isinstance(application.what, bool)
            before = self.told.setdefault(application.transaction, application.what)
            assert before is application.what
            application.transactions += 1
            application.added.clear()

    def _initialized(self, application: Application, asked: Asked) -> None:
        if isinstance(asked.reply, NeedsProducerId):
            assert application.what is None or isinstance(application.what, Producer)
            self.next_producer_id += 1
            self.init(application, application.what, self.next_producer_id)
        elif isinstance(asked.reply, Producer):
            name = application.transactional_id
            assert application.what is None or not application.was_fenced, (
                "a fenced producer bumped its epoch"
            )
            owner = self.given.setdefault((name, asked.reply), application.number)
            assert owner == application.number, "two producers have one id and epoch"
            application.producer = asked.reply
            # Two answers may be heard in another order than they were given: ids and epochs only rise.
            known = self.current.get(name)
            self.current[name] = asked.reply if known is None else max(known, asked.reply, key=attrs.astuple)
            application.transactions += 1
            application.ending = None
            application.added.clear()
            application.sequences.clear()

    # -- everything that can happen

    def do(self, what: str, number: int) -> None:
        driver = self.driver
        application = self.applications[number % len(self.applications)]
        tp = PARTITIONS[number % 7 % len(PARTITIONS)]
        is_free = application.request is None and application.producer is not None
        name = application.transactional_id
        if what == "init" and application.request is None:
            self.init(application, None)
        elif what == "bump" and is_free:
            self.init(application, application.producer)
        elif what == "add" and is_free and application.ending is None:
            asked = self.ask("add_partitions", name, application.producer, frozenset({tp}))
            self.start(application, "add", tp, asked)
        elif what == "arrive":
            self.arrive()
        elif what == "run":
            self.run(application, number)
        elif what == "send" and is_free and application.ending is None:
            self.send(application, tp)
        elif what in ("commit", "abort") and is_free:
            commit = what == "commit" if application.ending is None else application.ending
            application.ending = commit
            self.start(application, "end", commit, self.ask("end", name, application.producer, commit))
        elif what == "markers":
            self.write_markers(number)
        elif what == "advance":
            driver.advance(number * 300)
        elif what == "time out":
            self.time_out()
        elif what == "replicate":
            driver.replicate(number % 4 or None)
        elif what == "crash":
            driver.effects.clear()
            self.decided.clear()  # whoever takes over sends them anew
            driver.crash(keep=number % 4)
        elif what == "refuse":
            driver.refuse = REFUSALS[number % len(REFUSALS)]

    def run(self, application: Application, number: int) -> None:
        """As far as a transaction gets in one go: into some partitions, mostly to its decision, to some markers.

        Steps drawn one by one hardly ever come to records in two partitions and an end.
        """
        if application.request is None and (application.producer is None or self.is_fenced(application)):
            self.init(application, None)
            self.answers()
        name, chosen = (
            application.transactional_id,
            [tp for i, tp in enumerate(PARTITIONS) if number >> i & 1],
        )
        for tp in chosen or PARTITIONS:
            producer = application.producer
            if application.request is not None or producer is None or application.ending is not None:
                return
            asked = self.ask("add_partitions", name, producer, frozenset({tp}))
            self.start(application, "add", tp, asked)
            self.answers()
            self.send(application, tp)
            if number % 4:
                self.answers()
        if number % 5 and application.request is None and application.ending is None:
            application.ending = number % 3 != 0
            asked = self.ask("end", name, application.producer, application.ending)
            self.start(application, "end", application.ending, asked)
            if number % 4:
                self.answers()
                self.write_markers(number // 4)

    def answers(self) -> None:
        """Everything is replicated, and everybody hears of it."""
        self.driver.replicate()
        self.hear()
        self.arrive()

    def time_out(self) -> None:
        for name in list(self.driver.state.transactions):
            self.ask("abort_timed_out", name)

    def check(self) -> None:
        self.hear()
        assert self.driver.rebuilt().durable() == self.driver.state.durable()
        fates: dict[Transaction, bool] = {}
        for record in self.records:
            if record.committed is not None:
                fate = fates.setdefault(record.transaction, record.committed)
                assert fate == record.committed, f"{record.transaction} is half committed"
                told = self.told.get(record.transaction)
                assert told is None or told is fate, f"{record.transaction} ended otherwise than was said"

    def settle(self) -> None:
        """In the end nothing is open: every record has its fate, and those of a commit are there."""
        self.driver.refuse = None
        for _ in range(4):
            self.answers()
            self.time_out()
            self.write_markers(31)
            self.driver.advance(TIMEOUT_MS + 1)
        self.check()
        for record in self.records:
            assert record.committed is not None, "a transaction hangs"
        assert not any(
            states.has_transactions and states.first_unstable_offset is not None and states._open
            for states in self.partitions.values()
        )


WORDS = (
    *("run", "run", "run", "run", "arrive"),
    *("init", "bump", "add", "add", "add", "send", "send", "send", "commit", "commit", "abort"),
    *("markers", "markers", "advance", "time out", "replicate", "replicate", "crash", "refuse"),
)


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 30)), min_size=30, max_size=90))
def test_every_transaction_has_one_fate_and_nothing_of_a_fenced_producer_counts(
    script: list[tuple[str, int]],
) -> None:
    world = World()
    for application in world.applications[1:]:
        world.init(application, None)
    for what, number in script:
        world.do(what, number)
        world.check()
    world.settle()
