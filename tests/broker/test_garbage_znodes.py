"""Whatever somebody writes into a znode: the broker says so, serves on, and other topics can be made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.broker.in_process import InProcess
from tests.broker.test_data_path import batch, produce, result
from zkbroker.zookeeper.session import ANY_VERSION, NoNode

Start = Callable[..., Awaitable[InProcess]]

PATHS = [
    "/brokers/topics/t",
    "/brokers/topics/t/partitions/0/state",
    "/brokers/topics/elsewhere",
    "/brokers/ids/77",
    "/config/topics/t",
    "/config/brokers/1",
    "/config/changes/config_change_0000000099",
    "/admin/reassign_partitions",
    "/admin/preferred_replica_election",
    "/admin/delete_topics/never-there",
    "/feature",
    "/isr_change_notification/isr_change_0000000007",
    "/log_dir_event_notification/log_dir_event_0000000007",
    "/cluster/id",
]
GARBAGE = [
    b"",
    b"\xff\xfe\x00",
    b'{"version":',
    b"[]",
    b'{"version":1,"partitions":"no","leader":"x","config":3}',
]


@pytest.mark.parametrize("path", PATHS)
async def test_garbage_in_a_znode_ends_nothing(in_process: Start, path: str) -> None:
    cluster = await in_process()
    await cluster.create_topic("t")
    session = await cluster.broker.services.zk.session()  # type: ignore[union-attr]
    wire = await cluster.wire()
    for number, garbage in enumerate(GARBAGE):
        try:
            await session.set(path, garbage, ANY_VERSION)
        except NoNode:
            await session.create(path, garbage)
        # The controller goes on with what can be read, and the broker leads what it led.
        await cluster.create_topic(f"other-{number}")
        assert result(await wire.ask(produce("t", batch(b"x")), 11)).error_code == 0
        assert result(await wire.ask(produce(f"other-{number}", batch(b"x")), 11)).error_code == 0


async def test_a_new_controller_takes_over_beside_garbage(in_process: Start) -> None:
    cluster = await in_process(brokers=2)
    await cluster.create_topic("t", replication_factor=2)
    session = await cluster.brokers[2].services.zk.session()  # type: ignore[union-attr]
    for path in PATHS[:-1]:
        try:
            await session.set(path, b"{garbage", ANY_VERSION)
        except NoNode:
            await session.create(path, b"{garbage")
    controller = next(b for b, broker in cluster.brokers.items() if broker.services.controller.is_active)  # type: ignore[union-attr]
    await cluster.stop_broker(controller)
    del cluster.brokers[controller]
    (left,) = cluster.brokers
    await cluster.wait_until(lambda: cluster.brokers[left].services.controller.is_active)  # type: ignore[union-attr]
    await cluster.wait_until(
        lambda: cluster.alive(left) == {left}
    )  # a topic could be given to the other one still
    await cluster.create_topic("after")
    wire = await cluster.wire(left)
    assert result(await wire.ask(produce("after", batch(b"x")), 11)).error_code == 0
