"""Replica assignment against what Kafka 3.9.1's AdminUtils computed, and what it must always be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.replica_assignment import (
    alternate_racks,
    assign,
    assign_more,
    require_valid_assignment,
    require_valid_growth,
)

# One line a case: brokers with racks | replication factor, fixedStartIndex, startPartitionId | replicas of
# each partition, as org.apache.kafka.admin.AdminUtils.assignReplicasToBrokers gave them.
BY_KAFKA = (Path(__file__).parent / "data" / "replica_assignments.txt").read_text().splitlines()


@pytest.mark.parametrize("line", BY_KAFKA)
def test_replicas_are_placed_as_kafka_places_them(line: str) -> None:
    cluster, arguments, expected = line.split("|")
    brokers: dict[int, str | None] = {}
    for word in cluster.split():
        broker, _, rack = word.partition(":")
        brokers[int(broker)] = rack or None
    factor, fixed, first = map(int, arguments.split())
    replicas = [tuple(map(int, word.split(","))) for word in expected.split()]
    assigned = assign(brokers, len(replicas), factor, start=fixed, shift=fixed, first_partition=max(0, first))
    assert list(assigned) == list(range(max(0, first), max(0, first) + len(replicas)))
    assert list(assigned.values()) == replicas


@pytest.mark.parametrize(
    ("partitions", "factor", "code"),
    [
        (0, 1, ErrorCode.INVALID_PARTITIONS),
        (1, 0, ErrorCode.INVALID_REPLICATION_FACTOR),
        (3, 4, ErrorCode.INVALID_REPLICATION_FACTOR),
    ],
)
def test_what_cannot_be_assigned(partitions: int, factor: int, code: ErrorCode) -> None:
    with pytest.raises(KafkaError) as refused:
        assign({1: None, 2: None, 3: None}, partitions, factor, start=0, shift=0)
    assert refused.value.code is code


def test_racks_are_for_all_brokers_or_none() -> None:
    with pytest.raises(KafkaError, match="Not all brokers have rack information"):
        assign({1: "a", 2: None}, 1, 1, start=0, shift=0)


def test_racks_alternate() -> None:
    racks = {0: "rack1", 1: "rack3", 2: "rack3", 3: "rack2", 4: "rack2", 5: "rack1"}
    assert alternate_racks(racks) == [0, 3, 1, 5, 4, 2]
    assert alternate_racks({1: "a", 2: "a", 3: "b"}) == [1, 3, 2]


clusters = st.dictionaries(st.integers(0, 1000), st.sampled_from("abcd"), min_size=1, max_size=9).flatmap(
    lambda racks: st.sampled_from([racks, dict.fromkeys(racks)])
)


@given(
    clusters, st.integers(1, 40), st.integers(1, 4), st.integers(0, 9), st.integers(0, 9), st.integers(0, 20)
)
def test_any_assignment_is_valid_and_spread(
    brokers: dict[int, str | None], partitions: int, factor: int, start: int, shift: int, first: int
) -> None:
    factor = min(factor, len(brokers))
    assigned = assign(brokers, partitions, factor, start=start, shift=shift, first_partition=first)
    assert list(assigned) == list(range(first, first + partitions))
    racks = len(set(brokers.values()))
    for replicas in assigned.values():
        assert len(replicas) == len(set(replicas)) == factor
        assert set(replicas) <= set(brokers)
        if None not in brokers.values():
            assert len({brokers[replica] for replica in replicas}) == min(factor, racks)
    leaders = Counter(replicas[0] for replicas in assigned.values())
    assert max(leaders.values()) - min(leaders[broker] for broker in brokers) <= 1


def test_a_topic_grows_from_where_it_began() -> None:
    existing = {0: (7, 3), 1: (11, 7), 2: (3, 11)}
    brokers = {3: None, 7: None, 11: None}
    # The first broker >= 7 stands at 1: AdminUtils.assignReplicasToBrokers(brokers, 2, 2, 1, 3) of Kafka.
    assert assign_more(existing, brokers, 5) == {3: (7, 11), 4: (11, 3)}
    with pytest.raises(KafkaError, match="higher than the requested 2"):
        assign_more(existing, brokers, 2)
    with pytest.raises(KafkaError, match="already has 3 partitions"):
        assign_more(existing, brokers, 3)
    with pytest.raises(KafkaError, match="partition 0 is missing"):
        assign_more({1: (3,)}, brokers, 5)
    assert assign_more({0: (99,)}, brokers, 2) == {1: (7,)}  # its broker is gone: from the first one


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ({}, "same number of replicas"),
        ({0: (1, 2), 1: (1,)}, "same number of replicas"),
        ({0: ()}, "at least one replica"),
        ({0: (1, 1)}, "Duplicate replica assignment"),
        ({0: (1,), 2: (1,)}, "consecutive 0-based"),
        ({-1: (1,), 0: (1,)}, "consecutive 0-based"),
    ],
)
def test_bad_assignments_by_hand(assignment: dict[int, tuple[int, ...]], message: str) -> None:
    with pytest.raises(KafkaError, match=message) as refused:
        require_valid_assignment(assignment)
    assert refused.value.code is ErrorCode.INVALID_REPLICA_ASSIGNMENT


def test_a_good_assignment_by_hand_may_name_brokers_that_are_down() -> None:
    require_valid_assignment({1: (5, 6), 0: (6, 99)})


@pytest.mark.parametrize(
    ("count", "added", "message"),
    [
        (1, [], "already has 1"),
        (2, [[9, 1]], "Unknown broker"),
        (3, [[1, 2]], "increasing the number of partitions by 2 but 1"),
        (2, [[]], "replication factor of 0"),
        (2, [[1, 1]], "Duplicate brokers"),
        (2, [[1]], "Inconsistent replication factor"),
    ],
)
def test_bad_growth_by_hand(count: int, added: list[list[int]], message: str) -> None:
    with pytest.raises(KafkaError, match=f"(?i){message}"):
        require_valid_growth({0: (1, 2)}, count, added, {1, 2, 3})


def test_growth_by_hand() -> None:
    assert require_valid_growth({0: (1, 2)}, 3, [[3, 1], [2, 3]], {1, 2, 3}) == {1: (3, 1), 2: (2, 3)}
