"""UpdateMetadata over a snapshot: brokers replace, partitions merge, untouched topics stay the same objects."""

from __future__ import annotations

from zkbroker.metadata import ClusterSnapshot, MetadataCache, update
from zkbroker.model import LEADER_DURING_DELETION, NO_TOPIC_ID, TopicId, TopicPartition
from zkbroker.protocol.generated.update_metadata_request import (
    UpdateMetadataBroker,
    UpdateMetadataEndpoint,
    UpdateMetadataPartitionState,
    UpdateMetadataRequest,
    UpdateMetadataTopicState,
)


def topic_id(n: int) -> TopicId:
    return TopicId(bytes(15) + bytes([n]))


def states(name: str, id_: TopicId, **leaders: int) -> UpdateMetadataTopicState:
    return UpdateMetadataTopicState(
        topic_name=name,
        topic_id=id_,
        partition_states=[
            UpdateMetadataPartitionState(
                partition_index=int(p[1:]),
                leader=leader,
                leader_epoch=3,
                isr=[1],
                replicas=[1, 2],
                zk_version=4,
            )
            for p, leader in leaders.items()
        ],
    )


def broker(id_: int, host: str = "h") -> UpdateMetadataBroker:
    endpoint = UpdateMetadataEndpoint(port=9092, host=host, listener="PLAINTEXT", security_protocol=0)
    return UpdateMetadataBroker(id=id_, endpoints=[endpoint], rack="r")


def cluster(*topics: UpdateMetadataTopicState) -> ClusterSnapshot:
    request = UpdateMetadataRequest(controller_id=1, live_brokers=[broker(1), broker(2)], topic_states=topics)
    return update(ClusterSnapshot(), request).snapshot


def test_partitions_merge_and_brokers_replace() -> None:
    before = cluster(states("a", topic_id(1), p0=1, p1=2))
    after = update(
        before,
        UpdateMetadataRequest(
            controller_id=2, live_brokers=[broker(2)], topic_states=[states("a", topic_id(1), p1=1)]
        ),
    ).snapshot
    assert {p: state.leader for p, state in after.partitions("a").items()} == {0: 1, 1: 1}
    assert set(after.brokers) == {2} and after.controller_id == 2
    assert after.topic_names == {topic_id(1): "a"}
    found = after.partition(TopicPartition("a", 1))
    assert found is not None and (found.partition_epoch, found.replicas) == (4, (1, 2))


def test_a_request_without_partitions_only_replaces_the_brokers() -> None:
    before = cluster(states("a", topic_id(1), p0=1))
    after = update(before, UpdateMetadataRequest(controller_id=7, live_brokers=[])).snapshot
    assert after.topics is before.topics and after.brokers == {}


def test_deletion_drops_partitions_and_then_the_topic() -> None:
    before = cluster(states("a", topic_id(1), p0=1, p1=1), states("b", topic_id(2), p0=1))
    first = update(
        before,
        UpdateMetadataRequest(topic_states=[states("a", topic_id(1), p0=LEADER_DURING_DELETION)]),
    )
    assert first.deleted == (TopicPartition("a", 0),) and set(first.snapshot.partitions("a")) == {1}
    second = update(
        first.snapshot,
        UpdateMetadataRequest(topic_states=[states("a", topic_id(1), p1=LEADER_DURING_DELETION)]),
    )
    assert set(second.snapshot.topics) == {"b"}
    assert second.snapshot.topic_names == {topic_id(2): "b"}


def test_a_topic_that_came_again_has_its_new_id_only() -> None:
    before = cluster(states("a", topic_id(1), p0=1))
    after = update(before, UpdateMetadataRequest(topic_states=[states("a", topic_id(9), p0=1)])).snapshot
    assert after.topic_names == {topic_id(9): "a"} and after.topic_id("a") == topic_id(9)
    unnamed = update(after, UpdateMetadataRequest(topic_states=[states("a", NO_TOPIC_ID, p0=1)])).snapshot
    assert unnamed.topic_names == {} and unnamed.topic_id("a") == NO_TOPIC_ID


def test_only_touched_topics_are_rebuilt() -> None:
    before = cluster(*(states(f"t{n}", topic_id(n + 1), p0=1) for n in range(50)))
    updated = update(before, UpdateMetadataRequest(topic_states=[states("t7", topic_id(8), p0=2)]))
    assert updated.topics_rebuilt == 1
    same = [name for name in before.topics if updated.snapshot.topics[name] is before.topics[name]]
    assert len(same) == 49


def test_the_old_snapshot_never_changes() -> None:
    before = cluster(states("a", topic_id(1), p0=1))
    update(
        before,
        UpdateMetadataRequest(topic_states=[states("a", topic_id(1), p0=2), states("b", topic_id(2), p0=1)]),
    )
    assert before.partitions("a")[0].leader == 1 and "b" not in before.topics
    cache = MetadataCache(before)
    assert cache.is_alive(2) and not cache.is_alive(3)
