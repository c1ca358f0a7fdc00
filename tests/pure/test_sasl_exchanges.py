"""Both sides of each SASL mechanism against each other, against RFC vectors, and against liars."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkbroker.security.sasl import (
    Authenticated,
    AuthenticationRefused,
    BearerToken,
    ClientExchange,
    ScramUser,
    ServerExchange,
    TokenRefused,
    bearer_client,
    bearer_server,
    plain_client,
    plain_server,
    scram_client,
    scram_server,
)
from zkbroker.security.scram import (
    HASHES,
    credential_of,
    decode_credential,
    encode_credential,
)

MECHANISMS = tuple(HASHES)
DECOY = b"decoy key of this broker"


def converse(
    client: ClientExchange, server: ServerExchange, tamper: Callable[[bytes], bytes] = lambda token: token
) -> Authenticated:
    """Let the two talk until the server is content; then the client must be too."""
    next(server)
    token = next(client)
    while True:
        try:
            answer = server.send(tamper(token))
        except StopIteration as done:
            outcome: Authenticated = done.value
            with pytest.raises(StopIteration):
                client.send(outcome.final)
            return outcome
        token = client.send(answer)


def refusal(client: ClientExchange, server: ServerExchange) -> AuthenticationRefused:
    with pytest.raises(AuthenticationRefused) as refused:
        converse(client, server)
    return refused.value


# ------------------------------------------------------------------------------------------------ PLAIN

USERS = {"alice": "wonder=land", "bob": "b"}


def test_plain() -> None:
    assert converse(plain_client("alice", "wonder=land"), plain_server(USERS.get)) == Authenticated("alice")


@pytest.mark.parametrize(
    ("token", "reason", "shown"),
    [
        (b"\0alice\0b", "wrong password", "Authentication failed: Invalid username or password"),
        (b"\0mallory\0b", "unknown user", "Authentication failed: Invalid username or password"),
        (b"\0mallory\0", "password not specified", "Authentication failed: password not specified"),
        (b"\0\0b", "username not specified", "Authentication failed: username not specified"),
        (b"bob\0alice\0wonder=land", "authorization id", None),
        (b"alice\0wonder=land", "2 parts", None),
        (b"\0alice\0wonder=land\0", "4 parts", None),
        (b"\xff\0a\0b", "not UTF-8", None),
        (b"", "1 parts", None),
    ],
)
def test_plain_refuses(token: bytes, reason: str, shown: str | None) -> None:
    server = plain_server(USERS.get)
    next(server)
    with pytest.raises(AuthenticationRefused, match=reason) as refused:
        server.send(token)
    if shown is not None:
        assert refused.value.shown == shown
    assert "wonder" not in str(refused.value)


# ------------------------------------------------------------------------------------------------ SCRAM


def scram_users(mechanism: str, passwords: Mapping[str, str], iterations: int = 4096) -> ServerExchange:
    def lookup(name: str, by_token: bool) -> ScramUser | None:
        password = passwords.get(name)
        if password is None or by_token:
            return None
        return ScramUser(credential_of(mechanism, password, b"a salt", iterations), name)

    return scram_server(mechanism, lookup, "server-nonce", DECOY)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@given(name=st.text(min_size=1).filter(lambda s: "\0" not in s), password=st.text())
def test_scram(mechanism: str, name: str, password: str) -> None:
    try:
        name.encode(), password.encode()
    except UnicodeEncodeError:
        return
    done = converse(
        scram_client(mechanism, name, password, "client-nonce"), scram_users(mechanism, {name: password})
    )
    assert done.name == name


def test_the_example_of_rfc_7677() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    user = ScramUser(credential_of("SCRAM-SHA-256", "pencil", salt, 4096), "user")
    server = scram_server("SCRAM-SHA-256", lambda *_: user, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", DECOY)
    client = scram_client("SCRAM-SHA-256", "user", "pencil", "rOprNGfwEbeRWgbNEkqO")
    next(server)
    first = next(client)
    assert first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    challenge = server.send(first)
    assert challenge == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    last = client.send(challenge)
    assert last == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    with pytest.raises(StopIteration) as done:
        server.send(last)
    assert done.value.value.final == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    with pytest.raises(StopIteration):
        client.send(done.value.value.final)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_stranger_gets_as_far_as_a_wrong_password(mechanism: str) -> None:
    """Same steps, same shapes, same words; the salt of a name nobody has stays the same."""

    def challenge_and_failure(name: str, password: str) -> tuple[bytes, AuthenticationRefused]:
        server, client = (
            scram_users(mechanism, {"alice": "right"}),
            scram_client(mechanism, name, password, "c"),
        )
        next(server)
        challenge = server.send(next(client))
        with pytest.raises(AuthenticationRefused) as refused:
            server.send(client.send(challenge))
        return challenge, refused.value

    _, wrong = challenge_and_failure("alice", "wrong")
    first, unknown = challenge_and_failure("mallory", "right")
    again, _ = challenge_and_failure("mallory", "other")
    other, _ = challenge_and_failure("malloro", "other")
    assert wrong.shown is None and unknown.shown is None
    assert first == again != other
    assert "wrong password" in str(wrong) and "unknown user" in str(unknown)


def test_scram_refuses_a_nonce_that_only_ends_alike() -> None:
    """CVE-2024-56128."""
    with pytest.raises(AuthenticationRefused, match="nonce"):
        converse(
            scram_client("SCRAM-SHA-256", "u", "p", "client-nonce"),
            scram_users("SCRAM-SHA-256", {"u": "p"}),
            lambda token: token.replace(b"r=client-nonce", b"r=other-nonce") if token[:2] == b"c=" else token,
        )


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b"c=biws", b"c=eSws", "channel binding"),
        (b",p=", b",p=!", "does not parse"),
        (b",p=", b",p=A", "base64|bytes"),
        (b"n,,n=", b"y,,n=", "does not parse"),
        (b"n,,n=u,", b"n,a=other,n=u,", "authorization id"),
        (b"n,,n=u,", b"n,,m=1,n=u,", "does not parse"),
        (b",r=client-nonce", b"", "does not parse"),
        (b"n,,", b"\xff,,", "not UTF-8"),
    ],
)
def test_scram_refuses_what_is_malformed(before: bytes, after: bytes, reason: str) -> None:
    with pytest.raises(AuthenticationRefused, match=reason):
        converse(
            scram_client("SCRAM-SHA-512", "u", "p", "client-nonce"),
            scram_users("SCRAM-SHA-512", {"u": "p"}),
            lambda token: token.replace(before, after),
        )


def test_a_weak_credential_is_refused() -> None:
    server = scram_users("SCRAM-SHA-256", {"u": "p"}, iterations=4095)
    assert "4095 iterations" in str(refusal(scram_client("SCRAM-SHA-256", "u", "p", "c"), server))


def test_the_client_asks_the_server_for_its_proof() -> None:
    client = scram_client("SCRAM-SHA-256", "u", "p", "c")
    next(client)
    client.send(b"r=cs,s=c2FsdA==,i=4096")
    with pytest.raises(AuthenticationRefused, match="not who we think"):
        client.send(b"v=AAAA")


@pytest.mark.parametrize(
    "challenge", [b"r=c,s=c2FsdA==,i=4096", b"r=x,s=c2FsdA==,i=4096", b"r=cs,i=4096", b""]
)
def test_the_client_refuses_a_challenge_that_is_none(challenge: bytes) -> None:
    client = scram_client("SCRAM-SHA-256", "u", "p", "c")
    next(client)
    with pytest.raises(AuthenticationRefused):
        client.send(challenge)


def test_tokens_are_looked_up_as_tokens() -> None:
    asked = []

    def lookup(name: str, by_token: bool) -> ScramUser:
        asked.append((name, by_token))
        credential = credential_of("SCRAM-SHA-256", "hmac", b"salt", 4096)
        return ScramUser(credential, "owner", by_token=True, expires_wall_ms=99)

    server = scram_server("SCRAM-SHA-256", lookup, "s", DECOY)
    done = converse(scram_client("SCRAM-SHA-256", "token-id", "hmac", "c", by_token=True), server)
    assert asked == [("token-id", True)]
    assert (done.name, done.by_token, done.expires_wall_ms) == ("owner", True, 99)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_credential_is_kept_as_kafka_keeps_it(mechanism: str) -> None:
    credential = credential_of(mechanism, "secret", b"salt=,", 8192)
    text = encode_credential(credential)
    assert [part.partition("=")[0] for part in text.split(",")] == [
        "salt",
        "stored_key",
        "server_key",
        "iterations",
    ]
    assert decode_credential(text) == credential
    assert "salt" not in repr(credential) and "key" not in repr(credential)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "salt=YQ==",
        "salt=YQ==,stored_key=YQ==,server_key=YQ==,iterations=x",
        "salt=!,stored_key=,server_key=,iterations=1",
    ],
)
def test_a_broken_credential_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        decode_credential(text)
    assert "YQ==" not in str(refused.value)


# ------------------------------------------------------------------------------------------- OAUTHBEARER


def validate(token: str) -> BearerToken:
    if token == "narrow":
        raise TokenRefused("the scope kafka is missing", scope="kafka")
    if token != "good":
        raise TokenRefused("its signature is wrong")
    return BearerToken("carol", 123)


def test_bearer() -> None:
    done = converse(bearer_client("good", {"traceId": "1"}), bearer_server(validate))
    assert done == Authenticated("carol", expires_wall_ms=123)


@pytest.mark.parametrize(
    ("token", "shown"),
    [("bad", '{"status":"invalid_token"}'), ("narrow", '{"status":"insufficient_scope","scope":"kafka"}')],
)
def test_a_refused_bearer_token_is_told_in_json(token: str, shown: str) -> None:
    server, client = bearer_server(validate), bearer_client(token)
    next(server)
    answer = server.send(next(client))
    assert answer.decode() == shown
    goodbye = client.send(answer)
    assert goodbye == b"\x01"
    with pytest.raises(AuthenticationRefused) as refused:
        server.send(goodbye)
    assert refused.value.shown == shown


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"n,,auth=Bearer good",
        b"n,,\x01auth=Basic good\x01\x01",
        b"n,,\x01\x01",
        b"n,,\x01auth=good\x01\x01",
        b"n,a=other,\x01auth=Bearer good\x01\x01",
    ],
)
def test_bearer_refuses(token: bytes) -> None:
    server = bearer_server(validate)
    next(server)
    with pytest.raises(AuthenticationRefused):
        server.send(token)
