"""The socket of one client, plain or TLS, behind one small interface."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Protocol

import attrs
import trio

_RECEIVE_BYTES = 65536


class Transport(Protocol):
    """What a connection needs of its socket."""

    async def start(self) -> None:
        """Finish what must be done before the first byte. Raises: OSError, trio.BrokenResourceError."""

    async def receive(self) -> bytes:
        """Some bytes, or b"" at the end. Raises: OSError, trio.BrokenResourceError."""

    def send_now(self, data: bytes) -> int:
        """Send what fits without waiting; returns how much that was, 0 where only `send` can.

        Raises: OSError.
        """

    async def send(self, data: bytes) -> None:
        """Send everything. Cancelling it loses the place in the stream: close then.

        Raises: OSError, trio.BrokenResourceError.
        """

    def has_unread_input(self) -> bool:
        """Whether bytes of the client are waiting in the socket right now."""

    def peer_name(self) -> str | None:
        """The subject of the client's certificate, as RFC 4514 writes it, if it showed one."""

    def close(self) -> None:
        """Close the socket at once. It may be called again."""


@attrs.define(eq=False)
class PlainTransport:
    """A non-blocking TCP socket."""

    _socket: socket.socket

    async def start(self) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def receive(self) -> bytes:
        while True:
            try:
                return self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)

    def send_now(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    async def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._socket)

    def has_unread_input(self) -> bool:
        return _has_unread(self._socket)

    def peer_name(self) -> str | None:
        return None

    def close(self) -> None:
        _close(self._socket)


@attrs.define(eq=False)
class TlsTransport:
    """TLS over a TCP socket."""

    _socket: socket.socket
    _context: ssl.SSLContext
    _stream: trio.SSLStream[trio.SocketStream] | None = None

    async def start(self) -> None:
        tcp = trio.SocketStream(trio.socket.from_stdlib_socket(self._socket))
        self._stream = trio.SSLStream(tcp, self._context, server_side=True, https_compatible=True)
        await self._stream.do_handshake()

    async def receive(self) -> bytes:
        assert self._stream is not None
        return bytes(await self._stream.receive_some(_RECEIVE_BYTES))

    def send_now(self, data: bytes) -> int:
        return 0

    async def send(self, data: bytes) -> None:
        assert self._stream is not None
        await self._stream.send_all(data)

    def has_unread_input(self) -> bool:
        return _has_unread(self._socket)

    def peer_name(self) -> str | None:
        assert self._stream is not None
        certificate: bytes | None = self._stream.getpeercert(binary_form=True)
        if certificate is None:
            return None
        from cryptography import x509  # only where TLS is used: the import is slow

        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()

    def close(self) -> None:
        _close(self._socket)


def _has_unread(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in (errno.EBADF, errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE, errno.ETIMEDOUT):
            return False
        raise


def _close(sock: socket.socket) -> None:
    if sock.fileno() >= 0:
        trio.lowlevel.notify_closing(sock)
        sock.close()
