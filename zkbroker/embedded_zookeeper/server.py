"""The embedded ZooKeeper: a single-node server of ZooKeeper's own client protocol.

`EmbeddedZooKeeper.run` is the whole of it: the data directory, the log, the listener, one task a connection,
and the ticks that expire sessions, remove empty containers and write snapshots.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

import attrs
import trio

from zkbroker.embedded_zookeeper.acl import Identity
from zkbroker.embedded_zookeeper.connection import Connection, Counters
from zkbroker.embedded_zookeeper.database import Database
from zkbroker.embedded_zookeeper.digest_md5 import DigestMd5Server
from zkbroker.embedded_zookeeper.jute import Decoder
from zkbroker.embedded_zookeeper.protocol import ConnectRequest
from zkbroker.embedded_zookeeper.sessions import Session, SessionTable
from zkbroker.embedded_zookeeper.storage import DataDir, StorageError, TransactionLog
from zkbroker.embedded_zookeeper.transport import PlainTransport, TlsTransport, Transport

log = logging.getLogger(__name__)

DEFAULT_TICK_MS = 2000
DEFAULT_MAX_REQUEST_BYTES = 0xFFFFF  # ZooKeeper's jute.maxbuffer
DEFAULT_SNAPSHOT_AFTER = 100_000  # transactions
_SNAPSHOT_AFTER_BYTES = 256 << 20  # however few the transactions are
_CONTAINER_CHECK_S = 60.0
_ACCEPT_PAUSE_S = 0.1
_OUT_OF_RESOURCES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class PortTaken(Exception):
    """The address cannot be listened on; the message is one sentence for a person."""


@attrs.frozen
class Statistics:
    """What `mntr` tells, as values."""

    connections: int
    sessions: int
    znodes: int
    ephemerals: int
    watches: int
    data_bytes: int
    last_zxid: int
    outstanding: int  # replies and events waiting to leave
    packets_received: int
    packets_sent: int
    min_latency_ms: int
    avg_latency_ms: float
    max_latency_ms: int
    snapshots: int
    log_groups: int
    log_bytes: int
    uptime_ms: int


@attrs.define(eq=False)
class EmbeddedZooKeeper:
    """One server over one data directory. Call `run` once.

    Session timeouts are negotiated between 2 and 20 ticks, as ZooKeeper does, unless given.
    `tls` makes the port speak TLS only, or `tls_port` if that is given too; a client's certificate becomes
    its x509 identity.
    `sasl_users` (name -> password) turns SASL DIGEST-MD5 on. `super_digest` is the digest identity
    (`user:hash`) that may do everything. With `require_schemes`, clients must authenticate by one of them.
    """

    data_dir: Path
    host: str = attrs.field(default="127.0.0.1", kw_only=True)
    port: int = attrs.field(default=2181, kw_only=True)  # 0: any free one
    fsync: bool = attrs.field(default=True, kw_only=True)
    tick_ms: int = attrs.field(default=DEFAULT_TICK_MS, kw_only=True)
    min_session_timeout_ms: int | None = attrs.field(default=None, kw_only=True)
    max_session_timeout_ms: int | None = attrs.field(default=None, kw_only=True)
    max_request_bytes: int = attrs.field(default=DEFAULT_MAX_REQUEST_BYTES, kw_only=True)
    snapshot_after: int = attrs.field(default=DEFAULT_SNAPSHOT_AFTER, kw_only=True)
    tls: ssl.SSLContext | None = attrs.field(default=None, kw_only=True)
    tls_port: int | None = attrs.field(default=None, kw_only=True)  # 0: any free one
    sasl_users: Mapping[str, str] = attrs.field(factory=dict, kw_only=True, repr=False)
    super_digest: str | None = attrs.field(default=None, kw_only=True, repr=False)
    require_schemes: Collection[str] = attrs.field(default=(), kw_only=True)
    sync_file: Callable[[int], None] = attrs.field(default=os.fdatasync, kw_only=True)
    quick_fsync_ms: float = attrs.field(default=2.0, kw_only=True)  # 0: every fsync in a thread

    bound_port: int = attrs.field(default=0, init=False)
    bound_tls_port: int | None = attrs.field(default=None, init=False)
    connections: dict[Connection, None] = attrs.field(factory=dict, init=False)
    counters: Counters = attrs.field(factory=Counters, init=False)
    database: Database = attrs.field(init=False)
    sessions: SessionTable[Connection] = attrs.field(init=False)
    _log: TransactionLog = attrs.field(init=False)
    _with_output: dict[Connection, None] = attrs.field(factory=dict, init=False)
    _snapshots: int = attrs.field(default=0, init=False)
    _started: float = attrs.field(default=0.0, init=False)
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope, init=False)
    _failure: StorageError | None = attrs.field(default=None, init=False)

    async def run(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; "started" is the bound port. What was acknowledged survives any end.

        Raises: StorageError, PortTaken, before "started"; StorageError when the log cannot be written.
        """
        directory = DataDir.open(self.data_dir)
        try:
            with ExitStack() as listening:
                listeners = [listening.enter_context(_listen(self.host, self.port))]
                if self.tls is not None and self.tls_port is not None:
                    listeners.append(listening.enter_context(_listen(self.host, self.tls_port)))
                try:
                    replayed = await trio.to_thread.run_sync(self._load, directory)
                    await self._serve(directory, listeners, replayed, task_status)
                except OSError as error:
                    raise StorageError(f"cannot write to {self.data_dir}: {error.strerror}") from error
        finally:
            directory.close()
        if self._failure is not None:
            raise self._failure

    def statistics(self) -> Statistics:
        tree, counters = self.database.tree, self.counters
        return Statistics(
            connections=len(self.connections),
            sessions=len(self.sessions.by_id),
            znodes=len(tree.nodes),
            ephemerals=tree.ephemeral_count(),
            watches=self.database.watches.summary().watches,
            data_bytes=tree.data_bytes,
            last_zxid=tree.last_zxid,
            outstanding=sum(connection.queued for connection in self.connections),
            packets_received=counters.received,
            packets_sent=counters.sent,
            min_latency_ms=counters.min_latency_ms,
            avg_latency_ms=counters.total_latency_ms / counters.answered if counters.answered else 0.0,
            max_latency_ms=counters.max_latency_ms,
            snapshots=self._snapshots,
            log_groups=self._log.groups,
            log_bytes=self._log.written_bytes,
            uptime_ms=int((time.monotonic() - self._started) * 1000),
        )

    # what connections ask of their server

    @property
    def position(self) -> int:
        """The log position anything computed now may depend on."""
        return self._log.position

    @property
    def durable(self) -> int:
        """The log position up to which everything may be shown."""
        return self._log.durable

    @property
    def last_zxid(self) -> int:
        return self.database.tree.last_zxid

    def execute(self, connection: Connection, xid: int, op: int, body: Decoder) -> bytes:
        return self.database.execute(connection, xid, op, body, _wall_ms())

    def open_session(self, connection: Connection, timeout_ms: int) -> Session[Connection]:
        wall_ms = _wall_ms()
        session_id = self.sessions.next_id(wall_ms)
        self.database.open_session(session_id, timeout_ms, wall_ms)
        session = self.sessions.add(session_id, timeout_ms, _now_ms())
        session.connection = connection
        return session

    def resume_session(
        self, connection: Connection, request: ConnectRequest, timeout_ms: int
    ) -> Session[Connection] | None:
        """Move a session to the connection its client has made now; None if it is gone."""
        session = self.sessions.find(request.session_id, request.password)
        if session is None:
            return None
        former, session.connection = session.connection, connection
        if former is not None:
            former.abort()
        session.timeout_ms = timeout_ms
        self.sessions.touch(session, _now_ms())
        return session

    def session_closed(self, session: Session[Connection]) -> None:
        """The database has ended this session."""
        self.sessions.remove(session.id)

    def connection_ended(self, connection: Connection) -> None:
        self.connections.pop(connection, None)
        self._with_output.pop(connection, None)
        self.database.watches.forget(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None

    def has_output(self, connection: Connection) -> None:
        """The connection has queued something; `flush` will look at it."""
        self._with_output[connection] = None

    def flush(self) -> None:
        """Let every reply and event leave that may."""
        if not self.fsync:
            try:
                self._log.commit_without_fsync()
            except OSError as error:
                return self._fail(error)
        for connection in tuple(self._with_output):
            connection.flush()
            if not connection.queued:
                self._with_output.pop(connection, None)

    def new_sasl_exchange(self) -> DigestMd5Server | None:
        """None when no SASL users are configured."""
        return DigestMd5Server(self.sasl_users, secrets.token_hex(16)) if self.sasl_users else None

    # tasks

    def _fail(self, error: OSError) -> None:
        """What is applied cannot be made durable: nothing of it may be shown, so the server ends."""
        self._failure = StorageError(f"cannot write to {self.data_dir}: {error.strerror}")
        self._scope.cancel()

    async def _run_log(self) -> None:
        try:
            await self._log.run()
        except OSError as error:
            self._fail(error)

    def _load(self, directory: DataDir) -> int:
        secret = directory.session_secret()
        tree, replayed = directory.load()
        self._log = TransactionLog(
            directory.files,
            tree.last_zxid + 1,
            fsync=self.fsync,
            sync_file=self.sync_file,
            quick_fsync_s=self.quick_fsync_ms / 1000,
        )
        self._log.on_durable = self.flush
        self._log.open()
        directory.purge()
        self.database = Database(tree, self._log.append)
        self.sessions = SessionTable(
            self.min_session_timeout_ms or 2 * self.tick_ms,
            self.max_session_timeout_ms or 20 * self.tick_ms,
            secret,
        )
        return replayed

    async def _serve(
        self,
        directory: DataDir,
        listeners: list[socket.socket],
        replayed: int,
        task_status: trio.TaskStatus[int],
    ) -> None:
        self._started = time.monotonic()
        for session_id, timeout_ms in self.database.tree.sessions.items():
            self.sessions.add(session_id, timeout_ms, _now_ms())
        try:
            with self._scope:
                await self._run_tasks(directory, listeners, replayed, task_status)
        finally:
            for connection in tuple(self.connections):
                connection.abort()
            self._log.close(write=self._failure is None)

    async def _run_tasks(
        self,
        directory: DataDir,
        listeners: list[socket.socket],
        replayed: int,
        task_status: trio.TaskStatus[int],
    ) -> None:
        async with trio.open_nursery() as nursery:
            if self.fsync:
                nursery.start_soon(self._run_log)
            nursery.start_soon(self._expire_sessions)
            nursery.start_soon(self._delete_containers)
            nursery.start_soon(self._take_snapshots, directory, replayed)
            plain_or_only, *second = listeners
            nursery.start_soon(self._accept, plain_or_only, None if second else self.tls, nursery)
            self.bound_port = plain_or_only.getsockname()[1]
            for listener in second:
                nursery.start_soon(self._accept, listener, self.tls, nursery)
                self.bound_tls_port = listener.getsockname()[1]
            log.info("ZooKeeper serves %s on %s:%d", self.data_dir, self.host, self.bound_port)
            task_status.started(self.bound_port)

    async def _accept(
        self, listener: socket.socket, tls: ssl.SSLContext | None, nursery: trio.Nursery
    ) -> None:
        while True:
            await trio.lowlevel.wait_readable(listener)
            try:
                client, address = listener.accept()
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    log.warning("Cannot accept clients for now: %s", error.strerror)
                    await trio.sleep(_ACCEPT_PAUSE_S)
                continue  # else the client was gone before it was accepted
            client.setblocking(False)
            transport = PlainTransport(client) if tls is None else TlsTransport(client, tls)
            nursery.start_soon(self._serve_client, transport, address[0], address[1])

    async def _serve_client(self, transport: Transport, host: str, port: int) -> None:
        host = host.removeprefix("::ffff:")
        connection = Connection(self, transport, f"{host}:{port}", [Identity("ip", host)])
        connection.counters.established_ms = _wall_ms()
        self.connections[connection] = None
        await connection.run()

    async def _expire_sessions(self) -> None:
        interval_s = min(max(self.sessions.min_timeout_ms / 16_000, 0.01), 0.25)
        while True:
            slept_at = trio.current_time()
            await trio.sleep(interval_s)
            late_s = trio.current_time() - slept_at - interval_s
            if late_s > interval_s:
                # this process did not run: nobody is to blame for what could not be heard
                self.sessions.extend_all(late_s * 1000)
            for session in self.sessions.overdue(_now_ms()):
                connection = session.connection
                if connection is not None and connection.has_unread_input():
                    continue
                log.info("Session %#x expired: silent for %d ms", session.id, session.timeout_ms)
                self.database.close_session(session.id, _wall_ms())
                self.sessions.remove(session.id)
                if connection is not None:
                    connection.abort()
            self.flush()

    async def _delete_containers(self) -> None:
        while True:
            await trio.sleep(_CONTAINER_CHECK_S)
            for path in self.database.delete_unused_containers(_wall_ms()):
                log.info("Deleted the empty container %s", path)
            self.flush()

    async def _take_snapshots(self, directory: DataDir, replayed: int) -> None:
        """A snapshot for every so many transactions or bytes, those replayed at the start included."""
        last_position, last_bytes = -replayed, 0
        while True:
            while (
                self._log.position - last_position < self.snapshot_after
                and self._log.written_bytes - last_bytes < _SNAPSHOT_AFTER_BYTES
            ):
                await self._log.durable_moved.wait()
            last_position, last_bytes = self._log.position, self._log.written_bytes
            point = self.database.tree.begin_point()
            try:
                self._log.begin_file(point.zxid)
                await self._log.wait_durable(last_position)  # never ahead of the log
                path = await directory.write_snapshot(point)
                await trio.to_thread.run_sync(directory.purge)
            except OSError as error:
                # the logs hold everything; the next snapshot may find room
                log.error("Cannot write a snapshot to %s: %s", self.data_dir, error.strerror)
            else:
                self._snapshots += 1
                log.info("Wrote %s: %d znodes", path, len(point.paths))
            finally:
                self.database.tree.end_point()


def _listen(host: str, port: int) -> socket.socket:
    """Raises: PortTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def _now_ms() -> float:
    return time.monotonic() * 1000


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
