"""One kazoo client as we need it: its wire observed, its connection cuttable, its threads ended with it.

kazoo has no call for three things, so its handler (a documented extension point) does them here:
when ZooKeeper last answered, which session timeout it granted, and ending a blocked connection from outside.
"""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import attrs
import trio
from kazoo.client import KazooClient
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.connection import PURESASL_AVAILABLE
from kazoo.retry import KazooRetry
from kazoo.security import ACL, make_acl

from zkbroker.zookeeper.operations import AuthenticationFailed
from zkbroker.zookeeper.znodes import CONSUMERS, is_sensitive

log = logging.getLogger(__name__)

kazoo_log = logging.getLogger("zkbroker.zookeeper.kazoo")
"""kazoo's own lines. Quiet by default: it writes one for every failed attempt."""
kazoo_log.setLevel(logging.CRITICAL)

_CLOSE_GRACE_S: Final = 2.0
"""How long a server may take to answer the closing of a session before we hang up."""
_CONNECT_S: Final = 5.0
"""Longest wait for one server to accept a connection; kazoo would wait the whole session timeout."""
_RETRY: Final = {"max_tries": -1, "delay": 0.05, "backoff": 2, "max_jitter": 0.4, "max_delay": 0.5}
"""Reconnecting: at once, then at most half a second apart, for ever (kazoo's default goes up to an hour)."""


@attrs.frozen
class Tls:
    """TLS towards ZooKeeper; paths of PEM files."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = None
    verify: bool = True
    check_hostname: bool = True


@attrs.frozen
class Credentials:
    """How we prove to ZooKeeper who we are, and whether it must prove it to us."""

    auth: tuple[tuple[str, str], ...] = ()  # (scheme, credential), as ("digest", "user:password")
    sasl: Mapping[str, str] | None = None  # pure-sasl's options: mechanism, username, password ...
    tls: Tls | ssl.SSLContext | None = None  # a context is used as it is


def creation_acl(path: str) -> list[ACL]:
    """Who may do what with a node created while `zookeeper.set.acl` is on. `path` is relative to the chroot.

    Source: kafka.zk.ZkData.defaultAcls.
    """
    if path == CONSUMERS:
        return [make_acl("world", "anyone", all=True)]
    acl = [make_acl("auth", "", all=True)]
    if not is_sensitive(path):
        acl.append(make_acl("world", "anyone", read=True))
    return acl


class _ObservedSocket:
    """A connected socket that tells its wire about every byte that arrives."""

    def __init__(self, sock: socket.socket, wire: Wire) -> None:
        self._socket = sock
        self._wire = wire
        self.fileno = sock.fileno
        self.send = sock.send

    def recv(self, size: int) -> bytes:
        data = self._socket.recv(size)
        if data:
            self._wire.heard(data)
        return data

    def __getattr__(self, name: str) -> Any:  # setblocking, close, pending (TLS only) ...
        return getattr(self._socket, name)


class Wire(SequentialThreadingHandler):  # type: ignore[misc]  # kazoo is untyped
    """kazoo's threading handler, with an eye on the connection. The trio thread reads its attributes."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._tls = tls
        self.last_answer: float = time.monotonic()  # when bytes last came from ZooKeeper
        self.negotiated_timeout_ms = 0  # what the server granted, 0 before it did
        self.last_failure = (
            "its name cannot be resolved"  # why the last attempt failed; so until there is one
        )
        self._cut = False
        self._socket: socket.socket | None = None
        self._greeting = bytearray()

    def heard(self, data: bytes) -> None:
        """Bytes came in. The first are the server's ConnectResponse, whose timeout kazoo does not keep."""
        self.last_answer = time.monotonic()
        if len(self._greeting) < 12:
            self._greeting += data[: 12 - len(self._greeting)]
            if len(self._greeting) == 12:  # int32 length, int32 protocol version, int32 timeout
                timeout_ms: int = struct.unpack(">8xi", self._greeting)[0]
                if timeout_ms > 0:  # 0: the session has expired
                    self.negotiated_timeout_ms = timeout_ms

    def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Called by kazoo's connection thread for every attempt."""
        if self._cut:
            raise ConnectionAbortedError("this session has ended")
        kwargs["timeout"] = min(kwargs.get("timeout") or _CONNECT_S, _CONNECT_S)
        try:
            if self._tls is not None:
                sock = _connect_tls(self._tls, **kwargs)
            else:
                sock = super().create_connection(*args, **kwargs)
        except OSError as error:
            self.last_failure = error.strerror or str(error) or type(error).__name__
            raise
        self.last_failure = "it accepted the connection and then said nothing"
        self._greeting.clear()
        self._socket = sock
        if self._cut:  # cut() ran meanwhile and may have seen the former socket only
            self.cut()
        return _ObservedSocket(sock, self)

    def spawn(self, func: Callable[..., object], *args: Any, **kwargs: Any) -> threading.Thread:
        name = f"kazoo-{getattr(func, '__name__', 'thread').strip('_')}"
        thread = threading.Thread(target=func, args=args, kwargs=kwargs, name=name, daemon=True)
        thread.start()
        return thread

    def cut(self) -> None:
        """Hang up, and refuse every further connection. From any thread; a blocked read or write returns.

        Without it kazoo would open a new session after an expiry, and send there what was queued meanwhile.
        """
        self._cut = True
        sock = self._socket
        if sock is not None:
            with suppress(OSError):  # closed or not connected any more
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _connect_tls(
    context: ssl.SSLContext,
    *,
    address: tuple[str, int],
    timeout: float,
    hostname: str | None = None,
    **_: Any,
) -> ssl.SSLSocket:
    """kazoo's own TLS trusts the system's authorities too, and takes its keys from PEM files only."""
    sock = socket.create_connection(address, timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(sock, server_hostname=hostname or address[0])
    except BaseException:
        sock.close()
        raise


def new_client(
    hosts: str, session_timeout_ms: int, credentials: Credentials, *, set_acl: bool
) -> tuple[KazooClient, Wire]:
    """A client that is not yet started. No chroot: the session adds it to each path itself.

    Raises: AuthenticationFailed if SASL is asked for and cannot be spoken.
    """
    if credentials.sasl is not None and not PURESASL_AVAILABLE:
        raise AuthenticationFailed("", "SASL towards ZooKeeper needs the Python package pure-sasl")
    context = credentials.tls if isinstance(credentials.tls, ssl.SSLContext) else None
    tls = credentials.tls if isinstance(credentials.tls, Tls) else None
    wire = Wire(context)
    client = KazooClient(
        hosts,
        timeout=session_timeout_ms / 1000,
        handler=wire,
        default_acl=creation_acl("/") if set_acl else None,  # of what kazoo's recipes create
        auth_data=set(credentials.auth),
        sasl_options=None if credentials.sasl is None else dict(credentials.sasl),
        connection_retry=KazooRetry(sleep_func=wire.sleep_func, **_RETRY),
        command_retry=KazooRetry(sleep_func=wire.sleep_func, ignore_expire=False, **_RETRY),
        logger=kazoo_log,
        use_ssl=tls is not None,
        ca=tls and tls.ca_file,
        certfile=tls and tls.certificate_file,
        keyfile=tls and tls.key_file,
        keyfile_password=tls and tls.key_password,
        verify_certs=tls is None or tls.verify,
        check_hostname=tls is not None and tls.check_hostname,
    )
    return client, wire


async def end_client(client: KazooClient, wire: Wire, *, close_session: bool) -> None:
    """Stop the client and join its threads. Shielded; bounded by the grace and by one connection attempt.

    close_session: say goodbye to the server first, so that the session's nodes go at once.
    """

    async def hang_up_after_grace() -> None:
        await trio.sleep(_CLOSE_GRACE_S)
        log.warning("ZooKeeper does not answer the closing of the session; hanging up")
        wire.cut()

    def stop() -> None:  # joins kazoo's three threads
        client.stop()
        client.close()

    if not close_session:
        wire.cut()
    with trio.CancelScope(shield=True):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hang_up_after_grace)
            await trio.to_thread.run_sync(stop, limiter=trio.CapacityLimiter(1))
            nursery.cancel_scope.cancel()
