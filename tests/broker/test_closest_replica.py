"""A consumer in a follower's rack is sent there, and reads there up to what the follower knows is replicated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, fetch, fetched, produce, result, values
from zkbroker.errors import ErrorCode

Start = Callable[..., Awaitable[InProcess]]
SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector"


async def test_a_consumer_reads_from_the_replica_in_its_rack(in_process: Start) -> None:
    cluster = await in_process(replica_selector_class=SELECTOR, broker_rack="r1")
    await cluster.start_broker(2, {"replica.selector.class": SELECTOR, "broker.rack": "r2"})
    await cluster.wait_until(lambda: all(len(cluster.alive(b)) == 2 for b in (1, 2)))
    await cluster.create_topic("t", replication_factor=2)
    leader = cluster.leader("t")
    follower = 3 - leader
    wire = await cluster.wire(leader)
    assert result(await wire.ask(produce("t", batch(b"x"), acks=-1), 11)).base_offset == 0

    sent_away = fetched(await wire.ask(fetch("t", 0, rack_id=f"r{follower}"), 12))[0]
    assert sent_away.preferred_read_replica == follower and values(sent_away) == []
    stays = fetched(await wire.ask(fetch("t", 0, rack_id=f"r{leader}"), 12))[0]
    assert stays.preferred_read_replica == -1 and values(stays) == [b"x"]
    elsewhere = fetched(await wire.ask(fetch("t", 0, rack_id="r9"), 12))[0]
    assert values(elsewhere) == [b"x"]

    near = await cluster.wire(follower)
    # The follower learns the high watermark with its next fetch: the consumer waits for it, no error.
    data = fetched(await near.ask(fetch("t", 0, max_wait_ms=20_000), 12))[0]
    assert values(data) == [b"x"]
    beyond = fetched(await near.ask(fetch("t", 5), 12))[0]
    assert ErrorCode(beyond.error_code) is ErrorCode.OFFSET_OUT_OF_RANGE
    old_client = fetched(await near.ask(fetch("t", 0), 10))[0]
    assert ErrorCode(old_client.error_code) is ErrorCode.NOT_LEADER_OR_FOLLOWER
