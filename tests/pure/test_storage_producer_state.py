"""Producer state: what may be appended, what is a duplicate, which transactions are open, and its snapshot."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.storage.appends import AppendOrigin
from zkbroker.storage.producer_state import (
    MAX_SEQUENCE,
    MUST_BE_OPEN,
    ProducerEntry,
    ProducerStates,
    decode_snapshot,
    encode_snapshot,
    first_sequence_of,
    last_sequence_of,
    next_sequence,
)

CLIENT = AppendOrigin.CLIENT
PID = 7


@attrs.define(eq=False)
class Partition:
    """Producer state driven as a log drives it: check, then apply."""

    states: ProducerStates = attrs.field(factory=ProducerStates)
    end: int = 0

    def append(
        self,
        sequence: int,
        *,
        count: int = 1,
        epoch: int = 0,
        producer_id: int = PID,
        transactional: bool = False,
        origin: AppendOrigin = CLIENT,
        timestamp: int = 1000,
    ) -> tuple[int, bool]:
        """(first offset, whether it was a duplicate)."""
        stored = self.states.check_data(
            producer_id, epoch, sequence, count - 1, transactional=transactional, origin=origin
        )
        if stored is not None:
            return stored[1] - stored[2], True
        first = self.end
        self.end += count
        self.states.apply_data(producer_id, epoch, sequence, first, self.end - 1, timestamp, transactional)
        return first, False

    def mark(
        self, *, aborted: bool, epoch: int = 0, producer_id: int = PID, coordinator_epoch: int = 0
    ) -> int:
        """Append a marker; returns the last stable offset that goes into the index."""
        self.states.check_marker(producer_id, epoch, coordinator_epoch, origin=AppendOrigin.COORDINATOR)
        stable = self.states.last_stable_offset_after(producer_id, self.end)
        self.states.apply_marker(producer_id, epoch, coordinator_epoch, self.end, 1000, aborted)
        self.end += 1
        return stable


def refused(code: ErrorCode, partition: Partition, sequence: int, **how: object) -> None:
    before = encode_snapshot(partition.states.entries.values())
    with pytest.raises(KafkaError) as caught:
        partition.append(sequence, **how)  # type: ignore[arg-type]
    assert caught.value.code is code
    assert encode_snapshot(partition.states.entries.values()) == before


@pytest.mark.parametrize("first", [0, 1, 41, MAX_SEQUENCE])
def test_an_unknown_producer_may_start_anywhere(first: int) -> None:
    assert Partition().append(first) == (0, False)


def test_sequences_follow_each_other_and_wrap_to_zero() -> None:
    partition = Partition()
    partition.append(MAX_SEQUENCE - 1, count=1)
    assert partition.append(MAX_SEQUENCE) == (1, False)
    assert partition.append(0, count=3) == (2, False)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 4)
    assert partition.append(3) == (5, False)


def test_a_batch_may_wrap_within_itself() -> None:
    partition = Partition()
    partition.append(MAX_SEQUENCE - 1, count=5)  # ...646, ...647, 0, 1, 2
    assert partition.append(MAX_SEQUENCE - 1, count=5) == (0, True)
    assert partition.append(3) == (5, False)


@given(st.integers(0, MAX_SEQUENCE), st.integers(0, MAX_SEQUENCE))
def test_first_and_last_sequence_are_inverse(first: int, delta: int) -> None:
    last = last_sequence_of(first, delta)
    assert 0 <= last <= MAX_SEQUENCE
    assert first_sequence_of(last, delta) == first
    assert last_sequence_of(next_sequence(first), 0) == (first + 1) % 2**31


def test_the_last_five_batches_are_recognised_and_no_older_one() -> None:
    partition = Partition()
    for sequence in range(7):
        partition.append(sequence)
    for sequence in range(2, 7):
        assert partition.append(sequence) == (sequence, True)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 1)


def test_only_exact_repetitions_are_duplicates() -> None:
    partition = Partition()
    partition.append(0, count=4)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 0, count=3)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 1, count=3)
    assert partition.append(0, count=4) == (0, True)


def test_a_new_epoch_starts_at_zero_and_an_old_one_is_fenced() -> None:
    partition = Partition()
    partition.append(0, epoch=3)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 1, epoch=4)
    assert partition.append(0, epoch=4) == (1, False)
    refused(ErrorCode.INVALID_PRODUCER_EPOCH, partition, 1, epoch=3)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 2, epoch=4)


def test_a_batch_of_the_old_epoch_is_no_duplicate_after_a_bump() -> None:
    partition = Partition()
    partition.append(0, epoch=0)
    partition.append(0, epoch=1)
    refused(ErrorCode.INVALID_PRODUCER_EPOCH, partition, 0, epoch=0)


def test_a_marker_with_a_new_epoch_fences_and_wants_sequence_zero() -> None:
    partition = Partition()
    partition.append(5, epoch=0, transactional=True)
    partition.mark(aborted=True, epoch=1)
    refused(ErrorCode.INVALID_PRODUCER_EPOCH, partition, 6, epoch=0, transactional=True)
    refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, partition, 6, epoch=1, transactional=True)
    assert partition.append(0, epoch=1, transactional=True) == (2, False)


def test_a_coordinator_has_no_sequences() -> None:
    partition = Partition()
    for _ in range(3):
        partition.append(-1, origin=AppendOrigin.COORDINATOR, transactional=True)
    refused(ErrorCode.INVALID_TXN_STATE, partition, -1, origin=AppendOrigin.COORDINATOR, transactional=False)
    assert partition.end == 3


def test_replication_refuses_nothing() -> None:
    partition = Partition()
    partition.append(0, epoch=5, transactional=True)
    for sequence, epoch in ((9, 5), (3, 4), (7, 6)):
        partition.append(sequence, epoch=epoch, origin=AppendOrigin.REPLICATION)
    assert partition.states.entries[PID].epoch == 6


def test_plain_data_within_a_transaction_is_refused() -> None:
    partition = Partition()
    partition.append(0, transactional=True)
    refused(ErrorCode.INVALID_TXN_STATE, partition, 1, transactional=False)
    partition.mark(aborted=False)
    assert partition.append(1, transactional=False) == (2, False)


def test_markers_from_the_past_are_refused() -> None:
    partition = Partition()
    partition.append(0, epoch=2, transactional=True)
    with pytest.raises(KafkaError) as caught:
        partition.mark(aborted=False, epoch=1)
    assert caught.value.code is ErrorCode.INVALID_PRODUCER_EPOCH
    partition.mark(aborted=False, epoch=2, coordinator_epoch=4)
    with pytest.raises(KafkaError) as caught:
        partition.mark(aborted=False, epoch=2, coordinator_epoch=3)
    assert caught.value.code is ErrorCode.TRANSACTION_COORDINATOR_FENCED
    partition.mark(aborted=False, epoch=2, coordinator_epoch=4)  # no transaction is open: fine


def test_the_first_unstable_offset_waits_for_the_marker_to_be_replicated() -> None:
    partition = Partition()
    states = partition.states
    partition.append(0, producer_id=1)
    assert states.first_unstable_offset is None
    partition.append(0, producer_id=1 + 1, transactional=True)  # offset 1
    partition.append(0, producer_id=3, transactional=True)  # offset 2
    assert states.first_unstable_offset == 1
    assert partition.mark(aborted=True, producer_id=2) == 2  # offset 3; 3's transaction is still open
    assert states.first_unstable_offset == 1
    states.replicated_to(3)
    assert states.first_unstable_offset == 1
    states.replicated_to(4)
    assert states.first_unstable_offset == 2
    assert partition.mark(aborted=True, producer_id=3) == 5  # nothing else open: the offset after the marker
    states.replicated_to(5)
    assert states.first_unstable_offset is None
    assert not states.has_transactions


def test_silent_producers_expire_unless_a_transaction_is_open() -> None:
    partition = Partition()
    partition.append(0, producer_id=1, timestamp=1000)
    partition.append(0, producer_id=2, timestamp=1000, transactional=True)
    partition.append(0, producer_id=3, timestamp=1001)
    assert partition.states.remove_expired(wall_ms=2000, expiration_ms=1000) == 1
    assert set(partition.states.entries) == {2, 3}
    assert partition.append(5, producer_id=1) == (3, False)


def test_the_golden_snapshot() -> None:
    golden = bytes.fromhex(
        "0001c824b497000000010000000000000007000300000009000000000000006e000000090000018bcfe5680000000005"
        "ffffffffffffffff"
    )
    entry = ProducerEntry(7, 3, 5, -1, 1_700_000_000_000, [(9, 110, 9, 1_700_000_000_000)])
    assert encode_snapshot([entry]) == golden
    (decoded,) = decode_snapshot(golden)
    assert attrs.asdict(decoded) == attrs.asdict(entry)


@pytest.mark.parametrize("cut", [0, 5, 9, 10, 30, 55])
def test_a_torn_snapshot_is_refused(cut: int) -> None:
    content = encode_snapshot([ProducerEntry(7, 3, 5, -1, 1, [(9, 110, 9, 1)])])
    with pytest.raises(ValueError, match=r"(?i)snapshot"):
        decode_snapshot(content[:cut])


@given(st.binary(max_size=80))
def test_garbage_is_no_snapshot(garbage: bytes) -> None:
    with pytest.raises(ValueError, match=r"(?i)snapshot"):
        decode_snapshot(garbage)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 1)),
        st.tuples(st.just("marker"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("replicated"), st.integers(0, 30)),
    ),
    max_size=40,
)


@given(steps)
def test_a_snapshot_and_a_replay_give_the_same_future(script: list[tuple[object, ...]]) -> None:
    """State saved and loaded refuses and accepts what the original does; open transactions survive."""
    partition = Partition()
    transactional: dict[int, bool] = {}
    for step in script:
        if step[0] == "append":
            _, producer_id, count, in_transaction, bump = step
            assert isinstance(producer_id, int)
            entry = partition.states.entries.get(producer_id)
            epoch = (entry.epoch if entry else 0) + int(bool(bump)) if entry else 0
            sequence = next_sequence(entry.last_sequence) if entry and epoch == entry.epoch else 0
            is_transactional = bool(in_transaction)
            if entry is not None and entry.transaction_first_offset >= 0:
                is_transactional = True
            partition.append(
                sequence,
                count=int(str(count)),
                producer_id=producer_id,
                epoch=epoch,
                transactional=is_transactional,
            )
            transactional[producer_id] = is_transactional
        elif step[0] == "marker":
            _, producer_id, aborted = step
            assert isinstance(producer_id, int)
            entry = partition.states.entries.get(producer_id)
            if entry is not None:
                partition.mark(aborted=bool(aborted), producer_id=producer_id, epoch=entry.epoch)
        else:
            partition.states.replicated_to(min(int(str(step[1])), partition.end))
    partition.states.replicated_to(partition.end)
    loaded = ProducerStates()
    loaded.load(decode_snapshot(encode_snapshot(partition.states.entries.values())), partition.end)
    assert loaded.first_unstable_offset == partition.states.first_unstable_offset
    assert partition.states.touched_to <= loaded.touched_to == partition.end
    for producer_id, entry in partition.states.entries.items():
        copy = loaded.entries[producer_id]
        assert copy.last_sequence == entry.last_sequence
        assert copy.transaction_first_offset == entry.transaction_first_offset
        assert copy.batches == entry.batches[-1:]
    first_open = [
        e.transaction_first_offset
        for e in partition.states.entries.values()
        if e.transaction_first_offset >= 0
    ]
    assert partition.states.first_unstable_offset == (min(first_open) if first_open else None)


def test_an_open_transaction_lets_in_records_of_its_own_epoch_alone() -> None:
    """Those of a later one, which nobody may have been given, would keep the transaction's own marker out."""
    states = ProducerStates()
    begun = states.begin_verification(PID, 3, 0, 0)
    assert begun is not None
    states.check_verified(PID, 3, 0, begun, origin=CLIENT)
    states.apply_data(PID, 3, 0, 0, 0, 1000, True)
    assert states.begin_verification(PID, 3, 1, 0) is None
    states.check_verified(PID, 3, 1, MUST_BE_OPEN, origin=CLIENT)
    assert states.begin_verification(PID, 4, 0, 0) is not None, "the coordinator is asked"
    with pytest.raises(KafkaError) as caught:
        states.check_verified(PID, 4, 0, MUST_BE_OPEN, origin=CLIENT)
    assert caught.value.code is ErrorCode.INVALID_TXN_STATE
