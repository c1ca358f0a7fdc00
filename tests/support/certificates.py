"""An authority that issues certificates for tests, and the stores that hold them."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

PASSWORD = "store-secret"
NEVER_ENCRYPTED = serialization.NoEncryption()


@attrs.frozen
class Issued:
    """A private key with its certificate and the authority's."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NEVER_ENCRYPTED).decode()

    @property
    def chain_pem(self) -> str:
        return "".join(c.public_bytes(Encoding.PEM).decode() for c in (self.certificate, self.authority))

    def write_pem(self, file: Path, password: str | None = None) -> Path:
        """Key and chain in one file, as `ssl.keystore.type=PEM` has it."""
        encryption: serialization.KeySerializationEncryption = NEVER_ENCRYPTED
        if password is not None:
            encryption = serialization.BestAvailableEncryption(password.encode())
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
        return _replace(file, (key + self.chain_pem).encode())

    def write_pkcs12(self, file: Path, password: str = PASSWORD) -> Path:
        content = pkcs12.serialize_key_and_certificates(
            b"key",
            self.key,
            self.certificate,
            [self.authority],
            serialization.BestAvailableEncryption(password.encode()),
        )
        return _replace(file, content)


@attrs.frozen
class Authority:
    """A certificate authority."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(
        self,
        name: str | x509.Name,
        hosts: Sequence[str] = ("localhost", "127.0.0.1"),
        *,
        days: float = 1,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> Issued:
        """A certificate for a common name; valid for so many days, or, negative, expired so long ago."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if isinstance(name, str) else name
        )
        certificate = _sign(subject, self.certificate.subject, key, self.key, days, hosts=hosts)
        return Issued(key, certificate, self.certificate)

    def write_pem(self, file: Path) -> Path:
        """The trust store that holds this authority."""
        return _replace(file, self.certificate.public_bytes(Encoding.PEM))


def new_authority(name: str = "Test authority") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return Authority(key, _sign(subject, subject, key, key, 2, hosts=None))


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    days: float,
    *,
    hosts: Sequence[str] | None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - datetime.timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=hosts is None, path_length=None), critical=True)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _replace(file: Path, content: bytes) -> Path:
    """Write it whole: who looks at the file sees the old one or the new one."""
    fresh = file.with_name(file.name + ".new")
    fresh.write_bytes(content)
    return fresh.replace(file)
