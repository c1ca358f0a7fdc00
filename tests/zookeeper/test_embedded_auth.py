"""Who may do what: access lists and every way to say who one is."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kazoo.client import KazooClient
from kazoo.exceptions import InvalidACLError, NoAuthError
from kazoo.security import OPEN_ACL_UNSAFE, make_acl, make_digest_acl

from tests.zookeeper.embedded_support import (
    RawClient,
    auth_body,
    create_body,
    serving,
    with_kazoo,
)
from zkbroker.embedded_zookeeper.acl import Acl, Identity, decode_acls, digest_identity
from zkbroker.embedded_zookeeper.digest_md5 import DigestMd5Server, SaslFailed
from zkbroker.embedded_zookeeper.jute import Decoder, encode_buffer, encode_string
from zkbroker.embedded_zookeeper.protocol import OpCode

NO_AUTH, INVALID_ACL, AUTH_FAILED = -102, -114, -115


async def test_digest_owners_and_everybody_else(tmp_path: Path) -> None:
    def own(zk: KazooClient) -> None:
        zk.add_auth("digest", "amy:secret")
        zk.create("/mine", b"1", acl=[make_digest_acl("amy", "secret", all=True)])
        zk.create("/read", b"1", acl=[*_creator(), make_acl("world", "anyone", read=True)])
        zk.set("/mine", b"2")

    def intrude(zk: KazooClient) -> None:
        refused: tuple[Callable[[], object], ...] = (
            lambda: zk.get("/mine"),
            lambda: zk.set("/mine", b""),
            lambda: zk.get_children("/mine"),
            lambda: zk.exists("/mine"),
            lambda: zk.create("/mine/child", b""),
            lambda: zk.set_acls("/mine", OPEN_ACL_UNSAFE),
            lambda: zk.get_acls("/mine"),
            lambda: zk.set("/read", b""),
            lambda: zk.create("/read/child", b""),
        )
        for forbidden in refused:
            with pytest.raises(NoAuthError):
                forbidden()
        assert zk.get("/read")[0] == b"1"
        acls, _ = zk.get_acls("/read")
        assert sorted(acl.id.id for acl in acls) == ["amy:x", "anyone"]  # the hash is not shown
        zk.delete("/mine")  # the parent's list governs that, and "/" is open

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, own)
        await with_kazoo(server.bound_port, intrude)


def _creator() -> list[object]:
    return [make_acl("auth", "", all=True)]


async def test_lists_that_name_nobody_are_refused(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        for bad in (
            make_acl("auth", "", all=True),  # nobody has authenticated
            make_acl("digest", "nohash", all=True),
            make_acl("ip", "300.0.0.1", all=True),
            make_acl("ip", "10.0.0.0/33", all=True),
            make_acl("world", "somebody", all=True),
            make_acl("unknown", "scheme", all=True),
        ):
            with pytest.raises(InvalidACLError):
                zk.create("/a", b"", acl=[bad])
            with pytest.raises(InvalidACLError):
                zk.set_acls("/", [bad])

    async with serving(tmp_path) as server:
        await with_kazoo(server.bound_port, use)


@pytest.mark.parametrize(
    ("network", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.0.0.0/8", True),
        ("0.0.0.0/0", True),
        ("127.0.0.2", False),
        ("10.0.0.0/8", False),
    ],
)
async def test_by_address(tmp_path: Path, network: str, allowed: bool) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.call(OpCode.CREATE, create_body("/a", b"1", 0, (Acl(31, Identity("ip", network)),)))
        assert (await client.get("/a")).error == (0 if allowed else NO_AUTH)
        await client.aclose()


async def test_the_super_user_may_do_everything(tmp_path: Path) -> None:
    def lock_away(zk: KazooClient) -> None:
        zk.add_auth("digest", "amy:secret")
        zk.create("/mine", b"1", acl=_creator())

    def rule(zk: KazooClient) -> None:
        zk.add_auth("digest", "super:power")
        assert zk.get("/mine")[0] == b"1"
        zk.set_acls("/mine", OPEN_ACL_UNSAFE)

    async with serving(tmp_path, super_digest=digest_identity(b"super:power").id) as server:
        await with_kazoo(server.bound_port, lock_away)
        await with_kazoo(server.bound_port, rule)
        await with_kazoo(server.bound_port, lambda zk: zk.get("/mine"))


async def test_access_lists_survive_a_restart(tmp_path: Path) -> None:
    acl = (Acl(31, digest_identity(b"amy:secret")), Acl(1, Identity("world", "anyone")))
    for snapshot_after in (100_000, 1):
        async with serving(tmp_path / str(snapshot_after), snapshot_after=snapshot_after) as server:
            client = await RawClient.connected(server.bound_port)
            await client.call(OpCode.CREATE, create_body("/a", b"", 0, acl))
            await client.aclose()
        async with serving(tmp_path / str(snapshot_after)) as server:
            client = await RawClient.connected(server.bound_port)
            assert (await client.set("/a", b"")).error == NO_AUTH
            await client.call(OpCode.AUTH, auth_body("digest", b"amy:secret"), xid=-4)
            reply = await client.call(OpCode.GET_ACL, encode_string("/a"))
            assert decode_acls(Decoder(reply.body)) == acl
            assert (await client.set("/a", b"")).error == 0
            await client.aclose()


async def test_unknown_schemes_end_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        assert (await client.call(OpCode.AUTH, auth_body("nobody", b"knows"), xid=-4)).error == AUTH_FAILED
        assert await client.is_closed_by_server()
        await client.aclose()


async def test_sasl_digest_md5(tmp_path: Path) -> None:
    def use(zk: KazooClient) -> None:
        zk.create("/mine", b"1", acl=_creator())
        acls, _ = zk.get_acls("/mine")
        assert [(acl.id.scheme, acl.id.id) for acl in acls] == [("sasl", "amy")]
        assert zk.get("/mine")[0] == b"1"

    options = {"mechanism": "DIGEST-MD5", "username": "amy", "password": 'se"cret, \\ä'}
    async with serving(tmp_path, sasl_users={"amy": options["password"]}) as server:
        await with_kazoo(server.bound_port, use, sasl_options=options)
        with pytest.raises(NoAuthError):
            await with_kazoo(server.bound_port, lambda zk: zk.get("/mine"))
        for user in ("amy", "bob"):
            intruder = await RawClient.connected(server.bound_port)
            challenge = (await intruder.call(OpCode.SASL, encode_buffer(b""))).data()
            assert challenge is not None
            nonce = challenge.split(b'nonce="')[1].split(b'"')[0].decode()
            guess = f'username="{user}",realm="zk-sasl-md5",nonce="{nonce}",nc=00000001,cnonce="x",response=0'
            assert (await intruder.call(OpCode.SASL, encode_buffer(guess.encode()))).error == AUTH_FAILED
            assert await intruder.is_closed_by_server()
            await intruder.aclose()


async def test_without_sasl_users_a_client_is_told_so_and_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        reply = await client.call(OpCode.SASL, encode_buffer(b""))
        assert (reply.error, reply.data()) == (0, None)
        assert (await client.get("/")).error == 0
        await client.aclose()


def test_the_proof_of_rfc_2831() -> None:
    exchange = DigestMd5Server({"chris": "secret"}, "OA6MG9tEQGm2hh")
    exchange.step(b"")
    answer = (
        'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,'
        'cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",'
        "response=d388dad90d4bbd760a152321f2143af7,qop=auth"
    )
    assert exchange.step(answer.encode()) == b"rspauth=ea40f60335c427b5527b84dbabcdfffd"
    assert exchange.user == "chris"


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ('username="chris"', 'username="chris'),
        ('username="chris"', 'username="root"'),
        ("d388dad9", "d388dad8"),
        ("nc=00000001", "nc=00000002"),
        ('nonce="OA6MG9tEQGm2hh"', 'nonce="another"'),
        ("qop=auth", "qop=auth-conf"),
        ('cnonce="OA6MHXh6VqTrRk"', 'cnonce="\xff"'),
        ("charset=utf-8", "=,,,"),
    ],
)
def test_false_proofs_are_refused(part: str, instead: str) -> None:
    exchange = DigestMd5Server({"chris": "secret"}, "OA6MG9tEQGm2hh")
    answer = (
        'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,'
        'cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",'
        "response=d388dad90d4bbd760a152321f2143af7,qop=auth"
    )
    assert part in answer
    with pytest.raises(SaslFailed):
        exchange.step(answer.replace(part, instead).encode("latin-1"))
    assert exchange.user is None


async def test_required_schemes(tmp_path: Path) -> None:
    async with serving(tmp_path, require_schemes=("digest",)) as server:
        stranger, known = (
            await RawClient.connected(server.bound_port),
            await RawClient.connected(server.bound_port),
        )
        assert (await stranger.get("/")).error == -124
        assert await stranger.is_closed_by_server()
        await known.call(OpCode.AUTH, auth_body("digest", b"amy:secret"), xid=-4)
        assert (await known.get("/")).error == 0
        await stranger.aclose()
        await known.aclose()


async def test_who_am_i(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        client = await RawClient.connected(server.bound_port)
        await client.call(OpCode.AUTH, auth_body("digest", b"amy:secret"), xid=-4)
        decoder = Decoder((await client.call(OpCode.WHO_AM_I)).body)
        infos = [(decoder.string(), decoder.string()) for _ in range(decoder.int32())]
        assert infos == [("ip", "127.0.0.1"), ("digest", "amy")]
        await client.aclose()


async def test_a_certificate_is_an_identity(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("server", "127.0.0.1"))
    context.load_verify_locations(authority.certificate_file)
    context.verify_mode = ssl.CERT_REQUIRED
    files = {"use_ssl": True, "ca": str(authority.certificate_file)}
    amy, bob = (
        {**files, "certfile": str(authority.issue(name, name)), "keyfile": str(tmp_path / f"{name}.pem")}
        for name in ("amy", "bob")
    )

    def own(zk: KazooClient) -> None:
        zk.create("/mine", b"1", acl=_creator())
        acls, _ = zk.get_acls("/mine")
        assert [(acl.id.scheme, acl.id.id) for acl in acls] == [("x509", "CN=amy,O=zkbroker")]
        zk.create("/large", bytes(500_000))
        assert zk.get("/large")[0] == bytes(500_000)

    async with serving(tmp_path / "data", tls=context, tls_port=0) as server:
        assert server.bound_tls_port is not None
        await with_kazoo(server.bound_tls_port, own, **amy)
        with pytest.raises(NoAuthError):
            await with_kazoo(server.bound_tls_port, lambda zk: zk.get("/mine"), **bob)
        with pytest.raises(NoAuthError):
            await with_kazoo(server.bound_port, lambda zk: zk.get("/mine"))
        # what is no TLS ends that connection
        stranger = await RawClient.open(server.bound_tls_port)
        await stranger.stream.send_all(struct.pack("!i", 44) + bytes(44))
        assert await stranger.is_closed_by_server()
        await stranger.aclose()


class Authority:
    """Issues certificates, key and certificate in one file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        certificate = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.certificate_file = directory / "ca.pem"
        self.certificate_file.write_bytes(certificate)

    def issue(self, name: str, host: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "zkbroker"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        names: x509.GeneralName = x509.DNSName(host)
        if host[0].isdigit():
            names = x509.IPAddress(ipaddress.ip_address(host))
        file = self._directory / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._sign(subject, key, x509.SubjectAlternativeName([names]))
        )
        return file

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)
