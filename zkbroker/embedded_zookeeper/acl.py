"""[pure] Identities and access lists of ZooKeeper: who a client is, and what it may do with a znode.

Schemes: world, auth (expands to the creator's identities), digest, ip, x509, sasl; an identity of scheme
"super" passes every check. Source: ZooKeeperServer.checkACL, PrepRequestProcessor.fixupACL and the
authentication providers of ZooKeeper 3.8.4.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Sequence

import attrs

from zkbroker.embedded_zookeeper.jute import Decoder, encode_string

_INT = struct.Struct("!i")


@attrs.frozen
class Identity:
    """Who somebody is, in the words of one scheme."""

    scheme: str | None
    id: str | None


@attrs.frozen
class Acl:
    """Permissions (bits of `Perms`) for one identity or, for `ip`, for a network."""

    perms: int
    identity: Identity


ANYONE = Identity("world", "anyone")
OPEN_ACL: tuple[Acl, ...] = (Acl(31, ANYONE),)
READ_ACL: tuple[Acl, ...] = (Acl(1, ANYONE),)
SUPER = "super"

_AUTHENTICATED = frozenset(("digest", "x509", "sasl"))  # schemes that prove something; an address does not


def decode_acls(decoder: Decoder) -> tuple[Acl, ...]:
    """A vector of ACLs; null counts as empty. Raises: MalformedRecord."""
    return tuple(
        Acl(decoder.int32(), Identity(decoder.string(), decoder.string())) for _ in range(decoder.count(12))
    )


def encode_acls(acls: Sequence[Acl]) -> bytes:
    parts = [_INT.pack(len(acls))]
    for acl in acls:
        parts.append(_INT.pack(acl.perms))
        parts.append(encode_string(acl.identity.scheme))
        parts.append(encode_string(acl.identity.id))
    return b"".join(parts)


def digest_identity(user_and_password: bytes) -> Identity:
    """The digest identity of `user:password`."""
    user = user_and_password.split(b":", 1)[0].decode(errors="replace")
    hashed = base64.b64encode(hashlib.sha1(user_and_password, usedforsecurity=False).digest()).decode()
    return Identity("digest", f"{user}:{hashed}")


def is_allowed(acl: tuple[Acl, ...], perms: int, identities: Iterable[Identity]) -> bool:
    """Whether one of these identities has one of these permissions."""
    if acl is OPEN_ACL or not acl:
        return True
    if any(identity.scheme == SUPER for identity in identities):
        return True
    for entry in acl:
        if not entry.perms & perms:
            continue
        if entry.identity == ANYONE:
            return True
        for identity in identities:
            if identity.scheme == entry.identity.scheme and _matches(identity, entry.identity.id or ""):
                return True
    return False


def expand(acls: Sequence[Acl], identities: Iterable[Identity]) -> tuple[Acl, ...] | None:
    """The list to store for what a client asked for: without repetitions, `auth` replaced by the client's
    authenticated identities. None if it is empty or names a scheme or an id that does not exist.
    """
    stored: list[Acl] = []
    for acl in dict.fromkeys(acls):
        if acl.identity == ANYONE:
            stored.append(acl)
        elif acl.identity.scheme == "auth":
            known = [identity for identity in identities if identity.scheme in _AUTHENTICATED]
            if not known:
                return None
            stored.extend(Acl(acl.perms, identity) for identity in known)
        elif _is_valid(acl.identity):
            stored.append(acl)
        else:
            return None
    return tuple(stored) or None


def without_digests(acls: tuple[Acl, ...]) -> tuple[Acl, ...]:
    """What a client without ADMIN may see of an access list: users of the digest scheme, not their hashes."""
    return tuple(
        attrs.evolve(acl, identity=Identity("digest", f"{user_of(acl.identity)}:x"))
        if acl.identity.scheme == "digest"
        else acl
        for acl in acls
    )


def user_of(identity: Identity) -> str:
    """The name a person would know this identity by."""
    if identity.scheme == SUPER:
        return ""
    name = identity.id or ""
    return name.split(":", 1)[0] if identity.scheme == "digest" else name


def _matches(identity: Identity, expression: str) -> bool:
    name = identity.id or ""
    if identity.scheme == "ip":
        return _ip_matches(name, expression)
    if identity.scheme == "sasl" and name == SUPER:
        return True
    return name == expression


def _is_valid(identity: Identity) -> bool:
    name = identity.id
    if name is None:
        return False
    match identity.scheme:
        case "digest":
            return name.count(":") == 1 and not name.endswith(":")
        case "ip":
            return _network(name) is not None
        case "sasl":
            # a Kerberos principal, or a name without a realm
            return "@" not in name or name.count("@") == 1
        case "x509":
            return "=" in name
    return False


def _address(text: str) -> int | None:
    """An IPv4 address as a number; ZooKeeper knows no ACLs on IPv6 addresses."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts):
        return None
    return int.from_bytes(bytes(int(part) for part in parts), "big")


def _network(text: str) -> tuple[int, int] | None:
    """(address, mask) of `1.2.3.4` or `1.2.3.0/24`."""
    address_text, slash, bits_text = text.partition("/")
    address, bits = _address(address_text), 32
    if slash:
        if not (bits_text.isascii() and bits_text.isdigit() and int(bits_text) <= 32):
            return None
        bits = int(bits_text)
    if address is None:
        return None
    return address, (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF


def _ip_matches(client: str, expression: str) -> bool:
    address, network = _address(client), _network(expression)
    if address is None or network is None:
        return False
    return (address ^ network[0]) & network[1] == 0
