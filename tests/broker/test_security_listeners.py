"""Listeners on real sockets: what each asks, how long it waits, what it logs; limits on connections."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
import trio.testing

from tests.broker.sasl_client import Served
from tests.support.certificates import Authority, new_authority
from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.config.jaas import PLAIN_MODULE
from zkbroker.network.admission import Admission, ConnectionLimits, limits_of
from zkbroker.network.connection import Connection
from zkbroker.network.listeners import Listener, bind
from zkbroker.network.memory import RequestMemory
from zkbroker.protocol.codec import ApiKey, RequestHeader, decode_response, encode_request
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
from zkbroker.security.authorizer import Principal
from zkbroker.security.guard import Guard, new_guard

USERS = f'{PLAIN_MODULE} required username="admin" password="x" user_admin="x" user_alice="a";'
HEARTBEAT = b"\0\x0c\0\x04\0\0\0\x01" + b"\xff\xff\0" * 8


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


@attrs.define(eq=False)
class Open:
    """Open listeners, and who has come."""

    guard: Guard
    listeners: list[Listener]
    served: list[Served]
    connections: list[Connection]
    directory: Path

    def port(self, name: str) -> int:
        return next(one.endpoint.port for one in self.listeners if one.endpoint.listener == name)

    async def connect(self, name: str) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port(name))

    async def connect_tls(
        self, name: str, certificate: Path | None = None
    ) -> trio.SSLStream[trio.SocketStream]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.directory / "trusted.pem")
        if certificate is not None:
            context.load_cert_chain(certificate)
        stream = trio.SSLStream(
            await self.connect(name), context, server_hostname="localhost", https_compatible=True
        )
        await stream.do_handshake()
        return stream


@asynccontextmanager
async def opened(
    directory: Path,
    authority: Authority,
    listeners: str,
    overrides: Mapping[str, str] | None = None,
    *,
    patience_s: float = 30.0,
    entities: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Open]:
    """Listeners `NAME:PROTOCOL,…` with a key, an authority and two users."""
    authority.write_pem(directory / "trusted.pem")
    authority.issue("broker").write_pem(directory / "keys.pem")
    names = [entry.partition(":")[0] for entry in listeners.split(",")]
    config = BrokerConfig.from_properties(
        {
            "zookeeper.connect": "zk",
            "listeners": ",".join(f"{name}://127.0.0.1:0" for name in names),
            "listener.security.protocol.map": listeners,
            "inter.broker.listener.name": names[0],
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.jaas.config": USERS,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(directory / "keys.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(directory / "trusted.pem"),
            "connection.failed.authentication.delay.ms": "0",
            **(overrides or {}),
        }
    )
    guard = new_guard(lambda: config, lambda path: (entities or {}).get(path, {}))
    bound = [bind(endpoint, 128) for endpoint in config.listeners]
    here = Open(guard, bound, [], [], directory)
    guard.oversee(bound)

    def serve(connection: Connection) -> Served:
        here.connections.append(connection)
        here.served.append(Served())
        return here.served[-1]

    async with trio.open_nursery() as connections:
        async with trio.open_nursery() as acceptors:
            for listener in bound:
                security = guard.listeners[listener.endpoint.listener]
                acceptors.start_soon(
                    listener.accept_into,
                    connections,
                    guard.new_session(listener.endpoint.listener, serve),
                    RequestMemory(1 << 20),
                    1 << 20,
                    attrs.evolve(security.entrance, patience_s=patience_s),
                    guard.admission,
                )
            try:
                with trio.fail_after(20):
                    yield here
            finally:
                acceptors.cancel_scope.cancel()
        for listener in bound:
            listener.close()
        connections.cancel_scope.cancel()


async def heartbeat(stream: trio.abc.Stream) -> bool:
    """Whether a request is answered."""
    try:
        await stream.send_all(len(HEARTBEAT).to_bytes(4, "big") + HEARTBEAT)
        return bool(await stream.receive_some(100))
    except trio.BrokenResourceError:
        return False


async def wait_line(caplog: pytest.LogCaptureFixture, part: str) -> None:
    with trio.fail_after(10):
        while part not in caplog.text:  # noqa: ASYNC110 (logging tells nobody)
            await trio.sleep(0.005)


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


# ------------------------------------------------------------------------------------------------- TLS


async def test_who_comes_with_a_certificate_has_its_name(tmp_path: Path, authority: Authority) -> None:
    alice = authority.issue("alice").write_pem(tmp_path / "alice.pem")
    rules = {
        "listener.name.b.ssl.principal.mapping.rules": "RULE:CN=(.*)/$1/U",
        "listener.name.c.ssl.client.auth": "requested",
    }
    async with opened(
        tmp_path, authority, "A:SSL,B:SSL,C:SSL", {"ssl.client.auth": "required"} | rules
    ) as here:
        for listener, certificate, principal in (
            ("A", alice, "User:CN=alice"),
            ("B", alice, "User:ALICE"),
            ("C", alice, "User:CN=alice"),
            ("C", None, "User:ANONYMOUS"),
        ):
            async with await here.connect_tls(listener, certificate) as stream:
                assert await heartbeat(stream)
                assert here.served[-1].seen == [(12, principal)]


async def test_a_certificate_no_rule_fits(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    alice = authority.issue("alice").write_pem(tmp_path / "alice.pem")
    async with opened(
        tmp_path,
        authority,
        "A:SSL",
        {"ssl.client.auth": "required", "ssl.principal.mapping.rules": "RULE:CN=bob/bob/"},
    ) as here:
        async with await here.connect_tls("A", alice) as stream:
            assert not await heartbeat(stream)
        await wait_line(caplog, "its certificate gives it no name: no rule of ssl.principal.mapping.rules")
        assert [served.seen for served in here.served] in ([], [[]])


async def test_plain_text_on_a_tls_port(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, authority, "A:SSL") as here, await here.connect("A") as stream:
        await heartbeat(stream)
        await wait_line(caplog, "on A: what it sent is not TLS; does it speak plain text?")


async def test_tls_on_a_plain_text_port(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, authority, "A:PLAINTEXT,B:SASL_PLAINTEXT") as here:
        for name in ("A", "B"):
            with pytest.raises(trio.BrokenResourceError):
                await here.connect_tls(name)
        assert caplog.text.count("is it TLS? this listener does not speak it") == 2


async def test_a_mechanism_nobody_has_is_told_before_the_connection_is_closed(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer and the end at once: kafka-python sees the end first, and never says what is wrong."""
    header = RequestHeader(ApiKey.SASL_HANDSHAKE, 1, 7, "me")
    request = b"".join(map(bytes, encode_request(header, SaslHandshakeRequest(mechanism="GSSAPI"))))
    for delay_ms in (599_000, 50, 0):
        overrides = {"connection.failed.authentication.delay.ms": str(delay_ms)}
        async with (
            opened(tmp_path, authority, "A:SASL_PLAINTEXT", overrides) as here,
            await here.connect("A") as stream,
        ):
            await stream.send_all(request)
            frame = b""
            while len(frame) < 4 or len(frame) < 4 + int.from_bytes(frame[:4], "big"):
                more = await stream.receive_some(1000)
                assert more, "it was closed before the answer had come"
                frame += more
            _, answer = decode_response(ApiKey.SASL_HANDSHAKE, 1, memoryview(frame)[4:])
            assert isinstance(answer, SaslHandshakeResponse) and answer.error_code == 33
            if delay_ms < 1000:
                assert await stream.receive_some(1) == b""
    assert "on A: it asks for 'GSSAPI', and the listener has PLAIN" in caplog.text
    assert "it did not say who it is" not in caplog.text


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL", "SASL_PLAINTEXT"])
async def test_whoever_never_speaks_is_shown_out(
    tmp_path: Path, authority: Authority, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, authority, f"A:{protocol}", patience_s=0.05) as here:
        streams = [await here.connect("A") for _ in range(20)]
        for stream in streams:
            assert await stream.receive_some(1) == b""
            await stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert caplog.text.count("on A: it did not say who it is within 0.05 s") == 20
        assert here.guard.admission.statistics().connections == 0


async def test_a_handshake_that_stops_half_way(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, authority, "A:SSL", patience_s=0.05) as here:
        client_hello = ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = context.wrap_bio(ssl.MemoryBIO(), client_hello, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        async with await here.connect("A") as stream:
            await stream.send_all(client_hello.read())
            while await stream.receive_some(1 << 16):
                pass
        await wait_line(caplog, "on A: it did not say who it is within 0.05 s")


async def test_who_has_said_who_it_is_may_be_silent(tmp_path: Path, authority: Authority) -> None:
    async with (
        opened(tmp_path, authority, "A:SSL", patience_s=0.2) as here,
        await here.connect_tls("A") as stream,
    ):
        await trio.sleep(0.3)
        assert await heartbeat(stream)


async def test_who_is_still_shaking_hands_is_not_idle(tmp_path: Path, authority: Authority) -> None:
    """The sweeper closed connections that it met in the middle of the TLS handshake."""
    async with opened(tmp_path, authority, "A:SSL") as here:
        stream = await here.connect("A")
        while not here.listeners[0].connections:
            await trio.lowlevel.checkpoint()
        assert here.listeners[0].close_idle(600.0, trio.current_time()) == 0
        await stream.aclose()


async def test_frames_are_small_before_authentication(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(
        tmp_path, authority, "A:SASL_PLAINTEXT", {"sasl.server.max.receive.size": "1000"}
    ) as here:
        async with await here.connect("A") as stream:
            await stream.send_all((1001).to_bytes(4, "big"))
            assert await stream.receive_some(1) == b""
        assert "a frame of 1001 bytes, the limit is 1000" in caplog.text


# ---------------------------------------------------------------------------------------- connections


async def is_open(stream: trio.SocketStream) -> bool:
    return await heartbeat(stream)


async def test_so_many_of_one_address(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(
        tmp_path, authority, "A:PLAINTEXT,B:PLAINTEXT", {"max.connections.per.ip": "2"}
    ) as here:
        first, second, third = [await here.connect(name) for name in "ABA"]
        assert await is_open(first) and await is_open(second) and not await is_open(third)
        assert "refusing the connection of 127.0.0.1 on A: its address has 2 connections" in caplog.text
        await first.aclose()
        await third.aclose()
        await trio.testing.wait_all_tasks_blocked()
        async with await here.connect("A") as fourth:
            assert await is_open(fourth)
        await second.aclose()


async def test_an_address_of_its_own(tmp_path: Path, authority: Authority) -> None:
    async with (
        opened(
            tmp_path,
            authority,
            "A:PLAINTEXT",
            {"max.connections.per.ip": "0", "max.connections.per.ip.overrides": "127.0.0.1:1"},
        ) as here,
        await here.connect("A") as first,
        await here.connect("A") as second,
    ):
        assert await is_open(first) and not await is_open(second)


async def test_a_full_listener_lets_clients_wait(tmp_path: Path, authority: Authority) -> None:
    async with opened(
        tmp_path, authority, "A:PLAINTEXT,B:PLAINTEXT", {"listener.name.b.max.connections": "1"}
    ) as here:
        first, second = await here.connect("B"), await here.connect("B")
        assert await is_open(first)
        await second.send_all(len(HEARTBEAT).to_bytes(4, "big") + HEARTBEAT)
        with trio.move_on_after(0.05) as waited:
            await second.receive_some(1)
        assert waited.cancelled_caught
        async with await here.connect("A") as other:
            assert await is_open(other)
        await first.aclose()
        assert await second.receive_some(1)
        await second.aclose()


async def test_brokers_take_places_from_idle_clients(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(
        tmp_path, authority, "BROKERS:PLAINTEXT,CLIENTS:PLAINTEXT", {"max.connections": "2"}
    ) as here:
        idle, busy = await here.connect("CLIENTS"), await here.connect("CLIENTS")
        assert await is_open(idle)
        await trio.sleep(0.01)
        assert await is_open(busy)
        async with await here.connect("BROKERS") as broker:
            assert await is_open(broker)
            assert await idle.receive_some(1) == b""
            assert await is_open(busy)
        assert "another broker needs its place (max.connections)" in caplog.text
        await idle.aclose()
        await busy.aclose()


async def test_an_address_that_connects_too_often_is_kept_waiting(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    entities = {"ips/127.0.0.1": {"connection_creation_rate": "20"}, "ips/<default>": {}}
    async with opened(tmp_path, authority, "A:PLAINTEXT", entities=entities) as here:
        streams = [await here.connect("A") for _ in range(22)]
        opened_at_once = [await is_open(stream) for stream in streams]
        assert opened_at_once[:20] == [True] * 20
        assert not opened_at_once[-1]
        assert "its address connects too often" in caplog.text
        for stream in streams:
            await stream.aclose()


def test_rates_hold_over_time() -> None:
    limits = ConnectionLimits(per_second=10, listener_per_second={"A": 5})
    admission = Admission(lambda: limits)
    now, accepted = 0.0, {"A": 0, "B": 0}
    while now < 20:
        for listener in accepted:
            accepted[listener] += 1
            now += admission.pause_s(listener, now) + 0.001
    assert accepted["A"] == pytest.approx(100, abs=15)
    assert sum(accepted.values()) == pytest.approx(200, abs=30)


def test_the_keys_of_the_limits() -> None:
    config = BrokerConfig.from_properties(
        {
            "zookeeper.connect": "zk",
            "listeners": "A://h:1,B://h:2",
            "listener.security.protocol.map": "A:PLAINTEXT,B:PLAINTEXT",
            "inter.broker.listener.name": "A",
            "max.connections": "9",
            "max.connections.per.ip": "8",
            "max.connections.per.ip.overrides": "10.0.0.1:7",
            "max.connection.creation.rate": "6",
            "listener.name.b.max.connections": "5",
            "listener.name.b.max.connection.creation.rate": "4",
        }
    )
    assert limits_of(config) == ConnectionLimits(
        connections=9,
        per_second=6,
        per_address=8,
        address_overrides={"10.0.0.1": 7},
        listener_connections={"B": 5},
        listener_per_second={"B": 4},
        protected_listener="A",
    )


def test_addresses_are_written_as_java_does(tmp_path: Path) -> None:
    """A rule for 127.0.0.1 is about that client, whichever socket it comes in by."""
    config = BrokerConfig.from_properties({"zookeeper.connect": "zk", "listeners": "PLAINTEXT://:0"})

    async def main() -> list[str]:
        listener = bind(config.listeners[0], 10)
        hosts = []

        def serve(connection: Connection) -> Served:
            hosts.append(connection.host)
            return Served(Principal())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listener.accept_into, nursery, serve, RequestMemory(1), 100)
            for address in ("127.0.0.1", "::1"):
                with trio.move_on_after(2):
                    try:
                        stream = await trio.open_tcp_stream(address, listener.endpoint.port)
                    except OSError:
                        continue  # a machine without IPv6
                    await heartbeat(stream)
                    await stream.aclose()
            nursery.cancel_scope.cancel()
        listener.close()
        return hosts

    hosts = trio.run(main)
    assert hosts[0] == "127.0.0.1"
    assert hosts[1:] in ([], ["0:0:0:0:0:0:0:1"])


# --------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"ssl.principal.mapping.rules": "WHAT"}, "ssl.principal.mapping.rules"),
        (
            {
                "listener.name.a.sasl.enabled.mechanisms": "PLAIN,OAUTHBEARER",
                "sasl.server.callback.handler.class": (
                    "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler"
                ),
                "sasl.oauthbearer.jwks.endpoint.url": "https://id.example/keys",
            },
            "sasl.oauthbearer.jwks.endpoint.url",
        ),
    ],
)
async def test_what_cannot_be_served_stops_the_start(
    tmp_path: Path, authority: Authority, overrides: dict[str, str], key: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        async with opened(tmp_path, authority, "A:SASL_SSL", overrides):
            pass
    assert refused.value.key == key


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_weak_settings_are_said_aloud(
    tmp_path: Path, authority: Authority, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with opened(
            tmp_path, authority, f"A:{protocol}", {"sasl.enabled.mechanisms": "PLAIN,OAUTHBEARER"}
        ):
            pass

    trio.run(main)
    assert ("takes passwords (PLAIN) without TLS" in caplog.text) == (protocol == "SASL_PLAINTEXT")
    assert "takes bearer tokens that nobody has signed" in caplog.text
