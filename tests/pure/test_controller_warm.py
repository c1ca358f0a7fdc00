"""Taking over with what a metadata cache holds ends where a cold start ends, and elects before it has read."""

from __future__ import annotations

import copy

import attrs
import pytest

from tests.pure.controller_model import BrokerModel, Cluster, Interrupted, cached_topics, told
from zkbroker.controller.context import Policy
from zkbroker.controller.events import BrokersSeen, CachedTopic, ReassignmentsRequested
from zkbroker.model import LeaderAndIsr, TopicPartition
from zkbroker.zookeeper import znodes


def cluster_of(*broker_ids: int) -> Cluster:
    cluster = Cluster()
    for broker_id in broker_ids:
        cluster.register(broker_id)
    cluster.take_over()
    return cluster


def create(cluster: Cluster, name: str, *replicas: tuple[int, ...]) -> None:
    cluster.write_topic(name, dict(enumerate(replicas)))
    cluster.see_topics()


def interrupted(cluster: Cluster) -> BrokerModel:
    """A history with everything a cache can be wrong about; broker 1 is dead, broker 3's cache is given back."""
    create(cluster, "t", (1, 2, 3), (2, 3, 1), (1, 3, 2))
    create(cluster, "again", (1, 2))
    create(cluster, "moving", (1, 2))
    create(cluster, "doomed", (1, 3))
    create(cluster, "alone", (1,))
    cached = copy.deepcopy(cluster.brokers[3])
    # written by the old controller, which died before anybody heard of it
    with pytest.raises(Interrupted):
        moves = ReassignmentsRequested(1, {TopicPartition("moving", 0): (3, 2)})
        cluster.handle(moves, stop_at=(0, 1))
    del cluster.registered[1]
    with pytest.raises(Interrupted):
        cluster.handle(BrokersSeen(dict(cluster.registered)), stop_at=(0, 2))
    # done by others while nobody reigned
    cluster.zk.delete(znodes.topic_path("again"))
    cluster.write_topic("again", {0: (3, 1)})
    cluster.zk.set(znodes.delete_topic_path("doomed"), b"")
    return cached


def finish(cluster: Cluster, cached: dict[str, CachedTopic]) -> tuple[object, object]:
    cluster.take_over(cached=cached)
    return cluster.context, cluster.zk.nodes


def test_a_warm_start_ends_where_a_cold_one_ends() -> None:
    cluster = cluster_of(1, 2, 3)
    cache = cached_topics(interrupted(cluster))
    assert cache.keys() == {"t", "again", "moving", "doomed", "alone"}
    other = copy.deepcopy(cluster)
    cold, warm = finish(cluster, {}), finish(other, cache)
    assert warm == cold
    assert other.state("t", 0).leader == 2
    assert other.state("again", 0).leader == 3  # the new one
    assert other.state("alone", 0).leader == -1


def test_leaders_are_elected_before_any_state_is_read() -> None:
    cluster = cluster_of(1, 2, 3)
    create(cluster, "t", *[(1, 2, 3)] * 50)
    cache = cached_topics(cluster.brokers[2])
    del cluster.registered[1]
    cluster.heard()
    cluster.take_over(cached=cache)
    steps = [step for step in cluster.trail if not step.startswith("Report")]
    assert steps[:4] == ["Reconnect", "Send", "Write", "Send"]
    assert "Read 50" in steps[4:]
    heard = told(cluster.heard()[2])
    assert heard[0] == "UMR -"
    assert heard[1:51] == [f"LISR t-{p}:2@2/1[2,3]" for p in range(50)]


def test_dead_followers_leave_the_isr_before_any_state_is_read() -> None:
    """Else acks=all would wait for them until everything is read."""
    cluster = cluster_of(1, 2, 3)
    create(cluster, "led", *[(1, 2, 3)] * 3)
    create(cluster, "followed", *[(2, 1, 3)] * 3)
    cache = cached_topics(cluster.brokers[2])
    del cluster.registered[1]
    cluster.heard()
    cluster.take_over(cached=cache)
    steps = [step for step in cluster.trail if not step.startswith("Report")]
    assert steps[:7] == ["Reconnect", "Send", "Write", "Send", "Write", "Send", "Delivered"]
    assert all((s.leader, s.isr, s.leader_epoch) == (2, (2, 3), 2) for s in states(cluster, "led"))
    assert all((s.leader, s.isr, s.leader_epoch) == (2, (2, 3), 1) for s in states(cluster, "followed"))
    lines = told(cluster.heard()[3])
    assert lines.index("LISR led-0:2@2/1[2,3]") < lines.index("LISR followed-0:2@1/1[2,3]")


def states(cluster: Cluster, topic: str) -> list[LeaderAndIsr]:
    return [cluster.state(topic, partition) for partition in range(3)]


def test_a_cache_never_leads_to_an_unclean_election() -> None:
    cluster = cluster_of(1, 2)
    create(cluster, "t", (1, 2))
    cluster.zk.set(
        "/config/topics/t", znodes.encode_entity_config({"unclean.leader.election.enable": "true"})
    )
    cached = copy.deepcopy(cluster.brokers[2])
    tp = TopicPartition("t", 0)
    cached.metadata[tp] = attrs.evolve(cached.metadata[tp], isr=[1])  # wrong: 2 is in sync
    del cluster.registered[1]
    cluster.take_over(cached=cached_topics(cached), policy=Policy(unclean_election=True))
    assert cluster.state("t", 0).isr == (2,)
    assert not any(getattr(news, "unclean", False) for news in cluster.news)


def test_an_old_state_in_the_cache_is_refused_and_the_newer_one_decides() -> None:
    cluster = cluster_of(1, 2, 3)
    create(cluster, "t", (1, 2, 3))
    cache = cached_topics(cluster.brokers[3])
    written = attrs.evolve(cluster.state("t", 0), isr=(1, 3))  # 2 fell out of the ISR
    cluster.zk.set(znodes.state_path(TopicPartition("t", 0)), znodes.encode_state(written))
    del cluster.registered[1]
    cluster.take_over(cached=cache)
    assert (cluster.state("t", 0).leader, cluster.state("t", 0).isr) == (3, (3,))


def test_no_cache_is_a_cold_start() -> None:
    cluster = cluster_of(1, 2)
    create(cluster, "t", (1, 2))
    del cluster.registered[1]
    cluster.take_over()
    steps = [step for step in cluster.trail if not step.startswith("Report")]
    assert steps[:3] == ["Reconnect", "Send", "Read 1"]
    assert cluster.state("t", 0).leader == 2
