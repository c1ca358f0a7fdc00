"""The SASL state machine, frame by frame, as clients old and new drive it and as nobody should."""

from __future__ import annotations

import logging
import time

import pytest
import trio
import trio.testing

from tests.broker.sasl_client import LONGEST_FRAME_BEFORE, ListedMechanisms, SaslClient, connected
from zkbroker.errors import ErrorCode
from zkbroker.protocol.codec import ApiKey, Message, RequestHeader, encode_request
from zkbroker.protocol.generated.api_versions_request import ApiVersionsRequest
from zkbroker.protocol.generated.api_versions_response import ApiVersionsResponse
from zkbroker.protocol.generated.heartbeat_request import HeartbeatRequest
from zkbroker.security.sasl import (
    BearerToken,
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
from zkbroker.security.scram import credential_of

USERS = {"alice": "a-secret", "bob": "b-secret"}
ALICE, BOB = b"\0alice\0a-secret", b"\0bob\0b-secret"


def plain() -> ServerExchange:
    return plain_server(USERS.get)


def scram() -> ServerExchange:
    def lookup(name: str, by_token: bool) -> ScramUser | None:
        password = USERS.get(name)
        if password is None:
            return None
        return ScramUser(credential_of("SCRAM-SHA-256", password, b"salt", 4096), name)

    return scram_server("SCRAM-SHA-256", lookup, "server-nonce", b"decoy")


def bearer(lifetime_ms: int = 60_000) -> ServerExchange:
    def validate(token: str) -> BearerToken:
        if token != "good":
            raise TokenRefused("it is not good")
        return BearerToken("carol", time.time_ns() // 1_000_000 + lifetime_ms)

    return bearer_server(validate)


MECHANISMS = {"PLAIN": plain, "SCRAM-SHA-256": scram, "OAUTHBEARER": bearer}


@pytest.fixture
def client(nursery: trio.Nursery) -> SaslClient:
    return connected(nursery, ListedMechanisms(MECHANISMS))


async def test_as_todays_clients_do(client: SaslClient) -> None:
    """ApiVersions, SaslHandshake, SaslAuthenticate, and then whatever they want."""
    for _ in range(2):
        assert await client.ask(ApiVersionsRequest(), ApiVersionsResponse, 0) is not None
    hello = await client.handshake("SCRAM-SHA-256")
    assert hello is not None and list(hello.mechanisms) == list(MECHANISMS)
    exchange = scram_client("SCRAM-SHA-256", "alice", "a-secret", "nonce")
    first = await client.authenticate(next(exchange))
    assert first is not None and first.session_lifetime_ms == 0 and first.error_code == 0
    second = await client.authenticate(exchange.send(first.auth_bytes))
    assert second is not None and second.auth_bytes.startswith(b"v=")
    assert await client.heartbeat()
    assert client.served.seen[-1] == (ApiKey.HEARTBEAT, "User:alice")
    assert client.mechanisms.counts == [("SCRAM-SHA-256", True)]


async def test_as_clients_of_kafka_0_10_do(client: SaslClient) -> None:
    """Handshake version 0, then tokens without a request around them."""
    assert await client.handshake("SCRAM-SHA-256", version=0) is not None
    exchange = scram_client("SCRAM-SHA-256", "bob", "b-secret", "nonce")
    await client.send_frame(next(exchange))
    challenge = await client.receive_frame()
    assert challenge is not None
    await client.send_frame(exchange.send(challenge))
    final = await client.receive_frame()
    assert final is not None and final.startswith(b"v=")
    assert await client.heartbeat()
    assert client.served.seen == [(ApiKey.HEARTBEAT, "User:bob")]


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_a_wrong_password(client: SaslClient, version: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await client.handshake("PLAIN")
    answer = await client.authenticate(b"\0alice\0wrong-secret", version)
    assert answer is not None and answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert answer.error_message == "Authentication failed: Invalid username or password"
    assert await client.is_closed()
    assert "Failed authentication with 10.0.0.9:5 on SASL (PLAIN): wrong password" in caplog.text
    assert "secret" not in caplog.text
    assert client.mechanisms.counts == [("PLAIN", False)]


async def test_a_wrong_scram_password_says_no_more_than_an_unknown_user(client: SaslClient) -> None:
    answer = await client.log_in(
        "SCRAM-SHA-256", scram_client("SCRAM-SHA-256", "nobody", "a-secret", "nonce")
    )
    assert answer.error_message == (
        "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256"
    )
    assert await client.is_closed()


async def test_a_wrong_password_in_a_bare_token_closes_without_a_word(client: SaslClient) -> None:
    await client.handshake("PLAIN", version=0)
    await client.send_frame(b"\0alice\0wrong")
    assert await client.is_closed()


async def test_a_refused_bearer_token(client: SaslClient) -> None:
    await client.handshake("OAUTHBEARER")
    told = await client.authenticate(next(bearer_client("bad")))
    assert told is not None and told.error_code == 0
    assert told.auth_bytes == b'{"status":"invalid_token"}'
    answer = await client.authenticate(b"\x01")
    assert answer is not None and answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert await client.is_closed()


async def test_a_client_that_does_not_hear_the_refusal_of_its_bearer_token(
    client: SaslClient, caplog: pytest.LogCaptureFixture
) -> None:
    """aiokafka goes on as if it were in: the log must still say why it is not."""
    caplog.set_level(logging.INFO)
    await client.handshake("OAUTHBEARER")
    told = await client.authenticate(next(bearer_client("bad")))
    assert told is not None and told.auth_bytes == b'{"status":"invalid_token"}'
    await send(client, HeartbeatRequest())
    assert await client.is_closed()
    assert client.served.seen == []
    assert "it sent HEARTBEAT after its token was refused: it is not good" in caplog.text


async def test_a_mechanism_nobody_has(client: SaslClient) -> None:
    answer = await client.handshake("GSSAPI")
    assert answer is not None and answer.error_code == ErrorCode.UNSUPPORTED_SASL_MECHANISM
    assert list(answer.mechanisms) == list(MECHANISMS)
    assert await client.is_closed()


async def test_the_answer_of_a_failure_is_slow(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS, delay_s=0.1))
    await client.handshake("PLAIN")
    before = trio.current_time()
    assert await client.authenticate(b"\0alice\0wrong") is not None
    assert trio.current_time() - before == pytest.approx(0.1)
    before = trio.current_time()
    other = connected(nursery, ListedMechanisms(MECHANISMS, delay_s=0.1))
    await other.handshake("PLAIN")
    assert (await other.authenticate(ALICE)) is not None
    assert trio.current_time() == before, "who is right does not wait"


async def send(client: SaslClient, message: Message, version: int = 0) -> None:
    header = RequestHeader(ApiKey(message.API_KEY), version, 1, "test")
    await client.stream.send_all(b"".join(bytes(b) for b in encode_request(header, message)))


async def test_nothing_is_served_before(client: SaslClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await send(client, HeartbeatRequest())
    assert await client.is_closed()
    assert client.served.seen == []
    assert "it sent HEARTBEAT before SaslHandshake" in caplog.text


async def test_nothing_is_served_in_the_middle(client: SaslClient) -> None:
    await client.handshake("PLAIN")
    await send(client, HeartbeatRequest())
    assert await client.is_closed()
    assert client.served.seen == []


async def test_authenticate_before_handshake(client: SaslClient) -> None:
    assert await client.authenticate(ALICE) is None
    assert client.served.seen == []


async def test_what_follows_a_failure_is_not_looked_at(client: SaslClient) -> None:
    """All of it in one piece: the handshake, a wrong password, a right one, a request."""
    await client.handshake("PLAIN")
    wrong, right = (
        b"".join(bytes(b) for b in encode_request(RequestHeader(ApiKey.SASL_AUTHENTICATE, 0, n, ""), m))
        for n, m in ((1, _token(b"\0alice\0wrong")), (2, _token(ALICE)))
    )
    await client.stream.send_all(wrong + right)
    assert await client.receive_frame() is not None
    assert await client.is_closed()
    assert client.served.principal.name == "ANONYMOUS"


def _token(token: bytes) -> Message:
    from zkbroker.protocol.generated.sasl_authenticate_request import SaslAuthenticateRequest

    return SaslAuthenticateRequest(auth_bytes=token)


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x00", b"\x60\x82\x01\x00 a Kerberos token", b"\xff" * 30, b"\0\x11\0\x01\0\0\0\1\xff\xff\xff"],
)
async def test_garbage_closes(client: SaslClient, frame: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await client.send_frame(frame)
    assert await client.is_closed()
    assert "Failed authentication" in caplog.text


async def test_frames_are_small_before(client: SaslClient) -> None:
    await client.stream.send_all((LONGEST_FRAME_BEFORE + 1).to_bytes(4, "big"))
    assert await client.is_closed()


async def test_frames_are_large_afterwards(client: SaslClient) -> None:
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    await client.stream.send_all((LONGEST_FRAME_BEFORE * 3).to_bytes(4, "big"))
    await client.stream.send_all(b"\0\x0c\0\0\0\0\0\x09" + bytes(LONGEST_FRAME_BEFORE * 3 - 8))
    assert await client.receive_frame() is not None
    assert len(client.served.seen) == 1


# ------------------------------------------------------------------------------------- re-authentication


async def test_authenticating_anew(nursery: trio.Nursery, autojump_clock: trio.testing.MockClock) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS, reauth_ms=10_000))
    for _ in range(3):
        answer = await client.log_in("PLAIN", plain_client("alice", "a-secret"))
        assert answer.error_code == 0 and answer.session_lifetime_ms == 10_000
        await trio.sleep(9)
        assert await client.heartbeat()
    await trio.sleep(1.1)
    assert not await client.heartbeat()
    assert client.served.seen == [(ApiKey.HEARTBEAT, "User:alice")] * 3


async def test_even_after_the_end_one_may_authenticate_anew(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS, reauth_ms=1_000))
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    await trio.sleep(5)
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    assert await client.heartbeat()


async def test_the_handshake_of_an_expired_client_does_not_serve_others(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS, reauth_ms=1_000))
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    await trio.sleep(5)
    await client.handshake("PLAIN")
    assert not await client.heartbeat()
    assert client.served.seen == []


async def test_nobody_becomes_somebody_else(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS, reauth_ms=60_000))
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    answer = await client.log_in("PLAIN", plain_client("bob", "b-secret"))
    assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert (
        answer.error_message == "Cannot change principals during re-authentication from User.alice: User.bob"
    )
    assert await client.is_closed()


async def test_the_mechanism_stays(client: SaslClient) -> None:
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    answer = await client.log_in("SCRAM-SHA-256", scram_client("SCRAM-SHA-256", "alice", "a-secret", "n"))
    assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert await client.is_closed()


async def test_a_failed_re_authentication_closes(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS))
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    answer = await client.log_in("PLAIN", plain_client("alice", "wrong"))
    assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert await client.is_closed()


async def test_again_within_a_second_is_an_ordinary_request(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    client = connected(nursery, ListedMechanisms(MECHANISMS))
    for _ in range(2):
        await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    answer = await client.handshake("PLAIN")
    assert answer is not None and answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
    await trio.sleep(1)
    await client.log_in("PLAIN", plain_client("alice", "a-secret"))
    assert await client.heartbeat()


async def test_a_token_that_ends_ends_the_session(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    mechanisms = ListedMechanisms({"OAUTHBEARER": lambda: bearer(5_000)}, reauth_ms=60_000)
    client = connected(nursery, mechanisms)
    answer = await client.log_in("OAUTHBEARER", bearer_client("good"))
    assert 4_000 < answer.session_lifetime_ms <= 5_000
    await trio.sleep(5)
    assert not await client.heartbeat()
