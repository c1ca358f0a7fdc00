"""Elections by total enumeration: 4 brokers, every order, ISR, set of online replicas and policy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product

import attrs
import pytest

from zkbroker.controller import elections
from zkbroker.model import NO_LEADER, LeaderAndIsr, LeaderRecoveryState

BROKERS = (1, 2, 3, 4)
SUBSETS = [frozenset(c) for size in range(5) for c in combinations(BROKERS, size)]
ASSIGNMENTS = list(permutations(BROKERS))


def states(isr: frozenset[int]) -> Iterator[LeaderAndIsr]:
    """A state with this ISR for each leader it may have, in both recovery states."""
    for leader, recovery in product((NO_LEADER, *isr), LeaderRecoveryState):
        yield LeaderAndIsr(leader, tuple(sorted(isr, reverse=True)), 7, 3, 2, recovery)


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=str)
def test_an_offline_election_prefers_the_isr_and_leaves_it_only_by_policy(
    assignment: tuple[int, ...],
) -> None:
    for isr, online, unclean in product(SUBSETS, SUBSETS, (False, True)):
        leader = elections.offline(assignment, isr, online, unclean=unclean)
        clean = [replica for replica in assignment if replica in isr & online]
        reachable = [replica for replica in assignment if replica in online]
        if clean:
            assert leader == clean[0]
        elif unclean and reachable:
            assert leader == reachable[0]
        else:
            assert leader is None


@pytest.mark.parametrize("assignment", ASSIGNMENTS[::5], ids=str)
def test_the_state_after_an_offline_election(assignment: tuple[int, ...]) -> None:
    for isr, online, unclean in product(SUBSETS, SUBSETS, (False, True)):
        for before in states(isr):
            after = elections.elected_offline(before, assignment, online, unclean=unclean)
            expected = elections.offline(assignment, isr, online, unclean=unclean)
            if expected is None:
                assert after is None
                continue
            assert after is not None
            assert (after.leader, after.leader_epoch) == (expected, before.leader_epoch + 1)
            assert after.partition_epoch == before.partition_epoch
            if expected in isr:
                assert after.isr == tuple(replica for replica in before.isr if replica in online)
                assert after.recovery_state is before.recovery_state
            else:
                assert not isr & online
                assert after.isr == (expected,)
                assert after.recovery_state is LeaderRecoveryState.RECOVERING


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=str)
def test_only_the_first_assigned_replica_is_preferred(assignment: tuple[int, ...]) -> None:
    for isr, online in product(SUBSETS, repeat=2):
        expected = assignment[0] if assignment[0] in isr & online else None
        assert elections.preferred(assignment, isr, online) == expected


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=str)
def test_a_reassignment_elects_among_online_targets_in_sync(assignment: tuple[int, ...]) -> None:
    for target_size in range(1, 5):
        target = assignment[:target_size]
        for isr, online in product(SUBSETS, repeat=2):
            eligible = [replica for replica in target if replica in isr & online]
            assert elections.reassign(target, isr, online) == (eligible[0] if eligible else None)


@pytest.mark.parametrize("assignment", ASSIGNMENTS[::5], ids=str)
def test_a_controlled_shutdown_hands_over_to_who_stays(assignment: tuple[int, ...]) -> None:
    for isr, reachable, stopping in product(SUBSETS, repeat=3):
        eligible = [replica for replica in assignment if replica in (isr & reachable) - stopping]
        leader = elections.controlled_shutdown(assignment, isr, reachable, stopping)
        assert leader == (eligible[0] if eligible else None)
        for before in states(isr):
            after = elections.elected_for_shutdown(before, assignment, reachable, stopping)
            if leader is None:
                assert after is None
            else:
                assert after == attrs.evolve(
                    before,
                    leader=leader,
                    isr=tuple(replica for replica in before.isr if replica not in stopping),
                    leader_epoch=before.leader_epoch + 1,
                )


def test_a_replica_that_goes_offline_leaves_the_isr_unless_it_is_the_last() -> None:
    for isr, replica in product(SUBSETS, BROKERS):
        for before in states(isr):
            after = elections.without_replica(before, replica)
            if replica not in isr:
                assert after is None
                continue
            assert after is not None
            assert after.leader_epoch == before.leader_epoch + 1
            assert after.leader == (NO_LEADER if before.leader == replica else before.leader)
            assert set(after.isr) == (isr if len(isr) == 1 else isr - {replica})
            assert after.recovery_state is before.recovery_state


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=str)
def test_a_new_partition_is_led_by_its_first_online_replica_with_all_of_them_in_sync(
    assignment: tuple[int, ...],
) -> None:
    for online in SUBSETS:
        state = elections.first(assignment, online)
        expected = tuple(replica for replica in assignment if replica in online)
        if not expected:
            assert state is None
        else:
            assert state is not None
            assert (state.leader, state.isr) == (expected[0], expected)
            assert (state.leader_epoch, state.partition_epoch) == (0, 0)


def test_nothing_but_a_missing_isr_asks_for_the_policy() -> None:
    for isr, online in product(SUBSETS, repeat=2):
        assert elections.needs_unclean(isr, online) == (not isr & online)
