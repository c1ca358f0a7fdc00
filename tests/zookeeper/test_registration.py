"""Registering: the epoch, our own remainders, and the sentences for what stands in the way."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.zookeeper.sessions import expire, open_proxy, open_session, open_sessions
from zkbroker import admin_store
from zkbroker.model import BrokerInfo, Endpoint, SecurityProtocol
from zkbroker.registration import (
    StartupRefused,
    check_endpoints,
    register,
    remember_session,
    remembered_sessions,
    update,
)
from zkbroker.testing.processes import ManagedProcess
from zkbroker.zookeeper import znodes
from zkbroker.zookeeper.session import ANY_VERSION, NoNode, ZkSession

LIMIT_S = 20


def endpoint(port: int, host: str = "h1", listener: str = "PLAINTEXT") -> Endpoint:
    return Endpoint(listener, SecurityProtocol.PLAINTEXT, host, port)


def broker(broker_id: int, *ports: int, rack: str | None = None) -> BrokerInfo:
    return BrokerInfo(broker_id, tuple(endpoint(port) for port in ports), rack=rack)


async def read(session: ZkSession, broker_id: int) -> BrokerInfo:
    return (await admin_store.read_brokers(session)).brokers[broker_id]


async def test_the_epoch_is_the_czxid_of_an_ephemeral_node(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        epoch = await register(session, broker(1, 9092, rack="r1"), jmx_port=9999)
        node = await session.get("/brokers/ids/1")
        assert node.stat.czxid == epoch
        assert node.stat.version == 1  # created empty, then set, as Kafka does it
        assert node.stat.ephemeral_owner == session.session_id
        assert await read(session, 1) == BrokerInfo(1, (endpoint(9092),), epoch, "r1")
        assert b'"jmx_port":9999' in node.data
        assert await register(session, broker(1, 9092, rack="r1"), jmx_port=9999) == epoch


async def test_other_endpoints_keep_the_epoch(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        epoch = await register(session, broker(1, 9092))
        stat = await update(session, broker(1, 9093))
        assert stat.czxid == epoch
        assert (await read(session, 1)).endpoints == (endpoint(9093),)
        assert await register(session, broker(1, 9094)) == epoch
        assert (await read(session, 1)).endpoints == (endpoint(9094),)
        with pytest.raises(NoNode):
            await update(other, broker(1, 9095))


async def test_an_id_that_is_taken(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        await register(other, broker(1, 9092, 9093))
        with pytest.raises(StartupRefused) as refused:
            await register(session, broker(1, 9094))
        assert str(refused.value) == (
            "Broker id 1 is taken by the broker at h1:9092, h1:9093 (we are h1:9094): give this broker another "
            "broker.id, or stop the other one; if it was killed, it is gone from ZooKeeper after its session "
            "timeout."
        )


async def test_an_address_that_is_taken(zookeeper: str) -> None:
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        await register(other, broker(1, 9092, 9093))
        with pytest.raises(
            StartupRefused, match=r"Broker 1 already advertises h1:9093, which broker 2 would"
        ):
            await register(session, broker(2, 9093, 9094))
        assert await session.get_children(znodes.BROKER_IDS) == ["1"]
        await register(session, broker(2, 9094))


async def test_what_our_former_session_left_is_deleted(zookeeper: str) -> None:
    async with open_session(zookeeper) as former, open_session(zookeeper) as session:
        before = await register(former, broker(1, 9092))
        session.former_sessions.add(former.session_id)
        epoch = await register(session, broker(1, 9094))  # even if our address has changed
        assert epoch > before
        assert (await session.get("/brokers/ids/1")).stat.ephemeral_owner == session.session_id
        assert former.is_usable


async def test_every_session_registers_anew(zookeeper: str) -> None:
    with trio.fail_after(LIMIT_S):
        async with open_sessions(zookeeper) as sessions:
            first = sessions.current
            before = await register(first, broker(1, 9092))
            await expire(zookeeper, first)
            second = await sessions.next(first)
            assert await register(second, broker(1, 9092)) > before


async def test_what_names_our_own_address_is_waited_for(
    zookeeper: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zkbroker.registration")
    with trio.fail_after(LIMIT_S):
        async with (
            open_session(zookeeper, session_timeout_ms=2_000) as session,
            open_sessions(zookeeper) as former,
        ):
            await register(former.current, broker(1, 9092))
            async with trio.open_nursery() as nursery:

                @nursery.start_soon
                async def end_former_once_waited_for() -> None:
                    while "still registered" not in caplog.text:
                        await trio.lowlevel.checkpoint()
                    await expire(zookeeper, former.current)

                await register(session, broker(1, 9092))
            assert (await session.get("/brokers/ids/1")).stat.ephemeral_owner == session.session_id
    lines = [record.getMessage() for record in caplog.records if "still registered" in record.getMessage()]
    assert lines == [
        "Broker 1 is still registered with our own address h1:9092; waiting up to 6 s for ZooKeeper to expire "
        "the session of the process that did so"
    ]


async def test_a_twin_that_lives_is_not_waited_for_for_ever(zookeeper: str) -> None:
    with trio.fail_after(LIMIT_S):
        async with (
            open_session(zookeeper, session_timeout_ms=1_000) as session,
            open_session(zookeeper) as twin,
        ):
            await register(twin, broker(1, 9092))
            with pytest.raises(StartupRefused, match="keeps its ZooKeeper session alive"):
                await register(session, broker(1, 9092))
            assert await read(session, 1)


@pytest.mark.parametrize(
    ("data", "ephemeral", "message"),
    [
        (b"garbage", True, r"taken by a registration that cannot be read \(znode /brokers/ids/1: not JSON"),
        (znodes.encode_broker(broker(1, 9092), 1), False, "/brokers/ids/1 is not ephemeral.*delete it"),
    ],
)
async def test_nodes_that_no_broker_made(zookeeper: str, data: bytes, ephemeral: bool, message: str) -> None:
    async with open_session(zookeeper) as session, open_session(zookeeper) as other:
        await other.create_path(znodes.BROKER_IDS)
        await other.create("/brokers/ids/1", data, ephemeral=ephemeral)
        await other.create("/brokers/ids/2", b"garbage", ephemeral=True)  # set aside
        with pytest.raises(StartupRefused, match=message):
            await register(session, broker(1, 9092))


async def test_a_registration_whose_answer_was_lost_is_ours(zookeeper: str) -> None:
    with trio.fail_after(LIMIT_S):
        async with (
            open_session(zookeeper) as observer,
            open_proxy(zookeeper) as proxy,
            open_session(proxy.connect) as session,
            trio.open_nursery() as nursery,
        ):
            await observer.create_path(znodes.BROKER_IDS)
            proxy.lose_answer_to(b'"jmx_port"')

            @nursery.start_soon
            async def cut_when_done() -> None:
                await proxy.swallowed.wait()
                while await observer.exists("/brokers/ids/1") is None:
                    await trio.lowlevel.checkpoint()
                proxy.cut()

            epoch = await register(session, broker(1, 9092))
            stat = await observer.exists("/brokers/ids/1")
            assert stat is not None
            assert (stat.czxid, stat.version) == (epoch, 1)
            assert session.connections == 2


async def test_a_broker_that_was_killed_starts_again_at_once(zookeeper: str, tmp_path: Path) -> None:
    """The id of its session, kept in its log directory, proves that the registration is its own."""
    process = ManagedProcess(
        "broker",
        [sys.executable, "-m", "tests.zookeeper.registrant", zookeeper, str(tmp_path)],
        tmp_path / "log",
    )
    process.start()
    try:
        await process.wait_for_line("registered", timeout_s=LIMIT_S)
    finally:
        process.kill()
    former = remembered_sessions([tmp_path, tmp_path / "missing"])
    assert len(former) == 1
    with trio.fail_after(5):  # its session has 60 s to live
        async with open_session(zookeeper, former_sessions=former) as session:
            await register(session, broker(1, 9092))
            remember_session(tmp_path, session)
            assert remembered_sessions([tmp_path]) == {session.session_id}


def test_what_was_not_remembered_is_nothing(tmp_path: Path) -> None:
    (tmp_path / ".zookeeper-session").write_text("12x")
    assert remembered_sessions([tmp_path]) == set()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (endpoint(9092, "0.0.0.0"), "PLAINTEXT://0.0.0.0:9092, and nobody can connect to that address"),
        (endpoint(9092, "::"), r"PLAINTEXT://\[::\]:9092, and nobody can connect"),
        (endpoint(9092, ""), "nobody can connect to that address"),
        (endpoint(0, "localhost"), "0 is no TCP port"),
        (endpoint(9092, "no-such-host.invalid"), "the name no-such-host.invalid cannot be resolved"),
        (endpoint(9092, "a" * 70 + ".example"), "cannot be resolved"),
    ],
)
def test_addresses_nobody_can_reach(bad: Endpoint, message: str) -> None:
    with pytest.raises(StartupRefused, match=message):
        check_endpoints([endpoint(9092, "127.0.0.1"), bad])


def test_addresses_one_can_reach() -> None:
    check_endpoints([endpoint(9092, "localhost"), endpoint(9093, "::1"), endpoint(9094, "127.0.0.1")])


async def test_a_vanished_parent_is_made_again(zookeeper: str) -> None:
    async with open_session(zookeeper) as session:
        await session.create_path(znodes.BROKER_IDS)
        await session.delete(znodes.BROKER_IDS, ANY_VERSION)
        assert await register(session, broker(1, 9092)) > 0
