"""[pure] The server's side of SASL DIGEST-MD5, as ZooKeeper's clients speak it. Source: RFC 2831."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping

import attrs

REALM = "zk-sasl-md5"
_DIRECTIVE = re.compile(rb'\s*([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\s]*))\s*(?:,|$)')


class SaslFailed(Exception):
    """The client did not prove who it is; the message is for the log."""


@attrs.define(eq=False)
class DigestMd5Server:
    """One exchange: an empty token brings the challenge, the answer to it brings the proof."""

    _passwords: Mapping[str, str] = attrs.field(repr=False)
    _nonce: str  # random, fresh for each exchange
    user: str | None = None  # who the client is, once it has proved it

    def step(self, token: bytes) -> bytes:
        """The answer to a client's token. Raises: SaslFailed."""
        if not token:
            challenge = f'realm="{REALM}",nonce="{self._nonce}",qop="auth",charset=utf-8,algorithm=md5-sess'
            return challenge.encode()
        answer = _parse(token)
        user = answer.get("username", "")
        if answer.get("nonce") != self._nonce or answer.get("nc") != "00000001":
            raise SaslFailed(f"user {user!r} answered to another challenge")
        if answer.get("qop", "auth") != "auth":
            raise SaslFailed(f"user {user!r} asks for qop {answer.get('qop')}")
        password = self._passwords.get(user)
        given = answer.get("response", "").encode()
        # RFC 2831 wants Latin-1 where it can be; some clients (kazoo's) write UTF-8 all the same
        for encode in (_latin_1, str.encode):
            # an unknown user takes the same way as a wrong password
            expected = _response(answer, password or "", "AUTHENTICATE", encode)
            if hmac.compare_digest(expected.encode(), given) and password is not None:
                self.user = user
                return f"rspauth={_response(answer, password, '', encode)}".encode()
        raise SaslFailed(f"user {user!r} gave a wrong password")


def _response(answer: Mapping[str, str], password: str, verb: str, encode: Callable[[str], bytes]) -> str:
    secret = b":".join(
        encode(part) for part in (answer.get("username", ""), answer.get("realm", ""), password)
    )
    a1 = _md5(secret) + f":{answer['nonce']}:{answer.get('cnonce', '')}".encode()
    if "authzid" in answer:
        a1 += b":" + answer["authzid"].encode()
    a2 = f"{verb}:{answer.get('digest-uri', '')}".encode()
    middle = f"{answer['nonce']}:{answer['nc']}:{answer.get('cnonce', '')}:{answer.get('qop', 'auth')}"
    return _hex(f"{_hex(a1)}:{middle}:{_hex(a2)}".encode())


def _latin_1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _md5(raw: bytes) -> bytes:
    return hashlib.md5(raw, usedforsecurity=False).digest()


def _hex(raw: bytes) -> str:
    return _md5(raw).hex()


def _parse(token: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(token):
        match = _DIRECTIVE.match(token, at)
        if match is None:
            raise SaslFailed(f"no directive at byte {at} of the client's answer")
        quoted, plain = match.group(2), match.group(3)
        raw = re.sub(rb"\\(.)", rb"\1", quoted) if quoted is not None else plain
        try:
            found[match.group(1).decode().lower()] = raw.decode()
        except UnicodeDecodeError:
            raise SaslFailed("the client's answer is not UTF-8") from None
        at = match.end()
    return found
