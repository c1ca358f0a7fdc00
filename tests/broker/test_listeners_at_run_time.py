"""Listeners come, move and go while a broker runs; and the one that is for the controller alone."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
import trio

from tests.broker import feed
from tests.broker.in_process import InProcess, Wire
from tests.broker.test_configs import BROKER, DELETE, SET, Administrator
from tests.support.certificates import new_authority
from zkbroker.errors import ErrorCode
from zkbroker.protocol.generated.metadata_request import MetadataRequest
from zkbroker.protocol.generated.metadata_response import MetadataResponse
from zkbroker.testing.processes import free_port

Start = Callable[..., Awaitable[InProcess]]

MAP = "PLAINTEXT:PLAINTEXT,EXTRA:PLAINTEXT,CONTROL:PLAINTEXT"


async def new_cluster(in_process: Start, brokers: int = 2) -> InProcess:
    return await in_process(brokers=brokers, listener_security_protocol_map=MAP)


def told(cluster: InProcess, broker_id: int, by: int) -> Mapping[str, int]:
    """Listener name to port, of one broker as another one knows it from the controller."""
    services = cluster.brokers[by].services
    assert services is not None
    broker = services.metadata.snapshot.brokers.get(broker_id)
    return {} if broker is None else {e.listener: e.port for e in broker.endpoints}


def listening(port: int, *more: tuple[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{p}" for name, p in (("PLAINTEXT", port), *more))


async def connect(port: int) -> Wire:
    return Wire(await trio.open_tcp_stream("127.0.0.1", port))


async def hosts_of(wire: Wire) -> dict[int, int]:
    """Port by broker id, as the metadata on this connection's listener says."""
    answer = await wire.ask(MetadataRequest(topics=[]), 9)
    assert isinstance(answer, MetadataResponse)
    return {broker.node_id: broker.port for broker in answer.brokers}


async def test_a_listener_comes_moves_and_goes(in_process: Start) -> None:
    cluster = await new_cluster(in_process)
    admin = Administrator(cluster, await cluster.wire(1))
    kept = cluster.brokers[1].endpoints[0].port
    epoch = cluster.brokers[1]._epoch
    first, second = free_port(), free_port()

    wanted = listening(kept, ("EXTRA", first))
    with feed.listening(cluster) as lines:
        assert await admin.alter(BROKER, "1", ("listeners", SET, wanted)) is ErrorCode.NONE
        await cluster.wait_until(lambda: told(cluster, 1, by=2) == {"PLAINTEXT": kept, "EXTRA": first})
        await lines.next("ConfigChanged", by=1, entity="brokers/1")
        _, moved_to = await lines.next("EndpointsChanged", by=1)
        assert [text.rpartition(":")[2] for text in moved_to.endpoints] == [str(kept), str(first)]
    extra = await connect(first)
    assert await hosts_of(extra) == {1: first}, "a client of a listener is told of those who have it"
    assert cluster.brokers[1]._epoch == epoch, "its registration is the same"

    wanted = listening(kept, ("EXTRA", second))
    assert await admin.alter(BROKER, "1", ("listeners", SET, wanted)) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=2) == {"PLAINTEXT": kept, "EXTRA": second})
    assert await extra.is_closed()
    moved = await connect(second)
    assert await hosts_of(moved) == {1: second}
    with pytest.raises(OSError, match="all attempts to connect"):
        await connect(first)

    advertised = wanted.replace(f"EXTRA://127.0.0.1:{second}", "EXTRA://localhost:7")
    assert await admin.alter(BROKER, "1", ("advertised.listeners", SET, advertised)) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=2) == {"PLAINTEXT": kept, "EXTRA": 7})
    assert await hosts_of(moved) == {1: 7}

    gone = [("listeners", DELETE, None), ("advertised.listeners", DELETE, None)]
    assert await admin.alter(BROKER, "1", *gone) is ErrorCode.NONE
    await cluster.wait_until(lambda: set(told(cluster, 1, by=2)) == {"PLAINTEXT"})
    assert await moved.is_closed()
    for wire in (extra, moved):
        await trio.aclose_forcefully(wire.stream)


async def test_a_listener_with_tls_comes_with_keys_of_its_own(in_process: Start, tmp_path: Path) -> None:
    authority = new_authority()
    keys = authority.issue("broker").write_pem(tmp_path / "keys.pem")
    trusted = authority.write_pem(tmp_path / "trusted.pem")
    cluster = await in_process(listener_security_protocol_map="PLAINTEXT:PLAINTEXT,SECURE:SSL")
    admin = Administrator(cluster, await cluster.wire(1))
    kept, port = cluster.brokers[1].endpoints[0].port, free_port()
    wanted = listening(kept, ("SECURE", port))
    prefix = "listener.name.secure.ssl"
    without = await admin.alter(BROKER, "1", ("listeners", SET, wanted))
    assert without is not ErrorCode.NONE, "it has no key yet"
    together = [
        (f"{prefix}.keystore.type", SET, "PEM"),
        (f"{prefix}.keystore.location", SET, str(keys)),
        ("listeners", SET, wanted),
    ]
    assert await admin.alter(BROKER, "1", *together) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=1) == {"PLAINTEXT": kept, "SECURE": port})
    context = ssl.create_default_context(cafile=str(trusted))
    stream = trio.SSLStream(
        await trio.open_tcp_stream("127.0.0.1", port), context, server_hostname="localhost"
    )
    with trio.fail_after(20):
        await stream.do_handshake()
    await trio.aclose_forcefully(stream)


async def test_what_is_set_in_zookeeper_holds_after_a_restart(
    in_process: Start,
) -> None:
    cluster = await new_cluster(in_process, brokers=1)
    kept, extra = cluster.brokers[1].endpoints[0].port, free_port()
    admin = Administrator(cluster, await cluster.wire(1))
    wanted = listening(kept, ("EXTRA", extra))
    assert await admin.alter(BROKER, "1", ("listeners", SET, wanted)) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=1) == {"PLAINTEXT": kept, "EXTRA": extra})
    await cluster.stop_broker(1)
    restarted = await cluster.start_broker(1, {"listener_security_protocol_map": MAP})
    assert {e.listener: e.port for e in restarted.endpoints} == {"PLAINTEXT": kept, "EXTRA": extra}
    await cluster.wait_until(lambda: told(cluster, 1, by=1) == {"PLAINTEXT": kept, "EXTRA": extra})


async def test_a_port_that_is_taken_leaves_everything_as_it_was(
    in_process: Start, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = await new_cluster(in_process, brokers=1)
    kept, extra = cluster.brokers[1].endpoints[0].port, free_port()
    admin = Administrator(cluster, await cluster.wire(1))
    wanted = listening(kept, ("EXTRA", extra))
    assert await admin.alter(BROKER, "1", ("listeners", SET, wanted)) is ErrorCode.NONE
    await cluster.wait_until(lambda: "EXTRA" in told(cluster, 1, by=1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = listening(kept, ("EXTRA", taken.getsockname()[1]))
        assert await admin.alter(BROKER, "1", ("listeners", SET, wanted)) is ErrorCode.NONE
        await cluster.wait_until(lambda: "listener EXTRA is not moved" in caplog.text)
    assert told(cluster, 1, by=1) == {"PLAINTEXT": kept, "EXTRA": extra}
    wire = await connect(extra)
    assert await hosts_of(wire) == {1: extra}
    await trio.aclose_forcefully(wire.stream)


async def test_what_cannot_be_is_refused(in_process: Start) -> None:
    cluster = await new_cluster(in_process, brokers=1)
    kept = cluster.brokers[1].endpoints[0].port
    admin = Administrator(cluster, await cluster.wire(1))
    for key, value in (
        ("listeners", f"EXTRA://127.0.0.1:{free_port()}"),  # none is left for the other brokers
        ("listeners", listening(kept, ("STRANGE", free_port()))),  # no protocol
        ("listeners", listening(kept, ("EXTRA", kept))),  # one port for two
        ("advertised.listeners", listening(kept, ("EXTRA", 7))),  # not among listeners
        ("listener.security.protocol.map", "PLAINTEXT:SSL"),  # an open listener keeps its protocol
        ("control.plane.listener.name", "EXTRA"),  # only at the start
        ("listener.name.plaintext.connections.max.reauth.ms", "5"),  # it is open already
    ):
        code = await admin.alter(BROKER, "1", (key, SET, value))
        assert code in (ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_CONFIG), (key, value, code)
    assert await admin.alter(BROKER, "", ("listeners", SET, listening(kept))) is not ErrorCode.NONE


async def test_the_controllers_requests_and_those_to_it_take_the_control_plane_listener(
    in_process: Start,
) -> None:
    """The other listener leads nowhere: followers cannot fetch, and yet the controller reigns over both brokers."""

    def settings(broker_id: int) -> dict[str, str]:
        return {
            "listeners": "CONTROL://127.0.0.1:0,PLAINTEXT://127.0.0.1:0",
            "advertised_listeners": f"CONTROL://127.0.0.1:0,PLAINTEXT://127.0.0.1:{broker_id}",
            "listener_security_protocol_map": MAP,
            "control_plane_listener_name": "CONTROL",
            "replica_lag_time_max_ms": "500",
        }

    cluster = await in_process(brokers=1, **settings(1))
    await cluster.start_broker(2, settings(2))
    await cluster.wait_until(lambda: all(cluster.alive(b) == {1, 2} for b in (1, 2)))
    await cluster.create_topic("t", partitions=2, replication_factor=2)
    assert {cluster.leader("t", 0), cluster.leader("t", 1)} == {1, 2}

    def isrs(by: int) -> list[tuple[int, ...]]:
        services = cluster.brokers[by].services
        assert services is not None
        return [partition.isr for partition in services.metadata.snapshot.partitions("t").values()]

    # Each leader had the follower that cannot reach it removed, by AlterPartition; both heard of it.
    await cluster.wait_until(lambda: all(sorted(isrs(by)) == [(1,), (2,)] for by in (1, 2)))


async def test_a_listener_of_a_name_that_is_new_too(in_process: Start) -> None:
    """Its protocol comes with it; with the map unset, the broker does without it again."""
    cluster = await in_process()
    admin = Administrator(cluster, await cluster.wire(1))
    kept, port = cluster.brokers[1].endpoints[0].port, free_port()
    listeners = ("listeners", SET, listening(kept, ("NEWCOMER", port)))
    assert await admin.alter(BROKER, "1", listeners) is ErrorCode.INVALID_REQUEST, "which protocol?"
    protocols = ("listener.security.protocol.map", SET, "PLAINTEXT:PLAINTEXT,NEWCOMER:PLAINTEXT")
    assert await admin.alter(BROKER, "1", listeners, protocols) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=1) == {"PLAINTEXT": kept, "NEWCOMER": port})
    wire = await connect(port)
    assert await hosts_of(wire) == {1: port}
    unset = [(key, DELETE, None) for key, _, _ in (listeners, protocols)]
    assert await admin.alter(BROKER, "1", *unset) is ErrorCode.NONE
    await cluster.wait_until(lambda: told(cluster, 1, by=1) == {"PLAINTEXT": kept})
    assert await wire.is_closed()
    await trio.aclose_forcefully(wire.stream)
