"""The log against a model: a list of batches, through everything that can happen to a log, crashes included."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.storage.support import NOW, Home, batch, read_all, require_sound_files, stored
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.protocol.records import ControlType, control_batch, read_batches
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.flushing import prepare_clean_stop, prepare_flush
from zkbroker.storage.log import Log
from zkbroker.storage.slices import LogSlice

PRODUCERS = st.sampled_from([1, 2, 3])


@attrs.frozen
class Written:
    """A batch of the model."""

    first: int
    last: int
    epoch: int
    content: bytes
    producer_id: int = -1
    last_sequence: int = -1
    began: int = -1  # the transaction that is open after it began here
    aborted_from: int = -1  # a marker that aborts a transaction which began there

    @property
    def is_marker(self) -> bool:
        return bool(self.content[22] & 0x20)


@attrs.frozen
class Held:
    """A slice somebody keeps, and what was in it."""

    piece: LogSlice
    content: bytes
    end: int  # bytes of its file it needs


class LogMachine(RuleBasedStateMachine):
    """`self.batches` is what the log must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp(prefix="zkbroker-log-"))
        self.home = Home(self.path, topic={"segment_bytes": 1500, "index_interval_bytes": 150})
        self.log: Log = self.home.create()
        self.batches: list[Written] = []
        self.start = 0
        self.high_watermark = 0
        self.epoch = 0
        self.counter = 0
        self.held: list[Held] = []

    def teardown(self) -> None:
        for each in self.held:
            each.piece.release()
        self.log.close()
        shutil.rmtree(self.path)

    @property
    def end(self) -> int:
        return self.log.log_end_offset

    def expected_end(self) -> int:
        return self.batches[-1].last + 1 if self.batches else -1

    # --- appends ---

    def _values(self, count: int, size: int) -> list[str]:
        self.counter += count
        return [f"{self.counter - index}".ljust(size, ".") for index in range(count)]

    def _note(self, content: memoryview, first: int, count: int, **more: Any) -> None:
        self.batches.append(Written(first, first + count - 1, self.epoch, bytes(content), **more))

    @rule(count=st.integers(1, 4), size=st.integers(1, 150))
    def append(self, count: int, size: int) -> None:
        content = batch(*self._values(count, size), timestamp=NOW + self.counter)
        info = self.log.append_as_leader(content, leader_epoch=self.epoch, wall_ms=NOW)
        self._note(content, info.first_offset, count)

    @rule(producer_id=PRODUCERS, count=st.integers(1, 3), transactional=st.booleans())
    def append_idempotent(self, producer_id: int, count: int, transactional: bool) -> None:
        sequence = self._last_sequence(producer_id) + 1
        began = self._open_since(producer_id)
        transactional = transactional or began >= 0
        how: dict[str, Any] = {
            "producer_id": producer_id,
            "producer_epoch": 0,
            "base_sequence": sequence,
            "is_transactional": transactional,
        }
        values = self._values(count, 20)
        content = batch(*values, timestamp=NOW + self.counter, **how)
        again = stored(content)
        info = self.log.append_as_leader(content, leader_epoch=self.epoch, wall_ms=NOW)
        assert not info.duplicate
        self._note(
            content,
            info.first_offset,
            count,
            producer_id=producer_id,
            last_sequence=sequence + count - 1,
            began=(began if began >= 0 else info.first_offset) if transactional else -1,
        )
        repeated = self.log.append_as_leader(again, leader_epoch=self.epoch, wall_ms=NOW)
        assert repeated.duplicate
        assert (repeated.first_offset, repeated.last_offset) == (info.first_offset, info.last_offset)

    @rule(producer_id=PRODUCERS, abort=st.booleans())
    def end_transaction(self, producer_id: int, abort: bool) -> None:
        began = self._open_since(producer_id)
        if began < 0:
            return
        sequence = self._last_sequence(producer_id)
        kind = ControlType.ABORT if abort else ControlType.COMMIT
        content = memoryview(
            control_batch(
                kind,
                producer_id=producer_id,
                producer_epoch=0,
                coordinator_epoch=0,
                timestamp=NOW + self.counter,
            )
        )
        info = self.log.append_as_leader(
            content, leader_epoch=self.epoch, wall_ms=NOW, origin=AppendOrigin.COORDINATOR
        )
        self._note(
            content,
            info.first_offset,
            1,
            producer_id=producer_id,
            last_sequence=sequence,
            aborted_from=began if abort else -1,
        )

    @rule(
        sizes=st.lists(st.integers(1, 300), min_size=1, max_size=8), gap=st.integers(0, 3), torn=st.booleans()
    )
    def append_as_follower(self, sizes: list[int], gap: int, torn: bool) -> None:
        """What a leader sends: several batches, gaps where compaction was, the last one perhaps cut."""
        content = bytearray()
        offset = self.end
        for size in sizes:
            offset += gap
            piece = batch(
                *self._values(1, size),
                timestamp=NOW + self.counter,
                base_offset=offset,
                partition_leader_epoch=self.epoch,
            )
            self._note(piece, offset, 1)
            content += piece
            offset += 1
        if torn:
            content += batch("cut off" * 5, base_offset=offset)[:70]
        self.log.append_as_follower(memoryview(content), wall_ms=NOW)

    @rule(by=st.integers(1, 2), assign=st.booleans())
    def change_leader(self, by: int, assign: bool) -> None:
        self.epoch += by
        if assign:
            self.log.maybe_assign_leader_epoch(self.epoch)

    def _last_of(self, producer_id: int) -> Written | None:
        """The producer's last batch, if it is one that a reader can still see."""
        last = next((each for each in reversed(self.batches) if each.producer_id == producer_id), None)
        return last if last is not None and last.first >= self.start else None

    def _last_sequence(self, producer_id: int) -> int:
        """What the producer sent last; of deleted batches a log may know or not know."""
        last, remembered = self._last_of(producer_id), self.log.producers.entries.get(producer_id)
        if last is not None:
            return last.last_sequence
        return remembered.last_sequence if remembered is not None else -1

    def _open_since(self, producer_id: int) -> int:
        last, remembered = self._last_of(producer_id), self.log.producers.entries.get(producer_id)
        if last is not None:
            return last.began
        return remembered.transaction_first_offset if remembered is not None else -1

    # --- the life of segments ---

    @rule()
    def roll(self) -> None:
        self.log.roll(NOW)

    @rule(back=st.integers(0, 30))
    def raise_high_watermark(self, back: int) -> None:
        self.high_watermark = max(self.high_watermark, self.start, self.end - back)
        assert self.log.update_high_watermark(self.high_watermark) == self.high_watermark

    @rule(by=st.integers(1, 20))
    def delete_records(self, by: int) -> None:
        target = self.start + by
        if target > self.high_watermark:
            with pytest.raises(KafkaError) as caught:
                self.log.maybe_raise_log_start_offset(target)
            assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
            return
        assert self.log.maybe_raise_log_start_offset(target)
        self.start = target

    @rule(kept=st.integers(0, 4000))
    def retain(self, kept: int) -> None:
        self.home.topic["retention_bytes"] = kept
        self.log.update_config(self.home.config)
        self.log.delete_old_segments(NOW)
        del self.home.topic["retention_bytes"]
        self.log.update_config(self.home.config)
        assert self.log.log_start_offset >= self.start
        assert self.log.log_start_offset <= max(self.start, self.high_watermark)
        self.start = self.log.log_start_offset
        self._forget_below_first_segment()

    def _forget_below_first_segment(self) -> None:
        first = self.log.segments.first.base_offset
        self.batches = [each for each in self.batches if each.last >= first]

    @precondition(lambda self: self.batches)
    @rule(back=st.integers(0, 40))
    def truncate(self, back: int) -> None:
        target = max(0, self.end - back)
        if target < self.log.segments.first.base_offset:
            return
        end = self.end
        assert self.log.truncate_to(target) == (target < end)
        self.batches = [each for each in self.batches if each.last < target]
        if target < end:
            assert self.end <= target
            assert self.end > (self.batches[-1].last if self.batches else -1)
            self.start = min(self.start, self.end)
            self.high_watermark = min(self.high_watermark, self.end)
            self.epoch += 1  # truncation comes with another leader

    @rule(ahead=st.integers(0, 50))
    def truncate_fully(self, ahead: int) -> None:
        target = self.end + ahead
        self.log.truncate_fully_and_start_at(target)
        assert self.log.log_start_offset == self.end == target
        self.start = self.high_watermark = target
        self.batches = []

    # --- stops ---

    @rule()
    def flush(self) -> None:
        flush = prepare_flush(self.log, everything=True)
        if flush is not None:
            flush.run()
            assert flush.done(NOW)
            assert self.log.recovery_point == self.end

    @rule()
    def stop_and_start(self) -> None:
        flush = prepare_clean_stop(self.log)
        if flush is not None:
            flush.run()
            flush.done(NOW)
        self._reopen(clean=True)
        if self.batches:
            require_sound_files(self.path / "topic-0")

    @rule(torn=st.sampled_from(["", "garbage", "half a batch", "zeros", "flipped"]), loss=st.integers(0, 3))
    def kill_and_start(self, torn: str, loss: int) -> None:
        """The process dies: index tails are lost, and the last write may have left anything."""
        last = self.log.segments.active.path()
        self.log.close()
        with open(last, "ab") as file:
            if torn == "garbage":
                file.write(os.urandom(70))
            elif torn == "half a batch":
                file.write(batch("never acknowledged", base_offset=self.end)[: -loss - 1])
            elif torn == "zeros":
                file.write(bytes(200))
            elif torn == "flipped":
                content = batch("never acknowledged", base_offset=self.end)
                content[-3] ^= 1
                file.write(content)
        self._reopen(clean=False)
        require_sound_files(self.path / "topic-0")

    def _reopen(self, *, clean: bool) -> None:
        recovery_point, start = self.log.recovery_point, self.start
        # A truncation into a gap that compaction left is not remembered: the log ends after its last batch.
        end = max(self.expected_end(), self.log.segments.active.base_offset)
        while self.held:
            self.let_go(0)
        wrote = [entry for entry in self.log.epochs.entries if entry[1] < end]
        self.log.close()
        self.log = self.home.open(
            clean=clean,
            recovery_point=recovery_point,
            log_start_offset=start,
            high_watermark=self.high_watermark,
        )
        if start > end:
            end, self.batches = start, []
        assert self.end == end
        assert [entry for entry in self.log.epochs.entries if entry[1] < end] == wrote
        assert self.log.log_start_offset == start
        self.high_watermark = min(self.high_watermark, end)
        self.log.update_high_watermark(self.high_watermark)

    # --- slices ---

    @precondition(lambda self: self.end > self.start and len(self.held) < 5)
    @rule(part=st.floats(0, 1), max_bytes=st.integers(1, 4000), upper=st.floats(0, 1), one=st.booleans())
    def hold_a_slice(self, part: float, max_bytes: int, upper: float, one: bool) -> None:
        offset = self.start + int(part * (self.end - 1 - self.start))
        limit = self.start + int(upper * (self.end - self.start))
        piece = self.log.read(offset, max_bytes, upper_offset=limit, min_one_batch=one)
        content = piece.read()
        wanted = b"".join(each.content for each in self.batches if each.last >= offset and each.last < limit)
        assert wanted.startswith(content)
        first = next((each for each in self.batches if each.last >= offset), None)
        if first is not None and first.last < limit and (one or len(first.content) <= max_bytes):
            assert len(content) >= len(first.content) or len(content) == max_bytes
            assert len(content) <= max(max_bytes, len(first.content))
        elif first is None or first.last >= limit or not one:
            assert not content
        for each in read_batches(content, torn_tail=True):
            assert each.last_offset < piece.next_offset <= max(limit, piece.next_offset)
        self.held.append(Held(piece, content, piece.position + len(content)))

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 4))
    def let_go(self, index: int) -> None:
        self.held.pop(index % len(self.held)).piece.release()

    # --- always ---

    @invariant()
    def holds_what_was_appended(self) -> None:
        assert self.log.log_start_offset == self.start
        assert self.log.high_watermark == self.high_watermark
        if self.batches and self.batches[-1].last >= self.start:
            assert self.end >= self.expected_end()
        wanted = [each for each in self.batches if each.last >= self.start]
        if self.batches and self.end == self.expected_end():
            found = [bytes(each.data) for each in read_all(self.log, max_bytes=700)]
            assert found == [each.content for each in wanted]
        for each in wanted:
            assert self.log.epoch_for_offset(max(each.first, self.start)) == each.epoch

    @invariant()
    def held_slices_are_what_they_were_or_invalid(self) -> None:
        for each in self.held:
            if each.piece.is_valid:
                assert each.piece.read() == each.content

    @invariant()
    def knows_its_producers(self) -> None:
        for producer_id in (1, 2, 3):
            last = self._last_of(producer_id)
            if last is not None:
                entry = self.log.producers.entries[producer_id]
                if last.began < self.start:
                    assert (entry.transaction_first_offset >= 0) == (last.began >= 0)
                else:
                    assert entry.transaction_first_offset == last.began
                # A recovery finds the sequence in data that is left, not in the marker after it.
                if last.last_sequence >= 0 and any(
                    each.producer_id == producer_id and each.first >= self.start and not each.is_marker
                    for each in self.batches
                ):
                    assert entry.last_sequence == last.last_sequence

    @invariant()
    def knows_its_transactions(self) -> None:
        """Aborted ones are found, and nothing past an open one is stable."""
        aborted = {
            (each.producer_id, each.aborted_from, each.last)
            for each in self.batches
            if each.aborted_from >= 0
        }
        found = {
            (entry.producer_id, entry.first_offset, entry.last_offset)
            for entry in self.log.aborted_transactions(self.start, self.end)
        }
        assert {entry for entry in aborted if entry[1] >= self.start} <= found
        # Of a transaction that began in deleted records, a recovery finds only what is left.
        assert {(found_id, marker) for found_id, _, marker in found} <= {
            (wanted_id, marker) for wanted_id, _, marker in aborted
        }
        for producer_id in (1, 2, 3):
            began = self._open_since(producer_id)
            if began >= self.start:
                assert self.log.last_stable_offset <= began
        assert self.log.last_stable_offset <= self.log.high_watermark


TestLog = LogMachine.TestCase
TestLog.settings = settings(
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
