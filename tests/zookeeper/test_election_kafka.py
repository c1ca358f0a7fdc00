"""A broker of Apache Kafka in the same cluster: it reads what we write, and the controllership goes to and fro."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.support.peers import APACHE_KAFKA
from tests.zookeeper.conftest import EMBEDDED
from tests.zookeeper.sessions import open_session
from zkbroker import admin_store
from zkbroker.model import TopicPartition
from zkbroker.testing.servers import new_broker
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.election import Reign, campaign
from zkbroker.zookeeper.session import ZkSession, Znode

LIMIT_S = 90


async def appear(session: ZkSession, path: str) -> Znode:
    """The node, once it is there."""
    while True:
        stat, changed = await session.exists_and_watch(path)
        if stat is not None:
            return await session.get(path)
        await changed.wait()


@pytest.mark.peers
@pytest.mark.parametrize("zookeeper_kind", [EMBEDDED], indirect=True, ids=["embedded"])
async def test_the_controllership_goes_to_and_fro(zookeeper: str, tmp_path: Path) -> None:
    kafka = new_broker(tmp_path, 9, zookeeper, APACHE_KAFKA, zookeeper_session_timeout_ms=2_000)
    reigns: list[Reign] = []
    reigning = trio.Event()

    async def reign(won: Reign) -> None:
        reigns.append(won)
        reigning.set()
        await trio.sleep_forever()

    kafka.start()
    try:
        with trio.fail_after(LIMIT_S):
            await kafka.process.wait_ready()
            async with open_session(zookeeper) as session, trio.open_nursery() as nursery:
                theirs = await appear(session, znodes.CONTROLLER)
                assert znodes.decode_controller(theirs.data) == znodes.ControllerNode(9)
                await appear(session, znodes.broker_path(9))
                assert (await admin_store.read_brokers(session)).brokers[9].endpoints[0].port == kafka.port

                await admin_store.create_topic(session, "ours", {0: (9,)}, {"retention.ms": "1000"})
                tp = TopicPartition("ours", 0)
                state = await appear(session, znodes.state_path(tp))  # written by Kafka's controller
                assert znodes.decode_state(tp, state.data, state.stat.version).leader == 9
                await admin_store.change_config(session, "topics/ours", {"retention.ms": "2000"})
                await kafka.process.wait_for_line(
                    r"entityPath: topics/ours with config: .*retention.ms -> 2000"
                )

                @nursery.start_soon
                async def stand() -> None:
                    await campaign(session, broker_id=1, reign=reign)

                assert not reigns
                kafka.process.kill()
                await reigning.wait()
                assert reigns == [Reign(2, 2)]
                kafka.start()
                await kafka.process.wait_for_line(r"\[KafkaServer id=9\] started")
                assert (await session.get(znodes.CONTROLLER)).stat.ephemeral_owner == session.session_id
                assert len(reigns) == 1
                nursery.cancel_scope.cancel()
            async with open_session(zookeeper) as session:
                theirs = await appear(session, znodes.CONTROLLER)
                assert znodes.decode_controller(theirs.data) == znodes.ControllerNode(9)
                epoch = await session.get(znodes.CONTROLLER_EPOCH)
                assert znodes.decode_controller_epoch(epoch.data) == 3
    finally:
        kafka.process.kill()
