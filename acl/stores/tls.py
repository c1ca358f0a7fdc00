"""TLS as a Java client's `ssl.*` properties ask for it: PEM or PKCS12 files, or PEM texts in the properties.

Source: DefaultSslEngineFactory.java, KIP-651.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final


class BadStore(ValueError):
    """A store cannot be used. The message is a sentence; it shows no secret."""


_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def tls_context(properties: Mapping[str, str]) -> ssl.SSLContext:
    """Raises: BadStore."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if properties.get("ssl.endpoint.identification.algorithm", "https").lower() != "https":
        context.check_hostname = False
    trusted = _read(properties, "truststore")
    if trusted is None:
        context.load_default_certs()
    else:
        _trust(context, trusted, _shown(properties, "truststore"))
    own = _read(properties, "keystore")
    if own is not None:
        _show(context, own, properties)
    return context


def _read(properties: Mapping[str, str], store: str) -> str | None:
    """A store as PEM; None where none is named. Raises: BadStore."""
    kind = properties.get(f"ssl.{store}.type", "JKS").strip().upper()
    where = properties.get(f"ssl.{store}.location")
    inline = (
        ("truststore.certificates",)
        if store == "truststore"
        else ("keystore.key", "keystore.certificate.chain")
    )
    texts = [text for key in inline if (text := properties.get(f"ssl.{key}"))]
    if texts and not where:
        if kind != "PEM":
            raise BadStore(f"ssl.{inline[0]} holds PEM: set ssl.{store}.type=PEM.")
        if len(texts) < len(inline):
            raise BadStore(f"ssl.{inline[0]} and ssl.{inline[-1]} belong together.")
        return "\n".join(texts)
    if not where:
        return None
    if kind not in ("PEM", "PKCS12"):
        raise BadStore(
            f"ssl.{store}.type={kind} is not served: run keytool -importkeystore -srckeystore {where} -destkeystore "
            f"{where}.p12 -deststoretype PKCS12 and set ssl.{store}.location={where}.p12 and ssl.{store}.type=PKCS12."
        )
    try:
        content = Path(where).read_bytes()
    except OSError as error:
        raise BadStore(f"ssl.{store}.location={where} cannot be read: {error.strerror}.") from None
    if kind == "PKCS12":
        return _pem_of_pkcs12(
            content, properties.get(f"ssl.{store}.password", ""), f"ssl.{store}.location={where}"
        )
    return content.decode("ascii", "replace")


def _shown(properties: Mapping[str, str], store: str) -> str:
    """How a store is called in messages: never by its content."""
    where = properties.get(f"ssl.{store}.location")
    if where:
        return f"ssl.{store}.location={where}"
    return "ssl.truststore.certificates" if store == "truststore" else "ssl.keystore.key"


def _blocks(text: str) -> list[tuple[str, str]]:
    """Label and PEM of each block; in a properties file the line breaks may have become blanks."""
    found = []
    for label, content in _BLOCK.findall(text):
        if "Proc-Type" not in content:  # headers of the old encryption need their line breaks
            content = "\n" + "\n".join(content.split()) + "\n"
        found.append((label, f"-----BEGIN {label}-----{content}-----END {label}-----\n"))
    return found


def _trust(context: ssl.SSLContext, text: str, shown: str) -> None:
    certificates = "".join(pem for label, pem in _blocks(text) if label.endswith("CERTIFICATE"))
    if not certificates:
        raise BadStore(f"{shown} holds no certificate in PEM form.")
    try:
        context.load_verify_locations(cadata=certificates)
    except ssl.SSLError as error:
        raise BadStore(f"{shown} holds a certificate that cannot be read: {error.reason}.") from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # what is trusted need be no authority, as in Java


def _show(context: ssl.SSLContext, text: str, properties: Mapping[str, str]) -> None:
    """Make the context show a key's certificate where it is asked for one."""
    shown = _shown(properties, "keystore")
    blocks = _blocks(text)
    keys = [pem for label, pem in blocks if label.endswith("PRIVATE KEY")]
    chain = [pem for label, pem in blocks if label.endswith("CERTIFICATE")]
    if len(keys) != 1 or not chain:
        raise BadStore(f"{shown} must hold one private key and its certificates in PEM form.")
    password = properties.get("ssl.key.password") or properties.get("ssl.keystore.password") or ""
    try:
        with _as_file("".join([*keys, *chain])) as name:
            context.load_cert_chain(
                name, password=password
            )  # without a password OpenSSL would ask on the terminal
    except ssl.SSLError:
        is_encrypted = "ENCRYPTED" in keys[0]
        why = "is ssl.key.password right?" if is_encrypted else "does its certificate belong to its key?"
        raise BadStore(f"{shown} cannot be used: {why}") from None


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Python's ssl reads keys from files only: one in memory where there is such a thing."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("key"), "wb") as memory:
            memory.write(text.encode())
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # readable by us only
        file.write(text.encode())
        file.flush()
        yield file.name


def _pem_of_pkcs12(content: bytes, password: str, shown: str) -> str:
    try:
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
            pkcs12,
        )
    except ImportError:
        raise BadStore(f"{shown}: PKCS12 needs the Python package cryptography; PEM does not.") from None
    try:
        store: Any = pkcs12.load_pkcs12(content, password.encode())
    except ValueError:
        raise BadStore(f"{shown} is no PKCS12 store, or its password is wrong.") from None
    parts = []
    if store.key is not None:
        parts.append(store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificates = [*([] if store.cert is None else [store.cert]), *store.additional_certs]
    parts += [entry.certificate.public_bytes(Encoding.PEM) for entry in certificates]
    return b"".join(parts).decode()
