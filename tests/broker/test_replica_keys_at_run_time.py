"""What needs a second broker to be seen: how many must be in sync, and who leads when nobody is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.broker.dynamic_keys import ALL_BROKERS, THIS_BROKER, Acts, Place, climb, now_ms, on_topic
from tests.broker.in_process import InProcess
from zkbroker.errors import ErrorCode
from zkbroker.model import TopicPartition
from zkbroker.protocol.records import Record, build_batch

Start = Callable[..., Awaitable[InProcess]]

MIN_ISR = "min.insync.replicas"
UNCLEAN = "unclean.leader.election.enable"


async def produced_by_all(place: Place, topic: str) -> ErrorCode:
    return await place.append(topic, build_batch([Record(0, now_ms(), None, b"x")]), acks=-1)


async def test_min_insync_replicas(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    place = await Place.of(cluster)
    await place.create({"t": {}}, replicas=(1, 2))
    await cluster.stop_broker(2)
    await cluster.wait_until(
        lambda: (
            cluster.partition("t").isr.committed == (1,)
            and place.services.controller.is_active
            and cluster.alive(1) == {1}
        )
    )
    row = Acts("2", "1", ErrorCode.NONE, ErrorCode.NOT_ENOUGH_REPLICAS, produced_by_all)
    await climb(place, "t", row, {ALL_BROKERS: MIN_ISR, THIS_BROKER: MIN_ISR, on_topic("t"): MIN_ISR})


async def test_unclean_leader_election(in_process: Start) -> None:
    """On every level; nobody is elected where a finer level forbids it, or once it is unset."""
    topics = ["of-topic", "of-broker", "of-all", "kept", *(f"marker-{number}" for number in range(3))]
    cluster = await in_process(brokers=2)
    await (await Place.of(cluster)).create({topic: {} for topic in topics}, replicas=(2, 1))
    await cluster.stop_broker(1)
    await cluster.wait_until(
        lambda: all(cluster.partition(topic, 0, 2).isr.committed == (2,) for topic in topics)
    )
    await cluster.stop_broker(2)
    await cluster.start_broker(1, {})
    place = await Place.of(cluster)
    await cluster.wait_until(lambda: set(topics) <= place.services.metadata.snapshot.topics.keys())

    def leads(topic: str) -> bool:
        found = place.services.replicas.partitions.get(TopicPartition(topic, 0))
        return found is not None and found.is_leader

    async def only(*elected: str) -> None:
        """Exactly these, once the controller has dealt with what came before one more election."""
        marker = next(topic for topic in topics if topic.startswith("marker") and not leads(topic))
        await place.set(on_topic(marker), UNCLEAN, "true")
        await cluster.wait_until(lambda: leads(marker) and all(map(leads, elected)))
        assert {topic for topic in topics if leads(topic)} - set(elected) <= {
            topic for topic in topics if topic.startswith("marker")
        }

    await only()
    await place.set(on_topic("of-topic"), UNCLEAN, "true")
    await only("of-topic")
    for topic in ("kept", "of-all", "marker-2"):
        await place.set(on_topic(topic), UNCLEAN, "false")
    await place.set(THIS_BROKER, UNCLEAN, "false")
    await place.set(ALL_BROKERS, UNCLEAN, "true")
    assert not leads("of-broker") and not leads("of-all")
    await place.set(THIS_BROKER, UNCLEAN, None)
    await cluster.wait_until(lambda: leads("of-broker"))
    assert not leads("of-all")
    await place.set(on_topic("of-all"), UNCLEAN, None)
    await cluster.wait_until(lambda: leads("of-all"))
    await place.set(ALL_BROKERS, UNCLEAN, None)
    await place.set(on_topic("kept"), UNCLEAN, None)
    await only("of-topic", "of-broker", "of-all")
