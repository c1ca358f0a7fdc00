"""One led partition of a coordinator's topic: its state, its log, and everybody who waits for either.

    asked -> command -> records -> appended -> applied -> replicated -> answered

Commands of one turn share one batch. Records are applied when the log has taken them, by the function that loads
them; a reply waits until everything it may tell of is replicated, so that nothing shown to anyone goes back. Losing
the leadership drops the whole shard, and it appends only in the term of its load.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.coordinator.outcome import Outcome, Producer, Record, Reply, TimerKey, Token
from zkbroker.coordinator.records import NO_PRODUCER_ID
from zkbroker.coordinator.replay import Replay, Replayed
from zkbroker.coordinator.timers import Timers
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.fairness import Slices
from zkbroker.protocol.compression import Codec
from zkbroker.protocol.legacy import read_any
from zkbroker.protocol.records import HEADER_BYTES, BatchBuilder
from zkbroker.replication.partition import Partition
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.producer_state import Verification

log = logging.getLogger(__name__)

READ_BYTES = 1 << 20
"""Read from the log at a time while loading."""

RECORD_OVERHEAD_BYTES = 32
"""More than a record's own fields take in a batch beside its key and value."""

ALL_REPLICAS = -1


class State(Replayed, Protocol):
    """A pure state machine that a log rebuilds."""

    def loaded(self, now_ms: int, wall_ms: int) -> Outcome: ...

    def timer(self, key: TimerKey, now_ms: int, wall_ms: int) -> Outcome: ...


S = TypeVar("S", bound=State)

Command = Callable[[Token, int, int], Outcome]
"""A command on the state, given its token, monotonic and wall ms. Raises: KafkaError, which is its reply."""


@attrs.frozen
class Clocks:
    now_ms: Callable[[], int]  # monotonic
    wall_ms: Callable[[], int]


@attrs.define(eq=False)
class _Question:
    """One caller that waits. It is its own token."""

    command: Command
    depends_on: Hashable  # what the command looks at: it must not stand in a batch that is not written yet
    is_answered: bool = False
    value: Any = None
    shown_to: int = 0  # the log below this offset must be replicated before the answer may leave
    failure: Exception | None = None
    _asker: trio.lowlevel.Task | None = None

    async def wait(self) -> None:
        """Wait for the answer; by the task that asked, at once after it did. An Event would cost as much again."""
        self._asker = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._give_up)

    def _give_up(self, raise_cancel: object) -> trio.lowlevel.Abort:
        self._asker = None
        return trio.lowlevel.Abort.SUCCEEDED

    def answer(self, value: object, shown_to: int) -> None:
        if isinstance(value, KafkaError):
            self.failure = KafkaError(value.code, value.message)  # one of our own: several may raise theirs
        else:
            self.value = value
        self.shown_to = shown_to
        self._wake()

    def fail(self, error: Exception) -> None:
        self.failure = error
        self._wake()

    def taken_failure(self) -> Exception:
        """To be raised; kept by nobody any more, or it and the frame that raises it would hold each other."""
        failure, self.failure = self.failure, None
        assert failure is not None
        return failure

    def _wake(self) -> None:
        self.is_answered = True
        if self._asker is not None:
            trio.lowlevel.reschedule(self._asker)
            self._asker = None


@attrs.define(eq=False)
class _Pending:
    """Outcomes whose records are not written yet."""

    outcomes: list[Outcome] = attrs.field(factory=list)
    pairs: list[tuple[bytes, bytes | None]] = attrs.field(factory=list)
    size: int = 0
    producer: Producer | None = None
    verification: object = None
    touched: set[Hashable] = attrs.field(factory=set)

    def clear(self) -> None:
        self.outcomes, self.pairs = [], []
        self.size = 0
        self.touched.clear()


@attrs.frozen
class ShardStatistics:
    partition: int
    is_loaded: bool
    records_loaded: int
    load_ms: int
    waiting: int
    timers: int


@attrs.define(eq=False)
class Shard(Generic[S]):
    """Owner: the coordinator's task for this partition, which runs `run`; ended by cancelling that."""

    partition: Partition
    state: S
    _clocks: Clocks
    codec: Codec = Codec.NONE
    on_effect: Callable[[Shard[S], object], None] = lambda shard, effect: None
    on_loaded: Callable[[Shard[S]], None] = lambda shard: None
    term: int = attrs.field(init=False)  # of the leadership it was loaded in
    is_loaded: bool = False
    applied_to: int = 0  # everything below this offset of the log is in the state
    records_loaded: int = 0
    load_ms: int = 0
    _is_over: bool = False
    _inbox: deque[_Question] = attrs.field(factory=deque)
    _open: set[_Question] = attrs.field(factory=set)  # taken from the inbox, not answered yet
    _timers: Timers = attrs.field(factory=Timers)
    _wake: trio.Event = attrs.field(factory=trio.Event)
    _held: deque[tuple[int, object]] = attrs.field(factory=deque)  # (offset to be replicated, effect)
    _effect_held: Changed = attrs.field(factory=Changed)

    def __attrs_post_init__(self) -> None:
        self.term = self.partition.term

    @property
    def number(self) -> int:
        return self.partition.tp.partition

    def statistics(self) -> ShardStatistics:
        return ShardStatistics(
            self.number, self.is_loaded, self.records_loaded, self.load_ms, len(self._open), len(self._timers)
        )

    # -- asking ------------------------------------------------------------------------------------------------

    async def ask(
        self, command: Command, *, depends_on: Hashable = None, timeout_s: float | None = None
    ) -> Any:
        """The command's reply, once all it tells of is replicated.

        `depends_on` names what the command looks at; None: everything. Cancelling stops the wait, not the command.
        `timeout_s` bounds the wait for the replicas alone.
        Raises: KafkaError of the command, of the log; NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT.
        """
        question = _Question(command, depends_on)
        if self._is_over:
            raise self._moved()
        self._inbox.append(question)
        self._wake.set()
        await question.wait()
        if question.shown_to:
            await self._replicated(question.shown_to, timeout_s)
        if question.failure is not None:
            raise question.taken_failure()
        return question.value

    async def _replicated(self, offset: int, timeout_s: float | None) -> None:
        """Raises: NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT."""
        partition = self.partition
        if self._is_replicated(offset):  # without a cancel scope, which costs more than the look
            return
        with trio.move_on_after(float("inf") if timeout_s is None else timeout_s):
            while True:
                await partition.high_watermark_moved.wait()
                if self._is_replicated(offset):
                    return
        raise KafkaError(ErrorCode.REQUEST_TIMED_OUT, f"{partition.tp}: stored, but not replicated in time")

    def _is_replicated(self, offset: int) -> bool:
        """Raises: NOT_LEADER_OR_FOLLOWER."""
        self.partition.require_term(self.term)
        return self.partition.high_watermark >= offset

    def _moved(self) -> KafkaError:
        return KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, f"{self.partition.tp}: the leadership moved")

    def append_marker(self, batch: bytearray, producer_id: int, *, commit: bool) -> int:
        """Append a transaction's marker and apply it; returns the offset after it. One sync step.

        While the log is being loaded, loading applies it. Raises: as Partition.append.
        """
        self.partition.require_term(self.term)
        end = self._append(batch)
        if self.is_loaded:
            self.state.apply_marker(producer_id, commit=commit)
            self.applied_to = end
        return end

    # -- life --------------------------------------------------------------------------------------------------

    async def run(self, loading: trio.Lock) -> None:
        """Load the log (one shard at a time has `loading`), then serve until cancelled."""
        try:
            async with loading:
                await self._load()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._release_effects)
                self._begin()
                while True:
                    await self._work()
        finally:
            self._end()

    async def _load(self) -> None:
        """Read the whole log into the state; a record appended meanwhile (a marker) is read like the others."""
        partition = self.partition  # its log may move to another directory meanwhile
        began = time.perf_counter()
        replay = Replay(self.state, next_offset=partition.log.log_start_offset)
        slices = Slices()
        while replay.next_offset < partition.log.log_end_offset:
            await self._read_on(replay, slices)
            for _ in replay.finish():
                await slices.pause()
        # No await since the last look at the log's end.
        self.applied_to = partition.log.log_end_offset
        self.records_loaded = replay.records
        self.load_ms = round((time.perf_counter() - began) * 1000)
        for what in replay.skipped[:10]:
            log.warning("%s: skipped while loading: %s", self.partition.tp, what)
        if replay.skipped[10:]:
            log.warning("%s: %d more records were skipped", self.partition.tp, len(replay.skipped) - 10)
        level = logging.INFO if replay.records else logging.DEBUG
        log.log(level, "%s: %d records loaded in %d ms", self.partition.tp, replay.records, self.load_ms)

    async def _read_on(self, replay: Replay, slices: Slices) -> None:
        """Feed `replay` up to the present end of the log."""
        end = self.partition.log.log_end_offset
        while replay.next_offset < end:
            position = replay.next_offset
            found = self.partition.log.read(position, READ_BYTES, upper_offset=end)
            try:
                data = await trio.to_thread.run_sync(found.read)
            finally:
                found.release()
            for batch in read_any(data, torn_tail=True):
                for _ in replay.feed(batch):
                    await slices.pause()
            if replay.next_offset <= position:  # what stood here is compacted away
                replay.next_offset = end

    def _begin(self) -> None:
        self.is_loaded = True
        now_ms, wall_ms = self._clocks.now_ms(), self._clocks.wall_ms()
        pending = _Pending()
        self._take(self.state.loaded(now_ms, wall_ms), pending)
        self._flush(pending)
        self.on_loaded(self)

    def _end(self) -> None:
        """Nobody waits for a shard that is gone."""
        self._is_over = True
        self.is_loaded = False
        for question in (*self._inbox, *self._open):
            if not question.is_answered:
                question.fail(self._moved())
        self._inbox.clear()
        self._open.clear()

    # -- turns -------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Wait for questions or timers; then one turn."""
        if not self._inbox:
            due_ms = self._timers.next_ms()
            wait_s = float("inf") if due_ms is None else max(0, due_ms - self._clocks.now_ms()) / 1000
            with trio.move_on_after(wait_s):
                await self._wake.wait()
        else:
            await trio.lowlevel.checkpoint()
        if self._wake.is_set():
            self._wake = trio.Event()
        self._turn()

    def _turn(self) -> None:
        """Serve everything that waits; one sync step."""
        now_ms, wall_ms = self._clocks.now_ms(), self._clocks.wall_ms()
        pending = _Pending()
        while self._inbox:
            question = self._inbox.popleft()
            self._depend(question.depends_on, pending)
            self._open.add(question)
            try:
                outcome = question.command(question, now_ms, wall_ms)
            except KafkaError as error:
                self._answer(Reply(question, error), self.applied_to)
                continue
            except Exception as error:
                question.fail(error)
                raise
            self._take(outcome, pending)
        for key in self._timers.take_due(now_ms):
            self._depend(None, pending)
            self._take(self.state.timer(key, now_ms, wall_ms), pending)
        self._flush(pending)

    def _depend(self, depends_on: Hashable, pending: _Pending) -> None:
        """What the next command looks at must be applied first."""
        if pending.outcomes and (depends_on is None or depends_on in pending.touched):
            self._flush(pending)

    def _take(self, outcome: Outcome, pending: _Pending) -> None:
        for key, due_ms in outcome.timers.items():
            self._timers.set(key, due_ms)
        if not outcome.records:
            self._finish(outcome, self.applied_to)
            return
        pairs = [record.encode() for record in outcome.records]
        size = RECORD_OVERHEAD_BYTES * len(pairs)
        for name, content in pairs:
            size += len(name)
            if content is not None:
                size += len(content)
        limit = self.partition.log.config.max_message_bytes - HEADER_BYTES
        if pending.outcomes and (
            pending.producer != outcome.producer
            or pending.verification is not outcome.verification
            or pending.size + size > limit
        ):
            self._flush(pending)
        if size > limit and outcome.may_split:
            self._append_in_parts(outcome, pairs, limit)
            return
        pending.outcomes.append(outcome)
        pending.pairs += pairs
        pending.size += size
        pending.producer, pending.verification = outcome.producer, outcome.verification
        for record in outcome.records:
            pending.touched.add(record.subject)

    def _append_in_parts(self, outcome: Outcome, pairs: list[tuple[bytes, bytes | None]], limit: int) -> None:
        """More than a batch may hold: several, in order; what the log took stays."""
        start = 0
        while start < len(pairs):
            end, size = start, 0
            while end < len(pairs):
                key, value = pairs[end]
                size += len(key) + len(value or b"") + RECORD_OVERHEAD_BYTES
                if size > limit and end > start:
                    break
                end += 1
            try:
                first = self._write(pairs[start:end], outcome.producer, outcome.verification)
            except KafkaError as error:
                self._refuse(outcome, error)
                return
            self._apply(outcome.records[start:end], first, outcome.producer)
            start = end
        self._finish(outcome, self.applied_to)

    def _flush(self, pending: _Pending) -> None:
        """Write the batch, apply it, answer; or tell each command that the log refused it."""
        if not pending.outcomes:
            return
        outcomes, pairs, producer = pending.outcomes, pending.pairs, pending.producer
        pending.clear()
        try:
            offset = self._write(pairs, producer, pending.verification)
        except KafkaError as error:
            for outcome in outcomes:
                self._refuse(outcome, error)
            return
        for outcome in outcomes:
            self._apply(outcome.records, offset, producer)
            offset += len(outcome.records)
        for outcome in outcomes:
            self._finish(outcome, self.applied_to)

    def _write(
        self, pairs: list[tuple[bytes, bytes | None]], producer: Producer | None, verification: object
    ) -> int:
        """Append one batch; returns its first offset. Raises: as Partition.append."""
        builder = BatchBuilder(self.codec)
        wall_ms = self._clocks.wall_ms()
        for key, value in pairs:
            builder.append(key, value, wall_ms)
        if producer is None:
            batch = builder.build()
        else:
            batch = builder.build(
                producer_id=producer.producer_id,
                producer_epoch=producer.producer_epoch,
                base_sequence=0,
                is_transactional=True,
            )
        self.partition.require_term(self.term)
        assert verification is None or isinstance(verification, Verification)
        return self._append(batch, verification) - len(pairs)

    def _append(self, batch: bytearray, verification: Verification | None = None) -> int:
        appended = self.partition.append(
            memoryview(batch),
            acks=ALL_REPLICAS,
            origin=AppendOrigin.COORDINATOR,
            verification=verification,
        )
        return appended.last_offset + 1

    def _apply(self, records: list[Record], offset: int, producer: Producer | None) -> None:
        producer_id = NO_PRODUCER_ID if producer is None else producer.producer_id
        for record in records:
            self.state.apply(record, offset, producer_id)
            offset += 1
        self.applied_to = offset

    def _finish(self, outcome: Outcome, offset: int) -> None:
        for reply in outcome.replies:
            self._answer(reply, offset if reply.shows_log else 0)
        if outcome.effects:
            self._held.extend((offset, effect) for effect in outcome.effects)
            self._effect_held.notify()

    def _refuse(self, outcome: Outcome, error: KafkaError) -> None:
        log.warning("%s: not stored: %s", self.partition.tp, error)
        if outcome.if_refused is not None:
            again = outcome.if_refused(error.code)
            assert not again.records, "what follows a refusal is not stored"
            for key, due_ms in again.timers.items():
                self._timers.set(key, due_ms)
            self._finish(again, self.applied_to)
        for reply in outcome.replies:
            self._answer(Reply(reply.token, error), 0)

    def _answer(self, reply: Reply, shown_to: int) -> None:
        question = reply.token
        assert isinstance(question, _Question)
        if question in self._open:
            self._open.remove(question)
            question.answer(reply.value, shown_to)

    async def _release_effects(self) -> None:
        """Hand out effects in order, each when what led to it is replicated. Ends when the leadership moved."""
        while True:
            while not self._held:
                await self._effect_held.wait()
            offset, effect = self._held[0]
            try:
                await self._replicated(offset, None)
            except KafkaError:
                return
            self._held.popleft()
            self.on_effect(self, effect)
