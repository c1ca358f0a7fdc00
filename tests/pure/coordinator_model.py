"""A shard without a broker: a coordinator's state, its log as bytes, replicas that lag, and crashes.

Replies that tell of the log are given out when everything they may tell of is replicated; a crash loses some of
what is not, and builds the state anew from the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from zkbroker.coordinator.outcome import Outcome, Token
from zkbroker.coordinator.replay import Replay
from zkbroker.coordinator.shard import State
from zkbroker.coordinator.timers import Timers
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.records import BatchBuilder, ControlType, control_batch, read_batches

S = TypeVar("S", bound=State)

Command = Callable[[Token, int, int], Outcome]

WALL_MS = 1_700_000_000_000


@attrs.define(eq=False)
class Asked:
    """One request and what became of it."""

    token: int
    reply: object = None
    answered: bool = False
    when: object = None  # what `Driver.mark` said when the reply was made; it may have waited since

    @property
    def error(self) -> ErrorCode:
        """The error it was answered with; NONE for a plain reply."""
        if isinstance(self.reply, KafkaError):
            return self.reply.code
        if isinstance(self.reply, ErrorCode):
            return self.reply
        found = getattr(self.reply, "error", ErrorCode.NONE)
        return found if isinstance(found, ErrorCode) else ErrorCode.NONE


@attrs.define(eq=False)
class Driver(Generic[S]):
    """Runs commands as a Shard does."""

    new_state: Callable[[], S]
    now_ms: int = 0
    refuse: ErrorCode | None = None  # what the log says to the next records
    state: S = attrs.field(init=False)
    batches: list[bytes] = attrs.field(factory=list)
    ends: list[int] = attrs.field(factory=list)  # log end after each batch
    replicated: int = 0
    effects: list[object] = attrs.field(factory=list)
    timers: Timers = attrs.field(factory=Timers)
    mark: Callable[[S], object] = lambda _: None
    _asked: dict[int, Asked] = attrs.field(factory=dict)
    _held: list[tuple[int, int, object]] = attrs.field(factory=list)  # (offset, token, reply)
    _held_effects: list[tuple[int, object]] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.state = self.new_state()

    @property
    def wall_ms(self) -> int:
        return WALL_MS + self.now_ms

    @property
    def end(self) -> int:
        return self.ends[-1] if self.ends else 0

    # -- commands ----------------------------------------------------------------------------------------------

    def ask(self, command: Command) -> Asked:
        asked = Asked(len(self._asked))
        self._asked[asked.token] = asked
        try:
            outcome = command(asked.token, self.now_ms, self.wall_ms)
        except KafkaError as error:
            self._hold(asked.token, error)
        else:
            self._take(outcome)
        return asked

    def marker(self, producer_id: int, *, commit: bool) -> None:
        """A transaction's marker is appended."""
        kind = ControlType.COMMIT if commit else ControlType.ABORT
        batch = control_batch(
            kind,
            producer_id=producer_id,
            producer_epoch=0,
            coordinator_epoch=0,
            timestamp=self.wall_ms,
            base_offset=self.end,
        )
        self._append(bytes(batch), 1)
        self.state.apply_marker(producer_id, commit=commit)

    def advance(self, milliseconds: int) -> None:
        """Let time pass; timers fire when they are due."""
        until = self.now_ms + milliseconds
        while True:
            due = self.timers.next_ms()
            if due is None or due > until:
                break
            self.now_ms = max(self.now_ms, due)
            for key in self.timers.take_due(self.now_ms):
                self._take(self.state.timer(key, self.now_ms, self.wall_ms))
        self.now_ms = until

    def _take(self, outcome: Outcome) -> None:
        for key, due_ms in outcome.timers.items():
            self.timers.set(key, due_ms)
        if outcome.records:
            refused, self.refuse = self.refuse, None
            if refused is not None:
                self._refuse(outcome, refused)
                return
            producer = outcome.producer
            builder = BatchBuilder()
            for record in outcome.records:
                builder.append(*record.encode(), self.wall_ms)
            offset = self.end
            batch = builder.build(
                base_offset=offset,
                producer_id=-1 if producer is None else producer.producer_id,
                producer_epoch=-1 if producer is None else producer.producer_epoch,
                is_transactional=producer is not None,
            )
            self._append(bytes(batch), len(outcome.records))
            for record in outcome.records:
                self.state.apply(record, offset, -1 if producer is None else producer.producer_id)
                offset += 1
        for reply in outcome.replies:
            if reply.shows_log:
                self._hold(reply.token, reply.value)
            else:
                self._answer(reply.token, reply.value)
        self._held_effects += [(self.end, effect) for effect in outcome.effects]
        self._release()

    def _refuse(self, outcome: Outcome, code: ErrorCode) -> None:
        if outcome.if_refused is not None:
            again = outcome.if_refused(code)
            assert not again.records
            self._take(again)
        for reply in outcome.replies:
            if not any(token == reply.token for _, token, _ in self._held):
                self._hold(reply.token, KafkaError(code))

    def _append(self, batch: bytes, records: int) -> None:
        self.batches.append(batch)
        self.ends.append(self.end + records)

    # -- replication -------------------------------------------------------------------------------------------

    def replicate(self, batches: int | None = None) -> None:
        """So many more batches (None: all) are on the replicas."""
        waiting = [end for end in self.ends if end > self.replicated]
        if waiting:
            self.replicated = waiting[-1] if batches is None else waiting[: max(batches, 1)][-1]
        self._release()

    def crash(self, keep: int = 0) -> None:
        """Another broker takes over: at most `keep` batches that are not replicated survive."""
        kept = [i for i, end in enumerate(self.ends) if end <= self.replicated]
        count = len(kept) + min(keep, len(self.ends) - len(kept))
        del self.batches[count:], self.ends[count:]
        for _, token, _ in self._held:
            self._answer(token, KafkaError(ErrorCode.NOT_COORDINATOR))
        for asked in self._asked.values():
            if not asked.answered:
                self._answer(asked.token, KafkaError(ErrorCode.NOT_COORDINATOR))
        self._held.clear()
        self._held_effects.clear()
        self.timers = Timers()
        self.state = self.rebuilt()
        self._take(self.state.loaded(self.now_ms, self.wall_ms))

    def compacted(self) -> S:
        """What the log makes of it once a cleaner has been there, as far as one may go: to the first open transaction.

        Of each key only the last record is left, and of aborted transactions none. The last of the markers stay.
        """
        batches = [batch for data in self.batches for batch in read_batches(data)]
        ends: dict[
            int, list[tuple[int, bool]]
        ] = {}  # producer id -> (offset of a marker, whether it commits)
        for batch in batches:
            if batch.is_control:
                ends.setdefault(batch.producer_id, []).append(
                    (batch.base_offset, batch.control_type() is ControlType.COMMIT)
                )
        dirty = self.end
        fates: dict[int, bool | None] = {}
        for batch in batches:
            if batch.is_transactional and not batch.is_control:
                later = [commit for at, commit in ends.get(batch.producer_id, ()) if at > batch.base_offset]
                fates[batch.base_offset] = later[0] if later else None
                if not later:
                    dirty = min(dirty, batch.base_offset)
        last: dict[bytes, int] = {}
        for batch in batches:
            if not batch.is_control and batch.base_offset < dirty and fates.get(batch.base_offset, True):
                last.update((bytes(record.key or b""), record.offset) for record in batch.records())
        state = self.new_state()
        for batch in batches:
            if batch.is_control:
                state.apply_marker(batch.producer_id, commit=batch.control_type() is ControlType.COMMIT)
                continue
            producer_id = batch.producer_id if batch.is_transactional else -1
            for record in batch.records():
                key = bytes(record.key or b"")
                is_kept = batch.base_offset >= dirty or last.get(key) == record.offset
                if is_kept and fates.get(batch.base_offset, True) is not False:
                    state.apply(state.decode(key, record.value), record.offset, producer_id)
        return state

    def rebuilt(self) -> S:
        """What the log alone makes of it."""
        state = self.new_state()
        replay = Replay(state)
        for data in self.batches:
            for batch in read_batches(data):
                for _ in replay.feed(batch):
                    pass
        for _ in replay.finish():
            pass
        assert not replay.skipped
        return state

    # -- replies -----------------------------------------------------------------------------------------------

    def _hold(self, token: Token, reply: object) -> None:
        assert isinstance(token, int)
        self._asked[token].when = self.mark(self.state)
        self._held.append((self.end, token, reply))
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for offset, token, reply in held:
            if offset <= self.replicated:
                self._answer(token, reply)
            else:
                self._held.append((offset, token, reply))
        while self._held_effects and self._held_effects[0][0] <= self.replicated:
            self.effects.append(self._held_effects.pop(0)[1])

    def _answer(self, token: Token, reply: object) -> None:
        assert isinstance(token, int)
        asked = self._asked[token]
        if not asked.answered:
            if asked.when is None:
                asked.when = self.mark(self.state)
            asked.answered, asked.reply = True, reply
