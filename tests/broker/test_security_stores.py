"""Key and trust stores as people have them: PEM in several spellings, PKCS12 of ours and of Java's keytool."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.support.certificates import PASSWORD, Authority, Issued, new_authority
from zkbroker.security.stores import (
    StoreProblem,
    StoreSource,
    load_into,
    read_key_store,
    read_trust_store,
    trust,
)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Issued:
    return authority.issue("broker")


def require_usable(source: StoreSource, expected: Issued) -> None:
    store = read_key_store(source)
    assert store.chain[0] == expected.certificate
    assert "PRIVATE" not in repr(store) and "PRIVATE" not in repr(source)
    load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), store)


def test_a_pem_file(tmp_path: Path, broker: Issued) -> None:
    require_usable(StoreSource("PEM", str(broker.write_pem(tmp_path / "k.pem"))), broker)


def test_a_pem_file_with_an_encrypted_key(tmp_path: Path, broker: Issued) -> None:
    file = str(broker.write_pem(tmp_path / "k.pem", "key-secret"))
    require_usable(StoreSource("PEM", file, key_password="key-secret"), broker)
    with pytest.raises(StoreProblem, match=r"is ssl\.key\.password right"):
        read_key_store(StoreSource("PEM", file, key_password="wrong"))
    with pytest.raises(StoreProblem, match=r"ssl\.key\.password is not set"):
        read_key_store(StoreSource("PEM", file))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", " "])
def test_pem_texts_in_the_configuration(line_break: str, broker: Issued) -> None:
    """A properties file may have made blanks of the line breaks."""
    key, chain = (text.replace("\n", line_break) for text in (broker.key_pem, broker.chain_pem))
    require_usable(StoreSource("PEM", key=key, certificates=chain), broker)


def test_a_key_in_openssls_old_form(tmp_path: Path, broker: Issued) -> None:
    encryption = BestAvailableEncryption(b"old")
    key = broker.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption).decode()
    assert "Proc-Type" in key
    require_usable(StoreSource("PEM", key=key, certificates=broker.chain_pem, key_password="old"), broker)


def test_the_order_of_certificates_does_not_matter(authority: Authority, broker: Issued) -> None:
    backwards = authority.certificate.public_bytes(Encoding.PEM).decode() + broker.chain_pem
    store = read_key_store(StoreSource("PEM", key=broker.key_pem, certificates=backwards))
    assert [c.subject for c in store.chain] == [
        broker.certificate.subject,
        authority.certificate.subject,
    ]


def test_a_pkcs12_file(tmp_path: Path, broker: Issued) -> None:
    file = str(broker.write_pkcs12(tmp_path / "k.p12"))
    require_usable(StoreSource("PKCS12", file, PASSWORD), broker)
    with pytest.raises(StoreProblem, match="its password is wrong"):
        read_key_store(StoreSource("PKCS12", file, "wrong"))


def test_what_is_no_store(tmp_path: Path, authority: Authority, broker: Issued) -> None:
    file = tmp_path / "file"
    with pytest.raises(StoreProblem, match="cannot be read: No such file"):
        read_key_store(StoreSource("PEM", str(file)))
    file.write_bytes(b"\xfe\xed\xfe\xed")
    with pytest.raises(StoreProblem, match="keytool"):
        read_key_store(StoreSource("PKCS12", str(file), ""))
    with pytest.raises(StoreProblem, match="is it a PKCS12 store"):
        read_key_store(StoreSource("PEM", str(file)))
    with pytest.raises(StoreProblem, match="one private key"):
        read_key_store(StoreSource("PEM", key="nothing", certificates=broker.chain_pem))
    with pytest.raises(StoreProblem, match="no certificate"):
        read_key_store(StoreSource("PEM", key=broker.key_pem, certificates=""))
    with pytest.raises(StoreProblem, match="none of its certificates belongs"):
        other = authority.issue("other")
        read_key_store(StoreSource("PEM", key=broker.key_pem, certificates=other.chain_pem))
    with pytest.raises(StoreProblem, match="no certificate to trust"):
        read_trust_store(StoreSource("PEM", certificates="none"))
    with pytest.raises(StoreProblem, match="certificate 1 does not parse"):
        broken = broker.chain_pem.replace("\n", "\nAAAA", 1)
        read_trust_store(StoreSource("PEM", certificates=broken))


def test_trust_stores(tmp_path: Path, authority: Authority) -> None:
    expected = (authority.certificate,)
    assert read_trust_store(StoreSource("PEM", str(authority.write_pem(tmp_path / "t.pem")))) == expected
    trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), expected)


@attrs.frozen
class Keytool:
    """Java's own tool for stores."""

    directory: Path

    def run(self, *args: str) -> None:
        done = subprocess.run(["keytool", *args], cwd=self.directory, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("keytool") is None, reason="Java's keytool is not installed")
def test_stores_that_keytool_wrote(tmp_path: Path, authority: Authority) -> None:
    keytool = Keytool(tmp_path)
    common = ("-storetype", "PKCS12", "-storepass", PASSWORD)
    keytool.run(
        "-genkeypair", "-alias", "me", "-keyalg", "RSA", "-dname", "CN=java", "-keystore", "k.p12", *common
    )
    authority.write_pem(tmp_path / "ca.pem")
    keytool.run("-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", "t.p12", *common)
    store = read_key_store(StoreSource("PKCS12", str(tmp_path / "k.p12"), PASSWORD))
    assert store.chain[0].subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "java"
    found = read_trust_store(StoreSource("PKCS12", str(tmp_path / "t.p12"), PASSWORD))
    assert found == (authority.certificate,)
