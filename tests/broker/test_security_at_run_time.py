"""Keys of TLS and SASL changed by IncrementalAlterConfigs: who comes after the change meets the new ones."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import attrs
import pytest
import trio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12

from tests.broker.dynamic_keys import THIS_BROKER, Place
from tests.broker.in_process import InProcess, Wire
from tests.broker.test_configs import DELETE, SET
from tests.support.certificates import PASSWORD, Authority, Issued, new_authority
from zkbroker.config.jaas import PLAIN_MODULE, SCRAM_MODULE
from zkbroker.errors import ErrorCode
from zkbroker.model import Endpoint
from zkbroker.protocol.generated.alter_user_scram_credentials_request import (
    AlterUserScramCredentialsRequest,
    ScramCredentialDeletion,
    ScramCredentialUpsertion,
)
from zkbroker.protocol.generated.alter_user_scram_credentials_response import (
    AlterUserScramCredentialsResponse,
)
from zkbroker.protocol.generated.metadata_request import MetadataRequest
from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest
from zkbroker.protocol.generated.sasl_authenticate_response import SaslAuthenticateResponse
from zkbroker.protocol.generated.sasl_handshake_request import SaslHandshakeRequest
from zkbroker.protocol.generated.sasl_handshake_response import SaslHandshakeResponse
from zkbroker.security.login import LoginFailed
from zkbroker.security.scram import salted_password

Start = Callable[..., Awaitable[InProcess]]

SUITE = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"


@attrs.frozen
class Entered:
    """What a client meets at a listener; nothing of it where it is not let in."""

    certificate: bytes | None = None
    version: str | None = None
    cipher: str | None = None


@attrs.define
class Door:
    """A TLS listener, tried from outside."""

    cluster: InProcess
    listener: str
    trusted: Path
    key: Path | None = None  # of a client with a certificate

    @property
    def endpoint(self) -> Endpoint:
        return next(one for one in self.cluster.broker.endpoints if one.listener == self.listener)

    async def enter(self) -> Entered:
        """Connect, shake hands, and ask something: refusals of certificates come only then."""
        context = ssl.create_default_context(cafile=str(self.trusted))
        if self.key is not None:
            context.load_cert_chain(self.key)
        tcp = await trio.open_tcp_stream("127.0.0.1", self.endpoint.port)
        stream = trio.SSLStream(tcp, context, server_hostname="localhost", https_compatible=True)
        try:
            await stream.do_handshake()
            wire = Wire(stream)  # type: ignore[arg-type]
            await wire.ask(MetadataRequest(topics=[]), 9)
            cipher = stream.cipher()
            assert cipher is not None
            return Entered(stream.getpeercert(binary_form=True), stream.version(), cipher[0])
        except (trio.BrokenResourceError, EOFError):
            return Entered()
        finally:
            await trio.aclose_forcefully(stream)

    async def until(self, holds: Callable[[Entered], bool]) -> None:
        """Connect again and again: a broker reads stores in a thread, after it was told to."""
        with trio.fail_after(20):
            while not holds(await self.enter()):
                await trio.lowlevel.checkpoint()

    async def shows(self, keys: Issued) -> None:
        await self.until(lambda met: met.certificate == keys.certificate.public_bytes(Encoding.DER))

    async def is_open(self) -> None:
        await self.until(lambda met: met.certificate is not None)

    async def is_shut(self) -> None:
        await self.until(lambda met: met.certificate is None)


async def secured(in_process: Start, **listener: str) -> Place:
    """A broker with a listener SECURE whose static keys these are."""
    return await Place.of(
        await in_process(
            listeners="PLAINTEXT://127.0.0.1:0,SECURE://127.0.0.1:0",
            listener_security_protocol_map="PLAINTEXT:PLAINTEXT,SECURE:SSL",
            password_encoder_secret="sesame",
            **{f"listener_name_secure_{key}": text for key, text in listener.items()},
        )
    )


async def change(place: Place, **texts: str | None) -> None:
    """Set keys of the listener at once; None unsets."""
    assert await _alter(place, texts) is ErrorCode.NONE


async def refuses(place: Place, **texts: str | None) -> None:
    """What cannot be used is found out before it is written."""
    assert await _alter(place, texts) is ErrorCode.INVALID_REQUEST


async def _alter(place: Place, texts: Mapping[str, str | None]) -> ErrorCode:
    ops = [
        (f"listener.name.secure.ssl.{key.replace('_', '.')}", DELETE if text is None else SET, text)
        for key, text in texts.items()
    ]
    return await place.admin.alter(THIS_BROKER.kind, THIS_BROKER.name, *ops)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


async def test_stores_of_a_listener(in_process: Start, authority: Authority, tmp_path: Path) -> None:
    """Key stores and trust stores in files; what cannot be used is refused, and nothing changes."""
    first, second, third = (authority.issue("broker") for _ in range(3))
    files = [keys.write_pem(tmp_path / f"{number}.pem") for number, keys in enumerate((first, second))]
    third.write_pkcs12(tmp_path / "third.p12")
    others = new_authority("Others")
    trusted = authority.write_pem(tmp_path / "trusted.pem")
    place = await secured(
        in_process,
        ssl_keystore_type="PEM",
        ssl_keystore_location=str(files[0]),
        ssl_truststore_type="PEM",
        ssl_truststore_location=str(trusted),
        ssl_client_auth="required",
    )
    known = authority.issue("client").write_pem(tmp_path / "client.pem")
    door = Door(place.cluster, "SECURE", trusted, known)
    await door.shows(first)
    await change(place, keystore_location=str(files[1]))
    await door.shows(second)
    for wrong in (str(tmp_path / "nowhere.pem"), str(trusted)):
        await refuses(place, keystore_location=wrong)
    authority.issue("somebody else").write_pem(tmp_path / "other-name.pem")
    await refuses(place, keystore_location=str(tmp_path / "other-name.pem"))
    await door.shows(second)
    p12 = {"keystore_location": str(tmp_path / "third.p12"), "keystore_type": "PKCS12"}
    await refuses(place, **p12, keystore_password="wrong")
    await change(place, **p12, keystore_password=PASSWORD)
    await door.shows(third)
    await change(place, keystore_location=None, keystore_type=None, keystore_password=None)
    await door.shows(first)

    stranger = attrs.evolve(door, key=others.issue("client").write_pem(tmp_path / "stranger.pem"))
    await stranger.is_shut()
    await change(place, truststore_location=str(others.write_pem(tmp_path / "others.pem")))
    await stranger.is_open()
    await door.is_shut()
    store = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(authority.certificate, b"ca")],
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    (tmp_path / "trusted.p12").write_bytes(store)
    p12 = {"truststore_location": str(tmp_path / "trusted.p12"), "truststore_type": "PKCS12"}
    await change(place, **p12, truststore_password=PASSWORD)
    await door.is_open()
    await stranger.is_shut()
    await change(
        place,
        truststore_location=str(tmp_path / "others.pem"),
        truststore_type=None,
        truststore_password=None,
    )
    await stranger.is_open()
    await change(place, truststore_location=None)
    await stranger.is_shut()
    await door.is_open()


async def test_stores_in_the_configuration_itself(
    in_process: Start, authority: Authority, tmp_path: Path
) -> None:
    """Keys, chains and authorities as PEM texts."""
    first, second = authority.issue("broker"), authority.issue("broker")
    others = new_authority("Others")
    texts = [one.certificate.public_bytes(Encoding.PEM).decode() for one in (authority, others)]
    place = await secured(
        in_process,
        ssl_keystore_type="PEM",
        ssl_keystore_key=first.key_pem,
        ssl_keystore_certificate_chain=first.chain_pem,
        ssl_truststore_type="PEM",
        ssl_truststore_certificates=texts[0],
        ssl_client_auth="required",
    )
    trusted = authority.write_pem(tmp_path / "trusted.pem")
    door = Door(place.cluster, "SECURE", trusted, authority.issue("c").write_pem(tmp_path / "c.pem"))
    stranger = attrs.evolve(door, key=others.issue("c").write_pem(tmp_path / "stranger.pem"))
    await door.shows(first)
    await refuses(place, keystore_key=second.key_pem)  # another's chain
    await change(place, keystore_key=second.key_pem, keystore_certificate_chain=second.chain_pem)
    await door.shows(second)
    third = authority.issue("broker")
    sealed = third.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"key-secret")
    ).decode()
    both = {"keystore_key": sealed, "keystore_certificate_chain": third.chain_pem}
    await refuses(place, **both, key_password="wrong")
    await change(place, **both, key_password="key-secret")
    await door.shows(third)
    await change(place, keystore_key=None, keystore_certificate_chain=None, key_password=None)
    await door.shows(first)
    await stranger.is_shut()
    await change(place, truststore_certificates=texts[1])
    await stranger.is_open()
    await change(place, truststore_certificates=None)
    await stranger.is_shut()
    await door.is_open()


async def test_tls_settings_of_every_listener(
    in_process: Start, authority: Authority, tmp_path: Path
) -> None:
    """Without a listener's prefix they hold for all that have none of their own."""
    keys = authority.issue("broker", ["elsewhere.example", "localhost"]).write_pem(tmp_path / "keys.pem")
    trusted = authority.write_pem(tmp_path / "trusted.pem")
    place = await secured(
        in_process,
        ssl_keystore_type="PEM",
        ssl_keystore_location=str(keys),
        ssl_truststore_type="PEM",
        ssl_truststore_location=str(trusted),
    )
    door = Door(place.cluster, "SECURE", trusted)
    await door.until(lambda met: met.version == "TLSv1.3")

    await place.set(THIS_BROKER, "ssl.client.auth", "required")
    await door.is_shut()
    await place.set(THIS_BROKER, "ssl.client.auth", None)
    await door.is_open()

    await place.set(THIS_BROKER, "ssl.enabled.protocols", "TLSv1.2")
    await door.until(lambda met: met.version == "TLSv1.2")
    await place.set(THIS_BROKER, "ssl.enabled.protocols", None)
    await door.until(lambda met: met.version == "TLSv1.3")

    await place.set(THIS_BROKER, "ssl.cipher.suites", SUITE)
    await door.until(lambda met: met.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256")
    await place.set(THIS_BROKER, "ssl.cipher.suites", None)
    await door.until(lambda met: met.version == "TLSv1.3")

    async def reaches_others() -> bool:
        """Whether this broker would go on with another one that shows that certificate at 127.0.0.1."""
        guard = place.cluster.broker.guard
        assert guard is not None
        try:
            connected = await guard.login.connect(door.endpoint, "test")
        except OSError:
            return False
        connected.transport.close()
        return True

    async def becomes(reached: bool) -> None:
        with trio.fail_after(20):
            while await reaches_others() is not reached:
                await trio.lowlevel.checkpoint()

    await becomes(False)  # its certificate is for other hosts
    await place.set(THIS_BROKER, "ssl.endpoint.identification.algorithm", "")
    await becomes(True)
    await place.set(THIS_BROKER, "ssl.endpoint.identification.algorithm", None)
    await becomes(False)


def line(**users: str) -> str:
    known = " ".join(f'user_{name}="{password}"' for name, password in {"admin": "x", **users}.items())
    return f'{PLAIN_MODULE} required username="admin" password="x" {known};'


@attrs.define
class Login:
    """A SASL listener, tried from outside."""

    cluster: InProcess

    @property
    def endpoint(self) -> Endpoint:
        return next(one for one in self.cluster.broker.endpoints if one.listener == "LOGIN")

    async def offers(self, mechanism: str) -> bool:
        wire = await self._connect()
        hello = await wire.ask(SaslHandshakeRequest(mechanism=mechanism), 1)
        await trio.aclose_forcefully(wire.stream)
        assert isinstance(hello, SaslHandshakeResponse)
        return hello.error_code == 0

    async def plain(self, name: str, password: str) -> bool:
        wire = await self._connect()
        await wire.ask(SaslHandshakeRequest(mechanism="PLAIN"), 1)
        answer = await wire.ask(SaslAuthenticateRequest(auth_bytes=f"\0{name}\0{password}".encode()), 2)
        await trio.aclose_forcefully(wire.stream)
        assert isinstance(answer, SaslAuthenticateResponse)
        return answer.error_code == 0

    async def as_a_broker(self) -> str:
        """The mechanism this broker comes in with at another one, or why it does not."""
        guard = self.cluster.broker.guard
        assert guard is not None
        mechanisms = guard.listeners["LOGIN"].mechanisms
        assert mechanisms is not None
        before = mechanisms.statistics().succeeded
        try:
            connected = await guard.login.connect(self.endpoint, "test")
        except LoginFailed as refused:
            return str(refused)
        connected.transport.close()
        after = mechanisms.statistics().succeeded
        (used,) = [name for name in after if after[name] > before.get(name, 0)]
        return used

    async def _connect(self) -> Wire:
        return Wire(await trio.open_tcp_stream("127.0.0.1", self.endpoint.port))


async def user(place: Place, mechanism: int, name: str, password: str | None) -> None:
    """Give a user a SCRAM credential, or take it away."""
    seen = place.admin.seen()
    if password is None:
        request = AlterUserScramCredentialsRequest(
            deletions=[ScramCredentialDeletion(name=name, mechanism=mechanism)]
        )
    else:
        salt = b"salt of the user"
        request = AlterUserScramCredentialsRequest(
            upsertions=[
                ScramCredentialUpsertion(
                    name=name,
                    mechanism=mechanism,
                    iterations=4096,
                    salt=salt,
                    salted_password=salted_password(f"SCRAM-SHA-{256 * mechanism}", password, salt, 4096),
                )
            ]
        )
    answer = await place.wire.ask(request, 0)
    assert isinstance(answer, AlterUserScramCredentialsResponse) and not answer.results[0].error_code
    await place.cluster.wait_until(lambda: place.admin.seen() > seen)


async def test_sasl(in_process: Start) -> None:
    """Users of JAAS lines, mechanisms, how brokers come in, and SCRAM users."""
    place = await Place.of(
        await in_process(
            listeners="PLAINTEXT://127.0.0.1:0,LOGIN://127.0.0.1:0",
            listener_security_protocol_map="PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT",
            sasl_enabled_mechanisms="PLAIN",
            sasl_jaas_config=line(alice="old"),
            sasl_mechanism_inter_broker_protocol="PLAIN",
            connection_failed_authentication_delay_ms="0",
            password_encoder_secret="sesame",
            **{
                f"listener_name_login_scram-sha-{size}_sasl_jaas_config": (
                    f'{SCRAM_MODULE} required username="admin" password="s";'
                )
                for size in (256, 512)
            },
        )
    )
    login = Login(place.cluster)
    assert await login.plain("alice", "old") and not await login.plain("alice", "new")
    await place.set(THIS_BROKER, "sasl.jaas.config", line(alice="new"))
    assert await login.plain("alice", "new") and not await login.plain("alice", "old")
    await place.set(THIS_BROKER, "sasl.jaas.config", None)
    assert await login.plain("alice", "old") and not await login.plain("alice", "new")

    assert not await login.offers("SCRAM-SHA-512")
    await place.set(THIS_BROKER, "sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512")
    assert await login.offers("SCRAM-SHA-512") and await login.offers("PLAIN")

    assert await login.as_a_broker() == "PLAIN"
    for mechanism, name in ((1, "SCRAM-SHA-256"), (2, "SCRAM-SHA-512")):
        await place.set(THIS_BROKER, "sasl.mechanism.inter.broker.protocol", name)
        assert "refuses our login" in await login.as_a_broker()
        await user(place, mechanism, "admin", "s")
        assert await login.as_a_broker() == name
        await user(place, mechanism, "admin", None)
        assert "refuses our login" in await login.as_a_broker()
    await place.set(THIS_BROKER, "sasl.mechanism.inter.broker.protocol", None)
    assert await login.as_a_broker() == "PLAIN"
    await place.set(THIS_BROKER, "sasl.enabled.mechanisms", None)
    assert not await login.offers("SCRAM-SHA-512")
