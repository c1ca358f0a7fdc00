"""Delegation tokens: made for those who proved who they are, logged in with by those they give them to.

Source: kafka.server.DelegationTokenManagerZk, 3.9.1; KIP-48, KIP-373.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import attrs
import trio

from zkbroker.config import BrokerConfig
from zkbroker.errors import ErrorCode, KafkaError
from zkbroker.security.sasl import ScramUser
from zkbroker.security.scram import MIN_ITERATIONS, ScramCredential, credential_of
from zkbroker.security.token_znodes import (
    CHANGE_PREFIX,
    CHANGES,
    TOKENS,
    DelegationToken,
    decode_token,
    encode_token,
    token_path,
)
from zkbroker.zookeeper.session import (
    ANY_VERSION,
    ConnectionLost,
    Create,
    Delete,
    MultiFailed,
    NodeExists,
    NoNode,
    SetData,
    ZkSession,
)
from zkbroker.zookeeper.strict_json import Undecodable
from zkbroker.zookeeper.znodes import sequence_number

log = logging.getLogger(__name__)

NOTICES_KEPT_MS: Final = 15 * 60 * 1000


@attrs.frozen
class TokenStatistics:
    tokens: int


@attrs.define(eq=False)
class DelegationTokens:
    """The tokens of the cluster, as ZooKeeper has them. Owner of `_tokens`: its own sync methods.

    Without delegation.token.secret.key there are none, and nothing of theirs in ZooKeeper.
    """

    _config: Callable[[], BrokerConfig]
    _wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    _tokens: dict[str, DelegationToken] = attrs.field(factory=dict, init=False)
    _ids: dict[bytes, str] = attrs.field(factory=dict, init=False)  # by HMAC
    _credentials: dict[tuple[str, str], ScramCredential] = attrs.field(factory=dict, init=False)
    _unreadable: set[str] = attrs.field(factory=set, init=False)

    def statistics(self) -> TokenStatistics:
        return TokenStatistics(len(self._tokens))

    @property
    def is_enabled(self) -> bool:
        return bool(self._secret)

    @property
    def _secret(self) -> bytes:
        config = self._config()
        secret = config.delegation_token_secret_key or config.delegation_token_master_key
        return b"" if secret is None else secret.text.encode()

    def hmac_of(self, token_id: str) -> bytes:
        """What the owner gets, and shows again to renew it; as a password, in base64."""
        return hmac.digest(self._secret, token_id.encode(), hashlib.sha512)

    # -- logging in

    def login(self, mechanism: str, token_id: str) -> ScramUser | None:
        """The owner of a token that has not expired."""
        token = self._tokens.get(token_id)
        if token is None or token.has_expired(self._wall_ms()):
            return None
        key = (mechanism, token_id)
        credential = self._credentials.get(key)
        if credential is None:  # some milliseconds of arithmetic, once
            password = base64.b64encode(self.hmac_of(token_id)).decode()
            credential = credential_of(mechanism, password, secrets.token_bytes(16), MIN_ITERATIONS)
            self._credentials[key] = credential
        kind, _, name = token.owner.partition(":")
        return ScramUser(credential, name, kind, by_token=True, expires_wall_ms=token.expires_ms)

    # -- what clients ask for

    def chosen(self, is_eligible: Callable[[DelegationToken], bool]) -> list[DelegationToken]:
        return [token for _, token in sorted(self._tokens.items()) if is_eligible(token)]

    async def create(
        self, session: ZkSession, owner: str, requester: str, renewers: Sequence[str], longest_ms: int
    ) -> DelegationToken:
        """A new token; `longest_ms` below 1 asks for the longest life allowed. Raises: KafkaError."""
        self._require_enabled()
        config, now = self._config(), self._wall_ms()
        allowed_ms = config.delegation_token_max_lifetime_ms
        latest_ms = now + (allowed_ms if longest_ms <= 0 else min(longest_ms, allowed_ms))
        token = DelegationToken(
            token_id=base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode(),
            owner=owner,
            requester=requester,
            renewers=tuple(renewers),
            issued_ms=now,
            latest_ms=latest_ms,
            expires_ms=min(latest_ms, now + config.delegation_token_expiry_time_ms),
        )
        await self._write(session, token)
        log.info("Created a delegation token: %s for owner: %s", token.token_id, owner)
        return token

    async def renew(self, session: ZkSession, principal: str, shown: bytes, period_ms: int) -> int:
        """Until when it is valid now; `period_ms` below 0 asks for the usual. Raises: KafkaError."""
        token, now = self._shown(principal, shown), self._wall_ms()
        if token.has_expired(now):
            raise KafkaError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
        if period_ms < 0:
            period_ms = self._config().delegation_token_expiry_time_ms
        renewed = attrs.evolve(token, expires_ms=min(token.latest_ms, now + period_ms))
        await self._write(session, renewed)
        log.info("Delegation token renewed for token: %s for owner: %s", token.token_id, token.owner)
        return renewed.expires_ms

    async def expire(self, session: ZkSession, principal: str, shown: bytes, period_ms: int) -> int:
        """Until when it is valid now; `period_ms` below 0 ends it at once. Raises: KafkaError."""
        token, now = self._shown(principal, shown), self._wall_ms()
        if period_ms < 0:
            await self._remove(session, token.token_id)
            log.info("Token expired for token: %s for owner: %s", token.token_id, token.owner)
            return now
        if token.has_expired(now):
            raise KafkaError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
        shortened = attrs.evolve(token, expires_ms=min(token.latest_ms, now + period_ms))
        await self._write(session, shortened)
        log.info("Updated expiry time for token: %s for owner: %s", token.token_id, token.owner)
        return shortened.expires_ms

    def _shown(self, principal: str, shown: bytes) -> DelegationToken:
        """The token whose HMAC this is. Raises: KafkaError."""
        self._require_enabled()
        token = self._tokens.get(self._ids.get(shown, ""))
        if token is None:
            raise KafkaError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
        if not token.may_be_renewed_by(principal):
            raise KafkaError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH)
        return token

    def _require_enabled(self) -> None:
        if not self.is_enabled:
            raise KafkaError(ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED)

    # -- following ZooKeeper

    async def follow(
        self, session: ZkSession, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep up until the session is lost. Started once every token was read; returns if there are none."""
        if not self.is_enabled:
            task_status.started()
            return
        for path in (TOKENS, CHANGES):
            await session.create_path(path)
        names, moved = await session.get_children_and_watch(CHANGES)
        handled = max((sequence_number(name) for name in names), default=-1)
        found = await session.get_children(TOKENS)
        await self._read(session, {*found, *self._tokens})
        task_status.started()
        while True:
            await moved.wait()
            names, moved = await session.get_children_and_watch(CHANGES)
            new = sorted((name for name in names if sequence_number(name) > handled), key=sequence_number)
            if new:
                handled = sequence_number(new[-1])
                notices = await session.get_many([f"{CHANGES}/{name}" for name in new])
                await self._read(session, {n.data.decode(errors="replace") for n in notices.values() if n})
            await self._remove_old_notices(session, names)

    async def remove_expired(self, session: ZkSession, is_controller: Callable[[], bool]) -> None:
        """Where this broker is the controller, remove what has expired, again and again."""
        while True:
            await trio.sleep(self._config().delegation_token_expiry_check_interval_ms / 1000)
            if self.is_enabled and is_controller():
                for token in self.chosen(lambda token: token.has_expired(self._wall_ms())):
                    await self._remove(session, token.token_id)
                    log.info("Delegation token expired: %s of owner: %s", token.token_id, token.owner)

    async def _read(self, session: ZkSession, ids: Iterable[str]) -> None:
        wanted = {token_path(token_id): token_id for token_id in ids if token_id and "/" not in token_id}
        for path, node in (await session.get_many(wanted)).items():
            token_id = wanted[path]
            if node is None:
                self._forget(token_id)
                continue
            try:
                self._keep(decode_token(token_id, node.data))
            except Undecodable as error:
                self._forget(token_id)
                if token_id not in self._unreadable:
                    self._unreadable.add(token_id)
                    log.error("A delegation token cannot be read and does not count: %s", error)

    def _keep(self, token: DelegationToken) -> None:
        self._tokens[token.token_id] = token
        self._ids[self.hmac_of(token.token_id)] = token.token_id

    def _forget(self, token_id: str) -> None:
        self._tokens.pop(token_id, None)
        self._ids.pop(self.hmac_of(token_id), None)
        for key in [key for key in self._credentials if key[1] == token_id]:
            del self._credentials[key]

    async def _write(self, session: ZkSession, token: DelegationToken) -> None:
        """Create or set the node, with its notice."""
        path, data = token_path(token.token_id), encode_token(token)
        notice = _notice(token.token_id)
        while True:
            is_new = token.token_id not in self._tokens
            operation = Create(path, data) if is_new else SetData(path, data, ANY_VERSION)
            try:
                await session.multi([operation, notice])
            except ConnectionLost:
                pass  # once more does no harm
            except MultiFailed as failed:
                if isinstance(failed.cause, NodeExists):
                    pass  # our own, its answer was lost
                elif isinstance(failed.cause, NoNode):
                    if not is_new:
                        self._forget(token.token_id)
                        raise KafkaError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND) from None
                    for parent in (TOKENS, CHANGES):
                        await session.create_path(parent)
                    continue
                else:
                    raise failed.cause from None
            else:
                self._keep(token)
                return
            self._keep(token)  # so that the next attempt sets it

    async def _remove(self, session: ZkSession, token_id: str) -> None:
        while True:
            try:
                await session.multi([Delete(token_path(token_id), ANY_VERSION), _notice(token_id)])
            except ConnectionLost:
                continue
            except MultiFailed as failed:
                if not isinstance(failed.cause, NoNode):
                    raise failed.cause from None
            self._forget(token_id)
            return

    async def _remove_old_notices(self, session: ZkSession, names: Iterable[str]) -> None:
        for name in sorted(names, key=sequence_number):
            with suppress(NoNode, ConnectionLost):
                notice = await session.get(f"{CHANGES}/{name}")
                if self._wall_ms() - notice.stat.ctime_ms <= NOTICES_KEPT_MS:
                    return
                await session.delete(f"{CHANGES}/{name}", ANY_VERSION)


def _notice(token_id: str) -> Create:
    return Create(f"{CHANGES}/{CHANGE_PREFIX}", token_id.encode(), sequential=True)
