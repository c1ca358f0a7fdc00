"""SCRAM's keys: what is kept of a password, and what proves that one knows it. [pure]

Source: RFC 5802, org.apache.kafka.common.security.scram.internals.ScramFormatter, ScramCredentialUtils.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

import attrs

HASHES: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
"""The hash function of each mechanism, in hashlib's words."""

CODES: Final = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
"""The mechanisms as DescribeUserScramCredentials numbers them. Source: KIP-554."""

MIN_ITERATIONS: Final = 4096
MAX_ITERATIONS: Final = 16384


@attrs.frozen(repr=False)
class ScramCredential:
    """What the server keeps of a password. Not the password, but enough to be guarded like one."""

    salt: bytes
    stored_key: bytes
    server_key: bytes
    iterations: int

    def __repr__(self) -> str:
        return f"ScramCredential(iterations={self.iterations})"


def salted_password(mechanism: str, password: str, salt: bytes, iterations: int) -> bytes:
    """PBKDF2: some milliseconds of work. As Kafka, without SASLprep."""
    return hashlib.pbkdf2_hmac(HASHES[mechanism], password.encode(), salt, iterations)


def credential_from_salted(mechanism: str, salted: bytes, salt: bytes, iterations: int) -> ScramCredential:
    """The credential of a salted password, which is all that AlterUserScramCredentials carries."""
    client_key = sign(mechanism, salted, b"Client Key")
    stored_key = hashed(mechanism, client_key)
    return ScramCredential(salt, stored_key, sign(mechanism, salted, b"Server Key"), iterations)


def credential_of(mechanism: str, password: str, salt: bytes, iterations: int) -> ScramCredential:
    """The credential of a password, with a random salt the caller gives."""
    salted = salted_password(mechanism, password, salt, iterations)
    return credential_from_salted(mechanism, salted, salt, iterations)


def hashed(mechanism: str, key: bytes) -> bytes:
    return hashlib.new(HASHES[mechanism], key).digest()


def sign(mechanism: str, key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, HASHES[mechanism])


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def encode_credential(credential: ScramCredential) -> str:
    """The value of a SCRAM key in `/config/users/<name>`."""
    salt, stored_key, server_key = (
        base64.b64encode(part).decode()
        for part in (credential.salt, credential.stored_key, credential.server_key)
    )
    return f"salt={salt},stored_key={stored_key},server_key={server_key},iterations={credential.iterations}"


def decode_credential(text: str) -> ScramCredential:
    """Raises: ValueError, which shows nothing of the text."""
    pairs = dict(part.strip().partition("=")[::2] for part in text.split(","))
    if pairs.keys() != {"salt", "stored_key", "server_key", "iterations"}:
        raise ValueError("a SCRAM credential holds salt, stored_key, server_key and iterations")
    try:
        salt, stored_key, server_key = (
            base64.b64decode(pairs[name], validate=True) for name in ("salt", "stored_key", "server_key")
        )
    except binascii.Error:
        raise ValueError("a part of a SCRAM credential is not base64") from None
    if not pairs["iterations"].isdecimal():
        raise ValueError("the iterations of a SCRAM credential are no number")
    return ScramCredential(salt, stored_key, server_key, int(pairs["iterations"]))
