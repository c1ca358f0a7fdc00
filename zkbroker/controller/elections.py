"""Who leads a partition, and what its state becomes. [pure]

Every function scans the assignment in order, so its first replica is the preferred one. Nothing here
looks at a cluster: the callers say who is online. min.insync.replicas plays no part in any election.
Source: kafka.controller.Election, PartitionLeaderElectionAlgorithms; KIP-704 for the recovery state.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs

from zkbroker.model import NO_LEADER, LeaderAndIsr, LeaderRecoveryState


def offline(
    assignment: Sequence[int], isr: Collection[int], online: Collection[int], *, unclean: bool
) -> int | None:
    """The first online replica of the ISR; failing that, with `unclean`, any first online one; or None."""
    clean = next((replica for replica in assignment if replica in online and replica in isr), None)
    if clean is not None or not unclean:
        return clean
    return next((replica for replica in assignment if replica in online), None)


def reassign(target: Sequence[int], isr: Collection[int], online: Collection[int]) -> int | None:
    """The first target replica that is online and in the ISR."""
    return offline(target, isr, online, unclean=False)


def preferred(assignment: Sequence[int], isr: Collection[int], online: Collection[int]) -> int | None:
    """The first assigned replica, and only that one, if it is online and in the ISR."""
    return offline(assignment[:1], isr, online, unclean=False)


def controlled_shutdown(
    assignment: Sequence[int],
    isr: Collection[int],
    online_or_shutting_down: Collection[int],
    shutting_down: Collection[int],
) -> int | None:
    """The first assigned replica in the ISR that is reachable and is not itself going away."""
    staying = [replica for replica in online_or_shutting_down if replica not in shutting_down]
    return offline(assignment, isr, staying, unclean=False)


def needs_unclean(isr: Collection[int], online: Collection[int]) -> bool:
    """Whether a clean election is impossible: only then may anyone ask what the policy says."""
    return not any(replica in online for replica in isr)


def first(assignment: Sequence[int], online: Collection[int]) -> LeaderAndIsr | None:
    """The first state of a new partition: all online replicas in sync, the first of them leads.

    None if no replica is online. The partition epoch is the version the created znode will have.
    """
    isr = tuple(replica for replica in assignment if replica in online)
    if not isr:
        return None
    return LeaderAndIsr(leader=isr[0], isr=isr, leader_epoch=0, partition_epoch=0, controller_epoch=0)


def elected_offline(
    state: LeaderAndIsr, assignment: Sequence[int], online: Collection[int], *, unclean: bool
) -> LeaderAndIsr | None:
    """The state after an offline election, or None if nobody may lead.

    A clean leader keeps the ISR's online members and the recovery state; an unclean one is alone in the
    ISR and RECOVERING.
    """
    leader = offline(assignment, state.isr, online, unclean=unclean)
    if leader is None:
        return None
    if leader in state.isr:
        isr = tuple(replica for replica in state.isr if replica in online)
        return _led_by(state, leader, isr, state.recovery_state)
    return _led_by(state, leader, (leader,), LeaderRecoveryState.RECOVERING)


def elected_reassigned(
    state: LeaderAndIsr, target: Sequence[int], online: Collection[int]
) -> LeaderAndIsr | None:
    """The state after moving the leader into the target replicas; the ISR stays."""
    leader = reassign(target, state.isr, online)
    return None if leader is None else _led_by(state, leader, state.isr, state.recovery_state)


def elected_preferred(
    state: LeaderAndIsr, assignment: Sequence[int], online: Collection[int]
) -> LeaderAndIsr | None:
    """The state after giving leadership back to the first assigned replica; the ISR stays."""
    leader = preferred(assignment, state.isr, online)
    return None if leader is None else _led_by(state, leader, state.isr, state.recovery_state)


def elected_for_shutdown(
    state: LeaderAndIsr,
    assignment: Sequence[int],
    online_or_shutting_down: Collection[int],
    shutting_down: Collection[int],
) -> LeaderAndIsr | None:
    """The state after a leader that stops has handed over; brokers that stop leave the ISR."""
    leader = controlled_shutdown(assignment, state.isr, online_or_shutting_down, shutting_down)
    if leader is None:
        return None
    isr = tuple(replica for replica in state.isr if replica not in shutting_down)
    return _led_by(state, leader, isr, state.recovery_state)


def without_replica(state: LeaderAndIsr, replica: int) -> LeaderAndIsr | None:
    """The state after a replica went offline, or None if it was not in the ISR and nothing changes.

    The last member of an ISR stays in it: only it may lead again without losing records.
    """
    if replica not in state.isr:
        return None
    leader = NO_LEADER if state.leader == replica else state.leader
    isr = state.isr if len(state.isr) == 1 else tuple(member for member in state.isr if member != replica)
    return _led_by(state, leader, isr, state.recovery_state)


def next_epoch(state: LeaderAndIsr) -> LeaderAndIsr:
    """The same leadership under a higher leader epoch, so that brokers look at it again."""
    return attrs.evolve(state, leader_epoch=state.leader_epoch + 1)


def _led_by(
    state: LeaderAndIsr, leader: int, isr: tuple[int, ...], recovery_state: LeaderRecoveryState
) -> LeaderAndIsr:
    return LeaderAndIsr(
        leader,
        isr,
        state.leader_epoch + 1,
        state.partition_epoch,
        state.controller_epoch,
        recovery_state,
    )
