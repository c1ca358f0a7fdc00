"""The context is shared, not copied: a change costs what it touches, whatever the size of the cluster."""

from __future__ import annotations

import attrs
import pytest

from tests.pure.controller_model import broker, topic_id
from zkbroker.controller.context import Context, Deletion, Partition, Topic, apply, topic_from_node
from zkbroker.model import (
    EPOCH_DURING_DELETION,
    NO_EPOCH,
    NO_TOPIC_ID,
    LeaderAndIsr,
    ReplicaAssignment,
    TopicAssignment,
    TopicId,
    TopicPartition,
)

STATE = LeaderAndIsr(1, (1, 2), 0, 0, 1)


def context_of(topics: int, partitions: int) -> Context:
    known = [
        Topic(
            f"t{t}",
            topic_id(f"t{t}"),
            0,
            {
                p: Partition(TopicPartition(f"t{t}", p), ReplicaAssignment((1, 2)), STATE)
                for p in range(partitions)
            },
        )
        for t in range(topics)
    ]
    brokers = {1: broker(1, 10), 2: broker(2, 20), 3: broker(3, 30)}
    return Context(9, 1, brokers=brokers).with_topics(known)


def rebuilt(before: Context, after: Context) -> tuple[int, int]:
    """How many topics and partitions are new objects."""
    topics = [topic for name, topic in after.topics.items() if topic is not before.topics[name]]
    partitions = sum(
        partition is not before.topics[topic.name].partitions[number]
        for topic in topics
        for number, partition in topic.partitions.items()
    )
    return len(topics), partitions


@pytest.mark.parametrize("size", (2, 20, 200))
def test_copies_grow_with_the_partitions_touched_not_with_the_cluster(size: int) -> None:
    context = context_of(size, 10)
    written = {
        TopicPartition("t0", p): attrs.evolve(STATE, leader=2, leader_epoch=1, partition_epoch=1)
        for p in range(3)
    } | {TopicPartition("t1", 7): attrs.evolve(STATE, partition_epoch=1)}
    after = apply(context, written)
    assert rebuilt(context, after) == (2, 4)
    assert after.state(TopicPartition("t0", 2)) == written[TopicPartition("t0", 2)]
    assert after.topic_names is context.topic_names
    moved = after.with_assignment(TopicPartition("t1", 0), ReplicaAssignment((2, 3)))
    assert rebuilt(after, moved) == (1, 1)


def test_what_changes_nothing_gives_the_same_context() -> None:
    context = context_of(2, 2)
    assert apply(context, {}) is context
    assert apply(context, {TopicPartition("t0", 0): STATE}) is context
    assert apply(context, {TopicPartition("unknown", 0): STATE}) is context
    assert context.with_topics([]) is context
    assert context.without_topics([]) is context


def test_live_registered_and_online_are_three_things() -> None:
    context = context_of(1, 1)
    tp = TopicPartition("t0", 0)
    partition = context.partition(tp)
    assert partition is not None
    assert context.online(partition) == (1, 2)
    stopping = context.with_shutting_down(1)
    assert 1 in stopping.brokers and not stopping.is_live(1)
    assert stopping.online(partition) == (2,)
    assert stopping.online_or_shutting_down(partition) == (1, 2)
    broken = context.with_offline_replicas(2, frozenset({tp}))
    assert broken.is_live(2) and broken.online(partition) == (1,)
    assert broken.online_or_shutting_down(partition) == (1,)
    assert broken.with_offline_replicas(2, frozenset()).offline_replicas == {}
    # who registers again starts with a clean slate
    restarted = stopping.with_offline_replicas(1, frozenset({tp})).with_brokers({2: context.brokers[2]})
    assert (restarted.shutting_down, restarted.offline_replicas) == (frozenset(), {})


def test_a_topic_that_goes_leaves_nothing() -> None:
    tp = TopicPartition("t0", 0)
    context = (
        context_of(2, 1)
        .with_offline_replicas(1, frozenset({tp}))
        .with_reassigning(tp, active=True)
        .with_deletions({"t0": Deletion(halted=True)})
    )
    assert context.stop_epoch(tp) == EPOCH_DURING_DELETION
    gone = context.without_topics(["t0"])
    assert gone == attrs.evolve(context_of(2, 1), topics=gone.topics, topic_names=gone.topic_names)
    assert gone.topics.keys() == {"t1"} and set(gone.topic_names.values()) == {"t1"}
    assert gone.stop_epoch(tp) == NO_EPOCH
    assert gone.stop_epoch(TopicPartition("t1", 0)) == 0


def test_a_topic_that_is_set_aside_is_forgotten_until_it_is_back() -> None:
    context = context_of(2, 1).with_set_aside("t0", "garbage")
    assert "t0" not in context.topics and context.set_aside == {"t0": "garbage"}
    back = context.with_topics([context_of(1, 1).topics["t0"]])
    assert back.set_aside == {} and back.topic_names[topic_id("t0")] == "t0"


def test_a_topic_read_again_keeps_the_states_that_are_known() -> None:
    node = TopicAssignment(
        "t0",
        topic_id("t0"),
        {0: ReplicaAssignment((1, 2)), 1: ReplicaAssignment((3, 1, 2), adding=(3,), removing=(2,))},
    )
    topic = topic_from_node(node, 4, context_of(1, 1).topics["t0"])
    assert topic.partitions[0].state == STATE and topic.partitions[1].state is None
    assert (topic.node(), topic.node_version) == (node, 4)
    context = context_of(1, 1).with_topics([topic])
    assert context.reassigning == {TopicPartition("t0", 1)}
    assert [p.tp.partition for p in context.partitions()] == [0, 1]


def test_a_new_id_takes_the_place_of_the_old_one() -> None:
    context = context_of(1, 1)
    topic = context.topics["t0"]
    nameless = context.with_topics([attrs.evolve(topic, topic_id=NO_TOPIC_ID)])
    assert nameless.topic_names == {}
    other = TopicId(bytes(range(16)))
    assert nameless.with_topics([attrs.evolve(topic, topic_id=other)]).topic_names == {other: "t0"}
