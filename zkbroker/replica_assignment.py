"""Which brokers get the replicas of a new partition, as Kafka distributes them. [pure]

Leaders go round the brokers; followers are shifted further with every round, and over racks where brokers
have them. Randomness (`start`, `shift`) is the caller's.
Source: org.apache.kafka.admin.AdminUtils and kafka.zk.AdminZkClient, 3.9.1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from zkbroker.errors import ErrorCode, KafkaError

Racks = Mapping[int, str | None]
"""The brokers by id, each with its rack, None if it has none."""

Assignment = dict[int, tuple[int, ...]]
"""Partition -> replicas, the preferred leader first."""


def assign(
    brokers: Racks,
    partitions: int,
    replication_factor: int,
    *,
    start: int,
    shift: int,
    first_partition: int = 0,
) -> Assignment:
    """Replicas for `partitions` partitions from number `first_partition` on.

    start: where in the list of brokers the first leader stands; shift: how far its first follower is from it.
    Both are random below the number of brokers for a new topic.
    Raises: INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR; UNKNOWN_SERVER_ERROR, as Kafka, if some brokers
    have a rack and others none.
    """
    if partitions <= 0:
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, "Number of partitions must be larger than 0.")
    if replication_factor <= 0:
        raise KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, "Replication factor must be larger than 0.")
    if replication_factor > len(brokers):
        raise KafkaError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"Replication factor: {replication_factor} larger than available brokers: {len(brokers)}.",
        )
    racks = {broker: rack for broker, rack in sorted(brokers.items()) if rack is not None}
    if racks and len(racks) < len(brokers):
        raise KafkaError(
            ErrorCode.UNKNOWN_SERVER_ERROR,
            "Not all brokers have rack information for replica rack aware assignment.",
        )
    order = alternate_racks(racks) if racks else sorted(brokers)
    assignment = {}
    for partition in range(first_partition, first_partition + partitions):
        if partition > 0 and partition % len(order) == 0:
            shift += 1
        first = (partition + start) % len(order)
        if racks:
            assignment[partition] = _over_racks(order, racks, replication_factor, first, shift)
        else:
            followers = (order[_place(first, shift, j, len(order))] for j in range(replication_factor - 1))
            assignment[partition] = (order[first], *followers)
    return assignment


def _place(first: int, shift: int, follower: int, brokers: int) -> int:
    """Where in the list the follower with that number stands."""
    return (first + 1 + (shift + follower) % (brokers - 1)) % brokers


def alternate_racks(racks: Mapping[int, str]) -> list[int]:
    """The brokers so that neighbours are in different racks: one of each rack in turn, racks and ids sorted."""
    by_rack: dict[str, list[int]] = {}
    for broker, rack in sorted(racks.items()):
        by_rack.setdefault(rack, []).append(broker)
    rounds = max(map(len, by_rack.values()), default=0)
    members = [by_rack[rack] for rack in sorted(by_rack)]
    return [group[turn] for turn in range(rounds) for group in members if turn < len(group)]


def _over_racks(
    order: Sequence[int], racks: Mapping[int, str], replication_factor: int, first: int, shift: int
) -> tuple[int, ...]:
    """Replicas of one partition: no rack twice while another is unused, no broker twice."""
    all_racks = len(set(racks.values()))
    replicas = [order[first]]
    used = {racks[order[first]]}
    candidate = 0
    while len(replicas) < replication_factor:
        broker = order[_place(first, shift * all_racks, candidate, len(order))]
        candidate += 1
        if (racks[broker] not in used or len(used) == all_racks) and broker not in replicas:
            replicas.append(broker)
            used.add(racks[broker])
    return tuple(replicas)


def assign_more(existing: Mapping[int, Sequence[int]], brokers: Racks, new_count: int) -> Assignment:
    """Replicas of the partitions that a topic gets when it grows to `new_count`; nothing random about them.

    Raises: as assign; INVALID_PARTITIONS if it would not grow.
    """
    require_growth(len(existing), new_count)
    partition_0 = existing.get(0)
    if not partition_0:
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, f"partition 0 is missing in {dict(existing)}")
    ids = sorted(brokers)
    start = next((index for index, broker in enumerate(ids) if broker >= partition_0[0]), 0)
    return assign(
        brokers,
        new_count - len(existing),
        len(partition_0),
        start=start,
        shift=start,
        first_partition=len(existing),
    )


def require_growth(count: int, new_count: int) -> None:
    """Raises: INVALID_PARTITIONS unless `new_count` is more than the topic has."""
    if new_count < count:
        raise KafkaError(
            ErrorCode.INVALID_PARTITIONS,
            f"Topic currently has {count} partitions, which is higher than the requested {new_count}.",
        )
    if new_count == count:
        raise KafkaError(ErrorCode.INVALID_PARTITIONS, f"Topic already has {count} partitions.")


def require_valid_assignment(assignment: Mapping[int, Sequence[int]]) -> None:
    """What a new topic's assignment by hand must be. That its brokers live is not asked.

    Raises: INVALID_REPLICA_ASSIGNMENT.
    """
    if len({len(replicas) for replicas in assignment.values()}) != 1:
        raise _invalid("All partitions should have the same number of replicas")
    if not all(assignment.values()):
        raise _invalid("A partition must have at least one replica")
    for partition, replicas in assignment.items():
        if len(set(replicas)) != len(replicas):
            raise _invalid(f"Duplicate replica assignment found: partition {partition} on {list(replicas)}")
    if set(assignment) != set(range(len(assignment))):
        raise _invalid("partitions should be a consecutive 0-based integer sequence")


def require_valid_growth(
    existing: Mapping[int, Sequence[int]],
    new_count: int,
    added: Sequence[Sequence[int]],
    brokers: Collection[int],
) -> Assignment:
    """The assignment by hand of the partitions a topic gets; `added` in the order of their numbers.

    Raises: INVALID_PARTITIONS, INVALID_REPLICA_ASSIGNMENT.
    """
    require_growth(len(existing), new_count)
    unknown = sorted({broker for replicas in added for broker in replicas} - set(brokers))
    if unknown:
        raise _invalid(f"Unknown broker(s) in replica assignment: {', '.join(map(str, unknown))}.")
    increase = new_count - len(existing)
    if len(added) != increase:
        raise _invalid(
            f"Increasing the number of partitions by {increase} but {len(added)} assignments provided."
        )
    factor = len(existing.get(0, ()))
    for partition, replicas in enumerate(added, len(existing)):
        if not replicas:
            raise _invalid(f"Cannot have replication factor of 0 for partition id {partition}.")
        if len(set(replicas)) != len(replicas):
            shown = ", ".join(map(str, replicas))
            raise _invalid(
                f"Duplicate brokers not allowed in replica assignment: {shown} for partition id {partition}."
            )
        if len(replicas) != factor:
            raise _invalid(
                f"Inconsistent replication factor between partitions, partition 0 has {factor} while "
                f"partition {partition} has {len(replicas)}."
            )
    return {partition: tuple(replicas) for partition, replicas in enumerate(added, len(existing))}


def _invalid(message: str) -> KafkaError:
    return KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
