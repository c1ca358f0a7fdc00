"""A controller frozen, or cut off from ZooKeeper, past its session: another reigns, nothing of the old one lands."""

from __future__ import annotations

import pytest
import trio

from tests.broker.controller_support import session_to
from tests.cluster.conftest import NewCluster
from tests.cluster.offices import move_office, wait_controller
from tests.support.peers import APACHE_KAFKA
from zkbroker import admin_store
from zkbroker.model import LeaderAndIsr, TopicPartition
from zkbroker.testing.cluster import Cluster
from zkbroker.testing.servers import BrokerKind
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ZkSession

PARTITIONS = 6


async def controller_epoch(session: ZkSession) -> int:
    return znodes.decode_controller_epoch((await session.get(znodes.CONTROLLER_EPOCH)).data)


async def states(session: ZkSession, topic: str) -> dict[int, LeaderAndIsr]:
    tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    nodes = await session.get_many([znodes.state_path(tp) for tp in tps])
    found = {}
    for tp in tps:
        node = nodes[znodes.state_path(tp)]
        assert node is not None
        found[tp.partition] = znodes.decode_state(tp, node.data, node.stat.version)
    return found


async def wait_another_controller(session: ZkSession, former: int) -> int:
    with trio.fail_after(60):
        while True:
            stat, changed = await session.exists_and_watch(znodes.CONTROLLER)
            if stat is not None and (holder := await wait_controller(session)) != former:
                return holder
            await changed.wait()


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param({}, id="ours"),
        pytest.param({3: APACHE_KAFKA}, id="kafkas", marks=(pytest.mark.peers, pytest.mark.long)),
    ],
)
@pytest.mark.parametrize("how", ["frozen", pytest.param("cut off", marks=pytest.mark.long)])
async def test_a_controller_past_its_session_changes_nothing(
    new_cluster: NewCluster, how: str, kinds: dict[int, BrokerKind]
) -> None:
    """While it is away a follower dies: its leader's AlterPartition waits in the old controller's hands, with a
    deletion and an election that it has seen and not done. Then it comes back.
    """
    async with (
        new_cluster(
            zookeeper_session_timeout_ms=3_000,
            replica_lag_time_max_ms=1_000,
            auto_leader_rebalance_enable="false",
            kinds=kinds,
        ) as cluster,
        session_to(cluster.zookeeper_connect) as session,
    ):
        old = await move_office(cluster, session, kinds or {1, 2, 3})
        epoch = await controller_epoch(session)
        survivor, dying = sorted(set(cluster.brokers) - {old})
        # The survivor leads, so that it is the one to tell the old controller of the dying one.
        replicas = dict.fromkeys(range(PARTITIONS), (survivor, old, dying))
        await admin_store.create_topic(session, "t", replicas, {"min.insync.replicas": "1"})
        await admin_store.create_topic(session, "doomed", {0: (survivor, old)}, {})
        for partition in range(PARTITIONS):
            await cluster.wait_for_isr("t", partition, {1, 2, 3})
        await cluster.wait_for_isr("doomed", 0, {survivor, old})
        first = await cluster.client.produce("t", b"before", acks=-1)

        if how == "frozen":
            cluster.pause(old)
        else:
            cluster.part_from_zookeeper(old)
        await cluster.kill(dying)
        await admin_store.delete_topic(session, "doomed")
        new = await wait_another_controller(session, old)
        assert new == survivor

        async def has_acted() -> bool:  # metadata would not do: the old one still answers, with what it knew
            written = (await states(session, "t")).values()
            return {(state.isr, state.controller_epoch) for state in written} == {((survivor,), epoch + 1)}

        await cluster.wait_until(has_acted, "the new controller has taken both others out of the ISRs")

        if how == "frozen":
            cluster.resume(old)
        else:
            cluster.heal()
        for partition in range(PARTITIONS):
            await cluster.wait_for_isr("t", partition, {survivor, old})
        await cluster.restart(dying)
        for partition in range(PARTITIONS):
            await cluster.wait_for_isr("t", partition, {1, 2, 3})

        assert await wait_controller(session) == new and await controller_epoch(session) == epoch + 1
        after = await states(session, "t")
        assert {state.controller_epoch for state in after.values()} == {epoch + 1}
        assert all(after[n].leader == survivor for n in after), "nobody obeyed an election of the old one"
        await wait_deleted(cluster, session, "doomed")
        second = await cluster.client.produce("t", b"after", acks=-1)
        values = [record.value for record in await cluster.client.read("t", 0, first, second + 1)]
        assert values == [b"before", b"after"]


async def wait_deleted(cluster: Cluster, session: ZkSession, topic: str) -> None:
    async def is_gone() -> bool:
        left = [znodes.topic_path(topic), znodes.delete_topic_path(topic), f"/config/topics/{topic}"]
        return not any([await session.exists(path) for path in left])

    await cluster.wait_until(is_gone, f"{topic} is deleted")
