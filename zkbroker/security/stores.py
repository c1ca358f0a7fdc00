"""Key and trust stores: PEM and PKCS12 files, or PEM in the configuration itself, as OpenSSL can take them.

Python's ssl reads keys from files only. A key on its way there is encrypted with a password nobody keeps.
"""

from __future__ import annotations

import os
import re
import secrets
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)

_KEY_TYPES = (
    rsa.RSAPrivateKey,
    dsa.DSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
)
_BLOCK: Final = re.compile(r"-----BEGIN ([^-]+)-----(.*?)-----END \1-----", re.DOTALL)


class StoreProblem(ValueError):
    """A store cannot be used. The message is the end of a sentence about its key; it shows no secret."""


@attrs.frozen(repr=False)
class KeyStore:
    """A private key and its certificates, the key's own first."""

    key: pkcs12.PKCS12PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return f"KeyStore({self.chain[0].subject.rfc4514_string()})"


@attrs.frozen
class StoreSource:
    """Where a store is, in the words of one set of `ssl.keystore.*` or `ssl.truststore.*` keys."""

    kind: str  # "PEM" or "PKCS12"
    location: str | None = None  # a file; None: the PEM texts below
    password: str | None = attrs.field(default=None, repr=False)
    key_password: str | None = attrs.field(default=None, repr=False)
    key: str | None = attrs.field(default=None, repr=False)
    certificates: str | None = attrs.field(default=None, repr=False)  # of a chain, or trusted ones

    def stamp(self) -> tuple[object, ...]:
        """Changes when the store does. A file that is not there is a stamp too."""
        if self.location is None:
            return (self,)
        try:
            status = os.stat(self.location)
        except OSError as error:
            return (self, error.errno)
        return (self, status.st_ino, status.st_size, status.st_mtime_ns)


def read_key_store(source: StoreSource) -> KeyStore:
    """Raises: StoreProblem."""
    if source.kind == "PKCS12":
        return _pkcs12_key_store(source)
    text = _read_text(source.location) if source.location is not None else None
    key_text = source.key if text is None else text
    chain_text = source.certificates if text is None else text
    key_blocks = [block for block in _blocks(key_text or "") if block[0].endswith("PRIVATE KEY")]
    if len(key_blocks) != 1:
        raise StoreProblem(f"it must hold one private key in PEM form, and holds {len(key_blocks)}")
    chain = _pem_certificates(chain_text or "")
    if not chain:
        raise StoreProblem("it holds no certificate (-----BEGIN CERTIFICATE-----)")
    return _matched(_pem_key(key_blocks[0], source.key_password), chain)


def read_trust_store(source: StoreSource) -> tuple[x509.Certificate, ...]:
    """The certificates to trust, at least one. Raises: StoreProblem."""
    if source.kind == "PKCS12":
        store = _load_pkcs12(source)
        found = [entry.certificate for entry in store.additional_certs]
        if store.cert is not None:
            found.insert(0, store.cert.certificate)
    else:
        text = _read_text(source.location) if source.location is not None else source.certificates
        found = _pem_certificates(text or "")
    if not found:
        raise StoreProblem("it holds no certificate to trust")
    return tuple(found)


def load_into(context: ssl.SSLContext, store: KeyStore) -> None:
    """Make a context show these certificates. Raises: StoreProblem if OpenSSL finds the key too weak."""
    password = secrets.token_bytes(16).hex().encode()
    content = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in store.chain)
    content += store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    descriptor, name = tempfile.mkstemp(prefix="zkbroker-", suffix=".pem")  # readable by us only
    try:
        os.write(descriptor, content)
        context.load_cert_chain(name, password=password)
    except ssl.SSLError as error:
        raise StoreProblem(f"OpenSSL does not take its certificate ({error.reason})") from None
    finally:
        os.close(descriptor)
        os.unlink(name)


def trust(context: ssl.SSLContext, certificates: Sequence[x509.Certificate]) -> None:
    """Make a context trust these certificates, whether authorities or not, as Java's trust stores do."""
    context.load_verify_locations(
        cadata=b"".join(certificate.public_bytes(Encoding.DER) for certificate in certificates)
    )
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _read(location: str) -> bytes:
    try:
        return Path(location).read_bytes()
    except OSError as error:
        raise StoreProblem(f"the file cannot be read: {error.strerror}") from None


def _read_text(location: str) -> str:
    try:
        return _read(location).decode()
    except UnicodeDecodeError:
        raise StoreProblem("the file is no PEM text; is it a PKCS12 store?") from None


def _blocks(text: str) -> list[tuple[str, str]]:
    """Label and content of each PEM block; in a properties file the line breaks may have become blanks."""
    return [(found[1], found[2]) for found in _BLOCK.finditer(text)]


def _pem(label: str, content: str) -> bytes:
    if "Proc-Type" not in content:  # headers of the old encryption need their line breaks
        content = "\n" + "\n".join(content.split()) + "\n"
    return f"-----BEGIN {label}-----{content}-----END {label}-----\n".encode()


def _pem_certificates(text: str) -> list[x509.Certificate]:
    found = []
    for label, content in _blocks(text):
        if label.endswith("CERTIFICATE"):
            try:
                found.append(x509.load_pem_x509_certificate(_pem("CERTIFICATE", content)))
            except ValueError as error:
                raise StoreProblem(f"its certificate {len(found) + 1} does not parse: {error}") from None
    return found


def _pem_key(block: tuple[str, str], password: str | None) -> PrivateKeyTypes:
    encrypted = "ENCRYPTED" in block[0] or "ENCRYPTED" in block[1]
    if encrypted and not password:
        raise StoreProblem("its private key is encrypted, and ssl.key.password is not set")
    secret = password.encode() if encrypted and password else None
    try:
        return serialization.load_pem_private_key(_pem(*block), secret)
    except (ValueError, UnsupportedAlgorithm):
        wrong = "; is ssl.key.password right?" if encrypted else ""
        raise StoreProblem(f"its private key cannot be read{wrong}") from None


def _load_pkcs12(source: StoreSource) -> pkcs12.PKCS12KeyAndCertificates:
    assert source.location is not None, "PKCS12 stores are files"
    content = _read(source.location)
    if content.startswith(b"\xfe\xed\xfe\xed"):
        raise StoreProblem(
            "it is a JKS store; convert it with keytool -importkeystore … -deststoretype PKCS12"
        )
    try:
        return pkcs12.load_pkcs12(content, (source.password or "").encode())
    except ValueError:
        raise StoreProblem("it is no PKCS12 store, or its password is wrong") from None
    except UnsupportedAlgorithm as error:
        raise StoreProblem(f"it is encrypted in a way that cannot be read: {error}") from None


def _pkcs12_key_store(source: StoreSource) -> KeyStore:
    store = _load_pkcs12(source)
    if store.key is None or store.cert is None:
        raise StoreProblem("it holds no private key with its certificate")
    return _matched(
        store.key, [store.cert.certificate, *(entry.certificate for entry in store.additional_certs)]
    )


def _matched(key: PrivateKeyTypes, certificates: Sequence[x509.Certificate]) -> KeyStore:
    """The key's certificate first, then whoever issued it, as far as they are there."""
    spki = (Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not isinstance(key, _KEY_TYPES):
        raise StoreProblem("its private key is of a kind that certificates cannot use here")
    ours = key.public_key().public_bytes(*spki)
    rest = list(certificates)
    own = next((c for c in rest if c.public_key().public_bytes(*spki) == ours), None)
    if own is None:
        raise StoreProblem("none of its certificates belongs to its private key")
    chain = [own]
    rest.remove(own)
    while chain[-1].issuer != chain[-1].subject:
        issuer = next((c for c in rest if c.subject == chain[-1].issuer), None)
        if issuer is None:
            break
        chain.append(issuer)
        rest.remove(issuer)
    return KeyStore(key, tuple(chain))
