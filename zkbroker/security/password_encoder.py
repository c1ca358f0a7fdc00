"""Passwords as a broker's dynamic configuration keeps them in ZooKeeper: encrypted under password.encoder.secret.

The text is Kafka's own, so that either broker reads what the other wrote. It carries everything but the secret.
Source: org.apache.kafka.security.EncryptingPasswordEncoder, 3.9.1.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING, Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zkbroker.config.keys import Secret

if TYPE_CHECKING:
    from zkbroker.config import BrokerConfig

CBC: Final = "AES/CBC/PKCS5Padding"
GCM: Final = "AES/GCM/NoPadding"
DEFAULT_KEY_FACTORY: Final = "PBKDF2WithHmacSHA512"
KEY_FACTORY_PREFIX: Final = "PBKDF2WithHmac"
DIGESTS: Final = frozenset({"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"})
SALT_BYTES: Final = 256
BLOCK_BYTES: Final = 16
GCM_IV_BYTES: Final = 12
GCM_TAG_BITS: Final = 128


@attrs.frozen
class PasswordEncoder:
    """Encrypts and decrypts with one secret. What was encoded names its own algorithms; these are for new texts."""

    _secret: Secret
    key_factory: str = DEFAULT_KEY_FACTORY
    cipher: str = CBC
    key_bits: int = 128
    iterations: int = 4096

    def encode(self, password: str) -> str:
        """The text to store. Raises: ValueError for algorithms that are not known here."""
        salt = secrets.token_bytes(SALT_BYTES)
        key = self._key(self.key_factory, self.key_bits, salt, self.iterations)
        fields = {
            "keyFactoryAlgorithm": self.key_factory,
            "cipherAlgorithm": self.cipher,
            "keyLength": str(self.key_bits),
            "salt": _base64(salt),
            "iterations": str(self.iterations),
            "passwordLength": str(_java_length(password)),
        }
        if self.cipher == CBC:
            iv = secrets.token_bytes(BLOCK_BYTES)
            padder = padding.PKCS7(BLOCK_BYTES * 8).padder()
            encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
            padded = padder.update(password.encode()) + padder.finalize()
            encrypted = encryptor.update(padded) + encryptor.finalize()
        elif self.cipher == GCM:
            iv = secrets.token_bytes(GCM_IV_BYTES)
            encrypted = AESGCM(key).encrypt(iv, password.encode(), None)
            fields["authenticationTagLength"] = str(GCM_TAG_BITS)
        else:
            raise ValueError(f"the cipher {self.cipher} is not known: use {CBC} or {GCM}")
        fields |= {"initializationVector": _base64(iv), "encryptedPassword": _base64(encrypted)}
        return ",".join(f"{name}:{value}" for name, value in fields.items())

    def decode(self, encoded: str) -> str:
        """The password in a stored text. Raises: ValueError if it is none, or was made with another secret."""
        fields = dict(part.partition(":")[::2] for part in encoded.split(","))
        try:
            cipher = fields["cipherAlgorithm"]
            salt, iv, encrypted = (
                base64.b64decode(fields[name], validate=True)
                for name in ("salt", "initializationVector", "encryptedPassword")
            )
            length = int(fields["passwordLength"])
            key_bits, iterations = int(fields["keyLength"]), int(fields["iterations"])
            key = self._key(fields["keyFactoryAlgorithm"], key_bits, salt, iterations)
        except KeyError as missing:
            raise ValueError(f"it has no field {missing}") from None
        try:
            password = _decrypted(cipher, key, iv, encrypted).decode()
        except (ValueError, InvalidTag):
            raise ValueError("it was encoded with another password.encoder.secret") from None
        if _java_length(password) != length:
            raise ValueError("it was encoded with another password.encoder.secret")
        return password

    def _key(self, key_factory: str, key_bits: int, salt: bytes, iterations: int) -> bytes:
        digest = key_factory.removeprefix(KEY_FACTORY_PREFIX)
        if digest not in DIGESTS:
            known = f"use {KEY_FACTORY_PREFIX}SHA512 or another of {', '.join(sorted(DIGESTS))}"
            raise ValueError(f"the key factory {key_factory} is not known: {known}")
        return hashlib.pbkdf2_hmac(digest, self._secret.text.encode(), salt, iterations, key_bits // 8)


def encoder_of(config: BrokerConfig, *, old: bool = False) -> PasswordEncoder | None:
    """The encoder a broker's configuration asks for, or that of its former secret; None without one."""
    secret = config.password_encoder_old_secret if old else config.password_encoder_secret
    if secret is None:
        return None
    return PasswordEncoder(
        secret,
        config.password_encoder_keyfactory_algorithm or DEFAULT_KEY_FACTORY,
        config.password_encoder_cipher_algorithm,
        config.password_encoder_key_length,
        config.password_encoder_iterations,
    )


def _decrypted(cipher: str, key: bytes, iv: bytes, encrypted: bytes) -> bytes:
    if cipher == CBC:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(BLOCK_BYTES * 8).unpadder()
        return unpadder.update(decryptor.update(encrypted) + decryptor.finalize()) + unpadder.finalize()
    if cipher == GCM:
        return AESGCM(key).decrypt(iv, encrypted, None)
    raise ValueError(f"the cipher {cipher} is not known")


def _java_length(text: str) -> int:
    """The length of the text in UTF-16 units, which is what Java counts."""
    return len(text.encode("utf-16-le")) // 2


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
