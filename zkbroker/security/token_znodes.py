"""Delegation tokens as Kafka keeps them in ZooKeeper. The HMAC is not kept: it follows from the id and a key. [pure]

Source: DelegationTokenManager.scala, ZkData.scala, 3.9.1; KIP-48, KIP-373.
"""

from __future__ import annotations

from typing import Final

import attrs

from zkbroker.zookeeper.strict_json import INT64, JsonObject, encode, parse
from zkbroker.zookeeper.znodes import desanitize, sanitize

TOKENS: Final = "/delegation_token/tokens"
CHANGES: Final = "/delegation_token/token_changes"
CHANGE_PREFIX: Final = "token_change_"


@attrs.frozen
class DelegationToken:
    """What everybody may know of a token who may describe it. Principals are `Type:name`, times wall ms."""

    token_id: str
    owner: str
    requester: str
    renewers: tuple[str, ...]
    issued_ms: int
    latest_ms: int  # beyond it, it cannot be renewed
    expires_ms: int

    def belongs_to(self, principal: str) -> bool:
        """Whether the principal owns it, asked for it, or may renew it."""
        return principal in (self.owner, self.requester, *self.renewers)

    def may_be_renewed_by(self, principal: str) -> bool:
        return principal in (self.owner, *self.renewers)

    def has_expired(self, wall_ms: int) -> bool:
        return self.latest_ms < wall_ms or self.expires_ms < wall_ms


def token_path(token_id: str) -> str:
    return f"{TOKENS}/{token_id}"


def encode_token(token: DelegationToken) -> bytes:
    return encode(
        {
            "version": 3,
            "owner": sanitize(token.owner),
            "tokenRequester": sanitize(token.requester),
            "renewers": [sanitize(renewer) for renewer in token.renewers],
            "issueTimestamp": token.issued_ms,
            "maxTimestamp": token.latest_ms,
            "expiryTimestamp": token.expires_ms,
            "tokenId": token.token_id,
        }
    )


def decode_token(token_id: str, data: bytes) -> DelegationToken:
    """A token of version 1 to 3. Raises: Undecodable."""
    node = parse(token_path(token_id), data)
    version = node.int32("version")
    if not 1 <= version <= 3:
        node.fail(f"version {version} of a delegation token is unknown")
    owner = _principal(node, node.string("owner"))
    requester = _principal(node, node.string("tokenRequester")) if version >= 3 else owner
    return DelegationToken(
        token_id=node.string("tokenId"),
        owner=owner,
        requester=requester,
        renewers=tuple(_principal(node, renewer) for renewer in node.strings("renewers")),
        issued_ms=_milliseconds(node, "issueTimestamp"),
        latest_ms=_milliseconds(node, "maxTimestamp"),
        expires_ms=_milliseconds(node, "expiryTimestamp"),
    )


def _principal(node: JsonObject, text: str) -> str:
    principal = desanitize(text)
    if ":" not in principal:
        node.fail(f"{principal!r} is no principal, Type:name")
    return principal


def _milliseconds(node: JsonObject, key: str) -> int:
    value = node.members.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value not in INT64:
        node.fail(f'"{key}" must be an integer of 64 bits')
    return value
