"""Frames out of a stream of bytes: an int32 size, then as many bytes. Sans I/O; the caller receives."""

from __future__ import annotations

from struct import Struct
from typing import Final

IDLE_BYTES: Final = 2048
"""What a connection that waits for its next request holds."""

BUSY_BYTES: Final = 128 * 1024
"""What a connection that sends frame after frame gets, so that several come with one receive.

Java's producer has five batches of 16 KiB in flight: they come together here, and their answers leave together.
"""

_BUSY_AFTER: Final = 8  # frames that did not fit into IDLE_BYTES
_SIZE_BYTES: Final = 4
_read_size = Struct(">i").unpack_from


class FrameTooLarge(ValueError):
    """The size in front of a frame is over the limit, or negative: nothing of the frame was buffered."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"a frame of {size} bytes, the limit is {limit}" if size >= 0 else f"a frame of size {size}"
        )
        self.size = size


class FrameBuffer:
    """Collects received bytes and gives whole frames, in writable memory.

    Call `next_frame` until it gives None, then receive into `get_buffer()` and say how much with `received`; in
    between the two nothing may `shrink` it, so the buffer is asked for when bytes are there, not before.
    Between frames it holds IDLE_BYTES. A frame that does not fit there gets memory of exactly its size, in
    the `get_buffer()` after `pending_frame_bytes` became known, and loses it in the one after it was taken.
    After some of these it holds BUSY_BYTES, until `shrink`.
    """

    __slots__ = ("_end", "_large", "_own", "_start", "_view", "max_frame_bytes", "pending_frame_bytes")

    def __init__(self, max_frame_bytes: int) -> None:
        self.max_frame_bytes = max_frame_bytes  # without the size in front; may change between frames
        self.pending_frame_bytes = 0  # size of the frame that has begun to arrive; 0 if none, or unknown yet
        self._own = memoryview(bytearray(IDLE_BYTES))  # or BUSY_BYTES
        self._large = 0  # frames that needed memory of their own
        self._view = self._own
        self._start = 0  # what was received and not taken is [_start, _end)
        self._end = 0

    def next_frame(self) -> memoryview | None:
        """The next whole frame, without its size, valid until the next `get_buffer()`; None: receive more.

        Raises: FrameTooLarge, again and again: the stream cannot be read any further.
        """
        start = self._start
        body = start + _SIZE_BYTES
        if body > self._end:
            return None
        (size,) = _read_size(self._view, start)
        if size < 0 or size > self.max_frame_bytes:
            raise FrameTooLarge(size, self.max_frame_bytes)
        end = body + size
        if end > self._end:
            self.pending_frame_bytes = size
            return None
        self.pending_frame_bytes = 0
        self._start = end
        return self._view[body:end]

    @property
    def pending_head(self) -> memoryview:
        """What has arrived of the frame that has begun to arrive: it may tell what to expect of the frame."""
        return self._view[min(self._start + _SIZE_BYTES, self._end) : self._end]

    def get_buffer(self) -> memoryview:
        """Where the next bytes go; never empty. Earlier frames are no longer valid."""
        start, end = self._start, self._end
        if start == end:
            self._view = self._own
            self._start = self._end = 0
            return self._view
        wanted = _SIZE_BYTES + self.pending_frame_bytes
        if start + wanted > len(self._view):
            arrived = self._view[start:end]
            if wanted > len(self._own):
                self._grow(wanted)
            elif self._view is not self._own:
                self._view = self._own
            self._view[: end - start] = arrived
            self._start, self._end = 0, end - start
        return self._view[self._end :]

    def _grow(self, wanted: int) -> None:
        self._large += 1
        if wanted <= BUSY_BYTES and self._large >= _BUSY_AFTER:
            self._view = self._own = memoryview(bytearray(BUSY_BYTES))
        else:
            self._view = memoryview(bytearray(wanted))

    def shrink(self) -> None:
        """The connection has been quiet: hold no more than an idle one. Not between a frame's first and last byte."""
        if self._start == self._end and len(self._own) > IDLE_BYTES:
            self._view = self._own = memoryview(bytearray(IDLE_BYTES))
            self._start = self._end = self._large = 0

    def received(self, count: int) -> None:
        """The first `count` bytes of the last `get_buffer()` were filled."""
        self._end += count
