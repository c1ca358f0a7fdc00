"""[pure] The live side of sessions: passwords, deadlines, and the rule by which one expires.

That a session exists, and its timeout, is durable and stands in the tree. Its deadline is not: after a
restart every session has its whole timeout again.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Generic, TypeVar

import attrs

C = TypeVar("C")

PASSWORD_BYTES = 16
NO_PASSWORD = bytes(PASSWORD_BYTES)


@attrs.define(eq=False)
class Session(Generic[C]):
    """One client's session. `connection` is where it is connected now, if it is."""

    id: int
    timeout_ms: int
    deadline_ms: float  # monotonic
    connection: C | None = None


@attrs.define(eq=False)
class SessionTable(Generic[C]):
    """All sessions. Owner: the server."""

    min_timeout_ms: int
    max_timeout_ms: int
    _secret: bytes = attrs.field(repr=False)  # of the data directory: passwords outlive a restart
    by_id: dict[int, Session[C]] = attrs.field(factory=dict)
    _last_id: int = 0
    _suspects: frozenset[int] = frozenset()

    def negotiate(self, wanted_ms: int) -> int:
        """The timeout a client gets for the one it asked for."""
        return min(max(wanted_ms, self.min_timeout_ms), self.max_timeout_ms)

    def next_id(self, wall_ms: int) -> int:
        """An id that no session has or had. The top byte is 1, as on an Apache server alone."""
        by_time = (1 << 56) | ((wall_ms << 16) & ((1 << 56) - 1))
        self._last_id = max(by_time, self._last_id + 1)
        return self._last_id

    def add(self, session_id: int, timeout_ms: int, now_ms: float) -> Session[C]:
        """A session that the tree holds begins to be watched."""
        session: Session[C] = Session(session_id, timeout_ms, now_ms + timeout_ms)
        self.by_id[session_id] = session
        if session_id >> 56 == 1:
            self._last_id = max(self._last_id, session_id)
        return session

    def remove(self, session_id: int) -> Session[C] | None:
        return self.by_id.pop(session_id, None)

    def password_of(self, session_id: int) -> bytes:
        return hmac.digest(self._secret, session_id.to_bytes(8, "big", signed=True), hashlib.sha256)[
            :PASSWORD_BYTES
        ]

    def find(self, session_id: int, password: bytes) -> Session[C] | None:
        """The session, for one who knows its password."""
        session = self.by_id.get(session_id)
        if session is None or not hmac.compare_digest(password, self.password_of(session_id)):
            return None
        return session

    def touch(self, session: Session[C], now_ms: float) -> None:
        """Its client was heard."""
        session.deadline_ms = now_ms + session.timeout_ms

    def extend_all(self, by_ms: float) -> None:
        """The server itself did not run for so long, and so could hear nobody."""
        for session in self.by_id.values():
            session.deadline_ms += by_ms

    def overdue(self, now_ms: float) -> list[Session[C]]:
        """The sessions whose deadline had passed at the last call already, and that are still silent.

        Call it in intervals in which sockets are read. A session must be found past its deadline twice,
        so that whatever stood unread in a socket, or a client waiting to be accepted, was heard between.
        """
        late = [session for session in self.by_id.values() if session.deadline_ms <= now_ms]
        confirmed = [session for session in late if session.id in self._suspects]
        self._suspects = frozenset(session.id for session in late)
        return confirmed
