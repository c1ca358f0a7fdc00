"""SASL and TLS towards ZooKeeper, in front of the embedded one, which asks for them."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.zookeeper.sessions import open_session
from zkbroker.embedded_zookeeper import EmbeddedZooKeeper
from zkbroker.zookeeper import client
from zkbroker.zookeeper.session import (
    AuthenticationFailed,
    Credentials,
    Tls,
    Unreachable,
    ZkSession,
    ZooKeeper,
)

LIMIT_S = 20


@asynccontextmanager
async def serving(directory: Path, **options: Any) -> AsyncIterator[str]:
    """The connect string of a server inside the block."""
    server = EmbeddedZooKeeper(directory, port=0, fsync=False, tick_ms=500, **options)
    async with trio.open_nursery() as nursery:
        port = await nursery.start(lambda task_status: server.run(task_status=task_status))
        try:
            with trio.fail_after(LIMIT_S):
                yield f"127.0.0.1:{port}/chroot"
        finally:
            nursery.cancel_scope.cancel()


async def nothing(session: ZkSession) -> None:
    await trio.lowlevel.checkpoint()


def digest_md5(password: str) -> Credentials:
    return Credentials(sasl={"mechanism": "DIGEST-MD5", "username": "kafka", "password": password})


@pytest.mark.clients("puresasl")
async def test_sasl(tmp_path: Path) -> None:
    async with serving(tmp_path, sasl_users={"kafka": "secret"}, require_schemes=("sasl",)) as connect:
        async with open_session(connect, credentials=digest_md5("secret"), set_acl=True) as session:
            await session.create("/mine", b"x")
        with pytest.raises(AuthenticationFailed, match="refused our credentials"):
            await ZooKeeper(connect, credentials=digest_md5("wrong")).run(nothing)


async def test_sasl_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PURESASL_AVAILABLE", False)
    with pytest.raises(AuthenticationFailed, match="needs the Python package pure-sasl"):
        await ZooKeeper("127.0.0.1:1", credentials=digest_md5("x")).run(nothing)


def write_certificate(directory: Path) -> tuple[Path, Path]:
    """A key and its self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zookeeper")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "certificate.pem", directory / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file


async def test_tls(tmp_path: Path) -> None:
    certificate_file, key_file = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    async with serving(tmp_path / "data", tls=context) as connect:
        trusting = Credentials(tls=Tls(ca_file=str(certificate_file)))
        async with open_session(connect, credentials=trusting) as session:
            await session.create("/a", bytes(200_000))  # several TLS records
            found = await session.get_many(["/a", *(f"/{number}" for number in range(300))])
            node = found["/a"]
            assert node is not None
            assert len(node.data) == 200_000
            assert session.connections == 1
        distrusting = ZooKeeper(connect, credentials=Credentials(tls=Tls()), connection_timeout_ms=1_000)
        with pytest.raises(Unreachable, match=r"(?i)certificate"):
            await distrusting.run(nothing)
