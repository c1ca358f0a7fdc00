"""SASL, both sides, as generators that take and give tokens. [pure]

A server's exchange is primed with `next`, then given each token of the client by `send`: it yields the answer, or
returns Authenticated. A client's exchange yields its first token to `next`, and the others to `send`; it returns when
the server has proved itself. Either raises AuthenticationRefused.

Source: RFC 4616, RFC 5802, RFC 7628; PlainSaslServer, ScramSaslServer, OAuthBearerSaslServer of Kafka 3.9.1.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable, Generator, Mapping
from typing import Final

import attrs

from zkbroker.security.scram import (
    MIN_ITERATIONS,
    ScramCredential,
    credential_from_salted,
    hashed,
    salted_password,
    sign,
    xor,
)


class AuthenticationRefused(Exception):
    """The other side did not prove who it is. The message is for our log; `shown` is what the client may read."""

    def __init__(self, reason: str, shown: str | None = None) -> None:
        super().__init__(reason)
        self.shown = shown  # None: that the credentials are invalid, and nothing more


@attrs.frozen
class Authenticated:
    """How a server's exchange ends."""

    name: str  # who it is; the authorization id
    final: bytes = b""  # the last token for the client
    kind: str = "User"
    by_token: bool = False  # by a delegation token
    expires_wall_ms: int | None = None  # when what was shown ceases to count


ServerExchange = Generator[bytes, bytes, Authenticated]
ClientExchange = Generator[bytes, bytes, None]


def _text(token: bytes, mechanism: str) -> str:
    try:
        return token.decode()
    except UnicodeDecodeError:
        raise AuthenticationRefused(f"a {mechanism} token is not UTF-8") from None


# ------------------------------------------------------------------------------------------------ PLAIN


def plain_server(password_of: Callable[[str], str | None]) -> ServerExchange:
    """Authorization id, user and password in one token, separated by NUL."""
    parts = _text((yield b""), "PLAIN").split("\0")
    if len(parts) != 3:
        raise AuthenticationRefused(f"a PLAIN token has {len(parts)} parts, not 3")
    authorization_id, username, password = parts
    if not username or not password:
        missing = "password" if username else "username"
        sentence = f"Authentication failed: {missing} not specified"
        raise AuthenticationRefused(sentence, sentence)
    expected = password_of(username)
    # The comparison takes as long for a user nobody knows.
    same = hmac.compare_digest((expected or "").encode(), password.encode())
    if expected is None or not same:
        what = "wrong password" if expected is not None else "unknown user"
        raise AuthenticationRefused(
            f"{what}, user {username!r}", "Authentication failed: Invalid username or password"
        )
    _require_same_id(authorization_id, username)
    return Authenticated(username)


def _require_same_id(authorization_id: str, username: str) -> None:
    if authorization_id not in ("", username):
        sentence = (
            "Authentication failed: Client requested an authorization id that is different from username"
        )
        raise AuthenticationRefused(sentence, sentence)


def plain_client(username: str, password: str) -> ClientExchange:
    yield b"\0" + username.encode() + b"\0" + password.encode()


# ------------------------------------------------------------------------------------------------ SCRAM

_SASL_NAME: Final = r"(?:[^=,\0]|=2C|=3D)+"
_NONCE: Final = r"[\x21-\x2b\x2d-\x7e]+"
_EXTENSIONS: Final = r"(?:,[A-Za-z]+=[^,\0]+)*"
_CLIENT_FIRST: Final = re.compile(
    rf"(?P<gs2>n,(?:a=(?P<authzid>{_SASL_NAME}))?,)"
    rf"(?P<bare>n=(?P<name>{_SASL_NAME}),r=(?P<nonce>{_NONCE})(?P<extensions>{_EXTENSIONS}))"
)
_SERVER_FIRST: Final = re.compile(
    rf"r=(?P<nonce>{_NONCE}),s=(?P<salt>[A-Za-z0-9+/=]+),i=(?P<iterations>[0-9]{{1,9}}){_EXTENSIONS}"
)
_CLIENT_FINAL: Final = re.compile(
    rf"(?P<without_proof>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>{_NONCE}){_EXTENSIONS}),p=(?P<proof>[A-Za-z0-9+/=]+)"
)


@attrs.frozen
class ScramUser:
    """Whom a SCRAM login would make, and what it must match."""

    credential: ScramCredential
    name: str  # the principal: the user's own name, or a token's owner
    kind: str = "User"
    by_token: bool = False
    expires_wall_ms: int | None = None


ScramLookup = Callable[[str, bool], ScramUser | None]
"""User name or token id, and whether it is a token id, to what is known of it."""


def scram_server(mechanism: str, lookup: ScramLookup, server_nonce: str, decoy_key: bytes) -> ServerExchange:
    """`server_nonce` is random; `decoy_key` too, and stays: the salts of users that do not exist hang on it.

    The client's last nonce must be the whole nonce (Kafka before 3.9.1 compared its end only, CVE-2024-56128).
    """
    first = _CLIENT_FIRST.fullmatch(_text((yield b""), mechanism))
    if first is None:
        raise AuthenticationRefused(f"the first {mechanism} token does not parse")
    username = _unescape(first["name"])
    extensions = dict(pair.partition("=")[::2] for pair in first["extensions"].split(",") if pair)
    by_token = extensions.get("tokenauth", "").lower() == "true"
    _require_same_id(_unescape(first["authzid"] or ""), username)
    user = lookup(username, by_token)
    # A stranger gets as far as a user with a wrong password, so that nobody learns which names exist.
    known = user.credential if user is not None else _decoy(mechanism, username, decoy_key)
    if known.iterations < MIN_ITERATIONS:
        raise AuthenticationRefused(
            f"the credential of {username!r} has {known.iterations} iterations, fewer than {MIN_ITERATIONS}"
        )
    nonce = first["nonce"] + server_nonce
    challenge = f"r={nonce},s={base64.b64encode(known.salt).decode()},i={known.iterations}"
    last = _CLIENT_FINAL.fullmatch(_text((yield challenge.encode()), mechanism))
    if last is None:
        raise AuthenticationRefused(f"the last {mechanism} token does not parse")
    if not hmac.compare_digest(last["nonce"], nonce):
        raise AuthenticationRefused(f"the nonce of user {username!r} is not the one it was given")
    if last["binding"] != base64.b64encode(first["gs2"].encode()).decode():
        raise AuthenticationRefused(f"the channel binding of user {username!r} changed on the way")
    transcript = f"{first['bare']},{challenge},{last['without_proof']}".encode()
    proof = _base64(last["proof"], "the proof")
    signature = sign(mechanism, known.stored_key, transcript)
    if len(proof) != len(signature):
        raise AuthenticationRefused(f"the proof of user {username!r} has {len(proof)} bytes")
    proved = hmac.compare_digest(hashed(mechanism, xor(proof, signature)), known.stored_key)
    if user is None or not proved:
        what = "wrong password" if user is not None else "unknown token" if by_token else "unknown user"
        raise AuthenticationRefused(f"{what}, {'token' if by_token else 'user'} {username!r}")
    final = b"v=" + base64.b64encode(sign(mechanism, known.server_key, transcript))
    return Authenticated(user.name, final, user.kind, user.by_token, user.expires_wall_ms)


def _decoy(mechanism: str, username: str, key: bytes) -> ScramCredential:
    """A credential no password fits, always the same for one name."""
    material = sign("SCRAM-SHA-512", key, f"{mechanism} {username}".encode())
    size = len(sign(mechanism, b"", b""))
    return ScramCredential(material[:16], bytes(size), bytes(size), MIN_ITERATIONS)


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise AuthenticationRefused(f"{what} is not base64") from None


def _unescape(name: str) -> str:
    return name.replace("=2C", ",").replace("=3D", "=")


def _escape(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


def scram_client(
    mechanism: str, username: str, password: str, client_nonce: str, *, by_token: bool = False
) -> ClientExchange:
    """`client_nonce` is random. The third step computes PBKDF2: some milliseconds."""
    bare = f"n={_escape(username)},r={client_nonce}" + (",tokenauth=true" if by_token else "")
    challenge = _text((yield f"n,,{bare}".encode()), mechanism)
    first = _SERVER_FIRST.fullmatch(challenge)
    if first is None:
        raise AuthenticationRefused(f"the server's first {mechanism} token does not parse")
    if not first["nonce"].startswith(client_nonce) or len(first["nonce"]) == len(client_nonce):
        raise AuthenticationRefused("the server's nonce does not continue ours")
    iterations = int(first["iterations"])
    if iterations < MIN_ITERATIONS:
        raise AuthenticationRefused(
            f"the server asks for {iterations} iterations, fewer than {MIN_ITERATIONS}"
        )
    salt = _base64(first["salt"], "the server's salt")
    salted = salted_password(mechanism, password, salt, iterations)
    keys = credential_from_salted(mechanism, salted, salt, iterations)
    without_proof = f"c=biws,r={first['nonce']}"
    transcript = f"{bare},{challenge},{without_proof}".encode()
    client_key = sign(mechanism, salted, b"Client Key")
    proof = xor(client_key, sign(mechanism, keys.stored_key, transcript))
    answer = _text((yield f"{without_proof},p={base64.b64encode(proof).decode()}".encode()), mechanism)
    expected = "v=" + base64.b64encode(sign(mechanism, keys.server_key, transcript)).decode()
    if not hmac.compare_digest(answer.partition(",")[0], expected):
        raise AuthenticationRefused("the server does not know our password: it is not who we think")


# ------------------------------------------------------------------------------------------- OAUTHBEARER

_BEARER_FIRST: Final = re.compile(
    rf"n,(?:a=(?P<authzid>{_SASL_NAME}))?,\x01(?P<pairs>(?:[A-Za-z]+=[\x21-\x7e \t\r\n]+\x01)*)\x01"
)
_BEARER: Final = re.compile(r"(?P<scheme>\w+) +(?P<token>[-_.a-zA-Z0-9=]+)")


@attrs.frozen
class BearerToken:
    """A token that was found good."""

    principal: str
    expires_wall_ms: int


class TokenRefused(Exception):
    """A bearer token is not good; the message says why, for the log."""

    def __init__(self, reason: str, scope: str | None = None) -> None:
        super().__init__(reason)
        self.scope = scope  # what a token must be good for, where that is the reason


def bearer_server(validate: Callable[[str], BearerToken]) -> ServerExchange:
    """`validate` raises TokenRefused."""
    first = _BEARER_FIRST.fullmatch(_text((yield b""), "OAUTHBEARER"))
    if first is None:
        raise AuthenticationRefused("the first OAUTHBEARER token does not parse")
    pairs = dict(pair.partition("=")[::2] for pair in first["pairs"].split("\x01") if pair)
    bearer = _BEARER.fullmatch(pairs.get("auth", "").strip())
    if bearer is None or bearer["scheme"].lower() != "bearer":
        raise AuthenticationRefused("the first OAUTHBEARER token holds no bearer token")
    try:
        token = validate(bearer["token"])
    except TokenRefused as refused:
        status = "insufficient_scope" if refused.scope is not None else "invalid_token"
        error = {"status": status, **({} if refused.scope is None else {"scope": refused.scope})}
        text = json.dumps(error, separators=(",", ":"))
        yield text.encode()  # the client answers %x01, and that is all there is to say
        raise AuthenticationRefused(str(refused), text) from None
    authorization_id = _unescape(first["authzid"] or "")
    if authorization_id not in ("", token.principal):
        sentence = (
            "Authentication failed: Client requested an authorization id that is not the token's principal"
        )
        raise AuthenticationRefused(sentence, sentence)
    return Authenticated(token.principal, expires_wall_ms=token.expires_wall_ms)


def bearer_client(token: str, extensions: Mapping[str, str] | None = None) -> ClientExchange:
    pairs = "".join(f"{key}={value}\x01" for key, value in (extensions or {}).items())
    answer = yield f"n,,\x01auth=Bearer {token}\x01{pairs}\x01".encode()
    if answer:
        yield b"\x01"
        raise AuthenticationRefused(f"our token was refused: {answer.decode(errors='replace')}")
