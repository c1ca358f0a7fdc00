"""Bearer tokens: signatures of every algorithm, claims in time and out of it, keys that change in their file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from zkbroker.security.bearer import (
    Expectations,
    KeySetFile,
    SignedTokens,
    UnsecuredTokens,
    file_of_url,
    parse_key_set,
    unsecured_token,
)
from zkbroker.security.sasl import TokenRefused

NOW_S = 1_700_000_000
CLAIMS = {"sub": "alice", "iat": NOW_S - 10, "exp": NOW_S + 60, "iss": "us", "aud": ["kafka", "x"]}

Signer = Callable[[bytes], bytes]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_int(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def jwt(claims: Mapping[str, object], sign: Signer, **header: object) -> str:
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{b64(sign(signed.encode()))}"


RSA = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()
HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def rsa_jwk(key: rsa.RSAPrivateKey, **more: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": b64_int(numbers.n), "e": b64_int(numbers.e), **more}


def rsa_signer(algorithm: str, key: rsa.RSAPrivateKey = RSA) -> Signer:
    hashing = HASHES[algorithm[2:]]
    scheme: Any = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        scheme = padding.PSS(padding.MGF1(hashing), hashing.digest_size)
    return lambda data: key.sign(data, scheme, hashing)


def ec_pair(curve: ec.EllipticCurve, name: str, bits: str) -> tuple[dict[str, str], Signer]:
    key = ec.generate_private_key(curve)
    numbers, size = key.public_key().public_numbers(), (curve.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(HASHES[bits])))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    x, y = (b64(n.to_bytes(size, "big")) for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": name, "x": x, "y": y}, sign


def signed_tokens(
    directory: Path, *keys: Mapping[str, str], expected: Expectations | None = None
) -> SignedTokens:
    file = directory / "jwks.json"
    file.write_text(json.dumps({"keys": keys}))
    return SignedTokens(KeySetFile(str(file)), expected or Expectations(), lambda: NOW_S * 1000)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_rsa(tmp_path: Path, algorithm: str) -> None:
    tokens = signed_tokens(tmp_path, rsa_jwk(RSA))
    token = tokens.validate(jwt(CLAIMS, rsa_signer(algorithm), alg=algorithm))
    assert (token.principal, token.expires_wall_ms) == ("alice", (NOW_S + 60) * 1000)


@pytest.mark.parametrize(
    ("curve", "name", "bits"),
    [(ec.SECP256R1(), "P-256", "256"), (ec.SECP384R1(), "P-384", "384"), (ec.SECP521R1(), "P-521", "512")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ec(tmp_path: Path, curve: ec.EllipticCurve, name: str, bits: str) -> None:
    jwk, sign = ec_pair(curve, name, bits)
    tokens = signed_tokens(tmp_path, jwk)
    assert tokens.validate(jwt(CLAIMS, sign, alg=f"ES{bits}")).principal == "alice"
    with pytest.raises(TokenRefused, match="signature is wrong"):
        tokens.validate(jwt(CLAIMS, lambda data: sign(data)[:-1], alg=f"ES{bits}"))


def test_ed25519(tmp_path: Path) -> None:
    tokens = signed_tokens(
        tmp_path, {"kty": "OKP", "crv": "Ed25519", "x": b64(ED.public_key().public_bytes_raw())}
    )
    assert tokens.validate(jwt(CLAIMS, ED.sign, alg="EdDSA")).principal == "alice"


def test_signatures_that_must_not_count(tmp_path: Path) -> None:
    tokens = signed_tokens(tmp_path, rsa_jwk(RSA, kid="one"), rsa_jwk(RSA, kid="narrow", alg="RS512"))
    other = rsa.generate_private_key(65537, 2048)
    public = RSA.public_key().public_numbers().n.to_bytes(256, "big")
    for token, reason in (
        (jwt(CLAIMS, lambda _: b"", alg="none"), "no key fits"),
        (jwt(CLAIMS, lambda _: b""), "no key fits"),
        (jwt(CLAIMS, lambda _: public, alg="HS256"), "no key fits"),
        (jwt(CLAIMS, rsa_signer("RS256", other), alg="RS256"), "signature is wrong"),
        (jwt(CLAIMS, rsa_signer("RS256"), alg="RS256", kid="two"), "no key fits"),
        (jwt(CLAIMS, rsa_signer("RS256"), alg="RS256", kid="narrow"), "no key fits"),
        (jwt(CLAIMS, rsa_signer("RS256"), alg="RS256", crit=["b64"]), "crit"),
        (jwt(CLAIMS, rsa_signer("RS512"), alg="RS256"), "signature is wrong"),
    ):
        with pytest.raises(TokenRefused, match=reason):
            tokens.validate(token)
    good = jwt(CLAIMS, rsa_signer("RS256"), alg="RS256", kid="one")
    assert tokens.validate(good).principal == "alice"
    header, claims, signature = good.split(".")
    forged = b64(json.dumps(CLAIMS | {"sub": "admin"}).encode())
    with pytest.raises(TokenRefused, match="signature is wrong"):
        tokens.validate(f"{header}.{forged}.{signature}")
    assert claims != forged


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exp": NOW_S - 31}, "expired 31 s ago"),
        ({"exp": None}, "does not say when"),
        ({"iat": None}, "does not say when"),
        ({"exp": "tomorrow"}, "is no time"),
        ({"exp": True}, "is no time"),
        ({"exp": float("nan")}, "is no time"),
        ({"exp": float("inf")}, "is no time"),
        ({"exp": 10**400}, "is no time"),
        ({"nbf": NOW_S + 31}, "not valid yet"),
        ({"iat": NOW_S + 100}, "before it was issued"),
        ({"iss": "them"}, "its issuer is 'them'"),
        ({"iss": None}, "its issuer is None"),
        ({"aud": "other"}, "its audience is 'other'"),
        ({"aud": None}, "its audience"),
        ({"sub": ""}, "names nobody"),
        ({"sub": 7}, "names nobody"),
        ({"scope": 7}, "list of scopes"),
    ],
)
def test_claims_that_must_not_count(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    expected = Expectations(audiences=("kafka",), issuer="us")
    tokens = signed_tokens(tmp_path, rsa_jwk(RSA), expected=expected)
    claims = {key: value for key, value in (CLAIMS | change).items() if value is not None}
    with pytest.raises(TokenRefused, match=reason):
        tokens.validate(jwt(claims, rsa_signer("RS256"), alg="RS256"))


def test_other_claim_names_and_skew(tmp_path: Path) -> None:
    expected = Expectations(subject_claim="client_id", scope_claim="scp", clock_skew_s=100)
    tokens = signed_tokens(tmp_path, rsa_jwk(RSA), expected=expected)
    claims = CLAIMS | {"client_id": "svc", "iat": NOW_S - 200, "exp": NOW_S - 99, "scp": ["a", "b"]}
    assert tokens.validate(jwt(claims, rsa_signer("RS256"), alg="RS256")).principal == "svc"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "!.!.!", "e30.W10.", "bm8.e30."])
def test_what_is_no_jwt(tmp_path: Path, token: str) -> None:
    with pytest.raises(TokenRefused):
        signed_tokens(tmp_path, rsa_jwk(RSA)).validate(token)


def test_keys_follow_their_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokens = signed_tokens(tmp_path, rsa_jwk(RSA))
    new = rsa.generate_private_key(65537, 2048)
    signed = jwt(CLAIMS, rsa_signer("RS256", new), alg="RS256")
    with pytest.raises(TokenRefused, match="signature is wrong"):
        tokens.validate(signed)
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [rsa_jwk(RSA), rsa_jwk(new, kid="new")]}))
    assert tokens.validate(signed).principal == "alice"
    file.write_text("half of it")
    assert tokens.validate(signed).principal == "alice"
    assert "stay as they were" in caplog.text
    file.unlink()
    assert tokens.validate(signed).principal == "alice"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JWKS"),
        ("[]", "no JWKS"),
        ('{"keys": []}', "no public key"),
        ('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "no public key"),
        ('{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}', "no public key"),
        ('{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}', "no public key"),
        ('{"keys": [{"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}, 7]}', "no public key"),
    ],
)
def test_what_is_no_key_set(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_key_set(text)


def test_a_key_set_that_never_was(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read from .*: No such file"):
        KeySetFile(str(tmp_path / "none")).keys()


def test_urls() -> None:
    assert file_of_url("file:///etc/a%20b.json") == "/etc/a b.json"
    for url in ("https://id.example/keys", "/etc/keys", "file://host/keys", ""):
        with pytest.raises(ValueError, match="file:///PATH"):
            file_of_url(url)


# --------------------------------------------------------------------------------------------- unsecured


def unsecured(**options: str) -> UnsecuredTokens:
    return UnsecuredTokens(options, lambda: NOW_S * 1000)


def test_what_the_login_module_makes_the_validator_takes() -> None:
    token = unsecured_token(
        {
            "unsecuredLoginStringClaim_sub": "alice",
            "unsecuredLoginListClaim_scope": ",read,write",
            "unsecuredLoginNumberClaim_level": "7",
            "unsecuredLoginLifetimeSeconds": "100",
        },
        NOW_S * 1000,
    )
    assert token.endswith(".")
    found = unsecured(unsecuredValidatorRequiredScope="write").validate(token)
    assert (found.principal, found.expires_wall_ms) == ("alice", (NOW_S + 100) * 1000)
    with pytest.raises(TokenRefused, match="the scope admin is missing") as refused:
        unsecured(unsecuredValidatorRequiredScope="write admin").validate(token)
    assert refused.value.scope == "write admin"


def test_a_login_module_without_a_name() -> None:
    with pytest.raises(ValueError, match="unsecuredLoginStringClaim_sub"):
        unsecured_token({}, NOW_S * 1000)


@pytest.mark.parametrize(
    ("change", "header", "reason"),
    [
        ({}, {"alg": "RS256"}, "is signed"),
        ({"exp": NOW_S}, {"alg": "none"}, "expired 0 s ago"),
        ({"exp": None}, {"alg": "none"}, "when it expires"),
        ({"iat": NOW_S + 1}, {"alg": "none"}, "in the future"),
        ({"sub": None}, {"alg": "none"}, "names nobody"),
    ],
)
def test_unsecured_tokens_that_do_not_count(
    change: dict[str, object], header: dict[str, str], reason: str
) -> None:
    claims = {key: value for key, value in (CLAIMS | change).items() if value is not None}
    with pytest.raises(TokenRefused, match=reason):
        unsecured().validate(jwt(claims, lambda _: b"", **header))


def test_an_unsecured_token_has_no_signature() -> None:
    with pytest.raises(TokenRefused, match="is signed"):
        unsecured().validate(jwt(CLAIMS, lambda _: b"x", alg="none"))
