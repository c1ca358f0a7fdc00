"""Leader epochs against a naive model: the epoch of every offset written out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.storage.leader_epochs import LeaderEpochs, decode_leader_epochs, encode_leader_epochs


def epochs_of(*entries: tuple[int, int]) -> LeaderEpochs:
    epochs = LeaderEpochs()
    for epoch, start in entries:
        epochs.assign(epoch, start)
    return epochs


def test_an_epoch_is_noted_once() -> None:
    epochs = LeaderEpochs()
    assert epochs.assign(0, 0)
    assert not epochs.assign(0, 5)
    assert epochs.assign(2, 10)
    assert epochs.entries == [(0, 0), (2, 10)]
    assert epochs.latest == 2


@pytest.mark.parametrize(
    ("epoch", "start", "expected"),
    [
        (1, 12, [(0, 0), (1, 12)]),  # an older epoch later in the log: the newer one was never there
        (3, 10, [(0, 0), (3, 10)]),  # the epoch that began here wrote nothing
        (3, 4, [(0, 0), (3, 4)]),
        (2, 9, [(0, 0), (2, 9)]),  # the same epoch began earlier
        (5, 0, [(5, 0)]),
    ],
)
def test_contradicted_entries_go(epoch: int, start: int, expected: list[tuple[int, int]]) -> None:
    epochs = epochs_of((0, 0), (2, 10))
    assert epochs.assign(epoch, start)
    assert epochs.entries == expected


@pytest.mark.parametrize(("epoch", "start"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_refused(epoch: int, start: int) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        LeaderEpochs().assign(epoch, start)


@pytest.mark.parametrize(
    ("requested", "answer"),
    [(4, (-1, -1)), (3, (3, 30)), (2, (1, 20)), (1, (1, 20)), (0, (0, 10)), (-1, (-1, -1))],
)
def test_end_offsets(requested: int, answer: tuple[int, int]) -> None:
    epochs = epochs_of((1, 10), (3, 20))
    assert epochs.end_offset_for(requested, 30) == answer


def test_without_epochs_no_end_is_known() -> None:
    assert LeaderEpochs().end_offset_for(0, 30) == (-1, -1)
    assert LeaderEpochs().latest is None
    assert LeaderEpochs().epoch_for(0) is None


def test_truncating_from_both_ends() -> None:
    epochs = epochs_of((0, 0), (1, 10), (4, 20))
    assert not epochs.truncate_from_end(21)
    assert epochs.truncate_from_end(20)
    assert epochs.entries == [(0, 0), (1, 10)]
    assert epochs.truncate_from_start(12)
    assert epochs.entries == [(1, 12)]
    assert not epochs.truncate_from_start(12)
    assert not epochs.truncate_from_start(5)
    assert epochs.clear()
    assert not epochs.clear()


def test_the_file_is_kafkas() -> None:
    epochs = epochs_of((0, 0), (3, 17))
    content = encode_leader_epochs(epochs.entries)
    assert content == b"0\n2\n0 0\n3 17\n"
    assert decode_leader_epochs(content).entries == epochs.entries
    assert encode_leader_epochs([]) == b"0\n0\n"


@pytest.mark.parametrize(
    "damaged", [b"", b"0\n", b"1\n0\n", b"0\n2\n0 0\n", b"0\n1\nx y\n", b"0\n1\n1\n", b"\xff"]
)
def test_a_damaged_file_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError):
        decode_leader_epochs(damaged)


writes = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2), st.integers(1, 4)),  # epochs further, records
        st.tuples(st.just("lead"), st.integers(1, 2), st.just(0)),  # a leader that writes nothing yet
        st.tuples(st.just("cut"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("start"), st.integers(0, 12), st.just(0)),
    ),
    max_size=25,
)


@pytest.mark.parametrize(
    ("epoch", "offset", "entries"),
    [
        (-1, 15, [(1, 0), (3, 10), (6, 20)]),
        (1, 9, [(1, 0), (3, 10), (6, 20)]),
        (3, 19, [(1, 0), (3, 10), (6, 20)]),
        (7, 30, [(1, 0), (3, 10), (6, 20), (7, 30)]),
        (3, 20, [(1, 0), (3, 10)]),  # 6 never began there
        (4, 25, [(1, 0), (3, 10), (4, 25)]),
        (2, 12, [(1, 0), (2, 12)]),
        (0, 5, [(0, 5)]),
        (2, 7, [(1, 0), (2, 7), (3, 10), (6, 20)]),  # 2 was not noted
        (3, 7, [(1, 0), (3, 7), (6, 20)]),
        (5, 5, [(1, 0), (5, 5), (6, 20)]),
    ],
)
def test_a_recovery_finds_epochs_in_batches(epoch: int, offset: int, entries: list[tuple[int, int]]) -> None:
    epochs = decode_leader_epochs(encode_leader_epochs([(1, 0), (3, 10), (6, 20)]))
    epochs.found(epoch, offset)
    assert epochs.entries == entries


def test_a_recovery_finds_an_epoch_before_the_first_one_noted() -> None:
    """What was below the log's start may be back after a power loss."""
    for epoch, entries in ((3, [(3, 4), (6, 20)]), (2, [(2, 4), (3, 10), (6, 20)]), (6, [(6, 4)])):
        epochs = epochs_of((3, 10), (6, 20))
        epochs.found(epoch, 4)
        assert epochs.entries == entries


@given(writes)
def test_every_offset_has_the_epoch_it_was_written_under(script: list[tuple[str, int, int]]) -> None:
    """The model is the epoch of each record in a list."""
    epochs = LeaderEpochs()
    written: list[int] = []  # epoch of the record at each offset
    start = 0
    current = 0
    for kind, number, count in script:
        if kind == "write":
            current += number
            epochs.assign(current, len(written))
            written += [current] * count
        elif kind == "lead":
            current += number
            epochs.assign(current, len(written))
        elif kind == "cut":
            end = max(start, len(written) - number)
            del written[end:]
            epochs.truncate_from_end(end)
            current += 1  # a truncation comes with a new leader
        else:
            start = max(start, min(len(written), start + number))
            epochs.truncate_from_start(start)
        for offset in range(start, len(written)):
            assert epochs.epoch_for(offset) == written[offset]
        entries = epochs.entries
        assert entries == sorted(entries)
        assert len({epoch for epoch, _ in entries}) == len({at for _, at in entries}) == len(entries)
        for epoch in set(written[start:]):
            found, end = epochs.end_offset_for(epoch, len(written))
            assert found == epoch
            later = [offset for offset in range(start, len(written)) if written[offset] > epoch]
            assert end == (later[0] if later else end) and end <= len(written)
            assert all(written[offset] <= epoch for offset in range(start, end))
    assert decode_leader_epochs(encode_leader_epochs(epochs.entries)).entries == epochs.entries
