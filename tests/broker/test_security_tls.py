"""TLS on real sockets: both directions at once, what each failure says, contexts that follow their files."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.support.certificates import PASSWORD, Authority, Issued, new_authority
from zkbroker.config import BrokerConfig, ConfigError
from zkbroker.fairness import Turnstile
from zkbroker.network.tls import TlsFacts, TlsFailed, TlsTransport
from zkbroker.network.transport import Sendable
from zkbroker.security.tls import ListenerTls, build_contexts, openssl_cipher, settings_of


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Issued:
    return authority.issue("broker")


class Stores:
    """A directory with stores, and configurations that name them."""

    def __init__(self, directory: Path, authority: Authority, broker: Issued) -> None:
        self.keys = broker.write_pem(directory / "keys.pem")
        self.trusted = authority.write_pem(directory / "trusted.pem")

    def config(self, **overrides: str) -> BrokerConfig:
        return BrokerConfig.from_properties(
            {
                "zookeeper.connect": "zk",
                "listeners": "SSL://localhost:0",
                "security.inter.broker.protocol": "SSL",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": str(self.keys),
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.trusted),
                **{key.replace("_", "."): value for key, value in overrides.items()},
            }
        )


@pytest.fixture
def stores(tmp_path: Path, authority: Authority, broker: Issued) -> Stores:
    return Stores(tmp_path, authority, broker)


def contexts(config: BrokerConfig) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    built = build_contexts(config, settings_of(config, "SSL"))
    return built.server, built.client


def connected(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost"
) -> tuple[TlsTransport, TlsTransport]:
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)  # so that sends must wait
    return (
        TlsTransport(ours, server, server_side=True),
        TlsTransport(theirs, client, server_side=False, server_hostname=name),
    )


async def shake(server: TlsTransport, client: TlsTransport) -> tuple[TlsFacts, TlsFacts]:
    """Both handshakes. Raises: an ExceptionGroup of TlsFailed."""
    facts: dict[TlsTransport, TlsFacts] = {}

    async def one(end: TlsTransport) -> None:
        facts[end] = await end.handshake()

    try:
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(one, server)
                nursery.start_soon(one, client)
    except BaseException:
        server.close()
        client.close()
        raise
    return facts[server], facts[client]


async def receive(transport: TlsTransport, size: int) -> bytes:
    buffer = bytearray(size)
    rest = memoryview(buffer)

    def get_buffer() -> memoryview:
        return rest

    while rest:
        count = await transport.receive_into(get_buffer)
        assert count, f"the stream ended {len(rest)} bytes early"
        rest = rest[count:]
    return bytes(buffer)


class Rounds(trio.abc.Instrument):
    """How many steps of handshakes each round of the event loop had."""

    def __init__(self) -> None:
        self.steps = [0]

    def before_io_wait(self, timeout: float) -> None:
        self.steps.append(0)


class CountedSteps:
    """An SSLObject that counts the steps that have something to answer."""

    def __init__(self, transport: TlsTransport, rounds: Rounds) -> None:
        self._wrapped, self._incoming, self._rounds = transport._ssl, transport._incoming, rounds

    def do_handshake(self) -> None:
        self._rounds.steps[-1] += self._incoming.pending > 0
        self._wrapped.do_handshake()

    def __getattr__(self, name: str) -> object:
        return getattr(self._wrapped, name)


async def test_many_handshakes_at_once_do_not_hold_up_others(stores: Stores) -> None:
    server, client = contexts(stores.config())
    rounds, turnstile = Rounds(), Turnstile()
    pairs = [connected(server, client) for _ in range(30)]
    for ours, theirs in pairs:
        with pytest.raises(ssl.SSLWantReadError):
            theirs._ssl.do_handshake()
        theirs._socket.send(theirs._outgoing.read())
        ours._ssl = CountedSteps(ours, rounds)  # type: ignore[assignment]
    trio.lowlevel.add_instrument(rounds)
    try:
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for ours, _ in pairs:
                    nursery.start_soon(ours.handshake, turnstile)
                for _, theirs in pairs:
                    await theirs.handshake()
    finally:
        trio.lowlevel.remove_instrument(rounds)
        for pair in pairs:
            for end in pair:
                end.close()
    assert max(rounds.steps) == 1
    assert sum(rounds.steps) >= 30


class Slice:
    """A FileSlice that is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __len__(self) -> int:
        return len(self.content)

    def sendfile_to(self, socket_fd: int, sent: int, max_bytes: int) -> int:
        raise AssertionError("plain text would leave")

    def read(self, start: int = 0, max_bytes: int | None = None) -> bytes:
        return self.content[start:][:max_bytes]

    def release(self) -> None:
        pass


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_both_directions_at_once(stores: Stores, version: str) -> None:
    """Megabytes each way through small socket buffers, in pieces of every size."""
    server, client = connected(*contexts(stores.config(ssl_enabled_protocols=version)))
    facts, _ = await shake(server, client)
    assert facts.protocol == version
    content = bytes(range(256)) * 8192
    pieces: list[Sendable] = [
        content[:1],
        content[1:20_000],
        Slice(content[20_000:700_001]),
        memoryview(content)[700_001:],
    ]
    got = []

    async def read(end: TlsTransport) -> None:
        got.append(await receive(end, len(content)))

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            for end in (server, client):
                nursery.start_soon(read, end)
                nursery.start_soon(end.send, pieces)
    assert got == [content, content]
    server.close()
    assert await client.receive_into(lambda: memoryview(bytearray(10))) == 0
    client.close()


async def test_closing_wakes_the_reader(stores: Stores) -> None:
    server, client = connected(*contexts(stores.config()))
    await shake(server, client)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:

            async def read() -> None:
                with pytest.raises(trio.ClosedResourceError):
                    await server.receive_into(lambda: memoryview(bytearray(10)))

            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            server.close()
            server.close()
    client.close()


async def test_client_certificates(stores: Stores, authority: Authority, tmp_path: Path) -> None:
    alice = authority.issue("alice")
    stores.keys = alice.write_pem(tmp_path / "alice.pem")
    _, showing = contexts(stores.config())
    hiding = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    hiding.load_verify_locations(stores.trusted)
    for client_auth, client, shown in (
        ("none", showing, False),
        ("requested", showing, True),
        ("requested", hiding, False),
        ("required", showing, True),
    ):
        server, _ = contexts(stores.config(ssl_client_auth=client_auth))
        ends = connected(server, client)
        facts, _ = await shake(*ends)
        assert (facts.peer_certificate is not None) == shown
        for end in ends:
            end.close()


def test_client_auth_of_all_listeners_is_not_for_those_with_sasl(stores: Stores) -> None:
    """Who logs in needs no certificate, unless the listener's own key asks for one. Source: KIP-684."""
    config = stores.config(
        ssl_client_auth="required",
        listeners="SSL://localhost:0,A://localhost:0,B://localhost:0",
        listener_security_protocol_map="SSL:SSL,A:SASL_SSL,B:SASL_SSL",
        security_inter_broker_protocol="SSL",
        sasl_enabled_mechanisms="SCRAM-SHA-512",
    ).with_properties({"listener.name.b.ssl.client.auth": "requested"})
    asked = {name: settings_of(config, name).client_auth for name in ("SSL", "A", "B")}
    assert asked == {"SSL": "required", "A": "none", "B": "requested"}


def sentence(error: BaseExceptionGroup[TlsFailed] | BaseException) -> set[str]:
    leaves = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    return {str(leaf) for leaf in leaves}


async def refused(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> set[str]:
    """What the two ends say when they cannot agree. In TLS 1.3 a client hears of it with its first read."""
    ends = connected(server, client, name)
    said: set[str] = set()

    async def end(transport: TlsTransport) -> None:
        try:
            await transport.handshake()
            await transport.receive_into(lambda: memoryview(bytearray(1)))
        except TlsFailed as error:
            said.add(str(error))
        finally:
            transport.close()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for one in ends:
                nursery.start_soon(end, one)
    return said


async def test_what_a_refused_certificate_says(stores: Stores, authority: Authority, tmp_path: Path) -> None:
    stores.keys = authority.issue("late", days=-1).write_pem(tmp_path / "expired.pem")
    expired = contexts(stores.config())[1]
    expired_server = contexts(stores.config())[0]
    stranger = new_authority("Strangers").issue("stranger")
    stores.keys = stranger.write_pem(tmp_path / "stranger.pem")
    strange = contexts(stores.config())[1]
    elsewhere = authority.issue("elsewhere", hosts=["elsewhere.example"])
    stores.keys = elsewhere.write_pem(tmp_path / "elsewhere.pem")
    misplaced = contexts(stores.config())[0]
    stores.keys = authority.issue("broker").write_pem(tmp_path / "good.pem")
    server, client = contexts(stores.config(ssl_client_auth="required"))
    silent = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    silent.load_verify_locations(stores.trusted)

    said = await refused(server, expired)
    assert "its certificate is not accepted: certificate has expired" in said
    assert "it says that our certificate has expired" in said
    said = await refused(server, strange)
    assert any("its certificate is not accepted: self-signed certificate in" in line for line in said)
    assert "it does not know the authority that signed our certificate" in said
    said = await refused(server, silent)
    assert "it showed no certificate, and the listener requires one (ssl.client.auth=required)" in said
    assert "it asks for a certificate, and we have none to show" in said
    assert any("certificate has expired" in line for line in await refused(expired_server, client))
    assert any("Hostname mismatch" in line for line in await refused(misplaced, client))
    without_names = contexts(stores.config(ssl_endpoint_identification_algorithm=""))[1]
    ends = connected(misplaced, without_names)
    await shake(*ends)
    for end in ends:
        end.close()


async def test_what_no_common_language_says(stores: Stores) -> None:
    older = contexts(stores.config(ssl_enabled_protocols="TLSv1.2"))
    newer = contexts(stores.config(ssl_enabled_protocols="TLSv1.3"))
    assert "it offers no TLS version that the listener allows" in await refused(newer[0], older[1])
    one, other = (
        contexts(stores.config(ssl_enabled_protocols="TLSv1.2", ssl_cipher_suites=suite))
        for suite in (
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        )
    )
    assert "it offers no cipher suite that the listener allows" in await refused(one[0], other[1])


@pytest.mark.parametrize(
    "first",
    [
        bytes.fromhex("0000001a0012000000000001000269 64".replace(" ", "")),  # a Kafka request
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        bytes(64),
    ],
)
async def test_plain_text_on_a_tls_port(stores: Stores, first: bytes) -> None:
    ours, theirs = socket.socketpair()
    server = TlsTransport(ours, contexts(stores.config())[0], server_side=True)
    theirs.sendall(first)
    with trio.fail_after(5), pytest.raises(TlsFailed, match="is not TLS; does it speak plain text"):
        await server.handshake()
    server.close()
    theirs.close()


async def test_a_handshake_that_breaks_off(stores: Stores) -> None:
    ours, theirs = socket.socketpair()
    server = TlsTransport(ours, contexts(stores.config())[0], server_side=True)
    theirs.sendall(b"\x16\x03\x01\x02\x00\x01")
    theirs.close()
    with trio.fail_after(5), pytest.raises(TlsFailed, match="in the middle of the TLS handshake"):
        await server.handshake()
    server.close()


# ------------------------------------------------------------------------------------------- contexts


@pytest.mark.parametrize(
    ("java", "openssl"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384"),
    ],
)
def test_javas_cipher_names(java: str, openssl: str) -> None:
    assert openssl_cipher(java) == openssl
    known = {entry["name"] for entry in _all_ciphers()}
    assert openssl in known


def _all_ciphers() -> list[ssl._Cipher]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL")
    return context.get_ciphers()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("ssl.enabled.protocols", "TLSv1.1,TLSv1.2", "must be a list of TLSv1.2, TLSv1.3"),
        ("ssl.cipher.suites", "TLS_AES_128_GCM_SHA256", "all or none can be allowed"),
        ("ssl.cipher.suites", "SSL_RSA_WITH_RC4_128_MD5", "none of these cipher suites"),
        (
            "ssl.cipher.suites",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_NOTHING",
            "does not know the cipher suite TLS_NOTHING",
        ),
        ("ssl.keystore.location", "/nowhere", "cannot be read: No such file"),
        ("ssl.truststore.location", "/nowhere", "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_used_names_its_key(stores: Stores, key: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ListenerTls("SSL", lambda: stores.config(**{key: value}), False)
    assert refused.value.key == key
    assert problem in str(refused.value)


def test_brokers_that_would_not_trust_each_other_do_not_start(stores: Stores, tmp_path: Path) -> None:
    stores.trusted = new_authority("Others").write_pem(tmp_path / "others.pem")
    ListenerTls("SSL", stores.config, False)
    with pytest.raises(ConfigError, match="brokers would not trust each other on listener SSL"):
        ListenerTls("SSL", stores.config, True)


async def test_certificates_are_exchanged_while_running(
    stores: Stores, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tls = ListenerTls("SSL", stores.config, True)
    first = tls.current
    assert not await tls.look_again()

    authority.issue("broker").write_pem(stores.keys)
    assert await tls.look_again() and tls.reloads == 1
    assert tls.current.certificate != first.certificate
    assert "Listener SSL has a new certificate: CN=broker, valid until 20" in caplog.text

    def refuse(write: Callable[[], object], problem: str) -> Callable[[], object]:
        caplog.clear()
        write()
        return lambda: problem in caplog.text

    kept = tls.current
    for write, problem in (
        (
            lambda: authority.issue("other").write_pem(stores.keys),
            "its subject is CN=other, and was CN=broker",
        ),
        (
            lambda: authority.issue("broker", ["localhost"]).write_pem(stores.keys),
            "alternative names lack 127.0.0.1",
        ),
        (lambda: new_authority().issue("broker").write_pem(stores.keys), "verify failed"),
        (lambda: stores.keys.write_text("half a f"), "one private key"),
        (stores.keys.unlink, "No such file"),
    ):
        said = refuse(write, problem)
        assert not await tls.look_again()
        assert said(), caplog.text
        assert tls.current is kept
        caplog.clear()
        assert not await tls.look_again()
        assert not caplog.text, "it is said once"

    authority.issue("broker", days=3).write_pkcs12(tmp_path / "keys.p12")
    authority.issue("broker", days=3).write_pem(stores.keys)
    assert await tls.look_again(), "the file is whole again"


async def test_settings_are_followed_too(stores: Stores, authority: Authority, tmp_path: Path) -> None:
    config = stores.config()
    tls = ListenerTls("SSL", lambda: config, False)
    file = authority.issue("broker").write_pkcs12(tmp_path / "keys.p12")
    config = stores.config(
        ssl_keystore_type="PKCS12", ssl_keystore_location=str(file), ssl_keystore_password=PASSWORD
    )
    assert await tls.look_again()
    config = config.with_properties({"listener.name.ssl.ssl.client.auth": "required"})
    assert await tls.look_again()
    assert tls.current.server.verify_mode is ssl.CERT_REQUIRED


def test_an_expiring_certificate_is_announced(
    stores: Stores, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    ListenerTls("SSL", stores.config, False)._warn_of_expiry()
    assert "The certificate of listener SSL expires in 1.0 days" in caplog.text
    authority.issue("broker", days=-1).write_pem(stores.keys)
    ListenerTls("SSL", stores.config, False)._warn_of_expiry()
    assert "has expired" in caplog.text
