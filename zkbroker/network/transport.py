"""A connected byte stream: read into the caller's memory, written from buffers and from files."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

import trio


class FileSlice(Protocol):
    """A piece of an open file that can go to a socket without passing through Python (storage's LogSlice)."""

    def __len__(self) -> int:
        """Size in bytes."""
        ...

    def sendfile_to(self, socket_fd: int, sent: int, max_bytes: int) -> int:
        """Send up to `max_bytes` from byte `sent` on; returns how many went. One sync system call.

        Raises: BlockingIOError when the socket is full; OSError when the slice is no longer valid.
        """
        ...

    def read(self, start: int = 0, max_bytes: int | None = None) -> bytes:
        """The bytes from `start` on, at most so many, for transports that cannot use sendfile.

        Raises: OSError when the slice is no longer valid.
        """
        ...

    def release(self) -> None:
        """Give back the reference to the file; calling it again is harmless."""
        ...


Buffer = bytes | bytearray | memoryview
Sendable = Buffer | FileSlice

CHUNK_BYTES = 1024 * 1024
"""A slice goes out in pieces of at most this size, so that one reader does not hold the thread."""

_MAX_BUFFERS = 512  # below IOV_MAX (1024) everywhere we run


class Transport(Protocol):
    """What a connection needs of its byte stream. One task reads, one task writes."""

    async def receive_into(self, get_buffer: Callable[[], memoryview]) -> int:
        """Fill the front of a buffer; returns the bytes received, 0 at the end of the stream. A checkpoint.

        The buffer is asked for only when bytes are there: while it waits, a quiet connection's may be given back.
        """
        ...

    async def send(self, buffers: Sequence[Sendable]) -> None:
        """Send all of it, in order. Raises: OSError when the peer is gone or a slice became invalid."""
        ...

    def close(self) -> None:
        """Close at once; tasks inside wake up with ClosedResourceError. Calling it again is harmless."""
        ...


class PlainTransport:
    """Transport over a bare non-blocking TCP socket: recv_into, sendmsg, sendfile."""

    __slots__ = ("_fd", "_recv_into", "_socket", "_turns")

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._fd = sock.fileno()
        self._recv_into = sock.recv_into
        self._turns = 0

    async def receive_into(self, get_buffer: Callable[[], memoryview]) -> int:
        while True:
            try:
                received = self._recv_into(get_buffer())
            except BlockingIOError:
                self._turns = 0
                await trio.lowlevel.wait_readable(self._socket)
            except OSError as error:
                if self._socket.fileno() < 0:
                    raise trio.ClosedResourceError from None
                if isinstance(error, (ConnectionError, TimeoutError)):
                    return 0
                raise
            else:
                # A peer that always has bytes for us must not starve the others.
                self._turns += 1
                if self._turns >= 4:
                    self._turns = 0
                    await trio.lowlevel.checkpoint()
                return received

    async def send(self, buffers: Sequence[Sendable]) -> None:
        run: list[Buffer] = []
        for buffer in buffers:
            if isinstance(buffer, (bytes, bytearray, memoryview)):
                run.append(buffer)
                continue
            if run:
                await self._send_buffers(run, socket.MSG_MORE)
                run = []
            await self._send_slice(buffer)
        if run:
            await self._send_buffers(run, 0)

    async def _send_buffers(self, buffers: list[Buffer], flags: int) -> None:
        if len(buffers) == 1:
            first = memoryview(buffers[0]).cast("B")
            done = 0
            while True:
                try:
                    done += self._socket.send(first[done:] if done else first, flags)
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self._socket)
                if done == len(first):
                    return
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        position = 0  # of the first buffer not yet sent completely
        while position < len(views):
            try:
                sent = self._socket.sendmsg(views[position : position + _MAX_BUFFERS], (), flags)
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._socket)
                continue
            while position < len(views) and sent >= len(views[position]):
                sent -= len(views[position])
                position += 1
            if sent:
                views[position] = views[position][sent:]

    async def _send_slice(self, piece: FileSlice) -> None:
        sent, size = 0, len(piece)
        while sent < size:
            try:
                went = piece.sendfile_to(self._fd, sent, min(size - sent, CHUNK_BYTES))
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._socket)
                continue
            sent += went
            if went == CHUNK_BYTES and sent < size:
                await trio.lowlevel.checkpoint()

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        trio.lowlevel.notify_closing(self._socket)
        with contextlib.suppress(OSError):  # not connected any more
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
