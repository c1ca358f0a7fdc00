"""ZooKeeper for the rest of the broker: the slot that holds the current session, and all names one needs.

When a session is lost its nursery is cancelled and a new one begins, with a new client and a new session id.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import attrs
import trio

from zkbroker.changed import Changed
from zkbroker.events import EventFeed
from zkbroker.zookeeper.bridge import SessionStatistics as SessionStatistics
from zkbroker.zookeeper.bridge import ZkSession as ZkSession
from zkbroker.zookeeper.client import Credentials as Credentials
from zkbroker.zookeeper.client import Tls as Tls
from zkbroker.zookeeper.operations import ANY_VERSION as ANY_VERSION
from zkbroker.zookeeper.operations import AuthenticationFailed as AuthenticationFailed
from zkbroker.zookeeper.operations import BadVersion as BadVersion
from zkbroker.zookeeper.operations import Check as Check
from zkbroker.zookeeper.operations import ConnectionLost as ConnectionLost
from zkbroker.zookeeper.operations import Create as Create
from zkbroker.zookeeper.operations import Delete as Delete
from zkbroker.zookeeper.operations import MultiFailed as MultiFailed
from zkbroker.zookeeper.operations import NoAuth as NoAuth
from zkbroker.zookeeper.operations import NodeExists as NodeExists
from zkbroker.zookeeper.operations import NoNode as NoNode
from zkbroker.zookeeper.operations import NotEmpty as NotEmpty
from zkbroker.zookeeper.operations import RequestTooLarge as RequestTooLarge
from zkbroker.zookeeper.operations import SessionLost as SessionLost
from zkbroker.zookeeper.operations import SessionState as SessionState
from zkbroker.zookeeper.operations import SetData as SetData
from zkbroker.zookeeper.operations import Stat as Stat
from zkbroker.zookeeper.operations import Unreachable as Unreachable
from zkbroker.zookeeper.operations import Znode as Znode
from zkbroker.zookeeper.operations import ZooKeeperError as ZooKeeperError

log = logging.getLogger(__name__)

JUTE_MAX_BUFFER: Final = 0xFFFFF
"""A server's default limit for one request; beyond it, it drops the connection."""


def split_connect(connect: str) -> tuple[str, str]:
    """Hosts and chroot ("" for none) of a connect string; it is split at its first "/".

    Raises: ValueError, with a sentence, if it names no host.
    """
    hosts, slash, chroot = connect.strip().partition("/")
    if not hosts:
        raise ValueError(f"{connect!r} names no ZooKeeper host: write HOST:PORT[,HOST:PORT...][/chroot]")
    parts = [part for part in chroot.split("/") if part]
    return hosts, "".join(f"/{part}" for part in parts) if slash else ""


@attrs.frozen
class ZooKeeperStatistics:
    """What the slot has seen so far."""

    sessions: int  # begun
    current: SessionStatistics | None


OnSession = Callable[[ZkSession], Awaitable[None]]


@attrs.define(eq=False)
class ZooKeeper:
    """The slot with the current session. A handler takes the session per call, never keeps one.

    Owner: the task in `run`.
    """

    connect: str  # zookeeper.connect: hosts and chroot
    session_timeout_ms: int = attrs.field(default=18_000, kw_only=True)
    connection_timeout_ms: int | None = attrs.field(default=None, kw_only=True)  # None: the session timeout
    credentials: Credentials = attrs.field(factory=Credentials, kw_only=True)
    set_acl: bool = attrs.field(default=False, kw_only=True)  # zookeeper.set.acl
    max_request_bytes: int = attrs.field(default=JUTE_MAX_BUFFER, kw_only=True)
    events: EventFeed | None = attrs.field(default=None, kw_only=True)
    former_sessions: set[int] = attrs.field(factory=set, kw_only=True)
    """Sessions that were ours for certain, this process's own included; each new session is told."""

    current: ZkSession | None = attrs.field(default=None, init=False)
    _moved: Changed = attrs.field(factory=Changed, init=False)
    _sessions: int = attrs.field(default=0, init=False)

    async def session(self) -> ZkSession:
        """The current session once it is connected, or the next one. Bound the wait with a cancel scope."""
        while True:
            session = self.current
            if session is None or session.lost.is_set():
                await self._moved.wait()
            elif session.is_usable:
                return session
            else:
                await session.state_changed.wait()

    def statistics(self) -> ZooKeeperStatistics:
        current = self.current
        return ZooKeeperStatistics(self._sessions, None if current is None else current.statistics())

    async def run(
        self,
        on_session: OnSession,
        *,
        task_status: trio.TaskStatus[ZkSession] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Keep a session for ever; `on_session(session)` runs in each one's nursery, cancelled at its loss.

        Started with the first session. A ConnectionLost or SessionLost that escapes `on_session` ends that
        session and begins another; every other exception is raised. Cancelling closes the session.
        Raises: Unreachable, AuthenticationFailed, about the first session only; later ones retry for ever.
        """
        hosts, chroot = split_connect(self.connect)
        patience_ms = self.connection_timeout_ms or self.session_timeout_ms
        give_up_at = trio.current_time() + patience_ms / 1000
        while True:
            session = ZkSession(
                hosts,
                chroot,
                self.session_timeout_ms,
                self.credentials,
                set_acl=self.set_acl,
                max_request_bytes=self.max_request_bytes,
                events=self.events,
                former_sessions=self.former_sessions,
            )
            pause_s = 0.0
            try:
                session.start()
                await self._establish(session, hosts, give_up_at)
                self.former_sessions.add(session.session_id)
                give_up_at = float("inf")
                self._sessions += 1
                self.current = session
                self._moved.notify()
                task_status.started(session)
                task_status = trio.TASK_STATUS_IGNORED
                await self._live(session, on_session)
            except AuthenticationFailed as error:
                if give_up_at < float("inf"):
                    raise
                log.error("%s; trying again", error)
                pause_s = 5.0
            except (SessionLost, ConnectionLost) as error:
                if trio.current_time() >= give_up_at:
                    raise self._unreachable(hosts, str(error)) from None
                log.warning("A ZooKeeper session ended early (%s): beginning another", error)
                pause_s = 0.5
            finally:
                self.current = None
                await session.aclose()
            await trio.sleep(pause_s)

    async def _establish(self, session: ZkSession, hosts: str, give_up_at: float) -> None:
        """Wait until the session answers, and make sure of the chroot."""
        try:
            await self._wait_usable(session, hosts, give_up_at)
            with trio.move_on_after(max(session.timeout_ms / 1000, 1)) as answering:
                await session.ensure_chroot()
        except SessionLost:
            await session.lost.wait()  # kazoo refused it, so that is about to come
            if session.credentials_refused:
                raise AuthenticationFailed("", f"ZooKeeper at {hosts} refused our credentials") from None
            raise
        if answering.cancelled_caught:
            raise ConnectionLost("", f"ZooKeeper at {hosts} stopped answering")
        log.info(
            "Connected to ZooKeeper at %s, session %s, timeout %d ms", hosts, session, session.timeout_ms
        )

    async def _wait_usable(self, session: ZkSession, hosts: str, give_up_at: float) -> None:
        """Wait for the first connection; every few seconds, say so."""
        say_at = trio.current_time() + 1.5
        while not session.is_usable:
            session.require_not_lost()
            if trio.current_time() >= give_up_at:
                raise self._unreachable(hosts, session.last_failure)
            if trio.current_time() >= say_at:
                say_at = trio.current_time() + 4
                log.warning(
                    "ZooKeeper at %s cannot be reached (%s); still trying", hosts, session.last_failure
                )
            with trio.move_on_at(min(give_up_at, say_at)):
                await session.state_changed.wait()

    def _unreachable(self, hosts: str, reason: str) -> Unreachable:
        return Unreachable(
            "",
            f"ZooKeeper at {hosts} cannot be reached ({reason}): "
            "is it running, and is zookeeper.connect right?",
        )

    async def _live(self, session: ZkSession, on_session: OnSession) -> None:
        """Run a session to its end."""
        interrupted: ConnectionLost | None = None
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(session.declare_lost_when_silent)
                nursery.start_soon(self._follow_state, session, nursery.cancel_scope)
                await on_session(session)
                await trio.sleep_forever()
        except* SessionLost:
            pass
        except* ConnectionLost as group:
            interrupted = _leaf(group)
        if interrupted is not None and not session.lost.is_set():
            raise interrupted

    async def _follow_state(self, session: ZkSession, scope: trio.CancelScope) -> None:
        """Say what becomes of the session, and end its nursery when it is lost."""
        with suppress(SessionLost):
            while True:
                await session.wait_disconnected()
                log.warning("Disconnected from ZooKeeper; session %s is suspended", session)
                await session.wait_connected()
                log.info("Reconnected to ZooKeeper, session %s goes on", session)
        await session.lost.wait()  # already refused by kazoo, so about to be called lost
        log.warning("ZooKeeper session %s is lost: %s", session, session.loss_reason)
        scope.cancel()


def _leaf(group: BaseExceptionGroup[ConnectionLost]) -> ConnectionLost:
    first = group.exceptions[0]
    return _leaf(first) if isinstance(first, BaseExceptionGroup) else first
