"""TLS as a Java client's properties ask for it: every form of store, shown to a server that wants to see one."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from acl.stores.tls import BadStore, tls_context
from tests.support.certificates import PASSWORD, Authority, Issued, new_authority


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


@pytest.fixture(scope="module")
def alice(authority: Authority) -> Issued:
    return authority.issue("alice")


def shaken(client: ssl.SSLContext, authority: Authority, directory: Path) -> ssl.SSLObject:
    """The server's end of a connection whose client had to show a certificate. Raises: ssl.SSLError."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority.issue("broker").write_pem(directory / "broker.pem"))
    server.load_verify_locations(authority.write_pem(directory / "authority.pem"))
    server.verify_mode = ssl.CERT_REQUIRED
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(up, down, server_side=True),
        client.wrap_bio(down, up, server_hostname="localhost"),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0]


def one_line(pem: str) -> str:
    """As it comes out of a properties file whose lines were continued."""
    return pem.strip().replace("\n", " ")


FORMS = ("pem", "encrypted", "pkcs12", "texts")


def stores(form: str, authority: Authority, alice: Issued, tmp_path: Path) -> dict[str, str]:
    """Properties that name alice's key and the authority."""
    trusted = authority.write_pem(tmp_path / "trusted.pem")
    keys, trusts = (f"ssl.{store}" for store in ("keystore", "truststore"))
    pem = {f"{trusts}.type": "PEM", f"{trusts}.location": str(trusted), f"{keys}.type": "PEM"}
    forms: Mapping[str, dict[str, str]] = {
        "pem": pem | {f"{keys}.location": str(alice.write_pem(tmp_path / "a.pem"))},
        "encrypted": pem
        | {
            f"{keys}.location": str(alice.write_pem(tmp_path / "encrypted.pem", "key-secret")),
            "ssl.key.password": "key-secret",
        },
        "pkcs12": pem
        | {
            f"{keys}.type": "PKCS12",
            f"{keys}.location": str(alice.write_pkcs12(tmp_path / "a.p12")),
            f"{keys}.password": PASSWORD,
            f"{trusts}.type": "PKCS12",
            f"{trusts}.location": str(alice.write_pkcs12(tmp_path / "t.p12")),
            f"{trusts}.password": PASSWORD,
        },
        "texts": {
            f"{keys}.type": "PEM",
            f"{keys}.key": one_line(alice.key_pem),
            f"{keys}.certificate.chain": one_line(alice.chain_pem),
            f"{trusts}.type": "PEM",
            f"{trusts}.certificates": one_line(trusted.read_text()),
        },
    }
    return forms[form]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_store(form: str, authority: Authority, alice: Issued, tmp_path: Path) -> None:
    server = shaken(tls_context(stores(form, authority, alice, tmp_path)), authority, tmp_path)
    assert server.version() == "TLSv1.3"
    certificate = server.getpeercert()
    assert certificate is not None and "alice" in str(certificate["subject"])


def test_another_authority(authority: Authority, alice: Issued, tmp_path: Path) -> None:
    known = stores("pem", authority, alice, tmp_path)
    other = new_authority("Another").write_pem(tmp_path / "other.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(tls_context(known | {"ssl.truststore.location": str(other)}), authority, tmp_path)


@pytest.mark.parametrize(
    ("form", "changes", "sentence"),
    [
        (
            "pem",
            {"ssl.keystore.location": "/no.pem"},
            "ssl.keystore.location=/no.pem cannot be read: No such file",
        ),
        (
            "pem",
            {"ssl.truststore.type": "JKS"},
            "type=JKS is not served: run keytool -importkeystore -srckeystore ",
        ),
        ("encrypted", {"ssl.key.password": "guessed"}, "cannot be used: is ssl.key.password right?"),
        ("encrypted", {"ssl.key.password": ""}, "cannot be used: is ssl.key.password right?"),
        ("pkcs12", {"ssl.keystore.password": "guessed"}, "is no PKCS12 store, or its password is wrong"),
        ("texts", {"ssl.keystore.type": "JKS"}, "ssl.keystore.key holds PEM: set ssl.keystore.type=PEM"),
        ("texts", {"ssl.keystore.certificate.chain": ""}, "belong together"),
        ("texts", {"ssl.truststore.certificates": "what?"}, "holds no certificate in PEM form"),
    ],
)
def test_stores_that_cannot_be_used(
    form: str, changes: dict[str, str], sentence: str, authority: Authority, alice: Issued, tmp_path: Path
) -> None:  # fmt: skip
    known = stores(form, authority, alice, tmp_path)
    with pytest.raises(BadStore, match=re.escape(sentence)) as refused:
        tls_context(known | changes)
    assert "guessed" not in str(refused.value) and "PRIVATE" not in str(refused.value)
