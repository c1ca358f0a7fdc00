"""The throttles of a reassignment: rates of brokers, and which replicas they are for. Source: KIP-73, KIP-113."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import attrs

from zkbroker.cli.tool import say
from zkbroker.client.cluster import Cluster
from zkbroker.client.configs import Change, KeyChange, ResourceType, alter
from zkbroker.client.topics import Reassignment
from zkbroker.model import TopicPartition

LEADER_RATE: Final = "leader.replication.throttled.rate"
FOLLOWER_RATE: Final = "follower.replication.throttled.rate"
DIRECTORY_RATE: Final = "replica.alter.log.dirs.io.max.bytes.per.second"
LEADERS: Final = "leader.replication.throttled.replicas"
FOLLOWERS: Final = "follower.replication.throttled.replicas"


@attrs.frozen
class Move:
    """From which brokers a partition is read, and to which it is written."""

    sources: frozenset[int]
    destinations: frozenset[int]


def moves(
    ongoing: Mapping[TopicPartition, Reassignment],
    proposed: Mapping[TopicPartition, Sequence[int]],
    current: Mapping[TopicPartition, Sequence[int]],
) -> dict[TopicPartition, Move]:
    """What is on its way and what shall be."""
    found = {
        tp: Move(frozenset(moving.replicas) - frozenset(moving.adding), frozenset(moving.adding))
        for tp, moving in ongoing.items()
    }
    for tp, target in proposed.items():
        sources = found[tp].sources if tp in found else frozenset(current[tp])
        kept = found[tp].destinations if tp in found else frozenset()
        found[tp] = Move(sources, (kept | frozenset(target)) - sources)
    return found


def set_between_brokers(cluster: Cluster, wanted: Mapping[TopicPartition, Move], rate: int) -> None:
    """Raises: KafkaError."""
    for topic in sorted({tp.topic for tp in wanted}):
        rows = [(tp.partition, move) for tp, move in sorted(wanted.items()) if tp.topic == topic]
        leaders = ",".join(f"{number}:{broker}" for number, move in rows for broker in sorted(move.sources))
        followers = ",".join(
            f"{number}:{broker}" for number, move in rows for broker in sorted(move.destinations)
        )
        changes = [KeyChange(LEADERS, Change.SET, leaders)] if leaders else []
        changes += [KeyChange(FOLLOWERS, Change.SET, followers)] if followers else []
        if changes:
            alter(cluster, ResourceType.TOPIC, topic, changes)
    rates = [KeyChange(LEADER_RATE, Change.SET, str(rate)), KeyChange(FOLLOWER_RATE, Change.SET, str(rate))]
    for broker in sorted({broker for move in wanted.values() for broker in move.sources | move.destinations}):
        alter(cluster, ResourceType.BROKER, str(broker), rates)


def set_between_directories(cluster: Cluster, brokers: Collection[int], rate: int) -> None:
    """Raises: KafkaError."""
    for broker in sorted(brokers):
        change = KeyChange(DIRECTORY_RATE, Change.SET, str(rate))
        alter(cluster, ResourceType.BROKER, str(broker), [change])


def clear(cluster: Cluster, partitions: Mapping[TopicPartition, Sequence[int]]) -> None:
    """Take all throttles away, and say so. Raises: KafkaError."""
    brokers = sorted(
        {broker.node_id for broker in cluster.brokers()} | {b for row in partitions.values() for b in row}
    )
    say(
        f"Clearing broker-level throttles on broker{'' if len(brokers) == 1 else 's'} {','.join(map(str, brokers))}"
    )
    live = {broker.node_id for broker in cluster.brokers()}
    rates = [KeyChange(key, Change.DELETE) for key in (LEADER_RATE, FOLLOWER_RATE, DIRECTORY_RATE)]
    for broker in brokers:
        if broker in live:
            alter(cluster, ResourceType.BROKER, str(broker), rates)
    topics = sorted({tp.topic for tp in partitions})
    say(f"Clearing topic-level throttles on topic{'' if len(topics) == 1 else 's'} {','.join(topics)}")
    for topic in topics:
        replicas = [KeyChange(key, Change.DELETE) for key in (LEADERS, FOLLOWERS)]
        alter(cluster, ResourceType.TOPIC, topic, replicas)
