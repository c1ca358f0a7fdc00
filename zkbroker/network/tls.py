"""TLS over a TCP socket: OpenSSL works on memory, so that nothing in it ever waits for the network."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

import attrs
import trio

from zkbroker.fairness import Turnstile
from zkbroker.network.transport import Buffer, Sendable

_CIPHERTEXT = memoryview(bytearray(256 * 1024))
"""What arrived, on its way into OpenSSL: filled and emptied in one sync step, so all connections share it."""

_RECORD_BYTES: Final = 16384

_PLAIN_BYTES: Final = 256 * 1024
"""How much is encrypted before the socket gets it, and others their turn."""


class TlsFailed(OSError):
    """The handshake failed, or what came later is no TLS. The message says why, for the log."""


@attrs.frozen
class TlsFacts:
    """What the handshake agreed on."""

    protocol: str  # "TLSv1.3"
    cipher: str
    peer_certificate: bytes | None  # DER; None if the peer showed none


class TlsTransport:
    """Transport over TLS. `handshake` comes first; then one task reads and one writes.

    What OpenSSL wants sent goes out under a lock, in the order it was made: a reader, too, may have to
    answer something (a new key).
    """

    __slots__ = ("_established", "_incoming", "_outgoing", "_sending", "_socket", "_ssl", "_turns")

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        server_hostname: str | None = None,
    ) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname
        )
        self._sending = trio.Lock()
        self._established = False
        self._turns = 0

    async def handshake(self, turnstile: Turnstile | None = None) -> TlsFacts:
        """Agree with the peer on keys. Raises: TlsFailed; cancelling leaves a transport to be closed.

        A step is up to a millisecond of arithmetic: with a turnstile, all who share it take theirs one by one.
        """
        try:
            while True:
                if turnstile is not None and self._incoming.pending:
                    await turnstile.wait()
                try:
                    self._ssl.do_handshake()
                except ssl.SSLWantReadError:
                    await self._flush()
                    if not await self._receive_ciphertext():
                        raise TlsFailed(
                            "the connection was closed in the middle of the TLS handshake"
                        ) from None
                else:
                    break
            self._established = True
            await self._flush()
        except ssl.SSLError as error:
            with contextlib.suppress(OSError):  # the alert that tells the peer; it may be gone
                self._socket.send(self._outgoing.read())
            raise TlsFailed(_reason(error)) from None
        cipher = self._ssl.cipher()
        return TlsFacts(
            protocol=self._ssl.version() or "",
            cipher=cipher[0] if cipher is not None else "",
            peer_certificate=self._ssl.getpeercert(binary_form=True),
        )

    async def receive_into(self, get_buffer: Callable[[], memoryview]) -> int:
        received = 0
        waited = False
        buffer = get_buffer()
        size = len(buffer)
        while received < size:
            if received and not self._incoming.pending and not self._ssl.pending():
                break
            try:
                count: int = self._ssl.read(size - received, buffer[received:])  # type: ignore[assignment]
            except ssl.SSLWantReadError:
                if received:
                    break
                if self._outgoing.pending:
                    await self._flush()
                waited = True
                if not await self._receive_ciphertext():
                    return 0
                buffer = get_buffer()
                size = len(buffer)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                break
            except ssl.SSLError as error:
                raise TlsFailed(_reason(error)) from None
            else:
                if not count:
                    break
                received += count
        if waited:
            self._turns = 0
        else:  # a peer that always has bytes for us must not starve the others
            self._turns += 1
            if self._turns >= 4:
                self._turns = 0
                await trio.lowlevel.checkpoint()
        return received

    async def _receive_ciphertext(self) -> bool:
        """Wait for bytes from the network and hand them to OpenSSL; False at the end of the stream."""
        while True:
            try:
                count = self._socket.recv_into(_CIPHERTEXT)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
            except OSError as error:
                if self._socket.fileno() < 0:
                    raise trio.ClosedResourceError from None
                if isinstance(error, (ConnectionError, TimeoutError)):
                    return False
                raise
            else:
                if not count:
                    return False
                self._incoming.write(_CIPHERTEXT[:count])
                return True

    async def send(self, buffers: Sequence[Sendable]) -> None:
        small: list[Buffer] = []  # what fits into one record together goes out as one
        small_bytes = 0
        for buffer in buffers:
            if len(buffer) + small_bytes <= _RECORD_BYTES:
                small.append(buffer if isinstance(buffer, (bytes, bytearray, memoryview)) else buffer.read())
                small_bytes += len(buffer)
                continue
            if small:
                self._encrypt(b"".join(small))
                small, small_bytes = [], 0
            if isinstance(buffer, (bytes, bytearray, memoryview)):
                view = memoryview(buffer).cast("B")
                for start in range(0, len(view), _PLAIN_BYTES):
                    self._encrypt(view[start : start + _PLAIN_BYTES])
                    await self._flush()
            else:
                for start in range(0, len(buffer), _PLAIN_BYTES):
                    self._encrypt(buffer.read(start, _PLAIN_BYTES))
                    await self._flush()
        if small:
            self._encrypt(b"".join(small))
        await self._flush()

    def _encrypt(self, plain: Buffer) -> None:
        try:
            self._ssl.write(plain)  # into memory: always all of it
        except ssl.SSLError as error:
            raise TlsFailed(_reason(error)) from None

    async def _flush(self) -> None:
        """Send what OpenSSL has made. Two tasks may come: each leaves when its bytes have left."""
        try:
            self._sending.acquire_nowait()
        except trio.WouldBlock:
            await self._sending.acquire()
        try:
            while self._outgoing.pending:
                ciphertext = memoryview(self._outgoing.read())
                done = 0
                while done < len(ciphertext):
                    try:
                        done += self._socket.send(ciphertext[done:])
                    except BlockingIOError:
                        await trio.lowlevel.wait_writable(self._socket)
        finally:
            self._sending.release()

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        if self._established and not self._sending.locked():
            with contextlib.suppress(ssl.SSLError, OSError):  # says goodbye; does not wait for the answer
                try:
                    self._ssl.unwrap()
                except ssl.SSLWantReadError:
                    self._socket.send(self._outgoing.read())
        trio.lowlevel.notify_closing(self._socket)
        with contextlib.suppress(OSError):  # not connected any more
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


_NOT_TLS: Final = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "BAD_RECORD_TYPE",
    "INVALID_RECORD_TYPE",
    "UNEXPECTED_MESSAGE",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)

_ALERTS: Final = {
    "UNKNOWN_CA": "it does not know the authority that signed our certificate",
    "CERTIFICATE_EXPIRED": "it says that our certificate has expired",
    "BAD_CERTIFICATE": "it does not accept our certificate",
    "CERTIFICATE_UNKNOWN": "it does not accept our certificate",
    "CERTIFICATE_REQUIRED": "it asks for a certificate, and we have none to show",
    "PROTOCOL_VERSION": "it speaks none of our TLS versions",
    "HANDSHAKE_FAILURE": "it refused the handshake (no common cipher suite, or it asks for a certificate)",
}


def _reason(error: ssl.SSLError) -> str:
    """An error of OpenSSL as a clause that can follow "closing the connection of X: "."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    reason = error.reason or ""
    if reason in _NOT_TLS:
        return f"what it sent is not TLS; does it speak plain text? ({reason.lower()})"
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "it showed no certificate, and the listener requires one (ssl.client.auth=required)"
    if reason == "NO_SHARED_CIPHER":
        return "it offers no cipher suite that the listener allows"
    if reason in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"):
        return "it offers no TLS version that the listener allows"
    for alert, meaning in _ALERTS.items():
        if reason.endswith(f"ALERT_{alert}"):
            return meaning
    return f"TLS failed: {reason.lower().replace('_', ' ') or error}"
