"""Bearer tokens of OAUTHBEARER: JWTs checked against a file of public keys, or unsigned ones as Kafka's default has it.

Source: RFC 7515, RFC 7517, RFC 7519, KIP-768; ValidatorAccessTokenValidator, OAuthBearerUnsecuredJws of Kafka 3.9.1.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import attrs

from zkbroker.security.sasl import BearerToken, TokenRefused

log = logging.getLogger(__name__)

Claims = Mapping[str, Any]

MAX_TOKEN_CHARACTERS: Final = 64 * 1024


@attrs.frozen
class Expectations:
    """What a signed token must say, by the `sasl.oauthbearer.*` keys."""

    audiences: tuple[str, ...] = ()  # one of them; empty: any or none
    issuer: str | None = None
    scope_claim: str = "scope"
    subject_claim: str = "sub"
    clock_skew_s: int = 30


# ------------------------------------------------------------------------------------------------ JSON in base64


def _decode_part(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise TokenRefused(f"its {what} is not base64url") from None


def _decode_object(text: str, what: str) -> Claims:
    try:
        value = json.loads(_decode_part(text, what))
    except (ValueError, RecursionError) as error:
        if isinstance(error, TokenRefused):
            raise
        raise TokenRefused(f"its {what} is no JSON") from None
    if not isinstance(value, dict):
        raise TokenRefused(f"its {what} is no JSON object")
    return value


@attrs.frozen
class _Jwt:
    header: Claims
    claims: Claims
    signed: bytes
    signature: bytes


def _parse(token: str) -> _Jwt:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN_CHARACTERS:
        raise TokenRefused("it is no JWT in three parts")
    header, claims = _decode_object(parts[0], "header"), _decode_object(parts[1], "set of claims")
    signed = f"{parts[0]}.{parts[1]}".encode()
    return _Jwt(header, claims, signed, _decode_part(parts[2], "signature"))


def _seconds(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
        raise TokenRefused(f"its claim {name} is no time")
    return float(value)


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip():
        raise TokenRefused(f"its claim {name} names nobody")
    return value


def _scopes(claims: Claims, name: str) -> list[str]:
    value = claims.get(name)
    if value is None:
        return []
    if isinstance(value, str):
        return value.split()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item.strip() for item in value]
    raise TokenRefused(f"its claim {name} is no list of scopes")


# ------------------------------------------------------------------------------------------------ public keys


@attrs.frozen
class _PublicKey:
    """One key of a JWKS."""

    key_id: str | None
    algorithms: tuple[str, ...]  # it may be used with
    verify: Callable[[str, bytes, bytes], None]  # algorithm, signature, signed bytes; raises InvalidSignature


def parse_key_set(text: str) -> list[_PublicKey]:
    """The public keys of a JWKS that can be used here; others are passed over. Raises: ValueError."""
    try:
        found = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("it is no JWKS: a JSON object with a list of keys") from None
    keys = []
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict) and entry.get("use", "sig") == "sig":
            key = _public_key(entry)
            if key is not None:
                keys.append(key)
    if not keys:
        raise ValueError("it holds no public key (RSA, EC or Ed25519) for signatures")
    return keys


def _number(entry: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_decode_part(str(entry[name]), name), "big")


def _public_key(entry: Mapping[str, Any]) -> _PublicKey | None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    kind, key_id, only = entry.get("kty"), entry.get("kid"), entry.get("alg")
    verify: Callable[[str, bytes, bytes], None]
    try:
        if kind == "RSA":
            rsa_key = rsa.RSAPublicNumbers(_number(entry, "e"), _number(entry, "n")).public_key()
            if rsa_key.key_size < 2048:
                raise ValueError(f"it has {rsa_key.key_size} bits, fewer than 2048")
            algorithms: tuple[str, ...] = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
            verify = _rsa_verifier(rsa_key)
        elif kind == "EC":
            curve, algorithm = _CURVES[entry["crv"]]
            ec_key = ec.EllipticCurvePublicNumbers(
                _number(entry, "x"), _number(entry, "y"), getattr(ec, curve)()
            ).public_key()
            algorithms = (algorithm,)
            verify = _ec_verifier(ec_key)
        elif kind == "OKP" and entry.get("crv") == "Ed25519":
            ed_key = ed25519.Ed25519PublicKey.from_public_bytes(_decode_part(str(entry["x"]), "x"))
            algorithms = ("EdDSA",)

            def verify(algorithm: str, signature: bytes, signed: bytes) -> None:
                ed_key.verify(signature, signed)

        else:
            return None  # a shared secret would let whoever can check a token make one
    except (KeyError, ValueError, TokenRefused) as error:
        log.warning("A key of the JWKS (kid %s) cannot be used: %s", key_id, error)
        return None
    if only is not None:
        algorithms = tuple(name for name in algorithms if name == only)
    return _PublicKey(key_id, algorithms, verify)


_CURVES: Final = {
    "P-256": ("SECP256R1", "ES256"),
    "P-384": ("SECP384R1", "ES384"),
    "P-521": ("SECP521R1", "ES512"),
}
_HASHES: Final = {"256": "SHA256", "384": "SHA384", "512": "SHA512"}


def _rsa_verifier(key: Any) -> Callable[[str, bytes, bytes], None]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    def verify(algorithm: str, signature: bytes, signed: bytes) -> None:
        hashing = getattr(hashes, _HASHES[algorithm[2:]])()
        scheme: Any = padding.PKCS1v15()
        if algorithm.startswith("PS"):
            scheme = padding.PSS(padding.MGF1(hashing), hashing.digest_size)
        key.verify(signature, signed, scheme, hashing)

    return verify


def _ec_verifier(key: Any) -> Callable[[str, bytes, bytes], None]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    size = (key.curve.key_size + 7) // 8

    def verify(algorithm: str, signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        hashing = getattr(hashes, _HASHES[algorithm[2:]])()
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashing))

    return verify


def file_of_url(url: str) -> str:
    """The path of a `file:` URL. Raises: ValueError for another kind."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise ValueError("it must be file:///PATH: keys are read from a file, not fetched; download it there")
    return unquote(parts.path)


@attrs.define(eq=False)
class KeySetFile:
    """The keys of one JWKS file, read again when it has changed."""

    _path: str
    _keys: Sequence[_PublicKey] = attrs.field(factory=tuple, init=False)
    _stamp: tuple[int, ...] = attrs.field(default=(), init=False)

    def keys(self) -> Sequence[_PublicKey]:
        """The present keys; a file that cannot be used changes nothing. Raises: ValueError if it never could."""
        try:
            status = os.stat(self._path)
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            if stamp != self._stamp:
                self._stamp = stamp
                with open(self._path, encoding="utf-8") as file:
                    self._keys = parse_key_set(file.read())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            if not self._keys:
                self._stamp = ()
                raise ValueError(f"the keys cannot be read from {self._path}: {reason}") from None
            log.error("The keys of %s stay as they were: %s", self._path, reason)
        return self._keys


# ------------------------------------------------------------------------------------------------ validators


@attrs.define(eq=False)
class SignedTokens:
    """Checks signed JWTs."""

    _key_set: KeySetFile
    _expected: Expectations
    _wall_ms: Callable[[], int]

    def validate(self, token: str) -> BearerToken:
        """Raises: TokenRefused."""
        jwt, expected = _parse(token), self._expected
        self._require_signature(jwt)
        now_s, skew_s = self._wall_ms() / 1000, expected.clock_skew_s
        expires_s, issued_s = _seconds(jwt.claims, "exp"), _seconds(jwt.claims, "iat")
        if expires_s is None or issued_s is None:
            raise TokenRefused("it does not say when it was issued and when it expires (iat, exp)")
        if now_s - skew_s >= expires_s:
            raise TokenRefused(f"it expired {now_s - expires_s:.0f} s ago")
        not_before_s = _seconds(jwt.claims, "nbf")
        if not_before_s is not None and now_s + skew_s < not_before_s:
            raise TokenRefused("it is not valid yet (nbf)")
        if issued_s > expires_s:
            raise TokenRefused("it expires before it was issued")
        if expected.issuer is not None and jwt.claims.get("iss") != expected.issuer:
            raise TokenRefused(f"its issuer is {jwt.claims.get('iss')!r}")
        if expected.audiences:
            audience = jwt.claims.get("aud")
            named = audience if isinstance(audience, list) else [audience]
            if not set(map(str, named)) & set(expected.audiences):
                raise TokenRefused(f"its audience is {audience!r}")
        _scopes(jwt.claims, expected.scope_claim)
        return BearerToken(_text(jwt.claims, expected.subject_claim), int(expires_s * 1000))

    def _require_signature(self, jwt: _Jwt) -> None:
        from cryptography.exceptions import InvalidSignature

        algorithm, key_id = jwt.header.get("alg"), jwt.header.get("kid")
        if jwt.header.get("crit") is not None:
            raise TokenRefused("its header asks for what is not known (crit)")
        try:
            keys = self._key_set.keys()
        except ValueError as error:
            raise TokenRefused(str(error)) from None
        fitting = [
            key
            for key in keys
            if algorithm in key.algorithms and (key_id is None or key.key_id in (None, key_id))
        ]
        if not fitting:
            raise TokenRefused(f"no key fits its algorithm {algorithm!r} and key id {key_id!r}")
        for key in fitting:
            try:
                key.verify(str(algorithm), jwt.signature, jwt.signed)
            except InvalidSignature:
                continue
            return
        raise TokenRefused("its signature is wrong")


@attrs.define(eq=False)
class UnsecuredTokens:
    """Takes JWTs without any signature (alg none): whoever connects says who it is. For development only.

    Source: OAuthBearerUnsecuredValidatorCallbackHandler, with the options of its JAAS entry.
    """

    _options: Mapping[str, str]
    _wall_ms: Callable[[], int]

    def validate(self, token: str) -> BearerToken:
        """Raises: TokenRefused."""
        jwt = _parse(token)
        if jwt.header.get("alg") != "none" or jwt.signature:
            raise TokenRefused("it is signed, and the listener takes unsecured tokens only")
        subject = self._options.get("unsecuredValidatorPrincipalClaimName", "sub")
        scope_claim = self._options.get("unsecuredValidatorScopeClaimName", "scope")
        required = self._options.get("unsecuredValidatorRequiredScope", "").split()
        skew_s = int(self._options.get("unsecuredValidatorAllowableClockSkewMs", "0")) / 1000
        name, now_s = _text(jwt.claims, subject), self._wall_ms() / 1000
        issued_s, expires_s = _seconds(jwt.claims, "iat"), _seconds(jwt.claims, "exp")
        if expires_s is None:
            raise TokenRefused("it does not say when it expires (exp)")
        if issued_s is not None and now_s + skew_s < issued_s:
            raise TokenRefused("it was issued in the future")
        if now_s - skew_s >= expires_s:
            raise TokenRefused(f"it expired {now_s - expires_s:.0f} s ago")
        if issued_s is not None and issued_s >= expires_s:
            raise TokenRefused("it expires before it was issued")
        missing = [scope for scope in required if scope not in _scopes(jwt.claims, scope_claim)]
        if missing:
            raise TokenRefused(f"the scope {missing[0]} is missing", scope=" ".join(required))
        return BearerToken(name, int(expires_s * 1000))


def unsecured_token(options: Mapping[str, str], wall_ms: int) -> str:
    """What OAuthBearerLoginModule makes of its options when nobody issues tokens. Raises: ValueError.

    Source: OAuthBearerUnsecuredLoginCallbackHandler.
    """
    claims: dict[str, object] = {}
    prefixes = {"unsecuredLoginStringClaim_": str, "unsecuredLoginNumberClaim_": float}
    for option, text in options.items():
        for prefix, kind in prefixes.items():
            if option.startswith(prefix):
                claims[option.removeprefix(prefix)] = kind(text)
        if option.startswith("unsecuredLoginListClaim_") and text:
            claims[option.removeprefix("unsecuredLoginListClaim_")] = text[1:].split(text[0])
    subject = options.get("unsecuredLoginPrincipalClaimName", "sub")
    if not claims.get(subject):
        raise ValueError(f'it names nobody: set unsecuredLoginStringClaim_{subject}="NAME"')
    claims.setdefault("iat", wall_ms / 1000)
    lifetime_s = int(options.get("unsecuredLoginLifetimeSeconds", "3600"))
    claims.setdefault("exp", wall_ms / 1000 + lifetime_s)
    return ".".join(_encode_part(part) for part in ({"alg": "none"}, claims)) + "."


def _encode_part(value: Mapping[str, object]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
