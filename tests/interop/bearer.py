"""An identity provider: a key, its public half as a JWKS, and tokens signed with it."""

from __future__ import annotations

import base64
import json

import attrs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@attrs.frozen
class Signing:
    """RS256 with one key."""

    _key: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> Signing:
        return cls(rsa.generate_private_key(65537, 2048))

    def key_set(self) -> str:
        """The JWKS."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "one", "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
        return json.dumps({"keys": [key]})

    def token(self, subject: str, now_s: float, lifetime_s: float, audience: str = "kafka") -> str:
        """Good from a minute ago until `lifetime_s` from now."""
        claims = {"sub": subject, "iat": int(now_s) - 60, "exp": int(now_s + lifetime_s), "aud": audience}
        claims["scope"] = "records"  # Java's clients look for one
        parts = ({"alg": "RS256", "kid": "one", "typ": "JWT"}, claims)
        signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_base64(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
